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
    left, rest = [dot(row, x) for row in A], [cost - dot(y, [row[j] for row in A]) for j, cost in enumerate(c)]
    for what, holds in {
        "free has marks other than 0 and 1": all(mark in (0, 1) for mark in free),
        "x violates an equation": left[:m] == b[:m],
        "x violates an inequality": all(u <= v for u, v in zip(left[m:], b[m:], strict=True)),
        "x is negative where it is not free": all(v >= 0 or mark for v, mark in zip(x, free, strict=True)),
        "y_ub is positive": all(v <= 0 for v in y[m:]),
        "y violates an inequality of the dual": all(v >= 0 for v in rest),
        "y violates an equation of the dual": not any(v for v, mark in zip(rest, free, strict=True) if mark),
        "value is not the cost of x": table(value, (), "value") == dot(c, x),
        "value is not that of y": value == dot(b, y),
    }.items():
        if not holds:
            raise Refused(what)
    return f"the least cost is {show(value)}, of a linear programme in {n} variables, {m} equations, {k} inequalities"
