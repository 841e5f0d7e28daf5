"""Re-check the two-sided bound on the value of a game of imitation.

The game is ``min_pi max_r <e, phi(r)> - <d_pi, r> - lambda E[-log pi]`` over laws of (h, s, a) with h uniform, or of
(s, a) at a geometric time. The certificate names a policy, whose best-reward value bounds the value of the
game from above, and a reward, whose best-policy value bounds it from below; both are computed here anew.

Why this is enough. Finite horizon: laws by the forward recursion, values by the backward one. Discounted: if ``m`` is
any guess at the state law and ``f = (1-g) mu + g K'm - m``, the true one is within ``||f||_1 / (1-g)`` of it; if ``V``
is any guess at the (soft) optimal values and ``T V <= V + c``, the true ones are at most ``V + c / (1-g)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.kernel import reading
from proofs_check.kernel.adversaries import Adversary, Pairs, read_adversary
from proofs_check.kernel.fixed import ZERO, Interval, total
from proofs_check.kernel.reading import Refused, fields, laws, rational, show, table

SCHEMA = "iltheory-saddle/1"

NORMALISED = Fraction(1, 2**30)
"""How far a step of the target, which may have been rounded, may be from summing to 1."""


@dataclass(frozen=True)
class Proof:
    """What was proved: the value of the game lies between ``lower`` and ``upper``."""

    game: str
    lower: Fraction
    upper: Fraction


def check(certificate: Any) -> Proof:
    """Prove the claimed bounds on the value of the game, and return the proven ones, which are at least as tight.

    Parameters
    ----------
    certificate : parsed JSON; the layout is described in docs/certificates.md

    Raises
    ------
    Refused
        If the certificate is malformed, or its claimed bounds do not follow.
    """
    if not isinstance(certificate, dict) or certificate.get("schema") != SCHEMA:
        raise Refused(f"the certificate does not say that its schema is {SCHEMA!r}")
    try:
        game = Game(certificate)
        upper, lower = game.primal().upper, game.dual().lower
    except (ArithmeticError, ValueError) as problem:
        raise Refused(f"the numbers prove nothing: {problem}") from problem
    if upper > game.upper:
        raise Refused(f"the policy only proves the value to be at most {show(upper)}, not {show(game.upper)}")
    if lower < game.lower:
        raise Refused(f"the reward only proves the value to be at least {show(lower)}, not {show(game.lower)}")
    return Proof(str(game), lower, upper)


class Game:
    """What a certificate says, read and checked."""

    def __init__(self, data: dict[str, Any]) -> None:
        discounted = isinstance(data.get("mdp"), dict) and "discount" in data["mdp"]
        transport = isinstance(data.get("adversary"), dict) and data["adversary"].get("kind") == "lipschitz"
        names = {"schema", "mdp", "target", "adversary", "entropy_weight", "policy", "strategy", "value"}
        names |= {"state_law", "values"} if discounted else set()
        names |= {"plans"} if transport else set()
        fields(data, names, "the certificate")
        mdp = fields(data["mdp"], {"P", "mu", "discount" if discounted else "horizon"}, "mdp")
        self.discount = rational(mdp["discount"], "discount") if discounted else None
        if self.discount is not None and not 0 <= self.discount < 1:
            raise Refused(f"discount {show(self.discount)} lies outside [0, 1)")
        self.steps = 1 if discounted else reading.positive_integer(mdp["horizon"], "horizon")
        target = [data["target"]] if discounted else data["target"]
        self.states = reading.length(mdp["mu"], "mu")
        _, _, self.actions = reading.sizes(target, 3, "target")
        pairs = (self.states, self.actions)
        self.target = table(target, (self.steps, *pairs), "target")
        if any(x < 0 for step in self.target for row in step for x in row):
            raise Refused("target has a negative entry")
        if any(abs(sum(map(sum, step)) - 1) > NORMALISED for step in self.target):
            raise Refused("a step of target does not sum to 1")
        varying = 1 if discounted else self.steps
        self.transitions = laws(reading.by_step(mdp["P"], varying, (*pairs, self.states), "P"), "P")
        self.start = laws(table(mdp["mu"], (self.states,), "mu"), "mu")
        self.policy = laws(reading.by_step(data["policy"], varying, pairs, "policy"), "policy")
        self.weight = rational(data["entropy_weight"], "entropy_weight")
        if self.weight < 0:
            raise Refused("entropy_weight is negative")
        self.adversary: Adversary = read_adversary(data, self.steps, pairs)
        claim = fields(data["value"], {"lower", "upper"}, "value")
        self.lower, self.upper = (rational(claim[end], "value") for end in ("lower", "upper"))
        if self.discount is not None:
            self.law_guess = table(data["state_law"], (self.states,), "state_law")
            self.value_guess = [Interval.of(x) for x in table(data["values"], (self.states,), "values")]
            if min(self.law_guess) < 0:
                raise Refused("state_law has a negative entry")

    def __str__(self) -> str:
        end = f"horizon {self.steps}" if self.discount is None else f"discount {self.discount}"
        sizes = f"{self.states} states, {self.actions} actions, {end}"
        return f"{self.adversary}, entropy weight {self.weight}, {sizes}"

    def primal(self) -> Interval:
        """Enclose ``max_r <e, phi(r)> - <d, r>`` less the weighted entropy, for the policy's law d."""
        laws = self._laws()
        pairs: Pairs = [(laws[h][s][a], self.target[h][s][a] / self.steps) for h, s, a in self._indices()]
        return self.adversary.distance(pairs) - Interval.of(self.weight) * self._entropy(laws)

    def dual(self) -> Interval:
        """Enclose ``<e, phi(r)>`` less the best policy's reward and weighted entropy (from below at least)."""
        reward = self.adversary.reward()
        gain = total([self.adversary.gain(reward[h][s][a], self.target[h][s][a]) for h, s, a in self._indices()])
        return gain * Interval.of(Fraction(1, self.steps)) - self._best_value(reward)

    def _indices(self) -> Iterator[tuple[int, int, int]]:
        return ((h, s, a) for h in range(self.steps) for s in range(self.states) for a in range(self.actions))

    # The policy's law.

    def _laws(self) -> list[list[list[Interval]]]:
        """Law of (h, s, a), ``[steps][S][A]``."""
        if self.discount is not None:
            return [self._spread(self._discounted_masses(self.discount), 0)]
        mass = [Interval.of(p / self.steps) for p in self.start]
        laws = []
        for h in range(self.steps):
            laws.append(self._spread(mass, h))
            mass = self._push(laws[-1], h)
        return laws

    def _spread(self, mass: list[Interval], h: int) -> list[list[Interval]]:
        policy = at(self.policy, h)
        return [[m * Interval.of(p) for p in row] for m, row in zip(mass, policy, strict=True)]

    def _push(self, law: list[list[Interval]], h: int) -> list[Interval]:
        rows = at(self.transitions, h)
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

    def _discounted_masses(self, discount: Fraction) -> list[Interval]:
        masses = [Interval.of(x) for x in self.law_guess]
        inflow = self._push(self._spread(masses, 0), 0)
        gamma = Interval.of(discount)
        residual = [
            (Interval.of((1 - discount) * start) + gamma * flow - mass).absolute()
            for start, flow, mass in zip(self.start, inflow, masses, strict=True)
        ]
        error = (total(residual) / Interval.of(1 - discount)).hi
        visited = self._visited(discount)
        return [Interval(max(m.lo - error, 0), m.hi + error) if visited[s] else ZERO for s, m in enumerate(masses)]

    def _visited(self, discount: Fraction) -> list[bool]:
        """States the policy reaches with positive probability."""
        seen = [p > 0 for p in self.start]
        queue = [s for s, reached in enumerate(seen) if reached] if discount > 0 else []
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
        if self.weight == 0:
            return ZERO
        chosen = ((laws[h][s][a], at(self.policy, h)[s][a]) for h, s, a in self._indices())
        return total([-(law * Interval.of(p).log()) for law, p in chosen if 0 < p < 1])

    # The best policy against the reward.

    def _best_value(self, reward: list[list[list[Fraction]]]) -> Interval:
        """Enclose, at least from above, the largest expected reward plus weighted entropy a step."""
        if self.discount is None:
            v = [ZERO] * self.states
            for h in reversed(range(self.steps)):
                v = self._backup(v, reward[h], h)
            return self._mean(v) * Interval.of(Fraction(1, self.steps))
        guess = self.value_guess
        better = self._backup(guess, reward[0], 0)
        excess = max((new - old).hi for new, old in zip(better, guess, strict=True))
        return Interval.of(1 - self.discount) * self._mean(guess) + Interval(excess, excess)

    def _mean(self, v: list[Interval]) -> Interval:
        return total([Interval.of(p) * x for p, x in zip(self.start, v, strict=True)])

    def _backup(self, v: list[Interval], reward: list[list[Fraction]], h: int) -> list[Interval]:
        rows = at(self.transitions, h)
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


def at(tables: list[Any], h: int) -> Any:
    """Return the table of step h, or the one that serves all steps."""
    return tables[0] if len(tables) == 1 else tables[h]
