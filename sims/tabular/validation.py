"""Checks that arrays are distributions, with errors that name the entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.errors import IltheoryError
from sims.tabular.errors import InvalidModel

ROUNDING = 1e-9
"""Row sums of float64 data may be off by this much, since the floats were rounded; exact systems allow nothing."""


def check_distributions(x: Numbers, name: str, error: type[IltheoryError], advice: str) -> None:
    """Raise unless every ``x[..., :]`` is a probability distribution.

    Rigorous systems reject only what is certainly no distribution; ``float64`` allows for rounding.

    Raises
    ------
    error
        Naming the first bad entry or row, e.g. ``P[3, 1] sums to 0.97 (should be 1).``
    """
    rounding = ROUNDING if ar.system_of(x).name == "float64" else 0.0
    check_finite(x, name, error)
    low = ar.lower(x)
    if low.size and low.min() < -rounding and (ar.upper(x) < -rounding).any():
        index = tuple(int(i) for i in np.argwhere(ar.upper(x) < -rounding)[0])
        raise error(f"{name}{list(index)} is {float(ar.midpoint(x)[index]):.6g}, a negative probability.\n  {advice}")
    total = ar.sum(x, -1)
    off = (ar.lower(total) > 1 + rounding) | (ar.upper(total) < 1 - rounding)
    if ar.system_of(x).name == "rational":
        off = ar.compare(total, "==", 1) != 1
    if off.any():
        index = tuple(int(i) for i in np.argwhere(off)[0])
        where = f"{name}{list(index)}" if index else name
        exact = ar.system_of(x).name == "rational"
        value = str(total[index]) if exact else f"{float(ar.midpoint(total)[index]):.12g}"
        raise error(f"{where} sums to {value} (should be 1).\n  {advice}")


def check_finite(x: Numbers, name: str, error: type[IltheoryError]) -> None:
    """Raise if an entry is NaN or infinite."""
    values = ar.midpoint(x)
    finite = np.isfinite(values)
    if not finite.all():
        index = [int(i) for i in np.argwhere(~finite)[0]]
        raise error(f"{name}{index} is {values[tuple(index)]}; every entry must be a finite number.")


def convert_distributions(
    values: Numbers, system: System, name: Callable[[int], str], indptr: NDArray[np.integer[Any]] | None = None
) -> Numbers:
    """Bring distributions into another system, keeping them distributions.

    Float64 rows that sum to exactly one are taken as they are. Others are roundings of an unknown exact row: enclosing
    systems get intervals wide enough to contain one, and ``rational`` refuses.

    Parameters
    ----------
    values : numbers ``[..., n]`` with a distribution in each row; or ``[nnz]`` with the rows given by ``indptr``
    name : says what to call the k-th row in an error

    Raises
    ------
    InvalidModel
        If ``system`` is ``rational`` and a float row does not sum to exactly one.
    """
    if ar.system_of(values).name != "float64" or system.name == "float64":
        return system.convert(values)
    entries = ar.midpoint(values)
    ends = np.arange(0, entries.size + 1, entries.shape[-1]) if indptr is None else indptr
    flat = entries.ravel().tolist()
    defect = np.array([math.fsum([*flat[a:b], -1.0]) for a, b in pairwise(ends.tolist())])
    if not defect.any():
        return system.convert(values)
    if system.name == "rational":
        row = int(np.argmax(defect != 0))
        raise InvalidModel(
            f"{name(row)} sums to 1 {defect[row]:+.3g}, not to exactly 1, so no rational model has these floats.\n  Give "
            "Fractions, or use TabularMDP(..., normalize=True), which moves the floats to multiples of 2^-50 that sum to "
            "exactly one."
        )
    slack = np.abs(entries) * 2.0**-52 + np.repeat(np.abs(defect), np.diff(ends)).reshape(entries.shape) * (1 + 2.0**-50)
    return system.convert(ar.IntervalArray(entries, np.where(entries == 0, 0.0, slack)))


def normalized(x: Numbers) -> Numbers:
    """Divide each row by its sum; float rows move to multiples of ``2**-50`` that sum to exactly one.

    Such floats are exact dyadic rationals, so the model converts to every number system without loss.
    """
    total = ar.sum(x, -1)[..., None]
    shares = x / total
    if ar.system_of(x).name != "float64":
        return shares
    units = np.rint(ar.midpoint(shares) * 2.0**50)
    largest = np.argmax(units, axis=-1)[..., None]
    missing = 2.0**50 - units.sum(axis=-1, keepdims=True)
    np.put_along_axis(units, largest, np.take_along_axis(units, largest, -1) + missing, -1)
    return ar.system_of(x).convert(units * 2.0**-50)
