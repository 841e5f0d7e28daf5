"""Discriminators against closed forms: the best reward, the divergence, the payoff of the exact game, the penalty."""

import numpy as np
import pytest
import torch
from adversarial_worlds import every_pair, fit, garnet, some_policy, table, weights_of
from twins import minimise

from iltheory.games import DivergenceRewards, OccupancyGame
from iltheory.learners.neural.discriminators import (
    Discriminator,
    Law,
    View,
    gradient_penalty,
    law_weights,
    payoff,
    reward_of_logit,
)
from iltheory.learners.neural.networks import Flat
from iltheory.measures import F_DIVERGENCES
from iltheory.testing import InvariantViolated
from iltheory.testing.objectives import interpolation_stays_on_the_segment, payoff_is_linear_in_the_policy
from iltheory.testing.rewards import reward_ignores_batch_mates, reward_rises_where_the_expert_goes_more
from sims.sampled import Spaces

SMOOTH = [name for name in F_DIVERGENCES if name != "total-variation"]


@pytest.mark.parametrize("name", F_DIVERGENCES)
def test_logits_fill_the_domain_and_0_is_neutral(name):
    divergence, z = F_DIVERGENCES[name], torch.linspace(-30, 30, 61).double()
    r = reward_of_logit(divergence, z)
    assert ((r > divergence.low) & (r < divergence.high)).all() and (r.diff() > 0).all()
    assert float(reward_of_logit(divergence, torch.zeros(()))) == pytest.approx(float(divergence.neutral), abs=1e-15)
    assert torch.isfinite(divergence.utility(r)).all()


def test_gails_reward_is_minus_the_log_of_the_learners_share():
    z = torch.linspace(-20, 20, 41).double()
    share = torch.sigmoid(-z)  # D: how likely the learner's
    torch.testing.assert_close(
        reward_of_logit(F_DIVERGENCES["jensen-shannon"], z), -share.log() - np.log(2), atol=1e-15, rtol=1e-13
    )


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("end", [{"discount": 0.875}, {"horizon": 4}])
def test_the_best_table_is_the_closed_form_and_its_value_the_divergence(name, end):
    divergence, mdp = F_DIVERGENCES[name], garnet(**end)
    e, d = (np.asarray(mdp.occupancy(some_policy(mdp, seed))) for seed in (1, 2))
    if mdp.horizon is not None:  # stationary rewards see the mean over steps
        e, d = e.mean(0), d.mean(0)
    f = table(mdp)
    value = fit(divergence, f, every_pair(mdp), weights_of(mdp, e), weights_of(mdp, d))
    distance = float(divergence(d, e, axes=2))
    # every reward bounds the divergence from below; the gradient left over is worth less than 1e-9
    assert distance - 1e-9 <= value <= distance + 1e-12
    found = reward_of_logit(divergence, f(*every_pair(mdp))).detach().numpy().reshape(e.shape)
    seen = np.broadcast_to(e > 0, e.shape)
    np.testing.assert_allclose(found[seen], np.asarray(divergence.reward(d, e))[seen], atol=2e-4)


def test_total_variation_is_reached_at_the_ends_of_its_domain():
    divergence, mdp = F_DIVERGENCES["total-variation"], garnet()
    e, d = (np.asarray(mdp.occupancy(some_policy(mdp, seed))) for seed in (1, 2))
    f = table(mdp)
    with torch.no_grad():  # the best logits are infinite; at 30 a share of 1e-13 is missing
        f.network.layers[0].weight.copy_(torch.tensor(30 * np.sign(e - d).T))
        f.network.layers[0].bias.zero_()
        rewards = reward_of_logit(divergence, f.everywhere(*every_pair(mdp)))
        value = float(payoff(divergence, Law(rewards, weights_of(mdp, e)), Law(rewards, weights_of(mdp, d))))
    assert value == pytest.approx(float(divergence(d, e, axes=2)), abs=1e-12)


@pytest.mark.parametrize("name", F_DIVERGENCES)
def test_the_payoff_is_that_of_the_exact_game(name):
    divergence, mdp = F_DIVERGENCES[name], garnet()
    expert, learner = some_policy(mdp, 1), some_policy(mdp, 2)
    e, d = (np.asarray(mdp.occupancy(pi)) for pi in (expert, learner))
    rewards = reward_of_logit(divergence, table(mdp)(*every_pair(mdp))).detach()
    game = OccupancyGame(mdp, e, DivergenceRewards(divergence))
    exact = float(game.adversary.gain(rewards.numpy().reshape(e.shape), e)) - float((d.ravel() * rewards.numpy()).sum())
    weights = torch.tensor(e.ravel()), torch.tensor(d.ravel())
    assert float(payoff(divergence, *(Law(rewards, w) for w in weights))) == pytest.approx(exact, abs=1e-14)


