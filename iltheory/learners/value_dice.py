"""ValueDICE: the policy whose occupancy has the least relative entropy to the expert's.

Kostrikov, Nachum and Tompson (ICLR 2020), arXiv 1912.05032 [memory; the dual in state values is derived here].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iltheory.games import NoFiniteValue
from iltheory.games.flow import Flow
from iltheory.learners._soft_model import Floats, Mask
from iltheory.learners.demonstrations import Expert, shown_occupancy
from iltheory.learners.newton import Point, descend
from iltheory.measures import REVERSE_KL
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument

TOLERANCE = 1e-14
"""Largest entry of the gradient at which the search stops; occupancies sum to 1."""

ITERATIONS = 100


@dataclass(frozen=True)
class ValueDice:
    """The least ``KL(d_pi || e)``.

    Attributes
    ----------
    policy : ``[H, S, A]`` or ``[S, A]``, in the number system of the model; uniform where it never goes
    v : floats ``[H, S]`` or ``[S]``, the maximiser of the dual
    divergence : ``KL(d_pi || e)`` of that policy, evaluated exactly: at least the least there is
    dual : float, ``start value of v - log E_e exp(v - v')``: about the least there is, from below
    gradient : float, largest entry of the gradient of the dual
    """

    policy: Numbers
    v: Floats
    divergence: Numbers
    dual: float
    gradient: float


def value_dice(mdp: TabularMDP, expert: Expert) -> ValueDice:
    """Minimise ``KL(d_pi || e)`` over policies, without an entropy bonus.

    Over all policies at once ValueDICE's saddle point is a concave problem in state values,

        ``max_v  start value of v - log E_e exp(v - v')``,   ``d = e exp(v - v') / Z``,

    solved by Newton's method. For the exact occupancy of an expert ``v = 0`` and the policy is the expert's; from data
    it is the nearest occupancy that the model allows.

    Raises
    ------
    NoFiniteValue
        If every policy leaves the support of the demonstrations.
    """
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; learn from one model at a time.")
    shown = ar.midpoint(shown_occupancy(mdp, expert))
    target = shown if mdp.horizon is not None else shown[None]
    flow = Flow.of(mdp.to("float64"))
    kept = _safe(flow, target > 0)
    found, law = _descend(flow, np.where(kept, target, 0) / len(target))
    policy = mdp.project(mdp.system.convert(law.reshape(shown.shape)))
    rigorous = mdp.to("interval") if mdp.system.name == "rational" else mdp  # logarithms are not rational
    d, e = rigorous.occupancy(rigorous.system.convert(policy)), shown_occupancy(rigorous, expert)
    divergence = REVERSE_KL(d, e, axes=d.ndim) / len(target)
    return ValueDice(policy, found.x.reshape(shown.shape[:-1]), divergence, -found.value, found.error)


def _safe(flow: Flow, shown: Mask) -> Mask:
    """The shown pairs after which some policy never has to leave the shown ones."""
    kept = flow.safe(shown)
    lost = (flow.b > 0) & ~kept.any(-1)
    if lost.any():
        raise NoFiniteValue(
            f"KL(d || e) is infinite for every policy: from state {np.argwhere(lost)[0][1]}, where the model may "
            "begin, every action shown may lead to where none is shown.\n  Show more of the expert."
        )
    return kept


def _descend(flow: Flow, target: Floats) -> tuple[Point, Floats]:
    """Minimise minus the dual over v; where that ends, and the law that v implies."""

    def laws(x: Floats) -> tuple[float, Floats]:
        exponent = np.where(target > 0, flow.adjoint(x.reshape(flow.b.shape)), -np.inf)
        top = exponent.max()
        law = target * np.exp(exponent - top)
        return float(top + np.log(law.sum())), law / law.sum()

    def at(x: Floats) -> Point:
        worth, law = laws(x)

        def curvature(direction: Floats) -> Floats:
            rises = flow.adjoint(direction.reshape(flow.b.shape))
            return flow.image(law * (rises - (law * rises).sum())).ravel()

        mass = law.sum(-1).ravel()
        return Point(
            x=x,
            value=worth - float(flow.b.ravel() @ x),
            rounding=1e-15 * (1 + abs(worth)),
            gradient=(flow.image(law) - flow.b).ravel(),
            curvature=curvature,
            scale=np.where(mass > 0, mass, 1),
        )

    found = descend(at, np.zeros(flow.b.size), until=lambda point: point.error <= TOLERANCE, iterations=ITERATIONS)[-1]
    return found, laws(found.x)[1]
