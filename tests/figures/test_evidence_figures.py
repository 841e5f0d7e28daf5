"""Figures that set what was found beside what theorems allow: their rows hold what the pictures show."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import log

import pytest
from matplotlib.figure import Figure as Picture
from typer.testing import CliRunner

import iltheory as il
from iltheory.cli import app
from iltheory.engine.executors import serial
from iltheory.engine.ledger import Ledger
from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Experiment, Outcome
from iltheory.figures import (
    NoData,
    at_scale,
    computable,
    computed_figures,
    f_divergences,
    figures,
    learners_beside_bounds,
    occupancy_maps,
    recorded_figures,
    tightness,
)
from iltheory.figures.rows import read
from iltheory.figures.sheet import Sheet
from sims.arithmetic import Enclosure

LAKE, CLIFF = "FrozenLake 4x4", "CliffWalking"


def rows_of(work, cell):
    result = work(cell)
    return [
        {**cell, **{name: read(value) for name, value in row.items()}} for row in result.get("rows", [dict(result)])
    ]


def picture_of(draw, rows):
    picture = Picture()
    draw(rows, Sheet(picture))
    picture.canvas.draw()
    return picture


# Learners beside their bounds.


@pytest.fixture(scope="module")
def beside():
    cell = {"world": CLIFF, "horizon": 14, "trajectories": 2, "seed": 0}
    return rows_of(learners_beside_bounds.work, cell)


def test_gaps_are_enclosed_and_at_most_their_bounds(beside):
    from iltheory.engine.comparison import LEARNERS

    assert [row["learner"] for row in beside] == list(LEARNERS)
    found = [row for row in beside if "gap" in row]
    assert all(row["gap"].sense == row["bound"].sense == "interval" for row in found)
    assert all(row["gap"].lower <= row["bound"].upper for row in found)
    for row in found:
        certain = row["gap"].upper <= row["bound"].lower
        assert (
            row["verdict"] == ("holds" if certain else "undecided") and row["theorem"] == LEARNERS[row["learner"]].bound
        )
    assert {row["theorem"] for row in beside} <= set(figures()["learners-beside-bounds"].claims)


def test_one_episode_shows_the_whole_cliff(beside):
    """The walk is deterministic, so the clone of one episode loses nothing."""
    clone = next(row for row in beside if row["learner"] == "behavioural cloning")
    assert clone["gap"].lower <= 0 <= clone["gap"].upper < Fraction(1, 10**10) and clone["bound"].upper == 0


def test_gaps_that_may_be_0_stand_on_the_rail_and_the_others_where_they_are(beside):
    rows = [*beside, {"world": CLIFF, "learner": "nobody", "access": "data", "why_not": "no reason"}]
    panel = picture_of(learners_beside_bounds.draw, rows).axes[0]
    drawn = sorted(
        float(x) for dots in panel.collections for x in dots.get_offsets()[:, 0] if dots.get_label()[:4] == "from"
    )
    gaps = [row["gap"] for row in beside if "gap" in row]
    positive = sorted(gap.middle for gap in gaps if gap.lower > 0)
    assert drawn[-len(positive) :] == pytest.approx(positive) and 0 < len(positive) < len(gaps)
    rail = learners_beside_bounds.RAIL * float(min(gap.lower for gap in gaps if gap.lower > 0))
    assert drawn[: -len(positive)] == pytest.approx([rail] * (len(gaps) - len(positive)))


# How tight bounds are.


def test_ratios_are_exact_and_one_where_the_bound_is_attained():
    (row,) = rows_of(tightness.work, {"claim": "ross-bagnell-2010-thm-2-1", "learners": "deterministic", "seed": 0})
    assert row["worst"] == row["tight"] == Enclosure.of(1) and row["worst attained"] and row["verdict"] == "holds"


def test_a_constant_that_is_twice_too_large_shows():
    """Mimic-MD's published constant is twice the sharper one, which is attained."""
    published, sharper = (
        rows_of(tightness.work, {"claim": f"rajaraman-2020-mimic-md.{name}", "learners": "stationary", "seed": 0})[0]
        for name in ("optimality", "sharper")
    )
    assert published["worst"] == Enclosure.of(Fraction(1, 2)) and not published["worst attained"]
    assert sharper["worst"] == Enclosure.of(1) and sharper["worst attained"]


