"""The named families that come with policies, at small sizes, to try something on all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from types import MappingProxyType

from sims.families._instance import Imitation
from sims.families.compounding import cliff, first_step_error, kaariainen_flip, loop, unicycle
from sims.families.exploration import chain, combination_lock, deep_sea, river_swim, tree
from sims.families.reset import reset
from sims.families.ring import ring
from sims.families.two_state import absorbing, ergodic, periodic, unreachable

HORIZON = 5
DISCOUNT = Fraction(9, 10)
ERROR = Fraction(1, 10)

_EITHER: dict[str, Callable[..., Imitation]] = {
    "cliff": partial(cliff, error=ERROR),
    "first_step_error": partial(first_step_error, error=Fraction(1, 20)),
    "kaariainen_flip": partial(kaariainen_flip, error=ERROR),
    "unicycle": partial(unicycle, error=ERROR),
    "loop": partial(loop, error=ERROR),
    "chain": chain,
    "river_swim": river_swim,
    "combination_lock": combination_lock,
    "ring": ring,
    "ergodic": ergodic,
    "periodic": periodic,
    "absorbing": absorbing,
    "unreachable": unreachable,
}

NAMED: Mapping[str, Callable[[], Imitation]] = MappingProxyType(
    {name: partial(family, horizon=HORIZON) for name, family in _EITHER.items()}
    | {
        "reset": partial(reset, 3, horizon=HORIZON, n_trajectories=2),
        "deep_sea": deep_sea,
        "tree": tree,
    }
)
"""Finite horizon: ``NAMED[name]()`` is a small exact instance."""

NAMED_DISCOUNTED: Mapping[str, Callable[[], Imitation]] = MappingProxyType(
    {name: partial(family, discount=DISCOUNT) for name, family in _EITHER.items()}
)
"""The families that exist with a discount: ``NAMED_DISCOUNTED[name]()`` is a small exact instance."""
