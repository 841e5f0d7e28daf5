"""DAgger and DAeQuIL on vectors of observations, whose normalisation is learnt while they run: averages, going on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iltheory.learners.neural import EMA, Trained, daequil, dagger
from sims.environments import experts, sampled_environment
from sims.sampled import SampledMDP

LEARNERS = pytest.mark.parametrize("learner", [dagger, daequil], ids=["dagger", "daequil"])
OPTIONS: dict[str, Any] = {"iterations": 2, "trajectories": 2, "updates": 20, "seed": 0}


def world(horizon: int = 60) -> SampledMDP:
    return sampled_environment("CartPole-v1", horizon=horizon)


def asked(learner: Callable[..., Trained], **options: Any) -> Any:
    expert = experts.load("CartPole-v1").policy
    return learner(world(), expert, **{**OPTIONS, **({"fit_updates": 5} if learner is daequil else {}), **options})


def assert_same(ours: Any, theirs: Any) -> None:
    assert ours.weights.keys() == theirs.weights.keys()
    assert all(np.array_equal(ours.weights[name], x) for name, x in theirs.weights.items())


@LEARNERS
def test_an_average_of_the_last_weights_alone_is_the_policy_itself(learner: Callable[..., Trained]) -> None:
    run = asked(learner, ema=EMA(0.0))
    assert np.abs(run.policy.weights["normalization.std"] - 1).max() > 0.1
    assert_same(run.averaged, run.policy)


@LEARNERS
def test_averages_go_on_from_a_checkpoint_bit_for_bit(learner: Callable[..., Trained], tmp_path: Path) -> None:
    options = {"ema": 0.9, "save_every": 15}
    whole = asked(learner, **options)
    asked(learner, **options, folder=tmp_path)
    shutil.rmtree(tmp_path / "checkpoints" / "000000040")  # go back into the last iteration
    again = asked(learner, **options, folder=tmp_path)
    assert_same(again.policy, whole.policy)
    assert_same(again.averaged, whole.averaged)
