"""Laws of actions: densities integrate to one, draws follow them, divergences are their integrals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from iltheory.measures.action_laws import law_entropy, law_hellinger2, law_kl, law_tv
from iltheory.measures.f_divergences import TOTAL_VARIATION
from iltheory.measures.likelihood_ratios import log_ratio, of_either
from sims.sampled import Categorical, Gaussian, GaussianMixture, InvalidPolicy, NotEstimable, Point, SquashedGaussian

RNG = np.random.default_rng(7)
GRID = np.linspace(-14, 14, 200_001)[:, None]
PAIRS = {
    "normal": (Gaussian([[0.3]], [[0.8]]), Gaussian([[-0.5]], [[1.7]])),
    "same deviation": (Gaussian([[0.0]], [[1.0]]), Gaussian([[0.25]], [[1.0]])),
    "mixture": (
        GaussianMixture([[0.3, 0.7]], [[[-1.0], [1.0]]], [[[0.5], [0.8]]]),
        GaussianMixture([[0.5, 0.5]], [[[-0.5], [1.5]]], [[[0.7], [0.8]]]),
    ),
    "squashed": (SquashedGaussian([[0.3]], [[0.8]], -2, 3), SquashedGaussian([[-0.2]], [[0.5]], -2, 3)),
}


def density(law, x):
    """The law's density at many points."""
    kind = type(law)
    if kind is Gaussian:
        law = Gaussian(np.repeat(law.mean, len(x), 0), np.repeat(law.std, len(x), 0))
    elif kind is GaussianMixture:
        law = GaussianMixture(*(np.repeat(part, len(x), 0) for part in (law.weights, law.mean, law.std)))
    else:
        normal = law.normal
        law = SquashedGaussian(np.repeat(normal.mean, len(x), 0), np.repeat(normal.std, len(x), 0), -2, 3)
    return np.exp(law.log_density(x)), law


def points(law):
    return np.linspace(-1.9999, 2.9999, 200_001)[:, None] if isinstance(law, SquashedGaussian) else GRID


@pytest.mark.parametrize("name", PAIRS)
def test_densities_integrate_to_one_and_draws_follow_them(name):
    for law in PAIRS[name]:
        x = points(law)
        p, _ = density(law, x)
        assert abs(integrate.trapezoid(p, x[:, 0]) - 1) < 1e-6
        cumulative = np.cumsum(p) * (x[1, 0] - x[0, 0])
        _, many = density(law, np.zeros((4000, 1)))
        draws = many.sample(np.random.default_rng(0))[:, 0]
        assert stats.kstest(draws, lambda z, x=x, c=cumulative: np.interp(z, x[:, 0], c)).pvalue > 1e-4


@pytest.mark.parametrize("name", PAIRS)
def test_divergences_are_the_integrals(name):
    first, second = PAIRS[name]
    x = points(first)
    p, many = density(first, x)
    q, others = density(second, x)
    tv = integrate.trapezoid(np.abs(p - q), x[:, 0]) / 2
    shares, most = law_tv(many, others, np.random.default_rng(0))
    assert np.all((shares >= 0) & (shares <= most + 1e-15) & (most <= 1) & (most - shares < 1e-9))
    assert abs(shares.mean() - tv) < 5 * shares.std() / np.sqrt(len(x))
    hellinger = integrate.trapezoid((np.sqrt(p) - np.sqrt(q)) ** 2, x[:, 0])
    if name == "mixture":
        drawn, _ = law_hellinger2(many, others, RNG)
        assert np.all((drawn >= 0) & (drawn <= 2)) and abs(drawn.mean() - hellinger) < 5 * drawn.std() / np.sqrt(len(x))
    else:
        assert abs(law_hellinger2(first, second, RNG)[0] - hellinger) < 1e-5
        present = p > 1e-300
        kl = integrate.trapezoid(np.where(present, p * np.log(np.where(present, p / q, 1)), 0), x[:, 0])
        assert abs(law_kl(first, second)[0] - kl) < 1e-5


def test_vectors_add_up_over_entries():
    one = [law_kl(Gaussian([[m]], [[s]]), Gaussian([[0.0]], [[1.0]]))[0] for m, s in ((0.5, 1.0), (-1.0, 2.0))]
    assert law_kl(Gaussian([[0.5, -1.0]], [[1.0, 2.0]]), Gaussian([[0.0, 0.0]], [[1.0, 1.0]]))[0] == pytest.approx(
        sum(one)
    )


def test_equal_laws_are_exactly_equal():
    law = Gaussian(np.random.default_rng(0).normal(size=(50, 3)), 0.7)
    least, most = law_tv(law, law, np.random.default_rng(1))
    assert (most < 1e-12).all()
    for distance in (least, law_hellinger2(law, law, RNG), law_kl(law, law)):
        assert (distance == 0).all()


def test_a_point_and_a_density_have_nothing_in_common():
    point, normal = Point([[0.5], [1.0]]), Gaussian([[0.5], [1.0]], [[0.1], [0.1]])
    mine, others = point.sample(np.random.default_rng(0)), normal.sample(np.random.default_rng(0))
    rng = np.random.default_rng(1)
    assert (law_tv(point, normal, rng) == 1).all() and (law_tv(normal, point, rng) == 1).all()
    assert (law_hellinger2(point, normal, rng) == 2).all() and np.isinf(law_kl(point, normal)).all()
    assert (log_ratio(point, normal, mine)[0] == -np.inf).all()
    assert (log_ratio(point, normal, others)[0] == np.inf).all()
    assert (log_ratio(normal, point, mine)[0] == np.inf).all()
    same = Point([[0.5], [2.0]])
    assert law_tv(point, same, rng).tolist() == 2 * [[0, 1]] and law_hellinger2(point, same, rng).tolist() == [0, 2]


