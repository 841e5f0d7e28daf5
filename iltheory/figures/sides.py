"""Both sides of a claim on an instance, as columns of a row."""

from __future__ import annotations

from typing import Any

from iltheory.figures.rows import enclosed
from sims.arithmetic import HOLDS, REFUTED, Comparison, equal


def decided(comparison: Comparison) -> str:
    """What a comparison of rigorous numbers decides: ``holds``, ``refuted`` or ``undecided``."""
    return {HOLDS: "holds", REFUTED: "refuted"}.get(int(comparison.verdicts), "undecided")


def gap_and_bound(comparison: Comparison) -> dict[str, Any]:
    """Columns of a claim that bounds a gap from above.

    Parameters
    ----------
    comparison : what the claim gives for one instance of exact or enclosed numbers

    Returns
    -------
    dict
        ``gap`` and ``bound``, the two sides; ``verdict``; and ``attained``, whether both are certainly equal.

    Raises
    ------
    TypeError
        If it was computed in float64.
    """
    gap, bound = comparison.lhs, comparison.rhs
    return {
        "gap": enclosed(gap),
        "bound": enclosed(bound),
        "verdict": decided(comparison),
        "attained": bool(equal(gap, bound).holds),
    }
