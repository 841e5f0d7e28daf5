"""What a sampled verdict may not believe: promises of policies, equal names, declared ends, and floats."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory import measures
from iltheory.claims.foster_2024 import tilted
from iltheory.measures import returns
from iltheory.reporting.sampled_pages import sampled_page
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.sampled import (
    Categorical,
    Gaussian,
    GaussianMixture,
    InvalidPolicy,
    Point,
    SampledMDP,
    SampledPolicy,
    Simulator,
    Smoothed,
    Spaces,
    SquashedGaussian,
    Step,
    TabularPolicy,
    UniformPolicy,
    sampled_table,
)

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)


def ends(x) -> tuple[float, float]:
    return float(ar.lower(x)), float(ar.upper(x))


def sampling(samples: int = 2000, seed: int = 0):
    return il.Sampling(np.random.default_rng(seed), Fraction(1, 1000), samples).evaluation()


# What policies say about themselves.


class Liar(TabularPolicy):
    """Says what it is told to say."""

    def __init__(self, pi, **said) -> None:
        super().__init__(pi)
        vars(self).update(said)


def test_a_policy_that_says_it_is_deterministic_and_is_not_is_refused():
    mdp, expert, learner = tilted()
    liar = Liar(expert, deterministic=True)
    for claim in ("foster-2024-hellinger-dp.tv", "foster-2024-parting.below"):
        with pytest.raises(InvalidPolicy, match=r"Liar says that it is deterministic.* at step 0"):
            il.verify_sampled(claim, sampled_table(mdp), (liar, TabularPolicy(learner)))
    with pytest.raises(InvalidPolicy, match="deterministic"):
        sampled_table(mdp).roll(liar, 3, np.random.default_rng(0))


def test_a_policy_whose_least_probability_is_none_is_refused():
    mdp, expert, learner = tilted()
    liar = Liar(learner, least_probability=HALF)
    with pytest.raises(InvalidPolicy, match=r"no action has a probability below 0\.5.* step 0.* 0\.4"), sampling():
        il.trajectory_kl(sampled_table(mdp), TabularPolicy(expert), liar)
    # Rounding is no lie: a third in floats is less than a third.
    smooth = Smoothed(TabularPolicy(expert), 2, Fraction(1, 3))
    with sampling():
        il.trajectory_kl(sampled_table(mdp), TabularPolicy(expert), smooth)


def test_a_policy_with_too_few_laws_is_refused():
    class Short(SampledPolicy):
        def laws(self, observations, steps):
            return Categorical([[0.5, 0.5]])

    with pytest.raises(InvalidPolicy, match="Short gives 1 laws for 3 observations at step 0"):
        sampled_table(tilted()[0]).roll(Short(), 3, np.random.default_rng(0))


def test_what_a_policy_does_to_its_observations_is_not_seen_by_others():
    rng = np.random.default_rng(0)
    mdp = TabularMDP(rng.dirichlet(np.ones(4), (4, 2)), rng.random((4, 2)), np.ones(4) / 4, horizon=4, normalize=True)
    pi = rng.dirichlet(np.ones(2) * 0.4, (4, 4))

    class InPlace(TabularPolicy):
        def laws(self, observations, steps):
            law = super().laws(observations, steps)
            observations[:] = 0
            steps[:] = 0
            return law

    with sampling(500):
        distance = il.trajectory_tv(sampled_table(mdp), InPlace(pi), TabularPolicy(pi))
    assert ends(distance)[1] < 0.1  # they are equal


def test_policies_that_call_themselves_equal_are_two():
    @dataclass(frozen=True)
    class Net(SampledPolicy):
        name: str
        table: np.ndarray = field(compare=False)

        def laws(self, observations, steps):
            return Categorical(self.table[observations])

    mdp = families.cliff(horizon=2, error=HALF).mdp
    n = mdp.n_states
    first, second = np.eye(2)[np.zeros(n, dtype=int)], np.eye(2)[np.ones(n, dtype=int)]
    world, pair = sampled_table(mdp), (Net("net", first), Net("net", second))
    assert pair[0] == pair[1]
    with sampling():
        for name in ("gap", "error_rate", "trajectory_tv", "trajectory_hellinger2"):
            low, high = ends(getattr(measures, name)(world, *pair))
            truth = float(getattr(measures, name)(mdp.to("float64"), first, second))
            assert low <= truth <= high and abs(truth) > 0.5 and (low > 0 or high < 0)


# Declared ends.


def test_what_a_statement_takes_from_the_declared_range_is_printed_beside_it():
    # The return is at most 1 in this world, and 2 by its declared range: the statement is about 2.
    mdp = TabularMDP([[[0, 1], [0, 1]], [[0, 1], [0, 1]]], [[1, 0], [0, 0]], [1, 0], horizon=2)
    assert float(returns.largest_return(mdp)) == 1

    @il.claim(statement="J <= R_max", sampled=True)
    def bounded(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        """The value is at most the largest return."""
        return il.value(mdp, pi) <= returns.largest_return(mdp)

    @il.claim(statement="J <= 1/2", sampled=True)
    def plain(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        """No declared number."""
        return il.value(mdp, pi) <= HALF

    report = il.verify_sampled([bounded, plain], sampled_table(mdp), (TabularPolicy([[1, 0], [1, 0]]),), samples=64)
    assert [dict(verdict.declared) for verdict in report.verdicts] == [{"largest_return": "2"}, {}]
    assert report.to_json()["verdicts"][0]["declared"] == {"largest_return": "2"}
    from rich.console import Console

    console = Console(width=100)
    with console.capture() as page:
        console.print(sampled_page(report))
    assert "declared: largest return 2" in page.get() and page.get().count("declared: ") == 1


# Long sums.


class Constant(Simulator):
    """Pays the same at every step."""

    def __init__(self, n: int, pays: float, n_actions: int) -> None:
        self.n, self.pays, self.spaces = n, pays, Spaces((), n_actions=n_actions)

    def reset(self, rng):
        return np.zeros(self.n, dtype=int)

    def step(self, actions):
        return Step(np.zeros(self.n, dtype=int), np.full(self.n, self.pays), np.zeros(self.n, dtype=bool))


@pytest.mark.parametrize("horizon", [50, 500, 1000])
def test_long_sums_at_the_ends_of_their_range_stay_in_it(horizon):
    for pays in (0.1, 0.7):
        spaces = Spaces((), n_actions=3)
        world = SampledMDP(
            lambda n, pays=pays: Constant(n, pays, 3), horizon=horizon, rewards=(0, pays), name="c", spaces=spaces
        )
        with sampling(256):
            value, entropy = il.value(world, UniformPolicy(spaces)), il.causal_entropy(world, UniformPolicy(spaces))
        for found, truth in ((value, Fraction(pays) * horizon), (entropy, horizon * np.log(3))):
            assert ends(found)[0] <= truth <= ends(found)[1] * (1 + 1e-15) and ends(found)[0] > 0.9 * float(truth)


# Options.


@pytest.mark.parametrize("delta", [0.5, 0.9])
def test_an_error_probability_of_a_half_and_more_is_no_error(delta):
    mdp, expert, learner = families.cliff(horizon=4, error=Fraction(1, 4))
    report = il.verify_sampled(
        None, sampled_table(mdp), (TabularPolicy(expert), TabularPolicy(learner)), delta=delta, samples=32
    )
    assert "undecided" in {verdict.outcome for verdict in report.verdicts}
    assert all(verdict.needed is None or verdict.needed > 32 for verdict in report.verdicts)


def test_a_constant_is_no_statement_of_confidence():
    mdp, _, learner = families.cliff(horizon=2, error=Fraction(1, 4))

    @il.claim(statement="J <= 13/10", sampled=True)
    def bound(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        """A bound that no float is."""
        return il.value(mdp, pi) <= Fraction(13, 10)

    (verdict,) = il.verify_sampled(bound, sampled_table(mdp), (TabularPolicy(learner),), samples=64).verdicts
    assert verdict.rhs.sense != "confidence" and verdict.rhs.delta == 0
    assert verdict.lhs.sense == "confidence" and verdict.lhs.delta == Fraction(1, 100)


# Vector actions: no draw ends a run.


BOX = Spaces((1,), action_low=(-1.0,), action_high=(1.0,))


class Box(Simulator):
    """Pays the action, clipped."""

    def __init__(self, n: int) -> None:
        self.n, self.spaces = n, BOX

    def reset(self, rng):
        return np.zeros((self.n, 1))

    def step(self, actions):
        return Step(np.zeros((self.n, 1)), np.clip(actions[:, 0], -1, 1), np.zeros(self.n, dtype=bool))


class Same(SampledPolicy):
    """One law everywhere."""

    def __init__(self, law, *numbers) -> None:
        self.law, self.numbers = law, numbers

    def laws(self, observations, steps):
        return self.law(*(np.broadcast_to(x, (len(observations), *np.shape(x))) for x in self.numbers))


def normal(mean, std):
    return Same(Gaussian, [mean], [std])


def squashed(mean, std):
    return Same(SquashedGaussian, [mean], [std])


MIXTURE = Same(GaussianMixture, [0.3, 0.7], [[-0.5], [0.8]], [[0.2], [0.4]])


def box(horizon: int) -> SampledMDP:
    return SampledMDP(Box, horizon=horizon, rewards=(-1, 1), name="box", spaces=BOX).rescaled()


@pytest.mark.parametrize(
    ("first", "second", "horizon"),
    [
        (normal(0.0, 0.5), squashed(0.2, 0.6), 2),  # actions out of the box of the other
        (squashed(0.2, 0.6), normal(0.0, 0.5), 2),
        (squashed(0.0, 4.0), squashed(0.5, 4.0), 20),  # some saturate
        (squashed(30.0, 1.0), squashed(31.0, 1.0), 3),  # all do
        (normal(0.0, 3e-4), normal(1.0, 3e-4), 20),  # very narrow
        (Same(Point, [0.1]), normal(0.1, 0.01), 3),
        (MIXTURE, squashed(0.2, 0.6), 2),
    ],
)
def test_no_action_ends_a_run(first, second, horizon):
    report = il.verify_sampled(None, box(horizon), (first, second), samples=1024)
    assert len(report.verdicts) >= 5 and not any(verdict.outcome == "refuted" for verdict in report.verdicts)
    with sampling():
        for name in ("trajectory_tv", "trajectory_hellinger2", "trajectory_js", "policy_tv", "policy_hellinger2"):
            low, high = ends(getattr(measures, name)(box(horizon), first, second))
            assert low <= high <= 2.1
    json.dumps(report.to_json(), allow_nan=False)


def affinity(p: SampledPolicy, q: SampledPolicy) -> tuple[float, float]:
    """Of one action's laws: ``sum sqrt(p q)`` and the total variation, by quadrature inside of the box and outside."""
    x = np.concatenate([np.linspace(-1 + 1e-9, 1 - 1e-9, 400_001), np.linspace(1, 9, 80_001)])
    x = np.concatenate([-x[400_001:][::-1], x])[:, None]
    none = np.zeros(len(x), dtype=int)
    a, b = (np.exp(policy.laws(x, none).log_density(x)) for policy in (p, q))
    integral = np.trapezoid
    return float(integral(np.sqrt(a * b), x[:, 0])), float(integral(np.abs(a - b), x[:, 0])) / 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (normal(0.0, 0.5), normal(0.3, 0.8)),
        (normal(0.0, 0.5), squashed(0.2, 0.6)),
        (squashed(0.2, 0.6), squashed(-0.3, 0.4)),
        (MIXTURE, squashed(0.2, 0.6)),
        (MIXTURE, normal(0.3, 0.8)),
    ],
)
def test_divergences_of_densities_are_their_integrals(first, second):
    shared, tv = affinity(first, second)
    with sampling(8000):
        for name, truth in (
            ("trajectory_hellinger2", 2 - 2 * shared**2),
            ("policy_hellinger2", 2 - 2 * shared),
            ("policy_tv", tv),
        ):
            low, high = ends(getattr(measures, name)(box(2), first, second))
            assert low - 1e-4 <= truth <= high + 1e-4 and high - low < 0.25


