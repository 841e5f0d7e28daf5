"""Invariants of objectives: ours keep them, and the bugs they were made for break them."""

from __future__ import annotations

import numpy as np
import pytest

import iltheory as il
from iltheory import learners
from iltheory.games import DivergenceRewards, OccupancyGame, solve
from iltheory.measures import (
    CHI2,
    F_DIVERGENCES,
    JENSEN_SHANNON,
    REVERSE_KL,
    SQUARED_HELLINGER,
)
from iltheory.measures.inverse_soft import (
    inverse_soft_dual,
    mean_over_pairs,
    soft_best_policy,
    soft_best_v,
    start_value,
)
from iltheory.testing import (
    InvariantViolated,
    backup_matches_behaviour,
    bounds_enclose,
    discounted_model,
    expert_is_rewarded_nothing,
    finite_model,
    gradient_is_the_derivative,
    interpolation_stays_on_the_segment,
    points,
    random_policy,
    report_is_the_objective,
    step_ascends,
    telescopes_from_the_start,
    utility_is_concave_and_increases,
)

MDP = discounted_model()
EXPERT = random_policy(MDP, 7)
TARGET = np.asarray(MDP.occupancy(EXPERT))
GAMMA = float(MDP.discount)
QS = points(4, 3)


def soft_v(q):
    return np.log(np.exp(q).sum(-1))


def implied(q, v):
    return q - GAMMA * np.asarray(MDP.transitions.expect(v))


def j(q, *, initial=None, phi=CHI2.utility, target=TARGET):
    """IQ-Learn's objective J*(Q), with the initial term of one's choice."""
    v = soft_v(q)
    start = (1 - GAMMA) * np.asarray(MDP.mu) @ v if initial is None else initial(v)
    return (target * phi(implied(q, v))).sum() - start


def dj(q, *, initial_law=None, target=TARGET, slope=CHI2.slope):
    """Its gradient, by hand."""
    v = soft_v(q)
    pi = np.exp(q - v[:, None])
    weight = target * slope(implied(q, v))
    law = np.asarray(MDP.mu) * (1 - GAMMA) if initial_law is None else initial_law
    flow = GAMMA * np.einsum("sa,sat->t", weight, np.asarray(MDP.P))
    return weight - (flow + law)[:, None] * pi


def minus_j(q):
    return -j(q)


def test_our_objectives_have_their_gradients_and_their_values():
    gradient_is_the_derivative(j, dj, QS)
    report_is_the_objective(lambda q: inverse_soft_dual(MDP, TARGET, q, CHI2.utility), j, QS)
    report_is_the_objective(
        lambda q: mean_over_pairs(MDP, TARGET, CHI2.utility(implied(q, soft_v(q)))) - start_value(MDP, soft_v(q)), j, QS
    )


@pytest.mark.parametrize("mdp", [finite_model(), discounted_model()], ids=["horizon", "discount"])
def test_the_slope_of_the_soft_optimal_value_is_the_occupancy(mdp):
    scale = 1 if mdp.horizon is not None else 1 / (1 - float(mdp.discount))

    def value(r):
        return mdp.with_rewards(r).soft_optimal(1).value

    def visits(r):
        return scale * np.asarray(mdp.occupancy(mdp.with_rewards(r).soft_optimal(1).policy))

    gradient_is_the_derivative(value, visits, [np.asarray(mdp.rewards())])
    step_ascends(value, visits, [np.asarray(mdp.rewards())])


def test_ascent_and_the_sign_it_needs():
    step_ascends(j, dj, QS)
    with pytest.raises(InvariantViolated, match="step_ascends"):  # B35
        step_ascends(j, lambda q: -dj(q), QS)


def test_a_bound_from_below_stays_below():
    def primal(pi):  # what a policy achieves: its divergence from the expert, less its entropy
        d = np.asarray(MDP.occupancy(pi))
        entropy = (1 - GAMMA) * float(il.causal_entropy(MDP, pi))
        return float(CHI2(d, TARGET, axes=2)) - entropy

    pairs = [(random_policy(MDP, seed), q) for seed, q in enumerate(QS)]
    bounds_enclose(primal, j, pairs)
    with pytest.raises(InvariantViolated, match="bounds_enclose"):  # B7, B19: the linear term lost its factor
        bounds_enclose(primal, lambda q: j(q + 40, initial=lambda v: 0.0), pairs)


