"""The catalogue: claims of this package, and those of others through the entry-point group ``iltheory.claims``."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from iltheory.claims.claim import Claim
from sims.errors import IltheoryError

ENTRY_POINTS = "iltheory.claims"

MODULES = (
    "iltheory.claims.occupancy",
    "iltheory.claims.occupancy_policies",
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
    "iltheory.claims.dagger_2011_sampled",
    "iltheory.claims.dagger_2011_performance",
    "iltheory.claims.aggrevate_2014",
    "iltheory.claims.aggrevate_2014_sampling",
    "iltheory.claims.nrpi_2014",
    "iltheory.claims.ho_ermon_2016",
    "iltheory.claims.ho_ermon_2016_saddle",
    "iltheory.claims.ho_ermon_2016_regulariser",
    "iltheory.claims.ho_ermon_2016_apprenticeship",
    "iltheory.claims.xu_2020",
    "iltheory.claims.xu_2020_discriminators",
    "iltheory.claims.rajaraman_2020",
    "iltheory.claims.rajaraman_2020_stochastic",
    "iltheory.claims.rajaraman_2020_reset",
    "iltheory.claims.rajaraman_2020_mimic",
    "iltheory.claims.rajaraman_2020_sampled",
    "iltheory.claims.swamy_2021",
    "iltheory.claims.swamy_2021_on_policy",
    "iltheory.claims.swamy_2021_instances",
    "iltheory.claims.swamy_2021_advil",
    "iltheory.claims.swamy_2021_adril",
    "iltheory.claims.swamy_2021_daequil",
    "iltheory.claims.garg_2021",
    "iltheory.claims.garg_2021_duality",
    "iltheory.claims.garg_2021_concavity",
    "iltheory.claims.garg_2021_table",
    "iltheory.claims.garg_2021_bounded",
    "iltheory.claims.garg_2021_chi2",
    "iltheory.claims.garg_2021_objective",
    "iltheory.claims.garg_2021_experiments",
    "iltheory.claims.al_hafez_2023",
    "iltheory.claims.al_hafez_2023_absorbing",
    "iltheory.claims.xu_2020_either",
    "iltheory.claims.ziebart_2010",
    "iltheory.claims.ziebart_2010_gradient",
    "iltheory.claims.ziebart_2010_causality",
    "iltheory.claims.feature_matching",
    "iltheory.claims.abbeel_ng_2004",
    "iltheory.claims.syed_schapire_2007",
    "iltheory.claims.feature_samples",
    "iltheory.claims.feature_samples_sampled",
    "iltheory.claims.ng_1999",
    "iltheory.claims.fu_2018",
    "iltheory.claims.fu_2018_discriminator",
    "iltheory.claims.finn_2016",
    "iltheory.claims.cao_2021",
    "iltheory.claims.kim_2021",
    "iltheory.claims.li_2017",
    "iltheory.claims.foster_2024",
)


class UnknownClaim(IltheoryError, KeyError):
    """No claim of the catalogue has this id."""

    def __str__(self) -> str:
        return str(self.args[0])


class InvalidCatalogue(IltheoryError):
    """The installed claims do not fit together, or those of a third party cannot be imported."""


@cache
def catalogue() -> dict[str, Claim]:
    """All claims by id: this package's in the order of the papers, then those of installed third parties.

    Raises
    ------
    InvalidCatalogue
        If an entry point cannot be imported or names no module, or two claims have one id.
    """
    found: dict[str, Claim] = {}
    owners: dict[str, str] = {}
    for module in [*map(import_module, MODULES), *map(_load, entry_points(group=ENTRY_POINTS))]:
        for claim in claims_of(module):
            if found.setdefault(claim.id, claim) is not claim:
                raise InvalidCatalogue(
                    f"two claims have the id {claim.id!r}, in {owners[claim.id]} and in {module.__name__}.\n"
                    "  Rename one of them, @il.claim(id=...), or uninstall one of the packages."
                )
            owners.setdefault(claim.id, module.__name__)
    return found


def _load(point: EntryPoint) -> ModuleType:
    where = f"entry point {point.name} = {point.value} in group {ENTRY_POINTS}"
    package = point.dist.name if point.dist is not None else point.module.partition(".")[0]
    try:
        loaded = point.load()
    except Exception as problem:  # somebody else's code may raise anything
        raise InvalidCatalogue(
            f"{where} cannot be imported: {type(problem).__name__}: {problem}\n  Mend or uninstall {package}."
        ) from problem
    if not isinstance(loaded, ModuleType):
        raise InvalidCatalogue(f"{where} names a {type(loaded).__name__}; it must name a module.\n  Mend {package}.")
    return loaded


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
        longer = [id for id in known if id.startswith(name)]
        near = longer[:3] or difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else "."
        raise UnknownClaim(f"no claim has the id {name!r}{hint} `iltheory list` shows all of them.")
    return matches
