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

LONG = 12
"""Rows from which a LaTeX table may break over pages."""
WIDE = ("claim", "statement", "source", "proof", "axioms")
"""Columns that LaTeX sets on a line of their own, across the table."""
LINE, GAP = r"p{\linewidth}", 0.018
"""A cell as wide as a line; the share of a line that the space between two columns takes."""
BREAK = r"\allowbreak{}"
SIGNIFICANT = re.compile(r"[\\`*_\[\]<>|#$~]")
"""What Markdown would read as markup."""
UNREAD = {r"\\\|": r"\\Vert ", r"\|": r"\\vert ", r"\\operatorname(?![A-Za-z*])": r"\\mathrm"}
"""What GitHub does not read in formulas of a table, and what it reads instead."""


def latex_table(rows: Sequence[Row], columns: Sequence[str], mark: str) -> str:
    """One table of two lines a row: what the claim says across the table, then what is known of it.

    It needs ``booktabs``, ``amsmath`` and ``amssymb``; a long one also ``longtable``.

    Parameters
    ----------
    columns : names in ``COLUMNS``
    mark : a line for the comment on top
    """
    across = [COLUMNS[name] for name in columns if name in WIDE]
    facts = [COLUMNS[name] for name in columns if name not in WIDE]
    long = len(rows) > LONG
    environment, packages = (
        ("longtable", "amsmath,amssymb,booktabs,longtable") if long else ("tabular", "amsmath,amssymb,booktabs")
    )
    heads = _latex_lines(across, facts, lambda column: escaped(column.head))
    lines = [
        f"% {mark}",
        rf"% In the preamble: \usepackage{{{packages}}}",
        *(f"% {sentence}" for sentence in _legend(columns)),
    ]
    lines += [r"\begingroup\footnotesize\setlength{\tabcolsep}{3.5pt}"]
    lines += [rf"\begin{{{environment}}}{{@{{}}{_specification(facts) or LINE}@{{}}}}"]
    lines += [r"\toprule", *heads, r"\midrule", *([r"\endhead"] if long else [])]
    for number, row in enumerate(rows):
        if number:
            lines.append(r"\addlinespace")
        lines += _latex_lines(across, facts, partial(_latex_cell, row))
    lines += [r"\bottomrule", rf"\end{{{environment}}}", r"\endgroup"]
    return "\n".join(lines) + "\n"


def markdown_table(rows: Sequence[Row], columns: Sequence[str], mark: str) -> str:
    """One line a row, formulas as GitHub reads them; then what the columns mean."""
    chosen = [COLUMNS[name] for name in columns]
    lines = [[column.head for column in chosen], ["---:" if column.right else "---" for column in chosen]]
    lines += [[_markdown_cell(row, column) for column in chosen] for row in rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n{' '.join(_legend(columns))}\n\n<!-- {mark} -->\n"


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


def _legend(columns: Sequence[str]) -> list[str]:
    return [sentence for name, sentence in LEGEND.items() if name in columns]


def _latex_lines(across: Sequence[Column], facts: Sequence[Column], shown: Callable[[Column], str]) -> list[str]:
    """A row, or the heads: the columns across the table on one line, the facts on the next."""
    lines = []
    if across:
        claim = r"\quad ".join(filter(None, map(shown, across)))
        lines.append(rf"\multicolumn{{{max(len(facts), 1)}}}{{@{{}}{LINE}@{{}}}}{{\raggedright {claim}}}")
    if facts:
        cells = (shown(column) if column.width else rf"\raggedright {shown(column)}" for column in facts)
        lines.append(" & ".join(cells))
    return [rf"{line} \tabularnewline{'*' if line is not lines[-1] else ''}" for line in lines]


def _specification(facts: Sequence[Column]) -> str:
    """Widths of columns: short ones as wide as they are, the others in equal parts of what these leave of a line."""
    wrapped = [column for column in facts if not column.width]
    left = 1 - sum(column.width for column in facts) - GAP * (len(facts) - 1)
    return "".join(
        rf"p{{{left / len(wrapped):.3f}\linewidth}}" if column in wrapped else "r" if column.right else "l"
        for column in facts
    )


def _latex_cell(row: Row, column: Column) -> str:
    return "".join(LATEX[piece.kind](piece.content) for piece in column.cell(row))


def _latex_name(name: str) -> str:
    """An id or a theorem's name, which may break behind dots, dashes and underscores."""
    return rf"\texttt{{{BREAK.join(map(escaped, parts(name)))}}}"


def _markdown_cell(row: Row, column: Column) -> str:
    return "".join(MARKDOWN[piece.kind](piece.content) for piece in column.cell(row))


def _plain(text: str) -> str:
    return re.sub(SIGNIFICANT, r"\\\g<0>", text)


def _github(formula: str) -> str:
    r"""A formula as GitHub reads it within a table: no bars, and no ``\operatorname``, which it refuses."""
    for pattern, instead in UNREAD.items():
        formula = re.sub(pattern, instead, formula)
    return f"$`{formula}`$"


LATEX: Mapping[str, Callable[[str], str]] = {
    "text": escaped,
    "maths": lambda formula: f"${formula}$",
    "code": _latex_name,
}
MARKDOWN: Mapping[str, Callable[[str], str]] = {"text": _plain, "maths": _github, "code": lambda name: f"`{name}`"}
"""How kinds of pieces are written."""
