"""LaTeX statements as MathML, which browsers draw without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from xml.etree import ElementTree

from markupsafe import Markup

from iltheory.reporting.latex import readable

QUAD = r"\quad"
NOTE = "plain text: this formula could not be typeset"


@dataclass(frozen=True)
class Formula:
    """A statement for a page.

    Attributes
    ----------
    html : MathML, one ``math`` for each part between wide spaces, so that long statements break there
    typeset : False where the statement is plain text instead
    """

    html: Markup
    typeset: bool


@cache
def formula(latex: str) -> Formula:
    """Typeset a statement; what cannot be typeset is plain text, and says so."""
    try:
        parts = [_mathml(part) for part in _pieces(latex)]
    except Exception:  # the converter raises IndexError, KeyError and a dozen errors of its own
        return _plain(latex)
    if not all(map(_well_formed, parts)):
        return _plain(latex)
    return Formula(Markup(" ").join(map(Markup, parts)), True)


def _mathml(latex: str) -> str:
    from latex2mathml.converter import convert

    return convert(latex.strip(), display="block").replace('display="block"', 'display="inline" displaystyle="true"', 1)


def _plain(latex: str) -> Formula:
    text = f'<span class="plain">{escape(readable(latex))}</span> <small class="note">({NOTE})</small>'
    return Formula(Markup(text), False)


def _well_formed(mathml: str) -> bool:
    """Whether it is XML, and no macro was left as it is."""
    try:
        root = ElementTree.fromstring(mathml)
    except ElementTree.ParseError:
        return False
    return not any("\\" in (node.text or "") for node in root.iter() if not node.tag.endswith("annotation"))


def _pieces(latex: str) -> Iterator[str]:
    r"""Cut at every ``\quad`` that stands in no braces and no environment."""
    depth, begin, at = 0, 0, 0
    while at < len(latex):
        if latex.startswith((r"\{", r"\}"), at):
            at += 2
            continue
        if latex[at] == "{" or latex.startswith((r"\begin", r"\left"), at):
            depth += 1
        elif latex[at] == "}" or latex.startswith((r"\end", r"\right"), at):
            depth -= 1
        if depth == 0 and latex.startswith(QUAD, at):
            yield latex[begin:at]
            begin = at = at + len(QUAD)
            continue
        at += 1
    if latex[begin:].strip():
        yield latex[begin:]
