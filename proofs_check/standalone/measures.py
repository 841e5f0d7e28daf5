"""Values, occupancies, divergences and error rates of policies."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import product

from proofs_check.standalone.arrays import (
    Array,
    absolute,
    amax,
    arange,
    array_sum,
    asarray,
    broadcast_shapes,
    broadcast_to,
    entropy,
    hull,
    maximum,
    minimum,
    possibly_nonzero,
    relative_entropy,
    reshape,
    sqrt,
    stack,
    where,
)
from proofs_check.standalone.models import at_step, optimum


def gamma(mdp):
    return mdp.discount


def steps(mdp):
    return mdp.horizon


def steps_left(mdp):
    return arange(mdp.horizon, 0, -1)


def value(mdp, pi):
    return mdp.value(pi)


def gap(mdp, expert, learner):
    return mdp.value(expert) - mdp.value(learner)


def optimal_value(mdp):
    return mdp.optimal_value()


def optimal_v(mdp):
    return optimum(mdp)[1]


def soft_optimal_value(mdp, temperature):
    return mdp.soft_optimal(temperature).value


def occupancy(mdp, pi):
    return mdp.occupancy(pi)


def mean_occupancy(mdp, pi):
    d = mdp.occupancy(pi)
    return d if mdp.horizon is None else array_sum(d, -3) / mdp.horizon


def average(mdp, d, f):
    """``sum d f`` over states; with a horizon the mean over steps."""
    if mdp.horizon is None:
        return array_sum(d * f, -1)
    return array_sum(d * f, (-2, -1)) / mdp.horizon


def expectation(mdp, pi, f):
    return average(mdp, mdp.state_occupancy(pi), f)


def total(mdp, mean):
    return mean * mdp.horizon if mdp.horizon is not None else mean / (1 - mdp.discount)


def per_step(mdp, total):
    return total / mdp.horizon if mdp.horizon is not None else total * (1 - mdp.discount)


def largest(mdp, f):
    return amax(f, -1 if mdp.horizon is None else (-2, -1))


def smallest_reward(mdp):
    return -largest(mdp, amax(-mdp.rewards(), -1))


def largest_reward(mdp):
    return largest(mdp, amax(mdp.rewards(), -1))


def sum_over_states(mdp, f):
    return array_sum(f, -1 if mdp.horizon is None else (-2, -1))


def sum_over_pairs(mdp, f):
    return array_sum(f, (-2, -1) if mdp.horizon is None else (-3, -2, -1))


def mean_over_pairs(mdp, law, f):
    """Mean under a law of state and action; with a horizon over the steps, too."""
    mean = sum_over_pairs(mdp, law * f)
    return mean if mdp.horizon is None else mean / mdp.horizon


def l1_norm(x, axes):
    return array_sum(absolute(x), tuple(range(-axes, 0)))


def expected_next(mdp, f):
    """``E f_{h+1}(s')``, nothing after the last step; with a discount ``gamma E f(s')``."""
    if mdp.horizon is None:
        return mdp.discount * mdp.expect(f)
    later = [mdp.expect(f[..., h, :], h - 1) for h in range(1, mdp.horizon)]
    return stack([*later, 0 * mdp.expect(f[..., -1, :], mdp.horizon - 1)], -3)


# Divergences of laws on the last axis.


def total_variation(p, q):
    return array_sum(absolute(p - q), -1) / 2


def kl_divergence(p, q):
    return array_sum(relative_entropy(p, q), -1)


def squared_hellinger(p, q):
    return array_sum((sqrt(p) - sqrt(q)) ** 2, -1)


def jensen_shannon_divergence(p, q):
    return (kl_divergence(p, (p + q) / 2) + kl_divergence(q, (p + q) / 2)) / 2


def chi2_divergence(p, q):
    return array_sum(chi2_terms(p, q), -1)


def chi2_terms(p, q):
    """``(p - q)^2 / q``, 0 where both are 0."""
    seen = possibly_nonzero(p) | possibly_nonzero(q)
    return (p - q) ** 2 / where(seen, q, 1)


# Policies.


def policy_tv(mdp, first, second):
    return expectation(mdp, first, total_variation(mdp.policy(first), mdp.policy(second)))


def error_rate(mdp, expert, learner):
    return policy_tv(mdp, expert, learner)


def on_policy_error_rate(mdp, expert, learner):
    return policy_tv(mdp, learner, expert)


def policy_kl(mdp, first, second):
    d = mdp.state_occupancy(first)
    kl = kl_divergence(mdp.policy(first), mdp.policy(second))
    return average(mdp, d, where(possibly_nonzero(d), kl, 0))


def policy_hellinger2(mdp, first, second):
    return expectation(mdp, first, squared_hellinger(mdp.policy(first), mdp.policy(second)))


def step_errors(mdp, expert, learner, states):
    return array_sum(states * total_variation(mdp.policy(expert), mdp.policy(learner)), -1)


def causal_entropy(mdp, pi):
    """Expected sum over steps, or discounted, of the entropies of the action laws."""
    return total(mdp, expectation(mdp, pi, array_sum(entropy(mdp.policy(pi)), -1)))


def disadvantages_where_visited(mdp, expert, learner):
    lost = maximum(amax(-mdp.advantage(expert), -1), 0)
    return where(possibly_nonzero(mdp.state_occupancy(learner)), lost, 0)


def disadvantage(mdp, expert, learner):
    """Most that one action can lose against the expert's value, in states the learner may visit."""
    return largest(mdp, disadvantages_where_visited(mdp, expert, learner))


