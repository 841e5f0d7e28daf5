"""How a worst case grows along a sweep: exponents, and closed forms that are guessed and then verified.

The values are exact, or enclosed, and belong to deterministic instances: there is no noise in them. What an exponent
leaves open is how far the sizes at hand are from the limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from iltheory.attack.guesses import evaluate, guesses
from sims.arithmetic import Enclosure
from sims.errors import InvalidArgument

COINCIDENCE = 1e-9
"""Largest chance that an enclosure contains a rational as simple as the one it is read as."""
EXTRAPOLATED = 3
"""How many local slopes an extrapolation uses, at most."""


@dataclass(frozen=True)
class Exponent:
    """Slopes of ``log |value|`` over ``log n``.

    Attributes
    ----------
    slope : least-squares slope of all points
    low, high : the smallest interval that contains the least-squares confidence interval and every slope between
        consecutive points. The confidence interval treats distances from the line as independent noise, which they
        are not: they are curvature. The slopes between points bound what curvature does within the sweep; neither
        says anything beyond it
    level : of the confidence interval
    local : slopes between consecutive points, in the order of the points
    limit : the slope extrapolated to where the sweep leads, on the premise that local slopes differ from their limit
        by a power series in 1/n (in n where the sweep leads to 0)
    limit_low, limit_high : around ``limit``, as far as the extrapolation with one local slope fewer is away. An
        estimate of the error, and no bound: sequences with logarithms approach their limit more slowly than any
        power
    """

    slope: float
    low: float
    high: float
    level: float
    local: tuple[float, ...]
    limit: float
    limit_low: float
    limit_high: float

    def __str__(self) -> str:
        return f"{self.slope:.3g} [{self.low:.3g}, {self.high:.3g}], extrapolated {self.limit:.3g}"

    def to_json(self) -> dict[str, Any]:
        """Describe the exponent in plain JSON values."""
        return {
            "slope": self.slope,
            "interval": [self.low, self.high],
            "level": self.level,
            "local": list(self.local),
            "limit": self.limit,
            "limit_interval": [self.limit_low, self.limit_high],
        }


def exponent(points: Sequence[tuple[Any, Any]], *, level: float = 0.95) -> Exponent:
    """Fit the power of n that values grow with.

    Parameters
    ----------
    points : (n, value) in the order of the sweep: n positive and increasing, or decreasing if it leads to 0; values
        are positive rationals or enclosures of positive numbers
    level : of the least-squares confidence interval

    Raises
    ------
    InvalidArgument
        If there are fewer than three points, sizes are not monotone, or a size or value is not positive.
    """
    from scipy import stats

    if not 0 < level < 1:
        raise InvalidArgument(f"level={level} must be between 0 and 1, such as 0.95.")
    read = _read(points)
    if len(read) < 3:
        raise InvalidArgument(f"points: {len(read)} are too few for an exponent; give at least 3 sizes.")
    sizes = [size for size, _ in read]
    rising = sizes[1] > sizes[0]
    if any((after > before) != rising or after == before for before, after in pairwise(sizes)):
        raise InvalidArgument(
            f"points: the sizes {', '.join(map(str, sizes))} must increase, or decrease, from point to point."
        )
    for size, value in read:
        if size <= 0 or value.lower <= 0 or math.inf in (value.upper, size):
            raise InvalidArgument(
                f"points: n = {size} with value {value}: a slope of logarithms needs both to be positive and finite."
            )
    x = [_log(size) for size in sizes]
    lows, highs = ([_log(end) for end in ends] for ends in zip(*((v.lower, v.upper) for _, v in read), strict=True))
    y = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    slope, error = _least_squares(x, y)
    reach = float(stats.t.ppf((1 + level) / 2, len(x) - 2)) * error
    gaps = [(after - before, i) for i, (before, after) in enumerate(pairwise(x))]
    local = [(y[i + 1] - y[i]) / gap for gap, i in gaps]
    open_ = [(highs[i + 1] - lows[i + 1] + highs[i] - lows[i]) / 2 / abs(gap) for gap, i in gaps]
    limit, error = _extrapolated(x, local, open_, rising=rising)
    return Exponent(
        slope=slope,
        low=min(slope - reach, *(s - width for s, width in zip(local, open_, strict=True))),
        high=max(slope + reach, *(s + width for s, width in zip(local, open_, strict=True))),
        level=level,
        local=tuple(local),
        limit=limit,
        limit_low=limit - error,
        limit_high=limit + error,
    )


def _least_squares(x: list[float], y: list[float]) -> tuple[float, float]:
    """Slope of a line, and its standard error."""
    mean_x, mean_y = (math.fsum(numbers) / len(numbers) for numbers in (x, y))
    spread = math.fsum((a - mean_x) ** 2 for a in x)
    slope = math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    rest = math.fsum((b - mean_y - slope * (a - mean_x)) ** 2 for a, b in zip(x, y, strict=True))
    return slope, math.sqrt(rest / (len(x) - 2) / spread)


def _extrapolated(x: list[float], local: list[float], open_: list[float], *, rising: bool) -> tuple[float, float]:
    """Richardson's extrapolation of the last local slopes, and an estimate of its error."""
    sign = -1 if rising else 1
    far = [math.exp(sign * (before + after) / 2) for before, after in pairwise(x)]
    estimates = []
    for count in (min(EXTRAPOLATED, len(local)) - 1, min(EXTRAPOLATED, len(local))):
        at, slopes, widths = far[-count:], local[-count:], open_[-count:]
        weights = [math.prod(b / (b - a) for b in at if b != a) for a in at]
        value = sum(weight * slope for weight, slope in zip(weights, slopes, strict=True))
        estimates.append((value, sum(abs(weight) * width for weight, width in zip(weights, widths, strict=True))))
    (coarse, _), (fine, open_fine) = estimates
    return fine, abs(fine - coarse) + open_fine


