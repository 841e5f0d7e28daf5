"""What is known of mutants that a search leaves: why they are true, or a counterexample too large to be searched for.

A true mutant follows from its claim, or a sharper claim of the catalogue proves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from iltheory.claims.dagger_2011_no_regret import staying
from iltheory.claims.occupancy import with_steps
from iltheory.claims.rajaraman_2020 import contexts
from sims import families


@dataclass(frozen=True)
class Reason:
    """Why a mutant is true.

    Attributes
    ----------
    claim : id of the claim of the catalogue that implies it
    words : how
    """

    claim: str
    words: str

    def sharpens(self, mutant: str) -> bool:
        """Whether it takes more than the mutant's own claim, so that this claim can be sharpened."""
        return self.claim != mutant.partition("~")[0]


EXCHANGED = "exchange the two policies: all else is symmetric in them"
EQUAL = "both policies equal in the inequality before the divergence, which is at least 0"
INFINITE = "the proof holds for infinite divergences, too"
DECIDED = "the proof does not use the assumption, which keeps logarithms of small numbers decided"
ALONG_EITHER = "errors may be counted along either policy"

_FOLLOW: Mapping[str, tuple[str, ...]] = {
    EXCHANGED: (
        "occ-policy-bijection~occupancy",
        "occ-policy-bijection.sharper~occupancy",
        "occ-policy-bijection.finite~occupancy",
        "occ-policy-bijection.finite-sharper~occupancy-1",
        "traj-chain-rules.states~occupancy-3",
        "traj-chain-rules.pairs~occupancy-3",
        "occ-l1-from-policy~occupancy",
        "occ-l1-from-policy.pairs~occupancy",
        "xu-2020-bc.unit~divergence",
        "xu-2020-bc.three-halves~divergence",
        "xu-2020-gail-js.kl~divergence",
        "xu-2020-gail-js.chi2~divergence",
        "swamy-2021-offq~occupancy",
        "swamy-2021-offq.sharper~occupancy",
        "swamy-2021-offq.unit-rewards~occupancy",
    ),
    EQUAL: (
        "ho-ermon-2016-ga-js.optimal~occupancy-3",
        "ho-ermon-2016-ga-js.optimal~occupancy-4",
        "iq-phi-table~occupancy-1",
        "iq-phi-table~occupancy-2",
        "iq-state-only~occupancy-1",
        "iq-state-only~occupancy-2",
        "lsiq-mixture-chi2.best~occupancy-1",
        "lsiq-mixture-chi2.best~occupancy-2",
        "airl-2018-discriminator~occupancy-1",
    ),
    "the claim for two equal policies": (
        "iq-lemma-3-2.concave-in-rewards~occupancy-1",
        "iq-lemma-3-2.concave-in-rewards~occupancy-2",
        "iq-continuous.concave~occupancy",
    ),
    "the claim for two equal policies: rewards are as bounded": (
        "lsiq-mixture-chi2.values~occupancy-2",
        "lsiq-mixture-chi2.values~occupancy-4",
    ),
    INFINITE: (
        "occ-dpi~assumption",
        "occ-dpi.chi2~assumption",
        "occ-dpi.discounted~assumption",
        "occ-dpi.conditional~assumption",
        "occ-dpi.averaged~assumption",
        "occ-dpi.states-kl~assumption",
        "occ-dpi.states-kl-discounted~assumption",
        "occ-dpi.states-kl-contracted~assumption",
        "occ-dpi.states-kl-earlier~assumption",
        "occ-dpi.states-chi2~assumption",
        "occ-dpi.states-chi2-discounted~assumption",
        "xu-2020-gail-js.kl~assumption-1",
        "xu-2020-gail-js.chi2~assumption",
        "iq-phi-table~assumption",
        "mce-robust.minimax~assumption",
    ),
    "both sides are infinite where the assumption fails": (
        "traj-chain-rules~assumption",
        "occ-dpi.chain~assumption",
        "occ-dpi.chain-finite~assumption",
        "ho-ermon-2016-saddle.unique~assumption",
    ),
    DECIDED: (
        "xu-2020-bc~assumption",
        "xu-2020-bc.sharper~assumption",
        "xu-2020-bc.unit~assumption",
        "xu-2020-bc.either-direction~assumption",
        "xu-2020-bc.three-halves~assumption",
        "xu-2020-gail-js~assumption",
        "xu-2020-gail-js.unit~assumption",
        "xu-2020-gail-js.kl~assumption-2",
    ),
    "the proof does not use the assumption, which leaves out trajectories that tell nothing": (
        "infogail-2017-bound~assumption",
        "infogail-2017-bound.data-processing~assumption",
    ),
    "the left side is 0 where the assumption fails": (
        "airl-2018-thm-5-1.stable~assumption-2",
        "airl-2018-thm-5-1.stable~assumption-4",
    ),
    "without a future all rewards of states are ambiguous, and a period is at most S": (
        "kim-2021-deterministic.discounted~assumption-2",
    ),
    "both sides are equal where the assumption fails": (
        "airl-2018-thm-5-2.transfer~assumption-1",
        "airl-2018-thm-5-2.transfer~assumption-2",
        "gan-gcl~assumption",
        "cao-2021-two-environments.stable~assumption",
    ),
    "the formula replaces a discount of 1 by 0, where the claim holds": (
        "lsiq-absorbing~assumption",
        "lsiq-absorbing.masked~assumption",
        "lsiq-absorbing.survival~assumption",
    ),
}

