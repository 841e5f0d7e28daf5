"""Adapters by reference, as the command line and other processes name them."""

from __future__ import annotations

import sys
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

from iltheory.attack.references import UnknownConjecture, load
from iltheory.testing.adapter import InvalidAdapter


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
        raise InvalidAdapter(str(problem)) from problem


def _module(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except Exception as problem:  # somebody else's code may raise anything
        raise InvalidAdapter(
            f"module {name!r} cannot be imported: {type(problem).__name__}: {problem}.\n"
            f"  It is looked for in {here} and where Python looks; a file is given as {name}.py."
        ) from problem
