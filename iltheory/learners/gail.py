"""Generative adversarial imitation learning, and its kin against any other class of rewards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.games import Adversary, DivergenceRewards, OccupancyGame, Saddle, solve
from iltheory.learners.demonstrations import Expert, shown_alone
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Enclosure, Numbers


@dataclass(frozen=True)
class Gail:
    """A solution of GAIL's game, certified.

    Attributes
    ----------
    policy : numbers ``[H, S, A]`` or ``[S, A]``, the certified policy in the number system of the model
    discriminator : floats of that shape, ``D = d / (d + d_E)``: how likely a pair is the learner's; NaN where
        neither goes
    objective : enclosure of ``E_d log D + E_{d_E} log(1 - D) - lambda E_d[-log pi]`` at the best D, which is
        ``2 JSD(d, d_E) - log 4`` less the weighted entropy
    saddle : the game, the exact policy, the reward ``-log D - log 2`` and both bounds
    """

    policy: Numbers
    discriminator: Numbers
    objective: Enclosure
    saddle: Saddle


def gail(mdp: TabularMDP, expert: Expert, *, entropy_weight: Any = 0, method: str | None = None) -> Gail:
    """Generative adversarial imitation learning (Ho and Ermon 2016), solved exactly.

    ``min_pi max_D E_d log D + E_{d_E} log(1 - D) - lambda H(pi)`` over all policies and all discriminators. With a
    positive weight the entropy moves the solution away from the expert (their Proposition 3.2 with
    a regulariser that is not exact).

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : a policy, or trajectories
    entropy_weight : lambda >= 0, weight of the causal entropy per step
    method : solver, a name in ``iltheory.games.SOLVERS``; by default the fastest one for the game

    Raises
    ------
    InvalidArgument
        If the model, or the expert, is a batch, or an option makes no sense.
    """
    saddle = adversarial_imitation(
        mdp, expert, DivergenceRewards("jensen-shannon"), entropy_weight=entropy_weight, method=method
    )
    game = saddle.game.to("float64")
    d = np.asarray(game.law(game.mdp.occupancy(ar.convert(saddle.policy, "float64"))))
    both = d + np.asarray(game.law(game.target))
    discriminator = np.divide(d, both, out=np.full(d.shape, np.nan), where=both > 0)
    offset = Enclosure.of(ar.log(ar.convert(4, "interval")))
    return Gail(mdp.system.convert(saddle.policy), discriminator, saddle.value - offset, saddle)


def adversarial_imitation(
    mdp: TabularMDP, expert: Expert, adversary: Adversary, *, entropy_weight: Any = 0, method: str | None = None
) -> Saddle:
    """Match the expert's occupancy as an adversary sees it: any f-divergence, features, Lipschitz rewards.

    Ho and Ermon (2016) with their regulariser's conjugate as the distance: f-divergences (Ghasemipour, Zemel and Gu
    2019; Ke et al. 2019), linear classes (Abbeel and Ng 2004; Syed and Schapire 2007), Wasserstein-1.

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : a policy, or trajectories
    adversary : ``DivergenceRewards``, ``LinearRewards`` or ``LipschitzRewards`` of :mod:`iltheory.games`
    entropy_weight : lambda >= 0, weight of the causal entropy per step
    method : solver, a name in ``iltheory.games.SOLVERS``; by default the fastest one for the game

    Returns
    -------
    Saddle
        Its policy is exact; ``mdp.system.convert(saddle.policy)`` is the same in the number system of the model.

    Raises
    ------
    InvalidArgument
        If the model, or the expert, is a batch, or an option makes no sense.
    NoFiniteValue
        If every policy is infinitely far from the expert.
    """
    return solve(OccupancyGame(mdp, shown_alone(mdp, expert), adversary, entropy_weight), method=method)
