"""Quantities of models with a horizon."""

from fractions import Fraction

import numpy as np
from coq_questions import Questions, exact, fraction, laws, numbers, off_by_little, random_model, rational

import iltheory as il
from iltheory.measures import (
    acting,
    agreeing_occupancy,
    best_moment,
    expected_loss,
    half_span,
    half_spans,
    interference,
    occupancy_tv,
    off_policy_mismatch,
    off_policy_moment_error,
    on_policy_error_rate,
    on_policy_mismatch,
    on_policy_moment_error,
    payoff,
    recoverability,
    reward_mismatch,
    reward_moment_error,
    state_occupancy_tv,
    step_disadvantages,
    step_errors,
    total_variation,
)
from sims import arithmetic as ar

THIRD, QUARTER = Fraction(1, 3), Fraction(1, 4)
STEPS = ("'I_H", "S", "A")
AT = "{0} {1} {2}"


def every_step(mdp, x):
    """The same array with all steps."""
    return np.broadcast_to(exact(x), (mdp.horizon, *x.shape[1:]))


def policies(rng):
    """Values, occupancies, mismatches and errors of two policies, in three models."""
    ask = Questions(
        "Probability", "Extremes", "FiniteHorizon", "Imitation", "Moments", "Disadvantage", "Tables", "Certificates"
    )
    for states, actions, horizon, varying in ((2, 3, 3, True), (3, 2, 2, False), (1, 2, 4, True)):
        pair(ask, rng, states, actions, horizon, varying=varying)
    return ask


