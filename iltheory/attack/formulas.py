"""The functions a claim computes with, as syntax trees that can be changed and compiled again.

A change is made in a copy: functions are rebuilt over a copy of their module's names, so neither the claim nor its
module is touched, and what a function closes over is shared with the original.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import CellType, CodeType, FunctionType
from typing import Any

from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Kind, Model, Sequence
from sims.errors import IltheoryError


class NoFormula(IltheoryError):
    """The source of a claim's function cannot be read, so nothing can be changed in it."""


@dataclass(frozen=True, eq=False)
class Formula:
    """One function that a claim computes with.

    Attributes
    ----------
    name : global name under which the claim's module knows it; empty for the claim's own function
    function : the function, without what decorates it
    tree : its definition
    kinds : what its names range over, as far as the claim's annotations tell
    """

    name: str
    function: FunctionType
    tree: ast.FunctionDef
    kinds: Mapping[str, Kind]

    @cached_property
    def _around(self) -> list[tuple[ast.AST, tuple[ast.AST, ...]]]:
        """Every node, in the order of ``ast.walk``, with the nodes around it, innermost first."""
        around: dict[ast.AST, tuple[ast.AST, ...]] = {self.tree: ()}
        for node in ast.walk(self.tree):
            around |= dict.fromkeys(ast.iter_child_nodes(node), (node, *around[node]))
        return list(around.items())

    def nodes(self) -> Iterator[tuple[int, ast.expr, tuple[ast.AST, ...]]]:
        """Every expression that is not in an ``assume``: its place, itself and the nodes around it, innermost first."""
        for place, (node, around) in enumerate(self._around):
            if isinstance(node, ast.expr) and not any(callee(outer) == "assume" for outer in around):
                yield place, node, around

    def statements(self) -> Iterator[tuple[int, ast.stmt]]:
        """Every statement with its place in the tree."""
        return ((place, node) for place, (node, _) in enumerate(self._around) if isinstance(node, ast.stmt))

    def place(self, node: ast.AST) -> int:
        """Where a node of the tree is."""
        return next(place for place, (found, _) in enumerate(self._around) if found is node)

    def names(self, kind: type[Kind]) -> list[str]:
        """Names that range over a kind, in the order of their appearance."""
        return [name for name, found in self.kinds.items() if isinstance(found, kind)]

    def with_node(self, place: int, replacement: ast.AST) -> ast.FunctionDef:
        """The tree with another node in one place; what is not around it is shared with the original."""
        node, around = self._around[place]
        for parent in around:
            node, replacement = parent, _with_child(parent, node, replacement)
        assert isinstance(replacement, ast.FunctionDef)
        return ast.fix_missing_locations(replacement)


def _with_child(parent: ast.AST, child: ast.AST, other: ast.AST) -> ast.AST:
    """A copy of a node with another child."""
    changed = copy.copy(parent)
    for name, value in ast.iter_fields(parent):
        if value is child:
            setattr(changed, name, other)
        elif isinstance(value, list):
            setattr(changed, name, [other if entry is child else entry for entry in value])
    return changed


def formulas(claim: Claim) -> list[Formula]:
    """The function of a claim, then the functions of the same module that it calls, directly or not.

    Raises
    ------
    NoFormula
        If the claim's own function is not one with readable source; helpers without source are left out.
    """
    tree = _tree(claim.function) if isinstance(claim.function, FunctionType) else None
    if tree is None:
        raise NoFormula(
            f"{claim.id}: the source of its function cannot be read; define it with `def` in a file or a notebook."
        )
    found = [Formula("", claim.function, tree, _all_kinds(tree, claim.parameters))]  # type: ignore[arg-type]
    for formula in found:  # grows on the way
        for call in (node for node in ast.walk(formula.tree) if isinstance(node, ast.Call)):
            helper = _helper(formula.function, call)
            if helper is not None and helper.name not in {known.name for known in found}:
                found.append(_called(helper, call, formula.kinds))
    return found


