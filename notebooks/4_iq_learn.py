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
# # 4 IQ-Learn: one Q instead of two players
#
# The last notebook had two players who chase each other. Garg et al. (2021) say: *you need only one, a table $Q$, and one
# objective to climb.* **How can a function of one thing solve a game between two?** Is the objective concave, as the paper says?
# And is what it finds the expert? The three answers are: by a change of variables; not quite; and almost.

# %%
from fractions import Fraction as F
from math import exp, log1p

import matplotlib.pyplot as plt
import numpy as np

import iltheory as il
from iltheory.figures.sheet import INK, Sheet, with_slope
from iltheory.figures.venues import VENUES
from iltheory.measures import (
    F_DIVERGENCES,
    inverse_soft_bellman,
    inverse_soft_dual,
    soft_best_policy,
    soft_q,
)
from sims import TabularMDP
from sims.arithmetic import convert

plt.rcParams.update({**VENUES["slides"].settings(), "figure.dpi": 110})
CHI2 = F_DIVERGENCES["chi2"]  # phi(x) = x - x^2 / 4

# %% [markdown]
# ## Step one: say "reward" in the language of action values
#
# For a policy $\pi$, a reward and its soft action values are the same thing in two languages (`iq-lemma-3-1`):
# $$Q=r+\gamma\,\mathbb E\,V^\pi(s'),\quad V^\pi(s)=\mathbb E_{a\sim\pi}[Q(s,a)-\log\pi(a|s)]
# \qquad\Longleftrightarrow\qquad r=\mathcal T^\pi Q=Q-\gamma\,\mathbb E\,V^\pi(s').$$
# From left to right is policy evaluation, a linear system; from right to left is a subtraction. The map is a bijection, so
# maximising over rewards *is* maximising over $Q$. In the two rooms:

# %%
P = [[[1, 0], [F(1, 4), F(3, 4)]], [[F(1, 4), F(3, 4)], [1, 0]]]
rooms = TabularMDP(P, [[0, 0], [0, 0]], [F(3, 4), F(1, 4)], discount=F(3, 4)).to("float64")
expert = np.array([[1 / 4, 3 / 4], [2 / 3, 1 / 3]])
halves = np.full((2, 2), 0.5)
r = np.array([[0.0, 1.0], [-1.0, 0.5]])
q = soft_q(rooms, halves, r)
print("Q  ", q.round(4).tolist())
print("r  ", inverse_soft_bellman(rooms, halves, q).round(12).tolist())

# %% [markdown]
# ## Step two: the telescope
#
# The game pays $L(\pi,r)=\mathbb E_{\rho_E}[\phi(r)]-\mathbb E_\rho[r]-\mathcal H(\pi)$. Put $r=\mathcal T^\pi Q$. The expectation
# under the *learner* becomes a telescope, $\mathbb E_\rho[V^\pi(s)-\gamma V^\pi(s')]$, and collapses to the first state:
# $$L(\pi,\mathcal T^\pi Q)=J(\pi,Q)=\mathbb E_{\rho_E}\big[\phi(Q-\gamma\,\mathbb E V^\pi(s'))\big]-(1-\gamma)\,\mathbb E_{s\sim\mu}V^\pi(s).$$
# **The learner's occupancy has vanished** (`iq-lemma-3-2`): no roll-outs of the learner are needed to know what it earns. What
# remains of $\pi$ is $V^\pi$, and that is largest for the softmax policy $\pi_Q\propto e^Q$, where it is
# $V^*=\log\sum_ae^{Q}$. The second player answers in closed form, and one function is left:
# $$J^*(Q)=\mathbb E_{\rho_E}\big[\phi(Q-\gamma\,\mathbb E V^*(s'))\big]-(1-\gamma)\,\mathbb E_{s\sim\mu}V^*(s).$$
# Every $Q$ gives a *lower bound* on the value of the game (`iq-prop-3-3.weak`). Look at the bowl, upside down,
# for one state and two actions, where $Q$ has two coordinates.

# %%
coin = TabularMDP(np.ones((1, 2, 1)), np.zeros((1, 2)), np.ones(1), discount=0.9)
biased = np.array([[0.8, 0.2]])


