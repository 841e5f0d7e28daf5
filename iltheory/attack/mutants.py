"""Systematic false variants of a claim, derived from the source of its formula.

Each operator makes one small change in one place: a smaller constant or exponent, one step fewer, the learner's
occupancy for the expert's, a divergence the other way round, another distance, an assumption dropped, the comparison
turned round. Most of the results are false, and an attack has to refute them; some are true, and then either follow
from the claim or sharpen it.
"""

from __future__ import annotations

import ast
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack import changes
from iltheory.attack.changes import SYSTEM, Change, Operator
from iltheory.attack.formulas import Formula, documented, formulas, rebuilt
from iltheory.claims.assumptions import any_rewards
from iltheory.claims.claim import Claim
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import Instance, Kind, PolicyKind, Sequence
from iltheory.claims.registry import UnknownClaim, find
from iltheory.engine.evaluate import Decision, decide
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Comparison, System

STATUS = "derived variant"

SHARE = Fraction(9, 10)
"""What is left of a constant."""

PROBES = 2
"""Instances at once on which a formula is tried."""

PROBED_OUTCOMES = 256
"""Outcomes drawn to try a formula with sampled expectations."""

OPERATORS: Mapping[str, str] = {
    "constant": "constant times 9/10",
    "half-power": "exponent - 1/2",
    "power": "exponent - 1",
    "horizon": "H -> H - 1",
    "occupancy": "expert's occupancy <-> learner's",
    "divergence": "KL(p || q) <-> KL(q || p)",
    "distance": "total variation <-> squared Hellinger",
    "assumption": "an assumption dropped",
    "direction": "direction flipped",
}
"""Operators, in the order in which mutants are listed, in words."""

_IN_FORMULAS: Mapping[str, Operator] = {
    "half-power": changes.half_power_less,
    "power": changes.power_less,
    "horizon": changes.one_step_fewer,
    "occupancy": changes.other_occupancy,
    "divergence": changes.other_direction_of_divergence,
    "distance": changes.other_distance,
    "assumption": changes.assumed,
}

_NOWHERE: Mapping[str, str] = {
    "constant": "an equality with 0",
    "half-power": "no power and no factor that grows",
    "power": "no power and no factor that grows",
    "horizon": "no horizon in the formula",
    "occupancy": "no choice between two policies' occupancies",
    "divergence": "no asymmetric divergence",
    "distance": "neither total variation nor squared Hellinger distance",
    "assumption": "nothing is assumed beyond the kinds of the parameters",
    "direction": "an equality has no direction",
}


@dataclass(frozen=True)
class Mutant:
    """A variant of a claim with one change.

    Attributes
    ----------
    claim : the variant, with the id ``<claim>~<operator>`` (``-<number>`` where the operator applies more than once)
    of : id of the claim
    operator : one of ``OPERATORS``
    change : what was changed, such as ``steps(mdp) ** 2 -> steps(mdp)``
    """

    claim: Claim
    of: str
    operator: str
    change: str

    def to_json(self) -> dict[str, str]:
        """Describe the mutant in plain JSON values."""
        return {"id": self.claim.id, "of": self.of, "operator": self.operator, "change": self.change}


@dataclass(frozen=True)
class Derivation:
    """What became of each operator on a claim.

    Attributes
    ----------
    mutants : in the order of ``OPERATORS``, then of the places in the source
    inapplicable : why there is no mutant of an operator, by operator
    discarded : (operator, change, reason) of variants that say nothing: those whose formula cannot be evaluated
    """

    mutants: tuple[Mutant, ...]
    inapplicable: Mapping[str, str]
    discarded: tuple[tuple[str, str, str], ...]


def mutants(claim: Claim) -> tuple[Mutant, ...]:
    """Systematic variants of a claim, in a fixed order; see :func:`derive`."""
    return derive(claim).mutants


def find_mutant(id: str) -> Mutant:
    """The mutant of a claim of the catalogue with an id, in any process.

    Raises
    ------
    UnknownClaim
        If there is no such claim, or it has no such mutant.
    """
    parent, _, rest = id.partition("~")
    claims = [claim for claim in find(parent) if claim.id == parent]
    known = {mutant.claim.id: mutant for claim in claims for mutant in mutants(claim)}
    if id not in known:
        listed = ", ".join(name.partition("~")[2] for name in known) or "none"
        raise UnknownClaim(f"{parent} has no mutant {rest!r}; it has {listed}.")
    return known[id]


