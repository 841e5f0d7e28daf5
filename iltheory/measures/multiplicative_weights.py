"""Multiplicative weights: laws that shrink fast where much was lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iltheory.measures.quantity import quantity
from iltheory.measures.sequences import together
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def exponential_weights(losses: Numbers, rate: Any) -> Numbers:
    """Laws proportional to ``exp(-rate * losses)``, along the last axis.

    Parameters
    ----------
    losses : numbers ``[..., k]``, totals so far
    rate : number or numbers ``[...]``
    """
    weights = ar.exp((ar.amin(losses, -1)[..., None] - losses) * rate)
    return weights / ar.sum(weights, -1)[..., None]


@quantity
def average_regret(losses: Sequence[Numbers], laws: Sequence[Numbers]) -> Numbers:
    """Average loss of some laws minus that of the best fixed entry: ``mean_t w_t . l_t - min_i mean_t l_t(i)``.

    Parameters
    ----------
    losses, laws : for each of T rounds numbers ``[..., k]``
    """
    suffered = together(ar.sum(law * loss, -1) for law, loss in zip(laws, losses, strict=True))
    totals = ar.sum(together(losses), 0)
    return (ar.sum(suffered, 0) - ar.amin(totals, -1)) / len(losses)
