"""Make a certified counterexample as small and as simple as possible."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.counterexample import Counterexample, Size, certify
from iltheory.attack.drafts import Draft, stack
from iltheory.attack.edits import Edit, edited, ends, simpler_rows, snapped
from iltheory.attack.moves import renumbered, smaller
from iltheory.attack.objective import NEGLIGIBLE, sides
from iltheory.claims.claim import Claim
from sims.errors import IltheoryError

SECONDS = 10.0
"""Time that a shrink may take."""

BATCH = 256
"""Instances screened at once."""

PROMISING = 1e-12
"""Least excess in float64 of an instance that is worth certifying."""

Simplicity = tuple[Any, ...]


def simplicity(counterexample: Counterexample) -> Simplicity:
    """What counterexamples are ordered by; the smaller, the simpler.

    Returns
    -------
    tuple
        1. size: how many numbers, states, actions, steps (see :class:`~iltheory.attack.counterexample.Size`);
        2. sum of the whole-number parameters;
        3. probabilities strictly between 0 and 1 that a row has beyond one: 0 if all is deterministic;
        4. bits of numerators and denominators of all numbers: 0 has none, 1 one, 1/2 two, 1/3 and 3 more;
        5. number of different rows of each kind of table: fewer if the learner acts as the expert, or does at every
           step the same;
        6. how far distributions lie from their first entries: smaller if play begins in state 0 with action 0.
    """
    return _simplicity(Draft.of(counterexample.claim, counterexample.instance))


def shrink(counterexample: Counterexample, *, seconds: float = SECONDS) -> Counterexample:
    """The simplest counterexample that is found by cutting and rounding a given one.

    States, actions, steps, entries of sequences and outcomes are left out while the violation stays; then numbers are
    moved to simpler ones, all at once, table by table and row by row. Candidates are screened in float64 by the
    hundred; what is kept is certified. The result does not depend on anything but the counterexample, unless the
    time ends first.

    Parameters
    ----------
    counterexample : certified, see :func:`~iltheory.attack.counterexample.certify`
    seconds : time to stop at with the best so far

    Returns
    -------
    Counterexample
        Certified; never less simple than the one given.
    """
    return list(shrinking(counterexample, seconds=seconds))[-1]


def shrinking(counterexample: Counterexample, *, seconds: float = SECONDS) -> Iterator[Counterexample]:
    """The given counterexample, then simpler and simpler ones, as :func:`shrink` finds them."""
    yield counterexample
    best = simplicity(counterexample)
    for sharpen in (False, True):
        search = _Search(counterexample, time.monotonic() + seconds)
        ...
