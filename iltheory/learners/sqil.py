"""SQIL: soft Q-learning with reward 1 on the expert's pairs and 0 on the learner's own.

Reddy, Dragan and Levine (2020), arXiv 1905.11108 [memory; the fixed point is derived here].
"""

from __future__ import annotations

from fractions import Fraction

from iltheory.learners.demonstrations import Expert
from iltheory.learners.iq_learn import IQLearn, iq_learn
from iltheory.measures import FDivergence
from sims import TabularMDP
from sims import arithmetic as ar

EXPERT_TO_MIXTURE = FDivergence(
    "kl-of-expert-to-mixture",
    terms=lambda d, e: ar.relative_entropy(e, (d + e) / 2),
    utility=lambda r: 1 - r + ar.log(2 * r),
    slope=lambda r: 1 / r - 1,
    reward=lambda d, e: e / (d + e),
    curvature=lambda d, e: e / (d + e) ** 2,
    low=0,
    high=1,
    neutral=Fraction(1, 2),
)
"""``KL(e || (d + e) / 2)``, ``f(t) = log(2 / (1 + t))``; its best reward is the chance that a pair is the expert's."""


def sqil(mdp: TabularMDP, expert: Expert, *, temperature: float = 1.0) -> IQLearn:
    """Find the fixed point of SQIL at population level, soft backups included.

    Drawn half from the expert and half from the learner's own replay, a pair has mean reward ``e / (d + e)``, and the
    tabular fixed point of ``Q = E[reward] + V'`` is the soft-optimal policy for it. As ``e / (d + e)`` is minus the
    derivative of ``KL(e || (d + e) / 2)`` in d, that policy minimises this divergence minus ``temperature`` times its
    entropy: the fixed point exists, is unique where it goes, and IQ-Learn's search finds it.

    Parameters
    ----------
    mdp, expert, temperature : as for :func:`~iltheory.learners.iq_learn`

    Returns
    -------
    IQLearn
        ``reward`` is ``e / (d + e)``, 0 where the expert never goes; ``value`` bounds the least divergence minus
        entropy.
    """
    return iq_learn(mdp, expert, divergence=EXPERT_TO_MIXTURE, temperature=temperature)
