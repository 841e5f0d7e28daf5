"""Formulas are recorded by running them; what is recorded is what the toolkit computes, or refused with a reason."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory.attack.counterexample import certify
from iltheory.claims.registry import catalogue
from iltheory.games.linear_programme import LinearProgramme
from iltheory.reporting.certificates import lacking, optimum, quantities, refutation
from iltheory.reporting.recording import NotRecordable
from proofs_check.kernel.__main__ import check
from proofs_check.kernel.reading import Refused
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
    """The certificate states what the toolkit computes; the kernel proves it by its own definition."""
    mdp, first, second = world(end)
    document = quantities(lambda mdp, x, y: getattr(il, name)(mdp, x, y), mdp=mdp, x=first, y=second)
    assert name in check(json.dumps(document))


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
    assert words.count("value(mdp, x)") == 3


@pytest.mark.parametrize(
    "formula, reason",
    [
        (lambda mdp, x: il.value(mdp, x) * 0.5, "float"),
        (lambda mdp, x: il.value(mdp, x) if il.value(mdp, x) > 1 else 0, "one way or another"),
        (lambda mdp, x: mdp.state_occupancy(x), r"mdp for .state_occupancy"),
        (lambda mdp, x: il.occupancy(mdp, x)[0], "entries out of"),
        (lambda mdp, x: il.value(mdp.with_rewards(il.occupancy(mdp, x)), x), r"mdp for .with_rewards"),
        (lambda mdp, x: il.recoverability(mdp, x), "mdp for .advantage"),
        (lambda mdp, x: np.sum(il.occupancy(mdp, x)), r"for .sum"),
        (lambda mdp, x: np.exp(il.value(mdp, x)), "named quantities"),
        (lambda mdp, x: 1, "returns 1, no quantity"),
    ],
)
def test_what_the_checker_does_not_know_is_refused_with_the_reason(formula, reason):
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
    gap = ["gap", "mdp", "expert", "learner"]
    rate = ["error_rate", "mdp", "expert", "learner"]
    assert document["fails"] == [["<=", ["*", "rate", gap], ["/", rate, ["horizon", "mdp"]]]]
    assert document["holds"] == [
        [">=", ["least", ["rewards", "mdp"]], "0"],
        ["<=", ["largest", ["rewards", "mdp"]], "1"],
        ["==", ["*", "expert", ["-", "1", "expert"]], "0"],
        [">=", "rate", "0"],
        ["<=", "rate", "1"],
        [">", ["value", "mdp", "expert"], "0"],
        ["<", "rate", "1"],
        ["==", ["*", "rate", gap], "1"],
        ["==", ["/", rate, ["horizon", "mdp"]], "1/2"],
    ]


@pytest.mark.parametrize(
    "id",
    [
        "occ-dpi.hellinger2/mean-over-steps",
        "j-gap-from-occ.sharp/the-model-s-own-reward",
        "iq-prop-3-3.weak/the-expert-is-the-solution",
        "foster-2024-parting.above/errors-per-step",
        "occ-l1-from-policy/one-more-discount",
    ],
)
def test_refutations_are_proved_and_the_claim_s_own_truth_is_not(id):
    document = refutation(refuted(id))
    assert "is false" in check(json.dumps(document))
    turned = {**document, "holds": document["holds"] + document["fails"], "fails": []}
    with pytest.raises(Refused, match="not certainly true"):
        check(json.dumps(turned))


def test_a_counterexample_without_a_certificate_says_why():
    @il.claim(statement="the state occupancies agree")
    def agree(mdp: il.FiniteHorizonMDP, pi: il.Policy, other: il.Policy):
        return il.equal((mdp.state_occupancy(pi) * mdp.state_occupancy(other)).sum((-1, -2)), 0)

    mdp, first, second = world("finite")
    assert "asks mdp for .state_occupancy" in lacking(certify(agree, agree.bind(mdp.to("rational"), first, second)))
    assert lacking(refuted("ross-bagnell-2010-thm-2-1/linear-in-h")) is None


@pytest.mark.parametrize("free", [None, [True, False, False]])
def test_optima_of_programmes(free):
    A = [[1, 1, 0], [2, THIRD, 1], [0, 1, -1], [-1, 0, 0]]
    programme = LinearProgramme([-2, -3, THIRD], A_ub=A, b_ub=[4, 5, 2, 1], free=free)
    found = programme.minimise()
    document = optimum(programme, found)
    assert f"the least cost is {Fraction(found.value)}, " in check(json.dumps(document))
    for name, what in (("x", "x"), ("y_ub", "y"), ("value", "value")):
        worse = json.loads(json.dumps(document))
        entry = worse[name] if name == "value" else worse[name][1]
        moved = str(Fraction(entry) - 1)
        worse[name] = moved if name == "value" else [worse[name][0], moved, *worse[name][2:]]
        with pytest.raises(Refused, match=what):
            check(json.dumps(worse))
