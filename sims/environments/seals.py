"""Tables in the form of the `seals` library, which need not be installed."""

from __future__ import annotations

from math import isinf
from typing import Any

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.environments.errors import InvalidEnvironment
from sims.tabular import TabularMDP
from sims.tabular.validation import check_distributions, check_finite

ADVICE = "If the numbers were rounded, as float32 ones are, normalize=True makes rows sum to exactly one."


def from_seals(
    env: Any = None,
    *,
    transition_matrix: Any = None,
    reward_matrix: Any = None,
    initial_state_dist: Any = None,
    horizon: int | None = None,
    discount: Any = None,
    normalize: bool = False,
) -> TabularMDP:
    """The model of an environment that keeps its dynamics as arrays, as the tabular ones of `seals` do.

    Parameters
    ----------
    env : any object (or wrapped environment) with the arrays below, and perhaps ``horizon``, as attributes;
        an argument takes the place of the attribute of that name
    transition_matrix : numbers ``[S, A, S]``
    reward_matrix : numbers ``[S]``, ``[S, A]`` or ``[S, A, S]``: reward of the state left, the action taken
        and the state entered. ``[S]`` pays in the state that is *left*
    initial_state_dist : numbers ``[S]``
    horizon, discount : of the model. With neither, the horizon is the attribute of ``env`` or its registered
        ``max_episode_steps``
    normalize : make rows sum to exactly one; see `TabularMDP`

    Returns
    -------
    TabularMDP
        Its policies see the state; the ``observation_matrix`` of a partially observed environment is not
        read.

    Raises
    ------
    InvalidEnvironment
        If an array is missing, malformed or no distribution, or if the horizon is infinite and no discount is
        given.
    InvalidModel
        If both ``horizon`` and ``discount`` are given, or one is out of range.
    """
    bare = getattr(env, "unwrapped", env)
    P = _array("transition_matrix", transition_matrix, bare)
    r = _array("reward_matrix", reward_matrix, bare)
    mu = _array("initial_state_dist", initial_state_dist, bare)
    if P.ndim != 3 or P.shape[0] != P.shape[2]:
        raise InvalidEnvironment(f"transition_matrix has shape {tuple(P.shape)}, expected [S, A, S].")
    if r.ndim not in (1, 2, 3) or tuple(r.shape) != tuple(P.shape[: r.ndim]):
        raise InvalidEnvironment(
            f"reward_matrix has shape {tuple(r.shape)}, expected [S], [S, A] or [S, A, S] = {tuple(P.shape)}."
        )
    if tuple(mu.shape) != (P.shape[0],):
        raise InvalidEnvironment(f"initial_state_dist has shape {tuple(mu.shape)}, expected [S] = ({P.shape[0]},).")
    check_finite(r, "reward_matrix", InvalidEnvironment)
    P = _distributions("transition_matrix", P, normalize)
    mu = _distributions("initial_state_dist", mu, normalize)
    if horizon is None and discount is None:
        horizon = _horizon(env, bare)
    if r.ndim == 1:
        r = ar.broadcast_to(r[:, None], tuple(P.shape[:2]))
    elif r.ndim == 3 and horizon is not None:
        r = r[None]
    return TabularMDP(P, r, mu, horizon=horizon, discount=discount, normalize=normalize)


def _array(name: str, argument: Any, env: Any) -> Numbers:
    value = getattr(env, name, None) if argument is None else argument
    if value is None:
        where = "" if env is None else f", and {type(env).__name__} has no attribute of that name"
        raise InvalidEnvironment(f"{name} is missing: it is no argument{where}.")
    try:
        return ar.asarray(value)
    except (TypeError, ValueError) as problem:
        raise InvalidEnvironment(f"{name} is not an array of numbers: {problem}") from None


def _distributions(name: str, rows: Numbers, normalize: bool) -> Numbers:
    if normalize:
        check_finite(rows, name, InvalidEnvironment)
        total = ar.sum(rows, -1)[..., None]
        empty = np.argwhere(ar.upper(total) <= 0)
        if len(empty):
            index = [int(i) for i in empty[0][:-1]]
            raise InvalidEnvironment(
                f"{name}{index or ''} sums to {float(total[tuple(empty[0])])}: nothing to normalize."
            )
        rows = rows / total
    check_distributions(rows, name, InvalidEnvironment, ADVICE)
    return rows


def _horizon(env: Any, bare: Any) -> Any:
    horizon = getattr(bare, "horizon", None)
    if horizon is None:
        horizon = getattr(getattr(env, "spec", None), "max_episode_steps", None)
    if horizon is None or (isinstance(horizon, float) and isinf(horizon)):
        raise InvalidEnvironment("the horizon is infinite: give discount=gamma, or horizon=H to cut it.")
    return horizon
