"""Policies that learners play, averages of play, and soft values with a horizon."""

from fractions import Fraction

from coq_questions import Questions, exact, laws, numbers, random_model, rational

from iltheory.learners.adril import adril, frank_wolfe
from iltheory.learners.smile import mixture, without_expert
from iltheory.measures import (
    blend,
    expected_next,
    implied_reward,
    mean_occupancy,
    reward_payoff,
    shaped,
)
from sims import arithmetic as ar

STEPS = ("'I_H", "S", "A")
THIRD = Fraction(1, 3)


def sequence(names):
    """The policies of some tables, by their numbers."""
    tables = "; ".join(f"table_of_{name}" for name in names)
    return f"fun i => plays R (t := tables_of_model) (nth [::] [:: {tables}] i)"


def learners(rng):
    """Mixtures of SMILe, and runs of AdRIL."""
    states, actions, horizon, rounds = 2, 3, 2, 3
    mdp = random_model(rng, states, actions, horizon, horizon=horizon)
    expert = laws(rng, horizon, states, actions)
    others = [laws(rng, horizon, states, actions) for _ in range(rounds)]
    ask = Questions("Probability", "FiniteHorizon", "Imitation", "Moments", "Adril", "Tables")
    ask.model(mdp)
    ask.policies(expert=expert, **{f"other{i}": pi for i, pi in enumerate(others)})
    ask.write(others=sequence(f"other{i}" for i in range(rounds)))
    alpha = ar.asarray(THIRD)
    for name, value in {
        f"smile expert others {rational(THIRD)} {rounds}": mixture(expert, others, alpha),
        f"smile_without_expert others {rational(THIRD)} {rounds}": without_expert(others, alpha),
        f"mixture {rational(THIRD)} (expert {{0}} {{1}}) (other0 {{0}} {{1}})": blend(
            [expert, others[0]], [1 - alpha, alpha]
        ),
    }.items():
        ask.ask(name + " {2}" if "{0}" in name else name + " {0} {1} {2}", value, *STEPS)
    ask.ask("mean_occupancy M H expert {0}", mean_occupancy(mdp, expert), "(S * A)")
    ask.ask("step_occupancy M (H := H) expert {0}", mdp.occupancy(expert) / horizon, "('I_H * (S * A))")
    runs = {
        "plain": adril(mdp, expert, iterations=rounds, stationary=True),
        "timed": adril(mdp, expert, iterations=rounds),
        "weighted": adril(mdp, expert, iterations=rounds, stationary=True, step_size=frank_wolfe),
    }
    for name, run in runs.items():
        tables = {f"{name}{i}": run.policies[i] for i in range(rounds)}
        ask.policies(**tables)
        ask.write(**{name: sequence(tables)})
    for name, occupancy in {"plain": "mean_occupancy M H", "timed": "step_occupancy M (H := H)"}.items():
        for k in range(1, rounds + 1):
            ask.ask(f"loss ({occupancy}) expert {name} {k}", runs[name].losses[k - 1])
    flat = ar.sum(runs["plain"].occupancy, -3) / horizon
    ask.ask(f"averaged (mean_occupancy M H) plain {rounds} {{0}}", flat, "(S * A)")
    flat = ar.sum(runs["weighted"].occupancy, -3) / horizon
    ask.ask(f"frank_wolfe (mean_occupancy M H) weighted {rounds - 1} {{0}}", flat, "(S * A)")
    return ask