def objective(mdp, expert, q, utility=CHI2.utility):
    """J* of action values, or of an array of them."""
    return np.asarray(inverse_soft_dual(mdp, mdp.occupancy(expert), q, utility))


found = il.learners.iq_learn(coin, biased)
near, far = Sheet(plt.figure(figsize=(6.4, 3.1))).panels(2)
side = np.linspace(-8, 16, 161)
heights = objective(coin, biased, np.stack(np.meshgrid(side, side), -1)[..., None, :])
shortfall = np.log10(float(found.value) - heights)
filled = near.axes.contourf(side, side, shortfall, levels=np.arange(-3, 2.6, 0.25), cmap="cividis_r", extend="min")
plt.colorbar(filled, ax=near.axes, label=r"$\log_{10}$(value $- J^*$)", ticks=range(-3, 3))
near.axes.plot(*found.q[0], "*", color="#E69F00", markeredgecolor=INK, markersize=11)
near.named(x="$Q(0)$", y="$Q(1)$", title="the objective")
points = [(c, float(objective(coin, biased, found.q + c))) for c in side / 2]
far.curve(points, "$J^*(Q^* + c)$", marks=False)
far.bound([(x, float(found.value)) for x, _ in points], "value of the game")
far.named(x="$c$, added to all action values", y="").legend()
print("Q*", found.q.round(4).tolist(), " J*(Q*) =", float(found.value))
print("learner", np.asarray(found.policy).round(4).tolist(), " expert", biased.tolist())

# %% [markdown]
# A surprise on the right: adding a constant to $Q$ changes no policy, yet the objective cares, because a constant reward
# is something that $\phi$ pays for. That is how IQ-Learn pins down a reward where inverse reinforcement learning
# cannot. And another one in the printed line: **the learner is not the expert**. We come back to that.
#
# ## One climber, the same summit
#
# Is the top of this hill the saddle point of the game of the third notebook? There we certified saddle points from both
# sides; so we can simply look.

# %%
print("divergence         game's value, certified                            IQ-Learn's J*")
for divergence in ("chi2", "reverse-kl", "jensen-shannon", "squared-hellinger"):
    one = il.learners.iq_learn(rooms, expert, divergence=divergence)
    two = il.learners.adversarial_imitation(rooms, expert, il.games.DivergenceRewards(divergence), entropy_weight=1)
    apart = abs(np.asarray(one.policy) - np.asarray(convert(two.policy, "float64"))).max()
    print(f"{divergence:18} {two.value}  {float(one.value):.15f}   policies apart {apart:.0e}")

# %% [markdown]
# Four divergences, two algorithms with nothing in common, one answer. (`iq-prop-3-3`.)
#
# ## Is it concave?
#
# Proposition 3.5 of the paper says that $J^*$ is concave for concave $\phi$. The argument: $V^*$ is convex in $Q$, so
# $r=Q-\gamma\mathbb E V^*$ is concave in $Q$, and a concave function of a concave function... needs to be **nondecreasing** to
# be concave! The paper's own choice $\phi(x)=x-x^2/4$ turns round at $x=2$. Far out, where rewards exceed 2, there should be
# trouble. Walk along a line through $Q=(40,40)$ with $\gamma=0.9$, in a direction that leaves the expert's reward unchanged to first
# order.

# %%
certain = np.array([[1.0, 0.0]])
middle, direction = np.array([[40.0, 40.0]]), np.array([[0.9, 1.1]])
steps = np.linspace(-1.5, 1.5, 121)

printed, repaired = Sheet(plt.figure(figsize=(6.2, 3.0))).panels(2)
for panel, utility, name in (
    (printed, CHI2.utility, r"$\phi(x)=x-x^2/4$"),
    (repaired, CHI2.envelope, r"$\phi$ constant from 2 on"),
):
    values = objective(coin, certain, middle + steps[:, None, None] * direction, utility)
    chord = np.interp(steps, steps[[0, -1]], values[[0, -1]])
    panel.curve(list(zip(steps, values - chord, strict=True)), name, marks=False, style=int(panel is repaired))
    panel.axes.axhline(0, color=INK, linewidth=0.6)
    panel.named(x="step along the line", y="$J^*$ above its chord" if panel is printed else "").legend()

