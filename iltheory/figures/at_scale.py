"""The same questions on real worlds and on tables: Atari games and MuJoCo's runners beside a Garnet and a frozen lake.

The outcomes at scale are those of `iltheory scale`; the tables beside them are computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell, Outcome
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups
from sims.arithmetic import Enclosure

if TYPE_CHECKING:
    from iltheory.experiments.statistics import Estimate
    from iltheory.figures.sheet import Panel, Sheet

CLONING, ON_POLICY, MOMENTS = "ross-bagnell-2010-thm-2-1", "dagger-2011-thm-2-2", "swamy-2021-reward.time-dependent"
HELLINGER = "foster-2024-thm-2-1.sharp"
COMPARED = ("behavioural cloning", "DAgger", "moment matching")
"""Learners that the experiments compare, too."""
TABLES, HORIZONS, DEMONSTRATIONS, SEEDS = ("Garnet", "FrozenLake 4x4"), (8, 12, 16, 24), 3, 10
NO_GAP_IS_LARGER = "$H$: no gap is larger"
GAMES = {"breakout": "Breakout", "freeway": "Freeway", "pong": "Pong", "space_invaders": "Space Invaders"}


def work(cell: Cell) -> Mapping[str, Any]:
    """Gaps of three learners from a few demonstrations, and their bounds, as the experiments find them on games."""
    from iltheory.engine.comparison import compare
    from iltheory.engine.worlds import problem
    from sims import arithmetic as ar
    from sims import families

    horizon, seed = cell["horizon"], cell["seed"]
    if cell["table"] == "Garnet":
        mdp = families.garnet(n_states=20, n_actions=4, branching=3, horizon=horizon, rng=0)
        expert = mdp.optimal_policy()
    else:
        mdp, expert = problem(cell["table"], horizon=horizon)
    demos = mdp.to("float64").sample(ar.midpoint(expert), DEMONSTRATIONS, seed)
    rows = []
    for row in compare(mdp, expert, demos, rng=seed, only=COMPARED):
        assert row.gap is not None and row.own_bound is not None
        verdict = {1: "holds", 0: "undecided", -1: "refuted"}[row.gap.compare("<=", row.own_bound)]
        gap, bound = enclosed(row.gap), enclosed(row.own_bound)
        rows.append({"learner": row.learner, "gap": gap, "bound": bound, "verdict": verdict})
    return {"rows": rows}


# Rows of the experiments.


def _compared(outcome: Outcome) -> list[dict[str, Any]]:
    """A row a learner: upper ends of rigorous enclosures."""
    sides = {"gap": "gaps", "bound": "bounds", "verdict": "verdicts"}
    return [
        {"learner": name} | {one: outcome.result[many][name] for one, many in sides.items()}
        for name in outcome.result["gaps"]
    ]


def _as_it_is(outcome: Outcome) -> list[dict[str, Any]]:
    return [dict(outcome.result)]


def _value(outcome: Outcome) -> list[dict[str, Any]]:
    """The value of a game, between its certified bounds."""
    found = outcome.result
    value = Enclosure(Fraction(found["dual"]), Fraction(found["primal"]), "interval")
    return [{"states": found["states"], "value": enclosed(value), "method": found["method"]}]


def _sampled(outcome: Outcome) -> list[dict[str, Any]]:
    """Both sides with confidence, the mean gap of fresh episodes, and the verdict."""
    from iltheory.experiments.horizon_hopper import CELLS, DELTA

    delta = Fraction(DELTA) / CELLS
    ends = {side: [Fraction(end) for end in outcome.result[side]] for side in ("gap", "bound")}
    sides = {side: enclosed(Enclosure(lower, upper, "confidence", delta)) for side, (lower, upper) in ends.items()}
    return [{**sides, "mean gap": outcome.result["mean"], "verdict": outcome.result["outcome"]}]


def _normalised(outcome: Outcome) -> list[dict[str, Any]]:
    """0 for uniformly random actions, 1 for the expert."""
    from iltheory.experiments.control import normalised

    return [{"return": outcome.result["return"], "normalised": normalised(outcome.result)}]


# Drawing.


def _mean(rows: Sequence[Row], name: str) -> Estimate:
    """Mean over seeds; of the upper ends of enclosures, 0 where a gap may be 0."""
    from iltheory.experiments.statistics import mean_over_seeds

    values = [row[name] for row in rows]
    return mean_over_seeds(
        [float(x.upper if x.lower > 0 else 0) if isinstance(x, Enclosure) else float(x) for x in values]
    )


def _curve(panel: Panel, rows: Sequence[Row], x: str, y: str, label: str, *, style: int) -> None:
    """Means over seeds with their band; a hollow mark on the edge where each may be 0 and the axis is logarithmic."""
    from iltheory.figures.sheet import COLOURS, MARKERS

    means = {size: _mean(some, y) for size, some in sorted(groups(rows, x).items())}
    edge = [size for size, mean in means.items() if mean.centre == 0 and panel.axes.get_yscale() == "log"]
    panel.curve([(size, mean) for size, mean in means.items() if size not in edge], label, style=style)
    for size in edge:
        panel.axes.plot(
            size, 0, transform=panel.axes.get_xaxis_transform(), marker=MARKERS[style], markerfacecolor="white",
            markeredgecolor=COLOURS[style], clip_on=False, zorder=4,
        )  # fmt: skip


def _bound(panel: Panel, rows: Sequence[Row], x: str, *, style: int) -> None:
    """Mean of the upper ends of the bounds of some seeds, in the colour of what they bound."""
    from iltheory.figures.sheet import COLOURS

    means = [(size, _mean(some, "bound").centre) for size, some in sorted(groups(rows, x).items())]
    panel.bound(means, "_", colour=COLOURS[style])


def _gaps(panel: Panel, rows: Sequence[Row], title: str, *, sampled: bool = False) -> None:
    """Gap and bound of each learner against the horizon, which no gap exceeds; sampled means may be negative."""
    from iltheory.figures.sheet import PALE

    learners, horizons = groups(rows, "learner"), sorted({row["horizon"] for row in rows})
    panel.named(x="horizon $H$", y="", title=title, log="xy")
    if sampled:
        panel.axes.set_yscale("symlog", linthresh=1)
    for style, name in enumerate(COMPARED):
        _curve(panel, learners[name], "horizon", "mean gap" if sampled else "gap", name, style=style)
        _bound(panel, learners[name], "horizon", style=style)
    panel.axes.plot(horizons, horizons, color=PALE, linewidth=1, linestyle=(0, (1, 2)), label=NO_GAP_IS_LARGER)
    panel.ticks(horizons)


def _of(rows: Sequence[Row], experiment: str | None) -> list[Row]:
    """The rows of one experiment; those computed here for None."""
    return [row for row in rows if row.get("experiment") == experiment]


def draw_atari(rows: Sequence[Row], sheet: Sheet) -> None:
    """Gaps against the horizon on tables and games; below, recoverability, demonstrations and duality gaps."""
    from iltheory.figures.sheet import INK

    panels = sheet.panels(3, 3)
    gaps = groups([*_of(rows, None), *_of(rows, "horizon-tables")], "table")
    for panel, (table, some) in zip(panels[:6], gaps.items(), strict=True):
        _gaps(panel, some, GAMES.get(table, table))
    panels[0].bound([], "bounds", colour=INK)
    for panel in panels[0:6:3]:
        panel.axes.set_ylabel("gap")
    recoverable, demonstrated, solved = panels[6:]
    recoverable.named(x="horizon $H$", y="recoverability $u$", log="xy")
    _games(recoverable, _of(rows, "recoverability"), "horizon", "u")
    longest = sorted({row["horizon"] for row in _of(rows, "recoverability")})
    recoverable.bound([(h, h) for h in longest], "$u = H$")
    recoverable.ticks([4, 8, 16, 28])
    demonstrated.named(x="demonstrations", y="gap", log="xy")
    _games(demonstrated, _of(rows, "hellinger"), "trajectories", "gap")
    demonstrated.ticks([1, 4, 16, 64])
    _solved(solved, _of(rows, "duality-gaps"))
    sheet.legend(panels[:6], columns=2)
    sheet.figure.legend(
        *recoverable.axes.get_legend_handles_labels(),
        ncols=5,
        loc="outside lower left",
        columnspacing=1,
        handletextpad=0.4,
    )


def _games(panel: Panel, rows: Sequence[Row], x: str, y: str) -> None:
    """A curve a game, and its bound where there is one."""
    games = groups(rows, "table")
    for style, (table, name) in enumerate(GAMES.items()):
        if table in games:
            _curve(panel, games[table], x, y, name, style=style)
            if y == "gap":
                _bound(panel, games[table], x, style=style)


def _solved(panel: Panel, rows: Sequence[Row]) -> None:
    """Certified duality gaps of two games by the weight of the entropy."""
    temperatures = sorted({row["temperature"] for row in rows})
    for game, some in groups(rows, "game").items():
        panel.curve(sorted((temperatures.index(row["temperature"]), float(row["value"].width)) for row in some), game)
    panel.axes.set_xticks(range(len(temperatures)), [f"{temperature:g}" for temperature in temperatures])
    panel.named(x="temperature", y="duality gap", log="y")
    panel.axes.legend(loc="lower right", borderpad=0, handlelength=2)


def draw_mujoco(rows: Sequence[Row], sheet: Sheet) -> None:
    """Gaps against the horizon on a table and on Hopper; returns of neural learners on all runners."""
    from iltheory.figures.sheet import INK

    table, hopper, returns = sheet.panels(3, width_ratios=(1, 1, 1.2))
    _gaps(table, [row for row in _of(rows, None) if row["table"] == "Garnet"], "Garnet, exact")
    table.bound([], "bounds", colour=INK)
    table.axes.set_ylabel("gap")
    _gaps(hopper, _of(rows, "horizon-hopper"), "Hopper, sampled", sampled=True)
    _returns(returns, _of(rows, "locomotion"))
    sheet.legend([table, hopper], columns=2)
    sheet.figure.legend(*returns.axes.get_legend_handles_labels(), ncols=3, loc="outside lower right")


def _returns(panel: Panel, rows: Sequence[Row]) -> None:
    """A row a learner: means over seeds with Student's intervals, a mark an environment."""
    from iltheory.figures.sheet import COLOURS, MARKERS, PALE

    learners = list(groups(rows, "learner"))
    for i, (env, of_env) in enumerate(groups(rows, "env").items()):
        for j, (learner, some) in enumerate(groups(of_env, "learner").items()):
            mean, place = _mean(some, "normalised"), learners.index(learner) + 0.22 * (i - 1)
            panel.axes.plot([mean.low, mean.high], [place, place], color=COLOURS[i], linewidth=0.8)
            panel.axes.plot(
                mean.centre, place, marker=MARKERS[i], markeredgewidth=0, color=COLOURS[i], linestyle="",
                label=env.removesuffix("-v5") if j == 0 else None,
            )  # fmt: skip
    for level in (0, 1):
        panel.axes.axvline(level, color=PALE, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
    panel.named(x="return", y="", title="one demonstration")
    panel.axes.set_xticks([0, 1], ["random", "expert"])
    panel.axes.set_yticks(range(len(learners)), learners)
    panel.axes.invert_yaxis()


TABULAR = Computation("at-scale", work, grid(table=TABLES, horizon=HORIZONS, seed=range(SEEDS)))
FIGURES = (
    Figure(
        id="scale-atari",
        title="Gaps beside their bounds on tables and on Atari games",
        caption=f"Exact tables of {len(GAMES)} noisy Atari games beside two small ones: gaps after few demonstrations "
        "and their bounds (thin, dashed) against the horizon; those above the dotted line say nothing. Hollow marks "
        "on the lower edge are gaps that may be 0. Below, what one action may lose where DAgger goes; the gap of "
        "clones beside its bound by the Hellinger distance of trajectories; certified duality gaps on Breakout.",
        claims=(CLONING, ON_POLICY, MOMENTS, HELLINGER),
        data=TABULAR,
        draw=draw_atari,
        wide=True,
        aspect=1.05,
        scale={
            "horizon-tables": _compared,
            "recoverability": _as_it_is,
            "hellinger": _as_it_is,
            "duality-gaps": _value,
        },
    ),
    Figure(
        id="scale-mujoco",
        title="Gaps beside their bounds on a table and on MuJoCo's runners",
        caption="Gaps and their bounds (thin, dashed) against the horizon, on a Garnet exactly and on Hopper by "
        "sampling (upper ends of the bounds), where all verdicts together hold with confidence 95 %. Bounds above the "
        "dotted line say nothing, and on Hopper all are. Right: the returns that neural learners reach in minutes "
        "after one demonstration, between those of random actions and of the expert.",
        claims=(CLONING, ON_POLICY, MOMENTS),
        data=TABULAR,
        draw=draw_mujoco,
        wide=True,
        aspect=0.58,
        scale={"horizon-hopper": _sampled, "locomotion": _normalised},
    ),
)
