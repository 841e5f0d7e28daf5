"""Tables of claims say what verification found, in three formats, with decimals that are rounded the safe way."""

from __future__ import annotations

import csv
import json
import random
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from io import StringIO
from itertools import pairwise

import pytest
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from pylatexenc.latexwalker import LatexWalker
from typer.testing import CliRunner

import iltheory as il
from iltheory.attack.counterexample import Counterexample
from iltheory.attack.extreme import Extreme
from iltheory.attack.tightness import Tightness
from iltheory.claims.instances import decode
from iltheory.claims.registry import catalogue
from iltheory.cli import app
from iltheory.engine.executors import serial
from iltheory.engine.ledger import Ledger
from iltheory.engine.report import FamilyReport, Report
from iltheory.engine.verify import verify_all
from iltheory.proofs import Contradiction, Theorem
from iltheory.reporting.exact import sides
from iltheory.reporting.table import InvalidRows, Row, read_growths, recorded, table_rows
from iltheory.reporting.table_columns import COLUMNS, FIELDS, LEGEND, formulas, record, telling
from iltheory.reporting.table_formats import FORMATS, LONG, WIDE
from iltheory.suggestions import require_known
from proofs_check.coq.refusals import REALS
from sims.arithmetic import Enclosure
from sims.errors import InvalidArgument

BOUND, EQUALITY, LOGARITHMS, SAMPLED = (
    "ross-bagnell-2010-thm-2-1", "pdl", "occ-dpi.chain-finite", "rajaraman-2020-bc-det.sampled",
)  # fmt: skip
SMALL = "kaariainen-2006-flip.quadratic"
PRINTED = list(COLUMNS)
MARK = "made by a test"


