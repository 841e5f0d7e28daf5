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
# # 1 Occupancy measures by hand
#
# Somebody spends the day between a library and a café. You are told what she is paid for, but not yet: first write down
# *everything about her behaviour that any reward could ever depend on*. How many numbers is that, and what do all the
# possible answers look like, drawn as one shape?
#
# Everything here is exact: numbers are fractions, equalities are equalities. What is claimed of all models, not only of
# ours, has an id in the catalogue of `iltheory`, and you can check it with `il.verify(id)`.

# %%
from fractions import Fraction as F

import matplotlib.pyplot as plt
import numpy as np

import iltheory as il
from iltheory.figures.sheet import COLOURS, INK, Sheet, with_slope
from iltheory.figures.venues import VENUES
from sims import TabularMDP
from sims.arithmetic import asarray

plt.rcParams.update({**VENUES["slides"].settings(), "figure.dpi": 110})

# %% [markdown]
# ## Two rooms
#
# In each room $s$ she may **stay** ($a=0$) or **go** ($a=1$). From the library, going works three times out of four;
# in the café, staying fails one time in four (it is crowded). She is a writer: an hour in the café that she decides to
# stay for is worth 1, one in the library 1/4, and what she does between them nothing.

# %%
LIBRARY, CAFE, STAY, GO = 0, 1, 0, 1
P = [  # P[s][a][t], the probability of room t after action a in room s
    [[1, 0], [F(1, 4), F(3, 4)]],
    [[F(1, 4), F(3, 4)], [1, 0]],
]
r = [[F(1, 4), 0], [1, 0]]
mu = [F(3, 4), F(1, 4)]
pi = [[F(2, 3), F(1, 3)], [F(1, 2), F(1, 2)]]  # pi[s][a]: how she behaves

# %% [markdown]
# ## Pushing a unit of probability
#
# The **occupancy** of step $h$ is the law of what she does then, $d_h(s,a)=\Pr(s_h=s,\,a_h=a)$. It needs no theory: put
# a unit of probability on the rooms as $\mu$ says, split it by the policy, push it through $P$, and repeat,
# $$d_1(s,a)=\mu(s)\,\pi(a|s),\qquad d_{h+1}(t,b)=\pi(b|t)\sum_{s,a} d_h(s,a)\,P(t|s,a).$$


# %%
def pushed(mu, pi, horizon):
    law, steps = list(mu), []
    for _ in range(horizon):
        d = [[law[s] * pi[s][a] for a in (STAY, GO)] for s in (LIBRARY, CAFE)]
        law = [sum(d[s][a] * P[s][a][t] for s in (LIBRARY, CAFE) for a in (STAY, GO)) for t in (LIBRARY, CAFE)]
        steps.append(d)
    return steps


by_hand = pushed(mu, pi, 3)
for h, d in enumerate(by_hand, 1):
    print(f"d_{h}:", [[str(x) for x in row] for row in d], " sum", sum(map(sum, d)))

# %% [markdown]
# The library does the same; `TabularMDP` given fractions answers in fractions. And since a return is a sum of what
# single steps pay, *every* expected return is a linear function of these numbers, $J(\pi)=\sum_h \langle d_h, r\rangle$.

# %%
day = TabularMDP(P, r, mu, horizon=3)
d = day.occupancy(pi)
assert (d == asarray(by_hand)).all()
paid = sum(d_h[s][a] * r[s][a] for d_h in by_hand for s in (LIBRARY, CAFE) for a in (STAY, GO))
print("J by hand:", paid, "  il.value:", F(il.value(day, pi)))

# %%
restless = [[F(1, 10), F(9, 10)]] * 2  # goes nine times out of ten
long = TabularMDP(P, r, mu, horizon=12).occupancy(restless)
(panel,) = Sheet(plt.figure(figsize=(5.5, 2.6))).panels()
bottom = np.zeros(12)
for k, (s, a) in enumerate([(LIBRARY, STAY), (LIBRARY, GO), (CAFE, STAY), (CAFE, GO)]):
    share = np.array([float(long[h, s, a]) for h in range(12)])
    label = f"{('library', 'café')[s]}, {('stay', 'go')[a]}"
    panel.axes.bar(range(1, 13), share, bottom=bottom, color=COLOURS[k], edgecolor="white", linewidth=0.6, label=label)
    bottom += share
panel.named(x="step $h$", y="$d_h(s,a)$").legend(columns=4)

