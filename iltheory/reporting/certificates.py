"""Certificates for the independent checker, ``python -m proofs_check.kernel``: counterexamples, quantities, optima.

Saddle points have theirs in :func:`iltheory.games.certificate`; docs/certificates.md describes all layouts. What is
returned has been accepted by the checker.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

from iltheory.attack.counterexample import Counterexample
from iltheory.claims.domains import Box, Rows
from iltheory.claims.instances import LARGEST_ENTRIES
from iltheory.claims.kinds import ActionValuesKind, Count, Kind, Model, PolicyKind, PositiveNumber, UnitNumber
from iltheory.games.linear_programme import LinearProgramme, Optimum
from iltheory.reporting.recorded_formulas import Node, NotRecordable, unused
from iltheory.reporting.recorded_models import RecordedModel
from iltheory.reporting.recorded_numbers import RecordedArray, RecordedCount
from iltheory.reporting.recording import Recorder
from proofs_check.kernel.__main__ import check
from proofs_check.kernel.reading import Refused
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Comparison, Enclosure, Numbers
from sims.arithmetic.text import exact_texts
from sims.errors import InvalidArgument, require

STATEMENTS = "iltheory-statements/1"
"""Version of the layout, described in docs/certificates.md."""

BITS = 256
"""Precision of irrational quantities."""

GRID = 2**64
"""Irrational quantities are enclosed between multiples of ``1 / GRID``."""


def refutation(found: Counterexample) -> dict[str, Any]:
    """A certificate that an instance refutes a claim, as JSON values.

    It states that the instance is of the claim's kinds, that its assumptions hold, what both sides are, and that the
    comparison fails: formulas recorded by running the claim's own functions.

    Raises
    ------
    NotRecordable
        If the claim asks for something that the checker does not know, or the checker does not follow.
    InvalidArgument
        If a model is too large to be written out.
    """
    require("found", found, Counterexample, "il.falsify(claim).simplest")
    claim = found.claim
    if claim.statistical:
        raise NotRecordable("both sides of the claim are sampled")
    for system in (ar.RATIONAL, ar.Ball(BITS)):
        try:
            return _refuted(found, Recorder(system))
        except ar.NotRepresentable as problem:
            reason = problem
    raise NotRecordable(f"the formula computes with numbers that are not recorded: {reason}")


def _refuted(found: Counterexample, recorder: Recorder) -> dict[str, Any]:
    claim, stage = found.claim, _Stage(recorder)
    for name, kind in claim.parameters.items():
        stage.add(name, kind, found.instance[name])
    for assumption in claim.assumptions:
        wanted = inspect.signature(assumption.holds).parameters
        given = {name: stand_in for name, stand_in in stage.stand_ins.items() if name in wanted}
        recorder.assumed += recorder.conditions(recorder.run(assumption.holds, given))
    answer = recorder.run(claim.function, stage.stand_ins)
    if not isinstance(answer, Comparison) or answer.op != found.op:
        raise NotRecordable("the claim compares something else than quantities")
    op, *sides = recorder.comparison(answer)
    if not any(isinstance(side, Node | str) for side in sides):
        raise NotRecordable("both sides are computed from constants alone")
    for side, number in zip(sides, (found.lhs, found.rhs), strict=True):
        stage.bound(side, [number])
    return stage.certificate(f"refutes {claim.id}", [(op, *sides)])


def lacking(found: Counterexample) -> str | None:
    """Why there is no certificate of a counterexample, or None if there is one."""
    try:
        refutation(found)
    except NotRecordable as problem:
        return str(problem)
    return None


def quantities(formula: Callable[..., Any], **instance: Any) -> dict[str, Any]:
    """A certificate of the value that a formula has on one instance, as JSON values.

    Parameters
    ----------
    formula : function that returns a number or a table, such as ``lambda mdp, pi: il.occupancy(mdp, pi)``
    instance : models, policies of the model in front of them, and numbers, by the names of its parameters

    Raises
    ------
    NotRecordable
        If the formula asks for something that the checker does not know, or the checker does not follow.
    InvalidArgument
        If a model is too large to be written out.
    """
    for system in (ar.RATIONAL, ar.Ball(BITS)):
        stage, model = _Stage(Recorder(system)), None
        for name, value in instance.items():
            if isinstance(value, TabularMDP):
                model = value.to("rational")
                stage.add(name, Model(finite=value.horizon is not None), model)
            else:
                number = ar.RATIONAL.convert(ar.asarray(value))
                policy = model is not None and number.ndim > 0
                stage.add(name, PolicyKind() if policy else None, model.policy(number) if model and policy else number)
        try:
            found = stage.recorder.run(formula, stage.stand_ins)
        except ar.NotRepresentable:
            continue
        if not isinstance(found, RecordedArray):
            raise NotRecordable(f"the formula returns {found!r:.60}, no quantity")
        stage.bound(found.formula, [Enclosure.of(x) for x in _each(found.numbers)], shape=found.shape)
        return stage.certificate("gives values", [])
    raise NotRecordable("the formula computes with numbers that are not recorded")


def optimum(programme: LinearProgramme, found: Optimum) -> dict[str, Any]:
    """A certificate that a point minimises a linear programme, as JSON values: both, with the multipliers."""
    require("programme", programme, LinearProgramme, "LinearProgramme(c, A_ub=A, b_ub=b)")
    tables = {name: exact_texts(getattr(programme, name)) for name in ("c", "A_eq", "b_eq", "A_ub", "b_ub")}
    tables |= {name: exact_texts(getattr(found, name)) for name in ("x", "y_eq", "y_ub")}
    tables["free"] = programme.free.astype(int).tolist()
    least = ["least_cost", "c", "free", "A_eq", "b_eq", "A_ub", "b_ub", "x", "y_eq", "y_ub"]
    return _accepted(tables, "solves a linear programme", [["==", least, exact_texts(found.value)]], [])


class _Stage:
    """An instance as the checker reads it, with stand-ins for its parts.

    Attributes
    ----------
    recorder : what formulas are recorded with
    stand_ins : what they are recorded of, by parameter
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.stand_ins: dict[str, Any] = {}
        self._parts: dict[str, Any] = {}
        self._rules: list[tuple[Any, ...]] = []

    def add(self, name: str, kind: Kind | None, value: Any) -> None:
        """Add the value of a parameter, with what its kind says about it."""
        if isinstance(value, tuple):
            one = getattr(kind, "of", kind)
            self.stand_ins[name] = tuple(self._part(f"{name}_{i}", one, x) for i, x in enumerate(value))
        else:
            self.stand_ins[name] = self._part(name, kind, value)

    def bound(self, formula: Any, known: list[Enclosure], shape: tuple[int, ...] = ()) -> None:
        """State what a formula is: exactly, or between multiples of a small number."""

        def table(numbers: list[Fraction]) -> Any:
            entries = np.array([*numbers, None], dtype=object)[:-1].reshape(shape).tolist()
            return self.recorder.system.formulas.table(entries)

        if all(number.sense == "exact" for number in known):
            self._rules.append(("==", formula, table([Fraction(number.lower) for number in known])))
            return
        self._rules.append((">=", formula, table([Fraction(floor(x.lower * GRID) - 1, GRID) for x in known])))
        self._rules.append(("<=", formula, table([Fraction(ceil(x.upper * GRID) + 1, GRID) for x in known])))

    def certificate(self, about: str, fails: list[tuple[Any, ...]]) -> dict[str, Any]:
        """The certificate of what was noted, and of what fails."""
        formulas = self.recorder.system.formulas
        holds = dict.fromkeys([*formulas.holds, *self._rules, *self.recorder.assumed])
        parts, *statements = formulas.written(self._parts, holds, [*formulas.fails, *fails])
        return _accepted(parts, about, *statements)

    def _part(self, name: str, kind: Kind | None, value: Any) -> Any:
        system, name = self.recorder.system, unused(name, self._parts)
        if isinstance(value, TabularMDP):
            if value.n_states**2 * value.n_actions * value.transitions.steps > LARGEST_ENTRIES:
                raise InvalidArgument(f"{name}, {value}, is too large to be written out.")
            end = "discount" if value.horizon is None else "horizon"
            self._parts[name] = {part: exact_texts(getattr(value, part)) for part in ("P", "r", "mu", end)}
            model = RecordedModel.of(system, value.to(system.inner), name)
            self._within(kind, system.named(model.numbers.rewards(), system.formulas.make("rewards", name)))
            return model
        self._parts[name] = exact_texts(value)
        if isinstance(kind, Count):
            self._rules.append((">=", name, Fraction(kind.least)))
            return RecordedCount(value, name, system.formulas)
        part = system.named(system.inner.convert(value), name)
        domain = kind.domain if kind is not None else None
        if isinstance(domain, Rows):
            rows = ar.einsum("...k->...", part)
            self._rules += [(">=", name, Fraction(0)), ("==", rows.formula, Fraction(1))]
            self._rules += [("==", (part * (1 - part)).formula, Fraction(0))] * domain.deterministic
        elif isinstance(kind, PositiveNumber) or (isinstance(kind, UnitNumber) and kind.positive):
            self._rules += [(">", name, Fraction(0))]
        if isinstance(domain, Box) and not isinstance(kind, PositiveNumber | ActionValuesKind):
            self._within(domain, part)
            self._rules += [("==", (part * (1 - part)).formula, Fraction(0))] * domain.ends_only
        return part

    def _within(self, ends: Any, part: RecordedArray) -> None:
        """State the range of a table, unless it leaves the range that is drawn from, as one given by hand may."""
        low, high = Fraction(ends.low), Fraction(ends.high)
        inner = self.recorder.system.inner
        if all(np.all(inner.compare(part.numbers, op, inner.coerce(x)) == 1) for op, x in ((">=", low), ("<=", high))):
            self._rules += [(">=", part.formula, low), ("<=", part.formula, high)]


def _each(numbers: Numbers) -> list[Any]:
    """The entries of a table, in order."""
    return [numbers[i] for i in np.ndindex(numbers.shape)]


def _accepted(instance: Mapping[str, Any], about: str, holds: list[Any], fails: list[Any]) -> dict[str, Any]:
    """The certificate, if the checker accepts it."""
    certificate = {"schema": STATEMENTS, "about": about, "instance": instance, "holds": holds, "fails": fails}
    try:
        check(json.dumps(certificate))
    except Refused as problem:
        raise NotRecordable(f"the checker does not follow: {problem}") from problem
    return certificate
