"""The formula of a claim as source text, with all helpers it calls, for a script that imports nothing of ours."""

from __future__ import annotations

import ast
import builtins
import linecache
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from fractions import Fraction
from functools import lru_cache, partial
from sysconfig import get_path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from iltheory.claims.claim import Assumption, Claim
from iltheory.measures import F_DIVERGENCES, FDivergence, quantity
from iltheory.reporting.parts import library, variables
from sims import LinearMDP, TabularMDP
from sims.arithmetic import NumberArray, RationalArray

OURS = ("iltheory.measures", "iltheory.learners.schedules", "iltheory.learners.smile", "sims")
"""Packages whose functions a script has to have implemented anew."""

NOT_COPIED = ("iltheory.learners", "iltheory.games", "iltheory.engine")
"""Packages whose functions are neither copied nor implemented anew."""

RENAMED = {
    "sum": "array_sum",
    "lower": "lower_ends",
    "upper": "upper_ends",
    "wrap": "asarray",
    "abs": "absolute",
    "any": "any_of",
    "all": "all_of",
    "INTERVAL": "EXACT",
    "RATIONAL": "EXACT",
    "int64": "int",
    "intp": "int",
    "int8": "int",
    "bool_": "bool",
    "prod": "prod",
}
"""What functions of arrays are called where they are implemented anew, if not by their own names."""

NAMESPACE = "from types import SimpleNamespace"

DIVERGENCES = {id(divergence): name.upper().replace("-", "_") for name, divergence in F_DIVERGENCES.items()}


_QUANTITY = quantity(lambda: None).__code__
"""The code of what ``quantity`` makes of any measure: it only marks the result, so scripts take what it wraps."""


class _NoSource(Exception):
    """A function was written where its source cannot be read."""


