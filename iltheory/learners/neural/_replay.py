"""What an off-policy learner sees of its world: one step at a time, and the newest transitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from iltheory.learners.neural.stored import InvalidCheckpoint
from iltheory.learners.neural.transitions import Transitions
from sims.sampled import Categorical, Point, SampledMDP, SampledPolicy, Spaces
from sims.sampled.model import Moment

Array = NDArray[Any]


class Batch(NamedTuple):
    """Transitions ``[n, ...]`` with weights ``[n]``, see :class:`~iltheory.learners.neural.Transitions`."""

    observations: Any
    actions: Any
    next_observations: Any
    absorbing: Any
    weights: Any

    @property
    def size(self) -> int:
        """Number n of transitions."""
        return len(self.weights)


class Occupancy:
    """How much transitions count, so that with the absorbing state all of them have mass 1 on average.

    A transition into the absorbing state stands for the visits to it, too: ``gamma / (1 - gamma)`` of them, as the flow
    equation there says.

    Parameters
    ----------
    discount : gamma, in [0, 1)
    discounted : whether step t weighs ``gamma**t``, as in an occupancy; otherwise all steps weigh alike
    """

    def __init__(self, discount: float, *, discounted: bool) -> None:
        self.discount, self.discounted = discount, discounted

    def weight(self, steps: Any) -> Any:
        """Before they are made relative to the mean mass."""
        return self.discount**steps if self.discounted else 1.0 + 0 * steps

    def mass(self, weights: Any, absorbing: Any) -> Any:
        """Of transitions, those of the absorbing state they lead to included."""
        return weights * (1 + absorbing * self.discount / (1 - self.discount))

    def of(self, data: Transitions) -> Batch:
        """Demonstrations as a batch with weights; their own weights multiply them."""
        weights = data.weights * self.weight(data.steps.to(data.weights.dtype))
        weights = weights / self.mass(weights, data.absorbing).mean()
        return Batch(data.observations, data.actions, data.next_observations, data.absorbing, weights)


class Replay:
    """The newest transitions of a learner in one ring of arrays, ``capacity`` at most.

    Parameters
    ----------
    spaces : of the world
    capacity : rows; all memory it will ever take is reserved at once
    occupancy : how rows count
    dtype, device : of the tensors it gives, torch's
    """

    def __init__(self, spaces: Spaces, capacity: int, occupancy: Occupancy, *, dtype: Any, device: str) -> None:
        floats = torch.empty(0, dtype=dtype).numpy().dtype
        seen = floats if spaces.observation_shape else np.dtype(np.int64)
        taken = np.dtype(np.int64) if spaces.discrete else floats
        self._arrays = {
            "observations": np.empty((capacity, *spaces.observation_shape), seen),
            "actions": np.empty((capacity, *spaces.action_shape), taken),
            "following": np.empty((capacity, *spaces.observation_shape), seen),
            "absorbing": np.zeros(capacity, np.bool_),
            "weights": np.zeros(capacity, floats),
        }
        self._masses = np.zeros(capacity)
        self._occupancy, self._device, self._capacity = occupancy, device, capacity
        self._added, self._mass = 0, 0.0

    def __len__(self) -> int:
        return min(self._added, self._capacity)

    def add(self, moment: Moment) -> None:
        """Take in the step of one episode, in place of the oldest if there is no room."""
        at = self._added % self._capacity
        weight = float(self._occupancy.weight(moment.step))
        row = (moment.observations[0], moment.actions[0], moment.following[0], moment.terminated[0], weight)
        for array, value in zip(self._arrays.values(), row, strict=True):
            array[at] = value
        mass = float(self._occupancy.mass(weight, bool(moment.terminated[0])))
        self._mass += mass - self._masses[at]
        self._masses[at] = mass
        self._added += 1

    def sample(self, size: int, rng: np.random.Generator) -> Batch:
        """Rows drawn uniformly, with replacement."""
        rows = torch.from_numpy(rng.integers(len(self), size=size))
        drawn = (torch.from_numpy(array).index_select(0, rows) for array in self._arrays.values())
        *parts, weights = (x.to(self._device) for x in drawn)
        return Batch._make([*parts, weights * (len(self) / self._mass)])

    def state_dict(self) -> dict[str, Any]:
        """Everything it holds."""
        arrays = {name: array[: len(self)] for name, array in {**self._arrays, "masses": self._masses}.items()}
        return {"arrays": arrays, "added": self._added, "mass": self._mass}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where :meth:`state_dict` was taken."""
        self._added, self._mass = state["added"], state["mass"]
        for name, array in {**self._arrays, "masses": self._masses}.items():
            array[: len(self)] = state["arrays"][name]


class Explorer:
    """Steps of a learner in its world, one episode after another, each for at most the horizon.

    Its state is the seed of the episode that runs and the actions taken so far: to go on, they are taken again.

    Parameters
    ----------
    mdp : the world
    act : from one observation ``[1, ...]`` to an action ``[1, ...]``, drawn with randomness of its own
    rng : draws the seeds of episodes
    """

    def __init__(self, mdp: SampledMDP, act: Callable[[Array], Array], rng: np.random.Generator) -> None:
        self._mdp, self._rng = mdp, rng
        self._player = _Player(act, mdp.spaces)
        self._seed: int | None = None
        self._walk: Iterator[Moment] = iter(())

    def step(self) -> Moment:
        """The next step, the first of a new episode if there is none."""
        moment = next(self._walk, None)
        if moment is None:
            self._begin(int(self._rng.integers(2**62)), [])
            moment = next(self._walk)
        return moment

    def _begin(self, seed: int, actions: list[Array]) -> None:
        self._seed, self._player.taken = seed, actions
        self._walk = self._mdp.walk((self._player,), 1, np.random.default_rng(seed))

    def state_dict(self) -> dict[str, Any]:
        """The episode so far."""
        taken = self._player.taken
        return {"seed": self._seed, "actions": np.concatenate(taken) if taken else np.zeros(0)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the actions again; ``InvalidCheckpoint`` if the episode ends before they do."""
        if state["seed"] is not None:
            self._begin(state["seed"], list(state["actions"][:, None]))
            wanted, found = len(state["actions"]), sum(1 for _ in islice(self._walk, len(state["actions"])))
            if found < wanted:
                raise InvalidCheckpoint(
                    f"the run goes on after {wanted} steps of an episode, but the same actions end it after {found} "
                    "here: this is another world.\n  Give the same one, or another folder."
                )


class _Player(SampledPolicy):
    """Takes again the actions already taken in an episode, then lets ``act`` draw them."""

    def __init__(self, act: Callable[[Array], Array], spaces: Spaces) -> None:
        self._act, self._n = act, spaces.n_actions
        self.taken: list[Array] = []

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Categorical | Point:
        step = int(steps[0])
        if step == len(self.taken):
            self.taken.append(self._act(observations))
        action = self.taken[step]
        return Point(action) if self._n is None else Categorical(np.eye(self._n)[action])
