"""Cloning with the log loss: at a fixed Hellinger distance of trajectories the range of the return counts, not H."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.rows import Row, enclosed, points
from iltheory.figures.sides import gap_and_bound

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet
    from sims import TabularMDP
    from sims.arithmetic import Numbers

HORIZONS = (2, 4, 8, 16, 32, 64, 128)
AFFINITY = Fraction(3, 5)
"""Square root of the probability of never parting from the expert, so that D_H^2 = 2 (1 - 3/5) is rational."""
CURVES = {
    ("every step", "first step"): "$R = H$, parting at step 1",
    ("every step", "any step"): "$R = H$, parting at any step",
    ("last step", "any step"): "$R = 1$, parting at any step",
}
"""By where the cliff pays, and where the learner falls."""


def instance(pays: str, parts: str, horizon: int) -> tuple[TabularMDP, Numbers, Numbers]:
    """The cliff, its expert, and a learner that is still on the path at the end with probability ``AFFINITY**2``.

    It falls at the first step, or at any: it survives up to step h with probability ``(K / (K + h))**2``, where
    ``K / (K + H) = AFFINITY``.
    """
    from sims import arithmetic as ar
    from sims import families

    mdp, expert, _ = families.cliff(horizon=horizon, error=0)
    if pays == "last step":
        never = 0 * mdp.r
        mdp = mdp.with_rewards(ar.stack([never] * (horizon - 1) + [mdp.r]))
    if parts == "first step":
        errors = [1 - AFFINITY**2] + [Fraction(0)] * (horizon - 1)
    else:
        start = horizon * AFFINITY / (1 - AFFINITY)
        errors = [1 - ((start + h) / (start + h + 1)) ** 2 for h in range(horizon)]
    return mdp, expert, expert + (1 - 2 * expert) * ar.asarray(errors)[:, None, None]


def work(cell: Cell) -> Mapping[str, Any]:
    """Gap and bound of log-loss cloning in balls, the distance, and what cloning's H^2 epsilon gives."""
    from iltheory.claims.foster_2024 import horizon_free_sharp
    from iltheory.claims.ross_bagnell_2010 import supervised_bound
    from iltheory.measures import trajectory_hellinger2
    from sims import arithmetic as ar

    exact = instance(cell["pays"], cell["parts"], cell["horizon"])
    mdp, expert, learner = exact[0].to("ball"), *(ar.convert(policy, "ball") for policy in exact[1:])
    return {
        **gap_and_bound(horizon_free_sharp(mdp, expert, learner)),
        "distance": enclosed(trajectory_hellinger2(mdp, learner, expert)),
        "quadratic bound": enclosed(supervised_bound(*exact).rhs),
    }


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Gaps with their slopes, both bounds above, ratios below."""
    from iltheory.figures.sheet import PALE, ratios, with_slope

    ((above, below),) = sheet.with_ratios()
    above.named(x="", y="gap", log="xy")
    below.named(x="horizon $H$", y="gap / bound", log="x")
    curves = [[row for row in rows if (row["pays"], row["parts"]) == which] for which in CURVES]
    above.bound(points(curves[-1], "horizon", "quadratic bound"), r"$H^2 \epsilon$, at any step", colour=PALE)
    for of_curve in curves:
        above.bound(points(of_curve, "horizon", "bound"), r"$R\,D_H^2$" if of_curve is curves[0] else "")
    for of_curve, label in zip(curves, CURVES.values(), strict=True):
        gaps, bounds = points(of_curve, "horizon", "gap"), points(of_curve, "horizon", "bound")
        style = above.curve(gaps, with_slope(label, gaps))
        below.curve(ratios(gaps, bounds), label, style=style)
    above.slope(points(curves[1], "horizon", "gap"), 1)
    above.legend()
    below.ticks(HORIZONS)
    below.axes.set_ylim(0, 1.1)


FIGURES = (
    Figure(
        id="log-loss-horizon",
        title="Gap against horizon at a fixed Hellinger distance of trajectories",
        caption=r"Gaps on the cliff, in balls of 128 bits, of learners at the same $D_H^2 = 4/5$ from the expert. "
        r"Where every step pays 1 the return has range $R = H$, where only the last does $R = 1$. The bound "
        r"$R\,D_H^2$ of cloning with the log loss (dashed, black) knows the difference; $H^2 \epsilon$ (grey) does "
        "not." + FITTED,
        claims=("foster-2024-thm-2-1.sharp", "foster-2024-thm-2-1", "ross-bagnell-2010-thm-2-1"),
        data=Computation(
            "log-loss-horizon",
            work,
            [{"pays": pays, "parts": parts, "horizon": horizon} for pays, parts in CURVES for horizon in HORIZONS],
        ),
        draw=draw,
        aspect=1.0,
    ),
)
