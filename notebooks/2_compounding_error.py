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
# # 2 Compounding error: the $H^2$ law, and when it disappears
#
# A clone of an expert driver errs once in a thousand steps. You let it drive a mountain road of $H$ steps and pay it one
# coin for each step on the road. **How many coins does it lose?** One might say $H/1000$. The famous answer is
# "up to $H^2/1000$". Both are right, on different roads, and telling them apart is worth more than either formula.
#
# We compute with fractions, so a slope is a slope and an equality an equality. (Measured networks come at scale,
# in `iltheory scale`; here we want to *understand*.)

# %%
from fractions import Fraction as F

import matplotlib.pyplot as plt
import numpy as np

import iltheory as il
from iltheory.figures.sheet import COLOURS, Sheet, with_slope
from iltheory.figures.venues import VENUES
from sims import TabularMDP, families

plt.rcParams.update({**VENUES["slides"].settings(), "figure.dpi": 110})
ERROR = F(1, 1000)

# %% [markdown]
# ## A road without a rail
#
# On the **cliff**, a mistake ends it all: no coin for that step, nor for any after it. The learner errs with
# probability $\epsilon$ at each step, so it is still on the road after $h$ steps with probability $(1-\epsilon)^h$ and
# $$J(\pi_E)-J(\hat\pi)=H-\sum_{h=1}^{H}(1-\epsilon)^h=\sum_{h=1}^H\big(1-(1-\epsilon)^h\big)
# \approx\sum_{h=1}^H h\,\epsilon=\frac{H(H+1)}2\,\epsilon .$$
# The square is nothing but $1+2+\dots+H$: the mistake of step $h$ costs all that remains. On the **unicycle**, a mistake
# costs the next step only; on the **loop** it costs itself. Same error, same expert, three roads.

# %%
for H in (1, 2, 3):
    gaps = [il.gap(*getattr(families, road)(horizon=H, error=ERROR)) for road in ("cliff", "unicycle", "loop")]
    print(f"H = {H}: cliff {F(gaps[0])}, unicycle {F(gaps[1])}, loop {F(gaps[2])}")

# %%
horizons, curves = (2, 4, 8, 16, 32, 64, 128), {}
((above, below),) = Sheet(plt.figure(figsize=(5.2, 4.4))).with_ratios()
above.bound([(H, H**2 * ERROR) for H in horizons], r"theorem: $H^2\,\epsilon$")
for road in ("cliff", "unicycle", "loop"):
    points = [(H, F(il.gap(*getattr(families, road)(horizon=H, error=ERROR)))) for H in horizons]
    curves[road] = points
    style = above.curve(points, with_slope(road, points))
    below.curve([(H, gap / (H**2 * ERROR)) for H, gap in points], road, style=style)
below.named(x="horizon $H$", y="gap / bound", log="xy")
above.named(x="", y="gap", log="xy").legend()
above.slope(curves["cliff"], 2)
above.slope(curves["unicycle"], 1)

# %% [markdown]
# ## Why the theorem is true, in three lines
#
# Ross and Bagnell (2010), theorem 2.1: with rewards in $[0,1]$ and the error counted **where the expert goes**,
# $$\epsilon=\frac1H\sum_{h}\mathbb E_{s\sim d_h^{\pi_E}}\big[\mathrm{TV}(\hat\pi_h,\pi_{E,h})\big],\qquad
# J(\pi_E)-J(\hat\pi)\le H^2\epsilon .$$
# 1. *Performance difference* (`pdl`): $J(\pi_E)-J(\hat\pi)=\sum_h\mathbb E_{s\sim d_h^{\pi_E}}
#    \sum_a(\pi_E-\hat\pi)(a|s)\,Q_h^{\hat\pi}(s,a)$.
# 2. $Q_h^{\hat\pi}$ lies in $[0,H-h+1]$, so each bracket is at most $(H-h+1)\,\mathrm{TV}$.
# 3. Hence $J(\pi_E)-J(\hat\pi)\le\sum_h(H-h+1)\,\epsilon_h\le H\sum_h\epsilon_h=H^2\epsilon$.
#
# Line 3 has two inequalities, and the second one wastes something: it prices every error as if it were made at the
# first step. So *when* one errs should matter more than how often. Let three learners err equally often, on one road:
# all at the first step, evenly, or all at the last step.

# %%
H, total = 8, F(4, 10)  # epsilon_1 + ... + epsilon_H, the same for all
road, expert, _ = families.cliff(horizon=H, error=0)


