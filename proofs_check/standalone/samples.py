"""Data sets, codes, graphs and rewards that no behaviour tells apart."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import permutations, product
from math import gcd
from operator import add

from proofs_check.standalone.arrays import (
    Array,
    amax,
    array_sum,
    asarray,
    broadcast_to,
    concatenate,
    entropy,
    exp,
    eye,
    hull,
    log,
    maximum,
    midpoint,
    minimum,
    moveaxis,
    possibly_nonzero,
    relative_entropy,
    repeat,
    reshape,
    stack,
    where,
)
from proofs_check.standalone.measures import (
    expected_next,
    mean_occupancy,
    path_products,
    path_sums,
    step_laws,
    together,
    total_variation,
    trajectory_law,
)
from proofs_check.standalone.models import at_step, soft_maximum, softmax

# Data sets of independent trajectories.


class DatasetLaw:
    """What N outcomes show in total, ``shown[M, ...]``, and the probability of each total."""

    def __init__(self, shown, probabilities):
        self.shown, self.probabilities = shown, probabilities

    def expectation(self, f):
        return array_sum(self.probabilities * f, -1)


def dataset_law(law, statistic, samples, combine=add):
    """Law of the sum (or another combination) of a statistic over N independent outcomes."""
    statistic = asarray(statistic)
    once = {}
    for row, probability in zip(statistic, moveaxis(law, -1, 0)):
        if possibly_nonzero(probability).any():
            key = tuple(row.ravel().entries)
            once[key] = once.get(key, 0) + probability
    sums = {(0,) * (statistic.size // len(statistic)): 0 * law[..., 0] + 1}
    for _ in range(samples):
        longer = {}
        for total, probability in sums.items():
            for row, another in once.items():
                key = tuple(map(combine, total, row))
                longer[key] = longer.get(key, 0) + probability * another
        sums = longer
    keys = sorted(sums)
    shown = Array((len(keys), *statistic.shape[1:]), [x for key in keys for x in key])
    return DatasetLaw(shown, stack([sums[key] for key in keys], -1))


def action_counts(mdp):
    """What each trajectory does: 0 or 1 for each step, state and action."""
    n = mdp.n_states * mdp.n_actions
    paths = product(range(n), repeat=mdp.horizon)
    rows = [[int(pair == taken) for taken in path for pair in range(n)] for path in paths]
    return reshape(asarray(rows), (len(rows), mdp.horizon, mdp.n_states, mdp.n_actions))


def count_law(mdp, expert, samples):
    return dataset_law(trajectory_law(mdp, expert), action_counts(mdp), samples)


def visit_law(mdp, expert, samples):
    return dataset_law(trajectory_law(mdp, expert), array_sum(action_counts(mdp), -1), samples)


def clones(mdp, counts, elsewhere):
    """The empirical law of the action where data were seen, a rule elsewhere."""
    visits = array_sum(counts, -1)[..., None]
    return where(visits > 0, counts / maximum(visits, 1), mdp.policy(elsewhere))


def expected_clone_value(mdp, expert, elsewhere, samples):
    data = count_law(mdp, expert, samples)
    return data.expectation(mdp.value(clones(mdp, data.shown, elsewhere)))


def expected_over_data(mdp, expert, rule, samples):
    """Expected occupancy of acting as the expert where N trajectories of it have been, else by a rule."""
    visits = array_sum(action_counts(mdp), -1)
    data = dataset_law(trajectory_law(mdp, expert), visits, samples, combine=max)
    acted = where(data.shown[..., None] > 0, mdp.policy(expert), mdp.policy(rule))
    result, law = [], broadcast_to(mdp.mu, (len(data.shown), mdp.n_states))
    for h in range(mdp.horizon):
        mass = law[..., None] * at_step(acted, h)
        result.append(array_sum(data.probabilities[:, None, None] * mass, 0))
        law = mdp.push(mass, h)
    return stack(result, -3)


def mimicking_occupancy(mdp, expert, elsewhere, samples):
    return expected_over_data(mdp, expert, elsewhere, samples)


def retracing_occupancy(mdp, expert, samples):
    return expected_over_data(mdp, expert, 0 * mdp.policy(expert), samples)


def inside_occupancy(mdp, pi, seen):
    """Mass of the paths that never left a set, given by its indicator at each step."""
    pi, law, masses = mdp.policy(pi), mdp.mu, []
    for h in range(mdp.horizon):
        masses.append((law * at_step(seen, h, 1))[..., None] * at_step(pi, h))
        law = mdp.push(masses[-1], h)
    return together(masses, -3)


def left_occupancy(mdp, pi, seen):
    return mdp.occupancy(pi) - inside_occupancy(mdp, pi, seen)


def agreeing_occupancy(mdp, expert, learner):
    shared, law, masses = minimum(mdp.policy(expert), mdp.policy(learner)), mdp.mu, []
    for h in range(mdp.horizon):
        masses.append(law[..., None] * at_step(shared, h))
        law = mdp.push(masses[-1], h)
    return together(masses, -3)


def steps_lost(mdp, mass):
    return mdp.horizon - array_sum(mass, (-3, -2, -1))


def earned(mdp, occupancy):
    return array_sum(occupancy * mdp.rewards(), (-3, -2, -1))


def missing_masses(mdp, expert, samples):
    d = mdp.state_occupancy(expert)
    return array_sum(d * (1 - d) ** samples, -1)


def indicator(event):
    """1 where an event happens, 0 where not, all of [0, 1] where that is open."""
    return hull(
        Array(event.shape, [int(answer is True) for answer in event.entries]),
        Array(event.shape, [int(answer is not False) for answer in event.entries]),
    )


def mistake_law(mdp, expert, learner, acting, samples):
    """Law of the number of mistakes on sampled trajectories of a policy that moves."""
    acting = mdp.policy(acting)
    agreement = array_sum(mdp.policy(expert) * mdp.policy(learner), -1)
    counts = {0: mdp.mu}
    for h in range(mdp.horizon):
        if h:
            counts = {k: mdp.push(law[..., None] * at_step(acting, h - 1), h - 1) for k, law in counts.items()}
        agrees, longer = at_step(agreement, h, 1), {}
        for k, law in counts.items():
            longer[k] = longer.get(k, 0) + law * agrees
            longer[k + 1] = longer.get(k + 1, 0) + law * (1 - agrees)
        counts = longer
    one = [array_sum(counts[k], -1) for k in range(mdp.horizon + 1)]
    total = [asarray(1)]
    for _ in range(samples):
        sums = [Fraction(0)] * (len(total) + mdp.horizon)
        for i, x in enumerate(total):
            for j, y in enumerate(one):
                sums[i + j] = sums[i + j] + x * y
        total = sums
    return together(total, -1)


# Mixtures of policies and what behaviour tells about the code.


def mutual_information(joint):
    apart = array_sum(joint, -1)[..., :, None] * array_sum(joint, -2)[..., None, :]
    return array_sum(relative_entropy(joint, apart), (-2, -1))


def variational_information(joint, posterior):
    surprise = relative_entropy(joint, moveaxis(posterior, -1, -2)) + entropy(joint)
    return array_sum(entropy(array_sum(joint, -1)), -1) - array_sum(surprise, (-2, -1))


def posterior(joint):
    seen = array_sum(joint, -2)
    possible = possibly_nonzero(seen)
    laws = where(possible[..., None, :], joint, 1)
    return moveaxis(laws / where(possible, seen, joint.shape[-2])[..., None, :], -1, -2)


def code_trajectories(mdp, policies, prior):
    return prior[..., None] * together((trajectory_law(mdp, pi) for pi in policies), -2)


def code_pairs(mdp, policies, prior):
    laws = [mean_occupancy(mdp, pi) for pi in policies]
    return prior[..., None] * together((reshape(d, (*d.shape[:-2], -1)) for d in laws), -2)


def code_information(mdp, policies, prior):
    return mutual_information(code_trajectories(mdp, policies, prior))


def code_pair_information(mdp, policies, prior):
    return mutual_information(code_pairs(mdp, policies, prior))


def recovery_error(first, second):
    codes = first.shape[-2]
    costs = total_variation(first[..., :, None, :], second[..., None, :, :])
    orders = permutations(range(codes))
    sums = [reduce(add, [costs[..., c, k] for c, k in enumerate(order)]) for order in orders]
    return reduce(minimum, sums) / codes


# Trajectories weighed by the exponential of their rewards, and discriminators of trajectories.


class TrajectoryGibbs:
    """Law of the action, log weight from a state on, and how the law tilts the next state."""

    def __init__(self, policy, v, gain, tilt):
        self.policy, self.v, self.gain, self.tilt = policy, v, gain, tilt


def trajectory_gibbs(mdp):
    v, qs, vs, gains, tilts = 0 * mdp.mu, [], [], [], []
    for h in reversed(range(mdp.horizon)):
        shift = midpoint(amax(v, -1))[..., None]
        tilt = exp(v - shift)
        gain = mdp.expect(tilt, h)
        q = mdp.reward(h) + log(gain) + shift[..., None]
        v = soft_maximum(q, asarray(1))
        for numbers, now in ((qs, q), (vs, v), (gains, gain), (tilts, tilt)):
            numbers.insert(0, now)
    policy = softmax(stack(qs, -3), asarray(1))
    return TrajectoryGibbs(policy, stack(vs, -2), stack(gains, -3), stack(tilts, -2))


def gibbs_occupancy(mdp, law):
    states, laws = mdp.mu, []
    for h in range(mdp.horizon):
        laws.append(states[..., None] * at_step(law.policy, h))
        states = mdp.push(laws[-1] / at_step(law.gain, h), h) * at_step(law.tilt, h, 1)
    return stack(laws, -3)


class Paths:
    """Laws of trajectories, the sampler's probability of their actions, and their total rewards."""

    def __init__(self, shown, sampled, density, total):
        self.shown, self.sampled, self.density, self.total = shown, sampled, density, total

    @classmethod
    def of(cls, mdp, expert, sampler, reward):
        return cls.beside(mdp, trajectory_law(mdp, expert), sampler, reward)

    @classmethod
    def beside(cls, mdp, shown, sampler, reward):
        density = path_products(mdp, mdp.policy(sampler))
        return cls(shown, trajectory_law(mdp, sampler), density, path_sums(mdp, reward))


