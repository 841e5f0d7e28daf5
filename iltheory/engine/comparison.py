"""All learners on one problem: what each loses, exactly, beside what theorems say it may lose at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np

from iltheory import learners
from iltheory.claims.registry import catalogue
from iltheory.games import exact_policy
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Enclosure, Numbers
from sims.arithmetic.numbers import exact_text
from sims.datasets import Trajectories
from sims.errors import IltheoryError, InvalidArgument

SCHEMA = "iltheory-comparison/1"

DEMONSTRATIONS, DYNAMICS, QUERIES = "data", "data, model", "data, expert"
"""What a learner may use: the data alone; the transitions too; or the expert's answers where the learner goes."""

BOUNDS: Mapping[str, str] = {
    DEMONSTRATIONS: "ross-bagnell-2010-thm-2-1.horizon-weighted",
    DYNAMICS: "j-gap-from-occ.finite",
    QUERIES: "dagger-2011-thm-2-2",
}
"""Claims about a model, an expert and a policy whose right-hand sides bound the gap of any policy.

They depend on its mistakes where the expert goes, on its occupancy, and on its mistakes where it goes itself: the
quantity that learners with such access can make small.
"""


@dataclass(frozen=True)
class Problem:
    """What is imitated: a float64 model with a horizon, a deterministic expert and its demonstrations."""

    mdp: TabularMDP
    expert: Numbers
    demos: Trajectories
    rng: np.random.Generator

    @property
    def state_features(self) -> Numbers:
        """One feature a state, ``[S, S]``."""
        return np.eye(self.mdp.n_states, dtype=np.int64)


Learn = Callable[[Problem], Any]
"""From a problem to what a learner returns: a policy, or a result that has one."""

ITERATIONS = 50
TEMPERATURE = 0.01
"""Weight of the entropy in IQ-Learn, small against rewards; 1, the paper's, would pull towards the uniform policy."""

LEARNERS: Mapping[str, tuple[str, Learn]] = {
    "behavioural cloning": (DEMONSTRATIONS, lambda p: learners.behavioral_cloning(p.demos, p.mdp)),
    "AdVIL": (DEMONSTRATIONS, lambda p: learners.advil(p.mdp, p.demos, iterations=ITERATIONS)),
    "GAIL": (DYNAMICS, lambda p: learners.gail(p.mdp, p.demos)),
    "IQ-Learn (Hellinger)": (
        DYNAMICS,
        lambda p: learners.iq_learn(p.mdp, p.demos, divergence="squared-hellinger", temperature=TEMPERATURE),
    ),
    "IQ-Learn (chi2)": (DYNAMICS, lambda p: learners.iq_learn(p.mdp, p.demos, temperature=TEMPERATURE)),
    "moment matching": (DYNAMICS, lambda p: learners.moment_matching(p.mdp, p.demos)),
    "AdRIL": (DYNAMICS, lambda p: learners.adril(p.mdp, p.demos, iterations=ITERATIONS)),
    "Mimic-MD": (DYNAMICS, lambda p: learners.mimic_md(p.mdp, p.demos)),
    "replay estimation": (DYNAMICS, lambda p: learners.replay_estimation(p.mdp, p.demos)),
    "projection": (
        DYNAMICS,
        lambda p: learners.projection(p.mdp, p.demos, p.state_features, iterations=ITERATIONS),
    ),
    "MWAL": (
        DYNAMICS,
        lambda p: learners.mwal(p.mdp, p.demos, p.state_features, iterations=ITERATIONS),
    ),
    "LPAL": (DYNAMICS, lambda p: learners.lpal(p.mdp, p.demos, p.state_features)),
    "maximum causal entropy": (
        DYNAMICS,
        lambda p: learners.maximum_causal_entropy(p.mdp, p.demos, p.state_features),
    ),
    "forward training": (
        QUERIES,
        lambda p: learners.forward_training(
            p.mdp, p.expert, learners.TabularPolicies(), trajectories=len(p.demos), rng=p.rng
        ),
    ),
    "DAgger": (
        QUERIES,
        lambda p: learners.dagger(
            p.mdp, p.expert, learners.TabularPolicies(), iterations=len(p.demos), trajectories=1, rng=p.rng
        ),
    ),
    "DAeQuIL": (QUERIES, lambda p: learners.daequil(p.mdp, p.expert, iterations=len(p.demos))),
}
"""Every learner that suits a model with a horizon, with what it uses.

DAgger asks about one trajectory a round, as many as there are demonstrations; forward training about as many at each
step; DAeQuIL about the exact law of the states, for as many rounds.
"""


@dataclass(frozen=True)
class Row:
    """One learner.

    Attributes
    ----------
    learner, access : its name, and what it uses
    gap : ``J(expert) - J(policy)``, an enclosure; None if there is no policy
    bounds : by claim of ``BOUNDS``: what the claim's right-hand side gives for the policy
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
    def own_bound(self) -> Enclosure | None:
        """The bound that fits what the learner uses."""
        return self.bounds.get(BOUNDS[self.access])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; numbers as [lower, upper] rationals."""
        return {
            "learner": self.learner,
            "access": self.access,
            "gap": None if self.gap is None else _ends(self.gap),
            "bounds": {claim: _ends(bound) for claim, bound in self.bounds.items()},
            "own_bound": BOUNDS[self.access],
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
) -> Iterator[Row]:
    """Let every learner learn from the same demonstrations, and evaluate what it learnt exactly.

    Parameters
    ----------
    mdp : one model with a horizon and rewards in [0, 1], exact or of floats
    expert : the deterministic policy the demonstrations are from
    demos : at least two trajectories
    rng : seed or generator, for learners that sample
    only : names in ``LEARNERS``

    Yields
    ------
    Row
        As soon as each learner is done. Gaps and bounds are evaluated in interval arithmetic.

    Raises
    ------
    InvalidArgument
        If the model has no horizon or a name is unknown.
    """
    unknown = set(only) - set(LEARNERS)
    if unknown:
        raise InvalidArgument(f"only={sorted(unknown)} names no learners; there are {', '.join(LEARNERS)}.")
    if mdp.horizon is None:
        raise InvalidArgument("mdp has a discount; learners are compared on models with a horizon.")
    floats, exact = mdp.to("float64"), mdp.to("interval")
    for name in only:
        yield _row(exact, Problem(floats, ar.midpoint(ar.asarray(expert)), demos, np.random.default_rng(rng)), name)


def _row(mdp: TabularMDP, problem: Problem, name: str) -> Row:
    access, learn = LEARNERS[name]
    started = process_time()
    try:
        learnt = learn(problem)
    except IltheoryError as problem_met:
        return Row(name, access, None, {}, process_time() - started, str(problem_met).partition("\n")[0])
    seconds = process_time() - started
    policy = ar.asarray(getattr(learnt, "policy", learnt))
    rational = ar.system_of(policy).name == "rational"
    learner = mdp.policy(policy if rational else exact_policy(ar.midpoint(policy)))
    expert = mdp.policy(problem.expert)
    sides = {claim: catalogue()[claim](mdp, expert, learner) for claim in BOUNDS.values()}
    gap = Enclosure.of(mdp.value(expert) - mdp.value(learner))
    return Row(name, access, gap, {claim: Enclosure.of(side.rhs) for claim, side in sides.items()}, seconds)


def _ends(x: Enclosure) -> list[str]:
    return [exact_text(x.lower), exact_text(x.upper)]
