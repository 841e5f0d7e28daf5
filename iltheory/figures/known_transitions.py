"""What knowing the transitions is worth: least expected gaps and guarantees against the horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.rows import Row, groups, points
from iltheory.figures.sides import gap_and_bound

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet

STATES, TRAJECTORIES = 10, 2000
HORIZONS = (4, 8, 16, 32, 64, 128, 256)
SLOPES = {"unknown": 2, "known": 1}


def work(cell: Cell) -> Mapping[str, Any]:
    """Bayes risks of the two hard instances of two actions, and what cloning and Mimic-MD promise, in balls."""
    from iltheory.claims.rajaraman_2020 import rate
    from iltheory.claims.rajaraman_2020_mimic import process_bound
    from iltheory.claims.rajaraman_2020_reset import error_probability, reset_instance, survived, worst_law
    from sims import arithmetic as ar

    horizon = cell["horizon"]
    unknown, known = (ar.convert(worst_law(good, TRAJECTORIES), "ball") for good in (STATES - 1, STATES))
    mdp = reset_instance(unknown, 2, horizon).mdp
    compounding = horizon - survived(error_probability(unknown, 2, TRAJECTORIES), horizon)
    mended = horizon * error_probability(known, 2, TRAJECTORIES)
    return {
        "rows": [
            {"transitions": "unknown", **gap_and_bound(compounding <= rate(mdp, TRAJECTORIES))},
            {"transitions": "known", **gap_and_bound(mended <= process_bound(mdp, TRAJECTORIES // 2, horizon))},
        ]
    }


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Risks with their slopes, guarantees above, ratios below."""
    from iltheory.figures.sheet import INK, PALE, ratios, with_slope

    ((above, below),) = sheet.with_ratios()
    above.named(x="", y="expected gap", log="xy")
    below.named(x="horizon $H$", y="gap / bound", log="xy")
    of = groups(rows, "transitions")
    sides = {name: [points(some, "horizon", side) for side in ("gap", "bound")] for name, some in of.items()}
    above.bound(sides["unknown"][1], r"cloning: $|S| H^2 / (e N)$", colour=INK)
    above.bound(sides["known"][1], r"Mimic-MD: $2 |S| H^{3/2} / (\sqrt{e} N)$", colour=PALE)
    for name, (gaps, bounds) in sides.items():
        style = above.curve(gaps, with_slope(f"least, transitions {name}", gaps))
        above.slope(gaps, SLOPES[name])
        below.curve(ratios(gaps, bounds), name, style=style)
    above.axes.margins(y=0.1)
    above.legend()
    below.ticks(HORIZONS)


FIGURES = (
    Figure(
        id="known-transitions",
        title="Least expected gaps with known and with unknown transitions, against the horizon",
        caption=f"From {TRAJECTORIES} trajectories, with {STATES} states and 2 actions: the least expected gap of any "
        "learner where the right actions are random, on the reset instance, whose transitions depend on them, and on "
        r"one whose states are drawn afresh whatever is done; dashed, what cloning and, with known transitions, "
        r"Mimic-MD promise on every instance, in balls of 128 bits. Mimic-MD promises more from $H = 4 e$ on; "
        r"between $H$ and $H^{3/2}$ no claim of the catalogue decides." + FITTED,
        claims=(
            "rajaraman-2020-lower-bound.bayes-risk",
            "rajaraman-2020-bc-det",
            "rajaraman-2020-known-lower.exact",
            "rajaraman-2020-mimic-md.rate",
            "rajaraman-2020-mimic-md.sharper",
        ),
        data=Computation("known-transitions", work, grid(horizon=HORIZONS)),
        draw=draw,
        aspect=1.0,
    ),
)
