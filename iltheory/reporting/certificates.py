"""Certificates for the independent checker, ``python -m proofs_check.kernel``: counterexamples, quantities, optima.

Saddle points have theirs in :func:`iltheory.games.certificate`; docs/certificates.md describes all layouts. What is
returned has been accepted by the checker.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

from iltheory.attack.counterexample import Counterexample
from iltheory.claims.instances import encode
from iltheory.claims.kinds import (
    ActionValuesKind,
    Count,
    Kind,
    Model,
    PolicyKind,
    PositiveNumber,
    RewardKind,
    Sequence,
    Simplex,
    UnitNumber,
)
from iltheory.claims.linear_kinds import LinearKind
from iltheory.games.linear_programme import LinearProgramme, Optimum
from iltheory.reporting.recording import NotRecordable, Recorded, RecordedCount, RecordedModel, Recording, conditions
from proofs_check.kernel.__main__ import check
from proofs_check.kernel.reading import Refused
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Enclosure
from sims.arithmetic.text import exact_texts
from sims.errors import InvalidArgument, require

STATEMENTS, PROGRAMME = "iltheory-statements/1", "iltheory-programme/1"
"""Versions of the layouts, described in docs/certificates.md."""

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
    stage = _Stage()
    for name, kind in claim.parameters.items():
        stage.add(name, kind, found.instance[name])
    recording = Recording()
    for assumption in claim.assumptions:
        wanted = inspect.signature(assumption.holds).parameters
        given = {name: stand_in for name, stand_in in stage.stand_ins.items() if name in wanted}
        recording.assumed += conditions(recording.run(assumption.holds, given))
    comparison = recording.run(claim.function, stage.stand_ins)
    if not isinstance(comparison, Recorded) or comparison.formula[0] != found.op:
        raise NotRecordable("the claim compares something else than quantities")
    sides = zip(comparison.formula[1:], (found.lhs, found.rhs), strict=True)
    known = [rule for side, number in sides for rule in _bounds(side, number)]
    return stage.certificate(f"refutes {claim.id}", [*recording.assumed, *known], [comparison.formula])


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
    stage, exact = _Stage(), dict[str, Any]()
    for name, value in instance.items():
        if isinstance(value, TabularMDP):
            exact[name] = value.to("rational")
            stage.add(name, Model(finite=value.horizon is not None), exact[name])
            continue
        number = ar.RATIONAL.convert(ar.asarray(value))
        exact[name] = number if number.ndim == 0 or stage.model is None else stage.model.policy(number)
        stage.add(name, PolicyKind() if number.ndim else None, exact[name])
    recorded = Recording().run(formula, stage.stand_ins)
    if not isinstance(recorded, Recorded):
        raise NotRecordable(f"the formula returns {recorded!r:.60}, no quantity")
    try:
        known = formula(**exact)
    except ar.NotRepresentable:
        sharp = ar.Ball(BITS)
        known = formula(
            **{
                name: x.to("ball", bits=BITS) if isinstance(x, TabularMDP) else sharp.convert(x)
                for name, x in exact.items()
            }
        )
    numbers = [Enclosure.of(number) for number in ar.wrap(known).reshape(-1)]
    rules = _bounds(recorded.formula, *numbers, shape=stage.tabular(known.shape))
    return stage.certificate("gives values", rules, [])


def optimum(programme: LinearProgramme, found: Optimum) -> dict[str, Any]:
    """A certificate that a point minimises a linear programme, as JSON values: both, with the multipliers."""
    require("programme", programme, LinearProgramme, "LinearProgramme(c, A_ub=A, b_ub=b)")
    tables = {name: getattr(programme, name) for name in ("c", "A_eq", "b_eq", "A_ub", "b_ub")}
    tables |= {name: getattr(found, name) for name in ("x", "y_eq", "y_ub", "value")}
    texts = {name: exact_texts(x) for name, x in tables.items()}
    return _accepted({"schema": PROGRAMME, "free": programme.free.astype(int).tolist(), **texts})


class _Stage:
    """An instance as the checker reads it, with stand-ins for its parts.

    Attributes
    ----------
    stand_ins : what formulas are recorded with, by parameter
    model : the last model that was added
    """

    def __init__(self) -> None:
        self.stand_ins: dict[str, Any] = {}
        self.model: TabularMDP | None = None
        self._parts: dict[str, Any] = {}
        self._rules: list[Any] = []

    def add(self, name: str, kind: Kind | None, value: Any) -> None:
        """Add the value of a parameter, with what its kind says about it."""
        if isinstance(kind, Sequence):
            self.stand_ins[name] = tuple(self._part(f"{name}_{i}", kind.of, x) for i, x in enumerate(value))
        else:
            self.stand_ins[name] = self._part(name, kind, value)

    def tabular(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape in which the checker has a table: with a step axis where there is a discount."""
        steps = (1,) * (self.model is not None and self.model.horizon is None)
        return (*steps, *shape) if shape else ()

    def certificate(self, about: str, holds: list[Any], fails: list[Any]) -> dict[str, Any]:
        """The certificate of what holds and what fails, besides what the kinds say."""
        document = {"schema": STATEMENTS, "about": about, "instance": self._parts, "holds": [*self._rules, *holds]}
        return _accepted({**document, "fails": fails})

    def _part(self, name: str, kind: Kind | None, value: Any) -> Recorded:
        if isinstance(kind, Model) and not isinstance(kind, LinearKind):
            written = encode({name: value})
            if written is None:
                raise InvalidArgument(f"{name}, {value}, is too large to be written out.")
            self.model, self._parts[name] = value, written[name]
            low, high = ([end, [about, ["rewards", name]]] for end, about in ((">=", "least"), ("<=", "largest")))
            self._rules += [[*low, str(kind.low)], [*high, str(kind.high)]] * _pays_within(value, kind)
            return RecordedModel(name, value)
        if isinstance(kind, PolicyKind | RewardKind) and self.model is not None:
            value = self._by_step(value)
        elif not (kind is None or isinstance(kind, Simplex | UnitNumber | Count | PositiveNumber)):
            raise NotRecordable(f"the checker reads no {kind}")
        self._parts[name] = exact_texts(value)
        self._rules += _rules(name, kind, self.model)
        return RecordedCount(name, value) if isinstance(kind, Count) else Recorded(name)

    def _by_step(self, table: Any) -> Any:
        """A table of state and action with a step axis of full length."""
        assert self.model is not None
        core = (self.model.horizon or 1, self.model.n_states, self.model.n_actions)
        return ar.broadcast_to(table, core)


