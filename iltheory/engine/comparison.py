"""All learners on one problem: what each loses, exactly, beside what theorems say it may lose at most."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from copy import deepcopy
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np

from iltheory import learners
from iltheory.claims.registry import catalogue
from iltheory.engine.executors import processes
from iltheory.games import exact_policy
from iltheory.measures import steps
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Enclosure, Numbers
from sims.arithmetic.numbers import exact_text
from sims.datasets import Trajectories
from sims.errors import IltheoryError, InvalidArgument

SCHEMA = "iltheory-comparison/2"

DEMONSTRATIONS, DYNAMICS, QUERIES, SIMULATION = "data", "data, model", "data, expert", "model, expert"
"""What a learner may use: the data alone; the transitions too; the expert's answers where the learner goes, as many as
the data have steps; or all answers and the transitions, so that nothing is left to chance."""

CLONING, FORWARD, ON_POLICY = "ross-bagnell-2010-thm-2-1", "ross-bagnell-2010-forward", "dagger-2011-thm-2-2"
OCCUPANCY = "j-gap-from-occ.finite"
REWARD_MOMENTS = "swamy-2021-reward.time-dependent"
OFF_POLICY_MOMENTS, ON_POLICY_MOMENTS = "swamy-2021-offq.unit-rewards", "swamy-2021-onq"
EXPERT_VALUES = "aggrevate-2014-thm-2-1"

Arguments = Callable[[TabularMDP, Numbers, Numbers], tuple[Any, ...]]


def _of_three(mdp: TabularMDP, expert: Numbers, learner: Numbers) -> tuple[Any, ...]:
    return mdp, expert, learner


def _of_rewards(mdp: TabularMDP, expert: Numbers, learner: Numbers) -> tuple[Any, ...]:
    shape = (steps(mdp), mdp.n_states, mdp.n_actions)
    return mdp, expert, learner, ar.broadcast_to(mdp.rewards(), shape)


def _of_one_round(mdp: TabularMDP, expert: Numbers, learner: Numbers) -> tuple[Any, ...]:
    return mdp, expert, (learner,), (mdp.system.convert(0),)


BOUNDS: Mapping[str, Arguments] = {
    CLONING: _of_three,
    FORWARD: _of_three,
    ON_POLICY: _of_three,
    OCCUPANCY: _of_three,
    REWARD_MOMENTS: _of_rewards,
    OFF_POLICY_MOMENTS: _of_three,
    ON_POLICY_MOMENTS: _of_rewards,
    EXPERT_VALUES: _of_one_round,
}
"""Claims whose right-hand sides bound the gap of any policy, with what they are called on.

Each is the theorem behind some learners: it depends on the quantity that these make small, be it mistakes where the
expert goes, mistakes where the learner goes, or differences of occupancies or moments.
"""


ROUNDS, FEWEST_ROUNDS, LARGEST_WORK = 200, 20, 4_000_000
OFFLINE = 5
"""AdVIL plans nothing, so its rounds are as many times cheaper."""


@dataclass(frozen=True)
class Problem:
    """What is imitated: a float64 model with a horizon, a deterministic expert and its demonstrations."""

    mdp: TabularMDP
    expert: Numbers
    demos: Trajectories
    rng: np.random.Generator

    @property
    def rounds(self) -> int:
        """Rounds of learners that plan or evaluate in each: ``ROUNDS``, fewer on models of more than 20 000 entries."""
        entries = self.mdp.n_states * self.mdp.n_actions * steps(self.mdp)
        return min(ROUNDS, max(FEWEST_ROUNDS, LARGEST_WORK // entries))

    @property
    def features(self) -> Numbers:
        """One feature a state and action, ``[S, A, S A]``: every stationary reward is linear in them."""
        pairs = self.mdp.n_states * self.mdp.n_actions
        return np.eye(pairs, dtype=np.int64).reshape(self.mdp.n_states, self.mdp.n_actions, pairs)


Learn = Callable[[Problem], Any]
"""From a problem to what a learner returns: a policy, or a result that has one."""

TEMPERATURE = 0.01
"""Weight of the entropy in inverse soft-Q learning, small against rewards; 1, the papers', would pull towards the
uniform policy."""
SHARE = 0.1
"""Share of the expert's actions that SMILe hands over at each update."""


