"""Gymnasium's environments as sampled decision processes, with declared horizons and ranges of rewards."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from inspect import signature
from typing import Any, NamedTuple

from sims.environments._make import time_limit
from sims.environments._mujoco_tasks import TASKS
from sims.environments.atari_simulator import atari_simulator
from sims.environments.errors import InvalidEnvironment
from sims.environments.mujoco import mujoco_simulator
from sims.environments.restorable import RestorableSimulator
from sims.environments.simulators import gymnasium_simulator
from sims.sampled import SampledMDP


class RewardRange(NamedTuple):
    """Rewards that a world is declared to pay, and why: ``exact`` if no action in its space ever earns others.

    Where it is not exact, rewards outside are clipped, which is part of the process that claims are about;
    ``Rollouts.clipped`` counts how many were.
    """

    low: float
    high: float
    exact: bool
    why: str


REWARD_RANGES = {
    "CartPole-v1": RewardRange(0, 1, True, "every step pays 1"),
    "Acrobot-v1": RewardRange(-1, 0, True, "every step pays -1, the one that reaches the height 0"),
    "MountainCar-v0": RewardRange(-1, 0, True, "every step pays -1"),
    "MountainCarContinuous-v0": RewardRange(-0.1, 100, True, "-0.1 a^2 with a in [-1, 1], and 100 at the goal"),
    "Pendulum-v1": RewardRange(-16.28, 0, True, "-(angle^2 + 0.1 speed^2 + 0.001 torque^2) >= -(pi^2 + 6.4 + 0.004)"),
    "LunarLander-v3": RewardRange(
        -100, 100, False, "the end pays -100 or 100; only hard landings change the shaping by more"
    ),
    "InvertedPendulum-v5": RewardRange(0, 1, True, "every step but the last pays 1"),
    "InvertedDoublePendulum-v5": RewardRange(-10, 10, False, "at most 10; only fast poles pay less than -10"),
    "Hopper-v5": RewardRange(-5, 10, False, "1 for health, and the velocity: experts run at 2 to 5 m/s"),
    "Walker2d-v5": RewardRange(-5, 10, False, "1 for health, and the velocity: experts run at 3 to 6 m/s"),
    "HalfCheetah-v5": RewardRange(-10, 20, False, "the velocity: experts run at 5 to 15 m/s"),
    "Ant-v5": RewardRange(-10, 10, False, "1 for health, the velocity, costs of control of at most 4"),
    "Swimmer-v5": RewardRange(-5, 5, False, "the velocity: experts swim at 1 m/s at most"),
    "Reacher-v5": RewardRange(-3, 0, True, "-(distance + squared controls): at most 0.41 m and 2"),
    "ALE/Pong-v5": RewardRange(-1, 1, True, "a point takes longer than a step"),
    "ALE/Freeway-v5": RewardRange(0, 1, True, "a crossing takes longer than a step"),
    "ALE/Breakout-v5": RewardRange(0, 7, False, "one brick: 1, 4 or 7 points"),
}
"""Declared ranges of rewards, by id, with the defaults of their environments."""

GAME_OPTIONS = sorted(set(signature(atari_simulator).parameters) - {"game", "n"})

PAYS_THE_SAME = frozenset(
    {"threads", "continuous", "gravity", "enable_wind", "wind_power", "turbulence_power", "reset_noise_scale"}
    | {"exclude_current_positions_from_observation", "include_cfrc_ext_in_observation"}
    | {"actions", "sticky", "start", "observe"}
)
"""Options with which the declared ranges remain sound."""


def sampled_environment(
    id: str, *, horizon: int | None = None, rewards: tuple[Any, Any] | None = None, **options: Any
) -> SampledMDP:
    """A Gymnasium environment as a process with exactly H steps, absorbing with reward 0 once it terminates.

    MuJoCo's tasks are stepped in batches (:func:`mujoco_simulator`), games by :func:`atari_simulator`, anything else
    by :func:`gymnasium_simulator`.

    Parameters
    ----------
    id : registered id, such as ``Hopper-v5``, ``CartPole-v1`` or ``ALE/Pong-v5``
    horizon : number H of steps; by default the registered time limit, which only ends the horizon. Games have none
    rewards : (low, high), ``low <= 0 <= high``: the declared range, to which rewards are clipped; by default that of
        ``REWARD_RANGES``
    options : for the simulator: those of ``gymnasium.make``, and ``threads=`` for MuJoCo. Games have those of
        :func:`atari_simulator` instead: ``frame_skip=4``, ``sticky=Fraction(1, 4)`` and ``actions="minimal"`` as in
        Gymnasium's ``v5``, but ``observe="ram"``, the machine's 128 bytes, where Gymnasium shows pixels (``"screen"``)

    Raises
    ------
    InvalidEnvironment
        If there is no such id (with the nearest one) or option, a package is missing (with the command that installs
        it), no horizon is registered, or no range of rewards is known.
    """
    limit = time_limit(id)
    steps = limit if horizon is None else horizon
    if steps is None:
        raise InvalidEnvironment(f"{id} has no registered time limit: give horizon=H.")
    make = _maker(id, options)
    low, high = _range(id, options) if rewards is None else rewards
    one = make(1)
    return SampledMDP(make, horizon=steps, rewards=(low, high), name=one.name, spaces=one.spaces)


def _maker(id: str, options: dict[str, Any]) -> Callable[[int], RestorableSimulator]:
    if id.startswith("ALE/"):
        game = id.removeprefix("ALE/").removesuffix("-v5")
        unknown = sorted(set(options).difference(GAME_OPTIONS))
        if unknown:
            raise InvalidEnvironment(
                f"{id} has no option {', '.join(unknown)}; there are {', '.join(GAME_OPTIONS)}.\n"
                "  observe='screen' is Gymnasium's obs_type='rgb', sticky its repeat_action_probability."
            )
        return partial(atari_simulator, game, **{"frame_skip": 4, "sticky": Fraction(1, 4), **options})
    return partial(mujoco_simulator if id in TASKS else gymnasium_simulator, id, **options)


def _range(id: str, options: dict[str, Any]) -> tuple[float, float]:
    declared = REWARD_RANGES.get(id)
    if declared is None:
        raise InvalidEnvironment(
            f"no range of rewards of {id} is known.\n  Give rewards=(low, high); the rest is clipped."
        )
    changed = sorted(set(options) - PAYS_THE_SAME)
    if changed:
        raise InvalidEnvironment(
            f"{', '.join(changed)}: the range [{declared.low:g}, {declared.high:g}] of {id} is that of its defaults.\n"
            "  Give rewards=(low, high)."
        )
    return declared.low, declared.high
