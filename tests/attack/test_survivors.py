"""What is known of surviving mutants: claims that prove them exist, and large counterexamples are certified."""

from __future__ import annotations

import numpy as np
import pytest

from iltheory.attack.counterexample import certify
from iltheory.attack.mutants import find_mutant
from iltheory.attack.mutation import KNOWN, PROVED, attack_mutants
from iltheory.attack.survivors import LARGE, REASONS
from iltheory.attack.triage import FOLLOWS, REFUTED, triage
from iltheory.claims.registry import catalogue
from iltheory.engine.evaluate import decide
from iltheory.engine.worlds import RandomWorld

PARENTS = sorted({id.partition("~")[0] for id in REASONS})
SHARPER = [
    ("ross-bagnell-2010-thm-2-1", "ross-bagnell-2010-thm-2-1.either-policy"),
    ("ross-bagnell-2010-thm-2-1.horizon-weighted", "ross-bagnell-2010-thm-2-1.either-policy"),
    ("occ-policy-bijection", "occ-policy-bijection.sharper"),
    ("xu-2020-bc.sharper", "xu-2020-bc.either-direction"),
    ("xu-2020-bc.tv", "xu-2020-bc.tv-either-policy"),
    ("xu-2020-gail-js", "xu-2020-gail-js.mixture-chi2"),
    ("aggrevate-2014-thm-2-1", "aggrevate-2014-thm-2-1.sharper"),
]
"""Claims that mutants led to, with the same left side as what they sharpen."""


@pytest.mark.parametrize("parent", PARENTS)
def test_what_is_said_to_be_true_is_a_mutant_that_nothing_refutes(parent):
    ours = [id for id in REASONS if id.partition("~")[0] == parent]
    mutants = tuple(find_mutant(id) for id in ours)
    assert not [look.mutant.claim.id for look in triage(catalogue()[parent], mutants) if look.standing == REFUTED]


def test_the_claims_that_prove_mutants_are_in_the_catalogue():
    assert not {reason.claim for reason in REASONS.values()} - set(catalogue())
    assert all(reason.words for reason in REASONS.values())


@pytest.mark.parametrize("id", LARGE)
def test_large_counterexamples_are_certified_and_beyond_the_sizes_searched(id):
    claim = find_mutant(id).claim
    found = certify(claim, claim.bind_any(LARGE[id]()))
    assert found is not None and found.ratio > 1
    largest, size = claim.largest, found.size
    length = max((len(value) for value in found.instance.values() if isinstance(value, tuple)), default=0)
    assert (size.horizon or 0) > largest.horizon or (size.n_states or 0) > largest.n_states or length > largest.length


def test_a_report_tells_what_is_proved_from_what_follows():
    report = attack_mutants(["lsiq-mixture-chi2.bounded", "occ-policy-bijection.finite"], budget=0)
    proved = {one.id: one for one in report.survivors if one.standing == PROVED}
    assert proved["lsiq-mixture-chi2.bounded~distance"].proof == "lsiq-mixture-chi2.hellinger"
    exchanged = next(one for one in report.survivors if one.id == "occ-policy-bijection.finite~occupancy")
    assert exchanged.standing == FOLLOWS and "exchange" in exchanged.note
    assert sum(tally.proved for tally in report.tallies) == len(proved)


def test_a_known_counterexample_refutes_where_the_first_look_finds_none():
    (one,) = [
        one
        for one in attack_mutants(["aggrevate-2014-thm-2-1.geometric"], budget=0).attacked
        if one.id == "aggrevate-2014-thm-2-1.geometric~constant"
    ]
    assert one.standing == REFUTED and one.stage == KNOWN and one.size is not None


@pytest.mark.parametrize(("claim", "sharper"), SHARPER)
def test_a_sharper_claim_bounds_the_same_by_less(claim, sharper):
    wide, sharp = catalogue()[claim], catalogue()[sharper]
    instance = RandomWorld("mixed").draw(wide, np.random.default_rng(0), 64)
    with np.errstate(all="ignore"):
        loose, tight = (decide(each, instance, 64, arithmetic="float64") for each in (wide, sharp))
    assert np.allclose(loose.lhs, tight.lhs, atol=1e-9)
    assert np.all(tight.rhs <= loose.rhs * (1 + 1e-9) + 1e-9)
    assert np.any(tight.rhs < loose.rhs * (1 - 1e-3))
