"""What an invariant is run on: one small exact model at a time, with a policy, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
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

MOST_TRAJECTORIES = 4096
STATES, ACTIONS, STEPS = 3, 2, 3
"""Largest sizes drawn."""
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


def cases(horizons: tuple[str, ...], *, varying: bool, full_support: bool, seed: int) -> st.SearchStrategy[Case]:
    """Small models with a policy; they shrink to one state, one action and one step.

    Parameters
    ----------
    horizons : ``finite``, ``discounted`` or both
    varying : whether transitions, rewards and policies may vary with the step
    full_support : whether policies take every action
    seed : of what the cases draw
    """
    most: dict[str, Any] = {"max_states": STATES, "max_actions": ACTIONS}
    varies = None if varying else False
    models = {
        "finite": finite_mdps(**most, max_horizon=STEPS, rewards=REWARDS, time_varying=varies),
        "discounted": discounted_mdps(**most, rewards=REWARDS, discounts=DISCOUNTS),
    }

    @st.composite
    def case(draw: st.DrawFn) -> Case:
        mdp = draw(models[draw(st.sampled_from(horizons))])
        policy = draw(policies(mdp, stationary=not varying, full_support=full_support))
        return Case(mdp, policy[0] if mdp.horizon is not None and not varying else policy, seed)

    return case()


def search(strategy: st.SearchStrategy[Case], fails: Callable[[Case], bool], n: int, seed: int) -> Case | None:
    """A smallest case that fails among those near n drawn ones, or None.

    What a case is too large or otherwise unsuited for, ``hypothesis.reject`` in ``fails`` does not count.
    """
    quiet = settings(
        max_examples=n,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(strategy, fails, settings=quiet, random=Random(seed))
    except (NoSuchExample, Unsatisfiable, Flaky):
        return None


@cache
def drawn(horizons: tuple[str, ...], *, varying: bool, full_support: bool, seed: int, n: int) -> tuple[Case, ...]:
    """The cases :func:`search` looks at first, which are the same for all invariants."""
    found: list[Case] = []
    strategy = cases(horizons, varying=varying, full_support=full_support, seed=seed)

    def keep(case: Case) -> bool:
        found.append(case)
        return False

    search(strategy, keep, n, seed)
    return tuple(found)


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
