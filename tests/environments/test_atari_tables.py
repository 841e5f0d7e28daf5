"""Tables of games against the emulator: played forward, enumerated, frame by frame, and through Gymnasium."""

from fractions import Fraction
from itertools import product

import ale_py
import gymnasium
import numpy as np
import pytest
from ale_py import roms

from sims.environments import atari
from sims.environments.atari.emulator import Emulator
from sims.environments.atari.thumbnails import thumbnail

SKIP, CROSSING = 12, ["UP"] * 11
"""In Freeway: 132 frames up. The other side, worth a point, is reached in frame 171 by going up and nothing else."""


def plain_emulator(game, *, sticky=0.0, frame_skip=SKIP, seed=0):
    """An emulator without any of our code around it."""
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setInt("random_seed", seed)
    ale.setFloat("repeat_action_probability", sticky)
    ale.setInt("frame_skip", frame_skip)
    ale.loadROM(str(roms.get_rom_path(game)))
    ale.reset_game()
    return ale


def plain_search(ale, horizon):
    """Layers of states, successors and rewards by the shortest program: whole states as keys of dictionaries."""
    actions = ale.getMinimalActionSet()
    layers, moves = [[ale.cloneSystemState()]], []
    for _ in range(horizon):
        found, states = {}, []
        for state in layers[-1]:
            for action in actions:
                ale.restoreSystemState(state)
                reward = ale.act(action)
                after = ale.cloneSystemState()
                key = after.serialize()
                if key not in found:
                    found[key] = len(states)
                    states.append(after)
                moves.append((reward, len(layers), found[key]))
        layers.append(states)
    return layers[:-1], moves


@pytest.fixture(scope="module")
def freeway():
    return atari.tabulate("freeway", horizon=6, frame_skip=SKIP, start=CROSSING, processes=1)


@pytest.fixture(scope="module")
def sticky():
    return atari.tabulate("freeway", horizon=3, frame_skip=2, sticky=Fraction(1, 4), start=["UP"] * 84, processes=1)


@pytest.mark.parametrize(("game", "horizon"), [("freeway", 7), ("pong", 4)])
def test_the_search_is_the_plain_one(game, horizon):
    table = atari.tabulate(game, horizon=horizon, processes=1)
    layers, moves = plain_search(plain_emulator(game, frame_skip=30), horizon)
    assert np.diff(table.layers).tolist() == [len(layer) for layer in layers]
    expected = [table.layers[step] + i if step < horizon else table.cut for _, step, i in moves]
    assert table.next_state.ravel().tolist() == expected
    assert table.rewards.ravel().tolist() == [reward for reward, _, _ in moves]


def test_the_number_of_states_is_known_and_the_same_for_any_number_of_processes(tmp_path):
    files = [tmp_path / name for name in ("first.npz", "second.npz", "parallel.npz")]
    for file, processes in zip(files, (1, 1, 2), strict=True):
        table = atari.tabulate("freeway", horizon=7, path=file, processes=processes)
        assert np.diff(table.layers).tolist() == [1, 3, 5, 8, 14, 20, 42]
    assert len({file.read_bytes() for file in files}) == 1
    assert sorted(tmp_path.iterdir()) == sorted(files)


def test_the_optimal_value_is_the_best_of_all_sequences_of_actions(freeway):
    horizon = 5
    ale = plain_emulator("freeway")
    for _ in CROSSING:
        ale.act(ale_py.Action.UP)
    start = ale.cloneSystemState()

    def best(state, left):
        if left == 0:
            return 0
        values = []
        for action in ale.getMinimalActionSet():
            ale.restoreSystemState(state)
            reward = ale.act(action)
            values.append(reward + best(ale.cloneSystemState(), left - 1))
        return max(values)

    value = best(start, horizon)
    assert value > 0
    assert freeway.until(horizon).mdp().optimal_value() == value


def test_values_of_policies_are_returns_of_roll_outs(freeway):
    mdp, rng = freeway.mdp(), np.random.default_rng(0)
    returns = set()
    for _ in range(6):
        choice = np.where(rng.random(mdp.n_states) < 0.6, 1, rng.integers(3, size=mdp.n_states))
        ale, state, total = plain_emulator("freeway"), 0, 0
        for _ in CROSSING:
            ale.act(ale_py.Action.UP)
        for _ in range(mdp.horizon):
            total += ale.act(ale.getMinimalActionSet()[choice[state]])
            state = int(freeway.next_state[state, choice[state], 0])
        assert state == freeway.cut
        assert mdp.value(np.eye(3, dtype=np.int64)[choice]) == total
        returns.add(total)
    assert len(returns) > 1


