"""Models whose quantities are recorded by name, for the independent checker computes these by its own definitions."""

from __future__ import annotations

import copy
from fractions import Fraction
from math import floor
from typing import Any, NoReturn, Self

import numpy as np

from iltheory.measures.values import optimal_v
from iltheory.reporting.recorded_formulas import NotRecordable
from iltheory.reporting.recorded_numbers import RecordedArray, RecordedCount, Recording
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray, System
from sims.tabular.dense import DenseTransitions
from sims.tabular.planning import SoftOptimal
from sims.tabular.reading import insert_axis

GUESS_BITS = 192
"""Precision of values that the checker starts from."""


class RecordedModel(TabularMDP):
    """A model of which a formula may ask what the checker can compute.

    Attributes
    ----------
    formula : the name of the model, or what it is made of
    numbers : the same model in the system that computes
    """

    formula: Any
    numbers: TabularMDP

    @classmethod
    def of(cls, system: Recording, mdp: TabularMDP, formula: Any) -> RecordedModel:
        """A model known by a formula; it must be of the system that computes."""
        if mdp.batch_shape:
            raise NotRecordable("the formula computes with many models at once")
        new = copy.copy(mdp)
        new.__class__ = cls
        assert isinstance(new, RecordedModel)
        new.system, new.formula, new.numbers = system, formula, mdp
        new.terminal = None
        make = system.formulas.make
        if mdp.horizon is not None:
            new.horizon = RecordedCount(mdp.horizon, make("horizon", formula), system.formulas)
        else:
            new.discount = system.named(mdp.discount, make("discount", formula))
        new.mu = system.named(mdp.mu, make("mu", formula))
        new._rewards = new._table("rewards", mdp._rewards)
        new.next_state_reward = None
        new.transitions = DenseTransitions(new._table("transitions", mdp.transitions.dense()))
        return new

    def _table(self, name: str, numbers: Numbers) -> RecordedArray:
        """A table with a step axis: what the checker has for every step, or its first step."""
        whole = self._system.formulas.make(name, self.formula)
        if self.horizon is None:
            return self._system.named(numbers[0], whole)[None]
        if numbers.shape[0] == self.horizon:
            return self._system.named(numbers, whole)
        return self._system.named(numbers[0], self._system.formulas.make("at", whole, 0))[None]

    @property
    def _system(self) -> Recording:
        assert isinstance(self.system, Recording)
        return self.system

    def _with(self, **parts: Any) -> Any:
        """A model with some parts replaced, which is known by all of its parts."""
        told = copy.copy(self)
        vars(told).update(parts)
        inner = {name: _numbers(part) for name, part in parts.items()}
        return RecordedModel.of(self._system, self.numbers._with(**inner), written(self._system, told))

    def to(self, name: str | System, **options: Any) -> Self:
        """The model itself; there is no other system."""
        if name is not self.system:
            raise NotRecordable(f"the formula computes in another number system, {name}")
        return self

    def select(self, index: Any) -> Self:
        """The model itself; it has no batch axis."""
        return self

    def policy(self, pi: Any) -> Numbers:
        """Give a policy a step axis if the horizon is finite; that it is one is stated where it comes from."""
        pi = self._system.convert(ar.asarray(pi))
        if pi.shape[-2:] != (self.n_states, self.n_actions):
            raise NotRecordable(f"the formula takes a table of shape {pi.shape} for a policy")
        return insert_axis(pi, -3) if self.horizon is not None and pi.ndim == 2 else pi

    def _quantity(self, name: str, numbers: Numbers, *arguments: Any) -> RecordedArray:
        return self._system.named(numbers, self._system.formulas.make(name, self.formula, *arguments))

    def _of(self, name: str, method: str, pi: Any) -> Numbers:
        """A quantity of a policy, or of each of several."""
        policy = self.policy(pi)
        if policy.ndim > 2 + (self.horizon is not None):
            return ar.stack([self._of(name, method, one) for one in policy])
        told = _formula(self._system, policy, (self.n_states, self.n_actions))
        return self._quantity(name, getattr(self.numbers, method)(policy.numbers), told)

    def state_occupancy(self, pi: Any) -> Numbers:
        """Law of the state at each step."""
        return self._of("state_occupancy", "state_occupancy", pi)

    def occupancy(self, pi: Any) -> Numbers:
        """Law of the state-action pair at each step."""
        return self._of("occupancy", "occupancy", pi)

    def q(self, pi: Any) -> Numbers:
        """Value of an action and the policy after it."""
        return self._of("action_values", "q", pi)

    def v(self, pi: Any) -> Numbers:
        """Value of following the policy from a state."""
        return self._of("state_values", "v", pi)

    def advantage(self, pi: Any) -> Numbers:
        """``q - v``."""
        return self.q(pi) - self.v(pi)[..., None]

    def value(self, pi: Any) -> Numbers:
        """Expected total reward."""
        return self._of("value", "value", pi)

    def optimal_value(self) -> Numbers:
        """Largest value over all policies."""
        guess = () if self.horizon is not None else (self._guess(optimal_v(self.numbers)),)
        return self._quantity("optimal_value", self.numbers.optimal_value(), *guess)

    def optimal_policy(self) -> Numbers:
        """An optimal policy, which is stated to be one: no action is worth more than following it."""
        policy = self._system.convert(ar.midpoint(self.numbers.optimal_policy()).astype(np.int64))
        self._system.formulas.state(">=", self.v(policy).formula, self.q(policy).formula)
        return policy

    def soft_optimal(self, temperature: Any) -> SoftOptimal:
        """Maximise reward plus ``temperature`` times the causal entropy."""
        tau = self._system.coerce(temperature)
        found = self.numbers.soft_optimal(tau.numbers)
        guess = () if self.horizon is not None else (self._guess(found.v),)
        v = self._quantity("soft_state_values", found.v, tau.formula, *guess)
        if self.horizon is None:
            q = self.backup(v)
            return SoftOptimal(ar.exp((q - v[..., None]) / tau), q, v, ar.einsum("s,s->", self.mu, v))
        q = ar.stack([*(self.backup(v[h + 1], h) for h in range(self.horizon - 1)), self.reward(self.horizon - 1)])
        return SoftOptimal(ar.exp((q - v[..., None]) / tau), q, v, ar.einsum("s,s->", self.mu, v[0]))

    def sample(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: nothing is proved by samples."""
        raise NotRecordable("the formula samples trajectories")

    def _guess(self, v: Numbers) -> Any:
        """Values near these, as constants."""
        return self._system.formulas.table(_rounded(v).fractions().tolist())


def adopted(system: Recording, mdp: TabularMDP) -> RecordedModel:
    """A model that was made on the way, known by its parts."""
    if isinstance(mdp, RecordedModel):
        return mdp
    formula = written(system, mdp)
    if mdp.system is not system:
        return RecordedModel.of(system, mdp.to(system.inner), formula)
    parts = {name: _numbers(part) for name, part in vars(mdp).items()}
    inner = copy.copy(mdp)
    vars(inner).update(parts, system=system.inner)
    return RecordedModel.of(system, inner, formula)


def written(system: Recording, mdp: TabularMDP) -> Any:
    """The formula of a model that is made of its parts."""
    core = (mdp.n_states, mdp.n_actions)
    tables = {
        "P": _formula(system, mdp.transitions.dense(), (*core, mdp.n_states)),
        "r": _formula(system, mdp._rewards, core),
        "mu": system.convert(mdp.mu).formula,
    }
    kind, end = ("discount", mdp.discount) if mdp.horizon is None else ("horizon", mdp.horizon)
    tables[kind] = system.convert(end).formula
    return system.formulas.make("model", *(x for pair in tables.items() for x in pair))


def _numbers(part: Any) -> Any:
    """A part of a model in the system that computes."""
    if isinstance(part, DenseTransitions):
        return DenseTransitions(_numbers(part.probabilities))
    return part.numbers if isinstance(part, RecordedArray) else part


def _formula(system: Recording, x: Any, core: tuple[int, ...]) -> Any:
    """The formula of a table for each step, or of one that serves all of them."""
    x = system.convert(x)
    return (x[0] if x.ndim > len(core) and x.shape[0] == 1 else x).formula


def _rounded(x: Numbers) -> RationalArray:
    """Rationals near the numbers: themselves if they are, else lower ends of balls on a grid."""
    if isinstance(x, RationalArray):
        return x
    ends = [floor(Fraction(x[i].bounds()[0]) * 2**GUESS_BITS) for i in np.ndindex(x.shape)]
    return RationalArray(np.array(ends, dtype=object).reshape(x.shape), 2**GUESS_BITS)
