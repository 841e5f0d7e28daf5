"""Finite decision processes and what policies do in them, each by its definition.

Tables have a step axis; with a discount there is one step, repeated for ever, and laws are those at a geometric time.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from proofs_check.kernel.numbers import Interval, log, maximum, sqrt
from proofs_check.kernel.reading import Refused, by_step, dot, fields, flat, laws, shape, table


def _kl(p: Any, q: Any) -> Any:
    """``p log(p / q)``, 0 where p is 0; an interval p may touch 0."""
    p, q = Interval.of(p), Interval.of(q)
    if p.hi and q.lo <= 0:
        raise Refused("a divergence is infinite: one law may go where the other never does")
    if p.lo > 0 or p.hi == 0:
        return p * log(p / q) if p.hi else 0
    top, least = Interval(p.hi, p.hi), q * Fraction(-37, 100)  # x log(x / q) is never below -q / e, and convex
    return Interval(least.lo, max((top * log(top / q)).hi, 0))


TERMS: dict[str, Callable[[Any, Any], Any]] = {
    "forward-kl": lambda d, e: _kl(e, d),
    "reverse-kl": _kl,
    "squared-hellinger": lambda d, e: (sqrt(d) - sqrt(e)) ** 2,
    "chi2": lambda d, e: (d - e) ** 2 / e if e else _kl(d, e),
    "jensen-shannon": lambda d, e: _kl(d, (d + e) / Fraction(2)) + _kl(e, (d + e) / Fraction(2)) if e else d * log(2),
    "total-variation": lambda d, e: abs(d - e) / Fraction(2),
}
"""Of an f-divergence of two laws, ``e f(d / e)``."""


class Model:
    """A model as a certificate has it; totals over time are means times ``time``."""

    def __init__(self, data: Any, what: str, rewards: str = "r") -> None:
        self.finite = "discount" not in data
        P, mu, end, *r = fields(data, f"P mu {'horizon' if self.finite else 'discount'} {rewards}", what)
        if not (table(end, (), what) >= 1 and end.denominator == 1 if self.finite else 0 <= table(end, (), what) < 1):
            raise Refused(f"{what} ends with {end}; a horizon is whole, from 1 on, and a discount lies in [0, 1)")
        self.steps, self.time = (int(end), end) if self.finite else (1, 1 / (1 - end))
        self.discount: Any = 1 if self.finite else end
        self.horizon = self.steps if self.finite else None
        self.n_states, self.n_actions = self.shape = (*shape(P)[-3:-1], 0, 0)[:2]
        self.P = laws(by_step(P, self.steps, (*self.shape, self.shape[0]), f"{what}.P"), f"{what}.P")
        self.mu = laws(table(mu, self.shape[:1], f"{what}.mu"), f"{what}.mu")
        self.rewards: Any = by_step(r[0], self.steps, self.shape, f"{what}.r") if r else None

    def __str__(self) -> str:
        end = f"horizon {self.steps}" if self.finite else f"discount {self.discount}"
        return f"{self.n_states} states, {self.n_actions} actions, {end}"

    def policy(self, data: Any) -> Any:
        """Return a table that must be a policy of the model."""
        return laws(table(data, (self.steps, *self.shape), "a policy"), "a policy")

    def occupancy(self, policy: Any, start: Any = None) -> list[Any]:
        """Return the law of state and action at each step."""
        state, found = start or self.mu, list[Any]()
        if not self.finite:
            moves = [[dot(p, pi) for p in zip(*P, strict=True)] for pi, P in zip(policy[0], self.P[0], strict=True)]
            left = [[(s == t) - self.discount * row[t] for s, row in enumerate(moves)] for t in range(len(moves))]
            state = _solved(left, [p / self.time for p in state])
        for pi, P in zip(policy, self.P, strict=True):
            found.append([[mass * p for p in row] for mass, row in zip(state, pi, strict=True)])
            state = [dot(p, flat(found[-1])) for p in zip(*(p for row in P for p in row), strict=True)]
        return found

    def backward(self, top: Callable[[int, int, Any], Any], v: Any) -> tuple[Any, Any]:
        """Return values of states, ``top(h, s, those of actions)``, and of actions, if ``v`` follow the last step."""
        tables = list[Any]()
        for h in reversed(range(self.steps)):
            steps = zip(self.rewards[h], self.P[h], strict=True)
            tables.insert(0, [[r + self.discount * dot(p, v) for r, p in zip(*row, strict=True)] for row in steps])
            v = [top(h, s, row) for s, row in enumerate(tables[0])]
        return v, tables

    def evaluated(self, policy: Any) -> tuple[Any, Any]:
        """Return values of first states, and of state and action at each step, of a policy."""
        v = [Fraction(0)] * self.n_states
        if not self.finite:
            units = ([Fraction(s == t) for t in range(len(v))] for s in range(len(v)))
            v = [self.time * dot(flat(self.rewards), flat(self.occupancy(policy, unit))) for unit in units]
        return self.backward(lambda h, s, row: dot(policy[h][s], row), v)

    def states(self, policy: Any) -> list[Any]:
        """Return the law of (h, s), h uniform."""
        return [sum(row) / self.steps for step in self.occupancy(self.policy(policy)) for row in step]

    def pairs(self, first: Any, second: Any) -> list[Any]:
        """Return the law of (h, s, a), h uniform: the first policy leads to the states, the second acts there."""
        acts = (row for step in self.policy(second) for row in step)
        return [mass * p for mass, row in zip(self.states(first), acts, strict=True) for p in row]

    def trajectories(self, policy: Any) -> list[Any]:
        """Return the probabilities of all trajectories (s_1, a_1, ..., s_H, a_H), in one order for all policies."""
        if not self.finite:
            raise Refused("trajectories never end where there is a discount")
        ends = list(enumerate(self.mu))
        for pi, P in zip(self.policy(policy), self.P, strict=True):
            acted = [(mass * p, row) for s, mass in ends for p, row in zip(pi[s], P[s], strict=True)]
            ends = [(t, mass * p) for mass, row in acted for t, p in enumerate(row)]
        return [mass for mass, _ in acted]

    def value(self, policy: Any) -> Any:
        """Return the expected total reward."""
        return self.time * dot(self.pairs(policy, policy), flat(self.rewards))

    def causal_entropy(self, policy: Any) -> Any:
        """Return the expected total entropy of the laws of the action, in nats."""
        masses = zip(self.pairs(policy, policy), flat(policy), strict=True)
        return self.time * sum(-(d * log(p)) for d, p in masses if d)

    def disadvantage(self, expert: Any, learner: Any) -> Any:
        """Return the most that one action loses against the expert's value, where the learner goes."""
        rows = [row for step in self.evaluated(self.policy(expert))[1] for row in step]
        places = zip(self.states(learner), (pi for step in expert for pi in step), rows, strict=True)
        return maximum(0, *(dot(pi, row) - x for mass, pi, row in places if mass for x in row))

    def optimal_value(self) -> Any:
        """Return the largest value of a policy, with a discount by policy iteration."""
        old, (v, tables) = None, self.backward(lambda h, s, row: max(row), [Fraction(0)] * self.n_states)
        while not self.finite and v != old:
            old, _ = self.evaluated([[[int(a == row.index(max(row))) for a in range(len(row))] for row in tables[0]]])
            v, tables = self.backward(lambda h, s, row: max(row), old)
        return dot(self.mu, v)


def _solved(left: Any, right: Any) -> list[Any]:
    """Solve a linear system with diagonally dominant columns, so that no pivot is 0, by elimination."""
    system = [[*row, b] for row, b in zip(left, right, strict=True)]
    for i in range(len(system)):
        pivot = [x / system[i][i] for x in system[i]]
        system = [[x - row[i] * y for x, y in zip(row, pivot, strict=True)] for row in system]
        system[i] = pivot
    return [row[-1] for row in system]
