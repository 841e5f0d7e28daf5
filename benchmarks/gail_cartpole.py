"""GAIL on CartPole-v1, from nothing to a greedy policy that balances for 500 steps, over seeds, on one thread.

Both sides see the same ten demonstrations of a linear controller, and are asked every 2,048 steps whether they are
done (20 episodes, not timed). CPU seconds of training: on a machine with nothing else to do, those on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import numpy as np
from harness import Bench, Peer, Row

import iltheory as il
from sims.environments import sampled_environment
from sims.sampled import Categorical, SampledPolicy

BALANCE = (0.3, 0.9, 6.0, 2.0)
"""Actions are 1 where this times the observation is positive."""

SEEDS, DEMONSTRATIONS, ENOUGH, MOST = 5, 10, 500.0, 100_000
SOLVER = il.learners.neural.PPO()
BETWEEN = 2048 // (SOLVER.copies * SOLVER.steps)
"""Rounds from one evaluation to the next."""


class Controller(SampledPolicy):
    """Balances the pole."""

    deterministic = True

    def laws(self, observations, steps):
        """See SampledPolicy."""
        return Categorical(np.eye(2)[(observations @ BALANCE > 0).astype(int)])


def rows(bench: Bench) -> Iterator[Row]:
    """Median CPU seconds to return 500."""
    mdp = sampled_environment("CartPole-v1")
    rolls = mdp.roll(Controller(), DEMONSTRATIONS, np.random.default_rng(0))
    assert rolls.lengths.min() == mdp.horizon
    demos = rolls.trajectories()
    il.learners.neural.gail(demos, mdp, updates=1, seed=0)  # what is loaded on first use is loaded now
    ours = np.array([to_the_top(mdp, demos, seed) for seed in range(SEEDS)])
    task, name = f"GAIL on CartPole to return 500, {SEEDS} seeds", "imitation.GAIL"
    note = f"ours {said(ours)}"
    states = np.concatenate([rolls.observations, rolls.last[:, None]], axis=1)
    instance = {"states": states, "actions": rolls.actions, "seeds": SEEDS, "steps": MOST, "enough": ENOUGH}
    with bench.peer(name, **instance) as peer:
        if not isinstance(peer, Peer):
            yield Row(task, name, float(np.median(ours[:, 0])), None, None, ">=", 1.0, f"{note}; skipped: {peer}")
            return
        peer.seconds()
        theirs = peer.answer(bench.folder / "gail.npy")
    mine, others = (float(np.median(found[:, 0])) for found in (ours, theirs))
    yield Row(task, name, mine, others, others / mine, ">=", 1.0, f"{note}; peer {said(theirs)}")


def to_the_top(mdp, demos, seed: int) -> tuple[float, int, float]:
    """CPU seconds and steps of one seed until the greedy policy returns 500, and what it returned."""
    seconds, rounds, found = 0.0, 0, 0.0
    with TemporaryDirectory() as folder:
        while found < ENOUGH and rounds * SOLVER.copies * SOLVER.steps < MOST:
            rounds += BETWEEN
            start = time.process_time()
            run = il.learners.neural.gail(demos, mdp, updates=rounds, seed=seed, solver=SOLVER, folder=folder)
            seconds += time.process_time() - start
            found = float(mdp.roll(run.policy.mode(), 20, np.random.default_rng(1000 + seed)).returns.mean())
    return seconds, rounds * SOLVER.copies * SOLVER.steps, found


def said(found: np.ndarray) -> str:
    """What the seeds took."""
    times, steps = (" ".join(f"{x:{form}}" for x in found[:, i]) for i, form in ((0, ".1f"), (1, ".0f")))
    reached = int((found[:, 2] >= ENOUGH).sum())
    return f"{times} s after {steps} steps, {reached} of {len(found)} reached {ENOUGH:.0f}"