@il.claim(statement=r"J(\pi_E) - J(\pi) \le H \epsilon", id="linear-in-h")
def linear(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    """Errors cost at most the horizon each: false."""
    return il.gap(mdp, expert, learner) <= mdp.horizon * il.error_rate(mdp, expert, learner)


@il.claim(statement=r"J(\pi) \le 0", id="worthless")
def worthless(mdp: il.FiniteHorizonMDP, pi: il.Policy):
    """No policy earns anything: false, and without a ratio."""
    return il.value(mdp, pi) <= 0


@il.claim(statement=r"J(\pi) = 2 J(\pi)", id="doubled")
def doubled(mdp: il.FiniteHorizonMDP, pi: il.Policy):
    """Twice the return is the return: false."""
    return il.equal(il.value(mdp, pi), 2 * il.value(mdp, pi))


@pytest.fixture(scope="module")
def verified(tmp_path_factory):
    """A ledger of seven claims, three of them false, with what verify said itself."""
    ledger = tmp_path_factory.mktemp("table") / "ledger.sqlite"
    claims = [catalogue()[id] for id in (BOUND, EQUALITY, LOGARITHMS, SAMPLED)] + [linear, worthless, doubled]
    reports = verify_all(claims, budget=1e-6, ledger=ledger, executor=serial())  # one block of each random law
    return claims, ledger, {report.claim: report for report in reports}


@pytest.fixture(scope="module")
def rows(verified):
    claims, ledger, _ = verified
    return {row.claim.id: row for row in table_rows(claims, recorded(claims, ledger))}


def row_of(claim, *, worst=None, op="<=", growth=None, attained=None, **facts) -> Row:
    """A row that no verification made."""
    report = Report(claim.id, op, "auto", 0, (FamilyReport("random mixed", **({"holds": 1234} | facts)),))
    return Row(claim, report, worst, attained, growth)


def shown(row: Row, column: str) -> str:
    return "".join(piece.content for piece in COLUMNS[column].cell(row))


def with_ratio(ratio: Enclosure, claim=linear) -> Row:
    extreme = Extreme(claim, {}, ratio, Enclosure(1, 1), "<=")
    return row_of(claim, worst=extreme, refuted=int(ratio.lower > 1))


# What rows say


def test_a_proof_is_the_verdict_of_a_row_and_no_refuted_row_has_one(verified):
    claims, ledger, _ = verified
    reports = recorded(claims, ledger)
    general = Theorem(EQUALITY, "proved", "proved", "Difference.difference", "", "", (), 1.0)
    shaped = Theorem(
        BOUND, "shape", "proved for shape S=3, A=2, H=3", "vertices of polytopes", "", "", (), 1.0, ("S=3, A=2, H=3",)
    )
    one = replace(shaped, claim=linear.id, shapes=("S=99, A=1, H=1",))
    theorems = {EQUALITY: (general, replace(shaped, claim=EQUALITY)), BOUND: (shaped,), linear.id: (one,)}
    chosen = [claim for claim in claims if claim.id in theorems]
    rows = {row.claim.id: row for row in table_rows(chosen, reports, theorems=theorems)}
    kept = {id: record(row) for id, row in rows.items()}
    assert (kept[EQUALITY]["rung"], kept[EQUALITY]["verdict"]) == ("proved", "proved")
    assert (kept[BOUND]["rung"], kept[BOUND]["verdict"]) == ("shape", shaped.verdict)
    assert (kept[linear.id]["rung"], kept[linear.id]["verdict"]) == ("refuted", "refuted")
    assert all(kept[id]["instances"] == reports[id].instances > 0 for id in theorems)
    with pytest.raises(Contradiction, match=r"linear-in-h is proved .* and refuted"):
        table_rows([linear], reports, theorems={linear.id: (replace(general, claim=linear.id),)})
    for form in FORMATS.values():
        assert "proved for shape S=3, A=2, H=3" in re.sub(r"[\\$]", "", form([*rows.values()], PRINTED, MARK))


def test_a_theorem_makes_a_row_without_instances_and_names_itself_and_its_axioms():
    logarithms = Theorem(
        LOGARITHMS, "proved", "proved", "Soft.chain", "", "", tuple(sorted(REALS)), 1.0, checker="Coq 8.16.1"
    )
    closed = Theorem(BOUND, "proved", "proved", "Cloning.supervised_bound", "", "", (), 1.0)
    shaped = Theorem(EQUALITY, "shape", "proved for shape S=1", "polynomial identity", "", "", (), 1.0, ("S=1",))
    claims = [catalogue()[id] for id in (BOUND, EQUALITY, LOGARITHMS, SAMPLED)]
    theorems = {theorem.claim: (theorem,) for theorem in (closed, shaped, logarithms)}
    rows = table_rows(claims, {}, theorems=theorems)
    assert [row.claim.id for row in rows] == [BOUND, EQUALITY, LOGARITHMS]
    kept = [record(row) for row in rows]
    assert [row["axioms"] for row in kept] == ["none", None, ", ".join(sorted(REALS))]
    assert [row["verdict"] for row in kept] == [
        "proved", "proved for shape S=1", "proved; assumes the axioms of Coq's real numbers",
    ]  # fmt: skip
    assert all(row[name] is None for row in kept for name in ("instances", "op", "worst_ratio", "attained", "seconds"))
    assert {"proof", "axioms"} < set(telling(rows)) and "axioms" not in telling(rows[:2])
    assert not {"proof", "axioms"} & set(telling([row_of(linear)]))
    columns = ["claim", "statement", "verdict", "proof", "axioms"]
    latex, markdown, data = (FORMATS[form](rows, columns, MARK) for form in ("latex", "markdown", "csv"))
    LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    assert r"\raggedright \texttt{Cloning.\allowbreak{}supervised\_\allowbreak{}bound} & no axiom " in latex
    assert "| proved | `Cloning.supervised_bound` | no axiom |" in markdown
    assert "Worst ratio" not in markdown and "Axioms: those that the theorem in Coq uses, named below" in markdown
    read = list(csv.DictReader(StringIO(data)))
    assert [(line["proof"], line["checker"]) for line in read] == [
        ("Cloning.supervised_bound", ""), ("polynomial identity", ""), ("Soft.chain", "Coq 8.16.1"),
    ]  # fmt: skip


def test_axioms_are_named_once_below_the_table():
    few, all_of_them = tuple(sorted(REALS))[:1], tuple(sorted(REALS))
    claims = [catalogue()[id] for id in (LOGARITHMS, BOUND, EQUALITY)]
    theorems = {
        claim.id: (Theorem(claim.id, "proved", "proved", "A.a", "", "", axioms, 1.0),)
        for claim, axioms in zip(claims, (all_of_them, few, all_of_them), strict=True)
    }
    rows = table_rows(claims, {}, theorems=theorems)
    closed = {EQUALITY: (Theorem(EQUALITY, "proved", "proved", "A.a", "", "", (), 1.0),)}
    rows_without = table_rows([catalogue()[EQUALITY]], {}, theorems=closed)
    latex, markdown, data = (FORMATS[form](rows, ["claim", "axioms"], MARK) for form in ("latex", "markdown", "csv"))
    assert [line.split()[-2] for line in markdown.splitlines()[2:5]] == ["1", "2", "1"]
    assert f"\n\naxioms 1: `{'`, `'.join(all_of_them)}`.\n\naxioms 2: `{few[0]}`.\n\n" in markdown
    assert latex.count("axioms 1") == 3 and latex.count("axioms 2") == 2
    below = latex.split(r"\end{tabular}")[1].replace(r"\allowbreak{}", "").replace(r"\_", "_")
    assert all(below.count(rf"\texttt{{{name}}}") == 1 + (name in few) for name in all_of_them)
    LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    for form in ("latex", "markdown"):
        assert "named below" not in FORMATS[form](rows_without, ["claim", "axioms"], MARK)
    assert [line["axioms"] for line in csv.DictReader(StringIO(data))] == [
        ", ".join(theorems[claim.id][0].assumptions) for claim in claims
    ]


def test_names_of_theorems_have_a_column_where_it_is_wide_enough_and_a_line_where_it_is_not():
    theorem = Theorem(BOUND, "proved", "proved", "Cloning.supervised", "", "", (), 1.0)
    rows = table_rows([catalogue()[BOUND]], {}, theorems={BOUND: (theorem,)})
    narrow, wide = (
        list(body(FORMATS["latex"](rows, columns, MARK))) for columns in (PRINTED, ["claim", "verdict", "proof"])
    )
    assert len(narrow) == 6 and narrow[4].startswith(r"\multicolumn") and "Cloning." in narrow[4]
    assert len(wide) == 4 and wide[3].startswith(r"\raggedright proved & \raggedright \texttt{Cloning.")


def test_rows_carry_what_verify_reported(verified, rows):
    claims, _, reports = verified
    assert list(rows) == [claim.id for claim in claims]
    for id, row in rows.items():
        assert replace(row.report, worst_instance=None) == replace(reports[id], worst_instance=None)
        assert record(row)["verdict"] == reports[id].verdict and record(row)["rung"] == reports[id].rung
        assert record(row)["instances"] == reports[id].instances
        assert record(row)["seconds"] == reports[id].seconds


def test_the_worst_ratio_is_that_of_the_worst_instance_in_rationals(verified, rows):
    claims, _, reports = verified
    instance = decode(claims[0], reports[BOUND].worst_instance)
    mdp, expert, learner = instance["mdp"], instance["expert"], instance["learner"]
    gap, error = (Fraction(f(mdp, expert, learner)) for f in (il.gap, il.error_rate))
    ratio = gap / (mdp.horizon**2 * error)
    fields = record(rows[BOUND])
    assert Fraction(fields["worst_ratio"]) == ratio and fields["worst_ratio_sense"] == "exact"
    assert Fraction(fields["worst_ratio_lower"]) <= ratio <= Fraction(fields["worst_ratio_upper"])
    assert Fraction(fields["worst_lhs"]) == gap
    assert float(ratio) == pytest.approx(reports[BOUND].worst)


def test_a_refuted_claim_shows_by_how_much(rows):
    row = rows["linear-in-h"]
    assert record(row)["verdict"] == "refuted" and record(row)["rung"] == "refuted"
    assert shown(row, "attained") == "" and record(row)["attained"] is None
    assert Fraction(record(row)["worst_ratio_lower"]) > 1
    assert Fraction(record(row)["worst_lhs"]) > Fraction(record(row)["worst_rhs"])
    (decimal,) = re.fullmatch(r"(?:.*(?:=|\\ge) )?([\d.]+)", shown(row, "ratio")).groups()
    assert Fraction(decimal) > 1


def test_a_refutation_without_a_ratio_says_why(rows):
    assert shown(rows["worthless"], "ratio") == "none: the larger side is not positive"
    assert record(rows["worthless"])["worst_ratio"] is None and record(rows["worthless"])["worst_rhs"] == "0"


def test_a_refuted_equality_shows_the_difference(rows):
    worst = rows["doubled"].worst
    assert worst.rhs.lower == 2 * worst.lhs.lower > 0
    assert shown(rows["doubled"], "ratio").startswith("difference ")
    assert record(rows["doubled"])["worst_ratio"] is None


def test_equalities_have_no_ratio(rows):
    assert record(rows[EQUALITY])["verdict"].startswith("holds on ")
    words = record(rows[LOGARITHMS])["verdict"]
    assert re.fullmatch(r"consistent to width \d\.\de-\d+ on \d+ instances", words)
    assert record(rows[LOGARITHMS])["rung"] == "consistent"
    assert Fraction(record(rows[LOGARITHMS])["width"]) >= Fraction(rows[LOGARITHMS].report.width) > 0
    assert re.fullmatch(
        r"consistent to width \d\.\d \\cdot 10\^{-\d+} on \d+ instances", shown(rows[LOGARITHMS], "verdict")
    )
    for id in (EQUALITY, LOGARITHMS):
        assert rows[id].worst is None and rows[id].attained is None and shown(rows[id], "ratio") == ""


def test_a_statistical_claim_says_with_which_confidence(rows):
    row = rows[SAMPLED]
    assert record(row)["rung"] == "confidence"
    assert shown(row, "verdict").startswith("holds with confidence 1 - 10^{-6} on ")
    assert row.worst.ratio.sense == "confidence" and row.attained is None
    assert record(row)["worst_ratio"] is None and record(row)["worst_ratio_sense"].startswith("confidence 49999")
    assert re.fullmatch(r"\[\S+, \S+\] with confidence 1 - \S \\cdot 10\^{-6}", shown(row, "ratio"))
    low, high = re.findall(r"[\d.]+(?=[,\]])", shown(row, "ratio").partition("]")[0] + "]")
    assert Fraction(low) <= row.worst.ratio.lower <= row.worst.ratio.upper <= Fraction(high)


def test_attained_needs_equality_and_not_a_ratio_near_one(verified, rows):
    _, _, reports = verified
    assert rows[BOUND].attained and not rows[BOUND].worst.attained  # by its tight instance
    untight = replace(catalogue()[BOUND], tight=None)
    (row,) = table_rows([untight], {BOUND: reports[BOUND]})
    assert row.attained is False and shown(row, "attained") == "not found"
    found = Tightness(claim=BOUND, bound="", attained=True)
    (row,) = table_rows([untight], {BOUND: reports[BOUND]}, growths={BOUND: found})
    assert row.attained and shown(row, "attained") == "yes"
    near = 1 - Fraction(1, 10**40)
    assert not Extreme(linear, {}, Enclosure(near, near), Enclosure(1, 1), "<=").attained


def test_half_a_run_is_no_row(verified, tmp_path):
    claims, ledger, _ = verified
    half = tmp_path / "half.sqlite"
    with Ledger(ledger) as whole, Ledger(half) as part:
        for record_ in whole.results(claim=BOUND):
            if record_.key.family != "false variants":
                part.record(record_.key, record_.result, record_.seconds)
    assert recorded(claims, half) == {} and recorded(claims, tmp_path / "none.sqlite") == {}
    assert recorded(claims, ledger, seed=1) == {}
    edited = replace(catalogue()[BOUND], tight=None)
    assert recorded([edited], ledger) == {}


# Rounding


def printed(ratio: Enclosure) -> str:
    return shown(with_ratio(ratio), "ratio")


def value(text: str) -> Fraction:
    mantissa, _, power = text.partition(r" \cdot 10^{")
    return Fraction(mantissa) * Fraction(10) ** int(power.rstrip("}") or 0)


def test_decimals_are_rounded_down_and_ends_of_intervals_outward():
    dice = random.Random(0)
    for _ in range(400):
        x = Fraction(dice.randint(-(10**12), 10**12), dice.randint(1, 10 ** dice.randint(1, 24)))
        exact = printed(Enclosure(x, x))
        relation, decimal = re.fullmatch(r"(?:.*?)(=|\\ge)? ?(-?[\d.]+(?: \\cdot 10\^{-?\d+})?)", exact).groups()
        assert value(decimal) == x if relation in ("=", None) else value(decimal) < x
        assert x - value(decimal) <= abs(x) / 1000
        other = x + Fraction(dice.randint(1, 1000), 10**9)
        ball = printed(Enclosure(x, other, "ball"))
        if ball.startswith(r"\ge "):  # the same digits at both ends
            assert 0 <= x - value(ball.removeprefix(r"\ge ")) <= abs(x) / 1000
        else:
            low, high = re.fullmatch(r"\[(.*), (.*)\]", ball).groups()
            assert value(low) <= x < other <= value(high)
        fields = record(with_ratio(Enclosure(x, other, "ball")))
        assert Fraction(fields["worst_ratio_lower"]) <= x < other <= Fraction(fields["worst_ratio_upper"])
        assert fields["worst_ratio"] is None and fields["worst_ratio_sense"] == "ball"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (Fraction(1), "1"),
        (Fraction(0), "0"),
        (Fraction(49, 50), r"\tfrac{49}{50} = 0.98"),
        (Fraction(2, 3), r"\tfrac{2}{3} \ge 0.6666"),
        (Fraction(-2, 3), r"-\tfrac{2}{3} \ge -0.6667"),
        (Fraction(123456789, 9876543212), r"\ge 0.01249"),
        (Fraction(1, 3 * 10**9), r"\tfrac{1}{3000000000} \ge 3.333 \cdot 10^{-10}"),
        (1 - Fraction(1, 10**9), r"\ge 0.9999"),
        (1 + Fraction(1, 10**9), "= 1.000000001"),
        (1 + Fraction(1, 3 * 10**30), r"\ge 1.0000000000000000000000000000003"),
        (Fraction(10**5000 + 1, 10**5000), r"\ge 1"),
    ],
)
def test_ratios_in_print(ratio, text):
    assert printed(Enclosure(ratio, ratio)) == text


