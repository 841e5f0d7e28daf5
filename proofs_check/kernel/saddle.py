"""Certified saddle points of ``min_pi max_r <e, phi(r)> - <d_pi, r> - lambda E[-log pi]``, r in a class of rewards.

Laws are of (h, s, a) with h uniform, or of (s, a) at a geometric time. The certificate's policy bounds the value of
the game from above and its reward from below; the best answers to both are computed here anew.
"""

from fractions import Fraction
from typing import Any

from proofs_check.kernel.models import Model
from proofs_check.kernel.numbers import Interval, exp, kl, log, lower, maximum, sqrt
from proofs_check.kernel.reading import Refused, by_step, dot, fields, flat, show, table

ROUNDING, ANY = Fraction(1, 2**30), Fraction(10**100)  # the target may have been rounded so far
DIVERGENCES: dict[str, Any] = {  # terms of max_r <e, phi(r)> - <d, r>; phi, concave and nondecreasing; and its domain
    "forward-kl": (lambda d, e: kl(e, d), lambda r: 1 + log(r), 0, ANY),
    "reverse-kl": (kl, lambda r: -exp(-r - 1), -ANY, ANY),
    "squared-hellinger": (lambda d, e: (sqrt(d) - sqrt(e)) ** 2, lambda r: r / (1 + r), -1, ANY),
    "chi2": (lambda d, e: (d - e) ** 2 / e if e else kl(d, e), lambda r: r - r * r / 4, -ANY, 2),
    "jensen-shannon": (
        lambda d, e: kl(d, (d + e) / 2) + kl(e, (d + e) / 2) if e else d * log(2),
        lambda r: log(2 - exp(-r)),
        *(-log(2), ANY),
    ),
    "total-variation": (lambda d, e: abs(d - e) / 2, lambda r: r, Fraction(-1, 2), Fraction(1, 2)),
}
BALLS: dict[str, Any] = {  # which weights lie in a ball, and the largest product of one of them with a vector
    "simplex": (lambda w: min(w) >= 0 and sum(w) == 1, lambda x: maximum(*x)),
    "l1": (lambda w: sum(map(abs, w)) <= 1, lambda x: maximum(*map(abs, x))),
    "l2": (lambda w: sum(y * y for y in w) <= 1, lambda x: sqrt(sum(y**2 for y in x))),
    "linf": (lambda w: max(map(abs, w)) <= 1, lambda x: sum(map(abs, x))),
}


def check(data: Any) -> str:
    """Prove the claimed bounds on the value, and say the proven ones, which are at least as tight."""
    low, high, game = bounds(data)
    claim = [table(x, (), "value") for x in fields(data["value"], "lower upper", "value")]
    if high > claim[1] or low < claim[0]:
        raise Refused(f"the policy and the reward only prove that the value lies in {show(low, high)}")
    return f"the value lies in {show(low, high)}, width {float(high - low):.3g} ({game})"


def bounds(data: Any) -> tuple[Fraction, Fraction, str]:
    """Prove a lower and an upper bound on the value, and describe the game."""
    about, m = data["adversary"], Model(data["mdp"], "")
    names = "schema mdp target adversary entropy_weight policy strategy value" + " values" * (not m.finite)
    fields(data, names + " plans" * (about["kind"] == "lipschitz"), "the game")
    weight, policy = table(data["entropy_weight"], (), "entropy_weight"), m.policy(data["policy"])
    target = table(data["target"] if m.finite else [data["target"]], (m.steps, *m.shape), "target")
    if min(flat(target)) < 0 or any(abs(sum(flat(step)) - 1) > ROUNDING for step in target):
        raise Refused("target is negative, or a step of it does not sum to 1")
    law = m.occupancy([[[Interval.of(p) for p in row] for row in step] for step in policy])
    d, e = ([x / m.steps for x in flat(masses)] for masses in (law, target))
    entropy = sum(-(x * log(p)) for x, p in zip(d, flat(policy), strict=True) if p)
    m.r, distance, worth = _adversary(about, data["strategy"], data.get("plans"), m, d, e)
    best = dot(m.mu, m.best(weight, data.get("values"))[0]) / m.time
    game = f"{about.get('name', about.get('ball', 'Lipschitz'))}, entropy weight {weight}, {m.size}"
    return lower(worth - best), -lower(weight * entropy - distance), game


def _adversary(about: Any, strategy: Any, plans: Any, m: Model, d: Any, e: Any) -> tuple[Any, Any, Any]:
    """Return a reward [steps][S][A] of the class, ``max_r <e, phi(r)> - <d, r>`` of the laws, and ``<e, phi(r)>``."""
    if about["kind"] == "linear":  # rewards w . f(s, a)
        _, ball, features = fields(about, "kind ball features", "adversary")
        features = by_step(features, m.steps, (*m.shape, len(strategy)), "features")
        if not BALLS[ball][0](table(strategy, (len(strategy),), "strategy")):
            raise Refused(f"the weights lie outside the {ball} ball")
        columns = zip(*(f for step in features for row in step for f in row), strict=True)
        reward = [[[dot(f, strategy) for f in row] for row in step] for step in features]
        return reward, BALLS[ball][1]([dot(f, e) - dot(f, d) for f in columns]), dot(e, flat(reward))
    reward = by_step(strategy, m.steps, m.shape, "strategy")
    if about["kind"] == "divergence":
        name = fields(about, "kind name", "adversary")[1]
        terms, utility, low, high = DIVERGENCES[name]
        if any(lower(r - low) < 0 or lower(high - r) < 0 for r in flat(reward)):
            raise Refused(f"a reward may leave the domain of {name}")
        return reward, sum(map(terms, d, e)), sum(x * utility(r) for x, r in zip(e, flat(reward), strict=True) if x)
    if about["kind"] != "lipschitz":
        raise Refused(f"there is no adversary of the kind {about['kind']!r:.40}")
    size, metric = m.n_states * m.n_actions, fields(about, "kind metric", "adversary")[1]
    far, plans = table(metric, (size, size), "metric"), table(plans, (m.steps, size, size), "plans")
    places, half = [(i, j) for i in range(size) for j in range(size)], max(flat(far)) / 2
    if any(far[i][i] or far[i][j] != far[j][i] for i, j in places) or min(flat([far, plans])) < 0:
        raise Refused("metric is not a symmetric table of distances, or a transport plan is negative")
    for r in map(flat, reward):
        if max(map(abs, r)) > half or any(r[i] - r[j] > far[i][j] for i, j in places):
            raise Refused("the reward changes by more than a distance, or is larger than half the largest distance")
    lines = [row for plan in plans for row in plan] + [column for plan in plans for column in zip(*plan, strict=True)]
    missed = sum(abs(x - sum(line)) for x, line in zip(d + e, lines, strict=True))  # which may cost half each
    return reward, dot(flat(plans), flat([far] * m.steps)) + half * missed, dot(e, flat(reward))
