"""Docstrings as Markdown: sections of numpydoc become lists, roles of Sphinx become code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import griffe

SECTION = re.compile(r"^(Parameters|Attributes|Returns|Yields|Raises|Notes|References)\n-+\n", re.MULTILINE)
ROLE = re.compile(r":(?:func|class|mod|meth|data|attr):`~?([^`]+)`")
ENTRY = re.compile(r"^(\S.*?)(?: : (.*))?$")
TYPE = re.compile(r"^(\w+(?: of \w+)*)\n +", re.MULTILINE)
"""A line of its own that names what is returned."""


def as_markdown(docstring: str) -> str:
    """A docstring in numpydoc, in which what follows a name is prose, as Markdown."""
    text = re.sub(r"::$", ":", ROLE.sub(r"`\1`", docstring), flags=re.MULTILINE)
    opening, *sections = SECTION.split(text)
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return opening + "".join(f"**{title}**\n\n{_body(title, body.strip())}\n\n" for title, body in pairs)


def _body(title: str, body: str) -> str:
    if title not in ("Parameters", "Attributes", "Raises"):
        return re.sub(r"\n +", "\n", TYPE.sub(r"`\1`: ", body))
    items: list[str] = []
    for line in body.splitlines():
        if not line.startswith(" "):
            found = ENTRY.match(line)
            if found is not None:
                names = ", ".join(f"`{name}`" for name in found[1].split(", "))
                items.append(f"- {names}: {found[2] or ''}".rstrip())
        else:
            items.append(f"    {line.strip()}")
    return "\n".join(items)


class Docstrings(griffe.Extension):
    """Rewrites docstrings as they are read, and reads folders of modules that have no ``__init__.py``, too."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite a docstring."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """Read what Python imports as a namespace package, and griffe passes over."""
        if pkg.name != "iltheory":
            return
        for folder in Path(pkg.filepath).parent.iterdir():
            if (folder / "__init__.py").exists() or not any(folder.glob("*.py")):
                continue
            room = griffe.Module(folder.name, modules_collection=loader.modules_collection)
            pkg.set_member(room.name, room)
            for file in sorted(folder.glob("*.py")):
                module = griffe.visit(
                    file.stem,
                    file,
                    file.read_text(encoding="utf-8"),
                    extensions=loader.extensions,
                    parent=room,
                    lines_collection=loader.lines_collection,
                    modules_collection=loader.modules_collection,
                )
                room.set_member(module.name, module)
