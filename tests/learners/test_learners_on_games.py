"""Exact learners on Atari games: whole tables where the method allows it, quotients elsewhere."""

from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory import learners
from sims import arithmetic as ar
from sims.environments import atari

GAMES = ("freeway", "pong")


def game(name, *, merged):
    table = atari.load(name)
    table = atari.merged(table).table if merged else table
    mdp = table.mdp(unit_rewards=True).to("float64")
    expert = mdp.optimal_policy()
    return mdp, expert, 0.9 * expert + 0.1 / mdp.n_actions


@pytest.mark.parametrize("name", GAMES)
def test_cloning_an_expert_that_is_shown_whole_gives_its_value(name):
    mdp, _, expert = game(name, merged=False)
    clone = learners.behavioral_cloning(expert, mdp)
    assert il.gap(mdp, expert, clone) == pytest.approx(0, abs=1e-12)
    demos = mdp.sample(expert, 30, rng=0)
    shown = learners.behavioral_cloning(demos, mdp)
    assert mdp.horizon >= il.gap(mdp, expert, shown) > -0.5
    assert il.gap(mdp, expert, shown) <= mdp.horizon**2 * il.error_rate(mdp, expert, shown)


@pytest.mark.parametrize("name", GAMES)
def test_dagger_finds_the_expert_and_keeps_its_bound(name):
    mdp, expert, _ = game(name, merged=False)
    found = learners.dagger(mdp, expert, learners.TabularPolicies(), iterations=8)
    last = found.policies[-1]
    assert il.error_rate(mdp, expert, last) == pytest.approx(0, abs=1e-12)
    for policy in found.policies:
        u = il.disadvantage(mdp, expert, policy)
        assert il.gap(mdp, expert, policy) <= u * mdp.horizon * il.on_policy_error_rate(mdp, expert, policy) + 1e-12


def test_the_exact_gap_of_a_clone_is_the_same_in_rationals():
    table = atari.load("freeway").until(12)
    mdp = table.mdp()
    expert = mdp.optimal_policy()
    learner = (9 * expert + Fraction(1, 3)) / 10
    exact = il.gap(mdp, expert, learner)
    assert exact == mdp.optimal_value() - mdp.value(learner) > 0
    floats = mdp.to("float64")
    assert il.gap(floats, ar.midpoint(expert), ar.midpoint(learner)) == pytest.approx(float(exact), abs=1e-12)


@pytest.mark.parametrize("name", GAMES)
def test_gail_has_a_certified_value_on_whole_games(name):
    mdp, _, expert = game(name, merged=False)
    found = learners.gail(mdp, expert)
    saddle = found.saddle
    assert saddle.dual.lower <= saddle.primal.upper
    assert float(saddle.primal.upper - saddle.dual.lower) < 1e-6
    assert il.occupancy_tv(mdp, expert, found.policy) < 1e-3


@pytest.mark.parametrize("name", GAMES)
def test_iq_learn_ends_at_the_soft_optimal_policy_of_its_reward(name):
    mdp = atari.load(name).until(9 if name == "freeway" else 14).mdp(unit_rewards=True).to("float64")
    expert = 0.9 * mdp.optimal_policy() + 0.1 / mdp.n_actions
    found = learners.iq_learn(mdp, expert, temperature=0.1)
    assert found.attained and found.gradient < 1e-9
    assert np.allclose(mdp.with_rewards(found.reward).soft_optimal(0.1).policy, found.policy, atol=1e-9)
    uniform = np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)
    away = [float(il.occupancy_tv(mdp, expert, policy)) for policy in (found.policy, uniform)]
    assert away[0] < away[1] / 2