def test_the_value_of_the_uniform_policy_is_the_mean_over_all_sequences(freeway):
    mdp, horizon = freeway.until(4).mdp(), 4
    ale, total = plain_emulator("freeway"), 0
    for _ in CROSSING:
        ale.act(ale_py.Action.UP)
    start = ale.cloneSystemState()
    for actions in product(ale.getMinimalActionSet(), repeat=horizon):
        ale.restoreSystemState(start)
        total += sum(ale.act(action) for action in actions)
    uniform = np.full((mdp.n_states, 3), Fraction(1, 3))
    assert mdp.value(uniform) == Fraction(total, 3**horizon)


def test_gymnasium_shows_the_screens_and_pays_the_rewards_of_the_table(freeway):
    gymnasium.register_envs(ale_py)
    env = gymnasium.make("ALE/Freeway-v5", frameskip=SKIP, repeat_action_probability=0.0)
    rng, paid = np.random.default_rng(1), 0
    for seed in range(2):
        env.reset(seed=seed)
        for _ in CROSSING:
            env.step(1)
        state = 0
        for _ in range(freeway.spec.horizon):
            action = int(rng.choice(3, p=[0.04, 0.92, 0.04]))
            screen, reward, *_ = env.step(action)
            assert reward == freeway.rewards[state, action, 0]
            paid += reward
            state = int(freeway.next_state[state, action, 0])
            if state != freeway.cut:
                assert np.array_equal(freeway.replay(state), screen)
    env.close()
    assert paid > 0


def test_a_restored_state_goes_on_as_the_one_that_was_played():
    for game in ("pong", "breakout", "space_invaders"):
        emulator, rng = Emulator(game), np.random.default_rng(2)
        names = emulator.actions("minimal")
        inputs = [(names[i], 7) for i in rng.integers(len(names), size=12)]
        emulator.reset()
        emulator.play_all(inputs[:6])
        middle = emulator.save()
        rewards, end, screen = emulator.play_all(inputs[6:]), emulator.save(), emulator.rgb()
        emulator.play_all(inputs)
        emulator.restore(middle)
        assert (emulator.play_all(inputs[6:]), emulator.save()) == (rewards, end)
        assert np.array_equal(emulator.rgb(), screen)


def test_thumbnails_are_those_of_the_state_that_is_reached_by_its_inputs(freeway, sticky):
    for table in (freeway, sticky):
        emulator = Emulator("freeway")
        for state in np.linspace(1, table.n_states - 1, 9).astype(int):
            emulator.reset()
            emulator.play_all(table.inputs(state))
            assert np.array_equal(emulator.palette[thumbnail(emulator.screen())], table.screen(state))


def test_a_thumbnail_keeps_the_rarest_colour():
    screen = np.zeros((210, 160), dtype=np.uint8)
    screen[:, 80:] = 7
    screen[101, 42] = 3  # one pixel
    small = thumbnail(screen)
    assert small.shape == (52, 40)
    assert small[25, 10] == 3
    assert (small == 3).sum() == 1 and (small[:, 20:] == 7).all()


# Sticky actions.


