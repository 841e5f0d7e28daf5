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
from iltheory.measures.action_laws import law_entropy, law_hellinger2, law_kl, law_tv
from iltheory.measures.episodes import Actor, Expectation, LawOf, PathSum, Source
from iltheory.measures.f_divergences import FDivergence
from iltheory.measures.likelihood_ratios import log_ratio, of_either, of_first, shortfall
from iltheory.measures.quantity import never_on_samples, on_samples
from iltheory.measures.sampled import ROUNDING, declared, expect, in_order
from iltheory.measures.steps import step_errors as errors_of_steps
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import require
from sims.sampled import Moment, NotEstimable, SampledMDP, SampledPolicy, StatesAlong
from sims.sampled.policies import TOLERANCE
from sims.sampled.simulator import Floats

UNIT = Fraction(1, 2**52)


def _log(x: Fraction) -> Fraction:
    """A number just above ``log x``."""
    return Fraction(float(ar.upper(ar.log(ar.INTERVAL.convert(x)))))


# Returns.


@on_samples(values.value)
def value(mdp: SampledMDP, pi: Any) -> Numbers:
    """``J(pi)``: the mean return of an episode."""
    low, high = _returns(mdp)
    return expect(Expectation((_return(mdp, pi),), "value", lambda total: total, low, high, _adding(mdp)))


@on_samples(values.gap)
def gap(mdp: SampledMDP, expert: Any, learner: Any) -> Numbers:
    """``J(expert) - J(learner)``: the mean difference of pairs of episodes, one of each policy."""
    if _actor(expert) == _actor(learner):
        return _zero()
    low, high = _returns(mdp)
    parts = (_return(mdp, expert), _return(mdp, learner))
    return expect(Expectation(parts, "gap", lambda first, second: first - second, low - high, high - low, _adding(mdp)))


@on_samples(values.smallest_reward)
def smallest_reward(mdp: SampledMDP) -> Numbers:
    """The lower end of the declared range."""
    return declared("smallest_reward", mdp.rewards_range[0])


@on_samples(values.largest_reward)
def largest_reward(mdp: SampledMDP) -> Numbers:
    """The upper end of the declared range."""
    return declared("largest_reward", mdp.rewards_range[1])


@on_samples(returns.smallest_return)
def smallest_return(mdp: SampledMDP) -> Numbers:
    """H times the lower end of the declared range."""
    return declared("smallest_return", _returns(mdp)[0])


@on_samples(returns.largest_return)
def largest_return(mdp: SampledMDP) -> Numbers:
    """H times the upper end of the declared range."""
    return declared("largest_return", _returns(mdp)[1])


# Divergences of the action laws along a policy.


