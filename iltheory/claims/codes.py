"""Parameters of claims about mixtures of policies: the law of the code, and guesses of it from a trajectory.

There are as many codes as entries in the sequence of policies in front of them.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from iltheory.claims import drawing
from iltheory.claims.domains import Rows
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import ArrayKind, Instance, InvalidInstance, required_model
from iltheory.measures import steps
from sims.arithmetic import Numbers, RationalArray
from sims.tabular.validation import check_distributions


def _n_codes(before: Instance) -> int:
    lengths = [len(v) for v in before.values() if isinstance(v, tuple)]
    if not lengths:
        raise InvalidInstance("codes need a sequence of policies in front of them.")
    return lengths[-1]


class CodePriorKind(ArrayKind):
    """A law of the code, ``[K]``."""

    def __str__(self) -> str:
        return "law of the code"

    @property
    def domain(self) -> Rows:
        """A distribution."""
        return Rows()

    def core(self, before: Instance) -> tuple[int, ...]:
        """One entry for each policy."""
        return (_n_codes(before),)

    def draw(self, rng: np.random.Generator, scale: Scale, before: Instance) -> RationalArray:
        """Draw laws; half of each is uniform, so that every code happens."""
        drawn = drawing.rows(rng, (scale.size, *self.core(before)), scale.law, scale.policy_bits)
        return (drawn + RationalArray(np.ones(drawn.shape, dtype=np.int64), drawn.shape[-1])) / 2

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        """Rows must be distributions."""
        laws = super().check(name, value, before)
        check_distributions(laws, name, InvalidInstance, "Its rows are distributions over codes.")
        return laws


class CodeGuessKind(CodePriorKind):
    """For each trajectory a law of the code of full support, ``[(S * A)**H, K]``."""

    def __str__(self) -> str:
        return "guess of the code from the trajectory"

    def core(self, before: Instance) -> tuple[int, ...]:
        """One law for each trajectory."""
        mdp = required_model(before)
        return ((mdp.n_states * mdp.n_actions) ** steps(mdp), _n_codes(before))


CodePrior = Annotated[Any, CodePriorKind()]
"""A law of the code, one entry for each policy of the sequence before it."""
CodeGuess = Annotated[Any, CodeGuessKind()]
"""``Q(c | tau)``: for each trajectory a law of the code that rules none out."""
