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
# # 7 From tables to Atari and MuJoCo
#
# **This notebook needs** `pip install 'iltheory[docs,torch,envs]'` for networks and MuJoCo. The games of its first half
# ship as tables and need neither.
#
# Everything in the six notebooks before was small: two rooms, a cliff, a road with a ditch. Say that you have a theorem
# that holds there, in fractions. **What is left of it on a game that people play, and on a robot that nobody can write
# down?**
#
# We walk in two steps. An Atari game, a short one, *is* a table, if one is patient, and all we say of it is exact. A
# robot is not, and all we may ever say of it is "with confidence". In between we sample *the table*, where the truth is
# known, and watch how much of it sampling sees.

# %%
from fractions import Fraction as F

import matplotlib.pyplot as plt
import numpy as np

import iltheory as il
from iltheory.experiments.tables import NOISE, noisy_game, verdict
from iltheory.figures.sheet import COLOURS, INK, PALE, Sheet
from iltheory.figures.venues import VENUES
from iltheory.learners.policy_class import TabularPolicies
from sims.environments import atari, experts, sampled_environment
from sims.sampled import NotEstimable, TabularPolicy, sampled_table

plt.rcParams.update({**VENUES["slides"].settings(), "figure.dpi": 110})

# %% [markdown]
# ## A game is a table
#
# The emulator of an Atari console is a deterministic machine. Start it, try every action, save the machine's state,
# merge equal states, and go on. Here a decision holds one of three actions for 30 frames, half a second; within 16
# decisions of Freeway the machine decides in 3,057 different states, and these are all there are.

# %%
game = atari.load("freeway")
mdp = game.mdp()
print(mdp)
print("actions:", game.spec.actions, "| optimal return:", mdp.optimal_value(), "points, exactly")

expert = mdp.optimal_policy()
state, played = 0, []
for step in range(mdp.horizon):
    action = int(np.asarray(expert)[step, state].argmax())
    played.append((state, action))
    state = int(game.next_state[state, action, 0])


def film(axes, frames):
    """Screens of the game with what is written above them."""
    for ax, (state, title) in zip(np.ravel(axes), frames, strict=True):
        ax.imshow(game.screen(state), aspect=0.8)
        ax.set_title(title, fontsize=8, loc="center")
        ax.set_axis_off()


figure, axes = plt.subplots(2, 8, figsize=(9, 2.9))
film(axes, [(state, f"{step}: {game.spec.actions[action]}") for step, (state, action) in enumerate(played)])

# %% [markdown]
# That is the optimal player, at every decision: the left chicken crosses the road twice. Nobody trained it. It comes
# out of one backward induction over integers, and "no player gets more than 2 points in these eight seconds" is a fact
# about the emulated machine. (It is the machine that is exact, not the picture: the table stores thumbnails of the
# screens.)
#
# How does the table of a game grow? There are $3^h$ ways to play up to step $h$; equal states of the machine are
# merged, and so there are far fewer of those.

# %%
new = np.diff(game.layers)
(panel,) = Sheet(plt.figure(figsize=(4.8, 3.0))).panels()
panel.bound([(h, 3**h) for h in range(len(new))], "$3^h$ ways to play")
panel.curve(list(enumerate(new)), "states of the machine")
panel.named(x="step $h$", y="how many", log="y").legend(columns=2)

# %% [markdown]
# ## Imitate it
#
# One demonstration of the expert, cloned where it was seen, uniform elsewhere:

# %%
demonstration = mdp.to("float64").sample(expert, 1, rng=0)
clone = il.learners.behavioral_cloning(demonstration, mdp)
print("gap after one demonstration:", il.gap(mdp, expert, clone))

# %% [markdown]
# Zero, exactly, and a disappointment. A deterministic game follows one demonstration for ever, so *memorising sixteen
# moves* is perfect imitation. (That is no mere joke. Programs that search for a sequence of actions and never look at
# the screen did well on several Atari games; Machado et al. (2018) made the games stochastic for this reason.) So make
# the game hard of hearing: with probability 1/8 it hears a uniformly random action in place of the one it is told. The
# noise is ours, the states are those of the same table, and the noisy game is as exact as the other.

# %%
mdp = noisy_game("freeway", 16)
expert = mdp.optimal_policy()
quick = mdp.to("float64")
print(mdp, "| noise", NOISE)
print("optimal return:", mdp.optimal_value(), "=", float(mdp.optimal_value()))

