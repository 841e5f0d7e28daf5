"""The site: every link leads somewhere, every formula is MathML, counts are those of the reports, same bytes again."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from markupsafe import escape
from sites import CLAIMS, CLONING, DAGGER, Page, broken, pages

import iltheory as il
from iltheory.attack.coordinates import Coordinates
from iltheory.attack.counterexample import certify
from iltheory.attack.references import resolve
from iltheory.attack.survivors import DECIDED
from iltheory.claims.instances import decode
from iltheory.claims.registry import catalogue
from iltheory.engine import verify as engine
from iltheory.engine.executors import serial
from iltheory.figures import Drawn, figures
from iltheory.proofs import Contradiction, Theorem, shapes
from iltheory.reporting.site import ForeignFolder, gather, write_site
from iltheory.reporting.site.content import RUNGS, Content, Entry
from iltheory.reporting.site.counterexamples import work
from iltheory.reporting.site.docstrings import inline, linked, rendered
from iltheory.reporting.site.mathml import formula, with_formulas
from proofs_check.coq import statements
from proofs_check.coq.reading import SOURCES
from sims.arithmetic import Enclosure
from sims.errors import IltheoryError

MATH = re.compile(r"<math .*?</math>", re.DOTALL)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("which", ["small", "whole"])
def test_every_link_leads_to_a_file_and_an_element_and_nothing_is_loaded_from_elsewhere(which, request):
    site = request.getfixturevalue(which)[0]
    found = pages(site)
    assert broken(site, found) == []
    for path, page in found.items():
        assert len(set(page.ids)) == len(page.ids), path
        assert page.attributes[0][1].get("lang") == "en" and "main" in page.ids
        assert not any(name.startswith("on") or name == "srcset" for _, named in page.attributes for name in named)
    style, script = (site / "style.css").read_text(), (site / "script.js").read_text()
    assert not re.search(r"url\(|@import|https?:", style)
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|https?:|innerHTML|eval\(", script)


def test_a_broken_link_and_elements_that_do_not_match_are_seen(small, tmp_path):
    copy = tmp_path / "site"
    shutil.copytree(small.folder, copy)
    page = copy / "claims" / f"{DAGGER}.html"
    text = page.read_text(encoding="utf-8")
    for wrong in ('href="#nowhere"', 'href="../nowhere.html"', 'href="https://example.org/"'):
        page.write_text(text.replace("</main>", f"<a {wrong}>x</a></main>"), encoding="utf-8")
        (said,) = broken(copy, pages(copy))
        assert wrong[6:-1] in said
    page.write_text(text.replace("</main>", "<p></main>"), encoding="utf-8")
    with pytest.raises(AssertionError, match="closes"):
        Page(page)


def test_every_statement_of_the_catalogue_is_well_formed_mathml():
    for claim in catalogue().values():
        for one in (claim, *claim.false_variants):
            if one.statement.endswith("(false)"):
                continue
            typeset = formula(one.statement)
            assert typeset.typeset, one.id
            for math in MATH.findall(typeset.html):
                nodes = [node.tag.rpartition("}")[2] for node in ElementTree.fromstring(math).iter()]
                assert nodes[0] == "math" and "merror" not in nodes
                assert len(nodes) > 2


@pytest.mark.parametrize("latex", [r"\frac", r"a \unknownmacro b", r"\begin{aligned} a &= b \end{aligned}", "x_1_2"])
def test_what_cannot_be_typeset_is_text_and_says_so(latex):
    shown = formula(latex)
    assert not shown.typeset and "could not be typeset" in shown.html and "<math" not in shown.html


def test_formulas_are_set_as_tex_sets_them():
    first, second = MATH.findall(formula(r"\max_Q \log Q,\quad \log(x)^2").html)
    assert "<munder><mo>max</mo><mi>Q</mi></munder>" in first
    assert '<mi>log</mi><mspace width="0.167em" /><mi>Q</mi>' in first
    assert "mspace" not in second
    (sums,) = MATH.findall(formula(r"\left[\sum_{i=1}^N |\pi(a|s)| \right] \min(x)").html)
    assert "<munderover><mo>∑</mo>" in sums and '<mo rspace="0">min</mo>' in sums
    bars = re.findall(r'<mo stretchy="false"(?: form="(\w+)")?>\|</mo>', sums)
    assert bars == ["prefix", "", "postfix"]  # those of a size, and between them one of a condition
    assert len(MATH.findall(formula(r"\left[a \quad b\right] + {c \quad d}").html)) == 1
    caption = with_formulas(r"Falls with $\max_h \epsilon_h < 1$ & never rises.")
    assert re.fullmatch(r"Falls with <math [^>]*>.*</math> &amp; never rises\.", caption)
    assert "munder" not in caption


def test_the_front_page_counts_what_the_reports_say(small):
    page = Page(small.folder / "index.html")
    rows = [named for tag, named in page.attributes if tag == "tr" and "data-rung" in named]
    expected = Counter(entry.rung for entry in small.content.entries)
    assert expected["proved"] == 2 and expected["shape"] > 0
    assert Counter(row["data-rung"] for row in rows) == expected and sum(expected.values()) == len(CLAIMS)
    assert small.content.counts == {rung: expected[rung] for rung in RUNGS}
    instances = sum(report.instances for report in small.reports.values())
    variants = sum(report.variants_refuted for report in small.reports.values())
    words = f"{len(CLAIMS)} claims on {instances:,} instances: 0 refuted, 2 proved for all finite models "
    words += "(1 of them from the axioms of Coq's real numbers), "
    words += f"{expected['shape']} proved for all models of some shapes"
    assert escape(words) in page.text
    held = f"{expected['instances']} hold on all of theirs"
    assert (held in page.text) == (expected["instances"] > 0)
    assert f"{variants} of {variants} deliberately false variants are refuted." in page.text
    for rung, (name, _) in RUNGS.items():
        shown = re.search(rf'<div class="{rung}"><dt>{name}</dt><dd>(.*?)</dd>', page.text)
        assert shown is None or int(shown[1]) == expected[rung]


def test_a_claims_page_says_what_its_report_says(small):
    for entry in small.content.entries:
        id, report = entry.claim.id, small.reports[entry.claim.id]
        text = (small.folder / "claims" / f"{id}.html").read_text(encoding="utf-8")
        assert f'<p class="verdict {entry.rung}">{escape(entry.verdict)}</p>' in text
        assert f"<p>{report.verdict[0].upper()}{report.verdict[1:]}" in text
        assert entry.theorems or entry.verdict == report.verdict
        for family in report.families:
            assert re.search(rf'<th scope="row">{re.escape(family.family)}</th><td>{family.holds}</td>', text)


def test_the_whole_catalogue_has_a_light_front_page_and_lists_what_is_missing(whole):
    site, document, output = whole
    assert (site / "index.html").stat().st_size < 500_000
    n = len(catalogue())
    assert document["counts"]["open"] == n and f"{n} claims have no evidence in the ledger" in " ".join(output.split())
    assert document["missing"] == {
        "evidence": [*catalogue()],
        "counterexamples": [*catalogue()],
        "figures": [*figures()],
        "shapes": [*catalogue()],
        "theorems": [str(statement) for statement in statements()],
    }
    assert "theorems were not checked, which takes coqc" in " ".join(output.replace("`", "").split())
    text = (site / "index.html").read_text(encoding="utf-8")
    assert text.count("<b>not computed</b>") == n and "None is proved yet." in text
    for rung in ("shape", "proved"):
        assert re.search(rf'<div class="{rung}"><dt>[\w ]+</dt><dd class="none">not yet</dd>', text)
    assert "None that a machine checked." in (site / "claims" / "pdl.html").read_text(encoding="utf-8")
    assert "None here" in (site / "proofs" / "index.html").read_text(encoding="utf-8")
    assert not (site / "sources" / "coq").exists()
    assert set(document["files"]) == set(files(site))
    assert all((site / "claims" / f"{id}.html").exists() for id in catalogue())
    learners = {path.stem for path in (site / "learners").iterdir()}
    assert {"behavioral_cloning", "gail", "infogail", "nrpi", "value_dice"} <= learners
    assert not {"replayed_reward", "hedge", "FollowTheLeader"} & learners


def test_a_second_run_computes_nothing_and_writes_the_same_bytes(small, tmp_path):
    computed = []
    claims = [catalogue()[id] for id in CLAIMS]
    again = gather(
        claims, ledger=small.ledger, figures_folder=small.figures, executor=serial(), on_result=computed.append
    )
    assert computed == []
    write_site(again, tmp_path / "second")
    assert files(tmp_path / "second") == files(small.folder)
    write_site(again, tmp_path / "second")
    assert files(tmp_path / "second") == files(small.folder)


def test_what_the_ledger_lacks_is_verified(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "LEAST_BUDGET", 0.1)
    monkeypatch.setattr(shapes, "LARGEST", (2, 2, 2))
    claim = catalogue()["occ-dpi.tv"]
    content = gather([claim], ledger=tmp_path / "ledger.sqlite", executor=serial())
    (entry,) = content.entries
    assert entry.evidence_rung == "instances" and entry.report.instances > 0 and entry.refutations is not None
    unchecked = [str(one) for one in statements() if one.claim in ("occ-dpi.tv", None)]
    assert content.missing == {
        "evidence": [],
        "counterexamples": [],
        "figures": [*figures()],
        "shapes": [],
        "theorems": unchecked,
    }
    made, checked = content.missing_words
    assert made.startswith(f"{len(figures())} figures were not made")
    assert checked.startswith(f"{len(unchecked)} theorems were not checked")


def test_a_site_is_replaced_whole_and_foreign_files_are_left_alone(small, tmp_path):
    folder = tmp_path / "site"
    write_site(small.content, folder)
    fewer = replace(small.content, entries=small.content.entries[:1], figures=())
    write_site(fewer, folder)
    assert {path.stem for path in (folder / "claims").iterdir()} == {CLONING}
    assert not (folder / "figures" / "horizon-scaling.svg").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    with pytest.raises(ForeignFolder, match="not empty"):
        write_site(small.content, mine)
    assert files(mine) == {"thesis.tex": b"years of work"}
    (tmp_path / "file").write_text("")
    with pytest.raises(IltheoryError, match="cannot be written"):
        write_site(small.content, tmp_path / "file")


def test_a_site_that_was_cut_off_is_replaced(small, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(Drawn, "save", interrupted)
        write_site(small.content, tmp_path / "site")
    write_site(small.content, tmp_path / "site")
    assert files(tmp_path / "site") == files(small.folder)


def test_certificates_are_counterexamples_and_the_page_has_their_numbers(small):
    for entry in small.content.entries:
        text = (small.folder / "claims" / f"{entry.claim.id}.html").read_text(encoding="utf-8")
        for variant in entry.claim.false_variants:
            path = small.folder / "certificates" / f"{variant.id.replace('/', '--')}.json"
            kept = json.loads(path.read_text(encoding="utf-8"))
            assert kept["schema"] == "iltheory-falsify/1" and kept["verdict"] == "refuted"
            found = certify(resolve(kept["claim"]), decode(variant, kept["simplest"]["instance"]))
            assert found is not None and (str(found.lhs), str(found.rhs)) == (
                kept["simplest"]["lhs"],
                kept["simplest"]["rhs"],
            )
            assert f'id="{variant.id.partition("/")[2]}"' in text and path.name in text
        assert text.count('<p class="verdict refuted">refuted at') == len(entry.claim.false_variants)


def test_pictures_are_small_and_take_their_colours_from_the_page(small):
    seen = 0
    style = (small.folder / "style.css").read_text(encoding="utf-8")
    for entry in small.content.entries:
        for shown in entry.refutations["variants"]:
            if shown["svg"] is None:
                continue
            seen += 1
            svg = shown["svg"]
            ElementTree.fromstring(svg)
            assert len(svg) < 40_000 and not re.search(r"#[0-9a-f]{6}\b", svg)
            for name in set(re.findall(r"var\((--\w+)\)", svg)):
                assert style.count(f"{name}:") >= 2, name  # light and dark
    assert seen >= 10


def test_a_witness_that_an_assumption_is_needed_violates_the_claim_without_it(small):
    entry = next(entry for entry in small.content.entries if entry.claim.id == DAGGER)
    (need,) = entry.refutations["needs"]
    stochastic = f"{DAGGER}/a-stochastic-expert"
    assert need == {"assumption": "expert: deterministic policy", "variant": stochastic, "found": None, "reason": None}
    witness = resolve(stochastic)
    mdp, expert, learner = witness.bind_any(witness.counterexample()).values()
    u, mistakes = il.disadvantage(mdp, expert, learner), il.on_policy_error_rate(mdp, expert, learner)
    assert il.gap(mdp, expert, learner) > u * mdp.horizon * mistakes
    text = (small.folder / "claims" / f"{DAGGER}.html").read_text(encoding="utf-8")
    assert 'needed, for <a href="#a-stochastic-expert">' in text
    entry = next(entry for entry in small.content.entries if entry.claim.id == CLONING)
    (need,) = entry.refutations["needs"]
    assert need["assumption"] == "rewards in [0, 1]" and need["variant"] is None
    assert "needed; without it lhs" in (small.folder / "claims" / f"{CLONING}.html").read_text(encoding="utf-8")
    instance = need["found"]["outcome"]["simplest"]["instance"]
    rewards = [Fraction(x) for step in instance["mdp"]["r"] for x in (step if isinstance(step, list) else [step])]
    assert max(rewards) == 2


def test_a_first_look_finds_witnesses_where_no_variant_is_one_and_known_reasons_are_given():
    starts, rewards = work({"claim": "simulation-lemma.bound"})["needs"]
    assert starts["assumption"] == "one law of the first state" and starts["reason"] is None
    found = starts["found"]
    assert (found["lhs"], found["rhs"], found["size"]) == ("1", "0", "S=2, A=1, H=1")  # one step, worth 0 or 1
    assert rewards["assumption"] == "rewards in [0, 1]" and rewards["found"]["size"] == "S=2, A=1, H=10"
    (logarithms,) = work({"claim": "xu-2020-gail-js"})["needs"]
    assert logarithms["variant"] is None and logarithms["found"] is None
    assert logarithms["reason"] == {"claim": "xu-2020-gail-js", "words": DECIDED}


@il.claim(statement=r"J(\pi) \le \tfrac1{100} H")
def wrong(mdp: il.FiniteHorizonMDP, pi: il.Policy):
    """Nothing is worth much."""
    return il.value(mdp, pi) <= Fraction(mdp.horizon, 100)


def test_a_refuted_claim_is_shown_as_such(tmp_path):
    report = il.verify(wrong, budget=0.05)
    assert report.rung == "refuted"
    content = Content((Entry(wrong, report, None),), (), {}, (), {})
    write_site(content, tmp_path)
    index, page = ((tmp_path / path).read_text(encoding="utf-8") for path in ("index.html", "claims/wrong.html"))
    assert "1 refuted" in index and '<td class="refuted"><b>refuted</b></td>' in index
    assert '<p class="verdict refuted">refuted</p>' in page and "Refuted on an instance of" in page
    kept = json.loads((tmp_path / "certificates" / "wrong.json").read_text(encoding="utf-8"))
    assert certify(wrong, decode(wrong, kept["instance"])) is not None
    assert broken(tmp_path, pages(tmp_path)) == []


def test_a_claims_page_has_its_theorems_in_coq_and_for_shapes_above_the_evidence(small):
    entry = next(entry for entry in small.content.entries if entry.claim.id == CLONING)
    assert [theorem.rung for theorem in entry.theorems] == ["proved", "shape"]
    general, shaped = entry.theorems
    page = Page(small.folder / "claims" / f"{CLONING}.html")
    assert page.text.index('id="proofs"') < page.text.index('id="evidence"')
    assert f"<code>{escape(general.text)}</code>" in page.text and "it assumes no axiom" in page.text
    assert f"Proved for shape S=2, A=2, H=2 ({shaped.about}), by vertices of polytopes: the difference" in page.text
    assert "; ".join(shaped.shapes) in page.text
    linked_to = [link.removeprefix("../") for link in page.links if "sources/coq" in link]
    lines = {}
    for link in linked_to:
        path, _, fragment = link.partition("#L")
        shown = Page(small.folder / path)
        source = re.findall(r'<span id="L(\d+)">([^\n]*)', shown.text)
        lines[path.removeprefix("sources/coq/")] = source[int(fragment) - 1][1] if fragment else ""
    assert lines["Statements/Cloning.v.html"] == f"Definition {general.name.partition('.')[2]} : Prop :="
    assert lines["Proofs/Cloning.v.html"].startswith("Theorem supervised")
    assert {"Definitions/FiniteHorizon.v.html", "Definitions/Probability.v.html"} <= set(lines)
    assumed = (small.folder / "claims" / f"{DAGGER}.html").read_text(encoding="utf-8")
    named = '<code class="name">Classical_<wbr>Prop.<wbr>classic</code>'
    assert f"which assumes the axioms of Coq&#39;s real numbers ({named})" in assumed
    assert '<p class="verdict proved">proved; assumes the axioms of Coq&#39;s real numbers</p>' in assumed
    index = (small.folder / "index.html").read_text(encoding="utf-8")
    assert index.count("its proof assumes the axioms of Coq&#39;s real numbers") == 1
    assert '<td class="shape"><b>2 shapes</b></td>' in index and '<td class="proved"><b>proved</b></td>' in index
    instances = small.reports[CLONING].instances
    row = f"<td>{instances}</td><td></td><td>{len(shaped.shapes)} shapes</td>" + '<td class="proved"><b>proved</b></td>'
    assert row in index


def test_the_page_of_proofs_has_all_theorems_and_every_file_of_the_development(small):
    page = Page(small.folder / "proofs" / "index.html")
    foundations = [one for one in statements() if one.claim is None]
    assert small.content.foundations and len(small.content.foundations) == len(foundations)
    for one in foundations:
        name = "<wbr>".join(re.findall(r"[^._]+[._]?", str(one)))
        assert f'<code class="name">{name}</code>' in page.text and escape(one.text) in page.text
    assert "theorems that Coq accepts" in page.text and "assumes: nothing" not in page.text
    about = len(small.content.in_coq) - len(foundations)
    assert f"{about} are about claims; {len(foundations)} are" in page.text
    assert page.text.count("<small>assumes the axioms of Coq&#39;s real numbers</small>") == 1
    assert escape(small.content.cite) in page.text and f"{len(small.content.in_coq)} theorems by Coq" in page.text
    shown = {path.relative_to(small.folder / "sources" / "coq").as_posix() for path in small.folder.rglob("*.v.html")}
    assert shown == {f"{path.relative_to(SOURCES).as_posix()}.html" for path in SOURCES.rglob("*.v")}


def test_a_claim_that_is_proved_and_refuted_is_an_error_and_one_proved_for_other_shapes_is_refuted():
    report = il.verify(wrong, budget=0.05)
    words = Coordinates.of(wrong, decode(wrong, report.refutation["instance"])).words
    general = Theorem("wrong", "proved", "proved", "Wrong.wrong", "", "", (), 1.0)
    here, elsewhere = (
        Theorem("wrong", "shape", f"proved for shape {shape}", "vertices of polytopes", "", "", (), 1.0, (shape,))
        for shape in (words, "S=99, A=1, H=1")
    )
    for theorem in (general, here):
        with pytest.raises(Contradiction, match=f"wrong is {theorem.verdict}.* and refuted: one of the two is wrong"):
            Entry(wrong, report, None, theorems=(elsewhere, theorem))
    entry = Entry(wrong, report, None, theorems=(elsewhere,))
    assert (entry.rung, entry.verdict, entry.theorem) == ("refuted", "refuted", None)


def test_ratios_of_the_tightness_figure_stand_with_their_claims(small, tmp_path):
    rows = [
        {"claim": CLONING, "learners": "stationary", "worst": Enclosure(1, 1), "worst attained": True},
        {
            "claim": CLONING,
            "learners": "deterministic",
            "worst": Enclosure(Fraction(1, 8), Fraction(1, 8)),
            "worst attained": False,
        },
    ]
    entry = next(entry for entry in small.content.entries if entry.claim.id == CLONING)
    write_site(replace(small.content, entries=(replace(entry, tightness=tuple(rows)),), figures=()), tmp_path)
    text = (tmp_path / "claims" / f"{CLONING}.html").read_text(encoding="utf-8")
    assert re.search(r'<th scope="row">stationary</th><td>1</td><td><svg.*class="star" transform="translate\(100', text)
    assert re.search(r'<th scope="row">deterministic</th><td>0.125</td><td><svg.*<circle cx="12.5"', text)


def test_figures_stand_with_their_claims(small):
    claim, other = (
        (small.folder / "claims" / f"{id}.html").read_text(encoding="utf-8") for id in (CLONING, "occ-dpi.tv")
    )
    assert "../figures/horizon-scaling.svg" in claim and "horizon-scaling" not in other
    assert {"figures/horizon-scaling.svg", "figures/horizon-scaling.csv"} <= set(files(small.folder))


def test_docstrings_become_html():
    text = """Least squares.

    The loss is ``<x, y> ** 2``; *always* convex, see :func:`~scipy.optimize.nnls` & 2 * 3 * 4.

    - one
    - two
    Parameters
    ----------
    a, b : numbers,
        both positive
    c : one more
    """
    html = rendered(re.sub(r"(?m)^    ", "", text))
    assert "<p>Least squares.</p>" in html
    said = (
        "<code>&lt;x, y&gt; ** 2</code>; <em>always</em> convex, see <code>scipy.optimize.nnls</code> &amp; 2 * 3 * 4."
    )
    assert said in html
    assert "<ul><li>one</li><li>two</li></ul><h3>Parameters</h3>" in html
    assert "<dl><dt>a, b</dt><dd>numbers, both positive</dd><dt>c</dt><dd>one more</dd></dl>" in html
    assert inline("a_b*c") == "a_b*c"
    claims = linked(inline("``gap``, as in ``occ-dpi.tv``"), {"occ-dpi.tv": "occ-dpi.tv.html"})
    assert claims == '<code>gap</code>, as in <a href="occ-dpi.tv.html"><code>occ-dpi.tv</code></a>'
