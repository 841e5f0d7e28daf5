"""An instance taken apart for people: models, policies and functions as exact tables, everything else in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Series
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import Claim
from iltheory.claims.kinds import (
    Instance,
    Kind,
    PolicyKind,
    RewardKind,
    Sequence,
    Simplex,
    StateFunctionKind,
    first_model,
)
from iltheory.reporting.exact import exact_array, label
from sims import LinearMDP, TabularMDP
from sims import arithmetic as ar

Entries = NDArray[Any]
"""Fractions in an object array."""


@dataclass(frozen=True, eq=False)
class ExactModel:
    """Tables of one model; T is 1 if nothing in a table varies over the steps, else H.

    Attributes
    ----------
    name : of the parameter
    transitions, rewards, initial : fractions ``[T, S, A, S]``, ``[T, S, A]``, ``[S]``
    horizon, discount : one of them is None
    """

    name: str
    transitions: Entries
    rewards: Entries
    initial: Entries
    horizon: int | None
    discount: Fraction | None

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.initial)

    @property
    def n_actions(self) -> int:
        """Number of actions."""
        return int(self.rewards.shape[-1])

    @property
    def end(self) -> str:
        """The horizon or the discount, in words."""
        return f"horizon {self.horizon}" if self.discount is None else f"discount {self.discount}"


@dataclass(frozen=True, eq=False)
class NamedEntries:
    """Fractions under a parameter's name, or a place of it such as ``iterates[1]``."""

    name: str
    entries: Entries


@dataclass(frozen=True)
class InstanceParts:
    """An instance by what its values are.

    Attributes
    ----------
    models : every model
    policies, pair_functions : ``[T, S, A]`` each
    state_functions : ``[T, S]`` each; laws and sets of states are among them
    laws : distributions ``[n]``
    others : all further values, of any shape
    """

    models: list[ExactModel] = field(default_factory=list)
    policies: list[NamedEntries] = field(default_factory=list)
    pair_functions: list[NamedEntries] = field(default_factory=list)
    state_functions: list[NamedEntries] = field(default_factory=list)
    laws: list[NamedEntries] = field(default_factory=list)
    others: list[NamedEntries] = field(default_factory=list)


