"""Exact linear programmes: optima, certificates of infeasibility and unboundedness, and data that floats cannot see."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import combinations

import flint
import numpy as np
import pytest

from iltheory.games import linear_programme
from iltheory.games.linear_programme import Infeasible, LinearProgramme, Optimum, Unbounded
from sims import arithmetic as ar
from sims import families
from sims.errors import InvalidArgument


def fractions(x):
    return x.fractions().tolist()


def by_hand(c, A_eq, b_eq, A_ub, b_ub):
    """Least cost over all basic feasible points, by enumeration in fractions; None if there is none (no free ones)."""
    m_eq, m_ub = len(A_eq), len(A_ub)
    rows = [list(A_eq[i]) + [0] * m_ub for i in range(m_eq)]
    rows += [list(A_ub[i]) + [int(i == j) for j in range(m_ub)] for i in range(m_ub)]
    matrix, b = np.array(rows, dtype=object).reshape(m_eq + m_ub, len(c) + m_ub), [*b_eq, *b_ub]
    columns, best = matrix.shape[1], None
    rank = flint.fmpq_mat(flint.fmpz_mat(*matrix.shape, matrix.ravel().tolist())).rank()
    for chosen in combinations(range(columns), rank):
        part = flint.fmpz_mat(len(b), rank, matrix[:, chosen].ravel().tolist())
        augmented = flint.fmpq_mat(
            flint.fmpz_mat(len(b), rank + 1, np.column_stack([matrix[:, chosen], b]).ravel().tolist())
        )
        if flint.fmpq_mat(part).rank() < rank:
            continue
        reduced, r = augmented.rref()
        if r > rank:
            return None  # the equations contradict each other
        z = [Fraction(int(reduced[i, rank].p), int(reduced[i, rank].q)) for i in range(rank)]
        if min(z, default=0) >= 0:
            cost = sum(c[j] * v for j, v in zip(chosen, z, strict=True) if j < len(c))
            best = cost if best is None else min(best, cost)
    return best


def test_a_textbook_example():
    optimum = LinearProgramme([-3, -5], A_ub=[[1, 0], [0, 2], [3, 2]], b_ub=[4, 12, 18]).minimise()
    assert fractions(optimum.x) == [2, 6] and Fraction(optimum.value) == -36
    assert fractions(optimum.y_ub) == [0, Fraction(-3, 2), -1]


@pytest.mark.parametrize("seed", range(60))
def test_agrees_with_enumeration_of_vertices_on_degenerate_programmes(seed):
    rng = np.random.default_rng(seed)
    n, m_eq, m_ub = rng.integers(1, 5), rng.integers(0, 3), rng.integers(0, 4)
    A_eq, A_ub = rng.integers(-2, 3, (m_eq, n)).tolist(), rng.integers(-2, 3, (m_ub, n)).tolist()
    b_eq, b_ub = rng.integers(-1, 2, m_eq).tolist(), rng.integers(-1, 3, m_ub).tolist()
    c = rng.integers(-2, 4, n).tolist()
    best = by_hand(c, A_eq, b_eq, A_ub, b_ub)
    programme = LinearProgramme(
        c, A_eq=np.reshape(A_eq, (m_eq, n)), b_eq=b_eq, A_ub=np.reshape(A_ub, (m_ub, n)), b_ub=b_ub
    )
    equations, bounds = np.reshape(A_eq, (m_eq, n)).astype(object), np.reshape(A_ub, (m_ub, n)).astype(object)
    try:
        optimum = programme.minimise()
    except Infeasible as refused:
        y_eq, y_ub = (y.fractions() for y in (refused.y_eq, refused.y_ub))
        assert best is None
        assert np.all(y_eq @ equations + y_ub @ bounds <= 0) and np.all(y_ub <= 0)
        assert np.dot(y_eq, np.array(b_eq, dtype=object)) + np.dot(y_ub, np.array(b_ub, dtype=object)) > 0
    except Unbounded as refused:
        point, ray = refused.point.fractions(), refused.ray.fractions()
        assert best is not None, "there is a feasible point"
        assert np.all(point >= 0) and np.all(equations @ point == b_eq) and np.all(bounds @ point <= b_ub)
        assert np.all(ray >= 0) and np.all(equations @ ray == 0) and np.all(bounds @ ray <= 0)
        assert np.dot(ray, np.array(c, dtype=object)) < 0
    else:
        assert Fraction(optimum.value) == best
        assert programme.certifies(optimum)


@pytest.mark.parametrize("seed", range(10))
def test_free_variables_are_differences_of_two(seed):
    rng = np.random.default_rng(100 + seed)
    n, m = 4, 6
    A, b = rng.integers(-3, 4, (m, n)), rng.integers(0, 4, m)
    free = np.array([True, False, True, False])
    c = -(A.T @ rng.integers(0, 3, m))  # dual feasible, so bounded: -y for some y >= 0
    c[~free] += rng.integers(0, 3, 2)
    programme = LinearProgramme(c, A_ub=A, b_ub=b, free=free)
    split = LinearProgramme(np.append(c, -c[free]), A_ub=np.hstack([A, -A[:, free]]), b_ub=b)
    assert Fraction(programme.minimise().value) == Fraction(split.minimise().value)


def test_the_dual_programme_has_the_same_value():
    rng = np.random.default_rng(0)
    A, b, c = rng.integers(-3, 5, (4, 6)), rng.integers(1, 5, 4), rng.integers(0, 5, 6)
    primal = LinearProgramme(c, A_ub=-A, b_ub=-b)  # c x subject to A x >= b
    dual = LinearProgramme(-b, A_ub=A.T, b_ub=c)  # -b y subject to A^T y <= c
    assert Fraction(primal.minimise().value) == -Fraction(dual.minimise().value)


def test_finds_what_floats_cannot_see():
    # HiGHS drops entries below 1e-9 and takes bounds within 1e-10 for met: exactly, x must be 10^12.
    tiny = Fraction(1, 10**12)
    optimum = LinearProgramme([1], A_ub=[[-tiny]], b_ub=[-1]).minimise()
    assert fractions(optimum.x) == [10**12]
    below = LinearProgramme([-1, -1 - tiny], A_eq=[[1, 1]], b_eq=[1]).minimise()
    assert fractions(below.x) == [0, 1] and Fraction(below.value) == -1 - tiny
    with pytest.raises(Infeasible):
        LinearProgramme([0], A_eq=[[1], [1]], b_eq=[1, 1 + Fraction(1, 10**30)]).minimise()


def test_numbers_beyond_floats():
    huge = 10**400
    optimum = LinearProgramme([huge, 1], A_eq=[[huge, 1]], b_eq=[huge]).minimise()
    assert Fraction(optimum.value) == huge
    optimum = LinearProgramme([-1, 2], A_ub=[[1, 1], [huge, -huge]], b_ub=[2, huge]).minimise()
    assert Fraction(optimum.value) == -1


def test_every_basis_leads_to_an_optimum(monkeypatch):
    """The exact pivots need no help: whatever order floats propose, the optimum is the same."""
    rng = np.random.default_rng(1)
    mdp = families.garnet(n_states=6, n_actions=3, branching=2, discount=Fraction(9, 10), rng=rng).to("rational")
    flow = np.kron(np.eye(6, dtype=int), np.ones(3, dtype=int))
    A = flow - mdp.discount * ar.moveaxis(ar.reshape(mdp.P, (18, 6)), 0, 1)
    programme = LinearProgramme(-ar.reshape(mdp.r, (18,)), A_eq=A, b_eq=mdp.mu)
    for _ in range(5):
        order = rng.permutation(18)
        monkeypatch.setattr(linear_programme, "_from_floats", partial(linear_programme._pivoted, order=order))
        assert Fraction(programme.minimise().value) == -Fraction(mdp.optimal_value())


def test_klee_and_minty():
    n = 6
    A = [[2 * 10 ** (i - j) if j < i else int(i == j) for j in range(n)] for i in range(n)]
    optimum = LinearProgramme([-(10 ** (n - 1 - j)) for j in range(n)], A_ub=A, b_ub=[100**i for i in range(n)])
    assert Fraction(optimum.minimise().value) == -(100 ** (n - 1))


def test_redundant_equations_and_no_constraints():
    optimum = LinearProgramme([1, 1], A_eq=[[1, 1], [2, 2], [0, 0]], b_eq=[1, 2, 0]).minimise()
    assert Fraction(optimum.value) == 1
    assert fractions(LinearProgramme([1, 0]).minimise().x) == [0, 0]
    with pytest.raises(Unbounded):
        LinearProgramme([-1]).minimise()
    with pytest.raises(Infeasible):
        LinearProgramme([0], A_eq=[[0]], b_eq=[1]).minimise()


def test_floats_are_the_dyadics_they_are():
    optimum = LinearProgramme([1.0], A_eq=[[0.1]], b_eq=[1.0]).minimise()
    assert Fraction(optimum.value) == 1 / Fraction(0.1)


def test_a_wrong_certificate_is_not_believed():
    programme = LinearProgramme([1, 2], A_eq=[[1, 1]], b_eq=[1])
    right = programme.minimise()
    assert programme.certifies(right)
    half = ar.asarray([Fraction(1, 2), Fraction(1, 2)])
    assert not programme.certifies(Optimum(half, right.y_eq, right.y_ub, right.value))
    assert not programme.certifies(Optimum(right.x, 2 * right.y_eq, right.y_ub, right.value))
    assert not programme.certifies(Optimum(right.x, right.y_eq, right.y_ub, right.value + 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"c": [[1]]}, r"c has shape \(1, 1\)"),
        ({"c": [1], "A_eq": [[1]]}, "A_eq and b_eq belong together"),
        ({"c": [1, 1], "A_ub": [[1]], "b_ub": [1]}, r"A_ub has shape \(1, 1\)"),
        ({"c": [1], "free": [1]}, "free is int64"),
    ],
)
def test_errors_name_the_argument(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        LinearProgramme(**arguments)
