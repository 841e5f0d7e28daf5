"""What is tested of imitation and stable-baselines3: adapters whose functions run in the libraries' environment."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.third_party.process import Library
from sims import TabularMDP
from sims.datasets import Trajectories

Array = Any


@cache
def third_party() -> Library:
    """The environment of `make third-party`, or the one the environment variable names."""
    return Library()


class InLibrary:
    """An adapter whose functions are answered by a library.

    Parameters
    ----------
    library : by default the one of `make third-party`
    """

    def __init__(self, library: Library | None = None) -> None:
        self.library = library or third_party()

    def _ask(self, function: str, mdp: TabularMDP, **arguments: Any) -> Any:
        return self.library.call(function, model=model_of(mdp), **arguments)


def model_of(mdp: TabularMDP) -> dict[str, Any]:
    """A model as it is sent; these libraries know no laws or rewards that vary with the step."""
    if mdp.transitions.steps > 1:
        raise NotImplementedError("one transition matrix serves all steps")
    r = np.asarray(mdp.rewards())
    if r.ndim == 3:
        if np.any(r != r[0]):
            raise NotImplementedError("one reward matrix serves all steps")
        r = r[0]
    P = mdp.transitions.dense()
    return {
        "P": np.asarray(P[0] if P.ndim == 4 else P),
        "r": r,
        "mu": np.asarray(mdp.mu),
        "horizon": mdp.horizon,
        "discount": 1.0 if mdp.discount is None else float(mdp.discount),
        "terminal": None if mdp.terminal is None else np.asarray(mdp.terminal),
    }


class _MceIrl(InLibrary):
    """Maximum causal entropy IRL; its rewards are of states, so the expert is soft optimal for one of those."""

    def expert(self, mdp: TabularMDP, rng: np.random.Generator) -> Array:
        """Soft optimal, at temperature 1, for rewards of states in [-1, 1]."""
        reward = rng.integers(-8, 9, mdp.n_states) / 8
        model_of(mdp)
        return mdp.with_rewards(np.repeat(reward[:, None], mdp.n_actions, axis=1)).soft_optimal(1).policy

    def points(self, mdp: TabularMDP, rng: np.random.Generator) -> Array:
        """A reward of states, not the one the expert has, where every gradient is 0."""
        return rng.standard_normal(mdp.n_states)

    def occupancy(self, mdp: TabularMDP, policy: Array) -> Array:
        """mce_occupancy_measures of a policy."""
        return self._ask("mce.occupancy", mdp, policy=policy)

    def value(self, mdp: TabularMDP, policy: Array) -> Array:
        """What the environment of seals pays."""
        return self._ask("mce.value", mdp, policy=policy)

    def soft_plan(self, mdp: TabularMDP, temperature: float) -> Array:
        """mce_partition_fh, which has temperature 1: rewards are divided by another one, values multiplied."""
        r = np.asarray(mdp.rewards())
        if np.any(r != r[..., :1]):
            raise NotImplementedError("its rewards are of states")
        model = model_of(mdp)
        pi, v = self.library.call("mce.soft_plan", model=model, reward=model["r"][:, 0] / temperature)
        return pi, v * temperature

    def loss(self, mdp: TabularMDP, point: Array, expert: Array) -> Array:
        """Minus the causal log-likelihood of the expert."""
        return self._ask("mce.loss", mdp, point=point, expert=expert)

    def gradient(self, mdp: TabularMDP, point: Array, expert: Array) -> Array:
        """What one iteration of MCEIRL.train descends."""
        return self._ask("mce.gradient", mdp, point=point, expert=expert)

    def update(self, mdp: TabularMDP, point: Array, expert: Array) -> Array:
        """Where it moves the rewards."""
        return self._ask("mce.update", mdp, point=point, expert=expert)

    def fit(self, mdp: TabularMDP, expert: Array) -> Any:
        """MCEIRL.train on the expert's exact visits."""
        return SimpleNamespace(**self._ask("mce.fit", mdp, expert=expert))


