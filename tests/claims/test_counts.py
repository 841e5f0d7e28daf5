"""Kinds of parameters the no-regret claims brought: counts, positive numbers, losses, sequences."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from iltheory.claims.dagger_2011_no_regret import geometric_penalty, no_regret
from iltheory.claims.dagger_2011_sampling import finite_sample, no_convexity
from iltheory.claims.instances import decode, encode
from iltheory.claims.kinds import InvalidInstance
from iltheory.engine.worlds import RandomWorld
from sims import arithmetic as ar
from sims import families


@pytest.mark.parametrize("horizon", [0, -3, Fraction(1, 2), 2.0, "4", ar.asarray([1, 2]), None])
def test_counts_are_whole_and_positive(horizon: Any) -> None:
    with pytest.raises(InvalidInstance, match=r"horizon.*whole number, at least 1"):
        geometric_penalty.bind(horizon, Fraction(1, 2), 3)


def test_the_cycle_needs_two_steps() -> None:
    with pytest.raises(InvalidInstance, match="at least 2"):
        no_convexity.bind(1, 3)


@pytest.mark.parametrize("alpha", [0, Fraction(-1, 2), Fraction(3, 2)])
def test_positive_numbers_are_positive(alpha: Fraction | int) -> None:
    with pytest.raises(InvalidInstance, match=r"alpha.*\(0, 1\]"):
        geometric_penalty.bind(2, alpha, 3)


def test_losses_lie_in_the_unit_interval() -> None:
    mdp, expert, learner = families.loop(horizon=2, error=Fraction(1, 2))
    with pytest.raises(InvalidInstance, match=r"loss has values from .* to 2"):
        no_regret.bind(mdp, expert, [[[0, 2]], [[0, 1]]], (learner,), (0,))


@pytest.mark.parametrize("claim", [finite_sample, no_regret, no_convexity], ids=lambda c: c.id)
def test_instances_survive_json(claim: Any) -> None:
    instance = RandomWorld("mixed").draw(claim, np.random.default_rng(0), 3)
    one = claim.select(instance, 1)
    again = decode(claim, encode(one))
    before, after = (claim.evaluate(claim.convert(x, ar.Ball(256))) for x in (one, again))
    assert ar.equal(before.lhs - after.lhs, 0).verdicts != -1
    assert ar.equal(before.rhs - after.rhs, 0).verdicts != -1


@pytest.mark.parametrize("betas", ["1/2", 1, [], None])
def test_a_sequence_in_json_is_a_list(betas: Any) -> None:
    instance = finite_sample.select(RandomWorld("mixed").draw(finite_sample, np.random.default_rng(0), 2), 0)
    encoded = encode(instance)
    assert encoded is not None
    with pytest.raises(InvalidInstance, match="betas"):
        decode(finite_sample, {**encoded, "betas": betas})
