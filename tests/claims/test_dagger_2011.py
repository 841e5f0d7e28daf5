"""Ross, Gordon and Bagnell 2011, by hand, by listing trajectories, and by running the algorithm."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from paths import A, H, Paths, S, deterministic_rules, in_balls, random_model, random_policy

from iltheory.claims import dagger_2011 as dagger
from iltheory.claims import dagger_2011_no_regret as online
from iltheory.claims import dagger_2011_performance as performance
from iltheory.claims import dagger_2011_sampling as sampling
from iltheory.measures import mistake_law, worst_failure_probability
from sims import arithmetic as ar
from sims import families
from sims.arithmetic import equal

PERCENT = Fraction(1, 100)


def rule(index: int) -> Any:
    """A stationary deterministic policy, ``[H, S, A]``."""
    return np.array([deterministic_rules()[index]] * H)


@pytest.mark.parametrize("seed", range(4))
def test_both_sides_of_theorem_2_2_by_listing_trajectories(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mdp, learner, actions = random_model(rng), random_policy(rng, "spiky"), rng.integers(A, size=(H, S))
    expert = np.eye(A, dtype=int)[actions]
    paths = Paths(mdp)
    visits, acts = paths.states(learner), paths.table(learner)
    after = {(h, s, a): paths.after(expert, h, s, a) for h, s, a in np.ndindex(H, S, A)}
    lost = {(h, s, a): after[h, s, actions[h, s]] - after[h, s, a] for h, s, a in after}
    gap = paths.value(expert) - paths.value(learner)

    identity = dagger.identity(mdp, expert, learner)
    assert identity.holds and identity.lhs == gap
    assert identity.rhs == sum(visits[h, s] * acts[h][s][a] * lost[h, s, a] for h, s, a in lost)

    bound = dagger.on_policy_bound(mdp, expert, learner)
    u = max([lost[h, s, a] for h, s, a in lost if visits[h, s] > 0] + [Fraction(0)])
    assert bound.holds and bound.rhs == u * sum(paths.errors(expert, learner, learner))


def test_unicycle_costs_what_is_quoted() -> None:
    e, steps = Fraction(1, 10), 6
    quoted = sum(e / (1 + e) * (1 - (-e) ** (t - 1)) for t in range(1, steps + 1))
    assert dagger.identity(*families.unicycle(horizon=steps, error=e)).lhs == quoted


def test_mixing_moves_the_chain_as_quoted() -> None:
    family = families.one_way(horizon=10, mixing=PERCENT)
    comparison = dagger.mixing_refined(family.mdp, family.expert, family.learner, PERCENT)
    assert comparison.lhs == comparison.rhs
    assert round(float(comparison.lhs), 7) == 0.0876415


@pytest.mark.parametrize("seed", range(4))
def test_mixing_by_listing_trajectories(seed: int) -> None:
    """Both the l1 distance step by step and that of the averaged laws, which the paper has, are bounded."""
    rng = np.random.default_rng(seed)
    mdp, expert, learner = random_model(rng), random_policy(rng), random_policy(rng)
    beta = Fraction(int(rng.integers(1, 9)), 9)
    mixture = beta * expert.fractions() + (1 - beta) * learner.fractions()
    difference = Paths(mdp).states(mixture) - Paths(mdp).states(learner)
    comparison = dagger.mixing_refined(mdp, expert, learner, beta)
    assert comparison.lhs == np.abs(difference).sum() / H
    assert comparison.rhs == Fraction(2, H) * sum(1 - (1 - beta) ** h for h in range(H))
    assert np.abs(difference.sum(0)).sum() / H <= comparison.lhs <= comparison.rhs <= (H - 1) * beta


@pytest.mark.parametrize("seed", range(20))
def test_the_penalty_is_the_papers_for_nonincreasing_schedules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, steps = int(rng.integers(1, 8)), int(rng.integers(1, 12))
    betas = sorted((Fraction(int(k), 64) for k in rng.integers(0, 65, size=n)), reverse=True)
    last = max([i + 1 for i, beta in enumerate(betas) if beta > Fraction(1, steps)], default=0)
    mdp = families.loop(horizon=steps, error=0).mdp
    ours = online.penalty(mdp, [ar.asarray(beta) for beta in betas])
    assert n * ours == last + steps * sum(betas[last:])


def run_dagger(mdp: Any, target: Any, betas: list[Fraction]) -> tuple[list[int], list[list[Fraction]]]:
    """DAgger with follow-the-leader over all stationary deterministic rules, its losses exact.

    Returns the rules played, and at each iteration the 0-1 loss of every rule on the states of the mixture.
    """
    paths = Paths(mdp)
    class_size = len(deterministic_rules())
    total, played, losses = [Fraction(0)] * class_size, [], []
    for beta in betas:
        played.append(total.index(min(total)))
        visits = paths.states(beta * target + (1 - beta) * rule(played[-1]))
        losses.append([np.sum(visits[:, :, None] * target * (1 - rule(k))) / H for k in range(class_size)])
        total = [x + y for x, y in zip(total, losses[-1], strict=True)]
    return played, losses


@pytest.mark.parametrize("seed", range(4))
def test_dagger_as_it_runs(seed: int) -> None:
    """``epsilon_N + gamma_N`` is the average loss of the policies played, and the theorems hold for them."""
    rng = np.random.default_rng(seed)
    mdp = random_model(rng)
    target = np.array([deterministic_rules()[i] for i in rng.integers(4, size=H)])
    alpha, n = Fraction(1, 3), 6
    betas = [(1 - alpha) ** i for i in range(n)]
    played, losses = run_dagger(mdp, target, betas)
    best = min(sum(row[k] for row in losses) / n for k in range(4))
    regret = sum(row[k] for row, k in zip(losses, played, strict=True)) / n - best
    learners = [rule(k) for k in played]

    loss = 1 - target
    published = online.no_regret(mdp, target, loss, learners, betas)
    paths = Paths(mdp)
    own = [np.sum(paths.states(pi)[:, :, None] * target * (1 - pi)) / H for pi in learners]
    assert published.holds and published.lhs == min(own)
    assert published.rhs == best + regret + Fraction(2, n) * sum(min(Fraction(1), H * beta) for beta in betas)
    assert online.no_regret_coupling(mdp, target, loss, learners, betas).holds
    assert in_balls(performance.dagger_loss, mdp, target, loss, learners, alpha).holds

    pays = performance.dagger_performance(mdp, target, learners, betas)
    gaps = [paths.value(target) - paths.value(pi) for pi in learners]
    assert pays.holds and pays.lhs == min(gaps)


@pytest.mark.parametrize(("steps", "alpha", "n"), [(8, 0.5, 64), (12, 0.03, 500), (1, 0.9, 10), (200, 0.2, 90)])
def test_the_penalty_of_a_geometric_schedule_in_floats(steps: int, alpha: float, n: int) -> None:
    exact = Fraction(alpha)
    total = math.fsum(min(1.0, steps * (1 - alpha) ** i) for i in range(n))
    simple = in_balls(online.geometric_penalty, steps, exact, n)
    assert simple.holds and float(simple.lhs) == pytest.approx(alpha * total)
    assert float(simple.rhs) == pytest.approx(math.log(steps) + 1)
    sharper = in_balls(online.geometric_penalty_sharper, steps, 1 - exact, n)
    assert sharper.holds and float(sharper.lhs) == pytest.approx(-math.log1p(-alpha) * alpha * total)


# Finitely many samples.


@pytest.mark.parametrize("seed", range(3))
def test_the_law_of_mistakes_by_listing_trajectories(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mdp, acting = random_model(rng), random_policy(rng)
    expert, learner = (rule(int(rng.integers(4))) for _ in range(2))
    wrong = (expert != learner).any(-1)
    one = [Fraction(0)] * (H + 1)
    for path, p in Paths(mdp).law(acting):
        one[sum(int(wrong[h, s]) for h, (s, _) in enumerate(path))] += p
    assert equal(mistake_law(mdp, expert, learner, acting, 1), ar.asarray(one)).all()
    two = [sum(one[i] * one[k - i] for i in range(H + 1) if 0 <= k - i <= H) for k in range(2 * H + 1)]
    assert equal(mistake_law(mdp, expert, learner, acting, 2), ar.asarray(two)).all()


def slow_failure(own: list[Fraction], laws: Any, margin: Fraction, choose: Any) -> Fraction:
    """Failure probability of one rule: ``choose[counts so far]`` is the learner of the next iteration."""
    n, outcomes = len(laws), len(laws[0][0])
    total = Fraction(0)
    for counts in itertools.product(range(outcomes), repeat=n):
        chosen = [choose[counts[:i]] for i in range(n)]
        p = math.prod((laws[i][chosen[i]][counts[i]] for i in range(n)), start=Fraction(1))
        if min(own[k] for k in chosen) > Fraction(sum(counts), n * (outcomes - 1)) + margin:
            total += p
    return total


@pytest.mark.parametrize("seed", range(4))
def test_the_worst_rule_by_listing_all_rules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    learners, outcomes, iterations = 2, 3, 2
    weights = rng.integers(1, 9, size=(iterations, learners, outcomes))
    laws = [[[Fraction(int(w), int(row.sum())) for w in row] for row in law] for law in weights]
    own = [Fraction(int(k), 16) for k in rng.integers(0, 17, size=learners)]
    margin = Fraction(int(rng.integers(0, 4)), 16)
    histories = [(), *((c,) for c in range(outcomes))]
    worst = max(
        slow_failure(own, laws, margin, dict(zip(histories, choice, strict=True)))
        for choice in itertools.product(range(learners), repeat=len(histories))
    )
    mistakes = ar.asarray([(outcomes - 1) * loss for loss in own])
    ours = worst_failure_probability(mistakes, [ar.asarray(law) for law in laws], ar.asarray(margin))
    assert ours == worst


def test_what_was_not_seen_is_missed_with_the_quoted_probability() -> None:
    """One sample of a mistake of probability 1/2 misses it half of the time."""
    one = in_balls(sampling.finite_sample, *sampling._fork(1, Fraction(9, 10)))
    assert one.holds and one.lhs == Fraction(1, 2)
    many = in_balls(sampling.finite_sample_sharper, *sampling._fork(16, Fraction(1, 10)))
    threshold = math.sqrt(math.log(10) / 32)
    tail = sum(math.comb(16, k) for k in range(17) if Fraction(1, 2) - Fraction(k, 16) > threshold)
    assert many.lhs == Fraction(tail, 2**16) and many.holds


# Convexity.


@pytest.mark.parametrize(("steps", "own", "best", "regret"), [(10, 0.9, 0.49995, 0.4445), (50, 0.98, 0.4998, 0.49)])
def test_follow_the_leader_on_the_cycle_as_quoted(steps: int, own: float, best: float, regret: float) -> None:
    losses, epsilon = sampling._cycle(steps, 2000)
    mean = float(sum(Fraction(loss) for loss in losses) / 2000)
    assert float(min(Fraction(loss) for loss in losses)) == pytest.approx(own)
    assert float(epsilon) == pytest.approx(best, abs=5e-5)
    assert mean - float(epsilon) == pytest.approx(regret, abs=5e-4)


@pytest.mark.parametrize("steps", [2, 3, 4, 7])
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_the_best_of_the_cycle_has_lost_half(steps: int, n: int) -> None:
    """Losses of both add up to 1, and follow-the-leader keeps their difference within 1."""
    losses, epsilon = sampling._cycle(steps, n)
    assert Fraction(1, 2) - Fraction(1, 2 * n) <= Fraction(epsilon) <= Fraction(1, 2)
    assert min(Fraction(loss) for loss in losses) == 1 - Fraction(1, steps)


def test_mixtures_escape_the_cycle() -> None:
    """The remedy: over step-wise mixtures the loss is convex, and half of each errs half of the time."""
    mdp, expert, policies = families.ftl_cycle(horizon=6)
    half = (policies[0] + policies[1]) / 2
    own = online.own_losses(mdp, 1 - expert, [half])[0]
    assert own == Fraction(1, 2)
