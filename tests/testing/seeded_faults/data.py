"""Rollouts, time limits, buffers and padded chunks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from seeded_faults.fault import Fault, each_step, tables
from sims.datasets import Trajectories


def draw(rng, probabilities):
    """One outcome for each row."""
    below = probabilities.cumsum(-1) < rng.random(len(probabilities))[:, None]
    return np.minimum(below.sum(-1), probabilities.shape[-1] - 1)


# B6: many environments at once; those that end first fill the quota.


class Environments:
    """Copies of a model that start again when they end; what each has done since is in `running`."""

    def __init__(self, mdp, policy, n, rng, ends=lambda mdp, state, steps: False):
        self.tables, self.mdp, self.rng, self.ends = tables(mdp), mdp, rng, ends
        self.limit = mdp.horizon or len(self.tables.P)
        self.policy = each_step(policy, self.limit)
        self.running = [self.started() for _ in range(n)]

    def started(self):
        return [int(draw(self.rng, self.tables.mu[None])[0])], [], []

    def step(self):
        """Yield (environment, episode) for every episode that ends in this step."""
        over = np.zeros(self.mdp.n_states, bool) if self.mdp.terminal is None else self.mdp.terminal
        h = np.array([len(actions) for _, actions, _ in self.running])
        s = np.array([states[-1] for states, _, _ in self.running])
        a = draw(self.rng, self.policy[h, s])
        following = draw(self.rng, self.tables.P[h, s, a])
        for i, (states, actions, rewards) in enumerate(self.running):
            states.append(int(following[i]))
            actions.append(int(a[i]))
            rewards.append(float(self.tables.r[h[i], s[i], a[i]]))
            terminated = bool(over[following[i]]) or self.ends(self.mdp, following[i], len(actions))
            if terminated or len(actions) == self.limit:
                yield i, episode(states, actions, rewards, terminated)
                self.running[i] = self.started()


def episode(states, actions, rewards, terminated):
    return Trajectories.from_arrays([states], [actions], [rewards], [terminated], [not terminated])


def first_to_finish(mdp, policy, n, rng):
    """Stop as soon as n episodes have ended, in whichever environments."""
    found, environments = [], Environments(mdp, policy, max(1, n // 2), rng)
    while len(found) < n:
        found += [ended for _, ended in environments.step()]
    return Trajectories.concatenate(found[:n])


def with_quotas(mdp, policy, n, rng):
    """Every environment gives as many episodes as was decided before."""
    size = max(1, n // 2)
    return quotas_met(Environments(mdp, policy, size, rng), np.bincount(np.arange(n) % size))


def quotas_met(environments, quotas):
    found = [[] for _ in quotas]
    while any(len(ended) < quota for ended, quota in zip(found, quotas, strict=True)):
        for i, ended in environments.step():
            found[i].append(ended)
    return Trajectories.concatenate([e for ended, quota in zip(found, quotas, strict=True) for e in ended[:quota]])


B6 = Fault(
    id="B6",
    where="imitation, rollouts",
    words="the first episodes to finish are kept",
    faulty=SimpleNamespace(rollout=first_to_finish),
    corrected=SimpleNamespace(rollout=with_quotas),
    invariants=("rollouts_have_no_length_bias",),
)


# B38: a switch for early termination that one of two places does not read.


class SwimmerLike:
    """Ends where its body says so, unless that is switched off."""

    done = True

    def ends(self, mdp, state, steps):
        return bool(state == mdp.n_states - 1)


class SwitchedOffClass(SwimmerLike):
    done = False  # nothing looks at it


class SwitchedOff(SwimmerLike):
    done = False

    def ends(self, mdp, state, steps):
        return self.done and super().ends(mdp, state, steps)


def fixed_horizon(environment):
    def rollout(mdp, policy, n, rng):
        return quotas_met(Environments(mdp, policy, n, rng, environment.ends), np.ones(n, dtype=int))

    return SimpleNamespace(rollout=rollout)


B38 = Fault(
    id="B38",
    where="seals, MuJoCo environments",
    words="episodes of a fixed horizon still end early",
    faulty=fixed_horizon(SwitchedOffClass()),
    corrected=fixed_horizon(SwitchedOff()),
    invariants=("episodes_have_their_horizon",),
)


# Buffers of transitions (s, r, s', done) and the values at the fixed point of their backups.


def fixed_point_of(transitions):
    """Tabular temporal differences until nothing changes, given how transitions are recorded."""

    def fixed_point(demos, discount):
        n = int(demos.states.max()) + 1
        count, paid, moves = np.zeros(n), np.zeros(n), np.zeros((n, n))
        for state, reward, following, done in transitions(demos):
            count[state] += 1
            paid[state] += reward
            moves[state, following] += not done
        seen = np.maximum(count, 1)
        return np.linalg.solve(np.eye(n) - discount * moves / seen[:, None], paid / seen)

    return fixed_point


# B9: the guard asks the outermost wrapper for its name.


class Recorded:
    """An environment that replays one recorded episode, and ends where its body does."""

    def __init__(self, trajectory):
        self.trajectory, self.t = trajectory, 0

    def step(self):
        self.t += 1
        over = bool(self.trajectory.terminated) and self.t == len(self.trajectory.actions)
        return *(x[self.t - 1] for x in self.trajectory[:3:2]), self.trajectory.states[self.t], over


class Wrapper:
    def __init__(self, env):
        self.env = env

    def step(self):
        return self.env.step()


class TimeLimit(Wrapper):
    def __init__(self, env, limit):
        super().__init__(env)
        self.left, self.reached = limit, False

    def step(self):
        *transition, done = self.env.step()
        self.left -= 1
        self.reached = self.left == 0 and not done
        return *transition, done or self.reached


class Monitor(Wrapper):
    """Keeps the statistics of episodes."""


def outermost(env):
    return type(env).__name__ == "TimeLimit" and env.reached


def anywhere(env):
    return isinstance(env, Wrapper) and ((isinstance(env, TimeLimit) and env.reached) or anywhere(env.env))


def guarded(at_time_limit):
    """Transitions of a training loop that keeps time limits out of its buffer, given how it notices them."""

    def transitions(demos):
        for trajectory in demos:
            env, done = Monitor(TimeLimit(Recorded(trajectory), len(trajectory.actions))), False
            while not done:
                *transition, done = env.step()
                yield *transition, done and not at_time_limit(env)

    return SimpleNamespace(fixed_point=fixed_point_of(transitions))


B9 = Fault(
    id="B9",
    where="IQ-Learn, train_iq.py",
    words="the guard for time limits asks the outermost wrapper only",
    faulty=guarded(outermost),
    corrected=guarded(anywhere),
    invariants=("time_limits_are_not_deaths",),
)


# B18: SQIL's buffer knows one flag.


def steps_of(demos):
    for states, actions, rewards, terminated, truncated in demos:
        last = len(actions) - 1
        for t, reward in enumerate(rewards):
            yield states[t], reward, states[t + 1], t == last and terminated, t == last and truncated


def every_done_is_terminal(demos):
    for state, reward, following, terminated, truncated in steps_of(demos):
        yield state, reward, following, terminated or truncated


def timeouts_are_read(demos):
    for state, reward, following, terminated, _ in steps_of(demos):
        yield state, reward, following, terminated


B18 = Fault(
    id="B18",
    where="imitation, SQIL",
    words="every `done` is terminal, timeouts are not read",
    faulty=SimpleNamespace(fixed_point=fixed_point_of(every_done_is_terminal)),
    corrected=SimpleNamespace(fixed_point=fixed_point_of(timeouts_are_read)),
    invariants=("time_limits_are_not_deaths",),
)


# B34: a vectorised environment starts again by itself: the next observation is that of another episode.


def next_row(rows, i):
    """The observation that follows in the buffer."""
    return rows[i + 1][0] if i + 1 < len(rows) else rows[i][3]


def final_observation(rows, i):
    """The observation that ended the episode, which the environment hands out beside the first of the next."""
    return rows[i][3] if rows[i][4] else rows[i + 1][0]


def vectorised(following):
    """Rows (state, action, reward, final state, done, terminated) of all episodes, given where s' is looked up."""

    def rows_of(demos):
        return [
            (states[t], actions[t], rewards[t], states[-1], t == len(actions) - 1, terminated)
            for states, actions, rewards, terminated, _ in demos
            for t in range(len(actions))
        ]

    def transitions(demos):
        rows = rows_of(demos)
        for i, (state, _, reward, _, done, terminated) in enumerate(rows):
            yield state, reward, following(rows, i), done and terminated

    def statistic(demos, n_states, n_actions):
        rows = rows_of(demos)
        counts = np.zeros((n_states, n_actions, n_states))
        for i, (state, action, *_) in enumerate(rows):
            counts[state, action, following(rows, i)] += 1
        return counts

    return SimpleNamespace(fixed_point=fixed_point_of(transitions), statistic=statistic)


B34 = Fault(
    id="B34",
    where="cleanrl, Stable-Baselines3, Stoix, d3rlpy",
    words="after a timeout the next state is the first of another episode",
    faulty=vectorised(next_row),
    corrected=vectorised(final_observation),
    invariants=("cutting_changes_nothing",),
)


# B36: masked chunks averaged over all entries.


def mean_of_all(predictions, targets, mask):
    return np.where(mask, (predictions - targets) ** 2, 0.0).mean()


def mean_of_valid(predictions, targets, mask):
    return np.where(mask, (predictions - targets) ** 2, 0.0).sum() / mask.sum()


B36 = Fault(
    id="B36",
    where="lerobot, ACT and diffusion policies",
    words="masked losses averaged over padding",
    faulty=SimpleNamespace(masked_loss=mean_of_all),
    corrected=SimpleNamespace(masked_loss=mean_of_valid),
    invariants=("padding_changes_nothing",),
)

FAULTS = (B6, B9, B18, B34, B36, B38)
