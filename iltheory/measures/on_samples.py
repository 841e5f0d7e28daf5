"""The quantities of the other rooms in worlds that are only sampled: means of bounded functions of episodes.

Each encloses its expectation with confidence, within ``il.Sampling(...).evaluation()`` or ``il.verify_sampled``. After
termination all policies act alike, so those steps add nothing to a divergence.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.measures import f_divergences, occupancies, policies, returns, trajectories, values
from iltheory.measures.action_laws import SLACK, law_entropy, law_hellinger2, law_kl, law_tv, log_ratio
from iltheory.measures.episodes import Expectation, LawOf, PathSum, Source
from iltheory.measures.quantity import never_on_samples, on_samples
from iltheory.measures.sampled import ROUNDING, expect, in_order
from iltheory.measures.steps import step_errors as errors_of_steps
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import require
from sims.sampled import Moment, NotEstimable, SampledMDP, SampledPolicy, StatesAlong
from sims.sampled.simulator import Floats

UNIT = Fraction(1, 2**52)


# Returns.


@on_samples(values.value)
def value(mdp: SampledMDP, pi: Any) -> Numbers:
    """``J(pi)``: the mean return of an episode."""
    low, high = _returns(mdp)
    return expect(Expectation((_return(mdp, pi),), "value", lambda total: total, low, high, _adding(mdp)))


@on_samples(values.gap)
def gap(mdp: SampledMDP, expert: Any, learner: Any) -> Numbers:
    """``J(expert) - J(learner)``: the mean difference of pairs of episodes, one of each policy."""
    low, high = _returns(mdp)
    parts = (_return(mdp, expert), _return(mdp, learner))
    return expect(Expectation(parts, "gap", lambda first, second: first - second, low - high, high - low, _adding(mdp)))


@on_samples(values.smallest_reward)
def smallest_reward(mdp: SampledMDP) -> Numbers:
    """The lower end of the declared range."""
    return ar.INTERVAL.convert(mdp.rewards_range[0])


@on_samples(values.largest_reward)
def largest_reward(mdp: SampledMDP) -> Numbers:
    """The upper end of the declared range."""
    return ar.INTERVAL.convert(mdp.rewards_range[1])


@on_samples(returns.smallest_return)
def smallest_return(mdp: SampledMDP) -> Numbers:
    """H times the lower end of the declared range."""
    return ar.INTERVAL.convert(_returns(mdp)[0])


@on_samples(returns.largest_return)
def largest_return(mdp: SampledMDP) -> Numbers:
    """H times the upper end of the declared range."""
    return ar.INTERVAL.convert(_returns(mdp)[1])


# Divergences of the action laws along a policy.


@on_samples(policies.policy_tv)
def policy_tv(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Mean over steps; laws with densities are compared at actions drawn from the first."""
    return _mean_over_steps(mdp, first, second, "total variation", 1, law_tv, rounding=SLACK)


@on_samples(errors_of_steps)
def step_errors(mdp: SampledMDP, expert: Any, learner: Any, states: Any) -> Numbers:
    """One expectation a step, along the policy whose states are meant."""
    require("states", states, StatesAlong, "mdp.state_occupancy(expert)")
    p, q = _policy(expert), _policy(learner)
    return ar.stack([expect(_step_error(mdp, p, q, states.policy, h)) for h in range(mdp.horizon)], axis=-1)


def _step_error(mdp: SampledMDP, p: SampledPolicy, q: SampledPolicy, along: SampledPolicy, h: int) -> Expectation:
    def term(moment: Moment, laws: LawOf, rng: np.random.Generator) -> Floats:
        return law_tv(laws[p], laws[q], rng) if moment.step == h else np.zeros(len(moment.rewards))

    name = f"total variation at step {h}"
    part = PathSum(Source(mdp, (along,)), name, (p, q), term)
    error = ROUNDING + Fraction(SLACK)
    return Expectation((part,), name, lambda total: total, Fraction(0), Fraction(1), error, siblings=mdp.horizon)


