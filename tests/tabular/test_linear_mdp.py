"""A linear MDP computed through its features is its tabular form."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from enclosing import encloses, widths
from slow_tabular import draw_numbers, draw_rows

from sims import LinearMDP
from sims import arithmetic as ar
from sims.arithmetic import MixedArithmetic
from sims.tabular import InvalidModel, InvalidPolicy

QUANTITIES = ["q", "v", "advantage", "value", "state_occupancy", "occupancy"]
ENDS = [{"horizon": 1}, {"horizon": 4}, {"discount": Fraction(1, 2)}, {"discount": Fraction(999, 1000)}]


def draw(seed: int, features: str, S: int = 5, A: int = 3, d: int = 2, **end) -> LinearMDP:
    """Simplex features, or the same model in another basis of features."""
    rng = np.random.default_rng(seed)
    phi, measures = draw_rows(rng, (S, A, d)), draw_rows(rng, (d, S))
    weights, mu = draw_numbers(rng, (d,)), draw_rows(rng, (S,))
    if features == "signed":
        basis, inverse = np.array([[1, 3], [1, 4]]), np.array([[4, -3], [-1, 1]])
        phi, measures, weights = phi @ basis, inverse @ measures, inverse @ weights
    return LinearMDP(phi, measures, weights, mu, **end)


def policies(mdp: LinearMDP, seed: int) -> list:
    rng = np.random.default_rng(seed)
    core = (mdp.n_states, mdp.n_actions)
    steps = () if mdp.horizon is None else (mdp.horizon,)
    return [draw_rows(rng, core), draw_rows(rng, (*steps, *core)), draw_rows(rng, (2, *steps, *core))]


@pytest.mark.parametrize("features", ["simplex", "signed"])
@pytest.mark.parametrize("end", ENDS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_rationals_agree_with_the_tabular_form_exactly(features, end, seed):
    mdp = draw(seed, features, **end)
    assert mdp.features == features
    for pi in policies(mdp, seed):
        for quantity in QUANTITIES:
            x, y = getattr(mdp, quantity)(pi), getattr(mdp.tabular(), quantity)(pi)
            assert ar.equal(x, y).all(), quantity


@pytest.mark.parametrize("features", ["simplex", "signed"])
@pytest.mark.parametrize("end", ENDS, ids=str)
@pytest.mark.parametrize("name", ["interval", "ball"])
def test_enclosures_contain_the_truth(features, end, name):
    for seed in range(3):
        mdp = draw(seed, features, **end)
        model = mdp.to(name)
        assert model.features == features
        for pi in policies(mdp, seed):
            for quantity in QUANTITIES:
                enclosure = getattr(model, quantity)(pi)
                assert encloses(enclosure, getattr(mdp, quantity)(pi)), quantity
                assert widths(enclosure).max() < 1e-7


@pytest.mark.parametrize("features", ["simplex", "signed"])
@pytest.mark.parametrize("end", ENDS[:3], ids=str)
def test_floats_agree(features, end):
    mdp = draw(1, features, **end)
    floats = mdp.to("float64")
    for pi in policies(mdp, 1):
        for quantity in QUANTITIES:
            x = np.asarray(getattr(floats, quantity)(np.asarray(ar.asarray(pi))))
            assert x == pytest.approx(np.asarray(getattr(mdp, quantity)(pi)), rel=1e-11, abs=1e-12)


def test_a_tabular_model_is_linear_in_its_own_pairs():
    """One feature for each pair: measures are the rows of P, weights the rewards."""
    rng = np.random.default_rng(0)
    P, r, mu = draw_rows(rng, (3, 2, 3)), draw_numbers(rng, (3, 2)), draw_rows(rng, (3,))
    mdp = LinearMDP(np.eye(6, dtype=int).reshape(3, 2, 6), P.reshape(6, 3), r.ravel(), mu, horizon=3)
    assert mdp.features == "simplex"
    assert mdp.n_features == 6
    assert np.array_equal(mdp.tabular().P.fractions(), P)
    assert np.array_equal(mdp.tabular().r.fractions(), r)


def test_many_states_need_only_systems_in_the_features():
    """S = 2000 and d = 3: the solve is 3 by 3."""
    from sims.families.random import dyadic, simplex_rows

    rng = np.random.default_rng(0)
    S, A, d = 2000, 2, 3
    phi, measures = dyadic(simplex_rows(rng, (S, A, d))), dyadic(simplex_rows(rng, (d, S)))
    mdp = LinearMDP(phi, measures, [0.0, 0.5, 1.0], [1.0] + [0.0] * (S - 1), discount=0.99)
    pi = np.full((S, A), 0.5)
    mixed = phi.mean(1)
    w = np.linalg.solve(np.eye(d) - 0.99 * measures @ mixed, [0.0, 0.5, 1.0])
    assert mdp.v(pi) == pytest.approx(mixed @ w, rel=1e-12)
    assert mdp.occupancy(pi).sum() == pytest.approx(1)


def thirds(**changes):
    parts = {
        "phi": [[[1, 0], [Fraction(1, 2), Fraction(1, 2)]], [[0, 1], [1, 0]]],
        "measures": [[Fraction(1, 3), Fraction(2, 3)], [1, 0]],
        "weights": [1, 0],
        "mu": [1, 0],
        "horizon": 3,
    }
    return parts | changes


BAD = [
    ("law_sum", {"measures": [[Fraction(1, 3), Fraction(1, 3)], [1, 0]]}, r"P\[0, 0\] sums to 2/3"),
    (
        "law_sign",
        {"measures": [[Fraction(4, 3), Fraction(-1, 3)], [1, 0]]},
        r"P\[0, 0, 1\] is -1/3, a negative",
    ),
    ("phi_shape", {"phi": [[1, 0], [0, 1]]}, r"phi has shape \(2, 2\), expected \[S, A, d\]"),
    (
        "measures_shape",
        {"measures": [[1, 0, 0], [0, 1, 0]]},
        r"measures has shape \(2, 3\), expected \[d, S\] = \(2, 2\)",
    ),
    ("weights_shape", {"weights": [1, 0, 0]}, r"weights has shape \(3,\), expected \[d\] = \(2,\)"),
    ("mu_shape", {"mu": [1, 0, 0]}, r"mu has shape \(3,\)"),
    ("mu_sum", {"mu": [1, 1]}, r"mu sums to 2"),
    ("horizon", {"horizon": 0}, r"horizon=0"),
    ("both", {"discount": Fraction(1, 2)}, r"exactly one"),
    ("discount", {"horizon": None, "discount": 1}, r"discount=1: must lie in \[0, 1\)"),
    ("text", {"weights": ["one", "zero"]}, r"weights is not an array of numbers"),
]


@pytest.mark.parametrize(("changes", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_features_are_refused_by_name(changes, message):
    LinearMDP(**thirds())
    with pytest.raises(InvalidModel, match=message):
        LinearMDP(**thirds(**changes))


def test_nan_mixed_systems_and_bad_policies_are_refused():
    floats = {k: np.asarray(ar.asarray(v)) for k, v in thirds().items() if k != "horizon"}
    for name in floats:
        broken = {k: v.copy() for k, v in floats.items()}
        broken[name].flat[0] = np.nan
        with pytest.raises(InvalidModel, match=f"{name}.* is nan"):
            LinearMDP(**broken, horizon=2)
    with pytest.raises(MixedArithmetic):
        LinearMDP(**thirds(weights=[0.5, 0.25]))
    with pytest.raises(InvalidPolicy, match="sums to 2"):
        LinearMDP(**thirds()).value([[1, 1], [1, 0]])
