"""The definitions in Coq, computed by its kernel, and those in Python say the same, exactly."""

import re
import shutil
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import iltheory as il
from iltheory.attack.references import resolve
from iltheory.measures import (
    acting,
    half_span,
    half_spans,
    occupancy_tv,
    off_policy_mismatch,
    off_policy_moment_error,
    on_policy_error_rate,
    on_policy_moment_error,
    recoverability,
    reward_mismatch,
    reward_moment_error,
    state_occupancy_tv,
    step_disadvantages,
    step_errors,
)
from iltheory.proofs.certificates import Model, table
from iltheory.proofs.sides import SIDES
from proofs_check.coq.development import LIBRARY
from sims import TabularMDP
from sims import arithmetic as ar

pytestmark = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

HEAD = f"""From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect all_algebra.
From {LIBRARY}.Definitions Require Import Probability Extremes FiniteHorizon Imitation Moments Disadvantage.
From {LIBRARY}.Definitions Require Import Tables Certificates.
From {LIBRARY}.Proofs Require Import Enclosures.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.
Section Fields.
Variable R : realFieldType.
"""

POLICY = "seq (seq (seq Q))"
NUMBER = r"-?[\d.]+(?: # \d+|%Q)?"
"""How Coq prints a rational number."""


def laws(rng, *shape):
    """Random laws with small numbers, some of them 0, over denominators that differ."""
    weights = rng.integers(0, 5, shape)
    weights[..., 0] += weights.sum(-1) == 0
    return ar.asarray(np.vectorize(Fraction, otypes=[object])(weights, weights.sum(-1, keepdims=True)))


def numbers(rng, low, high, *shape):
    return ar.asarray(np.vectorize(lambda n: Fraction(int(n), 6), otypes=[object])(rng.integers(low, high, shape)))


class Questions:
    """Quantities to compute in Coq, each beside its value in Python."""

    def __init__(self):
        self.lines, self.expected = [HEAD], []

    def define(self, name, kind, text):
        self.lines.append(
            f"Local Open Scope Z_scope.\nDefinition {name} : {kind} := {text}.\nLocal Close Scope Z_scope."
        )

    def section(self, model, horizon, policies):
        """Name the model, the horizon and the policies of the quantities that follow."""
        self.lines.append(f"Section S{len(self.lines)}.\nLocal Notation M := (model R {model}).")
        self.lines.append(f"Local Notation H := {horizon}%N.")
        for name, text in policies.items():
            self.lines.append(f"Local Notation {name} := (plays R (t := {model}) {text}).")

    def end(self):
        opened = next(line for line in reversed(self.lines) if line.startswith("Section S"))
        self.lines.append(f"End {opened.split('.')[0].removeprefix('Section ')}.")

    def ask(self, quantity, value):
        self.lines.append(f"Goal True. show_range (({quantity})%R : R). Abort.")
        self.expected.append((quantity, Fraction(str(value))))

    def answers(self, ask):
        """What Coq says, as intervals."""
        said = " ".join(ask("\n".join([*self.lines, "End Fields.", ""])).split())  # it breaks long lines
        said = re.findall(rf"\(({NUMBER}), ({NUMBER})\)", said)
        assert len(said) == len(self.expected)
        return [tuple(Fraction(end.replace(" # ", "/").removesuffix("%Q")) for end in pair) for pair in said]


def put_quantities(questions, name, mdp, expert, learner):
    """Everything that proved statements with a horizon are about, on one model with two policies."""
    questions.define(name, "tables", Model.of(mdp).coq)
    questions.define(f"{name}_expert", POLICY, table(expert, 3).coq)
    questions.define(f"{name}_learner", POLICY, table(learner, 3).coq)
    questions.section(name, mdp.horizon, {"expert": f"{name}_expert", "learner": f"{name}_learner"})
    pairs = mdp.occupancy(expert), mdp.q(expert), mdp.advantage(learner)
    third = acting(mdp.policy(expert), mdp.policy(learner), ar.asarray(Fraction(1, 3)))
    third = ar.broadcast_to(third, (mdp.horizon, mdp.n_states, mdp.n_actions))
    mismatch = reward_mismatch(mdp, expert, learner), off_policy_mismatch(mdp, expert, learner)
    spans = half_spans(mdp, expert)
    for h, s in product(range(mdp.horizon), range(mdp.n_states)):
        state = f"(@Ordinal (states {name}) {s} isT)"
        questions.ask(f"v M H expert {h} {state}", mdp.v(expert)[h, s])
        questions.ask(f"state_law M learner {h} {state}", mdp.state_occupancy(learner)[h, s])
        questions.ask(f"half_span M H expert {h} {state}", spans[h, s])
        for a in range(mdp.n_actions):
            at = f"{h}%N {state} (@Ordinal (actions {name}) {a} isT)"
            questions.ask(f"occupancy M expert {at}", pairs[0][h, s, a])
            questions.ask(f"q M H expert {at}", pairs[1][h, s, a])
            questions.ask(f"advantage M H learner {at}", pairs[2][h, s, a])
            questions.ask(f"acting expert learner (real R (Qmake 1 3)) {at}", third[h, s, a])
            questions.ask(f"H%:R^-1 * reward_mismatch M expert learner {at}", mismatch[0][h, s, a])
            questions.ask(f"H%:R^-1 * off_policy_mismatch M expert learner {at}", mismatch[1][h, s, a])
    for h in range(mdp.horizon):
        errors = step_errors(mdp, expert, learner, mdp.state_occupancy(learner))
        questions.ask(f"step_error (state_law M learner) expert learner {h}", errors[h])
        lost = step_disadvantages(mdp, expert, learner)[h]
        questions.ask(f"step_disadvantage M H expert learner {h}", lost)
    for quantity, value in {
        "value M H expert": il.value(mdp, expert),
        "value M H expert - value M H learner": il.gap(mdp, expert, learner),
        "error_rate M H expert learner": il.error_rate(mdp, expert, learner),
        "error_rate M H learner expert": on_policy_error_rate(mdp, expert, learner),
        "disadvantage M H expert learner": il.disadvantage(mdp, expert, learner),
        "recoverability M H expert": recoverability(mdp, expert),
        "largest_half_span M H expert": half_span(mdp, expert),
        "largest_payoff H (reward_mismatch M expert learner)": reward_moment_error(mdp, expert, learner),
        "largest_payoff H (off_policy_mismatch M expert learner)": off_policy_moment_error(mdp, expert, learner),
        "largest_payoff H (on_policy_mismatch M expert learner)": on_policy_moment_error(mdp, expert, learner),
        "largest_stationary_payoff H (reward_mismatch M expert learner)": reward_moment_error(
            mdp, expert, learner, stationary=True
        ),
        "states_l1 H (state_law M expert) (state_law M learner) / 2%:R": state_occupancy_tv(mdp, expert, learner),
        r"H%:R^-1 * (\sum_(h < H) tv (joint (occupancy M expert h)) (joint (occupancy M learner h)))": occupancy_tv(
            mdp, expert, learner
        ),
        "payoff H (reward_mismatch M expert learner) (reward M)": -il.gap(mdp, expert, learner) / mdp.horizon,
    }.items():
        questions.ask(quantity, value)


