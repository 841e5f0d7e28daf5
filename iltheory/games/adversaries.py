"""Who the learner plays against: classes of rewards, each with the distance it induces between laws.

An adversary picks a reward r that tells the expert from the learner, and is worth ``<e, phi(r)> - <d, r>`` where
e and d are the expert's and the learner's laws of (h, s, a). The best it can do against d is a distance between d and
e: an f-divergence, a norm of feature expectations, a Wasserstein distance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from iltheory.measures import F_DIVERGENCES, FDivergence
from sims import arithmetic as ar
from sims.arithmetic import Numbers, System
from sims.errors import IltheoryError, require
from sims.tabular.reading import read_numbers
from sims.tabular.validation import check_finite

Floats = NDArray[np.float64]


class InvalidStrategy(IltheoryError, ValueError):
    """A reward does not belong to the class an adversary may pick from, or a class is ill-defined."""


class Adversary(ABC):
    """A class of rewards with a concave utility. Laws are shaped ``[H, S, A]`` or ``[S, A]`` and sum to 1."""

    @abstractmethod
    def distance(self, d: Numbers, e: Numbers) -> Numbers:
        """``max_r <e, phi(r)> - <d, r>``: how well the best reward tells d from e."""

    @abstractmethod
    def reward(self, strategy: Numbers) -> Numbers:
        """The reward function a strategy stands for, ``[H, S, A]`` (or ``[1, S, A]``), or ``[S, A]``."""

    @abstractmethod
    def gain(self, strategy: Numbers, e: Numbers) -> Numbers:
        """``<e, phi(r)>``."""

    @abstractmethod
    def strategy_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of strategies in a game whose laws have this shape.

        Raises
        ------
        InvalidStrategy
            If the class is about models of another size.
        """

    @abstractmethod
    def respond(self, d: Floats, e: Floats) -> Floats:
        """A best strategy against d, in floats."""

    def allowed(self, e: Floats) -> NDArray[np.bool_]:
        """Mask of the pairs where a policy at finite distance from e may go."""
        return np.ones(e.shape, dtype=np.bool_)

    @abstractmethod
    def admit(self, strategy: Floats) -> Any:
        """A strategy (floats or exact rationals) near the given floats."""

    @abstractmethod
    def check(self, strategy: Any) -> None:
        """Raise ``InvalidStrategy`` unless floats or rationals, taken as they are, certainly are a strategy."""

    def to(self, system: System) -> Self:
        """The same class with its data in another number system."""
        return self

    def beyond_reach(self, d: Floats, e: Floats, *, entropic: bool) -> str:
        """Why no strategy attains the value of a game with solution d, in words; empty if one does."""
        return ""


def pairing(law: Numbers, f: Numbers) -> Numbers:
    """``<law, f>``: sum over all axes of the law."""
    return ar.sum(law * f, tuple(range(-law.ndim, 0)))


