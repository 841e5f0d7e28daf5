"""Finite decision processes, and what policies do in them; with a discount, in one step at a geometric time."""

from typing import Any

from proofs_check.kernel.numbers import ONE, Interval, exp, log, lower, maximum
from proofs_check.kernel.reading import Refused, by_step, dot, fields, flat, laws, shape, table


class Model:
    """A model as a certificate has it; totals over time are means times ``time``."""

    def __init__(self, data: Any, rewards: str = "r") -> None:
        self.finite = "discount" not in data
        kind = "horizon" if self.finite else "discount"
        P, mu, end, *r = fields(data, f"P mu {kind} {rewards}", "a model")
        end = table(end, (), "the end of a model")
        if not (end >= 1 and end.denominator == 1 if self.finite else 0 <= end < 1):
            raise Refused(f"a model ends with {end}; a horizon is whole, from 1 on, and a discount lies in [0, 1)")
        self.steps, self.time, self.discount = (int(end), end, end**0) if self.finite else (1, 1 / (1 - end), end)
        self.n_states, self.n_actions = self.shape = (*shape(P)[-3:-1], 0, 0)[:2]
        self.ends, self.size = {kind: end}, f"{self.n_states} states, {self.n_actions} actions, {kind} {end}"
        self.P = laws(by_step(P, self.steps, (*self.shape, self.n_states), "P"), "P")
        self.mu = laws(table(mu, self.shape[:1], "mu"), "mu")
        self.r: Any = by_step(r[0], self.steps, self.shape, "r") if r else None

    def policy(self, data: Any) -> Any:
        """Return a table that must be a policy of the model."""
        return laws(by_step(data, self.steps, self.shape, "a policy"), "a policy")

    def occupancy(self, policy: Any) -> list[Any]:
        """Return the law of state and action at each step."""
        state, policy, found = self.mu, self.policy(policy), list[Any]()
        if not self.finite:
            state = _solved(list(zip(*self._equations(policy), strict=True)), [p / self.time for p in self.mu])
        for pi, P in zip(policy, self.P, strict=True):
            found.append([[mass * p for p in row] for mass, row in zip(state, pi, strict=True)])
            state = [dot(flat(found[-1]), p) for p in zip(*(p for row in P for p in row), strict=True)]
        return found

    def backward(self, top: Any, v: Any) -> tuple[list[Any], list[Any]]:
        """Return values of states, ``top(h, s, those of actions)``, and of actions, if ``v`` follow the last step."""
        values, tables = [v], list[Any]()
        for h in reversed(range(self.steps)):
            steps = zip(self.r[h], self.P[h], strict=True)
            tables.insert(0, [[r + self.discount * dot(p, values[0]) for r, p in zip(*s, strict=True)] for s in steps])
            values.insert(0, [top(h, s, row) for s, row in enumerate(tables[0])])
        return values[:-1], tables

    def evaluated(self, policy: Any) -> tuple[list[Any], list[Any]]:
        """Return the values of a policy, of states and of actions at each step."""
        policy = self.policy(policy)
        v = [0] * self.n_states if self.finite else _solved(self._equations(policy), map(dot, policy[0], self.r[0]))
        return self.backward(lambda h, s, row: dot(policy[h][s], row), v)

    def best(self, weight: Any, guess: Any = None) -> list[Any]:
        """Return the largest values of states plus weighted entropies; with a discount the file brings a guess."""

        def top(h: int, s: int, row: Any) -> Any:
            high = maximum(*row)
            return high + weight * log(sum(exp((x - high) / weight) for x in row)) if weight else high

        if lower(weight) < 0:
            raise Refused("entropies have a negative weight")
        v = [0] * self.n_states if self.finite else table(guess, self.shape[:1], "the guessed values")
        values, _ = self.backward(top, v)
        if self.finite or values[0] == v:
            return values
        error = maximum(*(abs(new - old) for new, old in zip(values[0], v, strict=True)))
        return [[x + self.time * error * Interval(-ONE, ONE) for x in v]]  # |Tv - v| <= c: |v* - v| <= c / (1 - gamma)

    def _equations(self, policy: Any) -> list[list[Any]]:
        """Return ``1 - discount K`` for the law K of the next state under a policy of one step."""
        moves = [[dot(pi, p) for p in zip(*P, strict=True)] for pi, P in zip(policy[0], self.P[0], strict=True)]
        return [[(s == t) - self.discount * p for t, p in enumerate(row)] for s, row in enumerate(moves)]


def _solved(left: Any, right: Any) -> list[Any]:
    """Solve a linear system with diagonally dominant rows or columns, so that no pivot is 0, by elimination."""
    system = [[*row, b] for row, b in zip(left, right, strict=True)]
    for i in range(len(system)):
        pivot = [x / system[i][i] for x in system[i]]
        system = [[x - row[i] * y for x, y in zip(row, pivot, strict=True)] for row in system]
        system[i] = pivot
    return [row[-1] for row in system]
