"""How imitation's gap grows with the horizon on Atari games that are exact tables, beside what theorems allow.

A cell is one game, horizon and seed: a few demonstrations of the optimal policy, and each learner's exact gap and
bound. The games are hard of hearing, so nobody copies an expert without mistakes from so few of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.statistics import SLOPES, mean_over_seeds, slope_in_words
from iltheory.experiments.tables import HARD_OF_HEARING, counted, grid, groups, horizons, noisy_game

if TYPE_CHECKING:
    from sims.arithmetic import Enclosure

COMPARED = ("behavioural cloning", "DAgger", "moment matching")
DEMONSTRATIONS = 3


def work(cell: Cell) -> Mapping[str, Any]:
    """Rigorous gaps, 0 where they may be 0, upper ends of their bounds, and a verdict on each."""
    from iltheory.engine.comparison import compare

    mdp = noisy_game(cell["table"], cell["horizon"])
    expert = mdp.optimal_policy()
    demos = mdp.to("float64").sample(expert, DEMONSTRATIONS, cell["seed"])
    rows = list(compare(mdp, expert, demos, rng=cell["seed"], only=COMPARED))
    pairs = {row.learner: (row.gap, row.own_bound) for row in rows if row.gap is not None and row.own_bound is not None}
    return {
        "states": mdp.n_states,
        "gaps": {name: float(gap.upper) if gap.lower > 0 else 0.0 for name, (gap, _) in pairs.items()},
        "bounds": {name: float(bound.upper) for name, (_, bound) in pairs.items()},
        "theorems": {row.learner: row.theorem for row in rows},
        "verdicts": {name: _verdict(gap, bound) for name, (gap, bound) in pairs.items()},
    }


def _verdict(gap: Enclosure, bound: Enclosure) -> str:
    if gap.upper <= bound.lower:
        return "holds"
    return "refuted" if gap.lower > bound.upper else "undecided"


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row a game, learner and horizon; a slope a game and learner."""
    rows: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    for (table,), of_table in groups(outcomes, "table").items():
        for name in COMPARED:
            by_horizon = {
                h: [o.result for o in some if name in o.result["gaps"]]
                for (h,), some in groups(of_table, "horizon").items()
            }
            gaps, bounds = (
                {h: [result[side][name] for result in results] for h, results in by_horizon.items() if results}
                for side in ("gaps", "bounds")
            )
            for h in gaps:
                bound = mean_over_seeds(bounds[h]).centre
                rows.append((table, name, str(h), str(len(gaps[h])), str(mean_over_seeds(gaps[h])), f"{bound:.3g}"))
            words = [slope_in_words(values) for values in (gaps, bounds)]
            theorem = of_table[0].result["theorems"][name]
            findings.append(
                Finding(f"{table}, {name}: slope in H of the gap {words[0]}, of its bound {words[1]}", theorem)
            )
    verdicts = [word for outcome in outcomes for word in outcome.result["verdicts"].values()]
    findings += [
        *_beside_cloning(outcomes),
        Finding(
            f"Cloning and moment matching see {DEMONSTRATIONS} demonstrations of the optimal policy; DAgger asks it "
            f"along {DEMONSTRATIONS} trajectories of its own, one a round. Rewards are the game's points, its range of "
            "them mapped onto [0, 1]; gaps are on that scale."
        ),
        Finding(f"Of {len(verdicts)} gaps beside their bounds, in rigorous enclosures: {counted(verdicts)}."),
        _vacuous(outcomes),
        SLOPES,
        HARD_OF_HEARING,
    ]
    columns = ("table", "learner", "H", "seeds", "mean gap [95 %, Student]", "mean bound")
    return Section(columns, tuple(rows), tuple(findings), verdicts.count("refuted"))


def _beside_cloning(outcomes: Sequence[Outcome]) -> list[Finding]:
    """Where the mean gap of another learner is smaller than that of cloning."""
    means = [
        {name: mean_over_seeds([o.result["gaps"][name] for o in some]).centre for name in COMPARED}
        for some in groups(outcomes, "table", "horizon").values()
        if all(name in o.result["gaps"] for o in some for name in COMPARED)
    ]
    return [
        Finding(
            f"The mean gap of {name} is below that of {COMPARED[0]} at {sum(m[name] < m[COMPARED[0]] for m in means)} "
            f"of {len(means)} games and horizons."
        )
        for name in COMPARED[1:]
    ]


def _vacuous(outcomes: Sequence[Outcome]) -> Finding:
    """How many bounds hold of any policy at all."""
    counts = []
    for name in COMPARED:
        bounds = [(o.result["bounds"][name], o.cell["horizon"]) for o in outcomes if name in o.result["bounds"]]
        counts.append(f"{sum(bound >= h for bound, h in bounds)} of {len(bounds)} of {name}")
    return Finding(f"No policy's gap exceeds H, so a bound of H or more says nothing: {', '.join(counts)}.")


EXPERIMENT = Experiment(
    id="horizon-tables",
    title="Gap against horizon on exact, noisy Atari tables: cloning, DAgger, moment matching",
    work=work,
    full=horizons(seeds=10),
    smoke=grid(table=("breakout",), horizon=(6, 8, 10), seed=range(2)),
    summary=summary,
)
