"""Fast float64 kernels for one model or a batch of them, each answer with an upper bound on its error.

These functions take raw arrays and know nothing of models or number systems. They promise nothing of how an
answer was found, only how far it is from the exact solution for the very floats given: a residual, with its
rounding errors bounded, divided by ``1 - gamma``. So the methods may be the fastest ones, chosen by how the
problem behaves:

*Small dense systems* (S <= 64, in batches): elimination without pivoting, our own, one model after the other
inside the first-level cache. ``I - gamma K`` is diagonally dominant by rows, so elimination is stable without
pivots; a LAPACK call a model costs more than the elimination itself.

*Large dense systems*: the policy's kernel is formed in one pass over P (the only pass over the largest
array), and the Neumann series of the residual is summed on it, its constant part in closed form (the span
bounds of MacQueen 1966). The number of products depends on mixing, not on gamma: a random kernel takes about
eight, a tenth of the work of LU. As soon as the observed rate predicts more work than half an LU
factorisation, LAPACK takes over.

*Sparse systems*, in this order, each tried for as long as it halves the residual: the same series, with
probabilities in single precision (a product waits for the stream of data; the residual that corrects it is
double); elimination in a band after reverse Cuthill-McKee ordering, for chains and rings, which mix too
slowly for any iteration; BiCGSTAB; SuperLU where its fill-in cannot exhaust the memory. K^T is applied by
scattering: transposing costs more than it saves.

*Optimal policies*: modified policy iteration. The greedy sweep over all actions is also the certificate;
policies are evaluated by the methods above on the rows they choose, copied only where the choice changed, and
only as precisely as the share of changed actions makes worthwhile. On slowly mixing models this becomes
policy iteration by itself.

*Finite-horizon marginals*: ``d_h pi_h`` as one row vector times P as one ``(S A, S)`` matrix, which runs at
the speed of memory; actions of probability 0 are never read. A stationary policy is mixed into its kernel
once.

Compilation happens at the first call and is kept on disk; importing this module loads neither numba nor
scipy.
"""

from __future__ import annotations

from sims.tabular._improvement import Optimal
from sims.tabular._refine import Certified, NoCertificate
from sims.tabular.kernels_dense import (
    discounted_occupancies,
    discounted_values,
    optimal,
    solve_discounted,
)
from sims.tabular.kernels_horizon import marginals
from sims.tabular.kernels_sparse import (
    solve_discounted_sparse,
    sparse_discounted_occupancies,
    sparse_discounted_values,
    sparse_optimal,
)

__all__ = [
    "Certified",
    "NoCertificate",
    "Optimal",
    "discounted_occupancies",
    "discounted_values",
    "marginals",
    "optimal",
    "solve_discounted",
    "solve_discounted_sparse",
    "sparse_discounted_occupancies",
    "sparse_discounted_values",
    "sparse_optimal",
]
