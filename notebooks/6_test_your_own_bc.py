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
# # 6 Test your own BC
#
# Your behavioural cloning runs. The loss falls, the learner reaches the goal, the plot looks like the plot in the
# paper. **How would you notice if it were wrong?**
#
# It is a fair question. `docs/invariants.md` lists some forty mistakes that were found in published libraries of
# imitation learning, B1 to B44: wrong signs, wrong horizons, time limits taken for deaths. Most of them ran, and looked
# fine. In this lecture we write a small, correct library, break it in eight ways, watch the usual test approve of seven
# of them, and then let theorems do the testing.
#
# (Half a minute on a laptop.)

# %%
import matplotlib.pyplot as plt
import numpy as np

import iltheory as il
from iltheory.figures.sheet import COLOURS, Sheet
from iltheory.figures.venues import VENUES
from iltheory.testing import InvariantViolated, check, time_limits_are_not_deaths
from sims import TabularMDP, families
from sims.datasets import Trajectories

plt.rcParams.update({**VENUES["slides"].settings(), "figure.dpi": 110})
BLUE, ORANGE, *_ = COLOURS

# %% [markdown]
# ## A library in forty lines
#
# It clones by counting, has the loss of a softmax policy with its gradient, evaluates a policy by backward induction,
# rolls it out, and estimates the value of a recorded policy from data, by solving $V(s) = \bar r(s) + \gamma\, \bar
# V(s')$. Nothing here is special; write yours as you like. What is tested is found *by the names of functions and
# parameters*.


# %%
class MyBC:
    horizons = "finite"  # what we understand: models with a horizon

    def fit(self, mdp, demos):
        """Clone: how often each action was taken, at each step in each state."""
        counts = np.zeros((mdp.horizon, mdp.n_states, mdp.n_actions))
        np.add.at(counts, tuple(demos.steps()), 1)
        counts[counts.sum(-1) == 0] = 1
        return counts / counts.sum(-1, keepdims=True)

    def clone(self, mdp, demos):
        return self.fit(mdp, demos)

    def loss(self, mdp, point, expert):
        """Expected log loss of the softmax of logits `point`, where the expert goes."""
        logits = point - point.max(-1, keepdims=True)
        return -(mdp.occupancy(expert) * (logits - np.log(np.exp(logits).sum(-1, keepdims=True)))).sum()

    def gradient(self, mdp, point, expert):
        weights = np.exp(point - point.max(-1, keepdims=True))
        occupancy = mdp.occupancy(expert)
        return occupancy.sum(-1, keepdims=True) * weights / weights.sum(-1, keepdims=True) - occupancy

    def update(self, mdp, point, expert):
        return -self.gradient(mdp, point, expert)

    def value(self, mdp, policy):
        """Expected sum of H rewards, by backward induction."""
        P = np.broadcast_to(mdp.transitions.dense(), (mdp.horizon, mdp.n_states, mdp.n_actions, mdp.n_states))
        r = np.broadcast_to(mdp.rewards(), P.shape[:-1])
        v = np.zeros(mdp.n_states)
        for h in reversed(range(mdp.horizon)):
            v = (policy[h] * (r[h] + P[h] @ v)).sum(-1)
        return mdp.mu @ v

    def rollout(self, mdp, policy, n, rng):
        return mdp.sample(policy, n, rng)

    def fixed_point(self, demos, discount):
        """Value of the recorded policy in each state, learnt from its transitions (least squares)."""
        n = demos.states.max() + 1
        A, b = np.zeros((n, n)), np.zeros(n)
        for states, actions, rewards, terminated, _ in demos:
            for t, s in enumerate(states[:-1]):
                over = terminated and t == len(actions) - 1
                A[s, s] += 1
                A[s, states[t + 1]] -= discount * (not over)
                b[s] += rewards[t]
        return np.linalg.lstsq(A, b)[0]

    def masked_loss(self, predictions, targets, mask):
        """Mean squared error of padded chunks."""
        return ((predictions - targets) ** 2 * mask).sum() / mask.sum()


# %% [markdown]
# ## The test that everybody writes
#
# A corridor of six rooms, a reward for each step in the last one, an expert that walks right. Clone it from twenty
# episodes; the clone should earn what the expert earns, in rollouts and by evaluation; training should decrease the
# loss; learnt values should grow towards the goal.


