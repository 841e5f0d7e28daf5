"""IQ-Learn with networks: one objective in Q, whose softmax is the policy.

Garg, Chakraborty, Cundy, Song and Ermon (NeurIPS 2021), arXiv 2106.12142 [text].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
import torch

from iltheory.learners.iq_learn import VALUE_TERMS, read_divergence
from iltheory.learners.neural._actor import SoftActorCritic
from iltheory.learners.neural._replay import Batch
from iltheory.learners.neural._soft_q import Values
from iltheory.learners.neural._soft_recipe import SoftOptions, SoftRecipe, SoftTrained
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.batches import Batches
from iltheory.learners.neural.discriminators import gradient_penalty as penalty
from iltheory.learners.neural.networks import Architecture
from iltheory.learners.neural.optimizers import nonnegative
from iltheory.learners.neural.training import train
from iltheory.learners.neural.transitions import Transitions
from iltheory.measures import FDivergence, sampled_payoff, sampled_start_value, sampled_telescoped_value
from iltheory.measures.inverse_soft import Utility
from sims.datasets import Trajectories
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP, Spaces

OFFLINE = SoftOptions()
"""No exploration, no target networks."""

RATIO = 100
"""How much more often than the expert the learner may take an action before phi stops punishing it harder: the slope at
which phi goes on below (:meth:`iltheory.measures.FDivergence.continued`)."""


@dataclass(frozen=True, eq=False)
class IQLearn(SoftTrained):
    """What IQ-Learn learnt; ``history.scalars["objective"]`` is the objective itself, to be maximised.

    Attributes
    ----------
    flow_residual : ``|E [V - gamma V'] - (1 - gamma) E V(s_0)|`` over all demonstrations: 0 if they are an occupancy,
        and how much the value terms ``expert`` and ``initial`` differ
    """

    flow_residual: float = field(kw_only=True)


def iq_learn(
    demos: Trajectories | Transitions,
    world: SampledMDP | Spaces,
    *,
    updates: int,
    seed: int,
    divergence: FDivergence | str = "chi2",
    value_term: str = "expert",
    observations_only: bool = False,
    gradient_penalty: float = 0.0,
    options: SoftOptions = OFFLINE,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> IQLearn:
    """Maximise ``E_demos phi(Q - gamma V') - start value of V`` over networks Q.

    The neural twin of :func:`iltheory.learners.iq_learn`: with the weights of an occupancy (``options.discounted``) and
    one next state for each pair, it is the same objective. Numbered actions follow ``softmax(Q / temperature)``; for
    vectors an actor climbs ``E [Q - temperature * log pi]`` (SAC). With chi-squared and ``value_term="expert"`` the
    objective is that of behavioural cloning less ``E (Q - gamma V')^2 / 4`` (``iq-offline.chi2``).

    Parameters
    ----------
    demos : trajectories, or transitions made of them
    world : where they were recorded; with ``options.exploration`` the learner acts in it, and rewards are not looked at
    updates : of Q
    seed : of everything random: the same seed gives the same policy, bit for bit on the CPU
    divergence : an ``FDivergence`` or its name; ``.centred()`` gives conventions such as ``kl_fix``. Beyond its domain
        phi goes on as for a learner that takes no action more than 100 times as often as the expert. ``wasserstein``
        is ``phi(r) = r``, and needs a gradient penalty
    value_term : where the value of the start is read off: ``initial``, first observations; ``expert``, all of the
        demonstrations, offline; ``mixture``, half of them and half of the learner's replay
    observations_only : the policy's actions stand in for the expert's, which are not looked at; next states stay the
        expert's
    gradient_penalty : weight of ``E (|grad Q| - 1)^2`` between pairs of the expert and the learner, vector actions only
    options : see :class:`SoftOptions`; for numbered actions only ``value_term="mixture"`` uses what is explored, for
        vectors the actor learns in those states, too
    architecture : of the policy; for numbered actions also of Q, and the temperature of its head is that of the options
    ema, folder, save_every, progress : see :func:`iltheory.learners.neural.training.train`
    device : of torch

    Raises
    ------
    InvalidDataset, InvalidPolicy, InvalidArgument, InvalidCheckpoint, TrainingDiverged
        See :func:`~iltheory.learners.neural.behavioral_cloning`.
    """
    recipe = InverseSoftQ(
        "iq_learn",
        demos,
        world,
        utility=_utility(divergence, gradient_penalty),
        value_term=_value_term(value_term, options),
        observations_only=observations_only,
        gradient_penalty=nonnegative("gradient_penalty", gradient_penalty),
        options=options,
        architecture=architecture,
        seed=seed,
        device=device,
        settings={
            "divergence": getattr(divergence, "name", divergence),
            "value_term": value_term,
            "observations_only": observations_only,
            "gradient_penalty": gradient_penalty,
        },
    )
    run = train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return IQLearn(**vars(recipe.trained(run)), flow_residual=recipe.flow_residual())


class InverseSoftQ(SoftRecipe):
    """Updates of IQ-Learn; arguments as those of :func:`iq_learn`, with ``phi`` as a function."""

    def __init__(
        self,
        name: str,
        demos: Trajectories | Transitions,
        world: SampledMDP | Spaces,
        *,
        utility: Utility,
        value_term: str = "expert",
        observations_only: bool = False,
        gradient_penalty: float = 0.0,
        options: SoftOptions,
        architecture: Architecture | None,
        seed: int,
        device: str,
        settings: Mapping[str, Any],
    ) -> None:
        super().__init__(
            name, demos, world, options=options, architecture=architecture, seed=seed, device=device, settings=settings
        )
        self._utility, self._value_term, self._penalty = utility, value_term, gradient_penalty
        self._own_actions = observations_only
        self._at = self.critic.own if observations_only else self.critic.values
        self._start_batches = Batches((self.starts,), options.batch_size, self._seeds.batches)
        if gradient_penalty and not (self._follows and options.exploration):
            raise InvalidArgument(
                f"gradient_penalty={gradient_penalty}: between pairs of the expert and the learner there are others "
                "only if actions are vectors and options.exploration is at least 1."
            )
        if options.exploration and not self._follows and value_term != "mixture":
            raise InvalidArgument(
                f"options.exploration={options.exploration}: with value_term={value_term!r} and numbered actions what "
                "the learner sees changes nothing.\n  Give value_term='mixture', or SoftOptions(exploration=0)."
            )

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {**super().parts, "start_batches": self._start_batches}

    def loss(self, shown: Batch, seen: Batch | None) -> tuple[Any, dict[str, Any]]:
        """Minus the objective, and the gradient penalty."""
        objective = self.objective(shown, seen)
        loss, scalars = -objective.sum(), {"objective": objective.detach().mean()}
        if self._penalty and seen is not None:
            steep = self._steepness(shown, seen)
            loss, scalars = loss + self._penalty * steep, {**scalars, "steepness": steep.detach()}
        return loss, scalars

    def objective(self, shown: Batch, seen: Batch | None) -> Any:
        """``E phi(Q - gamma V') - start value of V``, of each critic."""
        if self._value_term == "mixture":
            assert seen is not None
            found, replayed = self._both(shown, seen)
            price = (_telescoped(found) + _telescoped(replayed)) / 2
        else:
            found = self._at(shown, self.ahead)
            initial = self._value_term == "initial"
            price = self._start_value(*self._start_batches.next()) if initial else _telescoped(found)
        return sampled_payoff(found.weights, found.rewards, self._utility, price)

    def flow_residual(self) -> float:
        """See :class:`IQLearn`."""
        with torch.no_grad():
            found = self.critic.values(self.data, self.critic)
            return float((_telescoped(found) - self._start_value(self.starts)).abs().max())

    def _both(self, shown: Batch, seen: Batch) -> tuple[Values, Values]:
        if self._own_actions:
            return self.critic.own(shown, self.ahead), self.critic.values(seen, self.ahead)
        return self.critic.both(shown, seen, self.ahead)

    def _start_value(self, observations: Any) -> Any:
        v = self.critic.start_v(observations)
        return sampled_start_value(v.new_full((len(observations),), 1 / len(observations)), v, self.options.discount)

    def _steepness(self, shown: Batch, seen: Batch) -> Any:
        critic = self.critic
        assert isinstance(critic, SoftActorCritic)
        ends = [critic.pairs(batch.observations, batch.actions) for batch in (shown, seen)]
        n = min(len(end) for end in ends)
        first, second = ([end[:n]] for end in ends)
        return sum(penalty(lambda x, one=one: one(x)[:, 0], first, second, self._seeds.noise) for one in critic.critics)


def _telescoped(values: Values) -> Any:
    return sampled_telescoped_value(values.weights, values.v, values.later)


def _utility(divergence: FDivergence | str, gradient_penalty: float) -> Utility:
    if divergence == "wasserstein":
        if not gradient_penalty:
            raise InvalidArgument(
                "divergence='wasserstein' needs gradient_penalty, such as 10: without it Q has no bound."
            )
        return lambda r: r
    return continued(read_divergence(divergence))


def continued(phi: FDivergence) -> Utility:
    """``phi.continued`` at the ratio above; where all rewards are within the domain, ``phi`` itself, for speed."""
    low = max(phi.low, float(phi.reward(np.float64(RATIO), np.float64(1))))

    def utility(r: Any) -> Any:
        least, most = torch.aminmax(r.detach())
        return phi.utility(r) if low <= least and most <= phi.high else phi.continued(r, RATIO)

    return utility


def _value_term(value_term: str, options: SoftOptions) -> str:
    if value_term not in VALUE_TERMS:
        raise InvalidArgument(f"value_term={value_term!r} must be one of {', '.join(VALUE_TERMS)}.")
    if value_term == "mixture" and not options.exploration:
        raise InvalidArgument("value_term='mixture' is half of what the learner sees: give SoftOptions(exploration=1).")
    return value_term
