"""Optimisers as all learners use them."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import torch

from iltheory.learners.options import positive
from sims.errors import InvalidArgument


def adam(parameters: Iterable[Any], learning_rate: float, *, l2: float = 0.0, betas: Any = (0.9, 0.999)) -> Any:
    """Adam in one kernel for all tensors.

    Parameters
    ----------
    l2 : adds ``l2 theta`` to the gradient, that of ``l2 |theta|^2 / 2``
    """
    rate, decay = positive("learning_rate", learning_rate), nonnegative("l2", l2)
    return torch.optim.Adam(parameters, lr=rate, betas=betas, weight_decay=decay, fused=True)


def descend(optimizer: Any, loss: Any) -> None:
    """One gradient step; setting gradients to None by hand costs a twentieth of ``zero_grad``."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    loss.backward()
    optimizer.step()


def nonnegative(name: str, x: Any) -> float:
    """Read a finite number that is at least 0, or raise ``InvalidArgument``."""
    if not isinstance(x, int | float) or not 0 <= x < inf:
        raise InvalidArgument(f"{name}={x!r} must be a number, at least 0.")
    return float(x)
