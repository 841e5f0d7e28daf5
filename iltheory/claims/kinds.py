"""What a claim can range over: the annotations of its parameters.

An annotation such as ``FiniteHorizonMDP`` is an ordinary type with a :class:`Kind` attached. The kind knows
how to draw values at random, how to check a value somebody supplies and how to move it between number
systems. Values have one leading batch axis or none.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from collections.abc import Sequence as Series
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Annotated, Any

import numpy as np

from iltheory.claims import drawing
from iltheory.claims.domains import Box, Domain, Rows
from iltheory.claims.drawing import Scale
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import MixedArithmetic, Numbers, RationalArray, System
from sims.errors import IltheoryError
from sims.sampled import SampledMDP
from sims.tabular import InvalidPolicy
from sims.tabular.reading import read_numbers
from sims.tabular.validation import check_distributions, check_finite

Instance = Mapping[str, Any]
"""Values of a claim's parameters, by name, in the order of the parameters."""


SMALLEST = Fraction(1, 2**14)
"""The smallest number that a search tries where only positive ones are allowed."""


class InvalidInstance(IltheoryError, ValueError):
    """A value does not fit the parameter it was given for."""


class Kind(ABC):
    """One kind of parameter. ``before`` always holds the values of the parameters in front of this one.

    ``str(kind)`` says in words what a value may be.
    """

    @abstractmethod
    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> Any:
        """Draw ``scale.size`` values, exact rationals with one batch axis."""

    @abstractmethod
    def check(self, name: str, value: Any, before: Instance) -> Any:
        """Return a supplied value in the form ``draw`` gives, or raise ``InvalidInstance`` naming ``name``."""

    @property
    def domain(self) -> Domain | None:
        """What its numbers may be, if a search may move each of them freely; a model has several tables."""
        return None

    def convert(self, value: Any, system: System) -> Any:
        """Bring a value into a number system."""
        return system.convert(value)

    @abstractmethod
    def select(self, value: Any, index: Any, before: Instance) -> Any:
        """Pick instances out of a batch; values without a batch axis serve all of them."""


class ArrayKind(Kind):
    """Parameters that are one array of numbers."""

    @abstractmethod
    def core(self, before: Instance) -> tuple[int, ...]:
        """Shape behind the batch axis."""

    def select(self, value: Any, index: Any, before: Instance) -> Any:
        return value[index] if value.ndim > len(self.core(before)) else value

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        numbers, core = read_finite(name, value), self.core(before)
        return check_shape(name, numbers, core)


@dataclass(frozen=True)
class Model(Kind):
    """A tabular model; a second one shares sizes, horizon or discount, and the first law with the first.

    Attributes
    ----------
    finite : whether it has a horizon, or else a discount
    low, high : range of the rewards that are drawn
    own_start : whether it has a first law of its own beside another model
    """

    finite: bool
    low: int = 0
    high: int = 1
    own_start: bool = False

    def __str__(self) -> str:
        rewards = "" if (self.low, self.high) == (0, 1) else f" with rewards in [{self.low}, {self.high}]"
        return ("finite-horizon model" if self.finite else "discounted model") + rewards

    @property
    def transitions(self) -> Rows:
        """What its rows of transition probabilities may be."""
        return Rows()

    @property
    def rewards(self) -> Box:
        """What the rewards that are drawn may be; a model given by hand may pay others."""
        return Box(self.low, self.high)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> TabularMDP:
        first, ends = first_model(before), (self.low, self.high)
        if first is not None:
            return drawing.twin(rng, scale, first, rewards=ends, own_start=self.own_start)
        return drawing.model(rng, scale, finite=self.finite, rewards=ends)

    def check(self, name: str, value: Any, before: Instance) -> TabularMDP:
        if not isinstance(value, TabularMDP):
            raise InvalidInstance(
                f"{name} must be a TabularMDP, got {type(value).__name__}."
                + " Claims about sampled worlds are decided by il.verify_sampled." * isinstance(value, SampledMDP)
            )
        if (value.horizon is not None) != self.finite:
            needs, has = ("horizon=H", "discount") if self.finite else ("discount=gamma", "horizon")
            raise InvalidInstance(f"{name} has a {has}; this claim is about models with {needs}.")
        return value

    def convert(self, value: TabularMDP, system: System) -> TabularMDP:
        return value.to(system)

    def select(self, value: TabularMDP, index: Any, before: Instance) -> TabularMDP:
        return value.select(index)


