"""Al-Hafez, Tateo, Arenz, Zhao and Peters 2023, LS-IQ: what masking the end of an episode does to a constant reward."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.al_hafez_2023 import ls_iq
from iltheory.claims.claim import DERIVED_HERE, FROM_MEMORY, Assumption, Tight, claim
from iltheory.claims.garg_2021_table import QUARTER
from iltheory.claims.kinds import UnitInterval
from iltheory.claims.occupancy import HALF
from iltheory.measures import value
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers, equal


def _ends(discount: Numbers) -> Any:
    return discount < 1


PROPER = Assumption("a discount below 1", _ends)


def episodes(discount: Numbers, *, after: int) -> TabularMDP:
    """State 0 earns 1 until the action stop leads to the absorbing state 1, which earns ``after`` for ever."""
    moves = [[[0, 1], [1, 0]], [[0, 1], [0, 1]]]
    return TabularMDP(moves, [[1, 1], [after, after]], [1, 0], discount=discount, batch_axes=discount.ndim)


def stopping(stop: Numbers) -> Numbers:
    """The policy that stops with this probability at each step."""
    row = ar.stack([stop, 1 - stop], axis=-1)
    return ar.stack([row, row], axis=-2)


def _stop() -> tuple[Any, ...]:
    return HALF, HALF


@claim(
    id="lsiq-absorbing",
    source=ls_iq("Section on absorbing states"),
    statement=r"J(\pi_p) = \frac{1}{1-\gamma} \quad \text{if the absorbing state earns what every state earns}",
    status=FROM_MEMORY,
    assumptions=[PROPER],
    tight=lambda: Tight(_stop(), 2, 2, note="1 / (1 - gamma)"),
)
def absorbing(stop: UnitInterval, discount: UnitInterval) -> Any:
    """With the value ``r_A / (1 - gamma)`` of the absorbing state, a constant reward prefers no policy.

    Every step earns 1, before and after the end.
    """
    shorter = _proper(discount)
    return equal(_return(stop, discount, after=1), 1 / (1 - shorter))


def _proper(discount: Numbers) -> Numbers:
    """The discount, or 0 where it is 1 and the claim does not apply."""
    return ar.where(ar.upper(discount) < 1, discount, 0)


def _return(stop: Numbers, discount: Numbers, *, after: int) -> Any:
    return value(episodes(_proper(discount), after=after), stopping(stop))


@absorbing.false_variant("with the value 0, as by masking", counterexample=_stop)
def absorbing_masked(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount)))


@absorbing.false_variant("the undiscounted length", counterexample=_stop)
def absorbing_length(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=1), 1 / (1 - _proper(discount)) ** 2)


@claim(
    id="lsiq-absorbing.masked",
    source=ls_iq("Section on absorbing states"),
    statement=r"J_{\mathrm{masked}}(\pi_p) = \frac{1}{1 - \gamma (1-p)} = \mathbb{E} \left[ \frac{1-\gamma^L}{1-\gamma}"
    r" \right], \quad L \sim \mathrm{Geom}(p)",
    status=FROM_MEMORY,
    assumptions=[PROPER],
    tight=lambda: Tight(_stop(), Fraction(4, 3), Fraction(4, 3), note="1 / (1 - 1/4)"),
)
def masked(stop: UnitInterval, discount: UnitInterval) -> Any:
    """Masking values at the end makes a constant reward a bonus for surviving: of length L, ``(1-g^L)/(1-g)``.

    ``V = 1 + gamma (1 - p) V``. A negative constant rewards ending.
    """
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount) * (1 - stop)))


@masked.false_variant("every policy alike", counterexample=_stop)
def masked_alike(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount)))


@masked.false_variant("the chance to stop for the chance to go on", counterexample=lambda: (QUARTER, HALF))
def masked_swapped(stop: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), 1 / (1 - _proper(discount) * stop))


@claim(
    id="lsiq-absorbing.survival",
    source=ls_iq("Section on absorbing states"),
    statement=r"p \le q \Rightarrow J_{\mathrm{masked}}(\pi_p) \ge J_{\mathrm{masked}}(\pi_q)",
    status=DERIVED_HERE,
    assumptions=[PROPER],
    tight=lambda: Tight((0, 1, HALF), 2, 1, note="never stop, or stop at once"),
)
def survival(stop: UnitInterval, other: UnitInterval, discount: UnitInterval) -> Any:
    """A masked positive reward prefers the policy that stops less.

    ``1 / (1 - gamma (1 - p))`` decreases in p. A check for learners: from an expert that shows nothing, none may
    prefer a length.
    """
    less, more = ar.minimum(stop, other), ar.maximum(stop, other)
    return _return(less, discount, after=0) >= _return(more, discount, after=0)


@survival.false_variant("the one that stops more", counterexample=lambda: (0, 1, HALF))
def survival_of_the_short(stop: UnitInterval, other: UnitInterval, discount: UnitInterval) -> Any:
    less, more = ar.minimum(stop, other), ar.maximum(stop, other)
    return _return(less, discount, after=0) <= _return(more, discount, after=0)


@survival.false_variant("neither", counterexample=lambda: (0, 1, HALF))
def survival_of_neither(stop: UnitInterval, other: UnitInterval, discount: UnitInterval) -> Any:
    return equal(_return(stop, discount, after=0), _return(other, discount, after=0))
