"""Models on torch: every storage, both ends, planning, linear models and batches; and what is refused."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch

from iltheory.claims.drawing import Scale, linear_model, model, rows
from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument
from sims.families.random import dyadic, simplex_rows

ENDS = [{"horizon": 5}, {"discount": Fraction(9, 10)}]
S, A = 5, 3


def table(storage: str, end: dict) -> TabularMDP:
    """One exact model with a batch of none."""
    rng = np.random.default_rng(4)
    following = rng.integers(0, S, (S, A))
    p = (
        np.eye(S)[following]
        if storage == "deterministic"
        else dyadic(simplex_rows(rng, (S, A, S), law="spiky", bits=20), bits=20)
    )
    law = {
        "dense": lambda: p,
        "sparse": lambda: SparseTransitions(*_csr(p), S, A),
        "deterministic": lambda: DeterministicTransitions(following),
    }[storage]()
    mu = dyadic(simplex_rows(rng, (S,), bits=20), bits=20)
    return TabularMDP(
        law, rng.integers(0, 9, (S, A)) / 8, mu, **{k: float(v) if k == "discount" else v for k, v in end.items()}
    )


def _csr(p):
    row, column = np.nonzero(p.reshape(-1, S))
    return np.concatenate([[0], np.cumsum(np.bincount(row, minlength=S * A))]), column, p.reshape(-1, S)[row, column]


def stationary(horizon: bool, size: int = 3) -> np.ndarray:
    return dyadic(simplex_rows(np.random.default_rng(5), (size, *([1] if horizon else []), S, A), bits=12), bits=12)


@pytest.mark.parametrize("storage", ["dense", "sparse", "deterministic"])
@pytest.mark.parametrize("end", ENDS, ids=["horizon", "discount"])
def test_quantities_of_a_model_contain_the_exact_ones(storage, end, device):
    """A batch of policies on one model: in intervals on the device around the rationals, in floats near numpy's."""
    here = table(storage, end)
    pi = stationary("horizon" in end)
    exact, floats, enclosed = here.to("rational"), here.to("float64", device=device), here.to("interval", device=device)
    assert floats.system.device == enclosed.system.device != None  # noqa: E711
    for name in ("occupancy", "v", "q", "advantage", "value"):
        truth = getattr(exact, name)(ar.convert(pi, "rational"))
        assert (ar.compare(getattr(enclosed, name)(pi), "==", ar.convert(truth, "interval", device=device)) != -1).all()
        plain, there = getattr(here, name)(pi), getattr(floats, name)(pi)
        assert np.abs(ar.midpoint(there) - ar.midpoint(plain)).max() <= 1e-13
    assert (
        ar.compare(enclosed.optimal_value(), "==", ar.convert(exact.optimal_value(), "interval", device=device)) != -1
    )
    assert np.array_equal(ar.midpoint(floats.optimal_policy()), ar.midpoint(here.optimal_policy()))
    tau = Fraction(1, 2)
    soft, plain = enclosed.soft_optimal(tau), here.to("interval").soft_optimal(tau)
    assert (ar.compare(soft.value, "==", ar.convert(plain.value, "interval", device=device)) != -1).all()
    assert float(ar.upper(soft.value) - ar.lower(soft.value)) < 1e-9


@pytest.mark.parametrize("discount", [Fraction(1, 2), Fraction(99, 100), Fraction(999999, 1000000)], ids=str)
def test_discounted_solves_are_certified_by_their_residual(discount, device):
    """Also where a device's solver errs: the enclosure comes from the residual, and stays narrow."""
    exact = model(np.random.default_rng(1), Scale(size=4, n_states=4, n_actions=2), finite=False).with_end(
        discount=discount
    )
    pi = rows(np.random.default_rng(2), (4, 4, 2), "mixed", 12)
    enclosure, truth = exact.to("interval", device=device).v(pi), exact.v(pi)
    assert (ar.compare(enclosure, "==", ar.convert(truth, "interval", device=device)) != -1).all()
    assert ((ar.upper(enclosure) - ar.lower(enclosure)) * float(1 - discount) < 1e-11 / float(1 - discount)).all()


@pytest.mark.parametrize("finite", [True, False], ids=["horizon", "discount"])
def test_linear_models_and_batches(finite, device):
    exact = linear_model(
        np.random.default_rng(3), Scale(size=6, n_states=4, n_actions=2, horizon=4, length=2), finite=finite
    )
    shape = (6, 4, 4, 2) if finite else (6, 4, 2)
    pi = rows(np.random.default_rng(4), shape, "mixed", 12)
    there = exact.to("interval", device=device)
    assert type(there) is type(exact) and there.batch_shape == (6,)
    for name in ("value", "occupancy"):
        truth = ar.convert(getattr(exact, name)(pi), "interval", device=device)
        assert (ar.compare(getattr(there, name)(pi), "==", truth) != -1).all()
    assert there.select(slice(1, 3)).batch_shape == (2,)


def test_sums_are_added_up_in_the_same_order_where_bits_are_the_same(real_device):
    """Entry by entry there is one rounding to nearest, whoever rounds: the bits of torch are numpy's."""
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((2, 1000))
    for f in (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: ar.maximum(a, b) - b):
        there = f(*(ar.convert(v, "float64", device=real_device) for v in (x, y)))
        assert np.array_equal(ar.midpoint(there), f(x, y))
    mdp = table("deterministic", {"horizon": 5})
    pi = np.eye(A)[np.zeros(S, dtype=int)]
    there = mdp.to("float64", device=real_device).occupancy(pi)  # one entry a sum, but for the states where two meet
    assert np.array_equal(ar.midpoint(there) > 0, mdp.occupancy(pi) > 0)


def test_a_model_keeps_its_own_tensors(real_device):
    P = torch.full((2, 1, 2), 0.5, dtype=torch.float64, device=real_device)
    r = torch.ones((2, 1), dtype=torch.float32, device=real_device)
    mdp = TabularMDP(P, r, [1, 0], horizon=3)
    P[:], r[:] = 7.0, 7.0
    assert float(mdp.value([[1], [1]])) == 3.0 and mdp.r.dtype == torch.float64


def test_devices_are_not_mixed(device):
    if device == "cpu":
        pytest.skip("the processor is not another device than itself")
    here, there = ar.convert([1.0, 2.0], "interval", device="cpu"), ar.convert([1.0, 2.0], "interval", device=device)
    with pytest.raises(ar.MixedArithmetic, match="bring both to one device"):
        here + there
    with pytest.raises(ar.MixedArithmetic, match="on cpu met ones on"):
        ar.einsum("i,i->", ar.convert([1.0], "float64", device="cpu"), ar.convert([1.0], "float64", device=device))
    assert ar.system_of(ar.convert([1.0, 2.0], "interval"), there) == there.system


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("name", ["cuda", "cuda:3", "meta", "gpu"])
def test_a_device_that_cannot_compute_is_refused(name):
    with pytest.raises(InvalidArgument, match=r"(?s)cannot be used.*'cpu', or none for numpy"):
        table("dense", ENDS[0]).to("interval", device=name)


def test_without_torch_one_line_says_how_to_get_it():
    code = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing)\n"
        "import iltheory as il\n"
        "try: il.verify('pdl', n=1, device='cpu')\n"
        "except Exception as problem: print(type(problem).__name__, problem)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found == "InvalidArgument device='cpu' needs torch.\n  pip install 'iltheory[torch]'\n"
