"""Gymnasium's own tables: states, starts, ends, exact values."""

from fractions import Fraction

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import TableEnv, exactly, expected_return, optimal_values

from sims.environments import gymnasium_table, read_gymnasium
from sims.tabular import DeterministicTransitions, SparseTransitions

TABLES = [
    ("FrozenLake-v1", {}),
    ("FrozenLake-v1", {"is_slippery": False}),
    ("FrozenLake-v1", {"success_rate": 0.8, "reward_schedule": (1, -0.5, -0.01)}),
    ("FrozenLake-v1", {"map_name": "8x8"}),
    ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": False}),
    ("FrozenLake-v1", {"desc": ["SFS", "FHF", "SFG"]}),
    ("FrozenLake8x8-v1", {}),
    ("CliffWalking-v1", {}),
    ("CliffWalking-v1", {"is_slippery": True}),
    ("CliffWalkingSlippery-v1", {}),
    ("Taxi-v4", {}),
    ("Taxi-v4", {"is_rainy": True}),
    ("Taxi-v4", {"is_rainy": True, "rainy_probability": 0.7}),
]


def number(x):
    return Fraction(x.numerator, x.denominator)


def law(mdp, s, a):
    """Next states of a pair with their probabilities."""
    row = mdp.transitions.dense()[0, s, a]
    return {int(t): Fraction(int(row.num[t]), row.den) for t in np.flatnonzero(row.num)}


def bare(id, options):
    return gymnasium.make(id, **options).unwrapped


@pytest.mark.parametrize(("id", "options"), TABLES)
def test_every_row_is_the_row_of_the_table(id, options):
    (P, start), mdp = exactly(bare(id, options)), gymnasium_table(id, horizon=1, **options)
    dense, rewards = mdp.transitions.dense(), mdp.r.fractions()
    for s in np.flatnonzero(~mdp.terminal[: len(P)]):
        for a in range(mdp.n_actions):
            expected = np.zeros(mdp.n_states, dtype=object)
            for p, t, _, done in P[s][a]:
                expected[-1 if done and not mdp.terminal[t] else t] += p * dense.den
            assert np.array_equal(dense.num[0, s, a], expected)
            assert rewards[s, a] == sum(p * r for p, _, r, _ in P[s][a])
    assert mdp.mu.fractions().tolist() == start + [0] * (mdp.n_states - len(P))


@pytest.mark.parametrize(
    ("id", "options", "horizon"),
    [(*table, 40) for table in TABLES] + [("FrozenLake-v1", {"map_name": "8x8"}, 200), ("Taxi-v4", {}, 200)],
)
def test_optimal_values_of_all_states_are_those_of_plain_value_iteration(id, options, horizon):
    (P, start), mdp = exactly(bare(id, options)), gymnasium_table(id, horizon=horizon, **options)
    expected = optimal_values(P, horizon)
    ours = mdp.v(mdp.optimal_policy())[0].fractions()
    live = np.flatnonzero(~mdp.terminal[: len(P)])
    assert [ours[s] for s in live] == [expected[s] for s in live]
    assert not ours[mdp.terminal].any()
    assert number(mdp.optimal_value()) == sum(p * v for p, v in zip(start, expected, strict=True))


@pytest.mark.parametrize(("id", "options"), TABLES)
def test_occupancies_give_the_return_of_a_random_policy(id, options):
    horizon = 5
    mdp = gymnasium_table(id, horizon=horizon, **options)
    draws = np.random.default_rng(0).multinomial(8, np.full(mdp.n_actions, 1 / mdp.n_actions), (horizon, mdp.n_states))
    policy = np.vectorize(lambda n: Fraction(int(n), 8), otypes=[object])(draws)
    expected = expected_return(*exactly(bare(id, options)), policy.tolist(), horizon)
    assert number(mdp.value(policy)) == expected
    assert number((mdp.occupancy(policy) * mdp.r).sum()) == expected