@dataclass(frozen=True)
class Learner:
    """How a learner takes part.

    Attributes
    ----------
    access : what it uses
    bound : the claim of ``BOUNDS`` behind it
    learn : runs it
    """

    access: str
    bound: str
    learn: Learn


def _everywhere() -> learners.TabularPolicies:
    return learners.TabularPolicies()


LEARNERS: Mapping[str, Learner] = {
    "behavioural cloning": Learner(DEMONSTRATIONS, CLONING, lambda p: learners.behavioral_cloning(p.demos, p.mdp)),
    "AdVIL": Learner(
        DEMONSTRATIONS, OFF_POLICY_MOMENTS, lambda p: learners.advil(p.mdp, p.demos, iterations=OFFLINE * p.rounds)
    ),
    "GAIL": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.gail(p.mdp, p.demos)),
    "IQ-Learn (Hellinger)": Learner(
        DYNAMICS,
        OCCUPANCY,
        lambda p: learners.iq_learn(p.mdp, p.demos, divergence="squared-hellinger", temperature=TEMPERATURE),
    ),
    "IQ-Learn (chi2)": Learner(
        DYNAMICS, OCCUPANCY, lambda p: learners.iq_learn(p.mdp, p.demos, temperature=TEMPERATURE)
    ),
    "LS-IQ": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.ls_iq(p.mdp, p.demos, temperature=TEMPERATURE)),
    "SQIL": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.sqil(p.mdp, p.demos, temperature=TEMPERATURE)),
    "ValueDICE": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.value_dice(p.mdp, p.demos)),
    "moment matching": Learner(DYNAMICS, REWARD_MOMENTS, lambda p: learners.moment_matching(p.mdp, p.demos)),
    "AdRIL": Learner(DYNAMICS, REWARD_MOMENTS, lambda p: learners.adril(p.mdp, p.demos, iterations=p.rounds)),
    "Mimic-MD": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.mimic_md(p.mdp, p.demos)),
    "replay estimation": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.replay_estimation(p.mdp, p.demos)),
    "projection": Learner(
        DYNAMICS, OCCUPANCY, lambda p: learners.projection(p.mdp, p.demos, p.features, iterations=p.rounds)
    ),
    "MWAL": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.mwal(p.mdp, p.demos, p.features, iterations=p.rounds)),
    "LPAL": Learner(DYNAMICS, OCCUPANCY, lambda p: learners.lpal(p.mdp, p.demos, p.features)),
    "maximum causal entropy": Learner(
        DYNAMICS, OCCUPANCY, lambda p: learners.maximum_causal_entropy(p.mdp, p.demos, "state")
    ),
    "forward training": Learner(
        QUERIES,
        FORWARD,
        lambda p: learners.forward_training(p.mdp, p.expert, _everywhere(), trajectories=len(p.demos), rng=p.rng),
    ),
    "SMILe": Learner(
        QUERIES,
        ON_POLICY,
        lambda p: learners.smile(
            p.mdp, p.expert, _everywhere(), iterations=len(p.demos), alpha=SHARE, trajectories=1, rng=p.rng
        ),
    ),
    "DAgger": Learner(
        QUERIES,
        ON_POLICY,
        lambda p: learners.dagger(p.mdp, p.expert, _everywhere(), iterations=len(p.demos), trajectories=1, rng=p.rng),
    ),
    "DAeQuIL": Learner(SIMULATION, ON_POLICY_MOMENTS, lambda p: learners.daequil(p.mdp, p.expert, iterations=p.rounds)),
    "AggreVaTe": Learner(
        SIMULATION, EXPERT_VALUES, lambda p: learners.aggrevate(p.mdp, p.expert, _everywhere(), iterations=p.rounds)
    ),
}
"""Every learner that suits a model with a horizon.

DAgger and SMILe ask about one trajectory a round, as many as there are demonstrations; forward training about as many
states at each step. DAeQuIL and AggreVaTe are told what the expert does, or what its values are, under the exact law
of the states. Apprenticeship learning matches features of states and actions. Maximum causal entropy matches those of
states, as in its paper: the frequencies of actions in few demonstrations are those of no policy, and its dual has no
minimum then.
"""


