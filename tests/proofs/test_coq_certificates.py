"""Verdicts on one instance as theorems: Coq accepts the tables, and nothing that was tampered with."""

import json
import re
import shutil
from fractions import Fraction

import numpy as np
import pytest
from typer.testing import CliRunner

from iltheory.attack.references import resolve
from iltheory.claims.instances import encode
from iltheory.claims.registry import catalogue
from iltheory.cli import app
from iltheory.proofs.certificates import Model, NotCovered, certificate, table
from iltheory.proofs.sides import SIDES
from proofs_check import coq
from sims import arithmetic as ar
from sims import families

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

CLOSED = "Closed under the global context"
LINEAR = "ross-bagnell-2010-thm-2-1/linear-in-h"


def known(id):
    """A claim with its tight instance, or a false variant with its counterexample."""
    claim = resolve(id)
    return claim, claim.bind_any(claim.tight().instance if claim.counterexample is None else claim.counterexample())


def garnet(*, horizon):
    mdp = families.garnet(n_states=4, n_actions=2, branching=2, horizon=horizon, rng=3).to("rational")
    learner = np.vectorize(Fraction, otypes=[object])([[1, 3], [2, 2], [4, 0], [1, 3]], 4)
    return {"mdp": mdp, "expert": mdp.optimal_policy(), "learner": ar.asarray(learner)}


@needs_coq
@pytest.mark.parametrize(
    "id",
    ["dagger-2011-thm-2-2", LINEAR, "swamy-2021-onq.statewise/where-the-expert-goes"],
)
def test_coq_accepts_ties_and_counterexamples(ask, id):
    made = certificate(*known(id))
    assert made.holds is ("/" not in id)
    assert ask(made.text).strip() == CLOSED


@needs_coq
def test_coq_accepts_rounded_tables(ask):
    claim = resolve("dagger-2011-thm-2-2")
    made = certificate(claim, claim.bind(**garnet(horizon=8)))
    assert made.holds and made.lhs < made.rhs and made.unit & (made.unit - 1) == 0
    assert ask(made.text).strip() == CLOSED


def lowered(text, name, step, state):
    """The same file with one entry of a table one unit lower."""
    body = re.search(rf"{name} := map \(over \d+\) \[:: (.*)\]", text)
    rows = [row.split("; ") for row in re.findall(r"\[:: ([^\]]*)\]", body[1])]
    rows[step][state] = str(int(rows[step][state]) - 1)
    changed = "; ".join(f"[:: {'; '.join(row)}]" for row in rows)
    return text[: body.start(1)] + changed + text[body.end(1) :]


@needs_coq
@pytest.mark.parametrize("name", ["values_above", "laws_above"])
def test_one_entry_lowered_is_refused(ask, name):
    text = certificate(*known(LINEAR)).text
    with pytest.raises(coq.Broken, match="Question"):
        ask(lowered(text, name, 0, 0))


@needs_coq
@pytest.mark.parametrize(
    ("old", "new"),
    [("H%:R * error_rate", "H%:R ^+ 2 * error_rate"), ("unit_rewards M", "forall h s a, reward M h s a = 1")],
    ids=["a bound that holds", "another hypothesis"],
)
def test_another_theorem_is_refused(ask, old, new):
    text = certificate(*known(LINEAR)).text
    assert old in text
    with pytest.raises(coq.Broken, match="Question"):
        ask(text.replace(old, new))


@needs_coq
def test_rows_of_a_wrong_length_are_refused(ask):
    text = certificate(*known(LINEAR)).text
    longer = re.sub(r"(transitions := [^;]*)\[:: (\d+); (\d+)\]", r"\1[:: \2; \3; 0]", text, count=1)
    assert longer != text
    with pytest.raises(coq.Broken, match="Question"):
        ask(longer)


@pytest.mark.parametrize("rounding", [-1, 1])
def test_tables_bracket_exact_values_and_laws(rounding):
    instance = garnet(horizon=9)
    mdp, pi, unit = instance["mdp"], instance["learner"], 2**12
    model, policy = Model.of(mdp), table(pi, 3)

    def divide(number, by):
        return rounding * (rounding * number // by) if rounding < 0 else number // by

    exact = mdp.v(pi).fractions(), mdp.state_occupancy(pi).fractions()
    rounded = model.values(policy, unit, divide).numbers[:-1], model.laws(policy, unit, divide).numbers
    for numbers, truth in zip(rounded, exact, strict=True):
        distance = (truth * unit - numbers) * rounding
        assert (distance >= 0).all() and (distance <= 4 * mdp.horizon).all() and (distance > 0).any()


def test_what_is_not_covered_is_refused_with_what_is():
    with pytest.raises(NotCovered, match=r"covers pdl\.\n  Covered, .*ross-bagnell-2010-thm-2-1, "):
        certificate(*known("pdl"))


def test_every_variant_of_a_covered_claim_is_covered():
    bases = {id for id in SIDES if "/" not in id}
    assert set(SIDES) == bases | {variant.id for id in bases for variant in catalogue()[id].false_variants}
    assert len(bases) >= 20


def test_the_command_writes_the_theorem_and_says_how_to_check_it(tmp_path):
    claim, instance = known(LINEAR)
    (tmp_path / "instance.json").write_text(json.dumps(encode(instance)))
    arguments = ["certify", LINEAR, "--instance", str(tmp_path / "instance.json")]
    told = CliRunner().invoke(app, [*arguments, "--json", "-"])
    assert told.exit_code == 1
    said = json.loads(told.stdout)
    assert (said["verdict"], said["lhs"], said["rhs"], said["coq"]) == ("refuted", "17/8", "3/2", None)
    written = CliRunner().invoke(app, [*arguments, "--coq", str(tmp_path / "out.v")])
    assert "is refuted by this instance: 2.125 > 1.5" in written.stdout and "coqc" in written.stdout
    assert (tmp_path / "out.v").read_text() == certificate(claim, instance).text


def test_the_command_says_what_is_wrong_with_an_instance(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    for file, said in (("broken.json", "is no JSON"), ("missing.json", "cannot be read")):
        failed = CliRunner().invoke(app, ["certify", LINEAR, "--instance", str(tmp_path / file)])
        assert failed.exit_code == 1 and said in str(failed.exception)
