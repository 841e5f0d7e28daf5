"""The card of an expert: where it comes from, what it is worth, and check sums of its weights and of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from sims.environments.experts.errors import InvalidExpert
from sims.environments.experts.evaluation import STUDENT, Floats, student_interval
from sims.errors import InvalidArgument
from sims.sampled import Spaces

LAYOUT = 2


@dataclass(frozen=True)
class Evaluation:
    """Returns of episodes on seeds that nothing else has seen.

    Attributes
    ----------
    returns : one an episode, to the environment's own time limit, rewards as it pays them
    mean, standard_error, low, high : of the mean, with the ends of its confidence interval
    interval : how the interval is made
    """

    returns: tuple[float, ...]
    mean: float
    standard_error: float
    low: float
    high: float
    interval: str = STUDENT

    @classmethod
    def of(cls, returns: Floats) -> Evaluation:
        """The evaluation of returns (n,)."""
        return cls(tuple(returns.tolist()), *student_interval(returns))


@dataclass(frozen=True)
class Card:
    """What is known of an expert.

    Attributes
    ----------
    id : its name
    environment : Gymnasium id
    spaces : observations and actions that it knows
    method, seed, steps, seconds, command : how it was trained; `steps` of the environment, `seconds` on the clock
    versions : of the packages it was trained and evaluated with
    activation, clip : of its network: between layers; largest normalised observation, None for no limit
    deterministic, stochastic : what its two versions return
    sha256 : of the file of weights
    """

    id: str
    environment: str
    spaces: Spaces
    method: str
    seed: int
    steps: int
    seconds: float
    command: str
    versions: dict[str, str]
    activation: str
    clip: float | None
    deterministic: Evaluation
    stochastic: Evaluation
    sha256: str

    def to_json(self) -> str:
        """The card as text, with its own check sum."""
        fields = {"layout": LAYOUT} | asdict(self)
        return json.dumps(fields | {"digest": digest(fields)}, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> Card:
        """The card that `to_json` wrote.

        Raises
        ------
        InvalidExpert
            If the text is damaged, was changed or is of another layout; `where` names it.
        """
        try:
            fields: dict[str, Any] = dict(json.loads(text))
            if fields["layout"] != LAYOUT:
                raise InvalidExpert(
                    f"{where} is a card of layout {fields['layout']!r}; readable is {LAYOUT}.\n  Train it again."
                )
            stated, found = fields.pop("digest"), digest(fields)
            if found != stated:
                raise InvalidExpert(
                    f"{where} is not the card that was written: its SHA-256 is {found}, it says {stated}.\n"
                    "  It is damaged or was changed; install or train it again."
                )
            del fields["layout"]
            for version in ("deterministic", "stochastic"):
                fields[version] = _evaluation(fields[version])
            fields["spaces"] = _spaces(fields["spaces"])
            return cls(**fields)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidArgument) as error:
            if isinstance(error, InvalidExpert):
                raise
            raise InvalidExpert(f"{where} is no card of an expert: {error!r}.\n  Install or train it again.") from error


def digest(fields: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal digits, of a card without its own digest, as JSON in its shortest form, keys sorted."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()


def _evaluation(fields: Mapping[str, Any]) -> Evaluation:
    returns = tuple(float(r) for r in fields["returns"])
    if not np.isfinite(returns).all() or len(returns) < 2:
        raise ValueError(f"{len(returns)} returns, which should be two finite numbers at least")
    return Evaluation(**{**fields, "returns": returns})


def _spaces(fields: Mapping[str, Any]) -> Spaces:
    read: dict[str, Any] = {name: tuple(x) if isinstance(x, list) else x for name, x in fields.items()}
    return Spaces(**read)