def test_sides_of_a_counterexample_differ_in_print_however_near_they_are():
    near = 1 + Fraction(1, 3 * 10**40)  # Python rounds decimals to 28 digits wherever it is not told otherwise
    found = Counterexample(linear, {}, Enclosure(near, near), Enclosure(1, 1), "<=", 1.0)
    left, right = sides(found)
    assert 1 < Fraction(left.removeprefix("≥ ")) < near and right == "1"


def test_ends_of_balls_are_never_shown_as_exact():
    assert printed(Enclosure(Fraction(1, 2), Fraction(1, 2) + Fraction(1, 2**500), "ball")) == r"\ge 0.5"
    assert printed(Enclosure(Fraction(1, 2), Fraction(3, 5), "ball")) == "[0.5, 0.6]"
    near = Fraction(1, 2**500)
    assert printed(Enclosure(1 - near, 1 + near, "ball")) == "[0.9999, 1.001]"
    assert printed(Enclosure(1 + near, 1 + 2 * near, "ball")) == r"\ge 1"


def test_exact_rationals_of_any_length_are_kept():
    long = Fraction(10**5000 + 1, 10**5000)  # Python's own str gives up at 4300 digits
    kept = record(with_ratio(Enclosure(long, long)))["worst_ratio"]
    assert kept == f"1{'0' * 4999}1/1{'0' * 5000}"


