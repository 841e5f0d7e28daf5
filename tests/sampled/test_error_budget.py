"""The error budget of a run: twenty ties together are rarely wrong, and often where none shares it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import beta, binom

import iltheory as il
from iltheory.engine import sampled_worlds
from iltheory.measures import betting_sequence, confidence, sampled
from iltheory.measures.sampled import Sampling
from sims import families
from sims.arithmetic import HOLDS, REFUTED, UNDECIDED
from sims.sampled import TabularPolicy, sampled_table

DELTA = Fraction(1, 10)
TIES = 20
LOOKS = (16, 32, 64, 128, 256)
FAIR = Fraction(255, 512)
"""Mean of the coins, halfway between two points of the grid below."""
WORLD = sampled_table(families.cliff(horizon=1, error=Fraction(1, 4)).mdp)


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Ends of enclosures on a grid of 1/256, as outward as ever, and looks at fewer outcomes: as right, and faster."""
    monkeypatch.setattr(confidence, "HALVINGS", 8)
    monkeypatch.setattr(sampled_worlds, "FIRST", LOOKS[0])


def coin(i: int, mean: Fraction = FAIR) -> il.Claim:
    @il.claim(id=f"coin-{i}", statement="p = 255/512", sampled=True)
    def tie(mdp: il.FiniteHorizonMDP):
        """An equality: only samples that mislead refute it if the mean is the stated one, and none show it."""
        return il.sampled_mean(lambda rng, n: rng.random(n) < float(mean)) == FAIR

    return tie


def most(count: int, repetitions: int) -> float:
    """Clopper-Pearson upper bound of 99.9 % on a probability."""
    return float(beta.ppf(0.999, count + 1, repetitions - count))


def least(count: int, repetitions: int) -> float:
    return float(beta.ppf(0.001, count, repetitions - count + 1))


COIN = coin(0)


# Mutants: nothing shares delta, or each claim is discovered by itself.


def all_of_it(self: Sampling, mean) -> Fraction:
    return self.delta


def by_itself(monkeypatch) -> None:
    look, at_level = sampled_worlds._look, sampled_worlds._at_level
    monkeypatch.setattr(
        sampled_worlds, "_look", lambda case, run, level=None: look(case, run, None if level is None else DELTA)
    )
    monkeypatch.setattr(sampled_worlds, "_at_level", lambda case, run, level: at_level(case, run, DELTA))


def wrong_runs(control: str, repetitions: int) -> int:
    """Number of runs of the engine with a verdict; each is wrong, and then all of those given are."""
    ties = [coin(i) for i in range(TIES)]
    runs = (
        il.verify_sampled(ties, WORLD, (), delta=DELTA, samples=LOOKS[-1], seed=s, control=control)
        for s in range(repetitions)
    )
    return sum(any(verdict.outcome == "refuted" for verdict in run.verdicts) for run in runs)


@pytest.mark.parametrize("control", ["union", "e-bh"])
def test_runs_of_many_ties_see_the_budget(control, monkeypatch):
    repetitions = 20
    rare = binom.ppf(0.999, repetitions, float(DELTA))
    assert wrong_runs(control, repetitions) <= rare
    monkeypatch.setattr(Sampling, "_share", all_of_it) if control == "union" else by_itself(monkeypatch)
    assert wrong_runs(control, repetitions) > rare


# Two thousand repetitions of such a run, of its sequences and its procedure alone.


def outcomes(tie: int, repetitions: int):
    return np.random.default_rng(tie).random((repetitions, LOOKS[-1])) < float(FAIR)


def missed(outcomes, delta: Fraction, **options):
    lower, upper = betting_sequence(outcomes, delta, **options)
    return (lower > FAIR) | (upper < FAIR)


@contextmanager
def levels(monkeypatch):
    """With which delta each expectation is enclosed, by it and whether the whole sequence counts."""
    found, enclose = {}, sampled._Mean.enclose

    def recorded(mean, delta, tuned_for, running):
        found.setdefault((mean, running), delta)
        return enclose(mean, delta, tuned_for, running)

    with monkeypatch.context() as patch:
        patch.setattr(sampled._Mean, "enclose", recorded)
        yield found


def shares(monkeypatch) -> list[Fraction]:
    """Which delta the engine gives each of the ties."""
    with levels(monkeypatch) as found:
        il.verify_sampled([coin(i) for i in range(TIES)], WORLD, (), delta=DELTA, samples=LOOKS[0])
    return list(found.values())


def ever_wrong(deltas: list[Fraction], repetitions: int) -> int:
    """How often one of the sequences ever misses its mean."""
    wrong = np.zeros(repetitions, dtype=bool)
    for i, delta in enumerate(deltas):
        wrong |= missed(outcomes(i, repetitions), delta)
    return int(np.sum(wrong))


def test_sequences_of_one_run_are_wrong_less_often_than_delta_over_two_thousand_runs(monkeypatch):
    assert most(ever_wrong(shares(monkeypatch), 2000), 2000) < DELTA
    monkeypatch.setattr(Sampling, "_share", all_of_it)
    assert least(ever_wrong(shares(monkeypatch), 300), 300) > 4 * DELTA


