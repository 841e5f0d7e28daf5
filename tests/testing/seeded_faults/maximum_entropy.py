"""Tabular maximum-entropy inverse reinforcement learning: backward pass, forward pass, and their sums."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from seeded_faults.fault import Fault, each_step, folded, logsumexp, softmax, tables


def backward(P, r, gamma, temperature=1.0):
    """Soft Q and V of every step."""
    Q, V = np.empty(r.shape), np.zeros((len(r) + 1, r.shape[1]))
    for t in reversed(range(len(r))):
        Q[t] = r[t] + gamma * P[t] @ V[t + 1]
        V[t] = temperature * logsumexp(Q[t] / temperature)
    return Q, V[:-1]


def forward(P, mu, pi):
    """Laws of the state before each of the T actions, and after the last."""
    D = np.zeros((len(P) + 1, len(mu)))
    D[0] = mu
    for t in range(len(P)):
        D[t + 1] = (D[t][:, None] * pi[t]).ravel() @ P[t].reshape(-1, len(mu))
    return D


def of_pairs(D, pi):
    """Laws of (s, a) for as many rows of visits as are given; after the last step the last policy acts."""
    return D[..., None] * np.concatenate([pi, pi[-1:]])[: len(D)]


def of_model(mdp, x):
    """All steps with a horizon, the first with a discount."""
    return x if mdp.horizon is not None else x[0]


def discounted_sum(D, gamma):
    return np.einsum("t,t...->...", gamma ** np.arange(len(D)), D)


# B1: reward of a state, paid before the step. The planner collects T of them, the visits have T + 1 rows.


def state_rewards(visits):
    """MCE IRL with rewards r(s), given which rows of the visits count."""

    def cumulated(mdp, policy):
        P, _, mu, gamma = tables(mdp)
        return discounted_sum(visits(P, mu, each_step(policy, len(P))), gamma)

    def planned(mdp, point):
        P, r, _, gamma = tables(mdp)
        return backward(P, np.broadcast_to(point[:, None], r.shape), gamma)

    def loss(mdp, point, expert):
        return tables(mdp).mu @ planned(mdp, point)[1][0] - cumulated(mdp, expert) @ point

    def gradient(mdp, point, expert):
        return cumulated(mdp, softmax(planned(mdp, point)[0])) - cumulated(mdp, expert)

    def occupancy(mdp, policy):
        P, _, mu, _ = tables(mdp)
        pi = each_step(policy, len(P))
        return folded(mdp, of_pairs(visits(P, mu, pi), pi))

    def value(mdp, policy):
        P, r, mu, gamma = tables(mdp)
        pi = each_step(policy, len(P))
        laws = of_pairs(visits(P, mu, pi), pi)
        paid = np.concatenate([r, r[-1:]])[: len(laws)]
        return discounted_sum((laws * paid).sum((1, 2)), gamma)

    def points(n_states, rng):
        return rng.integers(-16, 17, n_states) / 8

    return SimpleNamespace(loss=loss, gradient=gradient, points=points, occupancy=occupancy, value=value)


B1 = Fault(
    id="B1",
    where="imitation, MCE IRL",
    words="H + 1 rows of visits against H rewards",
    faulty=state_rewards(forward),
    corrected=state_rewards(lambda P, mu, pi: forward(P, mu, pi)[:-1]),
    invariants=(
        "gradient_is_the_derivative",
        "occupancy_is_a_law",
        "occupancy_belongs_to_the_policy",
        "pairing_is_the_value",
        "value_is_exact",
    ),
)


# B2: the policy that is trained is planned with another discount than the one that is returned.


def matching(training_discount):
    """MCE IRL with a reward for each pair (and step, with a horizon), given the discount that training plans with."""

    def rewards(mdp, point):
        return np.broadcast_to(point, tables(mdp).r.shape)

    def laws(mdp, r, discount):
        P, _, mu, _ = tables(mdp)
        pi = softmax(backward(P, r, discount)[0])
        return folded(mdp, of_pairs(forward(P, mu, pi)[:-1], pi))

    def target(mdp, expert):
        P, _, mu, _ = tables(mdp)
        pi = each_step(expert, len(P))
        return folded(mdp, of_pairs(forward(P, mu, pi)[:-1], pi))

    def scale(mdp):
        return 1.0 if mdp.horizon is not None else 1 - tables(mdp).gamma

    def loss(mdp, point, expert):
        P, _, mu, gamma = tables(mdp)
        soft = mu @ backward(P, rewards(mdp, point), gamma)[1][0]
        return soft - (target(mdp, expert) * point).sum() / scale(mdp)

    def gradient(mdp, point, expert):
        found = laws(mdp, rewards(mdp, point), training_discount(mdp))
        return (found - target(mdp, expert)) / scale(mdp)

    def fit(mdp, expert):
        """Generalised iterative scaling, by half steps: rewards of several steps add up."""
        aim = target(mdp, expert)
        reached, point = aim > 0, np.zeros(aim.shape)
        for _ in range(200):
            found = laws(mdp, rewards(mdp, point), training_discount(mdp))
            if abs(found - aim).max() < 1e-11:
                break
            point[reached] += 0.5 * np.log(aim[reached] / found[reached])
        pi = softmax(backward(tables(mdp).P, rewards(mdp, point), tables(mdp).gamma)[0])
        return SimpleNamespace(policy=of_model(mdp, pi), occupancy=found)

    return SimpleNamespace(loss=loss, gradient=gradient, fit=fit)


B2 = Fault(
    id="B2",
    where="imitation, MCE IRL",
    words="plans with discount 1 while training, with the given one at the end",
    faulty=matching(lambda mdp: 1.0),
    corrected=matching(lambda mdp: tables(mdp).gamma),
    invariants=("gradient_is_the_derivative", "learner_recovers_the_expert", "reported_occupancy_is_the_policys"),
)


# B3: what is sampled is normalised to 1 in all, not to the sum of the weights.


def counted(mdp, demos):
    counts = np.zeros((mdp.horizon, mdp.n_states, mdp.n_actions))
    for states, actions, *_ in demos:
        for t, (s, a) in enumerate(zip(states[:-1], actions, strict=True)):
            counts[t, s, a] += 1
    return counts


def sampled_to_one(mdp, demos):
    counts = counted(mdp, demos)
    return counts / counts.sum()


def sampled(mdp, demos):
    return counted(mdp, demos) / len(demos)


B3 = Fault(
    id="B3",
    where="imitation, MCE IRL",
    words="sampled occupancies normalised to 1 in all",
    faulty=SimpleNamespace(empirical_occupancy=sampled_to_one, horizons="finite"),
    corrected=SimpleNamespace(empirical_occupancy=sampled, horizons="finite"),
    invariants=("empirical_occupancy_is_exact",),
)


# B24: planning to a discounted fixed point, visits of the steps of a demonstration that all count alike.

STEPS = 200
"""Length of a demonstration, and sweeps of a planner: the same for every discount."""


def tabular_maxent(weights):
    """Maximum-entropy IRL, given the weights of the steps of a demonstration in a model with a discount."""

    def occupancy(mdp, policy):
        P, _, mu, gamma = tables(mdp, steps=STEPS)
        pi = each_step(policy, len(P))
        laws = of_pairs(forward(P, mu, pi)[:-1], pi)
        return laws if mdp.horizon is not None else np.einsum("t,tsa->sa", weights(gamma), laws)

    def planned(mdp, point):
        P, r, _, gamma = tables(mdp)
        return backward(P, np.broadcast_to(point, r.shape), gamma)

    def scale(mdp):
        return 1.0 if mdp.horizon is not None else 1 / (1 - tables(mdp).gamma)

    def loss(mdp, point, expert):
        return tables(mdp).mu @ planned(mdp, point)[1][0] - scale(mdp) * (occupancy(mdp, expert) * point).sum()

    def gradient(mdp, point, expert):
        pi = of_model(mdp, softmax(planned(mdp, point)[0]))
        return scale(mdp) * (occupancy(mdp, pi) - occupancy(mdp, expert))

    return SimpleNamespace(occupancy=occupancy, loss=loss, gradient=gradient)


B24 = Fault(
    id="B24",
    where="inverse_rl, tabular MaxEnt IRL",
    words="`discount` accepted, its multiplication commented out",
    faulty=tabular_maxent(lambda gamma: np.full(STEPS, 1 / STEPS)),
    corrected=tabular_maxent(lambda gamma: (1 - gamma) * gamma ** np.arange(STEPS)),
    invariants=("occupancy_flows", "discount_is_used", "gradient_is_the_derivative"),
)


# B30: the loop over states is outside the loop over time.


def states_outside_time(P, mu, pi):
    n_steps, n_states, _, _ = P.shape
    moves = np.einsum("tsa,tsaz->tsz", pi, P)
    visits = np.zeros((n_steps, n_states))
    visits[0] = mu
    for s in range(n_states):
        for t in range(n_steps - 1):
            visits[t + 1, s] = visits[t] @ moves[t, :, s]
    return visits


def time_outside_states(P, mu, pi):
    n_steps, n_states, _, _ = P.shape
    moves = np.einsum("tsa,tsaz->tsz", pi, P)
    visits = np.zeros((n_steps, n_states))
    visits[0] = mu
    for t in range(n_steps - 1):
        for s in range(n_states):
            visits[t + 1, s] = visits[t] @ moves[t, :, s]
    return visits


def visitation(visits):
    def occupancy(mdp, policy):
        P, _, mu, _ = tables(mdp)
        pi = each_step(policy, len(P))
        return folded(mdp, of_pairs(visits(P, mu, pi), pi))

    return SimpleNamespace(occupancy=occupancy)


B30 = Fault(
    id="B30",
    where="irl-imitation, MaxEnt IRL",
    words="sweep over states outside the sweep over time",
    faulty=visitation(states_outside_time),
    corrected=visitation(time_outside_states),
    invariants=("occupancy_is_a_law", "occupancy_flows"),
)


# B31: values of the best action, a softmax of them to act.


def hard_backward(P, r, gamma, temperature):
    Q, V = np.empty(r.shape), np.zeros((len(r) + 1, r.shape[1]))
    for t in reversed(range(len(r))):
        Q[t] = r[t] + gamma * P[t] @ V[t + 1]
        V[t] = Q[t].max(-1)
    return Q, V[:-1]


def planner(sweep):
    def soft_plan(mdp, temperature):
        P, r, _, gamma = tables(mdp)
        Q, V = sweep(P, r, gamma, temperature)
        return of_model(mdp, softmax(Q / temperature)), of_model(mdp, V)

    return SimpleNamespace(soft_plan=soft_plan)


B31 = Fault(
    id="B31",
    where="Inverse-Reinforcement-Learning, MaxEnt IRL",
    words="plans with the maximum in place of the soft one",
    faulty=planner(hard_backward),
    corrected=planner(backward),
    invariants=("soft_optimality_holds",),
)


# B44: the attribute `discount` is kept and never read.


class Planner:
    """Policy evaluation by a number of sweeps that is the same for every model."""

    def __init__(self, mdp):
        self.P, self.r, self.mu, self.discount = tables(mdp, steps=STEPS)

    def backed_up(self, following):
        return self.discount * following

    def value(self, policy):
        pi, v = each_step(policy, len(self.P)), np.zeros(len(self.mu))
        for t in reversed(range(len(self.P))):
            v = (pi[t] * (self.r[t] + self.backed_up(self.P[t] @ v))).sum(-1)
        return self.mu @ v


class PlannerWithoutDiscount(Planner):
    def backed_up(self, following):
        return following


def evaluator(planner):
    return SimpleNamespace(value=lambda mdp, policy: planner(mdp).value(policy))


B44 = Fault(
    id="B44",
    where="irl-benchmark, planners",
    words="an attribute `discount` that nothing reads",
    faulty=evaluator(PlannerWithoutDiscount),
    corrected=evaluator(Planner),
    invariants=("discount_is_used", "value_is_exact"),
)

FAULTS = (B1, B2, B3, B24, B30, B31, B44)
