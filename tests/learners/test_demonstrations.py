"""What demonstrations show, by hand: terminated and truncated, horizons and discounts, sums, convergence, errors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from iltheory.learners.demonstrations import empirical_occupancy, shown_occupancy
from iltheory.measures import occupancy_tv
from sims import TabularMDP, families
from sims.datasets import Trajectories
from sims.datasets.errors import InvalidDataset

S, A = 3, 2


def model(**end):
    """State 2 is never left; else any transitions will do: data alone decide. Exact, so results are fractions."""
    P = np.zeros((S, A, S), dtype=int)
    P[:2, :, 0] = P[2, :, 2] = 1
    return TabularMDP(P, np.zeros((S, A), dtype=int), np.array([1, 0, 0]), **end)


def demos(*episodes):
    """Episodes (states, actions, terminated)."""
    lengths = [len(actions) for _, actions, _ in episodes]
    return Trajectories(
        states=np.concatenate([states for states, _, _ in episodes]),
        actions=np.concatenate([np.asarray(actions, dtype=int) for _, actions, _ in episodes]),
        rewards=None,
        terminated=np.array([over for _, _, over in episodes]),
        truncated=np.array([not over for _, _, over in episodes]),
        offsets=np.cumsum([0, *lengths]),
    )


def table(x):
    return x.fractions().tolist()


def test_a_horizon_counts_each_trajectory_alike():
    shown = empirical_occupancy(model(horizon=2), demos(([0, 1, 2], [1, 0], False), ([0, 0, 1], [1, 1], False)))
    half = Fraction(1, 2)
    assert table(shown) == [[[0, 1], [0, 0], [0, 0]], [[0, half], [half, 0], [0, 0]]]


def test_what_terminated_stays_in_its_last_state_with_any_action():
    """Ended in state 2 after one step: there for the other two, actions drawn uniformly."""
    shown = empirical_occupancy(model(horizon=3), demos(([0, 2], [1], True), ([0, 1, 0, 0], [0, 1, 0], False)))
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    assert table(shown) == [
        [[half, half], [0, 0], [0, 0]],
        [[0, 0], [0, half], [quarter, quarter]],
        [[half, 0], [0, 0], [quarter, quarter]],
    ]


def test_a_discount_weighs_steps_geometrically_and_normalises():
    """One truncated episode of two steps at gamma = 1/2: weights 1/2 and 1/4, of 3/4 in all."""
    shown = empirical_occupancy(model(discount=Fraction(1, 2)), demos(([0, 1, 2], [1, 0], False)))
    assert table(shown) == [[0, Fraction(2, 3)], [Fraction(1, 3), 0], [0, 0]]


def test_a_discount_gives_what_terminated_all_later_weight():
    """Weights 1/2, 1/4 for the steps, and the remaining 1/4 for the state in which it ended: nothing to normalise."""
    shown = empirical_occupancy(model(discount=Fraction(1, 2)), demos(([0, 1, 2], [1, 0], True)))
    eighth = Fraction(1, 8)
    assert table(shown) == [[0, Fraction(1, 2)], [Fraction(1, 4), 0], [eighth, eighth]]


def test_a_time_limit_is_no_absorbing_state():
    """The same states and actions: cut off or ended makes the difference, and only in the last state."""
    ended, cut = (
        empirical_occupancy(model(discount=Fraction(3, 4)), demos(([0, 2], [0], over))) for over in (True, False)
    )
    assert table(cut) == [[1, 0], [0, 0], [0, 0]]
    assert table(ended) == [[Fraction(1, 4), 0], [0, 0], [Fraction(3, 8), Fraction(3, 8)]]


def test_a_discount_of_zero_shows_first_steps_only():
    shown = empirical_occupancy(model(discount=0), demos(([0, 1, 2], [1, 0], True), ([1, 1], [0], False)))
    assert table(shown) == [[0, Fraction(1, 2)], [Fraction(1, 2), 0], [0, 0]]


@pytest.mark.parametrize("end", [{"horizon": 6}, {"discount": 0.9}])
@pytest.mark.parametrize("system", ["float64", "rational"])
def test_each_step_sums_to_one(end, system):
    mdp = families.garnet(n_states=5, n_actions=3, branching=2, rng=0, **end).to(system)
    some = mdp.to("float64").sample(np.full((5, 3), 1 / 3), 7, 0, length=6 if "horizon" in end else 30)
    shown = shown_occupancy(mdp, some)
    if "horizon" in end:
        assert np.allclose(np.asarray(shown.sum((-1, -2))), 1, atol=1e-15) and shown.shape == (6, 5, 3)
    else:
        assert abs(float(shown.sum()) - 1) < 1e-15 and shown.shape == (5, 3)
    assert (np.asarray(shown) >= 0).all()


@pytest.mark.parametrize("end, length", [({"horizon": 5}, 5), ({"discount": 0.8}, 150)])
def test_more_demonstrations_come_closer_at_the_rate_of_the_square_root(end, length):
    """Total variation from the exact occupancy falls by 4 from n to 16 n (measured over several draws)."""
    mdp = families.garnet(n_states=4, n_actions=2, branching=3, rng=0, **end)
    expert = np.random.default_rng(0).dirichlet(np.ones(2), size=4)
    exact = mdp.occupancy(expert)

    def error(n):
        found = []
        for seed in range(12):
            shown = shown_occupancy(mdp, mdp.sample(expert, n, seed, length=length))
            found.append(float(abs(shown - exact).sum()) / (2 * (mdp.horizon or 1)))
        return np.mean(found)

    few, many = error(50), error(800)
    assert many < 0.1 and 3 < few / many < 5.4


def test_a_policy_shows_its_exact_occupancy():
    mdp = families.garnet(n_states=4, n_actions=2, branching=3, rng=0, horizon=3)
    expert = mdp.optimal_policy()
    assert (shown_occupancy(mdp, expert) == mdp.occupancy(expert)).all()
    assert float(occupancy_tv(mdp, expert, mdp.project(shown_occupancy(mdp, expert)))) == 0


def test_what_happens_after_the_horizon_does_not_matter():
    shown = empirical_occupancy(model(horizon=1), demos(([0, 1], [0], True)))
    assert table(shown) == [[[1, 0], [0, 0], [0, 0]]]


@pytest.mark.parametrize(
    "end, data, message",
    [
        ({"horizon": 3}, ([0, 1], [0], False), "trajectory 0 stops after 1 of 3 steps without having terminated"),
        ({"horizon": 1}, ([0, 1, 1], [0, 0], True), "trajectory 0 has 2 steps, but horizon is 1"),
        ({"horizon": 1}, ([3, 1], [0], True), "states contain 3, but n_states is 3"),
        ({"horizon": 1}, ([0, 3], [0], True), "states contain 3, but n_states is 3"),
        ({"discount": Fraction(1, 2)}, ([0, 1], [2], True), "actions contain 2, but n_actions is 2"),
        ({"discount": Fraction(1, 2)}, ([0], [], False), "show nothing"),
        ({"horizon": 3}, ([0, 2, 1], [0, 0], True), "trajectory 0 terminates in state 1, which the model can leave"),
        ({"discount": Fraction(1, 2)}, ([0, 1], [0], True), "such as a time limit, is truncated"),
    ],
)
def test_errors(end, data, message):
    with pytest.raises(InvalidDataset, match=message):
        empirical_occupancy(model(**end), demos(data))


def test_observations_are_no_states():
    seen = Trajectories(
        states=np.zeros((2, 4)),
        actions=np.zeros(1, dtype=int),
        rewards=None,
        terminated=np.array([True]),
        truncated=np.array([False]),
        offsets=np.array([0, 1]),
    )
    with pytest.raises(InvalidDataset, match="not indices"):
        empirical_occupancy(model(horizon=1), seen)
