"""Hypothesis strategies for models, policies and datasets, exact and simple ones first.

Every number is a rational with a small denominator, so models are rational; ``.map(lambda mdp: mdp.to("float64"))``
makes one for code in floats. Everything shrinks: to one state, one action and one step, to deterministic rows that
lead to the first state and take the first action, to rewards of 0, and datasets to one short trajectory::

    from hypothesis import given, strategies as st
    from iltheory.testing import strategies as ils

    @given(st.data(), ils.finite_mdps())
    def test_occupancy(data, mdp):
        policy = data.draw(ils.policies(mdp))
        ...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from iltheory.attack import strategies as attack
from iltheory.attack.strategies import DISCOUNTS, Scope, instances, limits
from iltheory.claims.claim import Sizes
from iltheory.claims.domains import Box, Rows
from iltheory.claims.kinds import Instance, Kind
from iltheory.testing.arguments import check_count, check_law, read_discounts, read_model, read_range
from iltheory.testing.data_strategies import demonstrations, trajectories
from sims import LinearMDP, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray
from sims.errors import InvalidArgument

__all__ = [
    "demonstrations",
    "discounted_mdps",
    "distributions",
    "features",
    "finite_mdps",
    "from_kind",
    "instances",
    "linear_mdps",
    "model_pairs",
    "occupancies",
    "policies",
    "rewards",
    "trajectories",
]

UNIT = (0, 1)


def distributions(n: int, *, deterministic: bool = False, full_support: bool = False) -> st.SearchStrategy[Numbers]:
    """Distributions on n outcomes, ``[n]``.

    Parameters
    ----------
    deterministic : all mass on one outcome
    full_support : some mass on every outcome; they shrink to the uniform one, others to the first outcome
    """
    check_count("n", n)
    check_law(deterministic, full_support)
    return attack.rows(n, deterministic=deterministic, full_support=full_support).map(ar.asarray)


def finite_mdps(
    *,
    max_states: int = 4,
    max_actions: int = 3,
    max_horizon: int = 4,
    rewards: tuple[Any, Any] = UNIT,
    time_varying: bool | None = None,
    deterministic: bool = False,
    terminal: bool = False,
) -> st.SearchStrategy[TabularMDP]:
    """Models with a finite horizon.

    Parameters
    ----------
    max_states, max_actions, max_horizon : largest sizes
    rewards : smallest and largest reward, exact numbers
    time_varying : whether transitions and rewards are tables of their own at each step; None for both
    deterministic : whether every action leads to one state (the first one may still be random)
    terminal : whether states may be terminal: absorbing, without reward, marked in ``mdp.terminal``

    Raises
    ------
    InvalidArgument
        If a size is no whole number from 1 on, or the rewards are no two exact numbers in order.
    """
    most = limits(max_states=max_states, max_actions=max_actions, max_horizon=max_horizon)
    return _models(
        most,
        read_range("rewards", rewards),
        finite=True,
        varying=time_varying,
        law=Rows(deterministic),
        terminal=terminal,
    )


def discounted_mdps(
    *,
    max_states: int = 4,
    max_actions: int = 3,
    discounts: Sequence[Any] = DISCOUNTS,
    rewards: tuple[Any, Any] = UNIT,
    deterministic: bool = False,
    terminal: bool = False,
) -> st.SearchStrategy[TabularMDP]:
    """Models with a discount; they shrink to the first of ``discounts``. Other arguments as of :func:`finite_mdps`.

    Parameters
    ----------
    discounts : exact numbers in [0, 1)
    """
    most = limits(max_states=max_states, max_actions=max_actions)
    return _models(
        most,
        read_range("rewards", rewards),
        finite=False,
        discounts=read_discounts(discounts),
        law=Rows(deterministic),
        terminal=terminal,
    )


def _models(
    most: Sizes,
    rewards: Box,
    *,
    finite: bool,
    law: Rows,
    terminal: bool,
    varying: bool | None = False,
    discounts: Sequence[Fraction] = DISCOUNTS[:1],
) -> st.SearchStrategy[TabularMDP]:
    @st.composite
    def model(draw: st.DrawFn) -> TabularMDP:
        scope = draw(attack.scopes(most, varying=varying, discounts=discounts))
        return attack.draw_model(draw, scope, law, rewards, finite=finite, terminal=terminal)

    return model()


def model_pairs(mdps: st.SearchStrategy[TabularMDP]) -> st.SearchStrategy[tuple[TabularMDP, TabularMDP]]:
    """Two models of the same sizes, end and first law, as the simulation lemma compares them.

    The second one differs in some rows of transitions and some rewards (in [0, 1]) by much or by little, and shrinks
    to the first one.

    Parameters
    ----------
    mdps : strategy for the first model, such as ``finite_mdps()``
    """
    if not isinstance(mdps, st.SearchStrategy):
        raise InvalidArgument(f"mdps={mdps!r:.60} must be a Hypothesis strategy, such as finite_mdps().")

    @st.composite
    def pair(draw: st.DrawFn) -> tuple[TabularMDP, TabularMDP]:
        first = draw(mdps)
        if first.system != ar.RATIONAL:
            raise InvalidArgument(
                f"mdps draws a model in {first.system.name}; draw rational ones and convert the pair."
            )
        scope = Scope(limits(), limits(), varying=True, discount=attack.ZERO).within({"first": first})
        return first, attack.draw_twin(draw, scope, first, Rows(), Box(0, 1))

    return pair()


def linear_mdps(
    *,
    max_states: int = 4,
    max_actions: int = 3,
    max_features: int = 3,
    max_horizon: int = 4,
    discounted: bool = False,
    weights: tuple[Any, Any] = UNIT,
) -> st.SearchStrategy[LinearMDP]:
    """Linear models: laws of latent classes as features, or the same in a basis where features are signed.

    Parameters
    ----------
    max_states, max_actions, max_features, max_horizon : largest sizes
    discounted : whether they have a discount, 0, 1/2, 9/10 or 99/100, and no horizon
    weights : smallest and largest reward of a latent class
    """
    most = limits(max_states=max_states, max_actions=max_actions, max_horizon=max_horizon)
    check_count("max_features", max_features)
    entry = _numbers(read_range("weights", weights))

    @st.composite
    def model(draw: st.DrawFn) -> LinearMDP:
        scope = draw(attack.scopes(most, varying=False))
        d, n = draw(st.integers(1, max_features)), scope.size.n_states
        mu = draw(attack.starts(n))
        phi, measures, w = attack.draw_factors(draw, scope, (d, max_features), entry)
        if d > 1 and draw(st.booleans()):
            phi, measures, w = _sheared(phi, measures, w)
        end = {"discount": scope.discount} if discounted else {"horizon": scope.size.horizon}
        return LinearMDP(phi, measures, w, ar.asarray(mu), **end)

    return model()


def _sheared(phi: RationalArray, measures: RationalArray, w: RationalArray) -> tuple[Numbers, Numbers, Numbers]:
    """The same model after adding the second feature to the first: ``phi' = phi M``, the rest ``M^-1`` times it."""
    d = phi.shape[-1]
    shear = np.eye(d, dtype=np.int64)
    shear[1, 0] = 1
    inverse = ar.asarray(2 * np.eye(d, dtype=np.int64) - shear)
    features = ar.einsum("sak,kl->sal", phi, ar.asarray(shear))
    return features, ar.einsum("kl,ls->ks", inverse, measures), ar.einsum("kl,l->k", inverse, w)


