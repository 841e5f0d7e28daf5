"""The ring: a large, sparse model that mixes slowly, unlike random ones."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np

from sims.families._clock import Clock
from sims.families._instance import ZERO, Imitation, NumberType, table, task
from sims.families._parameters import InvalidParameter, Parameter, integer, number_type, probability
from sims.tabular import SparseTransitions

DOWN, STAY, UP = range(3)


def ring(
    n_states: int = 8,
    *,
    horizon: int | None = None,
    discount: Parameter | None = None,
    slip: Parameter = Fraction(1, 8),
    error: Parameter = Fraction(1, 8),
    start: int | None = None,
) -> Imitation:
    """Walk along a ring of states to the one that pays.

    Actions 0, 1, 2 go to the lower neighbour, stay, go to the upper neighbour; a move fails (and stays) with
    probability ``slip``. Every step in state 0 earns 1. The expert takes the shorter way to state 0 (upwards
    on a tie) and stays there; elsewhere the learner stays with probability ``error``. Under the uniform
    policy the walk needs of the order of ``n_states**2`` steps to mix. The default numbers are exact in
    float64.

    Parameters
    ----------
    n_states : number of states n, at least 3; the transitions are sparse, five numbers a state
    horizon, discount : exactly one of the two
    slip : probability that a move fails, below 1
    error : probability of the learner's mistake in each state but 0
    start : first state; half way round if not given

    Returns
    -------
    Imitation
        Let d be the distance from ``start`` to state 0. A policy that advances with probability x at each
        step (``1 - slip`` for the expert, ``(1-e)(1 - slip)`` for the learner) is worth
        ``(g x / (1 - g (1-x)))**d / (1-g)`` with discount g, and for a horizon the sum over n < H of
        ``(H - n) C(n-1, d-1) x**d (1-x)**(n-d)``. ``gap`` is the difference; ``error_rate`` = e (1 -
        J(expert) / T), T the value of being paid always.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    A standard birth-death example; values [derived].
    """
    n = integer("n_states", n_states, least=3)
    clock = Clock.of(horizon, discount)
    q = probability("slip", slip)
    e = probability("error", error)
    if q == 1:
        raise InvalidParameter(f"slip is {slip} (should be below 1, or no move ever succeeds).")
    first = n // 2 if start is None else integer("start", start, least=0)
    if first >= n:
        raise InvalidParameter(f"start is {start} (should be below n_states = {n}).")
    number = number_type(discount, slip, error)
    distance = min(first, n - first)
    expert_value = _value(distance, 1 - q, clock)
    learner_value = _value(distance, (1 - e) * (1 - q), clock)

    states = np.arange(n)
    way = np.where(states == 0, STAY, np.where(2 * states < n, DOWN, UP))
    follows = np.arange(3) == way[:, None]
    errs = (np.arange(3) == STAY) & (states != 0)[:, None]
    paid = np.repeat(states == 0, 3).reshape(n, 3)
    bits = table([0, 1], number)
    learner = np.select([errs, follows & (states != 0)[:, None], follows], [2, 1, 3])
    return Imitation(
        mdp=task(_moves(n, q, number), bits[paid.astype(int)], first, n, clock, number),
        expert=bits[follows.astype(int)],
        learner=table([0, 1 - e, e, 1], number)[learner],
        error_rate=number(e * (1 - expert_value / clock.total)),
        gap=number(expert_value - learner_value),
    )


def _moves(n: int, slip: Fraction, number: NumberType) -> SparseTransitions:
    """Rows of two, one and two entries for the three actions of each state."""
    here = np.arange(n)
    probabilities = table([slip, 1 - slip, 1], number)
    columns, kinds = [], []
    for neighbour in ((here - 1) % n, (here + 1) % n):
        columns.append(np.sort(np.stack([here, neighbour], axis=1), axis=1))
        kinds.append((columns[-1] != here[:, None]).astype(int))
    down, up = columns
    indices = np.concatenate([down, here[:, None], up], axis=1).ravel()
    kind = np.concatenate([kinds[0], np.full((n, 1), 2), kinds[1]], axis=1).ravel()
    indptr = np.concatenate([[0], np.cumsum(np.tile([2, 1, 2], n))])
    return SparseTransitions(indptr, indices, probabilities[kind], n, 3)


def _value(distance: int, advance: Fraction, clock: Clock) -> Fraction:
    """Value of walking ``distance`` steps, each tried until it succeeds, and being paid from then on."""
    if distance == 0:
        return clock.total
    if clock.discount is not None:
        g = clock.discount
        return (g * advance / (1 - g * (1 - advance))) ** distance * clock.total
    assert clock.horizon is not None
    H, d = clock.horizon, distance
    terms = ((H - n) * comb(n - 1, d - 1) * advance**d * (1 - advance) ** (n - d) for n in range(d, H))
    return sum(terms, ZERO)
