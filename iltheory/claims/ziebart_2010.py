"""Ziebart, Bagnell and Dey 2010: inverse reinforcement learning by maximum causal entropy, and its dual.

The reward is linear in features, ``r = theta . f``; ``pi_theta`` is its soft optimum at temperature 1. Expectations
are means over steps (with a discount: under normalised occupancies), and so are entropies and values: ``g(theta) =
V_theta - theta . f_E`` with ``V_theta`` the soft value over H, or times ``1 - gamma``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from iltheory.claims import drawing, kinds
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.domains import Box
from iltheory.claims.kinds import ArrayKind, DiscountedMDP, FiniteHorizonMDP, Instance, Policy, RewardKind
from iltheory.claims.occupancy import HALF
from iltheory.measures import (
    average,
    causal_entropy,
    gamma,
    kl_divergence,
    per_step,
    quantity,
    soft_optimal_value,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray, equal

EXACT = Sizes(strict=True)
"""For equalities with logarithms, which only balls can try."""


@dataclass(frozen=True)
class WeightKind(ArrayKind):
    """A number in [-4, 4]."""

    most: int = 4

    def __str__(self) -> str:
        return f"number in [-{self.most}, {self.most}]"

    @property
    def domain(self) -> Box:
        """An interval around 0."""
        return Box(-self.most, self.most)

    def core(self, before: Instance) -> tuple[int, ...]:
        """No axes."""
        return ()

    def draw(self, rng: np.random.Generator, scale: drawing.Scale, before: Instance) -> RationalArray:
        """Multiples of ``2**-10``, a third of them on the ends."""
        return drawing.units(rng, (scale.size,), -self.most, self.most)

    def check(self, name: str, value: Any, before: Instance) -> Numbers:
        """Read a number."""
        return kinds.check_range(name, super().check(name, value, before), -self.most, self.most)


Features = Annotated[tuple[Any, ...], kinds.Sequence(RewardKind(low=-1, stationary=True))]
"""Some functions of state and action with values in [-1, 1]."""
Weight = Annotated[Any, WeightKind()]
"""A number in [-4, 4]."""
Weights = Annotated[tuple[Any, ...], kinds.Sequence(WeightKind())]
"""A weight in [-4, 4] for each feature."""


def ziebart(theorem: str) -> Paper:
    """A theorem of the paper."""
    title = "Modeling interaction via the principle of maximum causal entropy"
    return Paper("Ziebart, Bagnell and Dey", 2010, title, theorem)


def rewarded(mdp: TabularMDP, features: Sequence[Numbers], theta: Sequence[Any]) -> TabularMDP:
    """The model with rewards ``theta . f``."""
    axes = (None, None) if mdp.horizon is None else (None, None, None)
    r = sum(weight[(..., *axes)] * f for weight, f in zip(theta, features, strict=True))
    return mdp.with_rewards(r)


def collected(mdp: TabularMDP, pi: Numbers, features: Sequence[Numbers], theta: Sequence[Any]) -> Any:
    """``theta . E_pi f``, a mean over steps."""
    return per_step(mdp, rewarded(mdp, features, theta).value(pi))


@quantity
def dual(mdp: TabularMDP, expert: Numbers, features: Sequence[Numbers], theta: Sequence[Any]) -> Any:
    """``g(theta)``."""
    value = soft_optimal_value(rewarded(mdp, features, theta), 1)
    return per_step(mdp, value) - collected(mdp, expert, features, theta)


def mean_entropy(mdp: TabularMDP, pi: Numbers) -> Any:
    """Causal entropy, a mean over steps."""
    return per_step(mdp, causal_entropy(mdp, pi))


def soft_policy(mdp: TabularMDP, features: Sequence[Numbers], theta: Sequence[Any]) -> Numbers:
    """``pi_theta``."""
    return rewarded(mdp, features, theta).soft_optimal(1).policy


@quantity
def surprise(mdp: TabularMDP, pi: Numbers, features: Sequence[Numbers], theta: Sequence[Any]) -> Any:
    """``E_pi[-log pi_theta]``, a mean over steps."""
    best = rewarded(mdp, features, theta).soft_optimal(1)
    return average(mdp, 1, ar.sum(mdp.occupancy(pi) * (best.v[..., None] - best.q), -1))


@quantity
def divergence(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Any:
    """``E_{d^pi} KL(pi || other)``, a mean over steps."""
    return average(mdp, mdp.state_occupancy(pi), kl_divergence(mdp.policy(pi), mdp.policy(other)))


def plus(theta: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    """Sum of weights."""
    return [a + b for a, b in zip(theta, other, strict=True)]


def minus(theta: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    """Difference of weights."""
    return [a - b for a, b in zip(theta, other, strict=True)]


def takes_everything(pi: Numbers) -> Any:
    """Whether a policy takes every action in every state (and step)."""
    least = ar.amin(ar.amin(pi, -1), -1)
    return ar.wrap(least) > 0


# Instances.


def undecided(*weights: Any, features: Any = ((1, 0),), **end: Any) -> tuple[Any, ...]:
    """One state, two actions, the uniform policy, one feature of the action, and weights of it, one a vector."""
    mdp = TabularMDP([[[1], [1]]], [[0, 0]], [1], **end)
    steps = () if mdp.horizon is None else (mdp.horizon,)
    uniform = ar.broadcast_to(ar.asarray([[HALF, HALF]]), (*steps, 1, 2))
    shown = tuple(ar.asarray(f)[None] if mdp.horizon is None else ar.asarray(f)[None, None] for f in features)
    return mdp, uniform, shown, *((ar.asarray(weight),) for weight in weights)


def without_policy(instance: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same instance without its policy."""
    mdp, _, *rest = instance
    return mdp, *rest


