"""Kim, Garg, Shiragur and Ermon, Reward identification in inverse reinforcement learning, ICML 2021.

In a deterministic model the identification of rewards is a property of its graph. The paper's criterion, coverability
and aperiodicity, is about undiscounted problems with a horizon and a reward of pairs that is the same at every step;
it is written here from memory, as a count of dimensions. With a discount the values are the same at every step, too,
and aperiodicity is not enough: the criterion is that of Fu, Luo and Levine (2018).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from iltheory.claims.claim import DERIVED_HERE, Paper, Tight, assume, claim
from iltheory.claims.fu_2018 import aperiodic_but_not_decomposable, two_cycle
from iltheory.claims.identification import (
    DETERMINISTIC,
    GRAPHS,
    DeterministicDiscountedMDP,
    DeterministicFiniteMDP,
    moving,
)
from iltheory.measures import (
    gamma,
    is_covered,
    is_strongly_connected,
    linkage_classes,
    period,
    state_reward_ambiguity,
    stationary_reward_ambiguity,
    steps,
    visited_reward_ambiguity,
)
from sims import TabularMDP
from sims.arithmetic import equal

HALF = Fraction(1, 2)
KIM = Paper(
    "Kim, Garg, Shiragur and Ermon",
    2021,
    "Reward identification in inverse reinforcement learning",
    "strong identifiability of deterministic models",
)


def late_linker(horizon: int) -> TabularMDP:
    """From states 0 and 1 to 1 or 2, from 2 to 0: state 0 is linked to the others in two steps only."""
    return moving([[1, 2], [1, 2], [0, 0]], horizon=horizon)


def cycle(n_states: int, **end: Any) -> TabularMDP:
    """States that follow each other in a circle, whatever one does."""
    return moving([[(s + 1) % n_states] * 2 for s in range(n_states)], **end)


@claim(
    id="kim-2021-deterministic",
    source=KIM,
    statement=r"P \text{ deterministic and strongly connected},\; H \ge S \;\Rightarrow\; "
    r"\dim \{ r' : S \times A \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \} = \text{period of } P",
    status=DERIVED_HERE,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight((cycle(3, horizon=3),), 3, 3, note="a circle of three states"),
    largest=GRAPHS,
)
def ambiguity_is_the_period(mdp: DeterministicFiniteMDP) -> Any:
    """Over a horizon, a reward of pairs is identified up to a constant iff the connected graph is aperiodic.

    Last step: the change f is of the state. All paths of k + 1 steps from one state have equal sums of f, and all of
    k steps, so f is constant on ``N^k(s)``, what is reached in exactly k steps, for ``k < H``. These spaces of f are
    ``W_k = {f in W_1: P f in W_{k-1}}``, so once two are equal all later ones are: at k = S - 1 at the latest. In the
    limit ``N^k(s)`` fills the cyclic classes, whose number is the period.
    """
    assume(steps(mdp) >= mdp.n_states)
    assume(is_strongly_connected(mdp))
    return equal(stationary_reward_ambiguity(mdp), mdp.system.convert(period(mdp)))


@ambiguity_is_the_period.false_variant("one step less", counterexample=lambda: (late_linker(2),))
def one_step_less(mdp: DeterministicFiniteMDP) -> Any:
    assume(steps(mdp) >= mdp.n_states - 1)
    assume(is_strongly_connected(mdp))
    return equal(stationary_reward_ambiguity(mdp), mdp.system.convert(period(mdp)))


@ambiguity_is_the_period.false_variant("strongly connected is enough", counterexample=lambda: (cycle(2, horizon=2),))
def connected_identifies(mdp: DeterministicFiniteMDP) -> Any:
    assume(steps(mdp) >= mdp.n_states)
    assume(is_strongly_connected(mdp))
    return equal(stationary_reward_ambiguity(mdp), 1)


@ambiguity_is_the_period.false_variant("not connected", counterexample=lambda: (moving([[0, 0], [1, 1]], horizon=2),))
def disconnected(mdp: DeterministicFiniteMDP) -> Any:
    assume(steps(mdp) >= mdp.n_states)
    return equal(stationary_reward_ambiguity(mdp), mdp.system.convert(period(mdp)))


@claim(
    id="kim-2021-deterministic.linkage",
    source=KIM,
    statement=r"\dim \{ r' : S \times A \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \} = "
    r"\text{number of classes of states linked in } 1, \ldots, H - 1 \text{ steps}",
    status=DERIVED_HERE,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight((late_linker(2),), 2, 2, note="0 is alone; 1 and 2 are linked"),
    largest=GRAPHS,
)
def ambiguity_counts_late_links(mdp: DeterministicFiniteMDP) -> Any:
    """Over a horizon, links count that open up to H - 1 steps ahead, connected or not.

    A change f keeps the policy iff all paths from a state to the end have equal sums of it: iff it is of the state
    and constant on what is reached in exactly k steps from one state, for ``k < H``.
    """
    classes = linkage_classes(mdp, steps=steps(mdp) - 1)
    return equal(stationary_reward_ambiguity(mdp), mdp.system.convert(classes))


@ambiguity_counts_late_links.false_variant("one step further", counterexample=lambda: (late_linker(2),))
def one_step_further(mdp: DeterministicFiniteMDP) -> Any:
    classes = linkage_classes(mdp, steps=steps(mdp))
    return equal(stationary_reward_ambiguity(mdp), mdp.system.convert(classes))


@ambiguity_counts_late_links.false_variant("linked in one step", counterexample=lambda: (late_linker(3),))
def one_step_links(mdp: DeterministicFiniteMDP) -> Any:
    return equal(stationary_reward_ambiguity(mdp), mdp.system.convert(linkage_classes(mdp)))


def _from_the_first(moves: list[list[int]], horizon: int) -> TabularMDP:
    """The first state is state 0."""
    mdp, first = moving(moves, horizon=horizon), [1] + [0] * (len(moves) - 1)
    return TabularMDP(mdp.P, mdp.r, first, horizon=horizon)


@claim(
    id="kim-2021-deterministic.visited",
    source=KIM,
    statement=r"P \text{ deterministic},\; N^{H-S}(s_1) = \mathcal{S} \text{ for a possible } s_1 \;\Rightarrow\; "
    r"\dim \{ r' : S \times A \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \text{ wherever one goes} \} = 1",
    status=DERIVED_HERE,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight((_from_the_first([[0, 1], [0, 1]], 3),), 1, 1, note="an equality"),
    largest=GRAPHS,
)
def covered_models_are_identified(mdp: DeterministicFiniteMDP) -> Any:
    """A policy known only where it goes identifies the reward, if one start covers all states early enough.

    Covered at one step, the states are all possible at every later one, so the S last steps make the change f
    constant on what is reached in exactly k steps from any state, for ``k < S`` and hence for every k (see
    ``kim-2021-deterministic``); for ``k = H - S`` that is everything. Connected graphs have such a start, for a large
    enough horizon, iff they are aperiodic.
    """
    assume(is_covered(mdp, steps(mdp) - mdp.n_states))
    return equal(visited_reward_ambiguity(mdp), 1)


@covered_models_are_identified.false_variant(
    "covered at the last step", counterexample=lambda: (_from_the_first([[1, 2], [2, 2], [0, 1]], 3),)
)
def covered_at_last(mdp: DeterministicFiniteMDP) -> Any:
    assume(is_covered(mdp, steps(mdp) - 1))
    return equal(visited_reward_ambiguity(mdp), 1)


@covered_models_are_identified.false_variant(
    "every state is visited some time", counterexample=lambda: (_from_the_first([[1, 1], [0, 0]], 4),)
)
def visited_some_time(mdp: DeterministicFiniteMDP) -> Any:
    assume(is_strongly_connected(mdp))
    assume(steps(mdp) >= mdp.n_states)
    return equal(visited_reward_ambiguity(mdp), 1)


@claim(
    id="kim-2021-deterministic.discounted",
    source=KIM,
    statement=r"P \text{ deterministic and strongly connected} \;\Rightarrow\; "
    r"\dim \{ r' : S \to \mathbb{R},\; \pi^*_{r'} = \pi^*_r \} \ge \text{period of } P",
    status=DERIVED_HERE,
    assumptions=[DETERMINISTIC],
    tight=lambda: Tight((two_cycle(),), 2, 2, note="two states that alternate"),
    largest=GRAPHS,
)
def periods_are_ambiguous(mdp: DeterministicDiscountedMDP) -> Any:
    """With a discount, too, a periodic graph leaves a reward of states ambiguous.

    Linked states are in one cyclic class, so there are at least as many classes of linked states as cyclic ones. There
    may be more: aperiodicity is necessary here, and not sufficient.
    """
    assume(gamma(mdp) > 0)
    assume(is_strongly_connected(mdp))
    return state_reward_ambiguity(mdp) >= mdp.system.convert(period(mdp))


@periods_are_ambiguous.false_variant(
    "aperiodicity is enough", counterexample=lambda: (aperiodic_but_not_decomposable(),)
)
def aperiodicity_identifies(mdp: DeterministicDiscountedMDP) -> Any:
    assume(gamma(mdp) > 0)
    assume(is_strongly_connected(mdp))
    return state_reward_ambiguity(mdp) <= mdp.system.convert(period(mdp))


@periods_are_ambiguous.false_variant("beyond the period", counterexample=lambda: (two_cycle(),))
def beyond_the_period(mdp: DeterministicDiscountedMDP) -> Any:
    assume(gamma(mdp) > 0)
    assume(is_strongly_connected(mdp))
    return state_reward_ambiguity(mdp) >= mdp.system.convert(period(mdp)) + 1
