"""Calibration where the truth is known: wrong verdicts are rarer than stated, planted faults are caught."""

from __future__ import annotations

import importlib
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import beta

import iltheory as il
from iltheory.measures import betting_sequence
from sims import arithmetic as ar
from sims import families
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP, Simulator, Step, TabularPolicy, TabularSimulator, sampled_table

DELTA = Fraction(1, 10)
REPETITIONS = 2000
MODEL, EXPERT, LEARNER = families.cliff(horizon=2, error=Fraction(1, 4))
WORLD, PI, OTHER = sampled_table(MODEL), TabularPolicy(EXPERT), TabularPolicy(LEARNER)
VALUE = Fraction(il.value(MODEL, LEARNER))
RATIO = Fraction(il.gap(MODEL, EXPERT, LEARNER)) / Fraction(il.error_rate(MODEL, EXPERT, LEARNER))
SLIGHT = Fraction(1, 10**6)


@il.claim(statement="J <= its value", sampled=True)
def tie(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    """True with equality: to refute it is wrong."""
    return il.value(mdp, learner) <= VALUE


@il.claim(statement="gap >= its multiple of the error rate", sampled=True)
def tie_of_two(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    """True with equality, of a formula of two expectations."""
    return il.gap(mdp, expert, learner) >= RATIO * il.error_rate(mdp, expert, learner)


@il.claim(statement="J <= a little less than its value", sampled=True)
def just_false(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    """False by a little: to find that it holds is wrong."""
    return il.value(mdp, learner) <= VALUE - SLIGHT


WRONG = {"tie": "refuted", "tie-of-two": "refuted", "just-false": "holds"}


def any_wrong(report) -> bool:
    """Whether any verdict of a run is wrong."""
    return any(verdict.outcome == WRONG[verdict.claim] for verdict in report.verdicts)


def at_most(count: float, repetitions: int, confidence: float = 0.999) -> float:
    """Clopper-Pearson upper bound on a probability."""
    return float(beta.ppf(confidence, count + 1, repetitions - count))


@pytest.mark.timeout(600)
def test_wrong_verdicts_are_rarer_than_delta_over_two_thousand_runs():
    claims = [tie, tie_of_two, just_false]
    runs = [il.verify_sampled(claims, WORLD, (PI, OTHER), delta=DELTA, samples=256, seed=s) for s in range(REPETITIONS)]
    wrong = sum(any_wrong(report) for report in runs)
    assert at_most(wrong, REPETITIONS) < DELTA
    # What is measured is not zero by construction: every run's enclosures move with its seed.
    assert len({float(report.verdicts[0].lhs.lower) for report in runs}) > 20


def test_looking_after_every_doubling_is_paid_for():
    # Fixed-size intervals of the same level, looked at as often, are wrong far more often than delta.
    rng = np.random.default_rng(0)
    returns = WORLD.roll(OTHER, 300 * 2048, rng).returns.reshape(300, 2048)
    ever = np.zeros(300, dtype=bool)
    for n in 2 ** np.arange(4, 12):
        seen = returns[:, :n]
        ever |= np.abs(seen.mean(1) - float(VALUE)) > 1.645 * seen.std(1) / np.sqrt(n)
    assert ever.mean() > 2 * float(DELTA)
    lower, upper = betting_sequence(returns / 2, DELTA)
    assert at_most(int(np.sum((lower > VALUE / 2) | (upper < VALUE / 2))), 300) < 0.15


def power(claim, samples: int, repetitions: int, **options) -> float:
    runs = [
        il.verify_sampled(claim, WORLD, (PI, OTHER), delta=DELTA, samples=samples, seed=s, **options)
        for s in range(repetitions)
    ]
    return float(np.mean([run.verdicts[0].outcome in ("holds", "refuted") for run in runs]))


def test_power_grows_to_one_where_sides_differ():
    @il.claim(statement="J <= its value + 1/10", sampled=True)
    def apart(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
        """True by a tenth."""
        return il.value(mdp, learner) <= VALUE + Fraction(1, 10)

    shares = [power(apart, samples, 60) for samples in (128, 1024, 4096)]
    assert shares[0] < 0.2 < shares[1] < 0.9 < shares[2]


# Planted faults.


class Wrong(Simulator):
    """A tabular model with a fault: a time limit that it calls termination, or other rewards."""

    def __init__(self, n: int, *, ends_after: int | None = None, scale: float = 1.0) -> None:
        self.right = TabularSimulator(MODEL, n)
        self.n, self.spaces, self.ends_after, self.scale = n, self.right.spaces, ends_after, scale

    def reset(self, rng):
        self.time = 0
        return self.right.reset(rng)

    def step(self, actions):
        self.time += 1
        observations, rewards, terminated = self.right.step(actions)
        return Step(observations, self.scale * rewards, terminated | (self.time == self.ends_after))


def world(horizon: int = 2, **fault) -> SampledMDP:
    return SampledMDP(lambda n: Wrong(n, **fault), horizon=horizon, rewards=(0, 1), name="faulty", spaces=WORLD.spaces)


def agrees(of: SampledMDP) -> bool:
    """Whether the enclosure of the value contains the truth: the check that every simulator must pass."""
    with il.Sampling(np.random.default_rng(0), 1e-6, 4096).evaluation():
        found = il.value(of, OTHER)
    return bool(ar.lower(found) <= float(VALUE) <= ar.upper(found))


def test_the_check_passes_without_a_fault():
    assert agrees(WORLD) and agrees(world())


@pytest.mark.parametrize(
    "fault",
    [{"ends_after": 1}, {"horizon": 1}, {"scale": 0.8}],
    ids=["truncation is termination", "one step short", "bias"],
)
def test_faulty_worlds_are_caught(fault):
    assert not agrees(world(**fault))


def test_a_biased_estimator_is_caught(monkeypatch):
    quantity = importlib.import_module("iltheory.measures.quantity")  # the package has a function of this name
    key = "iltheory.measures.values.value"
    right = quantity._counterparts[key]
    monkeypatch.setitem(quantity._counterparts, key, lambda mdp, pi: right(mdp, pi) * Fraction(9, 10))
    assert not agrees(WORLD)


def test_a_forgotten_clip_is_caught(monkeypatch):
    # Rewards of 1.5 are paid as 1: with the clip the value is the truth's, without it outcomes leave their range.
    generous = world(scale=1.5)
    clipped = generous.roll(OTHER, 100, np.random.default_rng(0))
    assert clipped.clipped > 0 and agrees(generous)
    monkeypatch.setattr(SampledMDP, "_rewards", lambda self, raw, step: (raw, 0))
    with pytest.raises(InvalidArgument, match="outside"):
        agrees(generous)
