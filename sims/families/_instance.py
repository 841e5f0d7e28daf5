"""What a family returns: a model with its policies, and the closed forms known for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic
from sims.families._clock import Clock
from sims.families._parameters import Number
from sims.tabular import TabularMDP

Table = Any
"""Numbers of some system, as ``sims.arithmetic`` makes them."""

ZERO = Fraction(0)

NumberType = Callable[[Fraction], Number]
"""``float`` or ``Fraction``."""


@dataclass(frozen=True)
class Imitation:
    """A model, an expert and a learner; ``mdp, expert, learner = instance`` unpacks them.

    Attributes
    ----------
    mdp : TabularMDP
    expert, learner : array (S, A) or (H, S, A)
    error_rate : number
        Mean over steps (discounted: under the normalised occupancy) of the expected total variation between
        the action laws of learner and expert, under the expert's occupancy. Exact.
    gap : number or None
        ``J(expert) - J(learner)`` in closed form; None where no closed form is known.
    bound : number or None
        The right-hand side of the bound the family is quoted for (its docstring says which); None where there
        is none.
    state_l1 : number or None
        l1 distance between the state laws of expert and learner, each averaged over steps (discounted:
        normalised).

    The numbers are ``float`` where some parameter of the family was a float, else ``Fraction``.
    """

    mdp: TabularMDP
    expert: Table
    learner: Table
    error_rate: Number
    gap: Number | None = None
    bound: Number | None = None
    state_l1: Number | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.mdp, self.expert, self.learner))

    def to(self, name: str, **options: Any) -> Imitation:
        """The same instance with model and policies in the number system ``name``."""
        system = arithmetic.get_system(name, **options)
        return replace(
            self,
            mdp=self.mdp.to(name, **options),
            expert=arithmetic.convert(self.expert, system),
            learner=arithmetic.convert(self.learner, system),
        )


def table(entries: Any, number: NumberType) -> Table:
    """Nested lists of rationals as an array of floats or of exact rationals."""
    return np.array(entries, dtype=np.float64) if number is float else arithmetic.asarray(entries)


def transitions(rows: Sequence[Sequence[Mapping[int, Fraction | int]]], number: NumberType) -> Table:
    """``P[S, A, S]`` from ``rows[s][a]``, a mapping of next states to probabilities."""
    n_states = len(rows)
    return table([[[row.get(s, 0) for s in range(n_states)] for row in actions] for actions in rows], number)


def point_mass(index: int, size: int, number: NumberType) -> Table:
    """The law that is certain of ``index``."""
    return table([int(i == index) for i in range(size)], number)


def following(actions: Sequence[int], n_actions: int, number: NumberType) -> Table:
    """The deterministic policy ``(S, A)`` that plays ``actions[s]``."""
    return table([[int(a == action) for a in range(n_actions)] for action in actions], number)


def erring(expert: Sequence[int], n_actions: int, error: Fraction | Sequence[Fraction], number: NumberType) -> Table:
    """The policy ``(S, A)`` of an expert who plays any other action with probability ``error[s]``."""
    errors = [error] * len(expert) if isinstance(error, Fraction) else error
    return table(
        [
            [1 - e if a == action else e / (n_actions - 1) for a in range(n_actions)]
            for action, e in zip(expert, errors, strict=True)
        ],
        number,
    )


def task(transition: Any, reward: Any, start: int, n_states: int, clock: Clock, number: NumberType) -> TabularMDP:
    """The model that starts in ``start`` and runs by ``clock``."""
    mu = point_mass(start, n_states, number)
    if clock.discount is None:
        return TabularMDP(transition, reward, mu, horizon=clock.horizon)
    return TabularMDP(transition, reward, mu, discount=number(clock.discount))


def index_table(entries: Any) -> NDArray[np.int64]:
    """Nested lists of state numbers as an integer array."""
    return np.array(entries, dtype=np.int64)
