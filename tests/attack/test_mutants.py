"""Mutants: each operator on small claims whose variants are known to be true or false."""

from __future__ import annotations

from fractions import Fraction

import pytest

import iltheory as il
from iltheory.attack.counterexample import certify
from iltheory.attack.formulas import NoFormula
from iltheory.attack.mutants import OPERATORS, STATUS, derive, find_mutant, mutants
from iltheory.attack.mutation import attack_mutants
from iltheory.attack.triage import FOLLOWS, OPEN, REFUTED, UNDEFINED, triage
from iltheory.claims.claim import claim
from iltheory.claims.kinds import Horizon
from iltheory.claims.registry import UnknownClaim, catalogue
from iltheory.engine.evaluate import decide
from iltheory.engine.executors import processes
from iltheory.engine.verify import lookup
from iltheory.measures import average, kl_divergence, occupancy_kl, steps, total_variation
from sims import arithmetic as ar
from sims import families

HALF = Fraction(1, 2)
SUPERVISED = "ross-bagnell-2010-thm-2-1"


@claim(statement=r"J \le H")
def at_most_horizon(mdp: il.FiniteHorizonMDP, pi: il.Policy):
    """Values are at most H."""
    il.assume(il.largest_reward(mdp) <= 1)
    return il.value(mdp, pi) <= steps(mdp)


@claim(statement=r"TV(p, q) \le 1")
def apart(p: il.Distribution, q: il.Distribution):
    """Total variation is at most 1."""
    return ar.wrap(total_variation(p, q)) <= 1


@claim(statement=r"KL(q || p) = KL(q || p) + 0")
def itself(p: il.Distribution, q: il.Distribution):
    """A divergence is itself."""
    return il.equal(kl_divergence(q, p), kl_divergence(p=q, q=p))


def _bound(horizon, x):
    return horizon**2 * x


@claim(statement=r"x \le H^2 x")
def squares(horizon: Horizon, x: il.UnitInterval):
    """A helper holds the formula."""
    return x <= _bound(horizon, x)


def enclosed(factor):
    """A claim that closes over a number."""

    @claim(id=f"closed-over-{factor}", statement=r"x \le c x^2")
    def closes(x: il.UnitInterval):
        """It closes over the factor."""
        return factor * x**2 <= factor * x

    return closes


def by_operator(of):
    """Standings of the mutants of a claim after a first look, by operator."""
    found = {}
    for looked in triage(of, mutants(of)):
        found.setdefault(looked.mutant.operator, []).append(looked)
    return found


def test_the_supervised_bound_has_the_variants_of_the_textbook():
    changes = {mutant.operator: mutant.change for mutant in mutants(lookup(SUPERVISED))}
    assert changes["power"] == "steps(mdp) ** 2 -> steps(mdp)"
    assert changes["half-power"] == "steps(mdp) ** 2 -> steps(mdp) * sqrt(steps(mdp))"
    assert changes["horizon"] == "steps(mdp) -> steps(mdp) - 1"
    assert changes["distance"] == "error_rate(mdp, expert, learner) -> policy_hellinger2(mdp, expert, learner)"
    assert set(changes) == set(OPERATORS) - {"divergence"}
    assert derive(lookup(SUPERVISED)).inapplicable == {"divergence": "no asymmetric divergence"}


def test_mutants_compute_what_their_change_says():
    mdp, expert, learner = families.first_step_error(horizon=4, error=Fraction(1, 4))
    claimed = lookup(SUPERVISED)(mdp, expert, learner)
    rhs = {
        mutant.operator: mutant.claim(mdp, expert, learner).rhs
        for mutant in mutants(lookup(SUPERVISED))
        if mutant.operator != "distance"  # Hellinger distances are irrational
    }
    assert Fraction(rhs["constant"]) == Fraction(9, 10) * Fraction(claimed.rhs)
    assert Fraction(rhs["power"]) == Fraction(claimed.rhs) / 4
    assert Fraction(rhs["half-power"]) == Fraction(claimed.rhs) / 2  # 4 ** (3/2) = 8, exactly
    assert Fraction(rhs["horizon"]) == Fraction(claimed.rhs) * 9 / 16
    turned = find_mutant(f"{SUPERVISED}~direction").claim(mdp, expert, learner)
    assert (turned.op, turned.lhs, turned.rhs) == (">=", claimed.lhs, claimed.rhs)


def test_half_powers_of_irrational_roots_work_in_intervals_and_balls():
    mutant = find_mutant(f"{SUPERVISED}~half-power").claim
    mdp, expert, learner = families.first_step_error(horizon=3, error=Fraction(1, 3))
    sides = mutant(mdp.to("interval"), ar.convert(expert, "interval"), ar.convert(learner, "interval"))
    assert ar.lower(sides.rhs) <= 3**1.5 / 3 <= ar.upper(sides.rhs)
    found = certify(mutant, mutant.bind(mdp, expert, learner))  # the gap is 3
    assert found is not None and float(found.rhs.upper) < 2


