"""Running the invariants: ours hold, planted faults fail on models that nobody could make smaller."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import own_adapters
import pytest

import iltheory as il
from iltheory import testing
from iltheory.testing.adapter import Adapter, InvalidAdapter
from iltheory.testing.registry import invariants, names
from iltheory.testing.report import Outcome, model_lines
from iltheory.testing.runner import check
from iltheory.testing.violation import InvariantViolated
from sims import TabularMDP
from sims import arithmetic as ar
from sims.errors import InvalidArgument

HELPERS = {"cut_in_two", "discounted_model", "episodic_model", "finite_model", "models", "points", "proportional_data"}


# Ours.


@pytest.mark.parametrize(
    ("adapter", "held"),
    [
        (own_adapters.Exact, {"occupancy_flows", "pairing_is_the_value", "discount_is_used", "soft_optimality_holds"}),
        (own_adapters.Cloning, {"learner_recovers_the_expert", "cloning_raises_the_likelihood"}),
        (own_adapters.MaximumCausalEntropy, {"learner_recovers_the_expert", "learner_keeps_the_length_of_episodes"}),
        (own_adapters.Gail, {"learner_recovers_the_expert", "every_option_changes_something"}),
        (own_adapters.ValueDual, {"gradient_is_the_derivative"}),
    ],
)
def test_our_own_implementations_keep_all_that_applies(adapter, held):
    report = check(adapter)
    assert report.failures == ()
    assert held <= {outcome.name.partition("[")[0] for outcome in report.outcomes if outcome.status == "holds"}
    assert all(outcome.message for outcome in report.outcomes if outcome.status == "does not apply")


def test_every_invariant_of_the_package_can_be_run():
    functions = {name for name in testing.__all__ if callable(getattr(testing, name)) and name[0].islower()}
    known = set(names())
    assert functions - known <= HELPERS | {"random_policy", "check"}
    assert known <= functions


# Planted faults, and the smallest models on which they can be seen.


def off_by_one(mdp, policy):
    d = np.asarray(mdp.occupancy(policy))
    return d if mdp.horizon is None else np.concatenate([d, d[-1:]])


def without_discount(mdp, policy):
    return mdp.value(policy) if mdp.horizon is not None else mdp.with_end(horizon=40).value(policy)


def smoothed(mdp, demos):
    h, s, a = demos.steps()
    counts = np.full((mdp.horizon or 1, mdp.n_states, mdp.n_actions), 0.5)
    np.add.at(counts, (h if mdp.horizon is not None else 0, s, a), 1)
    pi = counts / counts.sum(-1, keepdims=True)
    return pi if mdp.horizon is not None else pi[0]


def smoothed_policy(mdp, expert):
    return 0.9 * expert + 0.1 / mdp.n_actions


def marginal(mdp, demos):
    """Clones the frequency of actions, whatever the state."""
    shares = np.bincount(demos.actions, minlength=mdp.n_actions) / len(demos.actions)
    steps = () if mdp.horizon is None else (mdp.horizon,)
    return np.broadcast_to(shares, (*steps, mdp.n_states, mdp.n_actions))


def writing(mdp, policy):
    policy *= 1 + 1e-3
    return mdp.occupancy(policy / policy.sum(-1, keepdims=True))


def other_actions(mdp, policy):
    return mdp.occupancy(policy[..., ::-1].copy())


def sizes(outcome):
    mdp, _ = read(outcome.instance)
    return mdp.n_states, mdp.n_actions, mdp.horizon


@pytest.mark.parametrize(
    ("adapter", "invariant", "smallest"),
    [
        (SimpleNamespace(occupancy=off_by_one), "occupancy_is_a_law", (1, 1, 1)),
        (SimpleNamespace(value=without_discount), "value_is_exact", (1, 1, None)),
        (SimpleNamespace(fit=smoothed), "learner_recovers_the_expert", (1, 2, 1)),
        (SimpleNamespace(fit=marginal), "learner_recovers_the_expert", (1, 2, 2)),
        (SimpleNamespace(occupancy=writing), "arguments_are_left_alone", (1, 1, 1)),
        (SimpleNamespace(occupancy=other_actions), "occupancy_belongs_to_the_policy", (1, 2, 1)),
    ],
)
def test_a_fault_is_shown_on_a_smallest_model(adapter, invariant, smallest):
    report = check(adapter, only=[invariant])
    (outcome,) = report.outcomes
    assert outcome.status == "fails" and sizes(outcome) == smallest, str(outcome)
    assert report.failures == (outcome,)
    assert all(line in str(outcome) for line in model_lines(outcome.instance))
    json.dumps(report.to_json(), allow_nan=False)


def test_the_reported_instance_breaks_the_invariant():
    outcome = check(SimpleNamespace(occupancy=other_actions))["occupancy_belongs_to_the_policy"]
    mdp, pi = read(outcome.instance)
    with pytest.raises(InvariantViolated):
        testing.occupancy_belongs_to_the_policy(other_actions, [mdp.to("float64")], policy=lambda _: ar.midpoint(pi))


def read(instance):
    tables = {key: exact(instance["mdp"][key]) for key in ("P", "r", "mu")}
    end = {key: instance["mdp"][key] for key in ("horizon", "discount") if key in instance["mdp"]}
    end = {key: value if key == "horizon" else Fraction(value) for key, value in end.items()}
    unpaid = np.zeros(tables["P"].shape[-3:-1], dtype=int)
    return TabularMDP(tables["P"], unpaid, tables["mu"], **end).with_rewards(tables["r"]), exact(instance["policy"])


def exact(table):
    return ar.asarray(np.vectorize(Fraction, otypes=[object])(np.array(table, dtype=object)))


# Implementations that raise, refuse, or cannot make up their minds.


def test_an_exception_is_reported_with_the_model_on_which_it_is_raised():
    def value(mdp, policy):
        return mdp.value(policy) if mdp.n_states < 2 else {}["no such state"]

    outcome = check(SimpleNamespace(value=value))["value_is_exact"]
    assert outcome.status == "error" and sizes(outcome)[0] == 2
    assert "value raised KeyError: 'no such state'" in outcome.message and "test_runner.py" in outcome.message


@pytest.mark.parametrize("returned", ["seven", None, {"policy": 1}])
def test_what_cannot_be_read_is_an_error(returned):
    outcome = check(SimpleNamespace(occupancy=lambda mdp, policy: returned))["occupancy_is_a_law"]
    assert outcome.status in ("error", "fails")
    assert outcome.instance is not None


def test_a_refused_kind_of_model_does_not_count():
    def value(mdp, policy, horizon):
        if horizon is None:
            raise NotImplementedError("only with a horizon")
        return mdp.value(policy)

    report = check(SimpleNamespace(value=value))
    assert report["value_is_exact"].status == "holds" and report["value_is_exact"].models < 30
    assert report["discount_is_used[value]"] == Outcome(
        "discount_is_used[value]", "does not apply", message="value refuses: only with a horizon"
    )
    only_finite = check(SimpleNamespace(value=value, horizons="finite"))
    assert only_finite["value_is_exact"].models > report["value_is_exact"].models
    assert "discounted models" in only_finite["discount_is_used[value]"].message


def test_models_do_not_vary_for_an_implementation_that_cannot():
    seen = []

    def occupancy(mdp, policy):
        seen.append((mdp.transitions.steps, mdp.rewards().shape[0] if mdp.horizon else 1, policy.ndim))
        return mdp.occupancy(policy)

    assert not check(SimpleNamespace(occupancy=occupancy, varying=False)).failures
    assert set(seen) == {(1, 1, 2)}


def test_purity_is_asked_of_a_function_on_models_that_others_test_it_on():
    seen = {"rollout": set(), "initial_term": set(), "step": set()}

    def rollout(mdp, policy, n, rng):
        seen["rollout"].add(mdp.horizon is None)
        return mdp.sample(policy, n, rng)

    def initial_term(mdp, v):
        seen["initial_term"].add(mdp.horizon is None)
        return (1 - mdp.discount) * mdp.mu @ v

    def step(mdp, state, action, rng):
        seen["step"].add((mdp.P.ndim, mdp.next_state_reward.shape[1:] == mdp.P.shape))
        following = rng.choice(mdp.n_states, p=mdp.P[state, action])
        return following, mdp.next_state_reward[0, state, action, following]

    report = check(SimpleNamespace(rollout=rollout, initial_term=initial_term, step=step))
    assert not report.failures
    assert seen == {"rollout": {False}, "initial_term": {True}, "step": {(3, True)}}
    only_finite = check(SimpleNamespace(step=step, horizons="finite"))
    assert only_finite["reward_is_of_this_transition"].status == "holds" and not only_finite.failures


def test_a_step_that_pays_the_mean_over_arrivals_is_told_so():
    def step(mdp, state, action, rng):
        return rng.choice(mdp.n_states, p=mdp.P[state, action]), mdp.r[state, action]

    outcome = check(SimpleNamespace(step=step))["reward_is_of_this_transition"]
    assert outcome.status == "fails" and "next_state_reward" in outcome.message


def test_single_precision_needs_a_tolerance_and_no_more():
    def weighted(mdp, point):
        return np.float32(point) * np.float32(mdp.r - 1)

    def objective(mdp, point):
        return np.sum(np.sin(weighted(mdp, point)), dtype=np.float32)

    def gradient(mdp, point):
        return np.cos(weighted(mdp, point)) * np.float32(mdp.r - 1)

    right = SimpleNamespace(objective=objective, gradient=gradient, update=gradient, tolerance=1e-3)
    assert not check(right).failures
    wrong = SimpleNamespace(
        objective=objective, gradient=lambda mdp, point: -gradient(mdp, point), tolerance=1e-3,
        update=lambda mdp, point: -gradient(mdp, point),
    )  # fmt: skip
    assert {o.name for o in check(wrong).failures} == {"gradient_is_the_derivative", "step_ascends"}


def test_the_tolerance_is_that_of_discounts_too():
    nearly = SimpleNamespace(value=lambda mdp, policy: mdp.value(policy) + 1e-5)
    assert check(nearly)["discount_is_used[value]"].status == "fails"
    nearly.tolerance = 1e-4
    assert not check(nearly).failures


def test_demonstrations_are_those_of_the_adapters_own_expert():
    def best(mdp):
        return mdp.optimal_policy()

    def rounded(mdp):
        return mdp.soft_optimal(1.0).policy

    def worst(mdp, demos):
        return np.roll(il.learners.behavioral_cloning(demos, mdp), 1, axis=-1)

    name = "learner_recovers_the_expert"
    scope = {"horizons": "finite", "fit": own_adapters.Cloning().fit}
    shown = check(SimpleNamespace(expert=best, **scope), only=[name])[name]
    assert shown.status == "holds" and shown.models >= 30
    assert check(SimpleNamespace(expert=best, **scope | {"fit": worst}), only=[name])[name].status == "fails"
    few = check(SimpleNamespace(expert=rounded, **scope), only=[name])[name]  # no few trajectories have its quotients
    assert few.status == "holds" and few.models < shown.models


def test_an_implementation_that_exits_is_an_error():
    def value(mdp, policy):
        raise SystemExit(3)

    found = check(SimpleNamespace(value=value))["value_is_exact"]
    assert found.status == "error" and "value raised SystemExit: 3" in found.message


def test_an_erratic_implementation_is_found_out():
    calls = count()
    report = check(SimpleNamespace(occupancy=lambda mdp, policy: mdp.occupancy(policy) * (1 + next(calls))))
    assert report["same_call_same_bits[occupancy]"].status == "fails"
    assert "differ in the result." in report["same_call_same_bits[occupancy]"].message
    assert report["same_call_same_bits[occupancy]"].instance is not None


# Choices.


def test_the_same_seed_gives_the_same_report():
    faulty = SimpleNamespace(value=without_discount, fit=smoothed)
    only = ["value_is_exact", "learner_recovers_the_expert"]
    first, again, other = (check(faulty, seed=seed, only=only).to_json() for seed in (1, 1, 2))
    assert first == again
    assert [o["status"] for o in first["outcomes"]] == [o["status"] for o in other["outcomes"]]


def test_one_invariant_is_chosen_by_its_name_with_or_without_what_it_is_run_on():
    exact = own_adapters.Exact
    assert [o.name for o in check(exact, only=["occupancy_flows"]).outcomes] == ["occupancy_flows"]
    both = check(exact, only=["discount_is_used"]).outcomes
    assert [o.name for o in both] == ["discount_is_used[occupancy]", "discount_is_used[value]"]
    assert check(exact, only=["discount_is_used[value]"]).outcomes == both[1:]
    with pytest.raises(InvalidArgument, match=r"no invariant 'flows'.\n.*occupancy_flows"):
        check(exact, only=["flows"])
    with pytest.raises(InvalidArgument, match=r"only='occupancy_flows' is one name; give a list"):
        check(exact, only="occupancy_flows")
    with pytest.raises(InvalidArgument, match="seed=-1 must be"):
        check(exact, seed=-1)


def test_an_adapter_excludes_an_invariant_with_its_reason():
    adapter = SimpleNamespace(fit=smoothed, excluded={"learner_recovers_the_expert": "smoothing moves it"})
    outcome = check(adapter)["learner_recovers_the_expert"]
    assert (outcome.status, outcome.message) == ("does not apply", "excluded by the adapter: smoothing moves it")
    with pytest.raises(InvalidAdapter, match=r"excluded names no invariant 'recovers'"):
        check(SimpleNamespace(fit=smoothed, excluded={"recovers": "?"}))


def test_an_expert_of_the_adapter_is_the_one_to_recover():
    """Imitation by softmax of rewards of states recovers the experts that are such a softmax, and no other."""

    def soft(mdp):
        r = np.broadcast_to(np.arange(mdp.n_states)[:, None], (mdp.n_states, mdp.n_actions))
        steps = () if mdp.horizon is None else (mdp.horizon,)
        return mdp.with_rewards(np.broadcast_to(r, (*steps, *r.shape))).soft_optimal(1.0).policy

    def fit(mdp, expert):
        return soft(mdp)

    name = "learner_recovers_the_expert"
    assert check(SimpleNamespace(fit=fit), only=[name])[name].status == "fails"
    assert check(SimpleNamespace(fit=fit, expert=soft), only=[name])[name].status == "holds"
    instance = check(SimpleNamespace(fit=smoothed_policy, expert=soft), only=[name])[name].instance
    assert set(instance) == {"mdp"}  # the policy that was drawn was not the expert


def test_names_of_entries_are_unique():
    every = [entry.name for entry in invariants(Adapter.of(own_adapters.Exact))]
    assert len(every) == len(set(every))


def test_the_conventions_are_those_that_the_documents_name():
    listed = Path(__file__).parents[2].joinpath("docs", "invariants.md").read_text(encoding="utf-8")
    assert [name for name in names() if f"`{name}`" not in listed] == []
