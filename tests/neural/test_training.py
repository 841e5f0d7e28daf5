"""The loop: the same bits from the same seed, also after a crash; stops where numbers are not finite; loses nothing."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from filelock import FileLock, Timeout

import iltheory as il
from iltheory.learners.neural import (
    EMA,
    Architecture,
    CategoricalHead,
    Flat,
    InvalidCheckpoint,
    NeuralPolicy,
    PolicyNetwork,
    Recipe,
    Trained,
    TrainingDiverged,
    behavioral_cloning,
    train,
)
from iltheory.learners.neural.seeds import Seeds
from sims.datasets import Trajectories
from sims.errors import IltheoryError, InvalidArgument
from sims.sampled import Spaces

SPACES = Spaces((4,), n_actions=3)


def demos(seed: int = 0) -> Trajectories:
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(3, 61, 4))
    return Trajectories.from_arrays(states, (states[:, :-1, 0] > 0) * 2, None, [False] * 3, [True] * 3)


def cloned(updates: int = 450, **options: Any) -> Trained:
    return behavioral_cloning(
        demos(), SPACES, updates=updates, **{"seed": 3, "ema": 0.99, "save_every": 100, **options}
    )


def assert_same(ours: Trained, theirs: Trained) -> None:
    for one, other in ((ours.policy, theirs.policy), (ours.averaged, theirs.averaged)):
        assert one is not None and other is not None
        assert all(np.array_equal(one.weights[name], x) for name, x in other.weights.items())
    assert np.array_equal(ours.history.updates, theirs.history.updates)
    assert all(np.array_equal(ours.history.scalars[name], x) for name, x in theirs.history.scalars.items())


def test_a_seed_is_a_policy_bit_for_bit_on_any_number_of_threads() -> None:
    torch.set_num_threads(2)
    torch.manual_seed(7)
    first = cloned()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    assert_same(first, cloned())
    other = cloned(seed=4)
    assert not np.array_equal(first.policy.weights["layers.0.weight"], other.policy.weights["layers.0.weight"])


def test_a_learner_and_the_judge_of_its_policy_share_no_number() -> None:
    """``il.verify`` draws from the children of the seed, children of these, or the seed itself."""
    ours, seed = Seeds.of(0), np.random.SeedSequence(0)
    children = seed.spawn(64)
    theirs = [np.random.default_rng(one) for child in children for one in (child, *child.spawn(4))]
    drawn = {int(x) for rng in (*theirs, np.random.default_rng(0)) for x in rng.integers(2**62, size=8)}
    assert not drawn & {int(x) for rng in (ours.batches, ours.exploration) for x in rng.integers(2**62, size=8)}
    numbers = {int(child.generate_state(1, np.uint64)[0] >> 1) for child in children}
    assert not numbers & {ours.init.initial_seed(), ours.noise.initial_seed()}


def test_training_leaves_global_generators_alone() -> None:
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    cloned(updates=20)
    assert torch.equal(torch.get_rng_state(), before) and np.array_equal(np.random.get_state()[1], numpy_before)


def test_it_learns_the_rule_it_was_shown() -> None:
    run = cloned(updates=1500, learning_rate=1e-2)
    o = np.random.default_rng(9).normal(size=(500, 4))
    assert (
        np.mean(
            run.policy.mode().laws(o, np.zeros(500, dtype=int)).sample(np.random.default_rng(0)) == 2 * (o[:, 0] > 0)
        )
        > 0.9
    )
    assert run.history.scalars["loss"][-1] < run.history.scalars["loss"][0] / 2


def test_a_longer_run_goes_on_from_the_shorter_one(tmp_path: Path) -> None:
    for updates in (130, 250, 450):
        resumed = cloned(updates=updates, folder=tmp_path)
    assert_same(resumed, cloned())
    assert_same(cloned(folder=tmp_path), resumed)  # nothing left to do
    assert sorted(x.name for x in (tmp_path / "checkpoints").iterdir()) == ["000000400", "000000450"]


SCRIPT = """
import sys
from test_training import cloned
cloned(updates=200_000, folder=sys.argv[1], save_every=50)
"""


def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], env=environment)
    checkpoints, patience = tmp_path / "checkpoints", time.monotonic() + 90
    try:
        while len(list(checkpoints.glob("0*"))) < 2:
            assert process.poll() is None and time.monotonic() < patience
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = max(int(x.name) for x in checkpoints.glob("0*"))
    (checkpoints / ".000000001.half").mkdir()  # what a kill amid a write leaves
    resumed = cloned(updates=done + 77, folder=tmp_path, save_every=50)
    assert_same(resumed, cloned(updates=done + 77))
    assert not list(checkpoints.glob(".*"))


def test_tensorboard_shows_each_update_once(tmp_path: Path) -> None:
    for updates in (250, 450):
        run = cloned(updates=updates, folder=tmp_path)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Scalars("loss")
    shown = {event.step: event.value for event in events}
    assert set(run.history.updates) <= set(shown)
    assert all(np.isclose(shown[k], x) for k, x in zip(run.history.updates, run.history.scalars["loss"], strict=True))


def test_a_missing_tensorboard_is_named_with_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    monkeypatch.setattr(torch.utils, "tensorboard", None, raising=False)
    with pytest.raises(IltheoryError, match=r"pip install 'iltheory\[torch\]'"):
        cloned(updates=5, folder=tmp_path)


def test_short_runs_have_many_numbers_and_long_ones_not_too_many() -> None:
    run = cloned(updates=230)
    assert run.history.updates.tolist() == [*range(1, 10), *range(10, 100, 10), 100, 200, 230]
    few = cloned(updates=30)
    np.testing.assert_array_equal(few.history.scalars["loss"], run.history.scalars["loss"][:12])


@pytest.mark.parametrize("options", [{"seed": 4}, {"learning_rate": 1e-2}, {"ema": 0.9}, {"l2": 0.1}])
def test_a_folder_of_another_run_is_refused(options: Any, tmp_path: Path) -> None:
    cloned(updates=10, folder=tmp_path)
    with pytest.raises(InvalidCheckpoint, match=f"other settings: {next(iter(options))}="):
        cloned(updates=20, folder=tmp_path, **options)
    with pytest.raises(InvalidCheckpoint, match="data="):
        behavioral_cloning(demos(1), SPACES, updates=20, seed=3, ema=0.99, folder=tmp_path)
    with pytest.raises(InvalidCheckpoint, match="a run of 10 updates, more than updates=5"):
        cloned(updates=5, folder=tmp_path)


def test_a_damaged_checkpoint_is_named_and_the_one_before_still_works(tmp_path: Path) -> None:
    cloned(updates=300, folder=tmp_path)
    last = tmp_path / "checkpoints" / "000000300"
    weights = last / "checkpoint.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 255
    weights.write_bytes(bytes(content))
    with pytest.raises(InvalidCheckpoint, match=r"000000300/checkpoint.safetensors is damaged(.|\n)*delete its folder"):
        cloned(folder=tmp_path)
    for file in last.iterdir():
        file.unlink()
    last.rmdir()
    assert_same(cloned(folder=tmp_path), cloned())


class Drifting(Recipe):
    """One number that moves by one each update; at one of them a loss, or a weight, is not finite."""

    settings = {"learner": "drifting"}  # noqa: RUF012

    def __init__(self, bad_loss: int = 0, bad_weight: int = 0) -> None:
        self.actor = PolicyNetwork(Architecture(Flat((1,)), CategoricalHead(1), hidden=()), torch.Generator())
        self.done, self.bad_loss, self.bad_weight = 0, bad_loss, bad_weight
        with torch.no_grad():
            self.actor.layers[0].weight.fill_(0.0)

    @property
    def parts(self) -> Any:
        return {"actor": self.actor}

    def update(self) -> Any:
        self.done += 1
        with torch.no_grad():
            self.actor.layers[0].weight += 1
            if self.done == self.bad_weight:
                self.actor.layers[0].bias.fill_(float("inf"))
        return {"loss": float("nan") if self.done == self.bad_loss else 1.0}


def test_a_loss_that_is_no_number_stops_training_and_names_the_last_good_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged, match=r"loss is nan at update 57: (.|\n)*000000050, after update 50"):
        train(Drifting(bad_loss=57), updates=100, folder=tmp_path, save_every=10)
    resumed = Drifting()
    train(resumed, updates=60, folder=tmp_path, save_every=10)
    assert resumed.done == 10 and float(resumed.actor.layers[0].weight.detach()) == 60


def test_weights_that_are_no_numbers_never_become_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingDiverged, match=r"actor.layers.0.bias .* after update 60(.|\n)*000000050, after update 50"
    ):
        train(Drifting(bad_weight=57), updates=100, folder=tmp_path, save_every=10)
    with pytest.raises(TrainingDiverged, match="No checkpoint was kept: give folder"):
        train(Drifting(bad_weight=100), updates=100)


def test_real_training_that_diverges_stops(tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged, match=r"is (inf|nan|-inf) at update|is not finite"):
        wide = Spaces((4,), action_low=(-1.0,), action_high=(1.0,))
        rng = np.random.default_rng(0)
        shown = Trajectories.from_arrays(
            rng.normal(size=(1, 9, 4)), 1e30 * rng.normal(size=(1, 8, 1)), None, [True], [False]
        )
        behavioral_cloning(shown, wide, updates=50, seed=0, folder=tmp_path)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_loses_no_checkpoint_and_the_run_goes_on_afterwards(tmp_path: Path) -> None:
    cloned(updates=200, folder=tmp_path)
    before = {x: x.read_bytes() for x in (tmp_path / "checkpoints").rglob("*") if x.is_file()}
    with files_up_to(10_000), pytest.raises(InvalidCheckpoint, match=r"000000300 could not be written: File too large"):
        cloned(folder=tmp_path)
    assert {x: x.read_bytes() for x in (tmp_path / "checkpoints").rglob("*") if x.is_file()} == before
    assert_same(cloned(folder=tmp_path), cloned())


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    with FileLock(tmp_path / "run.lock"):
        with pytest.raises(InvalidCheckpoint, match="another process is training there"):
            cloned(updates=2, folder=tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["run.lock"]
    cloned(updates=2, folder=tmp_path)  # a lock that is left behind holds nobody up


def test_a_run_keeps_its_folder_until_its_policies_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, save = [], NeuralPolicy.save

    def watched(policy: NeuralPolicy, folder: Path) -> None:
        with pytest.raises(Timeout):
            FileLock(tmp_path / "run.lock").acquire(timeout=0)
        written.append(folder.name)
        save(policy, folder)

    monkeypatch.setattr(NeuralPolicy, "save", watched)
    cloned(updates=2, folder=tmp_path)
    assert written == ["policy", "averaged"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # TensorBoard's own thread says so
def test_a_full_disk_under_the_scalars_is_one_clear_error(tmp_path: Path) -> None:
    with files_up_to(10), pytest.raises(InvalidCheckpoint, match="could not be written: File too large"):
        cloned(updates=150, folder=tmp_path)
    assert_same(cloned(folder=tmp_path), cloned())


def test_a_run_in_a_file_or_a_pickle_is_refused(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1)}, tmp_path / "run.pt")
    with pytest.raises(InvalidCheckpoint, match="pickled objects"):
        cloned(updates=10, folder=tmp_path / "run.pt")
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InvalidCheckpoint, match="notes"):
        cloned(updates=10, folder=tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize("rule", [EMA(0.9), EMA(0.999, power=2 / 3), EMA(0.99, power=1.0)])
def test_an_average_follows_its_recursion(rule: EMA) -> None:
    # The weight is t after update t: z_t = (1 - b_t) z_{t-1} + b_t t.
    z = 0.0
    for t in range(1, 41):
        b = 1 - rule.decay if rule.power is None else max(1 - rule.decay, t**-rule.power)
        z = (1 - b) * z + b * t
    run = train(Drifting(), updates=40, ema=rule)
    assert run.averaged is not None
    assert np.isclose(run.averaged.weights["layers.0.weight"].item(), z, rtol=1e-5)
    assert run.policy.weights["layers.0.weight"].item() == 40


def test_power_one_is_the_flat_average() -> None:
    run = train(Drifting(), updates=40, ema=EMA(0.999999, power=1.0))
    assert run.averaged is not None
    assert np.isclose(run.averaged.weights["layers.0.weight"].item(), 20.5, rtol=1e-5)


def test_a_bar_is_shown_on_the_error_stream_only_when_asked(capfd: pytest.CaptureFixture[str]) -> None:
    cloned(updates=100)
    assert capfd.readouterr() == ("", "")
    cloned(updates=100, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "100/100" in err and "loss" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"updates": 0}, "updates=0"),
        ({"save_every": 0}, "save_every=0"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": None}, "seed=None"),
        ({"ema": 1.0}, "ema decay=1.0"),
        ({"ema": "0.9"}, "ema='0.9'"),
        ({"device": "abacus"}, "device='abacus' cannot be used"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"learning_rate": 0.0}, "learning_rate=0"),
        ({"l2": -1.0}, "l2=-1"),
        ({"entropy_bonus": float("nan")}, "entropy_bonus=nan"),
    ],
)
def test_options_out_of_range_are_refused(options: Any, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        cloned(**options)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_device_learns_the_same_and_goes_on_from_its_checkpoints(tmp_path: Path) -> None:
    for updates in (130, 450):
        there = cloned(updates=updates, device="cuda", folder=tmp_path)
    here = cloned()
    for name, weight in here.policy.weights.items():
        assert np.allclose(there.policy.weights[name], weight, atol=1e-3)


def test_a_device_that_is_not_there_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    with pytest.raises(InvalidArgument, match="device='cuda' cannot be used"):
        cloned(device="cuda")


@pytest.mark.parametrize("module", ["neural", "neural.gail", "neural.transitions"])
def test_missing_torch_is_one_line_that_names_the_command(module: str) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        f"from importlib import import_module\nimport_module('iltheory.learners.{module}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip().endswith("torch is not installed: pip install 'iltheory[torch]'")


LAZY = """
import sys, iltheory as il, sims
il.learners
assert "torch" not in sys.modules
il.learners.neural.train
assert "torch" in sys.modules and "tensorboard" not in sys.modules
"""


def test_nothing_loads_torch_before_it_is_asked_for() -> None:
    subprocess.run([sys.executable, "-c", LAZY], check=True)
    assert il.learners.neural.train is train
