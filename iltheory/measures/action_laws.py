"""How far apart the laws of actions of two policies are, at each of m observations.

Laws of numbered actions use the formulas of :mod:`iltheory.measures.policies`; normal laws their closed forms. The
total variation of other laws is the mean of a bounded function of an action drawn from the first of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iltheory.measures.policies import kl_divergence, squared_hellinger, total_variation
from sims import arithmetic as ar
from sims.sampled import ActionLaws, Categorical, Gaussian, NotEstimable, Point, SquashedGaussian
from sims.sampled.simulator import Array, Floats

SLACK = 2.0**-24
"""How far rounding may move the logarithm of a likelihood ratio, over a whole episode; enclosures are wider by this."""


def log_ratio(first: ActionLaws, second: ActionLaws, actions: Array, horizon: int) -> Floats:
    """``log second(a) - log first(a)`` at actions that either of them drew, ``[m]``; infinite where one vanishes.

    Parameters
    ----------
    horizon : number of such terms that will be added up

    Raises
    ------
    NotEstimable
        If rounding may move the sum by more than ``SLACK``.
    """
    if first.base != second.base:  # no mass in common: whoever drew the action is the only one who could
        drew = np.isfinite(first.log_density(actions)) if isinstance(first, Point) else _drew_not(second, actions)
        return np.where(drew, -np.inf, np.inf)
    p, q = first.log_density(actions), second.log_density(actions)
    slack = np.max(first.rounding(actions) + second.rounding(actions), initial=0.0)
    if slack * horizon > SLACK:
        raise NotEstimable(
            f"log densities of actions are only known to {slack:.1e} in floats, over {horizon} steps to more than "
            f"{SLACK:.1e}: laws that saturate, or are very narrow. Use larger deviations, or compare the policies by "
            "il.policy_hellinger2, which needs no actions."
        )
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(p == q, 0.0, q - p))


def law_tv(first: ActionLaws, second: ActionLaws, rng: np.random.Generator) -> Floats:
    """Total variation of the laws, or numbers in [0, 1] whose expectation it is, of actions drawn from ``first``."""
    if isinstance(first, Categorical) and isinstance(second, Categorical):
        return np.asarray(total_variation(first.probabilities, second.probabilities))
    p, q = unsquashed(first, second)
    # TV = E_p (1 - q/p)_+
    return np.asarray(-np.expm1(np.minimum(log_ratio(p, q, p.sample(rng), 1), 0.0)))


def law_hellinger2(first: ActionLaws, second: ActionLaws) -> Floats:
    """Squared Hellinger distance of the laws, in [0, 2], ``[m]``."""
    if first.base != second.base:
        return np.full(len(first), 2.0)
    if isinstance(first, Categorical) and isinstance(second, Categorical):
        return np.asarray(squared_hellinger(first.probabilities, second.probabilities))
    if isinstance(first, Point) and isinstance(second, Point):
        return np.where(_same_point(first, second), 0.0, 2.0)
    p, q = normals("squared Hellinger distance", "il.trajectory_hellinger2", first, second)
    squares = p.std**2 + q.std**2
    # 1 - affinity is at least 0, and exactly 0 between equal laws.
    log_affinity = np.log1p(-((p.std - q.std) ** 2) / squares) / 2 - (p.mean - q.mean) ** 2 / (4 * squares)
    return np.asarray(-2 * np.expm1(log_affinity.sum(axis=-1)))


def law_kl(first: ActionLaws, second: ActionLaws) -> Floats:
    """``KL(first || second)`` of the laws in nats, ``[m]``; infinite where ``second`` misses something."""
    if first.base != second.base:
        return np.full(len(first), np.inf)
    if isinstance(first, Categorical) and isinstance(second, Categorical):
        return np.asarray(kl_divergence(first.probabilities, second.probabilities))
    if isinstance(first, Point) and isinstance(second, Point):
        return np.where(_same_point(first, second), 0.0, np.inf)
    p, q = normals("KL divergence", "il.trajectory_hellinger2", first, second)
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


def normals(what: str, instead: str, first: ActionLaws, second: ActionLaws) -> tuple[Gaussian, Gaussian]:
    """The normal laws behind two laws.

    Raises
    ------
    NotEstimable
        If there are none: the divergence has no closed form.
    """
    p, q = unsquashed(first, second)
    if isinstance(p, Gaussian) and isinstance(q, Gaussian):
        return p, q
    raise NotEstimable(
        f"the {what} between a {type(first).__name__} and a {type(second).__name__} law has no closed form; "
        f"use {instead}, or il.policy_tv, which draw actions."
    )


def unsquashed(first: ActionLaws, second: ActionLaws) -> tuple[ActionLaws, ActionLaws]:
    """The normal laws behind two laws squashed into the same box; a one-to-one map changes no divergence."""
    if isinstance(first, SquashedGaussian) and isinstance(second, SquashedGaussian):
        same = np.array_equal(first.low, second.low) and np.array_equal(first.high, second.high)
        return (first.normal, second.normal) if same else (first, second)
    return first, second


def _same_point(first: Point, second: Point) -> NDArray[np.bool_]:
    return np.asarray(np.all(first.actions == second.actions, axis=1))


def _drew_not(second: ActionLaws, actions: Array) -> NDArray[np.bool_]:
    """Whether a law with a density drew the actions: it does not hit the points of ``second``."""
    return ~np.isfinite(second.log_density(actions))
