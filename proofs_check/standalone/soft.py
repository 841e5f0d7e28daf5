"""f-divergences with their rewards, soft values and the objectives of inverse soft-Q learning."""

from __future__ import annotations

from fractions import Fraction

from proofs_check.standalone.arrays import (
    Array,
    absolute,
    amax,
    amin,
    array_sum,
    asarray,
    entropy,
    exp,
    log,
    minimum,
    possibly_nonzero,
    relative_entropy,
    sqrt,
    where,
)
from proofs_check.standalone.measures import (
    average,
    causal_entropy,
    chi2_terms,
    expected_next,
    largest,
    mean_over_pairs,
    per_step,
    sum_over_pairs,
    together,
)
from proofs_check.standalone.models import soft_maximum, softmax


class FDivergence:
    """``sum e f(d / e)``: its terms, the utility of rewards whose conjugate it is, and the best reward."""

    def __init__(self, terms, utility, slope, reward, curvature, high=None, neutral=0):
        self.terms, self.utility, self.slope = terms, utility, slope
        self.reward, self.curvature, self.high, self.neutral = reward, curvature, high, neutral

    def __call__(self, d, e, axes):
        return array_sum(self.terms(d, e), tuple(range(-axes, 0)))

    def envelope(self, r):
        return self.utility(r if self.high is None else minimum(r, self.high))

    def centred(self):
        c = self.neutral
        return FDivergence(
            self.terms,
            lambda r: self.utility(r + c) - c,
            lambda r: self.slope(r + c),
            lambda d, e: self.reward(d, e) - c,
            self.curvature,
            None if self.high is None else self.high - c,
        )


def jensen_shannon_terms(d, e):
    return relative_entropy(d, (d + e) / 2) + relative_entropy(e, (d + e) / 2)


def signs(x, y):
    more, less = x > y, x < y
    return Array(more.shape, [int(up is True) - int(down is True) for up, down in zip(more.entries, less.entries)])


FORWARD_KL = FDivergence(
    lambda d, e: relative_entropy(e, d),
    lambda r: 1 + log(r),
    lambda r: 1 / r,
    lambda d, e: e / d,
    lambda d, e: e / d**2,
    neutral=1,
)
REVERSE_KL = FDivergence(
    relative_entropy,
    lambda r: -exp(-r - 1),
    lambda r: exp(-r - 1),
    lambda d, e: -1 - log(d / e),
    lambda d, e: 1 / d,
    neutral=-1,
)
SQUARED_HELLINGER = FDivergence(
    lambda d, e: (sqrt(d) - sqrt(e)) ** 2,
    lambda r: r / (1 + r),
    lambda r: 1 / (1 + r) ** 2,
    lambda d, e: sqrt(e / d) - 1,
    lambda d, e: sqrt(e / d) / (2 * d),
)
CHI2 = FDivergence(
    chi2_terms,
    lambda r: r - r**2 / 4,
    lambda r: 1 - r / 2,
    lambda d, e: 2 * (1 - d / e),
    lambda d, e: 2 / e + 0 * d,
    high=2,
)
JENSEN_SHANNON = FDivergence(
    jensen_shannon_terms,
    lambda r: log(2 - exp(-r)),
    lambda r: 1 / (2 * exp(r) - 1),
    lambda d, e: log((d + e) / (2 * d)),
    lambda d, e: e / (d * (d + e)),
)
TOTAL_VARIATION = FDivergence(
    lambda d, e: absolute(d - e) / 2,
    lambda r: r,
    lambda r: 1 + 0 * r,
    lambda d, e: signs(e, d) / 2,
    lambda d, e: 0 * (d + e),
    high=Fraction(1, 2),
)
F_DIVERGENCES = {
    "forward-kl": FORWARD_KL,
    "reverse-kl": REVERSE_KL,
    "squared-hellinger": SQUARED_HELLINGER,
    "chi2": CHI2,
    "jensen-shannon": JENSEN_SHANNON,
    "total-variation": TOTAL_VARIATION,
}


# Soft values.


def entropy_bonus(mdp, pi, temperature):
    return asarray(temperature) * array_sum(entropy(mdp.policy(pi)), -1)


def soft_value(mdp, pi, temperature):
    return mdp.value(pi) + temperature * causal_entropy(mdp, pi)


def soft_v(mdp, pi, temperature):
    """Value from each state of rewards plus entropies."""
    return mdp.with_rewards(mdp.rewards() + entropy_bonus(mdp, pi, temperature)[..., None]).v(pi)


def soft_advantage(mdp, pi, other, temperature):
    v = soft_v(mdp, other, temperature)
    q = mdp.rewards() + expected_next(mdp, v)
    return array_sum(mdp.policy(pi) * q, -1) + entropy_bonus(mdp, pi, temperature) - v


# Inverse soft-Q learning.


def soft_policy_v(mdp, pi, q, temperature=1):
    return array_sum(mdp.policy(pi) * q, -1) + entropy_bonus(mdp, pi, temperature)


def soft_best_v(mdp, q, temperature=1):
    return soft_maximum(q, asarray(temperature))


def soft_best_policy(mdp, q, temperature=1):
    return softmax(q, asarray(temperature))


def implied_reward(mdp, q, v):
    return q - expected_next(mdp, v)


def inverse_soft_bellman(mdp, pi, q, temperature=1):
    return implied_reward(mdp, q, soft_policy_v(mdp, pi, q, temperature))


def inverse_soft_optimality(mdp, q, temperature=1):
    return implied_reward(mdp, q, soft_best_v(mdp, q, temperature))


def soft_q(mdp, pi, r, temperature=1):
    return r + expected_next(mdp, soft_v(mdp.with_rewards(r), pi, temperature))


