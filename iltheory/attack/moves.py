"""Ways to make an exact instance smaller: without a state, an action, a step, an entry of a sequence, an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.drafts import ACTION, FEATURE, ITEM, OUTCOME, STATE, STEP, Draft, Key, Table
from iltheory.claims.kinds import Count

CHOICES = 64
"""Most ways of leaving out one action in each state, a different one in each, that are tried."""

ITSELF, OTHERS = -1, -2
"""Where the mass of a state that is left out goes: it stays where it came from, or to all others in proportion."""


def smaller(draft: Draft) -> Iterator[Draft]:
    """Every instance with one state, action, step, entry, ... less, with several less, or a lower count."""
    yield from much_smaller(draft)
    for axis in (STATE, OUTCOME, FEATURE):
        yield from without_one(draft, axis)
    yield from states_in_turn(draft)
    yield from fewer_actions(draft)
    yield from fewer_items(draft)
    yield from constant_in_time(draft)


def much_smaller(draft: Draft) -> Iterator[Draft]:
    """The few among them that cut the most: lower counts, fewer steps, half of the states, a quarter, ..."""
    yield from lower_counts(draft)
    yield from fewer_steps(draft)
    for axis in (STATE, OUTCOME):
        yield from without_several(draft, axis)


def lower_counts(draft: Draft) -> Iterator[Draft]:
    """Every smaller value of a whole number."""
    for name, kind in draft.claim.parameters.items():
        if isinstance(kind, Count):
            for count in range(kind.least, draft.fixed[name]):
                yield draft.change({}, **{name: count})


def without_several(draft: Draft, axis: str) -> Iterator[Draft]:
    """Leave out half of the states or outcomes, a quarter, ..., down to two; their mass goes to all others."""
    n = draft.length(axis)
    several = n // 2
    while several > 1:
        for first in range(0, n, several):
            cut = draft
            for gone in reversed(range(first, min(first + several, n))):
                cut = cut.each(partial(_without, axis=axis, gone=gone, onto=OTHERS))
            yield cut
        several //= 2


def without_one(draft: Draft, axis: str) -> Iterator[Draft]:
    """Leave out one state, outcome or feature: its mass goes to another, to all others, or stays where it was."""
    n = draft.length(axis)
    for gone in range(n if n > 1 else 0):
        for onto in [*(i for i in range(n) if i != gone), OTHERS, *[ITSELF] * (axis == STATE)]:
            yield draft.each(partial(_without, axis=axis, gone=gone, onto=onto))


def states_in_turn(draft: Draft) -> Iterator[Draft]:
    """Merge two states into one that is, at each step, the one of them that some policy is more likely to be in."""
    policies, n = _policies(draft), draft.length(STATE)
    if (draft.horizon or 1) == 1 or n < 2:
        return
    for law in map(partial(_state_laws, draft), policies):
        for gone, onto in permutations(range(n), 2):
            turns = law[:, gone] > law[:, onto]
            if turns.any():
                merged = draft.each(partial(_taking_turns, gone=gone, onto=onto, turns=turns))
                yield merged.each(partial(_without, axis=STATE, gone=gone, onto=onto))


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
            yield arranged.each(partial(_without, axis=ACTION, gone=n - 1, onto=onto))


def fewer_items(draft: Draft) -> Iterator[Draft]:
    """Leave out one entry of a sequence, and of everything with one number for each entry."""
    lengths: dict[str, int] = {}
    for (name, part), table in draft.tables.items():
        if isinstance(part, int) and table.past is None:
            lengths[name] = part + 1
    linked = draft.length(ITEM)
    for length in sorted(set(lengths.values())):
        group = [name for name in lengths if lengths[name] == length]  # sequences of one length belong together
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
        if steps[0] > 0:
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

    def reorder(entries: NDArray[Any], axes: tuple[str, ...]) -> NDArray[Any]:
        for i in range(len(axes) - 1):
            if axes[i : i + 2] == (STATE, ACTION):
                pairs = np.moveaxis(entries, (i, i + 1), (0, 1))
                entries = np.moveaxis(pairs[states, order], (0, 1), (i, i + 1))
        return entries

    return draft.each(lambda table: table.changed(lambda entries: reorder(entries, table.axes)))


def renumbered(draft: Draft) -> Iterator[Draft]:
    """Swap two states, outcomes or entries, or two actions in one state or in all."""
    for axis in (STATE, OUTCOME):
        for order in _swaps(draft.length(axis)):
            yield draft.each(partial(_taken, axis=axis, order=order))
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
    def take(entries: NDArray[Any]) -> NDArray[Any]:
        for i in _places(table, axis):
            entries = np.take(entries, order, i)
        return entries

    return table.changed(take)


def _without(table: Table, axis: str, gone: int, onto: int) -> Table:
    """Leave out one index of an axis; where it is an outcome of distributions its mass goes elsewhere."""
    if axis not in table.axes:
        return table
    redirects = table.law and table.axes[-1] == axis
    stays = onto == ITSELF and table.axes[-3:] == (STATE, ACTION, STATE)

    def leave_out(entries: NDArray[Any]) -> NDArray[Any]:
        if redirects:
            entries = _redirected(entries, gone, onto if onto != ITSELF or stays else OTHERS)
        for i in reversed(_places(table, axis)):
            entries = np.delete(entries, gone, i)
        return entries

    return table.changed(leave_out)


def _redirected(laws: NDArray[Any], gone: int, onto: int) -> NDArray[Any]:
    """Move the mass of one outcome of distributions ``[..., n]``; to stay where it was, ``[..., n, A, n]``."""
    laws, mass = laws.copy(), laws[..., [gone]]
    laws[..., gone] = 0
    if onto == ITSELF:
        states = np.arange(laws.shape[-1])
        stays = np.moveaxis(laws[..., states, :, states], 0, -2)
        laws[..., states, :, states] = np.moveaxis(stays + mass[..., 0], -2, 0)
    elif onto == OTHERS:
        lost = mass == 1
        laws = laws / np.where(lost, 1, 1 - mass)
        laws[..., [(gone + 1) % laws.shape[-1]]] += np.where(lost, 1, 0)
    else:
        laws[..., [onto]] += mass
    return laws


def _places(table: Table, axis: str) -> list[int]:
    return [i for i, counted in enumerate(table.axes) if counted == axis]


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
            changed[name, part] = table.changed(lambda entries: entries[list(steps)])
    yield draft.change(changed, horizon=len(steps))


def _forgetting(table: Table, gone: Sequence[int]) -> Table:
    """What happens after the first state and the first action at the steps that are gone."""
    past = table.past or 0
    forgotten = [h for h in gone if h < past]
    index: list[Any] = [slice(None)] * len(table.axes)
    for h in forgotten:
        index[2 * h : 2 * h + 2] = 0, 0
    axes = table.axes[2 * len(forgotten) :]
    return table.changed(lambda entries: entries[tuple(index)], axes=axes, past=past - len(forgotten))


def _policies(draft: Draft) -> list[Table]:
    """The policies that act from the present state alone."""
    return [table for table in draft.tables.values() if table.law and table.axes == (STEP, STATE, ACTION)]


def _state_laws(draft: Draft, policy: Table) -> NDArray[np.float64]:
    """Law of the state at each step, ``[H, S]``, in the first model."""
    first = next(name for name, part in draft.tables if part == "mu")
    laws, moving = [draft.tables[first, "mu"].floats], _moving(draft, first).floats
    for h in range((draft.horizon or 1) - 1):
        laws.append(_next_law(laws[-1], policy.floats, moving, h))
    return np.stack(laws)


def _moving(draft: Draft, name: str) -> Table:
    """Transition probabilities of a model that has a horizon."""
    if (name, "P") in draft.tables:
        return draft.tables[name, "P"]
    return draft.tables[name, "phi"].changed(lambda phi, law: (phi @ law)[None], draft.tables[name, "measures"])


def _next_law(law: NDArray[Any], acts: NDArray[Any], p: NDArray[Any], h: int) -> NDArray[Any]:
    acting, moving = acts[min(h, len(acts) - 1)], p[min(h, len(p) - 1)]
    return np.asarray((law[:, None] * acting).ravel() @ moving.reshape(-1, len(law)))


def _taking_turns(table: Table, gone: int, onto: int, turns: NDArray[np.bool_]) -> Table:
    """A state does as another one at some steps; transitions stay as they are."""
    if table.axes[:2] != (STEP, STATE) or (table.law and table.axes[-1] == STATE):
        return table

    def take_turns(entries: NDArray[Any]) -> NDArray[Any]:
        entries = np.repeat(entries, len(turns) // len(entries), axis=0)
        entries[turns, onto] = entries[turns, gone]
        return entries

    return table.changed(take_turns)


def _moved_on(draft: Draft, policy: Table, steps: int) -> Draft:
    """The first law of every model becomes that of the state after some steps with a policy."""

    def move_on(law: NDArray[Any], acts: NDArray[Any], p: NDArray[Any]) -> NDArray[Any]:
        for h in range(steps):
            law = _next_law(law, acts, p, h)
        return law

    return draft.change(
        {
            (name, part): table.changed(move_on, policy, _moving(draft, name))
            for (name, part), table in draft.tables.items()
            if part == "mu"
        }
    )


def _at_every_step(table: Table, h: int) -> Table:
    repeats = 1 if table.squeezes else table.n_steps
    return table.changed(lambda entries: np.repeat(entries[h : h + 1], repeats, axis=0))
