"""IQ-Learn: the reward and the soft-optimal policy of an expert from one concave objective in Q.

Garg, Chakraborty, Cundy, Song and Ermon (NeurIPS 2021), arXiv 2106.12142 [text].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iltheory.games import NoFiniteValue
from iltheory.games.flow import Flow
from iltheory.learners._reward_ascent import ascend
from iltheory.learners._soft_model import Floats, Mask, soft_model, start_weights
from iltheory.learners.demonstrations import Expert, shown_occupancy
from iltheory.measures import F_DIVERGENCES, FDivergence, expected_utility, start_value, telescoped_value
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument

VALUE_TERMS = ("initial", "expert", "mixture")
"""Where the value of the start is read off: the first state, the expert's occupancy (offline), or half of each."""

FORBIDDEN = 700.0
"""How far, in temperatures, Q lies below V where it should be infinitely low: ``exp(-700)`` is about 1e-304."""


@dataclass(frozen=True)
class IQLearn:
    """What IQ-Learn found.

    Attributes
    ----------
    policy : ``softmax(Q / temperature)``, ``[H, S, A]`` or ``[S, A]``, in the number system of the model; if the
        maximum is not attained, the limit: exactly 0 on ``unattained`` pairs, and arbitrary where it never goes
    q : soft action values, floats of the same shape
    reward : ``T* Q``, floats of the same shape
    value : the objective at ``reward``, in intervals unless the model is in balls. With the start value of
        the first state it is at most the value of the game, ``min_pi D_f(pi || e) - temperature * entropy``, whatever
        the search did
    gradient : largest entry of the gradient of the objective at the end of the search, in occupancy
    attained : whether some finite Q maximises the objective; if not, ``value`` comes as close as floats allow
    unattained : bools of the same shape, pairs where the objective rises for ever as ``Q -> -inf``: actions the expert
        never takes in states where it goes, for divergences that are infinite if the learner takes them
    flow_residual : l1 distance from the start of the value term to the model's, 0 for an exact occupancy
    steps : Newton steps taken
    """

    policy: Numbers
    q: Floats
    reward: Floats
    value: Numbers
    gradient: float
    attained: bool
    unattained: Mask
    flow_residual: float
    steps: int


def iq_learn(
    mdp: TabularMDP,
    expert: Expert,
    *,
    divergence: FDivergence | str = "chi2",
    temperature: float = 1.0,
    value_term: str = "initial",
) -> IQLearn:
    """Maximise ``J*(Q) = E_e phi(Q - V') - start value of V*`` over all Q.

    The search is Newton's method on rewards ``r = T* Q``, a bijection (lemma 3.1): there the objective is concave
    for every concave phi, which in Q it is not (``iq-prop-3-5``), and soft values follow from r.

    Parameters
    ----------
    mdp : one model; its own rewards do not matter
    expert : a policy, or trajectories
    divergence : an ``FDivergence`` or its name; ``.centred()`` gives the convention with reward 0 at the expert, such
        as ``kl_fix``
    temperature : positive, weight of the policy's entropy; 1 in the paper
    value_term : ``initial``, ``(1 - gamma) E_mu V``; ``expert``, ``E_e[V - V']``, offline; ``mixture``, the mean of
        both, which is what the average of expert and learner telescopes to, online. All three agree for the
        exact occupancy of an expert, and from data they differ: ``flow_residual`` says by how much. Weights of single
        states may then be negative, and the objective no longer concave: the search ends where it is stationary

    Raises
    ------
    InvalidArgument
        If an argument makes no sense.
    NoFiniteValue
        If the demonstrations lead where they never go on, and the divergence, or the value term, does not
        allow that.
    """
    phi = read_divergence(divergence)
    if value_term not in VALUE_TERMS:
        raise InvalidArgument(f"value_term={value_term!r} must be one of {', '.join(VALUE_TERMS)}.")
    if not (isinstance(temperature, int | float) and 0 < temperature < np.inf):
        raise InvalidArgument(f"temperature={temperature!r} must be a positive, finite float.")
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; learn from one model at a time.")
    floats = mdp.to("float64")
    shown = ar.midpoint(shown_occupancy(mdp, expert))
    target = shown if mdp.horizon is not None else shown[None]
    initial = start_weights(floats)
    flow = initial + floats.flow_residual(shown).reshape(initial.shape)
    start = {"initial": initial, "expert": flow, "mixture": (initial + flow) / 2}[value_term]

    free = target > 0
    endless = not np.isfinite(phi.low)
    unattained = ~free & free.any(-1, keepdims=True) & endless
    if endless or value_term != "initial":
        _check_closed(floats, free, value_term, phi)
    model = soft_model(floats, start, float(temperature), ~unattained)
    begin = np.where(free, float(phi.neutral), float(phi.neutral if endless else phi.low))
    found = ascend(model, target, phi, free=free, reward=begin)

    v = found.response.v
    drop = model.flow.adjoint(v)
    reward = np.where(unattained, drop - FORBIDDEN * temperature, found.reward)
    return IQLearn(
        policy=mdp.project(mdp.system.convert(found.response.policy.reshape(shown.shape))),
        q=(reward - drop + v[..., None]).reshape(shown.shape),
        reward=reward.reshape(shown.shape),
        value=_value(mdp, expert, reward.reshape(shown.shape), phi, float(temperature), value_term),
        gradient=found.gradient,
        attained=not unattained.any(),
        unattained=unattained.reshape(shown.shape),
        flow_residual=float(np.abs(flow - initial).sum()) / len(flow),
        steps=found.steps,
    )


