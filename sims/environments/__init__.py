"""Worlds that other libraries define: as exact tables, and as simulators to sample.

*Tables.* `gymnasium_table` reads the transition table of a Gymnasium environment, `read_gymnasium` does the same and
keeps what is known of its origin, `from_seals` takes the arrays of a `seals` tabular environment; `atari` makes tables
of games.

*Samples.* `sampled_environment` makes a process with a declared horizon and range of rewards of a registered id, by
`gymnasium_simulator`, `mujoco_simulator` or `atari_simulator`; their states can be saved and restored (`Snapshot`).

Gymnasium, MuJoCo and ale-py are imported on use.
"""

from __future__ import annotations

from sims.environments.atari_simulator import AtariSimulator, atari_simulator
from sims.environments.errors import InvalidEnvironment
from sims.environments.gymnasium import GymnasiumTable, gymnasium_table, read_gymnasium
from sims.environments.mujoco import MujocoSimulator, mujoco_simulator
from sims.environments.restorable import RestorableSimulator, Snapshot, rewards_from
from sims.environments.sampled import REWARD_RANGES, RewardRange, sampled_environment
from sims.environments.seals import from_seals
from sims.environments.simulators import gymnasium_simulator

__all__ = [
    "REWARD_RANGES",
    "AtariSimulator",
    "GymnasiumTable",
    "InvalidEnvironment",
    "MujocoSimulator",
    "RestorableSimulator",
    "RewardRange",
    "Snapshot",
    "atari_simulator",
    "from_seals",
    "gymnasium_simulator",
    "gymnasium_table",
    "mujoco_simulator",
    "read_gymnasium",
    "rewards_from",
    "sampled_environment",
]
