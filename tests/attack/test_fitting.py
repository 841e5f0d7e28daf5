"""Exponents and closed forms of sequences that somebody could write down by hand."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import accumulate

import pytest

from iltheory.attack.fitting import closed_form, exponent, reconstructed
from sims import arithmetic as ar
from sims.arithmetic import Enclosure
from sims.errors import InvalidArgument

SIZES, HELD_OUT = range(1, 9), (9, 10, 17)
FIBONACCI = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597]


def cliff(error, horizon):
    """Gap of the cliff: all rewards after the first mistake, which happens with probability ``error`` a step."""
    falls = 1 - error
    return horizon - falls * (1 - falls**horizon) / error


def harmonic(n):
    return sum(Fraction(1, k) for k in range(1, n + 1))


def guess(sequence, sizes=SIZES, held_out=HELD_OUT, variable="H"):
    """The closed form of a sequence, wherever it is asked for."""
    points, others = ([(n, Fraction(sequence(n))) for n in chosen] for chosen in (sizes, held_out))
    return closed_form(points, others, variable=variable)


KNOWN = {
    "constant": (lambda n: Fraction(3, 7), 1, "3/7"),
    "zero": (lambda n: 0, 1, "0"),
    "H^2": (lambda n: n**2, 2, "H**2"),
    "1/H^3": (lambda n: Fraction(1, n**3), 2, "H**(-3)"),
    "triangular": (lambda n: Fraction(n * (n + 1), 2), 3, "H*(H + 1)/2"),
    "cubic": (lambda n: n**3 - 2 * n + 1, 4, "H**3 - 2*H + 1"),
    "rational": (lambda n: Fraction(n * n + 1, 3 * n + 2), 4, "(H**2 + 1)/(3*H + 2)"),
    "first mistake": (lambda n: 1 - Fraction(9, 10) ** n, 3, "1 - (9/10)**H"),
    "halving": (lambda n: Fraction(2**n - 1, 2**n), 3, "1 - 1/2**H"),
    "average mistake": (lambda n: (1 - Fraction(1, 2) ** n) / n, 4, "(1 - 1/2**H)/H"),
    "factorial": (math.factorial, 4, "factorial(H)"),
    "Fibonacci": (FIBONACCI.__getitem__, 4, None),
    "Catalan": (lambda n: math.comb(2 * n, n) // (n + 1), 4, None),
    "harmonic": (harmonic, 3, "harmonic(H)"),
    "exponential series": (lambda n: sum(Fraction(1, math.factorial(k)) for k in range(n)), 5, None),
    "odd factorials": (lambda n: math.prod(range(1, 2 * n, 2)), 4, None),
    "two rates": (lambda n: 3 * Fraction(1, 2) ** n + Fraction(1, 3) ** n, 4, None),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_sequences_are_recognised_by_few_parameters(name):
    sequence, parameters, text = KNOWN[name]
    found = guess(sequence)
    assert found is not None and found.parameters <= parameters < len(SIZES)
    assert text is None or str(found.expression) == text
    assert [found(n) for n in range(1, 18)] == [sequence(n) for n in range(1, 18)]
    assert found.verified_at == HELD_OUT and found.guessed_at == tuple(SIZES)


@pytest.mark.parametrize("error", [Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(1, 97)])
def test_the_cliff_at_every_error(error):
    assert str(guess(lambda n: cliff(error, n))(40)) == str(cliff(error, 40))
    ratio = guess(lambda n: cliff(error, n) / (Fraction(n * (n + 1), 2) * error))
    assert ratio is not None and ratio(40) == cliff(error, 40) / (820 * error)


def test_only_every_other_size_and_any_order():
    found = guess(lambda n: n - Fraction(1, 2) ** n, sizes=(14, 2, 4, 6, 8, 10, 12), held_out=(1, 3, 30))
    assert found is not None and found(31) == 31 - Fraction(1, 2) ** 31


def test_sizes_need_not_be_whole():
    errors = [Fraction(1, k) for k in range(2, 8)]
    found = guess(lambda e: e / (1 + e), sizes=errors, held_out=[Fraction(1, 100)], variable="epsilon")
    assert found is not None and found(Fraction(2, 3)) == Fraction(2, 5)
    assert found.latex == r"\frac{\epsilon}{\epsilon + 1}"


def test_what_follows_no_formula_gets_none():
    rng = random.Random(0)
    noise = {n: Fraction(rng.randint(1, 1000), 1000) for n in range(1, 18)}
    primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61]
    assert guess(noise.__getitem__) is None
    assert guess(primes.__getitem__) is None
    assert guess(lambda n: Fraction(math.factorial(n), n**n)) is None


def test_a_guess_that_fails_where_it_was_not_made_is_withdrawn():
    assert guess(lambda n: n**2 + (n > 8)) is None


def test_words_say_guess_and_where():
    assert guess(lambda n: n**2).words == "guess verified at H = 9, 10, 17"


def test_too_few_points_for_the_parameters_give_none():
    assert guess(lambda n: n**3 - 2 * n + 1, sizes=range(1, 5)) is None


def test_narrow_enclosures_are_read_as_rationals_and_wide_ones_are_not():
    def ball(x):
        return Enclosure.of(ar.Ball(128).convert(ar.asarray(x)))

    points = [(n, ball(Fraction(n, n + 1))) for n in range(1, 7)]
    found = closed_form(points, [(9, ball(Fraction(9, 10)))])
    assert found is not None and found(20) == Fraction(20, 21)
    assert found.words.startswith("guess consistent to width") and found.words.endswith("at n = 9")
    logarithms = [(n, Enclosure.of(ar.log(ar.Ball(128).convert(ar.asarray(n + 1))))) for n in range(1, 7)]
    assert closed_form(logarithms[:-1], logarithms[-1:]) is None
    assert reconstructed(Enclosure(Fraction(33, 100), Fraction(34, 100), "ball")) is None
    assert reconstructed(Enclosure(-Fraction(1, 3) - Fraction(1, 10**12), -Fraction(1, 3), "ball")) == -Fraction(1, 3)


def test_an_exponent_of_a_power_is_that_power():
    for power in (-2, 1, 2, 3):
        found = exponent([(n, Fraction(n) ** power * 7) for n in SIZES])
        for value in (found.slope, found.low, found.high, found.limit, found.limit_low, found.limit_high):
            assert value == pytest.approx(power, abs=1e-9)


def test_a_constant_has_exponent_zero():
    found = exponent([(n, Fraction(3, 7)) for n in SIZES])
    assert (found.slope, found.low, found.high, found.limit) == (0, 0, 0, 0)


def test_the_interval_contains_every_local_slope_and_the_limit_is_extrapolated():
    found = exponent([(n, Fraction(n * (n + 1), 2)) for n in SIZES])
    assert all(found.low <= slope <= found.high for slope in (*found.local, found.slope))
    assert found.high < 2, "within the sweep the sequence is not yet quadratic"
    assert found.limit == pytest.approx(2, abs=0.01) and found.limit_low <= 2 <= found.limit_high


def test_limits_of_the_cliff():
    half = exponent([(n, cliff(Fraction(1, 2), n)) for n in range(1, 25)])
    assert half.limit == pytest.approx(1, abs=1e-3), "the gap is at most H"
    small = exponent([(n, cliff(Fraction(1, 10**6), n)) for n in range(1, 25)])
    assert small.limit == pytest.approx(2, abs=1e-3), "errors this rare add up for many more steps"


def test_a_sweep_may_lead_to_zero():
    errors = [Fraction(1, 2**k) for k in range(1, 9)]
    found = exponent([(e, e**2 * (1 + e)) for e in errors])
    assert found.limit == pytest.approx(2, abs=1e-3)


def test_open_values_open_the_slopes():
    sharp = [(n, Fraction(n)) for n in SIZES]
    wide = [(n, Enclosure(Fraction(n) * 99 / 100, Fraction(n) * 101 / 100, "ball")) for n in SIZES]
    assert exponent(wide).high - exponent(wide).low > 0.1 > exponent(sharp).high - exponent(sharp).low
    assert exponent(wide).limit_low < 1 < exponent(wide).limit_high


def test_values_of_any_length_have_logarithms():
    points = [(n, Fraction(10) ** (-400) * n**2) for n in SIZES]
    assert exponent(points).slope == pytest.approx(2)


def test_bad_input_is_named():
    squares = [(n, Fraction(n * n)) for n in SIZES]
    with pytest.raises(InvalidArgument, match="held_out is empty"):
        closed_form(squares, [])
    with pytest.raises(InvalidArgument, match="n = 8 is given twice"):
        closed_form(squares, [(8, 64)])
    with pytest.raises(InvalidArgument, match="too few"):
        exponent(squares[:2])
    with pytest.raises(InvalidArgument, match="must increase"):
        exponent([*squares, squares[0]])
    with pytest.raises(InvalidArgument, match="n = 4 with value 0"):
        exponent([*squares[:3], (4, 0)])
    with pytest.raises(InvalidArgument, match="level=2"):
        exponent(squares, level=2)
    with pytest.raises(InvalidArgument, match="pairs of a rational size"):
        closed_form([("one", 1)], squares)


def test_harmonic_numbers_are_no_rational_function():
    partial = list(accumulate(Fraction(1, k) for k in range(1, 20)))
    found = guess(lambda n: partial[n - 1])
    assert found is not None and found.family == "sum of a rational function"
