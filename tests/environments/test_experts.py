"""Shipped experts: what their cards say is what they do, and nothing damaged is taken for an expert."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from scipy.stats import permutation_test

from sims.datasets import write_minari
from sims.environments import experts, sampled_environment
from sims.environments.experts import InvalidExpert, Network, Normalization, linear
from sims.environments.experts.card import digest
from sims.environments.experts.evaluation import episodes, reset_seeds, student_interval, world_of
from sims.environments.experts.policies import Boltzmann, Greedy, Noisy, SquashedNoise
from sims.environments.experts.recipes import RECIPES
from sims.environments.experts.storage import SHIPPED
from sims.sampled import Categorical, InvalidPolicy, Point, Spaces

EPISODES = 4
RARE = 1e-3
"""A true card fails the test of its returns with this probability; seeds are fixed, so it fails always or never."""

ATTAINED = {
    "CartPole-v1": 500,
    "InvertedPendulum-v5": 1000,
    "Hopper-v5": 3000,
    "HalfCheetah-v5": 3000,
    "Acrobot-v1": -100,
    "LunarLander-v3": 250,
    "Walker2d-v5": 3000,
}
"""Returns that the project's experiments rely on."""


@pytest.fixture
def copy(tmp_path):
    """A folder of experts that may be damaged."""
    folder = tmp_path / "experts"
    shutil.copytree(SHIPPED, folder)
    return folder


def same_law(first, second) -> bool:
    """Permutation test of equal means: exact whatever the law of the returns is."""
    found = permutation_test(
        (first, second),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        vectorized=True,
        n_resamples=9_999,
        rng=np.random.default_rng(0),
    )
    return found.pvalue > RARE


@pytest.mark.parametrize("id", experts.shipped())
def test_returns_are_those_of_the_card(id):
    expert = experts.load(id)
    world = world_of(expert.card.environment)
    for policy, stated in ((expert.policy, expert.card.deterministic), (expert.stochastic, expert.card.stochastic)):
        returns = episodes(world, policy, reset_seeds(EPISODES, purpose="test", seed=7))
        assert same_law(np.array(stated.returns), returns)


@pytest.mark.parametrize("id", experts.shipped())
def test_intervals_are_those_of_the_returns(id):
    card = experts.load(id).card
    for stated in (card.deterministic, card.stochastic):
        interval = student_interval(np.array(stated.returns))
        assert len(stated.returns) == 100
        assert interval == pytest.approx((stated.mean, stated.standard_error, stated.low, stated.high), rel=1e-12)
    assert card.deterministic.low >= ATTAINED.get(id, -np.inf)


@pytest.mark.parametrize("id", experts.shipped())
def test_files_are_small_and_cards_complete(id):
    card = experts.load(id).card
    assert (SHIPPED / f"{id}.safetensors").stat().st_size < 300_000
    assert card.id == id and card.command.startswith(f"python -m sims.environments.experts {id} --seed {card.seed}")
    assert card.method.startswith(RECIPES[id].method)
    assert {"numpy", "gymnasium", "mujoco", "torch"} <= set(card.versions)


def test_the_check_of_returns_sees_a_lazy_policy():
    expert = experts.load("InvertedPendulum-v5")
    lazy = Greedy(linear(np.zeros((1, 4))), expert.card.spaces)
    returns = episodes(world_of("InvertedPendulum-v5"), lazy, reset_seeds(EPISODES, purpose="test", seed=7))
    assert not same_law(np.array(expert.card.deterministic.returns), returns)


def test_cartpole_is_the_written_controller():
    expert = experts.load("CartPole-v1")
    observations = np.random.default_rng(0).standard_normal((50, 4))
    right = observations @ [0.3, 0.9, 6.0, 2.0]
    steps = np.zeros(50, dtype=np.intp)
    assert np.array_equal(expert.policy.laws(observations, steps).probabilities[:, 1], right > 0)
    stochastic = expert.stochastic.laws(observations, steps).probabilities[:, 1]
    assert stochastic == pytest.approx(1 / (1 + np.exp(-5 * right)), rel=1e-12)


