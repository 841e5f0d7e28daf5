"""Linear programmes over the occupancies of a model: solved exactly in ``rational``, in floats elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iltheory.games.linear_programme import minimise, searched
from iltheory.games.sparse import Sparse
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument


def best_margin(mdp: TabularMDP, target: Numbers, functions: Numbers) -> tuple[Numbers, Numbers]:
    """Maximise ``min_i <d - target, f_i>`` over the occupancies d of a model.

    Parameters
    ----------
    mdp : one model
    target : numbers ``[H, S, A]``, or ``[S, A]`` with a discount; it need not be an occupancy
    functions : numbers ``[T, S, A, k]`` with T in {1, H}, or ``[S, A, k]``

    Returns
    -------
    policy : numbers ``[H, S, A]`` or ``[S, A]``, that of d; deterministic but in fewer than k states, uniform where d
        vanishes
    weights : numbers ``[k]``, a law of the functions: with it, no occupancy is further ahead

    Raises
    ------
    InvalidArgument
        If the model is a batch.
    Unsolved
        If floats find no optimum.
    """
    flow, sources = flow_equations(mdp)
    core, k = tuple(target.shape), functions.shape[-1]
    table = ar.moveaxis(ar.reshape(ar.broadcast_to(searched(functions), (*core, k)), (-1, k)), 0, 1)
    shown = ar.matvec(table, ar.reshape(searched(target), (-1,)))
    (m, n), system = flow.shape, ar.system_of(sources)
    # Variables (d, slack, margin, -margin): maximise the margin subject to margin + slack_i = <d, f_i> - <target, f_i>.
    slack = Sparse.ones(np.arange(k), k, system)
    margin = Sparse.of(system.convert(np.array([[1, -1]] * k)))
    equations = Sparse.assemble(
        (m + k, n + k + 2), (0, 0, flow), (m, 0, -Sparse.of(table)), (m, n, slack), (m, n + k, margin)
    )
    costs = np.append(np.zeros(n + k, dtype=np.int64), [-1, 1])
    d, y = minimise(costs, equations, ar.concatenate([sources, -shown]))
    weights = ar.maximum(-y[m:], 0)
    policy = mdp.project(mdp.system.convert(ar.reshape(d[:n], core)))
    return policy, mdp.system.convert(weights / ar.sum(weights))


def nearest_flow(
    mdp: TabularMDP, target: Numbers, *, sources: Numbers | None = None, allowed: NDArray[np.bool_] | None = None
) -> tuple[Numbers, Numbers]:
    """Minimise ``sum |y(h, s, a) - target(h, s, a)|`` over flows y, with ``sum_a y(h, s, a)`` the mass that enters.

    Into each (h, s) flows ``sources(h, s)`` and what the flow of the step before moves there; with a discount, what
    moves there counts gamma. With the sources of :func:`flow_equations`, flows are occupancies.

    Parameters
    ----------
    mdp : one model
    target : numbers ``[H, S, A]``, or ``[S, A]`` with a discount, not negative; ``[1, S, A]`` is compared with the sum
        of y over steps
    sources : numbers ``[H, S]``, or ``[S]`` with a discount, not negative; None means those of occupancies
    allowed : bools ``[H, S, A]`` or ``[S, A]``, which actions a policy may take; None means all of them

    Returns
    -------
    flow : numbers ``[H, S, A]`` or ``[S, A]``, not negative
    f : numbers in [-1, 1], shaped like the target: no flow has a smaller ``<y - target, f>``, which is the distance

    Raises
    ------
    InvalidArgument
        If the model is a batch.
    Unsolved
        If floats find no optimum.
    """
    equations, enters = flow_equations(mdp)
    size = equations.shape[1]
    pairs = np.arange(size) if allowed is None else np.flatnonzero(allowed)
    shown = ar.reshape(searched(target), (-1,))
    compared = Sparse.ones(pairs % len(shown), len(shown), ar.system_of(shown))
    enters = enters if sources is None else ar.reshape(searched(sources), (-1,))
    y, f = nearest_point(compared, shown, equations.at_columns(pairs), enters)
    steps = () if mdp.horizon is None else (mdp.horizon,)
    flow = ar.reshape(Sparse((1, size), 0 * pairs, pairs, y).dense(), (*steps, mdp.n_states, mdp.n_actions))
    return mdp.system.convert(flow), mdp.system.convert(ar.reshape(f, tuple(target.shape)))


def nearest_point(M: Sparse, e: Numbers, A: Sparse, b: Numbers) -> tuple[Numbers, Numbers]:
    """Minimise ``|M x - e|_1`` over ``x >= 0`` with ``A x = b``: x, and f in [-1, 1] that attains the norm.

    With ``M x - e = p - q`` and p, q >= 0 it is the least sum of p and q, and ``-f`` are the multipliers of this
    equation. Where M and -e are not negative, nor is ``M x - e``: it is its own absolute value, and f is 1.
    """
    negative = M.rows[ar.compare(M.values, ">=", 0) != 1]
    signed = np.union1d(negative, np.flatnonzero(ar.compare(e, "<=", 0) != 1))
    (m, n), k = A.shape, len(signed)
    eye = Sparse.ones(np.arange(k), k, ar.system_of(b))
    costs = M.at_rows(np.setdiff1d(np.arange(M.shape[0]), signed)).column_sums()
    x, y = minimise(
        ar.concatenate([costs, np.ones(2 * k, dtype=np.int64)]),
        Sparse.assemble((m + k, n + 2 * k), (0, 0, A), (m, 0, M.at_rows(signed)), (m, n, -eye), (m, n + k, eye)),
        ar.concatenate([b, ar.take(e, signed, 0)]),
    )
    f = Sparse((1, M.shape[0]), 0 * signed, signed, -y[m:] - 1).column_sums() + 1
    return x[:n], ar.minimum(ar.maximum(f, -1), 1)


def flow_equations(mdp: TabularMDP) -> tuple[Sparse, Numbers]:
    """The equations ``A d = b`` of normalised occupancies: mass at each (step and) state is the mass that flows in.

    Returns
    -------
    ``A[H * S, H * S * A]`` and ``b[H * S]``, row-major; with a discount ``[S, S * A]`` and ``[S]``; exact if the model
    is rational, else floats

    Raises
    ------
    InvalidArgument
        If the model is a batch.
    """
    require_one(mdp)
    states, pairs, horizon = mdp.n_states, mdp.n_states * mdp.n_actions, mdp.horizon or 1
    shape, mu = (horizon * states, horizon * pairs), searched(mdp.mu)
    mass = Sparse.ones(np.arange(shape[1]) // mdp.n_actions, shape[0], ar.system_of(mu))
    if mdp.horizon is None:
        gamma = searched(mdp.discount)
        move = _moves(mdp, 0)
        back = Sparse(move.shape, move.rows, move.columns, -gamma * move.values)
        return Sparse.assemble(shape, (0, 0, mass), (0, 0, back)), (1 - gamma) * mu
    moves = [((h + 1) * states, h * pairs, -_moves(mdp, h)) for h in range(horizon - 1)]
    later = np.zeros((horizon - 1) * states, dtype=np.int64)
    return Sparse.assemble(shape, (0, 0, mass), *moves), ar.concatenate([mu, later])


def require_one(mdp: TabularMDP) -> None:
    """Raise ``InvalidArgument`` if the model is a batch."""
    if mdp.batch_shape:
        raise InvalidArgument(f"mdp is a batch of shape {mdp.batch_shape}; give one model, mdp.select(i).")


def _moves(mdp: TabularMDP, step: int) -> Sparse:
    """``P(s' | s, a)`` at one step, ``[S, S * A]``."""
    law, shape = mdp.transitions, (mdp.n_states, mdp.n_states * mdp.n_actions)
    if mdp.system == ar.RATIONAL:
        table = ar.reshape(law.dense()[step % law.steps], shape[::-1])
        return Sparse.of(ar.moveaxis(table, 0, 1))
    indptr, successors, probabilities = law.rows(step)
    return Sparse(shape, successors, np.repeat(np.arange(shape[1]), np.diff(indptr)), probabilities)