class Formula:
    """The source of some functions with everything they refer to.

    Attributes
    ----------
    blocks : definitions, those that others need first
    reads : names of the library of parts that they read
    attributes : attributes that they read of anything
    imports : import statements that they need
    missing : names of what the library of parts lacks
    """

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.reads: set[str] = set()
        self.attributes: set[str] = set()
        self.imports: set[str] = set()
        self.missing: set[str] = set()
        self.namespaces: dict[str, dict[str, str]] = {}
        self._pieces, imports = library()
        self._taken = {*self._pieces, *imports, *dir(builtins)}
        self._names: dict[int, str] = {}
        self._alive: list[Any] = []  # ids are names only while their objects live

    def add(self, function: Callable[..., Any]) -> str:
        """Add a function with all it needs; its name in the script."""
        return self._reference(function.__name__, function)

    def namespace_lines(self) -> list[str]:
        """One line for each module of functions of arrays that the formula names."""
        return [
            f"{module} = SimpleNamespace({', '.join(f'{name}={value}' for name, value in sorted(entries.items()))})"
            for module, entries in sorted(self.namespaces.items())
        ]

    # References.

    def _reference(self, name: str, x: Any) -> str:
        """An expression for a value that the formula calls ``name``."""
        if id(x) in self._names:
            return self._names[id(x)]
        if isinstance(x, Claim):
            return self._reference(name, x.function)
        if id(x) in DIVERGENCES:
            return self._part(DIVERGENCES[id(x)], name)
        literal = self._literal(x)
        if literal is not None:
            return self._constant(name, x, literal) if len(literal) > 24 else literal
        module = getattr(x, "__module__", None) or ""
        if isinstance(x, FunctionType | type):
            is_quantity = getattr(x, "__code__", None) is _QUANTITY
            return self._callable(name, x.__wrapped__ if is_quantity else x, module)  # type: ignore[union-attr]
        if isinstance(x, partial):
            parts = [self._reference(name, value) for value in (x.func, *x.args)]
            parts += [f"{key}={self._reference(key, value)}" for key, value in x.keywords.items()]
            self.imports.add("from functools import partial")
            return f"partial({', '.join(parts)})"
        if isinstance(x, Assumption):
            self.imports.add(NAMESPACE)
            return f"SimpleNamespace(holds={self._reference('holds', x.holds)})"
        if isinstance(x, FDivergence):
            return self._divergence(name, x)
        if callable(x) and _is_standard(x, module):
            return self._standard(name, x, module)
        self.missing.add(name)
        return name

    def _callable(self, name: str, x: Any, module: str) -> str:
        own: str = x.__name__
        if x is TabularMDP:
            return self._part("TabularMDP", name)
        if module == "builtins":
            return own
        if _is_standard(x, module):
            return self._standard(name, x, module)
        if own == "assume" and module == "iltheory.claims.claim":
            return self._part("assume", name)
        if own == "feature_table" and module == "iltheory.claims.feature_kinds":
            return self._part(own, name)
        if _within(module, (*OURS, "numpy")):
            return self._part(RENAMED.get(own, own), name)
        if _within(module, NOT_COPIED):
            self.missing.add(name)
            return name
        return self._copied(name, x)

    def _part(self, part: str, name: str) -> str:
        if part not in self._pieces and part not in dir(builtins) and part != "prod":
            self.missing.add(name)
            return name
        if part == "prod":
            self.imports.add("from math import prod")
        self.reads.add(part)
        return part

    def _standard(self, name: str, x: Any, module: str) -> str:
        own: str = x.__name__
        module = module.lstrip("_")  # functools.reduce says that it is of _functools
        if own in self._taken and own not in library()[1]:
            self.missing.add(name)
        self.imports.add(f"from {module} import {own}")
        return own

    def _divergence(self, name: str, x: FDivergence) -> str:
        if x.name.endswith(", centred") and x.name.removesuffix(", centred") in F_DIVERGENCES:
            base = self._reference(name, F_DIVERGENCES[x.name.removesuffix(", centred")])
            self.attributes.add("centred")
            return f"{base}.centred()"
        self.missing.add(name)
        return name

    def _constant(self, name: str, x: Any, literal: str) -> str:
        own = self._fresh(name, x)
        self.blocks.append(f"{own} = {literal}")
        return own

    def _literal(self, x: Any) -> str | None:
        """Text of a constant, or None if it is none."""
        match x:
            case None | bool() | int() | str():
                return repr(x)
            case float() if math.isfinite(x):
                return repr(x)
            case Fraction():
                self.imports.add("from fractions import Fraction")
                return f"Fraction({x.numerator}, {x.denominator})"
            case RationalArray() | np.ndarray() if not (isinstance(x, np.ndarray) and x.dtype.kind not in "iu"):
                numbers = x.tolist() if isinstance(x, np.ndarray) else x.fractions().tolist()
                self.reads.add("asarray")
                return f"asarray({self._literal(numbers)})"
            case list() | tuple():
                parts = [self._entry(part) for part in x]
                inner = ", ".join(parts)
                if isinstance(x, list):
                    return f"[{inner}]"
                return f"({inner},)" if len(parts) == 1 else f"({inner})"
            case Mapping():
                entries = (f"{self._entry(key)}: {self._entry(value)}" for key, value in x.items())
                return f"{{{', '.join(entries)}}}"
        return None

    def _entry(self, x: Any) -> str:
        literal = self._literal(x)
        return self._reference(getattr(x, "__name__", type(x).__name__), x) if literal is None else literal

    # Copies.

    def _fresh(self, name: str, x: Any) -> str:
        """A name that nothing else in the script has."""
        own = name
        while own in self._taken:
            own += "_"
        self._taken.add(own)
        self._names[id(x)] = own
        self._alive.append(x)
        return own

    def _copied(self, name: str, x: Any) -> str:
        """Copy the source of a function or class."""
        own = self._fresh(x.__name__ if x.__name__ != "<lambda>" else "condition", x)
        try:
            node = _definition(x)
        except _NoSource:
            self.missing.add(f"the source of {name}")
            return own
        functions = [x] if isinstance(x, FunctionType) else _methods(x)
        self._check_decorators(node, name)
        _strip(node)
        if isinstance(node, ast.ClassDef):
            node.bases = [base for base in node.bases if ast.unparse(base) in ("NamedTuple",)]
            if any(ast.unparse(base) == "NamedTuple" for base in node.bases):
                self.imports.add("from typing import NamedTuple")
            if is_dataclass(x):
                self.imports.add("from dataclasses import dataclass")
        own_variables, modules = variables(node), _modules(functions)
        self.attributes |= _attributes(node, modules)
        references = {}
        for function in functions:
            references.update(self._references_of(function, node, own_variables))
        _Rewritten(self, references, own_variables, modules).visit(node)
        if isinstance(node, ast.Lambda):
            text = f"{own} = {ast.unparse(node)}"
        else:
            node.name = own
            text = ast.unparse(ast.fix_missing_locations(node))
        self.blocks.append(text)
        return own

    def _check_decorators(self, node: ast.AST, name: str) -> None:
        kept = ("staticmethod", "classmethod", "property", "dataclass")
        for part in ast.walk(node):
            for decorator in list(getattr(part, "decorator_list", ())):
                text = ast.unparse(decorator)
                if not text.startswith(kept):
                    part.decorator_list.remove(decorator)  # type: ignore[attr-defined]
                    if part is not node and text not in ("quantity", "cache"):
                        self.missing.add(f"the decorator {text} in {name}")

    def _references_of(self, function: FunctionType, node: ast.AST, own: set[str]) -> dict[str, str]:
        read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - own
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        found = {}
        for name in sorted(read):
            if name in cells:
                found[name] = self._reference(name, cells[name].cell_contents)
            elif name in function.__globals__:
                value = function.__globals__[name]
                if not isinstance(value, ModuleType):
                    found[name] = self._reference(name, value)
        return found

    def attribute_of(self, module: ModuleType, alias: str, attribute: str) -> str:
        """An expression for ``alias.attribute`` where ``alias`` is a module."""
        top = module.__name__.split(".")[0]
        if top in sys.stdlib_module_names:
            self.imports.add(f"import {module.__name__}" + (f" as {alias}" * (alias != module.__name__)))
            return f"{alias}.{attribute}"
        if not hasattr(module, attribute):
            self.missing.add(f"{alias}.{attribute}")
            return f"{alias}.{attribute}"
        value = getattr(module, attribute)
        if isinstance(value, ModuleType):
            self.missing.add(f"{alias}.{attribute}")
            return f"{alias}.{attribute}"
        if top == "numpy" or module.__name__ == "sims.arithmetic":
            part = RENAMED.get(attribute, attribute)
            if part not in self._pieces and part not in ("int", "bool", "prod"):
                self.missing.add(f"{alias}.{attribute}")
                return f"{alias}.{attribute}"
            self._part(part, attribute)
            self.imports.add(NAMESPACE)
            self.namespaces.setdefault(alias, {})[attribute] = part
            return f"{alias}.{attribute}"
        if module.__name__ == "iltheory":
            self.imports.add(NAMESPACE)
            self.namespaces.setdefault(alias, {})[attribute] = self._reference(f"{alias}.{attribute}", value)
            return f"{alias}.{attribute}"
        return self._reference(f"{alias}.{attribute}", value)


