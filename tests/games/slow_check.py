"""The two bounds of a certificate by plain loops over flint balls: written from the definition of the game alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint

from iltheory.games.linear_programme import LinearProgramme

BITS = 400


def real(x: str | int | Fraction) -> flint.arb:
    """A rational as a ball."""
    x = Fraction(x)
    return flint.arb(flint.fmpq(x.numerator, x.denominator))


def bounds(data: dict[str, Any]) -> tuple[flint.arb, flint.arb]:
    """Dual and primal value, as narrow balls; the discounted model by powers of its kernel, far enough."""
    with flint.ctx.workprec(BITS):
        return _dual(data), _primal(data)


def _nested(x: Any) -> Any:
    return [_nested(y) for y in x] if isinstance(x, list) else Fraction(x)


class _Model:
    def __init__(self, data: dict[str, Any]) -> None:
        mdp = data["mdp"]
        self.horizon = mdp.get("horizon")
        self.P, self.mu = _nested(mdp["P"]), _nested(mdp["mu"])
        self.S, self.A = len(self.mu), len(self.P[0])
        if self.horizon is None:
            self.gamma = Fraction(mdp["discount"])
            self.T = 1 + (0 if self.gamma == 0 else int(160 / -_log2(self.gamma)))
            self.weights = [(1 - self.gamma) * self.gamma**t for t in range(self.T)]
        else:
            self.T, self.weights = self.horizon, [Fraction(1, self.horizon)] * self.horizon
        self.stage = (lambda t: t) if self.horizon is not None else (lambda t: 0)
        self.lam = Fraction(data["entropy_weight"])


def _log2(x: Fraction) -> float:
    from math import log2

    return log2(x)


def _steps(x: Any, model: _Model) -> Any:
    """One table a stage: a discounted table has a single stage."""
    return x if model.horizon is not None else [x]


def _occupancies(data: dict[str, Any], model: _Model) -> Any:
    stages = model.horizon or 1
    pi = _steps(_nested(data["policy"]), model)
    d = [[[flint.arb(0)] * model.A for _ in range(model.S)] for _ in range(stages)]
    state = [real(p) for p in model.mu]
    for t, weight in enumerate(model.weights):
        h = model.stage(t)
        later = [flint.arb(0)] * model.S
        for s in range(model.S):
            for a in range(model.A):
                mass = state[s] * real(pi[h][s][a])
                d[h][s][a] += mass * real(weight)
                for u in range(model.S):
                    later[u] += mass * real(model.P[s][a][u])
        state = later
    return d, pi


def _primal(data: dict[str, Any]) -> flint.arb:
    model = _Model(data)
    d, pi = _occupancies(data, model)
    scale = Fraction(1, model.horizon or 1)
    e = [[[x * scale for x in row] for row in step] for step in _steps(_nested(data["target"]), model)]
    cells = [(h, s, a) for h in range(len(d)) for s in range(model.S) for a in range(model.A)]
    entropy = sum((-d[h][s][a] * real(pi[h][s][a]).log() for h, s, a in cells if pi[h][s][a] > 0), flint.arb(0))
    return _distance(data, [(d[h][s][a], e[h][s][a], (h, s, a)) for h, s, a in cells]) - real(model.lam) * entropy


def _distance(data: dict[str, Any], cells: Any) -> flint.arb:
    about = data["adversary"]
    if about["kind"] == "divergence":
        return sum((_term(about["name"], d, real(e)) for d, e, _ in cells), flint.arb(0))
    if about["kind"] == "lipschitz":
        return sum((_farthest(_nested(about["metric"]), step) for step in _by_step(cells)), flint.arb(0))
    assert about["kind"] == "linear"
    features = _nested(about["features"])
    seen = [
        sum(((real(e) - d) * real(features[s][a][i]) for d, e, (_, s, a) in cells), flint.arb(0))
        for i in range(len(features[0][0]))
    ]
    size = [abs(x) for x in seen]
    if about["ball"] == "l2":
        return sum((x * x for x in seen), flint.arb(0)).sqrt()
    if about["ball"] == "linf":
        return sum(size, flint.arb(0))
    best, *others = seen if about["ball"] == "simplex" else size
    for x in others:
        best = best.max(x)
    return best


def _by_step(cells: Any) -> Any:
    last = max(h for *_, (h, _, _) in cells)
    return [[(d, e) for d, e, (g, _, _) in cells if g == h] for h in range(last + 1)]


def _farthest(far: Any, laws: Any) -> flint.arb:
    """The largest ``<e - d, r>`` of a Lipschitz reward, by an exact linear programme at rationals near the laws."""
    missing = [e - _near(d) for d, e in laws]
    n, half = len(far), max(map(max, far)) / 2
    rows, ends = [], []
    for i in range(n):
        for j in range(n):
            rows.append([(k == i) - (k == j) for k in range(n)])
            ends.append(far[i][j])
        rows += [[int(k == i) for k in range(n)], [-int(k == i) for k in range(n)]]
        ends += [half, half]
    found = LinearProgramme([-x for x in missing], A_ub=rows, b_ub=ends, free=[True] * n).minimise()
    return -real(Fraction(found.value))


def _near(x: flint.arb) -> Fraction:
    mantissa, exponent = x.mid().man_exp()
    return round(Fraction(int(mantissa)) * Fraction(2) ** int(exponent) * 2**120) / Fraction(2**120)


def _term(name: str, d: flint.arb, e: flint.arb) -> flint.arb:
    t = d / e  # every expert of the tests goes everywhere
    return (
        e
        * {
            "forward-kl": lambda: -t.log(),
            "reverse-kl": lambda: t * t.log(),
            "squared-hellinger": lambda: (t.sqrt() - 1) ** 2,
            "chi2": lambda: (t - 1) ** 2,
            "jensen-shannon": lambda: t * t.log() - (t + 1) * ((t + 1) / 2).log(),
            "total-variation": lambda: abs(t - 1) / 2,
        }[name]()
    )


def _dual(data: dict[str, Any]) -> flint.arb:
    model = _Model(data)
    about, strategy = data["adversary"], _nested(data["strategy"])
    if about["kind"] == "linear":
        features = _nested(about["features"])
        table = [[sum(x * y for x, y in zip(f, strategy, strict=True)) for f in row] for row in features]
        reward = [table] * (model.horizon or 1)
    else:
        reward = _steps(strategy, model)
    target, scale = _steps(_nested(data["target"]), model), Fraction(1, model.horizon or 1)
    gain = flint.arb(0)
    for h in range(len(target)):
        for s in range(model.S):
            for a in range(model.A):
                gain += real(target[h][s][a] * scale) * _utility(about, real(reward[h][s][a]))
    v = [flint.arb(0)] * model.S
    gamma = Fraction(1) if model.horizon is not None else model.gamma
    for t in reversed(range(model.T)):
        r = reward[model.stage(t)]
        q = [
            [
                real(r[s][a]) + real(gamma) * sum((real(model.P[s][a][u]) * v[u] for u in range(model.S)), flint.arb(0))
                for a in range(model.A)
            ]
            for s in range(model.S)
        ]
        v = [_soft(row, model.lam) for row in q]
    per_step = scale if model.horizon is not None else 1 - model.gamma
    return gain - real(per_step) * sum((real(p) * x for p, x in zip(model.mu, v, strict=True)), flint.arb(0))


def _utility(about: dict[str, Any], r: flint.arb) -> flint.arb:
    return {
        "forward-kl": lambda: 1 + r.log(),
        "reverse-kl": lambda: -(-r - 1).exp(),
        "squared-hellinger": lambda: r / (1 + r),
        "chi2": lambda: r - r * r / 4,
        "jensen-shannon": lambda: (2 - (-r).exp()).log(),
    }.get(about.get("name", ""), lambda: r)()


def _soft(row: list[flint.arb], lam: Fraction) -> flint.arb:
    best, *others = row
    for x in others:
        best = best.max(x)
    if lam == 0:
        return best
    weight, best = real(lam), best.mid()  # any number near the largest does; without a radius, errors do not add up
    return best + weight * sum((((x - best) / weight).exp() for x in row), flint.arb(0)).log()
