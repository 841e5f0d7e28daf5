"""Closed forms against exact evaluation, and both against enumerations that share no code with the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction as F
from itertools import product
from typing import Any

import pytest

from sims import families
from sims.families import Imitation

ERRORS = [F(0), F(1, 100), F(1, 7), F(1, 2), F(1)]
HORIZONS = [1, 2, 3, 12, 40]
DISCOUNTS = [F(0), F(1, 2), F(99, 100)]
CLOCKS = [{"horizon": H} for H in HORIZONS] + [{"discount": g} for g in DISCOUNTS]

Table = list[list[F]]


def fractions(array: Any) -> Any:
    """Nested lists of Fractions from an array of exact rationals."""
    return [fractions(x) for x in array] if array.ndim else F(array)


def tables(mdp: Any) -> tuple[list[list[list[F]]], Table, list[F]]:
    """``P[s][a][t]``, ``r[s][a]`` and ``mu[s]``, as plain lists."""
    mdp = mdp.to("rational")
    return fractions(mdp.transitions.dense()[0]), fractions(mdp.r), fractions(mdp.mu)


def trajectories(mdp: Any, policy: Table) -> Iterator[tuple[F, list[tuple[int, int]]]]:
    """Every trajectory of a finite-horizon model with its probability, one path at a time."""
    P, _, mu = tables(mdp)
    S, A = len(P), len(P[0])

    def extend(weight: F, path: list[tuple[int, int]], state: int) -> Iterator[tuple[F, list[tuple[int, int]]]]:
        for a in range(A):
            w = weight * policy[state][a]
            if w == 0:
                continue
            here = [*path, (state, a)]
            if len(here) == mdp.horizon:
                yield w, here
            else:
                for t in range(S):
                    if P[state][a][t]:
                        yield from extend(w * P[state][a][t], here, t)

    for s in range(S):
        if mu[s]:
            yield from extend(mu[s], [], s)


def solve(matrix: Table, right: list[F]) -> list[F]:
    """Gauss-Jordan elimination."""
    n = len(matrix)
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    for i in range(n):
        pivot = next(k for k in range(i, n) if rows[k][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(n):
            if k != i and rows[k][i]:
                rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def state_law_by_hand(mdp: Any, policy: Table) -> list[F]:
    """Mean over steps (discounted: normalised) law of the state."""
    P, _, mu = tables(mdp)
    S, A = len(P), len(P[0])
    if mdp.horizon is not None:
        law = [F(0)] * S
        for weight, path in trajectories(mdp, policy):
            for s, _a in path:
                law[s] += weight / mdp.horizon
        return law
    g = F(mdp.discount)
    flow = [[int(s == t) - g * sum(policy[s][a] * P[s][a][t] for a in range(A)) for s in range(S)] for t in range(S)]
    return solve(flow, [(1 - g) * m for m in mu])


def value_by_hand(mdp: Any, policy: Table) -> F:
    """Return of a policy: over all trajectories, or from the normalised occupancy."""
    _, r, _ = tables(mdp)
    if mdp.horizon is not None:
        return sum((w * sum(r[s][a] for s, a in path) for w, path in trajectories(mdp, policy)), F(0))
    law = state_law_by_hand(mdp, policy)
    return sum(
        (d * p * x for d, row, rs in zip(law, policy, r, strict=True) for p, x in zip(row, rs, strict=True)),
        F(0),
    ) / (1 - F(mdp.discount))


def gap_of_models(instance: Imitation) -> F:
    """The gap as the library computes it."""
    mdp, expert, learner = instance
    return F(mdp.value(expert) - mdp.value(learner))


EVERY = [pytest.param(build, id=name) for name, build in families.NAMED.items()] + [
    pytest.param(build, id=f"{name}-discounted") for name, build in families.NAMED_DISCOUNTED.items()
]


@pytest.mark.parametrize("build", EVERY)
def test_every_named_family_agrees_with_enumeration(build: Callable[[], Imitation]) -> None:
    instance = build()
    mdp, expert, learner = instance
    pi, rho = fractions(expert), fractions(learner)
    gap = value_by_hand(mdp, pi) - value_by_hand(mdp, rho)
    assert gap_of_models(instance) == gap
    assert instance.gap in (None, gap)
    visited, reached = state_law_by_hand(mdp, pi), state_law_by_hand(mdp, rho)
    mistakes = [sum(abs(p - q) for p, q in zip(a, b, strict=True)) / 2 for a, b in zip(pi, rho, strict=True)]
    assert instance.error_rate == sum(d * m for d, m in zip(visited, mistakes, strict=True))
    if instance.state_l1 is not None:
        assert instance.state_l1 == sum(abs(d - k) for d, k in zip(visited, reached, strict=True))


@pytest.mark.parametrize("build", EVERY)
def test_every_named_family_is_exact_with_rewards_in_the_unit_interval(
    build: Callable[[], Imitation],
) -> None:
    mdp, expert, learner = build()
    P, r, mu = tables(mdp)
    assert mdp.system.name == "rational"
    assert all(sum(row) == 1 and min(row) >= 0 for rows in P for row in rows)
    assert sum(mu) == 1 and all(0 <= x <= 1 for row in r for x in row)
    assert all(sum(row) == 1 and min(row) >= 0 for policy in (expert, learner) for row in fractions(policy))


def test_only_river_swim_has_no_closed_form() -> None:
    assert [name for name, build in families.NAMED.items() if build().gap is None] == ["river_swim"]


BY_ERROR = [
    families.cliff,
    families.kaariainen_flip,
    families.unicycle,
    families.loop,
    families.chain,
    families.combination_lock,
    families.ring,
    families.ergodic,
    families.periodic,
    families.absorbing,
]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("clock", CLOCKS, ids=str)
@pytest.mark.parametrize("family", BY_ERROR)
def test_gap_equals_exact_evaluation(family: Callable[..., Imitation], clock: dict[str, Any], error: F) -> None:
    instance = family(error=error, **clock)
    assert gap_of_models(instance) == instance.gap
    if instance.bound is not None:
        assert instance.gap is not None and instance.gap <= instance.bound


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_all_error_at_the_first_step_attains_the_quadratic_bound(clock: dict[str, Any]) -> None:
    total = clock.get("horizon") or 1 / (1 - clock["discount"])
    for share in (F(1, 3), F(1)):
        instance = families.first_step_error(error=share / total, **clock)
        assert gap_of_models(instance) == instance.gap == instance.bound == share * total


@pytest.mark.parametrize("k", [F(0), F(1, 3), F(1)])
def test_first_step_error_obeys_the_published_identity_in_costs(k: F) -> None:
    T, e = 12, F(1, 30)
    instance = families.first_step_error(error=e, expert_cost=k, horizon=T)
    mdp, expert, learner = instance
    cost, paid = T - F(mdp.value(expert)), T - F(mdp.value(learner))
    assert cost == k * T
    assert paid == (1 - e * T) * cost + e * T**2
    assert gap_of_models(instance) == instance.gap


@pytest.mark.parametrize("H", HORIZONS)
@pytest.mark.parametrize("e", ERRORS[1:])
def test_published_forms_for_horizons(H: int, e: F) -> None:
    assert families.cliff(horizon=H, error=e).gap == H - (1 - e) * (1 - (1 - e) ** H) / e
    assert families.kaariainen_flip(horizon=H, error=e).gap == F(H, 2) - (1 - (1 - 2 * e) ** (H + 1)) / (4 * e) + F(
        1, 2
    )
    assert families.unicycle(horizon=H, error=e).gap == sum(e / (1 + e) * (1 - (-e) ** t) for t in range(H))
    assert families.loop(horizon=H, error=e).gap == H * e
    assert families.periodic(horizon=H, error=e).gap == e * ((H + 1) // 2)
    assert families.leak(horizon=H, error=e).gap == sum(1 - (1 - e) ** t for t in range(H))
    assert families.leak(horizon=H, error=e).bound == e * H * (H - 1) / 2
    assert families.one_way(horizon=H, mixing=e).state_l1 == F(2, H) * sum(1 - (1 - e) ** t for t in range(H))
    assert families.one_way(horizon=H, mixing=e).bound == (H - 1) * e


@pytest.mark.parametrize("g", DISCOUNTS)
@pytest.mark.parametrize("e", ERRORS)
def test_published_forms_for_discounts(g: F, e: F) -> None:
    cliff, leak = families.cliff(discount=g, error=e), families.leak(discount=g, error=e)
    assert cliff.gap == e / ((1 - g) * (1 - g * (1 - e)))
    assert cliff.bound == e / (1 - g) ** 2
    assert leak.gap == g * e / ((1 - g) * (1 - g * (1 - e)))
    assert leak.bound == g * e / (1 - g) ** 2


def test_catalogue_values() -> None:
    def close(x: Any, digits: str) -> None:
        assert abs(float(x) - float(digits)) <= 0.51 * 10.0 ** -len(digits.split(".")[1])

    close(families.cliff(horizon=12, error=F(1, 10)).gap, "5.541865828329")
    close(families.kaariainen_flip(horizon=10, error=F(1, 10)).gap, "3.2147483648")
    close(families.unicycle(horizon=5, error=F(1, 5)).gap, "0.6944")
    close(families.unicycle(horizon=12, error=F(1, 5)).gap, "1.861111")
    close(families.leak(discount=F(9, 10), error=F(1, 100)).gap, "0.825688")
    close(families.leak(discount=F(9, 10), error=F(1, 100)).bound, "0.9")
    close(families.leak(horizon=10, error=F(1, 100)).gap, "0.4382")
    close(families.leak(horizon=10, error=F(1, 100)).bound, "0.45")
    close(families.one_way(horizon=10, mixing=F(1, 100)).state_l1, "0.0876415")
    close(families.cliff(discount=F(9, 10), error=F(1, 100)).state_l1, "0.16514")
    for S, N, A, H, gap in [
        (3, 2, 2, 3, "0.618656"),
        (5, 10, 2, 20, "8.09829"),
        (10, 20, 2, 10, "3.20868"),
        (20, 100, 2, 50, "26.1444"),
    ]:
        close(families.reset(S, A, horizon=H, n_trajectories=N).gap, gap)
    close(families.missing_mass(10, 2, 20), "0.0717885")
    missed = families.missing_mass(11, 10**6, 100)
    close(100 - (1 - missed) * (1 - (1 - missed) ** 100) / missed, "71.6759")


def test_quadratic_bounds_are_approached_by_small_errors() -> None:
    for clock in ({"horizon": 30}, {"discount": F(9, 10)}):
        for family in (families.cliff, families.kaariainen_flip, families.leak):
            instance = family(error=F(1, 10**6), **clock)
            assert F(999, 1000) < instance.gap / instance.bound < 1


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_leak_is_the_difference_of_two_models(clock: dict[str, Any]) -> None:
    pair = families.leak(error=F(1, 7), **clock)
    mdp, leaking, policy = pair
    assert F(mdp.value(policy) - leaking.value(policy)) == pair.gap <= pair.bound


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_one_way_mixture_moves_the_states_by_its_closed_form(clock: dict[str, Any]) -> None:
    b = F(1, 7)
    pair = families.one_way(mixing=b, **clock)
    mdp, expert, learner = pair
    pi, rho, mixture = fractions(expert), fractions(learner), fractions(pair.mixture)
    assert mixture == [[b * p + (1 - b) * q for p, q in zip(x, y, strict=True)] for x, y in zip(pi, rho, strict=True)]
    laws = [fractions(mdp.state_occupancy(policy)) for policy in (pair.mixture, learner)]
    if mdp.horizon is not None:
        laws = [[sum(column) / mdp.horizon for column in zip(*law, strict=True)] for law in laws]
    assert sum(abs(x - y) for x, y in zip(*laws, strict=True)) == pair.state_l1 <= pair.bound


@pytest.mark.parametrize("n", [2, 3, 6])
@pytest.mark.parametrize("slip", [F(0), F(1, 5), F(1)])
@pytest.mark.parametrize("clock", [{"horizon": 9}, {"discount": F(4, 5)}], ids=str)
def test_chain(n: int, slip: F, clock: dict[str, Any]) -> None:
    instance = families.chain(n, slip=slip, small_reward=F(1, 3), error=F(1, 7), **clock)
    assert gap_of_models(instance) == instance.gap


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_deep_sea(size: int) -> None:
    instance = families.deep_sea(size, move_cost=F(1, 50), error=F(1, 7))
    mdp, expert, _ = instance
    assert (mdp.n_states, mdp.horizon) == (size * (size + 1) // 2, size)
    assert gap_of_models(instance) == instance.gap
    assert F(mdp.value(expert)) == F(mdp.optimal_value()) == 1


@pytest.mark.parametrize(("depth", "branching"), [(1, 2), (4, 2), (3, 4)])
def test_tree(depth: int, branching: int) -> None:
    instance = families.tree(depth, branching, error=F(1, 7))
    assert instance.mdp.n_states == sum(branching**level for level in range(depth + 1))
    assert gap_of_models(instance) == instance.gap == 1 - F(6, 7) ** depth
    assert F(instance.mdp.optimal_value()) == 1


@pytest.mark.parametrize("clock", CLOCKS, ids=str)
def test_combination_lock_opens_only_by_its_code(clock: dict[str, Any]) -> None:
    instance = families.combination_lock([3, 0, 0, 2], n_actions=4, error=F(1, 7), **clock)
    mdp, expert, _ = instance
    assert gap_of_models(instance) == instance.gap
    assert F(mdp.value(expert)) == F(mdp.optimal_value())


@pytest.mark.parametrize("start", range(7))
@pytest.mark.parametrize("clock", [{"horizon": 9}, {"discount": F(4, 5)}], ids=str)
def test_ring_from_every_start(start: int, clock: dict[str, Any]) -> None:
    for n in (3, 6, 7):
        if start < n:
            instance = families.ring(n, start=start, slip=F(1, 5), error=F(1, 7), **clock)
            mdp, expert, _ = instance
            assert gap_of_models(instance) == instance.gap
            assert F(mdp.value(expert)) == F(mdp.optimal_value())
            assert instance.error_rate == F(1, 7) * sum(state_law_by_hand(mdp, fractions(expert))[1:])


def test_river_swim_rewards_swimming() -> None:
    mdp, expert, _ = families.river_swim(discount=F(99, 100))
    assert F(mdp.value(expert)) == F(mdp.optimal_value())


def cloning_by_hand(S: int, A: int, H: int, N: int) -> F:
    """Expected return of cloning on the reset instance, over all data sets, from the definition."""
    m = S - 1
    rho = [F(1, N + 1)] * (m - 1) + [1 - F(m - 1, N + 1)]
    expected = F(0)
    for data in product(product(range(m), repeat=H), repeat=N):
        weight, alive, value = F(1), F(1), F(0)
        for trajectory in data:
            for s in trajectory:
                weight *= rho[s]
        for h in range(H):
            seen = {trajectory[h] for trajectory in data}
            alive *= sum((rho[s] * (1 if s in seen else F(1, A)) for s in range(m)), F(0))
            value += alive
        expected += weight * value
    return expected


@pytest.mark.parametrize(("S", "A", "H", "N"), [(2, 2, 3, 2), (3, 2, 2, 1), (3, 3, 2, 3), (3, 2, 3, 2), (4, 2, 2, 2)])
def test_reset_is_the_mean_over_all_data_sets(S: int, A: int, H: int, N: int) -> None:
    instance = families.reset(S, A, horizon=H, n_trajectories=N)
    assert gap_of_models(instance) == instance.gap == H - cloning_by_hand(S, A, H, N)
    assert instance.gap <= instance.bound
    assert instance.error_rate == families.missing_mass(S, A, N)


def test_follow_the_leader_alternates_for_ever() -> None:
    for H in (2, 10, 50):
        cycle = families.ftl_cycle(horizon=H)
        mdp, _, policies = cycle
        own = [F(x) / H for x in mdp.value(policies)]
        assert [1 - loss for loss in own] == [cycle.losses[0][0], cycle.losses[1][1]]


@pytest.mark.parametrize(
    ("H", "best", "regret"), [(10, F(9999, 20000), F(889, 2000)), (50, F(2499, 5000), F(2450, 5000))]
)
def test_follow_the_leader_keeps_its_regret(H: int, best: F, regret: F) -> None:
    losses, rounds = families.ftl_cycle(horizon=H).losses, 2000
    totals, paid, leader = [F(0), F(0)], [], 0
    for _ in range(rounds):
        paid.append(losses[leader][leader])
        totals = [t + x for t, x in zip(totals, losses[leader], strict=True)]
        leader = totals.index(min(totals))
    assert min(paid) == 1 - F(1, H)
    assert min(totals) / rounds == best
    assert sum(paid) / rounds - best == regret


@pytest.mark.parametrize("i", [0, 1])
@pytest.mark.parametrize("j", [0, 1])
def test_follow_the_leader_losses_are_those_of_the_model(i: int, j: int) -> None:
    cycle = families.ftl_cycle(horizon=4)
    mdp, expert, policies = cycle
    law = state_law_by_hand(mdp, fractions(policies[i, 0]))
    other, right = fractions(policies[j, 0]), fractions(expert)
    loss = sum(
        d * (1 - sum(p * q for p, q in zip(x, y, strict=True))) for d, x, y in zip(law, other, right, strict=True)
    )
    assert cycle.losses[i][j] == loss


@pytest.mark.parametrize("build", EVERY)
def test_conversion_to_floats_keeps_the_instance(build: Callable[[], Imitation]) -> None:
    instance = build()
    mdp, expert, learner = instance.to("float64")
    assert mdp.system.name == "float64"
    exact = float(F(instance.mdp.value(instance.expert) - instance.mdp.value(instance.learner)))
    assert abs(float(mdp.value(expert) - mdp.value(learner)) - exact) < 1e-12


def test_float_parameters_make_float_instances() -> None:
    for clock in ({"horizon": 12}, {"discount": 0.9}):
        for family in BY_ERROR:
            instance = family(error=0.1, **clock)
            mdp, expert, learner = instance
            assert mdp.system.name == "float64"
            assert isinstance(instance.gap, float) and isinstance(instance.error_rate, float)
            assert abs(float(mdp.value(expert) - mdp.value(learner)) - instance.gap) < 1e-12


def test_closed_forms_of_float_instances_do_not_cancel() -> None:
    gap = families.cliff(horizon=1000, error=1e-12).gap
    assert gap == pytest.approx(1e-12 * 1000 * 1001 / 2, rel=1e-8)
