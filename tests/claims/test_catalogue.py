"""What every claim of the catalogue must satisfy, whatever it says.

Claims that are computed must be decided exactly and agree in every number system; statistical ones hold with
confidence, and their closed forms lie in narrow enclosures.
"""

from __future__ import annotations

import zlib
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest
from latex2mathml.converter import convert as to_mathml

from iltheory.claims.claim import DERIVED_HERE, STATUSES, Claim
from iltheory.claims.registry import catalogue
from iltheory.engine.evaluate import DELTA, NOT_APPLICABLE, Decision, decide
from iltheory.engine.statistical import enclose_by_sampling
from iltheory.engine.worlds import LAWS, RandomWorld
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED, Enclosure

INSTANCES = 8
TIE = 1e-100
"""Equal irrational sides cannot be decided; balls of 512 bits must find them no further apart than this."""
WIDEST = 0.1
"""Widest enclosure of a sampled side from all its outcomes, relative to the side where that exceeds 1."""

CLAIMS = catalogue()
COMPUTED = [id for id, claim in CLAIMS.items() if not claim.statistical]
STATISTICAL = [id for id, claim in CLAIMS.items() if claim.statistical]
VARIANTS = {variant.id: variant for claim in CLAIMS.values() for variant in claim.false_variants}


def seed(*parts: object) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(str(part).encode()) for part in parts])


def sides(claim: Claim, instance: dict) -> tuple:
    """Both sides, exact where the formula is rational, else in balls of 512 bits."""
    try:
        comparison = claim.evaluate(claim.convert(instance, ar.RATIONAL))
    except ar.NotRepresentable:
        comparison = claim.evaluate(claim.convert(instance, ar.Ball(512)))
    return comparison.lhs, comparison.rhs


def distance(x: object, y: object) -> float:
    """The furthest apart two numbers may be."""
    difference = ar.wrap(x) - y
    return float(np.max(np.abs([ar.lower(difference), ar.upper(difference)])))


@pytest.mark.parametrize("id", CLAIMS)
def test_says_what_it_is_and_where_it_is_from(id):
    claim = CLAIMS[id]
    assert claim.status in STATUSES
    assert claim.source is not None or claim.status == DERIVED_HERE
    assert claim.function.__doc__ and len(claim.function.__doc__.strip().splitlines()) > 1
    assert all(kind is not None for kind in claim.parameters.values())


@pytest.mark.parametrize("id", CLAIMS)
def test_statement_renders(id):
    root = ElementTree.fromstring(to_mathml(CLAIMS[id].statement))
    unknown = [e.text for e in root.iter() if e.text and e.text.lstrip().startswith("\\")]
    assert not unknown


@pytest.mark.parametrize("id", COMPUTED)
def test_tight_instance_has_its_closed_forms(id):
    claim = CLAIMS[id]
    assert claim.tight is not None
    tight = claim.tight()
    instance = claim.bind_any(tight.instance)
    for side, form in zip(sides(claim, instance), (tight.lhs, tight.rhs), strict=True):
        assert distance(side, form) <= TIE
        assert np.all(ar.equal(side, form).verdicts != REFUTED)
    assert np.all(decide(claim, instance, 1).verdicts != REFUTED)


@pytest.mark.parametrize("id", STATISTICAL)
def test_tight_instance_of_a_statistical_claim_has_its_closed_forms(id):
    claim = CLAIMS[id]
    tight = claim.tight()
    instance = claim.bind_any(tight.instance)
    sides = enclose_by_sampling(claim, instance, seed(id), DELTA)
    for side, form in zip(sides, (tight.lhs, tight.rhs), strict=True):
        exact = Enclosure.of(form)
        assert side.compare("==", exact) != REFUTED
        assert side.width <= WIDEST * max(1, exact.upper)
    assert decide(claim, instance, 1).verdicts[0] == HOLDS


@pytest.mark.parametrize("id", CLAIMS)
def test_has_false_variants(id):
    names = [variant.id for variant in CLAIMS[id].false_variants]
    assert len(set(names)) == len(names) >= 2


@pytest.mark.parametrize("id", VARIANTS)
def test_false_variant_is_refuted_on_a_small_instance(id):
    variant = VARIANTS[id]
    instance = variant.bind_any(variant.counterexample())
    assert np.all(decide(variant, instance, 1).verdicts == REFUTED)
    for value in instance.values():
        if hasattr(value, "n_states"):
            assert value.n_states <= 4 and value.n_actions <= 4 and (value.horizon or 1) <= 4
            assert value.system == ar.RATIONAL


@cache
def drawn(id: str, law: str) -> tuple[dict, Decision]:
    """Random instances of one law, and the verdicts on them."""
    instance = RandomWorld(law).draw(CLAIMS[id], seed(id, law), INSTANCES)
    return instance, decide(CLAIMS[id], instance, INSTANCES)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("id", COMPUTED)
def test_holds_on_random_instances(id, law):
    claim = CLAIMS[id]
    instance, decision = drawn(id, law)
    assert not np.any(decision.verdicts == REFUTED)
    for position in np.flatnonzero(decision.verdicts == UNDECIDED):
        lhs, rhs = sides(claim, claim.select(instance, position))
        assert ar.system_of(lhs, rhs).name == "ball", "a rational formula is always decided"
        assert distance(lhs, rhs) <= TIE


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("id", STATISTICAL)
def test_a_statistical_claim_holds_with_confidence_on_random_instances(id, law):
    _, decision = drawn(id, law)
    applicable = decision.verdicts != NOT_APPLICABLE
    assert not np.any(decision.verdicts == REFUTED)
    assert np.sum(decision.verdicts == HOLDS) >= np.sum(applicable) / 2
    assert np.all(decision.widths[decision.verdicts == UNDECIDED] <= WIDEST * np.maximum(1, decision.rhs).max())


@pytest.mark.parametrize("id", CLAIMS)
def test_is_not_vacuous(id):
    assert any(np.any(drawn(id, law)[1].verdicts != NOT_APPLICABLE) for law in LAWS)


@pytest.mark.parametrize("id", COMPUTED)
def test_a_batch_is_its_instances_one_by_one(id):
    claim = CLAIMS[id]
    instance = RandomWorld("mixed").draw(claim, seed(id), 3)
    together = decide(claim, instance, 3)
    for i in range(3):
        alone = decide(claim, claim.select(instance, i), 1)
        assert alone.verdicts[0] == together.verdicts[i]
        for side in ("lhs", "rhs"):
            one, three = getattr(alone, side)[0], getattr(together, side)[i]
            assert np.isclose(one, three, rtol=1e-6, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("id", COMPUTED)
def test_float64_agrees_with_the_rigorous_systems(id):
    claim = CLAIMS[id]
    instance, rigorous = drawn(id, "uniform")
    floats = decide(claim, instance, INSTANCES, arithmetic="float64")
    # A plain array on the left of a quantity makes Python turn the comparison round.
    sides = ("lhs", "rhs") if floats.op == rigorous.op else ("rhs", "lhs")
    for mine, theirs in zip(sides, ("lhs", "rhs"), strict=True):
        x, y = getattr(floats, mine), getattr(rigorous, theirs)
        assert np.allclose(x, y, rtol=1e-6, atol=1e-9, equal_nan=True)
