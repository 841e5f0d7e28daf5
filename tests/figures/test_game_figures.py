"""Figures of games, of DAgger's regret and of entropies hold what their captions say, by closed forms and otherwise."""

from __future__ import annotations

import math
from fractions import Fraction
from io import BytesIO
from itertools import pairwise, product

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure as Picture
from scipy.optimize import linprog
from scipy.spatial.distance import jensenshannon

from iltheory.attack.fitting import exponent
from iltheory.experiments.experiment import Outcome
from iltheory.figures import (
    VENUES,
    causal_entropy,
    dagger_regret,
    discriminator_js,
    entropy_bias,
    figures,
    gail_gap,
    iq_learn_gap,
    iq_learn_surface,
)
from iltheory.figures.rows import encoded, groups, points, read
from iltheory.figures.sheet import Sheet
from iltheory.games import OccupancyGame
from iltheory.measures import F_DIVERGENCES, inverse_soft_dual
from sims import arithmetic as ar
from sims import families

DRAWN = {
    "gail": "gail-gap", "iq": "iq-learn-gap", "surfaces": "iq-learn-surface", "regrets": "dagger-regret",
    "biases": "entropy-bias", "hopes": "causal-entropy", "discriminators": "discriminator-js",
}  # fmt: skip
FEW = 128
"""Iterations, where a figure has a thousand."""


def rows_of(work, cells):
    """Rows as a figure gets them."""
    found = encoded(Outcome(cell, work(cell), 0.0) for cell in cells)
    return [{name: read(value) for name, value in row.items()} for row in found]


@pytest.fixture(scope="module")
def few():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gail_gap, "ITERATIONS", FEW)
        patch.setattr(iq_learn_gap, "ITERATIONS", FEW)
        yield


@pytest.fixture(scope="module")
def gail(few):
    return rows_of(gail_gap.work, figures()["gail-gap"].data.cells)


@pytest.fixture(scope="module")
def iq(few):
    return rows_of(iq_learn_gap.work, figures()["iq-learn-gap"].data.cells)


@pytest.fixture(scope="module")
def surfaces():
    return groups(rows_of(iq_learn_surface.work, figures()["iq-learn-surface"].data.cells), "model")


@pytest.fixture(scope="module")
def regrets():
    cells = [cell for cell in figures()["dagger-regret"].data.cells if cell["iterations"] <= 24]
    return rows_of(dagger_regret.work, cells)


@pytest.fixture(scope="module")
def biases():
    return rows_of(entropy_bias.work, figures()["entropy-bias"].data.cells)


@pytest.fixture(scope="module")
def hopes():
    return rows_of(causal_entropy.work, figures()["causal-entropy"].data.cells)


@pytest.fixture(scope="module")
def discriminators():
    return rows_of(discriminator_js.work, figures()["discriminator-js"].data.cells)


def bracketed(rows):
    """The tightest bounds that any solver gives; no bound from below exceeds one from above."""
    below, above = max(row["below"].upper for row in rows), min(row["above"].lower for row in rows)
    assert below <= above
    return float(below), float(above)


@pytest.mark.parametrize("name", gail_gap.TITLES)
def test_all_solvers_of_a_game_bracket_one_value(gail, name):
    of_game = groups(gail, "game")[name]
    below, above = bracketed(of_game)
    assert above - below < 1e-2
    for solver, trace in groups(of_game, "solver").items():
        assert all(
            row["gap"].lower >= 0 and row["gap"].upper >= row["above"].lower - row["below"].upper for row in trace
        )
        if solver != "multiplicative-weights":  # it is run anew for each number of rounds
            for before, after in pairwise(trace):
                assert after["above"].lower <= before["above"].upper and after["below"].upper >= before["below"].lower


