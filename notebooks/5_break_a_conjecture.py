# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 Break a conjecture
#
# You have **two teachers, and both are perfect**: each earns the largest return that the task allows. You want to learn
# from both, so at every step you toss a fair coin and do what the one or the other would do. Your policy is the average
# of theirs, $\tfrac12\pi + \tfrac12\pi'$.
#
# *How much can that cost you?* Nothing, surely. Both are right, so whom you follow does not matter; and an average is
# never worse than the worse of the two. Let us write this down, and let a machine try to break it.
#
# (About half a minute on a laptop. What is printed as a fraction is a fraction.)

# %%
# %matplotlib inline
from fractions import Fraction as F
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import iltheory as il
from iltheory.attack.necessity import necessity
from iltheory.figures.sheet import COLOURS, Sheet
from iltheory.figures.venues import VENUES
from iltheory.reporting.drawing import draw_counterexample, draw_instance
from sims import TabularMDP
from sims import arithmetic as ar
from sims.datasets import Trajectories

plt.rcParams.update({**VENUES["slides"].settings(), "figure.dpi": 110, "figure.constrained_layout.use": False})

# %% [markdown]
# ## A conjecture is a function
#
# A claim says in its annotations what it is about (a finite-horizon MDP and two policies of it), and returns a
# comparison. Policies are arrays of probabilities, so the average of two is written as one writes it on the board. $J$
# is the expected sum of $H$ rewards in $[0, 1]$.


# %%
@il.claim(statement=r"J(\tfrac12\pi + \tfrac12\pi') \ge \min(J(\pi), J(\pi'))")
def committee(mdp: il.FiniteHorizonMDP, first: il.Policy, second: il.Policy):
    return il.value(mdp, (first + second) / 2) >= il.minimum(il.value(mdp, first), il.value(mdp, second))


found = il.falsify(committee)
print(found.verdict, "after", found.instances, "instances")
print("smallest counterexample:", found.size)
print(found.simplest.lhs, found.simplest.op, found.simplest.rhs, "is false")

# %% [markdown]
# It took a moment. Drawing instances at random would have found one, too (exercise 1 asks how many), but what chance
# hands you is a page of fractions with a hair's breadth between the two sides. The search walks to the corners of the
# space of instances, where policies are deterministic and rewards are 0 or 1; what it finds it makes *small*, and
# certifies in exact arithmetic. So we may read it like an example in a textbook:

# %%
draw_counterexample(found.simplest)

# %% [markdown]
# Blue always plays `a0`, stays in `s0`, and is paid twice. Orange plays `a1`, moves to `s1`, plays `a1` again, and is
# paid twice. Now mix them. The first step is fine either way; half of the time it leads to `s1`, and *there* the coin
# may say blue. But blue has no idea what to do in `s1`. It never goes there. That costs a quarter of a reward:
# $\tfrac12 \cdot \tfrac12 \cdot 1$.
#
# Do not take our word for it; the instance is an object, and we can ask it.

# %%
mdp, first, second = (found.simplest.instance[name] for name in ("mdp", "first", "second"))
mixed = (first + second) / 2
for name, policy in (("first", first), ("second", second), ("mixed", mixed)):
    print(f"{name:7} J = {F(il.value(mdp, policy))}")
assert F(il.value(mdp, mixed)) < min(F(il.value(mdp, first)), F(il.value(mdp, second)))

# %% [markdown]
# ## "But my teachers are optimal"
#
# In the counterexample both teachers happen to be optimal already: nobody gets more than 2. Let us still try the
# excuse, because an assumption is one more line: `il.assume` restricts the claim to the instances that meet it, and the
# search has to find its way inside them.


# %%
@il.claim(statement=r"J(\pi) = J(\pi') = J^* \;\Rightarrow\; J(\tfrac12\pi + \tfrac12\pi') = J^*")
def optimal_committee(mdp: il.FiniteHorizonMDP, first: il.Policy, second: il.Policy):
    best = il.optimal_value(mdp)
    il.assume(il.value(mdp, first) >= best)
    il.assume(il.value(mdp, second) >= best)
    return il.value(mdp, (first + second) / 2) >= best