def test_what_saturates_widens_enclosures_and_leaves_them_right():
    # A tenth of the steps says nothing about the policies: the enclosure is no narrower than that, and right.
    first, second = squashed(17.0, 1.5), squashed(17.5, 1.5)
    world = box(1)
    with sampling(4000):
        low, high = ends(il.trajectory_tv(world, first, second))
        narrow = ends(il.policy_tv(world, first, second))  # of the laws before they were squashed
    from scipy.stats import norm

    truth = 2 * norm.cdf(0.5 / 1.5 / 2) - 1
    assert low <= truth <= high and high - low > 2 * (narrow[1] - narrow[0]) and narrow[0] <= truth <= narrow[1]


# A deterministic expert's own episodes.


@pytest.mark.parametrize("swap", [False, True])
def test_divergences_from_a_deterministic_expert_are_taken_along_it(swap):
    mdp, expert, learner = families.cliff(horizon=3, error=TENTH)
    pair = (TabularPolicy(expert), TabularPolicy(learner))
    tables, exact = [np.asarray(ar.midpoint(pi), dtype=float) for pi in (expert, learner)], mdp.to("float64")
    if swap:
        pair, tables = pair[::-1], tables[::-1]
    world = sampled_table(mdp)
    run = il.Sampling(np.random.default_rng(0), Fraction(1, 1000), 2000)
    with run.evaluation():
        for name in ("trajectory_tv", "trajectory_hellinger2", "trajectory_js"):
            low, high = ends(getattr(measures, name)(world, *pair))
            truth = float(getattr(measures, name)(exact, *tables))
            assert low <= truth <= high and high - low < 0.03  # its path has one likelihood: no spread at all
        assert run.episodes == 2000


