"""Linear MDPs: transitions and rewards that are linear in known features.

Yang and Wang (2019), Jin, Yang, Wang and Jordan (2020):
``P(s' | s, a) = <phi(s, a), measures(s')>`` and ``r(s, a) = <phi(s, a), weights>``. Then every action value
is ``<phi, w>`` and every flow passes through ``E phi``, so a policy is evaluated by a system in d unknowns,
with ``M[k, l] = sum_s measures[k, s] sum_a pi(a | s) phi[s, a, l]``:

- values: ``w = weights + gamma M w``, or ``w_h = weights + M_{h+1} w_{h+1}``;
- occupancies: ``psi = (1 - gamma) mu phi_pi + gamma psi M`` and ``d = (1 - gamma) mu + gamma psi measures``.

Signed features make ``gamma M`` no contraction in the norms of R^d; errors are bounded where the model is
one, over states: ``||phi w - q|| <= ||phi (weights + gamma M w - w)|| / (1 - gamma)`` in the sup norm, and
the same for occupancies in l1.
"""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import AffineContraction, Numbers, System
from sims.arithmetic.fixed_point import solution
from sims.tabular import TabularMDP
from sims.tabular.errors import InvalidModel
from sims.tabular.evaluation import at_step
from sims.tabular.reading import (
    bring,
    common_system,
    read_new_rewards,
    read_numbers,
    read_scalar,
    stack_steps,
)
from sims.tabular.solve import float_part, lapack_solve
from sims.tabular.transitions import Indices
from sims.tabular.validation import check_distributions, check_finite, convert_distributions

LAW_ADVICE = "P[s, a, s'] = <phi[s, a], measures[:, s']> must be the law of the next state for every s and a."

CORES = {"phi": 3, "measures": 2, "weights": 1}
"""Axes of the factors behind their batch axes."""


