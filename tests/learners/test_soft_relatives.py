"""SQIL, LS-IQ and ValueDICE: fixed points, identities and the bugs of published implementations."""

from __future__ import annotations

import numpy as np
import pytest

from iltheory.learners import NoFiniteValue, ls_iq, sqil, value_dice
from iltheory.learners.ls_iq import MIXTURE_CHI2
from iltheory.learners.sqil import EXPERT_TO_MIXTURE
from iltheory.measures import (
    causal_entropy,
    chi2_divergence,
    expected_next,
    kl_divergence,
    occupancy_kl,
    per_step,
    soft_best_v,
    squared_soft_error,
    start_value,
    value_dice_objective,
)
from sims import TabularMDP, families
from sims import arithmetic as ar
from sims.errors import InvalidArgument

DISCOUNTED = {"n_states": 6, "n_actions": 3, "branching": 2, "discount": 0.9}
FINITE = {"n_states": 6, "n_actions": 3, "branching": 2, "horizon": 5}
BOTH = pytest.mark.parametrize("sizes", [DISCOUNTED, FINITE], ids=["discounted", "finite"])


def task(sizes: dict, rng: int = 1) -> tuple[TabularMDP, np.ndarray]:
    mdp = families.garnet(**sizes, rng=rng)
    shape = (*([mdp.horizon] if mdp.horizon else []), mdp.n_states)
    return mdp, np.random.default_rng(rng).dirichlet(np.ones(mdp.n_actions), size=shape)


def flat(mdp: TabularMDP, pi) -> np.ndarray:
    return mdp.occupancy(pi).ravel() / (mdp.horizon or 1)


def entropy(mdp: TabularMDP, pi) -> float:
    return float(per_step(mdp, causal_entropy(mdp, pi)))


def nearby(pi: np.ndarray) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [(1 - w) * pi + w * rng.dirichlet(np.ones(pi.shape[-1]), size=pi.shape[:-1]) for w in (1e-3, 0.1, 1)]


@pytest.mark.parametrize("divergence", [EXPERT_TO_MIXTURE, MIXTURE_CHI2], ids=lambda d: d.name)
def test_utilities_belong_to_their_divergences(divergence):
    rng = np.random.default_rng(0)
    d, e = rng.dirichlet(np.ones(4), size=(2, 100))
    r = divergence.reward(d, e)
    worth = (e * divergence.utility(r) - d * r).sum(-1)
    assert np.allclose(worth, divergence(d, e, axes=1), atol=1e-13)
    assert np.allclose(divergence.slope(r), d / e, rtol=1e-10)
    h = 1e-6
    falls = (divergence.reward(d + h, e) - divergence.reward(d - h, e)) / (2 * h)
    assert np.allclose(-falls, divergence.curvature(d, e), rtol=1e-4)
    one = divergence.reward(np.ones(1), np.ones(1))
    assert one == divergence.neutral


# SQIL.


@BOTH
def test_sqil_is_the_soft_optimum_of_its_own_mean_reward(sizes):
    mdp, expert = task(sizes)
    found = sqil(mdp, expert)
    d, e = mdp.occupancy(found.policy), mdp.occupancy(expert)
    assert np.allclose(found.reward, e / (d + e), atol=1e-12)
    assert np.allclose(mdp.with_rewards(e / (d + e)).soft_optimal(1.0).policy, found.policy, atol=1e-12)


@BOTH
def test_sqil_minimises_the_divergence_of_the_expert_from_the_mixture(sizes):
    mdp, expert = task(sizes)
    found, e = sqil(mdp, expert), flat(mdp, expert)

    def objective(pi):
        return float(kl_divergence(e, (e + flat(mdp, pi)) / 2)) - entropy(mdp, pi)

    assert objective(found.policy) == pytest.approx(float(ar.midpoint(found.value)), abs=1e-12)
    assert all(objective(pi) > objective(found.policy) for pi in nearby(found.policy))


@BOTH
def test_sqil_loss_is_regularised_cloning_with_soft_backups_only(sizes):
    """B16: with a hard maximum in the target the identity fails."""
    mdp, expert = task(sizes)
    e = mdp.occupancy(expert)
    q = np.random.default_rng(0).normal(size=e.shape)
    v = soft_best_v(mdp, q)
    steps = mdp.horizon or 1
    nll = -(e * (q - v[..., None])).sum() / steps
    cloned = 2 * nll + float(squared_soft_error(mdp, e, q, 0)) + 1 - 2 * float(start_value(mdp, v))
    assert float(squared_soft_error(mdp, e, q, 1)) == pytest.approx(cloned, abs=1e-12)
    hard = q.max(-1)
    hard_loss = (e * (q - expected_next(mdp, hard) - 1) ** 2).sum() / steps
    hard_rest = (e * (q - expected_next(mdp, hard)) ** 2).sum() / steps + 1 - 2 * float(start_value(mdp, hard))
    assert abs(hard_loss - hard_rest - 2 * nll) > 1e-2


