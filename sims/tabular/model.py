"""Finite Markov decision processes and the exact quantities of their policies."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.tabular import evaluation, planning, structure
from sims.tabular.dense import DenseTransitions
from sims.tabular.errors import InvalidModel, InvalidPolicy
from sims.tabular.reading import (
    bring,
    common_system,
    insert_axis,
    read_horizon,
    read_numbers,
    read_rewards,
    read_scalar,
    read_table,
)
from sims.tabular.transitions import Indices, Transitions
from sims.tabular.validation import check_distributions, check_finite, convert_distributions, normalized

if TYPE_CHECKING:
    from sims.datasets import Trajectories
    from sims.tabular.planning import SoftOptimal

POLICY_ADVICE = "A policy's rows are distributions over actions, pi[..., s, a]."


class TabularMDP:
    """A finite Markov decision process, finite-horizon or discounted, in any number system.

    Parameters
    ----------
    P : numbers ``[S, A, S]``, or ``[H, S, A, S]`` if the horizon is finite, or ``SparseTransitions`` or
        ``DeterministicTransitions``
    r : numbers ``[S, A]`` or ``[H, S, A]``; or ``[S, A, S]`` or ``[H, S, A, S]``, a reward that depends on the next state
    mu : numbers ``[S]``, law of the first state
    horizon : number H of steps: exactly H actions and H rewards
    discount : gamma in [0, 1); batch axes allowed
    batch_axes : number of leading batch axes of ``P``, ``r`` and ``mu``; sizes broadcast, and an array without any
        serves the whole batch
    normalize : divide rows of ``P`` and ``mu`` by their sums; float rows are moved to multiples of ``2**-50`` that sum
        to exactly one
    terminal : bools ``[S]``, states that stand for "the episode has ended": absorbing, with reward 0

    Attributes
    ----------
    horizon : int or None
    discount : numbers (batch axes) or None
    n_states, n_actions : sizes S and A
    mu : numbers ``[..., S]``
    next_state_reward : numbers ``[..., T, S, A, S]`` or None
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
        transitions = P if isinstance(P, Transitions) else _read_dense(P, batch_axes, self.horizon)
        r, mu = read_numbers("r", r), read_numbers("mu", mu)
        gamma = () if discount is None else (read_scalar("discount", discount),)
        self.system = common_system(*transitions.data, r, mu, *gamma)
        if mu.ndim not in (1, 1 + batch_axes) or mu.shape[-1] != transitions.n_states:
            batch = f" behind {batch_axes} batch axes" if batch_axes else ""
            raise InvalidModel(
                f"mu has shape {tuple(mu.shape)}, expected [S] = ({transitions.n_states},){batch}."
            )
        if transitions.steps not in (1, self.horizon):
            raise InvalidModel(f"P has {transitions.steps} steps, the horizon is {self.horizon}.")
        transitions = transitions.to(self.system)
        self.transitions = transitions.normalized() if normalize else transitions
        self.transitions.validate()
        self.n_states, self.n_actions = transitions.n_states, transitions.n_actions
        mu = bring(mu, self.system)
        self.mu = normalized(mu, "mu") if normalize else mu
        check_distributions(self.mu, "mu", InvalidModel, "mu is the law of the first state.")
        self.discount = _valid_discount(bring(*gamma, self.system)) if gamma else None
        r = bring(r, self.system)
        self._rewards, self.next_state_reward = read_rewards(r, self.transitions, batch_axes, self.horizon)
        self.batch_shape = self._batch_shape()
        self.terminal = None if terminal is None else self._valid_terminal(terminal)

    def _batch_shape(self) -> tuple[int, ...]:
        shapes = {
            "P": self.transitions.batch_shape,
            "r": tuple(self._rewards.shape[:-3]),
            "mu": tuple(self.mu.shape[:-1]),
            "discount": () if self.discount is None else tuple(self.discount.shape),
        }
        try:
            return np.broadcast_shapes(*shapes.values())
        except ValueError:
            named = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise InvalidModel(f"batch axes do not broadcast: {named}.") from None

    def _valid_terminal(self, terminal: Any) -> Mask:
        mask = np.asarray(terminal)
        if mask.dtype != np.bool_ or mask.shape != (self.n_states,):
            raise InvalidModel(
                f"terminal is {mask.dtype} of shape {mask.shape}; it must be bools of shape [S] = ({self.n_states},)."
            )
        paid = ar.possibly_nonzero(self._rewards).any(axis=-1).reshape(-1, self.n_states).any(axis=0)
        for s in np.flatnonzero(mask):
            here = np.arange(self.n_states) == s
            pairs = np.repeat(here[:, None], self.n_actions, axis=1)
            left = any(
                (self.transitions.successors(pairs, h) & ~here).any() for h in range(self.transitions.steps)
            )
            if left or paid[s]:
                wrong = "can be left" if left else "has a reward"
                raise InvalidModel(f"terminal state {s} {wrong}; it must be absorbing with reward 0.")
        return mask

    def _with(self, **parts: Any) -> Self:
        """A copy with some parts replaced, unchecked."""
        new = copy.copy(self)
        vars(new).update(parts)
        return new

    # What the model is.

    @property
    def P(self) -> Numbers:
        """Transition probabilities ``[..., S, A, S]``, or ``[..., H, S, A, S]`` if they vary with the step."""
        p = self.transitions.dense()
        return p[..., 0, :, :, :] if p.shape[-4] == 1 else p

    @property
    def r(self) -> Numbers:
        """Expected rewards ``[..., S, A]``, or ``[..., H, S, A]`` if they vary with the step."""
        return self._rewards[..., 0, :, :] if self._rewards.shape[-3] == 1 else self._rewards

    def rewards(self) -> Numbers:
        """Expected rewards ``[..., T, S, A]`` with T in {1, H} if the horizon is finite, else ``[..., S, A]``."""
        return self._rewards if self.horizon is not None else self.reward()

    def reward(self, step: int = 0) -> Numbers:
        """Expected rewards ``[..., S, A]`` at one step."""
        return self._rewards[..., step if self._rewards.shape[-3] > 1 else 0, :, :]

    def to(self, name: str | System, **options: Any) -> Self:
        """Return the same model in another number system.

        Parameters
        ----------
        name : ``float64``, ``interval``, ``ball`` or ``rational``
        options : ``bits`` for ``ball``, ``device`` (torch) for ``float64`` and ``interval``

        Raises
        ------
        InvalidModel
            If float64 rows do not sum to exactly one and ``rational`` is asked for.
        """
        system = ar.get_system(name, **options)
        if system == self.system:
            return self
        next_state = self.next_state_reward
        return self._with(
            system=system,
            transitions=self.transitions.to(system),
            mu=convert_distributions(self.mu, system, lambda row: f"mu[{row}]" if self.mu.ndim > 1 else "mu"),
            _rewards=system.convert(self._rewards),
            next_state_reward=None if next_state is None else system.convert(next_state),
            discount=None if self.discount is None else system.convert(self.discount),
        )

    def with_rewards(self, r: Any) -> Self:
        """Return the same model paying other rewards ``[S, A]``, ``[..., H, S, A]`` or, with a discount, ``[..., S, A]``.

        Unlike the constructor it takes no rewards of the next state, so no shape is ambiguous. A model with terminal states loses them if the new rewards pay there.
        """
        r = bring(read_numbers("r", r), self.system)
        core = 2 if self.horizon is None or r.ndim == 2 else 3
        cores = {"[S, A]": (self.n_states, self.n_actions)}
        check_finite(r, "r", InvalidModel)
        _, rewards = read_table("r", r, r.ndim - core, self.horizon, cores)
        new = self._with(_rewards=rewards, next_state_reward=None)
        paid = ar.possibly_nonzero(rewards).any(axis=-1).reshape(-1, self.n_states).any(axis=0)
        if self.terminal is not None and (paid & self.terminal).any():
            new.terminal = None
        new.batch_shape = new._batch_shape()
        return new

    def with_end(self, *, horizon: int | None = None, discount: Any = None) -> Self:
        """Return the same states, actions, transitions and rewards with another horizon or discount.

        Raises
        ------
        InvalidModel
            If the model varies with the step and so fits only its own horizon.
        """
        length = read_horizon(horizon, discount)
        if max(self.transitions.steps, self._rewards.shape[-3]) > 1 and length != self.horizon:
            raise InvalidModel(
                f"the model varies over its {self.horizon} steps and fits no other horizon or discount."
            )
        gamma = (
            None
            if discount is None
            else _valid_discount(bring(read_scalar("discount", discount), self.system))
        )
        new = self._with(horizon=length, discount=gamma)
        new.batch_shape = new._batch_shape()
        return new

    def select(self, index: Any) -> Self:
        """Return part of a batch: ``index`` (an integer, a slice or an array of indices) applies to its leading axis."""
        if not self.batch_shape:
            return self

        def part(x: Numbers | None, core: int) -> Numbers | None:
            if x is None or x.ndim - core < len(self.batch_shape):
                return x
            shared = x.shape[0] < self.batch_shape[0]
            return x[(0 if isinstance(index, int | np.integer) else slice(1)) if shared else index]

        new = self._with(
            mu=part(self.mu, 1),
            _rewards=part(self._rewards, 3),
            next_state_reward=part(self.next_state_reward, 4),
            discount=part(self.discount, 0),
        )
        if isinstance(self.transitions, DenseTransitions):
            new.transitions = DenseTransitions(part(self.transitions.probabilities, 4))
        new.batch_shape = new._batch_shape()
        return new

    def __repr__(self) -> str:
        end = f"horizon={self.horizon}" if self.horizon is not None else f"discount={self.discount}"
        batch = f", batch_shape={self.batch_shape}" if self.batch_shape else ""
        kind = type(self.transitions).__name__.removesuffix("Transitions").lower()
        return f"TabularMDP({self.n_states} states, {self.n_actions} actions, {end}, {kind}, {self.system.name}{batch})"

    def policy(self, pi: Any) -> Numbers:
        """Check a policy and give it a step axis if the horizon is finite.

        Parameters
        ----------
        pi : numbers ``[S, A]`` or, with a finite horizon, ``[..., H, S, A]`` or ``[..., 1, S, A]``; with a discount
            ``[..., S, A]``. Enclosing systems take floats and rationals too; integers fit every system.

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
        pi = read_numbers("policy", pi, InvalidPolicy)
        core = (self.n_states, self.n_actions)
        if tuple(pi.shape[-2:]) != core:
            raise InvalidPolicy(f"policy has shape {tuple(pi.shape)}; its last axes must be [S, A] = {core}.")
        if self.horizon is not None and pi.ndim > 2 and pi.shape[-3] not in (1, self.horizon):
            raise InvalidPolicy(
                f"policy has shape {tuple(pi.shape)}; axis -3 is the step and must have length H = {self.horizon}, "
                "or 1 for a stationary policy."
            )
        batch = tuple(pi.shape[: -2 if self.horizon is None else -3])
        try:
            np.broadcast_shapes(batch, self.batch_shape)
        except ValueError:
            raise InvalidPolicy(
                f"policy has batch axes {batch}, which do not broadcast with {self.batch_shape} of the model."
            ) from None
        check_distributions(pi, "policy", InvalidPolicy, POLICY_ADVICE)
        if self.system.name in ("interval", "ball"):
            pi = convert_distributions(pi, self.system, lambda row: f"policy row {row}")
        else:
            pi = bring(pi, self.system)
        return insert_axis(pi, -3) if self.horizon is not None and pi.ndim == 2 else pi

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
        """Law of the state-action pair at each step ``[..., H, S, A]``, or its discounted average ``[..., S, A]``.

        Normalised: every step sums to 1, and so does the discounted average; ``value = sum(occupancy * r)`` over
        steps, divided by ``1 - gamma`` with a discount (Puterman 1994, section 6.9).
        """
        pi = self.policy(pi)
        return evaluation.state_occupancy(self, pi)[..., None] * pi

    def q(self, pi: Any) -> Numbers:
        """Value of taking an action and following the policy after it, ``[..., H, S, A]`` or ``[..., S, A]``."""
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
        """``r + E v(s')`` at a step, or ``r + gamma E v(s')`` with a discount: from ``[..., S]`` to ``[..., S, A]``."""
        expected = self.transitions.expect(v, step)
        if self.discount is not None:
            expected = self.discount[..., None, None] * expected
        return self.reward(step) + expected

    def optimal_policy(self) -> Numbers:
        """A deterministic optimal policy ``[..., H, S, A]`` or ``[..., S, A]``; ties go to the first action.

        Backward induction or policy iteration. In ``rational`` it is exactly optimal; in the other systems the greedy
        choices follow midpoints, and ``optimal_value`` says rigorously how far from optimal that can be.
        """
        return planning.optimal(self)[0]

    def optimal_value(self) -> Numbers:
        """Largest value over all policies, enclosed."""
        return ar.sum(self.mu * planning.optimal(self)[1], -1)

    def soft_optimal(self, temperature: Any) -> SoftOptimal:
        """Maximise reward plus ``temperature`` times the causal entropy; see :func:`sims.tabular.planning.soft_optimal`."""
        return planning.soft_optimal(self, temperature)

    # Structure.

    def reachable(self) -> Mask:
        """Mask ``[..., S]`` of the states some policy reaches with positive probability (within the horizon)."""
        return structure.reachable(self)

    def restrict_to_reachable(self) -> tuple[Self, Indices]:
        """Drop the states no policy can reach.

        Transitions that leave the remaining states cannot happen before the last step; they become self-loops. Rewards of
        the next state are replaced by their expectations.

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
        """History-free policy with a given occupancy: ``pi(a|s) = d(s, a) / d(s)``, uniform where ``d(s) = 0``.

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


def _read_dense(P: Any, batch_axes: int, horizon: int | None) -> DenseTransitions:
    p = read_numbers("P", P)
    n_states, n_actions = (tuple(p.shape[-3:-1])) if p.ndim >= 3 else (0, 0)
    if p.ndim < 3 or p.shape[-1] != n_states or 0 in p.shape:
        raise InvalidModel(
            f"P has shape {tuple(p.shape)}: its last axes must be [S, A, S], none of them empty."
        )
    core = {"[S, A, S]": (n_states, n_actions, n_states)}
    return DenseTransitions(read_table("P", p, batch_axes, horizon, core)[1])


def _valid_discount(gamma: Numbers) -> Numbers:
    low, high = ar.lower(gamma), ar.upper(gamma)
    if not (np.all(low >= 0) and np.all(high < 1)):
        raise InvalidModel(
            f"discount={gamma}: must lie in [0, 1). For an undiscounted problem give horizon=H instead."
        )
    return gamma