def test_intervals_of_exponents_are_rounded_outward():
    grown = Tightness(
        claim="x", bound="", over="H", fitted=1.984, theorem=2.0, excess=-0.016, excess_low=-0.021, excess_high=-0.011
    )
    row = row_of(linear, growth=grown)
    assert shown(row, "exponents") == r"H^{1.98} to H^{2.00}, -0.02 \in [-0.03, -0.01]"
    assert record(row)["exponent_excess_low"] == -0.021 and record(row)["exponent_over"] == "H"
    alone = replace(grown, over="1/(1-gamma)", excess=None, excess_low=None, excess_high=None)
    assert shown(row_of(linear, growth=alone), "exponents") == r"(1/(1-\gamma))^{1.98} to (1/(1-\gamma))^{2.00}"
    assert shown(row_of(linear, growth=replace(grown, fitted=None)), "exponents") == ""


# Formats


@pytest.fixture(scope="module")
def everything():
    """A row of each claim of the catalogue, with a ratio and exponents that need all that a format can escape."""
    confident = Enclosure(Fraction(1, 3), Fraction(2, 3), "confidence", Fraction(1, 10**6))
    grown = Tightness(claim="", bound="", over="1/(1-gamma)", fitted=1.0, theorem=2.0)
    return [replace(with_ratio(confident, claim), growth=grown, attained=True) for claim in catalogue().values()]


