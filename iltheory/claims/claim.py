"""A claim: a small function from an instance to a comparison, with everything a reader needs to check it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.fingerprint import fingerprint
from iltheory.claims.kinds import Instance, InvalidInstance, Kind, check_outcomes
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, Comparison
from sims.arithmetic.raw import to_numpy
from sims.errors import IltheoryError
from sims.sampled import SampledMDP, SampledPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_PUBLISHED = "as published"
DERIVED_HERE = "derived here"
FROM_MEMORY = "as published, from memory"
"""Statuses: the statement was compared with the paper's text; it is ours; it was written from memory and re-derived."""

STATUSES = (AS_PUBLISHED, DERIVED_HERE, FROM_MEMORY)


class InvalidClaim(IltheoryError, TypeError):
    """A function cannot be read as a claim, or did not return a comparison."""


class AssumptionViolated(IltheoryError, ValueError):
    """A claim was called on an instance that certainly violates one of its assumptions."""


@dataclass(frozen=True)
class Paper:
    """Where a statement comes from."""

    authors: str
    year: int
    title: str
    theorem: str = ""
    arxiv: str = ""

    def __str__(self) -> str:
        where = ", ".join(filter(None, [self.theorem, f"arXiv:{self.arxiv}" if self.arxiv else ""]))
        return f"{self.authors} ({self.year}), {self.title}" + (f", {where}" if where else "")


@dataclass(frozen=True)
class Assumption:
    """A named condition on some of a claim's parameters.

    Attributes
    ----------
    name : short words for tables and errors
    holds : function of some parameters of the claim (matched by name; others need a default), returning a
        ``Comparison``, a list of them that must all hold, or booleans over the batch axis
    widen : of an assumption that kinds are drawn to meet: the wider kind where it is dropped, else the kind itself
    """

    name: str
    holds: Callable[..., Any]
    widen: Callable[[Kind], Kind] = lambda kind: kind

    def conditions(self, instance: Instance) -> list[Any]:
        """Evaluate on an instance."""
        wanted = inspect.signature(self.holds).parameters
        answer = self.holds(**{name: instance[name] for name in wanted if name in instance})
        return list(answer) if isinstance(answer, list | tuple) else [answer]


@dataclass(frozen=True)
class Tight:
    """An instance where both sides are known in closed form.

    Attributes
    ----------
    instance : values of the parameters, in order or by name
    lhs, rhs : the closed forms (exact numbers, or numbers of any rigorous system)
    note : where the closed form comes from
    """

    instance: Any
    lhs: Any
    rhs: Any
    note: str = ""


@dataclass(frozen=True)
class Sizes:
    """Largest sizes of the instances a claim is verified on at random.

    Attributes
    ----------
    n_states, n_actions, horizon : of models
    length : of sequence parameters
    strict : whether named families and real tables beyond these sizes are left out, too (claims that enumerate)
    """

    n_states: int = 5
    n_actions: int = 4
    horizon: int = 12
    length: int = 4
    strict: bool = False

    def __post_init__(self) -> None:
        for name in ("n_states", "n_actions", "horizon", "length"):
            size = getattr(self, name)
            if not isinstance(size, int) or size < 1:
                raise InvalidClaim(f"largest: {name} is {size!r} (should be an integer, at least 1).")


