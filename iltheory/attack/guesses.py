"""Closed forms that a few exact values may follow, the simplest first.

Every family is fitted by exact linear algebra to all points at once, so that a family is dropped as soon as one point
does not follow it. A family takes part only if it has fewer parameters than there are points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

Point = tuple[Fraction, Fraction]
"""A size and the exact value there."""

LARGEST_POWER = 6
LARGEST_ORDER = 3
"""Order of the recurrences with constant coefficients, and number of differences in front of a geometric sequence."""
LARGEST_DEGREE = 3
"""Degree of what products and sums are made of."""


@dataclass(frozen=True)
class Guess:
    """A formula that all points follow.

    Attributes
    ----------
    expression : sympy expression in one symbol
    family : what kind of formula it is, in words
    parameters : how many numbers were fitted
    """

    expression: Any
    family: str
    parameters: int


WEIGHTS: dict[str, Callable[[Any], Any]] = {
    "": lambda n: 1,
    " over n": lambda n: n,
    " times n": lambda n: 1 / n,
    " over n^2": lambda n: n**2,
    " times n^2": lambda n: 1 / n**2,
    " over n (n + 1)": lambda n: n * (n + 1),
}
"""What sequences are multiplied by before they are recognised, by what that makes of the formula."""

Fit = Callable[[Sequence[Point], Any], Any]
"""From the points and a sympy symbol to an expression, or None if the points do not follow the family."""


def guesses(points: Sequence[Point], n: Any) -> Iterator[Guess]:
    """Formulas that all points follow, in the order of their numbers of parameters.

    Parameters
    ----------
    points : at increasing sizes
    n : sympy symbol for the size
    """
    for parameters, family, fit in sorted(_families(points), key=lambda one: one[0]):
        if parameters >= len(points):
            return
        expression = fit(points, n)
        if expression is not None and all(evaluate(expression, n, size) == value for size, value in points):
            yield Guess(expression, family, parameters)


def evaluate(expression: Any, n: Any, size: Fraction) -> Fraction | None:
    """The exact value of an expression at a size, or None if it is not rational there."""
    import sympy

    value = expression.subs(n, sympy.Rational(size.numerator, size.denominator)).doit()
    if not value.is_Rational:
        value = sympy.expand(sympy.radsimp(value))
    return Fraction(int(value.p), int(value.q)) if value.is_Rational else None


def _families(points: Sequence[Point]) -> list[tuple[int, str, Fit]]:
    """(number of parameters, name, fit) of every family."""
    most = len(points) - 1
    found: list[tuple[int, str, Fit]] = [(1, "constant", partial(_polynomial, degree=0)), (2, "power", _power)]
    found += [(degree + 1, "polynomial", partial(_polynomial, degree=degree)) for degree in range(1, most)]
    if _step(points) is not None:
        found += _sequences()
    found += [
        (above + below + 1, "rational function", partial(_rational, above=above, below=below))
        for below in range(1, most)
        for above in range(most - below)
    ]
    return found


def _sequences() -> list[tuple[int, str, Fit]]:
    """Families for sizes that are equally far apart."""
    found: list[tuple[int, str, Fit]] = []
    for words, weight in WEIGHTS.items():
        extra = int(bool(words))
        for order in range(LARGEST_ORDER):
            fit = partial(_geometric, differences=order)
            found.append((order + 2 + extra, f"geometric sequence{words}", partial(_weighted, weight=weight, fit=fit)))
        for order in range(1, LARGEST_ORDER + 1):
            fit = partial(_recurrent, order=order)
            family = f"solution of a linear recurrence of order {order}{words}"
            found.append((2 * order + extra, family, partial(_weighted, weight=weight, fit=fit)))
    for degree in range(1, LARGEST_DEGREE + 1):
        found.append((2 * (degree + 1), "product of linear functions", partial(_product, degree=degree)))
    for below in range(1, LARGEST_DEGREE + 1):
        for above in range(below + 1):
            fit = partial(_rational, above=above, below=below)
            found.append((above + below + 2, "sum of a rational function", partial(_summed, fit=fit)))
    for degree in range(1, LARGEST_DEGREE):
        fit = partial(_product, degree=degree)
        found.append((2 * (degree + 1) + 1, "sum of products of linear functions", partial(_summed, fit=fit)))
    return found


def _polynomial(points: Sequence[Point], n: Any, *, degree: int) -> Any:
    import sympy

    expression = sympy.interpolate([tuple(map(_symbolic, point)) for point in points[: degree + 1]], n)
    values = sympy.Poly(expression, n)
    return expression if all(values(_symbolic(x)) == _symbolic(y) for x, y in points) else None


def _power(points: Sequence[Point], n: Any) -> Any:
    if any(x == 0 for x, _ in points):
        return None
    for power in (sign * size for size in range(1, LARGEST_POWER + 1) for sign in (1, -1)):
        factors = {y / x**power for x, y in points}
        if len(factors) == 1:
            return _symbolic(factors.pop()) * n**power
    return None


def _rational(points: Sequence[Point], n: Any, *, above: int, below: int) -> Any:
    """``p(n) / q(n)``: the coefficients of p and q solve ``p(x) - y q(x) = 0`` at every point."""
    import sympy

    powers, divisors = range(above + 1), range(below + 1)
    solution = _null_vector([[*(x**i for i in powers), *(-y * x**i for i in divisors)] for x, y in points])
    if solution is None:
        return None
    numerator = sum(c * n**i for c, i in zip(solution[: above + 1], powers, strict=True))
    denominator = sum(c * n**i for c, i in zip(solution[above + 1 :], divisors, strict=True))
    return sympy.cancel(numerator / denominator) if denominator != 0 else None


def _geometric(points: Sequence[Point], n: Any, *, differences: int) -> Any:
    """A polynomial of a smaller degree than ``differences``, plus ``c q**n``."""
    import sympy

    terms = [y for _, y in points]
    for _ in range(differences):
        terms = [after - before for before, after in pairwise(terms)]
    if len(terms) < 2 or 0 in terms:
        return None
    ratio = terms[1] / terms[0]
    if ratio == 1 or any(after != ratio * before for before, after in pairwise(terms)):
        return None
    basis = [n**i for i in range(differences)] + [_symbolic(ratio) ** _index(points, n)]
    sizes = [_symbolic(x) for x, _ in points[: len(basis)]]
    matrix = sympy.Matrix([[function.subs(n, size) for function in basis] for size in sizes])
    weights = matrix.LUsolve(sympy.Matrix([_symbolic(y) for _, y in points[: len(basis)]]))
    return sum(weight * function for weight, function in zip(weights, basis, strict=True))


def _recurrent(points: Sequence[Point], n: Any, *, order: int) -> Any:
    """A sequence with ``sum_i c_i y(k + i) = 0``, solved by sympy."""
    import sympy

    values = [value for _, value in points]
    coefficients = _null_vector([values[m : m + order + 1] for m in range(len(values) - order)])
    if coefficients is None or 0 in (coefficients[0], coefficients[-1]):
        return None
    x, k, y = sympy.Symbol("x"), sympy.Symbol("k", integer=True), sympy.Function("y")
    factors = sympy.factor_list(sum(c * x**i for i, c in enumerate(coefficients)), x)[1]
    if any(sympy.degree(factor, x) > 2 for factor, _ in factors):
        return None  # its roots would be more than square roots of rationals
    start = _symbolic(_first(points))
    initial = {y(start + m): _symbolic(values[m]) for m in range(order)}
    solved = sympy.rsolve(sum(c * y(k + i) for i, c in enumerate(coefficients)), y(k), initial)
    return solved.subs(k, _index(points, n))


def _product(points: Sequence[Point], n: Any, *, degree: int) -> Any:
    """A sequence with ``p(k) y(k + 1) = q(k) y(k)``, p and q products of linear functions of the degree or less."""
    import sympy

    start, powers = _first(points), range(degree + 1)
    values = [value for _, value in points]
    coefficients = _null_vector(
        [
            [*(-before * (start + m) ** i for i in powers), *(after * (start + m) ** i for i in powers)]
            for m, (before, after) in enumerate(pairwise(values))
        ]
    )
    if coefficients is None or values[0] == 0:
        return None
    k = sympy.Symbol("k")
    found = _symbolic(values[0])
    for part, sign in ((coefficients[: degree + 1], 1), (coefficients[degree + 1 :], -1)):
        constant, factors = sympy.factor_list(sum(c * k**i for i, c in enumerate(part)), k)
        if any(sympy.degree(factor, k) > 1 for factor, _ in factors):
            return None
        steps = _index(points, n) - _symbolic(start)
        found *= constant ** (sign * steps)
        for factor, times in factors:
            slope, offset = factor.coeff(k, 1), factor.coeff(k, 0) / factor.coeff(k, 1) + _symbolic(start)
            found *= (slope**steps * _rising(offset, steps)) ** (sign * times)
    return found


def _rising(base: Any, steps: Any) -> Any:
    """``base (base + 1) ... (base + steps - 1)``."""
    import sympy

    if base.is_integer and base > 0:
        return sympy.factorial(base + steps - 1) / sympy.factorial(base - 1)
    return sympy.RisingFactorial(base, steps)


def _summed(points: Sequence[Point], n: Any, *, fit: Fit) -> Any:
    """A first value plus a sum of terms that follow another family."""
    import sympy

    if _step(points) != 1:
        return None
    steps = [(x, y - before) for (_, before), (x, y) in pairwise(points)]
    k = sympy.Symbol("k", integer=True, positive=True)
    term = fit(steps, k)
    if term is None:
        return None
    start, value = map(_symbolic, points[0])
    closed = value + sympy.summation(term, (k, start + 1, n))
    followed = all(evaluate(closed, n, x) == y for x, y in points)
    return closed if followed else value + sympy.Sum(term, (k, start + 1, n))


def _weighted(points: Sequence[Point], n: Any, *, weight: Callable[[Any], Any], fit: Fit) -> Any:
    """A sequence that follows another family after multiplication by a function of n."""
    if any(x in (0, -1) for x, _ in points):
        return fit(points, n) if weight(n) == 1 else None
    found = fit([(x, y * weight(x)) for x, y in points], n)
    return None if found is None else found / weight(n)


def _null_vector(rows: Sequence[Sequence[Fraction]]) -> list[Any] | None:
    """A vector that all rows are orthogonal to, other than zero, or None if there is none."""
    from sympy import QQ
    from sympy.polys.matrices import DomainMatrix

    if not rows:
        return None
    entries = [[QQ(x.numerator, x.denominator) for x in row] for row in rows]
    basis = DomainMatrix(entries, (len(rows), len(rows[0])), QQ).nullspace()
    return [QQ.to_sympy(x) for x in basis.to_list()[0]] if basis.shape[0] else None


def _step(points: Sequence[Point]) -> Fraction | None:
    """How far apart the sizes are, if all are equally far."""
    steps = {after - before for (before, _), (after, _) in pairwise(points)}
    return steps.pop() if len(steps) == 1 else None


def _first(points: Sequence[Point]) -> Fraction:
    """Where the index of a sequence starts: at the first size if the sizes are consecutive whole numbers, else at 0."""
    return points[0][0] if _step(points) == 1 else Fraction(0)


def _index(points: Sequence[Point], n: Any) -> Any:
    step = _step(points)
    assert step is not None
    return n if step == 1 else (n - _symbolic(points[0][0])) / _symbolic(step)


def _symbolic(x: Fraction) -> Any:
    from sympy import Rational

    return Rational(x.numerator, x.denominator)