@dataclass(frozen=True)
class ClosedForm:
    """A formula guessed from some values and verified at others.

    Calling it gives the exact value at a size.

    Attributes
    ----------
    expression : sympy expression
    variable : its only symbol
    family : what kind of formula it is, in words
    parameters : how many numbers were fitted
    guessed_at, verified_at : sizes
    width : width of the widest enclosure it was verified with, 0 if all values were exact
    """

    expression: Any = field(compare=False)
    variable: Any = field(compare=False)
    family: str
    parameters: int
    guessed_at: tuple[Fraction, ...]
    verified_at: tuple[Fraction, ...]
    width: Fraction

    def __call__(self, n: int | Fraction) -> Fraction:
        """Evaluate at a size, exactly.

        Raises
        ------
        InvalidArgument
            If the formula has no rational value there.
        """
        value = evaluate(self.expression, self.variable, Fraction(n))
        if value is None:
            raise InvalidArgument(f"n={n}: {self.expression} has no rational value there.")
        return value

    @property
    def latex(self) -> str:
        """The formula in LaTeX."""
        from sympy import latex

        return str(latex(self.expression))

    @property
    def words(self) -> str:
        """What is known about it, which is not that it is true."""
        where = ", ".join(map(str, self.verified_at))
        verified = "verified" if self.width == 0 else f"consistent to width {float(self.width):.0e}"
        return f"guess {verified} at {self.variable} = {where}"

    def __str__(self) -> str:
        return f"{self.expression} ({self.words})"

    def to_json(self) -> dict[str, Any]:
        """Describe the formula in plain JSON values."""
        return {
            "formula": str(self.expression),
            "latex": self.latex,
            "variable": str(self.variable),
            "family": self.family,
            "parameters": self.parameters,
            "guessed_at": list(map(str, self.guessed_at)),
            "verified_at": list(map(str, self.verified_at)),
            "words": self.words,
        }