def test_sticky_outcomes_are_those_of_coins_at_every_frame(sticky):
    """All 2**(frames) sequences of coins, each with its probability: the definition of ALE's sticky actions."""
    skip, horizon, p = 2, sticky.spec.horizon, Fraction(1, 4)
    rng = np.random.default_rng(3)
    mdp, ale = sticky.mdp(), plain_emulator("freeway", frame_skip=1)
    for _ in range(skip * 84):
        ale.act(ale_py.Action.UP)
    start = ale.cloneSystemState()
    for _ in range(2):
        plan = rng.choice(3, p=[0.3, 0.4, 0.3], size=horizon)
        total = Fraction(0)
        for coins in product((False, True), repeat=skip * horizon):
            ale.restoreSystemState(start)
            heard, reward, weight = ale_py.Action.UP, 0, Fraction(1)
            for frame, repeats in enumerate(coins):
                heard = heard if repeats else ale.getMinimalActionSet()[plan[frame // skip]]
                weight *= p if repeats else 1 - p
                reward += ale.act(heard)
            total += weight * reward
        policy = np.eye(3, dtype=np.int64)[plan][:, None].repeat(mdp.n_states, axis=1)
        assert mdp.value(policy) == total


def test_sticky_values_are_not_those_of_deterministic_play(sticky):
    """Two steps of two frames before the other side: whoever waits gets there if no coin lets the waiting be heard."""
    plain = atari.tabulate("freeway", horizon=3, frame_skip=2, start=["UP"] * 84, processes=1)
    wait = np.eye(3, dtype=np.int64)[[0]]
    values = [table.mdp().value(wait.repeat(table.n_states + 2, axis=0)) for table in (sticky, plain)]
    assert values == [Fraction(1, 4) ** 4, 0]


def test_the_emulators_own_sticky_actions_follow_the_law_of_the_table():
    """Frequencies of 1,000 steps of ALE with its own coins, from one state with the action before it known."""
    table = atari.tabulate("pong", horizon=2, frame_skip=4, sticky=0.25, start=[*["NOOP"] * 25, "RIGHT"], processes=1)
    left = table.spec.actions.index("LEFT")
    emulator = Emulator("pong")
    outcomes = {}
    for outcome, state in enumerate(table.next_state[0, left]):
        emulator.reset()
        emulator.play_all(table.inputs(int(state)))
        outcomes[emulator._ale.cloneState().serialize()] = outcome
    assert len(outcomes) == 5
    emulator.reset()
    emulator.play_all(table.inputs(0))
    origin = emulator._ale.cloneState()  # without the generator, so that each trial has coins of its own
    ale, counts, n = plain_emulator("pong", sticky=0.25, frame_skip=4, seed=1), np.zeros(5), 1000
    for _ in range(n):
        for _ in range(5):  # what was heard last is no part of ALE's saved states: after 20 frames it is RIGHT
            ale.act(ale_py.Action.RIGHT)
        ale.restoreState(origin)
        ale.act(ale_py.Action.LEFT)
        counts[outcomes[ale.cloneState().serialize()]] += 1
    law = np.array([float(p) for p in table.probabilities])
    assert np.all(np.abs(counts - n * law) <= 4 * np.sqrt(n * law * (1 - law)) + 1)


def test_probabilities_of_outcomes_are_those_of_the_first_frame_that_hears(sticky):
    assert sticky.probabilities == (Fraction(3, 4), Fraction(3, 16), Fraction(1, 16))
    assert sum(sticky.probabilities) == 1
    rows = sticky.mdp().transitions
    assert rows.system.name == "rational"
    up = sticky.spec.actions.index("UP")
    assert len(set(sticky.next_state[0, up])) == 1  # a repetition of what was heard last
    assert len(set(sticky.next_state[0, 0])) == 3


# Parts of a table.


def test_fewer_steps_are_a_prefix(freeway):
    short = atari.tabulate("freeway", horizon=4, frame_skip=SKIP, start=CROSSING, processes=1)
    prefix = freeway.until(4)
    assert prefix.spec == short.spec
    for name in ("layers", "next_state", "rewards"):
        assert np.array_equal(getattr(prefix, name), getattr(short, name))
    for state in range(short.n_states):
        assert np.array_equal(prefix.screen(state), short.screen(state))
        assert prefix.step(state) == freeway.step(state)


def test_unit_rewards_are_an_affine_map_that_is_known():
    table = atari.tabulate("pong", horizon=2, frame_skip=40, start=["NOOP"] * 6, processes=1)
    low, high = table.reward_range
    assert (low, high) == (-1, 0)
    game, unit = table.mdp(), table.mdp(unit_rewards=True)
    assert game.terminal[table.over] and not game.terminal[table.cut]
    pi = np.full((game.n_states, game.n_actions), Fraction(1, game.n_actions))
    assert game.value(pi) < 0
    assert unit.value(pi) == (game.value(pi) - 2 * low) / (high - low)
    assert set(unit.r.fractions().ravel()) == {0, 1}


def test_the_loss_of_a_life_is_no_end():
    table = atari.tabulate("breakout", horizon=3, frame_skip=60, start=["FIRE"], processes=1)
    emulator, lives = Emulator("breakout"), set()
    for state in range(table.n_states):
        emulator.reset()
        emulator.play_all(table.inputs(state))
        lives.add(emulator.lives)
    assert len(lives) > 1
    assert (table.next_state != table.over).all()


def test_the_end_of_the_game_is_terminal_and_the_horizon_is_not():
    """Fire and nothing else: the ball is lost every 97 frames, the fifth time in frame 484."""
    table = atari.tabulate("breakout", horizon=2, frame_skip=245, start=["FIRE"], processes=1)
    fire = table.spec.actions.index("FIRE")
    assert table.next_state[0, fire, 0] == table.over
    mdp = table.mdp()
    played = mdp.sample(np.eye(4, dtype=np.int64)[[fire]].repeat(mdp.n_states, axis=0), 3, rng=0)
    assert played.terminated.all() and played.lengths.tolist() == [1, 1, 1]
    waited = mdp.sample(np.eye(4, dtype=np.int64)[[0]].repeat(mdp.n_states, axis=0), 3, rng=0)
    assert not waited.terminated.any() and waited.lengths.tolist() == [2, 2, 2]
