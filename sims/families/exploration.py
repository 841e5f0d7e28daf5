"""Long corridors and needles: the hard instances of exploration, with an expert who knows the way.

``w_t`` is the weight of step ``t = 0, 1, ...`` (1 below the horizon, or ``discount**t``), ``T = sum_t w_t``
and ``T_k = sum_{t >= k} w_t``. In every family the learner leaves the expert's action with probability
``error``, at every state, for any other action uniformly; so ``error_rate`` is ``error``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from sims.families._clock import Clock
from sims.families._instance import Imitation, erring, following, index_table, table, task, transitions
from sims.families._parameters import InvalidParameter, Parameter, integer, number_type, probability
from sims.tabular import DeterministicTransitions

TENTH = Fraction(1, 10)


def chain(
    n_states: int = 5,
    *,
    horizon: int | None = None,
    discount: Parameter | None = None,
    slip: Parameter = Fraction(1, 5),
    small_reward: Parameter = Fraction(1, 5),
    error: Parameter = TENTH,
) -> Imitation:
    """Forward for a large reward at the far end, back to the start for a small one at once.

    Action 0 goes one state forward (at the last state it stays and earns 1), action 1 returns to state 0 and
    earns ``small_reward``; with probability ``slip`` the other action's effect happens. The expert always
    goes forward.

    Parameters
    ----------
    n_states : length n, at least 2
    horizon, discount : exactly one of the two
    slip : probability that an action has the other's effect
    small_reward : reward of returning, in [0, 1]
    error : probability of the learner's mistake at each step

    Returns
    -------
    Imitation
        A policy whose step goes forward with probability x (``1 - slip`` for the expert,
        ``(1-e)(1 - slip) + e slip`` for the learner) is worth ``small_reward (1-x) T + x**n T_{n-1}``: the
        end is reached by n - 1 successes in a row. ``gap`` is the difference.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    Strens, ICML 2000, with rewards divided by 10 [memory]; values [derived].
    """
    n = integer("n_states", n_states, least=2)
    clock = Clock.of(horizon, discount)
    q = probability("slip", slip)
    small = probability("small_reward", small_reward)
    e = probability("error", error)
    number = number_type(discount, slip, small_reward, error)

    def value(forward: Fraction) -> Fraction:
        return small * (1 - forward) * clock.total + forward**n * clock.after(n - 1)

    rows, rewards = [], []
    for s in range(n):
        onward = min(s + 1, n - 1)
        rows.append([{onward: 1 - q, 0: q}, {onward: q, 0: 1 - q}])
        ahead = Fraction(int(s == n - 1))
        rewards.append([(1 - q) * ahead + q * small, q * ahead + (1 - q) * small])
    return Imitation(
        mdp=task(transitions(rows, number), table(rewards, number), 0, n, clock, number),
        expert=following([0] * n, 2, number),
        learner=erring([0] * n, 2, e, number),
        error_rate=number(e),
        gap=number(value(1 - q) - value((1 - e) * (1 - q) + e * q)),
    )


def river_swim(
    n_states: int = 6,
    *,
    horizon: int | None = None,
    discount: Parameter | None = None,
    error: Parameter = TENTH,
) -> Imitation:
    """A swimmer against the current: a little reward downstream, a large one at the source.

    Action 0 drifts one state left (reward 5/1000 at the left end), action 1 swims right: from the left end
    3/5 forward and 2/5 stay, inside 7/20 forward, 3/5 stay and 1/20 back, at the right end 3/5 stay and 2/5
    back, with reward 1 there. The start is the left end; the expert always swims.

    Parameters
    ----------
    n_states : at least 3
    horizon, discount : exactly one of the two
    error : probability that the learner drifts, at each step

    Returns
    -------
    Imitation
        ``gap`` is None: no closed form.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    Strehl and Littman, JCSS 2008; the probabilities are those of Osband, Russo and Van Roy, NeurIPS 2013
    [memory].
    """
    n = integer("n_states", n_states, least=3)
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    number = number_type(discount, error)
    forward, stay, back = Fraction(7, 20), Fraction(3, 5), Fraction(1, 20)
    drift: list[dict[int, Fraction | int]] = [{max(s - 1, 0): 1} for s in range(n)]
    swim: list[dict[int, Fraction | int]] = [{s - 1: back, s: stay, s + 1: forward} for s in range(n)]
    swim[0] = {0: Fraction(2, 5), 1: Fraction(3, 5)}
    swim[-1] = {n - 2: Fraction(2, 5), n - 1: Fraction(3, 5)}
    rewards: list[list[Fraction | int]] = [[0, 0] for _ in range(n)]
    rewards[0][0], rewards[-1][1] = Fraction(5, 1000), 1
    P = transitions(list(zip(drift, swim, strict=True)), number)
    return Imitation(
        mdp=task(P, table(rewards, number), 0, n, clock, number),
        expert=following([1] * n, 2, number),
        learner=erring([1] * n, 2, e, number),
        error_rate=number(e),
    )


def deep_sea(size: int = 4, *, move_cost: Parameter = Fraction(1, 100), error: Parameter = TENTH) -> Imitation:
    """Dive to the bottom right of a grid, one row a step: only going right all the way finds the treasure.

    State ``(row, column)``, ``column <= row < size``, has number ``row (row+1) / 2 + column``. Action 0 goes
    down left (column 0 is a wall), action 1 down right; after the last row the dive is over
    (``horizon = size``). The paper's reward is ``- move_cost / size`` for right, 0 for left, and 1 more for
    right in the bottom right corner. Every reward is raised here by ``move_cost / size``, so that rewards lie
    in [0, 1]; gaps are unchanged.

    Parameters
    ----------
    size : number of rows N, at least 1
    move_cost : cost c in [0, 1] of going right all the way
    error : probability of the learner's mistake at each step

    Returns
    -------
    Imitation
        The expert always goes right. ``gap`` = 1 - (1-e)**N - c e.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    Osband, Van Roy, Russo and Wen, JMLR 2019 [memory]; values [derived].
    """
    n = integer("size", size, least=1)
    c = probability("move_cost", move_cost)
    e = probability("error", error)
    clock = Clock.of(n, None)
    number = number_type(move_cost, error)
    moves, rewards = [], []
    for row in range(n):
        below = (row + 1) * (row + 2) // 2
        for column in range(row + 1):
            moves.append([below + max(column - 1, 0), below + column + 1] if row < n - 1 else [0, 0])
            rewards.append([c / n, Fraction(int(row == column == n - 1))])
    n_states = len(moves)
    dive = DeterministicTransitions(index_table(moves))
    return Imitation(
        mdp=task(dive, table(rewards, number), 0, n_states, clock, number),
        expert=following([1] * n_states, 2, number),
        learner=erring([1] * n_states, 2, e, number),
        error_rate=number(e),
        gap=number(1 - (1 - e) ** n - c * e),
    )


def combination_lock(
    code: Sequence[int] = (0, 2, 1),
    *,
    n_actions: int = 3,
    horizon: int | None = None,
    discount: Parameter | None = None,
    error: Parameter = TENTH,
) -> Imitation:
    """A lock that opens by one sequence of actions; a wrong digit jams it.

    State ``k < L = len(code)`` means that k digits were right; state L is open, state L + 1 is jammed, both
    absorbing. The right last digit and every step in the open state earn 1. The expert plays the code.

    Parameters
    ----------
    code : L >= 1 actions
    n_actions : number of actions A, at least 2
    horizon, discount : exactly one of the two
    error : probability of the learner's mistake at each step

    Returns
    -------
    Imitation
        ``gap`` = (1 - (1-e)**L) T_{L-1}.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    After Kakade, PhD thesis, 2003 (there a wrong digit leads back to the start, see ``chain``) [memory];
    values [derived].
    """
    n_actions = integer("n_actions", n_actions, least=2)
    clock = Clock.of(horizon, discount)
    e = probability("error", error)
    if not isinstance(code, Iterable):
        raise InvalidParameter(f"code is {code!r} (should be a sequence of actions).")
    digits = [integer(f"code[{k}]", digit, least=0) for k, digit in enumerate(code)]
    if not digits:
        raise InvalidParameter("code is empty (should hold at least one action).")
    if max(digits) >= n_actions:
        raise InvalidParameter(f"code holds the action {max(digits)} (should be below n_actions = {n_actions}).")
    number = number_type(discount, error)
    length = len(digits)
    opened, jammed = length, length + 1
    moves = [[k + 1 if a == digit else jammed for a in range(n_actions)] for k, digit in enumerate(digits)]
    rewards = [[int(k == length - 1 and a == digit) for a in range(n_actions)] for k, digit in enumerate(digits)]
    moves += [[opened] * n_actions, [jammed] * n_actions]
    rewards += [[1] * n_actions, [0] * n_actions]
    expert = [*digits, 0, 0]
    return Imitation(
        mdp=task(DeterministicTransitions(index_table(moves)), table(rewards, number), 0, length + 2, clock, number),
        expert=following(expert, n_actions, number),
        learner=erring(expert, n_actions, e, number),
        error_rate=number(e),
        gap=number((1 - (1 - e) ** length) * clock.after(length - 1)),
    )


def tree(depth: int = 3, branching: int = 2, *, error: Parameter = TENTH) -> Imitation:
    """A full tree with one rewarding leaf: a state is a history, and there are exponentially many.

    Level d starts at node ``(b**d - 1) / (b - 1)``; the children of node i are ``b i + 1 .. b i + b``, one an
    action. The last step of the path of zeros earns 1; leaves are absorbing; ``horizon = depth``. The expert
    plays action 0.

    Parameters
    ----------
    depth : number of steps D, at least 1
    branching : number of actions b, at least 2
    error : probability of the learner's mistake at each step

    Returns
    -------
    Imitation
        ``gap`` = 1 - (1-e)**D.

    Raises
    ------
    InvalidParameter
        If a parameter is out of range.

    Notes
    -----
    The tree of minimax lower bounds, for instance Domingues, Menard, Kaufmann and Valko, ALT 2021 [memory];
    values [derived].
    """
    d = integer("depth", depth, least=1)
    b = integer("branching", branching, least=2)
    e = probability("error", error)
    clock = Clock.of(d, None)
    number = number_type(error)
    levels = [(b**level - 1) // (b - 1) for level in range(d + 2)]
    inner, n_states = levels[d], levels[d + 1]
    moves = [[b * i + 1 + a for a in range(b)] for i in range(inner)] + [[i] * b for i in range(inner, n_states)]
    rewards = [[0] * b for _ in range(n_states)]
    rewards[levels[d - 1]][0] = 1
    return Imitation(
        mdp=task(DeterministicTransitions(index_table(moves)), table(rewards, number), 0, n_states, clock, number),
        expert=following([0] * n_states, b, number),
        learner=erring([0] * n_states, b, e, number),
        error_rate=number(e),
        gap=number(1 - (1 - e) ** d),
    )
