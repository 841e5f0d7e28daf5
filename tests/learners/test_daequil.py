"""DAeQuIL: its losses are moment errors, its regret is exact and bounded, and it pays what it promises."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import random_model, random_policy, random_rule

from iltheory.learners import FinitePolicies, FollowTheLeader, TabularPolicies, daequil, hedge
from iltheory.learners.daequil import regret_bound
from iltheory.measures import gap, on_policy_mismatch, on_policy_moment_error, on_policy_payoff, payoff, recoverability
from sims import arithmetic as ar
from sims import families
from sims.errors import InvalidArgument

N = 6


def classes(expert: Any) -> list[Any]:
    """Classes with and without the expert."""
    return [
        TabularPolicies(),
        TabularPolicies(stationary=True),
        FinitePolicies([expert, random_rule(1)]),
        FinitePolicies([random_rule(k) for k in range(4)]),
    ]


@pytest.mark.parametrize("index", range(4))
def test_losses_are_the_moment_errors_of_the_iterates(index: int) -> None:
    mdp, expert = random_model(0), random_policy(0)
    found = daequil(mdp, expert, classes(expert)[index], iterations=N)
    errors = [Fraction(on_policy_moment_error(mdp, expert, pi)) for pi in found.run.policies]
    assert found.run.losses.fractions().tolist() == errors
    assert Fraction(found.loss) == min(errors) == Fraction(on_policy_moment_error(mdp, expert, found.policy))
    assert Fraction(found.run.class_error) + Fraction(found.run.regret) == sum(errors) / N
    for pi, f, error in zip(found.run.policies, found.discriminators, errors, strict=True):
        assert Fraction(on_policy_payoff(mdp, expert, pi, f)) == error


def test_regret_by_trying_the_class() -> None:
    """``l_i(pi) = E_{s ~ pi_i}[E_pi f_i - E_{pi_E} f_i]`` of every policy of a list, from its definition."""
    mdp, expert = random_model(1), random_policy(1)
    policies = [random_rule(k) for k in range(3)]
    found = daequil(mdp, expert, FinitePolicies(policies), iterations=N)

    def loss(i: int, pi: Any) -> Fraction:
        states = mdp.state_occupancy(found.run.policies[i]).fractions()
        acts, shown = (mdp.policy(x).fractions() for x in (pi, expert))
        return np.sum(states[:, :, None] * (acts - shown) * found.discriminators[i].fractions()) / mdp.horizon

    best = min(sum(loss(i, pi) for i in range(N)) / N for pi in policies)
    assert Fraction(found.run.class_error) == best
    own = sum(loss(i, found.run.policies[i]) for i in range(N)) / N
    assert Fraction(found.run.regret) == own - best


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("index", range(4))
def test_regret_obeys_its_bound(seed: int, index: int) -> None:
    mdp, expert = random_model(seed), random_policy(seed)
    policy_class = classes(expert)[index]
    for n in (1, N, 30):
        run = daequil(mdp.to("float64"), ar.midpoint(expert), _in_floats(policy_class), iterations=n).run
        assert float(run.regret) <= regret_bound(mdp, policy_class, iterations=n)


def _in_floats(policy_class: Any) -> Any:
    if isinstance(policy_class, TabularPolicies):
        return policy_class
    return FinitePolicies([ar.midpoint(pi) for pi in policy_class.policies])


def test_the_bound_on_the_regret() -> None:
    mdp = random_model(0)
    assert regret_bound(mdp, FinitePolicies([random_rule(0)]), iterations=4) < 1e-300
    two = FinitePolicies([random_rule(0), random_rule(1)])
    assert regret_bound(mdp, two, iterations=8) == pytest.approx(math.sqrt(2 * math.log(2) / 8))
    tabular = regret_bound(mdp, TabularPolicies(), iterations=8)
    assert tabular == pytest.approx(math.sqrt(2 * 3 * math.log(2) / 8))


@pytest.mark.parametrize("family", [families.cliff, families.unicycle, families.loop])
def test_pays_what_recoverability_promises(family: Any) -> None:
    mdp, expert, learner = family(horizon=5, error=Fraction(1, 4))
    found = daequil(mdp, expert, iterations=N)
    price = recoverability(mdp, expert) * mdp.horizon
    assert gap(mdp, expert, found.policy) <= price * found.loss
    assert Fraction(found.loss) <= Fraction(found.run.class_error) + Fraction(found.run.regret)
    erring = daequil(mdp, expert, FinitePolicies([learner]), iterations=1)
    assert Fraction(erring.loss) == Fraction(1, 2)  # 2 e: every step, wherever the learner goes


def test_converges_to_the_expert() -> None:
    mdp, expert = random_model(4, law="uniform").to("float64"), ar.midpoint(random_rule(4))
    losses = [float(daequil(mdp, expert, iterations=n).loss) for n in (4, 64, 256)]
    assert losses[0] > losses[1] > losses[2] and losses[2] < 0.01


def test_from_demonstrations_the_cloned_policy_answers() -> None:
    mdp, expert = random_model(5), random_rule(5)
    demos = mdp.sample(expert, 40, rng=0)
    cloned = mdp.project(mdp.system.convert(demos.counts(mdp.horizon, mdp.n_states, mdp.n_actions)))
    from_demos, from_clone = (daequil(mdp, x, iterations=N) for x in (demos, cloned))
    assert np.array_equal(from_demos.run.losses.fractions(), from_clone.run.losses.fractions())


def test_discriminators_are_signs() -> None:
    mdp, expert = random_model(6), random_policy(6)
    found = daequil(mdp, expert, iterations=3)
    for pi, f in zip(found.run.policies, found.discriminators, strict=True):
        g = on_policy_mismatch(mdp, expert, pi)
        assert np.array_equal(np.sign(ar.midpoint(g)), ar.midpoint(f))
        assert payoff(mdp, g, f) >= payoff(mdp, g, -f)


def test_options_and_bad_input() -> None:
    mdp, expert = random_model(7), random_policy(7)
    options: list[dict[str, Any]] = [
        {},
        {"policy_class": TabularPolicies(stationary=True)},
        {"online": hedge(Fraction(1, 3))},
        {"online": FollowTheLeader()},
    ]
    losses = [tuple(daequil(mdp, expert, iterations=4, **o).run.losses.fractions()) for o in options]
    assert len(set(losses)) == len(options)
    assert losses == [tuple(daequil(mdp, expert, iterations=4, **o).run.losses.fractions()) for o in options]
    with pytest.raises(InvalidArgument, match="iterations=0"):
        daequil(mdp, expert, iterations=0)
    discounted = families.loop(error=Fraction(1, 2), discount=Fraction(1, 2))
    with pytest.raises(InvalidArgument, match="finite horizon"):
        daequil(discounted.mdp, discounted.expert, iterations=2)


def test_batches_are_their_models_one_by_one() -> None:
    batch, expert = random_model(8, batch=3), random_policy(8)
    together = daequil(batch, expert, iterations=3)
    for i in range(3):
        alone = daequil(batch.select(i), expert, iterations=3)
        assert together.loss[i] == alone.loss
        assert np.array_equal(ar.midpoint(together.policy)[i], ar.midpoint(alone.policy))
