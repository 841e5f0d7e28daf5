"""Exact instances taken apart into labelled tables, so that states, actions and steps can be cut from all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import Claim
from iltheory.claims.codes import CodeGuessKind, CodePriorKind
from iltheory.claims.domains import Box, Domain, Rows
from iltheory.claims.feature_kinds import WeightsKind
from iltheory.claims.kinds import (
    ArrayKind,
    HistoryPolicyKind,
    Instance,
    Kind,
    Model,
    PolicyKind,
    RewardKind,
    Sequence as SequenceKind,
    Simplex,
    StateFunctionKind,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import RationalArray

STEP, STATE, ACTION, ITEM, OUTCOME, OTHER = "step", "state", "action", "item", "outcome", "other"
"""What the axes of a table count; an axis of another kind keeps its length."""

Key = tuple[str, str | int]
"""A table: the parameter it belongs to, and ``P``, ``r``, ``mu``, ``discount``, its place in a sequence, or ``""``."""


@dataclass(frozen=True, eq=False)
class Table:
    """Exact numbers, and what their axes count.

    Attributes
    ----------
    entries : object array of ``Fraction``
    axes : ``step``, ``state``, ``action``, ``item`` (of a sequence), ``outcome`` or ``other``, one an axis; as the last
        axis of a table of distributions ``state`` is the next state or the state itself
    domain : ``Rows`` of distributions along the last axis, or a ``Box`` of numbers
    past : of functions of the past, how many pairs (state, action) of steps gone by the first axes count: one axis of
        the parameter; None for all others
    squeezes : whether the step axis may have length 1 for all steps
    """

    entries: NDArray[Any]
    axes: tuple[str, ...]
    domain: Domain
    past: int | None = None
    squeezes: bool = False

    @property
    def law(self) -> bool:
        """Whether rows are distributions."""
        return isinstance(self.domain, Rows)

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The entries in float64."""
        return np.asarray(self.entries.astype(np.float64))

    @property
    def n_steps(self) -> int:
        """Length of the step axis, 1 without one."""
        return self.entries.shape[0] if self.axes[:1] == (STEP,) else 1

    def with_entries(self, entries: Any, **changes: Any) -> Table:
        """The same table with other entries."""
        return replace(self, entries=np.asarray(entries, dtype=object), **changes)

    @cached_property
    def complexity(self) -> tuple[int, int, float]:
        """Probabilities beyond one a row, bits of all numbers, and how far distributions lie from their first entry."""
        bits = sum(map(_bits, self.entries.ravel()))
        if not self.law:
            return 0, bits, 0.0
        branches = int(np.count_nonzero(self.floats)) - self.floats.size // self.floats.shape[-1]
        return branches, bits, float((self.floats @ np.arange(self.floats.shape[-1])).sum())

    @cached_property
    def rows(self) -> frozenset[bytes]:
        """The different rows along the last axis."""
        rows = (self.floats + 0.0).reshape(-1, self.floats.shape[-1] if self.axes else 1)
        return frozenset(row.tobytes() for row in rows)


@dataclass(frozen=True, eq=False)
class Draft:
    """One exact instance of a claim in parts.

    Attributes
    ----------
    claim : the claim
    tables : by parameter and part
    fixed : whole numbers, and values of kinds without numbers to move
    horizon : steps, or None
    """

    claim: Claim
    tables: Mapping[Key, Table]
    fixed: Mapping[str, Any]
    horizon: int | None

    @classmethod
    def of(cls, claim: Claim, instance: Instance) -> Draft:
        """Take an exact instance (no batch axis) apart."""
        models = [value for value in instance.values() if isinstance(value, TabularMDP)]
        tables: dict[Key, Table] = {}
        for name, kind in claim.parameters.items():
            tables |= _tables(name, kind, instance[name], models)
        fixed = {name: value for name, value in instance.items() if not any(key[0] == name for key in tables)}
        return cls(claim, tables, fixed, models[0].horizon if models else None)

    def change(self, tables: Mapping[Key, Table | None], *, horizon: int | None = None, **fixed: Any) -> Draft:
        """Replace some tables, drop those given as None, and renumber sequences."""
        kept = {key: table for key, table in {**self.tables, **tables}.items() if table is not None}
        if len(kept) < len(self.tables):
            kept = _renumbered(kept)
        return Draft(self.claim, kept, {**self.fixed, **fixed}, horizon or self.horizon)

    def each(self, change: Callable[[Table], Table]) -> Draft:
        """Change every table."""
        return self.change({key: change(table) for key, table in self.tables.items()})

    def length(self, axis: str) -> int:
        """How many states, actions, outcomes or items there are; 0 if no table counts them."""
        lengths = [
            table.entries.shape[table.axes.index(axis)] for table in self.tables.values() if axis in table.axes
        ]
        return max(lengths, default=0)

    @cached_property
    def shape(self) -> tuple[Any, ...]:
        """What instances that can be evaluated together have in common."""
        shapes = tuple((key, table.entries.shape) for key, table in self.tables.items())
        return shapes, self.horizon, tuple((name, id(v) if not isinstance(v, int) else v) for name, v in self.fixed.items())

    def instance(self) -> dict[str, Any]:
        """Put the exact instance together again."""
        return _assemble(self, lambda key: ar.asarray(self.tables[key].entries), ar.RATIONAL, batch_axes=0)


def stack(drafts: Sequence[Draft]) -> dict[str, Any]:
    """Put instances of one shape together as one float64 batch."""
    first = drafts[0]
    return _assemble(
        first, lambda key: np.stack([draft.tables[key].floats for draft in drafts]), ar.FLOAT64, batch_axes=1
    )


