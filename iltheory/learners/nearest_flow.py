"""The policy whose flow of mass through the model is nearest to a target, by an exact linear programme."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.games.linear_programme import LinearProgramme
from iltheory.games.occupancy_programme import flow_equations
from iltheory.measures import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, RationalArray
from sims.errors import InvalidArgument


@dataclass(frozen=True)
class NearestFlow:
    """An optimal flow.

    Attributes
    ----------
    flow : exact rationals ``[H, S, A]``
    distance : exact rational, ``sum |flow - target|``, the least there is
    """

    flow: RationalArray
    distance: RationalArray

    @property
    def policy(self) -> RationalArray:
        """The policy ``[H, S, A]`` of the flow, row by row; uniform where nothing flows."""
        actions = self.flow.shape[-1]
        rows = self.flow.num.reshape(-1, actions).tolist()
        shares = [[Fraction(n, sum(row)) if any(row) else Fraction(1, actions) for n in row] for row in rows]
        policy: RationalArray = ar.reshape(ar.asarray(shares), tuple(self.flow.shape))
        return policy


def nearest_flow(
    mdp: TabularMDP, target: Numbers, *, sources: Numbers, allowed: NDArray[np.bool_] | None = None
) -> NearestFlow:
    """Minimise ``sum |y_h(s, a) - target_h(s, a)|`` over flows y, with ``sum_a y_h(s, a)`` the mass that enters.

    Into each (h, s) flows ``sources_h(s)`` and what the flow of the step before moves there; with the first law
    as source of the first step, flows are occupancies. Mass up to the target, ``w <= target``, earns 1, and mass
    u beyond it costs 1: then ``|y - target| = target - w + u``. Numbers that are not rational count by their
    midpoints, as the dyadic rationals these are.

    Parameters
    ----------
    mdp : one model with a finite horizon
    target : numbers ``[H, S, A]``, not negative
    sources : numbers ``[H, S]``, not negative
    allowed : bools ``[H, S, A]``, which actions a policy may take; None means all of them

    Raises
    ------
    InvalidArgument
        If the model is a batch, or has no horizon.
    """
    horizon = steps_of_one(mdp)
    equations, _ = flow_equations(mdp)
    shown, inflow = ar.reshape(_exact(target), (-1,)), ar.reshape(_exact(sources), (-1,))
    everywhere = np.ones(shown.shape, dtype=np.bool_) if allowed is None else allowed.reshape(-1)
    beyond = np.flatnonzero(everywhere)
    within = np.flatnonzero(everywhere & ar.possibly_nonzero(shown))
    caps = (within[:, None] == np.concatenate([-np.ones_like(beyond), within])).astype(np.int64)
    found = LinearProgramme(
        np.concatenate([np.ones_like(beyond), -np.ones_like(within)]),
        A_eq=ar.concatenate([equations[:, beyond], equations[:, within]], axis=1),
        b_eq=inflow,
        A_ub=caps,
        b_ub=shown[within],
    ).minimise()
    place = (np.arange(len(everywhere))[:, None] == np.concatenate([beyond, within])).astype(np.int64)
    flow = ar.reshape(ar.matvec(place, found.x), (horizon, mdp.n_states, mdp.n_actions)).reduced()
    return NearestFlow(flow, (ar.sum(shown) + found.value).reduced())


def steps_of_one(mdp: TabularMDP) -> int:
    """Number of steps of one model, not a batch, with a finite horizon."""
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; give one model, mdp.select(i).")
    return steps(mdp)


def _exact(x: Any) -> RationalArray:
    return x if isinstance(x, RationalArray) else ar.RATIONAL.convert(ar.midpoint(x))
