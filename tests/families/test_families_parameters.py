"""Bad parameters raise one clear error that names them, with the value and the range."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from sims import families
from sims.errors import IltheoryError

BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: families.cliff(horizon=0, error=0.1), r"horizon is 0 \(should be at least 1\)"),
    (lambda: families.cliff(horizon=2.5, error=0.1), r"horizon is 2\.5 \(should be an integer"),
    (lambda: families.cliff(horizon=True, error=0.1), "horizon is True"),
    (lambda: families.cliff(error=0.1), "horizon is None and discount is None"),
    (lambda: families.cliff(horizon=3, discount=0.9, error=0.1), "horizon is 3 and discount is 0.9"),
    (lambda: families.cliff(discount=1, error=0.1), r"discount is 1 \(should be in \[0, 1\)"),
    (lambda: families.cliff(discount=-0.1, error=0.1), "discount is -0.1"),
    (lambda: families.cliff(horizon=3, error=1.5), r"error is 1\.5 \(should be in \[0, 1\]\)"),
    (lambda: families.cliff(horizon=3, error=F(-1, 10)), "error is -1/10"),
    (lambda: families.cliff(horizon=3, error=float("nan")), "error is nan"),
    (lambda: families.cliff(horizon=3, error=float("inf")), "error is inf"),
    (lambda: families.cliff(horizon=3, error="1/10"), "error is '1/10'"),
    (lambda: families.cliff(horizon=3, error=True), "error is True"),
    (lambda: families.first_step_error(horizon=10, error=0.2), r"error is 0\.2.*at most 1/10"),
    (lambda: families.first_step_error(horizon=2, error=0.2, expert_cost=2), "expert_cost is 2"),
    (lambda: families.kaariainen_flip(horizon=3, error=2), "error is 2"),
    (lambda: families.unicycle(horizon=-3, error=0.1), "horizon is -3"),
    (lambda: families.loop(horizon=3, error=-1), "error is -1"),
    (lambda: families.reset(1, horizon=2, n_trajectories=3), "n_states is 1"),
    (lambda: families.reset(7, horizon=2, n_trajectories=3), r"n_states is 7 \(should be at most .* = 6"),
    (lambda: families.reset(3, 1, horizon=2, n_trajectories=3), "n_actions is 1"),
    (lambda: families.reset(3, horizon=2, n_trajectories=0), "n_trajectories is 0"),
    (lambda: families.chain(1, horizon=3), "n_states is 1"),
    (lambda: families.chain(horizon=3, slip=2), "slip is 2"),
    (lambda: families.chain(horizon=3, small_reward=-1), "small_reward is -1"),
    (lambda: families.river_swim(2, horizon=3), "n_states is 2"),
    (lambda: families.deep_sea(0), "size is 0"),
    (lambda: families.deep_sea(3, move_cost=2), "move_cost is 2"),
    (lambda: families.combination_lock([], horizon=3), "code is empty"),
    (lambda: families.combination_lock([0, 3], horizon=3), "code holds the action 3"),
    (lambda: families.combination_lock([0, -1], horizon=3), r"code\[1\] is -1"),
    (lambda: families.combination_lock(n_actions=1, horizon=3), "n_actions is 1"),
    (lambda: families.tree(0), "depth is 0"),
    (lambda: families.tree(2, 1), "branching is 1"),
    (lambda: families.ring(2, horizon=3), "n_states is 2"),
    (lambda: families.ring(5, horizon=3, start=5), "start is 5"),
    (lambda: families.ring(5, horizon=3, slip=1), "slip is 1"),
    (lambda: families.ergodic(horizon=3, leave=1.5), "leave is 1.5"),
    (lambda: families.ergodic(horizon=3, leave=1), "leave is 1"),
    (lambda: families.periodic(), "horizon is None"),
    (lambda: families.absorbing(horizon=3, error=3), "error is 3"),
    (lambda: families.unreachable(discount=2), "discount is 2"),
    (lambda: families.leak(horizon=3, error=3), "error is 3"),
    (lambda: families.one_way(horizon=3, mixing=3), "mixing is 3"),
    (lambda: families.ftl_cycle(horizon=1), "horizon is 1"),
    (lambda: families.garnet(6, 3, 7, horizon=2, rng=0), r"branching is 7 \(should be at most n_states = 6"),
    (lambda: families.garnet(6, 3, 0, horizon=2, rng=0), "branching is 0"),
    (lambda: families.garnet(0, 3, 1, horizon=2, rng=0), "n_states is 0"),
    (lambda: families.garnet(6, 3, 2, horizon=2, rng=None), "rng is None"),  # type: ignore[arg-type]
    (lambda: families.garnet(6, 3, 2, horizon=2, rng=-1), "rng is -1"),
    (lambda: families.garnet(6, 3, 2, rng=0), "horizon is None"),
    (lambda: families.random_dense(2, 0, horizon=2, rng=0), "n_actions is 0"),
    (lambda: families.random_deterministic(2.0, 2, horizon=2, rng=0), r"n_states is 2\.0"),  # type: ignore[arg-type]
    (lambda: families.random_linear(2, 2, 0, horizon=2, rng=0), "n_features is 0"),
    (lambda: families.random_policy((2, 0), 0), r"shape\[1\] is 0"),
    (lambda: families.simplex_rows(0, ()), r"shape is \(\)"),
    (lambda: families.simplex_rows(0, (2, 2), law="gaussian"), "law is 'gaussian'"),  # type: ignore[arg-type]
    (lambda: families.simplex_rows(0, (2, 2), bits=31), "bits is 31"),
    (lambda: families.simplex_rows(0, (2, 2), bits=0), "bits is 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_parameters_are_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(families.InvalidParameter, match=message) as error:
        call()
    assert isinstance(error.value, IltheoryError) and isinstance(error.value, ValueError)


def test_numpy_numbers_are_parameters_too() -> None:
    exact = families.cliff(horizon=np.int64(4), error=F(1, 4))
    assert exact.gap == families.cliff(horizon=4, error=F(1, 4)).gap
    assert families.cliff(horizon=4, error=np.float64(0.25)).gap == float(exact.gap)
    assert families.cliff(horizon=4, error=np.float32(0.25)).gap == float(exact.gap)
    assert (families.simplex_rows(np.int64(3), (4, 2)) == families.simplex_rows(3, (4, 2))).all()
