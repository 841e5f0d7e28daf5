"""Small helpers on raw arrays (numpy of any dtype, or torch)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.system import Raw


def like(x: Raw) -> Any:
    """Namespace of functions (array API names) for arrays such as ``x``."""
    return _torch_functions() if is_torch_array(x) else np


@cache
def _torch_functions() -> Any:
    import array_api_compat.torch

    return array_api_compat.torch


def to_numpy(x: Any) -> NDArray[Any]:
    """Return the entries as a numpy array, brought over from a torch device where needed."""
    if is_torch_array(x):
        return np.asarray(x.detach().cpu().numpy())
    return np.asarray(x)


def device_of(x: Raw) -> str | None:
    """Torch device of an array, or None if it is numpy's."""
    return str(x.device) if is_torch_array(x) else None


def to_device(x: Any, device: str | None) -> Raw:
    """Numbers as float64 on a torch device, or in numpy (``device=None``); copied only if need be."""
    if device is None:
        return np.asarray(to_numpy(x), dtype=np.float64)
    import torch

    # torch warns about read-only numpy arrays, which it would otherwise share.
    source = x if is_torch_array(x) else np.array(x, dtype=np.float64)
    return torch.as_tensor(source, dtype=torch.float64, device=device)


def mask_like(mask: Any, x: Raw) -> Raw:
    """Boolean numpy mask in the library and on the device of ``x``."""
    return like(x).asarray(mask, device=x.device) if is_torch_array(x) else mask


def holds_floats(x: Any) -> bool:
    """Whether a constant or raw array has entries that are rounded floats rather than exact numbers."""
    if isinstance(x, float | np.floating) or is_torch_array(x):
        return True
    if not isinstance(x, np.ndarray):
        return False
    return x.dtype.kind == "f" or (x.dtype == object and any(isinstance(v, float | np.floating) for v in x.flat))
