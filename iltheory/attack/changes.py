"""Small changes of a formula that usually make a theorem false: at which nodes, and into what."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

import iltheory.measures
from iltheory.attack.formulas import Formula, callee, is_model
from iltheory.claims.kinds import Count, PolicyKind
from sims import arithmetic as ar
from sims.arithmetic import NumberArray, System

OURS = "__"
"""Prefix of the names that changed formulas use and their modules need not have."""

SYMMETRIC = {
    "total_variation": "squared_hellinger",
    "policy_tv": "policy_hellinger2",
    "occupancy_tv": "occupancy_hellinger2",
    "state_occupancy_tv": "state_occupancy_hellinger2",
    "trajectory_tv": "trajectory_hellinger2",
    "TOTAL_VARIATION": "SQUARED_HELLINGER",
}
"""Total variations and the squared Hellinger distances of the same two laws."""

DISTANCES = {**SYMMETRIC, **{hellinger: tv for tv, hellinger in SYMMETRIC.items()}, "error_rate": "policy_hellinger2"}

WHERE = {
    "error_rate": "on_policy_error_rate",
    "off_policy_moment_error": "on_policy_moment_error",
    "off_policy_mismatch": "on_policy_mismatch",
    "off_policy_payoff": "on_policy_payoff",
}
"""Quantities under the expert's occupancy, and the same under the learner's."""

ELSEWHERE = {**WHERE, **{learner: expert for expert, learner in WHERE.items()}}
ALONG_ONE = ("occupancy", "state_occupancy", "mean_occupancy", "expectation")
ALONG_THE_FIRST = ("policy_tv", "policy_hellinger2", "disadvantage", "step_disadvantages")

ASYMMETRIC = re.compile(r"(.*_)?(kl|chi2)(_divergence)?|relative_entropy|CHI2|(FORWARD|REVERSE)_KL")


@dataclass(frozen=True)
class Change:
    """Another expression in one place of a formula.

    Attributes
    ----------
    formula : the function to change
    place : of the node, in the order of ``ast.walk``
    before, after : the expressions
    """

    formula: Formula
    place: int
    before: ast.AST
    after: ast.AST

    def __str__(self) -> str:
        where = f" in {self.formula.name}" if self.formula.name else ""
        return f"{text(self.before)} -> {text(self.after)}{where}"

    @property
    def tree(self) -> ast.FunctionDef:
        """The changed definition."""
        return self.formula.with_node(self.place, self.after)


Operator = Callable[[Formula], Iterator[Change]]


def text(node: ast.AST) -> str:
    """An expression as one line of source."""
    return " ".join(ast.unparse(node).replace(OURS, "").split())


def one_step_fewer(formula: Formula) -> Iterator[Change]:
    """H -> H - 1, wherever the horizon is asked for."""
    for place, node, around in formula.nodes():
        in_formula = isinstance(around[0], ast.BinOp | ast.UnaryOp) or _is_comparison(around[0])
        passed_on = isinstance(around[0], ast.Call) and not isinstance(node, ast.Name)
        if _is_horizon(formula, node) and (in_formula or passed_on):
            yield Change(formula, place, node, _expression("_0 - 1", node))


def half_power_less(formula: Formula) -> Iterator[Change]:
    """Exponents smaller by 1/2."""
    yield from _powers(formula, power="_0 * __sqrt(_1)", less="__sqrt(_0)", more="(_0 * __sqrt(_0))")
    for place, node, _ in formula.nodes():
        if callee(node) == "total" and isinstance(node, ast.Call) and len(node.args) == 2:
            root = _expression("_0 / __sqrt(__total(_1, 1))", node, node.args[0])
            yield Change(formula, place, node, root)
        elif callee(node) == "sqrt":
            yield Change(formula, place, node, ast.Constant(1))


def power_less(formula: Formula) -> Iterator[Change]:
    """Exponents smaller by 1."""
    yield from _powers(formula, power="_0", less="1", more="_0 ** 2")
    for place, node, _ in formula.nodes():
        if callee(node) == "total" and isinstance(node, ast.Call) and len(node.args) == 2:
            yield Change(formula, place, node, node.args[1])


def other_occupancy(formula: Formula) -> Iterator[Change]:
    """The expert's occupancy <-> the learner's."""
    policies = formula.names(PolicyKind)
    for place, node, _ in formula.nodes():
        if not isinstance(node, ast.Call):
            continue
        name, given = callee(node), [a.id for a in node.args if isinstance(a, ast.Name) and a.id in policies]
        if name in ELSEWHERE:
            yield Change(formula, place, node, _renamed(node, ELSEWHERE[name]))
        elif name in ALONG_THE_FIRST and len(given) == 2:
            yield Change(formula, place, node, _exchanged(node, *given))
        elif name in ALONG_ONE and len(given) == 1:
            for other in policies:
                if other != given[0]:
                    yield Change(formula, place, node, _exchanged(node, given[0], other))


def other_direction_of_divergence(formula: Formula) -> Iterator[Change]:
    """KL(p || q) <-> KL(q || p), and the same for chi-squared."""
    for place, node, _ in formula.nodes():
        if isinstance(node, ast.Call) and ASYMMETRIC.fullmatch(callee(node)):
            laws = [i for i, argument in enumerate(node.args) if not is_model(formula, argument)][:2]
            if len(laws) == 2:
                arguments = list(node.args)
                arguments[laws[0]], arguments[laws[1]] = arguments[laws[1]], arguments[laws[0]]
                yield Change(formula, place, node, ast.Call(node.func, arguments, node.keywords))


def other_distance(formula: Formula) -> Iterator[Change]:
    """Total variation <-> squared Hellinger distance."""
    for place, node, _ in formula.nodes():
        if not isinstance(node, ast.Call):
            continue
        if callee(node) in DISTANCES:
            yield Change(formula, place, node, _renamed(node, DISTANCES[callee(node)]))
        elif callee(node) == "on_policy_error_rate" and len(node.args) == 3:
            mdp, expert, learner = node.args
            yield Change(
                formula, place, node, _renamed(ast.Call(node.func, [mdp, learner, expert], []), DISTANCES["error_rate"])
            )


def assumed(formula: Formula) -> Iterator[Change]:
    """Conditions that the function assumes on the way, each left out."""
    for place, statement in formula.statements():
        if isinstance(statement, ast.Expr) and callee(statement.value) == "assume":
            yield Change(formula, place, statement, ast.Pass())


EXACT = (int, np.integer, Fraction)
"""Numbers that belong to every system."""


def exact(x: int | np.integer[Any] | Fraction) -> Fraction:
    """A whole number or fraction as a fraction."""
    return x if isinstance(x, Fraction) else Fraction(int(x))


def quotient(numerator: Any, denominator: Any = 1) -> Any:
    """``Fraction(a, b)``, for parts that are no longer rational, too."""
    if isinstance(numerator, EXACT) and isinstance(denominator, EXACT):
        return exact(numerator) / exact(denominator)
    return numerator / denominator


def scaled(x: Any, share: Fraction) -> Any:
    """A side of a comparison times a constant."""
    if isinstance(x, EXACT):
        return exact(x) * share
    return x * share if isinstance(x, NumberArray) else x * share.numerator / share.denominator


SYSTEM: ContextVar[System | None] = ContextVar("system", default=None)
"""Number system of the instance on which a changed formula is evaluated; None if it has whole numbers only."""


def sqrt(x: Any) -> Any:
    """Square root in the system of the instance; of a square number exactly."""
    if isinstance(x, EXACT):
        top, bottom = exact(x).as_integer_ratio()
        if bottom == 1 and top == isqrt(top) ** 2:
            return isqrt(top)
        system = SYSTEM.get()
        x = (ar.Ball(512) if system is None else system).convert(exact(x))
    return ar.sqrt(x)


def known_names() -> dict[str, Any]:
    """What changed formulas may use besides the names of their module."""
    ours = {"sqrt": sqrt, **{name: getattr(iltheory.measures, name) for name in _MEASURES}}
    return {OURS + name: value for name, value in ours.items()}


_MEASURES = ("total", *DISTANCES, *DISTANCES.values(), *ELSEWHERE)


def _powers(formula: Formula, *, power: str, less: str, more: str) -> Iterator[Change]:
    """Change powers, and factors in numerators (``less``) and denominators (``more``) that grow with the size."""
    for place, node, around in formula.nodes():
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not _is_one(node.right):
            lower = _power_less(node.left, node.right)
            yield Change(formula, place, node, _expression(power, lower, node.left))
        sign = _growth(formula, node) * _side(node, around)
        match around[0] if around else None:
            case ast.BinOp(left=rest, op=ast.Div(), right=right) as whole if right is node and less == "1" and sign > 0:
                yield Change(formula, formula.place(whole), whole, rest)
            case _ if sign:
                yield Change(formula, place, node, _expression(less if sign > 0 else more, node))


def _growth(formula: Formula, node: ast.AST) -> int:
    """1 for the horizon and other counts, -1 for ``1 - gamma``, 0 for all else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        return -int(_is_one(node.left) and callee(node.right) == "gamma")
    size = isinstance(node, ast.Attribute) and node.attr in ("n_states", "n_actions") and is_model(formula, node.value)
    length = callee(node) == "len" and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Name)
    count = isinstance(node, ast.Name) and isinstance(formula.kinds.get(node.id), Count)
    return int(size or length or count or (_is_horizon(formula, node) and callee(node) != "steps_left"))


