"""Work for blocks, where worker processes can import it; as a script, a run that the tests kill."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from iltheory.engine.blocks import run_blocks
from iltheory.engine.ledger import BlockKey, Ledger

BLOCKS = 60


def keys(count: int = BLOCKS) -> list[BlockKey]:
    return [key(index) for index in range(count)]


def key(index: int) -> BlockKey:
    return BlockKey("a-claim", "0f", "interval", "garnet", 7, index, 100, "iltheory 0.1.0")


def pseudo_random(key: BlockKey) -> dict[str, object]:
    """What the key determines, found without delay."""
    rng = random.Random(str(key))
    return {"worst": rng.random(), "instance": [rng.randrange(10) for _ in range(5)], "index": key.index}


def ten_milliseconds(key: BlockKey) -> dict[str, object]:
    end = time.perf_counter() + 0.01
    while time.perf_counter() < end:
        pass
    return pseudo_random(key)


def for_ever(key: BlockKey) -> dict[str, object]:
    print("busy", flush=True)
    for _ in iter(int, 1):
        pass
    return {}


def raises_on_three(key: BlockKey) -> dict[str, object]:
    if key.index == 3:
        raise Sour(key.index, "lemon")
    return pseudo_random(key)


class Sour(Exception):
    """An exception that cannot be unpickled: it takes two arguments and keeps one."""

    def __init__(self, index: int, fruit: str) -> None:
        super().__init__(f"block {index} met a {fruit}")


def infinite_on_three(key: BlockKey) -> dict[str, object]:
    return {"ratio": float("inf")} if key.index == 3 else pseudo_random(key)


def dies_on_three(key: BlockKey) -> dict[str, object]:
    if key.index == 3:
        os._exit(1)
    return ten_milliseconds(key)


def dies_once_on_three(key: BlockKey, mark: Path) -> dict[str, object]:
    if key.index == 3 and not mark.exists():
        mark.touch()
        os._exit(1)
    return ten_milliseconds(key)


def thread_settings(names: list[str]) -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in names}


if __name__ == "__main__":
    path, work = sys.argv[1:]
    try:
        with Ledger(path) as ledger:
            run = run_blocks(keys(), globals()[work], ledger=ledger)
    except KeyboardInterrupt:
        sys.exit(130)
    print(run.reused, run.computed)