# %% [markdown]
# The restless one swings from room to room and settles in a steady habit: one matrix product a step. Discounted problems
# ask for something else, though, and it is prettier.
#
# ## A day that may end at any moment
#
# With a discount $\gamma$, let the day end after each step with probability $1-\gamma$, and look at what she does *when
# it ends*: $d(s,a)=(1-\gamma)\sum_{t\ge0}\gamma^t\Pr(s_t=s,a_t=a)$ sums to 1, and $J(\pi)=\langle d,r\rangle/(1-\gamma)$.
# An infinite sum, but one linear equation a room: what flows in is what is there,
# $$\sum_a d(s,a)=(1-\gamma)\,\mu(s)+\gamma\sum_{s',a'}d(s',a')\,P(s|s',a').\tag{flow}$$
# For $\gamma=3/4$, write $x$ for her share of the library. She stays there with $2/3$, so she is in the library next with
# probability $2/3+1/3\cdot1/4=3/4$; from the café with $1/2\cdot1/4+1/2=5/8$. Hence
# $x=\tfrac14\cdot\tfrac34+\tfrac34\big(\tfrac34x+\tfrac58(1-x)\big)$: solve it before you read on.

# %%
mdp = TabularMDP(P, r, mu, discount=F(3, 4))
d = mdp.occupancy(pi)
print(d)
print("share of the library", F(mdp.state_occupancy(pi)[LIBRARY]))
print("residual of the flow equations", mdp.flow_residual(d))

# %% [markdown]
# ## The shape of all behaviour
#
# Four numbers, and (flow) ties two of them: $d(\text{library},\text{go})$ and $d(\text{café},\text{go})$ say it all.
# So all behaviours of this person fit into one flat picture. Policies fill a square; where do their occupancies go?


# %%
def policy(p, q):
    """Go with probability p in the library and q in the café."""
    p, q = np.broadcast_arrays(p, q)
    return np.stack([np.stack([1 - p, p], -1), np.stack([1 - q, q], -1)], -2)


floats = mdp.to("float64")
side = np.linspace(0, 1, 81)
p, q = np.meshgrid(side, side)
d_all = floats.occupancy(policy(p, q))
x, y = d_all[..., LIBRARY, GO], d_all[..., CAFE, GO]


def two_worlds(heights, label, levels=14):
    """One function twice: over the square of policies, and over their occupancies."""
    square, shape = Sheet(plt.figure(figsize=(5.8, 2.9))).panels(2)
    for panel, across, up in ((square, p, q), (shape, x, y)):
        filled = panel.axes.contourf(across, up, heights, levels=levels, cmap="cividis")
        for k in range(0, 81, 10):
            panel.axes.plot(across[k], up[k], color="white", linewidth=0.5, alpha=0.6)
            panel.axes.plot(across[:, k], up[:, k], color="white", linewidth=0.5, alpha=0.6)
    plt.colorbar(filled, ax=shape.axes, label=label)
    square.named(x="go | library", y="go | café", title="policies")
    shape.named(x="$d$(library, go)", y="$d$(café, go)", title="occupancies")
    return square, shape


square, shape = two_worlds(floats.value(policy(p, q)), "$J$")
for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
    vertex = mdp.occupancy([[1 - corner[0], corner[0]], [1 - corner[1], corner[1]]])
    at = float(vertex[LIBRARY, GO]), float(vertex[CAFE, GO])
    shape.axes.plot(*at, "*", color="#E69F00", markeredgecolor=INK, markersize=9, clip_on=False, zorder=5)
    print(corner, "->", F(vertex[LIBRARY, GO]), F(vertex[CAFE, GO]))

# %% [markdown]
# Look at the level lines. Over policies the return is *bent*: neither convex nor concave, which is why policy gradients
# have a hard life. Over occupancies the very same function is a plane, and its level lines are straight. All the
# difficulty has moved into the map between the pictures. Three facts to read off, with their ids:
#
# * occupancies are exactly the solutions of (flow): a **polytope** (`occ-polytope-discounted`, and its converse);
# * its corners, the stars, are deterministic policies, $A^S$ of them if every room can be the first one
#   (`occ-vertices`, `occ-vertices.distinct`), so a linear function has a deterministic optimum;
# * straight grid lines stay straight: mixing two policies *in one room* moves along a segment (`occ-vertices.segment`),
#   but not at constant speed. Count the crossings along a side of the right picture.
#
# ## There and back again
#
# From an occupancy the policy comes back by dividing, $\pi(a|s)=d(s,a)/\sum_b d(s,b)$, where there is something to divide.
# Where nobody goes, anything is as good: *nobody who watches her can tell what she would do in a room she never enters.*

