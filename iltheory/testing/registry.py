"""The invariants by name: which functions of an adapter each needs, on which models, and what it is called with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from iltheory.testing import data, learners, objectives, occupancies, planning, rewards
from iltheory.testing.adapter import FUNCTIONS, HORIZONS, Adapter
from iltheory.testing.cases import proportional_demos
from iltheory.testing.models import discounted_model, episodic_model, finite_model, models, paid_on_arrival
from iltheory.testing.report import NEEDS
from iltheory.testing.run import Run
from sims import TabularMDP

FINITE, DISCOUNTED = HORIZONS
Arguments = Callable[[Run], tuple[Any, ...]]


@dataclass(frozen=True)
class Invariant:
    """A named invariant.

    Attributes
    ----------
    check : the function of ``iltheory.testing``
    needs : functions and settings of the adapter, ``"objective|loss"`` if either will do
    arguments : from a run to what ``check`` is called with
    searched : whether it is run on many models; if not, once, on numbers or a model of its own
    horizons : kinds of models it is run on
    varying : whether models may vary with the step
    full_support : whether policies take every action
    known : models on which it is always run, besides those that are searched
    models : how many models are drawn, besides the known ones
    each : whether there are several of this name, told apart by what they need
    """

    check: Callable[..., None]
    needs: tuple[str, ...]
    arguments: Arguments
    searched: bool = True
    horizons: tuple[str, ...] = HORIZONS
    varying: bool = True
    full_support: bool = False
    known: Callable[[], list[TabularMDP]] = models
    models: int = 30
    each: bool = False

    @property
    def invariant(self) -> str:
        """Name of the function."""
        return self.check.__name__

    @property
    def name(self) -> str:
        """Name of the function, with what it is run on if there are several."""
        return f"{self.invariant}[{self.needs[0]}]" if self.each else self.invariant

    def missing(self, adapter: Adapter) -> str | None:
        """Why it does not apply to an adapter, or None."""
        reason = adapter.settings.get("excluded", {}).get(self.invariant)
        if reason is not None:
            return f"excluded by the adapter: {reason}"
        lacking = [need for need in self.needs if not any(map(adapter.has, need.split("|")))]
        if lacking:
            return NEEDS + " and ".join(lacking).replace("|", " or ")
        if self.horizons and not set(self.horizons) & set(adapter.horizons):
            return f"is about {self.horizons[0]} models, which the adapter does not understand"
        return None

    def run(self, run: Run) -> None:
        """Check it once.

        Raises
        ------
        InvariantViolated
            If it does not hold.
        NotApplicable, ImplementationRaised
            As functions of the adapter do.
        """
        known = inspect.signature(self.check).parameters
        options: dict[str, Any] = {}
        if "policy" in known:
            options["policy"] = run.expert if "fit" in self.needs else run.policy
        if "tolerance" in known:
            options["tolerance"] = run.adapter.tolerance(self.invariant, known["tolerance"].default)
        for setting in ("ignoring", "options"):
            if setting in known and run.adapter.has(setting):
                options[setting] = run.adapter.settings[setting]
        self.check(*self.arguments(run), **options)


def invariants(adapter: Adapter) -> Iterator[Invariant]:
    """All invariants; those that hold of any function once for each that the adapter has."""
    yield from INVARIANTS
    of_models = [name for name in adapter.functions if "mdp" in FUNCTIONS[name].parameters]
    for check in OF_ANY_FUNCTION:
        for name in of_models:
            yield _of_any_function(check, name)


def names() -> list[str]:
    """Names of all invariants, without what they are run on."""
    return sorted({entry.invariant for entry in INVARIANTS} | {check.__name__ for check in OF_ANY_FUNCTION})


def _of_any_function(check: Callable[..., None], name: str) -> Invariant:
    """An invariant of any function, on models of those kinds on which others test this one."""
    tested = [entry for entry in INVARIANTS if any(name in need.split("|") for need in entry.needs)]
    kinds = tuple(kind for kind in HORIZONS if any(kind in entry.horizons for entry in tested))
    varying = any(entry.varying for entry in tested)
    return Invariant(
        check, (name,), _once(name), horizons=kinds, varying=varying, full_support=True, models=8, each=True
    )


def _once(name: str) -> Arguments:
    return lambda run: run.once(name)


def _on_model(name: str, *parameters: str) -> Arguments:
    """A function of a model, and the model."""
    return lambda run: (run.function(name, "mdp", *parameters), [run.mdp])


def _of(name: str, *parameters: str) -> Arguments:
    """A function of numbers."""
    return lambda run: (run.function(name, *parameters),)


def _at_points(*functions: str) -> Arguments:
    """The objective, functions of a point beside it, and points."""
    return lambda run: (run.objective, *(run.function(name, "point") for name in functions), [run.point(run.mdp)])


def _pairing(run: Run) -> tuple[Any, ...]:
    return run.function("occupancy", "mdp", "policy"), run.function("value", "mdp", "policy"), [run.mdp]


def _cloning(run: Run) -> tuple[Any, ...]:
    mdp = run.mdp
    return run.function("clone", "mdp", "demos"), mdp, run.demos(mdp, run.policy(mdp))


def _counting(run: Run) -> tuple[Any, ...]:
    assert run.case is not None
    mdp = run.mdp
    return run.function("empirical_occupancy", "mdp", "demos"), (mdp, run.policy(mdp), proportional_demos(run.case))


def _reading(run: Run) -> tuple[Any, ...]:
    mdp = run.mdp
    return run.function("read", "demos"), mdp, run.demos(mdp, run.policy(mdp))


def _cutting(run: Run) -> tuple[Any, ...]:
    mdp = run.mdp
    return run.function("statistic", "demos"), run.demos(mdp, run.policy(mdp))


def _collecting(run: Run) -> tuple[Any, ...]:
    mdp = run.mdp
    return run.function("rollout", "mdp", "policy", "n", "rng"), mdp, run.policy(mdp)


def _stepping(run: Run) -> tuple[Any, ...]:
    step, _ = _stepper(run)
    return step, ARRIVALS


def _moving(run: Run) -> tuple[Any, ...]:
    step, mdp = _stepper(run)
    return step, mdp.P


def _stepper(run: Run) -> tuple[Callable[..., Any], TabularMDP]:
    """``step`` in a model whose rewards all differ, by the state of arrival, too."""
    model = discounted_model() if DISCOUNTED in run.adapter.horizons else finite_model(varying=False)
    mdp = paid_on_arrival(model, ARRIVALS)
    step = run.function("step", "mdp", "state", "action", "rng")
    return lambda state, action, rng: step(mdp, state, action, rng), mdp


def _reporting(run: Run) -> tuple[Any, ...]:
    return run.function("reported", "point"), run.objective, [run.point(run.mdp)]


def _playing(run: Run) -> tuple[Any, ...]:
    mdp = run.mdp
    return run.function("primal", "policy"), run.function("dual", "reward"), [(run.policy(mdp), run.table(mdp))]


def _utility(run: Run) -> tuple[Any, ...]:
    visited = run.adapter.settings.get("visited_rewards", VISITED_REWARDS)
    return run.function("utility", "reward"), run.function("slope", "reward"), visited


DENSITIES = ("expert_density", "learner_density")
TRANSITION = ("state", "action", "next_state")
VISITED_REWARDS = np.arange(-16, 17) / 4
ARRIVALS = np.arange(48).reshape(4, 3, 4) / 8
NUMBERS: dict[str, Any] = {"searched": False, "horizons": ()}
ON_ITS_OWN: dict[str, Any] = {"searched": False}
WITH_DISCOUNT: dict[str, Any] = {"searched": False, "horizons": (DISCOUNTED,)}
FULL: dict[str, Any] = {"full_support": True}
OF_ANY_FUNCTION = (learners.arguments_are_left_alone, learners.same_call_same_bits)

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(learners.learner_recovers_the_expert, ("fit",), lambda run: (run.learner, [run.mdp]), **FULL),
    Invariant(
        learners.reported_occupancy_is_the_policys, ("fit",), lambda run: (run.reporting_learner, [run.mdp]), **FULL
    ),
    Invariant(learners.learner_keeps_the_length_of_episodes, ("fit",), lambda run: (run.learner,), **WITH_DISCOUNT),
    Invariant(
        learners.every_option_changes_something, ("fit", "options"), lambda run: (run.learner_with_options,),
        **ON_ITS_OWN,
    ),
    Invariant(learners.cloning_raises_the_likelihood, ("clone",), _cloning),
    Invariant(occupancies.occupancy_is_a_law, ("occupancy",), _on_model("occupancy", "policy")),
    Invariant(occupancies.occupancy_flows, ("occupancy",), _on_model("occupancy", "policy")),
    Invariant(occupancies.occupancy_belongs_to_the_policy, ("occupancy",), _on_model("occupancy", "policy")),
    Invariant(occupancies.pairing_is_the_value, ("occupancy", "value"), _pairing),
    Invariant(occupancies.value_is_exact, ("value",), _on_model("value", "policy")),
    Invariant(
        occupancies.discount_is_used, ("occupancy",),
        lambda run: (run.function("occupancy", "mdp", "policy"), TabularMDP.occupancy), each=True, **WITH_DISCOUNT,
    ),
    Invariant(
        occupancies.discount_is_used, ("value",),
        lambda run: (run.function("value", "mdp", "policy"), TabularMDP.value), each=True, **WITH_DISCOUNT,
    ),
    Invariant(occupancies.empirical_occupancy_is_exact, ("empirical_occupancy",), _counting, horizons=(FINITE,)),
    Invariant(occupancies.mixture_is_stochastic, ("mixture",), _of("mixture", "first", "second", "beta"), **NUMBERS),
    Invariant(
        data.rollouts_have_no_length_bias, ("rollout",), _of("rollout", "mdp", "policy", "n", "rng"),
        searched=False, horizons=(FINITE,),
    ),
    Invariant(data.episodes_have_their_horizon, ("rollout",), _collecting, horizons=(FINITE,)),
    Invariant(data.episodes_follow_the_policy, ("rollout",), _collecting, horizons=(FINITE,), models=8),
    Invariant(data.steps_follow_the_model, ("step",), _moving, varying=False, **ON_ITS_OWN),
    Invariant(data.rewards_are_those_of_the_model, ("read",), _reading, varying=False),
    Invariant(data.cutting_changes_nothing, ("statistic",), _cutting),
    Invariant(data.time_limits_are_not_deaths, ("fixed_point",), _of("fixed_point", "demos", "discount"), **NUMBERS),
    Invariant(
        data.padding_changes_nothing, ("masked_loss",), _of("masked_loss", "predictions", "targets", "mask"), **NUMBERS
    ),
    Invariant(planning.soft_optimality_holds, ("soft_plan",), _on_model("soft_plan", "temperature")),
    Invariant(
        planning.soft_evaluation_is_a_linear_solve, ("soft_value",), _on_model("soft_value", "policy", "temperature"),
        **FULL,
    ),
    Invariant(
        planning.backup_matches_behaviour, ("behaviour", "backup"),
        lambda run: tuple(run.function(name, "q", "temperature") for name in ("behaviour", "backup")), **NUMBERS,
    ),
    Invariant(
        planning.lambda_returns_match_brute_force, ("advantages",),
        _of("advantages", "rewards", "values", "discount", "decay", "terminated"), **NUMBERS,
    ),
    Invariant(objectives.gradient_is_the_derivative, ("gradient", "objective|loss"), _at_points("gradient"), **FULL),
    Invariant(
        objectives.step_ascends, ("update", "objective|loss"),
        lambda run: (run.ascended, run.function("update", "point"), [run.point(run.mdp)]), **FULL,
    ),
    Invariant(objectives.report_is_the_objective, ("reported", "objective|loss"), _reporting, **FULL),
    Invariant(
        objectives.shift_changes_nothing, ("density_objective",),
        lambda run: (run.function("density_objective", "point"), [run.point(run.mdp)]), **FULL,
    ),
    Invariant(objectives.bounds_enclose, ("primal", "dual"), _playing, **FULL),
    Invariant(
        objectives.expert_is_stationary, ("gradient_at_expert",), _on_model("gradient_at_expert", "expert"), **FULL
    ),
    Invariant(
        objectives.telescopes_from_the_start, ("initial_term",), _on_model("initial_term", "policy", "v"),
        horizons=(DISCOUNTED,),
    ),
    Invariant(objectives.utility_is_concave_and_increases, ("utility", "slope"), _utility, **NUMBERS),
    Invariant(objectives.expert_is_rewarded_nothing, ("slope",), _of("slope", "reward"), **NUMBERS),
    Invariant(objectives.payoff_is_linear_in_the_policy, ("payoff",), _of("payoff", "f", "policy"), **NUMBERS),
    Invariant(
        objectives.interpolation_stays_on_the_segment, ("interpolate",), _of("interpolate", "first", "second", "rng"),
        **NUMBERS,
    ),
    Invariant(
        rewards.reward_ignores_batch_mates, ("reward",),
        lambda run: (run.function("reward", *TRANSITION), *run.transitions()), varying=False,
    ),
    Invariant(
        rewards.reward_paths_agree, ("reward_paths",), lambda run: (run.reward_paths(), *run.transitions()),
        varying=False,
    ),
    Invariant(
        rewards.shaping_keeps_every_difference, ("shaped",), _on_model("shaped", "potential"), horizons=(DISCOUNTED,),
        known=lambda: [episodic_model()],
    ),
    Invariant(rewards.reward_is_of_this_transition, ("step",), _stepping, varying=False, **ON_ITS_OWN),
    Invariant(rewards.reward_is_the_log_ratio, ("airl_reward",), _of("airl_reward", *DENSITIES), each=True, **NUMBERS),
    Invariant(rewards.reward_is_the_log_ratio, ("discriminator",), lambda run: (run.logit,), each=True, **NUMBERS),
    Invariant(
        rewards.reward_rises_where_the_expert_goes_more, ("discriminator",), lambda run: (run.logit,), each=True,
        **NUMBERS,
    ),
    *(
        Invariant(check, (name,), _of(name, *DENSITIES), each=True, **NUMBERS)
        for check in (rewards.reward_rises_where_the_expert_goes_more, rewards.uninformative_expert_prefers_no_length)
        for name in ("adversarial_reward", "airl_reward")
    ),
    Invariant(rewards.labels_are_the_functional_gradient, ("labels",), _of("labels", "round"), **NUMBERS),
    Invariant(learners.certainty_falls_with_disagreement, ("certainty",), _of("certainty", "disagreement"), **NUMBERS),
    Invariant(
        learners.replay_estimate_is_between, ("replay_estimate",),
        _of("replay_estimate", "empirical", "simulated", "certainty"), **NUMBERS,
    ),
)  # fmt: skip
