"""DAgger and DAeQuIL on vectors of observations, whose normalisation is learnt while they run: averages, going on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iltheory.learners.neural import EMA, InvalidCheckpoint, Trained, daequil, dagger
from sims.environments import experts, sampled_environment
from sims.sampled import Categorical, SampledMDP, SampledPolicy

LEARNERS = pytest.mark.parametrize("learner", [dagger, daequil], ids=["dagger", "daequil"])
OPTIONS: dict[str, Any] = {"iterations": 2, "trajectories": 2, "updates": 20, "seed": 0}

EXPERT = experts.load("CartPole-v1")


class Blunder(SampledPolicy):
    """An expert that errs somewhere: it plays the other action where the pole falls fast to the right."""

    def __init__(self, expert: SampledPolicy) -> None:
        self._expert = expert

    def laws(self, observations: Any, steps: Any) -> Categorical:
        """Laws of the expert, in another order now and then."""
        p = self._expert.laws(observations, steps).probabilities
        return Categorical(np.where(observations[:, 3:] > 0.3, p[:, ::-1], p))


def world(horizon: int = 60) -> SampledMDP:
    return sampled_environment("CartPole-v1", horizon=horizon)


def asked(learner: Callable[..., Trained], expert: SampledPolicy = EXPERT.stochastic, **options: Any) -> Any:
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


@LEARNERS
@pytest.mark.parametrize("expert", [EXPERT.policy, EXPERT.stochastic], ids=["greedy", "stochastic"])
def test_a_run_never_goes_on_with_another_expert(
    learner: Callable[..., Trained], expert: SampledPolicy, tmp_path: Path
) -> None:
    whole = asked(learner, expert)
    asked(learner, expert, save_every=30, folder=tmp_path)
    shutil.rmtree(tmp_path / "checkpoints" / "000000040")
    with pytest.raises(InvalidCheckpoint, match=r"expert answers otherwise in [1-9]\d* of \d+ states"):
        asked(learner, Blunder(expert), save_every=30, folder=tmp_path)
    assert_same(asked(learner, expert, save_every=30, folder=tmp_path).policy, whole.policy)
