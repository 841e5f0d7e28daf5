"""Shaping: an example by hand where the end of an episode is paid for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.claims.ng_1999 import ends_are_paid_for, same_optimal_actions
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import HOLDS

HALF, EIGHTH = Fraction(1, 2), Fraction(1, 8)


def corridor(bonus_of_the_end: Fraction) -> tuple[TabularMDP, TabularMDP]:
    """Staying pays 1/8 for ever, ending nothing; and the same with the shaping that a wrapper pays until the end."""
    moves = np.array([[0, 1], [1, 1]])
    kernel, mu = np.eye(2, dtype=int)[moves], [1, 0]
    plain = TabularMDP(kernel, ar.asarray([[EIGHTH, 0], [0, 0]]), mu, discount=HALF)
    wrapped = plain.with_rewards(ar.asarray([[EIGHTH, HALF * bonus_of_the_end], [0, 0]]))
    return plain, wrapped


def test_a_potential_at_the_end_changes_the_best_action():
    for bonus, action in ((Fraction(0), 0), (Fraction(1, 4), 0), (Fraction(1), 1)):
        plain, wrapped = corridor(bonus)
        assert np.argmax(ar.midpoint(plain.optimal_policy())[0]) == 0
        assert np.argmax(ar.midpoint(wrapped.optimal_policy())[0]) == action
        assert Fraction(wrapped.optimal_value()) == max(2 * EIGHTH, HALF * bonus)


@pytest.mark.parametrize("bonus", [Fraction(0), Fraction(1)])
def test_what_is_paid_for_the_end_is_its_potential_discounted(bonus):
    plain, wrapped = corridor(bonus)
    ends = ar.asarray([[0, 1], [1, 0]])
    comparison = ends_are_paid_for(plain, ends, ar.asarray([0, bonus]))
    assert comparison.verdicts == HOLDS
    assert Fraction(comparison.lhs) == Fraction(wrapped.value(ends)) == HALF * bonus


def test_optimal_q_by_hand():
    plain, _ = corridor(Fraction(0))
    assert same_optimal_actions(plain, ar.asarray([1, HALF])).verdicts == HOLDS
    shaped = plain.with_rewards(ar.asarray([[EIGHTH + HALF - 1, Fraction(1, 4) - 1], [-Fraction(1, 4)] * 2]))
    assert Fraction(shaped.optimal_value()) == Fraction(plain.optimal_value()) - 1
