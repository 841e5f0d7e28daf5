"""Random recordings for the tests of this folder, and equality to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sims.datasets import Trajectories

INDEX_DTYPES = [np.dtype(name) for name in ("int8", "int32", "int64", "uint16", "uint64")]
VECTOR_DTYPES = [np.dtype(name) for name in ("float16", "float32", "float64", "int16", "int64", "uint8")]


@st.composite
def entries(draw, n):
    """n states, or n actions: indices, or observations of any shape and dtype."""
    if draw(st.booleans()):
        dtype = draw(st.sampled_from(INDEX_DTYPES))
        return draw(hnp.arrays(dtype, n, elements=st.integers(0, 100)))
    shape = draw(hnp.array_shapes(max_dims=3, max_side=3)) if draw(st.booleans()) else ()
    dtype = draw(st.sampled_from([d for d in VECTOR_DTYPES if shape or d.kind == "f"]))
    finite = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
    return draw(hnp.arrays(dtype, (n, *shape), elements=hnp.from_dtype(dtype, **finite)))


@st.composite
def recordings(draw, *, min_steps=0, rewards=None):
    """Trajectories of 1 to 4 recordings; `rewards` says whether they were recorded (None: either)."""
    lengths = draw(st.lists(st.integers(min_steps, 5), min_size=1, max_size=4))
    n, total = len(lengths), sum(lengths)
    number = st.floats(allow_nan=False, allow_infinity=False)
    rewarded = draw(st.booleans()) if rewards is None else rewards
    return Trajectories(
        states=draw(entries(total + n)),
        actions=draw(entries(total)),
        rewards=draw(hnp.arrays(np.float64, total, elements=number)) if rewarded else None,
        terminated=draw(hnp.arrays(np.bool_, n)),
        truncated=draw(hnp.arrays(np.bool_, n)),
        offsets=np.cumsum([0, *lengths]),
    )


def walks(*, steps=3, terminated=(True, False), truncated=(False, True)):
    """One trajectory of `steps` steps for each flag: states 0, 1, 2, ..., actions 0, 1, 0, ..."""
    n = len(terminated)
    return Trajectories.from_arrays(
        np.tile(np.arange(steps + 1), (n, 1)),
        np.tile(np.arange(steps) % 2, (n, 1)),
        np.tile(np.arange(steps) / 4, (n, 1)),
        np.array(terminated),
        np.array(truncated),
    )


def assert_same(a, b):
    for name in ("states", "actions", "rewards", "terminated", "truncated", "offsets"):
        x, y = getattr(a, name), getattr(b, name)
        assert (x is None) == (y is None), name
        if x is not None:
            assert x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes(), name