@dataclass(frozen=True)
class DivergenceRewards(Adversary):
    """All rewards, with the utility of an f-divergence: GAIL and its kin. A strategy is the reward itself.

    Where the expert never goes, the best reward is the lowest one, which may be infinitely low: then no strategy
    attains the distance. ``gain`` counts such pairs by their limit, 0.

    Parameters
    ----------
    divergence : an :class:`~iltheory.measures.FDivergence`, or its name
    """

    divergence: FDivergence

    def __init__(self, divergence: FDivergence | str) -> None:
        if isinstance(divergence, str) and divergence not in F_DIVERGENCES:
            raise InvalidStrategy(f"divergence={divergence!r} must be one of {', '.join(F_DIVERGENCES)}.")
        chosen = F_DIVERGENCES[divergence] if isinstance(divergence, str) else divergence
        require("divergence", chosen, FDivergence, "'jensen-shannon' or CHI2")
        object.__setattr__(self, "divergence", chosen)

    def distance(self, d: Numbers, e: Numbers) -> Numbers:
        return self.divergence(d, e, axes=e.ndim)

    def reward(self, strategy: Numbers) -> Numbers:
        return strategy

    def gain(self, strategy: Numbers, e: Numbers) -> Numbers:
        shown = ar.possibly_nonzero(e)
        safe = ar.where(shown, strategy, 1)  # 1 lies inside every domain but that of total variation, where phi(r) = r
        return ar.sum(ar.where(shown, e * self.divergence.utility(safe), 0), tuple(range(-e.ndim, 0)))

    def strategy_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def beyond_reach(self, d: Floats, e: Floats, *, entropic: bool) -> str:
        hidden = e == 0
        beyond = (e > 0) & (d == 0) & (self.divergence.high == inf)
        if beyond.any():
            return (
                f"at {int(beyond.sum())} of {beyond.size} pairs, where the expert goes and no policy can, the reward "
                "would have to rise without bound"
            )
        if entropic and not self._bounded_at_zero:
            pairs = hidden & (d.sum(-1, keepdims=True) > VISITED)
            way = "the reward would have to fall without bound"
        else:
            pairs = hidden & (d > VISITED) if self._unbounded_at(self.divergence.low) else hidden & False
            way = f"the best reward is the end {self.divergence.low:.4g} of the domain, where the utility is infinite"
        if not pairs.any():
            return ""
        return (
            f"at {int(pairs.sum())} of {pairs.size} pairs, which the policy may visit and the expert never does, {way}"
        )

    def allowed(self, e: Floats) -> NDArray[np.bool_]:
        return (e > 0) | self._bounded_at_zero

    def needed(self, e: Floats) -> NDArray[np.bool_]:
        """Mask of the pairs where a policy at finite distance from e must go."""
        return (e > 0) & (not self._finite(0.0, 1.0))

    @property
    def _bounded_at_zero(self) -> bool:
        """Whether mass where the expert has none costs finitely much."""
        return self._finite(1.0, 0.0)

    def _finite(self, d: float, e: float) -> bool:
        with np.errstate(all="ignore"):
            return bool(np.isfinite(self.divergence.terms(np.asarray(d), np.asarray(e))))

    def _unbounded_at(self, r: float) -> bool:
        with np.errstate(all="ignore"):
            return not np.isfinite(self.divergence.utility(np.asarray(float(r))))

    def respond(self, d: Floats, e: Floats) -> Floats:
        with np.errstate(all="ignore"):
            best: Floats = self.divergence.reward(d, e)
        if self._unbounded_at(self.divergence.low):  # rounding must not push it to the end of the domain
            best = np.where(e > 0, np.maximum(best, self.divergence.low + EDGE), best)
        return self.admit(np.where(np.isnan(best), self.divergence.low, best))  # the limit where neither goes

    def admit(self, strategy: Floats) -> Floats:
        return np.clip(strategy, max(self.divergence.low, -LARGE), min(self.divergence.high, LARGE))

    def check(self, strategy: Any) -> None:
        low, high = self.divergence.low, self.divergence.high
        least, greatest = ar.lower(strategy).min(), ar.upper(strategy).max()
        if not (low <= least and greatest <= high):
            raise InvalidStrategy(
                f"rewards between {least:.6g} and {greatest:.6g} leave the domain [{low:.6g}, {high:.6g}] of "
                f"{self.divergence.name}."
            )


VISITED = 1e-9
"""Mass of a pair from which a solution in floats counts as going there."""
EDGE = 2.0**-46
"""Least distance of a reward from an end of the domain where the utility is infinite; costs at most as much."""
LARGE = 1e6
"""Stands for an infinite reward in floats."""

BALLS = ("simplex", "l1", "l2", "linf")