def errs(probabilities):
    """The learner that leaves the road with these probabilities, given that it is on it."""
    return [[[1 - p, p], [1, 0]] for p in probabilities]


profiles = {
    "first step": [total if h == 0 else F(0) for h in range(H)],
    "evenly": [total / H] * H,
    "last step": [total if h == H - 1 else F(0) for h in range(H)],
}
left = np.arange(H, 0, -1)
panels = Sheet(plt.figure(figsize=(6.2, 2.5))).panels(3, sharey=True)
for k, (panel, (name, profile)) in enumerate(zip(panels, profiles.items(), strict=True)):
    learner = errs(profile)
    gap, rate = F(il.gap(road, expert, learner)), F(il.error_rate(road, expert, learner))
    weighted = sum(int(w) * p for w, p in zip(left, profile, strict=True))
    print(
        f"{name:10}: epsilon = {rate}, gap = {gap} = {float(gap):.3f}, weighted bound {weighted}, H^2 eps {H * H * rate}"
    )
    panel.axes.bar(range(1, H + 1), [float(p) for p in profile], color=COLOURS[k])
    panel.axes.set_xticks(range(1, H + 1))
    panel.named(x="step $h$", y=r"$\epsilon_h$" if k == 0 else "", title=f"{name}: gap {float(gap):.2f}")

# %% [markdown]
# Erring at the first step **attains** $H^2\epsilon$, for every horizon: the theorem cannot be improved
# (`ross-bagnell-2010-tight`). Erring at the last step costs $H$ times less. So the folklore instance of compounding
# error, the cliff with a constant error rate, is *not* the worst case; it only gets half of the bound
# (`ross-bagnell-2010-thm-2-1.uniform-error`: $H(H+1)/2$ where no step errs more than $\epsilon$).
#
# ## The law bends: you cannot lose more than everything
#
# A parabola cannot go on for ever when the gap is at most $H$. Make the horizon long, or the clone bad:

# %%
(panel,) = Sheet(plt.figure(figsize=(4.8, 3.4))).panels()
horizons = [2**k for k in range(1, 13)]
for error in (F(1, 10), F(1, 100), F(1, 1000)):
    points = [(H, float(families.cliff(horizon=H, error=float(error)).gap)) for H in horizons]
    style = panel.curve(points, rf"cliff, $\epsilon$ = {error}")
    panel.axes.axvline(1 / float(error), color=COLOURS[style], linewidth=0.6, linestyle=":")
panel.bound([(H, H) for H in horizons], "everything: $H$")
panel.named(x="horizon $H$", y="gap", log="xy").legend(columns=2)

# %% [markdown]
# The bend is at $H\approx1/\epsilon$ (dotted). **Surprise:** a clone that is wrong one time in ten shows *no* quadratic
# law in any experiment with more than a dozen steps. If you measure a slope near 1 and conclude that your road is
# forgiving, you may be looking at a learner that has fallen off at once. Slopes mean something below the bend only.
#
# ## Turning the cliff into a ditch
#
# Now the real question: what makes the square go away? Give the bottom of the cliff a way out. A driver down there
# climbs back with probability $\rho$ each step: $\rho=0$ is the cliff, $\rho=1$ much like the unicycle.


# %%
def ditch(horizon, error, rho):
    P = [[[1, 0], [0, 1]], [[rho, 1 - rho]] * 2]
    mdp = TabularMDP(P, [[1, 0], [0, 0]], [1, 0], horizon=horizon)
    return mdp, [[1, 0], [1, 0]], [[1 - error, error]] * 2


horizons, error = (2, 4, 8, 16, 32, 64, 128, 256), F(1, 10**6)
(panel,) = Sheet(plt.figure(figsize=(5.0, 3.6))).panels()
for rho in (F(0), F(1, 64), F(1, 16), F(1, 4), F(1)):
    points = [(H, F(il.gap(*ditch(H, error, rho))) / (H * error)) for H in horizons]
    style = panel.curve(points, rf"$\rho$ = {rho}")
    worst = [(H, F(il.recoverability(*ditch(H, error, rho)[:2]))) for H in horizons]
    panel.axes.plot(*zip(*((H, float(u)) for H, u in worst), strict=True), "--", color=COLOURS[style], linewidth=0.7)
panel.named(x="horizon $H$", y="cost of one mistake", log="xy").legend(columns=2)

