"""Enclosures contain the exact rational truth: thousands of random instances, extreme ones included, not one miss.

The truth is the rational system, which ``test_finite_horizon`` and ``test_discounted`` hold to the definitions.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enclosing import bounds, misses, widths
from slow_tabular import discounted_v

from sims import SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.families.random import simplex_rows

LAWS = ["uniform", "spiky", "deterministic", "near-deterministic", "mixed"]
GAMMAS = [Fraction(0), Fraction(1, 3), *(1 - Fraction(1, 10**k) for k in (1, 2, 4, 6))]
QUANTITIES = ["occupancy", "state_occupancy", "v", "q", "advantage", "value"]


def rational(numerators: np.ndarray, bits: int) -> ar.RationalArray:
    return ar.RationalArray(numerators, 2**bits)


def draw(rng, batch: int, S: int, A: int, law: str, *, bits: int = 20, steps: int | None = None, **end):
    """A batch of rational models and policies; rewards in [-1, 1], many of them 0."""
    stepped = () if steps is None else (steps,)
    P = rational(simplex_rows(rng, (batch, *stepped, S, A, S), law=law, bits=bits), bits)
    r = ar.RationalArray(rng.integers(-7, 8, (batch, *stepped, S, A)) * rng.integers(0, 2, (batch, *stepped, S, A)), 7)
    mu = rational(simplex_rows(rng, (batch, S), law=law, bits=bits), bits)
    H = end.get("horizon")
    pi = rational(simplex_rows(rng, (batch, *(() if H is None else (H,)), S, A), law=law, bits=bits), bits)
    return TabularMDP(P, r, mu, batch_axes=1, **end), pi


def check(mdp, pi, name, quantities=QUANTITIES, truths=None, **options) -> int:
    """Assert that every enclosure contains the truth; return how many entries were compared."""
    model, entries = mdp.to(name, **options), 0
    policy = model.system.convert(pi)
    for quantity in quantities:
        truth = getattr(mdp, quantity)(pi) if truths is None else truths[quantity]
        enclosure = getattr(model, quantity)(policy)
        assert misses(enclosure, truth) == 0, (quantity, name)
        entries += truth.size
    return entries


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("steps", [None, 4])
def test_finite_horizon_intervals_never_miss(law, steps):
    rng = np.random.default_rng(LAWS.index(law))
    for S, A in ((2, 2), (4, 3)):
        mdp, pi = draw(rng, 110, S, A, law, steps=steps, horizon=4)
        assert check(mdp, pi, "interval") > 7_000
        assert misses(mdp.to("interval").optimal_value(), mdp.optimal_value()) == 0


@pytest.mark.parametrize("gamma", GAMMAS, ids=str)
def test_discounted_intervals_never_miss(gamma):
    rng = np.random.default_rng(GAMMAS.index(gamma))
    for law in LAWS:
        mdp, pi = draw(rng, 60, 4, 2, law, discount=gamma)
        check(mdp, pi, "interval")
        assert misses(mdp.to("interval").optimal_value(), mdp.optimal_value()) == 0


@pytest.mark.parametrize("bits", [53, 128])
@pytest.mark.parametrize("end", [{"horizon": 3}, {"discount": Fraction(999_999, 1_000_000)}], ids=str)
def test_balls_never_miss(end, bits):
    for law in LAWS:
        mdp, pi = draw(np.random.default_rng(bits), 12, 3, 2, law, **end)
        check(mdp, pi, "ball", bits=bits)
        assert misses(mdp.to("ball", bits=bits).optimal_value(), mdp.optimal_value()) == 0


@pytest.mark.parametrize("law", ["uniform", "near-deterministic"])
def test_a_thousand_steps(law):
    mdp, pi = draw(np.random.default_rng(0), 1, 3, 2, law, bits=4, horizon=1000)
    for name in ("interval", "ball"):
        check(mdp, pi, name, ["value", "state_occupancy"] if name == "interval" else ["value"])


def test_a_thousand_steps_of_moves_too_rare_for_floats():
    """From 0 one leaves with probability p = 1e-300 and is paid r = 1e-297 from then on.

    ``J = r sum_h (1 - (1-p)^h)`` lies between ``top`` and ``top (1 - H p)`` with ``top = r p H (H-1) / 2``, about
    1e-591: below every float.
    """
    p, r, H = Fraction(1, 10**300), Fraction(1, 10**297), 1000
    mdp = TabularMDP([[[1 - p, p]], [[0, 1]]], [[0], [r]], [1, 0], horizon=H)
    top = p * r * H * (H - 1) / 2
    for name in ("interval", "ball"):
        low, high = mdp.to(name).value([[1], [1]]).bounds()
        assert low <= top * (1 - H * p)
        assert high >= top
    assert high < top * (1 + Fraction(1, 10**20))


EXTREMES = [5e-324, 2.0**-1074 * 3, 1e-310, 1e-300, 2.0**-1022, 1e-160, 1e-30, 2.0**-53]


def extreme_models(rng, count: int, S: int = 3, A: int = 2):
    """Rational rows with entries around the smallest floats, their sums exactly one; rewards of such sizes, too."""
    for _ in range(count):
        tiny = lambda shape: np.array(  # noqa: E731
            [Fraction(float(rng.choice(EXTREMES))) * int(rng.integers(0, 4)) for _ in range(int(np.prod(shape)))],
            dtype=object,
        ).reshape(shape)
        P, pi, mu = tiny((S, A, S)), tiny((S, A)), tiny((S,))
        for rows in (P.reshape(-1, S), pi, mu[None]):
            for row in rows:
                row[rng.integers(0, len(row))] += 1 - row.sum()
        r = tiny((S, A)) * int(rng.choice([1, -1, 10**150]))
        yield P, r, mu, pi


@pytest.mark.parametrize(
    "end", [{"horizon": 3}, {"discount": Fraction(1, 2)}, {"discount": Fraction(999_999, 1_000_000)}], ids=str
)
@pytest.mark.parametrize("name", ["interval", "ball"])
def test_denormal_probabilities_and_rewards(end, name):
    rng = np.random.default_rng(1)
    for P, r, mu, pi in extreme_models(rng, 25 if name == "interval" else 8):
        mdp = TabularMDP(P, r, mu, **end)
        check(mdp, ar.asarray(pi), name)
        assert misses(mdp.to(name).optimal_value(), mdp.optimal_value()) == 0


def test_huge_rewards_give_enclosures_not_overflow_errors():
    mdp = TabularMDP([[[Fraction(1, 2)] * 2]] * 2, [[Fraction(10) ** 308], [0]], [1, 0], discount=Fraction(99, 100))
    with np.errstate(all="ignore"):
        low, high = mdp.to("interval").value([[1], [1]]).bounds()
    truth = Fraction(mdp.value([[1], [1]]))
    assert low <= truth <= high
    low, high = mdp.to("ball").value([[1], [1]]).bounds()
    assert low <= truth <= high < truth * (1 + Fraction(1, 10**30))


@pytest.mark.parametrize("end", [{"horizon": 5}, {"discount": Fraction(99, 100)}], ids=str)
def test_sparse_intervals_never_miss(end):
    rng = np.random.default_rng(2)
    for _ in range(15):
        S, A, k = 6, 2, 3
        indices = np.stack([rng.choice(S, k, replace=False) for _ in range(S * A)]).ravel()
        p = rational(simplex_rows(rng, (S * A, k), law="mixed", bits=20).ravel(), 20)
        law = SparseTransitions(np.arange(S * A + 1) * k, indices, p, S, A)
        mdp = TabularMDP(law, ar.RationalArray(rng.integers(-7, 8, (S, A)), 7), [1, 0, 0, 0, 0, 0], **end)
        check(mdp, rational(simplex_rows(rng, (S, A), law="mixed", bits=20), 20), "interval")


def test_rounded_float_rows_are_enclosed_with_an_exact_row():
    """Rows of thirds miss 1 as floats; the interval model contains the model of exact thirds."""
    third = Fraction(1, 3)
    exact = TabularMDP([[[third] * 3]] * 3, [[1], [2], [4]], [third] * 3, discount=Fraction(9, 10))
    floats = TabularMDP(np.full((3, 1, 3), 1 / 3), [[1.0], [2.0], [4.0]], [1 / 3] * 3, discount=Fraction(9, 10))
    inside = floats.to("interval").with_end(discount=Fraction(9, 10))
    assert misses(inside.value([[1]] * 3), exact.value([[1]] * 3)) == 0
    assert misses(inside.occupancy([[1]] * 3), exact.occupancy([[1]] * 3)) == 0


def test_float_entries_that_rounding_made_negative_stand_for_zero():
    floats = TabularMDP([[[1.0 + 1e-12, -1e-12]], [[0.0, 1.0]]], [[1.0], [2.0]], [1.0, 0.0], discount=Fraction(1, 2))
    exact = TabularMDP([[[1, 0]], [[0, 1]]], [[1], [2]], [1, 0], discount=Fraction(1, 2))
    enclosure = floats.to("interval").value([[1], [1]])
    assert misses(enclosure[None], exact.value([[1], [1]])[None]) == 0
    assert widths(enclosure[None]).max() < 1e-10
    assert floats.sample([[1], [1]], 1000, 0, length=5).states.max() == 0


def test_torch_intervals_never_miss():
    pytest.importorskip("torch")
    for end in ({"horizon": 4}, {"discount": Fraction(99, 100)}):
        mdp, pi = draw(np.random.default_rng(3), 20, 3, 2, "mixed", **end)
        check(mdp, pi, "interval", device="cpu")


# How wide they are.


def positive(rng, batch: int, S: int, A: int, **end):
    """Models with positive rewards and policies, over denominators that floats do not have."""
    mdp, pi = draw(rng, batch, S, A, "uniform", **end)
    thirds = lambda x: (x + x[..., ::-1] * 2) / 3  # noqa: E731
    mdp = TabularMDP(thirds(mdp.P), ar.absolute(mdp.r) + Fraction(1, 7), thirds(mdp.mu), batch_axes=1, **end)
    return mdp, thirds(pi)


def end_points(x, side: int) -> np.ndarray:
    return np.array([ends[side] for ends in bounds(x)], dtype=object).reshape(x.shape)


def values_of_data(mdp, pi, side: int) -> np.ndarray:
    """``v`` of the model made of the lower (0) or upper (1) ends of all numbers of one interval model, exactly."""
    P, r, policy = (end_points(x, side) for x in (mdp.P, mdp.r, mdp.policy(pi)))
    if mdp.horizon is None:
        gamma = end_points(mdp.discount[None], side)[0]
        return np.array(discounted_v(P, r, policy, gamma), dtype=object)
    v = np.zeros(mdp.n_states, dtype=object)
    out = []
    for h in reversed(range(mdp.horizon)):
        v = (policy[h] * (r + (P * v).sum(-1))).sum(-1)
        out.append(v)
    return np.array(out[::-1])


@pytest.mark.parametrize(
    "end",
    [{"horizon": 10}, {"horizon": 30}, {"discount": Fraction(9, 10)}, {"discount": Fraction(999, 1000)}],
    ids=str,
)
def test_interval_widths_stay_within_100_of_the_best_possible(end):
    """Best possible: the exact range of the values when the data vary in their own intervals (they are roundings)."""
    for seed in range(3):
        mdp, pi = (
            x[0] if isinstance(x, ar.RationalArray) else x.select(0)
            for x in positive(np.random.default_rng(seed), 1, 4, 3, **end)
        )
        model = mdp.to("interval")
        policy = model.system.convert(pi)
        best = values_of_data(model, policy, 1) - values_of_data(model, policy, 0)
        ratio = widths(model.v(policy)) / best.ravel().astype(float)
        assert ratio.min() >= 1
        assert ratio.max() < 25


def relative_widths(model, mdp, pi, quantity) -> np.ndarray:
    truth = np.array([float(t) for t in getattr(mdp, quantity)(pi).fractions().ravel()])
    return widths(getattr(model, quantity)(model.system.convert(pi))) / 2 / truth


@pytest.mark.parametrize("quantity", ["value", "v", "state_occupancy", "occupancy"])
@pytest.mark.parametrize("horizon", [1, 10, 100])
def test_interval_radii_grow_with_the_horizon_only(quantity, horizon):
    """Relative radii of sums of positive terms: at most 20 units of roundoff a step."""
    mdp, pi = positive(np.random.default_rng(4), 5, 4, 3, horizon=horizon)
    assert relative_widths(mdp.to("interval"), mdp, pi, quantity).max() < 20 * horizon * 2.0**-53


@pytest.mark.parametrize("quantity", ["value", "v", "state_occupancy", "occupancy"])
@pytest.mark.parametrize("gamma", [Fraction(1, 2), Fraction(9, 10), Fraction(999_999, 1_000_000)], ids=str)
def test_interval_radii_grow_with_the_conditioning_only(quantity, gamma):
    """Relative radii: at most 25 units of roundoff over ``1 - gamma``, in every entry of values and occupancies."""
    mdp, pi = positive(np.random.default_rng(4), 5, 4, 3, discount=gamma)
    assert relative_widths(mdp.to("interval"), mdp, pi, quantity).max() < 25 / (1 - gamma) * 2.0**-53


@pytest.mark.parametrize("quantity", ["value", "v", "state_occupancy", "occupancy"])
@pytest.mark.parametrize("end", [{"horizon": 10}, {"discount": Fraction(9, 10)}], ids=str)
def test_ball_widths_reflect_their_bits(quantity, end):
    mdp, pi = positive(np.random.default_rng(5), 3, 4, 3, **end)
    for bits in (64, 200, 500):
        assert relative_widths(mdp.to("ball", bits=bits), mdp, pi, quantity).max() < 2.0 ** (8 - bits)


def test_small_entries_of_an_occupancy_keep_their_relative_accuracy():
    """A chain of ten states, each left for the next with probability 1e-20: the last is visited with 1e-180."""
    n, p = 10, Fraction(1, 10**20)
    P = [[[(1 - p) * (t == s) + p * (t == min(s + 1, n - 1)) for t in range(n)]] for s in range(n)]
    mdp = TabularMDP(P, [[0]] * n, [1] + [0] * (n - 1), discount=Fraction(9, 10))
    pi = ar.asarray([[1]] * n)
    truth = np.array([float(t) for t in mdp.state_occupancy(pi).fractions()])
    assert truth[-1] < 1e-150
    enclosure = mdp.to("interval").state_occupancy(pi)
    assert misses(enclosure, mdp.state_occupancy(pi)) == 0
    assert (widths(enclosure) / truth).max() < 1e-12
