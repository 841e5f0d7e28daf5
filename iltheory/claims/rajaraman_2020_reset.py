"""Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020: lower bounds, by exact Bayes risks.

The reset construction: good states and one bad, absorbing one. At each (h, s) one action, unknown to the
learner, earns 1 in a good state and draws the next state afresh from ``rho``; every other action earns
nothing and leads to the bad state. With ``D = (1 - 1/A) sum_s rho(s) (1 - rho(s))^N`` cloning and the Bayes
risk both lose ``H - sum_h (1 - D)^h``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Annotated, Any, NamedTuple

import numpy as np

from iltheory.claims.claim import DERIVED_HERE, Sizes, Tight, claim
from iltheory.claims.kinds import Count, Distribution
from iltheory.claims.rajaraman_2020 import cloning_gap, peak, rajaraman
from iltheory.measures import bayes_value, interactive_bayes_value
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal

HALF = Fraction(1, 2)

Actions = Annotated[int, Count(3, least=2)]
"""Number of actions A."""
ShortHorizon = Annotated[int, Count(4)]
"""Number of steps H of an expectation over the sets of seen states."""
TwoSteps = Annotated[int, Count(2)]
"""Number of steps H of a Bayes risk by enumeration."""
TwoSamples = Annotated[int, Count(2)]
"""Number N of trajectories, or of episodes, of a Bayes risk by enumeration."""
Demonstrations = Annotated[int, Count(12)]
"""Number N of trajectories."""
LongHorizon = Annotated[int, Count(50)]
ManyStates = Annotated[int, Count(50, least=3)]
ManySamples = Annotated[int, Count(200)]
"""Counts of closed forms, which cost nothing."""


def resetting(rho: Numbers, right: Any, horizon: int, *, pays: str = "actions") -> TabularMDP:
    """The reset construction for given right actions.

    Parameters
    ----------
    rho : numbers ``[..., m]``, law of a fresh good state
    right : ints ``[..., H, m, A]`` (or with a step axis of length 1), 1 for the right action and 0 for others
    pays : ``actions`` if only the right action earns 1, ``states`` if every action in a good state does
    """
    good, actions = right.shape[-2:]
    states, axes = good + 1, max(rho.ndim - 1, right.ndim - 3)
    continues = np.concatenate([right, 0 * right[..., :1, :]], axis=-2)
    fresh = ar.concatenate([rho, 0 * rho[..., :1]], axis=-1)
    restart = ar.reshape(fresh, (*fresh.shape[:-1], 1, 1, 1, states))
    fall = np.eye(states, dtype=np.int64)[-1]
    P = continues[..., None] * restart + (1 - continues[..., None]) * fall
    paid = continues if pays == "actions" else np.broadcast_to((np.arange(states) < good)[:, None], (states, actions))
    unpaid = np.zeros((states, actions), dtype=np.int64)
    mdp = TabularMDP(P, unpaid, fresh, horizon=horizon, batch_axes=axes)
    return mdp.with_rewards(mdp.system.convert(np.asarray(paid, dtype=np.int64)))


class Known(NamedTuple):
    """The reset instance where action 0 is always right, its expert and the uniform rule."""

    mdp: TabularMDP
    expert: Numbers
    uniform: Numbers


def reset_instance(rho: Numbers, actions: int, horizon: int, *, pays: str = "actions") -> Known:
    """The reset instance with the law ``rho[..., m]`` of fresh states."""
    rho, good = ar.wrap(rho), rho.shape[-1]
    first = (np.arange(actions) == 0).astype(np.int64)
    mdp = resetting(rho, np.broadcast_to(first, (1, good, actions)), horizon, pays=pays)
    expert = mdp.system.convert(np.broadcast_to(first, (1, good + 1, actions)))
    uniform = mdp.system.convert(np.full((1, good + 1, actions), Fraction(1, actions)))
    return Known(mdp, expert, uniform)


def error_probability(rho: Numbers, actions: int, samples: int) -> Any:
    """``D = (1 - 1/A) sum_s rho(s) (1 - rho(s))^N``: what a guess at an unseen state costs a step."""
    return (1 - Fraction(1, actions)) * ar.wrap(ar.sum(rho * (1 - rho) ** samples, -1))


def survived(error: Any, horizon: int) -> Any:
    """``sum_{h = 1}^H (1 - D)^h``: expected number of steps before the first error."""
    return sum(((1 - error) ** h for h in range(1, horizon + 1)), start=0 * error)


RHO = (Fraction(1, 3), Fraction(2, 3))
"""The law of the construction for |S| = 3, N = 2: D = 1/9 with two actions."""


@claim(
    id="rajaraman-2020-lower-bound",
    source=rajaraman("Theorem 6.1"),
    statement=r"\mathbb{E}_D[J(\pi_E) - J(\hat\pi)] = H - \sum_{h=1}^H (1 - \Delta)^h,\quad "
    r"\Delta = \left(1 - \tfrac1A\right) \sum_s \rho(s) (1 - \rho(s))^N",
    status=DERIVED_HERE,
    largest=Sizes(n_states=3),
    tight=lambda: Tight((RHO, 2, 3, 2), lhs=Fraction(451, 729), rhs=Fraction(451, 729), note="Delta = 1/9: 0.618656"),
)
def reset_gap(rho: Distribution, actions: Actions, horizon: ShortHorizon, samples: Demonstrations) -> Any:
    """Cloning on the reset instance, guessing where it has not been, survives each step with probability 1 - D.

    Under the expert the states of different steps are independent, so what one step shows says nothing about
    the others, and the expectation over data of a product over steps is the product of the expectations.
    """
    mdp, expert, uniform = reset_instance(rho, actions, horizon)
    loss = horizon - survived(error_probability(rho, actions, samples), horizon)
    return equal(cloning_gap(mdp, expert, uniform, samples), loss)


@reset_gap.false_variant("the guess is always wrong", counterexample=lambda: (RHO, 2, 1, 1))
def reset_wrong_guess(rho: Distribution, actions: Actions, horizon: ShortHorizon, samples: Demonstrations) -> Any:
    mdp, expert, uniform = reset_instance(rho, actions, horizon)
    error = error_probability(rho, actions, samples) * Fraction(actions, actions - 1)
    return equal(cloning_gap(mdp, expert, uniform, samples), horizon - survived(error, horizon))


@reset_gap.false_variant("linear in H", counterexample=lambda: (RHO, 2, 2, 1))
def reset_linear(rho: Distribution, actions: Actions, horizon: ShortHorizon, samples: Demonstrations) -> Any:
    mdp, expert, uniform = reset_instance(rho, actions, horizon)
    return equal(cloning_gap(mdp, expert, uniform, samples), horizon * error_probability(rho, actions, samples))


@claim(
    id="rajaraman-2020-lower-bound.state-reward",
    source=rajaraman("Theorem 6.1"),
    statement=r"r = 1\{s \text{ is good}\}: \mathbb{E}_D[J(\pi_E) - J(\hat\pi)] = H - \sum_{h=1}^H (1 - \Delta)^{h-1}",
    status=DERIVED_HERE,
    largest=Sizes(n_states=3),
    tight=lambda: Tight((RHO, 2, 3, 2), lhs=Fraction(26, 81), rhs=Fraction(26, 81), note="3 - 1 - 8/9 - 64/81"),
)
def reset_state_gap(rho: Distribution, actions: Actions, horizon: ShortHorizon, samples: Demonstrations) -> Any:
    """Quadratic growth in H needs no reward of actions.

    A wrong action at step h loses the rewards of the states from step h + 1 on.
    """
    mdp, expert, uniform = reset_instance(rho, actions, horizon, pays="states")
    error = error_probability(rho, actions, samples)
    return equal(cloning_gap(mdp, expert, uniform, samples), horizon - 1 - survived(error, horizon - 1))


@reset_state_gap.false_variant("lost at once", counterexample=lambda: (RHO, 2, 1, 1))
def reset_state_at_once(rho: Distribution, actions: Actions, horizon: ShortHorizon, samples: Demonstrations) -> Any:
    mdp, expert, uniform = reset_instance(rho, actions, horizon, pays="states")
    error = error_probability(rho, actions, samples)
    return equal(cloning_gap(mdp, expert, uniform, samples), horizon - survived(error, horizon))


@reset_state_gap.false_variant("one trajectory more", counterexample=lambda: (RHO, 2, 2, 1))
def reset_state_later(rho: Distribution, actions: Actions, horizon: ShortHorizon, samples: Demonstrations) -> Any:
    mdp, expert, uniform = reset_instance(rho, actions, horizon, pays="states")
    error = error_probability(rho, actions, samples + 1)
    return equal(cloning_gap(mdp, expert, uniform, samples), horizon - 1 - survived(error, horizon - 1))


class Prior(NamedTuple):
    """All tables of right actions, equally likely: models ``[E]``, experts ``[E, H, S, A]``, also as policies."""

    mdp: TabularMDP
    experts: Numbers
    policies: Numbers


def all_tables(states: int, actions: int, horizon: int) -> Any:
    """Every choice of one action for each step and state: ints ``[A**(H S), H, S, A]``, 0 or 1."""
    chosen = np.array(list(product(range(actions), repeat=horizon * states)))
    return np.eye(actions, dtype=np.int64)[chosen].reshape(-1, horizon, states, actions)


def reset_prior(good: int, actions: int, horizon: int, samples: int) -> Prior:
    """The reset construction with its worst law of fresh states, and uniformly random right actions."""
    right = all_tables(good, actions, horizon)
    mdp = resetting(worst_law(good, samples), right, horizon)
    idle = np.broadcast_to(np.eye(actions, dtype=np.int64)[0], (*right.shape[:2], 1, actions))
    experts = ar.asarray(np.concatenate([right, idle], axis=-2))
    return Prior(mdp, experts, experts[:, None])


def worst_law(states: int, samples: int) -> Numbers:
    """``(z, ..., z, 1 - (m - 1) z)`` with ``z = 1 / (N + 1)``; needs ``m - 1 <= N + 1``."""
    z = Fraction(1, samples + 1)
    return ar.asarray([z] * (states - 1) + [1 - (states - 1) * z])


def bayes_reset(
    value: Callable[..., Any], horizon: int, samples: int, error: Callable[..., Any] = error_probability
) -> Any:
    """The Bayes risk on two good states with two actions, by enumeration, against the closed form."""
    prior = reset_prior(2, 2, horizon, samples)
    risk = horizon - value(prior.mdp, prior.experts, prior.policies, samples)
    return equal(risk, horizon - survived(error(worst_law(2, samples), 2, samples), horizon))


def _later(rho: Numbers, actions: int, samples: int) -> Any:
    return error_probability(rho, actions, samples + 1)


def _certain(rho: Numbers, actions: int, samples: int) -> Any:
    return 2 * error_probability(rho, actions, samples)


@claim(
    id="rajaraman-2020-lower-bound.bayes-risk",
    source=rajaraman("Theorem 6.1"),
    statement=r"\inf_{\hat\pi} \mathbb{E}_{\pi_E, D}[J(\pi_E) - J(\hat\pi(D))] = H - \sum_{h=1}^H (1 - \Delta)^h",
    status=DERIVED_HERE,
    tight=lambda: Tight((2, 1), lhs=Fraction(11, 16), rhs=Fraction(11, 16), note="Delta = 1/4: 2 - 3/4 - 9/16"),
)
def reset_bayes(horizon: TwoSteps, samples: TwoSamples) -> Any:
    """No learner does better than cloning on the reset construction if the right actions are random.

    All tables of right actions, all data sets and all deterministic learners are enumerated (|S| = 3, A = 2).
    Given the data the right action of an unseen (h, s) is uniform, so whatever is played there is right with
    probability 1/A, and the return increases with the survival of each step. So the minimax risk of all
    learners that do not interact is at least this.
    """
    return bayes_reset(bayes_value, horizon, samples)


@reset_bayes.false_variant("one trajectory more", counterexample=lambda: (1, 1))
def bayes_later(horizon: TwoSteps, samples: TwoSamples) -> Any:
    return bayes_reset(bayes_value, horizon, samples, _later)


@reset_bayes.false_variant("the guess is always wrong", counterexample=lambda: (1, 1))
def bayes_certain(horizon: TwoSteps, samples: TwoSamples) -> Any:
    return bayes_reset(bayes_value, horizon, samples, _certain)


def closed_risk(n_states: int, horizon: int, samples: int) -> Any:
    """The Bayes risk of the construction with |S| states and two actions, in closed form."""
    good = min(n_states - 1, samples + 2)
    return horizon - survived(error_probability(worst_law(good, samples), 2, samples), horizon)


def guaranteed(n_states: int, horizon: int, samples: int) -> Any:
    """``(1/4) min(H, (|S| - 2) H (H + 1) / 2 * N^N / (N+1)^(N+1))``, |S| cut at N + 3."""
    spare = min(n_states - 2, samples + 1)
    return ar.minimum(horizon, spare * Fraction(horizon * (horizon + 1), 2) * peak(samples)) / 4


@claim(
    id="rajaraman-2020-lower-bound.rate",
    source=rajaraman("Theorem 6.1; the abstract's rate"),
    statement=r"\inf_{\hat\pi} \sup\,\mathbb{E}[J(\pi_E) - J(\hat\pi)] \ge \tfrac14 "
    r"\min\left(H, \frac{(|S| - 2) H (H + 1)}{2}\,\frac{N^N}{(N + 1)^{N + 1}}\right),\quad |S| \le N + 3",
    status=DERIVED_HERE,
    tight=lambda: Tight((3, 1, 1), lhs=Fraction(1, 4), rhs=Fraction(1, 16), note="one step, two equally likely states"),
)
def reset_rate(n_states: ManyStates, horizon: LongHorizon, samples: ManySamples) -> Any:
    """The risk is of order ``min(H, |S| H^2 / N)``, as is that of cloning: ``N^N / (N+1)^(N+1) >= 1 / (e (N+1))``.

    ``D >= (|S| - 2) N^N / (N+1)^(N+1) / 2`` for two actions. ``1 - (1 - D)^h >= D h / (1 + D h) >= min(1, D h) /
    2``, a concave function of h whose sum over 1..H is ``D H (H + 1) / 4`` if ``D H <= 1``, and else at least H
    times half of its last value, 1/2.
    """
    return closed_risk(n_states, horizon, samples) >= guaranteed(n_states, horizon, samples)


@reset_rate.false_variant("three times the constant", counterexample=lambda: (4, 4, 2))
def rate_three(n_states: ManyStates, horizon: LongHorizon, samples: ManySamples) -> Any:
    return closed_risk(n_states, horizon, samples) >= 3 * guaranteed(n_states, horizon, samples)


@reset_rate.false_variant("cubic in H", counterexample=lambda: (4, 4, 100))
def rate_cubic(n_states: ManyStates, horizon: LongHorizon, samples: ManySamples) -> Any:
    bound = 3 * horizon * guaranteed(n_states, horizon, samples)
    return closed_risk(n_states, horizon, samples) >= ar.minimum(horizon, bound)


@claim(
    id="rajaraman-2020-active",
    source=rajaraman("Theorem 6.1, for learners that query"),
    statement=r"\inf_{\text{interactive } \hat\pi} \mathbb{E}[J(\pi_E) - J(\hat\pi)] = H - \sum_{h=1}^H (1 - \Delta)^h",
    status=DERIVED_HERE,
    tight=lambda: Tight((2, 1), lhs=Fraction(11, 16), rhs=Fraction(11, 16), note="Delta = 1/4: E J = 1.3125"),
)
def reset_active(horizon: TwoSteps, samples: TwoSamples) -> Any:
    """Interaction does not help on the reset construction: N episodes with queries are worth N demonstrations.

    The learner acts in N episodes, sees the expert's action in every state it comes to, and then picks a
    policy; all histories are enumerated and its best actions found by backward induction (|S| = 3, A = 2). A
    wrong action leads to the bad state, where nothing is learned, so following the expert's answers is
    best, and that shows one fresh state a step, as a demonstration does.
    """
    return bayes_reset(interactive_bayes_value, horizon, samples)


@reset_active.false_variant("one trajectory more", counterexample=lambda: (1, 1))
def active_later(horizon: TwoSteps, samples: TwoSamples) -> Any:
    return bayes_reset(interactive_bayes_value, horizon, samples, _later)


@reset_active.false_variant("the guess is always wrong", counterexample=lambda: (1, 1))
def active_certain(horizon: TwoSteps, samples: TwoSamples) -> Any:
    return bayes_reset(interactive_bayes_value, horizon, samples, _certain)


def drawing_prior(states: int, horizon: int, samples: int) -> Prior:
    """States drawn afresh whatever is done, so that transitions are known; the right one of two actions earns 1."""
    right = all_tables(states, 2, horizon)
    rho = worst_law(states, samples)
    P = np.ones((states, 2, 1), dtype=np.int64) * rho
    unpaid = np.zeros((states, 2), dtype=np.int64)
    mdp = TabularMDP(P, unpaid, rho, horizon=horizon).with_rewards(ar.asarray(right))
    experts = ar.asarray(right)
    return Prior(mdp, experts, experts[:, None])


def known_risk(states: int, horizon: int, samples: int) -> Any:
    """The Bayes risk with known transitions, by enumeration."""
    prior = drawing_prior(states, horizon, samples)
    return horizon - bayes_value(prior.mdp, prior.experts, prior.policies, samples)


FewStates = Annotated[int, Count(3, least=2)]
"""Number of states of a Bayes risk by enumeration."""


@claim(
    id="rajaraman-2020-known-lower",
    source=rajaraman("the lower bound for known transitions"),
    statement=r"P \text{ known}: \inf_{\hat\pi} \sup\,\mathbb{E}[J(\pi_E) - J(\hat\pi)] \ge "
    r"\frac{(|S| - 1) H}{2}\,\frac{N^N}{(N + 1)^{N + 1}} \ge \frac{(|S| - 1) H}{2 e (N + 1)}",
    status=DERIVED_HERE,
    tight=lambda: Tight((3, 1, 2), lhs=Fraction(2, 9), rhs=Fraction(4, 27), note="three equally likely states"),
)
def known_lower(n_states: FewStates, horizon: TwoSteps, samples: TwoSamples) -> Any:
    """With known transitions at least ``|S| H / N`` is lost, up to a constant.

    The paper's rate; the instance and the constant are ours. States are drawn afresh from the reset
    construction's law whatever is done, so the transitions are known and only the right action, which earns
    1, is not: a guess at an unseen state costs 1/2, now and not later. By ``.exact``. Computed by enumeration
    of all data sets and learners for |S| <= 3, A = 2, H <= 2, N <= 2. That ``|S| H^{3/2} / N`` is tight for
    |S| >= 3 (Rajaraman et al. 2021, arXiv 2102.12948) is not verified here.
    """
    return known_risk(n_states, horizon, samples) >= (n_states - 1) * horizon * peak(samples) / 2


@known_lower.false_variant("quadratic in H", counterexample=lambda: (3, 2, 2))
def known_quadratic(n_states: FewStates, horizon: TwoSteps, samples: TwoSamples) -> Any:
    return known_risk(n_states, horizon, samples) >= (n_states - 1) * horizon**2 * peak(samples)


@known_lower.false_variant("no trajectories needed", counterexample=lambda: (2, 1, 2))
def known_constant(n_states: FewStates, horizon: TwoSteps, samples: TwoSamples) -> Any:
    return known_risk(n_states, horizon, samples) >= Fraction((n_states - 1) * horizon, 4)


@claim(
    id="rajaraman-2020-known-lower.exact",
    source=rajaraman("the lower bound for known transitions"),
    statement=r"P \text{ known}: \inf_{\hat\pi} \mathbb{E}_{\pi_E, D}[J(\pi_E) - J(\hat\pi(D))] = H \Delta",
    status=DERIVED_HERE,
    tight=lambda: Tight((3, 1, 2), lhs=Fraction(2, 9), rhs=Fraction(2, 9), note="three equally likely states"),
)
def known_exact(n_states: FewStates, horizon: TwoSteps, samples: TwoSamples) -> Any:
    """Where mistakes do not compound, each step costs a guess at the missing mass.

    Given the data the right action of an unseen (h, s) is uniform; a fresh state is unseen with probability
    ``sum_s rho(s) (1 - rho(s))^N``, and a guess is wrong with probability 1 - 1/A.
    """
    error = error_probability(worst_law(n_states, samples), 2, samples)
    return equal(known_risk(n_states, horizon, samples), horizon * error)


@known_exact.false_variant("one trajectory more", counterexample=lambda: (2, 1, 1))
def known_later(n_states: FewStates, horizon: TwoSteps, samples: TwoSamples) -> Any:
    error = error_probability(worst_law(n_states, samples), 2, samples + 1)
    return equal(known_risk(n_states, horizon, samples), horizon * error)


@known_exact.false_variant("compounding", counterexample=lambda: (2, 2, 1))
def known_compounding(n_states: FewStates, horizon: TwoSteps, samples: TwoSamples) -> Any:
    error = error_probability(worst_law(n_states, samples), 2, samples)
    return equal(known_risk(n_states, horizon, samples), horizon - survived(error, horizon))
