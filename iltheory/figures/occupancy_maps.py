"""Where an expert and its learner go on a grid world, and where they differ: exact occupancies as maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups

if TYPE_CHECKING:
    from matplotlib.colors import Normalize
    from matplotlib.image import AxesImage

    from iltheory.figures.sheet import Panel, Sheet

HORIZON, DEMONSTRATIONS, SLIPS = 20, 10, Fraction(1, 10)
ACTIONS = {
    "FrozenLake 4x4": ("left", "down", "right", "up"),
    "CliffWalking": ("up", "right", "down", "left"),
}
"""In the order of Gymnasium's documentation."""
DIRECTIONS = {"left": (-1, 0), "down": (0, -1), "right": (1, 0), "up": (0, 1)}
COLUMNS = {"FrozenLake 4x4": 4, "CliffWalking": 12}
"""Of the grids; their states are numbered row after row."""
SHADES, DIFFERENCES = "cividis", "PuOr"
"""Maps of colours that colour-blind readers can tell apart, too."""


def work(cell: Cell) -> Mapping[str, Any]:
    """How often states are visited (mean over steps, exact) and what is done there; then the gap beside its bound."""
    import iltheory as il
    from iltheory.engine.worlds import problem

    mdp, expert = problem(cell["world"], horizon=cell["horizon"])
    learner = _learner(cell, mdp, expert)
    rows = [
        {"policy": name, **row}
        for name, policy in (("expert", expert), ("learner", learner))
        for row in _visits(mdp, policy, ACTIONS[cell["world"]])
    ]
    gap, bound = il.gap(mdp, expert, learner), mdp.horizon * il.occupancy_tv(mdp, expert, learner)
    verdict = "holds" if bool(gap <= bound) else "refuted"
    return {"rows": [*rows, {"gap": enclosed(gap), "bound": enclosed(bound), "verdict": verdict}]}


def _learner(cell: Cell, mdp: Any, expert: Any) -> Any:
    """On the lake the clone of a few episodes; on the cliff, where one episode shows all, an expert that slips."""
    from iltheory import learners
    from sims import arithmetic as ar

    if cell["world"] == "FrozenLake 4x4":
        demos = mdp.to("float64").sample(ar.midpoint(expert), DEMONSTRATIONS, cell["seed"])
        return learners.behavioral_cloning(demos, mdp)
    return (1 - SLIPS) * expert + SLIPS / mdp.n_actions


def _visits(mdp: Any, policy: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """A row a state: share of the steps, what share of them each action takes, whether an episode ends there."""
    shares = mdp.occupancy(policy).sum(0) / mdp.horizon  # [S, A]
    rows = []
    for state in range(mdp.n_states):
        taken = [Fraction(share) for share in shares[state]]
        visits = sum(taken, Fraction(0))
        acts = {name: float(share / visits) for name, share in zip(names, taken, strict=True)} if visits else {}
        ends = all(Fraction(p) == 1 for p in mdp.P[state, :, state])
        rows.append({"state": state, "visits": enclosed(visits), "ends": ends, **acts})
    return rows


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A column a world: the expert's map, the learner's in the same colours, and the difference."""
    from matplotlib.colors import Normalize, PowerNorm

    of_worlds = groups(rows, "world")
    visits = {
        (world, who): [row["visits"].middle for row in of_world if row.get("policy") == who]
        for world, of_world in of_worlds.items()
        for who in ("expert", "learner")
    }
    differences = {
        world: [y - x for x, y in zip(visits[world, "expert"], visits[world, "learner"], strict=True)]
        for world in of_worlds
    }
    most = max(max(values) for values in visits.values())
    furthest = max(abs(x) for values in differences.values() for x in values)
    shades, signed = PowerNorm(0.5, 0, most), Normalize(-furthest, furthest)
    panels = sheet.panels(len(of_worlds), 3, width_ratios=[COLUMNS[world] for world in of_worlds])
    for i, (world, of_world) in enumerate(of_worlds.items()):
        for j, who in enumerate(("expert", "learner")):
            panel = panels[j * len(of_worlds) + i]
            seen = _map(panel, visits[world, who], shades, SHADES, COLUMNS[world])
            _arrows(panel, [row for row in of_world if row.get("policy") == who], world)
        differ = _map(panels[2 * len(of_worlds) + i], differences[world], signed, DIFFERENCES, COLUMNS[world])
        panels[i].named(x="", y="", title=world)
    for j, name in enumerate(("expert", "learner", "difference")):
        panels[j * len(of_worlds)].axes.set_ylabel(name)
    axes = [panel.axes for panel in panels]
    sheet.figure.colorbar(seen, ax=axes[: 2 * len(of_worlds)], label="share of the steps", aspect=30)
    sheet.figure.colorbar(differ, ax=axes[2 * len(of_worlds) :], label="learner $-$ expert", aspect=15)


def _map(panel: Panel, values: Sequence[float], norm: Normalize, colours: str, columns: int) -> AxesImage:
    """One square a state; never visited ones stay white."""
    import numpy as np

    table = np.reshape(values, (-1, columns))
    panel.axes.set(xticks=[], yticks=[])
    panel.axes.spines[["top", "right"]].set_visible(True)
    return panel.axes.imshow(np.ma.masked_equal(table, 0), norm=norm, cmap=colours)


def _arrows(panel: Panel, rows: Sequence[Row], world: str) -> None:
    """Arrows as long as actions are frequent; rings where episodes end."""
    from iltheory.figures.sheet import INK

    visited = [row for row in rows if row["visits"].lower > 0]
    columns = COLUMNS[world]
    for name in ACTIONS[world]:
        shown = [row for row in visited if not row["ends"] and row[name] > 0]
        x, y = [row["state"] % columns for row in shown], [row["state"] // columns for row in shown]
        u, v = ([DIRECTIONS[name][axis] * 0.42 * row[name] for row in shown] for axis in (0, 1))
        panel.axes.quiver(
            x, y, u, [-step for step in v], angles="xy", scale_units="xy", scale=1, units="xy", width=0.09,
            headwidth=3, headlength=2.6, headaxislength=2.6, minlength=0, facecolor="white", edgecolor=INK,
            linewidth=0.4,
        )  # fmt: skip
    ends = [row["state"] for row in visited if row["ends"]]
    panel.axes.scatter(
        [state % columns for state in ends], [state // columns for state in ends], s=14, facecolor="none",
        edgecolor="white", linewidths=0.9,
    )  # fmt: skip


FIGURES = (
    Figure(
        id="occupancy-maps",
        title="Where an expert and its learner go",
        caption=f"Exact shares of {HORIZON} steps that optimal experts and their learners spend in each state; white "
        "squares are never visited. Arrows are as long as actions are frequent, and in a ring episodes have "
        f"ended. Left, the clone of {DEMONSTRATIONS} episodes; right, the expert with a random action at one step in "
        f"{1 / SLIPS}. The gap is at most {HORIZON} times half the sum of the differences, taken at each step.",
        claims=("j-gap-from-occ.finite",),
        data=Computation("occupancy-maps", work, grid(world=tuple(COLUMNS), horizon=(HORIZON,), seed=(0,))),
        draw=draw,
        wide=True,
        aspect=0.72,
    ),
)
