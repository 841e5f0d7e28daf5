"""Checked parameters of the instance families, held as the exact rationals they are."""

from __future__ import annotations

import math
from fractions import Fraction
from numbers import Integral, Rational, Real

import numpy as np

from sims.errors import IltheoryError

Parameter = int | float | Fraction
"""A numeric parameter as the caller gives it."""

Number = float | Fraction
"""A number of an instance: ``float`` where some parameter was a float, else ``Fraction``."""

Rng = int | np.random.Generator
"""A seed, or the generator to draw from."""


class InvalidParameter(IltheoryError, ValueError):
    """A parameter of an instance family is out of its range."""


def integer(name: str, value: int, *, least: int) -> int:
    """``value`` as an ``int``, at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InvalidParameter(f"{name} is {value!r} (should be an integer, at least {least}).")
    if value < least:
        raise InvalidParameter(f"{name} is {value} (should be at least {least}).")
    return int(value)


def rational(name: str, value: Parameter) -> Fraction:
    """``value`` as the rational it is: a float is the dyadic it stores."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidParameter(f"{name} is {value!r} (should be a number: int, Fraction or float).")
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if not math.isfinite(value):
        raise InvalidParameter(f"{name} is {value} (should be finite).")
    return Fraction(float(value))


def probability(name: str, value: Parameter) -> Fraction:
    """``value`` as a rational in [0, 1]."""
    exact = rational(name, value)
    if not 0 <= exact <= 1:
        raise InvalidParameter(f"{name} is {value} (should be in [0, 1]).")
    return exact


def number_type(*parameters: Parameter | None) -> type[float] | type[Fraction]:
    """What the numbers of an instance are: floats if any parameter is one, else exact rationals."""
    given = [p for p in parameters if p is not None]
    return Fraction if all(isinstance(p, Rational) for p in given) else float


def generator(rng: Rng) -> np.random.Generator:
    """The generator that ``rng`` stands for; a seed is required, so that every draw can be repeated."""
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, Integral):
        raise InvalidParameter(f"rng is {rng!r} (should be an integer seed or a numpy.random.Generator).")
    return np.random.default_rng(integer("rng", int(rng), least=0))
