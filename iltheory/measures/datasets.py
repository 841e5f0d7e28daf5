"""Exact expectations over data sets: everything that N independent trajectories of an expert may show.

A learner depends on its data through some statistic that adds up over trajectories, such as how often each
action was taken in each state. So it is enough to enumerate the values of the sum, with their probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.steps import steps
from iltheory.measures.trajectories import trajectory_law
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import IltheoryError, InvalidArgument

LARGEST_ENUMERATION = 10**7
"""Pairs of a data set and one more trajectory (over the whole batch) that may be enumerated at once."""


class TooManyDatasets(IltheoryError, ValueError):
    """The data sets a learner can tell apart are too many to enumerate."""


@dataclass(frozen=True)
class DatasetLaw:
    """What N trajectories show in total, and how likely that is.

    Attributes
    ----------
    shown : ints ``[M, ...]``, the values of the statistic, summed over the trajectories
    probabilities : numbers ``[..., M]``
    """

    shown: NDArray[np.int64]
    probabilities: Numbers

    def expectation(self, f: Numbers) -> Numbers:
        """Expected value of a function of the data, given as numbers ``[..., M]``."""
        return ar.sum(self.probabilities * f, -1)


def dataset_law(law: Numbers, statistic: Any, samples: int) -> DatasetLaw:
    """Law of what N independent outcomes show in total.

    Parameters
    ----------
    law : numbers ``[..., T]``, probabilities of the T outcomes (trajectories, say)
    statistic : ints ``[T, ...]``, what each outcome shows
    samples : N, at least 1

    Raises
    ------
    InvalidArgument
        If there is no sample, or not one statistic for each outcome.
    TooManyDatasets
        If the enumeration needs more than 10^7 pairs of a data set and one more outcome.
    """
    single = np.asarray(statistic, dtype=np.int64)
    if samples < 1 or single.shape[:1] != (law.shape[-1],):
        raise InvalidArgument(
            f"samples is {samples} and statistic has shape {single.shape} for {law.shape[-1]} outcomes.\n"
            "  Give at least one sample, and one statistic for each outcome along the first axis."
        )
    each, outcomes = single.reshape(len(single), -1), law.shape[-1]
    shown, probabilities = np.zeros((1, each.shape[1]), dtype=np.int64), 0 * law[..., :1] + 1
    for _ in range(samples):
        pairs = len(shown) * outcomes
        size = pairs * int(np.prod(law.shape[:-1], dtype=np.int64))
        if size > LARGEST_ENUMERATION:
            raise TooManyDatasets(
                f"{samples} samples of {outcomes} outcomes need {size} pairs of a data set and one more outcome, "
                f"more than {LARGEST_ENUMERATION}; use fewer samples, a smaller model or a smaller batch."
            )
        sums = (shown[:, None] + each).reshape(pairs, -1)
        joint = ar.reshape(probabilities[..., None] * law[..., None, :], (*law.shape[:-1], pairs))
        shown, into = np.unique(sums, axis=0, return_inverse=True)
        probabilities = _gathered(joint, into.reshape(-1), len(shown))
    return DatasetLaw(shown.reshape(-1, *single.shape[1:]), probabilities)


def _gathered(x: Numbers, into: NDArray[np.intp], size: int) -> Numbers:
    """Sum the entries of the last axis that go into the same one of ``size`` places."""
    order = np.argsort(into, kind="stable")
    starts = np.searchsorted(into[order], np.arange(size))
    rank = np.arange(len(into)) - starts[into[order]]
    table = np.full((size, int(rank.max()) + 1), len(into))  # padded with the zero behind the last entry
    table[into[order], rank] = order
    padded = ar.concatenate([x, 0 * x[..., :1]], axis=-1)
    gathered = ar.take(padded, table.reshape(-1), padded.ndim - 1)
    return ar.sum(ar.reshape(gathered, (*padded.shape[:-1], *table.shape)), -1)


def action_counts(mdp: TabularMDP) -> NDArray[np.int64]:
    """What each trajectory of :func:`trajectory_law` does: ints ``[(S * A)**H, H, S, A]``, 0 or 1."""
    horizon, states, actions = steps(mdp), mdp.n_states, mdp.n_actions
    pairs = np.eye(states * actions, dtype=np.int64)
    taken = np.indices((states * actions,) * horizon).reshape(horizon, -1).T
    return pairs[taken].reshape(-1, horizon, states, actions)


def count_law(mdp: TabularMDP, expert: Any, samples: int) -> DatasetLaw:
    """Law of how often N trajectories take each action in each state: ``shown`` is ``[M, H, S, A]``.

    Raises
    ------
    TooManyTrajectories, TooManyDatasets
        If there are too many of them.
    """
    return dataset_law(trajectory_law(mdp, expert), action_counts(mdp), samples)


def visit_law(mdp: TabularMDP, expert: Any, samples: int) -> DatasetLaw:
    """Law of how often N trajectories visit each state: ``shown`` is ``[M, H, S]``.

    All that a learner depends on if the expert is deterministic.

    Raises
    ------
    TooManyTrajectories, TooManyDatasets
        If there are too many of them.
    """
    horizon, states = steps(mdp), mdp.n_states
    law = trajectory_law(mdp, expert)
    batch = tuple(law.shape[:-1])
    split = ar.reshape(law, (*batch, *(states, mdp.n_actions) * horizon))
    paths = ar.sum(split, tuple(range(-2 * horizon + 1, 0, 2)))
    visited = np.indices((states,) * horizon).reshape(horizon, -1).T
    statistic = np.eye(states, dtype=np.int64)[visited]
    return dataset_law(ar.reshape(paths, (*batch, states**horizon)), statistic, samples)


def clones(mdp: TabularMDP, counts: NDArray[np.integer[Any]], elsewhere: Any) -> Numbers:
    """Behavioural cloning from each of M data sets, with a rule for the states they do not show.

    Parameters
    ----------
    counts : ints ``[M, H, S, A]``
    elsewhere : policy played in unseen states

    Returns
    -------
    numbers ``[M, ..., H, S, A]``, one batch axis for each of the rule's or the model's: empirical laws of the action
    """
    rule = mdp.policy(elsewhere)
    visits = counts.sum(axis=-1, keepdims=True)
    convert = mdp.system.convert
    shares = convert(counts) / convert(np.maximum(visits, 1))
    axes = max(rule.ndim - 3, len(mdp.batch_shape))
    shape = (len(counts), *(1,) * axes, *counts.shape[1:])
    return ar.where(visits.reshape(*shape[:-1], 1) > 0, ar.reshape(shares, shape), rule)


def expected_clone_value(mdp: TabularMDP, expert: Any, elsewhere: Any, samples: int) -> Numbers:
    """Expected value of behavioural cloning from N trajectories, by enumeration of the counts.

    Parameters
    ----------
    elsewhere : policy played in unseen states

    Raises
    ------
    TooManyTrajectories, TooManyDatasets
        If there are too many of them.
    """
    data = count_law(mdp, expert, samples)
    return data.expectation(ar.moveaxis(mdp.value(clones(mdp, data.shown, elsewhere)), 0, -1))
