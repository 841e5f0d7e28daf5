"""Objectives of inverse soft-Q learning, of density ratios and of critics, on exact occupancies."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from seeded_faults.fault import Fault, each_step, logsumexp, softmax, tables
from seeded_faults.maximum_entropy import forward, of_pairs


def visits(mdp, policy):
    """Exact occupancy ``[S, A]`` of a discounted model."""
    P, mu, gamma = tables(mdp).P[0], tables(mdp).mu, tables(mdp).gamma
    moves = np.einsum("sa,sat->st", policy, P)
    return (1 - gamma) * np.linalg.solve(np.eye(len(mu)) - gamma * moves.T, mu)[:, None] * policy


# Initial terms, (1 - gamma) E V(s_0), from a batch of the expert's transitions: its states, or the first ones.


def all_states(mdp, policy):
    return visits(mdp, policy).sum(-1)


def first_states(mdp, policy):
    return tables(mdp).mu


# B7, B8: IQ-Learn, phi(r) = r - r^2 / 4.


def chi2(r):
    return r - r**2 / 4


def chi2_slope(r):
    return 1 - r / 2


def iq_learn(start, logged):
    """IQ-Learn with `method.loss=v0`, given whose states are initial and which utility of a reward is logged."""

    def terms(mdp, q, expert):
        gamma = tables(mdp).gamma
        v = logsumexp(q)
        r = q - gamma * tables(mdp).P[0] @ v
        return visits(mdp, expert), r, (1 - gamma) * start(mdp, expert) @ v

    def objective(mdp, point, expert):
        law, r, initial = terms(mdp, point, expert)
        return (law * chi2(r)).sum() - initial

    def reported(mdp, point, expert):
        law, r, initial = terms(mdp, point, expert)
        return (law * logged(r)).sum() - initial

    def gradient(mdp, point, expert):
        law, r, _ = terms(mdp, point, expert)
        P, gamma = tables(mdp).P[0], tables(mdp).gamma
        weight = law * chi2_slope(r)
        arrives = gamma * np.einsum("sa,sat->t", weight, P) + (1 - gamma) * start(mdp, expert)
        return weight - arrives[:, None] * softmax(point)

    def gradient_at_expert(mdp, expert):
        P, gamma = tables(mdp).P[0], tables(mdp).gamma
        law = visits(mdp, expert)  # phi'(0) = 1
        arrives = gamma * np.einsum("sa,sat->t", law, P) + (1 - gamma) * start(mdp, expert)
        return law - arrives[:, None] * expert

    def initial_term(mdp, policy, v):
        return (1 - tables(mdp).gamma) * start(mdp, policy) @ v

    return SimpleNamespace(
        objective=objective,
        reported=reported,
        gradient=gradient,
        gradient_at_expert=gradient_at_expert,
        initial_term=initial_term,
        horizons="discounted",
    )


B7 = Fault(
    id="B7",
    where="IQ-Learn, iq_loss",
    words="logs a surrogate with the right gradient and the wrong value",
    faulty=iq_learn(first_states, lambda r: chi2_slope(r) * r),
    corrected=iq_learn(first_states, chi2),
    invariants=("report_is_the_objective",),
)

B8 = Fault(
    id="B8",
    where="IQ-Learn and LS-IQ, `method.loss=v0`",
    words="all states of a batch taken for initial ones",
    faulty=iq_learn(all_states, chi2),
    corrected=iq_learn(first_states, chi2),
    invariants=("telescopes_from_the_start", "expert_is_stationary"),
)


# B10: Jensen-Shannon, whose utility ends at -log 2.


def js(reward):
    with np.errstate(invalid="ignore"):
        return np.log(2 - np.exp(-reward))


def js_slope(reward):
    return np.exp(-reward) / (2 - np.exp(-reward))


EDGE = 0.1 - np.log(2)
"""Below it the guarded utility goes on along its tangent."""


def guarded_js(reward):
    inside = np.maximum(reward, EDGE)
    return js(inside) + js_slope(inside) * (reward - inside)


def guarded_js_slope(reward):
    return js_slope(np.maximum(reward, EDGE))


B10 = Fault(
    id="B10",
    where="IQ-Learn, `div=js`",
    words="phi' used outside of its domain, where it is negative",
    faulty=SimpleNamespace(utility=js, slope=js_slope),
    corrected=SimpleNamespace(utility=guarded_js, slope=guarded_js_slope),
    invariants=("utility_is_concave_and_increases",),
)


# B11: the value loss on replay data, which are uniform in time.


def value_loss(weights):
    """``E_rho[V(s) - gamma V(s')]`` from a replay buffer, given how its steps are weighed."""

    def buffer(mdp, policy):
        P, _, mu, gamma = tables(mdp)
        laws = of_pairs(forward(P, mu, each_step(policy, len(P)))[:-1], each_step(policy, len(P)))
        return np.einsum("t,tsa->sa", weights(len(laws), gamma), laws)

    def initial_term(mdp, policy, v):
        P, _, _, gamma = tables(mdp)
        return (buffer(mdp, policy) * (v[:, None] - gamma * P[0] @ v)).sum()

    return SimpleNamespace(initial_term=initial_term, occupancy=buffer, horizons="discounted")


def uniform(n_steps, gamma):
    return np.full(n_steps, 1 / n_steps)


def geometric(n_steps, gamma):
    return (1 - gamma) * gamma ** np.arange(n_steps)


B11 = Fault(
    id="B11",
    where="IQ-Learn, `loss=value` on replay data",
    words="samples uniform in time do not telescope",
    faulty=value_loss(uniform),
    corrected=value_loss(geometric),
    invariants=("telescopes_from_the_start", "occupancy_flows"),
)


# B12: reverse KL with phi'(0) = 1 / e.


def kl(offset):
    """phi(r) = -exp(-r - offset), its slope, and the reward that is optimal at two densities."""

    def utility(reward):
        return -np.exp(-reward - offset)

    def slope(reward):
        return np.exp(-reward - offset)

    def adversarial_reward(expert_density, learner_density):
        return np.log(expert_density) - np.log(learner_density) - offset

    return SimpleNamespace(utility=utility, slope=slope, adversarial_reward=adversarial_reward)


B12 = Fault(
    id="B12",
    where="IQ-Learn, `div=kl`",
    words="phi'(0) is 1/e: an offset pays for dying",
    faulty=kl(1.0),
    corrected=kl(0.0),
    invariants=("expert_is_rewarded_nothing", "uninformative_expert_prefers_no_length"),
)


# B17: the critic of AdVIL reads action probabilities.


def critic(x):
    return np.tanh(x)


def payoff_of_probabilities(f, policy):
    return critic((f * policy).sum(-1)).mean()


def expected_payoff(f, policy):
    return (critic(f) * policy).sum(-1).mean()


B17 = Fault(
    id="B17",
    where="pillbox, AdVIL",
    words="f of action probabilities in place of the expectation of f",
    faulty=SimpleNamespace(payoff=payoff_of_probabilities),
    corrected=SimpleNamespace(payoff=expected_payoff),
    invariants=("payoff_is_linear_in_the_policy",),
)


# B19, B20: ValueDICE, log E_e exp(nu - gamma nu') - (1 - gamma) E nu_0.


def value_dice(linear_weight, start=first_states):
    """ValueDICE without replay, given the weight of its linear term and whose states are initial."""

    def density_objective(mdp, point, expert):
        P, gamma = tables(mdp).P[0], tables(mdp).gamma
        nu = (expert * point).sum(-1)
        residual = point - gamma * P @ nu
        log_term = np.log((visits(mdp, expert) * np.exp(residual)).sum())
        return log_term - linear_weight * (1 - gamma) * start(mdp, expert) @ nu

    def gradient_at_expert(mdp, expert):
        P, gamma = tables(mdp).P[0], tables(mdp).gamma
        law = visits(mdp, expert)  # the weights of the log term at nu = 0
        arrives = gamma * np.einsum("sa,sat->t", law, P) + linear_weight * (1 - gamma) * start(mdp, expert)
        return law - arrives[:, None] * expert

    def initial_term(mdp, policy, v):
        return (1 - tables(mdp).gamma) * start(mdp, policy) @ v

    return SimpleNamespace(
        density_objective=density_objective,
        gradient_at_expert=gradient_at_expert,
        initial_term=initial_term,
        horizons="discounted",
    )


REPLAY_REGULARISATION = 0.05

B19 = Fault(
    id="B19",
    where="valuedice (a fork), value_dice.py",
    words="replay terms dropped, the linear term still times 0.95",
    faulty=value_dice(1 - REPLAY_REGULARISATION),
    corrected=value_dice(1.0),
    invariants=("shift_changes_nothing",),
)

B20 = Fault(
    id="B20",
    where="valuedice (a fork), value_dice.py",
    words="all of the expert's states taken for initial ones",
    faulty=value_dice(1.0, all_states),
    corrected=value_dice(1.0),
    invariants=("telescopes_from_the_start", "expert_is_stationary"),
)


# B40: a gradient penalty with one random weight for each coordinate.


def penalised_points(shape):
    def interpolate(first, second, rng):
        epsilon = rng.random(shape(first))
        return epsilon * first + (1 - epsilon) * second

    return SimpleNamespace(interpolate=interpolate)


B40 = Fault(
    id="B40",
    where="torchrl, GAIL loss",
    words="a weight for each dimension: points leave the segment",
    faulty=penalised_points(np.shape),
    corrected=penalised_points(lambda x: (len(x), 1)),
    invariants=("interpolation_stays_on_the_segment",),
)

FAULTS = (B7, B8, B10, B11, B12, B17, B19, B20, B40)
