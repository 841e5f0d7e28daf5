"""AIRL: a discriminator whose logit is a reward, shaped by a potential, minus the log of the learner's policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.demonstrations import Expert, shown_alone
from iltheory.learners.entropy_dual import check_search
from iltheory.measures import shaping, total_variation
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument

Floats = NDArray[np.float64]
Rewards = Literal["state", "state-action"]
NextState = Literal["expected", "sampled"]

DAMPING = 0.3
"""Share of the way, in logarithms, that the policy moves towards the soft optimum of the discriminator's reward."""

NEWTON_STEPS = 100
"""Newton steps a discriminator takes at most; some ten are usual."""


@dataclass(frozen=True)
class AIRL:
    """Where the discriminator and the policy end.

    Attributes
    ----------
    policy : numbers ``[S, A]``
    reward : numbers ``[S, A]``, g; the same for all actions if it is a reward of states; 0 in terminal states
    potential : numbers ``[S]``, h; 0 in terminal states
    advantage : numbers ``[S, A]``, ``f = g + gamma E h(s') - h``
    distance : number, total variation of the occupancies of the policy and of the expert, or of its demonstrations
    losses : floats, the least loss ``-E_E log D - E_pi log(1 - D)`` of a discriminator against each policy in turn
    changes : floats, the largest change of an action's probability in each iteration
    converged : whether the last change was within the tolerance
    """

    policy: Numbers
    reward: Numbers
    potential: Numbers
    advantage: Numbers
    distance: Numbers
    losses: Floats
    changes: Floats
    converged: bool

    @property
    def logits(self) -> Numbers:
        """``log D - log(1 - D) = f - log pi``, ``[S, A]``: what the policy is paid, 0 at the expert."""
        return self.advantage - ar.log(self.policy)


def airl(
    mdp: TabularMDP,
    expert: Expert,
    *,
    reward: Rewards = "state",
    next_state: NextState = "expected",
    iterations: int = 1000,
    tolerance: float = 1e-10,
) -> AIRL:
    """Adversarial inverse reinforcement learning with exact discriminators and occupancies.

    Fu, Luo and Levine (2018), algorithm 1 [memory]. The discriminator ``D = e^f / (e^f + pi)`` with ``f = g + gamma
    h(s') - h(s)`` tells the expert's steps from the policy's: logistic regression, solved by Newton's method. It pays
    ``log D - log(1 - D) = f - log pi``, that is f and the causal entropy; the policy moves towards the soft optimum of
    f at temperature 1. Nothing moves where ``f = log pi_E``.

    With a reward of states the g of a decomposable model is the expert's reward up to a constant, and right
    under other transitions; with one of pairs it need not be (claims ``airl-2018-thm-5-1``, ``-5-2``).

    An episode that has ended pays nothing and has no potential; steps in terminal states are no data, and their
    entropy is worth nothing. So an expert that does nothing in particular makes no length of episode better.

    Parameters
    ----------
    mdp : one model with a discount, in any number system but ``rational``; its rewards are not used
    expert : a policy, or trajectories
    reward : whether g depends on the state, or on the action, too
    next_state : ``expected``: f has ``E h(s')``, known from the model. ``sampled``: the discriminator sees the next
        state, as in the paper; with stochastic transitions no such f is ``log pi_E``, and the policy it ends at is not
        the expert's
    iterations : largest number of discriminators
    tolerance : largest change of a probability to stop at

    Raises
    ------
    InvalidArgument
        If the model is a batch or has a horizon, or an option is out of its range.
    NotRepresentable
        For a ``rational`` model: soft values have logarithms.
    """
    check_search(mdp, tolerance, iterations)
    if mdp.horizon is not None:
        raise InvalidArgument(
            f"mdp has a horizon ({mdp.horizon}); the reward and the potential of airl do not depend on the step: "
            "use mdp.with_end(discount=...)."
        )
    for name, option, known in (("reward", reward, Rewards), ("next_state", next_state, NextState)):
        if option not in get_args(known):
            raise InvalidArgument(f"{name}={option!r} must be one of {', '.join(get_args(known))}.")
    target, floats = shown_alone(mdp, expert), mdp.to("float64")
    steps = _Steps.of(floats, reward, next_state)
    shown = steps.weights(ar.midpoint(target))
    theta, log_pi = np.zeros(steps.features.shape[1]), np.full((mdp.n_states, mdp.n_actions), -np.log(mdp.n_actions))
    losses, changes = list[float](), [np.inf]
    while len(losses) < iterations and changes[-1] > tolerance:
        seen = steps.weights(np.asarray(floats.occupancy(_probabilities(log_pi))))
        theta, loss = _fit(steps.features, shown, seen, steps.of_pairs(log_pi), theta)
        g, h = steps.parts(theta)
        moved = (1 - DAMPING) * log_pi + DAMPING * _soft_optimum(floats, g + shaping(floats, h))
        moved -= np.log(np.exp(moved).sum(axis=1, keepdims=True))
        losses.append(loss)
        changes.append(float(np.abs(np.exp(moved) - np.exp(log_pi)).max()))
        log_pi = moved
    policy = mdp.project(mdp.system.convert(np.exp(log_pi)))
    g, h = (mdp.system.convert(part) for part in steps.parts(theta))
    distance = total_variation(*(ar.reshape(d, (-1,)) for d in (mdp.occupancy(policy), target)))
    return AIRL(
        policy, g, h, g + shaping(mdp, h), distance, np.array(losses), np.array(changes[1:]), changes[-1] <= tolerance
    )