def read_divergence(divergence: FDivergence | str) -> FDivergence:
    """Look a divergence up by name, or raise ``InvalidArgument``."""
    if isinstance(divergence, FDivergence):
        return divergence
    if divergence not in F_DIVERGENCES:
        raise InvalidArgument(
            f"divergence={divergence!r} must be an il.measures.FDivergence or one of {', '.join(F_DIVERGENCES)}."
        )
    return F_DIVERGENCES[divergence]


def _check_closed(mdp: TabularMDP, free: Mask, value_term: str, phi: FDivergence) -> None:
    """Raise unless every state that demonstrated actions lead to was demonstrated itself, at that step."""
    flow, goes = Flow.of(mdp), np.asarray(np.any(free, axis=-1), dtype=np.bool_)
    begins = (flow.b[0] > 0) & ~goes[0] & (value_term != "expert")
    where = [f"they never begin in state {s}, where the model may" for s in np.flatnonzero(begins)]
    for h in range(len(free) if mdp.horizon is None else len(free) - 1):
        later: Mask = goes[0 if mdp.horizon is None else h + 1]
        at = "" if mdp.horizon is None else f" at step {h}"
        leaving = free[h][..., None] & (flow.p[min(h, len(flow.p) - 1)] > 0) & ~later
        where += [
            f"they take action {a} in state {s}{at}, which may lead to state {t}, where they never go on"
            for s, a, t in np.argwhere(leaving)
        ]
    if where:
        why = (
            f"{phi.name} is infinite for every policy"
            if not np.isfinite(phi.low)
            else f"value_term={value_term!r} needs demonstrations that go on"
        )
        raise NoFiniteValue(
            f"{why}: {where[0]} (and {len(where) - 1} more such cases).\n"
            "  Show more of the expert, or use value_term='initial' with a divergence that is finite off its support: "
            "jensen-shannon, squared-hellinger, forward-kl or total-variation."
        )


def _value(
    mdp: TabularMDP, expert: Expert, reward: Floats, phi: FDivergence, temperature: float, value_term: str
) -> Numbers:
    """The objective at a reward, in balls if the model is in balls, else in intervals."""
    mdp = mdp if mdp.system.name in ("interval", "ball") else mdp.to("interval")
    target, r = shown_occupancy(mdp, expert), mdp.system.convert(reward)
    v = mdp.with_rewards(r).soft_optimal(temperature).v
    prices = {"initial": start_value(mdp, v), "expert": telescoped_value(mdp, target, v)}
    prices["mixture"] = (prices["initial"] + prices["expert"]) / 2
    return expected_utility(mdp, target, r, phi.utility) - prices[value_term]
