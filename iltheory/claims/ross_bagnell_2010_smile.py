"""Ross and Bagnell 2010, section 4: SMILe, stochastic mixing by iterative learning.

``pi^0`` is the expert and ``pi^n = (1 - alpha)^n pi_E + alpha sum_{j <= n} (1 - alpha)^(j-1) hat pi^j``,
where ``hat pi^j`` is trained on the states of ``pi^(j-1)``: each update moves a share ``alpha (1 -
alpha)^(n-1)`` of every action from the expert to the new policy. The theorems hold for any policies ``hat
pi^j``. Costs of the paper are ``c = 1 - r`` here. The constants are derived here; those of the paper are
asymptotic.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, Tight, claim
from iltheory.claims.kinds import DeterministicPolicy, FiniteHorizonMDP, Policies, Policy, UnitInterval
from iltheory.claims.ross_bagnell_2010 import ross_bagnell
from iltheory.claims.tables import coin, contagion
from iltheory.learners.smile import mixture, shares, without_expert
from iltheory.measures import blend, expected_loss, gap, largest, step_errors, steps, steps_left
from sims import TabularMDP
from sims import arithmetic as ar

EIGHTH, HALF = Fraction(1, 8), Fraction(1, 2)


def mixtures(expert: Any, learners: Sequence[Any], alpha: Any) -> list[Any]:
    """SMILe's policies ``pi^0 .. pi^N``."""
    return [mixture(expert, learners[:n], alpha) for n in range(len(learners) + 1)]


def harm(mdp: TabularMDP, expert: Any, current: Any) -> Any:
    """Most that one action, in any state, loses against the expert's before the current policy goes on."""
    q = mdp.q(current)
    return largest(mdp, ar.amax(ar.sum(expert * q, -1)[..., None] - q, -1))


def first_order(mdp: TabularMDP, expert: Any, learner: Any, current: Any) -> Any:
    """``u H epsilon``: harm of an action times the expected mistakes where the current policy goes."""
    mistakes = expected_loss(mdp, 1 - expert, learner, mdp.state_occupancy(current))
    return harm(mdp, expert, current) * steps(mdp) * mistakes


def first_orders(mdp: TabularMDP, expert: Any, learners: Sequence[Any], alpha: Any) -> Any:
    """``sum_n alpha_n u_n H epsilon_n``, each update judged on the policy before it."""
    policies = mixtures(expert, learners, alpha)
    moved = zip(shares(alpha, len(learners)), learners, policies, strict=False)
    return sum(share * first_order(mdp, expert, learner, current) for share, learner, current in moved)


def cubic(mdp: TabularMDP) -> int:
    """``H^3 - H``, a multiple of 6."""
    return steps(mdp) ** 3 - steps(mdp)


def _one_update(mdp: TabularMDP, expert: Any, others: Any, learner: Any, alpha: Any) -> tuple[Any, Any]:
    """A mixture with share ``alpha`` of the expert, and the one where the learner has taken it over."""
    return tuple(blend([pi, others], [alpha, 1 - alpha]) for pi in (expert, learner))


def _contagious_update(horizon: int, alpha: Fraction) -> tuple[Any, ...]:
    mdp, expert, learner = contagion(horizon)
    return mdp, expert, expert, learner, alpha


def _contagious_run(horizon: int, alpha: Fraction) -> tuple[Any, ...]:
    mdp, expert, learner = contagion(horizon)
    return mdp, expert, (learner,), alpha


@claim(
    id="ross-bagnell-2010-smile",
    source=ross_bagnell("Theorem 4.1, explicit constants"),
    statement=r"J(\pi_E) - J(\pi^N) \le H \sum_{n=1}^N \alpha_n u_n \epsilon_n + "
    r"\frac{\alpha}{2 - \alpha} \frac{H^3 - H}{3},\quad \alpha_n = \alpha (1 - \alpha)^{n-1}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(
        _contagious_run(2, EIGHTH),
        lhs=Fraction(9, 64),
        rhs=Fraction(31, 120),
        note="1/8 + 1/64 and 1/8 + 2/15",
    ),
)
def smile(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, alpha: UnitInterval) -> Any:
    """After N updates SMILe pays linearly in its errors and quadratically in ``alpha`` for moving states.

    Add up the bounds of the single updates; ``sum_n alpha_n^2 <= alpha / (2 - alpha)``. ``epsilon_n`` is the
    error of ``hat pi^n`` where ``pi^(n-1)`` goes, ``u_n`` the most one action can lose against the expert's
    before ``pi^(n-1)`` goes on.
    """
    linear = first_orders(mdp, expert, learners, alpha)
    drift = alpha / (2 - alpha) * cubic(mdp) / 3
    return gap(mdp, expert, mixtures(expert, learners, alpha)[-1]) <= linear + drift


