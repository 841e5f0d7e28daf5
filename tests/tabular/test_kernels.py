"""The kernels' error bounds against exact rational solutions of the systems for the very floats given."""

from __future__ import annotations

import itertools
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

from sims.tabular import _improvement, kernels, kernels_dense, kernels_sparse
from sims.tabular.kernels import NoCertificate

GAMMAS = (0.0, 0.5, 0.99, 0.999999)


def exact(x):
    """An array of floats as nested lists of rationals."""
    return np.vectorize(lambda v: fmpq(*float(v).as_integer_ratio()), otypes=[object])(np.asarray(x))


def solve_exactly(K, b, gamma, transpose=False):
    """The rational x with x = b + gamma K x."""
    K = exact(K).T if transpose else exact(K)
    n, g = len(b), fmpq(*float(gamma).as_integer_ratio())
    system = fmpq_mat(n, n, [int(i == j) - g * K[i, j] for i in range(n) for j in range(n)])
    return np.array(system.solve(fmpq_mat(n, 1, list(exact(b)))).entries(), dtype=object)


def distance(x, truth, transpose=False):
    """Exact sup or l1 distance of floats from rationals."""
    gaps = [abs(a - b) for a, b in zip(exact(x).ravel(), np.asarray(truth, dtype=object).ravel(), strict=True)]
    return sum(gaps, fmpq(0)) if transpose else max(gaps)


def as_fraction(x):
    return fmpq(*float(x).as_integer_ratio())


# Kernels that are hard in different ways; rows sum to 1 within rounding unless the name says otherwise.


def random_kernel(n, rng):
    return rng.dirichlet(np.ones(n), size=n)


def cycle(n, rng):
    return np.roll(np.eye(n), 1, axis=1)


def lazy_walk(n, rng):
    return (2 * np.eye(n) + np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)) / 4


def two_classes(n, rng):
    K = np.zeros((n, n))
    half = n // 2 or 1
    K[:half, :half] = random_kernel(half, rng)
    if n > half:
        K[half:, half:] = random_kernel(n - half, rng)
    return K


def absorbing(n, rng):
    K = random_kernel(n, rng)
    K[0], K[-1] = np.eye(n)[0], np.eye(n)[-1]
    return K


def nearly_decomposable(n, rng):
    return (1 - 2.0**-20) * np.eye(n) + 2.0**-20 * random_kernel(n, rng)


def substochastic(n, rng):
    return random_kernel(n, rng) * rng.random((n, 1))


def empty(n, rng):
    return np.zeros((n, n))


KERNELS = (random_kernel, cycle, lazy_walk, two_classes, absorbing, nearly_decomposable, substochastic, empty)


def to_csr(K):
    """CSR with 32-bit indices of everything but zeros."""
    rows, columns = np.nonzero(K)
    indptr = np.searchsorted(rows, np.arange(len(K) + 1))
    return indptr, columns.astype(np.int32), K[rows, columns]


@pytest.mark.parametrize("transpose", (False, True))
@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("kind", KERNELS)
@pytest.mark.parametrize("n", (1, 2, 7, kernels_dense.SMALL + 1))
def test_solutions_are_within_their_bounds(n, kind, gamma, transpose):
    rng = np.random.default_rng(n)
    K, b = kind(n, rng), rng.random(n) * (1 - gamma)
    truth = solve_exactly(K, b, gamma, transpose)
    scale = (b.sum() if transpose else b.max()) / (1 - gamma)
    for solution in (
        kernels.solve_discounted(K, b, gamma, transpose=transpose),
        kernels.solve_discounted_sparse(*to_csr(K), b, gamma, transpose=transpose),
    ):
        assert distance(solution.x, truth, transpose) <= as_fraction(solution.error)
        # What was asked for, and rounding errors of n terms amplified by 1 / (1 - gamma).
        assert solution.error <= (2e-12 + 10 * (n + 8) * 2.0**-53 / (1 - gamma)) * scale


@pytest.mark.parametrize("scale", (1e-300, 1e-160, 1e150))
def test_bounds_survive_extreme_scales_and_underflow(scale):
    rng = np.random.default_rng(5)
    K = random_kernel(6, rng) * 10.0 ** rng.integers(-320, 1, (6, 6))
    b = rng.standard_normal(6) * scale
    for transpose in (False, True):
        truth = solve_exactly(K, b, 0.99, transpose)
        for solution in (
            kernels.solve_discounted(K, b, 0.99, transpose=transpose),
            kernels.solve_discounted_sparse(*to_csr(K), b, 0.99, transpose=transpose),
        ):
            assert distance(solution.x, truth, transpose) <= as_fraction(solution.error)


