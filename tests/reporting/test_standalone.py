"""Stand-alone checkers: complete ones refute again what was refuted, tampered ones fail, others say what they lack."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from functools import wraps

import pytest

import iltheory as il
from iltheory.attack.counterexample import certify
from iltheory.attack.references import resolve
from iltheory.reporting.standalone import checker_covers, checker_script
from sims import TabularMDP, families
from sims import arithmetic as ar

HALF = Fraction(1, 2)

SAMPLE = (
    "ross-bagnell-2010-thm-2-1",
    "rajaraman-2020-bc-stoch",
    "traj-chain-rules",
    "traj-chain-rules.tv",
    "j-gap-from-occ.signed",
    "occ-l1-from-policy",
    "infogail-2017-bound",
    "infogail-2017-modes",
    "lsiq-mixture-chi2.values",
    "swamy-2021-offq.equilibrium",
    "swamy-2021-recoverability.unicycle",
    "ng-1999-shaping.next-state",
    "kim-2021-deterministic.linkage",
    "cao-2021-two-environments.stable",
    "ross-bagnell-2010-smile",
    "dagger-2011-thm-4-2",
    "abbeel-ng-2004-samples",
    "iq-experiments",
    "mce-robust.minimax",
    "airl-2018-thm-5-2",
)
"""Claims whose scripts cover trajectories, discounts, logarithms, soft optima, enumerated data, graphs and tables."""


def counterexample(claim, *values):
    found = certify(claim, claim.bind_any(values or claim.counterexample()))
    assert found is not None
    return found


def run(script, folder):
    """Status and lines of what a script prints, with no package but the standard library in sight."""
    file = folder / "checker.py"
    file.write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", file], capture_output=True, text=True, timeout=100, cwd=folder)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def printed(line):
    return float(line.split()[-1])


def check_agrees(found, folder):
    status, lines = run(checker_script(found), folder)
    assert status == 0, lines
    assert lines[-1].startswith("refuted: ") and lines[-1].endswith(" is false")
    for line, side in zip(lines, (found.lhs, found.rhs), strict=False):
        below, above = (float(end) for end in (side.lower, side.upper))
        assert below - 1e-12 * (1 + abs(below)) <= printed(line) <= above + 1e-12 * (1 + abs(above))


@pytest.mark.parametrize("id", SAMPLE)
def test_scripts_compute_both_sides_again(id, tmp_path):
    variant = il.catalogue()[id].false_variants[0]
    assert checker_covers(variant) == ()
    check_agrees(counterexample(variant), tmp_path)


@il.claim(statement=r"J(\pi_E) - J(\pi) \le \tfrac{1}{3} H^2 \epsilon")
def third_constant(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon**2 * il.error_rate(mdp, expert, learner) / 3


def conjecture():
    return counterexample(third_constant, *families.first_step_error(horizon=2, error=HALF))


def test_the_claim_of_a_user_prints_fractions(tmp_path):
    status, lines = run(checker_script(conjecture()), tmp_path)
    assert status == 0
    assert lines[-1] == "refuted: 2 <= 2/3 is false"


def test_a_script_needs_only_python():
    script = checker_script(conjecture())
    imported = {line.split()[1].split(".")[0] for line in script.splitlines() if line.startswith(("import ", "from "))}
    assert imported - {"__future__"} <= sys.stdlib_module_names
    assert "class Enclosure" not in script  # no logarithm, no root: fractions do
    assert len(script.splitlines()) < 750


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"expert": [[["1", "0"]', '"expert": [[["1", "1"]', "sums to 2"),
        ('"expert": [[["1", "0"]', '"expert": [[["1/2", "1/2"]', "not deterministic"),
        ('"learner": [[["0", "1"]', '"learner": [[["1", "0"]', "no counterexample: 0 <= 0 is true"),
        ('"learner": [[["0", "1"]', '"learner": [[["-1", "2"]', "least entry -1"),
        ('"mu": ["1", "0", "0"]', '"mu": ["1", "0"]', "not a table with 3 entries"),
        ('"mu": ["1", "0", "0"]', '"mu": ["9/10", "0", "0"]', "sums to 9/10"),
        ('"mu": ["1", "0", "0"]', '"mu": [1.0, "0", "0"]', "1.0 is no rational"),
        ('"horizon": 2', '"horizon": 0', "horizon"),
        ('"horizon": 2', '"horizon": 2, "horizon": 3', "given twice"),
    ],
)
def test_a_tampered_script_fails(before, after, words, tmp_path):
    script = checker_script(conjecture())
    assert before in script
    status, lines = run(script.replace(before, after), tmp_path)
    assert status == 1
    assert lines[-1].startswith(("wrong: ", "left side")) and words in lines[-1]


def test_assumptions_are_checked(tmp_path):
    variant = il.catalogue()["ross-bagnell-2010-thm-2-1"].false_variants[0]
    script = checker_script(counterexample(variant))
    status, lines = run(script.replace('"r": [["1", "0"]', '"r": [["7", "0"]'), tmp_path)
    assert (status, lines) == (1, ["wrong: the assumption «rewards in [0, 1]» fails"])


FILE = """
from fractions import Fraction

import iltheory as il
from sims import arithmetic as ar

