"""False claims are refuted, small and certified; true ones are not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import iltheory as il
from iltheory.attack.coordinates import Shape
from iltheory.attack.counterexample import certify
from iltheory.attack.falsify import falsify
from iltheory.attack.references import UnknownConjecture, load, reference, resolve
from iltheory.attack.search import THOROUGH, search_shape, worsen
from iltheory.attack.shapes import small_shapes
from iltheory.engine.executors import ExecutorError, processes
from iltheory.engine.verify import InvalidOption

CONJECTURES = """
import iltheory as il


@il.claim(statement=r"J(\\pi_E) - J(\\pi) \\le \\tfrac{1}{3} H^2 \\epsilon")
def third_constant(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon**2 * il.error_rate(mdp, expert, learner) / 3


@il.claim(statement=r"J(\\pi_E) - J(\\pi) \\le H^2 \\epsilon")
def published(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon**2 * il.error_rate(mdp, expert, learner)
"""

VARIANTS = [
    "ross-bagnell-2010-thm-2-1/linear-in-h",
    "ross-bagnell-2010-thm-2-1/half-the-constant",
    "simulation-lemma.bound/off-by-one-step",
    "simulation-lemma.bound-discounted/linear-in-the-horizon",
    "occ-dpi/the-other-way",
    "iq-experiments/by-a-tenth-of-itself",
    "dagger-ftl-needs-convexity/the-best-loss-is-found-at-rate-1-n",
    "rajaraman-2020-known-lower/quadratic-in-h",
]


@pytest.fixture
def conjectures(tmp_path: Path) -> Path:
    path = tmp_path / "my_conjecture.py"
    path.write_text(CONJECTURES)
    return path


def test_a_third_is_refuted_in_one_state_and_one_step(conjectures: Path) -> None:
    found = falsify(f"{conjectures}::third_constant")
    assert found.verdict == "refuted" and found.certified
    assert found.simplest is not None and found.size is not None
    assert (found.size.n_states, found.size.n_actions, found.size.horizon) == (1, 2, 1)
    assert Fraction(found.simplest.lhs.lower) > Fraction(found.simplest.rhs.lower)
    assert found.worst is not None and found.worst.ratio == pytest.approx(3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_false_variants_are_refuted_no_larger_than_their_counterexample(variant: str) -> None:
    claim = resolve(variant)
    found = falsify(claim)
    assert found.simplest is not None and found.worst is not None
    assert certify(claim, found.simplest.instance) is not None
    assert found.worst.ratio >= found.simplest.ratio
    assert claim.counterexample is not None
    known = certify(claim, claim.bind_any(claim.counterexample()))
    assert known is not None and found.simplest.size <= known.size


@pytest.mark.parametrize(
    "id", ["ross-bagnell-2010-thm-2-1", "simulation-lemma", "occ-dpi", "occ-l1-from-policy", "pdl"]
)
def test_true_claims_are_not_refuted(id: str) -> None:
    if id not in il.catalogue():
        id = next(name for name in il.catalogue() if name.startswith(id))
    found = falsify(id, budget=1.5)
    assert found.verdict == "none found" and not found.certified
    assert found.instances > 1000 and found.searched
    counts = [count for count, _ in found.growth]
    ratios = [ratio for _, ratio in found.growth]
    assert counts == sorted(counts) and ratios == sorted(ratios)


def test_the_same_seed_finds_the_same_in_workers_and_here(conjectures: Path) -> None:
    reference_of = "dagger-2011-thm-3-1-to-3-4.geometric/a-quarter-of-the-penalty"
    here = falsify(reference_of, seed=3)
    with processes(2) as executor:
        there = falsify(reference_of, seed=3, executor=executor)
    assert here.simplest is not None and there.simplest is not None and here.worst is not None
    assert here.simplest.to_json() == there.simplest.to_json()
    assert there.worst is not None and here.worst.to_json() == there.worst.to_json()
    assert [(p.stage, p.shape, p.instances, p.ratio) for p in here.searched] == [
        (p.stage, p.shape, p.instances, p.ratio) for p in there.searched
    ]


def test_workers_search_a_claim_in_a_file(conjectures: Path) -> None:
    seen = []
    with processes(2) as executor:
        found = falsify(f"{conjectures}::published", budget=6, executor=executor, on_searched=seen.append)
    assert found.verdict == "none found" and tuple(seen) == found.searched
    assert found.ratio == pytest.approx(1)


def test_a_worker_that_dies_is_an_error_with_words(tmp_path: Path) -> None:
    path = tmp_path / "deadly.py"
    path.write_text(
        "import multiprocessing, os\nimport iltheory as il\n"
        "@il.claim(statement='p_1 <= 1')\n"
        "def deadly(p: il.Distribution):\n"
        "    if multiprocessing.parent_process() is not None:\n"
        "        os._exit(9)\n"
        "    return il.maximum(p[..., 0], 0) <= 1\n"
    )
    with processes(1) as executor, pytest.raises(ExecutorError, match="a worker process died"):
        falsify(str(path), executor=executor)


def test_gradients_climb_where_vertices_do_not_help() -> None:
    """``p log(1/p)`` is largest inside: at ``p = 1/e``, neither a vertex nor a fraction of small denominator."""

    @il.claim(statement=r"\max_i p_i \log(1 / p_i) \le 0.3678")
    def peaks(p: il.Distribution) -> object:
        return -(p[..., 0] * il.log(p[..., 0])) <= Fraction(3678, 10_000)

    outcome = search_shape(peaks, Shape(n_states=2), seed=0, effort=THOROUGH)
    assert outcome.counterexamples
    probability = float(np.asarray(outcome.counterexamples[0]["p"])[0])
    assert abs(probability - np.exp(-1)) < 0.02


def test_the_worst_is_worse_than_the_found() -> None:
    claim = resolve("ross-bagnell-2010-thm-2-1/linear-in-h")
    shape = Shape(n_states=3, n_actions=2, horizon=4)
    outcome = search_shape(claim, shape, seed=1)
    found = certify(claim, outcome.counterexamples[0])
    assert found is not None
    assert worsen(found, seed=0).ratio == pytest.approx(4)


def test_small_shapes_differ_and_begin_small() -> None:
    for id in ("ross-bagnell-2010-thm-2-1", "simulation-lemma.discounted", "dagger-ftl-needs-convexity"):
        shapes = list(small_shapes(il.catalogue()[id]))
        assert len(set(shapes)) == len(shapes) > 3
        assert shapes[0].n_states == 1 or shapes[0].n_states == 2


def test_references_are_found_again(conjectures: Path) -> None:
    for name in ("pdl", "pdl.discounted", "ross-bagnell-2010-thm-2-1/linear-in-h", f"{conjectures}::published"):
        claim = resolve(name)
        again = reference(claim)
        assert again is not None and resolve(again) is claim

    @il.claim(statement="a claim of a function's own")
    def local(p: il.Distribution) -> object:
        return p[..., 0] <= 1

    assert reference(local) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no-such-claim", "no claim has the id"),
        ("pdl/no-such-variant", "no false variant has the id"),
        ("nowhere.py", "there is no file"),
        ("{file}", "defines 2 claims; name one"),
        ("{file}::fourth", "defines no claim 'fourth'; it defines third-constant, published"),
    ],
)
def test_unknown_references_say_what_there_is(conjectures: Path, name: str, words: str) -> None:
    with pytest.raises((UnknownConjecture, il.claims.registry.UnknownClaim), match=words):
        resolve(name.format(file=conjectures))


def test_a_file_that_fails_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import a_module_nobody_wrote\n")
    with pytest.raises(UnknownConjecture, match="a_module_nobody_wrote"):
        load(broken)
    empty = tmp_path / "empty_of_claims.py"
    empty.write_text("x = 1\n")
    with pytest.raises(UnknownConjecture, match="defines no claim"):
        resolve(str(empty))


@pytest.mark.parametrize("options", [{"budget": 0}, {"budget": "long"}, {"seed": -1}, {"seed": 0.5}])
def test_bad_options_are_named(options: dict[str, object]) -> None:
    with pytest.raises(InvalidOption, match=next(iter(options))):
        falsify("pdl", **options)  # type: ignore[arg-type]