def test_the_lander_is_the_written_law():
    gains = RECIPES["LunarLander-v3"]
    rng = np.random.default_rng(0)
    observations = rng.standard_normal((2000, 8)) * rng.choice([0.1, 1, 10], (2000, 1))
    observations[:, 6:] = rng.integers(2, size=(2000, 2))
    actions = []
    for x, y, vx, vy, angle, spin, left, right in observations:
        target = min(max(gains.lean[0] * x + gains.lean[1] * vx, -gains.steepest), gains.steepest)
        turn = gains.right_itself[0] * (target - angle) - gains.right_itself[1] * spin
        lift = gains.climb[0] * (gains.cone * abs(x) - y) - gains.climb[1] * vy
        if left or right:
            turn, lift = 0, -gains.climb[1] * vy
        actions.append(np.argmax([gains.idle, turn, lift, -turn]))
    policy = experts.load("LunarLander-v3").policy
    assert set(actions) == {0, 1, 2, 3}
    assert np.array_equal(policy.laws(observations, np.zeros(2000, dtype=np.intp)).probabilities.argmax(1), actions)


def test_demonstrations_are_whole_episodes_of_the_expert():
    demos = experts.demonstrations("CartPole-v1", 3, 0)
    assert demos.returns().tolist() == [500, 500, 500]
    assert demos.truncated.all() and not demos.terminated.any()
    again = experts.demonstrations("CartPole-v1", 3, np.random.default_rng(0))
    assert np.array_equal(demos.states, again.states)
    shown = experts.load("CartPole-v1").policy.laws(demos.steps().state, demos.steps().h)
    assert np.array_equal(shown.probabilities.argmax(1), demos.actions)


def test_stochastic_demonstrations_have_their_densities():
    demos = experts.demonstrations("InvertedPendulum-v5", 2, 0, stochastic=True)
    expert = experts.load("InvertedPendulum-v5")
    steps = demos.steps()
    laws = expert.stochastic.laws(steps.state, steps.h)
    assert np.isfinite(laws.log_density(steps.action)).all()
    noise = (steps.action - expert.policy.laws(steps.state, steps.h).actions) / 0.1
    assert abs(noise.std() - 1) < 5 / np.sqrt(2 * noise.size)


def test_normalised_observations_are_clipped():
    network = Network(Normalization(np.array([1.0, 0.0]), np.array([2.0, 0.5]), 3.0), [np.eye(2)], [np.zeros(2)])
    assert network([[2.0, 9.0], [-99.0, 0.1]]).tolist() == [[0.5, 3.0], [-3.0, 0.2]]


def test_policies_of_a_network():
    network = Network(
        Normalization(np.zeros(2), np.ones(2)),
        [np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([[1.0, 1.0]])],
        [np.array([0.0, 1.0]), np.array([0.5])],
        "relu",
    )
    box = Spaces((2,), action_low=(-2.0,), action_high=(2.0,))
    observations, steps = np.array([[3.0, 1.0], [0.0, -4.0]]), np.zeros(2, dtype=np.intp)
    assert network(observations).tolist() == [[5.5], [4.5]]  # relu(2, 3), then relu(4, -7)
    assert Greedy(network, box).laws(observations, steps).actions.tolist() == [[2.0], [2.0]]
    for clip_mean, means in ((True, [[2.0], [2.0]]), (False, [[5.5], [4.5]])):
        assert Noisy(network, box, [0.0], clip_mean=clip_mean).laws(observations, steps).mean.tolist() == means


def test_ties_go_to_the_first_action():
    two = Spaces((1,), n_actions=2)
    laws = Greedy(linear(np.zeros((2, 1))), two).laws(np.ones((3, 1)), np.zeros(3, dtype=np.intp))
    assert isinstance(laws, Categorical) and laws.probabilities.tolist() == [[1, 0]] * 3
    assert (
        Boltzmann(linear([[800.0], [0.0]]), two).laws(np.ones((1, 1)), np.zeros(1, dtype=np.intp)).probabilities[0, 0]
        == 1
    )