def test_mixtures_of_points_are_compared_and_those_with_a_density_are_refused():
    from iltheory.learners.neural.acting import MixedLaws

    rng, n = np.random.default_rng(0), 20_000
    here, there = (Point(np.full((n, 1), x)) for x in (0.0, 1.0))
    normal = Gaussian(np.zeros((n, 1)), 1.0)
    both = MixedLaws(here, there, 0.25)
    for first, second in ((here, both), (both, here)):
        assert abs(law_tv(first, second, rng)[0].mean() - 0.75) < 0.02
        assert abs(law_hellinger2(first, second, rng)[0].mean() - (2 - 2 * 0.5)) < 0.02
        assert (law_hellinger2(first, normal, rng) == 2).all() and (law_tv(first, normal, rng) == 1).all()
    mixed = MixedLaws(here, normal, 0.5)  # half of what it does is what the others do
    for other in (here, normal, mixed):
        for compare in (law_tv, law_hellinger2):
            with pytest.raises(NotEstimable, match="cannot be compared"):
                compare(other, mixed, rng)


def test_impossible_actions_are_never_drawn():
    law = Categorical(np.tile([0.0, 0.3, 0.0, 0.7, 0.0], (20_000, 1)))
    drawn = law.sample(np.random.default_rng(0))
    assert set(drawn) == {1, 3} and abs((drawn == 1).mean() - 0.3) < 0.02
    assert np.isneginf(law.log_density(np.zeros(20_000, dtype=int))).all()
    assert law_entropy(Categorical([[0.5, 0.5]]))[0] == pytest.approx(np.log(2))


def test_densities_that_rounding_hides_leave_outcomes_anything():
    law, other = SquashedGaussian([[40.0]], [[1.0]]), SquashedGaussian([[39.0]], [[1.0]])
    log, slack = log_ratio(law, other, law.sample(np.random.default_rng(0)))
    assert log == 0 and slack == np.inf
    np.testing.assert_array_equal(of_either(TOTAL_VARIATION, log, slack), [[0.0], [1.0]])
    # Total variation needs no saturated actions: it is that of the laws before they were squashed.
    many = SquashedGaussian(np.full((20_000, 1), 40.0), 1.0), SquashedGaussian(np.full((20_000, 1), 39.0), 1.0)
    assert np.abs(law_tv(*many, np.random.default_rng(0)).mean(axis=1) - (2 * stats.norm.cdf(0.5) - 1)).max() < 0.01


def test_a_squashed_density_vanishes_outside_of_its_box_and_that_is_certain():
    law = SquashedGaussian(np.zeros((4, 1)), 1.0, -2, 3)
    actions = np.array([[3.5], [-7.0], [3.0], [np.nextafter(3.0, 0)]])
    assert law.log_density(actions)[:2].tolist() == [-np.inf, -np.inf]
    assert law.rounding(actions).tolist() == [0, 0, np.inf, np.inf]


def test_slack_contains_what_rounding_does():
    # Log densities in floats against those with 60 digits, at the actions as they are.
    from mpmath import mp, mpf

    rng, mp.dps = np.random.default_rng(0), 60
    mean, std = rng.normal(size=(200, 1)) * 3, 10.0 ** rng.uniform(-4, 1, (200, 1))
    low, high = 1000.0, 1001.5
    for law in (Gaussian(mean, std), SquashedGaussian(mean, std, low, high)):
        actions = law.sample(rng)
        log, slack = law.log_density(actions), law.rounding(actions)
        told = 0
        for i in np.flatnonzero(np.isfinite(slack)):
            x, m, s = mpf(float(actions[i, 0])), mpf(float(mean[i, 0])), mpf(float(std[i, 0]))
            exact = mpf(0)
            if isinstance(law, SquashedGaussian):
                share = (2 * x - mpf(low) - mpf(high)) / (mpf(high) - mpf(low))
                x, exact = mp.atanh(share), -mp.log((mpf(high) - mpf(low)) / 2) - mp.log(1 - share**2)
            exact += -(((x - m) / s) ** 2) / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2
            assert abs(mpf(float(log[i])) - exact) <= slack[i]
            told += 1
        assert told > 100


def test_what_has_no_bound_or_closed_form_is_refused():
    law = Gaussian([[0.0]], [[1.0]])
    with pytest.raises(NotEstimable, match="no bound"):
        law_entropy(law)
    with pytest.raises(NotEstimable, match="no closed form"):
        law_kl(*PAIRS["mixture"])


def test_what_is_no_law_is_refused():
    with pytest.raises(InvalidPolicy, match=r"probabilities\[1\]"):
        Categorical([[0.5, 0.5], [0.5, 0.6]])
    with pytest.raises(InvalidPolicy, match="std has the entry 0"):
        Gaussian([[0.0]], [[0.0]])
    with pytest.raises(InvalidPolicy, match="no finite numbers"):
        Gaussian([[np.nan]], [[1.0]])
    with pytest.raises(InvalidPolicy, match="low < high"):
        SquashedGaussian([[0.0]], [[1.0]], 1, -1)
    with pytest.raises(InvalidPolicy, match=r"mean has shape"):
        GaussianMixture([[1.0]], [[[0.0], [1.0]]], [[[1.0], [1.0]]])
