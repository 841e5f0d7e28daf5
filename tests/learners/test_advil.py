"""AdVIL: its guarantees against closed forms, offline, and linear in the actions of the policy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import random_model, random_policy, random_rule

from iltheory.learners import advil, moment_matching
from iltheory.measures import off_policy_moment_error, off_policy_payoff
from sims import arithmetic as ar
from sims import families
from sims.errors import InvalidArgument


@pytest.mark.parametrize("expert", [random_policy(0), random_policy(1, law="uniform"), random_rule(0)])
@pytest.mark.parametrize("iterations", [1, 7, 200])
def test_primal_and_dual_are_evaluated_exactly_and_obey_the_bound(expert: Any, iterations: int) -> None:
    mdp = random_model(0)
    found = advil(mdp, expert, iterations=iterations)
    assert found.primal == off_policy_moment_error(mdp, expert, found.policy)
    f = found.discriminator
    assert np.all(ar.compare(ar.absolute(f), "<=", 1) == 1)
    assert found.dual <= 0 <= found.primal, "the value of the game is 0: the expert matches itself"
    assert found.dual <= off_policy_payoff(mdp, expert, found.policy, f) <= found.primal
    assert found.gap == found.primal - found.dual and ar.upper(found.gap) <= found.bound


def test_the_gap_falls_with_the_rounds() -> None:
    mdp, expert = random_model(1).to("float64"), ar.midpoint(random_policy(1, law="uniform"))
    gaps = [float(advil(mdp, expert, iterations=n).gap) for n in (10, 100, 1000, 10_000)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.02 * gaps[0]


def test_approaches_the_equilibrium_in_closed_form() -> None:
    """The expert wherever it goes; elsewhere AdVIL sees nothing, and is uniform or what the projection makes of it."""
    mdp, expert, _ = families.cliff(horizon=3, error=0)
    demos = mdp.sample(expert, 2, rng=0)
    exact = moment_matching(mdp, demos, moments="off-policy")
    found = advil(mdp, demos, iterations=2000)
    assert exact.primal == 0 and found.primal <= Fraction(1, 100)
    assert np.abs(ar.midpoint(found.policy) - ar.midpoint(exact.policy)).max() < 0.01
    assert np.allclose(ar.midpoint(found.policy)[:, 1], 0.5, atol=0.01), "never shown: no preference"


def test_offline() -> None:
    """From demonstrations neither transitions nor rewards are used."""
    mdp, expert = random_model(2), random_policy(2)
    demos = mdp.sample(expert, 5, rng=0)
    other = random_model(12)
    for one, two in zip(*(vars(advil(model, demos, iterations=5)).values() for model in (mdp, other)), strict=True):
        assert np.array_equal(ar.midpoint(ar.asarray(one)), ar.midpoint(ar.asarray(two)))


def test_a_stochastic_expert_is_the_equilibrium_only_for_expectations_over_actions() -> None:
    """With f at the action probabilities, here ``sum_a p_a^2 f(s, a)``, an expert who tosses a coin sees itself err."""
    mdp, _, _ = families.loop(horizon=1, error=0)
    coin = ar.asarray([[Fraction(1, 2), Fraction(1, 2)]])
    found = advil(mdp, coin, iterations=10)
    assert found.primal == 0 and found.policy.fractions().ravel().tolist() == [Fraction(1, 2)] * 2
    f = ar.asarray([[1, 1]])
    relaxed = ar.sum(coin * coin * f) - ar.sum(coin * f)
    assert off_policy_payoff(mdp, coin, coin, f) == 0 and relaxed == -Fraction(1, 2)


def test_payoffs_are_linear_in_the_policy() -> None:
    mdp, expert = random_model(3), random_policy(3)
    f = advil(mdp, expert, iterations=3).discriminator
    first, second = random_policy(4), random_rule(4)
    mixed = off_policy_payoff(mdp, expert, (first + 3 * second) / 4, f)
    parts = off_policy_payoff(mdp, expert, first, f) + 3 * off_policy_payoff(mdp, expert, second, f)
    assert mixed == parts / 4


def test_discounted_and_batched() -> None:
    mdp = families.garnet(n_states=4, n_actions=3, branching=2, discount=0.75, rng=0)
    found = advil(mdp, np.full((4, 3), 1 / 3), iterations=5)
    assert found.policy.shape == (4, 3) and 0 <= found.gap <= found.bound
    batch, expert = random_model(5, batch=3), random_policy(5)
    together = advil(batch, expert, iterations=5)
    for i in range(3):
        alone = advil(batch.select(i), expert, iterations=5)
        assert together.primal[i] == alone.primal


def test_bad_input_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="iterations=0"):
        advil(random_model(0), random_policy(0), iterations=0)
