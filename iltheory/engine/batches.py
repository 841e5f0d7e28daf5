"""Claims on thousands of instances in one call, in chunks that fit a limit on memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from iltheory.claims.claim import Claim
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import Instance, InvalidInstance
from iltheory.engine.evaluate import ARITHMETICS, Decision, decide
from iltheory.engine.memory import measured
from iltheory.engine.verify import lookup
from sims import TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument

MEMORY = 2**30
"""Bytes that an evaluation may take, unless said otherwise."""

FASTEST_GROWTH = 8
"""A chunk is at most this many times as large as the last: instances of a batch do not all take the same memory."""

DRAWN = 1024
"""Instances drawn at once: enough for arithmetic to outweigh Python, few enough for the caches."""


def evaluate_batch(
    claim: str | Claim,
    instances: Any,
    *,
    arithmetic: str = "interval",
    device: str | None = None,
    memory: int = MEMORY,
) -> Decision:
    """Evaluate a claim on any number of instances, on numpy or a torch device.

    The instances are converted and evaluated in chunks. The first is a single instance; the memory that a chunk took
    says how large the next may be. Verdicts do not depend on it, midpoints and widths by roundings only.

    Parameters
    ----------
    claim : the claim or its id
    instances : values of the parameters in order or by name, with one batch axis; or an iterator of such batches, such
        as :func:`drawn` gives, each of which is kept only while it is evaluated
    arithmetic : number system, or ``auto`` to decide in exact rationals and balls what intervals leave open
    device : torch device of floats and intervals, such as ``cuda``; None for numpy
    memory : bytes a chunk may take, beyond the instances as they were given

    Returns
    -------
    Decision
        ``verdicts``, ``lhs``, ``rhs``, ``ratios`` and ``widths``, one each for every instance

    Raises
    ------
    InvalidArgument
        If the claim is sampled, an option makes no sense, there are no instances, or a single one takes more than
        ``memory``.
    InvalidInstance
        If the values do not fit the parameters, or have no batch axis.
    """
    chosen = lookup(claim)
    _check_options(chosen, arithmetic, device, memory)
    given = instances if isinstance(instances, Iterator) else iter([instances])
    parts, chunk, measuring, largest = [], 1, True, 0
    for batch in (chosen.bind_any(batch) for batch in given):
        size, start = batch_size(chosen, batch), 0
        entries = _entries(chosen.select(batch, 0))
        if entries > largest:
            chunk, measuring, largest = 1, True, entries
        while start < size:
            stop = min(start + chunk, size)
            part = chosen.select(batch, slice(start, stop))
            with measured(device) if measuring else nullcontext() as peak:
                parts.append(decide(chosen, part, stop - start, arithmetic=arithmetic, device=device))
            if peak is not None:
                _check_fits(chosen, stop - start, peak.bytes, memory)
                fitting = max(1, (stop - start) * memory // max(peak.bytes, 1))
                measuring = fitting > FASTEST_GROWTH * chunk
                chunk = min(fitting, FASTEST_GROWTH * chunk)
            start = stop
    if not parts:
        raise InvalidArgument("instances: there are none.")
    return _joined(parts)


def drawn(
    claim: str | Claim,
    n: int,
    *,
    seed: int = 0,
    arithmetic: str = "float64",
    device: str | None = None,
    **scale: Any,
) -> Iterator[Instance]:
    """Draw random instances of a claim, block by block, straight to a number system and device.

    The numbers are drawn as exact rationals by numpy, so they are the same on every device.

    Parameters
    ----------
    n : number of instances in all
    seed : the same seed gives the same instances, and the first of them whatever ``n`` is
    arithmetic, device : where the instances are to be, ``rational`` for exact ones
    scale : sizes and laws, see :class:`iltheory.claims.drawing.Scale`: ``n_states``, ``n_actions``, ``horizon``, ...

    Yields
    ------
    dict
        values of the claim's parameters for up to 1,024 instances
    """
    chosen, system = lookup(claim), ar.get_system(arithmetic, device=device)
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise InvalidArgument(f"n={n!r}: must be a number of instances, at least 1.")
    for block, start in enumerate(range(0, n, DRAWN)):
        rng = np.random.default_rng([seed, block])
        instance: dict[str, Any] = {}
        for name, kind in chosen.parameters.items():
            instance[name] = kind.draw(rng, Scale(size=DRAWN, **scale), instance)
        if n - start < DRAWN:
            instance = chosen.select(instance, slice(n - start))
        yield chosen.convert(instance, system)


def batch_size(claim: Claim, instance: Instance) -> int:
    """Return the number of instances in a batch.

    Raises
    ------
    InvalidInstance
        If no value has a batch axis, or two have different numbers of instances.
    """
    sizes = {name: shape[0] for name, shape in batched(claim, instance).items()}
    sizes = {name: size for name, size in sizes.items() if size != 1} or sizes
    if len(set(sizes.values())) != 1:
        listed = ", ".join(f"{name} has {size}" for name, size in sizes.items()) or "no value has a batch axis"
        raise InvalidInstance(f"{claim.id}: the instances of a batch are counted by the first axis, but {listed}.")
    return next(iter(sizes.values()))


def batched(claim: Claim, instance: Instance) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the values that have a batch axis, by name; of models, the shape of their batch."""
    single = claim.select(instance, 0)
    return dict(chain.from_iterable(_batched(name, instance[name], single[name]) for name in instance))


def _batched(name: str, value: Any, single: Any) -> Iterable[tuple[str, tuple[int, ...]]]:
    """Shapes of what has a batch axis in a value, given what selecting one instance leaves of it."""
    if isinstance(value, tuple):
        for i, (entry, one) in enumerate(zip(value, single, strict=True)):
            yield from _batched(f"{name}[{i}]", entry, one)
    elif isinstance(value, TabularMDP):
        if value.batch_shape:
            yield name, tuple(value.batch_shape)
    elif not isinstance(value, int) and value.ndim > single.ndim:
        yield name, tuple(value.shape)


def _check_options(claim: Claim, arithmetic: str, device: str | None, memory: int) -> None:
    if claim.statistical:
        raise InvalidArgument(f"{claim.id} is sampled, one instance at a time: use il.verify.")
    if arithmetic not in ARITHMETICS:
        raise InvalidArgument(f"arithmetic={arithmetic!r}: must be one of {', '.join(ARITHMETICS)}.")
    ar.get_system("interval" if arithmetic == "auto" else arithmetic, device=device)
    if not isinstance(memory, int) or isinstance(memory, bool) or memory < 1:
        raise InvalidArgument(f"memory={memory!r}: must be a number of bytes, at least 1.")


def _entries(value: Any) -> int:
    """About how many numbers an instance is made of: larger instances than those measured are measured, too."""
    if isinstance(value, TabularMDP):
        return value.n_states**2 * value.n_actions * (value.horizon or 1)
    if isinstance(value, Mapping | tuple):
        return sum(map(_entries, value.values() if isinstance(value, Mapping) else value))
    return value if isinstance(value, int) else math.prod(value.shape)


def _check_fits(claim: Claim, size: int, taken: int, memory: int) -> None:
    if size == 1 and taken > memory:
        raise InvalidArgument(
            f"memory={memory}: evaluating {claim.id} on one instance takes {taken} bytes.\n  Allow as many."
        )


def _joined(parts: list[Decision]) -> Decision:
    names = ("verdicts", "lhs", "rhs", "widths", "systems")
    joined: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return replace(parts[0], **joined)