SPECIAL = re.compile(r"(?<!\\)[#%_^~&]|(?<!\\)\\(?=[^A-Za-z#%_&$\\{}* ])")


def outside_maths(latex: str) -> str:
    r"""LaTeX without its formulas, where ``\$`` is no delimiter."""
    return re.sub(r"(?<!\\)\$.*?(?<!\\)\$", "", latex)


def body(latex: str) -> Iterator[str]:
    """Lines of a table that are rows."""
    return (line for line in latex.splitlines() if line.endswith((r"\tabularnewline", r"\tabularnewline*")))


def width(line: str) -> int:
    """How many columns a row of LaTeX fills."""
    spans = [int(n) for n in re.findall(r"\\multicolumn\{(\d+)\}", line)]
    return len(re.split(r"(?<!\\)&", outside_maths(line))) + sum(n - 1 for n in spans)


@pytest.mark.parametrize(
    "columns",
    [PRINTED, ["claim"], ["statement", "ratio"], ["source", "verdict"], [c for c in PRINTED if c != "statement"]],
    ids=" ".join,
)
def test_latex_is_balanced_and_each_row_fills_the_columns(everything, columns):
    for rows in ([], everything[:LONG], everything):
        latex = FORMATS["latex"](rows, columns, MARK)
        LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()  # raises where braces or environments do not match
        assert latex.count(r"\begin{longtable}") == latex.count(r"\end{longtable}") == (len(rows) > LONG)
        (given,) = re.findall(r"\\begin\{(?:longtable|tabular)\}\{@\{\}(.*)@\{\}\}", latex)
        places = len(re.findall(r"p\{[\d.]*(?:\\linewidth)\}|[lr]", given))
        lines = list(body(latex))
        line_of_proofs = "proof" in columns  # of the heads: there are no proofs
        facts = set(columns) - {*WIDE, "proof"}
        across = set(columns) & {*WIDE}
        assert places == max(len(facts), 1)
        assert len(lines) == (len(rows) + 1) * (bool(across) + bool(facts)) + line_of_proofs
        assert all(width(line) == places for line in lines)
        for line in lines:
            assert not SPECIAL.search(outside_maths(line).replace("&", "")), line
        assert all(line.startswith("%") for line in latex.splitlines() if MARK in line)


