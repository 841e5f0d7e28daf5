"""How much memory a computation takes at its peak: numpy's by tracemalloc, torch's by the storages that are alive."""

from __future__ import annotations

import tracemalloc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any


@dataclass
class Peak:
    """Most bytes in use at once beyond those at the start, known when the measurement has ended."""

    bytes: int = 0


@contextmanager
def measured(device: str | None) -> Iterator[Peak]:
    """Measure the memory that the ``with`` block takes, of numpy and of torch on any device.

    What BLAS and other compiled libraries keep to themselves is not seen. The two peaks are added although they may be
    reached at different times, so the answer is never too small.

    Parameters
    ----------
    device : torch device that is computed on, or None if torch is not involved
    """
    peak = Peak()
    nested = tracemalloc.is_tracing()
    with nullcontext(Peak()) if device is None else _tensors() as stored:
        if not nested:
            tracemalloc.start()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        try:
            yield peak
            peak.bytes = tracemalloc.get_traced_memory()[1] - before + stored.bytes
        finally:
            if not nested:
                tracemalloc.stop()


@contextmanager
def _tensors() -> Iterator[Peak]:
    """Measure what torch allocates, by looking at the results of every operation."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    peak, alive = Peak(), {}

    class Counting(TorchDispatchMode):  # type: ignore[misc]
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = function(*args, **(kwargs or {}))
            for tensor in result if isinstance(result, list | tuple) else (result,):
                if isinstance(tensor, torch.Tensor):
                    storage = tensor.untyped_storage()
                    if id(storage) not in alive:
                        alive[id(storage)] = storage.nbytes()
                        weakref.finalize(storage, alive.pop, id(storage), None).atexit = False
                        peak.bytes = max(peak.bytes, sum(alive.values()))
            return result

    with Counting():
        torch.empty(0)  # loads modules, which are no part of what is measured
        yield peak
