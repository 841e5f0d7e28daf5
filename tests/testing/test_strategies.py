"""Strategies draw what they say, draw variety, and shrink to the smallest instance that somebody can name."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

import iltheory as il
from iltheory import learners
from iltheory.claims.claim import Claim, claim, collecting
from iltheory.claims.kinds import Count, Kind
from iltheory.claims.registry import catalogue
from iltheory.learners.demonstrations import shown_occupancy
from iltheory.testing import strategies as ils
from sims import TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument

QUICK = settings(
    max_examples=60, database=None, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
SEARCH = settings(
    max_examples=3000,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def smallest(strategy: Any, condition: Any) -> Any:
    return find(strategy, condition, settings=SEARCH, random=Random(0))


def sampled(strategy: Any, n: int = 150) -> list[Any]:
    drawn: list[Any] = []

    @settings(QUICK, max_examples=n, derandomize=False, phases=[Phase.generate])
    @seed(0)
    @given(strategy)
    def look(value: Any) -> None:
        drawn.append(value)

    look()
    return drawn


def tables(mdp: TabularMDP) -> tuple[list[Any], list[Any], list[Any]]:
    """P, r and mu as nested lists of Fractions."""
    return tuple(x.fractions().tolist() for x in (mdp.P, mdp.r, mdp.mu))


@st.composite
def with_policies(draw: Any, mdps: Any, n: int = 1, **options: Any) -> tuple[Any, ...]:
    mdp = draw(mdps)
    return mdp, *(draw(ils.policies(mdp, **options)) for _ in range(n))


@st.composite
def with_data(draw: Any, mdps: Any, data: Any = ils.trajectories) -> tuple[Any, ...]:
    mdp, pi = draw(with_policies(mdps))
    return mdp, pi, draw(data(mdp, pi))


# What is drawn.


@QUICK
@given(ils.finite_mdps(max_states=3, max_actions=2, max_horizon=3, rewards=(-1, Fraction(1, 2)), terminal=True))
def test_finite_models_are_exact_and_within_their_bounds(mdp):
    assert mdp.system == ar.RATIONAL
    assert mdp.n_states <= 3 and mdp.n_actions <= 2 and mdp.horizon <= 3
    r = mdp.rewards().fractions()
    assert r.min() >= -1 and r.max() <= Fraction(1, 2)
    for entry in (*mdp.P.fractions().ravel(), *mdp.mu.fractions(), *r.ravel()):
        assert entry.denominator in {*range(1, 13), 100, 2**20}
    if mdp.terminal is not None:
        assert mdp.terminal.any() and not ar.possibly_nonzero(mdp.rewards())[:, mdp.terminal].any()
        assert all(mdp.transitions.self_loops(h)[..., mdp.terminal, :].all() for h in range(mdp.transitions.steps))


@QUICK
@given(ils.finite_mdps(time_varying=True), ils.finite_mdps(time_varying=False), ils.finite_mdps(deterministic=True))
def test_time_and_chance_are_as_asked(varying, still, certain):
    assert varying.transitions.steps == len(varying.rewards()) == varying.horizon
    assert still.transitions.steps == len(still.rewards()) == 1
    assert set(certain.P.fractions().ravel()) <= {0, 1}


@QUICK
@given(ils.discounted_mdps(discounts=(Fraction(1, 3), 0)))
def test_discounts_are_those_given(mdp):
    assert mdp.horizon is None and Fraction(mdp.discount) in (Fraction(1, 3), 0)


def test_models_are_various():
    drawn = sampled(ils.finite_mdps(terminal=True))
    rows = [row for mdp in drawn for row in mdp.P.fractions().reshape(-1, mdp.n_states).tolist()]
    entries = {entry for row in rows for entry in row}
    assert {0, 1, Fraction(1, 2), Fraction(1, 100), Fraction(1, 2**20), 1 - Fraction(1, 2**20)} <= entries
    for sizes, most in ((lambda m: m.n_states, 4), (lambda m: m.n_actions, 3), (lambda m: m.horizon, 4)):
        assert {sizes(mdp) for mdp in drawn} == set(range(1, most + 1))
    assert {m.terminal is None for m in drawn} == {m.transitions.steps > 1 for m in drawn} == {True, False}
    deterministic = np.mean([max(row) == 1 for row in rows])
    assert 1 / 4 < deterministic < 9 / 10


@QUICK
@given(st.integers(1, 10).flatmap(lambda n: st.tuples(*[ils.distributions(n, **o) for o in LAWS])))
def test_distributions_are_as_asked(laws):
    for law in laws:
        assert sum(law.fractions()) == 1 and min(law.fractions()) >= 0
    _, vertex, interior = laws
    assert max(vertex.fractions()) == 1 and min(interior.fractions()) > 0


LAWS = ({}, {"deterministic": True}, {"full_support": True})


@QUICK
@given(st.data(), st.one_of(ils.finite_mdps(), ils.discounted_mdps(), ils.linear_mdps()))
def test_policies_are_those_of_the_model(data, mdp):
    for options in LAWS:
        pi = data.draw(ils.policies(mdp, **options))
        assert 0 <= Fraction(mdp.value(pi)) <= (mdp.horizon or 100)
    still = data.draw(ils.policies(mdp, stationary=True, deterministic=True))
    assert still.shape == (*(() if mdp.horizon is None else (1,)), mdp.n_states, mdp.n_actions)
    assert set(still.fractions().ravel()) <= {0, 1}


@QUICK
@given(st.data(), st.one_of(ils.finite_mdps(), ils.discounted_mdps()))
def test_occupancies_flow_and_functions_have_their_shapes(data, mdp):
    d = data.draw(ils.occupancies(mdp))
    assert not mdp.flow_residual(d).fractions().any()
    r, features = data.draw(ils.rewards(mdp, values=(-2, -1))), data.draw(ils.features(mdp, max_features=2))
    assert r.shape == d.shape == features[0].shape and 1 <= len(features) <= 2
    assert r.fractions().min() >= -2 and r.fractions().max() <= -1


@QUICK
@given(st.data(), st.booleans())
def test_linear_models_agree_with_their_tables(data, discounted):
    model = data.draw(ils.linear_mdps(discounted=discounted))
    pi = data.draw(ils.policies(model))
    assert Fraction(model.value(pi)) == Fraction(model.tabular().value(pi))


def test_linear_models_have_features_of_both_kinds():
    assert {model.features for model in sampled(ils.linear_mdps(), 60)} == {"simplex", "signed"}


@QUICK
@given(ils.model_pairs(st.one_of(ils.finite_mdps(), ils.discounted_mdps())))
def test_pairs_share_sizes_end_and_first_law(models):
    first, second = models
    assert (first.n_states, first.n_actions, first.horizon) == (second.n_states, second.n_actions, second.horizon)
    assert first.mu.fractions().tolist() == second.mu.fractions().tolist()
    assert (first.discount is None) == (second.discount is None)
    assert first.discount is None or Fraction(first.discount) == Fraction(second.discount)


def test_models_of_floats_have_policies_and_data_of_floats():
    floats = ils.finite_mdps(terminal=True).map(lambda mdp: mdp.to("float64"))
    for mdp, pi, demos in sampled(with_data(floats, ils.demonstrations), 30):
        assert mdp.value(pi).dtype == np.float64 and demos.rewards.dtype == np.float64


# Datasets.


def probability(mdp: TabularMDP, pi: Any, t: Any) -> Fraction:
    """Of a trajectory, step by step, by hand."""
    p, act = mdp.transitions.dense().fractions(), mdp.policy(pi).fractions()
    act = act if mdp.horizon is not None else act[None]
    found = mdp.mu.fractions()[t.states[0]]
    for h, (s, a, following) in enumerate(zip(t.states[:-1], t.actions, t.states[1:], strict=True)):
        found *= act[min(h, len(act) - 1)][s, a] * p[min(h, len(p) - 1)][s, a, following]
    return found


@QUICK
@given(with_data(st.one_of(ils.finite_mdps(terminal=True), ils.discounted_mdps(terminal=True))))
def test_trajectories_are_possible_and_end_as_recorded(drawn):
    mdp, pi, data = drawn
    over = np.zeros(mdp.n_states, bool) if mdp.terminal is None else mdp.terminal
    for t in data:
        assert probability(mdp, pi, t) > 0
        assert t.terminated == over[t.states[-1]] and t.truncated != t.terminated
        assert not over[t.states[:-1]].any() and len(t.actions) <= (mdp.horizon or 5)
        assert len(t.actions) >= 1 or t.terminated
        for h, (s, a, paid) in enumerate(zip(t.states, t.actions, t.rewards, strict=False)):
            assert paid == float(mdp.reward(h)[s, a])


def test_trajectories_are_various():
    drawn = [data for _, _, data in sampled(with_data(ils.finite_mdps(terminal=True)))]
    assert {len(data) for data in drawn} == {1, 2, 3}
    assert {length for data in drawn for length in data.lengths} >= {0, 1, 2, 3}
    assert any(data.terminated.any() and data.truncated.any() for data in drawn)


@QUICK
@given(with_data(st.one_of(ils.finite_mdps(terminal=True), ils.discounted_mdps(terminal=True)), ils.demonstrations))
def test_demonstrations_are_what_learners_take(drawn):
    mdp, _, demos = drawn
    for t in demos:
        assert t.terminated or len(t.actions) == (mdp.horizon or 5)
    assert (ar.sum(ar.sum(shown_occupancy(mdp, demos), -1), -1).fractions() == 1).all()
    if mdp.horizon is not None and demos.lengths.sum():
        mdp.policy(learners.behavioral_cloning(demos, mdp))


# How it shrinks.


def test_a_gap_between_two_policies_needs_two_actions():
    mdp, expert, learner = smallest(with_policies(ils.finite_mdps(), 2), lambda x: Fraction(il.gap(*x)) > 0)
    p, (r,), mu = tables(mdp)
    assert (p, mu, mdp.horizon) == ([[[1], [1]]], [1], 1) and sorted(r) == [0, 1]
    assert expert.fractions().tolist() == [[r]] and learner.fractions().tolist() == [[r[::-1]]]


def test_a_random_first_visit_needs_two_states_and_one_step():
    def partly(x: Any) -> bool:
        mdp, pi = x
        return mdp.n_states > 1 and any(0 < p < 1 for p in mdp.state_occupancy(pi).fractions()[:, 1])

    mdp, _ = smallest(with_policies(ils.finite_mdps()), partly)
    half = Fraction(1, 2)
    assert tables(mdp) == ([[[1, 0]], [[1, 0]]], [[0], [0]], [half, half]) and mdp.horizon == 1


def test_a_random_step_needs_two_steps():
    def later(x: Any) -> bool:
        mdp, pi = x
        d = mdp.state_occupancy(pi).fractions()
        return max(d[0]) == 1 and any(max(law) < 1 for law in d[1:])

    mdp, _ = smallest(with_policies(ils.finite_mdps()), later)
    assert (mdp.n_states, mdp.n_actions, mdp.horizon) == (2, 1, 2)
    assert mdp.P.fractions().reshape(-1, 2).tolist()[0] == [Fraction(1, 2)] * 2


def test_rewards_that_vary_need_two_steps_and_nothing_else():
    mdp = smallest(ils.finite_mdps(), lambda m: any((x != y).any() for x, y in pairwise(m.rewards().fractions())))
    assert (mdp.n_states, mdp.n_actions, mdp.horizon) == (1, 1, 2)
    assert sorted(mdp.r.fractions().ravel()) == [0, 1]


@pytest.mark.parametrize(
    ("condition", "steps"), [(lambda d: d.truncated.any(), 1), (lambda d: d.terminated.any() and d.lengths[0] > 0, 1)]
)
def test_one_episode_of_one_step_shows_how_it_ends(condition, steps):
    mdp, _, data = smallest(with_data(ils.finite_mdps(terminal=True)), lambda x: condition(x[2]))
    assert len(data) == 1 and data.lengths.tolist() == [steps] and mdp.horizon == 1
    assert mdp.n_states == 1 + data.terminated[0] and mdp.n_actions <= 2


def test_two_models_differ_in_one_place():
    first, second = smallest(
        ils.model_pairs(ils.discounted_mdps()), lambda pair: (pair[0].P.fractions() != pair[1].P.fractions()).any()
    )
    assert tables(first) == ([[[1, 0]], [[1, 0]]], [[0], [0]], [1, 0]) and Fraction(first.discount) == 0
    changed = second.P.fractions().reshape(2, 2).tolist()
    assert sorted(changed) == [[0, 1], [1, 0]] and not second.r.fractions().any()


def test_plain_distributions_shrink_to_small_supports_and_denominators():
    rare = smallest(ils.distributions(4), lambda p: 0 < p.fractions()[2] < Fraction(1, 3))
    assert sorted(rare.fractions()) == [0, 0, Fraction(1, 4), Fraction(3, 4)]
    assert smallest(ils.distributions(4), lambda p: True).fractions().tolist() == [1, 0, 0, 0]
    quarter = [Fraction(1, 4)] * 4
    assert smallest(ils.distributions(4, full_support=True), lambda p: True).fractions().tolist() == quarter


# Instances of claims.


def test_instances_of_the_whole_catalogue_are_accepted():
    """``instances`` binds what it draws, so a kind that refuses a value raises here."""
    found = catalogue()
    drawn = {id: sampled(ils.instances(claim, max_states=3, max_horizon=3), 3) for id, claim in found.items()}
    for id, values in drawn.items():
        assert values and all(set(value) == set(found[id].parameters) for value in values), id
        for value in values:
            found[id].bind_any(value)


def test_most_instances_of_a_claim_are_evaluated_without_an_error():
    found = catalogue()["ross-bagnell-2010-thm-2-1"]
    for instance in sampled(ils.instances(found), 40):
        assert found(**instance)


def test_a_false_claim_shrinks_to_its_smallest_counterexample():
    variant = next(v for v in catalogue()["ross-bagnell-2010-thm-2-1"].false_variants if v.id.endswith("/linear-in-h"))

    def violated(instance: Any) -> bool:
        with collecting() as conditions:
            comparison = variant.evaluate(variant.convert(instance, ar.FLOAT64))
        assert len(conditions) == 2  # rewards lie in [0, 1], and do so by construction
        return float(comparison.lhs - comparison.rhs) > 1e-9

    found = smallest(ils.instances(variant, max_states=3, max_actions=2, max_horizon=3), violated)
    mdp = found["mdp"]
    assert (mdp.n_states, mdp.n_actions, mdp.horizon) == (2, 2, 2)
    assert set(mdp.r.fractions().ravel()) <= {0, 1} and set(mdp.P.fractions().ravel()) <= {0, 1}


class Even(Count):
    """An even number, which a strategy for any count would not draw."""

    def draw(self, rng: Any, scale: Any, before: Any) -> int:
        return 2 * super().draw(rng, scale, before)

    def check(self, name: str, value: Any, before: Any) -> int:
        found = super().check(name, value, before)
        assert found % 2 == 0
        return found


class Colour(Kind):
    """A kind of somebody else's, without numbers."""

    def draw(self, rng: Any, scale: Any, before: Any) -> str:
        return str(rng.choice(["red", "blue"]))

    def check(self, name: str, value: Any, before: Any) -> str:
        assert value in ("red", "blue")
        return str(value)

    def select(self, value: str, index: Any, before: Any) -> str:
        return value


