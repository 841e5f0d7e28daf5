"""Re-check the two-sided bound on the value of a game of imitation.

The game is ``min_pi max_r <e, phi(r)> - <d_pi, r> - lambda E[-log pi]`` over laws of (h, s, a) with h uniform, or of
(s, a) at a geometric time. The certificate names a policy, whose best-reward value bounds the value of the
game from above, and a reward, whose best-policy value bounds it from below; both are computed here anew.

Why this is enough. Finite horizon: laws by the forward recursion, values by the backward one. Discounted: if ``m`` is any
guess at the state law and ``f = (1-g) mu + g K'm - m``, the true one is within ``||f||_1 / (1-g)`` of it; if ``V`` is any
guess at the (soft) optimal values and ``T V <= V + c``, the true ones are at most ``V + c / (1-g)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from proofs_check.kernel.fixed import ONE, ZERO, Interval, total

SCHEMA = "iltheory-saddle/1"
DIVERGENCES = ("forward-kl", "reverse-kl", "squared-hellinger", "chi2", "jensen-shannon", "total-variation")

Table = list[list[Fraction]]


class Refused(Exception):
    """The certificate does not prove what it claims."""


def check(certificate: dict[str, Any]) -> tuple[Fraction, Fraction]:
    """Return proven bounds (lower, upper) on the value of the game.

    Raises
    ------
    Refused
        If the certificate is malformed, or its claimed bounds do not follow.
    """
    if certificate.get("schema") != SCHEMA:
        raise Refused(f"schema {certificate.get('schema')!r} is not {SCHEMA!r}")
    game = Game(certificate)
    upper, lower = game.primal().upper, game.dual().lower
    claimed_upper, claimed_lower = (_rational(certificate[side][end]) for side, end in _CLAIMS)
    if upper > claimed_upper:
        raise Refused(f"the policy only proves the value to be at most {float(upper)!r}, not {float(claimed_upper)!r}")
    if lower < claimed_lower:
        raise Refused(f"the reward only proves the value to be at least {float(lower)!r}, not {float(claimed_lower)!r}")
    return lower, upper


_CLAIMS = (("primal", "upper"), ("dual", "lower"))


class Game:
    """What a certificate says, read and checked."""

    def __init__(self, data: dict[str, Any]) -> None:
        mdp = data["mdp"]
        self.horizon = mdp.get("horizon")
        self.discount = None if self.horizon is not None else _rational(mdp["discount"])
        if self.horizon is None and not 0 <= self.discount < 1:
            raise Refused(f"discount {self.discount} outside [0, 1)")
        self.steps = 1 if self.horizon is None else int(self.horizon)
        self.transitions = [_laws(step, "a row of P") for step in _by_step(mdp["P"], 4)]
        self.start = _law(mdp["mu"], "mu")
        self.weight = _rational(data["entropy_weight"])
        if self.weight < 0:
            raise Refused("a negative entropy weight")
        self.policy = [[_law(row, "a row of the policy") for row in step] for step in _by_step(data["policy"], 3)]
        self.target = [[[_rational(x) for x in row] for row in step] for step in _by_step(data["target"], 3)]
        if any(x < 0 for x in _flat(self.target)):
            raise Refused("a negative entry of the target")
        self.adversary = data["adversary"]
        self.strategy = data["strategy"]
        self.data = data
        self.states, self.actions = len(self.start), len(self.policy[0][0])
        shape = {(len(step), len(row)) for step in (*self.policy, *self.target, *self.transitions) for row in step}
        if shape != {(self.states, self.actions)} or len(self.policy) not in (1, self.steps):
            raise Refused("the sizes of P, mu, policy and target do not fit together")
        if len(self.target) != self.steps or len(self.transitions) not in (1, self.steps):
            raise Refused("the steps of P and target do not fit the horizon")

    def primal(self) -> Interval:
        """Enclose ``max_r <e, phi(r)> - <d, r>`` less the weighted entropy, for the policy's law d."""
        laws = self._laws()
        scale = Fraction(1, self.steps)
        pairs = [
            (laws[h][s][a], Interval.of(scale * self.target[h][s][a]), self.target[h][s][a] == 0)
            for h, s, a in self._indices()
        ]
        return self._distance(pairs) - Interval.of(self.weight) * self._entropy(laws)

    def dual(self) -> Interval:
        """Enclose ``<e, phi(r)>`` less the best policy's reward and weighted entropy (from below at least)."""
        reward = self._reward()
        gain = total([self._utility(reward[h][s][a], self.target[h][s][a]) for h, s, a in self._indices()])
        return gain * Interval.of(Fraction(1, self.steps)) - self._best_value(reward)

    def _indices(self) -> Iterator[tuple[int, int, int]]:
        return ((h, s, a) for h in range(self.steps) for s in range(self.states) for a in range(self.actions))

    # The policy's law.

    def _laws(self) -> list[list[list[Interval]]]:
        """Law of (h, s, a), ``[steps][S][A]``."""
        if self.horizon is None:
            return [self._spread(self._discounted_masses(), 0)]
        mass = [Interval.of(p / self.steps) for p in self.start]
        laws = []
        for h in range(self.steps):
            laws.append(self._spread(mass, h))
            mass = self._push(laws[-1], h)
        return laws

    def _spread(self, mass: list[Interval], h: int) -> list[list[Interval]]:
        policy = self.policy[min(h, len(self.policy) - 1)]
        return [[m * Interval.of(p) for p in row] for m, row in zip(mass, policy, strict=True)]

    def _push(self, law: list[list[Interval]], h: int) -> list[Interval]:
        rows = self.transitions[min(h, len(self.transitions) - 1)]
        lo, hi = [0] * self.states, [0] * self.states
        for s in range(self.states):
            for a in range(self.actions):
                mass = law[s][a]
                if mass.hi == 0:
                    continue
                for t, p in enumerate(rows[s][a]):
                    if p:
                        lo[t] += mass.lo * p.numerator // p.denominator
                        hi[t] -= -mass.hi * p.numerator // p.denominator
        return [Interval(x, y) for x, y in zip(lo, hi, strict=True)]

    def _discounted_masses(self) -> list[Interval]:
        guess = [_rational(x) for x in self.data["state_law"]]
        if len(guess) != self.states or min(guess) < 0:
            raise Refused("the guessed state law has the wrong length or a negative entry")
        masses = [Interval.of(x) for x in guess]
        inflow = self._push(self._spread(masses, 0), 0)
        gamma = Interval.of(self.discount)
        residual = [
            (Interval.of((1 - self.discount) * start) + gamma * flow - mass).absolute()
            for start, flow, mass in zip(self.start, inflow, masses, strict=True)
        ]
        error = (total(residual) / Interval.of(1 - self.discount)).hi
        visited = self._visited()
        return [Interval(max(m.lo - error, 0), m.hi + error) if visited[s] else ZERO for s, m in enumerate(masses)]

    def _visited(self) -> list[bool]:
        """States the policy reaches with positive probability."""
        seen = [p > 0 for p in self.start]
        queue = [s for s, reached in enumerate(seen) if reached] if self.discount > 0 else []
        while queue:
            s = queue.pop()
            for a, taken in enumerate(self.policy[0][s]):
                for t, p in enumerate(self.transitions[0][s][a]):
                    if taken and p and not seen[t]:
                        seen[t] = True
                        queue.append(t)
        return seen

    def _entropy(self, laws: list[list[list[Interval]]]) -> Interval:
        """``E[-log pi]`` under the law."""
        terms = []
        for h, s, a in self._indices():
            p = self.policy[min(h, len(self.policy) - 1)][s][a]
            if self.weight and 0 < p < 1:
                terms.append(-(laws[h][s][a] * Interval.of(p).log()))
        return total(terms)

    # The adversary.

    def _distance(self, pairs: list[tuple[Interval, Interval, bool]]) -> Interval:
        kind = self.adversary["kind"]
        if kind == "divergence":
            term = _TERMS[self.adversary["name"]]
            return total([term(d, e, hidden) for d, e, hidden in pairs])
        if kind == "linear":
            return self._feature_distance([e - d for d, e, _ in pairs])
        if kind == "lipschitz":
            return self._transport([d for d, _, _ in pairs], [e for _, e, _ in pairs])
        raise Refused(f"unknown adversary {kind!r}")

    def _features(self) -> list[list[Fraction]]:
        """Feature vectors of the pairs (h, s, a), in order."""
        steps = _by_step(self.adversary["features"], 4)
        return [[_rational(x) for x in steps[min(h, len(steps) - 1)][s][a]] for h, s, a in self._indices()]

    def _feature_distance(self, difference: list[Interval]) -> Interval:
        features = self._features()
        seen = [
            total([x * Interval.of(f[i]) for x, f in zip(difference, features, strict=True) if f[i]])
            for i in range(len(features[0]))
        ]
        ball = self.adversary["ball"]
        if ball == "l2":
            return total([x * x if x.lo > 0 or x.hi < 0 else x.absolute() * x.absolute() for x in seen]).sqrt()
        if ball == "linf":
            return total([x.absolute() for x in seen])
        if ball in ("simplex", "l1"):
            best = seen[0] if ball == "simplex" else seen[0].absolute()
            for x in seen[1:]:
                best = best.join(x if ball == "simplex" else x.absolute())
            return best
        raise Refused(f"unknown ball {ball!r}")

    def _transport(self, d: list[Interval], e: list[Interval]) -> Interval:
        """Cost of the certificate's plan, and of moving what it misses as far as possible."""
        metric = self._metric()
        n = len(metric)
        longest = Interval.of(max(_flat(metric)))
        costs = []
        for h, plan in enumerate(self.data["plans"]):
            rows = [[_rational(x) for x in row] for row in plan]
            if len(rows) != n or any(len(row) != n or min(row) < 0 for row in rows):
                raise Refused("a transport plan has the wrong size or a negative entry")
            leaves = [Interval.of(sum(row)) for row in rows]
            arrives = [Interval.of(sum(row[j] for row in rows)) for j in range(n)]
            missing = [(x - y).absolute() for x, y in zip(d[h * n : (h + 1) * n], leaves, strict=True)]
            missing += [(x - y).absolute() for x, y in zip(e[h * n : (h + 1) * n], arrives, strict=True)]
            cost = sum(x * metric[i][j] for i, row in enumerate(rows) for j, x in enumerate(row) if x)
            costs.append(Interval.of(cost) + longest * total(missing))
        if len(costs) != self.steps:
            raise Refused("there must be one transport plan a step")
        return total(costs)

    def _metric(self) -> Table:
        metric = [[_rational(x) for x in row] for row in self.adversary["metric"]]
        n = self.states * self.actions
        square = len(metric) == n and all(len(row) == n for row in metric)
        if not square or any(metric[i][j] != metric[j][i] or metric[i][i] != 0 for i in range(n) for j in range(i)):
            raise Refused("the metric is not a symmetric table of distances between pairs")
        return metric

    def _reward(self) -> list[list[list[Fraction]]]:
        """The reward ``[steps][S][A]`` of the strategy, which must belong to the adversary's class."""
        kind = self.adversary["kind"]
        if kind == "linear":
            return self._linear_reward([_rational(x) for x in self.strategy])
        reward = [[[_rational(x) for x in row] for row in step] for step in _by_step(self.strategy, 3)]
        if len(reward) != self.steps or any(len(step) != self.states for step in reward):
            raise Refused("the reward has the wrong shape")
        if kind == "divergence":
            low, high = _DOMAINS[self.adversary["name"]]
            for r in _flat(reward):
                if (high is not None and r > high) or (low is not None and Interval.of(r).lo < low.lo):
                    raise Refused(f"the reward {float(r)} leaves the domain of {self.adversary['name']}")
            return reward
        if kind != "lipschitz":
            raise Refused(f"unknown adversary {kind!r}")
        metric = self._metric()
        for step in reward:
            flat = _flat(step)
            if any(x - y > far for x, row in zip(flat, metric, strict=True) for y, far in zip(flat, row, strict=True)):
                raise Refused("the reward changes by more than the distance between two pairs")
        return reward

    def _linear_reward(self, w: list[Fraction]) -> list[list[list[Fraction]]]:
        size = {
            "simplex": sum(w) == 1 and min(w) >= 0,
            "l1": sum(map(abs, w)) <= 1,
            "l2": sum(x * x for x in w) <= 1,
            "linf": max(map(abs, w)) <= 1,
        }
        if not size.get(self.adversary["ball"], False):
            raise Refused(f"the weights lie outside the ball {self.adversary['ball']!r}")
        flat = iter([sum(x * y for x, y in zip(f, w, strict=True)) for f in self._features()])
        return [[[next(flat) for _ in range(self.actions)] for _ in range(self.states)] for _ in range(self.steps)]

    def _utility(self, r: Fraction, e: Fraction) -> Interval:
        if e == 0:
            return ZERO  # its limit: a reward at the end of the domain is approached from inside
        x = Interval.of(r)
        name = self.adversary["name"] if self.adversary["kind"] == "divergence" else "total-variation"
        return Interval.of(e) * _UTILITIES[name](x)

    # The best policy against the reward.

    def _best_value(self, reward: list[list[list[Fraction]]]) -> Interval:
        """Enclose, at least from above, the largest expected reward plus weighted entropy a step."""
        if self.horizon is not None:
            v = [ZERO] * self.states
            for h in reversed(range(self.steps)):
                v = self._backup(v, reward[h], h)
            return self._mean(v) * Interval.of(Fraction(1, self.steps))
        guess = [Interval.of(_rational(x)) for x in self.data["values"]]
        if len(guess) != self.states:
            raise Refused("the guessed values have the wrong length")
        better = self._backup(guess, reward[0], 0)
        excess = max((new - old).hi for new, old in zip(better, guess, strict=True))
        rest = Interval(excess, excess)
        return Interval.of(1 - self.discount) * self._mean(guess) + rest

    def _mean(self, v: list[Interval]) -> Interval:
        return total([Interval.of(p) * x for p, x in zip(self.start, v, strict=True)])

    def _backup(self, v: list[Interval], reward: list[list[Fraction]], h: int) -> list[Interval]:
        rows = self.transitions[min(h, len(self.transitions) - 1)]
        gamma = Interval.of(1 if self.discount is None else self.discount)
        out = []
        for s in range(self.states):
            q = [
                Interval.of(reward[s][a]) + gamma * total([Interval.of(p) * v[t] for t, p in enumerate(row) if p])
                for a, row in enumerate(rows[s])
            ]
            out.append(self._soft_maximum(q))
        return out

    def _soft_maximum(self, q: list[Interval]) -> Interval:
        best = q[0]
        for x in q[1:]:
            best = best.join(x)
        if self.weight == 0:
            return best
        weight, top = Interval.of(self.weight), Interval(best.hi, best.hi)
        return top + weight * total([((x - top) / weight).exp() for x in q]).log()


