"""Instances of a claim as tables of free numbers: what every search moves.

An instance of some :class:`Shape` is a list of tables: distributions along the last axis, or numbers in a box. The
same coordinates serve numpy and torch arrays in float64, and exact rationals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import Claim
from iltheory.claims.domains import Domain, Rows
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import Count, Instance, Kind, Model, PolicyKind
from iltheory.claims.linear_kinds import LinearKind
from sims import LinearMDP, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import RationalArray

BITS = 30
"""Exact instances are multiples of ``2**-BITS``."""

Tables = Sequence[Any]
"""One array ``[N, *shape]`` for each block."""

LEARNER_CLASSES = ("time-varying", "stationary", "deterministic")


@dataclass(frozen=True)
class Shape:
    """Sizes of the instances of a search.

    Attributes
    ----------
    n_states, n_actions, horizon : of models; ``n_states`` is also the number of outcomes of plain distributions
    discount : of discounted models, as numerator and denominator
    length : number of entries of sequence parameters
    stationary : whether P and r are the same at every step
    counts : how much whole-number parameters are above their least value, in turn (0 for those beyond), but none is
        above the greatest that is drawn
    """

    n_states: int = 2
    n_actions: int = 2
    horizon: int = 2
    discount: tuple[int, int] = (1, 2)
    length: int = 2
    stationary: bool = False
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Block:
    """One table of free numbers.

    Attributes
    ----------
    name : parameter it belongs to
    part : ``P``, ``r`` or ``mu`` of a model (of a linear one ``phi``, ``measures``, ``weights`` or ``mu``), the
        position in a sequence, or None
    domain : what its numbers may be
    shape : without the batch axis
    """

    name: str
    part: str | int | None
    domain: Domain
    shape: tuple[int, ...]


class Coordinates:
    """Free numbers of the instances of a claim that have one shape.

    Parameters
    ----------
    claim : the claim
    shape : sizes of the instances
    rng : draws what no search can move: values of kinds without a domain
    learners : class that policies other than ``expert`` are taken from: ``time-varying``, ``stationary`` or
        ``deterministic`` (time-varying, too), where the claim allows more

    Attributes
    ----------
    blocks : the tables, in the order of the parameters
    words : the shape, as far as the claim has such sizes
    """

    def __init__(self, claim: Claim, shape: Shape, rng: np.random.Generator, *, learners: str = "time-varying") -> None:
        if learners not in LEARNER_CLASSES:
            raise ValueError(f"learners={learners!r} must be one of {', '.join(LEARNER_CLASSES)}")
        scale = Scale(
            size=1,
            n_states=shape.n_states,
            n_actions=shape.n_actions,
            horizon=shape.horizon,
            discount=shape.discount,
            stationary=shape.stationary,
            length=shape.length,
        )
        prototype: dict[str, Any] = {}
        counts = list(shape.counts)
        for name, kind in claim.parameters.items():
            prototype[name] = _count(kind, counts) if isinstance(kind, Count) else kind.draw(rng, scale, prototype)
        self._setup(claim, prototype, learners)

    @classmethod
    def of(cls, claim: Claim, instance: Instance, *, learners: str = "time-varying") -> Self:
        """Coordinates of all instances that have the shape of a given one (no batch axis)."""
        new = cls.__new__(cls)
        prototype = {name: _batched(instance[name]) for name, kind in claim.parameters.items()}
        new._setup(claim, prototype, learners)
        return new

    def _setup(self, claim: Claim, prototype: dict[str, Any], learners: str) -> None:
        self.claim, self.prototype = claim, prototype
        blocks: list[Block] = []
        models = 0
        for name, kind in claim.parameters.items():
            learner = isinstance(kind, PolicyKind) and name != "expert"
            among = learners if learner else LEARNER_CLASSES[0]
            blocks += _blocks(name, kind, prototype[name], first=models == 0, learners=among)
            models += isinstance(kind, Model)
        self.blocks = tuple(blocks)
        self.words = _words(claim, self.prototype)

    @property
    def numbers(self) -> int:
        """How many numbers an instance has."""
        return sum(int(np.prod(block.shape)) for block in self.blocks)

    def instance(self, tables: Tables) -> dict[str, Any]:
        """Assemble instances ``[N, ...]`` from tables of any one number system."""
        parts: dict[str, dict[str | int | None, Any]] = {}
        for block, table in zip(self.blocks, tables, strict=True):
            parts.setdefault(block.name, {})[block.part] = table
        instance: dict[str, Any] = {}
        like = tables[0] if tables else None
        for name, kind in self.claim.parameters.items():
            value = self.prototype[name]
            instance[name] = self._value(kind, value, parts[name], instance) if name in parts else _fixed(value, like)
        return instance

    def _value(self, kind: Kind, value: Any, parts: dict[str | int | None, Any], before: Instance) -> Any:
        if isinstance(kind, Model):
            mu = parts.get("mu")
            if mu is None:
                mu = next(v for v in before.values() if isinstance(v, TabularMDP)).mu
            end = {"horizon": value.horizon} if kind.finite else {"discount": _number(value.discount, mu)}
            if isinstance(kind, LinearKind):
                return LinearMDP(**{part: parts[part] for part in kind.factors}, mu=mu, **end, batch_axes=1)
            unpaid = np.zeros((value.n_states, value.n_actions), dtype=np.int64)
            model = TabularMDP(parts["P"], ar.system_of(parts["P"]).convert(unpaid), mu, **end, batch_axes=1)
            return model.with_rewards(parts["r"])
        if isinstance(value, tuple):
            return tuple(parts[i] for i in range(len(value)))
        table = parts[None]
        if isinstance(kind, PolicyKind) and table.ndim == 4 and table.shape[-3] < value.shape[-3]:
            return ar.broadcast_to(table, (table.shape[0], *value.shape[1:]))
        return table

    def tables(self, instance: Instance) -> list[Any]:
        """Take instances ``[N, ...]`` of this shape apart; the inverse of :meth:`instance`.

        A time-varying value in a block for stationary ones is represented by its first step.
        """
        found = []
        for block in self.blocks:
            value = instance[block.name]
            table = _part(value, block.part)
            if table.ndim == len(block.shape):
                table = table[None]
            if table.ndim > 2 and block.shape and table.shape[1] != block.shape[0] and block.shape[0] == 1:
                table = table[:, :1]
            size = max(table.shape[0], 1)
            found.append(ar.broadcast_to(table, (size, *block.shape)))
        size = max((len(table) for table in found), default=1)
        return [ar.broadcast_to(table, (size, *table.shape[1:])) for table in found]

    def floats(self, instance: Instance) -> list[NDArray[np.float64]]:
        """The tables of instances, rounded to float64."""
        return [np.asarray(ar.midpoint(table)) for table in self.tables(instance)]

    def exact(self, tables: Tables) -> dict[str, Any]:
        """Round float64 tables ``[N, ...]`` to exact instances: multiples of ``2**-BITS``, rows that sum to one."""
        return self.instance(
            [rounded(block.domain, np.asarray(t)) for block, t in zip(self.blocks, tables, strict=True)]
        )


def rounded(domain: Domain, table: NDArray[np.float64]) -> RationalArray:
    """Exact numbers of a domain near given ones: multiples of ``2**-BITS``, or the ends of a box."""
    one = 2**BITS
    if isinstance(domain, Rows):
        if domain.deterministic:
            return RationalArray(_vertices(table).astype(np.int64))
        scaled = np.clip(table, 0, None) / np.clip(table, 0, None).sum(-1, keepdims=True) * one
        whole = np.floor(scaled).astype(np.int64)
        missing = one - whole.sum(-1, keepdims=True)
        order = np.argsort(np.argsort(whole - scaled, axis=-1, kind="stable"), axis=-1, kind="stable")
        return RationalArray(whole + (order < missing), one)
    low, high = float(domain.low), float(domain.high)
    if domain.ends_only:
        return RationalArray(np.where(table < (low + high) / 2, int(domain.low), int(domain.high)))
    return RationalArray(np.rint(np.clip(table, low, high) * one).astype(np.int64), one)


def project(domain: Domain, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same as :func:`rounded`, in float64."""
    return np.asarray(ar.midpoint(rounded(domain, table)))