RANGES = {"jensen-shannon": (-0.6, 4), "squared-hellinger": (-0.9, 4), "chi2": (-4, 1.9), "forward-kl": (0.1, 4)}


@pytest.mark.parametrize("name", F_DIVERGENCES)
def test_our_utilities_increase_and_bend_down_where_they_are_defined(name):
    divergence = F_DIVERGENCES[name]
    low, high = RANGES.get(name, (max(divergence.low, -4) + 0.1, min(divergence.high, 4) - 0.1))
    utility_is_concave_and_increases(divergence.utility, divergence.slope, np.linspace(low, high, 50))


@pytest.mark.parametrize("divergence", [JENSEN_SHANNON, SQUARED_HELLINGER, CHI2], ids=lambda d: d.name)
def test_utilities_without_a_guard_are_caught_outside_of_their_domain(divergence):
    with pytest.raises(InvariantViolated, match="utility_is_concave_and_increases"):  # B10
        utility_is_concave_and_increases(divergence.utility, divergence.slope, np.linspace(-3, 3, 60))


def test_a_slope_of_another_utility_is_caught():
    with pytest.raises(InvariantViolated, match="utility_is_concave"):
        utility_is_concave_and_increases(CHI2.utility, lambda r: 1 - r / 4, np.linspace(-2, 1.5, 20))


def test_centred_divergences_reward_nothing_at_the_expert():
    for divergence in F_DIVERGENCES.values():
        expert_is_rewarded_nothing(divergence.centred().slope)
    with pytest.raises(InvariantViolated, match=r"phi'\(0\)\[0\] is 0\.367879441"):  # B12
        expert_is_rewarded_nothing(REVERSE_KL.slope)


def test_initial_states_are_the_first_ones():
    telescopes_from_the_start(lambda mdp, pi, v: start_value(mdp, v))


@pytest.mark.parametrize(
    "faulty",
    [
        lambda first, second, rng: (first + second) / 2,  # one weight for all points
        lambda first, second, rng: second + (1 + rng.random((len(first), 1))) * (first - second),  # beyond the segment
    ],
)
def test_penalised_points_that_are_not_drawn_from_segments_are_caught(faulty):
    with pytest.raises(InvariantViolated, match="interpolation_stays_on_the_segment"):
        interpolation_stays_on_the_segment(faulty)


@pytest.mark.parametrize("mdp", [finite_model(varying=False), MDP], ids=["horizon", "discount"])
@pytest.mark.parametrize("divergence", ["chi2", "jensen-shannon", "squared-hellinger"])
def test_iq_learn_reports_its_objective_and_stops_where_it_has_no_slope(mdp, divergence):
    expert = random_policy(mdp, 7)
    target, phi = np.asarray(mdp.occupancy(expert)), F_DIVERGENCES[divergence]
    found = learners.iq_learn(mdp, expert, divergence=divergence)

    def objective(q):
        return inverse_soft_dual(mdp, target, q, phi.utility)

    report_is_the_objective(lambda q: found.value, objective, [found.q])
    gradient_is_the_derivative(objective, np.zeros_like, [found.q])


@pytest.mark.parametrize("divergence", ["chi2", "jensen-shannon", "reverse-kl"])
def test_our_saddle_points_enclose_their_value(divergence):
    found = solve(OccupancyGame(MDP, TARGET, DivergenceRewards(divergence), 1))
    learned = float(learners.iq_learn(MDP, EXPERT, divergence=divergence).value)
    above, below = float(found.primal.upper), float(found.dual.lower)
    nowhere = [(EXPERT, EXPERT)]
    for high, low in ((above, below), (above, learned), (learned, below)):
        bounds_enclose(lambda _, high=high: high, lambda _, low=low: low, nowhere)


def test_our_soft_backup_is_worth_what_our_soft_policy_is():
    backup_matches_behaviour(lambda q, tau: soft_best_policy(MDP, q, tau), lambda q, tau: soft_best_v(MDP, q, tau))
