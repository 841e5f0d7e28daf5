"""Environments by their registered id, and the packages behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np

from sims.environments.errors import InvalidEnvironment

CLOSE = 0.8
"""Similarity from which one name is proposed for another; short ids are similar by their versions alone."""


def extra(name: str) -> Any:
    """Import a module that only some environments need, or say in one line how to install it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        raise InvalidEnvironment(f"{package} is not installed.\n  pip install 'iltheory[envs]'") from error


def closest(name: str, names: Iterable[str]) -> str:
    """A line that proposes the name closest to one that does not exist; empty if none is close."""
    nearest = get_close_matches(name, names, n=1, cutoff=CLOSE)
    return f"\n  Did you mean {nearest[0]!r}?" if nearest else ""


def bare(name: str) -> str:
    """A name without capitals, underscores, spaces and commas, by which people find it."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def time_limit(id: str) -> int | None:
    """The registered time limit in steps, None if there is none.

    Raises
    ------
    InvalidEnvironment
        If there is no such id.
    """
    registry = _registering(id).registry
    if id not in registry:
        raise _unknown(id)
    limit: int | None = registry[id].max_episode_steps
    return limit


def make(id: str, options: dict[str, Any]) -> Any:
    """Call ``gymnasium.make``.

    Raises
    ------
    InvalidEnvironment
        If there is no such id (with the nearest one), a package is missing (with the command that installs it) or
        the environment refuses its options.
    """
    gymnasium = _registering(id)
    try:
        return gymnasium.make(id, **options)
    except (gymnasium.error.UnregisteredEnv, gymnasium.error.DeprecatedEnv) as error:
        raise _unknown(id) from error
    except gymnasium.error.DependencyNotInstalled as error:
        raise InvalidEnvironment(f"{id} needs packages that are missing.\n  pip install 'iltheory[envs]'") from error
    except Exception as error:  # the constructor may raise anything
        raise InvalidEnvironment(
            f"gymnasium.make({id!r}, {options}) failed: {type(error).__name__}: {error}"
        ) from error


def described(id: str, options: dict[str, Any]) -> str:
    """The name of an environment that `make` made: its id, and the options that are not the registered defaults."""
    registration = extra("gymnasium.envs.registration")
    spec = registration.registry[id]
    made_by = spec.entry_point if callable(spec.entry_point) else registration.load_env_creator(spec.entry_point)
    defaults = {name: parameter.default for name, parameter in signature(made_by).parameters.items()} | spec.kwargs
    chosen = [
        f"{name}={value!r}"
        for name, value in sorted(options.items())
        if name != "render_mode" and not np.array_equal(defaults.get(name, described), value)
    ]
    return f"{id} ({', '.join(chosen)})" if chosen else id


def _registering(id: str) -> Any:
    """Gymnasium, with the package loaded that registers an id."""
    if id.startswith("ALE/"):
        extra("ale_py")
    return extra("gymnasium")


def _unknown(id: str) -> InvalidEnvironment:
    gymnasium = extra("gymnasium")
    fix = closest(id, gymnasium.registry) or "\n  Import the package that registers it first."
    return InvalidEnvironment(f"Gymnasium {gymnasium.__version__} has no {id!r}.{fix}")
