"""What the weight of the entropy costs GAIL: the distance from the expert's occupancy, and the value lost by it.

The policy is at least as good as the expert for the regularised loss, so that ``D(d || e) <= lambda (H(pi) -
H(pi_E)) <= lambda (log A - H(pi_E))``, up to the certified gap; H is per step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.gail_gap import ACTIONS, DISCOUNT, STATES, model
from iltheory.figures.rows import Row, enclosed, groups

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet

MATCHING = "xu-2020-gail-js.unit"
WEIGHTS = tuple(Fraction(2) ** k for k in range(-10, 3))
EXPERTS = ("1", "1/4")
"""Temperatures at which the experts are soft-optimal."""
TAIL = 5


def work(cell: Cell) -> Mapping[str, Any]:
    """Distance and value lost at the certified solution of GAIL, in intervals, beside their bounds."""
    import iltheory as il
    from iltheory.claims.registry import catalogue
    from iltheory.games import exact_policy
    from iltheory.learners import gail
    from iltheory.measures import JENSEN_SHANNON, causal_entropy, per_step
    from sims import arithmetic as ar
    from sims.arithmetic import Enclosure

    weight = Fraction(cell["weight"])
    exact, *_ = model()
    expert = exact_policy(ar.midpoint(exact.to("float64").soft_optimal(float(Fraction(cell["temperature"]))).policy))
    saddle = gail(exact, expert, entropy_weight=weight).saddle

    mdp = exact.to("interval")
    pi, pi_e = (ar.convert(policy, "interval") for policy in (saddle.policy, expert))
    distance = JENSEN_SHANNON(mdp.occupancy(pi), mdp.occupancy(pi_e), axes=2)
    most = weight * (ar.log(ar.convert(ACTIONS, "interval")) - per_step(mdp, causal_entropy(mdp, pi_e)))
    most = Enclosure.of(most) + Enclosure.of(saddle.gap)
    matching = catalogue()[MATCHING]
    compared = matching.evaluate(matching.bind(mdp, pi_e, pi, mdp.r))
    return {
        "distance": enclosed(distance),
        "most": enclosed(most),
        "lost": enclosed(per_step(exact, il.gap(exact, expert, saddle.policy))),
        "matched": enclosed(ar.sqrt(compared.rhs)),
        "verdict": "holds" if compared.holds and Enclosure.of(distance).upper <= most.lower else "undecided",
    }


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Distance and value lost against the weight, with their bounds, and the ratios below."""
    from iltheory.figures.sheet import COLOURS, ratios

    columns = sheet.with_ratios(2)
    sides = (
        ("distance", "most", r"$2\, \mathrm{JSD}(\rho_\pi, \rho_E)$", "xy"),
        ("lost", "matched", "value lost per step", "x"),
    )
    for (above, below), (side, bound, name, log) in zip(columns, sides, strict=True):
        above.named(x="", y=name, log="xy")
        below.named(x=r"weight of the entropy $\lambda$", y="ratio", log=log)
        heads = {}
        for temperature, of_expert in groups(rows, "temperature").items():
            curve, most = (
                [(float(Fraction(row["weight"])), row[column]) for row in of_expert] for column in (side, bound)
            )
            style = above.curve(curve, f"expert of temperature {temperature}")
            above.bound(most, f"bound at {temperature}", colour=COLOURS[style])
            below.curve(ratios(curve, most), "", style=style)
            heads[style] = curve[:TAIL]
        above.exponents(heads, where="lower right")
    sheet.legend([above for above, _ in columns], columns=4)


FIGURES = (
    Figure(
        id="entropy-bias",
        title="What the weight of the entropy costs GAIL",
        caption=(
            f"Certified solutions of GAIL's game for exact experts that take every action, in a Garnet of {STATES} "
            f"states and {ACTIONS} actions with discount {DISCOUNT}. Left: the distance from the expert, by "
            r"optimality at most $\lambda (\log |A| - H(\pi_E))$ (dashed, where $H$ is per step). Right: the value "
            "lost, at most the square root of that distance (dashed; Xu, Li and Yu). Slopes are those of the "
            f"{TAIL} smallest weights." + FITTED
        ),
        claims=("ho-ermon-2016-prop-3-2.bias", "ho-ermon-2016-ga-js", MATCHING),
        data=Computation(
            "entropy-bias", work, grid(temperature=EXPERTS, weight=tuple(str(weight) for weight in WEIGHTS))
        ),
        draw=draw,
        wide=True,
        aspect=0.6,
    ),
)
