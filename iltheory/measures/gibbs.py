"""Laws of trajectories that weigh each one by the exponential of its reward (Ziebart et al. 2008)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from iltheory.measures.steps import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import at_step
from sims.tabular.planning import soft_maximum, softmax
from sims.tabular.reading import stack_steps
from sims.tabular.transitions import system_like


class TrajectoryGibbs(NamedTuple):
    """The law ``P(tau | s_1) ~ prod_h P_h(s_{h+1} | s_h, a_h) exp(r_h(s_h, a_h))``, with ``s_1`` drawn from mu.

    Attributes
    ----------
    policy : numbers ``[..., H, S, A]``, its law of the action given the state
    v : numbers ``[..., H, S]``, logarithm of the weight of all trajectories from a state on
    gain : numbers ``[..., H, S, A]``, ``exp(v_{h+1}(s') - shift)``, expected over the next state; 1 at the last step
    tilt : numbers ``[..., H, S]``, ``exp(v_{h+1} - shift)`` at the next state; 1 at the last step. Its law of the
        next state is ``P(s' | s, a) tilt(s') / gain(s, a)``.
    """

    policy: Numbers
    v: Numbers
    gain: Numbers
    tilt: Numbers


def trajectory_gibbs(mdp: TabularMDP) -> TrajectoryGibbs:
    """The maximum-entropy law of trajectories for the rewards of a model, by backward induction.

    ``v_h = log sum_a exp(q_h)`` with ``q_h = r_h + log E exp(v_{h+1}(s'))``: where soft planning takes the mean of
    the next value, this law takes its exponential mean, as if it could choose what happens. For deterministic
    transitions both agree. Ziebart, Maas, Bagnell and Dey (2008), Maximum entropy inverse reinforcement learning,
    section "Non-deterministic path distributions" [memory]; the first state keeps its law.
    """
    one = mdp.system.convert(1)
    v = 0 * mdp.mu
    vs: list[Numbers] = []
    qs: list[Numbers] = []
    gains: list[Numbers] = []
    tilts: list[Numbers] = []
    for h in reversed(range(steps(mdp))):
        shift = system_like(v).convert(ar.midpoint(ar.amax(v, -1)))[..., None]
        tilt = ar.exp(v - shift)
        gain = mdp.transitions.expect(tilt, h)
        with np.errstate(divide="ignore"):
            q = mdp.reward(h) + ar.log(gain) + shift[..., None]
        v = soft_maximum(q, one)
        gain = ar.where(ar.possibly_nonzero(gain), gain, 1)  # in floats it may underflow, where the policy is 0
        for numbers, of_step in ((vs, v), (qs, q), (gains, gain), (tilts, tilt)):
            numbers.append(of_step)
    v, tilt = (stack_steps(numbers[::-1], 1) for numbers in (vs, tilts))
    q, gain = (stack_steps(numbers[::-1], 2) for numbers in (qs, gains))
    return TrajectoryGibbs(softmax(q, one), v, gain, tilt)


def gibbs_occupancy(mdp: TabularMDP, law: TrajectoryGibbs) -> Numbers:
    """Laws of (s_h, a_h) at each step under the law itself, ``[..., H, S, A]``: outcomes are tilted as well."""
    states, laws = mdp.mu, []
    for h in range(steps(mdp)):
        laws.append(states[..., None] * at_step(law.policy, h))
        states = mdp.transitions.push(laws[-1] / at_step(law.gain, h), h) * at_step(law.tilt, h, 1)
    return stack_steps(laws, 2)
