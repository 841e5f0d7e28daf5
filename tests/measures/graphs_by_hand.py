"""Deterministic models one by one, and their graphs by union-find and breadth-first search: independent of ours."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import gcd

import numpy as np

from sims import TabularMDP
from sims import arithmetic as ar

Graph = tuple[tuple[int, ...], ...]
"""Sets of successors, one a state."""


def graphs(n: int) -> Iterator[Graph]:
    """All ways to give n states non-empty sets of successors: all deterministic models, up to the names of actions."""
    subsets = [c for size in range(1, n + 1) for c in combinations(range(n), size)]
    yield from product(subsets, repeat=n)


def model(graph: Graph, **end: object) -> TabularMDP:
    """A model with as many actions as states; the last successor is repeated."""
    n = len(graph)
    moves = np.array([(list(after) + [after[-1]] * n)[:n] for after in graph])
    kernel = ar.asarray(np.eye(n, dtype=np.int64)[moves])
    return TabularMDP(kernel, np.zeros((n, n), dtype=np.int64), ar.asarray([Fraction(1, n)] * n), **end)


def reached(graph: Graph, start: int, steps: int) -> set[int]:
    """What is reached in exactly some steps."""
    now = {start}
    for _ in range(steps):
        now = {t for s in now for t in graph[s]}
    return now


def classes(graph: Graph, *, steps: int) -> int:
    """Number of classes of states linked in 1, ..., steps steps, by union-find."""
    root = list(range(len(graph)))

    def find(s: int) -> int:
        while root[s] != s:
            s = root[s]
        return s

    for k in range(1, steps + 1):
        for start in range(len(graph)):
            first, *others = reached(graph, start, k)
            for other in others:
                root[find(other)] = find(first)
    return len({find(s) for s in range(len(graph))})


def strongly_connected(graph: Graph) -> bool:
    n = len(graph)
    return all(set().union(*(reached(graph, s, k) for k in range(n))) == set(range(n)) for s in range(n))


def period(graph: Graph) -> int:
    """Of a strongly connected graph: gcd of ``level(s) + 1 - level(t)`` over its edges, levels by breadth first."""
    level, queue = {0: 0}, [0]
    for s in queue:
        for t in graph[s]:
            if t not in level:
                level[t] = level[s] + 1
                queue.append(t)
    answer = 0
    for s, after in enumerate(graph):
        for t in after:
            answer = gcd(answer, level[s] + 1 - level[t])
    return answer