@dataclass(frozen=True)
class LinearRewards(Adversary):
    """Rewards ``w . f(s, a)`` with weights in a ball: matching of feature expectations.

    The distance is a norm of the difference of feature expectations: its maximum for the ``simplex`` (Syed and
    Schapire 2007; it may be negative), its sup norm for ``l1``, l2 norm for ``l2`` (Abbeel and Ng 2004), l1 norm
    for ``linf``. A strategy is the vector w.

    Parameters
    ----------
    features : numbers ``[S, A, k]``, or ``[H, S, A, k]``
    ball : ``simplex``, ``l1``, ``l2`` or ``linf``
    """

    features: Numbers
    ball: str = "l2"

    def __post_init__(self) -> None:
        if self.ball not in BALLS:
            raise InvalidStrategy(f"ball={self.ball!r} must be one of {', '.join(BALLS)}.")
        object.__setattr__(self, "features", read_numbers("features", self.features, InvalidStrategy))
        if self.features.ndim not in (3, 4) or 0 in self.features.shape:
            raise InvalidStrategy(
                f"features have shape {tuple(self.features.shape)}, expected [S, A, k] or [H, S, A, k] with k >= 1."
            )
        check_finite(self.features, "features", InvalidStrategy)

    def to(self, system: System) -> Self:
        return replace(self, features=ar.convert(self.features, system))

    def strategy_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        *sizes, count = self.features.shape
        if tuple(sizes) not in (shape, shape[-2:]):
            raise InvalidStrategy(f"features have shape {(*sizes, count)}, but occupancies of the model have {shape}.")
        return (int(count),)

    def expectation(self, d: Numbers) -> Numbers:
        """Feature expectations ``[k]`` of a law."""
        return ar.sum(d[..., None] * self.features, tuple(range(-d.ndim - 1, -1)))

    def distance(self, d: Numbers, e: Numbers) -> Numbers:
        difference = self.expectation(e) - self.expectation(d)
        if self.ball == "simplex":
            return ar.amax(difference, -1)
        if self.ball == "l1":
            return ar.amax(ar.absolute(difference), -1)
        if self.ball == "linf":
            return ar.sum(ar.absolute(difference), -1)
        return ar.sqrt(ar.sum(difference * difference, -1))

    def reward(self, strategy: Numbers) -> Numbers:
        return ar.sum(self.features * strategy, -1)

    def gain(self, strategy: Numbers, e: Numbers) -> Numbers:
        return ar.sum(self.expectation(e) * strategy, -1)

    def check(self, strategy: Any) -> None:
        w = ar.RATIONAL.convert(strategy)
        outside = {
            "simplex": lambda: ar.absolute(ar.sum(w, -1) - 1) - ar.minimum(ar.amin(w, -1), 0),
            "l1": lambda: ar.sum(ar.absolute(w), -1) - 1,
            "linf": lambda: ar.amax(ar.absolute(w), -1) - 1,
            "l2": lambda: ar.sum(w * w, -1) - 1,
        }[self.ball]()
        if outside > 0:
            raise InvalidStrategy(
                f"weights between {float(ar.amin(w, -1)):.6g} and {float(ar.amax(w, -1)):.6g} lie outside the "
                f"{self.ball} ball, by {float(outside):.3g}."
            )

    def respond(self, d: Floats, e: Floats) -> Floats:
        difference = self.pull(d, e)
        if self.ball == "linf":
            return np.where(difference >= 0, 1.0, -1.0)
        if self.ball == "l2":
            norm = np.sqrt(difference @ difference)
            return np.asarray(difference / norm) if norm > 0 else difference
        size = difference if self.ball == "simplex" else abs(difference)
        best = np.zeros_like(difference)
        best[size.argmax()] = 1.0 if self.ball == "simplex" or difference[size.argmax()] >= 0 else -1.0
        return best

    def pull(self, d: Floats, e: Floats) -> Floats:
        """Difference of feature expectations, expert less learner: the gradient of the payoff in w."""
        return np.asarray(self.expectation(e) - self.expectation(d))

    def project(self, w: Floats) -> Floats:
        """Nearest point of the ball."""
        if self.ball == "linf":
            return np.clip(w, -1, 1)
        if self.ball == "l2":
            return np.asarray(w / max(1.0, float(np.sqrt(w @ w))))
        if self.ball == "simplex":
            return _on_simplex(w)
        return w if abs(w).sum() <= 1 else np.sign(w) * _on_simplex(abs(w))

    def admit(self, strategy: Floats) -> Any:
        if self.ball == "linf":
            return np.clip(strategy, -1, 1)
        if self.ball == "l2":
            return strategy * (SHRINK / max(1.0, float(np.sqrt(strategy @ strategy))))
        exact = ar.RATIONAL.convert(self.project(strategy) if self.ball == "simplex" else strategy)
        total = ar.sum(ar.absolute(exact), -1)
        return exact / total if self.ball == "simplex" or total > 1 else exact


