"""Training of experts: the algorithm is the paper's, interrupted runs are the same runs, faults stop it."""

from __future__ import annotations

import errno
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from sims.environments import experts
from sims.environments.experts import InvalidExpert, linear
from sims.environments.experts import __main__ as command
from sims.environments.experts.ars import ARS, _Search
from sims.environments.experts.evaluation import Interval, reset_seeds, student_interval
from sims.environments.experts.ppo import PPO
from sims.environments.experts.recipes import RECIPES
from sims.environments.experts.training import train
from sims.errors import InvalidArgument

SMALL_ARS = ARS(directions=2, top=1, step_size=0.2, noise=0.2, rounds=3, iterations=1)
SMALL_PPO = PPO(rounds=2, round_steps=64, copies=2, learning_rate=1e-3, options={"n_steps": 32, "n_epochs": 2})


def run(recipe, environment, folder, report=lambda run, score: None):
    clock = count()
    return train(
        recipe,
        environment,
        seed=3,
        checkpoint=folder / "run.checkpoint",
        clock=lambda: float(next(clock)),
        report=report,
    )


def interrupt(run, score):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("recipe", "environment"), [(SMALL_ARS, "InvertedPendulum-v5"), (SMALL_PPO, "CartPole-v1")])
def test_an_interrupted_run_is_the_run_that_was_not(recipe, environment, tmp_path):
    whole = run(recipe, environment, tmp_path / "whole")
    for _ in range(recipe.rounds):
        with pytest.raises(KeyboardInterrupt):
            run(recipe, environment, tmp_path / "parts", interrupt)
    parts = run(recipe, environment, tmp_path / "parts")
    assert (whole.done, whole.score, whole.best_round) == (parts.done, parts.score, parts.best_round)
    for ours, theirs in ((whole.tensors, parts.tensors), (whole.best, parts.best)):
        assert ours.keys() == theirs.keys()
        for name, x in ours.items():
            assert x.shape == theirs[name].shape and np.array_equal(x, theirs[name]), name
    assert np.array_equal(recipe.network(whole.best)(np.ones(4)), recipe.network(parts.best)(np.ones(4)))


def test_another_run_does_not_take_up_a_checkpoint(tmp_path):
    run(SMALL_ARS, "InvertedPendulum-v5", tmp_path)
    other = ARS(directions=2, top=1, step_size=0.1, noise=0.2, rounds=3, iterations=1)
    with pytest.raises(InvalidExpert, match="is the checkpoint of another run"):
        run(other, "InvertedPendulum-v5", tmp_path)
    (tmp_path / "run.checkpoint").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(InvalidExpert, match="is no checkpoint of a training"):
        run(SMALL_ARS, "InvertedPendulum-v5", tmp_path)


@dataclass(frozen=True)
class Diverges:
    """A recipe whose second round gives weights that are no numbers."""

    rounds = 3
    method = "diverges"

    def advance(self, environment, tensors, *, seed, index):
        return {"weight": np.full((1, 4), np.nan if index == 1 else 0.5)}

    def network(self, tensors):
        return linear(tensors["weight"])


def test_weights_that_are_no_numbers_stop_and_keep_the_round_before(tmp_path):
    for _ in range(2):  # the second attempt resumes, and stops at the same place
        with pytest.raises(InvalidExpert, match="weight contains nan"):
            run(Diverges(), "InvertedPendulum-v5", tmp_path)
    kept = []
    with pytest.raises(InvalidExpert):
        run(Diverges(), "InvertedPendulum-v5", tmp_path, lambda run, score: kept.append(run))
    assert not kept and (tmp_path / "run.checkpoint").exists()


def test_a_full_disk_stops_and_keeps_the_round_before(tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        run(SMALL_ARS, "InvertedPendulum-v5", tmp_path, interrupt)
    before = (tmp_path / "run.checkpoint").read_bytes()

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(InvalidExpert, match="could not be written: No space left on device"):
            run(SMALL_ARS, "InvertedPendulum-v5", tmp_path)
    assert (tmp_path / "run.checkpoint").read_bytes() == before
    assert run(SMALL_ARS, "InvertedPendulum-v5", tmp_path).done == 3


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="seed=-1: must be at least 0"):
        command.expert("InvertedPendulum-v5", -1, tmp_path, Console(quiet=True))


