"""One model, stored and batched in different ways, has the same quantities."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sims import DeterministicTransitions, SparseTransitions, TabularMDP
from sims import arithmetic as ar
from sims.families.random import dyadic, random_policy, simplex_rows
from sims.tabular import InvalidModel

SYSTEMS = ["float64", "interval", "ball", "rational"]
ENDS = [{"horizon": 4}, {"discount": 0.875}]
QUANTITIES = ["occupancy", "state_occupancy", "v", "q", "advantage", "value"]


def agree(x, y, rel: float = 1e-12) -> bool:
    """Equal in rationals, close in floats, overlapping and of comparable width in enclosing systems."""
    name = ar.system_of(x).name
    assert tuple(x.shape) == tuple(y.shape)
    if name == "rational":
        return ar.equal(x, y).all()
    if name == "float64":
        return np.allclose(np.asarray(x), np.asarray(y), rtol=rel, atol=rel)
    tight = max((ar.upper(z) - ar.lower(z)).max() for z in (x, y)) < 1e-11
    return tight and not ar.equal(x, y).refuted.any()


def sparse(P: np.ndarray) -> SparseTransitions:
    """CSR form of ``P[S, A, S]``, one explicit zero and one split entry included."""
    S, A, _ = P.shape
    indptr, indices, data = [0], [], []
    for row in P.reshape(S * A, S):
        columns = np.flatnonzero(row).tolist()
        values = row[columns].tolist()
        columns, values = [*columns, columns[0], 0], [values[0] / 2, *values[1:], values[0] / 2, 0.0]
        indices += columns
        data += values
        indptr.append(len(indices))
    return SparseTransitions(np.array(indptr), np.array(indices), np.array(data), S, A)


def models(P, r, mu, end):
    return [TabularMDP(x, r, mu, **end) for x in (P, sparse(P))]


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("end", ENDS, ids=str)
def test_sparse_models_agree_with_dense_ones(name, end):
    rng = np.random.default_rng(3)
    P = dyadic(simplex_rows(rng, (5, 3, 5), law="spiky"))
    r, mu = rng.integers(0, 9, (5, 3)) / 8, dyadic(simplex_rows(rng, (5,)))
    pi = random_policy((5, 3), rng)
    pis = random_policy((2, 3, 1, 5, 3) if "horizon" in end else (2, 3, 5, 3), rng)
    dense, csr = (m.to(name) for m in models(P, r, mu, end))
    for policy in (pi, pis):
        policy = dense.system.convert(policy)
        for quantity in QUANTITIES:
            assert agree(getattr(dense, quantity)(policy), getattr(csr, quantity)(policy)), quantity
    assert agree(dense.optimal_value(), csr.optimal_value())
    assert agree(dense.optimal_policy(), csr.optimal_policy())
    assert agree(dense.P, csr.P)
    assert agree(
        dense.flow_residual(dense.occupancy(pi_ := dense.system.convert(pi))),
        csr.flow_residual(csr.occupancy(pi_)),
    )
    if name != "rational":
        for x, y in zip(dense.soft_optimal(0.5), csr.soft_optimal(0.5), strict=True):
            assert agree(x, y, rel=1e-10)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("end", ENDS, ids=str)
def test_deterministic_models_agree_with_dense_ones(name, end):
    rng = np.random.default_rng(4)
    following = rng.integers(0, 6, (6, 2))
    r, mu = rng.integers(0, 9, (6, 2)) / 8, dyadic(simplex_rows(rng, (6,)))
    dense = TabularMDP(np.eye(6)[following], r, mu, **end).to(name)
    index = TabularMDP(DeterministicTransitions(following), r, mu, **end).to(name)
    pi = dense.system.convert(random_policy((6, 2), rng))
    for quantity in QUANTITIES:
        assert agree(getattr(dense, quantity)(pi), getattr(index, quantity)(pi)), quantity
    assert agree(dense.optimal_value(), index.optimal_value())
    assert agree(dense.P, index.P)


@pytest.mark.parametrize("storage", ["dense", "sparse", "deterministic"])
@pytest.mark.parametrize("end", ENDS, ids=str)
def test_rewards_of_the_next_state_have_the_same_expectations(storage, end):
    rng = np.random.default_rng(5)
    following = rng.integers(0, 4, (4, 2))
    P = np.eye(4)[following] if storage == "deterministic" else dyadic(simplex_rows(rng, (4, 2, 4), law="spiky"))
    r = rng.integers(0, 9, (4, 2, 4)) / 8
    law = {"dense": P, "sparse": sparse(P), "deterministic": DeterministicTransitions(following)}[storage]
    mu = dyadic(simplex_rows(rng, (4,)))
    mdp = TabularMDP(law, r, mu, **end).to("rational")
    expected = (ar.convert(P, "rational") * ar.convert(r, "rational")).sum(-1)
    assert ar.equal(mdp.r, expected).all()


def test_rewards_of_the_next_state_may_vary_where_transitions_do_not():
    rng = np.random.default_rng(6)
    P, mu = dyadic(simplex_rows(rng, (3, 2, 3))), dyadic(simplex_rows(rng, (3,)))
    r = rng.integers(0, 9, (4, 3, 2, 3)) / 8
    mdp = TabularMDP(P, r, mu, horizon=4)
    assert np.allclose(mdp.r, np.einsum("sat,hsat->hsa", P, r))
    varying = TabularMDP(np.stack([P] * 4), r[0], mu, horizon=4)
    assert np.allclose(varying.r, np.einsum("sat,sat->sa", P, r[0]))


# Batches.


def draw_batch(rng, batch, end):
    S, A = 3, 2
    P, mu = dyadic(simplex_rows(rng, (*batch, S, A, S))), dyadic(simplex_rows(rng, (*batch, S)))
    r = rng.integers(0, 9, (*batch, S, A)) / 8
    pi = random_policy((*batch, 4, S, A) if "horizon" in end else (*batch, S, A), rng)
    return P, r, mu, pi


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("end", ENDS, ids=str)
def test_a_batch_is_a_loop(name, end):
    P, r, mu, pi = draw_batch(np.random.default_rng(7), (2, 3), end)
    batch = TabularMDP(P, r, mu, batch_axes=2, **end).to(name)
    assert batch.batch_shape == (2, 3)
    policies = batch.system.convert(pi)
    for i in np.ndindex(2, 3):
        alone = TabularMDP(P[i], r[i], mu[i], **end).to(name)
        for quantity in QUANTITIES:
            assert agree(getattr(batch, quantity)(policies)[i], getattr(alone, quantity)(policies[i])), quantity
        assert agree(batch.optimal_value()[i], alone.optimal_value())
        assert agree(batch.optimal_policy()[i], alone.optimal_policy())
        assert agree(batch.project(batch.occupancy(policies))[i], alone.project(alone.occupancy(policies[i])), rel=1e-9)
        assert agree(
            batch.flow_residual(batch.occupancy(policies))[i],
            alone.flow_residual(alone.occupancy(policies[i])),
        )
        if name != "rational":
            assert agree(batch.soft_optimal(0.5).policy[i], alone.soft_optimal(0.5).policy, rel=1e-9)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("end", ENDS, ids=str)
def test_arrays_without_batch_axes_serve_the_whole_batch(name, end):
    rng = np.random.default_rng(8)
    P, r, mu, pi = draw_batch(rng, (3,), end)
    for shared in ("P", "r", "mu", "pi"):
        parts = {"P": P, "r": r, "mu": mu, "pi": pi}
        full = dict(parts)
        full[shared] = np.stack([parts[shared][0]] * 3)
        parts[shared] = parts[shared][0]
        one, policy = parts.pop("pi"), full.pop("pi")
        left = TabularMDP(**parts, batch_axes=1, **end).to(name)
        right = TabularMDP(**full, batch_axes=1, **end).to(name)
        left_pi, right_pi = left.system.convert(one), right.system.convert(policy)
        for quantity in QUANTITIES:
            x, y = getattr(left, quantity)(left_pi), getattr(right, quantity)(right_pi)
            assert agree(ar.broadcast_to(x, tuple(y.shape)), y), (shared, quantity)
        assert agree(ar.broadcast_to(left.optimal_value(), (3,)), right.optimal_value())


@pytest.mark.parametrize("name", SYSTEMS)
def test_one_model_with_a_batch_of_policies(name):
    for end in ENDS:
        P, r, mu, _ = draw_batch(np.random.default_rng(9), (), end)
        mdp = TabularMDP(P, r, mu, **end).to(name)
        shape = (5, 2, 4, 3, 2) if "horizon" in end else (5, 2, 3, 2)
        pis = mdp.system.convert(random_policy(shape, 1))
        for i in np.ndindex(5, 2):
            for quantity in QUANTITIES:
                assert agree(getattr(mdp, quantity)(pis)[i], getattr(mdp, quantity)(pis[i])), quantity


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_batch_of_discounts(name):
    P, r, mu, pi = draw_batch(np.random.default_rng(10), (), {"discount": 0})
    gammas = [0.0, 0.5, 0.96875]
    batch = TabularMDP(P, r, mu, discount=np.array(gammas)).to(name)
    assert batch.batch_shape == (3,)
    policy = batch.system.convert(pi)
    for i, gamma in enumerate(gammas):
        alone = TabularMDP(P, r, mu, discount=gamma).to(name)
        for quantity in QUANTITIES:
            assert agree(getattr(batch, quantity)(policy)[i], getattr(alone, quantity)(policy)), quantity
        assert agree(batch.optimal_value()[i], alone.optimal_value())
        assert agree(batch.select(i).value(policy), alone.value(policy))


def test_selecting_from_a_batch():
    P, r, mu, pi = draw_batch(np.random.default_rng(11), (4,), ENDS[0])
    with pytest.raises(InvalidModel, match="could vary over the batch or over the 4 steps"):
        TabularMDP(P, r[0], mu, batch_axes=1, horizon=4)
    batch = TabularMDP(P[:, None], r[0], mu, batch_axes=1, horizon=4)
    values = batch.value(pi)
    assert batch.select(2).batch_shape == ()
    assert batch.select(2).value(pi[2]) == pytest.approx(values[2])
    for index in (slice(1, 3), np.array([3, 0, 0]), np.array([True, False, True, True])):
        part = batch.select(index)
        assert part.batch_shape == (len(values[index]),)
        assert part.value(pi[index]) == pytest.approx(values[index])


# Torch.


@pytest.mark.parametrize("name", ["float64", "interval"])
@pytest.mark.parametrize("storage", ["dense", "sparse", "deterministic"])
@pytest.mark.parametrize("end", ENDS, ids=str)
def test_torch_agrees_with_numpy(name, storage, end):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(12)
    following = rng.integers(0, 4, (4, 2))
    P = np.eye(4)[following] if storage == "deterministic" else dyadic(simplex_rows(rng, (4, 2, 4), law="spiky"))
    law = {"dense": P, "sparse": sparse(P), "deterministic": DeterministicTransitions(following)}[storage]
    r, mu = rng.integers(0, 9, (4, 2)) / 8, dyadic(simplex_rows(rng, (4,)))
    pi = random_policy((3, 4, 2) if "discount" in end else (3, 4, 4, 2), rng)
    here = TabularMDP(law, r, mu, **end).to(name)
    there = here.to(name, device="cpu")
    policy = there.system.convert(pi)
    raw = policy if name == "float64" else policy.mid
    assert isinstance(raw, torch.Tensor)
    for quantity in QUANTITIES:
        x, y = getattr(here, quantity)(pi), getattr(there, quantity)(policy)
        assert isinstance(y if name == "float64" else y.mid, torch.Tensor)
        back = ar.convert(y, name) if name == "float64" else ar.IntervalArray(y.mid.numpy(), y.rad.numpy())
        assert agree(x, back), quantity
    assert float(there.optimal_value()) == pytest.approx(float(here.optimal_value()))
    assert float(there.soft_optimal(0.5).value) == pytest.approx(float(here.soft_optimal(0.5).value))
    d = there.occupancy(policy)
    assert float(ar.amax(ar.absolute(there.flow_residual(d)).reshape(-1), -1)) < 1e-12
    assert np.allclose(ar.midpoint(there.project(d)), ar.midpoint(here.project(here.occupancy(pi))))


def test_a_model_of_tensors_stays_on_its_device():
    torch = pytest.importorskip("torch")
    P = torch.full((2, 2, 2), 0.5, dtype=torch.float64)
    mdp = TabularMDP(P, np.ones((2, 2)), [1, 0], horizon=3)
    assert isinstance(mdp.mu, torch.Tensor)
    assert float(mdp.value(np.full((2, 2), 0.5))) == 3.0
    assert float(mdp.optimal_value()) == 3.0


# Policies and numbers of every kind.


def test_policies_may_be_written_in_any_exact_way():
    P = [[[Fraction(1, 3), Fraction(2, 3)], [1, 0]], [[0, 1], [Fraction(1, 2), Fraction(1, 2)]]]
    mdp = TabularMDP(P, [[1, 0], [0, 2]], [1, 0], horizon=3)
    nested = [[Fraction(1, 4), Fraction(3, 4)], [1, 0]]
    values = [
        mdp.value(pi)
        for pi in (nested, np.array(nested, dtype=object), ar.asarray(nested), [["1/4", "3/4"], ["1", "0"]])
    ]
    assert len({Fraction(v) for v in values}) == 1


@pytest.mark.parametrize("name", SYSTEMS)
def test_integer_policies_fit_every_system(name):
    mdp = TabularMDP([[[0, 1], [1, 0]], [[1, 0], [0, 1]]], [[1, 0], [0, 2]], [1, 0], horizon=3).to(name)
    one_hot = np.array([[1, 0], [0, 1]])
    for pi in (one_hot, one_hot.tolist(), one_hot.astype(bool), ar.asarray(one_hot)):
        assert float(mdp.value(pi)) == 5.0


@pytest.mark.parametrize("name", ["interval", "ball"])
def test_enclosing_systems_take_float_and_rational_policies(name):
    """Floats that miss a sum of 1 by rounding stand for a distribution close to them."""
    mdp = TabularMDP([[[1]] * 3], [[0, 1, 2]], [1], discount=Fraction(1, 2)).to(name)
    for pi in (
        [[1 / 3, 1 / 3, 1 / 3]],
        np.full((1, 3), 1 / 3),
        ar.asarray([[Fraction(1, 3)] * 3]),
        [[Fraction(1, 3)] * 3],
    ):
        assert not ar.equal(mdp.value(pi), 2).refuted.any()
        assert not ar.equal(ar.sum(mdp.occupancy(pi)), 1).refuted.any()


def test_integers_mix_with_floats_and_fractions():
    assert TabularMDP(np.eye(2)[:, None], [[1], [0]], [1, 0], horizon=1).system.name == "float64"
    assert TabularMDP([[[1, 0]], [[0, 1]]], [[0.5], [0]], [1, 0], discount=0.5).system.name == "float64"
    assert TabularMDP([[[1, 0]], [[0, 1]]], [[1], [0]], [1, 0], discount=Fraction(1, 2)).system.name == "rational"
    assert TabularMDP(DeterministicTransitions([[1], [0]]), [[0.5], [0]], [1, 0], horizon=2).system.name == "float64"
    mdp = TabularMDP(np.eye(2)[:, None], [[1], [0]], [1, 0], discount=Fraction(3, 4))
    assert float(mdp.value([[1], [1]])) == 4.0


def test_models_of_enclosures():
    """Numbers of an enclosing system make a model of it; the value then holds for every model inside."""
    P = ar.convert(np.array([[[0.5, 0.5]], [[0.25, 0.75]]]), "interval")
    r = ar.hull(ar.convert(np.zeros((2, 1)), "interval"), ar.convert(np.ones((2, 1)), "interval"))
    mdp = TabularMDP(P, r, [1, 0], horizon=3)
    low, high = mdp.value([[1], [1]]).bounds()
    assert -1e-12 < low <= 0
    assert 3 <= high < 3 + 1e-12
