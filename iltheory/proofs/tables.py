"""Models, policies and functions as tables that Coq reads, and rounded tables that bound values and laws of states.

With a horizon, values are rounded at each step. With a discount, the exact solutions are rounded once, and moved by a
few units more, so that they solve their equations with inequalities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims import TabularMDP
from sims import arithmetic as ar


@dataclass(frozen=True)
class Table:
    """Rational numbers over one denominator: ``numbers / unit``."""

    numbers: NDArray[Any]
    unit: int

    @property
    def coq(self) -> str:
        """As Coq reads it."""
        row = f"(over {self.unit})"
        for _ in range(self.numbers.ndim - 1):
            row = f"(map {row})"
        return f"{row[1:-1]} {_listed(self.numbers.tolist())}"

    def at(self, step: int) -> NDArray[Any]:
        """The numbers of a step; the last ones serve all later steps."""
        return np.asarray(self.numbers[min(step, len(self.numbers) - 1)])


def _listed(numbers: Any) -> str:
    return f"[:: {'; '.join(map(_listed, numbers))}]" if isinstance(numbers, list) else str(numbers)


def table(numbers: Any, ndim: int) -> Table:
    """Read exact numbers, with an axis of steps in front: one entry where nothing varies in time."""
    exact = fractions(numbers)
    return _over_unit(exact[None] if exact.ndim < ndim else exact)


def _over_unit(exact: NDArray[Any]) -> Table:
    unit = math.lcm(*(x.denominator for x in exact.flat))
    return Table(np.vectorize(lambda x: int(x * unit), otypes=[object])(exact), unit)


def fractions(numbers: Any) -> NDArray[Any]:
    """Exact numbers as an array of fractions."""
    return np.asarray(ar.convert(numbers, "rational").fractions())


def number(x: Any) -> str:
    """A rational number as Coq reads it."""
    exact = Fraction(str(x))
    return f"(Qmake ({exact.numerator}) {exact.denominator})"


def down(number: Any, unit: int) -> Any:
    """The quotient, rounded down."""
    return number // unit


def up(number: Any, unit: int) -> Any:
    """The quotient, rounded up."""
    return -(-number // unit)


@dataclass(frozen=True)
class Model:
    """The tables of a model with a horizon, or with a discount."""

    mdp: TabularMDP
    transitions: Table
    rewards: Table
    start: Table

    @classmethod
    def of(cls, mdp: TabularMDP) -> Model:
        """Read a model."""
        return cls(mdp, table(mdp.P, 4), table(mdp.rewards(), 3), table(mdp.mu, 1))

    @property
    def coq(self) -> str:
        """As Coq reads it."""
        _, states, actions, _ = self.transitions.numbers.shape
        return (
            f"{{|\n  states := {states};\n  actions := {actions};\n  transitions := {self.transitions.coq};\n"
            f"  rewards := {self.rewards.coq};\n  starting := {self.start.coq}\n|}}"
        )

    @property
    def gamma(self) -> Fraction:
        """The discount."""
        return Fraction(str(self.mdp.discount))

    def bounds(self, pi: Any, unit: int) -> dict[str, Table]:
        """The fields of ``bounds`` in ``Definitions/Certificates.v``, in multiples of the unit's inverse."""
        if self.mdp.horizon is None:
            values, laws = self._discounted(pi, unit)
        else:
            policy = table(pi, 3)
            values, laws = ([find(policy, unit, divide) for divide in (down, up)] for find in (self.values, self.laws))
        fields = ("values_below", "values_above", "laws_below", "laws_above")
        return dict(zip(fields, (*values, *laws), strict=True))

    def exact_unit(self, pi: Any) -> int:
        """A denominator that values and laws of a policy share."""
        parts = self.mdp.v(pi), self.mdp.state_occupancy(pi)
        return math.lcm(*(x.denominator for part in parts for x in fractions(part).flat))

    def values(self, pi: Table, unit: int, divide: Callable[[Any, int], Any]) -> Table:
        """Values at steps 0, ..., H, rounded at each step by ``divide``."""
        p, r = self.transitions, self.rewards
        rows = [self.start.numbers * 0]
        for step in reversed(range(self.mdp.horizon or 0)):
            q = r.at(step) * (p.unit * unit) + (p.at(step) @ rows[0]) * r.unit
            rows.insert(0, divide((pi.at(step) * q).sum(-1), pi.unit * r.unit * p.unit))
        return Table(np.array(rows, dtype=object), unit)

    def laws(self, pi: Table, unit: int, divide: Callable[[Any, int], Any]) -> Table:
        """Laws of the state at steps 0, ..., H - 1, rounded at each step by ``divide``."""
        p = self.transitions
        rows = [divide(self.start.numbers * unit, self.start.unit)]
        for step in range((self.mdp.horizon or 0) - 1):
            moves = (pi.at(step)[..., None] * p.at(step)).sum(1)
            rows.append(divide(rows[-1] @ moves, pi.unit * p.unit))
        return Table(np.array(rows, dtype=object), unit)

    def _discounted(self, pi: Any, unit: int) -> tuple[list[Table], list[Table]]:
        """Values and laws: exact ones, if the unit is a multiple of their denominators.

        Bellman's operator discounts a constant, so that one of gamma / (1 - gamma) units or more pays for roundings. In
        laws, an error of one unit everywhere may flow into one state: S units to start with in each state pay for it.
        """
        values, laws = fractions(self.mdp.v(pi)) * unit, fractions(self.mdp.state_occupancy(pi)) * unit
        if all(x.denominator == 1 for part in (values, laws) for x in part.flat):
            constant, reserve = Fraction(0), laws * 0
        else:
            states = self.mdp.n_states
            everywhere = TabularMDP(
                self.mdp.P, self.mdp.rewards(), ar.asarray([Fraction(1, states)] * states), discount=self.mdp.discount
            )
            constant = self.gamma / (1 - self.gamma)
            reserve = fractions(everywhere.state_occupancy(pi)) * states**2 / (1 - self.gamma)
        return _bracket(values, math.ceil(constant), unit), _bracket(laws, reserve, unit)


def _bracket(numbers: NDArray[Any], spare: Any, unit: int) -> list[Table]:
    """Tables of one row that are at least as far below and above as is to spare."""
    return [_row(numbers - spare, math.floor, unit), _row(numbers + spare, math.ceil, unit)]


def _row(numbers: NDArray[Any], rounding: Callable[[Any], int], unit: int) -> Table:
    return Table(np.vectorize(rounding, otypes=[object])(numbers)[None], unit)