# %%
def corridor(length=6, horizon=10):
    P = np.zeros((length, 2, length))
    for s in range(length):
        P[s, 0, max(s - 1, 0)] = P[s, 1, min(s + 1, length - 1)] = 1
    r = np.zeros((length, 2))
    r[-1] = 1
    return TabularMDP(P, r, np.eye(length)[0], horizon=horizon)


def smoke_test(library):
    mdp, right = corridor(), np.broadcast_to([0.0, 1.0], (10, 6, 2))
    demos = mdp.sample(right, 20, rng=0)
    clone = library.fit(mdp, demos)
    logits = np.zeros(clone.shape)
    for _ in range(50):
        logits = logits + library.update(mdp, logits, right)
    rolled = library.rollout(mdp, clone, 100, np.random.default_rng(1)).returns()
    values = library.fixed_point(demos, 0.9)
    return (
        np.isclose(library.value(mdp, clone), library.value(mdp, right))
        and np.allclose(rolled, demos.returns().mean())
        and library.loss(mdp, logits, right) < library.loss(mdp, 0 * logits, right) / 2
        and (np.diff(values) > 0).all()
    )


print("my library passes:", smoke_test(MyBC()))

# %% [markdown]
# ## Eight mistakes
#
# Those with a number have a close relative in a library that others built on. Read them and ask for each: *would the
# test above see it?*


# %%
class WrongSign(MyBC):
    """Training climbs the loss (B32)."""

    def update(self, mdp, point, expert):
        return self.gradient(mdp, point, expert)


class OffByOne(MyBC):
    """Evaluation counts H - 1 rewards (B1 counted H + 1 states)."""

    def value(self, mdp, policy):
        P = np.broadcast_to(mdp.transitions.dense(), (mdp.horizon, mdp.n_states, mdp.n_actions, mdp.n_states))
        r = np.broadcast_to(mdp.rewards(), P.shape[:-1])
        v = np.zeros(mdp.n_states)
        for h in reversed(range(mdp.horizon - 1)):
            v = (policy[h] * (r[h] + P[h] @ v)).sum(-1)
        return mdp.mu @ v


class NextAction(MyBC):
    """States are paired with the action of the step after."""

    def fit(self, mdp, demos):
        h, s, a = demos.steps()
        counts = np.zeros((mdp.horizon, mdp.n_states, mdp.n_actions))
        same_episode = h[1:] == h[:-1] + 1
        np.add.at(counts, (h[:-1][same_episode], s[:-1][same_episode], a[1:][same_episode]), 1)
        counts[counts.sum(-1) == 0] = 1
        return counts / counts.sum(-1, keepdims=True)


class Timeless(MyBC):
    """Steps are pooled: what the expert does early is cloned late."""

    def fit(self, mdp, demos):
        _, s, a = demos.steps()
        counts = np.zeros((mdp.n_states, mdp.n_actions))
        np.add.at(counts, (s, a), 1)
        counts[counts.sum(-1) == 0] = 1
        return np.tile(counts / counts.sum(-1, keepdims=True), (mdp.horizon, 1, 1))


class TimeLimitIsDeath(MyBC):
    """The end of a recording is taken for the end of the world (B9, B18)."""

    def fixed_point(self, demos, discount):
        done = np.ones(len(demos), dtype=bool)
        ended = Trajectories(demos.states, demos.actions, demos.rewards, done, ~done, demos.offsets)
        return super().fixed_point(ended, discount)


class FirstToFinish(MyBC):
    """Two environments run for each episode asked for; those that finish first are kept (B6)."""

    def rollout(self, mdp, policy, n, rng):
        episodes = sorted(mdp.sample(policy, 2 * n, rng), key=lambda episode: len(episode.actions))[:n]
        states, actions, rewards, terminated, truncated = zip(*episodes, strict=True)
        ends = np.cumsum([0, *map(len, actions)])
        flags = np.array(terminated), np.array(truncated)
        return Trajectories(*map(np.concatenate, (states, actions, rewards)), *flags, ends)


