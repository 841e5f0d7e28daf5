"""Experts: policies with known returns that are small enough to be shipped, and what it takes to make them.

`load` gives one by its id with its card, `demonstrations` rolls it out, `from_stable_baselines3` reads somebody else's
and `recorded` somebody's trajectories. `python -m sims.environments.experts ENV` trains one. Nothing is unpickled.
"""

from __future__ import annotations

from sims.environments.experts.card import Card, Evaluation
from sims.environments.experts.demonstrations import demonstrations, recorded
from sims.environments.experts.errors import InvalidExpert
from sims.environments.experts.games import GameExpert, OpenLoop, game_expert
from sims.environments.experts.network import Network, Normalization, linear
from sims.environments.experts.stable_baselines3 import from_stable_baselines3
from sims.environments.experts.storage import SHIPPED, Expert, cards, load, shipped

__all__ = [
    "SHIPPED",
    "Card",
    "Evaluation",
    "Expert",
    "GameExpert",
    "InvalidExpert",
    "Network",
    "Normalization",
    "OpenLoop",
    "cards",
    "demonstrations",
    "from_stable_baselines3",
    "game_expert",
    "linear",
    "load",
    "recorded",
    "shipped",
]
