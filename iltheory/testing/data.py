"""Invariants of what reads, collects and learns from trajectories: time limits, padding, cuts, lengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from iltheory.measures.confidence import betting_sequence
from iltheory.testing.violation import TOLERANCE, Floats, floats, require, require_close
from sims import TabularMDP
from sims.datasets import Trajectories

EPISODES, DRAWS = 4000, 1024
DELTA = 1e-9
"""Probability that what is sound is called broken, by those that draw."""


def rollouts_have_no_length_bias(
    collect: Callable[[TabularMDP, Floats, int, np.random.Generator], Trajectories], *, episodes: int = EPISODES
) -> None:
    """Collected episodes are those of the policy: the first to finish are not taken for all (B6).

    Episodes last 1 step or 8, each half of the time. A confidence sequence around the fraction of short ones
    must contain one half; that it fails for a sound collector has a probability of at most 1e-9.

    Parameters
    ----------
    collect : from a model with terminal states, a policy, a number n and a generator to n whole episodes
    """
    name = "rollouts_have_no_length_bias"
    mdp, pi = _two_lengths()
    found = collect(mdp, pi, episodes, np.random.default_rng(7))
    require(len(found) == episodes, name, f"{len(found)} of {episodes} episodes.", "Return as many as were asked for.")
    low, high = betting_sequence((found.lengths <= 1).astype(float), DELTA)
    require(
        bool(low <= 0.5 <= high),
        name,
        f"a fraction in [{float(low):.4g}, {float(high):.4g}] of the episodes is short (should be 0.5).",
        "Fix which episodes count before they end, a quota for each environment; drop none for being late.",
    )


def episodes_follow_the_policy(
    collect: Callable[[TabularMDP, Floats, int, np.random.Generator], Trajectories], mdp: TabularMDP, pi: Any
) -> None:
    """Collected episodes have the law of their policy in their model, at every step (B6).

    1024 episodes are compared with the exact occupancy, up to what chance explains; what cannot happen never does.

    Parameters
    ----------
    collect : from a model with a horizon, a policy, a number n and a generator to n episodes
    """
    name = "episodes_follow_the_policy"
    found = collect(mdp, pi, DRAWS, np.random.default_rng(12))
    require(len(found) == DRAWS, name, f"{len(found)} of {DRAWS} episodes.", "Return as many as were asked for.")
    h, s, a = found.steps()
    longest = int(found.lengths.max())
    require(longest <= int(mdp.horizon or 0), name, f"an episode has {longest} steps.", f"Stop after {mdp.horizon}.")
    wanted = floats(mdp.occupancy(pi))
    counts = np.zeros(wanted.shape)
    np.add.at(counts, (h, s, a), 1)
    fix = "Draw each action from the policy at this step and state, not its mode; each state from mu, then from P."
    _require_law(counts, wanted, DRAWS, name, "the frequency of a step, state and action", fix)


def steps_follow_the_model(step: Callable[[int, int, np.random.Generator], tuple[int, float]], P: Floats) -> None:
    """The next state has the law ``P(. | s, a)`` of the state and the action before the step (B34, B37).

    Parameters
    ----------
    step : from a state, an action and a generator to the next state and the reward
    P : transition probabilities ``[S, A, S]``
    """
    rng, counts = np.random.default_rng(13), np.zeros(P.shape)
    for s, a in np.ndindex(P.shape[:2]):
        for _ in range(DRAWS):
            counts[s, a, int(step(s, a, rng)[0])] += 1
    fix = "Draw the next state from P[s, a], from the state and the action given, with the generator given."
    _require_law(counts, P, DRAWS, "steps_follow_the_model", "the frequency of a state, action and next state", fix)


def time_limits_are_not_deaths(fit: Callable[[Trajectories, float], Any], *, tolerance: float = TOLERANCE) -> None:
    """A time limit changes no fixed point: values of truncated data are those of the model (B9, B18, B34).

    A state that pays 1 for ever is recorded with time limits of 3 and of 12 steps. Its value is ``1 / (1 - gamma)``
    in both; it is less if a truncation is taken for a termination. A state that really ends is worth 1.

    Parameters
    ----------
    fit : from trajectories with rewards and a discount to the values ``[S]`` at its fixed point (no entropy bonus)
    """
    name = "time_limits_are_not_deaths"
    gamma = 0.75
    for limit in (3, 12):
        fix = "Bootstrap from the last state of a truncated trajectory; only `terminated` makes its value 0."
        found = floats(fit(_unending(limit), gamma))[:1]
        require_close(
            found, [1 / (1 - gamma)], name, f"under a limit of {limit} steps, the value", fix, tolerance=tolerance
        )
        ended = floats(fit(_ending(limit), gamma))[:1]
        fix = "Do not bootstrap beyond a termination: the episode is over, and what follows is worth 0."
        require_close(ended, [1.0], name, "where the episode ends, the value", fix, tolerance=tolerance)


def cutting_changes_nothing(
    statistic: Callable[[Trajectories], Any], demos: Trajectories, *, tolerance: float = TOLERANCE
) -> None:
    """A statistic of transitions is the same when trajectories are cut in two by a time limit (B34).

    The pieces are given in their order, and in the opposite one: what follows a piece in the data is not what
    happens after it.

    Parameters
    ----------
    statistic : of transitions, not of episodes: counts, fitted transition laws, values at a fixed point
    demos : trajectories; those of two steps or more are cut in their middle
    """
    whole, pieces = floats(statistic(demos)), _halves(demos)
    fix = "Pair each action with the state after it, the last state of a piece included; a cut is no end."
    for order, given in (("in order", pieces), ("in the opposite order", pieces[::-1])):
        require_close(
            statistic(Trajectories.concatenate(given)), whole, "cutting_changes_nothing",
            f"of the pieces {order}, the statistic", fix, tolerance=tolerance,
        )  # fmt: skip


def cut_in_two(demos: Trajectories) -> Trajectories:
    """The same transitions, with a truncation in the middle of every trajectory of at least two steps."""
    return Trajectories.concatenate(_halves(demos))


def padding_changes_nothing(loss: Callable[[Floats, Floats, Any], Any], *, tolerance: float = TOLERANCE) -> None:
    """The loss of padded chunks is the mean over valid entries, however much padding there is (B36).

    Parameters
    ----------
    loss : from predictions ``[n, T]``, targets ``[n, T]`` and a mask of valid entries to one number, a mean loss
    """
    name = "padding_changes_nothing"
    rng = np.random.default_rng(8)
    predictions, targets = rng.integers(-8, 9, (2, 3, 6)) / 8
    valid = np.arange(6) < np.array([6, 2, 4])[:, None]
    short = floats(loss(predictions.copy(), targets.copy(), valid.copy()))
    fix = "Divide the masked sum by the number of valid entries, not by the number of all entries."
    for junk in (0.0, 7.0):
        tail = np.full((3, 5), junk)
        padded, aims = np.concatenate([predictions, tail], axis=1), np.concatenate([targets, -tail], axis=1)
        more = np.concatenate([valid, np.zeros((3, 5), bool)], axis=1)
        require_close(loss(padded, aims, more), short, name, "the loss with more padding", fix, tolerance=tolerance)
    apart = [floats(loss(predictions[i : i + 1], targets[i : i + 1], valid[i : i + 1])) for i in range(3)]
    fix = "Every valid entry weighs alike: an average over chunks weighs those near the end of an episode more."
    mixed = float(np.average(apart, weights=valid.sum(1)))
    require_close(short, mixed, name, "the loss of three chunks together", fix, tolerance=tolerance)


def episodes_have_their_horizon(
    collect: Callable[[TabularMDP, Floats, int, np.random.Generator], Trajectories], mdp: TabularMDP, pi: Any
) -> None:
    """Episodes of a model with a horizon all have H steps and are truncated, never terminated (B38)."""
    name = "episodes_have_their_horizon"
    found = collect(mdp, pi, 64, np.random.default_rng(9))
    wrong = found.lengths != mdp.horizon
    require(
        not wrong.any(),
        name,
        f"{int(wrong.sum())} of 64 episodes do not have H = {mdp.horizon} steps; one has {found.lengths[wrong][:1]}.",
        "Switch early termination off wherever it is decided; an absorbing state pays 0 until step H.",
    )
    require(not found.terminated.any(), name, "an episode is marked as terminated.", "The horizon is a time limit.")


def rewards_are_those_of_the_model(
    read: Callable[[Trajectories], Trajectories], mdp: TabularMDP, demos: Trajectories, *, tolerance: float = TOLERANCE
) -> None:
    """After writing and reading, rewards are those of state and action, and all else is what it was (B34, B37).

    Parameters
    ----------
    read : what writes trajectories and reads them back, or any other round trip
    mdp : a model with rewards of state and action that do not vary in time
    demos : trajectories of it
    """
    name = "rewards_are_those_of_the_model"
    found = read(demos)
    steps = found.steps()
    fix = "States are one longer than actions and rewards: rewards[t] belongs to states[t] and actions[t]."
    wanted = floats(mdp.reward())[steps.state, steps.action]
    require_close(found.rewards, wanted, name, "the reward of a step", fix, tolerance=tolerance)
    for flag in ("terminated", "truncated"):
        same = np.array_equal(getattr(found, flag), getattr(demos, flag))
        require(same, name, f"{flag} flags changed.", "Keep terminated and truncated apart.")
    for part in ("offsets", "states", "actions"):
        before, after = (np.asarray(getattr(trajectories, part)) for trajectories in (demos, found))
        fix = "Keep every trajectory, in its order, with the state after its last action: values bootstrap from it."
        require_close(after, before, name, part, fix, tolerance=0.0)


def _require_law(counts: Floats, wanted: Floats, n: int, name: str, what: str, fix: str) -> None:
    """Raise if counts of ``n`` draws are further from their law than chance explains (Hoeffding, and a union)."""
    possible = wanted > 0
    require_close(np.where(possible, 0, counts / n), np.zeros(wanted.shape), name, what, fix, tolerance=0.0)
    slack = float(np.sqrt(np.log(2 * wanted.size / DELTA) / (2 * n)))
    require_close(counts / n, wanted, name, f"among {n} draws, {what}", fix, tolerance=slack)


def _two_lengths() -> tuple[TabularMDP, Floats]:
    """Start in a short corridor or a long one, each half of the time; walk to its end."""
    n = 9
    moves = np.minimum(np.arange(n) + 1, n - 1)
    P = np.eye(n)[moves][:, None, :]
    mu = np.zeros(n)
    mu[[0, n - 2]] = 0.5
    ended = np.arange(n) == n - 1
    mdp = TabularMDP(P, np.where(ended, 0.0, 1.0)[:, None], mu, horizon=20, terminal=ended)
    return mdp, np.ones((n, 1))


def _unending(limit: int) -> Trajectories:
    """Two recordings of state 0, which pays 1 for ever, cut by a time limit."""
    shape = (2, limit)
    zeros = np.zeros((2, limit + 1), dtype=int)
    return Trajectories.from_arrays(zeros, zeros[:, 1:], np.ones(shape), np.zeros(2, bool), np.ones(2, bool))


def _ending(limit: int) -> Trajectories:
    """State 0 pays 1 and ends in state 1; the limit is never reached."""
    states = np.tile([0, 1], (limit, 1))
    actions = np.zeros((limit, 1), dtype=int)
    return Trajectories.from_arrays(states, actions, np.ones((limit, 1)), np.ones(limit, bool), np.zeros(limit, bool))


def _halves(demos: Trajectories) -> list[Trajectories]:
    pieces = []
    for states, actions, rewards, terminated, truncated in demos:
        middle = len(actions) // 2
        cuts = [(0, middle, False, True), (middle, len(actions), terminated, truncated)]
        for start, stop, over, limited in cuts if middle else [(0, len(actions), terminated, truncated)]:
            pieces.append(
                Trajectories(
                    states=states[start : stop + 1],
                    actions=actions[start:stop],
                    rewards=None if rewards is None else rewards[start:stop],
                    terminated=np.array([over]),
                    truncated=np.array([limited]),
                    offsets=np.array([0, stop - start]),
                )
            )
    return pieces
