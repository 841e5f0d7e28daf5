"""The instances that bounds are attained on, against ``sims.families``: states and actions in another order."""

from fractions import Fraction

from coq_questions import Questions, rational

from iltheory.measures import recoverability
from sims import families

ERROR, COST = Fraction(1, 5), Fraction(1, 3)


def instances(horizon):
    """Coq's names of model, expert and learner, the finite type of its states, and the instance."""
    wrong_at_start = ERROR * horizon
    return {
        "cliff R": ("erring 0", f"erring {rational(ERROR)}", "bool", families.cliff(error=ERROR, horizon=horizon)),
        "unicycle R": (
            "erring 0",
            f"erring {rational(ERROR)}",
            "bool",
            families.unicycle(error=ERROR, horizon=horizon),
        ),
        "loop R": ("erring 0", f"erring {rational(ERROR)}", "unit", families.loop(error=ERROR, horizon=horizon)),
        "flip R": (
            "playing R (fun _ _ => true)",
            f"erring {rational(ERROR)}",
            "bool",
            families.kaariainen_flip(error=ERROR, horizon=horizon),
        ),
        f"first_step {rational(COST)}": (
            "playing R (fun _ _ => true)",
            f"first_step_learner {rational(wrong_at_start)}",
            "option bool",
            families.first_step_error(error=ERROR, expert_cost=COST, horizon=horizon),
        ),
    }


def named(horizon=3):
    """Tables, values and errors of all of them."""
    ask = Questions("FiniteHorizon", "Families", "Compounding", "Imitation", "Extremes", "Moments", "Tables")
    ask.write(A="bool", H=f"{horizon}%N")
    for number, (model, (expert, learner, states, instance)) in enumerate(instances(horizon).items()):
        mdp, pi_expert, pi_learner = instance
        m, e, pi = (f"{x}{number}" for x in ("M", "E", "L"))
        ask.write(**{m: model, e: f"{expert} : policy R _ _", pi: f"{learner} : policy R _ _"})
        ask.ask(f"transition ({m}) 0 {{0}} {{1}} {{2}}", mdp.P, states, "A", states)
        ask.ask(f"reward ({m}) 0 {{0}} {{1}}", mdp.rewards(), states, "A")
        ask.ask(f"start ({m}) {{0}}", mdp.mu, states)
        ask.ask(f"({pi}) 0%N {{0}} {{1}}", pi_learner, states, "A")
        ask.ask(f"({e}) 0%N {{0}} {{1}}", pi_expert, states, "A")
        ask.ask(f"value ({m}) H ({e}) - value ({m}) H ({pi})", instance.gap)
        ask.ask(f"error_rate ({m}) H ({e}) ({pi})", instance.error_rate)
        ask.ask(f"recoverability ({m}) H ({e})", recoverability(mdp, pi_expert))
    return ask