class MceIrl(_MceIrl):
    """MCE IRL with a horizon, undiscounted."""

    horizons = "finite"
    tolerance = {"learner_recovers_the_expert": 1e-2}


class DiscountedMceIrl(_MceIrl):
    """MCE IRL with a discount, and a horizon beyond which nothing counts."""

    horizons = "discounted"
    tolerance = {
        "learner_recovers_the_expert": 1e-3,
        "reported_occupancy_is_the_policys": 1e-3,
        "learner_keeps_the_length_of_episodes": 1e-3,
        "gradient_is_the_derivative": 1e-3,
    }


class BehaviouralCloning(InLibrary):
    """BC with its default network: policies do not see the step."""

    horizons = "finite"
    varying = False
    tolerance = {"learner_recovers_the_expert": 2e-2, "cloning_raises_the_likelihood": 1e-3}
    options = {"ent_weight": (0.0, 0.5), "l2_weight": (0.0, 0.5)}

    def fit(
        self, mdp: TabularMDP, demos: Trajectories, seed: int, ent_weight: float = 0.0, l2_weight: float = 0.0
    ) -> Array:
        """BC.train, every batch all the data."""
        options = {"ent_weight": ent_weight, "l2_weight": l2_weight}
        return self._ask("cloning.fit", mdp, demos=flat(demos), seed=seed, **options)

    def clone(self, mdp: TabularMDP, demos: Trajectories, seed: int) -> Array:
        """The same."""
        return self.fit(mdp, demos, seed)


class StochasticDagger(InLibrary):
    """SimpleDAggerTrainer from any expert."""

    horizons = "finite"
    varying = False
    tolerance = {"learner_recovers_the_expert": 0.1, "mixture_is_stochastic": 0.03}

    def fit(self, mdp: TabularMDP, expert: Array, seed: int) -> Array:
        """SimpleDAggerTrainer.train for a few rounds."""
        return self._ask("cloning.dagger", mdp, expert=expert, seed=seed)


class Dagger(StochasticDagger):
    """SimpleDAggerTrainer from an expert that never tosses a coin, and its collector."""

    def expert(self, mdp: TabularMDP, rng: np.random.Generator) -> Array:
        """Deterministic."""
        return np.eye(mdp.n_actions)[rng.integers(mdp.n_actions, size=mdp.n_states)]

    def mixture(self, first: Array, second: Array, beta: float, seed: int) -> Array:
        """Actions that InteractiveTrajectoryCollector passes on."""
        return self.library.call("cloning.mixture", first=first, second=second, beta=beta, seed=seed)


class Gail(InLibrary):
    """Discriminator of GAIL, trained on samples in exact proportions, and the reward of its generator."""

    tolerance = 1e-5

    def discriminator(self, expert_density: Array, learner_density: Array) -> Array:
        """GAIL.logits_expert_is_high after training."""
        densities = {"expert_density": expert_density, "learner_density": learner_density}
        return self.library.call("adversarial.discriminator", kind="gail", **densities)

    def adversarial_reward(self, expert_density: Array, learner_density: Array) -> Array:
        """GAIL.reward_train."""
        densities = {"expert_density": expert_density, "learner_density": learner_density}
        return self.library.call("adversarial.reward", kind="gail", **densities)


class Airl(InLibrary):
    """Discriminator of AIRL, trained on samples in exact proportions, and the reward of its generator."""

    tolerance = 1e-5

    def discriminator(self, expert_density: Array, learner_density: Array) -> Array:
        """AIRL.logits_expert_is_high after training."""
        densities = {"expert_density": expert_density, "learner_density": learner_density}
        return self.library.call("adversarial.discriminator", kind="airl", **densities)

    def airl_reward(self, expert_density: Array, learner_density: Array) -> Array:
        """AIRL.reward_train; the generator acts at random, with two actions."""
        densities = {"expert_density": expert_density, "learner_density": learner_density}
        return self.library.call("adversarial.reward", kind="airl", **densities)