def _vertices(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.arange(rows.shape[-1]) == np.argmax(rows, -1)[..., None])


def _batched(value: Any) -> Any:
    """A single value with a batch axis of length 1."""
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return tuple(part[None] for part in value)
    if isinstance(value, TabularMDP):
        return value if value.batch_shape else _batched_model(value)
    return value[None]


def _batched_model(mdp: TabularMDP) -> TabularMDP:
    end = {"horizon": mdp.horizon} if mdp.horizon is not None else {"discount": mdp.discount}
    if isinstance(mdp, LinearMDP):
        return LinearMDP(mdp.phi[None], mdp.measures[None], mdp.weights[None], mdp.mu[None], **end, batch_axes=1)
    unpaid = np.zeros((mdp.n_states, mdp.n_actions), dtype=np.int64)
    batched = TabularMDP(_part(mdp, "P")[None], unpaid, mdp.mu[None], **end, batch_axes=1)
    return batched.with_rewards(mdp.rewards()[None])


def _count(kind: Count, above: list[int]) -> int:
    return min(kind.least + (above.pop(0) if above else 0), kind.most)


def _blocks(name: str, kind: Kind, value: Any, *, first: bool, learners: str) -> list[Block]:
    if isinstance(kind, Model):
        tables: dict[str, Domain]
        tables = kind.factors if isinstance(kind, LinearKind) else {"P": kind.transitions, "r": kind.rewards}
        found = [Block(name, part, domain, tuple(_part(value, part).shape[1:])) for part, domain in tables.items()]
        return [*found, Block(name, "mu", Rows(), tuple(value.mu.shape[1:]))] if first or kind.own_start else found
    domain = kind.domain
    if domain is None:
        return []
    if isinstance(value, tuple):
        return [Block(name, i, domain, tuple(part.shape[1:])) for i, part in enumerate(value)]
    shape = tuple(value.shape[1:])
    if isinstance(domain, Rows) and learners == "deterministic":
        domain = replace(domain, deterministic=True)
    if learners == "stationary" and len(shape) == 3:
        shape = (1, *shape[1:])
    return [Block(name, None, domain, shape)]