def test_every_formula_is_one_that_latex_reads(everything):
    for row in everything:
        parts = [piece.content for name in PRINTED for piece in COLUMNS[name].cell(row) if piece.kind == "maths"]
        assert len(parts) >= 3
        for part in parts:
            LatexWalker(f"${part}$", tolerant_parsing=False).get_latex_nodes()
            assert not re.search(r"(?<!\\)[$%#&]", part)
            assert part.count(r"\left") - part.count(r"\leftarrow") == part.count(r"\right") - part.count(
                r"\rightarrow"
            )
            ElementTree.fromstring(convert(part))


def test_statements_are_cut_only_between_formulas():
    assert formulas(r"a \le b,\quad b = \{c \quad d\}, \qquad \left[ e \quad f \right]\quad") == [
        r"a \le b,", r"b = \{c \quad d\},", r"\left[ e \quad f \right]",
    ]  # fmt: skip
    for claim in catalogue().values():
        uncut = re.sub(r"\\q?quad(?![A-Za-z])|\s", "", claim.statement)
        assert "".join(formulas(claim.statement)).replace(" ", "").replace(r"\quad", "") == uncut


def test_markdown_has_a_cell_for_each_column_and_formulas_as_github_reads_them(everything):
    markdown = FORMATS["markdown"](everything, PRINTED, MARK)
    tokens = MarkdownIt().enable("table").parse(markdown)
    cells = [token for before, token in pairwise(tokens) if before.type in ("td_open", "th_open")]
    assert len(cells) == (len(everything) + 1) * len(PRINTED)
    for row, place in zip(everything, range(len(PRINTED), len(cells), len(PRINTED)), strict=True):
        line = dict(zip(PRINTED, cells[place : place + len(PRINTED)], strict=True))
        assert line["claim"].children[0].content == row.claim.id
        assert "".join(child.content for child in line["source"].children) == shown(row, "source")
        kinds = [child.type for child in line["statement"].children]
        assert kinds.count("code_inline") == len(formulas(row.claim.statement))
        for before, child in zip([None, *line["statement"].children], line["statement"].children, strict=False):
            if child.type == "code_inline":  # what is between dollars and backticks is a formula
                assert before.content.endswith("$")
                read = re.sub(r"\\Vert ", r"\\|", re.sub(r"\\vert ", "|", child.content))
                assert (
                    read.replace(r"\mathrm{span", r"\operatorname{span") in row.claim.statement
                    or "|" not in child.content
                )
                assert "|" not in child.content and "operatorname" not in child.content
    needed = [sentence for name, sentence in LEGEND.items() if name != "axioms"]  # there are none to be named
    assert all(sentence in markdown for sentence in needed) and f"<!-- {MARK} -->" in markdown


