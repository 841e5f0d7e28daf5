"""First-order methods: only best responses and policy evaluations, so they scale to sparse models with many states.

Each yields a policy and a strategy after every iteration. The averages of no-regret play have a duality gap of at most
the average regret (Freund and Schapire 1999); the estimates yielded here are the gaps themselves, in floats.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from iltheory.games.adversaries import DivergenceRewards, LinearRewards
from iltheory.games.game import OccupancyGame
from iltheory.games.iterate import Iterate, policy_of
from iltheory.measures import TOTAL_VARIATION
from sims import arithmetic as ar
from sims.errors import InvalidArgument

Floats = NDArray[np.float64]


def frank_wolfe(game: OccupancyGame) -> Iterator[Iterate]:
    """Mix in best responses to the adversary's best reward, with exact line search (generalised Frank-Wolfe).

    The best reward against an occupancy is minus the gradient of the distance there, so answering it is a Frank-Wolfe
    step; the entropy stays in the subproblem, whose answer is a soft-optimal policy. The start is the expert's clone.
    Ends where the answer gains nothing in floats.

    Raises
    ------
    InvalidArgument
        If the distance has kinks, where a best reward is no gradient: total variation, and every norm at 0.
    """
    if not isinstance(game.adversary, DivergenceRewards) or game.adversary.divergence is TOTAL_VARIATION:
        raise InvalidArgument("frank-wolfe needs a smooth distance; use mirror-descent, extragradient or conic.")
    x = _law(game, _finite(game, policy_of(np.asarray(game.target))))
    while True:
        strategy = _answer(game, x)
        direction = _law(game, _best_response(game, strategy)) - x
        yield _iterate(game, x, strategy)
        length = _line_search(game, x, direction)
        if length == 0:
            return
        x = x + length * direction


def mirror_descent(game: OccupancyGame) -> Iterator[Iterate]:
    """Policy mirror descent against an adversary that always answers best; averages of occupancies and rewards.

    ``pi <- pi^(1 - eta lambda) exp(eta Q)``, normalised, with the soft action values Q of the current policy.
    """
    pi = _start(game)
    law, strategy = _law(game, pi), np.zeros(())
    total_law, total_strategy = np.zeros_like(law), np.zeros_like(_answer(game, law))
    k = 0
    while True:
        k += 1
        strategy = _answer(game, law)
        total_law, total_strategy = total_law + law, total_strategy + strategy
        yield _iterate(game, total_law / k, total_strategy / k)
        pi = _climb(game, pi, strategy, 1 / np.sqrt(k))
        law = _law(game, pi)


def extragradient(game: OccupancyGame) -> Iterator[Iterate]:
    """Both players take gradient steps from a look-ahead point (Korpelevich 1976); averages of the look-ahead points.

    Policies move by mirror steps, weights by projected gradient steps.

    Raises
    ------
    InvalidArgument
        If the rewards are not a ball of weights.
    """
    if not isinstance(game.adversary, LinearRewards):
        raise InvalidArgument("extragradient plays against LinearRewards; use frank-wolfe or mirror-descent.")
    adversary = game.adversary
    e = np.asarray(game.law(game.target))
    spread = float(np.abs(adversary.expectation(e)).max()) + float(np.abs(adversary.features).max())
    pi = _start(game)
    w = adversary.project(np.zeros(adversary.features.shape[-1]))
    total_law, total_w = np.zeros(game.shape), np.zeros_like(w)
    k = 0
    while True:
        k += 1
        ahead_w = adversary.project(w + adversary.pull(_law(game, pi), e) / spread)
        ahead_pi = _climb(game, pi, w, 1.0)
        law = _law(game, ahead_pi)
        pi, w = _climb(game, pi, ahead_w, 1.0, at=ahead_pi), adversary.project(w + adversary.pull(law, e) / spread)
        total_law, total_w = total_law + law, total_w + ahead_w
        yield _iterate(game, total_law / k, total_w / k)


def _iterate(game: OccupancyGame, x: Floats, strategy: Floats) -> Iterate:
    policy = policy_of(x)
    value = float(game.primal(policy))
    return Iterate(
        policy, strategy, value - float(game.dual(ar.convert(game.adversary.admit(strategy), "float64"))), value
    )


def _answer(game: OccupancyGame, x: Floats) -> Floats:
    return game.adversary.respond(x, np.asarray(game.law(game.target)))


def _start(game: OccupancyGame) -> Floats:
    """The policy that draws uniformly among the actions a policy at finite distance may take."""
    allowed = game.adversary.allowed(np.asarray(game.law(game.target)))
    return _finite(game, policy_of(allowed.astype(float)))


def _finite(game: OccupancyGame, pi: Floats) -> Floats:
    if not np.isfinite(float(game.primal(pi))):
        raise InvalidArgument(
            "first-order methods start from a policy that takes the expert's actions only, and here it is infinitely "
            "far from the expert, as it goes elsewhere; use method='interior-point'."
        )
    return pi


def _law(game: OccupancyGame, pi: Floats) -> Floats:
    return np.asarray(game.law(game.mdp.occupancy(pi)))


def _best_response(game: OccupancyGame, strategy: Floats) -> Floats:
    model = game.mdp.with_rewards(game.adversary.reward(strategy))
    best = model.soft_optimal(game.entropy_weight).policy if game.entropic else model.optimal_policy()
    return np.broadcast_to(np.asarray(best), game.shape)


def _climb(game: OccupancyGame, pi: Floats, strategy: Floats, length: float, *, at: Floats | None = None) -> Floats:
    """Mirror step from ``pi`` along the soft action values of the policy ``at`` (``pi`` itself by default)."""
    at = pi if at is None else at
    weight = float(game.entropy_weight)
    surprise = -np.log(np.maximum(at, TINY))
    bonus = weight * (at * surprise).sum(-1, keepdims=True)
    model = game.mdp.with_rewards(np.asarray(game.adversary.reward(strategy)) + bonus)
    q = np.asarray(model.q(at)) - bonus
    eta = length / max(float(np.ptp(q, axis=-1).max()) + weight, TINY)
    logits = (1 - eta * weight) * np.log(np.maximum(pi, TINY)) + eta * q
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


TINY = 1e-300
NEGLIGIBLE = 1e-15
"""Slope, in units of payoff, that is nothing but rounding."""


def _line_search(game: OccupancyGame, x: Floats, direction: Floats) -> float:
    """Share of the direction at which the slope of the objective vanishes; 0 if it falls nowhere."""
    from scipy.optimize import brentq

    weight = float(game.entropy_weight)

    def slope(length: float) -> float:
        y = np.maximum(x + length * direction, 0)
        reward = np.asarray(game.adversary.reward(_answer(game, y)))
        return float((direction * (weight * np.log(np.maximum(policy_of(y), TINY)) - reward)).sum())

    if slope(0.0) >= -NEGLIGIBLE:
        return 0.0
    return 1.0 if slope(1.0) <= 0 else float(brentq(slope, 0.0, 1.0, xtol=1e-15))
