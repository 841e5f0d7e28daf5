"""Quantities of sampled worlds enclose the exact ones; what cannot be estimated is refused with the reason."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory import measures
from iltheory.claims.kinds import Count, Model, PolicyKind, PositiveNumber, Sequence, UnitNumber
from iltheory.claims.registry import catalogue
from iltheory.engine.sampled_worlds import bind
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument
from sims.sampled import (
    Gaussian,
    NotEstimable,
    SampledMDP,
    SampledPolicy,
    Simulator,
    Smoothed,
    Spaces,
    Step,
    TabularPolicy,
    TabularSimulator,
    sampled_table,
)

PAIRS = [
    "gap", "policy_tv", "policy_hellinger2", "policy_kl", "error_rate", "on_policy_error_rate", "trajectory_tv",
    "trajectory_hellinger2", "trajectory_kl", "trajectory_js",
]  # fmt: skip
SINGLE = ["value", "causal_entropy"]


def model(seed: int = 0, low: float = 0.0) -> tuple[TabularMDP, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    mdp = families.garnet(n_states=5, n_actions=3, branching=2, horizon=4, rng=seed).to("float64")
    mdp = mdp.with_rewards(low + rng.random((4, 5, 3)))
    pi = rng.dirichlet(np.ones(3), (4, 5))
    return mdp, pi, 0.7 * pi + 0.3 * rng.dirichlet(np.ones(3), (4, 5))


def contains(x, truth: float) -> bool:
    return bool(ar.lower(x) <= truth <= ar.upper(x))


@pytest.mark.parametrize("name", [*PAIRS, *SINGLE])
@pytest.mark.parametrize("low", [0.0, -0.5])
def test_enclosures_contain_the_exact_values_and_narrow(name, low):
    mdp, first, second = model(low=low)
    tables = (first, second) if name in PAIRS else (first,)
    quantity, world, policies = getattr(measures, name), sampled_table(mdp), [TabularPolicy(pi) for pi in tables]
    sampling, widths = il.Sampling(np.random.default_rng(0), Fraction(1, 1000), 500), []
    for samples in (500, 8000):
        sampling.samples = samples
        with sampling.evaluation():
            found = quantity(world, *policies)
        widths.append(ar.upper(found) - ar.lower(found))
        assert contains(found, float(quantity(mdp, *tables)))
    assert widths[1] < widths[0] / 2


def test_ranges_are_the_declared_ones_and_rescaling_divides_the_gap():
    mdp, first, second = model(low=-0.5)
    world = sampled_table(mdp)
    low, high = (float(ar.midpoint(q(world))) for q in (il.smallest_reward, il.largest_reward))
    assert low == float(mdp.r.min()) and high == float(mdp.r.max())
    assert float(ar.midpoint(measures.largest_return(world))) == pytest.approx(4 * high)
    assert contains(il.smallest_reward(world.rescaled()), 0) and contains(il.largest_reward(world.rescaled()), 1)
    with il.Sampling(np.random.default_rng(0), 1e-3, 20_000).evaluation():
        rescaled = il.gap(world.rescaled(), TabularPolicy(first), TabularPolicy(second))
    assert contains(rescaled, float(il.gap(mdp, first, second)) / (high - low))


def test_termination_adds_nothing_to_divergences():
    # Policies differ in the terminal state. Where it ends episodes they no longer act: the truth is that of tables that
    # agree there. sampled_table walks through it, and has the truth of the tables as they are.
    p = [[[0.5, 0.0, 0.5], [0.0, 0.5, 0.5]], [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5]], [[0, 0, 1], [0, 0, 1]]]
    mdp = TabularMDP(p, [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [0.5, 0.5, 0.0], horizon=5, terminal=[False, False, True])
    first, second = np.array([[0.9, 0.1], [0.4, 0.6], [1, 0]]), np.array([[0.5, 0.5], [0.5, 0.5], [0, 1]])
    alike = np.concatenate([second[:2], first[2:]])
    ending = SampledMDP(
        lambda n: TabularSimulator(mdp, n), horizon=5, rewards=(0, 1), name="ending", spaces=Spaces((), n_actions=2)
    )
    for world, truth, other in ((ending, alike, second), (sampled_table(mdp), second, alike)):
        with il.Sampling(np.random.default_rng(0), 1e-3, 5000).evaluation():
            for name in ("error_rate", "policy_hellinger2", "trajectory_tv", "trajectory_hellinger2", "gap"):
                quantity = getattr(measures, name)
                found = quantity(world, TabularPolicy(first), TabularPolicy(second))
                assert contains(found, float(quantity(mdp, first, truth)))
                assert name == "gap" or not contains(found, float(quantity(mdp, first, other)))


def test_a_rescaled_world_pays_its_share_of_zero_after_termination():
    p = [[[0.5, 0.5], [0.9, 0.1]], [[0, 1], [0, 1]]]
    mdp = TabularMDP(p, [[1.0, -0.5], [0.0, 0.0]], [1.0, 0.0], horizon=5, terminal=[False, True])
    spaces = Spaces((), n_actions=2)
    world = SampledMDP(lambda n: TabularSimulator(mdp, n), horizon=5, rewards=(-1, 2), name="ending", spaces=spaces)
    tables = np.array([[[1, 0], [1, 0]], [[0, 1], [0, 1]]])
    policies = [TabularPolicy(pi) for pi in tables]
    with il.Sampling(np.random.default_rng(0), 1e-3, 4000).evaluation():
        for pi, table in zip(policies, tables, strict=True):
            found = il.value(world.rescaled(), pi)
            assert contains(found, (float(mdp.value(table)) + 5) / 3) and ar.upper(found) - ar.lower(found) < 0.2
        assert contains(il.gap(world.rescaled(), *policies), float(il.gap(mdp, *tables)) / 3)


@pytest.mark.parametrize("along", [0, 1])
def test_errors_of_each_step_are_enclosed_along_either_policy(along):
    mdp, *tables = model()
    world, policies = sampled_table(mdp), [TabularPolicy(pi) for pi in tables]
    exact = np.asarray(measures.step_errors(mdp, *tables, mdp.state_occupancy(tables[along])))
    sampling = il.Sampling(np.random.default_rng(0), 1e-3, 2000, quantities=Fraction(1))
    with sampling.evaluation():
        found = measures.step_errors(world, *policies, world.state_occupancy(policies[along]))
        assert found.shape == (4,) and np.all((ar.lower(found) <= exact) & (exact <= ar.upper(found)))
        with pytest.raises(InvalidArgument, match="StatesAlong"):
            measures.step_errors(world, *policies, mdp.state_occupancy(tables[0]))
        with pytest.raises(InvalidArgument, match="more than the 1 quantities announced"):
            il.value(world, policies[0])
    assert sampling.asked == 4 and sampling.known_quantities == 2


def test_a_quantity_of_quantities_needs_no_counterpart_of_its_own():
    @measures.quantity
    def value(mdp, first, second):  # not il.value, in spite of its name
        return 2 * il.gap(mdp, first, second)

    mdp, first, second = model()
    with il.Sampling(np.random.default_rng(0), 1e-3, 4000).evaluation():
        assert contains(
            value(sampled_table(mdp), TabularPolicy(first), TabularPolicy(second)), float(value(mdp, first, second))
        )


def test_parting_is_enclosed_for_deterministic_experts():
    mdp, expert, learner = families.cliff(horizon=5, error=Fraction(1, 10))
    with il.Sampling(np.random.default_rng(0), 1e-3, 3000).evaluation():
        found = measures.parting(sampled_table(mdp), TabularPolicy(expert), TabularPolicy(learner))
    assert contains(found, float(measures.parting(mdp, expert, learner)))


def test_one_expectation_is_asked_once_and_episodes_are_shared():
    mdp, first, second = model()
    world, pi, other = sampled_table(mdp), TabularPolicy(first), TabularPolicy(second)
    sampling = il.Sampling(np.random.default_rng(0), 1e-3, 0)

    def formula():
        il.gap(world, pi, other), il.value(world, pi), il.error_rate(world, pi, other), il.gap(world, pi, other)

    with sampling.evaluation():
        formula()
    assert sampling.known == 3 and sampling.asked == 4 and sampling.episodes == 0
    sampling.samples = 600
    with sampling.evaluation():
        formula()
    assert sampling.episodes == 2 * 600 and sampling.steps == 4 * 2 * 600  # of two policies


def test_without_outcomes_an_expectation_is_known_by_its_range():
    mdp, first, second = model()
    with il.Sampling(np.random.default_rng(0), 1e-3, 0).evaluation():
        tv = il.trajectory_tv(sampled_table(mdp), TabularPolicy(first), TabularPolicy(second))
    assert ar.lower(tv) <= 0 and ar.upper(tv) >= 1


class Walk(Simulator):
    """A random walk that the action pushes: vector actions, so laws with densities."""

    def __init__(self, n: int) -> None:
        self.n, self.spaces = n, WALK

    def reset(self, rng):
        self.rng, self.x = rng, rng.normal(size=(self.n, 1))
        return self.x

    def step(self, actions):
        self.x = 0.5 * self.x + actions + 0.1 * self.rng.normal(size=(self.n, 1))
        return Step(self.x, np.clip(1 - abs(self.x[:, 0]), 0, 1), np.zeros(self.n, dtype=bool))


WALK = Spaces((1,), action_low=(-10.0,), action_high=(10.0,))
WORLD = SampledMDP(Walk, horizon=3, rewards=(0, 1), name="walk", spaces=WALK)


class Feedback(SampledPolicy):
    """A linear controller with normal noise."""

    def __init__(self, shift: float) -> None:
        self.shift = shift

    def laws(self, observations, steps):
        return Gaussian(-0.3 * observations + self.shift, 0.8)


def test_normal_laws_that_differ_by_a_shift_have_known_trajectory_divergences():
    # The likelihood ratio is that of H independent pairs of normal laws, whatever the dynamics do.
    from scipy.stats import norm

    distance = 0.4 / 0.8 * np.sqrt(3)  # in deviations, over three steps
    truth = {
        "trajectory_tv": 2 * norm.cdf(distance / 2) - 1,
        "trajectory_hellinger2": 2 - 2 * np.exp(-(distance**2) / 8),
        "policy_hellinger2": 2 - 2 * np.exp(-(0.5**2) / 8),
        "policy_tv": 2 * norm.cdf(0.25) - 1,
    }
    with il.Sampling(np.random.default_rng(0), 1e-3, 8000).evaluation():
        for name, value in truth.items():
            found = getattr(measures, name)(WORLD, Feedback(0.0), Feedback(0.4))
            assert contains(found, value) and ar.upper(found) - ar.lower(found) < 0.15


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("optimal_value", "optimum over all policies"),
        ("disadvantage", "supremum over states"),
        ("occupancy_tv", "laws of states"),
        ("state_occupancy_kl", "laws of states"),
        ("trajectory_chi2", "without a bound"),
        ("off_policy_moment_error", "only sampled"),
        ("policy_kl", "without a bound"),
        ("trajectory_kl", "without a bound"),
        ("causal_entropy", "has no bound"),
        ("parting", "numbered actions"),
    ],
)
def test_what_no_roll_outs_bound_is_refused(name, reason):
    arguments = {"optimal_value": 0, "causal_entropy": 1}.get(name, 2)
    with pytest.raises(NotEstimable, match=reason):
        getattr(measures, name)(WORLD, *(Feedback(0.0), Feedback(0.1))[:arguments])


def test_smoothing_makes_kl_estimable():
    mdp, first, _ = model()
    second = first.copy()
    second[..., 0], second[..., 1:] = 1, 0
    smooth = Smoothed(TabularPolicy(second), 3, Fraction(1, 5))
    exact = il.trajectory_kl(mdp, first, 0.8 * second + 0.2 / 3)
    with il.Sampling(np.random.default_rng(0), 1e-3, 3000).evaluation():
        assert contains(il.trajectory_kl(sampled_table(mdp), TabularPolicy(first), smooth), float(exact))
        with pytest.raises(NotEstimable, match="Smoothed"):
            il.trajectory_kl(sampled_table(mdp), TabularPolicy(first), TabularPolicy(second))


def test_kl_reaches_the_bound_of_a_smoothed_policy():
    mdp = families.cliff(horizon=3, error=Fraction(1, 4)).mdp
    first, second = (TabularPolicy([row] * mdp.n_states) for row in ([0, 1], [1, 0]))
    with il.Sampling(np.random.default_rng(0), 1e-3, 500).evaluation():
        found = il.policy_kl(sampled_table(mdp), first, Smoothed(second, 2, Fraction(1, 5)))
    assert ar.lower(found) <= np.log(10) <= ar.upper(found) * (1 + 1e-12) and ar.lower(found) > 2


def test_outside_of_an_evaluation_the_way_is_shown():
    with pytest.raises(InvalidArgument, match=r"il\.verify_sampled"):
        il.value(WORLD, Feedback(0.0))
    with pytest.raises(InvalidArgument, match="TabularPolicy"), il.Sampling(np.random.default_rng(0), 0.1).evaluation():
        il.value(WORLD, np.ones((2, 2)))


def example(kind, deterministic, stochastic):
    """A value of a kind, where sampled worlds have such values."""
    if isinstance(kind, Sequence):
        return (example(kind.of, deterministic, stochastic),) * 2
    if isinstance(kind, PolicyKind):
        return deterministic if kind.deterministic else stochastic
    if isinstance(kind, Count):
        return max(2, kind.least)
    return Fraction(1, 2) if isinstance(kind, UnitNumber | PositiveNumber) else None


@pytest.mark.parametrize("id", catalogue())
def test_claims_declare_whether_they_have_a_sampled_counterpart(id):
    claim = catalogue()[id]
    mdp, expert, learner = families.cliff(horizon=3, error=Fraction(1, 10))
    world, pi, other = sampled_table(mdp), TabularPolicy(expert), TabularPolicy(learner)
    models = [name for name, kind in claim.parameters.items() if isinstance(kind, Model)]
    values = {name: example(k, pi, other) for name, k in claim.parameters.items() if name not in models}
    if claim.sampled:
        report = il.verify_sampled(claim, world, values, samples=256)
        (verdict,) = report.verdicts
        tables = [expert if kind.deterministic else learner for kind in list(claim.parameters.values())[1:]]
        exact = claim(mdp.to("ball"), *(ar.convert(pi, "ball") for pi in tables))
        for side, truth in ((verdict.lhs, exact.lhs), (verdict.rhs, exact.rhs)):
            assert side.lower <= float(ar.upper(truth)) and float(ar.lower(truth)) <= side.upper
        assert claim.to_json()["sampled"] is True
        return
    with pytest.raises(NotEstimable):
        il.verify_sampled(claim, world, values, samples=256)


def test_a_formula_binds_a_world_only_where_it_has_one_model_with_a_horizon():
    with pytest.raises(NotEstimable, match="two models"):
        bind(catalogue()["simulation-lemma"], WORLD, ())
    with pytest.raises(NotEstimable, match="no model"):
        bind(catalogue()["ross-bagnell-2010-tight"], WORLD, ())
