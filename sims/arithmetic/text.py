"""Arrays of numbers as nested lists of exact rational strings, for JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from sims.arithmetic import functions as ar
from sims.arithmetic.numbers import exact_text


def exact_texts(x: Any) -> Any:
    """Nested lists of strings such as ``"3/7"``; a single number gives one string. Floats are the dyadics they are.

    Raises
    ------
    NotRepresentable
        If a number is not rational.
    """
    return np.vectorize(exact_text, otypes=[object])(ar.convert(x, "rational").fractions()).tolist()
