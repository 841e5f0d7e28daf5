"""Policies of networks: numpy and torch say the same, files give back the same bits, bad files are refused."""

from __future__ import annotations

import json
import pickle
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iltheory.learners.neural import (
    Architecture,
    CategoricalHead,
    Flat,
    GaussianHead,
    InvalidCheckpoint,
    MixtureHead,
    NeuralPolicy,
    OneHot,
    PointHead,
    PolicyNetwork,
    SquashedGaussianHead,
    stored,
)
from iltheory.learners.neural.acting import StepMixture
from sims.errors import InvalidArgument
from sims.sampled import InvalidPolicy, Spaces, TabularPolicy

M = 512
HEADS = [
    CategoricalHead(3),
    CategoricalHead(3, temperature=0.1),
    GaussianHead(2),
    GaussianHead(2, std="dependent"),
    MixtureHead(2, components=3),
    SquashedGaussianHead((-1.0, 0.0), (1.0, 5.0)),
]


def random_network(head: Any, *, features: Any = Flat((5,)), scale: float = 0.7, **options: Any) -> PolicyNetwork:  # noqa: B008
    network = PolicyNetwork(Architecture(features, head, **options), torch.Generator().manual_seed(0))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=scale, generator=torch.Generator().manual_seed(1))
    return network


def observations(n: int = M) -> Any:
    return np.random.default_rng(0).normal(size=(n, 5)) * [1, 10, 0.1, 3, 0] + [0, 100, 0, 0, 7]


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("hidden", [(), (16,), (8, 8)])
@pytest.mark.parametrize(("precision", "accuracy"), [("float32", 1e-3), ("float64", 1e-9)])
def test_numpy_and_torch_give_the_same_densities(head: Any, hidden: Any, precision: Any, accuracy: float) -> None:
    network = random_network(head, hidden=hidden, precision=precision, scale=0.3)
    o, steps, dtype = observations(), np.zeros(M, dtype=int), network.architecture.dtype
    network.normalise(torch.tensor(o))
    laws = NeuralPolicy.of(network).laws(o, steps)
    actions = laws.sample(np.random.default_rng(1))
    with torch.no_grad():
        ours = network(torch.tensor(o, dtype=dtype), torch.tensor(steps))
        density = ours.log_density(torch.tensor(actions, dtype=dtype if actions.dtype.kind == "f" else torch.int64))
    theirs = laws.log_density(actions)
    inside = laws.rounding(actions) < 1e-11  # not next to the ends of a box, where actions have lost their digits
    assert inside.mean() > 0.5
    assert np.all((np.abs(density.numpy() - theirs) / (1 + np.abs(theirs)))[inside] < accuracy)


@pytest.mark.parametrize("head", HEADS, ids=str)
def test_torch_samples_have_the_densities_they_are_said_to_have(head: Any) -> None:
    # E[-log p] of torch's samples, under numpy's laws, is that of numpy's samples.
    network, steps = random_network(head, precision="float64", scale=0.1), np.zeros(20_000, dtype=int)
    network.normalise(torch.tensor(observations()))
    o = np.repeat(observations(1), 20_000, axis=0)
    laws = NeuralPolicy.of(network).laws(o, steps)
    with torch.no_grad():
        drawn = network(torch.tensor(o), torch.tensor(steps)).sample(torch.Generator().manual_seed(0)).numpy()
    ours, theirs = laws.log_density(drawn), laws.log_density(laws.sample(np.random.default_rng(0)))
    error = np.sqrt((ours.var() + theirs.var()) / len(ours))
    assert abs(ours.mean() - theirs.mean()) < 5 * error + 1e-9


def test_entropies_are_means_of_minus_log_densities() -> None:
    for head in HEADS[:4]:
        network = random_network(head, precision="float64")
        o, steps = torch.tensor(observations(1)).repeat(20_000, 1), torch.zeros(20_000, dtype=torch.int64)
        with torch.no_grad():
            laws = network(o, steps)
            surprise = -laws.log_density(laws.sample(torch.Generator().manual_seed(2)))
        assert abs(float(surprise.mean() - laws.entropy()[0])) < 5 * float(surprise.std()) / 20_000**0.5 + 1e-9


def test_a_squashed_sample_comes_with_its_density_and_gradients_pass() -> None:
    network = random_network(HEADS[-1], precision="float64")
    laws = network(torch.tensor(observations()), torch.zeros(M, dtype=torch.int64))
    actions, density = laws.sample_with_density(torch.Generator().manual_seed(0))
    inside = (laws.mean.abs().amax(-1) < 2).numpy()
    assert np.allclose(density.detach()[inside], laws.log_density(actions.detach()).detach()[inside], atol=1e-6)
    density.sum().backward()
    assert all(torch.isfinite(x.grad).all() for x in network.parameters())


