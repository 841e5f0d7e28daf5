"""Invariants of objectives: what is reported, what is differentiated, and what must not change them.

Points are arrays of any shape; without any given, random ones of the shape asked for are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from iltheory.testing.models import discounted_model, finite_model, random_policy
from iltheory.testing.occupancies import PolicyOf
from iltheory.testing.violation import TOLERANCE, Floats, floats, require, require_close
from sims import TabularMDP

Objective = Callable[[Floats], Any]
"""From a point to one number."""
STEP, LONGEST_STEP = 1e-5, 1e-2
FINITE_DIFFERENCE_ERROR = 1e-6


def points(*shape: int, n: int = 3, seed: int = 0) -> list[Floats]:
    """Random points, multiples of 1/8 in [-2, 2]."""
    return list(np.random.default_rng(seed).integers(-16, 17, (n, *shape)) / 8)


def gradient_is_the_derivative(
    objective: Objective,
    gradient: Callable[[Floats], Any],
    at: Iterable[Floats],
    *,
    tolerance: float = FINITE_DIFFERENCE_ERROR,
) -> None:
    """A gradient is what central differences of its objective say (B1, B2, B24, B35).

    For maximum-entropy learners: the derivative of the soft optimal value by the rewards is the occupancy.
    Steps grow with the tolerance: those of float64 are lost in the rounding of float32, for which 1e-3 will do.
    """
    name = "gradient_is_the_derivative"
    step = min(STEP * max(1.0, tolerance / FINITE_DIFFERENCE_ERROR), LONGEST_STEP)
    for point in map(floats, at):
        found = floats(gradient(point.copy()))
        wanted = np.empty(point.shape)
        for index in np.ndindex(point.shape):
            move = np.zeros(point.shape)
            move[index] = step
            above, below = (float(floats(objective(point + sign * move))) for sign in (1, -1))
            wanted[index] = (above - below) / (2 * step)
        fix = (
            "Differentiate the objective that is optimised: the same horizon, discount, temperature and sign in the "
            "forward and the backward pass."
        )
        require_close(found, wanted, name, "the gradient", fix, tolerance=tolerance)


def report_is_the_objective(
    reported: Objective, objective: Objective, at: Iterable[Floats], *, tolerance: float = TOLERANCE
) -> None:
    """The loss that is logged is the objective, not a surrogate with the same gradient (B7)."""
    name = "report_is_the_objective"
    fix = "A surrogate such as -phi'(r).detach() * r has the gradient and not the value: no gap can be read off it."
    for point in map(floats, at):
        found, wanted = floats(reported(point.copy())), floats(objective(point.copy()))
        require_close(found, wanted, name, "the reported value", fix, tolerance=tolerance)


def bounds_enclose(primal: Objective, dual: Objective, at: Iterable[tuple[Floats, Floats]]) -> None:
    """What a policy achieves is never below what a reward certifies: the gap is at least 0 (B7, B11, B19).

    Parameters
    ----------
    primal, dual : from a point of each player to the upper and the lower bound on the value
    """
    name = "bounds_enclose"
    for first, second in at:
        above, below = float(floats(primal(first))), float(floats(dual(second)))
        fix = "Both players are evaluated on one game: the same occupancies, weights and constants."
        slack = TOLERANCE * max(1.0, abs(above), abs(below))
        require(above >= below - slack, name, f"primal {above:.9g} is below dual {below:.9g}.", fix)


def utility_is_concave_and_increases(
    utility: Callable[[Floats], Any],
    slope: Callable[[Floats], Any],
    rewards: Any,
    *,
    tolerance: float = FINITE_DIFFERENCE_ERROR,
) -> None:
    """``phi`` increases and is concave at every reward that is met, and ``phi'`` is its derivative (B10).

    Parameters
    ----------
    utility, slope : ``phi`` and ``phi'``, entry by entry
    rewards : those an optimiser may visit, far below 0 and far above
    """
    name = "utility_is_concave_and_increases"
    fix = (
        "Keep rewards where phi is defined (Jensen-Shannon: above -log 2; Hellinger: above -1), by projection or a "
        "parametrisation; beyond, the update points the wrong way."
    )
    x = np.sort(floats(rewards).ravel())
    value, slopes = floats(utility(x)), floats(slope(x))
    for what, numbers in (("phi", value), ("phi'", slopes)):
        bad = ~np.isfinite(numbers)
        require(not bad.any(), name, f"{what}({x[bad][:1]}) is {numbers[bad][:1]}.", fix)
    falls = slopes <= 0
    require(not falls.any(), name, f"phi'({x[falls][:1]}) is {slopes[falls][:1]} (should be positive).", fix)
    bends = np.diff(slopes) > tolerance * np.maximum(1, np.abs(slopes[1:]))
    require(not bends.any(), name, f"phi' grows beyond r = {x[:-1][bends][:1]}: phi is not concave there.", fix)
    differences = (floats(utility(x + STEP)) - floats(utility(x - STEP))) / (2 * STEP)
    bent = 1 + np.abs(slopes)
    require_close(slopes / bent, differences / bent, name, "phi' / (1 + phi')", fix, tolerance=10 * tolerance)


def expert_is_rewarded_nothing(slope: Callable[[Floats], Any], *, tolerance: float = TOLERANCE) -> None:
    """``phi'(0) = 1``: where learner and expert agree the best reward is 0 and ending costs nothing (B12)."""
    fix = "Centre the divergence: phi(x + c) - c with c = -f'(1). An offset pays for living or for dying."
    found = floats(slope(np.zeros(1)))
    require_close(found, np.ones(1), "expert_is_rewarded_nothing", "phi'(0)", fix, tolerance=tolerance)


