"""LS-IQ with networks: least squares on the reward that Q implies, with bounded targets.

Al-Hafez, Tateo, Arenz, Zhao and Peters (2023), arXiv 2303.00599 [memory].
"""

from __future__ import annotations

from os import PathLike
from typing import Any

from iltheory.learners.neural._soft_recipe import SoftOptions, SoftTrained
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.networks import Architecture
from iltheory.learners.neural.sqil import ONLINE, SquaredErrors
from iltheory.learners.neural.training import train
from iltheory.learners.neural.transitions import Transitions
from iltheory.learners.options import positive
from sims.datasets import Trajectories
from sims.sampled import SampledMDP


def ls_iq(
    demos: Trajectories | Transitions,
    mdp: SampledMDP,
    *,
    updates: int,
    seed: int,
    c: float = 0.5,
    options: SoftOptions = ONLINE,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> SoftTrained:
    """Maximise ``E_demos r - E_replay r - c E_mix r^2``, ``r = Q - gamma V'``, with half of each in the mixture.

    This is ``1 / c - c / 2`` times the sum of ``E_demos (r - 1/c)^2`` and ``E_replay (r + 1/c)^2``
    (``lsiq-least-squares``), which is minimised; values of next states are cut to what rewards in [-1/c, 1/c] can earn.
    The absorbing state has the value of its own reward, paid for ever. As the learner takes its replay as given, the
    fixed point is that of :func:`iltheory.learners.sqil` at temperature ``c / 2`` times this one, with the reward
    ``(e - d) / (c (e + d))`` (``lsiq-mixture-chi2.alternating``). Of :func:`iltheory.learners.ls_iq`, where the mixture
    moves with the policy, the twin is ``iq_learn`` with its divergence ``MIXTURE_CHI2``.

    Parameters
    ----------
    c : positive weight of the penalty
    demos, mdp, updates, seed, options, architecture, ema, device, folder, save_every, progress : as for
        :func:`~iltheory.learners.neural.sqil`
    """
    recipe = ls_iq_recipe(demos, mdp, c=c, options=options, architecture=architecture, seed=seed, device=device)
    return recipe.trained(
        train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    )


def ls_iq_recipe(demos: Trajectories | Transitions, mdp: SampledMDP, *, c: float, **options: Any) -> SquaredErrors:
    """Updates of :func:`ls_iq`; options as those of :class:`~iltheory.learners.neural.sqil.SquaredErrors`."""
    goal = 1 / positive("c", c)
    return SquaredErrors("ls_iq", demos, mdp, goals=(goal, -goal), bounded=True, **options)
