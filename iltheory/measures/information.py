"""What the behaviour of a mixture of policies tells about the code that chose the policy, in nats.

A code c is drawn from a prior once, and policy ``pi_c`` is followed to the end (Li, Song and Ermon 2017, InfoGAIL).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import permutations
from typing import Any

from iltheory.measures.occupancies import mean_occupancy
from iltheory.measures.policies import total_variation
from iltheory.measures.quantity import quantity
from iltheory.measures.sequences import together
from iltheory.measures.trajectories import trajectory_law
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import IltheoryError

LARGEST_MATCHING = 7
"""Codes whose permutations are enumerated."""


class TooManyCodes(IltheoryError, ValueError):
    """The permutations of the codes are too many to enumerate."""


@quantity
def entropy(law: Numbers) -> Numbers:
    """Entropy of a law on the last axis."""
    return ar.sum(ar.entropy(law), -1)


@quantity
def mutual_information(joint: Numbers) -> Numbers:
    """``I(c; x) = KL(p(c, x) || p(c) p(x))`` of a joint law ``[..., c, x]``."""
    apart = ar.sum(joint, -1)[..., :, None] * ar.sum(joint, -2)[..., None, :]
    return ar.sum(ar.relative_entropy(joint, apart), (-2, -1))


@quantity
def variational_information(joint: Numbers, posterior: Any) -> Numbers:
    """The lower bound ``L_I = E log Q(c | x) + H(c)`` on ``I(c; x)`` (Barber and Agakov 2003).

    Parameters
    ----------
    joint : law ``[..., c, x]``
    posterior : numbers ``[..., x, c]``, for each x a law of the code; ``-inf`` if it rules out what happens
    """
    guessed = ar.moveaxis(ar.system_of(joint).coerce(posterior), -1, -2)
    surprise = ar.relative_entropy(joint, guessed) + ar.entropy(joint)
    return entropy(ar.sum(joint, -1)) - ar.sum(surprise, (-2, -1))


def posterior(joint: Numbers) -> Numbers:
    """``p(c | x)`` of a joint law ``[..., c, x]``, as ``[..., x, c]``; uniform where ``p(x) = 0``."""
    seen = ar.sum(joint, -2)
    possible = ar.possibly_nonzero(seen)
    laws = ar.where(possible[..., None, :], joint, 1)
    total = ar.where(possible, seen, joint.shape[-2])
    return ar.moveaxis(laws / total[..., None, :], -1, -2)


def code_trajectories(mdp: TabularMDP, policies: Sequence[Any], prior: Numbers) -> Numbers:
    """Joint law of code and trajectory, ``[..., K, (S * A)**H]``, by enumeration."""
    return prior[..., None] * together((trajectory_law(mdp, pi) for pi in policies), axis=-2)


def code_pairs(mdp: TabularMDP, policies: Sequence[Any], prior: Numbers) -> Numbers:
    """Joint law of code and state-action pair at a random time, ``[..., K, S * A]``.

    The time is uniform over the steps, or geometric with the discount.
    """
    laws = (mean_occupancy(mdp, pi) for pi in policies)
    return prior[..., None] * together((ar.reshape(d, (*d.shape[:-2], -1)) for d in laws), axis=-2)


@quantity
def code_information(mdp: TabularMDP, policies: Sequence[Any], prior: Numbers) -> Numbers:
    """``I(c; tau)``: what a whole trajectory tells about the code, at most ``H(c)``.

    Raises
    ------
    TooManyTrajectories
        If the trajectories are too many to enumerate.
    """
    return mutual_information(code_trajectories(mdp, policies, prior))


@quantity
def code_pair_information(mdp: TabularMDP, policies: Sequence[Any], prior: Numbers) -> Numbers:
    """``I(c; (s, a))``: what one pair at a random time tells about the code, at most ``I(c; tau)``."""
    return mutual_information(code_pairs(mdp, policies, prior))


@quantity
def recovery_error(first: Numbers, second: Numbers) -> Numbers:
    """How far apart two lists of K laws are, whatever the order: ``min over sigma of mean_c TV(p_c, q_sigma(c))``.

    Parameters
    ----------
    first, second : laws ``[..., K, x]``

    Raises
    ------
    TooManyCodes
        If K is more than 7: all permutations are tried.
    """
    codes = first.shape[-2]
    if codes > LARGEST_MATCHING:
        raise TooManyCodes(f"the {codes}! orders of {codes} laws are too many; give at most {LARGEST_MATCHING}.")
    costs = total_variation(first[..., :, None, :], second[..., None, :, :])
    orders = (
        reduce(lambda x, y: x + y, (costs[..., c, k] for c, k in enumerate(o))) for o in permutations(range(codes))
    )
    return reduce(ar.minimum, orders) / codes
