"""The objective of ValueDICE: a relative entropy of occupancies from samples of either.

Kostrikov, Nachum and Tompson (ICLR 2020), arXiv 1912.05032 [memory, re-derived].
"""

from __future__ import annotations

from typing import Any

from iltheory.measures.inverse_soft import implied_reward, mean_over_pairs, start_value
from iltheory.measures.quantity import quantity
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


@quantity
def value_dice_objective(mdp: TabularMDP, target: Numbers, pi: Any, nu: Numbers) -> Numbers:
    """``log E_e exp(nu - V'_nu) - start value of V_nu``, with ``V_nu(s) = E_{a ~ pi} nu(s, a)``.

    The Donsker-Varadhan bound for the function ``nu - V'_nu``, whose mean under the policy's own occupancy telescopes
    to the start: at least ``-KL(d_pi || e)``, with equality where ``nu - V'_nu = log(d_pi / e)`` plus a constant. The
    start is the law of the first state: other states of the expert give another number. With a discount it does not
    change when a constant is added to nu; with a horizon, when ``c (H - h + 1)`` is added at step h.

    Parameters
    ----------
    target : occupancy ``[..., H, S, A]`` or ``[..., S, A]`` of the expert
    nu : numbers of the same shape
    """
    v = ar.sum(mdp.policy(pi) * nu, -1)
    return ar.log(mean_over_pairs(mdp, target, ar.exp(implied_reward(mdp, nu, v)))) - start_value(mdp, v)
