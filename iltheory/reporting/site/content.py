"""What a site shows: claims with their evidence, papers, learners, figures; gathered here, written by `pages`."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import Any

from iltheory.claims.claim import AS_PUBLISHED, DERIVED_HERE, FROM_MEMORY, Claim
from iltheory.engine.ledger import Record
from iltheory.engine.report import Report
from iltheory.engine.verify import evidence, verify_all
from iltheory.experiments.computation import computed, recorded
from iltheory.figures import Drawn, figures, kept_figures
from iltheory.figures.rows import Row
from iltheory.proofs import (
    Theorem,
    citation,
    known_theorems,
    prove_for_shapes,
    proved_in_coq,
    strongest,
    tried_for_shapes,
)
from iltheory.proofs.theorem import ALL, REALS_ASSUMED, SHAPE
from iltheory.reporting.site.counterexamples import refutations
from proofs_check.coq import statements
from proofs_check.identities import CERTIFICATE, IDENTITY, VERTICES

RUNGS: Mapping[str, tuple[str, str]] = {
    "refuted": ("refuted", "a certified counterexample"),
    "consistent": (
        "consistent",
        "to width w: no instance refutes it, but on some both sides may be equal, and no number of digits decides an "
        "equality of irrational numbers",
    ),
    "instances": ("holds on N instances", "decided exactly, or by intervals that are rounded outward; no proof"),
    "confidence": ("holds with confidence", "decided from sampled outcomes; wrong with probability at most delta"),
    "shape": ("proved for shape", "for all models of some S, A and H, on polynomials in their numbers"),
    "proved": (
        "proved",
        "for all finite models, checked by Coq; without axioms, but where it says that it assumes some",
    ),
    "floats": ("no violation found", "in floating point, which certifies nothing"),
    "open": ("not decided", "undecided instances, checks of its own that fail, or nothing computed yet"),
}
"""Columns of the matrix, with what each says."""
PROOFS = (SHAPE, ALL)
"""Rungs that take a machine's proof, the lower first."""
METHODS: Mapping[str, str] = {
    IDENTITY: "both sides, computed from models whose numbers are variables, are the same polynomial, or the same "
    "quotient of polynomials",
    VERTICES: "the difference of the sides, computed from models whose numbers are variables, is affine, or concave, "
    "in each row of probabilities and in each reward, and it has its sign at every vertex of their ranges",
    CERTIFICATE: "the difference of the sides, computed from models whose numbers are variables, is a sum of products "
    "of what is not negative, with rational weights that are not negative either",
}
"""How claims are proved for a shape."""
TIGHTNESS = "tightness"
"""The figure whose rows are the largest ratios that were found, a claim and a class of learners each."""
SHOWN = {"expert", "experts", "demos", "exploration"}
"""What a learner learns from: the parameter of this name."""
MARKS = {AS_PUBLISHED: "", FROM_MEMORY: "memory", DERIVED_HERE: "derived"}
STATUSES = {
    AS_PUBLISHED: "The statement was compared with the text of the paper.",
    FROM_MEMORY: "The statement was written from memory and derived anew; its wording may differ from the paper's.",
    DERIVED_HERE: "The statement is ours: a corollary, a sharper form or a lemma that the paper uses.",
}


MISSING = {
    "evidence": "{} claims have no evidence in the ledger: {}",
    "counterexamples": "{} claims have counterexamples that are not in the ledger: {}",
    "shapes": "{} claims were not tried for shapes (`iltheory prove`): {}",
    "theorems": "{} theorems were not checked, which takes `coqc` (`iltheory prove`): {}",
    "figures": "{} figures were not made (`iltheory figures`): {}",
}


