"""Does an enclosure contain the truth? Exactly, entry by entry."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sims import arithmetic as ar


def bounds(x) -> list[tuple[Fraction | float, Fraction | float]]:
    """End points of every entry, exactly."""
    if isinstance(x, ar.IntervalArray):
        mids, rads = np.asarray(x.mid).ravel().tolist(), np.asarray(x.rad).ravel().tolist()
        return [
            (Fraction(m) - Fraction(r), Fraction(m) + Fraction(r)) if np.isfinite([m, r]).all() else (-np.inf, np.inf)
            for m, r in zip(mids, rads, strict=True)
        ]
    return [entry.bounds() for entry in x.reshape(x.size)]


def misses(x, truth) -> int:
    """How many entries of the rational array ``truth`` lie outside of ``x``."""
    assert x.shape == truth.shape
    ends = bounds(x)
    return sum(not low <= t <= high for (low, high), t in zip(ends, truth.fractions().ravel(), strict=True))


def encloses(x, truth) -> bool:
    """Whether ``x`` contains ``truth`` (in ``rational``: is equal to it)."""
    if isinstance(x, ar.RationalArray):
        return ar.equal(x, truth).all()
    return misses(x, truth) == 0


def widths(x) -> np.ndarray:
    """Widths of the entries, as floats."""
    return np.array([float(high - low) for low, high in bounds(x)])
