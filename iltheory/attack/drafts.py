"""Exact instances taken apart into labelled tables, so that states, actions and steps can be cut from all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Series
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.counterexample import Size
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
    Sequence,
    Simplex,
    StateFunctionKind,
)
from iltheory.claims.linear_kinds import LinearKind
from sims import LinearMDP, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import RationalArray

STEP, STATE, ACTION, ITEM, OUTCOME, FEATURE = "step", "state", "action", "item", "outcome", "feature"
OTHER = "other"
"""What the axes of a table count; an axis of another kind keeps its length."""

Key = tuple[str, str | int]
"""A table: the parameter it belongs to, and ``P``, ``r``, ``mu``, ``discount``, its place in a sequence, or ``""``."""


@dataclass(frozen=True, eq=False)
class Table:
    """Exact numbers, the same in float64, and what their axes count.

    Attributes
    ----------
    floats : float64 array
    exact : computes the object array of ``Fraction`` behind it, which few candidates of a search ever need
    axes : ``step``, ``state``, ``action``, ``item`` (of a sequence), ``outcome`` or ``other``, one an axis; as the last
        axis of a table of distributions ``state`` is the next state or the state itself
    domain : ``Rows`` of distributions along the last axis, or a ``Box`` of numbers
    past : of functions of the past, how many pairs (state, action) of steps gone by the first axes count: one axis of
        the parameter; None for all others
    squeezes : whether the step axis may have length 1 for all steps
    """

    floats: NDArray[np.float64]
    exact: Callable[[], NDArray[Any]]
    axes: tuple[str, ...]
    domain: Domain
    past: int | None = None
    squeezes: bool = False

    @cached_property
    def entries(self) -> NDArray[Any]:
        """The exact numbers."""
        return self.exact()

    @property
    def law(self) -> bool:
        """Whether rows are distributions."""
        return isinstance(self.domain, Rows)

    @property
    def n_steps(self) -> int:
        """Length of the step axis, 1 without one."""
        return self.floats.shape[0] if self.axes[:1] == (STEP,) else 1

    @property
    def places(self) -> Iterator[tuple[int, ...]]:
        """Indices of its rows if they are distributions, else of its entries."""
        return np.ndindex(self.floats.shape[:-1] if self.law else self.floats.shape)

    def changed(self, change: Callable[..., NDArray[Any]], *others: Table, **changes: Any) -> Table:
        """Apply a function of arrays of any number type to the entries, and to those of other tables."""
        tables = (self, *others)
        return replace(
            self,
            floats=change(*(table.floats for table in tables)),
            exact=lambda: change(*(table.entries for table in tables)),
            **changes,
        )

    @cached_property
    def bits(self) -> int:
        """Bits of all numerators and denominators."""
        return sum(map(_bits, self.entries.ravel()))

    @cached_property
    def branches(self) -> int:
        """Positive probabilities beyond one a row."""
        return int(np.count_nonzero(self.floats)) - self.floats.size // self.floats.shape[-1] if self.law else 0

    @cached_property
    def position(self) -> float:
        """How far distributions lie from their first entries."""
        return float((self.floats @ np.arange(self.floats.shape[-1])).sum()) if self.law else 0.0

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
        lengths = [table.floats.shape[table.axes.index(axis)] for table in self.tables.values() if axis in table.axes]
        return max(lengths, default=0)

    @cached_property
    def size(self) -> Size:
        """How large the instance is."""
        models = [name for name, kind in self.claim.parameters.items() if isinstance(kind, Model)]
        owned = {key for key in self.tables if key[1] != "discount"}
        shared = sum((name, "mu") not in owned for name in models) * self.length(STATE)
        numbers = sum(self.tables[key].floats.size for key in owned) + shared
        numbers += Size.of(self.fixed).numbers
        if models:
            return Size(numbers, self.length(STATE), self.length(ACTION), self.horizon or 0)
        vectors = [t.floats.size for t in self.tables.values() if t.floats.ndim == 1]
        return Size(numbers, max(vectors, default=0), 0, 0)

    @cached_property
    def shape(self) -> tuple[Any, ...]:
        """What instances that can be evaluated together have in common."""
        shapes = tuple((key, table.floats.shape) for key, table in self.tables.items())
        discounts = tuple(table.entries[()] for key, table in self.tables.items() if key[1] == "discount")
        fixed = tuple(value if isinstance(value, int) else id(value) for value in self.fixed.values())
        return shapes, self.horizon, discounts, fixed

    def instance(self) -> dict[str, Any]:
        """Put the exact instance together again."""
        return _assemble(self, lambda key: ar.asarray(self.tables[key].entries), ar.RATIONAL, batch_axes=0)


def stack(drafts: Series[Draft]) -> dict[str, Any]:
    """Put instances of one shape together as one float64 batch."""

    def numbers(key: Key) -> NDArray[np.float64]:
        if key[1] == "discount":  # of one shape, so the same for all
            return drafts[0].tables[key].floats
        return np.stack([draft.tables[key].floats for draft in drafts])

    return _assemble(drafts[0], numbers, ar.FLOAT64, batch_axes=1)


def _bits(x: Fraction) -> int:
    """Bits of numerator and denominator: 0, 1, 2 for 0, 1, 1/2; a negative number has one more."""
    return x.numerator.bit_length() + x.denominator.bit_length() - 1 + (x < 0)


def _table(value: RationalArray, axes: tuple[str, ...], domain: Domain, **options: Any) -> Table:
    return Table(ar.midpoint(value), lambda: np.asarray(value.fractions(), dtype=object), axes, domain, **options)


def _tables(name: str, kind: Kind, value: Any, models: Series[TabularMDP]) -> dict[Key, Table]:
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
    if isinstance(kind, Sequence):
        parts = [_array(kind.of, part, steps, models) for part in value]
        return {(name, i): part for i, part in enumerate(parts) if part is not None}
    part = _array(kind, value, steps, models)
    return {} if part is None else {(name, ""): part}


def _array(kind: Kind, value: Any, steps: tuple[str, ...], models: Series[TabularMDP]) -> Table | None:
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


def _model_tables(name: str, kind: Model, mdp: TabularMDP, models: Series[TabularMDP]) -> dict[Key, Table]:
    """Tables of a model; a later one shares the first law and the discount of the first if they are the same."""
    finite = mdp.horizon is not None
    steps = (STEP,) if finite else ()
    first = models[0]
    found: dict[Key, Table]
    if isinstance(kind, LinearKind):
        axes = {"phi": (STATE, ACTION, FEATURE), "measures": (FEATURE, STATE), "weights": (FEATURE,)}
        found = {(name, part): _table(getattr(mdp, part), axes[part], domain) for part, domain in kind.factors.items()}
        return found | _shared_tables(name, mdp, first)
    found = {
        (name, "P"): _table(
            mdp.transitions.dense() if finite else mdp.P,
            (*steps, STATE, ACTION, STATE),
            kind.transitions,
            squeezes=True,
        ),
        (name, "r"): _table(mdp.rewards(), (*steps, STATE, ACTION), kind.rewards, squeezes=True),
    }
    return found | _shared_tables(name, mdp, first)


def _shared_tables(name: str, mdp: TabularMDP, first: TabularMDP) -> dict[Key, Table]:
    """First law and discount of a model, unless they are those of the first."""
    found: dict[Key, Table] = {}
    if mdp is first or not (mdp.mu == first.mu).all():
        found[name, "mu"] = _table(mdp.mu, (STATE,), Rows())
    if mdp.horizon is None and (mdp is first or not (mdp.discount == first.discount).all()):
        found[name, "discount"] = _table(mdp.discount, (), Box(0, 1))
    return found


def _assemble(draft: Draft, numbers: Callable[[Key], Any], system: Any, *, batch_axes: int) -> dict[str, Any]:
    instance: dict[str, Any] = {}
    owner = ""
    for name, kind in draft.claim.parameters.items():
        if isinstance(kind, Model):
            owner = owner or name
            instance[name] = _model(draft, name, kind, owner, numbers, batch_axes)
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


def _model(
    draft: Draft, name: str, kind: Model, owner: str, numbers: Callable[[Key], Any], batch_axes: int
) -> TabularMDP:
    def shared(part: str) -> Any:
        return numbers((name, part) if (name, part) in draft.tables else (owner, part))

    end = {"discount": shared("discount")} if draft.horizon is None else {"horizon": draft.horizon}
    if isinstance(kind, LinearKind):
        factors = {part: numbers((name, part)) for part in kind.factors}
        return LinearMDP(**factors, mu=shared("mu"), **end, batch_axes=batch_axes)
    p, r = numbers((name, "P")), numbers((name, "r"))
    unpaid = np.zeros(r.shape[-2:], dtype=np.int64)
    # with_rewards, because r[H, S, A] could be read as r[S, A, S] where the three sizes are equal
    return TabularMDP(p, unpaid, shared("mu"), **end, batch_axes=batch_axes).with_rewards(r)


def _renumbered(tables: dict[Key, Table]) -> dict[Key, Table]:
    found: dict[Key, Table] = {}
    for (name, part), table in tables.items():
        place = sum(key[0] == name for key in found) if isinstance(part, int) else part
        found[name, place] = table
    return found
