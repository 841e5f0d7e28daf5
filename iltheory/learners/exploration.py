"""Trying an action once: sampled estimates of what each action costs before some policy goes on."""

from __future__ import annotations

from typing import Any

import numpy as np

from iltheory.learners.labels import tables, tally
from iltheory.learners.online import count
from iltheory.measures import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular.sampling import Categorical
from sims.tabular.transitions import Rows


def sampled_costs(
    mdp: TabularMDP, states: Numbers, following: Numbers, samples: int, rng: np.random.Generator
) -> Numbers:
    """Unbiased estimate of ``-states * Q``, from samples that try one action.

    Each sample enters a state at a uniformly random step, takes a uniformly random action there and follows a policy
    to the end. The return counts ``H A / samples`` times for the action taken: its expectation is ``states_h(s) Q_h(s,
    a)`` (Ross and Bagnell 2014, section 2; ``aggrevate-2014-finite-sample``).

    Parameters
    ----------
    states : laws ``[T, S]`` of the states entered at each step; those of a policy are entered by following it that far
    following : policy ``[T, S, A]`` that goes on
    samples : number of them

    Returns
    -------
    numbers ``[H, S, A]``, costs: minus the rewards, whose floats are taken as the dyadic numbers they are

    Raises
    ------
    InvalidArgument
        If the number of samples is not a positive integer, or there is a batch of anything.
    """
    batch = max(mdp.batch_shape, tuple(states.shape[:-2]), tuple(following.shape[:-3]), key=len)
    if batch:
        raise InvalidArgument(f"samples={samples}: they are drawn from one model for one policy, no batch of {batch}.")
    horizon, n = steps(mdp), count("samples", samples)
    start = rng.integers(horizon, size=n)
    uniform = np.full((1, mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)
    acts = tables([ar.midpoint(following), uniform], mdp)
    entered = np.broadcast_to(ar.midpoint(states), (horizon, mdp.n_states))
    first = _laws(entered).draw(start, rng)
    tried, earned = np.zeros(n, dtype=np.intp), np.zeros(n)
    state = first.copy()
    for h in range(horizon):
        trying, on = start == h, np.flatnonzero(start <= h)
        action = acts.draw((trying[on] * horizon + h) * mdp.n_states + state[on], rng)
        tried[on] = np.where(trying[on], action, tried[on])
        earned[on] += ar.midpoint(mdp.reward(h))[state[on], action]
        if h == 0 or mdp.transitions.steps > 1:
            moves = Categorical(mdp.transitions.rows(h))
        state[on] = moves.draw(state[on] * mdp.n_actions + action, rng)
    costs = tally(mdp, start, first, tried, -earned)
    return costs * (horizon * mdp.n_actions) / n


def _laws(rows: Any) -> Categorical:
    n_rows, n = rows.shape
    return Categorical(Rows(np.arange(n_rows + 1) * n, np.tile(np.arange(n), n_rows), rows.ravel()))
