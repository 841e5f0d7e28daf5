r"""Both sides of claims with a discount, as Coq writes them: of a model ``M`` and the policies of the claim.

Values are what solves Bellman's equation and laws of states what solves the flow equations, so that they have names of
their own: ``v_pi`` and ``d_pi`` in ``M``; ``w_pi`` and ``e_pi`` in a second model ``N``.
"""

from __future__ import annotations

GAMMA, HORIZON = "discount M", "(1 - discount M)^-1"
PAIR = "value M v_pi - value M v_other"
CLONED = "value M v_expert - value M v_learner"
MODELS = "value M v_pi - value N w_pi"
APART = "tv (joint (occupancy pi d_pi)) (joint (occupancy other d_other))"
STATES_APART = "tv d_pi d_other"
PARTING = "mean d_pi (fun s => tv (pi s) (other s))"
ERROR = "mean d_expert (fun s => tv (expert s) (learner s))"
OWN_ERROR = "mean d_learner (fun s => tv (expert s) (learner s))"
SIZE = "largest (fun s => largest (fun a => `|reward M s a|))"
FALL = f"(f s - {GAMMA} * mean (transition M s a) f)"
MIXED = "(weight * occupancy expert d_expert s a + (1 - weight) * occupancy pi d_pi s a)"
REWARD_ERROR = "largest (fun s => largest (fun a => `|reward M s a - reward N s a|))"
TRANSITION_ERROR = "largest (fun s => largest (fun a => tv (transition M s a) (transition N s a)))"
LOSS, SCALED_LOSS = f"(1 - {GAMMA}) ^+ 2 * `|{CLONED}|", f"(1 - {GAMMA}) * `|{CLONED}|"
OUTSIDE = r"(\sum_s' `|\sum_a law s' * pi s' a - inflow M (fun s a => law s * pi s a) s'|)"
FALSE_LAW = r"\sum_s `|law s - d_pi s|"
RAISE = "maximum s0 (fun s => maximum a0 (fun a => q M f s a - f s))"


def along(pi: str, what: str) -> str:
    """An expectation under an occupancy."""
    return rf"(\sum_s \sum_a occupancy {pi} d_{pi} s a * {what})"


def lagrangian(cost: str) -> str:
    """What a policy pays more than the expert."""
    return rf"\sum_s \sum_a (occupancy pi d_pi s a - occupancy expert d_expert s a) * {cost}"


def flow(start: str, inflow: str) -> str:
    """How far the flow equations are from holding, for other weights of the start and of the inflow."""
    moved = r"(\sum_s \sum_a occupancy pi d_pi s a * transition M s a s')"
    return rf"\sum_s' `|\sum_a occupancy pi d_pi s' a - ({start} * start M s' + {inflow} * {moved})|"


def change(law: str) -> str:
    """What one step in the first model is worth more than in the second, where the policy goes."""
    step = f"(reward M s a - reward N s a + {GAMMA} * (mean (transition M s a) w_pi - mean (transition N s a) w_pi))"
    return rf"(\sum_s \sum_a occupancy pi {law} s a * {step})"


def errors(weight: str) -> str:
    """Expected errors of rewards and, weighted, of transitions, over 1 - gamma."""
    step = f"(`|reward M s a - reward N s a| + {weight} * tv (transition M s a) (transition N s a))"
    return f"{HORIZON} * {along('pi', step)}"


def uniform(weight: str) -> str:
    """The largest errors of rewards and, weighted, of transitions, over 1 - gamma."""
    return f"({REWARD_ERROR} + {weight} * {TRANSITION_ERROR}) / (1 - {GAMMA})"


def coupled(error: str) -> str:
    """The loss if models are coupled until they part."""
    return f"{HORIZON} - (1 - {REWARD_ERROR}) / (1 - {GAMMA} * (1 - {error}))"


MASS = r"(\sum_s \sum_a measure s a)"
LEAST = f"Num.min ({ERROR}) ({OWN_ERROR})"

