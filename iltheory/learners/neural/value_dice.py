"""ValueDICE with networks: the policy whose occupancy has the least relative entropy to the expert's.

Kostrikov, Nachum and Tompson (ICLR 2020), arXiv 1912.05032 [memory, re-derived].
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import torch

from iltheory.learners.neural._replay import Batch, Occupancy
from iltheory.learners.neural._soft_q import Critic, Values
from iltheory.learners.neural._soft_recipe import SoftTrained, read_discount, soft_architecture
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.batches import Batches
from iltheory.learners.neural.discriminators import gradient_penalty as penalty
from iltheory.learners.neural.heads import CategoricalHead
from iltheory.learners.neural.networks import MLP, Architecture, OneHot, PolicyNetwork
from iltheory.learners.neural.optimizers import adam, nonnegative
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, train
from iltheory.learners.neural.transitions import Transitions, shown, spaces_of
from iltheory.measures import sampled_start_value, sampled_value_dice
from sims.datasets import Trajectories
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP, Spaces


def value_dice(
    demos: Trajectories | Transitions,
    world: SampledMDP | Spaces,
    *,
    updates: int,
    seed: int,
    discount: float = 0.99,
    discounted: bool = False,
    gradient_penalty: float = 0.0,
    batch_size: int = 256,
    learning_rate: float = 1e-3,
    actor_rate: float = 1e-4,
    architecture: Architecture | None = None,
    ema: float | EMA | None = None,
    device: str = "cpu",
    folder: str | PathLike[str] | None = None,
    save_every: int = 1000,
    progress: bool = False,
) -> SoftTrained:
    """Offline: ``max_pi min_nu  log E_demos exp(nu - gamma V_nu') - (1 - gamma) E V_nu(s_0)``, ``V_nu = E_pi nu``.

    The neural twin of :func:`iltheory.learners.value_dice`, by simultaneous gradient steps: nu descends, the policy
    climbs. The start is the law of first observations, so a constant added to nu changes nothing. Expectations over
    numbered actions are exact; of vectors one action is drawn. The absorbing state has a value of its own, and is
    visited as its flow equation says.

    Parameters
    ----------
    demos : trajectories, or transitions made of them
    world : where they were recorded; only its spaces are used
    updates : of both
    discount : gamma, in [0, 1)
    discounted : whether step t of a trajectory weighs ``gamma**t``, as in an occupancy; otherwise all steps weigh alike
    gradient_penalty : weight of ``E (|grad nu| - 1)^2`` between pairs of the expert and next states with an action of
        the policy, vector actions only; 10 in the paper
    batch_size, learning_rate : of nu (Adam)
    actor_rate : learning rate of the policy
    architecture : of the policy, and the layers of nu
    seed, ema, device, folder, save_every, progress : as for :func:`~iltheory.learners.neural.iq_learn`

    Returns
    -------
    SoftTrained
        ``critic`` is nu, its rewards ``nu - gamma V_nu'`` approach ``log(d_pi / e)`` plus a constant;
        ``history.scalars["objective"]`` is minus a lower bound of ``KL(d_pi || e)``.
    """
    recipe = DualDescent(
        demos,
        world,
        discount=read_discount(discount),
        discounted=discounted,
        gradient_penalty=nonnegative("gradient_penalty", gradient_penalty),
        batch_size=batch_size,
        learning_rate=learning_rate,
        actor_rate=actor_rate,
        architecture=architecture,
        seed=seed,
        device=device,
    )
    run = train(recipe, updates=updates, folder=folder, save_every=save_every, progress=progress, ema=ema)
    return SoftTrained(**vars(run), critic=recipe.critic)


class Nu(Critic):
    """A function of pairs, and its mean under the policy in every state; no entropy counts.

    Parameters
    ----------
    actor : the policy
    discount : gamma, in [0, 1)
    generator : draws weights, on the CPU
    noise : draws actions, on the device
    """

    def __init__(self, actor: PolicyNetwork, discount: float, generator: Any, noise: Any) -> None:
        made = actor.architecture
        super().__init__(discount, 0.0, 0.0, made.dtype)
        object.__setattr__(self, "actor", actor)  # no part of this module: it is trained and saved on its own
        self._noise = noise
        self.discrete = isinstance(made.head, CategoricalHead)
        self.network = MLP(
            made.features.size if self.discrete else made.features.size + made.head.action_shape[0],
            made.head.outputs if self.discrete else 1,
            generator,
            hidden=made.hidden,
            activation=made.activation,
            one_hot=isinstance(made.features, OneHot),
            dtype=made.dtype,
        )

    def pairs(self, observations: Any, actions: Any) -> Any:
        """What nu sees of vector actions."""
        return torch.cat([self._seen(observations), actions], -1)

    def own(self, batch: Batch, ahead: Critic) -> Values:
        """Refused: ValueDICE needs the expert's actions."""
        raise InvalidArgument("ValueDICE has no mode for observations alone.")

    def start_v(self, observations: Any) -> Any:
        """See :class:`Critic`: ``E_{a ~ pi} nu``; gradients pass to the policy, too."""
        laws = self.actor(observations, self._no_steps(observations))
        if self.discrete:
            return (laws.log_probabilities().exp() * self.network(self._seen(observations))).sum(-1)
        return self.network(self.pairs(observations, laws.sample(self._noise)))[:, 0]

    def raw(self, observations: Any, actions: Any, following: Any, ahead: Critic) -> tuple[Any, Any, Any]:
        """See :class:`Critic`."""
        if self.discrete:
            nu = self.network(self._seen(observations)).gather(-1, actions[:, None])[:, 0]
        else:
            nu = self.network(self.pairs(observations, actions))[:, 0]
        return nu, self.start_v(observations), ahead.start_v(following)

    def _seen(self, observations: Any) -> Any:
        features = self.actor.architecture.features
        if isinstance(features, OneHot):
            return features.index(observations, self._no_steps(observations))
        return self.actor.normalization(observations.flatten(1))

    def _no_steps(self, observations: Any) -> Any:
        return torch.zeros(len(observations), dtype=torch.int64, device=observations.device)


class DualDescent(Recipe):
    """Updates of ValueDICE; arguments as those of :func:`value_dice`."""

    def __init__(
        self,
        demos: Trajectories | Transitions,
        world: SampledMDP | Spaces,
        *,
        discount: float,
        discounted: bool,
        gradient_penalty: float,
        batch_size: int,
        learning_rate: float,
        actor_rate: float,
        architecture: Architecture | None,
        seed: int,
        device: str,
    ) -> None:
        spaces, seeds = spaces_of(world), Seeds.of(seed, device)
        made = soft_architecture(spaces, architecture, 1.0)
        if gradient_penalty and spaces.discrete:
            raise InvalidArgument(f"gradient_penalty={gradient_penalty}: there is nothing between numbered actions.")
        data = shown(demos, spaces, seeds.batches, dtype=made.dtype, device=device)
        self.actor = PolicyNetwork(made, seeds.init)
        self.actor.normalise(data.observations)
        self.actor.to(device)
        self.critic = Nu(self.actor, discount, seeds.init, seeds.noise).to(device)
        self.optimizer = adam(self.critic.parameters(), learning_rate)
        self.actor_optimizer = adam(self.actor.parameters(), actor_rate)
        self.data, self.starts = Occupancy(discount, discounted=discounted).of(data), data.starts
        self._batches = Batches(tuple(self.data), batch_size, seeds.batches)
        self._start_batches = Batches((self.starts,), batch_size, seeds.batches)
        self._penalty, self._seeds = gradient_penalty, seeds
        self.settings = {
            "learner": "value_dice",
            "architecture": made.as_json(),
            "data": data.digest,
            "discount": discount,
            "discounted": discounted,
            "gradient_penalty": gradient_penalty,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "actor_rate": actor_rate,
            "seed": seed,
            "device": device,
        }

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        return {
            "actor": self.actor,
            "critic": self.critic,
            "optimizer": self.optimizer,
            "actor_optimizer": self.actor_optimizer,
            "minibatches": self._batches,
            "start_batches": self._start_batches,
            **self._seeds.parts,
        }

    def update(self) -> Mapping[str, Any]:
        """One step of nu down and one of the policy up, from the same gradient."""
        batch = Batch(*self._batches.next())
        objective = self.objective(batch, *self._start_batches.next())
        scalars = {"objective": objective.detach()}
        self.optimizer.zero_grad()
        self.actor_optimizer.zero_grad()
        objective.backward()
        torch._foreach_neg_([p.grad for p in self.actor.parameters()])
        self.actor_optimizer.step()
        if self._penalty:
            steep = self._steepness(batch)
            (self._penalty * steep).backward()
            scalars["steepness"] = steep.detach()
        self.optimizer.step()
        return scalars

    def objective(self, batch: Batch, starts: Any) -> Any:
        """``log E exp(nu - gamma V_nu') - (1 - gamma) E V_nu(s_0)``."""
        found = self.critic.values(batch, self.critic)
        v = self.critic.start_v(starts)
        price = sampled_start_value(v.new_full((len(starts),), 1 / len(starts)), v, self.critic.discount)
        return sampled_value_dice(found.weights, found.rewards, price)

    def _steepness(self, batch: Batch) -> Any:
        with torch.no_grad():
            actions = self.actor(batch.next_observations, None).sample(self._seeds.noise)
            first = self.critic.pairs(batch.observations, batch.actions)
            second = self.critic.pairs(batch.next_observations, actions)
        return penalty(lambda x: self.critic.network(x)[:, 0], [first], [second], self._seeds.noise)
