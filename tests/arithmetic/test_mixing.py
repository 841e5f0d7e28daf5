"""What meets what: every pair of systems, and every kind of constant on either side of every operator."""

from __future__ import annotations

import operator
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch

import sims.arithmetic as ar

HALVES = [0.5, 1.5, -2.5]
EXACT = [Fraction(1, 2), Fraction(3, 2), Fraction(-5, 2)]

NUMBERS = {
    "float64": lambda: ar.FloatArray(np.array(HALVES)),
    "float64 on torch": lambda: ar.FloatArray(torch.tensor(HALVES, dtype=torch.float64)),
    "interval": lambda: ar.convert(HALVES, "interval"),
    "interval on torch": lambda: ar.convert(HALVES, "interval", device="cpu"),
    "ball": lambda: ar.convert(HALVES, "ball"),
    "rational": lambda: ar.asarray(EXACT),
}

CONSTANTS = {
    "int": 2,
    "bool": True,
    "Fraction": Fraction(1, 4),
    "float": 0.25,
    "numpy float": np.float64(0.25),
    "numpy float32": np.float32(0.25),
    "numpy int": np.int64(2),
    "numpy bool": np.bool_(True),
    "int array": np.array([1, 2, 4]),
    "array of Fractions": np.array([Fraction(1, 2), Fraction(1, 4), Fraction(2)], dtype=object),
    "float array": np.array([1.0, 2.0, 4.0]),
    "single float array": np.array(0.25),
    "array of float objects": np.array([0.5, 0.25, 2.0], dtype=object),
    "tensor": torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64),
}

EXACT_EVERYWHERE = {"int", "bool", "Fraction", "numpy int", "numpy bool", "int array", "array of Fractions"}

OPERATORS = (operator.add, operator.sub, operator.mul, operator.truediv)
COMPARISONS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
SWAPPED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "=="}


def family(system):
    return system.split(" ")[0]


def may_mix(system, constant):
    """The table: exact constants with all systems, floats with float64 only."""
    return constant in EXACT_EVERYWHERE or family(system) == "float64"


def exact_values(constant):
    values = CONSTANTS[constant]
    values = values.numpy() if isinstance(values, torch.Tensor) else values
    return np.array(
        [
            Fraction(v.item() if isinstance(v, np.generic) else v)
            for v in np.broadcast_to(np.asarray(values, dtype=object), 3)
        ]
    )


def holds_all(x, expected):
    return all(low <= e <= high for e, (low, high) in zip(expected, (entry.bounds() for entry in x), strict=True))


@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("system", NUMBERS)
def test_constants_mix_or_raise(system, constant):
    x, value, kind = NUMBERS[system](), CONSTANTS[constant], type(NUMBERS[system]())
    for op in OPERATORS:
        for left, right in ((x, value), (value, x)):
            if not may_mix(system, constant):
                with pytest.raises(ar.MixedArithmetic):
                    op(left, right)
                continue
            result = op(left, right)
            operands = (EXACT, exact_values(constant)) if left is x else (exact_values(constant), EXACT)
            assert type(result) is kind and result.system.name == family(system)
            expected = op(*(np.array(o, dtype=object) for o in operands))
            if family(system) == "float64":
                assert np.array_equal(np.asarray(result), expected.astype(np.float64))
            else:
                assert holds_all(result, expected), op


@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("system", NUMBERS)
def test_comparisons_with_constants_mix_or_raise(system, constant):
    x, value = NUMBERS[system](), CONSTANTS[constant]
    for op, function in COMPARISONS.items():
        if not may_mix(system, constant):
            with pytest.raises(ar.MixedArithmetic):
                function(x, value)
            with pytest.raises(ar.MixedArithmetic):
                function(value, x)
            continue
        truth = np.array([1 if function(a, b) else -1 for a, b in zip(EXACT, exact_values(constant), strict=True)])
        assert (function(x, value).verdicts == truth).all()
        if system == "rational" and constant == "Fraction":
            with pytest.raises(ar.NotSingle):
                function(value, x)
            continue
        reflected = function(value, x)
        assert isinstance(reflected, ar.Comparison) and reflected.op == SWAPPED[op]
        truth = np.array([1 if function(b, a) else -1 for a, b in zip(EXACT, exact_values(constant), strict=True)])
        assert (reflected.verdicts == truth).all()


@pytest.mark.parametrize("second", NUMBERS)
@pytest.mark.parametrize("first", NUMBERS)
def test_systems_do_not_mix(first, second):
    x, y = NUMBERS[first](), NUMBERS[second]()
    functions = [
        *OPERATORS,
        *COMPARISONS.values(),
        ar.maximum,
        ar.minimum,
        ar.hull,
        ar.relative_entropy,
        lambda a, b: ar.stack([a, b]),
        lambda a, b: ar.concatenate([a, b]),
        lambda a, b: ar.where(np.ones(3, dtype=bool), a, b),
        lambda a, b: ar.einsum("i,i->", a, b),
        lambda a, b: ar.matvec(a[None], b),
        lambda a, b: ar.vecmat(a, b[:, None]),
        lambda a, b: ar.compare(a, "<=", b),
        ar.equal,
    ]
    for function in functions:
        if family(first) != family(second):
            with pytest.raises(ar.MixedArithmetic):
                result = function(x, y)
                assert not isinstance(result, ar.Comparison) or result.verdicts is None
        elif family(first) == "rational" and function in (ar.hull, ar.relative_entropy):
            continue
        else:
            result = function(x, y)
            if isinstance(result, ar.NumberArray):
                assert result.system.name == family(first)
                on_torch = "torch" in first or "torch" in second
                assert isinstance(result.raw, torch.Tensor) == on_torch


@pytest.mark.parametrize("system", [name for name in NUMBERS if name != "rational"])
def test_fractions_on_the_left_give_comparisons(system):
    """Of a single rational a Fraction on the left asks for a plain truth; see test_rational."""
    x = NUMBERS[system]()
    assert isinstance(Fraction(1, 2) <= x, ar.Comparison) and (Fraction(1, 2) <= x).verdicts.tolist() == [1, 1, -1]


def test_constants_alone_have_a_system():
    assert ar.system_of(1, Fraction(1, 2)).name == "rational"
    assert ar.system_of(1, 0.5).name == "float64" == ar.system_of(np.float32(1)).name
    assert Fraction(ar.maximum(1, Fraction(3, 2))) == Fraction(3, 2)


@pytest.mark.parametrize("system", NUMBERS)
def test_what_is_no_number_is_refused(system):
    x = NUMBERS[system]()
    for stranger in ("1", None, [1, 2, 3], 1j, np.complex128(1j), np.array(["1", "2", "3"]), object()):
        for op in (operator.add, operator.mul):
            for arguments in ((x, stranger), (stranger, x)):
                with pytest.raises(TypeError):
                    op(*arguments)
        with pytest.raises(ar.NotANumber, match="asarray"):
            ar.maximum(x, stranger)


def test_importing_does_not_load_torch_or_scipy():
    code = "import sys, sims.arithmetic; print([m for m in ('torch', 'scipy', 'numba') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("shape", [(), (3,)])
def test_exact_rationals_refuse_others_of_any_shape(shape):
    with pytest.raises(ar.MixedArithmetic, match=r"a interval number.* met exact rationals"):
        ar.RATIONAL.coerce(ar.convert(np.ones(shape), "interval"))
