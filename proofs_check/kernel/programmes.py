"""Optima of linear programmes: minimise ``<c, x>`` where ``A_eq x = b_eq``, ``A_ub x <= b_ub``, x >= 0 unless free."""

from typing import Any

from proofs_check.kernel.reading import Refused, dot, fields, show, table


def check(data: Any) -> str:
    """Prove that a point is optimal: it and its multipliers are feasible, and their values are the same."""
    names = "schema c free A_eq b_eq A_ub b_ub x y_eq y_ub value"
    _, c, free, A_eq, b_eq, A_ub, b_ub, x, y_eq, y_ub, value = fields(data, names, "the certificate")
    n, m, k = len(c), len(b_eq), len(b_ub)
    c, free, x = (table(part, (n,), name) for part, name in ((c, "c"), (free, "free"), (x, "x")))
    A = table(A_eq, (m, n), "A_eq") + table(A_ub, (k, n), "A_ub")
    b, y = table(b_eq, (m,), "b_eq") + table(b_ub, (k,), "b_ub"), table(y_eq, (m,), "y_eq") + table(y_ub, (k,), "y_ub")
    slack, rest = (
        [v - dot(row, x) for v, row in zip(b, A, strict=True)],
        [v - dot(y, [row[j] for row in A]) for j, v in enumerate(c)],
    )
    if any(slack[:m]) or min([0, *slack[m:]]) < 0 or any(v < 0 and not mark for v, mark in zip(x, free, strict=True)):
        raise Refused("x violates a constraint")
    if any(mark not in (0, 1) for mark in free):
        raise Refused("free has marks other than 0 and 1")
    if max([0, *y[m:]]) > 0 or any(v < 0 or (v and mark) for v, mark in zip(rest, free, strict=True)):
        raise Refused("y violates a constraint of the dual programme, or y_ub is positive")
    if not table(value, (), "value") == dot(c, x) == dot(b, y):
        raise Refused(f"value is {show(value)}, but x costs {show(dot(c, x))} and y is worth {show(dot(b, y))}")
    return f"the least cost is {show(value)}, of a linear programme in {n} variables, {m} equations, {k} inequalities"
