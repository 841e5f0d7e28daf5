"""Two ways to mix policies: choose one for the whole trajectory, or choose afresh at every step.

They differ. On the chain with states 0 and 1, "stay" keeping 0 and "go" leading to the absorbing 1, with H =
2, half "go" and half "stay": choosing once, state 0 is occupied at step 2 with probability 1/2, and there the
action is "stay" for certain (who chose "go" has left), so the history-free policy with the same occupancy
stays at step 2. Mixing step by step, half of those still in state 0 go at step 2. The first is linear in
occupancies and values, the second in policies (Puterman 1994, theorem 5.5.1, for the history-free policy).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.tabular.errors import InvalidMixture
from sims.tabular.reading import bring, common_system, read_numbers, read_scalar
from sims.tabular.validation import check_distributions

if TYPE_CHECKING:
    from sims.tabular.model import TabularMDP


class TrajectoryMixture(NamedTuple):
    """What drawing a policy once per trajectory does.

    Attributes
    ----------
    occupancy : numbers ``[..., H, S, A]`` or ``[..., S, A]``, the weighted mean of the occupancies
    policy : same shape, the history-free policy with that occupancy
    """

    occupancy: Numbers
    policy: Numbers


def trajectory_mixture(mdp: TabularMDP, policies: Sequence[Any], weights: Sequence[Any]) -> TrajectoryMixture:
    """Draw one of the policies at the start of each trajectory and follow it to the end.

    Parameters
    ----------
    policies : policies of the model
    weights : law of the policy drawn, one number for each

    Raises
    ------
    InvalidMixture
        If the weights are no distribution or not one for each policy.
    """
    shares = _weights(policies, weights, mdp.system)
    occupancy = _weighted([mdp.occupancy(pi) for pi in policies], shares)
    return TrajectoryMixture(occupancy, mdp.project(occupancy))


def step_mixture(policies: Sequence[Any], weights: Sequence[Any]) -> Numbers:
    """Draw one of the policies afresh at every step: the policy ``sum_i w_i pi_i``.

    Parameters
    ----------
    policies : numbers ``[S, A]`` or ``[..., H, S, A]``, shapes broadcast
    weights : law of the policy drawn, one number for each

    Raises
    ------
    InvalidMixture
        If the weights are no distribution or not one for each policy, or the shapes do not broadcast.
    """
    tables = [read_numbers(f"policies[{i}]", pi, InvalidMixture) for i, pi in enumerate(policies)]
    try:
        np.broadcast_shapes(*(table.shape for table in tables))
    except ValueError:
        shapes = ", ".join(str(tuple(table.shape)) for table in tables)
        raise InvalidMixture(f"policies have shapes {shapes}, which do not broadcast.") from None
    numbers = [read_scalar(f"weights[{i}]", w) for i, w in enumerate(weights)]
    system = common_system(*tables, *numbers)
    shares = _weights(policies, weights, system)
    return _weighted([bring(table, system) for table in tables], shares)


def _weights(policies: Sequence[Any], weights: Sequence[Any], system: System) -> list[Numbers]:
    if len(policies) != len(weights) or len(policies) == 0:
        raise InvalidMixture(
            f"got {len(policies)} policies and {len(weights)} weights: give one weight for each policy."
        )
    shares = [bring(read_scalar(f"weights[{i}]", w), system) for i, w in enumerate(weights)]
    check_distributions(ar.stack(shares), "weights", InvalidMixture, "They are the probabilities of the policies.")
    return shares


def _weighted(tables: list[Numbers], shares: list[Numbers]) -> Numbers:
    total = shares[0] * tables[0]
    for share, table in zip(shares[1:], tables[1:], strict=True):
        total = total + share * table
    return total
