"""Counterexamples become small and simple, and stay counterexamples."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

import iltheory as il
from iltheory.attack import shrink as shrinking
from iltheory.attack.counterexample import Counterexample, Size, certify
from iltheory.attack.drafts import Draft, stack
from iltheory.attack.moves import fewer_steps, renumbered, smaller
from iltheory.attack.shrink import shrink, simplicity
from iltheory.claims.claim import Claim
from iltheory.claims.instances import encode
from iltheory.claims.kinds import Distribution, FiniteHorizonMDP, Policy, UnitInterval
from iltheory.claims.registry import catalogue
from iltheory.claims.tables import off_course, playing, task
from iltheory.engine.evaluate import decide
from iltheory.engine.worlds import LAWS, RandomWorld
from sims import arithmetic as ar
from sims import families
from sims.arithmetic import REFUTED

SECONDS = 60.0
"""Shrinks that must come to their end take about a second: results do not depend on the speed of the machine."""


@cache
def variants() -> dict[str, Claim]:
    return {variant.id: variant for claim in catalogue().values() for variant in claim.false_variants}


def known(id: str) -> Counterexample:
    """The counterexample that is registered with a false variant."""
    variant = variants()[id]
    assert variant.counterexample is not None
    return certified(variant, variant.bind_any(variant.counterexample()))


def certified(claim: Claim, instance: Any) -> Counterexample:
    found = certify(claim, claim.bind_any(instance))
    assert found is not None
    return found


def drawn(id: str, *, skip: int = 0) -> Counterexample:
    """A random counterexample of a false variant, a large one if need be."""
    variant = variants()[id]
    for seed in range(100):
        rng, law = np.random.default_rng(seed), LAWS[seed % len(LAWS)]
        instance = RandomWorld(law).draw(variant, rng, 16)
        for i in np.flatnonzero(decide(variant, instance, 16).verdicts == REFUTED)[:1]:
            if skip == 0:
                return certified(variant, variant.select(instance, int(i)))
            skip -= 1
    raise AssertionError(f"no random instance refutes {id}")


SMALLEST = {
    "ross-bagnell-2010-thm-2-1/linear-in-h": (2, 2, 2),  # one mistake, one step that it costs
    "ross-bagnell-2010-forward/a-stochastic-expert": (1, 2, 1),  # a coin
    "simulation-lemma.sharper/half-of-the-transition-error": (2, 1, 2),  # pairs of models
}
"""States, actions and steps that any counterexample needs."""


@pytest.mark.parametrize("id", SMALLEST)
def test_random_counterexamples_shrink_to_the_smallest_there_are(id: str) -> None:
    found = shrink(drawn(id), seconds=SECONDS)
    assert (found.size.n_states, found.size.n_actions, found.size.horizon) == SMALLEST[id]


def test_a_long_cliff_becomes_the_shortest_one() -> None:
    variant = variants()["ross-bagnell-2010-thm-2-1/linear-in-h"]
    found = shrink(certified(variant, families.cliff(horizon=9, error=Fraction(3, 17))), seconds=SECONDS)
    assert found.size <= Size(22, 2, 2, 2)
    tables = (found.instance["mdp"].P, found.instance["mdp"].mu, found.instance["expert"])
    assert all(set(table.fractions().ravel()) == {0, 1} for table in tables)


def test_off_course_needs_three_steps_two_states_and_a_policy_that_varies() -> None:
    variant = variants()["ross-bagnell-2010-forward.sharper/errors-where-the-expert-goes"]
    found = shrink(certified(variant, off_course(horizon=7)), seconds=SECONDS)
    assert found.size <= Size.of(variant.bind_any(off_course(horizon=3)))
    assert found.size.n_states == 2


@il.claim(statement="p(0) <= q(0)", id="shrink-laws")
def first_probabilities(p: Distribution, q: Distribution) -> Any:
    return p[..., 0] <= q[..., 0]


def test_distributions_lose_outcomes_and_become_vertices() -> None:
    p = ["1/3", "1/7", "11/21"]
    p = [Fraction(x) for x in p]
    q = [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]
    found = shrink(certified(first_probabilities, (p, q)), seconds=SECONDS)
    assert encode(found.instance) == {"p": ["1", "0"], "q": ["0", "1"]}


@il.claim(statement="x (1 - x) <= 2/9", id="shrink-number")
def parabola(x: UnitInterval) -> Any:
    return x * (1 - x) <= Fraction(2, 9)


def test_numbers_become_the_simplest_ones_that_will_do() -> None:
    found = shrink(certified(parabola, [Fraction(1234, 2999)]), seconds=SECONDS)
    assert encode(found.instance) == {"x": "1/2"}  # 0, 1, 1/3 and 2/3 satisfy the claim


@il.claim(statement="J <= 1", id="shrink-value")
def at_most_one(mdp: FiniteHorizonMDP, pi: Policy) -> Any:
    return il.value(mdp, pi) <= 1


def test_unreachable_states_idle_actions_and_late_steps_go() -> None:
    moves = [[1, 2, 0], [0, 1, 2], [2, 2, 2]]
    half = Fraction(1, 2)
    mdp = task(moves, [[half, 0, 1], [1, half, 0], [0, 0, 0]], horizon=8)
    found = shrink(certified(at_most_one, (mdp, playing(0, 0, 0, of=3))), seconds=SECONDS)
    assert found.size == Size(numbers=4, n_states=1, n_actions=1, horizon=2)
    assert encode(found.instance) == {
        "mdp": {"P": [[["1"]]], "r": [["1"]], "mu": ["1"], "horizon": 2},
        "pi": [[["1"]]],
    }


SAMPLED = 41
"""Every so manieth false variant stands for all of them where time is short."""


def few() -> list[str]:
    return [id for id in variants() if not variants()[id].statistical][::SAMPLED]


def check(start: Counterexample, monkeypatch: pytest.MonkeyPatch, *, seconds: float = 2) -> None:
    """Every instance that a shrink accepts is a counterexample, and its result is the simplest of them."""
    accepted: list[Counterexample] = []

    def recording(claim: Claim, instance: Any) -> Counterexample | None:
        found = certify(claim, instance)
        accepted.extend([found] if found else [])
        return found

    monkeypatch.setattr(shrinking, "certify", recording)
    found = shrink(start, seconds=seconds)
    assert certify(start.claim, start.claim.bind(**found.instance)) is not None
    assert found is start or found in accepted
    assert all(simplicity(found) <= simplicity(other) for other in [start, *accepted])
    assert found.size <= start.size


@pytest.mark.parametrize("id", few())
def test_known_counterexamples_of_every_kind_become_no_less_simple(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(known(id), monkeypatch)


@pytest.mark.slow
def test_the_whole_catalogue_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    for id, variant in variants().items():
        if not variant.statistical:
            check(known(id), monkeypatch)


@pytest.mark.parametrize(
    "id", ["ross-bagnell-2010-thm-2-1/linear-in-h", "simulation-lemma.weighted/every-error-costs-one-step"]
)
def test_random_counterexamples_shrink_below_the_known_ones_step_by_certified_step(
    id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = drawn(id, skip=1)
    check(start, monkeypatch)
    assert shrink(start, seconds=SECONDS).size <= known(id).size


def test_a_statistical_claim_shrinks_by_sampling() -> None:
    id = next(id for id, variant in variants().items() if variant.statistical)
    start = known(id)
    found = shrink(start, seconds=2)
    assert found.lhs.delta > 0 or found.rhs.delta > 0
    assert simplicity(found) <= simplicity(start)


def test_shrinking_is_deterministic() -> None:
    start = drawn("ross-bagnell-2010-thm-2-1/linear-in-h")
    first, second = (shrink(start, seconds=SECONDS) for _ in range(2))
    assert first.to_json() == second.to_json()


def test_without_time_the_counterexample_stays() -> None:
    start = drawn("ross-bagnell-2010-thm-2-1/linear-in-h")
    assert shrink(start, seconds=0) is start


# Taking instances apart.


def test_parts_make_the_same_instance_again() -> None:
    for variant in variants().values():
        assert variant.counterexample is not None
        instance = variant.bind_any(variant.counterexample())
        draft = Draft.of(variant, instance)
        assert draft.size == Size.of(instance), variant.id
        assert encode(variant.bind(**draft.instance())) == encode(instance), variant.id


def test_a_batch_of_drafts_is_evaluated_as_its_instances_are() -> None:
    variant = variants()["ross-bagnell-2010-thm-2-1/linear-in-h"]
    start = Draft.of(variant, variant.bind_any(families.cliff(horizon=3, error=Fraction(1, 2))))
    drafts = [draft for draft in smaller(start) if draft.shape == next(smaller(start)).shape]
    together = variant.evaluate(stack(drafts))
    for i, draft in enumerate(drafts):
        alone = variant.evaluate(draft.instance())
        assert ar.midpoint(together.lhs)[i] == pytest.approx(float(alone.lhs))
        assert ar.midpoint(together.rhs)[i] == pytest.approx(float(alone.rhs))


def every_smaller() -> Iterator[Draft]:
    """All cuts of instances with history-dependent policies, codes, features and pairs of models among them."""
    for words in ("history", "code", "feature", "simulation", "mixture"):
        for id in [id for id in variants() if words in id or words in variants()[id].parameter_words.values()][:2]:
            variant = variants()[id]
            assert variant.counterexample is not None
            yield from smaller(Draft.of(variant, variant.bind_any(variant.counterexample())))


def test_cuts_are_instances_of_the_claim_and_floats_follow_the_exact_numbers() -> None:
    for draft in every_smaller():
        draft.claim.bind(**draft.instance())
        for table in draft.tables.values():
            np.testing.assert_allclose(table.floats, table.entries.astype(float), atol=1e-12)


def test_an_unreachable_state_can_go_without_a_change_of_value() -> None:
    mdp = task([[0, 1], [1, 1], [0, 2]], [[1, 0], [Fraction(1, 3), 0], [1, 1]], horizon=3)
    pi = ar.asarray([[Fraction(1, 4), Fraction(3, 4)], [1, 0], [0, 1]])
    start = Draft.of(at_most_one, at_most_one.bind(mdp, pi))
    without = [draft for draft in smaller(start) if draft.length("state") == 2 and draft.horizon == 3]
    values = {Fraction(il.value(**draft.instance())) for draft in without}
    assert Fraction(il.value(mdp, pi)) in values


def test_a_dropped_first_step_leaves_what_is_earned_later() -> None:
    rng = np.random.default_rng(0)
    instance = at_most_one.select(RandomWorld("uniform").draw(at_most_one, rng, 2), 0)
    mdp, pi = instance["mdp"], instance["pi"]
    paid = (mdp.occupancy(pi) * mdp.rewards()).sum((-1, -2)).fractions()
    start = Draft.of(at_most_one, instance)
    later = {Fraction(il.value(**draft.instance())) for draft in fewer_steps(start) if draft.horizon == mdp.horizon - 1}
    assert sum(paid[1:]) in later


def test_renumbering_changes_no_value() -> None:
    rng = np.random.default_rng(3)
    instance = at_most_one.select(RandomWorld("mixed").draw(at_most_one, rng, 2), 0)
    value = Fraction(il.value(**instance))
    drafts = list(renumbered(Draft.of(at_most_one, instance)))
    assert len(drafts) > 1
    assert {Fraction(il.value(**draft.instance())) for draft in drafts} == {value}
