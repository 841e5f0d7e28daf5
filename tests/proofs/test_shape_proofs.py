"""What is proved for all models of a shape is about polynomials that equal the claim's sides at every model."""

from dataclasses import replace
from fractions import Fraction
from itertools import count, product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iltheory as il
from iltheory.attack.coordinates import Shape
from iltheory.claims.claim import collecting
from iltheory.claims.kinds import Count, Simplex
from iltheory.claims.registry import catalogue
from iltheory.proofs import prove_for_shapes, proved_for_shapes
from iltheory.proofs.shapes import LARGEST
from proofs_check.identities import IDENTITY, VERTICES, prove_for_shape
from proofs_check.identities.algebras import Flint, Sympy
from proofs_check.identities.cells import Cell, Effort
from proofs_check.identities.concave import least_if_concave
from proofs_check.identities.points import POINTS, points
from proofs_check.identities.quotients import Quotient
from proofs_check.identities.shapes import Domain
from proofs_check.identities.vertices import least
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import NotRepresentable, RationalArray
from sims.errors import IltheoryError

ENOUGH = Effort(10**9)
IDENTITIES = (
    "occ-polytope-finite", "bellman-flow-telescoping.finite", "pdl", "simulation-lemma", "dagger-2011-thm-2-2.identity",
    "aggrevate-2014-thm-2-1.equality", "swamy-2021-offq.identity", "iq-telescoping.finite", "ng-1999-shaping.finite",
)  # fmt: skip
DISCOUNTED = (
    "pdl.discounted", "simulation-lemma.discounted", "occ-polytope-discounted", "occ-polytope-discounted.mass",
    "bellman-flow-telescoping", "iq-telescoping", "ng-1999-shaping.return", "ng-1999-shaping.next-state",
    "ng-1999-shaping.terminal", "lp-duality.gap", "feature-matching.linear", "lsiq-least-squares",
)  # fmt: skip
INEQUALITIES = (
    "ross-bagnell-2010-thm-2-1", "ross-bagnell-2010-thm-2-1.horizon-weighted", "rajaraman-2020-reduction",
    "dagger-2011-thm-4-1.coupling", "swamy-2021-advil.supremum",
)  # fmt: skip
WITH_PARTS = (
    "traj-chain-rules.tv",
    "traj-chain-rules.pairs",
    "dagger-2011-lemma-4-1",
    "occ-policy-bijection.finite-sharper",
)
"""Inequalities between absolute values of polynomials."""
SMALL = Shape(n_states=2, n_actions=2, horizon=2)


def value(monomials, point):
    return sum((c * prod((point[v] for v in m), start=Fraction(1)) for m, c in monomials.items()), Fraction(0))


def number(entry, ring, point):
    """A polynomial, or a quotient, of variables and positive parts."""
    if isinstance(entry, Quotient):
        below = ring.factors.product(entry.powers)
        return number(entry.numerator, ring, point) / number(below, ring, point)
    monomials = ring.algebra.monomials(entry)
    for t in sorted({v for m in monomials for v in m} - set(point)):  # a part may have earlier ones in it
        point[t] = max(number_of(ring.parts.known[t], ring, point), Fraction(0))
    return value(monomials, point)


def number_of(monomials, ring, point):
    for t in sorted({v for m in monomials for v in m} - set(point)):
        point[t] = max(number_of(ring.parts.known[t], ring, point), Fraction(0))
    return value(monomials, point)


def at(numbers, ring, point):
    """Entries at a point of the domain, as exact rationals."""
    flat = [number(p, ring, point) for p in numbers.entries.ravel()]
    den = 1
    for x in flat:
        den *= x.denominator // np.gcd(den, x.denominator)
    return RationalArray(np.array([int(x * den) for x in flat], dtype=object).reshape(numbers.shape), int(den))


def point_of(rows, rng):
    """Random shares of the vertices of each row, multiples of 1/64, some of them 0."""
    point = {}
    for row in rows:
        cuts = np.sort(rng.integers(0, 64, size=len(row)))
        point |= {v: Fraction(int(n), 64) for v, n in zip(row, np.diff([0, *cuts]), strict=True)}
    return point


@pytest.mark.parametrize("id", IDENTITIES)
def test_identities_hold_for_all_models_of_all_shapes(id):
    for s, a, h in product(*(range(1, n + 1) for n in LARGEST)):
        proof = prove_for_shape(catalogue()[id], Shape(n_states=s, n_actions=a, horizon=h))
        assert proof is not None and proof.method == IDENTITY and proof.cells == 1