def _kl(p: Interval, q: Interval) -> Interval:
    """``p log(p / q)``, with ``0 log 0 = 0``; p may touch 0."""
    if p.hi == 0:
        return ZERO
    if p.lo > 0:
        return p * (p / q).log()
    x = Interval(p.hi, p.hi) * (Interval(p.hi, p.hi) / q).log()
    least = -(q * Interval.of(Fraction(37, 100)))  # x log(x / q) is never below -q / e
    return Interval(min(x.lo, least.lo, 0), max(x.hi, 0))


def _forward_kl(d: Interval, e: Interval, hidden: bool) -> Interval:
    return ZERO if hidden else _kl(e, _positive(d))


def _reverse_kl(d: Interval, e: Interval, hidden: bool) -> Interval:
    return _never(d) if hidden else _kl(d, e)


def _hellinger(d: Interval, e: Interval, hidden: bool) -> Interval:
    difference = (d.sqrt() - e.sqrt()).absolute()
    return difference * difference


def _chi2(d: Interval, e: Interval, hidden: bool) -> Interval:
    if hidden:
        return _never(d)
    difference = (d - e).absolute()
    return difference * difference / e


def _jensen_shannon(d: Interval, e: Interval, hidden: bool) -> Interval:
    middle = (d + e) * Interval.of(Fraction(1, 2))
    if middle.hi == 0:
        return ZERO
    if middle.lo == 0:  # the learner may or may not go there: at most d log 2
        return Interval(0, (Interval(d.hi, d.hi) * Interval.of(Fraction(7, 10))).hi)
    return _kl(d, middle) + (ZERO if hidden else _kl(e, middle))


