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
# # 3 GAIL as a game: saddle points you can trust
#
# A colleague shows you the loss curve of an adversarial imitator. It wiggles. Is it done? Is it wrong? Would a better
# optimiser have found a better policy? **From the loss you cannot tell, ever**, and we shall see why. But there is
# another number that tells, it costs one dynamic programme, and it comes with a proof that you can carry away in a file.

# %%
import json
from fractions import Fraction as F

import matplotlib.pyplot as plt
import numpy as np

import iltheory as il
from iltheory.figures.sheet import COLOURS, INK, Sheet
from iltheory.figures.venues import VENUES
from proofs_check.kernel.reading import Refused, parse
from proofs_check.kernel.saddle import check
from sims import TabularMDP, families
from sims.arithmetic import asarray

plt.rcParams.update({**VENUES["slides"].settings(), "figure.dpi": 110})

# %% [markdown]
# We are back in the two rooms of the first notebook, where all behaviours are one flat polytope. The expert is somewhere
# inside it.

# %%
P = [[[1, 0], [F(1, 4), F(3, 4)]], [[F(1, 4), F(3, 4)], [1, 0]]]
mdp = TabularMDP(P, [[0, 0], [0, 0]], [F(3, 4), F(1, 4)], discount=F(3, 4))
expert = [[F(1, 10), F(9, 10)], [F(9, 10), F(1, 10)]]
halves = [[F(1, 2), F(1, 2)]] * 2

# %% [markdown]
# ## The game
#
# The learner picks a policy, that is an occupancy $d$; the adversary picks a reward $r$ to tell $d$ from the expert's
# $d_E$. Every adversarial imitator of the literature is
# $$\min_{\pi}\ \max_{r}\ \ \langle d_E,\phi(r)\rangle-\langle d_\pi,r\rangle-\lambda\,\mathbb E_{d_\pi}[-\log\pi]$$
# with its own concave $\phi$. In GAIL the adversary writes $r=-\log D-\log 2$ for a discriminator $D$, and its best answer is
# $D^*=d/(d+d_E)$, which makes the inner maximum twice the Jensen-Shannon divergence, less $\log 4$ in the units of
# the paper (`ho-ermon-2016-ga-js`).

# %%
d, d_expert = (np.asarray(mdp.occupancy(pi)) for pi in (halves, expert))
D = d / (d + d_expert)
objective = (d * np.log(D)).sum() + (d_expert * np.log(1 - D)).sum()
js = il.games.OccupancyGame(mdp, mdp.occupancy(expert), il.games.DivergenceRewards("jensen-shannon"))
print("best discriminator", D.round(3).tolist())
print("E_d log D + E_e log(1 - D) + log 4 =", round(objective + np.log(4), 12))
print("twice the JS divergence            =", il.games.bounds(js, halves, np.zeros((2, 2))).primal)

# %% [markdown]
# ## A loss curve that says nothing
#
# Strip the game to the bone: one state, two actions, an expert who tosses a fair coin, rewards between $-1/2$ and $1/2$.
# The learner plays the second action with probability $p$, the adversary pays $+w$ for it and $-w$ for the first. The
# payoff is $-2w(p-\tfrac12)$, a saddle, with its saddle point at $p=\tfrac12,\ w=0$. Let both follow their gradients.


# %%
def play(steps, rate, *, extra=False, alternating=False):
    """Gradient descent of p and ascent of w, for the payoff -2 w (p - 1/2)."""
    p, w, path = 0.8, 0.0, []
    for _ in range(steps):
        path.append((p, w))
        p_ahead, w_ahead = (p + 2 * rate * w, w - 2 * rate * (p - 0.5)) if extra else (p, w)
        p = np.clip(p + 2 * rate * w_ahead, 0, 1)
        w = np.clip(w - 2 * rate * ((p if alternating else p_ahead) - 0.5), -0.5, 0.5)
    return np.array(path)


