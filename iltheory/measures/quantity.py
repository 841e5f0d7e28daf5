"""What a public quantity returns, and expectations along a policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import NumberArray, Numbers

Parameters = ParamSpec("Parameters")


def quantity(measure: Callable[Parameters, Numbers]) -> Callable[Parameters, NumberArray]:
    """Make a measure return numbers whose comparisons remember both sides, in ``float64`` too."""

    @wraps(measure)
    def measured(*args: Parameters.args, **kwargs: Parameters.kwargs) -> NumberArray:
        return ar.wrap(measure(*args, **kwargs))

    return measured


def expectation(mdp: TabularMDP, pi: Any, f: Numbers) -> Numbers:
    """Expected value of a function of the state along a policy, averaged over steps.

    Parameters
    ----------
    f : numbers ``[..., H, S]`` (or with a step axis of length 1); with a discount ``[..., S]``

    Returns
    -------
    numbers, batch axes: ``(1/H) sum_h E[f_h(s_h)]``, or the expectation under the normalised discounted occupancy
    """
    return average(mdp, mdp.state_occupancy(pi), f)


def average(mdp: TabularMDP, d: Numbers, f: Numbers) -> Numbers:
    """``sum d f`` over states (and the mean over steps, if the horizon is finite), for laws ``d`` shaped like ``f``."""
    if mdp.horizon is None:
        return ar.sum(d * f, -1)
    return ar.sum(d * f, (-2, -1)) / mdp.horizon


def total(mdp: TabularMDP, mean: Numbers) -> Numbers:
    """Turn a mean over steps into a sum over steps: times H, or divided by ``1 - gamma``."""
    return mean * mdp.horizon if mdp.horizon is not None else mean / (1 - mdp.discount)


def largest(mdp: TabularMDP, f: Numbers) -> Numbers:
    """Maximum over states of ``f[..., S]``, and over steps of ``f[..., H, S]`` if the horizon is finite."""
    f = ar.amax(f, -1)
    return f if mdp.horizon is None else ar.amax(f, -1)