class Scribbles(MyBC):
    """The logits are made safe for `exp` in place: they are the caller's (B43)."""

    def loss(self, mdp, point, expert):
        point -= point.max(-1, keepdims=True)
        return -(mdp.occupancy(expert) * (point - np.log(np.exp(point).sum(-1, keepdims=True)))).sum()


class Padded(MyBC):
    """The mean is over the padding, too (B36)."""

    def masked_loss(self, predictions, targets, mask):
        return ((predictions - targets) ** 2 * mask).mean()


MISTAKES = (WrongSign, OffByOne, NextAction, Timeless, TimeLimitIsDeath, FirstToFinish, Scribbles, Padded)
approved = {mistake.__name__: bool(smoke_test(mistake())) for mistake in MISTAKES}
for name, passes in approved.items():
    print(f"{name:16}", "passes" if passes else "FAILS")
assert sum(approved.values()) == 7

# %% [markdown]
# Seven green ticks for seven wrong programs. The test compares the learner with the expert *by the same broken
# yardstick*, on a task where every episode has one length, every expert's action is the same, and nothing is ever
# padded. More tasks would help a little. Something else helps more: statements that hold for **every** model, and that
# have no number in them to be tuned.
#
# ## Theorems as tests
#
# - From exact demonstrations, cloning returns the expert: $d^{\hat\pi} = d^{\pi_E}$.
# - No other policy explains the demonstrations better: a clone *maximises* the likelihood.
# - $J(\pi) = \sum_h \langle d_h, r_h \rangle$, in rationals, for every model one can draw.
# - A gradient is the derivative of its loss; a small enough update decreases it.
# - The value of a state does not depend on when the camera was switched off.
# - Half of the episodes are short, so half of those *collected* are.
# - Padding is not data. Arguments belong to the caller.
#
# `iltheory.testing.check` looks at which functions you have, runs what applies on many small models, and, where
# something fails, looks for the smallest model on which it does. First the library without mistakes:

# %%
report = check(MyBC(), seed=0)
print(report.summary)
assert not report.failures

# %% [markdown]
# (*Holds* on so many models; that is no proof, exercise 5.) And now its eight siblings:

# %%
reports = {mistake.__name__: check(mistake(), seed=0) for mistake in MISTAKES}
caught = {name: [outcome.name for outcome in report.failures] for name, report in reports.items()}
assert all(caught.values())

# %%
rows = list(dict.fromkeys(invariant for names in caught.values() for invariant in names))
table = np.array([[invariant in names for names in caught.values()] for invariant in rows])
figure, ax = plt.subplots(figsize=(7.4, 0.34 * len(rows) + 2.0))
usual = ~np.array([list(approved.values())])
for y, line, colour in ((0, usual[0], BLUE), *((i + 1.5, line, ORANGE) for i, line in enumerate(table))):
    ax.plot(np.flatnonzero(line), np.full(line.sum(), y), "s", ms=11, color=colour)
ax.set_yticks([0, *np.arange(len(rows)) + 1.5], ["the usual test", *rows])
ax.set_xticks(range(len(caught)), caught, rotation=40, ha="left")
ax.xaxis.tick_top()
ax.set(xlim=(-0.5, len(caught) - 0.5), ylim=(len(rows) + 1, -0.6))
ax.grid(alpha=0.3)

# %% [markdown]
# Every column has an orange square, and a square names the theorem that was broken. The blue row is the test we had.
#
# ## Reading a failure: the missing reward
#
# A failure is an arithmetic fact about one small model, printed in fractions. This one you can check in your head.

# %%
print(reports["OffByOne"]["value_is_exact"])

# %% [markdown]
# No long-horizon task, no random seed: one state, one action, one step, and the answer 0 where the reward is not. That
# is what "smallest" buys. The test on the corridor had no chance, for *both* sides of its comparison lacked the last
# reward.
#
# ## Reading a failure: a time limit is not a death
#
# A state that pays 1 for ever is worth $V = 1/(1-\gamma)$. Record it for $T$ steps, over and over. What should be
# learnt from such recordings? The last transition leads to the same state, so $V = 1 + \gamma V$ at every step, and $T$
# cannot matter. But where the end of a recording counts as an end of the world, the last step of $T$ says $V = 1$.
# Least squares over all of them gives
#
# $$ \hat V_T = \frac{T}{T - (T - 1)\,\gamma} \;<\; \frac{1}{1-\gamma}. $$


