"""Soft actor-critic by stable-baselines3, on steps that are paid when they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

import numpy as np
import torch
from stable_baselines3 import SAC as Solver
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from stable_baselines3.sac.policies import Actor, SACPolicy

from iltheory.learners.neural._episodes import Episodes
from iltheory.learners.neural._solvers import Dice, export, policy_options
from iltheory.learners.neural.heads import SquashedGaussianHead, bounded_log_std
from iltheory.learners.neural.inner_rl import SAC, Judge, Player, Round
from iltheory.learners.neural.networks import Flat, PolicyNetwork
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.transitions import Transitions
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP

SHOWN = 4096
"""Steps that are drawn from those kept to show them to a judge in one round."""


class SquashedActor(Actor):
    """The actor, with the limits of standard deviations that our head has."""

    def get_action_dist_params(self, obs: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Mean and logarithm of the standard deviation before tanh."""
        latent = self.latent_pi(self.extract_features(obs, self.features_extractor))
        return self.mu(latent), bounded_log_std(self.log_std(latent), torch.tanh), {}


class Policy(SACPolicy):
    """Actor and critics."""

    def make_actor(self, features_extractor: Any = None) -> Any:
        """See stable-baselines3."""
        return SquashedActor(**self._update_features_extractor(self.actor_kwargs, features_extractor)).to(self.device)