def _on_simplex(w: Floats) -> Floats:
    """Nearest distribution."""
    falling = np.sort(w)[::-1]
    levels = (np.cumsum(falling) - 1) / np.arange(1, len(w) + 1)
    return np.asarray(np.maximum(w - levels[np.flatnonzero(falling > levels)[-1]], 0))


SHRINK = 1 - 2.0**-50
"""Moves a point that rounding put on the edge of a ball inside it."""


@dataclass(frozen=True)
class LipschitzRewards(Adversary):
    """Rewards that change by at most the distance between pairs: the Wasserstein-1 distance, mean over steps.

    A constant added to all rewards of a step changes nothing between laws that sum to exactly 1. Targets in floats do
    not, so rewards are also at most half the largest distance in size, which rules out no differences.

    Parameters
    ----------
    metric : numbers ``[S * A, S * A]``, distance between the pairs (s, a), numbered ``s * A + a``: symmetric, zero on
        the diagonal, with the triangle inequality (up to rounding)
    """

    metric: Numbers

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", read_numbers("metric", self.metric, InvalidStrategy))
        check_finite(self.metric, "metric", InvalidStrategy)
        m = ar.midpoint(self.metric)
        if m.ndim != 2 or m.shape[0] != m.shape[1] or (m != m.T).any() or m.diagonal().any() or (m < 0).any():
            raise InvalidStrategy(
                f"metric of shape {m.shape} must be square and symmetric, with zeros on the diagonal, nothing negative."
            )
        for k, row in enumerate(m):
            detour = row[:, None] + row
            if (m * SHRINK_METRIC > detour).any():
                i, j = np.argwhere(m * SHRINK_METRIC > detour)[0]
                raise InvalidStrategy(
                    f"metric[{i}, {j}]={m[i, j]:.6g} exceeds metric[{i}, {k}] + metric[{k}, {j}]={detour[i, j]:.6g}.\n"
                    "  Use the lengths of shortest paths: no reward tells pairs further apart."
                )

    def strategy_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(self.metric) != shape[-2] * shape[-1]:
            raise InvalidStrategy(
                f"metric is about {len(self.metric)} pairs, the model has {shape[-2]} states and {shape[-1]} actions."
            )
        return shape

    def to(self, system: System) -> Self:
        return replace(self, metric=ar.convert(self.metric, system))

    def distance(self, d: Numbers, e: Numbers) -> Numbers:
        """Enclosure of the distance: a transport plan from above, a potential from below."""
        ds, es = (ar.reshape(x, (-1, len(self.metric))) for x in (d, e))
        system = ar.system_of(d)
        bounds = [self._transport(ds[h], es[h], system) for h in range(len(ds))]
        return ar.sum(ar.stack(bounds), 0)

    def plans(self, d: Floats, e: Floats) -> Floats:
        """An optimal transport plan ``[n, n]`` for each step."""
        n = len(self.metric)
        rows = zip(d.reshape(-1, n), e.reshape(-1, n), strict=True)
        return np.stack([optimal_transport(p, q, ar.midpoint(self.metric))[0] for p, q in rows])

    def _transport(self, d: Numbers, e: Numbers, system: System) -> Numbers:
        cost = ar.midpoint(self.metric)
        plan, potential = optimal_transport(ar.midpoint(d), ar.midpoint(e), cost)
        if system.name == "float64":
            return (plan * cost).sum()
        exact = system.convert(plan)
        missing = ar.sum(ar.absolute(d - ar.sum(exact, 1)), -1) + ar.sum(ar.absolute(e - ar.sum(exact, 0)), -1)
        above = ar.sum(exact * self.metric, (0, 1)) + self.largest * missing
        below = pairing(e - d, system.convert(self._lipschitz(potential)))
        return ar.hull(ar.minimum(below, above), above)

    @property
    def largest(self) -> Numbers:
        """Largest size of a reward: half the largest distance."""
        return ar.amax(ar.reshape(self.metric, (-1,)), -1) / 2

    def _lipschitz(self, r: Floats) -> Floats:
        """Largest 1-Lipschitz function below r, shrunk so that rounding cannot matter."""
        cost = ar.midpoint(self.metric)
        smooth = (r[..., None, :] + cost).min(-1)
        centred: Floats = smooth - (smooth.max(-1, keepdims=True) + smooth.min(-1, keepdims=True)) / 2
        return centred * SHRINK_METRIC

    def reward(self, strategy: Numbers) -> Numbers:
        return strategy

    def gain(self, strategy: Numbers, e: Numbers) -> Numbers:
        return pairing(e, strategy)

    def check(self, strategy: Any) -> None:
        r = ar.INTERVAL.convert(strategy).reshape((-1, len(self.metric)))
        metric, largest = (ar.convert(x, "interval") for x in (self.metric, self.largest))
        if not (ar.wrap(ar.absolute(r[:, :, None] - r[:, None, :])) <= metric).all():
            raise InvalidStrategy("the reward changes by more than the distance between two pairs.")
        if not (ar.wrap(ar.absolute(r)) <= largest).all():
            raise InvalidStrategy(f"the reward is larger than half the largest distance, {float(self.largest):.6g}.")

    def respond(self, d: Floats, e: Floats) -> Floats:
        n = len(self.metric)
        rows = zip(d.reshape(-1, n), e.reshape(-1, n), strict=True)
        cost = ar.midpoint(self.metric)
        return np.stack([optimal_transport(p, q, cost)[1] for p, q in rows]).reshape(d.shape)

    def admit(self, strategy: Floats) -> Floats:
        return self._lipschitz(strategy.reshape(-1, len(self.metric))).reshape(strategy.shape)


