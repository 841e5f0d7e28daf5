"""Assumptions many claims share."""

from __future__ import annotations

from typing import Any

from iltheory.claims.claim import Assumption
from iltheory.measures import largest_reward, smallest_reward
from sims import TabularMDP


def _unit_rewards(mdp: TabularMDP) -> list[Any]:
    return [smallest_reward(mdp) >= 0, largest_reward(mdp) <= 1]


UNIT_REWARDS = Assumption("rewards in [0, 1]", _unit_rewards)
