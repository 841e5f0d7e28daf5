"""How the shipped experts were made."""

from __future__ import annotations

from sims.environments.experts.ars import ARS
from sims.environments.experts.controllers import Lander, Pole
from sims.environments.experts.ppo import PPO
from sims.environments.experts.training import Recipe

RECIPES: dict[str, Recipe] = {
    "CartPole-v1": Pole((0.3, 0.9, 6.0, 2.0), sharpness=5.0),
    "Acrobot-v1": PPO(
        rounds=16,
        round_steps=8_192,
        copies=16,
        learning_rate=1e-3,
        options={"n_steps": 128, "batch_size": 256, "n_epochs": 4, "gamma": 0.99, "gae_lambda": 0.94},
    ),
    "LunarLander-v3": Lander(
        lean=(0.4, 0.95),
        steepest=0.35,
        right_itself=(0.55, 1.5),
        cone=0.57,
        climb=(0.3, 0.38),
        idle=0.036,
        sharpness=150.0,
    ),
    "InvertedPendulum-v5": ARS(directions=8, top=4, step_size=0.2, noise=0.2, rounds=4),
    "Hopper-v5": ARS(directions=8, top=4, step_size=0.02, noise=0.05, rounds=16, alive_bonus=1.0),
    "HalfCheetah-v5": ARS(directions=4, top=4, step_size=0.02, noise=0.03, rounds=10, iterations=10),
    "Walker2d-v5": PPO(
        rounds=60,
        round_steps=16_384,
        copies=16,
        learning_rate=5e-4,
        options={"n_steps": 128, "batch_size": 256, "n_epochs": 10, "gamma": 0.99, "gae_lambda": 0.95},
    ),
}
