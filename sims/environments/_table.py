"""Tables ``P[s][a] = [(probability, next state, reward, done), ...]``, and the models they describe."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from sims.environments._recovery import Number, Recovery, finite
from sims.environments.errors import InvalidEnvironment
from sims.tabular import DeterministicTransitions, SparseTransitions, TabularMDP, Transitions

INITIAL_LAWS = ("initial_state_distrib", "isd")
"""Attributes under which toy-text environments keep, or once kept, the law of the first state."""


class Outcome(NamedTuple):
    """One thing that an action can lead to, with positive probability."""

    probability: Fraction
    next_state: int
    reward: Fraction
    done: bool


@dataclass(frozen=True)
class Table:
    """All outcomes of all actions, and the law of the first state.

    Attributes
    ----------
    rows : ``rows[s][a]``, the outcomes of an action
    start : probability of each first state
    """

    rows: list[list[list[Outcome]]]
    start: list[Fraction]

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.rows)

    @property
    def n_actions(self) -> int:
        """Number of actions."""
        return len(self.rows[0])


def read_table(env: Any, recovery: Recovery) -> Table:
    """Read ``env.P`` and the law of the first state from an unwrapped environment.

    Raises
    ------
    InvalidEnvironment
        If either is missing or malformed; the message names the entry.
    """
    if getattr(env, "P", None) is None:
        raise InvalidEnvironment(
            f"{type(env).__name__} has no table to read: no attribute P with P[state][action] a list of "
            "(probability, next state, reward, done)."
        )
    rows: list[list[list[Outcome]]] = []
    for s, actions in enumerate(_entries(env.P, "P", "states")):
        rows.append([])
        for a, outcomes in enumerate(_entries(actions, f"P[{s}]", "actions")):
            rows[s].append(_read_outcomes(outcomes, f"P[{s}][{a}]", len(env.P), recovery))
    table = Table(rows, _read_start(env, len(rows), recovery))
    _check_sizes(env, table)
    return table


def _entries(x: Any, where: str, what: str) -> list[Any]:
    """The values of a mapping or sequence with keys 0..n-1."""
    try:
        values = [x[i] for i in range(len(x))]
    except (TypeError, KeyError, IndexError):
        raise InvalidEnvironment(f"{where} must be indexed by {what} 0, 1, 2, ...; it is {_shown(x)}.") from None
    if not values:
        raise InvalidEnvironment(f"{where} has no {what}.")
    return values


def _read_outcomes(outcomes: Any, where: str, n_states: int, recovery: Recovery) -> list[Outcome]:
    entries = [_read_outcome(x, f"{where}[{k}]", n_states) for k, x in enumerate(_entries(outcomes, where, "outcomes"))]
    probabilities = recovery.distribution([probability for probability, *_ in entries], where)
    return [
        Outcome(p, next_state, recovery.number(reward), done)
        for p, (_, next_state, reward, done) in zip(probabilities, entries, strict=True)
        if p > 0
    ]


def _read_outcome(x: Any, where: str, n_states: int) -> tuple[Number, int, Number, bool]:
    try:
        probability, next_state, reward, done = x
    except (TypeError, ValueError):
        raise InvalidEnvironment(f"{where} is {_shown(x)}, not (probability, next state, reward, done).") from None
    if not isinstance(next_state, int | np.integer) or not 0 <= next_state < n_states:
        raise InvalidEnvironment(f"{where} leads to {next_state!r}, which is no state of 0..{n_states - 1}.")
    if done not in (False, True):
        raise InvalidEnvironment(f"{where} has done = {done!r} (should be True or False).")
    probability, reward = finite(probability, f"{where}[0]"), finite(reward, f"{where}[2]")
    return probability, int(next_state), reward, bool(done)


def _read_start(env: Any, n_states: int, recovery: Recovery) -> list[Fraction]:
    for name in INITIAL_LAWS:
        law = getattr(env, name, None)
        if law is None:
            continue
        if len(law) != n_states:
            raise InvalidEnvironment(f"{name} has {len(law)} entries, but P has {n_states} states.")
        return recovery.distribution([finite(p, f"{name}[{s}]") for s, p in enumerate(law)], name)
    raise InvalidEnvironment(
        f"{type(env).__name__} exposes no law of the first state: neither {' nor '.join(INITIAL_LAWS)}.\n"
        "  Set one of them on the environment, probabilities [S]; the law is never guessed from resets."
    )


def _check_sizes(env: Any, table: Table) -> None:
    for s, actions in enumerate(table.rows):
        if len(actions) != table.n_actions:
            raise InvalidEnvironment(f"P[{s}] has {len(actions)} actions, but P[0] has {table.n_actions}.")
    for space, size in (("observation_space", table.n_states), ("action_space", table.n_actions)):
        n = getattr(getattr(env, space, None), "n", size)
        if n != size:
            raise InvalidEnvironment(f"{space} has {n} elements, but P has {size}.")


def _shown(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 80 else text[:77] + "..."


def model(table: Table, *, horizon: int | None, discount: Any) -> TabularMDP:
    """The decision process of a table, with one state more than the table if need be.

    Nothing follows a ``done`` outcome: its next state only stands for the end. A state that only ``done``
    outcomes enter becomes terminal (absorbing, with reward 0). If a ``done`` outcome enters a state where
    episodes also start or go on, a terminal state is added behind all others to stand for that end.

    Raises
    ------
    InvalidModel
        Unless exactly one of ``horizon`` and ``discount`` is given, in its range.
    """
    ends = _ends(table)
    n_states = max([table.n_states - 1, *ends.values()]) + 1
    terminal = np.zeros(n_states, dtype=np.bool_)
    terminal[list(ends.values())] = True
    rewards = np.full((n_states, table.n_actions), Fraction(0), dtype=object)
    laws: list[dict[int, Fraction]] = [{s: Fraction(1)} for s in range(n_states) for _ in range(table.n_actions)]
    for s in np.flatnonzero(~terminal):
        for a, outcomes in enumerate(table.rows[s]):
            law: dict[int, Fraction] = {}
            for p, next_state, reward, done in outcomes:
                target = ends[next_state] if done else next_state
                law[target] = law.get(target, Fraction(0)) + p
                rewards[s, a] += p * reward
            laws[s * table.n_actions + a] = law
    transitions = _transitions(laws, n_states, table.n_actions)
    mu = [*table.start, *([Fraction(0)] * (n_states - table.n_states))]
    return TabularMDP(transitions, rewards, mu, horizon=horizon, discount=discount, terminal=terminal)


def _ends(table: Table) -> dict[int, int]:
    """For each state that a ``done`` outcome enters, the terminal state that stands for this end."""
    entered = {o.next_state for actions in table.rows for outcomes in actions for o in outcomes if o.done}
    over = {s for s in entered if table.start[s] == 0}
    resumed = over
    while resumed:
        live = (actions for s, actions in enumerate(table.rows) if s not in over)
        resumed = over & {o.next_state for actions in live for outcomes in actions for o in outcomes if not o.done}
        over = over - resumed
    return {s: s if s in over else table.n_states for s in sorted(entered)}


def _transitions(laws: list[dict[int, Fraction]], n_states: int, n_actions: int) -> Transitions:
    if all(len(law) == 1 for law in laws):
        return DeterministicTransitions(np.array([next(iter(law)) for law in laws]).reshape(n_states, n_actions))
    return SparseTransitions(
        np.cumsum([0, *(len(law) for law in laws)]),
        np.array([s for law in laws for s in sorted(law)]),
        [law[s] for law in laws for s in sorted(law)],
        n_states,
        n_actions,
    )
