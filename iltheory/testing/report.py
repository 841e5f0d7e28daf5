"""What running the invariants on an implementation found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

SCHEMA = "iltheory-invariants/1"
NEEDS = "needs "
"""How the message begins that names functions which an adapter lacks."""
Status = Literal["holds", "fails", "error", "does not apply"]


@dataclass(frozen=True)
class Outcome:
    """What came of one invariant.

    Attributes
    ----------
    name : the invariant, with what it was run on in brackets if there are several
    status : ``holds``, ``fails``, ``error`` (the implementation raised an exception) or ``does not apply``
    models : models it was checked on before it failed, or all; 0 for an invariant of numbers
    message : numbers and usual cause of a failure, the exception, or why it does not apply
    instance : smallest model found on which it fails, and the policy, each number a string such as ``"3/7"``
    """

    name: str
    status: Status
    models: int = 0
    message: str = ""
    instance: Mapping[str, Any] | None = None

    @property
    def verdict(self) -> str:
        """The status in words."""
        if self.status != "holds" or not self.models:
            return self.status
        return f"holds on {self.models} models"

    def __str__(self) -> str:
        lines = [f"{self.name} {self.verdict}", *self.message.splitlines()]
        if self.instance:
            lines += ["Smallest model found:", *model_lines(self.instance)]
        return "\n  ".join(lines)


@dataclass(frozen=True)
class InvariantReport:
    """Outcomes of all invariants on one adapter.

    Attributes
    ----------
    adapter : its name
    seed : the same seed gives the same report
    outcomes : one each
    """

    adapter: str
    seed: int
    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Invariants that fail, and errors."""
        return tuple(outcome for outcome in self.outcomes if outcome.status in ("fails", "error"))

    def __getitem__(self, name: str) -> Outcome:
        """Outcome of the invariant of a name."""
        return next(outcome for outcome in self.outcomes if outcome.name == name)

    def count(self, status: Status) -> int:
        """How many invariants have a status."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def summary(self) -> str:
        """One line."""
        counts = f"{self.count('holds')} hold, {self.count('fails')} fail, {self.count('error')} end in an error"
        return f"{self.adapter}: {counts}, {self.count('does not apply')} do not apply (seed {self.seed})."

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        outcomes = [asdict(outcome) for outcome in self.outcomes]
        return {"schema": SCHEMA, "adapter": self.adapter, "seed": self.seed, "outcomes": outcomes}


def model_lines(instance: Mapping[str, Any]) -> list[str]:
    """A model and a policy for people, one line a pair of state and action."""
    mdp = instance["mdp"]
    end = f"horizon {mdp['horizon']}" if "horizon" in mdp else f"discount {mdp['discount']}"
    tables = {"P": _per_step(mdp["P"], 3), "r": _per_step(mdp["r"], 2)}
    tables |= {"policy": _per_step(instance["policy"], 2)} if "policy" in instance else {}
    steps = max(map(len, tables.values()))
    n_states, n_actions = len(mdp["mu"]), len(tables["r"][0][0])
    lines = [f"S = {n_states}, A = {n_actions}, {end}; start: state {_law(mdp['mu'])}"]
    for h in range(steps):
        rows = {name: table[h if len(table) > 1 else 0] for name, table in tables.items()}
        lines += [f"step {h}"] if steps > 1 else []
        for s in range(n_states):
            for a in range(n_actions):
                taken = f", taken with {rows['policy'][s][a]}" if "policy" in rows else ""
                lines.append(
                    f"  state {s}, action {a}{taken}: reward {rows['r'][s][a]}, next state {_law(rows['P'][s][a])}"
                )
    return lines


def _per_step(table: Any, axes: int) -> list[Any]:
    """A table with a leading axis of steps."""
    depth, part = 0, table
    while isinstance(part, list):
        depth, part = depth + 1, part[0]
    return list(table) if depth > axes else [table]


def _law(row: list[str]) -> str:
    """A distribution as its support."""
    support = {s: p for s, p in enumerate(row) if p != "0"}
    return ", ".join(str(s) if p == "1" else f"{s} with {p}" for s, p in support.items())