# %% [markdown]
# ## Cloning, DAgger, and two theorems
#
# Two learners with the same budget of $n$ episodes. *Cloning* watches $n$ games of the expert. *DAgger* plays $n$ games
# itself and asks what the expert would have done in the states it came to. And two theorems, of Ross and Bagnell (2010)
# and of Ross, Gordon and Bagnell (2011):
# $$J(\pi_E)-J(\hat\pi_{\text{BC}})\le H^2\,\epsilon_{\text{expert's states}},\qquad
# J(\pi_E)-J(\hat\pi_{\text{DAgger}})\le u\,H\,\epsilon_{\text{own states}}.$$
# Here $u$ is how much one wrong action can cost an expert who takes over afterwards. Quadratic against linear: which
# learner would you bet on?

# %%
CLONING, DAGGER = "ross-bagnell-2010-thm-2-1", "dagger-2011-thm-2-2"
sizes = (1, 2, 4, 8, 16, 32)
gaps, bounds = {"cloning": [], "DAgger": []}, {"cloning": [], "DAgger": []}
for n in sizes:
    cloned = il.learners.behavioral_cloning(quick.sample(expert, n, rng=n), mdp)
    asked = il.learners.dagger(mdp, expert, TabularPolicies(), iterations=n, trajectories=1, rng=n).policy
    for name, claim, policy in (("cloning", CLONING, cloned), ("DAgger", DAGGER, asked)):
        comparison, word = verdict(claim, mdp, expert, policy)
        assert word == "holds"  # decided in rigorous intervals, for this game and these two policies
        gaps[name].append((n, float(comparison.lhs)))
        bounds[name].append((n, float(comparison.rhs)))

(panel,) = Sheet(plt.figure(figsize=(5.4, 3.8))).panels()
for name, points in gaps.items():
    style = panel.curve(points, f"{name}: points lost")
    panel.bound(bounds[name], f"{name}: its bound", colour=COLOURS[style])
panel.axes.axhline(float(mdp.optimal_value()), color=PALE, linestyle=":", label="all that can be lost")
panel.named(x="episodes $n$", y="points", log="xy").legend(columns=2)
panel.ticks(sizes)

# %% [markdown]
# Both theorems hold at every point, and there is a surprise for whoever bet on the better theorem: **the learner with
# the smaller bound loses more points.** Bounds are promises about the worst game. On this one, the expert's own road is
# the road worth knowing, and DAgger, which plays badly at first, spends its first questions in corners of the street
# that nobody needs. The dotted line is all that anybody can lose, and even the linear bound is above it for every $n$
# here: on a real game of sixteen decisions, a theorem can be right and silent. (One run for each $n$; other seeds tell
# the same story. Try some.)
#
# Where does the clone not know what to do? Ask the table: the states it visits most that nobody showed it.

# %%
demos = quick.sample(expert, 8, rng=8)
clone = il.learners.behavioral_cloning(demos, mdp)
seen = np.unique(demos.steps().state)
visits = np.asarray(quick.state_occupancy(np.asarray(clone))).sum(0)[: game.n_states]
visits[seen] = 0
print(f"states shown: {len(seen)} of {game.n_states}; expected steps in states never shown: {visits.sum():.2f} of 16")

figure, axes = plt.subplots(1, 6, figsize=(9, 1.9))
lost = np.argsort(-visits)[:6].tolist()
film(axes, [(state, f"step {game.step(state)}, met {visits[state]:.0%}") for state in lost])

# %% [markdown]
# Six times the same picture: a chicken on the near pavement, at a moment when no teacher was there. The game did not
# hear it once, so it is late. From then on it is where it knows nothing and tosses a three-sided coin, and half a
# second of DOWN undoes half a second of UP. This is compounding error with feathers.
#
# ## Now forget the table
#
# Suppose that we could only *play* this game: no $P$, no occupancies, episodes and nothing else. `il.verify_sampled`
# decides the same claims, written by the same functions, from roll-outs. Every expectation gets a confidence sequence:
# intervals that contain it at *all* sample sizes together with probability at least $1-\delta$. Here $\delta=1/100$,
# and since we have the table, we may look at the truth.


