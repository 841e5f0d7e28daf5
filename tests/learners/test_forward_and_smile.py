"""Forward training and SMILe: by hand, and their theorems on their own output."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import H, fractions, mistakes, random_model, random_policy, random_rule, stationary_rules, visits

import iltheory as il
from iltheory.claims import ross_bagnell_2010 as ross_bagnell
from iltheory.claims import ross_bagnell_2010_smile as smile_claims
from iltheory.learners import (
    LOG_LOSS,
    FinitePolicies,
    TabularPolicies,
    behavioral_cloning,
    forward_training,
    smile,
)
from iltheory.measures import on_policy_error_rate
from sims import arithmetic as ar
from sims import families
from sims.errors import InvalidArgument

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@pytest.mark.parametrize("seed", range(6))
def test_forward_training_step_by_step(seed: int) -> None:
    """Two candidate rules: each step takes the one with fewer mistakes where the steps before it led."""
    mdp, expert, rules = random_model(seed), random_rule(seed), stationary_rules()[2:4]
    run = forward_training(mdp, expert, FinitePolicies(rules))
    chosen = np.array(fractions(mdp, expert))
    for h in range(H):
        states = visits(mdp, ar.asarray(chosen.tolist()))[h]
        wrong = [np.sum(states * (1 - np.sum(pi.fractions() * fractions(mdp, expert)[h], -1))) for pi in rules]
        chosen[h] = rules[wrong.index(min(wrong))].fractions()
        assert run.losses[h] == min(wrong)
    assert np.all(run.policy.fractions() == chosen)
    assert ar.sum(run.losses) / H == on_policy_error_rate(mdp, expert, run.policy)


@pytest.mark.parametrize("seed", range(6))
def test_forward_training_keeps_its_bound(seed: int) -> None:
    mdp, expert = random_model(seed), random_rule(seed)
    run = forward_training(mdp, expert, FinitePolicies(stationary_rules()[:3]))
    bound = ross_bagnell.forward_training(mdp, expert, run.policy)
    assert bound.holds
    assert bound.rhs == il.disadvantage(mdp, expert, run.policy) * ar.sum(run.losses)


def test_forward_training_recovers_where_cloning_does_not() -> None:
    """On the cliff a class that must err at the first step sees, and learns, what to do after it."""
    mdp, expert, _ = families.unicycle(horizon=6, error=Fraction(1, 10))
    found = forward_training(mdp, expert, TabularPolicies())
    assert il.gap(mdp, expert, found.policy) == 0 and np.all(found.losses.fractions() == 0)


@pytest.mark.parametrize("seed", range(3))
def test_over_all_policies_forward_training_is_the_expert_where_it_goes(seed: int) -> None:
    mdp, expert = random_model(seed), random_policy(seed)
    found = forward_training(mdp.to("ball"), expert, TabularPolicies(), loss=LOG_LOSS)
    assert float(il.gap(mdp.to("ball"), expert, found.policy)) == pytest.approx(0, abs=1e-30)


def test_forward_training_from_samples_draws_anew_for_each_step() -> None:
    mdp, expert = random_model(1, law="uniform"), random_rule(1)
    runs = [forward_training(mdp, expert, TabularPolicies(unseen=0), trajectories=20, rng=rng) for rng in (0, 0, 1)]
    assert np.all(runs[0].policy.fractions() == runs[1].policy.fractions())
    assert np.all(runs[0].losses.fractions() == 0)
    states = visits(mdp, runs[0].policy)
    assert mistakes(mdp, expert, runs[0].policy, states) <= Fraction(1, 4)
    listed = FinitePolicies(stationary_rules()[:2])
    sampled = forward_training(mdp, expert, listed, trajectories=4000, rng=0)
    exact = forward_training(mdp, expert, listed)
    assert np.abs(np.asarray(sampled.losses) - np.asarray(exact.losses)).max() < 0.05


@pytest.mark.parametrize("alpha", [THIRD, Fraction(1, 10), Fraction(1)])
@pytest.mark.parametrize("seed", range(3))
def test_smile_update_by_update(seed: int, alpha: Fraction) -> None:
    mdp, expert, rules, n = random_model(seed), random_rule(seed), stationary_rules()[:4], 4
    run = smile(mdp, expert, FinitePolicies(rules), iterations=n, alpha=alpha)
    current = np.array(fractions(mdp, expert))
    for k in range(n):
        states = visits(mdp, ar.asarray(current.tolist()))
        wrong = [mistakes(mdp, expert, pi, states) for pi in rules]
        learnt = rules[wrong.index(min(wrong))]
        assert run.losses[k] == min(wrong) and np.all(run.policies[k].fractions() == learnt.fractions())
        current = current + alpha * (1 - alpha) ** k * (fractions(mdp, learnt) - fractions(mdp, expert))
    assert np.all(run.mixture.fractions() == current)
    left = (1 - alpha) ** n
    assert np.all(run.policy.fractions() == (current - left * fractions(mdp, expert)) / (1 - left))


@pytest.mark.parametrize("seed", range(4))
def test_smile_keeps_its_bounds(seed: int) -> None:
    mdp, expert, alpha = random_model(seed), random_rule(seed), Fraction(1, 6)
    run = smile(mdp, expert, FinitePolicies(stationary_rules()), iterations=4, alpha=alpha)
    share = mdp.system.convert(alpha)
    for claim, policy in ((smile_claims.smile, run.mixture), (smile_claims.smile_renormalised, run.policy)):
        bound = claim(mdp, expert, list(run.policies), share)
        assert bound.holds and bound.lhs == il.gap(mdp, expert, policy)


def test_batches_of_models_and_of_experts_run_like_their_instances() -> None:
    batch, rules = random_model(4, batch=2), FinitePolicies(stationary_rules()[:3])
    experts = ar.stack([random_rule(4), random_rule(5)])
    forward = forward_training(batch, experts, rules)
    mixed = smile(batch, experts, rules, iterations=3, alpha=THIRD)
    for i in range(2):
        alone = forward_training(batch.select(i), experts[i], rules)
        assert np.all(forward.policy[i].fractions() == alone.policy.fractions())
        assert np.all(forward.losses[:, i].fractions() == alone.losses.fractions())
        single = smile(batch.select(i), experts[i], rules, iterations=3, alpha=THIRD)
        assert np.all(mixed.policy[i].fractions() == single.policy.fractions())


def test_smile_with_everything_handed_over_at_once_is_behavioural_cloning() -> None:
    mdp, expert = random_model(2), random_policy(2)
    run = smile(mdp, expert, TabularPolicies(stationary=True), iterations=1, alpha=1)
    clone = behavioral_cloning(expert, mdp, policy_class=TabularPolicies(stationary=True))
    majority = (clone.fractions() == clone.fractions().max(-1, keepdims=True)).astype(int)
    assert np.all(run.policy.fractions() == majority) and np.all(run.mixture.fractions() == majority)


def test_smile_from_samples_is_reproducible_and_in_floats() -> None:
    mdp, expert = random_model(1).to("float64"), np.asarray(random_policy(1), dtype=float)
    options: Any = {"iterations": 5, "alpha": 0.2, "trajectories": 6}
    first, second = (smile(mdp, expert, TabularPolicies(), rng=3, **options) for _ in range(2))
    assert np.array_equal(first.policy, second.policy) and np.allclose(first.policy.sum(-1), 1)
    assert first.policies.shape[0] == 5 and first.losses.shape == (5,)


@pytest.mark.parametrize(
    ("alpha", "complaint"), [(0, "alpha=0: nothing would"), (Fraction(3, 2), "alpha=3/2"), (-1, "alpha=-1")]
)
def test_bad_shares_are_named(alpha: Any, complaint: str) -> None:
    with pytest.raises(InvalidArgument, match=complaint):
        smile(random_model(0), random_rule(0), TabularPolicies(), iterations=2, alpha=alpha)


def test_demonstrations_cannot_be_asked() -> None:
    mdp = random_model(0)
    demos = mdp.sample(random_rule(0), 3, rng=0)
    with pytest.raises(InvalidArgument, match="expert is a set of trajectories"):
        forward_training(mdp, demos, TabularPolicies())
    with pytest.raises(InvalidArgument, match="expert is a set of trajectories"):
        smile(mdp, demos, TabularPolicies(), iterations=2, alpha=HALF)
