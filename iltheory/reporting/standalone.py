"""The stand-alone checker of a counterexample: one Python file that needs nothing but Python.

The script holds the instance, the claim's formula as it is written, and an implementation of everything the formula
asks for that shares no code with ``iltheory`` and ``sims``: the parts of ``proofs_check/standalone`` it needs.
"""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

from iltheory.attack.counterexample import Counterexample
from iltheory.claims.claim import Claim
from iltheory.claims.domains import Box, Rows
from iltheory.claims.instances import encode
from iltheory.claims.kinds import (
    ActionValuesKind,
    Count,
    HistoryPolicyKind,
    Instance,
    Kind,
    Model,
    PositiveNumber,
    Sequence,
    UnitNumber,
)
from iltheory.claims.linear_kinds import LinearKind
from iltheory.reporting.formula import Formula, lacking
from iltheory.reporting.parts import Parts, joined
from sims.errors import InvalidArgument

READERS = ("model", "count", "laws", "numbers")
"""Functions of ``proofs_check/standalone/checking.py`` that read one parameter."""


def checker_script(counterexample: Counterexample) -> str:
    """The text of a Python file that checks a counterexample again, from its numbers alone.

    Run it with any Python from 3.9 on; it prints both sides, and exits with 0 if the instance refutes the claim, with
    1 if anything is wrong, and with 2 if the instance is valid but the formula needs what the script lacks
    (:func:`checker_covers`).

    Parameters
    ----------
    counterexample : what :func:`iltheory.attack.counterexample.certify` returns

    Raises
    ------
    InvalidArgument
        If a model is too large to be written out.
    """
    claim, instance = counterexample.claim, counterexample.instance
    encoded = encode(instance)
    if encoded is None:
        raise InvalidArgument(f"the counterexample to {claim.id} has a model that is too large to be written out.")
    formula, assumptions, name, missing = _formula(claim)
    reading = {parameter: _reader(parameter, kind, instance) for parameter, kind in claim.parameters.items()}
    if missing:
        body = [f"MISSING = {missing!r}", "", "", *_check_without_formula(reading)]
        parts = Parts({"report_without_formula", "run", "read", *_readers(reading)}, ())
        imports, blocks, namespaces = parts.imports, [], []
    else:
        body = _check(reading, assumptions, name)
        parts = Parts(
            {"report", "check_assumption", "run", "read", *_readers(reading), *formula.reads}, formula.attributes
        )
        imports, blocks, namespaces = parts.imports | formula.imports, formula.blocks, formula.namespace_lines()
    return "\n".join(
        [
            f'"""{_title(claim, missing)}"""',
            "",
            "from __future__ import annotations",
            "",
            *sorted(imports, key=lambda line: (line.startswith("from"), line)),
            "",
            "# The instance: every number is exact.",
            "",
            f"INSTANCE = r'''{_written(encoded)}'''",
            "",
            "# What the formula is written with, computed from the definitions.",
            "",
            parts.text,
            "",
            "",
            "# The claim, as it is written.",
            "",
            joined([*namespaces, *blocks]),
            "",
            "",
            "# The check.",
            "",
            "",
            *body,
            "",
            "",
            'if __name__ == "__main__":',
            "    run(main)",
            "",
        ]
    )


def checker_covers(claim: Claim) -> tuple[str, ...]:
    """Names of what the formula of a claim uses and a stand-alone script lacks; none if the script is complete."""
    return _formula(claim)[3]


def _formula(claim: Claim) -> tuple[Formula, list[tuple[str, str, list[str]]], str, tuple[str, ...]]:
    """The formula, the claim's assumptions as (words, function, parameters), its function, and what is lacking."""
    formula = Formula()
    if claim.statistical:
        return formula, [], "", ("sampled_mean",)
    name = formula.add(claim.function)
    assumptions = [
        (
            assumption.name,
            formula.add(assumption.holds),
            [p for p in inspect.signature(assumption.holds).parameters if p in claim.parameters],
        )
        for assumption in claim.assumptions
    ]
    return formula, assumptions, name, tuple(sorted(formula.missing | lacking(formula.attributes)))


