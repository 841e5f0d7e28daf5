from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from recordings import assert_same, recordings, walks

from sims.datasets import InvalidDataset, Trajectories
from sims.errors import IltheoryError

TWO = {
    "states": [0, 1, 2, 5, 6],
    "actions": [1, 0, 1],
    "rewards": [0.5, 0.25, 1.0],
    "terminated": [True, False],
    "truncated": [False, False],
    "offsets": [0, 2, 3],
}


def build(**changed):
    return Trajectories(**{name: None if x is None else np.array(x) for name, x in (TWO | changed).items()})


def test_a_trajectory_has_one_state_more_than_actions():
    first, second = build()
    assert first.states.tolist() == [0, 1, 2] and first.actions.tolist() == [1, 0]
    assert first.rewards.tolist() == [0.5, 0.25] and (first.terminated, first.truncated) == (True, False)
    assert second.states.tolist() == [5, 6] and second.actions.tolist() == [1]
    assert (second.terminated, second.truncated) == (False, False)
    assert build()[-1].states.tolist() == [5, 6]
    assert len(build()) == 2 and build().lengths.tolist() == [2, 1] and build().returns().tolist() == [0.75, 1.0]


def test_steps_leave_out_the_last_state():
    h, state, action = build().steps()
    assert h.tolist() == [0, 1, 0] and state.tolist() == [0, 1, 5] and action.tolist() == [1, 0, 1]


def test_a_trajectory_may_have_no_step():
    one = build(states=[0, 3, 1], actions=[1], rewards=[2.0], offsets=[0, 0, 1])
    assert one.steps().state.tolist() == [3]
    assert one.returns().tolist() == [0.0, 2.0]
    assert one[0].states.tolist() == [0] and len(one[0].actions) == 0
    none = build(states=[0, 3], actions=np.zeros(0, int), rewards=np.zeros(0), offsets=[0, 0, 0])
    assert none.returns().tolist() == [0.0, 0.0] and none.counts(1, 4, 1).tolist() == [[[0], [0], [0], [0]]]


@given(recordings())
def test_steps_and_returns_agree_with_a_loop_over_trajectories(batch):
    seen = [
        (h, s.tolist(), a.tolist())
        for t in batch
        for h, (s, a) in enumerate(zip(t.states[:-1], t.actions, strict=True))
    ]
    h, state, action = batch.steps()
    assert seen == [(int(i), s.tolist(), a.tolist()) for i, s, a in zip(h, state, action, strict=True)]
    assert len(batch) == len(list(batch)) and sum(len(t.actions) for t in batch) == len(batch.actions)
    if batch.rewards is not None:
        assert batch.returns().tolist() == [sum(t.rewards.tolist(), start=0.0) for t in batch]


def test_counts_agree_with_a_loop():
    rng = np.random.default_rng(0)
    horizon, n_states, n_actions, n = 4, 3, 2, 50
    states, actions = (
        rng.integers(n_states, size=(n, horizon + 1)),
        rng.integers(n_actions, size=(n, horizon)),
    )
    over = np.ones(n, dtype=bool)
    batch = Trajectories.from_arrays(states, actions, None, over, ~over)
    expected = np.zeros((horizon, n_states, n_actions), dtype=int)
    for i in range(n):
        for h in range(horizon):
            expected[h, states[i, h], actions[i, h]] += 1
    assert (batch.counts(horizon, n_states, n_actions) == expected).all()
    longer = batch.counts(horizon + 1, n_states + 1, n_actions + 1)
    assert (longer[:horizon, :n_states, :n_actions] == expected).all() and longer.sum() == n * horizon


def test_rectangular_and_flat_make_the_same():
    batch = walks(steps=2)
    flat = Trajectories(
        states=np.array([0, 1, 2, 0, 1, 2]),
        actions=np.array([0, 1, 0, 1]),
        rewards=np.array([0, 0.25, 0, 0.25]),
        terminated=np.array([True, False]),
        truncated=np.array([False, True]),
        offsets=np.array([0, 2, 4]),
    )
    assert_same(batch, flat)


@given(recordings())
def test_concatenating_the_pieces_gives_the_whole(batch):
    pieces = [
        Trajectories(
            states=t.states,
            actions=t.actions,
            rewards=t.rewards,
            terminated=np.array([t.terminated]),
            truncated=np.array([t.truncated]),
            offsets=np.array([0, len(t.actions)]),
        )
        for t in batch
    ]
    assert_same(Trajectories.concatenate(pieces), batch)


def test_the_arrays_cannot_be_written_to():
    states = np.arange(5)
    batch = build(states=states)
    with pytest.raises(ValueError, match="read-only"):
        batch.states[0] = 3
    states[0] = 4  # the caller's own array stays theirs


def test_numbers_in_foreign_byte_order_become_native():
    batch = build(states=np.arange(5, dtype=">i4"))
    assert batch.states.dtype == np.dtype("i4") and batch.states.tolist() == [0, 1, 2, 3, 4]


def test_boolean_and_integer_rewards_become_floats():
    assert build(rewards=[True, False, True]).rewards.tolist() == [1.0, 0.0, 1.0]
    assert build(rewards=[1, 2, 3]).rewards.dtype == np.float64


