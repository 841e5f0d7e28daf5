"""Reinforcement learning inside of adversarial imitation: stable-baselines3 against rewards that are learnt.

A :class:`Player` collects steps of its policy, shows them to a :class:`Judge`, which learns from them and pays them,
and improves on what it was paid. What the world itself pays is never seen. Two conventions keep rewards honest:

* an episode that terminates goes on in the absorbing state, for ever, with the reward that the judge pays there. Since
  a constant that is added to all rewards, these included, changes no advantage, that reward is taken off all others,
  and so to be dead is worth 0. A solver that pays for entropy pays for it there, too: that is taken off as well;
* a time limit is no end for a policy that does not see the step: what would have come is worth what the value function
  says. For one that does (:class:`~iltheory.learners.neural.networks.OneHot` with a horizon) nothing comes after it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from iltheory.learners.neural.heads import CategoricalHead, GaussianHead, SquashedGaussianHead
from iltheory.learners.neural.networks import PolicyNetwork
from iltheory.learners.neural.seeds import Seeds
from iltheory.learners.neural.transitions import Transitions
from iltheory.learners.online import count
from iltheory.learners.options import positive
from sims.environments._make import extra
from sims.errors import InvalidArgument
from sims.sampled import SampledMDP, Spaces


class Round(NamedTuple):
    """Steps that a policy has just taken.

    Attributes
    ----------
    moves : the steps, outside of the absorbing state
    log_densities : ``[m]``, log densities of the actions
    absorbing : share of the absorbing state in the steps of whole episodes, in [0, 1[
    codes : ``[m, K]``, one-hot codes of the episodes, or with no columns
    """

    moves: Transitions
    log_densities: Any
    absorbing: float
    codes: Any


class Judge(ABC):
    """Learns a reward, and pays it."""

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, Any]:
        """What changes, for checkpoints."""

    @abstractmethod
    def improve(self, seen: Round) -> Mapping[str, Any]:
        """Learn from a policy's steps, and return scalars."""

    @abstractmethod
    def pay(self, seen: Round) -> tuple[Any, float | Any]:
        """Rewards ``[m]`` of the steps, and the one in the absorbing state (a number, or one for each step's code)."""


class Player(ABC):
    """Improves a policy in a world."""

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, Any]:
        """What changes, for checkpoints."""

    @abstractmethod
    def play(self, judge: Judge) -> Mapping[str, Any]:
        """Take steps, have them judged, improve the policy; return scalars. The actor then has the new weights."""


@dataclass(frozen=True)
class PPO:
    """Proximal policy optimisation (Schulman et al. 2017), on-policy: settings for stable-baselines3.

    Attributes
    ----------
    copies : episodes side by side
    steps : steps of each in a round
    epochs, batch_size, learning_rate, clip : of the updates
    discount, decay : gamma and lambda of the advantages
    entropy_weight : weight of the policy's entropy
    """

    copies: int = 16
    steps: int = 64
    epochs: int = 10
    batch_size: int = 256
    learning_rate: float = 1e-3
    clip: float = 0.2
    discount: float = 0.98
    decay: float = 0.95
    entropy_weight: float = 0.0

    def __post_init__(self) -> None:
        _check(self, ("copies", "steps", "epochs", "batch_size"), ("learning_rate", "clip"))

    def head(self, spaces: Spaces) -> CategoricalHead | GaussianHead:
        """Head of the policies it trains."""
        return CategoricalHead(spaces.n_actions) if spaces.n_actions else GaussianHead(spaces.action_shape[0])

    def player(self, mdp: SampledMDP, actor: PolicyNetwork, seeds: Seeds, *, codes: int = 0, device: str) -> Player:
        """Play a world, with the actor's architecture; ``codes`` are drawn anew for each episode."""
        extra("stable_baselines3")
        from iltheory.learners.neural._ppo import PPOPlayer

        return PPOPlayer(self, mdp, actor, seeds, codes=codes, device=device)


@dataclass(frozen=True)
class SAC:
    """Soft actor-critic (Haarnoja et al. 2018), off-policy, for vector actions: settings for stable-baselines3.

    Steps are kept and paid anew each time they are drawn, by the judge of that moment (Kostrikov et al. 2019).

    Attributes
    ----------
    copies : episodes side by side
    steps : steps of each in a round
    updates : gradient steps in a round
    before : steps that the first policy, not yet trained, takes before the first update
    kept : steps that are kept
    batch_size, learning_rate, discount : of the updates
    critic_hidden : widths of the critics' layers
    """

    copies: int = 1
    steps: int = 64
    updates: int = 64
    before: int = 1000
    kept: int = 1_000_000
    batch_size: int = 256
    learning_rate: float = 3e-4
    discount: float = 0.99
    critic_hidden: tuple[int, ...] = (256, 256)

    def __post_init__(self) -> None:
        _check(self, ("copies", "steps", "updates", "before", "kept", "batch_size"), ("learning_rate",))
        if self.kept < self.before:
            raise InvalidArgument(f"kept={self.kept}: the first update would wait for before={self.before} for ever.")

    def head(self, spaces: Spaces) -> SquashedGaussianHead:
        """Head of the policies it trains."""
        if spaces.action_low is None or spaces.action_high is None:
            raise InvalidArgument(
                f"SAC chooses vectors, the world has {spaces.n_actions} numbered actions: use a learner with PPO(...)."
            )
        return SquashedGaussianHead(spaces.action_low, spaces.action_high)

    def player(self, mdp: SampledMDP, actor: PolicyNetwork, seeds: Seeds, *, codes: int = 0, device: str) -> Player:
        """Play a world, with the actor's architecture; ``codes`` are drawn anew for each episode."""
        extra("stable_baselines3")
        from iltheory.learners.neural._sac import SACPlayer

        return SACPlayer(self, mdp, actor, seeds, codes=codes, device=device)


Solver = PPO | SAC


def as_json(solver: Solver) -> dict[str, Any]:
    """For checkpoints."""
    return {"kind": type(solver).__name__, **asdict(solver)}


def _check(settings: Any, numbers: tuple[str, ...], rates: tuple[str, ...]) -> None:
    for name in numbers:
        count(name, getattr(settings, name))
    for name in rates:
        positive(name, getattr(settings, name))
    for name in ("discount", "decay"):
        if not 0 <= getattr(settings, name, 0) < 1:
            raise InvalidArgument(f"{name}={getattr(settings, name)!r}: must lie in [0, 1).")


ON_POLICY, OFF_POLICY = PPO(), SAC()
