"""Ways to make an exact instance smaller: without a state, an action, a step, an entry of a sequence, an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.drafts import ACTION, ITEM, OUTCOME, STATE, STEP, Draft, Key, Table
from iltheory.claims.kinds import Count

CHOICES = 64
"""Most ways of leaving out one action in each state, a different one in each, that are tried."""

ITSELF, OTHERS = -1, -2
"""Where the mass of a state that is left out goes: it stays in the state it came from, or to all others in proportion."""


def smaller(draft: Draft) -> Iterator[Draft]:
    """Every instance with one state, action, step, entry or outcome less, or a lower count."""
    yield from lower_counts(draft)
    yield from fewer_steps(draft)
    for axis in (STATE, OUTCOME):
        yield from without_one(draft, axis)
    yield from fewer_actions(draft)
    yield from fewer_items(draft)
    yield from constant_in_time(draft)


def lower_counts(draft: Draft) -> Iterator[Draft]:
    """Every smaller value of a whole number."""
    for name, kind in draft.claim.parameters.items():
        if isinstance(kind, Count):
            for count in range(kind.least, draft.fixed[name]):
                yield draft.change({}, **{name: count})


def without_one(draft: Draft, axis: str) -> Iterator[Draft]:
    """Leave out one state (or outcome, or entry): its mass goes to another, to all others, or stays where it was."""
    n = draft.length(axis)
    if n < 2:
        return
    for gone in range(n):
        for onto in [*(i for i in range(n) if i != gone), OTHERS, *[ITSELF] * (axis == STATE)]:
            yield draft.each(lambda table, gone=gone, onto=onto: _without(table, axis, gone, onto))


def fewer_actions(draft: Draft) -> Iterator[Draft]:
    """Leave out one action, which may be a different one in each state; its mass goes to another action."""
    n, states = draft.length(ACTION), draft.length(STATE)
    if n < 2:
        return
    choices: Any = product(range(n), repeat=states) if n**states <= CHOICES else ([a] * states for a in range(n))
    for choice in choices:
        order = np.array([[*(a for a in range(n) if a != gone), gone] for gone in choice])
        arranged = reordered(draft, order)
        for onto in range(n - 1):
            yield arranged.each(lambda table, onto=onto: _without(table, ACTION, n - 1, onto))


def fewer_items(draft: Draft) -> Iterator[Draft]:
    """Leave out one entry of a sequence, and of everything with one number for each entry."""
    lengths: dict[str, int] = {}
    for (name, part), table in draft.tables.items():
        if isinstance(part, int) and table.past is None:
            lengths[name] = part + 1
    linked = draft.length(ITEM)
    groups = {(name,) for name in lengths} | {
        tuple(name for name in lengths if lengths[name] == length) for length in lengths.values()
    }
    for group in sorted(groups):
        length = lengths[group[0]]
        for gone in range(length if length > 1 else 0):
            dropped: dict[Key, Table | None] = {(name, gone): None for name in group}
            if linked != length:
                yield draft.change(dropped)
                continue
            for onto in [*(i for i in range(length) if i != gone), OTHERS]:
                cut = {k: _without(table, ITEM, gone, onto) for k, table in draft.tables.items() if ITEM in table.axes}
                yield draft.change({**cut, **dropped})


def fewer_steps(draft: Draft) -> Iterator[Draft]:
    """Leave out one step, or keep only the first or last few; the first law is kept or moved on with a policy."""
    horizon = draft.horizon or 1
    kept = {tuple(range(n)) for n in range(1, horizon)} | {tuple(range(n, horizon)) for n in range(1, horizon)}
    kept |= {tuple(h for h in range(horizon) if h != gone) for gone in range(horizon)} if horizon > 1 else set()
    for steps in sorted(kept, key=lambda steps: (len(steps), steps)):
        yield from _keeping(draft, steps)
        if 0 < steps[0]:
            for policy in _policies(draft):
                yield from _keeping(_moved_on(draft, policy, steps[0]), steps)


def constant_in_time(draft: Draft) -> Iterator[Draft]:
    """Use one step of a table, or of all tables, at every step."""
    horizon = draft.horizon or 1
    varying = [key for key, table in draft.tables.items() if table.n_steps > 1]
    for h in range(horizon if varying else 0):
        for keys in [varying, *([key] for key in varying)][: None if len(varying) > 1 else 1]:
            yield draft.change({key: _at_every_step(draft.tables[key], h) for key in keys})


def reordered(draft: Draft, order: NDArray[np.intp]) -> Draft:
    """Number the actions anew: in state s, action a is the one that was ``order[s, a]``."""
    states = np.arange(len(order))[:, None]

    def reorder(table: Table) -> Table:
        entries = table.entries
        for i in range(len(table.axes) - 1):
            if table.axes[i : i + 2] == (STATE, ACTION):
                pairs = np.moveaxis(entries, (i, i + 1), (0, 1))
                entries = np.moveaxis(pairs[states, order], (0, 1), (i, i + 1))
        return table.with_entries(entries)

    return draft.each(reorder)


def renumbered(draft: Draft) -> Iterator[Draft]:
    """Swap two states, outcomes or entries, or two actions in one state or in all."""
    for axis in (STATE, OUTCOME):
        for order in _swaps(draft.length(axis)):
            yield draft.each(lambda table, order=order, axis=axis: _taken(table, axis, order))
    states = draft.length(STATE)
    for order in _swaps(draft.length(ACTION)):
        everywhere = np.tile(order, (states, 1))
        yield reordered(draft, everywhere)
        for s in range(states if states > 1 else 0):
            here = np.tile(np.arange(len(order)), (states, 1))
            here[s] = order
            yield reordered(draft, here)


def _swaps(n: int) -> Iterator[NDArray[np.intp]]:
    for i in range(n):
        for j in range(i):
            order = np.arange(n)
            order[[i, j]] = j, i
            yield order


def _taken(table: Table, axis: str, order: NDArray[np.intp]) -> Table:
    entries = table.entries
    for i, counted in enumerate(table.axes):
        if counted == axis:
            entries = np.take(entries, order, i)
    return table.with_entries(entries)


def _without(table: Table, axis: str, gone: int, onto: int) -> Table:
    """Leave out one index of an axis; where it is an outcome of distributions its mass goes elsewhere."""
    entries = table.entries
    if table.law and table.axes[-1] == axis:
        entries = entries.copy()
        mass = entries[..., gone].copy()
        entries[..., gone] = 0
        if onto == ITSELF and table.axes[-3:] == (STATE, ACTION, STATE):
            itself = np.arange(entries.shape[-1])
            stays = np.moveaxis(entries[..., itself, :, itself], 0, -2)
            entries[..., itself, :, itself] = np.moveaxis(stays + mass, -2, 0)
        elif onto >= 0:
            entries[..., onto] = entries[..., onto] + mass
        else:
            left = 1 - mass
            lost = left == 0
            entries = entries / np.where(lost, Fraction(1), left)[..., None]
            entries[..., (gone + 1) % entries.shape[-1]] += lost.astype(int)
    for i in reversed(range(len(table.axes))):
        if table.axes[i] == axis:
            entries = np.delete(entries, gone, i)
    return table.with_entries(entries)


def _keeping(draft: Draft, steps: Sequence[int]) -> Iterator[Draft]:
    """The same at some of its steps only."""
    horizon = draft.horizon or 1
    gone = [h for h in range(horizon) if h not in steps]
    changed: dict[Key, Table | None] = {}
    for (name, part), table in draft.tables.items():
        if table.past is not None:
            policy = isinstance(part, int)
            changed[name, part] = None if policy and part in gone else _forgetting(table, gone)
        elif table.n_steps > 1:
            changed[name, part] = table.with_entries(table.entries[list(steps)])
    yield draft.change(changed, horizon=len(steps))


def _forgetting(table: Table, gone: Sequence[int]) -> Table:
    """What happens after the first state and the first action at the steps that are gone."""
    past = table.past or 0
    forgotten = [h for h in gone if h < past]
    index: list[Any] = [slice(None)] * len(table.axes)
    for h in forgotten:
        index[2 * h : 2 * h + 2] = 0, 0
    axes = table.axes[2 * len(forgotten) :]
    return replace(table, entries=table.entries[tuple(index)], axes=axes, past=past - len(forgotten))


def _policies(draft: Draft) -> list[Table]:
    """The policies that act from the present state alone."""
    return [table for table in draft.tables.values() if table.law and table.axes == (STEP, STATE, ACTION)]


def _moved_on(draft: Draft, policy: Table, steps: int) -> Draft:
    """The first law of every model becomes that of the state after some steps with a policy."""
    changed: dict[Key, Table | None] = {}
    for key, table in draft.tables.items():
        if key[1] == "mu":
            law, p = table.entries, draft.tables[key[0], "P"]
            for h in range(steps):
                acting = policy.entries[min(h, policy.n_steps - 1)]
                moving = p.entries[min(h, p.n_steps - 1)]
                law = (law[:, None] * acting).ravel() @ moving.reshape(-1, len(law))
            changed[key] = table.with_entries(law)
    return draft.change(changed)


def _at_every_step(table: Table, h: int) -> Table:
    one = table.entries[h : h + 1]
    return table.with_entries(one if table.squeezes else np.repeat(one, table.n_steps, axis=0))
