"""Truths around the foundation claims that one comparison an instance does not say."""

from __future__ import annotations

import itertools
from fractions import Fraction

import flint
import numpy as np
import pytest

import iltheory.measures as il
from iltheory.claims import (
    data_processing,
    divergences,
    drawing,
    duality,
    mixtures,
    occupancy,
    simulation,
    values,
)
from iltheory.claims.claim import AssumptionViolated
from iltheory.claims.kinds import InvalidInstance
from iltheory.engine.worlds import LAWS
from sims import TabularMDP, families
from sims import arithmetic as ar

HALF, TENTH, NINE = Fraction(1, 2), Fraction(1, 10), Fraction(9, 10)


def discounted(seed: int, n_states: int = 3, n_actions: int = 2, law: str = "uniform") -> TabularMDP:
    scale = drawing.Scale(size=1, n_states=n_states, n_actions=n_actions, law=law)
    return drawing.model(np.random.default_rng(seed), scale, finite=False).select(0)


def policy(seed: int, *shape: int, law: str = "uniform"):
    return drawing.rows(np.random.default_rng(seed), shape, law, 8)


# The numbers of the catalogue, from other programmes.


def test_mixing_at_each_step_is_not_mixing_once():
    mdp, going, staying = families.one_way(mixing=HALF, horizon=2)
    stepwise = il.mean_occupancy(mdp, (going + staying) / 2).fractions()
    once = ((il.mean_occupancy(mdp, going) + il.mean_occupancy(mdp, staying)) / 2).fractions()
    assert stepwise[0].tolist() == [Fraction(3, 8), Fraction(3, 8)] and stepwise[1].sum() == Fraction(1, 4)
    assert once[0].tolist() == [HALF, Fraction(1, 4)] and once[1].tolist() == [0, Fraction(1, 4)]


def test_soft_gap_of_the_catalogue():
    mdp, pi = values.lingering()
    claim = values.soft_gap_is_kl
    comparison = claim.evaluate(claim.convert(claim.bind(mdp, pi, 1), ar.Ball(128)))
    for side in (comparison.lhs, comparison.rhs):
        assert abs(float(side) - 6.558924738634) < 1e-12


def test_chain_rule_of_the_catalogue():
    mdp, pi, other = divergences.two_moods(horizon=3)
    world, x, y = mdp.to("ball"), ar.convert(pi, "ball"), ar.convert(other, "ball")
    assert float(il.trajectory_kl(world, x, y)) == pytest.approx(1.1455934323, abs=1e-10)
    means = (ar.reshape(il.mean_occupancy(world, z), (4,)) for z in (x, y))
    assert float(il.kl_divergence(*means)) == pytest.approx(0.63569, abs=5e-6)


def test_leak_of_the_catalogue():
    gap = simulation.simulation_discounted(*simulation._leak(Fraction(1, 100), discount=NINE)).lhs
    assert float(gap) == pytest.approx(0.825688, abs=5e-7)
    gap = simulation.simulation(*simulation._leak(Fraction(1, 100), horizon=10)).lhs
    assert float(gap) == pytest.approx(0.4382, abs=5e-5)


def test_cliff_of_the_catalogue():
    mdp, expert, learner = families.cliff(error=Fraction(1, 100), discount=NINE)
    comparison = divergences.states_from_policies(mdp, expert, learner)
    assert 2 * float(comparison.lhs) == pytest.approx(0.16514, abs=5e-6)
    assert 2 * Fraction(comparison.rhs) == Fraction(18, 100)


# Polytope.


def test_no_stationary_policy_has_the_averaged_occupancy_of_waiting_then_going():
    mdp, waiting = occupancy._wait_then_go()
    target = il.mean_occupancy(mdp, waiting).fractions()
    # Only the action in state 0 matters for it, and d(0, go) grows with the probability of going.
    for p in (Fraction(k, 64) for k in range(65)):
        realised = il.mean_occupancy(mdp, ar.asarray([[1 - p, p], [1, 0]])).fractions()
        assert not np.array_equal(realised, target)


