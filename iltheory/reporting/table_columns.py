"""The columns of a table of claims: what a cell shows in print, and which fields it has as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, NamedTuple

from iltheory.attack.extreme import Extreme
from iltheory.proofs.theorem import ALL
from iltheory.reporting.exact import DIGITS, rounded
from iltheory.reporting.table import Row
from sims.arithmetic import Enclosure
from sims.arithmetic.numbers import exact_text

SHOWN, KEPT = 4, 17
"""Significant digits of decimals, in print and as data."""
LONGEST = 17
"""Characters of a fraction in print; of a longer one only the decimal is shown."""
PLAIN = range(-4, 6)
"""Powers of ten that decimals are written without."""
POWERS = {"H": r"H^{{{:.2f}}}", "1/(1-gamma)": r"(1/(1-\gamma))^{{{:.2f}}}"}
"""What exponents are of."""


class Piece(NamedTuple):
    """Part of a cell: ``text``, ``maths`` (LaTeX), ``code``, or names of ``axioms``, said below the table."""

    kind: str
    content: str


Pieces = tuple[Piece, ...]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    head : its title in print
    cell : what it shows of a row in print
    fields : what it says of a row as data: names in ``FIELDS``
    width : in LaTeX, its share of a line, of columns whose cells are short; 0 of others, which share what is left
    right : whether it is set flush right
    """

    head: str
    cell: Callable[[Row], Pieces]
    fields: tuple[str, ...]
    width: float = 0.0
    right: bool = False


def record(row: Row) -> dict[str, Any]:
    """All fields of a row."""
    return {name: field(row) for name, field in FIELDS.items()}


def formulas(statement: str) -> list[str]:
    r"""Cut LaTeX at each ``\quad`` outside of brackets, where a line may end."""
    parts, depth = [""], 0
    for token in re.findall(r"\\[A-Za-z]+|\\.|.", statement, flags=re.DOTALL):
        depth += (token in ("{", r"\{", r"\left")) - (token in ("}", r"\}", r"\right"))
        if token in (r"\quad", r"\qquad") and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts if part.strip()]


def _statement(row: Row) -> Pieces:
    first, *rest = (Piece("maths", formula) for formula in formulas(row.claim.statement))
    return (first, *(piece for formula in rest for piece in (Piece("text", " "), formula)))


def _source(row: Row) -> Pieces:
    source = row.claim.source
    if source is None:
        return _text(row.claim.status)
    first, comma, _ = source.authors.partition(",")
    authors = f"{first}{' et al.' if comma else ''} ({source.year})"
    return _text(f"{', '.join(filter(None, [authors, source.theorem]))} [{row.claim.status}]")