_PROVED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ross-bagnell-2010-thm-2-1.either-policy", ALONG_EITHER): (
        "ross-bagnell-2010-thm-2-1~occupancy",
        "ross-bagnell-2010-thm-2-1.horizon-weighted~occupancy",
        "ross-bagnell-2010-thm-2-1.uniform-error~occupancy",
        "rajaraman-2020-reduction~occupancy",
        "rajaraman-2020-reduction.average~occupancy",
    ),
    ("xu-2020-bc.tv-either-policy", ALONG_EITHER): ("xu-2020-bc.tv~occupancy",),
    ("xu-2020-bc.either-direction", "divergences may be taken in either direction and along either policy"): (
        "xu-2020-bc~divergence",
        "xu-2020-bc.sharper~divergence",
    ),
    ("xu-2020-bc.three-halves", "the horizon to the power 3/2 suffices"): (
        "xu-2020-bc~half-power-3",
        "xu-2020-bc.sharper~half-power-3",
    ),
    ("xu-2020-bc.three-halves", "for the rewards less R / 2, whose size is R / 2"): ("xu-2020-bc.unit~half-power-3",),
    ("traj-chain-rules.states", "leaving the expert's states takes errors that the learner's occupancy has counted"): (
        "swamy-2021-advil.unique~occupancy",
    ),
    ("lsiq-mixture-chi2.bounded", "it is this claim"): ("lsiq-mixture-chi2.hellinger~distance",),
    ("xu-2020-bc.sharper", "a quarter of the constant suffices"): ("xu-2020-bc~constant",),
    ("occ-l1-from-policy.pairs", "for any laws of actions 1 minus their inner product is at least their distance"): (
        "occ-vertices.exposed~assumption",
    ),
    ("dagger-2011-lemma-4-1.linear", "H - 1 in place of 2 H"): (
        "dagger-2011-lemma-4-1~constant",
        "dagger-2011-lemma-4-1~horizon",
    ),
    (
        "dagger-2011-lemma-4-1.linear",
        "squared Hellinger distances are at most the l1 norm, and H - 1 in place of 2 H",
    ): ("dagger-2011-lemma-4-1~distance",),
    ("dagger-2011-thm-4-1.coupling", "1 - (1 - beta)^(h-1) <= min(1, (H - 1) beta)"): (
        "dagger-2011-thm-4-1~horizon",
        "dagger-2011-thm-4-1.refined~horizon",
    ),
    ("aggrevate-2014-thm-2-1.sharper", "2 (H - 1) / H >= 1 from H = 2 on; at H = 1 nothing has moved"): (
        "aggrevate-2014-thm-2-1~horizon-2",
    ),
    (
        "aggrevate-2014-thm-2-1.sharper",
        "nothing has moved at the first step; the schedule as in DAgger's theorem 3.1",
    ): ("aggrevate-2014-thm-2-1.geometric~horizon-2",),
    ("lsiq-mixture-chi2.hellinger", "it is this claim"): ("lsiq-mixture-chi2.bounded~distance",),
}

REASONS: Mapping[str, Reason] = {
    mutant: Reason(claim, words) for (claim, words), mutants in _PROVED.items() for mutant in mutants
} | {mutant: Reason(mutant.partition("~")[0], words) for words, mutants in _FOLLOW.items() for mutant in mutants}
"""Why mutants are true, by their ids."""


def _twenty_rounds() -> tuple[Any, ...]:
    """One step, a learner that errs twenty times, and an expert that helps in the first round only."""
    mdp, expert, learner = families.loop(horizon=1, error=1)
    return mdp, expert, (learner,) * 20, 1


def _seen_twenty_times() -> tuple[Any, ...]:
    """The same for losses: one step, where the help of the expert changes nothing that is seen."""
    mdp, expert, loss, learners, _ = staying(1, *[Fraction(0)] * 20)
    return mdp, expert, loss, learners, 1


def _one_error() -> tuple[Any, ...]:
    """Twelve steps, and an error at the first one only."""
    return with_steps(families.first_step_error(horizon=12, error=Fraction(1, 24)))


LARGE: Mapping[str, Callable[[], Any]] = {
    "occ-dpi.states-chi2~constant": _one_error,
    "dagger-2011-thm-4-1~half-power": lambda: staying(24, Fraction(1, 64)),
    "dagger-2011-thm-3-1-to-3-4.geometric~constant": _seen_twenty_times,
    "aggrevate-2014-thm-2-1.geometric~constant": _twenty_rounds,
    "rajaraman-2020-bc-det~constant": lambda: contexts(6),
}
"""Counterexamples of mutants that are true of all smaller instances: beyond the sizes that are searched."""
