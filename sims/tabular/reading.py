"""Reading the arguments of a model: numbers, shapes, batch axes, the one number system of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from array_api_compat import is_torch_array

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.errors import IltheoryError
from sims.tabular.dense import DenseTransitions
from sims.tabular.errors import InvalidModel, InvalidPolicy
from sims.tabular.transitions import Transitions, system_like
from sims.tabular.validation import check_distributions, check_finite, convert_distributions, normalized

POLICY_ADVICE = "A policy's rows are distributions over actions, pi[..., s, a]."


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


def read_table_numbers(name: str, x: Any) -> Numbers:
    """Read an array of numbers of a model; floats are copied and frozen, so that the model stays what was checked."""
    numbers = read_numbers(name, x)
    if is_torch_array(numbers):
        return numbers.clone()
    if isinstance(numbers, np.ndarray):
        numbers = numbers.copy()
        numbers.flags.writeable = False
    return numbers


def read_scalar(name: str, x: Any, error: type[IltheoryError] = InvalidModel) -> Any:
    """Read a number or numbers; Python's own numbers stay as they are, for they fit every system."""
    if isinstance(x, float):
        return float(x)
    return x if isinstance(x, int | Fraction) else read_numbers(name, x, error)


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
    """Make an argument an array of the system, or raise ``MixedArithmetic``.

    A single float, such as a temperature, is the dyadic rational it is; only ``rational`` refuses it.
    """
    exact = is_integral(x) or (isinstance(x, float) and system.name != "rational")
    return system.convert(x if exact else system.coerce(x))


def insert_axis(x: Numbers, axis: int) -> Numbers:
    """Insert an axis of length 1, at a negative position of the result."""
    index: tuple[Any, ...] = (..., None, *([slice(None)] * (-axis - 1)))
    return x[index]


