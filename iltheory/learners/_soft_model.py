"""Soft-optimal responses to rewards, in floats: what a learner's search calls thousands of times.

One model only, dense, with actions that may be forbidden; :meth:`sims.TabularMDP.soft_optimal` is the rigorous one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sims import TabularMDP

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Response:
    """The soft-optimal policy for a reward: values, policy, occupancy, and the start value it is worth."""

    v: Floats
    q: Floats
    policy: Floats
    states: Floats
    occupancy: Floats
    worth: float


@dataclass(frozen=True)
class SoftModel:
    """A model in floats, as blocks of steps: one a step, or a single one that leads back to itself.

    Attributes
    ----------
    kernels : ``[T, S * A, S]``, T in {1, H}: next states, times the discount if there is one
    start : ``[H, S]`` weights of the values in the objective; ``[1, S]`` with a discount
    temperature : tau
    allowed : ``[H, S, A]``, actions the policy may take
    cyclic : whether there is a discount
    """

    kernels: Floats
    start: Floats
    temperature: float
    allowed: Mask
    cyclic: bool

    def kernel(self, h: int) -> Floats:
        """Next states from step h, ``[S * A, S]``."""
        kernel: Floats = self.kernels[h if len(self.kernels) > 1 else 0]
        return kernel

    def later(self, v: Floats) -> Floats:
        """``V'(s, a)``, ``[H, S, A]``."""
        after = v if self.cyclic else np.concatenate([v[1:], 0 * v[:1]])
        return np.stack([self.kernel(h) @ after[h] for h in range(len(v))]).reshape(*v.shape, -1)

    def respond(self, r: Floats, v: Floats) -> Response:
        """Soft-optimal response to a reward ``[H, S, A]``; iterations of a discounted one begin at v."""
        q, v = self._discounted(r[0], v[0]) if self.cyclic else self._backward(r)
        policy = self._policy(q, v)
        states = self.occupied(policy)
        return Response(v, q, policy, states, states[..., None] * policy, float((self.start * v).sum()))

    def pushed(self, d: Floats) -> Floats:
        """Mass that pairs ``[H, S, A]`` send to the states of the step after them, ``[H, S]``."""
        sent = np.stack([d[h].ravel() @ self.kernel(h) for h in range(len(d))])
        return sent if self.cyclic else np.concatenate([0 * sent[:1], sent[:-1]])

    def soft(self, q: Floats) -> Floats:
        """``tau log sum_a exp(q / tau)``."""
        top = q.max(-1)
        soft: Floats = top + self.temperature * np.log(np.exp((q - top[..., None]) / self.temperature).sum(-1))
        return soft

    def _policy(self, q: Floats, v: Floats) -> Floats:
        weights = np.exp((q - v[..., None]) / self.temperature)
        policy: Floats = weights / weights.sum(-1, keepdims=True)
        return policy

    def _backward(self, r: Floats) -> tuple[Floats, Floats]:
        q, v = np.where(self.allowed, r, -np.inf), np.empty(r.shape[:-1])
        v[-1] = self.soft(q[-1])
        for h in reversed(range(len(r) - 1)):
            q[h] += (self.kernel(h) @ v[h + 1]).reshape(q[h].shape)
            v[h] = self.soft(q[h])
        return q, v

    def _discounted(self, r: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Soft policy iteration, Newton's method, until rounding is all that is left."""
        kernel, paid = self.kernel(0), np.where(self.allowed[0], r, -np.inf)
        residual = np.inf
        while True:
            q = paid + (kernel @ v).reshape(paid.shape)
            missing = self.soft(q) - v
            size = np.abs(missing).max()
            if not size < residual and size < 1e-6 * (1 + np.abs(v).max()):
                return q[None], (v + missing)[None]
            residual = size
            policy = self._policy(q, v + missing)
            v = v + np.linalg.solve(np.eye(len(v)) - self._mixed(policy, 0), missing)

    def _mixed(self, policy: Floats, h: int) -> Floats:
        n_states, n_actions = policy.shape
        mixed: Floats = np.einsum("sa,sat->st", policy, self.kernel(h).reshape(n_states, n_actions, n_states))
        return mixed

    def occupied(self, policy: Floats) -> Floats:
        """State occupancy of a policy, ``[H, S]``."""
        if self.cyclic:
            flow = np.eye(self.start.shape[1]) - self._mixed(policy[0], 0).T
            return np.linalg.solve(flow, self.start[0])[None]
        states = self.start.copy()
        for h in range(len(states) - 1):
            states[h + 1] += (states[h][:, None] * policy[h]).ravel() @ self.kernel(h)
        return states


def soft_model(mdp: TabularMDP, start: Floats, temperature: float, allowed: Mask) -> SoftModel:
    """Read a model into floats; ``start`` and ``allowed`` have a step axis, of length 1 with a discount."""
    floats = mdp.to("float64")
    table = floats.transitions.dense()
    kernels = table.reshape(len(table), mdp.n_states * mdp.n_actions, mdp.n_states)
    if mdp.horizon is None:
        kernels = float(floats.discount) * kernels
    return SoftModel(kernels, start, temperature, allowed, mdp.horizon is None)