excuse = il.falsify(optimal_committee)
print(excuse.verdict, excuse.size, ":", excuse.simplest.lhs, excuse.simplest.op, excuse.simplest.rhs, "is false")
draw_counterexample(excuse.simplest)

# %% [markdown]
# "Optimal" says what a policy earns *from the start*. It says nothing of states that it never visits, and the average
# visits them. (Keep this sentence. It is the same gap through which behavioural cloning falls in notebook 2.)
#
# ## Repair it: what does the committee cost?
#
# The conjecture is dead; the question behind it is not. At most how much is lost? Trivially at most $H$. So take this
# trivial bound as a claim and ask for its *worst case*: the largest ratio of the left-hand side to $H$, horizon by
# horizon.


# %%
@il.claim(statement=r"\min(J(\pi), J(\pi')) - J(\tfrac12\pi + \tfrac12\pi') \le H")
def trivial(mdp: il.FiniteHorizonMDP, first: il.Policy, second: il.Policy):
    lost = il.minimum(il.value(mdp, first), il.value(mdp, second)) - il.value(mdp, (first + second) / 2)
    return lost <= mdp.horizon


search = il.sweep(trivial, over="horizon", sizes=(2, 3, 4), states=4, actions=2, budget=15)
found_at = {int(H): int(H) * F(case.ratio.lower) for H, case in zip(search.sizes, search.cases, strict=True)}
losses = {1: F(0), **found_at}  # of a single step J is linear in the policy, so nothing is lost
print("largest loss found:", *losses.values())
print("differences:       ", *(after - before for before, after in pairwise(losses.values())))

# %% [markdown]
# If your machine had the time for it (a search ends with its budget), the losses are $0, \tfrac12, \tfrac54,
# \tfrac{17}8$, and their differences $\tfrac12, \tfrac34, \tfrac78$. Nobody can look at these three numbers and not
# guess the fourth. Summing up,
#
# $$ \text{loss} \;=\; \sum_{h=1}^{H} \left(1 - 2^{1-h}\right) \;=\; H - 2 + 2^{1-H}. $$
#
# A search gives *lower* bounds on the worst case, each with an instance that shows it. The guess is ours, and it
# becomes the next claim.


# %%
def price(horizon):
    return horizon - 2 + F(2, 2**horizon)


@il.claim(statement=r"\min(J(\pi), J(\pi')) - J(\tfrac12\pi + \tfrac12\pi') \le H - 2 + 2^{1-H}")
def repaired(mdp: il.FiniteHorizonMDP, first: il.Policy, second: il.Policy):
    lost = il.minimum(il.value(mdp, first), il.value(mdp, second)) - il.value(mdp, (first + second) / 2)
    return lost <= price(mdp.horizon)


attack = il.falsify(repaired, budget=4)
print(attack.verdict, "among", f"{attack.instances:,}", "instances; the largest ratio of the sides is", attack.ratio)
print(il.verify(repaired, n=1).verdict)
assert all(loss <= price(horizon) for horizon, loss in losses.items())

# %% [markdown]
# *None found* and *holds on N instances*, in these words, are no proof. But a ratio of 1 that is never exceeded is
# worth half an hour with a pencil.
#
# **Proof.** Read the coins first: the committee acts as one of $2^h$ strings of teachers up to step $h$, each with
# probability $2^{-h}$. Two of these strings name the same teacher throughout. Rewards are not negative, so the
# committee's expected reward at step $h$ is at least $2^{-h}(R_h + R_h')$, with $R_h, R_h' \in [0, 1]$ those of the
# teachers. Therefore
#
# $$ \min(J, J') - J_{\text{mix}} \;\le\; \sum_{h} \left(1 - 2^{1-h}\right) \frac{R_h + R'_h}{2} \;\le\; \sum_{h} \left(1 - 2^{1-h}\right). \qquad\blacksquare $$
#
# ## Is it attained at every horizon? Keep left, keep right
#
# We stopped the search at $H = 4$, but its small counterexample tells us how to go on. Two drivers, one from London and
# one from Paris. Both drive perfectly, *each on their own side of the road*. The first step leads into one of two
# countries. Whoever follows the other's rule there has an accident, and an accident pays nothing ever after.