def random_instance(rng, states, actions, horizon, *, varying):
    steps = (horizon,) if varying else ()
    mdp = TabularMDP(
        laws(rng, *steps, states, actions, states),
        numbers(rng, 0, 7, *steps, states, actions),
        laws(rng, states),
        horizon=horizon,
    )
    return mdp, laws(rng, *steps, states, actions), laws(rng, states, actions)


def side_instances(rng):
    """An instance of each claim that certificates cover, with the names its parameters have."""
    mdp, expert, learner = random_instance(rng, 2, 2, 3, varying=True)
    reward, stationary = numbers(rng, -6, 7, 3, 2, 2), numbers(rng, -6, 7, 1, 2, 2)
    choice = ar.asarray([[[1, 0], [0, 1]], [[0, 1], [0, 1]], [[1, 0], [1, 0]]])
    for id, sides in SIDES.items():
        claim = resolve(id)
        values = {"mdp": mdp, "expert": expert, "learner": learner, "pi": expert, "other": learner, "reward": reward}
        if "deterministic" in str(claim.parameters.get("expert")):
            values["expert"] = choice
        if "stationary" in str(claim.parameters.get("reward")):
            values["reward"] = stationary
        instance = claim.bind(**{name: values[name] for name in claim.parameters})
        paid = mdp.with_rewards(instance["reward"]) if "reward" in instance else mdp
        yield (
            sides,
            paid,
            {name: instance[name] for name in ("expert", "learner", "pi", "other") if name in instance},
            (claim(**instance)),
        )


def test_coq_and_python_compute_the_same_numbers(ask):
    rng = np.random.default_rng(7)
    questions = Questions()
    for i, (states, actions, horizon, varying) in enumerate([(2, 3, 3, True), (3, 2, 2, False), (1, 2, 4, True)]):
        put_quantities(questions, f"model{i}", *random_instance(rng, states, actions, horizon, varying=varying))
        questions.end()
    for i, (sides, mdp, policies, comparison) in enumerate(side_instances(rng)):
        questions.define(f"sides{i}", "tables", Model.of(mdp).coq)
        for name, pi in policies.items():
            questions.define(f"sides{i}_{name}", POLICY, table(pi, 3).coq)
        questions.section(f"sides{i}", mdp.horizon, {name: f"sides{i}_{name}" for name in policies})
        for side, value in zip(sides, (comparison.lhs, comparison.rhs), strict=True):
            questions.ask(side, value)
        questions.end()
    answers = questions.answers(ask)
    wrong = [
        (quantity, value, answer)
        for (quantity, value), answer in zip(questions.expected, answers, strict=True)
        if answer != (value, value)
    ]
    assert wrong == []


def test_a_changed_number_and_a_horizon_that_is_off_by_one_are_noticed(ask):
    mdp, expert, _ = random_instance(np.random.default_rng(8), 2, 2, 3, varying=True)
    changed = mdp.with_rewards(
        mdp.rewards() + ar.asarray([[[0, 0], [0, 0]], [[0, 0], [0, 0]], [[Fraction(1, 97), 0], [0, 0]]])
    )
    questions = Questions()
    for name, model, horizon in (("right", mdp, 3), ("changed", changed, 3), ("late", mdp, 4), ("early", mdp, 2)):
        questions.define(name, "tables", Model.of(model).coq)
        questions.define(f"{name}_pi", POLICY, table(expert, 3).coq)
        questions.section(name, horizon, {"pi": f"{name}_pi"})
        questions.ask("value M H pi", il.value(mdp, expert))
        questions.end()
    right, *planted = (low for low, _ in questions.answers(ask))
    assert right == Fraction(str(il.value(mdp, expert)))
    assert right not in planted and len(set(planted)) == 3
