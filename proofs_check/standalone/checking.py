"""Read an instance strictly, check what the claim assumes of it, and decide the claim."""

from __future__ import annotations

import json
import re
import sys
from fractions import Fraction
from math import prod

from proofs_check.standalone.arrays import Array, Comparison, array_sum, asarray
from proofs_check.standalone.models import Model
from proofs_check.standalone.scalars import decide, texts


class Wrong(Exception):
    """Something about the instance is not as it must be."""


def table(name, data, shape):
    """Numbers of one shape, each an integer or a text such as ``"3/7"``."""
    entries = list(flattened(name, data, tuple(shape)))
    return Array(shape, entries)


def flattened(name, data, shape):
    if not shape:
        if isinstance(data, bool) or not re.fullmatch(r"-?[0-9]+(/0*[1-9][0-9]*)?", str(data)):
            raise Wrong(f'{name} holds {data!r:.40}, which is no rational such as "3/7"')
        yield Fraction(data)
        return
    if not isinstance(data, list) or len(data) != shape[0]:
        raise Wrong(f"{name} is not a table with {shape[0]} entries along an axis")
    for part in data:
        yield from flattened(name, part, shape[1:])


def laws(name, data, shape, deterministic=False):
    """Distributions along the last axis."""
    rows = table(name, data, shape)
    for i in range(prod(shape[:-1])):
        row = rows.entries[i * shape[-1] : (i + 1) * shape[-1]]
        if min(row) < 0 or sum(row) != 1:
            raise Wrong(f"row {i} of {name} sums to {sum(row)}, with least entry {min(row)}: it is no distribution")
        if deterministic and set(row) != {0, 1}:
            raise Wrong(f"row {i} of {name} is {', '.join(map(str, row))}: it is not deterministic")
    return rows


def numbers(name, data, shape, low=None, high=None, positive=False, values=None):
    """Numbers in [low, high], positive ones, or some of a few values."""
    result = table(name, data, shape)
    for x in result.entries:
        if (low is not None and x < low) or (high is not None and x > high):
            raise Wrong(f"{name} holds {x}, which is not between {low} and {high}")
        if (positive and x <= 0) or (values is not None and x not in values):
            raise Wrong(f"{name} holds {x}, which it may not")
    return result


def count(name, data, least):
    """A whole number."""
    x = table(name, data, ()).item()
    if x.denominator != 1 or x < least:
        raise Wrong(f"{name} is {x}, not a whole number of at least {least}")
    return int(x)


def model(name, data, shapes, finite, deterministic=False):
    """A decision process with a horizon or a discount."""
    if not isinstance(data, dict) or set(data) != {"P", "r", "mu", "horizon" if finite else "discount"}:
        raise Wrong(f"{name} needs P, r, mu and {'horizon' if finite else 'discount'}")
    P = laws(f"{name}.P", data["P"], shapes["P"], deterministic)
    mu = laws(f"{name}.mu", data["mu"], shapes["mu"])
    r = table(f"{name}.r", data["r"], shapes["r"])
    if finite:
        if type(data["horizon"]) is not int or data["horizon"] < 1:
            raise Wrong(f"{name}.horizon is {data['horizon']!r}, not a whole number of at least 1")
        steps = {len(x) for x, axes in ((P, 4), (r, 3)) if x.ndim == axes}
        if steps - {data["horizon"]}:
            raise Wrong(f"{name} has tables of {steps} steps and a horizon of {data['horizon']}")
        return Model(P, r, mu, horizon=data["horizon"])
    discount = table(f"{name}.discount", data["discount"], ())
    if not 0 <= discount.item() < 1:
        raise Wrong(f"{name}.discount is {discount.item()}, not in [0, 1)")
    return Model(P, r, mu, discount=discount)


def linear_model(name, data, shapes, finite):
    """A model with the tables that are linear in its features."""
    end = "horizon" if finite else "discount"
    if not isinstance(data, dict) or set(data) != {*shapes, "mu", end}:
        raise Wrong(f"{name} needs {', '.join(shapes)}, mu and {end}")
    phi, measures, weights = (table(f"{name}.{part}", data[part], shape) for part, shape in shapes.items())
    n_states, n_actions, n_features = phi.shape
    tables = {
        "P": written(array_sum(phi[..., None] * measures, -2)),
        "r": written(array_sum(phi * weights, -1)),
        "mu": data["mu"],
        end: data[end],
    }
    sizes = {"P": (n_states, n_actions, n_states), "r": (n_states, n_actions), "mu": (n_states,)}
    linear = model(name, tables, sizes, finite)
    linear.phi, linear.measures, linear.weights, linear.n_features = phi, measures, weights, n_features
    return linear


