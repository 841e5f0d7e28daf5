"""AdRIL: its reward is the functional gradient, its replay adds up to it, and its mixtures approach the expert."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import H, fractions, random_model, random_policy, visits

from iltheory.learners import adril, fictitious_play, frank_wolfe, replayed_reward
from iltheory.learners.adril import replay_labels
from iltheory.learners.demonstrations import shown_occupancy
from iltheory.measures import value
from sims import arithmetic as ar
from sims import families
from sims.errors import InvalidArgument


def pairs(mdp: Any, pi: Any) -> Any:
    """Law of (h, s, a) with h uniform, by plain loops."""
    return visits(mdp, pi)[:, :, None] * fractions(mdp, pi) / mdp.horizon


@pytest.mark.parametrize("stationary", [False, True])
def test_rewards_and_losses_by_plain_loops(stationary: bool) -> None:
    mdp, expert = random_model(0), random_policy(0)
    found = adril(mdp, expert, iterations=4, stationary=stationary)
    laws = [pairs(mdp, found.policies[k]) for k in range(4)]

    def seen(x: Any) -> Any:
        return x.sum(0, keepdims=True) if stationary else x

    for k in range(1, 5):
        r = seen(pairs(mdp, expert) - sum(laws[:k]) / k)
        assert Fraction(found.losses[k - 1]) == np.sum(r * r) / 2
        if k < 4:
            assert np.array_equal(found.rewards[k - 1].fractions(), r)
            best = mdp.with_rewards(ar.asarray(r)).optimal_value()
            assert value(mdp.with_rewards(ar.asarray(r)), found.policies[k]) == best
    assert np.array_equal(found.occupancy.fractions() / H, sum(laws) / 4)
    assert np.array_equal(pairs(mdp, found.policy), sum(laws) / 4)


@pytest.mark.parametrize("step_size", [fictitious_play, frank_wolfe])
def test_gaps_bound_what_is_left(step_size: Any) -> None:
    """The expert itself has loss 0, so a gap is at least its loss; no policy matches demonstrations better."""
    mdp, expert = random_model(1), random_policy(1)
    found = adril(mdp, expert, iterations=6, step_size=step_size)
    assert np.all(ar.compare(found.gaps, ">=", found.losses) == 1)
    demos = mdp.sample(expert, 2, rng=0)
    target = shown_occupancy(mdp, demos).fractions() / H
    short, long = (adril(mdp.to("float64"), demos, iterations=n, step_size=step_size) for n in (5, 200))
    assert (short.losses - short.gaps).max() <= long.losses.min() + 1e-12
    for seed in range(20):
        other = np.sum((target - pairs(mdp, random_policy(seed))) ** 2) / 2
        assert float(other) >= (long.losses - long.gaps).max() - 1e-12


def test_the_two_averages_are_what_they_say() -> None:
    assert [fictitious_play(k) for k in (1, 2, 3)] == [Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)]
    assert [frank_wolfe(k) for k in (1, 2, 3)] == [Fraction(2, 3), Fraction(1, 2), Fraction(2, 5)]


@pytest.mark.parametrize("stationary", [False, True])
def test_losses_fall_as_claimed_over_many_rounds(stationary: bool) -> None:
    mdp = families.garnet(n_states=8, n_actions=3, branching=3, horizon=6, rng=0)
    expert = np.full((8, 3), 1 / 3)
    start = np.eye(3)[np.zeros(8, dtype=int)]
    k = np.arange(1, 201)
    averages = adril(mdp, expert, iterations=200, start=start, stationary=stationary)
    assert np.all(averages.losses <= 1 / k)
    faster = adril(mdp, expert, iterations=200, start=start, stationary=stationary, step_size=frank_wolfe)
    assert np.all(faster.losses <= 4 / (k + 2))


def test_no_logarithm_is_seen_for_targets_of_no_policy() -> None:
    """Demonstrations nobody can match: the excess over the best loss falls at least as log k / k."""
    mdp = families.garnet(n_states=5, n_actions=3, branching=3, horizon=4, rng=1)
    demos = mdp.sample(np.full((5, 3), 1 / 3), 3, rng=2)
    least = adril(mdp, demos, iterations=600, step_size=frank_wolfe)
    assert least.losses.min() > 0.009
    found = adril(mdp, demos, iterations=150)
    k = np.arange(1, 151)
    assert np.all(found.losses - least.losses.min() <= np.cumsum(1 / k) / k)


def test_discounted() -> None:
    mdp = families.garnet(n_states=4, n_actions=3, branching=2, discount=0.75, rng=0)
    expert = np.full((4, 3), 1 / 3)
    found = adril(mdp, expert, iterations=50, step_size=frank_wolfe)
    assert found.policy.shape == (4, 3) and found.rewards.shape == (49, 4, 3)
    assert found.losses[-1] <= 4 / 52
    assert np.abs(mdp.occupancy(found.policy) - found.occupancy).max() <= 1e-12


def test_batches_are_their_models_one_by_one() -> None:
    mdp = random_model(5, batch=3)
    expert = random_policy(5)
    together = adril(mdp, expert, iterations=4)
    for i in range(3):
        alone = adril(mdp.select(i), expert, iterations=4)
        assert np.all(ar.compare(together.losses[:, i], "==", alone.losses) == 1)
        assert np.array_equal(ar.midpoint(together.policy)[i], ar.midpoint(alone.policy))


# The replay.


def test_labels_of_a_replay() -> None:
    assert replay_labels(1) == (1, 0)
    assert replay_labels(2) == (1, -1, 0)
    assert replay_labels(4) == (1, Fraction(-1, 3), Fraction(-1, 3), Fraction(-1, 3), 0)


def test_labels_add_up_to_the_functional_gradient() -> None:
    """Sample by sample, with the batches of each round of any size."""
    mdp, expert = random_model(6), random_policy(6)
    demos = mdp.sample(expert, 4, rng=0)
    rounds = [mdp.sample(random_policy(k), 3 + k, rng=k) for k in range(4)]
    shape = (H, mdp.n_states, mdp.n_actions)
    reward = np.full(shape, Fraction(0), dtype=object)
    for label, batch in zip(replay_labels(4), [demos, *rounds], strict=True):
        steps = batch.steps()
        for h, s, a in zip(steps.h, steps.state, steps.action, strict=True):
            reward[h, s, a] += label * Fraction(1, len(batch) * H)
    laws = [shown_occupancy(mdp, batch).fractions() / H for batch in (demos, *rounds)]
    gradient = laws[0] - sum(laws[1:4]) / 3
    assert np.array_equal(reward, gradient)
    assert np.array_equal(replayed_reward(mdp, demos, rounds).fractions(), gradient)


def test_a_round_that_stays_current_is_caught() -> None:
    """Counted from another origin, the last past round still earns 0: that is no gradient of anything."""
    mdp, expert = random_model(7), random_policy(7)
    demos, rounds = mdp.sample(expert, 4, rng=0), [mdp.sample(random_policy(k), 3, rng=k) for k in range(3)]
    wrong = (1, Fraction(-1, 2), 0, 0)
    laws = [shown_occupancy(mdp, batch).fractions() / H for batch in (demos, *rounds)]
    faulty = sum(label * law for label, law in zip(wrong, laws, strict=True))
    right = replayed_reward(mdp, demos, rounds).fractions()
    assert right.sum() == 0 and faulty.sum() == Fraction(1, 2)


def test_rollouts_play_against_their_replay() -> None:
    mdp, expert = random_model(8), random_policy(8)
    demos = mdp.sample(expert, 6, rng=0)
    found = adril(mdp, demos, iterations=4, trajectories=5, rng=3)
    generator = np.random.default_rng(3)
    rounds = [mdp.sample(found.policies[k], 5, generator) for k in range(4)]
    for k in range(1, 4):
        replayed = replayed_reward(mdp, demos, rounds[: k + 1])
        assert np.array_equal(found.rewards[k - 1].fractions(), replayed.fractions())


# Options, seeds, mistakes.


def test_every_option_changes_something_and_seeds_fix_everything() -> None:
    mdp, expert = random_model(9), random_policy(9)
    options: list[dict[str, Any]] = [
        {},
        {"step_size": frank_wolfe},
        {"start": random_policy(3)},
        {"stationary": True},
        {"trajectories": 3, "rng": 0},
        {"trajectories": 4, "rng": 0},
        {"trajectories": 3, "rng": 1},
    ]
    losses = [tuple(adril(mdp, expert, iterations=5, **o).losses.fractions()) for o in options]
    assert len(set(losses)) == len(options)
    again = [tuple(adril(mdp, expert, iterations=5, **o).losses.fractions()) for o in options]
    assert losses == again


def test_a_discounted_policy_is_known_by_trajectories_of_a_given_length() -> None:
    mdp = families.garnet(n_states=3, n_actions=2, branching=2, discount=Fraction(1, 2), rng=0)
    expert = mdp.optimal_policy()
    found = adril(mdp, expert, iterations=3, trajectories=5, length=4, rng=3)
    generator = np.random.default_rng(3)
    rounds = [mdp.sample(found.policies[k], 5, generator, length=4) for k in range(3)]
    seen = sum(shown_occupancy(mdp, batch) for batch in rounds[:2]) / 2
    assert np.array_equal(ar.midpoint(found.rewards[1]), ar.midpoint(mdp.occupancy(expert) - seen))
    with pytest.raises(InvalidArgument, match="length is missing"):
        adril(mdp, expert, iterations=2, trajectories=3, rng=0)
    with pytest.raises(InvalidArgument, match="length=3"):
        adril(random_model(0), random_policy(0), iterations=2, trajectories=3, length=3, rng=0)


def test_bad_input_is_refused() -> None:
    mdp, expert = random_model(0), random_policy(0)
    with pytest.raises(InvalidArgument, match="iterations=0"):
        adril(mdp, expert, iterations=0)
    with pytest.raises(InvalidArgument, match="rng=None: trajectories"):
        adril(mdp, expert, iterations=2, trajectories=3)
    with pytest.raises(InvalidArgument, match="trajectories=0"):
        adril(mdp, expert, iterations=2, trajectories=0, rng=0)
    with pytest.raises(InvalidArgument, match="rounds=0"):
        replay_labels(0)
