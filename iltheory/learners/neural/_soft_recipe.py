"""What inverse soft-Q learning and its relatives share: critics, targets, a replay, and one update."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch

from iltheory.learners.neural._actor import SoftActorCritic
from iltheory.learners.neural._replay import Batch, Explorer, Occupancy, Replay
from iltheory.learners.neural._soft_q import Critic, SoftQ
from iltheory.learners.neural.batches import Batches
from iltheory.learners.neural.heads import CategoricalHead, SquashedGaussianHead
from iltheory.learners.neural.networks import Architecture, Flat, OneHot, PolicyNetwork
from iltheory.learners.neural.optimizers import adam, descend
from iltheory.learners.neural.policy import architecture_for
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.training import Recipe, Trained
from iltheory.learners.neural.transitions import Transitions, shown, spaces_of
from iltheory.learners.online import count
from iltheory.learners.options import positive
from sims.datasets import Trajectories
from sims.errors import InvalidArgument, require
from sims.sampled import SampledMDP, Spaces


@dataclass(frozen=True)
class SoftOptions:
    """How soft values are learnt; the same for all learners that learn some.

    Attributes
    ----------
    discount : gamma, in [0, 1)
    temperature : positive, weight of the policy's entropy
    batch_size : transitions of the expert in an update, and as many of the learner's
    learning_rate : of the critics (Adam)
    actor_rate : of the actor of vector actions
    critics : number of critics of vector actions; the least of their values counts where more than one could
    target_rate : share of the critics that target networks take over in each update; None: there are none, and
        gradients pass through the values of next states
    discounted : whether step t of a trajectory weighs ``gamma**t``, as in an occupancy; otherwise all steps weigh alike
    exploration : steps of the learner in its world before each update; 0 is offline
    capacity : transitions of the learner that are kept, the newest; all their memory is reserved at once
    """

    discount: float = 0.99
    temperature: float = 0.01
    batch_size: int = 32
    learning_rate: float = 1e-3
    actor_rate: float = 3e-4
    critics: int = 1
    target_rate: float | None = None
    discounted: bool = False
    exploration: int = 0
    capacity: int = 100_000

    def __post_init__(self) -> None:
        read_discount(self.discount)
        for name in ("temperature", "learning_rate", "actor_rate"):
            positive(name, getattr(self, name))
        for name in ("batch_size", "critics", "capacity"):
            count(name, getattr(self, name))
        if self.exploration != 0:
            count("exploration", self.exploration)
        if self.target_rate is not None and not 0 < self.target_rate <= 1:
            raise InvalidArgument(f"target_rate={self.target_rate!r}: must lie in ]0, 1], or None for no targets.")


@dataclass(frozen=True, eq=False)
class SoftTrained(Trained):
    """What soft values and their policy became.

    Attributes
    ----------
    policy, averaged, history : as of :class:`~iltheory.learners.neural.training.Trained`
    critic : the values, a torch module; ``critic.rest`` is the reward of the absorbing state
    """

    critic: Critic = field(kw_only=True)

    def rewards(self, transitions: Transitions) -> Any:
        """``Q(s, a) - gamma V(s')`` at n transitions, the reward that the values imply; of several critics the mean."""
        batch = Batch(*(getattr(transitions, name) for name in Batch._fields))
        with torch.no_grad():
            found = self.critic.values(batch, self.critic).rewards[..., : len(transitions)]
        return found if found.ndim == 1 else found.mean(0)


class SoftRecipe(Recipe):
    """One update of soft values and, for vector actions, of the actor; learners say what the values minimise.

    Parameters
    ----------
    name : of the learner, for checkpoints
    demos, world : as for the learners
    architecture : of the policy; None for two layers of 64 on vectors
    seed, device : as for all learners
    settings : further JSON values that make this run this run
    """

    def __init__(
        self,
        name: str,
        demos: Trajectories | Transitions,
        world: SampledMDP | Spaces,
        *,
        options: SoftOptions,
        architecture: Architecture | None,
        seed: int,
        device: str,
        settings: Mapping[str, Any],
    ) -> None:
        spaces, seeds = spaces_of(world), Seeds.of(seed, device)
        made = soft_architecture(spaces, architecture, options.temperature)
        data = shown(demos, spaces, seeds.batches, dtype=made.dtype, device=device)
        self.options, self._seeds, self._device = options, seeds, device
        self.actor = PolicyNetwork(made, seeds.init)
        self.actor.normalise(data.observations)
        self.actor.to(device)
        self.critic: Critic = _critic(self.actor, made, options, seeds).to(device)
        self.target: Critic | None = None
        if options.target_rate is not None:
            self.target = self.critic.shadow().requires_grad_(False)
        self._follows = isinstance(self.critic, SoftActorCritic)
        self.optimizer = adam(self.critic.parameters(), options.learning_rate)
        self.actor_optimizer = adam(self.actor.parameters(), options.actor_rate) if self._follows else None
        occupancy = Occupancy(options.discount, discounted=options.discounted)
        self.data, self.starts = occupancy.of(data), data.starts
        self._batches = Batches(tuple(self.data), options.batch_size, seeds.batches)
        self._replay: Replay | None = None
        explored = None
        if options.exploration:
            require("world", world, SampledMDP, "sims.environments.sampled_environment('CartPole-v1', ...)")
            self._replay = Replay(spaces, options.capacity, occupancy, dtype=made.dtype, device=device)
            assert isinstance(world, SampledMDP)
            self._explorer, explored = Explorer(world, self._act, seeds.exploration), world.description
        self.settings = {
            "learner": name,
            "architecture": made.as_json(),
            "data": data.digest,
            "world": explored,
            "seed": seed,
            "device": device,
            **asdict(options),
            **settings,
        }

    @abstractmethod
    def loss(self, shown: Batch, seen: Batch | None) -> tuple[Any, dict[str, Any]]:
        """What the values minimise on batches of the expert's and the learner's transitions, and scalars to log."""

    @property
    def ahead(self) -> Critic:
        """What says how much next states are worth: the critic, or its target."""
        return self.critic if self.target is None else self.target

    @property
    def parts(self) -> Mapping[str, Any]:
        """See :class:`~iltheory.learners.neural.training.Recipe`."""
        parts = {
            "actor": self.actor if self._follows else None,
            "critic": self.critic,
            "target": self.target,
            "optimizer": self.optimizer,
            "actor_optimizer": self.actor_optimizer,
            "minibatches": self._batches,
            **self._seeds.parts,
        }
        if self._replay is not None:
            parts |= {"replay": self._replay, "explorer": self._explorer}
        return {name: part for name, part in parts.items() if part is not None}

    def update(self) -> Mapping[str, Any]:
        """Explore, then practise."""
        if self._replay is not None:
            missing = self.options.batch_size - len(self._replay)  # the first update waits for a whole batch
            for _ in range(max(self.options.exploration, missing)):
                self._replay.add(self._explorer.step())
        return self.practise()

    def practise(self) -> Mapping[str, Any]:
        """One gradient step of the values on one batch of each kind, and one of the actor."""
        shown, seen = Batch(*self._batches.next()), None
        if self._replay is not None:
            seen = self._replay.sample(self.options.batch_size, self._seeds.batches)
        loss, scalars = self.loss(shown, seen)
        descend(self.optimizer, loss)
        if self._follows:
            states = shown.observations if seen is None else torch.cat([shown.observations, seen.observations])
            scalars |= {"actor_loss": self._follow(states)}
        if self.target is not None:
            ours, theirs = list(self.critic.parameters()), list(self.target.parameters())
            with torch.no_grad():
                torch._foreach_lerp_(theirs, ours, self.options.target_rate)
        return scalars

    def trained(self, run: Trained) -> SoftTrained:
        """The result of training, with the critic."""
        return SoftTrained(**vars(run), critic=self.critic)

    def _act(self, observations: Any) -> Any:
        """An action of the policy in one observation ``[1, ...]``."""
        seen = self.data.observations
        tensor = torch.as_tensor(observations, dtype=seen.dtype, device=seen.device)
        with torch.no_grad():
            laws = self.actor(tensor, torch.zeros(1, dtype=torch.int64, device=seen.device))
            return laws.sample(self._seeds.noise).cpu().numpy()

    def _follow(self, states: Any) -> Any:
        assert isinstance(self.critic, SoftActorCritic) and self.actor_optimizer is not None
        self.critic.critics.requires_grad_(False)
        loss = self.critic.actor_loss(states)
        descend(self.actor_optimizer, loss)
        self.critic.critics.requires_grad_(True)
        return loss.detach()


def read_discount(discount: Any) -> float:
    """Read a discount in [0, 1), or raise ``InvalidArgument``."""
    if not isinstance(discount, int | float) or not 0 <= discount < 1:
        raise InvalidArgument(f"discount={discount!r}: must lie in [0, 1).")
    return float(discount)


def soft_architecture(spaces: Spaces, architecture: Architecture | None, temperature: float) -> Architecture:
    """A stationary policy for soft values: a softmax with the temperature, or a squashed Gaussian in the box."""
    if architecture is None and spaces.observation_shape:
        head: Any = CategoricalHead(spaces.n_actions) if spaces.n_actions else _squashed(spaces)
        architecture = Architecture(Flat(spaces.observation_shape), head, hidden=(64, 64), activation="relu")
    made = architecture_for(spaces, architecture)
    if isinstance(made.features, OneHot) and made.features.horizon is not None:
        raise InvalidArgument(
            f"architecture has {made.features}, but values are discounted here and know no steps: only those of step 0 "
            f"would be learnt.\n  Give OneHot({made.features.n_states})."
        )
    if isinstance(made.head, CategoricalHead):
        return replace(made, head=replace(made.head, temperature=float(temperature)))
    if isinstance(made.features, Flat) and isinstance(made.head, SquashedGaussianHead):
        return made
    raise InvalidArgument(
        f"architecture={made}: soft values of vector actions need vectors of observations and a SquashedGaussianHead."
    )


def _squashed(spaces: Spaces) -> SquashedGaussianHead:
    assert spaces.action_low is not None and spaces.action_high is not None
    return SquashedGaussianHead(spaces.action_low, spaces.action_high)


def _critic(actor: PolicyNetwork, architecture: Architecture, options: SoftOptions, seeds: Seeds) -> Critic:
    if isinstance(architecture.head, CategoricalHead):
        return SoftQ(actor, options.discount)
    return SoftActorCritic(
        actor,
        discount=options.discount,
        temperature=options.temperature,
        hidden=architecture.hidden,
        critics=options.critics,
        generator=seeds.init,
        noise=seeds.noise,
    )
