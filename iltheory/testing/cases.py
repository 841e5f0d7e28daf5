"""What an invariant is run on: one small exact model at a time, with a policy, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from math import lcm
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable

from iltheory.claims.instances import encode
from iltheory.measures import trajectory_law
from iltheory.testing.adapter import NotApplicable
from iltheory.testing.strategies import discounted_mdps, finite_mdps, policies
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.datasets import Trajectories
from sims.families.random import simplex_rows

MOST_TRAJECTORIES = 4096
STATES, ACTIONS, STEPS = 3, 2, 3
"""Largest sizes drawn."""
TRIED = 100
"""Cases among which Hypothesis looks for one that fails before it makes it smaller."""
NO_SUCH_DEMOS = "no few demonstrations show the expert exactly"
REWARDS = (-1, 1)
DISCOUNTS = (Fraction(1, 2), Fraction(0), Fraction(7, 8))
"""So small that the tail of a sum is soon below rounding."""


@dataclass(frozen=True, eq=False)
class Case:
    """A model and a policy in exact rationals.

    Attributes
    ----------
    mdp : the model
    policy : ``[H, S, A]``, or ``[S, A]``; None stands for a fixed one of full support
    seed : of all that is drawn
    """

    mdp: TabularMDP
    policy: Numbers | None
    seed: int

    def to_json(self) -> dict[str, Any]:
        """The model and the policy, every number a string such as ``"3/7"``."""
        return encode({"mdp": self.mdp} | ({} if self.policy is None else {"policy": self.policy})) or {}


def no_larger(case: Case, *, varying: bool, full_support: bool) -> st.SearchStrategy[Case]:
    """Cases of the same kind that are no larger; they shrink to one state, one action and one step.

    Parameters
    ----------
    varying : whether transitions, rewards and policies may vary with the step
    full_support : whether policies take every action
    """
    mdp = case.mdp
    most: dict[str, Any] = {
        "max_states": min(mdp.n_states, STATES),
        "max_actions": min(mdp.n_actions, ACTIONS),
        "rewards": REWARDS,
    }
    if mdp.horizon is None:
        models = discounted_mdps(**most, discounts=DISCOUNTS)
    else:
        models = finite_mdps(**most, max_horizon=min(mdp.horizon, STEPS), time_varying=None if varying else False)

    @st.composite
    def smaller(draw: st.DrawFn) -> Case:
        mdp = draw(models)
        policy = draw(policies(mdp, stationary=not varying, full_support=full_support))
        return Case(mdp, policy[0] if mdp.horizon is not None and not varying else policy, case.seed)

    return smaller()


def smallest(strategy: st.SearchStrategy[Case], fails: Callable[[Case], bool], seed: int) -> Case | None:
    """A case that fails and that Hypothesis cannot make smaller, or None if it draws none that fails."""
    quiet = settings(
        max_examples=TRIED,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(strategy, fails, settings=quiet, random=Random(seed))
    except (NoSuchExample, Unsatisfiable, Flaky):  # an erratic implementation need not fail twice
        return None


@cache
def drawn(horizons: tuple[str, ...], *, varying: bool, full_support: bool, seed: int, n: int) -> tuple[Case, ...]:
    """N random cases of all sizes and ends, the small ones first.

    Models have quarters as probabilities and halves as rewards, so that demonstrations can show an expert exactly.
    """
    rng = np.random.default_rng(seed)
    ends: list[dict[str, Any]] = [{"horizon": h + 1} for h in range(STEPS)] if "finite" in horizons else []
    ends += [{"discount": discount} for discount in DISCOUNTS] if "discounted" in horizons else []
    every = list(product(range(1, STATES + 1), range(1, ACTIONS + 1), ends))
    chosen = np.sort(np.resize(rng.permutation(len(every)), n))
    return tuple(Case(*_draw(rng, every[i], varying, full_support), seed) for i in chosen)


def _draw(
    rng: np.random.Generator, size: tuple[int, int, dict[str, Any]], varying: bool, full: bool
) -> tuple[TabularMDP, Numbers]:
    n_states, n_actions, end = size
    steps = (end["horizon"],) if varying and "horizon" in end else ()
    clock = steps if rng.integers(2) else ()
    probabilities = simplex_rows(rng, (*clock, n_states, n_actions, n_states), law="mixed", bits=2)
    mu = simplex_rows(rng, (n_states,), law="mixed", bits=2)
    rewards = rng.integers(-2, 3, (*clock, n_states, n_actions))
    weights = simplex_rows(rng, (*steps, n_states, n_actions), law="mixed", bits=1) + full
    unpaid = np.zeros((n_states, n_actions), dtype=np.int64)
    # with_rewards, because r[H, S, A] could be read as r[S, A, S] where the three sizes are equal
    mdp = TabularMDP(ar.asarray(probabilities) / 4, unpaid, ar.asarray(mu) / 4, **end)
    policy = ar.asarray(weights) / int(weights[..., 0, :].sum(-1).flat[0])
    return mdp.with_rewards(ar.asarray(rewards) / 2), policy


def proportional_demos(case: Case) -> Trajectories:
    """Trajectories of a model with a horizon, each as often as its probability says; the last state is a likely one.

    Raises
    ------
    NotApplicable
        If that takes more than 4096 of them, or any finite number is too few.
    """
    mdp = case.mdp
    horizon, pairs = mdp.horizon, mdp.n_states * mdp.n_actions
    if horizon is None or case.policy is None or pairs**horizon > MOST_TRAJECTORIES:
        raise NotApplicable(NO_SUCH_DEMOS)
    law = ar.convert(trajectory_law(mdp, case.policy), "rational").fractions()
    total = lcm(*(chance.denominator for chance in law.flat))
    if total > MOST_TRAJECTORIES:
        raise NotApplicable(NO_SUCH_DEMOS)
    walks = np.repeat(np.arange(law.size), [int(chance * total) for chance in law.flat])
    states, actions = np.divmod(np.stack(np.unravel_index(walks, (pairs,) * horizon), axis=1), mdp.n_actions)
    paid = np.broadcast_to(ar.midpoint(mdp.rewards()), (horizon, mdp.n_states, mdp.n_actions))
    rewards = paid[np.arange(horizon), states, actions]
    likely = ar.midpoint(mdp.transitions.dense())[-1].argmax(-1)
    states = np.concatenate([states, likely[states[:, -1:], actions[:, -1:]]], axis=1)
    return Trajectories.from_arrays(states, actions, rewards, np.zeros(total, bool), np.ones(total, bool))
