"""Both sides of every claim that can be certified, computed in Coq, are those that the claim compares, exactly."""

import shutil

import numpy as np
import pytest

from iltheory.attack.references import resolve
from iltheory.claims.drawing import Scale
from iltheory.proofs.certificates import describe, exact_unit, read
from iltheory.proofs.sides import SIDES
from iltheory.proofs.tables import number as written

pytestmark = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")


def drawn(claim, rng):
    """A small random instance of a claim."""
    sizes = {"n_states": 2, "n_actions": 2, "horizon": 3, "discount": (2, 3), "length": 2}
    scale = Scale(size=1, stationary=False, policy_bits=2, weight_bits=2, **sizes)
    instance = {}
    for name, kind in claim.parameters.items():
        instance[name] = kind.draw(rng, scale, instance)
    return claim.select(instance, 0)


@pytest.mark.parametrize("discounted", [False, True], ids=["horizon", "discount"])
def test_both_sides_of_a_claim_are_what_coq_computes(ask, discounted):
    rng = np.random.default_rng(9)
    lines = []
    for number, (id, sides) in enumerate(SIDES.items()):
        claim = resolve(id)
        instance = drawn(claim, rng)
        models, policies = read(claim, instance)
        if (next(iter(models.values())).mdp.horizon is None) != discounted:
            continue
        document = describe(claim, instance, models, exact_unit(models, policies))
        head, *body = "\n".join(document.preamble()).split("Local Open Scope Z_scope.", 1)
        comparison = claim(**instance)
        lines += [head] * (not lines) + [f"Module Claim{number}.", "Local Open Scope Z_scope.", *body]
        for side, value in zip(sides, (comparison.lhs, comparison.rhs), strict=True):
            stated = f"({side})%R = real R {written(value)}"
            lines += [
                f"(* {id} *)",
                f"Lemma said{len(lines)} : {document.about(stated, side)}.",
                *document.known_certificates(),
            ]
            lines += ["intros; compare_ranges.", "Qed."]
        lines += ["End Verdict.", f"End Claim{number}."]
    assert len(lines) > 1000
    ask("\n".join([*lines, ""]))