# %%
assert (mdp.project(mdp.occupancy(pi)) == asarray(pi)).all()
homely = TabularMDP(P, r, [1, 0], discount=F(3, 4))  # starts in the library
stays_stays, stays_goes = [[1, 0], [1, 0]], [[1, 0], [0, 1]]
assert (homely.occupancy(stays_stays) == homely.occupancy(stays_goes)).all()
print("two policies, one occupancy:", homely.occupancy(stays_goes))

# %% [markdown]
# Remember this room: it is where behavioural cloning dies in the second notebook.
#
# ## One coin in the morning, or one coin at every door?
#
# Take two policies, *homebody* (always stay) and *nomad* (always go). Mix them in two ways:
# (a) toss **one** coin in the morning and follow the policy it picks all day;
# (b) toss a coin at **every** step. Surely it is the same on average?

# %%
homebody, nomad = [[1, 0], [1, 0]], [[0, 1], [0, 1]]
morning = (mdp.occupancy(homebody) + mdp.occupancy(nomad)) / 2
every_step = mdp.occupancy([[F(1, 2), F(1, 2)]] * 2)
print("one coin    ", morning)
print("many coins  ", every_step)
print("one coin is the Markov policy", mdp.project(morning))

# %% [markdown]
# It is not. The morning coin gives the *midpoint* of two occupancies, which by convexity is again the occupancy of a
# Markov policy, printed above, and it is not the policy of halves: seeing her in the café is evidence that the coin said
# nomad. (`occ-mixture`.) In the picture (a) walks along the chord and (b) along a curve.

# %%
weight = np.linspace(0, 1, 41)[:, None, None]
chord = (1 - weight) * floats.occupancy(policy(0.0, 0.0)) + weight * floats.occupancy(policy(1.0, 1.0))
curve = floats.occupancy(policy(weight[:, 0, 0], weight[:, 0, 0]))
(panel,) = Sheet(plt.figure(figsize=(4.2, 3.1))).panels()
corners = floats.occupancy(policy(np.array([0, 1, 1, 0.0]), np.array([0, 0, 1, 1.0])))
panel.axes.fill(corners[:, LIBRARY, GO], corners[:, CAFE, GO], color="#56B4E9", alpha=0.2)
panel.curve(list(zip(chord[:, LIBRARY, GO], chord[:, CAFE, GO], strict=True)), "one coin in the morning", marks=False)
panel.curve(list(zip(curve[:, LIBRARY, GO], curve[:, CAFE, GO], strict=True)), "a coin at every step", marks=False)
for law, style in ((morning, 0), (every_step, 1)):
    panel.axes.plot(float(law[LIBRARY, GO]), float(law[CAFE, GO]), "o", color=COLOURS[style])
panel.named(x="$d$(library, go)", y="$d$(café, go)").legend()

# %% [markdown]
# ## What imitation has to do with it
#
# You imitate somebody whose occupancy is $d_E$, and nobody tells you the reward. If rewards lie in $[0,1]$, how much can
# you lose? The adversary picks $r$ to hurt you most:
# $$\max_{0\le r\le1} J_r(\pi_E)-J_r(\pi)=\frac1{1-\gamma}\max_{0\le r\le 1}\langle d_E-d,\,r\rangle
# =\frac{1}{1-\gamma}\,\mathrm{TV}(d_E,d),$$
# attained by $r=\mathbf 1\{d_E>d\}$ (`j-gap-from-occ`, `j-gap-from-occ.sharp`). Everything adversarial imitation does
# later is this line with another class of rewards. Here it is in numbers.

# %%
expert = [[F(1, 4), F(3, 4)], [F(2, 3), F(1, 3)]]
d_expert, d_learner = mdp.occupancy(expert), mdp.occupancy(pi)
cruel = np.where(np.asarray(d_expert) > np.asarray(d_learner), 1, 0)
print("the cruellest reward", cruel.tolist())
print("gap", F(il.gap(mdp.with_rewards(cruel), expert, pi)), "= 4 TV =", 4 * F(il.occupancy_tv(mdp, expert, pi)))

# %% [markdown]
# And again one function in two worlds: the worst gap as a function of the learner. On occupancies it is a
# **convex** bowl (a norm!) with the expert at the bottom; on policies it is the same bowl, crumpled. Imitation is a
# convex problem in the right coordinates: that is the door to the third notebook.

# %%
far = abs(d_all - np.asarray(d_expert)).sum((-1, -2)) / 2 / (1 - 3 / 4)
square, shape = two_worlds(far, "worst gap", levels=18)
at_expert = [float(d_expert[s, GO]) for s in (LIBRARY, CAFE)]
for panel, at in ((square, [float(expert[s][GO]) for s in (LIBRARY, CAFE)]), (shape, at_expert)):
    panel.axes.plot(*at, "*", color="#E69F00", markeredgecolor=INK, markersize=11)

