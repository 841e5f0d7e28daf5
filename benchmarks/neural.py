"""Updates of neural learners: small networks and small batches, one thread.

Both sides draw their own minibatches and run their own loops; the time of an update is that of all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from harness import Bench, Peer, Row, local, race
from instances import SEED

import iltheory as il
from sims.datasets import Trajectories
from sims.sampled import Spaces

UPDATES, BATCH, EPISODES, STEPS = 1000, 32, 10, 500
BALANCE = (0.3, 0.9, 6.0, 2.0)
"""Actions are 1 where this times the observation is positive: a controller that balances CartPole-v1 for 500 steps."""


def rows(bench: Bench) -> Iterator[Row]:
    """Gradient steps of behavioural cloning."""
    yield from cloning(bench)


def cloning(bench: Bench) -> Iterator[Row]:
    """Two layers of 32, batches of 32, Adam on the log loss with imitation's entropy bonus: the same on both sides."""
    rng = np.random.default_rng(SEED)
    states = rng.normal(size=(EPISODES, STEPS + 1, 4)) * (0.5, 0.5, 0.05, 0.5)
    actions = (states[:, :-1] @ BALANCE > 0).astype(np.int64)
    demos = Trajectories.from_arrays(states, actions, None, [False] * EPISODES, [True] * EPISODES)
    ours = partial(
        il.learners.neural.behavioral_cloning,
        demos,
        Spaces((4,), n_actions=2),
        updates=UPDATES,
        seed=0,
        batch_size=BATCH,
        entropy_bonus=1e-3,
    )
    task, peer_task, target = f"BC, {UPDATES} gradient steps, batch {BATCH}, 32x32, one thread", "imitation.BC", 4.0
    policy, observations = ours().policy, demos.steps().state
    steps = np.zeros(len(observations), dtype=int)
    loss = -np.mean(policy.laws(observations, steps).log_density(actions.ravel()))
    one, many = race(*(local(partial(policy.laws, observations[:m], steps[:m])) for m in (1, 512)), rounds=100)
    note = f"laws of 1 observation {one * 1e6:.0f} us, of 512 {many * 1e6:.0f} us; log loss then {loss:.3f}"
    instance = {"observations": observations, "actions": actions.ravel(), "updates": UPDATES, "batch_size": BATCH}
    with bench.peer(peer_task, **instance) as peer:
        if not isinstance(peer, Peer):
            mine, *_ = race(local(ours), rounds=5)
            yield Row(
                task, peer_task, mine, None, None, ">=", target, f"{note}, {UPDATES / mine:.0f}/s; skipped: {peer}"
            )
            return
        mine, theirs = race(local(ours), peer.seconds, rounds=5)
        reached = float(peer.answer(bench.folder / "bc.npy"))
        note = f"{note}, {UPDATES / mine:.0f}/s; peer {reached:.3f}, {UPDATES / theirs:.0f}/s"
        yield Row(task, peer_task, mine, theirs, theirs / mine, ">=", target, note)