def test_plain_words_do_not_become_markup_or_commands():
    odd = il.Paper("O'Neil_1 & S*ns 100%", 2020, "", theorem="Lemma #3 of [A|B] ~ $x^2$ <b> `c` \\d {e}")
    row = row_of(replace(linear, source=odd))
    latex = FORMATS["latex"]([row], ["source"], MARK)
    LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()
    (line,) = list(body(latex))[1:]
    assert r"O'Neil\_1 \& S*ns 100\% (2020), Lemma \#3 of [A|B] \textasciitilde{} \$x\textasciicircum{}2\$" in line
    assert r"\textbackslash{}d \{e\}" in line and width(line) == 1
    tokens = MarkdownIt().enable("table").parse(FORMATS["markdown"]([row], ["source"], MARK))
    cells = [token for before, token in pairwise(tokens) if before.type == "td_open"]
    (text,) = ["".join(child.content for child in cell.children) for cell in cells]
    assert text == shown(row, "source")


def test_csv_keeps_exact_numbers_apart_from_decimals(rows):
    given = list(rows.values())
    read = list(csv.DictReader(StringIO(FORMATS["csv"](given, PRINTED, MARK))))
    assert [line["claim"] for line in read] == list(rows) and list(read[0]) == list(FIELDS)
    for line, row in zip(read, given, strict=True):
        kept = record(row)
        assert line == {name: "" if kept[name] is None else str(kept[name]) for name in FIELDS}
    exact = Fraction(read[0]["worst_ratio"])
    assert Fraction(read[0]["worst_ratio_lower"]) <= exact <= Fraction(read[0]["worst_ratio_upper"])
    assert FORMATS["csv"]([], ["claim", "ratio"], MARK).startswith("claim,op,worst_lhs,worst_rhs,worst_ratio,")


def test_each_field_belongs_to_one_column(rows):
    assert [name for column in COLUMNS.values() for name in column.fields] == list(FIELDS)
    json.dumps([record(row) for row in rows.values()], allow_nan=False)


# Rows of tightness


def test_growths_are_those_of_the_claims_as_they_are_now(tmp_path):
    claim, other = catalogue()[BOUND], catalogue()[EQUALITY]
    row = Tightness(claim=BOUND, bound="", fitted=1.0, key=f"{BOUND} {claim.hash} 5 0")
    better = replace(row, fitted=2.0, key=f"{BOUND} {claim.hash} 20 0")
    stale = [
        replace(row, fitted=3.0, key=f"{BOUND} edited 60 0"),
        Tightness(EQUALITY, "", key=f"{EQUALITY} edited 5 0"),
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(line.to_json()) + "\n" for line in (better, row, *stale)))
    assert read_growths(path, [claim, other]) == ({BOUND: better}, [EQUALITY])
    assert read_growths(path, [other]) == ({}, [EQUALITY])


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"claim": "pdl"}', '{"claim": "pdl", "bound": "", "key": "pdl 5"}'])
def test_damaged_rows_are_named_with_their_line(text, tmp_path):
    path = tmp_path / "rows.jsonl"
    good = Tightness("pdl", "", key="pdl 0123 5 0")
    path.write_text(json.dumps(good.to_json()) + "\n" + text + "\n")
    with pytest.raises(InvalidRows, match=r"rows\.jsonl, line 2: no row of the table of tightness"):
        read_growths(path, [])
    with pytest.raises(InvalidRows, match="iltheory tightness --rows"):
        read_growths(tmp_path / "none.jsonl", [])


