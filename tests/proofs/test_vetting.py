"""A theorem is a proof of a claim only while its statement and the claim are those that were read side by side."""

import json
import shutil

import pytest

import iltheory as il
from iltheory.claims.kinds import FiniteHorizonMDP, Policy
from iltheory.claims.registry import catalogue
from iltheory.measures import error_rate, gap, steps
from iltheory.proofs.__main__ import main
from iltheory.proofs.vetting import READ, claim_text, keep_read, statement_text, unvetted
from proofs_check.coq import statements
from proofs_check.coq.reading import SOURCES

ID, NAME = "ross-bagnell-2010-thm-2-1", "Cloning.supervised"


@pytest.fixture
def sources(tmp_path):
    """A copy of the development, all of it read."""
    folder = tmp_path / "sources"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    keep_read(statements(folder), catalogue().values(), folder)
    return folder


def names(sources, claims=None):
    return [str(s) for s in unvetted(claims or catalogue().values(), sources)]


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_statement_with_the_id_of_a_claim_was_read_beside_it():
    assert names(SOURCES) == [], "read them (python -m iltheory.proofs), then keep that with their names"
    assert {s.claim for s in statements()} - {None} <= catalogue().keys()


def test_another_claim_of_the_same_id_is_not_proved(sources):
    @il.claim(id=ID, statement=r"J(\pi_E) - J(\hat\pi) \le H \epsilon")
    def linear(mdp: FiniteHorizonMDP, expert: Policy, learner: Policy):
        return gap(mdp, expert, learner) <= steps(mdp) * error_rate(mdp, expert, learner)

    assert names(sources, [catalogue()[ID]]) == [] and names(sources, [linear]) == [NAME]


def test_an_edited_statement_a_redefined_notion_or_a_notation_asks_for_another_reading(sources):
    assert names(sources) == []
    (supervised,) = (s for s in statements(sources) if str(s) == NAME)
    edit(sources / "Statements" / "Cloning.v", supervised.text, supervised.text.replace("^+ 2", "^+ 3"))
    assert names(sources) == [NAME]
    edit(sources / "Definitions" / "MarkovGame.v", "Definition ", "Notation eq := le. Definition ")
    assert names(sources) == [NAME]  # games of several agents have no claims
    edit(sources / "Definitions" / "Moments.v", "Definition ", "Notation eq := le. Definition ")
    assert NAME in names(sources) and len(names(sources)) > 1


def test_a_statement_that_is_no_longer_of_a_claim_is_forgotten(sources):
    edit(sources / "Statements" / "Cloning.v", f"(** claim: {ID}\n", "(** foundation: the same\n")
    keep_read([], catalogue().values(), sources)
    assert NAME not in json.loads((sources / READ).read_text()) and names(sources) == []


def test_what_a_claim_asks_of_its_neighbours_and_assumes_belongs_to_its_text():
    text = claim_text(catalogue()[ID])
    assert "def _unit_rewards" in text and "steps(mdp) ** 2" in text
    assert "def error_rate" not in text  # a quantity: the tests compare it with Coq's by value


def test_the_text_of_a_statement_has_the_statements_that_it_names_and_the_definitions_that_they_use():
    (reduction,) = (s for s in statements() if str(s) == "Cloning.reduction")
    assert "horizon_weighted" in reduction.text
    text = statement_text(reduction)
    assert "Definition horizon_weighted" in text and "Definition supervised" not in text
    assert "Definition policy" in text


def test_the_command_prints_what_is_to_be_read_and_keeps_what_was(sources, capsys):
    path = sources / READ
    read = json.loads(path.read_text())
    del read[NAME]
    path.write_text(json.dumps(read))
    assert main([], sources) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{NAME}\n\nDefinition supervised") and "steps(mdp) ** 2" in said
    assert main(["no-such-theorem"], sources) == 2 and "no-such-theorem" in capsys.readouterr().err
    assert main([NAME], sources) == 0 and names(sources) == []
    bearing = sum(s.claim is not None for s in statements(sources))
    assert capsys.readouterr().out == f"all {bearing} theorems that bear the id of a claim are read\n"
    assert main(["--help"], sources) == 0
    assert "Usage: python -m iltheory.proofs [THEOREM ... | all]\n" in capsys.readouterr().out
