"""The stand-alone checker: accepts what is true, refuses what is not, and shares nothing with the toolkit."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_check import BITS, real
from slow_check import bounds as slow_bounds
from small_games import ENDS, KINDS, WEIGHTS, A, S, adversaries, certified, changed, game, model

import proofs_check.kernel
from iltheory.games import DivergenceRewards, OccupancyGame, certificate, solve
from proofs_check.kernel.__main__ import check as check_text
from proofs_check.kernel.__main__ import main
from proofs_check.kernel.reading import Refused, parse, show
from proofs_check.kernel.saddle import bounds
from sims import TabularMDP
from sims.errors import InvalidArgument
from sims.tabular.errors import InvalidModel

FOLDER = Path(proofs_check.kernel.__file__).parent
ALL = [(kind, end, weight) for kind in KINDS for end in ENDS for weight in WEIGHTS]
BOTH = [(kind, end) for kind in KINDS for end in ENDS]


class Proof(NamedTuple):
    lower: Fraction
    upper: Fraction
    game: str


def check(data):
    """What is proved of a game that is accepted."""
    text = json.dumps(data)
    assert check_text(text).startswith("the value lies in [")
    return Proof(*bounds(parse(text)))


def moved(by):
    return lambda text: str(Fraction(text) + by)


@pytest.mark.parametrize("kind, end, weight", ALL)
def test_accepts_every_kind_of_game_and_proves_at_least_what_was_claimed(kind, end, weight):
    data = certified(kind, end, weight)
    proof = check(data)
    assert Fraction(data["value"]["lower"]) <= proof.lower <= proof.upper <= Fraction(data["value"]["upper"])
    assert proof.upper - proof.lower < 1e-7 and f"{S} states, {A} actions" in proof.game


@pytest.mark.parametrize("kind, end, weight", [case for case in ALL if case[0] != "lipschitz"])
def test_agrees_with_the_definition_of_the_game_followed_slowly(kind, end, weight):
    data = certified(kind, end, weight)
    proof, (dual, primal) = check(data), slow_bounds(data)
    with flint.ctx.workprec(BITS):
        slack = real(Fraction(1, 2**140))
        assert real(proof.lower) <= dual + slack and real(proof.upper) >= primal - slack
        assert abs(real(proof.lower) - dual) < 1e-30 and abs(real(proof.upper) - primal) < 1e-30


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ["jensen-shannon", "l2", "lipschitz"])
def test_accepts_exact_models_and_stationary_transitions_of_either_layout(kind, end):
    data = certificate(solve(game(kind, end, exact=True)))
    assert data["entropy_weight"] == "1/8"
    check(data)
    if end == "finite":
        check(changed(data, ("mdp", "P"), lambda P: [P] * 3))


@pytest.mark.parametrize("end", [{"horizon": 3}, {"discount": Fraction(9, 10)}])
@pytest.mark.parametrize("kind", ["forward-kl", "chi2", "simplex", "lipschitz"])
def test_accepts_numbers_that_no_float_has(kind, end):
    third = Fraction(1, 3)
    P = [[[third] * 3, [Fraction(1, 7), Fraction(6, 7), 0]], [[0, 1, 0], [third, 0, 2 * third]]]
    P += [[[1, 0, 0], [0, third, 2 * third]]]
    mdp = TabularMDP(P, np.zeros((S, A), dtype=int), [third] * 3, **end)
    target = mdp.occupancy([[third, 2 * third], [Fraction(1, 5), Fraction(4, 5)], [1, 0]])
    saddle = solve(OccupancyGame(mdp, target, adversaries()[kind], Fraction(1, 10)))
    assert saddle.gap < 1e-8
    check(certificate(saddle))


def test_floats_whose_rows_do_not_sum_to_one_are_not_written_down():
    P = np.array([[[0.1, 0.2, 0.7 + 2.0**-53]] * A] * S)
    mdp = TabularMDP(P, np.zeros((S, A)), np.array([1.0, 0, 0]), discount=0.5)
    saddle = solve(OccupancyGame(mdp, mdp.occupancy(np.full((S, A), 0.5)), DivergenceRewards("chi2"), 1))
    with pytest.raises(InvalidModel, match="not to exactly 1"):
        certificate(saddle)


@pytest.mark.parametrize("kind, end", BOTH)
def test_refuses_bounds_that_are_too_tight(kind, end):
    data = certified(kind, end)
    proof = check(data)
    for side, by in (("lower", 1e-9), ("upper", -1e-9)):
        proven = getattr(proof, side)
        with pytest.raises(Refused, match="only prove that the value lies in"):
            check(changed(data, ("value", side), lambda _, x=proven, by=by: str(x + Fraction(by))))
        check(changed(data, ("value", side), lambda _, x=proven: str(x)))


@pytest.mark.parametrize("kind, end", BOTH)
def test_refuses_another_game_than_the_one_that_was_solved(kind, end):
    """Each change alters the value, a bound or the meaning of a field, by far more than the gap."""
    data = certified(kind, end)
    first = (0,) * (3 if end == "finite" else 2)
    table, row = ("target", *first), ("target", *first[:-1])
    changes = {
        "more weight": changed(data, ("entropy_weight",), moved(Fraction(1, 16))),
        "less weight": changed(data, ("entropy_weight",), moved(Fraction(-1, 16))),
        "another target": changed(data, row, lambda r: [moved(Fraction(1, 64))(r[0]), moved(Fraction(-1, 64))(r[1])]),
        "a target that does not sum to 1": changed(data, table, moved(Fraction(1, 64))),
        "another policy": changed(data, ("policy", *first[:-1]), lambda _: ["1/1024", "1023/1024"]),
        "a policy that does not sum to 1": changed(data, ("policy", *first), moved(Fraction(1, 2**60))),
        "another start": changed(data, ("mdp", "mu"), lambda mu: ["0", "0", "1"]),
        "other transitions": changed(data, ("mdp", "P"), lambda P: [[["0", "0", "1"]] * A] * S),
        "transitions that lose mass": changed(data, ("mdp", "P", 0, 0, 0), moved(Fraction(-1, 2**60))),
    }
    if end == "discounted":
        changes["another discount"] = changed(data, ("mdp", "discount"), moved(Fraction(1, 64)))
        changes["wrong values"] = changed(data, ("values", 0), moved(Fraction(-1, 2**20)))
    else:
        changes["a longer horizon"] = changed(data, ("mdp", "horizon"), lambda h: h + 1)
    if kind == "lipschitz":
        plan = ("plans", 0, 0, 1)
        changes["a wrong plan"] = changed(data, plan, moved(Fraction(1, 64)))
        changes["a negative plan"] = changed(data, plan, lambda _: "-1/64")
    assert all(isinstance(c, dict) for c in changes.values())
    for name, tampered in changes.items():
        with pytest.raises(Refused):
            check(tampered)
            pytest.fail(f"{kind}, {end}: {name} was accepted")


@pytest.mark.parametrize("kind, end", BOTH)
def test_refuses_rewards_outside_the_class(kind, end):
    data = certified(kind, end)
    cell = (0,) * (3 if end == "finite" else 2) if isinstance(data["strategy"][0], list) else (0,)
    outside = {"chi2": "2000001/1000000", "lipschitz": "100", "total-variation": "3/5"}.get(kind, "-3")
    if kind == "reverse-kl":  # whose domain is the line: a worse reward proves less
        with pytest.raises(Refused, match="only prove"):
            check(changed(data, ("strategy", *cell), lambda _: "-3"))
        return
    message = r"leave the domain|outside the \w+ ball|changes by more"
    with pytest.raises(Refused, match=message):
        check(changed(data, ("strategy", *cell), lambda _: outside))


def test_refuses_rewards_below_the_domain_by_less_than_it_can_resolve():
    """-log 2 is irrational: a reward that may lie below it is refused, and it must not count where e = 0 either."""
    data = certified("jensen-shannon", "finite")
    with pytest.raises(Refused, match="leave the domain"):
        check(changed(data, ("strategy", 0, 0, 0), lambda _: "-693147180559945309417232121459/" + "1" + "0" * 30))


def test_constant_rewards_do_not_multiply_a_rounded_mass():
    """Lipschitz rewards are bounded, or targets that sum to 1 only up to rounding would have no finite distance."""
    data = certified("lipschitz", "finite")
    step = data["strategy"][0]
    with pytest.raises(Refused, match="half the largest distance"):
        check(changed(data, ("strategy", 0), lambda _: [[str(Fraction(r) + 50) for r in row] for row in step]))


@pytest.mark.parametrize("kind, end", [("chi2", "finite"), ("l2", "discounted"), ("lipschitz", "finite")])
def test_refuses_missing_and_unknown_names(kind, end):
    data = certified(kind, end)
    for path in [(), ("mdp",), ("adversary",), ("value",)]:
        inner = data
        for key in path:
            inner = inner[key]
        for name in inner:
            tampered = changed(data, path, lambda x, n=name: {k: v for k, v in x.items() if k != n}) if path else None
            with pytest.raises(Refused, match=r"must have|must be|makes no sense|not a list"):
                check(tampered or {k: v for k, v in data.items() if k != name})
    with pytest.raises(Refused, match=r"must have .* comment"):
        check(data | {"comment": "trust me"})
    if kind != "lipschitz":
        with pytest.raises(Refused, match="must have"):
            check(data | {"plans": []})
    with pytest.raises(Refused, match=r"must have .* name"):
        check(changed(data, ("mdp",), lambda mdp: mdp | {"name": "Garnet"}))
    with pytest.raises(Refused, match="must have"):
        check(changed(data, ("mdp",), lambda mdp: mdp | {"discount": "1/2", "horizon": 3}))


MALFORMED = [None, True, 1.5, -1, 0, "", "nan", "inf", "1e3", "0.5", " 1", "1/0", "1_0", "٣", [], {}, [[]], "10", ["1"]]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ["jensen-shannon", "linf", "lipschitz"])
def test_whatever_is_malformed_is_refused_and_nothing_else_is_raised(kind, end):
    """Every field, and the first entry of every table at every depth, replaced by everything that is not one."""
    data = certified(kind, end)
    paths = list(_paths(data, ()))
    for path in paths:
        for wrong in MALFORMED:
            tampered = changed(data, path, lambda _, wrong=wrong: wrong)
            if tampered != data:
                try:
                    proof = check(tampered)
                except Refused as problem:
                    assert str(problem)
                else:  # an entry that another number replaced without harm: what was proved is still what was claimed
                    assert _still_true(tampered, path, wrong), (path, wrong, proof)


def _paths(data, path):
    if path:
        yield path
    inner = data.items() if isinstance(data, dict) else enumerate(data[:1]) if isinstance(data, list) else ()
    for key, value in inner:
        yield from _paths(value, (*path, key))


def _still_true(data, path, wrong):
    """Guesses and claims may be replaced by weaker ones; anything else must not pass."""
    number = (isinstance(wrong, int) and not isinstance(wrong, bool)) or wrong in ("10",)
    return number and path[0] in ("value", "values", "plans", "strategy", "adversary")


def test_refuses_what_is_not_strict_json():
    text = json.dumps(certified("chi2", "finite"))
    for broken, message in (
        (text[:-1], "JSONDecodeError"),
        (text.replace('"horizon": 3', '"horizon": 3.0'), "3.0 is no whole number"),
        (text.replace('"horizon": 3', '"horizon": NaN'), "nan is no whole number"),
        (text.replace('"horizon": 3', '"horizon": true'), "True is no whole number"),
        (text.replace('"horizon": 3', '"horizon": "5/2"'), "a horizon is whole"),
        (text.replace('"horizon": 3', '"horizon": 0'), "a horizon is whole"),
        (text.replace('"horizon": 3', '"horizon": 3, "horizon": 3'), "one is given twice"),
        ("[" * 100_000, "RecursionError"),
        ("[]", "makes no sense"),
        ("null", "makes no sense"),
        (text.replace("iltheory-saddle/1", "iltheory-saddle/0"), "iltheory-saddle/0"),
        (text.replace('"chi2"', '"chi3"'), "chi3"),
        (text.replace('"divergence"', '"distance"'), "no adversary"),
    ):
        assert broken != text
        with pytest.raises(Refused, match=message):
            check_text(broken)


def test_refuses_tables_of_other_sizes():
    data = certified("linf", "finite")
    more = [*data["adversary"]["features"][0][0][:-1], "1", "1"]
    for path, change in (
        (("mdp", "P", 0, 0), lambda row: [*row, "0"]),
        (("mdp", "P", 0, 0), lambda row: row[:-1]),
        (("mdp", "P", 0), lambda rows: rows[:1]),
        (("mdp", "P"), lambda P: [P, P]),  # two steps of three
        (("mdp", "P"), lambda P: [P]),
        (("policy",), lambda pi: pi[:1]),
        (("policy", 0, 0), lambda row: "10"),
        (("target",), lambda target: target[0]),
        (("target", 0), lambda step: step[:1]),
        (("adversary", "features", 0, 0), lambda _: more),
        (("adversary", "features"), lambda f: [f, f]),
        (("strategy",), lambda w: [*w, "0"]),
        (("strategy",), lambda w: w[:1]),
        (("strategy",), lambda w: []),
    ):
        with pytest.raises(Refused, match=r"not a list of|not a rational|makes no sense"):
            check(changed(data, path, change))
    lipschitz = certified("lipschitz", "finite")
    for path, change in (
        (("adversary", "metric"), lambda m: m[:-1]),
        (("adversary", "metric", 0, 0), lambda _: "1"),
        (("adversary", "metric", 0, 1), lambda _: "-1"),
        (("adversary", "metric", 0, 1), moved(1)),
        (("plans",), lambda plans: plans[:1]),
    ):
        with pytest.raises(Refused):
            check(changed(lipschitz, path, change))


@pytest.mark.parametrize("ragged", [["1", ["2"]], [["1"], ["1", "2"]], [[], ["1"]], [["1"], "2"]])
def test_refuses_ragged_tables_among_statements(ragged):
    stated = {"schema": "iltheory-statements/1", "about": "x", "instance": {"a": ragged}, "fails": []}
    with pytest.raises(Refused, match="a table holds"):
        check({**stated, "holds": [["<=", "a", "3"]]})


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([c for c in BOTH if c[0] != "lipschitz"]), st.integers(0, 2**32), st.integers(1, 40))
def test_any_policy_and_reward_give_bounds_that_enclose_the_value(case, seed, shift):
    """Weak duality in the kernel itself: replace the players by bad ones, and ask what they prove."""
    data = certified(*case)
    value = Fraction(data["value"]["lower"]), Fraction(data["value"]["upper"])
    weak = changed(data, ("value",), lambda _: {"lower": "-1000000", "upper": "1000000"})
    state = seed % S
    worse = [f"{shift}/64", f"{64 - shift}/64"]
    path = ("policy", seed % 3, state) if case[1] == "finite" else ("policy", state)
    weak = changed(weak, path, lambda _: worse)
    tilt = 1 - Fraction(seed % 7, 100)
    weak = changed(weak, ("strategy",), lambda x: x if case[0] == "simplex" else _each(x, tilt))
    proof = check(weak)
    assert proof.lower <= value[1] and proof.upper >= value[0]


def _each(x, factor):
    return [_each(y, factor) for y in x] if isinstance(x, list) else str(factor * Fraction(x))


def test_a_policy_that_may_leave_the_expert_proves_nothing_for_infinite_divergences():
    mdp = model("finite")
    expert = mdp.optimal_policy()
    data = certificate(solve(OccupancyGame(mdp, mdp.occupancy(expert), DivergenceRewards("chi2"), 0)))
    check(data)
    with pytest.raises(Refused, match="infinite"):
        check(changed(data, ("policy",), lambda pi: [[["1/2", "1/2"]] * S] * 3))
    forward = certificate(solve(OccupancyGame(mdp, mdp.occupancy(expert), DivergenceRewards("forward-kl"), 0)))
    away = [[["0", "1"] if row[0] == "1" else ["1", "0"] for row in step] for step in data["policy"]]
    with pytest.raises(Refused, match="infinite"):
        check(changed(forward, ("policy",), lambda _: away))


def test_command_line(tmp_path, capsys):
    good, bad, cut = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "cut.json"
    data = certified("jensen-shannon", "discounted")
    good.write_text(json.dumps(data))
    bad.write_text(json.dumps(changed(data, ("value", "upper"), moved(Fraction(-1, 100)))))
    cut.write_bytes(json.dumps(data).encode()[:-5] + b"\xff")
    assert main([str(good)]) == 0
    assert "valid: the value lies in [" in capsys.readouterr().out
    assert main([str(good), str(bad), str(cut), str(tmp_path / "none.json")]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [": valid: " in line for line in said] == [True, False, False, False]
    assert all(": refused: " in line for line in said[1:])
    assert "only prove" in said[1] and "UnicodeDecodeError" in said[2] and "No such file" in said[3]


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["--help"], 0)])
def test_usage(arguments, status, capsys):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    assert left.value.code == status and "usage: python -m proofs_check.kernel" in said.out + said.err


@pytest.mark.parametrize(
    "name", ["valid: (0 >= 1) is true (0 against 1)\n", "\nx.json: valid: 1", "\ud800", "\x1b[2K\rvalid", "é" * 10**5]
)
def test_nothing_in_a_file_looks_like_a_verdict_or_stops_the_next_file(name, tmp_path):
    """What is refused is quoted in ASCII, cut off, on the line of its file."""
    lie = {"schema": "iltheory-statements/1", "about": "x", "instance": {name: 1}, "holds": [[">=", 0, 1]], "fails": []}
    (tmp_path / "a name.json").write_text(json.dumps(lie))
    (tmp_path / "a schema.json").write_text(json.dumps({"schema": name}))
    (tmp_path / "a name more.json").write_text(json.dumps(certified("chi2", "finite") | {name: 1}))
    (tmp_path / "fine.json").write_text(json.dumps(certified("chi2", "finite")))
    names = ["a name.json", "a schema.json", "a name more.json", "fine.json"]
    command = [sys.executable, "-m", "proofs_check.kernel", *names]
    path = {"PYTHONPATH": str(FOLDER.parents[1]), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, env=path, check=False)
    assert done.returncode == 1 and done.stderr == ""
    lines = done.stdout.splitlines()
    starts = [f"{file}: {'valid' if file == 'fine.json' else 'refused'}: " for file in names]
    assert all(line.startswith(start) for line, start in zip(lines, starts, strict=True))
    assert all(line.isascii() and line.isprintable() and len(line) < 21_000 for line in lines)


def test_a_file_without_a_known_schema_is_told_which_there_are():
    for text, said in (("{}", "is lacking"), ('{"schema": "mine/2"}', "is mine/2"), ('{"schema": [1]}', "is [")):
        with pytest.raises(Refused, match=re.escape(f'"schema" {said}')) as refused:
            check_text(text)
        assert "iltheory-saddle/1 or iltheory-statements/1" in str(refused.value)


def test_runs_alone_in_a_fresh_interpreter(tmp_path):
    """Without site packages, from the sources only: the checker needs nothing but Python."""
    path = tmp_path / "saddle.json"
    path.write_text(json.dumps(certified("chi2", "finite")))
    command = [sys.executable, "-I", "-S", "-c", _ALONE, str(FOLDER.parents[1]), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "valid: the value lies in" in done.stdout
    module = [sys.executable, "-m", "proofs_check.kernel", str(path)]
    assert subprocess.run(module, capture_output=True, timeout=60, cwd=FOLDER.parents[1], check=False).returncode == 0


_ALONE = """
import runpy, sys
root, path = sys.argv[1:]
sys.path.insert(0, root)
sys.argv = ["kernel", path]
runpy.run_module("proofs_check.kernel", run_name="__main__")
"""


def test_imports_nothing_but_the_standard_library_and_itself():
    files = sorted(FOLDER.glob("*.py"))
    assert sum(len(file.read_text().splitlines()) for file in files) < 500
    assert all(len(line) <= 120 for file in files for line in file.read_text().splitlines())
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or name.startswith("proofs_check.kernel"), (file.name, name)
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
        assert "float(" not in file.read_text().replace("width {float(high - low)", "")


def test_the_example_of_the_documentation(tmp_path, monkeypatch):
    """It runs as printed, and the command prints what the page says."""
    page = (FOLDER.parents[1] / "docs" / "certificates.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/certificates.md", "exec"), {})
    proof = check(json.loads(Path("saddle.json").read_text()))
    said = re.search(r"lies in \[(\S+), (\S+)\], width .* \((jensen-shannon, .*)\)", page)
    assert said.group(3) == proof.game
    assert all(abs(float(said.group(i)) - float(x)) < 1e-12 for i, x in ((1, proof.lower), (2, proof.upper)))


def test_numbers_are_printed_outwards():
    third = Fraction(1, 3)
    assert show(third) == "1/3" and show(Fraction(10**40)) == "[1.0000000000000000E+40, 1.0000000000000000E+40]"
    low, high = re.match(r"\[(.*), (.*)\]$", show(third, third + Fraction(1, 10**20))).groups()
    assert Fraction(low) < third and third + Fraction(1, 10**20) < Fraction(high)
    low, high = re.match(r"\[(.*), (.*)\]$", show(-third - Fraction(1, 10**20), -third)).groups()
    assert Fraction(low) < -third - Fraction(1, 10**20) and -third < Fraction(high)


def test_the_largest_models_are_not_written_out():
    mdp = model("finite", n_states=600, n_actions=3)
    saddle = solve(OccupancyGame(mdp, mdp.occupancy(mdp.optimal_policy()), DivergenceRewards("jensen-shannon"), 1))
    with pytest.raises(InvalidArgument, match="too many to write out"):
        certificate(saddle)


def test_every_adversary_of_the_toolkit_is_known():
    assert set(KINDS) == set(adversaries()) and len(KINDS) == 11