def test_an_expert_for_another_world_is_refused():
    pole, pendulum = experts.load("CartPole-v1").policy, experts.load("InvertedPendulum-v5").policy
    with pytest.raises(InvalidPolicy, match="a number of actions 2; this world has None"):
        sampled_environment("InvertedPendulum-v5", horizon=2).roll(pole, 1, np.random.default_rng(0))
    with pytest.raises(InvalidPolicy, match=r"observations of shape \(4,\); this world has \(11,\)"):
        sampled_environment("Hopper-v5", horizon=2).roll(pendulum, 1, np.random.default_rng(0))
    assert isinstance(pendulum.laws(np.zeros((1, 4)), np.zeros(1, dtype=np.intp)), Point)


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("Cartpole-v1", "no expert 'Cartpole-v1' is shipped; near it: CartPole-v1"),
        ("Montezuma", "There are: "),
        ("Freeway", "freeway is the table of a game"),
        ("policy.pkl", "pickled: reading it would run whatever it holds"),
        ("model.zip", "from_stable_baselines3"),
    ],
)
def test_an_unknown_id_is_refused(id, words):
    with pytest.raises(InvalidExpert, match=words):
        experts.load(id)


def test_a_changed_weight_is_seen(copy):
    path = copy / "Hopper-v5.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InvalidExpert, match="is not the file that its card describes: SHA-256 is"):
        experts.load("Hopper-v5", folder=copy)
    assert experts.load("CartPole-v1", folder=copy).card.id == "CartPole-v1"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda card, path: path.unlink(), "cannot be read"),
        (lambda card, path: card.write_text("{"), "is no card of an expert"),
        (lambda card, path: card.write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda card, path: edit(card, layout=1), "layout 1; readable is 2"),
        (lambda card, path: edit(card, seed=None, surplus=1), "is no card"),
        (lambda card, path: edit(card, activation="gelu"), "activation is 'gelu'"),
        (lambda card, path: edit(card, spaces={"observation_shape": [3], "n_actions": 2}), "takes 4 numbers"),
        (lambda card, path: edit(card, spaces={"observation_shape": [4], "n_actions": 3}), "2 outputs"),
        (lambda card, path: edit(card, spaces={"observation_shape": [4]}), "give n_actions"),
    ],
)
def test_a_damaged_card_is_refused(copy, damage, words):
    damage(copy / "CartPole-v1.json", copy / "CartPole-v1.safetensors")
    with pytest.raises(InvalidExpert, match=words):
        experts.load("CartPole-v1", folder=copy)


def edit(card: Path, **changes) -> None:
    """Change a card and sign it again."""
    fields = json.loads(card.read_text()) | changes
    del fields["digest"]
    card.write_text(json.dumps(fields | {"digest": digest(fields)}))


@pytest.mark.parametrize(
    ("id", "before", "after"),
    [
        ("Walker2d-v5", '"activation": "tanh"', '"activation": "relu"'),
        ("Hopper-v5", '"clip": null', '"clip": 0.1'),
        ("CartPole-v1", '"mean": 500.0', '"mean": 501.0'),
        ("CartPole-v1", '"seed": 0', '"seed": 1'),
    ],
)
def test_a_changed_card_is_seen(copy, id, before, after):
    card = copy / f"{id}.json"
    assert experts.load(id, folder=copy).card.to_json() == card.read_text()
    card.write_text(card.read_text().replace(before, after))
    with pytest.raises(InvalidExpert, match=r"is not the card that was written: its SHA-256 is \w{64}, it says \w{64}"):
        experts.load(id, folder=copy)
    with pytest.raises(InvalidExpert, match="is not the card that was written"):
        experts.cards(folder=copy)