def callee(node: ast.AST) -> str:
    """Last part of the name of the function that a call calls; empty for other nodes."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def rebuilt(
    claim: Claim, formula: Formula, tree: ast.FunctionDef, known: Mapping[str, Any], among: list[Formula]
) -> FunctionType:
    """The claim's function, with one of the functions behind it replaced.

    Parameters
    ----------
    formula, tree : which function, and its new definition
    known : names the new definition may use besides those of its module
    among : all formulas of the claim
    """
    function = claim.function
    assert isinstance(function, FunctionType)
    names = {**function.__globals__, **known}
    for other in among[1:]:
        code = _code(tree, other.function) if other is formula else other.function.__code__
        names[other.name] = _decorated(function.__globals__[other.name], _rebound(other.function, code, names))
    code = _code(tree, function) if formula.name == "" else function.__code__
    return _rebound(function, code, names)


def documented(function: Callable[..., Any], words: str) -> Callable[..., Any]:
    """A copy of a function with another docstring."""
    assert isinstance(function, FunctionType)
    copied = _rebound(function, function.__code__, function.__globals__)
    copied.__doc__ = words
    copied.__dict__.update(function.__dict__)
    return copied


@cache
def _tree(function: FunctionType) -> ast.FunctionDef | None:
    """Definition of a function without decorators, annotations, default values and docstring; None without source."""
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError, ValueError):  # no file, or a lambda cut out of its expression
        return None
    if not isinstance(definition, ast.FunctionDef):
        return None
    definition.decorator_list, definition.returns = [], None
    definition.args.defaults, definition.args.kw_defaults = [], [None] * len(definition.args.kwonlyargs)
    for argument in [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs]:
        argument.annotation = None
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:] or [ast.Pass()]
    return definition


@dataclass(frozen=True)
class _Helper:
    name: str
    function: FunctionType
    tree: ast.FunctionDef


def _helper(function: FunctionType, call: ast.Call) -> _Helper | None:
    """The function of the same module that a call by plain name reaches."""
    if not isinstance(call.func, ast.Name):
        return None
    found = function.__globals__.get(call.func.id)
    if not isinstance(found, FunctionType) or found.__module__ != function.__module__:
        return None
    inner = getattr(found, "__wrapped__", found)
    tree = _tree(inner)
    return None if tree is None else _Helper(call.func.id, inner, tree)


def _called(helper: _Helper, call: ast.Call, kinds: Mapping[str, Kind]) -> Formula:
    """A helper with the kinds of the names that one call hands to it."""
    arguments = helper.tree.args
    parameters = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]]
    given = dict(zip(parameters, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    handed = {
        name: kinds[value.id] for name, value in given.items() if isinstance(value, ast.Name) and value.id in kinds
    }
    return Formula(helper.name, helper.function, helper.tree, _all_kinds(helper.tree, handed))


def _all_kinds(tree: ast.FunctionDef, parameters: Mapping[str, Kind]) -> dict[str, Kind]:
    """Kinds of parameters, and of names that run through a sequence of them."""
    kinds = dict(parameters)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.comprehension)
            and isinstance(node.target, ast.Name)
            and isinstance(node.iter, ast.Name)
        ):
            of = kinds.get(node.iter.id)
            if isinstance(of, Sequence):
                kinds[node.target.id] = of.of
    return kinds


def is_model(formula: Formula, node: ast.AST) -> bool:
    """Whether an expression is a name that stands for a model."""
    return isinstance(node, ast.Name) and isinstance(formula.kinds.get(node.id), Model)


def _code(tree: ast.FunctionDef, original: FunctionType) -> CodeType:
    """Compile a definition with the free names of the original."""
    free = original.__code__.co_freevars
    module_tree = ast.parse(f"def enclosing({', '.join(free)}): pass")
    (outer,) = module_tree.body
    assert isinstance(outer, ast.FunctionDef)
    outer.body = [tree]
    filename = f"<changed {original.__qualname__}>"
    module = compile(ast.fix_missing_locations(module_tree), filename, "exec", dont_inherit=True)
    (enclosing,) = (const for const in module.co_consts if isinstance(const, CodeType))
    (code,) = (const for const in enclosing.co_consts if isinstance(const, CodeType) and const.co_name == tree.name)
    return code


def _rebound(original: FunctionType, code: CodeType, names: dict[str, Any]) -> FunctionType:
    """A function with other code over other global names."""
    cells: dict[str, CellType] = dict(zip(original.__code__.co_freevars, original.__closure__ or (), strict=True))
    closure = tuple(cells[name] for name in code.co_freevars)
    function = FunctionType(code, names, original.__name__, original.__defaults__, closure)
    function.__kwdefaults__ = original.__kwdefaults__
    function.__doc__ = original.__doc__
    function.__qualname__ = original.__qualname__
    return function


def _decorated(before: Callable[..., Any], function: FunctionType) -> Callable[..., Any]:
    """Put a function in the place of the one that ``functools.wraps`` was given."""
    inner = getattr(before, "__wrapped__", None)
    if inner is None:
        return function
    assert isinstance(before, FunctionType)
    cells = tuple(CellType(function) if cell.cell_contents is inner else cell for cell in before.__closure__ or ())
    wrapper = FunctionType(before.__code__, before.__globals__, before.__name__, before.__defaults__, cells)
    wrapper.__wrapped__ = function  # type: ignore[attr-defined]
    return wrapper