@dataclass(frozen=True)
class Paper:
    """A paper, or the place of claims that have none.

    Attributes
    ----------
    slug : name of its page
    name, title : authors with the year, and the title
    entries : its claims
    """

    slug: str
    name: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Entry:
    """A claim and all that is known of it.

    Attributes
    ----------
    claim : the claim
    report : evidence in the ledger, or None
    refutations : result of `counterexamples.work`, or None where it was not computed
    figures : those that illustrate it, but for the one of the tightness of many
    tightness : the rows of that one about this claim that have a ratio
    theorems : what is proved of it, the most general first
    """

    claim: Claim
    report: Report | None
    refutations: Mapping[str, Any] | None
    figures: tuple[Drawn, ...] = ()
    tightness: tuple[Row, ...] = ()
    theorems: tuple[Theorem, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a claim that is proved and refuted."""
        strongest(self.claim, self.report, self.theorems)

    @property
    def theorem(self) -> Theorem | None:
        """The strongest theorem, unless the claim is refuted."""
        return strongest(self.claim, self.report, self.theorems)

    @property
    def rung(self) -> str:
        """Column of the matrix: the highest rung that the claim stands on."""
        return self.evidence_rung if self.theorem is None else self.theorem.rung

    @property
    def evidence_rung(self) -> str:
        """Column of what was found on instances."""
        if self.report is None or self.report.rung == "none":
            return "floats" if self.evidence == "no violation found" else "open"
        return self.report.rung

    @property
    def verdict(self) -> str:
        """The proof, with what it assumes, or the finding in strict words, or that there is none."""
        return self.evidence if self.theorem is None else self.theorem.words

    @property
    def evidence(self) -> str:
        """What was found on instances, in strict words."""
        return "not computed" if self.report is None else self.report.verdict

    @property
    def cells(self) -> dict[str, str]:
        """What stands in columns of the matrix: in that of the highest rung, and in lower ones."""
        found = {}
        if self.report is not None and self.evidence_rung in ("instances", "confidence", "consistent"):
            found[self.evidence_rung] = f"{self.report.instances:,}"
        elif self.theorem is None:
            found[self.evidence_rung] = "refuted" if self.evidence_rung == "refuted" else self.evidence
        for theorem in self.theorems:
            found[theorem.rung] = f"{len(theorem.shapes)} shapes" if theorem.shapes else theorem.verdict
        return found

    @property
    def mark(self) -> str:
        """What is said of statements that were not compared with a paper."""
        return MARKS[self.claim.status]


@dataclass(frozen=True)
class Learner:
    """A learner of `iltheory.learners`.

    Attributes
    ----------
    name : of the function
    function : the function
    called : how a comparison of all learners calls it, with the claim behind its bound there
    figures : those whose source calls it
    """

    name: str
    function: FunctionType
    called: tuple[tuple[str, str], ...]
    figures: tuple[Drawn, ...]

    @property
    def overview(self) -> str:
        """Docstring of its file."""
        return inspect.getdoc(inspect.getmodule(self.function)) or ""

    @property
    def summary(self) -> str:
        """First line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


@dataclass(frozen=True)
class Content:
    """All that a site shows.

    Attributes
    ----------
    entries : claims, in the order of the catalogue
    learners : in the order of their names
    invariants : what learners are held to, with the first line of each
    figures : those that are there
    missing : ids of the claims without ``evidence`` or ``counterexamples`` in the ledger, or not tried for ``shapes``;
        names of ``theorems`` that Coq did not check; and ids of ``figures`` not made
    foundations : theorems in Coq that others rest on, or that are about certificates, and that no claim states
    """

    entries: tuple[Entry, ...]
    learners: tuple[Learner, ...]
    invariants: Mapping[str, str]
    figures: tuple[Drawn, ...]
    missing: Mapping[str, Sequence[str]]
    foundations: tuple[Theorem, ...] = ()

    @property
    def in_coq(self) -> list[Theorem]:
        """Theorems in Coq, those about claims first."""
        about = [theorem for entry in self.entries for theorem in entry.theorems if theorem.rung == ALL]
        return [*about, *self.foundations]

    @property
    def checkers(self) -> list[str]:
        """The Coq that accepted them, with its libraries, or several."""
        return list(dict.fromkeys(theorem.checker for theorem in self.in_coq))

    @property
    def assuming(self) -> list[Theorem]:
        """Theorems in Coq that use axioms."""
        return [theorem for theorem in self.in_coq if theorem.assumptions]

    @property
    def cite(self) -> str | None:
        """What a paper may say of all theorems, or None if there is none."""
        shaped = [theorem for entry in self.entries for theorem in entry.theorems if theorem.rung == SHAPE]
        return citation([*self.in_coq, *shaped])

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """Papers in the order of their first claims."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            source = entry.claim.source
            key = ("no paper", "") if source is None else (f"{source.authors} {source.year}", source.title)
            found.setdefault(key, []).append(entry)
        slugs: Counter[str] = Counter()
        papers = []
        for (name, title), entries in found.items():
            slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
            slugs[slug] += 1
            unique = slug if slugs[slug] == 1 else f"{slug}-{slugs[slug]}"
            papers.append(Paper(unique, name, title, tuple(entries)))
        return tuple(papers)

    @property
    def counts(self) -> dict[str, int]:
        """Claims on each rung."""
        found = Counter(entry.rung for entry in self.entries)
        return {rung: found[rung] for rung in RUNGS}

    @property
    def unreached(self) -> set[str]:
        """Rungs of proofs that no claim stands on, or above."""
        counts = self.counts
        return {rung for place, rung in enumerate(PROOFS) if not any(counts[other] for other in PROOFS[place:])}

    @property
    def reports(self) -> list[Report]:
        """Evidence of all claims that have some."""
        return [entry.report for entry in self.entries if entry.report is not None]

    @property
    def missing_words(self) -> list[str]:
        """A line on everything that is missing."""
        return [MISSING[what].format(len(ids), _some(ids)) for what, ids in self.missing.items() if ids]

    @property
    def words(self) -> str:
        """The counts in a sentence."""
        instances = sum(report.instances for report in self.reports)
        phrases = {
            "refuted": "{} refuted",
            "proved": "{} proved for all finite models",
            "shape": "{} proved for all models of some shapes",
            "instances": "{} hold on all of theirs",
            "confidence": "{} hold with confidence on sampled outcomes",
            "consistent": "{} with logarithms or roots are consistent",
            "floats": "on {} no violation was found in floating point",
            "open": "{} not decided or not computed",
        }
        counts = self.counts
        axioms = sum(entry.rung == ALL and bool(entry.theorem and entry.theorem.assumptions) for entry in self.entries)
        if axioms:
            phrases["proved"] += f" ({axioms:,} of them from {REALS_ASSUMED})"
        said = [phrase.format(counts[rung]) for rung, phrase in phrases.items() if counts[rung] or rung == "refuted"]
        words = f"{len(self.entries):,} claims on {instances:,} instances: {', '.join(said)}."
        if self.unreached == set(PROOFS):
            words += " None is proved yet."
        refuted, planted = (sum(getattr(r, name) for r in self.reports) for name in ("variants_refuted", "variants"))
        return f"{words} {refuted:,} of {planted:,} deliberately false variants are refuted." if planted else words


def gather(
    claims: Sequence[Claim],
    *,
    ledger: Path,
    figures_folder: Path | None = None,
    compute: bool = True,
    executor: Executor | None = None,
    on_result: Callable[[Record], object] | None = None,
) -> Content:
    """Collect what a site shows, and compute what the ledger lacks of it; but Coq is asked by `prove_in_coq` alone.

    Parameters
    ----------
    claims : of the catalogue
    ledger : of `verify`; counterexamples and theorems are filed in it, too
    figures_folder : where `iltheory figures` put its data
    compute : False to take only what the ledger holds
    executor : where blocks and cells run; by default one worker process a core
    on_result : called with each record that is computed

    Raises
    ------
    NothingVerified, BlockFailed, LedgerError
        As `verify_all` does.
    Contradiction
        If a claim is proved and refuted.
    """
    found = {claim.id: _evidence(claim, ledger) for claim in claims}
    lacking = [claim for claim in claims if found[claim.id] is None]
    if compute and lacking:
        verify_all(lacking, ledger=ledger, executor=executor, on_result=on_result)
    found |= {claim.id: _evidence(claim, ledger, "auto" if compute else "float64") for claim in lacking}
    work = refutations(claims)
    if compute:
        prove_for_shapes(claims, ledger=ledger, executor=executor, on_result=on_result)
        outcomes = computed([work], ledger=ledger, executor=executor, on_result=on_result)[work.id]
    else:
        outcomes = recorded([work], ledger=ledger)[work.id]
    known = {outcome.cell["claim"]: outcome.result for outcome in outcomes}
    drawn = () if figures_folder is None else _drawn(figures_folder)
    ratios = [row for figure in drawn if figure.figure.id == TIGHTNESS for row in figure.rows]
    theorems = known_theorems(claims, ledger=ledger)
    entries = tuple(
        Entry(
            claim,
            found[claim.id],
            known.get(claim.id),
            tuple(one for one in drawn if claim.id in one.figure.claims and one.figure.id != TIGHTNESS),
            tuple(row for row in ratios if row["claim"] == claim.id and "worst" in row),
            theorems[claim.id],
        )
        for claim in claims
    )
    in_coq = proved_in_coq(ledger=ledger)
    missing = _missing(entries, drawn) | _unproved(claims, in_coq, ledger)
    foundations = tuple(theorem for theorem in in_coq if theorem.claim is None)
    return Content(entries, _learners(drawn), _invariants(), drawn, missing, foundations)


def _evidence(claim: Claim, ledger: Path, arithmetic: str = "auto") -> Report | None:
    """What a ledger says of a claim, or None where no instance is in it yet."""
    report = evidence(claim, ledger, arithmetic=arithmetic)
    return None if report is None or report.instances == 0 else report


def _drawn(folder: Path) -> tuple[Drawn, ...]:
    known = [figure for figure in figures().values() if (folder / f"{figure.id}.json").exists()]
    return tuple(kept_figures(known, folder))


def _missing(entries: Sequence[Entry], drawn: Sequence[Drawn]) -> dict[str, list[str]]:
    there = {one.figure.id for one in drawn}
    return {
        "evidence": [entry.claim.id for entry in entries if entry.report is None],
        "counterexamples": [entry.claim.id for entry in entries if entry.refutations is None],
        "figures": [id for id in figures() if id not in there],
    }


def _unproved(claims: Sequence[Claim], in_coq: Sequence[Theorem], ledger: Path) -> dict[str, list[str]]:
    """Claims not tried for shapes, and theorems about these claims, or about none, that Coq did not check."""
    tried, checked = tried_for_shapes(claims, ledger=ledger), {theorem.name for theorem in in_coq}
    about = {None, *(claim.id for claim in claims)}
    return {
        "shapes": [claim.id for claim in claims if claim.id not in tried],
        "theorems": [str(one) for one in statements() if one.claim in about and str(one) not in checked],
    }


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")


def _learners(drawn: Sequence[Drawn]) -> tuple[Learner, ...]:
    """Functions that learn a policy from a model and what is shown of it, by name."""
    from iltheory import learners
    from iltheory.engine.comparison import LEARNERS

    found = []
    for name in learners.__all__:
        function = None if name == "neural" else getattr(learners, name)
        if not isinstance(function, FunctionType) or not _learns(function):
            continue
        called = tuple((words, one.bound) for words, one in LEARNERS.items() if name in one.learn.__code__.co_names)
        shown = tuple(figure for figure in drawn if _shows(figure, name, compared=bool(called)))
        found.append(Learner(name, function, called, shown))
    return tuple(found)


def _learns(function: FunctionType) -> bool:
    parameters = set(inspect.signature(function).parameters)
    return "mdp" in parameters and bool(parameters & SHOWN) and function.__name__ != "replayed_reward"


def _shows(figure: Drawn, learner: str, *, compared: bool) -> bool:
    """Whether the files of a figure import a learner or read it off a module, or compare all learners."""
    names = set()
    for function in (figure.figure.data.work, figure.figure.draw):
        for node in ast.walk(ast.parse(Path(inspect.getfile(function)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.ImportFrom):
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return bool(names & {learner, f"iltheory.learners.{learner}"}) or (
        compared and "iltheory.engine.comparison.compare" in names
    )


def _invariants() -> dict[str, str]:
    """Invariants that any learner is held to, as `iltheory invariants` runs them, with their first lines."""
    from iltheory.testing.adapter import Adapter
    from iltheory.testing.registry import invariants

    adapter = Adapter.of(lambda mdp, expert: expert)
    return {
        one.invariant: (inspect.getdoc(one.check) or "").partition("\n")[0]
        for one in invariants(adapter)
        if one.missing(adapter) is None
    }
