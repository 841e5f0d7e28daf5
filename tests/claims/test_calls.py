"""Claims called like functions, in every number system; assumptions and truth values outside of the engine."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory.claims.claim import AssumptionViolated, InvalidClaim
from iltheory.claims.instances import decode, encode
from iltheory.claims.kinds import InvalidInstance
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import NotSingle, UndecidedComparison

H, EPS = 5, Fraction(1, 10)
THEOREM = il.catalogue()["ross-bagnell-2010-thm-2-1"]
GAP = H - (1 - EPS) * (1 - (1 - EPS) ** H) / EPS  # of the cliff


def cliff():
    return families.cliff(horizon=H, error=EPS)


@il.claim(statement="J <= 3 where J >= 1")
def guarded(mdp: il.FiniteHorizonMDP, pi: il.Policy, most=3):
    il.assume(il.value(mdp, pi) >= 1)
    return il.value(mdp, pi) <= most


@pytest.mark.parametrize("name", ["rational", "interval", "ball", "float64"])
def test_a_call_answers_in_the_system_of_the_instance(name):
    answer = THEOREM(*cliff().to(name))
    assert answer.system.name == name and bool(answer) and answer.op == "<="
    for side, truth in ((answer.lhs, GAP), (answer.rhs, H**2 * EPS)):
        assert not np.any(ar.equal(side, truth).refuted) or name == "float64"
        assert float(side) == pytest.approx(float(truth), rel=1e-14)


def test_a_call_on_rationals_gives_both_sides_exactly():
    answer = THEOREM(*cliff())
    assert (Fraction(answer.lhs), Fraction(answer.rhs)) == (GAP, H**2 * EPS)


def test_a_call_by_name_and_with_a_batch_of_learners():
    mdp, expert, learner = cliff()
    learners = ar.stack([mdp.policy(learner), mdp.policy(expert)])
    answer = THEOREM(learner=learners, expert=expert, mdp=mdp)
    assert answer.verdicts.tolist() == [1, 1]
    assert [Fraction(side) for side in answer.lhs] == [GAP, 0]


def test_a_violated_assumption_says_where_and_by_how_much():
    mdp, expert, learner = cliff()
    idle = mdp.with_rewards(0 * mdp.rewards())
    with pytest.raises(AssumptionViolated, match=r"guarded: the assumption «il.assume» fails: 0 >= 1 is false\."):
        guarded(idle, learner)
    always_wrong = np.tile([0, 1], (mdp.n_states, 1))
    learners = ar.stack([mdp.policy(expert), mdp.policy(always_wrong)])
    with pytest.raises(AssumptionViolated, match=r"0 >= 1 is false in instance 1\."):
        guarded(mdp, learners)


def test_parameters_with_defaults_keep_them():
    mdp, expert, _ = cliff()
    assert not guarded(mdp, expert)
    with pytest.raises(InvalidInstance, match=r"guarded takes \(mdp, pi\)"):
        guarded(mdp, expert, most=5)
    assert list(guarded.parameters) == ["mdp", "pi"]


def test_assume_outside_of_a_claim_raises_only_what_is_certain():
    narrow, wide = ar.convert([1], "interval"), ar.convert([1 / 3], "interval") * 3
    il.assume(narrow >= 1)
    il.assume(wide >= 1)  # undecided
    il.assume([True, True])
    with pytest.raises(AssumptionViolated, match=r"fails: .* > 1 is false in instance 0\."):
        il.assume(narrow > 1)
    with pytest.raises(AssumptionViolated, match="it is false in instance 2"):
        il.assume(np.array([True, True, False]))
    for nothing in (None, 1, "x > 0", narrow):
        with pytest.raises(InvalidClaim, match="an assumption is a comparison"):
            il.assume(nothing)


def test_only_a_decided_comparison_of_single_numbers_has_a_truth_value():
    third = ar.convert([1 / 3], "interval") + 0
    assert third <= 1
    assert not third >= 1
    with pytest.raises(UndecidedComparison, match="overlap"):
        bool(third / 3 <= third / 3)
    for many in (ar.convert([1, 2], "rational"), ar.convert([1, 2], "interval")):
        with pytest.raises(NotSingle, match="2 numbers"):
            bool(many <= 3)
        with pytest.raises(NotSingle, match=r"`a <= x <= b`"):
            assert 0 <= many <= 3


def test_a_fraction_on_the_left_of_a_rational_answers_by_itself():
    """Fraction takes any rational for one of its own; a claim that returns its answer is told so."""
    mdp, expert, _ = cliff()

    @il.claim(statement="0 <= J")
    def backwards(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        return Fraction(0) <= il.value(mdp, pi)

    assert (Fraction(1, 2) <= il.value(mdp, expert)) is True
    with pytest.raises(InvalidClaim, match=r"returned bool True.*\n.*`x >= Fraction\(1, 2\)`"):
        backwards(mdp, expert)
    assert backwards(mdp.to("interval"), expert).op == ">="
    with pytest.raises(NotSingle, match=r"x >= Fraction\(1, 2\)"):
        backwards(mdp, ar.stack([mdp.policy(expert)] * 2))


@pytest.mark.parametrize("size", [2, 3])
def test_instances_whose_three_sizes_are_equal_are_read_back(size):
    """Rewards [H, S, A] look like rewards [S, A, S] then."""
    moves = np.eye(size, dtype=int)[np.arange(size)[:, None] * np.ones((1, size), dtype=int)]
    mdp = TabularMDP(moves, np.zeros((size, size), int), np.eye(size, dtype=int)[0], horizon=size)
    paid = ar.asarray(np.arange(size**3).reshape(size, size, size)) / size**3
    instance = {"mdp": mdp.with_rewards(paid), "pi": mdp.policy(np.eye(size, dtype=int))}
    again = decode(guarded, encode(instance))
    assert (again["mdp"].rewards() == paid).all() and encode(again) == encode(instance)


@il.claim(statement="|u| <= 1")
def paid(mdp: il.FiniteHorizonMDP, u: il.SignedStationaryReward):
    return il.maximum(abs(u[..., 0]), abs(u[..., 1])) <= 1


@il.claim(statement="|u| <= 1")
def paid_discounted(mdp: il.DiscountedMDP, u: il.SignedStationaryReward):
    return il.maximum(abs(u[..., 0]), abs(u[..., 1])) <= 1


@pytest.mark.parametrize(
    ("claim", "end", "core"),
    [(paid, {"horizon": 3}, (1, 1, 2)), (paid_discounted, {"discount": Fraction(1, 2)}, (1, 2))],
)
def test_a_stationary_reward_is_given_per_state_and_action(claim, end, core):
    """Or with the step axis of length 1 that it has in a model with a horizon; never per action only."""
    mdp = TabularMDP([[[1], [1]]], [[0, 1]], [1], **end)
    assert claim.bind(mdp, [[1, -1]])["u"].shape == core
    assert claim.bind(mdp, np.ones((5, *core), int))["u"].shape == (5, *core)
    with pytest.raises(InvalidInstance, match=r"u has shape \(2,\), expected"):
        claim.bind(mdp, [1, -1])