def _bits(x: Fraction) -> int:
    """Bits of numerator and denominator: 0, 1, 2 for 0, 1, 1/2; a negative number has one more."""
    return x.numerator.bit_length() + x.denominator.bit_length() - 1 + (x < 0)


def _table(value: RationalArray, axes: tuple[str, ...], domain: Domain, **options: Any) -> Table:
    return Table(np.asarray(value.fractions(), dtype=object), axes, domain, **options)


def _tables(name: str, kind: Kind, value: Any, models: Sequence[TabularMDP]) -> dict[Key, Table]:
    if isinstance(kind, Model):
        return _model_tables(name, kind, value, models)
    steps = () if not models or models[-1].horizon is None else (STEP,)
    if isinstance(kind, HistoryPolicyKind):
        mdp = models[-1]
        sizes = (mdp.n_states, mdp.n_actions)
        return {
            (name, h): _table(ar.reshape(act, sizes * (h + 1)), (STATE, ACTION) * (h + 1), Rows(), past=h)
            for h, act in enumerate(value)
        }
    if isinstance(kind, SequenceKind):
        parts = [_array(kind.of, part, steps, models) for part in value]
        return {(name, i): part for i, part in enumerate(parts) if part is not None}
    part = _array(kind, value, steps, models)
    return {} if part is None else {(name, ""): part}


def _array(kind: Kind, value: Any, steps: tuple[str, ...], models: Sequence[TabularMDP]) -> Table | None:
    """One array of numbers, None if the kind does not say what its numbers may be."""
    if kind.domain is None:
        return None
    match kind:
        case PolicyKind():
            return _table(value, (*steps, STATE, ACTION), kind.domain, squeezes=True)
        case RewardKind():
            return _table(value, (*steps, STATE, ACTION), kind.domain)
        case StateFunctionKind():
            return _table(value, (*steps, STATE), kind.domain)
        case CodeGuessKind():
            mdp = models[-1]
            past = mdp.horizon or 0
            cut = ar.reshape(value, ((mdp.n_states, mdp.n_actions) * past) + (value.shape[-1],))
            return _table(cut, (*(STATE, ACTION) * past, ITEM), kind.domain, past=past)
        case WeightsKind() | CodePriorKind():
            return _table(value, (ITEM,), kind.domain)
        case Simplex():
            return _table(value, (OUTCOME,), kind.domain)
        case ArrayKind():
            return _table(value, (OTHER,) * value.ndim, kind.domain)
    return None


def _model_tables(name: str, kind: Model, mdp: TabularMDP, models: Sequence[TabularMDP]) -> dict[Key, Table]:
    """Tables of a model; a later one shares the first law and the discount of the first if they are the same."""
    finite = mdp.horizon is not None
    steps = (STEP,) if finite else ()
    first = models[0]
    found = {
        (name, "P"): _table(
            mdp.transitions.dense() if finite else mdp.P, (*steps, STATE, ACTION, STATE), kind.transitions, squeezes=True
        ),
        (name, "r"): _table(mdp.rewards(), (*steps, STATE, ACTION), kind.rewards, squeezes=True),
    }
    if mdp is first or not (mdp.mu == first.mu).all():
        found[name, "mu"] = _table(mdp.mu, (STATE,), Rows())
    if not finite and (mdp is first or not (mdp.discount == first.discount).all()):
        found[name, "discount"] = _table(mdp.discount, (), Box(0, 1))
    return found


def _assemble(draft: Draft, numbers: Callable[[Key], Any], system: Any, *, batch_axes: int) -> dict[str, Any]:
    instance: dict[str, Any] = {}
    owner = ""
    for name, kind in draft.claim.parameters.items():
        if isinstance(kind, Model):
            owner = owner or name
            instance[name] = _model(draft, name, owner, numbers, batch_axes)
            continue
        keys = [key for key in draft.tables if key[0] == name]
        if not keys:
            instance[name] = kind.convert(draft.fixed[name], system)
        elif keys == [(name, "")]:
            instance[name] = _joined(draft.tables[name, ""], numbers((name, "")), batch_axes)
        else:
            instance[name] = tuple(_joined(draft.tables[key], numbers(key), batch_axes) for key in keys)
    return instance


def _joined(table: Table, numbers: Any, batch_axes: int) -> Any:
    """Numbers in the shape of the parameter: pairs of steps gone by are one axis."""
    if table.past is None:
        return numbers
    now = numbers.shape[batch_axes + 2 * table.past :]
    return ar.reshape(numbers, (*numbers.shape[:batch_axes], -1, *now))


def _model(draft: Draft, name: str, owner: str, numbers: Callable[[Key], Any], batch_axes: int) -> TabularMDP:
    def shared(part: str) -> Any:
        return numbers((name, part) if (name, part) in draft.tables else (owner, part))

    p, r = numbers((name, "P")), numbers((name, "r"))
    end = {"discount": shared("discount")} if draft.horizon is None else {"horizon": draft.horizon}
    unpaid = np.zeros(r.shape[-2:], dtype=np.int64)
    # with_rewards, because r[H, S, A] could be read as r[S, A, S] where the three sizes are equal
    return TabularMDP(p, unpaid, shared("mu"), **end, batch_axes=batch_axes).with_rewards(r)


def _renumbered(tables: dict[Key, Table]) -> dict[Key, Table]:
    found: dict[Key, Table] = {}
    for (name, part), table in tables.items():
        place = sum(key[0] == name for key in found) if isinstance(part, int) else part
        found[name, place] = table
    return found
