"""Claims about linear models: drawn, checked, written, attacked, made small, and checked once more by a script."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import iltheory as il
from iltheory.attack.coordinates import Coordinates, Shape
from iltheory.attack.counterexample import Size, certify
from iltheory.attack.drafts import Draft
from iltheory.attack.falsify import falsify
from iltheory.claims.drawing import Scale
from iltheory.claims.instances import decode, encode
from iltheory.claims.kinds import InvalidInstance
from iltheory.claims.linear_kinds import LinearKind
from iltheory.reporting.bundle import write_bundle
from iltheory.reporting.standalone import checker_covers
from sims import LinearMDP, TabularMDP
from sims import arithmetic as ar

HALF = Fraction(1, 2)


@il.claim(statement=r"J(\pi_E) - J(\pi) \le d H \epsilon")
def dimension(mdp: il.LinearMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.n_features * mdp.horizon * il.error_rate(mdp, expert, learner)


@il.claim(statement=r"J(\pi_E) - J(\pi) \le H^2 \epsilon")
def published(mdp: il.LinearMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon**2 * il.error_rate(mdp, expert, learner)


@il.claim(statement=r"J(\pi) \le \max_k w_k / (1 - \gamma)")
def largest_weight(mdp: il.DiscountedLinearMDP, pi: il.Policy):
    return il.value(mdp, pi) * (1 - mdp.discount) <= ar.amax(mdp.weights, -1)


@il.claim(statement=r"J(\pi) \le w_1 / (1 - \gamma)")
def first_weight(mdp: il.DiscountedLinearMDP, pi: il.Policy):
    return il.value(mdp, pi) * (1 - mdp.discount) <= mdp.weights[..., 0]


@il.claim(statement=r"J_M(\pi) = J_{M'}(\pi)")
def same(mdp: il.LinearMDP, model: il.LinearMDP, pi: il.Policy):
    return il.equal(il.value(mdp, pi), il.value(model, pi))


@pytest.mark.parametrize("finite", [True, False])
def test_batches_are_their_own_tables(finite: bool) -> None:
    models = LinearKind(finite=finite).draw(np.random.default_rng(0), Scale(size=5, length=2), {})
    assert models.batch_shape == (5,) and models.n_features == 2
    pi = np.full((3, 2), HALF, dtype=object)
    values, occupancies = models.value(pi), models.occupancy(pi)
    for i in range(5):
        one = models.select(i)
        assert one.batch_shape == () and type(one.tabular()) is TabularMDP
        assert np.array_equal(one.P.fractions(), one.phi.fractions() @ one.measures.fractions())
        assert one.value(pi).fractions() == values[i].fractions() == one.tabular().value(pi).fractions()
        assert np.array_equal(one.occupancy(pi).fractions(), occupancies[i].fractions())
    enclosed = models.to("interval")
    assert isinstance(enclosed, LinearMDP) and enclosed.batch_shape == (5,)
    assert (ar.lower(enclosed.value(pi)) <= ar.midpoint(values)).all()
    assert (ar.midpoint(values) <= ar.upper(enclosed.value(pi))).all()


def test_other_rewards_leave_the_linear_models() -> None:
    model = LinearMDP([[[1, 0], [0, 1]]], [[1], [1]], [0, 1], [1], horizon=2)
    paid = model.with_rewards(ar.asarray([[5, 7]]))
    assert type(paid) is TabularMDP and paid.r.fractions().tolist() == [[5, 7]]
    assert model.optimal_value().fractions() == 2


def test_instances_are_written_as_factors() -> None:
    model = LinearMDP([[[HALF, HALF], [0, 1]]], [[1], [1]], [0, HALF], [1], horizon=2)
    instance = published.bind(model, [[1, 0]], [[0, 1]])
    encoded = encode(instance)
    assert encoded is not None and encoded["mdp"]["weights"] == ["0", "1/2"]
    assert set(encoded["mdp"]) == {"phi", "measures", "weights", "mu", "horizon"}
    again = decode(published, encoded)
    assert isinstance(again["mdp"], LinearMDP) and encode(again) == encoded
    assert Size.of(instance) == Draft.of(published, instance).size


def test_a_tabular_model_is_refused_with_its_own_features_named() -> None:
    tabular = LinearMDP([[[1]]], [[1]], [1], [1], horizon=2).tabular()
    with pytest.raises(InvalidInstance, match=r"mdp must be a LinearMDP, got TabularMDP.*own pairs"):
        published.bind(tabular, [[1]], [[1]])
    with pytest.raises(InvalidInstance, match="discount"):
        largest_weight.bind(LinearMDP([[[1]]], [[1]], [1], [1], horizon=2), [[1]])


def test_coordinates_and_instances_are_inverse() -> None:
    shape = Shape(n_states=3, n_actions=2, horizon=2, length=2)
    coordinates = Coordinates(same, shape, np.random.default_rng(0))
    assert [block.part for block in coordinates.blocks] == [
        *("phi", "measures", "weights", "mu"), *("phi", "measures", "weights"), None,
    ]  # fmt: skip
    assert coordinates.words == "S=3, A=2, d=2, H=2"
    tables = coordinates.tables(coordinates.prototype)
    rebuilt = coordinates.instance(tables)
    assert all((x == y).all() for x, y in zip(tables, coordinates.tables(rebuilt), strict=True))
    assert (rebuilt["mdp"].P == coordinates.prototype["mdp"].P).all()


def test_verify_draws_linear_models() -> None:
    assert il.verify(published, n=10).verdict.startswith("holds on")
    assert il.verify(first_weight, n=10).verdict == "refuted"


@pytest.mark.parametrize("claim", [dimension, first_weight, same])
def test_false_claims_are_refuted_small_and_checked_without_us(claim: il.Claim, tmp_path: Path) -> None:
    found = falsify(claim, budget=20)
    assert found.simplest is not None and found.size is not None
    assert found.size.n_states <= 2 and found.size.n_actions <= 2 and found.size.horizon <= 3
    assert isinstance(found.simplest.instance["mdp"], LinearMDP)
    assert certify(claim, found.simplest.instance) is not None
    write_bundle(found, tmp_path / "bundle")
    script = tmp_path / "bundle" / "check_simplest.py"
    run = subprocess.run([sys.executable, "-I", str(script)], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0 and "refuted" in run.stdout, run.stdout + run.stderr
    broken = script.read_text().replace('"mu": ["1"', '"mu": ["2"', 1)
    script.write_text(broken)
    assert subprocess.run([sys.executable, "-I", str(script)], capture_output=True).returncode == 1


@il.claim(statement="what a script does not know of linear models is said, not guessed")
def by_its_tables(mdp: il.LinearMDP, pi: il.Policy):
    return il.value(mdp.tabular(), pi) <= mdp.weights[..., 0]


def test_scripts_say_what_they_lack() -> None:
    assert checker_covers(by_its_tables) == ("tabular",)
    assert checker_covers(dimension) == checker_covers(first_weight) == ()


@pytest.mark.parametrize("claim", [published, largest_weight])
def test_true_claims_are_not_refuted(claim: il.Claim) -> None:
    found = falsify(claim, budget=6)
    assert found.verdict == "none found" and found.ratio == pytest.approx(1, abs=1e-9)
