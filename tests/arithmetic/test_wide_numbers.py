"""Exact numbers whose numerators cross the limits of machine integers."""

from fractions import Fraction

import pytest

from sims import arithmetic as ar


@pytest.mark.parametrize("bits", [61, 62, 63, 64, 65, 127])
def test_single_sums_at_the_limits_of_machine_integers(bits: int) -> None:
    parts = [Fraction(2**bits - 1, 3**5), Fraction(1, 3**5), Fraction(-5, 3**5)]
    total = ar.sum(ar.asarray(parts))
    assert Fraction(1 - total) == 1 - sum(parts)
    assert Fraction(-total * total) == -(sum(parts) ** 2)


def test_a_mean_of_powers_stays_exact() -> None:
    """Numerators around 2^63: their sum once became an unsigned integer, whose negative wrapped."""
    x = ar.asarray(Fraction(99, 100))
    mean = ar.sum(ar.stack([x**h for h in range(10)]), 0) / 10
    assert Fraction(1 - mean) == 1 - sum(Fraction(99, 100) ** h for h in range(10)) / 10


def test_single_wide_numbers_are_stacked() -> None:
    """A product of zero-dimensional object arrays is a Python integer, no array."""
    x = ar.asarray(Fraction(1, 3**50))
    stacked = ar.stack([1 - x, x, ar.asarray(Fraction(1, 2))])
    assert [Fraction(entry) for entry in stacked] == [
        1 - Fraction(1, 3**50),
        Fraction(1, 3**50),
        Fraction(1, 2),
    ]
