"""What a seeded fault is, and the plain tables all of them compute with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

NEGLIGIBLE = 1e-15


@dataclass(frozen=True)
class Fault:
    """A published bug as a small implementation of its own, beside the same implementation without the bug.

    Attributes
    ----------
    id : its number in ``docs/invariants.md``
    where : the library and the part of it
    words : what goes wrong
    faulty, corrected : adapters, the functions that invariants ask for, by name
    invariants : names of those that must fail for the faulty twin
    """

    id: str
    where: str
    words: str
    faulty: SimpleNamespace
    corrected: SimpleNamespace
    invariants: tuple[str, ...]


class Tables(NamedTuple):
    """A model, step by step: `P` (T, S, A, S), `r` (T, S, A), `mu` (S,), and the discount, 1 with a horizon."""

    P: np.ndarray
    r: np.ndarray
    mu: np.ndarray
    gamma: float


def tables(mdp, *, steps=None) -> Tables:
    """Plain arrays of a model; with a discount, of some number of steps, or of as many as count."""
    gamma = 1.0 if mdp.horizon is not None else float(mdp.discount)
    steps = mdp.horizon or steps or max(1, math.ceil(math.log(NEGLIGIBLE) / math.log(gamma)) if gamma else 1)
    P, r = np.asarray(mdp.P), np.asarray(mdp.rewards())
    size = r.shape[-2:]
    return Tables(
        np.broadcast_to(P, (steps, *size, size[0])), np.broadcast_to(r, (steps, *size)), np.asarray(mdp.mu), gamma
    )


def each_step(pi, steps):
    """A policy for every step, ``[T, S, A]``."""
    return np.broadcast_to(pi, (steps, *np.shape(pi)[-2:]))


def folded(mdp, laws):
    """Laws of (s, a) at each step as an occupancy: themselves, or their mean with weights ``(1 - gamma) gamma^t``."""
    if mdp.horizon is not None:
        return laws
    gamma = float(mdp.discount)
    return (1 - gamma) * np.einsum("t,tsa->sa", gamma ** np.arange(len(laws)), laws)


def entropy_terms(pi):
    """``log pi``, 0 where it is not used."""
    return np.log(np.where(pi > 0, pi, 1.0))


def logsumexp(x):
    """Along the last axis."""
    top = x.max(-1)
    return top + np.log(np.exp(x - top[..., None]).sum(-1))


def softmax(x):
    """Along the last axis."""
    return np.exp(x - logsumexp(x)[..., None])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
