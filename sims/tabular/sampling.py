"""Sampling trajectories, all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.errors import InvalidArgument
from sims.tabular.errors import InvalidModel, InvalidPolicy
from sims.tabular.evaluation import at_step
from sims.tabular.transitions import Rows

if TYPE_CHECKING:
    from sims.datasets import Trajectories
    from sims.tabular.model import TabularMDP

Indices = NDArray[np.intp]


class Categorical:
    """Laws of float probabilities, one a row, to draw from many at once.

    An entry of probability 0 is never drawn.
    """

    def __init__(self, rows: Rows) -> None:
        self.indices = rows.indices
        self.first, self.last = rows.indptr[:-1].astype(np.intp), rows.indptr[1:].astype(np.intp) - 1
        self.cumulative = _cumulative(rows)
        total = self.cumulative[self.last]
        self.total = total
        self.below_total = np.nextafter(total, 0)

    def draw(self, row: Indices, rng: np.random.Generator) -> Indices:
        """Draw one index from each of the given rows, by bisection of the cumulative probabilities."""
        level = np.minimum(rng.random(len(row)) * self.total[row], self.below_total[row])
        low, high = self.first[row], self.last[row]
        while np.any(low < high):
            middle = (low + high) // 2
            beyond = self.cumulative[middle] <= level
            low, high = np.where(beyond, middle + 1, low), np.where(beyond, high, middle)
        return self.indices[low].astype(np.intp)


def _cumulative(rows: Rows) -> NDArray[np.float64]:
    """Partial sums within each row."""
    sums = np.maximum(rows.probabilities, 0.0)
    lengths = np.diff(rows.indptr)
    if lengths.min() == lengths.max():
        return np.cumsum(sums.reshape(len(lengths), -1), axis=1).ravel()
    longer = np.arange(len(lengths))
    for k in range(1, int(lengths.max())):
        longer = longer[lengths[longer] > k]
        sums[rows.indptr[longer] + k] += sums[rows.indptr[longer] + k - 1]
    return sums


def sample(
    mdp: TabularMDP,
    pi: Any,
    n_trajectories: int,
    rng: int | np.random.Generator,
    *,
    length: int | None = None,
) -> Trajectories:
    """Sample trajectories of a policy.

    A trajectory ends with ``terminated`` when it enters a terminal state; else it is ``truncated`` after H
    steps, or after ``length`` steps of a discounted model: a time limit is never an absorbing state.
    Probabilities are the float midpoints of the model's numbers.

    Parameters
    ----------
    mdp : one model, no batch
    pi : one policy
    n_trajectories : how many, at least 1
    rng : seed or generator; equal seeds give equal trajectories
    length : number of steps, at least 1; needed with a discount (a discounted trajectory never ends by
        itself), and at most H with a horizon

    Returns
    -------
    Trajectories
        Rewards are ``r(s, a, s')`` if the model has them, else ``r(s, a)``.

    Raises
    ------
    InvalidModel, InvalidPolicy
        If the model or the policy is a batch, or the policy is none of this model.
    InvalidArgument
        If a count is out of range, ``length`` is missing, or ``rng`` is neither a seed nor a generator.
    """
    from sims.datasets import Trajectories

    steps = _length(mdp, length)
    n = _count("n_trajectories", n_trajectories)
    rng = generator(rng)
    states, actions, rewards = _walk(mdp, _single(mdp, pi), n, steps, rng)
    over = np.zeros(states.shape, dtype=np.bool_) if mdp.terminal is None else mdp.terminal[states]
    ended = np.asarray(np.any(over, axis=1))
    lengths = np.where(ended, np.argmax(over, axis=1), steps)
    time = np.arange(steps + 1)
    taken = time[:-1] < lengths[:, None]
    return Trajectories(
        states=states[time <= lengths[:, None]],
        actions=actions[taken],
        rewards=rewards[taken],
        terminated=ended,
        truncated=~ended,
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
    )


def _walk(
    mdp: TabularMDP, pi: NDArray[np.float64], n: int, steps: int, rng: np.random.Generator
) -> tuple[Indices, Indices, NDArray[np.float64]]:
    """States ``[n, steps + 1]``, actions and rewards ``[n, steps]``, walking on through terminal states."""
    states, actions = np.empty((n, steps + 1), dtype=np.intp), np.empty((n, steps), dtype=np.intp)
    rewards = np.empty((n, steps))
    state = Categorical(table(ar.midpoint(mdp.mu)[None])).draw(np.zeros(n, dtype=np.intp), rng)
    for h in range(steps):
        if h == 0 or len(pi) > 1:
            policy = Categorical(table(pi[h]))
        if h == 0 or mdp.transitions.steps > 1:
            moves = Categorical(mdp.transitions.rows(h))
        action = policy.draw(state, rng)
        following = moves.draw(state * mdp.n_actions + action, rng)
        states[:, h], actions[:, h] = state, action
        rewards[:, h] = _rewards(mdp, h, state, action, following)
        state = following
    states[:, steps] = state
    return states, actions, rewards


def table(rows: NDArray[np.float64]) -> Rows:
    """Laws of a dense table ``[n_rows, n]``."""
    n_rows, n = rows.shape
    return Rows(np.arange(n_rows + 1) * n, np.tile(np.arange(n), n_rows), rows.ravel())


def _rewards(mdp: TabularMDP, step: int, s: Indices, a: Indices, after: Indices) -> NDArray[np.float64]:
    if mdp.next_state_reward is None:
        return ar.midpoint(mdp.reward(step))[s, a]
    table = mdp.next_state_reward
    return ar.midpoint(at_step(table, step, 3))[s, a, after]


def _single(mdp: TabularMDP, pi: Any) -> NDArray[np.float64]:
    """One policy in floats, ``[T, S, A]``."""
    if mdp.batch_shape:
        raise InvalidModel(f"sample takes one model, this is a batch of shape {mdp.batch_shape}.")
    policy = ar.midpoint(mdp.policy(pi))
    if mdp.horizon is None:
        policy = policy[..., None, :, :]
    if policy.ndim > 3:
        raise InvalidPolicy(f"sample takes one policy, this is a batch of shape {policy.shape[:-3]}.")
    return policy


def _length(mdp: TabularMDP, length: int | None) -> int:
    if length is None:
        if mdp.horizon is None:
            raise InvalidArgument(
                "length is missing: a discounted trajectory never ends by itself. Give the number of steps, "
                "e.g. sample(pi, n, rng, length=100)."
            )
        return mdp.horizon
    steps = _count("length", length)
    if mdp.horizon is not None and steps > mdp.horizon:
        raise InvalidArgument(f"length={length} exceeds the horizon H = {mdp.horizon}: no step is defined after it.")
    return steps


def _count(name: str, n: Any) -> int:
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise InvalidArgument(f"{name}={n!r}: must be an integer, at least 1.")
    return int(n)


def generator(rng: Any) -> np.random.Generator:
    """The generator that a seed or a generator stands for.

    Raises
    ------
    InvalidArgument
        If it is neither.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if not isinstance(rng, int | np.integer) or isinstance(rng, bool) or rng < 0:
        raise InvalidArgument(
            f"rng={rng!r}: must be a seed (an integer, at least 0) or a numpy.random.Generator, so that the draw "
            "can be repeated."
        )
    return np.random.default_rng(rng)
