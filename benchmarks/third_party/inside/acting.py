"""Policies of stable-baselines3, its advantages, and the collector of imitation."""

import numpy as np
import tabular
import torch
from imitation.data import rollout as collecting
from stable_baselines3.common.buffers import RolloutBuffer

ENVIRONMENTS = 16


def rollout(model, policy, n, seed):
    """Episodes of a policy ``[S, A]`` that imitation collects with a policy of stable-baselines3."""
    torch.manual_seed(seed)
    with np.errstate(divide="ignore"):
        logits = np.maximum(np.log(policy), -1e3)
    venv = tabular.vectorised(lambda: tabular.Episodes(model), ENVIRONMENTS, seed)
    found = collecting.generate_trajectories(
        tabular.softmax_policy(model, logits),
        venv,
        collecting.make_min_episodes(n),
        np.random.default_rng(seed),
    )[:n]
    return {
        "states": np.concatenate([episode.obs for episode in found]),
        "actions": np.concatenate([episode.acts for episode in found]),
        "rewards": np.concatenate([episode.rews for episode in found]).astype(float),
        "terminated": np.array([episode.terminal for episode in found]),
        "offsets": np.cumsum([0, *map(len, found)]),
    }


def loss(model, expert, point):
    """Minus the expected log-probability of the expert's actions, summed over states, at logits ``[S, A]``."""
    return float(_loss(tabular.softmax_policy(model, point), expert).detach())


def gradient(model, expert, point):
    """Its derivative by the logits."""
    policy = tabular.softmax_policy(model, point)
    _loss(policy, expert).backward()
    return policy.action_net.weight.grad.numpy().T.copy()


def advantages(rewards, values, discount, decay, terminated):
    """Advantages of one rollout, its last step the end of an episode or not."""
    states, actions = tabular.spaces({"r": np.zeros((1, 1))})
    buffer = RolloutBuffer(len(rewards), states, actions, device="cpu", gae_lambda=decay, gamma=discount)
    for t, reward in enumerate(rewards):
        value = torch.tensor([values[t]])
        zero = np.zeros((1, 1))
        buffer.add(zero, zero, np.array([reward]), np.array([t == 0]), value, torch.zeros(1))
    buffer.compute_returns_and_advantage(torch.tensor([values[-1]]), np.array([terminated]))
    return buffer.advantages[:, 0]


def _loss(policy, expert):
    s, a = (torch.as_tensor(x.ravel()) for x in np.indices(expert.shape))
    _, log_prob, _ = policy.evaluate_actions(s, a)
    return -(torch.tensor(expert).ravel() * log_prob).sum()