@lru_cache(maxsize=1024)
def derive(claim: Claim) -> Derivation:
    """Derive the variants of a claim, and say why there are not more.

    Raises
    ------
    NoFormula
        If the source of the claim's function cannot be read.
    """
    found: list[Mutant] = []
    discarded: list[tuple[str, str, str]] = []
    among, probes = formulas(claim), _Probes(claim)
    for operator in OPERATORS:
        sound: list[tuple[str, Claim]] = []
        for change, variant in _variants(claim, operator, among, probes):
            # Dropping or turning round what was evaluated raises nothing new.
            problem = probes.problem(variant) if operator in _IN_FORMULAS else None
            if problem is None:
                sound.append((change, variant))
            else:
                discarded.append((operator, change, problem))
        for number, (change, variant) in enumerate(sound, 1):
            id = f"{claim.id}~{operator}" + f"-{number}" * (len(sound) > 1)
            found.append(_named(claim, variant, id, operator, change))
    reached = {mutant.operator for mutant in found} | {operator for operator, _, _ in discarded}
    inapplicable = {operator: reason for operator, reason in _NOWHERE.items() if operator not in reached}
    return Derivation(tuple(found), inapplicable, tuple(discarded))


def _named(claim: Claim, variant: Claim, id: str, operator: str, change: str) -> Mutant:
    words = f"{OPERATORS[operator]}: {change}" if change else OPERATORS[operator]
    named = replace(
        variant,
        id=id,
        function=documented(variant.function, f"{claim.summary.rstrip('.')}, but with {words}."),
        statement=rf"{claim.statement}\quad\text{{with {words}}}",
        status=STATUS,
        tight=None,
        false_variants=[],
    )
    return Mutant(named, claim.id, operator, change or OPERATORS[operator])


def _variants(claim: Claim, operator: str, among: list[Formula], probes: _Probes) -> Iterator[tuple[str, Claim]]:
    """What an operator makes of a claim: the changes in words, with the changed claims."""
    match operator:
        case "constant" if not probes.nothing:
            yield "", replace(claim, function=_with_outcome(claim.function, _smaller_constant))
        case "direction" if not probes.equality:
            yield "", replace(claim, function=_with_outcome(claim.function, _turned))
        case "assumption":
            yield from _without_assumptions(claim)
    if operator in _IN_FORMULAS:
        seen = {(formula.name, ast.unparse(formula.tree)) for formula in among}
        for change in (change for formula in among for change in _IN_FORMULAS[operator](formula)):
            key = (change.formula.name, ast.unparse(change.tree))
            if key not in seen:
                seen.add(key)
                variant = replace(claim, function=_changed(claim, change, among))
                if operator == "assumption" and "reward" in str(change):
                    variant = replace(variant, parameters=_paying(claim.parameters))
                yield str(change), variant


def _paying(parameters: Mapping[str, Kind]) -> dict[str, Kind]:
    """Parameters whose models pay what a dropped condition on rewards lets in."""
    return {name: any_rewards(kind) for name, kind in parameters.items()}


def _changed(claim: Claim, change: Change, among: list[Formula]) -> Callable[..., Any]:
    known = changes.known_names()
    if claim.function.__globals__.get("Fraction") is Fraction:
        known["Fraction"] = changes.quotient
    return _in_its_system(rebuilt(claim, change.formula, change.tree, known, among))