def test_repr_says_what_is_inside():
    assert repr(walks()).startswith("Trajectories(2 trajectories, 6 steps, states int64, actions int64, rewards")
    assert repr(walks()).endswith("1 terminated, 1 truncated)")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"offsets": [0, 2, 2]}, r"states have shape \(5,\); the offsets ask for 4"),
        ({"offsets": [0, 2, 4]}, r"the offsets ask for 6 along the first axis"),
        ({"offsets": [1, 2, 3]}, r"offsets\[0\] is 1 \(should be 0\)"),
        ({"offsets": [0, 4, 3]}, r"offsets decrease from 4 to 3 at trajectory 1"),
        ({"offsets": [0]}, r"n_trajectories \+ 1 >= 2 integers"),
        ({"offsets": [0.0, 2.0, 3.0]}, r"offsets are float64"),
        ({"offsets": [[0, 2, 3]]}, r"offsets are int64 of shape \(1, 3\)"),
        ({"states": [0, 1, 2, 5]}, r"states have shape \(4,\); the offsets ask for 5"),
        ({"actions": [1, 0]}, r"actions have shape \(2,\); the offsets ask for 3"),
        ({"states": np.zeros((5, 0))}, r"no other may be empty"),
        ({"states": 3}, r"states have shape \(\)"),
        ({"states": [0, 1, -2, 5, 6]}, r"states contain -2 \(trajectory 0, step 2\): indices start at 0"),
        ({"actions": [1, 0, -1]}, r"actions contain -1 \(trajectory 1, step 0\)"),
        ({"states": [0.0, 1.0, 2.0, np.nan, 6.0]}, r"states contain nan \(trajectory 1, step 0\)"),
        ({"actions": [[0.0], [np.inf], [1.0]]}, r"actions contain inf \(trajectory 0, step 1\)"),
        ({"rewards": [0.5, np.nan, 1.0]}, r"rewards contain nan \(trajectory 0, step 1\)"),
        ({"rewards": [0.5, 1.0]}, r"rewards have shape \(2,\) \(should be \(3,\)"),
        ({"rewards": [[0.5], [0.2], [1.0]]}, r"rewards have shape \(3, 1\)"),
        ({"rewards": ["a", "b", "c"]}, r"rewards have dtype <U1"),
        ({"rewards": [1, 2, 2**53 + 1]}, r"integers beyond 2\*\*53"),
        ({"rewards": [1, 2, -(2**63)]}, r"integers beyond 2\*\*53"),
        ({"states": [True, False, True, True, True]}, r"states have dtype bool"),
        ({"states": np.zeros(5, dtype=np.longdouble)}, r"at most 64 bits"),
        ({"states": [1j, 0, 0, 0, 0]}, r"states have dtype complex128"),
        ({"actions": np.array([None] * 3)}, r"actions have dtype object"),
        ({"terminated": [1, 0]}, r"terminated is int64 of shape \(2,\) \(should be 2 bools"),
        ({"truncated": [False]}, r"truncated is bool of shape \(1,\)"),
    ],
)
def test_contradictions_are_refused(changed, message):
    with pytest.raises(InvalidDataset, match=message) as caught:
        build(**changed)
    assert isinstance(caught.value, IltheoryError)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: walks().counts(2, 4, 2), r"trajectory 0 has 3 steps, but horizon is 2"),
        (lambda: walks().counts(3, 3, 2), r"states contain 3, but n_states is 3"),
        (lambda: walks().counts(3, 4, 1), r"actions contain 1, but n_actions is 1"),
        (lambda: build(states=np.zeros((5, 2))).counts(3, 4, 2), r"states are float64\[2\], not indices"),
        (lambda: build(rewards=None).returns(), r"rewards were not recorded"),
        (lambda: Trajectories.concatenate([]), r"batches is empty"),
        (
            lambda: Trajectories.concatenate([build(), build(states=np.zeros(5, np.int32))]),
            r"states of batches\[1\] are int32, of batches\[0\] int64",
        ),
        (
            lambda: Trajectories.concatenate([build(), build(actions=np.zeros((3, 1), int))]),
            r"actions of batches\[1\] are int64\[1\]",
        ),
        (lambda: Trajectories.concatenate([build(), build(rewards=None)]), r"1 of 2 batches have rewards"),
        (
            lambda: Trajectories.from_arrays([[0, 1]], [[0, 1]], None, [True], [False]),
            r"states have shape \(1, 2\) and actions \(1, 2\)",
        ),
        (
            lambda: Trajectories.from_arrays([[0, 1]], [[0]], [[1, 2]], [True], [False]),
            r"rewards have shape \(1, 2\) \(should be \(1, 1\)",
        ),
        (lambda: Trajectories.from_arrays([0, 1], [0], None, [True], [False]), r"states have shape \(2,\)"),
    ],
)
def test_questions_without_an_answer_are_refused(call, message):
    with pytest.raises(InvalidDataset, match=message):
        call()


def test_there_is_no_trajectory_beyond_the_last():
    with pytest.raises(IndexError, match="trajectory 2 of 2"):
        build()[2]
    with pytest.raises(IndexError, match="trajectory -3 of 2"):
        build()[-3]