@dataclass(frozen=True)
class _Steps:
    """What a discriminator is fitted to: steps (s, a), or (s, a, s'), outside of terminal states.

    Attributes
    ----------
    features : ``[n, k]``, the linear map from (g, h) to f; ``kept`` of its columns
    pairs : ``[n]``, index of (s, a)
    chance : ``[n]``, probability of s' given (s, a), or 1
    """

    features: Floats
    pairs: NDArray[np.intp]
    chance: Floats
    kept: NDArray[np.bool_]
    shape: tuple[int, int]

    @classmethod
    def of(cls, mdp: TabularMDP, reward: Rewards, next_state: NextState) -> _Steps:
        n, actions = shape = (mdp.n_states, mdp.n_actions)
        going = np.ones(n, dtype=np.bool_) if mdp.terminal is None else ~mdp.terminal
        kernel = np.asarray(mdp.P).reshape(n * actions, n)
        if next_state == "sampled":
            pairs, after = np.nonzero(kernel)
            chance, later = kernel[pairs, after], np.eye(n)[after]
        else:
            pairs = np.arange(n * actions)
            chance, later = np.ones(len(pairs)), kernel
        data = going[pairs // actions]
        pairs, chance, later = pairs[data], chance[data], later[data]
        here = np.eye(n)[pairs // actions]
        paid = here if reward == "state" else np.eye(n * actions)[pairs]
        kept = np.concatenate([going if reward == "state" else np.repeat(going, actions), going])
        features = np.concatenate([paid, float(mdp.discount) * later - here], axis=1)[:, kept]
        return cls(features, pairs, chance, kept, shape)

    def of_pairs(self, x: Floats) -> Floats:
        """A function of pairs at each step, ``[n]``."""
        values: Floats = x.ravel()[self.pairs]
        return values

    def weights(self, occupancy: Floats) -> Floats:
        """How often each step happens under an occupancy ``[S, A]``."""
        return self.of_pairs(occupancy) * self.chance

    def parts(self, theta: Floats) -> tuple[Floats, Floats]:
        """The reward ``[S, A]`` and the potential ``[S]``."""
        every = np.zeros(len(self.kept))
        every[self.kept] = theta
        g, h = every[: -self.shape[0]], every[-self.shape[0] :]
        return np.array(np.broadcast_to(g.reshape(self.shape[0], -1), self.shape)), h


def _fit(features: Floats, shown: Floats, seen: Floats, log_pi: Floats, theta: Floats) -> tuple[Floats, float]:
    """Least loss of a discriminator, by Newton's method from theta; directions that change nothing are left alone."""

    def loss_at(point: Floats) -> float:
        z = features @ point - log_pi
        return float((shown * np.logaddexp(0, -z) + seen * np.logaddexp(0, z)).sum())

    loss = loss_at(theta)
    for _ in range(NEWTON_STEPS):
        d = 0.5 * (1 + np.tanh((features @ theta - log_pi) / 2))
        slope = features.T @ (seen * d - shown * (1 - d))
        bend = (features.T * ((shown + seen) * d * (1 - d))) @ features
        step = -np.linalg.lstsq(bend, slope, rcond=None)[0]
        fall, size = float(slope @ step), 1.0
        if fall > -1e-16:
            break
        while loss_at(theta + size * step) > loss + 1e-4 * size * fall and size > 1e-8:
            size /= 2
        theta = theta + size * step
        loss = loss_at(theta)
    return theta, loss


def _soft_optimum(mdp: TabularMDP, f: Floats) -> Floats:
    """Logarithm of the soft-optimal policy for f; the entropy of terminal states is taken back."""
    if mdp.terminal is not None:
        f = np.where(mdp.terminal[:, None], -np.log(mdp.n_actions), f)
    best = mdp.with_rewards(f).soft_optimal(1)
    return np.asarray(best.q - best.v[:, None])


def _probabilities(log_pi: Floats) -> Floats:
    pi = np.exp(log_pi)
    return np.asarray(pi / pi.sum(axis=1, keepdims=True))
