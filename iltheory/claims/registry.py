"""The catalogue: claims of this package, and those of others through the entry-point group ``iltheory.claims``."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType

from iltheory.claims.claim import Claim
from sims.errors import IltheoryError

ENTRY_POINTS = "iltheory.claims"

MODULES = (
    "iltheory.claims.occupancy",
    "iltheory.claims.mixtures",
    "iltheory.claims.values",
    "iltheory.claims.simulation",
    "iltheory.claims.divergences",
    "iltheory.claims.data_processing",
    "iltheory.claims.data_processing_states",
    "iltheory.claims.duality",
    "iltheory.claims.ross_bagnell_2010",
    "iltheory.claims.kaariainen_2006",
    "iltheory.claims.ross_bagnell_2010_smile",
    "iltheory.claims.dagger_2011",
    "iltheory.claims.dagger_2011_no_regret",
    "iltheory.claims.dagger_2011_sampling",
    "iltheory.claims.dagger_2011_performance",
    "iltheory.claims.aggrevate_2014",
    "iltheory.claims.aggrevate_2014_sampling",
    "iltheory.claims.nrpi_2014",
)


class UnknownClaim(IltheoryError, KeyError):
    """No claim of the catalogue has this id."""

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def catalogue() -> dict[str, Claim]:
    """All claims by id: this package's in the order of the papers, then those of installed third parties."""
    modules = [import_module(name) for name in MODULES]
    for point in entry_points(group=ENTRY_POINTS):
        loaded = point.load()
        if not isinstance(loaded, ModuleType):
            raise IltheoryError(f"entry point {point.name} = {point.value} in group {ENTRY_POINTS} must name a module.")
        modules.append(loaded)
    found: dict[str, Claim] = {}
    for module in modules:
        for claim in claims_of(module):
            if claim.id in found and found[claim.id] is not claim:
                raise IltheoryError(f"two claims have the id {claim.id!r}; the second is in {module.__name__}.")
            found[claim.id] = claim
    return found


def claims_of(module: ModuleType) -> list[Claim]:
    """The claims a module defines (false variants not among them)."""
    return [c for c in vars(module).values() if isinstance(c, Claim) and c.counterexample is None]


def find(name: str) -> list[Claim]:
    """Claims with an id, or with an id that continues it (``pdl`` finds ``pdl`` and ``pdl-discounted``).

    Raises
    ------
    UnknownClaim
        If there is none; the message suggests the nearest ids.
    """
    known = catalogue()
    matches = [claim for id, claim in known.items() if id == name or id.startswith(f"{name}.")]
    if not matches:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `iltheory list` shows all of them."
        raise UnknownClaim(f"no claim has the id {name!r}{hint}")
    return matches
