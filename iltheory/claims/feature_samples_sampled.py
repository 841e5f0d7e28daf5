"""How many demonstrations apprenticeship learning needs, at sizes that no enumeration reaches: data sets are drawn.

As :mod:`iltheory.claims.feature_samples`: Abbeel and Ng 2004 and Syed and Schapire 2007, H standing for ``1 / (1 -
gamma)``. The probability that an estimate misses is a sampled mean; feature expectations and margins are computed.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import FROM_MEMORY, Sizes, Tight, claim
from iltheory.claims.feature_kinds import Features, SignedFeatures
from iltheory.claims.feature_matching import HALF, abbeel_ng, shown
from iltheory.claims.feature_samples import fair_coin
from iltheory.claims.kinds import Count, FiniteHorizonMDP, Policy
from iltheory.claims.syed_schapire_2007 import syed_schapire
from iltheory.measures import sampled_mean, steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.tabular import at_step
from sims.tabular.sampling import Categorical, table

SIZES = Sizes(n_states=8, n_actions=4, horizon=8, strict=True)

Trajectories = Annotated[int, Count(32)]
"""Trajectories of a data set."""
OneIn = Annotated[int, Count(16, least=2)]
"""k, for a failure probability of 1/k."""

ROUNDING = 2.0**-30
"""More than rounding moves a sum of feature totals."""


def feature_totals(
    mdp: TabularMDP, features: tuple[Any, ...], expert: Any, rng: np.random.Generator, n: int
) -> NDArray[np.float64]:
    """Totals ``[n, k]`` of the features on n trajectories."""
    pi, values = ar.midpoint(mdp.policy(expert)), np.stack([ar.midpoint(f) for f in features], axis=-1)
    state = Categorical(table(ar.midpoint(mdp.mu)[None])).draw(np.zeros(n, dtype=np.intp), rng)
    totals = np.zeros((n, len(features)))
    for h in range(steps(mdp)):
        action = Categorical(table(at_step(pi, h))).draw(state, rng)
        totals += values[h, state, action]
        state = Categorical(mdp.transitions.rows(h)).draw(state * mdp.n_actions + action, rng)
    return totals


def sampled_miss(
    mdp: TabularMDP, features: tuple[Any, ...], expert: Any, samples: int, odds: int, *, scale: Any
) -> Any:
    """Probability that a mean of feature totals is off by more than ``H sqrt(scale log(2 k odds) / m)``.

    Where rounding leaves open whether it is, the answer is the hull of both.
    """
    expected = ar.midpoint(shown(mdp, features, expert))
    odds_of_any = ar.INTERVAL.convert(2 * len(features) * odds)
    margin = samples * steps(mdp) * ar.sqrt(scale * ar.log(odds_of_any) / samples)

    def missed(limit: float) -> Any:
        def draw(rng: np.random.Generator, n: int) -> Any:
            totals = feature_totals(mdp, features, expert, rng, n * samples).reshape(n, samples, -1).sum(axis=1)
            return np.abs(totals - samples * expected).max(axis=1) > limit

        return sampled_mean(draw)

    return ar.hull(missed(float(ar.upper(margin)) + ROUNDING), missed(float(ar.lower(margin)) - ROUNDING))


def coin(samples: int, odds: int, *values: int) -> tuple[Any, ...]:
    """A feature of the toss of a coin, and failures of 1 in ``odds``."""
    return *fair_coin(samples, HALF, *values)[:4], odds


@claim(
    id="abbeel-ng-2004-samples.sampled",
    source=abbeel_ng("Theorem 2"),
    statement=r"0 \le f \le 1,\; m \ge \frac{2 k H^2}{\epsilon^2} \log\frac{2k}{\delta}: \quad "
    r"\Pr\left[\max_i |\hat\mu_i - \mu_i| > \frac{\epsilon}{2 \sqrt k}\right] \le \delta",
    status=FROM_MEMORY,
    tight=lambda: Tight(coin(8, 2, 0, 1), lhs=Fraction(9, 128), rhs=HALF, note="one side at most once in 8 tosses"),
    largest=SIZES,
    samples=4096,
)
def samples_suffice_sampled(
    mdp: FiniteHorizonMDP, features: Features, expert: Policy, samples: Trajectories, odds: OneIn
) -> Any:
    """So many trajectories put the estimate of ``mu_E`` within ``epsilon / 2`` of it, in Euclidean distance.

    Hoeffding's inequality for each of k feature totals in [0, H], and the union bound.
    """
    return sampled_miss(mdp, features, expert, samples, odds, scale=HALF) <= Fraction(1, odds)


@samples_suffice_sampled.false_variant("a quarter of the samples", counterexample=lambda: coin(1, 2, 0, 1))
def sampled_quarter(
    mdp: FiniteHorizonMDP, features: Features, expert: Policy, samples: Trajectories, odds: OneIn
) -> Any:
    return sampled_miss(mdp, features, expert, samples, odds, scale=Fraction(1, 8)) <= Fraction(1, odds)


@samples_suffice_sampled.false_variant("features of either sign", counterexample=lambda: coin(1, 2, -1, 1))
def sampled_signed(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Trajectories, odds: OneIn
) -> Any:
    return sampled_miss(mdp, features, expert, samples, odds, scale=HALF) <= Fraction(1, odds)


@claim(
    id="syed-schapire-2007-mwal.samples-sampled",
    source=syed_schapire("Theorem 2"),
    statement=r"-1 \le f \le 1,\; m \ge \frac{2 H^2}{\epsilon^2} \log\frac{2k}{\delta}: \quad "
    r"\Pr\left[\max_i |\hat\mu_i - \mu_i| > \epsilon\right] \le \delta",
    status=FROM_MEMORY,
    tight=lambda: Tight(coin(8, 2, -1, 1), lhs=Fraction(9, 128), rhs=HALF, note="one side at most once in 8 tosses"),
    largest=SIZES,
    samples=4096,
)
def mwal_samples_suffice_sampled(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Trajectories, odds: OneIn
) -> Any:
    """So many trajectories put every estimated feature expectation within epsilon.

    Hoeffding's inequality for each of k feature totals in [-H, H], and the union bound.
    """
    return sampled_miss(mdp, features, expert, samples, odds, scale=2) <= Fraction(1, odds)


@mwal_samples_suffice_sampled.false_variant("a quarter of the samples", counterexample=lambda: coin(1, 2, -1, 1))
def mwal_sampled_quarter(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Trajectories, odds: OneIn
) -> Any:
    return sampled_miss(mdp, features, expert, samples, odds, scale=HALF) <= Fraction(1, odds)


@mwal_samples_suffice_sampled.false_variant("a ninth of the samples", counterexample=lambda: coin(1, 4, -1, 1))
def mwal_sampled_ninth(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Trajectories, odds: OneIn
) -> Any:
    return sampled_miss(mdp, features, expert, samples, odds, scale=Fraction(2, 9)) <= Fraction(1, odds)
