"""Cao, Cohen and Szpruch, Identifiability in inverse reinforcement learning, NeurIPS 2021.

Which rewards of pairs have a given soft-optimal policy, and how far two environments narrow them down.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Tight, assume, claim
from iltheory.claims.fu_2018 import free_choice, largest_log_odds, two_cycle
from iltheory.claims.identification import SMALL, flat, moving, spread
from iltheory.claims.kinds import DiscountedMDP, Policy, Reward, StateFunction, Temperature, UnitInterval
from iltheory.measures import (
    gamma,
    l1_norm,
    reward_ambiguity,
    shaping,
    state_reward_ambiguity,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)


def cao(theorem: str) -> Paper:
    """A theorem of the paper."""
    return Paper(
        "Cao, Cohen and Szpruch", 2021, "Identifiability in inverse reinforcement learning", theorem, "2106.03498"
    )


def explaining(mdp: TabularMDP, pi: Any, v: Any, temperature: Any) -> tuple[TabularMDP, Numbers]:
    """The model paying ``tau log pi + v - gamma E v``, with pi made half uniform, and that policy."""
    pi = (pi + Fraction(1, mdp.n_actions)) / 2
    return mdp.with_rewards(temperature[..., None, None] * ar.log(pi) - shaping(mdp, v)), pi


def _fair() -> tuple[Any, ...]:
    return free_choice(), ar.asarray([[1, 0], [HALF, HALF]]), ar.asarray([0, 1]), 2


@claim(
    id="cao-2021-characterisation",
    source=cao("Theorem 1"),
    statement=r"r(s,a) = \tau \log \pi(a|s) + v(s) - \gamma \mathbb{E}_{s'} v(s') \;\Rightarrow\; "
    r"\sum_{s,a} |\pi^\tau_r(a|s) - \pi(a|s)| + \sum_s |V^\tau_r(s) - v(s)| = 0",
    status=FROM_MEMORY,
    tight=lambda: Tight(_fair(), 0, 0, note="an equality"),
    largest=SMALL,
)
def every_value_explains(mdp: DiscountedMDP, pi: Policy, v: StateFunction, temperature: Temperature) -> Any:
    """Whatever v, some reward has the policy pi of full support, and v as its soft value.

    ``tau log sum_a exp((r + gamma E v) / tau) = tau log sum_a pi exp(v / tau) = v``: v solves the soft Bellman
    equation, and ``exp((q - v) / tau) = pi``.
    """
    model, pi = explaining(mdp, pi, v, temperature)
    soft = model.soft_optimal(temperature)
    return equal(l1_norm(soft.policy - pi, axes=2) + l1_norm(soft.v - v, axes=1), 0)


@every_value_explains.false_variant("without the temperature", counterexample=_fair)
def explains_without_temperature(mdp: DiscountedMDP, pi: Policy, v: StateFunction, temperature: Temperature) -> Any:
    model, pi = explaining(mdp, pi, v, 0 * temperature + 1)
    soft = model.soft_optimal(temperature)
    return equal(l1_norm(soft.policy - pi, axes=2) + l1_norm(soft.v - v, axes=1), 0)


@every_value_explains.false_variant("wrong sign", counterexample=_fair)
def explains_with_wrong_sign(mdp: DiscountedMDP, pi: Policy, v: StateFunction, temperature: Temperature) -> Any:
    model, pi = explaining(mdp, pi, -v, temperature)
    soft = model.soft_optimal(temperature)
    return equal(l1_norm(soft.policy - pi, axes=2) + l1_norm(soft.v - v, axes=1), 0)


def _paid_twice() -> tuple[Any, ...]:
    return free_choice().with_rewards([[1, 0], [0, 0]]), 2


@claim(
    id="cao-2021-characterisation.necessary",
    source=cao("Theorem 1"),
    statement=r"\sum_{s,a} \left| r(s,a) - \tau \log \pi^\tau_r(a|s) - V^\tau_r(s) + \gamma \mathbb{E}_{s'} "
    r"V^\tau_r(s') \right| = 0",
    status=FROM_MEMORY,
    tight=lambda: Tight(_paid_twice(), 0, 0, note="an equality"),
    largest=SMALL,
)
def every_reward_is_explained(mdp: DiscountedMDP, temperature: Temperature) -> Any:
    """Every reward is of that form, with its own policy and soft value.

    ``tau log pi = Q - V`` and ``Q = r + gamma E V``.
    """
    soft = mdp.soft_optimal(temperature)
    form = temperature[..., None, None] * ar.log(soft.policy) - shaping(mdp, soft.v)
    return equal(l1_norm(mdp.rewards() - form, axes=2), 0)


@every_reward_is_explained.false_variant("without the temperature", counterexample=_paid_twice)
def explained_without_temperature(mdp: DiscountedMDP, temperature: Temperature) -> Any:
    soft = mdp.soft_optimal(temperature)
    return equal(l1_norm(mdp.rewards() - ar.log(soft.policy) + shaping(mdp, soft.v), axes=2), 0)


@every_reward_is_explained.false_variant("without values", counterexample=_paid_twice)
def explained_by_the_policy(mdp: DiscountedMDP, temperature: Temperature) -> Any:
    soft = mdp.soft_optimal(temperature)
    return equal(l1_norm(mdp.rewards() - temperature[..., None, None] * ar.log(soft.policy), axes=2), 0)


@claim(
    id="cao-2021-characterisation.dimension",
    source=cao("Theorem 1"),
    statement=r"\dim \{ r' : S \times A \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \} = S",
    status=FROM_MEMORY,
    tight=lambda: Tight((free_choice(),), 2, 2, note="two states"),
    largest=SMALL,
)
def ambiguity_of_one_environment(mdp: DiscountedMDP) -> Any:
    """One environment leaves as many dimensions as there are states.

    ``v -> v - gamma P_a v`` is injective even for one action: ``gamma P_a`` is a contraction. By an exact rank.
    """
    return equal(reward_ambiguity(mdp), mdp.n_states)


@ambiguity_of_one_environment.false_variant("up to a constant", counterexample=lambda: (free_choice(),))
def one_environment_identifies(mdp: DiscountedMDP) -> Any:
    return equal(reward_ambiguity(mdp), 1)


@ambiguity_of_one_environment.false_variant("constants not counted", counterexample=lambda: (free_choice(),))
def one_environment_without_constants(mdp: DiscountedMDP) -> Any:
    return equal(reward_ambiguity(mdp), mdp.n_states - 1)


# Two environments.


def _seen_twice() -> tuple[Any, ...]:
    """A model and the one with the actions interchanged, with two rewards of pairs."""
    swapped = moving([[1, 0], [1, 0]], discount=HALF)
    return free_choice(), swapped, ar.asarray([[0, 0], [0, 0]]), ar.asarray([[1, 0], [0, 0]])


def _change(mdp: TabularMDP, first: Numbers, second: Numbers) -> tuple[Numbers, Numbers]:
    """``log pi' - log pi`` and ``V' - V`` of two rewards."""
    before, after = (mdp.with_rewards(r).soft_optimal(1) for r in (first, second))
    v = after.v - before.v
    return after.q - before.q - v[..., None], v


@claim(
    id="cao-2021-two-environments",
    source=cao("Theorem 2"),
    statement=r"\sum_{s,a} \left| (I - \gamma P_a) v - (I - \gamma P'_a) v' - \log\frac{\pi^{P'}_{r'}}{\pi^{P'}_r} + "
    r"\log\frac{\pi^P_{r'}}{\pi^P_r} \right| = 0,\quad v = V^P_{r'} - V^P_r,\; v' = V^{P'}_{r'} - V^{P'}_r",
    status=FROM_MEMORY,
    tight=lambda: Tight(_seen_twice(), 0, 0, note="an equality"),
    largest=SMALL,
)
def two_environments(mdp: DiscountedMDP, other: DiscountedMDP, reward: Reward, second: Reward) -> Any:
    """Two rewards with the same policies in two environments are a null vector of one linear system, and conversely.

    ``r' - r = L + v - gamma P_a v`` in each environment, with ``L = log pi' - log pi``; subtract. If both L are 0 then
    ``(I - gamma P_a) v = (I - gamma P'_a) v'`` for all a, which constants always solve: r is identified up to a
    constant iff the stacked ``[I - gamma P_a, -(I - gamma P'_a)]`` have rank 2S - 1.
    """
    here, v = _change(mdp, reward, second)
    there, w = _change(other, reward, second)
    return equal(l1_norm(shaping(other, w) - shaping(mdp, v) - there + here, axes=2), 0)


@two_environments.false_variant("policies do not enter", counterexample=_seen_twice)
def two_environments_always_null(mdp: DiscountedMDP, other: DiscountedMDP, reward: Reward, second: Reward) -> Any:
    v, w = (_change(model, reward, second)[1] for model in (mdp, other))
    return equal(l1_norm(shaping(other, w) - shaping(mdp, v), axes=2), 0)


@two_environments.false_variant("one value for both", counterexample=_seen_twice)
def two_environments_one_value(mdp: DiscountedMDP, other: DiscountedMDP, reward: Reward, second: Reward) -> Any:
    here, v = _change(mdp, reward, second)
    there, _ = _change(other, reward, second)
    return equal(l1_norm(shaping(other, v) - shaping(mdp, v) - there + here, axes=2), 0)


def _far_apart() -> tuple[Any, ...]:
    """Two absorbing states and a choice between them; elsewhere everything is interchanged."""
    here = moving([[1, 1], [0, 0], [1, 0]], discount=HALF)
    there = moving([[0, 0], [1, 1], [0, 1]], discount=HALF)
    potential = ar.asarray([0, -1, 0])
    return here, there, ar.asarray([[0, 0]] * 3), potential, potential


@claim(
    id="cao-2021-two-environments.stable",
    source=cao("Theorem 2"),
    statement=r"\max_s \mathrm{span}_a \log\frac{\pi^{P'}_{r'}(a|s)}{\pi^{P'}_r(a|s)} \le \frac{1}{1-\gamma} "
    r"\mathrm{span}_{s,a} \left[ (I - \gamma P_a) v - (I - \gamma P'_a) v' \right],\quad r' = r + v - \gamma P v",
    status=DERIVED_HERE,
    tight=lambda: Tight(_far_apart(), 2, 2, note="the choice is worth 1 now and 1 later, twice"),
    largest=SMALL,
)
def nearly_null_vectors(
    mdp: DiscountedMDP, other: DiscountedMDP, reward: Reward, v: StateFunction, w: StateFunction
) -> Any:
    """A change that keeps the policy of one environment is seen in another by at most its residual, over the horizon.

    ``r' = (r + w - gamma P' w) + x`` with the residual x; the bracket keeps the policy of the other environment. Adding
    x moves every soft value by between ``min x`` and ``max x`` over ``1 - gamma``. Null vectors (v, w) have x = 0, so
    the rank condition is necessary, too.
    """
    assume(mdp.n_states > 1)
    residual = ar.wrap(spread(flat(shaping(other, w) - shaping(mdp, v), 2)))
    change, _ = _change(other, reward, reward - shaping(mdp, v))
    return largest_log_odds(change) <= residual / (1 - gamma(mdp))


@nearly_null_vectors.false_variant("without the horizon", counterexample=_far_apart)
def nearly_null_once(
    mdp: DiscountedMDP, other: DiscountedMDP, reward: Reward, v: StateFunction, w: StateFunction
) -> Any:
    residual = ar.wrap(spread(flat(shaping(other, w) - shaping(mdp, v), 2)))
    change, _ = _change(other, reward, reward - shaping(mdp, v))
    return largest_log_odds(change) <= residual


@nearly_null_vectors.false_variant("half of it", counterexample=_far_apart)
def nearly_null_half(
    mdp: DiscountedMDP, other: DiscountedMDP, reward: Reward, v: StateFunction, w: StateFunction
) -> Any:
    residual = ar.wrap(spread(flat(shaping(other, w) - shaping(mdp, v), 2)))
    change, _ = _change(other, reward, reward - shaping(mdp, v))
    return largest_log_odds(change) <= residual / (2 * (1 - gamma(mdp)))


def _longer(mdp: TabularMDP, extra: Numbers) -> TabularMDP:
    """The same model with a horizon ``1 / (1 - gamma')`` between two and four times as long."""
    return mdp.with_end(discount=1 - (1 - gamma(mdp)) * (1 + extra) / 4)


@claim(
    id="cao-2021-two-environments.discounts",
    source=cao("Theorem 2"),
    statement=r"\gamma \ne \gamma' \;\Rightarrow\; \dim \{ r' : \pi^{\gamma}_{r'} = \pi^{\gamma}_r,\; "
    r"\pi^{\gamma'}_{r'} = \pi^{\gamma'}_r \} = S - \mathrm{rank}[P_a - P_{a_0}]_a",
    status=DERIVED_HERE,
    tight=lambda: Tight((two_cycle(), HALF), 2, 2, note="the action changes nothing: S"),
    largest=SMALL,
)
def two_discounts(mdp: DiscountedMDP, extra: UnitInterval) -> Any:
    """Two discounts identify rewards of pairs exactly as well as one identifies rewards of states.

    ``(I - g P_a) v = (I - g' P_a) v'`` says ``v - v' = P_a (g v - g' v')``: the map ``(v, v') -> y = g v - g' v'`` is a
    bijection from these pairs to the y with ``P_a y`` the same for all a. In a deterministic model the dimension is
    the number of classes of linked states, and 1 iff it is decomposable. (Here
    ``1 - g' = (1 - g) (1 + extra) / 4``.)
    """
    ambiguity = reward_ambiguity(mdp, _longer(mdp, extra))
    return equal(ambiguity, state_reward_ambiguity(mdp.with_end(discount=HALF)))


@two_discounts.false_variant("two discounts always identify", counterexample=lambda: (two_cycle(), HALF))
def two_discounts_identify(mdp: DiscountedMDP, extra: UnitInterval) -> Any:
    return equal(reward_ambiguity(mdp, _longer(mdp, extra)), 1)


@two_discounts.false_variant("equal discounts", counterexample=lambda: (free_choice(), HALF))
def equal_discounts(mdp: DiscountedMDP, extra: UnitInterval) -> Any:
    ambiguity = reward_ambiguity(mdp, mdp)
    return equal(ambiguity, state_reward_ambiguity(mdp.with_end(discount=HALF)))
