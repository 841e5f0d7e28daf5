"""Hypothesis as a search: its engine draws exact instances, mutates them, and climbs by ``target``."""

from __future__ import annotations

import json
import time
from math import inf
from typing import Any

from hypothesis import HealthCheck, Phase, given, reject, settings, target
from hypothesis import seed as seeded

from iltheory.attack.counterexample import Size
from iltheory.attack.falsification import Searched
from iltheory.attack.objective import ILL_FORMED, scores
from iltheory.attack.strategies import instances
from iltheory.claims.claim import Claim, Sizes
from iltheory.claims.instances import encode
from iltheory.claims.kinds import Instance
from sims import arithmetic as ar
from sims.errors import IltheoryError, InvalidArgument

LARGEST = Sizes(n_states=4, n_actions=3, horizon=4, length=3)
SMALL = 2
"""Largest size of everything in the first round."""
ROUND = 300
"""Instances in a round; Hypothesis climbs in its second half."""
KEPT = 8
"""Instances that are returned."""


class _Finished(BaseException):
    """Ends a round from inside; no ``Exception``, which Hypothesis would take for a failing test and shrink."""


def targeted(
    claim: Claim, *, seed: int, seconds: float, largest: Sizes = LARGEST, most: int | None = None
) -> tuple[tuple[Instance, ...], Searched]:
    """Search for instances that violate a claim, or come close, round after round until the time is up.

    Instances are evaluated in float64; the first round has at most two of everything. Instances where an assumption
    fails, or that the claim refuses, count for nothing.

    Parameters
    ----------
    claim : a claim that is computed, not a statistical one
    seed : the same seed gives the same instances in the same order
    seconds : when to stop; ``math.inf`` only with ``most``
    largest : sizes of instances, where ``claim.largest`` allows them
    most : number of instances to stop after, whatever the time

    Returns
    -------
    instances : exact, the one with the largest excess first; what they violate remains to be certified
    searched : how many instances were evaluated, and the largest ratio
    """
    if claim.statistical:
        raise InvalidArgument(f"{claim.id} is a statistical claim, which no float64 evaluation decides; sample it.")
    if not seconds > 0 or (seconds == inf and most is None):
        raise InvalidArgument(f"seconds={seconds!r} must be positive, and finite unless `most` is given.")
    start = time.perf_counter()
    search = _Search(claim, start + seconds, inf if most is None else most)
    turn = 0
    while not search.finished:
        search.run(_small(largest) if turn == 0 else largest, (seed << 32) + turn)
        turn += 1
    sizes = f"S<={largest.n_states}, A<={largest.n_actions}, H<={largest.horizon}"
    return search.best, Searched("hypothesis", sizes, search.count, search.ratio, time.perf_counter() - start)


def _small(largest: Sizes) -> Sizes:
    return Sizes(
        n_states=min(largest.n_states, SMALL),
        n_actions=min(largest.n_actions, SMALL),
        horizon=min(largest.horizon, SMALL),
        length=min(largest.length, SMALL),
    )


class _Search:
    """What has been found so far."""

    def __init__(self, claim: Claim, deadline: float, most: float) -> None:
        self.claim, self.deadline, self.most = claim, deadline, most
        self.count = 0
        self.ratio: float | None = None
        self._kept: dict[str, tuple[tuple[float, Size, int], Instance]] = {}

    @property
    def finished(self) -> bool:
        return self.count >= self.most or time.perf_counter() > self.deadline

    @property
    def best(self) -> tuple[Instance, ...]:
        return tuple(instance for _, instance in sorted(self._kept.values(), key=lambda kept: kept[0]))

    def run(self, sizes: Sizes, seed: int) -> None:
        """Search one round, or the part of it that is left."""
        drawn = instances(
            self.claim,
            max_states=sizes.n_states,
            max_actions=sizes.n_actions,
            max_horizon=sizes.horizon,
            max_length=sizes.length,
        )

        @seeded(seed)
        @settings(
            max_examples=ROUND,
            phases=(Phase.generate, Phase.target),
            database=None,
            deadline=None,
            # Assumptions may reject most instances, and time is limited here and not by the size of an instance.
            suppress_health_check=list(HealthCheck),
        )
        @given(drawn)
        def look(instance: dict[str, Any]) -> None:
            if self.finished:
                raise _Finished
            target(self._excess(instance))

        try:
            look()
        except _Finished:
            return

    def _excess(self, instance: Instance) -> float:
        """How far an instance violates the claim, in [-1, 1]; remembers the best ones."""
        self.count += 1
        try:
            found = scores(self.claim, self.claim.convert(instance, ar.FLOAT64), 1)
        except ILL_FORMED:
            raise
        except IltheoryError:  # a claim that enumerates refuses what is too large for it
            reject()
        excess, ratio = float(found.excess[0]), found.ratio
        if excess == -inf:
            reject()
        if ratio is not None:
            self.ratio = ratio if self.ratio is None else max(self.ratio, ratio)
        rank = (-excess, Size.of(instance), self.count)
        if len(self._kept) < KEPT or rank < max(kept[0] for kept in self._kept.values()):
            self._keep(instance, rank)
        return excess

    def _keep(self, instance: Instance, rank: tuple[float, Size, int]) -> None:
        name = json.dumps(encode(instance), sort_keys=True)
        self._kept.setdefault(name, (rank, instance))
        if len(self._kept) > KEPT:
            del self._kept[max(self._kept, key=lambda key: self._kept[key][0])]
