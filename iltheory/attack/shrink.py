"""Make a certified counterexample as small and as simple as possible."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.counterexample import Counterexample, Size, certify
from iltheory.attack.drafts import ACTION, OUTCOME, STATE, Draft, stack
from iltheory.attack.edits import Edit, edited, ends, simpler_rows, snapped
from iltheory.attack.moves import much_smaller, renumbered, smaller
from iltheory.attack.objective import NEGLIGIBLE, sides
from iltheory.claims.claim import Claim
from iltheory.engine.evaluate import NOT_APPLICABLE, decide
from sims.errors import IltheoryError

SECONDS = 10.0
"""Time that a shrink may take."""

BATCH = 256
"""Instances screened at once."""

PROMISING = 1e-12
"""Least excess in float64 of an instance that is worth certifying."""

SAMPLES = 256
"""Outcomes of each expectation that an instance of a statistical claim is screened with."""

MENDED = 6
"""Most instances of one size that numbers are looked for to make a counterexample of."""

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
        6. and 7. how far first laws, then policies, lie from their first entries: 0 if play begins in state 0 and
           all actions are action 0.
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
    deadline = time.monotonic() + seconds
    found = [(simplicity(counterexample), counterexample)]
    search = _Search(counterexample, deadline)
    search.cut()
    cut = search.draft
    search.simplify()
    search.draft = cut
    search.sharpen()
    search.simplify()
    found += search.accepted
    return min(found, key=lambda ranked: ranked[0])[1]


def _simplicity(draft: Draft) -> Simplicity:
    tables = draft.tables.values()
    counts = sum(value for value in draft.fixed.values() if isinstance(value, int))
    branches, bits = sum(table.branches for table in tables), sum(table.bits for table in tables)
    rows = {(table.axes, row) for table in tables for row in table.rows}
    starts = sum(table.position for table in tables if table.axes in ((STATE,), (OUTCOME,)))
    acts = sum(table.position for table in tables if table.axes[-1:] == (ACTION,))
    return draft.size, counts, branches, bits, len(rows), starts, acts


class _Search:
    """A counterexample on its way down.

    Attributes
    ----------
    draft : the present one
    accepted : all so far with their simplicity, in the order they were found
    """

    def __init__(self, counterexample: Counterexample, deadline: float) -> None:
        self.claim, self.deadline = counterexample.claim, deadline
        self.draft = Draft.of(self.claim, counterexample.instance)
        self.accepted: list[tuple[Simplicity, Counterexample]] = []

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self.deadline

    def accept(self, draft: Draft) -> bool:
        """Go on from an instance if it is certainly a counterexample."""
        if self.expired:
            return False
        try:
            found = certify(self.claim, self.claim.bind(**draft.instance()))
        except (IltheoryError, ArithmeticError):
            return False  # no instance of the claim, or one where its formula has no value
        if found is None:
            return False
        self.draft = draft
        self.accepted.append((_simplicity(draft), found))
        return True

    def simplify(self) -> None:
        """Cut and round until nothing helps."""
        before = None
        while before != (before := _simplicity(self.draft)) and not self.expired:
            self.cut()
            self.snap()
            self.round_rows()
            self.renumber()
            self.mend()

    def cut(self) -> None:
        """Make the instance smaller as long as that is possible, each time by as much as possible."""
        while any(self.accept_first(list(cuts(self.draft)), by_excess=True) for cuts in (much_smaller, smaller)):
            pass

    def snap(self) -> None:
        """Replace all numbers of the instance, or of a table, by simpler ones."""
        self.accept_first([edited(self.draft, edits) for edits in snapped(self.draft)])

    def renumber(self) -> None:
        """Let play begin in state 0 with action 0, if the claim does not mind."""
        while self.accept_first(list(renumbered(self.draft))):
            pass

    def accept_first(self, drafts: Sequence[Draft], *, by_excess: bool = False) -> bool:
        """Accept the simplest counterexample; ``by_excess``: of the smallest ones that which violates most."""
        present = _simplicity(self.draft)
        excess = self.screen(drafts)
        ranked = [(_simplicity(drafts[i]), i) for i in _promising(excess)]
        order = sorted(
            (rank[:2], -excess[i], i) if by_excess else (rank, 0.0, i) for rank, i in ranked if rank < present
        )
        return any(self.accept(drafts[i]) for *_, i in order)

    def round_rows(self) -> None:
        """Give every row the simplest numbers it may have, as many at a time as possible."""
        progress = True
        while progress and not self.expired:
            present = _simplicity(self.draft)
            edits = list(simpler_rows(self.draft))
            drafts = [edited(self.draft, [edit]) for edit in edits]
            excess = self.screen(drafts)
            best: dict[Any, tuple[Any, int]] = {}
            for i in _promising(excess):
                rank = (_simplicity(drafts[i]), -excess[i])
                if rank[0] < present and (edits[i].place not in best or rank < best[edits[i].place][0]):
                    best[edits[i].place] = (rank, i)
            progress = self.combine([edits[i] for _, i in best.values()])

    def combine(self, edits: Sequence[Edit]) -> bool:
        """Make as many edits as together leave a counterexample, leaving out those that do not."""
        progress = False
        while edits and not self.expired:
            drafts = [edited(self.draft, edits[: k + 1]) for k in range(len(edits))]
            present = _simplicity(self.draft)
            longest = _promising(self.screen(drafts))[::-1]
            made = next((k + 1 for k in longest if _simplicity(drafts[k]) < present and self.accept(drafts[k])), 0)
            progress |= made > 0
            edits = edits[made + 1 :]
        return progress

    def sharpen(self) -> None:
        """Move rows to vertices, and numbers to their ends, as long as the violation grows."""
        self.accept(self.climb(self.draft, np.inf))

    def mend(self) -> bool:
        """Cut the instance where that leaves no counterexample, and make it one by other numbers."""
        drafts = [draft for draft in smaller(self.draft) if draft.size < self.draft.size]
        excess = self.screen(drafts)
        tried: Counter[Size] = Counter()
        for i in sorted(range(len(drafts)), key=lambda i: (drafts[i].size, -excess[i])):
            tried[drafts[i].size] += 1
            hopeful = tried[drafts[i].size] <= MENDED and np.isfinite(excess[i])
            if hopeful and self.accept(self.climb(drafts[i], PROMISING)):
                return True
        return False

    def climb(self, draft: Draft, goal: float) -> Draft:
        """Move rows to vertices, and numbers to their ends, while that brings the excess nearer to a goal."""
        while not self.expired:
            edits = list(ends(draft))
            present, *excess = self.screen([draft, *(edited(draft, [edit]) for edit in edits)])
            best: dict[Any, tuple[float, Edit]] = {}
            for edit, reached in zip(edits, excess, strict=True):
                if reached > best.get(edit.place, (present + PROMISING, edit))[0]:
                    best[edit.place] = (reached, edit)
            if present > goal or not best:
                break
            order = [edit for _, edit in sorted(best.values(), key=lambda pair: -pair[0])]
            drafts = [edited(draft, order[: k + 1]) for k in range(len(order))]
            draft = drafts[int(np.argmax(self.screen(drafts)))]
        return draft

    def screen(self, drafts: Sequence[Draft]) -> NDArray[np.float64]:
        """By how much each instance violates the claim in float64, minus infinity where it does not apply."""
        excess = np.full(len(drafts), -np.inf)
        groups: dict[Any, list[int]] = {}
        for i, draft in enumerate(drafts):
            groups.setdefault(draft.shape, []).append(i)
        for places in groups.values():
            for part in (places[k : k + BATCH] for k in range(0, len(places), BATCH)):
                if not self.expired:
                    excess[part] = _excess(self.claim, [drafts[i] for i in part])
        return excess


def _promising(excess: NDArray[np.float64]) -> list[int]:
    found: list[int] = np.flatnonzero(excess > PROMISING).tolist()
    return found


def _excess(claim: Claim, drafts: Sequence[Draft]) -> NDArray[np.float64]:
    """Excess of instances of one shape; where some are none of the claim, of the others."""
    try:
        if claim.statistical:
            return np.array([_sampled_excess(claim, draft) for draft in drafts])
        found = sides(claim, claim.bind(**stack(drafts)), len(drafts))
    except (IltheoryError, ArithmeticError):
        if len(drafts) == 1:
            return np.array([-np.inf])
        half = len(drafts) // 2
        return np.concatenate([_excess(claim, drafts[:half]), _excess(claim, drafts[half:])])
    low, high = np.asarray(found.low), np.asarray(found.high)
    with np.errstate(all="ignore"):
        infinite = np.isposinf(low) & np.isfinite(high)
        excess = np.where(infinite, 1.0, np.asarray(found.excess))
    return np.where((np.asarray(found.unmet) < NEGLIGIBLE) & ~np.isnan(excess), excess, -np.inf)


def _sampled_excess(claim: Claim, draft: Draft) -> float:
    """Excess of an instance of a statistical claim, as some outcomes have it."""
    decision = decide(replace(claim, samples=SAMPLES), claim.bind(**stack([draft])), 1)
    (lhs,), (rhs,) = decision.lhs, decision.rhs
    difference = {"<": lhs - rhs, ">": rhs - lhs, "=": abs(lhs - rhs)}[decision.op[0]]
    return float(difference / (abs(lhs) + abs(rhs) + NEGLIGIBLE)) if decision.verdicts[0] != NOT_APPLICABLE else -np.inf