# %% [markdown]
# Each curve is the gap divided by the expected number of mistakes, $H\epsilon$: what *one* mistake costs. It grows with
# the horizon until $H\approx1/\rho$, the time it takes to get out of the ditch, and then stays. So the law is not
# "$H^2$"; it is, roughly,
#
# $$\text{gap}\approx\underbrace{H\epsilon}_{\text{mistakes}}\times
# \underbrace{\min\big(\tfrac H2,\,1+\tfrac1\rho\big)}_{\text{cost of one: itself, and the time in the ditch}},$$
#
# and the square appears when the time in the ditch *is* the horizon. The thin dashed lines are the **recoverability**
# $u=\max_{h,s,a}V_h^{\pi_E}(s)-Q_h^{\pi_E}(s,a)$, the most that one wrong action can cost if the *expert* takes over after
# it (`il.recoverability`), and the DAgger theorem (`dagger-2011-thm-2-2`) turns them into a bound $u\,H\,\epsilon$.
#
# ## The catch: who is at the wheel in the ditch?
#
# Recoverability speaks of the expert. But an expert is never in the ditch, so its demonstrations do not show how to
# get out, as the first notebook warned us: *nobody who watches can tell what it would do in a room it never enters.* Give
# the driver in the ditch a choice: action 0 climbs out, action 1 spins the wheels. Two learners, with the **same**
# error under the expert's distribution:
#
# * *clone*: errs with $\epsilon$ on the road; has never seen the ditch and spins.
# * *dagger*: asked the expert about the states it got itself into; errs with $\epsilon$ everywhere.


# %%
def choice(horizon):
    P = [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]
    return TabularMDP(P, [[1, 0], [0, 0]], [1, 0], horizon=horizon), [[1, 0], [1, 0]]


clone, dagger = [[1 - ERROR, ERROR], [0, 1]], [[1 - ERROR, ERROR]] * 2
mdp, expert = choice(16)
for name, learner in (("clone", clone), ("dagger", dagger)):
    where_expert, where_learner = (F(f(mdp, expert, learner)) for f in (il.error_rate, il.on_policy_error_rate))
    print(f"{name:6}: error where the expert goes {where_expert}, where the learner goes {float(where_learner):.6f}")

# %%
horizons = (4, 8, 16, 32, 64, 128)
(panel,) = Sheet(plt.figure(figsize=(5.0, 3.7))).panels()
panel.bound([(H, H**2 * ERROR) for H in horizons], r"$H^2\,\epsilon$, cloning")
panel.bound([(H, 2 * H * ERROR) for H in horizons], r"$u\,H\,\epsilon$, DAgger, $u = 2$", colour=COLOURS[1])
curves = {
    name: [(H, F(il.gap(*choice(H), pi))) for H in horizons] for name, pi in (("clone", clone), ("dagger", dagger))
}
for name, points in curves.items():
    panel.curve(points, with_slope(name, points))
panel.named(x="horizon $H$", y="gap", log="xy").legend()
panel.slope(curves["clone"], 2)
panel.slope(curves["dagger"], 1)
assert F(il.recoverability(*choice(16))) == 2

# %% [markdown]
# The same world, the same expert, the same $\epsilon$ in the training set, and two different laws. What interaction buys is
# not fewer mistakes but mistakes *in the right places*. The identity behind it (`dagger-2011-thm-2-2.identity`) is the
# performance difference with the roles swapped, $J(\pi_E)-J(\hat\pi)=\sum_h\mathbb E_{s\sim d_h^{\hat\pi}}
# [V^{\pi_E}_h(s)-Q_h^{\pi_E}(s,\hat\pi_h)]$: the learner's states, the expert's values.
#
# Let us watch the real algorithm do it, with exact state distributions, so that there is no noise in what you see. The
# first policy tosses coins and falls into the ditch; the expert is asked what it would do there, and that was all.

# %%
mdp, expert = choice(12)
run = il.learners.dagger(mdp, expert, il.learners.TabularPolicies(mdp), iterations=4)
for i, policy in enumerate(run.policies, 1):
    print(f"iteration {i}: gap {F(il.gap(mdp, expert, policy))}")

