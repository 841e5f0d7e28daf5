"""Mimic-MD: imitation with known transitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.games.occupancy_programme import nearest_flow, require_one
from iltheory.learners.demonstrations import shown_alone
from iltheory.learners.held_out import halves, left_frequency
from iltheory.measures import inside_occupancy, l1_norm, left_occupancy, steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.datasets.errors import InvalidDataset


@dataclass(frozen=True)
class MimicMD:
    """A policy that acts as the expert where the first half of the data has been.

    Attributes
    ----------
    policy : numbers ``[H, S, A]``
    seen : bools ``[H, S]``, where the first half has been
    shown : numbers ``[H, S, A]``, frequencies in the second half of being at (s, a) at step h after leaving ``seen``
    objective : number, ``sum |Pr_pi[T_h(s, a)] - shown_h(s, a)|`` of the policy, the least over all that mimic
    """

    policy: Numbers
    seen: NDArray[np.bool_]
    shown: Numbers
    objective: Numbers


def mimic_md(mdp: TabularMDP, expert: Any) -> MimicMD:
    """Act as the expert where it was seen, and match how it goes on after leaving these states.

    ``T_h(s, a)`` are the trajectories at (s, a) at step h that visited an unseen state at a step up to h. Among
    the policies that act as the expert in the seen (h, s), the one whose probabilities of ``T_h(s, a)`` are
    nearest in l1 to their frequencies in the second half of the data.

    Such a policy need not remember whether it has left the seen states: in an unseen state it has, and in a seen one it
    acts as the expert all the same. So the mass that has left obeys flow equations of its own, entering where a
    trajectory first meets an unseen state, and the programme over it is linear: solved exactly in
    rationals, elsewhere in floats.

    Parameters
    ----------
    mdp : one model with a finite horizon; transitions and first law are used, rewards are not
    expert : trajectories of a deterministic expert, at least two; or its policy, all of which is then seen

    Returns
    -------
    MimicMD
        Uniform in states that neither were seen nor can be reached by leaving the seen ones.

    Raises
    ------
    InvalidDataset
        If there are fewer than two trajectories, the expert takes two actions in one (h, s), or a trajectory is not
        whole.
    InvalidArgument
        If the model is a batch, or has no horizon.

    Notes
    -----
    Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020, Mimic-MD [algorithm and rate text; analysis memory].
    """
    from sims.datasets import Trajectories

    require_one(mdp)
    steps(mdp)
    if isinstance(expert, Trajectories):
        first, second = halves(expert)
        actions = _seen_actions(mdp, first)
    else:
        shown_alone(mdp, expert)
        second = mdp.policy(expert)
        actions = _one_each(ar.possibly_nonzero(mdp.occupancy(second)))
    seen: NDArray[np.bool_] = np.asarray(actions.any(axis=-1))
    indicator, known = (mdp.system.convert(mask.astype(np.int64)) for mask in (seen, actions))
    shown = left_frequency(mdp, second, indicator)
    sources, allowed = entering(mdp, known, indicator), actions | ~seen[..., None]
    flow, _ = nearest_flow(mdp, shown, sources=sources, allowed=allowed)
    policy = ar.where(seen[..., None], known, mdp.project(flow))
    return MimicMD(policy, seen, shown, l1_norm(left_occupancy(mdp, policy, indicator) - shown, axes=3))


def entering(mdp: TabularMDP, known: Numbers, seen: Numbers) -> Numbers:
    """Mass that first meets an unseen state at (h, s), ``[H, S]``, for a policy that is known in the seen ones.

    Parameters
    ----------
    known : numbers ``[H, S, A]``, the policy in the seen (h, s); zero elsewhere
    seen : numbers ``[H, S]``, 1 or 0
    """
    uniform = mdp.system.convert(np.ones(known.shape, dtype=np.int64)) / mdp.n_actions
    inside = inside_occupancy(mdp, known + (1 - seen[..., None]) * uniform, seen)
    arriving = [mdp.mu, *(mdp.transitions.push(inside[h], h) for h in range(steps(mdp) - 1))]
    return ar.stack(arriving) * (1 - seen)


def _seen_actions(mdp: TabularMDP, demos: Any) -> NDArray[np.bool_]:
    """The expert's actions where it was seen, bools ``[H, S, A]``."""
    return _one_each(demos.counts(steps(mdp), mdp.n_states, mdp.n_actions) > 0)


def _one_each(taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Raise unless at most one action is taken in each (h, s)."""
    several = np.argwhere(taken.sum(axis=-1) > 1)
    if several.size:
        h, s = map(int, several[0])
        shown = ", ".join(map(str, np.flatnonzero(taken[h, s])))
        raise InvalidDataset(
            f"at step {h} in state {s} the expert takes actions {shown}: Mimic-MD is for deterministic experts.\n"
            "  Use behavioral_cloning or replay_estimation."
        )
    return taken
