"""Swamy et al. 2021, by hand, by listing trajectories, and with the learners run: who pays how in the horizon."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from paths import A, H, Paths, S, random_model, random_policy

from iltheory.claims import drawing
from iltheory.claims import swamy_2021 as moments
from iltheory.claims import swamy_2021_adril as algorithms
from iltheory.claims import swamy_2021_on_policy as on_policy
from iltheory.learners import FinitePolicies, adril, advil, daequil, moment_matching
from iltheory.measures import gap, recoverability
from sims import arithmetic as ar
from sims import families

TINY = Fraction(1, 2**60)
FAMILIES = {"cliff": families.cliff, "unicycle": families.unicycle, "loop": families.loop}


@pytest.mark.parametrize("seed", range(4))
def test_both_sides_by_listing_trajectories(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mdp, expert, learner = random_model(rng), random_policy(rng), random_policy(rng)
    reward = drawing.units(rng, (H, S, A), -1, 1)
    paths = Paths(mdp.with_rewards(reward))
    lost = paths.value(expert) - paths.value(learner)

    def pairs(pi: Any) -> Any:
        return paths.states(pi)[:, :, None] * np.array(paths.table(pi))

    difference = np.abs(pairs(learner) - pairs(expert))
    rewards = moments.time_dependent(mdp, expert, learner, reward)
    assert rewards.holds and rewards.lhs == lost and rewards.rhs == difference.sum()
    off = moments.off_policy_bound(mdp, expert, learner, reward)
    assert off.holds and off.lhs == abs(lost) and off.rhs == 2 * H * sum(paths.errors(expert, learner, expert))
    sharper = moments.off_policy_weighted(mdp, expert, learner, reward)
    errors = paths.errors(expert, learner, expert)
    assert sharper.rhs == 2 * sum((H - h) * errors[h] for h in range(H)) <= off.rhs

    after = {(h, s, a): paths.after(expert, h, s, a) for h, s, a in np.ndindex(H, S, A)}
    acts = paths.table(expert)
    v = {(h, s): sum(acts[h][s][a] * after[h, s, a] for a in range(A)) for h, s in np.ndindex(H, S)}
    h_rec = max(abs(after[h, s, a] - v[h, s]) for h, s, a in after)
    on = on_policy.on_policy_bound(mdp, expert, learner, reward)
    assert on.holds and on.rhs == 2 * h_rec * sum(paths.errors(expert, learner, learner))
    span = max(max(after[h, s, a] for a in range(A)) - min(after[h, s, a] for a in range(A)) for h, s in v)
    half = on_policy.on_policy_span(mdp, expert, learner, reward)
    assert half.holds and half.rhs == span * sum(paths.errors(expert, learner, learner)) <= on.rhs


def test_values_quoted_for_the_unicycle() -> None:
    assert round(float(families.unicycle(horizon=5, error=Fraction(1, 5)).gap), 4) == 0.6944
    assert round(float(families.unicycle(horizon=12, error=Fraction(1, 5)).gap), 6) == 1.861111


def slopes(name: str) -> list[Fraction]:
    """``gap / error`` for horizons 1, 2, ..., 32 and tiny errors, from the policies' exact values."""
    found = []
    for horizon in range(1, 33):
        mdp, expert, learner = FAMILIES[name](horizon=horizon, error=TINY)
        found.append(Fraction(gap(mdp, expert, learner)) / TINY)
    return found


def test_three_slopes_two_one_one() -> None:
    """Per unit of error the cliff costs T (T + 1) / 2, the unicycle T - 1, the loop T, up to terms of order error."""
    costs = {
        "cliff": lambda T: Fraction(T * (T + 1), 2),
        "unicycle": lambda T: Fraction(T - 1),
        "loop": lambda T: Fraction(T),
    }
    second = {"cliff": 1, "unicycle": 0, "loop": 0}
    for name, cost in costs.items():
        found = slopes(name)
        for T, price in enumerate(found, start=1):
            assert 0 <= cost(T) - price <= T**3 * TINY
        nearest = [round(price) for price in found]
        assert set(np.diff(nearest, n=2)) == {second[name]}
        degree = math.log2(found[31] / found[15])
        assert round(degree) == (2 if name == "cliff" else 1)
    assert slopes("loop") == [Fraction(T) for T in range(1, 33)]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("horizon", [2, 4, 8])
