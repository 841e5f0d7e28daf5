"""Neural inverse soft-Q learners against their exact twins, on tables with one-hot features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from soft_worlds import descend, expert_of, population, ring, table

from iltheory.games import DivergenceRewards, OccupancyGame
from iltheory.learners import iq_learn as exact_iq_learn
from iltheory.learners import ls_iq as exact_ls_iq
from iltheory.learners import sqil as exact_sqil
from iltheory.learners import value_dice as exact_value_dice
from iltheory.learners.ls_iq import MIXTURE_CHI2
from iltheory.learners.neural._replay import Occupancy
from iltheory.learners.neural._soft_recipe import SoftOptions
from iltheory.learners.neural.iq_learn import RATIO, InverseSoftQ, continued, iq_learn
from iltheory.learners.neural.ls_iq import ls_iq_recipe
from iltheory.learners.neural.sqil import SquaredErrors, sqil_recipe
from iltheory.learners.neural.value_dice import DualDescent
from iltheory.measures import F_DIVERGENCES, REVERSE_KL, inverse_soft_dual, state_only_objective
from sims import TabularMDP
from sims import arithmetic as ar
from sims.sampled import Spaces, sampled_table

DIVERGENCES = [phi for each in F_DIVERGENCES.values() for phi in (each, each.centred())]
SMOOTH = [phi for phi in DIVERGENCES if "total" not in phi.name]
WORLDS = [ring(), ring(terminal=True)]
NAMES = ["endless", "terminal"]


def recipe(mdp: TabularMDP, expert, phi=F_DIVERGENCES["chi2"], *, temperature: float = 1.0, **settings) -> InverseSoftQ:
    """IQ-Learn of a table from the exact occupancy of an expert."""
    return InverseSoftQ(
        "test",
        population(mdp, mdp.occupancy(expert)),
        Spaces((), n_actions=mdp.n_actions),
        utility=continued(phi),
        options=SoftOptions(discount=float(mdp.discount), temperature=temperature, batch_size=1000),
        architecture=table(mdp),
        seed=0,
        device="cpu",
        settings={},
        **settings,
    )


def values_of(made: InverseSoftQ, mdp: TabularMDP) -> np.ndarray:
    """Action values ``[S, A]``; those of a terminal state from the reward of the absorbing state."""
    critic = made.critic
    with torch.no_grad():
        q = critic.q(torch.arange(mdp.n_states)).numpy().copy()
        if mdp.terminal is not None:
            q[np.asarray(mdp.terminal)] = float(critic.rest + critic.discount * critic.rest_value())
    return q


def policy_of(made, mdp: TabularMDP) -> np.ndarray:
    with torch.no_grad():
        pi = made.actor(torch.arange(mdp.n_states), torch.zeros(mdp.n_states, dtype=torch.int64)).log_probabilities()
    pi = pi.exp().numpy()
    if mdp.terminal is not None:
        pi[np.asarray(mdp.terminal)] = 1 / mdp.n_actions
    return pi


def random_values(made: InverseSoftQ, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.critic.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw, dtype=torch.float64) / 2)


@pytest.mark.parametrize("value_term", ["initial", "expert"])
@pytest.mark.parametrize("mdp", WORLDS, ids=NAMES)
@pytest.mark.parametrize("phi", DIVERGENCES, ids=lambda phi: phi.name)
def test_objective_is_that_of_the_model(phi, mdp, value_term):
    """The loss is the objective itself (B7), at any Q, with the absorbing state of a terminal world in it."""
    expert = expert_of(mdp)
    made = recipe(mdp, expert, phi, value_term=value_term)
    for seed in range(3):
        random_values(made, seed)
        got = made.objective(made.data, None).item()
        e, q = mdp.occupancy(expert), values_of(made, mdp)
        assert got == pytest.approx(float(inverse_soft_dual(mdp, e, q, lambda r: phi.continued(r, RATIO))), abs=1e-12)
    assert made.flow_residual() < 1e-13


@pytest.mark.parametrize("value_term", ["initial", "expert"])
@pytest.mark.parametrize("name", F_DIVERGENCES)
def test_the_learner_itself_climbs_the_objective_it_is_asked_for(name, value_term):
    mdp, phi, options = ring(), F_DIVERGENCES[name], SoftOptions(discount=0.8, temperature=1.0, batch_size=1000)
    e = mdp.occupancy(expert_of(mdp)) * np.array([1, 2, 3, 4])[:, None]  # no occupancy: value terms differ
    spaces = Spaces((), n_actions=2)
    run = iq_learn(
        population(mdp, e), spaces, updates=1, seed=0, divergence=name, value_term=value_term, options=options,
        architecture=table(mdp),
    )  # fmt: skip
    made = recipe(mdp, expert_of(mdp), phi)  # of the same seed, so with the same Q
    q, share = values_of(made, mdp), e / e.sum()
    v = np.log(np.exp(q).sum(-1))
    following = 0.8 * v[np.asarray(mdp.P).argmax(-1)]
    price = 0.2 * v[:2].mean() if value_term == "initial" else (share * (v[:, None] - following)).sum()
    want = (share * phi.continued(q - following, RATIO)).sum() - price
    assert run.history.scalars["objective"][0] == pytest.approx(float(want), abs=1e-12)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
@pytest.mark.parametrize("mdp", WORLDS, ids=NAMES)
@pytest.mark.parametrize("phi", SMOOTH, ids=lambda phi: phi.name)
def test_iq_learn_ends_where_its_exact_twin_does(phi, mdp, temperature):
    expert = expert_of(mdp)
    made = recipe(mdp, expert, phi, temperature=temperature)
    descend(made.critic.parameters(), lambda: made.loss(made.data, None)[0])
    exact = exact_iq_learn(mdp, expert, divergence=phi, temperature=temperature)
    rigorous = mdp.to("interval")
    game = OccupancyGame(rigorous, rigorous.occupancy(expert), DivergenceRewards(phi), temperature)
    pi = policy_of(made, mdp)
    gap = game.primal(rigorous.system.convert(pi)) - exact.value
    assert ar.upper(gap) <= 1e-9  # certified: the primal value of the network against the exact twin's lower bound
    assert np.abs(pi - exact.policy).max() < 1e-4


@pytest.mark.parametrize("mdp", WORLDS, ids=NAMES)
def test_the_divergence_of_ls_iq_gives_its_exact_twin(mdp):
    expert, c = expert_of(mdp), 0.5
    made = recipe(mdp, expert, MIXTURE_CHI2, temperature=2 * c)
    descend(made.critic.parameters(), lambda: made.loss(made.data, None)[0])
    assert np.abs(policy_of(made, mdp) - exact_ls_iq(mdp, expert, c=c).policy).max() < 1e-5


@pytest.mark.parametrize("mdp", WORLDS, ids=NAMES)
def test_mixture_of_expert_and_learner_telescopes_to_the_start(mdp):
    """B8, B11: with occupancies as weights all three value terms are one number, whatever the policy of the replay."""
    expert, other = expert_of(mdp), expert_of(mdp, 1)
    made = recipe(mdp, expert)
    random_values(made, 3)
    seen = Occupancy(float(mdp.discount), discounted=False).of(population(mdp, mdp.occupancy(other)))
    prices = []
    for term in ("initial", "expert", "mixture"):
        made._value_term = term
        prices.append(made.objective(made.data, seen).item())
    assert np.ptp(prices) < 1e-13


def squared_errors(recipe, mdp: TabularMDP, expert, *, temperature: float, **settings) -> SquaredErrors:
    """The recipe that a learner makes, from the exact occupancy of an expert."""
    world, data = sampled_table(ring_in_steps(mdp)), population(mdp, mdp.occupancy(expert))
    options = SoftOptions(discount=float(mdp.discount), temperature=temperature, batch_size=1000, exploration=1)
    return recipe(data, world, options=options, architecture=table(mdp), seed=0, device="cpu", **settings)


def ring_in_steps(mdp: TabularMDP) -> TabularMDP:
    return TabularMDP(mdp.P, mdp.r, mdp.mu, horizon=10, terminal=mdp.terminal)


def alternate(made: SquaredErrors, mdp: TabularMDP, rounds: int) -> np.ndarray:
    """Fit Q to the squared errors under the occupancy of a policy, and move that policy towards the softmax of Q."""
    d = mdp.occupancy(np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions))
    for t in range(rounds):
        seen = Occupancy(float(mdp.discount), discounted=False).of(population(mdp, d))
        descend(made.critic.parameters(), lambda seen=seen: made.loss(made.data, seen)[0], iterations=60)
        pi = policy_of(made, mdp)
        step = 0.5 if t < rounds // 2 else 0.2
        d = (1 - step) * d + step * mdp.occupancy(pi)
    return pi


@pytest.mark.parametrize("mdp", WORLDS, ids=NAMES)
def test_sqil_stays_at_the_fixed_point_of_its_exact_twin(mdp):
    expert = expert_of(mdp)
    made = squared_errors(sqil_recipe, mdp, expert, temperature=0.5)
    exact = exact_sqil(mdp, expert, temperature=0.5)
    assert np.abs(alternate(made, mdp, 40) - exact.policy).max() < 1e-5
    q = values_of(made, mdp)
    assert np.abs(q - exact.q).max() < 1e-4


@pytest.mark.parametrize("mdp", WORLDS, ids=NAMES)
def test_ls_iq_stays_at_the_fixed_point_of_sqil_with_affine_rewards(mdp):
    """Rewards ``(2 e / (d + e) - 1) / c``: SQIL's at temperature ``c / 2`` times as large, absorbing states or not."""
    expert, c, temperature = expert_of(mdp), 0.5, 0.5
    made = squared_errors(ls_iq_recipe, mdp, expert, temperature=temperature, c=c)
    exact = exact_sqil(mdp, expert, temperature=temperature * c / 2)
    assert np.abs(alternate(made, mdp, 40) - exact.policy).max() < 1e-5