paths = {
    "simultaneous steps": play(300, 0.1),
    "in turns": play(300, 0.1, alternating=True),
    "extragradient": play(300, 0.1, extra=True),
}
sheet = Sheet(plt.figure(figsize=(6.8, 2.9)))
around, loss, certified = sheet.panels(3)
for name, path in paths.items():
    style = around.curve(list(map(tuple, path)), name, marks=False)
    payoff = -2 * path[:, 1] * (path[:, 0] - 0.5)
    gap = abs(path[:, 0] - 0.5) + abs(path[:, 1])
    loss.curve(list(enumerate(payoff)), name, style=style, marks=False)
    certified.curve(list(enumerate(gap)), name, style=style, marks=False)
around.attained([(0.5, 0)], "saddle")
around.named(x="learner $p$", y="adversary $w$", title="players")
loss.named(x="step", y="", title="loss")
certified.named(x="step", y="", title="duality gap", log="y")
sheet.legend([around, loss, certified], columns=4)

# %% [markdown]
# Left: simultaneous steps spiral *outwards* until they hit the walls, taking turns they go round for ever, and only
# extragradient finds the middle. Middle: the three **losses** all swing around the same value 0, the right one! The very
# first pair, $p=0.8$ and $w=0$, has a loss of *exactly* the value of the game, and it is far from the saddle. Nothing in
# the loss of "in turns" says that its last policy is as bad as its first. Right: the **duality gap** says it at every step.
#
# ## Every policy is a ceiling, every reward is a floor
#
# Write the game's value $v^*$. Fix any policy and let the adversary do its worst; fix any reward and let the policy do
# its best (an ordinary planning problem!). Then
# $$\underbrace{\min_{\pi'}\,\text{payoff}(\pi',r)}_{\text{dual value of } r}\ \le\ v^*\ \le\
# \underbrace{\max_{r'}\,\text{payoff}(\pi,r')}_{\text{primal value of }\pi},$$
# and the difference bounds how wrong *either* player is, however they were found, by whatever
# optimiser. With rewards in $[-\tfrac12,\tfrac12]$ (total variation) nothing but fractions are needed. The demonstrations
# below are from another world: "always in the café, always staying", which the doors do not allow.

# %%
target = asarray([[0, 0], [1, 0]])
game = il.games.OccupancyGame(mdp, target, il.games.DivergenceRewards("total-variation"))
rush = [[0, 1], [1, 0]]  # go from the library, stay in the café
praise = asarray([[F(-1, 2), F(-1, 2)], [F(1, 2), F(-1, 2)]])
shaped = asarray([[F(-1, 2), F(-1, 8)], [F(1, 2), F(-1, 2)]])
print("ceiling, tossing coins    ", F(game.primal(halves)))
print("ceiling, rushing          ", F(game.primal(rush)))
print("floor, praise for staying ", F(game.dual(praise)))
print("floor, part of it for going", F(game.dual(shaped)))

# %% [markdown]
# Rushing and praise meet: 3/8 *is* the value, with equality of fractions, and both are optimal. (The second reward, which
# helps the learner along, is worse as an adversary.) This is all there is to a certificate: two players and two dynamic
# programmes.
#
# ## Letting machines find the players
#
# `il.games.solve` looks for both players in floating point, by any of several methods, and *then* bounds the value
# from both sides in interval arithmetic. Here on a random world of 20 states, GAIL with a little entropy.

# %%
world = families.garnet(n_states=20, n_actions=4, branching=3, discount=0.9, rng=0)
teacher = world.soft_optimal(0.2).policy
gail_game = il.games.OccupancyGame(world, world.occupancy(teacher), il.games.DivergenceRewards("jensen-shannon"), 0.05)
(panel,) = Sheet(plt.figure(figsize=(4.8, 3.4))).panels()
for method in ("mirror-descent", "frank-wolfe", "interior-point"):
    saddle = il.games.solve(gail_game, method=method, iterations=128, trace=True)
    panel.curve([(point.iteration, float(point.gap)) for point in saddle.trace], method)