@dataclass(frozen=True)
class PolicyKind(ArrayKind):
    """A policy of the model before it; time-varying if the horizon is finite, unless it must be stationary."""

    deterministic: bool = False
    stationary: bool = False

    def __str__(self) -> str:
        return " ".join(["deterministic"] * self.deterministic + ["stationary"] * self.stationary + ["policy"])

    @property
    def domain(self) -> Domain:
        return Rows(self.deterministic)

    def core(self, before: Instance) -> tuple[int, ...]:
        mdp = required_model(before)
        steps = () if mdp.horizon is None else (1,) if self.stationary else (mdp.horizon,)
        return (*steps, mdp.n_states, mdp.n_actions)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        law = "deterministic" if self.deterministic else scale.law
        fresh = drawing.rows(rng, (scale.size, *self.core(before)), law, scale.policy_bits)
        earlier = None if self.deterministic else _earlier_policy(before, fresh.shape[-3:])
        return fresh if earlier is None else drawing.perturbed(rng, earlier, fresh, scale.weight_bits)

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        mdp = required_model(before)
        try:
            pi = mdp.policy(value)
        except (InvalidPolicy, MixedArithmetic) as problem:
            raise InvalidInstance(f"{name} is no policy of the model in front of it: {problem}") from None
        if self.deterministic and not np.all(np.isin(ar.midpoint(pi), (0, 1))):
            raise InvalidInstance(f"{name} is not deterministic: give each state one action with probability 1.")
        if self.stationary and mdp.horizon is not None and pi.shape[-3] != 1:
            raise InvalidInstance(f"{name} varies over {pi.shape[-3]} steps; give a stationary policy [S, A].")
        return pi

    def select(self, value: Any, index: Any, before: Instance) -> Any:
        return value[index] if value.ndim > (2 if required_model(before).horizon is None else 3) else value


@dataclass(frozen=True)
class Simplex(Kind):
    """A distribution on finitely many outcomes; all of a claim's distributions share the outcomes."""

    def __str__(self) -> str:
        return "distribution"

    @property
    def domain(self) -> Domain:
        return Rows()

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        fresh = drawing.rows(rng, (scale.size, scale.n_states), scale.law, drawing.TRANSITION_BITS)
        earlier = [v for v in before.values() if isinstance(v, RationalArray) and v.shape == fresh.shape]
        return drawing.perturbed(rng, earlier[-1], fresh, scale.weight_bits) if earlier else fresh

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        p = read_finite(name, value)
        if p.ndim not in (1, 2):
            raise InvalidInstance(f"{name} has shape {tuple(p.shape)}, expected [n], batch axis first if any.")
        check_distributions(p, name, InvalidInstance, "It is a distribution on n outcomes.")
        return p

    def select(self, value: Any, index: Any, before: Instance) -> Any:
        return value[index] if value.ndim > 1 else value


@dataclass(frozen=True)
class UnitNumber(ArrayKind):
    """A number in [0, 1], or in (0, 1]."""

    positive: bool = False

    def __str__(self) -> str:
        return f"number in {self._range}"

    @property
    def domain(self) -> Domain:
        return Box(SMALLEST if self.positive else 0, 1)

    @property
    def _range(self) -> str:
        return "(0, 1]" if self.positive else "[0, 1]"

    def core(self, before: Instance) -> tuple[int, ...]:
        return ()

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        drawn = drawing.weights(rng, (scale.size,), scale.weight_bits)
        return RationalArray(np.maximum(drawn.num, 1), drawn.den) if self.positive else drawn

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        x = super().check(name, value, before)
        low = ar.upper(x) <= 0 if self.positive else ar.upper(x) < 0
        if np.any(low) or np.any(ar.lower(x) > 1):
            raise InvalidInstance(f"{name} = {x} must lie in {self._range}.")
        return x