# %%
def recordings(limit, n=3):
    zeros = np.zeros((n, limit + 1), dtype=int)
    return Trajectories.from_arrays(zeros, zeros[:, 1:], np.ones((n, limit)), np.zeros(n, bool), np.ones(n, bool))


gamma, limits = 0.99, np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
right, wrong = (
    [library.fixed_point(recordings(limit), gamma)[0] for limit in limits] for library in (MyBC(), TimeLimitIsDeath())
)
assert np.allclose(right, 1 / (1 - gamma)) and np.allclose(wrong, limits / (limits - (limits - 1) * gamma))

(panel,) = Sheet(plt.figure(figsize=(5.2, 3.2))).panels()
panel.axes.set_ylim(0, 110)
panel.curve(list(zip(limits, right, strict=True)), "time limits kept apart")
panel.curve(list(zip(limits, wrong, strict=True)), "every time limit a death")
panel.named(x="time limit $T$ of the recordings", y=r"learnt value, $\gamma = 0.99$", log="x").legend(columns=2)

# %% [markdown]
# At the usual limit of 1,000 steps a tenth of the value is missing, and half of it at a limit of 100. Nothing crashes.
# A Q-learner on top of it is afraid of the clock that its observations do not show. You can ask for this one invariant
# alone, as a line in a test of your own:

# %%
time_limits_are_not_deaths(MyBC().fixed_point)
try:
    time_limits_are_not_deaths(TimeLimitIsDeath().fixed_point)
except InvariantViolated as violated:
    print(violated)

# %% [markdown]
# ## Reading a failure: who finishes first
#
# Run 2n environments, keep the n episodes that end first. It is the natural thing to do with vectorised environments,
# and it keeps the short ones. Here every episode is short (2 steps) or long (12), by one fair coin:


# %%
def coin(short=2, long=12):
    """A fair coin decides where to start in a corridor at the end of which the episode terminates."""
    n = long + 1
    P = np.eye(n)[np.minimum(np.arange(n) + 1, n - 1)][:, None]
    mu = np.zeros(n)
    mu[[0, long - short]] = 0.5
    ended = np.arange(n) == n - 1
    return TabularMDP(P, 1.0 - ended[:, None], mu, horizon=20, terminal=ended)


mdp = coin()
alone = np.ones((mdp.horizon, mdp.n_states, 1))
panels = Sheet(plt.figure(figsize=(6.6, 2.6))).panels(2, sharey=True)
panels[0].axes.set_ylim(0, 1.15)
for panel, library, colour in zip(panels, (MyBC(), FirstToFinish()), COLOURS, strict=False):
    episodes = library.rollout(mdp, alone, 5000, np.random.default_rng(0))
    shares = [(episodes.lengths == length).mean() for length in (2, 12)]
    bars = panel.axes.bar(["short", "long"], shares, color=colour)
    panel.axes.bar_label(bars, [f"{share:.4f}" for share in shares])
    mean = episodes.returns().mean()
    panel.named(x="", y="share of 5,000 episodes", title=f"{type(library).__name__}: mean return {mean:.2f}")
panels[1].axes.set_ylabel("")
print("exact value:", il.value(mdp, alone))

# %% [markdown]
# How does an invariant test something random? Not with a tolerance. `rollouts_have_no_length_bias` puts a *confidence
# sequence* around the share of short episodes and asks whether it contains one half; a sound collector fails with
# probability at most $10^{-9}$.
#
# ## What a correct clone has earned: a theorem
#
# Once `fit` and `value` are right, they inherit what is proved of cloning. Ross and Bagnell (2010): with $\epsilon$ the
# rate of errors in the expert's own states, $J(\pi_E) - J(\hat\pi) \le H^2 \epsilon$. Here is *our* clone, from few
# demonstrations in a random model, measured with *our* evaluation:

