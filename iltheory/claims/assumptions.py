"""Assumptions many claims share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from iltheory.claims.claim import Assumption
from iltheory.claims.kinds import Kind, Model
from iltheory.measures import expectation, largest_reward, smallest_reward
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def _unit_rewards(mdp: TabularMDP) -> list[Any]:
    return [smallest_reward(mdp) >= 0, largest_reward(mdp) <= 1]


def any_rewards(kind: Kind) -> Kind:
    """Let models pay from -1 to 2."""
    return replace(kind, low=-1, high=2) if isinstance(kind, Model) else kind


UNIT_REWARDS = Assumption("rewards in [0, 1]", _unit_rewards, any_rewards)


def _covered(mdp: TabularMDP, pi: Numbers, other: Numbers) -> Any:
    missed = ar.where(ar.possibly_nonzero(other), 0, pi)
    return ar.wrap(expectation(mdp, pi, ar.sum(missed, -1))) <= 0


COVERED = Assumption("the second policy may take every action that the first one takes", _covered)
"""Divergences of the first policy ``pi`` from the second, ``other``, are finite."""


def _shown(mdp: TabularMDP, expert: Numbers, pi: Numbers) -> Any:
    return _covered(mdp, pi, expert)


SHOWN = Assumption("the expert may take every action that the policy takes", _shown)
"""Divergences of the occupancy of ``pi`` from that of ``expert`` are finite."""
