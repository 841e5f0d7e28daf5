"""Formulas of a certificate, recorded as they are computed: nodes with their arguments, equal ones only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import chain, count
from typing import Any

from proofs_check.kernel.statements import OPERATIONS
from sims.arithmetic.numbers import exact_text
from sims.errors import IltheoryError

LONGEST = 20_000
"""Steps of a computation that are still written down."""

DEEPEST = 12
"""Operations inside each other before a part of the formula gets a name of its own."""

FOLDED: dict[str | None, Callable[..., Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "max": max,
    "abs": abs,
}
"""Operations on constants that are carried out."""


class NotRecordable(IltheoryError):
    """A formula asks for something that the independent checker does not know."""


class Node:
    """One step of a computation: an operation of the checker, or a table (no operation), of earlier ones.

    Its arguments are nodes, constants (``Fraction``), names of parts, and whole numbers that are indices.
    """

    __slots__ = ("args", "formulas", "op")

    def __init__(self, formulas: Formulas, op: str | None, args: tuple[Any, ...]) -> None:
        self.formulas, self.op, self.args = formulas, op, args

    def __add__(self, other: Any) -> Any:
        return self.formulas.make("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.formulas.make("+", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.formulas.make("*", self, other)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self.formulas.make("-", 0, self)


class Formulas:
    """All steps of one computation, and what it came to depend on.

    Attributes
    ----------
    holds, fails : comparisons ``(op, left, right)`` that were seen to be true, and false
    """

    def __init__(self) -> None:
        self.holds: dict[tuple[Any, ...], None] = {}
        self.fails: dict[tuple[Any, ...], None] = {}
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self._labels: dict[Node, str] = {}

    def make(self, op: str | None, *args: Any) -> Any:
        """An operation on formulas: a node, or simpler what it comes to."""
        if op in FOLDED:
            args = tuple(Fraction(x) if isinstance(x, int) else x for x in args)
            if all(isinstance(x, Fraction) for x in args):
                return FOLDED[op](*args)
        if op in ("+", "-", "*", "/"):
            x, y = args
            if y == (0 if op in "+-" else 1) or (op == "*" and x == 0):
                return x
            if (op == "+" and x == 0) or (op == "*" and (x == 1 or y == 0)):
                return y
            if op == "/" and isinstance(x, Fraction) and isinstance(y, Fraction) and y:
                return x / y
            if op == "+" and isinstance(y, Node) and y.op == "-" and y.args[0] == 0:
                return self.make("-", x, y.args[1])
        if op == "max" and args[0] is args[1]:
            return args[0]
        if op == "at" and isinstance(args[0], Node) and args[0].op == "at":
            return self.make("at", *args[0].args, *args[1:])
        if op == "at" and isinstance(args[0], Node) and args[0].op is None:
            entry, further = args[0].args[args[1]], args[2:]
            return self.make("at", entry, *further) if further else entry
        key = (op, *args)
        if key not in self._nodes:
            if len(self._nodes) >= LONGEST:
                raise NotRecordable(f"the formula takes more than {LONGEST} steps")
            self._nodes[key] = Node(self, op, args)
        return self._nodes[key]

    def table(self, entries: Any) -> Any:
        """A table of formulas, given as nested lists."""
        return self.make(None, *map(self.table, entries)) if isinstance(entries, list) else entries

    def label(self, node: Any, name: str) -> None:
        """Call a step by a name where it is written down."""
        if isinstance(node, Node):
            self._labels[node] = name

    def state(self, op: str, x: Any, y: Any, *, truth: bool = True) -> None:
        """Note that a comparison is true, or false, unless it is one of constants."""
        if isinstance(x, Node | str) or isinstance(y, Node | str):
            (self.holds if truth else self.fails)[(op, x, y)] = None

    def written(
        self, parts: dict[str, Any], holds: Iterable[tuple[Any, ...]], fails: Iterable[tuple[Any, ...]]
    ) -> tuple[dict[str, Any], list[Any], list[Any]]:
        """Parts of an instance with those steps that need a name, and statements, as JSON values."""
        statements = [list(holds), list(fails)]
        uses = Counter[Node]()
        waiting = [x for group in statements for statement in group for x in statement[1:]]
        while waiting:
            one = waiting.pop()
            if isinstance(one, Node):
                uses[one] += 1
                waiting += one.args * (uses[one] == 1)
        parts, known, depth = dict(parts), dict[Any, Any](), dict[Node, int]()
        for node in self._nodes.values():  # arguments come before what they are used in
            if node not in uses:
                continue
            told = [_json(x, known) for x in node.args]
            depth[node] = 1 + max((depth.get(x, 0) for x in node.args if isinstance(x, Node)), default=0)
            if node.op in ("+", "max") and isinstance(told[0], list) and told[0][0] == node.op:
                depth[node] -= 1
                told[0:1] = told[0][1:]
            written: Any = told if node.op is None else [node.op, *told]
            if node.op == "model":
                written = dict(zip(told[::2], told[1::2], strict=True))
            label = self._labels.get(node)
            if label or (uses[node] > 1 and node.op != "at") or depth[node] > DEEPEST:
                known[node] = unused(label or _described(node, known), parts)
                parts[known[node]], depth[node] = written, 0
            else:
                known[node] = written
        written_holds, written_fails = (
            [[op, *(_json(x, known) for x in sides)] for op, *sides in group] for group in statements
        )
        return parts, written_holds, written_fails


def _json(x: Any, known: dict[Any, Any]) -> Any:
    if isinstance(x, Node):
        return known[x]
    return exact_text(x) if isinstance(x, Fraction) else x


def _described(node: Node, known: Mapping[Any, Any]) -> str:
    """A name such as ``occupancy_mdp_pi``, or none."""
    told = [known.get(x, x) if isinstance(x, Node) else x for x in node.args]
    plain = bool(node.op and node.op.isidentifier() and all(isinstance(x, str) for x in told))
    return "_".join([str(node.op), *told]) if plain else ""


def unused(name: str, parts: Mapping[str, Any]) -> str:
    """A name that no part has: the given one, numbered if need be; x1, x2, ... without one."""
    taken = parts.keys() | OPERATIONS.keys()
    numbered = (f"{name}{n}" for n in count(2)) if name else (f"x{n}" for n in count(1))
    return next(one for one in chain([name] if name else [], numbered) if one not in taken)
