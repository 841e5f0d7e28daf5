"""DAgger's exact regret: follow-the-leader cycles for ever where two policies are told apart by nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log, sqrt
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.rows import Row, enclosed, groups, points

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet
    from iltheory.learners.policy_class import PolicyClass
    from sims import TabularMDP
    from sims.arithmetic import Comparison

CYCLING = "dagger-ftl-needs-convexity.regret"
HORIZON = 4
"""Of the cycle."""
STATES, ACTIONS, STEPS = 6, 3, 8
"""Of the Garnet."""
ITERATIONS = (1, 2, 3, 6, 12, 24, 48, 96, 192)
TAIL = 5
ROOM = {"cycle": 5e-4, "garnet": 1e-5}
"""Lower ends of the axes, which leave room for the slopes."""
TITLES = {"cycle": "two policies, the cycle", "garnet": "stationary policies, a Garnet"}
LEARNERS = {"leader": "follow the leader", "quadratic": "regularised, quadratic", "entropic": "Hedge"}
CHOICES = {"cycle": (1, 2), "garnet": (STATES, ACTIONS)}
"""(n, k): the learner picks n times one of k."""


def problem(name: str) -> tuple[TabularMDP, Any, PolicyClass]:
    """A model, its deterministic expert and the class the learner has, exact."""
    from iltheory.learners.policy_class import FinitePolicies, TabularPolicies
    from sims import families

    if name == "cycle":
        mdp, expert, policies = families.ftl_cycle(horizon=HORIZON)
        return mdp, expert, FinitePolicies(list(policies))
    mdp = families.garnet(STATES, ACTIONS, 3, horizon=STEPS, rng=3).to("rational")
    return mdp, mdp.optimal_policy(), TabularPolicies(stationary=True)


def work(cell: Cell) -> Mapping[str, Any]:
    """The exact average regret of a run of N iterations; where regularised, at the best rate for N."""
    from iltheory.learners import dagger
    from iltheory.learners.online import FollowTheLeader, FollowTheRegularizedLeader
    from sims import arithmetic as ar

    name, n, kind = cell["problem"], cell["iterations"], cell["online"]
    times, choices = CHOICES[name]
    rate = sqrt(8 * times * log(choices) / n)
    online = FollowTheLeader() if kind == "leader" else FollowTheRegularizedLeader(rate, kind)
    mdp, expert, policies = problem(name)
    found = dagger(mdp, expert, policies, iterations=n, online=online)
    row = {"regret": enclosed(found.regret), "class_error": enclosed(found.class_error)}
    if kind == "entropic":
        return row | beside(ar.convert(found.regret, "interval") <= hedged(rate, n, name))
    return row | beside(cycling(n)) if (name, kind) == ("cycle", "leader") else row


def hedged(rate: float, iterations: int, name: str) -> Any:
    """Hedge's bound ``n log k / (rate N) + rate / 8`` on the regret, in intervals."""
    from sims import arithmetic as ar

    times, choices = CHOICES[name]
    exact = ar.convert(Fraction(rate), "interval")
    return times * ar.log(ar.convert(choices, "interval")) / (exact * iterations) + exact / 8


def cycling(iterations: int) -> Comparison:
    """The regret of follow-the-leader on the cycle, at least what the claim says."""
    from iltheory.claims.registry import catalogue

    claim = catalogue()[CYCLING]
    return claim.evaluate(claim.bind(HORIZON, iterations))


def beside(comparison: Comparison) -> dict[str, Any]:
    """What a theorem says of the regret, and whether it is so."""
    from sims import arithmetic as ar

    words = {ar.HOLDS: "holds", ar.REFUTED: "refuted", ar.UNDECIDED: "undecided"}
    return {"bound": enclosed(comparison.rhs), "verdict": words[int(comparison.verdicts)]}


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A panel a problem, a curve an online learner, what theorems say dashed."""
    panels = sheet.panels(len(TITLES))
    for panel, (name, of_problem) in zip(panels, groups(rows, "problem").items(), strict=True):
        panel.named(
            x="iterations $N$", y=r"regret $\gamma_N$" if panel is panels[0] else "", title=TITLES[name], log="xy"
        )
        tails = {}
        for kind, of_kind in groups(of_problem, "online").items():
            regret, bounds = (points(of_kind, "iterations", side) for side in ("regret", "bound"))
            style = panel.curve(regret, LEARNERS[kind])
            tails[style] = regret[-TAIL:]
            if kind == "entropic":
                panel.bound(bounds, "Hedge's bound")
                panel.slope(bounds[-TAIL:], Fraction(-1, 2), below=False)
            elif bounds:
                met = [(n, low) for (n, low), (_, gamma) in zip(bounds, regret, strict=True) if low == gamma]
                panel.attained(met, "lower bound attained")
        panel.axes.set_ylim(bottom=ROOM[name])
        panel.exponents(tails)
    sheet.legend(panels, columns=3)


FIGURES = (
    Figure(
        id="dagger-regret",
        title="DAgger's exact regret for the 0-1 loss: follow-the-leader, regularised, Hedge",
        caption=(
            f"Average regret for the 0-1 loss, exact. Left: in the cycle of horizon {HORIZON} each of two policies "
            "errs where it leads, so that follow-the-leader alternates, and its regret attains its lower bound at "
            f"every multiple of 3. Right: stationary policies in a Garnet of {STATES} states, {ACTIONS} actions "
            f"and {STEPS} steps, where following the leader is best. Hedge's bound holds in both." + FITTED
        ),
        claims=(CYCLING, "dagger-2011-thm-4-1", "swamy-2021-daequil.regret"),
        data=Computation(
            "dagger-regret", work, grid(problem=tuple(TITLES), online=tuple(LEARNERS), iterations=ITERATIONS)
        ),
        draw=draw,
        wide=True,
        aspect=0.5,
    ),
)