# %%
@il.claim(statement=r"J(\pi_E) - J(\pi) \le \tfrac12")
def half_a_point(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= F(1, 2)


world = sampled_table(quick)
players = TabularPolicy(np.asarray(expert, dtype=float)), TabularPolicy(np.asarray(clone, dtype=float))
truth = F(il.gap(mdp, expert, clone))
sampled = []
for samples in (64, 128, 256, 512, 1024, 2048, 4096, 8192):
    report = il.verify_sampled(half_a_point, world, players, samples=samples)
    gap = report.verdicts[0].lhs
    assert gap.lower <= truth <= gap.upper
    sampled.append((samples, gap))
print("sampling, after 8,192 episodes of each:", report.words(report.verdicts[0]))
print(f"the table: {float(truth):.6f} <= 1/2 is {truth <= F(1, 2)}")

whole, width = Sheet(plt.figure(figsize=(6.6, 3.5))).panels(2)
whole.curve(sampled, "sampled gap")
whole.axes.axhline(float(truth), color=COLOURS[1], label="the table's gap")
whole.named(x="episodes of each player", y="points lost by the clone", log="x").legend()
halves = [(n, (gap.upper - gap.lower) / 2) for n, gap in sampled]
width.curve(halves, "half of its width")
width.bound([(halves[0][0], truth - F(1, 2)), (10**6, truth - F(1, 2))], "what separates truth from 1/2")
width.named(x="episodes of each player", y="points", log="xy").legend()
width.slope(halves, F(-1, 2), below=False)

# %% [markdown]
# The band has the truth inside at every size and closes in on it, in the long run like $1/\sqrt n$. But the claim
# happens to be false by less than a hundredth of a point. The table sees that at once; the line on the right has to
# come down to the dashed one first, so sampling would need hundreds of thousands of games of each player, and *says so*
# instead of guessing: `undecided`. The theorem, whose sides are far apart, is easy:

# %%
report = il.verify_sampled(CLONING, world, players, samples=1024)
print(report.words(report.verdicts[0]), "| after", report.episodes, "episodes")

# %% [markdown]
# ## A pole on a cart
#
# Now a world whose states fill a continuum. Nobody can tabulate it; all we have are episodes. An expert comes with the
# package, two of its games are recorded, a network clones them, and then come the same two lines as before. The text of
# the claim does not know that it is not on a table any more.

# %%
cartpole = sampled_environment("CartPole-v1", horizon=50)
shown = experts.demonstrations("CartPole-v1", 2, rng=0)
networks = [il.learners.neural.behavioral_cloning(shown, cartpole, updates=n, seed=0).policy for n in (5, 300)]
teacher = experts.load("CartPole-v1").policy
report = il.verify_sampled(CLONING, cartpole, [(teacher, network) for network in networks], samples=512)
for updates, found in zip((5, 300), report.verdicts, strict=True):
    lhs, rhs = found.lhs, found.rhs
    print(
        f"{updates:4} updates: gap in [{float(lhs.lower):.1f}, {float(lhs.upper):.1f}],"
        f" H^2 eps in [{float(rhs.lower):.0f}, {float(rhs.upper):.0f}]: {report.words(found)}"
    )
print(report.meaning)
print("world:", report.world)

# %% [markdown]
# Mind the words. Not "holds" but *holds with confidence $1-0.01$*, for both networks together, **in this world** (fifty
# steps, rewards clipped to their declared range, an absorbing state after a fall), **for these policies**. It is no
# proof of anything. What was tested is whether a bound that is proved for tables still describes a simulator with
# floating-point physics in it.
#
# ## A robot, and the law of the horizon
#
# Hopper falls, and a fall is for good: the cliff of notebook 2 in flesh. Does the price of cloning grow with the
# horizon as it did there? The expert and its clone are Gaussian now, and their total variation distance at a state is
# an expectation, so it is sampled, too. Rewards are mapped onto $[0,1]$, so $H$ is all that anybody can lose in $H$
# steps.

# %%
horizons, robots = (20, 40, 80, 160), {}
teacher = experts.load("Hopper-v5").stochastic
shown = experts.demonstrations("Hopper-v5", 2, rng=0, stochastic=True)
network = il.learners.neural.behavioral_cloning(shown, sampled_environment("Hopper-v5"), updates=100, seed=0).policy
for horizon in horizons:
    hopper = sampled_environment("Hopper-v5", horizon=horizon).rescaled()
    report = il.verify_sampled(CLONING, hopper, (teacher, network), samples=256, delta=F(1, 100 * len(horizons)))
    robots[horizon] = report.verdicts[0]
    lhs = robots[horizon].lhs
    print(
        f"H = {horizon:3}: gap in [{float(lhs.lower):5.2f}, {float(lhs.upper):5.2f}];"
        f" {report.words(robots[horizon])}; {report.steps:,} steps of MuJoCo"
    )

games = {}
for horizon in (8, 10, 12, 14, 16):
    shorter = noisy_game("freeway", horizon)
    best = shorter.optimal_policy()
    copied = il.learners.behavioral_cloning(shorter.to("float64").sample(best, 4, rng=0), shorter)
    comparison, word = verdict(CLONING, shorter, best, copied)
    assert word == "holds"
    games[horizon] = float(comparison.lhs), float(comparison.rhs), float(shorter.optimal_value())

# %%
table, robot = Sheet(plt.figure(figsize=(6.8, 3.9))).panels(2)
table.bound([(H, bound) for H, (_, bound, _) in games.items()], r"$H^2\,\epsilon$")
table.axes.plot(list(games), [best for *_, best in games.values()], ":", color=PALE, label="all that can be lost")
table.curve([(H, gap) for H, (gap, *_) in games.items()], "gap")
table.named(x="horizon $H$ of Freeway, exact", y="return lost", log="y").legend()
table.ticks(list(games))

for side, colour, name in (("rhs", INK, r"$H^2\,\epsilon$"), ("lhs", COLOURS[0], "gap")):
    ends = [(max(float(getattr(v, side).lower), 0.03), float(getattr(v, side).upper)) for v in robots.values()]
    robot.axes.vlines(
        horizons, *np.transpose(ends), color=colour, alpha=0.45, linewidth=7, label=f"{name}, 99 % together"
    )
robot.axes.plot(horizons, horizons, ":", color=PALE, label="all that can be lost")
robot.named(x="horizon $H$ of Hopper, sampled", y="", log="xy").legend()
robot.axes.set_ylim(0.03, None)
robot.ticks(horizons)
# %% [markdown]
# One claim, one function: on the left numbers in rigorous intervals, narrower than the line; on the right bars that
# contain the truth with confidence, all of them together with probability at least 0.99. A bar of the gap that reaches
# the bottom contains 0: at $H=20$ and 40 one cannot tell, from 256 episodes of each player, that the clone loses
# anything at all. At $H=80$ and 160 one can: the falls have begun. But a square and a straight line both fit through
# bars as long as these, so nobody should read a slope off them.
#
# Both verdicts are *holds*, and both pictures say the same uncomfortable thing: $H^2\epsilon$ lies far above all that
# can be lost. A bound can be **true, tight on the cliff, and empty on a robot**. That is no accident of Hopper: two
# Gaussians with small noise are told apart at almost every state, so $\epsilon$ is near one, whether or not the
# difference ever matters. Theorems that measure distances between *actions* cannot see that a robot does not care. What
# should one measure instead? Moments, values, parting times: `il.catalogue()` has candidates, and now you can ask each
# of them what it says of a robot.
#
# ## What we know, and how
#
# | | Freeway's table | Freeway, played | CartPole and Hopper |
# |---|---|---|---|
# | a number is | a fraction, or an interval that contains it | an interval that contains it with probability 0.99 | the same |
# | a verdict | *holds*, *refuted* | *holds with confidence $1-\delta$*, *refuted* with as much, or *undecided* | the same |
# | it speaks of | this game, this horizon, our noise, these policies | the same | this simulator, this horizon, these policies |
# | the truth is | known | known to us, not to the sampler | not known |
#
# None of these is a proof of a theorem; that is what pencils are for. But one *refuted* on the left would end one, and
# one on the right would send us looking for the mistake, with confidence $1-\delta$.
#
# ## Exercises
#
# Replace `None` by your answer and run the cell: it complains if you are wrong.
#
# **1.** *Closed eyes.* How many points does the player get who presses UP for ever, in the game that hears well
# (`game.mdp()`)? And what does this say of Freeway as a test?

# %% tags=["exercise"]
answer = None
up = np.tile(np.eye(3, dtype=int)[game.spec.actions.index("UP")], (game.n_states + 2, 1))
assert answer is None or answer == F(il.value(game.mdp(), up))

# %% [markdown]
# **2.** *A short-sighted machine.* `atari.merged(game)` joins states that can never differ in points within the
# horizon. How many states of the emulator are left?

# %% tags=["exercise"]
answer = None
assert answer is None or answer == atari.merged(game).table.n_states

# %% [markdown]
# **3.** *Another game.* What is the largest number of points in the shipped table of `"breakout"`? (`atari.shipped()`
# lists the games; look at its screens.)

# %% tags=["exercise"]
answer = None
assert answer is None or answer == F(atari.load("breakout").mdp().optimal_value())

# %% [markdown]
# **4.** *A milder claim.* Find a claim of the same kind, `il.gap(...) <= answer`, that is false of our clone and that
# 4,096 episodes of each player do refute with confidence 0.99. (A fraction, as large as you dare.)

# %% tags=["exercise"]
answer = None


@il.claim(statement=r"J(\pi_E) - J(\pi) \le c")
def milder(mdp: il.FiniteHorizonMDP, expert: il.Policy, learner: il.Policy):
    return il.gap(mdp, expert, learner) <= F(0 if answer is None else answer)


if answer is not None:
    assert answer > F(3, 10), "dare more"
    assert il.verify_sampled(milder, world, players, samples=4096).verdicts[0].outcome == "refuted"

# %% [markdown]
# **5.** *What no sample can tell.* DAgger's theorem has a number $u$ in it, the largest cost of one wrong action over
# the states that the learner visits. `il.verify_sampled(DAGGER, world, players)` refuses. Which quantity of `il` does
# it name in its error? (A string.)

# %% tags=["exercise"]
answer = None
if answer is not None:
    try:
        il.verify_sampled(DAGGER, world, players)
    except NotEstimable as refusal:
        assert f"il.{answer} cannot be estimated" in str(refusal)
