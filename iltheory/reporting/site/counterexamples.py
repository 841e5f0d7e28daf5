"""What refutes the false variants of a claim, certified anew and drawn: a cell of work for each claim.

Cells are filed by the digest of the claim, so that a second site computes none of them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from iltheory.claims.claim import Claim
from iltheory.experiments.computation import Computation
from iltheory.experiments.experiment import Cell
from sims import TabularMDP

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from iltheory.attack.counterexample import Counterexample
    from iltheory.attack.mutants import Mutant
    from iltheory.claims.kinds import Instance

INKS = {
    "#222222": "ink", "#555555": "pale", "#b8b8b8": "faint", "#ffffff": "paper", "#f3f3ee": "box",
    "#0072b2": "c0", "#d55e00": "c1", "#009e73": "c2", "#cc79a7": "c3",
}  # fmt: skip
"""Colours of `iltheory.reporting.drawing` as the style sheet names them, for light and for dark pages."""
SHRINKING = 120.0
"""Seconds for making a witness small: more than any takes, so that the same witness is found everywhere."""
NUMBERED = re.compile(r' id="(?:figure|axes|patch|text|line2d|PathCollection|PolyCollection)_\d+"')


def refutations(claims: Sequence[Claim]) -> Computation:
    """The work on some claims: one cell each."""
    cells = [{"claim": claim.id, "digest": claim.hash} for claim in claims]
    return Computation("counterexamples of false variants", work, cells)


def work(cell: Cell) -> Mapping[str, Any]:
    """Certify and draw the counterexamples of a claim's false variants, and try them without each assumption.

    Returns
    -------
    ``variants``, what :func:`shown` gives for each, None where its counterexample refutes it no more; ``needs``, each
    assumption with the ``variant`` whose counterexample certainly violates the claim without it, or else with the
    counterexample ``found`` to that, or else with the ``reason`` why the claim follows without it, if one is known.
    """
    from iltheory.attack.counterexample import certify
    from iltheory.attack.mutants import mutants
    from iltheory.claims.registry import catalogue

    claim = catalogue()[cell["claim"]]
    known = {variant.id: _known(variant) for variant in claim.false_variants}
    found = {variant.id: certify(variant, known[variant.id]) for variant in claim.false_variants}
    return {
        "variants": [None if one is None else shown(one) for one in found.values()],
        "needs": [_need(claim, wider, known) for wider in mutants(claim) if wider.operator == "assumption"],
    }


def shown(found: Counterexample) -> dict[str, Any]:
    """A counterexample in JSON values: picture, exact tables, both sides, and the outcome as `falsify` writes it."""
    from iltheory.attack.falsification import Falsification
    from iltheory.reporting.drawing import draw_alone
    from iltheory.reporting.exact import VIOLATIONS, sides
    from iltheory.reporting.instances import parts_of, sentences, tables

    figure, words = draw_alone(found.claim, found.instance)
    parts = parts_of(found.claim, found.instance)
    lhs, rhs = sides(found)
    outcome = Falsification(found.claim, found, found, None, (), seed=0, budget=0.0, seconds=0.0)
    return {
        "id": found.claim.id,
        "svg": None if figure is None else _svg(figure, found.claim.id),
        "words": words,
        "facts": sentences(parts, text=str),
        "tables": [[table.title, table.columns, table.rows] for table in tables(parts, text=str)],
        "lhs": lhs,
        "rhs": rhs,
        "relation": VIOLATIONS[found.op],
        "size": str(found.size),
        "outcome": outcome.to_json(),
    }


def _known(variant: Claim) -> Instance:
    assert variant.counterexample is not None
    return variant.bind_any(variant.counterexample())


def _need(claim: Claim, wider: Mutant, known: Mapping[str, Instance]) -> dict[str, Any]:
    """Whether a claim needs an assumption: a witness among what is known of it or else from a first look, or a reason.

    The assumption may be declared, one of a kind, or one in the formula.
    """
    from iltheory.attack.counterexample import certify
    from iltheory.attack.shrink import shrink
    from iltheory.attack.survivors import REASONS
    from iltheory.attack.triage import triage
    from sims.errors import IltheoryError

    words = wider.change.removeprefix("without ").strip("«»").partition(" -> ")[0]
    need: dict[str, Any] = {"assumption": words, "variant": None, "found": None, "reason": None}
    for id, instance in [*known.items(), *_doubled(claim)]:
        try:
            bound = wider.claim.bind_any(instance)
        except IltheoryError:  # the variant ranges over something else
            continue
        found = certify(wider.claim, bound)
        if found is not None:
            return need | ({"variant": id} if id in known else {"found": shown(found)})
    reason = REASONS.get(wider.claim.id)
    if reason is not None:
        return need | {"reason": {"claim": reason.claim, "words": reason.words}}
    if claim.statistical:  # one instance takes seconds
        return need
    (look,) = triage(claim, (wider,))
    if look.counterexample is None:
        return need
    return need | {"found": shown(shrink(look.counterexample, seconds=SHRINKING))}


def _doubled(claim: Claim) -> list[tuple[str, Instance]]:
    """The tight instance with rewards twice as large: a witness wherever rewards in [0, 1] are needed for a bound.

    Not of sampled claims, whose outcomes have ranges of their own.
    """
    if claim.tight is None or claim.statistical:
        return []
    instance = claim.bind_any(claim.tight().instance)
    models = {name: mdp for name, mdp in instance.items() if type(mdp) is TabularMDP}
    return [("", {**instance, **{name: mdp.with_rewards(mdp.rewards() * 2) for name, mdp in models.items()}})]


def _svg(figure: Figure, salt: str) -> str:
    """A figure as SVG for the inside of a page: letters are text, colours are those of the page."""
    import matplotlib

    from iltheory.reporting.drawing import SETTINGS

    file = BytesIO()
    with matplotlib.rc_context({**SETTINGS, "svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(file, format="svg", facecolor="none", metadata={"Date": None, "Creator": None})
    text = file.getvalue().decode()
    text = text[text.index("<svg") :]
    for hidden in (r"<metadata>.*?</metadata>", r"<style.*?</style>", r"<!--.*?-->"):
        text = re.sub(hidden, "", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", lambda tag: _briefly(tag[0]), text)
    return re.sub(r">\s+<", "><", text).strip()


def _briefly(tag: str) -> str:
    """A tag with two decimals, named colours and no ids but those that others refer to."""
    tag = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", NUMBERED.sub("", tag))
    for colour, name in INKS.items():
        tag = tag.replace(colour, f"var(--{name})")
    return re.sub(r"\s+", " ", tag)