def policies(
    mdp: TabularMDP | LinearMDP, *, deterministic: bool = False, stationary: bool = False, full_support: bool = False
) -> st.SearchStrategy[Numbers]:
    """Policies of a model, in its number system: ``[H, S, A]`` or, with a discount, ``[S, A]``.

    Parameters
    ----------
    deterministic : whether each state has one action
    stationary : whether they are the same at every step, ``[1, S, A]``
    full_support : whether every action is taken everywhere; they shrink to the uniform policy, others to the first
        action
    """
    mdp = read_model(mdp)
    check_law(deterministic, full_support)
    law = attack.rows(mdp.n_actions, deterministic=deterministic, full_support=full_support)
    axes = _axes(mdp, stationary=stationary)[:-1]
    return _tables(mdp, axes, law, mdp.n_actions)


def rewards(
    mdp: TabularMDP | LinearMDP, *, values: tuple[Any, Any] = UNIT, stationary: bool = False
) -> st.SearchStrategy[Numbers]:
    """Functions of (step,) state and action of a model, ``[H, S, A]`` or, with a discount, ``[S, A]``.

    Parameters
    ----------
    values : smallest and largest value, exact numbers
    stationary : whether they are the same at every step, ``[1, S, A]``
    """
    mdp = read_model(mdp)
    axes = _axes(mdp, stationary=stationary)
    return _tables(mdp, axes, _numbers(read_range("values", values)))


