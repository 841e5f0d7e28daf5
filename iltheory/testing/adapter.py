"""What a user hands in: an implementation whose functions are called by the names of their parameters.

An adapter is a module, an object, a class without arguments, or a plain function, which is then its ``fit``. Every
attribute is optional; those of ``FUNCTIONS`` are called, those of ``SETTINGS`` are read. ``docs/testing.md`` prints
both tables.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sims.errors import IltheoryError

MODEL = ("mdp", "horizon", "discount", "n_states", "n_actions", "rng", "seed")
"""What every function of a model may ask for."""
DRAWS = ("rng", "seed")


class InvalidAdapter(IltheoryError, ValueError):
    """An adapter has no attribute that is known, or one that cannot be called."""


class NotApplicable(Exception):
    """An invariant says nothing about this case, or the implementation refuses its model."""


class ImplementationRaised(Exception):
    """A function of an adapter raised an exception, the cause of this one."""


class Function(NamedTuple):
    """A function an adapter may have: what it may ask for, and what it returns."""

    parameters: tuple[str, ...]
    returns: str


def _of_model(returns: str, *parameters: str) -> Function:
    return Function((*parameters, *MODEL), returns)


def _of_numbers(returns: str, *parameters: str) -> Function:
    return Function((*parameters, *DRAWS), returns)


FUNCTIONS: Mapping[str, Function] = {
    "fit": _of_model("a policy, or a result with `policy` and perhaps `occupancy`", "expert", "demos"),
    "clone": _of_model("the same, of largest likelihood", "demos"),
    "occupancy": _of_model("law of (s, a), `[H, S, A]` or `[S, A]`, normalised", "policy"),
    "value": _of_model("sum of H rewards, or discounted sum: one number", "policy"),
    "empirical_occupancy": _of_model("estimated occupancy `[H, S, A]`", "demos"),
    "rollout": _of_model("`n` episodes, as `Trajectories`", "policy", "n"),
    "step": _of_model("`(next_state, reward)`", "state", "action"),
    "read": _of_model("the same `Trajectories`, written and read back, in their order", "demos"),
    "statistic": _of_model("any statistic of transitions, not of episodes", "demos"),
    "fixed_point": _of_numbers("values `[S]` learnt from all of `demos`, no entropy", "demos", "discount"),
    "soft_plan": _of_model("`(policy, v)`, soft optimal", "temperature"),
    "soft_value": _of_model("`v` of a policy, entropy included, `[H, S]` or `[S]`", "policy", "temperature"),
    "objective": _of_model("what is maximised over `point`: one number", "point", "expert"),
    "loss": _of_model("what is minimised over `point`: one number", "point", "expert"),
    "gradient": _of_model("derivative of `objective`, or else of `loss`, by `point`", "point", "expert"),
    "update": _of_model("direction in which training moves `point`", "point", "expert"),
    "reported": _of_model("the `objective`, or else `loss`, that is logged", "point", "expert"),
    "density_objective": _of_model("an objective of densities: no preferred level", "point", "expert"),
    "gradient_at_expert": _of_model("gradient where the learner is the expert", "expert"),
    "primal": _of_model("upper bound on the game's value", "policy", "expert"),
    "dual": _of_model("lower bound on the game's value", "reward", "expert"),
    "initial_term": _of_model("`(1 - gamma) E v(s_0)`, from data of `policy`", "policy", "v"),
    "reward": _of_model("rewards `[n]` of a batch of transitions", "state", "action", "next_state"),
    "shaped": _of_model("rewards `[S, A]`, shaped", "potential"),
    "discriminator": _of_numbers("optimal D in (0, 1), 1 for the expert", "expert_density", "learner_density"),
    "adversarial_reward": _of_numbers("reward at the optimal D", "expert_density", "learner_density"),
    "airl_reward": _of_numbers("the same, in its logit form", "expert_density", "learner_density"),
    "utility": _of_numbers("`phi`, entry by entry", "reward"),
    "slope": _of_numbers("`phi'`, entry by entry", "reward"),
    "mixture": _of_numbers("policy that is `first` with probability `beta`", "first", "second", "beta"),
    "payoff": _of_numbers("payoff of a policy `[S, A]` against `f`, `[S, A]`", "f", "policy"),
    "interpolate": _of_numbers("points `[n, k]` of a gradient penalty", "first", "second"),
    "behaviour": _of_numbers("policy that acts, `[S, A]`", "q", "temperature"),
    "backup": _of_numbers("value `[S]` of the next state in the target", "q", "temperature"),
    "advantages": _of_numbers("lambda advantages `[T]`", "rewards", "values", "discount", "decay", "terminated"),
    "masked_loss": _of_numbers("mean loss over valid entries", "predictions", "targets", "mask"),
    "labels": _of_numbers("what a pair of the expert, and pairs of rounds 1 to k, earn", "round"),
    "certainty": _of_numbers("weights `[n]` of simulated states", "disagreement"),
    "replay_estimate": _of_numbers("occupancy", "empirical", "simulated", "certainty"),
}
"""The functions that are called, each with those parameters it asks for by name."""

SETTINGS: Mapping[str, str] = {
    "horizons": '`"finite"` or `"discounted"`, if only models of one kind are understood',
    "varying": "`False` if transitions, rewards and policies that vary with the step are not understood",
    "expert": "function of a model (and `rng`) to an expert that `fit` can recover; by default any of full support",
    "points": "function of a model (and `rng`) to one `point`; by default a table like the occupancy",
    "visited_rewards": "rewards an optimiser may visit, for `utility` and `slope`; by default -4 to 4",
    "reward_paths": "dictionary of functions that should agree, each like `reward`",
    "options": "dictionary from options of `fit` to values that should not all give one result",
    "ignoring": "names of attributes of results that may differ between two equal calls, such as `seconds`",
    "tolerance": "relative error allowed (1e-8), or a dictionary from names of invariants to theirs",
    "excluded": "dictionary from names of invariants that are not meant to hold to the reason",
}
"""What is read."""
HORIZONS = ("finite", "discounted")
DRAWING = Function(MODEL, "")


@dataclass(frozen=True, eq=False)
class Adapter:
    """An implementation under test; read one with ``Adapter.of``.

    Attributes
    ----------
    target : what was handed in
    functions, settings : those of ``FUNCTIONS`` and ``SETTINGS`` that it has
    """

    target: Any
    functions: Mapping[str, Callable[..., Any]]
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, target: Any) -> Adapter:
        """Read an adapter.

        Parameters
        ----------
        target : module, object, class without arguments, or function (its ``fit``); an ``Adapter`` is returned as it is

        Raises
        ------
        InvalidAdapter
            If it has no function that is known, if one asks for a parameter that is not known, or if a setting is not
            what it should be.
        """
        if isinstance(target, Adapter):
            return target
        if inspect.isclass(target):
            target = _made(target)
        functions = {name: getattr(target, name) for name in FUNCTIONS if callable(getattr(target, name, None))}
        if not functions and not inspect.ismodule(target) and callable(target):
            functions = {"fit": target}
        settings = {name: getattr(target, name) for name in SETTINGS if hasattr(target, name)}
        if not functions and "reward_paths" not in settings:
            raise InvalidAdapter(
                f"{_named(target)} has none of the functions an adapter may have.\n"
                f"  They are {', '.join(FUNCTIONS)}; give it at least one, or hand in a plain function, its `fit`."
            )
        adapter = cls(target, functions, settings)
        adapter._check()
        return adapter

    @property
    def name(self) -> str:
        """Name of the module, the function or the object's class."""
        return _named(self.target)

    @property
    def horizons(self) -> tuple[str, ...]:
        """Kinds of models that are understood."""
        given = self.settings.get("horizons", HORIZONS)
        return (given,) if isinstance(given, str) else tuple(given)

    @property
    def varying(self) -> bool:
        """Whether models and policies may vary with the step."""
        return bool(self.settings.get("varying", True))

    def has(self, name: str) -> bool:
        """Whether a function or a setting is there."""
        return name in self.functions or name in self.settings

    def asks(self, function: str, parameter: str) -> bool:
        """Whether a function asks for a parameter."""
        return parameter in _asked(self.functions[function])

    def tolerance(self, invariant: str, default: float) -> float:
        """Relative error allowed in an invariant; never less than rounding makes."""
        given = self.settings.get("tolerance", default)
        return max(default, float(given.get(invariant, default) if isinstance(given, Mapping) else given))

    def call(self, name: str, given: Mapping[str, Any]) -> Any:
        """Call a function, or a setting that is one, with those parameters it asks for; see :func:`call`."""
        return call(name, self.functions.get(name) or self.settings[name], given)

    def _check(self) -> None:
        self._check_kinds()
        options = self.settings.get("options", {})
        for name, function in self.functions.items():
            _check_parameters(name, function, (*FUNCTIONS[name].parameters, *(options if name == "fit" else ())))
        if "fit" in self.functions and not (self.asks("fit", "expert") or self.asks("fit", "demos")):
            raise InvalidAdapter(
                f"fit of {self.name} asks for neither `expert` nor `demos`: it has nobody to imitate.\n"
                "  Name a parameter `demos` (Trajectories) or `expert` (the expert's policy, an array)."
            )
        for name in ("expert", "points"):
            if name in self.settings:
                _check_parameters(name, self.settings[name], DRAWING.parameters)
        for path, function in self.settings.get("reward_paths", {}).items():
            _check_parameters(f"reward_paths[{path!r}]", function, FUNCTIONS["reward"].parameters)
        if not self.horizons or not set(self.horizons) <= set(HORIZONS):
            raise InvalidAdapter(
                f"horizons of {self.name} is {self.horizons}; it may contain {' and '.join(HORIZONS)}."
            )

    def _check_kinds(self) -> None:
        for name in ("reward_paths", "options", "excluded"):
            found = self.settings.get(name, {})
            if not isinstance(found, Mapping):
                raise InvalidAdapter(f"{name} of {self.name} is {found!r:.60}; it should be a dictionary.")
        varying = self.settings.get("varying", True)
        if not isinstance(varying, bool):
            raise InvalidAdapter(f"varying of {self.name} is {varying!r:.60}; it should be True or False.")
        given = self.settings.get("tolerance", 0.0)
        for tolerance in given.values() if isinstance(given, Mapping) else [given]:
            if not isinstance(tolerance, int | float) or not 0 <= tolerance < 1:
                raise InvalidAdapter(f"tolerance of {self.name} is {given!r:.60}; give numbers in [0, 1).")


