"""A formula that is no claim is an error, never `none found`; what was not tested is said."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

import iltheory as il
from iltheory.attack.falsify import falsify
from iltheory.claims.claim import InvalidClaim
from iltheory.cli import app
from iltheory.reporting.attack_pages import falsification_page
from iltheory.reporting.bundle import ForeignFile
from iltheory.reporting.exact import violated
from sims.arithmetic import MixedArithmetic, NotRepresentable, NotSingle
from sims.errors import IltheoryError


@il.claim(statement="false at H = 1, and the constant is a float")
def with_a_float(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= 0.5 * mdp.horizon**2 * il.error_rate(mdp, expert, learner)


@il.claim(statement="no comparison")
def no_comparison(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner)


@il.claim(statement="one truth value for a batch")
def branching(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    if il.gap(mdp, expert, learner) <= 0:
        return il.gap(mdp, expert, learner) <= 0
    return il.gap(mdp, expert, learner) <= mdp.horizon


@il.claim(statement="nothing meets the assumption")
def impossible(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    il.assume(il.value(mdp, expert) < 0)
    return il.gap(mdp, expert, learner) <= -1


@il.claim(statement="rewards may differ")
def same_value(mdp: il.FiniteHorizonMDP, model: il.FiniteHorizonMDP, pi: il.Policy):
    distance = abs(il.occupancy(mdp, pi) - il.occupancy(model, pi)).sum((-3, -2, -1))
    return il.value(mdp, pi) - il.value(model, pi) <= distance


@il.claim(statement="the relative entropy the other way is infinite")
def turned(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.trajectory_kl(mdp, expert, learner) <= mdp.horizon * il.policy_kl(mdp, learner, expert)


@il.claim(statement="the logarithm of a constant has no number system")
def rational_logarithm(p: il.Distribution):
    return il.sqrt(p).sum(-1) <= il.log(Fraction(4))


@il.claim(statement=r"J(\pi_E) - J(\pi) \le 10 H \epsilon, false from H = 11 on")
def eleven_steps(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= 10 * mdp.horizon * il.error_rate(mdp, expert, learner)


@pytest.mark.parametrize(
    ("claim", "error"),
    [
        (with_a_float, MixedArithmetic),
        (no_comparison, InvalidClaim),
        (branching, NotSingle),
        (rational_logarithm, NotRepresentable),
    ],
)
def test_a_formula_that_is_no_claim_is_an_error(claim: il.Claim, error: type[IltheoryError]) -> None:
    with pytest.raises(error):
        falsify(claim, budget=5)


def test_a_claim_that_nothing_tests_says_so() -> None:
    from rich.console import Console

    found = falsify(impossible, budget=0.5)
    assert found.verdict == "none found" and found.closest is None
    console = Console(width=110)
    with console.capture() as shown:
        console.print(falsification_page(found))
    assert "no instance met the assumptions" in shown.get()


def test_a_side_that_is_zero_has_no_ratio() -> None:
    found = falsify(same_value, budget=5).simplest
    assert found is not None and str(found.rhs) == "0" and math.isinf(found.ratio)


def test_infinity_is_written_as_such() -> None:
    found = falsify(turned, budget=5).simplest
    assert found is not None and violated(found).startswith("refuted: lhs = ∞, rhs ≤ ")


def test_the_worst_counterexample_has_simple_numbers_too() -> None:
    found = falsify(eleven_steps, budget=20)
    assert found.simplest is not None and found.worst is not None and found.size is not None
    assert found.size.horizon == 11 and violated(found.simplest) == "refuted: lhs = 11, rhs = 10, so lhs > rhs"
    assert found.worst.ratio >= found.simplest.ratio
    numbers = [*found.worst.instance["expert"].fractions().ravel(), *found.worst.instance["mdp"].P.fractions().ravel()]
    assert max(x.denominator for x in numbers) <= 2**10


def test_a_slip_in_a_conjecture_is_one_message_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "slip.py"
    file.write_text(
        "import iltheory as il\n\n\n"
        '@il.claim(statement="a slip")\n'
        "def slip(mdp: il.FiniteHorizonMDP, expert: il.Policy):\n"
        "    return il.valeu(mdp, expert) <= 1\n"
    )
    outcome = CliRunner().invoke(app, ["falsify", str(file), "--budget", "2s", "--workers", "1"])
    assert isinstance(outcome.exception, InvalidClaim)
    assert str(outcome.exception).startswith(f"slip fails at {file}:6: AttributeError")


def test_a_result_that_cannot_be_written_does_not_cost_the_bundle(tmp_path: Path) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        "import iltheory as il\n\n\n"
        '@il.claim(statement="nothing pays")\n'
        "def wrong(mdp: il.FiniteHorizonMDP, expert: il.Policy):\n"
        "    return il.value(mdp, expert) <= 0\n"
    )
    folder, lost = tmp_path / "bundle", Path("/dev/full")
    options = ["falsify", str(file), "--budget", "5s", "--workers", "1", "--bundle", str(folder)]
    outcome = CliRunner().invoke(app, [*options, "--json", str(lost)])
    assert "cannot be written" in str(outcome.exception) and (folder / "counterexample.json").is_file()
    outcome = CliRunner().invoke(app, [*options[:-1], str(file), "--json", str(tmp_path / "out.json")])
    assert isinstance(outcome.exception, ForeignFile) and (tmp_path / "out.json").is_file()