# %% [markdown]
# ## Watching instead of computing
#
# Why insist on exact occupancies, when one could watch? Because watching $N$ days leaves an error of order
# $1/\sqrt N$, with a constant that hides everything of interest. We watch days of three steps.

# %%
day_floats, rng = day.to("float64"), np.random.default_rng(0)
truth = day_floats.occupancy(policy(1 / 3, 1 / 2))
points = []
for n in (10, 40, 160, 640, 2560, 10240):
    errors = []
    for _ in range(20):
        seen = day_floats.sample(policy(1 / 3, 1 / 2), n, rng)
        counts = np.zeros((3, 2, 2))
        where = seen.states.reshape(n, 4)[:, :3], seen.actions.reshape(n, 3)
        np.add.at(counts, (np.arange(3), *where), 1 / n)
        errors.append(abs(counts - truth).sum() / 2 / 3)
    points.append((n, float(np.mean(errors))))
(panel,) = Sheet(plt.figure(figsize=(4.4, 3.0))).panels()
panel.curve(points, with_slope("seen from true", points))
panel.named(x="days watched $N$", y="mean TV", log="xy").legend()
panel.slope(points, F(-1, 2), below=False)

# %% [markdown]
# One more digit costs a hundred times the days. Three matrix products had all of them.
#
# ## Is it true in general?
#
# Two rooms prove nothing. The toolkit checks a claim on random models of five laws, on the families of the literature
# and on real Gymnasium tables, in exact or interval arithmetic, and says what it found in strict words: it *holds on N
# instances*, which is not a proof, but a single violation would end it.

# %%
report = il.verify("occ-mixture", n=1)
print("occ-mixture:", report.verdict, "| false variants refuted:", report.variants_refuted, "of", report.variants)

# %% [markdown]
# ## Exercises
#
# Replace `None` by your answer, as a `Fraction`, an integer or a nested list, and run the cell: it complains if you are
# wrong.
#
# **1.** By hand: what is the nomad's share $\sum_a d(\text{café},a)$ of the café, for $\gamma=3/4$?

# %% tags=["exercise"]
answer = None
assert answer is None or answer == F(mdp.state_occupancy(nomad)[CAFE])

# %% [markdown]
# **2.** She stays in the library for sure and goes from the café with probability $q$. For which $q$ is
# her occupancy exactly halfway between those of $q=0$ and $q=1$? (It is not $1/2$.)

# %% tags=["exercise"]
answer = None
halfway = (mdp.occupancy([[1, 0], [1, 0]]) + mdp.occupancy([[1, 0], [0, 1]])) / 2
assert answer is None or (mdp.occupancy([[1, 0], [1 - answer, answer]]) == halfway).all()

# %% [markdown]
# **3.** If she starts in the library for sure (`homely`), how many corners does the polytope have?

# %% tags=["exercise"]
answer = None
deterministic = [[[1 - a, a], [1 - b, b]] for a in (0, 1) for b in (0, 1)]
assert answer is None or answer == len({str(homely.occupancy(pi)) for pi in deterministic})

# %% [markdown]
# **4.** Find a policy (nested list of fractions) which is in the café for exactly 1/4 of the discounted time, and in
# both rooms goes with one and the same probability. Derive it: guessing takes long.

# %% tags=["exercise"]
answer = None
if answer is not None:
    assert answer[LIBRARY] == answer[CAFE], "one and the same probability"
    assert F(mdp.state_occupancy(answer)[CAFE]) == F(1, 4)

# %% [markdown]
# **5.** Give rewards in $[0,1]$ for which homebody and nomad are worth the same, although
# their occupancies differ, and which are not constant.

# %% tags=["exercise"]
answer = None
if answer is not None:
    values = [F(x) for row in answer for x in row]
    assert len(set(values)) > 1 and all(0 <= x <= 1 for x in values)
    assert F(il.gap(mdp.with_rewards(answer), homebody, nomad)) == 0

# %% [markdown]
# **6.** Discounts near 1: what does the nomad's share of the café tend to as $\gamma\to1$? (The long run of a chain of
# two states.)

# %% tags=["exercise"]
answer = None
patient = TabularMDP(P, r, mu, discount=1 - F(1, 10**12))
assert answer is None or abs(answer - F(patient.state_occupancy(nomad)[CAFE])) < F(1, 10**11)