@smile.false_variant("the states do not move", counterexample=lambda: _contagious_run(2, Fraction(1)))
def smile_linear(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, alpha: UnitInterval) -> Any:
    linear = first_orders(mdp, expert, learners, alpha)
    return gap(mdp, expert, mixtures(expert, learners, alpha)[-1]) <= linear


@smile.false_variant("a quarter of the drift", counterexample=lambda: _contagious_run(2, Fraction(1)))
def smile_quarter(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, alpha: UnitInterval) -> Any:
    linear = first_orders(mdp, expert, learners, alpha)
    drift = alpha / (2 - alpha) * cubic(mdp) / 12
    return gap(mdp, expert, mixtures(expert, learners, alpha)[-1]) <= linear + drift


@claim(
    id="ross-bagnell-2010-smile.step",
    source=ross_bagnell("Theorem 4.1, one update"),
    statement=r"J(\pi^{n-1}) - J(\pi^n) \le \alpha_n u_n H \epsilon_n + \alpha_n^2\,\tfrac{H^3 - H}{3}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(
        _contagious_update(2, EIGHTH),
        lhs=Fraction(9, 64),
        rhs=Fraction(10, 64),
        note="1/8 + 1/64 and 1/8 + 2/64",
    ),
)
def smile_step(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, others: Policy, learner: Policy, alpha: UnitInterval
) -> Any:
    """One update costs what its errors cost on the old states, and a second-order term for the new states.

    Performance difference from the old mixture along the new one: ``alpha sum_h E_{d_h^new} g_h``, with
    ``g_h = Q_h(s, pi_E) - Q_h(s, hat pi)`` at most ``u`` times the error and in ``[-(H-h+1), H-h+1]``. The
    laws of ``s_h`` differ by at most ``(h-1) alpha`` in total variation, and ``sum_h 2 (H-h+1) (h-1) = (H^3
    - H) / 3``. The old mixture is any policy with a share ``alpha`` of the expert.
    """
    before, after = _one_update(mdp, expert, others, learner, alpha)
    linear = first_order(mdp, expert, learner, before)
    return gap(mdp, before, after) <= alpha * linear + alpha**2 * cubic(mdp) / 3


@smile_step.false_variant("the states do not move", counterexample=lambda: _contagious_update(2, Fraction(1)))
def step_linear(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, others: Policy, learner: Policy, alpha: UnitInterval
) -> Any:
    before, after = _one_update(mdp, expert, others, learner, alpha)
    linear = first_order(mdp, expert, learner, before)
    return gap(mdp, before, after) <= alpha * linear


@smile_step.false_variant("third order in alpha", counterexample=lambda: _contagious_update(2, EIGHTH))
def step_cubed(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, others: Policy, learner: Policy, alpha: UnitInterval
) -> Any:
    before, after = _one_update(mdp, expert, others, learner, alpha)
    linear = first_order(mdp, expert, learner, before)
    return gap(mdp, before, after) <= alpha * linear + alpha**3 * cubic(mdp) / 3


@smile_step.false_variant("a quarter of the drift", counterexample=lambda: _contagious_update(2, Fraction(1)))
def step_quarter(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, others: Policy, learner: Policy, alpha: UnitInterval
) -> Any:
    before, after = _one_update(mdp, expert, others, learner, alpha)
    linear = first_order(mdp, expert, learner, before)
    return gap(mdp, before, after) <= alpha * linear + alpha**2 * cubic(mdp) / 12


