"""IQ-Learn: duality gaps in intervals, closed forms, and the bugs of published implementations."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.games import DivergenceRewards, OccupancyGame
from iltheory.learners import NoFiniteValue, iq_learn, iq_learn_states
from iltheory.learners._reward_ascent import ascend
from iltheory.learners._soft_model import soft_model
from iltheory.measures import (
    CHI2,
    F_DIVERGENCES,
    REVERSE_KL,
    inverse_soft_dual,
    squared_soft_error,
    state_only_objective,
    telescoped_value,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument

LARGE_DISCOUNTED = {"n_states": 50, "n_actions": 5, "branching": 5, "discount": 0.99}
LARGE_FINITE = {"n_states": 20, "n_actions": 4, "branching": 5, "horizon": 50}
SMALL_DISCOUNTED = {"n_states": 6, "n_actions": 3, "branching": 2, "discount": 0.9}
SMALL_FINITE = {"n_states": 6, "n_actions": 3, "branching": 2, "horizon": 5}


def task(sizes: dict, rng: int = 1) -> tuple[TabularMDP, np.ndarray]:
    """A random model and a stochastic expert."""
    mdp = families.garnet(**sizes, rng=rng)
    shape = (*([mdp.horizon] if mdp.horizon else []), mdp.n_states)
    return mdp, np.random.default_rng(rng).dirichlet(np.ones(mdp.n_actions), size=shape)


def gap(mdp: TabularMDP, expert, divergence, found, temperature: float = 1.0):
    """Enclosure of the duality gap of what was found."""
    exact = mdp.to("interval")
    game = OccupancyGame(exact, exact.occupancy(expert), DivergenceRewards(divergence), temperature)
    return game.primal(found.policy) - found.value


def bandit(*law: float, discount: float = 0.9) -> tuple[TabularMDP, np.ndarray]:
    n = len(law)
    return TabularMDP(np.ones((1, n, 1)), np.zeros((1, n)), np.ones(1), discount=discount), np.array([law])


@pytest.mark.parametrize("sizes", [LARGE_DISCOUNTED, LARGE_FINITE], ids=["discounted", "finite"])
@pytest.mark.parametrize("divergence", F_DIVERGENCES)
def test_bounds_meet_at_full_size(divergence, sizes):
    mdp, expert = task(sizes)
    found = iq_learn(mdp, expert, divergence=divergence)
    difference = gap(mdp, expert, divergence, found)
    assert found.attained
    assert found.gradient < 1e-14
    assert ar.lower(difference) <= 1e-10 and 0 <= ar.upper(difference) <= 1e-10


@pytest.mark.parametrize("sizes", [SMALL_DISCOUNTED, SMALL_FINITE], ids=["discounted", "finite"])
@pytest.mark.parametrize("temperature", [1e-3, 0.1, 3.0])
@pytest.mark.parametrize("divergence", F_DIVERGENCES)
def test_bounds_meet_at_any_temperature(divergence, temperature, sizes):
    mdp, expert = task(sizes, 2)
    found = iq_learn(mdp, expert, divergence=divergence, temperature=temperature)
    assert abs(float(ar.upper(gap(mdp, expert, divergence, found, temperature)))) <= 1e-11


def test_no_policy_of_a_fine_grid_beats_the_bound():
    mdp, expert = bandit(0.9, 0.1)
    found = iq_learn(mdp, expert)
    odds = np.linspace(1e-6, 1 - 1e-6, 100_001)
    laws = np.stack([odds, 1 - odds])
    primal = ((laws - expert.T) ** 2 / expert.T).sum(0) + (laws * np.log(laws)).sum(0)
    assert float(ar.upper(found.value)) <= primal.min() + 1e-15
    assert primal.min() - float(ar.lower(found.value)) < 1e-9
    assert found.policy[0, 0] == pytest.approx(odds[primal.argmin()], abs=2e-5)


@pytest.mark.parametrize(("divergence", "odds"), [("chi2", 0.829), ("jensen-shannon", 0.650)])
def test_entropy_biases_the_policy_away_from_the_expert(divergence, odds):
    mdp, expert = bandit(0.9, 0.1)
    assert iq_learn(mdp, expert, divergence=divergence).policy[0, 0] == pytest.approx(odds, abs=5e-4)


@pytest.mark.parametrize("sizes", [SMALL_DISCOUNTED, SMALL_FINITE], ids=["discounted", "finite"])
def test_values_reward_and_policy_belong_together(sizes):
    mdp, expert = task(sizes)
    found = iq_learn(mdp, expert, divergence="jensen-shannon")
    planned = mdp.with_rewards(found.reward).soft_optimal(1.0)
    assert np.allclose(planned.q, found.q, atol=1e-12)
    assert np.allclose(planned.policy, found.policy, atol=1e-12)
    objective = inverse_soft_dual(mdp, mdp.occupancy(expert), found.q, F_DIVERGENCES["jensen-shannon"].utility)
    assert float(objective) == pytest.approx(float(ar.midpoint(found.value)), abs=1e-12)
    best = F_DIVERGENCES["jensen-shannon"].reward(mdp.occupancy(found.policy), mdp.occupancy(expert))
    assert np.allclose(best, found.reward, atol=1e-10)


# Where no Q attains the maximum.


def test_objective_of_a_deterministic_expert_approaches_zero():
    mdp, expert = bandit(1.0, 0.0)
    for k, known in ((1, -0.3331), (5, -0.00672), (20, -2.1e-9)):
        q = np.array([[0.0, -float(k)]])
        assert float(inverse_soft_dual(mdp, mdp.occupancy(expert), q, CHI2.utility)) == pytest.approx(known, rel=2e-2)
    found = iq_learn(mdp, expert)
    assert not found.attained
    assert found.unattained.tolist() == [[False, True]]
    assert found.policy.tolist() == [[1.0, 0.0]]
    assert float(ar.lower(found.value)) == pytest.approx(0, abs=1e-12)
    assert np.isfinite(found.q).all() and np.isfinite(found.reward).all()


@pytest.mark.parametrize("divergence", ["forward-kl", "squared-hellinger", "jensen-shannon", "total-variation"])
def test_divergences_that_are_finite_off_the_support_attain_it_for_deterministic_experts(divergence):
    mdp = families.garnet(**SMALL_DISCOUNTED, rng=3)
    found = iq_learn(mdp, mdp.optimal_policy(), divergence=divergence)
    assert found.attained and (found.policy > 0).all()
    assert abs(float(ar.upper(gap(mdp, mdp.optimal_policy(), divergence, found)))) <= 1e-11


def test_demonstrations_that_lead_into_the_unknown_are_refused_by_name():
    mdp = families.garnet(n_states=6, n_actions=2, branching=3, horizon=6, rng=0)
    demos = mdp.sample(np.full((6, 2), 0.5), n_trajectories=1, rng=0)
    with pytest.raises(NoFiniteValue, match=r"chi2 is infinite for every policy.*state"):
        iq_learn(mdp, demos)
    found = iq_learn(mdp, demos, divergence="jensen-shannon")
    assert found.flow_residual > 0.1
    with pytest.raises(NoFiniteValue, match="value_term='expert'"):
        iq_learn(mdp, demos, divergence="jensen-shannon", value_term="expert")


# Bugs of published implementations.


@pytest.mark.parametrize("divergence", F_DIVERGENCES)
def test_reported_value_is_the_objective_and_not_a_surrogate(divergence):
    """B7: the loss ``phi'(r) r`` has the right gradient and another value."""
    mdp, expert = task(SMALL_DISCOUNTED)
    found, phi = iq_learn(mdp, expert, divergence=divergence), F_DIVERGENCES[divergence]
    e, r = mdp.occupancy(expert), found.reward
    price = (1 - 0.9) * float(mdp.mu @ mdp.with_rewards(r).soft_optimal(1.0).v)
    assert float(ar.midpoint(found.value)) == pytest.approx((e * phi.utility(r)).sum() - price, abs=1e-12)
    surrogate = (e * phi.slope(r) * r).sum() - price
    if divergence != "total-variation":  # phi is linear there, and the two agree
        assert abs(surrogate - float(ar.midpoint(found.value))) > 1e-3


