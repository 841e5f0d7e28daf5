"""Tabular models: values, occupancies and optima by plain recursions, or by exact elimination with a discount."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from proofs_check.standalone.arrays import (
    EXACT,
    Array,
    amax,
    argmax,
    array_sum,
    asarray,
    broadcast_to,
    exp,
    log,
    maximum,
    midpoint,
    minimum,
    moveaxis,
    possibly_nonzero,
    stack,
    where,
)
from proofs_check.standalone.fixed import Interval
from proofs_check.standalone.scalars import Enclosure, Inexact, decide, enclosing, middle, upper


class Model:
    """Transitions ``P[s][a][s']``, rewards ``r[s][a]`` (either may lead with the step), first law ``mu[s]``."""

    batch_shape = ()
    terminal = None
    system = EXACT

    def __init__(self, P, r, mu, horizon=None, discount=None):
        self.P, self.r, self.mu = asarray(P), asarray(r), asarray(mu)
        self.horizon, self.discount = horizon, None if discount is None else asarray(discount)
        self.n_states, self.n_actions = self.P.shape[-3], self.P.shape[-2]

    def to(self, system, bits=None):
        return self

    def with_rewards(self, r):
        return Model(self.P, r, self.mu, self.horizon, self.discount)

    def with_end(self, horizon=None, discount=None):
        return Model(self.P, self.r, self.mu, horizon, discount)

    # Transitions.

    @property
    def transitions(self):
        return self

    @property
    def steps(self):
        return self.P.shape[0] if self.P.ndim == 4 else 1

    def dense(self):
        return self.P if self.P.ndim == 4 else self.P[None]

    def kernel(self, step=0):
        """``P[s][a][s']`` at a step."""
        return self.P[step] if self.P.ndim == 4 and len(self.P) > 1 else self.dense()[0]

    def expect(self, v, step=0):
        """``E v(s')`` for each state and action."""
        return array_sum(self.kernel(step) * v[..., None, None, :], -1)

    def push(self, mass, step=0):
        """Law of the next state, of a law of state and action."""
        return array_sum(mass[..., None] * self.kernel(step), (-3, -2))

    def successors(self, mask, step=0):
        return possibly_nonzero(self.push(where(mask, 1, 0), step))

    # Rewards.

    def rewards(self):
        return self.r[None] if self.horizon is not None and self.r.ndim == 2 else self.r

    def reward(self, step=0):
        return at_step(self.r, step) if self.r.ndim > 2 and self.horizon is not None else self.r

    def backup(self, v, step=0):
        """``r + E v(s')``, or ``r + gamma E v(s')``."""
        expected = self.expect(v, step)
        return self.reward(step) + (expected if self.discount is None else self.discount * expected)

    # Policies.

    def policy(self, pi):
        pi = asarray(pi)
        return pi[None] if self.horizon is not None and pi.ndim == 2 else pi

    def state_occupancy(self, pi):
        pi = self.policy(pi)
        if self.horizon is None:
            return discounted_states(self, pi)
        law, laws = broadcast_to(self.mu, (*pi.shape[:-3], self.n_states)), []
        for h in range(self.horizon):
            laws.append(law)
            law = self.push(law[..., None] * at_step(pi, h), h)
        return stack(laws, -2)

    def occupancy(self, pi):
        return self.state_occupancy(pi)[..., None] * self.policy(pi)

    def q(self, pi):
        pi = self.policy(pi)
        if self.horizon is None:
            return self.backup(discounted_values(self, pi))
        q = 0 * pi[..., 0, :, :] + self.reward(self.horizon - 1)
        qs = [q]
        for h in reversed(range(self.horizon - 1)):
            v = array_sum(at_step(pi, h + 1) * q, -1)
            q = self.backup(v, h)
            qs.append(q)
        return stack(qs[::-1], -3)

    def v(self, pi):
        if self.horizon is None:
            return discounted_values(self, self.policy(pi))
        return array_sum(self.policy(pi) * self.q(pi), -1)

    def advantage(self, pi):
        return self.q(pi) - self.v(pi)[..., None]

    def value(self, pi):
        v = self.v(pi)
        return array_sum(self.mu * (v if self.horizon is None else v[..., 0, :]), -1)

    def optimal_policy(self):
        return optimum(self)[0]

    def optimal_value(self):
        return array_sum(self.mu * optimum(self)[1], -1)

    def soft_optimal(self, temperature):
        return SoftOptimum(self, asarray(temperature))

    def project(self, occupancy):
        return projection(self, occupancy)

    def flow_residual(self, occupancy):
        return flow_residual(self, occupancy)


def at_step(x, step, core=2):
    """Entries of one step, of numbers that may be the same at all of them."""
    return x[(..., step if x.shape[-core - 1] > 1 else 0, *[slice(None)] * core)]


def solved(matrix, right):
    """Solve ``matrix x = right`` by Gauss elimination; the pivots of these matrices are never zero."""
    rows = [[*row, b] for row, b in zip(matrix, right)]
    n = len(rows)
    for i in range(n):
        pivot = rows[i][i]
        rows[i] = [x / pivot for x in rows[i]]
        for k in range(n):
            if k != i and rows[k][i] != 0:
                factor = rows[k][i]
                rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i])]
    return [row[n] for row in rows]


