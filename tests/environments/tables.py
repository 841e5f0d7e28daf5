"""For the tests of this folder: other tables, slow dynamic programming on tables, roll-outs."""

from fractions import Fraction
from math import lcm

import gymnasium
import numpy as np
from gymnasium import spaces


class TableEnv(gymnasium.Env):
    """An environment with any table, as a third party might write it."""

    def __init__(self, P, start, *, start_name="initial_state_distrib"):
        self.P = P
        if start_name is not None:
            setattr(self, start_name, start)
        self.observation_space = spaces.Discrete(len(P))
        self.action_space = spaces.Discrete(len(P[0]))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = int(self.np_random.choice(len(self.P), p=np.asarray(self.initial_state_distrib)))
        return self.s, {}

    def step(self, action):
        outcomes = self.P[self.s][action]
        k = self.np_random.choice(len(outcomes), p=[p for p, *_ in outcomes])
        _, self.s, reward, done = outcomes[k]
        return self.s, reward, done, False, {}


def exactly(env):
    """Table and first law of an unwrapped environment, with the fractions that their floats stand for."""
    fractions = {}  # no denominator above 1000 occurs in what the tests read

    def fraction(x):
        return fractions.setdefault(float(x), Fraction(float(x)).limit_denominator(1000))

    P = {
        s: {a: [(fraction(p), t, fraction(r), done) for p, t, r, done in env.P[s][a]] for a in env.P[s]} for s in env.P
    }
    return P, [fraction(p) for p in env.initial_state_distrib]


def optimal_values(P, horizon):
    """Optimal value of each state with ``horizon`` steps to go: plain value iteration, cut by ``done``.

    In integers: with ``chances`` and ``rewards`` the common denominators, ``v = n / (rewards * chances**k)``.
    """
    outcomes = [o for s in P for a in P[s] for o in P[s][a]]
    chances = lcm(*(p.denominator for p, *_ in outcomes))
    rewards = lcm(*(r.denominator for _, _, r, _ in outcomes))
    Q = {s: [[(int(p * chances), t, int(r * rewards), done) for p, t, r, done in P[s][a]] for a in P[s]] for s in P}
    v = [0] * len(P)
    for k in range(horizon):
        unit = chances**k
        v = [max(sum(p * (r * unit + (0 if done else v[t])) for p, t, r, done in row) for row in Q[s]) for s in Q]
    return [Fraction(n, rewards * chances**horizon) for n in v]


def expected_return(P, start, policy, horizon):
    """Exact expected return of ``policy[h][s][a]``, forward: the law of the state of a running episode."""
    law = {s: p for s, p in enumerate(start) if p}
    total = Fraction(0)
    for h in range(horizon):
        after = {}
        for s, mass in law.items():
            for a, share in enumerate(policy[h][s]):
                for p, t, r, done in P[s][a]:
                    q = mass * share * p
                    total += q * r
                    if q and not done:
                        after[t] = after.get(t, 0) + q
        law = after
    return total


def roll_out(id, options, policy, n_episodes, *, seed, n_envs=50):
    """Play episodes of the real environment by ``policy[h, s, a]``.

    Returns
    -------
    returns [n_episodes], terminated [n_episodes], truncated [n_episodes]
    """
    envs = gymnasium.make_vec(
        id,
        num_envs=n_envs,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": gymnasium.vector.AutoresetMode.DISABLED},
        **options,
    )
    rng = np.random.default_rng(seed)
    cumulative = np.cumsum(policy, axis=-1)[..., :-1]
    states, _ = envs.reset(seed=seed)
    steps, sums = np.zeros(n_envs, dtype=int), np.zeros(n_envs)
    left = np.full(n_envs, n_episodes // n_envs)
    ended = []
    while left.any():
        actions = (cumulative[steps, states] <= rng.random((n_envs, 1))).sum(-1)
        states, rewards, terminated, truncated, _ = envs.step(actions)
        sums += rewards
        steps += 1
        over = terminated | truncated
        ended += [(sums[i], terminated[i], truncated[i]) for i in np.flatnonzero(over & (left > 0))]
        left[over] = np.maximum(left[over] - 1, 0)
        if over.any():
            states, _ = envs.reset(options={"reset_mask": over})
            steps[over], sums[over] = 0, 0.0
    envs.close()
    returns, terminated, truncated = (np.array(x) for x in zip(*ended, strict=True))
    return returns, terminated.astype(bool), truncated.astype(bool)
