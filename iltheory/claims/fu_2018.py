"""Fu, Luo and Levine, Learning robust rewards with adversarial inverse reinforcement learning, ICLR 2018: theorems.

When does behaviour in one model identify a reward that is right in other models? Rewards of the state alone,
temperature 1. Two states are linked if both are successors of one state; a model is decomposable if links connect all
states.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Tight, assume, claim
from iltheory.claims.identification import (
    DETERMINISTIC,
    GRAPHS,
    SMALL,
    DeterministicDiscountedMDP,
    flat,
    log_policy,
    moving,
    of_states,
    spread,
    staying,
)
from iltheory.claims.kinds import DiscountedMDP, StateFunction
from iltheory.measures import (
    gamma,
    is_decomposable,
    is_strongly_connected,
    l1_norm,
    linkage_classes,
    period,
    quantity,
    shaping,
    state_reward_ambiguity,
    sum_over_states,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)


def airl(theorem: str) -> Paper:
    """A theorem of the paper."""
    title = "Learning robust rewards with adversarial inverse reinforcement learning"
    return Paper("Fu, Luo and Levine", 2018, title, theorem, arxiv="1710.11248")


def two_cycle() -> TabularMDP:
    """Two states that follow each other whatever one does."""
    return moving([[1, 1], [0, 0]], discount=HALF)


def free_choice() -> TabularMDP:
    """Two states; the action names the next one."""
    return moving([[0, 1], [0, 1]], discount=HALF)


def aperiodic_but_not_decomposable() -> TabularMDP:
    """From state 0 to 0 or 1, from 1 to 2, from 2 to 0: only 0 and 1 are ever alternatives."""
    return moving([[0, 1], [2, 2], [0, 0]], discount=HALF)


# Theorem 5.1.


@claim(
    id="airl-2018-thm-5-1",
    source=airl("Theorem 5.1"),
    statement=r"P \text{ deterministic and decomposable} \;\Rightarrow\; "
    r"\dim \{ r' : S \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \} = 1",
    status=FROM_MEMORY,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight((free_choice(),), 1, 1, note="an equality"),
    largest=GRAPHS,
)
def state_rewards_are_identified(mdp: DeterministicDiscountedMDP) -> Any:
    """In a decomposable deterministic model, a reward of states with the same soft-optimal policy is r + const.

    ``log pi = r + gamma P_a V - V`` for both rewards: ``v = V' - V`` has ``r' - r = v - gamma P_a v`` for all a, so v
    is the same in linked states, hence constant. The dimension is that of these v, by an exact rank. (With
    ``gamma = 0`` every reward of states gives the uniform policy.)
    """
    assume(gamma(mdp) > 0)
    assume(is_decomposable(mdp))
    return equal(state_reward_ambiguity(mdp), 1)


@state_rewards_are_identified.false_variant("strongly connected is enough", counterexample=lambda: (two_cycle(),))
def connected_is_enough(mdp: DeterministicDiscountedMDP) -> Any:
    assume(gamma(mdp) > 0)
    assume(is_strongly_connected(mdp))
    return equal(state_reward_ambiguity(mdp), 1)


@state_rewards_are_identified.false_variant(
    "strongly connected and aperiodic is enough", counterexample=lambda: (aperiodic_but_not_decomposable(),)
)
def aperiodic_is_enough(mdp: DeterministicDiscountedMDP) -> Any:
    assume(gamma(mdp) > 0)
    assume(is_strongly_connected(mdp) & (period(mdp) == 1))
    return equal(state_reward_ambiguity(mdp), 1)


@claim(
    id="airl-2018-thm-5-1.classes",
    source=airl("Theorem 5.1"),
    statement=r"\dim \{ r' : S \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \} = "
    r"\text{number of classes of linked states}",
    status=DERIVED_HERE,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight((aperiodic_but_not_decomposable(),), 2, 2, note="0 and 1 are linked; 2 is alone"),
    largest=GRAPHS,
)
def ambiguity_counts_classes(mdp: DeterministicDiscountedMDP) -> Any:
    """In any deterministic model the ambiguity of rewards of states is the number of classes of linked states.

    The rows of ``P_a - P_b`` are differences of two unit vectors, one for each link: the incidence matrix of the
    graph of links, whose rank is S minus the number of its components.
    """
    assume(gamma(mdp) > 0)
    return equal(state_reward_ambiguity(mdp), mdp.system.convert(linkage_classes(mdp)))


@ambiguity_counts_classes.false_variant(
    "linked in two steps, too", counterexample=lambda: (aperiodic_but_not_decomposable(),)
)
def two_steps(mdp: DeterministicDiscountedMDP) -> Any:
    assume(gamma(mdp) > 0)
    return equal(state_reward_ambiguity(mdp), mdp.system.convert(linkage_classes(mdp, steps=2)))


@ambiguity_counts_classes.false_variant("the period", counterexample=lambda: (aperiodic_but_not_decomposable(),))
def classes_are_the_period(mdp: DeterministicDiscountedMDP) -> Any:
    assume(gamma(mdp) > 0)
    assume(is_strongly_connected(mdp))
    return equal(state_reward_ambiguity(mdp), mdp.system.convert(period(mdp)))


@quantity
def largest_log_odds(change: Numbers) -> Numbers:
    """Largest difference between two actions of a state, ``max_s (max_a - min_a)``, of ``[..., S, A]``."""
    return ar.amax(spread(change), -1)


def _change(mdp: TabularMDP, reward: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
    """``log pi' - log pi`` and ``V' - V`` of two rewards of states."""
    first, second = (mdp.with_rewards(of_states(mdp, f)).soft_optimal(1) for f in (reward, other))
    v = second.v - first.v
    return second.q - first.q - v[..., None], v


def _different_rewards() -> tuple[Any, ...]:
    return free_choice(), ar.asarray([0, 0]), ar.asarray([1, 0])


@claim(
    id="airl-2018-thm-5-1.stochastic",
    source=airl("Theorem 5.1"),
    statement=r"\sum_{s,a} \left| \log\frac{\pi'(a|s)}{\pi(a|s)} - \log\frac{\pi'(a_0|s)}{\pi(a_0|s)} - "
    r"\gamma (P_a - P_{a_0})(V' - V)(s) \right| = 0",
    status=DERIVED_HERE,
    tight=lambda: Tight(_different_rewards(), 0, 0, note="an equality"),
    largest=SMALL,
)
def policies_show_value_differences(mdp: DiscountedMDP, reward: StateFunction, other: StateFunction) -> Any:
    """Two rewards of states have the same policy if and only if all actions see the same difference of values.

    Subtract ``log pi = r + gamma P_a V - V`` for the two rewards and for the two actions. So r' has the policy of r iff
    ``D (V' - V) = 0`` for D the stacked ``P_a - P_{a_0}``; this leaves constants only, iff D has rank S - 1.
    """
    change, v = _change(mdp, reward, other)
    seen = gamma(mdp)[..., None, None] * mdp.transitions.expect(v)
    return equal(l1_norm(change - change[..., :1] - seen + seen[..., :1], axes=2), 0)


@policies_show_value_differences.false_variant("undiscounted", counterexample=_different_rewards)
def value_differences_undiscounted(mdp: DiscountedMDP, reward: StateFunction, other: StateFunction) -> Any:
    change, v = _change(mdp, reward, other)
    seen = mdp.transitions.expect(v)
    return equal(l1_norm(change - change[..., :1] - seen + seen[..., :1], axes=2), 0)


@policies_show_value_differences.false_variant("rewards of states do not show", counterexample=_different_rewards)
def rewards_do_not_show(mdp: DiscountedMDP, reward: StateFunction, other: StateFunction) -> Any:
    change, _ = _change(mdp, reward, other)
    return equal(l1_norm(change - change[..., :1], axes=2), 0)


@claim(
    id="airl-2018-thm-5-1.stable",
    source=airl("Theorem 5.1"),
    statement=r"\gamma\, \mathrm{span}(r' - r) \le (1 + \gamma)(S - 1) \max_s \mathrm{span}_a "
    r"\log\frac{\pi'(a|s)}{\pi(a|s)}",
    status=DERIVED_HERE,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight(_different_rewards(), HALF, Fraction(3, 4), note="span v = 1, log odds 1/2"),
    largest=GRAPHS,
)
def nearly_the_same_policy(mdp: DeterministicDiscountedMDP, reward: StateFunction, other: StateFunction) -> Any:
    """In a decomposable deterministic model, nearly the same policy means nearly the same reward, up to a constant.

    With ``L = log pi' - log pi`` and e its largest span, ``gamma |v(s1) - v(s2)| <= e`` for linked states, so ``gamma
    span v <= (S - 1) e``. ``r' - r = L + v - gamma v(s')``; in every state some L is at most 0 and some at least 0.
    """
    assume(gamma(mdp) > 0)
    assume(is_decomposable(mdp))
    assume(ar.wrap(spread(other - reward)) > 0)
    change, _ = _change(mdp, reward, other)
    apart = gamma(mdp) * spread(other - reward)
    return ar.wrap(apart) <= (1 + gamma(mdp)) * (mdp.n_states - 1) * largest_log_odds(change)


@nearly_the_same_policy.false_variant(
    "without decomposing", counterexample=lambda: (two_cycle(), *_different_rewards()[1:])
)
def nearly_the_same_anywhere(mdp: DeterministicDiscountedMDP, reward: StateFunction, other: StateFunction) -> Any:
    change, _ = _change(mdp, reward, other)
    apart = gamma(mdp) * spread(other - reward)
    return ar.wrap(apart) <= (1 + gamma(mdp)) * (mdp.n_states - 1) * largest_log_odds(change)


@nearly_the_same_policy.false_variant("half of it", counterexample=_different_rewards)
def nearly_the_same_half(mdp: DeterministicDiscountedMDP, reward: StateFunction, other: StateFunction) -> Any:
    assume(gamma(mdp) > 0)
    assume(is_decomposable(mdp))
    change, _ = _change(mdp, reward, other)
    apart = gamma(mdp) * spread(other - reward)
    return ar.wrap(2 * apart) <= (1 + gamma(mdp)) * (mdp.n_states - 1) * largest_log_odds(change)


# Theorem 5.2.


def _action_reward() -> tuple[Any, ...]:
    return (free_choice().with_rewards([[1, 0], [0, 0]]),)


@claim(
    id="airl-2018-thm-5-2",
    source=airl("Theorem 5.2"),
    statement=r"P(s|s,a) = 1 \;\Rightarrow\; \sum_s \left( \mathrm{span}_a \log \pi^*_{r'}(a|s) - "
    r"\mathrm{span}_a r'(s,a) \right) = 0",
    status=FROM_MEMORY,
    tight=lambda: Tight(_action_reward(), 1, 1, note="one state pays 1 for one action"),
    largest=SMALL,
)
def only_state_rewards_are_robust(mdp: DiscountedMDP) -> Any:
    """A reward r' that is right in every model, where the true one is of states, is itself of states.

    Where every action stays, a reward of states has the uniform policy, and ``Q_r' = Q_r + f(s)`` makes r' have it too;
    but there ``log pi_r'(a|s) = r'(s,a) + gamma V(s) - V(s)`` shows every difference between two actions.
    """
    model = staying(mdp)
    return equal(sum_over_states(mdp, spread(log_policy(model))), ar.sum(spread(model.rewards()), -1))


@only_state_rewards_are_robust.false_variant("in any dynamics", counterexample=_action_reward)
def robust_in_any(mdp: DiscountedMDP) -> Any:
    return equal(sum_over_states(mdp, spread(log_policy(mdp))), ar.sum(spread(mdp.rewards()), -1))


@only_state_rewards_are_robust.false_variant("times the horizon", counterexample=_action_reward)
def robust_with_horizon(mdp: DiscountedMDP) -> Any:
    model, differences = staying(mdp), spread(mdp.rewards())
    return equal(sum_over_states(mdp, spread(log_policy(model))), ar.sum(differences, -1) / (1 - gamma(mdp)))


def _moved_elsewhere() -> tuple[Any, ...]:
    """Two absorbing states and one that chooses between them; the reward was shaped where all is interchanged."""
    there = moving([[0, 0], [1, 1], [0, 1]], discount=HALF)
    here = moving([[1, 1], [0, 0], [1, 0]], discount=HALF)
    return here, there, ar.asarray([0, 0, 0]), ar.asarray([0, 1, 0])


def _change_elsewhere(mdp: TabularMDP, other: TabularMDP, reward: Numbers, potential: Numbers) -> Numbers:
    """``log pi' - log pi`` in another model, for the reward shaped in the first one and for the true one."""
    there = other.with_rewards(of_states(other, reward))
    learnt = other.with_rewards(of_states(mdp, reward) + shaping(mdp, potential))
    return log_policy(learnt) - log_policy(there)