def play(rng):
    """A game of a policy and rewards, played for some rounds, and a bilinear game of laws."""
    rounds, states, actions, horizon = 3, 2, 3, 2
    mdp = random_model(rng, states, actions, horizon, horizon=horizon)
    expert = laws(rng, horizon, states, actions)
    others = [laws(rng, horizon, states, actions) for _ in range(rounds)]
    answers = [numbers(rng, -6, 7, horizon, states, actions) for _ in range(rounds)]
    ask = Questions("Probability", "FiniteHorizon", "Moments", "Games", "Tables")
    ask.model(mdp)
    tables = {f"{name}{i}": x for name, xs in {"other": others, "answer": answers}.items() for i, x in enumerate(xs)}
    ask.policies(expert=expert, **tables)
    for name in ("other", "answer"):
        ask.write(**{f"{name}s": sequence(f"{name}{i}" for i in range(rounds))})
    ask.write(u1="fun pi g => payoff H (reward_mismatch M expert pi) g", against="fun h s a => - reward M h s a")
    pays = [
        [exact(reward_payoff(mdp, expert, pi, f))[()] for f in [*answers, -mdp.rewards()]] for pi in [*others, expert]
    ]
    played = sum(pays[t][t] for t in range(rounds))
    ask.ask(f"regret_of_min u1 {rounds} others answers expert", played - sum(pays[-1][:rounds]))
    ask.ask(f"regret_of_max u1 {rounds} others answers against", sum(pays[t][-1] for t in range(rounds)) - played)
    rows, columns, matrix = laws(rng, rounds, 3), laws(rng, rounds, 2), numbers(rng, -6, 7, 3, 2)
    ask.numbers(rows_=rows, columns_=columns, matrix_=matrix)
    ask.write(
        rows=r"fun t => \row_(i < 3) real R (entry (nth [::] rows_ t) i)",
        columns=r"fun t => \row_(j < 2) real R (entry (nth [::] columns_ t) j)",
        matrix="fun i j => real R (entry (nth [::] matrix_ i) j)",
        pays=r"fun (x : 'rV[R]_3) (y : 'rV[R]_2) => \sum_(i < 3) \sum_(j < 2) x 0 i * matrix i j * y 0 j",
    )
    x, y, m = exact(rows), exact(columns), exact(matrix)
    ask.ask(f"(mean_move {rounds} rows) 0 {{0}}", x.mean(0), "'I_3")
    ask.ask(f"pays (mean_move {rounds} rows) (mean_move {rounds} columns)", x.mean(0) @ m @ y.mean(0))
    played = sum(x[t] @ m @ y[t] for t in range(rounds))
    ask.ask(
        f"regret_of_min pays {rounds} rows columns (rows 0%N)", played - sum(x[0] @ m @ y[t] for t in range(rounds))
    )
    ask.ask(
        f"regret_of_max pays {rounds} rows columns (columns 0%N)", sum(x[t] @ m @ y[0] for t in range(rounds)) - played
    )
    return ask


def soft(rng):
    """Soft values and rewards with a horizon: of a policy that is paid for its choices, and of the maximum."""
    states, actions, horizon = 3, 2, 3
    mdp = random_model(rng, states, actions, horizon, horizon=horizon)
    pi, x = laws(rng, horizon, states, actions), numbers(rng, -6, 7, horizon, states, actions)
    potential, gini = numbers(rng, -6, 7, horizon, states), 1 - ar.sum(pi * pi, -1)
    ask = Questions("Probability", "Extremes", "FiniteHorizon", "SoftMaximum", "SoftFiniteHorizon", "Tables")
    ask.model(mdp)
    ask.policies(pi=pi, x=x)
    ask.numbers(potential_=potential)
    ask.write(
        f="fun h (s : S) => real R (entry (nth [::] potential_ h) s)",
        best=r"fun (_ : nat) (_ : S) (g : A -> R) => maximum (@Ordinal (actions tables_of_model) 0 isT) g",
        paid=r"fun h => evaluation (pi h) (fun s => 1 - \sum_a pi h s a ^+ 2)",
    )
    paid_v = mdp.with_rewards(mdp.rewards() + gini[..., None]).v(pi)
    of_paid, of_best = ar.sum(pi * x, -1) + gini, ar.amax(x, -1)
    for name, value in {
        "soft_q M paid H": mdp.rewards() + expected_next(mdp, paid_v),
        "soft_q M best H": mdp.q(mdp.optimal_policy()),
        "implied_reward M paid H x": implied_reward(mdp, x, of_paid),
        "implied_reward M best H x": implied_reward(mdp, x, of_best),
        "reward (shaped M f)": shaped(mdp, potential).rewards(),
        "q (shaped M f) H pi": shaped(mdp, potential).q(pi),
    }.items():
        ask.ask(f"{name} {{0}} {{1}} {{2}}", value, *STEPS)
    ask.ask("soft_v M paid H {0} {1}", paid_v, *STEPS[:2])
    ask.ask("v_of paid H x {0} {1}", of_paid, *STEPS[:2])
    return ask