@pytest.mark.parametrize("value_term", ["expert", "mixture"])
@pytest.mark.parametrize("sizes", [SMALL_DISCOUNTED, SMALL_FINITE], ids=["discounted", "finite"])
def test_value_terms_agree_for_exact_occupancies(sizes, value_term):
    """B8: with all expert states as first states they would not."""
    mdp, expert = task(sizes)
    one, other = iq_learn(mdp, expert), iq_learn(mdp, expert, value_term=value_term)
    assert other.flow_residual < 1e-14
    assert np.allclose(one.policy, other.policy, atol=1e-12)
    assert ar.midpoint(one.value) == pytest.approx(ar.midpoint(other.value), abs=1e-12)


def test_the_expert_is_stationary_without_entropy():
    """B8: the gradient of the objective vanishes at the expert's own occupancy as the temperature does."""
    mdp, expert = task(SMALL_DISCOUNTED)
    found = iq_learn(mdp, expert, temperature=1e-6)
    assert np.abs(found.policy - expert).max() < 1e-4
    assert np.abs(found.reward).max() < 1e-4


@pytest.mark.parametrize("divergence", F_DIVERGENCES)
def test_every_reward_lies_where_phi_increases(divergence):
    """B10: beyond -log 2 the derivative of the Jensen-Shannon utility is negative."""
    phi, sizes = F_DIVERGENCES[divergence], SMALL_FINITE
    mdp, expert = task(sizes)
    found = iq_learn(mdp, expert, divergence=divergence, temperature=0.01)
    assert (found.reward > phi.low).all() or divergence == "total-variation"
    assert (found.reward <= phi.high).all()
    assert (phi.slope(found.reward) > 0).all()


