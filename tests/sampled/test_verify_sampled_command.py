"""The command verify-sampled: real worlds, shipped experts, saved policies; clear errors."""

from __future__ import annotations

import inspect
import json
import sys

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import iltheory as il
from iltheory.cli import app, main
from iltheory.engine import verify
from sims.errors import IltheoryError
from sims.sampled import SampledMDP

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


def test_a_model_of_stable_baselines3_is_a_learner(tmp_path):
    ppo = pytest.importorskip("stable_baselines3").PPO("MlpPolicy", "CartPole-v1", device="cpu", seed=0)
    ppo.save(tmp_path / "ppo.zip")
    for version in ("", ":stochastic"):
        page = run(*SHORT, "ross-bagnell-2010-thm-2-1", "--learner", f"{tmp_path / 'ppo.zip'}{version}").output
        assert "holds with confidence 1-0.01" in page


CONJECTURES = """
import iltheory as il

@il.claim(statement="J <= 2 H", sampled=True)
def mine(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.value(mdp, learner) <= 2 * mdp.horizon

@mine.false_variant("half", counterexample=lambda: None)
def half(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return 8 * il.value(mdp, learner) <= mdp.horizon
"""


def test_claims_of_a_file_and_false_variants_are_decided(tmp_path):
    path = tmp_path / "my_bounds.py"
    path.write_text(CONJECTURES)
    page = run(*SHORT, str(path)).output
    assert "mine" in page and "mine/half" not in page and "holds with confidence 1-0.01" in page
    assert "refuted with confidence 1-0.01" in run(*SHORT, f"{path}::half", status=1).output


def test_the_table_of_a_game_is_a_world_with_its_own_expert():
    table = ["verify-sampled", "--world", "Freeway", "--horizon", "4", "--samples", "256"]
    page = run(*table, "ross-bagnell-2010-thm-2-1").output
    assert "the table freeway for exactly 4 steps" in page and "ross-bagnell-2010-thm-2-1" in page
    assert "range of its own" in run(*table, "--rewards", "0", "1", status=2).output


def test_one_policy_on_both_sides_is_one_policy():
    page = run(*SHORT, "ross-bagnell-2010-thm-2-1.either-policy", "--learner", "CartPole-v1").output
    assert "holds with confidence" in page and "0 episodes" in page


def test_a_mistake_in_a_claim_of_a_file_is_one_error_with_its_line(tmp_path, monkeypatch, capsys):
    path = tmp_path / "my_bounds.py"
    path.write_text(CONJECTURES.replace("il.value(mdp, learner) <= 2", "il.vale(mdp, learner) <= 2"))
    monkeypatch.setattr(sys, "argv", ["iltheory", *SHORT, str(path)])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert left.value.code == 2 and said.count("error: ") == 1 and "Traceback" not in said
    assert "my_bounds.py:6: AttributeError: module 'iltheory' has no attribute 'vale'" in " ".join(said.split())


def test_what_a_claim_assumes_in_vain_is_named():
    page = run("verify-sampled", "ross-bagnell-2010-thm-2-1", "--world", "InvertedPendulum-v5", "--horizon", "3",
               "--rewards", "0", "2").output  # fmt: skip
    assert "not applicable: it assumes rewards in [0, 1]" in " ".join(page.split()) and "--rescale" in page


def test_bad_input_is_one_clear_error():
    for args, words in (
        (["--world", "Nowhere-v0"], "Nowhere"),
        (["--rewards", "1", "2"], "low <= 0 <= high"),
        (["--learner", "CartPole-v7"], "CartPole-v1"),
        (["dagger-2011-thm-2-2"], "supremum"),
    ):
        error = run(*SHORT, *args, status=1).exception
        assert isinstance(error, IltheoryError) and words in str(error)
    shape = ["verify-sampled", "--world", "Walker2d-v5", "--horizon", "2", "--expert", "HalfCheetah-v5", "--rescale"]
    assert "an expert of HalfCheetah-v5, not of Walker2d-v5" in " ".join(
        run(*shape, status=2).output.replace("│", "").split()
    )
    assert "after a colon" in run(*SHORT, "--learner", "CartPole-v1:noisy", status=2).output
    assert "is no number" in run(*SHORT, "--delta", "small", status=2).output


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_rolled_out(tmp_path, monkeypatch):
    monkeypatch.setattr(SampledMDP, "walk", None)
    for place in (tmp_path / "no" / "out.json", tmp_path):
        error = run(*SHORT, "--json", str(place), status=1).exception
        assert isinstance(error, IltheoryError) and f"--json {place} cannot be written" in str(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(SHORT, "records nothing on the way"), (["verify", "pdl"], "the same command resumes")],
)
def test_only_commands_that_record_promise_to_resume(arguments, words, monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(il, "verify_sampled", interrupted)
    monkeypatch.setattr(verify, "verify_all", interrupted)
    monkeypatch.setattr(sys, "argv", ["iltheory", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert left.value.code == 130 and "error: interrupted" in said and words in said


def test_the_command_and_the_function_draw_as_many_episodes_if_nobody_says_otherwise():
    options = {name: p.default for name, p in inspect.signature(il.verify_sampled).parameters.items()}
    command = {p.name: p.default for p in get_command(app).commands["verify-sampled"].params}
    for name in ("samples", "seed", "control"):
        assert command[name] == options[name]