def discriminator_loss(paths):
    """``-E_shown log D - E_sampled log(1 - D)`` with ``D = e^f / (e^f + density)``."""
    both = log(exp(paths.total) + paths.density)
    density = log(where(possibly_nonzero(paths.density), paths.density, 1))
    terms = (paths.shown + paths.sampled) * both - paths.shown * paths.total - paths.sampled * density
    return array_sum(terms, -1)


def importance_weights(paths):
    return 2 * exp(paths.total) / (exp(paths.total) + paths.density)


def guided_cost_gradient(mdp, paths):
    sampled = (paths.shown + paths.sampled) / 2 * importance_weights(paths)
    return step_laws(mdp, sampled) - step_laws(mdp, paths.shown)


# The graph of a model.


def edge_lists(mdp):
    kernel = mdp.kernel(0).tolist()
    return [{t for row in rows for t, p in enumerate(row) if p != 0} for rows in kernel]


def edges(mdp):
    n = mdp.n_states
    return Array((n, n), [t in targets for targets in edge_lists(mdp) for t in range(n)])


def walked(edges, starts, length):
    """States at the end of walks of one length."""
    for _ in range(length):
        starts = {t for s in starts for t in edges[s]}
    return starts


def is_deterministic(mdp):
    return mdp.steps == 1 and all(sum(p != 0 for p in row) == 1 for rows in mdp.kernel(0).tolist() for row in rows)


