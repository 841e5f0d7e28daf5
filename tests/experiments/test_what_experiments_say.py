"""Each experiment's work on a small cell, and its summary of outcomes made by hand."""

from __future__ import annotations

import json

import pytest

from iltheory.experiments.control import mean_returns, normalised
from iltheory.experiments.experiment import Outcome, experiments
from iltheory.experiments.rounding import at_least, at_most
from iltheory.experiments.tables import game, noisy_game

VERDICTS = ("holds", "holds", "refuted", "undecided")


def said(id, *cells_and_results):
    section = experiments()[id].summary([Outcome(cell, result, 1.0) for cell, result in cells_and_results])
    return section, " ".join(finding.text for finding in section.findings)


def test_every_experiment_is_made_of_distinct_cells_of_json():
    for experiment in experiments().values():
        for smoke in (True, False):
            cells = [json.dumps(dict(cell), sort_keys=True) for cell in experiment.cells(smoke=smoke)]
            assert cells and len(set(cells)) == len(cells)


def horizon_tables(h, seed, gap, word):
    name = "behavioural cloning"
    others = ("DAgger", "moment matching")
    result = {
        "gaps": {name: gap, **dict.fromkeys(others, float(h))},
        "bounds": {name: float(h**2), **dict.fromkeys(others, 2.0 * h)},
        "verdicts": {name: word},
        "theorems": dict.fromkeys((name, *others), "pdl"),
    }
    return {"table": "pong", "horizon": h, "seed": seed}, result


def test_gaps_grow_with_the_slopes_they_have():
    outcomes = [
        horizon_tables(h, seed, 3.0 * h**2, word)
        for seed in (0, 1)
        for h, word in zip((2, 4, 8, 16), VERDICTS, strict=True)
    ]
    section, text = said("horizon-tables", *outcomes)
    assert "pong, behavioural cloning: slope in H of the gap 2.00 [2.00, 2.00]" in text
    assert "pong, DAgger: slope in H of the gap 1.00 [1.00, 1.00]" in text
    assert "4 holds, 2 undecided, 2 refuted" in text and section.refuted == 2
    assert section.rows[0] == ("pong", "behavioural cloning", "2", "2", "12 [12, 12]", "4")
    assert "The mean gap of DAgger is below that of behavioural cloning at 4 of 4 games and horizons." in text
    assert "8 of 8 of behavioural cloning, 8 of 8 of DAgger" in text
    assert "fewer" not in said("horizon-tables", *outcomes)[1]
    assert "none (2 sizes have no slope" in said("horizon-tables", *outcomes[:2])[1]
    flat = [horizon_tables(h, 0, 0.0, "holds") for h in (2, 4, 8)]
    assert "of the gap none (the mean at size 2 is 0, not positive)" in said("horizon-tables", *flat)[1]


def test_a_gap_beside_its_bound_has_a_verdict():
    result = experiments()["horizon-tables"].work({"table": "breakout", "horizon": 6, "seed": 0})
    assert set(result["verdicts"]) == set(result["gaps"]) == set(result["bounds"]) and result["states"] > 60
    for name, word in result["verdicts"].items():
        assert word in VERDICTS and (word != "holds" or result["gaps"][name] <= result["bounds"][name])


def test_recoverability_counts_verdicts_and_says_how_u_grows():
    results = [
        (
            {"table": "pong", "horizon": h, "seed": 0},
            {"gap": 1.0, "bound": 2.0, "u": h / 8, "error": 0.5, "verdict": word},
        )
        for h, word in zip((2, 4, 8, 16), VERDICTS, strict=True)
    ]
    section, text = said("recoverability", *results)
    assert "slope of u in H 1.00 (no interval); u is at most 0.125 H" in text and section.refuted == 1
    assert section.rows[1][:2] == ("pong", "4") and section.rows[1][-2:] == ("2", "8")
    assert "u is the same for all seeds" in text
    (cell, first), rest = results[0], results[1:]
    assert "the same for all seeds" not in said("recoverability", (cell, {**first, "u": 9.0}), *results)[1]
    assert "u is at most 0.334 H" in said("recoverability", (cell, {**first, "u": 2 / 3}), *rest)[1]


def test_recoverability_of_a_game_is_its_theorem():
    result = experiments()["recoverability"].work({"table": "space_invaders", "horizon": 5, "seed": 1})
    assert result["verdict"] == "holds" and 0 < result["gap"] <= result["bound"]
    assert result["bound"] == pytest.approx(result["u"] * 5 * result["error"], rel=1e-6)


def test_hellinger_bounds_shrink_with_the_data():
    results = [
        (
            {"table": "pong", "horizon": 7, "trajectories": n, "seed": seed},
            {"gap": n**-1.0, "distance": 1.0, "bound": n**-0.5, "verdict": word},
        )
        for seed in (0, 1)
        for n, word in zip((1, 2, 4, 8), VERDICTS, strict=True)
    ]
    section, text = said("hellinger", *results)
    assert "slope in N of the gap -1.00 [-1.00, -1.00], of its bound -0.50 [-0.50, -0.50]" in text
    assert "4 holds, 2 undecided, 2 refuted" in text and section.refuted == 2