def closed_form(
    points: Sequence[tuple[Any, Any]], held_out: Sequence[tuple[Any, Any]], *, variable: str = "n"
) -> ClosedForm | None:
    """Guess the formula that values follow, and verify it at sizes the guess has not seen.

    Tried are, in the order of their numbers of parameters: powers, polynomials and rational functions; for equally
    spaced sizes also geometric sequences plus polynomials, and solutions of linear recurrences with constant
    coefficients, each also divided by a power of n or by n (n + 1); products of linear functions (factorials and
    their relatives); sums of rational functions and of such products.

    Parameters
    ----------
    points : (n, value): rational sizes, each once; values are rationals or enclosures. An enclosure that is no point
        is read as its simplest rational, if no chance would put one as simple there
    held_out : (n, value) at other sizes, at least one
    variable : name of n in the formula

    Returns
    -------
    ClosedForm or None
        The first formula that has fewer parameters than there are points, goes through all of them and has the exact
        values (of enclosures that are no points: values inside) at every size held out; None if none does.

    Raises
    ------
    InvalidArgument
        If nothing is held out, or a size is given twice.
    """
    from sympy import Symbol

    fitted, others = _read(points), _read(held_out)
    if not others:
        raise InvalidArgument("held_out is empty: a guess is reported only if it is verified at sizes it has not seen.")
    sizes = [size for size, _ in (*fitted, *others)]
    if len(set(sizes)) < len(sizes):
        twice = next(size for size in sizes if sizes.count(size) > 1)
        raise InvalidArgument(f"n = {twice} is given twice; points and held_out have different sizes, each once.")
    exact = [(size, reconstructed(value)) for size, value in sorted(fitted, key=lambda point: point[0])]
    known = [(size, value) for size, value in exact if value is not None]
    if len(known) < len(exact):
        return None
    n = Symbol(variable, positive=min(sizes) > 0, integer=True if all(s.denominator == 1 for s in sizes) else None)
    for guess in guesses(known, n):
        if _follows(guess.expression, n, others):
            return ClosedForm(
                expression=_tidied(guess.expression, n, (*fitted, *others)),
                variable=n,
                family=guess.family,
                parameters=guess.parameters,
                guessed_at=tuple(size for size, _ in known),
                verified_at=tuple(size for size, _ in others),
                width=max(Fraction(value.width) for _, value in (*fitted, *others)),
            )
    return None


def reconstructed(value: Enclosure) -> Fraction | None:
    """The simplest rational of an enclosure, or None if one as simple could be there by chance.

    An interval of width w contains a rational with a denominator up to d with probability about ``w d**2``.
    """
    if isinstance(value.lower, float) or isinstance(value.upper, float):
        return None
    simplest = _simplest(value.lower, value.upper)
    return simplest if value.lower == value.upper or value.width * simplest.denominator**2 < COINCIDENCE else None


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The rational of the smallest denominator in [low, high]: continued fractions of the ends as far as they agree."""
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(max(whole, min(0, math.floor(high))))
    return whole - 1 + 1 / _simplest(1 / (high - whole + 1), 1 / (low - whole + 1))


def _follows(expression: Any, n: Any, points: Sequence[tuple[Fraction, Enclosure]]) -> bool:
    for size, enclosure in points:
        value = evaluate(expression, n, size)
        if value is None or not enclosure.lower <= value <= enclosure.upper:
            return False
    return True


def _tidied(expression: Any, n: Any, points: Sequence[tuple[Fraction, Enclosure]]) -> Any:
    """The shortest way that sympy knows to write an expression, of those with the same values at every point."""
    import sympy

    ways = [expression, *(rewrite(expression) for rewrite in (sympy.factor, sympy.expand, sympy.simplify))]
    return min((way for way in ways if _follows(way, n, points)), key=sympy.count_ops)


def _read(points: Sequence[tuple[Any, Any]]) -> list[tuple[Fraction, Enclosure]]:
    try:
        return [(Fraction(size), Enclosure.of(value)) for size, value in points]
    except (TypeError, ValueError) as problem:
        raise InvalidArgument(
            f"points are pairs of a rational size and a rational value or an Enclosure: {problem}."
        ) from None


def _log(x: Any) -> float:
    """Logarithm of a positive rational of any length."""
    return math.log(x.numerator) - math.log(x.denominator)
