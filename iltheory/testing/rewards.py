"""Invariants of learned rewards: batches, shaping, and no preference over the length of episodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from iltheory.testing.models import episodic_model, random_policy
from iltheory.testing.violation import TOLERANCE, Floats, floats, require, require_close
from sims import TabularMDP

LENGTHS = (1, 2, 5, 20)


def reward_ignores_batch_mates(reward: Callable[..., Any], *batch: Any, tolerance: float = TOLERANCE) -> None:
    """The reward of a transition does not depend on the others evaluated with it, nor on how many (B4, B41).

    Parameters
    ----------
    reward : from arrays with one transition a row to ``[n]`` rewards
    batch : those arrays, at least 3 rows
    """
    name = "reward_ignores_batch_mates"
    rows = [np.asarray(x) for x in batch]
    n = len(rows[0])
    together = floats(reward(*(x.copy() for x in rows)))
    fix = "Normalise over actions or features, never over axis 0, and keep the batch axis when it has length 1."
    require(together.shape == (n,), name, f"{n} transitions have rewards of shape {together.shape}.", fix)
    for part in (slice(0, 1), slice(1, n), slice(None, None, -1)):
        apart = reward(*(x[part].copy() for x in rows))
        require_close(apart, together[part], name, "in another batch, the reward", fix, tolerance=tolerance)


def reward_is_the_log_ratio(reward: Callable[[Floats, Floats], Any], *, tolerance: float = TOLERANCE) -> None:
    """At the optimal discriminator the reward is ``log(expert / learner)``, the logit and not minus it (B4, B28).

    Parameters
    ----------
    reward : from the expert's and the learner's density at some pairs to the reward there (AIRL, or GAIL's logit form)
    """
    expert, learner = np.array([0.5, 0.125, 0.25, 0.125]), np.array([0.125, 0.25, 0.25, 0.375])
    fix = "D = expert / (expert + learner), the expert's label is 1, and the reward log D - log(1 - D)."
    found = reward(expert.copy(), learner.copy())
    require_close(found, np.log(expert / learner), "reward_is_the_log_ratio", "the reward", fix, tolerance=tolerance)


def reward_rises_where_the_expert_goes_more(reward: Callable[[Floats, Floats], Any]) -> None:
    """A pair is rewarded the more, the more often the expert goes there than the learner (B28, B35)."""
    ratio = np.array([0.125, 0.5, 1.0, 2.0, 8.0])
    found = floats(reward(ratio / (1 + ratio), 1 / (1 + ratio)))
    require(
        bool(np.all(np.diff(found) > 0)),
        "reward_rises_where_the_expert_goes_more",
        f"at density ratios {ratio} the rewards are {found}.",
        "The sign of the logit, or the labels of expert and learner, are interchanged.",
    )


def uninformative_expert_prefers_no_length(
    reward: Callable[[Floats, Floats], Any], *, tolerance: float = TOLERANCE
) -> None:
    """Where expert and learner agree, no episode earns more than one of another length (B12, B27, B28, B29).

    Parameters
    ----------
    reward : from the expert's and the learner's density at some pairs to the reward there
    """
    name = "uninformative_expert_prefers_no_length"
    earned = [float(floats(reward(np.full(n, 0.125), np.full(n, 0.125))).sum()) for n in LENGTHS]
    fix = (
        "What D = 1/2 earns must be 0, as the absorbing state does: -log(1 - D) pays for living, log D for dying. Use "
        "log D - log(1 - D), or absorbing states that are rewarded, too."
    )
    require_close(
        earned, np.zeros(len(LENGTHS)), name, f"in episodes of {LENGTHS} steps, the return", fix, tolerance=tolerance
    )


def shaping_keeps_every_difference(
    shaped: Callable[[TabularMDP, Floats], Any],
    mdps: Sequence[TabularMDP] | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> None:
    """Shaping changes all values by the same amount and so keeps the best policies, where episodes end, too (B22).

    Parameters
    ----------
    shaped : from a discounted model and a potential ``[S]`` to its shaped rewards ``[S, A]``; the potential may be any
        number at terminal states, where a network that was never told has some value
    """
    name = "shaping_keeps_every_difference"
    for mdp in mdps or [episodic_model()]:
        potential = np.resize([4.0, -3.0, 5.0, 2.0], mdp.n_states)
        r = floats(shaped(mdp, potential.copy()))
        ended = np.zeros(mdp.n_states, bool) if mdp.terminal is None else mdp.terminal
        r = np.where(ended[:, None], 0.0, r)  # nobody is paid after the end
        paid = mdp.with_rewards(r)
        policies = [np.eye(mdp.n_actions)[[a] * mdp.n_states] for a in range(mdp.n_actions)]
        policies += [random_policy(mdp, seed) for seed in range(3)]
        changes = [float(floats(paid.v(pi) - mdp.v(pi))[0]) for pi in policies]
        fix = "Add gamma Phi(s') - Phi(s) with Phi = 0 at terminal states, at every transition and on every path."
        require_close(
            changes, np.full(len(policies), changes[0]), name, "the change of value", fix, tolerance=tolerance
        )


def reward_paths_agree(paths: Mapping[str, Callable[..., Any]], *batch: Any, tolerance: float = TOLERANCE) -> None:
    """All ways to ask for a reward give the same one: training, prediction, numpy, torch (B23).

    Parameters
    ----------
    paths : functions of the same arrays, by name
    batch : those arrays
    """
    first, *others = paths
    wanted = floats(paths[first](*(np.array(x) for x in batch)))
    for other in others:
        fix = f"{other} skips a step that {first} takes (shaping, normalisation): let one call the other."
        found = paths[other](*(np.array(x) for x in batch))
        require_close(found, wanted, "reward_paths_agree", f"along {other}, the reward", fix, tolerance=tolerance)


def reward_is_of_this_transition(
    step: Callable[[int, int, np.random.Generator], tuple[int, float]], r: Floats, *, tolerance: float = TOLERANCE
) -> None:
    """The reward paid is ``r(s, a, s')`` of the transition just made, not of the one before (B37).

    Parameters
    ----------
    step : from a state, an action and a generator to the next state and the reward
    r : rewards ``[S, A, S]``
    """
    rng = np.random.default_rng(6)
    for s in range(r.shape[0]):
        for a in range(r.shape[1]):
            following, paid = step(s, a, rng)
            fix = (
                "Compute the reward after the step of the physics, from the state before and the state after it: of a "
                "TabularMDP that is `next_state_reward`, not `r`, its mean over arrivals."
            )
            require_close(
                paid, r[s, a, following], "reward_is_of_this_transition", f"the reward of ({s}, {a}, {following})", fix,
                tolerance=tolerance,
            )  # fmt: skip


def labels_are_the_functional_gradient(
    labels: Callable[[int], tuple[float, Sequence[float]]], *, tolerance: float = TOLERANCE
) -> None:
    """In round k of AdRIL the expert earns 1, each of the k - 1 rounds before ``-1 / (k - 1)``, its own 0 (B14).

    These are the values of ``d_E - mean of earlier occupancies``, the gradient of half its squared distance.

    Parameters
    ----------
    labels : from k >= 2 to what a pair of the expert earns and what pairs of rounds 1 to k earn
    """
    name = "labels_are_the_functional_gradient"
    for k in (2, 3, 6):
        expert, rounds = labels(k)
        fix = (
            "The environment and the buffer count rounds alike: data become part of the mean when their round is over."
        )
        wanted = [1.0] + [-1 / (k - 1)] * (k - 1) + [0.0]
        require_close([expert, *rounds], wanted, name, f"in round {k}, the label", fix, tolerance=tolerance)
