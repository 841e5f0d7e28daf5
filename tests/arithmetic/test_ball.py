"""Balls contain the exact result at every precision, more bits give narrower ones, and numpy never orders them."""

from __future__ import annotations

import copy
import pickle
import threading
from fractions import Fraction
from itertools import pairwise

import flint
import numpy as np
import pytest
from exact_intervals import MEMBER, SHIFT, floats, fractions, integers

import sims.arithmetic as ar

BITS = (2, 10, 53, 64, 128, 300)


def numbers(rng, shape):
    """Fractions of all sizes, zeros among them."""
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        size = 10 ** int(rng.integers(0, 40))
        sign = int(rng.choice([-1, 0, 1], p=[0.4, 0.1, 0.5]))
        out[index] = sign * Fraction(
            int(rng.integers(1, 2**40)) * size, int(rng.integers(1, 2**30)) * 10 ** int(rng.integers(0, 40))
        )
    return out


def ball_ends(x):
    """Exact ends of finite balls as fractions."""
    bounds = [b.bounds() for b in x.reshape(-1)]
    low, high = (np.array([b[k] for b in bounds], dtype=object).reshape(x.shape) for k in (0, 1))
    return low, high


def contains(x, truth):
    low, high = ball_ends(x)
    return bool(np.all((low <= truth) & (truth <= high)))


def width(x):
    low, high = ball_ends(x)
    return np.asarray(high - low)


RESULTS = {
    "add": (lambda x, y: x + y, lambda a, b: a + b),
    "subtract": (lambda x, y: x - y, lambda a, b: a - b),
    "multiply": (lambda x, y: x * y, lambda a, b: a * b),
    "divide": (lambda x, y: x / (y * y + 1), lambda a, b: a / (b * b + 1)),
    "negative": (lambda x, y: -x, lambda a, b: -a),
    "absolute": (lambda x, y: abs(x), lambda a, b: abs(a)),
    "power": (lambda x, y: x**3, lambda a, b: a**3),
    "maximum": (ar.maximum, np.maximum),
    "minimum": (ar.minimum, np.minimum),
    "hull": (ar.hull, lambda a, b: a),
    "amax": (lambda x, y: ar.amax(x, 0), lambda a, b: a.max(0)),
    "amin": (lambda x, y: ar.amin(x, 1), lambda a, b: a.min(1)),
    "sum": (lambda x, y: ar.sum(x, 0), lambda a, b: a.sum(0)),
    "total": (lambda x, y: ar.sum(x), lambda a, b: a.sum()),
    "einsum": (lambda x, y: ar.einsum("ij,kj->ik", x, y), lambda a, b: np.einsum("ij,kj->ik", a, b)),
    "matvec": (lambda x, y: ar.matvec(x, y[0]), lambda a, b: a @ b[0]),
    "vecmat": (lambda x, y: ar.vecmat(y[:, 0], x), lambda a, b: b[:, 0] @ a),
}


@pytest.mark.parametrize("name", RESULTS)
def test_balls_contain_the_exact_result_and_more_bits_give_narrower_ones(name):
    rng = np.random.default_rng(0)
    ours, exact = RESULTS[name]
    for _ in range(6):
        a, b = numbers(rng, (4, 5)), numbers(rng, (4, 5))
        widths = []
        for bits in BITS:
            z = ours(ar.convert(a, "ball", bits=bits), ar.convert(b, "ball", bits=bits))
            assert contains(z, exact(a, b)), bits
            widths.append(width(z))
            if name == "hull":
                assert contains(z, b), bits
        if name != "hull":
            for wide, narrow in pairwise(widths[2:]):
                assert (narrow <= wide).all()
            scale = np.max(np.abs(a)) ** 3 + np.max(np.abs(b)) ** 2
            assert (widths[-1] <= scale * Fraction(1, 2**260)).all()


def test_floats_and_intervals_convert_exactly():
    rng = np.random.default_rng(1)
    for kind in ("huge range", "denormal", "unit", "signed"):
        x = floats(rng, kind, (50,))
        for bits in (2, 64):
            balls = ar.convert(x, "ball", bits=bits)
            low, high = ball_ends(ar.convert(x, "ball", bits=64))
            assert (low == high).all() and (low == fractions(integers(x), SHIFT)).all()
            assert contains(balls, fractions(integers(x), SHIFT))
        wide = ar.IntervalArray(x, np.abs(x) * rng.random(50))
        exact_low, exact_high = ball_ends(wide)
        low, high = ball_ends(ar.convert(wide, "ball"))
        assert (low <= exact_low).all() and (exact_high <= high).all()
        assert (high - low <= (exact_high - exact_low) * Fraction(101, 100)).all()
        back_low, back_high = ball_ends(ar.convert(ar.convert(wide, "ball"), "interval"))
        assert (back_low <= low).all() and (high <= back_high).all()
    unbounded = ar.convert(ar.IntervalArray(np.array([np.inf, 1.0, np.nan]), np.array([0.0, np.inf, 0.0])), "ball")
    assert [x.bounds() for x in unbounded] == [(-np.inf, np.inf)] * 3 and np.isnan(ar.midpoint(unbounded)).all()
    assert [x.bounds() for x in ar.convert(unbounded, "interval")] == [(-np.inf, np.inf)] * 3


