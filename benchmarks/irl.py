"""Maximum causal entropy inverse reinforcement learning with a reward for each state, from an expert's occupancy.

The peer stops at an occupancy error of 1e-3 (its default; summed over steps, as all errors here) or after a number of
iterations, ours at 1e-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from harness import Bench, Peer, Row, local, race
from instances import SEED

import iltheory as il
from sims import TabularMDP, families

TOLERANCE = 1e-8
PEER = "imitation.MCEIRL"
SUCCESSORS = 8
CASES = ((16, 3, 10, 10_000, 50.0), (100, 4, 20, 10_000, 50.0), (500, 4, 50, 300, 1.0))
"""States, actions, horizon, largest number of iterations of the peer, target of the speed-up."""


def rows(bench: Bench) -> Iterator[Row]:
    """Three sizes; at the largest one the peer does not get to its own tolerance."""
    for n_states, n_actions, horizon, iterations, target in CASES:
        mdp = families.garnet(n_states=n_states, n_actions=n_actions, branching=SUCCESSORS, horizon=horizon, rng=SEED)
        r = np.random.default_rng(SEED).normal(size=(n_states, 1))
        expert = mdp.with_rewards(np.repeat(r, n_actions, axis=1)).soft_optimal(1).policy
        ours = partial(il.learners.maximum_causal_entropy, mdp, expert, "state", tolerance=TOLERANCE / horizon)
        found = ours()
        reached = np.abs(_visits(mdp, found.policy) - _visits(mdp, expert)).max()
        task = f"MCE IRL, S={n_states} A={n_actions} H={horizon}"
        note = f"ours {found.iterations} Newton steps to occupancy error {reached:.0e}"
        instance = {"P": mdp.P, "mu": mdp.mu, "pi": expert, "iterations": iterations}
        with bench.peer(PEER, **instance) as peer:
            if not isinstance(peer, Peer):
                mine, *_ = race(local(ours))
                yield Row(task, PEER, mine, None, None, ">=", target, f"{note}; skipped: {peer}")
                continue
            mine, theirs = race(local(ours), peer.seconds, rounds=3)
            steps, error = peer.answer(bench.folder / "mce.npy")
            note = f"{note}, peer {steps:.0f} iterations to {error:.0e}"
            yield Row(task, PEER, mine, theirs, theirs / mine, ">=", target, note)


def _visits(mdp: TabularMDP, pi: np.ndarray) -> np.ndarray:
    """Expected number of visits to each state."""
    return np.asarray(mdp.state_occupancy(pi).sum(0))
