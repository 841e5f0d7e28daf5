"""Verdicts on one instance as theorems: Coq accepts the tables, and nothing that was tampered with."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from typer.testing import CliRunner

from iltheory.attack.references import resolve
from iltheory.claims.instances import decode, encode
from iltheory.claims.registry import catalogue
from iltheory.cli import app, main
from iltheory.proofs.certificates import NotCovered, certificate
from iltheory.proofs.sides import SIDES, lacking
from iltheory.proofs.tables import Model, down, fractions, table, up
from proofs_check import coq
from proofs_check.coq.locking import alone
from sims import arithmetic as ar
from sims import families

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

CLOSED = "Closed under the global context"
LINEAR = "ross-bagnell-2010-thm-2-1/linear-in-h"


def known(id):
    """A claim with its tight instance, or a false variant with its counterexample."""
    claim = resolve(id)
    return claim, claim.bind_any(claim.tight().instance if claim.counterexample is None else claim.counterexample())


def garnet(*, n_states=4, n_actions=2, **end):
    mdp = families.garnet(n_states=n_states, n_actions=n_actions, branching=2, rng=3, **end).to("rational")
    rows = np.resize([[1, 3], [2, 2], [4, 0], [1, 3]], (n_states, n_actions)).astype(object)
    learner = np.vectorize(Fraction, otypes=[object])(rows, rows.sum(-1, keepdims=True))
    return {"mdp": mdp, "expert": mdp.optimal_policy(), "learner": ar.asarray(learner)}


def discounted():
    """A claim that is no tie on its instance, so that tables are rounded."""
    model = garnet(discount=Fraction(9, 10))
    claim = resolve("j-gap-from-occ")
    return claim, claim.bind(model["mdp"], model["expert"], model["learner"])


@needs_coq
@pytest.mark.parametrize(
    "id",
    [
        "dagger-2011-thm-2-2",
        LINEAR,
        "swamy-2021-onq.statewise/where-the-expert-goes",
        "simulation-lemma/visited-in-the-other-model",
        "aggrevate-2014-thm-2-1.equality",
        "pdl.discounted",
        "pdl.discounted/wrong-sign",
        "simulation-lemma.sharper-discounted",
        "occ-polytope-discounted.mass/without-the-discount",
    ],
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


@needs_coq
def test_coq_accepts_rounded_tables_with_a_discount(ask):
    made = certificate(*discounted())
    assert made.holds and made.lhs < made.rhs and made.unit & (made.unit - 1) == 0
    assert (
        "\nTheorem verdict :\n  is_mdp M /\\\n  is_policy pi /\\\n  is_policy other /\\\n  unit_rewards M" in made.text
    )
    assert ask(made.text).strip() == CLOSED


@needs_coq
@pytest.mark.parametrize("name", ["values_above", "values_below", "laws_above", "laws_below"])
def test_a_row_that_solves_no_inequality_is_refused(ask, name):
    claim, instance = discounted()
    made = certificate(claim, instance)
    unit = 10 * made.unit if "values" in name else made.unit
    shift = -unit if "above" in name else unit
    row = re.search(rf"{name} := map \(over \d+\) \[:: \[:: (-?\d+)", made.text)
    moved = made.text[: row.start(1)] + str(int(row[1]) + shift) + made.text[row.end(1) :]
    with pytest.raises(coq.Broken, match="Question"):
        ask(moved)


@needs_coq
@pytest.mark.parametrize(
    ("id", "old", "new"),
    [
        ("pdl.discounted", "=\n", "!=\n"),
        ("pdl.discounted/wrong-sign", "!=\n", "=\n"),
        ("pdl.discounted", "value M v_pi - value M v_other =", "value M v_other - value M v_pi ="),
        ("pdl.discounted", "is_value M other v_other ->", ""),
        ("pdl.discounted", "(Qmake (1) 2)", "(Qmake (2) 1)"),
    ],
    ids=["a wrong verdict", "a false claim", "another side", "any values", "no discount"],
)
def test_what_is_no_verdict_is_refused(ask, id, old, new):
    text = certificate(*known(id)).text
    assert old in text
    with pytest.raises(coq.Broken, match="Question"):
        ask(text.replace(old, new))


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
    divide = up if rounding < 0 else down
    exact = fractions(mdp.v(pi)), fractions(mdp.state_occupancy(pi))
    rounded = model.values(policy, unit, divide).numbers[:-1], model.laws(policy, unit, divide).numbers
    for numbers, truth in zip(rounded, exact, strict=True):
        distance = (truth * unit - numbers) * rounding
        assert (distance >= 0).all() and (distance <= 4 * mdp.horizon).all() and (distance > 0).any()


SHAPES = (4, 2, 4), (4, 2), (4,), (4, 2)


def test_rows_bracket_exact_values_and_laws_and_leave_room_in_every_inequality():
    instance, unit = garnet(discount=Fraction(9, 10)), 2**12
    mdp, pi = instance["mdp"], instance["learner"]
    bounds = Model.of(mdp).bounds(pi, unit)
    p, r, mu, act = (fractions(x).reshape(n) for x, n in zip((mdp.P, mdp.rewards(), mdp.mu, pi), SHAPES, strict=True))
    for side, sign in (("above", 1), ("below", -1)):
        v, d = (bounds[f"{name}_{side}"].numbers[0] / Fraction(unit) for name in ("values", "laws"))
        assert (sign * (v - (act * (r + mdp.discount * (p @ v))).sum(-1)) >= 0).all()
        inflow = mu / 10 + Fraction(9, 10) * np.einsum("s,sa,sat->t", d, act, p)
        assert (sign * (d - inflow) >= 0).all()
        for rounded, exact in ((v, mdp.v(pi)), (d, mdp.state_occupancy(pi))):
            distance = sign * (rounded - fractions(exact)) * unit
            assert (distance >= 0).all() and (distance <= 16 * 10 + 1).all() and (distance > 0).any()


@pytest.mark.parametrize(
    ("id", "kind", "said"),
    [
        ("soft-pdl", "irrational", "a logarithm, exponential or root"),
        ("occ-polytope-finite.history", "parameter", r"parameter remembering \(history-dependent policy\)"),
        ("occ-vertices.distinct", "sides", "sides are not written in Coq"),
    ],
)
def test_what_is_not_covered_is_refused_with_what_is_missing(id, kind, said):
    assert lacking(resolve(id)).kind == kind
    with pytest.raises(NotCovered, match=rf"covers {id}: .*{said}"):
        certificate(*known(id))


def test_what_is_covered_are_claims_and_their_false_variants():
    bases = {id for id in SIDES if "/" not in id}
    variants = {variant.id for id in bases for variant in catalogue()[id].false_variants}
    assert {id for id in SIDES if "/" in id} <= variants and {id.partition("/")[0] for id in SIDES} == bases
    assert len(bases) >= 60 and len(variants - SIDES.keys()) <= 3


def test_the_command_writes_the_theorem_and_without_coq_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    claim, instance = known(LINEAR)
    (tmp_path / "instance.json").write_text(json.dumps(encode(instance)))
    arguments = ["certify", LINEAR, "--instance", str(tmp_path / "instance.json")]
    told = CliRunner().invoke(app, [*arguments, "--json", "-"])
    assert told.exit_code == 1
    said = json.loads(told.stdout)
    assert (said["verdict"], said["lhs"], said["rhs"], said["coq"]) == ("refuted", "17/8", "3/2", None)
    written = CliRunner().invoke(app, [*arguments, "--coq", str(tmp_path / "out.v")])
    assert "is refuted by this instance: 2.125 > 1.5" in written.stdout
    assert "apt install coq" in written.stdout and "Install it and run this again" in " ".join(written.stdout.split())
    assert (tmp_path / "out.v").read_text() == certificate(claim, instance).text


@needs_coq
@pytest.mark.parametrize(
    "lacking",
    [pytest.param("*", marks=pytest.mark.slow), "Enclosures.*"],
    ids=["everything", "a file that no theorem needs"],
)
def test_the_command_to_check_a_theorem_can_be_pasted_when_coq_has_not_compiled(
    tmp_path, monkeypatch, compiled, ask, lacking
):
    claim, instance = known(LINEAR)
    ask(certificate(claim, instance).text)
    folder = tmp_path / "a cache" / "iltheory" / "coq"
    with alone(compiled):
        shutil.copytree(compiled, folder, ignore=shutil.ignore_patterns(lacking))
    (tmp_path / "instance.json").write_text(json.dumps(encode(instance)))
    (tmp_path / "my files").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a cache"))
    monkeypatch.chdir(tmp_path)
    written = CliRunner().invoke(app, ["certify", LINEAR, "--instance", "instance.json", "--coq", "my files/out_1.v"])
    command = shlex.split(written.stdout.partition("To check them:")[2].replace("\n", ""))  # a page is folded
    assert command[-4:] == ["-Q", str(folder), "ImitationLearning", "my files/out_1.v"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == CLOSED


def test_files_that_coq_cannot_take_are_refused(tmp_path, monkeypatch):
    (tmp_path / "instance.json").write_text(json.dumps(encode(known(LINEAR)[1])))
    arguments = ["certify", LINEAR, "--instance", "instance.json", "--coq"]
    monkeypatch.chdir(tmp_path)
    for name in ("my-out.v", "a b.v", "1a.v", "out.txt", ".v", "-"):
        failed = CliRunner().invoke(app, [*arguments, name])
        assert f"Coq does not compile a file named {name!r}" in str(failed.exception) and "such as mine.v" in str(
            failed.exception
        )
        assert not (tmp_path / name).exists()


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """What the command says when it refuses an instance, given as text or as a document; the status must be 2."""

    def words(id, instance):
        (tmp_path / "instance.json").write_text(instance if isinstance(instance, str) else json.dumps(instance))
        monkeypatch.setattr(
            sys, "argv", ["iltheory", "certify", str(id), "--instance", str(tmp_path / "instance.json")]
        )
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 2
        return capsys.readouterr().err

    return words


def test_the_command_says_what_is_wrong_with_a_file(tmp_path, refused):
    assert "is no JSON" in refused(LINEAR, "{") and "is no JSON" in refused(LINEAR, "[" * 100_000)
    (tmp_path / "latin.json").write_bytes(b'{"caf\xe9": 1}')
    for file, said in (("latin.json", "is no JSON in UTF-8"), ("missing.json", "cannot be read")):
        failed = CliRunner().invoke(app, ["certify", LINEAR, "--instance", str(tmp_path / file)])
        assert failed.exit_code == 1 and said in str(failed.exception)


def test_the_file_of_a_counterexample_is_told_where_its_instances_are(refused):
    counterexample = {"claim": LINEAR, "simplest": {"instance": {}}, "worst": {"instance": {}}}
    assert "Give what stands there under simplest.instance." in refused(LINEAR, counterexample)


@pytest.mark.parametrize("name", ["expert", "horizon"])
def test_a_name_given_twice_is_refused(refused, name):
    text = json.dumps(encode(known(LINEAR)[1]))
    assert f"the instance gives '{name}' twice" in refused(
        LINEAR, text.replace(f'"{name}":', f'"{name}": 1, "{name}":')
    )


def nested(table):
    return [table]


def twice(table):
    return [table, table]


@pytest.mark.parametrize(
    ("id", "path", "change", "said"),
    [
        (LINEAR, ["learner"], nested, "learner is a batch, of shape (1, 1, 2, 2)"),
        (LINEAR, ["expert"], twice, "expert is a batch, of shape (2, 1, 2, 2)"),
        (LINEAR, ["mdp", "r"], lambda r: nested(nested(r)), "mdp is a batch, of shape (1,)"),
        (LINEAR, ["mdp", "P"], twice, "P has shape (2, 2, 2, 2)"),
        ("swamy-2021-reward", ["reward"], nested, "reward is a batch, of shape (1, 1, 1, 2)"),
        ("pdl.discounted", ["mdp", "discount"], twice, "mdp.discount holds ['"),
        ("pdl.discounted", ["mdp", "discount"], lambda discount: [], "mdp.discount holds []"),
    ],
)
def test_a_batch_is_refused_and_no_verdict(refused, id, path, change, said):
    """Status 1 would mean that the instance refutes the claim."""
    instance = encode(known(id)[1])
    inner = instance if len(path) == 1 else instance[path[0]]
    inner[path[-1]] = change(inner[path[-1]])
    assert said in refused(id, instance)


def test_a_ragged_table_is_refused_by_its_row(refused):
    instance = encode(known(LINEAR)[1])
    instance["mdp"]["P"][1][1].append("0")
    assert "mdp.P[1, 1] has length 3, and mdp.P[0, 0] has length 2" in refused(LINEAR, instance)
    instance["mdp"]["P"][1] = "1/2"
    assert "mdp.P[1] is no list, and mdp.P[0] has length 2" in refused(LINEAR, instance)


def test_a_stationary_reward_may_be_given_without_a_step_axis():
    claim, instance = known("swamy-2021-reward")
    document = encode(instance)
    (document["reward"],) = document["reward"]
    assert certificate(claim, decode(claim, document)).text == certificate(claim, instance).text


OWN = """
import iltheory as il

@il.claim(statement="no loss")
def lossless(mdp: il.FiniteHorizonMDP, pi: il.Policy, other: il.Policy):
    return il.gap(mdp, pi, other) <= il.error_rate(mdp, pi, other)

@il.claim(id="pdl", statement="no loss")
def named_like_another(mdp: il.FiniteHorizonMDP, pi: il.Policy, other: il.Policy):
    return il.gap(mdp, pi, other) <= il.error_rate(mdp, pi, other)
"""


@pytest.mark.parametrize("name", ["lossless", "pdl"])
def test_a_claim_of_a_file_is_refused_even_if_it_has_no_instance_or_a_known_id(tmp_path, refused, name):
    (tmp_path / "own.py").write_text(OWN)
    own = f"{tmp_path / 'own.py'}::{name}"
    assert f"no certificate for Coq covers {own}: its sides are not written in Coq" in refused(
        own, encode(known("pdl")[1])
    )
