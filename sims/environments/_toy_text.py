"""What the toy-text environments know beyond their tables: names, and Taxi's fickle passenger."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from sims.environments._recovery import Recovery, finite
from sims.environments._table import Outcome, Table
from sims.environments.errors import InvalidEnvironment

ABOARD = 4
"""Taxi's passenger location for "in the taxi"."""


def action_names(env: Any, n_actions: int) -> tuple[str, ...]:
    """What each action does, in the words of Gymnasium's documentation; its number elsewhere."""
    from gymnasium.envs.toy_text import CliffWalkingEnv, FrozenLakeEnv, TaxiEnv

    if isinstance(env, FrozenLakeEnv):
        return "left", "down", "right", "up"
    if isinstance(env, CliffWalkingEnv):
        return "up", "right", "down", "left"
    if isinstance(env, TaxiEnv):
        return "south", "north", "east", "west", "pick up", "drop off"
    return tuple(str(a) for a in range(n_actions))


def observation_names(env: Any, n_states: int) -> tuple[str, ...]:
    """What each observation says: the cell of the grid, or what Taxi encodes; its number elsewhere."""
    from gymnasium.envs.toy_text import CliffWalkingEnv, FrozenLakeEnv, TaxiEnv

    if isinstance(env, FrozenLakeEnv):
        tiles = np.asarray(env.desc).ravel()
        return tuple(f"{tiles[s].decode()} {divmod(s, env.ncol)}" for s in range(n_states))
    if isinstance(env, CliffWalkingEnv):
        return tuple(str(divmod(s, env.shape[1])) for s in range(n_states))
    if isinstance(env, TaxiEnv):
        return tuple(_taxi_name(*env.decode(s)) for s in range(n_states))
    return tuple(str(s) for s in range(n_states))


def _taxi_name(row: int, column: int, passenger: int, destination: int) -> str:
    return f"taxi {(row, column)}, passenger {(*'RGYB', 'aboard')[passenger]}, to {'RGYB'[destination]}"


def is_fickle(env: Any) -> bool:
    """Whether this is a Taxi whose ``step`` may change the destination, which its table does not show."""
    from gymnasium.envs.toy_text import TaxiEnv

    return isinstance(env, TaxiEnv) and bool(env.fickle_passenger)


def fickle(env: Any, table: Table, recovery: Recovery) -> Table:
    """Taxi with a passenger who may change their mind once.

    With probability ``fickle_probability``, drawn at the start, the passenger is fickle: the first time the
    taxi changes cells with them aboard, their destination becomes one of the other three, uniformly, and they
    are fickle no more. States ``0..499`` are Taxi's own, ``500..999`` the same with a passenger who is still
    fickle.

    Raises
    ------
    InvalidEnvironment
        If ``fickle_probability`` is no probability.
    """
    name = "fickle_probability"
    chance = finite(env.fickle_probability, name)
    if not 0 <= chance <= 1:
        raise InvalidEnvironment(f"{name} is {chance} (should be between 0 and 1).")
    armed = recovery.number(chance)
    n = table.n_states
    rows = [
        [[o for outcome in outcomes for o in _minds(env, s, outcome, n)] for outcomes in actions]
        for s, actions in enumerate(table.rows)
    ]
    start = [share * p for share in (1 - armed, armed) for p in table.start]
    return Table(table.rows + rows, start)


def _minds(env: Any, s: int, outcome: Outcome, n: int) -> list[Outcome]:
    """What an outcome in state ``s`` of Taxi becomes while the passenger is fickle."""
    row, column, passenger, destination = env.decode(s)
    new_row, new_column, new_passenger, _ = env.decode(outcome.next_state)
    if passenger != ABOARD or (new_row, new_column) == (row, column):
        return [outcome._replace(next_state=outcome.next_state + n)]
    return [
        outcome._replace(
            probability=outcome.probability * Fraction(1, 3),
            next_state=env.encode(new_row, new_column, new_passenger, other),
        )
        for other in range(4)
        if other != destination
    ]
