"""Cloning from N trajectories on the reset instance: the expected gap against N and against H."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.rows import Row, enclosed, groups
from iltheory.figures.sides import decided, gap_and_bound

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet

ACTIONS = 10
SIZES = ((10, 4), (10, 16), (40, 4))
"""Of |S| and H, for sweeps of N."""
SAMPLES = (50, 100, 200, 400, 800, 1600)
STATES, DEMONSTRATIONS = 10, (100, 800)
"""Of |S| and N, for sweeps of H."""
HORIZONS = (2, 4, 8, 16, 32, 64)
FLOOR, ROOM = 6e-6, 20_000
"""Ends of the gaps' axes, beside which slopes are written."""


def work(cell: Cell) -> Mapping[str, Any]:
    """Expected gap of cloning, its closed form, and the bound |S| H^2 / (e N).

    The value of cloning averaged over data is the expected value of cloning on this instance, so no data are drawn.
    """
    import iltheory as il
    from iltheory.claims.rajaraman_2020 import rate
    from iltheory.claims.rajaraman_2020_reset import survived
    from sims import families
    from sims.arithmetic import convert, equal

    horizon, samples = cell["horizon"], cell["samples"]
    mdp, expert, clone = found = families.reset(cell["states"], ACTIONS, horizon=horizon, n_trajectories=samples)
    gap = il.gap(mdp, expert, clone)
    closed = horizon - survived(found.error_rate, horizon)
    return {
        **gap_and_bound(convert(gap, "ball") <= rate(mdp.to("ball"), samples)),
        "error": enclosed(found.error_rate),
        "closed form": decided(equal(gap, closed)),
    }


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Gaps scaled by what the bound has beside N on the left, and beside H on the right; what is left of it below."""
    from iltheory.figures.sheet import ratios

    (left, below_left), (right, below_right) = sheet.with_ratios(2)
    left.named(x="", y=r"gap$\,/\,(|S| H^2)$", log="xy")
    right.named(x="", y=r"gap$\,\cdot N / |S|$", log="xy")
    below_left.named(x="trajectories $N$", y="gap / bound", log="x")
    below_right.named(x="horizon $H$", y="", log="x")
    styles = {curve: style for style, curve in enumerate(groups(rows, "curve"))}
    for sweep, x, above, below in (("N", "samples", left, below_left), ("H", "horizon", right, below_right)):
        of_sweep = [row for row in rows if row["sweep"] == sweep]
        curves = {}
        for curve, of_curve in groups(of_sweep, "curve").items():
            gaps, bounds = (_scaled(of_curve, x, side) for side in ("gap", "bound"))
            curves[styles[curve]] = gaps
            above.curve(gaps, curve, style=styles[curve])
            below.curve(ratios(gaps, bounds), curve, style=styles[curve])
        above.bound(_scaled(of_sweep, x, "bound"), "$|S| H^2 / (e N)$")
        above.slope(min(curves.values(), key=lambda gaps: gaps[-1][1].middle), -1 if sweep == "N" else 2)
        above.exponents(curves, where="lower left" if sweep == "N" else "upper left")
        below.ticks(sorted({row[x] for row in of_sweep}))
        below.axes.set_ylim(0, 1.1)
    left.axes.set_ylim(bottom=FLOOR)
    right.axes.set_ylim(top=ROOM)
    sheet.legend([left, right], columns=3)


def _scaled(rows: Sequence[Row], x: str, side: str) -> list[tuple[Any, Any]]:
    """Points of one side, divided by what the bound has beside x."""

    def beside(row: Row) -> Any:
        return row["states"] * (row["horizon"] ** 2 if x == "samples" else Fraction(1, row["samples"]))

    return sorted(((row[x], row[side] / beside(row)) for row in rows), key=lambda point: point[0])


def _cells() -> Sequence[Cell]:
    against_n = [
        {**cell, "sweep": "N", "curve": f"$|S| = {states}$, $H = {horizon}$"}
        for states, horizon in SIZES
        for cell in grid(states=(states,), horizon=(horizon,), samples=SAMPLES)
    ]
    against_h = [
        {**cell, "sweep": "H", "curve": f"$|S| = {STATES}$, $N = {samples}$"}
        for samples in DEMONSTRATIONS
        for cell in grid(states=(STATES,), samples=(samples,), horizon=HORIZONS)
    ]
    return against_n + against_h


FIGURES = (
    Figure(
        id="sample-complexity",
        title="Expected gap of cloning on reset against trajectories and horizon",
        caption=r"The expected gap of behavioural cloning from $N$ trajectories of the reset instance, which is "
        r"$H - \sum_{h=1}^H (1 - \Delta)^h$ exactly, and which no learner can improve if the right one of "
        r"10 actions is random, beside the bound $|S| H^2 / (e N)$ on every instance (dashed). It falls with slope "
        r"$-1$ in $N$ and grows with slope 2 in $H$ while it is small against $H$; divided by the rest of the bound, "
        r"gaps of all sizes come together." + FITTED,
        claims=("rajaraman-2020-bc-det", "rajaraman-2020-lower-bound", "rajaraman-2020-lower-bound.bayes-risk"),
        data=Computation("sample-complexity", work, _cells()),
        draw=draw,
        wide=True,
        aspect=0.7,
    ),
)
