"""Certified saddle points of ``min_pi max_r <e, phi(r)> - <d_pi, r> - lambda E[-log pi]``, r in a class of rewards.

Laws are of (h, s, a) with h uniform, or of (s, a) at a geometric time. The certificate's policy bounds the value of
the game from above and its reward from below; the best answers to both are computed here anew.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from proofs_check.kernel.models import TERMS, Model
from proofs_check.kernel.numbers import Interval, exp, log, lower, maximum, sqrt
from proofs_check.kernel.reading import Refused, by_step, dot, fields, flat, show, table

ROUNDING, ANY = Fraction(1, 2**30), Fraction(10**100)
"""How far a step of the target, and a solved law, may be from what they should be, for they have been rounded."""
UTILITIES: dict[str, tuple[Callable[[Fraction], Any], Any, Any]] = {
    "forward-kl": (lambda r: 1 + log(r), 0, ANY),
    "reverse-kl": (lambda r: -exp(-r - 1), -ANY, ANY),
    "squared-hellinger": (lambda r: r / (1 + r), -1, ANY),
    "chi2": (lambda r: r - r * r / 4, -ANY, 2),
    "jensen-shannon": (lambda r: log(2 - exp(-r)), -log(2), ANY),
    "total-variation": (lambda r: r, Fraction(-1, 2), Fraction(1, 2)),
}
"""``phi``, concave and nondecreasing, for which a divergence is ``max_r <e, phi(r)> - <d, r>``, and its domain."""
BALLS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "simplex": (lambda w: min(w) >= 0 and sum(w) == 1, lambda x: maximum(*x)),
    "l1": (lambda w: sum(map(abs, w)) <= 1, lambda x: maximum(*map(abs, x))),
    "l2": (lambda w: sum(y * y for y in w) <= 1, lambda x: sqrt(sum(y**2 for y in x))),
    "linf": (lambda w: max(map(abs, w)) <= 1, lambda x: sum(map(abs, x))),
}
"""Which weights lie in a ball, and the largest product of one of them with a vector."""


class Proof(NamedTuple):
    """What was proved: the value of the game lies between two bounds."""

    game: str
    lower: Fraction
    upper: Fraction

    def __str__(self) -> str:
        width = float(self.upper - self.lower)
        return f"the value lies in {show(self.lower, self.upper)}, width {width:.3g} ({self.game})"


def check(data: Any) -> Proof:
    """Prove the claimed bounds on the value, and return the proven ones, which are at least as tight."""
    about, finite = data["adversary"], "discount" not in data["mdp"]
    names = "schema mdp target adversary entropy_weight policy strategy value" + " state_law values" * (not finite)
    found = fields(data, names + " plans" * (about["kind"] == "lipschitz"), "the game")
    _, mdp, target, _, weight, policy, strategy, claimed, *solved = found
    m = Model(mdp, "mdp", "")
    m.rewards, distance, gain = _adversary(about, strategy, data.get("plans"), m)
    target, weight = table(target if finite else [target], (m.steps, *m.shape), "target"), table(weight, (), "weight")
    if weight < 0 or min(flat(target)) < 0 or any(abs(sum(flat(step)) - 1) > ROUNDING for step in target):
        raise Refused("entropy_weight or target is negative, or a step of target does not sum to 1")
    policy = m.policy(by_step(policy, m.steps, m.shape, "policy"))
    law = m.occupancy([[[Interval.of(p) for p in row] for row in step] for step in policy])
    d, e = ([x / m.steps for x in flat(masses)] for masses in (law, target))
    entropy = sum(-(x * log(p)) for x, p in zip(d, flat(policy), strict=True) if p)
    upper = -lower(weight * entropy - distance(d, e))

    guess = [Fraction(0)] * m.shape[0] if finite else table(solved[1], m.shape[:1], "values")
    better, _ = m.backward(lambda h, s, row: _soft_maximum(row, weight), guess)
    best = dot(m.mu, better) / m.steps
    if not finite:  # if T V <= V + c, the best values are at most V + c / (1 - discount)
        if any(abs(lower(x - sum(row))) > ROUNDING for x, row in zip(solved[0], law[0], strict=True)):
            raise Refused("state_law is not the law of the policy's states")
        best = dot(m.mu, guess) / m.time + max(-lower(old - new) for old, new in zip(guess, better, strict=True))
    bound = lower(sum(map(gain, flat(m.rewards), e)) - best)
    low, high = (table(x, (), "value") for x in fields(claimed, "lower upper", "value"))
    if upper > high or bound < low:
        raise Refused(f"the policy and the reward only prove that the value lies in {show(bound, upper)}")
    return Proof(f"{about.get('name', about.get('ball', 'Lipschitz'))}, entropy weight {weight}, {m}", bound, upper)


def _soft_maximum(row: Any, weight: Fraction) -> Any:
    """Return the largest mean plus weighted entropy of a law over the entries."""
    top = maximum(*row)
    return top + weight * log(sum(exp((x - top) / weight) for x in row)) if weight else top


def _adversary(about: Any, strategy: Any, plans: Any, m: Model) -> tuple[Any, Callable[..., Any], Callable[..., Any]]:
    """Return a reward [steps][S][A] of the class, ``max_r <e, phi(r)> - <d, r>`` of laws d and e, and ``e phi(r)``."""
    if about["kind"] == "linear":  # rewards w . f(s, a)
        _, ball, features = fields(about, "kind ball features", "adversary")
        features = by_step(features, m.steps, (*m.shape, len(strategy)), "features")
        if not BALLS[ball][0](table(strategy, (len(strategy),), "strategy")):
            raise Refused(f"the weights lie outside the {ball} ball")
        columns = list(zip(*(f for step in features for row in step for f in row), strict=True))
        reward = [[[dot(f, strategy) for f in row] for row in step] for step in features]
        return reward, lambda d, e: BALLS[ball][1]([dot(f, e) - dot(f, d) for f in columns]), operator.mul
    reward = by_step(strategy, m.steps, m.shape, "strategy")
    if about["kind"] == "divergence":
        name = fields(about, "kind name", "adversary")[1]
        utility, low, high = UTILITIES[name]
        if any(lower(r - low) < 0 or lower(high - r) < 0 for r in flat(reward)):
            raise Refused(f"a reward may leave the domain of {name}")
        return reward, lambda d, e: sum(map(TERMS[name], d, e)), lambda r, e: e * utility(r) if e else 0
    if about["kind"] != "lipschitz":
        raise Refused(f"there is no adversary of the kind {about['kind']!r:.40}")
    size, metric = m.shape[0] * m.shape[1], fields(about, "kind metric", "adversary")[1]
    far, plans = table(metric, (size, size), "metric"), table(plans, (m.steps, size, size), "plans")
    places, half = [(i, j) for i in range(size) for j in range(size)], max(flat(far)) / 2
    if any(far[i][i] or far[i][j] != far[j][i] for i, j in places) or min(flat([far, plans])) < 0:
        raise Refused("metric is not a symmetric table of distances, or a transport plan is negative")
    for r in map(flat, reward):
        if max(map(abs, r)) > half or any(r[i] - r[j] > far[i][j] for i, j in places):
            raise Refused("the reward changes by more than a distance, or is larger than half the largest distance")
    lines = [row for plan in plans for row in plan] + [column for plan in plans for column in zip(*plan, strict=True)]
    cost, sums = dot(flat(plans), flat([far] * m.steps)), list(map(sum, lines))  # what plans miss may cost half each
    return reward, lambda d, e: cost + half * sum(abs(x - y) for x, y in zip(d + e, sums, strict=True)), operator.mul
