"""Sequences of quantities and of policies: what online learning produces, one entry an iteration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.quantity import quantity
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def together(values: Iterable[Any], axis: int = 0) -> Numbers:
    """Stack quantities of several policies along a new axis, repeating those without batch axes."""
    parts = list(values)
    shape = np.broadcast_shapes(*(tuple(part.shape) for part in parts))
    return ar.stack([ar.broadcast_to(part, shape) for part in parts], axis)


@quantity
def mean(values: Iterable[Any]) -> Numbers:
    """Arithmetic mean of quantities, instance by instance."""
    stacked = together(values)
    return ar.sum(stacked, 0) / stacked.shape[0]


@quantity
def smallest(values: Iterable[Any]) -> Numbers:
    """Smallest of some quantities, instance by instance."""
    return reduce(ar.minimum, values)


@quantity
def greatest(values: Iterable[Any]) -> Numbers:
    """Largest of some quantities, instance by instance."""
    return reduce(ar.maximum, values)


def blend(policies: Sequence[Any], weights: Sequence[Any], *, axes: int = 3) -> Numbers:
    """Choose among policies afresh at every step: ``sum_i w_i pi_i``.

    Parameters
    ----------
    policies : numbers ``[..., H, S, A]`` (or with a step axis of length 1)
    weights : numbers ``[...]``, one for each policy and instance, summing to 1
    axes : axes of a policy; 2 with a discount, for policies ``[..., S, A]``
    """
    lift = (..., *[None] * axes)
    return reduce(lambda x, y: x + y, (weight[lift] * pi for weight, pi in zip(weights, policies, strict=True)))


def pick(policies: Sequence[Any], index: NDArray[np.integer[Any]], *, axes: int = 3) -> Numbers:
    """One of some policies for each instance.

    Parameters
    ----------
    policies : numbers ``[..., H, S, A]`` (or with a step axis of length 1)
    index : ints ``[...]``, which policy
    axes : axes of a policy; 2 with a discount, for policies ``[..., S, A]``
    """
    if index.ndim == 0:
        return policies[int(index)]
    chosen = index[(..., *[None] * axes)]
    return reduce(lambda other, i: ar.where(chosen == i, policies[i], other), range(1, len(policies)), policies[0])
