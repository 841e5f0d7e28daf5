"""What files of the development must not hold."""

from __future__ import annotations

import re
from pathlib import Path

from proofs_check.coq.sentences import LIBRARY, ROOMS, Broken, Requirement, requirement, sentences

LIBRARIES = ("Coq", "mathcomp", LIBRARY)
"""What files may require; another library could lend an axiom the name of an allowed one."""
REALS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
        "Classical_Prop.classic",  # of the exponential and the logarithm
        "Epsilon.epsilon_statement",  # of MathComp's fields: a choice from every decidable set
    }
)
"""Axioms that Coq's real numbers rest on; theorems with logarithms may use them, and list them."""
NAMESAKES = frozenset(axiom.partition(".")[0] for axiom in REALS)

STATING = re.compile(r"Set Implicit Arguments$|Unset Strict Implicit$|Local Open Scope |Definition ")
"""How sentences of ``Statements/`` begin: none of them changes what others seem to say."""
DEFINING = re.compile(
    rf"{STATING.pattern}|(?:Implicit Types?|Section|Variables?|Context|Let|End|Record|Fixpoint|Arguments) "
)
"""How sentences of ``Definitions/`` begin."""
READ = {"Statements": STATING, "Definitions": DEFINING}
"""Rooms to be read by people."""
IMPORTED = frozenset({"GRing.Theory", "Num.Theory"})
"""Parts of MathComp's files that these rooms import."""
OF_PROOFS = frozenset({"Proofs/RealField.v"})
"""What definitions need of ``Proofs/``, and do not import: that Coq's real numbers are a field."""

GAPS = re.compile(
    r"\b(?:Admit|Admitted|admit|Axioms?|Parameters?|Conjectures?|Module|bypass_check|"
    r"(?:Guard|Positivity|Universe) Checking)\b"
)
"""What assumes, switches off checks, or could bear the name of a library's axiom."""
OUTSIDE = re.compile(r"\b(?:Load|LoadPath|ML|Redirect|Cd|Extraction|Elpi)\b")
"""What reads or writes files that nobody looks at, or runs programs."""


def refuse_all(sources: Path) -> None:
    """Refuse a development that holds more than files of the three rooms, or what `refuse` refuses.

    Raises
    ------
    Broken
        With the file, the sentence and what to do.
    """
    for path in sorted(sources.rglob("*.v")):
        if path.parent.parent != sources or path.parent.name not in ROOMS:
            raise Broken(f"{path.relative_to(sources)} lies in none of the rooms; move it to {' or '.join(ROOMS)}.")
        refuse(path)


def refuse(path: Path) -> None:
    """Refuse a file that assumes, that reaches outside, or that is to be read and holds more than definitions.

    Parameters
    ----------
    path : in one of the three rooms

    Raises
    ------
    Broken
        With the file, the sentence and what to do.
    """
    file = f"{path.parent.name}/{path.name}"
    if path.stem in NAMESAKES:
        raise Broken(f"{file} bears the name of a library whose axioms are allowed; rename it.")
    try:
        for sentence in sentences(path.read_text(encoding="utf-8")):
            _refuse_sentence(path.parent.name, sentence)
    except Broken as problem:
        raise Broken(f"{file}: {problem}") from None


def _refuse_sentence(room: str, sentence: str) -> None:
    required = requirement(sentence)
    if gap := GAPS.search(sentence):
        raise Broken(f"{sentence!r} leaves a gap by {gap[0]}; prove it, or make it a hypothesis of the statement.")
    if word := OUTSIDE.search(sentence):
        raise Broken(f"{sentence!r} reaches outside of the development by {word[0]}; remove it.")
    if required and required.origin and required.root not in LIBRARIES:
        raise Broken(f"{sentence!r} requires {required.root}; only {', '.join(LIBRARIES)} may be required.")
    if room in READ and required and not _may_require(room, required):
        raise Broken(f"{sentence!r} takes what nobody reads; require only libraries and Definitions/.")
    if room in READ and not required and not _defines(room, sentence):
        raise Broken(f"{sentence!r} is no definition, or brings a notation; if a proof needs it, move it to Proofs/.")


def _defines(room: str, sentence: str) -> bool:
    """Whether a sentence defines something, and no notation on the way."""
    return READ[room].match(sentence) is not None and re.search(r"\bwhere\b", sentence) is None


def _may_require(room: str, required: Requirement) -> bool:
    """Whether a room to be read may require something: notations come from libraries and rooms that are read."""
    if required.origin is None:
        return IMPORTED.issuperset(required.names)
    if room == "Definitions" and not required.imports and OF_PROOFS.issuperset(required.files):
        return True
    return all(file.startswith("Definitions/") for file in required.files)