def test_signed_kernels_are_solved_too():
    rng = np.random.default_rng(6)
    for n in (5, kernels_dense.SMALL + 2):
        K = random_kernel(n, rng) * rng.choice([-1.0, 1.0], (n, n))
        b = rng.standard_normal(n)
        truth = solve_exactly(K, b, 0.9)
        for solution in (
            kernels.solve_discounted(K, b, 0.9),
            kernels.solve_discounted_sparse(*to_csr(K), b, 0.9),
        ):
            assert distance(solution.x, truth) <= as_fraction(solution.error)
            assert solution.error < 1e-9


@pytest.mark.parametrize("n", (4, kernels_dense.SMALL + 1))
def test_batches_broadcast_and_agree_with_one_at_a_time(n):
    rng = np.random.default_rng(7)
    K, b = rng.dirichlet(np.ones(n), size=(3, 1, n)), rng.random((2, n))
    gamma = np.array([0.3, 0.99])
    for transpose in (False, True):
        x, error = kernels.solve_discounted(K, b, gamma, transpose=transpose)
        assert x.shape == (3, 2, n) and error.shape == (3, 2)
        for i, j in np.ndindex(3, 2):
            one = kernels.solve_discounted(K[i, 0], b[j], gamma[j], transpose=transpose)
            assert np.array_equal(x[i, j], one.x) and error[i, j] == one.error


@pytest.mark.parametrize("n_states,n_actions", ((3, 2), (5, 5), (kernels_dense.SMALL + 3, 3)))
def test_values_and_occupancies_of_policies(n_states, n_actions):
    rng = np.random.default_rng(n_states)
    P = rng.dirichlet(np.ones(n_states), size=(2, n_states, n_actions))
    pi = rng.dirichlet(np.ones(n_actions), size=(2, n_states))
    pi[1] = np.eye(n_actions)[rng.integers(0, n_actions, n_states)]
    r, mu, gamma = rng.random((n_states, n_actions)), rng.dirichlet(np.ones(n_states)), 0.95
    v, v_error = kernels.discounted_values(P, r, pi, gamma)
    d, d_error = kernels.discounted_occupancies(P, mu, pi, gamma)
    for i in range(2):
        model = to_csr(P[i].reshape(-1, n_states))
        v_sparse = kernels.sparse_discounted_values(*model, r, pi[i], gamma)
        d_sparse = kernels.sparse_discounted_occupancies(*model, mu, pi[i], gamma)
        weights = exact(pi[i])
        K = (weights[:, :, None] * exact(P[i])).sum(1)
        g = as_fraction(gamma)
        identity = fmpq_mat(n_states, n_states, [int(s == t) for s in range(n_states) for t in range(n_states)])
        system = identity - g * fmpq_mat(n_states, n_states, list(K.ravel()))
        reward = fmpq_mat(n_states, 1, list((weights * exact(r)).sum(1)))
        truth = np.array(system.solve(reward).entries(), dtype=object)
        start = fmpq_mat(n_states, 1, [(1 - g) * m for m in exact(mu)])
        states = np.array(system.transpose().solve(start).entries(), dtype=object)
        for x, error in ((v[i], v_error[i]), v_sparse):
            assert distance(x, truth) <= as_fraction(error)
            assert error < 1e-10
        for x, error in ((d[i], d_error[i]), d_sparse):
            assert distance(x, states[:, None] * weights, True) <= as_fraction(error)
            assert error < 1e-10


def exact_optimal_value(P, r, gamma):
    """Policy iteration in rationals, from the policy that is greedy for the immediate reward."""
    n_states, n_actions, _ = P.shape
    P, r, g = exact(P), exact(r), as_fraction(gamma)
    policy = [max(range(n_actions), key=lambda a, s=s: r[s, a]) for s in range(n_states)]
    while True:
        K = [int(s == t) - g * P[s, policy[s], t] for s in range(n_states) for t in range(n_states)]
        b = fmpq_mat(n_states, 1, [r[s, policy[s]] for s in range(n_states)])
        v = np.array(fmpq_mat(n_states, n_states, K).solve(b).entries(), dtype=object)
        q = r + g * (P * v).sum(-1)
        better = [s for s in range(n_states) if max(q[s]) > v[s]]
        if not better:
            return v, policy
        for s in better:
            policy[s] = max(range(n_actions), key=lambda a, s=s: q[s, a])


