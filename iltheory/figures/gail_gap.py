"""Certified duality gap of adversarial imitation against iterations, for every way to solve the games."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.figures.figure import FITTED, Figure
from iltheory.figures.rows import Row, enclosed, groups, points

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet
    from iltheory.games import OccupancyGame
    from sims import TabularMDP

STATES, ACTIONS, FEATURES = 8, 3, 6
DISCOUNT = Fraction(9, 10)
PAIRS = 16
"""Pairs (s, a) that the expert shows to GAIL; no policy has their law as its occupancy."""
WEIGHT = Fraction(1, 10)
ITERATIONS = 1024
TAIL = 6
"""Points at the end of a curve that its slope is fitted to."""

TITLES = {
    "jensen-shannon": r"GAIL, $\lambda = 0$",
    "entropy": rf"GAIL, $\lambda = {WEIGHT}$",
    "features": "simplex of features",
}
SOLVERS = {
    "mirror-descent": "mirror descent",
    "frank-wolfe": "Frank-Wolfe",
    "interior-point": "interior point",
    "extragradient": "extragradient",
    "multiplicative-weights": "multiplicative weights",
}
PLAYED = {
    "jensen-shannon": ("mirror-descent", "frank-wolfe", "interior-point"),
    "entropy": ("mirror-descent", "frank-wolfe", "interior-point"),
    "features": ("mirror-descent", "extragradient", "multiplicative-weights"),
}
FASTER = (("jensen-shannon", "interior-point"), ("entropy", "interior-point"), ("entropy", "frank-wolfe"))
"""Where the gap falls faster than any power of the iterations."""
THEORY = {
    ("jensen-shannon", "mirror-descent"): Fraction(-1, 2),
    ("jensen-shannon", "frank-wolfe"): Fraction(-1),
    ("entropy", "mirror-descent"): Fraction(-1, 2),
    ("features", "extragradient"): Fraction(-1),
    ("features", "multiplicative-weights"): Fraction(-1, 2),
}
"""Exponents of the gap that theory guarantees at least."""
ROOM = 0.1
"""Above and below the curves, for the triangles of slopes."""


def model() -> tuple[TabularMDP, Any, Any]:
    """A random model, an expert, and features in [-1, 1], all exact."""
    import numpy as np

    from sims import arithmetic as ar
    from sims import families

    mdp = families.garnet(STATES, ACTIONS, 3, discount=DISCOUNT, rng=0).to("rational")
    expert = ar.convert(families.random_policy((STATES, ACTIONS), 1), "rational")
    features = ar.asarray(np.random.default_rng(5).integers(-64, 65, (STATES, ACTIONS, FEATURES))) / 64
    return mdp, expert, features


def shown(occupancy: Any) -> Any:
    """The law of some pairs drawn from an occupancy."""
    import numpy as np

    from sims import arithmetic as ar

    law = ar.midpoint(occupancy).ravel()
    counts = np.random.default_rng(0).multinomial(PAIRS, law / law.sum())
    return ar.asarray(counts.reshape(occupancy.shape)) / PAIRS


def game(name: str) -> OccupancyGame:
    """One of the games of ``TITLES``."""
    from iltheory.games import DivergenceRewards, LinearRewards, OccupancyGame

    mdp, expert, features = model()
    occupancy = mdp.occupancy(expert)
    if name == "features":
        return OccupancyGame(mdp, occupancy, LinearRewards(features, "simplex"))
    return OccupancyGame(mdp, shown(occupancy), DivergenceRewards("jensen-shannon"), WEIGHT if name == "entropy" else 0)


def work(cell: Cell) -> Mapping[str, Any]:
    """Rigorous bounds on the value of a game after 1, 2, 4, ... iterations of a solver."""
    from iltheory.games import solve

    if cell["solver"] == "multiplicative-weights":
        return {"rows": [multiplicative_weights(2**k) for k in range(ITERATIONS.bit_length())]}
    found = solve(game(cell["game"]), method=cell["solver"], tolerance=0, iterations=ITERATIONS, trace=True)
    return {"rows": [bounded(point.iteration, point.primal.upper, point.dual.lower) for point in found.trace]}


def bounded(iteration: int, above: Any, below: Any) -> dict[str, Any]:
    """Bounds on the value from both sides, and how far they are apart."""
    return {"iteration": iteration, "above": enclosed(above), "below": enclosed(below), "gap": enclosed(above - below)}


def multiplicative_weights(iterations: int) -> dict[str, Any]:
    """MWAL with its rate for so many rounds, in intervals, and the bound of its theorem on the gap."""
    from iltheory.claims.syed_schapire_2007 import log_share, published_regret
    from iltheory.learners import mwal
    from iltheory.measures import per_step
    from sims import arithmetic as ar
    from sims.arithmetic import Enclosure

    exact, *shown = model()
    mdp, (expert, features) = exact.to("interval"), (ar.convert(x, "interval") for x in shown)
    found = mwal(mdp, expert, features, iterations=iterations)
    above, below = (Enclosure.of(-per_step(mdp, x)) for x in (found.margin, found.bound))
    theorem = Enclosure.of(4 * published_regret(log_share(mdp.mu, FEATURES, iterations)))
    verdict = "holds" if above.upper - below.lower <= theorem.lower else "undecided"
    return bounded(iterations, above.upper, below.lower) | {"bound": enclosed(theorem), "verdict": verdict}


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A panel a game, a curve a solver with its slope, slopes of theorems beside."""
    styles = {solver: style for style, solver in enumerate(SOLVERS)}
    panels = sheet.panels(len(TITLES))
    for panel, (name, of_game) in zip(panels, groups(rows, "game").items(), strict=True):
        panel.named(x="iterations", y="certified gap" if panel is panels[0] else "", title=TITLES[name], log="xy")
        tails = {}
        for solver, of_solver in groups(of_game, "solver").items():
            gaps, bounds = (points(of_solver, "iteration", side) for side in ("gap", "bound"))
            panel.curve(gaps, SOLVERS[solver], style=styles[solver])
            if bounds:
                panel.bound(bounds, r"$4 \Delta_T$, Syed and Schapire")
            if (name, solver) not in FASTER:
                tails[solver] = gaps[-TAIL:]
        panel.axes.margins(y=ROOM)
        for solver, tail in tails.items():
            if (name, solver) in THEORY:
                exponent = THEORY[name, solver]
                panel.slope(tail, exponent, below=exponent == -1)
        panel.exponents({styles[solver]: tail for solver, tail in tails.items()}, where="below")
    sheet.legend(panels, columns=3)


FIGURES = (
    Figure(
        id="gail-gap",
        title="Certified duality gap against iterations: GAIL without and with entropy, and matching of features",
        caption=(
            "Rigorous upper bounds on the duality gap of the best policy and reward so far, in a Garnet of "
            f"{STATES} states and {ACTIONS} actions. Left and middle: GAIL's game for {PAIRS} pairs of the expert, "
            f"which no policy matches. Right: rewards in the simplex of {FEATURES} features. Slopes are fitted to "
            f"the last {TAIL} points; triangles show what theory guarantees. Multiplicative weights are run anew "
            "for each number of rounds, at its rate." + FITTED
        ),
        claims=("ho-ermon-2016-ga-js", "ho-ermon-2016-apprenticeship.simplex", "syed-schapire-2007-mwal"),
        data=Computation(
            "gail-gap", work, [{"game": game, "solver": solver} for game in TITLES for solver in PLAYED[game]]
        ),
        draw=draw,
        wide=True,
        aspect=0.6,
    ),
)
