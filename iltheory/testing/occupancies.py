"""Invariants of occupancies, values and mixtures of policies.

Occupancies are normalised: ``[H, S, A]``, each step summing to 1, or ``[S, A]``, ``(1 - gamma) sum_t gamma^t``.
Values are the sum over H steps, or the discounted sum. A library with other conventions needs one line around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from iltheory.testing.models import discounted_model, models, random_policy
from iltheory.testing.violation import TOLERANCE, Floats, floats, require, require_close
from sims import TabularMDP
from sims.datasets import Trajectories

Occupancy = Callable[[TabularMDP, Floats], Any]
"""From a model and a policy to its occupancy."""
Value = Callable[[TabularMDP, Floats], Any]
"""From a model and a policy to its value, one number."""
PolicyOf = Callable[[TabularMDP], Floats]
"""From a model to the policy it is checked with; by default one of full support, always the same."""


def occupancy_is_a_law(
    occupancy: Occupancy,
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """Every step of an occupancy is a distribution, and there are as many as rewards (B1, B3, B30)."""
    name = "occupancy_is_a_law"
    for mdp in mdps or models():
        d = _occupancy(name, occupancy, mdp, policy(mdp))
        require(
            bool(np.all(d >= -tolerance)),
            name,
            f"the occupancy has an entry {d.min():.6g} (should be at least 0).",
            "Probabilities of visits are pushed forward by P^T; nothing is subtracted.",
        )
        mass = d.sum((-2, -1))
        fix = (
            "A step is a law of (s, a): push all states of step t before any of step t + 1; weigh gamma^t by 1 - gamma."
        )
        require_close(mass, np.ones_like(mass), name, "the mass of a step", fix, tolerance=tolerance)


def occupancy_flows(
    occupancy: Occupancy,
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """What enters a state leaves it: the Bellman flow equations hold (B11, B24, B30)."""
    name = "occupancy_flows"
    for mdp in mdps or models():
        d = _occupancy(name, occupancy, mdp, policy(mdp))
        residual = floats(mdp.flow_residual(d))
        fix = (
            "d(s) = (1 - gamma) mu(s) + gamma sum P(s | s', a) d(s', a): samples uniform in time, as of a replay "
            "buffer, or a sweep over states outside the sweep over time, do not satisfy it."
        )
        require_close(residual, 0 * residual, name, "the flow residual", fix, tolerance=tolerance)


def occupancy_belongs_to_the_policy(
    occupancy: Occupancy,
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """Dividing an occupancy by its states gives back the policy, with every step in its place (B1, B2)."""
    name = "occupancy_belongs_to_the_policy"
    for mdp in mdps or models():
        pi = policy(mdp)
        d = _occupancy(name, occupancy, mdp, pi)
        visits = d.sum(-1, keepdims=True)
        fix = "Weigh actions by the policy of the same step, the one that is returned."
        require_close(d, visits * pi, name, "the occupancy", fix, tolerance=tolerance)


def pairing_is_the_value(
    occupancy: Occupancy,
    value: Value,
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """``<rho, r> = J``: H rewards and H occupancies, the same discount in both (B1, B2, B24, B44)."""
    name = "pairing_is_the_value"
    for mdp in mdps or models():
        pi = policy(mdp)
        paired = _paired(mdp, _occupancy(name, occupancy, mdp, pi))
        fix = (
            "The occupancy counts the H steps that earn rewards, not the state after the last one; with a discount "
            "<d, r> / (1 - gamma), and the value uses the same gamma."
        )
        require_close(floats(value(mdp, pi)), paired, name, "the value", fix, tolerance=tolerance)


def value_is_exact(
    value: Value,
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """The value is the sum of rewards over all trajectories, weighed by their probabilities (B1, B2, B24).

    With a discount it is summed until what is left is below rounding.
    """
    name = "value_is_exact"
    for mdp in mdps or models():
        pi = policy(mdp)
        fix = "Sum exactly H rewards, or all gamma^t r_t from t = 0 on."
        require_close(floats(value(mdp, pi)), _rolled_out(mdp, pi), name, "the value", fix, tolerance=tolerance)


def discount_is_used(
    quantity: Callable[[TabularMDP, Floats], Any],
    wanted: Callable[[TabularMDP, Floats], Any] | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """A quantity changes with the discount of the model, and where it is known, as it should (B2, B24, B44).

    Parameters
    ----------
    quantity : from a discounted model and a policy to numbers, such as an occupancy, a value, a reward
    wanted : the same from a trusted implementation
    """
    name = "discount_is_used"
    found = []
    for discount in (0.25, 0.875):
        mdp = discounted_model().with_end(discount=discount)
        pi = random_policy(mdp)
        found.append(floats(quantity(mdp, pi)))
        if wanted is not None:
            fix = f"The answer at gamma = {discount} is that of another discount: is it read everywhere?"
            require_close(found[-1], wanted(mdp, pi), name, "the answer", fix, tolerance=tolerance)
    require(
        found[0].shape != found[1].shape or not np.allclose(found[0], found[1], rtol=1e-9, atol=1e-9),
        name,
        "the answers for gamma = 0.25 and gamma = 0.875 are the same.",
        "The discount is accepted and not used.",
    )


def mixture_is_stochastic(mixture: Callable[[Floats, Floats, float], Any], *, tolerance: float = TOLERANCE) -> None:
    """A mixture with weight beta acts as one policy with probability beta, else as the other (B42).

    Parameters
    ----------
    mixture : from two policies ``[S, A]`` and the weight of the first to a policy ``[S, A]``
    """
    name = "mixture_is_stochastic"
    first, second = np.eye(3)[[0, 0]], np.eye(3)[[2, 1]]
    for beta in (0.0, 0.25, 0.5, 1.0):
        fix = (
            "Toss a coin at every step and act as the policy it names. An average of actions is an action that neither "
            "policy takes: left and right become straight on."
        )
        wanted = beta * first + (1 - beta) * second
        require_close(
            mixture(first, second, beta), wanted, name, f"at beta = {beta}, the mixture", fix, tolerance=tolerance
        )


def empirical_occupancy_is_exact(
    estimate: Callable[[TabularMDP, Trajectories], Any],
    data: tuple[TabularMDP, Floats, Trajectories] | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """On data in which every trajectory occurs as often as its probability says, an estimate is exact (B3, B6, B20).

    Parameters
    ----------
    estimate : from a model with a horizon, and trajectories, to an occupancy ``[H, S, A]``
    data : a model, a policy and such trajectories; by default those of ``proportional_data``
    """
    name = "empirical_occupancy_is_exact"
    mdp, pi, demos = data or proportional_data()
    fix = "Count every (h, s, a) once a trajectory, each trajectory alike, and divide by their number."
    require_close(estimate(mdp, demos), mdp.occupancy(pi), name, "the estimate", fix, tolerance=tolerance)


def proportional_data() -> tuple[TabularMDP, Floats, Trajectories]:
    """A model of 2 states and 3 steps, a policy, and 512 trajectories, each as often as its probability says."""
    P = np.array([[[1, 3], [2, 2]], [[4, 0], [3, 1]]]) / 4
    mdp = TabularMDP(P, np.array([[0.0, 1.0], [0.5, 0.25]]), np.array([0.25, 0.75]), horizon=3)
    pi = np.array([[0.5, 0.5], [1.0, 0.0]])
    states, actions = [], []
    for s0, a0, s1, a1, s2, a2 in product(range(2), repeat=6):
        chance = mdp.mu[s0] * pi[s0, a0] * P[s0, a0, s1] * pi[s1, a1] * P[s1, a1, s2] * pi[s2, a2]
        for _ in range(round(512 * chance)):
            states.append([s0, s1, s2, 0])
            actions.append([a0, a1, a2])
    n = len(actions)
    return mdp, pi, Trajectories.from_arrays(states, actions, None, np.zeros(n, bool), np.ones(n, bool))


def _occupancy(name: str, occupancy: Occupancy, mdp: TabularMDP, pi: Floats) -> Floats:
    d = floats(occupancy(mdp, pi))
    sizes = (mdp.n_states, mdp.n_actions)
    shape = sizes if mdp.horizon is None else (mdp.horizon, *sizes)
    require(
        d.shape == shape,
        name,
        f"the occupancy has shape {d.shape} (should be {shape}).",
        "One law of (s, a) for each of the H actions and rewards; the state after the last action is not among them.",
    )
    return d


def _paired(mdp: TabularMDP, d: Floats) -> Floats:
    total = np.asarray((d * floats(mdp.rewards())).sum())
    return total if mdp.horizon is not None else total / (1 - floats(mdp.discount))


def _rolled_out(mdp: TabularMDP, pi: Floats) -> Floats:
    """Value by pushing the law of the state forward, step by step."""
    steps = mdp.horizon if mdp.horizon is not None else 400
    gamma = 1.0 if mdp.horizon is not None else float(mdp.discount)
    law, total = floats(mdp.mu), 0.0
    for h in range(steps):
        d = law[:, None] * (pi[h] if pi.ndim == 3 else pi)
        total += gamma**h * float((d * floats(mdp.reward(h))).sum())
        law = floats(mdp.transitions.push(d, h))
    return np.asarray(total)