def _pays_within(mdp: TabularMDP, kind: Model) -> bool:
    """Whether a model, which may pay anything if it was given by hand, pays what its kind draws."""
    r = ar.RATIONAL.convert(mdp.rewards())
    return bool(np.all(ar.compare(r, ">=", kind.low) == 1) and np.all(ar.compare(r, "<=", kind.high) == 1))


def _rules(name: str, kind: Kind | None, model: TabularMDP | None) -> list[Any]:
    """What a kind says about a value, in formulas."""
    ranges: list[Any] = []
    if isinstance(kind, UnitNumber):
        ranges = [[">" if kind.positive else ">=", name, "0"], ["<=", name, "1"]]
    elif isinstance(kind, PositiveNumber):
        ranges = [[">", name, "0"]]
    elif isinstance(kind, Count):
        ranges = [[">=", name, str(kind.least)]]
    elif isinstance(kind, Simplex):
        ranges = [[">=", name, "0"], ["==", ["sum", name], "1"]]
    elif isinstance(kind, RewardKind) and not isinstance(kind, ActionValuesKind):
        ranges = [[">=", name, str(kind.low)], ["<=", name, str(kind.high)]]
    elif isinstance(kind, PolicyKind) and kind.deterministic:
        ranges = [["==", ["*", name, ["-", "1", name]], "0"]]
    if isinstance(kind, PolicyKind | RewardKind) and kind.stationary and model is not None:
        ranges += [["==", ["at", name, h], ["at", name, 0]] for h in range(1, model.horizon or 1)]
    return ranges


def _bounds(formula: Any, *known: Enclosure, shape: tuple[int, ...] = ()) -> list[Any]:
    """Statements of what a formula is: exactly, or between multiples of a small number."""

    def table(numbers: list[Any]) -> Any:
        texts = np.array([str(number) for number in numbers], dtype=object)
        return texts.reshape(shape).tolist()

    if all(number.sense == "exact" for number in known):
        return [["==", formula, table([number.lower for number in known])]]
    low = [Fraction(floor(number.lower * GRID) - 1, GRID) for number in known]
    high = [Fraction(ceil(number.upper * GRID) + 1, GRID) for number in known]
    return [[">=", formula, table(low)], ["<=", formula, table(high)]]


def _accepted(certificate: dict[str, Any]) -> dict[str, Any]:
    """The certificate, if the checker accepts it."""
    try:
        check(json.dumps(certificate))
    except Refused as problem:
        raise NotRecordable(f"the checker does not follow: {problem}") from problem
    return certificate