def test_an_untrained_gaussian_has_standard_deviation_one() -> None:
    network = PolicyNetwork(Architecture(Flat((5,)), GaussianHead(2)), torch.Generator().manual_seed(0))
    laws: Any = NeuralPolicy.of(network).laws(observations(3), np.zeros(3, dtype=int))
    assert np.allclose(laws.std, 1)


def test_one_hot_features_are_a_table_of_steps_and_states() -> None:
    network = random_network(CategoricalHead(2), features=OneHot(4, horizon=3), hidden=(6,))
    h, s = np.divmod(np.arange(12), 4)
    table = NeuralPolicy.of(network).outputs(s, h)
    first, last = network.layers
    with torch.no_grad():
        rows = torch.eye(12) @ first.weight
        expected = last(torch.tanh(rows)).numpy()
    assert np.allclose(table, expected, atol=1e-6)
    with torch.no_grad():
        assert np.allclose(network.outputs(torch.tensor(s), torch.tensor(h)).numpy(), expected, atol=1e-6)


def test_normalisation_is_that_of_the_data_and_leaves_constants_alone() -> None:
    network, o = random_network(CategoricalHead(3)), observations(1000)
    network.normalise(torch.tensor(o))
    seen = network.normalization(torch.tensor(o, dtype=torch.float32)).numpy()
    assert np.allclose(seen.mean(0), 0, atol=1e-3) and np.allclose(seen[:, :4].std(0), 1, atol=1e-2)
    assert np.all(seen[:, 4] == 0)
    assert np.abs(network.normalization(torch.full((1, 5), 1e9)).numpy()).max() == 10


@pytest.mark.parametrize("head", [*HEADS, PointHead(2)], ids=str)
def test_greedy_policies_play_the_most_probable_action(head: Any) -> None:
    network, o, steps = random_network(head), observations(), np.zeros(M, dtype=int)
    network.normalise(torch.tensor(o))
    policy = NeuralPolicy.of(network)
    mode, rng = policy.mode(), np.random.default_rng(0)
    assert mode.deterministic and policy.deterministic == isinstance(head, PointHead)
    actions = mode.laws(o, steps).sample(rng)
    assert np.array_equal(actions, mode.laws(o, steps).sample(rng))
    if isinstance(head, CategoricalHead | GaussianHead):
        density = policy.laws(o, steps).log_density
        assert np.all(density(actions) >= density(policy.laws(o, steps).sample(rng)) - 1e-9)


@pytest.mark.parametrize("head", [*HEADS, PointHead(2)], ids=str)
def test_a_saved_policy_comes_back_bit_for_bit(head: Any, tmp_path: Path) -> None:
    policy = NeuralPolicy.of(random_network(head, hidden=(7,), activation="relu")).mode()
    policy.save(tmp_path / "p")
    policy.save(tmp_path / "p")
    back = NeuralPolicy.load(tmp_path / "p")
    assert back.architecture == policy.architecture and back.greedy
    assert all(np.array_equal(back.weights[name], x) and back.weights[name].dtype == x.dtype
               for name, x in policy.weights.items())  # fmt: skip
    again = NeuralPolicy.of(back.network())
    assert all(np.array_equal(again.weights[name], x) for name, x in policy.weights.items())
    card = json.loads((tmp_path / "p" / "policy.json").read_text())
    assert {"torch", "numpy", "python", "iltheory"} == set(card["versions"])
    assert card["sha256"] == sha256((tmp_path / "p" / "policy.safetensors").read_bytes()).hexdigest()
    assert sorted(x.name for x in tmp_path.rglob("*") if x.is_file()) == ["policy.json", "policy.safetensors"]


def saved(folder: Path) -> Path:
    NeuralPolicy.of(random_network(CategoricalHead(3))).save(folder)
    return folder


def test_damage_anywhere_is_seen(tmp_path: Path) -> None:
    folder = saved(tmp_path / "p")
    whole = (folder / "policy.safetensors").read_bytes()
    for damaged in (whole[:-1], whole[:50] + bytes([whole[50] ^ 1]) + whole[51:], b""):
        (folder / "policy.safetensors").write_bytes(damaged)
        with pytest.raises(InvalidCheckpoint, match="damaged: its sha256"):
            NeuralPolicy.load(folder)
    (folder / "policy.safetensors").unlink()
    with pytest.raises(InvalidCheckpoint, match="does not exist"):
        NeuralPolicy.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card["architecture"]["head"].update(temperature=9.0),
        lambda card: card.update(greedy=True),
        lambda card: card.pop("versions"),
        lambda card: card.pop("sha256"),
        lambda card: card.pop("own_sha256"),
        lambda card: card.update(note="mine"),
    ],
)
def test_a_changed_entry_of_the_description_is_damage(change: Any, tmp_path: Path) -> None:
    description = saved(tmp_path / "p") / "policy.json"
    card = json.loads(description.read_text())
    description.write_text(json.dumps(card, indent=7))  # the same entries, set out in another way
    NeuralPolicy.load(tmp_path / "p")
    change(card)
    description.write_text(json.dumps(card))
    with pytest.raises(InvalidCheckpoint, match=r"policy\.json is damaged: its sha256"):
        NeuralPolicy.load(tmp_path / "p")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda card: card.update(kind="something else"), "describes 'something else', not 'iltheory policy'"),
        (lambda card: card["architecture"].update(hidden=[32, 33]), "the policy that policy.json describes has"),
        (lambda card: card["architecture"]["head"].update(kind="Unheard"), "describes no policy"),
        (lambda card: card["architecture"].pop("features"), "describes no policy"),
    ],
)
def test_a_description_of_something_else_is_refused(change: Any, words: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "p")
    arrays, card = stored.read(folder, "policy", "iltheory policy", mend="")
    change(card)
    stored.write(folder, "policy", arrays, card)
    with pytest.raises(InvalidCheckpoint, match=words):
        NeuralPolicy.load(folder)