def test_searches_are_bounded_by_work_so_the_same_seed_finds_the_same():
    cell = {"claim": "occ-policy-bijection", "learners": "stationary", "seed": 3}
    found = tightness.work(cell)
    assert found == tightness.work(cell) and found["verdict"] == "holds"


def test_a_class_that_is_contained_in_another_starts_from_fewer_numbers():
    claim = il.catalogue()["ross-bagnell-2010-thm-2-1"]
    instance = tightness._prototype(claim)
    assert instance["learner"].shape[0] == instance["mdp"].horizon > 1


def test_attained_bounds_get_a_star():
    rows = [
        {"claim": "a", "learners": "stationary", "worst": Enclosure.of(1), "worst attained": True},
        {"claim": "b", "learners": "stationary", "worst": Enclosure.of(Fraction(1, 3)), "worst attained": False},
        {"claim": "b", "learners": "deterministic", "tight": Enclosure.of(1), "tight attained": False},
    ]
    panel = picture_of(tightness.draw, rows).axes[0]
    (stars,) = [line for line in panel.lines if line.get_marker() == "*"]
    assert list(stars.get_ydata()) == [0]


# Occupancy maps.


@pytest.fixture(scope="module")
def maps():
    return {world: rows_of(occupancy_maps.work, {"world": world, "horizon": 14, "seed": 0}) for world in (LAKE, CLIFF)}


@pytest.mark.parametrize("world", [LAKE, CLIFF])
def test_occupancies_are_laws_and_so_are_actions(maps, world):
    for who in ("expert", "learner"):
        rows = [row for row in maps[world] if row.get("policy") == who]
        assert sum(row["visits"].lower for row in rows) <= 1 <= sum(row["visits"].upper for row in rows)
        assert sum(row["visits"].width for row in rows) < Fraction(1, 10**12)
        for row in rows:
            acts = [row[name] for name in occupancy_maps.ACTIONS[world] if name in row]
            assert (sum(acts) == pytest.approx(1)) if row["visits"].lower > 0 else not acts


def test_the_gap_is_at_most_the_distance_of_the_occupancies(maps):
    for rows in maps.values():
        *_, last = rows
        assert last["verdict"] == "holds" and 0 <= last["gap"].lower <= last["gap"].upper <= last["bound"].lower


def test_the_expert_walks_along_the_cliff_and_the_map_says_so(maps):
    """Up from the start in the corner, 11 times to the right, down to the goal: 14 states in 14 steps."""
    visited = {row["state"]: row for row in maps[CLIFF] if row.get("policy") == "expert" and row["visits"].lower > 0}
    assert list(visited) == [*range(24, 37), 47] and [state for state, row in visited.items() if row["ends"]] == [47]
    assert {row["visits"] for row in visited.values()} == {Enclosure.of(Fraction(1, 14))}
    assert visited[36]["up"] == visited[35]["down"] == 1 and all(visited[s]["right"] == 1 for s in range(24, 35))


def test_maps_share_their_colours_and_differences_are_symmetric(maps):
    rows = [row for world in maps.values() for row in world]
    images = [image for axes in picture_of(occupancy_maps.draw, rows).axes for image in axes.images]
    assert len(images) == 6 and len({id(image.norm) for image in images}) == 2
    assert images[-1].norm.vmin == -images[-1].norm.vmax and images[0].norm.vmin == 0


# Divergences.


@pytest.fixture(scope="module")
def coins():
    return rows_of(f_divergences.work, {"pairs": "coins", "tilt": "1/2"})


