"""LaTeX statements as plain Unicode, for the terminal."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

SPACE = "\N{INVISIBLE SEPARATOR}"
"""Stands for a space that the converter would take for the end of a macro."""
SIMILAR = "\N{TILDE OPERATOR}"
SINGLE = r"[\d.]+|[^\W\d]([_^]\w)*"
"""What needs no brackets below a fraction: a number, or a letter with its indices."""
UNDRAWN = {
    r"\\le": r"\\leq ",
    r"\\ge": r"\\geq ",
    r"\\ne": r"\\neq ",
    r"\\(?:Big|big|Bigg|bigg)[lr]?": "",
    r"\\left(?=[|(\[.\\])": "",
    r"\\middle(?=[|/.\\])": "",
    r"\\right(?=[|)\].\\])": "",
    r"\\[|]": r"\\Vert ",
    r"\\textstyle": "",
    r"\\mathcal\s+(\w)": r"\\mathcal{\1}",
    r"\\sqrt\s*(\w)": r"\\sqrt{\1}",
    r"\\implies": r"\\Rightarrow ",
    r"\\nolimits": "",
    r"\\top": r"T",
}
"""Macros that matplotlib does not draw, and what it draws in their place."""


def readable(latex: str) -> str:
    r"""Render a LaTeX formula in one line of Unicode: ``\tfrac1H\sum_h`` as ``1/H ∑_h``."""
    text = _converter().latex_to_text(f"${_spaced(_braced_fractions(latex))}$")
    text = re.sub(rf"[\s{SPACE}]+", " ", text)
    text = re.sub(rf"(?<=\S){SIMILAR} ", SIMILAR, re.sub(r" (?=[)}\]/_^,⟩])|(?<=[(\[{/⟨]) ", "", text))
    text = re.sub(r"\b(log|ln) ⟦([^⟦⟧]*)⟧", r"\1(\2)", text)
    return re.sub("[⟦⟧]", "", text).strip()


def mathtext(latex: str) -> str | None:
    r"""Write a LaTeX formula in the part of LaTeX that matplotlib draws, between dollars; None if it needs more."""
    from matplotlib.mathtext import MathTextParser

    text = _with_braces(latex)
    for macro, drawn in UNDRAWN.items():
        text = re.sub(macro + r"(?![A-Za-z])", drawn, text)
    text = f"${text}$"
    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return None
    return text


def _with_braces(latex: str) -> str:
    r"""Give ``\tfrac1H`` its braces."""
    latex = re.sub(r"\\[td]?frac\s*(\w|\\[A-Za-z]+)\s*(\w)", r"\\frac{\1}{\2}", latex)
    return re.sub(r"\\[td]frac", r"\\frac", latex)


def _braced_fractions(latex: str) -> str:
    r"""Give ``\tfrac1H`` its braces, and keep commands such as ``\|`` that the converter drops."""
    return _with_braces(latex).replace(r"\|", "‖").replace(r"\,", " ").replace(r"\;", " ").replace(r"\!", "")


def _spaced(latex: str) -> str:
    r"""Keep the spaces in front of macros and around operators, and write operators in letters as such."""
    latex = latex.replace(r"\hat{\Pr}", r"\hat Pr")
    latex = re.sub(r"\\operatorname\{(\w+)\}", r"\\mathrm{\1}", latex)
    latex = re.sub(
        r"(\\(?:log|ln|exp|cosh|dim|in|le|ge|ne|sim|propto|forall|implies))(?=[\s\\])\s*", rf"\1{SPACE}", latex
    )
    return re.sub(r" (?=\\[A-Za-z])", SPACE, latex)


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    def fraction(node: Any, l2tobj: Any) -> str:
        if not node.nodeargs:  # braces are missing
            return str(node.latex_verbatim())
        above, below = (_unbraced(l2tobj.nodelist_to_text([arg])) for arg in node.nodeargs)
        divisor = below if re.fullmatch(SINGLE, below) else f"({below})"
        return f"⟦{_grouped(above)}/{divisor}⟧ "  # marks that logarithms need and nobody else sees

    def root(node: Any, l2tobj: Any) -> str:
        return f"√{_grouped(_unbraced(l2tobj.nodelist_to_text([node.nodeargs[-1]])))}"

    context = get_default_latex_context_db()
    context.add_context_category(
        "formulas",
        macros=[
            MacroTextSpec("frac", simplify_repl=fraction),
            MacroTextSpec("sqrt", simplify_repl=root),
            MacroTextSpec("Pr", simplify_repl="Pr"),
            MacroTextSpec("dim", simplify_repl="dim"),
            MacroTextSpec("ne", simplify_repl="≠"),
            MacroTextSpec("implies", simplify_repl="⇒"),
        ],
        prepend=True,
    )
    return LatexNodes2Text(
        math_mode="text", keep_braced_groups=True, keep_braced_groups_minlen=2, latex_context=context
    )


def _unbraced(text: str) -> str:
    return text[1:-1] if text.startswith("{") and text.endswith("}") else text


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[\w.^]+", text) else f"({text})"