def written(numbers):
    """Exact numbers as nested lists of texts."""
    return [written(x) for x in numbers] if numbers.ndim else str(numbers.item())


class Assumed:
    """Conditions that the formula assumes, as it states them."""

    failed = None


def assume(condition, name="what the formula assumes"):
    answers = [condition] if isinstance(condition, bool) else asarray(condition).entries
    for answer in answers:
        if answer is not True and Assumed.failed is None:
            Assumed.failed = f"the assumption «{name}» {'fails' if answer is False else 'cannot be decided'}"


def check_assumption(name, holds, arguments):
    answer = holds(**arguments)
    for condition in answer if isinstance(answer, (list, tuple)) else [answer]:
        assume(condition, name)
    if Assumed.failed:
        raise Wrong(Assumed.failed)


def decide_claim(formula, arguments):
    """Both sides as numbers, the comparison, and its verdict."""
    comparison = formula(**arguments)
    if Assumed.failed:
        raise Wrong(Assumed.failed)
    if not isinstance(comparison, Comparison):
        raise Wrong("the formula is no comparison")
    lhs, rhs = comparison.lhs.item(), comparison.rhs.item()
    return lhs, comparison.op, rhs, decide(lhs, comparison.op, rhs)


def report(formula, arguments):
    """Print both sides and the verdict; 0 if the instance refutes the claim."""
    lhs, op, rhs, verdict = decide_claim(formula, arguments)
    for name, side in (("left side: ", lhs), ("right side:", rhs)):
        print(name, *dict.fromkeys(texts(side)), sep="  ")
    if verdict is None:
        raise Wrong("the two sides are too close to tell apart with 320 bits")
    if verdict:
        raise Wrong(f"no counterexample: {texts(lhs)[0]} {op} {texts(rhs)[0]} is true")
    print(f"refuted: {texts(lhs)[0]} {op} {texts(rhs)[0]} is false")
    return 0


def report_without_formula(arguments, missing):
    """Check values against occupancies, and say what is left unchecked; 2, for nothing is refuted here."""
    mdp = None
    for name, x in arguments.items():
        if isinstance(x, Model):
            mdp = x
        elif mdp is not None and is_policy(mdp, x):
            check_policy(name, mdp, x)
    print(f"The instance is valid, but its claim is NOT checked here. This script lacks: {', '.join(missing)}.")
    return 2


def is_policy(mdp, x):
    shaped = isinstance(x, Array) and x.shape[-2:] == (mdp.n_states, mdp.n_actions)
    return shaped and min(x.entries) >= 0 and all(total == 1 for total in array_sum(x, -1).entries)


def check_policy(name, mdp, pi):
    """The value by backward recursion must be the mean reward under the occupancy, which must obey its flow."""
    d, value = mdp.occupancy(pi), mdp.value(pi).item()
    earned = array_sum(d * mdp.rewards()).item()
    if mdp.discount is not None:
        earned = earned / (1 - mdp.discount.item())
    if any(x != 0 for x in mdp.flow_residual(d).entries) or earned != value:
        raise Wrong(f"values and occupancies of {name} disagree")
    print(f"value of {name}:", *dict.fromkeys(texts(value)), sep="  ")


def read(text):
    """JSON with every name given once, and without floats."""
    return json.loads(text, object_pairs_hook=once, parse_float=no_float, parse_constant=no_float)


def once(pairs):
    if len(dict(pairs)) < len(pairs):
        raise Wrong("a name is given twice")
    return dict(pairs)


def no_float(text):
    raise Wrong(f"{text:.40} is no rational")


def run(check):
    """Print what is wrong, if anything is, and end with the status of the check."""
    try:
        status = check()
    except Exception as problem:
        print(f"wrong: {problem or type(problem).__name__}")
        status = 1
    sys.exit(status)
