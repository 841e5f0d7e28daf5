r"""Both sides of claims with a horizon, as Coq writes them: of a model ``M`` with horizon ``H`` and the policies.

A second model is ``N``. Of a sequence of policies, ``learners i`` is the i-th of ``(size learners)``.
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


def along(pi: str, what: str) -> str:
    """The sum over steps of an expectation under an occupancy."""
    return rf"\sum_(h < H) \sum_s \sum_a occupancy M {pi} h s a * {what}"


def lost(states: str, loss: str, pi: str) -> str:
    """H times the expected loss of a policy's actions."""
    return f"H%:R * expected_loss H (fun h s a => {loss}) {pi} (state_law M {states})"


def on_average(what: str) -> str:
    """The mean over the learners."""
    return rf"learners_number%:R^-1 * (\sum_(i < learners_number) {what})"


def largest_reward(sign: str) -> str:
    """The largest reward, or the largest of minus the rewards."""
    reward = f"{sign}reward M h s a"
    first = f"{sign}reward M 0%N s0 a0"
    return rf"(\big[Num.max/{first}]_(h < H) maximum s0 (fun s => maximum a0 (fun a => {reward})))"


def change(values: str, more: str = "") -> str:
    """What one step in the first model is worth more than in the second, if values follow."""
    next_values = [f"mean (transition {model} h s a) (v {values} H pi h.+1)" for model in "MN"]
    return f"(reward M h s a + {next_values[0]} - (reward N h s a + {next_values[1]}))"


def errors(weight: str) -> str:
    """Errors of rewards and, weighted, of transitions in one step."""
    return f"(`|reward M h s a - reward N h s a| + {weight} * tv (transition M h s a) (transition N h s a))"


MODELS = "value M H pi - value N H pi"
REWARD_ERROR = r"(\big[Num.max/0]_(h < H) largest (fun s => largest (fun a => `|reward M h s a - reward N h s a|)))"
TRANSITION_ERROR = (
    r"(\big[Num.max/0]_(h < H) largest (fun s => largest (fun a => tv (transition M h s a) (transition N h s a))))"
)
PAIR = "value M H pi - value M H other"
APART = "tv (joint (occupancy M pi h)) (joint (occupancy M other h))"
STATES_APART = "tv (state_law M pi h) (state_law M other h)"
PARTING = "mean (state_law M pi h) (fun s => tv (pi h s) (other h s))"
FALL = "(f h s - mean (transition M h s a) (f h.+1))"
MIXED = "(weight * occupancy M expert h s a + (1 - weight) * occupancy M pi h s a)"
FALL_OF_BOTH = rf"H%:R^-1 * (\sum_(h < H) \sum_s \sum_a {MIXED} * {FALL})"
OUTSIDE = r"(\sum_s' `|\sum_a laws h s' * pi h s' a - inflow M (fun k s a => laws k s * pi k s a) h s'|)"
FALSE_LAWS = r"\sum_(h < H) \sum_s `|laws h s - state_law M pi h s|"

