"""Syed and Schapire, A game-theoretic approach to apprenticeship learning, NeurIPS 2007: MWAL.

Features lie in [-1, 1]^k and rewards are ``w . f`` with w in the simplex. Round t plays multiplicative weights against
a best response; its gains are ``G_t = (mean f under pi_t - mean f under pi_E + 2) / 4``, in [0, 1]. The mixture draws
one of the T policies a trajectory. ``v*`` is the best margin ``max_pi min_i mu(i) - mu_E(i)``; what is claimed of the
margin of every policy, the ``rival`` here, is claimed of ``v*``.

Weights are irrational, so best responses to them are only found up to enclosures. The theorem allows for that: what
a response lacks, ``epsilon_t = max_pi w_t . mu(pi) - w_t . mu(pi_t)``, is subtracted on average.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Paper, Sizes, Tight, claim
from iltheory.claims.feature_kinds import FeatureLaw, SeveralSignedFeatures, feature_table
from iltheory.claims.feature_matching import HALF, choices, indicators
from iltheory.claims.kinds import DiscountedMDP, Policy, Rounds
from iltheory.learners.mwal import Round, play
from iltheory.measures import average_regret, exponential_weights, mean, mean_features, quantity, total
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

SMALL = Sizes(n_states=4, n_actions=3, strict=True)


def syed_schapire(theorem: str = "") -> Paper:
    """A theorem of the paper."""
    return Paper("Syed and Schapire", 2007, "A game-theoretic approach to apprenticeship learning", theorem)


Schedule = Callable[[Any], Any]
"""From ``ln k / T`` to a rate or a bound."""


def published_rate(log_share: Any) -> Any:
    """``-log beta`` with ``beta = 1 / (1 + sqrt(2 ln k / T))``."""
    return ar.log(1 + ar.sqrt(2 * log_share))


def published_regret(log_share: Any) -> Any:
    """``Delta_T = sqrt(2 ln k / T) + ln k / T``."""
    return ar.sqrt(2 * log_share) + log_share


def best_rate(log_share: Any) -> Any:
    """``sqrt(8 ln k / T)``."""
    return ar.sqrt(8 * log_share)


def best_regret(log_share: Any) -> Any:
    """``sqrt(ln k / (2 T))``."""
    return ar.sqrt(log_share / 2)


def log_share(like: Any, k: int, iterations: int) -> Any:
    """``ln k / T``, in the number system of other numbers."""
    return ar.log(ar.system_of(like).convert(k)) / iterations


def rounds(
    mdp: TabularMDP, features: tuple[Any, ...], expert: Any, iterations: int, schedule: Schedule = published_rate
) -> list[Round]:
    """The game, with exact weights."""
    table = feature_table(features)
    rate = schedule(log_share(mdp.mu, len(features), iterations))
    target = mean_features(mdp, mdp.occupancy(expert), table)
    weigh = partial(exponential_weights, rate=rate)
    return list(play(mdp, target, table, iterations=iterations, weigh=weigh))


def regret_of(game: list[Round]) -> Any:
    """Average of ``w_t . G_t`` minus the smallest average gain."""
    return average_regret([r.gains for r in game], [r.weights for r in game])


@quantity
def missing(
    mdp: TabularMDP, features: tuple[Any, ...], weights: Any, expert: Any, rival: Any, game: list[Round]
) -> Numbers:
    """The rival's margin minus the mixture's advantage over the expert, minus the average ``epsilon_t``."""
    ahead = mean_features(mdp, mdp.occupancy(rival) - mdp.occupancy(expert), feature_table(features))
    advantage = ar.sum(weights * mean(r.ahead for r in game), -1)
    lacking = mean(r.bound - ar.sum(r.weights * r.ahead, -1) for r in game)
    return total(mdp, ar.amin(ahead, -1) - advantage - lacking)


def _log_two(iterations: int) -> Any:
    return ar.log(ar.convert(2, "ball", bits=512)) / iterations


def torn(iterations: int) -> tuple[Any, ...]:
    """One state with two actions, features 1 and -1 that the actions swap, and an expert that tosses a coin.

    All weights start alike, so that both actions are best responses, and the first one is taken.
    """
    mdp, (first, second) = choices(2, discount=HALF), indicators(2)
    return mdp, (first - second, second - first), ar.asarray([[HALF, HALF]]), iterations


def torn_rivals(iterations: int) -> tuple[Any, ...]:
    """The same, with the worst reward for the first action, and the expert as its own rival."""
    mdp, features, expert, n = torn(iterations)
    return mdp, features, ar.asarray([0, 1]), expert, expert, n


@claim(
    id="syed-schapire-2007-mwal",
    source=syed_schapire("Theorem 2"),
    statement=r"J_w(\pi_E) + v^* - J_w(\bar\psi) - \bar\epsilon \le \frac{4 \Delta_T}{1-\gamma},\quad "
    r"\Delta_T = \sqrt{\frac{2 \ln k}{T}} + \frac{\ln k}{T}",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        torn_rivals(1), lhs=2, rhs=8 * published_regret(_log_two(1)), note="one round: the first action for ever"
    ),
    largest=SMALL,
)
def beats_the_expert(
    mdp: DiscountedMDP,
    features: SeveralSignedFeatures,
    weights: FeatureLaw,
    expert: Policy,
    rival: Policy,
    iterations: Rounds,
) -> Any:
    """Whatever the reward, the mixture earns as much more than the expert as any policy surely can, up to the regret.

    ``w . ahead`` averages to at least ``min_i``, which is at least the average of ``w_t . ahead_t`` minus 4 times the
    regret; and each ``w_t . ahead_t + epsilon_t`` is at least ``w_t . (mu(rival) - mu_E)``, at least its least entry.
    """
    game = rounds(mdp, features, expert, iterations)
    price = total(mdp, 4 * published_regret(log_share(mdp.mu, len(features), iterations)))
    return missing(mdp, features, weights, expert, rival, game) <= price


@beats_the_expert.false_variant("no price", counterexample=lambda: torn_rivals(1))
def beats_for_free(
    mdp: DiscountedMDP,
    features: SeveralSignedFeatures,
    weights: FeatureLaw,
    expert: Policy,
    rival: Policy,
    iterations: Rounds,
) -> Any:
    game = rounds(mdp, features, expert, iterations)
    return missing(mdp, features, weights, expert, rival, game) <= 0


@beats_the_expert.false_variant("a quarter of Delta", counterexample=lambda: torn_rivals(1))
def beats_cheaply(
    mdp: DiscountedMDP,
    features: SeveralSignedFeatures,
    weights: FeatureLaw,
    expert: Policy,
    rival: Policy,
    iterations: Rounds,
) -> Any:
    game = rounds(mdp, features, expert, iterations)
    price = total(mdp, published_regret(log_share(mdp.mu, len(features), iterations)) / 4)
    return missing(mdp, features, weights, expert, rival, game) <= price


@claim(
    id="syed-schapire-2007-mwal.regret",
    source=syed_schapire("Lemma 3"),
    statement=r"\frac1T \sum_t w_t \cdot G_t \le \min_i \frac1T \sum_t G_t(i) + \Delta_T",
    status=FROM_MEMORY,
    tight=lambda: Tight(
        torn(1), lhs=Fraction(1, 4), rhs=published_regret(_log_two(1)), note="gains 3/4 and 1/4, weights 1/2"
    ),
    largest=SMALL,
)
def regret(mdp: DiscountedMDP, features: SeveralSignedFeatures, expert: Policy, iterations: Rounds) -> Any:
    """Multiplicative weights lose little more than the best feature would alone.

    Freund and Schapire 1999, ``beta = 1 / (1 + sqrt(2 ln k / T))``: the sum of the weights falls by a factor of at most
    ``1 - (1 - beta) w_t . G_t`` a round, and the weight of the best feature stays below it. Any responses do.
    """
    allowed = published_regret(log_share(mdp.mu, len(features), iterations))
    return regret_of(rounds(mdp, features, expert, iterations)) <= allowed


@regret.false_variant("an eighth", counterexample=lambda: torn(1))
def regret_eighth(mdp: DiscountedMDP, features: SeveralSignedFeatures, expert: Policy, iterations: Rounds) -> Any:
    allowed = published_regret(log_share(mdp.mu, len(features), iterations)) / 8
    return regret_of(rounds(mdp, features, expert, iterations)) <= allowed


@regret.false_variant("without the square root", counterexample=lambda: torn(1))
def regret_fast(mdp: DiscountedMDP, features: SeveralSignedFeatures, expert: Policy, iterations: Rounds) -> Any:
    return regret_of(rounds(mdp, features, expert, iterations)) <= log_share(mdp.mu, len(features), iterations) / 4


@claim(
    id="syed-schapire-2007-mwal.sharper",
    source=syed_schapire("Theorem 2"),
    statement=r"\beta = e^{-\sqrt{8 \ln k / T}}: \quad "
    r"J_w(\pi_E) + v^* - J_w(\bar\psi) - \bar\epsilon \le \frac{4}{1-\gamma} \sqrt{\frac{\ln k}{2 T}}",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        torn_rivals(1), lhs=2, rhs=8 * best_regret(_log_two(1)), note="one round: the first action for ever"
    ),
    largest=SMALL,
)
def beats_the_expert_sharper(
    mdp: DiscountedMDP,
    features: SeveralSignedFeatures,
    weights: FeatureLaw,
    expert: Policy,
    rival: Policy,
    iterations: Rounds,
) -> Any:
    """With a larger step the price is less than half as high.

    As the theorem, with the sharper regret: ``ln k / (eta T) + eta / 8`` is ``sqrt(ln k / (2 T))`` at this rate eta.
    """
    game = rounds(mdp, features, expert, iterations, best_rate)
    price = total(mdp, 4 * best_regret(log_share(mdp.mu, len(features), iterations)))
    return missing(mdp, features, weights, expert, rival, game) <= price


@beats_the_expert_sharper.false_variant("no price", counterexample=lambda: torn_rivals(1))
def sharper_for_free(
    mdp: DiscountedMDP,
    features: SeveralSignedFeatures,
    weights: FeatureLaw,
    expert: Policy,
    rival: Policy,
    iterations: Rounds,
) -> Any:
    game = rounds(mdp, features, expert, iterations, best_rate)
    return missing(mdp, features, weights, expert, rival, game) <= 0


@beats_the_expert_sharper.false_variant("a third of it", counterexample=lambda: torn_rivals(1))
def sharper_third(
    mdp: DiscountedMDP,
    features: SeveralSignedFeatures,
    weights: FeatureLaw,
    expert: Policy,
    rival: Policy,
    iterations: Rounds,
) -> Any:
    game = rounds(mdp, features, expert, iterations, best_rate)
    price = total(mdp, 4 * best_regret(log_share(mdp.mu, len(features), iterations)) / 3)
    return missing(mdp, features, weights, expert, rival, game) <= price


@claim(
    id="syed-schapire-2007-mwal.regret-sharper",
    source=syed_schapire("Lemma 3"),
    statement=r"\beta = e^{-\sqrt{8 \ln k / T}}: \quad "
    r"\frac1T \sum_t w_t \cdot G_t \le \min_i \frac1T \sum_t G_t(i) + \sqrt{\frac{\ln k}{2 T}}",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        torn(1), lhs=Fraction(1, 4), rhs=best_regret(_log_two(1)), note="gains 3/4 and 1/4, weights 1/2"
    ),
    largest=SMALL,
)
def regret_sharper(mdp: DiscountedMDP, features: SeveralSignedFeatures, expert: Policy, iterations: Rounds) -> Any:
    """With a larger step the regret is less than half as large.

    Hoeffding's lemma, ``log sum_i w(i) e^(-eta G(i)) <= -eta w . G + eta^2 / 8`` for G in [0, 1], added up over rounds;
    the sum of the weights is at least that of the best feature. So the regret is at most ``ln k / (eta T) + eta / 8``.
    """
    allowed = best_regret(log_share(mdp.mu, len(features), iterations))
    return regret_of(rounds(mdp, features, expert, iterations, best_rate)) <= allowed


@regret_sharper.false_variant("a third of it", counterexample=lambda: torn(1))
def regret_sharper_third(
    mdp: DiscountedMDP, features: SeveralSignedFeatures, expert: Policy, iterations: Rounds
) -> Any:
    allowed = best_regret(log_share(mdp.mu, len(features), iterations)) / 3
    return regret_of(rounds(mdp, features, expert, iterations, best_rate)) <= allowed


@regret_sharper.false_variant("weights that never change", counterexample=lambda: torn(6))
def regret_sharper_uniform(
    mdp: DiscountedMDP, features: SeveralSignedFeatures, expert: Policy, iterations: Rounds
) -> Any:
    allowed = best_regret(log_share(mdp.mu, len(features), iterations))
    return regret_of(rounds(mdp, features, expert, iterations, lambda log_share: 0 * log_share)) <= allowed
