"""Small helpers on raw arrays (numpy of any dtype, or torch)."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_torch_array
from numpy.typing import NDArray

from sims.arithmetic.system import Raw


def like(x: Raw) -> Any:
    """Namespace of functions (array API names) for arrays such as ``x``."""
    return array_namespace(x)


def to_numpy(x: Any) -> NDArray[Any]:
    """The entries as a numpy array, brought over from a torch device where needed."""
    if is_torch_array(x):
        return x.detach().cpu().numpy()
    return np.asarray(x)


def mask_like(mask: Any, x: Raw) -> Raw:
    """A boolean numpy mask in the library and on the device of ``x``."""
    return like(x).asarray(mask, device=x.device) if is_torch_array(x) else mask
