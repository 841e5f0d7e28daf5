"""LaTeX statements as plain Unicode, for the terminal."""

from __future__ import annotations

import re
from functools import cache
from typing import Any


def readable(latex: str) -> str:
    r"""Render a LaTeX formula in one line of Unicode: ``\tfrac1H\sum_h`` as ``1/H ∑_h``."""
    text = _converter().latex_to_text(f"${_braced_fractions(latex)}$")
    return re.sub(r"\s+(?=[)}\]])", "", re.sub(r"\s+", " ", text)).strip()


def _braced_fractions(latex: str) -> str:
    r"""Give ``\tfrac1H`` its braces, and keep commands such as ``\|`` that the converter drops."""
    latex = re.sub(r"\\[td]?frac\s*(\w)\s*(\w)", r"\\frac{\1}{\2}", latex)
    latex = re.sub(r"\\[td]frac", r"\\frac", latex)
    return latex.replace(r"\|", "‖").replace(r"\,", " ").replace(r"\;", " ").replace(r"\!", "")


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    def fraction(node: Any, l2tobj: Any) -> str:
        if not node.nodeargs:  # braces are missing
            return str(node.latex_verbatim())
        above, below = (_unbraced(l2tobj.nodelist_to_text([arg])) for arg in node.nodeargs)
        return f"{_grouped(above)}/{_grouped(below)} "

    def root(node: Any, l2tobj: Any) -> str:
        return f"√{_grouped(_unbraced(l2tobj.nodelist_to_text([node.nodeargs[-1]])))}"

    context = get_default_latex_context_db()
    context.add_context_category(
        "formulas",
        macros=[
            MacroTextSpec("frac", simplify_repl=fraction),
            MacroTextSpec("sqrt", simplify_repl=root),
            MacroTextSpec("Pr", simplify_repl="Pr"),
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