class _Rewritten(ast.NodeTransformer):
    """Put in the names that things have in the script."""

    def __init__(
        self, formula: Formula, references: dict[str, str], own: set[str], modules: dict[str, ModuleType]
    ) -> None:
        self.formula, self.references, self.own, self.modules = formula, references, own, modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Functions of modules."""
        if isinstance(node.value, ast.Name) and node.value.id in self.modules and node.value.id not in self.own:
            text = self.formula.attribute_of(self.modules[node.value.id], node.value.id, node.attr)
            return ast.parse(text, mode="eval").body
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """``x[..., *axes]``, which Python 3.9 cannot read without its own brackets."""
        self.generic_visit(node)
        if isinstance(node.slice, ast.Tuple) and any(isinstance(part, ast.Starred) for part in node.slice.elts):
            entries = ast.List(node.slice.elts, ast.Load())
            node.slice = ast.Call(ast.Name("tuple", ast.Load()), [entries], [])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``zip(..., strict=True)``, unknown to Python 3.9; ``Fraction(x)`` of a number that may be an array here."""
        self.generic_visit(node)
        if ast.unparse(node.func) == "zip":
            node.keywords = []
        if ast.unparse(node.func) == "Fraction" and len(node.args) == 1 and not isinstance(node.args[0], ast.Constant):
            self.formula.reads.add("asarray")
            self.formula.attributes.add("item")
            node.args = [ast.parse(f"asarray({ast.unparse(node.args[0])}).item()", mode="eval").body]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Everything else."""
        if node.id in self.references and node.id not in self.own:
            return ast.parse(self.references[node.id], mode="eval").body
        return node


def _strip(node: ast.AST) -> None:
    """Remove annotations and docstrings of functions; of classes annotations stay, for they are their fields."""
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef):
            part.returns = None
            if ast.get_docstring(part) and len(part.body) > 1:
                del part.body[0]
            part.body = [_assigned(statement) for statement in part.body]
        elif isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, ast.If | ast.For | ast.While | ast.With):
            part.body = [_assigned(statement) for statement in part.body]


def _assigned(statement: ast.stmt) -> ast.stmt:
    if not isinstance(statement, ast.AnnAssign):
        return statement
    return ast.copy_location(ast.Assign([statement.target], statement.value or ast.Constant(None)), statement)


def _is_standard(x: Any, module: str) -> bool:
    """Whether something is of the standard library, and not of a file of somebody's that has such a name."""
    if module.split(".")[0] not in sys.stdlib_module_names:
        return False
    if isinstance(x, FunctionType):
        return x.__code__.co_filename.startswith((get_path("stdlib"), "<frozen"))
    known = sys.modules.get(module)
    file = getattr(known, "__file__", None)
    same = getattr(known, getattr(x, "__name__", ""), x) is x
    return module != "__main__" and same and (file is None or file.startswith(get_path("stdlib")))


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _attributes(node: ast.AST, modules: Mapping[str, ModuleType]) -> set[str]:
    """Attributes that are read of anything but modules."""
    found = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return {part.attr for part in found if not (isinstance(part.value, ast.Name) and part.value.id in modules)}


