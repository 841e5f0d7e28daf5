"""AdVIL: off-policy value moments, by a policy and a discriminator that improve in turn."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from iltheory.learners.demonstrations import Expert, shown_occupancy
from iltheory.learners.laws import exact_laws
from iltheory.learners.moment_matching import imitated
from iltheory.learners.online import count
from iltheory.measures import action_mismatch, largest_payoff, least_off_policy_payoff
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

POLICY_RATE = 1.0
"""How fast the policy moves; it moves after the discriminator, so that no rate is too fast."""


@dataclass(frozen=True, eq=False)
class AdVIL:
    """The averages of both players over N rounds.

    Attributes
    ----------
    policy : numbers ``[..., T, S, A]`` with T in {1, H}, or ``[..., S, A]``
    discriminator : f, numbers in [-1, 1], shaped like the policy
    primal : ``sup_f U2(policy, f)``, an upper bound on the value of the game, which is 0
    dual : ``inf_pi U2(pi, discriminator)``, a lower bound
    bound : bound on ``primal - dual``, a float rounded up
    """

    policy: Numbers
    discriminator: Numbers
    primal: Numbers
    dual: Numbers
    bound: float

    @property
    def gap(self) -> Numbers:
        """How far either player may be from optimal: ``primal - dual``, not below 0."""
        return ar.maximum(self.primal - self.dual, 0)


def advil(mdp: TabularMDP, expert: Expert, *, iterations: int) -> AdVIL:
    """Imitate the expert's actions against a discriminator of actions (Swamy et al. 2021, AdVIL).

    ``min_pi max_f E_{s ~ d_E}[E_{a ~ pi} f(s, a) - E_{a ~ pi_E} f(s, a)]`` over f in [-1, 1]: in each state a game of
    its own. The discriminator takes a projected gradient step against the policy, the policy then an exponentiated
    gradient step against the discriminator. The expectation is over actions, never f at the action probabilities, and
    there is neither a gradient penalty nor a term of behavioural cloning. The equilibrium itself is in closed form:
    the policy is the expert's wherever the expert goes, and anything elsewhere, so AdVIL is offline and its price is
    quadratic in the horizon. [text of the objective, derived for the rates]

    The policy has an average regret of at most ``log A / N``, the discriminator of ``sqrt(2 A / N)``; together they
    bound the gap of the averages.

    Parameters
    ----------
    mdp : gives the sizes and, for a policy as expert, the states it visits; its rewards do not matter
    expert : policy, or ``Trajectories``
    iterations : N, at least 1
    """
    n, target, expert_policy = count("iterations", iterations), shown_occupancy(mdp, expert), imitated(mdp, expert)
    goal = ar.midpoint(expert_policy)
    critic_rate = sqrt(mdp.n_actions / (2 * n))
    f, scores = np.zeros_like(goal), np.zeros_like(goal)
    policies, critics = np.zeros_like(goal), np.zeros_like(goal)
    for _ in range(n):
        scores -= POLICY_RATE * f
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        pi = weights / weights.sum(axis=-1, keepdims=True)
        policies += pi
        critics += f
        f = np.clip(f + critic_rate * (pi - goal), -1, 1)
    policy, mean = exact_laws(mdp, policies / n), mdp.system.convert(np.clip(critics / n, -1, 1))
    states = ar.sum(target, -1)
    bound = log(mdp.n_actions) / (POLICY_RATE * n) + sqrt(2 * mdp.n_actions / n)
    return AdVIL(
        policy=policy,
        discriminator=mean,
        primal=ar.asarray(largest_payoff(mdp, action_mismatch(mdp, expert_policy, policy, states))),
        dual=ar.asarray(least_off_policy_payoff(mdp, expert_policy, states, mean)),
        bound=float(np.nextafter(bound * (1 + 2**-50), np.inf)),
    )