@pytest.mark.parametrize("id", DISCOUNTED)
def test_identities_hold_for_all_models_with_any_discount(id):
    proof = prove_for_shape(catalogue()[id], Shape(n_states=2, n_actions=2))
    assert proof is not None and proof.method == IDENTITY and "gamma in [0, 1)" in proof.words


@pytest.mark.parametrize("id", INEQUALITIES)
def test_inequalities_hold_for_all_models_of_a_shape(id):
    proof = prove_for_shape(catalogue()[id], SMALL)
    assert proof is not None and proof.method == VERTICES and proof.variables > 20


@pytest.mark.parametrize("id", [*IDENTITIES, *INEQUALITIES, *DISCOUNTED, *WITH_PARTS])
def test_polynomials_are_the_sides_at_every_point(id):
    """Evaluating the formula on polynomials and then the polynomials at a point is evaluating it at the point."""
    claim, rng = replace(catalogue()[id], assumptions=()), np.random.default_rng(0)
    domain = Domain(claim, SMALL, split=id in INEQUALITIES, spare=id in WITH_PARTS)
    ring = domain.ring()
    generic = domain.instance(ring)
    with collecting():
        comparison = claim.evaluate(generic)
    for _ in range(3):
        point = point_of(ring.rows, rng)
        instance = {
            name: model_at(v, ring, point) if isinstance(v, TabularMDP) else numbers_at(v, ring, point)
            for name, v in generic.items()
        }
        with collecting():
            exact = claim.evaluate(instance)
        for symbolic, rational in ((comparison.lhs, exact.lhs), (comparison.rhs, exact.rhs)):
            assert np.all((at(ring.coerce(symbolic), ring, point) == rational).holds)


def numbers_at(v, ring, point):
    if isinstance(v, tuple):
        return tuple(at(x, ring, point) for x in v)
    return v if isinstance(v, int) else at(v, ring, point)


def model_at(mdp, ring, point):
    p, r, mu = (at(x, ring, point) for x in (mdp.transitions.dense(), mdp.rewards(), mdp.mu))
    if mdp.horizon is None:
        p, end = p[..., 0, :, :, :], {"discount": at(mdp.discount, ring, point)}
    else:
        end = {"horizon": mdp.horizon}
    unpaid = np.zeros((mdp.n_states, mdp.n_actions), dtype=np.int64)
    return TabularMDP(p, unpaid, mu, **end, batch_axes=1).with_rewards(r)


def shape_of(variant):
    """Shape of the counterexample that is known."""
    instance = variant.bind_any(variant.counterexample())
    mdp = next((v for v in instance.values() if isinstance(v, TabularMDP)), None)
    length = next((len(v) for v in instance.values() if isinstance(v, tuple)), 2)
    counts = tuple(instance[name] - kind.least for name, kind in variant.parameters.items() if isinstance(kind, Count))
    if mdp is None:
        laws = [instance[name] for name, kind in variant.parameters.items() if isinstance(kind, Simplex)]
        return Shape(n_states=laws[0].shape[-1] if laws else 2, length=length, counts=counts)
    return Shape(mdp.n_states, mdp.n_actions, mdp.horizon or 1, length=length, counts=counts)


def false_variants():
    """All of them; slow ones are large, or of claims that are not proved here."""
    for claim in catalogue().values():
        for variant in claim.false_variants:
            shape = shape_of(variant)
            fast = claim.id in (*IDENTITIES, *INEQUALITIES, *DISCOUNTED, *WITH_PARTS)
            small = shape.n_states * shape.n_actions * shape.horizon <= 8
            yield pytest.param(variant, shape, id=variant.id, marks=[] if fast and small else [pytest.mark.slow])


@pytest.mark.parametrize(("variant", "shape"), list(false_variants()))
def test_no_false_variant_is_proved_for_the_shape_of_its_counterexample(variant, shape):
    try:
        found = prove_for_shape(variant, shape)
    except IltheoryError:  # its sides are no polynomials: not proved either
        found = None
    assert found is None


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_least_value_is_at_a_vertex(data):
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    starts = np.cumsum([0, *sizes])
    rows = [tuple(range(a, a + n)) for a, n in zip(starts, sizes, strict=False)]
    monomial = st.tuples(*(st.sampled_from([None, *row]) for row in rows)).map(
        lambda m: tuple(v for v in m if v is not None)
    )
    coefficient = st.fractions(-3, 3, max_denominator=7).filter(bool)
    polynomial = data.draw(st.dictionaries(monomial, coefficient, max_size=12))
    vertices = product(*([None, *row] for row in rows))
    values = [value(polynomial, {v: Fraction(v in chosen) for v in range(int(starts[-1]))}) for chosen in vertices]
    assert least(polynomial, rows, ENOUGH) == min(values)
    inner = point_of(rows, np.random.default_rng(data.draw(st.integers(0, 99))))
    assert value(polynomial, inner) >= min(values)