def features(
    mdp: TabularMDP | LinearMDP,
    *,
    max_features: int = 3,
    values: tuple[Any, Any] = UNIT,
    stationary: bool = False,
) -> st.SearchStrategy[tuple[Numbers, ...]]:
    """One or more features of a model, each as of :func:`rewards`."""
    check_count("max_features", max_features)
    feature = rewards(mdp, values=values, stationary=stationary)
    return st.lists(feature, min_size=1, max_size=max_features).map(tuple)


def occupancies(mdp: TabularMDP) -> st.SearchStrategy[Numbers]:
    """Occupancies of the policies of a model: ``[H, S, A]``, every step sums to 1, or ``[S, A]``, which sums to 1."""
    return policies(mdp).map(read_model(mdp).occupancy)


def _tables(
    mdp: TabularMDP, axes: Sequence[attack.Axis], entry: st.SearchStrategy[Any], *core: int
) -> st.SearchStrategy[Numbers]:
    @st.composite
    def table(draw: st.DrawFn) -> Numbers:
        drawn = attack.exact(attack.table(draw, axes, lambda: draw(entry)), axes, *core)
        return ar.convert(drawn, mdp.system)

    return table()


def _axes(mdp: TabularMDP, *, stationary: bool) -> tuple[attack.Axis, ...]:
    """Axes of (steps,) states and actions, as large as those of most models that strategies draw."""
    varying = mdp.horizon is not None and not stationary
    scope = Scope(limits(), limits(), varying=varying, discount=attack.ZERO).within({"mdp": mdp})
    return (*(() if mdp.horizon is None else scope.clock(varying=varying)), *scope.pairs)


def _numbers(box: Box) -> st.SearchStrategy[Fraction]:
    return attack.numbers(Fraction(box.low), Fraction(box.high))


# Claims.


def from_kind(
    kind: Any,
    *,
    before: Instance | None = None,
    max_states: int = 4,
    max_actions: int = 3,
    max_horizon: int = 4,
    max_length: int = 3,
) -> st.SearchStrategy[Any]:
    """Values of one kind of parameter of claims, such as ``il.Policy``, exact and without a batch axis.

    Parameters
    ----------
    kind : a ``Kind``, or the annotation that holds it
    before : values of the parameters in front of it, by name; a policy needs its model there
    max_states, max_actions, max_horizon, max_length : largest sizes, where ``before`` does not fix them
    """
    found = [k for k in (kind, *getattr(kind, "__metadata__", ())) if isinstance(k, Kind)]
    if not found:
        raise InvalidArgument(f"kind={kind!r:.80} must be a kind of parameter, such as il.FiniteHorizonMDP.")
    values = dict(before or {})
    most = limits(max_states=max_states, max_actions=max_actions, max_horizon=max_horizon, max_length=max_length)

    @st.composite
    def value(draw: st.DrawFn) -> Any:
        scope = draw(attack.scopes(most)).within(values)
        return found[0].check("value", attack.draw_value(draw, scope, found[0], values), values)

    return value()
