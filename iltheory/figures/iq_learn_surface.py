"""The objective of IQ-Learn around its maximum: concave in Q, with a ridge along Q plus a constant.

For ``KL(rho || rho_E)``, ``phi(r) = -exp(-r - 1)``. Adding c to Q moves every reward by ``u = (1 - gamma) c`` and no
policy, and at the maximum ``E_e phi'(r) = 1``: there ``J*(Q) - J*(Q + c) = e^{-u} - 1 + u``, in any model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import expm1
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups, points

if TYPE_CHECKING:
    from iltheory.figures.sheet import Panel, Sheet
    from sims import TabularMDP

DISCOUNT = Fraction(9, 10)
REACH, POINTS = Fraction(6), 33
"""How far the surface goes from the maximum in either coordinate, and points a side."""
LEVELS = (0.1, 1, 10, 100)
"""Contours: how much less than the maximum."""
RIDGE = r"$Q^* + c$: $e^{-u} - 1 + u$, $u = (1 - \gamma) c$"
TITLES = {"one state": "one state", "two states": "two states"}

Move = tuple[Fraction, Fraction]


def model(name: str) -> tuple[TabularMDP, Any]:
    """A model with two actions, and an expert that takes both in every state."""
    from sims import TabularMDP
    from sims import arithmetic as ar

    tenth, quarter = Fraction(1, 10), Fraction(1, 4)
    if name == "one state":
        return TabularMDP([[[1], [1]]], [[0, 0]], [1], discount=DISCOUNT), ar.asarray([[9 * tenth, tenth]])
    stay, go = [1 - quarter, quarter], [quarter, 1 - quarter]
    expert = ar.asarray([[9 * tenth, tenth], [quarter, 1 - quarter]])
    return TabularMDP([[stay, go], [go, stay]], [[0, 0]] * 2, [1, 0], discount=DISCOUNT), expert


def work(cell: Cell) -> Mapping[str, Any]:
    """How much less than its maximum the objective is, rigorously: on a grid, along the ridge, and across it."""
    from iltheory.games import DivergenceRewards, OccupancyGame, bounds, exact_policy
    from iltheory.learners import iq_learn
    from iltheory.measures import REVERSE_KL, inverse_soft_dual, soft_best_policy
    from sims import arithmetic as ar
    from sims.arithmetic import Enclosure

    mdp, expert = model(cell["model"])
    found = iq_learn(mdp, expert, divergence="reverse-kl")
    game = OccupancyGame(mdp, mdp.occupancy(expert), DivergenceRewards("reverse-kl"), 1)
    saddle = bounds(game, exact_policy(ar.midpoint(found.policy)), found.reward)
    most = Enclosure(saddle.dual.lower, saddle.primal.upper, "interval")
    rigorous, best = game.to("interval"), ar.convert(found.q, "rational")

    def at(moves: Sequence[Move]) -> list[dict[str, Any]]:
        q = ar.convert(ar.stack([best + moved(move, mdp.n_states) for move in moves]), "interval")
        worth = inverse_soft_dual(rigorous.mdp, rigorous.target, q, REVERSE_KL.utility)
        first = soft_best_policy(rigorous.mdp, q)[:, 0, 0]
        return [
            {
                "q0": float(each[0, 0]),
                "q1": float(each[0, 1]),
                "lost": enclosed(most - Enclosure.of(w)),
                "first": enclosed(p),
            }
            for each, w, p in zip(ar.midpoint(q), worth, first, strict=True)
        ]

    steps = [REACH * Fraction(2 * k - POINTS + 1, POINTS - 1) for k in range(POINTS)]
    ridge, across = at([(c, c) for c in steps]), at([(c, -c) for c in steps])
    return {
        "rows": [
            {"q0": float(found.q[0, 0]), "q1": float(found.q[0, 1]), "value": enclosed(most)},
            *at([(x, y) for x in steps for y in steps]),
            *({"ridge": float(c)} | row for c, row in zip(steps, ridge, strict=True)),
            *({"across": float(c)} | row for c, row in zip(steps, across, strict=True)),
        ]
    }


def moved(move: Move, states: int) -> Any:
    """Both actions' values in state 0 move, those of all other states by the mean of both."""
    from sims import arithmetic as ar

    return ar.asarray([list(move), *([sum(move) / 2] * 2 for _ in range(states - 1))])


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Contours of either model with the ridge and the maximum, and the objective along the ridge and across it."""
    *surfaces, cut = sheet.panels(len(TITLES) + 1)
    cut.named(x="distance", y=r"$J^*(Q^*) - J^*(Q)$", title="cuts", log="y")
    for panel, (name, of_model) in zip(surfaces, groups(rows, "model").items(), strict=True):
        panel.named(x="$Q(s_0, a_0)$", y="$Q(s_0, a_1)$", title=TITLES[name])
        top, *rest = of_model
        contours(panel, [row for row in rest if "ridge" not in row and "across" not in row])
        panel.bound([(row["q0"], row["q1"]) for row in rest if "ridge" in row], RIDGE)
        panel.attained([(top["q0"], top["q1"])], "maximum: the saddle point")
        cut.curve(away(points(rest, "across", "lost")), f"across the ridge, {TITLES[name]}", marks=False)
        cut.curve(away(points(rest, "ridge", "lost")), f"along it, {TITLES[name]}", marks=False)
    lost = [(c, expm1(-float(1 - DISCOUNT) * c) + float(1 - DISCOUNT) * c) for c, _ in points(rest, "ridge", "lost")]
    cut.bound(away(lost), RIDGE)
    sheet.legend([surfaces[0], cut], columns=3)


def away(curve: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """A curve without the maximum itself, where what is lost has no logarithm; a gap is left there."""
    return [(x, lost if x else float("nan")) for x, lost in curve]


def contours(panel: Panel, rows: Sequence[Row]) -> None:
    """Shade a surface by what is lost, and write on its contours how much that is."""
    import numpy as np

    side = (POINTS, POINTS)
    flat = zip(*((row["q0"], row["q1"], row["lost"].middle) for row in rows), strict=True)
    x, y, lost = (np.reshape(of_one, side) for of_one in flat)
    panel.axes.contourf(x, y, lost, [0, *LEVELS], cmap="Blues", norm="symlog", alpha=0.5, extend="max")
    lines = panel.axes.contour(x, y, lost, LEVELS, colors="#222222", linewidths=0.4)
    panel.axes.clabel(lines, fontsize="xx-small", fmt="%g")


FIGURES = (
    Figure(
        id="iq-learn-surface",
        title="IQ-Learn's objective around its maximum, for one state and for two",
        caption=(
            r"What $J^*$ loses away from its maximum, for the divergence $\mathrm{KL}(\rho \| \rho_E)$, discount "
            f"{DISCOUNT}, enclosed by intervals at {POINTS} by {POINTS} points: it is concave, and nearly flat along "
            "$Q^* + c$ (dashed), where the policy stays the same. In the model of two states the values of the other "
            "state move by the mean of the two. Right: along the ridge both models lose the same."
        ),
        claims=("iq-prop-3-3", "iq-prop-3-4", "iq-prop-3-5"),
        data=Computation("iq-learn-surface", work, grid(model=tuple(TITLES))),
        draw=draw,
        wide=True,
        aspect=0.45,
    ),
)