def test_constants_have_a_least_value_without_any_row():
    assert least_if_concave({(): Fraction(1, 3)}, {}, [(0, 1)], ENOUGH) == Fraction(1, 3)
    assert least_if_concave({(): Fraction(-(2**70), 3)}, {}, [], ENOUGH) == Fraction(-(2**70), 3)


def test_of_what_is_not_affine_in_each_row_there_are_bounds():
    assert least({(0, 0): Fraction(1)}, [(0,)], ENOUGH) == 0
    assert least({(0, 1): Fraction(1)}, [(0, 1)], ENOUGH) == 0
    square = {(0, 0): Fraction(1), (0,): Fraction(-1), (): Fraction(1, 4)}  # (x - 1/2)^2
    assert least(square, [(0,)], ENOUGH) == Fraction(-1, 4)
    tangled = {(i, j): Fraction(-1) for i in range(30) for j in range(i)}
    assert least(tangled, [(v,) for v in range(30)], ENOUGH) is None  # 2^29 vertices
    assert least({(3,): Fraction(1)}, [(0,)], ENOUGH) is None  # no row has the variable


@pytest.mark.parametrize("id", ["pdl", "simulation-lemma", "ross-bagnell-2010-thm-2-1", "ng-1999-shaping.finite"])
def test_sympy_agrees_with_flint(id):
    for claim in (catalogue()[id], *catalogue()[id].false_variants):
        shape = Shape(n_states=2, n_actions=2, horizon=1 if id.startswith("ross") else 2)
        assert outcome(claim, shape, Sympy) == outcome(claim, shape, Flint)


def outcome(claim, shape, algebra):
    try:
        return prove_for_shape(claim, shape, algebra=algebra)
    except NotRepresentable as problem:
        return str(problem)


def _worse(mdp, expert, learner):
    return il.value(mdp, learner) <= il.value(mdp, expert)


