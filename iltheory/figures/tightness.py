"""How tight the main bounds are: the worst ratio of their sides that a fixed amount of search finds, by learner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups

if TYPE_CHECKING:
    from iltheory.attack.extreme import Extreme
    from iltheory.claims.claim import Claim
    from iltheory.figures.sheet import Sheet

CLAIMS = (
    "ross-bagnell-2010-thm-2-1", "ross-bagnell-2010-thm-2-1.horizon-weighted", "ross-bagnell-2010-forward",
    "dagger-2011-thm-2-2", "dagger-2011-lemma-4-1", "dagger-2011-lemma-4-1.refined", "aggrevate-2014-thm-2-1",
    "rajaraman-2020-reduction", "rajaraman-2020-mimic-md.optimality", "rajaraman-2020-mimic-md.sharper",
    "xu-2020-bc", "xu-2020-bc.unit", "xu-2020-gail-js", "xu-2020-gail-js.mixture-chi2", "swamy-2021-reward",
    "swamy-2021-offq", "swamy-2021-offq.unit-rewards", "swamy-2021-onq", "swamy-2021-onq.deterministic",
    "foster-2024-thm-2-1", "foster-2024-thm-2-1.sharp", "foster-2024-thm-2-1.parting", "j-gap-from-occ.finite",
    "traj-chain-rules.tv", "occ-l1-from-policy", "occ-policy-bijection", "simulation-lemma.bound",
)  # fmt: skip
"""The main bounds of the papers, some beside sharper ones."""
LEARNERS = {"time-varying": "any learner", "stationary": "stationary", "deterministic": "deterministic"}
STARTS, CLIMBERS, POLISHED, SWEEPS, MOST, SUSPECTS = 256, 16, 8, 4, 8192, 4
"""Instances drawn, those that climb to vertices, and in small steps; how often, how far; those evaluated exactly.

The search is bounded by work, not by time, so that the same seed finds the same ratios.
"""


def work(cell: Cell) -> Mapping[str, Any]:
    """The largest exact ratio of a claim's sides found among learners of a class, and the closed-form instance's."""
    from iltheory.attack.extreme import extreme
    from iltheory.claims.registry import catalogue

    claim = catalogue()[cell["claim"]]
    assert claim.tight is not None
    tight = extreme(claim, claim.bind_any(claim.tight().instance))
    found = _worst(claim, cell["learners"], cell["seed"])
    row = {**_ratio("worst", found), **_ratio("tight", tight)}
    if found is not None:
        row["verdict"] = {1: "holds", 0: "undecided", -1: "refuted"}[found.low.compare("<=", found.high)]
    return row


def _ratio(name: str, found: Extreme | None) -> dict[str, Any]:
    """The ratio at an instance, if it has one, and whether both sides are equal there."""
    if found is None or found.ratio is None:
        return {}
    return {name: enclosed(found.ratio), f"{name} attained": found.attained}


def _worst(claim: Claim, learners: str, seed: int) -> Extreme | None:
    """Structured extremes as large as the tight instance; the best climb, and the last ones are evaluated exactly."""
    import numpy as np

    from iltheory.attack import ascent
    from iltheory.attack.coordinates import Coordinates
    from iltheory.attack.extreme import extreme
    from iltheory.attack.extremes import extremes
    from iltheory.attack.objective import scores

    coordinates = Coordinates.of(claim, _prototype(claim), learners=learners)
    rng = np.random.default_rng(seed)
    tables = extremes(coordinates, rng, STARTS)
    found = scores(claim, coordinates.instance(tables), STARTS)
    for most, steps in ((CLIMBERS, ascent.VERTICES), (POLISHED, ascent.FINE)):
        top = np.argsort(-found.excess, kind="stable")[:most]
        tables, found, _ = ascent.climb(
            coordinates, [table[top] for table in tables], rng, steps=steps, sweeps=SWEEPS, most=MOST
        )
    best = None
    for place in np.argsort(-found.excess, kind="stable")[:SUSPECTS]:
        exact = coordinates.exact([table[place : place + 1] for table in tables])
        candidate = extreme(claim, claim.select(exact, 0))
        if candidate is not None and (best is None or candidate.rank > best.rank):
            best = candidate
    return best


def _prototype(claim: Claim) -> Mapping[str, Any]:
    """The tight instance, with policies that may vary with the step where the claim lets them."""
    from iltheory.claims.kinds import PolicyKind
    from sims.arithmetic import broadcast_to

    assert claim.tight is not None
    instance = claim.bind_any(claim.tight().instance)
    policies = {name: kind for name, kind in claim.parameters.items() if isinstance(kind, PolicyKind)}
    return instance | {name: broadcast_to(instance[name], kind.core(instance)) for name, kind in policies.items()}


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A row a claim: a mark for each class of learners, a tick for the closed-form instance, a star where attained."""
    from iltheory.figures.sheet import COLOURS, INK, MARKERS, PALE

    (panel,) = sheet.panels()
    axes, places = panel.axes, {claim: i for i, claim in enumerate(groups(rows, "claim"))}
    axes.axvline(1, color=INK, linestyle=(0, (5, 2)), linewidth=1.0, zorder=0)
    for y in places.values():
        axes.axhline(y, color=PALE, linewidth=0.3, alpha=0.5, zorder=0)
    for i, (learners, some) in enumerate(groups(rows, "learners").items()):
        shown = [row for row in some if "worst" in row]
        axes.scatter(
            [row["worst"].middle for row in shown], [places[row["claim"]] + 0.24 * (i - 1) for row in shown],
            s=9, color=COLOURS[i], marker=MARKERS[i], linewidths=0, label=LEARNERS[learners], zorder=3,
        )  # fmt: skip
    known = {row["claim"]: row for row in rows if "tight" in row}
    axes.scatter(
        [row["tight"].middle for row in known.values()], [places[claim] for claim in known], marker="|", s=60,
        color=INK, linewidths=0.9, label="closed-form instance", zorder=2,
    )  # fmt: skip
    attained = {row["claim"] for row in rows if row.get("worst attained") or row.get("tight attained")}
    panel.attained([(1.06, places[claim]) for claim in places if claim in attained])
    panel.named(x="smaller side / larger side", y="")
    axes.set_yticks(list(places.values()), list(places))
    axes.set(xlim=(0, 1.1), ylim=(len(places) - 0.4, -0.6))
    sheet.legend([panel], columns=3)


FIGURES = (
    Figure(
        id="tightness",
        title="How tight the main bounds are",
        caption="Largest ratios of the two sides that a search of fixed size found, evaluated exactly, over classes of "
        "learners, on models as large as each claim's closed-form instance (a tick): the true largest ratios are at "
        "least these. A star says that both sides are equal on one of these instances.",
        claims=CLAIMS,
        data=Computation("tightness", work, grid(claim=CLAIMS, learners=tuple(LEARNERS), seed=(0,))),
        draw=draw,
        wide=True,
        aspect=0.8,
    ),
)
