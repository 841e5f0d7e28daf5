"""The command verify-sampled: real worlds, shipped experts, saved policies; clear errors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from iltheory.cli import app
from sims.errors import IltheoryError

pytest.importorskip("gymnasium")
SHORT = ["verify-sampled", "--world", "CartPole-v1", "--horizon", "8", "--samples", "256"]


def run(*args: str, status: int = 0):
    result = CliRunner().invoke(app, list(args), catch_exceptions=True)
    assert result.exit_code == status, result.output
    return result


def test_it_decides_the_catalogue_on_cartpole_and_writes_json(tmp_path):
    path = tmp_path / "out.json"
    page = run(*SHORT, "--json", str(path)).output
    for words in (
        "CartPole-v1 for exactly 8 steps",
        "clipped to [0, 1]",
        "probability at least 1-0.01",
        "no reward was clipped",
    ):
        assert words in page
    document = json.loads(path.read_text())
    assert document["schema"] == "iltheory-sampled/1" and document["horizon"] == 8 and document["rewards"] == ["0", "1"]
    assert {v["outcome"] for v in document["verdicts"]} >= {"holds"} and document["episodes"] >= 512
    assert document["verdicts"][0]["lhs"][0] <= document["verdicts"][0]["lhs"][1]


def test_a_saved_policy_is_a_learner(tmp_path):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    from iltheory import learners
    from sims.environments import experts, sampled_environment

    neural = learners.neural
    world = sampled_environment("CartPole-v1", horizon=20)
    demos = world.roll(experts.load("CartPole-v1").policy, 2, np.random.default_rng(0)).trajectories()
    learner = neural.behavioral_cloning(demos, world, updates=5, seed=0).policy
    learner.save(tmp_path / "clone")
    page = run(*SHORT, "ross-bagnell-2010-thm-2-1", "--learner", str(tmp_path / "clone"), "--control", "e-bh").output
    assert "ross-bagnell-2010-thm-2-1" in page and "at most a share 0.01" in page


def test_bad_input_is_one_clear_error():
    for args, words in (
        (["--world", "Nowhere-v0"], "Nowhere"),
        (["--rewards", "1", "2"], "low <= 0 <= high"),
        (["--learner", "CartPole-v7"], "CartPole-v1"),
        (["dagger-2011-thm-2-2"], "supremum"),
    ):
        error = run(*SHORT, *args, status=1).exception
        assert isinstance(error, IltheoryError) and words in str(error)
    assert "after a colon" in run(*SHORT, "--learner", "CartPole-v1:noisy", status=2).output
    assert "is no number" in run(*SHORT, "--delta", "small", status=2).output
