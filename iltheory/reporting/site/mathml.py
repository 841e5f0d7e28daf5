"""LaTeX statements as MathML, which browsers draw without a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup

from iltheory.reporting.latex import readable

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
QUAD = r"\quad"
NOTE = "plain text: this formula could not be typeset"
FUNCTIONS = ("cosh", "dim", "exp", "ln", "log")
LIMITS = ("inf", "max", "min", "sup")
SUMS = ("\N{N-ARY SUMMATION}", "\N{N-ARY PRODUCT}")
SCRIPTS = ("msub", "msup", "msubsup")
OPENING = ("(", "[")
BARS = ("|", "\N{DOUBLE VERTICAL LINE}")
THIN = "0.167em"

ElementTree.register_namespace("", NAMESPACE)


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


def with_formulas(text: str) -> Markup:
    """Prose with formulas between dollars, such as the caption of a figure."""
    pieces = text.split("$")
    return Markup("").join(formula(x, display=False).html if i % 2 else Markup.escape(x) for i, x in enumerate(pieces))


@cache
def formula(latex: str, *, display: bool = True) -> Formula:
    """Typeset a statement; what cannot be typeset is plain text, and says so.

    Parameters
    ----------
    display : whether it stands by itself, with limits below sums, and not in a line of text
    """
    from latex2mathml.converter import convert

    parts = []
    for piece in _pieces(latex):
        try:
            tree = ElementTree.fromstring(convert(piece.strip(), display="block" if display else "inline"))
        except Exception:  # ill-formed XML, or one of the many errors of the converter, IndexError among them
            return _plain(latex)
        if any("\\" in (node.text or "") for node in tree.iter()):  # a macro that it does not know
            return _plain(latex)
        parts.append(_set(tree, display=display and r"\nolimits" not in piece))
    return Formula(Markup(" ").join(map(Markup, parts)), True)


def _plain(latex: str) -> Formula:
    text = f'<span class="plain">{escape(readable(latex))}</span> <small class="note">({NOTE})</small>'
    return Formula(Markup(text), False)


def _set(tree: Element, *, display: bool) -> str:
    """Set a formula as TeX does: limits below operators in displays, thin spaces around functions, none inside bars."""
    tree.set("display", "inline")
    tree.set("displaystyle", str(display).lower())
    for node in list(tree.iter()):
        if display and _name(node) in SCRIPTS and node[0].text in (*LIMITS, *SUMS):
            node.tag = f"{{{NAMESPACE}}}{_name(node).replace('sub', 'under').replace('sup', 'over')}"
        if _name(node) in ("math", "mrow"):
            _space(node)
            _pair_bars(node)
    return ElementTree.tostring(tree, encoding="unicode")


def _space(row: Element) -> None:
    """Put thin spaces around the functions in a row that stand beside letters, and none before brackets."""
    for function in [child for child in row if _name(child) == "mi" and child.text in FUNCTIONS]:
        at = list(row).index(function)
        if at + 1 < len(row) and _name(row[at + 1]) != "mo":
            row.insert(at + 1, _thin())
        if at > 0 and _name(row[at - 1]) != "mo":
            row.insert(at, _thin())
    for operator, following in pairwise(list(row)):
        if operator.text in LIMITS and following.text in OPENING:
            operator.set("rspace", "0")


def _pair_bars(row: Element) -> None:
    """Say which bars open and which close, wherever brackets hold an even number of them; others are conditions."""
    depths: list[list[Element]] = [[]]
    for child in row:
        sign = child[0] if _name(child) in SCRIPTS else child
        if _name(sign) != "mo":
            continue
        if sign.text in OPENING:
            depths.append([])
        elif sign.text in (")", "]"):
            _mark(depths.pop() if len(depths) > 1 else [])
        elif sign.text in BARS and "form" not in sign.attrib:
            depths[-1].append(sign)
    for bars in depths:
        _mark(bars)


def _mark(bars: Sequence[Element]) -> None:
    if len(bars) % 2 == 0:
        for i, bar in enumerate(bars):
            bar.set("form", "postfix" if i % 2 else "prefix")


def _thin() -> Element:
    return Element(f"{{{NAMESPACE}}}mspace", {"width": THIN})


def _name(node: Element) -> str:
    return node.tag.removeprefix(f"{{{NAMESPACE}}}")


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
