"""Asking the expert what it would do in the states that somebody else visits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.online import count
from iltheory.learners.options import require_model
from iltheory.measures import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular.sampling import Categorical
from sims.tabular.transitions import Rows

Labeller = Callable[[Numbers], Numbers]
"""From the policy that acts to the law of (state, expert's action), ``[..., H, S, A]``."""


def asked(mdp: TabularMDP, expert: Any) -> Numbers:
    """An expert that can be asked anywhere: a policy of a model with a finite horizon, ``[..., T, S, A]``.

    Raises
    ------
    InvalidArgument
        If the expert is a set of demonstrations, or the model has no horizon.
    """
    from sims.datasets import Trajectories

    require_model(mdp)
    steps(mdp)
    if isinstance(expert, Trajectories):
        raise InvalidArgument(
            "expert is a set of trajectories, but an interactive learner asks it in states they may not visit.\n"
            "  Give the expert's policy [S, A] or [H, S, A], or learn from the trajectories by behavioral_cloning."
        )
    return mdp.policy(expert)


def labeller(mdp: TabularMDP, expert: Numbers, trajectories: int | None, rng: Any) -> Labeller:
    """Labels at population level, or on sampled trajectories if their number is given.

    Parameters
    ----------
    expert : numbers ``[..., T, S, A]``, as :func:`asked` returns them
    trajectories : number to sample each time; None for the exact law
    rng : seed or generator for sampling; None without
    """
    generator = read_rng("trajectories", trajectories, rng)
    if trajectories is None or generator is None:
        return lambda acting: mdp.state_occupancy(acting)[..., None] * expert
    m = count("trajectories", trajectories)
    return lambda acting: sampled_labels(mdp, expert, acting, m, generator)


def sampled_labels(
    mdp: TabularMDP, expert: Numbers, acting: Numbers, trajectories: int, rng: np.random.Generator
) -> Numbers:
    """Share of the trajectories that at step h are in state s, where the expert, asked once, draws action a.

    States after the end of a terminated trajectory are not labelled.

    Returns
    -------
    numbers ``[H, S, A]``
    """
    h, state, _ = mdp.sample(acting, trajectories, rng).steps()
    answers = tables([ar.midpoint(expert)], mdp)
    action = answers.draw(h * mdp.n_states + state, rng)
    return tally(mdp, h, state, action) / trajectories


def tables(policies: list[NDArray[np.float64]], mdp: TabularMDP) -> Categorical:
    """Laws of actions to draw from, row ``(i H + h) S + s`` for the i-th policy ``[T, S, A]``."""
    shape = (steps(mdp), mdp.n_states, mdp.n_actions)
    rows = np.stack([np.broadcast_to(pi, shape) for pi in policies]).reshape(-1, mdp.n_actions)
    n = mdp.n_actions
    return Categorical(Rows(np.arange(len(rows) + 1) * n, np.tile(np.arange(n), len(rows)), rows.ravel()))


def tally(mdp: TabularMDP, h: Any, state: Any, action: Any, weights: Any = None) -> Numbers:
    """How often each ``(h, s, a)`` occurs, or the sum of its weights: ``[H, S, A]`` in the model's number system."""
    shape = (steps(mdp), mdp.n_states, mdp.n_actions)
    cells = np.ravel_multi_index((h, state, action), shape)
    return mdp.system.convert(np.bincount(cells, weights, minlength=int(np.prod(shape))).reshape(shape))


def read_rng(name: str, n: int | None, rng: Any) -> np.random.Generator | None:
    """The generator to sample ``n`` of something with; None if nothing is sampled.

    Raises
    ------
    InvalidArgument
        If ``rng`` is no seed or generator, or is given although nothing is sampled.
    """
    if n is None:
        if rng is not None:
            raise InvalidArgument(f"rng is given, but nothing is sampled: give the number of {name}, too.")
        return None
    return seeded(name, rng)


def seeded(name: str, rng: Any) -> np.random.Generator:
    """The generator that ``name`` are drawn with, from a seed or a generator.

    Raises
    ------
    InvalidArgument
        If it is neither.
    """
    seed = isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0
    if not seed and not isinstance(rng, np.random.Generator):
        raise InvalidArgument(
            f"rng={rng!r}: {name} are drawn, so give a seed (an integer, at least 0) or a numpy.random.Generator."
        )
    return np.random.default_rng(rng)
