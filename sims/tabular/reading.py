"""Reading the arguments of a model: numbers, shapes, batch axes, the one number system of all of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.errors import IltheoryError
from sims.tabular.errors import InvalidModel
from sims.tabular.transitions import Transitions, system_like
from sims.tabular.validation import check_finite


def read_horizon(horizon: Any, discount: Any) -> int | None:
    """Return the horizon of a model that has exactly one of horizon and discount."""
    if (horizon is None) == (discount is None):
        raise InvalidModel(
            f"got horizon={horizon} and discount={discount}: give exactly one, horizon=H or discount=gamma."
        )
    if horizon is None:
        return None
    if not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or horizon < 1:
        raise InvalidModel(f"horizon={horizon!r}: must be an integer number of steps, at least 1.")
    return int(horizon)


def read_numbers(name: str, x: Any, error: type[IltheoryError] = InvalidModel) -> Numbers:
    """Read an array of numbers of any system."""
    try:
        return ar.asarray(x)
    except (TypeError, ValueError, ArithmeticError) as problem:
        raise error(f"{name} is not an array of numbers: {problem}") from None


def read_scalar(name: str, x: Any) -> Any:
    """Read a number or numbers; Python's own numbers stay as they are, for they fit every system."""
    if isinstance(x, float):
        return float(x)
    return x if isinstance(x, int | Fraction) else read_numbers(name, x)


def common_system(*xs: Any) -> System:
    """The one number system of the arguments; integers belong to all of them.

    Raises
    ------
    MixedArithmetic
        If two are of different systems.
    """
    return system_like(*(x for x in xs if not is_integral(x)))


def is_integral(x: Any) -> bool:
    """Whether the numbers are integers, which every system holds exactly."""
    return isinstance(x, ar.RationalArray) and x.den == 1


def bring(x: Any, system: System) -> Numbers:
    """Make the numbers an array of the system, or raise ``MixedArithmetic``."""
    return system.convert(x if is_integral(x) else system.coerce(x))


def insert_axis(x: Numbers, axis: int) -> Numbers:
    """Insert an axis of length 1, at a negative position of the result."""
    index: tuple[Any, ...] = (..., None, *([slice(None)] * (-axis - 1)))
    return x[index]


def read_table(
    name: str, x: Numbers, batch_axes: int, horizon: int | None, cores: dict[str, tuple[int, ...]]
) -> tuple[str, Numbers]:
    """Give a table a step axis in front of its core axes.

    A table has all the batch axes or none, then at most a step axis of length 1 or H (finite horizon), then its core.

    Parameters
    ----------
    cores : the shapes the last axes may have, by what they are called

    Returns
    -------
    kind : the name of the core that fits
    table : numbers ``[..., T, *core]``

    Raises
    ------
    InvalidModel
        If no core fits, or two do.
    """
    shape = tuple(x.shape)
    for leading in {batch_axes: None, 0: None}:
        rest = shape[leading:]
        fits = {kind: core for kind, core in cores.items() if _fits(rest, core, horizon)}
        if len(fits) > 1:
            raise InvalidModel(
                f"{name} of shape {rest} fits {' and '.join(fits)}: write {name}[None] if it does not vary with the step."
            )
        for kind, core in fits.items():
            return kind, x if len(rest) > len(core) else insert_axis(x, -len(core) - 1)
    expected = " or ".join(f"{kind} = {core}" for kind, core in cores.items())
    steps = "" if horizon is None else f", or that behind a step axis of length H = {horizon}"
    batch = f", all behind {batch_axes} batch axes" if batch_axes > 0 else ""
    raise InvalidModel(f"{name} has shape {shape}, expected {expected}{steps}{batch}.")


def _fits(shape: tuple[int, ...], core: tuple[int, ...], horizon: int | None) -> bool:
    if shape == core:
        return True
    return horizon is not None and shape[1:] == core and shape[0] in (1, horizon)


def read_rewards(
    r: Numbers, transitions: Transitions, batch_axes: int, horizon: int | None
) -> tuple[Numbers, Numbers | None]:
    """Expected rewards ``[..., T, S, A]``, and the rewards ``[..., T, S, A, S]`` they are expectations of, if any."""
    pair = (transitions.n_states, transitions.n_actions)
    cores = {"[S, A]": pair, "[S, A, S]": (*pair, transitions.n_states)}
    check_finite(r, "r", InvalidModel)
    kind, r = read_table("r", r, batch_axes, horizon, cores)
    if kind == "[S, A]":
        return r, None
    steps = max(r.shape[-4], transitions.steps)
    per_step = [
        transitions.expect_each(r[..., h if r.shape[-4] > 1 else 0, :, :, :], h) for h in range(steps)
    ]
    return stack_steps(per_step, 2), r


def stack_steps(xs: list[Numbers], core: int) -> Numbers:
    """Stack per-step arrays on a step axis in front of their last ``core`` axes, broadcasting batch axes."""
    shape = np.broadcast_shapes(*(tuple(x.shape) for x in xs))
    return ar.stack([ar.broadcast_to(x, shape) for x in xs], axis=-core - 1)
