"""IQ-Learn maximises the dual of a game: its optimum is the game's value, its policy and reward are the players'."""

from __future__ import annotations

import numpy as np
import pytest
from small_games import ENDS, model, stochastic

from iltheory.games import DivergenceRewards, NoFiniteValue, OccupancyGame, solve
from iltheory.learners import iq_learn
from iltheory.measures import F_DIVERGENCES, inverse_soft_optimality
from sims import arithmetic as ar

CASES = [(name, end) for name in F_DIVERGENCES for end in ENDS if name != "total-variation"]


@pytest.mark.parametrize("weight", [1.0, 0.25])
@pytest.mark.parametrize("divergence, end", CASES)
def test_the_optimum_is_the_value_of_the_game(divergence, end, weight):
    """Its certified lower bound lies below the game's upper bound, and meets its lower bound."""
    mdp = model(end)
    expert = stochastic(mdp)
    saddle = solve(OccupancyGame(mdp, mdp.occupancy(expert), DivergenceRewards(divergence), weight))
    found = iq_learn(mdp, expert, divergence=divergence, temperature=weight)
    assert found.attained and saddle.attained
    low, high = (float(x(found.value)) for x in (ar.lower, ar.upper))
    assert low <= float(saddle.primal.upper) and high >= float(saddle.dual.lower) - 1e-9
    assert abs(low - float(saddle.dual.lower)) < 1e-9 and saddle.gap < 1e-9


@pytest.mark.parametrize("divergence, end", CASES)
def test_policy_and_reward_are_those_of_the_saddle_point(divergence, end):
    """The inverse soft Bellman operator takes Q to the adversary's reward, softmax takes it to the policy."""
    mdp = model(end)
    expert = stochastic(mdp)
    saddle = solve(OccupancyGame(mdp, mdp.occupancy(expert), DivergenceRewards(divergence), 1.0))
    found = iq_learn(mdp, expert, divergence=divergence)
    policy = ar.convert(saddle.policy, "float64")
    d, e = np.asarray(mdp.occupancy(policy)), np.asarray(mdp.occupancy(expert))
    visited = d.sum(-1) > 1e-9
    reward = np.asarray(inverse_soft_optimality(mdp, found.q))
    assert np.allclose(np.asarray(found.policy)[visited], policy[visited], atol=1e-6)
    assert np.allclose(reward[visited], saddle.reward[visited], atol=1e-5)
    best = np.asarray(F_DIVERGENCES[divergence].reward(d[visited], e[visited]))
    assert np.allclose(reward[visited], best, atol=1e-5)


def test_both_say_when_there_is_no_finite_value():
    mdp = model("finite", n_states=12)
    demos = mdp.sample(mdp.optimal_policy(), 1, 0)
    from iltheory.learners.demonstrations import shown_occupancy

    target = shown_occupancy(mdp, demos)
    for attempt in (
        lambda: iq_learn(mdp, demos, divergence="chi2"),
        lambda: solve(OccupancyGame(mdp, target, DivergenceRewards("chi2"), 1.0)),
    ):
        with pytest.raises(NoFiniteValue):
            attempt()