def test_frozen_lake_within_its_time_limit():
    # 0.7441902878...; Gymnasium's source says "optimum = 0.74" beside the registration.
    mdp = gymnasium_table("FrozenLake-v1")
    value = number(mdp.optimal_value())
    assert mdp.horizon == 100
    assert value == optimal_values(exactly(bare("FrozenLake-v1", {}))[0], 100)[0]
    assert (3**100 % value.denominator, round(float(value), 4)) == (0, 0.7442)


@pytest.mark.parametrize(
    ("id", "options", "value"),
    [
        ("FrozenLake-v1", {"is_slippery": False}, 1),
        ("CliffWalking-v1", {"horizon": 100}, -13),  # up, eleven times right, down
        ("CliffWalking-v1", {"horizon": 12}, -12),
        ("FrozenLake-v1", {"is_slippery": False, "horizon": 5}, 0),  # the goal is six steps away
        ("FrozenLake-v1", {"is_slippery": False, "horizon": 6}, 1),
    ],
)
def test_values_known_by_hand(id, options, value):
    assert number(gymnasium_table(id, **options).optimal_value()) == value


@pytest.mark.parametrize(
    ("id", "options", "n_states", "n_actions", "terminal", "starts"),
    [
        ("FrozenLake-v1", {}, 16, 4, [5, 7, 11, 12, 15], [0]),
        ("FrozenLake-v1", {"map_name": "8x8"}, 64, 4, [19, 29, 35, 41, 42, 46, 49, 52, 54, 59, 63], [0]),
        ("CliffWalking-v1", {"horizon": 9}, 48, 4, [47], [36]),
        ("CliffWalking-v1", {"horizon": 9, "is_slippery": True}, 48, 4, [47], [36]),
        ("Taxi-v4", {}, 501, 6, [500], range(300)),
    ],
)
def test_states(id, options, n_states, n_actions, terminal, starts):
    table = read_gymnasium(id, **options)
    mdp = table.mdp
    assert (mdp.n_states, mdp.n_actions, mdp.system.name) == (n_states, n_actions, "rational")
    assert np.flatnonzero(mdp.terminal).tolist() == list(terminal)
    assert np.count_nonzero(mdp.mu.num) == len(starts)
    assert set(mdp.mu.fractions()) == {0, Fraction(1, len(starts))}
    assert len(table.state_names) == len(set(table.state_names)) == n_states
    assert len(table.action_names) == len(set(table.action_names)) == n_actions
    added = n_states - bare(id, {}).observation_space.n if id == "Taxi-v4" else 0
    assert table.observations == (*range(n_states - added), *[None] * added)


def test_taxi_starts_where_the_passenger_waits_elsewhere():
    env, mu = bare("Taxi-v4", {}), gymnasium_table("Taxi-v4").mu.fractions()
    for s in range(500):
        *_, passenger, destination = env.decode(s)
        assert (mu[s] > 0) == (passenger != 4 and passenger != destination)


def test_taxi_goes_on_from_where_deliveries_end_and_so_ends_elsewhere():
    env, mdp = bare("Taxi-v4", {}), gymnasium_table("Taxi-v4")
    aboard, delivered, beside = (env.encode(0, c, p, 0) for c, p in ((0, 4), (0, 0), (1, 0)))
    next_state = mdp.transitions.next_state
    assert env.P[aboard][5] == [(1.0, delivered, 20, True)]
    assert next_state[aboard, 5] == 500
    assert next_state[beside, 3] == delivered
    assert mdp.r.fractions()[delivered].tolist() == [-1, -1, -1, -1, -1, -10]
    reached = mdp.restrict_to_reachable()[1]
    assert len(reached) == 401 and reached[-1] == 500  # Gymnasium says 400 states and 4 ends