def _reader(name: str, kind: Kind, instance: Instance, given: str | None = None) -> str:
    """The expression that reads one parameter and checks that it is what the claim ranges over."""
    value, given = instance[name], given or f"given[{name!r}]"
    before = {other: instance[other] for other in list(instance)[: list(instance).index(name)]}
    if isinstance(kind, LinearKind):
        shapes = {part: tuple(getattr(value, part).shape) for part in kind.factors}
        return f"linear_model({name!r}, {given}, {shapes}, finite={kind.finite})"
    if isinstance(kind, Model):
        shapes = {part: tuple(getattr(value, part).shape) for part in ("P", "r", "mu")}
        return f"model({name!r}, {given}, {shapes}, finite={kind.finite})"
    if isinstance(kind, Count):
        return f"count({name!r}, {given}, {kind.least})"
    if isinstance(kind, HistoryPolicyKind):
        parts = [f"laws({name!r}, {given}[{h}], {tuple(act.shape)})" for h, act in enumerate(value)]
        return f"({', '.join(parts)},)"
    if isinstance(kind, Sequence):
        parts = [_array_reader(name, kind.of, x, f"{given}[{i}]", before) for i, x in enumerate(value)]
        return f"({', '.join(parts)},)"
    return _array_reader(name, kind, value, given, before)


def _array_reader(name: str, kind: Kind, value: Any, given: str, before: Instance) -> str:
    shape = tuple(value.shape)
    words = f"{name!r}, {given}, {shape}"
    if isinstance(kind.domain, Rows):
        return f"laws({words}{', deterministic=True' * kind.domain.deterministic})"
    if isinstance(kind, PositiveNumber):
        return f"numbers({words}, positive=True)"
    if isinstance(kind, ActionValuesKind) or not isinstance(kind.domain, Box):
        return f"numbers({words})"
    if isinstance(kind, UnitNumber):
        return f"numbers({words}, 0, 1{', positive=True' * kind.positive})"
    values = f", values=({kind.domain.low}, {kind.domain.high})" * kind.domain.ends_only
    return f"numbers({words}, {kind.domain.low}, {kind.domain.high}{values})"


def _readers(reading: dict[str, str]) -> set[str]:
    readers = ("linear_model", "model", "count", "laws", "numbers")
    return {reader for text in reading.values() for reader in readers if re.search(rf"\b{reader}\(", text)}


def _arguments(reading: dict[str, str]) -> list[str]:
    return [
        "def arguments():",
        '    """The values of the parameters, each checked to be what the claim ranges over."""',
        "    given = read(INSTANCE)",
        "    return {",
        *[f"        {name!r}: {text}," for name, text in reading.items()],
        "    }",
    ]


def _check(reading: dict[str, str], assumptions: list[tuple[str, str, list[str]]], name: str) -> list[str]:
    checks = [
        f"    check_assumption({words!r}, {function}, {{{', '.join(f'{p!r}: values[{p!r}]' for p in parameters)}}})"
        for words, function, parameters in assumptions
    ]
    return [
        *_arguments(reading),
        "",
        "",
        "def main():",
        "    values = arguments()",
        *checks,
        f"    return report({name}, values)",
    ]


def _check_without_formula(reading: dict[str, str]) -> list[str]:
    return [
        *_arguments(reading),
        "",
        "",
        "def main():",
        "    return report_without_formula(arguments(), MISSING)",
    ]


def _title(claim: Claim, missing: tuple[str, ...]) -> str:
    id = "".join(c if c.isalnum() or c in "-./ _~" else "-" for c in claim.id)
    words = f"Check, with nothing but Python, that an instance refutes {id}.\n\n"
    if claim.statistical:
        return words + "Its sides are sampled, which this script cannot repeat: it only checks the instance.\n"
    if missing:
        return (
            words
            + f"Its formula is beyond this script, which lacks {', '.join(missing)}: it only checks the instance.\n"
        )
    return words + "Ends with status 0 if it does, and with 1 if anything is wrong.\n"


def _written(encoded: dict[str, Any]) -> str:
    """JSON with one parameter, or part of a model, a line."""
    lines = []
    for name, value in encoded.items():
        if isinstance(value, dict):
            parts = ",\n  ".join(f"{json.dumps(part)}: {json.dumps(numbers)}" for part, numbers in value.items())
            lines.append(f"{json.dumps(name)}: {{\n  {parts}}}")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{" + ",\n ".join(lines) + "}"
