"""Equilibria of the moment games: duality, closed forms, and discriminators and policies tried one by one."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import A, H, S, random_model, random_policy, random_rule, rules

from iltheory.games.moment_games import MomentGame, mixture_saddle, occupancy_saddle
from iltheory.learners import behavioral_cloning, moment_matching
from iltheory.learners.demonstrations import shown_occupancy
from iltheory.measures import off_policy_moment_error, on_policy_moment_error, reward_moment_error
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument

GAMES = ("reward", "off-policy", "on-policy")
ERRORS = dict(zip(GAMES, (reward_moment_error, off_policy_moment_error, on_policy_moment_error), strict=True))


def small() -> tuple[TabularMDP, Any, Any]:
    """Two states, two steps, an expert that is random and its three demonstrations."""
    mdp = random_model(3, horizon=2)
    expert = random_policy(3, law="uniform", horizon=2)
    return mdp, expert, mdp.sample(expert, 3, rng=5)


@pytest.mark.parametrize("moments", GAMES)
@pytest.mark.parametrize("stationary", [False, True])
def test_mixtures_have_no_duality_gap_in_rationals(moments: Any, stationary: bool) -> None:
    mdp, expert = random_model(0), random_policy(0)
    policies = [random_policy(k + 1) for k in range(3)] + [random_rule(k) for k in range(2)]
    found = moment_matching(mdp, expert, policies, moments=moments, stationary=stationary)
    assert found.gap == 0 and found.primal == found.dual
    assert ar.sum(found.weights) == 1 and np.all(ar.compare(found.weights, ">=", 0) == 1)
    assert np.all(ar.compare(ar.absolute(found.discriminator), "<=", 1) == 1)
    assert found.primal == ERRORS[moments](mdp, expert, found.policy, stationary=stationary)
    for pi in policies:
        assert Fraction(found.primal) <= Fraction(ERRORS[moments](mdp, expert, pi, stationary=stationary))


@pytest.mark.parametrize("moments", GAMES)
def test_no_mixture_of_two_does_better(moments: Any) -> None:
    mdp, expert = random_model(1), random_policy(1)
    policies = [random_policy(8), random_rule(3)]
    found = moment_matching(mdp, expert, policies, moments=moments)
    for k in range(17):
        weights = [Fraction(k, 16), 1 - Fraction(k, 16)]
        mixture = found.game.mixture([mdp.policy(pi) for pi in policies], ar.asarray(weights))
        assert Fraction(found.primal) <= Fraction(ERRORS[moments](mdp, expert, mixture))


@pytest.mark.parametrize("moments", GAMES)
def test_a_class_with_the_expert_matches_it(moments: Any) -> None:
    mdp, expert = random_model(2), random_policy(2)
    found = moment_matching(mdp, expert, [random_rule(0), expert], moments=moments)
    assert found.primal == 0 and found.dual == 0


@pytest.mark.parametrize("moments", GAMES)
def test_over_all_policies_a_known_expert_is_matched(moments: Any) -> None:
    for mdp in (random_model(4), random_model(4).to("interval")):
        expert = random_policy(4)
        found = moment_matching(mdp, expert, moments=moments)
        assert ar.lower(found.primal) <= 0 <= ar.upper(found.primal) and ar.lower(found.gap) <= 0
        assert np.array_equal(ar.midpoint(found.policy), ar.midpoint(mdp.policy(expert)))


@pytest.mark.parametrize("stationary", [False, True])
def test_few_demonstrations_over_all_policies_by_trying_them(stationary: bool) -> None:
    """Exact primal and dual agree; no deterministic policy has a lower payoff against the discriminator."""
    mdp, _, demos = small()
    found = moment_matching(mdp, demos, stationary=stationary)
    assert found.gap == 0 and found.primal > 0
    for pi in itertools.islice(rules(2), 0, None, 3):
        g = found.game.mismatch(pi)
        payoff = np.sum(g.fractions() * np.broadcast_to(found.discriminator.fractions(), g.shape))
        assert payoff >= Fraction(found.dual)
        assert Fraction(found.game.primal(pi)) >= Fraction(found.primal)


def test_demonstrations_off_policy_are_cloned() -> None:
    mdp, _, demos = small()
    found = moment_matching(mdp, demos, moments="off-policy")
    assert found.primal == 0
    shown = ar.possibly_nonzero(ar.sum(shown_occupancy(mdp, demos), -1))
    cloned = behavioral_cloning(demos, mdp)
    assert np.array_equal(ar.midpoint(found.policy)[shown], ar.midpoint(cloned)[shown])


@pytest.mark.parametrize("system", ["float64", "interval", "ball"])
def test_other_systems_enclose_the_exact_value(system: str) -> None:
    mdp, _, demos = small()
    exact = Fraction(moment_matching(mdp, demos).primal)
    found = moment_matching(mdp.to(system), demos)
    slack = 1e-12
    assert ar.upper(found.dual) - slack <= exact <= ar.lower(found.primal) + slack
    assert ar.lower(found.gap) <= 1e-12 and ar.upper(found.gap) >= 0
    policies = [random_rule(1, horizon=2), random_policy(9, horizon=2)]
    exact = Fraction(moment_matching(mdp, demos, policies).primal)
    converted = [ar.convert(pi, system) for pi in policies]
    found = moment_matching(mdp.to(system), demos, converted)
    assert abs(float(ar.midpoint(found.primal)) - exact) <= 1e-12 and ar.upper(found.gap) <= 1e-12


def test_discounted_games() -> None:
    e, gamma = Fraction(1, 10), Fraction(3, 4)
    mdp, expert, learner = families.cliff(error=e, discount=gamma)
    found = moment_matching(mdp, expert, [learner, families.cliff(error=Fraction(1, 2), discount=gamma).learner])
    assert found.gap == 0 and found.primal == reward_moment_error(mdp, expert, learner)
    floats = mdp.to("float64")
    demos = floats.sample(np.array([[0.5, 0.5], [0.5, 0.5]]), 4, rng=0, length=6)
    found = moment_matching(floats, demos)
    assert 0 <= found.gap <= 1e-12 and found.policy.shape == (2, 2)


def test_optimum_of_a_matrix_game_by_hand() -> None:
    """Two policies on opposite sides of the target: half of each cancels one coordinate, and the rest stays."""
    weights, f = mixture_saddle(ar.asarray([[1, Fraction(1, 4)], [-1, Fraction(1, 4)]]))
    assert weights.fractions().tolist() == [Fraction(1, 2)] * 2
    assert f.fractions()[1] == 1


def test_a_saddle_on_the_polytope_is_the_one_over_all_mixtures() -> None:
    """All deterministic policies of one state in a list, and the polytope of all policies: one value."""
    mdp = TabularMDP(np.ones((1, 3, 1), dtype=int), np.zeros((1, 3), dtype=int), [1], horizon=2)
    target = ar.asarray([[[1, 0, 0]], [[0, Fraction(1, 2), Fraction(1, 2)]]])
    game = MomentGame(mdp, mdp.project(target), target)
    policy, f = occupancy_saddle(game)
    assert game.primal(policy) == 0 and game.dual(f) == 0
    both = [np.eye(3, dtype=int)[list(a)][:, None] for a in itertools.product(range(3), repeat=2)]
    assert moment_matching(mdp, mdp.project(target), both).primal == 0


def test_bad_input_is_refused() -> None:
    mdp, expert = random_model(0), random_policy(0)
    with pytest.raises(InvalidArgument, match="at least one policy"):
        moment_matching(mdp, expert, [])
    with pytest.raises(InvalidArgument, match="moments='q'"):
        moment_matching(mdp, expert, moments="q")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="give one model at a time"):
        moment_matching(random_model(0, batch=2), expert)
    assert (S, A, H) == (3, 2, 3)
