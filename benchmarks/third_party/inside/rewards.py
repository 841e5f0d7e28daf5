"""Reward networks of imitation, and its density estimate."""

import numpy as np
import tabular
import torch
from imitation.algorithms.density import DensityAlgorithm
from imitation.data import rollout
from imitation.rewards.reward_nets import (
    BasicRewardNet,
    BasicShapedRewardNet,
    NormalizedRewardNet,
    RewardNet,
    ShapedRewardNet,
)
from imitation.util.networks import RunningNorm

NETS = {"basic": BasicRewardNet, "shaped": BasicShapedRewardNet}
EPISODES = 16


def reward(model, kind, path, state, action, next_state, seed):
    """Rewards of a batch from a net with random weights, on one of the paths that lead to them."""
    torch.manual_seed(seed)
    net = NETS[kind](*tabular.spaces(model), use_next_state=True, use_done=True)
    if path == "normalised":
        net = NormalizedRewardNet(net, RunningNorm)
    batch = _batch(model, state, action, next_state)
    if path == "forward":
        with torch.no_grad():
            return net(*net.preprocess(*batch)).numpy()
    return np.asarray(getattr(net, "predict_processed" if path == "normalised" else path)(*batch))


def shaped(model, potential):
    """Expected rewards ``[S, A]`` of the model with a potential added."""
    n_states, n_actions = model["r"].shape
    table = torch.tensor(potential)
    net = ShapedRewardNet(Paid(model), lambda states: states.double() @ table, model["discount"])
    s, a, after = (x.ravel() for x in np.indices((n_states, n_actions, n_states)))
    found = net.predict(*_batch(model, s, a, after)).reshape(n_states, n_actions, n_states)
    return (model["P"] * found).sum(-1)


def density(model, state, action, next_state, seed):
    """Log-density of state and action among the steps of a uniform policy, by the default kernel."""
    np.random.seed(seed)
    venv = tabular.vectorised(lambda: tabular.Episodes(model), 4, seed)
    venv.action_space.seed(seed)
    rng = np.random.default_rng(seed)
    shown = rollout.generate_trajectories(None, venv, rollout.make_min_episodes(EPISODES), rng)
    learner = DensityAlgorithm(demonstrations=shown, venv=venv, rng=rng)
    learner.train()
    return learner(*_batch(model, state, action, next_state))


class Paid(RewardNet):
    """The rewards of a model."""

    def __init__(self, model):
        super().__init__(*tabular.spaces(model))
        self.r = torch.tensor(model["r"])

    def forward(self, state, action, next_state, done):
        """Rewards of one-hot states and actions."""
        return torch.einsum("ns,sa,na->n", state.double(), self.r, action.double())


def _batch(model, state, action, next_state):
    terminal = np.zeros(len(model["mu"]), dtype=bool) if model["terminal"] is None else model["terminal"]
    return state, action, next_state, terminal[next_state]
