"""Hypothesis strategies for instances of claims: exact rationals, simple ones first.

What shrinks well here: sizes are drawn first and tables at their largest sizes, of which the part that is needed
is kept, so that an instance with one state, action or step fewer keeps all its other numbers. A distribution is a
short list of outcomes with weights; everything shrinks to one state, one action and one step, to the first outcome,
to zero rewards, and a second policy or model to the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import product
from math import ceil, floor, prod
from typing import Any

import numpy as np
from hypothesis import strategies as st

from iltheory.claims import kinds
from iltheory.claims.claim import Claim, Sizes
from iltheory.claims.domains import Box, Rows
from iltheory.claims.drawing import Scale
from iltheory.claims.feature_kinds import Several
from iltheory.claims.kinds import ArrayKind, Instance, Kind
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import RationalArray
from sims.errors import InvalidArgument

Strategy = st.SearchStrategy[Any]
Axis = tuple[int, int]
"""Size of an axis of a table, and its largest size in the search."""

WEIGHTS = (1, 2, 3, 4, 9, 99, 2**20 - 1)
"""Weights of outcomes: beside a 1 they make probabilities of 1/2, 1/3, 1/4, 1/5, 1/10, 1/100 and ``2**-20``."""
DENOMINATORS = (1, 2, 3, 4, 10)
HUNDREDTH = Fraction(1, 100)
DISCOUNTS = (Fraction(0), Fraction(1, 2), Fraction(9, 10), Fraction(99, 100))
NEARNESS = (Fraction(1), Fraction(1, 2), Fraction(1, 10), HUNDREDTH, Fraction(1, 2**20))
"""Weights of what is new where a second policy or model differs from the first one."""
LARGE = 200
"""Tables with more entries repeat one entry, save for some exceptions."""
EXCEPTIONS = 10


@dataclass(frozen=True)
class Scope:
    """Sizes of one instance, and the largest ones of the search it belongs to.

    Attributes
    ----------
    size, most : of models and sequences; ``n_states`` is the number of outcomes of plain distributions, too
    varying : whether P and r may differ from step to step
    discount : of discounted models
    """

    size: Sizes
    most: Sizes
    varying: bool
    discount: Fraction

    def clock(self, *, varying: bool) -> tuple[Axis, ...]:
        """The step axis of a finite horizon."""
        return ((self.size.horizon, self.most.horizon),) if varying else ((1, 1),)

    @property
    def pairs(self) -> tuple[Axis, Axis]:
        """Axes of states and actions."""
        size, most = self.size, self.most
        return (size.n_states, most.n_states), (size.n_actions, most.n_actions)

    @classmethod
    def of(cls, mdp: TabularMDP) -> Scope:
        """Exactly the sizes of a model."""
        size = Sizes(n_states=mdp.n_states, n_actions=mdp.n_actions, horizon=mdp.horizon or 1)
        return cls(size, size, varying=False, discount=Fraction(0) if mdp.discount is None else Fraction(mdp.discount))


def scopes(most: Sizes, *, varying: bool | None = None, discounts: Sequence[Fraction] = DISCOUNTS) -> Strategy:
    """Draw the sizes of an instance, up to the largest ones, and what its models share.

    Parameters
    ----------
    varying : whether P and r may differ from step to step; None for both
    """

    def sized(n_states: int, n_actions: int, horizon: int, length: int, varying: bool, discount: Fraction) -> Scope:
        return Scope(Sizes(n_states, n_actions, horizon, length), most, varying, discount)

    largest = (most.n_states, most.n_actions, most.horizon, most.length)
    return st.builds(
        sized,
        *(st.integers(1, size) for size in largest),
        st.booleans() if varying is None else st.just(varying),
        st.sampled_from(tuple(discounts)),
    )


# Numbers and distributions.


@cache
def numbers(low: Fraction, high: Fraction, *, ends_only: bool = False) -> Strategy:
    """Simple rationals in [low, high]; half of them whole, or the ends. They shrink to 0 or the simplest one."""
    if ends_only:
        return st.sampled_from((Fraction(low), Fraction(high)))
    fractions = {
        Fraction(n, d) for d in DENOMINATORS for n in range(ceil(low * d), floor(high * d) + 1)
    } | {Fraction(x) for x in (low, high, low + HUNDREDTH, high - HUNDREDTH) if low <= x <= high}
    simplest = sorted(fractions, key=lambda x: (x.denominator, abs(x), -x))
    extreme = [x for x in simplest if x.denominator == 1 or x in (low, high)]
    return st.one_of(st.sampled_from(extreme), st.sampled_from(simplest))


@cache
def rows(n: int, most: int, *, deterministic: bool = False, full_support: bool = False) -> Strategy:
    """Distributions on n of at most ``most`` outcomes, tuples of Fractions; they shrink to the first outcome.

    Parameters
    ----------
    deterministic : all mass on one outcome
    full_support : some mass on every outcome; they then shrink to the uniform one
    """
    if deterministic:
        return st.integers(0, n - 1).map(lambda outcome: _normalised([(outcome, 1)], n))
    weights = st.sampled_from(WEIGHTS)
    if full_support:
        return st.tuples(*[weights] * most).map(lambda drawn: _normalised(list(enumerate(drawn[:n])), n))
    outcomes = st.tuples(st.integers(0, n - 1), weights)
    return st.lists(outcomes, min_size=1, max_size=max(2, most)).map(lambda drawn: _normalised(drawn, n))


def _normalised(weighted: Iterable[tuple[int, int]], n: int) -> tuple[Fraction, ...]:
    """The distribution on n outcomes with the given weights."""
    weights = [0] * n
    for outcome, weight in weighted:
        weights[outcome] += weight
    total = sum(weights)
    return tuple(Fraction(weight, total) for weight in weights)


# Tables: everything is drawn at the largest sizes, and the part that is needed is kept.


def table(draw: st.DrawFn, axes: Sequence[Axis], entry: Strategy) -> list[Any]:
    """Draw the entries of a table, in row-major order; large ones repeat one entry, save for some exceptions."""
    sizes = [size for size, _ in axes]
    if prod(most for _, most in axes) > LARGE:
        exceptions = st.lists(st.tuples(st.integers(0, prod(sizes) - 1), entry), max_size=EXCEPTIONS)
        drawn = [draw(entry)] * prod(sizes)
        for index, other in draw(exceptions):
            drawn[index] = other
        return drawn
    drawn = [(index, draw(entry)) for index in product(*(range(most) for _, most in axes))]
    return [value for index, value in drawn if all(i < size for i, size in zip(index, sizes, strict=True))]


def exact(entries: Sequence[Any], axes: Sequence[Axis], *core: int) -> RationalArray:
    """A table of Fractions, or of tuples of them, as exact numbers."""
    return ar.reshape(ar.asarray(list(entries)), (*(size for size, _ in axes), *core))


def near(draw: st.DrawFn, axes: Sequence[Axis], entry: Strategy, nearness: Strategy) -> tuple[list[Any], Fraction]:
    """Draw the entries of a second table, None where it repeats the first one, and the weight of what is new."""
    weight = draw(nearness)
    return table(draw, axes, st.one_of(st.none(), entry)), weight


def mixed(old: Any, new: Any, weight: Fraction) -> Any:
    """``(1 - weight) old + weight new`` of numbers, or of tuples of them; the old one where there is no new one."""
    if new is None:
        return old
    if isinstance(new, tuple):
        return tuple(mixed(x, y, weight) for x, y in zip(old, new, strict=True))
    return (1 - weight) * old + weight * new


# Models.


def draw_model(
    draw: st.DrawFn, scope: Scope, transitions: Rows, rewards: Box, *, finite: bool, terminal: bool = False
) -> TabularMDP:
    """Draw a model: the first law, then transitions and rewards of each (step,) state and action.

    Parameters
    ----------
    terminal : whether states may be terminal
    """
    n = scope.size.n_states
    mu = draw(rows(n, scope.most.n_states))
    axes = (*(scope.clock(varying=scope.varying) if finite else ()), *scope.pairs)
    drawn = table(draw, axes, _transitions(scope, transitions, rewards))
    if not terminal:
        return _model(scope, axes, drawn, mu, finite=finite)
    ended = np.array(table(draw, [scope.pairs[0]], st.booleans()), dtype=bool)
    states = [index[-2] for index in product(*(range(size) for size, _ in axes))]
    drawn = [
        (_normalised([(s, 1)], n), Fraction(0)) if ended[s] else moves for s, moves in zip(states, drawn, strict=True)
    ]
    return _model(scope, axes, drawn, mu, finite=finite, terminal=ended if ended.any() else None)


def draw_twin(draw: st.DrawFn, scope: Scope, first: TabularMDP, transitions: Rows, rewards: Box) -> TabularMDP:
    """Draw a second model of the sizes, end and first law of the first; it differs from it in some rows or none."""
    finite = first.horizon is not None
    steps = max(first.transitions.steps, first.rewards().shape[0]) if finite else 1
    axes = (*(scope.clock(varying=steps > 1) if finite else ()), *scope.pairs)
    sizes = [size for size, _ in axes]
    p = ar.broadcast_to(first.transitions.dense() if finite else first.P, (*sizes, first.n_states))
    r = ar.broadcast_to(first.rewards(), tuple(sizes))
    old = zip(map(tuple, p.fractions().reshape(-1, first.n_states)), r.fractions().ravel(), strict=True)
    nearness = st.just(Fraction(1)) if transitions.deterministic else st.sampled_from(NEARNESS)
    new, weight = near(draw, axes, _transitions(scope, transitions, rewards), nearness)
    drawn = [mixed(x, y, weight) for x, y in zip(old, new, strict=True)]
    return _model(scope, axes, drawn, first.mu, finite=finite)


def _transitions(scope: Scope, transitions: Rows, rewards: Box) -> Strategy:
    law = rows(scope.size.n_states, scope.most.n_states, deterministic=transitions.deterministic)
    return st.tuples(law, numbers(Fraction(rewards.low), Fraction(rewards.high)))


def _model(
    scope: Scope, axes: Sequence[Axis], drawn: Sequence[Any], mu: Any, *, finite: bool, terminal: Any = None
) -> TabularMDP:
    p = exact([law for law, _ in drawn], axes, scope.size.n_states)
    r = exact([reward for _, reward in drawn], axes)
    end: Mapping[str, Any] = {"horizon": scope.size.horizon} if finite else {"discount": scope.discount}
    unpaid = np.zeros((scope.size.n_states, scope.size.n_actions), dtype=np.int64)
    # with_rewards, because r[H, S, A] could be read as r[S, A, S] where the three sizes are equal
    return TabularMDP(p, unpaid, ar.asarray(mu), **end, terminal=terminal).with_rewards(r)


# Values of the kinds of claims.


def draw_value(draw: st.DrawFn, scope: Scope, kind: Kind, before: Instance) -> Any:
    """Draw a value of a kind; one that says nothing of its numbers draws for itself, from a drawn seed."""
    if isinstance(kind, kinds.Model):
        first = kinds.first_model(before)
        if first is None:
            return draw_model(draw, scope, kind.transitions, kind.rewards, finite=kind.finite)
        return draw_twin(draw, scope, first, kind.transitions, kind.rewards)
    if isinstance(kind, kinds.Count) and type(kind).draw is kinds.Count.draw:
        return draw(st.integers(kind.least, kind.most))
    if isinstance(kind, kinds.Sequence) and kind.domain is not None:
        length = max(2, scope.size.length) if isinstance(kind, Several) else scope.size.length
        return tuple(draw_value(draw, scope, kind.of, before) for _ in range(length))
    if isinstance(kind, kinds.HistoryPolicyKind):
        pairs, steps = scope.size.n_states * scope.size.n_actions, range(scope.size.horizon)
        histories = [(pairs**h, (scope.most.n_states * scope.most.n_actions) ** h) for h in steps]
        return tuple(_draw_rows(draw, (history, scope.pairs[0]), scope.pairs[1], Rows()) for history in histories)
    if isinstance(kind, kinds.Simplex):
        return _draw_rows(draw, (), scope.pairs[0], Rows(), before)
    if isinstance(kind, ArrayKind) and kind.domain is not None:
        axes = _axes(kind.core(before), scope, before)
        if isinstance(kind.domain, Rows):
            return _draw_rows(draw, axes[:-1], axes[-1], kind.domain, before)
        box = kind.domain
        entry = numbers(Fraction(box.low), Fraction(box.high), ends_only=box.ends_only)
        return exact(table(draw, axes, entry), axes)
    scale = Scale(
        size=1,
        n_states=scope.size.n_states,
        n_actions=scope.size.n_actions,
        horizon=scope.size.horizon,
        discount=scope.discount.as_integer_ratio(),
        law="mixed",
        stationary=not scope.varying,
        length=scope.size.length,
    )
    seed = draw(st.integers(0, 2**32 - 1))
    return kind.select(kind.draw(np.random.default_rng(seed), scale, before), 0, before)


def _draw_rows(
    draw: st.DrawFn, axes: Sequence[Axis], width: Axis, domain: Rows, before: Instance | None = None
) -> RationalArray:
    """Draw distributions along the last axis; they differ from an earlier table of such in some rows or none."""
    entry = rows(*width, deterministic=domain.deterministic)
    old = _earlier(before or {}, (*(size for size, _ in axes), width[0]), domain)
    if old is None:
        return exact(table(draw, axes, entry), axes, width[0])
    nearness = st.just(Fraction(1)) if domain.deterministic else st.sampled_from(NEARNESS)
    new, weight = near(draw, axes, entry, nearness)
    laws = map(tuple, old.fractions().reshape(-1, width[0]))
    return exact([mixed(x, y, weight) for x, y in zip(laws, new, strict=True)], axes, width[0])


def _earlier(before: Instance, shape: tuple[int, ...], domain: Rows) -> RationalArray | None:
    """The last of the earlier values that is a table of distributions of one shape."""
    for value in reversed(before.values()):
        if isinstance(value, RationalArray) and value.shape == shape and (value.num >= 0).all():
            whole = np.isin(value.num, (0, value.den)).all()
            if (value.num.sum(-1) == value.den).all() and (whole or not domain.deterministic):
                return value
    return None


def _axes(core: tuple[int, ...], scope: Scope, before: Instance) -> list[Axis]:
    """Axes of a table with a given shape: (steps,) states and actions, or others that no smaller instance shares."""
    mdp = kinds.first_model(before)
    known = list(scope.pairs)
    if mdp is not None and mdp.horizon is not None:
        known = [*scope.clock(varying=core[:1] == (mdp.horizon,)), *known]
    shared = known[: len(core)]
    return shared if tuple(size for size, _ in shared) == core else [(size, size) for size in core]


def instances(
    claim: Claim, *, max_states: int = 4, max_actions: int = 3, max_horizon: int = 4, max_length: int = 3
) -> st.SearchStrategy[dict[str, Any]]:
    """Whole instances of a claim, checked: exact values of its parameters, by name, without a batch axis.

    Assumptions of the claim beyond the kinds of its parameters are left to the caller.

    Parameters
    ----------
    claim : the claim
    max_states, max_actions, max_horizon : largest sizes of models; ``max_states`` of plain distributions, too
    max_length : longest sequence parameters

    Notes
    -----
    No size is larger than ``claim.largest`` allows. Whole-number parameters run over the range of their kind.
    """
    if not isinstance(claim, Claim):
        raise InvalidArgument(f"claim={claim!r:.60} must be a claim, such as il.find('pdl')[0] or an @il.claim.")
    most = limits(max_states=max_states, max_actions=max_actions, max_horizon=max_horizon, max_length=max_length)
    largest = claim.largest
    most = replace(
        most,
        n_states=min(most.n_states, largest.n_states),
        n_actions=min(most.n_actions, largest.n_actions),
        horizon=min(most.horizon, largest.horizon),
        length=min(most.length, largest.length),
    )

    @st.composite
    def instance(draw: st.DrawFn) -> dict[str, Any]:
        scope = draw(scopes(most))
        values: dict[str, Any] = {}
        for name, kind in claim.parameters.items():
            values[name] = draw_value(draw, scope, kind, values)
        return claim.bind(**values)

    return instance()


def limits(*, max_states: int = 1, max_actions: int = 1, max_horizon: int = 1, max_length: int = 1) -> Sizes:
    """Read largest sizes, or raise ``InvalidArgument`` naming the one that is no whole number from 1 on."""
    given = {"max_states": max_states, "max_actions": max_actions, "max_horizon": max_horizon, "max_length": max_length}
    for name, size in given.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InvalidArgument(f"{name}={size!r} must be a whole number, at least 1.")
    return Sizes(max_states, max_actions, max_horizon, max_length)