def read_table(
    name: str, x: Numbers, batch_axes: int, horizon: int | None, cores: Mapping[str, tuple[int, ...]]
) -> tuple[str, Numbers]:
    """Give a table a step axis in front of its core axes.

    A table has all the batch axes or none, then at most a step axis of length 1 or H (finite horizon), then
    its core.

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
    readings = [
        lead for lead in {batch_axes: None, 0: None} if any(_fits(shape[lead:], c, horizon) for c in cores.values())
    ]
    if len(readings) > 1 and shape[0] > 1:
        raise InvalidModel(
            f"{name} of shape {shape} could vary over the batch or over the {horizon} steps: write {name}[None] for "
            f"the same steps in the whole batch, {name}[:, None] for a batch that does not vary in time."
        )
    for leading in readings[:1]:
        rest = shape[leading:]
        fits = {kind: core for kind, core in cores.items() if _fits(rest, core, horizon)}
        if len(fits) > 1:
            raise InvalidModel(
                f"{name} of shape {rest} fits {' and '.join(fits)}: write {name}[None] if it does not vary in "
                f"time, np.repeat({name}[..., None], S, -1) if it does not depend on the next state."
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


def read_dense(P: Any, batch_axes: int, horizon: int | None) -> DenseTransitions:
    """Read a table ``[S, A, S]`` or ``[H, S, A, S]`` of transition probabilities."""
    p = read_table_numbers("P", P)
    if p.ndim < 3 or p.shape[-1] != p.shape[-3] or 0 in p.shape:
        raise InvalidModel(f"P has shape {tuple(p.shape)}: its last axes must be [S, A, S], none of them empty.")
    return DenseTransitions(read_table("P", p, batch_axes, horizon, {"[S, A, S]": tuple(p.shape[-3:])})[1])


def read_initial(mu: Numbers, n_states: int, batch_axes: int, normalize: bool) -> Numbers:
    """Check the law of the first state ``[..., S]``."""
    if mu.ndim not in (1, 1 + batch_axes) or mu.shape[-1] != n_states:
        batch = f" behind {batch_axes} batch axes" if batch_axes else ""
        raise InvalidModel(f"mu has shape {tuple(mu.shape)}, expected [S] = ({n_states},){batch}.")
    mu = normalized(mu, "mu") if normalize else mu
    check_distributions(mu, "mu", InvalidModel, "mu is the law of the first state.")
    return mu


def read_discount(gamma: Numbers) -> Numbers:
    """Check that discounts lie in [0, 1)."""
    if not (np.all(ar.compare(gamma, ">=", 0) == 1) and np.all(ar.compare(gamma, ">=", 1) == -1)):
        raise InvalidModel(
            f"discount={gamma}: must lie in [0, 1). For an undiscounted problem give horizon=H instead; a discount "
            "that floats round to 1 needs .to('rational'), or .to('ball') with bits enough."
        )
    return gamma


def read_rewards(
    r: Numbers, transitions: Transitions, batch_axes: int, horizon: int | None
) -> tuple[Numbers, Numbers | None]:
    """Expected rewards ``[..., T, S, A]``, and the ``[..., T, S, A, S]`` they are expectations of, if any."""
    pair = (transitions.n_states, transitions.n_actions)
    cores = {"[S, A]": pair, "[S, A, S]": (*pair, transitions.n_states)}
    check_finite(r, "r", InvalidModel)
    kind, r = read_table("r", r, batch_axes, horizon, cores)
    if kind == "[S, A]":
        return r, None
    varies = r.shape[-4] > 1
    steps = range(max(r.shape[-4], transitions.steps))
    means = [transitions.expect_each(r[..., h if varies else 0, :, :, :], h) for h in steps]
    return stack_steps(means, 2), r


def read_new_rewards(r: Numbers, transitions: Transitions, horizon: int | None) -> Numbers:
    """Rewards ``[S, A]``, ``[..., H, S, A]`` or, with a discount, ``[..., S, A]``, given a step axis."""
    check_finite(r, "r", InvalidModel)
    batch_axes = r.ndim - (2 if horizon is None or r.ndim == 2 else 3)
    cores = {"[S, A]": (transitions.n_states, transitions.n_actions)}
    return read_table("r", r, batch_axes, horizon, cores)[1]


def read_terminal(terminal: Any, transitions: Transitions, rewards: Numbers) -> Mask:
    """Check that the states of a mask ``[S]`` are absorbing and pay nothing."""
    mask = np.asarray(terminal)
    n_states = transitions.n_states
    if mask.dtype != np.bool_ or mask.shape != (n_states,):
        raise InvalidModel(
            f"terminal is {mask.dtype} of shape {mask.shape}; it must be bools of shape [S] = ({n_states},)."
        )
    kept = [_flat(transitions.self_loops(h), n_states).all(axis=0) for h in range(transitions.steps)]
    paid = _flat(ar.possibly_nonzero(rewards), n_states).any(axis=0)
    for wrong, states in (("can be left", ~np.logical_and.reduce(kept)), ("has a reward", paid)):
        if (states & mask).any():
            s = int(np.argmax(states & mask))
            raise InvalidModel(f"terminal state {s} {wrong}; it must be absorbing with reward 0.")
    return mask


def _flat(pairs: Mask, n_states: int) -> Mask:
    """From ``[..., S, A]`` to ``[n, S]``."""
    return np.moveaxis(pairs, -2, -1).reshape(-1, n_states)


def read_policy(
    pi: Any, core: tuple[int, int], horizon: int | None, batch_shape: tuple[int, ...], system: System
) -> Numbers:
    """Check a policy of a model and give it a step axis; see :meth:`TabularMDP.policy`."""
    pi = read_numbers("policy", pi, InvalidPolicy)
    shape = tuple(pi.shape)
    if shape[-2:] != core:
        raise InvalidPolicy(f"policy has shape {shape}; its last axes must be [S, A] = {core}.")
    if horizon is not None and pi.ndim > 2 and shape[-3] not in (1, horizon):
        raise InvalidPolicy(
            f"policy has shape {shape}; axis -3 is the step and must have length H = {horizon}, or 1 for a "
            "stationary policy."
        )
    batch = shape[: -2 if horizon is None else -3]
    try:
        np.broadcast_shapes(batch, batch_shape)
    except ValueError:
        raise InvalidPolicy(
            f"policy has batch axes {batch}, which do not broadcast with {batch_shape} of the model."
        ) from None
    check_distributions(pi, "policy", InvalidPolicy, POLICY_ADVICE)
    if system.name in ("interval", "ball"):
        pi = convert_distributions(pi, system, lambda row: f"policy row {row}")
    else:
        pi = bring(pi, system)
    return insert_axis(pi, -3) if horizon is not None and pi.ndim == 2 else pi


def broadcast_batch(**shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Common shape of the batch axes of the parts of a model."""
    try:
        return np.broadcast_shapes(*(tuple(shape) for shape in shapes.values()))
    except ValueError:
        named = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
        raise InvalidModel(f"batch axes do not broadcast: {named}.") from None


def stack_steps(xs: list[Numbers], core: int) -> Numbers:
    """Stack arrays on a step axis in front of their last ``core`` axes, broadcasting batch axes."""
    shape = np.broadcast_shapes(*(tuple(x.shape) for x in xs))
    return ar.stack([ar.broadcast_to(x, shape) for x in xs], axis=-core - 1)
