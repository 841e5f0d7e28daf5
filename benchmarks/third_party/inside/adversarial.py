"""GAIL and AIRL of imitation: what their discriminators learn, and what their generators are paid."""

from fractions import Fraction
from math import lcm
from tempfile import TemporaryDirectory

import numpy as np
import tabular
import torch
from imitation.algorithms.adversarial.airl import AIRL
from imitation.algorithms.adversarial.gail import GAIL
from imitation.rewards.reward_nets import RewardNet
from imitation.util import logger
from stable_baselines3 import PPO

KINDS = {"gail": GAIL, "airl": AIRL}
UPDATES = 120
ACTIONS = 2


class Table(RewardNet):
    """One number a state, in double precision."""

    def __init__(self, states, actions):
        super().__init__(states, actions)
        self.weights = torch.nn.Parameter(torch.zeros(int(states.n), dtype=torch.float64))

    def forward(self, state, action, next_state, done):
        """Numbers of one-hot states."""
        return state.double() @ self.weights


def discriminator(kind, expert_density, learner_density):
    """Probability that a pair is the expert's, after training on samples in exactly these proportions."""
    trainer, pairs = _trained(kind, expert_density, learner_density)
    tensors = trainer.reward_train.preprocess(*pairs)
    acted = torch.full((len(pairs[0]),), -np.log(ACTIONS), dtype=torch.float64)
    with torch.no_grad():
        return torch.sigmoid(trainer.logits_expert_is_high(*tensors, acted)).numpy()


def reward(kind, expert_density, learner_density):
    """What the generator is paid for a pair."""
    trainer, pairs = _trained(kind, expert_density, learner_density)
    return trainer.reward_train.predict_processed(*pairs)


def _trained(kind, expert_density, learner_density):
    """Pair i is state i with action 0, which the generator, a uniform policy, takes half of the time."""
    n = len(expert_density)
    model = {
        "P": np.full((n, ACTIONS, n), 1 / n), "r": np.zeros((n, ACTIONS)), "mu": np.full(n, 1 / n),
        "horizon": 1, "discount": 1.0, "terminal": None,
    }  # fmt: skip
    venv = tabular.vectorised(lambda: tabular.Episodes(model), 1, 0)
    generator = PPO("MlpPolicy", venv, n_steps=2, batch_size=2, seed=0, device="cpu")
    with torch.no_grad():
        for weights in generator.policy.parameters():
            weights.zero_()
    shown, seen = _in_proportion(expert_density, learner_density)
    with TemporaryDirectory() as folder:
        trainer = KINDS[kind](
            demonstrations=[shown],
            demo_batch_size=len(shown["obs"]),
            venv=venv,
            gen_algo=generator,
            reward_net=Table(*tabular.spaces(model)),
            disc_opt_cls=torch.optim.Rprop,
            disc_opt_kwargs={"lr": 0.1},
            custom_logger=logger.configure(folder, format_strs=[]),
        )
        for _ in range(UPDATES):
            trainer.train_disc(expert_samples=shown, gen_samples=seen)
    states = np.arange(n)
    return trainer, (states, np.zeros(n, dtype=int), states, np.zeros(n, dtype=bool))


def _in_proportion(*densities):
    """Batches of equal size in which each pair occurs as often as its density says."""
    exact = [[Fraction(float(x)).limit_denominator(1000) for x in density] for density in densities]
    if sum(exact[0]) != sum(exact[1]):
        raise NotImplementedError("batches of expert and generator have one size")
    unit = lcm(*(x.denominator for density in exact for x in density))
    return [_batch(np.repeat(np.arange(len(density)), [int(x * unit) for x in density])) for density in exact]


def _batch(states):
    zeros = np.zeros(len(states), dtype=int)
    return {"obs": states, "acts": zeros, "next_obs": states, "dones": zeros.astype(bool)}
