"""Torch devices: the processor, a stand-in that keeps its memory apart, and a GPU where there is one."""

from __future__ import annotations

import elsewhere
import pytest
import torch

NO_GPU = "no GPU here: torch ran on the processor, and on a stand-in device that imitates no GPU's rounding"
GPU = pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason=NO_GPU))


@pytest.fixture(params=["cpu", elsewhere.NAME, GPU])
def device(request: pytest.FixtureRequest) -> str:
    if request.param == elsewhere.NAME:
        elsewhere.register()
    return str(request.param)


@pytest.fixture(params=["cpu", GPU])
def real_device(request: pytest.FixtureRequest) -> str:
    return str(request.param)
