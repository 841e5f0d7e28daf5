"""Verification end to end: it must find planted faults, decide exactly, and mean the words it uses."""

from __future__ import annotations

import itertools
import os
import signal
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from dask_cluster import cluster

import iltheory as il
from iltheory.claims.drawing import Scale
from iltheory.claims.instances import decode, encode
from iltheory.engine.evaluate import decide
from iltheory.engine.executors import dask, processes, serial
from iltheory.engine.ledger import Ledger
from iltheory.engine.report import FamilyReport, Report
from iltheory.engine.verify import InvalidOption, NothingVerified
from sims import families
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED

THEOREM = "ross-bagnell-2010-thm-2-1"


@il.claim(statement=r"J(\pi_E) - J(\pi) \le \tfrac13 H^2 \epsilon")
def third_constant(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    """The constant of supervised learning is one third (it is not)."""
    return il.gap(mdp, expert, learner) <= mdp.horizon**2 * il.error_rate(mdp, expert, learner) / 3


@il.claim(statement=r"J(\pi) = \langle d, r\rangle")
def pairing(mdp: il.FiniteHorizonMDP, pi: il.Policy):
    """The value is the pairing of occupancy and reward."""
    from sims import arithmetic as ar

    return il.equal(il.value(mdp, pi), ar.sum(mdp.occupancy(pi) * mdp.rewards(), (-3, -2, -1)))


@il.claim(statement=r"\log \frac1\gamma = -\log\gamma")
def logarithm(p: il.UnitInterval):
    """An equality between logarithms, which enclosures cannot prove."""
    il.assume(p >= Fraction(1, 100))
    return il.equal(il.log(1 / (p + 1)), -il.log(p + 1))


def draw(claim, size=64, **scale):
    rng = np.random.default_rng(0)
    instance: dict = {}
    for name, kind in claim.parameters.items():
        instance[name] = kind.draw(rng, Scale(size=size, **scale), instance)
    return instance


def test_a_true_theorem_holds_on_all_instances_and_reaches_its_tight_instance():
    report = il.verify(THEOREM, n=2)
    assert report.rung == "instances" and report.undecided == report.refuted == 0
    assert report.verdict == f"holds on {report.instances} instances"
    assert report.tight_ratio == 1 and report.tight_agrees
    assert report.variants_refuted == report.variants >= 2
    assert {"FrozenLake 4x4", "Taxi", "CliffWalking", "cliff", "random mixed"} <= {f.family for f in report.families}


def test_a_false_conjecture_is_refuted_with_an_exact_instance():
    report = il.verify(third_constant, n=2)
    assert report.rung == report.verdict == "refuted"
    found = report.refutation
    assert Fraction(found["lhs"]) > Fraction(found["rhs"])
    instance = decode(third_constant, found["instance"])
    comparison = third_constant(**instance)
    assert comparison.system.name == "rational" and comparison.refuted
    assert (str(Fraction(comparison.lhs)), str(Fraction(comparison.rhs))) == (found["lhs"], found["rhs"])


def test_equalities_are_decided_exactly():
    decision = decide(pairing, draw(pairing), 64)
    assert (decision.verdicts == HOLDS).all()
    assert set(decision.systems) == {"rational"}
    assert not decision.ratios.any()


def test_equalities_of_logarithms_are_consistent_to_a_width_and_nothing_more():
    report = il.verify(logarithm, n=6)
    assert report.rung == "consistent"
    assert 0 < report.width < 1e-100
    assert report.verdict.startswith("consistent to width")
    assert report.not_applicable > 0


@pytest.mark.parametrize(("width", "shown"), [(1.21e-150, "1.3e-150"), (1.2499e-7, "1.3e-07"), (0.5, "5.0e-01")])
def test_a_width_is_never_shown_smaller_than_it_is(width, shown):
    families = (FamilyReport("random mixed", undecided=1),)
    equality = Report("f", "==", "auto", 0, families, width=width)
    sampled = replace(equality, families=(FamilyReport("random mixed", holds=1, undecided=1),), delta=1e-6)
    assert equality.verdict == f"consistent to width {shown} on 1 instances"
    assert sampled.verdict.endswith(f"undecided on 1 to width {shown}")
    assert float(shown) >= width


def test_floats_alone_never_certify():
    report = il.verify(THEOREM, n=1, arithmetic="float64")
    assert report.rung == "none"
    assert report.verdict == "no violation found"


@pytest.mark.parametrize("arithmetic", ["interval", "rational", "ball"])
def test_one_arithmetic_decides_like_the_others_or_leaves_open(arithmetic):
    instance = draw(third_constant, n_states=3, n_actions=2, horizon=3, law="mixed")
    reference = decide(third_constant, instance, 64).verdicts
    alone = decide(third_constant, instance, 64, arithmetic=arithmetic).verdicts
    assert set(np.unique(reference)) <= {HOLDS, REFUTED}
    assert ((alone == reference) | (alone == UNDECIDED)).all()
    assert arithmetic != "rational" or (alone == reference).all()


def test_the_worst_instance_is_reproduced_from_its_coordinates_and_written_out():
    report = il.verify(THEOREM, n=2)
    instance = il.reproduce(THEOREM, report.where)
    claim = il.catalogue()[THEOREM]
    comparison = claim(**instance)
    assert float(comparison.lhs) / float(comparison.rhs) == pytest.approx(report.worst, rel=1e-12)
    assert encode(instance) == report.worst_instance
    again = claim(**decode(claim, report.worst_instance))
    assert Fraction(again.lhs) == Fraction(comparison.lhs)


def test_the_same_seed_gives_the_same_ledger_and_another_seed_another(tmp_path):
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        il.verify(THEOREM, n=2, seed=seed, ledger=tmp_path / name)
        with Ledger(tmp_path / name) as ledger:
            digests.append(ledger.content_digest())
    assert digests[0] == digests[1] != digests[2]


def test_worker_processes_give_the_same_ledger_as_this_process(tmp_path):
    il.verify(THEOREM, n=2, ledger=tmp_path / "here")
    with processes(2) as pool:
        il.verify(THEOREM, n=2, ledger=tmp_path / "there", executor=pool)
    with Ledger(tmp_path / "here") as here, Ledger(tmp_path / "there") as there:
        assert here.content_digest() == there.content_digest()


@pytest.mark.timeout(200)
def test_a_dask_cluster_that_loses_a_worker_gives_the_same_ledger(tmp_path):
    claims = [il.catalogue()[THEOREM]]
    il.verify_all(claims, n=2, ledger=tmp_path / "here", executor=serial())
    with cluster(workers=2) as two:
        victim = two.worker_pids()[0]
        finished = itertools.count(1)

        def kill_one(record) -> None:
            if next(finished) == 5:
                os.kill(victim, signal.SIGKILL)

        with dask(two.address) as executor:
            il.verify_all(claims, n=2, ledger=tmp_path / "there", executor=executor, on_result=kill_one)
    with Ledger(tmp_path / "here") as here, Ledger(tmp_path / "there") as there:
        assert here.content_digest() == there.content_digest()


def test_a_finished_run_is_not_computed_again(tmp_path):
    fresh: list = []
    for _ in range(2):
        fresh.append([])
        claims = [il.catalogue()[THEOREM]]
        il.verify_all(claims, n=2, ledger=tmp_path / "ledger", executor=None, on_result=fresh[-1].append)
    assert fresh[0] and not fresh[1]


def test_a_claim_nobody_can_meet_is_an_error_and_no_pass():
    @il.claim(statement="0 = 1")
    def impossible(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        il.assume(il.value(mdp, pi) < 0)
        return il.value(mdp, pi) <= 0

    with pytest.raises(NothingVerified, match=r"impossible: none of \d+ generated instances"):
        il.verify(impossible, n=4)


def test_assumptions_are_decided_rigorously_too():
    @il.claim(statement="J <= 0 where J <= 0")
    def tautology(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        il.assume(il.value(mdp, pi) <= Fraction(1, 2))
        return il.value(mdp, pi) <= Fraction(1, 2)

    decision = decide(tautology, draw(tautology, horizon=1, law="deterministic"), 64)
    assert set(np.unique(decision.verdicts)) == {1, 2}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arithmetic": "double"}, "arithmetic='double'"),
        ({"n": 0}, "n=0"),
        ({"budget": 0}, "budget=0"),
        ({"budget": -1.0}, r"budget=-1\.0"),
    ],
)
def test_impossible_options_are_named(options, message):
    with pytest.raises(InvalidOption, match=message):
        il.verify(THEOREM, **options)


def test_families_serve_every_claim_kind_they_say_they_serve():
    from iltheory.engine.worlds import worlds

    rng = np.random.default_rng(0)
    for claim in (third_constant, pairing, il.catalogue()[THEOREM]):
        for world in worlds():
            if world.serves(claim) and "Taxi" not in world.name:
                decision = decide(claim, world.draw(claim, rng, 2), 2, arithmetic="interval")
                assert decision.verdicts.shape == (2,)


def test_the_unit_rewards_of_real_tables_keep_their_optimal_policies():
    from iltheory.engine.worlds import unit_rewards

    mdp = families.river_swim(horizon=6).mdp
    paid = mdp.with_rewards(mdp.rewards() * 7 - 3)
    assert (unit_rewards(paid).optimal_policy() == mdp.optimal_policy()).all()
    low, high = il.smallest_reward(unit_rewards(paid)), il.largest_reward(unit_rewards(paid))
    assert low == 0 and high == 1
