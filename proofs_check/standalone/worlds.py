"""Small models of the literature that some claims build for themselves, and what they mix and sample there."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import product

from proofs_check.standalone.arrays import (
    Array,
    asarray,
    maximum,
    minimum,
)
from proofs_check.standalone.measures import blend
from proofs_check.standalone.models import Model
from proofs_check.standalone.samples import indicator


def errors_of_two(moves, rewards, horizon, errors):
    """Where actions lead and what they earn; an expert that plays action 0, and a learner that errs in each state."""
    states = range(len(moves))
    P = [[[Fraction(t == target) for t in states] for target in row] for row in moves]
    mdp = Model(P, rewards, [Fraction(s == 0) for s in states], horizon=horizon)
    return mdp, asarray([[1, 0] for _ in states]), asarray([[1 - e, e] for e in errors])


def cliff(*, horizon, error):
    return errors_of_two([[0, 1], [1, 1]], [[1, 0], [0, 0]], horizon, [error] * 2)


def unicycle(*, horizon, error):
    return errors_of_two([[0, 1], [0, 0]], [[1, 1], [0, 0]], horizon, [error] * 2)


def loop(*, horizon, error):
    return errors_of_two([[0, 0]], [[1, 0]], horizon, [error])


def kaariainen_flip(*, horizon, error):
    return errors_of_two([[0, 1], [1, 0]], [[1, 0], [0, 1]], horizon, [error] * 2)


def first_step_error(*, horizon, error):
    rewards = [[1, 0], [1, 1], [0, 0]]
    return errors_of_two([[1, 2], [1, 1], [2, 2]], rewards, horizon, [error * horizon, 0, 0])


def ftl_cycle(*, horizon):
    mdp, expert, _ = errors_of_two([[1, 2], [1, 1], [2, 2]], [[1, 0]] * 3, horizon, [0] * 3)
    first = [[1, 0], [0, 1], [1, 0]]
    second = [[0, 1], [1, 0], [0, 1]]
    return mdp, expert, asarray([[first], [second]])


# The policies of SMILe.


def shares(alpha, n):
    return [alpha * (1 - alpha) ** j for j in range(n)]


def mixture(expert, learners, alpha):
    n = len(learners)
    return blend([expert, *learners], [(1 - alpha) ** n, *shares(alpha, n)])


def without_expert(learners, alpha):
    weights = [(1 - alpha) ** j for j in range(len(learners))]
    return blend(learners, [weight / sum(weights) for weight in weights])


def geometric(alpha):
    return lambda i: (1 - asarray(alpha)) ** (i - 1)


# Sampling.


def worst_failure_probability(own, laws, margin):
    """Largest probability, over all ways to choose learners from counts, that losses look too small."""
    learners, outcomes = laws[0].shape[-2:]
    allowed = len(laws) * (outcomes - 1) * margin

    def worst(rounds, best, count):
        if rounds == len(laws):
            return indicator(asarray(len(laws) * best - allowed) > count)
        choices = []
        for k in range(learners):
            smallest, law = minimum(best, own[k]), laws[rounds][k]
            futures = [law[n] * worst(rounds + 1, smallest, count + n) for n in range(outcomes)]
            choices.append(sum(futures, start=Fraction(0)))
        return reduce(maximum, choices)

    return worst(0, asarray(outcomes - 1), 0)


def indices(shape):
    """Places of all entries of an array, one axis after the other."""
    spots = list(product(*map(range, shape)))
    return Array((len(shape), *shape), [spot[axis] for axis in range(len(shape)) for spot in spots])
