"""The deterministic policies of a discounted model: the vertices of its polytope of occupancies."""

from __future__ import annotations

from itertools import product

import numpy as np

from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import IltheoryError, InvalidArgument

LARGEST_ENUMERATION = 10**6
"""Policies that may be enumerated at once."""


class TooManyPolicies(IltheoryError, ValueError):
    """The deterministic policies of the model are too many to enumerate."""


def deterministic_policies(mdp: TabularMDP) -> Numbers:
    """All stationary deterministic policies, ``[A**S, 1, ..., S, A]``, with an axis for each batch axis.

    Raises
    ------
    TooManyPolicies
        If there are more than 10^6 of them.
    """
    if mdp.horizon is not None:
        raise InvalidArgument(
            f"the policies of a model with a horizon ({mdp.horizon}) vary with the step; give a discount."
        )
    if mdp.n_actions**mdp.n_states > LARGEST_ENUMERATION:
        raise TooManyPolicies(
            f"A**S = {mdp.n_actions}**{mdp.n_states} deterministic policies are more than "
            f"{LARGEST_ENUMERATION}; use a smaller model."
        )
    actions = np.array(list(product(range(mdp.n_actions), repeat=mdp.n_states)))
    policies = (actions[..., None] == np.arange(mdp.n_actions)).astype(np.int64)
    shape = (len(actions), *(1 for _ in mdp.batch_shape), mdp.n_states, mdp.n_actions)
    return mdp.system.convert(policies.reshape(shape))


def occupancy_vertices(mdp: TabularMDP) -> Numbers:
    """Occupancies of all deterministic policies, ``[..., A**S, S, A]``: vertices, if ``mu > 0``.

    Raises
    ------
    TooManyPolicies
        If there are more than 10^6 of them.
    """
    return ar.moveaxis(mdp.occupancy(deterministic_policies(mdp)), 0, -3)
