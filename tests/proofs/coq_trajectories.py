"""Trajectories, parting, variance, and cloning from demonstrations."""

from fractions import Fraction

from coq_questions import Questions, choices, exact, laws, numbers, random_model

from iltheory.claims.rajaraman_2020 import cloning_gap
from iltheory.measures import (
    action_variance,
    parting,
    path_products,
    path_sums,
    retracing_occupancy,
    squared_hellinger,
    step_laws,
    trajectory_law,
    trajectory_tv,
)
from sims import arithmetic as ar

PATHS = "trajectory [finType of S] [finType of A] H"
STEPS = ("'I_H", "S", "A")
FILES = ("Probability", "FiniteHorizon", "Imitation", "Trajectories", "Parting", "Tables")


def trajectories(rng):
    """Laws of trajectories of policies that forget, and of one that remembers."""
    states, actions, horizon = 2, 2, 2
    mdp = random_model(rng, states, actions, horizon=horizon)
    expert, learner = laws(rng, horizon, states, actions), laws(rng, horizon, states, actions)
    cost = numbers(rng, -6, 7, horizon, states, actions)
    ask = Questions(*FILES)
    ask.model(mdp)
    ask.policies(expert=expert, learner=learner, cost=cost)
    ask.write(
        paths="trajectory_law M (forgetful expert) (n := H)", others="trajectory_law M (forgetful learner) (n := H)"
    )
    law = trajectory_law(mdp, expert)
    ask.ask("paths {0}", law, PATHS)
    ask.ask("total cost 0 (steps {0})", path_sums(mdp, cost), PATHS)
    ask.ask("likelihood learner 0 (steps {0})", path_products(mdp, learner), PATHS)
    ask.ask("tv paths others", trajectory_tv(mdp, expert, learner))
    ask.ask("step_law paths {0} {1} {2}", step_laws(mdp, law), *STEPS)
    other = trajectory_law(mdp, learner)
    mixed = step_laws(mdp, law / 3 + other * 2 / 3)
    ask.write(mixed="step_law (fun t => 3%:R^-1 * paths t + (1 - 3%:R^-1) * others t)")
    ask.ask("mixed {0} {1} {2}", mixed, *STEPS)
    ask.ask("occupancy M (fun h => normalise (mixed h)) {0} {1} {2}", mixed, *STEPS)
    ask.ask("action_variance M H expert", action_variance(mdp, expert))
    choice = rng.integers(0, actions, (horizon, states)).tolist()
    ask.rules(act=choice)
    ask.ask("parting M H (playing R act) learner", parting(mdp, choices(choice, actions), learner))
    ask.ask("playing R act {0} {1} {2}", choices(choice, actions), *STEPS)
    pairs = states * actions
    first, second = laws(rng, 1, states, actions), laws(rng, pairs, states, actions)
    ask.numbers(**{name: exact(x).reshape(-1, pairs) for name, x in {"first": first, "second": second}.items()})
    past = f"foldl (fun code (z : S * A) => (code * {pairs} + z.1 * {actions} + z.2)%N) 0%N (past_steps y)"
    ask.write(
        remembering="(fun h y b => real R (entry (nth [::] (nth [::] [:: first; second] h) "
        f"({past})) (last_state y * {actions} + b)%N)) : history_policy R [finType of S] [finType of A]"
    )
    ask.ask("trajectory_law M remembering (n := H) {0}", trajectory_law(mdp, (first, second)), PATHS)
    return ask


def roots():
    """Hellinger's distance of laws whose entries are squares of dyadic numbers: balls compute it exactly."""
    first, second = ([Fraction(n, 4) for n in row] for row in ((3, 2, 1, 1, 1), (2, 2, 2, 2, 0)))
    laws = (ar.convert(ar.asarray([x**2 for x in row]), "ball", bits=64) for row in (first, second))
    distance = squared_hellinger(*laws)
    assert ar.lower(distance) == ar.upper(distance)
    ask = Questions("Parting", "Tables", field="rcfType")
    ask.numbers(first=first, second=second)
    root = "fun i : 'I_5 => real R (entry {0} i) ^+ 2"
    ask.ask(f"hellinger2 ({root.format('first')}) ({root.format('second')})", Fraction(float(ar.lower(distance))))
    return ask


def demonstrations(rng):
    """What a clone loses, and where it retraces the expert, over all pairs of trajectories."""
    states, actions, horizon, samples = 2, 2, 2, 2
    mdp = random_model(rng, states, actions, horizon=horizon)
    choice = rng.integers(0, actions, (horizon, states)).tolist()
    expert, elsewhere = choices(choice, actions), laws(rng, states, actions)
    ask = Questions(*FILES, "Demonstrations")
    ask.model(mdp)
    ask.policies(elsewhere=elsewhere)
    ask.rules(act=choice)
    ask.ask(f"cloning_gap M H act elsewhere {samples}", cloning_gap(mdp, expert, elsewhere, samples))
    ask.ask(
        "mean (demonstrations M act (H := H) (N := 1)) (fun data => occupancy M (retracing R act data) {0} {1} {2})",
        retracing_occupancy(mdp, expert, 1),
        *STEPS,
    )
    return ask