class LinearMDP(TabularMDP):
    """A decision process that is linear in d features, finite-horizon or discounted, in any number system.

    It is a tabular one, with the tables ``phi @ measures`` and ``phi @ weights``, that a policy is evaluated on in d
    unknowns. A batch of models is evaluated on its tables.

    Parameters
    ----------
    phi : numbers ``[S, A, d]``, features
    measures : numbers ``[d, S]``, the d signed measures over next states
    weights : numbers ``[d]``, of the rewards
    mu : numbers ``[S]``, law of the first state
    horizon : number H of steps
    discount : gamma in [0, 1)
    batch_axes : number of leading batch axes of the arrays; one without any serves the whole batch

    Attributes
    ----------
    features : ``simplex`` if every ``phi[s, a]`` and every ``measures[k]`` is a distribution, else ``signed``
    n_features : size d

    Raises
    ------
    InvalidModel
        If shapes disagree or ``phi @ measures`` is no transition law; the message names the entry.
    MixedArithmetic
        If the arrays are of different number systems (integers belong to all).
    """

    def __init__(
        self,
        phi: Any,
        measures: Any,
        weights: Any,
        mu: Any,
        *,
        horizon: int | None = None,
        discount: Any = None,
        batch_axes: int = 0,
    ) -> None:
        arrays = {"phi": phi, "measures": measures, "weights": weights, "mu": mu}
        arrays = {name: read_numbers(name, x) for name, x in arrays.items()}
        gamma = () if discount is None else (read_scalar("discount", discount),)
        system = common_system(*arrays.values(), *gamma)
        phi, measures, weights, mu = (bring(x, system) for x in arrays.values())
        self.phi, self.measures, self.weights = phi, measures, weights
        self._check_shapes(batch_axes)
        for name in ("phi", "measures", "weights"):
            check_finite(getattr(self, name), name, InvalidModel)
        law = ar.einsum("...sak,...kt->...sat", phi, measures)
        check_distributions(law, "phi @ measures = P", InvalidModel, LAW_ADVICE)
        rewards = self._values(weights)
        if horizon is not None:  # a step axis, or the batch could be read as steps
            law = law[..., None, :, :, :] if law.ndim > 3 else law
            rewards = rewards[..., None, :, :] if rewards.ndim > 2 else rewards
        unpaid = system.convert(np.zeros(phi.shape[-3:-1], dtype=np.int64))
        super().__init__(law, unpaid, mu, horizon=horizon, discount=discount, batch_axes=batch_axes)
        self._rewards = read_new_rewards(rewards, self.transitions, self.horizon)
        self.batch_shape = self._batch_shape()
        self.n_features = int(phi.shape[-1])
        self.features: Literal["simplex", "signed"] = "simplex" if self._is_simplex() else "signed"

    def _check_shapes(self, batch_axes: int) -> None:
        shape = tuple(self.phi.shape)
        if self.phi.ndim not in (3, 3 + batch_axes) or 0 in shape:
            raise InvalidModel(f"phi has shape {shape}, expected [S, A, d], none of them empty.")
        n_states, _, d = shape[-3:]
        for name, core, expected in (("measures", "[d, S]", (d, n_states)), ("weights", "[d]", (d,))):
            found = tuple(getattr(self, name).shape)
            if found[-len(expected) :] != expected or len(found) not in (len(expected), len(expected) + batch_axes):
                raise InvalidModel(f"{name} has shape {found}, expected {core} = {expected} to go with phi.")

    def _is_simplex(self) -> bool:
        try:
            check_distributions(self.phi, "phi", InvalidModel, "")
            check_distributions(self.measures, "measures", InvalidModel, "")
        except InvalidModel:
            return False
        return True

    def __repr__(self) -> str:
        end = f"horizon={self.horizon}" if self.horizon is not None else f"discount={self.discount}"
        sizes = f"{self.n_states} states, {self.n_actions} actions, {self.n_features} {self.features} features"
        return f"LinearMDP({sizes}, {end}, {self.system.name})"

    def tabular(self) -> TabularMDP:
        """The same model with its tables alone."""
        tables = TabularMDP.__new__(TabularMDP)
        own = (*CORES, "n_features", "features")
        vars(tables).update({name: part for name, part in vars(self).items() if name not in own})
        return tables

    def with_rewards(self, r: Any) -> TabularMDP:
        """Return the tables of the model paying other rewards, which need not be linear; see :class:`TabularMDP`."""
        return self.tabular().with_rewards(r)

    def restrict_to_reachable(self) -> tuple[TabularMDP, Indices]:
        """Drop the states no policy can reach from the tables; see :class:`TabularMDP`."""
        return self.tabular().restrict_to_reachable()

    def select(self, index: Any) -> Self:
        """Return part of a batch, by an integer, a slice or an array of indices."""
        parts = {name: self._selected(getattr(self, name), core, index) for name, core in CORES.items()}
        return super().select(index)._with(**parts)

    def to(self, name: str | System, **options: Any) -> Self:
        """Return the same model in another number system; options as in :meth:`TabularMDP.to`."""
        system = ar.get_system(name, **options)
        if system == self.system:
            return self
        phi, measures = system.convert(self.phi), system.convert(self.measures)
        if self.features == "simplex":
            phi = convert_distributions(self.phi, system, lambda row: f"phi{list(divmod(row, self.n_actions))}")
            measures = convert_distributions(self.measures, system, lambda row: f"measures[{row}]")
        return type(self)(
            phi,
            measures,
            system.convert(self.weights),
            convert_distributions(self.mu, system, lambda row: "mu"),
            horizon=self.horizon,
            discount=None if self.discount is None else system.convert(self.discount),
            batch_axes=len(self.batch_shape),
        )

    # Quantities of a policy: arguments and results as for TabularMDP, by systems in d unknowns.

    def q(self, pi: Any) -> Numbers:
        """Value of an action and the policy after it, ``[..., H, S, A]`` or ``[..., S, A]``."""
        if self.batch_shape:
            return super().q(pi)
        pi = self.policy(pi)
        if self.horizon is None:
            return self._discounted_q(pi)
        w = self.weights
        qs = [self._values(w)]
        for h in reversed(range(1, self.horizon)):
            w = self.weights + ar.matvec(self._matrix(at_step(pi, h)), w)
            qs.append(self._values(w))
        return stack_steps(qs[::-1], 2)

    def v(self, pi: Any) -> Numbers:
        """Value of following the policy from a state, ``[..., H, S]`` or ``[..., S]``."""
        return ar.sum(self.policy(pi) * self.q(pi), -1)

    def advantage(self, pi: Any) -> Numbers:
        """``q - v``, ``[..., H, S, A]`` or ``[..., S, A]``."""
        q = self.q(pi)
        return q - ar.sum(self.policy(pi) * q, -1)[..., None]

    def value(self, pi: Any) -> Numbers:
        """Expected total reward of a policy; shape: its batch axes."""
        v = self.v(pi)
        return ar.sum(self.mu * (v if self.horizon is None else v[..., 0, :]), -1)

    def state_occupancy(self, pi: Any) -> Numbers:
        """Law of the state at each step ``[..., H, S]``, or its discounted average ``[..., S]``."""
        if self.batch_shape:
            return super().state_occupancy(pi)
        pi = self.policy(pi)
        if self.horizon is None:
            return self._discounted_occupancy(pi)
        marginals = [self.mu]
        psi = ar.vecmat(self.mu, self._features(at_step(pi, 0)))
        for h in range(1, self.horizon):
            marginals.append(ar.vecmat(psi, self.measures))
            psi = ar.vecmat(psi, self._matrix(at_step(pi, h)))
        return stack_steps(marginals, 1)

    def occupancy(self, pi: Any) -> Numbers:
        """Law of the pair at each step ``[..., H, S, A]``, or its discounted average ``[..., S, A]``."""
        return self.state_occupancy(pi)[..., None] * self.policy(pi)

    def _features(self, pi: Numbers) -> Numbers:
        """Expected features ``[..., S, d]`` of acting by ``pi[..., S, A]``."""
        return ar.einsum("...sa,sak->...sk", pi, self.phi)

    def _matrix(self, pi: Numbers) -> Numbers:
        """``M[k, l] = sum_s measures[k, s] phi_pi[s, l]``, shape ``[..., d, d]``."""
        return ar.einsum("ks,...sl->...kl", self.measures, self._features(pi))

    def _values(self, w: Numbers) -> Numbers:
        """``<phi, w>``, from ``[..., d]`` to ``[..., S, A]``."""
        return ar.einsum("...k,...sak->...sa", w, self.phi)

    def _discounted_q(self, pi: Numbers) -> Numbers:
        gamma, matrix = self.discount, self._matrix(pi)
        contraction = AffineContraction(
            offset=self.weights,
            image=lambda w: gamma * ar.matvec(matrix, w),
            modulus=gamma,
            solve=lambda f: lapack_solve(float_part(matrix), float_part(gamma), f, False),
            kernel=lambda: matrix,
            transposed=False,
        )
        w = solution(self.system, contraction)
        error = ar.absolute(self._values(contraction.step(w) - w))
        radius = (ar.amax(ar.amax(error, -1), -1) / (1 - gamma))[..., None, None]
        return ar.hull(self._values(w) - radius, self._values(w) + radius)

    def _discounted_occupancy(self, pi: Numbers) -> Numbers:
        gamma, matrix = self.discount, self._matrix(pi)
        contraction = AffineContraction(
            offset=(1 - gamma) * ar.vecmat(self.mu, self._features(pi)),
            image=lambda psi: gamma * ar.vecmat(psi, matrix),
            modulus=gamma,
            solve=lambda f: lapack_solve(float_part(matrix), float_part(gamma), f, True),
            kernel=lambda: matrix,
            transposed=True,
        )
        psi = solution(self.system, contraction)
        error = ar.absolute(ar.vecmat(contraction.step(psi) - psi, self.measures))
        radius = (gamma * ar.sum(error, -1) / (1 - gamma))[..., None]
        d = (1 - gamma) * self.mu + gamma * ar.vecmat(psi, self.measures)
        return ar.maximum(ar.hull(d - radius, d + radius), 0)
