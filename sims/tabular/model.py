"""Finite Markov decision processes and the exact quantities of their policies."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.tabular import evaluation, planning, structure
from sims.tabular.dense import DenseTransitions
from sims.tabular.errors import InvalidModel
from sims.tabular.reading import (
    bring,
    broadcast_batch,
    common_system,
    read_dense,
    read_discount,
    read_horizon,
    read_initial,
    read_new_rewards,
    read_policy,
    read_rewards,
    read_scalar,
    read_table_numbers,
    read_terminal,
)
from sims.tabular.transitions import Indices, Transitions
from sims.tabular.validation import check_finite, convert_distributions

if TYPE_CHECKING:
    from sims.datasets import Trajectories
    from sims.tabular.planning import SoftOptimal


class TabularMDP:
    """A finite Markov decision process, finite-horizon or discounted, in any number system.

    Parameters
    ----------
    P : numbers ``[S, A, S]``, or ``[H, S, A, S]`` if the horizon is finite, or ``SparseTransitions`` or
        ``DeterministicTransitions``
    r : numbers ``[S, A]`` or ``[H, S, A]``; or ``[S, A, S]`` or ``[H, S, A, S]``, a reward that depends on
        the next state
    mu : numbers ``[S]``, law of the first state
    horizon : number H of steps: exactly H actions and H rewards
    discount : gamma in [0, 1); batch axes allowed
    batch_axes : number of leading batch axes of ``P``, ``r`` and ``mu``; sizes broadcast, and an array
        without any serves the whole batch
    normalize : divide rows of ``P`` and ``mu`` by their sums; float rows are moved to multiples of ``2**-50``
        that sum to exactly one
    terminal : bools ``[S]``, states that stand for "the episode has ended": absorbing, with reward 0

    Attributes
    ----------
    horizon : int or None
    discount : numbers (batch axes) or None
    n_states, n_actions : sizes S and A
    batch_shape : shape of the leading batch axes
    mu : numbers ``[..., S]``
    next_state_reward : numbers ``[..., T, S, A, S]`` with T = 1 or H, or None if rewards do not depend on it
    transitions : the law of the next state
    terminal : bools ``[S]`` or None
    system : number system of all entries

    Raises
    ------
    InvalidModel
        If the arrays do not describe a decision process; the message names the entry.
    MixedArithmetic
        If the arrays are of different number systems (integers belong to all).
    """

    def __init__(
        self,
        P: Any,
        r: Any,
        mu: Any,
        *,
        horizon: int | None = None,
        discount: Any = None,
        batch_axes: int = 0,
        normalize: bool = False,
        terminal: Any = None,
    ) -> None:
        self.horizon = read_horizon(horizon, discount)
        if not isinstance(batch_axes, int) or batch_axes < 0:
            raise InvalidModel(f"batch_axes={batch_axes!r}: must be an integer, at least 0.")
        transitions = P if isinstance(P, Transitions) else read_dense(P, batch_axes, self.horizon)
        if transitions.steps not in (1, self.horizon):
            raise InvalidModel(f"P has {transitions.steps} steps, the horizon is {self.horizon}.")
        r, mu = read_table_numbers("r", r), read_table_numbers("mu", mu)
        gamma = None if discount is None else read_scalar("discount", discount)
        self.system = common_system(*transitions.data, r, mu, gamma)
        transitions = transitions.to(self.system)
        self.transitions = transitions.normalized() if normalize else transitions
        self.transitions.validate()
        self.n_states, self.n_actions = transitions.n_states, transitions.n_actions
        self.mu = read_initial(bring(mu, self.system), self.n_states, batch_axes, normalize)
        self.discount: Numbers = None if gamma is None else read_discount(bring(gamma, self.system))
        self._rewards, self.next_state_reward = read_rewards(
            bring(r, self.system), self.transitions, batch_axes, self.horizon
        )
        self.batch_shape = self._batch_shape()
        self.terminal = None
        if terminal is not None:
            self.terminal = read_terminal(terminal, self.transitions, self._rewards)

    def _batch_shape(self) -> tuple[int, ...]:
        return broadcast_batch(
            P=self.transitions.batch_shape,
            r=self._rewards.shape[:-3],
            mu=self.mu.shape[:-1],
            discount=() if self.discount is None else self.discount.shape,
        )

    def _with(self, **parts: Any) -> Self:
        """Return a copy with some parts, already checked, replaced."""
        new = copy.copy(self)
        vars(new).update(parts)
        new.batch_shape = new._batch_shape()
        return new

    # What the model is.

    @property
    def P(self) -> Numbers:
        """Transition probabilities ``[..., S, A, S]``, or ``[..., H, S, A, S]`` if they vary in time."""
        p = self.transitions.dense()
        return p[..., 0, :, :, :] if p.shape[-4] == 1 else p

    @property
    def r(self) -> Numbers:
        """Expected rewards ``[..., S, A]``, or ``[..., H, S, A]`` if they vary in time."""
        return self.reward() if self._rewards.shape[-3] == 1 else self._rewards

    def rewards(self) -> Numbers:
        """Expected rewards ``[..., T, S, A]`` with T in {1, H}; with a discount ``[..., S, A]``."""
        return self._rewards if self.horizon is not None else self.reward()

    def reward(self, step: int = 0) -> Numbers:
        """Expected rewards ``[..., S, A]`` at one step."""
        return evaluation.at_step(self._rewards, step)

    def __repr__(self) -> str:
        end = f"horizon={self.horizon}" if self.horizon is not None else f"discount={self.discount}"
        batch = f", batch_shape={self.batch_shape}" if self.batch_shape else ""
        kind = type(self.transitions).__name__.removesuffix("Transitions").lower()
        sizes = f"{self.n_states} states, {self.n_actions} actions"
        return f"TabularMDP({sizes}, {end}, {kind}, {self.system.name}{batch})"

    def to(self, name: str | System, **options: Any) -> Self:
        """Return the same model in another number system.

        Parameters
        ----------
        name : ``float64``, ``interval``, ``ball`` or ``rational``
        options : ``bits`` for ``ball``, ``device`` (torch) for ``float64`` and ``interval``

        Raises
        ------
        InvalidModel
            If float64 rows do not sum to exactly one and ``rational`` is asked for, if the discount rounds to 1, or
            if a reward is beyond floats.
        """
        system = ar.get_system(name, **options)
        if system == self.system:
            return self
        next_state = self.next_state_reward
        rewards = system.convert(self._rewards)
        check_finite(rewards, "r", InvalidModel)
        return self._with(
            system=system,
            transitions=self.transitions.to(system),
            mu=convert_distributions(self.mu, system, lambda row: f"mu[{row}]" if self.mu.ndim > 1 else "mu"),
            _rewards=rewards,
            next_state_reward=None if next_state is None else system.convert(next_state),
            discount=None if self.discount is None else read_discount(system.convert(self.discount)),
        )

    def with_rewards(self, r: Any) -> TabularMDP:
        """Return the same model paying other rewards.

        A model with terminal states loses them if the new rewards pay there.

        Parameters
        ----------
        r : numbers ``[S, A]`` or ``[..., H, S, A]``; with a discount ``[..., S, A]``. Unlike the constructor
            it takes no rewards of the next state, so no shape is ambiguous.
        """
        rewards = read_new_rewards(bring(read_table_numbers("r", r), self.system), self.transitions, self.horizon)
        terminal = self.terminal
        if terminal is not None and ar.possibly_nonzero(rewards)[..., terminal, :].any():
            terminal = None
        return self._with(_rewards=rewards, next_state_reward=None, terminal=terminal)

    def with_end(self, *, horizon: int | None = None, discount: Any = None) -> Self:
        """Return the same states, actions, transitions and rewards with another horizon or discount.

        Raises
        ------
        InvalidModel
            If the model varies in time and so fits only its own horizon.
        """
        length = read_horizon(horizon, discount)
        if max(self.transitions.steps, self._rewards.shape[-3]) > 1 and length != self.horizon:
            raise InvalidModel(f"the model varies over its {self.horizon} steps and fits no other horizon or discount.")
        if discount is None:
            return self._with(horizon=length, discount=None)
        gamma = bring(read_scalar("discount", discount), self.system)
        return self._with(horizon=None, discount=read_discount(gamma))

    def select(self, index: Any) -> Self:
        """Return part of a batch.

        Parameters
        ----------
        index : an integer, a slice or an array of indices, for the leading batch axis
        """
        if not self.batch_shape:
            return self
        transitions = self.transitions
        if isinstance(transitions, DenseTransitions):
            transitions = DenseTransitions(self._selected(transitions.probabilities, 4, index))
        return self._with(
            transitions=transitions,
            mu=self._selected(self.mu, 1, index),
            _rewards=self._selected(self._rewards, 3, index),
            next_state_reward=self._selected(self.next_state_reward, 4, index),
            discount=self._selected(self.discount, 0, index),
        )

    def _selected(self, x: Numbers | None, core: int, index: Any) -> Numbers | None:
        """Part of an array's batch axis, if it has one in front of its ``core`` axes."""
        if x is None or not self.batch_shape or x.ndim - core < len(self.batch_shape):
            return x
        shared = x.shape[0] < self.batch_shape[0]
        return x[(0 if isinstance(index, int | np.integer) else slice(1)) if shared else index]

    def policy(self, pi: Any) -> Numbers:
        """Check a policy and give it a step axis if the horizon is finite.

        Parameters
        ----------
        pi : numbers ``[S, A]`` or, with a finite horizon, ``[..., H, S, A]`` or ``[..., 1, S, A]``; with a
            discount ``[..., S, A]``. Enclosing systems take floats and rationals too; integers fit every
            system.

        Returns
        -------
        numbers ``[..., T, S, A]`` with T in {1, H}; with a discount ``[..., S, A]``

        Raises
        ------
        InvalidPolicy
            If the shape does not fit or a row is no distribution.
        MixedArithmetic
            If floats meet a rational model, or the other way round.
        """
        core = (self.n_states, self.n_actions)
        return read_policy(pi, core, self.horizon, self.batch_shape, self.system)

    # Exact quantities.

    def state_occupancy(self, pi: Any) -> Numbers:
        """Law of the state at each step, or its discounted average.

        Returns
        -------
        numbers ``[..., H, S]``, each row summing to 1; with a discount ``[..., S]``,
        ``(1 - gamma) sum_t gamma^t Pr(s_t = s)``
        """
        return evaluation.state_occupancy(self, self.policy(pi))

    def occupancy(self, pi: Any) -> Numbers:
        """Law of the state-action pair at each step, or its discounted average.

        Normalised: every step sums to 1, and so does the discounted average; ``value = sum(occupancy * r)``
        over steps, divided by ``1 - gamma`` with a discount (Puterman 1994, section 6.9).

        Returns
        -------
        numbers ``[..., H, S, A]``; with a discount ``[..., S, A]``
        """
        pi = self.policy(pi)
        return evaluation.state_occupancy(self, pi)[..., None] * pi

    def q(self, pi: Any) -> Numbers:
        """Value of an action and the policy after it, ``[..., H, S, A]`` or ``[..., S, A]``."""
        return evaluation.values(self, self.policy(pi))[0]

    def v(self, pi: Any) -> Numbers:
        """Value of following the policy from a state, ``[..., H, S]`` or ``[..., S]``."""
        return evaluation.state_values(self, self.policy(pi))

    def advantage(self, pi: Any) -> Numbers:
        """``q - v``, ``[..., H, S, A]`` or ``[..., S, A]``."""
        q, v = evaluation.values(self, self.policy(pi))
        return q - v[..., None]

    def value(self, pi: Any) -> Numbers:
        """Expected total reward ``J`` of a policy: over H steps, or discounted. Shape: the batch axes."""
        return ar.einsum("...s,...s->...", self.mu, evaluation.first_values(self, self.policy(pi)))

    def backup(self, v: Numbers, step: int = 0) -> Numbers:
        """From ``v[..., S]`` to ``r + E v(s')``, ``[..., S, A]``; with a discount ``r + gamma E v(s')``."""
        expected = self.transitions.expect(v, step)
        if self.discount is not None:
            expected = self.discount[..., None, None] * expected
        return self.reward(step) + expected

    def optimal_policy(self) -> Numbers:
        """A deterministic optimal policy ``[..., H, S, A]`` or ``[..., S, A]``; ties go to the first action.

        Backward induction or policy iteration. In ``rational`` it is exactly optimal; enclosing systems take
        the first action that is not certainly worse than another, and ``optimal_value`` encloses the optimum
        however far from it that is.
        """
        return planning.optimal(self)[0]

    def optimal_value(self) -> Numbers:
        """Largest value over all policies, enclosed."""
        return ar.einsum("...s,...s->...", self.mu, planning.optimal(self)[1])

    def soft_optimal(self, temperature: Any) -> SoftOptimal:
        """Maximise reward plus ``temperature`` times the causal entropy; see :mod:`sims.tabular.planning`."""
        return planning.soft_optimal(self, temperature)

    # Structure.

    def reachable(self) -> Mask:
        """Mask ``[..., S]`` of the states some policy reaches (within the horizon)."""
        return structure.reachable(self)

    def restrict_to_reachable(self) -> tuple[TabularMDP, Indices]:
        """Drop the states no policy can reach.

        Transitions that leave the remaining states cannot happen before the last step; they become
        self-loops. Rewards of the next state are replaced by their expectations.

        Returns
        -------
        mdp : the model on the remaining states, with the same values from ``mu``
        states : ints, the old index of each remaining state

        Raises
        ------
        InvalidModel
            If this is a batch of models.
        """
        parts, states = structure.restrict_to_reachable(self)
        return self._with(**parts), states

    def project(self, occupancy: Any) -> Numbers:
        """History-free policy of an occupancy: ``pi(a|s) = d(s, a) / d(s)``, uniform where ``d(s) = 0``.

        Every policy, history-dependent or a mixture over trajectories, has the occupancy of its projection
        (Puterman 1994, theorems 5.5.1 and 6.9.1).

        Parameters
        ----------
        occupancy : numbers ``[..., H, S, A]`` or ``[..., S, A]``
        """
        return structure.project(self, occupancy)

    def flow_residual(self, occupancy: Any) -> Numbers:
        """How far ``[..., H, S, A]`` or ``[..., S, A]`` is from satisfying the Bellman flow equations.

        Returns
        -------
        numbers ``[..., H, S]`` or ``[..., S]``: mass at each state minus the mass that flows in; zero for the
        occupancy of a policy, and only then (for non-negative arguments).
        """
        return structure.flow_residual(self, occupancy)

    def sample(
        self, pi: Any, n_trajectories: int, rng: int | np.random.Generator, *, length: int | None = None
    ) -> Trajectories:
        """Sample trajectories; see :func:`sims.tabular.sampling.sample`."""
        from sims.tabular.sampling import sample

        return sample(self, pi, n_trajectories, rng, length=length)