def _misplaced(mdp: TabularMDP, other: TabularMDP, potential: Numbers) -> Any:
    """Span of ``(P - P') Phi``."""
    return ar.wrap(spread(flat(mdp.transitions.expect(potential) - other.transitions.expect(potential), 2)))


@claim(
    id="airl-2018-thm-5-2.transfer",
    source=airl("Theorem 5.2"),
    statement=r"\max_s \mathrm{span}_a \log\frac{\pi^{P'}_{r'}(a|s)}{\pi^{P'}_r(a|s)} \le \frac{\gamma}{1-\gamma} "
    r"\mathrm{span}_{s,a} (P - P') \Phi,\quad r' = r + \gamma P \Phi - \Phi",
    status=DERIVED_HERE,
    tight=lambda: Tight(_moved_elsewhere(), 2, 2, note="the choice is worth 1 now and 1 later, twice"),
    largest=SMALL,
)
def shaped_rewards_mislead_elsewhere(
    mdp: DiscountedMDP, other: DiscountedMDP, reward: StateFunction, potential: StateFunction
) -> Any:
    """A reward shaped in one model misleads in another by at most what the next potential differs, over the horizon.

    ``r' = (r + gamma P' Phi - Phi) + x`` with ``x = gamma (P - P') Phi``; the bracket has the policy of r. Adding x
    moves every soft value by between ``min x`` and ``max x`` over ``1 - gamma``, and ``1 + gamma / (1 - gamma)`` is
    ``1 / (1 - gamma)``.
    """
    misplaced = _misplaced(mdp, other, potential)
    assume(gamma(mdp) > 0)
    assume(misplaced > 0)
    changed = largest_log_odds(_change_elsewhere(mdp, other, reward, potential))
    return changed <= gamma(mdp) / (1 - gamma(mdp)) * misplaced


@shaped_rewards_mislead_elsewhere.false_variant("shaped rewards transfer", counterexample=_moved_elsewhere)
def shaped_rewards_transfer(
    mdp: DiscountedMDP, other: DiscountedMDP, reward: StateFunction, potential: StateFunction
) -> Any:
    return largest_log_odds(_change_elsewhere(mdp, other, reward, potential)) <= 0


@shaped_rewards_mislead_elsewhere.false_variant("without the horizon", counterexample=_moved_elsewhere)
def mislead_once(mdp: DiscountedMDP, other: DiscountedMDP, reward: StateFunction, potential: StateFunction) -> Any:
    changed = largest_log_odds(_change_elsewhere(mdp, other, reward, potential))
    return changed <= gamma(mdp) * _misplaced(mdp, other, potential)
