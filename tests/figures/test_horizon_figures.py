"""What figures of horizons, samples and recoverability say, against closed forms and slow recomputation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import exp

import numpy as np
import pytest
from matplotlib.figure import Figure as Picture

import iltheory as il
from iltheory.attack.fitting import exponent
from iltheory.claims.rajaraman_2020 import cloning_gap
from iltheory.engine.executors import serial
from iltheory.experiments.computation import Computation
from iltheory.figures import computed_figures, find, horizon_scaling, known_transitions, recoverability
from iltheory.figures.log_loss_horizon import AFFINITY
from iltheory.figures.rows import groups, points
from iltheory.figures.sample_complexity import ACTIONS
from iltheory.figures.sheet import Sheet
from iltheory.measures import step_errors
from sims import arithmetic as ar
from sims import families

LARGEST = {
    "horizon-scaling": {"horizon": 32},
    "sample-complexity": {"horizon": 32, "samples": 400},
    "known-transitions": {"horizon": 64},
    "recoverability": {"horizon": 64},
    "log-loss-horizon": {"horizon": 32},
}
"""Settings up to which figures are computed here."""


@cache
def drawn(id):
    (figure,) = find([id])
    cells = [cell for cell in figure.data.cells if all(cell[name] <= most for name, most in LARGEST[id].items())]
    (found,) = computed_figures([replace(figure, data=Computation(id, figure.data.work, cells))], executor=serial())
    return found


def one(rows, **settings):
    (row,) = [row for row in rows if all(row[name] == value for name, value in settings.items())]
    return row


def encloses(value, exact):
    return value.lower <= exact <= value.upper and value.width <= Fraction(1, 10**12)


def slope(rows, x="horizon"):
    return exponent(points(rows, x, "gap")).slope


@pytest.mark.parametrize("id", LARGEST)
def test_every_comparison_holds_and_the_figure_can_be_drawn(id):
    found = drawn(id)
    assert set(found.document["verdicts"]) == {"holds"}
    found.figure.draw(found.rows, Sheet(Picture()))


def survived(error, horizon):
    return sum((1 - error) ** h for h in range(1, horizon + 1))


@pytest.mark.parametrize("horizon", [4, 32])
def test_gaps_of_fixed_errors_have_their_closed_forms(horizon):
    rows = [row for row in drawn("horizon-scaling").rows if row["horizon"] == horizon]
    e, missed = horizon_scaling.ERROR, families.missing_mass(3, 2, horizon_scaling.SAMPLES)
    exact = {
        ("cliff", "cloning"): horizon - survived(e, horizon),
        ("cliff", "DAgger"): horizon - survived(e, horizon),
        ("cliff", "moment matching"): e * horizon,
        ("unicycle", "cloning"): horizon - 1 - survived(e, horizon - 1),
        ("unicycle", "DAgger"): e * (horizon - 1),
        ("unicycle", "moment matching"): e * (horizon - 1),
        ("reset", "cloning"): horizon - survived(missed, horizon),
        ("reset", "DAgger"): horizon - survived(missed, horizon),
        ("reset", "moment matching"): missed * horizon,
    }
    for (family, learner), gap in exact.items():
        row = one(rows, family=family, learner=learner)
        assert encloses(row["gap"], gap)
        assert row["attained"] == (learner == "moment matching" and family != "unicycle")
    for family in horizon_scaling.FAMILIES:
        forward, dagger = (one(rows, family=family, learner=name) for name in ("forward training", "DAgger"))
        assert (forward["gap"], forward["bound"]) == (dagger["gap"], dagger["bound"])


@pytest.mark.parametrize("family", horizon_scaling.FAMILIES)
def test_all_algorithms_err_equally_often_in_their_own_training(family):
    mdp, expert, erring = horizon_scaling.instance(family, 6)
    policies = horizon_scaling.returned(mdp, expert, erring)
    error = families.missing_mass(3, 2, horizon_scaling.SAMPLES) if family == "reset" else horizon_scaling.ERROR
    shown = {name: mdp.state_occupancy(policy) for name, policy in policies.items()}
    shown["cloning"] = mdp.state_occupancy(expert)
    for name in ("cloning", "forward training", "DAgger"):
        assert (step_errors(mdp, expert, policies[name], shown[name]) == error).all()
    apart = ar.absolute(mdp.occupancy(policies["moment matching"]) - mdp.occupancy(expert))
    assert (ar.sum(apart, (-2, -1)) / 2 == error).all()


def test_interaction_helps_where_mistakes_can_be_mended_and_nowhere_else():
    slopes = {
        (family, learner): slope(of_learner)
        for family, of_family in groups(drawn("horizon-scaling").rows, "family").items()
        for learner, of_learner in groups(of_family, "learner").items()
    }
    for (family, learner), found in slopes.items():
        quadratic = learner == "cloning" or (family != "unicycle" and learner != "moment matching")
        assert abs(found - (2 if quadratic else 1)) < 0.15, (family, learner, found)


def test_the_expected_gap_of_cloning_is_that_of_data_sets_enumerated():
    mdp, expert, clone = families.reset(4, ACTIONS, horizon=3, n_trajectories=2)
    uniform = ar.asarray(np.full((4, ACTIONS), Fraction(1, ACTIONS)))
    assert il.gap(mdp, expert, clone) == cloning_gap(mdp, expert, uniform, 2)


def test_cloning_needs_trajectories_in_proportion_to_states_and_squared_horizon():
    rows = drawn("sample-complexity").rows
    assert {row["closed form"] for row in rows} == {"holds"}
    for row in rows:
        error = families.missing_mass(row["states"], ACTIONS, row["samples"])
        assert encloses(row["error"], error) and encloses(row["gap"], row["horizon"] - survived(error, row["horizon"]))
    sweeps = groups(rows, "sweep")
    few = [row for row in sweeps["N"] if (row["states"], row["horizon"]) == (10, 4)]
    assert abs(slope(few, "samples") + 1) < 0.04
    limit = (1 - 1 / ACTIONS) * (10 - 2) / 10 * (4 + 1) / (2 * 4)
    last = max(few, key=lambda row: row["samples"])
    assert (last["gap"] / last["bound"]).middle == pytest.approx(limit, rel=0.02)
    assert 1.7 < slope([row for row in sweeps["H"] if row["samples"] == 100]) < 2


def test_known_transitions_save_a_factor_of_the_horizon():
    rows = drawn("known-transitions").rows
    states, n = known_transitions.STATES, known_transitions.TRAJECTORIES
    z = Fraction(1, n + 1)
    last = 1 - (states - 1) * z
    missed = ((states - 1) * z * (1 - z) ** n + last * (1 - last) ** n) / 2
    for row in rows:
        horizon = row["horizon"]
        if row["transitions"] == "unknown":
            assert row["gap"].middle == pytest.approx(
                float(families.reset(states, horizon=horizon, n_trajectories=n).gap)
            )
            assert row["bound"].middle == pytest.approx(states * horizon**2 / (exp(1) * n))
        else:
            assert encloses(row["gap"], horizon * missed)
            assert row["bound"].middle == pytest.approx(2 * states * horizon**1.5 / (exp(1 / 2) * n))
    slopes = {which: slope(some) for which, some in groups(rows, "transitions").items()}
    assert abs(slopes["unknown"] - 2) < 0.15 and slopes["known"] == pytest.approx(1)


def off_the_track(detour, horizon):
    """Sum of the probabilities of being off the track, by following the learner step by step."""
    law, lost = [Fraction(1)] + [Fraction(0)] * detour, Fraction(0)
    for _ in range(horizon):
        lost += 1 - law[0]
        left = law[0] * recoverability.ERROR
        law = [law[0] - left + law[-1], left, *law[1:-1]]
    return lost


def test_a_detour_costs_its_length_up_to_the_horizon():
    rows = drawn("recoverability").rows
    for row in rows:
        detour, horizon = row["detour"], row["horizon"]
        assert encloses(row["gap"], off_the_track(detour, horizon)) and encloses(row["u"], min(detour, horizon - 1))
        assert encloses(row["bound"], min(detour, horizon - 1) * horizon * recoverability.ERROR)
        by_steps = sum(min(detour, horizon - h) for h in range(1, horizon + 1)) * recoverability.ERROR
        assert encloses(row["bound by steps"], by_steps)
    e = recoverability.ERROR
    assert encloses(one(rows, sweep="u", detour=1)["gap"], families.unicycle(horizon=64, error=e).gap)
    assert encloses(one(rows, sweep="u", detour=63)["gap"], 63 - survived(e, 63))
    slopes = {detour: slope(some) for detour, some in groups(groups(rows, "sweep")["H"], "detour").items()}
    assert abs(slopes[1] - 1) < 0.15 < 0.3 < slopes[8] - 1 and abs(slopes[128] - 2) < 0.15


def test_the_range_of_the_return_counts_where_the_distance_is_fixed():
    rows = drawn("log-loss-horizon").rows
    parted = 1 - AFFINITY**2
    for row in rows:
        horizon = row["horizon"]
        start = horizon * AFFINITY / (1 - AFFINITY)
        by_then = [1 - (start / (start + h)) ** 2 for h in range(1, horizon + 1)]
        dense = parted * horizon if row["parts"] == "first step" else sum(by_then)
        assert encloses(row["gap"], dense if row["pays"] == "every step" else parted)
        assert encloses(row["distance"], 2 - 2 * AFFINITY)
        assert encloses(row["bound"], (2 - 2 * AFFINITY) * (horizon if row["pays"] == "every step" else 1))
    for horizon, some in groups(rows, "horizon").items():
        blind = {str(row["quadratic bound"]) for row in some if row["parts"] == "any step"}
        assert len(blind) == 1, horizon
    curves = groups(rows, "parts")
    assert slope(curves["first step"]) == pytest.approx(1, abs=1e-9)
    dense, sparse = groups(curves["any step"], "pays").values()
    assert 0.8 < slope(dense) < 1 and slope(sparse) == pytest.approx(0, abs=1e-9)