def _total_variation(d: Interval, e: Interval, hidden: bool) -> Interval:
    return (d - e).absolute() * Interval.of(Fraction(1, 2))


def _never(d: Interval) -> Interval:
    if d.hi != 0:
        raise Refused("the policy may go where the expert never does, and the divergence is infinite there")
    return ZERO


def _positive(d: Interval) -> Interval:
    if d.lo <= 0:
        raise Refused("the policy may not go where the expert does, and the divergence is infinite there")
    return d


_UNIT = Interval(ONE, ONE)

_TERMS: dict[str, Callable[[Interval, Interval, bool], Interval]] = dict(
    zip(
        DIVERGENCES,
        (_forward_kl, _reverse_kl, _hellinger, _chi2, _jensen_shannon, _total_variation),
        strict=True,
    )
)

_UTILITIES: dict[str, Callable[[Interval], Interval]] = {
    "forward-kl": lambda r: _UNIT + r.log(),
    "reverse-kl": lambda r: -(-r - _UNIT).exp(),
    "squared-hellinger": lambda r: r / (_UNIT + r),
    "chi2": lambda r: r - r * r * Interval.of(Fraction(1, 4)),
    "jensen-shannon": lambda r: (_UNIT + _UNIT - (-r).exp()).log(),
    "total-variation": lambda r: r,
}

