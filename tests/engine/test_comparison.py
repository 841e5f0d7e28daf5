"""All learners on the same demonstrations."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from iltheory.cli import app
from iltheory.engine.comparison import BOUNDS, LEARNERS, QUERIES, compare
from iltheory.engine.worlds import problem
from sims import families
from sims.errors import InvalidArgument


def rows(mdp, expert, trajectories, **options):
    demos = mdp.to("float64").sample(expert, trajectories, 0)
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
        assert set(row.bounds) == set(BOUNDS.values())
        for bound in row.bounds.values():
            assert row.gap.lower <= bound.upper
    assert sum(row.gap is None for row in found) <= 1


def test_with_every_state_shown_all_but_the_entropic_ones_find_the_expert():
    # One state, so that one trajectory shows everything; two actions, the expert takes the better one.
    from sims import TabularMDP

    mdp = TabularMDP([[[1], [1]]], [[1, 0]], [1], horizon=3)
    expert = [[1, 0]]
    found = {row.learner: row for row in rows(mdp, expert, 2)}
    for name in ("behavioural cloning", "GAIL", "moment matching", "Mimic-MD", "replay estimation", "DAgger"):
        assert abs(found[name].gap.upper) < Fraction(1, 10**9), name


def test_own_bound_fits_what_a_learner_uses():
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, horizon=3, rng=0)
    (row,) = rows(mdp, mdp.optimal_policy(), 2, only=["DAgger"])
    assert row.access == QUERIES
    assert row.own_bound == row.bounds["dagger-2011-thm-2-2"]


def test_bad_input():
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, discount=0.9, rng=0)
    with pytest.raises(InvalidArgument, match="models with a horizon"):
        list(compare(mdp, mdp.optimal_policy(), mdp.sample(mdp.optimal_policy(), 2, 0, length=5), rng=0))
    with pytest.raises(InvalidArgument, match="DAgger"):
        list(compare(mdp, mdp.optimal_policy(), None, rng=0, only=["dagger"]))
    with pytest.raises(InvalidArgument, match="FrozenLake 4x4"):
        problem("frozen lake")


def test_command_line(tmp_path):
    out = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["compare", "cliff", "--horizon", "6", "--trajectories", "3", "--json", str(out)])
    assert result.exit_code == 0, result.output
    assert "behavioural cloning" in result.output and "dagger-2011-thm-2-2" in result.output
    document = json.loads(out.read_text())
    assert document["schema"] == "iltheory-comparison/1" and document["horizon"] == 6
    assert {row["learner"] for row in document["rows"]} == set(LEARNERS)
