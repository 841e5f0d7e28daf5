"""Expectations of bounded functions of an episode, and rolling out what several of them ask for at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from sims.sampled import COPIES, ActionLaws, Moment, SampledMDP, SampledPolicy
from sims.sampled.simulator import Floats

LawOf = Mapping[SampledPolicy, ActionLaws]
"""Laws of the action of every policy in question, at the observations of a moment."""


class Source(NamedTuple):
    """Where episodes come from: a world and a policy, or policies between which every episode tosses a coin."""

    mdp: SampledMDP
    acting: tuple[SampledPolicy, ...]


@dataclass(frozen=True)
class PathSum:
    """A sum over the steps of an episode.

    Attributes
    ----------
    source : of the episodes
    name : what is added up; with the policies it says which sum this is
    policies : whose laws it needs, beside those of the source
    term : of a moment, the laws of all policies and a generator, what each running episode adds ``[m]``
    absorbed : what each step after the end of an episode adds
    """

    source: Source
    name: str
    policies: tuple[SampledPolicy, ...]
    term: Callable[[Moment, LawOf, np.random.Generator], Floats] = field(compare=False)
    absorbed: float = 0.0


@dataclass(frozen=True)
class Expectation:
    """The mean of a bounded function of sums over independent episodes.

    Attributes
    ----------
    parts : the sums, each of a source of its own
    combine : of one array ``[n]`` for each part, the outcomes ``[n]`` in [low, high]
    low, high : numbers that no outcome leaves
    rounding : how far rounding may move an outcome, relative to ``high - low``
    siblings : of an entry of a quantity with several, their number: they share what one expectation may spend of delta
    """

    parts: tuple[PathSum, ...]
    name: str
    combine: Callable[..., Floats] = field(compare=False)
    low: Fraction = field(compare=False)
    high: Fraction = field(compare=False)
    rounding: Fraction = field(compare=False)
    siblings: int = field(default=1, compare=False)


class Rolled(NamedTuple):
    """Sums over episodes ``[n_sums, n]``, the number of steps taken and of rewards clipped."""

    sums: Floats
    steps: int
    clipped: int


def roll(parts: Sequence[PathSum], n: int, rng: np.random.Generator) -> Rolled:
    """Run n episodes of one source and add up what each of the parts asks for.

    Parameters
    ----------
    parts : of one source
    """
    rolled = [_roll(parts, size, rng) for size in _portions(n)]
    return Rolled(
        np.concatenate([one.sums for one in rolled], axis=1),
        sum(one.steps for one in rolled),
        sum(one.clipped for one in rolled),
    )


def _roll(parts: Sequence[PathSum], n: int, rng: np.random.Generator) -> Rolled:
    source = parts[0].source
    others = list(dict.fromkeys(policy for part in parts for policy in part.policies if policy not in source.acting))
    sums, lengths, clipped = np.zeros((len(parts), n)), np.zeros(n, dtype=np.intp), 0
    (own,) = rng.spawn(1)
    for moment in source.mdp.walk(source.acting, n, rng, others=others):
        laws: dict[Any, ActionLaws] = dict(zip((*source.acting, *others), moment.laws, strict=True))
        for i, part in enumerate(parts):
            sums[i, moment.running] += part.term(moment, laws, own)
        lengths += moment.running
        clipped += moment.clipped
    sums += np.array([part.absorbed for part in parts])[:, None] * (source.mdp.horizon - lengths)
    return Rolled(sums, int(lengths.sum()), clipped)


def _portions(n: int) -> list[int]:
    """Numbers of episodes to run side by side, one after another."""
    full, rest = divmod(n, COPIES)
    return [COPIES] * full + [rest] * (rest > 0)