class RewardNets(InLibrary):
    """Reward networks of imitation: a normalised one, a shaped one, and all ways to ask for its rewards."""

    varying = False
    tolerance = 1e-5

    def reward(self, mdp: TabularMDP, state: Array, action: Array, next_state: Array, seed: int) -> Array:
        """NormalizedRewardNet around a basic network."""
        return self._reward("basic", "normalised", mdp, state, action, next_state, seed)

    @property
    def reward_paths(self) -> dict[str, Any]:
        """Of a BasicShapedRewardNet."""
        return {path: self._path(path) for path in ("forward", "predict", "predict_th", "predict_processed")}

    def shaped(self, mdp: TabularMDP, potential: Array) -> Array:
        """ShapedRewardNet around the rewards of the model."""
        return self._ask("rewards.shaped", mdp, potential=potential)

    def _path(self, path: str) -> Any:
        def reward(mdp: TabularMDP, state: Array, action: Array, next_state: Array, seed: int) -> Array:
            return self._reward("shaped", path, mdp, state, action, next_state, seed)

        return reward

    def _reward(
        self, kind: str, path: str, mdp: TabularMDP, state: Array, action: Array, next_state: Array, seed: int
    ) -> Array:
        batch = {"state": state, "action": action, "next_state": next_state}
        return self._ask("rewards.reward", mdp, kind=kind, path=path, **batch, seed=seed)


class Density(InLibrary):
    """The reward of DensityAlgorithm."""

    horizons = "finite"
    varying = False
    tolerance = 1e-5

    def reward(self, mdp: TabularMDP, state: Array, action: Array, next_state: Array, seed: int) -> Array:
        """Log-density of state and action among the steps of a uniform policy."""
        batch = {"state": state, "action": action, "next_state": next_state}
        return self._ask("rewards.density", mdp, **batch, seed=seed)


class Collector(InLibrary):
    """Episodes that imitation collects with an ActorCriticPolicy of stable-baselines3."""

    horizons = "finite"
    varying = False

    def rollout(self, mdp: TabularMDP, policy: Array, n: int, rng: np.random.Generator) -> Trajectories:
        """rollout.generate_trajectories; its one flag is read as termination, as its own learners do."""
        found = self._ask("acting.rollout", mdp, policy=policy, n=n, seed=int(rng.integers(2**31)))
        return Trajectories(**found, truncated=~found["terminated"])


class ActorCritic(InLibrary):
    """ActorCriticPolicy of stable-baselines3 with a table of logits, and the advantages of its RolloutBuffer."""

    varying = False
    tolerance = {"lambda_returns_match_brute_force": 1e-6}

    def points(self, mdp: TabularMDP, rng: np.random.Generator) -> Array:
        """Logits."""
        return rng.standard_normal((mdp.n_states, mdp.n_actions))

    def loss(self, mdp: TabularMDP, point: Array, expert: Array) -> Array:
        """Minus the expected log-probability, by evaluate_actions, of what the expert does."""
        return self._ask("acting.loss", mdp, point=point, expert=expert)

    def gradient(self, mdp: TabularMDP, point: Array, expert: Array) -> Array:
        """Its derivative by autograd."""
        return self._ask("acting.gradient", mdp, point=point, expert=expert)

    def advantages(self, rewards: Array, values: Array, discount: float, decay: float, terminated: bool) -> Array:
        """RolloutBuffer.compute_returns_and_advantage."""
        numbers = {"discount": discount, "decay": decay, "terminated": terminated}
        return self.library.call("acting.advantages", rewards=rewards, values=values, **numbers)


ADAPTERS = {
    "imitation": (
        MceIrl, DiscountedMceIrl, BehaviouralCloning, Dagger, StochasticDagger, Gail, Airl, RewardNets, Density,
        Collector,
    ),
    "stable-baselines3": (ActorCritic,),
}  # fmt: skip
"""What is tested, by library."""


def flat(demos: Trajectories) -> dict[str, Any]:
    """Trajectories as they are sent."""
    names = ("states", "actions", "rewards", "terminated", "offsets")
    return {name: np.asarray(getattr(demos, name)) for name in names}
