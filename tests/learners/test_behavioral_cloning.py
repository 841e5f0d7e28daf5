"""Behavioural cloning: by hand on counted demonstrations, and at population level."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import A, H, S, fractions, random_model, random_policy, random_rule, stationary_rules, visits

import iltheory as il
from iltheory.claims.ross_bagnell_2010 import supervised_bound
from iltheory.learners import (
    LOG_LOSS,
    ZERO_ONE,
    FinitePolicies,
    TabularPolicies,
    action_costs,
    behavioral_cloning,
)
from iltheory.measures import expected_loss
from sims import TabularMDP, families
from sims.datasets import InvalidDataset, Trajectories

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def shown() -> Trajectories:
    """Three trajectories of three steps; state 2 is never left, state 1 never seen first."""
    states = [[0, 1, 1, 2], [0, 0, 1, 1], [0, 1, 0, 0]]
    actions = [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    return Trajectories.from_arrays(states, actions, None, [False] * 3, [True] * 3)


@pytest.fixture
def mdp() -> TabularMDP:
    return random_model(0)


def test_by_default_it_is_the_law_of_the_actions_shown(mdp: TabularMDP) -> None:
    law = behavioral_cloning(shown(), mdp).fractions()
    assert law.shape == (H, S, A)
    assert list(law[0, 0]) == [THIRD, 2 * THIRD] and list(law[1, 1]) == [1, 0] and list(law[2, 0]) == [0, 1]
    assert np.all(law[:, 2] == HALF) and list(law[0, 1]) == [HALF, HALF]


def test_stationary_policies_count_all_steps_together(mdp: TabularMDP) -> None:
    law = behavioral_cloning(shown(), mdp, policy_class=TabularPolicies(stationary=True)).fractions()
    assert law.shape == (1, S, A)
    assert list(law[0].ravel()) == [Fraction(1, 5), Fraction(4, 5), 1, 0, HALF, HALF]


def test_smoothing_adds_pseudo_counts_once(mdp: TabularMDP) -> None:
    law = behavioral_cloning(shown(), mdp, policy_class=TabularPolicies(smoothing=1)).fractions()
    assert list(law[0, 0]) == [Fraction(2, 5), Fraction(3, 5)] and list(law[1, 1]) == [Fraction(3, 4), Fraction(1, 4)]
    assert list(law[0, 2]) == [HALF, HALF]
    law = behavioral_cloning(shown(), mdp, policy_class=TabularPolicies(smoothing=1, stationary=True)).fractions()
    assert list(law[0].ravel()) == [Fraction(2, 7), Fraction(5, 7), Fraction(5, 6), Fraction(1, 6), HALF, HALF]


def test_the_zero_one_loss_plays_the_action_shown_most(mdp: TabularMDP) -> None:
    law = behavioral_cloning(shown(), mdp, loss=ZERO_ONE, policy_class=TabularPolicies(unseen=1)).fractions()
    assert list(law[0, 0]) == [0, 1] and list(law[1, 1]) == [1, 0] and np.all(law[:, 2, 1] == 1)


def test_costs_of_actions_decide_between_them(mdp: TabularMDP) -> None:
    """Playing 1 where the expert plays 0 costs three times as much as the other mistake."""
    law = behavioral_cloning(shown(), mdp, loss=action_costs([[0, 3], [1, 0]])).fractions()
    assert list(law[0, 0]) == [1, 0]
    plain = behavioral_cloning(shown(), mdp, loss=action_costs([[0, 1], [1, 0]])).fractions()
    assert np.all(plain == behavioral_cloning(shown(), mdp, loss=ZERO_ONE).fractions())


@pytest.mark.parametrize("seed", range(4))
def test_mimicking_where_seen_is_one_call(seed: int) -> None:
    """Rajaraman et al.: the expert's action where it was seen, a fixed one elsewhere."""
    model, expert = random_model(seed), random_rule(seed)
    demos = model.sample(expert, 2, rng=seed)
    seen = demos.counts(H, S, A).sum(-1) > 0
    expected = np.where(seen[..., None], expert.fractions(), np.eye(A, dtype=int)[1])
    for loss in (LOG_LOSS, ZERO_ONE):
        found = behavioral_cloning(demos, model, loss=loss, policy_class=TabularPolicies(unseen=1))
        assert np.all(found.fractions() == expected)
    other = random_policy(seed)
    found = behavioral_cloning(demos, model, policy_class=TabularPolicies(unseen=other))
    assert np.all(found.fractions() == np.where(seen[..., None], expert.fractions(), other.fractions()))


