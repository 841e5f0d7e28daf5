"""Abbeel and Ng, Apprenticeship learning via inverse reinforcement learning, ICML 2004: the projection algorithm.

Features lie in [0, 1]^k, ``mu`` is on the scale of J, ``t = |mu_E - mubar|``. A step takes a best response ``mu'`` to
the reward ``w . f`` with ``w = mu_E - mubar``, and projects ``mu_E`` on the line through ``mubar`` and ``mu'``. Every
mixture of policies has the feature expectations of one policy, so a step starts from any policy. Both sides of the
claims about one step are multiplied by ``D^2 = |mu' - mubar|^2``: so they are polynomials, and true if ``D = 0``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Sizes, Tight, assume, claim
from iltheory.claims.feature_kinds import Features, feature_table
from iltheory.claims.feature_matching import HALF, abbeel_ng, choices, paying, shown
from iltheory.claims.kinds import DiscountedMDP, Policy, Rounds
from iltheory.learners.projection import projections
from iltheory.measures import gamma, squared_norm
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers

SMALL = Sizes(n_states=3, n_actions=3, strict=True)
"""Claims that run the algorithm: exact mixtures grow with every iteration."""


class Projected(NamedTuple):
    """One step of the algorithm.

    Attributes
    ----------
    before : ``t^2``
    length : ``D^2``
    after : ``t'^2 D^2``, where t' is the distance after the step
    """

    before: Any
    length: Any
    after: Any


def projected(mdp: TabularMDP, features: tuple[Any, ...], expert: Any, start: Any, *, sign: int = 1) -> Projected:
    """Step from a policy towards the best response to ``sign * w``."""
    target, reached = shown(mdp, features, expert), shown(mdp, features, start)
    w = target - reached
    response = shown(mdp, features, paying(mdp, features, sign * w).optimal_policy())
    # A best response is at least as good as the expert; enclosures may leave open whether theirs is one.
    assume(ar.wrap(sign * ar.sum(w * (response - target), -1)) >= 0)
    before, length = squared_norm(w), squared_norm(response - reached)
    along = ar.sum(w * (response - reached), -1)
    return Projected(before, length, before * length - along * along)


def normalised(mdp: TabularMDP, squared: Any) -> Any:
    """``(1 - gamma)^2 t^2``."""
    return (1 - gamma(mdp)) ** 2 * squared


def corners(*points: tuple[int, int], discount: Fraction = HALF) -> tuple[TabularMDP, tuple[Numbers, ...]]:
    """One state with an action for each point of [0, 1]^2, its two features."""
    mdp = choices(len(points), discount=discount)
    return mdp, tuple(ar.asarray([list(coordinate)]) for coordinate in zip(*points, strict=True))


def playing(action: int, of: int) -> Numbers:
    """Always take one action in the one state."""
    return ar.asarray([[int(a == action) for a in range(of)]])


def right_angle(discount: Fraction = HALF) -> tuple[Any, ...]:
    """From (0, 0), with the expert at (1, 0), a best response at (1, 1): the furthest point, and worth no more."""
    mdp, features = corners((1, 1), (1, 0), (0, 0), discount=discount)
    return mdp, features, playing(1, 3), playing(2, 3)


def sideways() -> tuple[Any, ...]:
    """From (0, 0) with an expert at (1, 0), where (0, 1) is as bad as (0, 0)."""
    mdp, features = corners((0, 1), (0, 0), (1, 0))
    return mdp, features, playing(2, 3), playing(1, 3)


@claim(
    id="abbeel-ng-2004-projection",
    source=abbeel_ng("Lemma 3"),
    statement=r"\frac{t_{n+1}}{t_n} \le \frac{k}{\sqrt{k^2 + (1-\gamma)^2 t_n^2}}: \quad "
    r"t_{n+1}^2 \left(k^2 + (1-\gamma)^2 t_n^2\right) \le k^2 t_n^2",
    status=FROM_MEMORY,
    tight=lambda: Tight(right_angle(), lhs=80, rhs=128, note="t^2 = 4, D^2 = 8, and half of t^2 remains"),
)
def one_step(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    """Each best response brings the mixture closer to the expert by a factor.

    A best response is no worse than the expert, ``w . (mu' - mu_E) >= 0``: seen from ``mubar`` it lies at an angle to w
    whose sine is at most ``D / sqrt(D^2 + t^2)``. And ``D <= sqrt(k) / (1 - gamma) <= k / (1 - gamma)``.
    """
    step, k = projected(mdp, features, expert, start), len(features)
    return step.after * (k**2 + normalised(mdp, step.before)) <= k**2 * step.before * step.length


@one_step.false_variant("without the horizon", counterexample=lambda: right_angle(Fraction(3, 4)))
def one_step_undiscounted(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start), len(features)
    return step.after * (k**2 + step.before) <= k**2 * step.before * step.length


@one_step.false_variant("five times as fast", counterexample=right_angle)
def one_step_faster(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start), len(features)
    return step.after * (k**2 + 5 * normalised(mdp, step.before)) <= k**2 * step.before * step.length


@one_step.false_variant("the best response to the opposite reward", counterexample=sideways)
def one_step_opposite(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start, sign=-1), len(features)
    return step.after * (k**2 + normalised(mdp, step.before)) <= k**2 * step.before * step.length


@claim(
    id="abbeel-ng-2004-projection.sharper",
    source=abbeel_ng("Lemma 3"),
    statement=r"\frac{t_{n+1}}{t_n} \le \sqrt{\frac{k}{k + (1-\gamma)^2 t_n^2}}: \quad "
    r"t_{n+1}^2 \left(k + (1-\gamma)^2 t_n^2\right) \le k\, t_n^2",
    status=DERIVED_HERE,
    tight=lambda: Tight(right_angle(), lhs=48, rhs=64, note="t^2 = 4, D^2 = 8, and half of t^2 remains"),
)
def one_step_sharper(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    """The factor depends on the dimension by its square root.

    As the lemma, without the last step ``sqrt(k) <= k``.
    """
    step, k = projected(mdp, features, expert, start), len(features)
    return step.after * (k + normalised(mdp, step.before)) <= k * step.before * step.length


@one_step_sharper.false_variant("without the horizon", counterexample=right_angle)
def sharper_undiscounted(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start), len(features)
    return step.after * (k + step.before) <= k * step.before * step.length


@one_step_sharper.false_variant("three times as fast", counterexample=right_angle)
def sharper_faster(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start), len(features)
    return step.after * (k + 3 * normalised(mdp, step.before)) <= k * step.before * step.length


@one_step_sharper.false_variant("the best response to the opposite reward", counterexample=sideways)
def sharper_opposite(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start, sign=-1), len(features)
    return step.after * (k + normalised(mdp, step.before)) <= k * step.before * step.length


@claim(
    id="abbeel-ng-2004-projection.sharpest",
    source=abbeel_ng("Lemma 3"),
    statement=r"k\, t_{n+1}^2 \le t_n^2 \left(k - (1-\gamma)^2 t_n^2\right)",
    status=DERIVED_HERE,
    tight=lambda: Tight(
        right_angle(), lhs=32, rhs=32, note="equality: D is the diagonal, and mu' - mu_E at right angles"
    ),
)
def one_step_sharpest(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    """A step removes at least the share ``(1 - gamma)^2 t^2 / k`` of the squared distance; this is sharp.

    ``t'^2 = t^2 - p^2 / D^2`` with ``p = w . (mu' - mubar) >= w . (mu_E - mubar) = t^2``, and both ends of D are
    feature expectations, so ``D^2 <= k / (1 - gamma)^2``. It implies the sharper form, for ``1 - x <= 1 / (1 + x)``.
    """
    step, k = projected(mdp, features, expert, start), len(features)
    return k * step.after <= step.before * step.length * (k - normalised(mdp, step.before))


@one_step_sharpest.false_variant("without the horizon", counterexample=right_angle)
def sharpest_undiscounted(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start), len(features)
    return k * step.after <= step.before * step.length * (k - step.before)


@one_step_sharpest.false_variant("independent of the dimension", counterexample=right_angle)
def sharpest_free(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step = projected(mdp, features, expert, start)
    return step.after <= step.before * step.length * (1 - normalised(mdp, step.before))


@one_step_sharpest.false_variant("the best response to the opposite reward", counterexample=sideways)
def sharpest_opposite(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy) -> Any:
    step, k = projected(mdp, features, expert, start, sign=-1), len(features)
    return k * step.after <= step.before * step.length * (k - normalised(mdp, step.before))


def remaining(mdp: TabularMDP, features: tuple[Any, ...], expert: Any, start: Any, iterations: int) -> Any:
    """``(1 - gamma)^2 t_n^2`` after n iterations."""
    target, table = shown(mdp, features, expert), feature_table(features)
    run = projections(mdp, target, table, start)
    for _ in range(iterations):
        step = next(run)
        response = shown(mdp, features, step.policy)
        assume(ar.wrap(ar.sum(step.weights * (response - target), -1)) >= 0)
    return normalised(mdp, step.squared_distance)


def _after(iterations: int, discount: Fraction = HALF) -> tuple[Any, ...]:
    return *right_angle(discount), iterations


@claim(
    id="abbeel-ng-2004-projection.iterations",
    source=abbeel_ng("Theorem 1"),
    statement=r"t_n \le \frac{1}{1-\gamma} \sqrt{\frac kn}: \quad n (1-\gamma)^2 t_n^2 \le k",
    status=DERIVED_HERE,
    tight=lambda: Tight(_after(1), lhs=HALF, rhs=2, note="half of t^2 = 4 remains"),
    largest=SMALL,
)
def rate(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy, iterations: Rounds) -> Any:
    """After ``k / ((1 - gamma)^2 epsilon^2)`` iterations t is at most epsilon; the paper's logarithm is not needed.

    By the sharper step ``1 / t_{n+1}^2 >= 1 / t_n^2 + (1 - gamma)^2 / k``. Steps here are rounded to multiples of
    ``2^-20``, which costs ``2^-42 k / (1 - gamma)^2`` in ``t^2``: less than what the next form leaves over.
    """
    return iterations * remaining(mdp, features, expert, start, iterations) <= len(features)


@rate.false_variant("without the horizon", counterexample=lambda: _after(1, Fraction(3, 4)))
def rate_undiscounted(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy, iterations: Rounds) -> Any:
    left = remaining(mdp, features, expert, start, iterations)
    return iterations * left <= (1 - gamma(mdp)) ** 2 * len(features)


@rate.false_variant("five times as fast", counterexample=lambda: _after(1))
def rate_faster(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy, iterations: Rounds) -> Any:
    return 5 * iterations * remaining(mdp, features, expert, start, iterations) <= len(features)


@claim(
    id="abbeel-ng-2004-projection.iterations-sharper",
    source=abbeel_ng("Theorem 1"),
    statement=r"(n + 3) (1-\gamma)^2 t_n^2 \le k",
    status=DERIVED_HERE,
    tight=lambda: Tight(_after(1), lhs=2, rhs=2, note="equality after one iteration"),
    largest=SMALL,
)
def rate_sharper(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy, iterations: Rounds) -> Any:
    """The rate counts three more iterations than are made, and is sharp for the first.

    ``u = (1 - gamma)^2 t^2 / k <= 1`` obeys ``u_{n+1} <= u_n (1 - u_n)`` by the sharpest step: so ``u_1 <= 1/4``, and
    if ``u_n <= 1/(n+3)`` then ``u_{n+1} <= (n+2)/(n+3)^2 < 1/(n+4)``, by more than rounding costs for ``n < 10^4``.
    """
    return (iterations + 3) * remaining(mdp, features, expert, start, iterations) <= len(features)


@rate_sharper.false_variant("one iteration more", counterexample=lambda: _after(1))
def rate_too_sharp(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy, iterations: Rounds) -> Any:
    return (iterations + 4) * remaining(mdp, features, expert, start, iterations) <= len(features)


@rate_sharper.false_variant("independent of the dimension", counterexample=lambda: _after(1))
def rate_free(mdp: DiscountedMDP, features: Features, expert: Policy, start: Policy, iterations: Rounds) -> Any:
    return (iterations + 3) * remaining(mdp, features, expert, start, iterations) <= ar.wrap(gamma(mdp) * 0 + 1)
