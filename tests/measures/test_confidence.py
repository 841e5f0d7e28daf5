"""Confidence sequences: they contain known means at every number of outcomes at once, and narrow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom

import iltheory as il
from iltheory.measures import betting_sequence, empirical_bernstein_sequence, hoeffding_sequence
from sims.errors import InvalidArgument

SEQUENCES = [hoeffding_sequence, empirical_bernstein_sequence, betting_sequence]
LAWS = {
    "rare": (lambda rng, shape: rng.random(shape) < 0.02, 0.02),
    "fair": (lambda rng, shape: rng.random(shape) < 0.5, 0.5),
    "frequent": (lambda rng, shape: rng.random(shape) < 0.9, 0.9),
    "uniform": (lambda rng, shape: rng.random(shape), 0.5),
    "narrow": (lambda rng, shape: 0.7 + 0.05 * rng.integers(-1, 2, shape), 0.7),
    "skewed": (lambda rng, shape: rng.random(shape) ** 3, 0.25),
}
DELTA = 0.1


def misses(sequence, law: str, repetitions: int, outcomes: int) -> tuple[int, float]:
    """How often the intersection of all intervals misses the mean, and its average width."""
    draw, mean = LAWS[law]
    lower, upper = sequence(draw(np.random.default_rng(1), (repetitions, outcomes)), DELTA)
    return int(np.sum((lower > mean) | (upper < mean))), float(np.mean(np.maximum(upper - lower, 0)))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_the_mean_is_missed_at_any_time_less_often_than_delta(sequence, law):
    repetitions = 300
    missed, width = misses(sequence, law, repetitions, 300)
    assert missed <= binom.ppf(1 - 1e-6, repetitions, DELTA)
    assert width < 0.35


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_the_mean_is_missed_less_often_than_delta_over_two_thousand_repetitions(sequence, law):
    missed, _ = misses(sequence, law, 2000, 500)
    assert binom.cdf(missed, 2000, DELTA) < 1e-3  # a rate of delta would nearly always miss more often


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_watching_an_interval_of_fixed_size_misses_far_more_often(sequence):
    # A fixed-time interval of the same level, watched at every time, misses far more often than delta.
    x = np.random.default_rng(2).random((300, 2000)) < 0.5
    t = np.arange(1, 2001)
    means = np.cumsum(x, axis=1) / t
    ever = np.any(np.abs(means - 0.5) > 1.64 * 0.5 / np.sqrt(t), axis=1)
    assert np.sum(ever) > binom.ppf(1 - 1e-6, 300, DELTA)
    lower, upper = sequence(x[:, :500], DELTA)
    assert np.sum((lower > 0.5) | (upper < 0.5)) <= binom.ppf(1 - 1e-6, 300, DELTA)


def test_bets_beat_bernstein_and_bernstein_beats_hoeffding_where_outcomes_vary_little():
    draw, _ = LAWS["narrow"]
    x = draw(np.random.default_rng(3), 2000)
    widths = [np.ptp(sequence(x, 1e-6)) for sequence in SEQUENCES]
    assert widths[0] > 4 * widths[1] > 4 * widths[2]


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_intervals_only_shrink_with_more_outcomes(sequence):
    x = np.random.default_rng(4).random(1000)
    ends = [sequence(x[:n], 0.01) for n in (1, 10, 100, 1000)]
    for (low, high), (lower, upper) in zip(ends[1:], ends, strict=False):
        assert lower <= low + 1e-6 and high <= upper + 1e-6
    assert ends[0].lower < 0.5 < ends[0].upper and ends[-1].upper - ends[-1].lower < 0.2


def test_hoeffdings_mixture_is_the_closed_form():
    n, delta = 50, 0.05
    x = np.full(n, 0.5)
    rho = 1024 / 4 / (2 * np.log(1 / delta) + np.log1p(2 * np.log(1 / delta)))

    def log_capital(deviation: float, t: int) -> float:
        return np.log(rho / (rho + t / 4)) / 2 + (t * deviation) ** 2 / (2 * (rho + t / 4))

    radii = [brentq(lambda d, t=t: log_capital(d, t) - np.log(1 / delta), 0, 100) for t in range(1, n + 1)]
    lower, upper = hoeffding_sequence(x, delta)
    assert upper - 0.5 == pytest.approx(min(min(radii), 0.5), rel=1e-9)
    assert 0.5 - lower == pytest.approx(min(min(radii), 0.5), rel=1e-9)


def test_bets_are_those_of_a_plain_loop():
    x, delta = np.random.default_rng(5).random(40) ** 2, 0.2

    def capitals(m: float) -> tuple[float, float]:
        more = less = best_more = best_less = 1.0
        mean, variance = 0.5, 0.25
        total, squares = 0.0, 0.0
        for t, outcome in enumerate(x, 1):
            stake = np.sqrt(2 * np.log(2 / delta) / (variance * t * np.log(1 + t)))
            more *= 1 + min(stake, 0.5 / m) * (outcome - m)
            less *= 1 - min(stake, 0.5 / (1 - m)) * (outcome - m)
            best_more, best_less = max(best_more, more), max(best_less, less)
            total += outcome
            mean = (0.5 + total) / (t + 1)
            squares += (outcome - mean) ** 2
            variance = (0.25 + squares) / (t + 1)
        return best_more, best_less

    lower, upper = betting_sequence(x, delta)
    assert brentq(lambda m: capitals(m)[0] - 2 / delta, 1e-6, 0.9) == pytest.approx(lower, abs=1e-7)
    assert brentq(lambda m: capitals(m)[1] - 2 / delta, 0.1, 1 - 1e-6) == pytest.approx(upper, abs=1e-7)
    assert lower <= brentq(lambda m: capitals(m)[0] - 2 / delta, 1e-6, 0.9)


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_constant_outcomes_close_in_on_their_value_and_keep_it(sequence, outcome):
    lower, upper = sequence(np.full(4000, outcome), 1e-6)
    assert lower <= outcome <= upper and upper - lower < 0.12


def test_a_batch_is_its_rows():
    x = np.random.default_rng(6).random((3, 2, 100))
    for sequence in SEQUENCES:
        lower, upper = sequence(x, 0.05)
        assert lower.shape == upper.shape == (3, 2)
        assert (lower[1, 0], upper[1, 0]) == sequence(x[1, 0], 0.05)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_bad_input_is_refused_by_name(sequence):
    for outcomes, words in (([], "at least one"), ([0.2, 1.5], r"hold 1\.5"), ([np.nan], "hold nan"), (0.5, "shape")):
        with pytest.raises(InvalidArgument, match=words):
            sequence(outcomes, 0.1)
    for delta in (0, 1, -1, Fraction(3, 2)):
        with pytest.raises(InvalidArgument, match="delta"):
            sequence([0.5], delta)


def test_a_formula_of_ones_own_samples_within_a_context():
    sampling = il.Sampling(np.random.default_rng(0), delta=Fraction(1, 1000), samples=4000)
    with sampling.evaluation():
        dice = il.sampled_mean(lambda rng, n: rng.integers(1, 7, n), low=1, high=6)
        coin = il.sampled_mean(lambda rng, n: rng.random(n) < 0.5)
        assert (dice * coin <= Fraction(5, 2)).holds and (dice >= Fraction(39, 10)).refuted
    assert sampling.asked == 2


def test_what_bets_have_earned_at_the_end_is_an_e_value():
    # One choice of stakes, many thresholds: intervals are nested, and the truth is excluded at level delta with
    # probability at most delta (Markov), for all of them; looking back at earlier capital only narrows them.
    x = np.random.default_rng(6).random((1500, 200)) < 0.3
    levels, bounds = (0.5, 0.2, 0.1, 0.03), []
    for delta in levels:
        bounds.append(betting_sequence(x, delta, tuned_for=0.05, running=False))
        excluded = int(np.sum((bounds[-1].lower > 0.3) | (bounds[-1].upper < 0.3)))
        assert excluded <= binom.ppf(1 - 1e-6, len(x), delta)
        running = betting_sequence(x, delta, tuned_for=0.05)
        assert np.all(running.lower >= bounds[-1].lower) and np.all(running.upper <= bounds[-1].upper)
    for wide, narrow in zip(bounds[1:], bounds, strict=False):
        assert np.all(wide.lower <= narrow.lower) and np.all(wide.upper >= narrow.upper)
    same = betting_sequence(x[0], 0.05), betting_sequence(x[0], 0.05, tuned_for=0.05)
    assert same[0] == same[1]
