"""Tables in the form of the seals library: a look-alike of its tabular environments, and bare arrays."""

from fractions import Fraction
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest

from sims.environments import InvalidEnvironment, from_seals
from sims.tabular import InvalidModel


class TabularModel(gymnasium.Env):
    """Keeps its arrays under the names seals gives them, and pays as seals does: for the state it leaves."""

    def __init__(self, transition_matrix, reward_matrix, initial_state_dist, horizon=None):
        self.transition_matrix = transition_matrix
        self.reward_matrix = reward_matrix
        self.initial_state_dist = initial_state_dist
        self.horizon = horizon
        self.observation_space = gymnasium.spaces.Discrete(len(initial_state_dist))
        self.action_space = gymnasium.spaces.Discrete(transition_matrix.shape[1])


def expected_return(env, policy, horizon):
    """Sum over all trajectories, one step at a time, with rewards indexed like ``env.reward_matrix``."""
    P, R = env.transition_matrix, env.reward_matrix

    def to_go(s, h):
        return 0 if h == horizon else sum(
            policy[s, a] * P[s, a, t] * (R[(s, a, t)[: R.ndim]] + to_go(t, h + 1))
            for a in range(P.shape[1])
            for t in range(P.shape[0])
        )  # fmt: skip

    return sum(p * to_go(s, 0) for s, p in enumerate(env.initial_state_dist))


def fractions(rng, *shape):
    """Random distributions over the last axis, in fractions."""
    n = rng.integers(1, 9, shape)
    return np.vectorize(Fraction, otypes=[object])(n, n.sum(-1, keepdims=True))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("horizon", [3, 4])  # 3 is also the number of states and of actions
def test_exact_return_with_rewards_of_the_state_left(axes, horizon):
    rng = np.random.default_rng(axes)
    rewards = np.vectorize(Fraction, otypes=[object])(rng.integers(-5, 6, (3, 3, 3)[:axes]), 3)
    env = TabularModel(fractions(rng, 3, 3, 3), rewards, fractions(rng, 3), horizon)
    mdp, policy = from_seals(env), fractions(rng, 3, 3)
    assert (mdp.horizon, mdp.system.name) == (horizon, "rational")
    value = mdp.value(policy)
    assert Fraction(value.numerator, value.denominator) == expected_return(env, policy, horizon)


def ring(*, dtype=np.float64, horizon=None):
    """Three states in a ring; staying and walking succeed in one case of three."""
    stay, walk = np.eye(3), np.roll(np.eye(3), 1, axis=1)
    P = np.stack([(2 * stay + walk) / 3, (stay + 2 * walk) / 3], axis=1).astype(dtype)
    return TabularModel(P, np.array([0.0, 1.0, 4.0], dtype), np.array([1, 0, 0], dtype), horizon)


def test_attributes_of_any_object_and_arguments_give_the_same_model():
    env = ring(horizon=5)
    arrays = {k: getattr(env, k) for k in ("transition_matrix", "reward_matrix", "initial_state_dist", "horizon")}
    models = [
        from_seals(env),
        from_seals(gymnasium.wrappers.TimeLimit(env, 7)),
        from_seals(SimpleNamespace(**arrays)),
        from_seals(**arrays),
        from_seals(SimpleNamespace(**{**arrays, "horizon": 9}), horizon=5),
    ]
    for mdp in models:
        assert mdp.horizon == 5
        assert np.array_equal(mdp.P, env.transition_matrix)
        assert np.array_equal(mdp.r, [[0, 0], [1, 1], [4, 4]])
        assert np.array_equal(mdp.mu, [1, 0, 0])
    other = from_seals(env, reward_matrix=np.zeros((3, 2)))
    assert not other.r.any()


def test_a_registered_time_limit_stands_in_for_the_horizon():
    spec = gymnasium.envs.registration.EnvSpec("Ring-v0", entry_point=ring, max_episode_steps=6)
    assert from_seals(gymnasium.make(spec)).horizon == 6


