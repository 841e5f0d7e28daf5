"""Replay estimation: match moments that are simulated where the expert is known, and observed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.games.occupancy_programme import nearest_flow, require_one
from iltheory.learners.behavioral_cloning import behavioral_cloning
from iltheory.learners.demonstrations import shown_alone
from iltheory.learners.held_out import halves, left_frequency
from iltheory.measures import inside_occupancy, l1_norm, steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular.reading import bring, read_numbers
from sims.tabular.validation import check_finite


@dataclass(frozen=True)
class ReplayEstimation:
    """An estimate of the expert's occupancy, and the policy that matches it best.

    Attributes
    ----------
    policy : numbers ``[H, S, A]``
    estimate : numbers ``[H, S, A]``; not an occupancy itself, its steps need not sum to 1
    certainty : numbers ``[H, S]``
    distance : number, ``sum |d^pi - estimate|`` of the policy, the least over all policies
    """

    policy: Numbers
    estimate: Numbers
    certainty: Numbers
    distance: Numbers


def replay_estimation(mdp: TabularMDP, expert: Any, *, certainty: Any = None) -> ReplayEstimation:
    """Match the occupancy of the cloned expert as far as it is certain, and of held-out data beyond.

    The first half of the data is cloned. With ``M_h = prod_{t <= h} certainty_t(s_t)`` the estimate of the expert's
    occupancy is ``E_clone[M_h 1{(s_h, a_h) = (s, a)}]``, by simulation in the known model (exact here), plus the
    mean of ``(1 - M_h) 1{(s_h, a_h) = (s, a)}`` over the second half. All moments with values in [-1, 1] are matched:
    the policy minimises the l1 distance of occupancies, by a linear programme: solved exactly in rationals, elsewhere
    in floats.

    Parameters
    ----------
    mdp : one model with a finite horizon; transitions and first law are used, rewards are not
    expert : trajectories, at least two; or its policy, which is then known everywhere
    certainty : numbers ``[H, S]`` in [0, 1], how far the clone is trusted to be the expert; None means 1 where the
        first half has been and 0 elsewhere. 1 everywhere gives the simulated clone, 0 the empirical occupancy of
        the second half

    Returns
    -------
    ReplayEstimation
        For a deterministic expert and the default certainty the estimate is unbiased, given the first half.

    Raises
    ------
    InvalidDataset
        If there are fewer than two trajectories, or one is not whole.
    InvalidArgument
        If a certainty is outside [0, 1] or not of shape ``[H, S]``, or the model is a batch or has no horizon.

    Notes
    -----
    Swamy, Rajaraman, Peng, Choudhury, Bagnell, Wu, Jiao and Ramchandran, NeurIPS 2022, replay estimation [memory].
    """
    from sims.datasets import Trajectories

    require_one(mdp)
    core = (steps(mdp), mdp.n_states)
    if isinstance(expert, Trajectories):
        first, second = halves(expert)
        clone = behavioral_cloning(first, mdp)
        seen = first.counts(*core, mdp.n_actions).any(axis=-1)
    else:
        shown_alone(mdp, expert)
        clone = second = mdp.policy(expert)
        seen = np.ones(core, dtype=np.bool_)
    trust = mdp.system.convert(seen.astype(np.int64)) if certainty is None else _certainty(mdp, certainty)
    estimate = inside_occupancy(mdp, clone, trust) + left_frequency(mdp, second, trust)
    policy = mdp.project(nearest_flow(mdp, estimate)[0])
    return ReplayEstimation(policy, estimate, trust, l1_norm(mdp.occupancy(policy) - estimate, axes=3))


def _certainty(mdp: TabularMDP, certainty: Any) -> Numbers:
    trust = bring(read_numbers("certainty", certainty, InvalidArgument), mdp.system)
    core = (steps(mdp), mdp.n_states)
    if tuple(trust.shape) != core:
        raise InvalidArgument(f"certainty has shape {tuple(trust.shape)}; it is one number for each (h, s), {core}.")
    check_finite(trust, "certainty", InvalidArgument)
    if np.any(ar.lower(trust) < 0) or np.any(ar.upper(trust) > 1):
        raise InvalidArgument(
            f"certainty has values from {ar.lower(trust).min()} to {ar.upper(trust).max()}; they lie in [0, 1]."
        )
    return trust
