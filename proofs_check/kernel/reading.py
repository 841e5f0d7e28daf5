"""Read JSON strictly: nothing is guessed, converted or ignored; what a reader sees is what is checked."""

import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from fractions import Fraction
from typing import Any

from proofs_check.kernel.numbers import Interval, lower


class Refused(Exception):
    """The certificate does not prove what it claims."""


def show(low: Any, high: Any = None) -> str:
    """Print a short rational as it is; other numbers, or all that lie between two, in decimals rounded outwards."""
    first, last = lower(low), -lower(-(low if high is None else high))
    if first == last and first.numerator.bit_length() + first.denominator.bit_length() < 90:
        return str(first)
    ends = ((first, ROUND_FLOOR), (last, ROUND_CEILING))
    return f"[{', '.join(str(Context(17, way).divide(*end.as_integer_ratio())) for end, way in ends)}]"


def parse(text: str | bytes) -> Any:
    """Parse JSON: integers, and texts such as "-3/7", are numbers; floats and truth values are refused."""
    return json.loads(text, object_pairs_hook=_object, parse_float=float, parse_constant=float)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise Refused(f"of the names {', '.join(name for name, _ in pairs)} one is given twice")
    return {name: _numbers(part) for name, part in pairs}


def _numbers(part: Any) -> Any:
    if isinstance(part, list):
        return [_numbers(entry) for entry in part]
    if type(part) not in (int, str, dict):
        raise Refused(f"{part!r:.40} is no whole number, and no text such as '-3/7'")
    number = type(part) is int or (type(part) is str and re.fullmatch(r"-?[0-9]+(/0*[1-9][0-9]*)?", part, re.A))
    return Fraction(part) if number else part


def fields(data: Any, names: str, what: str) -> list[Any]:
    """Return what an object has under these names, which must be all."""
    if not isinstance(data, dict) or data.keys() != set(names.split()):
        raise Refused(f"{what} must have {names}, and has {' '.join(data) if isinstance(data, dict) else 'none'}")
    return [data[name] for name in names.split()]


def shape(data: Any) -> tuple[int, ...]:
    """Return the lengths along the axes of nested lists, as their first entries have them."""
    return (len(data), *(shape(data[0]) if data else ())) if isinstance(data, list) else ()


def table(data: Any, sizes: tuple[int, ...], what: str) -> Any:
    """Return nested lists of numbers, which must have exactly this shape."""
    if not (isinstance(data, list) and len(data) == sizes[0] if sizes else isinstance(data, Fraction | Interval)):
        raise Refused(f"{what} holds {data!r:.40}, not {f'a list of {sizes[0]}' if sizes else 'a rational'}")
    return [table(part, sizes[1:], what) for part in data] if sizes else data


def by_step(data: Any, steps: int, sizes: tuple[int, ...], what: str) -> Any:
    """Return a table of this shape for each step; one that is given alone serves all of them."""
    return table([data] * steps if len(shape(data)) == len(sizes) else data, (steps, *sizes), what)


def laws(data: Any, what: str) -> Any:
    """Return a table whose rows are all probability distributions; irrational ones as far as can be told."""
    if isinstance(data[0], list):
        return [laws(part, what) for part in data]
    if min(map(lower, data)) < 0 or not lower(sum(data)) <= 1 <= -lower(-sum(data)):
        raise Refused(f"a row of {what} sums to {show(sum(data))}, its least entry is {show(min(map(lower, data)))}")
    return data


def flat(data: Any) -> list[Any]:
    """Return all entries of a table, in order."""
    return [x for part in data for x in flat(part)] if isinstance(data, list) else [data]


def dot(xs: Any, ys: Any) -> Any:
    """Return the sum of products."""
    return sum((x * y for x, y in zip(xs, ys, strict=True) if x), Fraction(0))
