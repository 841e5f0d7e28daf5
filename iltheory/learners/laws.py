"""Laws found in floats, as numbers of a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sims import TabularMDP
from sims.arithmetic import Numbers
from sims.tabular.validation import normalized


def exact_laws(mdp: TabularMDP, laws: NDArray[np.float64]) -> Numbers:
    """Laws ``[..., n]`` moved to multiples of 2^-50 that sum to exactly one, in the number system of a model.

    A search may run in floats; what it finds is so the same policy in every number system.
    """
    return mdp.system.convert(normalized(laws, "laws"))