def test_a_folder_lists_its_experts_and_nothing_else(copy):
    (copy / "settings.json").write_text('{"editor": "ours"}')
    (copy / "v1.2.json").write_text("[]")
    assert [card.id for card in experts.cards(folder=copy)] == list(experts.shipped())
    with pytest.raises(InvalidExpert, match="There are: Acrobot-v1, CartPole-v1, HalfCheetah-v5, Hopper-v5, Inverted"):
        experts.load("Nothing", folder=copy)
    with pytest.raises(InvalidExpert, match="is no card of an expert"):
        experts.load("settings", folder=copy)
    for ask in (experts.cards, lambda folder: experts.load("Hopper-v5", folder=folder)):
        with pytest.raises(InvalidExpert, match=r"nowhere is no folder.\n  python -m sims.environments.experts"):
            ask(folder=copy / "nowhere")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: linear([[1.0, np.nan]]), "layers.0.weight|weight contains nan"),
        (lambda: linear([[1.0, 2.0]], bias=[1.0, 2.0]), r"shape \(1, 2\) \(should be \(2, 2\)"),
        (lambda: Normalization(np.zeros(2), np.array([1.0, 0.0])), r"std\[1\] is 0.0"),
        (lambda: Normalization(np.zeros(2), np.ones(3)), "one number an observed number each"),
        (lambda: Normalization(np.zeros(2), np.ones(2), 0.0), "clip is 0.0"),
        (
            lambda: Noisy(linear([[1.0]]), Spaces((1,), action_low=(0,), action_high=(1,)), [0, 0], clip_mean=True),
            "log_std",
        ),
        (
            lambda: SquashedNoise(
                linear([[1.0]]), Spaces((1,), action_low=(0,), action_high=(1,)), linear([[1.0]] * 2)
            ),
            "2 outputs; the actions ask for 1",
        ),
        (lambda: experts.recorded("nowhere", "CartPole-v1"), "does not exist"),
    ],
)
def test_what_is_no_expert_is_refused(make, words):
    with pytest.raises(Exception, match=words) as found:
        make()
    assert type(found.value).__name__ in ("InvalidExpert", "InvalidDataset")


def test_recordings_of_another_world_of_the_same_form_are_refused(tmp_path):
    cheetah, path = gymnasium.spec("HalfCheetah-v5"), tmp_path / "demos"
    policy = experts.load("HalfCheetah-v5").policy
    demos = sampled_environment("HalfCheetah-v5", horizon=3).roll(policy, 2, np.random.default_rng(0)).trajectories()
    for world, refused in (
        (cheetah, None),
        (gymnasium.spec("Walker2d-v5"), "records Walker2d-v5, not HalfCheetah-v5: it is another world's"),
        (gymnasium.make(cheetah, reset_noise_scale=1.0).spec, r"records HalfCheetah-v5 \(reset_noise_scale=1.0\), not"),
        (gymnasium.make(cheetah, ctrl_cost_weight=0.1, render_mode="rgb_array").spec, None),
    ):
        write_minari(demos, path, dataset_id="demos-v0", env_spec=world.to_json())
        with pytest.raises(InvalidExpert, match=refused) if refused else nullcontext():
            assert len(experts.recorded(path, "HalfCheetah-v5")) == 2
    write_minari(demos, path, dataset_id="demos-v0", env_spec="HalfCheetah-v5")
    with pytest.raises(InvalidExpert, match="its env_spec is 'HalfCheetah-v5', no specification"):
        experts.recorded(path, "HalfCheetah-v5")


def test_recorded_trajectories_are_held_against_the_world(tmp_path):
    demos = experts.demonstrations("CartPole-v1", 2, 1)
    write_minari(demos, tmp_path / "poles", dataset_id="poles-v0", n_actions=2)
    read = experts.recorded(tmp_path / "poles", "CartPole-v1")
    assert np.array_equal(read.states, demos.states) and np.array_equal(read.actions, demos.actions)
    with pytest.raises(InvalidExpert, match=r"observations of shape \(4,\); those of Acrobot-v1 have \(6,\)"):
        experts.recorded(tmp_path / "poles", "Acrobot-v1")
    with pytest.raises(InvalidExpert, match=r"actions of shape \(\); those of InvertedPendulum-v5 have \(1,\)"):
        experts.recorded(tmp_path / "poles", "InvertedPendulum-v5")
