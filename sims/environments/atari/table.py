"""A game as a finite decision process, and what its states look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.arithmetic import RationalArray
from sims.environments.atari.errors import InvalidTable
from sims.environments.atari.spec import Spec
from sims.environments.atari.thumbnails import Image
from sims.errors import InvalidArgument
from sims.tabular import DeterministicTransitions, SparseTransitions, TabularMDP, Transitions

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AtariTable:
    """A game within a horizon: all states of the emulator, and what each action leads to.

    States are numbered in the order in which a breadth-first search meets them; two more follow in the model:
    ``cut``, where the horizon ends (a time limit, no terminal state), and ``over``, where the game is over.

    Attributes
    ----------
    spec : the game and how it is played
    provenance : versions and digests that the table depends on
    layers : ints ``[H + 1]``; the states of step h are ``layers[h]`` to ``layers[h + 1] - 1``
    next_state : ints ``[N, A, K]``; K is 1 or, with sticky actions, ``frame_skip + 1``
    rewards : ints ``[N, A, K]``, the game's points
    images : uint8 ``[m, 52, 40]``, thumbnails without repetition, as palette indices
    image_of : ints ``[N]``, which of them is that of a state
    palette : uint8 ``[256, 3]``, red, green and blue
    """

    spec: Spec
    provenance: Mapping[str, str]
    layers: Integers
    next_state: Integers
    rewards: Integers
    images: Image
    image_of: Integers
    palette: Image

    def __repr__(self) -> str:
        spec = self.spec
        sticky = f", sticky={spec.sticky}" if spec.sticky else ""
        sizes = f"{self.n_states} states, {len(spec.actions)} actions, horizon={spec.horizon}"
        return f"AtariTable({spec.game}: {sizes}, frame_skip={spec.frame_skip}{sticky})"

    @property
    def n_states(self) -> int:
        """Number N of emulator states; the model has N + 2 states."""
        return len(self.next_state)

    @property
    def cut(self) -> int:
        """The model's state beyond the horizon. It stands for whatever would follow: it is not terminal."""
        return self.n_states

    @property
    def over(self) -> int:
        """The model's terminal state: the game is over."""
        return self.n_states + 1

    @property
    def probabilities(self) -> tuple[Fraction, ...]:
        """Probability of each of the K outcomes of an action: of when it is heard, see :func:`tabulate`."""
        p, skip = self.spec.sticky, self.spec.frame_skip
        return (Fraction(1),) if p == 0 else (*((1 - p) * p**k for k in range(skip)), p**skip)

    @property
    def reward_range(self) -> tuple[int, int]:
        """Smallest and largest reward of a step, zero included."""
        return min(0, int(self.rewards.min())), max(0, int(self.rewards.max()))

    def mdp(self, *, unit_rewards: bool = False) -> TabularMDP:
        """The exact rational model, which starts in state 0; rewards are the expected points ``r(s, a)``.

        Parameters
        ----------
        unit_rewards : map ``reward_range`` affinely onto [0, 1], in every state: a policy of value J then has value
            ``(J - H low) / (high - low)``. Where no points are won or lost, all rewards stay 0
        """
        n, n_actions, _ = self.next_state.shape
        weights, denominator = self._weights()
        expected = (self.rewards.astype(weights.dtype) * weights).sum(-1)
        r = RationalArray(np.concatenate([expected, np.zeros((2, n_actions), dtype=weights.dtype)]), denominator)
        terminal, mu = np.zeros((2, n + 2), dtype=np.bool_)
        terminal[self.over] = mu[0] = True
        mdp = TabularMDP(self._transitions(), r, mu.astype(np.int64), horizon=self.spec.horizon, terminal=terminal)
        low, high = self.reward_range
        if not unit_rewards or low == high:
            return mdp
        return mdp.with_rewards((r - low) / (high - low))

    def _weights(self) -> tuple[NDArray[Any], int]:
        """The probabilities of the outcomes as integers over a common denominator."""
        denominator = self.probabilities[-1].denominator
        numerators = [int(p * denominator) for p in self.probabilities]
        return np.array(numerators, dtype=np.int64 if denominator < 2**31 else object), denominator

    def _transitions(self) -> Transitions:
        n, n_actions, outcomes = self.next_state.shape
        ends = np.broadcast_to(np.array([self.cut, self.over])[:, None, None], (2, n_actions, outcomes))
        next_state = np.concatenate([self.next_state, ends])
        if outcomes == 1:
            return DeterministicTransitions(next_state[..., 0])
        weights, denominator = self._weights()
        rows = np.arange((n + 2) * n_actions)[:, None]
        keys, entry = np.unique(rows * (n + 2) + next_state.reshape(-1, outcomes), return_inverse=True)
        numerators = np.zeros(len(keys), dtype=weights.dtype)
        np.add.at(numerators, entry.ravel(), np.broadcast_to(weights, (len(rows), outcomes)).ravel())
        lengths = np.bincount(keys // (n + 2), minlength=len(rows))
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        return SparseTransitions(indptr, keys % (n + 2), RationalArray(numerators, denominator), n + 2, n_actions)

    def until(self, horizon: int) -> AtariTable:
        """The table of the first steps only: a prefix of the states.

        Raises
        ------
        InvalidArgument
            If there are not so many.
        """
        if not isinstance(horizon, int) or not 1 <= horizon <= self.spec.horizon:
            raise InvalidArgument(f"horizon={horizon!r}: must be an integer from 1 to {self.spec.horizon}.")
        n = int(self.layers[horizon])
        after = self.next_state[:n]
        of, image_of = np.unique(self.image_of[:n], return_inverse=True)
        return replace(
            self,
            spec=replace(self.spec, horizon=horizon),
            layers=self.layers[: horizon + 1],
            next_state=np.where(after == self.over, n + 1, np.minimum(after, n)),
            rewards=self.rewards[:n],
            images=self.images[of],
            image_of=image_of,
        )

    def step(self, state: int) -> int:
        """The step at which a state is visited, counted from 0."""
        return int(np.searchsorted(self.layers, self._checked(state), side="right")) - 1

    def screen(self, state: int) -> Image:
        """What a state looks like: uint8 ``[52, 40, 3]``, red, green and blue; ``plt.imshow`` takes it.

        Each pixel stands for 4 x 4 of the screen's and has the colour of them that is rarest on it, so small
        things are visible. States whose screens look the same differ elsewhere in the machine.
        """
        image: Image = self.palette[self.images[self.image_of[self._checked(state)]]]
        return image

    def inputs(self, state: int) -> tuple[tuple[str, int], ...]:
        """A shortest way to a state from a game just loaded: actions, and for how many frames each is held."""
        _, first = np.unique(self.next_state, return_index=True)
        reached = dict(zip(np.unique(self.next_state).tolist(), first.tolist(), strict=True))
        choices = []
        while self._checked(state) != 0:
            pair, outcome = divmod(reached[state], self.next_state.shape[-1])
            state, action = divmod(pair, self.next_state.shape[1])
            choices.append((self.spec.actions[action], outcome))
        skip = self.spec.frame_skip
        held = [(action, skip) for action in self.spec.start]
        last = self.spec.start[-1] if self.spec.start else "NOOP"
        for action, outcome in reversed(choices):
            held += [(name, frames) for name, frames in ((last, outcome), (action, skip - outcome)) if frames]
            last = action if outcome < skip else last
        return tuple(held)

    def replay(self, state: int) -> Image:
        """The full screen of a state, uint8 ``[210, 160, 3]``, as the emulator shows it after :meth:`inputs`.

        Raises
        ------
        IltheoryError
            If ale-py is not installed.
        InvalidTable
            If the table was made with another ROM.
        """
        from sims.environments.atari.emulator import Emulator, provenance

        rom, ours = provenance(self.spec.game)["rom md5"], self.provenance.get("rom md5")
        if rom != ours:
            raise InvalidTable(f"the table is of the ROM with MD5 {ours}; installed is {rom}. Tabulate it again.")
        emulator = Emulator(self.spec.game)
        emulator.reset()
        emulator.play_all(self.inputs(state))
        return emulator.rgb()

    def _checked(self, state: Any) -> int:
        if not isinstance(state, int | np.integer) or not 0 <= state < self.n_states:
            raise InvalidArgument(
                f"state={state!r}: must be one of the emulator's, 0 to {self.n_states - 1}; {self.cut} (the horizon is "
                f"reached) and {self.over} (the game is over) have no screen."
            )
        return int(state)
