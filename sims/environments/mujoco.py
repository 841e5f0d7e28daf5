"""Gymnasium's MuJoCo tasks, many at once on a few threads, with the same bits as ``env.step``."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments._make import closest, described, extra, make
from sims.environments._mujoco_tasks import TASKS
from sims.environments._spaces import spaces_of
from sims.environments.errors import InvalidEnvironment
from sims.environments.restorable import RestorableSimulator, Snapshot, seeds
from sims.sampled import Step
from sims.sampled.simulator import Array


class MujocoSimulator(RestorableSimulator):
    """n copies of one of Gymnasium's MuJoCo tasks, stepped by ``mujoco.batch``; see :func:`mujoco_simulator`.

    Notes
    -----
    Each copy is a row of MuJoCo's integration state, which holds the warm start of the constraint solver, too.
    ``mujoco.rollout`` does not hand that back, so that a closed loop through it leaves ``env.step`` in the last bits
    after a few steps. Memory grows with threads, except for Ant, whose contact forces take an ``MjData`` a copy.
    """

    def __init__(self, id: str, n: int, *, threads: int, **options: Any) -> None:
        with without_deprecations():
            self._env = make(id, {"max_episode_steps": -1, "disable_env_checker": True, **options}).unwrapped
        super().__init__(described(id, options), n, spaces_of(self._env, id))
        self._mujoco, model = extra("mujoco"), self._env.model
        self._task = TASKS[id](self._env)
        forces = self._task.contact_forces
        self._batch = extra("mujoco.batch").Batch(model, self.n, threads, persistent=forces)
        self._data = SimpleNamespace(
            **{name: self._batch.bind(name) for name in ("qpos", "qvel", *self._task.fields)},
            cfrc_ext=np.zeros((self.n, model.nbody, 6)),
        )
        self._position = self._task.position(self._data)
        self._scratch = self._mujoco.MjData(model) if forces else None

    def _start(self, rng: np.random.Generator) -> Array:
        whole, spec = self._batch.state, self._mujoco.mjtState.mjSTATE_INTEGRATION
        for row, seed in zip(whole, seeds(rng, self.n), strict=True):
            self._env.reset(seed=seed)
            self._mujoco.mj_getState(self._env.model, self._env.data, row, spec)
        self._batch.forward()
        self._data.cfrc_ext[:] = 0
        self._position = self._task.position(self._data)
        return self._task.observations(self._data)

    def _move(self, actions: Array, moving: NDArray[np.intp]) -> Step:
        self._batch.ctrl[:] = actions
        self._batch.step(moving, nstep=self._env.frame_skip)
        if self._scratch is not None:
            for i in moving:
                self._batch.get_data(int(i), self._scratch)
                self._mujoco.mj_rnePostConstraint(self._env.model, self._scratch)
                self._data.cfrc_ext[i] = self._scratch.cfrc_ext
        position = self._task.position(self._data)
        velocity, self._position = (position - self._position) / self._env.dt, position
        return Step(
            self._task.observations(self._data)[moving],
            self._task.rewards(self._data, actions, velocity)[moving],
            self._task.terminated(self._data)[moving],
        )

    def _states(self) -> NDArray[np.float64]:
        return np.concatenate([self._batch.state, self._position], axis=1)

    def _resume(self, snapshot: Snapshot, rng: np.random.Generator | None) -> None:
        size, states = self._batch.nstate, snapshot.states
        if states.dtype != np.float64 or states.shape[1:] != (size + self._position.shape[1],):
            raise InvalidEnvironment(f"snapshot was taken of another world than {self.name}.")
        self._batch.state[:], self._position = states[:, :size], states[:, size:].copy()


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Keep MuJoCo from printing, and writing into the working folder, that a task's file uses a deprecated attribute.

    Its other warnings become Python's.
    """
    mujoco = extra("mujoco")
    before, said = mujoco.get_mju_user_warning(), list[str]()
    mujoco.set_mju_user_warning(said.append)
    try:
        yield
    finally:
        mujoco.set_mju_user_warning(before)
    for message in said:
        if "deprecated" not in message:
            warnings.warn(message, stacklevel=3)


def mujoco_simulator(id: str, n: int, *, threads: int = 2, **make_kwargs: Any) -> MujocoSimulator:
    """Copies of a MuJoCo task of Gymnasium; what they observe, earn and end on is that of ``env.step``, bit for bit.

    Parameters
    ----------
    id : InvertedPendulum-v5, InvertedDoublePendulum-v5, Hopper-v5, Walker2d-v5, HalfCheetah-v5, Ant-v5, Swimmer-v5 or
        Reacher-v5
    n : number of copies
    threads : that share the copies; results do not depend on it
    make_kwargs : for ``gymnasium.make``, such as ``ctrl_cost_weight=0.0``

    Raises
    ------
    InvalidEnvironment
        If the task is none of these (``gymnasium_simulator`` takes any), an option is none of it, or a package is
        missing.
    """
    if id not in TASKS:
        raise InvalidEnvironment(
            f"{id!r} is no MuJoCo task that is stepped in batches.{closest(id, TASKS)}\n"
            f"  There are {', '.join(TASKS)}; gymnasium_simulator takes any environment."
        )
    if not isinstance(threads, int | np.integer) or isinstance(threads, bool) or threads < 1:
        raise InvalidEnvironment(f"threads={threads!r}: must be a whole number, at least 1.")
    return MujocoSimulator(id, n, threads=int(threads), **make_kwargs)
