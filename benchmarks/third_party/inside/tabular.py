"""Tabular models and trajectories as these libraries know them."""

import itertools

import gymnasium
import numpy as np
import torch
from imitation.data import types
from seals.base_envs import TabularModelMDP, TabularModelPOMDP
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import FlattenExtractor
from stable_baselines3.common.vec_env import DummyVecEnv

TAIL = 1e-9
"""A discounted model is cut where its discounted rest is smaller."""


def steps(model, tail=TAIL):
    """The horizon of a model, or as many steps as its discount leaves to be counted: these libraries know no other."""
    if model["horizon"] is not None:
        return model["horizon"]
    return 1 if model["discount"] == 0 else max(1, int(np.ceil(np.log(tail) / np.log(model["discount"]))))


def at_every_step(model, policy, horizon):
    """A policy ``[H, S, A]``."""
    shape = (horizon, *model["r"].shape[-2:])
    return np.ascontiguousarray(np.broadcast_to(policy, shape))


def environment(model, tail=TAIL):
    """Of seals: states are observed one-hot, as MCE IRL's reward networks want."""
    return TabularModelPOMDP(observation_matrix=np.eye(len(model["mu"])), **_tables(model), horizon=steps(model, tail))


def observed(model, tail=TAIL):
    """Of seals: states are observed as they are."""
    return TabularModelMDP(**_tables(model), horizon=steps(model, tail))


class Episodes(gymnasium.Env):
    """A model for Gymnasium: a terminal state terminates an episode, the horizon truncates it."""

    def __init__(self, model):
        self.model = model
        self.observation_space, self.action_space = spaces(model)

    def reset(self, *, seed=None, options=None):
        """Start where the model does."""
        super().reset(seed=seed)
        self.state, self.taken = self._draw(self.model["mu"]), 0
        return self.state, {}

    def step(self, action):
        """One transition; the reward is that of the state before it."""
        reward = float(self.model["r"][self.state, action])
        self.state = self._draw(self.model["P"][self.state, action])
        self.taken += 1
        terminal = self.model["terminal"]
        ended = terminal is not None and bool(terminal[self.state])
        return self.state, reward, ended, self.taken >= steps(self.model) and not ended, {}

    def _draw(self, law):
        return int(self.np_random.choice(len(law), p=law))


class Doubled(FlattenExtractor):
    """One-hot states in double precision."""

    def forward(self, observations):
        """Flatten and convert."""
        return super().forward(observations).double()


def softmax_policy(model, logits):
    """A policy of stable-baselines3 whose logits are a table ``[S, A]``."""
    policy = ActorCriticPolicy(*spaces(model), lambda _: 0.0, net_arch=[], features_extractor_class=Doubled).double()
    with torch.no_grad():
        policy.action_net.weight.copy_(torch.tensor(np.asarray(logits).T))
        policy.action_net.bias.zero_()
    return policy


def vectorised(make, n, seed):
    """Environments in one process, seeded."""
    venv = DummyVecEnv([make] * n)
    venv.seed(seed)
    return venv


def spaces(model):
    """Spaces of states and of actions."""
    n_states, n_actions = model["r"].shape[-2:]
    return gymnasium.spaces.Discrete(n_states), gymnasium.spaces.Discrete(n_actions)


def trajectories(demos):
    """Trajectories of imitation, which know one flag; a time limit is no end."""
    found = []
    for i, (start, stop) in enumerate(itertools.pairwise(demos["offsets"])):
        found.append(
            types.TrajectoryWithRew(
                obs=demos["states"][start + i : stop + i + 1],
                acts=demos["actions"][start:stop],
                rews=demos["rewards"][start:stop],
                infos=None,
                terminal=bool(demos["terminated"][i]),
            )
        )
    return found


def _tables(model):
    return {"transition_matrix": model["P"], "reward_matrix": model["r"], "initial_state_dist": model["mu"]}
