"""Docstrings as HTML: paragraphs, lists, the sections of numpydoc, literals, stress."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from markupsafe import Markup

LONGEST_NAME = 4
"""Words of what is explained, such as ``list of Point``; more are prose."""
LITERAL = re.compile(r"``(.+?)``|:\w+:`~?([^`]+)`|`([^`]+)`|(?<!\w)\*(\w[^*\n]*)\*(?!\w)", re.DOTALL)


def rendered(docstring: str) -> Markup:
    """A docstring, as `inspect.getdoc` gives it, in HTML."""
    return Markup("".join(_blocks(docstring.strip().splitlines())))


def inline(text: str) -> Markup:
    """One paragraph: literals, roles and names as code, stressed words as such."""
    done: list[str] = []
    at = 0
    for literal in LITERAL.finditer(text):
        named = next(group for group in literal.groups() if group is not None)
        element = "em" if literal[0].startswith("*") else "code"
        done.append(escape(text[at : literal.start()], quote=False))
        done.append(f"<{element}>{escape(named, quote=False)}</{element}>")
        at = literal.end()
    return Markup("".join([*done, escape(text[at:], quote=False)]))


def linked(prose: Markup, pages: Mapping[str, str]) -> Markup:
    """Make links of those literals that name a page."""

    def link(code: re.Match[str]) -> str:
        page = pages.get(code[1])
        return code[0] if page is None else f'<a href="{escape(page)}">{code[0]}</a>'

    return Markup(re.sub(r"<code>([^<]*)</code>", link, prose))


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
        elif at + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[at + 1].strip()):
            end = next((i for i in range(at + 2, len(lines)) if _is_title(lines, i)), len(lines))
            yield f"<h3>{escape(lines[at].strip())}</h3>"
            yield from _section(lines[at + 2 : end])
            at = end
        else:
            end = next((i for i in range(at, len(lines)) if not lines[i].strip() or _is_title(lines, i)), len(lines))
            yield _paragraph(lines[at:end])
            at = end


def _is_title(lines: Sequence[str], at: int) -> bool:
    return at + 1 < len(lines) and bool(lines[at].strip()) and bool(re.fullmatch(r"-{3,}", lines[at + 1].strip()))


def _section(lines: Sequence[str]) -> Iterator[str]:
    """Names with indented explanations as a list of definitions; sections of prose as paragraphs."""
    first = lines[0] if lines else ""
    if " : " not in first and len(first.split()) > LONGEST_NAME:
        yield from _blocks(lines)
        return
    yield "<dl>"
    said: list[str] = []
    for line in [*lines, ""]:
        if line.startswith(" ") or not line.strip():
            said.append(line.strip())
            continue
        yield from _definition(said)
        said = []
        name, _, meaning = line.partition(" : ")
        yield f"<dt>{inline(name)}</dt>"
        said.append(meaning)
    yield from _definition(said)
    yield "</dl>"


def _definition(said: Sequence[str]) -> Iterator[str]:
    text = " ".join(filter(None, said))
    if text:
        yield f"<dd>{inline(text)}</dd>"


def _paragraph(lines: Sequence[str]) -> str:
    if lines[0].lstrip().startswith("- "):
        items = re.split(r"(?m)^\s*- ", "\n".join(lines))[1:]
        return f"<ul>{''.join(f'<li>{inline(item.strip())}</li>' for item in items)}</ul>"
    return f"<p>{inline(' '.join(line.strip() for line in lines))}</p>"
