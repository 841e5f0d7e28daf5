"""Graphs: what "the same policy" means, solved for directly."""

from __future__ import annotations

import numpy as np
import pytest

from iltheory.claims.claim import AssumptionViolated
from iltheory.claims.kim_2021 import ambiguity_is_the_period, cycle, late_linker
from sims.arithmetic import HOLDS


def soft(mdp, reward):
    return mdp.to("float64").with_rewards(np.asarray(reward, dtype=float)).soft_optimal(1).policy


def test_two_steps_hide_what_three_steps_show():
    """State 0 against the others: not seen within two steps, and seen within three."""
    r, change = np.random.default_rng(0).normal(size=(3, 2)), np.array([[1.0, 1], [0, 0], [0, 0]])
    two, three = (late_linker(h) for h in (2, 3))
    assert np.abs(soft(two, r) - soft(two, r + change)).max() < 1e-14
    assert np.abs(soft(three, r) - soft(three, r + change)).max() > 0.05


def test_a_circle_hides_everything_that_depends_on_the_state():
    r, change = np.random.default_rng(1).normal(size=(3, 2)), np.repeat(np.array([[3.0], [-1], [5]]), 2, axis=1)
    for horizon in (1, 3, 7):
        mdp = cycle(3, horizon=horizon)
        assert np.abs(soft(mdp, r) - soft(mdp, r + change)).max() < 1e-13


def test_as_many_steps_as_states():
    assert ambiguity_is_the_period(late_linker(3)).verdicts == HOLDS
    with pytest.raises(AssumptionViolated):
        ambiguity_is_the_period(late_linker(2))
