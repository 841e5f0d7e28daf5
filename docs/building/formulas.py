"""Write formulas as MathML while pages are built: readers need neither a script nor a network."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
"""What pymdownx.arithmatex leaves of ``$...$`` and ``$$...$$``."""


def on_page_content(html: str, *, page: Any, **_: Any) -> str:
    """Replace the formulas of a page."""

    def mathml(found: re.Match[str]) -> str:
        display = "block" if found[2] == "[" else "inline"
        formula = convert(unescape(found[3]).strip(), display=display)
        try:
            ElementTree.fromstring(formula)
        except ElementTree.ParseError as problem:
            raise PluginError(f"{page.file.src_uri}: {found[3]} makes no MathML: {problem}") from problem
        return f'<div class="formula">{formula}</div>' if display == "block" else formula

    return FORMULA.sub(mathml, html)
