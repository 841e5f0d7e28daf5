"""Statements about quantities of one instance: counterexamples, values, occupancies, optima of linear programmes.

A formula is a number, the name of a part, a table or model of formulas, or a list of an operation and its arguments;
parts of the instance are formulas of parts before them. What should hold is decided to be true, what fails to be false.
"""

import operator
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from proofs_check.kernel.models import Model
from proofs_check.kernel.numbers import exp, kl, log, lower, maximum, sqrt
from proofs_check.kernel.reading import Refused, dot, fields, flat, shape, show, table


def check(data: Any) -> str:
    """Decide all statements of a certificate, and say what they prove."""
    _, about, instance, holds, fails = fields(data, "schema about instance holds fails", "the certificate")
    if not all(isinstance(part, list) for part in (holds, fails, *holds, *fails)) or not holds + fails:
        raise Refused("the certificate states nothing, or what is no comparison")
    parts: dict[str, Any] = {}
    for name, formula in instance.items():
        if name in OPERATIONS or not (name.isascii() and name.isidentifier()):
            raise Refused(f"{name!a:.60} is no name of a part, or means something else")
        parts[name] = _evaluated(formula, parts)
    proved = [_decided(x, parts, truth) for truth, stated in ((True, holds), (False, fails)) for x in stated]
    proved += [f"{name} is {_words(formula)}" for name, formula in instance.items()]
    return f"{'; '.join(proved)}; the file says that this {about!a:.100}"


def _decided(formula: Any, parts: dict[str, Any], truth: bool) -> str:
    """Say that a comparison is true, of tables in all entries, or false, in one."""
    relation, x, y = COMPARISONS[formula[0]], *(_evaluated(side, parts) for side in formula[1:])
    numbers = "" if shape(x) or shape(y) else f" ({show(x)} against {show(y)})"
    ends = flat(_entrywise(lambda x, y: (lower(x - y), -lower(y - x)), x, y))  # between which each difference lies
    verdicts = [relation(low, 0) == relation(high, 0) == truth and not low < 0 < high for low, high in ends]
    if not (verdicts and (all if truth else any)(verdicts)):
        raise Refused(f"{_words(formula)} is not certainly {str(truth).lower()}{numbers}")
    return f"{_words(formula)} is {str(truth).lower()}{numbers}"


def _evaluated(formula: Any, parts: dict[str, Any]) -> Any:
    if isinstance(formula, dict):
        return Model({name: _evaluated(part, parts) for name, part in formula.items()})
    if not isinstance(formula, list):
        return parts[formula] if isinstance(formula, str) else formula
    if not (formula and isinstance(formula[0], str) and formula[0] in OPERATIONS):
        return table(rows := [_evaluated(part, parts) for part in formula], shape(rows), "a table")
    return OPERATIONS[formula[0]](*(_evaluated(part, parts) for part in formula[1:]))


def _words(formula: Any) -> str:
    if isinstance(formula, dict):
        return f"the model with {', '.join(f'{name} = {_words(part)}' for name, part in formula.items())}"
    if not isinstance(formula, list):
        return str(formula)
    if not (formula and isinstance(formula[0], str) and formula[0] in OPERATIONS | COMPARISONS):
        return f"[{', '.join(map(_words, formula))}]"
    name, *told = map(_words, formula)
    return f"{name}({', '.join(told)})" if name[0].isalpha() else f"({f' {name} '.join(told)})"


def _entrywise(f: Any, *xs: Any) -> Any:
    """Apply a function of numbers to tables, which meet along their first axes; a number goes with every entry."""
    tables = [x for x in xs if isinstance(x, list)]
    rows = zip(*(x if isinstance(x, list) else [x] * len(tables[0]) for x in xs), strict=True) if tables else ()
    return [_entrywise(f, *row) for row in rows] if tables else f(*xs)


def _least_cost(c: Any, free: Any, A_eq: Any, b_eq: Any, A_ub: Any, b_ub: Any, x: Any, y_eq: Any, y_ub: Any) -> Any:
    """Return ``min <c, x>`` where ``A_eq x = b_eq``, ``A_ub x <= b_ub``, x >= 0 unless free: x and y prove it."""
    tight, slack = ([v - dot(row, x) for row, v in zip(A, b, strict=True)] for A, b in ((A_eq, b_eq), (A_ub, b_ub)))
    rest = [v - dot(y_eq, [row[j] for row in A_eq]) - dot(y_ub, [row[j] for row in A_ub]) for j, v in enumerate(c)]
    zeros = [*tight, dot(c, x) - dot(b_eq, y_eq) - dot(b_ub, y_ub), *map(operator.mul, rest, free)]
    signed = [*slack, *(-y for y in y_ub), *rest, *(v * (1 - mark) for v, mark in zip(x, free, strict=True))]
    if any(zeros) or min(signed, default=0) < 0:
        raise Refused("a point or its multipliers violate a constraint, or are not worth the same")
    return dot(c, x)


COMPARISONS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
NUMBERS: dict[str, Any] = {
    **{"+": lambda *xs: sum(xs), "-": operator.sub, "*": lambda *xs: reduce(operator.mul, xs), "/": operator.truediv},
    **{"**": lambda x, n: x ** range(1000).index(n), "abs": abs, "max": maximum, "exp": exp, "log": log, "sqrt": sqrt},
    "relative_entropy": kl,
}
TABLES: dict[str, Any] = {
    **{"rewards": lambda m: m.r, "transitions": lambda m: m.P, "occupancy": Model.occupancy},
    "state_occupancy": lambda m, policy: [[sum(row) for row in step] for step in m.occupancy(policy)],
    "state_values": lambda m, policy: m.evaluated(policy)[0],
    "action_values": lambda m, policy: m.evaluated(policy)[1],
    "soft_state_values": Model.best,
}
OPERATIONS: dict[str, Any] = {
    **{name: partial(_entrywise, f) for name, f in NUMBERS.items()},
    **{name: lambda m, *xs, f=f: f(m, *xs) if m.finite else f(m, *xs)[0] for name, f in TABLES.items()},
    **{end: lambda m, end=end: m.ends[end] for end in ("horizon", "discount")},
    "value": lambda m, policy: dot(m.mu, m.evaluated(policy)[0][0]),
    "optimal_value": lambda m, *guess: dot(m.mu, m.best(0, *guess)[0]),
    **{"mu": lambda m: m.mu, "least_cost": _least_cost, "sum": lambda x: sum(flat(x), Fraction(0))},
    "at": lambda x, *index: reduce(lambda part, i: part[range(len(part)).index(i)], index, x),
}
