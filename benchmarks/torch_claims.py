"""All finite-horizon claims on 1e4 tabular instances: numpy beside torch, on the processor and on any GPU.

``python benchmarks/torch_claims.py [N]`` prints a line for each claim (this takes minutes).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from harness import Bench, Row

SIZES = {"n_states": 8, "n_actions": 4, "horizon": 20}
INSTANCES = 10_000
THREADS = 2
TARGET = 1.0


def rows(bench: Bench) -> Iterator[Row]:
    """One line for each number system and each device there is: seconds of all claims together."""
    yield from measure(INSTANCES, show=len)


def measure(n: int, *, show: Callable[[str], object]) -> Iterator[Row]:
    """Time every claim on every device, turn by turn; ``show`` gets a line for each claim."""
    import torch

    from iltheory.engine.batches import drawn
    from sims import arithmetic as ar

    torch.set_num_threads(THREADS)
    devices = [None, "cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    groups, left_out = chosen()
    counted = sum(map(len, groups))
    runs = [(arithmetic, device) for arithmetic in ("float64", "interval") for device in devices]
    seconds, peaks = dict.fromkeys(runs, 0.0), dict.fromkeys(runs, 0)
    for claims in groups:
        blocks = list(drawn(claims[0], n, arithmetic="rational", **SIZES))
        for arithmetic in ("float64", "interval"):
            systems = {device: ar.get_system(arithmetic, device=device) for device in devices}
            placed = {d: [claims[0].convert(block, system) for block in blocks] for d, system in systems.items()}
            for claim in claims:
                found = {device: evaluated(claim, placed[device], arithmetic, device) for device in devices}
                for device, (taken, peak) in found.items():
                    seconds[arithmetic, device] += taken
                    peaks[arithmetic, device] = max(peaks[arithmetic, device], peak)
                times = "  ".join(f"{device or 'numpy'} {taken:.3f} s" for device, (taken, _) in found.items())
                show(f"{claim.id:46} {arithmetic:9} {times}")
    for arithmetic, device in runs:
        if device is not None:
            ours, theirs = seconds[arithmetic, device], seconds[arithmetic, None]
            place = torch.cuda.get_device_name() if device == "cuda" else f"torch on {THREADS} threads"
            peak, plain = (peaks[arithmetic, d] / 2**20 for d in (device, None))
            yield Row(
                f"{n} instances S=8 A=4 H=20, {arithmetic}, {place}",
                f"numpy on {THREADS} threads",
                ours,
                theirs,
                theirs / ours,
                ">=",
                TARGET,
                f"wall time of {counted} finite-horizon claims; {left_out} that enumerate are left out; peak beyond "
                f"the instances {peak:.0f} MiB, numpy's {plain:.0f} MiB",
            )


def chosen() -> tuple[list[list[Any]], int]:
    """The computed finite-horizon claims that run at this size, by the instances they share; how many do not run.

    Those do not whose largest sizes are strict: they enumerate.
    """
    import iltheory as il
    from iltheory.claims.kinds import Model

    finite = [
        claim
        for claim in il.catalogue().values()
        if not claim.statistical and any(isinstance(kind, Model) and kind.finite for kind in claim.parameters.values())
    ]
    groups: dict[str, list[Any]] = {}
    for claim in finite:
        if not claim.largest.strict:
            groups.setdefault(repr(dict(claim.parameters)), []).append(claim)
    return list(groups.values()), sum(claim.largest.strict for claim in finite)


def evaluated(claim: Any, blocks: list[Any], arithmetic: str, device: str | None) -> tuple[float, int]:
    """Wall seconds for instances that are on the device already, after a first block whose memory is measured."""
    from iltheory.engine.batches import batch_size
    from iltheory.engine.evaluate import decide
    from iltheory.engine.memory import measured

    sizes = [batch_size(claim, block) for block in blocks]
    with measured(device) as peak:
        decide(claim, blocks[0], sizes[0], arithmetic=arithmetic, device=device)
    start = time.perf_counter()
    for block, size in zip(blocks, sizes, strict=True):
        decide(claim, block, size, arithmetic=arithmetic, device=device)
    return time.perf_counter() - start, peak.bytes


if __name__ == "__main__":
    from run import show as show_row

    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else INSTANCES, show=print):
        show_row(row)
