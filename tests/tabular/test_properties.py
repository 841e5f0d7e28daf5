"""Properties of every model that Hypothesis can draw: small, exact, with any zeros and ties."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from enclosing import encloses
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_tabular import fractions

from sims import TabularMDP
from sims import arithmetic as ar
from sims.tabular import step_mixture, trajectory_mixture

NUMBERS = st.fractions(min_value=-4, max_value=4, max_denominator=12)
DISCOUNTS = st.fractions(min_value=0, max_value=Fraction(999_999, 1_000_000), max_denominator=1_000_000)
QUICK = settings(max_examples=30, deadline=None)


def laws(n: int):
    """Distributions of fractions on n points."""
    return (
        st.lists(st.integers(0, 6), min_size=n, max_size=n).filter(any).map(lambda w: [Fraction(x, sum(w)) for x in w])
    )


def tables(rows: int, n: int):
    return st.lists(laws(n), min_size=rows, max_size=rows)


@st.composite
def instances(draw, n_policies: int = 1):
    """A model (stationary or not, finite or discounted) and some policies, all in fractions."""
    S, A = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    horizon = draw(st.one_of(st.none(), st.integers(1, 4)))
    end = {"discount": draw(DISCOUNTS)} if horizon is None else {"horizon": horizon}
    T = draw(st.sampled_from([1, horizon])) if horizon is not None else 1
    P = np.array(draw(tables(T * S * A, S)), dtype=object).reshape(T, S, A, S)
    r = np.array(draw(st.lists(NUMBERS, min_size=S * A, max_size=S * A)), dtype=object).reshape(S, A)
    mdp = TabularMDP(P if horizon is not None else P[0], r, draw(laws(S)), **end)
    lead = (horizon,) if horizon is not None else ()
    rows = int(np.prod(lead, dtype=int)) * S
    policies = [np.array(draw(tables(rows, A)), dtype=object).reshape(*lead, S, A) for _ in range(n_policies)]
    return mdp, *policies


def scale(mdp):
    return 1 if mdp.horizon is not None else 1 / (1 - mdp.discount)


@QUICK
@given(instances())
def test_occupancies_are_flows_and_project_back(instance):
    mdp, pi = instance
    d = mdp.occupancy(pi)
    assert (fractions(d) >= 0).all()
    assert set(fractions(ar.sum(d, (-2, -1))[None]).ravel()) == {1}
    assert not fractions(mdp.flow_residual(d)).any()
    assert np.array_equal(fractions(mdp.occupancy(mdp.project(d))), fractions(d))
    assert Fraction(ar.sum(d * mdp.rewards()) * scale(mdp)) == Fraction(mdp.value(pi))


@QUICK
@given(instances(n_policies=2))
def test_performance_difference(instance):
    mdp, first, second = instance
    gained = ar.sum(mdp.occupancy(first) * mdp.advantage(second)) * scale(mdp)
    assert Fraction(mdp.value(first)) - Fraction(mdp.value(second)) == Fraction(gained)


@QUICK
@given(instances())
def test_the_optimum_dominates_and_is_attained_everywhere(instance):
    mdp, pi = instance
    best = mdp.v(mdp.optimal_policy())
    assert (fractions(best) >= fractions(mdp.v(pi))).all()
    start = best if mdp.horizon is None else best[0]
    assert Fraction(mdp.optimal_value()) == Fraction(ar.sum(mdp.mu * start))


@QUICK
@given(instances())
def test_values_are_linear_in_rewards(instance):
    mdp, pi = instance
    moved = mdp.with_rewards(mdp.rewards() * 3 + Fraction(1, 2))
    ones = mdp.horizon if mdp.horizon is not None else 1 / (1 - Fraction(mdp.discount))
    assert Fraction(moved.value(pi)) == 3 * Fraction(mdp.value(pi)) + ones / Fraction(2)


@QUICK
@given(instances(n_policies=2), laws(2))
def test_mixing_trajectories_mixes_values_and_mixing_steps_mixes_first_steps(instance, weights):
    mdp, first, second = instance
    mixture = trajectory_mixture(mdp, [first, second], weights)
    mean = weights[0] * Fraction(mdp.value(first)) + weights[1] * Fraction(mdp.value(second))
    assert Fraction(mdp.value(mixture.policy)) == mean
    steps = step_mixture([first, second], weights)
    if mdp.horizon is not None:
        assert np.array_equal(fractions(mdp.occupancy(steps))[0], fractions(mixture.occupancy)[0])


@QUICK
@given(instances())
def test_interval_and_ball_enclose_the_rational_truth(instance):
    mdp, pi = instance
    for model in (mdp.to("interval"), mdp.to("ball", bits=64)):
        for quantity in ("occupancy", "v", "q", "advantage", "value"):
            assert encloses(getattr(model, quantity)(pi), getattr(mdp, quantity)(pi))
        assert encloses(model.optimal_value(), mdp.optimal_value())
        assert encloses(model.project(model.occupancy(pi)), mdp.project(mdp.occupancy(pi)))


@QUICK
@given(instances())
def test_restriction_to_reachable_states_keeps_every_value(instance):
    mdp, pi = instance
    part, states = mdp.restrict_to_reachable()
    kept = pi[..., states, :]
    assert Fraction(part.value(kept)) == Fraction(mdp.value(pi))
    assert Fraction(part.optimal_value()) == Fraction(mdp.optimal_value())
    assert part.reachable().all()


@QUICK
@given(instances(), st.integers(0, 2**32 - 1))
def test_samples_stay_on_the_support(instance, seed):
    mdp, pi = instance
    demos = mdp.sample(pi, 5, seed, length=None if mdp.horizon is not None else 3)
    H = int(demos.lengths.max())
    finite = mdp if mdp.horizon is not None else mdp.with_end(horizon=H)
    support = ar.possibly_nonzero(finite.occupancy(pi))
    assert support[demos.counts(H, mdp.n_states, mdp.n_actions) > 0].all()
