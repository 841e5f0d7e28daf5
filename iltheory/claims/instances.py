"""Instances as JSON: every number a rational string such as ``"3/7"``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.claims.claim import Claim
from iltheory.claims.kinds import HistoryPolicyKind, Instance, InvalidInstance, Sequence
from sims import LinearMDP, TabularMDP
from sims import arithmetic as ar
from sims.arithmetic.text import exact_texts
from sims.tabular import InvalidModel

LARGEST_ENTRIES = 50_000
"""Models with a larger dense transition table are not written out; they are reproduced from their seed."""


TABLES, FACTORS, ENDS = ("P", "r", "mu"), ("phi", "measures", "weights", "mu"), ("horizon", "discount")
"""Parts of a model, of a linear one, and how they end."""


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
            encoded[name] = [exact_texts(v) for v in value]
        else:
            encoded[name] = exact_texts(value)
    return encoded


def decode(claim: Claim, encoded: Mapping[str, Any]) -> dict[str, Any]:
    """Read an instance of a claim written by :func:`encode`.

    Raises
    ------
    InvalidInstance
        If a parameter is missing, unknown or no value of its kind.
    """
    if not isinstance(encoded, Mapping):
        raise InvalidInstance(f"an instance is an object with one entry a parameter, not {encoded!r:.60}.")
    if set(encoded) != set(claim.parameters):
        inner = [name for name, part in encoded.items() if isinstance(part, Mapping) and "instance" in part]
        hint = f"\n  Give what stands there under {inner[0]}.instance." if inner else ""
        raise InvalidInstance(
            f"the instance has {', '.join(encoded) or 'no entry'}; "
            f"{claim.id} takes {', '.join(claim.parameters)}.{hint}"
        )
    values = {
        name: [_decode(f"{name}[{i}]", part) for i, part in enumerate(encoded[name])]
        if isinstance(kind, Sequence | HistoryPolicyKind) and isinstance(encoded[name], list)
        else _decode(name, encoded[name])
        for name, kind in claim.parameters.items()
    }
    return claim.bind(**values)


def parse(text: str) -> Any:
    """Read JSON for :func:`decode`; of a name that is given twice nobody knows which value is meant.

    Raises
    ------
    InvalidInstance
        If the text is no JSON, or gives a name twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_named_once)
    except (ValueError, RecursionError) as problem:
        raise InvalidInstance(f"the instance is no JSON: {problem}.") from problem


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInstance(f"the instance gives {twice!r:.60} twice in one object; keep one of the two.")
    return named


def _encode_model(mdp: TabularMDP) -> dict[str, Any]:
    end = {"horizon": mdp.horizon} if mdp.horizon is not None else {"discount": exact_texts(mdp.discount)}
    parts = FACTORS if isinstance(mdp, LinearMDP) else TABLES
    return {part: exact_texts(getattr(mdp, part)) for part in parts} | end


def _decode(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        factors = next((parts for parts in (TABLES, FACTORS) if set(value) - set(ENDS) == set(parts)), None)
        if factors is None or len(set(value) & set(ENDS)) != 1:
            raise InvalidInstance(
                f"{name} must have P, r, mu, or phi, measures, weights, mu, and one of horizon and discount; "
                f"it has {', '.join(value)}."
            )
        if "horizon" in value:
            end = {"horizon": value["horizon"]}
        else:
            end = {"discount": _rational(f"{name}.discount", value["discount"])}
        read = [_numbers(f"{name}.{part}", value[part]) for part in factors]
        try:
            if factors is FACTORS:
                return LinearMDP(*read, **end)
            p, r, mu = read
            # with_rewards, because r[H, S, A] could be read as r[S, A, S] where the three sizes are equal
            return TabularMDP(p, np.zeros(p.shape[-3:-1], dtype=np.int64), mu, **end).with_rewards(r)
        except InvalidModel as problem:
            raise InvalidInstance(f"{name} is no model: {problem}") from None
    return _numbers(name, value)


def _numbers(name: str, value: Any) -> Any:
    table = np.array(value, dtype=object)
    _check_rows(name, table)
    return ar.asarray(np.vectorize(lambda entry: _rational(name, entry), otypes=[object])(table))


def _check_rows(name: str, table: NDArray[Any]) -> None:
    """Raise if rows have different lengths; of those, numpy makes one entry a row."""
    lengths = [f"has length {len(row)}" if isinstance(row, list) else "is no list" for row in table.flat]
    odd = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
    if odd is not None:
        first, other = ([int(i) for i in np.unravel_index(place, table.shape)] for place in (0, odd))
        raise InvalidInstance(
            f"{name}{other} {lengths[odd]}, and {name}{first} {lengths[0]}: all rows of a table have one length."
        )


def _rational(name: str, entry: Any) -> Fraction:
    if isinstance(entry, str | int) and not isinstance(entry, bool):
        with suppress(ValueError, ZeroDivisionError):
            return Fraction(entry)
    raise InvalidInstance(f'{name} holds {entry!r:.60}; write each number as a string such as "3/7".')
