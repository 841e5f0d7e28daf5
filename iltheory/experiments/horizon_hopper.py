"""Gap against horizon on Hopper, where falling ends an episode for good, beside the bounds that samples support.

Expert and learners have densities, so their distance at a state is an expectation that roll-outs estimate. Each cell
trains a learner for one horizon and encloses both sides of the bound of Ross and Bagnell with confidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section
from iltheory.experiments.statistics import SLOPES, mean_over_seeds, slope_in_words
from iltheory.experiments.tables import counted, grid, groups

ENV, CLAIM = "Hopper-v5", "ross-bagnell-2010-thm-2-1"
LEARNERS = ("behavioural cloning", "DAgger", "moment matching")
TRAJECTORIES, ROUNDS, UPDATES = 4, 4, 2_000
HORIZONS, SEEDS = (50, 100, 200, 400), 5
DELTA, CELLS = 0.05, len(LEARNERS) * len(HORIZONS) * SEEDS
"""One budget of errors for all cells of the whole run."""


def work(cell: Cell) -> Mapping[str, Any]:
    """Both sides of the bound, with confidence, and the mean gap of the episodes."""
    import iltheory as il
    from sims.environments import experts, sampled_environment

    world = sampled_environment(ENV, horizon=cell["horizon"]).rescaled()
    expert = experts.load(ENV).stochastic
    assert expert is not None
    started = perf_counter()
    learner = _learn(cell, world, expert)
    seconds = perf_counter() - started
    report = il.verify_sampled(
        CLAIM,
        world,
        {"expert": expert, "learner": learner},
        delta=DELTA / CELLS,
        samples=cell["episodes"],
        seed=cell["seed"],
    )
    verdict = report.verdicts[0]
    return {
        "outcome": verdict.outcome,
        "gap": [float(verdict.lhs.lower), float(verdict.lhs.upper)],
        "bound": [float(verdict.rhs.lower), float(verdict.rhs.upper)],
        "mean": _mean_gap(world, expert, learner, cell),
        "clipped": report.clipped,
        "seconds": seconds,
    }


def _learn(cell: Cell, world: Any, expert: Any) -> Any:
    import numpy as np

    from iltheory.learners import neural

    seed = cell["seed"]
    if cell["learner"] == "DAgger":
        run = neural.dagger(
            world,
            expert,
            iterations=ROUNDS,
            trajectories=TRAJECTORIES // ROUNDS,
            updates=UPDATES // ROUNDS,
            seed=seed,
        )
        return run.policy
    demos = world.roll(expert, TRAJECTORIES, np.random.default_rng([seed, 1])).trajectories()
    learn = neural.behavioral_cloning if cell["learner"] == "behavioural cloning" else neural.advil
    return learn(demos, world, updates=UPDATES, seed=seed).policy


def _mean_gap(world: Any, expert: Any, learner: Any, cell: Cell) -> float:
    """Mean difference of the returns of as many fresh episodes of both."""
    import numpy as np

    rng = np.random.default_rng([cell["seed"], 2])
    returns = [world.roll(policy, cell["episodes"], rng).returns.mean() for policy in (expert, learner)]
    return float(returns[0] - returns[1])


def summary(outcomes: Sequence[Outcome]) -> Section:
    """One row a learner and horizon; slopes of the mean gap and of the bound."""
    rows: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    for (learner,), of_learner in groups(outcomes, "learner").items():
        by_horizon = groups(of_learner, "horizon")
        means = {h: [outcome.result["mean"] for outcome in some] for (h,), some in by_horizon.items()}
        bounds = {h: [outcome.result["bound"][1] for outcome in some] for (h,), some in by_horizon.items()}
        for (h,), some in by_horizon.items():
            words = [outcome.result["outcome"] for outcome in some]
            bound = f"{mean_over_seeds(bounds[h]).centre:.3g}"
            rows.append((learner, str(h), str(len(some)), str(mean_over_seeds(means[h])), bound, counted(words)))
        slopes = [slope_in_words(values) for values in (means, bounds)]
        findings.append(Finding(f"{learner}: slope in H of the mean gap {slopes[0]}, of its bound {slopes[1]}", CLAIM))
    clipped = sum(outcome.result["clipped"] for outcome in outcomes)
    vacuous = sum(outcome.result["bound"][1] >= outcome.cell["horizon"] for outcome in outcomes)
    findings += [
        Finding(
            f"Cloning and moment matching (AdVIL) see {TRAJECTORIES} demonstrations of an expert that acts with noise, "
            f"and make {UPDATES:,} updates. DAgger asks it along one trajectory of its own in each of {ROUNDS} rounds "
            f"of {UPDATES // ROUNDS} updates."
        ),
        Finding(
            f"No policy's gap exceeds H: {vacuous} of {len(outcomes)} bounds are H or more, and that these hold says "
            "nothing."
        ),
        Finding(
            f"All {CELLS} verdicts of the whole run together are with confidence {1 - DELTA:.0%}. "
            f"Rewards are clipped to their declared range (here {clipped} of them were) and rescaled to [0, 1]."
        ),
        SLOPES,
    ]
    verdicts = [outcome.result["outcome"] for outcome in outcomes]
    columns = ("learner", "H", "seeds", "mean gap [95 %, Student]", "mean upper end of the bound", "verdicts")
    return Section(columns, tuple(rows), tuple(findings), verdicts.count("refuted"))


EXPERIMENT = Experiment(
    id="horizon-hopper",
    title="Gap against horizon on Hopper: cloning, DAgger, moment matching",
    work=work,
    full=grid(learner=LEARNERS, horizon=HORIZONS, episodes=(512,), seed=range(SEEDS)),
    smoke=grid(learner=LEARNERS[:1], horizon=(20, 40, 80), episodes=(256,), seed=(0,)),
    summary=summary,
)
