"""Bugs of published libraries as small implementations, each beside its corrected twin."""

from __future__ import annotations

from seeded_faults import data, learners, maximum_entropy, objectives, planning, rewards
from seeded_faults.fault import Fault

FAULTS = tuple(
    sorted(
        (fault for room in (maximum_entropy, planning, objectives, rewards, data, learners) for fault in room.FAULTS),
        key=lambda fault: int(fault.id[1:]),
    )
)

__all__ = ["FAULTS", "Fault"]
