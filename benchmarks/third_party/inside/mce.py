"""Maximum causal entropy IRL of imitation: its occupancies, its planner, its fit."""

import numpy as np
import tabular
import torch
from imitation.algorithms.mce_irl import MCEIRL, mce_occupancy_measures, mce_partition_fh
from imitation.rewards.reward_nets import RewardNet

LEARNING_TAIL = 1e-5
ITERATIONS = 300


class Table(RewardNet):
    """One reward a state, in double precision."""

    def __init__(self, env, reward):
        super().__init__(env.observation_space, env.action_space)
        self.weights = torch.nn.Parameter(torch.tensor(reward, dtype=torch.float64))

    def forward(self, state, action, next_state, done):
        """Rewards of one-hot states."""
        return state @ self.weights


def occupancy(model, policy):
    """Visits of states that imitation counts, each spread over actions as the policy of its step acts."""
    env = tabular.environment(model)
    pi = tabular.at_every_step(model, policy, env.horizon)
    visits, discounted = mce_occupancy_measures(env, pi=pi, discount=model["discount"])
    if model["horizon"] is None:
        return (1 - model["discount"]) * discounted[:, None] * pi[0]
    acting = np.concatenate([pi, pi[-1:]])[: len(visits)]  # nobody acts after the last step: spread as before it
    return visits[:, :, None] * acting


def value(model, policy):
    """What stepping through the environment pays: its rewards until it says that it is over."""
    env = tabular.environment(model)
    pi = tabular.at_every_step(model, policy, env.horizon)
    law, total, t = env.initial_state_dist, 0.0, 0
    states, actions = range(env.state_dim), range(env.action_dim)
    while True:
        joint = law[:, None] * pi[t]
        paid = [[env.reward(s, a, None) for a in actions] for s in states]
        total += model["discount"] ** t * float((joint * paid).sum())
        law = np.einsum("sa,sax->x", joint, env.transition_matrix)
        t += 1
        if env.terminal(None, t):
            return total


def soft_plan(model, reward):
    """Soft optimal policy and values at temperature 1 of a reward ``[S]``."""
    v, _, pi = mce_partition_fh(tabular.environment(model), reward=reward, discount=model["discount"])
    return [pi, v] if model["horizon"] is not None else [pi[0], v[0]]


def loss(model, expert, point):
    """Minus the causal log-likelihood of the expert under the policy that is planned for a reward ``[S]``."""
    env, pi = _with_expert(model, expert)
    visits, _ = mce_occupancy_measures(env, pi=pi)
    _, _, planned = mce_partition_fh(env, reward=point, discount=model["discount"])
    weights = model["discount"] ** np.arange(env.horizon)
    return -float((weights[:, None, None] * visits[: env.horizon, :, None] * pi * np.log(planned)).sum())


def update(model, expert, point):
    """How one step of training moves the rewards, with plain gradient descent of rate 1."""
    learner = _learner(model, expert, point, torch.optim.SGD, lr=1.0)
    learner.train(max_iter=1)
    return learner.reward_net.weights.detach().numpy() - point


def gradient(model, expert, point):
    """The gradient that training descends."""
    return -update(model, expert, point)


def fit(model, expert):
    """Policy and visits after training on the expert's exact visits."""
    learner = _learner(model, expert, np.zeros(len(model["mu"])), torch.optim.Rprop, lr=0.1)
    visits = learner.train(max_iter=ITERATIONS)
    pi = learner.policy.pi
    if model["horizon"] is not None:
        return {"policy": pi}
    return {"policy": pi[0], "occupancy": (1 - model["discount"]) * visits[:, None] * pi[0]}


def _with_expert(model, expert):
    env = tabular.environment(model, LEARNING_TAIL)
    return env, tabular.at_every_step(model, expert, env.horizon)


def _learner(model, expert, reward, optimiser, **options):
    env, pi = _with_expert(model, expert)
    _, shown = mce_occupancy_measures(env, pi=pi, discount=model["discount"])
    return MCEIRL(
        shown,
        env,
        Table(env, reward),
        np.random.default_rng(0),
        optimiser,
        options,
        discount=model["discount"],
        linf_eps=1e-6,
        grad_l2_eps=1e-6,
        log_interval=None,
    )