def _part(value: Any, part: str | int | None) -> Any:
    """The table of a block, with the batch axis if the value has one."""
    match part:
        case "P":
            return value.transitions.dense() if value.horizon is not None else value.P
        case "r":
            return value.rewards()
        case str():
            return getattr(value, part)
        case int():
            return value[part]
        case _:
            return value


def _number(x: Any, like: Any) -> Any:
    return ar.system_of(like).convert(x)


def _fixed(value: Any, like: Any) -> Any:
    """A value no search moves, in the number system of the tables."""
    if isinstance(value, int) or like is None:
        return value
    if isinstance(value, tuple):
        return tuple(_fixed(part, like) for part in value)
    if isinstance(value, TabularMDP):
        return value.to(ar.system_of(like))
    return _number(value, like)


def _words(claim: Claim, prototype: Instance) -> str:
    parts: list[str] = []
    for name, kind in claim.parameters.items():
        value = prototype[name]
        if isinstance(value, TabularMDP) and not parts:
            end = f"H={value.horizon}" if value.horizon is not None else f"gamma={value.discount}"
            features = [f"d={value.n_features}"] if isinstance(value, LinearMDP) else []
            parts += [f"S={value.n_states}", f"A={value.n_actions}", *features, end]
        elif isinstance(kind, Count):
            parts.append(f"{name}={value}")
        elif isinstance(value, tuple):
            parts.append(f"{len(value)} {name}")
    return ", ".join(parts) or f"{max((max(v.shape[1:], default=1) for v in prototype.values()), default=1)} outcomes"
