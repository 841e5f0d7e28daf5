"""Quantities of models with a discount: values, laws, rewards read off action values, what behaviour identifies."""

from fractions import Fraction

import numpy as np
from coq_questions import Questions, exact, fraction, laws, numbers, off_by_little, random_model

import iltheory as il
from iltheory.measures import (
    CHI2,
    chi2_divergence,
    expected_next,
    expected_utility,
    feature_expectations,
    feature_rewards,
    implied_reward,
    is_decomposable,
    is_deterministic,
    mean_features,
    mean_over_pairs,
    occupancy_tv,
    optimal_v,
    shaped,
    shaping,
    squared_norm,
    start_value,
    sum_over_pairs,
    telescoped_value,
    total_variation,
)
from sims import TabularMDP
from sims import arithmetic as ar

FILES = (
    "Probability",
    "Extremes",
    "Families",
    "Tables",
    "SoftMaximum",
    "SoftDiscounted",
    "InverseSoft",
    "Identification",
    "ChiSquared",
)
PAIRS = ("S", "A")


def of_states(name):
    return f"(fun s : S => real R (entry {name} s))"


def values(rng):
    """What solves the linear equations of a policy, and what is made of it."""
    states, actions, discount = 3, 2, Fraction(2, 3)
    mdp = random_model(rng, states, actions, discount=discount)
    pi, other, x, r = (f(rng) for f in (law_of, law_of, signed, signed))
    ask = Questions(*FILES)
    ask.model(mdp)
    ask.policies(pi_=pi, other_=other, x_=x, r_=r)
    ask.write(**{name: f"{name}_ 0%N" for name in ("pi", "other", "x", "r")})
    v, d, e = mdp.v(pi), mdp.state_occupancy(pi), mdp.state_occupancy(other)
    ask.numbers(v_=v, d_=d, e_=e, wrong_v_=off_by_little(v), wrong_d_=off_by_little(d))
    ask.write(**{name: of_states(f"{name}_") for name in ("v", "d", "e", "wrong_v", "wrong_d")})
    for name in ("D", "(Discounted.with_reward D r)"):
        ask.decide(f"Discounted.is_mdp {name}")
    ask.decide("Discounted.is_policy pi")
    ask.decide("Discounted.is_policy x", False)
    ask.decide("Discounted.unit_rewards D", bool((exact(mdp.rewards()) <= 1).all()))
    ask.decide("Discounted.is_value D pi v")
    ask.decide("Discounted.is_value D pi wrong_v", False)
    ask.decide("Discounted.is_state_law D pi d")
    ask.decide("Discounted.is_state_law D pi wrong_d", False)
    for v_name, certified in (("v_", True), ("wrong_v_", False)):
        bounds = f"(Certificates.Bounds [:: {v_name}] [:: {v_name}] [:: d_] [:: d_])"
        program = f"DiscountedCertificates.certified_discounted tables_of_model {fraction(discount)}"
        ask.decide(f"{program} table_of_pi_ {bounds}", certified)
    ask.decide("Discounted.is_flow D (Discounted.occupancy pi d)")
    ask.decide("Discounted.is_flow D x", False)
    flow = (1 - discount) * mdp.mu + discount * mdp.transitions.push(x)
    for name, value in {
        "Discounted.q D v": mdp.q(pi),
        "Discounted.occupancy pi d": mdp.occupancy(pi),
        "Discounted.reward (Discounted.with_reward D r)": r,
        "normalise (Discounted.occupancy pi d)": mdp.project(mdp.occupancy(pi)),
        "surely R {0}": exact(np.eye(states, dtype=int).tolist()),
    }.items():
        ask.ask(name + " {1}" if "{0}" in name else name + " {0} {1}", value, *(("S", "S") if "{0}" in name else PAIRS))
    ask.ask("Discounted.inflow D x {0}", flow, "S")
    ask.ask("Discounted.inflow D (Discounted.occupancy pi d) {0}", d, "S")
    ask.ask("Discounted.start D {0}", mdp.mu, "S")
    ask.ask("Discounted.transition D {0} {1} {2}", mdp.P, *PAIRS, "S")
    ask.ask("Discounted.discount D", discount)
    ask.ask("Discounted.value D v", il.value(mdp, pi))
    occupancies = "(joint (Discounted.occupancy pi d)) (joint (Discounted.occupancy other e))"
    ask.ask(f"tv {occupancies}", occupancy_tv(mdp, pi, other))
    ask.ask("tv d e", total_variation(d, e))
    ask.ask("mean d (fun s => tv (pi s) (other s))", il.error_rate(mdp, pi, other))
    return ask


