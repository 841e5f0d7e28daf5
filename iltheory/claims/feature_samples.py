"""How many demonstrations apprenticeship learning needs: Hoeffding's inequality for features, all data enumerated.

Abbeel and Ng 2004, Syed and Schapire 2007 and Xu, Li and Yu 2020 estimate the expert's feature expectations by means
over m independent samples, and ask with what probability one of k means is far off. Trajectories here have H steps, and
H stands for the ``1 / (1 - gamma)`` of the first two papers: feature totals then are bounded by it in the same way. The
left-hand sides are exact: every data set the samples can show is enumerated with its probability.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Sizes, Tight, claim
from iltheory.claims.feature_kinds import Features, SignedFeatures, feature_table
from iltheory.claims.feature_matching import HALF, abbeel_ng
from iltheory.claims.kinds import FiniteHorizonMDP, Policy, PositiveUnitInterval, Samples
from iltheory.claims.syed_schapire_2007 import syed_schapire
from iltheory.claims.tables import task
from iltheory.claims.xu_2020 import xu_li_yu
from iltheory.measures import dataset_law, indicator, mean_occupancy, quantity, steps, trajectory_law
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

SMALL = Sizes(n_states=2, n_actions=2, horizon=2, length=3, strict=True)
"""Sizes at which all data sets can be enumerated."""


@quantity
def miss_probability(law: Numbers, statistic: NDArray[Any], values: Numbers, samples: int, squared: Any) -> Numbers:
    """Probability that a mean of m samples is further than a threshold from its expectation, for any of k features.

    Parameters
    ----------
    law : numbers ``[..., T]``, of one sample
    statistic : ints ``[T, n]``, what a sample shows
    values : numbers ``[..., n, k]``, what each of n things shown is worth for each feature
    squared : numbers ``[...]``, the square of the threshold
    """
    data = dataset_law(law, statistic, samples)
    expected = ar.einsum("...t,tn->...n", law, statistic)
    excess = ar.system_of(law).convert(data.shown) - samples * expected[..., None, :]
    deviations = ar.einsum("...mn,...nk->...mk", excess, values)
    worst = ar.amax(deviations * deviations, -1)
    return data.expectation(indicator(ar.wrap(worst) > samples**2 * squared[..., None]))


def visits(mdp: TabularMDP) -> NDArray[Any]:
    """Which (h, s, a) each trajectory visits: ints ``[(S A)^H, H S A]``."""
    pairs, horizon = mdp.n_states * mdp.n_actions, steps(mdp)
    numbers = np.indices((pairs,) * horizon).reshape(horizon, -1).T
    return np.eye(pairs, dtype=np.int64)[numbers].reshape(len(numbers), -1)


def flat(features: tuple[Any, ...]) -> Numbers:
    """Features as numbers ``[..., H S A, k]``."""
    table = feature_table(features)
    return ar.reshape(table, (*table.shape[:-4], -1, table.shape[-1]))


def log_odds(k: int, delta: Any) -> Any:
    """``log(2 k / delta)``."""
    return ar.log(ar.system_of(delta).convert(2 * k)) - ar.log(delta)


def totals_missed(
    mdp: TabularMDP, features: tuple[Any, ...], expert: Any, samples: int, delta: Any, *, scale: Any, choices: Any
) -> Any:
    """Probability that a mean of feature totals is off by more than ``H sqrt(scale log(2 k / delta) / m)``."""
    squared = scale * steps(mdp) ** 2 * log_odds(choices, delta) / samples
    return miss_probability(trajectory_law(mdp, expert), visits(mdp), flat(features), samples, squared)


def fair_coin(samples: int, delta: Fraction, *values: int) -> tuple[Any, ...]:
    """One step in one state, where the expert tosses a coin; a feature with a value for each side."""
    mdp = task([[0, 0]], [[0, 0]], horizon=1)
    return mdp, (ar.asarray([[list(values)]]),), ar.asarray([[HALF, HALF]]), samples, delta


@claim(
    id="abbeel-ng-2004-samples",
    source=abbeel_ng("Theorem 2"),
    statement=r"0 \le f \le 1,\; m \ge \frac{2 k H^2}{\epsilon^2} \log\frac{2k}{\delta}: \quad "
    r"\Pr\left[\max_i |\hat\mu_i - \mu_i| > \frac{\epsilon}{2 \sqrt k} = H \sqrt{\frac{1}{2m} \log\frac{2k}{\delta}}"
    r"\right] \le \delta",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        fair_coin(8, HALF, 0, 1),
        lhs=Fraction(9, 128),
        rhs=HALF,
        note="the margin is 0.29: at most one side or the other",
    ),
    largest=SMALL,
)
def samples_suffice(
    mdp: FiniteHorizonMDP, features: Features, expert: Policy, samples: Samples, delta: PositiveUnitInterval
) -> Any:
    """So many trajectories put the estimate of ``mu_E`` within ``epsilon / 2`` of it, in Euclidean distance.

    Feature totals lie in [0, H]: by Hoeffding's inequality a mean of m is off by more than t with probability at most
    ``2 exp(-2 m t^2 / H^2)``; union bound over k features. Then ``|w . (mu(pi) - mu_E)| <= epsilon`` for all ``|w|_1 <=
    1`` if ``mu(pi)`` is within ``epsilon / 2`` of the estimate.
    """
    missed = totals_missed(mdp, features, expert, samples, delta, scale=HALF, choices=len(features))
    return missed <= delta


@samples_suffice.false_variant("a quarter of the samples", counterexample=lambda: fair_coin(1, HALF, 0, 1))
def samples_quarter(
    mdp: FiniteHorizonMDP, features: Features, expert: Policy, samples: Samples, delta: PositiveUnitInterval
) -> Any:
    scale = Fraction(1, 8)
    return totals_missed(mdp, features, expert, samples, delta, scale=scale, choices=len(features)) <= delta


@samples_suffice.false_variant("features of either sign", counterexample=lambda: fair_coin(1, HALF, -1, 1))
def samples_signed(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Samples, delta: PositiveUnitInterval
) -> Any:
    return totals_missed(mdp, features, expert, samples, delta, scale=HALF, choices=len(features)) <= delta


@claim(
    id="syed-schapire-2007-mwal.samples",
    source=syed_schapire("Theorem 2"),
    statement=r"-1 \le f \le 1,\; m \ge \frac{2 H^2}{\epsilon^2} \log\frac{2k}{\delta}: \quad "
    r"\Pr\left[\max_i |\hat\mu_i - \mu_i| > \epsilon\right] \le \delta",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        fair_coin(8, HALF, -1, 1),
        lhs=Fraction(9, 128),
        rhs=HALF,
        note="the margin is 0.59: at most one side or the other",
    ),
    largest=SMALL,
)
def mwal_samples_suffice(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Samples, delta: PositiveUnitInterval
) -> Any:
    """So many trajectories put every estimated feature expectation within epsilon.

    Feature totals lie in [-H, H]: Hoeffding's inequality, ``2 exp(-m epsilon^2 / (2 H^2))`` for each feature.
    """
    return totals_missed(mdp, features, expert, samples, delta, scale=2, choices=len(features)) <= delta


@mwal_samples_suffice.false_variant("a quarter of the samples", counterexample=lambda: fair_coin(1, HALF, -1, 1))
def mwal_samples_quarter(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Samples, delta: PositiveUnitInterval
) -> Any:
    return totals_missed(mdp, features, expert, samples, delta, scale=HALF, choices=len(features)) <= delta


@mwal_samples_suffice.false_variant(
    "one side only", counterexample=lambda: fair_coin(1, Fraction(3, 4), -1, 1), statement=r"\log\frac{k}{\delta}"
)
def mwal_samples_one_side(
    mdp: FiniteHorizonMDP, features: SignedFeatures, expert: Policy, samples: Samples, delta: PositiveUnitInterval
) -> Any:
    missed = totals_missed(mdp, features, expert, samples, delta, scale=2, choices=Fraction(len(features), 2))
    return missed <= delta


def pairs_missed(
    mdp: TabularMDP, discriminators: tuple[Any, ...], expert: Any, samples: int, delta: Any, *, scale: Any, size: Any
) -> Any:
    """Probability that ``d_D`` of the empirical law of m pairs from the expert's exceeds its margin."""
    law, table = mean_occupancy(mdp, expert), feature_table(discriminators)[..., 0, :, :, :]
    pairs = mdp.n_states * mdp.n_actions
    law, values = ar.reshape(law, (*law.shape[:-2], pairs)), ar.reshape(table, (*table.shape[:-3], pairs, -1))
    squared = scale * log_odds(size, delta) / samples
    return miss_probability(law, np.eye(pairs, dtype=np.int64), values, samples, squared)


