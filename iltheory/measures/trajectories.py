"""Laws of whole trajectories (finite horizon) and how far apart they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from iltheory.measures.policies import jensen_shannon_divergence, policy_kl, squared_hellinger, total_variation
from iltheory.measures.quantity import quantity, total
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import IltheoryError, InvalidArgument
from sims.tabular import at_step

LARGEST_ENUMERATION = 10**7
"""Trajectories (over the whole batch) that may be enumerated at once."""


class TooManyTrajectories(IltheoryError, ValueError):
    """The trajectories of the model are too many to enumerate."""


def trajectory_law(mdp: TabularMDP, pi: Any) -> Numbers:
    """Probability of every trajectory ``(s_1, a_1, ..., s_H, a_H)``, shape ``[..., (S * A)**H]``, row-major.

    Parameters
    ----------
    pi : policy; or a tuple of H arrays, the h-th ``[..., (S * A)**(h - 1), S, A]``, the law of the action
        given all that came before it: a history-dependent policy

    Raises
    ------
    TooManyTrajectories
        If there are more than 10^7 of them.
    """
    horizon = _finite(mdp, "trajectory_law")
    pairs = mdp.n_states * mdp.n_actions
    acts = _laws_given_the_past(mdp, pi, horizon)
    batch = np.broadcast_shapes(mdp.batch_shape, *(tuple(act.shape[:-4]) for act in acts))
    size = int(np.prod(batch, dtype=np.int64)) * pairs**horizon
    if size > LARGEST_ENUMERATION:
        raise TooManyTrajectories(
            f"(S * A)**H = {pairs}**{horizon} trajectories for a batch of shape {batch} are more than "
            f"{LARGEST_ENUMERATION}; use a smaller model, or a quantity with a recursion (trajectory_kl, "
            "trajectory_hellinger2, trajectory_chi2)."
        )
    law = _flat(mdp.mu[..., None] * acts[0][..., 0, 0, :, :])
    for h in range(1, horizon):
        kernel = mdp.transitions.dense()
        kernel = at_step(kernel, h - 1, 3)
        rows = ar.reshape(kernel, (*kernel.shape[:-3], pairs, mdp.n_states))
        # [..., past, (s, a)] -> [..., past, (s, a), s', a']
        law = ar.reshape(law, (*law.shape[:-1], law.shape[-1] // pairs, pairs))
        moved = law[..., None] * rows[..., None, :, :]
        acted = moved[..., None] * acts[h]
        law = ar.reshape(acted, (*acted.shape[:-4], acted.shape[-4] * pairs * pairs))
    return law


def step_laws(mdp: TabularMDP, law: Numbers) -> Numbers:
    """Laws of (s_h, a_h) at each step, ``[..., H, S, A]``, of a law of trajectories ``[..., (S * A)**H]``."""
    horizon = _finite(mdp, "step_laws")
    pairs = mdp.n_states * mdp.n_actions
    batch = tuple(law.shape[:-1])
    split = [ar.reshape(law, (*batch, pairs**h, pairs, pairs ** (horizon - 1 - h))) for h in range(horizon)]
    steps = ar.stack([ar.sum(x, (-3, -1)) for x in split], axis=-2)
    return ar.reshape(steps, (*batch, horizon, mdp.n_states, mdp.n_actions))


@quantity
def trajectory_tv(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Total variation of the two trajectory laws, in [0, 1], by enumeration of the trajectories."""
    return total_variation(trajectory_law(mdp, first), trajectory_law(mdp, second))


@quantity
def trajectory_js(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Jensen-Shannon divergence of the two trajectory laws, in [0, log 2], by enumeration of the trajectories."""
    return jensen_shannon_divergence(trajectory_law(mdp, first), trajectory_law(mdp, second))


@quantity
def trajectory_kl(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """``KL(first || second)`` of the two trajectory laws, in nats.

    By the chain rule: the transitions cancel in the likelihood ratio, so it is the sum over steps of the
    expected KL of the action laws along the first policy.
    """
    _finite(mdp, "trajectory_kl")
    return total(mdp, policy_kl(mdp, first, second))


@quantity
def trajectory_hellinger2(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Squared Hellinger distance of the two trajectory laws, in [0, 2].

    By a backward recursion for ``1 - sum sqrt(P P')`` given the state: half the distance of the action laws
    at this step, and at later ones what the shared actions leave over.
    """
    horizon = _finite(mdp, "trajectory_hellinger2")
    p, q = mdp.policy(first), mdp.policy(second)
    shared, distance = ar.sqrt(p) * ar.sqrt(q), squared_hellinger(p, q) / 2
    apart = at_step(distance, horizon - 1, 1)
    for h in reversed(range(horizon - 1)):
        now = at_step(distance, h, 1)
        apart = now + ar.sum(at_step(shared, h) * mdp.transitions.expect(apart, h), -1)
    return 2 * ar.sum(mdp.mu * apart, -1)


@quantity
def trajectory_chi2(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """``chi2(first || second)`` of the two trajectory laws.

    ``sum P^2 / P' - 1``; the transitions cancel but for one factor, so it obeys a backward recursion.
    """
    horizon = _finite(mdp, "trajectory_chi2")
    p, q = mdp.policy(first), mdp.policy(second)
    taken = ar.possibly_nonzero(mdp.state_occupancy(first))[..., None] & ar.possibly_nonzero(p)
    with np.errstate(divide="ignore"):
        ratio = ar.where(taken, p * p / ar.where(taken, q, 1), 0)
    moment = ar.sum(at_step(ratio, horizon - 1), -1)
    for h in reversed(range(horizon - 1)):
        moment = ar.sum(at_step(ratio, h) * mdp.transitions.expect(moment, h), -1)
    return ar.sum(mdp.mu * moment, -1) - 1


def _laws_given_the_past(mdp: TabularMDP, pi: Any, horizon: int) -> list[Numbers]:
    """Laws of the action at each step, shaped ``[..., earlier, (s, a), s', a']`` or with axes of length 1."""
    if not isinstance(pi, tuple):
        pi = mdp.policy(pi)
        return [at_step(pi, h)[..., None, None, :, :] for h in range(horizon)]
    pairs = mdp.n_states * mdp.n_actions
    return [
        act[..., None, :, :]
        if h == 0
        else ar.reshape(act, (*act.shape[:-3], pairs ** (h - 1), pairs, mdp.n_states, mdp.n_actions))
        for h, act in enumerate(pi)
    ]


def _finite(mdp: TabularMDP, name: str) -> int:
    if mdp.horizon is None:
        raise InvalidArgument(f"{name} needs a finite horizon; this model is discounted (discount={mdp.discount}).")
    return mdp.horizon


def _flat(x: Numbers) -> Numbers:
    return ar.reshape(x, (*x.shape[:-2], x.shape[-2] * x.shape[-1]))
