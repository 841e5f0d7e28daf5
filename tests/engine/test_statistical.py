"""Statistical claims: decided with the confidence they state, reproducible, refused where they make no sense."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

import iltheory as il
from iltheory.claims.claim import InvalidClaim
from iltheory.claims.kinds import Samples
from iltheory.engine.evaluate import DELTA, NOT_APPLICABLE, decide
from iltheory.engine.ledger import BlockKey
from iltheory.engine.statistical import decide_by_sampling, enclose_by_sampling
from iltheory.engine.verify import _share, _worlds
from sims import arithmetic as ar
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED
from sims.errors import InvalidArgument

DOCS = Path(__file__).parents[2] / "docs"


@il.claim(statement=r"\Pr[\text{head}] \le \tfrac12", samples=4096)
def fair(p: il.UnitInterval):
    """A coin shows heads at most half of the time."""
    heads = float(p)
    return il.sampled_mean(lambda rng, n: rng.random(n) < heads) <= Fraction(1, 2)


@il.claim(statement=r"p q \le \sqrt{p^2 q^2}", samples=512)
def products(p: il.UnitInterval, q: il.UnitInterval):
    """Two expectations, on both sides and within formulas, on a range that is not [0, 1]."""
    il.assume(p >= Fraction(1, 4))
    first = il.sampled_mean(lambda rng, n: 4 * (rng.random(n) < float(p)) - 1, low=-1, high=3)
    second = il.sampled_mean(lambda rng, n: rng.random(n) < float(q))
    return il.equal((first + 1) * second / 4, p * q)


@pytest.mark.parametrize(
    ("heads", "verdict"), [(Fraction(1, 4), HOLDS), (Fraction(3, 4), REFUTED), (Fraction(1, 2), UNDECIDED)]
)
def test_a_coin_is_decided_unless_it_is_fair(heads, verdict):
    decision = decide(fair, fair.bind(heads), 1)
    assert decision.verdicts[0] == verdict
    assert (decision.widths[0] > 0) == (verdict == UNDECIDED)
    ((lhs, rhs),) = decision.enclosures
    assert lhs.sense == "confidence" and lhs.delta == DELTA and lhs.lower <= heads <= lhs.upper
    assert rhs.sense == "exact" or rhs.width == 0


def test_formulas_of_several_expectations_share_the_failure_probability():
    p, q = ar.asarray([Fraction(1, 2)] * 3), ar.asarray([Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)])
    decision = decide(products, products.bind(p, q), 3)
    assert (decision.verdicts == UNDECIDED).all()  # no number of outcomes proves an equality
    for (lhs, _), q in zip(decision.enclosures, (Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)), strict=True):
        assert lhs.lower <= q / 2 <= lhs.upper and lhs.width < Fraction(1, 2) and lhs.delta == DELTA / 3


def test_an_assumption_that_fails_ends_the_sampling():
    found = decide_by_sampling(products, products.bind(0, 1), np.random.default_rng(0), DELTA)
    assert found.samples == 256 and found.met == REFUTED
    assert decide(products, products.bind(0, 1), 1).verdicts[0] == NOT_APPLICABLE


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    instance = fair.bind(ar.asarray([Fraction(1, 5), Fraction(2, 5)]))
    first, again, other = (decide(fair, instance, 2, seed=seed).enclosures for seed in ((1, 2), (1, 2), (1, 3)))
    assert first == again != other
    assert first[0] != first[1]


def test_looking_early_costs_nothing():
    instance = fair.bind(Fraction(1, 2))
    looked = decide_by_sampling(fair, instance, np.random.default_rng(3), DELTA)
    at_once, _ = enclose_by_sampling(fair, instance, np.random.default_rng(3), DELTA)
    assert looked.samples == 4096 and looked.lhs == at_once


def test_all_blocks_there_can_ever_be_spend_no_more_than_delta():
    spent = sum(
        _share(BlockKey("fair", "0" * 16, "auto", world, 0, index, size, "v"))
        for world in _worlds()
        for index in range(50)
        for size in range(1, 50)
    )
    assert DELTA * Fraction(95, 100) < spent < DELTA


def test_reports_use_the_words_of_their_rung(tmp_path):
    held = il.verify("dagger-2011-thm-4-2.sampled", n=1, ledger=tmp_path / "ledger")
    assert held.rung == "confidence" and held.delta == float(DELTA)
    assert held.verdict == f"holds with confidence 1-1e-06 on {held.instances} instances"
    assert held.systems == {"confidence": held.instances} and held.sound and held.variants_refuted == 2
    assert il.verify("dagger-2011-thm-4-2.sampled", n=1, ledger=tmp_path / "ledger") == held
    document = held.to_json()
    assert document["delta"] == 1e-6 and document["rung"] == "confidence"
    assert il.verify("dagger-2011-thm-4-2.sampled", n=1, arithmetic="float64").rung == "none"


def test_a_false_statistical_claim_is_refuted_with_confidence():
    report = il.verify(fair, n=4)
    assert report.rung == "refuted" and report.verdict == "refuted with confidence 1-1e-06"
    assert "with probability at least" in report.refutation["lhs"] and report.refutation["rhs"] == "1/2"


def test_undecided_instances_are_named_beside_those_that_hold():
    @il.claim(statement=r"\Pr[\text{head}] \le p", samples=256)
    def itself_or_one(p: il.UnitInterval):
        """A coin shows heads as often as it does (undecided), or less than always (decided)."""
        half = Fraction(float(p) < 0.5)
        return il.sampled_mean(lambda rng, n: rng.random(n) < float(p) * float(half)) <= p * half + (1 - half)

    report = il.verify(itself_or_one, n=8)
    assert report.rung == "confidence" and 0 < report.undecided < report.instances
    decided = report.instances - report.undecided
    assert report.verdict.startswith(f"holds with confidence 1-1e-06 on {decided} instances, undecided on ")
    assert 0 < report.width < 1


def test_the_example_of_the_documentation_runs_and_holds():
    section = (DOCS / "architecture.md").read_text().partition("## Statistical claims")[2]
    code = re.search(r"```python\n(.*?)```", section, re.S)[1]
    module = {"il": il, "ar": ar, "Fraction": Fraction, "Samples": Samples, "__name__": __name__}
    exec(compile(code, "architecture.md", "exec", dont_inherit=True), module)
    decision = decide(module["empirical_law"], module["empirical_law"].bind([Fraction(1, 3), Fraction(2, 3)], 4), 1)
    assert decision.verdicts[0] == HOLDS


def test_what_makes_no_sense_is_refused_by_name():
    with pytest.raises(InvalidArgument, match="samples=16_384"):
        fair(Fraction(1, 2))
    for samples in (0, -4, True):
        with pytest.raises(InvalidClaim, match="must be a whole number, at least 1"):
            il.claim(statement="x", samples=samples)(fair.function)
    with pytest.raises(InvalidClaim, match="samples='many'"):
        il.claim(statement="x", samples="many")(fair.function)

    def never(p: il.UnitInterval):
        return p <= 1

    with pytest.raises(InvalidClaim, match="asks for no il"):
        decide(il.claim(statement="x", samples=8)(never), {"p": ar.asarray(Fraction(1))}, 1)

    def fickle(p: il.UnitInterval):
        half = il.sampled_mean(lambda rng, n: rng.random(n) < 0.5)
        decided = (half <= Fraction(3, 5)).holds
        return half <= (Fraction(1, 2) if decided else il.sampled_mean(lambda rng, n: rng.random(n) < 0.5))

    with pytest.raises(InvalidClaim, match="asked for 2 sampled means, and with more outcomes for 1"):
        decide(il.claim(statement="x", samples=8192)(fickle), {"p": ar.asarray(Fraction(1))}, 1)

    def outside(p: il.UnitInterval):
        return il.sampled_mean(lambda rng, n: np.full(n, 1.5)) <= p

    with pytest.raises(InvalidArgument, match=r"1\.5, outside \[0, 1\]"):
        decide(il.claim(statement="x", samples=8)(outside), {"p": ar.asarray(Fraction(1))}, 1)

    def too_few(p: il.UnitInterval):
        return il.sampled_mean(lambda rng, n: np.zeros(n - 1)) <= p

    with pytest.raises(InvalidArgument, match=r"returned shape \(7,\)"):
        decide(il.claim(statement="x", samples=8)(too_few), {"p": ar.asarray(Fraction(1))}, 1)

    def no_range(p: il.UnitInterval):
        return il.sampled_mean(lambda rng, n: np.zeros(n), low=1, high=1) <= p

    with pytest.raises(InvalidArgument, match="low < high"):
        decide(il.claim(statement="x", samples=8)(no_range), {"p": ar.asarray(Fraction(1))}, 1)


def wrong_verdicts(repetitions: int, delta: Fraction, heads: Fraction) -> tuple[int, int]:
    """False and right verdicts about a coin, over repetitions."""
    found = np.array(
        [
            decide_by_sampling(fair, fair.bind(heads), np.random.default_rng([7, i]), delta).verdict
            for i in range(repetitions)
        ]
    )
    right = HOLDS if heads <= Fraction(1, 2) else REFUTED
    return int(np.sum(found == -right)), int(np.sum(found == right))


@pytest.mark.parametrize("heads", [Fraction(1, 2), Fraction(13, 25)])
def test_false_verdicts_are_rarer_than_delta(heads):
    delta, repetitions = Fraction(1, 5), 200
    wrong, _ = wrong_verdicts(repetitions, delta, heads)
    assert wrong <= binom.ppf(1 - 1e-6, repetitions, float(delta))


@pytest.mark.slow
@pytest.mark.parametrize("heads", [Fraction(1, 2), Fraction(13, 25)])
def test_false_verdicts_are_rarer_than_delta_over_two_thousand_repetitions(heads):
    delta, repetitions = Fraction(1, 5), 2000
    wrong, right = wrong_verdicts(repetitions, delta, heads)
    # If the rate exceeded delta, so few false verdicts would have a probability below 1e-6.
    assert binom.cdf(wrong, repetitions, float(delta)) < 1e-6
    if heads > Fraction(1, 2):
        assert right > repetitions / 10