class Bomb:
    def __reduce__(self) -> Any:
        raise AssertionError("unpickled")


@pytest.mark.parametrize("name", ["model.pt", "model.pkl", "model"])
def test_pickles_are_refused_unread(name: str, tmp_path: Path) -> None:
    if name.endswith("pt"):
        torch.save({"w": torch.zeros(1)}, tmp_path / name)
    else:
        (tmp_path / name).write_bytes(pickle.dumps({"w": 1}))
    with pytest.raises(InvalidCheckpoint, match="pickled objects, which can run any code and are never loaded"):
        NeuralPolicy.load(tmp_path / name)


def test_a_folder_with_other_work_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "thesis.tex").write_text("mine")
    with pytest.raises(InvalidCheckpoint, match=r"thesis\.tex"):
        saved(tmp_path / "p")


@pytest.mark.parametrize(
    ("spaces", "words"),
    [
        (Spaces((4,), n_actions=3), r"observations of shape \(5,\), the world shows \(4,\)"),
        (Spaces((5,), n_actions=4), "chooses from 3 actions, the world takes 4 actions"),
        (Spaces((5,), action_low=(0.0,), action_high=(1.0,)), "chooses from 3 actions, the world takes vectors of 1"),
    ],
)
def test_a_policy_of_another_space_is_refused(spaces: Spaces, words: str) -> None:
    policy = NeuralPolicy.of(random_network(CategoricalHead(3)))
    with pytest.raises(InvalidPolicy, match=words):
        policy.check(spaces)
    with pytest.raises(InvalidPolicy, match="another observation space"):
        policy.laws(np.zeros((2, 7)), np.zeros(2, dtype=int))


def test_states_out_of_range_are_refused() -> None:
    policy = NeuralPolicy.of(random_network(CategoricalHead(2), features=OneHot(4, 3)))
    for s, h, words in ((4, 0, "state 4: the policy was made for 4"), (-1, 0, "state -1"), (0, 3, "step 3")):
        with pytest.raises(InvalidPolicy, match=words):
            policy.laws(np.array([s]), np.array([h]))
    with pytest.raises(InvalidPolicy, match="another observation space"):
        policy.laws(np.array([0.5]), np.array([0]))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CategoricalHead(0), "n_actions=0"),
        (lambda: CategoricalHead(2, temperature=0.0), "temperature=0"),
        (lambda: GaussianHead(2, std="free"), "std='free'"),  # type: ignore[arg-type]
        (lambda: MixtureHead(2, components=0), "components=0"),
        (lambda: SquashedGaussianHead((0.0,), (float("inf"),)), "bounded box"),
        (lambda: Architecture(Flat((2,)), CategoricalHead(2), hidden=(0,)), "hidden=.0,."),
        (lambda: Architecture(Flat((2,)), CategoricalHead(2), activation="gelu"), "activation='gelu'"),  # type: ignore[arg-type]
        (lambda: Architecture(Flat((2,)), CategoricalHead(2), precision="float16"), "precision='float16'"),  # type: ignore[arg-type]
        (lambda: Architecture(Flat((2,)), "softmax"), "head='softmax'"),  # type: ignore[arg-type]
    ],
)
def test_architectures_that_are_none_are_refused(make: Any, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        make()


def test_a_step_mixture_acts_as_each_with_its_share() -> None:
    left, right = (TabularPolicy(np.eye(2)[[[i]]]) for i in (0, 1))
    rng, s, h = np.random.default_rng(0), np.zeros(40_000, dtype=int), np.zeros(40_000, dtype=int)
    laws = StepMixture(left, right, 0.25).laws(s, h)
    drawn = laws.sample(rng)
    assert abs(drawn.mean() - 0.75) < 5 * (0.75 * 0.25 / 40_000) ** 0.5
    assert np.allclose(np.exp(laws.log_density(drawn)), np.where(drawn == 1, 0.75, 0.25))
    assert np.all(StepMixture(left, right, 1).laws(s, h).sample(rng) == 0)
