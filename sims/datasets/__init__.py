"""Trajectories, in and out.

`Trajectories` carries a batch of recorded trajectories with `terminated` and `truncated` apart.
`read_minari` and `write_minari` speak Minari's HDF5 layout, `read_imitation` and `write_imitation` the npz
and Hugging Face layouts of the `imitation` library. Nothing is ever unpickled.
"""

from __future__ import annotations

from sims.datasets.errors import InvalidDataset
from sims.datasets.imitation import read_imitation, write_imitation
from sims.datasets.minari import read_minari, write_minari
from sims.datasets.trajectories import Steps, Trajectories, Trajectory

__all__ = [
    "Trajectories",
    "Trajectory",
    "Steps",
    "read_minari",
    "write_minari",
    "read_imitation",
    "write_imitation",
    "InvalidDataset",
]