@pytest.mark.parametrize("seed", range(4))
def test_every_point_of_the_polytope_is_the_occupancy_of_its_own_policy(seed):
    mdp = discounted(seed)
    rng = np.random.default_rng(seed)
    weights = drawing.rows(rng, (8,), "uniform", 8)
    d = ar.sum(weights[:, None, None] * il.occupancy_vertices(mdp), 0)
    assert ar.equal(mdp.flow_residual(d), 0).all()
    assert ar.equal(mdp.occupancy(mdp.project(d)), d).all()


def test_a_measure_off_the_polytope_has_another_policy():
    mdp = discounted(0)
    d = ar.asarray(np.full((3, 2), Fraction(1, 6)).tolist())
    assert not ar.equal(mdp.occupancy(mdp.project(d)), d).all()
    assert not ar.equal(mdp.flow_residual(d), 0).all()


# Vertices.


def rank(rows) -> int:
    entries = [flint.fmpq(x.numerator, x.denominator) for row in rows for x in row]
    return int(flint.fmpq_mat(len(rows), len(rows[0]), entries).rref()[1])


@pytest.mark.parametrize(("n_states", "n_actions"), [(2, 2), (3, 2), (2, 3)])
def test_the_polytope_has_a_to_the_s_vertices_and_dimension_s_times_a_minus_1(n_states, n_actions):
    mdp = discounted(1, n_states, n_actions)
    vertices = [v.fractions().ravel().tolist() for v in il.occupancy_vertices(mdp)]
    assert len({tuple(v) for v in vertices}) == n_actions**n_states
    # The points lie off the origin, in a space of this dimension: so many of them suffice (Caratheodory).
    assert rank(vertices) == n_states * (n_actions - 1) + 1


def test_unreachable_states_merge_vertices():
    mdp = families.unreachable(discount=HALF).mdp
    assert len({tuple(v.fractions().ravel()) for v in il.occupancy_vertices(mdp)}) == 2


@pytest.mark.parametrize("seed", range(3))
def test_an_occupancy_is_an_explicit_mixture_of_vertices(seed):
    """Make the policy deterministic state by state; each split is along the segment of the claim."""
    mdp, pi = discounted(seed), policy(seed, 3, 2)
    parts = [(Fraction(1), pi.fractions())]
    for s in range(3):
        finer = []
        for weight, table in parts:
            whole = mdp.occupancy(ar.asarray(table.tolist())).fractions()[s].sum()
            for a in range(2):
                sure = table.copy()
                sure[s] = [Fraction(int(a == b)) for b in range(2)]
                visits = mdp.occupancy(ar.asarray(sure.tolist())).fractions()[s].sum()
                finer.append((weight * table[s][a] * whole / visits, sure))
        parts = finer
    assert len(parts) == 8 and all(weight >= 0 for weight, _ in parts) and sum(w for w, _ in parts) == 1
    mixture = sum(weight * mdp.occupancy(ar.asarray(table.tolist())).fractions() for weight, table in parts)
    assert np.array_equal(mixture, mdp.occupancy(pi).fractions())


# Sharper bounds.


@pytest.mark.parametrize("law", LAWS)
def test_the_sharper_simulation_bound_is_below_the_published_one(law):
    rng = np.random.default_rng(0)
    scale = drawing.Scale(size=16, n_states=3, n_actions=2, horizon=5, law=law)
    for finite, sharper, published in (
        (True, simulation.simulation_sharper, simulation.simulation_bound),
        (False, simulation.simulation_sharper_discounted, simulation.simulation_bound_discounted),
    ):
        mdp = drawing.model(rng, scale, finite=finite)
        other = drawing.twin(rng, scale, mdp)
        pi = drawing.rows(rng, (16, 5, 3, 2) if finite else (16, 3, 2), law, 8)
        assert (sharper(mdp, other, pi).rhs <= published(mdp, other, pi).rhs).all()


