"""A fault is planted in what each figure is computed from: its rows must show it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import cosh, sinh
from typing import Any

import pytest

import iltheory as il
from iltheory.claims import rajaraman_2020_mimic
from iltheory.engine import comparison
from iltheory.experiments.experiment import Outcome
from iltheory.figures import discriminator_js, figures, gail_gap, iq_learn_gap
from iltheory.figures.rows import encoded, points, read
from iltheory.learners import gail
from iltheory.learners.online import FollowTheLeader

REGISTRY, COMPARISON = "iltheory.claims.registry.catalogue", "iltheory.engine.comparison.compare"
MEASURES = "iltheory.measures"


def variant(id):
    """A claim that is known to be false."""
    return next(false for false in il.catalogue()[id.partition("/")[0]].false_variants if false.id == id)


def among(false):
    """The catalogue, where a claim is replaced by a false one."""
    claim = il.catalogue()[false.id.partition("/")[0]]
    return lambda: {**il.catalogue(), claim.id: replace(false, id=claim.id, tight=claim.tight)}


def refuted(rows):
    return any(row.get("verdict") == "refuted" for row in rows)


def not_held(rows):
    return any(row["verdict"] != "holds" for row in rows)


COMPARE, PROCESS_BOUND, OCCUPANCY_TV = comparison.compare, rajaraman_2020_mimic.process_bound, il.occupancy_tv
BOUNDED, TRAINED = gail_gap.bounded, discriminator_js.trained


def only_dagger(*problem, **options):
    """The comparison of learners, of which all but one take their time."""
    return COMPARE(*problem, **options | {"only": ("DAgger",)})


def halved(*problem, **options):
    """Bounds that are half of the gaps."""
    for row in only_dagger(*problem, **options):
        yield replace(row, bounds={row.theorem: row.gap / 2})


def too_sure(iteration, above, below):
    """A dual value that is 1/10 too large."""
    return BOUNDED(iteration, above, below + Fraction(1, 10))


def takes_gambles_as_it_should(rows):
    """A trajectory weighs the exponential of its reward, 3 if the gamble is won, -3 if it is lost."""
    (row,) = rows
    p = float(Fraction(row["chance"]))
    weight = cosh(3) + (1 - 2 * p) * sinh(3)
    return abs(row["gibbs_first"].middle - weight / (1 + weight)) < 1e-12


FAULTS: dict[str, tuple[str, str, Any, Any]] = {
    "horizon-scaling": (
        "cloning pays linearly", "iltheory.claims.ross_bagnell_2010.supervised_bound",
        lambda: variant("ross-bagnell-2010-thm-2-1/linear-in-h"), refuted,
    ),
    "sample-complexity": (
        "one step too many", "iltheory.claims.rajaraman_2020_reset.survived",
        lambda: lambda error, horizon: sum((1 - error) ** h for h in range(horizon)),
        lambda rows: any(row["closed form"] == "refuted" for row in rows),
    ),
    "known-transitions": (
        "a whole horizon less", "iltheory.claims.rajaraman_2020_mimic.process_bound",
        lambda: lambda mdp, samples, horizon: PROCESS_BOUND(mdp, samples, horizon) / horizon, refuted,
    ),
    "recoverability": (
        "DAgger does not pay for the horizon", "iltheory.claims.dagger_2011.on_policy_bound",
        lambda: variant("dagger-2011-thm-2-2/no-horizon"), refuted,
    ),
    "log-loss-horizon": (
        "half the constant", "iltheory.claims.foster_2024.horizon_free_sharp",
        lambda: variant("foster-2024-thm-2-1.sharp/half-the-constant"), refuted,
    ),
    "learners-beside-bounds": ("bounds of half the gaps", COMPARISON, lambda: halved, refuted),
    "occupancy-maps": (
        "the expert compared with itself", "iltheory.occupancy_tv",
        lambda: lambda mdp, expert, learner: OCCUPANCY_TV(mdp, expert, expert), refuted,
    ),
    "dagger-regret": (
        "Hedge does not hedge", "iltheory.learners.online.FollowTheRegularizedLeader",
        lambda: lambda rate, kind: FollowTheLeader(), refuted,
    ),
    "gail-gap": (
        "a bound that is not one", "iltheory.figures.gail_gap.bounded", lambda: too_sure,
        lambda rows: any(row["gap"].upper < 0 for row in rows),
    ),
    "iq-learn-gap": (
        "steps that are too long", "iltheory.figures.iq_learn_gap.STEP_R", lambda: 16,
        lambda rows: float(rows[-1]["gap"].upper) > 0.01 * float(rows[0]["gap"].upper),
    ),
    "iq-learn-surface": (
        "another divergence", f"{MEASURES}.REVERSE_KL", lambda: il.measures.F_DIVERGENCES["chi2"],
        lambda rows: dict(points(rows, "ridge", "lost"))[0].upper > Fraction(1, 10**9),
    ),
    "entropy-bias": (
        "64 times the weight", "iltheory.learners.gail",
        lambda: lambda *problem, entropy_weight: gail(*problem, entropy_weight=64 * entropy_weight), not_held,
    ),
    "causal-entropy": (
        "the other law", f"{MEASURES}.trajectory_gibbs", lambda: lambda mdp: mdp.soft_optimal(1),
        lambda rows: not takes_gambles_as_it_should(rows),
    ),
    "discriminator-js": (
        "logits of twice their size", "iltheory.figures.discriminator_js.trained",
        lambda: lambda *arguments: 2 * TRAINED(*arguments),
        lambda rows: rows[0]["missed"].lower > Fraction(1, 1000),
    ),
    "f-divergences": (
        "half of the bound", REGISTRY, lambda: among(variant("xu-2020-gail-js.chi2/half-of-it")), refuted,
    ),
    "tightness": (
        "linear in H", REGISTRY, lambda: among(variant("ross-bagnell-2010-thm-2-1/linear-in-h")), refuted,
    ),
    "scale-atari": ("bounds of half the gaps", COMPARISON, lambda: halved, refuted),
    "scale-mujoco": ("bounds of half the gaps", COMPARISON, lambda: halved, refuted),
}  # fmt: skip
"""By figure: what is wrong, where, with what in its place, and how the rows show it."""
CELLS = {
    "horizon-scaling": {"family": "cliff", "horizon": 32},
    "sample-complexity": {"states": 10, "horizon": 4, "samples": 50},
    "known-transitions": {"horizon": 256},
    "recoverability": {"detour": 8, "horizon": 32},
    "log-loss-horizon": {"pays": "every step", "parts": "first step", "horizon": 8},
    "learners-beside-bounds": {"world": "Garnet", "horizon": 5, "trajectories": 2, "seed": 0},
    "occupancy-maps": {"world": "CliffWalking", "horizon": 14, "seed": 0},
    "dagger-regret": {"problem": "cycle", "online": "entropic", "iterations": 12},
    "gail-gap": {"game": "jensen-shannon", "solver": "interior-point"},
    "iq-learn-gap": {"divergence": "reverse-kl", "solver": "gradient-r"},
    "iq-learn-surface": {"model": "one state"},
    "entropy-bias": {"temperature": "1", "weight": "1/1024"},
    "causal-entropy": {"model": "gamble", "chance": "1/4"},
    "discriminator-js": {"class": "table", "seed": 0, "share": "1/2"},
    "f-divergences": {"pairs": "coins", "tilt": "1/2"},
    "tightness": {"claim": "ross-bagnell-2010-thm-2-1", "learners": "deterministic", "seed": 0},
    "scale-atari": {"table": "Garnet", "horizon": 4, "seed": 0},
    "scale-mujoco": {"table": "Garnet", "horizon": 4, "seed": 0},
}


def rows_of(id):
    cell = CELLS[id]
    found = encoded([Outcome(cell, figures()[id].data.work(cell), 0.0)])
    return [{name: read(value) for name, value in row.items()} for row in found]


def test_every_figure_has_a_fault_planted():
    assert FAULTS.keys() == CELLS.keys() == figures().keys()


@pytest.mark.parametrize("id", FAULTS)
def test_the_rows_show_it(id, monkeypatch):
    _, where, wrong, shown = FAULTS[id]
    monkeypatch.setattr(iq_learn_gap, "ITERATIONS", 64)
    monkeypatch.setattr(COMPARISON, only_dagger)
    assert not shown(rows_of(id))
    monkeypatch.setattr(where, wrong())
    assert shown(rows_of(id))


@pytest.mark.parametrize("id", ["scale-atari", "scale-mujoco"])
def test_what_is_refuted_at_scale_is_refuted_in_the_figure(id):
    sides = {"gaps": {"DAgger": 2.0}, "bounds": {"DAgger": 1.0}, "verdicts": {"DAgger": "refuted"}}
    outcome = Outcome({}, {**sides, "gap": ["2", "3"], "bound": ["0", "1"], "mean": 2.5, "outcome": "refuted"}, 0.0)
    first = next(iter(figures()[id].scale.values()))
    assert refuted(first(outcome))
