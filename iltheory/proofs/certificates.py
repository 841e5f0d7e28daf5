"""Certificates of one instance for Coq: tables of rounded numbers, and the theorem about the instance that they prove.

The values of a policy, rounded up (down), are a super-solution (sub-solution) of Bellman's equation; laws of its states
likewise. Coq checks one inequality a state, step and table, and a theorem bounds values and laws by the tables. Numbers
do not grow with the horizon; but a tie, or an equality, leaves no room for rounding: its tables are exact.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from iltheory.attack.references import reference
from iltheory.claims import kinds
from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import Claim
from iltheory.engine.batches import batched
from iltheory.proofs.sides import SIDES, lacking
from iltheory.proofs.tables import Model, fractions, number, table
from proofs_check.coq.sentences import LIBRARY
from sims.arithmetic import HOLDS
from sims.errors import IltheoryError

SPARE_BITS = 8
CHECKED = "Proof. vm_cast_no_check (erefl true). Qed."
"""Computed once, at ``Qed``."""
ONE_START = "one law of the first state"

RELATIONS = {
    "<=": ("{left} <=\n   {right}", "{right} <\n   {left}"),
    "<": ("{left} <\n   {right}", "{right} <=\n   {left}"),
    ">=": ("{right} <=\n   {left}", "{left} <\n   {right}"),
    ">": ("{right} <\n   {left}", "{left} <=\n   {right}"),
    "==": ("{left} =\n   {right}", "{left} !=\n   {right}"),
}
"""How Coq writes a comparison that holds, and what is true where it fails."""
OPPOSITE = {"<=": ">", "<": ">=", ">=": "<", ">": "<=", "==": "!="}


class NotCovered(IltheoryError, ValueError):
    """No certificate for Coq can be made."""


@dataclass(frozen=True)
class Certificate:
    """What Coq can check of one instance.

    Attributes
    ----------
    claim : id of the claim, or of a false variant
    holds : whether its comparison holds on the instance
    lhs, rhs : its sides, exactly
    op : what is true of them: ``<=``, or ``>`` if that fails
    conclusion : what Coq proves of the instance: the comparison, or the opposite that refutes it
    unit : the tables are multiples of its inverse
    text : the file
    """

    claim: str
    holds: bool
    lhs: Fraction
    rhs: Fraction
    op: str
    conclusion: str
    unit: int
    text: str


def check_covered(claim: Claim) -> None:
    """Raise `NotCovered`, with what is missing, unless certificates of the claim can be made."""
    missing = lacking(claim)
    if missing is not None:
        name = reference(claim) or claim.id  # with its file, if it has one: another claim may have the same id
        raise NotCovered(
            f"no certificate for Coq covers {name}: {missing.words}.\n  `iltheory list` marks covered claims."
        )


def certificate(claim: Claim, instance: Mapping[str, Any]) -> Certificate:
    """Write what Coq can check of a claim on one instance.

    Parameters
    ----------
    claim : one of those in ``iltheory.proofs.sides``
    instance : values of its parameters, in rational numbers, as ``iltheory.claims.instances.decode`` gives them

    Raises
    ------
    NotCovered
        If Coq knows no certificate for the claim.
    InvalidInstance
        If there is more than one instance.
    AssumptionViolated
        If the claim says nothing of the instance.
    """
    check_covered(claim)
    _check_single(claim, instance)
    comparison = claim(**instance)
    lhs, rhs = (Fraction(str(side)) for side in (comparison.lhs, comparison.rhs))
    holds = bool(comparison.verdicts == HOLDS)
    models, policies = read(claim, instance)
    unit = exact_unit(models, policies) if lhs == rhs else _rounded_unit(models, policies, abs(lhs - rhs))
    left, right = SIDES[claim.id]
    conclusion = f"({RELATIONS[comparison.op][0 if holds else 1].format(left=left, right=right)})%R"
    document = describe(claim, instance, models, unit)
    op = comparison.op if holds else OPPOSITE[comparison.op]
    title = f"{claim.id} {'holds' if holds else 'fails'} on one instance: {lhs} {op} {rhs}."
    return Certificate(claim.id, holds, lhs, rhs, op, conclusion, unit, document.theorem(title, conclusion))


def _check_single(claim: Claim, instance: Mapping[str, Any]) -> None:
    """Raise if a value has a batch axis, even one of length 1: tables for Coq have none."""
    shapes = batched(claim, claim.bind_any(instance))
    if shapes:
        name, shape = next(iter(shapes.items()))
        raise kinds.InvalidInstance(
            f"{name} is a batch, of shape {shape}; a certificate is of one instance.\n"
            "  Leave out the first axis: policies are [S, A] or [H, S, A], a model has P [S, A, S] or [H, S, A, S],\n"
            "  r [S, A] or [H, S, A], and mu [S]."
        )


def read(claim: Claim, instance: Mapping[str, Any]) -> tuple[dict[str, Model], dict[str, Any]]:
    """The models of an instance, the first one with the claim's own reward if there is one, and the policies."""
    models: dict[str, Model] = {}
    for name, kind in claim.parameters.items():
        if isinstance(kind, kinds.Model):
            own = "reward" in instance and not models
            models[name] = Model.of(instance[name].with_rewards(instance["reward"]) if own else instance[name])
    return models, {
        name: instance[name] for name, kind in claim.parameters.items() if isinstance(kind, kinds.PolicyKind)
    }


