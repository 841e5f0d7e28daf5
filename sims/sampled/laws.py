"""Laws of actions with known densities, one a row, to draw from many at once.

Densities are with respect to a *base measure*: ``counting`` on numbered actions, ``lebesgue`` on vectors, and
``points`` for laws that sit on one vector each. Laws of different base measures have no mass in common.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sims.sampled.errors import InvalidPolicy

Array = NDArray[Any]
Floats = NDArray[np.float64]

LOG_2PI = float(np.log(2 * np.pi))
ROUNDING = 2.0**-49
"""Relative to the sizes of its terms, how far a log density in floats may be off: elementary functions of numpy are
assumed correct to 4 units in the last place."""


class ActionLaws(ABC):
    """m laws of actions.

    Attributes
    ----------
    base : name of the measure that densities are with respect to
    """

    base: ClassVar[str]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> Array:
        """Draw one action from each law, ``[m, ...]``."""

    @abstractmethod
    def log_density(self, actions: Array) -> Floats:
        """Logarithm of the density at one action of each law, ``[m]``; ``-inf`` where it vanishes."""

    @abstractmethod
    def rounding(self, actions: Array) -> Floats:
        """How far rounding may have moved :meth:`log_density`, ``[m]``; infinite where floats do not tell it."""


class Categorical(ActionLaws):
    """Probabilities of numbered actions.

    Parameters
    ----------
    probabilities : floats ``[m, A]``, not negative; rows that sum to 1 up to 1e-6 are divided by their sums

    Raises
    ------
    InvalidPolicy
        If a row is no distribution.
    """

    base = "counting"

    def __init__(self, probabilities: Any) -> None:
        p = np.asarray(probabilities, dtype=np.float64)
        if p.ndim != 2 or p.shape[1] == 0:
            raise InvalidPolicy(f"probabilities have shape {p.shape} (should be [m, A]: a row for each law).")
        sums = p.sum(axis=1)
        wrong = ~((np.abs(sums - 1) <= 1e-6) & np.all(p >= 0, axis=1))
        if wrong.any():
            i = int(np.argmax(wrong))
            raise InvalidPolicy(f"probabilities[{i}] = {p[i]} (should be a distribution; it sums to {sums[i]:.9g}).")
        self.probabilities: Floats = p / sums[:, None]

    def __len__(self) -> int:
        return len(self.probabilities)

    def sample(self, rng: np.random.Generator) -> NDArray[np.intp]:
        cumulative = np.cumsum(self.probabilities, axis=1)
        last = cumulative[:, -1:]
        level = np.minimum(rng.random((len(self), 1)) * last, np.nextafter(last, 0))
        return np.asarray(np.argmax(cumulative > level, axis=1))

    def log_density(self, actions: Array) -> Floats:
        with np.errstate(divide="ignore"):
            return np.log(np.take_along_axis(self.probabilities, actions[:, None], axis=1)[:, 0])

    def rounding(self, actions: Array) -> Floats:
        log = self.log_density(actions)
        return ROUNDING * (1 + np.where(np.isfinite(log), np.abs(log), 0))


class Gaussian(ActionLaws):
    """Normal laws with independent entries.

    Parameters
    ----------
    mean : floats ``[m, d]``
    std : positive floats ``[m, d]``, or anything that broadcasts to it
    """

    base = "lebesgue"

    def __init__(self, mean: Any, std: Any) -> None:
        self.mean, self.std = _normals(mean, std, 2)

    def __len__(self) -> int:
        return len(self.mean)

    def sample(self, rng: np.random.Generator) -> Floats:
        return self.mean + self.std * rng.standard_normal(self.mean.shape)

    def log_density(self, actions: Array) -> Floats:
        return np.asarray(_log_normal(actions, self.mean, self.std).sum(axis=-1))

    def rounding(self, actions: Array) -> Floats:
        return np.asarray(ROUNDING * _size(actions, self.mean, self.std).sum(axis=-1))


class GaussianMixture(ActionLaws):
    """Mixtures of normal laws with independent entries.

    Parameters
    ----------
    weights : floats ``[m, K]``, distributions
    mean, std : floats ``[m, K, d]``
    """

    base = "lebesgue"

    def __init__(self, weights: Any, mean: Any, std: Any) -> None:
        self.components = Categorical(weights)
        self.mean, self.std = _normals(mean, std, 3)
        if self.mean.shape[:2] != self.weights.shape:
            raise InvalidPolicy(
                f"mean has shape {self.mean.shape} and weights {self.weights.shape} (should be [m, K, d] and [m, K])."
            )

    @property
    def weights(self) -> Floats:
        """Weights of the components, ``[m, K]``."""
        return self.components.probabilities

    def __len__(self) -> int:
        return len(self.mean)

    def sample(self, rng: np.random.Generator) -> Floats:
        rows, k = np.arange(len(self)), self.components.sample(rng)
        mean, std = self.mean[rows, k], self.std[rows, k]
        return mean + std * rng.standard_normal(mean.shape)

    def log_density(self, actions: Array) -> Floats:
        with np.errstate(divide="ignore"):
            terms = np.log(self.weights) + _log_normal(actions[:, None], self.mean, self.std).sum(axis=-1)
        top = terms.max(axis=1)
        return np.asarray(top + np.log(np.exp(terms - top[:, None]).sum(axis=1)))

    def rounding(self, actions: Array) -> Floats:
        sizes = _size(actions[:, None], self.mean, self.std).sum(axis=-1)
        return np.asarray(ROUNDING * (np.max(sizes, axis=1) + 800 + self.weights.shape[1]))


class SquashedGaussian(ActionLaws):
    """Normal laws sent through tanh, entry by entry, into (low, high).

    Parameters
    ----------
    mean, std : floats ``[m, d]``, of the normal law
    low, high : ends of the actions, floats that broadcast to ``[m, d]``
    """

    base = "lebesgue"

    def __init__(self, mean: Any, std: Any, low: Any = -1.0, high: Any = 1.0) -> None:
        self.normal = Gaussian(mean, std)
        shape = self.normal.mean.shape
        self.low, self.high = (np.broadcast_to(np.asarray(end, dtype=np.float64), shape) for end in (low, high))
        if not np.all((self.low < self.high) & np.isfinite(self.high - self.low)):
            raise InvalidPolicy("low and high of a squashed law must be finite, low < high.")

    def __len__(self) -> int:
        return len(self.normal)

    def sample(self, rng: np.random.Generator) -> Floats:
        squashed = np.tanh(self.normal.sample(rng))
        return np.asarray((self.low + self.high) / 2 + (self.high - self.low) / 2 * squashed)

    def log_density(self, actions: Array) -> Floats:
        share = self._share(actions)
        with np.errstate(divide="ignore", invalid="ignore"):
            stretch = np.log((self.high - self.low) / 2) + np.log1p(-(share**2))
            density = _log_normal(np.arctanh(share), self.normal.mean, self.normal.std) - stretch
        return np.asarray(np.where(np.abs(share) < 1, density, -np.inf).sum(axis=-1))

    def rounding(self, actions: Array) -> Floats:
        # Near the ends one unit in the last place of an action is a long way before squashing.
        share, blur = self._share(actions), ROUNDING * (1 + (abs(self.low) + abs(self.high)) / (self.high - self.low))
        with np.errstate(divide="ignore", invalid="ignore"):
            u, off = np.arctanh(share), blur / (1 - share**2)
            z = np.abs(u - self.normal.mean) / self.normal.std + off / self.normal.std
            moved = off * (z / self.normal.std + 2) + ROUNDING * (2 * np.abs(u) + 4)
            sizes = ROUNDING * _size(u, self.normal.mean, self.normal.std) + moved
        told, outside = (np.abs(share) < 1) & (off < 1 / 8), np.abs(share) > 1 + blur
        return np.asarray(np.where(told, sizes, np.where(outside, 0.0, np.inf)).sum(axis=-1))

    def _share(self, actions: Array) -> Floats:
        """Actions as shares of their range, in [-1, 1]."""
        return np.asarray((2 * actions - self.low - self.high) / (self.high - self.low))


class Point(ActionLaws):
    """Laws that sit on one vector each: deterministic policies with vector actions.

    Parameters
    ----------
    actions : floats ``[m, d]``
    """

    base = "points"

    def __init__(self, actions: Any) -> None:
        self.actions = np.asarray(actions, dtype=np.float64)
        if self.actions.ndim != 2 or not np.all(np.isfinite(self.actions)):
            raise InvalidPolicy(f"actions of shape {self.actions.shape}: should be finite vectors, [m, d].")

    def __len__(self) -> int:
        return len(self.actions)

    def sample(self, rng: np.random.Generator) -> Floats:
        return self.actions.copy()

    def log_density(self, actions: Array) -> Floats:
        return np.where(np.all(actions == self.actions, axis=1), 0.0, -np.inf)

    def rounding(self, actions: Array) -> Floats:
        return np.zeros(len(self))


def _normals(mean: Any, std: Any, ndim: int) -> tuple[Floats, Floats]:
    m = np.asarray(mean, dtype=np.float64)
    s = np.broadcast_to(np.asarray(std, dtype=np.float64), m.shape)
    if m.ndim != ndim or 0 in m.shape[1:]:
        raise InvalidPolicy(f"mean has shape {m.shape} (should be {'[m, d]' if ndim == 2 else '[m, K, d]'}).")
    if not np.all(np.isfinite(m)):
        raise InvalidPolicy("mean has entries that are no finite numbers.")
    if not np.all((s > 0) & np.isfinite(s)):
        raise InvalidPolicy(f"std has the entry {s[~((s > 0) & np.isfinite(s))].flat[0]} (should be positive).")
    return m, s


def _log_normal(x: Array, mean: Floats, std: Floats) -> Floats:
    return -(((x - mean) / std) ** 2) / 2 - np.log(std) - LOG_2PI / 2


def _size(x: Array, mean: Floats, std: Floats) -> Floats:
    """Sizes of the terms of a normal log density, and what rounding of ``x`` and ``mean`` moves: relative to them."""
    z = np.abs(x - mean) / std
    return np.asarray(z**2 / 2 + z * (np.abs(x) + np.abs(mean)) / std + np.abs(np.log(std)) + 2)