@dataclass(frozen=True, eq=False)
class Claim:
    """A statement about every instance of some kinds, as a function that computes both of its sides.

    Attributes
    ----------
    id : name in the catalogue
    function : maps an instance to ``lhs <= rhs``, ``lhs >= rhs`` or ``equal(lhs, rhs)``
    statement : LaTeX
    source : where it was published, or None
    status : ``as published``, ``derived here`` or ``as published, from memory``
    parameters : kind of each parameter, by name
    assumptions : conditions beyond the kinds
    tight : returns an instance with known sides, or None
    largest : sizes of random instances
    samples : of a statistical claim, whose function asks for ``il.sampled_mean``: most outcomes of each expectation on
        one instance; None for claims that are computed
    sampled : whether all its quantities have counterparts on sampled worlds, so that ``il.verify_sampled`` decides it
    false_variants : deliberately wrong versions, each with a known counterexample
    counterexample : of a false variant: returns an instance that refutes it
    """

    id: str
    function: Callable[..., Any]
    statement: str
    parameters: Mapping[str, Kind]
    source: Paper | None = None
    status: str = DERIVED_HERE
    assumptions: tuple[Assumption, ...] = ()
    tight: Callable[[], Tight] | None = None
    largest: Sizes = Sizes()
    samples: int | None = None
    sampled: bool = False
    false_variants: list[Claim] = field(default_factory=list)
    counterexample: Callable[[], Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Comparison:
        """Evaluate on one instance or batch, in the number system of its entries.

        Raises
        ------
        AssumptionViolated
            If an assumption certainly fails.
        InvalidClaim
            If the function does not return a comparison.
        """
        instance = self.bind(*args, **kwargs)
        with collecting() as conditions:
            comparison = self.evaluate(instance)
        for assumption, condition in conditions:
            if np.any(verdicts(condition) == REFUTED):
                raise AssumptionViolated(f"{self.id}: the assumption «{assumption}» fails: {_failing(condition)}.")
        return comparison

    def bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Match values with parameters and check each one."""
        named = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in self.parameters]
        try:
            given = inspect.Signature(named).bind(*args, **kwargs).arguments
        except TypeError as problem:
            raise InvalidInstance(f"{self.id} takes ({', '.join(self.parameters)}): {problem}.") from None
        instance: dict[str, Any] = {}
        for name, kind in self.parameters.items():
            instance[name] = kind.check(name, given[name], instance)
        check_outcomes(self.parameters, instance)
        return instance

    def bind_any(self, values: Any) -> dict[str, Any]:
        """Match values given in order, or by name, with parameters and check each one."""
        if not isinstance(values, Mapping | Iterable):
            raise InvalidInstance(
                f"{self.id}: an instance is ({', '.join(self.parameters)}), in order or by name; got {values!r:.60}."
            )
        return self.bind(**values) if isinstance(values, Mapping) else self.bind(*values)

    def evaluate(self, instance: Instance) -> Comparison:
        """Evaluate on values that are already checked, reporting assumptions to the enclosing ``collecting()``."""
        instance = {name: _quantity(value) for name, value in instance.items()}
        for assumption in self.assumptions:
            for condition in assumption.conditions(instance):
                _report(assumption.name, condition)
        answer = self.function(**instance)
        if not isinstance(answer, Comparison):
            raise InvalidClaim(
                f"{self.id} returned {type(answer).__name__} {answer!r:.60}, not a comparison.\n"
                "  Return `lhs <= rhs`, `lhs >= rhs` or `il.equal(lhs, rhs)` between quantities such as "
                "il.gap(...); do not compare plain floats or call bool(). A Fraction on the left of <= answers "
                "True or False by itself: write `x >= Fraction(1, 2)` for `Fraction(1, 2) <= x`."
            )
        return answer

    def convert(self, instance: Instance, system: Any) -> dict[str, Any]:
        """Bring every value of an instance into a number system."""
        return {name: kind.convert(instance[name], system) for name, kind in self.parameters.items()}

    def select(self, instance: Instance, index: Any) -> dict[str, Any]:
        """Pick instances (an int, or an int array) out of a batch."""
        return {name: kind.select(instance[name], index, instance) for name, kind in self.parameters.items()}

    @property
    def statistical(self) -> bool:
        """Whether sides are sampled, so that verdicts hold with confidence."""
        return self.samples is not None

    @property
    def summary(self) -> str:
        """First line of the docstring: the claim in words."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def parameter_words(self) -> dict[str, str]:
        """What each parameter may be, in words."""
        return {name: str(kind) for name, kind in self.parameters.items()}

    def to_json(self) -> dict[str, Any]:
        """Describe the claim in plain JSON values."""
        return {
            "id": self.id,
            "summary": self.summary,
            "statement": self.statement,
            "source": None if self.source is None else asdict(self.source),
            "status": self.status,
            "parameters": self.parameter_words,
            "assumptions": [assumption.name for assumption in self.assumptions],
            "samples": self.samples,
            "sampled": self.sampled,
            "false_variants": [{"id": v.id, "statement": v.statement} for v in self.false_variants],
            "proof": inspect.getdoc(self.function) or "",
        }

    @cached_property
    def hash(self) -> str:
        """Digest of what the claim computes; results in a ledger are valid for one hash.

        It covers the function, the assumptions, the tight instance, the false variants and their
        counterexamples, with everything of the same package, script or notebook that they refer to; see
        :func:`iltheory.claims.fingerprint.fingerprint`. It does not cover other packages of yours: when one
        of them changes, name another ledger.
        """
        functions = [self.function, *(a.holds for a in self.assumptions), self.tight]
        for variant in self.false_variants:
            functions += [variant.function, variant.counterexample]
        return fingerprint(self.function.__module__, [self.parameters, self.largest, self.samples, *functions])

    def false_variant(
        self, name: str, *, counterexample: Callable[[], Any], statement: str = ""
    ) -> Callable[[Callable[..., Any]], Claim]:
        """Register a wrong version of this claim with an instance that refutes it.

        Parameters
        ----------
        name : what is wrong with it, in words
        counterexample : returns values of the parameters, in order or by name
        statement : LaTeX of the wrong statement
        """

        def register(function: Callable[..., Any]) -> Claim:
            slug = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
            id, kinds = f"{self.id}/{slug}", _kinds(function)
            if not kinds:
                _check_names(id, function, self.parameters, exactly=True)
            self.__dict__.pop("hash", None)  # it covers the false variants
            variant = replace(
                self,
                id=id,
                function=function,
                statement=statement or f"{name} (false)",
                parameters=kinds or self.parameters,
                status="false on purpose",
                tight=None,
                false_variants=[],
                counterexample=counterexample,
            )
            self.false_variants.append(variant)
            return variant

        return register


def claim(
    *,
    statement: str,
    id: str | None = None,
    source: Paper | None = None,
    status: str = DERIVED_HERE,
    assumptions: Iterable[Assumption] = (),
    tight: Callable[[], Tight] | None = None,
    largest: Sizes = Sizes(),
    samples: int | None = None,
    sampled: bool = False,
) -> Callable[[Callable[..., Any]], Claim]:
    """Turn a function into a claim; see :class:`Claim` for the arguments.

    The annotations of the parameters say what the claim ranges over; a parameter without one needs a default
    and keeps it. Without ``id`` the name of the function serves.

    Raises
    ------
    InvalidClaim
        If a parameter is not annotated with one of the kinds, the status is unknown, ``tight`` is no function,
        or an assumption is none or asks for a parameter that the claim lacks.
    """

    def decorate(function: Callable[..., Any]) -> Claim:
        name = id or function.__name__.replace("_", "-")
        if status not in STATUSES:
            raise InvalidClaim(f"{name}: status={status!r} must be one of {', '.join(STATUSES)}.")
        for argument, value, kind, words in (
            ("statement", statement, str, "LaTeX, a string"),
            ("source", source, Paper | None, "an il.Paper or None"),
            ("largest", largest, Sizes, "iltheory.claims.claim.Sizes"),
            ("samples", samples, int | None, "a whole number of outcomes, or None"),
            ("sampled", sampled, bool, "True or False"),
        ):
            if not isinstance(value, kind):
                raise InvalidClaim(f"{name}: {argument}={value!r:.60} must be {words}.")
        if samples is not None and (isinstance(samples, bool) or samples < 1):
            raise InvalidClaim(f"{name}: samples={samples} must be a whole number, at least 1.")
        kinds = _kinds(function)
        if not kinds:
            raise InvalidClaim(
                f"{name} has no annotated parameters; write e.g. (mdp: il.FiniteHorizonMDP, pi: il.Policy)."
            )
        if tight is not None and not callable(tight):
            raise InvalidClaim(f"{name}: tight={tight!r:.60} must be a function that returns an il.Tight.")
        assumed = tuple(assumptions) if isinstance(assumptions, Iterable) else (None,)
        if not all(isinstance(assumption, Assumption) for assumption in assumed):
            raise InvalidClaim(
                f"{name}: assumptions={assumptions!r:.60} must be a list such as "
                "[il.Assumption('positive value', lambda mdp, pi: il.value(mdp, pi) > 0)]."
            )
        for assumption in assumed:
            _check_names(f"{name}: the assumption «{assumption.name}»", assumption.holds, kinds)
        return Claim(
            id=name,
            function=function,
            statement=statement,
            source=source,
            status=status,
            parameters=kinds,
            assumptions=assumed,
            tight=tight,
            largest=largest,
            samples=samples,
            sampled=sampled,
        )

    return decorate


def assume(condition: Any) -> None:
    """Restrict a claim to the instances where a condition holds.

    Parameters
    ----------
    condition : Comparison, or booleans over the batch axes

    Raises
    ------
    AssumptionViolated
        Outside of the engine and of a claim's call, if the condition certainly fails.
    """
    _report("il.assume", condition)


def verdicts(condition: Any) -> NDArray[np.int8]:
    """Three-valued verdicts of a condition: a comparison, or plain booleans.

    Raises
    ------
    InvalidClaim
        If it is something else.
    """
    if isinstance(condition, Comparison):
        return condition.verdicts
    answers = to_numpy(condition)
    if answers.dtype != np.bool_:
        raise InvalidClaim(
            f"an assumption is a comparison such as `il.value(mdp, pi) >= 0`, or booleans; "
            f"got {type(condition).__name__} {condition!r:.60}."
        )
    return np.where(answers, HOLDS, REFUTED).astype(np.int8)


def _quantity(value: Any) -> Any:
    """Let plain floats answer comparisons as the numbers of every other system do."""
    if isinstance(value, tuple):
        return tuple(map(_quantity, value))
    return value if isinstance(value, TabularMDP | SampledMDP | SampledPolicy | int) else ar.wrap(value)


def _failing(condition: Any) -> str:
    """Say where a condition first fails, with its numbers."""
    outcome = verdicts(condition)
    index = tuple(int(i) for i in np.argwhere(outcome == REFUTED)[0])
    where = f" in instance {', '.join(map(str, index))}" if index else ""
    if not isinstance(condition, Comparison):
        return f"it is false{where}"
    lhs, rhs = (ar.broadcast_to(side, outcome.shape)[index] for side in (condition.lhs, condition.rhs))
    return f"{lhs} {condition.op} {rhs} is false{where}"


_conditions: ContextVar[list[tuple[str, Any]] | None] = ContextVar("conditions", default=None)


@contextmanager
def collecting() -> Iterator[list[tuple[str, Any]]]:
    """Collect the assumptions reported while a claim is evaluated, as (name, condition) pairs."""
    conditions: list[tuple[str, Any]] = []
    token = _conditions.set(conditions)
    try:
        yield conditions
    finally:
        _conditions.reset(token)


def _report(name: str, condition: Any) -> None:
    conditions, outcome = _conditions.get(), verdicts(condition)
    if conditions is not None:
        conditions.append((name, condition))
    elif np.any(outcome == REFUTED):
        raise AssumptionViolated(f"{name} fails: {_failing(condition)}.")


def _kinds(function: Callable[..., Any]) -> dict[str, Kind]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, AttributeError, TypeError, SyntaxError) as problem:
        raise InvalidClaim(
            f"{function.__name__}: an annotation cannot be read: {problem}.\n"
            "  Names in annotations are looked up in the module: import iltheory as il at its top, and write "
            "il.FiniteHorizonMDP, il.Policy, il.Distribution, ... (see iltheory.claims.kinds)."
        ) from None
    kinds: dict[str, Kind] = {}
    bare: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        found = [m for m in getattr(hints.get(name), "__metadata__", ()) if isinstance(m, Kind)]
        if not found and name in hints:
            raise InvalidClaim(
                f"{function.__name__}: parameter {name} is annotated {hints[name]!r}, which is nothing a claim "
                "can range over; use il.FiniteHorizonMDP, il.Policy, il.Distribution, ... "
                "(see iltheory.claims.kinds)."
            )
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise InvalidClaim(
                f"{function.__name__}: parameter {parameter} must be an ordinary one; a finite sequence of "
                "policies is one parameter, annotated il.Policies."
            )
        if found:
            kinds[name] = found[0]
        elif parameter.default is parameter.empty:
            bare.append(name)
    if kinds and bare:
        raise InvalidClaim(
            f"{function.__name__}: parameters {', '.join(bare)} have no annotation; annotate every parameter, "
            "or none in a false variant to take over those of the claim."
        )
    return kinds


def _check_names(what: str, function: Callable[..., Any], kinds: Mapping[str, Kind], *, exactly: bool = False) -> None:
    """Raise unless a function's parameters, save for those with defaults, are (``exactly``: all) those of a claim."""
    parameters = inspect.signature(function).parameters.values()
    names = [p.name for p in parameters if p.default is p.empty]
    if not set(names) <= set(kinds) or (exactly and set(names) != set(kinds)):
        raise InvalidClaim(f"{what} takes ({', '.join(names)}); the claim has ({', '.join(kinds)}).")
