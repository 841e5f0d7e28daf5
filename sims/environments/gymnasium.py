"""Gymnasium environments that expose their transition table, as exact rational models."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sims.environments import _toy_text
from sims.environments._make import extra, make
from sims.environments._recovery import Recovery
from sims.environments._table import model, read_table
from sims.environments.errors import InvalidEnvironment
from sims.tabular import TabularMDP

NEUTRAL = (
    "PassiveEnvChecker",
    "OrderEnforcing",
    "TimeLimit",
    "RecordEpisodeStatistics",
    "RecordVideo",
    "HumanRendering",
)
"""Gymnasium's wrappers that leave observations, actions, rewards and transitions as the table has them."""


@dataclass(frozen=True)
class GymnasiumTable:
    """A model read from a Gymnasium environment, and what is known of its origin.

    Attributes
    ----------
    mdp : TabularMDP, rational
    id : registered id, None if the environment was not made by ``gymnasium.make``
    max_episode_steps : registered time limit, None if there is none
    recovered : (float of the table, rational of the model), sorted, where these differ
    observations : for each state of the model what the environment reports in it; None for an added terminal
        state
    state_names, action_names : in words where the environment is one of Gymnasium's own
    """

    mdp: TabularMDP
    id: str | None
    max_episode_steps: int | None
    recovered: tuple[tuple[float, Fraction], ...]
    observations: tuple[int | None, ...]
    state_names: tuple[str, ...]
    action_names: tuple[str, ...]


def gymnasium_table(
    env_or_id: Any,
    *,
    horizon: int | None = None,
    discount: Any = None,
    normalize: bool = False,
    **make_options: Any,
) -> TabularMDP:
    """The model of a Gymnasium environment; :func:`read_gymnasium` says how it is read, and whence."""
    return read_gymnasium(env_or_id, horizon=horizon, discount=discount, normalize=normalize, **make_options).mdp


def read_gymnasium(
    env_or_id: Any,
    *,
    horizon: int | None = None,
    discount: Any = None,
    normalize: bool = False,
    **make_options: Any,
) -> GymnasiumTable:
    """Read a Gymnasium environment's own table, exactly.

    The environment must expose ``P[s][a] = [(probability, next state, reward, done), ...]`` and the law of
    its first state, ``initial_state_distrib`` or ``isd``, as Gymnasium's FrozenLake, CliffWalking and Taxi
    do. Nothing is sampled.

    Parameters
    ----------
    env_or_id : ``gymnasium.Env`` or registered id
    horizon, discount : of the model. With neither, the horizon is the registered ``max_episode_steps``
    normalize : divide probabilities by their sum where no exact reading of them sums to one
    make_options : for ``gymnasium.make``, such as ``map_name="8x8"``

    Returns
    -------
    GymnasiumTable
        With a rational model, whose state ``i`` is state ``i`` of the environment. Rewards are expectations
        ``r[s, a]``: those that depend on the next state are averaged, which leaves every value of every
        policy the same (but sampled trajectories carry the average).

    Raises
    ------
    InvalidEnvironment
        If there is no such environment or no well-formed table in it, if a wrapper may change what the table
        says, or if the model has no end: neither option is given and no time limit is registered.
    InvalidModel
        If both ``horizon`` and ``discount`` are given, or one is out of range.

    Notes
    -----
    *Probabilities.* Floats are read as the fractions with denominators up to 10^6 within 2^-52 of them if
    these sum to one in each row: 0.3333333333333333 as 1/3, Taxi's (1 - 0.8) / 2 as 1/10. Rows of other
    floats are taken exactly if they sum to exactly one. Rewards are read as the fraction with such a
    denominator that rounds to them, else exactly. ``recovered`` lists every float that was taken for another
    number.

    *Termination.* A state that only ``done`` outcomes enter (FrozenLake's holes and goal, CliffWalking's
    goal) becomes terminal: absorbing with reward 0, whatever the table says of what no episode sees. Taxi's
    table also moves on from where a delivery ends, so there the end is a state of its own, added as the last
    one.

    *Time limits.* A time limit only ends the horizon; it is never an absorbing state.

    *Fickle passengers.* ``Taxi-v4`` with ``fickle_passenger=True`` does not follow its table. Its model has
    each state twice, ``s`` and, with a passenger who is still to change their mind, ``s + 500``. An episode
    reports the same observation in both, so policies that tell them apart know more than Gymnasium's agent
    does.
    """
    env, made = _environment(env_or_id, make_options)
    try:
        return _read(env, horizon, discount, Recovery(normalize=normalize))
    finally:
        if made:
            env.close()


def _read(env: Any, horizon: int | None, discount: Any, recovery: Recovery) -> GymnasiumTable:
    bare = env.unwrapped
    table = read_table(bare, recovery)
    names = _toy_text.observation_names(bare, table.n_states)
    observations: tuple[int | None, ...] = tuple(range(table.n_states))
    if _toy_text.is_fickle(bare):
        table = _toy_text.fickle(bare, table, recovery)
        names += tuple(f"{name}, fickle" for name in names)
        observations *= 2
    id, limit = (None, None) if env.spec is None else (env.spec.id, env.spec.max_episode_steps)
    if horizon is None and discount is None:
        if limit is None:
            name = type(bare).__name__ if id is None else id
            raise InvalidEnvironment(f"{name} registers no max_episode_steps: give horizon=H or discount=gamma.")
        horizon = limit
    mdp = model(table, horizon=horizon, discount=discount)
    added = mdp.n_states - table.n_states
    return GymnasiumTable(
        mdp=mdp,
        id=id,
        max_episode_steps=limit,
        recovered=tuple(sorted(recovery.pairs)),
        observations=observations + (None,) * added,
        state_names=names + ("the end",) * added,
        action_names=_toy_text.action_names(bare, table.n_actions),
    )


def _environment(env_or_id: Any, options: dict[str, Any]) -> tuple[Any, bool]:
    """The environment, and whether it was made here."""
    if isinstance(env_or_id, str):
        return make(env_or_id, options), True
    gymnasium = extra("gymnasium")
    if not isinstance(env_or_id, gymnasium.Env):
        raise InvalidEnvironment(f"env_or_id is {env_or_id!r}, neither a gymnasium.Env nor the id of one.")
    if options:
        raise InvalidEnvironment(
            f"{', '.join(options)}: options of gymnasium.make, which an environment already made ignores."
        )
    _check_wrappers(gymnasium, env_or_id)
    return env_or_id, False


def _check_wrappers(gymnasium: Any, env: Any) -> None:
    neutral = tuple(getattr(gymnasium.wrappers, name) for name in NEUTRAL)
    while isinstance(env, gymnasium.Wrapper):
        if type(env) not in neutral:
            raise InvalidEnvironment(
                f"the wrapper {type(env).__name__} may change what the table says.\n  Pass env.unwrapped to "
                "read the table of the environment inside."
            )
        env = env.env