def step_disadvantages(mdp, expert, learner):
    return amax(disadvantages_where_visited(mdp, expert, learner), -1)


# Occupancies.


def mean_over_steps(mdp, x):
    return x if mdp.horizon is None else array_sum(x, -1) / mdp.horizon


def pairs(d):
    """Join the state and action axes."""
    return reshape(d, (*d.shape[:-2], d.shape[-2] * d.shape[-1]))


def occupancy_tv(mdp, first, second):
    return mean_over_steps(mdp, total_variation(pairs(mdp.occupancy(first)), pairs(mdp.occupancy(second))))


def occupancy_kl(mdp, first, second):
    return mean_over_steps(mdp, kl_divergence(pairs(mdp.occupancy(first)), pairs(mdp.occupancy(second))))


def occupancy_hellinger2(mdp, first, second):
    return mean_over_steps(mdp, squared_hellinger(pairs(mdp.occupancy(first)), pairs(mdp.occupancy(second))))


def occupancy_chi2(mdp, first, second):
    return mean_over_steps(mdp, chi2_divergence(pairs(mdp.occupancy(first)), pairs(mdp.occupancy(second))))


def occupancy_js(mdp, first, second):
    return mean_over_steps(mdp, jensen_shannon_divergence(pairs(mdp.occupancy(first)), pairs(mdp.occupancy(second))))


def state_occupancy_tv(mdp, first, second):
    return mean_over_steps(mdp, total_variation(mdp.state_occupancy(first), mdp.state_occupancy(second)))


def state_occupancy_kl(mdp, first, second):
    return mean_over_steps(mdp, kl_divergence(mdp.state_occupancy(first), mdp.state_occupancy(second)))


def state_occupancy_hellinger2(mdp, first, second):
    return mean_over_steps(mdp, squared_hellinger(mdp.state_occupancy(first), mdp.state_occupancy(second)))


def state_occupancy_chi2(mdp, first, second):
    return mean_over_steps(mdp, chi2_divergence(mdp.state_occupancy(first), mdp.state_occupancy(second)))


def separating_reward(mdp, first, second):
    """1 where the first policy goes more often, else 0; all of [0, 1] where that is open."""
    more = mdp.occupancy(first) > mdp.occupancy(second)
    zero, one = Fraction(0), Fraction(1)
    low = Array(more.shape, [one if answer else zero for answer in more.entries])
    return hull(low, Array(more.shape, [zero if answer is False else one for answer in more.entries]))


def transition_tv(first, second):
    tv = total_variation(first.dense(), second.dense())
    return tv if first.horizon is not None else tv[..., 0, :, :]


# Sequences of quantities.


def together(values, axis=0):
    values = [asarray(x) for x in values]
    shape = broadcast_shapes(*(x.shape for x in values))
    return stack([broadcast_to(x, shape) for x in values], axis)


def mean(values):
    stacked = together(values)
    return array_sum(stacked, 0) / len(stacked)


def smallest(values):
    return reduce(minimum, values)


def greatest(values):
    return reduce(maximum, values)


def blend(policies, weights, axes=3):
    """Choose among policies afresh at every step."""
    lift = (..., *[None] * axes)
    return reduce(lambda x, y: x + y, [asarray(weight)[lift] * pi for weight, pi in zip(weights, policies)])


def pick(policies, index, axes=3):
    return policies[int(index)]


def acting(expert, learner, beta):
    return blend([expert, learner], [beta, 1 - beta])


def interference(mdp, beta):
    return 1 - mean((1 - beta) ** h for h in range(mdp.horizon))


# Losses.


def expected_loss(mdp, loss, pi, states):
    return average(mdp, states, array_sum(mdp.policy(pi) * loss, -1))


def linear_loss(mdp, costs, pi):
    return average(mdp, 1, array_sum(mdp.policy(pi) * costs, -1))


def cross_entropy(mdp, weights, pi):
    surprise = relative_entropy(weights, mdp.policy(pi)) + entropy(weights)
    return average(mdp, 1, array_sum(surprise, -1))


def shortfall(mdp, pi):
    q = mdp.q(pi)
    return amax(q, -1)[..., None] - q


def explored_return(mdp, acting, expert, pi):
    """Follow one policy up to a random step, act there, follow the expert: rewards from that step on."""
    pi, expert = mdp.policy(pi), mdp.policy(expert)
    states, earned = mdp.state_occupancy(acting), Fraction(0)
    for start in range(mdp.horizon):
        mass = states[..., start, :, None] * at_step(pi, start)
        for h in range(start, mdp.horizon):
            earned = earned + array_sum(mass * mdp.reward(h), (-2, -1))
            if h + 1 < mdp.horizon:
                mass = mdp.push(mass, h)[..., None] * at_step(expert, h + 1)
    return earned / mdp.horizon