def test_a_claim_is_left_as_it_was():
    before = at_most_horizon.function.__doc__, at_most_horizon.function.__code__, len(at_most_horizon.assumptions)
    first = mutants(at_most_horizon)
    assert before == (
        at_most_horizon.function.__doc__, at_most_horizon.function.__code__, len(at_most_horizon.assumptions),
    )  # fmt: skip
    assert mutants(at_most_horizon) == first
    assert all(one.claim.status == STATUS and one.claim.tight is None for one in first)
    assert at_most_horizon.id in first[0].claim.id and first[0].change in first[0].claim.statement


def test_a_bound_that_is_attained_has_no_smaller_constant_exponent_or_horizon():
    found = by_operator(at_most_horizon)
    for operator in ("constant", "half-power", "power", "horizon", "direction", "assumption"):
        assert [looked.standing for looked in found[operator]] == [REFUTED], operator
    assert "occupancy" not in found


def test_what_is_not_refuted_is_open_or_follows():
    found = by_operator(apart)
    assert found["distance"][0].standing == REFUTED  # squared Hellinger is up to 2
    loose = claim(id="loose", statement="x <= 3 y + 2")(_loose)
    assert by_operator(loose)["constant"][0].standing == OPEN  # true: a smaller bound is still one
    looser = claim(id="looser", statement="y ** 3 <= 1")(_cube)
    assert by_operator(looser)["power"][0].standing == OPEN


def _loose(x: il.UnitInterval, y: il.UnitInterval):
    return x <= 3 * y + 2


def _cube(y: il.UnitInterval):
    return y**3 <= 1


def test_divergences_are_turned_round():
    (first, *_) = [mutant for mutant in mutants(itself) if mutant.operator == "divergence"]
    assert first.change == "kl_divergence(q, p) -> kl_divergence(p, q)"
    p, q = ar.asarray([HALF, HALF]), ar.asarray([Fraction(1, 4), Fraction(3, 4)])
    assert certify(first.claim, first.claim.bind(p, q)) is not None
    assert certify(itself, itself.bind(p, q)) is None


def test_formulas_in_helpers_are_changed_in_a_copy():
    (power,) = [mutant for mutant in mutants(squares) if mutant.operator == "power"]
    assert power.change == "horizon ** 2 -> horizon in _bound"
    assert Fraction(power.claim(5, HALF).rhs) == Fraction(5, 2)
    assert _bound(5, HALF) == Fraction(25, 2)
    fewer = [mutant.claim for mutant in mutants(squares) if mutant.operator == "horizon"]
    assert [decide(one, one.bind(1, 1), 1).verdicts[0] for one in fewer] == [-1]


def test_closures_are_shared():
    three, seven = enclosed(3), enclosed(7)
    for of, factor in ((three, 3), (seven, 7)):
        (power,) = [mutant for mutant in mutants(of) if mutant.operator == "power"]
        assert Fraction(power.claim(HALF).lhs) == factor * HALF


