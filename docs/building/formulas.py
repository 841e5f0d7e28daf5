"""Write formulas as MathML while pages are built: readers need neither a script nor a network."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from mkdocs.exceptions import PluginError

from iltheory.reporting.site.mathml import formula

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
"""What pymdownx.arithmatex leaves of ``$...$`` and ``$$...$$``."""


def on_page_content(html: str, *, page: Any, **_: Any) -> str:
    """Replace the formulas of a page."""

    def mathml(found: re.Match[str]) -> str:
        display = found[2] == "["
        typeset = formula(unescape(found[3]).strip(), display=display)
        if not typeset.typeset:
            raise PluginError(f"{page.file.src_uri}: {found[3]} cannot be typeset")
        return f'<div class="formula">{typeset.html}</div>' if display else str(typeset.html)

    return FORMULA.sub(mathml, html)
