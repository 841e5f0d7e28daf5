"""Behavioural cloning and DAgger of imitation, with its default network: a law of actions for each state."""

from tempfile import TemporaryDirectory

import numpy as np
import tabular
import torch
from imitation.algorithms.bc import BC
from imitation.algorithms.dagger import InteractiveTrajectoryCollector, SimpleDAggerTrainer
from imitation.data import rollout
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env.base_vec_env import VecEnv

BATCHES = 300
BATCHES_A_ROUND = 60
RATE = 0.02
ROUNDS, EPISODES = 3, 4
TOSSES = 20_000


def fit(model, demos, seed, ent_weight=0.0, l2_weight=0.0):
    """Clone by BC, with all steps in every batch and no entropy bonus."""
    steps = rollout.flatten_trajectories(tabular.trajectories(demos))
    batch = {"obs": torch.as_tensor(steps.obs), "acts": torch.as_tensor(steps.acts)}
    learner = _bc(model, seed, len(steps), demonstrations=[batch], ent_weight=ent_weight, l2_weight=l2_weight)
    learner.train(n_batches=BATCHES, log_interval=BATCHES + 1, progress_bar=False)
    return law(learner.policy, model)


def dagger(model, expert, seed):
    """DAgger from an expert of the environment, after a few rounds of a few episodes."""
    np.random.seed(seed)
    venv = tabular.vectorised(lambda: tabular.observed(model), EPISODES, seed)
    rng = np.random.default_rng(seed)
    with TemporaryDirectory() as scratch:
        trainer = SimpleDAggerTrainer(
            venv=venv,
            scratch_dir=scratch,
            expert_policy=Tabular(*tabular.spaces(model), expert, rng),
            rng=rng,
            beta_schedule=lambda round_: float(round_ == 0),
            bc_trainer=_bc(model, seed, EPISODES),
        )
        trainer.train(
            ROUNDS * EPISODES * tabular.steps(model),
            rollout_round_min_episodes=EPISODES,
            rollout_round_min_timesteps=1,
            bc_train_kwargs={"n_batches": BATCHES_A_ROUND, "log_rollouts_venv": None, "progress_bar": False},
        )
    return law(trainer.policy, model)


def mixture(first, second, beta, seed):
    """How often the collector of DAgger takes each action, in each state, if the expert is `first`."""
    n_states, n_actions = first.shape
    rng = np.random.default_rng(seed)
    venv = Recording(n_states, n_actions)
    policies = [Tabular(venv.observation_space, venv.action_space, pi, rng) for pi in (first, second)]
    with TemporaryDirectory() as scratch:
        collector = InteractiveTrajectoryCollector(venv, lambda obs: policies[1].predict(obs)[0], beta, scratch, rng)
        collector.step(policies[0].predict(collector.reset())[0])
    counts = np.zeros((n_states, n_actions))
    np.add.at(counts, (venv.states, venv.taken), 1)
    return counts / TOSSES


def law(policy, model):
    """Probabilities ``[S, A]`` of the policy's logits, normalised in double precision."""
    with torch.no_grad():
        logits = policy.get_distribution(torch.arange(len(model["mu"]))).distribution.logits
    return torch.softmax(logits.double(), -1).numpy()


class Tabular(BasePolicy):
    """A policy ``[S, A]`` that samples, or takes its likeliest action if asked to be deterministic."""

    def __init__(self, states, actions, pi, rng):
        super().__init__(states, actions)
        self.pi, self.rng = pi, rng

    def _predict(self, observation, deterministic=False):
        states = observation.numpy().astype(int).ravel()
        rows = self.pi[states]
        if deterministic:
            return torch.as_tensor(rows.argmax(-1))
        drawn = (self.rng.random(len(rows))[:, None] > rows.cumsum(-1)).sum(-1)
        return torch.as_tensor(np.minimum(drawn, rows.shape[-1] - 1))


class Recording(VecEnv):
    """As many environments as tosses in each state, that remember which actions were taken."""

    def __init__(self, n_states, n_actions):
        self.states = np.repeat(np.arange(n_states), TOSSES)
        shape = {"r": np.empty((n_states, n_actions))}
        super().__init__(len(self.states), *tabular.spaces(shape))

    def reset(self):
        """Start everywhere."""
        return self.states

    def step_async(self, actions):
        """Remember actions."""
        self.taken = actions

    def step_wait(self):
        """Stay."""
        n = len(self.states)
        return self.states, np.zeros(n), np.zeros(n, dtype=bool), [{}] * n

    def close(self):
        """Nothing is open."""

    def get_attr(self, attr_name, indices=None):
        """No environment is behind this."""
        raise AttributeError(attr_name)

    set_attr = env_method = env_is_wrapped = get_attr


def _bc(model, seed, batch_size, ent_weight=0.0, **options):
    torch.manual_seed(seed)
    states, actions = tabular.spaces(model)
    return BC(
        observation_space=states,
        action_space=actions,
        rng=np.random.default_rng(seed),
        batch_size=batch_size,
        optimizer_kwargs={"lr": RATE},
        ent_weight=ent_weight,
        **options,
    )