def call(name: str, function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Call a function with those of the given parameters it asks for by name.

    Parameters
    ----------
    name : what an error calls the function
    given : by name; ``mdp`` brings ``horizon``, ``discount`` (1 with a horizon), ``n_states`` and ``n_actions``, and
        ``seed`` a new ``rng`` unless there is one

    Raises
    ------
    NotApplicable
        If it raises ``NotImplementedError``: it refuses what it is given.
    ImplementationRaised
        If it raises any other exception.
    """
    known = {**_facts(given.get("mdp")), **given}
    if "seed" in known:
        known.setdefault("rng", np.random.default_rng(known["seed"]))
    asked = {parameter: known[parameter] for parameter in _asked(function) if parameter in known}
    try:
        return function(**asked)
    except NotImplementedError as refusal:
        raise NotApplicable(f"{name} refuses: {refusal}") from refusal
    except (Exception, SystemExit) as error:
        raise ImplementationRaised(f"{name} raised {type(error).__name__}: {error}") from error


def _facts(mdp: Any) -> dict[str, Any]:
    if mdp is None:
        return {}
    discount = 1.0 if mdp.discount is None else float(mdp.discount)
    return {"horizon": mdp.horizon, "discount": discount, "n_states": mdp.n_states, "n_actions": mdp.n_actions}


def _asked(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Parameters that are given by name: all but ``*args`` and ``**kwargs``."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError) as problem:
        raise InvalidAdapter(
            f"{_named(function)} does not tell its parameters ({problem}).\n  Wrap it in a function that names them."
        ) from problem
    return {name: p for name, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def _check_parameters(name: str, function: Any, known: Sequence[str]) -> None:
    if not callable(function):
        raise InvalidAdapter(f"{name} is {function!r}; it should be a function.")
    for parameter, p in _asked(function).items():
        if p.kind is p.POSITIONAL_ONLY:
            raise InvalidAdapter(f"{name} takes `{parameter}` by position only.\n  Parameters are given by name.")
        if p.default is p.empty and parameter not in known:
            raise InvalidAdapter(
                f"{name} asks for `{parameter}`, which is not known.\n"
                f"  It may ask for {', '.join(known)}; a parameter of another name needs a default."
            )


def _made(target: type) -> Any:
    try:
        return target()
    except Exception as problem:  # somebody else's code may raise anything
        raise InvalidAdapter(
            f"{target.__name__}() raised {type(problem).__name__}: {problem}.\n  Hand in an object of the class."
        ) from problem


def _named(target: Any) -> str:
    return str(getattr(target, "__name__", None) or type(target).__name__)
