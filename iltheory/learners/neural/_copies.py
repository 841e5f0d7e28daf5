"""Copies of a world of which each can begin an episode while the others go on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments.restorable import RestorableSimulator, Snapshot
from sims.sampled import SampledMDP, Simulator
from sims.sampled.simulator import Array, Mask


class Copies(ABC):
    """n copies of a world.

    Attributes
    ----------
    observations : ``[n, ...]``, the newest
    """

    observations: Array

    @abstractmethod
    def begin(self, over: Mask) -> None:
        """Start an episode in the copies where ``over``."""

    @abstractmethod
    def move(self, actions: Array) -> Mask:
        """Take an action ``[n, ...]`` in each; where the world has ended the episode."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Where all episodes are."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""


def copies_of(mdp: SampledMDP, n: int, rng: np.random.Generator) -> Copies:
    """Make n copies of a sampled world: in one simulator if its states are arrays, else in one each."""
    simulator = mdp.simulator(n)
    if isinstance(simulator, RestorableSimulator):
        together = Together(simulator, mdp, rng)
        if together.restorable:
            return together
    return Apart(mdp, n, rng)


def anew(rng: np.random.Generator) -> np.random.Generator:
    """A new generator; unlike those that ``spawn`` gives, it depends on nothing but the state of ``rng``."""
    return np.random.default_rng(int(rng.integers(2**63)))


class Together(Copies):
    """Copies in one simulator, whose rows are replaced by fresh starts."""

    def __init__(self, simulator: RestorableSimulator, mdp: SampledMDP, rng: np.random.Generator) -> None:
        self._simulator, self._nursery, self._rng = simulator, mdp.simulator(simulator.n), rng
        self._hatch()
        self.observations = simulator.reset(anew(rng))

    @property
    def restorable(self) -> bool:
        """Whether states are arrays: others would be lived through again."""
        return self._starts.states.dtype != object

    def _hatch(self) -> None:
        assert isinstance(self._nursery, RestorableSimulator)
        self._nursery.reset(anew(self._rng))
        self._starts, self._used = self._nursery.snapshot(), 0

    def begin(self, over: Mask) -> None:
        now = self._simulator.snapshot()
        parts = {name: getattr(now, name).copy() for name in ("states", "observations", "running")}
        for i in np.flatnonzero(over):
            if self._used == len(self._starts):
                self._hatch()
            for name, array in parts.items():
                array[i] = getattr(self._starts, name)[self._used]
            self._used += 1
        self.observations = self._simulator.restore(Snapshot(**parts))

    def move(self, actions: Array) -> Mask:
        step = self._simulator.step(actions)
        self.observations = step.observations
        return step.terminated

    def state_dict(self) -> dict[str, Any]:
        return {"now": dict(vars(self._simulator.snapshot())), "starts": dict(vars(self._starts)), "used": self._used}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._starts, self._used = Snapshot(**state["starts"]), state["used"]
        self.observations = self._simulator.restore(Snapshot(**state["now"]))


class Apart(Copies):
    """One simulator a copy; an episode is brought back by playing it again."""

    def __init__(self, mdp: SampledMDP, n: int, rng: np.random.Generator) -> None:
        self._copies = [_Copy(mdp.simulator(1), anew(rng)) for _ in range(n)]

    @property
    def observations(self) -> Array:  # type: ignore[override]
        return np.stack([copy.observation for copy in self._copies])

    def begin(self, over: Mask) -> None:
        for i in np.flatnonzero(over):
            self._copies[i].begin()

    def move(self, actions: Array) -> Mask:
        ended: Mask = np.array([copy.move(action) for copy, action in zip(self._copies, actions, strict=True)])
        return ended

    def state_dict(self) -> dict[str, Any]:
        return {"copies": [copy.state_dict() for copy in self._copies]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for copy, was in zip(self._copies, state["copies"], strict=True):
            copy.load_state_dict(was)


class _Copy:
    def __init__(self, simulator: Simulator, rng: np.random.Generator) -> None:
        self._simulator, self._rng = simulator, rng
        self.begin()

    def begin(self) -> None:
        self._seed, self._actions = int(self._rng.integers(2**63)), list[NDArray[Any]]()
        self.observation = self._start()

    def _start(self) -> Array:
        first: Array = self._simulator.reset(np.random.default_rng(self._seed))[0]
        return first

    def move(self, action: Array) -> bool:
        step = self._simulator.step(np.asarray(action)[None])
        self._actions.append(np.asarray(action))
        self.observation = np.asarray(step.observations)[0]
        return bool(step.terminated[0])

    def state_dict(self) -> dict[str, Any]:
        return {"rng": self._rng.bit_generator.state, "seed": self._seed, "actions": np.array(self._actions)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._rng.bit_generator.state, self._seed, self._actions = state["rng"], state["seed"], []
        self.observation = self._start()
        for action in state["actions"]:
            self.move(action)
