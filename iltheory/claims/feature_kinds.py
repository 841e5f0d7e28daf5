"""What claims about features can range over: features of state and action, and weights of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from iltheory.claims import drawing
from iltheory.claims.domains import Box, Domain, Rows
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import ArrayKind, Instance, InvalidInstance, RewardKind, Sequence, check_range
from iltheory.measures import together
from sims.arithmetic import Numbers, RationalArray
from sims.tabular.validation import check_distributions


@dataclass(frozen=True)
class WeightsKind(ArrayKind):
    """Weights ``[k]`` of the k features before them: a distribution over them, or any numbers in [-1, 1]."""

    law: bool = False

    def __str__(self) -> str:
        return "distribution over the features" if self.law else "weights of the features in [-1, 1]"

    @property
    def domain(self) -> Domain:
        """A distribution, or numbers in [-1, 1]."""
        return Rows() if self.law else Box(-1, 1)

    def core(self, before: Instance) -> tuple[int, ...]:
        """Shape behind the batch axis."""
        features = [value for value in before.values() if isinstance(value, tuple)]
        if not features:
            raise InvalidInstance("weights need a parameter of features in front of them.")
        return (len(features[-1]),)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        """Draw weights, exact rationals with one batch axis."""
        shape = (scale.size, *self.core(before))
        if self.law:
            return drawing.rows(rng, shape, scale.law, scale.policy_bits)
        return drawing.units(rng, shape, -1, 1)

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        """Return weights that are of this kind."""
        weights = super().check(name, value, before)
        if not self.law:
            return check_range(name, weights, -1, 1)
        check_distributions(weights, name, InvalidInstance, "It is a distribution over the features.")
        return weights


@dataclass(frozen=True)
class Several(Sequence):
    """At least two parameters of one kind."""

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> tuple[Any, ...]:
        """Draw ``scale.length`` values, at least two."""
        return super().draw(rng, replace(scale, length=max(2, scale.length)), before)

    def check(self, name: str, value: Any, before: Instance) -> tuple[Any, ...]:
        """Return at least two values of this kind."""
        values = super().check(name, value, before)
        if len(values) < 2:
            raise InvalidInstance(f"{name} has {len(values)} entry; give at least 2.")
        return values


def feature_table(features: tuple[Numbers, ...]) -> Numbers:
    """Features, a function ``[..., H, S, A]`` or ``[..., S, A]`` each, as one table with features on the last axis."""
    return together(features, axis=-1)


Features = Annotated[tuple[Any, ...], Sequence(RewardKind())]
"""Functions of (step,) state and action with values in [0, 1]."""
SignedFeatures = Annotated[tuple[Any, ...], Sequence(RewardKind(low=-1))]
"""Functions of (step,) state and action with values in [-1, 1]."""
SeveralSignedFeatures = Annotated[tuple[Any, ...], Several(RewardKind(low=-1))]
"""At least two functions of (step,) state and action with values in [-1, 1]."""
FeatureWeights = Annotated[Any, WeightsKind()]
"""Weights of the features before them, in [-1, 1]."""
FeatureLaw = Annotated[Any, WeightsKind(law=True)]
"""A distribution over the features before it."""