def test_words_say_where_a_state_is():
    lake, cliff, taxi = (read_gymnasium(id, horizon=1) for id in ("FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"))
    assert (lake.state_names[5], lake.action_names[2]) == ("H (1, 1)", "right")
    assert (cliff.state_names[36], cliff.action_names[0]) == ("(3, 0)", "up")
    state = bare("Taxi-v4", {}).encode(2, 3, 4, 1)
    assert (taxi.state_names[state], taxi.state_names[-1]) == (
        "taxi (2, 3), passenger aboard, to G",
        "the end",
    )
    for table, s, action, t in ((lake, 0, "right", 1), (cliff, 36, "up", 24), (taxi, 0, "south", 100)):
        assert t in law(table.mdp, s, table.action_names.index(action))


@pytest.mark.parametrize(
    ("id", "options", "recovered"),
    [
        ("FrozenLake-v1", {}, {(1 / 3, "1/3"), ((1 - 1 / 3) / 2, "1/3")}),
        ("FrozenLake-v1", {"is_slippery": False}, set()),
        ("FrozenLake-v1", {"success_rate": 0.8}, {(0.8, "4/5"), ((1 - 0.8) / 2, "1/10")}),
        ("FrozenLake-v1", {"success_rate": 0.999}, {(0.999, "999/1000"), ((1 - 0.999) / 2, "1/2000")}),
        ("FrozenLake-v1", {"success_rate": 0.75}, set()),
        (
            "FrozenLake-v1",
            {"is_slippery": False, "reward_schedule": (0.1, 1e-9, 0.25)},
            {(0.1, "1/10")},
        ),
        ("CliffWalking-v1", {"is_slippery": True, "horizon": 5}, {(1 / 3, "1/3")}),
        ("Taxi-v4", {}, {(1 / 300, "1/300")}),
        ("Taxi-v4", {"is_rainy": True}, {(1 / 300, "1/300"), (0.8, "4/5"), ((1 - 0.8) / 2, "1/10")}),
    ],
)
def test_floats_are_recovered_as_the_rationals_they_stand_for_and_said_so(id, options, recovered):
    table = read_gymnasium(id, **options)
    assert table.recovered == tuple(sorted((x, Fraction(y)) for x, y in recovered))


def test_rows_without_chance_are_stored_as_next_states():
    kinds = {True: DeterministicTransitions, False: SparseTransitions}
    for options in ({"is_slippery": False}, {"success_rate": 1.0}, {"is_slippery": True}):
        mdp = gymnasium_table("FrozenLake-v1", **options)
        assert type(mdp.transitions) is kinds[options != {"is_slippery": True}]


def test_duplicate_outcomes_are_one_entry():
    mdp = gymnasium_table("FrozenLake-v1")
    left = mdp.transitions.indptr[:2]
    assert mdp.transitions.indices[slice(*left)].tolist() == [0, 4]  # left or up from the corner stays in it
    assert mdp.transitions.probabilities[slice(*left)].fractions().tolist() == [
        Fraction(2, 3),
        Fraction(1, 3),
    ]


# Ends: a time limit is one of the horizon, a termination is one of the state.


@pytest.mark.parametrize(
    ("id", "options", "limit"),
    [
        ("FrozenLake-v1", {}, 100),
        ("FrozenLake-v1", {"map_name": "8x8"}, 100),
        ("FrozenLake8x8-v1", {}, 200),
        ("Taxi-v4", {}, 200),
        ("CliffWalking-v1", {"max_episode_steps": 31}, 31),
    ],
)
def test_the_registered_time_limit_is_the_horizon(id, options, limit):
    table = read_gymnasium(id, **options)
    assert (table.id, table.max_episode_steps, table.mdp.horizon, table.mdp.discount) == (
        id,
        limit,
        limit,
        None,
    )
    longer = gymnasium_table(id, horizon=limit + 1, **options)
    assert longer.terminal.tolist() == table.mdp.terminal.tolist()
    discounted = read_gymnasium(id, discount=Fraction(9, 10), **options)
    assert (discounted.mdp.horizon, discounted.max_episode_steps) == (None, limit)
    assert number(discounted.mdp.discount) == Fraction(9, 10)


