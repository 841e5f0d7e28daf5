"""All randomness of a run from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sims.errors import InvalidArgument

LEARNING = 0x1EA25
"""Branch of the tree of seeds that is grown here: whoever spawns from the same integer elsewhere, as ``il.verify`` does
when it judges the policy learnt, draws other numbers."""


@dataclass(frozen=True)
class Seeds:
    """Generators that know nothing of each other.

    Attributes
    ----------
    init : ``torch.Generator`` on the CPU, draws weights
    batches : ``numpy.random.Generator``, draws minibatches and what is subsampled
    exploration : ``numpy.random.Generator``, draws episodes
    noise : ``torch.Generator`` on the device, draws actions within updates
    """

    init: Any
    batches: np.random.Generator
    exploration: np.random.Generator
    noise: Any

    @classmethod
    def of(cls, seed: int, device: str = "cpu") -> Seeds:
        """From an integer, at least 0."""
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
            raise InvalidArgument(f"seed={seed!r}: must be an integer, at least 0.")
        init, batches, exploration, noise = np.random.SeedSequence(int(seed), spawn_key=(LEARNING,)).spawn(4)
        return cls(
            torch.Generator().manual_seed(_number(init)),
            np.random.default_rng(batches),
            np.random.default_rng(exploration),
            torch.Generator(checked_device(device)).manual_seed(_number(noise)),
        )

    @property
    def parts(self) -> dict[str, Any]:
        """What a checkpoint keeps of them: weights are drawn once."""
        return {name: getattr(self, name) for name in ("batches", "exploration", "noise")}


def checked_device(device: str) -> str:
    """Raise ``InvalidArgument`` for a device that is not there."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, TypeError) as problem:  # an assertion: torch was built without CUDA
        raise InvalidArgument(f"device={device!r} cannot be used: {problem}.\n  Use device='cpu'.") from problem
    return device


def _number(sequence: np.random.SeedSequence) -> int:
    return int(sequence.generate_state(1, np.uint64)[0] >> 1)
