"""Interactive learners with exact distributions of states: DAgger, 100 iterations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from harness import Bench, Row, local
from instances import SEED, Sparse, dense, policies, random_sparse

from iltheory.learners import FinitePolicies, PolicyClass, TabularPolicies, dagger, geometric, hedge
from iltheory.learners.online import FOLLOW_THE_LEADER, OnlineLearner
from sims import SparseTransitions, TabularMDP

STATES, ACTIONS, HORIZON, ITERATIONS = 1000, 4, 20, 100
LIMIT = 10.0
CANDIDATES = 8


def rows(bench: Bench) -> Iterator[Row]:
    """Dense and sparse; over all stationary policies with follow-the-leader, over mixtures of a list with Hedge."""
    rng = np.random.default_rng(SEED)
    candidates = [policies(rng, STATES, ACTIONS) for _ in range(CANDIDATES)]
    learners: dict[str, tuple[PolicyClass, OnlineLearner]] = {
        "follow-the-leader": (TabularPolicies(stationary=True), FOLLOW_THE_LEADER),
        f"Hedge over {CANDIDATES} policies": (FinitePolicies(candidates), hedge(0.4)),
    }
    models = {
        "dense": dense(STATES, ACTIONS).model(horizon=HORIZON),
        "10 successors": _sparse(random_sparse(STATES, ACTIONS, 10)),
    }
    for storage, mdp in models.items():
        expert = mdp.optimal_policy()
        for name, (policy_class, online) in learners.items():
            beta = geometric(0.1)
            learn = partial(dagger, mdp, expert, policy_class, iterations=ITERATIONS, beta=beta, online=online)
            run = learn()
            seconds = local(learn)()
            yield Row(
                f"DAgger, {ITERATIONS} iterations, S={STATES} {storage}, {name}",
                "our own",
                seconds,
                None,
                seconds,
                "<=",
                LIMIT,
                f"A={ACTIONS} H={HORIZON}; class error {run.class_error:.3g}, regret {run.regret:.1e}",
            )


def _sparse(x: Sparse) -> TabularMDP:
    return TabularMDP(SparseTransitions(*x.arrays, *x.r.shape), x.r, x.mu, horizon=HORIZON)