def test_more_demonstrations_bring_the_clone_nearer():
    work = experiments()["hellinger"].work
    few, many = (work({"table": "breakout", "horizon": 8, "trajectories": n, "seed": 0}) for n in (1, 64))
    assert many["distance"] < few["distance"] and few["verdict"] == many["verdict"] == "holds"
    assert few["gap"] <= few["bound"]


def test_duality_gaps_are_upper_less_lower_ends():
    found = {"states": 9, "primal": 1.0, "dual": 0.5, "relative": 0.5, "method": "frank-wolfe", "seconds": 2.0}
    cell = {"table": "pong", "horizon": 3, "game": "GAIL", "temperature": 0.0, "seed": 0}
    section, text = said("duality-gaps", (cell, found), (cell, {**found, "dual": 0.9, "relative": "inf"}))
    assert "On pong, of up to 9 states" in text and "at most 0.5, and at most 0.5 of" in text
    assert section.rows[0][5] == "0.5" and section.rows[1][5] == "0.1"
    result = experiments()["duality-gaps"].work({**cell, "table": "breakout", "horizon": 6, "temperature": 0.01})
    assert result["dual"] <= result["primal"] and result["relative"] <= 1e-4


def test_certified_ends_are_rounded_outward():
    for x in (2 / 3, -2 / 3, 7.025625275880465e-05, -1.2491183708449008e-15, 0.5, -3.0, 0.0):
        for digits in (2, 8):
            low, high = float(at_least(x, digits)), float(at_most(x, digits))
            assert low <= x <= high and high - low <= 10.0 ** (1 - digits) * abs(x)
    assert (at_least(2 / 3, 2), at_most(2 / 3, 2), at_most(0.125, 3)) == ("0.66", "0.67", "0.125")


def test_hopper_counts_its_verdicts():
    results = [
        (
            {"learner": "DAgger", "horizon": h, "episodes": 2, "seed": seed},
            {"outcome": word, "bound": [0.0, float(h)], "mean": 2.0 * h, "clipped": 3},
        )
        for seed in (0, 1)
        for h, word in zip((2, 4, 8, 16), VERDICTS, strict=True)
    ]
    section, text = said("horizon-hopper", *results)
    assert "DAgger: slope in H of the mean gap 1.00 [1.00, 1.00], of its bound 1.00 [1.00, 1.00]" in text
    assert "8 of 8 bounds are H or more, and that these hold says nothing" in text
    assert "here 24 of them were" in text and section.refuted == 2
    assert section.rows[2] == ("DAgger", "8", "2", "16 [16, 16]", "8", "0 holds, 0 undecided, 2 refuted")


def test_normalised_returns_are_0_for_chance_and_1_for_the_expert():
    ends = {"random": 10.0, "expert": 30.0}
    assert [normalised({**ends, "return": r}) for r in (10.0, 30.0, 25.0)] == [0, 1, 0.75]


def test_returns_are_those_of_the_policies_named():
    from sims.environments import experts, sampled_environment

    world = sampled_environment("CartPole-v1", horizon=60)
    found = mean_returns(world, "CartPole-v1", {"return": experts.load("CartPole-v1").policy}, seed=0)
    assert found["return"] == found["expert"] == 60 and 10 < found["random"] < 40 and found["clipped"] == 0


def control(env, learner, returned, seed, *, updates=5, **rest):
    cell = {"env": env, "learner": learner, "updates": updates, "shown": [1, 20], "seed": seed}
    ends = {"expert": 30.0, "random": 10.0, "clipped": 1, "seconds": 4.0, "transitions": 25}
    return cell, {"return": returned, **ends, **rest}


def test_control_counts_the_seeds_that_get_there():
    section, text = said(
        "offline-control", *(control("CartPole-v1", "IQ-Learn", r, k) for k, r in enumerate((30.0, 29.5, 12.0)))
    )
    assert "here 0 of 3 seeds get it" in text
    assert "2 of 3 seeds reach 95%" in text and "3 rewards of all these episodes were clipped" in text
    assert section.rows[0][:5] == ("CartPole-v1", "1, 1 in 20", "25", "IQ-Learn", "3") and section.rows[0][6] == "30"


def test_runners_show_last_weights_and_averages_that_have_left_the_first():
    def row(updates):
        returns = enumerate((25.0, 35.0))
        section, _ = said(
            "locomotion", *(control("Hopper-v5", "GAIL", r, k, updates=updates, averaged=20.0) for k, r in returns)
        )
        return section.rows[0]

    many, few = row(5_000), row(125)
    assert many[:3] == ("Hopper-v5", "GAIL", "5000") and many[3].startswith("30 [") and many[4] == "30"
    assert many[5].startswith("1 [") and many[6:] == ("1 of 2", "20 [20, 20]", "4")
    assert few[3:7] == many[3:7] and few[7] == "none"


def test_a_noisy_game_mixes_what_is_told_with_chance():
    plain, noisy = game("breakout", 6), noisy_game("breakout", 6)
    assert noisy.n_states == plain.n_states and noisy.horizon == plain.horizon == 6
    k = plain.n_actions
    expected = plain.rewards() * 7 / 8 + plain.rewards().sum(axis=-1).reshape(-1, 1) / (8 * k)
    assert bool((noisy.rewards() == expected).all())
