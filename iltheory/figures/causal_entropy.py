"""Maximum entropy of trajectories against maximum causal entropy: what is lost by hoping for good luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet
    from sims import TabularMDP

OPTIMISM = "maxent-vs-causal.optimism"
STAKES = {"gamble": 3, "garnet": 4}
"""The weight of the only feature."""
STATES, ACTIONS, STEPS = 8, 3, 8
"""Of the Garnet."""
LAWS = {"gibbs": "Gibbs law of trajectories", "causal": "maximum causal entropy"}
CHANCES = tuple(Fraction(k, 32) for k in range(33))


def model(name: str, chance: Fraction) -> TabularMDP:
    """A model whose outcomes are certain if ``chance`` is 0, exact; its reward is the feature.

    ``gamble``: action 0 stays where nothing is paid; action 1 leads to -1 with probability ``chance``, else to 1.
    ``garnet``: a deterministic Garnet in which every step leads to a uniformly random state with that probability.
    """
    from sims import TabularMDP, families

    if name == "gamble":
        go = [[[1, 0, 0], [0, 1 - chance, chance]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2]
        return TabularMDP(go, [[0, 0], [1, 1], [-1, -1]], [1, 0, 0], horizon=2)
    certain = families.garnet(STATES, ACTIONS, 1, horizon=STEPS, rng=2).to("rational")
    P = (1 - chance) * certain.transitions.dense() + chance / STATES
    return TabularMDP(P, certain.r, certain.mu, horizon=STEPS)


def work(cell: Cell) -> Mapping[str, Any]:
    """What the two laws do first, earn and promise, in intervals."""
    from iltheory.claims.registry import catalogue
    from iltheory.measures import causal_entropy, trajectory_gibbs
    from sims import arithmetic as ar

    featured, theta = model(cell["model"], Fraction(cell["chance"])).to("interval"), STAKES[cell["model"]]
    mdp = featured.with_rewards(theta * featured.r)
    gibbs, causal = trajectory_gibbs(mdp), mdp.soft_optimal(1)
    optimism = catalogue()[OPTIMISM]
    features = ar.reshape(featured.r, (1, *featured.r.shape[-2:]))
    hopes = optimism.evaluate(optimism.bind(featured, (features,), (ar.convert(theta, "interval"),)))
    return {
        "gibbs_first": enclosed(gibbs.policy[0, 0, 1]),
        "causal_first": enclosed(causal.policy[0, 0, 1]),
        "gibbs_value": enclosed(mdp.value(gibbs.policy)),
        "causal_value": enclosed(mdp.value(causal.policy)),
        "hoped": enclosed(hopes.lhs - hopes.rhs),
        "missed": enclosed(causal.value - mdp.value(gibbs.policy) - causal_entropy(mdp, gibbs.policy)),
        "verdict": {ar.HOLDS: "holds", ar.REFUTED: "refuted"}.get(int(hopes.verdicts), "undecided"),
    }


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """How often the gamble is taken, what it earns, and what is hoped for and missed in both models."""
    from iltheory.figures.sheet import PALE

    taken, earned, hoped = panels = sheet.panels(3)
    taken.named(x="chance to lose", y="probability", title="gamble taken")
    earned.named(x="chance to lose", y="expected reward", title="and what it earns")
    hoped.named(x="chance", y="nats", title="hopes")
    for law, label in LAWS.items():
        taken.curve(along(rows, "gamble", f"{law}_first"), label, marks=False)
        earned.curve(along(rows, "gamble", f"{law}_value"), label, marks=False)
    hoped.curves = len(LAWS)
    for name in STAKES:
        hoped.curve(along(rows, name, "hoped"), f"hoped for, {name}", marks=False)
        hoped.curve(along(rows, name, "missed"), f"missed, {name}", marks=False)
    earned.axes.axhline(0, color=PALE, linewidth=0.6)
    sheet.legend(panels, columns=3)


def along(rows: Sequence[Row], name: str, column: str) -> list[tuple[float, Any]]:
    """A curve of one model against its chance."""
    return [(float(Fraction(row["chance"])), row[column]) for row in rows if row["model"] == name]


FIGURES = (
    Figure(
        id="causal-entropy",
        title="Maximum entropy of trajectories and maximum causal entropy in stochastic models",
        caption=(
            f"A gamble for stakes of {STAKES['gamble']} against a sure 0: where outcomes are certain (a chance of "
            "0 or 1) the two laws agree; the Gibbs law of trajectories takes even a bad gamble, as if it could "
            "choose its luck. Right: the value it hopes for above the soft optimal one, and what its policy then "
            f"misses of that one, in the gamble and in a Garnet of {STATES} states that slips to a random state."
        ),
        claims=("maxent-vs-causal", "maxent-vs-causal.gamble", "maxent-vs-causal.indifferent", OPTIMISM),
        data=Computation(
            "causal-entropy", work, grid(model=tuple(STAKES), chance=tuple(str(chance) for chance in CHANCES))
        ),
        draw=draw,
        wide=True,
        aspect=0.45,
    ),
)
