"""Statements about quantities of one instance: counterexamples, values, occupancies.

A formula is a number, the name of a part of the instance, a table of formulas, or a list of an operation and its
arguments. What is claimed to hold is decided to be true, what is claimed to fail to be false.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from proofs_check.kernel.models import TERMS, Model
from proofs_check.kernel.numbers import exp, log, lower, maximum, sqrt
from proofs_check.kernel.reading import Refused, fields, flat, shape, show, table


def check(data: Any) -> str:
    """Decide all statements of a certificate, and say what they prove."""
    _, about, instance, holds, fails = fields(data, "schema about instance holds fails", "the certificate")
    named = instance.items()
    parts = {name: Model(x, name) if isinstance(x, dict) else table(x, shape(x), name) for name, x in named}
    proved = [_decided(formula, parts, wanted) for wanted, all_ in ((True, holds), (False, fails)) for formula in all_]
    sizes = [f"{name} has {part}" for name, part in parts.items() if isinstance(part, Model)]
    return f"{'; '.join(proved + sizes)}; the file says that this is about {about!r:.100}"


def _decided(formula: Any, parts: dict[str, Any], wanted: bool) -> str:
    """Say that a comparison is true, of tables in all entries, or false, in one."""
    name, *sides = formula
    x, y = (_evaluated(side, parts) for side in sides)
    numbers = "" if shape(x) or shape(y) else f" ({show(x)} against {show(y)})"
    verdicts = flat(_entrywise(lambda x, y: _verdicts(COMPARISONS[name], x - y))(x, y))
    if not (all if wanted else any)(verdict == {wanted} for verdict in verdicts):
        raise Refused(f"{_words(formula)} is not certainly {str(wanted).lower()}{numbers}")
    return f"{_words(formula)} is {str(wanted).lower()}{numbers}"


def _verdicts(relation: Callable[[int, int], bool], difference: Any) -> set[bool]:
    """Return what a relation to 0 may be, for all signs that the difference may have."""
    low, high = lower(difference), -lower(-difference)
    return {relation(sign, 0) for sign in range((low > 0) - (low < 0), (high > 0) - (high < 0) + 1)}


def _evaluated(formula: Any, parts: dict[str, Any]) -> Any:
    if not isinstance(formula, list):
        return parts[formula] if isinstance(formula, str) else formula
    if not isinstance(formula[0], str):
        return [_evaluated(part, parts) for part in formula]
    return OPERATIONS[formula[0]](*(_evaluated(part, parts) for part in formula[1:]))


def _words(formula: Any) -> str:
    if not isinstance(formula, list):
        return str(formula)
    name, *told = map(_words, formula)
    if not isinstance(formula[0], str):
        return f"[{', '.join([name, *told])}]"
    return f"({f' {name} '.join(told)})" if name in COMPARISONS | INFIX else f"{name}({', '.join(told)})"


def _entrywise(f: Callable[..., Any]) -> Callable[..., Any]:
    """Extend a function of numbers to tables of one shape; a number goes with every entry."""

    def function(*xs: Any) -> Any:
        sizes = {shape(x) for x in xs} - {()}
        if len(sizes) > 1:
            raise Refused(f"tables of shapes {', '.join(map(str, sizes))} meet in one operation")
        columns = [x if isinstance(x, list) else [x] * size[0] for size in sizes for x in xs]
        return [function(*row) for row in zip(*columns, strict=True)] if sizes else f(*xs)

    return function


def _distance(laws: Callable[[Model, Any, Any], tuple[Any, Any]], divergence: str) -> Callable[..., Any]:
    """Return the quantity that compares laws of two policies by an f-divergence."""
    return lambda m, first, second: sum(map(TERMS[divergence], *laws(m, first, second)))


def _whole(n: Fraction) -> int:
    if n.denominator != 1 or n < 0:
        raise Refused(f"{n} is an exponent or an index, but no whole number from 0 on")
    return n.numerator


COMPARISONS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
INFIX: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": lambda x, n: x ** _whole(n),
}
ENTRYWISE: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "max": maximum,
    "min": lambda x, y: -maximum(-x, -y),
}
COMPARED: dict[str, Callable[[Model, Any, Any], tuple[Any, Any]]] = {
    "policy": lambda m, x, y: (m.pairs(x, x), m.pairs(x, y)),
    "occupancy": lambda m, x, y: (m.pairs(x, x), m.pairs(y, y)),
    "state_occupancy": lambda m, x, y: (m.states(x), m.states(y)),
    "trajectory": lambda m, x, y: (m.trajectories(x), m.trajectories(y)),
}
NAMES = {"tv": "total-variation", "kl": "reverse-kl", "hellinger2": "squared-hellinger", "chi2": "chi2"}
OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: _entrywise(f) for name, f in (INFIX | ENTRYWISE).items()},
    **{f"{laws}_{end}": _distance(f, name) for laws, f in COMPARED.items() for end, name in NAMES.items()},
    "sum": lambda x: sum(flat(x)),
    "largest": lambda x: maximum(*flat(x)),
    "least": lambda x: -maximum(*(-y for y in flat(x))),
    "at": lambda x, *index: reduce(lambda part, i: part[_whole(i)], index, x),
    "horizon": lambda m: m.steps if m.finite else None,
    "discount": lambda m: None if m.finite else m.discount,
    "n_states": lambda m: m.shape[0],
    "n_actions": lambda m: m.shape[1],
    "rewards": lambda m: m.r,
    "with_rewards": Model.with_rewards,
    "value": Model.value,
    "gap": lambda m, expert, learner: m.value(expert) - m.value(learner),
    "error_rate": lambda m, expert, learner: OPERATIONS["policy_tv"](m, expert, learner),
    "on_policy_error_rate": lambda m, expert, learner: OPERATIONS["policy_tv"](m, learner, expert),
    "occupancy": lambda m, policy: m.occupancy(m.policy(policy)),
    "causal_entropy": Model.causal_entropy,
    "disadvantage": Model.disadvantage,
    "optimal_value": Model.optimal_value,
}
