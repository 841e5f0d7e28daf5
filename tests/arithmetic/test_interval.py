"""Intervals against exact integers: whatever the operation and the operands, no member's result is missed."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from exact_intervals import (
    CONTRACTIONS,
    KINDS,
    MEMBER,
    PLACES,
    RADII,
    SHIFT,
    bounded,
    contraction_misses,
    elementwise_misses,
    ends,
    fractions,
    integers,
    intervals,
    members,
    misses,
    mixed,
    parts,
    sum_misses,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import sims.arithmetic as ar
from sims.arithmetic import interval

OPERATIONS = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "absolute", "negative", "hull")
LENGTHS = (1, 2, 3, 17, 64, 65, 130, 1000)
DEEP = ("signed", "huge range", "denormal", "sparse", "absorbing")


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_elementwise_result_is_missed(name, device):
    assert elementwise_misses(name, device, seed=0) == 0


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("name", CONTRACTIONS)
def test_no_contraction_is_missed(name, n, device):
    kinds = KINDS if n <= 130 else DEEP
    radius_kinds = RADII if n <= 130 else ("none", "relative", "centred")
    for kind in kinds:
        for radius in radius_kinds:
            assert contraction_misses(name, device, 1, n, kind, radius) == 0, (kind, radius)


@pytest.mark.parametrize("n", LENGTHS)
def test_no_sum_is_missed(n, device):
    for kind in KINDS:
        for radius in RADII:
            assert sum_misses(device, 2, n, kind, radius) == 0, (kind, radius)


SPECS = ("...sa,...sat->...st", "bsa,sat->bt", "...ij,...j->...i", "ij,kj->ik", "i...,i->...", "ii,i->i", "i,j->ij")


@pytest.mark.parametrize("spec", SPECS)
def test_no_einsum_with_batch_axes_is_missed(spec, device):
    rng = np.random.default_rng(3)
    sizes = {"s": 3, "a": 2, "t": 4, "b": 5, "i": 6, "j": 7, "k": 2}
    first, second = spec.split("->")[0].split(",")
    for kind in KINDS:
        for batch in ((), (2,), (3, 2)):
            operands = []
            for labels, leading in ((first, batch), (second, (1,) * bool(batch) + batch[1:])):
                head, dots, tail = labels.partition("...")
                shape = (*(sizes[c] for c in head), *(leading if dots else ()), *(sizes[c] for c in tail))
                operands.append(intervals(rng, kind, "relative", shape, device))
            z = ar.einsum(spec, *operands)
            for where in ("low", "high", "any"):
                exact = np.einsum(spec, *(members(rng, x, where) for x in operands))
                assert misses(z, exact, 2 * MEMBER) == 0, (kind, batch)


def test_einsum_wants_its_output_written_out(device):
    x = ar.Interval(device).convert(np.ones((2, 3)))
    for spec in ("ij", "ij,j", "...j->j", "...j,j->"):
        with pytest.raises(ValueError, match="write the output out"):
            ar.einsum(spec, x, *([x[0]] if "," in spec else []))


def test_einsum_counts_terms_of_axes_of_size_one_that_broadcast(device):
    """The number of terms is that of the longer axis, on whichever side of it the axis of size 1 is."""
    rng = np.random.default_rng(4)
    long, short = intervals(rng, "absorbing", "none", (900,), device), ar.Interval(device).convert(np.ones(1))
    for x, y in ((long, short), (short, long)):
        a, b = (np.broadcast_to(members(rng, v, "mid"), (900,)) for v in (x, y))
        z = ar.einsum("n,n->", x, y)
        assert misses(z, np.asarray((a * b).sum(), dtype=object), 2 * MEMBER) == 0
        assert parts(z)[1] >= 900 * 2.0**-53 * parts(z)[0] / 2


@pytest.mark.parametrize("shape", [(4, 5, 6), (2, 130, 3)])
def test_batched_products_agree_with_single_ones(shape, device):
    rng = np.random.default_rng(5)
    m = intervals(rng, "signed", "relative", shape, device)
    v, w = (intervals(rng, "signed", "relative", (shape[0], k), device) for k in (shape[2], shape[1]))
    for where in ("low", "any"):
        a, b, c = (members(rng, x, where) for x in (m, v, w))
        assert misses(ar.matvec(m, v), np.einsum("bmn,bn->bm", a, b), 2 * MEMBER) == 0
        assert misses(ar.vecmat(w, m), np.einsum("bm,bmn->bn", c, a), 2 * MEMBER) == 0
        assert misses(ar.matvec(m[0], v), np.einsum("mn,bn->bm", a[0], b), 2 * MEMBER) == 0
        assert misses(ar.vecmat(w, m[0]), np.einsum("bm,mn->bn", c, a[0]), 2 * MEMBER) == 0
        assert misses(ar.matvec(m, v[0]), np.einsum("bmn,n->bm", a, b[0]), 2 * MEMBER) == 0


@pytest.mark.parametrize("kind", ["near one", "signed", "powers", "huge range"])
def test_chains_of_a_thousand_products(kind, device):
    rng = np.random.default_rng(6)
    x = intervals(rng, kind, "ulp", (1000, 3), device)
    factors = [odd_parts(members(rng, x, where)) for where in PLACES]
    product = x[0]
    for k in range(1, 1000):
        product = product * x[k]
        if k in (1, 9, 99, 999):
            for odd, shift in factors:
                exact, shifts = np.multiply.reduce(odd[: k + 1]), shift[: k + 1].sum(0)
                for j in range(3):
                    padding = max(SHIFT - shifts[j], 0)
                    assert misses(product[j], np.asarray(exact[j] << padding), shifts[j] + padding) == 0, (k, j)


def odd_parts(numerators: Any) -> tuple[Any, Any]:
    """Integers over ``2**MEMBER`` with all factors of two cancelled, and the exponents that are left."""
    zeros = np.vectorize(lambda n: (n & -n).bit_length() - 1 if n else 0, otypes=[object])(numerators)
    return numerators >> zeros, MEMBER - zeros


def test_a_thousand_steps_of_a_recursion(device):
    """v <- r + gamma P v, gamma = 1 - 2^-20, against integers over a power of two."""
    rng = np.random.default_rng(7)
    counts = rng.multinomial(2**8, [0.25] * 4, size=4)
    rewards, gamma = rng.integers(0, 2**8, 4), Fraction(2**20 - 1, 2**20)
    system = ar.Interval(device)
    p, r = system.convert(counts / 2**8), system.convert(rewards / 2**8)
    v, exact, shift = r, rewards.astype(object), 8
    for _ in range(1000):
        v = r + gamma * ar.matvec(p, v)
        exact, shift = counts.astype(object) @ exact * (2**20 - 1), shift + 28
        exact = exact + (rewards.astype(object) << (shift - 8))
    low, high = (fractions(end, SHIFT) for end in ends(v))
    truth = fractions(exact, shift)
    assert (low <= truth).all() and (truth <= high).all()
    assert ((high - low) / truth < 2000 * 12 * 2.0**-53).all()


# Random compositions.

UNARY = {
    "negative": lambda x: -x,
    "absolute": abs,
    "square": lambda x: x**2,
    "scale": lambda x: Fraction(1, 3) * x,
    "shift": lambda x: x - 2,
    "reverse": lambda x: x[np.array([2, 1, 0])],
    "total": lambda x: x + x.sum(),
}
BINARY = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "larger": None,
    "smaller": None,
    "pick": None,
}
MASK = np.array([True, False, True])


def apply(name: str, stack: list[Any], exact: bool) -> Any:
    """One instruction on numbers of a system, or on object arrays of fractions."""
    x, y = stack[-1], stack[-2]
    if name in UNARY:
        return UNARY[name](x)
    if name == "larger":
        return np.maximum(x, y) if exact else ar.maximum(x, y)
    if name == "smaller":
        return np.minimum(x, y) if exact else ar.minimum(x, y)
    if name == "pick":
        return np.where(MASK, x, y) if exact else ar.where(MASK, x, y)
    return BINARY[name](x, y)


def run_program(program: list[str], starts: list[Any], rng: np.random.Generator) -> tuple[int, int]:
    """Run a program on intervals and on members of them; count what was checked and what was missed."""
    stack = list(starts)
    truths = [fractions(members(rng, x, "any"), MEMBER) for x in starts]
    checked = missed = 0
    for name in program:
        try:
            truth = apply(name, truths, exact=True)
        except ZeroDivisionError:
            continue
        stack.append(apply(name, stack, exact=False))
        truths.append(truth)
        finite = bounded(stack[-1])
        low, high = (fractions(end, SHIFT) for end in ends(stack[-1]))
        missed += int((((truth < low) | (truth > high)) & finite).sum())
        checked += int(finite.sum())
        if not finite.any():
            break
    return checked, missed


finite_floats = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True, width=64)
small_radii = st.one_of(st.just(0.0), st.floats(0, 1e-3), st.floats(0, 1e-300), st.floats(0, 1e3))
triples = st.lists(st.tuples(finite_floats, small_radii), min_size=3, max_size=3)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    starts=st.tuples(triples, triples),
    program=st.lists(st.sampled_from(sorted([*UNARY, *BINARY])), min_size=1, max_size=7),
    seed=st.integers(0, 2**32),
)
def test_random_compositions_of_any_floats(starts, program, seed):
    numbers = [ar.IntervalArray(*np.array(triple).T) for triple in starts]
    assert run_program(program, numbers, np.random.default_rng(seed))[1] == 0


def test_random_compositions_of_every_kind(device):
    rng = np.random.default_rng(8)
    names, checked = sorted([*UNARY, *BINARY]), 0
    for _ in range(150):
        starts = [intervals(rng, rng.choice(KINDS), rng.choice(RADII), (3,), device) for _ in range(2)]
        done, missed = run_program(list(rng.choice(names, size=8)), starts, rng)
        assert missed == 0
        checked += done
    assert checked > 1000


# What is exact stays exact, and what is unknown says so.


def test_structural_zeros_survive_everything(device):
    """Rows without any possibly non-zero product are exactly zero, even where other products underflow."""
    rng = np.random.default_rng(9)
    for kind in KINDS:
        mask = rng.random((6, 8)) < 0.5
        mask[:2], mask[2:] = False, mask[2:]
        m = ar.where(mask, intervals(rng, kind, "smallest", (6, 8), device), 0)
        v = intervals(rng, kind, "relative", (8,), device)
        assert not ar.possibly_nonzero(ar.matvec(m, v))[:2].any()
        assert not ar.possibly_nonzero(ar.sum(m, 1))[:2].any()
        assert not ar.possibly_nonzero(m * v)[~mask].any()
        assert not ar.possibly_nonzero(m / 3)[~mask].any()
        assert not ar.possibly_nonzero(ar.sqrt(ar.absolute(m)))[~mask].any()
        assert not ar.possibly_nonzero(ar.relative_entropy(ar.absolute(m), ar.exp(v)))[~mask].any()


def test_moving_entries_is_exact(device):
    rng = np.random.default_rng(10)
    x = intervals(rng, "huge range", "relative", (3, 4), device)
    mid, rad = parts(x)
    moved = {
        "index": (x[1:, None], lambda a: a[1:, None]),
        "mask": (x[np.array([True, False, True])], lambda a: a[np.array([True, False, True])]),
        "reshape": (ar.reshape(x, (2, 6)), lambda a: a.reshape(2, 6)),
        "method": (x.reshape(12), lambda a: a.reshape(12)),
        "moveaxis": (ar.moveaxis(x, 0, 1), lambda a: a.T),
        "stack": (ar.stack([x, x], 1), lambda a: np.stack([a, a], 1)),
        "concatenate": (ar.concatenate([x, x], 0), lambda a: np.concatenate([a, a], 0)),
        "broadcast": (ar.broadcast_to(x, (2, 3, 4)), lambda a: np.broadcast_to(a, (2, 3, 4))),
        "take": (ar.take(x, np.array([2, 0]), 1), lambda a: a[:, [2, 0]]),
        "sum of one": (ar.sum(x[:1], 0), lambda a: a[0]),
        "power": (x**1, lambda a: a),
    }
    for name, (result, expected) in moved.items():
        for part, source in zip(parts(result), (mid, rad), strict=True):
            assert np.array_equal(part, expected(source)), name
    assert np.array_equal(parts(-x)[0], -mid) and np.array_equal(parts(-x)[1], rad)
    assert (parts(x**0)[0] == 1).all() and (parts(x**0)[1] == 0).all()


def test_the_whole_line_only_where_nothing_better_is_known(device):
    rng = np.random.default_rng(11)
    x, y = mixed(rng, 12, device), mixed(rng, 12, device)
    largest = integers(np.finfo(float).max)
    for z, unbounded in (
        (x + y, None),
        (x * y, abs(members(rng, x, "high")) * abs(members(rng, y, "high"))),
    ):
        if unbounded is None:
            assert bounded(z).all()
        else:
            most = abs(members(rng, x, "low")) * abs(members(rng, y, "low"))
            most = np.maximum(np.maximum(most, unbounded), abs(members(rng, x, "low") * members(rng, y, "high")))
            most = np.maximum(most, abs(members(rng, x, "high") * members(rng, y, "low")))
            overflows = np.asarray(most > largest << (2 * MEMBER - SHIFT - 2), dtype=bool)
            assert (bounded(z) | overflows).all()
    low, high = ends(y)
    apart = np.asarray((low > 0) | (high < 0), dtype=bool) & (abs(parts(y)[0]) > 1e-3) & (abs(parts(x)[0]) < 1e3)
    narrow = parts(y)[1] < abs(parts(y)[0]) / 2
    assert bounded((x / y)[apart & narrow & (parts(x)[1] < 1e3)]).all()
    assert not bounded((x / y)[np.asarray((low <= 0) & (high >= 0), dtype=bool)]).any()


def whole_lines(device):
    system = ar.Interval(device)
    for mid, rad in ((np.inf, 0.0), (-np.inf, 1.0), (np.nan, 0.0), (1.0, np.inf), (0.0, np.nan)):
        yield system.convert(ar.IntervalArray(np.array([mid]), np.array([rad])))


def test_the_whole_line_stays_the_whole_line(device):
    """Nothing finite is ever concluded from an operand that may be anything."""
    one = ar.Interval(device).convert(np.ones(1))
    for x in whole_lines(device):
        for z in (x + 1, x - x, x * 2, x * x, one / x, x / one, -x, x**3, x.sum(), ar.matvec(x[None], one)):
            assert not bounded(z).any(), (x, z)
        for f in (ar.exp, ar.log, ar.sqrt, ar.entropy, ar.absolute):
            assert not bounded(f(x)).any(), (f, x)
        assert ar.lower(x) == -np.inf and ar.upper(x) == np.inf
        assert x.bounds() == (-np.inf, np.inf) and np.isnan(float(x))
        assert ar.argmax(ar.concatenate([x, one - 5, one - 4]), 0) == 2
        for op in ("<=", ">=", "=="):
            assert ar.compare(x, op, 0) == 0 and ar.compare(0, op, x) == 0
        assert not bounded(ar.maximum(x, 0)).any() and not bounded(ar.hull(x, 0)).any()
        assert not bounded(ar.relative_entropy(one, x)).any() and not bounded(ar.relative_entropy(x, one)).any()


def test_a_not_a_number_does_not_hide_the_underflow_of_others():
    x = ar.IntervalArray(np.array([np.nan, 2.0**-600]), np.zeros(2))
    product = x * x
    assert not bounded(product)[0]
    assert misses(product[1:], np.array([1], dtype=object), 1200) == 0


def test_quotients_of_subnormals_by_divisors_that_nearly_reach_zero(device):
    """The rounding of the quotient, up to half of it, grows with the radius of the divisor."""
    rng = np.random.default_rng(20)
    mid = rng.integers(1, 9, 200) * 2.0**-1074
    divisor = rng.integers(1, 8, 200).astype(np.float64)
    near_zero = divisor * (1 - 2.0 ** -rng.integers(1, 53, 200))
    x, y = ar.IntervalArray(mid, np.zeros(200)), ar.IntervalArray(divisor, near_zero)
    z = ar.Interval(device).convert(x) / ar.Interval(device).convert(y)
    assert bounded(z).all()
    for place in PLACES:
        assert misses(z, members(rng, x, "mid") << SHIFT, SHIFT, members(rng, y, place)) == 0


def test_overflow_is_unbounded_and_never_a_number(device):
    big = ar.Interval(device).convert(np.array([1e308, -1e308, 2e307]))
    for z in (big + big, big * 10, big / Fraction(1, 100), ar.exp(big[:1]), ar.sum(ar.absolute(big) * 10), big**2):
        finite = bounded(z)
        assert not finite.all()
        assert (np.abs(parts(z)[0][finite]) < np.inf).all()


# Order.


@pytest.mark.parametrize("op", ["<=", ">=", "=="])
def test_verdicts_are_right_wherever_they_are_given(op, device):
    rng = np.random.default_rng(12)
    x, y = mixed(rng, 12, device), mixed(rng, 12, device)
    y = ar.where(rng.random(len(y)) < 0.3, x, y)
    verdicts = ar.compare(x, op, y)
    for where in ("low", "high", "any"):
        for there in ("low", "high", "any"):
            a, b = members(rng, x, where), members(rng, y, there)
            truth = np.asarray({"<=": a <= b, ">=": a >= b, "==": a == b}[op], dtype=bool)
            assert truth[verdicts == 1].all() and not truth[verdicts == -1].any()
    (x_low, x_high), (y_low, y_high) = ends(x), ends(y)
    points = np.asarray((x_low == x_high) & (y_low == y_high), dtype=bool)
    assert (verdicts[points] != 0).all()


def test_strict_comparisons_are_the_negations_of_the_others(device):
    x = ar.Interval(device).convert(ar.IntervalArray(np.array([0.0, 1.0, 2.0]), np.array([0.25, 0.25, 0.25])))
    assert (x < 1).verdicts.tolist() == [1, 0, -1] == (-(x >= 1).verdicts).tolist()
    assert (x > 1).verdicts.tolist() == [-1, 0, 1] == (-(x <= 1).verdicts).tolist()


def test_bounds_are_floats_outside_and_hardly_farther_than_needed(device):
    rng = np.random.default_rng(13)
    x = mixed(rng, 20, device)
    low, high = ends(x)
    lower, upper = ar.lower(x), ar.upper(x)
    assert (integers(lower) <= low).all() and (integers(upper) >= high).all()
    outward = [np.nextafter(np.nextafter(b, -s), -s) for b, s in ((lower, -np.inf), (upper, np.inf))]
    assert (integers(outward[0]) > low).all() and (integers(outward[1]) < high).all()
    points = parts(x)[1] == 0
    assert (lower[points] == upper[points]).all()


def test_the_predecessor_is_next_below():
    rng = np.random.default_rng(14)
    x = np.concatenate([floats_of_all_sizes(rng, 20000), 2.0 ** np.arange(-1074.0, 1024), [0.0, np.finfo(float).max]])
    x = np.concatenate([x, -x])
    with np.errstate(over="ignore"):
        below, true = x - interval._step(x), np.nextafter(x, -np.inf)
    assert (below <= true).all()
    normal = np.abs(x) > 2.0**-1020
    assert np.array_equal(below[normal], true[normal])


def floats_of_all_sizes(rng, count):
    bits = rng.integers(0, 2**63, count, dtype=np.uint64)
    x = bits.view(np.float64)
    return x[np.isfinite(x)]


# Arrays as objects.


def test_intervals_are_checked_and_copied():
    mid, rad = np.array([1.0, 2.0]), np.array([0.5, 0.5])
    x = ar.IntervalArray(mid, rad)
    y = ar.INTERVAL.convert(mid)
    assert (x.exact, y.exact) == (False, True)
    mid[:], rad[:] = 7, 7
    assert parts(x)[0].tolist() == [1.0, 2.0] and parts(x)[1].tolist() == [0.5, 0.5]
    assert parts(y)[0].tolist() == [1.0, 2.0]
    for result in (ar.midpoint(x), ar.lower(x), ar.upper(y), ar.midpoint(y), np.array(x)):
        result[:] = 99
    assert parts(x)[0].tolist() == [1.0, 2.0] == parts(y)[0].tolist()
    with pytest.raises(ValueError, match=r"rad\[1\] is -1"):
        ar.IntervalArray(np.ones(2), np.array([0.0, -1.0]))
    with pytest.raises(ValueError, match=r"shape \(2,\).*shape \(3,\)"):
        ar.IntervalArray(np.ones(2), np.ones(3))


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "minimum"])
def test_operations_leave_their_operands_alone(name, device):
    rng = np.random.default_rng(17)
    x, y = mixed(rng, 2, device), mixed(rng, 2, device)
    before = [part.copy() for z in (x, y) for part in parts(z)]
    getattr(ar.Interval(device), name)(*((x,) if name in ("absolute", "negative") else (x, y)))
    for z in (ar.sum(x), ar.matvec(x[None], y), ar.exp(x), ar.log(x), ar.relative_entropy(x, y), x**3):
        assert z is not x
    assert all(np.array_equal(a, b) for a, b in zip(before, [p for z in (x, y) for p in parts(z)], strict=True))


def test_pickles_and_copies_are_the_same_intervals(device):
    x = mixed(np.random.default_rng(18), 2, device)
    assert not x.exact  # cached, and not carried along
    for twin in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)):
        assert twin.system == x.system
        assert all(np.array_equal(a, b) for a, b in zip(parts(twin), parts(x), strict=True))
        assert "exact" not in vars(twin)


def test_empty_arrays(device):
    x = ar.Interval(device).convert(np.zeros((0, 3)))
    assert x.sum().bounds() == (0, 0)
    assert ar.sum(x, 0).shape == (3,) and ar.matvec(x, x[:0, 0:3].sum(0)).shape == (0,)
    assert ar.matvec(ar.moveaxis(x, 0, 1), x[:, 0]).shape == (3,)
    assert (x * x + x / 2).shape == (0, 3)
    assert ar.exp(x).shape == (0, 3) and ar.maximum(x, 1).shape == (0, 3) and ar.entropy(x).shape == (0, 3)
