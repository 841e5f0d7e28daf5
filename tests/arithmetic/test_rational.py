"""Exact rationals against ``fractions.Fraction``, on both sides of the limits of machine integers."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import sims.arithmetic as ar
from sims.arithmetic import rational

SIZES = (1, 2**8, 2**30, 2**31, 2**52, 2**53 - 1, 2**61, 2**62, 2**63, 2**64 - 1, 2**64, 2**90, 10**40)


def draw(rng, shape, size):
    """Fractions with numerators up to ``size`` in absolute value, over a few denominators."""
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        numerator = int(rng.integers(0, 2**62)) * size // 2**62 * int(rng.choice([-1, 1]))
        out[index] = Fraction(
            int(rng.choice([numerator, 0, size, -size], p=[0.7, 0.1, 0.1, 0.1])), int(rng.integers(1, 30))
        )
    return out


def same(x, expected):
    assert isinstance(x, ar.RationalArray) and x.den > 0
    assert x.num.dtype in (np.dtype(np.int64), np.dtype(object))
    got, want = x.fractions(), np.asarray(expected, dtype=object)
    assert got.shape == want.shape
    assert all(a == b for a, b in zip(got.ravel(), want.ravel(), strict=True))


@pytest.mark.parametrize("size", SIZES)
def test_operations_agree_with_fractions(size):
    rng = np.random.default_rng(size % 2**32)
    for other in SIZES:
        a, b = draw(rng, (3, 4), size), draw(rng, (3, 4), other)
        x, y = ar.asarray(a), ar.asarray(b)
        same(x + y, a + b)
        same(x - y, a - b)
        same(x * y, a * b)
        same(-x, -a)
        same(abs(x), abs(a))
        same(ar.maximum(x, y), np.maximum(a, b))
        same(ar.minimum(x, y), np.minimum(a, b))
        same(x / ar.where(np.asarray(b == 0, dtype=bool), 1, y), a / np.where(b == 0, Fraction(1), b))
        same(x**3, a**3)
        same(x**0, a**0)
        same(ar.sum(x, 1), a.sum(1))
        same(ar.sum(x), a.sum())
        same(ar.einsum("ij,kj->ik", x, y), np.einsum("ij,kj->ik", a, b))
        same(ar.matvec(x, y[0]), a @ b[0])
        same(ar.vecmat(x[:, 0], y), a[:, 0] @ b)
        same(ar.amax(x, 0), a.max(0))
        same(ar.amin(x, 1), a.min(1))
        same(ar.where(np.asarray(a > b, dtype=bool), x, y), np.where(a > b, a, b))
        same(ar.stack([x, y], 1), np.stack([a, b], 1))
        same(ar.concatenate([x, y], 1), np.concatenate([a, b], 1))
        same((x + y).reduced(), a + b)
        assert (ar.argmax(x, 1) == np.argmax(a, 1)).all()
        for op, truth in (("<=", a <= b), (">=", a >= b), ("==", a == b)):
            assert (ar.compare(x, op, y) == np.where(np.asarray(truth, dtype=bool), 1, -1)).all()


@pytest.mark.parametrize("terms", [1, 2, 3, 1000])
def test_contractions_that_just_fit_or_just_do_not(terms):
    """Products summing up to the last int64 and the first integers beyond."""
    for bits in (60, 61, 62, 63, 64):
        size = math.isqrt(2**bits // terms)
        for a in (size - 1, size, size + 1):
            x = ar.asarray(np.full((1, terms), a))
            assert Fraction(ar.matvec(x, x[0])[0]) == terms * a * a
            assert Fraction(ar.matvec(x, -x[0])[0]) == -terms * a * a


@pytest.mark.parametrize("value", [2**62, -(2**62), 2**63 - 1, -(2**63), 2**63, 2**64 - 1])
def test_integers_at_the_limits(value):
    for array in (np.array(value), [value, 0], [value, -1], np.array([value], dtype=object)):
        x = ar.asarray(array)
        entry = x if x.ndim == 0 else x[0]
        assert Fraction(entry) == value
        assert Fraction(entry + entry) == 2 * value and Fraction(-entry) == -value
        assert Fraction(abs(entry)) == abs(value) and Fraction(entry * entry) == value**2
        assert Fraction(ar.sum(ar.stack([entry, entry, entry]))) == 3 * value


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int32, np.int64, np.uint8, np.uint32, np.uint64])
def test_integer_types(dtype):
    top = 1 if dtype is bool else np.iinfo(dtype).max
    array = np.array([0, 1, top], dtype=dtype)
    x = ar.RationalArray(array)
    same(x * x - x, [0, 0, int(top) ** 2 - int(top)])
    assert Fraction(ar.asarray(np.array([array[2], Fraction(1, 2)], dtype=object))[0] * 10**30) == int(top) * 10**30


@pytest.mark.parametrize("x", [0.0, -0.0, 0.1, 1 / 3, 1e-300, 5e-324, -1.7e308, 2.0**62, 2.0**-52, 1023.5, 1e22])
def test_floats_convert_to_the_dyadics_they_are(x):
    for dtype in (np.float64, np.longdouble):
        same(ar.convert(np.array([x, 0.5], dtype=dtype), "rational"), [Fraction(x), Fraction(1, 2)])
    same(ar.convert(np.array([0.1], dtype=np.float32), "rational"), [Fraction(float(np.float32(0.1)))])


def test_texts_are_numbers_and_nonsense_is_named():
    same(ar.asarray(["1/3", "-2", "0.1"]), [Fraction(1, 3), -2, Fraction(1, 10)])
    for nonsense in (["a third"], [None], [1j], [Fraction(1), "x"]):
        with pytest.raises((TypeError, ValueError), match=r"number|convert"):
            ar.asarray(nonsense)
    for missing in (np.nan, np.inf):
        with pytest.raises(ar.NotRepresentable, match="not a rational"):
            ar.convert(np.array([0.5, missing]), "rational")


def two_above(x):
    with np.errstate(over="ignore"):
        return np.nextafter(np.nextafter(x, np.inf), np.inf)


@pytest.mark.parametrize("size", SIZES)
def test_float_bounds_enclose_and_midpoints_are_nearest(size):
    rng = np.random.default_rng(size % 2**32)
    for scale in (1, 3**50, 10**330, Fraction(1, 10**330), Fraction(1, 10**500)):
        a = draw(rng, (40,), size) * scale
        x = ar.asarray(a)
        mid, low, high = ar.midpoint(x), ar.lower(x), ar.upper(x)
        for exact, m, lo, hi in zip(a, mid, low, high, strict=True):
            assert lo <= exact <= hi
            assert hi <= two_above(lo)
            if abs(exact) <= Fraction(1.7e308):
                assert m == float(exact)
        enclosed = ar.convert(x, "interval")
        for exact, entry in zip(a, enclosed, strict=True):
            low_bound, high_bound = entry.bounds()
            assert low_bound <= exact <= high_bound


def test_dyadic_numbers_convert_to_points():
    x = ar.asarray([Fraction(3, 8), Fraction(-5, 2**40), Fraction(6, 3), Fraction(2**60, 3 * 2**55)])
    assert (ar.convert(x, "interval").rad == 0).tolist() == [True, True, True, False]


def test_denominators():
    assert ar.RationalArray(np.array([1, -2]), -4).den == 4
    same(ar.RationalArray(np.array([1, -2]), -4), [Fraction(-1, 4), Fraction(1, 2)])
    same(ar.RationalArray(np.array([6, 9]), 12).reduced(), [Fraction(1, 2), Fraction(3, 4)])
    assert ar.RationalArray(np.array([6, 9]), 12).reduced().den == 4
    zeros = ar.RationalArray(np.zeros(3, dtype=np.int64), 10**40)
    assert zeros.reduced().den == 1
    same(zeros + Fraction(1, 7), [Fraction(1, 7)] * 3)
    same(zeros * zeros + ar.RationalArray(np.array([1, 2, 3]), 10**50), [Fraction(k, 10**50) for k in (1, 2, 3)])
    with pytest.raises(ZeroDivisionError):
        ar.RationalArray(np.array([1]), 0)
    with pytest.raises(TypeError, match="integers, not float64"):
        ar.RationalArray(np.array([0.5]))
    with pytest.raises(ZeroDivisionError, match=r"entry \[1\] of shape \(2,\)"):
        ar.asarray([1, 2]) / ar.asarray([3, 0])


def test_a_single_number_is_a_fraction():
    x = ar.asarray([Fraction(1, 3), Fraction(2, 6)])
    assert Fraction(x[1]) == Fraction(1, 3) and float(x[0]) == 1 / 3
    assert str(x[0]) == "1/3" and repr(x) == "RationalArray(['1/3', '1/3'])"
    for convert in (Fraction, float, lambda v: v.bounds()):
        with pytest.raises(ar.NotSingle, match=r"shape \(2,\)"):
            convert(x)
    assert str(ar.asarray(Fraction(1, 10**5000))).endswith("0" * 5000)


def test_a_fraction_on_the_left_takes_part():
    """Arithmetic is ours; an order asked of the Fraction is a plain truth for one number, and refused for more."""
    x = ar.asarray([Fraction(1, 3), Fraction(1, 2)])
    half = Fraction(1, 2)
    same(half + x, [Fraction(5, 6), 1])
    same(half - x, [Fraction(1, 6), 0])
    same(half * x, [Fraction(1, 6), Fraction(1, 4)])
    same(half / x, [Fraction(3, 2), 1])
    assert isinstance(x[0] <= half, ar.Comparison)
    assert (half <= x[1]) is True and (half <= x[0]) is False
    with pytest.raises(ar.NotSingle, match="write x >= Fraction"):
        assert half <= x


def test_functions_that_leave_the_rationals_say_so():
    x = ar.asarray([Fraction(1, 2)])
    for f in (ar.exp, ar.log, ar.sqrt, ar.entropy):
        with pytest.raises(ar.NotRepresentable, match="interval or ball"):
            f(x)
    same(ar.hull(x, Fraction(1, 2)), [Fraction(1, 2)])
    with pytest.raises(ar.NotRepresentable, match="two different rationals"):
        ar.hull(x, 1)
    for name in ("interval", "ball"):
        with pytest.raises(ar.NotRepresentable, match=f"a {name} number is a set"):
            ar.convert(ar.convert(x, name), "rational")


def test_arrays_are_copied_and_left_alone():
    num = np.array([1, 2, 3])
    x, y = ar.RationalArray(num, 7), ar.asarray(num)
    assert x.bound == 3
    num[:] = 2**62
    same(x, [Fraction(k, 7) for k in (1, 2, 3)])
    same(y, [1, 2, 3])
    wide = ar.asarray([Fraction(10**30), Fraction(1, 3), Fraction(0)])
    before = wide.fractions()
    for result in (wide + x, wide * x, wide - 1, wide.sum(), ar.maximum(wide, x), wide**2, wide / 3):
        assert result is not wide
    same(wide, before)


def test_pickles_and_copies():
    for x in (ar.asarray([Fraction(1, 3), 2]), ar.asarray([Fraction(10**40, 3)]), ar.asarray(5)):
        for twin in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)):
            same(twin, x.fractions())


def test_empty_arrays():
    x = ar.asarray(np.zeros((0, 3), dtype=np.int64))
    assert Fraction(x.sum()) == 0 and x.reduced().shape == (0, 3)
    same(ar.sum(x, 0), [0, 0, 0])
    same(ar.matvec(ar.moveaxis(x, 0, 1), x[:, 0]), [0, 0, 0])
    same(x / 3 + x * x, np.empty((0, 3), dtype=object))
    for name in ar.SYSTEMS:
        assert ar.convert(x, name).shape == (0, 3)


def test_products_kept_in_int64_without_a_bound_are_caught(monkeypatch):
    monkeypatch.setattr(rational, "_wide", lambda num, size: num)
    with pytest.raises(AssertionError):
        test_contractions_that_just_fit_or_just_do_not(3)


def test_nearest_floats_taken_for_exact_are_caught(monkeypatch):
    monkeypatch.setattr(rational, "_rounding_error", lambda nearest: 0.0)
    with pytest.raises(AssertionError):
        test_float_bounds_enclose_and_midpoints_are_nearest(2**30)


def test_numerators_of_both_signs_beyond_int64_stay_whole():
    x = ar.RationalArray([2**63 + 1, -1], 3)
    assert [Fraction(x[0]), Fraction(x[1])] == [Fraction(2**63 + 1, 3), Fraction(-1, 3)]
    assert Fraction(ar.RationalArray([[-(2**63)], [2**63 + 5]])[1, 0]) == 2**63 + 5
    with pytest.raises(TypeError, match="num must be integers, not float64"):
        ar.RationalArray([2.0**63, -1])