def test_both_occupancies_are_exchanged_where_only_one_is_named():
    @claim(id="two-policies", statement="d = d")
    def same(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
        return il.equal(ar.sum(mdp.state_occupancy(expert) * mdp.state_occupancy(expert), (-2, -1)), average(
            mdp, mdp.state_occupancy(expert), mdp.state_occupancy(expert)) * steps(mdp))  # fmt: skip

    found = by_operator(same)["occupancy"]
    assert len(found) == 4
    assert {looked.mutant.change for looked in found} == {"mdp.state_occupancy(expert) -> mdp.state_occupancy(learner)"}
    assert {looked.standing for looked in found} == {REFUTED}


def test_deterministic_policies_are_an_assumption():
    (wider,) = [m for m in mutants(lookup("ross-bagnell-2010-forward")) if m.operator == "assumption"]
    assert wider.change == "expert: deterministic policy -> policy"
    (looked,) = triage(lookup("ross-bagnell-2010-forward"), (wider,))
    assert looked.standing == REFUTED


def test_a_sampled_claim_is_looked_at_on_its_own_instances_one_by_one():
    id = "dagger-2011-thm-4-2.sampled-sharper"
    sampled = lookup(id)
    wider = [mutant for mutant in mutants(sampled) if mutant.operator == "assumption"]
    looks = triage(sampled, tuple(wider))
    assert [look.instances for look in looks] == [1 + len(sampled.false_variants)] * 2
    assert [look.standing for look in looks] == [OPEN, OPEN]  # a batch in place of an instance refuted the first
    found = [look.counterexample for look in triage(sampled, mutants(sampled)) if look.standing == REFUTED]
    assert found
    for one in found:
        assert one.to_json()["instance"]["mdp"]["horizon"] == one.size.horizon
        assert certify(one.claim, one.instance) is not None


def test_a_first_law_of_its_own_refutes_the_simulation_lemma():
    (one_law, _) = [m for m in mutants(lookup("simulation-lemma.bound")) if m.operator == "assumption"]
    (looked,) = triage(lookup("simulation-lemma.bound"), (one_law,))
    assert one_law.change == "without «one law of the first state»" and looked.standing == REFUTED


def test_meaningless_variants_are_discarded_with_a_reason():
    @claim(id="signed-root", statement="x^2 = x^2")
    def square(x: il.Temperature):
        return il.equal((x - 100) ** 2, x**2 - 200 * x + 10_000)

    derivation = derive(square)
    assert [change for operator, change, _ in derivation.discarded if operator == "half-power"] == [
        "(x - 100) ** 2 -> (x - 100) * sqrt(x - 100)"
    ]
    assert "no value" in derivation.discarded[0][2]


def test_functions_without_source_are_refused():
    made = {}
    exec("def bare(x):\n    return x <= 1\n", made)
    made["bare"].__annotations__ = {"x": il.UnitInterval}
    with pytest.raises(NoFormula, match="cannot be read"):
        mutants(claim(id="bare", statement="x <= 1")(made["bare"]))


def test_unknown_mutants_are_named_with_those_there_are():
    with pytest.raises(UnknownClaim, match=r"no mutant 'constant-7'; it has constant, "):
        find_mutant(f"{SUPERVISED}~constant-7")


def test_mutants_are_found_again_in_another_process():
    ids = [mutant.claim.id for mutant in mutants(lookup(SUPERVISED))]
    with processes(1) as executor:
        assert list(executor.map(_change_of, ids)) == [mutant.change for mutant in mutants(lookup(SUPERVISED))]


def _change_of(id: str) -> str:
    return find_mutant(id).change


def test_every_claim_of_the_catalogue_derives():
    seen: set[str] = set()
    for of in catalogue().values():
        derivation = derive(of)
        reached = {m.operator for m in derivation.mutants} | {operator for operator, _, _ in derivation.discarded}
        assert reached | set(derivation.inapplicable) == set(OPERATORS), of.id
        ids = [mutant.claim.id for mutant in derivation.mutants]
        assert len(set(ids)) == len(ids) and not seen & set(ids)
        seen |= set(ids)
    assert len(seen) > 1_500


@pytest.mark.parametrize(
    "id",
    [
        "swamy-2021-offq~power",
        "xu-2020-bc~direction",
        "occ-dpi~divergence-1",
        "simulation-lemma.bound~horizon-1",
        "rajaraman-2020-reduction.average~power",
        "dagger-2011-thm-2-2~half-power",
        "ng-1999-shaping.return~constant",
    ],
)
def test_false_mutants_of_the_catalogue_are_refuted_at_once(id):
    (looked,) = triage(lookup(id.partition("~")[0]), (find_mutant(id),))
    assert looked.standing == REFUTED
    assert looked.counterexample is not None
    assert certify(find_mutant(id).claim, looked.counterexample.instance) is not None


def test_a_search_refutes_what_a_first_look_leaves():
    (attacked,) = [one for one in attack_mutants([peak], budget=60).attacked if one.operator == "constant"]
    assert attacked.standing == REFUTED and attacked.stage == "search"


@claim(statement=r"1 - 1000 |x - 1/3| \le 1")
def peak(x: il.UnitInterval):
    """Random numbers miss the place where the bound is attained, a climb does not."""
    return 1 - 1000 * ar.wrap(ar.absolute(x - Fraction(1, 3))) <= 1


def test_the_report_counts_each_operator():
    report = attack_mutants([SUPERVISED, at_most_horizon], budget=0)
    assert {tally.operator: tally.total for tally in report.tallies}["constant"] == 2
    assert sum(tally.total for tally in report.tallies) == len(report.attacked)
    standings = ("refuted", "proved", "follows", "open", "undefined")
    assert all(tally.total == sum(getattr(tally, name) for name in standings) for tally in report.tallies)
    assert {one.id for one in report.survivors} == {f"{SUPERVISED}~occupancy", f"{SUPERVISED}~distance"}
    written = report.to_json()
    assert written["schema"] == "iltheory-mutants/1" and len(written["mutants"]) == len(report.attacked)


def test_a_mutant_that_follows_is_told_from_one_that_says_more():
    @claim(id="weakened", statement="x^2 <= 1 + x")
    def weakened(x: il.UnitInterval):
        return x**2 <= (1 + x) ** 2

    found = by_operator(weakened)["power"]
    assert [looked.standing for looked in found] == [OPEN, OPEN]
    assert {FOLLOWS, UNDEFINED}.isdisjoint(looked.standing for looked in found)
    (shorter,) = [looked for looked in by_operator(lookup("occ-dpi.conditional"))["power"][:1]]
    assert shorter.standing == FOLLOWS  # a mean over steps is at most their sum
    assert occupancy_kl.__name__ in lookup("occ-dpi.conditional").function.__code__.co_names