def test_float_bounds_are_outward_and_close():
    rng = np.random.default_rng(2)
    with ar.Ball(200).precision():
        ends = [
            flint.arb((int(m), int(e)))
            for m, e in zip(rng.integers(-(2**60), 2**60, 300), rng.integers(-1300, 1100, 300), strict=True)
        ]
    exact = [Fraction(int(b.man_exp()[0])) * Fraction(2) ** int(b.man_exp()[1]) for b in ends]
    for bits in (10, 53, 200):
        x = ar.BallArray(np.array(ends, dtype=object), bits)
        for value, low, high in zip(exact, ar.lower(x), ar.upper(x), strict=True):
            assert low <= value <= high
            with np.errstate(over="ignore"):
                assert np.nextafter(np.nextafter(low, np.inf), np.inf) >= high


def test_bounds_of_astronomical_numbers_are_floats_not_a_full_memory():
    x = ar.exp(ar.convert(np.array([1e12, -1e12]), "ball"))
    huge, tiny = (entry.bounds() for entry in x)
    assert huge == (Fraction(np.finfo(float).max), np.inf) and tiny == (0, Fraction(5e-324))
    assert ar.lower(x).tolist() == [np.finfo(float).max, 0.0] and ar.upper(x).tolist() == [np.inf, 5e-324]


def test_comparisons_are_three_valued():
    one, third = ar.convert(np.ones(1), "ball"), ar.convert([Fraction(1, 3)], "ball")
    sum_of_thirds = third + third + third
    assert (sum_of_thirds == one).verdicts == (sum_of_thirds <= one).verdicts == (sum_of_thirds < one).verdicts == 0
    assert (third <= one).verdicts == 1 == (one <= one).verdicts == (one == one).verdicts
    assert (one <= third).verdicts == -1 == (one < one).verdicts == (one == third).verdicts
    with pytest.raises(ar.UndecidedComparison, match="more bits"):
        bool(sum_of_thirds <= one)
    for unknown in ("nan", "[0 +/- inf]"):
        x = ar.BallArray(np.array([flint.arb(unknown) if unknown == "nan" else flint.arb(0, float("inf"))]), 64)
        for op in ("<=", ">=", "=="):
            assert ar.compare(x, op, one) == 0 == ar.compare(x, op, x)


def overlapping(rng):
    """Wide balls that numpy cannot order, and members of each."""
    mid, rad = rng.normal(size=(30, 4)), rng.random((30, 4))
    balls = ar.convert(ar.IntervalArray(mid, rad), "ball")
    eighths = rng.integers(-8, 9, mid.shape).astype(object)
    return balls, fractions(integers(mid) * 8 + integers(rad) * eighths, MEMBER)


def order_misses():
    rng = np.random.default_rng(3)
    (x, a), (y, b) = overlapping(rng), overlapping(rng)
    checks = (
        (ar.maximum(x, y), np.maximum(a, b)),
        (ar.minimum(x, y), np.minimum(a, b)),
        (ar.amax(x, 1), a.max(1)),
        (ar.amin(x, 0), a.min(0)),
    )
    return sum(not contains(z, truth) for z, truth in checks)


def test_overlapping_balls_are_ordered_safely():
    assert order_misses() == 0


def test_order_by_numpy_is_caught(monkeypatch):
    def by_numpy(self, x, y):
        return ar.BallArray(np.maximum(x.balls, y.balls), self.bits)

    monkeypatch.setattr(ar.Ball, "maximum", by_numpy)
    assert order_misses() > 0


def test_argmax_is_by_midpoint_and_first():
    x = ar.convert(ar.IntervalArray(np.array([[1.0, 2.0, 2.0], [3.0, 0.0, 1.0]]), np.full((2, 3), 9.0)), "ball")
    assert ar.argmax(x, 1).tolist() == [1, 0]
    unknown = ar.convert(ar.IntervalArray(np.array([9.0, -2.0, -1.0]), np.array([np.inf, 0.0, 0.0])), "ball")
    assert ar.argmax(unknown, 0) == 2
    assert np.isinf(ar.midpoint(ar.relative_entropy(unknown * 0 + 1, 0)[1]))