@pytest.mark.parametrize("horizon", [None, np.inf])
def test_an_infinite_horizon_needs_a_discount(horizon):
    with pytest.raises(InvalidEnvironment, match="the horizon is infinite: give discount=gamma, or horizon=H"):
        from_seals(ring(horizon=horizon))
    mdp = from_seals(ring(horizon=horizon), discount=0.5)
    v = mdp.v(np.full((3, 2), 0.5))
    assert np.allclose(v, np.linalg.solve(np.eye(3) - 0.5 * mdp.P.mean(axis=1), [0, 1, 4]), rtol=0, atol=1e-12)


def test_a_discount_takes_the_place_of_the_horizon():
    mdp = from_seals(ring(horizon=5), discount=0.5)
    assert (mdp.horizon, mdp.discount) == (None, 0.5)


def test_float32_rows_are_refused_or_made_exact():
    env = ring(dtype=np.float32, horizon=5)
    with pytest.raises(InvalidEnvironment, match=r"(?s)\[0, 0\] sums to 1.0000000298.*normalize=True"):
        from_seals(env)
    mdp = from_seals(env, normalize=True)
    exact = mdp.to("rational")
    assert set(exact.P.fractions().sum(axis=-1).ravel()) == {1}
    assert np.abs(mdp.P - env.transition_matrix).max() < 1e-7


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"transition_matrix": None}, "transition_matrix is missing: .* and TabularModel has no attribute"),
        ({"initial_state_dist": None}, "initial_state_dist is missing"),
        ({"transition_matrix": np.ones((3, 3)) / 3}, r"shape \(3, 3\), expected \[S, A, S\]"),
        ({"transition_matrix": np.ones((3, 2, 4)) / 4}, r"shape \(3, 2, 4\), expected \[S, A, S\]"),
        ({"transition_matrix": [["a"]]}, "transition_matrix is not an array of numbers"),
        (
            {"transition_matrix": np.full((3, 2, 3), 0.3)},
            r"transition_matrix\[0, 0\] sums to 0.9 \(should be 1\)",
        ),
        ({"transition_matrix": np.full((3, 2, 3), np.nan)}, r"transition_matrix\[0, 0, 0\] is nan"),
        (
            {"transition_matrix": np.stack([np.eye(3) * 2 - 1 / 3] * 2, axis=1)},
            r"\[0, 0, 1\] is .*, a negative",
        ),
        ({"reward_matrix": np.zeros(2)}, r"reward_matrix has shape \(2,\), expected \[S\]"),
        ({"reward_matrix": np.zeros((3, 3))}, r"reward_matrix has shape \(3, 3\)"),
        ({"reward_matrix": np.float64(1)}, r"reward_matrix has shape \(\)"),
        ({"reward_matrix": np.array([0, np.inf, 0])}, r"reward_matrix\[1\] is inf"),
        (
            {"initial_state_dist": np.ones(2) / 2},
            r"initial_state_dist has shape \(2,\), expected \[S\] = \(3,\)",
        ),
        ({"initial_state_dist": np.ones(3)}, r"initial_state_dist sums to 3 \(should be 1\)"),
    ],
)
def test_malformed_arrays(change, match):
    env = ring(horizon=5)
    vars(env).update(change)
    with pytest.raises(InvalidEnvironment, match=match):
        from_seals(env)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            {"transition_matrix": np.zeros((3, 2, 3))},
            r"transition_matrix\[0, 0\] sums to 0.0: nothing to normalize",
        ),
        ({"initial_state_dist": np.zeros(3)}, "initial_state_dist sums to 0.0: nothing to normalize"),
        (
            {"initial_state_dist": np.array([2.0, -0.5, 0])},
            r"initial_state_dist\[1\] is .*, a negative probability",
        ),
    ],
)
def test_what_cannot_be_normalized(change, match):
    env = ring(horizon=5)
    vars(env).update(change)
    with pytest.raises(InvalidEnvironment, match=match):
        from_seals(env, normalize=True)


def test_nothing_given():
    with pytest.raises(InvalidEnvironment, match="transition_matrix is missing: it is no argument"):
        from_seals()


@pytest.mark.parametrize("end", [{"horizon": 2, "discount": 0.5}, {"horizon": 0}, {"discount": 1.0}])
def test_ends_out_of_range(end):
    with pytest.raises(InvalidModel):
        from_seals(ring(horizon=5), **end)
