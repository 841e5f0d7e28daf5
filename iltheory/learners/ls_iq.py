"""LS-IQ: inverse soft-Q learning whose rewards are regularised under the mixture of expert and learner.

Al-Hafez, Tateo, Arenz, Zhao and Peters (2023), arXiv 2303.00599 [memory; the utility is derived here].
"""

from __future__ import annotations

from dataclasses import dataclass

from iltheory.learners.demonstrations import Expert, shown_occupancy
from iltheory.learners.iq_learn import IQLearn, iq_learn
from iltheory.measures import FDivergence
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument


def _le_cam(d: Numbers, e: Numbers) -> Numbers:
    both = d + e
    return (d - e) ** 2 / ar.where(ar.possibly_nonzero(both), both, 1)


MIXTURE_CHI2 = FDivergence(
    "chi2-of-expert-to-mixture",
    terms=_le_cam,
    utility=lambda y: 4 * (ar.sqrt(1 + y) - 1) - y,
    slope=lambda y: 2 / ar.sqrt(1 + y) - 1,
    reward=lambda d, e: (e - d) * (d + 3 * e) / (d + e) ** 2,
    curvature=lambda d, e: 8 * e**2 / (d + e) ** 3,
    low=-1,
    high=3,
)
"""``2 chi2(e || (d + e) / 2) = sum (e - d)^2 / (e + d)``, ``f(t) = (1 - t)^2 / (1 + t)``.

With ``r = (e - d) / (c (e + d))`` the payoff ``E_e r - E_d r - c E_m r^2`` pays the learner ``y = r + c r^2 / 2``.
"""


@dataclass(frozen=True)
class LSIQ:
    """The saddle point of LS-IQ's game.

    Attributes
    ----------
    policy : ``[H, S, A]`` or ``[S, A]``, in the number system of the model
    reward : same shape and system, ``(e - d) / (c (e + d))``, in [-1/c, 1/c]; 0 where nobody goes
    value : bounds ``min_pi chi2(e || m) / c - temperature * entropy`` from below
    search : the same game in the terms of IQ-Learn, where rewards ``y`` and values count ``2 c``-fold
    """

    policy: Numbers
    reward: Numbers
    value: Numbers
    search: IQLearn


def ls_iq(mdp: TabularMDP, expert: Expert, *, c: float = 0.5, temperature: float = 1.0) -> LSIQ:
    """Solve ``min_pi max_r E_e r - E_d r - c E_m r^2 - temperature * entropy`` with ``m = (d + e) / 2``.

    The learner knows that the mixture moves with it: then the value is that of the chi-squared divergence
    ``chi2(e || m) / c``. A learner that takes the reward as given ends at the fixed point of
    :func:`~iltheory.learners.sqil` instead, whose rewards are an affine function of these
    (``lsiq-mixture-chi2.alternating``).

    Parameters
    ----------
    mdp, expert, temperature : as for :func:`~iltheory.learners.iq_learn`
    c : positive weight of the penalty
    """
    if not (isinstance(c, int | float) and 0 < c < float("inf")):
        raise InvalidArgument(f"c={c!r} must be positive and finite.")
    scale = 2 * float(c)
    search = iq_learn(mdp, expert, divergence=MIXTURE_CHI2, temperature=temperature * scale)
    d, e = mdp.occupancy(search.policy), shown_occupancy(mdp, expert)
    seen = ar.possibly_nonzero(d + e)
    share = ar.where(seen, (e - d) / ar.where(seen, d + e, 1), 0)
    value = search.value / ar.system_of(search.value).convert(scale)
    return LSIQ(search.policy, share / mdp.system.convert(float(c)), value, search)