BOUNDS: dict[str, tuple[str, dict[str, str | tuple[str, str]]]] = {
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
    "swamy-2021-recoverability.sharper": (
        H_REC,
        {
            "": f"H%:R * ({largest_reward('')} + {largest_reward('- ')})",
            "the-size-of-the-rewards": f"H%:R * Num.max {largest_reward('')} {largest_reward('- ')}",
            "one-step-less": f"(H%:R - 1) * ({largest_reward('')} + {largest_reward('- ')})",
        },
    ),
    "pdl": (
        PAIR,
        {
            "": along("pi", "advantage M H other h s a"),
            "along-the-other-policy": r"\sum_(h < H) \sum_s \sum_a "
            "state_law M other h s * pi h s a * advantage M H other h s a",
            "advantage-of-the-first-policy": r"- (\sum_(h < H) \sum_s \sum_a "
            "state_law M pi h s * other h s a * advantage M H pi h s a)",
        },
    ),
    "bellman-flow-telescoping.finite": (
        "mean (start M) (f 0%N)",
        {
            "": along("pi", FALL),
            "the-same-function-at-the-next-step": along(
                "pi", "(f h s - (h.+1 < H)%N%:R * mean (transition M h s a) (f h))"
            ),
            "mean-over-steps": f"H%:R^-1 * ({along('pi', FALL)})",
        },
    ),
    "simulation-lemma": (
        MODELS,
        {
            "": along("pi", change("N")),
            "visited-in-the-other-model": along("pi", change("N")).replace("occupancy M", "occupancy N"),
            "valued-in-the-same-model": along("pi", change("M")),
        },
    ),
    "simulation-lemma.bound": (
        f"`|{MODELS}|",
        {
            "": f"H%:R * ({REWARD_ERROR} + (H%:R - 1) * {TRANSITION_ERROR} / 2%:R)",
            "half-of-the-transition-term": f"H%:R * ({REWARD_ERROR} + (H%:R - 1) * {TRANSITION_ERROR} / 4%:R)",
            "off-by-one-step": f"H%:R * ({REWARD_ERROR} + (H%:R - 2%:R) * {TRANSITION_ERROR} / 2%:R)",
        },
    ),
    "simulation-lemma.weighted": (
        f"`|{MODELS}|",
        {
            "": along("pi", errors(FEWER)),
            "every-error-costs-one-step": along("pi", errors("1")),
            "off-by-one-step": along("pi", errors("(H - h.+2)%:R")),
        },
    ),
    "simulation-lemma.sharper": (
        f"`|{MODELS}|",
        {
            "": rf"H%:R - (1 - {REWARD_ERROR}) * (\sum_(h < H) (1 - {TRANSITION_ERROR}) ^+ h)",
            "one-step-fewer-to-part-in": rf"H%:R - (1 - {REWARD_ERROR}) * (1 + \sum_(h < H.-1) "
            f"(1 - {TRANSITION_ERROR}) ^+ h)",
            "half-of-the-transition-error": rf"H%:R - (1 - {REWARD_ERROR}) * (\sum_(h < H) "
            f"(1 - {TRANSITION_ERROR} / 2%:R) ^+ h)",
        },
    ),
    "occ-polytope-finite": (
        r"\sum_(h < H) \sum_s `|\sum_a occupancy M pi h s a - inflow M (occupancy M pi) h s|",
        {"": "0", "every-step-has-the-first-law": (r"\sum_(h < H) \sum_s `|state_law M pi h s - start M s|", "0")},
    ),
    "occ-polytope-finite.converse": (
        FALSE_LAWS,
        {
            "": rf"\sum_(h < H) {LEFT} * {OUTSIDE}",
            "each-violation-counts-once": rf"\sum_(h < H) {OUTSIDE}",
            "off-by-one-step": rf"\sum_(h < H) {FEWER} * {OUTSIDE}",
        },
    ),
    "occ-policy-bijection.finite": (
        "error_rate M H pi other",
        {
            "": rf"2%:R * (H%:R^-1 * (\sum_(h < H) {APART}))",
            "constant-1-2": rf"H%:R^-1 * (\sum_(h < H) {APART}) / 2%:R",
            "unreachable-states-too": (
                r"\big[Num.max/0]_(h < H) largest (fun s => tv (pi h s) (other h s))",
                rf"2%:R * (\sum_(h < H) {APART})",
            ),
        },
    ),
    "occ-policy-bijection.finite-sharper": (
        rf"\sum_(h < H) {PARTING}",
        {
            "": rf"\sum_(h < H) (1 + (0 < h)%N%:R) * {APART}",
            "every-step-counts-once": rf"\sum_(h < H) {APART}",
        },
    ),
    "occ-dpi.states-tv": (
        rf"\sum_(h < H) {STATES_APART}",
        {
            "": rf"\sum_(h < H) {APART}",
            "the-other-way": (rf"\sum_(h < H) {APART}", rf"\sum_(h < H) {STATES_APART}"),
            "half-of-it": rf"(\sum_(h < H) {APART}) / 2%:R",
        },
    ),
    "traj-chain-rules.states": (
        "tv (state_law M pi H.-1) (state_law M other H.-1)",
        {
            "": rf"\sum_(h < H.-1) {PARTING}",
            "off-by-one-step": rf"\sum_(h < H.-2) {PARTING}",
            "the-l1-norm": (
                "2%:R * tv (state_law M pi H.-1) (state_law M other H.-1)",
                rf"\sum_(h < H.-1) {PARTING}",
            ),
        },
    ),
    "traj-chain-rules.pairs": (
        "tv (joint (occupancy M pi H.-1)) (joint (occupancy M other H.-1))",
        {
            "": rf"\sum_(h < H) {PARTING}",
            "errors-of-earlier-steps-only": rf"\sum_(h < H.-1) {PARTING}",
            "mean-over-steps": "error_rate M H pi other",
        },
    ),
    "dagger-2011-thm-2-2.identity": (
        GAP,
        {
            "": lost("learner", "- advantage M H expert h s a", "learner"),
            "where-the-expert-goes": lost("expert", "- advantage M H expert h s a", "learner"),
            "the-learner-takes-over": lost("learner", "advantage M H learner h s a", "expert"),
        },
    ),
    "aggrevate-2014-thm-2-1.equality": (
        on_average("(value M H expert - value M H (learners i))"),
        {
            "": on_average(f"({lost('(learners i)', '- advantage M H expert h s a', '(learners i)')})"),
            "on-the-expert-s-states": on_average(f"({lost('expert', '- advantage M H expert h s a', '(learners i)')})"),
        },
    ),
    "swamy-2021-offq.identity": (
        GAP,
        {
            "": "- (H%:R * payoff H (off_policy_mismatch M expert learner) (q M H learner))",
            "the-expert-s-values": "- (H%:R * payoff H (off_policy_mismatch M expert learner) (q M H expert))",
            "a-mean-over-steps": "- payoff H (off_policy_mismatch M expert learner) (q M H learner)",
        },
    ),
    "iq-telescoping.finite": (
        "H%:R^-1 * mean (start M) (f 0%N)",
        {
            "": FALL_OF_BOTH,
            "every-state-of-the-expert-is-a-first-state": (
                r"H%:R^-1 * (\sum_(h < H) mean (state_law M pi h) (f h))",
                FALL_OF_BOTH,
            ),
            "a-sum-over-steps-on-one-side": ("mean (start M) (f 0%N)", FALL_OF_BOTH),
        },
    ),
}
"""Left side, and right sides of the claim and of its false variants; a pair where the left side changes, too."""
