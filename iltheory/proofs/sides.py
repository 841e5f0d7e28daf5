r"""Both sides of claims, as Coq writes them: of a model ``M`` with horizon ``H`` and the policies of the claim.

Each is a bound ``left <= right`` in the words of ``proofs_check/coq/Definitions``; false variants are there, too, so
that counterexamples can be certified. Tests compute both sides in Coq and compare them with the claims.
"""

from __future__ import annotations

GAP = "value M H expert - value M H learner"
DISTANCE = f"`|{GAP}|"
ERROR, OWN_ERROR = "error_rate M H expert learner", "error_rate M H learner expert"
STEP = "step_error (state_law M expert) expert learner h"
OWN_STEP = "step_error (state_law M learner) expert learner h"
L1 = r"\sum_a `|learner h s a - expert h s a|"
TRIANGLE = "(H * H.+1)%:R / 2%:R"
U = "disadvantage M H expert learner"
OFF, ON = (f"largest_payoff H ({where}_policy_mismatch M expert learner)" for where in ("off", "on"))
H_REC = "recoverability M H expert"


def over_steps(weight: str, step: str) -> str:
    """A weighted sum over the steps."""
    return rf"\sum_(h < H) {weight} * {step}"


def largest_step(step: str) -> str:
    """The largest of the steps."""
    return rf"(\big[Num.max/0]_(h < H) {step})"


def cheaper(weight: str) -> str:
    """The smaller sum of errors, where the expert goes or where the learner goes."""
    return f"Num.min ({over_steps(weight, STEP)}) ({over_steps(weight, OWN_STEP)})"


def l1_steps(weight: str) -> str:
    """Distances of the action laws where the expert goes."""
    return over_steps(weight, f"mean (state_law M expert h) (fun s => {L1})")


def statewise(where: str) -> str:
    """Distances of the action laws, each weighed by half the range of the expert's action values."""
    return rf"\sum_(h < H) mean (state_law M {where} h) (fun s => half_span M H expert h s * {L1})"


def occupancies(first: str, second: str) -> str:
    """Total variation of the occupancies, summed over the steps."""
    return rf"\sum_(h < H) tv (joint (occupancy M {first} h)) (joint (occupancy M {second} h))"


LEFT, FEWER, REVERSED = "(H - h)%:R", "(H - h.+1)%:R", "h.+1%:R"

