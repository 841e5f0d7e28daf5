"""Log-linear policies: a softmax of features times parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.learners.laws import exact_laws
from iltheory.learners.policy_class import PolicyClass
from iltheory.measures.multiplicative_weights import exponential_weights
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import IltheoryError, InvalidArgument
from sims.tabular.reading import read_numbers
from sims.tabular.validation import check_finite

Floats = NDArray[np.float64]

PRECISION = 1e-9
"""How far the features times the parameters may be from their optimum."""
FLATTEST = 1e-10
"""Curvature, relative to that of the uniform policy, below which rounded gradients say nothing."""
ITERATIONS = 200
SMALLEST = 2.0**-50
"""No action of a softmax is impossible: what floats round to 0 gets this probability."""


class NoMaximum(IltheoryError, ValueError):
    """A likelihood has no maximum: it grows for ever as the parameters go to infinity."""


@dataclass(frozen=True, eq=False)
class LogLinearPolicies(PolicyClass):
    """Policies ``pi(a|s)`` proportional to ``exp(features(s, a) . theta)``.

    Parameters
    ----------
    features : floats ``[S, A, k]``, or ``[H, S, A, k]`` with a finite horizon
    ridge : at least 0; ``ridge / 2 |theta|^2`` is added to the mean log loss before it is minimised, so that there is
        a minimum even where the likelihood has no maximum
    """

    features: Any
    ridge: float = 0.0

    def minimize(self, mdp: TabularMDP, costs: Numbers) -> Numbers:
        """Refused: linear losses of a softmax are not convex, and mostly have no minimum.

        Raises
        ------
        InvalidArgument
        """
        raise InvalidArgument(
            "a linear loss (0-1, costs, values) of log-linear policies is not convex and need not have a minimum: no "
            "search would be exact.\n  Use the log loss, or FinitePolicies with a list of parameters tried."
        )

    def likeliest(self, mdp: TabularMDP, weights: Numbers) -> Numbers:
        """The policy of :meth:`parameters`, on multiples of 2^-50, so that it is the same in every system."""
        return exact_laws(
            mdp, np.maximum(exponential_weights(-(self._features(mdp) @ self.parameters(mdp, weights)), 1), SMALLEST)
        )

    def parameters(self, mdp: TabularMDP, weights: Numbers) -> Floats:
        """Parameters ``[k]`` of largest likelihood, the shortest of several, by Newton's method in floats.

        Raises
        ------
        NoMaximum
            If the likelihood has no maximum, as when some parameters tell all actions shown from the others
            (a deterministic expert in the class, say), or if floats cannot tell.
        """
        X, W = self._features(mdp), ar.midpoint(weights)
        if W.ndim > X.ndim - 1:
            raise InvalidArgument(f"weights have shape {W.shape}: log-linear policies take one model, no batch.")
        W = W.sum(axis=0, keepdims=True) if W.ndim == 3 and len(X) == 1 else W
        mass = W.sum(-1)
        if not mass.any():
            return np.zeros(X.shape[-1])
        W, X, n = W[mass > 0] / mass.sum(), X[mass > 0], mass[mass > 0] / mass.sum()
        X = X - X.mean(axis=1, keepdims=True)
        basis = _visible(np.einsum("n,nai,naj->ij", n, X, X) / X.shape[1])
        if basis.shape[1] == 0:
            return np.zeros(X.shape[-1])
        ridge = self.ridge * basis.T @ basis
        return basis @ _newton(X @ basis, W, n, ridge)

    def _features(self, mdp: TabularMDP) -> Floats:
        X = ar.midpoint(read_numbers("features", self.features, InvalidArgument))
        check_finite(X, "features", InvalidArgument)
        core = (mdp.n_states, mdp.n_actions)
        if X.ndim == 3 and X.shape[:2] == core:
            X = X if mdp.horizon is None else X[None]
        elif mdp.horizon is None or X.ndim != 4 or X.shape[:3] != (mdp.horizon, *core):
            steps = "" if mdp.horizon is None else f" or [H, S, A, k] = {(mdp.horizon, *core, 'k')}"
            raise InvalidArgument(f"features have shape {X.shape}, expected [S, A, k] = {(*core, 'k')}{steps}.")
        if X.shape[-1] == 0:
            raise InvalidArgument(f"features have shape {X.shape}: give at least one feature.")
        if not isinstance(self.ridge, int | float) or not 0 <= self.ridge < np.inf:
            raise InvalidArgument(f"ridge={self.ridge!r} must be a number, at least 0.")
        return X


def _visible(scatter: Floats) -> Floats:
    """Basis ``[k, j]`` of the directions that change a likelihood, scaled to curvature 1 at the uniform policy."""
    curvature, directions = np.linalg.eigh(scatter)
    seen = curvature > len(curvature) * np.finfo(float).eps * curvature[-1]
    return np.asarray(directions[:, seen] / np.sqrt(curvature[seen]))


def _newton(X: Floats, W: Floats, n: Floats, ridge: Floats) -> Floats:
    """Minimise the mean log loss of rows ``X[n, a, j]`` with weights ``W[n, a]`` and masses ``n``.

    The loss is self-concordant in the sense of Bach (2010): with R the largest distance of two features, a Newton step
    whose length l times R is below 1/2 proves that there is a minimum, and how near; where there is none, steps stay
    longer. A step shortened to ``log(1 + R l) / (R l)`` always lowers the loss (Sun and Tran-Dinh 2019); longer ones
    are tried first.
    """

    def loss(theta: Floats) -> float:
        logits = X @ theta
        top = logits.max(axis=-1)
        normaliser = top + np.log(np.exp(logits - top[:, None]).sum(-1))
        return float(n @ normaliser - np.sum(W * logits) + theta @ ridge @ theta / 2)

    theta, spread = np.zeros(X.shape[-1]), 2 * np.sqrt((X**2).sum(-1).max())
    for _ in range(ITERATIONS):
        p = exponential_weights(-(X @ theta), 1)
        centred = X - np.einsum("na,naj->nj", p, X)[:, None]
        hessian = np.einsum("na,nai,naj->ij", n[:, None] * p, centred, centred) + ridge
        if np.linalg.eigvalsh(hessian)[0] < FLATTEST:
            break
        gradient = np.einsum("na,naj->j", n[:, None] * p - W, X) + ridge @ theta
        step = np.linalg.solve(hessian, gradient)
        length = spread * np.linalg.norm(step)
        if length <= PRECISION:
            return np.asarray(theta - step)
        safe, t, here, slope = np.log1p(length) / length, 1.0, loss(theta), gradient @ step
        while t > safe and loss(theta - t * step) > here - 1e-4 * t * slope:
            t = max(t / 2, safe)
        theta = theta - t * step
    raise NoMaximum(
        "the likelihood has no maximum, or none that floats can tell: it still grows at parameters of length "
        f"{np.linalg.norm(theta):.3g} (scaled).\n  The weights leave out actions that some parameters never play; "
        "give ridge > 0, or add weight to every action."
    )