def is_strongly_connected(mdp):
    graph, n = edge_lists(mdp), mdp.n_states
    return all(set().union(*(walked(graph, {s}, k) for k in range(n))) == set(range(n)) for s in range(n))


def linkage_classes(mdp, *, steps=1):
    graph, n = edge_lists(mdp), mdp.n_states
    classes = [{s} for s in range(n)]
    for length in range(1, steps + 1):
        for s in range(n):
            linked = walked(graph, {s}, length)
            apart = [c for c in classes if not c & linked]
            classes = [*apart, set().union(*(c for c in classes if c & linked))]
    return len(classes)


def is_decomposable(mdp):
    return linkage_classes(mdp) == 1


def is_covered(mdp, steps):
    graph, everything = edge_lists(mdp), set(range(mdp.n_states))
    starts = [s for s, p in enumerate(mdp.mu.entries) if p != 0]
    return steps >= 0 and any(walked(graph, {s}, steps) == everything for s in starts)


def period(mdp):
    graph, n = edge_lists(mdp), mdp.n_states
    return asarray(reduce(gcd, [k for k in range(1, n + 1) for s in range(n) if s in walked(graph, {s}, k)], 0))


# Shaping, and the dimension of rewards that behaviour does not tell apart.


def shaping(mdp, potential):
    return expected_next(mdp, potential) - potential[..., None]


