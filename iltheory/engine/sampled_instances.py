"""What a claim is decided about in a sampled world: policies and numbers for its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Count, InvalidInstance, Kind, Model, PolicyKind, PositiveNumber, UnitNumber
from iltheory.claims.kinds import Sequence as SequenceKind
from sims import arithmetic as ar
from sims.sampled import InvalidPolicy, NotEstimable, SampledMDP, SampledPolicy

Values = Mapping[str, Any] | Sequence[Any]
"""Values of a claim's parameters other than the model: by name, or in order."""


def bind(claim: Claim, mdp: SampledMDP, values: Values) -> dict[str, Any]:
    """Match a sampled world and values with the parameters of a claim.

    Parameters
    ----------
    values : of the parameters other than the model, by name or in order

    Raises
    ------
    NotEstimable
        If the claim is about a kind of object that sampled worlds have not.
    InvalidInstance
        If names or values do not fit.
    InvalidPolicy
        If a policy is none of this world.
    """
    if claim.statistical:
        raise NotEstimable(f"{claim.id} draws its own outcomes from the tables of a model.")
    models = [name for name, kind in claim.parameters.items() if isinstance(kind, Model)]
    if len(models) != 1 or not claim.parameters[models[0]].finite:  # type: ignore[attr-defined]
        what = "no model" if not models else "two models" if len(models) > 1 else "a discounted model"
        raise NotEstimable(f"{claim.id} is about {what}; a sampled world is one model with a horizon.")
    others = [name for name in claim.parameters if name not in models]
    named = dict(values) if isinstance(values, Mapping) else dict(zip(others, values, strict=False))
    if set(named) != set(others) or (not isinstance(values, Mapping) and len(values) != len(others)):
        raise InvalidInstance(f"{claim.id} takes ({', '.join(others)}) beside the world; got {_listed(values)}.")
    instance: dict[str, Any] = {}
    for name, kind in claim.parameters.items():
        instance[name] = mdp if name in models else _value(claim, mdp, name, kind, named[name])
    return instance


def _value(claim: Claim, mdp: SampledMDP, name: str, kind: Kind, value: Any) -> Any:
    if isinstance(kind, SequenceKind):
        return tuple(_value(claim, mdp, f"{name}[{i}]", kind.of, one) for i, one in enumerate(value))
    if isinstance(kind, PolicyKind):
        if not isinstance(value, SampledPolicy):
            raise InvalidInstance(
                f"{claim.id}: {name} must be a sims.sampled.SampledPolicy, got {type(value).__name__}; a table is "
                "TabularPolicy(pi)."
            )
        if kind.deterministic and not value.deterministic:
            raise InvalidInstance(f"{claim.id}: {name} must be deterministic, one action with probability 1.")
        if kind.stationary and not value.stationary:
            raise InvalidInstance(
                f"{claim.id}: {name} must be stationary, a law of the action that does not depend on the step. "
                "A policy class of your own whose laws do not sets stationary = True."
            )
        try:
            value.check(mdp.spaces)
        except InvalidPolicy as problem:
            raise InvalidPolicy(f"{claim.id}: {name}: {problem}") from None
        return value
    if isinstance(kind, Count):
        return kind.check(name, value, {})
    if isinstance(kind, UnitNumber | PositiveNumber):
        return ar.INTERVAL.convert(kind.check(name, value, {}))
    raise NotEstimable(f"{claim.id} is about a {kind} ({name}): it needs a table of states.")


def _listed(values: Values) -> str:
    return ", ".join(values) if isinstance(values, Mapping) else f"{len(values)} values"
