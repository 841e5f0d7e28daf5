"""SMILe: hand the expert's actions over to learnt policies, a small share at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.learners.labels import asked, labeller
from iltheory.learners.losses import ZERO_ONE, Loss
from iltheory.learners.online import count
from iltheory.learners.policy_class import PolicyClass, probability
from iltheory.measures import blend, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument, require


def shares(alpha: Any, n: int) -> list[Any]:
    """What the updates 1 to n move: ``alpha (1 - alpha)^(j-1)``."""
    return [alpha * (1 - alpha) ** j for j in range(n)]


def mixture(expert: Any, learners: Sequence[Any], alpha: Any) -> Any:
    """SMILe's policy ``pi^n`` after n updates, chosen afresh at every step."""
    n = len(learners)
    return blend([expert, *learners], [(1 - alpha) ** n, *shares(alpha, n)])


def without_expert(learners: Sequence[Any], alpha: Any) -> Any:
    """SMILe's final policy with the expert's share taken out: weights ``(1 - alpha)^(j-1)``, normalised."""
    weights = [(1 - alpha) ** j for j in range(len(learners))]
    return blend(learners, [weight / sum(weights) for weight in weights])


@dataclass(frozen=True)
class Smile:
    """What SMILe learnt.

    Attributes
    ----------
    policies : numbers ``[N, ..., T, S, A]``, ``hat pi^1 .. hat pi^N``
    losses : numbers ``[N, ...]``, ``epsilon_n``: loss of ``hat pi^n`` on the states observed while ``pi^(n-1)`` acts
    mixture : numbers ``[..., T, S, A]``, ``pi^N``, in which the expert has a share ``(1 - alpha)^N``
    policy : numbers ``[..., T, S, A]``, the mixture renormalised without the expert: what SMILe returns
    """

    policies: Numbers
    losses: Numbers
    mixture: Numbers
    policy: Numbers


def smile(
    mdp: TabularMDP,
    expert: Any,
    policy_class: PolicyClass,
    *,
    iterations: int,
    alpha: Any,
    loss: Loss = ZERO_ONE,
    trajectories: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> Smile:
    """Stochastic mixing by iterative learning (Ross and Bagnell 2010, algorithm 4.1) [text].

    ``pi^0`` is the expert and ``pi^n = pi^(n-1) + alpha (1 - alpha)^(n-1) (hat pi^n - pi_E)``, where ``hat pi^n`` is
    trained on the states that ``pi^(n-1)`` visits. A policy of the mixture is drawn afresh at every step.

    Parameters
    ----------
    mdp : finite horizon H
    expert : policy ``[S, A]`` or ``[..., H, S, A]``
    alpha : share of the expert's actions handed over at each update, in (0, 1]
    loss : what a policy loses where the expert says what it would do
    trajectories : number to sample at each iteration; None for the exact laws of the states
    rng : seed or generator for sampling

    Raises
    ------
    InvalidArgument
        If the model has no horizon, the expert cannot be asked, or an option is out of range.
    """
    expert, share = asked(mdp, expert), probability(mdp, "alpha", alpha)
    if not np.all(ar.possibly_nonzero(share)):
        raise InvalidArgument("alpha=0: nothing would ever be handed over; give a share in (0, 1].")
    require("policy_class", policy_class, PolicyClass, "TabularPolicies()")
    require("loss", loss, Loss, "ZERO_ONE")
    labels = labeller(mdp, expert, trajectories, rng)
    policies: list[Numbers] = []
    losses = []
    for _ in range(count("iterations", iterations)):
        data = loss.data(labels(mixture(expert, policies, share)))
        policies.append(mdp.policy(loss.minimizer(mdp, policy_class, data)))
        losses.append(loss.total(mdp, data, policies[-1]))
    return Smile(
        policies=together(policies),
        losses=ar.asarray(together(losses)),
        mixture=mixture(expert, policies, share),
        policy=without_expert(policies, share),
    )
