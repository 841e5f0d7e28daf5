"""The tables that come with the package: what is in them, without and with the emulator; their quotients."""

import subprocess
import sys
from fractions import Fraction
from importlib.resources import files

import numpy as np
import pytest

from sims.environments import atari, experts
from sims.environments.atari.emulator import Emulator, provenance
from sims.environments.atari.thumbnails import thumbnail

GAMES = {
    "beam_rider": (3617, 44),
    "breakout": (3011, 3),
    "breakout_long": (13272, 4),
    "freeway": (3057, 2),
    "freeway_sticky": (2440, 1 - Fraction(1, 4) ** 17),
    "pong": (2733, -1),
    "seaquest": (7159, 80),
    "space_invaders": (4681, 55),
}
"""Number of states and the most points there are, on average."""


@pytest.fixture(params=GAMES)
def name(request):
    return request.param


def test_the_tables_are_these_and_small():
    assert atari.shipped() == tuple(GAMES)
    for file in files("sims.environments.atari").joinpath("tables").iterdir():
        assert len(file.read_bytes()) < 10**6


def test_capitals_and_underscores_do_not_matter(tmp_path, monkeypatch):
    for written, name in (("Freeway", "freeway"), ("BeamRider", "beam_rider"), ("FREEWAY_STICKY", "freeway_sticky")):
        assert atari.find(written) == name
        assert repr(atari.load(written)) == repr(atari.load(name))
    assert experts.game_expert("Freeway").value == 2
    monkeypatch.chdir(tmp_path)
    atari.save(atari.load("pong"), "Freeway")
    assert atari.load("./Freeway").spec.game == atari.load(tmp_path / "Freeway").spec.game == "pong"
    assert atari.find("freeway2") is None


def test_they_load_without_the_emulator():
    program = """
import sys
sys.modules["ale_py"] = None
from sims.environments import atari
tables = [atari.load(name) for name in atari.shipped()]
print(sum(table.n_states for table in tables), tables[0].screen(5).shape, tables[0].mdp().optimal_value())
assert not {"gymnasium", "torch", "scipy", "rich"} & set(sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split(" ", 1) == [str(sum(n for n, _ in GAMES.values())), "(52, 40, 3) 44\n"]


def test_what_is_in_them(name):
    table, (n, best) = atari.load(name), GAMES[name]
    assert table.n_states == n == table.layers[-1]
    assert table.provenance == provenance(table.spec.game)
    mdp = table.mdp()
    assert mdp.horizon == table.spec.horizon
    assert mdp.optimal_value() == best
    reached = np.unique(table.next_state)
    assert np.array_equal(reached[reached < n], np.arange(1, n))
    first = np.unique(table.next_state.ravel(), return_index=True)[1][: n - 1]
    assert (np.diff(first) > 0).all()  # numbered as a breadth-first search meets them
    with np.load(files("sims.environments.atari").joinpath(f"tables/{name}.npz").open("rb")) as archive:
        assert all(archive[key].dtype.kind in "iu" for key in archive.files)


def test_optimal_values_are_those_of_a_plain_backward_induction(name):
    table = atari.load(name)
    v = [Fraction(0)] * (table.n_states + 2)
    for s in reversed(range(table.n_states)):
        futures = zip(table.next_state[s].tolist(), table.rewards[s].tolist(), strict=True)
        v[s] = max(
            sum(p * (r + v[t]) for p, t, r in zip(table.probabilities, after, points, strict=True))
            for after, points in futures
        )
    mdp = table.mdp()
    assert mdp.optimal_value() == v[0]
    assert mdp.to("float64").optimal_value() == pytest.approx(float(v[0]), abs=1e-12)


def test_a_shortest_way_to_a_state_shows_its_screen(name):
    """The emulator of today, from reset, shows the thumbnails of the file: nothing is restored."""
    table = atari.load(name)
    emulator = Emulator(table.spec.game)
    for state in np.linspace(table.n_states // 2, table.n_states - 1, 2).astype(int):
        emulator.reset()
        emulator.play_all(table.inputs(state))
        assert np.array_equal(emulator.palette[thumbnail(emulator.screen())], table.screen(state))


# Quotients.


def futures(table):
    """For each state the tree of everything that can follow, as a number: equal trees, equal numbers."""
    numbers = {("cut",): 0, ("over",): 1}
    tree = {table.cut: 0, table.over: 1}
    for s in reversed(range(table.n_states)):
        law = []
        for after, points in zip(table.next_state[s].tolist(), table.rewards[s].tolist(), strict=True):
            atoms = {}
            for p, t, r in zip(table.probabilities, after, points, strict=True):
                atoms[tree[t], r] = atoms.get((tree[t], r), 0) + p
            law.append(tuple(sorted(atoms.items())))
        tree[s] = numbers.setdefault((table.step(s), *law), len(numbers))
    return [tree[s] for s in range(table.n_states + 2)]


@pytest.mark.parametrize("name", ["breakout", "freeway_sticky", "pong"])
def test_classes_are_the_states_with_the_same_tree_of_futures(name):
    table = atari.load(name)
    classes = atari.merged(table).classes
    pairs = set(zip(classes.tolist(), futures(table), strict=True))
    assert len(pairs) == len({c for c, _ in pairs}) == len({f for _, f in pairs})


def test_lifted_policies_keep_their_values_and_occupancies(name):
    steps = 5 if name in ("seaquest", "space_invaders") else 9 if name == "breakout" else 7
    table = atari.load(name).until(steps)
    joined = atari.merged(table)
    mdp, quotient, classes = table.mdp(), joined.table.mdp(), joined.classes
    assert quotient.n_states < mdp.n_states == len(classes)
    assert quotient.optimal_value() == mdp.optimal_value()
    rng = np.random.default_rng(4)
    weights = rng.integers(1, 9, size=(quotient.n_states, quotient.n_actions))
    pi = np.array([[Fraction(int(w), int(row.sum())) for w in row] for row in weights])
    lifted = pi[classes]
    assert mdp.value(lifted) == quotient.value(pi)
    fine = mdp.state_occupancy(lifted).fractions()
    coarse = quotient.state_occupancy(pi).fractions()
    summed = np.full(coarse.shape, Fraction(0), dtype=object)
    for s, c in enumerate(classes):
        summed[:, c] += fine[:, s]
    assert (summed == coarse).all()
    optimal = quotient.optimal_policy()
    assert mdp.value(optimal[:, classes]) == mdp.optimal_value()


def test_a_quotient_has_no_states_to_merge(name):
    quotient = atari.merged(atari.load(name)).table
    again = atari.merged(quotient)
    assert np.array_equal(again.classes, np.arange(quotient.n_states + 2))
    assert np.array_equal(again.table.next_state, quotient.next_state)


def test_states_that_differ_are_kept_apart():
    """A planted fault: with one reward changed, the classes of the states that lead there split."""
    table = atari.load("freeway").until(9)
    rewards = table.rewards.copy()
    rewards[-1, 0, 0] += 1
    changed = type(table)(**{**vars(table), "rewards": rewards})
    assert atari.merged(changed).table.n_states > atari.merged(table).table.n_states
