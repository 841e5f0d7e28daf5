"""The one place where numba is imported; only the modules of loops import this one."""

from __future__ import annotations

from numba import njit

compiled = njit(cache=True, error_model="numpy")
"""Compile a loop over raw arrays at its first call and keep the machine code on disk."""

compiled_any_order = njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
"""The same for a reduction that may be summed in any order (hence by vector instructions)."""
