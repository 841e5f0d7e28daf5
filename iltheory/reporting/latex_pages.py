r"""Counterexamples as LaTeX, ready to ``\input``: the statement, the model, the policies, both sides."""

from __future__ import annotations

import re
from collections.abc import Sequence

from iltheory.attack.counterexample import Counterexample
from iltheory.reporting.exact import VIOLATIONS, sides
from iltheory.reporting.instances import TextTable, parts_of, sentences, tables

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_"},
}
RELATIONS = {
    "<=": r"\le",
    ">=": r"\ge",
    "==": "=",
    "<": "<",
    ">": ">",
    "≠": r"\ne",
    "≥": r"\ge",
    "≤": r"\le",
    "∞": r"\infty",
}
NUMBER = r"(?<![\w.])-?\d+(?:/\d+|\.\d+)?(?:e-?\d+)?(?![\w.])"
NAMED = r"(?<!\w)([sa])(\d+)(?!\w)"
RULE = r"[≤≥=≠<>∞]"


def description(found: Sequence[tuple[str, Counterexample]], *, mark: str) -> str:
    r"""LaTeX of some counterexamples to one claim, each under its title.

    Every number is exact. The text needs ``booktabs``, ``amsmath`` and ``amssymb``, and nothing else.

    Parameters
    ----------
    found : pairs (title, counterexample), at least one
    mark : a line for the comment on top
    """
    claim = found[0][1].claim
    lines = [f"% {mark}", r"% In the preamble: \usepackage{amsmath,amssymb,booktabs}"]
    lines += [r"% The pictures beside this file: \includegraphics{simplest.png}, \includegraphics{worst.png}", ""]
    if claim.statement.endswith("(false)"):
        lines.append(rf"\noindent The claim \texttt{{{escaped(claim.id)}}} ({escaped(claim.statement)}) does not hold.")
    else:
        lines += [
            rf"\noindent The claim \texttt{{{escaped(claim.id)}}},",
            rf"\[ {claim.statement}, \]".replace(",,", ","),
            "does not hold.",
        ]
    for title, counterexample in found:
        lines += ["", *_section(title, counterexample)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Plain text with the special characters of LaTeX escaped."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _section(title: str, found: Counterexample) -> list[str]:
    parts = parts_of(found.claim, found.instance)
    lines = [rf"\paragraph{{{escaped(title)}}}"]
    lines += [rf"{_cell(sentence)}.\\" for sentence in sentences(parts, text=str)]
    for table in tables(parts, text=str):
        lines += _table(table)
    left, right = (_side(name, side) for name, side in zip(("lhs", "rhs"), sides(found), strict=True))
    relation = RELATIONS[VIOLATIONS[found.op]]
    lines.append(rf"\noindent Both sides: {left} and {right}, so $\mathrm{{lhs}} {relation} \mathrm{{rhs}}$.")
    return lines


def _side(name: str, side: str) -> str:
    relation = "" if side[0] in "≤≥" else "= "
    number, _, words = f"{relation}{side}".partition(" with ")
    math = re.sub(RULE, lambda sign: RELATIONS.get(sign[0], sign[0]), number)
    return rf"$\mathrm{{{name}}} {math}$" + (f" with {_cell(words)}" if words else "")


def _table(table: TextTable) -> list[str]:
    places = len([head for head in table.columns if head in ("step", "state", "action", "outcome", "next state")])
    columns = "l" * places + "r" * (len(table.columns) - places)
    rows = [rf"{' & '.join(map(_cell, row))} \\" for row in table.rows]
    return [
        r"\begin{center}",
        rf"{_cell(table.title)}\\[0.5ex]",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rf"{' & '.join(map(escaped, table.columns))} \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{center}",
    ]


def _cell(text: str) -> str:
    """Numbers, states and actions in maths, everything else escaped."""
    if re.fullmatch(r"\d+-\d+", text):  # steps
        return text.replace("-", "--")
    written = []
    for piece in re.finditer(f"{NAMED}|{NUMBER}|.", text):
        if piece[1]:
            written.append(f"${piece[1]}_{{{piece[2]}}}$")
        else:
            written.append(f"${piece[0]}$" if re.fullmatch(NUMBER, piece[0]) else escaped(piece[0]))
    return "".join(written)
