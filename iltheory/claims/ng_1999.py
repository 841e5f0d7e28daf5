"""Ng, Harada and Russell, Policy invariance under reward transformations, ICML 1999: potential shaping.

Shaping by a potential ``Phi`` adds ``gamma Phi(s') - Phi(s)`` to the reward; as a function of the state and the action
that is ``gamma E Phi(s') - Phi(s)``. The soft version, and its failure where episodes end, are folklore.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Tight, claim
from iltheory.claims.identification import SMALL, moving, spread, staying, with_transitions
from iltheory.claims.kinds import DiscountedMDP, FiniteHorizonMDP, Policy, SignedReward, StateFunction, Temperature
from iltheory.measures import (
    gamma,
    l1_norm,
    next_state_shaping,
    optimal_v,
    optimal_value,
    quantity,
    shaped,
    shaping,
    value,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)


def ng(theorem: str = "Theorem 1") -> Paper:
    """A theorem of the paper."""
    title = "Policy invariance under reward transformations: theory and application to reward shaping"
    return Paper("Ng, Harada and Russell", 1999, title, theorem)


def _optimal_q(mdp: TabularMDP) -> Numbers:
    return mdp.backup(optimal_v(mdp))


def _open(mdp: TabularMDP, potential: Numbers) -> Numbers:
    """The potential, but 0 in terminal states, where an episode has ended."""
    return potential if mdp.terminal is None else ar.where(mdp.terminal, 0, potential)


@quantity
def _at_start(mdp: TabularMDP, f: Numbers) -> Numbers:
    """``E_mu f``; of the first step if the horizon is finite."""
    return ar.sum(mdp.mu * (f if mdp.horizon is None else f[..., 0, :]), -1)


def _swap(**end: Any) -> TabularMDP:
    """Two states; the action names the next one, and staying in the first pays 1."""
    return moving([[0, 1], [0, 1]], [[1, 0], [0, 0]], **end)


def _swap_with_potential(*more: Any) -> tuple[Any, ...]:
    return _swap(discount=HALF), ar.asarray([0, 1]), *more


@claim(
    id="ng-1999-shaping",
    source=ng(),
    statement=r"r'(s,a) = r(s,a) + \gamma \mathbb{E}_{s'} \Phi(s') - \Phi(s) \;\Rightarrow\; "
    r"\sum_{s,a} |Q^*_{r'}(s,a) - Q^*_r(s,a) + \Phi(s)| = 0",
    status=FROM_MEMORY,
    tight=lambda: Tight(_swap_with_potential(), 0, 0, note="an equality"),
    largest=SMALL,
)
def same_optimal_actions(mdp: DiscountedMDP, potential: StateFunction) -> Any:
    """Shaping lowers the optimal values of all actions of a state by its potential, so it keeps the optimal policies.

    ``Q* - Phi`` solves the Bellman optimality equation of the shaped reward: ``r + gamma E Phi(s') - Phi(s) +
    gamma E max (Q*(s', .) - Phi(s')) = Q* - Phi``; the solution is unique.
    """
    potential = _open(mdp, potential)
    difference = _optimal_q(shaped(mdp, potential)) - _optimal_q(mdp) + potential[..., None]
    return equal(l1_norm(difference, axes=2), 0)


@same_optimal_actions.false_variant("undiscounted next potential", counterexample=_swap_with_potential)
def undiscounted_shaping(mdp: DiscountedMDP, potential: StateFunction) -> Any:
    added = mdp.transitions.expect(potential) - potential[..., None]
    changed = mdp.with_rewards(mdp.rewards() + added)
    return equal(l1_norm(_optimal_q(changed) - _optimal_q(mdp) + potential[..., None], axes=2), 0)


@same_optimal_actions.false_variant("wrong sign", counterexample=_swap_with_potential)
def shaping_raises(mdp: DiscountedMDP, potential: StateFunction) -> Any:
    difference = _optimal_q(shaped(mdp, potential)) - _optimal_q(mdp) - potential[..., None]
    return equal(l1_norm(difference, axes=2), 0)


@claim(
    id="ng-1999-shaping.soft",
    source=ng(),
    statement=r"\sum_{s,a} |Q^\tau_{r'}(s,a) - Q^\tau_r(s,a) + \Phi(s)| = 0,\quad "
    r"r'(s,a) = r(s,a) + \gamma \mathbb{E}_{s'} \Phi(s') - \Phi(s)",
    status=DERIVED_HERE,
    tight=lambda: Tight(_swap_with_potential(1), 0, 0, note="an equality"),
    largest=SMALL,
)
def same_soft_actions(mdp: DiscountedMDP, potential: StateFunction, temperature: Temperature) -> Any:
    """Shaping lowers the soft values of all actions of a state by its potential, and keeps the soft-optimal policy.

    As for optimal values, with ``tau log sum exp(. / tau)``, which commutes with constants as the maximum does.
    """
    potential = _open(mdp, potential)
    soft, before = shaped(mdp, potential).soft_optimal(temperature), mdp.soft_optimal(temperature)
    return equal(l1_norm(soft.q - before.q + potential[..., None], axes=2), 0)


@same_soft_actions.false_variant(
    "potential in units of the temperature", counterexample=lambda: _swap_with_potential(2)
)
def soft_with_temperature(mdp: DiscountedMDP, potential: StateFunction, temperature: Temperature) -> Any:
    soft, before = shaped(mdp, potential).soft_optimal(temperature), mdp.soft_optimal(temperature)
    lowered = temperature[..., None, None] * potential[..., None]
    return equal(l1_norm(soft.q - before.q + lowered, axes=2), 0)


@same_soft_actions.false_variant("undiscounted next potential", counterexample=lambda: _swap_with_potential(1))
def soft_undiscounted(mdp: DiscountedMDP, potential: StateFunction, temperature: Temperature) -> Any:
    added = mdp.transitions.expect(potential) - potential[..., None]
    soft, before = (m.soft_optimal(temperature) for m in (mdp.with_rewards(mdp.rewards() + added), mdp))
    return equal(l1_norm(soft.q - before.q + potential[..., None], axes=2), 0)


def _staying_pair() -> tuple[Any, ...]:
    """Both states are stayed in: shaping by (0, 1) loses 1/2, the mean potential."""
    return _swap(discount=HALF), ar.asarray([[1, 0], [0, 1]]), ar.asarray([0, 1])


@claim(
    id="ng-1999-shaping.return",
    source=ng(),
    statement=r"J_{r'}(\pi) = J_r(\pi) - \mathbb{E}_{s\sim\mu} \Phi(s)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_staying_pair(), lhs=HALF, rhs=HALF, note="1 - 1/2"),
)
def every_policy_loses_the_same(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    """Shaping costs every policy the mean potential of the first state.

    The sum of ``gamma^t (gamma Phi(s_{t+1}) - Phi(s_t))`` telescopes to ``-Phi(s_0)``.
    """
    potential = _open(mdp, potential)
    return equal(value(shaped(mdp, potential), pi), value(mdp, pi) - _at_start(mdp, potential))


@every_policy_loses_the_same.false_variant("normalised", counterexample=_staying_pair)
def return_normalised(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    return equal(value(shaped(mdp, potential), pi), value(mdp, pi) - (1 - gamma(mdp)) * _at_start(mdp, potential))


@every_policy_loses_the_same.false_variant("nothing is lost", counterexample=_staying_pair)
def return_unchanged(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    return equal(value(shaped(mdp, potential), pi), value(mdp, pi))


def _twice() -> tuple[Any, ...]:
    mdp = _swap(horizon=2)
    return mdp, mdp.policy(ar.asarray([[1, 0], [0, 1]])), ar.asarray([[0, 1], [HALF, 1]])


@claim(
    id="ng-1999-shaping.finite",
    source=ng(),
    statement=r"J_{r'}(\pi) = J_r(\pi) - \mathbb{E}_{s\sim\mu} \Phi_1(s),\quad "
    r"r'_h(s,a) = r_h(s,a) + \mathbb{E}_{s'} \Phi_{h+1}(s') - \Phi_h(s),\quad \Phi_{H+1} = 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(_twice(), lhs=HALF, rhs=HALF, note="1 - 1/2"),
)
def every_policy_loses_the_same_finite(mdp: FiniteHorizonMDP, pi: Policy, potential: StateFunction) -> Any:
    """With a horizon the potential may vary with the step, and is 0 after the last one.

    ``sum_h Phi_{h+1}(s_{h+1}) - Phi_h(s_h)`` telescopes to ``-Phi_1(s_1)``.
    """
    potential = _open(mdp, potential)
    return equal(value(shaped(mdp, potential), pi), value(mdp, pi) - _at_start(mdp, potential))


@every_policy_loses_the_same_finite.false_variant("the last potential is paid back", counterexample=_twice)
def finite_paid_back(mdp: FiniteHorizonMDP, pi: Policy, potential: StateFunction) -> Any:
    back = ar.sum(mdp.state_occupancy(pi)[..., -1, :] * potential[..., -1, :], -1)
    return equal(value(shaped(mdp, potential), pi), value(mdp, pi) - _at_start(mdp, potential) + back)


@every_policy_loses_the_same_finite.false_variant("a mean over steps", counterexample=_twice)
def finite_mean(mdp: FiniteHorizonMDP, pi: Policy, potential: StateFunction) -> Any:
    lost = ar.sum(ar.sum(mdp.mu[..., None, :] * potential, -1), -1) / potential.shape[-2]
    return equal(value(shaped(mdp, potential), pi), value(mdp, pi) - lost)


@claim(
    id="ng-1999-shaping.next-state",
    source=ng(),
    statement=r"r'(s,a,s') = r(s,a) + \gamma \Phi(s') - \Phi(s) \;\Rightarrow\; "
    r"J_{r'}(\pi) = J_r(\pi) - \mathbb{E}_{s\sim\mu} \Phi(s)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_staying_pair(), lhs=HALF, rhs=HALF, note="1 - 1/2"),
    largest=SMALL,
)
def next_state_rewards(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    """Shaping may be paid when the next state is seen, as in the paper.

    A reward of the next state is worth its expectation to every policy.
    """
    potential = _open(mdp, potential)
    changed = _paying(mdp, mdp.rewards()[..., None] + next_state_shaping(mdp, potential))
    return equal(value(changed, pi), value(mdp, pi) - _at_start(mdp, potential))


def _paying(mdp: TabularMDP, rewards: Numbers) -> TabularMDP:
    """The same model with rewards ``[..., S, A, S]`` of the next state."""
    return TabularMDP(mdp.P, rewards, mdp.mu, discount=mdp.discount, batch_axes=rewards.ndim - 3)


@next_state_rewards.false_variant("wrong sign", counterexample=_staying_pair)
def next_state_sign(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    changed = _paying(mdp, mdp.rewards()[..., None] - next_state_shaping(mdp, potential))
    return equal(value(changed, pi), value(mdp, pi) - _at_start(mdp, potential))


@next_state_rewards.false_variant("only the next potential", counterexample=_staying_pair)
def next_state_only(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    changed = _paying(mdp, mdp.rewards()[..., None] + next_state_shaping(mdp, potential) + potential[..., None, None])
    return equal(value(changed, pi), value(mdp, pi) - _at_start(mdp, potential))


# Necessity.


def _bonus() -> tuple[Any, ...]:
    return _swap(discount=HALF), ar.asarray([[1, 0], [0, 0]])


@claim(
    id="ng-1999-shaping.necessary",
    source=ng(),
    statement=r"\max_{\pi^* : J_{r+F}(\pi^*) = J^*_{r+F}} \left( J^*_r - J_r(\pi^*) \right) = \frac{1}{1-\gamma} "
    r"\mathbb{E}_{s\sim\mu} \left[ \max_a F(s,a) - \min_a F(s,a) \right],\quad r = -F,\; P(s|s,a) = 1",
    status=DERIVED_HERE,
    tight=lambda: Tight(_bonus(), lhs=1, rhs=1, note="2 in one of two states"),
    largest=SMALL,
)
def action_bonuses_mislead(mdp: DiscountedMDP, bonus: SignedReward) -> Any:
    """A bonus F(s, a) that keeps the optimal policies of all models and rewards cannot depend on the action.

    Where every action stays and ``r = -F``, every policy is optimal for ``r + F = 0``; the worst one takes the
    largest bonus for ever. (A bonus of the state alone that keeps them in all models is constant, by theorem 5.1 of
    Fu, Luo and Levine 2018: dynamics in which the actions of a state lead everywhere.)
    """
    model = staying(mdp)
    lost = optimal_value(model.with_rewards(-bonus)) + optimal_value(model.with_rewards(bonus))
    return equal(lost, ar.sum(mdp.mu * spread(bonus), -1) / (1 - gamma(mdp)))


@action_bonuses_mislead.false_variant("bonuses are harmless", counterexample=_bonus)
def bonuses_harmless(mdp: DiscountedMDP, bonus: SignedReward) -> Any:
    model = staying(mdp)
    return equal(optimal_value(model.with_rewards(-bonus)) + optimal_value(model.with_rewards(bonus)), 0)


@action_bonuses_mislead.false_variant("once", counterexample=_bonus)
def bonuses_once(mdp: DiscountedMDP, bonus: SignedReward) -> Any:
    model = staying(mdp)
    lost = optimal_value(model.with_rewards(-bonus)) + optimal_value(model.with_rewards(bonus))
    return equal(lost, ar.sum(mdp.mu * spread(bonus), -1))


# Where episodes end.


def _episodic(mdp: TabularMDP) -> TabularMDP:
    """The model whose last state ends the episode: it absorbs, and pays nothing."""
    last = np.arange(mdp.n_states) == mdp.n_states - 1
    ended = with_transitions(mdp, ar.where(last[:, None, None], last.astype(np.int64), mdp.P))
    return ended.with_rewards(_until_the_end(mdp.rewards()))


def _until_the_end(rewards: Numbers) -> Numbers:
    last = np.arange(rewards.shape[-2]) == rewards.shape[-2] - 1
    return ar.where(last[:, None], 0, rewards)


def _shaped_until_the_end(episodes: TabularMDP, potential: Numbers) -> TabularMDP:
    return episodes.with_rewards(episodes.rewards() + _until_the_end(shaping(episodes, potential)))


def _stay_or_end() -> tuple[Any, ...]:
    """Staying pays 1/8 a step; ending pays nothing, but its potential is 1."""
    mdp = moving([[0, 1], [1, 1]], [[Fraction(1, 8), 0], [0, 0]], discount=HALF)
    return mdp, ar.asarray([[0, 1], [1, 0]]), ar.asarray([0, 1])


@claim(
    id="ng-1999-shaping.terminal",
    source=ng(),
    statement=r"J_{r'}(\pi) = J_r(\pi) - \mathbb{E}_{s\sim\mu} \Phi(s) + d^\pi(z) \Phi(z),\quad "
    r"d^\pi(z) = \mathbb{E} \gamma^{T_z}",
    status=DERIVED_HERE,
    tight=lambda: Tight(_stay_or_end(), lhs=Fraction(1, 4), rhs=Fraction(1, 4), note="0 - 1/2 + 3/4"),
    largest=SMALL,
)
def ends_are_paid_for(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    """Shaping that stops with the episode pays for ending it, unless the potential of the end z is 0.

    Going on for ever it would telescope to ``-E_mu Phi``; the steps spent in z, ``d(z) / (1 - gamma)`` of them, would
    pay ``(gamma - 1) Phi(z)`` each, and do not.
    """
    episodes = _episodic(mdp)
    bonus = episodes.state_occupancy(pi)[..., -1] * potential[..., -1]
    changed = _shaped_until_the_end(episodes, potential)
    return equal(value(changed, pi), value(episodes, pi) - _at_start(mdp, potential) + bonus)


@ends_are_paid_for.false_variant("the potential of the end does not matter", counterexample=_stay_or_end)
def ends_are_free(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    episodes = _episodic(mdp)
    changed = _shaped_until_the_end(episodes, potential)
    return equal(value(changed, pi), value(episodes, pi) - _at_start(mdp, potential))


@ends_are_paid_for.false_variant("optimal policies stay optimal", counterexample=_stay_or_end)
def ends_keep_optimal_policies(mdp: DiscountedMDP, pi: Policy, potential: StateFunction) -> Any:
    episodes = _episodic(mdp)
    best = _shaped_until_the_end(episodes, potential).optimal_policy()
    return equal(value(episodes, best), optimal_value(episodes))
