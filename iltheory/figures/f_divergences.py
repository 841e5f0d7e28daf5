"""What a small divergence of occupancies promises: the largest value gap against each f-divergence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from iltheory.experiments.tables import grid
from iltheory.figures.figure import Figure
from iltheory.figures.rows import Row, enclosed, groups

if TYPE_CHECKING:
    from iltheory.figures.sheet import Sheet

BITS = 128
STATES, ACTIONS, DISCOUNT, PAIRS = 4, 2, Fraction(9, 10), 25
SHARES = ("1", "1/4", "1/16", "1/64")
"""Of a random policy in the learner; the rest is the expert."""
TILTS = ("1/64", "1/32", "1/16", "1/8", "1/4", "1/2", "3/4", "7/8")
MIXTURE, HELLINGER = "xu-2020-gail-js.mixture-chi2", "lsiq-mixture-chi2.hellinger"
MATCHING = {
    "forward-kl": "xu-2020-gail-js.kl",
    "reverse-kl": "xu-2020-gail-js.kl",
    "jensen-shannon": "xu-2020-gail-js",
    "squared-hellinger": MIXTURE,
    "chi2": "xu-2020-gail-js.chi2",
    "mixture-chi2": MIXTURE,
}
"""The claim about each divergence: the relative entropy in either direction, the squared Hellinger distance by way of
chi2 of the mixture, which it bounds."""
PANELS = {
    "forward-kl": r"$\mathrm{KL}(d_E \,\|\, d)$",
    "reverse-kl": r"$\mathrm{KL}(d \,\|\, d_E)$",
    "jensen-shannon": r"$\mathrm{JSD}(d_E, d)$",
    "squared-hellinger": r"$D_H^2(d_E, d)$",
    "chi2": r"$\chi^2(d_E \,\|\, d)$",
    "mixture-chi2": r"$\chi^2(d_E \,\|\, \frac{1}{2}(d_E + d))$",
}


def work(cell: Cell) -> Mapping[str, Any]:
    """For some pairs and each divergence: its size, the largest gap, and what the claim allows."""
    drawn = _random(cell) if cell["pairs"] == "random" else _coins(cell)
    return {"rows": [row for mdp, expert, learner in drawn for row in _rows(mdp, expert, learner)]}


def _random(cell: Cell) -> Iterator[tuple[Any, ...]]:
    """Random models and experts, and learners some way from them towards another random policy."""
    import numpy as np

    from sims import arithmetic as ar
    from sims import families

    rng, share = np.random.default_rng(cell["seed"]), Fraction(cell["share"])
    for _ in range(PAIRS):
        mdp = families.random_dense(STATES, ACTIONS, discount=DISCOUNT, rng=rng).to("rational")
        expert, other = (ar.convert(families.random_policy((STATES, ACTIONS), rng), "rational") for _ in range(2))
        yield mdp, expert, (1 - share) * expert + share * other


def _coins(cell: Cell) -> Iterator[tuple[Any, ...]]:
    """One state and two actions: an expert with a tilted coin, learners with a fair and an oppositely tilted one."""
    from iltheory.claims.xu_2020 import bandit

    fair, tilt = Fraction(1, 2), Fraction(cell["tilt"]) / 2
    for learner in (fair, fair - tilt):
        yield bandit(fair + tilt, learner, (1, -1))[:3]


def _rows(mdp: Any, expert: Any, learner: Any) -> Iterator[dict[str, Any]]:
    """A row a divergence. The rewards 1 and -1 that tell the occupancies apart best make every gap count twice."""
    from iltheory import measures
    from iltheory.claims.al_hafez_2023 import mixture_chi2
    from sims import arithmetic as ar

    reward = 2 * measures.separating_reward(mdp, expert, learner) - 1
    there, back = (mdp, expert, learner, reward), (mdp, learner, expert, reward)
    exact = [ar.reshape(mdp.occupancy(policy), (-1,)) for policy in (expert, learner)]
    e, d = (ar.convert(law, ar.Ball(BITS)) for law in exact)
    sizes = {
        "forward-kl": measures.kl_divergence(e, d),
        "reverse-kl": measures.kl_divergence(d, e),
        "jensen-shannon": measures.jensen_shannon_divergence(e, d),
        "squared-hellinger": measures.squared_hellinger(e, d),
        "chi2": measures.chi2_divergence(e, d),
        "mixture-chi2": mixture_chi2(d, e),
    }
    for name, size in sizes.items():
        gap2, bound2, verdict = _sides(MATCHING[name], back if name == "reverse-kl" else there)
        if name == "squared-hellinger":  # the claim about the mixture, and then another about laws
            _, hellinger2, second = _sides(HELLINGER, exact[::-1])
            bound2, verdict = 4 * hellinger2, verdict if verdict == second else f"{verdict}, {second}"
        gap, bound = (ar.sqrt(ar.convert(side, ar.Ball(BITS))) / 2 for side in (gap2, bound2))
        attained = ar.Enclosure.of(gap2).compare("==", bound2) == ar.HOLDS
        yield {
            "divergence": name, "size": enclosed(size), "gap": enclosed(gap), "bound": enclosed(bound),
            "verdict": verdict, "attained": attained,
        }  # fmt: skip


def _sides(id: str, values: Sequence[Any]) -> tuple[Any, Any, str]:
    """Both sides of a claim, exact or in balls, and what the claim's own comparison says."""
    from iltheory.claims.registry import catalogue
    from iltheory.engine.evaluate import decide, exact_sides
    from sims.arithmetic import HOLDS, REFUTED

    claim = catalogue()[id]
    instance = claim.bind(*values)
    verdict = {HOLDS: "holds", REFUTED: "refuted"}.get(int(decide(claim, instance, 1).verdicts[0]), "undecided")
    return *exact_sides(claim, instance), verdict


