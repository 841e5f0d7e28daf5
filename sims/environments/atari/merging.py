"""States that no future tells apart, joined: the exact bisimulation quotient of a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from sims.environments.atari.table import AtariTable, Integers


@dataclass(frozen=True, eq=False)
class Merged:
    """A table whose states are classes of another's.

    A policy ``pi`` of the quotient is the policy ``pi[..., classes, :]`` of the full model: it has the same value,
    and its occupancy, summed over each class, is the quotient's.

    Attributes
    ----------
    table : the quotient, with the picture of the first state of each class
    classes : ints ``[N + 2]``, the class of each state of the full model
    """

    table: AtariTable
    classes: Integers


def merged(table: AtariTable) -> Merged:
    """Join the states of each step that are bisimilar: the coarsest partition with equal laws of what follows.

    Two states are in one class if every action has the same joint law of the reward and the class that it leads to
    (Givan, Dean and Greig 2003, "Equivalence notions and model minimization in Markov decision processes"). As the
    states are layered, one pass from the last step to the first refines the partition as far as it goes. Rewards
    count one by one and not in expectation, and the end of the game is told from the end of the horizon, so laws of
    returns and of lengths stay the same, too.
    """
    table_of = table.next_state, table.rewards
    weights = [p.numerator * (table.probabilities[-1].denominator // p.denominator) for p in table.probabilities]
    n = table.n_states
    local = np.zeros(n + 2, dtype=np.int64)
    local[table.over] = -1
    sizes = []
    for first, last in zip(table.layers[-2::-1], table.layers[:0:-1], strict=True):
        following, rewards = (x[first:last] for x in table_of)
        futures = zip(local[following].tolist(), rewards.tolist(), strict=True)
        numbers: dict[tuple[frozenset[tuple[tuple[int, int], int]], ...], int] = {}
        for s, (classes, points) in enumerate(futures, start=int(first)):
            laws = (_law(c, r, weights) for c, r in zip(classes, points, strict=True))
            local[s] = numbers.setdefault(tuple(laws), len(numbers))
        sizes.append(len(numbers))
    layers = np.cumsum([0, *reversed(sizes)])
    classes = np.append(local[:n] + np.repeat(layers[:-1], np.diff(table.layers)), [layers[-1], layers[-1] + 1])
    _, chosen = np.unique(classes[:n], return_index=True)
    of, image_of = np.unique(table.image_of[chosen], return_inverse=True)
    quotient = replace(
        table,
        layers=layers,
        next_state=classes[table.next_state[chosen]],
        rewards=table.rewards[chosen],
        images=table.images[of],
        image_of=image_of,
    )
    return Merged(quotient, classes)


def _law(classes: list[int], rewards: list[int], weights: list[int]) -> frozenset[tuple[tuple[int, int], int]]:
    """The joint law of class and reward, as the set of its atoms with their weights."""
    atoms: Counter[tuple[int, int]] = Counter()
    for outcome, weight in zip(zip(classes, rewards, strict=True), weights, strict=True):
        atoms[outcome] += weight
    return frozenset(atoms.items())
