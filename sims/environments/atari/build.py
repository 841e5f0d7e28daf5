"""Real games as exact tables: a breadth-first search over the states of the emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sims.environments.atari import expansion, layers
from sims.environments.atari.emulator import Emulator, provenance
from sims.environments.atari.errors import InvalidGame, TooManyStates
from sims.environments.atari.file import load, save
from sims.environments.atari.layers import Layer
from sims.environments.atari.spec import ActionSet, Spec, read_spec
from sims.environments.atari.table import AtariTable
from sims.environments.atari.thumbnails import Album
from sims.environments.atari.work import check_same, workplace
from sims.environments.atari.workers import Expand, expanding
from sims.errors import InvalidArgument

if TYPE_CHECKING:
    from rich.progress import Progress

MAX_STATES = 200_000
BEYOND, OVER = -1, -2
"""In the transitions of a layer, in place of a state of the next one: beyond the horizon, and the end of the game."""

Indices = NDArray[np.intp]


def tabulate(
    game: str,
    *,
    horizon: int,
    frame_skip: int = 30,
    actions: ActionSet = "minimal",
    sticky: Fraction | float = 0,
    start: Sequence[str] = (),
    path: str | Path | None = None,
    processes: int | None = None,
    max_states: int = MAX_STATES,
    progress: bool = False,
) -> AtariTable:
    """Make a game of the Arcade Learning Environment an exact finite decision process.

    From each state of the emulator every action is tried, by restoring the state; equal states are merged. A
    layer holds the states of one step. States of different layers are never equal, because the emulator's state
    counts frames: so a state is visited at one step only, and stationary policies lose nothing.

    Parameters
    ----------
    game : such as ``"pong"`` or ``"SpaceInvaders"``, in mode and difficulty 0
    horizon : number of decisions. The end of the game is absorbing with reward 0; the loss of a life is not an end
    frame_skip : frames for which an action is held; its reward is the game's over these frames
    actions : those the game answers to, or all 18
    sticky : probability with which a frame repeats the action of the frame before, whatever was decided: ALE's
        ``repeat_action_probability``. The action last heard then is part of the state
    start : actions that are played before the first decision, ``frame_skip`` frames each and never sticky
    path : file to write, ``.npz``. If it holds this table already, that is returned. An interrupted build leaves a
        folder ``PATH.unfinished``, and the same call goes on from there
    processes : emulators at work, by default one a core. The table does not depend on it, to the byte
    max_states : when to give up
    progress : show a progress bar on standard error

    Returns
    -------
    AtariTable

    Raises
    ------
    InvalidArgument, InvalidGame
        If an option makes no sense, or there is no such game or action.
    TooManyStates
        If the game has more than ``max_states``; the message says what fits.
    InvalidTable
        If `path` holds something else.
    BuildFailed
        If a worker died or the disk is full. What was finished is kept.

    Notes
    -----
    *Determinism.* The emulator's generator is part of its state and seeded with 0, and its own sticky actions are
    off, so a state and an action fix the next state.

    *Sticky actions.* ALE tosses its coin at every frame, not at every decision. The first frame that hears the new
    action ends the matter, since from there on a repetition repeats the new action. So an action has
    ``frame_skip + 1`` outcomes: it is heard from frame k on with probability ``sticky**k (1 - sticky)``, or not at
    all with ``sticky**frame_skip``. This is the law of ``repeat_action_probability`` itself, not that of wrappers
    that toss one coin a decision; after five frames at 1/4, what is left is below 1/1000.
    """
    spec = read_spec(game, horizon=horizon, frame_skip=frame_skip, actions=actions, sticky=sticky, start=start)
    processes = _cores() if processes is None else processes
    for name, number in (("processes", processes), ("max_states", max_states)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise InvalidArgument(f"{name}={number!r}: must be an integer, at least 1.")
    target = None if path is None else Path(path)
    if target is not None and target.exists():
        found = load(target)
        wanted = {"spec": spec.as_json(), "provenance": provenance(spec.game)}
        check_same({"spec": found.spec.as_json(), "provenance": dict(found.provenance)}, wanted, str(target))
        return found
    with workplace(target, spec) as folder:
        _build(folder, spec, processes, max_states, progress)
        table = _assembled(folder, spec)
        if target is not None:
            save(table, target)
    return table


def _build(folder: Path, spec: Spec, processes: int, max_states: int, progress: bool) -> None:
    """Expand layer after layer, from the first one that is not."""
    _begin(Layer(folder, 0), spec)
    total = 0
    with ExitStack() as stack:
        bar = stack.enter_context(_bar(visible=progress))
        expand = stack.enter_context(expanding(folder, processes))
        for step in range(spec.horizon):
            layer = Layer(folder, step)
            n = len(layer.arrays()["last"])
            total += n
            if total > max_states:
                raise TooManyStates(
                    f"{spec.game} has {total} states within {step + 1} steps, more than max_states={max_states}.\n"
                    f"  horizon={step} has {total - n} states and fits; or raise max_states."
                )
            if not layer.expanded:
                _expand(layer, spec, n, expand, bar)
            layer.forget()


def _begin(layer: Layer, spec: Spec) -> None:
    if layer.exists:
        return
    emulator = Emulator(spec.game)
    first = expansion.root(emulator, spec)
    if first.state is None:
        raise InvalidGame(f"start: {spec.game} is over before the first decision; play fewer actions.")
    chunk = expansion.Chunk()
    chunk.add(first)
    source = layer.folder / "root.npz"
    layers.write(source, chunk.arrays(emulator, emulator.actions("full")))
    _write_layer(layer, [source], [np.zeros(1, dtype=np.intp)])


def _expand(layer: Layer, spec: Spec, n: int, expand: Expand, bar: Progress) -> None:
    """Expand the chunks of a layer that are not expanded yet, then number what they lead to."""
    chunks = [layer.chunk(index) for index in range(len(layers.bounds(n)))]
    todo = [index for index, chunk in enumerate(chunks) if not chunk.exists()]
    text = f"{spec.game}: step {layer.step + 1} of {spec.horizon}, {n} states"
    task = bar.add_task(text, total=len(chunks), completed=len(chunks) - len(todo))
    for _ in expand(layer.step, todo):
        bar.advance(task)
    _number(layer, spec, chunks)


def _number(layer: Layer, spec: Spec, chunks: list[Path]) -> None:
    """Number the states that a layer leads to in the order in which they are first met, and write them down."""
    numbers: dict[bytes, int] = {}
    fresh: list[Indices] = []
    following: list[int] = []
    rewards = [np.zeros(0, dtype=np.int64)]
    for path in chunks:
        chunk = layers.read(path)
        new = [bytes(digest) for digest in chunk["new"]]
        fresh.append(np.flatnonzero([digest not in numbers for digest in new]))
        for i in fresh[-1]:
            numbers[new[i]] = len(numbers)
        digests = map(bytes, chunk["digests"])
        following += [numbers.get(digest, BEYOND) if any(digest) else OVER for digest in digests]
        rewards.append(chunk["rewards"])
    if layer.step < spec.horizon - 1:
        _write_layer(Layer(layer.folder, layer.step + 1), chunks, fresh)
    shape = (-1, len(spec.actions), spec.outcomes)
    transitions = {"following": np.array(following, dtype=np.int64), "rewards": np.concatenate(rewards)}
    layers.write(layer.transitions, {name: x.reshape(shape) for name, x in transitions.items()})


def _write_layer(layer: Layer, chunks: list[Path], fresh: list[Indices]) -> None:
    """Write down the states that chunks of the layer before met, each where it was met first."""
    last = [np.zeros(0, dtype=np.uint8)]
    album = Album()
    for path, some in zip(chunks, fresh, strict=True):
        chunk = layers.read(path)
        last.append(chunk["last"][some])
        album.add(chunk["images"][some], chunk["palette"])
    layer.write(_states(chunks, fresh), np.concatenate(last), album.arrays())


def _states(chunks: list[Path], fresh: list[Indices]) -> Iterator[bytes]:
    for path, some in zip(chunks, fresh, strict=True):
        chunk = layers.read(path)
        ends = [0, *chunk["ends"].tolist()]
        packed = chunk["states"].tobytes()
        yield from (packed[ends[i] : ends[i + 1]] for i in some)


def _assembled(folder: Path, spec: Spec) -> AtariTable:
    """The table of a folder in which every layer is expanded."""
    every = [Layer(folder, step) for step in range(spec.horizon)]
    moves = [layers.read(layer.transitions) for layer in every]
    starts = np.cumsum([0, *(len(move["rewards"]) for move in moves)])
    n, next_state, album = int(starts[-1]), [], Album()
    for layer, move, later in zip(every, moves, starts[1:], strict=True):
        following = move["following"]
        next_state.append(np.where(following == OVER, n + 1, np.where(following == BEYOND, n, following + later)))
        screens = layer.screens()
        album.add(screens["images"][screens["of"]], screens["palette"])
    images = album.arrays()
    return AtariTable(
        spec=spec,
        provenance=provenance(spec.game),
        layers=starts,
        next_state=np.concatenate(next_state),
        rewards=np.concatenate([move["rewards"] for move in moves]),
        images=images["images"],
        image_of=images["of"],
        palette=images["palette"],
    )


def _bar(*, visible: bool) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("chunks"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), disable=not visible)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
