"""Read JSON strictly: nothing is guessed, converted, broadcast or ignored.

What a reader of the file sees must be what is checked, so names given twice, unknown names, floats and tables of any
other shape than the expected one are refused.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from math import inf, nextafter
from typing import Any

RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?", re.ASCII)


class Refused(Exception):
    """The certificate does not prove what it claims."""


def parse(text: str) -> Any:
    """Parse JSON without floats and with every name of an object given once."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as problem:
        raise Refused(f"not JSON: {problem}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise Refused(f"{next(name for name in names if names.count(name) > 1)!r} is given twice")
    return found


def _no_float(text: str) -> None:
    raise Refused(f'{text[:40]} is not a rational such as "3/7"')


def fields(data: Any, names: set[str], what: str) -> dict[str, Any]:
    """Return an object that has exactly these names."""
    if not isinstance(data, dict):
        raise Refused(f"{what} must be an object with {', '.join(sorted(names))}")
    if missing := sorted(names - data.keys()):
        raise Refused(f"{what} lacks {', '.join(missing)}")
    if unknown := sorted(map(str, data.keys() - names)):
        raise Refused(f"{what} has unknown names: {', '.join(unknown)}")
    return data


def choice(data: Any, names: tuple[str, ...], what: str) -> str:
    """Return one of the names."""
    if not isinstance(data, str) or data not in names:
        raise Refused(f"{what} is {data!r:.40}, must be one of {', '.join(names)}")
    return data


def positive_integer(data: Any, what: str) -> int:
    """Return an integer, at least 1."""
    if type(data) is not int or data < 1:
        raise Refused(f"{what} is {data!r:.40}, must be an integer, at least 1")
    return data


def rational(data: Any, what: str) -> Fraction:
    """Return a number: an integer, or text such as ``"-3/7"``."""
    if type(data) is int:
        return Fraction(data)
    if not isinstance(data, str) or not RATIONAL.fullmatch(data):
        raise Refused(f'{what} holds {data!r:.40}, which is not a rational such as "3/7"')
    try:
        return Fraction(data)
    except (ValueError, ZeroDivisionError) as problem:
        raise Refused(f"{what} holds {data:.40}: {problem}") from None


def length(data: Any, what: str) -> int:
    """Return the length of a list, at least 1."""
    if not isinstance(data, list) or not data:
        raise Refused(f"{what} must be a list with something in it")
    return len(data)


def sizes(data: Any, depth: int, what: str) -> list[int]:
    """Return the lengths along the axes of nested lists, as their first entries have them."""
    return [length(data, what), *sizes(data[0], depth - 1, what)] if depth else []


def table(data: Any, shape: tuple[int, ...], what: str) -> Any:
    """Return nested lists of rationals of exactly this shape."""
    if not shape:
        return rational(data, what)
    if length(data, what) != shape[0]:
        raise Refused(f"{what} has {len(data)} entries along an axis of {shape[0]}")
    return [table(part, shape[1:], what) for part in data]


def by_step(data: Any, steps: int, shape: tuple[int, ...], what: str) -> list[Any]:
    """Return a table of this shape for each of the steps, or a single one that serves all of them."""
    depth, inner = 0, data
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    one = depth == len(shape)
    return [table(data, shape, what)] if one else list(table(data, (steps, *shape), what))


def laws(data: Any, what: str) -> Any:
    """Return nested lists whose innermost ones are all probability distributions."""
    if isinstance(data[0], list):
        return [laws(part, what) for part in data]
    if min(data) < 0 or sum(data) != 1:
        raise Refused(f"{what} has a row that sums to {show(sum(data))}, with least entry {show(min(data))}")
    return data


def show(x: Fraction) -> str:
    """Print a number for people, never failing."""
    try:
        return repr(float(x))
    except OverflowError:
        return "a huge number"


def show_interval(lower: Fraction, upper: Fraction) -> str:
    """Print an interval with its ends rounded outwards."""
    low, high = float(lower), float(upper)
    low = nextafter(low, -inf) if Fraction(low) > lower else low
    high = nextafter(high, inf) if Fraction(high) < upper else high
    return f"[{low!r}, {high!r}], width {float(upper - lower):.3g}"