def policy_value(P, r, policy, gamma):
    states = np.arange(len(policy))
    return solve_exactly(P[states, policy], r[states, policy], gamma)


def models(rng):
    """Small models with fast, slow and no mixing."""
    yield rng.dirichlet(np.ones(12), size=(12, 3)), rng.random((12, 3))
    steps = np.stack([lazy_walk(30, rng), cycle(30, rng), np.eye(30)], axis=1)
    yield steps, rng.random((30, 3))
    yield np.eye(9)[rng.integers(0, 9, (9, 4))], rng.random((9, 4)) - 0.5
    yield rng.dirichlet(np.ones(8), size=(8, 2)) * rng.random((8, 2, 1)), rng.random((8, 2))
    yield rng.dirichlet(np.ones(6), size=(6, 3)), np.zeros((6, 3))
    yield np.ones((1, 2, 1)), np.array([[-2.0, -1.0]])


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("model", range(6))
def test_optimal_values_and_policies_are_within_their_bounds(model, gamma):
    P, r = next(itertools.islice(models(np.random.default_rng(model)), model, None))
    truth, _ = exact_optimal_value(P, r, gamma)
    indptr, indices, data = to_csr(P.reshape(-1, P.shape[-1]))
    for found in (
        kernels.optimal(P, r, gamma),
        kernels.sparse_optimal(indptr, indices.astype(np.int64), data, r, gamma),
    ):
        assert distance(found.value, truth) <= as_fraction(found.error)
        loss = max(truth - policy_value(P, r, found.policy, gamma))
        assert 0 <= loss <= 2 * as_fraction(found.error)
        assert found.error <= 1e-12 * np.abs(r).max() / (1 - gamma) + 1e-12 / (1 - gamma) ** 2


@pytest.mark.parametrize("tolerance", (1e-3, 1e-7))
def test_a_loose_tolerance_is_met_and_reported(tolerance):
    rng = np.random.default_rng(8)
    P, r = rng.dirichlet(np.ones(12), size=(12, 3)), rng.random((12, 3))
    truth, _ = exact_optimal_value(P, r, 0.99)
    found = kernels.optimal(P, r, 0.99, tolerance=tolerance)
    assert distance(found.value, truth) <= as_fraction(found.error)
    assert found.error <= 1.1 * tolerance / 0.01


def test_equal_actions_give_the_first():
    P, r = np.full((5, 4, 5), 0.2), np.ones((5, 4))
    assert not kernels.optimal(P, r, 0.9).policy.any()
    assert not kernels.sparse_optimal(*to_csr(P.reshape(-1, 5)), r, 0.9).policy.any()


@pytest.mark.parametrize("method", (kernels_sparse._Band, kernels_sparse._Krylov, kernels_sparse._SparseLU))
@pytest.mark.parametrize("transpose", (False, True))
def test_each_sparse_method_solves_by_itself(method, transpose):
    rng = np.random.default_rng(9)
    order = rng.permutation(40)
    indptr, indices, data = to_csr(lazy_walk(40, rng)[np.ix_(order, order)])
    K = kernels_sparse._matrix(indptr, indices, data)
    more = (kernels_sparse._Order(K),) if method is kernels_sparse._Band else ()
    b = rng.random(40)
    x = method(K, 0.999, transpose, *more)(b, 1e-10)
    truth = solve_exactly(lazy_walk(40, rng)[np.ix_(order, order)], b, 0.999, transpose)
    assert np.abs(x - truth.astype(float)).max() < 1e-6


