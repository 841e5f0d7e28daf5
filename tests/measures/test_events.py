"""Indicators, sequences and blends."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.measures import blend, greatest, indicator, mean, smallest, steps
from sims import arithmetic as ar
from sims import families

THIRD = Fraction(1, 3)


@pytest.mark.parametrize("name", ["float64", "interval", "ball", "rational"])
def test_an_indicator_is_one_or_zero_where_the_event_is_decided(name: str) -> None:
    x = ar.wrap(ar.convert(ar.asarray([Fraction(1), Fraction(2), Fraction(3)]), name))
    assert np.array_equal(ar.midpoint(indicator(x > 2)), [0, 0, 1])
    assert np.array_equal(ar.midpoint(indicator(x >= 2)), [0, 1, 1])


@pytest.mark.parametrize("name", ["interval", "ball"])
def test_an_undecided_indicator_may_be_both(name: str) -> None:
    x = ar.convert(ar.asarray([THIRD]), name)
    unsure = indicator(ar.wrap(3 * x) > 1)
    assert ar.lower(unsure) <= 0 and ar.upper(unsure) >= 1


def test_sequences_mix_values_with_and_without_batch_axes() -> None:
    values = [ar.asarray([Fraction(1), Fraction(2)]), ar.asarray(THIRD)]
    assert mean(values).fractions().tolist() == [Fraction(2, 3), Fraction(7, 6)]
    assert smallest(values).fractions().tolist() == [THIRD, THIRD]
    assert greatest(values).fractions().tolist() == [1, 2]


def test_blends_weigh_policies_instance_by_instance() -> None:
    first, second = ar.asarray([[[1, 0]]]), ar.asarray([[[0, 1]]])
    weight = ar.asarray([THIRD, Fraction(1, 2)])
    mixed = blend([first, second], [weight, 1 - weight])
    assert mixed.shape == (2, 1, 1, 2)
    assert mixed[..., 0].fractions().ravel().tolist() == [THIRD, Fraction(1, 2)]


def test_steps_need_a_horizon() -> None:
    with pytest.raises(ValueError, match="finite horizon"):
        steps(families.loop(discount=Fraction(1, 2), error=0).mdp)
