"""Rewards that are linear in features, ``r = theta . f``, and what a policy shows of each feature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

from iltheory.learners.options import require_model
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.errors import InvalidArgument
from sims.tabular.reading import bring, read_numbers
from sims.tabular.validation import check_finite


class InvalidFeatures(InvalidArgument):
    """Features do not fit the model."""


@dataclass(frozen=True)
class RewardFeatures:
    """A map f from (step,) state and action to k numbers.

    Attributes
    ----------
    shape : ``(T, S, B)`` with T in {1, H} and B in {1, A}; with a discount ``(S, B)``. An axis of length 1 says that
        the features do not depend on the step, or on the action.
    matrix : numbers ``[prod(shape), k]``, a row for each entry of a table of that shape; None for one feature an
        entry, 1 there and 0 elsewhere, which is never stored
    n_actions : A
    steps : H, or 1 with a discount
    """

    shape: tuple[int, ...]
    matrix: Numbers | None
    n_actions: int
    steps: int

    @property
    def count(self) -> int:
        """Number k of features."""
        return prod(self.shape) if self.matrix is None else int(self.matrix.shape[1])

    def rewards(self, theta: Numbers) -> Numbers:
        """``theta . f`` for weights ``[k]``: numbers ``[T, S, A]``; with a discount ``[S, A]``."""
        entries = theta if self.matrix is None else ar.matvec(self.matrix, theta)
        return ar.broadcast_to(ar.reshape(entries, self.shape), (*self.shape[:-1], self.n_actions))

    def expect(self, occupancy: Numbers) -> Numbers:
        """``E f``, ``[k]``, under a normalised occupancy ``[H, S, A]`` (mean over steps) or ``[S, A]``."""
        shared = tuple(i for i, n in enumerate(self.shape) if n == 1 and occupancy.shape[i] > 1)
        mass = ar.reshape(ar.sum(occupancy, shared) if shared else occupancy, (prod(self.shape),)) / self.steps
        return mass if self.matrix is None else ar.vecmat(mass, self.matrix)

    def squared(self) -> RewardFeatures:
        """The features ``f**2``, entry by entry."""
        return self if self.matrix is None else replace(self, matrix=self.matrix**2)

    def to(self, system: System) -> RewardFeatures:
        """The same features in another number system."""
        return self if self.matrix is None else replace(self, matrix=system.convert(self.matrix))


def read_features(mdp: TabularMDP, features: Any = None) -> RewardFeatures:
    """Features of a model, in its number system.

    Parameters
    ----------
    features : None for one feature for each (step,) state and action, ``"state-action"`` for one for each state and
        action, the same at every step, ``"state"`` for one for each state; or numbers ``[S, k]``, ``[S, A, k]`` or,
        with a finite horizon, ``[H, S, A, k]``

    Raises
    ------
    InvalidFeatures
        If the shape does not fit or an entry is not finite.
    """
    require_model(mdp)
    steps = 1 if mdp.horizon is None else mdp.horizon
    sizes = (mdp.n_states, mdp.n_actions)
    once: tuple[int, ...] = () if mdp.horizon is None else (1,)
    every: tuple[int, ...] = () if mdp.horizon is None else (steps,)
    tables = {None: (*every, *sizes), "state-action": (*once, *sizes), "state": (*once, mdp.n_states, 1)}
    if features is None or isinstance(features, str):
        if features not in tables:
            raise InvalidFeatures(f"features={features!r} must be None, 'state-action', 'state' or an array.")
        return RewardFeatures(tables[features], None, mdp.n_actions, steps)
    array = bring(read_numbers("features", features, InvalidFeatures), mdp.system)
    check_finite(array, "features", InvalidFeatures)
    cores = {(mdp.n_states,): tables["state"], sizes: tables["state-action"], (steps, *sizes): tables[None]}
    if mdp.horizon is None:
        del cores[steps, *sizes]
    if tuple(array.shape[:-1]) not in cores or 0 in array.shape:
        expected = ["[S, k]", "[S, A, k]"] + ([] if mdp.horizon is None else ["[H, S, A, k]"])
        raise InvalidFeatures(
            f"features has shape {tuple(array.shape)}, expected {' or '.join(expected)} with k >= 1, "
            f"S = {mdp.n_states}, A = {mdp.n_actions}" + (f", H = {steps}." if mdp.horizon is not None else ".")
        )
    shape = cores[tuple(array.shape[:-1])]
    return RewardFeatures(shape, ar.reshape(array, (prod(shape), array.shape[-1])), mdp.n_actions, steps)