def test_slow_mixing_is_left_to_direct_methods(monkeypatch):
    """On a long ring the series would need thousands of terms: it gives up, and the band does the work."""
    n = 3000
    states = np.arange(n)
    indices = np.stack([(states - 1) % n, states, (states + 1) % n], 1).ravel().astype(np.int32)
    data, indptr = np.tile([0.25, 0.5, 0.25], n), np.arange(0, 3 * n + 1, 3)
    terms = []
    series = kernels_sparse._Series.__call__
    monkeypatch.setattr(kernels_sparse._Series, "__call__", lambda *a: terms.append(series(*a)) or terms[-1])
    b = np.zeros(n)
    b[0] = 1.0
    x, error = kernels.solve_discounted_sparse(indptr, indices, data, b, 0.9999)
    assert terms and all(term is None for term in terms)
    # Closed form on a ring: x_s = c (z^s + z^(n - s)) with z + 1/z = 2 (1 - gamma / 2) / (gamma / 2).
    ratio = (2 - 0.9999) / 0.9999
    z = ratio - np.sqrt(ratio**2 - 1)
    shape = z**states + z ** (n - states)
    c = 1 / ((1 - 0.49995) * shape[0] - 0.49995 * shape[1])
    assert np.abs(x - c * shape).max() <= error + 1e-9
    assert error < 1e-8


def test_expanders_beyond_sparse_lu_fall_back_to_the_series(monkeypatch):
    """With every other method refusing, and LU out of reach, the unlimited series still delivers."""
    monkeypatch.setattr(kernels_sparse, "DIRECT_SIZE", 10)
    monkeypatch.setattr(kernels_sparse, "DIRECT_DENSITY", 0)
    monkeypatch.setattr(kernels_sparse._Krylov, "__call__", lambda self, rest, target: None)
    monkeypatch.setattr(kernels_sparse, "WIDEST_BAND", 0)
    K = lazy_walk(40, None)
    b = np.random.default_rng(10).random(40)
    x, error = kernels.solve_discounted_sparse(*to_csr(K), b, 0.999)
    assert distance(x, solve_exactly(K, b, 0.999)) <= as_fraction(error)
    assert error < 1e-7


def test_repeated_entries_add_up_and_arguments_are_left_alone():
    rng = np.random.default_rng(11)
    indptr, indices = np.arange(0, 61, 3), rng.integers(0, 4, 60).astype(np.int32)
    data = rng.dirichlet(np.ones(3), size=20).ravel()
    r, pi = rng.random((4, 5)), rng.dirichlet(np.ones(5), size=4)
    pi[0, 2] = 0.0
    before = indptr.copy(), indices.copy(), data.copy()
    dense = np.zeros((20, 4))
    np.add.at(dense, (np.repeat(np.arange(20), 3), indices), data)
    arguments = (indptr, indices, data)
    v, error = kernels.sparse_discounted_values(*arguments, r, pi, 0.9)
    again, dense_error = kernels.discounted_values(dense.reshape(4, 5, 4), r, pi, 0.9)
    assert np.abs(v - again).max() <= error + dense_error + 1e-14
    found = kernels.sparse_optimal(*arguments, r, 0.9999)
    again = kernels.optimal(dense.reshape(4, 5, 4), r, 0.9999)
    assert np.abs(found.value - again.value).max() <= found.error + again.error + 1e-9
    assert all(np.array_equal(a, b) for a, b in zip(before, arguments, strict=True))


def marginals_exactly(P, mu, pi, horizon):
    d = [exact(mu)]
    for h in range(horizon - 1):
        P_h, pi_h = (x if x.ndim == core else x[h] for x, core in ((P, 3), (pi, 2)))
        d.append(((d[-1][:, None] * exact(pi_h))[:, :, None] * exact(P_h)).sum((0, 1)))
    return np.array(d)


@pytest.mark.parametrize("time_varying", (False, True))
@pytest.mark.parametrize("policy", ("stationary", "time-dependent", "deterministic"))
def test_marginals_are_within_their_bounds(policy, time_varying):
    rng = np.random.default_rng(12)
    H, S, A = 6, 7, 3
    P = rng.dirichlet(np.ones(S), size=(H, S, A) if time_varying else (S, A))
    pi = rng.dirichlet(np.ones(A), size=S if policy == "stationary" else (H, S))
    if policy == "deterministic":
        pi = np.eye(A)[rng.integers(0, A, (H, S))]
    mu = rng.dirichlet(np.ones(S))
    d, error = kernels.marginals(P, mu, pi, H)
    truth = marginals_exactly(P, mu, pi, H)
    for h in range(H):
        assert distance(d[h], truth[h], True) <= as_fraction(error[h])
    assert error[-1] < 1e-14 and error[0] == 0.0


