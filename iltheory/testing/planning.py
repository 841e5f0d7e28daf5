"""Invariants of soft planning, of the evaluation of a policy with entropy, and of returns along a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from iltheory.testing.models import discounted_model, finite_model, random_policy
from iltheory.testing.occupancies import PolicyOf
from iltheory.testing.violation import TOLERANCE, Floats, floats, require, require_close
from sims import TabularMDP

TEMPERATURES = (1.0, 0.25, 3.0)


def soft_optimality_holds(
    plan: Callable[[TabularMDP, float], tuple[Any, Any]],
    mdps: Sequence[TabularMDP] | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """``V = tau log sum_a exp(Q / tau)`` and ``pi = exp((Q - V) / tau)`` with ``Q = r + gamma E V(s')`` (B31).

    Parameters
    ----------
    plan : from a model and a temperature to ``(policy, v)``, ``[H, S, A]`` and ``[H, S]``, or ``[S, A]`` and ``[S]``
    """
    name = "soft_optimality_holds"
    for mdp in mdps or (finite_model(), discounted_model()):
        for tau in TEMPERATURES:
            policy, v = map(floats, plan(mdp, tau))
            q = _backed_up(mdp, v)
            best = tau * np.log(np.exp((q - q.max(-1, keepdims=True)) / tau).sum(-1)) + q.max(-1)
            require_close(
                v, best, name, f"at temperature {tau}, the value",
                "Back up tau log sum exp(Q / tau), not the maximum, and one backup a step.", tolerance=tolerance,
            )  # fmt: skip
            require_close(
                policy, np.exp((q - best[..., None]) / tau), name, f"at temperature {tau}, the policy",
                "Act by softmax(Q / tau) over the actions of each state, at every step.", tolerance=tolerance,
            )  # fmt: skip


def soft_evaluation_is_a_linear_solve(
    evaluate: Callable[[TabularMDP, Floats, float], Any],
    mdps: Sequence[TabularMDP] | None = None,
    *,
    policy: PolicyOf = random_policy,
    tolerance: float = TOLERANCE,
) -> None:
    """``V = E_pi[r - tau log pi + gamma V(s')]``: the entropy has its sign and weight at every step (B25, B33, B35).

    Parameters
    ----------
    evaluate : from a model, a policy and a temperature to ``v``, ``[H, S]`` or ``[S]``; terminal states are worth 0
    """
    name = "soft_evaluation_is_a_linear_solve"
    for mdp in mdps or (finite_model(), discounted_model()):
        pi = policy(mdp)
        for tau in TEMPERATURES:
            v = floats(evaluate(mdp, pi, tau))
            alive = np.ones(mdp.n_states, dtype=bool) if mdp.terminal is None else ~mdp.terminal
            bonus = np.where(alive[..., None], tau * np.log(pi), 0.0)
            wanted = (pi * (_backed_up(mdp, v) - bonus)).sum(-1)
            fix = "Subtract tau log pi (not log pi, and not added) where an action is taken; nothing after the end."
            require_close(v, wanted, name, f"at temperature {tau}, the value", fix, tolerance=tolerance)


def lambda_returns_match_brute_force(
    advantages: Callable[[Floats, Floats, float, float, bool], Any], *, tolerance: float = TOLERANCE
) -> None:
    """Advantages are ``sum_k (gamma lambda)^k delta_{t + k}``, and the end decides the tail (B27, B33, B34).

    Parameters
    ----------
    advantages : from rewards ``[T]``, values ``[T + 1]``, gamma, lambda and whether the episode terminated (else it was
        truncated, and the last value counts) to advantages ``[T]``
    """
    name = "lambda_returns_match_brute_force"
    rng = np.random.default_rng(0)
    for steps in (1, 2, 5):
        rewards, values = rng.integers(-8, 9, steps) / 8, rng.integers(-8, 9, steps + 1) / 8
        for gamma, decay, terminated in ((0.875, 0.5, True), (0.875, 0.5, False), (0.75, 1.0, False), (0.5, 0.0, True)):
            last = 0.0 if terminated else values[-1]
            following = np.append(values[1:-1], last)
            delta = rewards + gamma * following - values[:-1]
            wanted = [sum((gamma * decay) ** (k - t) * delta[k] for k in range(t, steps)) for t in range(steps)]
            found = advantages(rewards.copy(), values.copy(), gamma, decay, terminated)
            ending = "terminated" if terminated else "truncated"
            fix = (
                "delta_t = r_t + gamma V(s_{t+1}) - V(s_t); after termination V is 0, after a time limit it is V(s_T)."
            )
            require_close(found, wanted, name, f"in {steps} steps, {ending}, the advantage", fix, tolerance=tolerance)


def backup_matches_behaviour(
    behaviour: Callable[[Floats, float], Any],
    backup: Callable[[Floats, float], Any],
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """The value a target uses is that of the policy which acts: ``E_pi[Q - tau log pi]`` (B16).

    Parameters
    ----------
    behaviour : from action values ``[S, A]`` and a temperature to the policy that acts, ``[S, A]``
    backup : from the same to the value of the next state in the target, ``[S]``
    """
    name = "backup_matches_behaviour"
    q = np.random.default_rng(1).integers(-16, 17, (4, 3)) / 8
    for tau in TEMPERATURES:
        pi = floats(behaviour(q.copy(), tau))
        require(bool(np.all(pi > 0)), name, f"a probability is {pi.min():.6g}.", "A soft policy takes every action.")
        wanted = (pi * (q - tau * np.log(pi))).sum(-1)
        fix = "Behave by softmax(Q / tau) and back up tau log sum exp(Q / tau); a hard maximum values another policy."
        require_close(
            backup(q.copy(), tau), wanted, name, f"at temperature {tau}, the backup", fix, tolerance=tolerance
        )


def _backed_up(mdp: TabularMDP, v: Floats) -> Floats:
    """``r + gamma E V(s')``, shaped ``[H, S, A]`` or ``[S, A]``; nothing after the last step."""
    if mdp.horizon is None:
        return floats(mdp.backup(v))
    after = np.concatenate([v[1:], 0 * v[:1]])
    return np.stack([floats(mdp.backup(after[h], h)) for h in range(mdp.horizon)])
