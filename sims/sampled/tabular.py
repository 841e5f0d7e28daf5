"""Tabular models as sampled worlds: where the truth is known, what sampling says can be checked."""

from __future__ import annotations

from functools import partial

import numpy as np

from sims import arithmetic as ar
from sims.errors import InvalidArgument
from sims.sampled.model import SampledMDP
from sims.sampled.simulator import Array, Simulator, Spaces, Step
from sims.tabular import InvalidModel, TabularMDP, at_step
from sims.tabular.sampling import Categorical, table


class TabularSimulator(Simulator):
    """Copies of a tabular model; observations are the indices of states.

    Probabilities are the float midpoints of the model's numbers.

    Parameters
    ----------
    mdp : one model, no batch; with a horizon, it must not be stepped on beyond it
    n : number of copies
    terminates : whether a terminal state ends the episode; else it is a state like others, in which policies may differ

    Raises
    ------
    InvalidModel
        If it is a batch, or an episode would be over before its first action.
    """

    def __init__(self, mdp: TabularMDP, n: int, *, terminates: bool = True) -> None:
        if mdp.batch_shape:
            raise InvalidModel(f"a simulator takes one model, this is a batch of shape {mdp.batch_shape}.")
        ends = mdp.terminal if terminates else None
        self._ends = np.zeros(mdp.n_states, dtype=np.bool_) if ends is None else np.asarray(ends)
        if np.any(ar.midpoint(mdp.mu)[self._ends] > 0):
            raise InvalidModel("mu starts in a terminal state: an episode that is over before its first action.")
        self.n, self.spaces, self._mdp = n, Spaces((), n_actions=mdp.n_actions), mdp
        self._start = Categorical(table(ar.midpoint(mdp.mu)[None]))
        self._moves = [Categorical(mdp.transitions.rows(h)) for h in range(mdp.transitions.steps)]
        by_next = mdp.next_state_reward
        self._rewards = ar.midpoint(mdp.rewards() if by_next is None else by_next)
        if mdp.horizon is None and by_next is None:
            self._rewards = self._rewards[None]

    def reset(self, rng: np.random.Generator) -> Array:
        self._rng, self._step = rng, 0
        self._state = self._start.draw(np.zeros(self.n, dtype=np.intp), rng)
        return self._state

    def step(self, actions: Array) -> Step:
        horizon, state = self._mdp.horizon, self._state
        if horizon is not None and self._step >= horizon:
            raise InvalidArgument(f"the model has {horizon} steps; no step is defined after them.")
        moves = self._moves[min(self._step, len(self._moves) - 1)]
        following = moves.draw(state * self._mdp.n_actions + actions, self._rng)
        entry = (state, actions) if self._mdp.next_state_reward is None else (state, actions, following)
        rewards = at_step(self._rewards, self._step, len(entry))[entry]
        self._step, self._state = self._step + 1, following
        return Step(following, rewards, self._ends[following])


def sampled_table(mdp: TabularMDP, *, name: str = "a tabular model") -> SampledMDP:
    """A tabular model as a sampled world, with the range of its rewards.

    Terminal states are walked through to the horizon, so every quantity is that of the model, which counts what
    policies would do in them. ``SampledMDP(lambda n: TabularSimulator(mdp, n), ...)`` ends episodes there.

    Parameters
    ----------
    mdp : one model with a horizon, no batch
    """
    if mdp.horizon is None:
        raise InvalidArgument(
            f"a sampled world needs a finite horizon; this model is discounted (discount={mdp.discount})."
        )
    by_next = mdp.next_state_reward
    entries = ar.midpoint(mdp.rewards() if by_next is None else by_next)
    low, high = min(float(entries.min()), 0.0), max(float(entries.max()), 0.0)
    return SampledMDP(
        partial(TabularSimulator, mdp, terminates=False),
        horizon=mdp.horizon,
        rewards=(low, high if low < high else 1.0),
        name=name,
        spaces=Spaces((), n_actions=mdp.n_actions),
    )