_DOMAINS: dict[str, tuple[Interval | None, Fraction | None]] = {
    "forward-kl": (ZERO, None),
    "reverse-kl": (None, None),
    "squared-hellinger": (-_UNIT, None),
    "chi2": (None, Fraction(2)),
    "jensen-shannon": (-Interval.of(2).log(), None),
    "total-variation": (Interval.of(Fraction(-1, 2)), Fraction(1, 2)),
}
"""Rewards on which each utility is concave and nondecreasing."""


def _rational(x: Any) -> Fraction:
    if not isinstance(x, str | int) or isinstance(x, bool):
        raise Refused(f'{x!r:.40} is not a rational such as "3/7"')
    return Fraction(x)


def _law(row: Any, what: str) -> list[Fraction]:
    law = [_rational(x) for x in row]
    if min(law) < 0 or sum(law) != 1:
        raise Refused(f"{what} sums to {float(sum(law))!r}, or has a negative entry")
    return law


def _laws(table: Any, what: str) -> list[list[list[Fraction]]]:
    return [[_law(row, what) for row in rows] for rows in table]


def _by_step(table: Any, depth: int) -> list[Any]:
    """Give a table without step axis one; ``depth`` counts the axes with it."""
    levels, inner = 0, table
    while isinstance(inner, list):
        levels, inner = levels + 1, inner[0]
    if levels not in (depth - 1, depth):
        raise Refused(f"a table has {levels} axes, expected {depth - 1} or {depth}")
    return [table] if levels == depth - 1 else list(table)


def _flat(table: Any) -> list[Fraction]:
    return [x for part in table for x in _flat(part)] if isinstance(table, list) else [table]
