"""Adapters by reference, as the command line and other processes name them."""

from __future__ import annotations

import importlib
import sys
import traceback
from functools import reduce
from pathlib import Path
from typing import Any

from iltheory.attack import references
from iltheory.attack.references import UnknownConjecture, load
from iltheory.testing.adapter import InvalidAdapter

OURS = {__file__, references.__file__, importlib.__file__}
"""What is on the stack of every import."""


def find_adapter(reference: str) -> Any:
    """Import what an adapter is made of.

    Parameters
    ----------
    reference : ``package.module``, ``package.module:attribute`` or ``FILE.py:attribute``; modules are looked for in the
        current directory first

    Raises
    ------
    InvalidAdapter
        If there is no such module, file or attribute, or importing it fails.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    place, _, attribute = reference.partition(":")
    module = _file(place) if place.endswith(".py") else _module(place)
    try:
        return reduce(getattr, attribute.split("."), module) if attribute else module
    except AttributeError as problem:
        public = [name for name in vars(module) if not name.startswith("_")]
        raise InvalidAdapter(f"{reference}: {problem}.\n  {place} has {', '.join(public)}.") from problem


def _file(path: str) -> Any:
    if not Path(path).is_file():
        raise InvalidAdapter(f"there is no file {path}; give FILE.py:attribute or package.module:attribute.")
    try:
        return load(path)
    except UnknownConjecture as problem:
        raise InvalidAdapter(f"{problem}{_place(problem.__cause__)}") from problem


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as problem:  # somebody else's code may raise anything
        raise InvalidAdapter(
            f"module {name!r} cannot be imported: {type(problem).__name__}: {problem}."
            f"{_place(problem) or _search(name)}"
        ) from problem


def _search(name: str) -> str:
    """Where a module is looked for."""
    as_file = "" if "/" in name or not name else f"; a file is given as {name.replace('.', '/')}.py"
    return f"\n  It is looked for in {Path.cwd()} and where Python looks{as_file}."


def _place(problem: BaseException | None) -> str:
    """The line of their own that an import ends at, if it gets so far."""
    frames = traceback.extract_tb(None if problem is None else problem.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith("<frozen") and frame.filename not in OURS]
    return f"\n  in {Path(own[-1].filename).name}, line {own[-1].lineno}: {own[-1].line}" if own else ""
