"""Random instances as exact dyadic rationals, so that every number system sees the same one."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sims.arithmetic import RationalArray

if TYPE_CHECKING:
    from sims import LinearMDP
    from sims.tabular import TabularMDP

TRANSITION_BITS = 20
REWARD_BITS = 10


@dataclass(frozen=True)
class Scale:
    """Sizes and laws of a block of random instances.

    Attributes
    ----------
    size : number of instances (the batch axis)
    n_states, n_actions, horizon, discount : sizes of the models
    law : law of the rows of P, mu and policies, see ``sims.families.random.simplex_rows``
    stationary : whether P and r are the same at every step
    length : number of entries of a sequence parameter
    policy_bits, weight_bits : policies are multiples of ``2**-policy_bits``, mixing weights of ``2**-weight_bits``;
        exact numbers grow by both with every step, so large worlds take few
    """

    size: int
    n_states: int = 3
    n_actions: int = 2
    horizon: int = 4
    discount: tuple[int, int] = (9, 10)
    law: str = "uniform"
    stationary: bool = True
    length: int = 3
    policy_bits: int = 12
    weight_bits: int = 14


def rows(rng: np.random.Generator, shape: tuple[int, ...], law: str, bits: int) -> RationalArray:
    """Distributions along the last axis, multiples of ``2**-bits``."""
    from sims.families.random import simplex_rows

    return RationalArray(simplex_rows(rng, shape, law=law, bits=bits), 2**bits)  # type: ignore[arg-type]


def units(rng: np.random.Generator, shape: tuple[int, ...], low: int, high: int) -> RationalArray:
    """Numbers in [low, high], multiples of ``2**-10``; a third of the entries lie on the ends."""
    steps = 2**REWARD_BITS
    numerators = rng.integers(low * steps, high * steps, size=shape, endpoint=True)
    extreme = rng.integers(0, 6, size=shape)
    numerators = np.where(extreme == 0, low * steps, np.where(extreme == 1, high * steps, numerators))
    return RationalArray(numerators, steps)


def weights(rng: np.random.Generator, shape: tuple[int, ...], bits: int) -> RationalArray:
    """Numbers in [0, 1], log-uniform down to 1e-4 or one unit of ``2**-bits``, some exactly 0 or 1."""
    one = 2**bits
    small = np.maximum(np.rint(10.0 ** rng.uniform(-4, 0, size=shape) * one), 1).astype(np.int64)
    extreme = rng.integers(0, 16, size=shape)
    return RationalArray(np.where(extreme == 0, 0, np.where(extreme == 1, one, small)), one)


def perturbed(rng: np.random.Generator, policy: RationalArray, fresh: RationalArray, bits: int) -> RationalArray:
    """Mix a policy with a fresh one, with a random weight for each instance (1 for a quarter: unrelated)."""
    batch = (fresh.shape[0], *([1] * (fresh.ndim - 1)))
    unrelated = rng.integers(0, 4, size=batch) == 0
    weight = np.where(unrelated, 2**bits, weights(rng, batch, bits).num)
    mixed = RationalArray(weight, 2**bits)
    return (1 - mixed) * policy + mixed * fresh


def model(rng: np.random.Generator, scale: Scale, *, finite: bool, rewards: tuple[int, int] = (0, 1)) -> TabularMDP:
    """A batch of random models with rewards in a range."""
    from sims.tabular import TabularMDP

    steps = (1 if scale.stationary else scale.horizon,) if finite else ()
    shape = (scale.size, *steps)
    states, actions = scale.n_states, scale.n_actions
    p = rows(rng, (*shape, states, actions, states), scale.law, TRANSITION_BITS)
    r = units(rng, (*shape, states, actions), *rewards)
    mu = rows(rng, (scale.size, states), scale.law, TRANSITION_BITS)
    end: dict[str, Any] = {"horizon": scale.horizon} if finite else {"discount": Fraction(*scale.discount)}
    unpaid = np.zeros((states, actions), dtype=np.int64)
    # with_rewards, because r[H, S, A] could be read as r[S, A, S] where the three sizes are equal
    return TabularMDP(p, unpaid, mu, **end, batch_axes=1).with_rewards(r)


def linear_model(
    rng: np.random.Generator,
    scale: Scale,
    *,
    finite: bool,
    rewards: tuple[int, int] = (0, 1),
    beside: TabularMDP | None = None,
) -> LinearMDP:
    """A batch of random linear models: ``scale.length`` latent classes; sizes, end and first law of one given."""
    from sims import LinearMDP

    states, actions = (scale.n_states, scale.n_actions) if beside is None else (beside.n_states, beside.n_actions)
    classes = scale.length
    phi = rows(rng, (scale.size, states, actions, classes), scale.law, scale.policy_bits)
    measures = rows(rng, (scale.size, classes, states), scale.law, scale.policy_bits)
    weights = units(rng, (scale.size, classes), *rewards)
    if beside is not None:
        end: dict[str, Any] = {"horizon": beside.horizon} if finite else {"discount": beside.discount}
        return LinearMDP(phi, measures, weights, beside.mu, **end, batch_axes=1)
    end = {"horizon": scale.horizon} if finite else {"discount": Fraction(*scale.discount)}
    mu = rows(rng, (scale.size, states), scale.law, TRANSITION_BITS)
    return LinearMDP(phi, measures, weights, mu, **end, batch_axes=1)


def twin(
    rng: np.random.Generator,
    scale: Scale,
    of: TabularMDP,
    *,
    rewards: tuple[int, int] = (0, 1),
    own_start: bool = False,
) -> TabularMDP:
    """Second models beside given ones: same sizes and end; P, r and a first law of their own mixed with fresh ones."""
    from sims.tabular import TabularMDP

    finite = of.horizon is not None
    steps = (max(of.transitions.steps, of.rewards().shape[-3]),) if finite else ()
    shape = (scale.size, *steps, of.n_states, of.n_actions)
    p = of.transitions.dense() if finite else of.P
    p = perturbed(rng, p, rows(rng, (*shape, of.n_states), scale.law, TRANSITION_BITS), scale.weight_bits)
    r = perturbed(rng, of.rewards(), units(rng, shape, *rewards), scale.weight_bits)
    unpaid = np.zeros((of.n_states, of.n_actions), dtype=np.int64)
    mu = of.mu
    if own_start:
        mu = perturbed(rng, mu, rows(rng, (scale.size, of.n_states), scale.law, TRANSITION_BITS), scale.weight_bits)
    return TabularMDP(p, unpaid, mu, horizon=of.horizon, discount=of.discount, batch_axes=1).with_rewards(r)