# %% [markdown]
# ## Where does $\epsilon$ come from?
#
# From not having seen. On the **reset** road of Rajaraman et al. (2020) each step draws a new state, and a clone is lost
# in states that $N$ demonstrations did not show. Its expected gap has a closed form, so you can see two laws in one
# picture: the square in $H$ *and* the $1/N$ of the data, $|S|H^2/N$ (`rajaraman-2020-bc-det`). No learner at all does better
# here when the right actions are random (`rajaraman-2020-lower-bound.bayes-risk`), not even one that may ask the expert
# online (`rajaraman-2020-active`): there is nothing to recover to.

# %%
by_horizon, by_data = Sheet(plt.figure(figsize=(6.2, 3.4))).panels(2)
points = [(H, families.reset(6, horizon=H, n_trajectories=1024).gap) for H in (2, 4, 8, 16, 32, 64)]
by_horizon.curve(points, with_slope("N = 1024", points))
by_horizon.bound([(H, families.reset(6, horizon=H, n_trajectories=1024).bound) for H, _ in points], "bound")
by_horizon.named(x="horizon $H$", y="expected gap", log="xy").legend()
by_horizon.slope(points, 2)
by_horizon.ticks([H for H, _ in points])
points = [(N, families.reset(6, horizon=8, n_trajectories=N).gap) for N in (16, 64, 256, 1024, 4096)]
by_data.curve(points, with_slope("H = 8", points))
by_data.bound([(N, families.reset(6, horizon=8, n_trajectories=N).bound) for N, _ in points], "bound")
by_data.named(x="demonstrations $N$", y="", log="xy").legend()
by_data.axes.set_ylim(1e-3, None)
by_data.slope(points, -1)

# %% [markdown]
# ## Ask the machine
#
# Is the theorem true of models that we did not make up? And is "linear in $H$" really false? `il.falsify` looks for the
# smallest counterexample and hands it over in fractions.


# %%
@il.claim(statement=r"J(\pi_E) - J(\hat\pi) \le H \epsilon")
def linear(mdp: il.FiniteHorizonMDP, expert: il.DeterministicPolicy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= mdp.horizon * il.error_rate(mdp, expert, learner)


print("H^2 eps:", il.verify("ross-bagnell-2010-thm-2-1", n=1).verdict)
found = il.falsify(linear, seed=0)
print("H eps  : refuted by", found.size, "where", found.simplest.lhs, ">", found.simplest.rhs)

# %% [markdown]
# The smallest refutation has two steps: a compounding error needs a first step to err in and a second one to pay for.
#
# ## Exercises
#
# **1.** On the cliff with $\epsilon=1/2$ and $H=3$: the exact gap, as a fraction.

# %% tags=["exercise"]
answer = None
assert answer is None or answer == F(il.gap(*families.cliff(horizon=3, error=F(1, 2))))

# %% [markdown]
# **2.** Give error probabilities for steps 1 to 4 (a list of fractions, given that one is on the road) so that every
# step contributes the *same* expected number $\epsilon_h(H-h+1)=1/10$ to the weighted bound.

# %% tags=["exercise"]
answer = None
if answer is not None:
    four, expert_of_four, _ = families.cliff(horizon=4, error=0)
    assert F(il.gap(four, expert_of_four, errs(answer))) > 0
    assert [(4 - h) * p for h, p in enumerate(answer)] == [F(1, 10)] * 4

# %% [markdown]
# **3.** With $H=100$ steps, from which return probability $\rho$ on is one mistake in the ditch worth at most 5 coins, in the
# sense of recoverability? Give any $\rho\le1/4$ that will do.

# %% tags=["exercise"]
answer = None
if answer is not None:
    assert 0 < answer <= F(1, 4)
    assert F(il.recoverability(*ditch(100, ERROR, answer)[:2])) <= 5

# %% [markdown]
# **4.** On the loop, can any learner with mean error $\epsilon$ lose more than $H\epsilon$? Answer `True` or `False`, after you
# have looked at what $V-Q$ can be there.

# %% tags=["exercise"]
answer = None
mdp, expert, _ = families.loop(horizon=9, error=0)
assert answer is None or answer is bool(F(il.recoverability(mdp, expert)) > 1)

# %% [markdown]
# **5.** How many demonstrations does a clone need on the reset road with 6 states and $H=8$ to lose at most $1/100$
# in expectation? Give the smallest power of two.

# %% tags=["exercise"]
answer = None
if answer is not None:
    gap_of = {n: families.reset(6, horizon=8, n_trajectories=n).gap for n in (answer // 2, answer)}
    assert gap_of[answer] <= F(1, 100) < gap_of[answer // 2]
