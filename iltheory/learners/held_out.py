"""Two halves of the demonstrations: one shows where the expert goes, the other how often it leaves that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.demonstrations import check_ends, check_whole
from iltheory.measures import left_occupancy, steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.datasets.errors import InvalidDataset

if TYPE_CHECKING:
    from sims.datasets import Trajectories


def halves(demos: Trajectories) -> tuple[Trajectories, Trajectories]:
    """Split trajectories in two, in order; an odd one goes to the first half.

    Raises
    ------
    InvalidDataset
        If there are fewer than two.
    """
    n = len(demos)
    if n < 2:
        raise InvalidDataset(
            f"{n} trajectory cannot be split: one half shows where the expert goes, the other how often it goes "
            "elsewhere.\n  Give at least two."
        )
    middle = (n + 1) // 2
    return _part(demos, 0, middle), _part(demos, middle, n)


def _part(demos: Trajectories, first: int, last: int) -> Trajectories:
    from sims.datasets import Trajectories

    start, stop = int(demos.offsets[first]), int(demos.offsets[last])
    return Trajectories(
        states=demos.states[start + first : stop + last],
        actions=demos.actions[start:stop],
        rewards=None if demos.rewards is None else demos.rewards[start:stop],
        terminated=demos.terminated[first:last],
        truncated=demos.truncated[first:last],
        offsets=demos.offsets[first : last + 1] - start,
    )


def left_frequency(mdp: TabularMDP, expert: Any, certainty: Numbers) -> Numbers:
    """How often the expert is at (h, s, a) after having been where it is not trusted to be known.

    Parameters
    ----------
    expert : policy, whose frequencies are exact, or trajectories, whose frequencies are counted; one that ended in a
        terminal state stays there, with actions drawn uniformly
    certainty : numbers ``[H, S]`` in [0, 1]; with 0 and 1, "having visited a state with certainty 0 at a step up to h"

    Returns
    -------
    numbers ``[H, S, A]``: mean of ``(1 - prod_{t <= h} certainty_t(s_t)) 1{(s_h, a_h) = (s, a)}``

    Raises
    ------
    InvalidDataset
        If a trajectory stops before step H without having terminated, or terminates in a state that the model can
        leave, or an index is out of range.
    """
    from sims.datasets import Trajectories

    if not isinstance(expert, Trajectories):
        return left_occupancy(mdp, expert, certainty)
    horizon = steps(mdp)
    shown = _shown(mdp, expert)
    visits = mdp.system.convert((shown > 0).any(axis=-1).astype(np.int64))
    here = ar.einsum("hs,nhs->nh", certainty, visits)
    upto = [here[:, 0]]
    for h in range(1, horizon):
        upto.append(upto[-1] * here[:, h])
    total = ar.einsum("nh,nhsa->hsa", 1 - ar.stack(upto, axis=1), mdp.system.convert(shown))
    return total / (mdp.n_actions * len(expert))


def _shown(mdp: TabularMDP, demos: Trajectories) -> NDArray[np.int64]:
    """What each trajectory does at each step, A times: ints ``[N, H, S, A]``, 1 for each action when it rests."""
    horizon = steps(mdp)
    demos.counts(horizon, mdp.n_states, mdp.n_actions)  # raises for what is no trajectory of the model
    check_whole(demos, horizon)
    check_ends(mdp, demos)
    shown = np.zeros((len(demos), horizon, mdp.n_states, mdp.n_actions), dtype=np.int64)
    for i, trajectory in enumerate(demos):
        length = len(trajectory.actions)
        shown[i, np.arange(length), trajectory.states[:-1], trajectory.actions] = mdp.n_actions
        shown[i, length:, trajectory.states[-1]] = 1
    return shown
