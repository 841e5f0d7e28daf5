"""Tiny models and policies, written out by hand, that claims are tight or false on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers


def task(moves: Sequence[Sequence[int]], rewards: Any, *, horizon: int, start: Any = 0) -> TabularMDP:
    """Build the model where action a in state s leads to ``moves[s][a]`` and earns ``rewards[s][a]``.

    ``start`` is the first state, or its law.
    """
    eye = np.eye(len(moves), dtype=np.int64)
    mu = eye[start] if isinstance(start, int) else ar.asarray(start)
    return TabularMDP(ar.asarray(eye[np.array(moves)]), ar.asarray(rewards), mu, horizon=horizon)


def playing(*actions: int, of: int = 2) -> Numbers:
    """The deterministic policy ``[S, A]`` that plays ``actions[s]`` in state s, one of ``of`` actions."""
    return ar.asarray(np.eye(of, dtype=np.int64)[list(actions)])


def in_turn(*policies: Numbers) -> Numbers:
    """The policy ``[H, S, A]`` that plays the h-th of some policies at step h."""
    return ar.stack(policies)


def off_course(horizon: int = 3) -> tuple[TabularMDP, Numbers, Numbers]:
    """A model, an expert, and a learner whose one harmless deviation leads to where it errs for ever.

    In state 0 action 0 stays, action 1 leads to the absorbing state 1; every step earns 1, but for action 1
    in state 1. The expert plays action 0; the learner action 1, except in state 0 after the first step.
    """
    mdp = task([[0, 1], [1, 1]], [[1, 1], [1, 0]], horizon=horizon)
    return mdp, playing(0, 0), in_turn(playing(1, 1), *[playing(0, 1)] * (horizon - 1))


def contagion(horizon: int) -> tuple[TabularMDP, Numbers, Numbers]:
    """A model, an expert, and a learner whose first mistake leads to where it repeats it for ever.

    As :func:`off_course`, but action 1 costs 1 in state 0, too. No action of the expert's mends or worsens
    anything.
    """
    mdp = task([[0, 1], [1, 1]], [[1, 0], [1, 0]], horizon=horizon)
    return mdp, playing(0, 0), in_turn(playing(1, 1), *[playing(0, 1)] * (horizon - 1))


def coin(expert: Any, learner: Any) -> tuple[TabularMDP, Numbers, Numbers]:
    """One step in one state, where action 0 earns 1 and action 1 nothing, with two laws of the action."""
    return task([[0, 0]], [[1, 0]], horizon=1), ar.asarray([expert]), ar.asarray([learner])