def pair(ask, rng, states, actions, horizon, *, varying):
    steps = (horizon,) if varying else ()
    mdp = random_model(rng, states, actions, *steps, horizon=horizon)
    expert, learner = mdp.policy(laws(rng, *steps, states, actions)), mdp.policy(laws(rng, states, actions))
    ask.model(mdp)
    ask.policies(expert=expert, learner=learner)
    for name, values in {
        "occupancy M expert": mdp.occupancy(expert),
        "q M H expert": mdp.q(expert),
        "advantage M H learner": mdp.advantage(learner),
        f"acting expert learner {rational(THIRD)}": every_step(mdp, acting(expert, learner, ar.asarray(THIRD))),
        "H%:R^-1 * reward_mismatch M expert learner": reward_mismatch(mdp, expert, learner),
        "H%:R^-1 * off_policy_mismatch M expert learner": off_policy_mismatch(mdp, expert, learner),
        "H%:R^-1 * on_policy_mismatch M expert learner": on_policy_mismatch(mdp, expert, learner),
        "best_moment (on_policy_mismatch M expert learner)": best_moment(on_policy_mismatch(mdp, expert, learner)),
        "occupancy M (shared expert learner)": agreeing_occupancy(mdp, expert, learner),
        "transition M {0} {1} {2} ord0": every_step(mdp, mdp.transitions.dense()[..., 0]),
        "reward M": every_step(mdp, mdp.rewards()),
    }.items():
        ask.ask(f"{name} {AT}" if "{" not in name else name, values, *STEPS)
    for name, values in {
        "v M H expert": mdp.v(expert),
        "to_go M expert (H - {0})": mdp.v(expert),
        "state_law M learner": mdp.state_occupancy(learner),
        "half_span M H expert": half_spans(mdp, expert),
    }.items():
        ask.ask(f"{name} {{0}} {{1}}", values, *STEPS[:2])
    errors = step_errors(mdp, expert, learner, mdp.state_occupancy(learner))
    ask.ask("step_error (state_law M learner) expert learner {0}", errors, "'I_H")
    ask.ask("step_disadvantage M H expert learner {0}", step_disadvantages(mdp, expert, learner), "'I_H")
    ask.ask("start M {0}", mdp.mu, "S")
    q = exact(mdp.q(expert))
    spans = np.where(exact(mdp.state_occupancy(learner)) > 0, q.max(-1) - q.min(-1), 0)
    loss = numbers(rng, -6, 7, horizon, states, actions)
    ask.policies(loss=loss)
    for name, value in {
        "value M H expert": il.value(mdp, expert),
        "value M H expert - value M H learner": il.gap(mdp, expert, learner),
        "error_rate M H expert learner": il.error_rate(mdp, expert, learner),
        "error_rate M H learner expert": on_policy_error_rate(mdp, expert, learner),
        "disadvantage M H expert learner": il.disadvantage(mdp, expert, learner),
        "visited_span M H expert learner": Fraction(spans.max()),
        "recoverability M H expert": recoverability(mdp, expert),
        "largest_half_span M H expert": half_span(mdp, expert),
        "largest_payoff H (reward_mismatch M expert learner)": reward_moment_error(mdp, expert, learner),
        "largest_payoff H (off_policy_mismatch M expert learner)": off_policy_moment_error(mdp, expert, learner),
        "largest_payoff H (on_policy_mismatch M expert learner)": on_policy_moment_error(mdp, expert, learner),
        "largest_stationary_payoff H (reward_mismatch M expert learner)": reward_moment_error(
            mdp, expert, learner, stationary=True
        ),
        "states_l1 H (state_law M expert) (state_law M learner) / 2%:R": state_occupancy_tv(mdp, expert, learner),
        r"H%:R^-1 * (\sum_(h < H) tv (joint (occupancy M expert h)) (joint (occupancy M learner h)))": occupancy_tv(
            mdp, expert, learner
        ),
        "payoff H (reward_mismatch M expert learner) (reward M)": -il.gap(mdp, expert, learner) / horizon,
        "payoff H (on_policy_mismatch M expert learner) loss": payoff(
            mdp, on_policy_mismatch(mdp, expert, learner), loss
        ),
        "expected_loss H loss learner (state_law M expert)": expected_loss(
            mdp, loss, learner, mdp.state_occupancy(expert)
        ),
        f"interference H {rational(THIRD)}": interference(mdp, ar.asarray(THIRD)),
        "value (with_reward M loss) H expert": il.value(mdp.with_rewards(loss), expert),
        "value (with_rewards M loss) H learner": il.value(mdp.with_rewards(loss), learner),
        "average (fun i : 'I_3 => value M H (acting expert learner (i%:R / 2%:R)))": Fraction(
            sum(exact(il.value(mdp, acting(expert, learner, ar.asarray(Fraction(i, 2)))))[()] for i in range(3)) / 3
        ),
    }.items():
        ask.ask(name, value)
    flow = [mdp.mu, *(mdp.transitions.push(loss[h], h) for h in range(horizon - 1))]
    ask.ask("inflow M loss {0} {1}", [exact(x).tolist() for x in flow], *STEPS[:2])
    ask.decide("is_mdp M")
    ask.decide("is_policy expert")
    ask.decide("is_policy loss", False)
    ask.decide("unit_rewards M", bool((exact(mdp.rewards()) <= 1).all()))
    ask.decide("signed_rewards M", bool((abs(exact(mdp.rewards())) <= 1).all()))
    ask.decide("FiniteHorizon.is_flow M H (occupancy M expert)")
    ask.decide(
        "FiniteHorizon.is_flow M H (occupancy M (shared expert learner))",
        bool(il.error_rate(mdp, expert, learner) == 0),
    )
    programs = {
        name: f"Executable.{name} tables_of_model" for name in ("v", "q", "value", "to_go", "state_law", "occupancy")
    }
    tables = {"expert": "table_of_expert", "learner": "table_of_learner"}
    for question, value, types in [
        (f"{programs['v']} H {tables['expert']} {{0}} {{1}}", mdp.v(expert), STEPS[:2]),
        (f"{programs['q']} H {tables['expert']} {AT}", mdp.q(expert), STEPS),
        (f"{programs['value']} H {tables['expert']}", il.value(mdp, expert), ()),
        (f"{programs['to_go']} {tables['expert']} (H - {{0}}) {{0}} {{1}}", mdp.v(expert), STEPS[:2]),
        (f"{programs['state_law']} {tables['learner']} {{0}} {{1}}", mdp.state_occupancy(learner), STEPS[:2]),
        (f"{programs['occupancy']} {tables['expert']} {AT}", mdp.occupancy(expert), STEPS),
        (
            f"Executable.error_rate tables_of_model H {' '.join(tables.values())}",
            il.error_rate(mdp, expert, learner),
            (),
        ),
    ]:
        ask.ask(f"real R ({question})", value, *types)
    v, d = exact(mdp.v(expert)), exact(mdp.state_occupancy(expert))
    ended = np.concatenate([v, 0 * v[:1]])
    certificate = {"values": ended, "laws": d, "wrong": off_by_little(ended)}
    ask.numbers(**{f"{name}{ask.models}": x for name, x in certificate.items()})
    exactly, wrong = (
        f"(Bounds {values}{ask.models} {values}{ask.models} laws{ask.models} laws{ask.models})"
        for values in ("values", "wrong")
    )
    ask.decide(f"certified tables_of_model H table_of_expert {exactly}")
    ask.decide(f"certified tables_of_model H table_of_expert {wrong}", False)
    ask.decide("Executable.is_mdp tables_of_model")
    ask.decide("Executable.is_policy tables_of_model table_of_expert")
    ask.decide("Executable.is_policy tables_of_model table_of_loss", False)
    zero, one = fraction(0), fraction(1)
    within = bool((exact(mdp.rewards()) <= 1).all())
    ask.decide(f"Executable.rewards_between tables_of_model {zero} {one}", within)
    rows = " ".join(f"(entry (nth [::] (nth [::] {table} 0) 0))" for table in tables.values())
    ask.ask(
        f"real R (Executable.tv {actions} {rows})",
        total_variation(expert[0, 0], learner[0, 0]),
    )
