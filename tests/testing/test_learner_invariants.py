"""Invariants of learners: the bugs they were made for break them, and every exported learner keeps them."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

import iltheory as il
from iltheory import learners
from iltheory.games import DivergenceRewards
from iltheory.testing import (
    InvariantViolated,
    arguments_are_left_alone,
    cloning_raises_the_likelihood,
    every_option_changes_something,
    finite_model,
    learner_keeps_the_length_of_episodes,
    learner_recovers_the_expert,
    random_policy,
    replay_estimate_is_between,
    same_call_same_bits,
)
from sims import families
from sims.errors import IltheoryError

FINITE = finite_model(varying=False)
SMALL = (
    families.garnet(n_states=3, n_actions=2, branching=2, horizon=3, rng=0),
    families.garnet(n_states=3, n_actions=2, branching=2, discount=0.875, rng=1),
)
SAMPLES = ("trajectories", "samples")


# Planted faults.


def test_what_was_written_into_is_named():
    with pytest.raises(InvariantViolated, match=r"the call changed argument 1"):
        arguments_are_left_alone(lambda states, hidden: np.add(hidden, 1, out=hidden), np.arange(3), np.zeros(3))


@pytest.mark.parametrize(
    "fault",
    [
        lambda x: x["demos"].append(1),
        lambda x: x["demos"].reverse(),
        lambda x: x.pop("rate"),
        lambda x: setattr(x["object"], "seen", True),
        lambda x: x["object"].array.sort(),
        lambda x: x["rng"].random(),
    ],
)
def test_changes_of_lists_dictionaries_attributes_and_generators_are_caught(fault):
    given = {
        "demos": [np.zeros(2), np.ones(2)],
        "rate": 0.5,
        "object": SimpleNamespace(array=np.array([3, 1, 2]), seen=False),
        "rng": np.random.default_rng(0),
    }
    arguments_are_left_alone(lambda x: len(x), given)
    with pytest.raises(InvariantViolated, match="arguments_are_left_alone"):
        arguments_are_left_alone(fault, given)


def test_results_that_depend_on_more_than_the_seed_are_caught():
    clock = count()
    same_call_same_bits(lambda seed: np.random.default_rng(seed).random(3), 1)
    for faulty in (
        lambda seed: random.random(),  # B39: global state
        lambda seed: {"stamp": next(clock)},  # B39: time stamps order the files
        lambda seed: np.random.default_rng().random(3) + seed,
    ):
        with pytest.raises(InvariantViolated, match="same_call_same_bits"):
            same_call_same_bits(faulty, 1)


def test_options_without_effect_are_named():
    def discounted(rounds, *, decay=0.5, discount=0.9):  # B44
        return np.full(rounds, decay)

    with pytest.raises(InvariantViolated, match=r"discount in .* gives one result"):
        every_option_changes_something(discounted, 3, options={"decay": (0.5, 0.9), "discount": (0.9, 0.5)})
    with pytest.raises(InvariantViolated, match="has 1 values"):
        every_option_changes_something(discounted, 3, options={"decay": (0.5,)})


def test_learners_that_return_another_policy_are_caught():
    with pytest.raises(InvariantViolated, match="learner_recovers_the_expert"):
        learner_recovers_the_expert(lambda mdp, expert: np.roll(expert, 1, axis=-1))


def test_our_clones_raise_the_likelihood():
    demos = FINITE.sample(random_policy(FINITE), 30, 0)
    cloning_raises_the_likelihood(lambda mdp, demos: il.learners.behavioral_cloning(demos, mdp), FINITE, demos)


def test_replay_estimates_with_interchanged_weights_are_caught():
    with pytest.raises(InvariantViolated, match="replay_estimate_is_between"):
        replay_estimate_is_between(lambda e, s, certainty: certainty * e + (1 - certainty) * s)


@pytest.mark.parametrize("bonus", [np.log(2), -np.log(2), 2.0])  # B28: -log(1 - D), log D; B27: 2 a step
def test_a_learner_that_is_paid_for_living_or_dying_is_caught(bonus):
    def learner(mdp, expert):  # the discriminator is at 1/2 everywhere
        alive = np.where(mdp.terminal[:, None], 0.0, bonus) + np.zeros((4, 2))
        return mdp.with_rewards(alive).soft_optimal(1).policy

    learner_keeps_the_length_of_episodes(lambda mdp, expert: expert)
    with pytest.raises(InvariantViolated, match="learner_keeps_the_length_of_episodes"):
        learner_keeps_the_length_of_episodes(learner)


# Every exported learner.


NOT_LEARNERS = {"replayed_reward"}  # a reward


def is_learner(name: str) -> bool:
    f = getattr(learners, name)
    parameters = inspect.signature(f).parameters if inspect.isfunction(f) else {}
    return name not in NOT_LEARNERS and "mdp" in parameters and bool(SHOWN & set(parameters))


SHOWN = {"expert", "experts", "demos", "exploration"}
TIMINGS = ("seconds",)
LEARNERS = {name: getattr(learners, name) for name in learners.__all__ if is_learner(name)}


@dataclass(frozen=True)
class PerModel:
    """A value that is built for a model."""

    build: Callable

    def __repr__(self) -> str:
        return "a value for the model"


def deterministic(mdp):
    return np.eye(mdp.n_actions)[random_policy(mdp).argmax(-1)]


def features(seed):
    return PerModel(lambda mdp: np.random.default_rng(seed).integers(0, 9, (mdp.n_states, mdp.n_actions, 2)) / 8)


def two_policies(mdp):
    return [1 - deterministic(mdp), np.eye(mdp.n_actions)[np.zeros(mdp.n_states, dtype=int)]]


REQUIRED = {
    "adversary": DivergenceRewards("chi2"),
    "codes": 2,
    "experts": PerModel(lambda mdp: [random_policy(mdp), random_policy(mdp, 2)]),
    "expert": PerModel(random_policy),
    "demos": PerModel(random_policy),
    "exploration": PerModel(lambda mdp: mdp.state_occupancy(random_policy(mdp))),
    "policy_class": learners.TabularPolicies(),
    "features": features(2),
    "discriminators": features(2),
    "iterations": 3,
    "alpha": 0.25,
    "rng": 0,
}
"""What a learner is given for an argument it requires, by its name."""

SPECIAL = {
    "infogail": {"searches": 1},
    "iq_learn_states": {"start": PerModel(lambda mdp: 0 * random_policy(mdp))},
    "mimic_md": {"expert": PerModel(lambda mdp: mdp.sample(deterministic(mdp), 6, 0))},
}
"""Arguments for single learners."""

OWN_OPTIONS = {
    ("iq_learn_states", "start"): (PerModel(lambda mdp: 0 * random_policy(mdp)), PerModel(random_policy)),
}
"""Values of options that mean something else to one learner than to others."""

OPTIONS = {
    "adversary": (DivergenceRewards("chi2"), DivergenceRewards("jensen-shannon")),
    "alpha": (0.25, 0.5),
    "c": (0.25, 0.5),
    "beta": (learners.never, learners.at_first),
    "certainty": (None, np.zeros((3, 3))),
    "codes": (2, 3),
    "divergence": ("chi2", "jensen-shannon"),
    "entropy_weight": (0, 1),
    "features": (features(2), features(3)),
    "information": ("trajectory", "pair"),
    "information_weight": (0.5, 2.0),
    "iterations": (1, 4),
    "length": (3, 8),
    "loss": (learners.ZERO_ONE, learners.LOG_LOSS),
    "method": ("interior-point", "conic"),
    "moments": ("reward", "off-policy", "on-policy"),
    "next_state": ("expected", "sampled"),
    "online": (learners.FollowTheLeader(), learners.hedge(0.5)),
    "policies": (None, PerModel(two_policies)),
    "policy_class": (learners.TabularPolicies(), PerModel(lambda mdp: learners.FinitePolicies(two_policies(mdp)))),
    "reward": ("state", "state-action"),
    "rng": (0, 1),
    "samples": (2, 5),
    "searches": (1, 3),
    "start": (None, PerModel(deterministic)),
    "stationary": (False, True),
    "step_size": (learners.fictitious_play, learners.frank_wolfe),
    "temperature": (1.0, 0.5),
    "tolerance": (1e-10, 0.1, 10.0),
    "trajectories": (2, 5),
    "value_term": ("initial", "expert"),
}
"""Values for each option, by its name, which do not all give one result."""


def arguments(name, mdp, **options):
    """What to call a learner with on a model."""
    given = {"mdp": mdp} | SPECIAL.get(name, {}) | options
    for parameter in inspect.signature(LEARNERS[name]).parameters.values():
        if parameter.default is parameter.empty and parameter.name not in given:
            given[parameter.name] = REQUIRED[parameter.name]
    return {key: value.build(mdp) if isinstance(value, PerModel) else value for key, value in given.items()}


def sampling(name):
    """A number of samples and a seed, for learners that sample."""
    parameters = inspect.signature(LEARNERS[name]).parameters
    return {**{option: 4 for option in SAMPLES if option in parameters}, "rng": 0} if "rng" in parameters else {}


def runs(name, **options):
    """Arguments and result for every kind of model that the learner takes, at least one."""
    taken, refused = [], []
    for mdp in SMALL:
        try:
            given = arguments(name, mdp, **options)
            taken.append((given, LEARNERS[name](**given)))
        except IltheoryError as refusal:
            refused.append(str(refusal))
    assert taken, f"{name} takes no model: {refused}"
    return taken


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_leaves_its_arguments_alone_and_repeats_itself(name):
    for given, _ in runs(name, **sampling(name)):
        arguments_are_left_alone(LEARNERS[name], **given)
        same_call_same_bits(LEARNERS[name], **given, ignoring=TIMINGS)


def options_of(name):
    return [option for option in inspect.signature(LEARNERS[name]).parameters if option in OPTIONS]


def test_every_option_has_values_to_try():
    fixed = SHOWN | {"mdp", "discriminators"}
    for name, learner in LEARNERS.items():
        assert set(inspect.signature(learner).parameters) <= fixed | set(OPTIONS), name


@pytest.mark.parametrize(("name", "option"), [(name, option) for name in LEARNERS for option in options_of(name)])
def test_every_option_of_a_learner_changes_something(name, option):
    fixed = sampling(name) if option in (*SAMPLES, "rng", "length") else {}
    every_option_changes_something(
        lambda **chosen: [result for _, result in runs(name, **fixed | chosen)],
        options={option: OWN_OPTIONS.get((name, option), OPTIONS[option])},
        ignoring=TIMINGS,
    )


def every_pair(mdp):
    """One feature for each (s, a), or each (h, s, a)."""
    shape = (*(() if mdp.horizon is None else (mdp.horizon,)), mdp.n_states, mdp.n_actions)
    return np.eye(math.prod(shape)).reshape(*shape, -1)


MATCHING = {
    "behavioral_cloning": {},
    "dagger": {"loss": learners.LOG_LOSS},
    "gail": {},
    "finite_gail": {"discriminators": PerModel(every_pair)},
    "adversarial_imitation": {},
    "forward_training": {"loss": learners.LOG_LOSS},
    "maximum_causal_entropy": {},
    "moment_matching": {},
    "replay_estimation": {},
    "smile": {"loss": learners.LOG_LOSS},
}
"""Learners that can match every expert, with what lets them."""


@pytest.mark.parametrize("name", MATCHING)
def test_learners_that_can_match_every_expert_do(name):
    def learner(mdp, expert):
        shown = "demos" if "demos" in inspect.signature(LEARNERS[name]).parameters else "expert"
        return LEARNERS[name](**arguments(name, mdp, **{shown: expert}, **MATCHING[name]))

    taken = [given["mdp"] for given, _ in runs(name, **MATCHING[name])]
    learner_recovers_the_expert(learner, taken, tolerance=1e-6)


ENDING = {name: MATCHING[name] for name in ("adversarial_imitation", "behavioral_cloning", "gail")} | {
    "airl": {"reward": "state-action"},
    "iq_learn": {},
    "maximum_causal_entropy": {},
    "moment_matching": {},
}
"""Learners for models with a discount, with what lets them match a coin."""


@pytest.mark.parametrize("name", ENDING)
def test_learners_live_as_long_as_an_uninformative_expert(name):
    def learner(mdp, expert):
        shown = "demos" if "demos" in inspect.signature(LEARNERS[name]).parameters else "expert"
        return LEARNERS[name](**arguments(name, mdp, **{shown: expert}, **ENDING[name]))

    learner_keeps_the_length_of_episodes(learner, tolerance=1e-6)
