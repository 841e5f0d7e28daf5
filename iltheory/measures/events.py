"""Probabilities of events about samples, by enumeration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from iltheory.measures.quantity import quantity
from iltheory.measures.steps import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, Comparison, Numbers
from sims.tabular import at_step


def indicator(event: Comparison) -> Numbers:
    """1 where an event happens and 0 where it does not; where that is undecided, the hull of both."""
    happens, may_happen = event.verdicts == HOLDS, event.verdicts != REFUTED
    return ar.hull(*(event.system.convert(mask.astype(np.int64)) for mask in (happens, may_happen)))


def mistake_law(mdp: TabularMDP, expert: Any, learner: Any, acting: Any, samples: int) -> Numbers:
    """Law of the number of mistakes a learner makes on sampled trajectories of another policy.

    At each visited state the learner draws an action, and errs if an action the expert draws is another one.
    For deterministic policies this is the number of visited states where they disagree.

    Parameters
    ----------
    acting : policy that moves
    samples : number of independent trajectories

    Returns
    -------
    numbers ``[..., samples * H + 1]``, the probability of each count
    """
    acting = mdp.policy(acting)
    agreement = ar.sum(mdp.policy(expert) * mdp.policy(learner), -1)
    law = mdp.mu[None]  # counts so far on the first axis, states on the last
    for h in range(steps(mdp)):
        if h > 0:
            acted = law[..., None] * at_step(acting, h - 1)
            law = mdp.transitions.push(acted, h - 1)
        agrees = at_step(agreement, h, 1)
        right, wrong = law * agrees, law * (1 - agrees)
        law = ar.concatenate([right, 0 * wrong[:1]]) + ar.concatenate([0 * right[:1], wrong])
    one = ar.sum(law, -1)
    total = one
    for _ in range(samples - 1):
        total = _convolved(total, one)
    return ar.moveaxis(total, 0, -1)


def _convolved(first: Numbers, second: Numbers) -> Numbers:
    """Law of a sum of independent counts, counts on the first axis."""
    parts = []
    for i in range(first.shape[0]):
        shifted = first[i] * second
        nothing = 0 * shifted[:1]
        parts.append(ar.concatenate([nothing] * i + [shifted] + [nothing] * (first.shape[0] - 1 - i)))
    return ar.sum(ar.stack(parts), 0)


@quantity
def worst_failure_probability(own: Numbers, laws: Sequence[Numbers], margin: Any) -> Numbers:
    """Largest probability, over all ways to choose learners from data, that losses look too small.

    At each iteration one of K learners is chosen by any rule from the counts of mistakes seen so far, and a
    count is drawn from its law at this iteration. Failure: the smallest expected loss of a chosen learner
    exceeds the observed average by more than a margin. All histories are enumerated, and the worst rule
    found by backward induction.

    Parameters
    ----------
    own : numbers ``[..., K]``, each learner's expected number of mistakes in n decisions of its own
    laws : for each of N iterations numbers ``[..., K, n + 1]``, the law of the number of mistakes in n decisions
    margin : numbers ``[...]``, a loss: mistakes divided by decisions
    """
    learners, outcomes = laws[0].shape[-2:]
    best, count = 0 * own[..., :1] + (outcomes - 1), np.zeros(1, dtype=np.int64)
    for _ in laws:
        best = ar.minimum(best[..., :, None], own[..., None, :])
        histories = (*best.shape[:-2], len(count) * learners * outcomes)
        best = ar.reshape(ar.broadcast_to(best[..., None], (*best.shape, outcomes)), histories)
        count = np.add.outer(np.repeat(count, learners), np.arange(outcomes)).ravel()
    allowed = len(laws) * (outcomes - 1) * margin[..., None]
    probability = indicator(ar.wrap(len(laws) * best - allowed) > count)
    for law in reversed(laws):
        split = (*probability.shape[:-1], -1, learners, outcomes)
        expected = ar.sum(ar.reshape(probability, split) * law[..., None, :, :], -1)
        probability = ar.amax(expected, -1)
    return probability[..., 0]