@pytest.mark.parametrize("mdp", WORLDS, ids=NAMES)
def test_value_dice_comes_near_the_least_divergence(mdp):
    expert = expert_of(mdp)
    made = DualDescent(
        population(mdp, mdp.occupancy(expert)),
        Spaces((), n_actions=mdp.n_actions),
        discount=float(mdp.discount),
        discounted=False,
        gradient_penalty=0.0,
        batch_size=1000,
        learning_rate=3e-2,
        actor_rate=3e-3,
        architecture=table(mdp),
        seed=0,
        device="cpu",
    )
    for updates, slower in ((1200, 1), (300, 10)):  # near the optimum long steps of Adam kick it away again
        for group in (*made.optimizer.param_groups, *made.actor_optimizer.param_groups):
            group["lr"] /= slower
        for _ in range(updates):
            made.update()
    rigorous = mdp.to("interval")
    d, e = (rigorous.occupancy(rigorous.system.convert(pi)) for pi in (policy_of(made, mdp), expert))
    exact = exact_value_dice(mdp, expert)
    assert -1e-12 <= float(ar.midpoint(REVERSE_KL(d, e, axes=2))) - exact.dual < 1e-12
    assert np.abs(policy_of(made, mdp) - expert).max() < 1e-5


def test_states_alone_give_the_objective_of_the_model_where_actions_do_not_move():
    """All actions lead to the next state of a ring, so the expert's next state is that of any action."""
    moves = np.repeat(np.roll(np.eye(4), 1, axis=1)[:, None], 3, axis=1)
    mdp = TabularMDP(moves, np.zeros((4, 3)), np.full(4, 0.25), discount=0.8)
    expert = expert_of(mdp)
    for name in ("chi2", "reverse-kl", "jensen-shannon"):
        phi = F_DIVERGENCES[name]
        made = recipe(mdp, expert, phi, observations_only=True)
        random_values(made, 7)
        states = mdp.state_occupancy(expert)
        want = state_only_objective(mdp, states, values_of(made, mdp), lambda r, phi=phi: phi.continued(r, RATIO))
        assert made.objective(made.data, None).item() == pytest.approx(float(want), abs=1e-12)
        shuffled = made.data._replace(actions=made.data.actions.roll(1))  # the expert's actions do not count
        assert made.objective(shuffled, None).item() == pytest.approx(float(want), abs=1e-12)
