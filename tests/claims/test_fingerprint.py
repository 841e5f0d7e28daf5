"""The digest of a claim: whatever changes what it computes changes the digest, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from types import ModuleType

import pytest

import iltheory as il

SOURCE = '''
SLACK = Fraction(1, 3)
TABLE = np.array([1, 2, 3])
NAMES = {"first", "second", "third"}


class Scale:
    factor = 2

    def __init__(self, power=1):
        self.power = power

    def __call__(self, p):
        return self.factor * p**self.power


scale = Scale()


def helper(p, *, shift=1):
    return tools.deeper(p) + shift


def make(most):
    @il.claim(
        statement="p <= everything",
        assumptions=[il.Assumption("positive", lambda p, least=Fraction(1, 8): p >= least)],
        tight=partial(tight_at, 1),
        largest=Sizes(n_states=5),
    )
    def claim(p: il.UnitInterval, extra=Fraction(1, 5)):
        """Words."""
        largest = max([1, 2], key=lambda x: 5 * x)
        known = "first" in NAMES and "second" in {"second", "third", "fourth"}
        return p <= most + extra + SLACK + helper(scale(p)) + int(TABLE.sum()) + largest + known

    return claim


def tight_at(p):
    return il.Tight((p,), 1, 2)


claim = make(Fraction(1, 2))


@claim.false_variant("above", counterexample=lambda: (Fraction(1, 4),))
def above(p):
    return p >= 10
'''

TOOLS = """
def deeper(p):
    return p / 7


def unused(p):
    return p / 9
"""


def notebook(source: str = SOURCE, tools: str = TOOLS, *, name: str = "notebook") -> il.Claim:
    """The claim of a notebook, whose source no file holds, with a module of the same package."""
    module = ModuleType(f"{name}.tools")
    exec(compile(tools, "<tools>", "exec"), vars(module))
    space = {"__name__": name, "tools": module}
    header = (
        "from functools import partial\nfrom fractions import Fraction\nimport numpy as np\nimport iltheory as il\n"
    )
    header += "from iltheory.claims.claim import Sizes\n"
    exec(compile(header + source, "<cell>", "exec"), space)
    return space["claim"]


EDITS = {
    "operator": ("return p <= most", "return p >= most"),
    "constant": ("[1, 2], key", "[1, 4], key"),
    "constant of a lambda": ("5 * x", "6 * x"),
    "set": ('"fourth"', '"fifth"'),
    "name": ("max([1", "min([1"),
    "default": ("extra=Fraction(1, 5)", "extra=Fraction(1, 6)"),
    "keyword default of a helper": ("shift=1", "shift=2"),
    "closure": ("make(Fraction(1, 2))", "make(Fraction(2, 3))"),
    "global": ("SLACK = Fraction(1, 3)", "SLACK = Fraction(1, 4)"),
    "array": ("[1, 2, 3])", "[1, 2, 4])"),
    "set of strings": ('{"first", "second", "third"}', '{"first", "second"}'),
    "helper": ("tools.deeper(p) + shift", "tools.deeper(p) - shift"),
    "attribute of a class": ("factor = 2", "factor = 3"),
    "method": ("self.factor * p", "self.factor + p"),
    "attribute of an object": ("scale = Scale()", "scale = Scale(2)"),
    "default of an assumption": ("least=Fraction(1, 8)", "least=Fraction(1, 9)"),
    "assumption": ("p >= least", "p > least"),
    "tight instance": ("partial(tight_at, 1)", "partial(tight_at, 0)"),
    "closed form": ("il.Tight((p,), 1, 2)", "il.Tight((p,), 1, 3)"),
    "sizes": ("n_states=5", "n_states=6"),
    "kind": ("p: il.UnitInterval", "p: il.Distribution"),
    "false variant": ("p >= 10", "p >= 11"),
    "counterexample": ("(Fraction(1, 4),)", "(Fraction(1, 5),)"),
}


def test_every_edit_of_what_is_computed_gives_another_digest():
    digests = {"": notebook().hash, "tools": notebook(tools=TOOLS.replace("p / 7", "p / 8")).hash}
    for edit, (old, new) in EDITS.items():
        assert SOURCE.count(old) == 1, edit
        digests[edit] = notebook(SOURCE.replace(old, new)).hash
    assert len(set(digests.values())) == len(digests)


@pytest.mark.parametrize(
    "source",
    [
        SOURCE,
        "\n\n\n" + SOURCE,
        SOURCE.replace("    largest = ", "    # a comment\n\n        largest = "),
        SOURCE + "\nUNRELATED = 5\n\ndef unrelated():\n    return il\n",
        SOURCE.replace('statement="p <= everything"', 'statement="p is small"'),
    ],
    ids=["again", "further down", "comment", "more in the module", "statement"],
)
def test_nothing_else_does(source):
    assert notebook(source).hash == notebook().hash


def test_what_a_module_holds_beyond_what_is_used_does_not_count():
    assert notebook(tools=TOOLS.replace("p / 9", "p / 10")).hash == notebook().hash


def test_a_variant_that_comes_later_changes_the_digest_that_was_asked_before():
    claim = notebook()
    before = claim.hash
    claim.false_variant("later", counterexample=lambda: (1,))(lambda p: p >= 12)
    assert claim.hash != before


def test_factories_give_claims_of_different_digests():
    def bound(most):
        @il.claim(statement="p <= most", id="bound")
        def claim(p: il.UnitInterval):
            return p <= most

        return claim

    assert bound(1).hash == bound(1).hash != bound(Fraction(1, 2)).hash


def test_objects_that_refer_to_themselves_have_a_digest():
    loop: list = [1]
    loop.append(loop)

    def recursive(n):
        return recursive(n - 1) if n else len(loop)

    @il.claim(statement="p <= 2")
    def claim(p: il.UnitInterval):
        return p <= recursive(3)

    assert len(claim.hash) == 16


SCRIPT = """
import iltheory as il
NAMES = {"a", "b", "c", "d", "e"}
def helper(p):
    return len(NAMES | {"f", "g", "h"}) * p
@il.claim(statement="p <= 8 p")
def claim(p: il.UnitInterval):
    return p <= helper(p) if "a" in {"a", "b", "c"} else helper(p) <= p
print(claim.hash, il.verify(claim, n=2).rung)
"""


def test_the_digest_is_the_same_in_every_process_and_needs_no_file():
    answers = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(answers) == 1 and answers.pop().split()[1] == "instances"


def test_an_edited_conjecture_is_verified_anew_in_the_same_ledger(tmp_path):
    def conjecture(most):
        @il.claim(statement="p <= most", id="conjecture")
        def claim(p: il.UnitInterval):
            return p <= most

        return il.verify(claim, n=4, ledger=tmp_path / "ledger")

    assert conjecture(1).verdict == "holds on 20 instances"
    edited = conjecture(Fraction(1, 100))
    assert edited.verdict == "refuted" and edited.instances == 20
    assert conjecture(1).verdict == "holds on 20 instances"
