"""Small worlds for tests of adversarial learners, and tables as the discriminators of their neural twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from twins import minimise

from iltheory.learners.neural.discriminators import Discriminator, Law, View, payoff, reward_of_logit
from iltheory.learners.neural.networks import OneHot
from iltheory.measures import FDivergence
from sims import TabularMDP, families
from sims.sampled import Spaces


def garnet(**end: Any) -> TabularMDP:
    """Five states, three actions, random transitions."""
    return families.garnet(n_states=5, n_actions=3, branching=3, rng=4, **(end or {"discount": 0.875})).to("float64")


def some_policy(mdp: TabularMDP, seed: int, *, weight: float = 0.5) -> Any:
    """Random, with full support."""
    rng = np.random.default_rng(seed)
    shape = (mdp.n_states, mdp.n_actions)
    return (1 - weight) / mdp.n_actions + weight * rng.dirichlet(np.full(mdp.n_actions, 0.5), shape[0])


def table(mdp: TabularMDP) -> Discriminator:
    """A discriminator that is a table: float64, no hidden layers, one-hot states."""
    view = View(OneHot(mdp.n_states), Spaces((), n_actions=mdp.n_actions), "actions", dtype=torch.float64)
    return Discriminator(view, torch.Generator().manual_seed(0), hidden=())


def every_pair(mdp: TabularMDP) -> tuple[Any, Any]:
    """Vectors of all pairs of the model, ``[S * A, ...]``."""
    states, actions = np.indices((mdp.n_states, mdp.n_actions)).reshape(2, -1)
    return torch.eye(mdp.n_states).double()[states], torch.eye(mdp.n_actions).double()[actions]


def weights_of(mdp: TabularMDP, occupancy: Any) -> Any:
    """Masses of all pairs outside of terminal states, and at last that of these."""
    ended = np.zeros(mdp.n_states, bool) if mdp.terminal is None else np.asarray(mdp.terminal)
    going = np.where(ended[:, None], 0.0, occupancy)
    return torch.tensor(np.append(going.ravel(), np.asarray(occupancy)[ended].sum()))


def fit(
    divergence: FDivergence, discriminator: Discriminator, pairs: Any, e: Any, d: Any, *, iterations: int = 500
) -> float:
    """Climb the payoff to gradients near rounding, if it takes no longer; the value reached."""

    def loss() -> Any:
        rewards = reward_of_logit(divergence, discriminator.everywhere(*pairs))
        return -payoff(divergence, Law(rewards, e), Law(rewards, d))

    minimise(discriminator.parameters(), loss, iterations=iterations)
    return -float(loss().detach())