@on_samples(policies.policy_hellinger2)
def policy_hellinger2(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Mean over steps of the squared Hellinger distances of the action laws."""
    return _mean_over_steps(mdp, first, second, "squared Hellinger distance", 2, lambda p, q, rng: law_hellinger2(p, q))


@on_samples(policies.policy_kl)
def policy_kl(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Mean over steps, where ``second`` declares the least probability it gives to any action."""
    least = _policy(second).least_probability
    if least is None:
        raise NotEstimable(
            "il.policy_kl and il.trajectory_kl are means without a bound: the second policy may give an action any "
            "small probability. With sims.sampled.Smoothed(policy, n_actions, Fraction(1, 100)) they have the "
            "bound log(n_actions / weight) a step; il.trajectory_hellinger2 and il.trajectory_js are bounded for all."
        )
    return _mean_over_steps(mdp, first, second, "KL divergence", _log(1 / least), lambda p, q, rng: law_kl(p, q))


@on_samples(values.causal_entropy)
def causal_entropy(mdp: SampledMDP, pi: Any) -> Numbers:
    """Expected sum over steps of the entropies of the action laws; numbered actions only."""
    if not mdp.spaces.discrete:
        raise NotEstimable(
            "il.causal_entropy of vector actions is the entropy of densities: it has no bound, neither above nor below."
        )
    pi = _policy(pi)
    part = PathSum(Source(mdp, (pi,)), "entropy", (), lambda moment, laws, rng: law_entropy(laws[pi]))
    high = mdp.horizon * _log(Fraction(mdp.n_actions))
    return expect(Expectation((part,), "entropy", lambda total: total, Fraction(0), high, _adding(mdp)))


def _mean_over_steps(
    mdp: SampledMDP,
    first: Any,
    second: Any,
    name: str,
    high: Any,
    divergence: Callable[..., Floats],
    rounding: float = 0.0,
) -> Numbers:
    p, q = _policy(first), _policy(second)
    part = PathSum(Source(mdp, (p,)), name, (q,), lambda moment, laws, rng: divergence(laws[p], laws[q], rng))
    error = _adding(mdp) + Fraction(rounding)
    return expect(Expectation((part,), name, lambda total: total / mdp.horizon, Fraction(0), Fraction(high), error))


# Divergences of the laws of trajectories, from episodes of either policy: the dynamics cancel in the likelihood ratio.


@on_samples(trajectories.trajectory_kl)
def trajectory_kl(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """H times :func:`policy_kl`."""
    return mdp.horizon * policy_kl(mdp, first, second)


@on_samples(returns.parting)
def parting(mdp: SampledMDP, expert: Any, learner: Any) -> Numbers:
    """``1 - E_expert[prod_h learner_h(a_h | s_h)]``; numbered actions only, where the product is a probability."""
    if not mdp.spaces.discrete:
        raise NotEstimable(
            "il.parting is about numbered actions: a learner with a density never agrees with an expert."
        )
    actor, other = _policy(expert), _policy(learner)
    part = PathSum(
        Source(mdp, (actor,)),
        "log-likelihood",
        (other,),
        lambda moment, laws, rng: laws[other].log_density(moment.actions),
    )
    outcome = Expectation(
        (part,),
        "parting",
        lambda log: -np.expm1(np.minimum(log, 0.0)),
        Fraction(0),
        Fraction(1),
        _adding(mdp) + Fraction(SLACK),
    )
    return expect(outcome)


@on_samples(trajectories.trajectory_tv)
def trajectory_tv(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """``E |1 - 2u|``, with u the probability that an episode of either policy is one of the second."""
    return _of_share(mdp, first, second, "total variation", Fraction(1), lambda log: abs(np.tanh(log / 2)))


@on_samples(trajectories.trajectory_hellinger2)
def trajectory_hellinger2(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """``E 2 (sqrt u - sqrt(1 - u))^2``, with u as for the total variation."""
    return _of_share(mdp, first, second, "squared Hellinger distance", Fraction(2), _hellinger)


@on_samples(trajectories.trajectory_js)
def trajectory_js(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """``E [(1 - u) log 2(1 - u) + u log 2u]``, with u as for the total variation."""
    return _of_share(mdp, first, second, "Jensen-Shannon divergence", _log(Fraction(2)), _jensen_shannon)


def _of_share(
    mdp: SampledMDP, first: Any, second: Any, name: str, high: Fraction, outcome: Callable[[Floats], Floats]
) -> Numbers:
    """Mean, over episodes of either policy, of a function of the logarithm of their likelihood ratio.

    With ``w = prod second(a|s) / first(a|s)`` the share of the second policy in the law of these episodes is
    ``u = w / (1 + w)``. The functions are symmetric in the two policies, and change by at most half as much as
    ``log w``, relative to their range.
    """
    p, q = in_order(_policy(first), _policy(second))
    if p is q:
        return ar.INTERVAL.convert(0)
    part = PathSum(
        Source(mdp, (p, q)),
        "log-likelihood ratio",
        (),
        lambda moment, laws, rng: log_ratio(laws[p], laws[q], moment.actions, mdp.horizon),
    )
    rounding = Fraction(SLACK) + _adding(mdp)
    return expect(Expectation((part,), f"trajectories: {name}", outcome, Fraction(0), high, rounding))


def _hellinger(log: Floats) -> Floats:
    share = _shares(log)
    return np.asarray(2 * (np.sqrt(share) - np.sqrt(_shares(-log))) ** 2)


def _jensen_shannon(log: Floats) -> Floats:
    laws = np.stack([_shares(log), _shares(-log)])
    return np.asarray(f_divergences.REVERSE_KL(laws.T, np.full_like(laws.T, 0.5), axes=1))


def _shares(log: Floats) -> Floats:
    """``w / (1 + w)``."""
    return np.asarray((1 + np.tanh(log / 2)) / 2)


# What no number of roll-outs bounds.

never_on_samples(
    "it is an optimum over all policies; roll-outs of a policy only bound it from one side",
    values.optimal_value,
    values.soft_optimal_value,
)
never_on_samples(
    "it is a supremum over states and actions; episodes bound no state that they did not visit",
    values.disadvantage,
    values.step_disadvantages,
    returns.largest_advantage,
    returns.largest_luck,
)
never_on_samples(
    "it compares the laws of states, whose densities are not known; il.trajectory_tv, il.trajectory_hellinger2 and "
    "il.trajectory_js bound it from above by data processing",
    occupancies.occupancy_tv,
    occupancies.occupancy_kl,
    occupancies.occupancy_hellinger2,
    occupancies.occupancy_chi2,
    occupancies.occupancy_js,
    occupancies.state_occupancy_tv,
    occupancies.state_occupancy_kl,
    occupancies.state_occupancy_hellinger2,
    occupancies.state_occupancy_chi2,
)
never_on_samples(
    "it is a mean without a bound, of products of likelihood ratios; il.trajectory_hellinger2 is bounded",
    trajectories.trajectory_chi2,
)


def _policy(pi: Any) -> SampledPolicy:
    require("a policy of a sampled world", pi, SampledPolicy, "sims.sampled.TabularPolicy(pi)")
    policy: SampledPolicy = pi
    return policy


def _return(mdp: SampledMDP, pi: Any) -> PathSum:
    absorbed = float(mdp.absorbing_reward)
    return PathSum(Source(mdp, (_policy(pi),)), "return", (), lambda moment, laws, rng: moment.rewards, absorbed)


def _returns(mdp: SampledMDP) -> tuple[Fraction, Fraction]:
    low, high = mdp.rewards_range
    return mdp.horizon * low, mdp.horizon * high


def _adding(mdp: SampledMDP) -> Fraction:
    """How far rounding moves a sum over steps, relative to its range."""
    return ROUNDING + (mdp.horizon + 16) * UNIT


def _log(x: Fraction) -> Fraction:
    """A number just above ``log x``."""
    return Fraction(float(ar.upper(ar.log(ar.INTERVAL.convert(x)))))
