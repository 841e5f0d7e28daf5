"""Cloning with the log loss on an Atari game: the exact gap beside the squared Hellinger distance of trajectories.

Foster, Block and Misra (2024): whatever the horizon, the gap is at most the largest return times that distance. All
three are exact on a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.statistics import SLOPES, mean_over_seeds, slope_in_words
from iltheory.experiments.tables import HARD_OF_HEARING, counted, grid, groups, noisy_game, verdict

CLAIM = "foster-2024-thm-2-1.sharp"


def work(cell: Cell) -> Mapping[str, Any]:
    """Both sides of the claim for the clone of some demonstrations, as upper ends of enclosures."""
    from iltheory import learners
    from iltheory.measures import trajectory_hellinger2
    from sims import arithmetic as ar

    mdp = noisy_game(cell["table"], cell["horizon"])
    expert, floats = mdp.optimal_policy(), mdp.to("float64")
    clone = learners.behavioral_cloning(floats.sample(expert, cell["trajectories"], cell["seed"]), mdp)
    comparison, word = verdict(CLAIM, mdp, expert, clone)
    intervals = mdp.to("interval")
    distance = trajectory_hellinger2(intervals, intervals.policy(clone), intervals.policy(expert))
    return {
        "states": mdp.n_states,
        "gap": float(ar.upper(comparison.lhs)),
        "bound": float(ar.upper(comparison.rhs)),
        "distance": float(ar.upper(distance)),
        "verdict": word,
    }


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row a game, horizon and number of demonstrations; slopes in that number."""
    rows: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    for (table, horizon), of_game in groups(outcomes, "table", "horizon").items():
        by_size = {n: [o.result for o in some] for (n,), some in groups(of_game, "trajectories").items()}
        for n, results in by_size.items():
            sides = [
                str(mean_over_seeds([result[side] for result in results])) for side in ("gap", "distance", "bound")
            ]
            rows.append((table, str(horizon), str(n), str(len(results)), *sides))
        words = [
            slope_in_words({n: [result[side] for result in results] for n, results in by_size.items()})
            for side in ("gap", "bound")
        ]
        findings.append(
            Finding(f"{table}, H = {horizon}: slope in N of the gap {words[0]}, of its bound {words[1]}", CLAIM)
        )
    verdicts = [outcome.result["verdict"] for outcome in outcomes]
    vacuous = sum(outcome.result["distance"] >= 1 for outcome in outcomes)
    findings += [
        Finding(f"The bound in intervals: {counted(verdicts)} (undecided where both sides are 0).", CLAIM),
        Finding(
            "The bound is the largest return times the squared distance, and no gap exceeds the largest return: where "
            f"the distance is 1 or more, in {vacuous} of {len(outcomes)} cells, it says nothing."
        ),
        Finding(
            "N demonstrations of the optimal policy are seen. Rewards are the game's points, its range of them mapped "
            "onto [0, 1]. All sides are upper ends of rigorous enclosures."
        ),
        SLOPES,
        HARD_OF_HEARING,
    ]
    columns = ("table", "H", "N", "seeds", "mean gap [95 %, Student]", "mean squared distance", "mean bound")
    return Section(columns, tuple(rows), tuple(findings), verdicts.count("refuted"))


EXPERIMENT = Experiment(
    id="hellinger",
    title="Cloning with the log loss on exact, noisy Atari tables: the gap beside the trajectory Hellinger distance",
    work=work,
    full=[
        cell
        for table, horizon in (("breakout", 14), ("freeway", 16), ("space_invaders", 7))
        for cell in grid(table=(table,), horizon=(horizon,), trajectories=(1, 2, 4, 8, 16, 32, 64), seed=range(10))
    ],
    smoke=grid(table=("breakout",), horizon=(8,), trajectories=(1, 4, 16), seed=range(2)),
    summary=summary,
)