# %%
def drivers(*, horizon=None, discount=None, n=2):
    """States: the ferry, n countries, the ditch. Actions: n rules of the road. Also n drivers who know one rule each."""
    ferry, *countries, ditch = np.eye(n + 2, dtype=int)
    P = np.array([countries, *([ditch] * n for _ in range(n + 1))])
    for country in range(n):
        P[1 + country, country] = countries[country]
    rewards = np.vstack([np.ones(n, int), np.eye(n, dtype=int), np.zeros(n, int)])
    mdp = TabularMDP(P, rewards, ferry, horizon=horizon, discount=discount)
    return mdp, *(ar.asarray(np.tile(rule, (n + 2, 1))) for rule in np.eye(n, dtype=int))


horizons = range(1, 31)
students = []
for horizon in horizons:
    mdp, left, right = drivers(horizon=horizon)
    earned = F(il.value(mdp, (left + right) / 2))
    assert il.value(mdp, left) == il.value(mdp, right) == horizon
    assert horizon - earned == price(horizon)  # equality, in fractions
    students.append(float(earned))
print("at H = 30 both teachers earn 30, their average earns", students[-1])

# %%
mdp, left, right = drivers(horizon=3)
draw_instance(repaired, repaired.bind_any((mdp, left, right)))

# %% [markdown]
# Here `s0` is the ferry, `s1` and `s2` are England and France, and `s3` is the ditch.

# %%
(panel,) = Sheet(plt.figure(figsize=(4.8, 3.2), layout="constrained")).panels()
panel.curve([(H, H) for H in horizons], "either teacher: $H$", marks=False)
panel.curve(list(zip(horizons, students, strict=True)), "their average: $2 - 2^{1-H}$")
panel.named(x="horizon $H$", y="expected return").legend(columns=2)

# %% [markdown]
# There is the surprise, and it is worse than anything we feared: **two perfect teachers, and a student who averages
# them never earns more than two rewards, however long the road.** The bound cannot be improved at any horizon.
#
# ## Which assumption did we use?
#
# Unless a claim says otherwise, rewards are in $[0, 1]$ throughout this project. Is that needed here, or a habit?
# `necessity` drops each assumption in turn and looks for a witness.

# %%
needs = necessity(repaired, budget=10).needs
for need in needs:
    print(need.assumption, "->", need.verdict)
    print("   ", need.attack.simplest.lhs, need.attack.simplest.op, need.attack.simplest.rhs, "is false")
draw_counterexample(needs[0].attack.simplest)

# %% [markdown]
# The proof used the range twice: rewards that are not negative let us throw away the mixed strings, and rewards at most
# 1 ended the sum. The witness breaks the second. The first is needed, too: let an accident cost 1 on the road, and at
# $H=2$ the average earns $1+\tfrac12-\tfrac12$ and loses 1, twice what the bound allows.
#
# ## What should we have done? Average the data
#
# Here is a second way to learn from both: *record* both, pool the recordings, and clone. With unlimited data, cloning
# finds the policy $\pi(a \mid s) = \bar d(s, a) / \bar d(s)$ of the averaged occupancy $\bar d = \tfrac12(d + d')$. It
# looks like a detail. In England only the Londoner was ever recorded, so in England the clone keeps left.


# %%
@il.claim(statement=r"J(\pi_{\bar d}) = \tfrac12 J(\pi) + \tfrac12 J(\pi'), \quad \bar d = \tfrac12 d + \tfrac12 d'")
def pooled(mdp: il.FiniteHorizonMDP, first: il.Policy, second: il.Policy):
    student = mdp.project((mdp.occupancy(first) + mdp.occupancy(second)) / 2)
    return il.equal(il.value(mdp, student), (il.value(mdp, first) + il.value(mdp, second)) / 2)


instances = il.drawn(pooled, 200, n_states=3, n_actions=2, horizon=3)
decision = il.evaluate_batch(pooled, instances, arithmetic="auto")  # equalities need exact rationals
print("equal on", (decision.verdicts == 1).sum(), "of", len(decision.verdicts), "random instances, exactly")
assert (decision.verdicts == 1).all()

# %% [markdown]
# Why this is a theorem: values are linear in occupancies, and $\bar d$ satisfies the Bellman flow equations since both
# of its parts do. That was notebook 1, and the catalogue has it under its own name:

# %%
print("occ-mixture:", il.verify("occ-mixture", n=1).verdict)

