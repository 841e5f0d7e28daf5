"""How the worst case of a claim grows with a size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from iltheory.attack.fitting import ClosedForm, Exponent, closed_form, exponent
from iltheory.attack.references import resolve
from iltheory.attack.worst_case import BUDGET, WorstCase, worst_case
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Count
from iltheory.engine.verify import InvalidOption
from sims.arithmetic import Enclosure

SCHEMA = "iltheory-sweep/1"
SIZES = ("horizon", "states", "actions", "length", "discount")
HELD_OUT = 2
"""Last sizes of a sweep that a closed form is verified at, and not guessed from."""
FEWEST = 3
"""Points that an exponent, or a guess, needs."""

Point = tuple[Fraction, Enclosure]


@dataclass(frozen=True)
class Sweep:
    """Worst cases of a claim at several sizes.

    Attributes
    ----------
    claim : the claim
    over : what varies: a size, or a whole-number parameter of the claim
    sizes : its values; of a sweep over the discount ``1 / (1 - discount)``
    cases : the worst case at each
    ratio : exponent of the ratio: 0 where the bound grows as it must, negative where it grows too fast
    smaller, bound : exponents of both sides along the same instances, the theorem's last. Instances of equal ratio may
        differ in scale, so these two say something together: their difference is that of the ratio
    formula : closed form of the ratio, verified at the last sizes, or None
    """

    claim: Claim
    over: str
    sizes: tuple[Fraction, ...]
    cases: tuple[WorstCase, ...] = field(repr=False)
    ratio: Exponent | None
    smaller: Exponent | None
    bound: Exponent | None
    formula: ClosedForm | None

    def to_json(self) -> dict[str, Any]:
        """Describe the sweep in plain JSON values."""
        return {
            "schema": SCHEMA,
            "claim": self.claim.id,
            "over": self.over,
            "sizes": list(map(str, self.sizes)),
            "cases": [case.to_json() for case in self.cases],
            "ratio": None if self.ratio is None else self.ratio.to_json(),
            "smaller": None if self.smaller is None else self.smaller.to_json(),
            "bound": None if self.bound is None else self.bound.to_json(),
            "formula": None if self.formula is None else self.formula.to_json(),
        }


def sweep(
    claim: str | Claim,
    *,
    over: str = "horizon",
    sizes: Sequence[int | Fraction],
    budget: float = BUDGET,
    on_case: Callable[[WorstCase], object] | None = None,
    **options: Any,
) -> Sweep:
    """Search for the worst case at each of several sizes, and fit how the ratio grows.

    Parameters
    ----------
    claim : a claim, or a reference to one
    over : ``horizon``, ``states``, ``actions``, ``length``, ``discount``, or a whole-number parameter of the claim
    sizes : its values, increasing
    budget : seconds for all sizes together; each gets an equal share
    on_case : called with each worst case when it is found
    options : sizes that do not vary, the learner class and the seed, see :func:`iltheory.attack.worst_case.worst_case`

    Raises
    ------
    InvalidOption
        If ``over`` is nothing that varies, it is fixed by an option, too, or the sizes do not increase.
    """
    conjecture = resolve(claim) if isinstance(claim, str) else claim
    whole = [name for name, kind in conjecture.parameters.items() if isinstance(kind, Count)]
    if over not in (*SIZES, *whole):
        raise InvalidOption(f"over={over!r} must be one of {', '.join((*SIZES, *whole))}.")
    if over in options or over in (options.get("counts") or {}):
        raise InvalidOption(f"over={over!r} varies, so it cannot be given as an option, too.")
    if not sizes or any(after <= before for before, after in pairwise(sizes)):
        raise InvalidOption(f"sizes={list(map(str, sizes))} must be values that increase, at least one.")
    cases: list[WorstCase] = []
    for size in sizes:
        varied = {over: size} if over in SIZES else {"counts": {**(options.get("counts") or {}), over: size}}
        case = worst_case(conjecture, budget=budget / len(sizes), **{**options, **varied})
        cases.append(case)
        if on_case is not None:
            on_case(case)
    values = tuple(1 / (1 - Fraction(size)) if over == "discount" else Fraction(size) for size in sizes)
    ratios = _points(values, [case.ratio for case in cases])
    best = [case.best for case in cases]
    guessed = len(ratios) >= FEWEST + HELD_OUT
    variable = {"horizon": "H", "states": "S", "actions": "A", "length": "n", "discount": "T"}.get(over, over)
    formula = closed_form(ratios[:-HELD_OUT], ratios[-HELD_OUT:], variable=variable) if guessed else None
    return Sweep(
        claim=conjecture,
        over=over,
        sizes=values,
        cases=tuple(cases),
        ratio=_exponent(ratios),
        smaller=_exponent(_points(values, [None if one is None else one.low for one in best])),
        bound=_exponent(_points(values, [None if one is None else one.high for one in best])),
        formula=formula,
    )


def _points(sizes: Sequence[Fraction], values: Sequence[Enclosure | None]) -> list[Point]:
    """Sizes with positive values."""
    return [(n, value) for n, value in zip(sizes, values, strict=True) if value is not None and value.lower > 0]


def _exponent(points: Sequence[Point]) -> Exponent | None:
    return exponent(points) if len(points) >= FEWEST else None
