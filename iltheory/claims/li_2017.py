"""Li, Song and Ermon, InfoGAIL: interpretable imitation learning from visual demonstrations, NeurIPS 2017.

A code c, drawn once, chooses among K policies. The objective rewards ``L_I``, a lower bound on the mutual information
of code and trajectory. That information, even at its largest, does not identify the experts of a mixture.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, assume, claim
from iltheory.claims.codes import CodeGuess, CodePrior
from iltheory.claims.identification import DETERMINISTIC, DeterministicFiniteMDP, ball, moving
from iltheory.claims.kinds import DeterministicPolicies, FiniteHorizonMDP, Policies
from iltheory.measures import (
    code_information,
    code_pair_information,
    code_trajectories,
    mean_occupancy,
    mutual_information,
    quantity,
    recovery_error,
    steps,
    together,
    total_variation,
    trajectory_law,
    variational_information,
)
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)
FIRST, SECOND = [1, 0], [0, 1]
EVEN = [HALF, HALF]


def infogail(theorem: str = "") -> Paper:
    """A statement of the paper."""
    title = "InfoGAIL: interpretable imitation learning from visual demonstrations"
    return Paper("Li, Song and Ermon", 2017, title, theorem, arxiv="1703.08840")


TINY = Sizes(n_states=2, n_actions=2, horizon=3, length=3, strict=True)
"""Trajectories, codes and their orders are enumerated."""


def playing(*rows: Any) -> tuple[TabularMDP, tuple[Numbers, ...]]:
    """One state and one step, and a policy for each law of the action."""
    mdp = moving([[0] * len(rows[0])], horizon=1)
    return mdp, tuple(mdp.policy(ar.asarray([row])) for row in rows)


def _two_arms(*guesses: Any) -> tuple[Any, ...]:
    """Two policies that always play different actions, equally likely, and a guess from each action."""
    return *playing(FIRST, SECOND), ar.asarray(EVEN), *([ar.asarray(guesses)] if guesses else [])


def _log(x: int) -> Any:
    return ar.log(ball(x))


THREE_QUARTERS, QUARTER = Fraction(3, 4), Fraction(1, 4)
GUESSES = [THREE_QUARTERS, QUARTER], [QUARTER, THREE_QUARTERS]


@claim(
    id="infogail-2017-bound",
    source=infogail("equation (2)"),
    statement=r"\mathbb{E}_{c, \tau} \log Q(c|\tau) + H(c) \le I(c; \tau)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_two_arms(*GUESSES), _log(3) - _log(2), _log(2), note="log 3/4 + log 2; log 2"),
    largest=TINY,
)
def variational_bound(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior, guess: CodeGuess) -> Any:
    """Guessing the code from the trajectory bounds their mutual information from below.

    ``I = H(c) + E log p(c|tau)``, and ``E log p(c|tau) >= E log Q(c|tau)`` (Gibbs); see ``infogail-2017-bound.gap``.
    """
    assume(len(policies) > 1 and mdp.n_actions > 1)
    joint = code_trajectories(mdp, policies, prior)
    return variational_information(joint, guess) <= mutual_information(joint)


@variational_bound.false_variant("without the entropy of the code", counterexample=lambda: _two_arms(*GUESSES))
def bound_without_entropy(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior, guess: CodeGuess) -> Any:
    joint = code_trajectories(mdp, policies, prior)
    entropy = ar.sum(ar.entropy(prior), -1)
    return variational_information(joint, guess) <= mutual_information(joint) - entropy


@variational_bound.false_variant("an upper bound", counterexample=lambda: _two_arms(*GUESSES))
def bound_from_above(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior, guess: CodeGuess) -> Any:
    joint = code_trajectories(mdp, policies, prior)
    return variational_information(joint, guess) >= mutual_information(joint)


@claim(
    id="infogail-2017-bound.gap",
    source=infogail("equation (2)"),
    statement=r"I(c; \tau) - L_I = \mathbb{E}_\tau \mathrm{KL}(p(c|\tau) \,\|\, Q(c|\tau))",
    status=FROM_MEMORY,
    tight=lambda: Tight(_two_arms(*GUESSES), 2 * _log(2) - _log(3), 2 * _log(2) - _log(3), note="log 4/3"),
    largest=TINY,
)
def gap_is_the_divergence(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior, guess: CodeGuess) -> Any:
    """The bound loses the divergence of the guess from the posterior.

    ``E log p(c|tau) - E log Q(c|tau)``, trajectory by trajectory.
    """
    joint = code_trajectories(mdp, policies, prior)
    gap = mutual_information(joint) - variational_information(joint, guess)
    return equal(gap, _divergence_of_guess(joint, guess))


@quantity
def _divergence_of_guess(joint: Numbers, guess: Numbers) -> Numbers:
    """``E_tau KL(p(c|tau) || Q(c|tau)) = KL(p(c, tau) || p(tau) Q(c|tau))``."""
    guessed = ar.sum(joint, -2)[..., None, :] * ar.moveaxis(guess, -1, -2)
    return ar.sum(ar.relative_entropy(joint, guessed), (-2, -1))


@gap_is_the_divergence.false_variant("no gap", counterexample=lambda: _two_arms(*GUESSES))
def no_gap(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior, guess: CodeGuess) -> Any:
    joint = code_trajectories(mdp, policies, prior)
    return equal(mutual_information(joint), variational_information(joint, guess))


@gap_is_the_divergence.false_variant("the divergence from the prior", counterexample=lambda: _two_arms(*GUESSES))
def gap_from_the_prior(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior, guess: CodeGuess) -> Any:
    joint = code_trajectories(mdp, policies, prior)
    gap = mutual_information(joint) - variational_information(joint, guess)
    return equal(gap, _divergence_of_guess(joint, prior[..., None, :]))


@claim(
    id="infogail-2017-bound.entropy",
    source=infogail("Section 3"),
    statement=r"I(c; \tau) \le H(c)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_two_arms(), _log(2), _log(2), note="two codes told apart"),
    largest=TINY,
)
def at_most_the_entropy(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior) -> Any:
    """A trajectory tells no more about the code than there is to tell.

    ``I(c; tau) = H(c) - H(c|tau)``.
    """
    return code_information(mdp, policies, prior) <= ar.sum(ar.entropy(prior), -1)


@at_most_the_entropy.false_variant("half of it", counterexample=_two_arms)
def half_the_entropy(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior) -> Any:
    return 2 * code_information(mdp, policies, prior) <= ar.sum(ar.entropy(prior), -1)


@at_most_the_entropy.false_variant("all of it", counterexample=lambda: (*playing(FIRST, EVEN), ar.asarray(EVEN)))
def all_the_entropy(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior) -> Any:
    return code_information(mdp, policies, prior) >= ar.sum(ar.entropy(prior), -1)


def _in_turn(*rows: Any) -> tuple[TabularMDP, tuple[Numbers, ...]]:
    """One state and two steps, and a policy for each pair of laws of the action."""
    mdp = moving([[0, 0]], horizon=2)
    return mdp, tuple(ar.asarray([[first], [second]]) for first, second in rows)


def _two_ways() -> tuple[Any, ...]:
    """Each policy always plays one action."""
    return *_in_turn((FIRST, FIRST), (SECOND, SECOND)), ar.asarray(EVEN)


def _order_only() -> tuple[Any, ...]:
    """Both policies play each action once; only the order tells them apart."""
    return *_in_turn((FIRST, SECOND), (SECOND, FIRST)), ar.asarray(EVEN)


@claim(
    id="infogail-2017-bound.data-processing",
    source=infogail("Section 3"),
    statement=r"I(c; (s, a)) \le I(c; \tau)",
    status=FROM_MEMORY,
    tight=lambda: Tight(_two_ways(), _log(2), _log(2), note="every pair tells the code"),
    largest=TINY,
)
def pairs_tell_less(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior) -> Any:
    """A guess from one pair at a random time bounds less than a guess from the whole trajectory.

    The pair is a function of the trajectory and of a time that is independent of both: data processing.
    """
    assume(len(policies) > 1 and mdp.n_actions > 1 and steps(mdp) > 1)
    return code_pair_information(mdp, policies, prior) <= code_information(mdp, policies, prior)


@pairs_tell_less.false_variant("pairs tell as much", counterexample=_order_only)
def pairs_tell_all(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior) -> Any:
    return equal(code_pair_information(mdp, policies, prior), code_information(mdp, policies, prior))


@pairs_tell_less.false_variant("pairs tell more", counterexample=_order_only)
def pairs_tell_more(mdp: FiniteHorizonMDP, policies: Policies, prior: CodePrior) -> Any:
    return code_pair_information(mdp, policies, prior) >= code_information(mdp, policies, prior)


# Which expert is which.


def _laws(mdp: TabularMDP, policies: Any) -> Numbers:
    """Laws of the trajectory of each policy, ``[..., K, n]``."""
    return together((trajectory_law(mdp, pi) for pi in policies), axis=-2)


@quantity
def _missing_information(laws: Numbers) -> Numbers:
    """``log K - I(c; tau)`` for K equally likely codes: ``H(c | tau)``."""
    codes = laws.shape[-2]
    joint = laws / codes
    return ar.log(ar.system_of(laws).convert(codes)) - mutual_information(joint)


@quantity
def _mixture_error(first: Numbers, second: Numbers) -> Numbers:
    codes = first.shape[-2]
    return total_variation(ar.sum(first, -2), ar.sum(second, -2)) / codes


def _matched(mdp: TabularMDP, experts: Any, learners: Any) -> tuple[Any, Any, Any]:
    shown, learnt = _laws(mdp, experts), _laws(mdp, learners)
    return recovery_error(shown, learnt), _mixture_error(shown, learnt), _missing_information(learnt)


def _astray() -> tuple[Any, ...]:
    """One learner covers both experts, the other plays what nobody plays; the codes are told apart."""
    mdp, experts = playing([1, 0, 0], [0, 1, 0])
    return mdp, experts, playing([HALF, HALF, 0], [0, 0, 1])[1]


def _one_in_two() -> tuple[Any, ...]:
    """Experts that play one action each, and learners that both mix them: no information, a matched mixture."""
    mdp, experts = playing(FIRST, SECOND)
    return mdp, experts, playing(EVEN, EVEN)[1]


@claim(
    id="infogail-2017-modes",
    source=infogail(),
    statement=r"\min_\sigma \tfrac1K \sum_c \mathrm{TV}(p_{\pi_c}, p_{E_{\sigma(c)}}) \le "
    r"\tfrac32 \left[ \mathrm{TV}(\tfrac1K \sum_c p_{\pi_c}, \tfrac1K \sum_k p_{E_k}) + "
    r"\frac{\log K - I(c; \tau)}{2 \log 2} \right]",
    status=DERIVED_HERE,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight(
        _astray(), THREE_QUARTERS, THREE_QUARTERS, note="half the mixture is lost: the constant is sharp"
    ),
    largest=TINY,
)
def modes_are_recovered(mdp: DeterministicFiniteMDP, experts: DeterministicPolicies, learners: Policies) -> Any:
    """Deterministic experts on distinct trajectories are recovered, in some order, if mixture and information match.

    With ``M[c, k] = p(c, tau_k)`` the error is ``1 - max_sigma sum_c M[c, sigma(c)]``. The most likely code of a
    trajectory is right but for ``H(c|tau) / (2 log 2)`` (Hellman and Raviv), so ``g = 1 - sum_k max_c M[c, k]`` is at
    most the bracket. If u codes are no column's best, ``g >= u / K``, as rows sum to at most 1 / K; of a row that is
    the best of several columns keep the largest entry: that drops at most half of 1 / K for each further column,
    ``u / (2 K)``.
    """
    assume(_distinct(mdp, experts) & (mdp.n_actions > 1))
    error, mixture, missing = _matched(mdp, experts, learners)
    two = ar.log(mdp.system.convert(2))
    return error <= (mixture + missing / (2 * two)) * 3 / 2


def _distinct(mdp: TabularMDP, experts: Any) -> Any:
    """Each expert has one trajectory, and no two have the same."""
    laws = _laws(mdp, experts)
    single = (ar.midpoint(ar.amax(laws, -1)) == 1).all(axis=-1)
    return single & (ar.midpoint(ar.amax(ar.sum(laws, -2), -1)) == 1)


def _paired_arms() -> tuple[Any, ...]:
    """Four actions in pairs, and the same actions paired otherwise (a commonly overlooked mixture)."""
    mdp, experts = playing([HALF, HALF, 0, 0], [0, 0, HALF, HALF])
    return mdp, experts, playing([HALF, 0, HALF, 0], [0, HALF, 0, HALF])[1]


@modes_are_recovered.false_variant("stochastic experts", counterexample=_paired_arms)
def stochastic_modes(mdp: DeterministicFiniteMDP, experts: Policies, learners: Policies) -> Any:
    error, mixture, missing = _matched(mdp, experts, learners)
    return error <= (mixture + missing / (2 * ar.log(mdp.system.convert(2)))) * 3 / 2


def _crossing() -> tuple[Any, ...]:
    """Paths that meet half way, and go on as the other one did: the same occupancies."""
    mdp, experts = _in_turn((FIRST, FIRST), (SECOND, SECOND))
    return mdp, experts, _in_turn((FIRST, SECOND), (SECOND, FIRST))[1]


@modes_are_recovered.false_variant("matching occupancies", counterexample=_crossing)
def occupancies_matched(mdp: DeterministicFiniteMDP, experts: DeterministicPolicies, learners: Policies) -> Any:
    assume(_distinct(mdp, experts))
    error, _, missing = _matched(mdp, experts, learners)
    shown, learnt = (ar.sum(together(mean_occupancy(mdp, pi) for pi in some), 0) for some in (experts, learners))
    apart = ar.sum(ar.absolute(shown - learnt), (-2, -1)) / (2 * len(experts))
    return error <= (apart + missing / (2 * ar.log(mdp.system.convert(2)))) * 3 / 2


@modes_are_recovered.false_variant("without information", counterexample=_one_in_two)
def mixture_matched(mdp: DeterministicFiniteMDP, experts: DeterministicPolicies, learners: Policies) -> Any:
    assume(_distinct(mdp, experts))
    error, mixture, _ = _matched(mdp, experts, learners)
    return error <= mixture * 3 / 2
