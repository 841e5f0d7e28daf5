"""Transitions of demonstrations: what follows what, what is absorbing, what is kept; and minibatches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from iltheory.learners.neural import (
    PPO,
    SAC,
    Architecture,
    Fit,
    Flat,
    GaussianHead,
    Transitions,
    adril,
    advil,
    airl,
    behavioral_cloning,
    gail,
    infogail,
    iq_learn,
    sqil,
    transitions,
    value_dice,
)
from iltheory.learners.neural.batches import Batches
from iltheory.learners.neural.discriminators import absorbing_share
from iltheory.learners.neural.transitions import shown
from sims.datasets import InvalidDataset, Trajectories
from sims.environments import sampled_environment
from sims.errors import InvalidArgument
from sims.sampled import Spaces

VECTORS = Spaces((1,), action_low=(-1.0,), action_high=(1.0,))


def three_ends() -> Trajectories:
    """Lengths 2, 3, 0 and 2; terminated, truncated, empty, and a recording that stops. Observation = 10 i + step."""
    lengths = [2, 3, 0, 2]
    states = [10.0 * i + t for i, n in enumerate(lengths) for t in range(n + 1)]
    actions = [0.1 * i + 0.01 * t for i, n in enumerate(lengths) for t in range(n)]
    return Trajectories(
        states=np.array(states)[:, None],
        actions=np.array(actions)[:, None],
        rewards=None,
        terminated=np.array([True, False, True, False]),
        truncated=np.array([False, True, False, False]),
        offsets=np.array([0, 2, 5, 5, 7]),
    )


def test_every_transition_with_what_follows_it() -> None:
    x = transitions(three_ends(), VECTORS)
    assert x.observations[:, 0].tolist() == [0, 1, 10, 11, 12, 30, 31]
    assert x.next_observations[:, 0].tolist() == [1, 2, 11, 12, 13, 31, 32]
    assert x.steps.tolist() == [0, 1, 0, 1, 2, 0, 1]
    assert x.starts[:, 0].tolist() == [0, 10, 30]
    assert np.allclose(x.actions[:, 0], [0, 0.01, 0.1, 0.11, 0.12, 0.3, 0.31])
    assert len(x) == 7 and x.weights.tolist() == [1] * 7


def test_only_an_end_of_the_world_is_absorbing_never_a_time_limit_or_the_end_of_a_recording() -> None:
    assert transitions(three_ends(), VECTORS).absorbing.tolist() == [False, True] + [False] * 5


def test_both_flags_mean_that_the_world_ended_it() -> None:
    both = Trajectories.from_arrays(np.zeros((1, 3, 1)), np.zeros((1, 2, 1)), None, [True], [True])
    assert transitions(both, VECTORS).absorbing.tolist() == [False, True]


def test_subsampling_keeps_every_kth_from_a_first_one_that_is_uniform() -> None:
    n, length, k = 300, 40, 7
    states = np.arange(n * (length + 1), dtype=float).reshape(n, length + 1, 1)
    demos = Trajectories.from_arrays(states, np.zeros((n, length, 1)), None, [False] * n, [True] * n)
    x = transitions(demos, VECTORS, subsample=k, rng=np.random.default_rng(0), dtype=torch.float64)
    assert torch.equal(x.next_observations, x.observations + 1)  # the very next step, not the next one kept
    owner = (x.observations[:, 0] // (length + 1)).long()
    first = torch.zeros(n, dtype=torch.long)
    for i in range(n):
        steps = x.steps[owner == i]
        first[i] = steps[0]
        assert steps.tolist() == list(range(int(steps[0]), length, k)) and steps[0] < k
    counts = np.bincount(first, minlength=k)
    assert ((counts - n / k) ** 2 / (n / k)).sum() < 22.5  # chi-squared with 6 degrees, one in a thousand
    assert len(x.starts) == n


def test_short_trajectories_keep_a_transition_when_subsampled() -> None:
    x = transitions(three_ends(), VECTORS, subsample=20, rng=np.random.default_rng(0))
    assert len(x) == 3


def test_states_of_a_finite_world_are_integers() -> None:
    demos = Trajectories.from_arrays([[0, 1, 2]], [[1, 0]], None, [False], [True])
    x = transitions(demos, Spaces((), n_actions=2))
    assert x.observations.dtype == torch.int64 and x.observations.tolist() == [0, 1] and x.actions.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("spaces", "words"),
    [
        (Spaces((2,), action_low=(0.0,), action_high=(1.0,)), r"observations of demos have shape \(1,\), .* \(2,\)"),
        (Spaces((1,), action_low=(0.0,) * 2, action_high=(1.0,) * 2), r"actions of demos have shape \(1,\)"),
        (Spaces((1,), n_actions=3), r"actions of demos have shape \(1,\), those of the world \(\)"),
        (Spaces((), action_low=(0.0,), action_high=(1.0,)), r"observations of demos have shape \(1,\)"),
    ],
)
def test_demonstrations_of_another_world_are_refused(spaces: Spaces, words: str) -> None:
    with pytest.raises(InvalidDataset, match=words):
        transitions(three_ends(), spaces)


def test_other_bad_demonstrations_are_refused() -> None:
    tabular = Spaces((), n_actions=2)
    empty = Trajectories.from_arrays(np.zeros((1, 1), dtype=int), np.zeros((1, 0), dtype=int), None, [False], [True])
    with pytest.raises(InvalidDataset, match="no step at all"):
        transitions(empty, tabular)
    high = Trajectories.from_arrays([[0, 1]], [[2]], None, [False], [True])
    with pytest.raises(InvalidDataset, match="action 2, the world has 2"):
        transitions(high, tabular)
    with pytest.raises(InvalidDataset, match="float64, those of the world are numbered"):
        transitions(Trajectories.from_arrays([[0.0, 1.0]], [[1]], None, [False], [True]), tabular)
    with pytest.raises(InvalidArgument, match="so give rng="):
        transitions(three_ends(), VECTORS, subsample=2)
    with pytest.raises(InvalidArgument, match="subsample=0"):
        transitions(three_ends(), VECTORS, subsample=0)
    with pytest.raises(InvalidArgument, match="demos="):
        transitions(three_ends().states, VECTORS)  # type: ignore[arg-type]


TABLE = Spaces((), n_actions=2)


def given(spaces: Spaces, dtype: Any = torch.float32, device: str = "cpu", **changes: Any) -> Transitions:
    """What a learner makes of transitions that are given, some of their tensors changed."""
    if spaces.observation_shape:
        demos = three_ends()
    else:
        demos = Trajectories.from_arrays([[0, 1, 2]], [[1, 0]], None, [False], [True])
    x = replace(transitions(demos, spaces), **changes)
    return shown(x, spaces, np.random.default_rng(0), dtype=dtype, device=device)


@pytest.mark.parametrize(
    ("spaces", "changes", "words"),
    [
        (VECTORS, {"observations": torch.zeros(7, 11)}, r"observations of demos have shape \(11,\), .* world \(1,\)"),
        (VECTORS, {"next_observations": torch.zeros(7, 2)}, r"next_observations of demos have shape \(2,\)"),
        (VECTORS, {"starts": torch.zeros(3)}, r"starts of demos have shape \(\)"),
        (VECTORS, {"actions": torch.zeros(7, dtype=torch.int64)}, r"actions of demos have shape \(\), .* \(1,\)"),
        (VECTORS, {"actions": torch.zeros(5, 1)}, "7 observations, but 5 actions"),
        (VECTORS, {"weights": torch.zeros(0)}, "weights of demos are tensor"),
        (VECTORS, {"starts": torch.zeros(0, 1)}, "starts of demos are tensor"),
        (VECTORS, {"steps": np.zeros(7)}, r"steps of demos are array.* make them with transitions"),
        (VECTORS, {"steps": torch.zeros(7)}, r"steps of demos are torch.float32 of shape \(7,\), not ints"),
        (VECTORS, {"steps": torch.arange(7) - 1}, "steps of demos contain -1"),
        (VECTORS, {"absorbing": torch.zeros(7)}, "absorbing of demos are torch.float32 .* not bools"),
        (VECTORS, {"weights": torch.ones(7, 1)}, r"weights of demos are .* of shape \(7, 1\)"),
        (VECTORS, {"weights": torch.arange(7.0)}, "weights of demos contain 0.0"),
        (VECTORS, {"weights": torch.full((7,), torch.nan)}, "weights of demos contain nan"),
        (VECTORS, {"observations": torch.full((7, 1), torch.nan)}, "observations of demos have .* not finite"),
        (VECTORS, {"actions": torch.full((7, 1), torch.inf)}, "actions of demos have an entry that is not finite"),
        (VECTORS, {"starts": torch.full((3, 1), 1e39, dtype=torch.float64)}, "starts .* not finite in torch.float32"),
        (TABLE, {"actions": torch.tensor([2, 0])}, "demos take action 2, the world has 2"),
        (TABLE, {"actions": torch.tensor([-1, 0])}, "actions of demos contain -1, those of the world are numbered"),
        (TABLE, {"observations": torch.zeros(2)}, "observations of demos are torch.float32, .* numbered from 0"),
    ],
)
def test_transitions_of_another_world_or_with_no_numbers_are_refused(spaces: Spaces, changes: Any, words: str) -> None:
    with pytest.raises(InvalidDataset, match=words):
        given(spaces, **changes)


OFFLINE: Any = [advil, behavioral_cloning, iq_learn, sqil, value_dice]


@pytest.mark.parametrize("learner", [*OFFLINE, adril, airl, gail, infogail])
def test_every_learner_refuses_transitions_of_another_world(learner: Any) -> None:
    pytest.importorskip("gymnasium")
    hopper = Spaces((11,), action_low=(-1.0,) * 3, action_high=(1.0,) * 3)
    rng = np.random.default_rng(0)
    demos = Trajectories.from_arrays(rng.normal(size=(1, 9, 11)), np.zeros((1, 8, 3)), None, [False], [True])
    pendulum = sampled_environment("InvertedPendulum-v5", horizon=10)
    options = {"codes": 2} if learner is infogail else {}
    with pytest.raises(InvalidDataset, match=r"shape \(11,\), those of the world \(4,\): .* another world"):
        learner(transitions(demos, hopper), pendulum, updates=1, seed=0, **options)


def test_numbers_that_overflow_the_precision_of_a_network_are_refused() -> None:
    far = Trajectories.from_arrays(np.full((1, 3, 1), 1e39), np.zeros((1, 2, 1)), None, [True], [False])
    with pytest.raises(InvalidDataset, match=r"observations of demos have .* not finite in torch\.float32"):
        shown(far, VECTORS, np.random.default_rng(0), dtype=torch.float32, device="cpu")
    assert shown(far, VECTORS, np.random.default_rng(0), dtype=torch.float64, device="cpu").starts.item() == 1e39


def test_given_transitions_take_the_precision_of_a_network_and_weights_of_mean_one() -> None:
    weights = torch.arange(1.0, 8.0)
    x = given(VECTORS, torch.float64, weights=weights)
    assert {x.observations.dtype, x.actions.dtype, x.weights.dtype, x.starts.dtype} == {torch.float64}
    assert torch.equal(x.weights, weights.double() / 4) and torch.equal(weights, torch.arange(1.0, 8.0))
    double = Architecture(Flat((1,)), GaussianHead(1), hidden=(), precision="float64")
    given_them = behavioral_cloning(
        transitions(three_ends(), VECTORS), VECTORS, updates=3, seed=0, architecture=double
    ).policy
    made_them = behavioral_cloning(three_ends(), VECTORS, updates=3, seed=0, architecture=double).policy
    for name, weight in made_them.weights.items():
        np.testing.assert_allclose(given_them.weights[name], weight, rtol=1e-5)


def one_episode(length: int, horizon: int, *, terminated: bool = True) -> Transitions:
    """What an episode shows of its first steps."""
    o, a = np.arange(length + 1.0)[None, :, None], np.zeros((1, length, 1))
    demos = Trajectories.from_arrays(o, a, None, [terminated], [not terminated])
    return shown(demos, VECTORS, np.random.default_rng(0), dtype=torch.float32, device="cpu", horizon=horizon)


@pytest.mark.parametrize("terminated", [False, True])
@pytest.mark.parametrize("length", range(1, 9))
def test_learners_of_occupancies_see_the_first_steps_and_the_rest_of_them_absorbed(
    length: int, terminated: bool
) -> None:
    x, horizon = one_episode(length, 5, terminated=terminated), 5
    assert x.steps.tolist() == list(range(min(length, horizon)))
    assert x.absorbing.tolist() == [terminated and t == length - 1 for t in range(len(x))]
    assert absorbing_share(x, horizon) == (max(0, horizon - length) / horizon if terminated else 0)


def test_weights_have_mean_one_over_the_steps_that_are_kept() -> None:
    x = replace(transitions(three_ends(), VECTORS), weights=torch.arange(1.0, 8.0))
    first = shown(x, VECTORS, np.random.default_rng(0), dtype=torch.float32, device="cpu", horizon=2)
    assert first.steps.tolist() == [0, 1, 0, 1, 0, 1] and len(first.starts) == 3
    assert torch.allclose(first.weights, torch.tensor([1.0, 2, 3, 4, 6, 7]) * 6 / 23)
    late = x.take([4])
    with pytest.raises(InvalidDataset, match="none of the first 2 steps, the horizon of the world"):
        shown(late, VECTORS, np.random.default_rng(0), dtype=torch.float32, device="cpu", horizon=2)


PLAY: Any = {"solver": PPO(copies=2, steps=8, epochs=1, batch_size=16), "fit": Fit(updates=1)}
FEW = SAC(steps=8, updates=1, before=8, batch_size=8, critic_hidden=(8,), kept=100)
OF_OCCUPANCIES: Any = {
    "gail": lambda *args, **options: gail(*args, **PLAY, **options),
    "airl": lambda *args, **options: airl(*args, **PLAY, **options),
    "infogail": lambda *args, **options: infogail(*args, codes=2, **PLAY, **options),
    "adril": lambda *args, **options: adril(*args, solver=FEW, **options),
}


@pytest.mark.parametrize("learner", OF_OCCUPANCIES.values(), ids=OF_OCCUPANCIES)
@pytest.mark.parametrize("given_as_transitions", [False, True])
def test_demonstrations_beyond_the_horizon_change_nothing(learner: Any, given_as_transitions: bool) -> None:
    pytest.importorskip("gymnasium")
    mdp, rng = sampled_environment("InvertedPendulum-v5", horizon=10), np.random.default_rng(0)
    o, a = rng.normal(size=(3, 26, 4)), rng.normal(size=(3, 25, 1))
    over, cut = np.array([True, False, True]), np.array([False, True, False])
    long = Trajectories.from_arrays(o, a, None, over, cut)
    first = Trajectories.from_arrays(o[:, :11], a[:, :10], None, over & False, cut | True)
    shows = (lambda demos: transitions(demos, mdp.spaces)) if given_as_transitions else (lambda demos: demos)
    ours, theirs = (learner(shows(demos), mdp, updates=3, seed=0) for demos in (long, first))
    for name, weight in theirs.policy.weights.items():
        np.testing.assert_array_equal(ours.policy.weights[name], weight)


def test_transitions_are_copies_and_digests_see_every_entry() -> None:
    demos = three_ends()
    x = transitions(demos, VECTORS)
    digest = x.digest
    x.observations[0] = 5
    assert x.digest != digest and demos.states[0, 0] == 0
    assert transitions(demos, VECTORS).digest == digest
    part = x.take([0, 2])
    assert isinstance(part, Transitions) and len(part) == 2 and len(part.starts) == 3


def epochs(batches: Batches, n: int) -> list[Any]:
    return [batches.next()[0].tolist() for _ in range(n)]


def test_an_epoch_shows_every_row_once_and_rows_stay_together() -> None:
    rows = torch.arange(12)
    batches = Batches((rows, 2 * rows), 4, np.random.default_rng(0))
    seen = []
    for _ in range(3):
        x, y = batches.next()
        assert torch.equal(y, 2 * x)
        seen += x.tolist()
    assert sorted(seen) == list(range(12)) and seen != list(range(12))


def test_batches_go_on_where_they_were() -> None:
    first = Batches((torch.arange(10),), 3, np.random.default_rng(0))
    epochs(first, 5)
    state, bits = first.state_dict(), first._rng.bit_generator.state
    rest = epochs(first, 9)
    again = Batches((torch.arange(10),), 3, np.random.default_rng(1))
    again._rng.bit_generator.state = bits
    again.load_state_dict(state)
    assert epochs(again, 9) == rest


def test_a_batch_of_everything_keeps_the_order_and_draws_nothing() -> None:
    rng = np.random.default_rng(0)
    batches = Batches((torch.arange(5),), 100, rng)
    assert epochs(batches, 3) == [[0, 1, 2, 3, 4]] * 3
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state
