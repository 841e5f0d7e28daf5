"""Transitions of demonstrations: what follows what, what is absorbing, what is kept; and minibatches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from iltheory.learners.neural import Transitions, transitions
from iltheory.learners.neural.batches import Batches
from sims.datasets import InvalidDataset, Trajectories
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