def test_the_sharper_simulation_bound_is_attained_at_every_error_and_horizon():
    for horizon, error in itertools.product((1, 2, 5), (Fraction(0), TENTH, HALF, Fraction(1))):
        comparison = simulation.simulation_sharper(*simulation._leak(error, horizon=horizon))
        assert Fraction(comparison.lhs) == Fraction(comparison.rhs)


# Divergences.


@pytest.mark.parametrize("seed", range(4))
def test_occupancies_of_each_step_are_marginals_of_trajectories(seed):
    rng = np.random.default_rng(seed)
    mdp = drawing.model(rng, drawing.Scale(size=1, n_states=2, horizon=3), finite=True).select(0)
    pi, other = policy(seed, 3, 2, 2), policy(seed + 9, 3, 2, 2)
    laws = [il.trajectory_law(mdp, x) for x in (pi, other)]
    tv = Fraction(il.trajectory_tv(mdp, pi, other))
    assert tv == sum(abs(laws[0].fractions() - laws[1].fractions())) / 2
    for h in range(3):
        step = abs(mdp.occupancy(pi).fractions()[h] - mdp.occupancy(other).fractions()[h]).sum() / 2
        assert step <= tv


def test_averaging_over_steps_can_hide_all_divergence():
    mdp, pi, other = data_processing._taking_turns()
    assert ar.equal(il.mean_occupancy(mdp, pi), il.mean_occupancy(mdp, other)).all()
    assert Fraction(il.occupancy_tv(mdp, pi, other)) == Fraction(4, 5)


# Duality.


@pytest.mark.parametrize("seed", range(4))
def test_the_dual_of_the_optimal_values_cannot_be_lowered(seed):
    mdp = discounted(seed)
    best = il.optimal_v(mdp)
    assert (duality.slack(mdp, best) >= 0).all()
    assert ar.equal(duality.dual_value(mdp, best), il.optimal_value(mdp)).all()
    rng = np.random.default_rng(seed)
    for _ in range(20):
        v = best + drawing.units(rng, (3,), -1, 1)
        assert (duality.dual_value(mdp, v) >= il.optimal_value(mdp)).all()


# What a user may get wrong.


def test_models_with_different_starts_are_refused():
    first, other, pi = simulation._leak(horizon=2)
    moved = TabularMDP(other.P, other.r, ar.asarray([0, 1]), horizon=2)
    with pytest.raises(AssumptionViolated, match="first state"):
        simulation.simulation(first, moved, pi)


def test_uncovered_policies_are_refused_and_covered_ones_need_cover_only_where_they_go():
    mdp, expert, learner = divergences.first_error(horizon=2)
    world, x, y = mdp.to("ball"), ar.convert(expert, "ball"), ar.convert(learner, "ball")
    assert not data_processing.trajectories_kl(world, x, y).refuted.any()
    with pytest.raises(AssumptionViolated, match="every action"):
        data_processing.trajectories_kl(world, y, x)
    mdp = families.unreachable(horizon=2).mdp.to("ball")
    x, y = (ar.convert(ar.asarray([[1, 0], last]), "ball") for last in ([1, 0], [0, 1]))
    assert not data_processing.trajectories_kl(mdp, x, y).refuted.any()


def test_parameters_are_checked():
    mdp, acts = occupancy._repeating()
    with pytest.raises(InvalidInstance, match="H = 2"):
        occupancy.history(mdp, acts[:1])
    with pytest.raises(InvalidInstance, match="expected"):
        occupancy.history(mdp, (acts[1], acts[0]))
    with pytest.raises(InvalidInstance, match="distribution"):
        occupancy.history(mdp, (acts[0], [[[1, 1]], [[0, 1]]]))
    _, pi = values.lingering()
    with pytest.raises(InvalidInstance, match="positive"):
        values.soft_gap_is_kl(values.lingering()[0], pi, 0)
    with pytest.raises(InvalidInstance, match="discount"):
        mixtures.mixture(families.cliff(error=TENTH, horizon=2).mdp, pi, pi, HALF)
