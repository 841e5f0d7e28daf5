"""Foster, Block and Misra, Is behavior cloning all you need?, NeurIPS 2024: bounds without the horizon.

What the log loss makes small is the squared Hellinger distance of whole trajectories, ``D_H^2`` in [0, 2], since the
dynamics cancel in the likelihood. R is the largest total reward of a trajectory, however long it is; total rewards lie
in [0, R].
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.assumptions import UNIT_REWARDS
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.kinds import DeterministicPolicy, FiniteHorizonMDP, Policy
from iltheory.claims.tables import coin, task
from iltheory.measures import (
    action_variance,
    error_rate,
    gap,
    largest_advantage,
    largest_luck,
    largest_return,
    largest_reward,
    parting,
    smallest_return,
    steps,
    trajectory_hellinger2,
    trajectory_tv,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
SLIGHT = 1 - Fraction(99, 100) ** 2
"""A probability of erring whose complement has a rational root."""
ENUMERATED = Sizes(n_states=3, n_actions=2, horizon=3, strict=True)


def foster(theorem: str) -> Paper:
    """A theorem of the paper."""
    return Paper("Foster, Block and Misra", 2024, "Is behavior cloning all you need?", theorem, arxiv="2407.15007")


def leak(error: Fraction = SLIGHT) -> tuple[TabularMDP, Numbers, Numbers]:
    """One step; the expert's action earns 1, and the learner errs with a probability: R = 1, the gap is ``error``."""
    return coin([1, 0], [1 - error, error])


def tilted(by: Fraction = TENTH) -> tuple[TabularMDP, Numbers, Numbers]:
    """One step; the expert tosses a fair coin, and the learner one that earns less often."""
    return coin([HALF, HALF], [HALF - by, HALF + by])


def tosses(horizon: int) -> tuple[TabularMDP, Numbers]:
    """A fair coin at every step, for a reward of 1 each."""
    return task([[0, 0]], [[1, 0]], horizon=horizon), ar.asarray([[HALF, HALF]])


