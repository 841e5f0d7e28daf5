"""Proximal policy optimisation by stable-baselines3, paid by a judge after each round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO as Solver
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from iltheory.learners.neural._episodes import Episodes
from iltheory.learners.neural._solvers import Dice, export, policy_options
from iltheory.learners.neural.heads import LOG_STD, CategoricalHead, GaussianHead
from iltheory.learners.neural.inner_rl import PPO, Judge, Player, Round
from iltheory.learners.neural.networks import PolicyNetwork
from iltheory.learners.neural.seeds import Seeds
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP


class PPOPlayer(Player):
    """See :meth:`PPO.player`."""

    def __init__(
        self, settings: PPO, mdp: SampledMDP, actor: PolicyNetwork, seeds: Seeds, *, codes: int, device: str
    ) -> None:
        self._settings, self._actor, self._device = settings, actor, device
        _check(actor)
        self.world = Episodes(mdp, settings.copies, actor.architecture.features, seeds.exploration, codes=codes)
        self._dice = Dice(int(seeds.exploration.integers(2**31)))
        hidden = list(actor.architecture.hidden)
        with self._dice.held():
            self._solver = Solver(
                "MlpPolicy",
                self.world,
                n_steps=settings.steps,
                batch_size=settings.batch_size,
                n_epochs=settings.epochs,
                learning_rate=settings.learning_rate,
                clip_range=settings.clip,
                gamma=settings.discount,
                gae_lambda=settings.decay,
                ent_coef=settings.entropy_weight,
                device=device,
                policy_kwargs={
                    "net_arch": {"pi": hidden, "vf": hidden},
                    **policy_options(actor),
                    "optimizer_kwargs": {"eps": 1e-5, "fused": True},
                },
            )
        self._solver.set_logger(Logger(None, []))
        self._export()

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`Player`."""
        policy = self._solver.policy
        return {"solver": policy, "solver_optimizer": policy.optimizer, "dice": self._dice, "episodes": self.world}

    def play(self, judge: Judge) -> Mapping[str, Any]:
        """One round: steps, judgement, updates."""
        payment = Payment(judge, self.world, self._device)
        with self._dice.held():
            size = self._settings.steps * self._settings.copies
            self._solver.learn(size, callback=payment, reset_num_timesteps=False)
        self._export()
        return payment.scalars

    def _export(self) -> None:
        """Give the actor the weights of the policy."""
        policy, actor = self._solver.policy, self._actor
        export(policy.mlp_extractor.policy_net, policy.action_net.state_dict(), actor)
        if actor.free is not None:
            low, high = LOG_STD
            share = (policy.log_std.detach().clamp(low + 1e-3, high - 1e-3) - low) / (high - low)
            actor.free.data = torch.logit(share) - torch.logit(torch.tensor(-low / (high - low), device=share.device))


class Payment(BaseCallback):
    """Has the steps of a round judged, and puts what they are paid into the buffer.

    The buffer holds what time limits cut off, ``gamma V``, and nothing else: the world pays nothing.
    """

    def __init__(self, judge: Judge, world: Episodes, device: str) -> None:
        super().__init__()
        self._judge, self._world, self._device = judge, world, device
        self.scalars: Mapping[str, Any] = {}

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        device, buffer = self._device, self.model.rollout_buffer  # type: ignore[attr-defined] # an on-policy solver's
        moves, absorbing, codes = self._world.drain()
        log_densities = torch.from_numpy(buffer.log_probs.reshape(-1)).to(device)
        seen = Round(moves.to(device), log_densities, absorbing, codes.to(device))
        self.scalars = {**self._judge.improve(seen), "absorbing": absorbing}
        with torch.no_grad():
            rewards, resting = self._judge.pay(seen)
        buffer.rewards += (rewards - resting).cpu().numpy().reshape(buffer.rewards.shape).astype(np.float32)
        buffer.compute_returns_and_advantage(last_values=self.locals["values"], dones=self.locals["dones"])


def _check(actor: PolicyNetwork) -> None:
    head = actor.architecture.head
    if not isinstance(head, CategoricalHead | GaussianHead) or getattr(head, "std", "") == "dependent":
        raise InvalidArgument(
            f"PPO trains a softmax, or a Gaussian whose std does not depend on the state, not {head}."
        )
    if getattr(head, "temperature", 1) != 1 or actor.architecture.precision != "float32":
        raise InvalidArgument("PPO trains policies with temperature 1 and float32 weights.")