_BOUNDS: dict[str, tuple[str, dict[str, str]]] = {
    "ross-bagnell-2010-thm-2-1": (
        GAP,
        {
            "": f"H%:R ^+ 2 * {ERROR}",
            "linear-in-h": f"H%:R * {ERROR}",
            "half-the-constant": f"H%:R ^+ 2 * {ERROR} / 2%:R",
            "the-constant-of-uniform-errors": f"{TRIANGLE} * {ERROR}",
        },
    ),
    "ross-bagnell-2010-thm-2-1.horizon-weighted": (
        GAP,
        {
            "": over_steps(LEFT, STEP),
            "one-reward-fewer": over_steps(FEWER, STEP),
            "weights-in-reverse": over_steps(REVERSED, STEP),
        },
    ),
    "ross-bagnell-2010-thm-2-1.uniform-error": (
        GAP,
        {
            "": f"{TRIANGLE} * {largest_step(STEP)}",
            "h-h-1-2": f"(H * H.-1)%:R / 2%:R * {largest_step(STEP)}",
            "errors-where-the-learner-goes": f"H%:R * {largest_step(OWN_STEP)}",
        },
    ),
    "ross-bagnell-2010-thm-2-1.either-policy": (
        GAP,
        {"": cheaper(LEFT), "one-reward-fewer": cheaper(FEWER), "an-error-costs-one-reward": cheaper("1%:R")},
    ),
    "rajaraman-2020-reduction": (
        GAP,
        {
            "": over_steps(LEFT, STEP),
            "one-reward-fewer": over_steps(FEWER, STEP),
            "weights-in-reverse": over_steps(REVERSED, STEP),
        },
    ),
    "rajaraman-2020-reduction.average": (
        GAP,
        {
            "": f"Num.min H%:R (H%:R ^+ 2 * {ERROR})",
            "linear-in-h": f"Num.min H%:R (H%:R * {ERROR})",
            "one-reward-at-most": f"Num.min 1 (H%:R ^+ 2 * {ERROR})",
        },
    ),
    "dagger-2011-thm-2-2": (
        GAP,
        {
            "": f"{U} * H%:R * {OWN_ERROR}",
            "u-where-the-expert-goes": f"disadvantage M H expert expert * H%:R * {OWN_ERROR}",
            "errors-where-the-expert-goes": f"{U} * H%:R * {ERROR}",
            "no-horizon": f"{U} * {OWN_ERROR}",
            "a-stochastic-expert": f"{U} * H%:R * {OWN_ERROR}",
        },
    ),
    "dagger-2011-thm-2-2.stochastic-expert": (
        GAP,
        {
            "": f"visited_span M H expert learner * H%:R * {OWN_ERROR}",
            "half-the-range": f"visited_span M H expert learner * H%:R * {OWN_ERROR} / 2%:R",
            "range-where-the-expert-goes": f"visited_span M H expert expert * H%:R * {OWN_ERROR}",
        },
    ),
    "ross-bagnell-2010-forward": (
        GAP,
        {
            "": f"{U} * H%:R * {OWN_ERROR}",
            "errors-where-the-expert-goes": f"{U} * H%:R * {ERROR}",
            "no-horizon": f"{U} * {OWN_ERROR}",
            "a-stochastic-expert": f"{U} * H%:R * {OWN_ERROR}",
        },
    ),
    "ross-bagnell-2010-forward.sharper": (
        GAP,
        {
            "": over_steps("step_disadvantage M H expert learner h", OWN_STEP),
            "errors-where-the-expert-goes": over_steps("step_disadvantage M H expert learner h", STEP),
            "u-where-the-expert-goes": over_steps("step_disadvantage M H expert expert h", OWN_STEP),
        },
    ),
    "j-gap-from-occ.finite": (
        "`|value M H pi - value M H other|",
        {
            "": occupancies("pi", "other"),
            "half-of-it": f"({occupancies('pi', 'other')}) / 2%:R",
            "mean-over-steps": f"H%:R^-1 * ({occupancies('pi', 'other')})",
        },
    ),
    "swamy-2021-reward": (
        GAP,
        {
            "": "H%:R * largest_stationary_payoff H (reward_mismatch M expert learner)",
            "half-the-constant": "H%:R * largest_stationary_payoff H (reward_mismatch M expert learner) / 2%:R",
            "no-horizon": "largest_stationary_payoff H (reward_mismatch M expert learner)",
            "a-reward-that-varies-in-time": "H%:R * largest_stationary_payoff H (reward_mismatch M expert learner)",
        },
    ),
    "swamy-2021-reward.time-dependent": (
        GAP,
        {
            "": "H%:R * largest_payoff H (reward_mismatch M expert learner)",
            "half-the-constant": "H%:R * largest_payoff H (reward_mismatch M expert learner) / 2%:R",
            "errors-where-the-expert-goes": f"H%:R * {OFF}",
        },
    ),
    "swamy-2021-offq": (
        DISTANCE,
        {
            "": f"H%:R ^+ 2 * {OFF}",
            "linear-in-t": f"H%:R * {OFF}",
            "half-the-constant": f"H%:R ^+ 2 * {OFF} / 2%:R",
            "t-t-1-2": f"{TRIANGLE} * {OFF}",
        },
    ),
    "swamy-2021-offq.sharper": (
        DISTANCE,
        {"": l1_steps(LEFT), "one-reward-fewer": l1_steps(FEWER), "weights-in-reverse": l1_steps(REVERSED)},
    ),
    "swamy-2021-offq.unit-rewards": (
        DISTANCE,
        {
            "": f"H%:R ^+ 2 * {OFF} / 2%:R",
            "a-quarter-of-the-constant": f"H%:R ^+ 2 * {OFF} / 4%:R",
            "linear-in-t": f"H%:R * {ERROR}",
        },
    ),
    "swamy-2021-onq": (
        DISTANCE,
        {
            "": f"{H_REC} * H%:R * {ON}",
            "errors-where-the-expert-goes": f"{H_REC} * H%:R * {OFF}",
            "half-the-constant": f"{H_REC} * H%:R * {ON} / 2%:R",
            "recoverability-of-the-learner": f"recoverability M H learner * H%:R * {ON}",
        },
    ),
    "swamy-2021-onq.deterministic": (
        DISTANCE,
        {
            "": f"{H_REC} * H%:R * {ON} / 2%:R",
            "a-stochastic-expert": f"{H_REC} * H%:R * {ON} / 2%:R",
            "a-quarter-of-the-constant": f"{H_REC} * H%:R * {ON} / 4%:R",
        },
    ),
    "swamy-2021-onq.sharper": (
        DISTANCE,
        {
            "": f"largest_half_span M H expert * H%:R * {ON}",
            "a-quarter-of-the-range": f"largest_half_span M H expert * H%:R * {ON} / 2%:R",
            "errors-where-the-expert-goes": f"largest_half_span M H expert * H%:R * {OFF}",
        },
    ),
    "swamy-2021-onq.statewise": (
        DISTANCE,
        {
            "": statewise("learner"),
            "half-of-it": f"({statewise('learner')}) / 2%:R",
            "where-the-expert-goes": statewise("expert"),
        },
    ),
    "swamy-2021-recoverability": (
        H_REC,
        {"": "2%:R * H%:R", "t": "H%:R", "one-step-less": "2%:R * H.-1%:R"},
    ),
}

SIDES: dict[str, tuple[str, str]] = {
    f"{id}/{variant}" if variant else id: (left, right)
    for id, (left, variants) in _BOUNDS.items()
    for variant, right in variants.items()
}
"""Left and right side by the id of the claim, or of its false variant."""
