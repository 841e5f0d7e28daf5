"""Formulas that a Python function computes, recorded as trees of named quantities by running it on stand-ins.

No formula is written twice: the function itself runs, with quantities and functions of arrays that the independent
checker knows replaced by recorders. A function that asks for anything else is refused, with the reason.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from inspect import Signature, signature
from numbers import Rational
from types import CellType, FunctionType, ModuleType
from typing import Any, NoReturn

from iltheory import measures
from iltheory.claims.claim import Claim, assume
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import RationalArray
from sims.arithmetic.text import exact_texts
from sims.errors import IltheoryError

QUANTITIES = (
    "value", "gap", "error_rate", "on_policy_error_rate", "occupancy", "causal_entropy", "disadvantage",
    "optimal_value", "policy_tv", "policy_kl", "policy_hellinger2", "occupancy_tv", "occupancy_kl",
    "occupancy_hellinger2", "occupancy_chi2", "state_occupancy_tv", "state_occupancy_kl", "state_occupancy_hellinger2",
    "state_occupancy_chi2", "trajectory_tv", "trajectory_kl", "trajectory_hellinger2", "trajectory_chi2",
)  # fmt: skip
"""Measures that the checker computes by its own definitions."""

FUNCTIONS = {
    "maximum": "max", "minimum": "min", "absolute": "abs", "exp": "exp", "log": "log", "sqrt": "sqrt", "equal": "==",
}  # fmt: skip
"""Functions of arrays, and what the checker calls them."""

OURS = ("iltheory.measures", "iltheory.claims")
"""Packages whose other functions are looked into, as those of the user are."""


class NotRecordable(IltheoryError):
    """A formula asks for something that the independent checker does not know."""


class Recorded:
    """A number or a table of a formula, known by how it is computed."""

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]  # == records a comparison

    def __init__(self, formula: Any) -> None:
        self.formula = formula

    def __getattr__(self, name: str) -> NoReturn:
        raise NotRecordable(f"the formula asks {_shortened(self.formula)} for .{name}")

    def __getitem__(self, index: Any) -> NoReturn:
        raise NotRecordable(f"the formula takes entries out of {_shortened(self.formula)}")

    def __bool__(self) -> NoReturn:
        raise NotRecordable(f"the formula goes one way or another by the truth of {_shortened(self.formula)}")

    def __pow__(self, n: Any) -> Recorded:
        power = recorded("**", self, abs(n))
        return power if n >= 0 else recorded("/", 1, power)

    def __neg__(self) -> Recorded:
        return recorded("-", 0, self)

    def __abs__(self) -> Recorded:
        return recorded("abs", self)

    def __add__(self, other: Any) -> Recorded:
        return recorded("+", self, other)

    def __radd__(self, other: Any) -> Recorded:
        return recorded("+", other, self)

    def __sub__(self, other: Any) -> Recorded:
        return recorded("-", self, other)

    def __rsub__(self, other: Any) -> Recorded:
        return recorded("-", other, self)

    def __mul__(self, other: Any) -> Recorded:
        return recorded("*", self, other)

    def __rmul__(self, other: Any) -> Recorded:
        return recorded("*", other, self)

    def __truediv__(self, other: Any) -> Recorded:
        return recorded("/", self, other)

    def __rtruediv__(self, other: Any) -> Recorded:
        return recorded("/", other, self)

    def __le__(self, other: Any) -> Recorded:
        return recorded("<=", self, other)

    def __lt__(self, other: Any) -> Recorded:
        return recorded("<", self, other)

    def __ge__(self, other: Any) -> Recorded:
        return recorded(">=", self, other)

    def __gt__(self, other: Any) -> Recorded:
        return recorded(">", self, other)

    def __eq__(self, other: object) -> Recorded:  # type: ignore[override]
        return recorded("==", self, other)


class RecordedCount(Recorded):
    """A whole number, which also serves where Python wants one."""

    def __init__(self, formula: Any, count: int) -> None:
        super().__init__(formula)
        self._count = count

    def __index__(self) -> int:
        return self._count


class RecordedModel(Recorded):
    """A model of which a formula may ask what the checker can compute."""

    def __init__(self, formula: Any, mdp: TabularMDP) -> None:
        super().__init__(formula)
        self.value = partial(recorded, "value", self)
        self.occupancy = partial(recorded, "occupancy", self)
        self.optimal_value = partial(recorded, "optimal_value", self)
        self.n_states = RecordedCount(["n_states", formula], mdp.n_states)
        self.n_actions = RecordedCount(["n_actions", formula], mdp.n_actions)
        self.horizon = None if mdp.horizon is None else RecordedCount(["horizon", formula], mdp.horizon)
        self.discount = None if mdp.discount is None else Recorded(["discount", formula])

    def rewards(self) -> Recorded:
        """Rewards at each step."""
        return recorded("rewards", self)


def recorded(name: str, *parts: Any) -> Recorded:
    """Record an operation on recorded numbers and constants."""
    return Recorded([name, *map(_formula, parts)])


def _formula(part: Any) -> Any:
    if isinstance(part, Recorded):
        return part.formula
    if isinstance(part, RationalArray):
        return exact_texts(part)
    if isinstance(part, Rational) and not isinstance(part, bool):  # numpy's integers are rationals, too
        return str(Fraction(part))
    raise NotRecordable(f"the formula uses {part!r:.60}, a {type(part).__name__}; certificates are made of rationals")


def _shortened(formula: Any) -> str:
    return formula if isinstance(formula, str) else f"{formula[0]}(...)"


class Recording:
    """One run of functions on stand-ins.

    Attributes
    ----------
    assumed : conditions that the functions assumed, as formulas
    """

    def __init__(self) -> None:
        self.assumed: list[Any] = []
        self._replaced: dict[int, Any] = {id(assume): self._assume}
        for name in QUANTITIES:
            measure = getattr(measures, name)
            self._replaced[id(measure)] = partial(_quantity, name, signature(measure))
        for name, known in FUNCTIONS.items():
            self._replaced[id(getattr(ar, name))] = partial(recorded, known)
        self._replaced[id(measures.smallest_reward)] = lambda mdp: recorded("least", mdp.rewards())
        self._replaced[id(measures.largest_reward)] = lambda mdp: recorded("largest", mdp.rewards())
        self._replaced[id(ar.wrap)] = lambda x: x

    def run(self, function: Callable[..., Any], stand_ins: Mapping[str, Any]) -> Any:
        """What a function returns on stand-ins for its arguments.

        Raises
        ------
        NotRecordable
            If it asks for something that the checker does not know.
        """
        try:
            return self._rebound(function)(**stand_ins)
        except NotRecordable:
            raise
        except Exception as problem:  # a stand-in is no array: whatever wants one fails in its own way
            reason = (str(problem) or type(problem).__name__).partition("\n")[0]
            raise NotRecordable(f"the formula needs more than named quantities and arithmetic: {reason}") from problem

    def _assume(self, condition: Any) -> None:
        self.assumed += conditions(condition)

    def _rebound(self, function: Any) -> Any:
        """A function like this one whose names mean recorders, where there is one."""
        if id(function) in self._replaced:
            return self._replaced[id(function)]
        function = getattr(function, "__wrapped__", function)
        if isinstance(function, Claim):
            return self._rebound(function.function)
        if isinstance(function, ModuleType):
            return _Module(self, function)
        package = getattr(function, "__module__", None) or ""
        if not isinstance(function, FunctionType) or (_is_ours(package) and not package.startswith(OURS)):
            return function
        cells = tuple(CellType() for _ in function.__closure__ or ())
        again = FunctionType(function.__code__, {"__builtins__": builtins}, None, function.__defaults__, cells)
        again.__kwdefaults__ = function.__kwdefaults__
        self._replaced[id(function)] = again  # before what it refers to, for it may call itself
        for name in _names(function.__code__) & function.__globals__.keys():
            again.__globals__[name] = self._rebound(function.__globals__[name])
        for cell, old in zip(cells, function.__closure__ or (), strict=True):
            cell.cell_contents = self._rebound(old.cell_contents)
        return again


class _Module:
    """A module whose functions are recorders."""

    def __init__(self, recording: Recording, module: ModuleType) -> None:
        self._recording, self._module = recording, module

    def __getattr__(self, name: str) -> Any:
        return self._recording._rebound(getattr(self._module, name))


def conditions(answer: Any) -> list[Any]:
    """The formulas of a recorded condition, or of several."""
    answers = list(answer) if isinstance(answer, list | tuple) else [answer]
    for one in answers:
        if not isinstance(one, Recorded):
            raise NotRecordable(f"an assumption is {one!r:.60}, no comparison of quantities")
    return [one.formula for one in answers]


def _quantity(name: str, parameters: Signature, *args: Any, **kwargs: Any) -> Recorded:
    return recorded(name, *parameters.bind(*args, **kwargs).arguments.values())


def _is_ours(package: str) -> bool:
    return package.partition(".")[0] in ("iltheory", "sims")


def _names(code: Any) -> set[str]:
    """Names that code and the functions written inside it refer to."""
    inner = [_names(constant) for constant in code.co_consts if hasattr(constant, "co_names")]
    return set(code.co_names).union(*inner)
