"""All learners on one problem: what each loses, exactly, beside what the theorem behind it allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups

if TYPE_CHECKING:
    from iltheory.figures.sheet import Panel, Sheet

WORLDS = ("Garnet", "FrozenLake 4x4", "CliffWalking")
HORIZON, TRAJECTORIES = 20, 10
VERDICTS = {1: "holds", 0: "undecided", -1: "refuted"}
RAIL = 0.2
"""Where gaps stand that may be 0, relative to the least positive number."""


def work(cell: Cell) -> Mapping[str, Any]:
    """Gap of every learner, the right-hand side of its theorem, and whether the one is at most the other."""
    from iltheory.engine.comparison import compare
    from sims import arithmetic as ar

    mdp, expert = _problem(cell["world"], cell["horizon"])
    demos = mdp.to("float64").sample(ar.midpoint(expert), cell["trajectories"], cell["seed"])
    rows = []
    for row in compare(mdp, expert, demos, rng=cell["seed"]):
        facts: dict[str, Any] = {"learner": row.learner, "access": row.access, "theorem": row.theorem}
        if row.gap is None or row.own_bound is None:
            rows.append({**facts, "why_not": row.why_not})
        else:
            verdict = VERDICTS[row.gap.compare("<=", row.own_bound)]
            rows.append({**facts, "gap": enclosed(row.gap), "bound": enclosed(row.own_bound), "verdict": verdict})
    return {"rows": rows}


def _problem(world: str, horizon: int) -> tuple[Any, Any]:
    """A model with rewards in [0, 1], and its optimal policy."""
    from iltheory.engine.worlds import problem
    from sims import families

    if world != "Garnet":
        return problem(world, horizon=horizon)
    garnet = families.garnet(n_states=20, n_actions=4, branching=3, horizon=horizon, rng=0)
    return garnet, garnet.optimal_policy()


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A row a learner, grouped by what it may use; a panel a world."""
    from iltheory.figures.sheet import INK, PALE

    of_worlds = groups(rows, "world")
    panels = sheet.panels(len(of_worlds), sharey=True)
    names = {row["learner"]: row["access"] for row in rows}
    ordered = [name for access in dict.fromkeys(names.values()) for name in names if names[name] == access]
    styles = {access: i for i, access in enumerate(dict.fromkeys(names.values()))}
    places = {name: i + 0.7 * styles[names[name]] for i, name in enumerate(ordered)}
    for panel, (world, of_world) in zip(panels, of_worlds.items(), strict=True):
        _panel(panel, of_world, places, styles)
        panel.named(x="gap", y="", title=world.partition(" ")[0], log="x")
    first = panels[0].axes
    first.set_yticks(list(places.values()), list(places))
    first.set_ylim(max(places.values()) + 0.7, -0.7)
    first.scatter([], [], marker="|", s=40, color=INK, label="theorem's bound")
    first.scatter([], [], marker="x", s=14, color=PALE, linewidths=0.8, label="no policy")
    sheet.legend(panels, columns=3)


def _panel(panel: Panel, rows: Sequence[Row], places: Mapping[str, float], styles: Mapping[str, int]) -> None:
    """Dots for gaps, ticks for bounds, joined; gaps that may be 0 on a rail at the left."""
    from iltheory.figures.sheet import COLOURS, INK, MARKERS, PALE

    axes = panel.axes
    found = [row for row in rows if "gap" in row]
    least = min(float(row["gap"].lower) for row in found if row["gap"].lower > 0)
    gaps = {row["learner"]: row["gap"].middle if row["gap"].lower > 0 else RAIL * least for row in found}
    for access, style in styles.items():
        names = [row["learner"] for row in found if row["access"] == access]
        axes.scatter(
            [gaps[name] for name in names], [places[name] for name in names], color=COLOURS[style],
            marker=MARKERS[style], s=12, linewidths=0, zorder=3, label=f"from {access}",
        )  # fmt: skip
    for row in found:
        gap, bound, y = gaps[row["learner"]], row["bound"].middle, places[row["learner"]]
        if bound > RAIL * least:
            axes.plot([gap, bound], [y, y], color=PALE, linewidth=0.5, zorder=1)
            axes.scatter([bound], [y], marker="|", s=40, color=INK, linewidths=1.0, zorder=2)
    if min(gaps.values()) < least:
        axes.axvline(RAIL * least, color=PALE, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
        axes.annotate(
            "0", (RAIL * least, 0), xycoords=("data", "axes fraction"), xytext=(2, 2), textcoords="offset points",
            fontsize="small", color=PALE,
        )  # fmt: skip
    without = [places[row["learner"]] for row in rows if "gap" not in row]
    axes.scatter(
        [0.97] * len(without), without, transform=axes.get_yaxis_transform(), marker="x", s=14, color=PALE,
        linewidths=0.8,
    )  # fmt: skip


FIGURES = (
    Figure(
        id="learners-beside-bounds",
        title="What every learner loses beside what its theorem allows",
        caption="Gaps of all learners, in rigorous intervals, beside the right-hand side of the theorem behind each, "
        f"after {TRAJECTORIES} demonstrations of the optimal policy (horizon {HORIZON}). Gaps that may be 0 stand on "
        "the dotted line; a learner without a policy plays a game of infinite value.",
        claims=(
            "ross-bagnell-2010-thm-2-1", "ross-bagnell-2010-forward", "dagger-2011-thm-2-2", "j-gap-from-occ.finite",
            "swamy-2021-reward.time-dependent", "swamy-2021-offq.unit-rewards", "swamy-2021-onq",
            "aggrevate-2014-thm-2-1",
        ),
        data=Computation(
            "learners-beside-bounds",
            work,
            grid(world=WORLDS, horizon=(HORIZON,), trajectories=(TRAJECTORIES,), seed=(0,)),
        ),
        draw=draw,
        wide=True,
        aspect=0.7,
    ),
)  # fmt: skip
