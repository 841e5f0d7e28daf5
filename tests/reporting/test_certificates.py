"""Formulas are recorded by running them; what is recorded is what the toolkit computes, or refused with a reason."""

from __future__ import annotations

import json
import random
from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory.attack.counterexample import certify
from iltheory.claims.registry import catalogue
from iltheory.games.linear_programme import LinearProgramme
from iltheory.reporting.certificates import lacking, optimum, quantities, refutation
from iltheory.reporting.recorded_formulas import NotRecordable
from proofs_check.kernel.__main__ import check
from proofs_check.kernel.reading import Refused
from sims import arithmetic as ar
from sims import families

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
ENDS = {"finite": {"horizon": 3}, "discounted": {"discount": Fraction(2, 3)}}
QUANTITIES = (
    "error_rate", "on_policy_error_rate", "gap", "disadvantage", "policy_tv", "policy_kl", "policy_hellinger2",
    "occupancy_tv", "occupancy_kl", "occupancy_hellinger2", "occupancy_chi2", "state_occupancy_tv",
    "state_occupancy_kl", "state_occupancy_hellinger2", "state_occupancy_chi2",
)  # fmt: skip
TRAJECTORIES = ("trajectory_tv", "trajectory_kl", "trajectory_hellinger2", "trajectory_chi2")


def world(end, rng=0):
    mdp = families.garnet(n_states=2, n_actions=2, branching=2, rng=rng, **ENDS[end])
    first = np.array([[THIRD, 1 - THIRD], [HALF, HALF]])
    second = np.array([[HALF, HALF], [Fraction(1, 7), Fraction(6, 7)]])
    return mdp, first, second


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_means_the_same_in_the_kernel(name, end):
    """The certificate states what the toolkit computes; the kernel proves it from occupancies and values of its own."""
    mdp, first, second = world(end)
    document = quantities(lambda mdp, x, y: getattr(il, name)(mdp, x, y), mdp=mdp, x=first, y=second)
    assert f"; {name} is " in check(json.dumps(document))


@pytest.mark.parametrize("name", TRAJECTORIES)
def test_laws_of_trajectories(name):
    mdp, first, second = world("finite")
    document = quantities(lambda mdp, x, y: getattr(il, name)(mdp, x, y), mdp=mdp, x=first, y=second)
    assert name in check(json.dumps(document))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "formula",
    [
        lambda mdp, x, y: il.value(mdp, (x + y) / 2) - il.value(mdp, x * THIRD + y * (1 - THIRD)),
        lambda mdp, x, y: il.optimal_value(mdp) - il.value(mdp, pi=y),
        lambda mdp, x, y: il.gap(mdp, learner=x, expert=y) / mdp.n_states**2 + mdp.n_actions,
        lambda mdp, x, y: il.sqrt(il.error_rate(mdp, x, y)) * il.exp(-il.causal_entropy(mdp, x)),
        lambda mdp, x, y: il.maximum(il.log(1 + il.value(mdp, x)), il.minimum(abs(il.gap(mdp, x, y)), HALF)) ** 3,
        lambda mdp, x, y: il.occupancy(mdp, x) - il.occupancy(mdp, y),
        lambda mdp, x, y: il.largest_reward(mdp) - il.smallest_reward(mdp) + il.value(mdp, x) ** -2,
        lambda mdp, x, y: il.optimal_value(mdp.with_rewards(mdp.rewards() - il.occupancy(mdp, x))),
        lambda mdp, x, y: mdp.with_rewards(mdp.state_occupancy(x)[..., None] * y).soft_optimal(HALF).value,
        lambda mdp, x, y: il.value(mdp, mdp.soft_optimal(THIRD).policy) * il.value(mdp, mdp.optimal_policy()),
        lambda mdp, x, y: il.value(mdp, mdp.project((il.occupancy(mdp, x) + il.occupancy(mdp, y)) / 2)),
        lambda mdp, x, y: (mdp.advantage(x) * mdp.q(y)).sum() + mdp.v(x)[..., 0].sum() - il.recoverability(mdp, x),
        lambda mdp, x, y: mdp.flow_residual(il.occupancy(mdp, x)),
        lambda mdp, x, y: mdp.value(ar.stack([x, y, x * HALF + y * HALF])),
        lambda mdp, x, y: il.value(mdp, x) if il.value(mdp, x) > il.value(mdp, y) else il.value(mdp, y),
    ],
)
def test_formulas_of_quantities(formula, end):
    mdp, first, second = world(end, rng=1)
    assert check(json.dumps(quantities(formula, mdp=mdp, x=first, y=second)))


def test_a_loop_over_the_horizon_is_recorded():
    def formula(mdp, x):
        return sum(il.value(mdp, x) / (t + 1) for t in range(mdp.horizon))

    mdp, first, _ = world("finite")
    words = check(json.dumps(quantities(formula, mdp=mdp, x=first)))
    assert "(x1 + (x1 / 2) + (x1 / 3))" in words and "x1 is value(mdp, at(x, 0))" in words


