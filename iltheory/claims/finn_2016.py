"""Finn, Christiano, Abbeel and Levine, A connection between GANs, IRL and energy-based models, 2016 (GAN-GCL).

The discriminator of whole trajectories ``D(tau) = e^f(tau) / (e^f(tau) + pi(tau))`` has the sampler's density built in.
With rewards r of steps, ``f(tau)`` is their sum plus the logarithms of the transition probabilities; these occur in
``pi(tau)``, too, and cancel in D. The normaliser is part of r. Trajectories are enumerated.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import FROM_MEMORY, Paper, Sizes, Tight, assume, claim
from iltheory.claims.identification import ball, moving
from iltheory.claims.kinds import FiniteHorizonMDP, Policy, SignedReward
from iltheory.measures import JENSEN_SHANNON, step_laws
from iltheory.measures.guided_cost import Paths, discriminator_loss, guided_cost_gradient, importance_weights
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)
TINY = Sizes(n_states=2, n_actions=2, horizon=3, strict=True)

FINN = Paper(
    "Finn, Christiano, Abbeel and Levine",
    2016,
    "A connection between generative adversarial networks, inverse reinforcement learning, and energy-based models",
    "Section 3",
    arxiv="1611.03852",
)


def _loss_and_slope(mdp: TabularMDP, expert: Any, sampler: Any, reward: Any, other: Any, gradient: Any) -> Any:
    """Loss at another reward, and what a gradient at the first one promises for it."""
    here, there = (Paths.of(mdp, expert, sampler, r) for r in (reward, other))
    promised = ar.sum(gradient(mdp, here) * (other - reward), (-3, -2, -1))
    return ar.wrap(discriminator_loss(there)), discriminator_loss(here) + promised


def _one_step() -> tuple[Any, ...]:
    """One step; the expert and the sampler play opposite actions, and the reward has still to find out."""
    mdp = moving([[0, 0]], horizon=1)
    expert, sampler = (mdp.policy(ar.asarray([row])) for row in ([1, 0], [0, 1]))
    return mdp, expert, sampler, ar.asarray([[[0, 0]]])


def _towards(other: Any) -> tuple[Any, ...]:
    return *_one_step(), ar.asarray([[other]])


def _gradient_tight() -> Tight:
    e = ar.exp(ball(1))
    return Tight(
        _towards([0, -1]),
        lhs=ar.log(1 + 1 / e),
        rhs=ar.log(ball(2)) - HALF,
        note="log(1 + 1/e) against log 2 - 1/2: the loss of the second action alone",
    )


@claim(
    id="gan-gcl",
    source=FINN,
    statement=r"L(r') \ge L(r) + \left\langle \mathbb{E}_{\mu} \left[ \frac{e^f}{\frac12 (e^f + \pi)} \nabla f "
    r"\right] - \mathbb{E}_{p_E} \nabla f,\; r' - r \right\rangle,\quad \mu = \tfrac12 (p_E + \pi)",
    status=FROM_MEMORY,
    tight=_gradient_tight,
    largest=TINY,
)
def discriminator_follows_guided_cost(
    mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy, reward: SignedReward, other: SignedReward
) -> Any:
    """The discriminator's loss has the gradient of maximum-entropy IRL with importance samples of both policies.

    ``L(r) = sum (p_E + pi) log(e^f + pi) - p_E f + const`` is convex and smooth, so the one vector that bounds it from
    below along every direction is its gradient: ``(p_E + pi) e^f / (e^f + pi) - p_E``, and ``p_E + pi = 2 mu``.
    """
    paths = Paths.of(mdp, expert, sampler, other - reward)
    assume(ar.wrap(ar.sum((paths.shown + paths.sampled) * ar.absolute(paths.total), -1)) > 0)
    there, promised = _loss_and_slope(mdp, expert, sampler, reward, other, guided_cost_gradient)
    return there >= promised


def _unweighted(mdp: TabularMDP, paths: Paths) -> Numbers:
    return step_laws(mdp, paths.sampled) - step_laws(mdp, paths.shown)


def _sampler_only(mdp: TabularMDP, paths: Paths) -> Numbers:
    return step_laws(mdp, paths.sampled * importance_weights(paths)) - step_laws(mdp, paths.shown)


@discriminator_follows_guided_cost.false_variant(
    "without importance weights", counterexample=lambda: _towards([0, Fraction(1, 8)])
)
def gradient_unweighted(
    mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy, reward: SignedReward, other: SignedReward
) -> Any:
    there, promised = _loss_and_slope(mdp, expert, sampler, reward, other, _unweighted)
    return there >= promised


@discriminator_follows_guided_cost.false_variant(
    "samples of the sampler alone", counterexample=lambda: _towards([Fraction(-1, 8), Fraction(1, 8)])
)
def gradient_sampler_only(
    mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy, reward: SignedReward, other: SignedReward
) -> Any:
    there, promised = _loss_and_slope(mdp, expert, sampler, reward, other, _sampler_only)
    return there >= promised


def _log2(like: Any) -> Numbers:
    return ar.log(ar.system_of(like).convert(2))


def _least_loss(paths: Paths) -> Numbers:
    """``2 log 2 - 2 JSD(p_E, pi)``."""
    return 2 * _log2(paths.shown) - JENSEN_SHANNON(paths.shown, paths.sampled, axes=1)


def _optimum_tight() -> Tight:
    mdp, expert, _, reward = _one_step()
    side = 2 * ar.log(ball(2))
    return Tight((mdp, expert, expert, reward), lhs=side, rhs=side, note="D = 1/2")


@claim(
    id="gan-gcl.optimum",
    source=FINN,
    statement=r"-\mathbb{E}_{p_E} \log D - \mathbb{E}_\pi \log(1 - D) \ge 2 \log 2 - "
    r"2\, \mathrm{JSD}(p_E, \pi),\quad \text{equality at } f^* = \log p_E",
    status=FROM_MEMORY,
    tight=_optimum_tight,
    largest=TINY,
)
def the_optimum_is_the_density(mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy, reward: SignedReward) -> Any:
    """The best discriminator of trajectories has the density of the expert: ``f* = log p_E``.

    Trajectory by trajectory the loss is least at ``D = p_E / (p_E + pi)``, that is ``e^f = p_E``.
    """
    paths = Paths.of(mdp, expert, sampler, reward)
    return ar.wrap(discriminator_loss(paths)) >= _least_loss(paths)


@the_optimum_is_the_density.false_variant(
    "at least 2 log 2", counterexample=lambda: (*_one_step()[:3], ar.asarray([[[1, -1]]]))
)
def at_least_two_bits(mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy, reward: SignedReward) -> Any:
    paths = Paths.of(mdp, expert, sampler, reward)
    return ar.wrap(discriminator_loss(paths)) >= 2 * _log2(paths.shown)


@the_optimum_is_the_density.false_variant(
    "half the divergence", counterexample=lambda: (*_one_step()[:3], ar.asarray([[[1, -1]]]))
)
def half_the_divergence(mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy, reward: SignedReward) -> Any:
    paths = Paths.of(mdp, expert, sampler, reward)
    return ar.wrap(discriminator_loss(paths)) >= _log2(paths.shown) + _least_loss(paths) / 2


@claim(
    id="gan-gcl.attained",
    source=FINN,
    statement=r"f = \log p_E \;\Rightarrow\; -\mathbb{E}_{p_E} \log D - \mathbb{E}_\pi \log(1 - D) = "
    r"2 \log 2 - 2\, \mathrm{JSD}(p_E, \pi)",
    status=FROM_MEMORY,
    tight=lambda: Tight((_one_step()[0], _even(), _even()), 2 * ar.log(ball(2)), 2 * ar.log(ball(2)), note="D = 1/2"),
    largest=TINY,
)
def the_density_attains_it(mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy) -> Any:
    """The reward ``log pi_E`` of steps attains the least loss, whatever the transitions.

    It sums to ``log p_E`` but for the transitions, which cancel in D. (The expert is half uniform, so that logarithms
    are finite.)
    """
    full = (expert + Fraction(1, mdp.n_actions)) / 2
    paths = Paths.of(mdp, full, sampler, ar.log(full))
    return equal(discriminator_loss(paths), _least_loss(paths))


def _even() -> Numbers:
    return ar.asarray([[[HALF, HALF]]])


def _expert_against_even() -> tuple[Any, ...]:
    mdp, expert, *_ = _one_step()
    return mdp, expert, _even()


@the_density_attains_it.false_variant("the log ratio of densities", counterexample=_expert_against_even)
def the_ratio_attains_it(mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy) -> Any:
    full = (expert + Fraction(1, mdp.n_actions)) / 2
    paths = Paths.of(mdp, full, sampler, ar.log(full) - ar.log((sampler + Fraction(1, mdp.n_actions)) / 2))
    return equal(discriminator_loss(paths), _least_loss(paths))


@the_density_attains_it.false_variant("the sampler's density", counterexample=_expert_against_even)
def the_sampler_attains_it(mdp: FiniteHorizonMDP, expert: Policy, sampler: Policy) -> Any:
    full = (expert + Fraction(1, mdp.n_actions)) / 2
    paths = Paths.of(mdp, full, sampler, ar.log((sampler + Fraction(1, mdp.n_actions)) / 2))
    return equal(discriminator_loss(paths), _least_loss(paths))