def soft_optimal_q(mdp, r, temperature=1):
    return mdp.with_rewards(r).soft_optimal(temperature).q


def start_value(mdp, v):
    return per_step(mdp, array_sum(mdp.mu * (v if mdp.horizon is None else v[..., 0, :]), -1))


def telescoped_value(mdp, nu, v):
    return mean_over_pairs(mdp, nu, v[..., None] - expected_next(mdp, v))


def expected_utility(mdp, law, r, utility):
    shown = possibly_nonzero(law)
    return mean_over_pairs(mdp, law, where(shown, utility(where(shown, r, 1)), 0))


def worth(mdp, target, q, v, utility, nu):
    price = start_value(mdp, v) if nu is None else telescoped_value(mdp, nu, v)
    return expected_utility(mdp, target, implied_reward(mdp, q, v), utility) - price


def inverse_soft_objective(mdp, target, pi, q, utility, *, temperature=1, nu=None):
    return worth(mdp, target, q, soft_policy_v(mdp, pi, q, temperature), utility, nu)


def inverse_soft_dual(mdp, target, q, utility, *, temperature=1, nu=None):
    return worth(mdp, target, q, soft_best_v(mdp, q, temperature), utility, nu)


def state_only_objective(mdp, states, q, utility, *, temperature=1):
    law = states[..., None] * soft_best_policy(mdp, q, temperature)
    return worth(mdp, law, q, soft_best_v(mdp, q, temperature), utility, None)


def squared_soft_error(mdp, law, q, reward, *, temperature=1):
    return mean_over_pairs(mdp, law, (inverse_soft_optimality(mdp, q, temperature) - reward) ** 2)


def value_dice_objective(mdp, target, pi, nu):
    v = array_sum(mdp.policy(pi) * nu, -1)
    return log(mean_over_pairs(mdp, target, exp(implied_reward(mdp, nu, v)))) - start_value(mdp, v)


# Moments.


def share_of_step(mdp, x):
    return x if mdp.horizon is None else x / mdp.horizon


def occupancy_mismatch(mdp, target, learner):
    return share_of_step(mdp, mdp.occupancy(learner) - target)


def reward_mismatch(mdp, expert, learner):
    return occupancy_mismatch(mdp, mdp.occupancy(expert), learner)


def action_mismatch(mdp, expert, learner, states):
    return share_of_step(mdp, states[..., None] * (mdp.policy(learner) - mdp.policy(expert)))


def off_policy_mismatch(mdp, expert, learner):
    return action_mismatch(mdp, expert, learner, mdp.state_occupancy(expert))


def on_policy_mismatch(mdp, expert, learner):
    return action_mismatch(mdp, expert, learner, mdp.state_occupancy(learner))


def payoff(mdp, mismatch, f):
    return sum_over_pairs(mdp, mismatch * f)


def over_time(mdp, mismatch):
    return mismatch if mdp.horizon is None else array_sum(mismatch, -3)[..., None, :, :]


def largest_payoff(mdp, mismatch, *, stationary=False):
    return sum_over_pairs(mdp, absolute(over_time(mdp, mismatch) if stationary else mismatch))


def best_moment(mismatch):
    return signs(mismatch, 0 * mismatch)


def least_reward_payoff(mdp, target, f):
    shown = payoff(mdp, share_of_step(mdp, target), f)
    return -per_step(mdp, mdp.with_rewards(-f).optimal_value()) - shown


def least_off_policy_payoff(mdp, expert, states, f):
    return average(mdp, states, amin(f, -1) - array_sum(mdp.policy(expert) * f, -1))


def least_on_policy_payoff(mdp, expert, f):
    return -per_step(mdp, mdp.with_rewards(-centred(mdp, expert, f)).optimal_value())


def centred(mdp, expert, f):
    return f - array_sum(mdp.policy(expert) * f, -1)[..., None]


def reward_payoff(mdp, expert, learner, f):
    return payoff(mdp, reward_mismatch(mdp, expert, learner), f)


def off_policy_payoff(mdp, expert, learner, f):
    return payoff(mdp, off_policy_mismatch(mdp, expert, learner), f)


def on_policy_payoff(mdp, expert, learner, f):
    return payoff(mdp, on_policy_mismatch(mdp, expert, learner), f)


def reward_moment_error(mdp, expert, learner, *, stationary=False):
    return largest_payoff(mdp, reward_mismatch(mdp, expert, learner), stationary=stationary)


def off_policy_moment_error(mdp, expert, learner, *, stationary=False):
    return largest_payoff(mdp, off_policy_mismatch(mdp, expert, learner), stationary=stationary)


def on_policy_moment_error(mdp, expert, learner, *, stationary=False):
    return largest_payoff(mdp, on_policy_mismatch(mdp, expert, learner), stationary=stationary)


def recoverability(mdp, expert):
    return largest(mdp, amax(absolute(mdp.advantage(expert)), -1))


def half_spans(mdp, expert):
    q = mdp.q(expert)
    return (amax(q, -1) - amin(q, -1)) / 2


def half_span(mdp, expert):
    return largest(mdp, half_spans(mdp, expert))


def on_policy_price(mdp, expert, learner):
    distance = array_sum(absolute(mdp.policy(learner) - mdp.policy(expert)), -1)
    return average(mdp, mdp.state_occupancy(learner), half_spans(mdp, expert) * distance)


# Multiplicative weights.


def exponential_weights(losses, rate):
    weights = exp((amin(losses, -1)[..., None] - losses) * rate)
    return weights / array_sum(weights, -1)[..., None]


def average_regret(losses, laws):
    suffered = together(array_sum(law * loss, -1) for law, loss in zip(laws, losses))
    return (array_sum(suffered, 0) - amin(array_sum(together(losses), 0), -1)) / len(losses)