@dataclass(frozen=True)
class Count(Kind):
    """A whole number from ``least`` on, the same for all instances of a batch; drawn up to ``most``."""

    most: int
    least: int = 1

    def __str__(self) -> str:
        return f"whole number from {self.least} on"

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> int:
        return int(rng.integers(self.least, self.most, endpoint=True))

    def check(self, name: str, value: Any, before: Instance) -> int:
        single = isinstance(value, Rational) and getattr(value, "size", 1) == 1
        if not single or isinstance(value, bool) or value.denominator != 1 or value.numerator < self.least:
            raise InvalidInstance(f"{name} = {value!r} must be a whole number, at least {self.least}.")
        return int(value.numerator)

    def convert(self, value: int, system: System) -> int:
        return value

    def select(self, value: int, index: Any, before: Instance) -> int:
        return value


@dataclass(frozen=True)
class PositiveNumber(ArrayKind):
    """A positive number; drawn from 1/8, 1/4, ..., 8."""

    def __str__(self) -> str:
        return "positive number"

    @property
    def domain(self) -> Domain:
        return Box(Fraction(1, 8), 8)

    def core(self, before: Instance) -> tuple[int, ...]:
        return ()

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        return RationalArray(2 ** rng.integers(0, 6, size=(scale.size,), endpoint=True), 8)

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        x = super().check(name, value, before)
        if not np.all(ar.lower(x) > 0):
            raise InvalidInstance(f"{name} = {x} must be positive.")
        return x


@dataclass(frozen=True)
class RewardKind(ArrayKind):
    """A reward function of the model before it, ``[H, S, A]`` or ``[S, A]``, with values in [low, high].

    A stationary one has a step axis of length 1 if the horizon is finite; it may be given as ``[S, A]``.
    """

    low: int = 0
    high: int = 1
    stationary: bool = False

    def __str__(self) -> str:
        return f"{'stationary ' * self.stationary}reward function with values in [{self.low}, {self.high}]"

    @property
    def domain(self) -> Domain:
        return Box(self.low, self.high)

    def core(self, before: Instance) -> tuple[int, ...]:
        mdp = required_model(before)
        steps = () if mdp.horizon is None else (1,) if self.stationary else (mdp.horizon,)
        return (*steps, mdp.n_states, mdp.n_actions)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        return drawing.units(rng, (scale.size, *self.core(before)), self.low, self.high)

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        numbers, core = read_finite(name, value), self.core(before)
        if self.stationary and tuple(numbers.shape) == core[-2:]:
            numbers = numbers.reshape(core)
        return check_range(name, check_shape(name, numbers, core), self.low, self.high)


@dataclass(frozen=True)
class ActionValuesKind(RewardKind):
    """Any function of state and action of the model before it, shaped like a reward; drawn from [low, high]."""

    def __str__(self) -> str:
        return "function of state and action"

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        return ArrayKind.check(self, name, value, before)


@dataclass(frozen=True)
class StateFunctionKind(ArrayKind):
    """A function of the state (and step) of the model before it, ``[H, S]`` or ``[S]``, with values in [-1, 1]."""

    def __str__(self) -> str:
        return "function of the state with values in [-1, 1]"

    @property
    def domain(self) -> Domain:
        return Box(-1, 1)

    def core(self, before: Instance) -> tuple[int, ...]:
        mdp = required_model(before)
        return (*(() if mdp.horizon is None else (mdp.horizon,)), mdp.n_states)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        return drawing.units(rng, (scale.size, *self.core(before)), -1, 1)

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        return check_range(name, super().check(name, value, before), -1, 1)


@dataclass(frozen=True)
class StateLawsKind(StateFunctionKind):
    """A law of the state at each step, ``[H, S]`` (or ``[S]``), of any origin: an exploration distribution."""

    def __str__(self) -> str:
        return "law of the state at each step"

    @property
    def domain(self) -> Domain:
        return Rows()

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        return drawing.rows(rng, (scale.size, *self.core(before)), scale.law, scale.policy_bits)

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        laws = ArrayKind.check(self, name, value, before)
        check_distributions(laws, name, InvalidInstance, "Its rows are distributions over states.")
        return laws


@dataclass(frozen=True)
class StateSetKind(StateFunctionKind):
    """A set of states at each step, as its indicator ``[H, S]`` (or ``[S]``): 1 inside, 0 outside."""

    def __str__(self) -> str:
        return "set of states at each step"

    @property
    def domain(self) -> Domain:
        return Box(0, 1, ends_only=True)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        return RationalArray(rng.integers(0, 2, size=(scale.size, *self.core(before))))

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        indicator = super().check(name, value, before)
        if not np.all(np.isin(ar.midpoint(indicator), (0, 1))):
            raise InvalidInstance(f"{name} must be 1 inside the set and 0 outside; it has other values.")
        return indicator


