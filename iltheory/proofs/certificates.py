"""Certificates of one instance for Coq: tables of rounded numbers, and the theorem about the instance that they prove.

The values of a policy, rounded up (down) at each step, are a super-solution (sub-solution) of Bellman's equation; laws
of its states likewise. Coq checks one inequality a step, state and table, and a theorem bounds values and laws by the
tables. Numbers do not grow with the horizon; but a tie leaves no room for rounding: its tables are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import PolicyKind
from iltheory.proofs.sides import SIDES
from proofs_check.coq.development import LIBRARY
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import HOLDS
from sims.errors import IltheoryError

SPARE_BITS = 8


class NotCovered(IltheoryError, ValueError):
    """No certificate for Coq can be made."""


@dataclass(frozen=True)
class Certificate:
    """What Coq can check of one instance.

    Attributes
    ----------
    claim : id of the claim, or of a false variant
    holds : whether its bound holds on the instance
    lhs, rhs : its sides, exactly
    conclusion : what Coq proves of the instance: the bound, or the strict inequality that refutes it
    unit : the tables are multiples of its inverse
    text : the file
    """

    claim: str
    holds: bool
    lhs: Fraction
    rhs: Fraction
    conclusion: str
    unit: int
    text: str


@dataclass(frozen=True)
class Table:
    """Rational numbers over one denominator: ``numbers / unit``."""

    numbers: NDArray[Any]
    unit: int

    @property
    def coq(self) -> str:
        """As Coq reads it."""
        row = f"(over {self.unit})"
        for _ in range(self.numbers.ndim - 1):
            row = f"(map {row})"
        return f"{row[1:-1]} {_listed(self.numbers.tolist())}"

    def at(self, step: int) -> NDArray[Any]:
        """The numbers of a step; the last ones serve all later steps."""
        return np.asarray(self.numbers[min(step, len(self.numbers) - 1)])


def _listed(numbers: Any) -> str:
    return f"[:: {'; '.join(map(_listed, numbers))}]" if isinstance(numbers, list) else str(numbers)


def table(numbers: Any, ndim: int) -> Table:
    """Read exact numbers, with an axis of steps in front: one entry where nothing varies in time."""
    exact = ar.convert(numbers, "rational").fractions()
    exact = exact[None] if exact.ndim < ndim else exact
    unit = math.lcm(*(x.denominator for x in exact.flat))
    return Table(np.vectorize(lambda x: int(x * unit), otypes=[object])(exact), unit)


@dataclass(frozen=True)
class Model:
    """The tables of a model."""

    transitions: Table
    rewards: Table
    start: Table
    horizon: int

    @classmethod
    def of(cls, mdp: TabularMDP) -> Model:
        """Read a model with a finite horizon."""
        if mdp.horizon is None:
            raise NotCovered("certificates for Coq are of models with a horizon; this one has a discount.")
        return cls(table(mdp.P, 4), table(mdp.rewards(), 3), table(mdp.mu, 1), mdp.horizon)

    @property
    def coq(self) -> str:
        """As Coq reads it."""
        _, states, actions, _ = self.transitions.numbers.shape
        return (
            f"{{|\n  states := {states};\n  actions := {actions};\n  transitions := {self.transitions.coq};\n"
            f"  rewards := {self.rewards.coq};\n  starting := {self.start.coq}\n|}}"
        )

    def values(self, pi: Table, unit: int, divide: Callable[[Any, int], Any]) -> Table:
        """Values at steps 0, ..., H, rounded at each step by ``divide``."""
        p, r = self.transitions, self.rewards
        rows = [self.start.numbers * 0]
        for step in reversed(range(self.horizon)):
            q = r.at(step) * (p.unit * unit) + (p.at(step) @ rows[0]) * r.unit
            rows.insert(0, divide((pi.at(step) * q).sum(-1), pi.unit * r.unit * p.unit))
        return Table(np.array(rows, dtype=object), unit)

    def laws(self, pi: Table, unit: int, divide: Callable[[Any, int], Any]) -> Table:
        """Laws of the state at steps 0, ..., H - 1, rounded at each step by ``divide``."""
        p = self.transitions
        rows = [divide(self.start.numbers * unit, self.start.unit)]
        for step in range(self.horizon - 1):
            moves = (pi.at(step)[..., None] * p.at(step)).sum(1)
            rows.append(divide(rows[-1] @ moves, pi.unit * p.unit))
        return Table(np.array(rows, dtype=object), unit)


def _down(number: Any, unit: int) -> Any:
    return number // unit


def _up(number: Any, unit: int) -> Any:
    return -(-number // unit)


def check_covered(claim: Claim) -> None:
    """Raise `NotCovered`, with what is covered, unless certificates of the claim can be made."""
    if claim.id not in SIDES:
        covered = ", ".join(id for id in SIDES if "/" not in id)
        raise NotCovered(f"no certificate for Coq covers {claim.id}.\n  Covered, with their false variants: {covered}.")


def certificate(claim: Claim, instance: Mapping[str, Any]) -> Certificate:
    """Write what Coq can check of a claim on one instance.

    Parameters
    ----------
    claim : one of those in ``iltheory.proofs.sides``
    instance : values of its parameters, in rational numbers, as ``iltheory.claims.instances.decode`` gives them

    Raises
    ------
    NotCovered
        If Coq knows no certificate for the claim, or the model has no horizon.
    AssumptionViolated
        If the claim says nothing of the instance.
    """
    check_covered(claim)
    comparison = claim(**instance)
    lhs, rhs = (Fraction(str(side)) for side in (comparison.lhs, comparison.rhs))
    holds = bool(comparison.verdicts == HOLDS)
    mdp = instance["mdp"].with_rewards(instance["reward"]) if "reward" in instance else instance["mdp"]
    model = Model.of(mdp)
    names = [name for name, kind in claim.parameters.items() if isinstance(kind, PolicyKind)]
    policies = {name: table(instance[name], 3) for name in names}
    left, right = SIDES[claim.id]
    conclusion = f"({left} <=\n   {right})%R" if holds else f"({right} <\n   {left})%R"
    rewards = _rewards(claim)
    unit = _exact_unit(mdp, instance, names) if lhs == rhs else _rounded_unit(mdp, instance, names, abs(lhs - rhs))
    text = _file(claim.id, holds, (lhs, rhs), model, policies, rewards, conclusion, unit)
    return Certificate(claim.id, holds, lhs, rhs, conclusion, unit, text)


def _rewards(claim: Claim) -> str | None:
    """What the claim assumes of rewards: ``unit``, ``signed`` or nothing."""
    if UNIT_REWARDS in claim.assumptions:
        return "unit"
    return "signed" if "reward" in claim.parameters else None


def _exact_unit(mdp: TabularMDP, instance: Mapping[str, Any], names: Iterable[str]) -> int:
    """A denominator that all values and laws share."""
    tables = [table(part, 2) for name in names for part in (mdp.v(instance[name]), mdp.state_occupancy(instance[name]))]
    return math.lcm(*(part.unit for part in tables))


def _rounded_unit(mdp: TabularMDP, instance: Mapping[str, Any], names: Iterable[str], margin: Fraction) -> int:
    """A power of two so large that no rounding can close the margin, nor hide that a state is visited.

    Roundings add up to at most H / unit in a value and S h / unit in the law at step h; no side of a covered claim
    moves by more than a small multiple of H^3 S A (1 + max |r|)^2 / unit.
    """
    largest = max(abs(x) for x in ar.convert(mdp.rewards(), "rational").fractions().flat)
    laws = [ar.convert(mdp.state_occupancy(instance[name]), "rational").fractions() for name in names]
    visited = min(x for law in laws for x in law.flat if x)
    size = Fraction(mdp.horizon or 0) ** 3 * mdp.n_states * mdp.n_actions * (1 + largest) ** 2
    return int(1 << (math.ceil(size / min(margin, visited)).bit_length() + SPARE_BITS))


def _file(
    claim: str,
    holds: bool,
    sides: tuple[Fraction, Fraction],
    model: Model,
    policies: Mapping[str, Table],
    rewards: str | None,
    conclusion: str,
    unit: int,
) -> str:
    first = next(iter(policies))
    said = [f"(certified_model R {first}_certified).1"]
    hypotheses = ["is_mdp M"]
    lines = [
        f"(** {claim} {'holds' if holds else 'fails'} on one instance: {sides[0]} {'<=' if holds else '>'} {sides[1]}.",
        "    Written by `iltheory certify`; [verdict] is what is proved, of the tables below. *)",
        "From Coq Require Import ZArith QArith.",
        "From mathcomp Require Import all_ssreflect all_algebra.",
        f"From {LIBRARY}.Definitions Require Import Probability Extremes FiniteHorizon Imitation Moments Disadvantage.",
        f"From {LIBRARY}.Definitions Require Import Tables Certificates.",
        f"From {LIBRARY}.Definitions Require Executable.",
        f"From {LIBRARY}.Proofs Require Import Enclosures.",
        "Import GRing.Theory Num.Theory.",
        "Local Open Scope Z_scope.",
        "",
        f"Definition instance : tables := {model.coq}.",
    ]
    for name, pi in policies.items():
        bounds = {
            "values_below": model.values(pi, unit, _down),
            "values_above": model.values(pi, unit, _up),
            "laws_below": model.laws(pi, unit, _down),
            "laws_above": model.laws(pi, unit, _up),
        }
        fields = ";\n".join(f"  {field} := {part.coq}" for field, part in bounds.items())
        lines += [
            f"Definition {name}_table := {pi.coq}.",
            f"Definition {name}_bounds : bounds := {{|\n{fields}\n|}}.",
            f"Lemma {name}_certified : certified instance {model.horizon}%N {name}_table {name}_bounds.",
            "Proof. by vm_compute. Qed.",
        ]
    if rewards is not None:
        low = {"unit": 0, "signed": -1}[rewards]
        between = f"{LIBRARY}.Definitions.Executable.rewards_between instance (Qmake ({low}) 1) (Qmake 1 1)"
        lines += [f"Lemma rewards_checked : {between}.", "Proof. by vm_compute. Qed."]
        said.append(f"table_{rewards}_rewards rewards_checked")
        hypotheses.append(f"{rewards}_rewards M")
    lines += [
        "Local Close Scope Z_scope.",
        "Local Open Scope ring_scope.",
        "",
        "Section Verdict.",
        "Variable R : realFieldType.",
        "Local Notation M := (model R instance).",
        f"Local Notation H := {model.horizon}%N.",
    ]
    for name in policies:
        lines.append(f"Local Notation {name} := (plays R (t := instance) {name}_table).")
        said.append(f"(certified_model R {name}_certified).2")
        hypotheses.append(f"is_policy {name}")
    lines += [
        "",
        f"Theorem verdict : [/\\ {', '.join(hypotheses)} &\n  {conclusion}].",
        "Proof.",
        *(f"have certified_{name} := {name}_certified." for name in policies),
        f"split; [{' | '.join(f'exact: {proof}' for proof in said)} | compare_ranges].",
        "Qed.",
        "End Verdict.",
        "Print Assumptions verdict.",
        "",
    ]
    return "\n".join(lines)
