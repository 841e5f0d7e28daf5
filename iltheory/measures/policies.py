"""How far apart two policies are, action by action, along one of them."""

from __future__ import annotations

from typing import Any

from iltheory.measures.f_divergences import CHI2, JENSEN_SHANNON, REVERSE_KL, SQUARED_HELLINGER, TOTAL_VARIATION
from iltheory.measures.quantity import average, expectation, quantity
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def total_variation(p: Numbers, q: Numbers) -> Numbers:
    """``1/2 sum |p - q|`` over the last axis."""
    return TOTAL_VARIATION(p, q, axes=1)


def kl_divergence(p: Numbers, q: Numbers) -> Numbers:
    """``sum p log(p / q)`` over the last axis, in nats."""
    return REVERSE_KL(p, q, axes=1)


def squared_hellinger(p: Numbers, q: Numbers) -> Numbers:
    """``sum (sqrt p - sqrt q)^2`` over the last axis, without a factor 1/2, so at most 2."""
    return SQUARED_HELLINGER(p, q, axes=1)


def jensen_shannon_divergence(p: Numbers, q: Numbers) -> Numbers:
    """``(KL(p || m) + KL(q || m)) / 2`` with ``m = (p + q) / 2``, over the last axis, in [0, log 2]."""
    return JENSEN_SHANNON(p, q, axes=1) / 2


def chi2_divergence(p: Numbers, q: Numbers) -> Numbers:
    """``sum (p - q)^2 / q`` over the last axis, with ``0 / 0 = 0``."""
    return CHI2(p, q, axes=1)


@quantity
def policy_tv(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Expected total variation of the action laws along the *first* policy, mean over steps, in [0, 1]."""
    return expectation(mdp, first, total_variation(mdp.policy(first), mdp.policy(second)))


@quantity
def policy_kl(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Expected ``KL(first || second)`` of the action laws along the *first* policy; mean over steps, nats."""
    d = mdp.state_occupancy(first)
    kl = kl_divergence(mdp.policy(first), mdp.policy(second))
    return average(mdp, d, ar.where(ar.possibly_nonzero(d), kl, 0))  # it may be infinite where nobody goes


@quantity
def policy_hellinger2(mdp: TabularMDP, first: Any, second: Any) -> Numbers:
    """Expected squared Hellinger distance of the action laws along the *first* policy; mean over steps."""
    return expectation(mdp, first, squared_hellinger(mdp.policy(first), mdp.policy(second)))


def error_rate(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """Mean over steps of the expected total variation of the action laws under the *expert's* occupancy.

    For a deterministic expert this is the expected 0-1 loss of Ross and Bagnell (2010).
    """
    return policy_tv(mdp, expert, learner)


def on_policy_error_rate(mdp: TabularMDP, expert: Any, learner: Any) -> Numbers:
    """As :func:`error_rate`, under the *learner's* occupancy."""
    return policy_tv(mdp, learner, expert)