class LinearReward:
    """One step, reward <c, a>: with linear policies, the return is linear in the weights."""

    observation_space = SimpleNamespace(shape=(2,))
    action_space = SimpleNamespace(shape=(2,), low=np.full(2, -1e9), high=np.full(2, 1e9))
    slope = np.array([2.0, -1.0])

    def reset(self, seed):
        self.observation = np.random.default_rng(seed).standard_normal(2)
        return self.observation, {}

    def step(self, action):
        return self.observation, float(self.slope @ action) + 1.0, True, False, {}


def test_an_update_is_that_of_the_paper():
    """Algorithm 1 of Mania, Guy and Recht once more, slowly, with the same random numbers."""
    recipe = ARS(directions=6, top=3, step_size=0.3, noise=0.1, rounds=1, alive_bonus=1.0)
    world, search, seen = LinearReward(), _Search.start(2, 2), []
    weight = np.zeros((2, 2))
    for iteration in range(4):
        recipe._update(world, search, np.random.default_rng([5, iteration]))
        rng = np.random.default_rng([5, iteration])
        deltas = rng.standard_normal((6, 2, 2))
        mean = np.mean(seen, axis=0) if seen else np.zeros(2)
        std = np.std(seen, axis=0) if seen else np.ones(2)
        plus, minus = [], []
        for delta in deltas:
            for signed, returns in ((delta, plus), (-delta, minus)):
                observation, _ = world.reset(int(rng.integers(2**31)))
                returns.append(world.slope @ (weight + 0.1 * signed) @ ((observation - mean) / std))
                seen.append(observation)
        order = sorted(range(6), key=lambda i: -max(plus[i], minus[i]))[:3]
        sigma = np.std([r for i in order for r in (plus[i], minus[i])])
        weight = weight + 0.3 / (3 * sigma) * sum((plus[i] - minus[i]) * deltas[i] for i in order)
        assert search.weight == pytest.approx(weight, rel=1e-9)
        assert search.mean == pytest.approx(np.mean(seen, axis=0), rel=1e-12)
        assert search.std == pytest.approx(np.std(seen, axis=0), rel=1e-12)


def test_seeds_of_different_purposes_are_different():
    drawn = [
        reset_seeds(50, purpose=p, seed=s, index=i) for p in ("choosing", "evaluation") for s in (0, 1) for i in (0, 1)
    ]
    assert len({seed for seeds in drawn for seed in seeds}) == 8 * 50
    assert reset_seeds(3, purpose="choosing", seed=0) == reset_seeds(3, purpose="choosing", seed=0)


def test_student_interval_by_hand():
    """Four returns 1, 2, 3, 4: mean 5/2, standard error sqrt(5/12), t(0.975, 3) = 3.1824463."""
    radius = 3.182446305284263 * np.sqrt(5 / 12)
    wanted = Interval(2.5, np.sqrt(5 / 12), 2.5 - radius, 2.5 + radius)
    assert student_interval(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(wanted, rel=1e-9)


def test_every_recipe_says_what_it_does():
    assert all(len(recipe.method) > 40 for recipe in RECIPES.values())


def test_what_the_command_writes_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "EVALUATION_EPISODES", 3)
    card = command.expert("CartPole-v1", 4, tmp_path, Console(quiet=True))
    written = experts.load("CartPole-v1", folder=tmp_path)
    assert written.card == card and card.seed == 4 and card.deterministic.returns == (500.0,) * 3
    assert card.sha256 == experts.load("CartPole-v1").card.sha256


def test_the_command_knows_its_environments(tmp_path):
    line = [sys.executable, "-m", "sims.environments.experts", "Pong"]
    refused = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, timeout=100)
    assert refused.returncode == 2 and "invalid choice: 'Pong'" in refused.stderr


@pytest.mark.slow
def test_the_recipe_of_the_pendulum_reaches_its_best_return(tmp_path):
    from sims.environments.experts.evaluation import episodes, world_of
    from sims.environments.experts.policies import Greedy
    from sims.environments.experts.storage import load

    recipe = RECIPES["InvertedPendulum-v5"]
    found = run(recipe, "InvertedPendulum-v5", tmp_path)
    policy = Greedy(recipe.network(found.best), load("InvertedPendulum-v5").card.spaces)
    assert episodes(world_of("InvertedPendulum-v5"), policy, [1, 2, 3]).tolist() == [1000, 1000, 1000]
