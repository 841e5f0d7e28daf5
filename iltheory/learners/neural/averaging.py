"""Exponential moving averages of weights."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch

from sims.errors import InvalidArgument


@dataclass(frozen=True)
class EMA:
    """``z_t = (1 - beta_t) z_{t-1} + beta_t theta_t`` from ``z_0 = theta_0``, ``beta_t = max(1 - decay, t^-power)``.

    Parameters
    ----------
    decay : in [0, 1)
    power : None for a constant ``beta = 1 - decay``; 1 with decay near 1 is the flat average of all iterates, 2/3 what
        Block, Foster, Krishnamurthy, Simchowitz and Zhang (2024) use
    """

    decay: float
    power: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise InvalidArgument(f"ema decay={self.decay}: must lie in [0, 1).")
        if self.power is not None and not self.power > 0:
            raise InvalidArgument(f"ema power={self.power}: must be positive, or None for a constant weight.")

    def weight(self, t: int) -> float:
        """``beta_t`` of the t-th update, from 1."""
        return 1 - self.decay if self.power is None else max(1 - self.decay, t**-self.power)


class Average:
    """The moving average of a module's parameters, as a module of its own; buffers are those of the module itself."""

    def __init__(self, module: Any, rule: EMA) -> None:
        self.module, self._rule = copy.deepcopy(module), rule
        self._averages, self._parameters = list(self.module.parameters()), list(module.parameters())
        self._copies, self._buffers = list(self.module.buffers()), list(module.buffers())

    def update(self, t: int) -> None:
        """Take in the parameters after the t-th update, from 1."""
        with torch.no_grad():
            torch._foreach_lerp_(self._averages, self._parameters, self._rule.weight(t))
            for copied, buffer in zip(self._copies, self._buffers, strict=True):
                copied.copy_(buffer)


def rule(ema: float | EMA | None) -> EMA | None:
    """Read a decay as a rule."""
    if ema is None or isinstance(ema, EMA):
        return ema
    if not isinstance(ema, int | float) or isinstance(ema, bool):
        raise InvalidArgument(f"ema={ema!r}: must be a decay such as 0.999, an EMA, or None.")
    return EMA(ema)
