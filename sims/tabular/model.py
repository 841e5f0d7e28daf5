"""Finite Markov decision processes and the exact quantities of their policies."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.tabular import planning, solve
from sims.tabular.errors import InvalidModel, InvalidPolicy
from sims.tabular.transitions import DenseTransitions, DeterministicTransitions, SparseTransitions, Transitions
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
    discount : gamma in [0, 1)
    batch_axes : number of leading batch axes of ``P``, ``r`` and ``mu`` (sizes broadcast)
    normalize : divide rows of ``P`` and ``mu`` by their sums; float rows are moved to multiples of ``2**-50`` that sum
        to exactly one
    terminal : bools ``[S]``, states that stand for "the episode has ended": absorbing, with reward 0

    Attributes
    ----------
    horizon : int or None
    discount : number or None
    n_states, n_actions : sizes S and A
    system : number system of all entries

    Raises
    ------
    InvalidModel
        If the arrays do not describe a decision process; the message names the entry.
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
        if (horizon is None) == (discount is None):
            raise InvalidModel(
                f"got horizon={horizon} and discount={discount}: give exactly one, horizon=H or discount=gamma."
            )
        if horizon is not None and (not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or horizon < 1):
            raise InvalidModel(f"horizon={horizon!r}: must be an integer number of steps, at least 1.")
        self.horizon = None if horizon is None else int(horizon)

        mu = _numbers("mu", mu)
        if isinstance(P, Transitions):
            transitions = P
        else:
            p = _with_time_axis("P", _numbers("P", P), batch_axes, 3, self.horizon)
            if p.shape[-1] != p.shape[-3]:
                raise InvalidModel(f"P has shape {tuple(p.shape)}: the first and last of [S, A, S] must agree.")
            transitions = DenseTransitions(normalized(p) if normalize else p)
        self.n_states, self.n_actions = transitions.n_states, transitions.n_actions
        rewards = _numbers("r", r)

        gamma = None if discount is None else _numbers("discount", discount)
        system = ar.system_of(*_data(transitions), rewards, mu, *([] if gamma is None else [gamma]))
        self.system = system
        self.transitions = transitions if transitions.system == system else transitions.to(system)
        self._set_rewards(system.coerce(rewards), batch_axes)
        self.mu = system.coerce(normalized(mu) if normalize else mu)
        self.discount = None if gamma is None else system.coerce(gamma)
        self.terminal = None if terminal is None else np.asarray(terminal, dtype=np.bool_)
        self._validate()

    @classmethod
    def _of(cls, like: TabularMDP, **parts: Any) -> TabularMDP:
        """A model with some parts of another replaced, unchecked."""
        new = object.__new__(cls)
        new.__dict__.update({k: v for k, v in like.__dict__.items() if not k.startswith("_cached")})
        new.__dict__.update(parts)
        return new

    def _set_rewards(self, r: Numbers, batch_axes: int) -> None:
        """Store ``r[..., T, S, A]`` with T in {1, H}, and the next-state reward it is the expectation of, if any."""
        pair, triple = (self.n_states, self.n_actions), (self.n_states, self.n_actions, self.n_states)
        core = tuple(r.shape[batch_axes:])
        steps = (1,) if self.horizon is None else (1, self.horizon)
        as_pair = core == pair or (core[1:] == pair and core[0] in steps and self.horizon is not None)
        as_triple = core == triple or (core[1:] == triple and core[0] in steps and self.horizon is not None)
        if as_pair and as_triple:
            raise InvalidModel(
                f"r of shape {core} could be [H, S, A] or [S, A, S]: add a leading axis, r[None], to mean a stationary "
                "reward of the next state, or repeat r[:, :, :, None] to mean [H, S, A, S]."
            )
        if not as_pair and not as_triple:
            raise InvalidModel(
                f"r has shape {tuple(r.shape)}, expected [S, A] = {pair}, [S, A, S] = {triple}, or these with a leading "
                f"axis of length H = {self.horizon}" + (f" behind {batch_axes} batch axes." if batch_axes else ".")
            )
        check_finite(r, "r", InvalidModel)
        if as_triple:
            if not isinstance(self.transitions, DenseTransitions):
                raise InvalidModel(
                    "r depends on the next state, which sparse transitions do not take; pass its expectation r[S, A]."
                )
            r = _insert_axis(r, -4) if core == triple else r
            self.next_state_reward: Numbers | None = r
            self._r = ar.einsum("...hsat,...hsat->...hsa", *_align_steps(r, self.transitions.probabilities))
        else:
            self.next_state_reward = None
            self._r = _insert_axis(r, -3) if core == pair else r

    def _validate(self) -> None:
        self.transitions.validate("P")  # type: ignore[attr-defined]
        if self.transitions.steps not in (1, self.horizon):
            raise InvalidModel(f"P has {self.transitions.steps} steps, the horizon is {self.horizon}.")
        if self.mu.shape[-1:] != (self.n_states,):
            raise InvalidModel(f"mu has shape {tuple(self.mu.shape)}, expected [S] = ({self.n_states},).")
        check_distributions(self.mu, "mu", InvalidModel, "mu is the law of the first state.")
        if self.discount is not None:
            low, high = ar.lower(self.discount), ar.upper(self.discount)
            if not (np.all(np.isfinite(low)) and np.all(low >= 0) and np.all(high < 1)):
                raise InvalidModel(
                    f"discount={self.discount}: must lie in [0, 1). For an undiscounted problem give horizon=H instead."
                )
        try:
            np.broadcast_shapes(self.transitions.batch_shape, self._r.shape[:-3], self.mu.shape[:-1])
        except ValueError:
            raise InvalidModel(
                f"batch axes do not broadcast: P {self.transitions.batch_shape}, r {tuple(self._r.shape[:-3])}, "
                f"mu {tuple(self.mu.shape[:-1])}."
            ) from None
        if self.terminal is not None:
            self._validate_terminal(self.terminal)

    def _validate_terminal(self, terminal: NDArray[np.bool_]) -> None:
        if terminal.shape != (self.n_states,):
            raise InvalidModel(f"terminal has shape {terminal.shape}, expected ({self.n_states},).")
        paid = ar.possibly_nonzero(self._r).any(axis=tuple(range(self._r.ndim - 2)))
        for s in np.flatnonzero(terminal):
            one = np.zeros((self.n_states, self.n_actions), dtype=np.bool_)
            one[s] = True
            if paid[s].any() or set(np.flatnonzero(self.transitions.successors(one).reshape(-1, self.n_states).any(0))) != {s}:
                raise InvalidModel(f"terminal state {s} must be absorbing with reward 0.")

    # What the model is.

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the leading batch axes."""
        discount = () if self.discount is None else self.discount.shape
        return np.broadcast_shapes(
            self.transitions.batch_shape, tuple(self._r.shape[:-3]), tuple(self.mu.shape[:-1]), tuple(discount)
        )

    @property
    def P(self) -> Numbers:
        """Transition probabilities ``[..., S, A, S]``, or ``[..., H, S, A, S]`` if they vary with the step."""
        p = self.transitions.dense()
        return p[..., 0, :, :, :] if p.shape[-4] == 1 else p

    @property
    def r(self) -> Numbers:
        """Expected rewards ``[..., S, A]``, or ``[..., H, S, A]`` if they vary with the step."""
        return self._r[..., 0, :, :] if self._r.shape[-3] == 1 else self._r

    def rewards(self) -> Numbers:
        """Expected rewards ``[..., T, S, A]`` with T in {1, H} if the horizon is finite, else ``[..., S, A]``."""
        return self._r if self.horizon is not None else self.reward()

    def reward(self, step: int = 0) -> Numbers:
        """Expected rewards ``[..., S, A]`` at one step."""
        return self._r[..., step if self._r.shape[-3] > 1 else 0, :, :]

    def to(self, name: str | System, **options: Any) -> TabularMDP:
        """Return the same model in another number system.

        Parameters
        ----------
        name : ``float64``, ``interval``, ``ball`` or ``rational``
        options : ``bits`` for ``ball``, ``device`` (torch) for ``float64`` and ``interval``

        Raises
        ------
        InvalidModel
            If float64 rows do not sum to exactly one and an exact model is asked for.
        """
        system = ar.get_system(name, **options)
        if system == self.system:
            return self
        mu = convert_distributions(self.mu, system, lambda row: f"mu[{row}]" if self.mu.ndim > 1 else "mu")
        next_reward = self.next_state_reward
        return TabularMDP._of(
            self,
            system=system,
            transitions=self.transitions.to(system),
            mu=mu,
            _r=system.convert(self._r),
            next_state_reward=None if next_reward is None else system.convert(next_reward),
            discount=None if self.discount is None else system.convert(self.discount),
        )

    def with_rewards(self, r: Any) -> TabularMDP:
        """Return the same model paying other rewards ``[..., S, A]`` or ``[..., H, S, A]``."""
        new = TabularMDP._of(self, terminal=None)
        rewards = self.system.coerce(_numbers("r", r))
        per_step = self.horizon is not None and rewards.ndim > 2 and rewards.shape[-3] in (1, self.horizon)
        new._set_rewards(rewards, rewards.ndim - (3 if per_step else 2))
        return new

    def with_end(self, *, horizon: int | None = None, discount: Any = None) -> TabularMDP:
        """Return the same states, actions, transitions and rewards with another horizon or discount.

        Raises
        ------
        InvalidModel
            If the model varies with the step and so fits only its own horizon.
        """
        if max(self.transitions.steps, self._r.shape[-3]) > 1 and horizon != self.horizon:
            raise InvalidModel(f"the model varies over its {self.horizon} steps and fits no other horizon or discount.")
        return TabularMDP(
            self.transitions, self.r, self.mu, horizon=horizon, discount=discount, batch_axes=len(self.batch_shape), terminal=self.terminal
        )

    def select(self, index: Any) -> TabularMDP:
        """Return part of a batch: ``index`` applies to the leading batch axis."""
        if len(self.batch_shape) == 0:
            return self

        def part(x: Numbers | None, core: int) -> Numbers | None:
            if x is None or x.ndim - core < len(self.batch_shape):
                return x
            return x[index] if x.shape[0] > 1 or self.batch_shape[0] == 1 else x[0:1][index * 0]

        transitions = self.transitions
        if isinstance(transitions, DenseTransitions):
            transitions = DenseTransitions(part(transitions.probabilities, 4))
        return TabularMDP._of(
            self,
            transitions=transitions,
            mu=part(self.mu, 1),
            _r=part(self._r, 3),
            next_state_reward=part(self.next_state_reward, 4),
            discount=part(self.discount, 0),
        )

    def __repr__(self) -> str:
        end = f"horizon={self.horizon}" if self.horizon is not None else f"discount={self.discount}"
        batch = f", batch_shape={self.batch_shape}" if self.batch_shape else ""
        kind = {DenseTransitions: "dense", SparseTransitions: "sparse", DeterministicTransitions: "deterministic"}
        return (
            f"TabularMDP({self.n_states} states, {self.n_actions} actions, {end}, {kind[type(self.transitions)]}, "
            f"{self.system.name}{batch})"
        )

    # Policies.

    def policy(self, pi: Any) -> Numbers:
        """Check a policy and give it a step axis if the horizon is finite.

        Parameters
        ----------
        pi : numbers ``[S, A]`` or, with a finite horizon, ``[..., H, S, A]`` or ``[..., 1, S, A]``; with a discount
            ``[..., S, A]``

        Returns
        -------
        numbers ``[..., T, S, A]`` with T in {1, H}; with a discount ``[..., S, A]``

        Raises
        ------
        InvalidPolicy
            If the shape does not fit or a row is no distribution.
        """
        pi = self.system.coerce(_policy_numbers(pi))
        if tuple(pi.shape[-2:]) != (self.n_states, self.n_actions):
            raise InvalidPolicy(
                f"policy has shape {tuple(pi.shape)}; its last axes must be [S, A] = ({self.n_states}, {self.n_actions})."
            )
        if self.horizon is not None:
            if pi.ndim == 2:
                pi = _insert_axis(pi, -3)
            elif pi.shape[-3] not in (1, self.horizon):
                raise InvalidPolicy(
                    f"policy has shape {tuple(pi.shape)}; axis -3 is the step and must have length H = {self.horizon}, or "
                    "1 for a stationary policy."
                )
        check_distributions(pi, "policy", InvalidPolicy, POLICY_ADVICE)
        return pi

    def _at(self, pi: Numbers, step: int) -> Numbers:
        return pi[..., step if pi.shape[-3] > 1 else 0, :, :]

    # Exact quantities.

    def state_occupancy(self, pi: Any) -> Numbers:
        """Law of the state at each step, or its discounted average.

        Returns
        -------
        numbers ``[..., H, S]``, each row summing to 1; with a discount ``[..., S]``,
        ``(1 - gamma) sum_t gamma^t Pr(s_t = s)``
        """
        pi = self.policy(pi)
        if self.horizon is None:
            return solve.discounted_occupancy(self, pi)
        d = self.mu
        marginals = [d]
        for h in range(self.horizon - 1):
            d = self.transitions.push(d[..., None] * self._at(pi, h), h)
            marginals.append(d)
        shape = np.broadcast_shapes(*(tuple(m.shape) for m in marginals))
        return ar.stack([ar.broadcast_to(m, shape) for m in marginals], axis=-2)

    def occupancy(self, pi: Any) -> Numbers:
        """Law of the state-action pair at each step ``[..., H, S, A]``, or its discounted average ``[..., S, A]``.

        Normalised: every step sums to 1, and so does the discounted average; ``value = sum(occupancy * r)`` over
        steps, divided by ``1 - gamma`` with a discount (Puterman 1994, section 6.9).
        """
        return self.state_occupancy(pi)[..., None] * self.policy(pi)

    def q(self, pi: Any) -> Numbers:
        """Value of taking an action and following the policy after it, ``[..., H, S, A]`` or ``[..., S, A]``."""
        return self._evaluate(pi)[0]

    def v(self, pi: Any) -> Numbers:
        """Value of following the policy from a state, ``[..., H, S]`` or ``[..., S]``."""
        return self._evaluate(pi)[1]

    def _evaluate(self, pi: Any) -> tuple[Numbers, Numbers]:
        pi = self.policy(pi)
        if self.horizon is None:
            v = solve.discounted_value(self, pi)
            return self.backup(v), v
        q = self.reward(self.horizon - 1)
        v = ar.sum(self._at(pi, self.horizon - 1) * q, -1)
        qs, vs = [q], [v]
        for h in reversed(range(self.horizon - 1)):
            q = self.reward(h) + self.transitions.expect(v, h)
            v = ar.sum(self._at(pi, h) * q, -1)
            qs.append(q)
            vs.append(v)
        return _stack_steps(qs[::-1], 2), _stack_steps(vs[::-1], 1)

    def backup(self, v: Numbers, step: int = 0) -> Numbers:
        """``r + E v(s')`` at a step, or ``r + gamma E v(s')`` with a discount: from ``[..., S]`` to ``[..., S, A]``."""
        expected = self.transitions.expect(v, step)
        if self.discount is not None:
            expected = self.discount[..., None, None] * expected
        return self.reward(step) + expected

    def advantage(self, pi: Any) -> Numbers:
        """``q - v``, ``[..., H, S, A]`` or ``[..., S, A]``."""
        q, v = self._evaluate(pi)
        return q - v[..., None]

    def value(self, pi: Any) -> Numbers:
        """Expected total reward ``J`` of a policy: over H steps, or discounted. Shape: the batch axes."""
        v = self.v(pi)
        return ar.sum(self.mu * (v if self.horizon is None else v[..., 0, :]), -1)

    def optimal_policy(self) -> Numbers:
        """A deterministic optimal policy ``[..., H, S, A]`` or ``[..., S, A]``; ties go to the first action.

        Backward induction or policy iteration. In ``rational`` it is exactly optimal; in the other systems the greedy
        choices follow midpoints, and ``optimal_value`` says rigorously how far from optimal that can be.
        """
        return planning.optimal(self)[0]

    def optimal_value(self) -> Numbers:
        """Largest value over all policies, enclosed."""
        v = planning.optimal(self)[1]
        return ar.sum(self.mu * v, -1)

    def soft_optimal(self, temperature: Any) -> SoftOptimal:
        """Maximise reward plus ``temperature`` times the causal entropy; see :func:`sims.tabular.planning.soft_optimal`."""
        return planning.soft_optimal(self, temperature)

    # Structure.

    def reachable(self) -> NDArray[np.bool_]:
        """Mask ``[..., S]`` of the states some policy reaches with positive probability."""
        reached = ar.possibly_nonzero(self.mu)
        if self.horizon is None:
            return solve.closure(self.transitions, reached, np.ones((self.n_states, self.n_actions), dtype=np.bool_))
        now = reached
        for h in range(self.horizon - 1):
            pairs = np.broadcast_to(now[..., None], (*now.shape, self.n_actions))
            now = self.transitions.successors(pairs, h)
            reached = reached | now
        return reached

    def restrict_to_reachable(self) -> tuple[TabularMDP, NDArray[np.intp]]:
        """Drop the states no policy can reach.

        Returns
        -------
        mdp : the model on the remaining states, with the same values from ``mu``
        states : ints, the old index of each remaining state
        """
        if self.batch_shape:
            raise InvalidModel(f"restrict_to_reachable takes one model, this is a batch of shape {self.batch_shape}.")
        closed = self.reachable()
        if self.horizon is not None:  # states reached in the last step keep their outgoing transitions
            everything = np.ones((self.n_states, self.n_actions), dtype=np.bool_)
            for h in range(self.transitions.steps):
                closed = solve.closure(self.transitions, closed, everything, h)
        states = np.flatnonzero(closed)
        part = TabularMDP._of(
            self,
            n_states=len(states),
            transitions=self.transitions.restricted(states),
            mu=ar.take(self.mu, states, self.mu.ndim - 1),
            _r=ar.take(self._r, states, self._r.ndim - 2),
            next_state_reward=None,
            terminal=None if self.terminal is None else self.terminal[states],
        )
        return part, states

    def project(self, occupancy: Any) -> Numbers:
        """History-free policy with a given occupancy: ``pi(a|s) = d(s, a) / d(s)``, uniform where ``d(s) = 0``.

        Every policy, history-dependent or a mixture over trajectories, has the occupancy of its projection
        (Puterman 1994, theorems 5.5.1 and 6.9.1).

        Parameters
        ----------
        occupancy : numbers ``[..., H, S, A]`` or ``[..., S, A]``
        """
        d = self.system.coerce(occupancy)
        total = ar.sum(d, -1)[..., None]
        visited = ar.possibly_nonzero(total)
        uniform = self.system.convert(Fraction(1, self.n_actions))
        return ar.where(visited, d / ar.where(visited, total, 1), uniform)

    def flow_residual(self, occupancy: Any) -> Numbers:
        """How far ``[..., H, S, A]`` or ``[..., S, A]`` is from satisfying the Bellman flow equations.

        Returns
        -------
        numbers ``[..., H, S]`` or ``[..., S]``: mass at each state minus the mass that flows in; zero for the
        occupancy of a policy, and only then (for non-negative arguments).
        """
        d = self.system.coerce(occupancy)
        mass = ar.sum(d, -1)
        if self.discount is not None:
            gamma = self.discount[..., None]
            return mass - (1 - gamma) * self.mu - gamma * self.transitions.push(d)
        inflow = [self.mu]
        for h in range(d.shape[-3] - 1):
            inflow.append(self.transitions.push(d[..., h, :, :], h))
        return mass - _stack_steps(inflow, 1)

    def sample(self, pi: Any, n_trajectories: int, rng: int | np.random.Generator, *, length: int | None = None) -> Trajectories:
        """Sample trajectories; see :func:`sims.tabular.sampling.sample`."""
        from sims.tabular.sampling import sample

        return sample(self, pi, n_trajectories, rng, length=length)


