"""The reset instance, where behavioural cloning is exactly Bayes-optimal."""

from __future__ import annotations

from fractions import Fraction

from sims.families._clock import Clock
from sims.families._instance import ZERO, Imitation, erring, following, table
from sims.families._parameters import InvalidParameter, integer
from sims.tabular import TabularMDP


def reset(n_states: int, n_actions: int = 2, *, horizon: int, n_trajectories: int) -> Imitation:
    """States drawn afresh at every step, until the first mistake.

    States ``0 .. m-1`` with ``m = n_states - 1`` are good, the last is bad and absorbing. In a good state the
    expert's action (action 0) gives reward 1 and a next state drawn from ``rho``, any other gives 0 and leads
    to bad. The start is drawn from ``rho = (z, ..., z, 1 - (m-1) z)`` with ``z = 1 / (n_trajectories + 1)``.

    The learner is behavioural cloning from ``n_trajectories`` demonstrations, averaged over them: cloning
    plays the expert's action where it has seen ``(h, s)`` and the uniform law elsewhere. The states a step
    has shown are independent of those of other steps and the return is linear in the policy of each step, so
    the value of the averaged policy is the expected value of the clone.

    Parameters
    ----------
    n_states : number of states |S|, the bad one included; 2 <= |S| <= n_trajectories + 3
    n_actions : number of actions, at least 2
    horizon : H
    n_trajectories : N, number of demonstrations

    Returns
    -------
    Imitation
        Exact rationals. With ``D = missing_mass(n_states, n_actions, n_trajectories)``: ``error_rate`` = D;
        ``gap`` = ``H - (1-D) (1 - (1-D)**H) / D``, the expected gap of cloning and the Bayes risk when the
        expert's actions are uniformly random, hence a lower bound for every learner; ``bound`` = |S| H (H+1)
        / 2 * N**N / (N+1)**(N+1).

    Raises
    ------
    InvalidParameter
        If a count is out of range.

    Notes
    -----
    Rajaraman, Yang, Jiao and Ramchandran, NeurIPS 2020, the lower-bound construction [numbering memory, exact
    value derived].
    """
    m, n_actions, n = _counts(n_states, n_actions, n_trajectories)
    clock = Clock.of(horizon, None)
    missed = missing_mass(n_states, n_actions, n_trajectories)
    rho, unseen = _start(m, n)
    restart, fall = [*rho, 0], [0] * m + [1]
    P = [[restart] + [fall] * (n_actions - 1)] * m + [[fall] * n_actions]
    r = [[1] + [0] * (n_actions - 1)] * m + [[0] * n_actions]
    wrong = 1 - Fraction(1, n_actions)
    return Imitation(
        mdp=TabularMDP(table(P, Fraction), table(r, Fraction), table(restart, Fraction), horizon=horizon),
        expert=following([0] * n_states, n_actions, Fraction),
        learner=erring([0] * n_states, n_actions, [wrong * u for u in unseen] + [ZERO], Fraction),
        error_rate=missed,
        gap=clock.total - (1 - missed) * clock.geometric(1 - missed),
        bound=n_states * clock.compounded * Fraction(n**n, (n + 1) ** (n + 1)),
    )


def missing_mass(n_states: int, n_actions: int, n_trajectories: int) -> Fraction:
    """Probability that cloning errs at a step of ``reset``: ``(1 - 1/A) sum_s rho(s) (1 - rho(s))**N``."""
    m, n_actions, n = _counts(n_states, n_actions, n_trajectories)
    rho, unseen = _start(m, n)
    return (1 - Fraction(1, n_actions)) * sum((p * u for p, u in zip(rho, unseen, strict=True)), ZERO)


def _start(m: int, n: int) -> tuple[list[Fraction], list[Fraction]]:
    """``rho`` and the probability that each good state stays unseen in ``n`` draws."""
    z = Fraction(1, n + 1)
    rho = [z] * (m - 1) + [1 - (m - 1) * z]
    return rho, [(1 - p) ** n for p in rho]


def _counts(n_states: int, n_actions: int, n_trajectories: int) -> tuple[int, int, int]:
    n = integer("n_trajectories", n_trajectories, least=1)
    m = integer("n_states", n_states, least=2) - 1
    if m - 1 > n + 1:
        raise InvalidParameter(
            f"n_states is {n_states} (should be at most n_trajectories + 3 = {n + 3}, so that all "
            f"good states but one have probability 1/{n + 1})."
        )
    return m, integer("n_actions", n_actions, least=2), n