def features(rng):
    """What features show of two policies, with a discount and with a horizon."""
    discount, count = Fraction(2, 3), 2
    mdp = random_model(rng, 3, 2, discount=discount)
    pi, other = law_of(rng), law_of(rng)
    table, weights = numbers(rng, -6, 7, 3, 2, count), numbers(rng, -6, 7, count)
    d, e = mdp.state_occupancy(pi), mdp.state_occupancy(other)
    ask = Questions("Probability", "Features", "Unrolled", "Tables")
    ask.model(mdp)
    ask.policies(pi_=pi, other_=other)
    ask.numbers(table=table, weights_=weights, d_=d, e_=e)
    ask.write(pi="pi_ 0%N", other="other_ 0%N", d=of_states("d_"), e=of_states("e_"))
    ask.write(
        f="(fun (i : 'I_2) (s : S) (a : A) => real R (entry (nth [::] (nth [::] table s) a) i))",
        w="(fun i : 'I_2 => real R (entry weights_ i))",
        x="(Discounted.occupancy pi d)",
        y="(Discounted.occupancy other e)",
        N="model R tables_of_model",
    )
    occupancies = mdp.occupancy(pi), mdp.occupancy(other)
    first, second = (mean_features(mdp, occupancy, table) for occupancy in occupancies)
    ask.ask("paid w f {0} {1}", feature_rewards(mdp, table, weights), *PAIRS)
    ask.ask("shown x f {0}", first, "'I_2")
    ask.ask("expected D pi d f {0}", feature_expectations(mdp, occupancies[0], table), "'I_2")
    ask.ask("told_apart f x y", Fraction(abs(exact(first) - exact(second)).max()))
    ask.ask("square w", squared_norm(weights))
    short = mdp.with_end(horizon=2)
    expectations = feature_expectations(short, short.occupancy(pi), table)
    ask.ask("expected_sum N 2 (fun=> pi) (fun i _ => f i) {0}", expectations, "'I_2")
    laws_of_states = mdp.with_end(horizon=3).state_occupancy(pi)
    sums = sum((1 - discount) * discount**t * laws_of_states[t] for t in range(3))
    ask.ask("state_sum D pi 3 {0}", sums, "S")
    weighted = [discount**t * mdp.rewards() for t in range(3)]
    unrolled = TabularMDP(mdp.P, ar.stack(weighted), mdp.mu, horizon=3)
    ask.ask("value_sum D pi 3 {0}", unrolled.v(pi)[0], "S")
    return ask


def law_of(rng):
    return laws(rng, 3, 2)


def signed(rng):
    return numbers(rng, -6, 7, 3, 2)


