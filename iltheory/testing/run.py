"""One adapter on one case: its functions as invariants call them, and what they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from iltheory.testing.adapter import Adapter, NotApplicable, call
from iltheory.testing.cases import NO_SUCH_DEMOS, Case, proportional_demos
from iltheory.testing.models import discounted_model, finite_model, paid_on_arrival, random_policy
from iltheory.testing.violation import Floats, floats
from sims import TabularMDP
from sims import arithmetic as ar
from sims.datasets import Trajectories

EPISODES = 8
LENGTH = 6
"""Steps of demonstrations in models with a discount."""
TEMPERATURE = 0.5


@dataclass(frozen=True, eq=False)
class Run:
    """One adapter on one case; invariants of numbers have no case.

    Attributes
    ----------
    adapter : the implementation
    seed : of all that is drawn
    case : model and policy
    """

    adapter: Adapter
    seed: int
    case: Case | None = None

    @property
    def mdp(self) -> TabularMDP:
        """The model in float64, new each time: what is written into it is nobody else's."""
        assert self.case is not None
        return self.case.mdp.to("float64")

    def policy(self, mdp: TabularMDP) -> Floats:
        """The policy of the case."""
        assert self.case is not None
        if self.case.policy is not None:
            return np.array(ar.midpoint(self.case.policy))
        pi = random_policy(mdp)
        return pi if self.adapter.varying or mdp.horizon is None else pi[0]

    def expert(self, mdp: TabularMDP) -> Floats:
        """The expert that the adapter says it can recover, or the policy of the case."""
        return self._own("expert", mdp) if self.adapter.has("expert") else self.policy(mdp)

    def point(self, mdp: TabularMDP) -> Floats:
        """A point of the objective."""
        return self._own("points", mdp) if self.adapter.has("points") else self.table(mdp)

    def table(self, mdp: TabularMDP) -> Floats:
        """Numbers ``[H, S, A]`` or ``[S, A]``, multiples of 1/8 in [-2, 2]."""
        shape = (*(() if mdp.horizon is None else (mdp.horizon,)), mdp.n_states, mdp.n_actions)
        return np.random.default_rng(self.seed).integers(-16, 17, shape) / 8

    def transitions(self) -> tuple[Any, Any, Any]:
        """Every (s, a, s'), and no fewer than three rows."""
        mdp = self.mdp
        every = np.indices((mdp.n_states, mdp.n_actions, mdp.n_states)).reshape(3, -1)
        s, a, after = (np.resize(x, max(3, x.size)) for x in every)
        return s, a, after

    def demos(self, mdp: TabularMDP, policy: Floats) -> Trajectories:
        """Drawn demonstrations."""
        return mdp.sample(policy, EPISODES, self.seed, length=None if mdp.horizon is not None else LENGTH)

    def function(self, name: str, *parameters: str) -> Callable[..., Any]:
        """A function of the adapter that takes these parameters by position."""

        def called(*values: Any) -> Any:
            given = self._fixed(expert=self.adapter.asks(name, "expert"))
            return self.adapter.call(name, given | dict(zip(parameters, values, strict=True)))

        return called

    def everything(self) -> dict[str, Any]:
        """What any function of a model may ask for."""
        fixed = self._fixed(expert=True)
        mdp, expert = fixed["mdp"], fixed["expert"]
        s, a, after = self.transitions()
        v = np.arange(1.0, mdp.n_states + 1)
        return fixed | {
            "policy": self.policy(mdp), "demos": self.demos(mdp, expert), "n": EPISODES, "state": s, "action": a,
            "next_state": after, "temperature": TEMPERATURE, "point": self.point(mdp), "reward": self.table(mdp),
            "v": v, "potential": v.copy(),
        }  # fmt: skip

    def once(self, name: str) -> tuple[Callable[[Mapping[str, Any]], Any], dict[str, Any]]:
        """One call of a function of a model, and what it is given; draws are made anew of the seed in every call."""
        given = self.everything()
        if name == "step":
            mdp = given["mdp"]
            paid = np.repeat(floats(mdp.r)[..., None], mdp.n_states, axis=-1)
            given |= {"mdp": paid_on_arrival(mdp, paid), "state": 0, "action": 0}
        return lambda arguments: self.adapter.call(name, arguments), given

    def learner(self, mdp: TabularMDP, expert: Floats) -> Any:
        """``fit`` on a model and an expert: the policy itself, or demonstrations that show it exactly."""
        given = {"mdp": mdp, "expert": expert, "seed": self.seed}
        if self.adapter.asks("fit", "demos"):
            given["demos"] = proportional_demos(self._shown(expert))
        return self.adapter.call("fit", given)

    def _shown(self, expert: Floats) -> Case:
        """The case whose policy is the expert, read exactly."""
        if self.case is None:
            raise NotApplicable(NO_SUCH_DEMOS)
        if not self.adapter.has("expert"):
            return self.case
        policy = ar.convert(expert, "rational")
        if not (policy.fractions().sum(-1) == 1).all():  # rounded: no counts of trajectories have these quotients
            raise NotApplicable(NO_SUCH_DEMOS)
        return replace(self.case, policy=policy)

    def reporting_learner(self, mdp: TabularMDP, expert: Floats) -> Any:
        """The learner, if its result has an occupancy."""
        result = self.learner(mdp, expert)
        if not hasattr(result, "occupancy"):
            raise NotApplicable("what fit returns has no `occupancy`")
        return result

    def learner_with_options(self, **chosen: Any) -> list[Any]:
        """``fit`` on a model of each kind that is understood: an option need not matter in all."""
        models = {"finite": finite_model(varying=self.adapter.varying), "discounted": discounted_model()}
        found = []
        for mdp in (models[kind] for kind in self.adapter.horizons):
            expert = random_policy(mdp)
            given = {"mdp": mdp, "expert": expert, "demos": self.demos(mdp, expert), "seed": self.seed}
            found.append(self.adapter.call("fit", given | chosen))
        return found

    def objective(self, point: Floats) -> Any:
        """``objective``, or else ``loss``."""
        return self.function("objective" if self.adapter.has("objective") else "loss", "point")(point)

    def ascended(self, point: Floats) -> Floats:
        """``objective``, or else minus ``loss``."""
        value = floats(self.objective(point))
        return value if self.adapter.has("objective") else -value

    def logit(self, expert: Floats, learner: Floats) -> Floats:
        """Logit of the discriminator."""
        d = floats(self.function("discriminator", "expert_density", "learner_density")(expert, learner))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(d) - np.log1p(-d))

    def reward_paths(self) -> dict[str, Callable[..., Any]]:
        """All ways to ask for a reward."""
        paths: Mapping[str, Callable[..., Any]] = self.adapter.settings["reward_paths"]
        return {name: self._path(name, function) for name, function in paths.items()}

    def _path(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda s, a, after: call(
            name, function, {**self._fixed(expert=False), "state": s, "action": a, "next_state": after}
        )

    def _fixed(self, *, expert: bool) -> dict[str, Any]:
        if self.case is None:
            return {"seed": self.seed}
        mdp = self.mdp
        return {"mdp": mdp, "seed": self.seed} | ({"expert": self.expert(mdp)} if expert else {})

    def _own(self, name: str, mdp: TabularMDP) -> Floats:
        return floats(self.adapter.call(name, {"mdp": mdp, "seed": self.seed}))