def test_coins_have_the_divergences_that_anybody_can_compute(coins):
    """The expert's coin shows heads with probability 3/4, the learners' with 1/2 and 1/4."""
    fair, opposite = coins[:6], coins[6:]
    by_name = [{row["divergence"]: row for row in rows} for rows in (fair, opposite)]
    assert [row["gap"].middle for row in fair] == [0.25] * 6 and [row["gap"].middle for row in opposite] == [0.5] * 6
    assert by_name[0]["forward-kl"]["size"].middle == pytest.approx(3 / 4 * log(3 / 2) + 1 / 4 * log(1 / 2))
    assert by_name[0]["reverse-kl"]["size"].middle == pytest.approx((log(2 / 3) + log(2)) / 2)
    assert by_name[0]["chi2"]["size"].middle == pytest.approx(1 / 4)
    assert by_name[1]["mixture-chi2"]["size"].middle == pytest.approx(1 / 4)
    assert by_name[1]["squared-hellinger"]["size"].middle == pytest.approx(2 - 3**0.5)


def test_chi2_is_attained_by_a_fair_coin_and_that_of_the_mixture_by_the_opposite_one(coins):
    assert [row["divergence"] for row in coins if row["attained"]] == ["chi2", "mixture-chi2"]
    assert coins[4]["attained"] and coins[11]["attained"]
    for row in coins:
        slack = row["bound"].middle - row["gap"].middle
        assert abs(slack) < 1e-15 if row["attained"] else slack > 1e-3


def test_random_pairs_lie_below_the_curves(monkeypatch):
    monkeypatch.setattr(f_divergences, "PAIRS", 3)
    rows = rows_of(f_divergences.work, {"pairs": "random", "share": "1/4", "seed": 1})
    assert len(rows) == 18 and {row["verdict"] for row in rows} == {"holds"}
    assert all(row["gap"].upper < row["bound"].lower for row in rows)
    assert len({row["gap"] for row in rows}) == 3  # one largest gap a pair, whatever the divergence


# Experiments at scale.


def question(cell):
    return {"answer": 6 * cell["by"], "verdict": "holds"}


@pytest.fixture
def asking(monkeypatch):
    """A figure that shows an experiment of two cells, which `iltheory scale` knows."""
    cells = [{"by": 7}, {"by": 8}]
    known = Experiment("question", "what is it", question, cells, cells[:1], lambda outcomes: None)
    monkeypatch.setattr("iltheory.figures.figure.experiments", lambda: {"question": known})
    figure = replace(
        figures()["horizon-scaling"],
        id="asking",
        data=Computation("asking", question, [{"by": 1}]),
        scale={"question": lambda outcome: [{"read": outcome.result["answer"], "verdict": "holds"}]},
    )
    return figure, Computation("question", question, cells)


def test_experiments_are_read_from_the_ledger_and_never_computed(asking, tmp_path):
    figure, experiment = asking
    path = tmp_path / "ledger.sqlite"
    line = f"asking: experiments are not, or not all, in {path}; `iltheory scale question --ledger {path}` runs them"
    assert computable([figure], ledger=path) == ([], [line]) == recorded_figures([figure], ledger=path)
    with pytest.raises(NoData, match="iltheory scale question"):
        computed_figures([figure], ledger=path, executor=serial())
    first, second = experiment.keys()
    with Ledger(path) as ledger:
        ledger.record(first, question({"by": 7}), 1.0)
    assert computable([figure], ledger=path) == ([], [line])
    with Ledger(path) as ledger:
        ledger.record(second, question({"by": 8}), 1.0)
    assert recorded_figures([figure], ledger=path) == ([], [f"asking: 1 of 1 cells are not in {path}"])
    (drawn,) = computed_figures([figure], ledger=path, executor=serial())
    assert drawn.rows == [
        {"by": 1, "answer": 6, "verdict": "holds"},
        {"experiment": "question", "by": 7, "read": 42, "verdict": "holds"},
        {"experiment": "question", "by": 8, "read": 48, "verdict": "holds"},
    ]
    assert drawn.document["provenance"]["sources"].keys() == {"asking", "question"}