def draw(rows: Sequence[Row], sheet: Sheet) -> None:
    """A panel a divergence: pairs as dots below the claim's curve, coins as rings, stars where both sides are equal."""
    from iltheory.figures.sheet import COLOURS

    panels = sheet.panels(3, 2, sharey=True)
    looks: dict[str, dict[str, Any]] = {
        "random": {"label": "random pairs", "color": COLOURS[0], "s": 4, "alpha": 0.7, "linewidths": 0},
        "coins": {"label": "tilted coins", "edgecolor": COLOURS[1], "s": 12, "facecolor": "none", "linewidths": 0.7},
    }
    for i, (panel, (name, of_name)) in enumerate(zip(panels, groups(rows, "divergence").items(), strict=True)):
        for pairs, some in groups(of_name, "pairs").items():
            sizes, gaps = ([row[side].middle for row in some] for side in ("size", "gap"))
            panel.axes.scatter(sizes, gaps, zorder=2, **looks[pairs])
        panel.bound(sorted((row["size"].middle, row["bound"]) for row in of_name), "bound")
        panel.attained([(row["size"].middle, row["gap"]) for row in of_name if row["attained"]])
        panel.named(x=PANELS[name], y="largest gap" if i % 3 == 0 else "", log="xy")
    sheet.legend(panels, columns=4)


FIGURES = (
    Figure(
        id="f-divergences",
        title="What a small divergence of occupancies promises",
        caption="The largest gap of values over rewards in [0, 1], times $1 - \\gamma$, against divergences of the "
        f"discounted occupancies of an expert and a learner: {len(SHARES) * PAIRS} random pairs, and coins that come "
        "close to the bounds. Where both sides are equal there is a star.",
        claims=tuple(dict.fromkeys([*MATCHING.values(), HELLINGER])),
        data=Computation(
            "f-divergences",
            work,
            [*grid(pairs=("random",), share=SHARES, seed=(0,)), *grid(pairs=("coins",), tilt=TILTS)],
        ),
        draw=draw,
        wide=True,
        aspect=0.6,
    ),
)
