"""What a user hands in: how it is read, and how its functions are called by the names of their parameters."""

from __future__ import annotations

import re
import types
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from iltheory.testing import discounted_model, finite_model
from iltheory.testing.adapter import (
    DRAWS,
    FUNCTIONS,
    MODEL,
    SETTINGS,
    Adapter,
    ImplementationRaised,
    InvalidAdapter,
    NotApplicable,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "testing.md"


def clone(demos):
    return demos


class Learner:
    tolerance: ClassVar = {"occupancy_flows": 1e-3}
    horizons = "finite"

    def fit(self, mdp, expert, *, step_size=0.5):
        return expert

    def value(self, mdp, policy):
        return mdp.value(policy)


def module():
    found = types.ModuleType("their_module")
    found.fit = clone
    found.helper = found.numpy = np
    return found


@pytest.mark.parametrize(
    ("target", "name", "functions"),
    [
        (clone, "clone", {"fit"}),
        (Learner, "Learner", {"fit", "value"}),
        (Learner(), "Learner", {"fit", "value"}),
        (module(), "their_module", {"fit"}),
        (SimpleNamespace(occupancy=lambda mdp, policy: 0), "SimpleNamespace", {"occupancy"}),
    ],
)
def test_a_function_a_class_an_object_and_a_module_are_adapters(target, name, functions):
    adapter = Adapter.of(target)
    assert (adapter.name, set(adapter.functions)) == (name, functions)
    assert Adapter.of(adapter) is adapter


def test_an_object_that_can_be_called_is_its_fit():
    class Called:
        def __call__(self, demos):
            return demos

    assert set(Adapter.of(Called()).functions) == {"fit"}


def asks_for_a_model(model, demos):
    return demos


def takes_by_position(demos, /):
    return demos


def imitates_nobody(mdp):
    return mdp


class NeedsArguments:
    def __init__(self, rate):
        self.fit = clone


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (asks_for_a_model, ["fit asks for `model`", "mdp", "demos", "a default"]),
        (takes_by_position, ["`demos` by position only"]),
        (imitates_nobody, ["neither `expert` nor `demos`"]),
        (types.ModuleType("empty"), ["empty has none of the functions", "occupancy", "fit"]),
        (SimpleNamespace(fit=clone, horizons="infinite"), ["horizons", "infinite", "discounted"]),
        (SimpleNamespace(fit=clone, varying="no"), ["varying", "'no'", "True or False"]),
        (SimpleNamespace(fit=clone, expert=3), ["expert is 3", "a function"]),
        (SimpleNamespace(fit=clone, points=lambda demos: 0), ["points asks for `demos`"]),
        (SimpleNamespace(reward_paths={"predict": lambda obs: 0}), ["reward_paths['predict'] asks for `obs`"]),
        (SimpleNamespace(fit=dict.fromkeys), ["fit"]),
        (SimpleNamespace(fit=clone, tolerance="small"), ["tolerance", "'small'", "numbers in [0, 1)"]),
        (SimpleNamespace(fit=clone, tolerance={"occupancy_flows": 2}), ["tolerance", "numbers in [0, 1)"]),
        (SimpleNamespace(fit=clone, excluded=["occupancy_flows"]), ["excluded", "a dictionary"]),
        (NeedsArguments, ["NeedsArguments() raised TypeError", "Hand in an object"]),
    ],
)
def test_what_is_no_adapter_is_refused_with_words(target, words):
    with pytest.raises(InvalidAdapter) as refusal:
        Adapter.of(target)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_an_option_may_be_asked_for_and_another_parameter_keeps_its_default():
    def fit(demos, weight, bias=7):
        return weight, bias

    adapter = Adapter.of(SimpleNamespace(fit=fit, options={"weight": (1, 2)}))
    assert adapter.call("fit", {"demos": None, "weight": 2}) == (2, 7)


def facts(mdp, horizon, discount, n_states, n_actions, rng, seed, policy):
    return horizon, discount, n_states, n_actions, rng.random(), seed, policy


def test_a_function_is_given_what_it_asks_for_by_name():
    adapter = Adapter.of(SimpleNamespace(occupancy=facts))
    first, again = (
        adapter.call("occupancy", {"mdp": finite_model(), "policy": "pi", "seed": 3, "v": 0}) for _ in range(2)
    )
    assert first == again == (5, 1.0, 4, 3, np.random.default_rng(3).random(), 3, "pi")
    assert adapter.call("occupancy", {"mdp": discounted_model(), "policy": 0, "seed": 3})[:2] == (None, 0.875)


def test_a_refusal_is_told_from_an_error():
    def fit(demos):
        raise demos

    adapter = Adapter.of(fit)
    with pytest.raises(NotApplicable, match="fit refuses: no discount here"):
        adapter.call("fit", {"demos": NotImplementedError("no discount here")})
    with pytest.raises(ImplementationRaised, match="fit raised KeyError: 'state'") as error:
        adapter.call("fit", {"demos": KeyError("state")})
    assert isinstance(error.value.__cause__, KeyError)
    with pytest.raises(KeyboardInterrupt):
        adapter.call("fit", {"demos": KeyboardInterrupt()})


def test_tolerances_are_never_below_those_that_rounding_needs():
    adapter = Adapter.of(Learner)
    assert adapter.tolerance("occupancy_flows", 1e-8) == 1e-3
    assert adapter.tolerance("value_is_exact", 1e-8) == 1e-8
    assert Adapter.of(SimpleNamespace(fit=clone, tolerance=1e-7)).tolerance("gradient_is_the_derivative", 1e-6) == 1e-6
    assert adapter.horizons == ("finite",)


def test_the_documented_tables_are_those_of_the_code():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", DOCUMENT.read_text(encoding="utf-8"), flags=re.M)
    written = {name: (tuple(re.findall(r"`(\w+)`", asked)), returns) for name, asked, returns in rows}
    for name, function in FUNCTIONS.items():
        shared = MODEL if "mdp" in function.parameters else DRAWS
        own = tuple(parameter for parameter in function.parameters if parameter not in shared)
        assert written[name] == (own, function.returns), name
    settings = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", DOCUMENT.read_text(encoding="utf-8"), flags=re.M))
    assert settings == dict(SETTINGS)
