"""Proximal policy optimisation by stable-baselines3, in rounds between which everything is plain arrays.

Each round builds the algorithm anew from the weights, the moments of Adam and the statistics of the observations,
with seeds of its own. So a checkpoint is a file of arrays (nothing is pickled), and a run which was interrupted and
resumed is, bit for bit, the run that was not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.environments._make import extra
from sims.environments.experts.network import Network, Normalization

Array = NDArray[Any]

EXPLORATION = 0.1
"""Standard deviation of the action vectors of the stochastic version, as for linear policies."""
STATISTICS = ("mean", "var", "count")
MOMENTS = ("step", "exp_avg", "exp_avg_sq")
CLIP, EPSILON = 10.0, 1e-8
"""Of stable-baselines3's VecNormalize: the largest normalised observation, and what is added to variances."""


@dataclass(frozen=True)
class PPO:
    """What to run: `rounds` times `round_steps` steps of the environment.

    Parameters
    ----------
    round_steps : over all copies
    copies : copies of the environment stepped together
    learning_rate : of the first round; it falls linearly to its `rounds`-th part in the last
    options : further arguments of stable-baselines3's `PPO`
    hidden : widths of the hidden layers, of actor and critic alike
    """

    rounds: int
    round_steps: int
    copies: int
    learning_rate: float
    options: dict[str, Any] = field(default_factory=dict)
    hidden: tuple[int, ...] = (64, 64)

    @property
    def method(self) -> str:
        """In words."""
        options = ", ".join(f"{name}={value}" for name, value in self.options.items())
        return (
            f"PPO of stable-baselines3 (tanh, hidden layers {list(self.hidden)}), observations and rewards normalised "
            f"by VecNormalize, {self.rounds} rounds of {self.round_steps} steps, {self.copies} copies, learning rate "
            f"from {self.learning_rate} down linearly, {options}"
        )

    def advance(self, environment: str, tensors: dict[str, Array], *, seed: int, index: int) -> dict[str, Array]:
        """The arrays after round `index`, from those after the round before (none before the first).

        They are named `policy.*`, `adam.*`, `observations.*`, `returns.*` and `steps`.
        """
        model, world = self._build(environment, seed, index)
        named = dict(model.policy.named_parameters())
        adam = model.policy.optimizer
        statistics = {"observations": world.obs_rms, "returns": world.ret_rms}
        if tensors:
            torch = extra("torch")
            for name, parameter in named.items():
                parameter.data.copy_(torch.from_numpy(tensors[f"policy.{name}"]))
                adam.state[parameter] = {m: torch.from_numpy(tensors[f"adam.{name}.{m}"].copy()) for m in MOMENTS}
            for kind, running in statistics.items():
                for part in STATISTICS:
                    setattr(running, part, tensors[f"{kind}.{part}"].copy())
        model.learn(self.round_steps)
        world.close()
        steps = int(tensors.get("steps", 0)) + model.num_timesteps
        return (
            {"steps": np.array(steps)}
            | {f"policy.{name}": p.detach().numpy().copy() for name, p in named.items()}
            | {f"adam.{name}.{m}": adam.state[p][m].numpy().copy() for name, p in named.items() for m in MOMENTS}
            | {f"{kind}.{part}": np.array(getattr(rs, part)) for kind, rs in statistics.items() for part in STATISTICS}
        )

    def network(self, tensors: dict[str, Array]) -> Network:
        """The actor: means of a normal law, or logits."""
        depth = len(self.hidden)
        layers = [f"policy.mlp_extractor.policy_net.{2 * i}" for i in range(depth)] + ["policy.action_net"]
        std = np.sqrt(tensors["observations.var"] + EPSILON)
        return Network(
            Normalization(tensors["observations.mean"], std, CLIP),
            [tensors[f"{layer}.weight"] for layer in layers],
            [tensors[f"{layer}.bias"] for layer in layers],
            "tanh",
        )

    def log_std(self, tensors: dict[str, Array]) -> Array | None:
        """Logarithms (d,) of `EXPLORATION` for action vectors; None for numbered actions.

        The noise that PPO learned belongs to its unclipped outputs, and is larger than an expert's should be.
        """
        learned = tensors.get("policy.log_std")
        return None if learned is None else np.full(len(learned), np.log(EXPLORATION))

    def _build(self, environment: str, seed: int, index: int) -> tuple[Any, Any]:
        """The algorithm with fresh weights, and its normalised copies of the environment."""
        sb3 = extra("stable_baselines3")
        copies = extra("stable_baselines3.common.env_util").make_vec_env(environment, self.copies)
        world = sb3.common.vec_env.VecNormalize(
            copies, gamma=self.options.get("gamma", 0.99), clip_obs=CLIP, epsilon=EPSILON
        )
        model = sb3.PPO(
            "MlpPolicy",
            world,
            learning_rate=self.learning_rate * (1 - index / self.rounds),
            seed=int(np.random.default_rng([seed, index]).integers(2**31 - self.copies)),
            policy_kwargs={"net_arch": list(self.hidden)},
            device="cpu",
            **self.options,
        )
        return model, world
