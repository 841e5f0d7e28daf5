"""Formulas that a Python function computes, recorded by running it on numbers that remember how they came about.

No formula is written twice: the function itself runs. What the toolkit calls a quantity of a model is recorded by its
name where the checker knows it, and under its name where it does not; the rest is arithmetic.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from iltheory import measures
from iltheory.claims.claim import Claim, assume
from iltheory.reporting.recorded_formulas import Formulas, Node, NotRecordable
from iltheory.reporting.recorded_models import adopted
from iltheory.reporting.recorded_numbers import RecordedArray, Recording
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Comparison, System

OURS = ("iltheory.measures", "iltheory.claims")
"""Packages whose functions are looked into, as those of the user are."""

PLAIN = ("value", "optimal_value", "at")
"""Steps that have a name, or need none."""


class Recorder:
    """One run of functions on stand-ins.

    Attributes
    ----------
    system : the numbers that record
    assumed : conditions that the functions assumed, as comparisons of formulas
    """

    def __init__(self, inner: System) -> None:
        self.system = Recording(inner, Formulas())
        self.assumed: list[tuple[Any, ...]] = []
        self._again: dict[int, Any] = {id(assume): self._assume}

    def run(self, function: Callable[..., Any], stand_ins: Mapping[str, Any]) -> Any:
        """What a function returns on stand-ins for its arguments.

        Raises
        ------
        NotRecordable
            If it asks for something that cannot be recorded.
        NotRepresentable
            If the numbers are of a kind that the inner system lacks.
        """
        try:
            return self._rebound(function)(**stand_ins)
        except (NotRecordable, ar.NotRepresentable):
            raise
        except Exception as problem:  # recorded numbers are none of the usual: what needs those fails in its own way
            reason = (str(problem) or type(problem).__name__).partition("\n")[0]
            raise NotRecordable(f"the formula needs more than quantities and arithmetic: {reason}") from problem

    def conditions(self, answer: Any) -> list[tuple[Any, ...]]:
        """A recorded condition, or several, as comparisons of formulas."""
        found = []
        for one in list(answer) if isinstance(answer, list | tuple) else [answer]:
            if isinstance(one, Comparison):
                found.append(self.comparison(one))
            elif not np.all(one):  # booleans: what they were read off is stated
                raise NotRecordable("an assumption fails")
        return found

    def comparison(self, answer: Comparison) -> tuple[Any, ...]:
        """A comparison of formulas."""
        sides = (answer.lhs, answer.rhs)
        if any(isinstance(side, ar.NumberArray) and not isinstance(side, RecordedArray) for side in sides):
            raise NotRecordable("a side is computed from numbers that are not recorded")
        return (answer.op, *(self.system.coerce(side).formula for side in sides))

    def _assume(self, condition: Any) -> None:
        self.assumed += self.conditions(condition)

    def _rebound(self, function: Any) -> Any:
        """A function like this one, in which quantities are recorded under their names."""
        if id(function) in self._again:
            return self._again[id(function)]
        if isinstance(function, Claim):
            return self._rebound(function.function)
        if isinstance(function, ModuleType):
            return _Module(self, function)
        package = getattr(function, "__module__", None) or ""
        plain = getattr(function, "__wrapped__", function)
        if not isinstance(plain, FunctionType) or (_is_ours(package) and not package.startswith(OURS)):
            return function
        cells = tuple(CellType() for _ in plain.__closure__ or ())
        again = FunctionType(plain.__code__, {"__builtins__": builtins}, None, plain.__defaults__, cells)
        again.__kwdefaults__ = plain.__kwdefaults__
        measured = getattr(measures, plain.__name__, None) is function
        rebound = self._named(plain.__name__, again) if measured else again
        self._again[id(function)] = rebound  # before what it refers to, for it may call itself
        for name in _names(plain.__code__) & plain.__globals__.keys():
            again.__globals__[name] = self._rebound(plain.__globals__[name])
        for cell, old in zip(cells, plain.__closure__ or (), strict=True):
            cell.cell_contents = self._rebound(old.cell_contents)
        return rebound

    def _named(self, name: str, measure: Callable[..., Any]) -> Callable[..., Any]:
        """A measure whose results go by its name."""

        def measured(*args: Any, **kwargs: Any) -> Any:
            args = tuple(adopted(self.system, x) if isinstance(x, TabularMDP) else x for x in args)
            found = measure(*args, **kwargs)
            formula = found.formula if isinstance(found, RecordedArray) else None
            if not isinstance(formula, Node) or (formula.op in PLAIN and not found.ndim):
                return found
            self.system.formulas.label(formula, name)
            return self.system.named(found.numbers, formula)

        return measured


class _Module:
    """A module whose functions are rebound."""

    def __init__(self, recorder: Recorder, module: ModuleType) -> None:
        self._recorder, self._module = recorder, module

    def __getattr__(self, name: str) -> Any:
        return self._recorder._rebound(getattr(self._module, name))


def _is_ours(package: str) -> bool:
    return package.partition(".")[0] in ("iltheory", "sims")


def _names(code: Any) -> set[str]:
    """Names that code and the functions written inside it refer to."""
    inner = [_names(constant) for constant in code.co_consts if hasattr(constant, "co_names")]
    return set(code.co_names).union(*inner)
