"""Acting as the expert where its trajectories have been, and leaving the set of states they show.

Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020. For a deterministic expert behavioural cloning is the
policy that acts as the expert in the (h, s) its data visit and by a fixed rule elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iltheory.measures.datasets import TooManyDatasets
from iltheory.measures.quantity import quantity
from iltheory.measures.steps import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import at_step
from sims.tabular.reading import stack_steps

LARGEST_ENUMERATION = 10**7
"""Entries ``(S + 1)**H * S * A`` (over the whole batch) of an expectation over data sets."""


def mimicking_occupancy(mdp: TabularMDP, expert: Any, elsewhere: Any, samples: int) -> Numbers:
    """Expected occupancy of the policy that acts as the expert where N trajectories of it have been.

    At (h, s) it acts by ``pi_E + 1{unseen} (rule - pi_E)``. A product of these over the steps of a path
    expands into terms that deviate at some states only, ``1{unseen}`` of them all has expectation
    ``q**N``, q the probability that one trajectory of the expert avoids them: ``(S + 1)**H`` terms.

    Parameters
    ----------
    elsewhere : policy played where the expert was not seen
    samples : N

    Returns
    -------
    numbers ``[..., H, S, A]``, the expectation over data sets of the occupancy

    Raises
    ------
    TooManyDatasets
        If the expansion needs more than 10^7 numbers.
    """
    return _expected_occupancy(mdp, mdp.policy(expert), mdp.policy(elsewhere), samples)


def retracing_occupancy(mdp: TabularMDP, expert: Any, samples: int) -> Numbers:
    """Probability that the expert is at (h, s, a) and N earlier trajectories of it saw all states up to there.

    Returns
    -------
    numbers ``[..., H, S, A]``; a step sums to the probability that nothing unseen was met so far

    Raises
    ------
    TooManyDatasets
        If the expansion needs more than 10^7 numbers.
    """
    pi = mdp.policy(expert)
    return _expected_occupancy(mdp, pi, 0 * pi, samples)


def _expected_occupancy(mdp: TabularMDP, pi: Numbers, rule: Numbers, samples: int) -> Numbers:
    horizon, states = steps(mdp), mdp.n_states
    batch = np.broadcast_shapes(mdp.batch_shape, tuple(pi.shape[:-3]), tuple(rule.shape[:-3]))
    size = (states + 1) ** horizon * int(np.prod(batch, dtype=np.int64)) * states * mdp.n_actions
    if size > LARGEST_ENUMERATION:
        raise TooManyDatasets(
            f"(S + 1)**H = {states + 1}**{horizon} terms for a batch of shape {batch} need {size} numbers, more than "
            f"{LARGEST_ENUMERATION}; use a smaller model or a shorter horizon."
        )
    eye = np.eye(states, dtype=np.int64)
    everywhere = np.ones((1, states), dtype=np.int64)
    # First axes: the terms so far, and what a term does at this step: deviate nowhere, or at one state.
    spread = (1, states + 1, *(1 for _ in batch), states)
    avoided = mdp.system.convert(np.concatenate([everywhere, 1 - eye]).reshape(spread))
    deviates = mdp.system.convert(np.concatenate([0 * everywhere, eye]).reshape(*spread, 1))
    stays = mdp.system.convert(np.concatenate([everywhere, 0 * eye]).reshape(*spread, 1))
    learner = expert = ar.broadcast_to(mdp.mu, (1, *batch, states))
    occupancy = []
    for h in range(horizon):
        act, other = at_step(pi, h), at_step(rule, h)
        seen = expert[:, None] * avoided
        acted = learner[:, None][..., None] * (stays * act + deviates * (other - act))
        seen, acted = (ar.reshape(x, (-1, *x.shape[2:])) for x in (seen, acted))
        probability = ar.sum(seen, -1) ** samples
        occupancy.append(ar.sum(probability[..., None, None] * acted, 0))
        if h < horizon - 1:
            learner, expert = mdp.transitions.push(acted, h), mdp.transitions.push(seen[..., None] * act, h)
    return stack_steps(occupancy, 2)


def left_occupancy(mdp: TabularMDP, pi: Any, seen: Any) -> Numbers:
    """``Pr_pi[T_h(s, a)]``: at (s, a) at step h, after having visited a state outside a set at a step up to h.

    Parameters
    ----------
    seen : indicator of the set, numbers ``[..., H, S]``, 1 or 0; values between count as the probability to
        stay trusted (the certainty of replay estimation)

    Returns
    -------
    numbers ``[..., H, S, A]``
    """
    return mdp.occupancy(pi) - inside_occupancy(mdp, pi, seen)


def inside_occupancy(mdp: TabularMDP, pi: Any, seen: Any) -> Numbers:
    """As :func:`left_occupancy`, without having visited a state outside the set."""
    pi, seen = mdp.policy(pi), mdp.system.coerce(seen)
    inside: list[Numbers] = []
    for h in range(steps(mdp)):
        arrived = mdp.mu if h == 0 else mdp.transitions.push(inside[-1], h - 1)
        inside.append((arrived * at_step(seen, h, 1))[..., None] * at_step(pi, h))
    return stack_steps(inside, 2)


def agreeing_occupancy(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """Mass at (h, s, a) of the paths on which expert and learner, coupled as well as possible, agreed so far.

    Coupled step by step, they agree on action a in state s with probability ``min(pi_E, pi)(a|s)``.

    Returns
    -------
    numbers ``[..., H, S, A]``; a step sums to the probability that they have not yet disagreed
    """
    shared = ar.minimum(mdp.policy(expert), mdp.policy(learner))
    agreed: list[Numbers] = []
    for h in range(steps(mdp)):
        arrived = mdp.mu if h == 0 else mdp.transitions.push(agreed[-1], h - 1)
        agreed.append(arrived[..., None] * at_step(shared, h))
    return stack_steps(agreed, 2)


@quantity
def steps_lost(mdp: TabularMDP, mass: Numbers) -> Numbers:
    """Expected number of steps that occupancies ``[..., H, S, A]`` which need not sum to 1 leave out."""
    return steps(mdp) - ar.sum(mass, (-3, -2, -1))


@quantity
def earned(mdp: TabularMDP, occupancy: Numbers) -> Numbers:
    """``sum_h <d_h, r_h>`` for occupancies ``[..., H, S, A]``."""
    return ar.sum(occupancy * mdp.rewards(), (-3, -2, -1))


def missing_masses(mdp: TabularMDP, expert: Any, samples: int) -> Numbers:
    """Probability at each step that a trajectory is where N others were not, ``sum_s d_h(s) (1 - d_h(s))**N``.

    Returns
    -------
    numbers ``[..., H]``
    """
    d = mdp.state_occupancy(expert)
    return ar.sum(d * (1 - d) ** samples, -1)