@claim(statement="n is even")
def third_party(mdp: il.FiniteHorizonMDP, n: Annotated[int, Even(5)], colour: Annotated[str, Colour()]) -> Any:
    """For the strategies only."""
    return ar.asarray(n) >= 0


def test_kinds_of_others_draw_for_themselves():
    drawn = sampled(ils.instances(third_party), 60)
    assert {value["n"] for value in drawn} == {2, 4, 6, 8, 10}
    assert {value["colour"] for value in drawn} == {"red", "blue"}


def test_values_of_one_kind_fit_what_is_before_them():
    mdp = sampled(ils.finite_mdps(max_states=2), 1)[0]
    for kind in (il.Policy, il.DeterministicPolicy, il.Reward, il.HistoryPolicy, il.Policies):
        value = smallest(ils.from_kind(kind, before={"mdp": mdp}), lambda _: True)
        assert value is not None
    p = smallest(ils.from_kind(il.Distribution, before={"p": ar.asarray([1, 0, 0, 0, 0])}), lambda _: True)
    assert p.fractions().tolist() == [1, 0, 0, 0, 0]
    gamma = Fraction(3, 7)
    first = TabularMDP([[[1]]], [[0]], [1], discount=gamma)
    assert Fraction(smallest(ils.from_kind(il.DiscountedMDP, before={"m": first}), lambda _: True).discount) == gamma