# %% [markdown]
# A concave function lies above its chords. On the left the curve hangs **below**: the proposition as printed is false, for the paper's own $\phi$. Do not take a
# float's word for it; the exact counterexample is kept beside the claim, as one of its false variants, and the
# verifier refutes it anew each time.

# %%
report = il.verify("iq-prop-3-5.chi2", n=1)
print(
    "constant from 2 on:", report.verdict, "| false variants refuted:", report.variants_refuted, "of", report.variants
)
as_printed = il.falsify(il.catalogue()["iq-prop-3-5"].false_variants[0], seed=0)
print("as printed:", as_printed.verdict, "by a model with", as_printed.size)
print("  ", float(as_printed.simplest.lhs.upper), "<", float(as_printed.simplest.rhs.lower), "should have been >=")

# %% [markdown]
# Nothing is lost, though. Optimal rewards are $2(1-\rho/\rho_E)<2$, so the repaired $\phi$ has the same summit; and in terms of
# **rewards** the objective $F(r)=J^*((\mathcal T^*)^{-1}r)$ is concave for every concave $\phi$
# (`iq-prop-3-5.in-rewards`). That is what our solver climbs: Newton's method on rewards, and $Q$ read off at the end.
#
# ## Who is at the summit?
#
# Not the expert: an expert with odds 4 to 1 was answered by a learner with odds of less than 3 to 1. The paper's temperature is 1, and
# as in the third notebook an entropy bonus of that size moves the saddle. Turn the temperature down:

# %%
temperatures = [2.0**k for k in range(-7, 3)]
points = {name: [] for name in ("chi2", "reverse-kl", "jensen-shannon")}
for name, curve in points.items():
    for temperature in temperatures:
        learner = il.learners.iq_learn(rooms, expert, divergence=name, temperature=temperature)
        curve.append((temperature, float(il.occupancy_tv(rooms, learner.policy, expert))))
(panel,) = Sheet(plt.figure(figsize=(4.8, 3.4))).panels()
for name, curve in points.items():
    panel.curve(curve, name)
panel.named(x="temperature", y="learner from expert, TV", log="xy").legend(columns=3)
panel.slope(points["chi2"][:5], 1)

# %% [markdown]
# Proportional to the temperature again. The reward that comes with it is worth a look: without noise it would be 0 at a
# perfect match (third notebook), here it is the *shadow price* of the entropy,
# $r=2(1-\rho/\rho_E)$ for chi-squared, large where the learner falls short of the expert.
#
# ## An expert who never hesitates
#
# Let the expert be deterministic. The supremum of $J^*$ is then 0, the value of copying it. But $J^*(Q)\le\mathbb E_{\rho_E}\log\pi_Q$, the
# likelihood that behavioural cloning maximises (`iq-prop-3-3.not-attained`), and no softmax is ever certain. So
# **no $Q$ attains the supremum**: training "to convergence" means that the $Q$ of the other action runs off to $-\infty$. Let
# us train, by gradient ascent on two numbers (with $r=Q(0)-\gamma V^*$ and $\phi'(r)=1-r/2$).

# %%
gamma, right, wrong, climb = 0.9, 0.0, 0.0, []  # Q(0) and Q(1)
due = {int(10 ** (k / 4)) for k in range(25)}
for step in range(1, max(due) + 1):
    rare = 1 / (1 + exp(right - wrong))  # the softmax probability of the other action
    v = right - log1p(-rare)
    slope = 1 - (right - gamma * v) / 2
    right, wrong = (
        right + slope * (1 - gamma * (1 - rare)) - (1 - gamma) * (1 - rare),
        wrong - slope * gamma * rare - (1 - gamma) * rare,
    )
    if step in due:
        climb.append((step, -float(objective(coin, certain, np.array([[right, wrong]]))), right - wrong))
