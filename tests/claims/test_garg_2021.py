"""Closed forms of the catalogue for IQ-Learn and LS-IQ, and how the printed statements fail."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.claims import al_hafez_2023, al_hafez_2023_absorbing, garg_2021_experiments
from iltheory.claims.garg_2021 import ALWAYS
from iltheory.claims.garg_2021_concavity import ALONG, best_response_chi2, concavity, concavity_chi2, high
from iltheory.claims.kinds import InvalidInstance
from iltheory.claims.registry import find
from iltheory.engine.evaluate import decide
from iltheory.engine.worlds import LAWS, RandomWorld
from iltheory.measures import CHI2, inverse_soft_dual, inverse_soft_objective
from sims import arithmetic as ar
from sims.arithmetic import REFUTED

IDS = (
    *("iq-lemma-3-1", "iq-lemma-3-2", "iq-prop-3-3", "iq-prop-3-4", "iq-prop-3-5", "iq-phi-table", "iq-chi2"),
    *("iq-telescoping", "iq-offline", "iq-state-only", "iq-continuous", "iq-experiments"),
    *("lsiq-mixture-chi2", "lsiq-least-squares", "lsiq-absorbing"),
)


@pytest.mark.parametrize("id", IDS)
def test_every_item_of_the_catalogue_is_a_claim(id):
    assert find(id)[0].id == id


def test_softmax_is_no_best_response_for_chi2_at_high_rewards():
    mdp, expert, pi, q = (x.to("ball") if hasattr(x, "to") else ar.convert(x, "ball") for x in high(ALWAYS))
    e = mdp.occupancy(expert)
    assert float(inverse_soft_objective(mdp, e, pi, q, CHI2.utility)) == -4.0
    assert float(inverse_soft_dual(mdp, e, q, CHI2.utility)) == pytest.approx(-3.54277, abs=5e-6)


def test_chi2_objective_is_not_concave_at_high_rewards():
    mdp, expert, q = (x.to("ball") if hasattr(x, "to") else ar.convert(x, "ball") for x in high())
    e, v = mdp.occupancy(expert), ar.convert(ar.asarray([list(ALONG)]), "ball")
    middle, *ends = (float(inverse_soft_dual(mdp, e, x, CHI2.utility)) for x in (q, q + v, q - v))
    assert middle == pytest.approx(-3.5427739909, abs=1e-9)
    assert sum(ends) / 2 == pytest.approx(-3.5401869754, abs=1e-9)


@pytest.mark.parametrize("size", [Fraction(1, 100), Fraction(1, 10), Fraction(1)])
def test_curvature_turns_positive_exactly_beyond_two_over_gamma(size):
    """Along the direction the second derivative is ``Var(v) ((r/2 - 1) gamma - (1 - gamma))``."""
    gamma = Fraction(9, 10)
    for reward, sign in ((2 / gamma + 1, 1), (2 / gamma - 1, -1)):
        mdp, expert, _ = high()
        top = ar.convert(reward, "ball") + gamma * ar.log(ar.convert(2, "ball"))
        level = top / (1 - gamma)
        mdp = mdp.to("ball")
        values = ar.stack([ar.stack([level, level])])
        keep = ar.asarray([[gamma * size / 100, (1 - gamma / 2) * 2 * size / 100]])
        e = mdp.occupancy(ar.convert(expert, "ball"))
        v = ar.convert(keep, "ball")
        middle, up, down = (inverse_soft_dual(mdp, e, x, CHI2.utility) for x in (values, values + v, values - v))
        bend = float((up + down) / 2 - middle)
        assert bend * sign > 0


@pytest.mark.parametrize("variant", [best_response_chi2, concavity_chi2], ids=lambda v: v.id)
def test_printed_statements_fail_at_random_where_the_repaired_ones_hold(variant):
    rng, refuted = np.random.default_rng(0), 0
    for law in LAWS:
        for _ in range(6):
            instance = RandomWorld(law).draw(variant, rng, 64)
            scaled = {n: 6 * v if n in ("q", "first", "second") else v for n, v in instance.items()}
            refuted += int(np.sum(decide(variant, scaled, 64).verdicts == REFUTED))
    assert refuted > 0
    if variant is concavity_chi2:
        assert not np.any(decide(concavity, instance, 64).verdicts == REFUTED)


def test_steps_of_every_size_lower_the_objective():
    claim = find("iq-continuous")[0]
    mdp, expert, pi, q, _ = claim.tight().instance
    for step in (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)):
        assert claim(
            *(x.to("ball") if hasattr(x, "to") else ar.convert(x, "ball") for x in (mdp, expert, pi, q)),
            ar.convert(step, "ball"),
        ).all()


def test_quoted_returns_are_the_papers():
    table = garg_2021_experiments.RETURNS
    assert all(len(row) == len(garg_2021_experiments.TASKS) == 5 for row in table.values())
    ratios = [Fraction(a) / Fraction(b) for a, b in zip(table["IQ-Learn"], table["expert"], strict=True)]
    assert float(min(ratios)) == pytest.approx(0.928, abs=5e-4)
    assert ratios.index(min(ratios)) == garg_2021_experiments.TASKS.index("Ant")
    for task in range(1, 6):
        assert garg_2021_experiments.published_near_expert(task).all()
        for other in range(1, 4):
            assert garg_2021_experiments.published_ordering(task, other).all()


def test_a_row_beyond_the_table_is_refused():
    with pytest.raises(InvalidInstance, match="task = 6 must be at most 5"):
        garg_2021_experiments.published_near_expert(6)


def test_masked_return_of_an_episode_of_length_l():
    """Going on surely for L - 1 steps and then stopping is worth ``(1 - g^L) / (1 - g)`` with masking."""
    discount, length = Fraction(1, 2), 4
    mdp = al_hafez_2023_absorbing.episodes(ar.asarray(discount), after=0).with_end(horizon=length)
    go = al_hafez_2023_absorbing.stopping(ar.asarray(Fraction(0)))
    alive = mdp.state_occupancy(go)[..., 0]
    paid = sum(discount**h * Fraction(alive[h]) for h in range(length))
    assert paid == (1 - discount**length) / (1 - discount)


def test_mixture_rewards_stay_small_where_the_experts_blow_up():
    rare = Fraction(1, 10**6)
    d, e = ar.asarray([Fraction(1, 2)] * 2), ar.asarray([rare, 1 - rare])
    bounded = al_hafez_2023.best_reward(d, e, ar.asarray(Fraction(1, 2)))
    assert abs(float(bounded[0])) < 2
    assert float(CHI2.reward(d, e)[0]) == pytest.approx(-1e6, rel=1e-4)
