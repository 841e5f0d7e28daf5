"""Checks that arrays are distributions, with errors that name the entry; and ways to make them ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.arithmetic.raw import like
from sims.errors import IltheoryError
from sims.tabular.errors import InvalidModel

ROUNDING = 1e-9
"""Float64 rows may miss 1, and their entries 0, by this much, since floats are rounded; others by nothing."""

GRID = 2.0**50
"""Normalised float rows are multiples of ``1 / GRID``, so their sums are exact in every order."""

Floats = NDArray[np.float64]


def check_distributions(x: Numbers, name: str, error: type[IltheoryError], advice: str) -> None:
    """Raise unless every ``x[..., :]`` is a probability distribution.

    Enclosing systems reject only what is certainly no distribution; ``float64`` allows for rounding.

    Raises
    ------
    error
        Naming the first bad entry or row, e.g. ``P[3, 1] sums to 0.97 (should be 1).``
    """
    check_weights(x, name, error, advice)
    check_sums(ar.einsum("...k->...", x), name, error, advice)


def check_weights(x: Numbers, name: str, error: type[IltheoryError], advice: str) -> None:
    """Raise unless every entry is finite and not (certainly) negative."""
    check_finite(x, name, error)
    negative = _below(x, 0)
    if negative.any():
        index = _first(negative)
        raise error(f"{name}{list(index)} is {_shown(x, index)}, a negative probability.\n  {advice}")


def check_sums(total: Numbers, name: str, error: type[IltheoryError], advice: str) -> None:
    """Raise unless every sum may be 1."""
    off = _below(total, 1) | _below(-total, -1)
    if off.any():
        index = _first(off)
        where = f"{name}{list(index)}" if index else name
        raise error(f"{where} sums to {_shown(total, index)} (should be 1).\n  {advice}")


def check_finite(x: Numbers, name: str, error: type[IltheoryError]) -> None:
    """Raise if an entry is NaN or infinite."""
    if ar.system_of(x).exact:
        return
    values = ar.midpoint(x)
    finite = np.isfinite(values)
    if not finite.all():
        index = _first(~finite)
        where = f"{name}{list(index)}" if index else name
        raise error(f"{where} is {values[index]}; every entry must be a finite number.")


def _below(x: Numbers, bound: int) -> Mask:
    """Where ``x`` is certainly below a bound (in ``float64``: by more than rounding)."""
    system = ar.system_of(x)
    if system.exact:
        return np.asarray(ar.compare(x, ">=", bound) == -1)
    return np.asarray(ar.upper(x) < bound - (ROUNDING if system.name == "float64" else 0.0))


def _first(mask: Mask) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _shown(x: Numbers, index: tuple[int, ...]) -> str:
    return str(x[index]) if ar.system_of(x).exact else f"{float(ar.midpoint(x)[index]):.12g}"


def convert_distributions(
    values: Numbers,
    system: System,
    name: Callable[[int], str],
    indptr: NDArray[np.integer[Any]] | None = None,
) -> Numbers:
    """Bring distributions into another system, keeping them distributions.

    Float64 rows that are exactly distributions are taken as they are. Others are roundings of an unknown exact
    row: enclosing systems get intervals wide enough to contain one, and ``rational`` refuses.

    Parameters
    ----------
    values : numbers ``[..., n]`` with a distribution in each row; or ``[nnz]``, rows given by ``indptr``
    name : says what to call the k-th row in an error

    Raises
    ------
    InvalidModel
        If ``system`` is ``rational`` and a float row is not exactly a distribution.
    """
    if ar.system_of(values).name != "float64" or system.name == "float64":
        return system.convert(values)
    given = ar.midpoint(values)
    entries = np.maximum(given, 0.0)
    ends = np.arange(0, entries.size + 1, entries.shape[-1]) if indptr is None else indptr
    defect = _defects(entries.ravel(), ends)
    if not defect.any() and np.array_equal(entries, given):
        return system.convert(values)
    if system.name == "rational":
        row = int(np.argmax(defect != 0))
        raise InvalidModel(
            f"{name(row)} sums to 1 {defect[row]:+.3g}, not to exactly 1, so no rational model has these "
            "floats.\n  Give Fractions, or use TabularMDP(..., normalize=True), which moves the floats to "
            "multiples of 2^-50 that sum to exactly one."
        )
    missing = np.repeat(np.abs(defect), np.diff(ends)).reshape(entries.shape)
    slack = (entries - given) + np.abs(entries) * 2.0**-52 + missing * (1 + 2.0**-50)
    return system.convert(ar.IntervalArray(entries, np.where(given == 0, 0.0, slack)))


def _defects(entries: Floats, ends: NDArray[np.integer[Any]]) -> Floats:
    """``sum - 1`` of each row, correctly rounded."""
    units = entries * 2.0**52
    whole = np.logical_and.reduceat((units == np.rint(units)) & (units <= 2.0**52), ends[:-1])
    defect = np.zeros(len(ends) - 1)
    sums = np.add.reduceat(np.where(units <= 2.0**52, units, 0).astype(np.int64), ends[:-1])
    for row in np.flatnonzero(~whole | (sums != 2**52)):
        defect[row] = math.fsum([*entries[ends[row] : ends[row + 1]].tolist(), -1.0])
    return defect


def normalized(x: Numbers, name: str) -> Numbers:
    """Divide each row ``x[..., :]`` by its sum; see :func:`normalized_rows`."""
    n, shape = x.shape[-1], tuple(x.shape)
    flat = ar.reshape(x, (math.prod(shape),))
    return ar.reshape(normalized_rows(flat, np.arange(0, math.prod(shape) + 1, n), name, shape[:-1]), shape)


def normalized_rows(values: Numbers, indptr: NDArray[np.integer[Any]], name: str, shape: tuple[int, ...]) -> Numbers:
    """Divide each row by its sum; float rows move to multiples of ``2**-50`` that sum to exactly one.

    Such floats are exact dyadic rationals, so the model converts to every number system without loss.

    Parameters
    ----------
    values : numbers ``[nnz]``, row k in ``indptr[k]:indptr[k + 1]``
    shape : how the rows are indexed in an error

    Raises
    ------
    InvalidModel
        If an entry is not finite or a sum is not positive.
    """
    check_finite(values, name, InvalidModel)
    lengths = np.diff(indptr)
    row = np.repeat(np.arange(len(lengths)), lengths)
    system, (values,) = ar.coerce_all(values)
    total = system.linear(lambda x: scatter_add(x, row, len(lengths)), values, int(lengths.max()))
    bad = ~(ar.lower(total) > 0)
    if bad.any():
        k = int(np.argmax(bad))
        index = [int(i) for i in np.unravel_index(k, shape)]
        raise InvalidModel(f"{name}{index} sums to {_shown(total, (k,))}; only a positive sum can be normalised to 1.")
    shares = values / ar.take(total, row, 0)
    if system.name != "float64":
        return shares
    units = np.rint(ar.midpoint(shares) * GRID)
    missing = GRID - np.add.reduceat(units, indptr[:-1])
    largest = np.repeat(np.maximum.reduceat(units, indptr[:-1]), lengths)
    _, first = np.unique(row[units == largest], return_index=True)
    units[np.flatnonzero(units == largest)[first]] += missing
    return system.convert(units / GRID)


def scatter_add(values: Any, target: NDArray[np.integer[Any]], size: int) -> Any:
    """Sum ``values[..., k]`` into ``out[..., target[k]]``, for raw arrays of any kind."""
    if is_torch_array(values):
        out = values.new_zeros((*values.shape[:-1], size))
        return out.index_add(-1, values.new_tensor(target, dtype=like(values).int64), values)
    if values.dtype == np.float64 and values.ndim == 1:
        return np.bincount(target, weights=values, minlength=size)
    zero = type(values.flat[0])(0) if values.dtype == object and values.size else 0
    out = np.full((*values.shape[:-1], size), zero, dtype=values.dtype)
    np.add.at(np.moveaxis(out, -1, 0), target, np.moveaxis(values, -1, 0))
    return out
