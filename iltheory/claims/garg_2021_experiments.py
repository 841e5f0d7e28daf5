"""Garg et al. 2021, table 3: published returns on MuJoCo from one expert trajectory.

[text] These are comparisons of quoted numbers, not theorems: they say what the table says, nothing of algorithms.
A reproduction is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from iltheory.claims.claim import AS_PUBLISHED, Tight, claim
from iltheory.claims.garg_2021 import garg
from iltheory.claims.kinds import Count, Instance, InvalidInstance
from sims import arithmetic as ar

TASKS = ("Hopper", "HalfCheetah", "Walker2d", "Ant", "Humanoid")
RETURNS: Mapping[str, tuple[str, ...]] = {
    "GAIL": ("3252.5", "3080.0", "4013.7", "2299.1", "232.6"),
    "DAC": ("3305.1", "4080.6", "4107.9", "1437.5", "380.5"),
    "ValueDICE": ("3312.1", "3835.6", "3842.6", "1806.3", "644.5"),
    "IQ-Learn": ("3546.4", "5076.6", "5134.0", "4362.9", "5227.1"),
    "expert": ("3532.7", "5098.3", "5274.5", "4700.0", "5312.8"),
}
"""Average returns of table 3, by method, in the order of ``TASKS``."""

OTHERS = ("GAIL", "DAC", "ValueDICE")


@dataclass(frozen=True)
class RowKind(Count):
    """One of some rows of a table, counted from 1."""

    def __str__(self) -> str:
        return f"row from 1 to {self.most}"

    def check(self, name: str, value: Any, before: Instance) -> int:
        """Return the row, or raise ``InvalidInstance``."""
        row = super().check(name, value, before)
        if row > self.most:
            raise InvalidInstance(f"{name} = {row} must be at most {self.most}, the number of rows.")
        return row


Task = Annotated[int, RowKind(len(TASKS))]
Other = Annotated[int, RowKind(len(OTHERS))]


def quoted(method: str, task: int) -> Any:
    """The return the paper prints, exactly."""
    return ar.asarray(Fraction(RETURNS[method][task - 1]))


@claim(
    id="iq-experiments",
    source=garg("Table 3"),
    statement=r"R_{\text{IQ-Learn}}(\text{task}) \ge R_{\text{other}}(\text{task}), \quad \text{other} \in "
    r"\{\text{GAIL}, \text{DAC}, \text{ValueDICE}\}",
    status=AS_PUBLISHED,
    tight=lambda: Tight((1, 3), Fraction("3546.4"), Fraction("3312.1"), note="Hopper, ValueDICE: the closest"),
)
def published_ordering(task: Task, other: Other) -> Any:
    """On each of the five tasks the quoted return of IQ-Learn is the largest of the learners'.

    A comparison of quoted averages, read off the table: no theorem, and no spread is reported.
    """
    return quoted("IQ-Learn", task) >= quoted(OTHERS[other - 1], task)


@published_ordering.false_variant("by a tenth of itself", counterexample=lambda: (1, 3))
def published_margin(task: Task, other: Other) -> Any:
    return 9 * quoted("IQ-Learn", task) / 10 >= quoted(OTHERS[other - 1], task)


@published_ordering.false_variant("not better", counterexample=lambda: (5, 1))
def published_reverse(task: Task, other: Other) -> Any:
    return quoted("IQ-Learn", task) <= quoted(OTHERS[other - 1], task)


@claim(
    id="iq-experiments.expert",
    source=garg("Table 3"),
    statement=r"R_{\text{IQ-Learn}}(\text{task}) \ge \tfrac{92}{100} R_{\text{expert}}(\text{task})",
    status=AS_PUBLISHED,
    tight=lambda: Tight((4,), Fraction("4362.9"), Fraction("4324.0"), note="Ant, the furthest from its expert"),
)
def published_near_expert(task: Task) -> Any:
    """The quoted return of IQ-Learn is at least 92 percent of the expert's, which on Ant is about what it is.

    A comparison of quoted averages. "At least 95 percent on all five" is not what the table says: on Ant it is 92.8.
    """
    return quoted("IQ-Learn", task) >= 92 * quoted("expert", task) / 100


@published_near_expert.false_variant("at least 95 percent", counterexample=lambda: (4,))
def published_nearer_expert(task: Task) -> Any:
    return quoted("IQ-Learn", task) >= 95 * quoted("expert", task) / 100


@published_near_expert.false_variant("better than the expert", counterexample=lambda: (2,))
def published_above_expert(task: Task) -> Any:
    return quoted("IQ-Learn", task) >= quoted("expert", task)
