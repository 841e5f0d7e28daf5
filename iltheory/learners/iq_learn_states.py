"""IQ-Learn from the expert's states alone, as printed: a search on an objective that is not concave.

Garg, Chakraborty, Cundy, Song and Ermon (NeurIPS 2021), arXiv 2106.12142, state-only imitation [text].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iltheory.learners._soft_model import Floats, soft_model, start_weights
from iltheory.learners.demonstrations import Expert, shown_alone, shown_occupancy
from iltheory.learners.iq_learn import read_divergence
from iltheory.learners.options import positive
from iltheory.measures import FDivergence, state_only_objective
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument
from sims.tabular.reading import read_numbers


@dataclass(frozen=True)
class IQLearnStates:
    """Where the search from one starting point ended: a local maximum at best.

    Attributes
    ----------
    policy : ``softmax(Q / temperature)``, ``[H, S, A]`` or ``[S, A]``, in the number system of the model
    q : floats of the same shape
    value : the objective at q, in intervals unless the model is in balls
    gradient : float, largest entry of the gradient of the objective
    """

    policy: Numbers
    q: Floats
    value: Numbers
    gradient: float


def iq_learn_states(
    mdp: TabularMDP, expert: Expert, *, divergence: FDivergence | str = "chi2", temperature: float = 1.0, start: Floats
) -> IQLearnStates:
    """Climb ``E_{s ~ e} E_{a ~ pi_Q} phi(T* Q) - start value of V*`` from given action values.

    Beyond ``high`` phi is taken to be constant. Actions of the expert do not count. The objective is not concave
    (``iq-state-only``), even for one state, and its supremum need not be attained: asking ``pi_Q`` itself what it would
    have done favours deterministic policies. So where the search ends depends on where it starts.

    Parameters
    ----------
    mdp, expert, divergence, temperature : as for :func:`~iltheory.learners.iq_learn`
    start : ``[H, S, A]`` or ``[S, A]``, action values whose rewards lie in the domain of phi

    Raises
    ------
    InvalidArgument
        If the objective is not finite at the start.
    """
    from scipy.optimize import minimize

    phi, temperature = read_divergence(divergence), positive("temperature", temperature)
    shown = ar.midpoint(shown_alone(mdp, expert))
    target = (shown if mdp.horizon is not None else shown[None]).sum(-1)
    q = ar.midpoint(read_numbers("start", start, InvalidArgument))
    if q.shape != shown.shape:
        raise InvalidArgument(f"start has shape {q.shape}; action values of the model have {shown.shape}.")
    full = (*target.shape, mdp.n_actions)
    model = soft_model(mdp, start_weights(mdp.to("float64")), float(temperature), np.ones(full, dtype=np.bool_))

    def descent(flat: Floats) -> tuple[float, Floats]:
        values = flat.reshape(full)
        v, pi = model.choose(values)
        r = values - v[..., None] + model.flow.adjoint(v)
        if not (r > phi.low).all():
            return np.inf, np.zeros_like(flat)
        gained, law = phi.envelope(r), target[..., None] * pi
        paid = law * np.where(r < phi.high, phi.slope(r), 0)
        inflow = model.flow.b + paid.sum(-1) - model.flow.image(paid)
        surprise = law * (gained - (pi * gained).sum(-1, keepdims=True)) / temperature
        uphill = paid - pi * inflow[..., None] + surprise
        return float((model.flow.b * v).sum() - (law * gained).sum()), -uphill.ravel()

    if not np.isfinite(descent(q.ravel())[0]):
        raise InvalidArgument(f"start has rewards not above {phi.low}, the end of the domain of {phi.name}.")
    found = minimize(descent, q.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 10_000, "ftol": 0, "gtol": 0})
    q = found.x.reshape(full)
    policy = model.choose(q)[1]
    exact = mdp if mdp.system.name in ("interval", "ball") else mdp.to("interval")
    states = ar.sum(shown_occupancy(exact, expert), -1)
    values = exact.system.convert(q.reshape(shown.shape))
    return IQLearnStates(
        policy=mdp.project(mdp.system.convert(policy.reshape(shown.shape))),
        q=q.reshape(shown.shape),
        value=state_only_objective(exact, states, values, phi.envelope, temperature=temperature),
        gradient=float(np.abs(descent(found.x)[1]).max()),
    )
