"""Falsifications for tests of what is reported: built from known counterexamples, so that no search has to run."""

from __future__ import annotations

from iltheory.attack.counterexample import Counterexample, certify
from iltheory.attack.falsification import Falsification, Searched
from iltheory.attack.references import resolve
from iltheory.claims.claim import Claim
from iltheory.claims.registry import catalogue
from sims.arithmetic import Enclosure

VARIANTS = {variant.id: variant for known in catalogue().values() for variant in known.false_variants}
SEARCHED = (
    Searched("extremes", "S=2, A=1", 1000, 0.75, 0.1),
    Searched("extremes", "S=2, A=2", 1000, 0.5, 0.1),
    Searched("gradient", "S=3, A=2", 100_000, 0.96875, 4.0),
)


def known(id: str) -> Counterexample:
    """The registered counterexample of a false variant, certified."""
    variant = resolve(id)
    found = certify(variant, variant.bind_any(variant.counterexample()))
    assert found is not None
    return found


def uncertified(variant: Claim) -> Counterexample:
    """The registered counterexample with sides made up: for pictures, at no cost."""
    instance = variant.bind_any(variant.counterexample())
    return Counterexample(variant, instance, Enclosure(2, 2), Enclosure(1, 1), "<=", 2.0)


def falsification(simplest: Counterexample, worst: Counterexample | None = None) -> Falsification:
    """A run that found these."""
    return Falsification(simplest.claim, simplest, worst or simplest, None, SEARCHED, 0, 60.0, 4.2)
