"""A replay whose steps are paid by labels: which round of AdRIL they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from iltheory.learners.adril import replay_labels
from iltheory.learners.neural._sac import Replay
from iltheory.learners.neural.transitions import Transitions

HALF = 0.5
"""Probability of the expert in a draw from the expert's and the learner's laws."""


@dataclass(frozen=True, eq=False)
class Sources:
    """The expert, then each round of which steps are still kept.

    Attributes
    ----------
    probabilities : of each in a draw of a step, the absorbing state's included
    labels : those of :func:`~iltheory.learners.adril.replay_labels`, over the probability and times the expert's
    resting : share of the absorbing state
    order : rows of the replay, by rounds
    bounds : where each round begins in it
    """

    probabilities: Any
    labels: Any
    resting: Any
    order: Any
    bounds: Any

    @property
    def resting_label(self) -> float:
        """The mean label in the absorbing state; 0 if nobody gets there."""
        mass = self.probabilities * self.resting
        return float((mass * self.labels).sum() / mass.sum()) if mass.sum() > 0 else 0.0


class Labelled(Replay):
    """Steps of all rounds, and the expert's.

    Parameters
    ----------
    demos : the expert's steps
    absorbing : share of the absorbing state in the expert's episodes

    Attributes
    ----------
    rounds : begun so far; the last one is the current one
    turns : of the player
    """

    def __init__(self, *args: Any, demos: Transitions, absorbing: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._demos, self._absorbing = demos, absorbing
        self.round = np.zeros((self.buffer_size,), dtype=np.int64)
        self.rounds = self.turns = 0
        self._sources: Sources | None = None

    def begin_round(self) -> None:
        """From now on steps are of a new round, and those before of past ones."""
        self.rounds += 1

    def add(self, *args: Any) -> None:
        """Keep one step of each copy."""
        self.round[self.pos], self._sources = self.rounds, None
        super().add(*args)

    @property
    def sources(self) -> Sources:
        """Where draws come from, as things stand."""
        if self._sources is None:
            kept = self.round[: len(self)]
            rounds, sizes = np.unique(kept, return_counts=True)
            probabilities = np.array([HALF, *(HALF * sizes / len(self))])
            labels = HALF * np.array([float(label) for label in replay_labels(len(rounds))])
            self._sources = Sources(
                probabilities,
                labels / probabilities,
                np.array([self._absorbing, *(self.resting(kept == i) for i in rounds)]),
                np.argsort(kept, kind="stable"),
                np.concatenate([[0], np.cumsum(sizes)]),
            )
        return self._sources

    def sample(self, batch_size: int, env: Any = None) -> Any:
        """A minibatch of a draw from both laws, outside of the absorbing state."""
        sources = self.sources
        moving = sources.probabilities * (1 - sources.resting)
        drawn = np.random.choice(len(moving), size=batch_size, p=moving / moving.sum())
        rounds = drawn[drawn > 0]
        first, last = sources.bounds[rounds - 1], sources.bounds[rounds]
        rows = sources.order[np.random.randint(first, last)]
        n = batch_size - len(rows)
        own = self.moves(rows, np.random.randint(self.n_envs, size=len(rows)))
        shown = self._demos.take(torch.from_numpy(np.random.randint(len(self._demos), size=n)))
        labels = np.concatenate([np.full(n, sources.labels[0]), sources.labels[rounds]])
        return self.minibatch(joined(shown, own), torch.from_numpy(labels).to(self.device), sources.resting_label)

    def state_dict(self) -> dict[str, Any]:
        """Everything that is kept, and the counts."""
        counts = {"rounds": self.rounds, "turns": self.turns}
        return {**super().state_dict(), "round": self.round[: len(self)], "counts": counts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Keep the same again."""
        super().load_state_dict({name: value for name, value in state.items() if name != "counts"})
        self.rounds, self.turns, self._sources = state["counts"]["rounds"], state["counts"]["turns"], None


def joined(first: Transitions, second: Transitions) -> Transitions:
    """Two lots of transitions, one after the other."""
    return Transitions(*(torch.cat([x, getattr(second, name)]) for name, x in vars(first).items()))
