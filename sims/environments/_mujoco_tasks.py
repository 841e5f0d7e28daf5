"""What Gymnasium's MuJoCo tasks (-v5) observe, reward and end on, for many simulations at once.

Formulas are those of ``gymnasium.envs.mujoco``, in its order of operations, so that results are the same bits;
weights and ranges are read from Gymnasium's environment. ``data`` has the fields of ``mujoco.MjData`` with a leading
axis of simulations. After a step, fields derived from positions are those of its last substep, as ``mujoco.mj_step``
leaves them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from sims.sampled.simulator import Array, Floats, Mask


class Task(ABC):
    """What one task takes from the physics.

    Attributes
    ----------
    fields : derived fields of ``MjData`` that it looks at
    contact_forces : whether it looks at ``cfrc_ext``, which ``mj_rnePostConstraint`` computes
    """

    fields: tuple[str, ...] = ()
    contact_forces = False

    def __init__(self, env: Any) -> None:
        self.env = env

    def position(self, data: Any) -> Floats:
        """What the velocity is taken of, ``[n, k]``."""
        return np.array(data.qpos[:, :1])

    @abstractmethod
    def observations(self, data: Any) -> Floats:
        """Observations ``[n, d]``."""

    @abstractmethod
    def rewards(self, data: Any, actions: Array, velocity: Floats) -> Floats:
        """Rewards ``[n]`` of the step that led here; ``velocity`` ``[n, k]`` of the position."""

    def terminated(self, data: Any) -> Mask:
        """Whether the task ends here, ``[n]``."""
        return np.zeros(len(data.qpos), dtype=np.bool_)

    def _control_cost(self, actions: Array) -> Array:
        return np.asarray(self.env._ctrl_cost_weight * np.square(actions).sum(axis=-1))


class InvertedPendulum(Task):
    """Paid 1 while the pole is within 0.2 rad."""

    def observations(self, data: Any) -> Floats:
        return np.concatenate([data.qpos, data.qvel], axis=1)

    def terminated(self, data: Any) -> Mask:
        seen = self.observations(data)
        return np.asarray(~np.isfinite(seen).all(axis=1) | (np.abs(seen[:, 1]) > 0.2))

    def rewards(self, data: Any, actions: Array, velocity: Floats) -> Floats:
        return np.asarray(~self.terminated(data), dtype=np.float64)


class InvertedDoublePendulum(Task):
    """Paid for its tip being high and in the middle, and for being slow."""

    fields = ("site_xpos", "qfrc_constraint")

    def observations(self, data: Any) -> Floats:
        angles = np.ascontiguousarray(data.qpos[:, 1:])
        return np.concatenate(
            [
                data.qpos[:, :1],
                np.sin(angles),
                np.cos(angles),
                np.clip(data.qvel, -10, 10),
                np.clip(data.qfrc_constraint, -10, 10)[:, :1],
            ],
            axis=1,
        )

    def terminated(self, data: Any) -> Mask:
        return np.asarray(data.site_xpos[:, 0, 2] <= 1)

    def rewards(self, data: Any, actions: Array, velocity: Floats) -> Floats:
        x, y = data.site_xpos[:, 0, 0], data.site_xpos[:, 0, 2]
        v1, v2 = data.qvel[:, 1], data.qvel[:, 2]
        distance = 0.01 * x**2 + (y - 2) ** 2
        speed = 1e-3 * v1**2 + 5e-3 * v2**2
        alive = self.env._healthy_reward * ~self.terminated(data)
        return np.asarray(alive - distance - speed)


class Runner(Task):
    """Paid for its velocity, less the cost of control."""

    def observations(self, data: Any) -> Floats:
        hidden = self.position(data).shape[1] * self.env._exclude_current_positions_from_observation
        return np.concatenate([data.qpos[:, hidden:], self._seen_velocities(data)], axis=1)

    def rewards(self, data: Any, actions: Array, velocity: Floats) -> Floats:
        return np.asarray(self.env._forward_reward_weight * velocity[:, 0] - self._control_cost(actions))

    def _seen_velocities(self, data: Any) -> Floats:
        return np.asarray(data.qvel)


class Swimmer(Runner):
    """A runner in the plane."""

    def position(self, data: Any) -> Floats:
        return np.array(data.qpos[:, :2])


class Walker2d(Runner):
    """A runner that is paid for being healthy, and ends when it is not."""

    def rewards(self, data: Any, actions: Array, velocity: Floats) -> Floats:
        healthy = self._healthy(data) * self.env._healthy_reward
        return np.asarray(self.env._forward_reward_weight * velocity[:, 0] + healthy - self._costs(data, actions))

    def terminated(self, data: Any) -> Mask:
        return np.asarray(~self._healthy(data) & self.env._terminate_when_unhealthy)

    def _healthy(self, data: Any) -> Mask:
        (low, high), (left, right) = self.env._healthy_z_range, self.env._healthy_angle_range
        z, angle = data.qpos[:, 1], data.qpos[:, 2]
        return np.asarray((low < z) & (z < high) & (left < angle) & (angle < right))

    def _costs(self, data: Any, actions: Array) -> Array:
        return self._control_cost(actions)

    def _seen_velocities(self, data: Any) -> Floats:
        return np.asarray(np.clip(data.qvel, -10, 10))


class Hopper(Walker2d):
    """A walker whose whole state must stay in a range."""

    def _healthy(self, data: Any) -> Mask:
        low, high = self.env._healthy_state_range
        state = np.concatenate([data.qpos, data.qvel], axis=1)[:, 2:]
        return np.asarray(super()._healthy(data) & ((low < state) & (state < high)).all(axis=1))


class Ant(Walker2d):
    """A walker with four legs that feels, and pays for, the forces of contacts."""

    fields = ("xpos",)
    contact_forces = True

    def position(self, data: Any) -> Floats:
        return np.array(data.xpos[:, self.env.model.body(self.env._main_body).id, :2])

    def observations(self, data: Any) -> Floats:
        seen = super().observations(data)
        if not self.env._include_cfrc_ext_in_observation:
            return seen
        return np.concatenate([seen, self._forces(data)[:, 1:].reshape(len(seen), -1)], axis=1)

    def _healthy(self, data: Any) -> Mask:
        low, high = self.env._healthy_z_range
        state = np.concatenate([data.qpos, data.qvel], axis=1)
        return np.asarray(np.isfinite(state).all(axis=1) & (low <= state[:, 2]) & (state[:, 2] <= high))

    def _costs(self, data: Any, actions: Array) -> Array:
        squares = np.square(self._forces(data)).reshape(len(actions), -1)
        return np.asarray(self._control_cost(actions) + self.env._contact_cost_weight * squares.sum(axis=-1))

    def _seen_velocities(self, data: Any) -> Floats:
        return np.asarray(data.qvel)

    def _forces(self, data: Any) -> Floats:
        return np.asarray(np.clip(data.cfrc_ext, *self.env._contact_force_range))


class Reacher(Task):
    """Paid less the further its fingertip is from the target."""

    fields = ("xpos",)

    def observations(self, data: Any) -> Floats:
        angles = np.ascontiguousarray(data.qpos[:, :2])
        return np.concatenate(
            [np.cos(angles), np.sin(angles), data.qpos[:, 2:], data.qvel[:, :2], self._missing(data)[:, :2]], axis=1
        )

    def rewards(self, data: Any, actions: Array, velocity: Floats) -> Floats:
        missing = self._missing(data)
        # vecdot asks BLAS for each row, as np.linalg.norm of one vector does: the same bits.
        distance = -np.sqrt(np.vecdot(missing, missing)) * self.env._reward_dist_weight
        return np.asarray(distance + -np.square(actions).sum(axis=-1) * self.env._reward_control_weight)

    def _missing(self, data: Any) -> Floats:
        model = self.env.model
        return np.asarray(data.xpos[:, model.body("fingertip").id] - data.xpos[:, model.body("target").id])


TASKS: dict[str, type[Task]] = {
    "InvertedPendulum-v5": InvertedPendulum,
    "InvertedDoublePendulum-v5": InvertedDoublePendulum,
    "Hopper-v5": Hopper,
    "Walker2d-v5": Walker2d,
    "HalfCheetah-v5": Runner,
    "Ant-v5": Ant,
    "Swimmer-v5": Swimmer,
    "Reacher-v5": Reacher,
}
"""By Gymnasium's id."""
