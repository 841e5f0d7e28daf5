"""Invariants of learners, and of any function: purity, reproducibility, options, and what they must recover."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Number
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from iltheory.testing.models import episodic_model, models, random_policy
from iltheory.testing.occupancies import PolicyOf
from iltheory.testing.violation import TOLERANCE, Floats, floats, require, require_close
from sims import TabularMDP
from sims.datasets import Trajectories

Learner = Callable[[TabularMDP, Any], Any]
"""From a model and an expert, a policy or trajectories, to a policy, or a result with a ``policy``."""


def _demonstrator(mdp: TabularMDP) -> Floats:
    return random_policy(mdp, 3)


def arguments_are_left_alone(function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """No array, list, dictionary or attribute of an argument is changed by a call (B43).

    What a call adds to an object of its own, such as a cache, is none of its caller's business.
    """
    before = dict(_arguments(args, kwargs))
    function(*args, **kwargs)
    after = dict(_arguments(args, kwargs))
    changed = [path for path, value in before.items() if after.get(path) != value]
    require(
        not changed,
        "arguments_are_left_alone",
        f"the call changed {_listed(changed)}.",
        "Copy before writing: x = x.copy(), or np.where(...) instead of x[mask] = ...",
    )


def same_call_same_bits(function: Callable[..., Any], *args: Any, ignoring: Sequence[str] = (), **kwargs: Any) -> None:
    """Two calls with the same arguments, seeds among them, return the same bits (B39, B43).

    Give seeds, not generators: a generator is another one after its first use.

    Parameters
    ----------
    ignoring : names of attributes that need not agree, such as seconds
    """
    name = "same_call_same_bits"
    first, second = (_result(function(*args, **kwargs), ignoring) for _ in range(2))
    differing = [path for path in first | second if first.get(path) != second.get(path)]
    require(
        not differing,
        name,
        f"two calls with the same arguments differ in {_listed(differing)}.",
        "Draw from the given seed alone; sort what a file system or a set lists; use no clock and no global state "
        "(name attributes that measure time in `ignoring`).",
    )


def every_option_changes_something(
    function: Callable[..., Any],
    *args: Any,
    options: Mapping[str, Sequence[Any]],
    ignoring: Sequence[str] = (),
    **kwargs: Any,
) -> None:
    """Every option has an effect on the result for some of the values listed (B13, B15, B24, B44).

    Parameters
    ----------
    options : for each option at least two values that should not all give the same result
    ignoring : names of attributes that always differ, such as seconds
    """
    name = "every_option_changes_something"
    for option, values in options.items():
        require(len(values) > 1, name, f"option {option} has {len(values)} values.", "Give at least two.")
        found = [_result(function(*args, **kwargs, **{option: value}), ignoring) for value in values]
        require(
            any(result != found[0] for result in found[1:]),
            name,
            f"{option} in {list(values)} gives one result.",
            f"{option} is accepted and not used, or its effect cancels (a factor 1**k, a normaliser never applied).",
        )


def learner_recovers_the_expert(
    learner: Learner,
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = _demonstrator,
    tolerance: float = TOLERANCE,
) -> None:
    """From the exact occupancy of an expert with full support, imitation returns it (B2, B24, B32).

    Parameters
    ----------
    learner : one that can represent every policy and every reward of pairs
    """
    name = "learner_recovers_the_expert"
    for mdp in mdps or models():
        expert = policy(mdp)
        found = policy_of(learner(mdp, expert))
        fix = (
            "The policy that is returned must be the one whose occupancy was matched: the same horizon, discount and "
            "temperature; and a log-likelihood is maximised."
        )
        require_close(
            mdp.occupancy(found), mdp.occupancy(expert), name, "the occupancy of the learner", fix, tolerance=tolerance
        )


def learner_keeps_the_length_of_episodes(learner: Learner, *, tolerance: float = TOLERANCE) -> None:
    """From an expert that leaves or stays at random, imitation lives as long as the expert, not longer (B12, B28, B29).

    The model has a discount and a terminal state that every state can be left for. The expert tosses a fair coin in
    each state: nothing is to be learnt from it but when episodes end.
    """
    mdp = episodic_model()
    expert = np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)
    found = policy_of(learner(mdp, expert))
    ended = mdp.terminal
    require_close(
        floats(mdp.state_occupancy(found))[ended].sum(),
        floats(mdp.state_occupancy(expert))[ended].sum(),
        "learner_keeps_the_length_of_episodes",
        "the discounted time after the end",
        "A reward that is positive, or negative, where learner and expert agree pays for living, or for dying.",
        tolerance=tolerance,
    )


def cloning_raises_the_likelihood(
    fit: Callable[[TabularMDP, Trajectories], Any],
    mdp: TabularMDP,
    demos: Trajectories,
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """A clone explains its demonstrations at least as well as any other policy, the uniform one for a start (B32).

    One that does not depend on the step is compared with others that do not.
    """
    name = "cloning_raises_the_likelihood"
    pi = policy_of(fit(mdp, demos))
    h, s, a = demos.steps()
    rng, likelihood = np.random.default_rng(10), _log_likelihood(pi, h, s, a)
    fix = "Minimise minus the log-likelihood; log-probabilities are of the actions taken, not logits."
    for weight in (1.0, 0.25, 0.01):
        for other in (np.full(pi.shape, 1 / mdp.n_actions), rng.dirichlet(np.ones(mdp.n_actions), pi.shape[:-1])):
            rival = _log_likelihood((1 - weight) * pi + weight * other, h, s, a)
            require(
                likelihood >= rival - tolerance,
                name,
                f"the mean log-likelihood {likelihood:.9g} grows to {rival:.9g}, {weight} of the way to another law.",
                fix,
            )


def reported_occupancy_is_the_policys(
    learner: Learner,
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = _demonstrator,
    tolerance: float = TOLERANCE,
) -> None:
    """The ``occupancy`` of a result is that of its ``policy`` in the model, discount included (B1, B2)."""
    for mdp in mdps or models():
        found = learner(mdp, policy(mdp))
        require_close(
            found.occupancy, mdp.occupancy(policy_of(found)), "reported_occupancy_is_the_policys", "the occupancy",
            "Compute both with one horizon and one discount, after the last update.", tolerance=tolerance,
        )  # fmt: skip


def certainty_falls_with_disagreement(weight: Callable[[Floats], Any]) -> None:
    """Replay estimation trusts its simulator least where the ensemble of clones disagrees most (B21).

    Parameters
    ----------
    weight : from disagreements ``[n]`` to the weights of simulated states, in [0, 1]
    """
    name = "certainty_falls_with_disagreement"
    found = floats(weight(np.array([0.0, 0.25, 0.5, 1.0, 4.0])))
    fix = "The weight is sigmoid((threshold - disagreement) / scale): large disagreement, small weight."
    require(bool(np.all((found >= 0) & (found <= 1))), name, f"the weights are {found}.", "Weights lie in [0, 1].")
    require(bool(np.all(np.diff(found) <= 0) and found[0] > found[-1]), name, f"the weights are {found}.", fix)


def replay_estimate_is_between(
    estimate: Callable[[Floats, Floats, Floats], Any], *, tolerance: float = TOLERANCE
) -> None:
    """With certainty 1 replay estimation is the simulated occupancy, with certainty 0 the demonstrated one (B21).

    Parameters
    ----------
    estimate : from the empirical and the simulated occupancy and the certainty of each pair to another
    """
    name = "replay_estimate_is_between"
    rng = np.random.default_rng(11)
    empirical, simulated = (rng.dirichlet(np.ones(6)).reshape(3, 2) for _ in range(2))
    for certainty, wanted in ((1.0, simulated), (0.0, empirical)):
        found = estimate(empirical.copy(), simulated.copy(), np.full((3, 2), certainty))
        fix = "certainty * simulated + (1 - certainty) * empirical."
        require_close(found, wanted, name, f"with certainty {certainty:g}, the estimate", fix, tolerance=tolerance)


def policy_of(result: Any) -> Floats:
    """The policy of what a learner returns: the result itself, or its attribute ``policy``."""
    return floats(getattr(result, "policy", result))


def _arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every number, text and array in the arguments of a call."""
    for i, value in enumerate(args):
        yield from _leaves(value, f"argument {i}")
    for name, value in kwargs.items():
        yield from _leaves(value, name)