SHRINK_METRIC = 1 - 2.0**-40
"""Makes room for the rounding of differences of potentials, which are small against the metric's largest entry."""


def optimal_transport(d: Floats, e: Floats, cost: Floats) -> tuple[Floats, Floats]:
    """An optimal plan ``[n, n]`` from d to e, and a reward ``[n]`` that tells them apart best, in floats."""
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, kron, vstack

    n = len(d)
    ones = np.ones((1, n))
    marginals = vstack([kron(eye_array(n), ones), kron(ones, eye_array(n))]).tocsr()
    masses = np.concatenate([d / d.sum(), e / e.sum()])
    # The last equation follows from the others. Presolve takes small masses for zero and finds a contradiction.
    found = linprog(cost.ravel(), A_eq=marginals[:-1], b_eq=masses[:-1], method="highs-ds", options={"presolve": False})
    if found.x is None:
        raise InvalidStrategy(f"the transport problem could not be solved: {found.message}")
    arriving = np.append(found.eqlin.marginals[n:], 0.0)
    return np.maximum(found.x, 0).reshape(n, n) * d.sum(), lipschitz_reward(arriving, e, cost)


def lipschitz_reward(arriving: Floats, e: Floats, cost: Floats) -> Floats:
    """Least 1-Lipschitz reward ``[n]`` above the multipliers of what arrives where the expert is."""
    shown = e > 0
    best: Floats = (arriving[shown] - cost[:, shown]).max(-1)
    return best