def _modules(functions: list[FunctionType]) -> dict[str, ModuleType]:
    return {
        name: value
        for function in functions
        for name, value in function.__globals__.items()
        if isinstance(value, ModuleType)
    }


def _methods(kind: type) -> list[FunctionType]:
    members = (getattr(member, "__func__", getattr(member, "fget", member)) for member in vars(kind).values())
    return [member for member in members if isinstance(member, FunctionType) and member.__module__ == kind.__module__]


def _definition(x: Any) -> Any:
    """The node that defines a function or class, read anew, if it is what the function or class was made of."""
    found: list[ast.AST]
    if isinstance(x, type):
        module = sys.modules.get(x.__module__)
        tree, compiled = _source(getattr(module, "__file__", None), vars(module) if module else {})
        found = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == x.__name__]
        codes = [method.__code__ for method in _methods(x) if method.__code__.co_filename != "<string>"]
    else:
        tree, compiled = _source(x.__code__.co_filename, x.__globals__)
        found = [n for n in ast.walk(tree) if _is_defined_by(x.__code__, n)]
        codes = [x.__code__]
    if not found or any(code not in compiled for code in codes):
        raise _NoSource
    return found[0]


def _source(file: str | None, module: dict[str, Any]) -> tuple[ast.Module, list[CodeType]]:
    """The tree of a file, and all code it compiles to: a function that was changed since is not among it."""
    lines = linecache.getlines(file, module) if file else []
    if not lines:
        raise _NoSource
    text = "".join(lines)
    return ast.parse(text), _compiled(text, str(file))


@lru_cache(maxsize=64)
def _compiled(text: str, file: str) -> list[CodeType]:
    codes = [compile(text, file, "exec", dont_inherit=True)]
    for code in codes:
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return codes


def _is_defined_by(code: CodeType, node: ast.AST) -> bool:
    if isinstance(node, ast.Lambda) and code.co_name == "<lambda>":
        starts = [place[:3:2] for place in code.co_positions() if place[0] is not None and place[2] is not None]
        inside = (node.body.lineno, node.body.col_offset), (node.body.end_lineno, node.body.end_col_offset)
        arguments = [part.arg for part in (*node.args.posonlyargs, *node.args.args)]
        return (
            node.lineno == code.co_firstlineno
            and arguments == list(code.co_varnames[: code.co_argcount])
            and any(inside[0] <= (line, column) < inside[1] for line, column in starts[1:])
        )
    if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
        return code.co_firstlineno in (node.lineno, *(part.lineno for part in node.decorator_list))
    return False


def lacking(attributes: set[str]) -> set[str]:
    """Attributes of models and arrays that the parts do not have."""
    pieces, _ = library()
    members = [(name, member) for piece in pieces.values() for name, member in piece.members]
    known = {name for name, _ in members}
    known |= {name for _, member in members for name in member.attributes | member.names}
    known |= {name for kind in (Fraction, dict, list, str, set, tuple) for name in dir(kind)}
    ours = {*dir(LinearMDP), *dir(NumberArray), *dir(np.ndarray)}
    return (attributes & ours) - known