def test_the_value_of_the_game_of_features_is_that_of_a_linear_programme(gail):
    game = gail_gap.game("features")
    phi = ar.midpoint(game.adversary.features).reshape(-1, gail_gap.FEATURES)
    mdp, n = game.mdp.to("float64"), gail_gap.STATES * gail_gap.ACTIONS
    into = np.repeat(np.eye(gail_gap.STATES), gail_gap.ACTIONS, axis=0).T
    flow = into - 0.9 * np.asarray(mdp.transitions.dense()).reshape(n, -1).T
    shown = ar.midpoint(game.target).ravel() @ phi
    found = linprog(
        [*np.zeros(n), 1],
        A_ub=np.hstack([-phi.T, -np.ones((gail_gap.FEATURES, 1))]), b_ub=-shown,
        A_eq=np.hstack([flow, np.zeros((gail_gap.STATES, 1))]), b_eq=0.1 * np.asarray(mdp.mu),
        bounds=[(0, None)] * n + [(None, None)],
    )  # fmt: skip
    below, above = bracketed(groups(gail, "game")["features"])
    assert below - 1e-9 <= found.fun <= above + 1e-9


def test_gaps_fall_as_theory_says(gail):
    traces = {(row["game"], row["solver"]): [] for row in gail}
    for row in gail:
        traces[row["game"], row["solver"]].append(row)
    tail = {key: points(trace, "iteration", "gap")[-5:] for key, trace in traces.items()}
    assert exponent(tail["features", "extragradient"]).slope == pytest.approx(-1, abs=0.1)
    assert exponent(tail["features", "mirror-descent"]).slope < -0.4
    assert exponent(tail["jensen-shannon", "frank-wolfe"]).slope < -0.8
    for key in gail_gap.FASTER:
        assert tail[key][-1][1].upper < 1e-12 and tail[key][-1][0] <= 64
    weighted = traces["features", "multiplicative-weights"]
    assert {row["verdict"] for row in weighted} == {"holds"}
    for row in weighted:
        assert row["gap"].upper <= row["bound"].lower
        share = math.log(gail_gap.FEATURES) / row["iteration"]
        assert row["bound"].middle == pytest.approx(4 * (math.sqrt(2 * share) + share))


@pytest.mark.parametrize("divergence", iq_learn_gap.TITLES)
def test_one_ascent_and_two_players_bracket_one_value(iq, divergence):
    of_game = groups(iq, "divergence")[divergence]
    below, above = bracketed(of_game)
    assert 0 <= above - below < 1e-12
    by_solver = groups(of_game, "solver")
    (newton,) = by_solver["newton-r"]
    assert newton["gap"].upper < 1e-12 and newton["iteration"] < 20
    for solver, trace in by_solver.items():
        gaps = [row["gap"].upper for row in trace]
        assert gaps == sorted(gaps, reverse=True) and gaps[-1] >= 0, solver


@pytest.mark.parametrize("divergence", iq_learn_gap.TITLES)
def test_the_ascent_in_q_follows_differences_of_the_objective(divergence):
    mdp, expert, _ = gail_gap.model()
    phi = F_DIVERGENCES[divergence]
    game = OccupancyGame(mdp, mdp.occupancy(expert), gail_gap.game("entropy").adversary, 1).to("float64")
    rewards = iq_learn_gap.gradient_of_q(game, phi)
    first, second = (np.asarray(next(rewards).strategy) for _ in range(2))

    def objective(q):
        return float(inverse_soft_dual(game.mdp, game.target, q, phi.utility))

    slopes, small = np.zeros(first.shape), 1e-6
    for pair in np.ndindex(first.shape):
        move = np.zeros(first.shape)
        move[pair] = small
        slopes[pair] = (objective(move) - objective(-move)) / (2 * small)
    q = iq_learn_gap.STEP_Q * slopes
    v = np.logaddexp.reduce(q, -1)
    assert np.allclose(second, q - 0.9 * np.asarray(game.mdp.transitions.expect(v)), atol=1e-6)
    assert np.allclose(first, -0.9 * math.log(gail_gap.ACTIONS))