def test_discounted_values_solve_the_bellman_equation_of_the_table():
    (P, _), gamma = exactly(bare("FrozenLake-v1", {})), Fraction(9, 10)
    mdp = gymnasium_table("FrozenLake-v1", discount=gamma)
    v = mdp.v(mdp.optimal_policy()).fractions()
    assert list(v) == [
        max(sum(p * (r + (0 if done else gamma * v[t])) for p, t, r, done in P[s][a]) for a in range(4))
        for s in range(16)
    ]


def test_made_and_wrapped_environments_are_read_like_their_ids():
    env = gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("Taxi-v4", is_rainy=True))
    ours, by_id = read_gymnasium(env), read_gymnasium("Taxi-v4", is_rainy=True)
    assert (ours.id, ours.recovered) == (by_id.id, by_id.recovered)
    assert (ours.mdp.r - by_id.mdp.r).bound == 0


def test_an_environment_already_made_is_left_open(monkeypatch):
    closed = []
    monkeypatch.setattr(type(bare("Taxi-v4", {})), "close", lambda env: closed.append(env))
    env = gymnasium.make("Taxi-v4")
    gymnasium_table(env)
    assert not closed
    gymnasium_table("Taxi-v4")
    assert len(closed) == 1


def test_an_outer_time_limit_replaces_the_registered_one():
    env = gymnasium.wrappers.TimeLimit(gymnasium.make("CliffWalking-v1"), 30)
    assert gymnasium_table(env).horizon == 30


def chain(*, entered_to_go_on):
    """0 -> 1 -> 2, done in 2; action 1 in state 0 may enter 2 without being done."""
    on = [(1.0, 2, 5, not entered_to_go_on)]
    return {
        0: {0: [(1.0, 1, 1, False)], 1: on},
        1: {0: [(0.5, 2, 2, True), (0.5, 0, 4, False)], 1: [(1.0, 1, 0, False)]},
        2: {0: [(1.0, 0, 8, False)], 1: [(1.0, 2, 16, False)]},
    }


def test_a_state_entered_only_as_an_end_becomes_terminal_whatever_its_row_says():
    mdp = gymnasium_table(TableEnv(chain(entered_to_go_on=False), [1, 0, 0]), horizon=3)
    assert (mdp.n_states, mdp.terminal.tolist()) == (3, [False, False, True])
    assert mdp.r.fractions().tolist() == [[1, 5], [3, 0], [0, 0]]


@pytest.mark.parametrize(("goes_on", "start"), [(True, [1, 0, 0]), (False, [0.5, 0, 0.5])])
def test_one_end_is_added_if_episodes_also_go_on_or_start_there(goes_on, start):
    mdp = gymnasium_table(TableEnv(chain(entered_to_go_on=goes_on), start), horizon=3)
    assert (mdp.n_states, mdp.terminal.tolist()) == (4, [False, False, False, True])
    assert mdp.r.fractions().tolist() == [[1, 5], [3, 0], [8, 16], [0, 0]]
    assert law(mdp, 1, 0) == {0: Fraction(1, 2), 3: Fraction(1, 2)}
    assert law(mdp, 0, 1) == {2 if goes_on else 3: 1}


def test_ends_that_lead_to_each_other_are_still_ends():
    loop = {
        0: {0: [(0.5, 1, 1, True), (0.5, 2, 1, True)]},
        1: {0: [(1.0, 2, 1, False)]},
        2: {0: [(1.0, 1, 1, False)]},
    }
    mdp = gymnasium_table(TableEnv(loop, [1, 0, 0]), horizon=4)
    assert mdp.terminal.tolist() == [False, True, True]
    assert number(mdp.optimal_value()) == 1


@st.composite
def random_tables(draw):
    n_states, n_actions = draw(st.integers(1, 5)), draw(st.integers(1, 2))
    state = st.integers(0, n_states - 1)

    def outcomes():
        parts = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
        return [(n / sum(parts), draw(state), draw(st.integers(-3, 3)), draw(st.booleans())) for n in parts]

    P = {s: {a: outcomes() for a in range(n_actions)} for s in range(n_states)}
    parts = draw(st.lists(st.integers(0, 3), min_size=n_states, max_size=n_states).filter(any))
    return TableEnv(P, [n / sum(parts) for n in parts])


