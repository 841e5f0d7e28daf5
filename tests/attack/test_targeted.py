"""Hypothesis as a search: it refutes planted faults, repeats itself, stops in time and orders what it found."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest

from iltheory.attack.counterexample import certify
from iltheory.attack.targeted import KEPT, targeted
from iltheory.claims.claim import Sizes
from iltheory.claims.instances import encode
from iltheory.claims.registry import catalogue
from sims.errors import InvalidArgument

SMALL = Sizes(n_states=2, n_actions=2, horizon=2, length=2)


def variant(id: str) -> Any:
    return next(v for v in catalogue()[id.partition("/")[0]].false_variants if v.id == id)


@pytest.mark.parametrize(
    "id",
    [
        "ross-bagnell-2010-thm-2-1/half-the-constant",
        "xu-2020-bc.tv/rewards-of-either-sign",
        "iq-continuous/three-times-as-far",
        "swamy-2021-instances/without-the-step-of-the-mistake",
    ],
)
def test_false_variants_are_refuted_after_certification(id):
    found, searched = targeted(variant(id), seed=0, seconds=math.inf, largest=SMALL, most=250)
    assert any(certify(variant(id), instance) for instance in found)
    assert searched.stage == "hypothesis" and searched.instances <= 250


def test_no_instance_of_a_theorem_is_a_counterexample_and_the_ratio_comes_close_to_one():
    claim = catalogue()["ross-bagnell-2010-thm-2-1"]
    found, searched = targeted(claim, seed=1, seconds=math.inf, largest=SMALL, most=600)
    assert len(found) == KEPT and not any(certify(claim, instance) for instance in found)
    assert 0.9 <= searched.ratio <= 1 + 1e-9


def test_the_same_seed_gives_the_same_instances_and_another_one_others():
    claim = catalogue()["ross-bagnell-2010-thm-2-1"]

    def run(seed: int) -> list[str]:
        found, _ = targeted(claim, seed=seed, seconds=math.inf, largest=SMALL, most=60)
        return [json.dumps(encode(instance)) for instance in found]

    first = run(0)
    assert run(0) == first and run(1) != first
    assert len(set(first)) == len(first)


def test_it_stops_when_the_time_is_up():
    start = time.perf_counter()
    _, searched = targeted(catalogue()["ross-bagnell-2010-thm-2-1"], seed=0, seconds=0.5)
    assert searched.instances >= 1 and 0.5 <= time.perf_counter() - start < 10


def test_arguments_that_cannot_be_served_are_refused():
    statistical = next(claim for claim in catalogue().values() if claim.statistical)
    with pytest.raises(InvalidArgument, match="statistical"):
        targeted(statistical, seed=0, seconds=1)
    for seconds in (0, math.inf, math.nan):
        with pytest.raises(InvalidArgument, match="seconds"):
            targeted(catalogue()["ross-bagnell-2010-thm-2-1"], seed=0, seconds=seconds)
