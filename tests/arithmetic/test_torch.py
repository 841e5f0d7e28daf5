"""Intervals on torch: the same enclosures as on numpy, on the device of their operands."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from exact_intervals import KINDS, RADII, bounded, intervals, mixed, parts

import sims.arithmetic as ar

FUNCTIONS = {
    "add": lambda x, y: x + y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "maximum": ar.maximum,
    "hull": ar.hull,
    "absolute": lambda x, y: abs(x),
    "sum": lambda x, y: ar.sum(ar.reshape(x, (-1, 12)), 1),
    "amax": lambda x, y: ar.amax(ar.reshape(x, (-1, 12)), 1),
    "matvec": lambda x, y: ar.matvec(ar.reshape(x, (-1, 12)), y[:12]),
    "vecmat": lambda x, y: ar.vecmat(y[:12], ar.reshape(x, (12, -1))),
    "einsum": lambda x, y: ar.einsum("ij,kj->ik", ar.reshape(x, (-1, 12)), ar.reshape(y, (-1, 12))),
    "exp": lambda x, y: ar.exp(x),
    "log": lambda x, y: ar.log(abs(x)),
    "sqrt": lambda x, y: ar.sqrt(abs(x)),
    "relative entropy": lambda x, y: ar.relative_entropy(abs(x), abs(y)),
}


def on(device, x):
    return ar.Interval(device).convert(x)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_torch_and_numpy_enclose_the_same_numbers(name, device):
    """The intervals overlap, are bounded alike, and have equal widths up to a few roundings."""
    rng = np.random.default_rng(0)
    x, y = mixed(rng, 5), mixed(rng, 5)
    here, there = FUNCTIONS[name](x, y), FUNCTIONS[name](on(device, x), on(device, y))
    assert there.system == ar.Interval(device) and there.shape == here.shape
    assert np.array_equal(bounded(here), bounded(there))
    (mid, rad), (mid_there, rad_there) = parts(here), parts(there)
    known = bounded(here)
    mid, rad, mid_there, rad_there = (part[known] for part in (mid, rad, mid_there, rad_there))
    with np.errstate(over="ignore"):
        assert (np.abs(mid - mid_there) <= (rad + rad_there) * (1 + 1e-9)).all()
        assert (np.abs(rad - rad_there) <= 1e-9 * rad + 2.0**-50 * np.abs(mid) + 2.0**-1060).all()


@pytest.mark.parametrize("kind", KINDS)
def test_midpoints_of_single_operations_are_the_same_bits(kind, device):
    rng = np.random.default_rng(1)
    for radius in RADII:
        x, y = intervals(rng, kind, radius, (50,)), intervals(rng, kind, radius, (50,))
        for f in ("add", "multiply", "divide"):
            here, there = FUNCTIONS[f](x, y), FUNCTIONS[f](on(device, x), on(device, y))
            for a, b in zip(parts(here), parts(there), strict=True):
                assert np.array_equal(a, b, equal_nan=True)


def test_constants_and_numpy_intervals_move_to_the_device(device):
    x, y = on(device, np.array([0.5, 1.5])), ar.INTERVAL.convert(np.array([2.0, 4.0]))
    for z in (x + 1, x * y, y - x, y / x, ar.maximum(y, x), ar.where(np.array([True, False]), y, x), ar.stack([y, x])):
        assert z.system == ar.Interval(device)
    assert ar.system_of(y, x) == ar.Interval(device) == ar.system_of(x, y)
    assert (x <= y).all() and ar.lower(x).tolist() == [0.5, 1.5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64])
def test_tensors_of_other_types_become_doubles(dtype):
    """Radii are computed for double precision, so nothing may be computed in less."""
    tensor = torch.tensor([1.0, 2.0, 3.0], dtype=dtype)
    for system in (ar.Interval("cpu"), ar.INTERVAL):
        x = system.convert(tensor)
        assert x.mid.dtype in (torch.float64, np.dtype(np.float64))
        third = (x / 3)[0].bounds()
        assert third[0] <= 1 / 3 <= third[1] and third[1] - third[0] < 1e-15
    assert ar.IntervalArray(tensor, torch.zeros(3)).mid.dtype == torch.float64


def test_tensors_are_copied_and_leave_their_graph():
    tensor = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    for system in (ar.Interval("cpu"), ar.INTERVAL):
        x = system.convert(tensor)
        with torch.no_grad():
            tensor[0] = 5.0
        assert ar.lower(x).tolist() == [1.0, 2.0]
        with torch.no_grad():
            tensor[0] = 1.0
    assert not (ar.Interval("cpu").convert(tensor) * 2).mid.requires_grad


def test_indexing_with_numpy_masks_and_integers(device):
    x = on(device, np.arange(12.0).reshape(3, 4))
    plain = np.arange(12.0).reshape(3, 4)
    mask, rows = np.array([True, False, True]), np.array([2, 0])
    for index in (
        0,
        -1,
        np.int64(1),
        slice(1, None),
        (..., 2),
        (None, 1),
        mask,
        rows,
        (rows, 1),
        (slice(None), rows),
        plain > 5,
    ):
        assert np.array_equal(np.asarray(x[index]), plain[index])


def test_pickles_keep_the_device(device):
    x = on(device, np.array([0.5, 1.5])) / 3
    assert pickle.loads(pickle.dumps(x)).system == x.system


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no GPU here: the tests above ran on numpy and torch's CPU only"
)
def test_the_gpu_took_part():
    x = on("cuda", np.array([1.0, 3.0])) / 3
    assert x.system == ar.Interval("cuda:0") and not x.exact
