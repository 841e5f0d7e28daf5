"""DAgger's bound u H epsilon on Atari games, with u computed exactly: what one action loses where the learner goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.rounding import at_most
from iltheory.experiments.statistics import SLOPES, mean_over_seeds, slope_in_words
from iltheory.experiments.tables import HARD_OF_HEARING, counted, grid, groups, horizons, noisy_game, verdict

CLAIM = "dagger-2011-thm-2-2"
ROUNDS = 5


def work(cell: Cell) -> Mapping[str, Any]:
    """Gap, bound, u and error of DAgger's policy after some rounds of one trajectory (upper ends), and a verdict."""
    import iltheory as il
    from iltheory import learners
    from sims import arithmetic as ar

    mdp = noisy_game(cell["table"], cell["horizon"])
    expert = mdp.optimal_policy()
    everything = learners.TabularPolicies()
    run = learners.dagger(
        mdp.to("float64"), ar.midpoint(expert), everything, iterations=ROUNDS, trajectories=1, rng=cell["seed"]
    )
    intervals = mdp.to("interval")
    learner = intervals.policy(run.policy)
    comparison, word = verdict(CLAIM, intervals, expert, learner)
    sides = {
        "gap": comparison.lhs,
        "bound": comparison.rhs,
        "u": il.disadvantage(intervals, expert, learner),
        "error": il.on_policy_error_rate(intervals, expert, learner),
    }
    uppers = {name: float(ar.upper(side)) for name, side in sides.items()}
    return {"states": mdp.n_states, "verdict": word, **uppers}


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row a game and horizon; how u grows with the horizon says whether the game forgives."""
    rows: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    for (table,), of_table in groups(outcomes, "table").items():
        by_horizon = {h: [o.result for o in some] for (h,), some in groups(of_table, "horizon").items()}
        for h, results in by_horizon.items():
            sides = [mean_over_seeds([result[side] for result in results]) for side in ("gap", "u", "error")]
            bound = mean_over_seeds([result["bound"] for result in results])
            quadratic = mean_over_seeds([h**2 * result["error"] for result in results])
            rows.append(
                (table, str(h), str(len(results)), *map(str, sides), f"{bound.centre:.3g}", f"{quadratic.centre:.3g}")
            )
        largest = max(result["u"] / h for h, results in by_horizon.items() for result in results)
        slope = slope_in_words({h: [result["u"] for result in results] for h, results in by_horizon.items()})
        findings.append(Finding(f"{table}: slope of u in H {slope}; u is at most {at_most(largest, 3)} H", CLAIM))
    verdicts = [outcome.result["verdict"] for outcome in outcomes]
    same = all(len({o.result["u"] for o in some}) == 1 for some in groups(outcomes, "table", "horizon").values())
    if same:
        findings.append(
            Finding(
                "u is the same for all seeds, as noise leads every learner to the same states: its intervals have no "
                "width, and those of its slopes say nothing of how well a power of H fits."
            )
        )
    findings += [
        Finding(
            f"DAgger asks the optimal policy along one trajectory of its own in each of {ROUNDS} rounds. Rewards are "
            "the game's points, its range of them mapped onto [0, 1]. All sides are upper ends of rigorous enclosures."
        ),
        Finding(f"The gap is at most u H error, in intervals: {counted(verdicts)} (undecided where all are 0).", CLAIM),
        SLOPES,
        HARD_OF_HEARING,
    ]
    columns = ("table", "H", "seeds", "mean gap [95 %, Student]", "u", "error", "mean u H error", "mean H^2 error")
    return Section(columns, tuple(rows), tuple(findings), verdicts.count("refuted"))


EXPERIMENT = Experiment(
    id="recoverability",
    title="DAgger's u on exact, noisy Atari tables",
    work=work,
    full=horizons(seeds=10),
    smoke=grid(table=("breakout",), horizon=(6, 8, 10), seed=range(2)),
    summary=summary,
)
