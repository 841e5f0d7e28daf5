"""What the states of a chunk lead to: the part of a build that the emulator does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sims.environments.atari import layers
from sims.environments.atari.emulator import Emulator
from sims.environments.atari.layers import Arrays, Layer
from sims.environments.atari.spec import Spec
from sims.environments.atari.thumbnails import HEIGHT, WIDTH, Image, thumbnail

DIGEST = 16
"""Bytes of the digest by which states are told apart: 2**-64 is the chance that a build of 2**32 states errs."""


class Outcome(NamedTuple):
    """A state that an action led to.

    Attributes
    ----------
    reward : sum over the frames
    state : the emulator's, or None once the game is over
    last : the action heard last
    screen : palette indices
    """

    reward: int
    state: bytes | None
    last: str
    screen: Image


def root(emulator: Emulator, spec: Spec) -> Outcome:
    """The state before the first decision."""
    emulator.reset()
    emulator.play_all((action, spec.frame_skip) for action in spec.start)
    return _outcome(emulator, 0, spec.start[-1] if spec.start else "NOOP")


def outcomes(emulator: Emulator, spec: Spec, state: bytes, last: str) -> Iterator[list[Outcome]]:
    """For each action all it can lead to, in the order of the frames at which it is first heard.

    ALE tosses a coin every frame: with probability ``sticky`` the frame repeats the action of the frame before.
    So the old action goes on for a geometric number of frames and then the new one, which only repeats itself,
    for the rest: outcome k hears the old action for k frames, and the last outcome hears it all the time.
    """
    skip = spec.frame_skip
    if spec.sticky == 0:
        for action in spec.actions:
            emulator.restore(state)
            reward = emulator.play(action, skip)
            yield [_outcome(emulator, reward, last)]
        return
    emulator.restore(state)
    before, held = [(0, state)], 0
    for _ in range(skip):
        held += emulator.play(last, 1)
        before.append((held, emulator.save()))
    unheard = _outcome(emulator, held, last)
    for action in spec.actions:
        if action == last:
            yield [unheard] * (skip + 1)
            continue
        heard = []
        for k, (reward, moment) in enumerate(before[:skip]):
            emulator.restore(moment)
            reward += emulator.play(action, skip - k)
            heard.append(_outcome(emulator, reward, action))
        yield [*heard, unheard]


def _outcome(emulator: Emulator, reward: int, last: str) -> Outcome:
    state = None if emulator.over else emulator.save()
    return Outcome(reward, state, last, emulator.screen())


@dataclass
class Chunk:
    """Outcomes of some states, and the states among them that the chunk has not met before."""

    rewards: list[int] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    new: dict[bytes, tuple[bytes, str, Image]] = field(default_factory=dict)

    def add(self, outcome: Outcome, *, keep: bool = True) -> None:
        """Take in the next outcome; one without a state has the digest of zeros."""
        self.rewards.append(outcome.reward)
        if outcome.state is None:
            self.digests.append(bytes(DIGEST))
            return
        digest = hashlib.blake2b(outcome.last.encode() + b"\0" + outcome.state, digest_size=DIGEST).digest()
        self.digests.append(digest)
        if keep and digest not in self.new:
            self.new[digest] = layers.pack(outcome.state), outcome.last, thumbnail(outcome.screen)

    def arrays(self, emulator: Emulator, codes: tuple[str, ...]) -> Arrays:
        """All of it as integers; actions as their places in ``codes``."""
        states = [state for state, _, _ in self.new.values()]
        return {
            "rewards": np.array(self.rewards, dtype=np.int64),
            "digests": np.frombuffer(b"".join(self.digests), dtype=np.uint8).reshape(-1, DIGEST),
            "new": np.frombuffer(b"".join(self.new), dtype=np.uint8).reshape(-1, DIGEST),
            "states": np.frombuffer(b"".join(states), dtype=np.uint8),
            "ends": np.cumsum([len(state) for state in states], dtype=np.int64),
            "last": np.array([codes.index(last) for _, last, _ in self.new.values()], dtype=np.uint8),
            "images": np.array([image for _, _, image in self.new.values()], dtype=np.uint8).reshape(-1, HEIGHT, WIDTH),
            "palette": emulator.palette,
        }


def expand(emulator: Emulator, spec: Spec, folder: Path, step: int, index: int) -> None:
    """Expand one chunk of a layer and write down what came of it.

    At the last step only rewards matter, so the states it leads to are not kept.
    """
    layer, codes = Layer(folder, step), emulator.actions("full")
    arrays = layer.arrays()
    first, last = layers.bounds(len(arrays["last"]))[index]
    chunk = Chunk()
    heard = [codes[code] for code in arrays["last"][first:last]]
    for state, action in zip(layer.states(first, last, arrays["offsets"]), heard, strict=True):
        for several in outcomes(emulator, spec, state, action):
            for outcome in several:
                chunk.add(outcome, keep=step < spec.horizon - 1)
    layers.write(layer.chunk(index), chunk.arrays(emulator, codes))
