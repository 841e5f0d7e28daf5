"""Hypothesis strategies for instances of claims: exact rationals, simple ones first.

What shrinks well here: sizes are drawn first and tables at their largest sizes, of which the part that is needed
is kept, so that an instance with one state, action or step fewer keeps all its other numbers. A distribution is a
short list of outcomes with weights; everything shrinks to one state, one action and one step, to the first outcome,
to zero rewards, and a second policy or model to the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import combinations, cycle, islice, product
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
from iltheory.claims.linear_kinds import LinearKind
from sims import LinearMDP, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray
from sims.errors import InvalidArgument

Strategy = st.SearchStrategy[Any]
Axis = tuple[int, int]
"""Size of an axis of a table, and its largest size in the search."""

ZERO = Fraction(0)
WEIGHTS = (2, 3, 9, 99, 2**20 - 1)
"""Weights of one outcome where the others weigh 1: they make probabilities of 1/3, 1/4, 1/10, 1/100 and ``2**-20``."""
RATIOS = ((1, 1), *((1, w) for w in WEIGHTS), *((w, 1) for w in WEIGHTS))
"""Weights of two outcomes."""
TRIPLES = ((1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (8, 1, 1), (1, 8, 1), (1, 1, 8))
"""Weights of three outcomes."""
MANY = 8
"""Beyond so many outcomes no three of them share the mass, save evenly."""
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

    def within(self, before: Instance) -> Scope:
        """The same, but with the sizes of values that are given."""
        size, mdp = self.size, kinds.first_model(before)
        for value in before.values():
            if isinstance(value, tuple):
                size = replace(size, length=len(value))
            elif mdp is None and getattr(value, "ndim", 0) == 1:
                size = replace(size, n_states=len(value))
        if mdp is not None:
            size = replace(size, n_states=mdp.n_states, n_actions=mdp.n_actions, horizon=mdp.horizon or 1)
        most = Sizes(
            n_states=max(size.n_states, self.most.n_states),
            n_actions=max(size.n_actions, self.most.n_actions),
            horizon=max(size.horizon, self.most.horizon),
        )
        return replace(self, size=size, most=most)


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


# Numbers and distributions: one choice each, from a list with the simplest first and, at its end, extreme ones again.


@cache
def numbers(low: Fraction, high: Fraction, *, ends_only: bool = False) -> Strategy:
    """Simple rationals in [low, high]; half of them whole, or the ends. They shrink to 0 or the simplest one."""
    return st.sampled_from(_numbers(low, high, ends_only=ends_only))


@cache
def _numbers(low: Fraction, high: Fraction, *, ends_only: bool = False) -> tuple[Fraction, ...]:
    if ends_only:
        return low, high
    multiples = {Fraction(n, d) for d in DENOMINATORS for n in range(ceil(low * d), floor(high * d) + 1)}
    close = {x for x in (low, high, low + HUNDREDTH, high - HUNDREDTH) if low <= x <= high}
    simplest = sorted(multiples | close, key=lambda x: (x.denominator, abs(x), -x))
    return _often(simplest, [x for x in simplest if x.denominator == 1 or x in (low, high)])


@cache
def rows(n: int, *, deterministic: bool = False, full_support: bool = False) -> Strategy:
    """Simple distributions on n outcomes, tuples of Fractions, half of them vertices; they shrink to the first outcome.

    Parameters
    ----------
    deterministic : all mass on one outcome
    full_support : some mass on every outcome; they then shrink to the uniform one
    """
    return st.sampled_from(_rows(n, deterministic=deterministic, full_support=full_support))


@cache
def _rows(n: int, *, deterministic: bool = False, full_support: bool = False) -> tuple[tuple[Fraction, ...], ...]:
    vertices = [distribution({outcome: 1}, n) for outcome in range(n)]
    if deterministic:
        return tuple(vertices)
    if full_support:
        uniform = dict.fromkeys(range(n), 1)
        big = [{**uniform, i: weight} for weight in WEIGHTS for i in range(n)]
        small = [{**dict.fromkeys(range(n), weight), i: 1} for weight in WEIGHTS for i in range(n)]
        return tuple(dict.fromkeys(distribution(weights, n) for weights in (uniform, *big, *small)))
    simple: list[tuple[Fraction, ...]] = []
    for last in range(n):  # rows that n - 1 outcomes have, too, come first: one state fewer changes none of them
        simple.append(vertices[last])
        for other in range(last):
            simple += [distribution({other: w, last: v}, n) for w, v in RATIOS]
        for pair in combinations(range(last), 2) if n <= MANY else ():
            simple += [distribution(dict(zip((*pair, last), w, strict=True)), n) for w in TRIPLES]
        if last > 2:
            simple.append(distribution(dict.fromkeys(range(last + 1), 1), n))
    return _often(simple, vertices)


@cache
def starts(n: int) -> Strategy:
    """Simple laws of the first state, half of them one state: the first ones, because the names of states are free."""
    supports = {row: [i for i, p in enumerate(row) if p] for row in _rows(n)}
    simple = [row for row, support in supports.items() if support == list(range(len(support)))]
    return st.sampled_from(_often(simple, simple[:1]))


def distribution(weights: Mapping[int, int], n: int) -> tuple[Fraction, ...]:
    """The distribution on n outcomes with the given weights."""
    total = sum(weights.values())
    return tuple(Fraction(weights[i], total) if i in weights else ZERO for i in range(n))


def _often(simple: Sequence[Any], extreme: Sequence[Any]) -> tuple[Any, ...]:
    """Both, with the extreme ones repeated until they are half of all."""
    return (*simple, *islice(cycle(extreme), len(simple)))


# Tables: everything is drawn at the largest sizes, and the part that is needed is kept.


def table(draw: st.DrawFn, axes: Sequence[Axis], entry: Callable[[], Any]) -> list[Any]:
    """Draw the entries of a table, in row-major order; large ones repeat one entry, save for some exceptions."""
    sizes = [size for size, _ in axes]
    if prod(most for _, most in axes) > LARGE:
        drawn = [entry()] * prod(sizes)
        for index in draw(st.lists(st.integers(0, prod(sizes) - 1), max_size=EXCEPTIONS)):
            drawn[index] = entry()
        return drawn
    # Backwards, because shrinking moves what is not simple to the choices that are made last.
    places = reversed(list(product(*(range(most) for _, most in axes))))
    drawn = [(place, entry()) for place in places]
    return [value for place, value in reversed(drawn) if all(i < n for i, n in zip(place, sizes, strict=True))]


def exact(entries: Sequence[Any], axes: Sequence[Axis], *core: int) -> Numbers:
    """A table of Fractions, or of tuples of them, as exact numbers."""
    return ar.reshape(ar.asarray(list(entries)), (*(size for size, _ in axes), *core))


@cache
def changes(values: tuple[Any, ...]) -> Strategy:
    """None, half of the time, or one of some values."""
    return st.sampled_from(_often((None, *values), (None,)))


def mixed(old: Any, new: Any, weight: Fraction) -> Any:
    """``(1 - weight) old + weight new`` of numbers, or of tuples of them; the old one where there is no new one."""
    if new is None:
        return old
    if isinstance(new, tuple):
        return tuple(mixed(x, y, weight) for x, y in zip(old, new, strict=True))
    return (1 - weight) * old + weight * new


def _nearness(domain: Rows) -> Strategy:
    return st.just(Fraction(1)) if domain.deterministic else st.sampled_from(NEARNESS)


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
    mu = draw(starts(n))
    axes = (*(scope.clock(varying=scope.varying) if finite else ()), *scope.pairs)
    law, reward = rows(n, deterministic=transitions.deterministic), numbers(*_ends(rewards))
    drawn = table(draw, axes, lambda: (draw(law), draw(reward)))
    end: Mapping[str, Any] = {"horizon": scope.size.horizon} if finite else {"discount": scope.discount}
    if not terminal:
        return _model(axes, drawn, ar.asarray(mu), end)
    ended = np.array(table(draw, [scope.pairs[0]], lambda: draw(st.booleans())), dtype=bool)
    states = [index[-2] for index in product(*(range(size) for size, _ in axes))]
    drawn = [(distribution({s: 1}, n), ZERO) if ended[s] else moves for s, moves in zip(states, drawn, strict=True)]
    return _model(axes, drawn, ar.asarray(mu), {**end, "terminal": ended if ended.any() else None})


def draw_twin(draw: st.DrawFn, scope: Scope, first: TabularMDP, transitions: Rows, rewards: Box) -> TabularMDP:
    """Draw a second model of the sizes, end and first law of the first; it differs from it in some rows or none."""
    n, finite = first.n_states, first.horizon is not None
    steps = max(first.transitions.steps, first.rewards().shape[0]) if finite else 1
    axes = (*(scope.clock(varying=steps > 1) if finite else ()), *scope.pairs)
    sizes = [size for size, _ in axes]
    p = ar.broadcast_to(first.transitions.dense() if finite else first.P, (*sizes, n)).fractions()
    r = ar.broadcast_to(first.rewards(), tuple(sizes)).fractions()
    law = changes(_rows(n, deterministic=transitions.deterministic))
    reward = changes(_numbers(*_ends(rewards)))
    weight = draw(_nearness(transitions))
    new = table(draw, axes, lambda: (draw(law), draw(reward)))
    drawn = [
        (mixed(tuple(x), law, weight), mixed(y, reward, weight))
        for x, y, (law, reward) in zip(p.reshape(-1, n), r.ravel(), new, strict=True)
    ]
    return _model(axes, drawn, first.mu, {"horizon": first.horizon} if finite else {"discount": first.discount})


def draw_linear_model(draw: st.DrawFn, scope: Scope, rewards: Box, before: Instance, *, finite: bool) -> LinearMDP:
    """Draw a linear model, with the sizes, end and first law of the first model if there is one."""
    first, n = kinds.first_model(before), scope.size.n_states
    end: Mapping[str, Any] = {"horizon": scope.size.horizon} if finite else {"discount": scope.discount}
    if first is not None:
        end = {"horizon": first.horizon} if finite else {"discount": first.discount}
    mu = ar.asarray(draw(starts(n))) if first is None else first.mu
    factors = draw_factors(draw, scope, (scope.size.length, scope.most.length), numbers(*_ends(rewards)))
    return LinearMDP(*factors, mu, **end)


def draw_factors(draw: st.DrawFn, scope: Scope, classes: Axis, reward: Strategy) -> tuple[Numbers, Numbers, Numbers]:
    """Draw laws of latent classes ``[S, A, d]``, the next-state law ``[d, S]`` and the reward ``[d]`` of each class."""
    n, d = scope.size.n_states, classes[0]
    law, feature = rows(n), rows(d)
    phi = exact(table(draw, scope.pairs, lambda: draw(feature)), scope.pairs, d)
    measures = exact(table(draw, [classes], lambda: draw(law)), [classes], n)
    return phi, measures, exact(table(draw, [classes], lambda: draw(reward)), [classes])


def _ends(box: Box) -> tuple[Fraction, Fraction]:
    return Fraction(box.low), Fraction(box.high)


def _model(axes: Sequence[Axis], drawn: Sequence[Any], mu: Numbers, options: Mapping[str, Any]) -> TabularMDP:
    (n_states, _), (n_actions, _) = axes[-2:]
    p, r = exact([law for law, _ in drawn], axes, n_states), exact([reward for _, reward in drawn], axes)
    # with_rewards, because r[H, S, A] could be read as r[S, A, S] where the three sizes are equal
    unpaid = np.zeros((n_states, n_actions), dtype=np.int64)
    return TabularMDP(p, unpaid, mu, **options).with_rewards(r)


# Values of the kinds of claims.


def draw_value(draw: st.DrawFn, scope: Scope, kind: Kind, before: Instance) -> Any:
    """Draw a value of a kind; one that says nothing of its numbers draws for itself, from a drawn seed."""
    if isinstance(kind, LinearKind):
        return draw_linear_model(draw, scope, kind.rewards, before, finite=kind.finite)
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
        return tuple(_draw_rows(draw, (history, scope.pairs[0]), scope.size.n_actions, Rows()) for history in histories)
    if isinstance(kind, kinds.Simplex):
        return _draw_rows(draw, (), scope.size.n_states, Rows(), before)
    if isinstance(kind, ArrayKind) and kind.domain is not None:
        axes = _axes(kind.core(before), scope, before)
        if isinstance(kind.domain, Rows):
            return _draw_rows(draw, axes[:-1], axes[-1][0], kind.domain, before)
        box = kind.domain
        entry = numbers(*_ends(box), ends_only=box.ends_only)
        return exact(table(draw, axes, lambda: draw(entry)), axes)
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
    draw: st.DrawFn, axes: Sequence[Axis], width: int, domain: Rows, before: Instance | None = None
) -> Numbers:
    """Draw distributions along the last axis; they differ from an earlier table of such in some rows or none."""
    old = _earlier(before or {}, (*(size for size, _ in axes), width), domain)
    if old is None:
        law = rows(width, deterministic=domain.deterministic)
        return exact(table(draw, axes, lambda: draw(law)), axes, width)
    weight, change = draw(_nearness(domain)), changes(_rows(width, deterministic=domain.deterministic))
    new = table(draw, axes, lambda: draw(change))
    laws = map(tuple, old.fractions().reshape(-1, width))
    return exact([mixed(x, y, weight) for x, y in zip(laws, new, strict=True)], axes, width)


def _earlier(before: Instance, shape: tuple[int, ...], domain: Rows) -> RationalArray | None:
    """The last of the earlier values that is a table of distributions of one shape."""
    for value in reversed(list(before.values())):
        if isinstance(value, RationalArray) and value.shape == shape and np.all(value.num >= 0):
            whole = np.isin(value.num, (0, value.den)).all()
            if np.all(value.num.sum(-1) == value.den) and (whole or not domain.deterministic):
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


def limits(*, max_states: int = 4, max_actions: int = 3, max_horizon: int = 4, max_length: int = 3) -> Sizes:
    """Read largest sizes, or raise ``InvalidArgument`` naming the one that is no whole number from 1 on."""
    given = {"max_states": max_states, "max_actions": max_actions, "max_horizon": max_horizon, "max_length": max_length}
    for name, size in given.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InvalidArgument(f"{name}={size!r} must be a whole number, at least 1.")
    return Sizes(max_states, max_actions, max_horizon, max_length)
