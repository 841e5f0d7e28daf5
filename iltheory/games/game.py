"""Imitation as a game between a policy and a reward, played on the occupancy polytope."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, Self

from iltheory.games.adversaries import Adversary
from iltheory.measures.quantity import per_step
from iltheory.measures.values import causal_entropy
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.errors import InvalidArgument, require
from sims.tabular.reading import bring, read_numbers, read_scalar

NORMALISED = 2.0**-32
"""How far a step of the target, which may have been rounded, may be from summing to 1."""


@dataclass(frozen=True)
class OccupancyGame:
    """``min_pi max_r <e, phi(r)> - <d_pi, r> - lambda E_{d_pi}[-log pi]`` over policies and an adversary's rewards.

    Laws of (h, s, a) with h uniform, or of (s, a) at a geometric time: all payoffs are means over steps. Convex in
    the occupancy and concave in the reward, so both orders of min and max have one value. A policy
    bounds it from above (:meth:`primal`), a reward from below (:meth:`dual`).

    Attributes
    ----------
    mdp : the model; its own rewards do not matter
    target : occupancy of the expert, ``[H, S, A]`` (each step sums to 1) or ``[S, A]``; it need not be possible in the
        model, as that of a few demonstrations is not
    adversary : the class of rewards
    entropy_weight : lambda >= 0, weight of the causal entropy per step, in units of reward per nat
    """

    mdp: TabularMDP
    target: Numbers
    adversary: Adversary
    entropy_weight: Any = 0

    def __post_init__(self) -> None:
        target, system = read_target(self.mdp, self.target), self.mdp.system
        require("adversary", self.adversary, Adversary, "DivergenceRewards('jensen-shannon')")
        weight = bring(read_scalar("entropy_weight", self.entropy_weight, InvalidArgument), system)
        if tuple(weight.shape) or not 0 <= ar.lower(weight) < inf:
            raise InvalidArgument(f"entropy_weight={self.entropy_weight} must be a finite number, not negative.")
        self.adversary.strategy_shape(self.shape)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "entropy_weight", weight)
        object.__setattr__(self, "adversary", self.adversary.to(system))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of occupancies."""
        return tuple(self.target.shape)

    @property
    def entropic(self) -> bool:
        """Whether the entropy counts."""
        return bool(ar.lower(self.entropy_weight) > 0)

    def law(self, occupancy: Numbers) -> Numbers:
        """Law of (h, s, a), or of (s, a): sums to 1 over all axes."""
        return occupancy if self.mdp.horizon is None else occupancy / self.mdp.horizon

    def primal(self, policy: Any) -> Numbers:
        """What the best reward makes of a policy: at least the value of the game."""
        distance = self.adversary.distance(self.law(self.mdp.occupancy(policy)), self.law(self.target))
        if not self.entropic:
            return distance
        return distance - self.entropy_weight * per_step(self.mdp, causal_entropy(self.mdp, policy))

    def dual(self, strategy: Numbers) -> Numbers:
        """What the best policy makes of a reward: at most the value of the game."""
        return self.adversary.gain(strategy, self.law(self.target)) - per_step(self.mdp, self.best_value(strategy))

    def best_value(self, strategy: Numbers) -> Numbers:
        """Largest expected reward plus ``lambda`` times causal entropy, on the scale of J."""
        model = self.mdp.with_rewards(self.adversary.reward(strategy))
        return model.soft_optimal(self.entropy_weight).value if self.entropic else model.optimal_value()

    def to(self, system: str | System, **options: Any) -> Self:
        """The same game in another number system."""
        system = ar.get_system(system, **options)
        if system == self.mdp.system:
            return self
        convert = system.convert
        return type(self)(
            self.mdp.to(system), convert(self.target), self.adversary.to(system), convert(self.entropy_weight)
        )


def read_target(mdp: TabularMDP, target: Any) -> Numbers:
    """Read what an expert shows of one model: laws of (s, a), which need not be possible in it.

    Raises
    ------
    InvalidArgument
        If the model is none or a batch, or the target is no law of pairs (at each step).
    """
    require("mdp", mdp, TabularMDP, "TabularMDP(P, r, mu, horizon=H)")
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; a game is about one model.")
    read = bring(read_numbers("target", target, InvalidArgument), mdp.system)
    steps, each = ((), "") if mdp.horizon is None else ((mdp.horizon,), " at each step")
    shape = (*steps, mdp.n_states, mdp.n_actions)
    if tuple(read.shape) != shape:
        raise InvalidArgument(f"target has shape {tuple(read.shape)}; an occupancy of the model has {shape}.")
    law = ar.midpoint(read).reshape(-1, mdp.n_states * mdp.n_actions)
    if not (law >= 0).all():
        raise InvalidArgument(f"target has a negative entry or NaN, {law.min():.6g}: give an occupancy.")
    if not (abs(law.sum(-1) - 1) <= NORMALISED).all():
        off = law.sum(-1)[abs(law.sum(-1) - 1).argmax()]
        raise InvalidArgument(f"target sums to {off:.6g} (should be 1{each}): give an occupancy.")
    return read
