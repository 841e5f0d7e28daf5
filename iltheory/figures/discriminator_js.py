"""What a trained discriminator finds, beside twice the Jensen-Shannon divergence less log 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from iltheory.figures.sheet import Sheet
    from sims import TabularMDP

STATES, ACTIONS = 6, 3
DISCOUNT = Fraction(9, 10)
SHARES = tuple(Fraction(k, 12) for k in range(1, 13))
"""How much of the learner is its own policy; the rest is the expert's."""
SEEDS = (0, 1)
CLASSES = {"table": "a logit a pair", "states": "a logit a state", "features": "two features"}


def problem(seed: int, share: Fraction) -> tuple[TabularMDP, Any, Any]:
    """A random model, an expert and a learner that take every action, exact."""
    import numpy as np

    from sims import arithmetic as ar
    from sims import families

    rng = np.random.default_rng(seed)
    mdp = families.garnet(STATES, ACTIONS, 3, discount=DISCOUNT, rng=rng).to("rational")
    laws = (ar.convert(families.random_policy((STATES, ACTIONS), rng, law="spiky"), "rational") for _ in range(2))
    expert, own = ((31 * pi + Fraction(1, ACTIONS)) / 32 for pi in laws)
    return mdp, expert, (1 - share) * expert + share * own


def basis(name: str, seed: int) -> NDArray[Any]:
    """Columns whose combinations are the logits of a class, ``[S * A, k]``."""
    import numpy as np

    if name == "table":
        return np.eye(STATES * ACTIONS)
    if name == "states":
        return np.kron(np.eye(STATES), np.ones((ACTIONS, 1)))
    return np.random.default_rng((seed, 1)).choice([-1.0, 1.0], (STATES * ACTIONS, 2))


def trained(d: NDArray[Any], e: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Logits ``[S, A]`` that maximise ``E_d log D + E_e log(1 - D)`` in floats: logistic regression."""
    import numpy as np
    from scipy.optimize import minimize

    first, second = d.ravel(), e.ravel()

    def loss(weights: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        logits = columns @ weights
        value = first @ np.logaddexp(0, -logits) + second @ np.logaddexp(0, logits)
        return float(value), columns.T @ ((first + second) / (1 + np.exp(-logits)) - first)

    start = np.zeros(columns.shape[1])
    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-12})
    return np.asarray((columns @ found.x).reshape(d.shape))


def work(cell: Cell) -> Mapping[str, Any]:
    """What the discriminator found and what none exceeds, in balls of 128 bits."""
    from iltheory.claims.ho_ermon_2016_regulariser import best_discrimination, discrimination
    from sims import arithmetic as ar

    mdp, expert, learner = problem(cell["seed"], Fraction(cell["share"]))
    d, e = (ar.midpoint(mdp.occupancy(pi)) for pi in (learner, expert))
    logits = trained(d, e, basis(cell["class"], cell["seed"]))
    ball = mdp.to("ball", bits=128)
    pi, pi_e, x = (ar.convert(numbers, "ball", bits=128) for numbers in (learner, expert, logits))
    best = best_discrimination(ball, pi_e, pi)
    found = discrimination(ball, pi_e, pi, 1 / (1 + ar.exp(-x)))
    verdict = {ar.HOLDS: "holds", ar.REFUTED: "refuted"}.get(int((found <= best).verdicts), "undecided")
    return {"best": enclosed(best), "found": enclosed(found), "missed": enclosed(best - found), "verdict": verdict}


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """Found against best: a table of logits on the diagonal, smaller classes below."""
    from iltheory.figures.sheet import COLOURS, MARKERS

    (panel,) = sheet.panels()
    panel.named(x=r"$2\, \mathrm{JSD}(\rho_\pi, \rho_E) - \log 4$", y="found by training")
    best = [row["best"].middle for row in rows]
    panel.bound([(end, end) for end in (min(best), max(best))], "equality")
    for style, (name, of_class) in enumerate(groups(rows, "class").items()):
        x, y = ([row[side].middle for row in of_class] for side in ("best", "found"))
        panel.axes.plot(
            x, y, linestyle="", marker=MARKERS[style], color=COLOURS[style], markeredgewidth=0, label=CLASSES[name]
        )
    panel.legend(columns=2)


FIGURES = (
    Figure(
        id="discriminator-js",
        title="What trained discriminators find, and twice the Jensen-Shannon divergence less log 4",
        caption=(
            "Discriminators between an expert and learners that are mixtures of it and another policy, in Garnets "
            f"of {STATES} states and {ACTIONS} actions, trained from zero by a quasi-Newton method and evaluated "
            "in balls of 128 bits. A logit for every pair finds the divergence, smaller classes see less; none "
            "exceeds it."
        ),
        claims=("ho-ermon-2016-ga-js", "ho-ermon-2016-ga-js.optimal", "airl-2018-discriminator"),
        data=Computation(
            "discriminator-js",
            work,
            grid(**{"class": tuple(CLASSES), "seed": SEEDS, "share": tuple(str(share) for share in SHARES)}),
        ),
        draw=draw,
        aspect=0.9,
    ),
)