@settings(max_examples=100, deadline=None)
@given(random_tables(), st.integers(1, 5))
def test_any_table_keeps_its_optimal_value_and_its_live_states(env, horizon):
    mdp = gymnasium_table(env, horizon=horizon)
    P, start = exactly(env)
    expected = optimal_values(P, horizon)
    ours = mdp.v(mdp.optimal_policy())[0].fractions()
    assert number(mdp.optimal_value()) == sum(p * v for p, v in zip(start, expected, strict=True))
    live = np.flatnonzero(~mdp.terminal[: len(env.P)])
    assert [ours[s] for s in live] == [expected[s] for s in live]
    assert mdp.n_states - len(env.P) in (0, 1)


@pytest.mark.parametrize("start_name", ["initial_state_distrib", "isd"])
def test_tables_of_lists_and_numpy_numbers_are_read_like_dicts(start_name):
    P = [
        [[(np.float64(0.1), np.int64(0), np.float32(0.5), np.bool_(False)), (0.9, 1, 2, 1)]],
        [[(1, 1, 0, 0)]],
    ]
    mdp = gymnasium_table(TableEnv(P, np.array([1.0, 0.0]), start_name=start_name), horizon=1)
    assert law(mdp, 0, 0) == {0: Fraction(1, 10), 1: Fraction(9, 10)}
    assert number(mdp.optimal_value()) == Fraction(1, 20) + Fraction(9, 5)


def test_exact_dyadic_rows_are_taken_as_they_are():
    p = 123456789 / 2**40
    env = TableEnv({0: {0: [(p, 0, 0.1 + 2**-30, False), (1 - p, 1, 0, True)]}, 1: {0: [(1.0, 1, 0, True)]}}, [1, 0])
    table = read_gymnasium(env, horizon=1)
    assert table.recovered == ()
    assert table.mdp.transitions.probabilities.fractions().tolist() == [Fraction(p), 1 - Fraction(p), 1]
    assert table.mdp.r.fractions()[0, 0] == Fraction(p) * Fraction(0.1 + 2**-30)


def test_normalize_moves_other_rows_to_dyadics_that_sum_to_one():
    weights = np.random.default_rng(0).random(6)
    row = [(float(p), s, 0, False) for s, p in enumerate(weights / weights.sum())]
    row[0] = (1e-30, 0, 0, False)
    env = TableEnv({s: {0: row} for s in range(6)}, [1, 0, 0, 0, 0, 0])
    table = read_gymnasium(env, horizon=1, normalize=True)
    exact = table.mdp.transitions.dense().fractions()[0, 0, 0]
    total = sum(Fraction(p) for p, *_ in row)
    assert exact.sum() == 1 and exact[0] == Fraction(1, 2**50)
    assert all(abs(x - Fraction(p) / total) <= Fraction(6, 2**50) for x, (p, *_) in zip(exact, row, strict=True))
    assert dict(table.recovered) == {p: x for x, (p, *_) in zip(exact, row, strict=True)}


@pytest.mark.parametrize(("id", "options"), [("FrozenLake-v1", {}), ("Taxi-v4", {"is_rainy": True})])
def test_reading_twice_gives_the_same_bits(id, options):
    first, second = (read_gymnasium(id, **options) for _ in range(2))
    assert first.recovered == second.recovered
    for name in ("indptr", "indices"):
        assert np.array_equal(getattr(first.mdp.transitions, name), getattr(second.mdp.transitions, name))
    for a, b in zip(*((m.mdp.transitions.probabilities, m.mdp.r, m.mdp.mu) for m in (first, second)), strict=True):
        assert a.den == b.den and np.array_equal(a.num, b.num)
