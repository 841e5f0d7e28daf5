"""Losses a learner minimises: 0-1, any cost of one action in place of another, and the log loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from iltheory.learners.policy_class import PolicyClass
from iltheory.measures import cross_entropy, linear_loss
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular.reading import bring, read_numbers
from sims.tabular.validation import check_finite


@dataclass(frozen=True)
class Loss:
    """A loss of policies on weighted states where the expert says what it would do.

    Attributes
    ----------
    name : what it is called
    data : turns the law of (state, expert's action), ``[..., H, S, A]``, into what the loss needs to know; data of
        several iterations add up
    total : ``(mdp, data, policy)``: loss of a policy, a mean over steps
    minimizer : ``(mdp, policy_class, data)``: a policy of a class with the smallest loss
    linear : whether the loss is ``linear_loss(mdp, data, pi)``, linear in the laws of the policy
    """

    name: str
    data: Callable[[Numbers], Numbers]
    total: Callable[[TabularMDP, Numbers, Any], Numbers]
    minimizer: Callable[[TabularMDP, PolicyClass, Numbers], Numbers]
    linear: bool


def _cheapest(mdp: TabularMDP, policy_class: PolicyClass, costs: Numbers) -> Numbers:
    return policy_class.minimize(mdp, costs)


def _likeliest(mdp: TabularMDP, policy_class: PolicyClass, weights: Numbers) -> Numbers:
    return policy_class.likeliest(mdp, weights)


def linear(name: str, data: Callable[[Numbers], Numbers]) -> Loss:
    """A loss that is linear in the policy, from how it makes costs of the expert's actions."""
    return Loss(name, data, linear_loss, _cheapest, linear=True)


ZERO_ONE = linear("0-1", lambda shown: ar.sum(shown, -1)[..., None] - shown)
"""Probability that the action drawn is not the one the expert draws."""

LOG_LOSS = Loss("log", lambda shown: shown, cross_entropy, _likeliest, linear=False)
"""``-log pi`` of the expert's action, in nats; not rational."""

COST = linear("cost", lambda costs: costs)
"""Costs as they are: values of actions, say, times the law of the state."""


def action_costs(costs: Any) -> Loss:
    """Cost of playing one action where the expert plays another.

    Parameters
    ----------
    costs : numbers ``[A, A]``: ``costs[e, a]`` is what playing a costs where the expert plays e; ones but for a zero
        diagonal are the 0-1 loss

    Raises
    ------
    InvalidArgument
        If they are not finite numbers of that shape.
    """
    table = read_numbers("costs", costs, InvalidArgument)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise InvalidArgument(f"costs has shape {tuple(table.shape)}, expected [A, A].")
    check_finite(table, "costs", InvalidArgument)

    def data(shown: Numbers) -> Numbers:
        if len(table) != shown.shape[-1]:
            raise InvalidArgument(f"costs is about {len(table)} actions, the model has {shown.shape[-1]}.")
        return ar.einsum("...e,ea->...a", shown, bring(table, ar.system_of(shown)))

    return linear("action costs", data)