# %%
mdp = families.garnet(n_states=8, n_actions=3, branching=2, horizon=12, rng=0)
expert = np.asarray(mdp.optimal_policy(), dtype=float)
library, sizes = MyBC(), (1, 2, 4, 8, 16, 32, 64)
lost, allowed = [], []
for n in sizes:
    clone = library.fit(mdp, mdp.sample(expert, n, rng=n))
    lost.append((n, library.value(mdp, expert) - library.value(mdp, clone)))
    allowed.append((n, mdp.horizon**2 * float(il.error_rate(mdp, expert, clone))))
    assert np.isclose(lost[-1][1], float(il.gap(mdp, expert, clone)))

(panel,) = Sheet(plt.figure(figsize=(4.8, 3.2))).panels()
panel.bound(allowed, r"$H^2\,\epsilon$")
panel.curve(lost, "what our clone loses")
panel.named(x="demonstrations", y="expected return lost", log="xy").legend(columns=2)
panel.ticks(sizes)
print(il.verify("ross-bagnell-2010-thm-2-1", n=1).verdict)

# %% [markdown]
# ## At home
#
# On your own code, from a shell or in pytest (`docs/testing.md` has the table of names):
#
# ```
# iltheory invariants my_package.my_bc
# ```
#
# ```
# @pytest.mark.iltheory
# class TestMyBC(MyBC):
#     pass
# ```
#
# ## Exercises
#
# Replace `None` by your answer and run the cell: it complains if you are wrong.
#
# **1.** *The price of the clock.* With $\gamma = 0.95$, how long must the recordings be for `TimeLimitIsDeath` to be
# wrong by at most three per cent? (The smallest $T$.)

# %% tags=["exercise"]
answer = None
if answer is not None:
    short, enough = (TimeLimitIsDeath().fixed_point(recordings(limit, 1), 0.95)[0] for limit in (answer - 1, answer))
    assert short < 0.97 / (1 - 0.95) <= enough

# %% [markdown]
# **2.** *First to finish.* A collector runs three environments at once and keeps the first episode that ends; each is
# short with probability $\tfrac12$. Which share of the collected episodes is short? (A number.)

# %% tags=["exercise"]
answer = None
draws = np.random.default_rng(0).integers(0, 2, (100_000, 3)).any(-1).mean()
assert answer is None or abs(answer - draws) < 0.004

# %% [markdown]
# **3.** *Smoothing.* Somebody adds 1 to every count before normalising ("it never hurts"). Which invariants fail? A set
# of names; guess before you look.


# %% tags=["exercise"]
class Smoothed(MyBC):
    def fit(self, mdp, demos):
        counts = np.ones((mdp.horizon, mdp.n_states, mdp.n_actions))
        np.add.at(counts, tuple(demos.steps()), 1)
        return counts / counts.sum(-1, keepdims=True)


answer = None
assert answer is None or answer == {outcome.name for outcome in check(Smoothed(), seed=0).failures}

# %% [markdown]
# **4.** *The smallest model.* How many states, actions and steps has the smallest model on which `NextAction` can be
# told from a correct clone? A triple `(S, A, H)`. (Fewer steps than you think.)

# %% tags=["exercise"]
answer = None
if answer is not None:
    instance = check(NextAction(), seed=0)["learner_recovers_the_expert"].instance
    assert answer == (len(instance["mdp"]["mu"]), len(instance["mdp"]["P"][0]), instance["mdp"]["horizon"])

# %% [markdown]
# **5.** *Invariants are no proof.* Break `value` so that every invariant holds and yet the value of some model is
# wrong. Your answer is a function `lambda mdp, policy: ...` that may call `MyBC().value`. Then think of an invariant
# that would catch you.

# %% tags=["exercise"]
answer = None
if answer is not None:
    sneaky = type("Sneaky", (MyBC,), {"value": lambda self, mdp, policy: answer(mdp, policy)})()
    assert not check(sneaky, seed=0, only=["value_is_exact"]).failures, "caught"
    models = [corridor(horizon=horizon) for horizon in (1, 10, 50, 200)]
    uniform = [np.full((mdp.horizon, mdp.n_states, mdp.n_actions), 0.5) for mdp in models]
    assert any(abs(answer(m, u) - float(il.value(m, u))) > 0.1 for m, u in zip(models, uniform, strict=True))