# Arguments.


MDP = TabularMDP([[[1]]], [[0]], [1], horizon=2)
PI = ar.asarray([[1]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ils.finite_mdps(max_states=0), "max_states=0"),
        (lambda: ils.finite_mdps(max_horizon=2.0), "max_horizon=2.0"),
        (lambda: ils.finite_mdps(rewards=(1, 0)), r"rewards=\(1, 0\) is empty"),
        (lambda: ils.finite_mdps(rewards=(0, 0.5)), "rewards holds 0.5"),
        (lambda: ils.discounted_mdps(discounts=(1,)), r"in \[0, 1\)"),
        (lambda: ils.linear_mdps(max_features=True), "max_features=True"),
        (lambda: ils.distributions(3, deterministic=True, full_support=True), "exclude each other"),
        (lambda: ils.model_pairs(MDP), "Hypothesis strategy"),
        (lambda: ils.policies("model"), "mdp='model'"),
        (lambda: ils.rewards(MDP, values=1), "values=1"),
        (lambda: ils.trajectories(MDP, PI, max_length=3), "beyond the horizon"),
        (lambda: ils.trajectories(MDP, ar.asarray([[[[1]]]] * 2)), "a batch of policies"),
        (lambda: ils.demonstrations(MDP, PI, max_length=1), "omit it"),
        (lambda: ils.from_kind(int), "il.FiniteHorizonMDP"),
        (lambda: ils.instances("pdl"), "must be a claim"),
    ],
)
def test_every_argument_is_checked_at_once(call, words):
    with pytest.raises(InvalidArgument, match=words):
        call()


def test_the_python_blocks_of_the_page_run():
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    section = page[page.index("## Hypothesis strategies") :].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    session: dict[str, Any] = {"__name__": "__page__"}
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"testing.md block {number}", "exec"), session)
        for name in re.findall(r"^def (test_\w+)", block, flags=re.MULTILINE):
            session[name]()
    assert len(blocks) >= 3 and isinstance(session["halved"], Claim)
