"""Ten thousand corruptions of valid certificates: each is refused, or what it says is true all the same.

One number is changed. What the kernel still accepts is computed once more without it: statements by the toolkit in
exact rationals or in balls, saddle points by plain loops over balls, programmes by the toolkit.
"""

from __future__ import annotations

import json
import operator
import random
from fractions import Fraction
from functools import cache

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
    "traj-chain-rules.tv/mean-over-steps": 500,
    "occ-l1-from-policy/one-more-discount": 500,
    "occ-l1-from-policy.pairs/without-the-horizon": 400,
    "j-gap-from-occ/without-the-horizon": 400,
    "occ-dpi.hellinger2/the-other-way": 400,
    "occ-dpi.states-tv-discounted/the-other-way": 400,
    "ross-bagnell-2010-thm-2-1/linear-in-h": 700,
    "ross-bagnell-2010-forward/errors-where-the-expert-goes": 500,
    "dagger-2011-thm-2-2/u-where-the-expert-goes": 500,
    "rajaraman-2020-reduction.average/one-reward-at-most": 500,
    "foster-2024-hellinger-dp.tv/the-error-rate": 400,
}
FORMULAS = {
    "value": (lambda mdp, pi: il.value(mdp, pi), 800),
    "occupancy": (lambda mdp, pi: il.occupancy(mdp, pi), 800),
    "loss": (lambda mdp, pi: il.optimal_value(mdp) - il.value(mdp, pi), 600),
    "entropy": (lambda mdp, pi: il.causal_entropy(mdp, (pi + Fraction(1, 2)) / 2), 400),
}
GAMES = {
    "jensen-shannon": 160,
    "reverse-kl": 160,
    "chi2": 160,
    "total-variation": 160,
    "l2": 160,
    "linf": 160,
    "simplex": 160,
}
PROGRAMMES = 1200
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

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARISONS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": ar.equal}
OTHERS = {
    "horizon": lambda mdp: Fraction(mdp.horizon),
    "discount": lambda mdp: ar.wrap(mdp.discount),
    "rewards": lambda mdp: ar.wrap(mdp.rewards()),
    "n_states": lambda mdp: mdp.n_states,
    "n_actions": lambda mdp: mdp.n_actions,
    "least": lambda x: ar.wrap(ar.amin(x.reshape(-1), 0)),
    "largest": lambda x: ar.wrap(ar.amax(x.reshape(-1), 0)),
    "sum": lambda x: x.sum(),
    "max": ar.maximum,
    "min": ar.minimum,
    "abs": abs,
    "sqrt": ar.sqrt,
}


def statements_hold(data):
    for system in (ar.RATIONAL, ar.Ball(512)):
        try:
            parts = {name: part_of(part, system) for name, part in data["instance"].items()}
            verdicts = [(computed(formula, parts, system), True) for formula in data["holds"]]
            verdicts += [(computed(formula, parts, system), False) for formula in data["fails"]]
        except ar.NotRepresentable:
            continue
        return all(verdict.all() if wanted else verdict.refuted.any() for verdict, wanted in verdicts)
    raise AssertionError("balls represent every number")


def part_of(part, system):
    if not isinstance(part, dict):
        return ar.wrap(system.convert(rationals(part)))
    end = {"horizon": int(part["horizon"])} if "horizon" in part else {"discount": Fraction(part["discount"])}
    P, r, mu = (rationals(part[name]) for name in ("P", "r", "mu"))
    return TabularMDP(P, np.zeros(P.shape[-3:-1], dtype=int), mu, **end).with_rewards(r).to(system)


def rationals(table):
    return ar.RATIONAL.convert(np.vectorize(Fraction, otypes=[object])(np.array(table, dtype=object)))


def computed(formula, parts, system):
    """A formula as the toolkit computes it."""
    if isinstance(formula, str) and formula in parts:
        return parts[formula]
    if isinstance(formula, int | str) or not isinstance(formula[0], str) or formula[0].lstrip("-")[:1].isdigit():
        return ar.wrap(system.convert(rationals(formula)))
    name, *arguments = formula
    if name == "**":
        return computed(arguments[0], parts, system) ** int(Fraction(arguments[1]))
    sides = [computed(argument, parts, system) for argument in arguments]
    known = OPERATORS | COMPARISONS | OTHERS
    return known[name](*sides) if name in known else getattr(il, name)(*(without_step(x, sides[0]) for x in sides))


def without_step(x, mdp):
    """Policies of discounted models have no step axis in the toolkit."""
    return x[0] if isinstance(mdp, TabularMDP) and mdp.horizon is None and getattr(x, "ndim", 0) == 3 else x


def bounds_hold(data):
    """Both players are what they should be, and what they are worth, followed slowly, lies on the right sides."""
    P, policy = np.array(data["mdp"]["P"], dtype=object), np.array(data["policy"], dtype=object)
    for table in (P, policy, np.array(data["mdp"]["mu"], dtype=object)):
        rows = np.vectorize(Fraction, otypes=[object])(table.reshape(-1, table.shape[-1]))
        assert (rows.sum(-1) == 1).all() and (rows >= 0).all()
    strategy = [Fraction(x) for x in np.array(data["strategy"], dtype=object).ravel()]
    with flint.ctx.workprec(BITS):
        assert all(INSIDE[data["adversary"].get("name") or data["adversary"]["ball"]](strategy))
        dual, primal = bounds(data)
        slack = real(Fraction(1, 2**90))
        return bool(real(data["value"]["lower"]) <= dual + slack and real(data["value"]["upper"]) >= primal - slack)


INSIDE = {
    "jensen-shannon": lambda rs: [real(r) >= -flint.arb(2).log() for r in rs],
    "reverse-kl": lambda rs: [True],
    "chi2": lambda rs: [r <= 2 for r in rs],
    "total-variation": lambda rs: [abs(r) <= Fraction(1, 2) for r in rs],
    "l2": lambda rs: [sum(r * r for r in rs) <= 1],
    "linf": lambda rs: [abs(r) <= 1 for r in rs],
    "simplex": lambda rs: [sum(rs) == 1 and min(rs) >= 0],
}


def optimum_holds(data):
    arrays = {name: rationals(data[name]) for name in ("c", "A_eq", "b_eq", "A_ub", "b_ub") if data[name]}
    n, free = len(data["c"]), [Fraction(mark) == 1 for mark in data["free"]]
    found = LinearProgramme(**arrays, free=free).minimise()
    return Fraction(found.value) == Fraction(data["value"]) and n == len(data["x"])


TRUE = {
    "refutation": statements_hold,
    "quantity": statements_hold,
    "saddle": bounds_hold,
    "programme": optimum_holds,
}