def telescopes_from_the_start(
    initial: Callable[[TabularMDP, Floats, Floats], Any],
    mdps: Iterable[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """Initial states are the first ones: ``(1 - gamma) E_mu V(s_0) = E_rho[V(s) - gamma V(s')]`` (B8, B11, B20).

    Parameters
    ----------
    initial : from a discounted model, a policy ``[S, A]`` that demonstrates and a function ``[S]`` of the state to the
        initial term ``(1 - gamma) E V(s_0)``, however it is estimated
    """
    name = "telescopes_from_the_start"
    for mdp in mdps or (discounted_model(), discounted_model(5)):
        pi, gamma = policy(mdp), float(mdp.discount)
        d = floats(mdp.occupancy(pi))
        for v in points(mdp.n_states):
            flow = float((d * (v[:, None] - gamma * floats(mdp.transitions.expect(v)))).sum())
            fix = "Take V at first states of episodes only; other states of the batch have another law."
            require_close(initial(mdp, pi, v), flow, name, "the initial term", fix, tolerance=tolerance)


def expert_is_stationary(
    gradient: Callable[[TabularMDP, Floats], Any],
    mdps: Iterable[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """Where the learner is the expert, the objective has no slope (B8, B11, B19, B20).

    Parameters
    ----------
    gradient : from a model and an expert of full support to the gradient at the point where the learner equals it: the
        soft action values of which the expert is the softmax and whose implied reward is the neutral one
    """
    name = "expert_is_stationary"
    for mdp in mdps or (finite_model(), discounted_model()):
        found = floats(gradient(mdp, policy(mdp)))
        fix = "Weigh the expert's states and the initial states as in its occupancy; both must be of one flow."
        require_close(found, 0 * found, name, "the gradient", fix, tolerance=tolerance)


def shift_changes_nothing(objective: Objective, at: Iterable[Floats], *, tolerance: float = TOLERANCE) -> None:
    """``J(nu + c) = J(nu)``: an objective of densities has no preferred level (B19)."""
    name = "shift_changes_nothing"
    for point in map(floats, at):
        here = floats(objective(point.copy()))
        for shift in (1.0, -8.0):
            fix = "Weigh the linear term as the residuals are weighed: dropping one of two mixtures unbalances them."
            moved = floats(objective(point + shift))
            require_close(moved, here, name, f"at nu + {shift:g}, the objective", fix, tolerance=tolerance)


def payoff_is_linear_in_the_policy(payoff: Callable[[Floats, Floats], Any], *, tolerance: float = TOLERANCE) -> None:
    """The payoff of a policy is the expectation over its actions, not the function of its probabilities (B17).

    Parameters
    ----------
    payoff : from a function ``[S, A]`` and a policy ``[S, A]`` to one number (states weighed in any fixed way)
    """
    name = "payoff_is_linear_in_the_policy"
    rng = np.random.default_rng(3)
    for f in points(4, 3):
        first, second = (np.eye(3)[rng.integers(3, size=4)] for _ in range(2))
        half = (first + second) / 2
        wanted = (floats(payoff(f, first)) + floats(payoff(f, second))) / 2
        fix = "Average f(s, a) over actions drawn from the policy; f of averaged actions is another number (Jensen)."
        require_close(payoff(f, half), wanted, name, "the payoff of a mixture", fix, tolerance=tolerance)


def step_ascends(
    objective: Objective,
    update: Callable[[Floats], Any],
    at: Iterable[Floats],
    *,
    size: float = 1e-4,
    tolerance: float = TOLERANCE,
) -> None:
    """A small step of an update does not lower its exact objective (B10, B32, B35).

    Steps grow with the tolerance, as those of ``gradient_is_the_derivative`` do.

    Parameters
    ----------
    update : from a point to the direction in which it moves; a loss descends, so give ``-objective`` of a loss
    """
    name = "step_ascends"
    size = max(size, min(size * tolerance / TOLERANCE, LONGEST_STEP))
    for point in map(floats, at):
        direction = floats(update(point.copy()))
        before, after = (float(floats(objective(p))) for p in (point, point + size * direction))
        fix = "The sign of the step is that of a loss where it should be that of an objective, or the other way round."
        slack = tolerance * size * max(1.0, abs(before))
        require(after >= before - slack, name, f"a step from {before:.9g} leads to {after:.9g}.", fix)


def interpolation_stays_on_the_segment(
    interpolate: Callable[[Floats, Floats, np.random.Generator], Any], *, tolerance: float = TOLERANCE
) -> None:
    """Points of a gradient penalty lie on the segments from the expert's to the learner's, one weight a point (B40).

    Parameters
    ----------
    interpolate : from points ``[n, k]`` of each and a generator to points ``[n, k]``
    """
    name = "interpolation_stays_on_the_segment"
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(2, 64, 5))
    mixed = floats(interpolate(first, second, np.random.default_rng(5)))
    weights = (mixed - second) / (first - second)
    fix = "Draw one weight for each pair of points, and use it in all of its coordinates."
    require_close(
        weights, np.repeat(weights[:, :1], 5, 1), name, "the weight of a coordinate", fix, tolerance=tolerance
    )
    inside = (weights >= -tolerance) & (weights <= 1 + tolerance)
    require(bool(inside.all()), name, f"a weight is {weights[~inside][:1]} (should lie in [0, 1]).", fix)
    require(float(np.ptp(weights)) > 0.1, name, "all points have the same weight.", fix)
