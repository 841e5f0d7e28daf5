"""AIRL's theorems: the examples of the catalogue, and its discriminator against plain numpy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.claims.claim import AssumptionViolated
from iltheory.claims.fu_2018 import (
    aperiodic_but_not_decomposable,
    free_choice,
    nearly_the_same_policy,
    policies_show_value_differences,
    state_rewards_are_identified,
    two_cycle,
)
from iltheory.claims.fu_2018_discriminator import divergence, objective, parts_are_determined
from iltheory.measures import state_reward_ambiguity
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import HOLDS


def soft(mdp, rewards):
    return mdp.to("float64").with_rewards(np.asarray(rewards, dtype=float)).soft_optimal(1).policy


def test_the_two_cycle_hides_its_rewards():
    for rewards in ([[0, 0], [0, 0]], [[5, 5], [-3, -3]]):
        assert np.allclose(soft(two_cycle(), rewards), 0.5, atol=1e-14)


def test_a_shaped_reward_is_right_where_it_was_shaped_and_wrong_elsewhere():
    """The action is the next state in one model, the other state in the other; the figures of the catalogue."""
    here, r, phi, gamma = free_choice(), np.array([1.0, 0.0]), np.array([0.0, 4.0]), 0.5
    shaped = r[:, None] + gamma * np.asarray(here.to("float64").P) @ phi - phi[:, None]
    state = np.repeat(r[:, None], 2, axis=1)
    assert np.abs(soft(here, shaped) - soft(here, state)).max() < 1e-14
    there = here.to("float64").P[:, ::-1]
    elsewhere = TabularMDP(there, np.zeros((2, 2)), np.array([0.5, 0.5]), discount=gamma)
    assert soft(elsewhere, state)[:, 0] == pytest.approx([0.377541] * 2, abs=1e-6)
    assert soft(elsewhere, shaped)[:, 0] == pytest.approx([0.010987] * 2, abs=1e-6)


def test_the_theorem_needs_its_assumption():
    assert state_rewards_are_identified(free_choice()).verdicts == HOLDS
    for model in (two_cycle(), aperiodic_but_not_decomposable()):
        with pytest.raises(AssumptionViolated):
            state_rewards_are_identified(model)


def test_an_aperiodic_model_hides_rewards():
    """From 0 to 0 or 1, 1 to 2, 2 to 0: v = (0, 0, 1) keeps the policy, r' - r = v - P v / 2 is not constant."""
    mdp = aperiodic_but_not_decomposable().to("float64")
    v = np.array([0.0, 0.0, 1.0])
    change = v - 0.5 * np.asarray(mdp.P)[:, 0] @ v
    assert np.ptp(change) == 1.5
    r = np.array([0.5, -1.0, 0.25])
    both = (np.repeat((r + x)[:, None], 2, axis=1) for x in (0, change))
    one, other = (soft(mdp, rewards) for rewards in both)
    assert np.abs(one - other).max() < 1e-14 and abs(one[0, 0] - 0.5) > 0.01


def test_nearly_the_same_policy_leaves_little_room_in_a_decomposable_model():
    near = Fraction(1, 2**40)
    reward, other = (ar.convert(ar.asarray([0, 1 - x]), "ball", bits=256) for x in (0, near))
    comparison = nearly_the_same_policy(free_choice().to("ball", bits=256), reward, other)
    assert comparison.verdicts == HOLDS
    assert 0 < float(comparison.lhs) < float(comparison.rhs) < 4 * near


def test_stochastic_rows_identify_up_to_their_rank():
    mdp = families.garnet(4, 3, 3, discount=0.5, rng=0)
    differences = (mdp.P - mdp.P[:, :1]).reshape(-1, 4)
    assert float(state_reward_ambiguity(mdp)) == 4 - np.linalg.matrix_rank(differences)
    rng = np.random.default_rng(0)
    r, other = (ar.convert(x, "interval") for x in rng.integers(-4, 5, size=(2, 4)) / 4)
    assert float(policies_show_value_differences(mdp.to("interval"), r, other).lhs) < 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_discriminator_against_plain_numpy(seed):
    mdp, rng = families.garnet(3, 2, 2, discount=0.75, rng=seed), np.random.default_rng(seed)
    expert, learner = rng.dirichlet(np.ones(2), size=(2, 3))
    f = rng.normal(size=(3, 2))
    shown, seen = mdp.occupancy(expert), mdp.occupancy(learner)
    d = np.exp(f) / (np.exp(f) + learner)
    plain = (shown * np.log(2 * d)).sum() + (seen * np.log(2 * (1 - d))).sum()
    assert float(objective(mdp, expert, learner, f)) == pytest.approx(plain, abs=1e-12)
    best = shown / (shown + seen)
    most = (shown * np.log(2 * best)).sum() + (seen * np.log(2 * (1 - best))).sum()
    assert float(divergence(mdp, expert, learner)) == pytest.approx(most, abs=1e-12)
    log_ratio = np.log(expert) + np.log(shown.sum(1) / seen.sum(1))[:, None]
    assert float(objective(mdp, expert, learner, log_ratio)) == pytest.approx(most, abs=1e-12)


def test_parts_are_determined_as_rewards_are():
    for model in (two_cycle(), free_choice(), aperiodic_but_not_decomposable()):
        assert parts_are_determined(model).verdicts == HOLDS