def test_the_maximum_of_one_state_is_in_closed_form(surfaces):
    top, *rest = surfaces["one state"]
    v = (math.log(0.9) - 1 - 2 * math.log(0.75)) / 0.1  # pi is proportional to the roots of 9/10 and 1/10
    assert top["q0"] == pytest.approx(v + math.log(3 / 4), abs=1e-9)
    assert top["q1"] == pytest.approx(v + math.log(1 / 4), abs=1e-9)
    assert top["value"].middle == pytest.approx(-math.log(8 / 5), abs=1e-13) and top["value"].width < 1e-12
    assert all(abs(float(row["first"].middle) - 0.75) < 1e-12 for row in rest if "ridge" in row)


@pytest.mark.parametrize("name", iq_learn_surface.TITLES)
def test_the_surface_is_concave_with_a_ridge_of_one_policy(surfaces, name):
    _, *rest = surfaces[name]
    side = iq_learn_surface.POINTS
    lost = [row["lost"] for row in rest if "ridge" not in row and "across" not in row]
    assert len(lost) == side**2 and min(x.upper for x in lost) >= 0
    middle, low, high = (
        np.array([float(of(x)) for x in lost]).reshape(side, side)
        for of in (lambda x: x.middle, lambda x: x.lower, lambda x: x.upper)
    )
    assert np.unravel_index(middle.argmin(), middle.shape) == (side // 2, side // 2)
    for i, j in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = low[1:-1, 1:-1]
        ahead, behind = (high[1 + s * i : side - 1 + s * i, 1 + s * j : side - 1 + s * j] for s in (1, -1))
        assert (ahead + behind >= 2 * here).all()
    ridge = [row for row in rest if "ridge" in row]
    assert max(row["first"].lower for row in ridge) <= min(row["first"].upper for row in ridge)
    for row in ridge:
        u = 0.1 * row["ridge"]
        assert float(row["lost"].lower) - 1e-12 <= math.expm1(-u) + u <= float(row["lost"].upper) + 1e-12
    cut = dict(points(rest, "across", "lost"))
    assert all(cut[c].lower > 2 * row["lost"].upper for row in ridge if (c := row["ridge"]))


def test_the_leader_cycles_with_the_regret_of_a_slow_count(regrets):
    losses = families.ftl_cycle(horizon=dagger_regret.HORIZON).losses
    leader = [row for row in regrets if (row["problem"], row["online"]) == ("cycle", "leader")]
    for row in leader:
        totals, suffered = [Fraction(0)] * 2, Fraction(0)
        for _ in range(row["iterations"]):
            played = totals.index(min(totals))
            suffered += losses[played][played]
            totals = [total + loss for total, loss in zip(totals, losses[played], strict=True)]
        regret = (suffered - min(totals)) / row["iterations"]
        assert row["regret"].sense == "exact" and row["regret"].lower == regret >= row["bound"].lower
        assert (row["regret"].lower == row["bound"].lower) == (row["iterations"] % 3 == 0)
    assert leader[-1]["regret"].lower == Fraction(1, 3)


def test_regularised_leaders_have_no_regret_and_hedge_keeps_its_bound(regrets):
    curves = {}
    for row in regrets:
        curves.setdefault((row["problem"], row["online"]), []).append((row["iterations"], row["regret"]))
        assert row.get("verdict", "holds") == "holds" and row["regret"].upper >= 0
    for problem in dagger_regret.TITLES:
        assert exponent(curves[problem, "entropic"][-3:]).slope == pytest.approx(-0.5, abs=0.1)
        assert exponent(curves[problem, "quadratic"][-3:]).slope < -0.45
    once = [n * regret.middle for n, regret in curves["garnet", "leader"]]
    assert once == pytest.approx([once[0]] * len(once))  # one bad policy, then the best one


def test_the_bias_is_of_second_order_and_its_price_of_first(biases):
    most = float(gail_gap.model()[0].to("float64").r.max())
    for of_expert in groups(biases, "temperature").values():
        assert {row["verdict"] for row in of_expert} == {"holds"}
        weights = [Fraction(row["weight"]) for row in of_expert]
        for column, slope in (("distance", 2), ("lost", 1)):
            curve = [(weight, row[column]) for weight, row in zip(weights, of_expert, strict=True)]
            assert all(after.lower > before.upper > 0 for (_, before), (_, after) in pairwise(curve))
            assert exponent(curve[:4]).slope == pytest.approx(slope, abs=0.03)
        for row in of_expert:
            assert row["lost"].upper <= row["matched"].lower
            assert row["matched"].middle == pytest.approx(most * math.sqrt(row["distance"].middle), rel=1e-3)


def test_the_gamble_is_taken_as_often_as_trajectories_weigh(hopes):
    stakes = causal_entropy.STAKES["gamble"]
    for row in groups(hopes, "model")["gamble"]:
        p = float(Fraction(row["chance"]))
        outcomes = {0: [(1, 0)], 1: [(1 - p, stakes), (p, -stakes)]}
        weigh = {first: sum(q * math.exp(r) for (q, r), _ in product(outcomes[first], (0, 1))) for first in outcomes}
        assert row["gibbs_first"].middle == pytest.approx(weigh[1] / (weigh[0] + weigh[1]))
        assert row["causal_first"].middle == pytest.approx(1 / (1 + math.exp(-stakes * (1 - 2 * p))))
        assert row["gibbs_value"].middle == pytest.approx(row["gibbs_first"].middle * stakes * (1 - 2 * p), abs=1e-9)


def test_luck_is_hoped_for_only_where_outcomes_are_uncertain(hopes):
    for row in hopes:
        certain = row["chance"] == "0" or (row["model"], row["chance"]) == ("gamble", "1")
        assert row["verdict"] == ("undecided" if certain else "holds")  # intervals cannot prove equality
        if certain:
            assert row["hoped"].lower <= 0 <= row["hoped"].upper and row["missed"].lower <= 0 <= row["missed"].upper
            assert row["gibbs_first"].middle == pytest.approx(row["causal_first"].middle)
        else:
            assert row["hoped"].lower > 0 and row["missed"].upper > 0


def test_trained_discriminators_find_the_divergence_and_no_more(discriminators):
    for row in discriminators:
        mdp, expert, learner = discriminator_js.problem(row["seed"], Fraction(row["share"]))
        d, e = (ar.midpoint(mdp.occupancy(pi)) for pi in (learner, expert))
        assert row["best"].middle == pytest.approx(2 * jensenshannon(d.ravel(), e.ravel()) ** 2 - math.log(4))
        assert row["verdict"] == "holds" and row["missed"].lower >= 0
        if row["class"] == "table":
            assert row["missed"].upper < 1e-9
        elif row["class"] == "states":
            states = 2 * jensenshannon(d.sum(-1), e.sum(-1)) ** 2 - math.log(4)
            assert row["found"].middle == pytest.approx(states, abs=1e-9)
        else:
            assert row["missed"].lower > 1e-3


@pytest.mark.parametrize("style", ["icml2025", "neurips2025", "slides"])
@pytest.mark.parametrize("fixture", ["gail", "iq", "surfaces", "regrets", "biases", "hopes", "discriminators"])
@pytest.mark.filterwarnings("error")
def test_nothing_is_cut_off_where_they_are_printed(fixture, style, request):
    rows = request.getfixturevalue(fixture)
    figure = figures()[DRAWN[fixture]]
    rows = [row for of_model in rows.values() for row in of_model] if isinstance(rows, dict) else rows
    with matplotlib.rc_context(VENUES[style].settings(wide=figure.wide, aspect=figure.aspect)):
        picture = Picture()
        figure.draw(rows, Sheet(picture))
        picture.savefig(BytesIO(), format="png")
        boxes = [artist.get_tightbbox() for artist in [*picture.axes, *picture.legends]]
    width, height = picture.bbox.size
    for box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
    legends = [legend.get_tightbbox() for legend in picture.legends]
    assert not any(box.overlaps(legend) for box in boxes[: len(picture.axes)] for legend in legends)