def shaped(mdp, potential):
    return mdp.with_rewards(mdp.rewards() + shaping(mdp, potential))


def next_state_shaping(mdp, potential):
    added = mdp.discount * potential[..., None, :] - potential[..., :, None]
    shape = (*added.shape[:-2], mdp.n_states, mdp.n_actions, mdp.n_states)
    return broadcast_to(added[..., :, None, :], shape)


def rank(matrix):
    """Rank of a matrix of fractions, by elimination."""
    rows, found = asarray(matrix).tolist(), 0
    for column in range(asarray(matrix).shape[-1]):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column] != 0), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = Fraction(rows[i][column]) / rows[found][column]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[found])]
        found += 1
    return asarray(found)


def rows_of_pairs(mdp):
    return repeat(eye(mdp.n_states), mdp.n_actions, 0)


def potential_differences(mdp):
    """The map from values v to rewards ``v(s) - gamma E v(s')``."""
    here = reshape(rows_of_pairs(mdp), (mdp.n_states, mdp.n_actions, mdp.n_states))
    return reshape(here - mdp.discount * mdp.kernel(), (-1, mdp.n_states))


def state_reward_ambiguity(mdp):
    values = reshape(mdp.kernel(), (-1, mdp.n_states)) if mdp.discount.item() != 0 else 0 * rows_of_pairs(mdp)
    return 2 * mdp.n_states - rank(concatenate([rows_of_pairs(mdp), values], 1))


def shaping_ambiguity(mdp):
    return 2 * mdp.n_states - rank(concatenate([rows_of_pairs(mdp), -potential_differences(mdp)], 1))


def reward_ambiguity(*mdps):
    """Dimension of the intersection of the images of the maps of some models."""
    first, *others = [potential_differences(mdp) for mdp in mdps]
    if not others:
        return rank(first)
    rows = [
        concatenate([first, *(-b if i == j else 0 * b for j, b in enumerate(others))], 1) for i in range(len(others))
    ]
    agreeing = concatenate(rows, 0)
    return agreeing.shape[-1] - rank(agreeing)


def changes_of_value(mdp, known):
    """Dimension of the (f, v) with ``f(s, a) = v_h(s) - E v_{h+1}(s')`` where ``known[h][s]``."""
    n, actions, horizon = mdp.n_states, mdp.n_actions, mdp.horizon
    rows = []
    for h, s, a in product(range(horizon), range(n), range(actions)):
        if known[h][s]:
            row = [Fraction(0)] * (n * actions + horizon * n)
            row[s * actions + a] += 1
            row[n * actions + h * n + s] -= 1
            for t, p in enumerate(mdp.kernel(h)[s, a].tolist() if h + 1 < horizon else []):
                row[n * actions + (h + 1) * n + t] += p
            rows.append(row)
    asked = sum(1 for column in zip(*rows) if any(column))
    return asked - rank(rows)


def stationary_reward_ambiguity(mdp):
    return changes_of_value(mdp, [[True] * mdp.n_states] * mdp.horizon)


def visited_reward_ambiguity(mdp):
    visited = [possibly_nonzero(mdp.mu)]
    for h in range(1, mdp.horizon):
        mass = repeat(visited[-1][..., None], mdp.n_actions, -1)
        visited.append(mdp.successors(mass, h - 1))
    return changes_of_value(mdp, [v.tolist() for v in visited])
