"""What mending takes: DAgger's bound u H epsilon between the unicycle, where u = 1, and the cliff, where u = H."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.rows import Row, enclosed, groups, points
from iltheory.figures.sides import gap_and_bound

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet
    from sims import TabularMDP
    from sims.arithmetic import Numbers

ERROR = Fraction(1, 1000)
HORIZON = 64
DETOURS = (1, 2, 4, 8, 16, 32, 63)
SHOWN = {1: "1 step back", 8: "8 steps back", 128: "no way back"}
"""Ways back that are shown against the horizon."""
HORIZONS = (4, 8, 16, 32, 64, 128)


def detour(steps: int, horizon: int) -> tuple[TabularMDP, Numbers, Numbers]:
    """The way back to the track takes some steps: ``families.unicycle`` for one, the cliff for H.

    State 0 is the track, and states 1, 2, ... lead back to it, one a step, whatever is done. A step that starts on the
    track earns 1. The expert keeps to the track, the learner leaves it with probability ``ERROR`` at each step.
    """
    from iltheory.claims.tables import playing, task

    states = steps + 1
    moves = [[0, 1], *[[(state + 1) % states] * 2 for state in range(1, states)]]
    mdp = task(moves, [[1, 1], *[[0, 0]] * steps], horizon=horizon)
    expert = playing(*[0] * states)
    return mdp, expert, (1 - ERROR) * expert + ERROR * (1 - expert)


def work(cell: Cell) -> Mapping[str, Any]:
    """Exact gap, u, DAgger's bound, the one with a u for each step, and cloning's."""
    import iltheory as il
    from iltheory.claims.dagger_2011 import on_policy_bound
    from iltheory.claims.ross_bagnell_2010 import forward_stepwise, supervised_bound

    instance = detour(cell["detour"], cell["horizon"])
    return {
        **gap_and_bound(on_policy_bound(*instance)),
        "u": enclosed(il.disadvantage(*instance)),
        "bound by steps": enclosed(forward_stepwise(*instance).rhs),
        "bound of cloning": enclosed(supervised_bound(*instance).rhs),
    }


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Against u at one horizon on the left, against the horizon on the right; what is left of bounds below."""
    from iltheory.figures.sheet import PALE, ratios

    sweeps = groups(rows, "sweep")
    (left, below_left), (right, below_right) = sheet.with_ratios(2)
    left.named(x="", y="gap", log="xy")
    below_left.named(x=f"$u$, at $H = {HORIZON}$", y="gap / bound", log="x")
    by_u = [{**row, "price": float(row["u"].middle)} for row in sweeps["u"]]
    gaps, bounds = points(by_u, "price", "gap"), points(by_u, "price", "bound")
    left.bound(points(by_u, "price", "bound of cloning"), r"cloning: $H^2 \epsilon$", colour=PALE)
    left.bound(bounds, r"DAgger: $u H \epsilon$")
    left.exponents({left.curve(gaps, f"at $H = {HORIZON}$"): gaps}, where="lower right")
    below_left.curve(ratios(gaps, bounds), f"at $H = {HORIZON}$")
    stepwise = ratios(gaps, points(by_u, "price", "bound by steps"))
    below_left.curve(stepwise, r"ratio to $\sum_h u_h \epsilon_h$", style=len(SHOWN) + 1)
    below_left.ticks([round(u) for u, _ in gaps])

    right.named(x="", y="", log="xy")
    below_right.named(x="horizon $H$", y="", log="x")
    curves = {}
    for style, (steps, of_steps) in enumerate(groups(sweeps["H"], "detour").items(), start=1):
        curves[style] = gaps = points(of_steps, "horizon", "gap")
        bounds = points(of_steps, "horizon", "bound")
        right.curve(gaps, SHOWN[steps], style=style)
        right.bound(bounds, r"DAgger: $u H \epsilon$")
        below_right.curve(ratios(gaps, bounds), SHOWN[steps], style=style)
    right.exponents(curves, where="upper left")
    right.slope(curves[1], 1)
    right.axes.margins(y=0.3)
    below_right.ticks(HORIZONS)
    for below in (below_left, below_right):
        below.axes.set_ylim(0, 1.1)
    sheet.legend([left, right, below_left], columns=3)


FIGURES = (
    Figure(
        id="recoverability",
        title="DAgger's bound from u = 1 to u = H",
        caption="Exact gaps of a learner that leaves the track with probability 1/1000 at each step, if the way back "
        "takes $u$ steps that earn nothing, up to the horizon. One step is the unicycle, a way beyond the horizon the "
        r"cliff. DAgger's bound $u H \epsilon$ (dashed) grows from linear to quadratic with the gap; the half that it "
        r"loses on the cliff is due to one $u$ for all steps, and $\sum_h u_h \epsilon_h$ wins it back." + FITTED,
        claims=(
            "dagger-2011-thm-2-2",
            "ross-bagnell-2010-forward.sharper",
            "ross-bagnell-2010-thm-2-1",
        ),
        data=Computation(
            "recoverability-by-detour",
            work,
            [
                *grid(sweep=("u",), detour=DETOURS, horizon=(HORIZON,)),
                *grid(sweep=("H",), detour=tuple(SHOWN), horizon=HORIZONS),
            ],
        ),
        draw=draw,
        wide=True,
        aspect=0.7,
    ),
)
