"""Data of figures: rows of settings and numbers, kept as JSON, shown to others as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from io import StringIO
from typing import Any

from iltheory.experiments.experiment import Outcome
from sims.arithmetic import Enclosure

Row = Mapping[str, Any]
"""Settings and numbers of one point of a figure: text, ints, floats and enclosures."""

DIGITS = 17
INFINITE = ("inf", "-inf")
LONGEST = 128
"""Bits of a rational that is kept as it is; longer ones are enclosed by decimals."""
ROUNDED = "rounded outward"
"""What is kept of a rational that was too long: decimals on both sides of the exact value."""


def enclosed(x: Any) -> dict[str, str]:
    """A rigorous number in JSON values, for the result of a cell.

    Parameters
    ----------
    x : a number of a rigorous system, a rational, or an Enclosure. Rationals too long to be read are rounded outward,
        to 17 digits, and their sense says so

    Raises
    ------
    TypeError
        If it is a result of float64 arithmetic.
    """
    value = Enclosure.of(x)
    if max(map(_bits, (value.lower, value.upper))) > LONGEST:
        ends = [_decimal(value.lower, ROUND_FLOOR), _decimal(value.upper, ROUND_CEILING)]
        sense = ROUNDED if value.sense == "exact" and ends[0] != ends[1] else value.sense
    else:
        ends, sense = [str(value.lower), str(value.upper)], value.sense
    kept = {"lower": ends[0], "upper": ends[1], "sense": sense}
    return kept | ({"delta": str(value.delta)} if value.delta else {})


def read(x: Any) -> Any:
    """What a row holds for a JSON value: an Enclosure, or the value itself.

    A rational that was rounded outward comes back as a ball.
    """
    if not _is_enclosure(x):
        return x
    lower, upper = (float(x[end]) if x[end] in INFINITE else Fraction(x[end]) for end in ("lower", "upper"))
    return Enclosure(lower, upper, "ball" if x["sense"] == ROUNDED else x["sense"], Fraction(x.get("delta", 0)))


def senses(rows: Iterable[Row]) -> list[str]:
    """How the numbers of rows in JSON values are known: exact, rounded outward, in balls, ..."""
    return sorted({value["sense"] for row in rows for value in row.values() if _is_enclosure(value)})


def encoded(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Rows in JSON values: a cell's settings beside its result, or beside each of its ``rows``."""
    return [
        {**outcome.cell, **row} for outcome in outcomes for row in outcome.result.get("rows", [dict(outcome.result)])
    ]


def groups(rows: Sequence[Row], name: str) -> dict[Any, list[Row]]:
    """Rows by the value of one setting, in the order in which the values come."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def points(rows: Sequence[Row], x: str, y: str) -> list[tuple[Any, Any]]:
    """Pairs of two columns, of the rows that have both, by increasing x."""
    return sorted(((row[x], row[y]) for row in rows if x in row and y in row), key=lambda point: point[0])


def as_csv(rows: Sequence[Row]) -> str:
    """Rows in JSON values as CSV: an enclosure takes four columns: middle, ends (rounded outward), sense."""
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    text = StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _flat(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kept in row.items():
        found[name] = value = read(kept)
        if isinstance(value, Enclosure):
            found[name] = repr(value.middle)
            found[f"{name}_lower"] = _decimal(value.lower, ROUND_FLOOR)
            found[f"{name}_upper"] = _decimal(value.upper, ROUND_CEILING)
            found[f"{name}_sense"] = f"{value.sense} {1 - value.delta}" if value.delta else kept["sense"]
    return found


def _is_enclosure(x: Any) -> bool:
    return isinstance(x, Mapping) and {"lower", "upper", "sense"} <= x.keys()


def _bits(x: Fraction | float) -> int:
    return 0 if isinstance(x, float) else x.numerator.bit_length() + x.denominator.bit_length()


def _decimal(x: Fraction | float, rounding: str) -> str:
    if isinstance(x, float):
        return str(x)
    return str(Context(prec=DIGITS, rounding=rounding).divide(Decimal(x.numerator), Decimal(x.denominator)))
