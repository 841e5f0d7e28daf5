"""Transition laws behind a few operations; dense, sparse and deterministic ones live in modules of their own.

Every formula about a model needs only the expectation of a function of the next state (``expect``), the law
of the next state under a law of state-action pairs (``push``) and, for discounted models, the kernel of a
policy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import is_torch_array
from numpy.typing import NDArray

from sims import arithmetic as ar
from sims.arithmetic import Mask, Numbers, System
from sims.tabular.errors import TooLarge

ROW_ADVICE = (
    "Rows of P are distributions over next states. If a state ends the episode, send it to an absorbing state "
    "with reward 0; if the numbers were rounded, use TabularMDP(..., normalize=True)."
)

LARGEST_DENSE = 10**8
"""Entries a dense table made from sparse transitions may have."""

Indices = NDArray[np.intp]


class Rows(NamedTuple):
    """Rows of float probabilities, with what they are probabilities of.

    Attributes
    ----------
    indptr : ints ``[n_rows + 1]``, where each row starts in the next two
    indices : ints ``[nnz]``, next states
    probabilities : floats ``[nnz]``
    """

    indptr: NDArray[np.integer[Any]]
    indices: NDArray[np.integer[Any]]
    probabilities: NDArray[np.float64]


class Transitions(ABC):
    """The law of the next state given step, state and action."""

    n_states: int
    n_actions: int
    steps: int = 1
    """1 if the law is the same at every step, else the number of steps."""

    @property
    @abstractmethod
    def system(self) -> System:
        """Number system of the probabilities."""

    @property
    def data(self) -> tuple[Numbers, ...]:
        """The numbers that fix the system; none if the law fits every system."""
        return ()

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the leading batch axes."""
        return ()

    @abstractmethod
    def validate(self) -> None:
        """Raise ``InvalidModel`` unless all rows are distributions."""

    @abstractmethod
    def normalized(self) -> Transitions:
        """The law with rows divided by their sums."""

    @abstractmethod
    def expect(self, f: Numbers, step: int = 0) -> Numbers:
        """``E[f(s') | s, a]``: from ``[..., S]`` to ``[..., S, A]``."""

    @abstractmethod
    def expect_each(self, f: Numbers, step: int = 0) -> Numbers:
        """``E[f(s, a, s') | s, a]``: from ``[..., S, A, S]`` to ``[..., S, A]``."""

    @abstractmethod
    def push(self, d: Numbers, step: int = 0) -> Numbers:
        """``sum_{s,a} d(s, a) P(s' | s, a)``: from ``[..., S, A]`` to ``[..., S]``."""

    @abstractmethod
    def kernel(self, policy: Numbers) -> Numbers:
        """Dense state-to-state kernel ``[..., S, S]`` of a policy ``[..., S, A]`` at the first step."""

    @abstractmethod
    def dense(self) -> Numbers:
        """The probabilities as ``[..., steps, S, A, S]``."""

    @abstractmethod
    def rows(self, step: int = 0) -> Rows:
        """The law of one step as rows of float probabilities (midpoints); for laws without batch axes."""

    @abstractmethod
    def to(self, system: System) -> Transitions:
        """The same law in another number system."""

    @abstractmethod
    def successors(self, pairs: Mask, step: int = 0) -> Mask:
        """Mask ``[..., S]`` of the states that a pair in ``pairs[..., S, A]`` may lead to."""

    @abstractmethod
    def largest(self, f: Numbers, step: int = 0) -> Numbers:
        """The largest ``f(s')`` of the states that each pair may lead to: from ``[..., S]`` to ``[..., S, A]``."""

    @abstractmethod
    def self_loops(self, step: int = 0) -> Mask:
        """Mask ``[..., S, A]`` of the pairs that surely lead back to their own state."""

    @abstractmethod
    def restricted(self, states: Indices) -> Transitions:
        """The law on some of the states; a row that leaves them becomes a self-loop."""

    def _index(self, step: int) -> int:
        return step if self.steps > 1 else 0


def system_like(*xs: Any) -> System:
    """The system of the arguments, on the torch device they are on."""
    system = ar.system_of(*xs)
    for x in xs:
        raw = x.mid if isinstance(x, ar.IntervalArray) else x
        if is_torch_array(raw):
            return ar.get_system(system.name, device=str(raw.device))
    return system


def check_dense_size(size: int) -> None:
    """Refuse to make dense tables that would not fit."""
    if size > LARGEST_DENSE:
        raise TooLarge(
            f"a dense table of {size} entries is too large (at most {LARGEST_DENSE}); use expect() and push()."
        )


def new_indices(states: Indices, n_states: int) -> Indices:
    """For each old state its place in ``states``, or -1."""
    index = np.full(n_states, -1, dtype=np.intp)
    index[states] = np.arange(len(states))
    return index


def closure(transitions: Transitions, start: Mask, pairs: Mask, step: int = 0) -> Mask:
    """Mask ``[..., S]`` of all states reachable from ``start[..., S]`` through ``pairs[..., S, A]``."""
    reached = start
    while True:
        grown = reached | transitions.successors(reached[..., None] & pairs, step)
        if np.array_equal(grown, reached):
            return grown
        reached = grown


def pairs_of(states: Indices, n_actions: int) -> Indices:
    """The pairs ``s * A + a`` of some states, in order."""
    return (states[:, None] * n_actions + np.arange(n_actions)).ravel()