def test_marginals_of_a_long_horizon_keep_their_mass():
    H, S = 1000, 5
    d, error = kernels.marginals(cycle(S, None)[:, None, :], np.eye(S)[0], np.ones((S, 1)), H)
    assert np.array_equal(d, np.eye(S)[-np.arange(H) % S] if d[1, 1] == 0 else np.eye(S)[np.arange(H) % S])
    assert error[-1] < 1e-11


@pytest.mark.parametrize("n", (3, kernels_dense.SMALL + 1))
@pytest.mark.parametrize("entry", (np.nan, np.inf, 2.0))
def test_no_answer_without_a_bound(n, entry):
    K, b = np.full((n, n), 1 / n), np.ones(n)
    K[1, 1] = entry
    message = "needs it below 1|not finite"
    for transpose in (False, True):
        with pytest.raises(NoCertificate, match=message):
            kernels.solve_discounted(K, b, 0.99, transpose=transpose)
        with pytest.raises(NoCertificate, match=message):
            kernels.solve_discounted_sparse(*to_csr(K), b, 0.99, transpose=transpose)
    with pytest.raises(NoCertificate, match=message):
        kernels.optimal(K[:, None], b[:, None], 0.99)
    with pytest.raises(NoCertificate, match=message):
        kernels.sparse_optimal(*to_csr(K), b[:, None], 0.99)


@pytest.mark.parametrize("n", (3, kernels_dense.SMALL + 1))
@pytest.mark.parametrize("gamma", (1.0, -0.1, 1.5, np.nan))
def test_a_discount_lies_below_one(n, gamma):
    K, b = np.full((n, n), 0.5 / n), np.ones(n)
    for solve in (
        lambda: kernels.solve_discounted(K, b, gamma),
        lambda: kernels.solve_discounted_sparse(*to_csr(K), b, gamma),
        lambda: kernels.optimal(K[:, None], b[:, None], gamma),
        lambda: kernels.sparse_optimal(*to_csr(K), b[:, None], gamma),
    ):
        with pytest.raises(NoCertificate, match="lies in"):
            solve()


@pytest.mark.parametrize("n", (3, kernels_dense.SMALL + 1))
@pytest.mark.parametrize("entry", (np.nan, np.inf))
def test_rewards_must_be_finite(n, entry):
    K, b = np.full((n, n), 1 / n), np.ones(n)
    b[1] = entry
    with pytest.raises(NoCertificate, match="not finite"):
        kernels.solve_discounted(K, b, 0.9)
    with pytest.raises(NoCertificate, match="not finite"):
        kernels.solve_discounted_sparse(*to_csr(K), b, 0.9)
    with pytest.raises(NoCertificate, match="not finite"):
        kernels.optimal(K[:, None], b[:, None], 0.9)


def test_a_policy_iteration_that_runs_out_of_rounds_says_so(monkeypatch):
    monkeypatch.setattr(_improvement, "MAX_ROUNDS", 2)
    rng = np.random.default_rng(13)
    P, r = rng.dirichlet(np.ones(12), size=(12, 3)), rng.random((12, 3))
    found = kernels.optimal(P, r, 0.99)
    truth, _ = exact_optimal_value(P, r, 0.99)
    assert distance(found.value, truth) <= as_fraction(found.error)
    assert found.error > 1e-6


def test_importing_the_kernels_loads_no_compiler():
    code = "import sys, sims.tabular.kernels; print([m for m in ('numba', 'scipy', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_bounds_hold_for_the_fractions_of_a_hand_solved_chain():
    """Two states, gamma = 1/2: s0 -> s1 -> s1, reward 1 in s0 only, so v = (1, 0) and d = (1/2, 1/2)."""
    P, r = np.array([[[0.0, 1.0]], [[0.0, 1.0]]]), np.array([[1.0], [0.0]])
    v, v_error = kernels.discounted_values(P, r, np.ones((2, 1)), 0.5)
    d, d_error = kernels.discounted_occupancies(P, np.array([1.0, 0.0]), np.ones((2, 1)), 0.5)
    assert max(abs(Fraction(x) - y) for x, y in zip(v, (1, 0), strict=True)) <= Fraction(float(v_error))
    assert sum(abs(Fraction(x) - Fraction(1, 2)) for x in d[:, 0]) <= Fraction(float(d_error))
    assert max(v_error, d_error) < 1e-13
