"""What a public quantity returns, and expectations along a policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import NumberArray, Numbers
from sims.sampled import NotEstimable, SampledMDP

Parameters = ParamSpec("Parameters")


def quantity(measure: Callable[Parameters, Numbers]) -> Callable[Parameters, NumberArray]:
    """Make a measure return numbers whose comparisons remember both sides, in ``float64`` too.

    Called with a ``SampledMDP`` it answers with its counterpart (see :func:`on_samples`) if it has one. Else its
    formula decides: one of other quantities is computed, and one that reads a table is refused.
    """

    @wraps(measure)
    def measured(*args: Parameters.args, **kwargs: Parameters.kwargs) -> NumberArray:
        compute = _without_tables(measure) if args and isinstance(args[0], SampledMDP) else measure
        numbers: NumberArray = ar.wrap(compute(*args, **kwargs))
        return numbers

    return measured


def on_samples(of: Callable[..., NumberArray]) -> Callable[[Callable[..., Numbers]], Callable[..., Numbers]]:
    """Register the function that encloses a quantity by roll-outs, where the world is only sampled."""

    def register(counterpart: Callable[..., Numbers]) -> Callable[..., Numbers]:
        _counterparts[_key(of)] = counterpart
        return counterpart

    return register


def never_on_samples(reason: str, *of: Callable[..., NumberArray]) -> None:
    """Say why no number of roll-outs encloses some quantities."""
    for one in of:
        on_samples(one)(_refusal(one.__name__, reason))


def _without_tables(measure: Callable[..., Numbers]) -> Callable[..., Numbers]:
    """What encloses a quantity of a sampled world: its counterpart, or the formula if it reads no table."""

    def formula(*args: Any, **kwargs: Any) -> Numbers:
        try:
            return measure(*args, **kwargs)
        except (TypeError, ar.NotANumber) as problem:  # it took a policy for an array
            what = f"il.{measure.__name__} is computed from tables, but the world is only sampled"
            raise NotEstimable(f"{what}: {problem}") from problem

    return _counterparts.get(_key(measure), formula)


def _refusal(name: str, reason: str) -> Callable[..., Numbers]:
    def refuse(*args: Any, **kwargs: Any) -> Numbers:
        raise NotEstimable(f"il.{name} cannot be estimated from roll-outs: {reason}.")

    return refuse


def _key(measure: Callable[..., Any]) -> str:
    return f"{measure.__module__}.{measure.__qualname__}"


_counterparts: dict[str, Callable[..., Numbers]] = {}


def gamma(mdp: TabularMDP) -> Numbers:
    """Discount of a model without a horizon, in [0, 1)."""
    if mdp.discount is None:
        raise ValueError(f"this needs a discount; the model has a horizon ({mdp.horizon}).")
    return mdp.discount


def expectation(mdp: TabularMDP, pi: Any, f: Numbers) -> Numbers:
    """Expected value of a function of the state along a policy, averaged over steps.

    Parameters
    ----------
    f : numbers ``[..., H, S]`` (or with a step axis of length 1); with a discount ``[..., S]``

    Returns
    -------
    numbers, batch axes: ``(1/H) sum_h E[f_h(s_h)]``, or the expectation under the normalised discounted
    occupancy
    """
    return average(mdp, mdp.state_occupancy(pi), f)


def average(mdp: TabularMDP, d: Numbers, f: Numbers) -> Numbers:
    """``sum d f`` over states, for laws ``d`` shaped like ``f``; a mean over steps if these are finite."""
    if mdp.horizon is None:
        return ar.sum(d * f, -1)
    return ar.sum(d * f, (-2, -1)) / mdp.horizon


def total(mdp: TabularMDP, mean: Numbers) -> Numbers:
    """Turn a mean over steps into a sum over steps: times H, or divided by ``1 - gamma``."""
    return mean * mdp.horizon if mdp.horizon is not None else mean / (1 - gamma(mdp))


def per_step(mdp: TabularMDP, sum: Numbers) -> Numbers:
    """Turn a sum over steps into a mean over steps, undoing ``total``: over H, or times ``1 - gamma``."""
    return sum / mdp.horizon if mdp.horizon is not None else sum * (1 - gamma(mdp))


def largest(mdp: TabularMDP, f: Numbers) -> Numbers:
    """Maximum over states of ``f[..., S]``, and over steps of ``f[..., H, S]`` if the horizon is finite."""
    f = ar.amax(f, -1)
    return f if mdp.horizon is None else ar.amax(f, -1)


@quantity
def sum_over_states(mdp: TabularMDP, f: Numbers) -> Numbers:
    """Sum of ``f[..., S]``, or of ``f[..., H, S]`` if the horizon is finite: one number an instance."""
    return ar.sum(f, -1 if mdp.horizon is None else (-2, -1))


@quantity
def sum_over_pairs(mdp: TabularMDP, f: Numbers) -> Numbers:
    """Sum of ``f[..., S, A]``, or of ``f[..., H, S, A]`` if the horizon is finite: one number an instance."""
    return ar.sum(f, (-2, -1) if mdp.horizon is None else (-3, -2, -1))


@quantity
def l1_norm(x: Numbers, *, axes: int) -> Numbers:
    """Sum of the absolute values over the last ``axes`` axes."""
    return ar.sum(ar.absolute(x), tuple(range(-axes, 0)))


def steps_left(mdp: TabularMDP) -> Numbers:
    """Rewards still to come at each step, the present one included: ``H - h + 1``, shape ``[H]``."""
    assert mdp.horizon is not None
    return mdp.system.convert(np.arange(mdp.horizon, 0, -1))


def expected_next(mdp: TabularMDP, f: Numbers) -> Numbers:
    """Expected value, at the next state, of a function of the state.

    Parameters
    ----------
    f : numbers ``[..., H, S]``; with a discount ``[..., S]``

    Returns
    -------
    numbers ``[..., H, S, A]``, ``E f_{h+1}(s')`` with ``f_{H+1} = 0``; with a discount ``[..., S, A]``,
    ``gamma E f(s')``
    """
    if mdp.horizon is None:
        return gamma(mdp)[..., None, None] * mdp.transitions.expect(f)
    later = [mdp.transitions.expect(f[..., h, :], h - 1) for h in range(1, mdp.horizon)]
    nothing = 0 * mdp.transitions.expect(f[..., -1, :], mdp.horizon - 1)
    return ar.stack([*later, nothing], axis=-3)