def _side(node: ast.AST, around: tuple[ast.AST, ...]) -> int:
    """1 if a node is a factor of a numerator or a whole side of the comparison, -1 of a denominator, 0 if no factor."""
    sign, factor = 1, False
    for parent in around:
        match parent:
            case ast.BinOp(op=ast.Mult()):
                factor = True
            case ast.BinOp(op=ast.Div()) | ast.Call(func=ast.Name(id="Fraction"), args=[_, _]):
                parts = [parent.left, parent.right] if isinstance(parent, ast.BinOp) else parent.args
                factor, sign = True, sign if parts[0] is node else -sign
            case _ if _is_comparison(parent):
                return sign
            case _:
                break
        node = parent
    return sign if factor else 0


def _is_horizon(formula: Formula, node: ast.AST) -> bool:
    match node:
        case ast.Call() if callee(node) in ("steps", "steps_left"):
            return True
        case ast.Attribute(value=model, attr="horizon"):
            return is_model(formula, model)
        case ast.Name(id="horizon"):
            return isinstance(formula.kinds.get("horizon"), Count)
        case _:
            return False


def _is_comparison(node: ast.AST) -> bool:
    """Whether a node compares sizes (``is None`` asks for something else)."""
    if isinstance(node, ast.Compare):
        return not any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
    return callee(node) == "equal"


