"""Functions of trajectories built from functions of steps, for enumeration beside ``trajectory_law``."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from iltheory.measures.steps import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular import at_step


def path_sums(mdp: TabularMDP, f: Any) -> Numbers:
    """``sum_h f_h(s_h, a_h)`` of every trajectory, ``[..., (S * A)**H]``, in the order of ``trajectory_law``.

    Parameters
    ----------
    f : numbers ``[..., H, S, A]`` (or with a step axis of length 1)
    """
    return _over_paths(mdp, f, lambda x, y: x + y)


def path_products(mdp: TabularMDP, f: Any) -> Numbers:
    """``prod_h f_h(s_h, a_h)`` of every trajectory, as :func:`path_sums`."""
    return _over_paths(mdp, f, lambda x, y: x * y)


def _over_paths(mdp: TabularMDP, f: Any, combine: Callable[[Any, Any], Any]) -> Numbers:
    pairs = mdp.n_states * mdp.n_actions
    f = mdp.system.coerce(f)
    each = [at_step(f, h) for h in range(steps(mdp))]
    flat = [ar.reshape(x, (*x.shape[:-2], pairs)) for x in each]

    def longer(past: Any, now: Any) -> Any:
        joined = combine(past[..., :, None], now[..., None, :])
        return ar.reshape(joined, (*joined.shape[:-2], joined.shape[-2] * pairs))

    return reduce(longer, flat)