def test_slope_of_jensen_shannon_turns_negative_beyond_its_domain():
    assert F_DIVERGENCES["jensen-shannon"].slope(np.array([-1.0]))[0] == pytest.approx(-3.784, abs=1e-3)


def test_flow_residual_tells_replay_from_an_occupancy():
    """B11: states drawn uniformly in time do not telescope with a discount."""
    mdp, expert = task(SMALL_DISCOUNTED)
    v = np.random.default_rng(0).normal(size=6)
    start = 0.1 * float(mdp.mu @ v)
    uniform = mdp.with_end(horizon=20).occupancy(expert).mean(0)
    assert float(telescoped_value(mdp, mdp.occupancy(expert), v)) == pytest.approx(start, abs=1e-14)
    assert abs(float(telescoped_value(mdp, uniform, v)) - start) > 1e-2
    demos = mdp.sample(expert, n_trajectories=400, rng=0, length=60)
    assert iq_learn(mdp, demos).flow_residual > 1e-3


def test_centred_reverse_kl_has_no_survival_bonus():
    """B12: in the convention ``f(t) = t log t`` the reward of the expert is -1, centred it is 0."""
    mdp, expert = task(SMALL_DISCOUNTED)
    plain = iq_learn(mdp, expert, divergence=REVERSE_KL)
    centred = iq_learn(mdp, expert, divergence=REVERSE_KL.centred())
    assert np.allclose(plain.reward + 1, centred.reward, atol=1e-10)
    assert np.allclose(plain.policy, centred.policy, atol=1e-12)
    assert ar.midpoint(plain.value) == pytest.approx(ar.midpoint(centred.value), abs=1e-12)


def test_offline_chi2_is_regularised_cloning():
    mdp, expert = task(SMALL_DISCOUNTED)
    e, q = mdp.occupancy(expert), np.random.default_rng(0).normal(size=(6, 3))
    log_policy = q - np.log(np.exp(q).sum(-1, keepdims=True))
    cloned = (e * log_policy).sum() - float(squared_soft_error(mdp, e, q, 0)) / 4
    assert float(inverse_soft_dual(mdp, e, q, CHI2.utility, nu=e)) == pytest.approx(cloned, abs=1e-13)


# How it computes.