panel.named(x="iterations", y="certified gap", log="xy").legend(columns=3)
print("the value lies in", saddle.value, "(interior point)")

# %% [markdown]
# Three optimisers with nothing in common, and one currency. Mirror descent, the ideal that alternating policy
# gradients approximate, creeps; Frank-Wolfe, which plans against the current discriminator and averages *occupancies*, finds the
# saddle in a dozen rounds, and Newton steps on the polytope are as exact as floats allow.
#
# ## A proof in a file
#
# Why believe our interval arithmetic? You need not: the saddle point is exported as fractions, and a checker of under 500
# lines, which shares no code with the solver and uses nothing but the standard library, proves the bounds anew. Change
# a digit, and it refuses.

# %%
found = il.learners.gail(mdp, expert, entropy_weight=F(1, 10))
text = json.dumps(il.games.certificate(found.saddle))
print(f"{len(text)} characters prove: {check(parse(text))}")

forged = json.loads(text)
forged["value"]["upper"] = str(F(forged["value"]["lower"]) - F(1, 10**6))
forged["value"]["lower"] = str(F(forged["value"]["upper"]) - F(1, 10**6))  # a slightly better learner, allegedly
try:
    check(parse(json.dumps(forged)))
except Refused as refusal:
    print("forged:", refusal)

# %% [markdown]
# ## First surprise: at the saddle point the reward is gone
#
# Without entropy, the learner can copy the expert and the value is 0. What reward has GAIL "recovered" then?

# %%
plain = il.learners.gail(mdp, expert)
print("value in", plain.saddle.value)
print("discriminator", plain.discriminator.tolist())
print("largest reward", f"{abs(plain.saddle.reward).max():.1e}")

# %% [markdown]
# The perfect discriminator shrugs, $D=\tfrac12$ everywhere, and the reward is **zero**: GAIL has found the expert
# and knows nothing about what the expert wants. Train a new agent on that reward, and it will learn nothing at all. (What can
# be known about rewards is another story: `ho-ermon-2016-saddle`, `cao-2021-two-environments`.)
#
# ## Second surprise: the entropy bonus moves the answer
#
# "We add $\lambda$ times the entropy, as usual." Then even with infinitely many demonstrations, a perfect optimiser and a perfect
# discriminator, the learner is **not** the expert (`ho-ermon-2016-prop-3-2.bias`). Watch the solution walk away on the
# polytope, as $\lambda$ grows from 0 (star) to 3, over the landscape of twice the Jensen-Shannon divergence.

# %%
weights = [F(k, 100) for k in (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300)]
solved = [il.learners.gail(mdp, expert, entropy_weight=weight) for weight in weights]
walk = np.array([np.asarray(mdp.occupancy(s.policy))[:, 1] for s in solved])
off = [float(il.occupancy_tv(mdp, s.policy, expert)) for s in solved]

floats, side = js.to("float64"), np.linspace(0, 1, 61)
p, q = np.meshgrid(side, side)
grid = np.stack([np.stack([1 - p, p], -1), np.stack([1 - q, q], -1)], -2)
d_all = floats.mdp.occupancy(grid)
with np.errstate(divide="ignore", invalid="ignore"):
    heights = il.measures.F_DIVERGENCES["jensen-shannon"].terms(d_all, d_expert).sum((-1, -2))
shape, bias = Sheet(plt.figure(figsize=(6.4, 3.0))).panels(2)
filled = shape.axes.contourf(d_all[..., 0, 1], d_all[..., 1, 1], heights, levels=16, cmap="cividis")
plt.colorbar(filled, ax=shape.axes, label="2 JS")
shape.axes.plot(walk[:, 0], walk[:, 1], "o-", color=COLOURS[1], markersize=3, linewidth=1)
shape.axes.plot(*d_expert[:, 1], "*", color="#E69F00", markeredgecolor=INK, markersize=11)
shape.named(x="$d$(library, go)", y="$d$(café, go)")
bias.curve(list(zip(map(float, weights), off, strict=True)), "learner from expert", style=1)
bias.named(x=r"entropy weight $\lambda$", y="TV of occupancies", log="xy").legend()
bias.slope([(float(w), y) for w, y in zip(weights, off, strict=True)][:6], 1)
assert max(saddle.saddle.gap for saddle in solved) < F(1, 10**9)

