"""DAgger: every number by hand on tiny models, its theorems on its own output, and from sampled trajectories."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import (
    H,
    fractions,
    mistakes,
    random_model,
    random_policy,
    random_rule,
    stationary_rules,
    visits,
)

import iltheory as il
from iltheory.claims import dagger_2011_no_regret as no_regret
from iltheory.claims import dagger_2011_performance as performance
from iltheory.claims.tables import playing, task
from iltheory.learners import (
    LOG_LOSS,
    FinitePolicies,
    FollowTheLeader,
    FollowTheRegularizedLeader,
    TabularPolicies,
    action_costs,
    at_first,
    dagger,
    geometric,
    hedge,
    never,
)
from iltheory.learners.labels import sampled_labels
from iltheory.measures import acting
from sims import TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument
from sims.tabular import InvalidModel

HALF = Fraction(1, 2)
STATIONARY = TabularPolicies(stationary=True)
ONLINE = [FollowTheLeader(), hedge(HALF), FollowTheRegularizedLeader(HALF)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("beta", [never, at_first, geometric(Fraction(1, 3))], ids=["never", "at first", "geometric"])
def test_every_number_of_a_run_by_hand(seed: int, beta: Any) -> None:
    """Follow-the-leader over all 8 stationary rules, which cannot imitate the expert; the 0-1 loss."""
    mdp, expert, rules, n = random_model(seed), random_rule(seed), stationary_rules(), 5
    run = dagger(mdp, expert, FinitePolicies(rules), iterations=n, beta=beta)
    total, observed, own, played = [Fraction(0)] * len(rules), [], [], []
    for i in range(1, n + 1):
        leader = total.index(min(total))
        b = Fraction(beta(i))
        mixed = b * fractions(mdp, expert) + (1 - b) * fractions(mdp, rules[leader])
        states = visits(mdp, ar.asarray(mixed.tolist()))
        losses = [mistakes(mdp, expert, pi, states) for pi in rules]
        total = [before + loss for before, loss in zip(total, losses, strict=True)]
        observed.append(losses[leader])
        own.append(mistakes(mdp, expert, rules[leader], visits(mdp, rules[leader])))
        played.append(leader)
    assert run.losses.fractions().tolist() == observed and run.own_losses.fractions().tolist() == own
    assert run.class_error == min(total) / n and run.regret == (sum(observed) - min(total)) / n
    assert [pi.fractions().tolist() for pi in run.policies] == [[rules[k].fractions().tolist()] for k in played]
    assert run.best == own.index(min(own))
    assert np.all(run.policy.fractions() == rules[played[int(run.best)]].fractions())
    assert np.all(run.hindsight.fractions() == rules[total.index(min(total))].fractions())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("online", ONLINE, ids=["leader", "hedge", "quadratic"])
def test_its_theorems_hold_on_what_it_played(seed: int, online: Any) -> None:
    mdp, expert, n = random_model(seed), random_rule(seed), 4
    betas = [mdp.system.convert(geometric(HALF)(i)) for i in range(1, n + 1)]
    classes = [STATIONARY, FinitePolicies(stationary_rules())]
    for policy_class in classes:
        run = dagger(mdp, expert, policy_class, iterations=n, beta=geometric(HALF), online=online)
        policies = list(run.policies)
        for claim in (no_regret.no_regret, no_regret.no_regret_refined, no_regret.no_regret_coupling):
            assert claim(mdp, expert, 1 - expert, policies, betas).holds
        bound = performance.dagger_performance(mdp, expert, policies, betas)
        assert (
            bound.holds and performance.mistakes_observed(mdp, expert, policies, betas) == run.class_error + run.regret
        )
        refined = no_regret.no_regret_refined(mdp, expert, 1 - expert, policies, betas)
        assert refined.lhs == ar.sum(run.own_losses) / n
        assert refined.rhs == run.class_error + run.regret + no_regret.penalty(
            mdp, [mdp.system.convert(b) for b in betas]
        )


@pytest.mark.parametrize("seed", range(4))
def test_over_all_policies_it_finds_the_expert_where_it_goes(seed: int) -> None:
    mdp, expert = random_model(seed), random_policy(seed)
    run = dagger(mdp.to("ball"), expert, TabularPolicies(), iterations=H + 1, loss=LOG_LOSS)
    assert float(il.gap(mdp.to("ball"), expert, run.policies[-1])) == pytest.approx(0, abs=1e-30)
    rule = random_rule(seed)
    certain = dagger(mdp, rule, TabularPolicies(), iterations=H + 1)
    assert certain.own_losses[-1] == 0 and il.gap(mdp, rule, certain.policy) == 0 and certain.class_error == 0


def test_the_expert_and_the_learner_take_turns_and_are_not_averaged() -> None:
    """Half the time left, half right: nobody ever goes straight on (bug B42 of a released implementation)."""
    mdp = task([[0, 1, 2]] * 3, np.zeros((3, 3), dtype=int), horizon=2)
    left, right = (playing(*[a] * 3, of=3) for a in (0, 2))
    seen: list[Any] = []
    dagger(mdp, left, FinitePolicies([right]), iterations=1, beta=lambda i: HALF)
    mixture = acting(mdp.policy(left), mdp.policy(right), mdp.system.convert(HALF))
    seen = mdp.state_occupancy(mixture).fractions()[1].tolist()
    assert seen == [HALF, 0, HALF]
    law = sampled_labels(mdp, mdp.policy(left), mixture, 400, np.random.default_rng(0)).fractions().sum(-1)
    assert law[1, 1] == 0 and abs(law[1, 0] - HALF) < Fraction(1, 10)


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_runs_like_its_instances(seed: int) -> None:
    batch, expert = random_model(seed, batch=3), random_rule(seed)
    for policy_class, online in itertools.product([TabularPolicies(), FinitePolicies(stationary_rules())], ONLINE):
        options: Any = {"iterations": 3, "beta": geometric(HALF), "online": online}
        run = dagger(batch, expert, policy_class, **options)
        for i in range(3):
            alone = dagger(batch.select(i), expert, policy_class, **options)
            assert np.all(run.losses.fractions()[:, i] == alone.losses.fractions())
            assert Fraction(run.regret[i]) == Fraction(alone.regret) and run.best[i] == alone.best
            assert np.all(run.policy[i].fractions() == alone.policy.fractions())


def test_number_systems_agree() -> None:
    exact, expert = random_model(3), random_policy(3)
    costs = action_costs([[0, 2], [1, 0]])
    options: Any = {"iterations": 4, "beta": at_first, "loss": costs}
    runs = {
        name: dagger(exact.to(name), expert if name != "float64" else np.asarray(expert), STATIONARY, **options)
        for name in ("rational", "float64", "interval", "ball")
    }
    for name, run in runs.items():
        for field in ("losses", "own_losses", "class_error", "regret"):
            assert np.abs(np.asarray(getattr(run, field)) - np.asarray(getattr(runs["rational"], field))).max() < 1e-13
        if name in ("interval", "ball"):
            assert np.all(ar.lower(run.losses) <= np.asarray(runs["rational"].losses, dtype=float) + 1e-15)
            assert np.all(ar.upper(run.losses) >= np.asarray(runs["rational"].losses, dtype=float) - 1e-15)


def test_costs_of_actions_generalise_the_zero_one_loss() -> None:
    mdp, expert = random_model(2), random_policy(2)
    options: Any = {"iterations": 3, "beta": at_first}
    plain = dagger(mdp, expert, STATIONARY, **options)
    same = dagger(mdp, expert, STATIONARY, loss=action_costs([[0, 1], [1, 0]]), **options)
    doubled = dagger(mdp, expert, STATIONARY, loss=action_costs([[0, 2], [2, 0]]), **options)
    assert plain.regret == same.regret and plain.class_error == same.class_error
    assert doubled.class_error == 2 * plain.class_error


def test_samples_are_reproducible_and_depend_on_the_seed() -> None:
    mdp, expert = random_model(1, law="uniform"), random_policy(1)
    runs = [
        dagger(mdp, expert, STATIONARY, iterations=4, trajectories=3, rng=rng)
        for rng in (5, np.random.default_rng(5), 6)
    ]
    assert np.all(runs[0].policies.fractions() == runs[1].policies.fractions())
    assert np.all(runs[0].losses.fractions() == runs[1].losses.fractions())
    assert np.any(runs[0].losses.fractions() != runs[2].losses.fractions())


def test_losses_of_samples_count_visited_states() -> None:
    """Losses are multiples of 1 / (m H), and the regret is about them; own losses stay exact."""
    mdp, expert, m = random_model(1, law="uniform"), random_rule(1), 5
    run = dagger(mdp, expert, FinitePolicies(stationary_rules()), iterations=4, trajectories=m, rng=0)
    assert all((m * H * loss).denominator == 1 for loss in run.losses.fractions())
    assert run.regret == ar.sum(run.losses) / 4 - run.class_error
    for pi, own in zip(run.policies, run.own_losses.fractions(), strict=True):
        assert own == mistakes(mdp, expert, pi, visits(mdp, pi))


def test_many_samples_come_near_the_exact_laws() -> None:
    mdp, expert, n = random_model(2, law="uniform"), random_policy(2), 40_000
    gathering = mdp.policy(random_policy(7))
    law = np.asarray(sampled_labels(mdp, expert, gathering, n, np.random.default_rng(0)))
    exact = np.asarray(mdp.state_occupancy(gathering))[..., None] * np.asarray(expert)
    assert np.abs(law - exact).max() < 5 * np.sqrt(exact.max() / n)
    floats = mdp.to("float64")
    options: Any = {"iterations": 6, "beta": at_first}
    sampled = dagger(floats, np.asarray(expert), STATIONARY, trajectories=n, rng=0, **options)
    known = dagger(floats, np.asarray(expert), STATIONARY, **options)
    assert np.abs(sampled.losses - known.losses).max() < 0.02


def test_states_after_the_end_are_not_labelled() -> None:
    """State 1 ends the episode: of 2 steps the second is never seen."""
    P = [[[0, 1], [0, 1]], [[0, 1], [0, 1]]]
    mdp = TabularMDP(P, [[1, 0], [0, 0]], [1, 0], horizon=2, terminal=np.array([False, True]))
    law = sampled_labels(mdp, playing(0, 0)[None], mdp.policy(playing(1, 1)), 10, np.random.default_rng(0))
    assert law.fractions().tolist() == [[[1, 0], [0, 0]], [[0, 0], [0, 0]]]


def test_arguments_are_left_as_they_were() -> None:
    mdp, expert = random_model(0).to("float64"), np.array(random_policy(0), dtype=float)
    listed = [np.array(pi, dtype=float) for pi in stationary_rules()]
    before = [expert.copy(), *[pi.copy() for pi in listed]]
    dagger(mdp, expert, FinitePolicies(listed), iterations=3, beta=at_first, trajectories=4, rng=0)
    assert all(np.array_equal(x, y) for x, y in zip(before, [expert, *listed], strict=True))


def test_experts_that_cannot_be_asked_are_refused() -> None:
    mdp = random_model(0)
    with pytest.raises(InvalidArgument, match=r"expert is a set of trajectories.*\n.*behavioral_cloning"):
        dagger(mdp, mdp.sample(random_rule(0), 2, rng=0), TabularPolicies(), iterations=2)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"beta": lambda i: Fraction(3, 2)}, r"beta\(1\)=3/2: a probability must lie in \[0, 1\]"),
        ({"beta": lambda i: -1}, r"beta\(1\)=-1"),
        ({"trajectories": 3}, "rng=None: trajectories are drawn, so give a seed"),
        ({"rng": 3}, "rng is given, but nothing is sampled"),
        ({"trajectories": 0, "rng": 3}, "trajectories=0"),
        ({"trajectories": 2, "rng": "seed"}, "rng='seed'"),
        ({"trajectories": 2, "rng": True}, "rng=True"),
        ({"trajectories": 2, "rng": -1}, "rng=-1"),
    ],
)
def test_bad_options_are_named(options: Any, complaint: str) -> None:
    with pytest.raises(InvalidArgument, match=complaint):
        dagger(random_model(0), random_rule(0), TabularPolicies(), iterations=2, **options)


def test_models_without_a_horizon_or_in_batches_are_named() -> None:
    discounted = TabularMDP([[[1], [1]]], [[1, 0]], [1], discount=HALF)
    with pytest.raises(InvalidArgument, match="needs a finite horizon"):
        dagger(discounted, [[1, 0]], TabularPolicies(), iterations=2)
    with pytest.raises(InvalidModel, match="batch"):
        dagger(random_model(0, batch=2), random_rule(0), TabularPolicies(), iterations=2, trajectories=2, rng=0)
