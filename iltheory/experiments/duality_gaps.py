"""Certified duality gaps of GAIL's and IQ-Learn's games on Atari tables of ten thousand states and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from time import process_time
from typing import Any

from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.rounding import at_least, at_most
from iltheory.experiments.tables import game, grid

DEMONSTRATIONS, EXPERT_TEMPERATURE = 10, 0.1
GAMES = {"GAIL": "jensen-shannon", "IQ-Learn": "chi2"}
"""The divergence behind each game."""
SHOWN = {"GAIL": "demonstrations", "IQ-Learn": "occupancy"}
"""What is imitated. The chi-squared divergence from a few demonstrations is infinite for every policy that may leave
them, so that game is played against the expert's occupancy."""


def work(cell: Cell) -> Mapping[str, Any]:
    """Rigorous bounds on the value of the game against a soft-optimal expert."""
    from iltheory.games import DivergenceRewards, OccupancyGame, solve
    from iltheory.learners.demonstrations import shown_alone

    mdp = game(cell["table"], cell["horizon"]).to("float64")
    expert = mdp.soft_optimal(EXPERT_TEMPERATURE).policy
    whole = SHOWN[cell["game"]] == "occupancy"
    shown = expert if whole else mdp.sample(expert, DEMONSTRATIONS, cell["seed"])
    rewards = DivergenceRewards(GAMES[cell["game"]])
    started = process_time()
    saddle = solve(OccupancyGame(mdp, shown_alone(mdp, shown), rewards, cell["temperature"]), tolerance=1e-4)
    relative = saddle.relative_gap
    return {
        "states": mdp.n_states,
        "primal": float(saddle.primal.upper),
        "dual": float(saddle.dual.lower),
        "relative": relative if relative < inf else str(relative),
        "method": saddle.method,
        "seconds": process_time() - started,
    }


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row a game."""
    rows = tuple(
        (
            outcome.cell["table"],
            str(outcome.result["states"]),
            f"{outcome.cell['game']}, {SHOWN[outcome.cell['game']]}",
            str(outcome.cell["temperature"]),
            f"[{at_least(outcome.result['dual'], 8)}, {at_most(outcome.result['primal'], 8)}]",
            at_most(outcome.result["primal"] - outcome.result["dual"], 2),
            outcome.result["method"],
            f"{outcome.result['seconds']:.1f}",
        )
        for outcome in outcomes
    )
    gaps = [outcome.result["primal"] - outcome.result["dual"] for outcome in outcomes]
    relative = [float(outcome.result["relative"]) for outcome in outcomes]
    worst, tables = max((gap for gap in relative if gap < inf), default=0.0), {o.cell["table"] for o in outcomes}
    largest = max(outcome.result["states"] for outcome in outcomes)
    columns = ("table", "states", "game, imitated", "temperature", "value, certified", "gap", "solver", "CPU s")
    finding = Finding(
        f"On {', '.join(sorted(tables))}, of up to {largest} states, the duality gap is at most "
        f"{at_most(max(gaps), 2)}, and at most {at_most(worst, 2)} of the value where that is not 0 (rigorous bounds, "
        "rounded outward)."
    )
    imitated = Finding(
        f"The expert, soft-optimal at temperature {EXPERT_TEMPERATURE}, gives GAIL {DEMONSTRATIONS} demonstrations; "
        "the chi-squared divergence from those is infinite for every policy that may leave them, so IQ-Learn's game is "
        "played against the expert's occupancy. The temperature of the table weighs the learner's entropy."
    )
    return Section(columns, rows, (finding, imitated))


EXPERIMENT = Experiment(
    id="duality-gaps",
    title="Certified duality gaps of GAIL and IQ-Learn on exact Atari tables",
    work=work,
    full=grid(table=("breakout_long",), horizon=(19,), game=tuple(GAMES), temperature=(0.0, 0.01, 1.0), seed=(0,)),
    smoke=grid(table=("breakout",), horizon=(6,), game=tuple(GAMES), temperature=(0.01,), seed=(0,)),
    summary=summary,
)
