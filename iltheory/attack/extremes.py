"""Structured extremes: the instances on which false statements usually fail."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.coordinates import Block, Coordinates, project
from iltheory.claims.domains import Box, Rows

SMALL = np.array([2.0**-1, 2.0**-2, 2.0**-3, 2.0**-5, 2.0**-7, 2.0**-10, 2.0**-14])
"""Probabilities and weights of what happens rarely."""


def extremes(coordinates: Coordinates, rng: np.random.Generator, n: int) -> list[NDArray[np.float64]]:
    """Draw n instances of tables with one structure each.

    Transitions and policies are deterministic, nearly so, uniform, absorbing, periodic, or lead to one place;
    rewards are 0 or 1, paid everywhere, in one place, for one action or in one state; a second table of a
    shape often differs from the first a little, or in one row.
    """
    tables: list[NDArray[np.float64]] = []
    for i, block in enumerate(coordinates.blocks):
        if isinstance(block.domain, Rows):
            table = _rows(rng, (n, *block.shape), states=block.part == "P")
        else:
            table = _box(rng, (n, *block.shape), block.domain)
        for earlier, kin in zip(tables, coordinates.blocks[:i], strict=True):
            if _alike(kin, block):
                table = _near(rng, earlier, table)
        tables.append(project(block.domain, table))
    return tables


def _alike(one: Block, other: Block) -> bool:
    return one.shape == other.shape and one.part == other.part and type(one.domain) is type(other.domain)


def _rows(rng: np.random.Generator, shape: tuple[int, ...], *, states: bool) -> NDArray[np.float64]:
    n, width, batch = shape[0], shape[-1], (shape[0], *[1] * (len(shape) - 1))
    eye = np.eye(width)
    anywhere = eye[rng.integers(width, size=shape[:-1])]
    one_place = np.broadcast_to(eye[rng.integers(width, size=n)].reshape(*batch[:-1], width), shape)
    uniform = np.full(shape, 1 / width)
    small = rng.choice(SMALL, size=batch)
    nearly = (1 - small) * anywhere + small * eye[rng.integers(width, size=shape[:-1])]
    some = np.where(rng.random((*shape[:-1], 1)) < 0.5, nearly, anywhere)
    dirichlet = rng.dirichlet(np.ones(width), size=shape[:-1])
    patterns = [anywhere, one_place, uniform, nearly, some, dirichlet]
    if states and len(shape) > 3:  # [..., S, A, S']
        here = np.arange(width)[:, None]
        stays = np.broadcast_to(eye[np.broadcast_to(here, shape[-3:-1])], shape)
        cycles = np.broadcast_to(eye[np.broadcast_to((here + 1) % width, shape[-3:-1])], shape)
        absorbed = np.where(rng.random((n, *shape[1:-1], 1)) < 0.5, stays, anywhere)
        patterns += [np.where(rng.random((*shape[:-1], 1)) < 0.3, anywhere, cycles), absorbed]
    return _choose(rng, patterns)


def _box(rng: np.random.Generator, shape: tuple[int, ...], domain: Box) -> NDArray[np.float64]:
    n, batch = shape[0], (shape[0], *[1] * (len(shape) - 1))
    ends = rng.integers(2, size=shape).astype(float)
    entries = int(np.prod(shape[1:]))
    single = (np.arange(entries) == rng.integers(entries, size=(n, 1))).astype(float).reshape(shape)
    constant = np.broadcast_to(rng.integers(2, size=batch).astype(float), shape)
    small = rng.choice(SMALL, size=batch) * ends
    patterns = [
        ends,
        single,
        1 - single,
        constant,
        small,
        1 - small,
        rng.integers(5, size=shape) / 4,
        rng.random(shape),
    ]
    if len(shape) > 2:  # [..., S, A]: of the state, of the action
        patterns += [np.broadcast_to(ends[..., :1], shape), np.broadcast_to(ends[..., :1, :], shape)]
    unit = _choose(rng, patterns)
    low, high = float(domain.low), float(domain.high)
    if low < 0 < high:  # zero is a structure of its own
        unit = np.where(rng.random(shape) < 0.2, -low / (high - low), unit)
    return low + (high - low) * unit


def _near(rng: np.random.Generator, earlier: NDArray[np.float64], fresh: NDArray[np.float64]) -> NDArray[np.float64]:
    """A table beside an earlier one: unrelated, equal, different in few rows, or a little different everywhere."""
    n, batch = len(fresh), (len(fresh), *[1] * (fresh.ndim - 1))
    rows = rng.random((*fresh.shape[:-1], 1)) < 1 / max(int(np.prod(fresh.shape[1:-1])), 1)
    small = rng.choice(SMALL, size=batch)
    mixed = (1 - small) * earlier + small * fresh
    near = _choose(rng, [np.where(rows, fresh, earlier), mixed, np.where(rows, mixed, earlier)])
    return np.where((rng.random(n) < 0.5).reshape(batch), near, fresh)


def _choose(rng: np.random.Generator, patterns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """For each instance the table of one pattern."""
    stacked: NDArray[np.float64] = np.stack(patterns)
    chosen: NDArray[np.float64] = stacked[
        rng.integers(len(patterns), size=stacked.shape[1]), np.arange(stacked.shape[1])
    ]
    return chosen
