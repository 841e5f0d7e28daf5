"""Sampled worlds as stable-baselines3 steps through them, with a record of every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces as gymnasium_spaces
from stable_baselines3.common.vec_env import VecEnv

from iltheory.learners.neural._coded import with_codes
from iltheory.learners.neural._copies import copies_of
from iltheory.learners.neural.networks import Features, Flat, OneHot
from iltheory.learners.neural.transitions import Transitions
from sims.sampled import SampledMDP
from sims.sampled.simulator import Array


class Episodes(VecEnv):
    """Episodes side by side, each begun anew when it is over; they pay nothing.

    Observations, with the code of the episode if there are codes (``with_codes``), are flat or one-hot vectors. The
    horizon is a time limit for a policy that does not see the step; for one that does nothing comes after it.

    Parameters
    ----------
    mdp : the world
    copies : number of episodes
    features : how the policy sees observations
    rng : all randomness
    codes : number of codes; 0 for none
    box : low and high ends of vector actions, for a policy whose actions end there; None for one that has them taken as
        they are (stable-baselines3 wants ends, and would cut actions to them)
    """

    def __init__(
        self,
        mdp: SampledMDP,
        copies: int,
        features: Features,
        rng: np.random.Generator,
        *,
        codes: int = 0,
        box: tuple[Sequence[float], Sequence[float]] | None = None,
    ) -> None:
        self._mdp, self._features, self._codes, self._rng = mdp, features, codes, rng
        self._copies = copies_of(mdp, copies, rng)
        self._steps, self._code = np.zeros(copies, dtype=np.int64), self._draw(copies)
        self._fresh, self._record = True, list[tuple[Array, ...]]()
        everything = np.full(mdp.spaces.action_shape, np.finfo(np.float32).max)
        low, high = (np.array(end, dtype=np.float32) for end in box or (-everything, everything))
        actions = (
            gymnasium_spaces.Discrete(mdp.spaces.n_actions) if mdp.spaces.n_actions else gymnasium_spaces.Box(low, high)
        )
        self.render_mode = None
        super().__init__(copies, gymnasium_spaces.Box(-np.inf, np.inf, (features.size,), np.float32), actions)

    def reset(self) -> Array:
        """Observations at the start of all episodes; right after a restore, of those that were going on."""
        if not self._fresh:
            self._begin(np.ones(self.num_envs, dtype=np.bool_))
        self._fresh = False
        return self._seen()

    def step_async(self, actions: Array) -> None:
        """Take note of actions ``[n, ...]``."""
        self._chosen = actions if self._mdp.spaces.discrete else actions.astype(np.float64)

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        """Take them; an episode that is over is followed by the next one's first observation."""
        before = self._copies.observations, self._chosen, self._steps.copy(), self._code.copy()
        ended = self._copies.move(self._chosen)
        self._record.append((*before, self._copies.observations, ended))
        self._steps += 1
        over = ended | (self._steps >= self._mdp.horizon)
        infos: list[dict[str, Any]] = [{"step": int(step)} for step in before[2]]
        if over.any():
            last, timed = self._seen(), isinstance(self._features, OneHot) and self._features.horizon is not None
            for i in np.flatnonzero(over):
                infos[i] |= {"terminal_observation": last[i], "TimeLimit.truncated": not ended[i] and not timed}
            self._begin(over)
        return self._seen(), np.zeros(len(over), dtype=np.float32), over, infos

    def drain(self) -> tuple[Transitions, float, Any]:
        """The steps since the last time, step by step; the absorbing state's share in them; their codes ``[m, K]``."""
        record, self._record = self._record, []
        columns = (torch.from_numpy(np.concatenate(column)) for column in zip(*record, strict=True))
        observations, actions, step, code, after, ended = columns
        if isinstance(self._features, Flat):
            observations, after = observations.float(), after.float()
        resting = float((ended * (self._mdp.horizon - 1 - step)).sum())
        moves = Transitions(
            observations=observations,
            actions=actions.long() if self._mdp.spaces.discrete else actions.float(),
            next_observations=after,
            absorbing=ended,
            steps=step,
            weights=torch.ones(len(step)),
            starts=observations[step == 0],
        )
        codes = torch.nn.functional.one_hot(code, self._codes) if self._codes else torch.zeros(len(step), 0)
        return moves, resting / (resting + len(step)), codes.float()

    def forget(self) -> None:
        """Drop the record, where nobody asks for it."""
        self._record.clear()

    def state_dict(self) -> dict[str, Any]:
        """The episodes."""
        return {"copies": self._copies.state_dict(), "steps": self._steps.copy(), "codes": self._code.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with them; the next reset returns where they are."""
        self._copies.load_state_dict(state["copies"])
        self._steps, self._code, self._fresh = state["steps"].copy(), state["codes"].copy(), True

    def _begin(self, over: Array) -> None:
        self._copies.begin(over)
        self._steps[over], self._code[over] = 0, self._draw(int(over.sum()))

    def _draw(self, n: int) -> Array:
        return self._rng.integers(self._codes, size=n) if self._codes else np.zeros(n, dtype=np.int64)

    def _seen(self) -> Array:
        observations: Array = self._copies.observations
        if self._codes:
            observations = with_codes(observations, self._code, self._codes)
        if isinstance(self._features, Flat):
            return observations.reshape(len(observations), -1).astype(np.float32)
        steps = self._steps
        if self._features.horizon is not None:  # nobody acts after the last step
            steps = np.minimum(steps, self._features.horizon - 1)
        one_hot: Array = np.eye(self._features.size, dtype=np.float32)[self._features.index(observations, steps)]
        return one_hot

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Of each copy: they share them all."""
        return [getattr(self, attr_name) for _ in self._indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: a world is not changed."""
        raise AttributeError(f"{attr_name} of a sampled world cannot be set.")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Refused: there is nothing to call in a copy."""
        raise AttributeError(f"copies of a sampled world have no method {method_name}.")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No copy is."""
        return [False for _ in self._indices(indices)]

    def _indices(self, indices: Any) -> Sequence[int]:
        return range(self.num_envs) if indices is None else np.atleast_1d(indices).tolist()