def ranks(repetitions: int):
    """Of every tie at every look the least k at which its bets have earned ``TIES / (k DELTA)``; ``[L, n, TIES]``."""
    found = np.full((len(LOOKS), repetitions, TIES), TIES + 1)
    for i in range(TIES):
        for rank, look in zip(found[..., i], LOOKS, strict=True):
            x = outcomes(i, repetitions)[:, :look]
            for k in range(TIES, 0, -1):
                level = {"delta": k * DELTA / TIES, "tuned_for": DELTA / TIES, "running": False}
                some = np.flatnonzero(rank == k + 1)
                rank[some[missed(x[some], **level)]] = k
    return found


def discover(rank, closed, monkeypatch, asked=lambda level: level, met=(HOLDS,) * TIES) -> list[bool]:
    """Which cases are given a verdict, where ``asked`` says which level is asked of the bets for which one."""

    def at_level(case, run, level):
        return REFUTED if rank[case.number] * DELTA <= asked(level) * TIES else UNDECIDED

    cases = [
        sampled_worlds._Case(COIN, {}, i, verdict=REFUTED if early else UNDECIDED, met=outcome, open=not early)
        for i, (early, outcome) in enumerate(zip(closed, met, strict=True))
    ]
    with monkeypatch.context() as patch:
        patch.setattr(sampled_worlds, "_at_level", at_level)
        sampled_worlds._discover(cases, None, DELTA)
    return [case.verdict == REFUTED for case in cases]


def discovered(found, monkeypatch, asked: Callable[[Fraction], Fraction]) -> int:
    """Number of runs with a discovery; a case is closed at the first look at which its bets have earned enough."""
    enough = int(asked(DELTA / TIES) * TIES / DELTA)
    return sum(
        any(discover(rank[-1].tolist(), (rank.min(axis=0) <= enough).tolist(), monkeypatch, asked))
        for rank in np.moveaxis(found, 1, 0)
    )


@pytest.mark.parametrize("seed", range(20))
def test_discoveries_are_those_of_the_e_benjamini_hochberg_procedure(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    rank = np.ceil(rng.random(TIES) ** rng.uniform(0.3, 2) * (TIES + 1)).astype(int).tolist()
    met = [UNDECIDED if tails else HOLDS for tails in rng.random(TIES) < 0.2]
    e = [Fraction(TIES, one) / DELTA if one <= TIES else Fraction(0) for one in rank]
    tried = sorted((x for x, outcome in zip(e, met, strict=True) if outcome == HOLDS), reverse=True)
    k = max((k for k, x in enumerate(tried, 1) if k * x >= TIES / DELTA), default=0)
    wanted = [outcome == HOLDS and k * x >= TIES / DELTA for x, outcome in zip(e, met, strict=True)]
    assert discover(rank, [False] * TIES, monkeypatch, met=met) == wanted


def test_false_discoveries_are_rarer_than_delta_over_two_thousand_runs(monkeypatch):
    found = ranks(2000)
    assert most(discovered(found, monkeypatch, lambda level: level), 2000) < DELTA
    assert least(discovered(found[:, :300], monkeypatch, lambda level: DELTA), 300) > 4 * DELTA


def test_power_is_not_what_pays_for_it():
    # Half of the coins are not as stated; a run refutes most of these, and more where false discoveries are counted.
    claims = [coin(i, FAIR if i % 2 else Fraction(7, 20)) for i in range(TIES)]
    runs, shares = 8, {}
    for control in ("union", "e-bh"):
        reports = [
            il.verify_sampled(claims, WORLD, (), delta=DELTA, samples=LOOKS[-1], seed=s, control=control)
            for s in range(runs)
        ]
        found = [verdict.outcome == "refuted" for report in reports for verdict in report.verdicts[::2]]
        shares[control] = float(np.mean(found))
    assert 0.6 < shares["union"] < shares["e-bh"]


# Who shares what.


@pytest.mark.parametrize("control", ["union", "e-bh"])
@pytest.mark.parametrize(("claim", "expectations"), [("ross-bagnell-2010-thm-2-1", 2), ("rajaraman-2020-reduction", 5)])
def test_what_a_claim_spends_on_its_expectations_is_all_there_is(control, claim, expectations, monkeypatch):
    # With e-bh: what each of m bets has to earn for a verdict, m times as much as their mean.
    mdp, *tables = families.cliff(horizon=4, error=Fraction(1, 4))
    policies = tuple(map(TabularPolicy, tables))
    with levels(monkeypatch) as found:
        il.verify_sampled(claim, sampled_table(mdp), policies, delta=DELTA, samples=LOOKS[0], control=control)
    spent = [delta for (_, running), delta in found.items() if running == (control == "union")]
    assert len(spent) == expectations and sum(spent) == DELTA


def test_expectations_of_unknown_number_leave_something_for_the_next(monkeypatch):
    with levels(monkeypatch) as found, Sampling(np.random.default_rng(0), DELTA, 4).evaluation():
        for _ in range(TIES):
            il.sampled_mean(lambda rng, n: rng.random(n))
    assert len(found) == TIES and sum(found.values()) == DELTA * TIES / (TIES + 1)


def test_evidence_is_what_bets_have_earned_now_and_not_before():
    run, half = Sampling(np.random.default_rng(0), DELTA, 32, quantities=Fraction(1)), Fraction(1, 2)

    def mean():
        with run.evaluation():
            return il.sampled_mean(lambda rng, n: np.repeat([1, 0], n // 2))

    assert (mean() >= half).holds  # after the ones that come first
    with run.evidence(DELTA, Fraction(1)):
        assert not (mean() >= half).holds
