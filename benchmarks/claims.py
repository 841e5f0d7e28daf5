"""How many instances of a claim are decided in a second, on two cores."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from harness import Bench, Row
from instances import SEED

CLAIM = "ross-bagnell-2010-thm-2-1"
CORES = 2
BATCH = 1000
SECONDS = 4.0


def rows(bench: Bench) -> Iterator[Row]:
    """The T^2 epsilon claim with S=4, A=3, H=10, in floats and rigorously."""
    with ProcessPoolExecutor(CORES, multiprocessing.get_context("spawn")) as executor:
        for arithmetic, target in (("float64", 1e5), ("auto", 2e4)):
            counts = list(executor.map(decided_per_second, [arithmetic] * CORES, range(CORES)))
            decided, drawn = (sum(rates) for rates in zip(*counts, strict=True))
            name = "rigorous" if arithmetic == "auto" else arithmetic
            note = f"instances per second on {CORES} cores, drawn before; with drawing {drawn:.3g}"
            yield Row(
                f"T^2 epsilon claim, S=4 A=3 H=10, {name}",
                "our own count",
                None,
                None,
                decided,
                ">=",
                target,
                note,
            )


def decided_per_second(arithmetic: str, seed: int) -> tuple[float, float]:
    """Instances decided in a second of this process's CPU time, without and with the time to draw them."""
    from iltheory.claims.drawing import Scale
    from iltheory.engine.evaluate import decide
    from iltheory.engine.verify import lookup

    claim = lookup(CLAIM)
    scale = Scale(size=BATCH, n_states=4, n_actions=3, horizon=10, law="uniform", stationary=False)
    rng = np.random.default_rng([SEED, seed])
    drawing = deciding = 0.0
    batches = -1  # the first one warms up
    while drawing + deciding < SECONDS:
        start = time.process_time()
        instance: dict[str, object] = {}
        for name, kind in claim.parameters.items():
            instance[name] = kind.draw(rng, scale, instance)
        drawn = time.process_time()
        decision = decide(claim, instance, BATCH, arithmetic=arithmetic)
        done = time.process_time()
        assert (decision.verdicts == 1).all()
        batches += 1
        if batches > 0:
            drawing, deciding = drawing + drawn - start, deciding + done - drawn
    return BATCH * batches / deciding, BATCH * batches / (drawing + deciding)