@il.claim(statement="J <= J - 1 where a comparison holds")
def where_it_holds(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    value = il.value(mdp, learner)
    return value <= ar.where(_worse(mdp, expert, learner).holds, value - 1, 0 * value + mdp.horizon)


@il.claim(statement="J <= J - 1 where a verdict is 1")
def where_the_verdict_is_one(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    value = il.value(mdp, learner)
    return value <= ar.where(_worse(mdp, expert, learner).verdicts == 1, value - 1, 0 * value + mdp.horizon)


@il.claim(statement="J(expert) <= 0 if the gap is not negative")
def if_all_hold(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    if np.all((il.gap(mdp, expert, learner) >= 0).holds):
        return il.value(mdp, expert) <= 0
    return il.gap(mdp, expert, learner) <= mdp.horizon


@il.claim(statement="J <= 0 of what is a float")
def if_it_is_a_float(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    value = il.value(mdp, learner)
    try:
        float(ar.sum(value))
    except IltheoryError:
        return value <= mdp.horizon
    return value <= 0


@il.claim(statement="no state has probability 0, if one asks")
def if_nobody_minds(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    law = mdp.state_occupancy(learner)
    try:
        seen = ar.possibly_nonzero(law)
    except IltheoryError:
        seen = np.True_
    return ar.where(seen, law * 0 + 1, law * 0) >= 1


@il.claim(statement="J <= 0 of what has another type")
def if_it_has_another_type(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    value = il.value(mdp, learner)
    return value <= (mdp.horizon if "olynom" in type(value).__name__ else 0)


@il.claim(statement="no law has a probability a little above 1/2")
def if_refusals_are_caught(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    try:
        close = ((mdp.mu > Fraction(5001, 10000)).holds & (mdp.mu < Fraction(5002, 10000)).holds).any()
    except NotRepresentable:
        close = False
    return il.value(mdp, learner) * 0 <= -int(close)


@il.claim(statement="all gaps to the uniform policy add up to 0")
def summed_over_the_batch(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy):
    return il.equal(ar.sum(il.value(mdp, expert) - il.value(mdp, expert * 0 + Fraction(1, mdp.n_actions))), 0)


@il.claim(statement="the first gap of a batch is at most 0")
def first_of_the_batch(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.DeterministicPolicy):
    return ar.reshape(il.gap(mdp, expert, learner), (-1,))[0] <= 0


calls = count()


@il.claim(statement="J <= H - 1 at every seventh call")
def at_every_seventh_call(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    return il.value(mdp, learner) <= mdp.horizon - (next(calls) % 7 == 6)


@il.claim(statement="no reward is above -5")
def of_no_rewards(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    return mdp.r[..., :0] <= -5


def _nothing(mdp):
    return mdp.rewards()[..., :0] < 0


@il.claim(statement="J <= -1 if nothing is negative", assumptions=[il.Assumption("nothing is negative", _nothing)])
def under_an_assumption_about_nothing(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    return il.value(mdp, learner) <= -1


def _of_polynomials(mdp):
    return np.array("olynom" not in type(mdp.rewards()).__name__)


@il.claim(statement="J <= -1 of numbers", assumptions=[il.Assumption("numbers", _of_polynomials)])
def under_an_assumption_about_types(mdp: il.FiniteHorizonMDP, learner: il.Policy):
    return il.value(mdp, learner) <= -1


FALSE = (
    where_it_holds, where_the_verdict_is_one, if_all_hold, if_it_is_a_float, if_nobody_minds, if_it_has_another_type,
    if_refusals_are_caught, summed_over_the_batch, first_of_the_batch, at_every_seventh_call, of_no_rewards,
    under_an_assumption_about_nothing, under_an_assumption_about_types,
)  # fmt: skip


@pytest.mark.parametrize("claim", FALSE, ids=lambda claim: claim.id)
@pytest.mark.parametrize("size", [(2, 2, 1), (2, 2, 2)])
def test_nothing_is_proved_of_a_formula_that_is_another_one_at_other_points(claim, size):
    try:
        found = prove_for_shape(claim, Shape(*size))
    except NotRepresentable:
        found = None
    assert found is None


@pytest.mark.parametrize("op", ["<=", ">=", "=="])
def test_the_zero_polynomial_is_0_and_at_most_and_at_least_0(op):
    def itself(mdp: il.FiniteHorizonMDP, expert: il.Policy):
        return ar.Comparison(il.value(mdp, expert), op, il.value(mdp, expert))

    proof = prove_for_shape(il.claim(statement="J op J")(itself), SMALL)
    assert proof is not None and proof.method == (IDENTITY if op == "==" else VERTICES)


def test_points_are_in_the_cell_and_differ():
    ring = Domain(catalogue()["pdl.discounted"], Shape(n_states=2, n_actions=2)).ring()
    x = ring.algebra.variables
    faced = type(ring)(ring.algebra, ring.rows, positive=[x[0]], cell=Cell(positive=(x[1],), zero=(x[0] * x[2],)))
    assert len(list(points(ring))) == POINTS == len({tuple(p.values()) for p in points(ring)})
    found = list(points(faced))
    assert found and all(p[0] > 0 and p[1] > 0 and p[2] == 0 for p in found)
    nowhere = type(ring)(ring.algebra, ring.rows, cell=Cell(positive=(x[0],), zero=(x[0],)))
    assert list(points(nowhere)) == []


def test_what_leaves_the_ring_is_refused():
    with pytest.raises(NotRepresentable, match="exponential"):
        prove_for_shape(catalogue()["ho-ermon-2016-prop-3-2"], SMALL)
    with pytest.raises(NotRepresentable, match="number that depends on the point"):
        prove_for_shape(catalogue()["ng-1999-shaping"], SMALL)  # floats look for the optimal policy


def test_proofs_are_kept_in_the_ledger_and_say_for_which_shapes(tmp_path):
    from iltheory.engine.executors import serial

    claims = [catalogue()[id] for id in ("pdl", "kaariainen-2006-flip", "ho-ermon-2016-prop-3-2")]
    ledger = tmp_path / "ledger"
    first = prove_for_shapes(claims, ledger=ledger, executor=serial())
    assert [(theorem.claim, theorem.verdict) for theorem in first] == [
        ("pdl", "proved for shape S=3, A=2, H=3"),
        ("kaariainen-2006-flip", "proved for shape horizon=3"),
    ]
    assert proved_for_shapes(claims, ledger=ledger) == first
    assert proved_for_shapes(claims, ledger=tmp_path / "other") == ()
