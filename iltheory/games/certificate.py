"""Saddle points as JSON of rationals, for the stand-alone checker ``python -m proofs_check.kernel``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.games.adversaries import Adversary, DivergenceRewards, LinearRewards, LipschitzRewards
from iltheory.games.game import OccupancyGame
from iltheory.games.saddle import Saddle
from iltheory.measures.values import optimal_v
from sims import arithmetic as ar
from sims.arithmetic import BallArray, Enclosure, RationalArray
from sims.arithmetic.numbers import exact_text
from sims.arithmetic.text import exact_texts
from sims.errors import InvalidArgument, require

SCHEMA = "iltheory-saddle/1"
"""Version of the layout, described in docs/certificates.md."""

LARGEST_ENTRIES = 1_000_000
"""Numbers in a transition table that is still written out."""

GUESS_BITS = 192
"""Precision of the state law and the values that the checker starts from."""


def certificate(saddle: Saddle) -> dict[str, Any]:
    """Everything the checker needs to prove the bounds of a saddle point anew, as JSON values.

    Raises
    ------
    InvalidArgument
        If the model is too large to write out, or a bound is infinite.
    InvalidModel
        If the model's probabilities are floats whose rows do not sum to exactly 1.
    """
    require("saddle", saddle, Saddle, "solve(game)")
    game, mdp = saddle.game, saddle.game.mdp
    if mdp.n_states**2 * mdp.n_actions * mdp.transitions.steps > LARGEST_ENTRIES:
        raise InvalidArgument(f"{mdp} has more than {LARGEST_ENTRIES} transition probabilities: too many to write out.")
    exact = game.to("rational")
    end = {"horizon": mdp.horizon} if mdp.horizon is not None else {"discount": exact_texts(exact.mdp.discount)}
    return {
        "schema": SCHEMA,
        "mdp": {"P": exact_texts(exact.mdp.P), "mu": exact_texts(exact.mdp.mu), **end},
        "target": exact_texts(exact.target),
        "adversary": _describe(exact.adversary),
        "entropy_weight": exact_texts(exact.entropy_weight),
        "policy": exact_texts(saddle.policy),
        "strategy": exact_texts(saddle.adversary),
        "value": _ends(saddle.value),
        **_solutions(saddle),
    }


def _describe(adversary: Adversary) -> dict[str, Any]:
    if isinstance(adversary, DivergenceRewards):
        return {"kind": "divergence", "name": adversary.divergence.name}
    if isinstance(adversary, LinearRewards):
        return {"kind": "linear", "ball": adversary.ball, "features": exact_texts(adversary.features)}
    assert isinstance(adversary, LipschitzRewards)
    return {"kind": "lipschitz", "metric": exact_texts(adversary.metric)}


def _ends(bound: Enclosure) -> dict[str, str]:
    if not (isinstance(bound.lower, Fraction) and isinstance(bound.upper, Fraction)):
        raise InvalidArgument(f"a bound is infinite, {bound}: there is nothing to prove.")
    return {"lower": exact_text(bound.lower), "upper": exact_text(bound.upper)}


def _solutions(saddle: Saddle) -> dict[str, Any]:
    """Approximate solutions of equations, of which the checker makes bounds by their residuals."""
    game = saddle.game
    found: dict[str, Any] = {}
    if game.mdp.horizon is None:
        sharp = game.to("ball", bits=GUESS_BITS)
        convert = sharp.mdp.system.convert
        model = sharp.mdp.with_rewards(sharp.adversary.reward(convert(saddle.adversary)))
        values = model.soft_optimal(sharp.entropy_weight).v if sharp.entropic else optimal_v(model)
        found["values"] = exact_texts(_midpoints(values))
    if isinstance(game.adversary, LipschitzRewards):
        found["plans"] = _plans(game.to("float64"), ar.convert(saddle.policy, "float64"))
    return found


def _plans(game: OccupancyGame, policy: Any) -> Any:
    adversary = game.adversary
    assert isinstance(adversary, LipschitzRewards)
    return exact_texts(
        adversary.plans(np.asarray(game.law(game.mdp.occupancy(policy))), np.asarray(game.law(game.target)))
    )


def _midpoints(x: BallArray) -> RationalArray:
    """Midpoints of balls, rounded to multiples of ``2**-GUESS_BITS``."""
    scale = 2**GUESS_BITS
    numerators = np.empty(x.shape, dtype=object)
    for i in np.ndindex(x.shape):
        entry: Any = x.balls[i]
        mantissa, exponent = entry.mid().man_exp()
        numerators[i] = int(Fraction(int(mantissa)) * Fraction(2) ** int(exponent) * scale)
    return RationalArray(numerators, scale)
