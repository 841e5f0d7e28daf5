"""Every computed claim of the catalogue on torch: floats as numpy's, intervals around the exact value."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from claim_instances import draw, sides, spread

import iltheory as il
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED

SIZE = 2
ROUNDING = 2.0**-44
"""By how much floats may differ, of the value or of 1, beyond how wide the enclosure is."""

COMPUTED = {id: claim for id, claim in il.catalogue().items() if not claim.statistical}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("id", COMPUTED)
def test_floats_agree_and_intervals_enclose(id, real_device):
    """Torch's floats are numpy's but for the order of sums; its intervals contain the exact value."""
    claim = COMPUTED[id]
    instance = draw(claim, size=SIZE)
    floats, enclosed = (sides(claim, instance, system(real_device)) for system in (ar.Float64, ar.Interval))
    plain, rigorous, exact = (
        sides(claim, instance, ar.FLOAT64),
        sides(claim, instance, ar.INTERVAL),
        _exact(claim, instance),
    )
    for k in (0, 1):
        there, here = (spread(ar.midpoint(side[k]), SIZE) for side in (floats, plain))
        low, high = (spread(bound(rigorous[k]), SIZE) for bound in (ar.lower, ar.upper))
        known, slack = np.isfinite(here), ROUNDING * np.maximum(1, np.abs(here)) + (high - low)
        assert np.array_equal(known, np.isfinite(there))
        assert (np.abs(here - there) <= slack)[known].all()
        inside, expected = ((low - slack <= x) & (x <= high + slack) for x in (there, here))
        assert inside[expected].all()
        for inner, outer in zip(_bounds(exact[k]), _bounds(enclosed[k]), strict=True):
            assert outer[0] <= inner[1] and inner[0] <= outer[1]
    for verdicts in zip(*(spread(found.verdicts, SIZE) for found in (enclosed, rigorous, exact)), strict=True):
        assert not {HOLDS, REFUTED} <= set(verdicts)


def _exact(claim, instance):
    """Both sides as exact rationals, in balls of 128 bits if they are irrational."""
    try:
        return sides(claim, instance, ar.RATIONAL)
    except (ar.NotRepresentable, ZeroDivisionError):
        return sides(claim, instance, ar.Ball(128))


def _bounds(x):
    """Exact ends of each entry."""
    numbers = ar.broadcast_to(ar.asarray(ar.coerce_all(x)[1][0]), (SIZE,))
    return [numbers[i].bounds() for i in range(SIZE)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("system", ["float64", "interval"])
def test_no_claim_reads_or_mixes_memory_of_another_device(system, device):
    """A part of the catalogue; the slow test takes all of it."""
    for claim in list(COMPUTED.values())[:: 6 if system == "float64" else 24]:
        _on_the_processor_and_on(device, claim, system)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("id", COMPUTED)
def test_no_claim_at_all_reads_or_mixes_memory_of_another_device(id, device):
    for system in ("float64", "interval"):
        _on_the_processor_and_on(device, COMPUTED[id], system)


def _on_the_processor_and_on(device, claim, system):
    instance = draw(claim, size=2, largest=2)
    there, here = (sides(claim, instance, ar.get_system(system, device=place)) for place in (device, "cpu"))
    for k in (0, 1):
        x, y = (spread(ar.midpoint(side[k]), 2) for side in (there, here))
        known = np.isfinite(y)
        assert (np.abs(x - y) <= ROUNDING * np.maximum(1, np.abs(y)))[known].all(), claim.id


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: rounding on CUDA is assumed, not checked")
def test_the_gpu_took_part():
    claim = COMPUTED["ross-bagnell-2010-thm-2-1"]
    comparison = claim.evaluate(claim.convert(draw(claim), ar.get_system("interval", device="cuda")))
    assert ar.system_of(comparison.lhs) == ar.Interval("cuda:0")