loss, runaway = Sheet(plt.figure(figsize=(6.2, 3.2))).panels(2)
points = [(step, shortfall) for step, shortfall, _ in climb]
loss.curve(points, with_slope("last steps", points[-6:]))
loss.named(x="gradient step", y="$-J^*(Q)$", log="xy").legend()
loss.slope(points, -1, below=False)
runaway.curve([(step, apart) for step, _, apart in climb], "$Q(0)-Q(1)$", style=1)
runaway.named(x="gradient step", y="", log="x").legend()

# %% [markdown]
# After a while the loss falls like $1/t$ and never arrives, and the action values part like $\log t$: a straight line
# that no one should call converged. The solver works on the limit itself, and says so.

# %%
sure = np.array([[0.0, 1.0], [1.0, 0.0]])
limit = il.learners.iq_learn(rooms, sure)
print(
    "attained:",
    limit.attained,
    "| value approached:",
    float(limit.value),
    "| learner",
    np.asarray(limit.policy).tolist(),
)

# %% [markdown]
# ## Offline is cloning
#
# One more telescope. Offline, one has no simulator, so the first-state term is read off the *expert's* data:
# $(1-\gamma)\mathbb E_\mu V=\mathbb E_{\rho_E}[V(s)-\gamma V(s')]$. With $\phi(x)=x$ all the $V(s')$ cancel, and what is left is
# $\mathbb E_{\rho_E}[Q-V^*]=\mathbb E_{\rho_E}\log\pi_Q$: **behavioural cloning, whatever the dynamics** (`iq-offline`). All that
# offline IQ-Learn knows beyond cloning is the penalty $-r^2/4$ on the expert's own pairs (`iq-offline.chi2`).

# %%
rng = np.random.default_rng(0)
for _ in range(3):
    q = rng.normal(size=(2, 2)) * 3
    shown = rooms.occupancy(expert)
    offline = inverse_soft_dual(rooms, shown, q, lambda x: x, nu=shown)
    print(f"{float(offline):.12f} = {float((shown * np.log(soft_best_policy(rooms, q))).sum()):.12f}")

# %% [markdown]
# ## Exercises
#
# **1.** One state, discount 1/2, $Q=(1,0)$ and the policy that always takes action 0. What reward $\mathcal T^\pi Q$ does
# action 0 get, as a fraction?

# %% tags=["exercise"]
answer = None
if answer is not None:
    one_state = TabularMDP([[[1], [1]]], [[0, 0]], [1], discount=F(1, 2))
    reward = inverse_soft_bellman(one_state.to("float64"), np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]]))
    assert reward[0, 0] == float(answer)

# %% [markdown]
# **2.** From which reward on does $\phi(x)=x-x^2/4$ decrease, and what is $\phi$ there? A pair.

# %% tags=["exercise"]
answer = None
if answer is not None:
    x, height = answer
    assert CHI2.utility(np.array(float(x))) == height
    assert height > max(CHI2.utility(np.array(float(x) + 0.01)), CHI2.utility(np.array(float(x) - 0.01)))

# %% [markdown]
# **3.** How large is the largest reward that chi-squared IQ-Learn can ever assign to a pair? Give the supremum.

# %% tags=["exercise"]
answer = None
if answer is not None:
    rare = il.learners.iq_learn(coin, np.array([[1 - 1e-3, 1e-3]]), temperature=20.0)
    assert rare.reward.max() < answer and answer == CHI2.high

# %% [markdown]
# **4.** In the coin world (one state, discount 0.9), which constant $c$ added to *all rewards* corresponds to adding 1 to all
# action values?

# %% tags=["exercise"]
answer = None
if answer is not None:
    raised = inverse_soft_bellman(coin, biased, found.q + 1) - inverse_soft_bellman(coin, biased, found.q)
    assert np.allclose(raised, float(answer), rtol=0, atol=1e-12)

# %% [markdown]
# **5.** Find action values for the coin world, as a nested list, whose $J^*$ proves that *no* policy brings the
# chi-squared game (with entropy) below $-0.6$.

# %% tags=["exercise"]
answer = None
if answer is not None:
    assert objective(coin, biased, np.array(answer, dtype=float), CHI2.envelope) >= -0.6
