"""Ross, Gordon and Bagnell, A reduction of imitation learning ... to no-regret online learning, AISTATS 2011.

DAgger: theorem 2.2 and lemma 4.1; the no-regret theorems have files of their own. The paper counts costs
``c`` in [0, 1]; here rewards are ``r = 1 - c``, so ``J(expert) - J(learner)`` is the excess cost, and its T
is H.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, Paper, Tight, claim
from iltheory.claims.kinds import DeterministicPolicy, FiniteHorizonMDP, Policy, UnitInterval
from iltheory.claims.tables import coin, off_course
from iltheory.measures import (
    acting,
    disadvantage,
    error_rate,
    expected_loss,
    gap,
    interference,
    largest,
    occupancy_tv,
    on_policy_error_rate,
    state_occupancy_tv,
    steps,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import equal

HALF = Fraction(1, 2)


def dagger(theorem: str) -> Paper:
    """A theorem of the paper."""
    title = "A reduction of imitation learning and structured prediction to no-regret online learning"
    return Paper("Ross, Gordon and Bagnell", 2011, title, theorem, arxiv="1011.0686")


def _loop() -> Tight:
    family = families.loop(horizon=5, error=Fraction(1, 10))
    return Tight(tuple(family), lhs=family.gap, rhs=family.bound, note="one state, u = 1")


@claim(
    id="dagger-2011-thm-2-2",
    source=dagger("Theorem 2.2"),
    statement=r"J(\pi_E) - J(\hat\pi) \le u H \epsilon,\quad \epsilon = \tfrac1H\sum_h "
    r"\mathbb{E}_{d_h^{\hat\pi}}[1 - \hat\pi_h(\pi_{E,h}(s) | s)],\quad "
    r"u \ge V_h^{\pi_E}(s) - Q_h^{\pi_E}(s, a)",
    status=AS_PUBLISHED,
    tight=_loop,
)
def on_policy_bound(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """Few mistakes on the states the learner visits itself cost linearly, where the expert can recover.

    The gap is ``sum_h E_{d_h^pi} [V_h^E(s) - Q_h^E(s, pi_h)]``; acting as the expert loses nothing and any
    other action at most u, the largest loss on the support of the *learner's* occupancy. Any loss that
    bounds the 0-1 loss from above only enlarges the right-hand side. Rewards may be any numbers.
    """
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * steps(mdp) * on_policy_error_rate(mdp, expert, learner)


@on_policy_bound.false_variant("u where the expert goes", counterexample=off_course)
def expert_u(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    u = disadvantage(mdp, expert, expert)
    return gap(mdp, expert, learner) <= u * steps(mdp) * on_policy_error_rate(mdp, expert, learner)


@on_policy_bound.false_variant("errors where the expert goes", counterexample=off_course)
def expert_errors(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * steps(mdp) * error_rate(mdp, expert, learner)


@on_policy_bound.false_variant("no horizon", counterexample=lambda: families.loop(horizon=2, error=HALF))
def without_horizon(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * on_policy_error_rate(mdp, expert, learner)


@on_policy_bound.false_variant("a stochastic expert", counterexample=lambda: coin([HALF, HALF], [0, 1]))
def stochastic_expert(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    u = disadvantage(mdp, expert, learner)
    return gap(mdp, expert, learner) <= u * steps(mdp) * on_policy_error_rate(mdp, expert, learner)


def _unicycle() -> Tight:
    family = families.unicycle(horizon=6, error=Fraction(1, 10))
    return Tight(tuple(family), lhs=family.gap, rhs=family.gap, note="sum_t e/(1+e) (1 - (-e)^(t-1)), e = 1/10")


@claim(
    id="dagger-2011-thm-2-2.identity",
    source=dagger("Theorem 2.2, proof"),
    statement=r"J(\pi_E) - J(\hat\pi) = \sum_h \mathbb{E}_{d_h^{\hat\pi}}"
    r"[V_h^{\pi_E}(s) - Q_h^{\pi_E}(s, \hat\pi_h)]",
    status=AS_PUBLISHED,
    tight=_unicycle,
)
def identity(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """What the learner loses is what its actions lose, one by one, before the expert takes over.

    Telescope: let ``J_h`` be the value of following the learner up to step h and the expert after it; then
    ``J_(h-1) - J_h = E_{d_h^pi} [V_h^E(s) - Q_h^E(s, pi_h)]``.
    """
    lost = expected_loss(mdp, -mdp.advantage(expert), learner, mdp.state_occupancy(learner))
    return equal(gap(mdp, expert, learner), steps(mdp) * lost)


@identity.false_variant("where the expert goes", counterexample=off_course)
def identity_expert(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    lost = expected_loss(mdp, -mdp.advantage(expert), learner, mdp.state_occupancy(expert))
    return equal(gap(mdp, expert, learner), steps(mdp) * lost)


@identity.false_variant("the learner takes over", counterexample=off_course)
def identity_learner(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    gained = expected_loss(mdp, mdp.advantage(learner), expert, mdp.state_occupancy(learner))
    return equal(gap(mdp, expert, learner), steps(mdp) * gained)


def _spread_where_visited(mdp: TabularMDP, expert: Any, learner: Any) -> Any:
    """``max_a Q^E - min_a Q^E``, the largest over the states the learner visits."""
    q = mdp.q(expert)
    visited = ar.possibly_nonzero(mdp.state_occupancy(learner))
    return largest(mdp, ar.where(visited, ar.amax(q, -1) - ar.amin(q, -1), 0))


@claim(
    id="dagger-2011-thm-2-2.stochastic-expert",
    source=dagger("Theorem 2.2, for a stochastic expert"),
    statement=r"J(\pi_E) - J(\hat\pi) \le H \max_{h, s} (\max_a Q_h^{\pi_E} - \min_a Q_h^{\pi_E})\;"
    r"\tfrac1H\sum_h \mathbb{E}_{d_h^{\hat\pi}}[\mathrm{TV}(\hat\pi_h, \pi_{E,h})]",
    status=DERIVED_HERE,
    tight=lambda: Tight(coin([HALF, HALF], [0, 1]), lhs=HALF, rhs=HALF, note="range 1, total variation 1/2"),
)
def stochastic_bound(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """For a stochastic expert u is the range of ``Q^E`` over actions, and the 0-1 loss a total variation.

    In the identity the bracket is ``sum_a (pi_E - pi)(a) Q_h^E(s, a)``, at most ``TV(pi, pi_E)`` times the
    range of ``Q_h^E(s, .)``. With u itself the theorem is false.
    """
    rate = on_policy_error_rate(mdp, expert, learner)
    return gap(mdp, expert, learner) <= _spread_where_visited(mdp, expert, learner) * steps(mdp) * rate


@stochastic_bound.false_variant("half the range", counterexample=lambda: coin([HALF, HALF], [0, 1]))
def stochastic_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    rate = on_policy_error_rate(mdp, expert, learner)
    return gap(mdp, expert, learner) <= _spread_where_visited(mdp, expert, learner) * steps(mdp) * rate / 2


@stochastic_bound.false_variant("range where the expert goes", counterexample=off_course)
def stochastic_expert_range(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    rate = on_policy_error_rate(mdp, expert, learner)
    return gap(mdp, expert, learner) <= _spread_where_visited(mdp, expert, expert) * steps(mdp) * rate


def state_l1(mdp: TabularMDP, first: Any, second: Any) -> Any:
    """Mean over steps of the l1 distance of the state laws: at least that of the mean state laws."""
    return 2 * state_occupancy_tv(mdp, first, second)


def _one_way(horizon: int, beta: Fraction) -> tuple[Any, ...]:
    family = families.one_way(horizon=horizon, mixing=beta)
    return family.mdp, family.expert, family.learner, beta


def _one_way_l1(horizon: int, beta: Fraction) -> Fraction:
    return Fraction(families.one_way(horizon=horizon, mixing=beta).state_l1)


PERCENT = Fraction(1, 100)


@claim(
    id="dagger-2011-lemma-4-1",
    source=dagger("Lemma 4.1"),
    statement=r"\tfrac1H\sum_h \|d_h^{\pi_i} - d_h^{\hat\pi_i}\|_1 \le 2 H \beta_i,\quad "
    r"\pi_i = \beta_i \pi_E + (1 - \beta_i) \hat\pi_i",
    status=AS_PUBLISHED,
    tight=lambda: Tight(
        _one_way(10, PERCENT), lhs=_one_way_l1(10, PERCENT), rhs=Fraction(1, 5), note="stay, or go for good"
    ),
)
def mixing(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    """Letting the expert act with probability ``beta`` at every step moves the states by at most 2 H beta.

    With probability ``(1 - beta)^H >= 1 - H beta`` the expert never acts, and then nothing has moved;
    otherwise the l1 distance is at most 2. The paper compares the laws averaged over steps, which are closer
    still.
    """
    return state_l1(mdp, acting(expert, learner, beta), learner) <= 2 * steps(mdp) * beta


@mixing.false_variant("independent of H", counterexample=lambda: _one_way(4, Fraction(1, 4)))
def mixing_without_horizon(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    return state_l1(mdp, acting(expert, learner, beta), learner) <= 2 * beta


@mixing.false_variant("a quarter of the constant", counterexample=lambda: _one_way(3, HALF))
def mixing_quarter(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    return state_l1(mdp, acting(expert, learner, beta), learner) <= steps(mdp) * beta / 2


@mixing.false_variant("second order in beta", counterexample=lambda: _one_way(2, Fraction(1, 8)))
def mixing_squared(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    return state_l1(mdp, acting(expert, learner, beta), learner) <= 2 * steps(mdp) * beta**2


@claim(
    id="dagger-2011-lemma-4-1.refined",
    source=dagger("Lemma 4.1"),
    statement=r"\tfrac1H\sum_h \|d_h^{\pi_i} - d_h^{\hat\pi_i}\|_1 \le "
    r"\tfrac2H\sum_h (1 - (1 - \beta_i)^{h - 1})",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _one_way(10, PERCENT),
        lhs=_one_way_l1(10, PERCENT),
        rhs=_one_way_l1(10, PERCENT),
        note="stay, or go for good: equality for every H and beta",
    ),
)
def mixing_refined(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    """The state at step h depends on h - 1 actions only, and moves only if the expert took one of them.

    Couple the two policies until the expert first acts; the law of ``s_h`` differs by at most
    ``2 (1 - (1 - beta)^(h-1))`` in l1.
    """
    return state_l1(mdp, acting(expert, learner, beta), learner) <= 2 * interference(mdp, beta)


@mixing_refined.false_variant("half the constant", counterexample=lambda: _one_way(2, HALF))
def refined_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    return state_l1(mdp, acting(expert, learner, beta), learner) <= interference(mdp, beta)


@mixing_refined.false_variant("states and actions", counterexample=lambda: _one_way(1, HALF))
def refined_pairs(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    moved = 2 * occupancy_tv(mdp, acting(expert, learner, beta), learner)
    return moved <= 2 * interference(mdp, beta)


@claim(
    id="dagger-2011-lemma-4-1.linear",
    source=dagger("Lemma 4.1"),
    statement=r"\tfrac1H\sum_h \|d_h^{\pi_i} - d_h^{\hat\pi_i}\|_1 \le (H - 1)\,\beta_i",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _one_way(10, PERCENT),
        lhs=_one_way_l1(10, PERCENT),
        rhs=Fraction(9, 100),
        note="approached as beta goes to 0",
    ),
)
def mixing_linear(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    """The published constant 2 H may be H - 1.

    ``1 - (1 - beta)^(h-1) <= (h-1) beta`` in the refined form, and ``(2/H) sum_h (h-1) = H - 1``.
    """
    return state_l1(mdp, acting(expert, learner, beta), learner) <= (steps(mdp) - 1) * beta


@mixing_linear.false_variant("H - 2", counterexample=lambda: _one_way(2, HALF))
def linear_two_fewer(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    return state_l1(mdp, acting(expert, learner, beta), learner) <= (steps(mdp) - 2) * beta


@mixing_linear.false_variant("states and actions", counterexample=lambda: _one_way(1, HALF))
def linear_pairs(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy, beta: UnitInterval) -> Any:
    moved = 2 * occupancy_tv(mdp, acting(expert, learner, beta), learner)
    return moved <= (steps(mdp) - 1) * beta