def test_learners_obey_their_bounds_exactly(name: str, horizon: int) -> None:
    """Policies that cannot but err, in each game, and each bound with the learner's own certificate on its right."""
    mdp, expert, learner = FAMILIES[name](horizon=horizon, error=Fraction(1, 10))
    signed = mdp.with_rewards(2 * mdp.rewards() - 1)
    h_rec = Fraction(recoverability(signed, expert))
    worse = FAMILIES[name](horizon=horizon, error=Fraction(1, 3)).learner
    price = {"reward": Fraction(horizon), "off-policy": Fraction(horizon**2), "on-policy": h_rec * horizon}
    for game, factor in price.items():
        found = moment_matching(mdp, expert, [learner, worse], moments=game)
        assert found.gap == 0
        assert Fraction(gap(signed, expert, found.policy)) <= factor * Fraction(found.primal)
    cloned = advil(mdp, expert, iterations=16)
    assert Fraction(gap(signed, expert, cloned.policy)) <= horizon**2 * Fraction(cloned.primal)
    kernel = adril(mdp, expert, iterations=5, start=worse, stationary=True)
    size = mdp.n_states * mdp.n_actions
    lost = Fraction(gap(signed, expert, kernel.policy))
    assert lost**2 <= 2 * horizon**2 * size * Fraction(kernel.losses[-1])
    asked = daequil(mdp, expert, FinitePolicies([learner, worse]), iterations=6)
    assert Fraction(gap(signed, expert, asked.policy)) <= h_rec * horizon * Fraction(asked.loss)


def test_bounds_grow_with_the_horizon_as_the_instances_do() -> None:
    """For the learner that errs with probability e everywhere: the off-policy bound is 2 e T^2 on all three instances,
    the on-policy one is 4 e T^2 on the cliff, but 4 e T on unicycle and loop.
    """
    e = Fraction(1, 10)
    for horizon in (2, 4, 8, 16):
        found = {}
        for name, family in FAMILIES.items():
            instance = moments.every_step(family(horizon=horizon, error=e))
            assert Fraction(moments.off_policy_bound(*instance).rhs) == 2 * e * horizon**2
            found[name] = Fraction(on_policy.on_policy_bound(*instance).rhs)
        assert found == {"cliff": 4 * e * horizon**2, "unicycle": 4 * e * horizon, "loop": 4 * e * horizon}


def test_deterministic_experts_pay_half() -> None:
    """The published constant, on every instance with a deterministic expert, is twice as large as it need be."""
    for family in FAMILIES.values():
        instance = moments.every_step(family(horizon=5, error=Fraction(1, 4)))
        half = on_policy.on_policy_deterministic(*instance)
        assert half.holds and 2 * Fraction(half.rhs) == Fraction(on_policy.on_policy_bound(*instance).rhs)


@pytest.mark.parametrize("rounds", [1, 2, 5, 8])
def test_frank_wolfe_against_fictitious_play(rounds: int) -> None:
    """The bounds themselves: with averages 1/k is below (1 + 1/2 + ... + 1/k)/k and below 4 / (k + 2)."""
    instance = algorithms.all_wrong(3, rounds)
    plain, logarithmic = algorithms.no_logarithm(*instance), algorithms.fictitious(*instance)
    faster = algorithms.conditional_gradient(*instance)
    assert plain.holds and logarithmic.holds and faster.holds
    assert plain.lhs == logarithmic.lhs
    assert Fraction(plain.rhs) <= Fraction(logarithmic.rhs) and Fraction(plain.rhs) < Fraction(faster.rhs)


def test_no_better_rate_than_one_over_k() -> None:
    """A law over n actions, matched one action at a time: half the squared distance is (1 - k/n) / (2 k), and the
    bound ``max |d_i - d_E|^2 / (2 k)`` is ``(1 - 1/n) / (2 k)``: the ratio goes to 1 with n.
    """
    from sims import TabularMDP

    n, rounds = 12, 6
    mdp = TabularMDP(np.ones((1, n, 1), dtype=int), np.zeros((1, n), dtype=int), [1], horizon=1)
    uniform, first = ar.asarray([[Fraction(1, n)] * n]), ar.asarray([np.eye(n, dtype=int)[0].tolist()])
    found = adril(mdp, uniform, iterations=rounds, start=first)
    for k in range(1, rounds + 1):
        assert found.losses[k - 1] == (1 - Fraction(k, n)) / (2 * k)


@pytest.mark.parametrize("claim", [algorithms.conditional_gradient, algorithms.fictitious, algorithms.no_logarithm])
def test_rates_hold_for_deterministic_experts_and_wild_starts(claim: Any) -> None:
    """More rounds than the random worlds take, and experts at the vertices, where distances are largest."""
    rng = np.random.default_rng(0)
    for _ in range(6):
        mdp = random_model(rng)
        expert, start = (np.eye(A, dtype=int)[rng.integers(A, size=(H, S))] for _ in range(2))
        assert claim(mdp, expert, start, 12).holds