@dataclass(frozen=True)
class Row:
    """One learner.

    Attributes
    ----------
    learner, access : its name, and what it uses
    gap : ``J(expert) - J(policy)``, an enclosure; None if there is no policy
    bounds : by claim of ``BOUNDS``: what the claim's right-hand side gives for the policy; empty if there is none
    seconds : CPU time of learning
    why_not : why it returned no policy, in words; empty if it did
    """

    learner: str
    access: str
    gap: Enclosure | None
    bounds: Mapping[str, Enclosure]
    seconds: float
    why_not: str = ""

    @property
    def theorem(self) -> str:
        """The claim behind the learner."""
        return LEARNERS[self.learner].bound

    @property
    def own_bound(self) -> Enclosure | None:
        """What the claim behind the learner gives for its policy."""
        return self.bounds.get(self.theorem)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; numbers as [lower, upper] rationals."""
        return {
            "learner": self.learner,
            "access": self.access,
            "gap": None if self.gap is None else _ends(self.gap),
            "bounds": {claim: _ends(bound) for claim, bound in self.bounds.items()},
            "own_bound": self.theorem,
            "seconds": self.seconds,
            "why_not": self.why_not,
        }


def compare(
    mdp: TabularMDP,
    expert: Any,
    demos: Trajectories,
    *,
    rng: int | np.random.Generator,
    only: Iterable[str] = LEARNERS,
    limit: float | None = None,
) -> Iterator[Row]:
    """Let every learner learn from the same demonstrations, and evaluate what it learnt exactly.

    Parameters
    ----------
    mdp : one model with a horizon and rewards in [0, 1], exact or of floats
    expert : the deterministic policy the demonstrations are from
    demos : at least two trajectories
    rng : seed or generator, for learners that sample
    only : names in ``LEARNERS``
    limit : CPU seconds for each learner, evaluation included; who takes longer ends without a policy. Learners then
        run in a process beside this one, which is spawned, so a script has to call this under
        ``if __name__ == "__main__":``. None for no limit

    Yields
    ------
    Row
        As soon as each learner is done. Gaps and bounds are evaluated in interval arithmetic.

    Raises
    ------
    InvalidArgument
        If the model has no horizon, a name is unknown, or the limit is not positive.
    """
    names = list(only)
    unknown = set(names) - set(LEARNERS)
    if unknown:
        raise InvalidArgument(f"only={sorted(unknown)} names no learners; there are {', '.join(LEARNERS)}.")
    if mdp.horizon is None:
        raise InvalidArgument("mdp has a discount; learners are compared on models with a horizon.")
    if limit is not None and not limit > 0:
        raise InvalidArgument(f"limit={limit!r} must be a positive number of seconds, or None.")
    floats, exact = mdp.to("float64"), mdp.to("interval")
    problem = Problem(floats, ar.midpoint(ar.asarray(expert)), demos, np.random.default_rng(rng))
    if limit is None:
        for name in names:
            yield _row(exact, deepcopy(problem), name)
        return
    with processes(1) as worker:
        for name in names:
            try:
                yield worker.submit(_row_within, limit, exact, problem, name).result()
            except BrokenProcessPool:
                why_not = f"stopped: it takes more than {limit:g} seconds, or more memory than there is"
                yield Row(name, LEARNERS[name].access, None, {}, limit, why_not)


def _row_within(limit: float, mdp: TabularMDP, problem: Problem, name: str) -> Row:
    """Compute a row in a process that the system ends if it takes too long, wherever it is."""
    signal.setitimer(signal.ITIMER_PROF, limit)
    row = _row(mdp, problem, name)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return row


def _row(mdp: TabularMDP, problem: Problem, name: str) -> Row:
    competitor = LEARNERS[name]
    started = process_time()
    try:
        learnt = competitor.learn(problem)
    except IltheoryError as problem_met:
        why_not = str(problem_met).partition("\n")[0]
        return Row(name, competitor.access, None, {}, process_time() - started, why_not)
    seconds = process_time() - started
    policy = ar.asarray(getattr(learnt, "policy", learnt))
    rational = ar.system_of(policy).name == "rational"
    learner = mdp.policy(policy if rational else exact_policy(ar.midpoint(policy)))
    expert = mdp.policy(problem.expert)
    bounds = {
        claim: Enclosure.of(catalogue()[claim](*arguments(mdp, expert, learner)).rhs)
        for claim, arguments in BOUNDS.items()
    }
    return Row(name, competitor.access, Enclosure.of(mdp.value(expert) - mdp.value(learner)), bounds, seconds)


def _ends(x: Enclosure) -> list[str]:
    return [exact_text(x.lower), exact_text(x.upper)]
