"""The definitions in Coq, computed by its kernel, and those in Python say the same, exactly."""

import shutil
from fractions import Fraction

import coq_discounted
import coq_families
import coq_horizon
import coq_learners
import coq_trajectories
import numpy as np
import pytest
from coq_questions import Questions, computed, laws, random_model, stated

import iltheory as il
from sims import arithmetic as ar

compiled = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")

SUBJECTS = {
    "horizon": lambda: coq_horizon.policies(np.random.default_rng(7)),
    "learners": lambda: coq_learners.learners(np.random.default_rng(10)),
    "play": lambda: coq_learners.play(np.random.default_rng(11)),
    "soft": lambda: coq_learners.soft(np.random.default_rng(12)),
    "trajectories": lambda: coq_trajectories.trajectories(np.random.default_rng(13)),
    "roots": coq_trajectories.roots,
    "demonstrations": lambda: coq_trajectories.demonstrations(np.random.default_rng(14)),
    "discounted": lambda: coq_discounted.values(np.random.default_rng(15)),
    "discounted-soft": lambda: coq_discounted.soft(np.random.default_rng(16)),
    "features": lambda: coq_discounted.features(np.random.default_rng(17)),
    "links": coq_discounted.determined,
    "families": coq_families.named,
}

NOT_COMPUTED = {
    "types": ["Discounted.policy"],
    "propositions about all policies": ["Adril.is_adril", "Adril.is_frank_wolfe"],
    "propositions about all steps and histories": ["Moments.stationary", "Trajectories.is_history_policy"],
    "propositions about all numbers, functions or laws": [
        "Games.is_convex",
        "Games.is_linear",
        "InverseSoft.is_above_laws",
        "InverseSoft.is_conjugate",
        "SoftMaximum.is_soft_maximum",
        "Ambiguity.has_dimension",
    ],
    "exponentials and logarithms, which are not rational": ["Logarithms", "Reals", "Ambiguity.same_policy"],
    "without a counterpart in Python": ["MarkovFamilies", "MarkovGame"],
}
"""Definitions of statements, or files of them, that are no numbers of tables, nor propositions that tables decide."""


@pytest.mark.parametrize("subject", SUBJECTS)
@compiled
def test_coq_and_python_compute_the_same_numbers(ask, subject):
    assert SUBJECTS[subject]().differences(ask) == []


@compiled
def test_a_changed_number_and_a_horizon_that_is_off_by_one_are_noticed(ask):
    mdp, expert = random_model(np.random.default_rng(8), 2, 2, 3, horizon=3), laws(np.random.default_rng(9), 3, 2, 2)
    rewards = mdp.rewards().fractions()
    rewards[2, 0, 0] += Fraction(1, 97)
    questions = Questions("FiniteHorizon", "Tables")
    for model, horizons in ((mdp, (3, 2, 4)), (mdp.with_rewards(ar.asarray(rewards)), (3,))):
        questions.model(model)
        questions.policies(pi=expert)
        for horizon in horizons:
            questions.ask(f"value M {horizon} pi", il.value(mdp, expert))
    noticed = questions.differences(ask)
    assert [question for question, _, _ in noticed] == ["value M 2 pi", "value M 4 pi", "value M 3 pi"]
    assert len({answer[0] for _, _, answer in noticed}) == 3


def test_every_definition_in_a_statement_is_computed():
    excused = {name for names in NOT_COMPUTED.values() for name in names}
    left = {f"{file}.{name}" for file, name in stated() - computed(put() for put in SUBJECTS.values())}
    assert sorted(name for name in left if not {name, name.split(".")[0]} & excused) == []
    assert excused <= left | {name.split(".")[0] for name in left}


def test_a_definition_that_nothing_computes_is_named():
    questions = [put() for name, put in SUBJECTS.items() if name != "demonstrations"]
    assert ("Demonstrations", "cloning_gap") in stated() - computed(questions)
