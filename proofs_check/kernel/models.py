"""Finite decision processes and quantities of imitation learning, each by its definition.

All tables have a step axis; with a discount there is one step, which is repeated for ever.
"""

from collections.abc import Callable
from copy import copy
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from typing import Any

from proofs_check.kernel.numbers import Interval, Number, exp, log, maximum, sqrt
from proofs_check.kernel.reading import Refused, by_step, dot, fields, flat, laws, shape, table

LOG_2 = log(2)


def _kl(p: Number, q: Number) -> Number:
    """``p log(p / q)``, 0 where p is 0; an interval p may touch 0."""
    p, q = Interval.of(p), Interval.of(q)
    if p.hi == 0:
        return 0
    if q.lo <= 0:
        raise Refused("a divergence is infinite: one law may go where the other never does")
    if p.lo > 0:
        return p * log(p / q)
    top, least = Interval(p.hi, p.hi), q * Fraction(-37, 100)  # x log(x / q) is never below -q / e, and convex
    return Interval(least.lo, max((top * log(top / q)).hi, 0))


def _jensen_shannon(d: Number, e: Number) -> Number:
    return _kl(d, (d + e) * Fraction(1, 2)) + _kl(e, (d + e) * Fraction(1, 2)) if e else d * LOG_2


TERMS: dict[str, Callable[[Any, Any], Any]] = {
    "forward-kl": lambda d, e: _kl(e, d),
    "reverse-kl": _kl,
    "squared-hellinger": lambda d, e: (sqrt(d) - sqrt(e)) ** 2,
    "chi2": lambda d, e: (d - e) ** 2 / e if e else _kl(d, e),
    "jensen-shannon": _jensen_shannon,
    "total-variation": lambda d, e: abs(d - e) * Fraction(1, 2),
}
"""``e f(d / e)``."""


class Model:
    """What a certificate says of a model; totals over time are means times ``time``."""

    def __init__(self, data: Any, what: str, rewards: str = "r") -> None:
        self.finite = "discount" not in data
        P, mu, end, *r = fields(data, f"P mu {'horizon' if self.finite else 'discount'} {rewards}", what)
        end = table(end, (), what)
        if not (end >= 1 and end.denominator == 1 if self.finite else 0 <= end < 1):
            raise Refused(f"{what} ends with {end}; a horizon is whole, from 1 on, and a discount lies in [0, 1)")
        self.steps = int(end) if self.finite else 1
        self.discount = Fraction(1) if self.finite else end
        self.time = end if self.finite else 1 / (1 - end)
        states, actions, *_ = self.shape = (*shape(P)[-3:-1], 0, 0)[:2]
        self.P = laws(by_step(P, self.steps, (states, actions, states), f"{what}.P"), f"{what}.P")
        self.mu = laws(table(mu, (states,), f"{what}.mu"), f"{what}.mu")
        self.r: Any = by_step(r[0], self.steps, self.shape, f"{what}.r") if r else None

    def __str__(self) -> str:
        end = f"horizon {self.steps}" if self.finite else f"discount {self.discount}"
        return f"{self.shape[0]} states, {self.shape[1]} actions, {end}"

    def with_rewards(self, r: Any) -> Any:
        """Return the same model with other rewards."""
        other = copy(self)
        other.r = r
        return other

    def policy(self, data: Any) -> Any:
        """Return a table that must be a policy of the model."""
        return laws(table(data, (self.steps, *self.shape), "a policy"), "a policy")

    def occupancy(self, policy: Any, start: Any = None) -> list[Any]:
        """Return the law of state and action at each step, or with a discount at a geometric time."""
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
        tables: list[Any] = []
        for h in reversed(range(self.steps)):
            steps = zip(self.r[h], self.P[h], strict=True)
            tables.insert(0, [[r + self.discount * dot(p, v) for r, p in zip(*row, strict=True)] for row in steps])
            v = [top(h, s, row) for s, row in enumerate(tables[0])]
        return v, tables

    def evaluated(self, policy: Any) -> tuple[Any, Any]:
        """Return values of first states, and of state and action at each step, of a policy."""
        v = [Fraction(0)] * self.shape[0]
        if not self.finite:
            units = ([Fraction(s == t) for t in range(len(v))] for s in range(len(v)))
            v = [self.time * dot(flat(self.r), flat(self.occupancy(policy, unit))) for unit in units]
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
        if not self.finite or (self.shape[0] * self.shape[1]) ** self.steps > 10**5:
            raise Refused(f"trajectories of a model with {self} are not enumerated")
        found, pi = [], self.policy(policy)
        for path in product(product(*map(range, self.shape)), repeat=self.steps):
            acts = [pi[h][s][a] for h, (s, a) in enumerate(path)]
            moves = [self.P[h][s][a][t] for h, ((s, a), (t, _)) in enumerate(pairwise(path))]
            found.append(prod([self.mu[path[0][0]], *acts, *moves]))
        return found

    def value(self, policy: Any) -> Any:
        """Return the expected total reward."""
        return self.time * dot(self.pairs(policy, policy), flat(self.r))

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
        old, (v, tables) = None, self.backward(lambda h, s, row: max(row), [Fraction(0)] * self.shape[0])
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


def soft_maximum(row: Any, temperature: Number) -> Any:
    """Return the largest mean plus weighted entropy of a law over the entries."""
    top = maximum(*row)
    return top + temperature * log(sum(exp((x - top) / temperature) for x in row)) if temperature else top
