"""Where intervals live: numpy, torch on the processor, and torch on a GPU where there is one."""

from __future__ import annotations

import pytest
import torch

DEVICES = {"numpy": None, "cpu": "cpu"} | ({"cuda": "cuda:0"} if torch.cuda.is_available() else {})


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str | None:
    return DEVICES[request.param]
