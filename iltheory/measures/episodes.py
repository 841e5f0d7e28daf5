"""Expectations of bounded functions of an episode, and rolling out what several of them ask for at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from sims.sampled import ActionLaws, Moment, SampledMDP, SampledPolicy
from sims.sampled.simulator import Floats


@dataclass(frozen=True, eq=False)
class Actor:
    """A policy that equals itself alone: two that call themselves equal may act differently."""

    policy: SampledPolicy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Actor) and self.policy is other.policy

    def __hash__(self) -> int:
        return id(self.policy)


LawOf = Mapping[Actor, ActionLaws]
"""Laws of the action of every policy in question, at the observations of a moment."""


class Source(NamedTuple):
    """Where episodes come from: a world and a policy, or policies between which every episode tosses a coin."""

    mdp: SampledMDP
    acting: tuple[Actor, ...]


@dataclass(frozen=True)
class PathSum:
    """Sums over the steps of an episode: one number, or two that are found together.

    Attributes
    ----------
    source : of the episodes
    name : what is added up; with the policies it says which sum this is
    policies : whose laws it needs, beside those of the source
    term : of a moment, the laws of all policies and a generator, what each running episode adds, ``[m]`` or ``[2, m]``
    absorbed : what each step after the end of an episode adds
    numbers : how many there are
    """

    source: Source
    name: str
    policies: tuple[Actor, ...]
    term: Callable[[Moment, LawOf, np.random.Generator], Floats] = field(compare=False)
    absorbed: float = 0.0
    numbers: int = 1


@dataclass(frozen=True)
class Expectation:
    """The mean of a bounded function of sums over independent episodes.

    Attributes
    ----------
    parts : the sums, each of a source of its own
    combine : of one array ``[n]`` for each number of each part, the outcomes ``[n]`` in [low, high]; or ``[2, n]``, two
        numbers between which each of them lies
    low, high : numbers that no outcome leaves
    rounding : how far rounding may move an outcome, or such a number, relative to ``high - low``
    siblings : of an entry of a quantity with several, their number: they share what one expectation may spend of delta
    """

    parts: tuple[PathSum, ...]
    name: str
    combine: Callable[..., Floats] = field(compare=False)
    low: Fraction = field(compare=False)
    high: Fraction = field(compare=False)
    rounding: Fraction = field(compare=False)
    siblings: int = field(default=1, compare=False)


class Rolled(NamedTuple):
    """Of each part the sums over episodes ``[numbers, n]``, the number of steps taken and of rewards clipped."""

    sums: list[Floats]
    steps: int
    clipped: int


def roll(
    parts: Sequence[PathSum], n: int, rng: np.random.Generator, on_step: Callable[[int], None] | None = None
) -> Rolled:
    """Run n episodes of one source side by side and add up what each of the parts asks for.

    Parameters
    ----------
    parts : of one source
    n : number of episodes, at most ``COPIES``
    on_step : called after each step, with the number of steps taken
    """
    source = parts[0].source
    others = list(dict.fromkeys(policy for part in parts for policy in part.policies if policy not in source.acting))
    sums, lengths, clipped = [np.zeros((part.numbers, n)) for part in parts], np.zeros(n, dtype=np.intp), 0
    (own,) = rng.spawn(1)
    acting, watched = ([actor.policy for actor in actors] for actors in (source.acting, others))
    for moment in source.mdp.walk(acting, n, rng, others=watched):
        laws = dict(zip((*source.acting, *others), moment.laws, strict=True))
        for part, total in zip(parts, sums, strict=True):
            total[:, moment.running] += part.term(moment, laws, own)
        lengths += moment.running
        clipped += moment.clipped
        if on_step is not None:
            on_step(moment.step + 1)
    for part, total in zip(parts, sums, strict=True):
        total += part.absorbed * (source.mdp.horizon - lengths)
    return Rolled(sums, int(lengths.sum()), clipped)
