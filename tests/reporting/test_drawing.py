"""Pictures show every number of an instance, no text lies on another, the same instance gives the same bytes."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from attacked import VARIANTS, known, uncertified
from matplotlib.backends.backend_agg import FigureCanvasAgg

import iltheory as il
from iltheory.attack.counterexample import certify
from iltheory.claims.claim import Sizes
from iltheory.claims.kinds import Instance
from iltheory.reporting.drawing import draw_counterexample, draw_instance, save
from iltheory.reporting.exact import label, sides, violated
from iltheory.reporting.instances import parts_of
from iltheory.reporting.latex import mathtext
from iltheory.reporting.placement import Box, Curve, LabelPlacer, spread
from sims import TabularMDP, families
from sims.errors import InvalidArgument

SAMPLE = list(VARIANTS.values())[::71]
CLIFF = "ross-bagnell-2010-thm-2-1/linear-in-h"


@il.claim(statement=r"J(\pi) \le \tfrac12 H", largest=Sizes())
def half(mdp: il.FiniteHorizonMDP, pi: il.Policy):
    return il.value(mdp, pi) <= Fraction(mdp.horizon, 2)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def svg_texts(path):
    """What the text of an SVG says: matplotlib writes it in comments beside the outlines of its letters."""
    return [found.strip() for found in re.findall(r"<!--(.*?)-->", path.read_text(encoding="utf-8"), re.DOTALL)]


def model(transitions, rewards, initial, **end) -> TabularMDP:
    exact = [
        np.vectorize(Fraction, otypes=[object])(np.array(x, dtype=object)) for x in (transitions, rewards, initial)
    ]
    return TabularMDP(*exact, **end)


def drawn(claim, *values: object):
    instance: Instance = claim.bind(*values)
    return draw_instance(claim, instance)


def test_every_number_of_a_model_is_in_the_picture(tmp_path):
    laws = [[["1/3", "2/3"], ["1/5", "4/5"]], [["1/7", "6/7"], ["0", "1"]]]
    mdp = model(laws, [["1/11", "2/11"], ["3/11", "0"]], ["1/13", "12/13"], horizon=3)
    figure = drawn(half, mdp, [[Fraction(1, 17), Fraction(16, 17)], [Fraction(0), Fraction(1)]])
    save(figure, tmp_path / "picture.svg")
    said = svg_texts(tmp_path / "picture.svg")
    transitions = ["1/3", "2/3", "1/5", "4/5", "1/7", "6/7"]
    rewards = ["a0   r = 1/11", "a1   r = 2/11", "a0   r = 3/11", "a1"]
    assert {"s0", "s1", *transitions, *rewards, "1/13", "12/13", "1/17", "16/17", "pi"} <= set(said)
    assert any("horizon 3" in line for line in said)


def test_what_varies_has_a_column_for_each_step_and_stops_at_the_last_action():
    mdp, expert, learner = families.cliff(horizon=3, error=Fraction(1, 5))
    steps = [policy.fractions().reshape(mdp.n_states, mdp.n_actions) for policy in (learner, expert, expert)]
    figure = drawn(half, mdp, np.array(steps))
    said = texts(figure)
    assert {"step 1", "step 2", "step 3", "1/5", "4/5"} <= set(said)
    assert said.count("s0") == 3


def test_states_that_no_policy_reaches_are_grey():
    mdp = model([[["1", "0"], ["0", "1"]], [["0", "1"], ["0", "1"]]], [["0", "0"], ["1", "1"]], ["1", "0"], horizon=2)
    figure = drawn(half, mdp, [[Fraction(1), Fraction(0)], [Fraction(1), Fraction(0)]])
    ink = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert ink["s1"] != ink["s0"]
    assert any("grey: reached by no policy" in line for line in ink)


def test_policies_differ_in_colour_and_in_line_style():
    figure = draw_counterexample(known(CLIFF))
    lines = figure.axes[0].lines
    assert len({line.get_color() for line in lines}) == len(lines) == 2
    assert len({line.get_linestyle() for line in lines}) == 2


def test_title_says_which_statement_and_how_it_fails():
    found = known(CLIFF)
    said = " ".join(texts(draw_counterexample(found)))
    assert "False variant of ross-bagnell-2010-thm-2-1: linear in H" in said
    assert "the claim itself" in said
    assert violated(found) in said


def test_pairs_of_models_stand_side_by_side():
    figure = draw_counterexample(known("simulation-lemma/visited-in-the-other-model"))
    place = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert place["mdp"][0] < place["other"][0]
    assert place["mdp"][1] == place["other"][1]


def test_distributions_are_bars_as_high_as_their_probabilities():
    found = known("iq-phi-table.best/the-divergence-the-wrong-way-round")
    laws = parts_of(found.claim, found.instance).laws
    bars = [p for p in draw_counterexample(found).axes[0].patches if p.get_height() > 8]
    heights = sorted(bar.get_height() for bar in bars)
    chances = sorted(float(x) for law in laws for x in law.entries)
    assert np.allclose(np.array(heights) / heights[-1], np.array(chances) / chances[-1])


def test_out_of_reach_states_of_a_large_model_are_left_out_and_larger_ones_are_tables():
    n = 12
    stay = np.eye(n, dtype=int)[:, None, :].tolist()
    first = [1, 0, 1] + [0] * (n - 3)
    law = [Fraction(x, 2) for x in first]
    mdp = model(stay, [[1]] * n, law, horizon=2)
    said = " ".join(texts(drawn(half, mdp, [[1]] * n)))
    assert "10 of 12 states are out of reach and not drawn (s1 here is s2)" in said
    everywhere = model(stay, [[1]] * n, [Fraction(1, n)] * n, horizon=2)
    said = texts(drawn(half, everywhere, [[1]] * n))
    assert "too large to draw as a graph: tables instead" in said
    assert "s11" in said


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_same_instance_gives_the_same_bytes(tmp_path, suffix):
    found = known(CLIFF)
    for name in "ab":
        save(draw_counterexample(found), tmp_path / f"{name}{suffix}")
    first, second = ((tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
    assert first == second
    assert suffix != ".pdf" or b"/Type0" in first or b"/CIDFontType2" in first


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InvalidArgument, match=r"\.bmp.*\.svg, \.png, \.pdf"):
        save(draw_counterexample(known(CLIFF)), tmp_path / "picture.bmp")


def overlapping(figure):
    """Pairs of texts that lie on each other."""
    canvas = FigureCanvasAgg(figure)
    figure.dpi = 72
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in figure.axes[0].texts]
    return [
        (a, b)
        for (a, one), (b, other) in combinations(boxes, 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 0.5 and min(one.y1, other.y1) - max(one.y0, other.y0) > 0.5
    ]


def outside(figure):
    """Texts that the edge of the picture cuts."""
    canvas = FigureCanvasAgg(figure)
    figure.dpi = 72
    width, height = figure.get_size_inches() * 72
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in figure.axes[0].texts]
    return [text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]


@pytest.mark.parametrize("variant", SAMPLE, ids=lambda variant: variant.id)
def test_no_text_lies_on_another_or_outside(variant):
    figure = draw_counterexample(uncertified(variant))
    assert not overlapping(figure)
    assert not outside(figure)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_text_of_any_false_variant_lies_on_another_or_outside():
    faults = {}
    for id, variant in VARIANTS.items():
        figure = draw_counterexample(uncertified(variant))
        if found := (overlapping(figure), outside(figure)) != ([], []):
            faults[id] = found
    assert not faults


def test_labels_keep_clear_of_each_other_on_one_curve():
    line = Curve((0.0, 0.0), (50.0, 0.0), (100.0, 0.0))
    placer = LabelPlacer([Box(0, 0, 10, 10), Box(100, 0, 10, 10)], [line])
    boxes = [placer.place(line, 20, 10) for _ in range(3)]
    assert all(a.overlap(b) == 0 for a, b in combinations([*boxes, *placer.obstacles[:2]], 2))


@pytest.mark.parametrize("wanted", [[0.0, 0.0], [0.1, 0.0, 6.2], [3.0], [1.0, 4.0], [2.0] * 4])
def test_actions_are_spread_around_a_state(wanted):
    angles = spread(wanted, 1.0)
    for a, b in combinations(angles, 2):
        assert abs((a - b + np.pi) % (2 * np.pi) - np.pi) >= 1.0 - 1e-9
    if len(wanted) == 1 or wanted == [1.0, 4.0]:
        assert angles == wanted


def test_decimals_are_rounded_towards_each_other_until_they_differ():
    tiny = Fraction(1, 10**12)

    @il.claim(statement=r"p \le q")
    def below(p: il.UnitInterval, q: il.UnitInterval):
        return p <= q

    found = certify(below, below.bind(Fraction(1, 3) + tiny, Fraction(1, 3)))
    assert found is not None
    left, right = sides(found)
    lower, upper = Fraction(left.rpartition("≥ ")[2]), Fraction(right.rpartition("≤ ")[2])
    assert Fraction(1, 3) <= upper < lower <= Fraction(1, 3) + tiny
    assert violated(found).endswith("so lhs > rhs")


def test_long_fractions_are_labelled_as_decimals():
    assert label(Fraction(3, 7)) == "3/7"
    assert label(Fraction(123456789, 987654321)) == "≈0.125"


def test_matplotlib_draws_nearly_every_statement_of_the_catalogue():
    from iltheory.claims.registry import catalogue

    statements = [claim.statement for claim in catalogue().values()][::12]
    undrawn = [statement for statement in statements if mathtext(statement) is None]
    assert len(undrawn) <= len(statements) // 12
