"""Ten thousand corruptions of valid certificates: each is refused, or what it says is true all the same.

One number is changed. What the kernel still accepts is computed once more without it: statements by the toolkit in
exact rationals or in balls, saddle points by plain loops over balls (Lipschitz ones by exact linear programmes),
programmes by the toolkit.
"""

from __future__ import annotations

import json
import operator
import random
from fractions import Fraction
from functools import cache, reduce

import flint
import numpy as np
import pytest
from slow_check import BITS, bounds, real
from small_games import certified

import iltheory as il
from iltheory.attack.counterexample import certify
from iltheory.claims.registry import find
from iltheory.games.linear_programme import LinearProgramme
from iltheory.reporting.certificates import optimum, quantities, refutation
from proofs_check.kernel.__main__ import check
from proofs_check.kernel.reading import Refused
from sims import TabularMDP, families
from sims import arithmetic as ar

REFUTED = {
    "traj-chain-rules.tv/mean-over-steps": 100,
    "occ-l1-from-policy/one-more-discount": 300,
    "occ-l1-from-policy.pairs/without-the-horizon": 100,
    "j-gap-from-occ/without-the-horizon": 100,
    "occ-dpi.hellinger2/the-other-way": 200,
    "occ-dpi.states-tv-discounted/the-other-way": 300,
    "ross-bagnell-2010-thm-2-1/linear-in-h": 300,
    "ross-bagnell-2010-forward/errors-where-the-expert-goes": 80,
    "dagger-2011-thm-2-2/u-where-the-expert-goes": 80,
    "rajaraman-2020-reduction.average/one-reward-at-most": 150,
    "foster-2024-hellinger-dp.tv/the-error-rate": 60,
    "occ-polytope-finite.averaged/the-projection-realises-the-average": 300,
    "mce-duality.strong-finite/the-optimal-policy-in-place-of-the-soft-one": 200,
    "swamy-2021-reward.attained/the-sign-the-other-way": 300,
    "swamy-2021-adril/half-the-constant": 200,
    "iq-lemma-3-1/optimal-values-of-the-reward": 100,
}
FORMULAS = {
    "value": (lambda mdp, pi: il.value(mdp, pi), 2200),
    "occupancy": (lambda mdp, pi: il.occupancy(mdp, pi), 1200),
    "loss": (lambda mdp, pi: il.optimal_value(mdp) - il.value(mdp, pi), 600),
    "entropy": (lambda mdp, pi: il.causal_entropy(mdp, (pi + Fraction(1, 2)) / 2), 400),
}
GAMES = {
    "jensen-shannon": 100,
    "reverse-kl": 100,
    "chi2": 100,
    "total-variation": 100,
    "l2": 100,
    "linf": 100,
    "simplex": 100,
    "lipschitz": 60,
}
PROGRAMMES = 2400
CASES = [
    *(("refutation", name, None, n) for name, n in REFUTED.items()),
    *(("quantity", name, end, n // 2) for name, (_, n) in FORMULAS.items() for end in ("finite", "discounted")),
    *(("saddle", name, end, n // 2) for name, n in GAMES.items() for end in ("finite", "discounted")),
    *(("programme", name, None, PROGRAMMES // 3) for name in ("box", "flow", "free")),
]


def test_they_are_ten_thousand():
    assert sum(n for *_, n in CASES) >= 10_000


@pytest.mark.parametrize("kind, name, end, n", CASES)
def test_corrupted_certificates_are_refused_or_true(kind, name, end, n):
    valid = certificate(kind, name, end)
    check(valid)
    rng, accepted = random.Random(f"{kind} {name} {end}"), 0
    for _ in range(n):
        data = json.loads(valid)
        place = corrupt(data, rng)
        try:
            check(json.dumps(data))
        except Refused as problem:
            assert str(problem)
        else:
            accepted += 1
            assert TRUE[kind](data), (place, data)
    assert accepted < n / 2


@cache
def certificate(kind, name, end):
    if kind == "refutation":
        claim, *_ = [v for v in find(name.partition("/")[0])[0].false_variants if v.id == name]
        return json.dumps(refutation(certify(claim, claim.bind_any(claim.counterexample()))))
    if kind == "quantity":
        mdp = families.garnet(n_states=2, n_actions=2, branching=2, rng=0, **ENDS[end])
        pi = np.array([[Fraction(1, 3), Fraction(2, 3)], [Fraction(0), Fraction(1)]])
        return json.dumps(quantities(FORMULAS[name][0], mdp=mdp, pi=pi))
    return json.dumps(certified(name, end)) if kind == "saddle" else programme(name)


ENDS = {"finite": {"horizon": 2}, "discounted": {"discount": Fraction(1, 2)}}


def programme(name):
    third = Fraction(1, 3)
    given = {
        "box": {"c": [-2, -3, third], "A_ub": [[1, 1, 0], [2, third, 1], [0, 1, -1]], "b_ub": [4, 5, 2]},
        "flow": {"c": [1, 2, 3, 1], "A_eq": [[1, 1, 0, 0], [-1, 0, 1, 0], [0, -1, -1, 1]], "b_eq": [1, 0, third]},
        "free": {
            "c": [1, -1, third],
            "A_eq": [[1, 1, 1]],
            "b_eq": [2],
            "A_ub": [[-1, 0, 0], [0, 1, 0]],
            "b_ub": [3, 5],
        },
    }[name]
    solved = LinearProgramme(**given, free=[True, True, False] if name == "free" else None)
    return json.dumps(optimum(solved, solved.minimise()))


# One number is changed.


def corrupt(data, rng):
    """Change one number of a certificate to another one, and say where."""
    places = [place for place in numbers(data, ()) if place[0] not in ("schema", "about")]
    while True:
        place = rng.choice(places)
        inner = data
        for key in place[:-1]:
            inner = inner[key]
        old = Fraction(inner[place[-1]])
        small = Fraction(rng.choice((-1, 1)), 2 ** rng.randrange(0, 70))
        digits = list(str(old.numerator))
        digits[-1 - rng.randrange(len(digits) - (old < 0))] = str(rng.randrange(10))
        other = Fraction(inner_value(data, rng.choice(places)))
        changes = [
            old + small,
            old * (1 + small),
            -old,
            1 - old,
            Fraction(int("".join(digits)), old.denominator),
            other,
        ]
        new = rng.choice(changes)
        if new != old:
            inner[place[-1]] = int(new) if isinstance(inner[place[-1]], int) and new.denominator == 1 else str(new)
            return place


def inner_value(data, place):
    for key in place:
        data = data[key]
    return data


def numbers(data, place):
    if isinstance(data, dict | list):
        for key, part in data.items() if isinstance(data, dict) else enumerate(data):
            yield from numbers(part, (*place, key))
    elif isinstance(data, int) or data.lstrip("-")[:1].isdigit():
        yield place


# What was accepted is true.


def meeting(f):
    """Tables meet along their first axes."""

    def together(x, y):
        axes = max(x.ndim, y.ndim)
        return f(*(one.reshape(*one.shape, *[1] * (axes - one.ndim)) if one.ndim else one for one in (x, y)))

    return together


COMPARISONS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": ar.equal}
NUMBERS = {
    "+": lambda *xs: reduce(meeting(operator.add), xs),
    "*": lambda *xs: reduce(meeting(operator.mul), xs),
    "max": lambda *xs: reduce(meeting(ar.maximum), xs),
    "-": meeting(operator.sub),
    "/": meeting(operator.truediv),
    "relative_entropy": meeting(ar.relative_entropy),
    "sum": lambda x: x.sum(),
    "abs": abs,
    "sqrt": ar.sqrt,
    "exp": ar.exp,
    "log": ar.log,
}
QUANTITIES = {
    "horizon": lambda mdp: mdp.system.convert(mdp.horizon),
    "discount": lambda mdp: mdp.discount,
    "mu": lambda mdp: mdp.mu,
    "rewards": lambda mdp: every_step(mdp, mdp.rewards(), 3),
    "transitions": lambda mdp: every_step(mdp, mdp.P, 4),
    "occupancy": lambda mdp, pi: mdp.occupancy(pi),
    "state_occupancy": lambda mdp, pi: mdp.state_occupancy(pi),
    "state_values": lambda mdp, pi: mdp.v(pi),
    "action_values": lambda mdp, pi: mdp.q(pi),
    "value": lambda mdp, pi: mdp.value(pi),
    "optimal_value": lambda mdp, *guess: mdp.optimal_value(),
    "soft_state_values": lambda mdp, weight, *guess: mdp.soft_optimal(weight).v,
}


def every_step(mdp, table, axes):
    if mdp.horizon is None:
        return table
    return ar.broadcast_to(table, (mdp.horizon, *table.shape[-(axes - 1) :]))


def statements_hold(data):
    """Each statement in rationals, or in balls if a part of it is irrational."""
    known = [(system, parts_in(data["instance"], system)) for system in (ar.RATIONAL, ar.Ball(512))]

    def verdict(formula):
        for system, parts in known:
            try:
                return decided(formula, parts, system)
            except ar.NotRepresentable:
                continue
        raise AssertionError("balls represent every number")

    return all(verdict(x).all() for x in data["holds"]) and all(verdict(x).refuted.any() for x in data["fails"])


def parts_in(instance, system):
    parts = {}
    for name, formula in instance.items():
        try:
            parts[name] = computed(formula, parts, system)
        except ar.NotRepresentable as problem:
            parts[name] = problem
    return parts


def decided(formula, parts, system):
    return meeting(COMPARISONS[formula[0]])(*(computed(side, parts, system) for side in formula[1:]))


def rationals(table):
    return ar.RATIONAL.convert(np.vectorize(Fraction, otypes=[object])(np.array(table, dtype=object)))


def computed(formula, parts, system):
    """A formula as the toolkit computes it."""
    if isinstance(formula, dict):
        P, r, mu = (computed(formula[name], parts, system) for name in ("P", "r", "mu"))
        kind = "horizon" if "horizon" in formula else "discount"
        end = computed(formula[kind], parts, system)
        nothing = np.zeros((len(mu), P.shape[-2]), dtype=int)
        model = TabularMDP(P, nothing, mu, **{kind: round(float(end)) if kind == "horizon" else end})
        return model.with_rewards(r)
    if isinstance(formula, int):
        return system.convert(formula)
    if isinstance(formula, str):
        found = parts[formula] if formula in parts else ar.wrap(system.convert(Fraction(formula)))
        if isinstance(found, ar.NotRepresentable):
            raise found
        return found
    name, *arguments = formula if formula else [None]
    if name == "at":
        return computed(arguments[0], parts, system)[tuple(int(Fraction(i)) for i in arguments[1:])]
    if name == "**":
        return computed(arguments[0], parts, system) ** int(Fraction(arguments[1]))
    if isinstance(name, str) and name in NUMBERS | QUANTITIES:
        return (NUMBERS | QUANTITIES)[name](*(computed(argument, parts, system) for argument in arguments))
    return ar.stack([computed(entry, parts, system) for entry in formula]) if formula else system.convert(np.zeros(0))


def bounds_hold(data):
    """Both players are what they should be, and what they are worth, followed slowly, lies on the right sides."""
    P, policy = np.array(data["mdp"]["P"], dtype=object), np.array(data["policy"], dtype=object)
    for table in (P, policy, np.array(data["mdp"]["mu"], dtype=object)):
        rows = np.vectorize(Fraction, otypes=[object])(table.reshape(-1, table.shape[-1]))
        assert (rows.sum(-1) == 1).all() and (rows >= 0).all()
    strategy = [Fraction(x) for x in np.array(data["strategy"], dtype=object).ravel()]
    about = data["adversary"]
    with flint.ctx.workprec(BITS):
        assert all(INSIDE[about.get("name") or about.get("ball") or "lipschitz"](strategy, about))
        dual, primal = bounds(data)
        slack = real(Fraction(1, 2**90))
        return bool(real(data["value"]["lower"]) <= dual + slack and real(data["value"]["upper"]) >= primal - slack)


INSIDE = {
    "jensen-shannon": lambda rs, _: [real(r) >= -flint.arb(2).log() for r in rs],
    "reverse-kl": lambda rs, _: [True],
    "chi2": lambda rs, _: [r <= 2 for r in rs],
    "total-variation": lambda rs, _: [abs(r) <= Fraction(1, 2) for r in rs],
    "l2": lambda rs, _: [sum(r * r for r in rs) <= 1],
    "linf": lambda rs, _: [abs(r) <= 1 for r in rs],
    "simplex": lambda rs, _: [sum(rs) == 1 and min(rs) >= 0],
    "lipschitz": lambda rs, about: lipschitz(rs, [[Fraction(x) for x in row] for row in about["metric"]]),
}


def lipschitz(rs, far):
    n = len(far)
    steps = [rs[i : i + n] for i in range(0, len(rs), n)]
    yield all(2 * abs(r) <= max(map(max, far)) for r in rs)
    yield from (step[i] - step[j] <= far[i][j] for step in steps for i in range(n) for j in range(n))


def optimum_holds(data):
    parts = data["instance"]
    arrays = {name: rationals(parts[name]) for name in ("c", "A_eq", "b_eq", "A_ub", "b_ub") if parts[name]}
    n, free = len(parts["c"]), [Fraction(mark) != 0 for mark in parts["free"]]
    found = LinearProgramme(**arrays, free=free).minimise()
    return Fraction(found.value) == Fraction(data["holds"][0][2]) and n == len(parts["x"])


TRUE = {
    "refutation": statements_hold,
    "quantity": statements_hold,
    "saddle": bounds_hold,
    "programme": optimum_holds,
}
