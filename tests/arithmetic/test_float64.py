"""Plain floats: what numpy and torch give, for arrays, single numbers and constants alike."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
import torch

import sims.arithmetic as ar
from sims.errors import InvalidArgument


@pytest.fixture(params=["numpy", "torch", "quantity"])
def lift(request):
    """Make floats an array, a tensor, or a quantity."""
    return {
        "numpy": lambda x: np.asarray(x, dtype=np.float64),
        "torch": lambda x: torch.tensor(x, dtype=torch.float64),
        "quantity": lambda x: ar.FloatArray(np.asarray(x, dtype=np.float64)),
    }[request.param]


def plain(x):
    return np.asarray(x)


A, B = [[0.5, -1.25, 3.0], [2.0, 0.0, -7.5]], [[1.5, 4.0, -3.0], [0.25, 8.0, 2.0]]


def test_functions_agree_with_numpy(lift):
    x, y, a, b = lift(A), lift(B), np.array(A), np.array(B)
    v = lift([1.0, -2.0, 0.5])
    expected = [
        (x + y, a + b),
        (x - y, a - b),
        (x * y, a * b),
        (x / y, a / b),
        (-x, -a),
        (abs(x), abs(a)),
        (2 * x, 2 * a),
        (ar.wrap(x) - Fraction(1, 3), a - 1 / 3),
        (1 / y, 1 / b),
        (ar.absolute(x), abs(a)),
        (ar.maximum(x, y), np.maximum(a, b)),
        (ar.minimum(x, 0), np.minimum(a, 0)),
        (ar.maximum(1, x), np.maximum(1, a)),
        (ar.amax(x, 1), a.max(1)),
        (ar.amin(x, 0), a.min(0)),
        (ar.sum(x), a.sum()),
        (ar.sum(x, (0, 1)), a.sum()),
        (ar.sum(x, -1), a.sum(-1)),
        (ar.matvec(x, v), a @ plain(v)),
        (ar.vecmat(lift([1.0, 3.0]), x), np.array([1.0, 3.0]) @ a),
        (ar.einsum("ij,kj->ik", x, y), a @ b.T),
        (ar.einsum("ij->i", x), a.sum(1)),
        (ar.where(a > 0, x, y), np.where(a > 0, a, b)),
        (ar.where(a > 0, x, 0), np.where(a > 0, a, 0)),
        (ar.stack([x, y], 1), np.stack([a, b], 1)),
        (ar.concatenate([x, y], 0), np.concatenate([a, b], 0)),
        (ar.take(x, np.array([2, 0]), 1), a[:, [2, 0]]),
        (ar.moveaxis(x, 0, 1), a.T),
        (ar.reshape(x, (3, 2)), a.reshape(3, 2)),
        (ar.broadcast_to(v, (2, 3)), np.broadcast_to(plain(v), (2, 3))),
        (ar.exp(x), np.exp(a)),
        (ar.sqrt(abs(x)), np.sqrt(abs(a))),
        (ar.hull(x, y), a),
        (ar.lower(x), a),
        (ar.upper(x), a),
        (ar.midpoint(x), a),
        (ar.possibly_nonzero(x), a != 0),
        (ar.argmax(x, 1), a.argmax(1)),
        (ar.compare(x, "<=", y), np.where(a <= b, 1, -1)),
        (ar.compare(x, "==", 2), np.where(a == 2, 1, -1)),
    ]
    for k, (ours, theirs) in enumerate(expected):
        assert np.allclose(plain(ours), theirs, rtol=1e-15, atol=0), k


def test_quantities_stay_quantities_and_tensors_stay_tensors(lift):
    x = lift(A)
    kind = (
        ar.FloatArray
        if isinstance(x, ar.FloatArray)
        else torch.Tensor
        if isinstance(x, torch.Tensor)
        else (np.ndarray, np.float64)
    )
    mask = np.array(A) > 0
    for result in (
        ar.exp(x),
        ar.maximum(x, 0),
        ar.where(mask, 1, x),
        ar.sum(x),
        ar.stack([x, x]),
        ar.entropy(abs(x)),
        ar.amax(x, 0),
        ar.reshape(x, (6,)),
        ar.take(x, np.array([0]), 0),
        ar.hull(x, x),
        ar.einsum("ij->j", x),
        ar.broadcast_to(x, (2, 2, 3)),
        ar.concatenate([x, x], 1),
        ar.moveaxis(x, 0, 1),
        ar.matvec(x, x[0]),
        ar.relative_entropy(abs(x), 1),
        ar.minimum(1, x),
    ):
        assert isinstance(result, kind)


def test_relative_entropy_and_its_edges(lift):
    p, q = lift([0.5, 0.0, 0.0, 0.25, 1.0]), lift([0.25, 0.5, 0.0, 0.0, 1.0])
    assert plain(ar.relative_entropy(p, q)).tolist() == [0.5 * math.log(2), 0, 0, np.inf, 0]
    assert np.allclose(plain(ar.entropy(p)), [0.5 * math.log(2), 0, 0, 0.25 * math.log(4), 0])
    nonsense = plain(ar.relative_entropy(lift([np.nan, -0.5, 0.5]), lift([0.5, 0.5, np.nan])))
    assert np.isnan(nonsense).all(), "what is no probability does not pass for 0"


def test_gradients_pass_through_zeros():
    p = torch.tensor([0.5, 0.0, 0.25], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([0.25, 0.0, 0.5], dtype=torch.float64, requires_grad=True)
    ar.sum(ar.relative_entropy(p, q)).backward()
    assert p.grad.tolist() == [math.log(2) + 1, 0.0, math.log(0.5) + 1]
    assert q.grad.tolist() == [-2.0, 0.0, -0.5]


def test_logarithms_and_divisions_at_zero_are_infinite_without_warnings(lift):
    x = lift([0.0, 1.0, -1.0])
    assert plain(ar.log(x))[:2].tolist() == [-np.inf, 0] and np.isnan(plain(ar.log(x))[2])
    assert np.isnan(plain(ar.sqrt(x))[2])
    assert plain(ar.exp(1000 * x)).tolist() == [1, np.inf, 0]


def test_comparisons_of_floats_decide_unless_one_is_no_number(lift):
    x = lift([1.0, 2.0, np.nan])
    assert ar.compare(x, "<=", 1).tolist() == [1, -1, 0] == ar.compare(1, ">=", x).tolist()
    assert ar.equal(x, 1).verdicts.tolist() == [1, -1, 0]
    y = ar.wrap(x)
    assert (y < 2).verdicts.tolist() == [1, -1, 0] and (y > 1).verdicts.tolist() == [-1, 1, 0]
    with pytest.raises(InvalidArgument, match="op='<'"):
        ar.compare(x, "<", 1)
    with pytest.raises(ar.NotSingle, match="3 numbers"):
        bool(y <= 2)


def test_single_numbers(lift):
    x = lift(2.5)
    for result, value in (
        (x + 1, 3.5),
        (ar.sum(x), 2.5),
        (ar.exp(x * 0), 1),
        (ar.maximum(x, 3), 3),
        (ar.where(np.array(True), x, 0), 2.5),
    ):
        assert float(result) == value and plain(result).shape == ()
    assert ar.wrap(x).bounds() == (Fraction(5, 2), Fraction(5, 2))
    assert f"{ar.wrap(x):.2f}" == "2.50"
    assert ar.wrap(x) ** -1 == 0.4 and (ar.wrap(x) ** 0).shape == ()


@pytest.mark.parametrize(
    "scalar", [2, 2.0, np.float64(2), np.float32(2), np.int64(2), True + True, Fraction(2), np.array(2), np.array(2.0)]
)
def test_constants_of_every_kind(lift, scalar):
    x, a = lift(A), np.array(A)
    for result, value in (
        (ar.wrap(x) + scalar, a + 2),
        (scalar - ar.wrap(x), 2 - a),
        (scalar * ar.wrap(x), 2 * a),
        (ar.wrap(x) / scalar, a / 2),
        (ar.maximum(x, scalar), np.maximum(a, 2)),
        (ar.where(a > 0, x, scalar), np.where(a > 0, a, 2)),
        (ar.relative_entropy(abs(x), scalar), None),
    ):
        assert value is None or np.array_equal(plain(result), value)
    assert ar.compare(x, "<=", scalar).tolist() == np.where(a <= 2, 1, -1).tolist()


def test_integers_of_any_size_round_once():
    x = ar.FloatArray(np.array([0.0, 1.0]))
    assert plain(x + 10**25).tolist() == [1e25, 1e25]
    assert plain(x * Fraction(10**400, 3 * 10**399)).tolist() == [0.0, 10 / 3]
    with pytest.raises(OverflowError):
        x + 10**400


def test_converting(lift):
    x = lift(A)
    assert ar.system_of(x).name == "float64"
    assert isinstance(ar.convert(x, "float64"), np.ndarray) and np.array_equal(ar.convert(x, "float64"), np.array(A))
    on_torch = ar.convert(x, "float64", device="cpu")
    assert isinstance(on_torch, torch.Tensor) and on_torch.dtype == torch.float64
    for name in ("rational", "interval", "ball"):
        there = ar.convert(x, name)
        assert np.array_equal(ar.convert(there, "float64"), np.array(A))
    assert ar.convert(ar.asarray([Fraction(1, 3)]), "float64").tolist() == [1 / 3]
    assert ar.zeros((2, 3), ar.system_of(x)).shape == (2, 3)


def test_reading_numbers():
    assert ar.asarray([0.5, 1]).dtype == np.float64 and ar.asarray(0.5).shape == ()
    assert ar.asarray(np.float32(0.5)).dtype == np.float64
    assert isinstance(ar.asarray([1, 2]), ar.RationalArray) and isinstance(ar.asarray(True), ar.RationalArray)
    stacked = ar.asarray([ar.asarray([Fraction(1, 3)]), ar.asarray([1])])
    assert isinstance(stacked, ar.RationalArray) and stacked.shape == (2, 1), (
        "lists of exact numbers do not become floats"
    )
    assert ar.asarray([[ar.FloatArray(1.0)], [ar.FloatArray(2.0)]]).tolist() == [[1.0], [2.0]]
    assert isinstance(ar.asarray([torch.zeros(2), torch.ones(2)]), torch.Tensor)
    with pytest.raises(ar.MixedArithmetic, match="floats and Fractions"):
        ar.asarray([0.5, Fraction(1, 2)])


def test_numbers_are_neither_true_nor_false_and_refuse_other_numpy_functions(lift):
    x = ar.wrap(lift(A))
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(x)
    with pytest.raises(TypeError, match="single number"):
        len(x[0, 0])
    for function in (np.sum, np.exp, np.einsum, np.where):
        with pytest.raises(TypeError):
            function(x)
    assert np.array_equal(np.asarray(x), np.array(A))
    copied = np.array(x)
    copied[:] = 0
    assert np.array_equal(np.asarray(x), np.array(A))
    assert [float(row.sum()) for row in x] == np.array(A).sum(1).tolist()
    with pytest.raises(TypeError):
        x ** Fraction(1, 2)
    with pytest.raises(TypeError):
        x + "1"


def test_pickles(lift):
    x = ar.wrap(lift(A))
    assert np.array_equal(np.asarray(pickle.loads(pickle.dumps(x))), np.array(A))
    comparison = pickle.loads(pickle.dumps(x <= 1))
    assert comparison.verdicts.tolist() == (x <= 1).verdicts.tolist()
