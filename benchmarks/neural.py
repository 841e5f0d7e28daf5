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
from sims.sampled import SampledMDP, Simulator, Spaces, Step, UniformPolicy

PUBLISHED_RATE = 500
"""Updates a second of the code that Garg et al. published, 490 to 505 on a quiet machine (batch 32+32, 64x64,
one thread, its own drawing of batches included; softq.py and iq.py of its repository with today's torch, 2026). Its
requirements cannot be installed any more, so this is a number and not a peer."""
UPDATES, BATCH, EPISODES, STEPS = 1000, 32, 10, 500
BALANCE = (0.3, 0.9, 6.0, 2.0)
"""Actions are 1 where this times the observation is positive: a controller that balances CartPole-v1 for 500 steps."""


def rows(bench: Bench) -> Iterator[Row]:
    """Gradient steps of behavioural cloning, and updates of IQ-Learn."""
    yield from cloning(bench)
    yield inverse_soft_q()


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


class Noise(Simulator):
    """Observations drawn anew at each step."""

    spaces = Spaces((4,), n_actions=2)

    def __init__(self, n: int) -> None:
        self.n = n

    def reset(self, rng: np.random.Generator) -> np.ndarray:
        """See :class:`Simulator`."""
        self._rng = rng
        return rng.normal(size=(self.n, 4))

    def step(self, actions: np.ndarray) -> Step:
        """See :class:`Simulator`."""
        return Step(self._rng.normal(size=(self.n, 4)), np.zeros(self.n), np.zeros(self.n, dtype=bool))


def inverse_soft_q() -> Row:
    """One batch of the expert and one of the replay an update, drawing them included, steps in a world not."""
    from iltheory.learners.neural.iq_learn import InverseSoftQ, continued

    world = SampledMDP(Noise, horizon=STEPS, rewards=(0, 1), name="noise", spaces=Noise.spaces)
    recipe = InverseSoftQ(
        "benchmark",
        world.roll(UniformPolicy(world.spaces), EPISODES, np.random.default_rng(SEED)).trajectories(),
        world,
        utility=continued(il.measures.CHI2),
        value_term="mixture",
        options=il.learners.neural.SoftOptions(batch_size=BATCH, exploration=STEPS),
        architecture=None,
        seed=0,
        device="cpu",
        settings={},
    )
    recipe.update()  # fills the replay

    def practise() -> None:
        for _ in range(UPDATES):
            recipe.practise()

    mine, *_ = race(local(practise), rounds=5)
    note = f"{UPDATES / mine:.0f}/s, {mine / (UPDATES / PUBLISHED_RATE):.2f} of the time of the published code"
    task = f"IQ-Learn, {UPDATES} updates, batch {BATCH}+{BATCH}, 64x64, one thread"
    return Row(task, "published code, 500/s", mine, UPDATES / PUBLISHED_RATE, UPDATES / mine, ">=", 1000.0, note)
