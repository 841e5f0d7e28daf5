"""AdRIL: reward moments in a kernel space, whose best discriminator is in closed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from iltheory.learners.demonstrations import Expert, shown_occupancy
from iltheory.learners.labels import read_rng
from iltheory.learners.online import count
from iltheory.learners.options import require_model, require_rule
from iltheory.learners.policy_class import probability
from iltheory.measures import over_time, payoff, per_step, sum_over_pairs, together
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.errors import InvalidArgument

if TYPE_CHECKING:
    from sims.datasets import Trajectories

StepSize = Callable[[int], Fraction]
"""From the number of policies so far to the weight of the next one in the mixture."""


def fictitious_play(k: int) -> Fraction:
    """Weight 1 / (k + 1): the plain average of all policies, as AdRIL has it."""
    return Fraction(1, k + 1)


def frank_wolfe(k: int) -> Fraction:
    """Weight 2 / (k + 2): later policies count more (Frank and Wolfe 1956, Jaggi 2013)."""
    return Fraction(2, k + 2)


@dataclass(frozen=True, eq=False)
class AdRIL:
    """What AdRIL found with N policies.

    Distances are between laws of (h, s, a) with h uniform, or of (s, a) at a geometric time (or mean over steps, if
    the moments are stationary).

    Attributes
    ----------
    policy : numbers ``[..., H, S, A]`` or ``[..., S, A]``, the policy with the occupancy of the mixture
    policies : numbers ``[N, ..., T, S, A]`` with T in {1, H}, or ``[N, ..., S, A]``: the start, then best responses
    occupancy : numbers ``[..., H, S, A]`` or ``[..., S, A]``, of the mixture
    rewards : numbers ``[N - 1, ..., T, S, A]`` or ``[N - 1, ..., S, A]``, what each best response maximised
    losses : numbers ``[N, ...]``, half the squared distance between mixture and target: from above, the value of
        ``min_pi max_f`` over f in the unit ball of the kernel space, squared and halved
    gaps : numbers ``[N, ...]``, how much less the loss of any policy may be, by the best response: a loss minus its gap
        bounds the least loss from below
    """

    policy: Numbers
    policies: Numbers
    occupancy: Numbers
    rewards: Numbers
    losses: Numbers
    gaps: Numbers


def adril(
    mdp: TabularMDP,
    expert: Expert,
    *,
    iterations: int,
    start: Any = None,
    step_size: StepSize = fictitious_play,
    stationary: bool = False,
    trajectories: int | None = None,
    length: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> AdRIL:
    """Best responses to the functional gradient of the distance of moments (Swamy et al. 2021, AdRIL).

    With the indicator kernel the discriminator after k policies is ``mean_i d_i - d_E``, and each new policy
    maximises the reward ``r_k = d_E - mean_i d_i``: a Frank-Wolfe step on ``|d_E - d|^2 / 2``. If the target is the
    occupancy of a policy, that is at most ``1 / N`` with :func:`fictitious_play` and ``4 / (N + 2)`` with
    :func:`frank_wolfe`; see the claims ``swamy-2021-adril``. [text of the code for the reward, derived for the rates]

    Parameters
    ----------
    expert : policy, or ``Trajectories``
    iterations : N, the number of policies, at least 1
    start : the first policy; None for the uniform one
    step_size : weight of policy k + 1 in the mixture
    stationary : whether rewards must be the same at every step: the kernel then compares (s, a), not (h, s, a)
    trajectories : number of them a policy is known by to the discriminator; None for its exact occupancy
    length : steps of such a trajectory, with a discount only; what comes after them, ``gamma**length`` of the
        occupancy, goes unseen
    rng : seed or generator for sampling

    Raises
    ------
    InvalidArgument
        If an option is out of its range, or one that sampling needs is missing.
    """
    sample = _sampler(mdp, trajectories, length, rng)
    require_rule("step_size", step_size, "fictitious_play or frank_wolfe")
    seen = over_time if stationary else _as_it_is

    def gradient(target: Numbers, mean: Numbers) -> Numbers:
        return seen(mdp, (target - mean) / (mdp.horizon or 1))

    def observed(pi: Numbers, exact: Numbers) -> Numbers:
        return exact if sample is None else shown_occupancy(mdp, sample(pi))

    target = shown_occupancy(mdp, expert)
    uniform = ar.broadcast_to(mdp.system.convert(Fraction(1, mdp.n_actions)), (mdp.n_states, mdp.n_actions))
    pi = mdp.policy(uniform if start is None else start)
    mean = mdp.occupancy(pi)
    remembered = observed(pi, mean)
    policies, rewards, losses, gaps = [pi], [], [], []
    for k in range(1, count("iterations", iterations) + 1):
        exact = gradient(target, mean)
        losses.append(sum_over_pairs(mdp, exact * exact) / 2)
        gaps.append(_best_gain(mdp, exact, mean))
        if k == iterations:
            break
        rewards.append(exact if sample is None else gradient(target, remembered))
        pi = mdp.policy(mdp.with_rewards(rewards[-1]).optimal_policy())
        policies.append(pi)
        new, weight = mdp.occupancy(pi), probability(mdp, f"step_size({k})", step_size(k))
        mean = (1 - weight) * mean + weight * new
        remembered = (1 - weight) * remembered + weight * observed(pi, new)
    none = ar.zeros((0, *seen(mdp, mean).shape), mdp.system)
    return AdRIL(
        policy=mdp.project(mean),
        policies=together(policies),
        occupancy=mean,
        rewards=together(rewards) if rewards else none,
        losses=ar.asarray(together(losses)),
        gaps=ar.asarray(together(gaps)),
    )


def _sampler(
    mdp: TabularMDP, trajectories: int | None, length: int | None, rng: Any
) -> Callable[[Numbers], Trajectories] | None:
    """How trajectories of a policy are drawn; None if they are not."""
    require_model(mdp)
    generator = read_rng("trajectories", trajectories, rng)
    if length is not None and (trajectories is None or mdp.horizon is not None):
        raise InvalidArgument(f"length={length!r}: trajectories have it only if they are drawn, and with a discount.")
    if trajectories is None or generator is None:
        return None
    n = count("trajectories", trajectories)
    if mdp.horizon is not None:
        return lambda pi: mdp.sample(pi, n, generator)
    if length is None:
        raise InvalidArgument("length is missing: discounted trajectories never end by themselves; give their steps.")
    steps = count("length", length)
    return lambda pi: mdp.sample(pi, n, generator, length=steps)


def _as_it_is(mdp: TabularMDP, x: Numbers) -> Numbers:
    return x


def _best_gain(mdp: TabularMDP, reward: Numbers, mean: Numbers) -> Numbers:
    """``max_d <r, d - mean>`` over occupancies."""
    best = per_step(mdp, mdp.with_rewards(reward).optimal_value())
    return best - payoff(mdp, mean / (mdp.horizon or 1), reward)


def replay_labels(rounds: int) -> tuple[Fraction, ...]:
    """Rewards of the samples in AdRIL's replay: of the expert's, then of each round of the learner's.

    The expert's samples are worth 1, those of each of the k past rounds -1/k, and those of the current round, the last,
    0. Rounds are numbered once: the policy now in training is the current round for the buffer and the
    labels alike. Weighted by the share of its trajectory in its batch, each sample's label adds up to the functional
    gradient ``d_E - mean_i d_i`` (see :func:`replayed_reward`).

    Parameters
    ----------
    rounds : number of rounds, the current one included, at least 1
    """
    past = count("rounds", rounds) - 1
    return (Fraction(1), *(Fraction(-1, past) for _ in range(past)), Fraction(0))


def replayed_reward(mdp: TabularMDP, demos: Trajectories, rounds: Sequence[Trajectories]) -> Numbers:
    """The reward that the labels of a replay add up to, ``[H, S, A]`` or ``[S, A]``.

    Parameters
    ----------
    demos : the expert's
    rounds : the learner's, oldest first; the last one is the current round

    Raises
    ------
    InvalidArgument
        If there are no rounds, or they are no list.
    """
    from sims.datasets import Trajectories

    if isinstance(rounds, Trajectories):
        raise InvalidArgument("rounds is one set of trajectories: give a list of such sets, one for each round.")
    worth = [mdp.system.convert(label) for label in replay_labels(len(rounds))]
    values = [x * shown_occupancy(mdp, batch) for x, batch in zip(worth, [demos, *rounds], strict=True)]
    return ar.sum(ar.stack(values), 0) / (mdp.horizon or 1)
