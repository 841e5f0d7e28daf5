"""Functions of likelihood ratios, with what rounding leaves of them: of one action, or of all actions of an episode.

Logarithms of ratios come with a *slack*, how far rounding may have moved them; both add up along an episode, since the
dynamics cancel. What is computed from them is two numbers ``[2, n]`` between which the outcome lies. An action whose
density floats do not tell, at the end of a squashed law's box say, has infinite slack: then the outcome may be anything
in its range, and the verdict is still right.
"""

from __future__ import annotations

import numpy as np

from iltheory.measures.f_divergences import FDivergence
from sims.sampled import ActionLaws, NotEstimable
from sims.sampled.simulator import Array, Floats


def log_ratio(first: ActionLaws, second: ActionLaws, actions: Array) -> Floats:
    """``log second(a) - log first(a)`` at actions that either of them drew, and the slack: ``[2, m]``.

    The logarithm is infinite where one of them certainly vanishes.

    Raises
    ------
    NotEstimable
        If they have no densities with respect to one measure.
    """
    if share_nothing(first, second):  # whoever drew the action is the only one who could
        point, sign = (first, -np.inf) if first.base == "points" else (second, np.inf)
        hit = np.isfinite(point.log_density(actions))
        return np.stack([np.where(hit, sign, -sign), np.zeros(len(hit))])
    p, q = first.log_density(actions), second.log_density(actions)
    slack = first.rounding(actions) + second.rounding(actions)
    with np.errstate(invalid="ignore"):
        log = np.where((p == q) | np.isinf(slack), 0.0, q - p)
    return np.stack([log, slack])


def share_nothing(first: ActionLaws, second: ActionLaws) -> bool:
    """Whether laws have no mass in common since one sits on points and the other has a density on vectors.

    Raises
    ------
    NotEstimable
        If their measures differ in another way: a mixture of a point and a density has neither.
    """
    bases = {first.base, second.base}
    if bases == {"points", "lebesgue"}:
        return True
    if len(bases) > 1 or not bases < {"points", "lebesgue", "counting"}:
        raise NotEstimable(
            f"laws with respect to the measures {first.base} and {second.base} cannot be compared: they have no "
            "densities in common. Give both policies noise, or neither."
        )
    return False


def shortfall(log: Floats, slack: Floats, terms: int = 1) -> Floats:
    """``(1 - w)_+`` of ratios w, ``[2, n]``.

    Parameters
    ----------
    log, slack : of w, ``[n]``
    terms : number of logarithms that were added up
    """
    least, most = _ends(log, slack, terms)
    return -np.expm1(np.minimum([most, least], 0.0))


def of_first(divergence: FDivergence, log: Floats, slack: Floats, terms: int) -> Floats:
    """Outcomes whose mean along the first law is ``D_f`` of both, if the first has mass 0 or 1 of the second's choices.

    With ``w = second / first`` at most 1 where the first goes, and all else that the second does impossible for it,
    ``D_f = E_first[f(w) + (1 - w) f'(inf)]``; by convexity that falls as w grows.
    """
    at_all = float(divergence.terms(np.ones(1), np.zeros(1))[0])
    w = np.exp(np.minimum(_ends(log, slack, terms)[::-1], 0.0))
    return np.asarray(divergence.terms(w, np.ones_like(w)) + (1 - w) * at_all)


def of_either(divergence: FDivergence, log: Floats, slack: Floats, terms: int = 1) -> Floats:
    """Outcomes whose mean along the mixture of both laws is ``D_f`` of them, for symmetric f.

    With the shares ``u = w / (1 + w)`` and ``1 - u`` of the two in their mixture it is ``2 E[(1 - u) f(u / (1 - u))]``;
    by convexity that grows with ``|log w|``.
    """
    least, most = _ends(log, slack, terms)
    far = np.stack([np.maximum(np.maximum(least, -most), 0.0), np.maximum(-least, most)])
    return np.asarray(2 * divergence.terms(_share(far), _share(-far)))


def _share(log: Floats) -> Floats:
    """``w / (1 + w)``."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-log)))


def _ends(log: Floats, slack: Floats, terms: int) -> Floats:
    """Least and largest logarithm that rounding leaves possible.

    Each term's slack is at least 2^-49 of its size, so adding up ``terms`` of them moves the sum by less than
    ``terms / 8`` of all slack.
    """
    unknown, slack = np.isinf(slack), slack * (1 + terms / 8)
    with np.errstate(invalid="ignore"):
        return np.stack([np.where(unknown, -np.inf, log - slack), np.where(unknown, np.inf, log + slack)])