def exact_unit(models: Mapping[str, Model], policies: Mapping[str, Any]) -> int:
    """A denominator that all values and laws share."""
    return math.lcm(*(model.exact_unit(pi) for model in models.values() for pi in policies.values()))


def _rounded_unit(models: Mapping[str, Model], policies: Mapping[str, Any], margin: Fraction) -> int:
    """A power of two so large that no rounding can close the margin, nor hide that a state is visited.

    With a horizon, roundings add up to at most H / unit in a value and S h / unit in the law at step h; with a
    discount, to S^2 / (1 - gamma) / unit in a law. No side of a covered claim moves by more than a small multiple of
    the cube of the (effective) horizon times S^2 A (1 + max |r|)^2 / unit.
    """
    model = next(iter(models.values()))
    mdp = model.mdp
    largest = max(abs(x) for one in models.values() for x in fractions(one.mdp.rewards()).flat)
    laws = [fractions(one.mdp.state_occupancy(pi)) for one in models.values() for pi in policies.values()]
    visited = min((x for law in laws for x in law.flat if x), default=Fraction(1))
    horizon = Fraction(mdp.horizon) if mdp.horizon is not None else 1 / (1 - model.gamma)
    size = horizon**3 * mdp.n_states**2 * mdp.n_actions * (1 + largest) ** 2
    return int(1 << (math.ceil(size / min(margin, visited)).bit_length() + SPARE_BITS))


