"""Random models and policies, drawn over a power of two so that all number systems see the same one.

A draw is an array of integer numerators over ``2**bits`` with ``bits <= 30``: rows sum to ``2**bits``
exactly, in int64 and, divided, in float64. ``law`` names a law of rows on the simplex:

=======================  ==================================================================================
``uniform``              Dirichlet(1)
``spiky``                Dirichlet(1/10): most of the mass on few entries
``deterministic``        all mass on one entry, each as likely
``near-deterministic``   all but e on one entry, e spread by Dirichlet(1); log10(e) uniform in [-6, -1]
``mixed``                each row from one of the four above, each as likely
=======================  ==================================================================================
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sims.families._clock import Clock
from sims.families._parameters import InvalidParameter, Parameter, Rng, generator, integer
from sims.tabular import DeterministicTransitions, SparseTransitions, TabularMDP

BITS = 30
DENSE_ENTRIES = 2**22
"""``garnet`` is sparse when a dense table would have more entries than this (32 MiB)."""

Law = Literal["uniform", "spiky", "deterministic", "near-deterministic", "mixed"]
Numerators = NDArray[np.int64]
Floats = NDArray[np.float64]


def simplex_rows(rng: Rng, shape: tuple[int, ...], *, law: Law = "uniform", bits: int = BITS) -> Numerators:
    """Draw probability vectors along the last axis, as numerators over ``2**bits``.

    Parameters
    ----------
    rng : seed or numpy.random.Generator
    shape : (..., n), n >= 1
    law : see the module
    bits : 1 to 30

    Returns
    -------
    int64 array of ``shape``
        Nonnegative; sums to ``2**bits`` along the last axis.

    Raises
    ------
    InvalidParameter
        If the law is unknown, ``bits`` is out of range or a size is below 1.
    """
    if law not in get_args(Law):
        raise InvalidParameter(f"law is {law!r} (should be one of {', '.join(get_args(Law))}).")
    if not isinstance(shape, tuple | list) or not shape:
        raise InvalidParameter(f"shape is {shape!r} (should be a tuple that ends with the length of the rows).")
    sizes = [integer(f"shape[{i}]", n, least=1 if i == len(shape) - 1 else 0) for i, n in enumerate(shape)]
    if integer("bits", bits, least=1) > BITS:
        raise InvalidParameter(f"bits is {bits} (should be at most {BITS}, so that products fit in int64).")
    *batch, n = sizes
    count = int(np.prod(batch, dtype=np.int64))
    return _draw(generator(rng), count, n, law, bits).reshape(sizes)


def dyadic(numerators: Numerators, *, bits: int = BITS) -> Floats:
    """``numerators / 2**bits``, exact in float64."""
    return np.ldexp(numerators.astype(np.float64), -bits)


def _draw(rng: np.random.Generator, count: int, n: int, law: Law, bits: int) -> Numerators:
    if law == "mixed":
        kinds: tuple[Law, ...] = ("uniform", "spiky", "deterministic", "near-deterministic")
        rows = np.empty((count, n), dtype=np.int64)
        kind = rng.integers(len(kinds), size=count)
        for i, name in enumerate(kinds):
            chosen = np.flatnonzero(kind == i)
            rows[chosen] = _draw(rng, len(chosen), n, name, bits)
        return rows
    if law == "deterministic":
        rows = np.zeros((count, n), dtype=np.int64)
        rows[np.arange(count), rng.integers(n, size=count)] = 1 << bits
        return rows
    if law == "uniform":
        return _quantise(rng.standard_exponential((count, n)), bits)
    if law == "spiky":
        return _quantise(rng.standard_gamma(0.1, (count, n)), bits)
    weights = rng.standard_exponential((count, n))
    error = 10.0 ** rng.uniform(-6, -1, size=count)
    weights *= (error / weights.sum(axis=1))[:, None]
    weights[np.arange(count), rng.integers(n, size=count)] += 1 - error
    return _quantise(weights, bits)


def _quantise(weights: Floats, bits: int) -> Numerators:
    """Round the partial sums of each row to the grid: each entry moves by at most one unit."""
    edges = np.cumsum(weights, axis=1)
    # A row of weights that all underflowed to zero has all its mass at the end.
    edges /= np.maximum(edges[:, -1:], np.finfo(np.float64).tiny)
    edges *= 2.0**bits
    rows = np.rint(edges, out=edges).astype(np.int64)
    rows[:, -1] = 1 << bits
    rows[:, 1:] -= rows[:, :-1].copy()
    return rows


def random_policy(shape: tuple[int, ...], rng: Rng, *, law: Law = "uniform") -> Floats:
    """Draw a policy whose rows are exact dyadic distributions.

    Parameters
    ----------
    shape : (S, A), (H, S, A) or with batch axes in front
    rng : seed or numpy.random.Generator
    law : see ``simplex_rows``

    Returns
    -------
    float64 array of ``shape``

    Raises
    ------
    InvalidParameter
        As ``simplex_rows``.
    """
    return dyadic(simplex_rows(rng, shape, law=law))


def random_dense(
    n_states: int,
    n_actions: int,
    *,
    horizon: int | None = None,
    discount: Parameter | None = None,
    rng: Rng,
    law: Law = "uniform",
) -> TabularMDP:
    """A model with dense random rows, rewards uniform in [0, 1] and a random initial law.

    Parameters
    ----------
    n_states, n_actions : sizes, at least 1
    horizon, discount : exactly one of the two
    rng : seed or numpy.random.Generator
    law : law of the rows of ``P`` and of ``mu``, see ``simplex_rows``

    Returns
    -------
    TabularMDP
        In float64; every number is a multiple of ``2**-30``, every row sums to exactly 1.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.
    """
    S, A, rng = _sizes(n_states, n_actions, rng)
    P = dyadic(simplex_rows(rng, (S, A, S), law=law))
    return _model(P, rng, S, A, Clock.of(horizon, discount), law)


def random_deterministic(
    n_states: int, n_actions: int, *, horizon: int | None = None, discount: Parameter | None = None, rng: Rng
) -> TabularMDP:
    """A model whose every action leads to one state, drawn uniformly; otherwise as ``random_dense``.

    Parameters
    ----------
    n_states, n_actions : sizes, at least 1
    horizon, discount : exactly one of the two
    rng : seed or numpy.random.Generator

    Returns
    -------
    TabularMDP
        With ``DeterministicTransitions``, in float64.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.
    """
    S, A, rng = _sizes(n_states, n_actions, rng)
    moves = DeterministicTransitions(rng.integers(S, size=(S, A)))
    return _model(moves, rng, S, A, Clock.of(horizon, discount), "uniform")


def garnet(
    n_states: int,
    n_actions: int,
    branching: int,
    *,
    horizon: int | None = None,
    discount: Parameter | None = None,
    rng: Rng,
) -> TabularMDP:
    """A Garnet: every action leads to ``branching`` distinct states with Dirichlet(1) weights.

    Rewards are uniform in [0, 1] and the initial law is Dirichlet(1), where the source has normal rewards.

    Parameters
    ----------
    n_states, n_actions : sizes, at least 1
    branching : number of successors of each state and action, 1 to ``n_states``
    horizon, discount : exactly one of the two
    rng : seed or numpy.random.Generator

    Returns
    -------
    TabularMDP
        In float64; every number is a multiple of ``2**-30``, every row sums to exactly 1. The transitions are
        sparse where a dense table would have more than ``DENSE_ENTRIES`` entries; the draw does not depend on
        it.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    Archibald, McKinnon and Thomas, J. Oper. Res. Soc. 1995; Bhatnagar et al., Automatica 2009 [memory].
    """
    S, A, rng = _sizes(n_states, n_actions, rng)
    b = integer("branching", branching, least=1)
    if b > S:
        raise InvalidParameter(f"branching is {b} (should be at most n_states = {S}: successors are distinct).")
    successors = _subsets(rng, S * A, S, b)
    probabilities = dyadic(simplex_rows(rng, (S * A, b)))
    transitions: SparseTransitions | Floats
    if S * A * S > DENSE_ENTRIES:
        indptr = np.arange(S * A + 1, dtype=np.int64) * b
        transitions = SparseTransitions(indptr, successors.ravel(), probabilities.ravel(), S, A)
    else:
        transitions = np.zeros((S * A, S))
        np.put_along_axis(transitions, successors, probabilities, axis=1)
        transitions = transitions.reshape(S, A, S)
    return _model(transitions, rng, S, A, Clock.of(horizon, discount), "uniform")


def _subsets(rng: np.random.Generator, count: int, n: int, size: int) -> NDArray[np.int64]:
    """``count`` uniform subsets of ``range(n)``, sorted, by Floyd's method: no draw is rejected."""
    members = np.empty((count, size), dtype=np.int64)
    for column, last in enumerate(range(n - size, n)):
        drawn = rng.integers(last + 1, size=count)
        taken = (members[:, :column] == drawn[:, None]).any(axis=1)
        members[:, column] = np.where(taken, last, drawn)
    return np.sort(members, axis=1)


def _model(
    transitions: Floats | SparseTransitions | DeterministicTransitions,
    rng: np.random.Generator,
    n_states: int,
    n_actions: int,
    clock: Clock,
    law: Law,
) -> TabularMDP:
    """Add rewards uniform on the grid of [0, 1] and an initial law."""
    r = dyadic(rng.integers((1 << BITS) + 1, size=(n_states, n_actions)))
    mu = dyadic(simplex_rows(rng, (n_states,), law=law))
    if clock.discount is None:
        return TabularMDP(transitions, r, mu, horizon=clock.horizon)
    return TabularMDP(transitions, r, mu, discount=float(clock.discount))


def _sizes(n_states: int, n_actions: int, rng: Rng) -> tuple[int, int, np.random.Generator]:
    return integer("n_states", n_states, least=1), integer("n_actions", n_actions, least=1), generator(rng)