def test_swapped_labels_are_caught():
    divergence = F_DIVERGENCES["jensen-shannon"]

    def fitted(first, second, sign=1):
        logit = torch.zeros(len(first), requires_grad=True, dtype=torch.float64)
        e, d = (torch.tensor(x / x.sum()) for x in ((first, second) if sign > 0 else (second, first)))

        def loss():
            r = reward_of_logit(divergence, logit)
            return -payoff(divergence, Law(r, e), Law(r, d))

        minimise([logit], loss)
        return reward_of_logit(divergence, logit).detach().numpy()

    reward_rises_where_the_expert_goes_more(fitted)
    with pytest.raises(InvariantViolated):
        reward_rises_where_the_expert_goes_more(lambda e, d: fitted(e, d, sign=-1))


def test_the_penalty_is_what_finite_differences_say():
    rng = np.random.default_rng(0)
    view = View(
        Flat((3,)), Spaces((3,), action_low=(-1.0,) * 2, action_high=(1.0,) * 2), "actions", dtype=torch.float64
    )
    f = Discriminator(view, torch.Generator().manual_seed(1), hidden=(8,))
    first, second = ([torch.tensor(rng.normal(size=(6, k))) for k in (3, 2)] for _ in range(2))
    found = float(gradient_penalty(f, first, second, torch.Generator().manual_seed(2)).detach())
    share = torch.rand(6, 1, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    points = torch.cat([share * y + (1 - share) * x for x, y in zip(first, second, strict=True)], -1)
    step, slopes = 1e-6, np.zeros((6, 5))
    for j in range(5):
        moved = step * torch.eye(5).double()[j]
        with torch.no_grad():
            up, down = (f(*(points + sign * moved).split([3, 2], -1)) for sign in (1, -1))
        slopes[:, j] = ((up - down) / (2 * step)).numpy()
    assert found == pytest.approx(((np.linalg.norm(slopes, axis=1) - 1) ** 2).mean(), rel=1e-7)


def _points(penalty):
    """The points where a penalty looks at a function."""

    def interpolate(first, second, rng):
        seen = []

        def look(x):
            seen.append(x.detach().numpy())
            return x.sum(-1)

        penalty(look, [torch.tensor(first)], [torch.tensor(second)], torch.Generator().manual_seed(0))
        return seen[0]

    return interpolate


def test_points_of_the_penalty_lie_on_segments():
    interpolation_stays_on_the_segment(_points(gradient_penalty))

    def by_coordinate(function, first, second, generator):
        share = torch.rand(first[0].shape, generator=generator).double()
        function(share * first[0] + (1 - share) * second[0])

    with pytest.raises(InvariantViolated):
        interpolation_stays_on_the_segment(_points(by_coordinate))


def test_at_a_law_of_actions_a_discriminator_is_the_expectation():
    view = View(Flat((2,)), Spaces((2,), n_actions=3), "actions", dtype=torch.float64)
    f = Discriminator(view, torch.Generator().manual_seed(0), hidden=(5,), bound=torch.tanh)
    states, laws = torch.randn(4, 2, dtype=torch.float64), torch.softmax(torch.randn(4, 3).double(), -1)
    each = torch.stack([f(states, torch.eye(3).double()[[a] * 4]) for a in range(3)], -1)
    torch.testing.assert_close(f(states, laws), (laws * each).sum(-1), atol=1e-14, rtol=0)
    assert (each.abs() <= 1).all()

    def value(table, policy):  # of one state for each row of the policy
        where = torch.tensor(table, dtype=torch.float64)
        return float((torch.tensor(policy) * torch.tanh(where)).sum(-1).mean())

    payoff_is_linear_in_the_policy(value)


def test_a_reward_does_not_know_its_batch():
    view = View(Flat((2,)), Spaces((2,), n_actions=3), "actions", dtype=torch.float64)
    f = Discriminator(view, torch.Generator().manual_seed(0), hidden=(5,))
    rng = np.random.default_rng(0)

    def reward(states, actions):
        return f(torch.tensor(states), torch.eye(3).double()[torch.tensor(actions)]).detach().numpy()

    reward_ignores_batch_mates(reward, rng.normal(size=(6, 2)), rng.integers(3, size=6))


def test_weights_of_a_law_with_an_absorbing_state():
    weights = law_weights(torch.tensor([1.0, 1.0, 0.5, 1.5]), 0.75)
    assert weights.tolist() == [0.0625, 0.0625, 0.03125, 0.09375, 0.75]
