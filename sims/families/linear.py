"""Random linear models: features and measures on the simplex, exact in float64 up to their products."""

from __future__ import annotations

from sims.families._clock import Clock
from sims.families._parameters import Parameter, Rng, generator, integer
from sims.families.random import Law, dyadic, simplex_rows
from sims.linear_mdp import LinearMDP

BITS = 24
"""Products of two entries are multiples of ``2**-48``, so sums of them up to 1 are exact in float64."""


def random_linear(
    n_states: int,
    n_actions: int,
    n_features: int,
    *,
    horizon: int | None = None,
    discount: Parameter | None = None,
    rng: Rng,
    law: Law = "uniform",
) -> LinearMDP:
    """A linear model whose features are laws over latent classes, each with its own next-state law.

    ``P(s' | s, a) = sum_k phi[s, a, k] measures[k, s']`` and ``r(s, a) = sum_k phi[s, a, k] weights[k]`` with
    weights uniform in [0, 1].

    Parameters
    ----------
    n_states, n_actions, n_features : sizes, at least 1
    horizon, discount : exactly one of the two
    rng : seed or numpy.random.Generator
    law : law of the rows of ``phi`` and ``measures`` and of ``mu``, see ``simplex_rows``

    Returns
    -------
    LinearMDP
        In float64; every number is a multiple of ``2**-24``, every row sums to exactly 1, and so does every
        row of the ``P`` they make.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    Linear models as in Jin, Yang, Wang and Jordan, COLT 2020 [memory]; simplex features are soft state
    aggregation.
    """
    S = integer("n_states", n_states, least=1)
    A = integer("n_actions", n_actions, least=1)
    d = integer("n_features", n_features, least=1)
    clock = Clock.of(horizon, discount)
    rng = generator(rng)
    phi = dyadic(simplex_rows(rng, (S, A, d), law=law, bits=BITS), bits=BITS)
    measures = dyadic(simplex_rows(rng, (d, S), law=law, bits=BITS), bits=BITS)
    weights = dyadic(rng.integers((1 << BITS) + 1, size=d), bits=BITS)
    mu = dyadic(simplex_rows(rng, (S,), law=law, bits=BITS), bits=BITS)
    if clock.discount is None:
        return LinearMDP(phi, measures, weights, mu, horizon=clock.horizon)
    return LinearMDP(phi, measures, weights, mu, discount=float(clock.discount))