def test_sqil_reward_vanishes_where_a_deterministic_expert_never_goes():
    mdp = families.garnet(**DISCOUNTED, rng=3)
    found = sqil(mdp, mdp.optimal_policy())
    assert found.attained
    assert (found.reward[mdp.occupancy(mdp.optimal_policy()) == 0] == 0).all()


# LS-IQ.


@BOTH
@pytest.mark.parametrize("c", [0.5, 2.0])
def test_ls_iq_minimises_chi2_to_the_mixture_with_bounded_rewards(sizes, c):
    mdp, expert = task(sizes)
    found, e = ls_iq(mdp, expert, c=c), flat(mdp, expert)

    def objective(pi):
        return float(chi2_divergence(e, (e + flat(mdp, pi)) / 2)) / c - entropy(mdp, pi)

    assert objective(found.policy) == pytest.approx(float(ar.midpoint(found.value)), abs=1e-12)
    assert all(objective(pi) > objective(found.policy) for pi in nearby(found.policy))
    assert np.abs(found.reward).max() <= 1 / c
    anticipated = found.reward + c * found.reward**2 / 2
    assert np.allclose(mdp.with_rewards(anticipated).soft_optimal(1.0).policy, found.policy, atol=1e-11)


def test_ls_iq_and_sqil_differ_by_what_the_learner_anticipates():
    mdp, expert = task(DISCOUNTED)
    d, e = mdp.occupancy(sqil(mdp, expert, temperature=0.1).policy), mdp.occupancy(expert)
    fixed = mdp.with_rewards((e - d) / (e + d)).soft_optimal(0.2).policy
    assert np.allclose(fixed, sqil(mdp, expert, temperature=0.1).policy, atol=1e-11)
    assert np.abs(ls_iq(mdp, expert, c=1.0, temperature=0.2).policy - fixed).max() > 1e-2


def test_ls_iq_refuses_a_penalty_that_is_none():
    with pytest.raises(InvalidArgument, match="c=0 must be positive"):
        ls_iq(*task(DISCOUNTED), c=0)


# ValueDICE.


@BOTH
def test_value_dice_of_an_exact_expert_is_the_expert(sizes):
    mdp, expert = task(sizes)
    found = value_dice(mdp, expert)
    assert np.allclose(found.policy, expert, atol=1e-12)
    assert float(found.divergence) == pytest.approx(0, abs=1e-14)


@BOTH
def test_value_dice_of_data_attains_its_dual(sizes):
    mdp, expert = task(sizes)
    length = None if mdp.horizon else 80
    demos = mdp.sample(expert, n_trajectories=60, rng=0, length=length)
    found = value_dice(mdp, demos)
    assert found.gradient < 1e-13
    assert float(found.divergence) == pytest.approx(found.dual, abs=1e-12)
    assert found.dual > 1e-4


def test_value_dice_objective_bounds_and_attains_the_divergence():
    mdp, expert = task(DISCOUNTED)
    pi = nearby(expert)[1]
    e, d = mdp.occupancy(expert), mdp.occupancy(pi)
    kl = float(occupancy_kl(mdp, pi, expert))
    best = mdp.with_rewards(np.log(d / e)).q(pi)
    assert float(value_dice_objective(mdp, e, pi, best)) == pytest.approx(-kl, abs=1e-12)
    for nu in np.random.default_rng(0).normal(size=(20, *best.shape)):
        assert float(value_dice_objective(mdp, e, pi, best + nu)) > -kl


@BOTH
def test_value_dice_objective_does_not_change_with_a_constant(sizes):
    """B19: dropping the replay terms while keeping their weight breaks this."""
    mdp, expert = task(sizes)
    e = mdp.occupancy(expert)
    nu = np.random.default_rng(0).normal(size=e.shape)
    shift = 3.0 if mdp.horizon is None else 3.0 * np.arange(mdp.horizon, 0, -1)[:, None, None]
    one, other = (float(value_dice_objective(mdp, e, expert, x)) for x in (nu, nu + shift))
    assert one == pytest.approx(other, abs=1e-12)
    weighted = one - 0.05 * float(start_value(mdp, (expert * (nu + shift)).sum(-1)))
    assert abs(weighted - (other - 0.05 * float(start_value(mdp, (expert * nu).sum(-1))))) > 1e-2


def test_value_dice_objective_starts_where_the_model_does():
    """B20: with every expert state as a first state the bound is no bound."""
    mdp, expert = task(DISCOUNTED)
    e = mdp.occupancy(expert)
    nu = 10 * np.random.default_rng(0).normal(size=e.shape)
    v = (expert * nu).sum(-1)
    right = float(value_dice_objective(mdp, e, expert, nu))
    wrong = right + float(start_value(mdp, v)) - 0.1 * float(mdp.state_occupancy(expert) @ v)
    assert abs(right - wrong) > 1e-2


def test_value_dice_refuses_demonstrations_nobody_can_stay_with():
    mdp = families.garnet(n_states=6, n_actions=2, branching=3, horizon=6, rng=0)
    demos = mdp.sample(np.full((6, 2), 0.5), n_trajectories=1, rng=0)
    with pytest.raises(NoFiniteValue, match="infinite for every policy"):
        value_dice(mdp, demos)