THIRD = Fraction(1, 3)


def weighed(mdp, *, share=THIRD):
    return share * mdp.horizon**2


def distance(p, q) -> float:
    \"\"\"Total variation in its own words.\"\"\"
    gap = ar.sum(abs(p - q), -1)  # a variable with the name of a measure
    return gap / 2


@il.claim(statement="...", assumptions=[il.Assumption("some value", lambda mdp, expert: il.value(mdp, expert) > 0)])
def mine(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    middle = (expert + learner) / 2
    far = ar.sum(mdp.state_occupancy(expert) * distance(mdp.policy(expert), mdp.policy(middle)), (-2, -1))
    il.assume(far >= 0)
    return il.gap(mdp, expert, learner) <= weighed(mdp) * far / mdp.horizon


@il.claim(statement="...")
def entropic(mdp: il.DiscountedMDP, pi: il.Policy):
    worth = il.value(mdp, pi)
    return il.soft_optimal_value(mdp, 1) <= il.causal_entropy(mdp, pi) + il.sqrt(worth) * il.log(worth)
"""


def test_claims_of_a_file_bring_their_helpers(tmp_path):
    file = tmp_path / "statistics.py"  # a name that the standard library has, too
    file.write_text(FILE, encoding="utf-8")
    mine, entropic = resolve(f"{file}::mine"), resolve(f"{file}::entropic")
    check_agrees(counterexample(mine, *families.first_step_error(horizon=2, error=HALF)), tmp_path)
    mdp = TabularMDP(
        ar.asarray([[[1, 0], [0, 1]], [[0, 1], [1, 0]]]), ar.asarray([[1, 0], [0, HALF]]), [1, 0], discount=HALF
    )
    check_agrees(counterexample(entropic, mdp, ar.asarray([[1, 0], [HALF, HALF]])), tmp_path)


def test_history_policies_and_many_policies_are_read(tmp_path):
    @il.claim(statement="...")
    def apart(mdp: il.FiniteHorizonMDP, memory: il.HistoryPolicy, others: il.Policies):
        return il.trajectory_tv(mdp, memory, others[1]) <= il.trajectory_tv(mdp, others[0], others[1])

    mdp = TabularMDP(ar.asarray([[[1], [1]]]), ar.asarray([[1, 0]]), [1], horizon=2)
    memory = ar.asarray([[[1, 0]]]), ar.asarray([[[1, 0]], [[0, 1]]])
    even = ar.asarray([[HALF, HALF]])
    check_agrees(counterexample(apart, mdp, memory, (even, even)), tmp_path)


@pytest.mark.parametrize("id", ["mce-gradient", "occ-mixture.value", "dagger-ftl-needs-convexity.regret"])
def test_scripts_are_written_for_python_3_9(id):
    script = checker_script(counterexample(il.catalogue()[id].false_variants[0]))
    ast.parse(script, feature_version=(3, 9))
    assert "strict=" not in script and not re.search(r"\w\[\.\.\., \*", script)  # 3.10 and 3.11


def test_what_is_missing_is_named_and_nothing_is_claimed(tmp_path):
    variant = il.catalogue()["swamy-2021-adril"].false_variants[0]
    assert checker_covers(variant) == ("adril", "frank_wolfe")
    status, lines = run(checker_script(counterexample(variant)), tmp_path)
    assert status == 2
    assert "NOT checked here" in lines[-1] and "adril, frank_wolfe" in lines[-1]
    assert not any("refuted" in line for line in lines)


def test_a_script_without_formula_still_checks_the_instance(tmp_path):
    variant = il.catalogue()["swamy-2021-adril"].false_variants[0]
    script = checker_script(counterexample(variant))
    start = script.index('"mu": ["') + len('"mu": ["')
    tampered = script[:start] + "3/7" + script[script.index('"', start) :]
    status, lines = run(tampered, tmp_path)
    assert status == 1 and "no distribution" in lines[-1]


def test_sampled_claims_are_out_of_scope():
    (variant, *_) = next(claim.false_variants for claim in il.catalogue().values() if claim.statistical)
    assert checker_covers(variant) == ("sampled_mean",)


def test_a_function_that_was_changed_since_is_not_copied_from_its_file():
    """A wrapper, or a function compiled from a changed tree, must not be mistaken for what the file says."""
    original = third_constant.function

    @wraps(original)
    def wrapped(mdp, expert, learner):
        return mystery(original(mdp, expert, learner))

    code = original.__code__.replace(co_consts=tuple(4 if x == 3 else x for x in original.__code__.co_consts))
    changed = type(original)(code, original.__globals__, original.__name__)
    assert "mystery" in checker_covers(replace(third_constant, function=wrapped))
    assert checker_covers(replace(third_constant, function=changed)) == ("the source of third_constant",)


mystery = bytes.fromhex


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_most_false_variants_of_the_catalogue_have_complete_scripts_that_agree(tmp_path):
    variants = [variant for claim in il.catalogue().values() for variant in claim.false_variants]
    complete = [variant for variant in variants if not checker_covers(variant)]
    assert len(complete) >= 0.9 * len(variants)
    for variant in complete:
        check_agrees(counterexample(variant), tmp_path)