# The command


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, ["table", *arguments])


def test_what_is_missing_is_listed_or_computed_and_then_looked_up(command, tmp_path):
    nothing = command(SMALL, "--no-compute", "--out", "empty.md")
    assert "--no-compute: 1 of 1 claims are missing in iltheory.sqlite." in str(nothing.exception)
    assert nothing.output == "" and not any(tmp_path.iterdir())
    options = (SMALL, "--n", "1", "--workers", "1", "--format", "csv")
    assert command(*options, "--out", "first.csv").exit_code == 0
    with Ledger("iltheory.sqlite") as ledger:
        kept = len(ledger), ledger.content_digest()
    again = command(*options, "--out", "again.csv", "--json", "rows.json")
    assert again.exit_code == 0 and again.stdout == ""
    with Ledger("iltheory.sqlite") as ledger:
        assert (len(ledger), ledger.content_digest()) == kept
    assert (tmp_path / "first.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()
    document = json.loads((tmp_path / "rows.json").read_text())
    assert document["schema"] == "iltheory-table/1" and document["missing"] == []
    assert [row["claim"] for row in document["rows"]] == [SMALL] and list(document["rows"][0]) == list(FIELDS)
    partly = command(SMALL, BOUND, "--no-compute", "--columns", "verdict, claim")
    assert "4 of 5 claims missing" in partly.stderr and partly.stdout.startswith("| verdict | claim |\n")
    assert json.loads(command(SMALL, "--no-compute", "--json", "-").stdout) == document


def test_exponents_are_a_column_where_their_rows_are_known(command, verified, tmp_path):
    _, ledger, _ = verified
    options = (BOUND, "--no-compute", "--ledger", str(ledger))
    assert "exponents" not in command(*options).stdout
    claim = catalogue()[BOUND]
    grown = Tightness(BOUND, "", over="H", fitted=2.0, theorem=2.0, key=f"{BOUND} {claim.hash} 5 0")
    (tmp_path / "tightness.jsonl").write_text(json.dumps(grown.to_json()) + "\n")
    assert "$`H^{2.00}`$ to $`H^{2.00}`$" in command(*options).stdout
    (tmp_path / "tightness.jsonl").rename(tmp_path / "mine.jsonl")
    assert "$`H^{2.00}`$ to $`H^{2.00}`$" in command(*options, "--tightness", "mine.jsonl").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ross-bagnel"], "did you mean ross-bagnell-2010"),
        ([BOUND, "--format", "latx"], "no format is called 'latx'; did you mean latex?"),
        ([BOUND, "--format", "docx!"], "no format is called 'docx!'; there are latex, markdown, csv."),
        ([BOUND, "--columns", "claim,verdit"], "no column is called 'verdit'; did you mean verdict?"),
        ([BOUND, "--columns", ""], "no column is called ''; there are claim, statement"),
        ([BOUND, "--tightness", "none.jsonl"], "none.jsonl cannot be read"),
        ([BOUND, "--out", "no/folder/x.tex"], "--out no/folder/x.tex cannot be written"),
    ],
)
def test_bad_options_are_one_clear_error(command, arguments, words, tmp_path):
    found = command(*arguments)
    assert words in str(found.exception)
    assert not list(tmp_path.iterdir())


def test_names_are_proposed_only_where_they_are_near():
    require_known(["dagger"], ["dagger", "bc"], "learner")
    for name, words in (("daggr", r"did you mean dagger\?"), ("x", r"there are dagger, bc\.")):
        with pytest.raises(InvalidArgument, match=f"^no learner is called '{name}'; {words}$"):
            require_known(["bc", name], ["dagger", "bc"], "learner")