def solved_all(matrix, right):
    """Solve for every leading index."""
    n = matrix.shape[-1]
    batch = matrix.shape[:-2]
    right = broadcast_to(right, (*batch, n))
    entries = []
    for spot in product(*map(range, batch)):
        entries += solved(matrix[spot].tolist(), right[spot].tolist())
    return Array((*batch, n), [x if isinstance(x, Inexact) else Fraction(x) for x in entries])


def less_discounted(mdp, pi):
    """``I - gamma P_pi``."""
    moved = array_sum(pi[..., None] * mdp.kernel(), -2)
    n = mdp.n_states
    identity = Array((n, n), [Fraction(i == j) for i in range(n) for j in range(n)])
    return identity - mdp.discount * moved


def discounted_values(mdp, pi):
    earned = array_sum(pi * mdp.rewards(), -1)
    system = broadcast_to(less_discounted(mdp, pi), (*earned.shape, mdp.n_states))
    return solved_all(system, earned)


def discounted_states(mdp, pi):
    return solved_all(moveaxis(less_discounted(mdp, pi), -1, -2), (1 - mdp.discount) * mdp.mu)


def one_hot(actions, n_actions):
    return Array(
        (*actions.shape, n_actions), [Fraction(a == action) for action in actions.entries for a in range(n_actions)]
    )


def optimum(mdp):
    """An optimal policy, and the optimal values of the first step."""
    if mdp.horizon is not None:
        q, actions = mdp.reward(mdp.horizon - 1), []
        for h in reversed(range(mdp.horizon)):
            actions.append(greedy(q))
            v = amax(q, -1)
            q = mdp.backup(v, h - 1) if h else q
        return one_hot(stack(actions[::-1], -2), mdp.n_actions), v
    return discounted_optimum(mdp)


def greedy(q):
    """The first action that is not certainly worse than another."""
    best = amax(q, -1)[..., None]
    return argmax(where(Array(q.shape, [x is not False for x in (q >= best).entries]), 1, 0), -1)


def discounted_optimum(mdp):
    """Policy iteration; of enclosed rewards the last residual bounds what is left."""
    policy = one_hot(greedy(mdp.reward()), mdp.n_actions)
    while True:
        v = discounted_values(mdp, policy)
        q = mdp.backup(v)
        better = Array(q.shape, [decide(x, "<=", y) is False for x, y in zip(q.entries, both(v, q).entries)])
        if not better.any():
            break
        improved = one_hot(argmax(where(better, midpoint(q), -(10**9)), -1), mdp.n_actions)
        policy = where(better.any(-1)[..., None], improved, policy)
    return one_hot(greedy(q), mdp.n_actions), widened(v, amax(q, -1), mdp.discount)


