"""All learners on the same demonstrations."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from iltheory import learners
from iltheory.claims.registry import catalogue
from iltheory.cli import app
from iltheory.engine.comparison import BOUNDS, LEARNERS, QUERIES, Problem, compare
from iltheory.engine.worlds import problem
from iltheory.reporting.terminal import decimal
from sims import arithmetic as ar
from sims import families
from sims.arithmetic import Enclosure
from sims.errors import InvalidArgument


def rows(mdp, expert, trajectories, **options):
    demos = mdp.to("float64").sample(ar.midpoint(ar.asarray(expert)), trajectories, 0)
    return list(compare(mdp, expert, demos, rng=0, **options))


def test_every_gap_is_exact_and_below_every_bound():
    mdp = families.garnet(n_states=5, n_actions=3, branching=2, horizon=5, rng=3)
    expert = mdp.optimal_policy()
    found = rows(mdp, expert, 4)
    assert [row.learner for row in found] == list(LEARNERS)
    for row in found:
        if row.gap is None:
            assert "infinite for every policy" in row.why_not
            continue
        assert row.gap.width < 1e-9 and row.gap.lower > -1e-9
        assert set(row.bounds) == set(BOUNDS)
        assert row.own_bound is row.bounds[row.theorem]
        for bound in row.bounds.values():
            assert row.gap.lower <= bound.upper
    assert {row.learner for row in found if row.gap is None} <= {"IQ-Learn (chi2)", "ValueDICE"}


def test_with_every_state_shown_all_but_the_entropic_ones_find_the_expert():
    # One state, so that one trajectory shows everything; two actions, the expert takes the better one.
    from sims import TabularMDP

    mdp = TabularMDP([[[1], [1]]], [[1, 0]], [1], horizon=3)
    expert = [[1, 0]]
    found = {row.learner: row for row in rows(mdp, expert, 2)}
    entropic = {name for name in LEARNERS if "IQ" in name} | {"SQIL", "maximum causal entropy"}
    averaging = {"AdVIL", "AdRIL", "AggreVaTe"}  # their first policies are uniform
    for name in set(LEARNERS) - entropic - averaging:
        assert abs(found[name].gap.upper) < Fraction(1, 10**9), name
    for name in averaging:
        assert found[name].gap.upper < Fraction(1, 10), name


def test_own_bound_is_the_theorem_evaluated_by_itself():
    # Exact rationals, claim by claim, against the intervals of the table.
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, horizon=3, rng=0).to("rational")
    expert = mdp.optimal_policy()
    (row,) = rows(mdp, expert, 2, only=["DAgger"])
    assert row.access == QUERIES and row.theorem == "dagger-2011-thm-2-2"
    demos = mdp.to("float64").sample(ar.midpoint(expert), 2, 0)
    clone = learners.behavioral_cloning(demos, mdp)
    (row,) = rows(mdp, expert, 2, only=["behavioural cloning"])
    sides = catalogue()["ross-bagnell-2010-thm-2-1"](mdp, expert, clone)
    assert row.gap.lower <= Fraction(sides.lhs) <= row.gap.upper
    assert row.own_bound.lower <= Fraction(sides.rhs) <= row.own_bound.upper


def test_iterative_learners_run_long_enough():
    # On the cliff everything that goes on for ever is paid for: averages of few rounds would cost most of the horizon.
    mdp, expert, _ = families.cliff(horizon=12, error=Fraction(1, 10))
    for row in rows(mdp, expert, 4, only=["AdVIL", "AdRIL", "MWAL", "projection", "DAeQuIL", "AggreVaTe"]):
        assert row.gap.upper < mdp.horizon / 10, row.learner


def test_large_models_get_fewer_rounds():
    def rounds(n_states, horizon):
        mdp = families.garnet(n_states=n_states, n_actions=4, branching=2, horizon=horizon, rng=0)
        return Problem(mdp, mdp.optimal_policy(), None, None).rounds

    assert [rounds(10, 10), rounds(50, 100), rounds(100, 100), rounds(500, 1000)] == [200, 200, 100, 20]


def test_learners_do_not_depend_on_the_others():
    mdp = families.garnet(n_states=4, n_actions=2, branching=2, horizon=4, rng=1)
    together = rows(mdp, mdp.optimal_policy(), 3, only=["DAgger", "SMILe", "forward training"])
    alone = [rows(mdp, mdp.optimal_policy(), 3, only=[row.learner])[0] for row in together]
    assert [row.gap for row in together] == [row.gap for row in alone]


def test_only_may_be_an_iterator():
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, horizon=3, rng=0)
    assert len(rows(mdp, mdp.optimal_policy(), 2, only=iter(["DAgger", "SMILe"]))) == 2


def test_who_takes_too_long_is_stopped_and_the_others_go_on():
    mdp = families.garnet(n_states=100, n_actions=4, branching=4, horizon=50, rng=0)
    found = rows(mdp, mdp.optimal_policy(), 2, only=["behavioural cloning", "MWAL", "forward training"], limit=2.5)
    assert [row.gap is None for row in found] == [False, True, False]
    assert "more than 2.5 seconds" in found[1].why_not


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (Fraction(1, 3), Fraction(1, 3), "0.3333"),
        (Fraction(0), Fraction(0), "0"),
        (Fraction(-1, 10**13), Fraction(1, 10**12), "< 1e-12"),
        (Fraction(-14, 10**13), Fraction(1, 10**12), "< 2e-12"),
        (Fraction(1500, 10**14), Fraction(1504, 10**14), "1.5e-11"),  # known to two digits
        (Fraction(1, 10), Fraction(3, 10), "0.2"),
        (Fraction(-5), Fraction(-5) + Fraction(1, 10**9), "-5"),
    ],
)
def test_the_table_shows_the_digits_that_are_certain(lower, upper, said):
    assert decimal(Enclosure(lower, upper, "interval")) == said


def test_bad_input():
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, discount=0.9, rng=0)
    with pytest.raises(InvalidArgument, match="models with a horizon"):
        list(compare(mdp, mdp.optimal_policy(), mdp.sample(mdp.optimal_policy(), 2, 0, length=5), rng=0))
    with pytest.raises(InvalidArgument, match="DAgger"):
        list(compare(mdp, mdp.optimal_policy(), None, rng=0, only=["dagger"]))
    finite = families.garnet(n_states=3, n_actions=2, branching=2, horizon=3, rng=0)
    with pytest.raises(InvalidArgument, match="limit=0"):
        rows(finite, finite.optimal_policy(), 2, limit=0)
    with pytest.raises(InvalidArgument, match="FrozenLake 4x4"):
        problem("frozen lake")


@pytest.mark.parametrize("written", ["freeway", "FREEWAY", "Freeway"])
def test_worlds_are_found_whatever_their_capitals(written):
    mdp, _ = problem(written, horizon=3)
    assert mdp.n_states == problem("Freeway", horizon=3)[0].n_states and mdp.horizon == 3


def test_command_line(tmp_path):
    out = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["compare", "cliff", "--horizon", "6", "--trajectories", "3", "--json", str(out)])
    assert result.exit_code == 0, result.output
    assert "behavioural cloning" in result.output and "dagger-2011-thm-2-2" in result.output
    document = json.loads(out.read_text())
    assert document["schema"] == "iltheory-comparison/2" and document["horizon"] == 6
    assert {row["learner"] for row in document["rows"]} == set(LEARNERS)
