"""Verdicts about sampled worlds: right, with the confidence they state, and undecided with what would decide them."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory.claims.claim import InvalidClaim
from iltheory.claims.foster_2024 import leak
from iltheory.claims.kinds import InvalidInstance
from iltheory.claims.registry import catalogue
from iltheory.engine.verify import lookup
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument
from sims.sampled import (
    COPIES,
    InvalidPolicy,
    NotEstimable,
    Point,
    SampledMDP,
    Smoothed,
    Spaces,
    TabularPolicy,
    UniformPolicy,
    sampled_table,
)

TENTH, HALF = Fraction(1, 10), Fraction(1, 2)


def cliff(horizon: int = 6, error: Fraction = TENTH) -> tuple[SampledMDP, TabularPolicy, TabularPolicy]:
    return sampled(*families.cliff(horizon=horizon, error=error))


def sampled(mdp, expert, learner) -> tuple[SampledMDP, TabularPolicy, TabularPolicy]:
    return sampled_table(mdp), TabularPolicy(expert), TabularPolicy(learner)


def outcomes(report) -> dict[str, str]:
    return {verdict.claim: verdict.outcome for verdict in report.verdicts}


@pytest.mark.parametrize("control", ["union", "e-bh"])
def test_claims_that_hold_with_room_are_found_to_hold(control):
    world, *policies = cliff()
    report = il.verify_sampled(None, world, tuple(policies), samples=2**15, control=control)
    found = outcomes(report)
    assert found.pop("foster-2024-hellinger-dp.tv") == "undecided"  # an equality: no number of roll-outs shows it
    assert len(found) >= 12 and set(found.values()) == {"holds"}
    words = {report.words(verdict) for verdict in report.verdicts}
    stated = {"union": "holds with confidence 1-0.01", "e-bh": "holds at false discovery rate 0.01"}[control]
    assert words == {stated, "undecided: no number of roll-outs is known to decide"}
    assert "6 steps" in report.world and "clipped to [0, 1]" in report.world and report.clipped == 0


@pytest.mark.parametrize("control", ["union", "e-bh"])
@pytest.mark.parametrize(
    ("variant", "world"),
    [
        ("ross-bagnell-2010-thm-2-1/linear-in-h", lambda: cliff(8, HALF)),
        ("traj-chain-rules.tv/mean-over-steps", lambda: cliff(8, TENTH)),
        ("foster-2024-parting.above/without-the-factor-2", lambda: cliff(4, Fraction(9, 10))),
        ("foster-2024-thm-2-1.sharp/half-the-constant", lambda: sampled(*leak(HALF))),
    ],
)
def test_false_variants_are_refuted_with_confidence(variant, world, control):
    claim = next(v for v in lookup(variant.partition("/")[0]).false_variants if v.id == variant)
    mdp, expert, learner = world()
    report = il.verify_sampled(claim, mdp, (expert, learner), samples=2**15, control=control)
    (verdict,) = report.verdicts
    assert verdict.outcome == "refuted" and report.words(verdict).startswith("refuted")
    assert control == "e-bh" or verdict.lhs.lower > verdict.rhs.upper


def test_an_undecided_claim_says_how_many_roll_outs_would_decide_it():
    mdp, _, learner = families.cliff(horizon=4, error=Fraction(1, 4))
    exact = Fraction(il.value(mdp, learner))

    @il.claim(statement="J <= c", sampled=True)
    def close(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        """A bound slightly above the truth."""
        return il.value(mdp, pi) <= exact + Fraction(1, 10)

    world, pi = sampled_table(mdp), TabularPolicy(learner)
    (planned,) = il.verify_sampled(close, world, (pi,), samples=512, seed=1).verdicts
    assert planned.outcome == "undecided" and planned.needed > 512
    (decided,) = il.verify_sampled(close, world, (pi,), samples=8 * planned.needed, seed=1).verdicts
    assert decided.outcome == "holds"
    report = il.verify_sampled(close, world, (pi,), samples=2**17, seed=1)
    assert planned.needed / 8 <= report.samples <= 8 * planned.needed  # looks are at powers of two


def test_a_run_is_repeatable_and_its_episodes_are_shared():
    world, *policies = cliff()
    first, second = (il.verify_sampled(None, world, tuple(policies), samples=512, seed=4) for _ in range(2))
    assert [v.lhs for v in first.verdicts] == [v.lhs for v in second.verdicts]
    # Two policies are rolled out, for all claims; parting is total variation along a deterministic expert.
    assert first.episodes <= 2 * 512 and first.expectations == 4 + 2 * 6  # those of each step, along either policy
    assert json.loads(json.dumps(first.to_json(), allow_nan=False))["verdicts"][0]["outcome"] == "holds"


def test_a_seed_of_numpy_is_a_whole_number_in_json():
    world, *policies = cliff()
    report = il.verify_sampled(
        "ross-bagnell-2010-thm-2-1", world, tuple(policies), samples=np.int64(4), seed=np.int64(3)
    )
    assert json.loads(json.dumps(report.to_json()))["seed"] == 3


def test_who_waits_is_told_after_each_step():
    world, *policies = cliff()
    seen: list[tuple[int, int, int]] = []
    report = il.verify_sampled(
        "traj-chain-rules.tv", world, tuple(policies), samples=1500, on_step=lambda *step: seen.append(step)
    )
    done, running, _ = seen[-1]
    assert done + running == report.episodes and all(n <= COPIES for _, n, _ in seen)
    assert {step for *_, step in seen} == set(range(1, world.horizon + 1))
    assert [done for done, *_ in seen] == sorted(done for done, *_ in seen)


def test_several_instances_and_values_by_name():
    world, expert, learner = cliff()
    instances = [{"expert": expert, "learner": learner}, {"learner": expert, "expert": expert}]
    report = il.verify_sampled("ross-bagnell-2010-thm-2-1", world, instances, samples=2048)
    assert report.verdicts[0].outcome == "holds" and len(report.verdicts) == 2
    assert report.verdicts[1].lhs.lower == report.verdicts[1].lhs.upper == 0


def test_rewards_beyond_an_assumption_make_it_not_applicable_until_they_are_rescaled():
    mdp, expert, learner = families.cliff(horizon=4, error=TENTH)
    world = sampled_table(mdp.with_rewards(3 * mdp.r))
    policies = TabularPolicy(expert), TabularPolicy(learner)
    report = il.verify_sampled("ross-bagnell-2010-thm-2-1", world, policies, samples=512)
    assert report.verdicts[0].outcome == "not applicable"
    assert report.words(report.verdicts[0]) == "not applicable: it assumes rewards in [0, 1]"
    report = il.verify_sampled("ross-bagnell-2010-thm-2-1", world.rescaled(), policies, samples=2048)
    assert outcomes(report) == {"ross-bagnell-2010-thm-2-1": "holds"} and report.rescaled


def test_an_unfinished_budget_decides_nothing():
    world, *policies = cliff()
    report = il.verify_sampled("ross-bagnell-2010-thm-2-1", world, tuple(policies), samples=1, delta=0.05)
    assert outcomes(report) == {"ross-bagnell-2010-thm-2-1": "undecided"}
    # One outcome teaches nothing: what is known is the range, and that is certain.
    assert report.verdicts[0].lhs.sense == "interval" and float(report.verdicts[0].lhs.upper) == pytest.approx(6)
    report = il.verify_sampled("ross-bagnell-2010-thm-2-1", world, tuple(policies), samples=64, delta=0.05)
    assert report.verdicts[0].lhs.sense == "confidence" and report.verdicts[0].lhs.delta == Fraction(1, 20)


def test_a_policy_is_exactly_as_good_as_itself():
    world, expert, learner = cliff()
    for pi in (expert, learner):
        with il.Sampling(np.random.default_rng(0), TENTH).evaluation():
            for apart in (
                il.gap,
                il.error_rate,
                il.policy_hellinger2,
                il.policy_kl,
                il.trajectory_tv,
                il.trajectory_kl,
            ):
                assert ar.lower(apart(world, pi, pi)) == ar.upper(apart(world, pi, pi)) == 0
    report = il.verify_sampled(None, world, (expert, expert))
    assert set(outcomes(report).values()) == {"holds"} and len(report.verdicts) == 13
    assert report.episodes == 0


def test_il_sampled_mean_of_two_claims_are_different_expectations():
    def coin(p):
        @il.claim(id=f"coin-{p}", statement="p <= 1/2", sampled=True)
        def fair(mdp: il.FiniteHorizonMDP):
            """A coin shows heads at most half of the time."""
            return il.sampled_mean(lambda rng, n: rng.random(n) < p) <= HALF

        return fair

    world, *_ = cliff()
    report = il.verify_sampled([coin(0.1), coin(0.9)], world, ())
    assert outcomes(report) == {"coin-0.1": "holds", "coin-0.9": "refuted"} and report.expectations == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta": 0}, "delta=0"),
        ({"delta": 2}, "delta=2"),
        ({"delta": float("nan")}, "delta=nan"),
        ({"samples": 0}, "samples=0"),
        ({"control": "bonferroni"}, "union, e-bh"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": True}, "seed=True"),
        ({"seed": np.random.default_rng(0)}, "seed=Generator.* whole number"),
    ],
)
def test_options_out_of_range_are_named(options, message):
    world, *policies = cliff()
    with pytest.raises(InvalidArgument, match=message):
        il.verify_sampled("ross-bagnell-2010-thm-2-1", world, tuple(policies), **options)


def test_what_does_not_fit_is_refused_before_anything_is_rolled_out():
    world, expert, learner = cliff()
    with pytest.raises(NotEstimable, match=r"dagger-2011-thm-2-2 has no counterpart.*supremum over states"):
        il.verify_sampled("dagger-2011-thm-2-2", world, (expert, learner))
    with pytest.raises(NotEstimable, match="a discounted model"):
        il.verify_sampled("j-gap-from-occ", world, (expert, learner))
    with pytest.raises(InvalidInstance, match="got 1 values"):
        il.verify_sampled("ross-bagnell-2010-thm-2-1", world, (expert,))
    with pytest.raises(InvalidInstance, match="takes \\(expert, learner\\)"):
        il.verify_sampled("ross-bagnell-2010-thm-2-1", world, {"pi": expert, "other": learner})
    with pytest.raises(InvalidInstance, match="TabularPolicy"):
        il.verify_sampled("ross-bagnell-2010-thm-2-1", world, (np.ones((2, 2)), learner))
    with pytest.raises(InvalidInstance, match="must be deterministic"):
        il.verify_sampled("foster-2024-thm-2-1", world, (learner, expert))
    with pytest.raises(InvalidArgument, match="SampledMDP"):
        il.verify_sampled("ross-bagnell-2010-thm-2-1", families.cliff(horizon=2, error=HALF).mdp, (expert, learner))

    @il.claim(statement="r <= 1/2", sampled=True)
    def idle(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        """Nothing to sample, and nothing decided: the declared range is a bound, no value."""
        il.assume(il.value(mdp, pi) >= 0)
        return il.smallest_reward(mdp) <= HALF

    assert outcomes(il.verify_sampled(idle, world, (expert,))) == {"idle": "holds"}


def test_the_catalogue_has_claims_for_sampled_worlds():
    assert sum(claim.sampled for claim in catalogue().values()) == 13


def two_steps() -> SampledMDP:
    return sampled_table(TabularMDP([[[1], [1]]], [[0, 1]], [1], horizon=2))


def test_a_policy_that_varies_with_the_step_is_not_stationary():
    @il.claim(statement="J <= 3", sampled=True)
    def repeated(mdp: il.FiniteHorizonMDP, pi: il.StationaryPolicy):
        """Nobody earns more than 1 a step."""
        return il.value(mdp, pi) <= 3

    world, same, varying = two_steps(), TabularPolicy([[0, 1]]), TabularPolicy([[[1, 0]], [[0, 1]]])
    with pytest.raises(InvalidInstance, match="repeated: pi must be stationary"):
        il.verify_sampled(repeated, world, (varying,))
    assert not varying.stationary and not Smoothed(varying, 2, TENTH).stationary
    for pi in (same, TabularPolicy([[[0, 1]]]), UniformPolicy(world.spaces), Smoothed(same, 2, TENTH)):
        world.roll(pi, 10, np.random.default_rng(0))
        assert outcomes(il.verify_sampled(repeated, world, (pi,))) == {"repeated": "holds"}

    class Liar(TabularPolicy):
        def __init__(self):
            super().__init__(varying.pi)
            self.stationary = True

    with pytest.raises(InvalidPolicy, match="Liar says that it is stationary, but its law at step 1"):
        world.roll(Liar(), 10, np.random.default_rng(0))


def test_a_network_is_stationary_unless_it_sees_the_step():
    torch = pytest.importorskip("torch")
    neural = il.learners.neural
    for features, stationary in ((neural.Flat((2,)), True), (neural.OneHot(3), True), (neural.OneHot(3, 2), False)):
        network = neural.PolicyNetwork(
            neural.Architecture(features, neural.CategoricalHead(2), hidden=()), torch.Generator()
        )
        assert neural.NeuralPolicy.of(network).stationary is stationary


def test_policies_of_another_world_are_refused_before_anything_is_asked_of_them():
    @il.claim(statement="J <= 5", sampled=True)
    def small(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        """True by the range of the rewards alone."""
        return il.value(mdp, pi) <= 5

    for claims in (small, None):
        with pytest.raises(InvalidPolicy, match="9 actions"):
            il.verify_sampled(claims, two_steps(), (TabularPolicy(np.ones((7, 9)) / 9),) * (1 if claims else 2))


def mine(formula):
    kinds = {"mdp": il.FiniteHorizonMDP, "expert": il.Policy, "learner": il.Policy}
    formula.__name__, formula.__annotations__ = "mine", kinds
    return il.claim(statement="mine", sampled=True)(formula)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (lambda mdp, expert, learner: il.vale(mdp, expert) <= 1, r"py:\d+: AttributeError: .*vale"),
        (lambda mdp, expert, learner: il.value(mdp, expert) <= 1 / 0, r"py:\d+: ZeroDivisionError"),
        (lambda mdp, expert, learner: il.value(mdp, expert) <= 59.99, r"py:\d+: .* int or a Fraction"),
        (lambda mdp, expert, learner: il.value(mdp) <= 1, r"py:\d+: TypeError: value\(\) missing"),
        (lambda mdp, expert, learner: il.value(mdp, expert) <= 1 or True, r"py:\d+: .* whether a comparison is true"),
        (lambda mdp, expert, learner: True, "mine returned bool True, not a comparison"),
    ],
)
def test_a_mistake_in_a_formula_is_one_error_with_its_place(formula, words):
    world, *policies = cliff()
    with pytest.raises(InvalidClaim, match=words) as caught:
        il.verify_sampled(mine(formula), world, tuple(policies))
    assert "counterpart" not in str(caught.value) and "ball" not in str(caught.value)


@pytest.mark.parametrize(
    "formula",
    [
        lambda mdp, expert, learner: il.value(mdp, (expert + learner) / 2) <= 1,
        lambda mdp, expert, learner: il.value(mdp, HALF * expert + HALF * learner) <= 1,
    ],
)
def test_mixtures_of_policies_are_refused_by_name(formula):
    world, *policies = cliff()
    with pytest.raises(NotEstimable, match=r"mine has no counterpart on sampled worlds.*mixtures of policies"):
        il.verify_sampled(mine(formula), world, tuple(policies))


def test_a_claim_with_a_counterpart_elsewhere_is_not_said_to_have_none():
    class Still(UniformPolicy):
        deterministic = True

        def laws(self, observations, steps):
            return Point(np.zeros((len(observations), 1)))

    spaces = Spaces((), action_low=(-1.0,), action_high=(1.0,))
    world = SampledMDP(lambda n: None, horizon=2, rewards=(0, 1), name="vectors", spaces=spaces)  # type: ignore[arg-type]
    with pytest.raises(NotEstimable, match=r"foster-2024-parting.above cannot be bounded in this world: il.parting"):
        il.verify_sampled("foster-2024-parting.above", world, (Still(spaces), Still(spaces)))