def soft(rng):
    """Soft values and rewards, with the maximum, and with a policy that is paid for its choices."""
    discount = Fraction(2, 3)
    mdp = random_model(rng, 3, 2, discount=discount)
    pi, expert, x, y, r = (f(rng) for f in (law_of, law_of, signed, signed, signed))
    gini = 1 - ar.sum(pi * pi, -1)
    potential = numbers(rng, -6, 7, 3)
    optimal = optimal_v(mdp)
    optimal_q = mdp.rewards() + expected_next(mdp, optimal)
    best, paid = ar.amax(x, -1), ar.sum(pi * x, -1) + gini
    ask = Questions(*FILES)
    ask.model(mdp)
    ask.policies(pi_=pi, expert_=expert, x_=x, y_=y, r_=r, rewards_=mdp.rewards(), optimal_q_=optimal_q)
    ask.write(**{name: f"{name}_ 0%N" for name in ("pi", "expert", "x", "y", "r", "optimal_q")})
    d, soft_v = mdp.state_occupancy(pi), mdp.with_rewards(mdp.rewards() + gini[..., None]).v(pi)
    ask.numbers(
        d_=d,
        e_=mdp.state_occupancy(expert),
        f_=potential,
        soft_v_=soft_v,
        optimal_v_=optimal,
        wrong_v_=off_by_little(soft_v),
    )
    ask.write(**{name: of_states(f"{name}_") for name in ("d", "e", "f", "soft_v", "optimal_v", "wrong_v")})
    ask.write(
        best=r"(fun (_ : S) (g : A -> R) => maximum (@Ordinal (actions tables_of_model) 0 isT) g)",
        gini=r"(fun p : A -> R => 1 - \sum_a p a ^+ 2)",
        phi="(fun y : R => y - y ^+ 2 / 4%:R)",
        target="(Discounted.occupancy expert e)",
    )
    ask.write(paid="(soft_evaluation gini pi)")
    occupancy, target = mdp.occupancy(pi), mdp.occupancy(expert)
    for name, value in {
        "shaping D f": shaping(mdp, potential),
        "unshaped D f": -shaping(mdp, potential),
        "Discounted.q (shaped D f) f": shaped(mdp, potential).rewards() + expected_next(mdp, potential),
        "implied_reward D best x": implied_reward(mdp, x, best),
        "implied_reward D paid x": implied_reward(mdp, x, paid),
        "next_value D paid x": expected_next(mdp, paid),
        "soft_advantage D optimal_v": optimal_q - optimal[..., None],
        "of_states f": potential[..., None] + 0 * x,
    }.items():
        ask.ask(f"{name} {{0}} {{1}}", value, *PAIRS)
    ask.ask("paid {0} (x {0})", paid, "S")
    ask.ask("evaluation pi f {0} (x {0})", ar.sum(pi * x, -1) + potential, "S")
    ask.decide("is_soft_value D paid soft_v")
    ask.decide("is_soft_value D paid wrong_v", False)
    ask.decide("is_soft_value D best optimal_v")
    ask.decide("is_soft_q D best optimal_q")
    ask.decide("is_soft_q D best x", False)
    ask.decide("is_soft_q (Discounted.with_reward D (implied_reward D paid x)) paid x")
    earned = mean_over_pairs(mdp, occupancy, r)
    entropy = ar.sum(d * gini, -1)
    for name, value in {
        "inner x r": sum_over_pairs(mdp, x * r),
        "total x": sum_over_pairs(mdp, x),
        "distance x y": Fraction(abs(exact(x) - exact(y)).max()),
        "irl_payoff gini phi target pi d r": expected_utility(mdp, target, r, CHI2.utility) - earned - entropy,
        "soft_objective D phi target paid x": expected_utility(mdp, target, implied_reward(mdp, x, paid), CHI2.utility)
        - start_value(mdp, paid),
        "soft_objective D (@chi2_envelope R) target best x": expected_utility(
            mdp, target, implied_reward(mdp, x, best), CHI2.envelope
        )
        - start_value(mdp, best),
        "inner target (unshaped D f)": telescoped_value(mdp, target, potential),
    }.items():
        ask.ask(name, value)
    ask.ask("chi2_envelope (3%:R * x {0} {1})", CHI2.envelope(3 * x), *PAIRS)
    full = (laws(rng, 3, 2) + ar.asarray(Fraction(1, 2))) / 2
    ask.policies(full_=full)
    ask.ask("chi2 (pi {0}) (full_ 0%N {0})", chi2_divergence(pi, full), "S")
    return ask


def determined():
    """Deterministic models: what links their states, and how their transitions differ."""
    ask = Questions(*FILES, "Ambiguity")
    for moves in ([[0, 1], [1, 2], [2, 0]], [[0, 0], [1, 1], [2, 2]]):
        links(ask, moves)
    return ask


def links(ask, moves):
    states, actions = len(moves), len(moves[0])
    eye = np.eye(states, dtype=int)
    mdp = TabularMDP(
        ar.asarray(eye[np.asarray(moves)].tolist()), [[0] * actions] * states, eye[0].tolist(), discount=Fraction(1, 2)
    )
    ask.model(mdp)
    listed = str(moves).replace("[", "[:: ").replace(",", ";")
    ask.write(
        n="states tables_of_model",
        move=f"(fun (s : S) (a : A) => nth (@Ordinal n 0 isT) (ordinals n) (nth 0%N (nth [::] {listed}%N s) a) : S)",
    )
    ask.decide("@is_deterministic R [finType of S] [finType of A] D move", bool(is_deterministic(mdp)))
    ask.decide("@decomposable [finType of S] [finType of A] move", bool(is_decomposable(mdp)))
    linked = [[int(any({t, u} <= set(row) for row in moves)) for u in range(states)] for t in range(states)]
    ask.ask("(@linked [finType of S] [finType of A] move {0} {1})%:R", linked, "S", "S")
    differences = exact(mdp.P) - exact(mdp.P)[:, :1]
    ask.write(first="(@Ordinal (actions tables_of_model) 0 isT)")
    ask.ask("transition_differences D first (enum_rank {0}) (enum_rank {1})", differences, "(S * A)", "S")