def _listed(paths: Sequence[str]) -> str:
    """The first paths; that of a value which is itself a number or an array is empty."""
    return ", ".join(path or "the result" for path in paths[:3])


def _result(value: Any, ignoring: Sequence[str]) -> dict[str, Any]:
    """What there is in a result, but for attributes of some names."""
    return {path: leaf for path, leaf in _leaves(value) if path.rpartition(".")[2] not in ignoring}


def _log_likelihood(pi: Floats, h: Any, s: Any, a: Any) -> float:
    with np.errstate(divide="ignore"):
        return float(np.mean(np.log(pi[h, s, a] if pi.ndim == 3 else pi[s, a])))


def _leaves(value: Any, path: str = "", seen: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every number, text and array inside a value, with its path; code does not count."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield path, (str(value.dtype), value.shape, value.tobytes())
    elif isinstance(value, Number | str | bytes | None):
        yield path, repr(value)
    elif id(value) in seen or isinstance(value, FunctionType | BuiltinFunctionType | MethodType | ModuleType | type):
        return
    elif isinstance(value, np.ndarray):
        yield path, repr(value.tolist())
    elif hasattr(value, "detach"):
        yield from _leaves(value.detach().cpu().numpy(), path, seen)
    elif isinstance(value, np.random.Generator):
        yield path, repr(value.bit_generator.state)
    else:
        yield from _parts(value, path, (*seen, id(value)))


def _parts(value: Any, path: str, seen: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield f"{path}.keys", repr(list(value))
        for key, entry in value.items():
            yield from _leaves(entry, f"{path}[{key!r}]", seen)
    elif isinstance(value, Sequence):
        yield f"{path}.length", len(value)
        for i, entry in enumerate(value):
            yield from _leaves(entry, f"{path}[{i}]", seen)
    else:
        slots = {name: getattr(value, name) for name in getattr(value, "__slots__", ()) if hasattr(value, name)}
        for name, entry in (slots | getattr(value, "__dict__", {})).items():
            yield from _leaves(entry, f"{path}.{name}", seen)