@pytest.mark.parametrize("seed", range(4))
def test_a_known_expert_is_cloned_wherever_it_goes(seed: int) -> None:
    model, expert = random_model(seed, law="spiky"), random_policy(seed)
    learner = behavioral_cloning(expert, model)
    goes = visits(model, expert)[..., None] > 0
    assert np.all(learner.fractions() == np.where(goes, fractions(model, expert), HALF))
    assert il.gap(model, expert, learner) == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_best_stationary_clone_averages_over_steps(seed: int) -> None:
    model, expert = random_model(seed, law="uniform"), random_policy(seed)
    d = visits(model, expert)[..., None] * fractions(model, expert)
    learner = behavioral_cloning(expert, model, policy_class=TabularPolicies(stationary=True))
    assert np.all(learner.fractions()[0] == d.sum(0) / d.sum((0, -1))[..., None])


@pytest.mark.parametrize("seed", range(4))
def test_a_list_without_the_expert_gives_the_fewest_mistakes_where_the_expert_goes(seed: int) -> None:
    model, expert = random_model(seed, law="uniform"), random_rule(seed)
    states, rules = visits(model, expert), stationary_rules()
    wrong = [Fraction(expected_loss(model, 1 - expert, pi, model.state_occupancy(expert))) for pi in rules]
    by_hand = [np.sum(states * (1 - np.sum(fractions(model, pi) * expert.fractions(), -1))) / H for pi in rules]
    assert wrong == by_hand
    found = behavioral_cloning(expert, model, loss=ZERO_ONE, policy_class=FinitePolicies(rules))
    assert np.all(found.fractions()[0] == rules[wrong.index(min(wrong))].fractions())
    bound = supervised_bound(model, expert, found)
    assert bound.holds and bound.rhs == H**2 * min(wrong)


def test_with_a_discount_all_steps_count_together() -> None:
    model = TabularMDP([[[1, 0], [0, 1]], [[1, 0], [0, 1]]], [[0, 1], [1, 0]], [1, 0], discount=HALF)
    demos = Trajectories.from_arrays([[0, 1, 0], [0, 0, 1]], [[1, 0], [0, 1]], None, [False] * 2, [True] * 2)
    law = behavioral_cloning(demos, model)
    assert law.fractions().tolist() == [[THIRD, 2 * THIRD], [1, 0]]
    expert = [[THIRD, 2 * THIRD], [1, 0]]
    assert behavioral_cloning(expert, model).fractions().tolist() == expert


def test_every_number_system_gives_the_same_clone() -> None:
    exact = random_model(1)
    demos = exact.sample(random_policy(1), 50, rng=0)
    for loss in (LOG_LOSS, ZERO_ONE):
        law = behavioral_cloning(demos, exact, loss=loss)
        for name in ("float64", "interval", "ball"):
            other: Any = behavioral_cloning(demos, exact.to(name), loss=loss)
            assert np.abs(np.asarray(other) - np.asarray(law)).max() < 1e-15
    floats = families.garnet(n_states=6, n_actions=3, branching=2, horizon=10, rng=0)
    demos = floats.sample(floats.optimal_policy(), 20, rng=1)
    assert np.array_equal(behavioral_cloning(demos, floats), floats.project(demos.counts(10, 6, 3).astype(float)))


def test_demonstrations_are_left_as_they_were(mdp: TabularMDP) -> None:
    demos = shown()
    before = [demos.states.copy(), demos.actions.copy()]
    behavioral_cloning(demos, mdp, loss=ZERO_ONE)
    assert np.array_equal(before[0], demos.states) and np.array_equal(before[1], demos.actions)


def test_demonstrations_of_another_model_are_refused() -> None:
    with pytest.raises(InvalidDataset, match="3 steps, but horizon is 2"):
        behavioral_cloning(shown(), random_model(0, horizon=2))
