"""What claims about linear models can range over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from iltheory.claims import drawing
from iltheory.claims.domains import Domain, Rows
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import Instance, InvalidInstance, Model, first_model
from sims import LinearMDP as LinearModel
from sims import TabularMDP


@dataclass(frozen=True)
class LinearKind(Model):
    """A model that is linear in features; a second one shares sizes and the first law with the first.

    Those that are drawn and searched have distributions over latent classes as features, and the law of the next
    state of each class as measures; a model given by hand may have signed ones. As many features are drawn as
    sequences have entries.
    """

    def __str__(self) -> str:
        return f"linear {super().__str__()}"

    @property
    def factors(self) -> dict[str, Domain]:
        """What its features, measures and weights may be."""
        return {"phi": Rows(), "measures": Rows(), "weights": self.rewards}

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> LinearModel:
        """Draw models, exact rationals with one batch axis."""
        first = None if self.own_start else first_model(before)
        return drawing.linear_model(rng, scale, finite=self.finite, rewards=(self.low, self.high), beside=first)

    def check(self, name: str, value: object, before: Instance) -> TabularMDP:
        """Return a model that is linear."""
        if not isinstance(value, LinearModel):
            raise InvalidInstance(
                f"{name} must be a LinearMDP, got {type(value).__name__}. A tabular model [S, A, S] is linear in its "
                "own pairs: LinearMDP(identity [S, A, S * A], P as [S * A, S], r as [S * A], mu, ...)."
            )
        return super().check(name, value, before)


LinearMDP = Annotated[LinearModel, LinearKind(finite=True)]
"""A linear model with exactly H actions and H rewards; it has ``phi``, ``measures`` and ``weights``, too."""
DiscountedLinearMDP = Annotated[LinearModel, LinearKind(finite=False)]
"""A linear model with a discount in [0, 1)."""
