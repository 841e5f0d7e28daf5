"""Minibatches in an order drawn from a generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from iltheory.learners.online import count


class Batches:
    """Minibatches of rows of tensors: every row once an epoch, in an order that is drawn anew each time.

    Rows are put in their order once an epoch, so a batch is a slice. What is left of an epoch after the last full
    batch is not used.

    Parameters
    ----------
    tensors : each ``[n, ...]``
    size : rows of a batch; all of them, in their own order, if n is not larger
    rng : draws the orders
    """

    def __init__(self, tensors: tuple[Any, ...], size: int, rng: np.random.Generator) -> None:
        self._rng, self._most = rng, count("batch_size", size)
        self.put(tensors)

    def put(self, tensors: tuple[Any, ...]) -> None:
        """Draw from these tensors from now on, beginning with a new epoch."""
        self._tensors = self._shuffled = tensors
        self._n = self._at = len(tensors[0])
        self._size = min(self._most, self._n)
        self._order = torch.arange(self._n)

    def next(self) -> tuple[Any, ...]:
        """Rows of each tensor, ``[size, ...]``."""
        if self._size == self._n:
            return self._tensors
        if self._at + self._size > self._n:
            self._shuffle(torch.from_numpy(self._rng.permutation(self._n)))
            self._at = 0
        start, self._at = self._at, self._at + self._size
        return tuple(x[start : self._at] for x in self._shuffled)

    def state_dict(self) -> dict[str, Any]:
        """Order and place; the generator is a part of its own."""
        return {"order": self._order, "at": self._at}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where :meth:`state_dict` was taken."""
        self._shuffle(state["order"])
        self._at = state["at"]

    def _shuffle(self, order: Any) -> None:
        self._order = order
        self._shuffled = tuple(x[order.to(x.device)] for x in self._tensors)