@claim(
    id="ross-bagnell-2010-smile.sharper",
    source=ross_bagnell("Theorem 4.1, one update"),
    statement=r"J(\pi^{n-1}) - J(\pi^n) \le \alpha_n u_n \sum_h \epsilon_{n,h}\,(1 + \alpha_n (H - h))",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        _contagious_update(5, EIGHTH),
        lhs=Fraction(3, 16),
        rhs=Fraction(3, 16),
        note="1/8 (1 + 4/8): equality",
    ),
)
def smile_step_sharper(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, others: Policy, learner: Policy, alpha: UnitInterval
) -> Any:
    """The second-order term is proportional to the errors, too, and vanishes with them.

    As for the update, but keep ``g_h <= u e(s)``: the cost is at most ``alpha u sum_h E_{d_h^new} e``, and
    old and new mixture differ only where the learner errs, so ``E_{d_h^new} e <= epsilon_h + alpha sum_{k <
    h} epsilon_k``. With ``u_h <= H - h + 1`` and ``epsilon_k <= 1`` this halves the constant of the
    second-order term, to 1/6, which is then best possible (H = 2).
    """
    before, after = _one_update(mdp, expert, others, learner, alpha)
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(before))
    drift = ar.sum(errors * (steps_left(mdp) - 1), -1)
    return gap(mdp, before, after) <= alpha * harm(mdp, expert, before) * (ar.sum(errors, -1) + alpha * drift)


@smile_step_sharper.false_variant("the states do not move", counterexample=lambda: _contagious_update(2, Fraction(1)))
def sharper_linear(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, others: Policy, learner: Policy, alpha: UnitInterval
) -> Any:
    before, after = _one_update(mdp, expert, others, learner, alpha)
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(before))
    return gap(mdp, before, after) <= alpha * harm(mdp, expert, before) * ar.sum(errors, -1)


@smile_step_sharper.false_variant("half the drift", counterexample=lambda: _contagious_update(2, Fraction(1)))
def sharper_half(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, others: Policy, learner: Policy, alpha: UnitInterval
) -> Any:
    before, after = _one_update(mdp, expert, others, learner, alpha)
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(before))
    drift = ar.sum(errors * (steps_left(mdp) - 1), -1) / 2
    return gap(mdp, before, after) <= alpha * harm(mdp, expert, before) * (ar.sum(errors, -1) + alpha * drift)


def _one_coin() -> tuple[Any, ...]:
    mdp, expert, learner = coin([1, 0], [0, 1])
    return mdp, expert, (learner,), HALF


@claim(
    id="ross-bagnell-2010-smile.renormalised",
    source=ross_bagnell("Theorem 4.1, explicit constants"),
    statement=r"J(\pi_E) - J(\tilde\pi^N) \le H \sum_{n=1}^N \alpha_n u_n \epsilon_n + "
    r"\frac{\alpha}{2 - \alpha} \frac{H^3 - H}{3} + (1 - \alpha)^N \frac{H (H + 1)}{2}",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(_one_coin(), lhs=1, rhs=1, note="one step: 1/2 for the update, 1/2 for the expert's share"),
)
def smile_renormalised(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, alpha: UnitInterval
) -> Any:
    """Taking the expert out of the final policy costs its share ``p = (1 - alpha)^N`` times H (H + 1) / 2.

    ``pi^N = (1 - p) tilde pi + p pi_E``, so by the performance difference along ``tilde pi`` the two differ
    by ``p sum_h E [Q_h^N(s, pi_E) - Q_h^N(s, tilde pi)] <= p sum_h (H - h + 1)``; add the bound on ``pi^N``.
    """
    linear = first_orders(mdp, expert, learners, alpha)
    drift = alpha / (2 - alpha) * cubic(mdp) / 3
    removed = (1 - alpha) ** len(learners) * steps_left(mdp).sum()
    return gap(mdp, expert, without_expert(learners, alpha)) <= linear + drift + removed


@smile_renormalised.false_variant("removing the expert is free", counterexample=_one_coin)
def renormalised_free(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, alpha: UnitInterval
) -> Any:
    linear = first_orders(mdp, expert, learners, alpha)
    drift = alpha / (2 - alpha) * cubic(mdp) / 3
    return gap(mdp, expert, without_expert(learners, alpha)) <= linear + drift


@smile_renormalised.false_variant("half the expert's share", counterexample=_one_coin)
def renormalised_half(
    mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learners: Policies, alpha: UnitInterval
) -> Any:
    linear = first_orders(mdp, expert, learners, alpha)
    drift = alpha / (2 - alpha) * cubic(mdp) / 3
    removed = (1 - alpha) ** len(learners) * steps_left(mdp).sum() / 2
    return gap(mdp, expert, without_expert(learners, alpha)) <= linear + drift + removed
