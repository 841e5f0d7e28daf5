"""Experts for games of the Arcade Learning Environment: optimal policies of their exact tables, at an exact return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments.atari import AtariTable, load
from sims.environments.experts.errors import InvalidExpert
from sims.sampled import Categorical, InvalidPolicy, SampledPolicy, Spaces, TabularPolicy
from sims.tabular import TabularMDP

Array = NDArray[Any]


class OpenLoop(SampledPolicy):
    """Numbered actions in an order, whatever is observed.

    Parameters
    ----------
    actions : ints (H,)
    n_actions : number of actions that there are
    """

    deterministic = True

    def __init__(self, actions: Sequence[int], n_actions: int) -> None:
        self.actions = np.array(actions, dtype=np.intp)
        self._laws = np.eye(n_actions)[self.actions]

    def laws(self, observations: Array, steps: NDArray[np.intp]) -> Categorical:
        """All mass on the action of the step."""
        if np.max(steps, initial=0) >= len(self.actions):
            raise InvalidPolicy(f"there are {len(self.actions)} actions, and step {np.max(steps)} is asked about.")
        return Categorical(self._laws[steps])

    def check(self, spaces: Spaces) -> None:
        """Raise `InvalidPolicy` unless the world has as many actions."""
        if spaces.n_actions != self._laws.shape[1]:
            raise InvalidPolicy(f"it chooses among {self._laws.shape[1]} actions; this world has {spaces.n_actions}.")


@dataclass(frozen=True, eq=False)
class GameExpert:
    """An optimal player of a game within the horizon of its table.

    Attributes
    ----------
    table : the game, its versions and digests
    mdp : its exact rational model
    pi : optimal policy, ints as probabilities ``[H, S, A]``; ties go to the first action
    value : what it returns from the start, exactly: no player returns more points
    policy : the same on the numbers of states, for ``sampled_table(mdp)``
    stochastic : the policy of largest return plus causal entropy times a temperature: it takes every action
    """

    table: AtariTable
    mdp: TabularMDP
    pi: Any = field(repr=False)
    value: Fraction
    policy: TabularPolicy = field(repr=False)
    stochastic: TabularPolicy = field(repr=False)

    def open_loop(self) -> OpenLoop:
        """What the expert plays from the start, for the emulator itself: `atari_simulator` or another.

        Raises
        ------
        InvalidExpert
            If the game is stochastic: actions then depend on what happened.
        """
        if self.table.spec.sticky:
            raise InvalidExpert(
                f"{self.table!r} is stochastic, so what its expert plays depends on the state.\n"
                "  Play `policy` in sampled_table(mdp)."
            )
        state, actions = 0, []
        for step in range(self.table.spec.horizon):
            actions.append(int(self.policy.pi[step, state].argmax()))
            state = self.table.next_state[state, actions[-1], 0] if state < self.table.n_states else state
        return OpenLoop(actions, len(self.table.spec.actions))


def game_expert(table: str | AtariTable, *, temperature: float = 0.1) -> GameExpert:
    """Solve the table of a game: nothing is trained, and the return is exact.

    Parameters
    ----------
    table : one that `sims.environments.atari.tabulate` made, or the name of one of `sims.environments.atari.shipped`
    temperature : of the stochastic version, as a share of the points that a step can win or lose at most

    Raises
    ------
    InvalidTable
        If there is no such table.
    """
    game = load(table) if isinstance(table, str) else table
    mdp = game.mdp()
    pi = mdp.optimal_policy()
    points = max(1, *(abs(end) for end in game.reward_range))
    soft = mdp.to("float64").soft_optimal(temperature * points).policy
    return GameExpert(game, mdp, pi, Fraction(mdp.value(pi)), TabularPolicy(pi), TabularPolicy(soft))