# Trajectories.


def trajectory_law(mdp, pi):
    """Probability of every trajectory, the first pair slowest; of a policy or of laws given all of the past."""
    pairs = mdp.n_states * mdp.n_actions
    if isinstance(pi, (tuple, list)):
        acts = [act if h else act[..., None, :, :] for h, act in enumerate(pi)]
        acts[0] = acts[0][..., 0, :, :]
        acts = [reshape(act, (*act.shape[:-3], pairs**h, *act.shape[-2:])) for h, act in enumerate(acts)]
    else:
        pi = mdp.policy(pi)
        acts = [at_step(pi, h)[..., None, :, :] for h in range(mdp.horizon)]
    law = flat(mdp.mu[:, None] * acts[0][..., 0, :, :], 2)
    for h in range(1, mdp.horizon):
        rows = reshape(mdp.kernel(h - 1), (pairs, mdp.n_states))
        moved = flat(reshape(law, (*law.shape[:-1], -1, pairs))[..., None] * rows, 3)
        moved = reshape(moved, (*moved.shape[:-1], pairs**h, mdp.n_states))
        law = flat(moved[..., None] * acts[h], 3)
    return law


def flat(x, axes):
    """Join the last axes."""
    return reshape(x, (*x.shape[:-axes], -1))


def step_laws(mdp, law):
    """Laws of state and action at each step, of a law of trajectories."""
    pairs, horizon = mdp.n_states * mdp.n_actions, mdp.horizon
    batch = law.shape[:-1]
    split = [reshape(law, (*batch, pairs**h, pairs, pairs ** (horizon - 1 - h))) for h in range(horizon)]
    laws = stack([array_sum(x, (-3, -1)) for x in split], -2)
    return reshape(laws, (*batch, horizon, mdp.n_states, mdp.n_actions))


def trajectory_tv(mdp, first, second):
    return total_variation(trajectory_law(mdp, first), trajectory_law(mdp, second))


def trajectory_kl(mdp, first, second):
    return total(mdp, policy_kl(mdp, first, second))


def trajectory_hellinger2(mdp, first, second):
    """``2 - 2 sum sqrt(P P')``, by a recursion for the sum."""
    p, q = mdp.policy(first), mdp.policy(second)
    shared = sqrt(p) * sqrt(q)
    rest = asarray(1)
    for h in reversed(range(mdp.horizon)):
        now = at_step(shared, h)
        rest = array_sum(now * (mdp.expect(rest, h) if rest.ndim else 1), -1)
    return 2 - 2 * array_sum(mdp.mu * rest, -1)


def trajectory_chi2(mdp, first, second):
    """``sum P^2 / P' - 1``, by a recursion where the first policy goes."""
    p, q = mdp.policy(first), mdp.policy(second)
    taken = possibly_nonzero(mdp.state_occupancy(first))[..., None] & possibly_nonzero(p)
    ratio = where(taken, p * p / where(taken, q, 1), 0)
    rest = asarray(1)
    for h in reversed(range(mdp.horizon)):
        rest = array_sum(at_step(ratio, h) * (mdp.expect(rest, h) if rest.ndim else 1), -1)
    return array_sum(mdp.mu * rest, -1) - 1


def path_sums(mdp, f):
    return over_paths(mdp, f, lambda x, y: x + y)


def path_products(mdp, f):
    return over_paths(mdp, f, lambda x, y: x * y)


def over_paths(mdp, f, combine):
    """Combine the numbers of the steps of every trajectory, in the order of ``trajectory_law``."""
    each = [flat(at_step(asarray(f), h), 2) for h in range(mdp.horizon)]
    return reduce(lambda past, now: flat(combine(past[..., None], now[..., None, :]), 2), each)


# Features.


def feature_table(features):
    return together(features, -1)


def feature_rewards(mdp, features, weights):
    table = (None, None) if mdp.horizon is None else (None, None, None)
    return array_sum(features * asarray(weights)[(..., *table, slice(None))], -1)


def mean_features(mdp, occupancy, features):
    expected = occupancy[..., None] * features
    if mdp.horizon is None:
        return array_sum(expected, (-3, -2))
    return array_sum(expected, (-4, -3, -2)) / mdp.horizon


def feature_expectations(mdp, occupancy, features):
    return total(mdp, mean_features(mdp, occupancy, features))


def squared_norm(x):
    return array_sum(x * x, -1)


def occupancy_vertices(mdp):
    """Occupancies of all stationary deterministic policies."""
    return stack([mdp.occupancy(pi) for pi in deterministic_policies(mdp)], -3)


def deterministic_policies(mdp):
    states, actions = mdp.n_states, mdp.n_actions
    choices = product(range(actions), repeat=states)
    return asarray([[[int(a == chosen) for a in range(actions)] for chosen in choice] for choice in choices])
