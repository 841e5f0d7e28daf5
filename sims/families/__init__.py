"""Named instance families, with the closed forms known for them, and random ones in exact dyadic numbers."""

from __future__ import annotations

from sims.families._instance import Imitation
from sims.families._parameters import InvalidParameter
from sims.families.analysis import FollowTheLeaderCycle, Leak, OneWay, ftl_cycle, leak, one_way
from sims.families.compounding import cliff, first_step_error, kaariainen_flip, loop, unicycle
from sims.families.exploration import chain, combination_lock, deep_sea, river_swim, tree
from sims.families.linear import random_linear
from sims.families.random import (
    dyadic,
    garnet,
    random_dense,
    random_deterministic,
    random_policy,
    simplex_rows,
)
from sims.families.registry import NAMED, NAMED_DISCOUNTED
from sims.families.reset import missing_mass, reset
from sims.families.ring import ring
from sims.families.two_state import absorbing, ergodic, periodic, unreachable

__all__ = [
    "NAMED",
    "NAMED_DISCOUNTED",
    "FollowTheLeaderCycle",
    "Imitation",
    "InvalidParameter",
    "Leak",
    "OneWay",
    "absorbing",
    "chain",
    "cliff",
    "combination_lock",
    "deep_sea",
    "dyadic",
    "ergodic",
    "first_step_error",
    "ftl_cycle",
    "garnet",
    "kaariainen_flip",
    "leak",
    "loop",
    "missing_mass",
    "one_way",
    "periodic",
    "random_dense",
    "random_deterministic",
    "random_linear",
    "random_policy",
    "reset",
    "ring",
    "river_swim",
    "simplex_rows",
    "tree",
    "unicycle",
    "unreachable",
]