@claim(
    id="xu-2020-gail-nn.samples",
    source=xu_li_yu("Theorem 3, for a finite class"),
    statement=r"|D| \le 1,\; \mathcal D = -\mathcal D \text{ finite}: \quad "
    r"\Pr\left[d_{\mathcal D}(d^{\pi_E}, \hat d_E) > \sqrt{\frac{2 \log(|\mathcal D| / \delta)}{m}}\right] \le \delta",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        fair_coin(8, HALF, -1, 1),
        lhs=Fraction(9, 128),
        rhs=HALF,
        note="the margin is 0.59: at most one side or the other",
    ),
    largest=SMALL,
)
def discriminators_generalise(
    mdp: FiniteHorizonMDP,
    discriminators: SignedFeatures,
    expert: Policy,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    """Few discriminators cannot mistake many samples for another law.

    The samples are m independent pairs from the expert's mean occupancy, the discriminators functions of them (those
    of the first step) and their negatives, ``|D|`` of them in all: Hoeffding's inequality for each, on one side.
    """
    size = len(discriminators)
    return pairs_missed(mdp, discriminators, expert, samples, delta, scale=2, size=size) <= delta


@discriminators_generalise.false_variant("half the margin", counterexample=lambda: fair_coin(1, HALF, -1, 1))
def discriminators_half(
    mdp: FiniteHorizonMDP,
    discriminators: SignedFeatures,
    expert: Policy,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    size = len(discriminators)
    return pairs_missed(mdp, discriminators, expert, samples, delta, scale=HALF, size=size) <= delta


@discriminators_generalise.false_variant(
    "negatives not counted", counterexample=lambda: fair_coin(1, Fraction(3, 4), -1, 1)
)
def discriminators_one_side(
    mdp: FiniteHorizonMDP,
    discriminators: SignedFeatures,
    expert: Policy,
    samples: Samples,
    delta: PositiveUnitInterval,
) -> Any:
    size = Fraction(len(discriminators), 2)
    return pairs_missed(mdp, discriminators, expert, samples, delta, scale=2, size=size) <= delta
