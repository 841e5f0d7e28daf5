"""AdRIL with networks: reward moments whose best discriminator is in closed form, as labels of replayed steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch

from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.discriminators import absorbing_share
from iltheory.learners.neural.gail import played
from iltheory.learners.neural.inner_rl import OFF_POLICY, SAC, as_json
from iltheory.learners.neural.networks import Architecture, PolicyNetwork
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, Trained, train
from iltheory.learners.neural.transitions import Transitions, shown
from iltheory.learners.online import count
from sims.datasets import Trajectories
from sims.environments._make import extra
from sims.errors import require
from sims.sampled import SampledMDP


@dataclass(frozen=True, eq=False)
class AdRIL(Trained):
    """What AdRIL learnt; ``history.scalars["rounds"]`` counts its rounds."""


def adril(
    demos: Trajectories | Transitions,
    mdp: SampledMDP,
    *,
    updates: int,
    seed: int,
    every: int = 20,
    solver: SAC = OFF_POLICY,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 100,
    progress: bool = False,
) -> AdRIL:
    """Play soft actor-critic on labels: the functional gradient of the reward moments (Swamy et al. 2021, AdRIL).

    The neural twin of :func:`iltheory.learners.adril` with the indicator kernel and a replay: the best reward against
    the mixture of the policies of past rounds (whose steps the solver still keeps) is ``d_E - mean_i d_i``, and
    :func:`~iltheory.learners.adril.replay_labels` says what each sample contributes. Minibatches are drawn from the
    expert's episodes and, as often, from those of all rounds; each label is divided by how often its round is drawn, so
    that the mean label is that reward over the density of a draw. The absorbing state after a termination is one of the
    samples, of expert and learner alike.

    Parameters
    ----------
    demos, mdp, seed, architecture, ema, device, folder, save_every, progress : see
        :func:`iltheory.learners.neural.gail.gail`
    updates : turns of the solver, ``solver.steps`` steps and ``solver.updates`` gradient steps each
    every : turns in a round: then the policy becomes a past one
    solver : off-policy

    Raises
    ------
    InvalidDataset, InvalidArgument, InvalidPolicy, InvalidCheckpoint, TrainingDiverged
        See :func:`iltheory.learners.neural.gail.gail`.
    """
    require("mdp", mdp, SampledMDP, "a SampledMDP with vector actions")
    require("solver", solver, SAC, "SAC(steps=64)")
    extra("stable_baselines3")
    from iltheory.learners.neural._labels import Labelled
    from iltheory.learners.neural._sac import SACPlayer

    seeds = Seeds.of(seed, device)
    architecture = played(mdp, solver, architecture)
    data = shown(demos, mdp.spaces, seeds.batches, dtype=torch.float32, device=device, horizon=mdp.horizon)
    actor = PolicyNetwork(architecture, seeds.init).to(device)
    actor.normalise(data.observations)
    options: Any = {"demos": data, "absorbing": absorbing_share(data, mdp.horizon)}
    player = SACPlayer(solver, mdp, actor, seeds, device=device, replay=Labelled, **options)
    settings = {
        "learner": "adril",
        "every": count("every", every),
        "seed": seed,
        "device": device,
        "data": data.digest,
        "architecture": architecture.as_json(),
        "solver": as_json(solver),
        "world": mdp.description,
    }
    run = train(
        Rounds(actor, player, every, seeds, settings),
        updates=updates,
        folder=folder,
        save_every=save_every,
        progress=progress,
        ema=ema,
    )
    return AdRIL(**vars(run))


class Rounds(Recipe):
    """Turns of a player whose replay labels its steps by rounds."""

    logged = 1

    def __init__(
        self, actor: PolicyNetwork, player: Any, every: int, seeds: Seeds, settings: Mapping[str, Any]
    ) -> None:
        self.actor, self.settings = actor, settings
        self._player, self._every, self._seeds = player, every, seeds

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {"actor": self.actor, **self._player.parts, **self._seeds.parts}

    def update(self) -> Mapping[str, Any]:
        """One turn; the first of a round begins it."""
        replay = self._player.replay
        if replay.turns % self._every == 0:
            replay.begin_round()
        replay.turns += 1
        return {**self._player.play(None), "rounds": replay.rounds}
