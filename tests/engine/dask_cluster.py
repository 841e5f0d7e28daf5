"""A dask cluster in a process of its own: its loops, threads and dying workers stay out of the process that tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    address: str
    process: subprocess.Popen[str]

    def worker_pids(self) -> list[int]:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return list(client.run(os.getpid).values())


@contextmanager
def cluster(workers: int = 2) -> Iterator[Cluster]:
    process = subprocess.Popen(
        [sys.executable, __file__, str(workers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield Cluster(process.stdout.readline().strip(), process)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def main(workers: int) -> None:
    """Serve until nobody holds the other end of standard input."""
    import dask
    from distributed import LocalCluster

    # One death of its worker is enough for the scheduler to give up a block, so that resubmission is ours.
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1") as served,
    ):
        print(served.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
