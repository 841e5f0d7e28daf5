"""A figure: cells of work, and how their rows are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Outcome, experiments
from iltheory.figures.rows import Row
from iltheory.suggestions import require_known

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet

MODULES = (
    "horizon_scaling",
    "sample_complexity",
    "known_transitions",
    "recoverability",
    "log_loss_horizon",
    "learners_beside_bounds",
    "occupancy_maps",
    "dagger_regret",
    "gail_gap",
    "iq_learn_gap",
    "iq_learn_surface",
    "entropy_bias",
    "causal_entropy",
    "discriminator_js",
    "f_divergences",
    "tightness",
    "at_scale",
)
"""The files of this package that hold figures, in the order of their numbers in a paper."""
FITTED = (
    " In brackets behind a fitted slope is the smallest interval that contains its 95 % interval of least squares and "
    "the slopes between all neighbouring points."
)
"""End of the caption of every figure that shows fitted exponents (`iltheory.attack.fitting.exponent`)."""

Reading = Callable[[Outcome], Sequence[Mapping[str, Any]]]
"""Makes rows, in JSON values, of an experiment's outcome."""


@dataclass(frozen=True)
class Figure:
    """A picture of what claims say, drawn from rows that are kept.

    Attributes
    ----------
    id : name on the command line and of its files
    title : what it shows, in one line
    caption : what an author puts below it
    claims : ids of the claims it illustrates
    data : the cells it is computed from; their results are its rows (`iltheory.figures.rows.encoded`)
    draw : draws rows on a sheet; computes nothing that takes time
    wide : whether it takes the whole width of the text, not a column
    aspect : height over width
    scale : experiments of `iltheory scale` that it shows beside ``data``, by id, with what makes their rows. They take
        up to hours, so they are read from the ledger and never computed for a figure
    """

    id: str
    title: str
    caption: str
    claims: tuple[str, ...]
    data: Computation
    draw: Callable[[Sequence[Row], Sheet], None]
    wide: bool = False
    aspect: float = 0.75
    scale: Mapping[str, Reading] = field(default_factory=dict)

    @property
    def experiments(self) -> list[Computation]:
        """The cells of these experiments, as `iltheory scale` files them."""
        return [Computation(id, experiments()[id].work, experiments()[id].full) for id in self.scale]


@cache
def figures() -> Mapping[str, Figure]:
    """All figures, by id."""
    found = [figure for module in MODULES for figure in import_module(f"iltheory.figures.{module}").FIGURES]
    return {figure.id: figure for figure in found}


def find(ids: Sequence[str]) -> list[Figure]:
    """The figures of some ids, each once, in their order; all of them for none.

    Raises
    ------
    InvalidArgument
        If there is no such figure; the message suggests the nearest ids.
    """
    known = figures()
    require_known(ids, known, "figure")
    return [known[id] for id in dict.fromkeys(ids or known)]
