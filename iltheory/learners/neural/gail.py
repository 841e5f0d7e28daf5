"""GAIL and its kin for every f-divergence, with networks: a discriminator's rewards, reinforcement learning inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any, NamedTuple

import torch

from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.discriminators import (
    Discriminator,
    Law,
    Seen,
    View,
    absorbing_share,
    gradient_penalty,
    law_weights,
    payoff,
    reward_of_logit,
)
from iltheory.learners.neural.inner_rl import ON_POLICY, Judge, Player, Round, Solver, as_json
from iltheory.learners.neural.networks import Architecture, PolicyNetwork, widths
from iltheory.learners.neural.optimizers import adam, descend, nonnegative
from iltheory.learners.neural.policy import architecture_for
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, Trained, train
from iltheory.learners.neural.transitions import Transitions, shown
from iltheory.learners.online import count
from iltheory.measures import F_DIVERGENCES, FDivergence
from sims.datasets import Trajectories
from sims.errors import InvalidArgument, require
from sims.sampled import SampledMDP


@dataclass(frozen=True)
class Fit:
    """How a discriminator is fitted in each round.

    Attributes
    ----------
    hidden : widths of its layers
    updates : gradient steps (Adam)
    batch_size : steps of the expert, and as many of the learner, in each
    learning_rate : of Adam
    gradient_penalty : weight of ``E (|grad f| - 1)^2`` between the two, of the logit f; 0 for none
    """

    hidden: tuple[int, ...] = (64, 64)
    updates: int = 10
    batch_size: int = 256
    learning_rate: float = 3e-3
    gradient_penalty: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", widths(self.hidden))
        count("updates", self.updates)
        count("batch_size", self.batch_size)
        nonnegative("gradient_penalty", self.gradient_penalty)


FIT = Fit()


@dataclass(frozen=True, eq=False)
class LearnedReward:
    """What a discriminator pays.

    Attributes
    ----------
    discriminator : the network whose numbers are logits
    divergence : the f-divergence whose rewards they stand for
    """

    discriminator: Discriminator
    divergence: FDivergence

    def __call__(self, moves: Transitions) -> Any:
        """Rewards of transitions, float64 ``[m]``."""
        with torch.no_grad():
            return reward_of_logit(self.divergence, self.discriminator(*self.discriminator.view(moves)))

    @property
    def absorbing(self) -> float:
        """The reward in the absorbing state."""
        return float(reward_of_logit(self.divergence, self.discriminator.absorbing.detach()))


@dataclass(frozen=True, eq=False)
class GAIL(Trained):
    """What GAIL learnt.

    ``history.scalars`` has ``payoff``, ``<e, phi(r)> - <d, r>`` as the discriminator's updates saw it, ``penalty``,
    and ``absorbing``, the share of the absorbing state in the learner's steps.

    Attributes
    ----------
    reward : the last one, for which ``-f'(d / e)`` is optimal
    """

    reward: LearnedReward


def gail(
    demos: Trajectories | Transitions,
    mdp: SampledMDP,
    *,
    updates: int,
    seed: int,
    divergence: FDivergence | str = "jensen-shannon",
    seen: Seen = "actions",
    solver: Solver = ON_POLICY,
    fit: Fit = FIT,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 100,
    progress: bool = False,
) -> GAIL:
    """Generative adversarial imitation learning (Ho and Ermon 2016), for any f-divergence of occupancies.

    The neural twin of :func:`iltheory.learners.adversarial_imitation`: ``min_pi max_r <e, phi(r)> - <d_pi, r>`` with
    the same utilities (Ghasemipour, Zemel and Gu 2019; Ke et al. 2021). The discriminator climbs it by gradients, with
    a gradient penalty; the policy is improved by reinforcement learning on r. Occupancies are those of H steps; those
    after a termination are spent in the absorbing state, which has a reward of its own.

    Parameters
    ----------
    demos : trajectories, or transitions made of them
    mdp : the world to play in; its rewards are never seen
    updates : rounds, each with the steps of ``solver``
    seed : of everything random
    divergence : an f-divergence, or its name
    seen : by the discriminator beside an observation: ``actions``, or ``next observations``, for demonstrations
        whose actions are unknown or another body's (Torabi, Warnell and Stone 2018): any numbers may then stand in for
        them
    solver : ``PPO(...)``, on-policy, or ``SAC(...)``, off-policy for vector actions
    fit : of the discriminator
    architecture : of the policy; None for two layers of 64
    ema, folder, save_every, progress : see :func:`iltheory.learners.neural.training.train`
    device : of torch

    Raises
    ------
    InvalidDataset
        If nothing is shown, or the demonstrations are of another world.
    InvalidArgument, InvalidPolicy, InvalidCheckpoint, TrainingDiverged
        If an option makes no sense; see :func:`~iltheory.learners.neural.training.train`.
    """
    require("mdp", mdp, SampledMDP, "sims.sampled.sampled_table(mdp)")
    if seen not in ("actions", "next observations"):
        raise InvalidArgument(f"seen={seen!r}: there are 'actions' and 'next observations'.")
    chosen = read_divergence(divergence)
    seeds = Seeds.of(seed, device)
    architecture = played(mdp, solver, architecture)
    data = shown(demos, mdp.spaces, seeds.batches, dtype=torch.float32, device=device, horizon=mdp.horizon)
    actor = PolicyNetwork(architecture, seeds.init).to(device)
    actor.normalise(data.observations)
    view = View(architecture.features, mdp.spaces, seen)
    judge = DivergenceJudge(data, mdp.horizon, view, chosen, fit, seeds)
    settings = described("gail", mdp, data, architecture, solver, fit, seed, divergence=chosen.name, seen=seen)
    recipe = Adversarial(actor, solver.player(mdp, actor, seeds, device=device), judge, seeds, settings)
    run = train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return GAIL(**vars(run), reward=judge.reward)


def read_divergence(divergence: Any) -> FDivergence:
    """An f-divergence, or the one of that name."""
    if isinstance(divergence, str) and divergence in F_DIVERGENCES:
        return F_DIVERGENCES[divergence]
    if not isinstance(divergence, FDivergence):
        raise InvalidArgument(f"divergence={divergence!r:.60} must be one of {', '.join(F_DIVERGENCES)}.")
    return divergence


def played(mdp: SampledMDP, solver: Solver, architecture: Architecture | None) -> Architecture:
    """The architecture of a policy that a solver trains in a world."""
    if architecture is None and mdp.spaces.observation_shape:
        from iltheory.learners.neural.networks import Flat

        head = solver.head(mdp.spaces)
        architecture = Architecture(Flat(mdp.spaces.observation_shape), head, hidden=(64, 64))
    return architecture_for(mdp.spaces, architecture)


def described(
    learner: str,
    mdp: SampledMDP,
    data: Transitions,
    architecture: Architecture,
    solver: Solver,
    fit: Fit,
    seed: int,
    **options: Any,
) -> dict[str, Any]:
    """What makes a run this run, for its checkpoints."""
    return {
        "learner": learner,
        **options,
        "seed": seed,
        "device": str(data.observations.device),
        "data": data.digest,
        "architecture": architecture.as_json(),
        "solver": as_json(solver),
        "fit": {**asdict(fit), "hidden": list(fit.hidden)},
        "world": mdp.description,
    }


class Adversarial(Recipe):
    """Rounds of a player and a judge."""

    logged = 1

    def __init__(
        self, actor: PolicyNetwork, player: Player, judge: Judge, seeds: Seeds, settings: Mapping[str, Any]
    ) -> None:
        self.actor, self.settings = actor, settings
        self._player, self._judge, self._seeds = player, judge, seeds

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {"actor": self.actor, **self._player.parts, **self._judge.parts, **self._seeds.parts}

    def update(self) -> Mapping[str, Any]:
        """One round."""
        return self._player.play(self._judge)


class Points(NamedTuple):
    """Steps, as a network that answers with logits is fitted to them.

    Attributes
    ----------
    vectors : what the network sees, ``[m, k_i]`` each
    offsets : ``[m]``, taken off the network's numbers
    weights : ``[m]``, with mean 1
    absorbing : share of the absorbing state, beside these steps
    """

    vectors: tuple[Any, ...]
    offsets: Any
    weights: Any
    absorbing: float


class Climb:
    """Gradient steps up the payoff of a network's logits.

    Parameters
    ----------
    network : of :class:`Points`; its ``absorbing`` ``[1]`` is the logit in the absorbing state
    divergence : whose utility the payoff has
    fit : how many steps, and of which kind
    seeds : draw batches and points of the gradient penalty
    """

    def __init__(self, network: Any, divergence: FDivergence, fit: Fit, seeds: Seeds) -> None:
        self._network, self._divergence, self._fit, self._seeds = network, divergence, fit, seeds
        self.optimizer = adam([p for p in network.parameters() if p.requires_grad], fit.learning_rate)

    def __call__(self, shown: Points, played: Points) -> dict[str, float]:
        """Climb against the steps of a learner; the mean payoff and penalty."""
        sums = {"payoff": 0.0, "penalty": 0.0}
        for _ in range(self._fit.updates):
            for name, value in self._step(self._draw(shown), self._draw(played)).items():
                sums[name] += float(value) / self._fit.updates
        return sums

    def _draw(self, points: Points) -> Points:
        rows = torch.from_numpy(self._seeds.batches.integers(len(points.weights), size=self._fit.batch_size))
        rows = rows.to(points.weights.device)
        vectors = tuple(x[rows] for x in points.vectors)
        return Points(vectors, points.offsets[rows], points.weights[rows], points.absorbing)

    def _law(self, points: Points) -> Law:
        logits = torch.cat([self._network(*points.vectors) - points.offsets, self._network.absorbing])
        return Law(reward_of_logit(self._divergence, logits), law_weights(points.weights, points.absorbing))

    def _step(self, shown: Points, played: Points) -> dict[str, Any]:
        value, penalty = payoff(self._divergence, self._law(shown), self._law(played)), torch.zeros(())
        if self._fit.gradient_penalty:
            penalty = gradient_penalty(self._network, shown.vectors, played.vectors, self._seeds.noise)
        descend(self.optimizer, self._fit.gradient_penalty * penalty - value)
        return {"payoff": value.detach(), "penalty": penalty.detach()}


class DivergenceJudge(Judge):
    """The discriminator of an f-divergence.

    Parameters
    ----------
    demos : of the expert
    horizon : H, of episodes
    view : what the discriminator sees; learns its normalisation from the demonstrations
    divergence : whose utility the payoff has
    fit : how it is fitted
    seeds : draw weights, batches and points of the gradient penalty
    """

    def __init__(
        self, demos: Transitions, horizon: int, view: View, divergence: FDivergence, fit: Fit, seeds: Seeds
    ) -> None:
        device = demos.observations.device
        view.learn(demos)
        self.discriminator = Discriminator(view, seeds.init, hidden=fit.hidden).to(device)
        self.reward = LearnedReward(self.discriminator, divergence)
        self._climb = Climb(self.discriminator, divergence, fit, seeds)
        self._shown = self._points(demos, absorbing_share(demos, horizon))

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`Judge`."""
        return {"discriminator": self.discriminator, "discriminator_optimizer": self._climb.optimizer}

    def improve(self, seen: Round) -> Mapping[str, Any]:
        """Climb the payoff against the steps of a round."""
        return self._climb(self._shown, self._points(seen.moves, seen.absorbing))

    def pay(self, seen: Round) -> tuple[Any, float]:
        """The rewards of the last discriminator."""
        return self.reward(seen.moves), self.reward.absorbing

    def _points(self, moves: Transitions, absorbing: float) -> Points:
        return Points(self.discriminator.view(moves), torch.zeros_like(moves.weights), moves.weights, absorbing)
