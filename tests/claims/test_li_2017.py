"""InfoGAIL: the mixtures of the catalogue, recovered and not."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from iltheory.claims.claim import AssumptionViolated
from iltheory.claims.kinds import InvalidInstance
from iltheory.claims.li_2017 import at_most_the_entropy, modes_are_recovered, playing, variational_bound
from iltheory.measures import code_information, mean, recovery_error, together, trajectory_law
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED

HALF = Fraction(1, 2)
THREE = ([1, 0, 0], [0, 1, 0], [0, 0, 1])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_experts_in_any_order_are_recovered(order):
    mdp, experts = playing(*THREE)
    learners = tuple(experts[c] for c in order)
    comparison = modes_are_recovered(
        mdp.to("ball"), *(tuple(ar.convert(p, "ball") for p in x) for x in (experts, learners))
    )
    assert abs(float(comparison.lhs)) < 1e-30 and abs(float(comparison.rhs)) < 1e-30


def test_the_same_mixture_with_all_information_and_other_parts():
    """Arms in pairs: total variation 1/2 in the best order, equal mixtures, log 2 of information in both."""
    mdp, experts = playing([HALF, HALF, 0, 0], [0, 0, HALF, HALF])
    _, learners = playing([HALF, 0, HALF, 0], [0, HALF, 0, HALF])
    laws = [together((trajectory_law(mdp, pi) for pi in some), axis=-2) for some in (experts, learners)]
    assert Fraction(recovery_error(*laws)) == HALF
    assert all(Fraction(x) == Fraction(y) for x, y in zip(*(mean(list(law)) for law in laws), strict=True))
    even = ar.convert(np.full(2, 0.5), "float64")
    for some in (experts, learners):
        told = code_information(mdp.to("float64"), [np.asarray(p) for p in some], even)
        assert float(told) == pytest.approx(np.log(2), abs=1e-15)


def test_stochastic_experts_are_refused_and_so_are_equal_ones():
    mdp, experts = playing([1, 0], [HALF, HALF])
    with pytest.raises(InvalidInstance, match="not deterministic"):
        modes_are_recovered(mdp, experts, experts)
    mdp, twins = playing([1, 0], [1, 0])
    with pytest.raises(AssumptionViolated):
        modes_are_recovered(mdp.to("interval"), twins, twins)


@pytest.mark.parametrize("variant", modes_are_recovered.false_variants)
def test_commonly_quoted_conditions_are_not_enough(variant):
    instance = variant.bind_any(variant.counterexample())
    comparison = variant.evaluate(variant.convert(instance, ar.Ball(128)))
    assert comparison.verdicts == REFUTED
    assert float(comparison.lhs) >= 0.5 - 1e-12 and abs(float(comparison.rhs)) < 1e-12


def test_codes_and_guesses_are_checked():
    mdp, policies = playing([1, 0], [0, 1])
    with pytest.raises(InvalidInstance, match=r"prior has shape \(3,\), expected \(2,\)"):
        at_most_the_entropy(mdp, policies, ar.asarray([HALF, HALF, 0]))
    with pytest.raises(InvalidInstance, match=r"prior.* sums to"):
        at_most_the_entropy(mdp, policies, ar.asarray([HALF, Fraction(1, 4)]))
    with pytest.raises(InvalidInstance, match=r"guess has shape"):
        variational_bound(mdp, policies, ar.asarray([HALF, HALF]), ar.asarray([[HALF, HALF]]))
    guess = ar.convert(ar.asarray([[HALF, HALF], [Fraction(1, 4), Fraction(3, 4)]]), "interval")
    both = tuple(ar.convert(p, "interval") for p in policies)
    prior = ar.convert(ar.asarray([HALF, HALF]), "interval")
    assert variational_bound(mdp.to("interval"), both, prior, guess).verdicts == HOLDS
