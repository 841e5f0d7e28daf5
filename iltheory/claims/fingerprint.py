"""A digest of what a claim computes: an edited claim gets another, and its old results no longer count."""

from __future__ import annotations

import dis
import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

COVERED_BY_VERSIONS = ("iltheory", "sims")
"""Packages whose sources are part of every key in a ledger already."""


def fingerprint(home: str, parts: Iterable[Any]) -> str:
    """Digest of functions and of the values and functions they refer to.

    A function counts with its bytecode, constants, names, default arguments, the values it closes over and
    the globals it reads; comments and line numbers do not count. Functions, classes and modules it refers to
    count in the same way where they belong to the top-level package (or script, or notebook) ``home``;
    others count by name alone.

    Parameters
    ----------
    home : module of the claim
    parts : functions, which count wherever they belong, and other values

    Returns
    -------
    str
        16 hexadecimal digits; bytecode, and so the digest, changes with the version of Python.
    """
    reader = _Reader(home.partition(".")[0])
    for part in parts:
        if isinstance(part, FunctionType):
            reader.read_function(part)
        else:
            reader.read(part)
    return reader.digest.hexdigest()[:16]


class _Reader:
    """Feeds everything that is reached to one digest, each object once."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.digest = hashlib.sha256()
        self.seen: dict[int, Any] = {}  # keeps the objects alive, so that no id is used twice

    def say(self, *words: object) -> None:
        self.digest.update("\0".join([*map(str, words), ""]).encode())

    def read(self, x: Any) -> None:
        self.say(type(x).__module__, type(x).__qualname__)
        match x:
            case int():
                self.say(hex(x))
            case None | float() | complex() | str() | bytes():
                self.say(repr(x))
            case tuple():
                self.say(len(x))
                for entry in x:
                    self.read(entry)
            case set() | frozenset():
                self.say(*sorted(fingerprint(self.home, [entry]) for entry in x))
            case _ if id(x) in self.seen:
                self.say(list(self.seen).index(id(x)))
            case _:
                self.seen[id(x)] = x
                self.read_object(x)

    def read_object(self, x: Any) -> None:
        match x:
            case list():
                self.read(tuple(x))
            case Mapping():
                self.read(tuple(x.items()))
            case np.ndarray() | np.generic():
                self.say(x.dtype, x.shape)
                self.read(x.tolist() if x.dtype == object else x.tobytes())
            case CodeType():
                self.read_code(x)
            case partial():
                self.read((x.func, x.args, x.keywords))
            case MethodType():
                self.read((x.__func__, x.__self__))
            case FunctionType() if self.at_home(x.__module__):
                self.read_function(x)
            case type() if self.at_home(x.__module__):
                self.read_members(x)
            case FunctionType() | type() | ModuleType():
                self.say(getattr(x, "__module__", ""), getattr(x, "__qualname__", x.__name__))
            case _:
                self.say(getattr(x, "__name__", ""))
                self.read_state(x)

    def at_home(self, module: str | None) -> bool:
        package = (module or "").partition(".")[0]
        return package == self.home and package not in COVERED_BY_VERSIONS

    def read_function(self, function: FunctionType) -> None:
        self.seen[id(function)] = function
        self.read_code(function.__code__)
        self.read((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            try:
                self.read(cell.cell_contents)
            except ValueError:  # a name that is bound later, or never
                self.say("unbound")
        codes = _codes(function.__code__)
        attributes = {name for code in codes for name in code.co_names}
        for name in sorted({name for code in codes for name in _globals(code)} & function.__globals__.keys()):
            value = function.__globals__[name]
            self.say(name)
            self.read(value)
            if isinstance(value, ModuleType) and self.at_home(value.__name__):
                for attribute in sorted(attributes & vars(value).keys()):
                    self.say(attribute)
                    self.read(vars(value)[attribute])

    def read_code(self, code: CodeType) -> None:
        self.say(code.co_argcount, code.co_kwonlyargcount, code.co_flags)
        self.read((code.co_code, code.co_exceptiontable, code.co_names, code.co_varnames, code.co_freevars))
        self.read(code.co_consts)

    def read_members(self, of: type) -> None:
        self.say(of.__qualname__)
        for name, member in sorted(vars(of).items()):
            if isinstance(member, classmethod | staticmethod | property):
                member = member.fget if isinstance(member, property) else member.__func__
            if isinstance(member, FunctionType) or not name.startswith("__"):
                self.say(name)
                self.read(member)

    def read_state(self, x: Any) -> None:
        """What an object holds, save for what it only remembers; and how it behaves, if it is of home."""
        if self.at_home(type(x).__module__):
            self.read(type(x))
        slots = [name for kind in type(x).__mro__ for name in getattr(kind, "__slots__", ())]
        state = dict(vars(x)) if hasattr(x, "__dict__") else {}
        state |= {name: getattr(x, name) for name in slots if hasattr(x, name)}
        for name in sorted(state):
            if not isinstance(getattr(type(x), name, None), cached_property):
                self.say(name)
                self.read(state[name])


def _codes(code: CodeType) -> list[CodeType]:
    """A code object and those of the functions and lambdas inside it."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return [code, *(nested for const in inner for nested in _codes(const))]


def _globals(code: CodeType) -> set[str]:
    return {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
