"""Gap against horizon at a fixed training error: which algorithms compound it, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.rows import Row, groups, points
from iltheory.figures.sides import gap_and_bound

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet
    from sims import TabularMDP
    from sims.arithmetic import Numbers

HORIZONS = (4, 8, 16, 32, 64, 128)
ERROR = Fraction(1, 1000)
SAMPLES = 99
FAMILIES = {
    "cliff": r"cliff: $u = H$",
    "unicycle": r"unicycle: $u = 1$",
    "reset": r"reset: $u = H$",
}
ROOM = 2000
"""Upper end of the gaps' axis, above which slopes are written."""


def instance(family: str, horizon: int) -> tuple[TabularMDP, Numbers, Numbers]:
    """A model of two actions, its expert, and a policy that errs equally often under the expert's states and its own.

    The unicycle is to be mounted again: action 0 leads to the track and action 1 beside it, from either. On reset the
    policy is cloning from ``SAMPLES`` trajectories, averaged over them, which errs as often after its first mistake.
    """
    from iltheory.claims.tables import playing, task
    from sims import arithmetic as ar
    from sims import families

    if family == "cliff":
        return tuple(families.cliff(horizon=horizon, error=ERROR))
    if family == "unicycle":
        mdp, expert = task([[0, 1], [0, 1]], [[1, 1], [0, 0]], horizon=horizon), playing(0, 0)
        return mdp, expert, (1 - ERROR) * expert + ERROR * (1 - expert)
    found = families.reset(3, horizon=horizon, n_trajectories=SAMPLES)
    fallen = ar.asarray([1 - found.error_rate, found.error_rate])
    return found.mdp, found.expert, ar.concatenate([found.learner[:-1], fallen[None]])


def returned(mdp: TabularMDP, expert: Numbers, erring: Numbers) -> Mapping[str, Numbers]:
    """What each algorithm may return when it errs as often as ``erring``, at each step of its own training.

    Cloning is shown the expert's states alone, and may err for ever elsewhere. Forward training and DAgger are shown
    their own. Moment matching sees the occupancies of all steps: it may part from the expert at the first one.
    """
    from sims import arithmetic as ar

    expert, erring = (ar.broadcast_to(mdp.policy(pi), mdp.occupancy(expert).shape) for pi in (expert, erring))
    shown = ar.possibly_nonzero(mdp.state_occupancy(expert))[..., None]
    parted = ar.where(shown, expert, 1 - expert)
    return {
        "cloning": ar.where(shown, erring, 1 - expert),
        "forward training": erring,
        "DAgger": erring,
        "moment matching": ar.concatenate([erring[:1], parted[1:]]),
    }


def work(cell: Cell) -> Mapping[str, Any]:
    """Exact gap of each algorithm's policy, and the bound that the theorem behind it gives."""
    from iltheory.claims.dagger_2011 import on_policy_bound
    from iltheory.claims.divergences import gap_from_occupancy_finite
    from iltheory.claims.ross_bagnell_2010 import forward_training, supervised_bound

    theorems = {
        "cloning": supervised_bound,
        "forward training": forward_training,
        "DAgger": on_policy_bound,
        "moment matching": gap_from_occupancy_finite,
    }
    mdp, expert, erring = instance(cell["family"], cell["horizon"])
    policies = returned(mdp, expert, erring)
    return {
        "rows": [
            {"learner": name, "claim": theorem.id, **gap_and_bound(theorem(mdp, expert, policies[name]))}
            for name, theorem in theorems.items()
        ]
    }


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A panel a family, on the same axes: curves with their slopes, bounds above, ratios below."""
    from iltheory.figures.sheet import ratios

    pairs = sheet.with_ratios(len(FAMILIES))
    for (above, below), (family, of_family) in zip(pairs, groups(rows, "family").items(), strict=True):
        above.named(x="", y="", title=FAMILIES[family], log="xy")
        below.named(x="horizon $H$", y="", log="x")
        for panel, first in zip((above, below), pairs[0], strict=True):
            if panel is not first:
                panel.axes.sharey(first.axes)
                panel.axes.tick_params(labelleft=False)
        by_learner = groups(of_family, "learner")
        gaps = {name: points(some, "horizon", "gap") for name, some in by_learner.items()}
        bounds = {name: points(some, "horizon", "bound") for name, some in by_learner.items()}
        styles = {name: above.curve(gaps[name], name) for name in gaps}
        for name, style in styles.items():
            above.bound(bounds[name], "bounds")
            below.curve(ratios(gaps[name], bounds[name]), name, style=style)
        attained = points([row for row in of_family if row["attained"]], "horizon", "gap")
        if attained:
            above.attained(attained)
        distinct = [name for i, name in enumerate(gaps) if gaps[name] not in list(gaps.values())[:i]]
        above.exponents({styles[name]: gaps[name] for name in distinct}, where="upper left")
        above.slope(gaps["cloning"], 2)
        above.slope(gaps["moment matching"], 1)
        below.ticks(HORIZONS)
    pairs[0][0].axes.set(ylabel="gap", ylim=(None, ROOM))
    pairs[0][1].axes.set_ylabel("gap / bound")
    sheet.legend([above for above, _ in pairs], columns=3)


FIGURES = (
    Figure(
        id="horizon-scaling",
        title="Gap against horizon at a fixed training error: cliff, unicycle, reset",
        caption="Exact gaps of the policy that each algorithm may return if it errs with probability "
        r"$\epsilon$ at each step of its own training: cloning under the expert's states (elsewhere it errs always), "
        "forward training and DAgger under their own, moment matching in total variation between laws of state and "
        r"action. $\epsilon$ is 1/1000; on reset it is what 99 demonstrations leave on average. Dashed: the bounds "
        r"$H^2 \epsilon$ of cloning, $u H \epsilon$ of forward training and DAgger, $H \epsilon$ of moment matching. "
        "Where nothing can be mended ($u = H$) interaction does not help. On the unicycle the expert's next action, "
        "and no other, mends all ($u = 1$), and only cloning compounds, as nobody showed it that action." + FITTED,
        claims=(
            "ross-bagnell-2010-thm-2-1",
            "ross-bagnell-2010-forward",
            "dagger-2011-thm-2-2",
            "j-gap-from-occ.finite",
            "swamy-2021-instances",
            "rajaraman-2020-lower-bound",
            "rajaraman-2020-active",
        ),
        data=Computation("horizon-scaling", work, grid(family=tuple(FAMILIES), horizon=HORIZONS)),
        draw=draw,
        wide=True,
        aspect=0.7,
    ),
)