# %% [markdown]
# On the road, with ten recorded drives from each side:

# %%
mdp, left, right = drivers(horizon=20)
drives = Trajectories.concatenate([mdp.sample(left, 10, rng=0), mdp.sample(right, 10, rng=1)])
clone = il.learners.behavioral_cloning(drives, mdp)
earned = {"a teacher": left, "average of\nthe policies": (left + right) / 2, "clone of\nthe pooled data": clone}
returns = {name: F(il.value(mdp, policy)) for name, policy in earned.items()}
assert returns["clone of\nthe pooled data"] == 20

(panel,) = Sheet(plt.figure(figsize=(5.0, 2.4), layout="constrained")).panels()
bars = panel.axes.barh(list(returns), [float(x) for x in returns.values()], color=COLOURS)
panel.axes.bar_label(bars, [f"{float(x):.7g}" for x in returns.values()], padding=3)
panel.named(x="expected return, $H = 20$", y="")
panel.axes.invert_yaxis()

# %% [markdown]
# **Average the data, never the policies.** We started from a conjecture that seemed too obvious to check; ten minutes
# later we have its smallest counterexample, the exact price with a proof, the instance that attains it, the assumption
# it needs, and the right thing to do instead.
#
# ## Exercises
#
# Replace `None` by your answer and run the cell: it complains if you are wrong.
#
# **1.** *Random instances are tame.* Of 5,000 random instances, how many refute `committee`? (Verdicts of $-1$ in
# `il.evaluate_batch(committee, instances, arithmetic="auto")`.) And how far are their two sides apart?

# %% tags=["exercise"]
answer = None
instances = il.drawn(committee, 5000, n_states=3, n_actions=2, horizon=4)
decided = il.evaluate_batch(committee, instances, arithmetic="auto")
assert answer is None or answer == (decided.verdicts == -1).sum()

# %% [markdown]
# **2.** *A biased coin.* The student follows the Londoner with probability $\lambda$. Give her expected return as a
# function of a fraction $\lambda$ and of $H$, by hand: `lambda p, H: ...`

# %% tags=["exercise"]
answer = None
for p, H in ((F(1, 3), 5), (F(1, 10), 12), (F(0), 9)):
    mdp, left, right = drivers(horizon=H)
    assert answer is None or answer(p, H) == F(il.value(mdp, p * left + (1 - p) * right))

# %% [markdown]
# **3.** *Three countries.* What does the average of three teachers lose at most? Redo the proof, and give the price as
# a function of $H$. (The check only asks whether it is attained by `drivers(n=3)`. That nothing is worse is for your
# proof.)

# %% tags=["exercise"]
answer = None
for H in range(1, 9):
    mdp, *three = drivers(horizon=H, n=3)
    assert answer is None or answer(H) == H - F(il.value(mdp, sum(three) / 3))

# %% [markdown]
# **4.** *For ever.* With a discount $\gamma$ and no horizon, what does the average of the two drivers earn? A function
# of the fraction $\gamma$.

# %% tags=["exercise"]
answer = None
for gamma in (F(0), F(1, 2), F(99, 100)):
    mdp, left, right = drivers(discount=gamma)
    assert answer is None or answer(gamma) == F(il.value(mdp, (left + right) / 2))

# %% [markdown]
# **5.** *A committee of fools.* Is the average at most as good as the better of the two? Give two policies of the road,
# as nested lists, whose average is better than both. (Or state it as a claim and let `il.falsify` find its own.)

# %% tags=["exercise"]
answer = None
mdp, *_ = drivers(horizon=2)
if answer is not None:
    one, other = map(ar.asarray, answer)
    assert il.value(mdp, (one + other) / 2) > il.maximum(il.value(mdp, one), il.value(mdp, other))

# %% [markdown]
# **6.** *The right assumption.* Prove that the average of two policies that are optimal *in every state* is optimal.
# Then give two such policies of the road that disagree on the ferry.

# %% tags=["exercise"]
answer = None
mdp, *_ = drivers(horizon=20)
if answer is not None:
    assert answer[0][0] != answer[1][0], "they agree on the ferry"
    one, other = map(ar.asarray, answer)
    assert il.value(mdp, one) == il.value(mdp, other) == il.value(mdp, (one + other) / 2) == 20