def _in_its_system(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let roots of whole numbers be taken in the system of the instance."""

    @wraps(function)
    def evaluated(**instance: Any) -> Any:
        token = SYSTEM.set(_system(instance.values()))
        try:
            return function(**instance)
        finally:
            SYSTEM.reset(token)

    return evaluated


def _system(values: Iterable[Any]) -> System | None:
    for value in values:
        if isinstance(value, TabularMDP):
            return value.system
        if isinstance(value, tuple):
            return _system(value)
        if not isinstance(value, int):
            return ar.system_of(value)
    return None


def _with_outcome(function: Callable[..., Any], outcome: Callable[[Comparison], Comparison]) -> Callable[..., Any]:
    @wraps(function)
    def changed(**instance: Any) -> Any:
        answer = function(**instance)
        return outcome(answer) if isinstance(answer, Comparison) else answer

    return changed


def _smaller_constant(said: Comparison) -> Comparison:
    """The larger side times 9/10; of an equality the right one."""
    if said.op in (">=", ">"):
        return Comparison(changes.scaled(said.lhs, SHARE), said.op, said.rhs)
    return Comparison(said.lhs, said.op, changes.scaled(said.rhs, SHARE))


def _turned(said: Comparison) -> Comparison:
    return Comparison(said.lhs, {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}[said.op], said.rhs)


def _without_assumptions(claim: Claim) -> Iterator[tuple[str, Claim]]:
    for dropped in claim.assumptions:
        left = tuple(assumption for assumption in claim.assumptions if assumption is not dropped)
        freed = {name: dropped.widen(kind) for name, kind in claim.parameters.items()}
        yield f"without «{dropped.name}»", replace(claim, assumptions=left, parameters=freed)
    for name, kind in claim.parameters.items():
        wider = _stochastic(kind)
        if wider != kind:
            yield f"{name}: {kind} -> {wider}", replace(claim, parameters={**claim.parameters, name: wider})


def _stochastic(kind: Kind) -> Kind:
    if isinstance(kind, Sequence):
        return replace(kind, of=_stochastic(kind.of))
    return replace(kind, deterministic=False) if isinstance(kind, PolicyKind) else kind


class _Probes:
    """A few small instances of one claim, in floats, on which its variants are tried."""

    def __init__(self, claim: Claim) -> None:
        system = ar.RATIONAL if claim.statistical else ar.FLOAT64
        self.instances = [claim.convert(probe, system) for probe in _drawn(claim)]
        self.said = self.evaluate(claim)

    def evaluate(self, claim: Claim) -> list[Decision]:
        if claim.statistical:
            briefly = replace(claim, samples=PROBED_OUTCOMES)
            return [decide(briefly, claim.select(instance, 0), 1) for instance in self.instances]
        with np.errstate(all="ignore"):
            return [decide(claim, instance, PROBES, arithmetic="float64") for instance in self.instances]

    def problem(self, variant: Claim) -> str | None:
        """Why a formula cannot be evaluated, if it cannot."""
        try:
            nowhere = [_without_value(decision) for decision in self.evaluate(variant)]
        except Exception as problem:  # a changed formula may raise anything
            return in_words(problem)
        if any(np.any(now & ~_without_value(before)) for now, before in zip(nowhere, self.said, strict=True)):
            return "it has no value on some instances, where a root is of a negative number"
        return None

    @property
    def equality(self) -> bool:
        """Whether the claim is one."""
        return any(decision.op == "==" for decision in self.said)

    @property
    def nothing(self) -> bool:
        """Whether the side that a constant belongs to is 0."""
        sides = [decision.lhs if decision.op in (">=", ">") else decision.rhs for decision in self.said]
        return bool(sides) and not any(np.any(side) for side in sides)


def _without_value(decision: Decision) -> NDArray[np.bool_]:
    return np.isnan(decision.lhs) | np.isnan(decision.rhs)


def in_words(problem: Exception) -> str:
    """What was raised, in one line."""
    return f"{type(problem).__name__}: {problem}".partition("\n")[0]


def _drawn(claim: Claim) -> Iterator[Instance]:
    """Instances of one state and step, and some larger ones."""
    for number, (size, law) in enumerate(((1, "uniform"), (3, "mixed"))):
        largest = claim.largest
        scale = Scale(
            size=PROBES,
            n_states=min(size, largest.n_states),
            n_actions=min(size, largest.n_actions),
            horizon=min(size, largest.horizon),
            length=min(size, largest.length),
            law=law,
        )
        rng = np.random.default_rng([zlib.crc32(claim.id.encode()), number])
        instance: dict[str, Any] = {}
        for name, kind in claim.parameters.items():
            instance[name] = kind.draw(rng, scale, instance)
        yield instance
