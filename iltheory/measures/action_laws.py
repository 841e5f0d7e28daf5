"""How far apart the laws of actions of two policies are, at each of m observations.

Laws of numbered actions use the formulas of :mod:`iltheory.measures.policies`; normal laws their closed forms. Total
variation and squared Hellinger distance of other laws are means of bounded functions of an action drawn from them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.f_divergences import SQUARED_HELLINGER
from iltheory.measures.likelihood_ratios import log_ratio, of_either, share_nothing, shortfall
from iltheory.measures.policies import kl_divergence, squared_hellinger, total_variation
from sims import arithmetic as ar
from sims.sampled import ActionLaws, Categorical, Gaussian, NotEstimable, Point, SquashedGaussian
from sims.sampled.simulator import Floats


def law_tv(first: ActionLaws, second: ActionLaws, rng: np.random.Generator) -> Floats:
    """Total variation of the laws; or numbers whose expectation it is, of actions drawn from ``first``, ``[2, m]``.

    The latter come as two numbers in [0, 1] between which rounding leaves each of them.
    """
    if isinstance(first, Categorical) and isinstance(second, Categorical):
        return np.asarray(total_variation(first.probabilities, second.probabilities))
    p, q = unsquashed(first, second)
    return shortfall(*log_ratio(p, q, p.sample(rng)))  # TV = E_p (1 - q/p)_+


def law_hellinger2(first: ActionLaws, second: ActionLaws, rng: np.random.Generator) -> Floats:
    """Squared Hellinger distance of the laws, in [0, 2]; where it has no closed form, like the total variation.

    The actions are then drawn from either law, by a coin.
    """
    if share_nothing(first, second):
        return np.full(len(first), 2.0)
    if isinstance(first, Categorical) and isinstance(second, Categorical):
        return np.asarray(squared_hellinger(first.probabilities, second.probabilities))
    if isinstance(first, Point) and isinstance(second, Point):
        return np.where(_same_point(first, second), 0.0, 2.0)
    p, q = unsquashed(first, second)
    if not isinstance(p, Gaussian) or not isinstance(q, Gaussian):
        heads = rng.integers(2, size=(len(p), 1)) == 1
        return of_either(SQUARED_HELLINGER, *log_ratio(p, q, np.where(heads, p.sample(rng), q.sample(rng))))
    squares = p.std**2 + q.std**2
    # 1 - affinity is at least 0, and exactly 0 between equal laws.
    log_affinity = np.log1p(-((p.std - q.std) ** 2) / squares) / 2 - (p.mean - q.mean) ** 2 / (4 * squares)
    return np.asarray(-2 * np.expm1(log_affinity.sum(axis=-1)))


def law_kl(first: ActionLaws, second: ActionLaws) -> Floats:
    """``KL(first || second)`` of the laws in nats, ``[m]``; infinite where ``second`` misses something."""
    if share_nothing(first, second):
        return np.full(len(first), np.inf)
    if isinstance(first, Categorical) and isinstance(second, Categorical):
        return np.asarray(kl_divergence(first.probabilities, second.probabilities))
    if isinstance(first, Point) and isinstance(second, Point):
        return np.where(_same_point(first, second), 0.0, np.inf)
    p, q = unsquashed(first, second)
    if not isinstance(p, Gaussian) or not isinstance(q, Gaussian):
        raise NotEstimable(
            f"the KL divergence between a {type(first).__name__} and a {type(second).__name__} law has no closed form; "
            "use il.policy_hellinger2, il.trajectory_hellinger2 or il.policy_tv, which draw actions."
        )
    ratio = (p.std / q.std) ** 2
    return np.asarray(((ratio - 1 - np.log(ratio)) / 2 + ((p.mean - q.mean) / q.std) ** 2 / 2).sum(axis=-1))


def law_entropy(law: ActionLaws) -> Floats:
    """Entropies of laws of numbered actions in nats, ``[m]``."""
    if not isinstance(law, Categorical):
        raise NotEstimable(
            f"the entropy of a {type(law).__name__} law is a density's: it has no bound, neither above nor below. "
            "Entropies are estimated for numbered actions."
        )
    return np.asarray(ar.sum(ar.entropy(law.probabilities), -1))


def unsquashed(first: ActionLaws, second: ActionLaws) -> tuple[ActionLaws, ActionLaws]:
    """The normal laws behind two laws squashed into the same box; a one-to-one map changes no divergence."""
    if isinstance(first, SquashedGaussian) and isinstance(second, SquashedGaussian):
        same = np.array_equal(first.low, second.low) and np.array_equal(first.high, second.high)
        return (first.normal, second.normal) if same else (first, second)
    return first, second


def _same_point(first: Point, second: Point) -> NDArray[np.bool_]:
    return np.asarray(np.all(first.actions == second.actions, axis=1))
