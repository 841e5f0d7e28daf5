"""Bad models, policies and arguments: one clear error each, naming the argument, the numbers and the way out."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import MixedArithmetic, NotRepresentable
from sims.errors import IltheoryError
from sims.tabular import InvalidModel, InvalidOccupancy, InvalidPolicy

HALF, NAN, INF = Fraction(1, 2), float("nan"), float("inf")
P = [[[0.5, 0.5], [1.0, 0.0]], [[0.0, 1.0], [0.25, 0.75]]]
R = [[0.0, 1.0], [0.5, 0.25]]
MU = [0.25, 0.75]


def changed(table, index, value):
    """A copy of nested lists with one entry replaced."""
    array = np.array(table, dtype=object)
    array[index] = value
    return array.tolist()


def model(P=P, r=R, mu=MU, **options) -> TabularMDP:
    return TabularMDP(P, r, mu, **(options or {"horizon": 3}))


def steps(x, n: int):
    return np.stack([np.array(x)] * n)


MODELS = [
    # P
    (
        "negative entry",
        dict(P=changed(P, (0, 0), [1.5, -0.5])),
        InvalidModel,
        "P[0, 0, 1] is -0.5, a negative probability",
    ),
    (
        "row sum",
        dict(P=changed(P, (1, 1), [0.25, 0.72])),
        InvalidModel,
        "P[1, 1] sums to 0.97 (should be 1)",
        "normalize=True",
    ),
    ("row sum in time", dict(P=changed(steps(P, 3), (2, 1, 0), [0.5, 0.75])), InvalidModel, "P[2, 1, 0] sums to 1.25"),
    (
        "row sum in a batch",
        dict(P=changed(steps(P, 4), (3, 0, 1), [0.5, 0.25]), horizon=2, batch_axes=1),
        InvalidModel,
        "P[3, 0, 1] sums to 0.75",
    ),
    (
        "exact row sum",
        dict(P=[[[HALF, Fraction(1, 3)]]] * 2, r=[[0], [1]], mu=[1, 0]),
        InvalidModel,
        "P[0, 0] sums to 5/6",
    ),
    ("NaN", dict(P=changed(P, (0, 1, 0), NAN)), InvalidModel, "P[0, 1, 0] is nan", "finite"),
    ("infinity", dict(P=changed(P, (0, 1, 0), INF)), InvalidModel, "P[0, 1, 0] is inf"),
    ("not square", dict(P=[[[1.0], [1.0]], [[1.0], [1.0]]]), InvalidModel, "P has shape (2, 2, 1)", "[S, A, S]"),
    ("a matrix", dict(P=[[0.5, 0.5], [1.0, 0.0]]), InvalidModel, "P has shape (2, 2)"),
    ("empty", dict(P=np.zeros((0, 2, 0))), InvalidModel, "P has shape (0, 2, 0)", "empty"),
    ("wrong number of steps", dict(P=steps(P, 4)), InvalidModel, "P has shape (4, 2, 2, 2)", "H = 3"),
    (
        "steps with a discount",
        dict(P=steps(P, 3), discount=0.5),
        InvalidModel,
        "P has shape (3, 2, 2, 2), expected [S, A, S] = (2, 2, 2)",
    ),
    ("missing batch axes", dict(P=steps(P, 2), discount=0.5), InvalidModel, "P has shape (2, 2, 2, 2)"),
    ("ragged", dict(P=[[[1.0, 0.0], [1.0]], [[0.0, 1.0], [0.0, 1.0]]]), InvalidModel, "P is not an array of numbers"),
    ("text", dict(P=[[["a", "b"]]]), InvalidModel, "P is not an array of numbers"),
    ("None", dict(P=None), InvalidModel, "P is not an array of numbers"),
    (
        "zero row to normalise",
        dict(P=changed(P, (1, 0), [0.0, 0.0]), horizon=3, normalize=True),
        InvalidModel,
        "P[1, 0] sums to 0",
        "positive sum",
    ),
    # horizon and discount
    ("neither end", dict(horizon=None), InvalidModel, "horizon=None and discount=None", "exactly one"),
    ("both ends", dict(horizon=3, discount=0.5), InvalidModel, "horizon=3 and discount=0.5", "exactly one"),
    ("horizon 0", dict(horizon=0), InvalidModel, "horizon=0", "at least 1"),
    ("horizon -1", dict(horizon=-1), InvalidModel, "horizon=-1"),
    ("horizon 2.5", dict(horizon=2.5), InvalidModel, "horizon=2.5", "integer"),
    ("horizon True", dict(horizon=True), InvalidModel, "horizon=True"),
    ("discount 1", dict(discount=1.0), InvalidModel, "discount=1.0", "[0, 1)", "horizon=H"),
    ("discount above 1", dict(discount=1.25), InvalidModel, "discount=1.25"),
    ("discount negative", dict(discount=-0.5), InvalidModel, "discount=-0.5"),
    ("discount NaN", dict(discount=NAN), InvalidModel, "discount=nan"),
    ("one discount of many", dict(discount=np.array([0.5, 1.0])), InvalidModel, "discount=[0.5 1. ]"),
    ("discount text", dict(discount="much"), InvalidModel, "discount is not an array of numbers"),
    # r
    ("reward shape", dict(r=[0.0, 1.0]), InvalidModel, "r has shape (2,)", "[S, A] = (2, 2)"),
    ("reward steps", dict(r=steps(R, 5)), InvalidModel, "r has shape (5, 2, 2)", "H = 3"),
    (
        "ambiguous reward",
        dict(r=steps(R, 2), horizon=2),
        InvalidModel,
        "r of shape (2, 2, 2) fits [S, A] and [S, A, S]",
        "r[None]",
    ),
    ("reward NaN", dict(r=changed(R, (1, 0), NAN)), InvalidModel, "r[1, 0] is nan"),
    ("reward infinite", dict(r=changed(R, (1, 0), -INF)), InvalidModel, "r[1, 0] is -inf"),
    # mu
    ("initial law sum", dict(mu=[0.5, 0.25]), InvalidModel, "mu sums to 0.75", "first state"),
    ("initial law sign", dict(mu=[1.5, -0.5]), InvalidModel, "mu[1] is -0.5"),
    ("initial law shape", dict(mu=[1.0, 0.0, 0.0]), InvalidModel, "mu has shape (3,), expected [S] = (2,)"),
    ("initial law NaN", dict(mu=[NAN, 1.0]), InvalidModel, "mu[0] is nan"),
    ("a number for a law", dict(mu=1.0), InvalidModel, "mu has shape ()"),
    # together
    (
        "batches that do not fit",
        dict(P=steps(P, 4), mu=steps(MU, 3), horizon=2, batch_axes=1),
        InvalidModel,
        "batch axes do not broadcast",
        "P (4,)",
        "mu (3,)",
    ),
    ("Fractions and floats", dict(r=[[HALF, 1], [0, 0]]), MixedArithmetic, "rational", "float64", "convert"),
    (
        "Fractions and floats in one array",
        dict(r=[[HALF, 0.5], [0, 0]]),
        InvalidModel,
        "r is not an array of numbers",
        "floats and Fractions",
    ),
    # terminal
    (
        "terminal left",
        dict(horizon=3, terminal=np.array([True, False])),
        InvalidModel,
        "terminal state 0 can be left",
        "absorbing",
    ),
    (
        "terminal paid",
        dict(P=[[[1.0, 0.0]] * 2, [[0.0, 1.0]] * 2], horizon=3, terminal=np.array([False, True])),
        InvalidModel,
        "terminal state 1 has a reward",
        "reward 0",
    ),
    (
        "terminal shape",
        dict(horizon=3, terminal=np.array([True])),
        InvalidModel,
        "terminal is bool of shape (1,)",
        "[S] = (2,)",
    ),
    ("terminal by index", dict(horizon=3, terminal=[1, 0]), InvalidModel, "terminal is int64", "bools"),
]


@pytest.mark.parametrize(
    ("parts", "error", "words"), [(row[1], row[2], row[3:]) for row in MODELS], ids=[row[0] for row in MODELS]
)
def test_bad_models(parts, error, words):
    if "horizon" not in parts and "discount" not in parts:
        parts = {**parts, "horizon": 3}
    with pytest.raises(error) as caught:
        model(**parts)
    assert isinstance(caught.value, IltheoryError)
    for word in words:
        assert word in str(caught.value)


def test_terminal_states_must_be_absorbing_at_every_step():
    table = steps([[[1.0, 0.0]], [[0.0, 1.0]]], 3)
    table[2, 1, 0] = [1.0, 0.0]
    with pytest.raises(InvalidModel, match="terminal state 1 can be left"):
        TabularMDP(table, [[1.0], [0.0]], [1.0, 0.0], horizon=3, terminal=np.array([False, True]))


PI = [[0.5, 0.5], [0.25, 0.75]]
POLICIES = [
    ("row sum", changed(PI, (1, 1), 0.5), InvalidPolicy, "policy[1] sums to 0.75", "distributions over actions"),
    ("negative", changed(PI, 1, [1.25, -0.25]), InvalidPolicy, "policy[1, 1] is -0.25, a negative probability"),
    ("NaN", changed(PI, (0, 0), NAN), InvalidPolicy, "policy[0, 0] is nan"),
    ("one row", PI[0], InvalidPolicy, "policy has shape (2,)", "[S, A] = (2, 2)"),
    ("transposed sizes", [[0.5, 0.25, 0.25]] * 2, InvalidPolicy, "policy has shape (2, 3)"),
    ("wrong steps", steps(PI, 4), InvalidPolicy, "policy has shape (4, 2, 2)", "H = 3"),
    ("batch without steps", steps(steps(PI, 2), 5), InvalidPolicy, "axis -3 is the step"),
    ("row sum of a step", changed(steps(PI, 3), (2, 0), [0.5, 0.25]), InvalidPolicy, "policy[2, 0] sums to 0.75"),
    ("text", "greedy", InvalidPolicy, "policy is not an array of numbers"),
    ("None", None, InvalidPolicy, "policy is not an array of numbers"),
    ("actions instead of laws", [0, 1], InvalidPolicy, "policy has shape (2,)"),
    ("rationals for a float model", [[HALF, HALF]] * 2, MixedArithmetic, "rational", "float64"),
]


@pytest.mark.parametrize(
    ("pi", "error", "words"),
    [(row[1], row[2], row[3:]) for row in POLICIES],
    ids=[row[0] for row in POLICIES],
)
@pytest.mark.parametrize("method", ["value", "occupancy", "q", "sample"])
def test_bad_policies(pi, error, words, method):
    arguments = (10, 0) if method == "sample" else ()
    with pytest.raises(error) as caught:
        getattr(model(), method)(pi, *arguments)
    for word in words:
        assert word in str(caught.value)


def test_batches_of_policies_and_models_must_fit():
    batch = model(P=steps(P, 4), horizon=3, batch_axes=1)
    with pytest.raises(InvalidPolicy, match=re.escape("policy has batch axes (5,), which do not broadcast with (4,)")):
        batch.value(steps(steps(PI, 3), 5))


def test_float_policies_do_not_leak_into_rational_models():
    exact = model(P=[[[HALF, HALF], [1, 0]]] * 2, r=[[0, 1], [1, 0]], mu=[1, 0])
    for pi in (PI, np.eye(2)):
        with pytest.raises(MixedArithmetic, match="float64"):
            exact.value(pi)


def csr(**changes) -> SparseTransitions:
    parts = {
        "indptr": [0, 2, 3, 4, 5],
        "indices": [0, 1, 0, 1, 1],
        "probabilities": [0.5, 0.5, 1.0, 1.0, 1.0],
    }
    return SparseTransitions(**(parts | changes), n_states=2, n_actions=2)


SPARSE = [
    ("indptr length", dict(indptr=[0, 2, 3, 5]), "indptr has shape (4,), expected (5,)"),
    ("empty row", dict(indptr=[0, 2, 2, 4, 5]), "row P[0, 1]", "next state"),
    ("indptr falls", dict(indptr=[0, 3, 2, 4, 5]), "row P[0, 1]"),
    ("indptr start", dict(indptr=[1, 2, 3, 4, 5]), "start at 0"),
    ("indptr of floats", dict(indptr=[0.0, 2.0, 3.0, 4.0, 5.0]), "indptr is float64"),
    ("index too large", dict(indices=[0, 2, 0, 1, 1]), "indices[1] = 2 is no state of 0..1"),
    ("index negative", dict(indices=[0, -1, 0, 1, 1]), "indices[1] = -1"),
    ("too few entries", dict(indices=[0, 1, 0, 1]), "indices (4,)", "indptr[-1] = 5"),
    ("too few probabilities", dict(probabilities=[1.0, 1.0]), "probabilities (2,)"),
]


@pytest.mark.parametrize(("parts", "words"), [(row[1], row[2:]) for row in SPARSE], ids=[row[0] for row in SPARSE])
def test_bad_sparse_transitions(parts, words):
    with pytest.raises(InvalidModel) as caught:
        csr(**parts)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        ([0.5, 0.25, 1.0, 1.0, 1.0], r"P\[0, 0\] sums to 0.75"),
        ([1.5, -0.5, 1.0, 1.0, 1.0], r"P\[0, 0, 1\] is -0.5, a negative probability"),
        ([0.5, NAN, 1.0, 1.0, 1.0], r"probabilities\[1\] is nan"),
    ],
)
def test_bad_sparse_rows(probabilities, message):
    with pytest.raises(InvalidModel, match=message):
        model(P=csr(probabilities=probabilities), horizon=2)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[0, 1], [2, 0]], r"next_state\[1, 0\] = 2 is no state of 0..1"),
        ([[0, -1], [1, 0]], r"next_state\[0, 1\] = -1"),
        ([0, 1], r"next_state is int64 of shape \(2,\)"),
        ([[0.0, 1.0], [1.0, 0.0]], "next_state is float64"),
    ],
)
def test_bad_deterministic_transitions(table, message):
    with pytest.raises(InvalidModel, match=message):
        DeterministicTransitions(table)


CALLS = [
    ("unknown system", lambda m: m.to("float32"), ValueError, "unknown number system 'float32'", "interval"),
    ("device of a ball", lambda m: m.to("ball", device="cpu"), ValueError, "device"),
    ("temperature 0", lambda m: m.soft_optimal(0), ValueError, "temperature=0", "optimal_policy()"),
    ("temperature negative", lambda m: m.soft_optimal(-1.5), ValueError, "temperature=-1.5"),
    ("temperature NaN", lambda m: m.soft_optimal(NAN), ValueError, "temperature=nan"),
    ("soft values of rationals", lambda m: m.to("rational").soft_optimal(1), NotRepresentable, "exp", "interval"),
    ("no trajectories", lambda m: m.sample(PI, 0, 0), ValueError, "n_trajectories=0", "at least 1"),
    ("half a trajectory", lambda m: m.sample(PI, 2.5, 0), ValueError, "n_trajectories=2.5", "integer"),
    ("too long", lambda m: m.sample(PI, 2, 0, length=4), ValueError, "length=4", "H = 3"),
    ("no length", lambda m: m.with_end(discount=0.5).sample(PI, 2, 0), ValueError, "length is missing", "length=100"),
    ("length 0", lambda m: m.with_end(discount=0.5).sample(PI, 2, 0, length=0), ValueError, "length=0"),
    ("many policies", lambda m: m.sample(steps(steps(PI, 3), 2), 2, 0), InvalidPolicy, "one policy", "(2,)"),
    (
        "many models",
        lambda m: model(P=steps(P, 4), horizon=3, batch_axes=1).sample(PI, 2, 0),
        InvalidModel,
        "one model",
        "(4,)",
    ),
    (
        "restrict a batch",
        lambda m: model(P=steps(P, 4), horizon=3, batch_axes=1).restrict_to_reachable(),
        InvalidModel,
        "one model",
    ),
    (
        "occupancy shape",
        lambda m: m.project(np.ones((2, 2))),
        InvalidOccupancy,
        "occupancy has shape (2, 2)",
        "[H, S, A] = (3, 2, 2)",
    ),
    ("flow of text", lambda m: m.flow_residual("flow"), InvalidOccupancy, "occupancy is not an array"),
    ("other rewards' shape", lambda m: m.with_rewards(np.ones((3, 2))), InvalidModel, "r has shape (3, 2)"),
    ("other rewards' numbers", lambda m: m.with_rewards(changed(R, (0, 0), NAN)), InvalidModel, "r[0, 0] is nan"),
    ("other rewards' system", lambda m: m.with_rewards([[HALF, 0], [0, 0]]), MixedArithmetic, "rational"),
    ("other end", lambda m: m.with_end(discount=1), InvalidModel, "discount=1"),
    ("no other end", lambda m: m.with_end(), InvalidModel, "exactly one"),
]


@pytest.mark.parametrize(
    ("call", "error", "words"), [(row[1], row[2], row[3:]) for row in CALLS], ids=[row[0] for row in CALLS]
)
def test_bad_calls(call, error, words):
    with pytest.raises(error) as caught:
        call(model())
    for word in words:
        assert word in str(caught.value)


def test_floats_that_miss_one_are_no_rationals():
    rounded = model(P=np.full((3, 1, 3), 1 / 3), r=np.zeros((3, 1)), mu=[1.0, 0.0, 0.0], horizon=2)
    with pytest.raises(InvalidModel) as caught:
        rounded.to("rational")
    for word in ("P[0, 0] sums to 1 -5.55e-17", "normalize=True", "Fractions"):
        assert word in str(caught.value)
    law = model(P=np.ones((3, 1, 3)), r=np.zeros((3, 1)), mu=[1 / 3] * 3, horizon=2, normalize=True)
    assert law.to("rational").system.name == "rational"


def test_the_table_is_long_enough():
    assert len(MODELS) + len(POLICIES) + len(SPARSE) + len(CALLS) >= 60
    assert ar.get_system("rational").name == "rational"
