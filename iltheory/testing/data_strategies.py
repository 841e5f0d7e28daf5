"""Hypothesis strategies for datasets: trajectories that a policy may produce in a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from iltheory.testing.arguments import check_count, read_model
from sims import TabularMDP
from sims import arithmetic as ar
from sims.datasets import Trajectories
from sims.errors import InvalidArgument


def trajectories(
    mdp: TabularMDP, policy: Any, *, max_trajectories: int = 3, max_length: int | None = None
) -> st.SearchStrategy[Trajectories]:
    """Trajectories that a policy may produce in a model: no transition or action of probability 0 is recorded.

    Each ends with ``terminated`` in a terminal state of the model, else with ``truncated``: after H steps, after
    ``max_length``, or earlier, where a recording may stop after any step. They shrink to one trajectory of one step.

    Parameters
    ----------
    mdp : a model, no batch, exact or of floats
    policy : a policy of it
    max_trajectories : most trajectories; there is at least one
    max_length : most steps of a trajectory, by default H, or 5 with a discount
    """
    return _trajectories(mdp, policy, max_trajectories, max_length, whole=False)


def demonstrations(
    mdp: TabularMDP, policy: Any, *, max_trajectories: int = 3, max_length: int | None = None
) -> st.SearchStrategy[Trajectories]:
    """Whole trajectories of an expert, as learners take them: of H steps, or until they terminate.

    With a discount they last ``max_length`` steps, or until they terminate. Arguments as of :func:`trajectories`,
    but with a horizon ``max_length`` is H.
    """
    if max_length is not None and read_model(mdp).horizon is not None:
        raise InvalidArgument(f"max_length={max_length!r}: whole demonstrations have H = {mdp.horizon} steps; omit it.")
    return _trajectories(mdp, policy, max_trajectories, max_length, whole=True)


DISCOUNTED_LENGTH = 5
"""Steps of the longest trajectory of a discounted model, unless another number is given."""


def _trajectories(
    mdp: TabularMDP, policy: Any, max_trajectories: int, max_length: int | None, *, whole: bool
) -> st.SearchStrategy[Trajectories]:
    mdp = read_model(mdp)
    check_count("max_trajectories", max_trajectories)
    length = max_length if max_length is not None else (mdp.horizon or DISCOUNTED_LENGTH)
    check_count("max_length", length)
    if mdp.horizon is not None and length > mdp.horizon:
        raise InvalidArgument(f"max_length={length} is beyond the horizon, H = {mdp.horizon}.")
    pi = ar.possibly_nonzero(mdp.policy(policy))
    if pi.ndim > (2 if mdp.horizon is None else 3):
        raise InvalidArgument(f"policy has shape {pi.shape}: a batch of policies; give one at a time.")
    may_act = pi if mdp.horizon is not None else pi[None]
    may_start, may_move = ar.possibly_nonzero(mdp.mu), ar.possibly_nonzero(mdp.transitions.dense())
    over = np.zeros(mdp.n_states, dtype=bool) if mdp.terminal is None else mdp.terminal

    @st.composite
    def walk(draw: st.DrawFn) -> Trajectories:
        states: list[int] = [draw(_any_of(may_start))]
        actions: list[int] = []
        rewards: list[float] = []
        stop = length if whole else draw(st.integers(1, length))
        while len(actions) < stop and not over[states[-1]]:
            h, s = len(actions), states[-1]
            a = draw(_any_of(may_act[h % len(may_act), s]))
            states.append(draw(_any_of(may_move[h % len(may_move), s, a])))
            actions.append(a)
            rewards.append(_paid(mdp, h, s, a, states[-1]))
        ended = bool(over[states[-1]])
        return Trajectories.from_arrays(
            np.array([states]),
            np.array([actions], dtype=np.intp).reshape(1, -1),
            np.array([rewards], dtype=np.float64).reshape(1, -1),
            [ended],
            [not ended],
        )

    return st.lists(walk(), min_size=1, max_size=max_trajectories).map(Trajectories.concatenate)


def _any_of(possible: Any) -> st.SearchStrategy[int]:
    return st.sampled_from([int(i) for i in np.flatnonzero(possible)])


def _paid(mdp: TabularMDP, h: int, s: int, a: int, following: int) -> float:
    paid = mdp.next_state_reward
    return float(mdp.reward(h)[s, a] if paid is None else paid[h % len(paid), s, a, following])
