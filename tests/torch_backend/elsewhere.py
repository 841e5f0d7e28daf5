"""A torch device called ``elsewhere`` that stands in for a GPU where there is none.

Its entries are kept apart from the processor's, and operations that mix the two are refused under the rules that CUDA
has: single numbers and indices may come from the processor, everything else has to be brought over first. So code
that forgets to move something, or reads a tensor without bringing it back, fails here as it would fail there. What a
GPU computes, its rounding above all, is not imitated: the operations are those of the processor.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils import backend_registration
from torch.utils._pytree import tree_map

NAME = "elsewhere"


class Elsewhere(torch.Tensor):
    """A tensor whose entries are in ``kept``, out of the processor's reach."""

    __torch_function__ = torch._C._disabled_torch_function_impl
    kept: torch.Tensor


def _bring(entries: torch.Tensor) -> Elsewhere:
    entries = entries.contiguous()
    if entries.untyped_storage().nbytes() != entries.nbytes:
        entries = entries.clone()  # a view: operations on strides count from the start of the storage
    tensor: Any = torch._C._acc.create_empty_tensor(tuple(entries.shape), entries.dtype)
    tensor.__class__, tensor.kept = Elsewhere, entries
    return tensor


def _become(tensor: Any, entries: torch.Tensor) -> Elsewhere:
    """Give a tensor other entries, of another shape."""
    new = _bring(entries)
    tensor.data, tensor.__class__, tensor.kept = new, Elsewhere, new.kept
    return tensor


def _operation(operation: Any, *args: Any, **kwargs: Any) -> Any:
    """Compute what is kept by the processor's operation, having refused arguments that are not here."""
    name = str(operation).split(".")[1]

    def kept(x: Any) -> Any:
        if isinstance(x, Elsewhere):
            return x.kept
        if isinstance(x, torch.Tensor) and x.ndim and not name.startswith(("index", "_index")):
            raise RuntimeError(f"{operation}: expected all tensors on {NAME}:0, found one on {x.device}")
        return torch.device("cpu") if isinstance(x, torch.device) else x

    out = kwargs.pop("out", None)
    kwargs = tree_map(kept, kwargs)
    if out is not None:
        kwargs["out"] = torch.empty(0, dtype=out.dtype)
    result = operation(*tree_map(kept, args), **kwargs)
    if out is not None:
        return _become(out, result)
    if name.endswith("_"):
        return args[0]
    return tree_map(lambda x: _bring(x) if isinstance(x, torch.Tensor) else x, result)


def _empty(size: Any, dtype: Any = None, **options: Any) -> Elsewhere:
    return _bring(torch.empty(size, dtype=dtype))


def _copy_from(source: Any, target: Any, non_blocking: bool = False) -> Any:
    here, there = (x.kept if isinstance(x, Elsewhere) else x for x in (source, target))
    there.copy_(here)
    return target


_LIBRARIES = [torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")]


def register() -> str:
    """Make the device known to torch, once a process; its name."""
    if backend_registration._get_privateuse1_backend_name() == NAME:
        return NAME
    backend_registration._setup_privateuseone_for_python_backend(NAME)
    anything, aten = _LIBRARIES
    anything.fallback(_operation, "PrivateUse1")
    aten.impl("empty.memory_format", _empty, "PrivateUse1")
    aten.impl("_copy_from", _copy_from, "PrivateUse1")
    aten.impl("squeeze_.dim", lambda x, dim: _become(x, x.kept.squeeze(dim)), "PrivateUse1")
    for name in ("detach", "alias"):
        aten.impl(name, lambda x: _bring(x.kept), "PrivateUse1")
    aten.impl("_unsafe_view", lambda x, size: _bring(x.kept.reshape(size)), "PrivateUse1")
    aten.impl("_reshape_alias", lambda x, size, stride: _bring(x.kept.reshape(size)), "PrivateUse1")
    return NAME
