"""Trajectories as a discriminator sees them that has the sampler's density built in (Finn et al. 2016, GAN-GCL).

``D(tau) = e^f(tau) / (e^f(tau) + pi(tau))``, with f the total reward but for the transition probabilities: these occur
in f and in the density, and cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.measures.paths import path_products, path_sums
from iltheory.measures.trajectories import step_laws, trajectory_law
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


@dataclass(frozen=True)
class Paths:
    """Laws of trajectories ``[..., n]``, the sampler's probability of their actions, and their total rewards."""

    shown: Numbers
    sampled: Numbers
    density: Numbers
    total: Numbers

    @classmethod
    def of(cls, mdp: TabularMDP, expert: Any, sampler: Any, reward: Any) -> Paths:
        """Enumerate the trajectories of a model, for policies and a reward ``[..., H, S, A]``."""
        return cls.beside(mdp, trajectory_law(mdp, expert), sampler, reward)

    @classmethod
    def beside(cls, mdp: TabularMDP, shown: Numbers, sampler: Any, reward: Any) -> Paths:
        """As :meth:`of`, for an expert known by its law of trajectories."""
        return cls(
            shown=shown,
            sampled=trajectory_law(mdp, sampler),
            density=path_products(mdp, mdp.policy(sampler)),
            total=path_sums(mdp, reward),
        )


def discriminator_loss(paths: Paths) -> Numbers:
    """``-E_{p_E} log D - E_pi log(1 - D)``, which is convex in the reward."""
    shift, reward, sampler = _exponentials(paths)
    both = shift + ar.log(reward + sampler)
    density = ar.log(ar.where(ar.possibly_nonzero(paths.density), paths.density, 1))
    return ar.sum((paths.shown + paths.sampled) * both - paths.shown * paths.total - paths.sampled * density, -1)


def importance_weights(paths: Paths) -> Numbers:
    """``e^f / (e^f / 2 + pi / 2)``: what the reward makes of a trajectory, over its density under both policies.

    ``e^f`` stands for the unknown density of the expert.
    """
    _, reward, sampler = _exponentials(paths)
    return reward / ((reward + sampler) / 2)


def _exponentials(paths: Paths) -> tuple[Numbers, Numbers, Numbers]:
    """An exact shift, and ``e^f`` and the sampler's density over its exponential: no overflow, nor do both vanish."""
    possible, total = ar.possibly_nonzero(paths.density), ar.midpoint(paths.total)
    shift = ar.system_of(paths.total).convert(np.where(possible, np.maximum(total, 0), total))
    return shift, ar.exp(paths.total - shift), ar.where(possible, paths.density * ar.exp(-ar.maximum(shift, 0)), 0)


def guided_cost_gradient(mdp: TabularMDP, paths: Paths) -> Numbers:
    """Gradient ``[..., H, S, A]`` of the guided-cost loss ``-E_{p_E} f + log Z``, Z absorbed in f.

    The partition function is sampled from ``mu = (p_E + pi) / 2``, with importance weights.
    """
    sampled = (paths.shown + paths.sampled) / 2 * importance_weights(paths)
    return step_laws(mdp, sampled) - step_laws(mdp, paths.shown)
