"""Certified duality gap of IQ-Learn against iterations: one ascent, in Q or in rewards, or a game of two players."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.gail_gap import ACTIONS, ITERATIONS, STATES, bounded, model
from iltheory.figures.rows import Row, groups, points

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet
    from iltheory.games import OccupancyGame
    from iltheory.games.iterate import Iterate
    from iltheory.measures import FDivergence

SOLVERS = {
    "gradient-q": "gradient of $Q$",
    "gradient-r": "gradient of $r$",
    "newton-r": "Newton, $r$",
    "mirror-descent": "mirror descent",
    "frank-wolfe": "Frank-Wolfe",
    "interior-point": "interior point",
}
TITLES = {"reverse-kl": r"$\mathrm{KL}(\rho \| \rho_E)$", "chi2": r"$\chi^2(\rho \| \rho_E)$"}
STEP_Q, STEP_R = 8, 4
"""Lengths of the steps of the two gradient methods; with 16 neither converges."""


def gradient_of_q(game: OccupancyGame, phi: FDivergence) -> Iterator[Iterate]:
    """Climb ``J*(Q)``, as IQ-Learn does.

    With ``w = e phi'(T* Q)`` its gradient is ``w(s, a) - pi_Q(a|s) ((1 - gamma) mu + gamma P' w)(s)``.
    """
    import numpy as np

    from iltheory.games.iterate import Iterate
    from iltheory.measures import inverse_soft_optimality, soft_best_policy

    mdp, e = game.mdp, np.asarray(game.target)
    q = np.zeros(e.shape)
    while True:
        pi, r = soft_best_policy(mdp, q), inverse_soft_optimality(mdp, q)
        yield Iterate(pi, r, np.inf, np.nan)
        w = e * phi.slope(r)
        q = q + STEP_Q * (w - pi * (w.sum(-1) - mdp.flow_residual(w))[:, None])


def gradient_of_rewards(game: OccupancyGame, phi: FDivergence) -> Iterator[Iterate]:
    """Climb the same objective as a function of rewards: its gradient is ``e phi'(r) - d`` of the soft optimum."""
    import numpy as np

    from iltheory.games.iterate import Iterate

    mdp, e = game.mdp, np.asarray(game.target)
    r = np.zeros(e.shape)
    while True:
        pi = mdp.with_rewards(r).soft_optimal(1).policy
        yield Iterate(pi, r, np.inf, np.nan)
        r = np.minimum(r + STEP_R * (e * phi.slope(r) - mdp.occupancy(pi)), phi.high)


ASCENTS = {"gradient-q": gradient_of_q, "gradient-r": gradient_of_rewards}


def work(cell: Cell) -> Mapping[str, Any]:
    """Rigorous bounds on the value of the game after 1, 2, 4, ... iterations; of Newton's method at its end."""
    from iltheory.games import DivergenceRewards, OccupancyGame, bounds, exact_policy, solve
    from iltheory.learners import iq_learn
    from iltheory.measures import F_DIVERGENCES
    from sims import arithmetic as ar

    mdp, expert, _ = model()
    game = OccupancyGame(mdp, mdp.occupancy(expert), DivergenceRewards(cell["divergence"]), 1)
    if cell["solver"] == "newton-r":
        found = iq_learn(mdp, expert, divergence=cell["divergence"])
        end = bounds(game, exact_policy(ar.midpoint(found.policy)), found.reward)
        return bounded(found.steps, end.primal.upper, end.dual.lower)
    if cell["solver"] in ASCENTS:
        iterates = ASCENTS[cell["solver"]](game.to("float64"), F_DIVERGENCES[cell["divergence"]])
        return {"rows": list(looked_at(game, iterates))}
    trace = solve(game, method=cell["solver"], tolerance=0, iterations=ITERATIONS, trace=True).trace
    return {"rows": [bounded(point.iteration, point.primal.upper, point.dual.lower) for point in trace]}


def looked_at(game: OccupancyGame, iterates: Iterator[Iterate]) -> Iterator[dict[str, Any]]:
    """The best bounds after 1, 2, 4, ... iterations."""
    from itertools import islice

    from iltheory.games.saddle import certify

    rigorous, best = game.to("interval"), None
    for count, iterate in enumerate(islice(iterates, ITERATIONS), 1):
        if count.bit_count() == 1:
            best = certify(rigorous, iterate, best)
            yield bounded(count, best.primal.upper, best.dual.lower)


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A panel a divergence, a curve a solver."""
    panels = sheet.panels(len(TITLES), sharey=True)
    for panel, (divergence, of_game) in zip(panels, groups(rows, "divergence").items(), strict=True):
        panel.named(x="iterations", y="certified gap" if panel is panels[0] else "", title=TITLES[divergence], log="xy")
        for solver, of_solver in groups(of_game, "solver").items():
            panel.curve(points(of_solver, "iteration", "gap"), SOLVERS[solver])
    sheet.legend(panels, columns=3)


FIGURES = (
    Figure(
        id="iq-learn-gap",
        title="Certified duality gap of IQ-Learn against iterations",
        caption=(
            f"Rigorous upper bounds on what the best policy and reward so far may lack, in a Garnet of {STATES} "
            f"states and {ACTIONS} actions with an exact expert: the least divergence less entropy of a policy, "
            "minus the largest $J^*(Q)$. The ascents (of $Q$, of $r$) move one function; the others play the same "
            "game with two players. Newton's method shows where it ends."
        ),
        claims=("iq-prop-3-3", "iq-prop-3-3.weak", "iq-prop-3-5", "iq-prop-3-5.in-rewards"),
        data=Computation("iq-learn-gap", work, grid(divergence=tuple(TITLES), solver=tuple(SOLVERS))),
        draw=draw,
        wide=True,
        aspect=0.5,
    ),
)
