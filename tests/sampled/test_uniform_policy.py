from __future__ import annotations

import numpy as np
import pytest

from sims.sampled import InvalidPolicy, Spaces, UniformBox, UniformPolicy


def test_uniform_laws_have_the_density_of_their_box():
    laws = UniformBox([-1, 0], [1, 4], 5000)
    actions = laws.sample(np.random.default_rng(0))
    assert actions.shape == (5000, 2) and np.all(laws.log_density(actions) == -np.log(8))
    assert np.allclose(actions.mean(0), [0, 2], atol=0.1)
    outside = laws.log_density(np.array([[1.1, 0.0]] * 5000))
    assert np.all(outside == -np.inf)
    with pytest.raises(InvalidPolicy, match="must be finite"):
        UniformBox([-np.inf], [1], 1)


def test_uniform_policies_of_both_kinds_of_actions():
    observations, steps = np.zeros((4, 3)), np.zeros(4, dtype=np.intp)
    numbered = UniformPolicy(Spaces(observation_shape=(3,), n_actions=5))
    assert np.all(numbered.laws(observations, steps).probabilities == 0.2)
    vectors = UniformPolicy(Spaces(observation_shape=(3,), action_low=np.array([-2.0]), action_high=np.array([2.0])))
    assert vectors.laws(observations, steps).sample(np.random.default_rng(0)).shape == (4, 1)
