"""Where verification looks: random instances of several laws, named families, Gymnasium tables and Atari games."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from iltheory.claims.claim import Claim
from iltheory.claims.drawing import Scale
from iltheory.claims.kinds import Instance, Model, PolicyKind
from iltheory.claims.linear_kinds import LinearKind
from sims import TabularMDP
from sims import arithmetic as ar
from sims.environments._make import bare
from sims.errors import InvalidArgument

LAWS = ("uniform", "spiky", "deterministic", "near-deterministic", "mixed")
DISCOUNTS = ((0, 1), (3, 10), (1, 2), (9, 10), (99, 100))
RANDOM_BLOCK = 16
SAMPLED_BLOCK = 8
"""Instances in a block of a statistical claim, each of which is sampled by itself."""
WORLD_BLOCK = 16
WORLD_BLOCK_ENTRIES = 32_000
"""Entries (states times actions times steps) in a block: fewer instances of large worlds, at least one."""
LARGE = 100
"""States from which a world gets no second model beside it."""

GYMNASIUM: Mapping[str, tuple[str, dict[str, Any]]] = {
    "FrozenLake 4x4": ("FrozenLake-v1", {"map_name": "4x4"}),
    "FrozenLake 4x4, not slippery": ("FrozenLake-v1", {"map_name": "4x4", "is_slippery": False}),
    "FrozenLake 8x8": ("FrozenLake8x8-v1", {}),
    "FrozenLake 8x8, not slippery": ("FrozenLake8x8-v1", {"is_slippery": False}),
    "CliffWalking": ("CliffWalking-v1", {}),
    "Taxi": ("Taxi-v4", {}),
}
"""Real tables: registered id and options of ``gymnasium.make``."""
CLIFF_WALKING_HORIZON = 100
"""CliffWalking registers no time limit."""

ATARI: Mapping[str, str] = {
    "BeamRider": "beam_rider",
    "Breakout": "breakout",
    "Freeway": "freeway",
    "Freeway, sticky": "freeway_sticky",
    "Pong": "pong",
    "Seaquest": "seaquest",
    "SpaceInvaders": "space_invaders",
}
"""Games of the Arcade Learning Environment: the table that comes with `sims.environments.atari`."""


class World(ABC):
    """A source of instances, deterministic given a seed."""

    name: str

    @abstractmethod
    def block_size(self, claim: Claim) -> int:
        """Number of instances in a full block."""

    @abstractmethod
    def serves(self, claim: Claim) -> bool:
        """Whether the claim ranges over what this world offers."""

    @abstractmethod
    def draw(self, claim: Claim, rng: np.random.Generator, size: int) -> Instance:
        """Draw ``size`` instances."""


class RandomWorld(World):
    """Random models, policies and other parameters; sizes change from block to block."""

    def __init__(self, law: str) -> None:
        self.law = law
        self.name = f"random {law}"

    def block_size(self, claim: Claim) -> int:
        return SAMPLED_BLOCK if claim.statistical else RANDOM_BLOCK

    def serves(self, claim: Claim) -> bool:
        return True

    def draw(self, claim: Claim, rng: np.random.Generator, size: int) -> Instance:
        largest = claim.largest
        scale = Scale(
            size=size,
            n_states=int(rng.integers(1, largest.n_states, endpoint=True)),
            n_actions=int(rng.integers(1, largest.n_actions, endpoint=True)),
            horizon=int(rng.integers(1, largest.horizon, endpoint=True)),
            discount=DISCOUNTS[rng.integers(len(DISCOUNTS))],
            law=self.law,
            stationary=bool(rng.integers(2)),
            length=int(rng.integers(1, largest.length, endpoint=True)),
        )
        instance: dict[str, Any] = {}
        for name, kind in claim.parameters.items():
            instance[name] = kind.draw(rng, scale, instance)
        return instance


Build = Callable[[bool], tuple[TabularMDP, Any, Any] | None]
"""From whether the horizon is to be finite to (model, expert, learner), or None if there is no such version."""


class FixedWorld(World):
    """One model with an expert and a learner; the rest of a block are random policies on the same model."""

    def __init__(self, name: str, build: Build) -> None:
        self.name = name
        self.build = build

    def _built(self, claim: Claim) -> tuple[TabularMDP, Any, Any] | None:
        models = [kind for kind in claim.parameters.values() if isinstance(kind, Model)]
        if not models or any(isinstance(kind, LinearKind) for kind in models):
            return None
        return self.build(models[0].finite)

    def block_size(self, claim: Claim) -> int:
        built = self._built(claim)
        assert built is not None
        largest = SAMPLED_BLOCK if claim.statistical else WORLD_BLOCK
        return min(largest, max(1, WORLD_BLOCK_ENTRIES // _entries(built[0])))

    def serves(self, claim: Claim) -> bool:
        built = self._built(claim)
        if built is None:
            return False
        mdp, largest = built[0], claim.largest
        twins = sum(isinstance(kind, Model) for kind in claim.parameters.values()) > 1
        if twins and mdp.n_states >= LARGE:
            return False
        sizes = (mdp.n_states, mdp.n_actions, mdp.horizon or 1)
        return not largest.strict or all(
            size <= limit
            for size, limit in zip(sizes, (largest.n_states, largest.n_actions, largest.horizon), strict=True)
        )

    def draw(self, claim: Claim, rng: np.random.Generator, size: int) -> Instance:
        built = self._built(claim)
        assert built is not None
        mdp, *policies = built
        scale = Scale(
            size=size,
            n_states=mdp.n_states,
            n_actions=mdp.n_actions,
            horizon=mdp.horizon or 1,
            law="mixed",
            length=int(rng.integers(1, claim.largest.length, endpoint=True)),
        )
        if _entries(mdp) > WORLD_BLOCK_ENTRIES:
            scale = replace(scale, policy_bits=2, weight_bits=4)  # exact numbers stay short over hundreds of steps
        instance: dict[str, Any] = {}
        for name, kind in claim.parameters.items():
            if isinstance(kind, Model) and not instance:
                instance[name] = mdp
                continue
            value = kind.draw(rng, scale, instance)
            if isinstance(kind, PolicyKind) and policies:
                value = _with_first(value, policies.pop(0), kind)
            instance[name] = value
        return instance


def _entries(mdp: TabularMDP) -> int:
    """How much an exact evaluation computes with; a linear solve costs about as much as S steps."""
    return mdp.n_states * mdp.n_actions * (mdp.horizon or mdp.n_states)


def _with_first(drawn: Any, given: Any, kind: PolicyKind) -> Any:
    """Put a given policy in the first place of a batch of drawn ones, if it is of their kind."""
    varies = given.ndim > 2 and given.shape[-3] > 1
    deterministic = bool(np.all(np.isin(ar.midpoint(given), (0, 1))))
    if (kind.stationary and varies) or (kind.deterministic and not deterministic):
        return drawn
    return ar.concatenate([ar.broadcast_to(given, (1, *drawn.shape[1:])), drawn[1:]])


def worlds() -> Iterator[World]:
    """Everything the catalogue is verified on."""
    yield from (RandomWorld(law) for law in LAWS)
    yield from _named()
    yield from (FixedWorld(name, _gymnasium(name)) for name in GYMNASIUM)
    yield from (FixedWorld(name, _atari(name)) for name in ATARI)


def problem(name: str, *, horizon: int | None = None) -> tuple[TabularMDP, Any]:
    """A world with a finite horizon that is no random one: an exact model and its optimal, deterministic policy.

    Parameters
    ----------
    name : of a world, whatever its capitals and spaces
    horizon : steps, if not those of the world

    Raises
    ------
    InvalidArgument
        If no world with a finite horizon has this name.
    """
    known = {bare(world.name): world for world in worlds() if isinstance(world, FixedWorld)}
    built = known[bare(name)].build(True) if bare(name) in known else None
    if built is None:
        finite = [world.name for world in known.values() if world.build(True) is not None]
        raise InvalidArgument(f"world={name!r} must be one of {'; '.join(finite)}.")
    mdp = built[0] if horizon is None else built[0].with_end(horizon=horizon)
    expert = mdp.to("float64").optimal_policy()
    return mdp, ar.convert(expert, "rational")


def _named() -> Iterator[World]:
    from sims import families

    for name in dict.fromkeys([*families.NAMED, *families.NAMED_DISCOUNTED]):
        yield FixedWorld(name.replace("_", " "), _family(name))


def _family(name: str) -> Build:
    from sims import families

    @cache
    def build(finite: bool) -> tuple[TabularMDP, Any, Any] | None:
        table = families.NAMED if finite else families.NAMED_DISCOUNTED
        if name not in table:
            return None
        mdp, expert, learner = table[name]()
        return unit_rewards(mdp), expert, learner

    return build


def _gymnasium(name: str) -> Build:
    @cache
    def build(finite: bool) -> tuple[TabularMDP, Any, Any]:
        from sims.environments import gymnasium_table

        id, options = GYMNASIUM[name]
        end = {} if id != "CliffWalking-v1" else {"horizon": CLIFF_WALKING_HORIZON}
        table = gymnasium_table(id, **options, **(end if finite else {"discount": Fraction(99, 100)}))
        return _with_policies(unit_rewards(table))

    return build


def _atari(name: str) -> Build:
    """A game with states joined that no future tells apart; with a discount, points count up to the same horizon."""

    @cache
    def build(finite: bool) -> tuple[TabularMDP, Any, Any]:
        from sims.environments.atari import load, merged

        game = merged(load(ATARI[name])).table.mdp(unit_rewards=True)
        return _with_policies(game if finite else game.with_end(discount=Fraction(99, 100)))

    return build


def _with_policies(mdp: TabularMDP) -> tuple[TabularMDP, Any, Any]:
    """A model, an optimal policy, and that policy with a tenth of its actions at random."""
    expert = ar.convert(mdp.to("float64").optimal_policy(), "rational")
    return mdp, expert, (9 * expert + Fraction(1, mdp.n_actions)) / 10


def unit_rewards(mdp: TabularMDP) -> TabularMDP:
    """Map the rewards affinely onto [0, 1] if they leave it; optimal policies stay the same."""
    r = mdp.rewards()
    low, high = (Fraction(f(r.fractions().ravel().tolist())) for f in (min, max))
    if low >= 0 and high <= 1:
        return mdp
    return mdp.with_rewards((r - low) / (high - low))