@dataclass
class Document:
    """A file for Coq that grows: an instance and the certificates of its policies.

    Attributes
    ----------
    discount : of the models; None if they have a horizon
    definitions : what is said before the field
    notations : what is said of the field
    certificates : lemmas about policies
    hypotheses : what the claim assumes, each with its proof
    unknowns : by name, what defines a function of which a side may speak
    """

    discount: str | None
    definitions: list[str] = field(default_factory=list)
    notations: list[str] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    hypotheses: list[tuple[str, str]] = field(default_factory=list)
    unknowns: dict[str, str] = field(default_factory=dict)

    def preamble(self) -> list[str]:
        """Everything up to the field's section, which stays open."""
        worlds = "FiniteHorizon Imitation Moments Disadvantage" if self.discount is None else "Discounted"
        return [
            "From Coq Require Import ZArith QArith.",
            "From mathcomp Require Import all_ssreflect all_algebra.",
            f"From {LIBRARY}.Definitions Require Import Probability Extremes {worlds}.",
            f"From {LIBRARY}.Definitions Require Import Tables Certificates DiscountedCertificates.",
            f"From {LIBRARY}.Definitions Require Executable.",
            f"From {LIBRARY}.Proofs Require Import Enclosures.",
            "Import GRing.Theory Num.Theory.",
            "Local Open Scope Z_scope.",
            "",
            *self.definitions,
            "Local Close Scope Z_scope.",
            "Local Open Scope ring_scope.",
            "",
            "Section Verdict.",
            "Variable R : realFieldType.",
            *self.notations,
            "",
        ]

    def about(self, conclusion: str, sides: str) -> str:
        """A conclusion, for all functions that sides speak of and that are what their names say."""
        known = {name: what for name, what in self.unknowns.items() if re.search(rf"\b{name}\b", sides)}
        if not known:
            return conclusion
        premises = "".join(f"{what} ->\n  " for what in known.values())
        return f"(forall {' '.join(known)}, {premises}{conclusion})"

    def theorem(self, title: str, conclusion: str) -> str:
        """The whole file."""
        stated = " /\\\n  ".join([*(said for said, _ in self.hypotheses), self.about(conclusion, conclusion)])
        return "\n".join(
            [
                f"(** {title}",
                "    Written by `iltheory certify`; [verdict] is what is proved, of the tables below. *)",
                *self.preamble(),
                f"Theorem verdict :\n  {stated}.",
                "Proof.",
                *(f"split; first exact: {proof}." for _, proof in self.hypotheses),
                *self.known_certificates(),
                "intros; compare_ranges.",
                "Qed.",
                "End Verdict.",
                "Print Assumptions verdict.",
                "",
            ]
        )

    def known_certificates(self) -> Iterator[str]:
        """Where the tactic `enclose` looks for them: among the hypotheses."""
        return (f"have found_{name} := {name}." for name in self.certificates)


def describe(claim: Claim, instance: Mapping[str, Any], models: Mapping[str, Model], unit: int) -> Document:
    """Write an instance down, with certificates in multiples of the unit's inverse."""
    first = next(iter(models.values()))
    discount = None if first.mdp.horizon is not None else number(first.gamma)
    document = Document(discount)
    tables = dict(zip(models, ("instance", "other_instance"), strict=False))
    for (name, model), letter in zip(models.items(), "MN", strict=False):
        _put_model(document, letter, tables[name], model)
    for name, kind in claim.parameters.items():
        if isinstance(kind, kinds.PolicyKind):
            for (model_name, model), letter in zip(models.items(), "MN", strict=False):
                _put_certificate(document, name, letter, tables[model_name], model, instance[name], unit)
            _put_policy(document, name)
        elif isinstance(kind, kinds.Sequence):
            _put_sequence(document, name, instance[name])
        elif isinstance(kind, kinds.StateFunctionKind):
            _put_state_function(document, name, instance[name])
        elif isinstance(kind, kinds.RewardKind):
            _put_function(document, name, instance[name])
        elif not isinstance(kind, kinds.Model):
            value = f"{instance[name]}%N" if isinstance(kind, kinds.Count) else f"(real R {number(instance[name])})"
            document.notations.append(f"Local Notation {name} := {value}.")
    _put_assumptions(document, claim, tables)
    return document


def _put_model(document: Document, letter: str, name: str, model: Model) -> None:
    document.definitions += [
        f"Definition {name} : tables := {model.coq}.",
        f"Lemma {name}_checked : Definitions.Executable.is_mdp {name}.",
        CHECKED,
    ]
    if document.discount is None:
        meaning, proof = f"model R {name}", f"(table_model R {name}_checked)"
    else:
        meaning, proof = (
            f"discounted R {name} {document.discount}",
            f"(@table_discounted_model R {name} {document.discount} {name}_checked isT)",
        )
    document.notations.append(f"Local Notation {letter} := ({meaning}).")
    document.hypotheses.append((f"is_mdp {letter}", proof))
    if letter == "M":
        document.notations += [
            f"Local Notation H := {model.mdp.horizon}%N." if document.discount is None else "",
            "Local Notation s0 := (@Ordinal (states instance) 0 isT).",
            "Local Notation a0 := (@Ordinal (actions instance) 0 isT).",
        ]