BOUNDS: dict[str, tuple[str, dict[str, str | tuple[str, str]]]] = {
    "occ-polytope-discounted": (
        flow(f"(1 - {GAMMA})", GAMMA),
        {
            "": "0",
            "unnormalised-start": (flow("1", GAMMA), "0"),
            "undiscounted-inflow": (flow(f"(1 - {GAMMA})", "1"), "0"),
        },
    ),
    "occ-polytope-discounted.converse": (
        FALSE_LAW,
        {
            "": f"{OUTSIDE} / (1 - {GAMMA})",
            "without-the-horizon": OUTSIDE,
            "half-of-it": f"{OUTSIDE} / (1 - {GAMMA}) / 2%:R",
        },
    ),
    "occ-polytope-discounted.mass": (
        r"\sum_s' (\sum_a measure s' a - inflow M measure s')",
        {
            "": f"(1 - {GAMMA}) * ({MASS} - 1)",
            "mass-of-the-unnormalised-measure": f"(1 - {GAMMA}) * ({MASS} - {HORIZON})",
            "without-the-discount": f"{MASS} - 1",
        },
    ),
    "occ-policy-bijection": (
        PARTING,
        {
            "": f"2%:R * {APART}",
            "constant-1": APART,
            "unreachable-states-too": (
                f"(1 - {GAMMA}) * largest (fun s => tv (pi s) (other s))",
                f"2%:R * {APART}",
            ),
        },
    ),
    "occ-policy-bijection.sharper": (
        PARTING,
        {"": f"(1 + {GAMMA}) * {APART}", "constant-1": APART, "constant-2-gamma": f"2%:R * {GAMMA} * {APART}"},
    ),
    "bellman-flow-telescoping": (
        f"(1 - {GAMMA}) * mean (start M) f",
        {
            "": along("pi", FALL),
            "unnormalised-start": ("mean (start M) f", along("pi", FALL)),
            "undiscounted-next-state": along("pi", "(f s - mean (transition M s a) f)"),
        },
    ),
    "pdl.discounted": (
        PAIR,
        {
            "": f"{HORIZON} * {along('pi', '(q M v_other s a - v_other s)')}",
            "without-the-horizon": along("pi", "(q M v_other s a - v_other s)"),
            "wrong-sign": f"{HORIZON} * {along('other', '(q M v_pi s a - v_pi s)')}",
        },
    ),
    "simulation-lemma.discounted": (
        MODELS,
        {
            "": f"{HORIZON} * {change('d_pi')}",
            "without-the-horizon": change("d_pi"),
            "visited-in-the-other-model": f"{HORIZON} * {change('e_pi')}",
        },
    ),
    "simulation-lemma.bound-discounted": (
        f"`|{MODELS}|",
        {
            "": uniform(f"{GAMMA} / (1 - {GAMMA})"),
            "linear-in-the-horizon": uniform(GAMMA),
            "one-more-discount": uniform(f"{GAMMA} ^+ 2 / (1 - {GAMMA})"),
        },
    ),
    "simulation-lemma.weighted-discounted": (
        f"`|{MODELS}|",
        {
            "": errors(f"({GAMMA} / (1 - {GAMMA}))"),
            "linear-in-the-horizon": errors(f"({GAMMA})"),
            "half-of-the-transition-term": errors(f"({GAMMA} / (1 - {GAMMA}) / 2%:R)"),
        },
    ),
    "simulation-lemma.sharper-discounted": (
        f"`|{MODELS}|",
        {
            "": coupled(TRANSITION_ERROR),
            "half-of-the-transition-error": coupled(f"{TRANSITION_ERROR} / 2%:R"),
            "one-more-discount": f"{GAMMA} * ({coupled(TRANSITION_ERROR)})",
        },
    ),
    "occ-l1-from-policy": (
        STATES_APART,
        {
            "": f"{GAMMA} * ({HORIZON} * {PARTING})",
            "one-more-discount": f"{GAMMA} ^+ 2 * ({HORIZON} * {PARTING})",
            "without-the-horizon": f"{GAMMA} * {PARTING}",
        },
    ),
    "occ-l1-from-policy.pairs": (
        APART,
        {
            "": f"{HORIZON} * {PARTING}",
            "the-factor-of-the-states": f"{GAMMA} * ({HORIZON} * {PARTING})",
            "without-the-horizon": PARTING,
        },
    ),
    "j-gap-from-occ": (
        f"`|{PAIR}|",
        {
            "": f"{HORIZON} * {APART}",
            "half-of-it": f"{HORIZON} * {APART} / 2%:R",
            "without-the-horizon": APART,
            "states-only": f"{HORIZON} * {STATES_APART}",
        },
    ),
    "j-gap-from-occ.signed": (
        f"`|{PAIR}|",
        {
            "": f"2%:R * {SIZE} * ({HORIZON} * {APART})",
            "total-variation": f"{SIZE} * ({HORIZON} * {APART})",
            "the-largest-reward-not-its-size": "2%:R * maximum s0 (fun s => maximum a0 (fun a => reward M s a)) "
            f"* ({HORIZON} * {APART})",
        },
    ),
    "occ-dpi.states-tv-discounted": (
        STATES_APART,
        {"": APART, "the-other-way": (APART, STATES_APART), "half-of-it": f"{APART} / 2%:R"},
    ),
    "lp-duality.weak": (
        "value M v_pi",
        {
            "": f"mean (start M) f + {RAISE} / (1 - {GAMMA})",
            "not-raised": "mean (start M) f",
            "raised-once": f"mean (start M) f + {RAISE}",
        },
    ),
    "lp-duality.gap": (
        "mean (start M) f - value M v_pi",
        {
            "": f"{HORIZON} * {along('pi', '(f s - q M f s a)')}",
            "without-the-horizon": along("pi", "(f s - q M f s a)"),
            "undiscounted-slack": f"{HORIZON} * {along('pi', '(f s - reward M s a - mean (transition M s a) f)')}",
        },
    ),
    "iq-telescoping": (
        f"(1 - {GAMMA}) * mean (start M) f",
        {
            "": rf"\sum_s \sum_a {MIXED} * {FALL}",
            "every-state-of-the-expert-is-a-first-state": (
                f"(1 - {GAMMA}) * mean d_pi f",
                rf"\sum_s \sum_a {MIXED} * {FALL}",
            ),
            "the-learner-s-actions-on-the-expert-s-states": rf"\sum_s \sum_a d_expert s * pi s a * {FALL}",
        },
    ),
    "ho-ermon-2016-saddle": (
        lagrangian(f"(c s a + {FALL})"),
        {
            "": lagrangian("c s a"),
            "undiscounted-shaping": (lagrangian("(c s a + (f s - mean (transition M s a) f))"), lagrangian("c s a")),
            "any-function-of-the-state": (lagrangian("(c s a + f s)"), lagrangian("c s a")),
        },
    ),
    "xu-2020-bc.tv": (
        LOSS,
        {
            "": f"{SIZE} * {ERROR}",
            "one-horizon": (SCALED_LOSS, f"{SIZE} * {ERROR}"),
            "rewards-of-either-sign": f"{SIZE} * {ERROR}",
        },
    ),
    "xu-2020-bc.tv-either-policy": (
        LOSS,
        {
            "": f"{SIZE} * {LEAST}",
            "one-horizon": (SCALED_LOSS, f"{SIZE} * {LEAST}"),
            "rewards-of-either-sign": f"{SIZE} * {LEAST}",
        },
    ),
}
"""Left side, and right sides of the claim and of its false variants; a pair where the left side changes, too."""