def test_newton_agrees_with_finite_differences_of_the_objective():
    mdp, expert = task(SMALL_FINITE)
    e = mdp.occupancy(expert)
    start = np.zeros((5, 6))
    start[0] = mdp.mu
    model = soft_model(mdp, start, 0.7, np.ones(e.shape, dtype=bool))
    found = ascend(model, e, CHI2, free=e > 0, reward=np.zeros(e.shape))

    def objective(r):
        return (e * CHI2.utility(r)).sum() - model.respond(r, np.zeros((5, 6))).worth

    direction, h = np.random.default_rng(0).normal(size=e.shape), 1e-4
    ahead, behind = objective(found.reward + h * direction), objective(found.reward - h * direction)
    assert abs(ahead - behind) / (2 * h) < 1e-7
    assert max(ahead, behind) < objective(found.reward)


def test_answers_in_the_number_system_of_the_model():
    mdp = families.cliff(horizon=3, error=Fraction(1, 10)).mdp
    even = ar.asarray([[[Fraction(1, 2)] * 2] * 2] * 3)
    found = iq_learn(mdp, even)
    assert found.policy.system == ar.RATIONAL
    assert (ar.sum(found.policy, -1) == 1).all()
    assert found.value.system.name == "interval"
    assert iq_learn(mdp.to("ball"), even).value.system.name == "ball"


def test_same_arguments_same_bits_and_nothing_is_changed():
    mdp, expert = task(SMALL_DISCOUNTED)
    before = expert.copy()
    first, second = iq_learn(mdp, expert), iq_learn(mdp, expert)
    assert np.array_equal(first.q, second.q) and np.array_equal(before, expert)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"divergence": "kl"}, "divergence='kl' must be"),
        ({"temperature": 0}, "temperature=0 must be a positive"),
        ({"value_term": "v0"}, "value_term='v0' must be one of initial, expert, mixture"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(InvalidArgument, match=message):
        iq_learn(*task(SMALL_DISCOUNTED), **options)


# From states alone.


@pytest.mark.parametrize("divergence", ["chi2", "reverse-kl", "jensen-shannon"])
@pytest.mark.parametrize("sizes", [SMALL_DISCOUNTED, SMALL_FINITE], ids=["discounted", "finite"])
def test_state_only_search_ends_where_the_objective_is_flat_and_higher(sizes, divergence):
    mdp, expert = task(sizes)
    phi, states = F_DIVERGENCES[divergence], mdp.state_occupancy(expert)
    neutral = np.full((*states.shape, 3), float(phi.neutral))
    start = mdp.with_rewards(neutral).soft_optimal(1.0).q
    start = start + 0.05 * np.random.default_rng(0).normal(size=start.shape)
    found = iq_learn_states(mdp, expert, divergence=divergence, start=start)

    def objective(q):
        return float(state_only_objective(mdp, states, q, phi.envelope))

    assert float(ar.lower(found.value)) > objective(start)
    assert float(ar.midpoint(found.value)) == pytest.approx(objective(found.q), abs=1e-10)
    assert found.gradient < 1e-4
    rng, h = np.random.default_rng(1), 1e-5
    for direction in rng.normal(size=(3, *start.shape)):
        slope = (objective(found.q + h * direction) - objective(found.q - h * direction)) / (2 * h)
        assert abs(slope) < 1e-3


def test_state_only_search_sees_no_action_of_the_expert():
    """Every action leads on alike, so experts that act differently visit the same states."""
    mdp = TabularMDP([[[0.5, 0.5]] * 2] * 2, np.zeros((2, 2)), [1.0, 0.0], discount=0.5)
    start = np.array([[0.1, 0.0], [0.0, 0.0]])
    one, other = (iq_learn_states(mdp, np.array([law] * 2), start=start) for law in ([1.0, 0.0], [0.3, 0.7]))
    assert np.allclose(one.policy, other.policy, atol=1e-9)
    assert one.policy[0, 0] > 1 - 1e-9  # asked what it would have done itself, pi_Q becomes deterministic


def test_state_only_search_refuses_a_start_without_a_value():
    with pytest.raises(InvalidArgument, match="end of the domain"):
        iq_learn_states(*task(SMALL_DISCOUNTED), divergence="jensen-shannon", start=np.full((6, 3), -20.0))
