"""What is recorded of an action decides what can be cloned: before it is clipped to the range, or after."""

from __future__ import annotations

import numpy as np
import pytest

from sims.environments import experts, sampled_environment
from sims.environments.experts.policies import Greedy


@pytest.fixture(scope="module")
def world():
    return sampled_environment("Hopper-v5")


@pytest.fixture(scope="module")
def expert():
    return experts.load("Hopper-v5").policy


def least_squares(observations, actions):
    """The affine map closest to the actions."""
    rows = np.concatenate([observations, np.ones((len(observations), 1))], axis=1)
    found, *_ = np.linalg.lstsq(rows, actions)
    return experts.linear(found[:-1].T, bias=found[-1])


def test_least_squares_clones_a_linear_expert_from_its_actions_before_clipping_only(world, expert):
    demo = world.roll(expert, 1, np.random.default_rng(1))
    seen, executed = demo.observations[demo.alive], demo.actions[demo.alive]
    meant = expert.network(seen)
    np.testing.assert_allclose(np.clip(meant, -1, 1), executed, atol=1e-12)
    assert 0.05 < np.mean(np.abs(meant) > 1) < 0.2  # some entries saturate
    before, after = (Greedy(least_squares(seen, actions), world.spaces) for actions in (meant, executed))
    # Before clipping there is nothing to fit but the expert itself: it is the same map, everywhere.
    anywhere = np.random.default_rng(0).standard_normal((100, 11))
    np.testing.assert_allclose(before.network(anywhere), expert.network(anywhere), atol=1e-8)
    # After clipping no affine map fits; the best one is off by 1 % of the range on average, and falls.
    errors = np.abs(np.clip(after.network(seen), -1, 1) - executed)
    assert 0.005 < errors.mean() < 0.04 and errors.max() > 0.2
    returns = {
        policy: world.roll(policy, 5, np.random.default_rng(100)).returns.mean() for policy in (expert, before, after)
    }
    assert returns[before] == pytest.approx(returns[expert], rel=1e-3)
    assert returns[after] < returns[expert] / 2
    assert demo.clipped == 0