@on_samples(policies.policy_tv)
def policy_tv(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Mean over steps; laws with densities are compared at actions drawn from the first."""
    return _mean_over_steps(mdp, first, second, "total variation", 1, law_tv)


@on_samples(errors_of_steps)
def step_errors(mdp: SampledMDP, expert: Any, learner: Any, states: Any) -> Numbers:
    """One expectation a step, along the policy whose states are meant."""
    require("states", states, StatesAlong, "mdp.state_occupancy(expert)")
    p, q, along = _actor(expert), _actor(learner), _actor(states.policy)
    if p == q:
        return ar.stack([_zero()] * mdp.horizon, axis=-1)
    return ar.stack([expect(_step_error(mdp, p, q, along, h)) for h in range(mdp.horizon)], axis=-1)


def _step_error(mdp: SampledMDP, p: Actor, q: Actor, along: Actor, h: int) -> Expectation:
    def term(moment: Moment, laws: LawOf, rng: np.random.Generator) -> Floats:
        return law_tv(laws[p], laws[q], rng) if moment.step == h else np.zeros(len(moment.rewards))

    name = f"total variation at step {h}"
    part = PathSum(Source(mdp, (along,)), name, (p, q), term, numbers=2)
    return Expectation((part,), name, _between, Fraction(0), Fraction(1), ROUNDING, siblings=mdp.horizon)


@on_samples(policies.policy_hellinger2)
def policy_hellinger2(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Mean over steps of the squared Hellinger distances of the action laws."""
    return _mean_over_steps(mdp, first, second, "squared Hellinger distance", 2, law_hellinger2)


@on_samples(policies.policy_kl)
def policy_kl(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Mean over steps, where ``second`` declares the least probability it gives to any action."""
    if _actor(first) == _actor(second):
        return _zero()
    least = _actor(second).policy.least_probability
    if least is None:
        raise NotEstimable(
            "il.policy_kl and il.trajectory_kl are means without a bound: the second policy may give an action any "
            "small probability. With sims.sampled.Smoothed(policy, n_actions, Fraction(1, 100)) they have the "
            "bound log(n_actions / weight) a step; il.trajectory_hellinger2 and il.trajectory_js are bounded for all."
        )
    high = _log(1 / (least * (1 - TOLERANCE)))
    return _mean_over_steps(mdp, first, second, "KL divergence", high, lambda p, q, rng: law_kl(p, q))


@on_samples(values.causal_entropy)
def causal_entropy(mdp: SampledMDP, pi: Any) -> Numbers:
    """Expected sum over steps of the entropies of the action laws; numbered actions only."""
    if not mdp.spaces.discrete:
        raise NotEstimable(
            "il.causal_entropy of vector actions is the entropy of densities: it has no bound, neither above nor below."
        )
    actor = _actor(pi)
    part = PathSum(Source(mdp, (actor,)), "entropy", (), lambda moment, laws, rng: law_entropy(laws[actor]))
    high = mdp.horizon * _log(Fraction(mdp.n_actions))
    return expect(Expectation((part,), "entropy", lambda total: total, Fraction(0), high, _adding(mdp)))


def _mean_over_steps(
    mdp: SampledMDP, first: Any, second: Any, name: str, high: Any, divergence: Callable[..., Floats]
) -> Numbers:
    p, q = _actor(first), _actor(second)
    if p == q:
        return _zero()
    part = PathSum(
        Source(mdp, (p,)), name, (q,), lambda moment, laws, rng: divergence(laws[p], laws[q], rng), numbers=2
    )
    return expect(
        Expectation(
            (part,),
            name,
            lambda least, most: _between(least, most) / mdp.horizon,
            Fraction(0),
            Fraction(high),
            _adding(mdp),
        )
    )


def _between(least: Floats, most: Floats) -> Floats:
    """Outcomes that lie between two numbers, ``[2, n]``."""
    return np.stack([least, most])


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
    actor, other = _actor(expert), _actor(learner)
    if actor.policy.deterministic:  # then it is the total variation of the trajectories
        return _of_ratio(mdp, expert, learner, f_divergences.TOTAL_VARIATION)
    part = PathSum(
        Source(mdp, (actor,)),
        "log-likelihood",
        (other,),
        lambda moment, laws, rng: np.stack(
            [each(moment.actions) for each in (laws[other].log_density, laws[other].rounding)]
        ),
        numbers=2,
    )
    return expect(
        Expectation(
            (part,),
            "parting",
            lambda log, slack: shortfall(log, slack, mdp.horizon),
            Fraction(0),
            Fraction(1),
            ROUNDING,
        )
    )


@on_samples(trajectories.trajectory_tv)
def trajectory_tv(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Total variation of the laws of trajectories."""
    return _of_ratio(mdp, first, second, f_divergences.TOTAL_VARIATION)


@on_samples(trajectories.trajectory_hellinger2)
def trajectory_hellinger2(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Squared Hellinger distance of the laws of trajectories."""
    return _of_ratio(mdp, first, second, f_divergences.SQUARED_HELLINGER)


@on_samples(trajectories.trajectory_js)
def trajectory_js(mdp: SampledMDP, first: Any, second: Any) -> Numbers:
    """Jensen-Shannon divergence of the laws of trajectories."""
    return _of_ratio(mdp, first, second, f_divergences.JENSEN_SHANNON) / 2


def _largest(divergence: FDivergence) -> Fraction:
    """What a symmetric f-divergence is between laws that share nothing."""
    if divergence.name == f_divergences.JENSEN_SHANNON.name:
        return 2 * _log(Fraction(2))
    return Fraction(1 if divergence.name == f_divergences.TOTAL_VARIATION.name else 2)


def _of_ratio(mdp: SampledMDP, first: Any, second: Any, divergence: FDivergence) -> Numbers:
    """Mean of a function of an episode's likelihood ratio ``w = prod second(a|s) / first(a|s)``.

    Episodes are those of a deterministic policy if one of the two is: on its path w is a probability, and it has no
    mass elsewhere. Otherwise each is one of either, by a coin.
    """
    p, q = in_order(_actor(first), _actor(second))
    if p == q:
        return _zero()
    if q.policy.deterministic and not p.policy.deterministic:
        p, q = q, p
    alone = p.policy.deterministic
    outcome = of_first if alone else of_either
    part = PathSum(
        Source(mdp, (p,) if alone else (p, q)),
        "log-likelihood ratio",
        (q,),
        lambda moment, laws, rng: log_ratio(laws[p], laws[q], moment.actions),
        numbers=2,
    )
    return expect(
        Expectation(
            (part,),
            f"trajectories: {divergence.name}",
            lambda log, slack: outcome(divergence, log, slack, mdp.horizon),
            Fraction(0),
            _largest(divergence),
            ROUNDING,
        )
    )


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


def _zero() -> Numbers:
    """What a policy and itself are apart, exactly: two policies are the same if they are one object."""
    return ar.INTERVAL.convert(0)


def _actor(pi: Any) -> Actor:
    require("a policy of a sampled world", pi, SampledPolicy, "sims.sampled.TabularPolicy(pi)")
    return Actor(pi)


def _return(mdp: SampledMDP, pi: Any) -> PathSum:
    absorbed = float(mdp.absorbing_reward)
    return PathSum(Source(mdp, (_actor(pi),)), "return", (), lambda moment, laws, rng: moment.rewards, absorbed)


def _returns(mdp: SampledMDP) -> tuple[Fraction, Fraction]:
    low, high = mdp.rewards_range
    return mdp.horizon * low, mdp.horizon * high


def _adding(mdp: SampledMDP) -> Fraction:
    """How far rounding moves a sum over steps, relative to its range."""
    return ROUNDING + (mdp.horizon + 16) * UNIT
