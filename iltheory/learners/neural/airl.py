"""AIRL with networks: a discriminator whose logit is a shaped reward minus the log density of the learner's action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any, get_args

import torch
from torch import nn

from iltheory.learners.airl import Rewards
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.discriminators import Discriminator, View, absorbing_share
from iltheory.learners.neural.gail import FIT, Adversarial, Climb, Fit, Points, described, played
from iltheory.learners.neural.inner_rl import ON_POLICY, PPO, Judge, Round
from iltheory.learners.neural.networks import MLP, Architecture, OneHot, PolicyNetwork
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Trained, train
from iltheory.learners.neural.transitions import Transitions, shown
from iltheory.measures import JENSEN_SHANNON
from sims.datasets import Trajectories
from sims.errors import InvalidArgument, require
from sims.sampled import SampledMDP


class ShapedReward(nn.Module):  # type: ignore[misc] # torch is untyped here
    """``f = g + gamma h(s') - h(s)``; g and h vanish in the absorbing state, and with them f, ``absorbing``.

    Parameters
    ----------
    view : of observations and actions
    generator : ``torch.Generator`` on the CPU that draws the weights
    reward : whether g depends on the state, or on the action, too
    discount : gamma
    hidden : widths of the layers of both
    """

    def __init__(self, view: View, generator: Any, *, reward: Rewards, discount: float, hidden: Any) -> None:
        super().__init__()
        self.view, self.reward, self.discount = view, reward, discount
        sizes: Any = {"hidden": hidden, "dtype": view.dtype}
        if reward == "state":
            self.g: Any = MLP(view.sizes[0], 1, generator, **sizes)
        else:
            self.g = Discriminator(view, generator, hidden=hidden)
            self.g.absorbing.requires_grad_(False)  # stays 0
        self.h = MLP(view.sizes[0], 1, generator, **sizes)
        self.register_buffer("absorbing", torch.zeros(1, dtype=view.dtype), persistent=False)

    def vectors(self, moves: Transitions) -> tuple[Any, ...]:
        """Of the observation, the action and the next observation; and ``[m, 1]``, 0 if the next state is absorbing."""
        first, second = self.view(moves)
        going, steps, features = ~moves.absorbing, moves.steps + 1, self.view.features
        if isinstance(features, OneHot) and features.horizon is not None:  # nothing comes after the last step
            going, steps = going & (steps < features.horizon), steps.clamp(max=features.horizon - 1)
        return first, second, self.view.encode(moves.next_observations, steps), going[:, None].to(first)

    def forward(self, first: Any, second: Any, following: Any, going: Any) -> Any:
        """Return f ``[m]`` of such vectors."""
        g = self.g(first)[:, 0] if self.reward == "state" else self.g(first, second)
        return g + self.discount * (going * self.h(following))[:, 0] - self.h(first)[:, 0]


@dataclass(frozen=True, eq=False)
class AIRL(Trained):
    """What AIRL learnt; ``history.scalars`` as :class:`~iltheory.learners.neural.gail.GAIL` has them.

    Attributes
    ----------
    reward : f, with the networks ``g`` and ``h``
    """

    reward: ShapedReward


def airl(
    demos: Trajectories | Transitions,
    mdp: SampledMDP,
    *,
    updates: int,
    seed: int,
    reward: Rewards = "state",
    solver: PPO = ON_POLICY,
    fit: Fit = FIT,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 100,
    progress: bool = False,
) -> AIRL:
    """Adversarial inverse reinforcement learning (Fu, Luo and Levine 2018).

    The neural twin of :func:`iltheory.learners.airl`, with sampled next states: the discriminator ``D = e^f / (e^f +
    pi)`` has the logit ``f - log pi``, which is also what the policy is paid: f, and its own entropy. The logistic loss
    is the payoff of Jensen-Shannon at that logit. What comes after the end of an episode pays nothing and has no
    potential. The discount of f is the solver's.

    Parameters
    ----------
    demos, mdp, updates, seed, fit, architecture, ema, device, folder, save_every, progress : see
        :func:`iltheory.learners.neural.gail.gail`
    reward : whether g depends on the ``state``, or on the ``state-action``
    solver : on-policy

    Raises
    ------
    InvalidDataset, InvalidArgument, InvalidPolicy, InvalidCheckpoint, TrainingDiverged
        See :func:`iltheory.learners.neural.gail.gail`.
    """
    require("mdp", mdp, SampledMDP, "sims.sampled.sampled_table(mdp)")
    require("solver", solver, PPO, "PPO(steps=64)")
    if reward not in get_args(Rewards):
        raise InvalidArgument(f"reward={reward!r} must be one of {', '.join(get_args(Rewards))}.")
    seeds = Seeds.of(seed, device)
    architecture = played(mdp, solver, architecture)
    data = shown(demos, mdp.spaces, seeds.batches, dtype=torch.float32, device=device, horizon=mdp.horizon)
    actor = PolicyNetwork(architecture, seeds.init).to(device)
    actor.normalise(data.observations)
    view = View(architecture.features, mdp.spaces, "actions")
    view.learn(data)
    shaped = ShapedReward(view, seeds.init, reward=reward, discount=solver.discount, hidden=fit.hidden).to(device)
    judge = ShapedJudge(data, mdp.horizon, shaped, actor, fit, seeds)
    settings = described("airl", mdp, data, architecture, solver, fit, seed, reward=reward)
    recipe = Adversarial(actor, solver.player(mdp, actor, seeds, device=device), judge, seeds, settings)
    run = train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return AIRL(**vars(run), reward=shaped)


class ShapedJudge(Judge):
    """The discriminator of AIRL.

    Parameters
    ----------
    demos : of the expert
    horizon : H, of episodes
    reward : f
    actor : the policy, for the densities of the expert's actions
    fit, seeds : as those of :class:`~iltheory.learners.neural.gail.DivergenceJudge`
    """

    def __init__(
        self, demos: Transitions, horizon: int, reward: ShapedReward, actor: PolicyNetwork, fit: Fit, seeds: Seeds
    ) -> None:
        self.reward, self._demos, self._actor = reward, demos, actor
        self._climb = Climb(reward, JENSEN_SHANNON, fit, seeds)
        self._shown, self._absorbing = reward.vectors(demos), absorbing_share(demos, horizon)

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.inner_rl.Judge`."""
        return {"reward": self.reward, "reward_optimizer": self._climb.optimizer}

    def improve(self, seen: Round) -> Mapping[str, Any]:
        """Logistic regression of the expert's steps against those of a round."""
        demos = self._demos
        with torch.no_grad():
            log_pi = self._actor(demos.observations, demos.steps).log_density(demos.actions)
        vectors = self.reward.vectors(seen.moves)
        return self._climb(
            Points(self._shown, log_pi, demos.weights, self._absorbing),
            Points(vectors, seen.log_densities, seen.moves.weights, seen.absorbing),
        )

    def pay(self, seen: Round) -> tuple[Any, float]:
        """``f - log pi``, and nothing after the end."""
        return self.reward(*self.reward.vectors(seen.moves)).double() - seen.log_densities, 0.0