def _put_certificate(document: Document, name: str, letter: str, tables: str, model: Model, pi: Any, unit: int) -> None:
    lemma = f"{name}_certified" if letter == "M" else f"{name}_certified_in_{letter}"
    fields = ";\n".join(f"  {field} := {part.coq}" for field, part in model.bounds(pi, unit).items())
    where = f"certified {tables} {model.mdp.horizon}%N"
    if document.discount is not None:
        where = f"certified_discounted {tables} {document.discount}"
    if letter == "M":
        document.definitions.append(f"Definition {name}_table := {table(pi, 3).coq}.")
    document.definitions += [
        f"Definition {lemma}_bounds : bounds := {{|\n{fields}\n|}}.",
        f"Lemma {lemma} : {where} {name}_table {lemma}_bounds.",
        CHECKED,
    ]
    if letter == "M":
        sound = "certified_policy" if document.discount is None else "certified_discounted_policy"
        document.hypotheses.append((f"is_policy {name}", f"({sound} R {lemma})"))
    document.certificates.append(lemma)
    value, law = ("v", "d") if letter == "M" else ("w", "e")
    document.unknowns[f"{value}_{name}"] = f"is_value {letter} {name} {value}_{name}"
    document.unknowns[f"{law}_{name}"] = f"is_state_law {letter} {name} {law}_{name}"


def _played(document: Document, table: str) -> str:
    return f"(plays R (t := instance) {table}{'' if document.discount is None else ' 0%N'})"


def _put_policy(document: Document, name: str) -> None:
    document.notations.append(f"Local Notation {name} := {_played(document, f'{name}_table')}.")


def _put_sequence(document: Document, name: str, policies: Any) -> None:
    listed = ";\n  ".join(f"({table(pi, 3).coq})" for pi in policies)
    document.definitions += [
        f"Definition {name}_tables := [:: {listed}].",
        f"Lemma {name}_checked : all (Definitions.Executable.is_policy instance) {name}_tables.",
        CHECKED,
    ]
    document.notations += [
        f"Local Notation {name}_number := {len(policies)}%N.",
        f"Local Notation {name} i := {_played(document, f'(nth [::] {name}_tables i)')}.",
    ]
    said = f"(forall i : 'I_{name}_number, is_policy ({name} i))"
    document.hypotheses.append((said, f"(fun i => table_policies R {name}_checked (ltn_ord i))"))


def _put_function(document: Document, name: str, values: Any) -> None:
    if name != "reward":  # which the model has
        document.definitions.append(f"Definition {name}_table := {table(values, 3).coq}.")
        _put_policy(document, name)


def _put_state_function(document: Document, name: str, values: Any) -> None:
    document.definitions.append(f"Definition {name}_table := {table(values, 2).coq}.")
    step, at = ("(h : nat) ", "h") if document.discount is None else ("", "0")
    row = f"real R (at_state {name}_table {at}%N s)"
    document.notations.append(f"Definition {name} {step}(s : 'I_(states instance)) : R := {row}.")


def _put_assumptions(document: Document, claim: Claim, tables: Mapping[str, str]) -> None:
    assumed = {assumption.name for assumption in claim.assumptions}
    reward = claim.parameters.get("reward")
    if UNIT_REWARDS.name in assumed or (isinstance(reward, kinds.RewardKind) and reward.low == 0):
        kind, low = "unit", 0
    elif isinstance(reward, kinds.RewardKind) and document.discount is None:
        kind, low = "signed", -1
    else:
        kind, low = "", 0
    for name, letter in zip(tables.values() if kind else (), "MN", strict=False):
        between = f"{LIBRARY}.Definitions.Executable.rewards_between {name} (Qmake ({low}) 1) (Qmake 1 1)"
        document.definitions += [f"Lemma {name}_rewards_checked : {between}.", CHECKED]
        lemma = f"table_{kind}_rewards" if document.discount is None else f"table_discounted_{kind}_rewards"
        document.hypotheses.append((f"{kind}_rewards {letter}", f"{lemma} {name}_rewards_checked"))
    if ONE_START in assumed:
        document.hypotheses.append(("start M =1 start N", "(fun=> erefl)"))