def _of_source(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row.claim.source is None else getattr(row.claim.source, name)


def _width(row: Row) -> str | None:
    width = None if row.report is None else row.report.width
    return None if width is None or not isfinite(width) else _kept(Fraction(width), ROUND_CEILING)


def _of_report(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row.report is None else getattr(row.report, name)


def _of_theorem(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row.theorem is None else getattr(row.theorem, name)


def _proof(row: Row) -> Pieces:
    if row.theorem is None:
        return ()
    return (Piece("code" if row.theorem.rung == ALL else "text", row.theorem.name),)


def _assumed(row: Row) -> Pieces:
    names = () if row.theorem is None else row.theorem.assumptions
    if not names:
        return _text(None if _axioms(row) is None else "no axiom")
    return (Piece("axioms", ", ".join(names)),)


def _axioms(row: Row) -> str | None:
    """Those of a theorem in Coq; none of a proof by arithmetic, which has no axioms to name."""
    if row.theorem is None or row.theorem.rung != ALL:
        return None
    return ", ".join(row.theorem.assumptions) or "none"


def _with_powers(words: str) -> Pieces:
    """Words, with numbers such as ``1.2e-153`` and ``1-1e-06`` in maths."""
    pieces = []
    for found in re.finditer(r"(1-)?(\d+(?:\.\d+)?)e([+-]\d+)|(?:(?!(?:1-)?\d+(?:\.\d+)?e[+-]\d).)+", words):
        if found[2] is None:
            pieces.append(Piece("text", found[0]))
        else:
            factor = "" if found[2] == "1" else rf"{found[2]} \cdot "
            pieces.append(Piece("maths", rf"{'1 - ' if found[1] else ''}{factor}10^{{{int(found[3])}}}"))
    return tuple(pieces)


def _ratio(row: Row) -> Pieces:
    worst = row.worst
    if worst is None:
        return ()
    if worst.op == "==":
        return Piece("text", "difference "), *_enclosed(_distance(worst))
    if worst.ratio is None:
        return _text("none: the larger side is not positive" if row.rung == "refuted" else None)
    return _enclosed(worst.ratio)


def _of_ratio(show: Callable[[Enclosure], str | None]) -> Callable[[Row], str | None]:
    def field(row: Row) -> str | None:
        ratio = None if row.worst is None or row.worst.op == "==" else row.worst.ratio
        return None if ratio is None else show(ratio)

    return field


def _kept(x: Fraction | float, rounding: str) -> str:
    return f"{rounded(x, rounding, KEPT):g}"


def _sense(x: Enclosure) -> str:
    return x.sense + (f" {exact_text(1 - x.delta)}" if x.delta else "")


def _distance(worst: Extreme) -> Enclosure:
    larger, smaller = sorted((worst.lhs, worst.rhs), key=lambda side: side.lower, reverse=True)
    return larger - smaller


def _enclosed(x: Enclosure) -> Pieces:
    r"""A number in print: a fraction and a decimal, equal to it or rounded down; of a wide enclosure, both ends.

    Decimals have enough digits to show on which side of 1 a number is that is greater than 1.
    """
    over = x.lower > 1
    digits = next((d for d in (SHOWN, *DIGITS) if not over or rounded(x.lower, ROUND_FLOOR, d) > 1), DIGITS[-1])
    low, high = rounded(x.lower, ROUND_FLOOR, digits), rounded(x.upper, ROUND_CEILING, digits)
    if x.delta or low != rounded(x.upper, ROUND_FLOOR, digits):
        level = f" with confidence 1-{_power(x.delta)}" if x.delta else ""
        ends = Piece("maths", f"[{_decimal(low)},"), Piece("text", " "), Piece("maths", f"{_decimal(high)}]")
        return *ends, *_with_powers(level)
    relation, text = "=" if low == high else r"\ge", exact_text(x.lower) if x.width == 0 else ""
    if text == _decimal(low):
        return (Piece("maths", text),)
    fraction = re.sub(r"(\d+)/(\d+)", r"\\tfrac{\1}{\2}", text) + " " if 0 < len(text) <= LONGEST else ""
    return (Piece("maths", f"{fraction}{relation} {_decimal(low)}"),)


def _power(delta: Fraction) -> str:
    """A probability of failure with one digit, rounded up."""
    return f"{float(rounded(delta, ROUND_CEILING, 1)):.0e}"


def _decimal(x: Decimal) -> str:
    if x == 0 or x.adjusted() in PLAIN:
        return f"{x:f}"
    sign, digits, _ = x.as_tuple()
    return rf"{Decimal((sign, digits, 1 - len(digits))):f} \cdot 10^{{{x.adjusted()}}}"


def _attained(row: Row) -> str | None:
    return None if row.attained is None else "yes" if row.attained else "not found"


def _exponents(row: Row) -> Pieces:
    growth = row.growth
    if growth is None or growth.fitted is None or growth.theorem is None:
        return ()
    fitted, bound = map(POWERS[growth.over].format, (growth.fitted, growth.theorem))
    pieces = Piece("maths", fitted), Piece("text", " to "), Piece("maths", bound)
    if growth.excess is None or growth.excess_low is None or growth.excess_high is None:
        return pieces
    low, high = (
        _hundredths(end, way) for end, way in ((growth.excess_low, ROUND_FLOOR), (growth.excess_high, ROUND_CEILING))
    )
    return (*pieces, Piece("text", ", "), Piece("maths", rf"{growth.excess:.2f} \in [{low}, {high}]"))


def _hundredths(x: float, rounding: str) -> str:
    return f"{Decimal(x).quantize(Decimal('0.01'), rounding):f}"


def _seconds(x: float) -> str:
    return f"{x:.2g}" if x < 10 else f"{x:,.0f}"


def _of_growth(name: str) -> Callable[[Row], Any]:
    return lambda row: None if row.growth is None else getattr(row.growth, name)


def _number(name: str, shown: Callable[[Any], str]) -> Callable[[Row], Pieces]:
    return lambda row: _text(None if row.report is None else shown(getattr(row.report, name)))


def _text(content: str | None) -> Pieces:
    return () if content is None else (Piece("text", content),)


FIELDS: Mapping[str, Callable[[Row], Any]] = {
    "claim": lambda row: row.claim.id,
    "statement": lambda row: row.claim.statement,
    **{name: _of_source(name) for name in ("authors", "year", "title", "theorem", "arxiv")},
    "status": lambda row: row.claim.status,
    "rung": lambda row: row.rung,
    "verdict": lambda row: row.verdict,
    "width": _width,
    "proof": _of_theorem("name"),
    "checker": _of_theorem("checker"),
    "axioms": _axioms,
    "instances": _of_report("instances"),
    "undecided": _of_report("undecided"),
    "op": _of_report("op"),
    "worst_lhs": lambda row: None if row.worst is None else str(row.worst.lhs),
    "worst_rhs": lambda row: None if row.worst is None else str(row.worst.rhs),
    "worst_ratio": _of_ratio(lambda x: exact_text(x.lower) if x.sense == "exact" else None),
    "worst_ratio_lower": _of_ratio(lambda x: _kept(x.lower, ROUND_FLOOR)),
    "worst_ratio_upper": _of_ratio(lambda x: _kept(x.upper, ROUND_CEILING)),
    "worst_ratio_sense": _of_ratio(_sense),
    "attained": _attained,
    **{
        f"exponent_{name}": _of_growth(name)
        for name in ("over", "fitted", "theorem", "excess", "excess_low", "excess_high")
    },
    "seconds": _of_report("seconds"),
}
"""What is kept of a row as data: JSON values, by name."""


def _named(start: str) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if name.startswith(start))


COLUMNS: Mapping[str, Column] = {
    "claim": Column("claim", lambda row: (Piece("code", row.claim.id),), ("claim",)),
    "statement": Column("statement", _statement, ("statement",)),
    "source": Column("source", _source, ("authors", "year", "title", "theorem", "arxiv", "status")),
    "verdict": Column("verdict", lambda row: _with_powers(row.verdict), ("rung", "verdict", "width")),
    "proof": Column("proof", _proof, ("proof", "checker")),
    "axioms": Column("axioms", _assumed, ("axioms",), width=0.11),
    "instances": Column(
        "instances", _number("instances", "{:,}".format), ("instances", "undecided"), width=0.09, right=True
    ),
    "ratio": Column("worst ratio", _ratio, ("op", *_named("worst_"))),
    "attained": Column("attained", lambda row: _text(_attained(row)), ("attained",), width=0.09),
    "exponents": Column("exponents", _exponents, _named("exponent_")),
    "time": Column("time (s)", _number("seconds", _seconds), ("seconds",), width=0.08, right=True),
}
"""All columns, by the names that ``iltheory table --columns`` takes."""


def telling(rows: Sequence[Row]) -> list[str]:
    """Columns of a table: all, but of growths, proofs and axioms only those that some row has."""
    there = {
        "exponents": any(row.growth is not None for row in rows),
        "proof": any(row.theorem is not None for row in rows),
        "axioms": any(row.theorem is not None and row.theorem.assumptions for row in rows),
    }
    return [name for name in COLUMNS if there.get(name, True)]


LEGEND: Mapping[str, str] = {
    "verdict": "Verdict: what is proved, of all finite models or of all of the shapes named, or else what was found on "
    "instances.",
    "proof": "Proof: the theorem in Coq, or the method for shapes.",
    "axioms": "Axioms: those that the theorem in Coq uses, named below by number.",
    "ratio": "Worst ratio: the side that should be the smaller over the other, on the instance drawn that comes "
    "closest to violating the claim; decimals are rounded down, both ends of an interval outward.",
    "attained": "Attained: an instance is known on which both sides are equal, exactly (not of equalities and sampled "
    "claims).",
    "exponents": "Exponents: of the smaller side and of the bound, fitted along the worst instances of a sweep, and "
    "their difference with its interval.",
    "time": "Time: seconds of computing.",
}
"""What columns mean, for a caption."""
