"""Online learners: what they play, by hand, and that their regret keeps its bound."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import A, H, S, random_model, random_policy, random_rule

from iltheory.claims.dagger_2011_sampling import follow_the_leader, no_convexity, no_convexity_regret
from iltheory.learners import (
    LOG_LOSS,
    ZERO_ONE,
    FinitePolicies,
    FollowTheLeader,
    FollowTheRegularizedLeader,
    TabularPolicies,
    dagger,
    hedge,
)
from iltheory.learners.losses import COST
from iltheory.learners.online import play
from sims import arithmetic as ar
from sims import families
from sims.errors import InvalidArgument

BALL = ar.get_system("ball", bits=256)


def cycle(horizon: int, iterations: int, online: Any) -> Any:
    mdp, expert, policies = families.ftl_cycle(horizon=horizon)
    return dagger(mdp, expert, FinitePolicies(list(policies)), iterations=iterations, online=online)


@pytest.mark.parametrize(("horizon", "iterations"), [(2, 9), (4, 3), (10, 40), (5, 17)])
def test_follow_the_leader_keeps_its_regret_on_the_cycle(horizon: int, iterations: int) -> None:
    family = families.ftl_cycle(horizon=horizon)
    run, played = cycle(horizon, iterations, FollowTheLeader()), follow_the_leader(family.losses, iterations)
    assert run.losses.fractions().tolist() == [family.losses[j][j] for j in played]
    hindsight = min(sum(family.losses[i][j] for i in played) for j in range(2)) / iterations
    assert run.class_error == hindsight and run.regret == ar.sum(run.losses) / iterations - hindsight
    assert no_convexity_regret(horizon, iterations).lhs == run.regret
    assert no_convexity(horizon, iterations).lhs == ar.amin(run.own_losses, 0) - run.class_error
    assert run.regret >= Fraction(1, 2) - Fraction(1, horizon)
    assert run.own_losses[run.best] == 1 - Fraction(1, horizon)


def test_catalogue_figures_of_the_cycle() -> None:
    run = cycle(10, 200, FollowTheLeader())
    assert float(ar.amin(run.own_losses, 0)) == 0.9
    assert float(run.class_error) == pytest.approx(0.5, abs=5e-3) and float(run.regret) == pytest.approx(
        0.4445, abs=0.01
    )


@pytest.mark.parametrize("iterations", [10, 40, 160])
def test_over_mixtures_hedge_and_ftrl_lose_their_regret_on_the_cycle(iterations: int) -> None:
    rate = math.sqrt(8 * math.log(2) / iterations)
    exponential = cycle(10, iterations, hedge(rate))
    bound = BALL.log(BALL.convert(ar.asarray(2))) / (Fraction(rate) * iterations) + Fraction(rate) / 8
    assert (BALL.convert(exponential.regret) <= bound).holds
    assert exponential.own_losses[exponential.best] <= Fraction(55, 100)
    nearest = cycle(10, iterations, FollowTheRegularizedLeader(Fraction(rate)))
    # (max R - min R) / rate + rate / 2 * (largest squared length of the losses), averaged.
    assert nearest.regret <= Fraction(1, 4) / (Fraction(rate) * iterations) + Fraction(rate)


def adversarial(mdp: Any, policy_class: Any, online: Any, iterations: int, seed: int) -> Any:
    """Costs in [0, 1] that fall on what the policy just played most often."""
    rng = np.random.default_rng(seed)

    def observe(i: int, pi: Any) -> Any:
        noise = ar.asarray(rng.integers(0, 2, size=(H, S, A)))
        played = (np.asarray(pi) == np.asarray(pi).max(-1, keepdims=True)).astype(int)
        costs = mdp.system.convert(ar.asarray(played)) * noise
        return mdp.system.convert(mdp.state_occupancy(random_policy(i)))[..., None] * costs

    return play(mdp, policy_class, iterations=iterations, online=online, loss=COST, observe=observe)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [Fraction(1, 4), Fraction(1)])
def test_hedge_keeps_its_bound_whatever_happens(seed: int, rate: Fraction) -> None:
    n, listed = 25, FinitePolicies([random_rule(seed + k) for k in range(4)])
    run = adversarial(random_model(seed), listed, hedge(rate), n, seed)
    bound = BALL.log(BALL.convert(ar.asarray(4))) / (rate * n) + rate / 8
    assert (BALL.convert(run.regret) <= bound).holds


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [Fraction(1, 4), Fraction(1), Fraction(20)])
def test_quadratic_ftrl_keeps_its_bound_over_all_tabular_policies(seed: int, rate: Fraction) -> None:
    """``(max R - min R) / rate`` over H S simplices, and squared lengths of costs of at most ``d_h(s) / H`` each."""
    n = 25
    run = adversarial(random_model(seed), TabularPolicies(), FollowTheRegularizedLeader(rate), n, seed)
    diameter = Fraction(H * S, 2) * (1 - Fraction(1, A))
    assert run.regret <= diameter / (rate * n) + rate / 2 * A * Fraction(1, H)


def test_the_regret_of_follow_the_leader_may_exceed_what_hedge_is_bound_by() -> None:
    n = 40
    run = adversarial(random_model(0), TabularPolicies(), FollowTheLeader(), n, 0)
    careful = adversarial(random_model(0), TabularPolicies(), hedge(Fraction(4)), n, 0)
    assert float(run.regret) > float(careful.regret)


@pytest.mark.parametrize("seed", range(3))
def test_the_quadratic_leader_is_the_nearest_law(seed: int) -> None:
    """No other law in a fine grid of the simplex has a smaller regularised loss."""
    mdp, rate = random_model(seed), 0.7
    costs = ar.asarray(np.random.default_rng(seed).integers(0, 12, size=(H, S, A))) / 3
    listed = FinitePolicies([random_rule(seed + k) for k in range(3)])
    lost = np.asarray(listed.gradient(mdp, costs))
    found = FollowTheRegularizedLeader(rate).next(mdp, listed, COST, costs)
    grid = [np.array([i, j, 60 - i - j]) / 60 for i, j in itertools.product(range(61), repeat=2) if i + j <= 60]

    def regularised(w: Any) -> float:
        return float(w @ lost + np.sum((w - 1 / 3) ** 2) / (2 * rate))

    best = min(grid, key=regularised)
    mixed = sum(w * np.asarray(mdp.policy(pi)) for w, pi in zip(best, listed.policies, strict=True))
    assert np.abs(np.asarray(found) - mixed).max() < 0.05
    entropic = hedge(rate).next(mdp, listed, COST, costs)
    weights = np.exp(-rate * lost) / np.sum(np.exp(-rate * lost))
    mixed = sum(w * np.asarray(mdp.policy(pi)) for w, pi in zip(weights, listed.policies, strict=True))
    assert np.abs(np.asarray(entropic) - mixed).max() < 1e-14


@pytest.mark.parametrize("rate", [0.01, 0.3, 5.0, 1000.0])
def test_the_quadratic_leader_meets_the_conditions_of_optimality(rate: float) -> None:
    """The slope ``cost + (w - uniform) / rate`` is the same for all actions played, and no larger for others."""
    mdp, costs = random_model(0).to("float64"), np.random.default_rng(1).integers(0, 9, size=(H, S, A)) / 2.0
    listed = FinitePolicies([random_rule(k) for k in range(6)])
    for policy_class in (TabularPolicies(), listed):
        slopes = np.asarray(policy_class.gradient(mdp, costs))
        weights = FollowTheRegularizedLeader(rate).weights(slopes)
        tilted = rate * slopes + weights - 1 / weights.shape[-1]
        least = tilted.min(-1, keepdims=True)
        assert np.all((weights >= 0) & (np.abs(weights.sum(-1, keepdims=True) - 1) < 1e-12))
        assert np.all((np.abs(tilted - least) < 1e-9 * (1 + rate)) | (weights == 0))


def test_regularised_leaders_are_the_same_in_every_number_system() -> None:
    exact, expert = random_model(4), random_rule(4)
    for online in (hedge(1), FollowTheRegularizedLeader(2)):
        run = dagger(exact, expert, TabularPolicies(), iterations=3, online=online)
        floats = dagger(
            exact.to("float64"),
            expert.to("float64") if hasattr(expert, "to") else np.asarray(expert),
            TabularPolicies(),
            iterations=3,
            online=online,
        )
        assert np.abs(np.asarray(run.policies) - np.asarray(floats.policies)).max() < 1e-14
        enclosed = dagger(exact.to("interval"), expert, TabularPolicies(), iterations=3, online=online)
        assert np.all(np.abs(np.asarray(enclosed.losses) - np.asarray(run.losses)) < 1e-14)
        assert all(sum(row) == 1 for row in run.policies.fractions().reshape(-1, A))


def test_a_larger_rate_and_another_regulariser_change_what_is_played() -> None:
    mdp, expert = random_model(4), random_rule(4)
    runs = [
        dagger(mdp, expert, TabularPolicies(), iterations=3, online=online).policies.fractions()
        for online in (hedge(1), hedge(2), FollowTheRegularizedLeader(1), FollowTheLeader())
    ]
    assert all(np.any(x != y) for x, y in itertools.combinations(runs, 2))


def test_losses_that_are_not_linear_are_left_to_follow_the_leader() -> None:
    mdp, expert = random_model(0).to("float64"), np.asarray(random_rule(0))
    with pytest.raises(InvalidArgument, match=r"needs a linear loss.*\n.*FollowTheLeader"):
        dagger(mdp, expert, TabularPolicies(), iterations=2, online=hedge(1), loss=LOG_LOSS)
    assert dagger(mdp, expert, TabularPolicies(), iterations=2, loss=LOG_LOSS).losses.shape == (2,)


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan])
def test_bad_rates_are_named(rate: float) -> None:
    with pytest.raises(InvalidArgument, match="rate="):
        hedge(rate)


def test_bad_options_are_named() -> None:
    with pytest.raises(InvalidArgument, match="regularizer='entropy': there are quadratic, entropic"):
        FollowTheRegularizedLeader(1, "entropy")  # type: ignore[arg-type]
    for iterations in (0, -1, 1.5, True, None):
        with pytest.raises(InvalidArgument, match="iterations="):
            dagger(random_model(0), random_rule(0), TabularPolicies(), iterations=iterations, loss=ZERO_ONE)  # type: ignore[arg-type]