def log_ball(x: Any) -> Any:
    """Natural logarithm, to 512 bits."""
    return ar.log(ar.convert(x, "ball", bits=512))


def exp_ball(x: Any) -> Any:
    """Exponential, to 512 bits."""
    return ar.exp(ar.convert(x, "ball", bits=512))


LOG_2 = "the uniform policy is the soft optimum of 0: log 2"


# Duality.


@claim(
    id="mce-duality",
    source=ziebart("Theorem 2"),
    statement=r"\bar H(\pi_E) \le g(\theta) = (1-\gamma)\,\mathbb{E}_\mu V_\theta - \theta^\top f_E \quad "
    r"\forall \theta",
    status=FROM_MEMORY,
    tight=lambda: Tight(undecided(0, discount=HALF), lhs=log_ball(2), rhs=log_ball(2), note=LOG_2),
)
def weak_duality(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    """Every weight of the features bounds the causal entropy of every policy with these features.

    ``V_theta`` is the largest of ``E_pi[theta . f] + H(pi)`` over policies, and the expert is one of them.
    """
    return mean_entropy(mdp, expert) <= dual(mdp, expert, features, theta)


@weak_duality.false_variant(
    "the optimal value in place of the soft one", counterexample=lambda: undecided(0, discount=HALF)
)
def weak_duality_hard(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    best = per_step(mdp, rewarded(mdp, features, theta).optimal_value())
    return mean_entropy(mdp, expert) <= ar.wrap(best - collected(mdp, expert, features, theta))


@weak_duality.false_variant(
    "planning without the discount's share", counterexample=lambda: undecided(-2, features=((1, 1),), discount=HALF)
)
def weak_duality_unnormalised(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    value = soft_optimal_value(rewarded(mdp, features, theta), 1)
    return mean_entropy(mdp, expert) <= value - collected(mdp, expert, features, theta)


@claim(
    id="mce-duality.finite",
    source=ziebart("Theorem 2"),
    statement=r"\bar H(\pi_E) \le g(\theta) = \tfrac1H \mathbb{E}_\mu V_{\theta,1} - \theta^\top f_E \quad "
    r"\forall \theta",
    status=FROM_MEMORY,
    tight=lambda: Tight(undecided(0, horizon=3), lhs=log_ball(2), rhs=log_ball(2), note=LOG_2),
)
def weak_duality_finite(mdp: FiniteHorizonMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    """Every weight of the features bounds the causal entropy of every policy with these features.

    As with a discount.
    """
    return mean_entropy(mdp, expert) <= dual(mdp, expert, features, theta)


@weak_duality_finite.false_variant(
    "the optimal value in place of the soft one", counterexample=lambda: undecided(0, horizon=1)
)
def weak_duality_finite_hard(mdp: FiniteHorizonMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    best = per_step(mdp, rewarded(mdp, features, theta).optimal_value())
    return mean_entropy(mdp, expert) <= ar.wrap(best - collected(mdp, expert, features, theta))


@weak_duality_finite.false_variant(
    "the last step counted twice", counterexample=lambda: undecided(2, features=((1, 1),), horizon=1)
)
def weak_duality_one_more(mdp: FiniteHorizonMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    last = mdp.occupancy(expert)[..., -1:, :, :] * rewarded(mdp, features, theta).rewards()
    return mean_entropy(mdp, expert) <= dual(mdp, expert, features, theta) - average(mdp, 1, ar.sum(last, -1))


def _tilted_entropy() -> Any:
    """Entropy of the law proportional to (e, 1): ``log(1 + e) - e / (1 + e)``."""
    e = exp_ball(1)
    return ar.log(1 + e) - e / (1 + e)


@claim(
    id="mce-duality.strong",
    source=ziebart("Theorem 2"),
    statement=r"f_E = \mathbb{E}_{\pi_\theta} f \implies \bar H(\pi_\theta) = g(\theta)",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        without_policy(undecided(1, discount=HALF)), lhs=_tilted_entropy(), rhs=_tilted_entropy(), note="softmax(1, 0)"
    ),
    largest=EXACT,
)
def strong_duality(mdp: DiscountedMDP, features: Features, theta: Weights) -> Any:
    """Where the soft optimum has the features of the expert, the bound is attained: no duality gap.

    ``V_theta = E_pi_theta[theta . f] + H(pi_theta)`` for the soft optimum itself.
    """
    best = soft_policy(mdp, features, theta)
    return equal(mean_entropy(mdp, best), dual(mdp, best, features, theta))


@strong_duality.false_variant(
    "the uniform policy in place of the soft optimum",
    counterexample=lambda: without_policy(undecided(1, discount=HALF)),
)
def strong_duality_uniform(mdp: DiscountedMDP, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, [0 * weight for weight in theta])
    return equal(mean_entropy(mdp, best), dual(mdp, best, features, theta))


@strong_duality.false_variant("not normalised", counterexample=lambda: without_policy(undecided(1, discount=HALF)))
def strong_duality_unnormalised(mdp: DiscountedMDP, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, theta)
    return equal(causal_entropy(mdp, best), dual(mdp, best, features, theta))


@claim(
    id="mce-duality.strong-finite",
    source=ziebart("Theorem 2"),
    statement=r"f_E = \mathbb{E}_{\pi_\theta} f \implies \bar H(\pi_\theta) = g(\theta)",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        without_policy(undecided(1, horizon=2)), lhs=_tilted_entropy(), rhs=_tilted_entropy(), note="softmax(1, 0)"
    ),
    largest=EXACT,
)
def strong_duality_finite(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    """Where the soft optimum has the features of the expert, the bound is attained: no duality gap.

    As with a discount.
    """
    best = soft_policy(mdp, features, theta)
    return equal(mean_entropy(mdp, best), dual(mdp, best, features, theta))


@strong_duality_finite.false_variant(
    "the uniform policy in place of the soft optimum",
    counterexample=lambda: without_policy(undecided(1, horizon=1)),
)
def strong_duality_finite_uniform(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, [0 * weight for weight in theta])
    return equal(mean_entropy(mdp, best), dual(mdp, best, features, theta))


@strong_duality_finite.false_variant(
    "the optimal policy in place of the soft one", counterexample=lambda: without_policy(undecided(1, horizon=1))
)
def strong_duality_finite_hard(mdp: FiniteHorizonMDP, features: Features, theta: Weights) -> Any:
    best = rewarded(mdp, features, theta).optimal_policy()
    return equal(mean_entropy(mdp, best), dual(mdp, best, features, theta))


def logistic() -> Any:
    """What the uniform law pays to the law proportional to (e, 1): ``log(1 + e) - 1/2``."""
    return log_ball(1 + exp_ball(1)) - HALF


@claim(
    id="mce-duality.likelihood",
    source=ziebart("Theorem 3"),
    statement=r"g(\theta) = \mathbb{E}_{(s,a)\sim d^{\pi_E}} [-\log \pi_\theta(a|s)]",
    status=FROM_MEMORY,
    tight=lambda: Tight(undecided(1, discount=HALF), lhs=logistic(), rhs=logistic(), note="log(1 + e) - 1/2"),
    largest=EXACT,
)
def likelihood(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    """The dual is the expected negative log likelihood of the expert's actions: matching features is fitting.

    ``log pi_theta = theta . f + gamma P V - V``; the expectation of ``V - gamma P V`` telescopes.
    """
    return equal(dual(mdp, expert, features, theta), surprise(mdp, expert, features, theta))


@likelihood.false_variant("under the learner", counterexample=lambda: undecided(1, discount=HALF))
def likelihood_learner(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, theta)
    return equal(dual(mdp, expert, features, theta), surprise(mdp, best, features, theta))


@likelihood.false_variant("a sum over steps", counterexample=lambda: undecided(1, discount=HALF))
def likelihood_total(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    return equal(dual(mdp, expert, features, theta), surprise(mdp, expert, features, theta) / (1 - gamma(mdp)))


@claim(
    id="mce-duality.likelihood-finite",
    source=ziebart("Theorem 3"),
    statement=r"g(\theta) = \tfrac1H \sum_{h=1}^H \mathbb{E}_{(s,a)\sim d_h^{\pi_E}} [-\log \pi_{\theta,h}(a|s)]",
    status=FROM_MEMORY,
    tight=lambda: Tight(undecided(1, horizon=3), lhs=logistic(), rhs=logistic(), note="log(1 + e) - 1/2"),
    largest=EXACT,
)
def likelihood_finite(mdp: FiniteHorizonMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    """The dual is the expected negative log likelihood of the expert's actions: matching features is fitting.

    As with a discount.
    """
    return equal(dual(mdp, expert, features, theta), surprise(mdp, expert, features, theta))


@likelihood_finite.false_variant("under the learner", counterexample=lambda: undecided(1, horizon=1))
def likelihood_finite_learner(mdp: FiniteHorizonMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, theta)
    return equal(dual(mdp, expert, features, theta), surprise(mdp, best, features, theta))


@likelihood_finite.false_variant("the entropy of the expert", counterexample=lambda: undecided(1, horizon=1))
def likelihood_finite_entropy(mdp: FiniteHorizonMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    return equal(dual(mdp, expert, features, theta), mean_entropy(mdp, expert))


def _logistic_gap() -> Any:
    return logistic() - log_ball(2)


@claim(
    id="mce-duality.gap",
    source=ziebart("Theorem 3"),
    statement=r"g(\theta) - \bar H(\pi_E) = \mathbb{E}_{s\sim d^{\pi_E}} \mathrm{KL}(\pi_E(\cdot|s) \,\|\, "
    r"\pi_\theta(\cdot|s))",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        undecided(1, discount=HALF), lhs=_logistic_gap(), rhs=_logistic_gap(), note="log(1 + e) - 1/2 - log 2"
    ),
    largest=EXACT,
)
def duality_gap(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    """The duality gap is the divergence of the expert from the soft optimum, where the expert goes.

    The likelihood form minus the entropy. So weak duality is strict unless they agree there.
    """
    gap = dual(mdp, expert, features, theta) - mean_entropy(mdp, expert)
    return equal(gap, divergence(mdp, expert, soft_policy(mdp, features, theta)))


@duality_gap.false_variant("divergence the wrong way round", counterexample=lambda: undecided(1, discount=HALF))
def duality_gap_reversed(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    best = soft_policy(mdp, features, theta)
    return equal(dual(mdp, expert, features, theta) - mean_entropy(mdp, expert), divergence(mdp, best, expert))


@duality_gap.false_variant("no gap", counterexample=lambda: undecided(1, discount=HALF))
def duality_gap_none(mdp: DiscountedMDP, expert: Policy, features: Features, theta: Weights) -> Any:
    return equal(dual(mdp, expert, features, theta) - mean_entropy(mdp, expert), 0)