def both(v, q):
    return broadcast_to(v[..., None], q.shape)


def widened(v, improved, discount):
    """Enclosures of the fixed point of a contraction, from values and what it makes of them."""
    apart = abs(improved - v)
    if not possibly_nonzero(apart).any():
        return v
    reach = amax(apart, -1) / (1 - discount)
    radius = max(upper(x) for x in reach.entries)
    slack = enclosing(radius)
    return Array(v.shape, [Enclosure(enclosing(x) + Interval(-slack.hi, slack.hi)) for x in v.entries])


class SoftOptimum:
    """The entropy-regularised optimum: ``policy``, ``q``, ``v`` and ``value``."""

    def __init__(self, mdp, tau):
        if mdp.horizon is None:
            self.v = soft_fixed_point(mdp, tau)
            self.q = mdp.backup(self.v)
            self.value = array_sum(mdp.mu * self.v, -1)
        else:
            q = mdp.reward(mdp.horizon - 1)
            qs, vs = [q], [soft_maximum(q, tau)]
            for h in reversed(range(mdp.horizon - 1)):
                qs.append(mdp.backup(vs[-1], h))
                vs.append(soft_maximum(qs[-1], tau))
            self.q, self.v = stack(qs[::-1], -3), stack(vs[::-1], -2)
            self.value = array_sum(mdp.mu * vs[-1], -1)
        self.policy = softmax(self.q, tau)


def soft_weights(q, tau):
    top = midpoint(amax(q, -1))
    return top, exp((q - top[..., None]) / tau)


def soft_maximum(q, tau):
    """``tau log sum_a exp(q / tau)``."""
    top, weights = soft_weights(q, tau)
    return top + tau * log(array_sum(weights, -1))


def softmax(q, tau):
    weights = soft_weights(q, tau)[1]
    return weights / array_sum(weights, -1)[..., None]


def soft_fixed_point(mdp, tau):
    """Soft policy iteration on rounded numbers, then one residual that encloses the fixed point."""
    v = Array((mdp.n_states,), [Fraction(0)] * mdp.n_states)
    for _ in range(64):
        q = mdp.backup(v)
        improved = rounded(soft_maximum(q, tau))
        if max(abs(x) for x in (improved - v).entries) < Fraction(1, 2**150):
            break
        policy = rounded(softmax(q, tau))
        policy = policy / array_sum(policy, -1)[..., None]
        v = rounded(v + solved_all(less_discounted(mdp, policy), improved - v))
    return widened(v, soft_maximum(mdp.backup(v), tau), mdp.discount)


def rounded(x):
    """Fractions with 200 binary places near some numbers."""
    return Array(x.shape, [Fraction(int(middle(entry) * 2**200), 2**200) for entry in x.entries])


def projection(mdp, occupancy):
    """The policy ``d(s, a) / d(s)``, uniform where ``d(s) = 0``."""
    d = asarray(occupancy)
    total = array_sum(d, -1)[..., None]
    visited = possibly_nonzero(total)
    shares = minimum(maximum(d / where(visited, total, 1), 0), 1)
    return where(visited, shares, Fraction(1, mdp.n_actions))


def flow_residual(mdp, occupancy):
    """Mass at each state minus the mass that flows in."""
    d = asarray(occupancy)
    mass = array_sum(d, -1)
    if mdp.discount is not None:
        return mass - ((1 - mdp.discount) * mdp.mu + mdp.discount * mdp.push(d))
    first = broadcast_to(mdp.mu, mass[..., 0, :].shape)
    return mass - stack([first, *(mdp.push(d[..., h, :, :], h) for h in range(mdp.horizon - 1))], -2)


def TabularMDP(P, r, mu, *, horizon=None, discount=None, batch_axes=0):
    """A model whose rewards may depend on the next state, as ``r[s][a][s']``, if there is a discount."""
    P, r = asarray(P), asarray(r)
    expected = array_sum(P * r, -1) if horizon is None and r.ndim == P.ndim else r
    return Model(P, expected, mu, horizon, discount)