@dataclass(frozen=True)
class HistoryPolicyKind(Kind):
    """A policy that remembers everything: H laws of the action, the h-th ``[(S * A)**(h - 1), S, A]``."""

    def __str__(self) -> str:
        return "history-dependent policy"

    @property
    def domain(self) -> Domain:
        return Rows()

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> tuple[RationalArray, ...]:
        cores = self._cores(before)
        return tuple(drawing.rows(rng, (scale.size, *c), scale.law, scale.policy_bits) for c in cores)

    def check(self, name: str, value: Any, before: Instance) -> tuple[Numbers, ...]:
        cores = self._cores(before)
        if not isinstance(value, Series) or len(value) != len(cores):
            raise InvalidInstance(f"{name} must be a sequence of H = {len(cores)} arrays, one a step.")
        acts = tuple(read_finite(f"{name}[{h}]", act) for h, act in enumerate(value))
        for h, (act, core) in enumerate(zip(acts, cores, strict=True)):
            check_shape(f"{name}[{h}]", act, core)
            check_distributions(act, f"{name}[{h}]", InvalidInstance, "Its rows are distributions over actions.")
        return acts

    def convert(self, value: tuple[Any, ...], system: System) -> tuple[Any, ...]:
        return tuple(system.convert(act) for act in value)

    def select(self, value: tuple[Any, ...], index: Any, before: Instance) -> tuple[Any, ...]:
        return tuple(act[index] if act.ndim > 3 else act for act in value)

    def _cores(self, before: Instance) -> list[tuple[int, int, int]]:
        mdp = required_model(before)
        if mdp.horizon is None:
            raise InvalidInstance("a policy that remembers everything needs a model with a finite horizon.")
        pairs = mdp.n_states * mdp.n_actions
        return [(pairs**h, mdp.n_states, mdp.n_actions) for h in range(mdp.horizon)]


@dataclass(frozen=True)
class Sequence(Kind):
    """A finite sequence of parameters of one kind: a tuple of values. All sequences of a claim have one length."""

    of: Kind

    def __str__(self) -> str:
        return f"finite sequence, each a {self.of}"

    @property
    def domain(self) -> Domain | None:
        return self.of.domain

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> tuple[Any, ...]:
        return tuple(self.of.draw(rng, scale, before) for _ in range(scale.length))

    def check(self, name: str, value: Any, before: Instance) -> tuple[Any, ...]:
        if not isinstance(value, Series) or len(value) == 0:
            raise InvalidInstance(f"{name} must be a non-empty sequence, got {value!r}.")
        return tuple(self.of.check(f"{name}[{i}]", v, before) for i, v in enumerate(value))

    def convert(self, value: tuple[Any, ...], system: System) -> tuple[Any, ...]:
        return tuple(self.of.convert(v, system) for v in value)

    def select(self, value: tuple[Any, ...], index: Any, before: Instance) -> tuple[Any, ...]:
        return tuple(self.of.select(v, index, before) for v in value)


def check_outcomes(kinds: Mapping[str, Kind], instance: Instance) -> None:
    """Raise unless all distributions of an instance are on equally many outcomes."""
    sizes = {name: instance[name].shape[-1] for name, kind in kinds.items() if isinstance(kind, Simplex)}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise InvalidInstance(f"the distributions of a claim share their outcomes, but {listed}.")


def read_finite(name: str, value: Any) -> Numbers:
    """Read finite numbers, or raise ``InvalidInstance`` naming the parameter."""
    numbers = read_numbers(name, value, InvalidInstance)
    check_finite(numbers, name, InvalidInstance)
    return numbers


def check_shape(name: str, x: Numbers, core: tuple[int, ...]) -> Numbers:
    """Return numbers that have the shape ``core`` behind at most one batch axis."""
    if x.ndim not in (len(core), len(core) + 1) or tuple(x.shape[x.ndim - len(core) :]) != core:
        raise InvalidInstance(f"{name} has shape {tuple(x.shape)}, expected {core}, batch axis first if any.")
    return x