class Replay(ReplayBuffer):
    """Steps that are kept, the oldest dropped; paid by the judge of the moment.

    Attributes
    ----------
    judge : set before steps are drawn
    log_temperature : ``[1]``, log alpha of the solver, likewise
    """

    judge: Judge
    log_temperature: Any

    def __init__(self, *args: Any, horizon: int, shape: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._horizon, self._shape, self._ends = horizon, shape, (self.action_space.low, self.action_space.high)  # type: ignore[attr-defined] # a box
        self.steps = np.zeros((self.buffer_size, self.n_envs), dtype=np.int64)

    def add(self, obs: Any, next_obs: Any, action: Any, reward: Any, done: Any, infos: Any) -> None:
        """Keep one step of each copy."""
        self.steps[self.pos] = [info["step"] for info in infos]
        super().add(obs, next_obs, action, reward, done, infos)

    def __len__(self) -> int:
        return self.buffer_size if self.full else self.pos

    @property
    def ended(self) -> Any:
        """Which steps ended an episode, and not by its time limit, ``[len, copies]``."""
        return (self.dones[: len(self)] > 0) & (self.timeouts[: len(self)] == 0)

    def resting(self, kept: Any = slice(None)) -> float:
        """Share of the absorbing state in the episodes of the steps in rows ``kept``."""
        after = self._horizon - 1 - self.steps[: len(self)][kept]
        rest = float((self.ended[kept] * after).sum())
        return rest / (rest + float(after.size))

    def moves(self, rows: Any, copies: Any) -> Transitions:
        """Steps in rows ``[m]`` of copies ``[m]``, as the world saw them."""
        low, high = self._ends
        actions = low + (high - low) * (self.actions[rows, copies] + 1) / 2
        shape = (len(rows), *self._shape)
        ended = (self.dones[rows, copies] > 0) & (self.timeouts[rows, copies] == 0)
        columns = (
            self.observations[rows, copies].reshape(shape),
            actions,
            self.next_observations[rows, copies].reshape(shape),
            ended,
            self.steps[rows, copies],
            np.ones(len(rows), dtype=np.float32),
            np.zeros((0, *self._shape), dtype=np.float32),
        )
        return Transitions(*(torch.as_tensor(column, device=self.device) for column in columns))

    def draw(self, n: int) -> Round:
        """Show n steps, each equally likely."""
        rows, copies = np.random.randint(len(self), size=n), np.random.randint(self.n_envs, size=n)
        nothing = torch.zeros(n, 0, device=self.device)
        return Round(self.moves(rows, copies), torch.full((n,), torch.nan), self.resting(), nothing)

    def sample(self, batch_size: int, env: Any = None) -> Any:
        """A minibatch, paid; see :class:`~iltheory.learners.neural.inner_rl.SAC`."""
        seen = self.draw(batch_size)
        with torch.no_grad():
            rewards, resting = self.judge.pay(seen)
        return self.minibatch(seen.moves, rewards, resting)

    def minibatch(self, moves: Transitions, rewards: Any, resting: Any) -> Any:
        """Steps as stable-baselines3 takes them, paid less than in the absorbing state, so that to be dead is worth 0.

        There all policies act alike, hence uniformly: on the box [-1, 1]^d, whose densities stable-baselines3 takes,
        that has the entropy ``d log 2``, for which the solver pays as for that of all other steps.
        """
        entropy = moves.actions.shape[1] * log(2)
        rewards = rewards - resting - self.log_temperature.detach().exp() * entropy
        low, high = (torch.as_tensor(end, device=self.device) for end in self._ends)
        return ReplayBufferSamples(
            moves.observations.flatten(1),
            2 * (moves.actions - low) / (high - low) - 1,
            moves.next_observations.flatten(1),
            moves.absorbing.float()[:, None],
            rewards.float()[:, None],
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that is kept."""
        names = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts", "steps")
        return {"pos": self.pos, "full": self.full, **{name: getattr(self, name)[: len(self)] for name in names}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Keep the same again."""
        self.pos, self.full = state["pos"], state["full"]
        for name, array in state.items():
            if name not in ("pos", "full"):
                getattr(self, name)[: len(array)] = array


class SACPlayer(Player):
    """See :meth:`SAC.player`; ``replay`` may be another kind of :class:`Replay`, with options."""

    def __init__(
        self,
        settings: SAC,
        mdp: SampledMDP,
        actor: PolicyNetwork,
        seeds: Seeds,
        *,
        codes: int = 0,
        device: str,
        replay: type[Replay] = Replay,
        **options: Any,
    ) -> None:
        self._settings, self._actor, features = settings, actor, actor.architecture.features
        head = actor.architecture.head
        if not isinstance(head, SquashedGaussianHead) or not isinstance(features, Flat) or codes:
            raise InvalidArgument("SAC trains policies of vectors with SquashedGaussianHead(low, high), without codes.")
        self._world = Episodes(mdp, settings.copies, features, seeds.exploration, box=(head.low, head.high))
        self._dice = Dice(int(seeds.exploration.integers(2**31)))
        with self._dice.held():
            self._solver = Solver(
                Policy,
                self._world,
                buffer_size=settings.kept,
                learning_starts=0,
                batch_size=settings.batch_size,
                learning_rate=settings.learning_rate,
                gamma=settings.discount,
                train_freq=settings.steps,
                gradient_steps=settings.updates,
                device=device,
                replay_buffer_class=replay,
                replay_buffer_kwargs={"horizon": mdp.horizon, "shape": features.shape, **options},
                policy_kwargs={
                    "net_arch": {"pi": list(actor.architecture.hidden), "qf": list(settings.critic_hidden)},
                    **policy_options(actor),
                },
            )
        self._solver.set_logger(Logger(None, []))
        self.replay.log_temperature = self._solver.log_ent_coef
        self._export()

    @property
    def replay(self) -> Replay:
        """Steps that are kept."""
        kept = self._solver.replay_buffer
        assert isinstance(kept, Replay)
        return kept

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.inner_rl.Player`."""
        solver = self._solver
        return {
            "solver": solver.policy,
            "actor_optimizer": solver.actor.optimizer,
            "critic_optimizer": solver.critic.optimizer,
            "temperature": Temperature(solver),
            "replay": self.replay,
            "dice": self._dice,
            "episodes": self._world,
        }

    def play(self, judge: Judge | None) -> Mapping[str, Any]:
        """One round: steps, judgement (None of a replay that pays by itself), updates."""
        size, kept = self._settings.steps * self._settings.copies, self.replay
        ready = len(kept) * kept.n_envs + size >= self._settings.before
        self._solver.gradient_steps = self._settings.updates if ready else 0
        judgement = None if judge is None else Judgement(judge, kept)
        with self._dice.held():
            self._solver.learn(size, callback=judgement, reset_num_timesteps=False)
        self._world.forget()
        self._export()
        return judgement.scalars if judgement else {}

    def _export(self) -> None:
        actor = self._solver.actor
        both = [actor.mu.state_dict(), actor.log_std.state_dict()]
        export(actor.latent_pi, {name: torch.cat([part[name] for part in both]) for name in both[0]}, self._actor)


class Temperature:
    """The temperature of a solver, and its optimiser, for checkpoints."""

    def __init__(self, solver: Solver) -> None:
        log, optimizer = solver.log_ent_coef, solver.ent_coef_optimizer
        assert log is not None and optimizer is not None
        self._log, self._optimizer = log, optimizer

    def state_dict(self) -> dict[str, Any]:
        """Both."""
        return {"log": self._log.detach(), "optimizer": self._optimizer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from both."""
        with torch.no_grad():
            self._log.copy_(state["log"])
        self._optimizer.load_state_dict(state["optimizer"])


class Judgement(BaseCallback):
    """Shows the steps that are kept to a judge, before each round's updates."""

    def __init__(self, judge: Judge, kept: Replay) -> None:
        super().__init__()
        self._judge, self._kept = judge, kept
        self.scalars: Mapping[str, Any] = {}

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        seen, self._kept.judge = self._kept.draw(SHOWN), self._judge
        self.scalars = {**self._judge.improve(seen), "absorbing": seen.absorbing}