def _numbers(name: str, x: Any) -> Numbers:
    try:
        numbers = ar.asarray(x)
    except (TypeError, ValueError) as problem:
        raise InvalidModel(f"{name} is not an array of numbers: {problem}") from None
    return numbers


def _policy_numbers(pi: Any) -> Numbers:
    try:
        return ar.asarray(pi)
    except (TypeError, ValueError) as problem:
        raise InvalidPolicy(f"policy is not an array of numbers: {problem}") from None


def _data(transitions: Transitions) -> list[Any]:
    """The numbers that fix the system of a model: deterministic transitions fit every system."""
    return [] if isinstance(transitions, DeterministicTransitions) else [transitions.probabilities]  # type: ignore[attr-defined]


def _insert_axis(x: Numbers, axis: int) -> Numbers:
    index: tuple[Any, ...] = (..., None, *([slice(None)] * (-axis - 1)))
    return x[index]


def _with_time_axis(name: str, x: Numbers, batch_axes: int, core: int, horizon: int | None) -> Numbers:
    axes = x.ndim - batch_axes
    if axes == core:
        return _insert_axis(x, -core - 1)
    if axes == core + 1 and horizon is not None and x.shape[-core - 1] in (1, horizon):
        return x
    expected = "[S, A, S]" if horizon is None else f"[S, A, S] or [H, S, A, S] with H = {horizon}"
    raise InvalidModel(
        f"{name} has shape {tuple(x.shape)}, expected {expected}" + (f" behind {batch_axes} batch axes." if batch_axes else ".")
    )


def _align_steps(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Repeat step axes of length 1 (axis -4) so that both operands have the same number of steps."""
    steps = max(x.shape[-4], y.shape[-4])
    return tuple(ar.broadcast_to(z, (*z.shape[:-4], steps, *z.shape[-3:])) for z in (x, y))  # type: ignore[return-value]


def _stack_steps(xs: list[Numbers], core: int) -> Numbers:
    """Stack per-step arrays on a step axis in front of their last ``core`` axes, broadcasting batch axes."""
    shape = np.broadcast_shapes(*(tuple(x.shape) for x in xs))
    return ar.stack([ar.broadcast_to(x, shape) for x in xs], axis=-core - 1)