def check_range(name: str, x: Numbers, low: int, high: int) -> Numbers:
    """Return numbers that may lie in [low, high]."""
    if np.any(ar.upper(x) < low) or np.any(ar.lower(x) > high):
        raise InvalidInstance(
            f"{name} has values from {ar.lower(x).min()} to {ar.upper(x).max()}; they must lie in [{low}, {high}]."
        )
    return x


def first_model(before: Instance) -> TabularMDP | None:
    """The first model among the values, if there is one."""
    return next((v for v in before.values() if isinstance(v, TabularMDP)), None)


def required_model(before: Instance) -> TabularMDP:
    """The last model among the values."""
    models = [v for v in before.values() if isinstance(v, TabularMDP)]
    if not models:
        raise InvalidInstance("a policy, reward or state function needs a model parameter in front of it.")
    return models[-1]


def _earlier_policy(before: Instance, core: tuple[int, ...]) -> RationalArray | None:
    candidates = [v for v in before.values() if isinstance(v, RationalArray) and v.shape[-len(core) :] == core]
    policies = [v for v in candidates if np.all(v.num >= 0) and np.all(ar.compare(ar.sum(v, -1), "==", 1) == 1)]
    return policies[-1] if policies else None


FiniteHorizonMDP = Annotated[TabularMDP, Model(finite=True)]
"""A model with exactly H actions and H rewards."""
DiscountedMDP = Annotated[TabularMDP, Model(finite=False)]
"""A model with a discount in [0, 1)."""
Policy = Annotated[Any, PolicyKind()]
"""Any policy of the model before it: ``[H, S, A]``, or ``[S, A]`` with a discount."""
StationaryPolicy = Annotated[Any, PolicyKind(stationary=True)]
"""A policy that does not vary with the step."""
DeterministicPolicy = Annotated[Any, PolicyKind(deterministic=True)]
"""A policy that takes one action in each state."""
HistoryPolicy = Annotated[tuple[Any, ...], HistoryPolicyKind()]
"""A policy that remembers everything: H laws of the action, the h-th ``[(S * A)**(h - 1), S, A]``."""
Policies = Annotated[tuple[Any, ...], Sequence(PolicyKind())]
"""A finite sequence of policies."""
DeterministicPolicies = Annotated[tuple[Any, ...], Sequence(PolicyKind(deterministic=True))]
"""A finite sequence of deterministic policies."""
Distribution = Annotated[Any, Simplex()]
"""A distribution on finitely many outcomes, ``[n]``; all distributions of a claim share n."""
UnitInterval = Annotated[Any, UnitNumber()]
"""A number in [0, 1]."""
UnitIntervals = Annotated[tuple[Any, ...], Sequence(UnitNumber())]
"""A finite sequence of numbers in [0, 1]."""
PositiveUnitInterval = Annotated[Any, UnitNumber(positive=True)]
"""A number in (0, 1]."""
Horizon = Annotated[int, Count(12)]
"""Number of steps, for claims that build their own model."""
Iterations = Annotated[int, Count(32)]
"""Number of rounds of an algorithm."""
Rounds = Annotated[int, Count(8)]
"""Number of rounds of an algorithm that runs inside a claim."""
Samples = Annotated[int, Count(4)]
"""Number of samples, for claims that enumerate them."""
Temperature = Annotated[Any, PositiveNumber()]
"""A positive number; drawn from 1/8, 1/4, ..., 8."""
Reward = Annotated[Any, RewardKind()]
"""A reward function with values in [0, 1]."""
SignedReward = Annotated[Any, RewardKind(low=-1)]
"""A reward function with values in [-1, 1]."""
SignedStationaryReward = Annotated[Any, RewardKind(low=-1, stationary=True)]
"""A reward function with values in [-1, 1] that does not vary with the step."""
ActionValues = Annotated[Any, ActionValuesKind(low=-4, high=4)]
"""Any function of state and action; drawn from [-4, 4]."""
StateFunction = Annotated[Any, StateFunctionKind()]
"""A function of the state (and step) with values in [-1, 1]."""
StateLaws = Annotated[Any, StateLawsKind()]
"""A law of the state at each step."""
StateSet = Annotated[Any, StateSetKind()]
"""A set of states at each step, as an indicator."""