# %% [markdown]
# For small $\lambda$ the bias is proportional to $\lambda$, and this is no artefact of training: the gap of these
# answers is certified to be below $10^{-9}$. It is the *objective* that is off.
#
# ## Third surprise: games without a saddle point
#
# Replace Jensen-Shannon by the reverse KL divergence and let the expert be deterministic. In rooms where it never takes an
# action, the adversary would like to pay $-\infty$. The value exists, but nobody attains it, and the solver says so instead of returning a
# large number.

# %%
certain = il.learners.adversarial_imitation(
    mdp, [[0, 1], [1, 0]], il.games.DivergenceRewards("reverse-kl"), entropy_weight=F(1, 10)
)
print("attained:", certain.attained, "|", certain.why_not)

# %% [markdown]
# ## Is it true in general?

# %%
for claim in ("ho-ermon-2016-ga-js.optimal", "ho-ermon-2016-prop-3-2.weak"):
    report = il.verify(claim, n=1)
    print(f"{claim}: {report.verdict}; {report.variants_refuted} of {report.variants} false variants refuted")

# %% [markdown]
# ## Exercises
#
# **1.** In some pair the learner's occupancy is 1/12 and the expert's 1/4. What does the best discriminator say there?

# %% tags=["exercise"]
answer = None
D_grid = [F(k, 1000 * 12) for k in range(1, 12000)]
scores = {x: float(F(1, 12)) * np.log(float(x)) + float(F(1, 4)) * np.log(float(1 - x)) for x in D_grid}
assert answer is None or answer == max(scores, key=scores.get)

# %% [markdown]
# **2.** One simultaneous step with rate $\eta$ in the stripped game multiplies the squared distance from the saddle by which
# number, for $\eta=1/10$? (So how could it ever converge?)

# %% tags=["exercise"]
answer = None
if answer is not None:
    p, w = F(3, 5), F(1, 7)
    p_next, w_next = p + 2 * F(1, 10) * w, w - 2 * F(1, 10) * (p - F(1, 2))
    assert answer == ((p_next - F(1, 2)) ** 2 + w_next**2) / ((p - F(1, 2)) ** 2 + w**2)

# %% [markdown]
# **3.** The demonstrations now show "always going" with the law $(\text{library}, \text{go}): \tfrac12$,
# $(\text{café}, \text{go}): \tfrac12$. Find rewards in $[-\tfrac12,\tfrac12]$ that *prove* that every policy is at least
# 1/20 away in total variation.

# %% tags=["exercise"]
answer = None
if answer is not None:
    goers = il.games.OccupancyGame(mdp, asarray([[0, F(1, 2)]] * 2), il.games.DivergenceRewards("total-variation"))
    assert il.games.bounds(goers, halves, answer).dual.lower >= F(1, 20)

# %% [markdown]
# **4.** To which policy does GAIL's learner tend as $\lambda\to\infty$? (A nested list; no computation needed.)

# %% tags=["exercise"]
answer = None
if answer is not None:
    limit = il.learners.gail(mdp, expert, entropy_weight=10**6).policy
    assert abs(np.asarray(limit) - np.array(answer, dtype=float)).max() < 1e-5

# %% [markdown]
# **5.** Beat the bias: give an `entropy_weight` for which the certified solution is within 1/1000 of the expert in total
# variation, but which is at least 1/1000.

# %% tags=["exercise"]
answer = None
if answer is not None:
    assert answer >= F(1, 1000)
    gentle = il.learners.gail(mdp, expert, entropy_weight=answer)
    assert float(il.occupancy_tv(mdp, gentle.policy, expert)) <= 1 / 1000