@claim(
    id="foster-2024-hellinger-dp.tv",
    source=foster("equation 13"),
    statement=r"\mathrm{TV}(\mathbb{P}^{\pi_E}, \mathbb{P}^{\hat\pi}) = \rho = 1 - \mathbb{E}_{\pi_E}\Big[\prod_h "
    r"\hat\pi_h(a_h | s_h)\Big]",
    status=FROM_MEMORY,
    tight=lambda: Tight(leak(), lhs=SLIGHT, rhs=SLIGHT, note="one step"),
    largest=ENUMERATED,
    sampled=True,
)
def trajectories_part(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """Trajectories differ as much as the learner is likely ever to part from a deterministic expert.

    On the trajectories that agree with the expert the learner's law is the expert's times ``prod_h learner_h``, so
    the expert's is the larger there, and ``TV = sum (P_E - P)_+ = E_E[1 - prod_h learner_h]``.
    """
    return equal(trajectory_tv(mdp, expert, learner), parting(mdp, expert, learner))


@trajectories_part.false_variant("for stochastic experts", counterexample=tilted)
def trajectories_part_stochastic(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return equal(trajectory_tv(mdp, expert, learner), parting(mdp, expert, learner))


@trajectories_part.false_variant(
    "the error rate", counterexample=lambda: families.first_step_error(horizon=2, error=HALF)
)
def trajectories_part_on_average(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    return equal(trajectory_tv(mdp, expert, learner), error_rate(mdp, expert, learner))


@claim(
    id="foster-2024-thm-2-1",
    source=foster("Theorem 2.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le 4 R\, D_H^2(\mathbb{P}^{\hat\pi}, \mathbb{P}^{\pi_E})",
    status=FROM_MEMORY,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(leak(Fraction(3, 4)), lhs=Fraction(3, 4), rhs=4, note="one step"),
    sampled=True,
)
def horizon_free(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """Cloning with the log loss pays for the range of the return, not for the horizon.

    The constant 1 suffices, see ``foster-2024-thm-2-1.sharp``.
    """
    return gap(mdp, expert, learner) <= 4 * largest_return(mdp) * trajectory_hellinger2(mdp, learner, expert)


@horizon_free.false_variant(
    "half of it, with the largest reward for the largest return",
    counterexample=lambda: families.first_step_error(horizon=4, error=Fraction(1, 100)),
)
def horizon_free_one_reward(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= 2 * largest_reward(mdp) * trajectory_hellinger2(mdp, learner, expert)


@horizon_free.false_variant("quadratic in the squared distance", counterexample=leak)
def horizon_free_squared(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= 4 * largest_return(mdp) * trajectory_hellinger2(mdp, learner, expert) ** 2


@claim(
    id="foster-2024-thm-2-1.sharp",
    source=foster("after Theorem 2.1"),
    statement=r"J(\pi_E) - J(\hat\pi) \le R\, D_H^2(\mathbb{P}^{\hat\pi}, \mathbb{P}^{\pi_E})",
    status=DERIVED_HERE,
    assumptions=[UNIT_REWARDS],
    tight=lambda: Tight(leak(), lhs=SLIGHT, rhs=Fraction(1, 50), note="one step; the ratio tends to 1 with the error"),
    sampled=True,
)
def horizon_free_sharp(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """The constant 4 may be 1, and no constant below 1 will do.

    The gap is at most ``R rho`` (``foster-2024-thm-2-1.parting``) and ``rho <= D_H^2`` (``foster-2024-parting.below``).
    """
    return gap(mdp, expert, learner) <= largest_return(mdp) * trajectory_hellinger2(mdp, learner, expert)


@horizon_free_sharp.false_variant("half the constant", counterexample=leak)
def horizon_free_half(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= largest_return(mdp) * trajectory_hellinger2(mdp, learner, expert) / 2


@horizon_free_sharp.false_variant("for stochastic experts", counterexample=tilted)
def horizon_free_stochastic(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return gap(mdp, expert, learner) <= largest_return(mdp) * trajectory_hellinger2(mdp, learner, expert)


@claim(
    id="foster-2024-thm-2-1.parting",
    source=foster("after Theorem 2.1"),
    statement=r"|J(\pi_E) - J(\hat\pi)| \le (R_{\max} - R_{\min})\, \rho",
    status=DERIVED_HERE,
    tight=lambda: Tight(leak(), lhs=SLIGHT, rhs=SLIGHT, note="one step"),
    sampled=True,
)
def parting_bound(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """Nothing is lost before the learner parts from the expert, and then at most the range of the return.

    Let both play together until the learner parts: returns differ with probability rho, by at most the range.
    Rewards may have any sign.
    """
    spread = largest_return(mdp) - smallest_return(mdp)
    return ar.absolute(gap(mdp, expert, learner)) <= spread * parting(mdp, expert, learner)


@parting_bound.false_variant("half of it", counterexample=leak)
def parting_half(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    spread = largest_return(mdp) - smallest_return(mdp)
    return ar.absolute(gap(mdp, expert, learner)) <= spread * parting(mdp, expert, learner) / 2


@parting_bound.false_variant(
    "errors per step", counterexample=lambda: families.first_step_error(horizon=2, error=Fraction(1, 4))
)
def parting_per_step(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    spread = largest_return(mdp) - smallest_return(mdp)
    return ar.absolute(gap(mdp, expert, learner)) <= spread * error_rate(mdp, expert, learner)


@claim(
    id="foster-2024-parting.below",
    source=foster("after equation 14"),
    statement=r"\rho \le D_H^2(\mathbb{P}^{\hat\pi}, \mathbb{P}^{\pi_E})",
    status=DERIVED_HERE,
    tight=lambda: Tight(leak(), lhs=SLIGHT, rhs=Fraction(1, 50), note="one step; the ratio tends to 1 with the error"),
    sampled=True,
)
def parting_below(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """The squared Hellinger distance is at least the probability of ever parting.

    With ``w = prod_h learner_h(a_h | s_h)`` on the expert's trajectories, ``rho = E[1 - w]`` and
    ``D_H^2 = 2 E[1 - sqrt w]``, and ``1 - w = (1 - sqrt w)(1 + sqrt w) <= 2 (1 - sqrt w)``.
    """
    return parting(mdp, expert, learner) <= trajectory_hellinger2(mdp, learner, expert)


@parting_below.false_variant("with half of the squared distance", counterexample=leak)
def parting_below_half(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    return parting(mdp, expert, learner) <= trajectory_hellinger2(mdp, learner, expert) / 2


@parting_below.false_variant("for stochastic experts", counterexample=tilted)
def parting_below_stochastic(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    return parting(mdp, expert, learner) <= trajectory_hellinger2(mdp, learner, expert)


@claim(
    id="foster-2024-parting.above",
    source=foster("after equation 14"),
    statement=r"D_H^2(\mathbb{P}^{\hat\pi}, \mathbb{P}^{\pi_E}) \le 2 \rho",
    status=DERIVED_HERE,
    tight=lambda: Tight(leak(Fraction(1)), lhs=2, rhs=2, note="a learner that always errs"),
    sampled=True,
)
def parting_above(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    """The squared Hellinger distance is at most twice the probability of ever parting.

    ``2 E[1 - sqrt w] <= 2 E[1 - w]``, because ``w <= sqrt w``.
    """
    return trajectory_hellinger2(mdp, learner, expert) <= 2 * parting(mdp, expert, learner)


@parting_above.false_variant("without the factor 2", counterexample=lambda: leak(Fraction(1)))
def parting_above_once(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    return trajectory_hellinger2(mdp, learner, expert) <= parting(mdp, expert, learner)


@parting_above.false_variant(
    "errors per step", counterexample=lambda: families.first_step_error(horizon=4, error=Fraction(1, 4))
)
def parting_above_per_step(mdp: FiniteHorizonMDP, expert: DeterministicPolicy, learner: Policy) -> Any:
    return trajectory_hellinger2(mdp, learner, expert) <= 2 * error_rate(mdp, expert, learner)


def _tilted_slightly() -> Tight:
    """Probabilities 1/50 and 49/50 beside a fair coin: the affinity of the two is 4/5."""
    distance = ar.convert(Fraction(2, 5), "ball", bits=512)
    rhs = ar.sqrt(distance) + distance / 2
    return Tight(tilted(Fraction(12, 25)), lhs=Fraction(12, 25), rhs=rhs, note="one step; the ratio tends to 1")


@claim(
    id="foster-2024-thm-3-1.explicit",
    source=foster("after Theorem 3.1"),
    statement=r"|J(\pi_E) - J(\hat\pi)| \le 2 \sigma D_H + B D_H^2, \quad \sigma^2 = \sum_h \mathbb{E}_{\pi_E}"
    r"[A_h(s_h, a_h)^2], \quad B = \max_\tau \Big|\sum_h A_h(s_h, a_h)\Big|",
    status=DERIVED_HERE,
    tight=_tilted_slightly,
)
def stochastic_expert(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    """A stochastic expert costs the variance of its own choices.

    A is the expert's advantage and ``X = sum_h A_h`` along a trajectory; B is over trajectories either of the two may
    take. By performance difference the gap is ``-E_learner[X]``, while ``E_expert[X] = 0`` and ``E_expert[X^2] =
    sigma^2`` (a martingale). ``sum (q - p) X = sum (sqrt q - sqrt p)^2 X + 2 sum sqrt p (sqrt q - sqrt p) X``; the
    first sum is at most ``B D_H^2``, the second at most ``2 sigma D_H`` by Cauchy and Schwarz.
    """
    distance = trajectory_hellinger2(mdp, expert, learner)
    first = 2 * ar.sqrt(action_variance(mdp, expert) * distance)
    return ar.absolute(gap(mdp, expert, learner)) <= first + largest_luck(mdp, expert, learner) * distance


@stochastic_expert.false_variant("the first term alone", counterexample=leak)
def stochastic_expert_first(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    distance = trajectory_hellinger2(mdp, expert, learner)
    return ar.absolute(gap(mdp, expert, learner)) <= 2 * ar.sqrt(action_variance(mdp, expert) * distance)


@stochastic_expert.false_variant("half the first constant", counterexample=tilted)
def stochastic_expert_half(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy) -> Any:
    distance = trajectory_hellinger2(mdp, expert, learner)
    first = ar.sqrt(action_variance(mdp, expert) * distance)
    return ar.absolute(gap(mdp, expert, learner)) <= first + largest_luck(mdp, expert, learner) * distance


@claim(
    id="foster-2024-prop-3-1",
    source=foster("Proposition 3.1"),
    statement=r"\sigma^2 \le (R_{\max} - R_{\min})^2 / 4",
    status=FROM_MEMORY,
    tight=lambda: Tight(tosses(1), lhs=Fraction(1, 4), rhs=Fraction(1, 4), note="a fair coin"),
)
def total_variance(mdp: FiniteHorizonMDP, expert: Policy) -> Any:
    """The variance of the expert's choices is at most that of the return, a quarter of its squared range.

    The return is its mean plus a martingale whose differences are the advantages and the surprises of the dynamics;
    these are uncorrelated, so sigma^2 is a part of its variance, which is at most a quarter of its squared range
    (Popoviciu).
    """
    spread = largest_return(mdp) - smallest_return(mdp)
    return action_variance(mdp, expert) <= spread**2 / 4


@total_variance.false_variant("half of it", counterexample=lambda: tosses(1))
def total_variance_half(mdp: FiniteHorizonMDP, expert: Policy) -> Any:
    spread = largest_return(mdp) - smallest_return(mdp)
    return action_variance(mdp, expert) <= spread**2 / 8


@total_variance.false_variant("the range of one reward", counterexample=lambda: tosses(2))
def total_variance_one_reward(mdp: FiniteHorizonMDP, expert: Policy) -> Any:
    return action_variance(mdp, expert) <= largest_reward(mdp) ** 2 / 4


@claim(
    id="foster-2024-prop-3-1.recoverable",
    source=foster("after Proposition 3.1"),
    statement=r"\sigma^2 \le H \max_{h, s, a} A_h(s, a)^2",
    status=DERIVED_HERE,
    tight=lambda: Tight(tosses(3), lhs=Fraction(3, 4), rhs=Fraction(3, 4), note="fair coins"),
)
def recoverable_variance(mdp: FiniteHorizonMDP, expert: Policy) -> Any:
    """Where every action loses or wins little, sigma^2 grows with the horizon at most, not with its square.

    sigma^2 is a sum of H expectations of squared advantages.
    """
    return action_variance(mdp, expert) <= steps(mdp) * largest_advantage(mdp, expert) ** 2


@recoverable_variance.false_variant("without the horizon", counterexample=lambda: tosses(2))
def recoverable_variance_once(mdp: FiniteHorizonMDP, expert: Policy) -> Any:
    return action_variance(mdp, expert) <= largest_advantage(mdp, expert) ** 2


@recoverable_variance.false_variant("half of it", counterexample=lambda: tosses(2))
def recoverable_variance_half(mdp: FiniteHorizonMDP, expert: Policy) -> Any:
    return action_variance(mdp, expert) <= steps(mdp) * largest_advantage(mdp, expert) ** 2 / 2
