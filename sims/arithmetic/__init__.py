"""Number systems over arrays: float64, interval, ball, rational. One formula serves them all."""

from __future__ import annotations

from sims.arithmetic.ball import Ball, BallArray
from sims.arithmetic.comparison import HOLDS, REFUTED, UNDECIDED, Comparison, equal
from sims.arithmetic.enclosure import Enclosure
from sims.arithmetic.errors import (
    MixedArithmetic,
    NotANumber,
    NotRepresentable,
    NotSingle,
    UndecidedComparison,
)
from sims.arithmetic.fixed_point import AffineContraction, certified, fixed_point
from sims.arithmetic.float64 import FLOAT64, Float64, FloatArray
from sims.arithmetic.functions import (
    SYSTEMS,
    absolute,
    amax,
    amin,
    argmax,
    asarray,
    broadcast_to,
    coerce_all,
    compare,
    concatenate,
    convert,
    einsum,
    entropy,
    exp,
    get_system,
    hull,
    log,
    lower,
    matvec,
    maximum,
    midpoint,
    minimum,
    moveaxis,
    possibly_nonzero,
    relative_entropy,
    reshape,
    sqrt,
    stack,
    sum,
    system_of,
    take,
    upper,
    vecmat,
    where,
    zeros,
)
from sims.arithmetic.interval import INTERVAL, Interval, IntervalArray
from sims.arithmetic.numbers import NumberArray, wrap
from sims.arithmetic.rational import RATIONAL, Rational, RationalArray
from sims.arithmetic.system import Mask, Numbers, Raw, System

__all__ = [
    # systems
    "SYSTEMS",
    "System",
    "FLOAT64",
    "INTERVAL",
    "RATIONAL",
    "Float64",
    "Interval",
    "Ball",
    "Rational",
    "get_system",
    "system_of",
    "coerce_all",
    # arrays of numbers
    "Numbers",
    "NumberArray",
    "FloatArray",
    "IntervalArray",
    "BallArray",
    "RationalArray",
    "asarray",
    "convert",
    "wrap",
    "zeros",
    # contractions
    "einsum",
    "matvec",
    "vecmat",
    "sum",
    # moving entries
    "broadcast_to",
    "concatenate",
    "moveaxis",
    "reshape",
    "stack",
    "take",
    "where",
    # order
    "Comparison",
    "HOLDS",
    "UNDECIDED",
    "REFUTED",
    "absolute",
    "amax",
    "amin",
    "argmax",
    "compare",
    "equal",
    "hull",
    "maximum",
    "minimum",
    # analysis
    "entropy",
    "exp",
    "log",
    "relative_entropy",
    "sqrt",
    # fixed points
    "AffineContraction",
    "certified",
    "fixed_point",
    # reading
    "Enclosure",
    "lower",
    "midpoint",
    "possibly_nonzero",
    "upper",
    # raw arrays
    "Mask",
    "Raw",
    # errors
    "MixedArithmetic",
    "NotANumber",
    "NotRepresentable",
    "NotSingle",
    "UndecidedComparison",
]