def _is_one(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _expression(template: str, *parts: ast.expr) -> ast.expr:
    """Read an expression in which ``_0``, ``_1``, ... stand for given ones."""
    names = {f"_{i}": part for i, part in enumerate(parts)}

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return copy.deepcopy(names[node.id]) if node.id in names else node

    filled: ast.expr = Fill().visit(ast.parse(template, mode="eval").body)
    return filled


def _power_less(base: ast.expr, exponent: ast.expr) -> ast.expr:
    """``base ** (exponent - 1)``, written out where the exponent is a number."""
    match exponent:
        case ast.Constant(value=2):
            return base
        case ast.Constant(value=int(k)):
            return ast.BinOp(base, ast.Pow(), ast.Constant(k - 1))
        case _:
            return _expression("_0 ** (_1 - 1)", base, exponent)


def _renamed(call: ast.Call, name: str) -> ast.Call:
    return ast.Call(ast.Name(OURS + name, ast.Load()), call.args, call.keywords)


def _exchanged(call: ast.Call, first: str, second: str) -> ast.Call:
    """A call with two names exchanged among its arguments."""
    other = {first: second, second: first}
    arguments = [
        ast.Name(other[a.id], ast.Load()) if isinstance(a, ast.Name) and a.id in other else a for a in call.args
    ]
    return ast.Call(call.func, arguments, call.keywords)