@dataclass(frozen=True)
class TextTable:
    """A table of texts, with what it shows as its title."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def parts_of(claim: Claim, instance: Instance) -> InstanceParts:
    """Take one instance of a claim (no batch axis) apart."""
    parts, model = InstanceParts(), first_model(instance)
    for name, kind in claim.parameters.items():
        value = instance[name]
        if isinstance(value, TabularMDP):
            parts.models.append(_exact_model(name, value))
            if isinstance(value, LinearMDP):
                factors = {part: getattr(value, part) for part in ("phi", "measures", "weights")}
                parts.others.extend(NamedEntries(f"{name}.{part}", exact_array(x)) for part, x in factors.items())
            continue
        for place, one in _places(name, value):
            entries = np.asarray(exact_array(one))
            of = kind.of if isinstance(kind, Sequence) else kind
            room, axes = _room(parts, of)
            if axes and model is not None:
                shape = (-1, model.n_states, model.n_actions)[: axes + 1]
                entries = _without_repeats(entries.reshape(shape))
            room.append(NamedEntries(place, entries))
    return parts


def _places(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple) and value[0].ndim == 0:
        yield name, ar.stack(value)
    elif isinstance(value, tuple):
        yield from ((f"{name}[{i}]", one) for i, one in enumerate(value))
    else:
        yield name, value


def _room(parts: InstanceParts, kind: Kind) -> tuple[list[NamedEntries], int]:
    """Where a value of a kind goes, and how many axes it has behind the steps (0: its shape is its own)."""
    if isinstance(kind, PolicyKind):
        return parts.policies, 2
    if isinstance(kind, RewardKind):
        return parts.pair_functions, 2
    if isinstance(kind, StateFunctionKind):
        return parts.state_functions, 1
    return (parts.laws, 0) if isinstance(kind, Simplex) else (parts.others, 0)


def _exact_model(name: str, mdp: TabularMDP) -> ExactModel:
    states, actions = mdp.n_states, mdp.n_actions
    return ExactModel(
        name,
        _without_repeats(exact_array(mdp.P).reshape(-1, states, actions, states)),
        _without_repeats(exact_array(mdp.r).reshape(-1, states, actions)),
        exact_array(mdp.mu).reshape(states),
        mdp.horizon,
        None if mdp.discount is None else Fraction(mdp.to("rational").discount),
    )


def _without_repeats(by_step: Entries) -> Entries:
    """The first step alone if all are the same."""
    return by_step[:1] if np.all(by_step == by_step[:1]) else by_step


def at_step(by_step: Entries, step: int) -> Entries:
    """The table of a step, counted from 0."""
    return by_step[min(step, len(by_step) - 1)]  # type: ignore[no-any-return]


def law_text(law: Entries, name: str = "s", text: Callable[[Fraction], str] = label) -> str:
    """The outcomes a law gives positive probability, as ``s0: 1/2, s1: 1/2``."""
    positive = np.flatnonzero(law)
    if len(positive) == 1 and law[positive[0]] == 1:
        return f"{name}{positive[0]}"
    return ", ".join(f"{name}{i}: {text(law[i])}" for i in positive)


def tables(parts: InstanceParts, *, text: Callable[[Fraction], str] = label) -> list[TextTable]:
    """Everything of an instance that has entries for states or outcomes, as few tables of texts.

    Steps are counted from 1; steps with the same entries share their rows. Policies and functions stand beside the
    last model of their size.

    Parameters
    ----------
    text : how to write a fraction
    """
    made: list[TextTable] = []
    owners = {(m.n_states, m.n_actions): m for m in parts.models}
    for model in parts.models:
        columns = [("next state", _map(lambda law: law_text(law, text=text), model.transitions, 1))]
        columns.append(("r", _map(text, model.rewards)))
        if owners[model.n_states, model.n_actions] is model:
            columns += [(part.name, _map(text, part.entries)) for part in (*parts.policies, *parts.pair_functions)]
        made += _by_step(model.name, model, ("state", "action"), columns)
    if parts.models and parts.state_functions:
        columns = [(part.name, _map(text, part.entries)) for part in parts.state_functions]
        made += _by_step("functions of the state", parts.models[-1], ("state",), columns)
    if parts.laws:
        rows = [[text(x) for x in part.entries] for part in parts.laws]
        outcomes = [str(i) for i in range(len(rows[0]))]
        names = tuple(part.name for part in parts.laws)
        made.append(TextTable("distributions", ("outcome", *names), tuple(zip(outcomes, *rows, strict=True))))
    return made


def sentences(parts: InstanceParts, *, text: Callable[[Fraction], str] = label) -> list[str]:
    """What is left beside :func:`tables`: first laws, horizons and discounts of models, and values of other kinds."""
    said = [f"{model.name}: {model.end}, starts in {law_text(model.initial, text=text)}" for model in parts.models]
    return [*said, *(f"{part.name} = {nested_text(part.entries, text)}" for part in parts.others)]


def nested_text(entries: Entries, text: Callable[[Fraction], str] = label) -> str:
    """A number, or numbers in nested brackets."""
    if entries.ndim == 0:
        return text(entries.item())
    return f"({', '.join(nested_text(np.asarray(one, dtype=object), text) for one in entries)})"


def function_text(part: NamedEntries, axes: str) -> str:
    """A function of (step and) state or pair in words, such as ``q(s0, a1) = 1/2, 0 elsewhere``.

    Parameters
    ----------
    axes : letters of the arguments behind the step: ``sa`` or ``s``
    """
    entries = part.entries
    values, counts = np.unique(entries, return_counts=True)
    usual = Fraction(0) if np.any(values == 0) else values[int(np.argmax(counts))]
    if len(values) == 1:
        return f"{part.name} = {label(usual)} everywhere"
    named = [
        f"{part.name}{f'_{place[0] + 1}' * (len(entries) > 1)}"
        f"({', '.join(f'{letter}{i}' for letter, i in zip(axes, place[1:], strict=True))}) = {label(entries[place])}"
        for place in map(tuple, np.argwhere(entries != usual).tolist())
    ]
    return f"{', '.join(named)}, {label(usual)} elsewhere"


def joined(series: Series[NamedEntries]) -> list[NamedEntries]:
    """Neighbours in a sequence that are equal, under one name such as ``learners[1]-[3]``."""
    named = []
    for _, run in groupby(series, key=lambda part: (part.name.partition("[")[0], part.entries.tolist())):
        same = list(run)
        span = f"-[{same[-1].name.partition('[')[2]}" if len(same) > 1 else ""
        named.append(NamedEntries(same[0].name + span, same[0].entries))
    return named


def _map(function: Callable[[Any], str], entries: Entries, inner: int = 0) -> NDArray[Any]:
    """Apply a function to each entry, or to each array of the last ``inner`` axes."""
    shape = entries.shape[: entries.ndim - inner]
    texts = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        texts[place] = function(entries[place])
    return texts


def _by_step(
    name: str, model: ExactModel, indices: tuple[str, ...], columns: list[tuple[str, NDArray[Any]]]
) -> list[TextTable]:
    """One table of the columns that are the same at every step, one of those that are not."""
    made = []
    steady = [(head, texts) for head, texts in columns if len(texts) == 1]
    varying = [(head, texts) for head, texts in columns if len(texts) > 1]
    for chosen, heads in ((steady, indices), (varying, ("step", *indices))):
        if not chosen:
            continue
        rows: list[tuple[str, ...]] = []
        steps = range(max(len(texts) for _, texts in chosen))
        for _row, run in groupby(steps, key=lambda h: [texts[h].tolist() for _, texts in chosen]):
            same = list(run)
            span = [f"{same[0] + 1}-{same[-1] + 1}" if len(same) > 1 else str(same[0] + 1)] if len(steps) > 1 else []
            for place in np.ndindex(*chosen[0][1].shape[1:]):
                where = [f"{axis[0]}{i}" for axis, i in zip(indices, place, strict=True)]
                rows.append((*span, *where, *(texts[(same[0], *place)] for _, texts in chosen)))
        when = "by step" if len(steps) > 1 else "at every step"
        title = name if model.horizon == 1 else f"{name}, {when}"
        made.append(TextTable(title, (*heads, *(head for head, _ in chosen)), tuple(rows)))
    return made
