"""Gap against horizon at a fixed error: quadratic where falls are for good, linear where they are mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups, points

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet

CLONING = "ross-bagnell-2010-thm-2-1"
HORIZONS = (2, 4, 8, 16, 32, 64, 128)
ERROR = Fraction(1, 1000)
FAMILIES = {
    "cliff": "cliff, falls are for good",
    "unicycle": "unicycle, mended in a step",
    "loop": "loop, nothing to mend",
}
SLOPES = {"cliff": 2, "unicycle": 1, "loop": 1}


def work(cell: Cell) -> Mapping[str, Any]:
    """Exact gap and bound of a learner that errs with probability ``error`` at each step."""
    import iltheory as il
    from sims import families

    mdp, expert, learner = getattr(families, cell["family"])(horizon=cell["horizon"], error=Fraction(cell["error"]))
    bound = il.error_rate(mdp, expert, learner) * mdp.horizon**2
    gap = il.gap(mdp, expert, learner)
    return {"gap": enclosed(gap), "bound": enclosed(bound), "verdict": "holds" if bool(gap <= bound) else "refuted"}


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Curves with their slopes, the bound above, ratios below."""
    from iltheory.figures.sheet import ratios, with_slope

    ((above, below),) = sheet.with_ratios()
    above.named(x="", y="gap", log="xy")
    for family, of_family in groups(rows, "family").items():
        gaps, bounds = points(of_family, "horizon", "gap"), points(of_family, "horizon", "bound")
        if above.curves == 0:
            above.bound(bounds, r"$H^2 \epsilon$")
        style = above.curve(gaps, with_slope(FAMILIES[family], gaps))
        above.slope(gaps, SLOPES[family])
        below.curve(ratios(gaps, bounds), FAMILIES[family], style=style)
    below.named(x="horizon $H$", y="gap / bound", log="xy")
    above.legend()


FIGURES = (
    Figure(
        id="horizon-scaling",
        title="Gap against horizon at a fixed error: cliff, unicycle, loop",
        caption="Exact gaps of a learner that errs with probability 1/1000 at each step.",
        claims=(CLONING,),
        data=Computation("horizon-scaling", work, grid(family=tuple(FAMILIES), horizon=HORIZONS, error=(str(ERROR),))),
        draw=draw,
        aspect=0.9,
    ),
)
