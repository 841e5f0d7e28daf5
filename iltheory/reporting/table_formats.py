r"""Tables of claims as LaTeX (booktabs), Markdown (as GitHub renders it) and CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import StringIO

from iltheory.reporting.latex_pages import escaped
from iltheory.reporting.names import parts
from iltheory.reporting.table import Row
from iltheory.reporting.table_columns import COLUMNS, FIELDS, LEGEND, Column

Writers = Mapping[str, Callable[[str], str]]
"""How each kind of piece is written."""

LONG = 12
"""Rows from which a LaTeX table may break over pages."""
WIDE = ("claim", "statement", "source")
"""Columns that LaTeX sets on a line of their own, across the table."""
ROOM = 0.25
"""The share of a line that names of theorems need; where columns are narrower, they have a line of their own."""
LINE, GAP = r"p{\linewidth}", 0.018
"""A cell as wide as a line; the share of a line that the space between two columns takes."""
BREAK = r"\allowbreak{}"
SIGNIFICANT = re.compile(r"[\\`*_\[\]<>|#$~]")
"""What Markdown would read as markup."""
UNREAD = {r"\\\|": r"\\Vert ", r"\|": r"\\vert ", r"\\operatorname(?![A-Za-z*])": r"\\mathrm"}
"""What GitHub does not read in formulas of a table, and what it reads instead."""


def latex_table(rows: Sequence[Row], columns: Sequence[str], mark: str) -> str:
    """One table of two lines a row: what the claim says across the table, then what is known of it; notes below.

    It needs ``booktabs``, ``amsmath`` and ``amssymb``; a long one also ``longtable``.

    Parameters
    ----------
    columns : names in ``COLUMNS``
    mark : a line for the comment on top
    """
    across, facts = _arranged(columns)
    notes = _axioms(rows, columns)
    writers: Writers = {**LATEX, "axioms": partial(_number, notes)}
    long = len(rows) > LONG
    environment, packages = (
        ("longtable", "amsmath,amssymb,booktabs,longtable") if long else ("tabular", "amsmath,amssymb,booktabs")
    )
    heads = _latex_lines(across, facts, lambda column: escaped(column.head))
    lines = [
        f"% {mark}",
        rf"% In the preamble: \usepackage{{{packages}}}",
        *(f"% {sentence}" for sentence in _legend(columns, notes)),
    ]
    lines += [r"\begingroup\footnotesize\setlength{\tabcolsep}{3.5pt}"]
    lines += [rf"\begin{{{environment}}}{{@{{}}{_specification(facts) or LINE}@{{}}}}"]
    lines += [r"\toprule", *heads, r"\midrule", *([r"\endhead"] if long else [])]
    for number, row in enumerate(rows):
        if number:
            lines.append(r"\addlinespace")
        lines += _latex_lines(across, facts, partial(_cell, row, writers=writers))
    lines += [r"\bottomrule", rf"\end{{{environment}}}"]
    for names in notes:
        named = ", ".join(map(_latex_name, names.split(", ")))
        lines.append(rf"\par\smallskip{{\raggedright\noindent {_number(notes, names)}: {named}\par}}")
    lines.append(r"\endgroup")
    return "\n".join(lines) + "\n"


def markdown_table(rows: Sequence[Row], columns: Sequence[str], mark: str) -> str:
    """One line a row, formulas as GitHub reads them; then what the columns mean."""
    chosen = [COLUMNS[name] for name in columns]
    lines = [[column.head for column in chosen], ["---:" if column.right else "---" for column in chosen]]
    notes = _axioms(rows, columns)
    writers: Writers = {**MARKDOWN, "axioms": partial(_number, notes)}
    lines += [[_cell(row, column, writers=writers) for column in chosen] for row in rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    named = [f"{_number(notes, names)}: `{names.replace(', ', '`, `')}`." for names in notes]
    return "\n\n".join([table, " ".join(_legend(columns, notes)), *named, f"<!-- {mark} -->"]) + "\n"


def csv_table(rows: Sequence[Row], columns: Sequence[str], mark: str) -> str:
    """One line a row, a column for each field, exact rationals apart from decimals; no mark, CSV has no comments."""
    names = [name for column in columns for name in COLUMNS[column].fields]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([FIELDS[name](row) for name in names] for row in rows)
    return text.getvalue()


FORMATS: Mapping[str, Callable[[Sequence[Row], Sequence[str], str], str]] = {
    "latex": latex_table,
    "markdown": markdown_table,
    "csv": csv_table,
}
"""What writes rows: of these columns, with this mark where the format has comments."""


def _legend(columns: Sequence[str], notes: Sequence[str]) -> list[str]:
    return [sentence for name, sentence in LEGEND.items() if name in columns and (notes or name != "axioms")]


def _axioms(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    """Names of axioms that cells of a table stand for by number, each set once, in the order of their numbers."""
    cells = (COLUMNS["axioms"].cell(row) for row in rows if "axioms" in columns)
    return list(dict.fromkeys(piece.content for cell in cells for piece in cell if piece.kind == "axioms"))


def _number(notes: Sequence[str], names: str) -> str:
    return f"axioms {notes.index(names) + 1}"


def _arranged(columns: Sequence[str]) -> tuple[list[list[Column]], list[Column]]:
    """The columns of each line that goes across a table in LaTeX, and the facts, which stand side by side."""
    across = [[COLUMNS[name] for name in columns if name in WIDE]]
    facts = [COLUMNS[name] for name in columns if name not in WIDE]
    if COLUMNS["proof"] in facts and _share(facts) < ROOM:
        facts.remove(COLUMNS["proof"])
        across.append([COLUMNS["proof"]])
    return across, facts


def _latex_lines(
    across: Sequence[Sequence[Column]], facts: Sequence[Column], shown: Callable[[Column], str]
) -> list[str]:
    """A row, or the heads: lines across the table, but those with nothing to say, then the facts."""
    lines = []
    for columns in across:
        said = r"\quad ".join(filter(None, map(shown, columns)))
        if said:
            lines.append(rf"\multicolumn{{{max(len(facts), 1)}}}{{@{{}}{LINE}@{{}}}}{{\raggedright {said}}}")
    if facts:
        cells = (shown(column) if column.width else rf"\raggedright {shown(column)}" for column in facts)
        lines.append(" & ".join(cells))
    return [rf"{line} \tabularnewline{'*' if line is not lines[-1] else ''}" for line in lines]


def _specification(facts: Sequence[Column]) -> str:
    """Widths of columns: short ones as wide as they are, the others in equal parts of what these leave of a line."""
    return "".join(
        "r" if column.right else "l" if column.width else rf"p{{{_share(facts):.3f}\linewidth}}" for column in facts
    )


def _share(facts: Sequence[Column]) -> float:
    """What part of a line each column has that is not as wide as its cells."""
    left = 1 - sum(column.width for column in facts) - GAP * (len(facts) - 1)
    return left / sum(not column.width for column in facts)


def _cell(row: Row, column: Column, *, writers: Writers) -> str:
    return "".join(writers[piece.kind](piece.content) for piece in column.cell(row))


def _latex_name(name: str) -> str:
    """An id or a theorem's name, which may break behind dots, dashes and underscores."""
    return rf"\texttt{{{BREAK.join(map(escaped, parts(name)))}}}"


def _plain(text: str) -> str:
    return re.sub(SIGNIFICANT, r"\\\g<0>", text)


def _github(formula: str) -> str:
    r"""A formula as GitHub reads it within a table: no bars, and no ``\operatorname``, which it refuses."""
    for pattern, instead in UNREAD.items():
        formula = re.sub(pattern, instead, formula)
    return f"$`{formula}`$"


LATEX: Writers = {
    "text": escaped,
    "maths": lambda formula: f"${formula}$",
    "code": _latex_name,
}
MARKDOWN: Writers = {"text": _plain, "maths": _github, "code": lambda name: f"`{name}`"}