@pytest.mark.parametrize("bits", [53, 128, 400])
def test_functions_contain_those_of_more_bits(bits):
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.random(20), 10.0 ** rng.uniform(-300, 2, 20)])
    for f in (ar.exp, ar.log, ar.sqrt, ar.entropy):
        rough, fine = (f(ar.convert(x, "ball", bits=b)) for b in (bits, 800))
        (low, high), (fine_low, fine_high) = ball_ends(rough), ball_ends(fine)
        assert (low <= fine_low).all() and (fine_high <= high).all()


def test_relative_entropy_keeps_its_digits_and_its_edges():
    system = ar.Ball(128)
    p, q = system.convert(np.array([0.3])), system.convert(np.array([0.3 + 2.0**-50]))
    low, high = ball_ends(ar.relative_entropy(p, q))
    assert low[0] < high[0] < 0 and (high - low)[0] < abs(low[0]) * Fraction(1, 2**115)
    zero, half = system.convert(np.zeros(1)), system.convert(np.array([0.5]))
    assert ar.relative_entropy(zero, half).bounds() == (0, 0) == ar.relative_entropy(zero, zero).bounds()
    assert ar.relative_entropy(half, zero).bounds() == (np.inf, np.inf)
    touching = system.convert(ar.IntervalArray(np.array([0.0]), np.array([0.25])))
    low, high = ar.relative_entropy(touching, 1).bounds()
    assert low <= Fraction(np.log(0.25) / 4) <= 0 <= high and low > Fraction(-0.3466)
    wide = system.convert(ar.IntervalArray(np.array([0.0]), np.array([0.9])))
    low, high = ar.relative_entropy(wide, 1).bounds()  # flint keeps 30 bits of a radius
    assert Fraction(-0.36788) < low <= -Fraction("0.36787944117144232159") and 0 <= high < Fraction(1, 10**8)
    for p, q in ((touching, zero), (half, touching), (-half, half), (half, -half)):
        assert ar.relative_entropy(p, q).bounds() == (-np.inf, np.inf)
    for f in (ar.sqrt, ar.log):
        assert f(-half).bounds() == (-np.inf, np.inf)


def test_structural_zeros_survive():
    x = ar.convert([[Fraction(0), Fraction(1, 3)], [Fraction(0), Fraction(0)]], "ball")
    v = ar.convert([Fraction(1, 7), Fraction(1, 9)], "ball")
    assert ar.possibly_nonzero(ar.matvec(x, v)).tolist() == [True, False]
    assert ar.possibly_nonzero(x).tolist() == [[False, True], [False, False]]


def test_precision_is_set_back_and_kept_apart_between_threads():
    before = flint.ctx.prec
    with pytest.raises(RuntimeError), ar.Ball(999).precision():
        raise RuntimeError
    assert flint.ctx.prec == before
    third = ar.asarray([Fraction(1, 3)])
    wrong: list[int] = []

    def work(bits):
        x = ar.convert(third, "ball", bits=bits)
        for _ in range(300):
            relative = width(x * x / x)[0] * 3 * 2**bits
            if not 1 <= relative < 64:
                wrong.append(bits)

    threads = [threading.Thread(target=work, args=(bits,)) for bits in (64, 100, 500, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and flint.ctx.prec == before


def test_precision_of_a_formula_is_that_of_its_most_precise_part():
    rough, fine = (ar.convert([Fraction(1, 3)], "ball", bits=bits) for bits in (64, 256))
    assert (rough + fine).bits == (fine * rough).bits == 256
    for bits in (0, 1, 1.5, None):
        with pytest.raises(ValueError, match="bits="):
            ar.get_system("ball", bits=bits)
        with pytest.raises(ValueError, match="bits="):
            ar.Ball(bits)


def test_pickles_and_copies_are_the_same_balls():
    rng = np.random.default_rng(5)
    x = ar.exp(ar.convert(numbers(rng, (3, 4)) / 10**45, "ball", bits=200))
    special = ar.BallArray(np.array([flint.arb("nan"), flint.arb("inf"), flint.arb("-inf"), flint.arb(0)]), 64)
    for original in (x, x[0, 0], special, ar.convert(np.zeros((0, 2)), "ball")):
        for twin in (pickle.loads(pickle.dumps(original)), copy.copy(original), copy.deepcopy(original)):
            assert twin.bits == original.bits and twin.shape == original.shape
            assert [b.bounds() for b in twin.reshape(-1)] == [b.bounds() for b in original.reshape(-1)]
            assert [str(b) for b in twin.balls.ravel()] == [str(b) for b in original.balls.ravel()]


def test_empty_arrays():
    x = ar.convert(np.zeros((0, 3)), "ball")
    for z in (ar.sum(x, 0), ar.matvec(ar.moveaxis(x, 0, 1), x[:, 0])):
        assert z.shape == (3,) and all(b.bounds() == (0, 0) for b in z + 0)
    with pytest.raises(ValueError, match="axis 0"):
        ar.amax(x, 0)
