"""Libraries in another process: messages, bridges, and two planted faults that the invariants must find there."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks.third_party import __main__ as command
from benchmarks.third_party import process, report
from benchmarks.third_party.adapters import Collector, DiscountedMceIrl, MceIrl, flat, model_of
from benchmarks.third_party.inside import wire
from benchmarks.third_party.process import Library, LibraryRaised, NoEnvironment
from iltheory.testing import check
from iltheory.testing.models import discounted_model, episodic_model, finite_model, random_policy

STAND_IN = Path(__file__).with_name("stand_in_mce.py").read_text()
ODD = """
import os, sys

def double(x, nested):
    nested["y"] *= 2
    return {"twice": 2 * x, "sum": x.sum(), "nothing": None}

def refuse():
    raise NotImplementedError("no such thing")

def fail():
    return 1 / 0

def die():
    print("the last words", file=sys.stderr, flush=True)
    os._exit(3)

def chat():
    print("not an answer")
    return 1
"""


@pytest.fixture
def odd(tmp_path: Path) -> Library:
    (tmp_path / "odd.py").write_text(ODD)
    return Library(sys.executable, tmp_path)


def stand_in(folder: Path, *changes: tuple[str, str]) -> Library:
    """The stand-in, with or without its faults."""
    source = STAND_IN
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)
    (folder / "mce.py").write_text(source)
    (folder / "about.py").write_text("def versions():\n    return {'imitation': 'stand-in'}\n")
    return Library(sys.executable, folder)


NO_EXTRA_ROWS = ("EXTRA_ROWS = 1", "EXTRA_ROWS = 0")
DISCOUNTED_PLANS = ("PLANNING_DISCOUNT = 1.0", "PLANNING_DISCOUNT = None")


# Messages.


@pytest.mark.parametrize(
    "array", [np.array(0.1), np.arange(6).reshape(2, 3).T, np.zeros((0, 3)), np.array([True]), np.array([np.nan, -0.0])]
)
def test_arrays_travel_bit_by_bit(array):
    back = wire.loads(wire.dumps({"x": [array]}))["x"][0]
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())
    back[...] = 1


def test_what_is_no_number_is_not_sent():
    with pytest.raises(TypeError, match="a set cannot be sent"):
        wire.dumps({"x": {1, 2}})


# Calls.


def test_a_call_returns_what_the_function_does_and_writes_where_it_wrote(odd):
    x, y = np.array([1.0, 2.0]), np.array([3, 4])
    found = odd.call("odd.double", x=x, nested={"y": y})
    assert found["twice"].tolist() == [2.0, 4.0] and found["sum"] == 3.0 and found["nothing"] is None
    assert x.tolist() == [1.0, 2.0] and y.tolist() == [6, 8]


def test_one_process_answers_all_calls_whatever_the_library_prints(odd):
    assert odd.call("odd.chat") == 1
    child = odd._child
    with pytest.raises(NotImplementedError, match="no such thing"):
        odd.call("odd.refuse")
    with pytest.raises(LibraryRaised, match=r"ZeroDivisionError: division by zero\nin odd.py, line 12: return 1 / 0"):
        odd.call("odd.fail")
    with pytest.raises(LibraryRaised, match="AttributeError"):
        odd.call("odd.nothing")
    assert odd._child is child


def test_a_process_that_ends_says_its_last_words_and_is_started_again(odd):
    with pytest.raises(NoEnvironment, match=r"ended in odd.die.\n  It said: the last words"):
        odd.call("odd.die")
    assert odd.call("odd.chat") == 1


def test_a_missing_environment_says_how_to_build_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(process.VARIABLE, str(tmp_path / "python"))
    missing = Library()
    assert not missing.available
    with pytest.raises(NoEnvironment, match=r"(?s)there is no .*python.*make third-party.*ILTHEORY_THIRD_PARTY"):
        missing.call("about.versions")
    monkeypatch.setattr(command, "third_party", lambda: missing)
    assert command.main([]) == 2 and "make third-party" in capsys.readouterr().err
    monkeypatch.delenv(process.VARIABLE)
    assert Library().python == process.ENVIRONMENT


# Models and trajectories.


def test_models_are_sent_as_tables():
    mdp = discounted_model()
    sent = model_of(mdp)
    assert np.array_equal(sent["P"], mdp.P) and np.array_equal(sent["r"], mdp.r) and sent["discount"] == 0.875
    assert sent["horizon"] is None and sent["terminal"] is None
    sent = model_of(finite_model(varying=False))
    assert (
        sent["P"].shape == (4, 3, 4) and sent["r"].shape == (4, 3) and (sent["horizon"], sent["discount"]) == (5, 1.0)
    )
    assert model_of(episodic_model())["terminal"].tolist() == [False, False, False, True]


def test_laws_that_vary_with_the_step_are_refused():
    with pytest.raises(NotImplementedError, match="one transition matrix"):
        model_of(finite_model())
    mdp = finite_model(varying=False)
    paid = np.arange(5)[:, None, None] * np.ones((5, 4, 3))
    with pytest.raises(NotImplementedError, match="one reward matrix"):
        model_of(mdp.with_rewards(paid))


def test_collected_episodes_become_trajectories(tmp_path):
    (tmp_path / "acting.py").write_text("def rollout(model, policy, n, seed, demos):\n    return demos\n")
    mdp = finite_model(varying=False)
    demos = mdp.sample(random_policy(mdp)[0], 3, 0)

    class Replayed(Collector):
        def _ask(self, function, model, **arguments):
            return super()._ask(function, model, **arguments, demos=flat(demos))

    found = Replayed(Library(sys.executable, tmp_path)).rollout(mdp, None, 3, np.random.default_rng(0))
    assert np.array_equal(found.states, demos.states) and np.array_equal(found.rewards, demos.rewards)
    assert found.truncated.all() and found.lengths.tolist() == [5, 5, 5]


# Planted faults.

ONLY = ["occupancy_is_a_law", "value_is_exact", "soft_optimality_holds", "gradient_is_the_derivative"]


def test_the_step_too_many_is_found_with_a_smallest_model(tmp_path):
    found = check(MceIrl(stand_in(tmp_path)), only=ONLY)
    assert {outcome.name for outcome in found.failures} == {"occupancy_is_a_law", "gradient_is_the_derivative"}
    assert "shape (2, 1, 1) (should be (1, 1, 1))" in found["occupancy_is_a_law"].message
    smallest = found["gradient_is_the_derivative"].instance["mdp"]
    assert len(smallest["mu"]) == 2 and smallest["horizon"] == 2  # at the last step nothing depends on the reward
    assert all(Fraction(p) in (0, 1) for row in np.ravel(smallest["P"]) for p in [row])


def test_the_ignored_discount_is_found_with_a_smallest_model(tmp_path):
    found = check(DiscountedMceIrl(stand_in(tmp_path)), only=ONLY)
    assert [outcome.name for outcome in found.failures] == ["gradient_is_the_derivative"]
    smallest = found["gradient_is_the_derivative"].instance["mdp"]
    assert len(smallest["mu"]) == 2 and smallest["discount"] == "1/2"


@pytest.mark.parametrize("adapter", [MceIrl, DiscountedMceIrl])
def test_the_mended_stand_in_passes(adapter, tmp_path):
    found = check(adapter(stand_in(tmp_path, NO_EXTRA_ROWS, DISCOUNTED_PLANS)), only=ONLY)
    assert not found.failures and found.count("holds") == 4


def test_the_table_names_library_invariant_and_model(tmp_path, monkeypatch):
    class Counting(MceIrl):
        fit = soft_plan = loss = gradient = update = None

    monkeypatch.setattr(report, "ADAPTERS", {"imitation": (Counting,)})
    told: list[str] = []
    found = report.run(stand_in(tmp_path), ["Counting"], tell=told.append)
    assert told[0].startswith("Counting: ")
    text = report.table(found)
    assert "imitation stand-in  Counting  value_is_exact" in text
    assert "fails: S = 1, A = 1, horizon 1; start: state 0" in text and "do not apply" in text
    assert found.to_json()["reports"][0]["library"] == "imitation stand-in"
    with pytest.raises(SystemExit):
        command.main(["--only", "Nobody"])


# The real thing.

REAL = Library()


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not REAL.available, reason="no environment of the libraries: make third-party")
def test_both_faults_are_found_in_imitation():
    finite = check(MceIrl(REAL), only=[*ONLY, "step_ascends"])
    assert {o.name for o in finite.failures} >= {"occupancy_is_a_law", "gradient_is_the_derivative"}
    assert finite["value_is_exact"].status == finite["soft_optimality_holds"].status == "holds"
    discounted = check(DiscountedMceIrl(REAL), only=[*ONLY, "reported_occupancy_is_the_policys"])
    broken = {"gradient_is_the_derivative", "reported_occupancy_is_the_policys"}
    assert {o.name for o in discounted.failures} == broken
