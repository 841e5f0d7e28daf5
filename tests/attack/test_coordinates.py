"""Instances as tables: there and back, in floats, tensors and exact rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import iltheory as il
from iltheory.attack.ascent import FINE, VERTICES, climb
from iltheory.attack.coordinates import Coordinates, Shape, project, rounded
from iltheory.attack.extremes import extremes
from iltheory.attack.objective import scores
from iltheory.claims.domains import Box, Rows
from sims import arithmetic as ar
from sims.errors import IltheoryError

SHAPES = (Shape(), Shape(3, 2, 3, discount=(9, 10), length=3, stationary=True, counts=(1, 1)))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_claim_can_be_taken_apart_and_put_together(shape: Shape) -> None:
    for claim in il.catalogue().values():
        coordinates = Coordinates(claim, shape, np.random.default_rng(0))
        tables = extremes(coordinates, np.random.default_rng(1), 3)
        exact = coordinates.exact(tables)
        for index in range(3 if tables else 1):
            claim.bind(**claim.select(exact, index))  # the kinds accept it
        for table, again in zip(tables, coordinates.floats(exact), strict=True):
            assert np.array_equal(table, again), claim.id
        if tables:
            same = Coordinates.of(claim, claim.select(exact, 0))
            assert same.blocks == coordinates.blocks and same.words == coordinates.words, claim.id


def test_rounded_rows_sum_to_one_and_stay_near() -> None:
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.full(5, 0.2), size=(100, 3))
    exact = rounded(Rows(), rows)
    assert np.all(ar.compare(ar.sum(exact, -1), "==", 1) == 1)
    assert abs(np.asarray(exact) - rows).max() < 2.0**-29
    assert np.array_equal(project(Rows(deterministic=True), rows).argmax(-1), rows.argmax(-1))
    box = rounded(Box(-1, Fraction(1, 2)), np.array([-3.0, 0.25, 4.0]))
    assert [Fraction(x) for x in box] == [-1, Fraction(1, 4), Fraction(1, 2)]


def test_policies_are_kept_in_their_class() -> None:
    claim = il.catalogue()["ross-bagnell-2010-thm-2-1"]
    shape = Shape(3, 2, 4)
    for learners, steps, deterministic in (("stationary", 1, False), ("deterministic", 4, True)):
        coordinates = Coordinates(claim, shape, np.random.default_rng(0), learners=learners)
        block = next(b for b in coordinates.blocks if b.name == "learner")
        assert block.shape == (steps, 3, 2) and block.domain == Rows(deterministic)
        instance = coordinates.exact(extremes(coordinates, np.random.default_rng(0), 2))
        assert instance["learner"].shape == (2, 4, 3, 2)
    with pytest.raises(ValueError, match="learners='lazy'"):
        Coordinates(claim, shape, np.random.default_rng(0), learners="lazy")


@pytest.mark.parametrize("steps", [VERTICES, FINE])
def test_climbing_never_falls_and_reaches_the_supremum(steps: tuple[float, ...]) -> None:
    """The quadratic bound is attained at every horizon: the whole error at the first step."""
    claim = il.catalogue()["ross-bagnell-2010-thm-2-1"]
    rng = np.random.default_rng(0)
    coordinates = Coordinates(claim, Shape(2, 2, 3), rng)
    tables = extremes(coordinates, rng, 16)
    before = scores(claim, coordinates.instance(tables), 16)
    copies = [table.copy() for table in tables]
    _, after, evaluated = climb(coordinates, tables, rng, steps=steps, sweeps=4)
    assert np.all(after.excess >= before.excess) and evaluated > 16
    assert after.ratio == pytest.approx(1)
    assert all(np.array_equal(a, b) for a, b in zip(tables, copies, strict=True))


def test_gradients_of_torch_agree_with_differences() -> None:
    torch = pytest.importorskip("torch")
    from iltheory.attack.objective import sides

    claim = il.catalogue()["ross-bagnell-2010-thm-2-1"]
    coordinates = Coordinates(claim, Shape(2, 2, 2), np.random.default_rng(0))
    rng = np.random.default_rng(2)
    tables = [
        rng.dirichlet(np.ones(b.shape[-1]), size=(1, *b.shape[:-1])) if isinstance(b.domain, Rows)
        else rng.random((1, *b.shape))
        for b in coordinates.blocks
    ]  # fmt: skip
    leaves = [torch.tensor(table, requires_grad=True) for table in tables]
    sides(claim, coordinates.instance(leaves), 1).excess.sum().backward()
    step = 1e-6
    for i, block in enumerate(coordinates.blocks):
        if block.part != "r":  # the others leave the simplex when one entry moves
            continue
        for place in np.ndindex(*tables[i].shape):
            moved = [[table.copy() for table in tables] for _ in range(2)]
            moved[0][i][place] += step
            moved[1][i][place] -= step
            up, down = (sides(claim, coordinates.instance(each), 1).excess[0] for each in moved)
            assert leaves[i].grad[place].item() == pytest.approx((up - down) / (2 * step), abs=1e-6)


def test_refused_sizes_are_reported_and_not_hidden() -> None:
    from iltheory.attack.search import search_shape

    @il.claim(statement="never")
    def refusing(p: il.Distribution) -> object:
        raise IltheoryError("too many outcomes to enumerate")

    outcome = search_shape(refusing, Shape(), seed=0)
    assert [part.stage for part in outcome.searched] == ["refused"]
    assert "too many outcomes to enumerate" in outcome.searched[0].shape
