"""Statements about quantities of one instance: counterexamples, values, occupancies.

A formula is a number, the name of a part of the instance, a table of formulas, or a list of an operation and its
arguments. What is claimed to hold is decided to be true, what is claimed to fail to be false.
"""

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

from proofs_check.kernel.models import TERMS, Model
from proofs_check.kernel.numbers import exp, log, lower, maximum, sqrt
from proofs_check.kernel.reading import Refused, fields, flat, shape, show, table


def check(data: Any) -> str:
    """Decide all statements of a certificate, and say what they prove."""
    _, about, instance, holds, fails = fields(data, "schema about instance holds fails", "the certificate")
    named = instance.items()
    parts = {name: Model(x, name) if isinstance(x, dict) else table(x, shape(x), name) for name, x in named}
    proved = [_decided(x, parts, truth) for truth, stated in ((True, holds), (False, fails)) for x in stated]
    proved += [f"{name} has {part}" for name, part in parts.items() if isinstance(part, Model)]
    return f"{'; '.join(proved)}; the file says that this {about!s:.100}"


def _decided(formula: Any, parts: dict[str, Any], truth: bool) -> str:
    """Say that a comparison is true, of tables in all entries, or false, in one."""
    x, y = (_evaluated(side, parts) for side in formula[1:])
    verdicts = flat(_entrywise(partial(_verdicts, COMPARISONS[formula[0]]), x, y))
    numbers = "" if shape(x) or shape(y) else f" ({show(x)} against {show(y)})"
    if not (all if truth else any)(verdict == {truth} for verdict in verdicts):
        raise Refused(f"{_words(formula)} is not certainly {str(truth).lower()}{numbers}")
    return f"{_words(formula)} is {str(truth).lower()}{numbers}"


def _verdicts(relation: Callable[[int, int], bool], x: Any, y: Any) -> set[bool]:
    """Return what a relation of two numbers may be, by all signs that their difference may have."""
    low, high = lower(x - y), -lower(y - x)
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
    return (
        f"({f' {name} '.join(told)})"
        if name in COMPARISONS | NUMBERS and len(told) == 2
        else f"{name}({', '.join(told)})"
    )


def _entrywise(f: Callable[..., Any], *xs: Any) -> Any:
    """Apply a function of numbers to tables, which meet along their first axes; a number goes with every entry."""
    tables = [x for x in xs if isinstance(x, list)]
    rows = zip(*(x if isinstance(x, list) else [x] * len(tables[0]) for x in xs), strict=True) if tables else ()
    return [_entrywise(f, *row) for row in rows] if tables else f(*xs)


def _distance(laws: Callable[[Model, Any, Any], tuple[Any, Any]], name: str, m: Model, first: Any, second: Any) -> Any:
    """Compare laws of two policies by an f-divergence."""
    return sum(map(TERMS[name], *laws(m, first, second)))


COMPARISONS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
NUMBERS: dict[str, Callable[..., Any]] = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow},
    **{"abs": abs, "exp": exp, "log": log, "sqrt": sqrt, "max": maximum, "min": lambda x, y: -maximum(-x, -y)},
}
LAWS: dict[str, Callable[[Model, Any, Any], tuple[Any, Any]]] = {
    "policy": lambda m, x, y: (m.pairs(x, x), m.pairs(x, y)),
    "occupancy": lambda m, x, y: (m.pairs(x, x), m.pairs(y, y)),
    "state_occupancy": lambda m, x, y: (m.states(x), m.states(y)),
    "trajectory": lambda m, x, y: (m.trajectories(x), m.trajectories(y)),
}
ENDS = {"tv": "total-variation", "kl": "reverse-kl", "hellinger2": "squared-hellinger", "chi2": "chi2"}
OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: partial(_entrywise, f) for name, f in NUMBERS.items()},
    **{f"{laws}_{end}": partial(_distance, f, name) for laws, f in LAWS.items() for end, name in ENDS.items()},
    **{name: getattr(Model, name) for name in ("value", "causal_entropy", "disadvantage", "optimal_value")},
    "gap": lambda m, expert, learner: m.value(expert) - m.value(learner),
    "error_rate": partial(_distance, LAWS["policy"], "total-variation"),
    "on_policy_error_rate": lambda m, x, y: _distance(LAWS["policy"], "total-variation", m, y, x),
    "occupancy": lambda m, policy: m.occupancy(m.policy(policy)),
    **{name: operator.attrgetter(name) for name in ("horizon", "discount", "n_states", "n_actions", "rewards")},
    "sum": lambda x: sum(flat(x)),
    "largest": lambda x: maximum(*flat(x)),
    "least": lambda x: -maximum(*(-y for y in flat(x))),
    "at": lambda x, *index: reduce(lambda part, i: part[range(len(part)).index(i)], index, x),
}