def test_what_a_formula_branches_on_is_stated():
    def better(mdp, x, y):
        return il.value(mdp, x) if il.value(mdp, x) > il.value(mdp, y) else il.value(mdp, y)

    mdp, first, second = world("finite")
    document = quantities(better, mdp=mdp, x=first, y=second)
    said = check(json.dumps(document))
    assert "(value(mdp, at(x, 0)) <= x1) is true" in said and "x1 is value(mdp, at(y, 0))" in said
    turned = {**document, "holds": document["holds"][1:], "fails": document["holds"][:1]}
    with pytest.raises(Refused, match="not certainly false"):
        check(json.dumps(turned))


def test_a_model_made_on_the_way_is_written_down():
    def formula(mdp, x):
        return il.value(families.cliff(horizon=2, error=HALF).mdp, [[0, 1], [1, 0]]) + il.value(mdp, x)

    mdp, first, _ = world("finite")
    document = quantities(formula, mdp=mdp, x=first)
    assert json.dumps(document).count('"horizon": ') == 2 and "value(the model with P = [" in check(
        json.dumps(document)
    )


@pytest.mark.parametrize(
    "formula, reason",
    [
        (lambda mdp, x: il.value(mdp, x) * 0.5, "float"),
        (lambda mdp, x: il.value(mdp.to("float64"), x), "another number system"),
        (lambda mdp, x: np.sum(il.occupancy(mdp, x)), "more than quantities"),
        (lambda mdp, x: np.exp(il.value(mdp, x)), "more than quantities"),
        (lambda mdp, x: mdp.sample(x, 10, 0), "samples"),
        (lambda mdp, x: mdp.value(il.occupancy(mdp, x)[..., None]), "for a policy"),
        (lambda mdp, x: 1, "returns 1, no quantity"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_the_reason(formula, reason):
    mdp, first, _ = world("finite")
    with pytest.raises(NotRecordable, match=reason):
        quantities(formula, mdp=mdp, x=first)


def refuted(id):
    claim = {variant.id: variant for one in catalogue().values() for variant in one.false_variants}[id]
    return certify(claim, claim.bind_any(claim.counterexample()))


def test_a_refutation_states_kinds_assumptions_both_sides_and_what_fails():
    paid = il.Assumption("the expert earns something", lambda mdp, expert: il.value(mdp, expert) > 0)

    @il.claim(statement="no loss at all", assumptions=[paid])
    def lossless(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy, rate: il.UnitInterval):
        il.assume(rate < 1)
        return rate * il.gap(mdp, expert, learner) <= il.error_rate(mdp, expert, learner) / mdp.horizon

    mdp = families.cliff(horizon=2, error=HALF).mdp
    instance = lossless.bind(mdp, [[1, 0]] * mdp.n_states, [[0, 1]] * mdp.n_states, HALF)
    document = refutation(certify(lossless, instance))
    words = check(json.dumps(document))
    for said in (
        "(rewards_mdp >= 0) is true",
        "(rewards_mdp <= 1) is true",
        "(expert >= 0) is true",
        "((expert * (1 - expert)) == 0) is true",
        "(rate >= 0) is true (1/2 against 0)",
        "(rate < 1) is true (1/2 against 1)",
        "(x1 > 0) is true (2 against 0)",
        "x1 is value(mdp, at(expert, 0))",
    ):
        assert said in words, (said, words)
    (fails,) = document["fails"][-1:]
    assert fails[0] == "<=" and {"gap", "error_rate"} <= document["instance"].keys()
    known = {json.dumps(left): right for op, left, right in document["holds"] if op == "=="}
    assert [known[json.dumps(side)] for side in fails[1:]] == ["1", "1/2"]


@pytest.mark.parametrize(
    "id",
    [
        "occ-dpi.hellinger2/mean-over-steps",
        "j-gap-from-occ.sharp/the-model-s-own-reward",
        "iq-prop-3-3.weak/the-expert-is-the-solution",
        "foster-2024-parting.above/errors-per-step",
        "occ-l1-from-policy/one-more-discount",
        "occ-polytope-finite.averaged/the-projection-realises-the-average",
        "aggrevate-2014-thm-2-1.geometric/without-alpha",
        "iq-prop-3-3.weak/twice-the-entropy",
        "swamy-2021-reward.attained/the-sign-the-other-way",
        "swamy-2021-adril/half-the-constant",
        "dagger-2011-thm-4-2/a-quarter-of-the-deviation",
    ],
)
def test_refutations_are_proved_and_the_claim_s_own_truth_is_not(id):
    document = refutation(refuted(id))
    assert "is false" in check(json.dumps(document))
    turned = {**document, "holds": document["holds"] + document["fails"], "fails": []}
    with pytest.raises(Refused, match="not certainly true"):
        check(json.dumps(turned))


def test_a_counterexample_without_a_certificate_says_why():
    @il.claim(statement="floats agree")
    def agree(mdp: il.FiniteHorizonMDP, pi: il.Policy, other: il.Policy):
        return il.equal(ar.convert(ar.midpoint(il.gap(mdp, pi, other)), "rational"), 0)

    mdp, first, second = world("finite")
    assert "not recorded" in lacking(certify(agree, agree.bind(mdp.to("rational"), first, second)))
    assert lacking(refuted("ross-bagnell-2010-thm-2-1/linear-in-h")) is None


@pytest.mark.parametrize("free", [None, [True, False, False]])
def test_optima_of_programmes(free):
    A = [[1, 1, 0], [2, THIRD, 1], [0, 1, -1], [-1, 0, 0]]
    programme = LinearProgramme([-2, -3, THIRD], A_ub=A, b_ub=[4, 5, 2, 1], free=free)
    found = programme.minimise()
    document = optimum(programme, found)
    assert f"== {Fraction(found.value)}) is true" in check(json.dumps(document))
    for name in ("x", "y_ub", "c"):
        worse = json.loads(json.dumps(document))
        worse["instance"][name][1] = str(Fraction(worse["instance"][name][1]) - 1)
        with pytest.raises(Refused, match="violate a constraint, or are not worth the same"):
            check(json.dumps(worse))
    worse = json.loads(json.dumps(document))
    worse["holds"][0][2] = str(found.value - 1)
    with pytest.raises(Refused, match="not certainly true"):
        check(json.dumps(worse))


def test_most_false_variants_have_a_certificate():
    """A tenth of the catalogue's, drawn at random: nearly nine in ten."""
    variants = [variant for one in catalogue().values() for variant in one.false_variants]
    drawn = random.Random(0).sample([one.id for one in variants], len(variants) // 10)
    assert sum(lacking(refuted(id)) is None for id in drawn) >= 0.8 * len(drawn)


def statements(holds, **instance):
    fields = {"schema": "iltheory-statements/1", "about": "is a test", "instance": instance}
    return json.dumps({**fields, "holds": holds, "fails": []})


LOOP = {"P": [[[1], [1]]], "r": [[1, 0]], "mu": [1], "discount": "1/2"}


@pytest.mark.parametrize(
    "holds, instance, reason",
    [
        ([["==", "value", 0]], {"value": 0}, "means something else"),
        ([["==", "md\u0440", 0]], {"md\u0440": 0}, "is no name"),  # with a letter that only looks like a p
        ([["==", ["value", "m", "y"], 0]], {"m": LOOP}, "KeyError: 'y'"),
        ([["==", ["value", "m", [["1/2", "1/3"]]], 0]], {"m": LOOP}, "sums to 5/6"),
        ([["==", ["value", "m", [[2, -1]]], 0]], {"m": LOOP}, "least entry is -1"),
        ([["==", ["**", 4, "1/2"], 2]], {}, "not in sequence"),  # a root is no fraction, and no float either
        ([["<", ["exp", str(2**121)], 3]], {}, "by zero"),  # (1 - x / n)^n says nothing where x is above n
        ([["<", ["exp", str(2**130)], 3]], {}, "by zero"),
        ([["==", 0.5, 7]], {}, "0.5 is no whole number"),
        ([["<", 1, float("inf")]], {}, "inf is no whole number"),
        ([["==", True, 1]], {}, "True is no whole number"),
        ([["<", "x", "x"]], {"x": []}, "not certainly true"),
        ({"<xy": 1}, {"x": 0, "y": 1}, "states nothing, or what is no comparison"),
        (["<xy"], {"x": 0, "y": 1}, "states nothing, or what is no comparison"),
        ([], {}, "states nothing"),
        ([[">=", ["soft_state_values", "m", -1, [2]], 0]], {"m": LOOP}, "negative weight"),
        ([["==", ["optimal_value", "m", [3]], 2]], {"m": LOOP}, "not certainly true"),
        ([["==", ["horizon", "m"], 1]], {"m": LOOP}, "KeyError: 'horizon'"),
        ([["==", ["at", [1, 2], -1], 2]], {}, "ValueError"),
        ([["==", ["**", 2, "1/2"], 2]], {}, "makes no sense"),
        ([["==", ["/", 1, 0], 2]], {}, "ZeroDivisionError"),
        ([["==", [1, 2], [1, 2, 3]]], {}, "ValueError"),
        ([["==", ["relative_entropy", "1/2", 0], 2]], {}, "infinite"),
        ([["~", 1, 1]], {}, "KeyError: '~'"),
        ([["==", "0.5", "0.5"]], {}, "KeyError: '0.5'"),
    ],
)
def test_statements_that_make_no_sense_are_refused(holds, instance, reason):
    with pytest.raises(Refused, match=reason):
        check(statements(holds, **instance))


def test_a_guess_of_best_values_may_be_wrong_but_what_follows_is_true():
    for guess, low, high in (([2], 2, 2), ([3], 2, 4), ([0], -2, 2)):
        best = ["optimal_value", "m", guess]
        assert check(statements([[">=", best, low], ["<=", best, high]], m=LOOP))
    soft = ["soft_state_values", "m", 1, ["5/2"]]  # 2 log(1 + e), about 2.63
    assert check(statements([[">=", soft, "9/4"], ["<=", soft, "11/4"]], m=LOOP))
