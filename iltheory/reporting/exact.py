"""Exact numbers as people read them: fractions while they are short, decimals that say how they were rounded."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sims import arithmetic as ar
from sims.arithmetic import Enclosure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from iltheory.attack.counterexample import Counterexample

LONGEST_LABEL = 9
LONGEST_FRACTION = 40
"""Characters of a fraction; what is longer is written as a decimal."""
DIGITS = range(6, 61)
WHOLE = 10**9
"""Whole numbers below this are written without a power of ten."""
VIOLATIONS = {"<=": ">", ">=": "<", "==": "≠", "<": "≥", ">": "≤"}
"""What holds where a comparison certainly fails."""


def exact_array(x: Any) -> NDArray[Any]:
    """Entries of exact numbers of any system as fractions, in an object array."""
    return ar.convert(x, "rational").fractions()  # type: ignore[no-any-return]


def label(x: Fraction, longest: int = LONGEST_LABEL) -> str:
    """A fraction such as ``3/7``; if it is longer than that, a decimal that is said to be near."""
    text = str(x)
    return text if len(text) <= longest else f"≈{float(x):.4g}"


def sides(found: Counterexample) -> tuple[str, str]:
    """Both sides of a counterexample: the fraction, or how it was enclosed, and a decimal.

    Decimals are rounded towards each other, with enough digits to show that the comparison fails.
    """
    left_is_larger = found.lhs.lower > found.rhs.upper
    low, high = (found.rhs, found.lhs) if left_is_larger else (found.lhs, found.rhs)
    for digits in DIGITS:
        below = rounded(high.lower, ROUND_FLOOR, digits)
        above = rounded(low.upper, ROUND_CEILING, digits)
        if below > above:
            break
    larger, smaller = _side(high, below, "≥"), _side(low, above, "≤")
    return (larger, smaller) if left_is_larger else (smaller, larger)


def _side(x: Enclosure, decimal: Decimal, sign: str) -> str:
    """One side; ``sign`` says which way its decimal was rounded."""
    level = "" if not x.delta else f" with confidence 1-{float(x.delta):.0e}"
    if decimal.is_infinite():
        return "∞" if decimal > 0 else "-∞"
    digits = f"{decimal:f}" if decimal == decimal.to_integral() and decimal < WHOLE else f"{decimal:g}"
    exact = x.lower == x.upper
    if exact and not isinstance(x.lower, float) and Fraction(decimal) == x.lower:
        fraction = str(x.lower)
        return fraction if fraction == digits or len(fraction) > LONGEST_FRACTION else f"{fraction} = {digits}"
    if exact and len(str(x.lower)) <= LONGEST_FRACTION:
        return f"{x.lower} {sign} {digits}"
    return f"{sign} {digits}{level}"


def rounded(x: Fraction | float, rounding: str, digits: int) -> Decimal:
    """A number with at most so many significant digits, rounded as asked (``ROUND_FLOOR``, ``ROUND_CEILING``)."""
    if isinstance(x, float):
        return Decimal(x)
    context = Context(prec=digits, rounding=rounding)
    return context.divide(Decimal(x.numerator), Decimal(x.denominator)).normalize(context)


def violated(found: Counterexample) -> str:
    """How a counterexample refutes, in one line such as ``refuted: lhs = 5/4 = 1.25, rhs = 1, so lhs > rhs``."""
    named = [
        f"{name} {side if side[0] in '≥≤' else f'= {side}'}"
        for name, side in zip(("lhs", "rhs"), sides(found), strict=True)
    ]
    return f"refuted: {', '.join(named)}, so lhs {VIOLATIONS[found.op]} rhs"
