"""What apprenticeship learning is given: features of the model, and what the expert shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from iltheory.learners.demonstrations import shown_alone
from iltheory.learners.reward_features import read_features
from iltheory.measures.features import feature_expectations
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def read_feature_table(mdp: TabularMDP, features: Any) -> Numbers:
    """Features as a table ``[T, S, A, k]`` with T in {1, H}, or ``[S, A, k]`` with a discount.

    Parameters
    ----------
    features : as for :func:`iltheory.learners.reward_features.read_features`

    Raises
    ------
    InvalidFeatures
        If the shape does not fit or an entry is not finite.
    """
    read = read_features(mdp, features)
    matrix = mdp.system.convert(np.eye(read.count, dtype=np.int64)) if read.matrix is None else read.matrix
    table = ar.reshape(matrix, (*read.shape, read.count))
    return ar.broadcast_to(table, (*read.shape[:-1], mdp.n_actions, read.count))


def shown_features(mdp: TabularMDP, expert: Any, features: Numbers) -> Numbers:
    """Feature expectations ``[k]`` on the scale of J: of a policy, or of ``Trajectories`` (empirical)."""
    return feature_expectations(mdp, shown_alone(mdp, expert), features)


def stack_policies(mdp: TabularMDP, policies: Sequence[Any]) -> Numbers:
    """Policies of one model as one array ``[n, H, S, A]``, or ``[n, S, A]`` with a discount."""
    steps = () if mdp.horizon is None else (mdp.horizon,)
    shape = (*steps, mdp.n_states, mdp.n_actions)
    return ar.stack([ar.broadcast_to(mdp.policy(pi), shape) for pi in policies])
