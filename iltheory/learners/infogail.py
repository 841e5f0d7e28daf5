"""InfoGAIL: a mixture of policies, one a code, that imitates a mixture of experts and tells its codes apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from reprlib import repr as short
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.demonstrations import shown_alone
from iltheory.learners.entropy_dual import check_search
from iltheory.learners.gan_gcl import shown_law
from iltheory.learners.labels import seeded
from iltheory.measures import (
    JENSEN_SHANNON,
    causal_entropy,
    code_pairs,
    code_trajectories,
    mean,
    mutual_information,
    posterior,
    recovery_error,
    step_laws,
    steps,
    together,
    trajectory_law,
    variational_information,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument

Floats = NDArray[np.float64]
Information = Literal["trajectory", "pair"]

SEARCH_STEPS = 300
"""Steps of one search at most."""


@dataclass(frozen=True)
class InfoGAIL:
    """The best mixture that was found.

    Attributes
    ----------
    policies : numbers ``[K, H, S, A]``, one for each code; codes are equally likely
    objective : number, ``E_pi log D + E_E log(1 - D) - lambda_1 L_I - lambda_2 H`` against the best D and Q
    divergence : number, ``2 JSD`` of the mixture's occupancy and the experts', means over steps
    information : number, ``I(c; tau)`` in nats, at most ``log K``
    bound : number, ``L_I``: what the best Q of the kind asked for guarantees of it
    recovery : number, mean total variation between the trajectories of codes and experts, in the best order; None if
        the experts are not known one by one, or are not as many as the codes
    objectives : floats, of every search, sorted
    """

    policies: Numbers
    objective: Numbers
    divergence: Numbers
    information: Numbers
    bound: Numbers
    recovery: Numbers | None
    objectives: Floats


def infogail(
    mdp: TabularMDP,
    experts: Any,
    *,
    codes: int,
    rng: int | np.random.Generator,
    information_weight: float = 1.0,
    entropy_weight: float = 0.0,
    information: Information = "trajectory",
    searches: int = 8,
) -> InfoGAIL:
    """Minimise the objective of InfoGAIL over mixtures of policies, against the best discriminator and the best Q.

    Li, Song and Ermon (2017), equation (3) [memory]: ``min_{pi, Q} max_D E_pi log D + E_E log(1 - D) - lambda_1
    L_I(pi, Q) - lambda_2 H(pi)``, with ``L_I = E log Q(c | x) + H(c)``. The best D makes the first two terms ``2 JSD -
    2 log 2``, the best Q is the posterior and makes ``L_I`` the mutual information ``I(c; x)``. What is left is a
    smooth function of the logits of the policies, which is minimised from several random starts with its exact
    gradient (it is not convex: all codes alike is a stationary point). The mixture and the information do not identify
    the experts in general (claim ``infogail-2017-modes``).

    Parameters
    ----------
    mdp : one model with a horizon, in any number system but ``rational``; its rewards are not used
    experts : a sequence of experts, each as likely, each a policy or ``Trajectories``; or ``Trajectories`` of all of
        them, of whom it is not known which is whose
    codes : K, number of policies
    rng : seed or generator of the random starts
    information_weight, entropy_weight : ``lambda_1`` and ``lambda_2``, not negative
    information : what Q sees: the ``trajectory``, enumerated, or a ``pair`` (s, a) at a random step, as in the paper's
        experiments
    searches : number of random starts

    Raises
    ------
    InvalidArgument
        If the model is a batch or has a discount, there are no experts, or an option is out of its range.
    NotRepresentable
        For a ``rational`` model: divergences have logarithms.
    TooManyTrajectories
        If the trajectories are too many to enumerate: ``I(c; tau)`` is reported in any case.
    """
    horizon = steps(mdp)
    _check(mdp, codes, searches, information_weight, entropy_weight, information)
    generator = seeded("random starts", rng)
    target = _shown(mdp, experts)
    problem = _Problem(
        mdp.to("float64"),
        np.asarray(ar.midpoint(target)),
        np.full(codes, 1 / codes),
        information_weight,
        entropy_weight,
        information,
    )
    shape = (codes, horizon, mdp.n_states, mdp.n_actions)
    found = sorted((problem.search(generator.normal(size=shape)) for _ in range(searches)), key=lambda one: one[0])
    policies = [mdp.project(mdp.system.convert(pi)) for pi in found[0][1]]
    prior = mdp.system.convert(np.ones(codes, dtype=np.int64)) / codes
    joint = code_trajectories(mdp, policies, prior)
    seen = joint if information == "trajectory" else code_pairs(mdp, policies, prior)
    divergence = _divergence(mdp, policies, target)
    bound = variational_information(seen, posterior(seen))
    entropy = mean(causal_entropy(mdp, pi) for pi in policies)
    two = ar.log(mdp.system.convert(2))
    weights = (mdp.system.convert(float(w)) for w in (information_weight, entropy_weight))
    informed, varied = (weight * term for weight, term in zip(weights, (bound, entropy), strict=True))
    return InfoGAIL(
        policies=ar.stack(policies),
        objective=divergence - 2 * two - informed - varied,
        divergence=divergence,
        information=mutual_information(joint),
        bound=bound,
        recovery=_recovery(mdp, experts, policies),
        objectives=np.array([value for value, _ in found]),
    )


def _check(
    mdp: TabularMDP, codes: Any, searches: Any, information_weight: float, entropy_weight: float, information: str
) -> None:
    check_search(mdp, 1.0, searches)
    if not isinstance(codes, int) or isinstance(codes, bool) or codes < 1:
        raise InvalidArgument(f"codes={codes!r} must be an integer, at least 1.")
    for name, weight in (("information_weight", information_weight), ("entropy_weight", entropy_weight)):
        if not isinstance(weight, int | float) or not 0 <= weight < np.inf:
            raise InvalidArgument(f"{name}={weight!r} must be a number, at least 0.")
    if information not in get_args(Information):
        raise InvalidArgument(f"information={information!r} must be one of {', '.join(get_args(Information))}.")


def _shown(mdp: TabularMDP, experts: Any) -> Numbers:
    """Occupancy of the mixture of experts, ``[H, S, A]``."""
    from sims.datasets import Trajectories

    if isinstance(experts, Trajectories):
        return shown_alone(mdp, experts)
    if not isinstance(experts, Sequence) or isinstance(experts, str) or len(experts) == 0:
        raise InvalidArgument(
            f"experts={short(experts)} must be a list of experts, each a policy or Trajectories, or the Trajectories "
            "of all.\n  For a single policy write [expert]."
        )
    return mean(shown_alone(mdp, expert) for expert in experts)


def _recovery(mdp: TabularMDP, experts: Any, policies: Sequence[Numbers]) -> Numbers | None:
    if not isinstance(experts, Sequence) or len(experts) != len(policies):
        return None
    shown = together((shown_law(mdp, expert) for expert in experts), axis=-2)
    return recovery_error(shown, together((trajectory_law(mdp, pi) for pi in policies), axis=-2))


def _divergence(mdp: TabularMDP, policies: Sequence[Any], target: Numbers) -> Numbers:
    """``2 JSD`` of two occupancies, the laws of (h, s, a) with h uniform."""
    return JENSEN_SHANNON(mean(mdp.occupancy(pi) for pi in policies), target, axes=3) / steps(mdp)


@dataclass(frozen=True)
class _Problem:
    """The objective as a function of logits, in floats."""

    mdp: TabularMDP
    target: Floats
    prior: Floats
    information_weight: float
    entropy_weight: float
    information: Information

    def search(self, logits: Floats) -> tuple[float, Floats]:
        """A local minimum: its value, and the policies ``[K, H, S, A]``."""
        from scipy.optimize import minimize

        found = minimize(
            lambda x: self.value_and_gradient(x.reshape(logits.shape)),
            logits.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": SEARCH_STEPS, "ftol": 1e-12, "gtol": 1e-9, "maxcor": 20},
        )
        return float(found.fun), _softmax(found.x.reshape(logits.shape))

    def value_and_gradient(self, logits: Floats) -> tuple[float, Floats]:
        """The objective and its derivative, as rewards of pairs and of trajectories to each code.

        A law p that changes by dp changes the objective by ``sum dp (its derivative)``: JSD pays ``log(2 d / (d + e))``
        to a pair, the information ``-lambda_1 log p(c|x)``, the entropy ``lambda_2 log pi``. The derivative by a logit
        is what these rewards make of the action, beyond what they make of the state.
        """
        policies, horizon = _softmax(logits), steps(self.mdp)
        occupancies = [np.asarray(self.mdp.occupancy(pi)) for pi in policies]
        mixed = np.einsum("k,khsa->hsa", self.prior, occupancies)
        paid = -_reward(mixed, self.target) / horizon
        value = float(_divergence(self.mdp, list(policies), self.target)) - 2 * log(2)
        flow = np.stack([self._of_pairs(pi, paid) for pi in policies])
        informed, more = self._informed(policies, occupancies)
        value -= self.information_weight * informed
        flow -= self.information_weight * more
        if self.entropy_weight > 0:
            value -= self.entropy_weight * float(mean(causal_entropy(self.mdp, pi) for pi in policies))
            both = zip(policies, _log_softmax(logits), strict=True)
            flow += self.entropy_weight * np.stack([self._of_pairs(pi, log_pi) for pi, log_pi in both])
        gradient = flow - policies * flow.sum(axis=-1, keepdims=True)
        return value, (self.prior[:, None, None, None] * gradient).ravel()

    def _informed(self, policies: Floats, occupancies: list[Floats]) -> tuple[float, Floats]:
        """The information, and ``E[log p(c|x) ; s_h, a_h]`` for each code."""
        if self.information == "trajectory":
            joint = np.asarray(code_trajectories(self.mdp, list(policies), self.prior))
            told = _log_posterior(joint)
            laws = joint / self.prior[:, None]
            flow = np.stack([np.asarray(step_laws(self.mdp, p * t)) for p, t in zip(laws, told, strict=True)])
        else:
            joint = np.asarray(code_pairs(self.mdp, list(policies), self.prior))
            told = _log_posterior(joint).reshape(len(policies), 1, *policies.shape[-2:]) / steps(self.mdp)
            flow = np.stack(
                [self._of_pairs(pi, np.broadcast_to(t, pi.shape)) for pi, t in zip(policies, told, strict=True)]
            )
        return float(mutual_information(joint)), flow

    def _of_pairs(self, pi: Floats, reward: Floats) -> Floats:
        """``d(s, a) Q(s, a)`` at each step, for a reward of pairs."""
        floats = self.mdp.with_rewards(reward)
        flow: Floats = np.asarray(floats.occupancy(pi)) * np.asarray(floats.q(pi))
        return flow


def _reward(d: Floats, e: Floats) -> Floats:
    """The reward of the best discriminator, 0 where nobody goes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reward: Floats = np.where(d > 0, np.asarray(JENSEN_SHANNON.reward(d, e)), 0.0)
    return reward


def _log_posterior(joint: Floats) -> Floats:
    guess = np.moveaxis(np.asarray(posterior(joint)), -1, -2)
    logs: Floats = np.log(np.where(guess > 0, guess, 1.0))
    return logs


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def _softmax(logits: Floats) -> Floats:
    weights = np.exp(_log_softmax(logits))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
