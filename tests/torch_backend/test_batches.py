"""Big batches in chunks: the same verdicts whatever the limit on memory, which is kept."""

from __future__ import annotations

import numpy as np
import pytest

import iltheory as il
from iltheory.claims.claim import Sizes
from iltheory.claims.kinds import InvalidInstance
from iltheory.engine import batches, memory
from sims import arithmetic as ar
from sims.errors import InvalidArgument

SIZES = {"n_states": 3, "n_actions": 2, "horizon": 4}
CLAIM = "ross-bagnell-2010-thm-2-1"
PLACES = [None, "cpu"]
# Processors sum in different orders. A value, of at most 4, takes 4 steps; in each, 3 + 2 sums and 2 products follow
# one another, with a relative error of 2^-53 each (Higham 2002, section 3.1). A gap is of two values.
ROUNDING = 2 * 4 * (4 * (3 + 2 + 2)) * 2.0**-53


@il.claim(statement=r"J(\pi_E) - J(\pi) \le \tfrac{1}{40} H^2 \epsilon", id="a-fortieth", largest=Sizes(3, 2, 4))
def fortieth(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon**2 * il.error_rate(mdp, expert, learner) / 40


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("arithmetic", ["float64", "interval"])
def test_results_do_not_depend_on_the_limit(arithmetic, place):
    found = [
        il.evaluate_batch(
            fortieth, batches.drawn(fortieth, 1100, **SIZES), arithmetic=arithmetic, device=place, memory=limit
        )
        for limit in (700_000, 3_000_000, 2**30)
    ]
    assert all(one.verdicts.shape == (1100,) for one in found)
    assert 0 < (found[0].verdicts == -1).sum() < 1100
    for other in found[1:]:
        assert np.array_equal(found[0].verdicts, other.verdicts)
        for name in ("lhs", "rhs"):
            assert np.abs(getattr(found[0], name) - getattr(other, name)).max() <= 2 * ROUNDING


@pytest.mark.parametrize("place", PLACES)
def test_the_limit_on_memory_is_kept(place, monkeypatch):
    """By every chunk, measured or not; a call without a limit takes much more."""
    (instance,) = batches.drawn(CLAIM, 128, n_states=6, n_actions=4, horizon=20)
    limit, taken = 800_000, []

    def watched(*args, **options):
        with memory.measured(place) as peak:
            decision = decide(*args, **options)
        taken.append(peak.bytes)
        return decision

    decide = batches.decide
    monkeypatch.setattr(batches, "decide", watched)
    il.evaluate_batch(CLAIM, instance, device=place, memory=limit)
    assert max(taken) < limit and len(taken) > 4
    taken.clear()
    il.evaluate_batch(CLAIM, instance, device=place)
    assert max(taken) > 3 * limit


def test_verdicts_on_a_device_are_those_of_numpy(device):
    """Intervals, then rationals and balls for the ties."""
    instances = list(batches.drawn(fortieth, 24, arithmetic="rational", **SIZES))
    here = il.evaluate_batch(fortieth, iter(instances), arithmetic="auto")
    there = il.evaluate_batch(fortieth, iter(instances), arithmetic="auto", device=device)
    assert np.array_equal(here.verdicts, there.verdicts) and set(here.verdicts) == {-1, 1}
    assert here.op == there.op == "<="


def test_instances_are_drawn_straight_to_a_device_and_do_not_depend_on_how_many(device):
    few = next(batches.drawn(CLAIM, 3, device=device, arithmetic="interval", **SIZES))
    many = next(batches.drawn(CLAIM, 300, **SIZES))
    assert few["mdp"].system == ar.get_system("interval", device=device)
    assert np.array_equal(ar.midpoint(few["mdp"].P), many["mdp"].P[:3])
    assert np.array_equal(ar.midpoint(few["learner"]), many["learner"][:3])
    assert [len(b["expert"]) for b in batches.drawn(CLAIM, 1100, **SIZES)] == [1024, 76]


def test_measured_memory_is_what_numpy_and_torch_hold():
    import torch

    with memory.measured(None) as peak:
        x = np.zeros(10**6)
        x = x + 1
    assert 16e6 <= peak.bytes < 16.1e6
    with memory.measured("cpu") as peak:
        x = torch.zeros(10**6, dtype=torch.float64)
        for _ in range(5):
            y = (x + 1) * 2
            y = y[:3]
    assert 32e6 <= peak.bytes < 32.2e6  # x, x + 1, y and, through a view of it, the y before


def test_the_same_blocks_are_verified_on_a_device(device, tmp_path):
    """The report says on which; a ledger keeps blocks of different devices apart."""
    options = {"n": 16, "budget": 0.01, "ledger": tmp_path / "ledger.sqlite"}
    here, there = il.verify(CLAIM, **options), il.verify(CLAIM, device=device, **options)
    assert here.device is None and there.device.startswith(device)
    assert here.verdict == there.verdict and here.verdict.startswith("holds on")
    assert here.tight_agrees and there.tight_agrees and there.variants_refuted == there.variants > 0
    counted = [[(f.family, f.holds) for f in report.families] for report in (here, there)]
    assert counted[0] == counted[1]
    assert there.worst == pytest.approx(here.worst, abs=1e-12)


def test_bad_input_is_named():
    batch = next(batches.drawn(CLAIM, 8, **SIZES))
    single = {"mdp": batch["mdp"].select(0), "expert": batch["expert"][0], "learner": batch["learner"][0]}
    for message, call in {
        "one instance takes": lambda: il.evaluate_batch(CLAIM, batch, memory=100),
        "memory=0": lambda: il.evaluate_batch(CLAIM, batch, memory=0),
        "arithmetic='double'": lambda: il.evaluate_batch(CLAIM, batch, arithmetic="double"),
        "rational has none": lambda: il.evaluate_batch(CLAIM, batch, arithmetic="rational", device="cpu"),
        "there are none": lambda: il.evaluate_batch(CLAIM, iter([])),
        "is sampled": lambda: il.evaluate_batch("dagger-2011-thm-4-2.sampled", batch),
        "n=0": lambda: next(batches.drawn(CLAIM, 0)),
    }.items():
        with pytest.raises(InvalidArgument, match=message):
            call()
    with pytest.raises(InvalidInstance, match="no value has a batch axis"):
        il.evaluate_batch(CLAIM, single)
    with pytest.raises(InvalidInstance, match=r"batch axes \(5,\)"):
        il.evaluate_batch(CLAIM, {**batch, "expert": batch["expert"][:5], "learner": batch["learner"][:5]})
    assert il.evaluate_batch(CLAIM, {**batch, "expert": batch["expert"][0]}).verdicts.shape == (8,)
