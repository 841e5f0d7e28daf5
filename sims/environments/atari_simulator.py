"""Games of the Arcade Learning Environment as simulators, with the semantics of the exact tables."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.environments.atari.emulator import Emulator
from sims.environments.atari.expansion import root
from sims.environments.atari.spec import ActionSet, Spec, read_spec
from sims.environments.errors import InvalidEnvironment
from sims.environments.restorable import RestorableSimulator, Snapshot, seeds
from sims.sampled import Spaces, Step
from sims.sampled.simulator import Array

Observed = Literal["ram", "screen"]


class Copy(NamedTuple):
    """One copy of a game.

    Attributes
    ----------
    state : of the emulator
    last : name of the action heard last
    seed, step : what its next random number depends on
    """

    state: bytes
    last: str
    seed: int
    step: int


class Outcome(NamedTuple):
    """Where some frames lead to."""

    state: bytes
    reward: int
    over: bool
    observation: NDArray[np.uint8]


class RamEmulator(Emulator):
    """An emulator that also shows its memory."""

    def ram(self) -> NDArray[np.uint8]:
        """The machine's 128 bytes."""
        memory: NDArray[np.uint8] = self._ale.getRAM()
        return memory


class AtariSimulator(RestorableSimulator):
    """n copies of a game; see :func:`atari_simulator`.

    Notes
    -----
    One emulator serves all copies, which are its saved states (10 kB each): to make an emulator takes as long as some
    10,000 frames. What two copies have in common, they do once.
    """

    def __init__(self, spec: Spec, n: int, observe: Observed) -> None:
        self._emulator, self.spec = RamEmulator(spec.game), spec
        self._look = {"ram": self._emulator.ram, "screen": self._emulator.rgb}[observe]
        start = root(self._emulator, spec)
        if start.state is None:
            raise InvalidEnvironment(f"start={list(spec.start)}: the game is over before the first decision.")
        self._root, self._first = (start.state, start.last), self._look()
        chosen = [observe, f"frame_skip={spec.frame_skip}"]
        if spec.sticky:
            chosen.append(f"sticky={spec.sticky}")
        if spec.actions != self._emulator.actions("minimal"):
            chosen.append("actions=full")
        if spec.start:
            chosen.append(f"start={' '.join(spec.start)}")
        name = f"{spec.game} ({', '.join(chosen)})"
        super().__init__(name, n, Spaces(self._first.shape, n_actions=len(spec.actions)))
        self._copies: list[Copy] = []

    def _start(self, rng: np.random.Generator) -> Array:
        self._copies = [Copy(*self._root, seed, 0) for seed in seeds(rng, self.n)]
        return np.tile(self._first, (self.n, *(1,) * self._first.ndim))

    def _move(self, actions: Array, moving: NDArray[np.intp]) -> Step:
        known: dict[tuple[bytes, str, str, int], Outcome] = {}
        found = []
        for i in moving:
            copy, action = self._copies[i], self.spec.actions[actions[i]]
            unheard = self._unheard(copy)
            key = (copy.state, copy.last if unheard else action, action, unheard)
            if key not in known:
                known[key] = self._play(*key)
            found.append(known[key])
            last = action if unheard < self.spec.frame_skip else copy.last
            self._copies[i] = Copy(known[key].state, last, copy.seed, copy.step + 1)
        _, rewards, over, observations = zip(*found, strict=True)
        return Step(np.stack(observations), np.array(rewards, np.float64), np.array(over, np.bool_))

    def _unheard(self, copy: Copy) -> int:
        """For how many frames the action heard last goes on: each frame repeats it with probability ``sticky``."""
        if self.spec.sticky == 0:
            return 0
        heard = np.random.default_rng((copy.seed, copy.step)).geometric(1 - float(self.spec.sticky))
        return min(int(heard) - 1, self.spec.frame_skip)

    def _play(self, state: bytes, last: str, action: str, unheard: int) -> Outcome:
        emulator = self._emulator
        emulator.restore(state)
        reward = sum(emulator.play_all([(last, unheard), (action, self.spec.frame_skip - unheard)]))
        return Outcome(emulator.save(), reward, emulator.over, self._look())

    def _states(self) -> NDArray[np.object_]:
        states = np.empty(self.n, dtype=object)
        for i, copy in enumerate(self._copies):
            states[i] = copy
        return states

    def _resume(self, snapshot: Snapshot, rng: np.random.Generator | None) -> None:
        if not all(isinstance(copy, Copy) for copy in snapshot.states):
            raise InvalidEnvironment(f"snapshot was taken of another world than {self.name}.")
        self._copies = list(snapshot.states)
        if rng is not None:
            fresh = seeds(rng, self.n)
            self._copies = [copy._replace(seed=seed) for copy, seed in zip(self._copies, fresh, strict=True)]


def atari_simulator(
    game: str,
    n: int,
    *,
    frame_skip: int = 30,
    actions: ActionSet = "minimal",
    sticky: Fraction | float = 0,
    start: Sequence[str] = (),
    observe: Observed = "ram",
) -> AtariSimulator:
    """Copies of a game that start, are played and end as in the tables of :func:`sims.environments.atari.tabulate`.

    Parameters
    ----------
    game, frame_skip, actions, sticky, start : as for ``tabulate``; Gymnasium's ``v5`` games have ``frame_skip=4`` and
        ``sticky=0.25``
    n : number of copies
    observe : ``"ram"`` for the machine's memory, uint8 ``[128]``, or ``"screen"`` for pixels, uint8 ``[210, 160, 3]``

    Raises
    ------
    IltheoryError
        If ale-py is not installed, an option makes no sense, or there is no such game.
    """
    if observe not in ("ram", "screen"):
        raise InvalidEnvironment(f"observe={observe!r}: must be 'ram' or 'screen'.")
    spec = read_spec(game, horizon=1, frame_skip=frame_skip, actions=actions, sticky=sticky, start=start)
    return AtariSimulator(spec, n, observe)
