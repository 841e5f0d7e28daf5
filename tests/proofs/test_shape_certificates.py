"""Certificates, cells and positive parts: what proves inequalities and quotients for all models of a shape."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iltheory as il
from iltheory.attack.coordinates import Shape
from iltheory.claims.claim import claim
from iltheory.claims.kinds import Distribution, Temperature
from iltheory.claims.registry import catalogue
from proofs_check.identities import CERTIFICATE, IDENTITY, VERTICES, TooManyCells, TooMuchWork, prove_for_shape
from proofs_check.identities.algebras import Flint, Sympy
from proofs_check.identities.cells import Effort, Undecided, all_cells
from proofs_check.identities.certificates import certificate_for, proves
from proofs_check.identities.concave import cases, constraints_of, least_if_concave
from proofs_check.identities.faces import point_on, summands, vanishes
from proofs_check.identities.polynomial import Polynomials, Unread
from proofs_check.identities.shapes import Domain
from sims import arithmetic as ar
from sims.arithmetic import NotRepresentable

X, Y = (0,), (1,)
SQUARE = [(0,), (1,)]
"""Two numbers in [0, 1]."""
ONE = Fraction(1)
ENOUGH = Effort(10**9)


def value(monomials, point):
    return sum((c * prod((point[v] for v in m), start=ONE) for m, c in monomials.items()), Fraction(0))


# Certificates.


def test_a_certificate_is_found_and_every_corruption_of_it_is_refused():
    target = {(): Fraction(2), X: -ONE, (0, 1): -ONE}  # 2 - x - x y
    certificate = certificate_for(target, [], SQUARE, ENOUGH)
    assert certificate and proves(certificate, target, [], SQUARE)
    for i, summand in enumerate(certificate):
        for other in (summand.weight + Fraction(1, 10**9), summand.weight / 2, -summand.weight, Fraction(0)):
            corrupted = (*certificate[:i], replace(summand, weight=other), *certificate[i + 1 :])
            assert not proves(corrupted, target, [], SQUARE)
        assert not proves((*certificate[:i], *certificate[i + 1 :]), target, [], SQUARE)


def test_weights_that_are_negative_prove_nothing_even_if_they_add_up():
    target = {X: ONE}
    certificate = certificate_for(target, [], SQUARE, ENOUGH)
    doubled = tuple(replace(s, weight=2 * s.weight) for s in certificate)
    undone = tuple(replace(s, weight=-s.weight) for s in certificate)
    assert not proves(doubled + undone, target, [], SQUARE)


def test_what_is_negative_somewhere_has_no_certificate():
    assert certificate_for({X: ONE, (): Fraction(-1, 100)}, [], SQUARE, ENOUGH) is None
    assert certificate_for({(0, 1): -ONE}, [], SQUARE, ENOUGH) is None


def test_constraints_are_used():
    larger = {Y: ONE, X: -ONE}  # y >= x
    assert (
        certificate_for({(1,): ONE, (0, 1): -ONE, X: -ONE, (0, 0): ONE}, [], SQUARE, ENOUGH) is None
    )  # (y - x)(1 - x)
    target = {Y: ONE, X: -ONE, (0, 1): -ONE, (0, 0): ONE}
    certificate = certificate_for(target, [larger], SQUARE, ENOUGH)
    assert certificate is not None and {s.constraint for s in certificate} == {0}


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_what_has_a_certificate_is_nowhere_negative(data):
    monomials = [(), X, Y, (0, 1), (0, 0)]
    target = {m: Fraction(data.draw(st.integers(-2, 3))) for m in monomials}
    target = {m: c for m, c in target.items() if c}
    if certificate_for(target, [], SQUARE, ENOUGH) is not None:
        for x, y in product([Fraction(k, 4) for k in range(5)], repeat=2):
            assert value(target, {0: x, 1: y}) >= 0


# Positive parts.


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_concave_functions_are_least_at_vertices(data):
    def affine():
        drawn = {m: Fraction(data.draw(st.integers(-3, 3))) for m in ((), X, Y, (0, 1))}
        return {m: c for m, c in drawn.items() if c}

    parts = {2: affine(), 3: affine()}
    weights = {t: data.draw(st.integers(0, 3)) for t in parts}
    polynomial = affine() | {(t,): Fraction(-w) for t, w in weights.items() if w}

    def at(x, y):
        point = {0: x, 1: y}
        return value(polynomial, point | {t: max(value(p, point), Fraction(0)) for t, p in parts.items()})

    low = least_if_concave(polynomial, parts, SQUARE, ENOUGH)
    grid = [Fraction(k, 5) for k in range(6)]
    assert low == min(at(Fraction(x), Fraction(y)) for x, y in product((0, 1), repeat=2))
    assert all(at(x, y) >= low for x, y in product(grid, repeat=2))


def test_what_is_not_concave_is_not_decided_at_vertices():
    part = {2: {X: ONE, Y: -ONE}}  # max(x - y, 0)
    assert least_if_concave({(2,): ONE}, part, SQUARE, ENOUGH) is None
    square = {2: {(0, 0): ONE}}  # is not affine in its row
    assert least_if_concave({(2,): -ONE}, square, SQUARE, ENOUGH) is None
    assert least_if_concave({(0, 2): -ONE}, part, SQUARE, ENOUGH) is None  # x max(x - y, 0) is not, either
    assert least_if_concave({(2, 2): -ONE}, part, SQUARE, ENOUGH) is None
    nested = {2: {X: ONE, Y: -ONE}, 3: {(2,): ONE, X: -ONE}}  # max(max(x - y, 0) - x, 0) is convex
    assert least_if_concave({(3,): -ONE}, nested, SQUARE, ENOUGH) == 0
    assert least_if_concave({(3,): -ONE}, {2: nested[2], 3: {(2,): -ONE}}, SQUARE, ENOUGH) is None


def test_negative_parts_are_taken_case_by_case():
    parts = {2: {X: ONE, Y: -ONE}}
    found = cases({Y: ONE, (2,): -ONE}, parts, SQUARE, ENOUGH)  # y - max(x - y, 0)
    assert sorted(map(sorted, found)) == [[X, Y], [Y]]
    assert cases({Y: ONE, (2,): ONE}, parts, SQUARE, ENOUGH) == [{Y: ONE, (2,): ONE}]
    assert constraints_of(parts) == [{(2,): ONE}, {(2,): ONE, X: -ONE, Y: ONE}]


# Cells.


def test_faces():
    row = [(0, 1), (2,)]
    product_of_shares = {(0, 2): ONE, (1, 2): ONE}  # (x0 + x1) x2
    faces = summands(product_of_shares, row, ENOUGH)
    assert faces == {frozenset({(0, 1), (1, 1)}), frozenset({(0, 2), (1, 1)})}
    assert summands({X: ONE, (2,): -ONE}, row, ENOUGH) is None
    assert vanishes({(0, 2): Fraction(5)}, row, faces, ENOUGH)
    assert not vanishes({X: ONE}, row, faces, ENOUGH)
    point = point_on(row, faces)
    assert value(product_of_shares, point) == 0
    everything = [frozenset({(1, 0)}), frozenset({(1, 1)})]  # x2 = 0 and 1 - x2 = 0
    assert point_on(row, everything) is None


@claim(statement="x")
def counted(p: Distribution):
    """Quotients by themselves are 1 where they are anything; so they count the support."""
    shown = ar.possibly_nonzero(p)
    ratios = ar.where(shown, p / ar.where(shown, p, 1), 0)
    return il.equal(ar.sum(ratios, -1), ar.convert(shown.sum(-1), ar.system_of(p)))


@counted.false_variant("everything is possible", counterexample=lambda: (ar.asarray([1, 0]),))
def all_counted(p):
    shown = ar.possibly_nonzero(p)
    ratios = ar.where(shown, p / ar.where(shown, p, 1), 0)
    return il.equal(ar.sum(ratios, -1), p.shape[-1])


@counted.false_variant("everything is divided", counterexample=lambda: (ar.asarray([1, 0]),))
def all_divided(p):
    return il.equal(ar.sum(p / p, -1), p.shape[-1])


def test_a_quotient_is_one_on_each_face_that_may_be_divided_by():
    proof = prove_for_shape(counted, Shape(n_states=3))
    assert proof is not None and proof.cells == 7  # supports
    assert prove_for_shape(all_counted, Shape(n_states=3)) is None
    with pytest.raises(NotRepresentable, match="quotient by 0"):
        prove_for_shape(all_divided, Shape(n_states=3))


@pytest.mark.parametrize("algebra", [Flint, Sympy])
def test_polynomials_are_divided_exactly_or_not_at_all(algebra):
    ring = algebra(("x", "y"))
    x, y = ring.variables
    p = x * x - y * y
    assert ring.zero(ring.quotient(p, x + y) - (x - y)) and ring.quotient(p, x + 1) is None


@claim(statement="x")
def inverse(c: Temperature):
    """A positive number times its inverse."""
    return il.equal(c * (1 / c), 1)


def test_positive_numbers_have_no_ends_and_may_be_divided_by():
    proof = prove_for_shape(inverse, Shape())
    assert proof is not None and (proof.method, proof.cells, proof.variables) == (IDENTITY, 1, 1)
    assert prove_for_shape(catalogue()["lsiq-mixture-chi2"], Shape()) is not None


def test_cells_and_work_are_bounded():
    def always(cell):
        raise Undecided(len(cell.positive) + len(cell.zero))

    with pytest.raises(TooManyCells):
        all_cells(always)
    with pytest.raises(TooMuchWork, match="no proof was found"):
        Effort(9).spend(9)


def test_what_is_unread_refuses_every_use():
    unread = Unread(Domain(catalogue()["pdl"], Shape()).ring())
    for use in (lambda: unread + 1, lambda: 1 - unread, lambda: unread < 1, lambda: float(unread), lambda: unread == 1):
        with pytest.raises(NotRepresentable, match="depends on the point"):
            use()
    with pytest.raises(NotRepresentable):
        np.isfinite(np.array([unread], dtype=object) * 2.0)


def test_determinants_are_divided_by_only_where_the_map_contracts():
    ring = Polynomials(Flint(("x",)), [(0,)])
    x = ring.variables()
    mask = ring.possibly_nonzero(1 + x)
    assert mask.all()
    with pytest.raises(Undecided):
        ring.possibly_nonzero(x)
    with pytest.raises(NotRepresentable, match="may be 0"):
        1 / (x - Fraction(1, 2))


# Claims.

CERTIFIED = (
    ("occ-polytope-finite.converse", (2, 2, 2)), ("occ-polytope-discounted.converse", (2, 2, 1)),
    ("occ-vertices.distinct", (2, 2, 1)), ("aggrevate-2014-thm-2-1", (2, 2, 1)),
)  # fmt: skip
CONCAVE = (
    "traj-chain-rules.tv", "traj-chain-rules.states", "traj-chain-rules.pairs", "dagger-2011-lemma-4-1",
    "dagger-2011-lemma-4-1.refined", "dagger-2011-lemma-4-1.linear", "rajaraman-2020-bc-det.missing-mass",
    "rajaraman-2020-bc-det.sharper",
)  # fmt: skip
DIVIDED = ("occ-polytope-finite.history", "swamy-2021-advil.equilibrium", "occ-policy-bijection.round-trip")


@pytest.mark.parametrize("id", CONCAVE)
def test_convex_sides_are_compared_at_vertices(id):
    proof = prove_for_shape(catalogue()[id], Shape())
    assert proof is not None and proof.method == VERTICES


@pytest.mark.parametrize("id", DIVIDED)
def test_claims_that_divide_by_occupancies_hold_on_every_face(id):
    proof = prove_for_shape(catalogue()[id], Shape())
    assert proof is not None and proof.method == IDENTITY and proof.cells > 1


@pytest.mark.parametrize(("id", "sizes"), CERTIFIED)
def test_claims_have_certificates(id, sizes):
    proof = prove_for_shape(catalogue()[id], Shape(*sizes))
    assert proof is not None and proof.method == CERTIFICATE


def test_a_proof_ends_at_the_same_monomial_whatever_the_machine():
    claim, shape = catalogue()["ross-bagnell-2010-thm-2-1"], Shape(n_states=2, n_actions=2)

    def proved(patience):
        try:
            return prove_for_shape(claim, shape, patience=patience) is not None
        except TooMuchWork:
            return False

    low, high = 1, 2**20
    assert proved(high) and not proved(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if proved(middle) else (middle, high)
    assert proved(high) and not proved(high - 1)