def test_the_command_lists_what_takes_hours(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["figures", "scale-atari", "scale-mujoco"])
    text = " ".join(str(found.exception).split())
    assert isinstance(found.exception, NoData) and text.startswith("no figure can be made: scale-atari: experiments")
    assert "iltheory scale horizon-tables recoverability hellinger duality-gaps --ledger figures.sqlite" in text
    assert "iltheory scale horizon-hopper locomotion --ledger figures.sqlite" in text
    assert not any((tmp_path / "figures").iterdir())


def test_a_command_that_makes_no_figure_fails(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["figures", "occupancy-maps", "--no-compute"])
    assert str(found.exception).startswith("no figure can be made:\n  occupancy-maps: 2 of 2 cells are not in")
    assert found.output == ""


def test_outcomes_that_scale_kept_are_named(asking, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figure, experiment = asking
    draws = "`iltheory figures asking --ledger scale.sqlite` draws it"
    lacks = "asking: experiments are not, or not all, in figures.sqlite"
    for key, advice in zip(
        experiment.keys(),
        (f"{lacks}; `iltheory scale question --ledger scale.sqlite` runs them, and then {draws}",
         f"{lacks}, but in scale.sqlite: {draws}"),
        strict=True,
    ):  # fmt: skip
        with Ledger("scale.sqlite") as ledger:
            ledger.record(key, {"answer": 42}, 1.0)
        assert computable([figure], ledger="figures.sqlite") == ([], [advice])
    assert computable([figure], ledger="scale.sqlite") == ([figure], [])


def test_tables_beside_games_are_compared_in_intervals():
    rows = rows_of(at_scale.work, {"table": "Garnet", "horizon": 4, "seed": 0})
    assert [row["learner"] for row in rows] == list(at_scale.COMPARED)
    assert all(row["gap"].upper <= row["bound"].lower and row["verdict"] == "holds" for row in rows)


OUTCOMES = {
    "horizon-tables": [
        Outcome(
            {"table": table, "horizon": h, "seed": seed},
            {
                "gaps": {name: h * (seed + i) / 100 for i, name in enumerate(at_scale.COMPARED)},
                "bounds": dict.fromkeys(at_scale.COMPARED, h**2),
                "verdicts": dict.fromkeys(at_scale.COMPARED, "holds"),
            },
            1.0,
        )
        for table in at_scale.GAMES
        for h in (4, 8)
        for seed in (0, 1)
    ],
    "recoverability": [
        Outcome({"table": table, "horizon": h, "seed": 0}, {"u": h / 2, "verdict": "holds"}, 1.0)
        for table in at_scale.GAMES
        for h in (4, 8)
    ],
    "hellinger": [
        Outcome({"table": "pong", "horizon": 8, "trajectories": n, "seed": 0}, {"gap": 1 / n, "bound": 4 / n}, 1.0)
        for n in (1, 4)
    ],
    "duality-gaps": [
        Outcome(
            {"game": "GAIL", "temperature": temperature, "seed": 0},
            {"dual": 0.25, "primal": 0.25 + 2.0**-20, "states": 9, "method": "frank-wolfe"},
            1.0,
        )
        for temperature in (0.0, 1.0)
    ],
    "horizon-hopper": [
        Outcome(
            {"learner": name, "horizon": h, "seed": seed},
            {"gap": [-1.0, 2.0], "bound": [h, 2.0 * h], "mean": seed - 0.25, "outcome": "undecided"},
            1.0,
        )
        for name in at_scale.COMPARED
        for h in (50, 100)
        for seed in (0, 1)
    ],
    "locomotion": [
        Outcome(
            {"env": env, "learner": learner, "seed": seed},
            {"return": 10.0 * seed, "random": 0.0, "expert": 20.0},
            1.0,
        )
        for env in ("Hopper-v5", "Walker2d-v5")
        for learner in ("AdVIL", "GAIL")
        for seed in (1, 2)
    ],
}
"""Small outcomes, of the form that the experiments give."""


def rows_at_scale(id):
    tabular = [
        {"table": table, "horizon": h, "seed": 0, "learner": name, "gap": Enclosure.of(h), "bound": Enclosure.of(h**2)}
        for table in at_scale.TABLES
        for h in (8, 16)
        for name in at_scale.COMPARED
    ]
    read_rows = [
        {"experiment": name, **outcome.cell, **{column: read(value) for column, value in row.items()}}
        for name, reading in figures()[id].scale.items()
        for outcome in OUTCOMES[name]
        for row in reading(outcome)
    ]
    return tabular + read_rows


def lines(panel):
    return {line.get_label(): line for line in panel.lines if not line.get_label().startswith("_")}


def test_games_are_drawn_beside_tables_with_means_over_seeds():
    picture = picture_of(at_scale.draw_atari, rows_at_scale("scale-atari"))
    panels = picture.axes
    assert [axes.get_title() for axes in panels[:6]] == [*at_scale.TABLES, *at_scale.GAMES.values()]
    dagger = lines(panels[2])["DAgger"]
    assert list(dagger.get_xdata()) == [4, 8] and list(dagger.get_ydata()) == pytest.approx([0.06, 0.12])
    assert list(lines(panels[0])["moment matching"].get_ydata()) == [8, 16]
    assert list(lines(panels[6])["Pong"].get_ydata()) == [2, 4] and list(lines(panels[7])["Pong"].get_ydata()) == [
        1,
        0.25,
    ]
    assert list(lines(panels[8])["GAIL"].get_ydata()) == [2.0**-20] * 2
    words = [text.get_text() for legend in picture.legends for text in legend.get_texts()]
    assert "95 % interval over seeds (Student)" in words and words.count("behavioural cloning") == 1


def test_gaps_that_may_be_0_are_marked_on_the_edge():
    gone = {"learner": "DAgger", "experiment": "horizon-tables", "table": "breakout", "horizon": 4}
    rows = [row | {"gap": 0.0} if gone.items() <= row.items() else row for row in rows_at_scale("scale-atari")]
    breakout = picture_of(at_scale.draw_atari, rows).axes[2]
    assert list(lines(breakout)["DAgger"].get_xdata()) == [8]
    (hollow,) = [line for line in breakout.lines if line.get_markerfacecolor() == "white"]
    assert (list(hollow.get_xdata()), list(hollow.get_ydata())) == ([4], [0])
    assert hollow.get_transform() == breakout.get_xaxis_transform() and breakout.get_ylim()[0] > 0
    assert hollow.get_markeredgecolor() == lines(breakout)["DAgger"].get_color()


def test_sampled_means_of_0_are_on_their_curve():
    rows = [row | {"mean gap": 0.0} if "mean gap" in row else row for row in rows_at_scale("scale-mujoco")]
    hopper = picture_of(at_scale.draw_mujoco, rows).axes[1]
    assert list(lines(hopper)["DAgger"].get_ydata()) == [0, 0]
    assert all(line.get_markerfacecolor() != "white" for line in hopper.lines)


def test_what_sampling_says_has_one_budget_of_errors():
    rows = [row for row in rows_at_scale("scale-mujoco") if row.get("experiment") == "horizon-hopper"]
    assert {row["gap"].sense for row in rows} == {"confidence"} and {row["verdict"] for row in rows} == {"undecided"}
    cells = len(figures()["scale-mujoco"].experiments[0].cells)
    assert float(cells * rows[0]["gap"].delta) == pytest.approx(0.05)
    assert rows[0]["gap"] == Enclosure(-1, 2, "confidence", rows[0]["gap"].delta)


def test_returns_are_between_random_actions_and_the_expert():
    picture = picture_of(at_scale.draw_mujoco, rows_at_scale("scale-mujoco"))
    _, hopper, returns = picture.axes
    assert list(lines(hopper)["DAgger"].get_ydata()) == pytest.approx([0.25, 0.25])
    (bound, *_) = [line for line in hopper.lines if line.get_label() == "_"]
    assert list(bound.get_ydata()) == [100, 200]  # the upper ends
    marks = [line for line in returns.lines if line.get_linestyle() == "None"]
    assert [line.get_xdata()[0] for line in marks] == [0.75] * 4
    assert [label.get_text() for label in returns.get_xticklabels()] == ["random", "expert"]