def test_along_a_random_model_they_contain_the_exact_values():
    rng = np.random.default_rng(3)
    mdp = TabularMDP(rng.dirichlet(np.ones(4), (4, 3)), rng.random((4, 3)), np.ones(4) / 4, horizon=3, normalize=True)
    expert = np.eye(3)[rng.integers(3, size=(3, 4))]
    learner = 0.5 * expert + 0.5 * rng.dirichlet(np.ones(3), (3, 4))
    learner[1, 0] = np.eye(3)[(expert[1, 0].argmax() + 1) % 3]  # certain to part there
    with sampling(6000):
        for name in ("trajectory_tv", "trajectory_hellinger2", "trajectory_js", "parting"):
            low, high = ends(getattr(measures, name)(sampled_table(mdp), TabularPolicy(expert), TabularPolicy(learner)))
            truth = float(getattr(measures, name)(mdp, expert, learner))
            assert low <= truth <= high and high - low < 0.1


def test_horizon_free_bounds_need_few_roll_outs():
    mdp, expert, learner = families.cliff(horizon=20, error=Fraction(1, 50))
    policies = (TabularPolicy(expert), TabularPolicy(learner))
    for claim, most in (("foster-2024-thm-2-1.sharp", 1024), ("foster-2024-parting.below", 4096)):
        (verdict,) = (report := il.verify_sampled(claim, sampled_table(mdp), policies, samples=2**15)).verdicts
        assert verdict.outcome == "holds" and report.samples <= most
