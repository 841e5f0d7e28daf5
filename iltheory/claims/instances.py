"""Instances as JSON: every number a rational string such as ``"3/7"``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Instance, InvalidInstance
from sims import TabularMDP
from sims import arithmetic as ar

LARGEST_ENTRIES = 50_000
"""Models with a larger dense transition table are not written out; they are reproduced from their seed."""


def encode(instance: Instance) -> dict[str, Any] | None:
    """Write one instance (no batch axis) as JSON values, or None if a model is too large to write out.

    Raises
    ------
    NotRepresentable
        If a value is not rational.
    """
    encoded: dict[str, Any] = {}
    for name, value in instance.items():
        if isinstance(value, TabularMDP):
            if value.n_states**2 * value.n_actions * value.transitions.steps > LARGEST_ENTRIES:
                return None
            encoded[name] = _encode_model(value.to("rational"))
        elif isinstance(value, tuple):
            encoded[name] = [_encode_array(v) for v in value]
        else:
            encoded[name] = _encode_array(value)
    return encoded


def decode(claim: Claim, encoded: Mapping[str, Any]) -> dict[str, Any]:
    """Read an instance of a claim written by :func:`encode`.

    Raises
    ------
    InvalidInstance
        If a parameter is missing or is no value of its kind.
    """
    missing = [name for name in claim.parameters if name not in encoded]
    if missing:
        raise InvalidInstance(f"the instance lacks {', '.join(missing)}; {claim.id} takes {', '.join(claim.parameters)}.")
    values = {name: _decode(name, encoded[name]) for name in claim.parameters}
    return claim.bind(**values)


def _encode_model(mdp: TabularMDP) -> dict[str, Any]:
    end = {"horizon": mdp.horizon} if mdp.horizon is not None else {"discount": _encode_array(mdp.discount)}
    return {"P": _encode_array(mdp.P), "r": _encode_array(mdp.r), "mu": _encode_array(mdp.mu), **end}


def _encode_array(x: Any) -> Any:
    return np.vectorize(str, otypes=[object])(ar.convert(x, "rational").fractions()).tolist()


def _decode(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        unknown = set(value) - {"P", "r", "mu", "horizon", "discount"}
        if unknown or not {"P", "r", "mu"} <= set(value):
            raise InvalidInstance(f"{name} must have P, r, mu and one of horizon and discount; it has {', '.join(value)}.")
        end = {"horizon": value["horizon"]} if "horizon" in value else {"discount": _numbers(name, value.get("discount"))}
        return TabularMDP(*(_numbers(f"{name}.{part}", value[part]) for part in ("P", "r", "mu")), **end)
    return _numbers(name, value)


def _numbers(name: str, value: Any) -> Any:
    try:
        flat = np.array(value, dtype=object)
        return ar.asarray(np.vectorize(Fraction, otypes=[object])(flat))
    except (TypeError, ValueError, ZeroDivisionError) as problem:
        raise InvalidInstance(f"{name} holds something that is no rational number such as \"3/7\": {problem}") from None
