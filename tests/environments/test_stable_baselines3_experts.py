"""Actors of stable-baselines3: numpy gives what torch gives, and nothing is unpickled."""

from __future__ import annotations

import base64
import io
import json
import pickle
import zipfile

import gymnasium
import numpy as np
import pytest
import stable_baselines3
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import FlattenExtractor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from sims.environments import experts
from sims.environments.experts import InvalidExpert, Normalization, from_stable_baselines3

POLE, PENDULUM = "CartPole-v1", "InvertedPendulum-v5"
STEPS = np.zeros(40, dtype=np.intp)
CLOSE = 1e-12


@pytest.fixture(scope="module")
def observations():
    return np.random.default_rng(0).standard_normal((40, 4))


def saved(folder, name, environment, **options):
    model = getattr(stable_baselines3, name)("MlpPolicy", environment, seed=0, device="cpu", **options)
    model.save(folder / "model.zip")
    model.policy.double().set_training_mode(False)
    return model, folder / "model.zip"


def distribution(model, observations):
    """Laws of an actor-critic's actions in doubles; its own preprocessing would round observations to floats."""
    latent = model.policy.double().mlp_extractor.forward_actor(torch.from_numpy(observations))
    return model.policy._get_action_dist_from_latent(latent)


def test_ppo_trained_for_a_hundred_steps(tmp_path, observations):
    model = stable_baselines3.PPO("MlpPolicy", POLE, n_steps=50, batch_size=25, seed=0, device="cpu").learn(100)
    model.save(tmp_path / "model.zip")
    expert = from_stable_baselines3(tmp_path / "model.zip", POLE)
    chosen, _ = model.predict(observations, deterministic=True)
    with torch.no_grad():
        theirs = distribution(model, observations).distribution.probs.numpy()
    ours = expert.stochastic.laws(observations, STEPS).probabilities
    assert np.abs(ours - theirs).max() < CLOSE
    greedy = expert.policy.laws(observations, STEPS).probabilities
    assert np.array_equal(greedy.argmax(1), chosen)
    assert expert.card is None


def test_a2c_with_vectors_and_relu(tmp_path, observations):
    options = {"activation_fn": torch.nn.ReLU, "net_arch": [8, 8, 8], "log_std_init": -1.0}
    model, path = saved(tmp_path, "A2C", PENDULUM, policy_kwargs=options)
    expert = from_stable_baselines3(path, PENDULUM)
    actions = np.random.default_rng(1).standard_normal((40, 1))
    with torch.no_grad():
        theirs = distribution(model, observations)
        density = theirs.log_prob(torch.from_numpy(actions)).numpy()
        mean = theirs.distribution.mean.numpy()
    laws = expert.stochastic.laws(observations, STEPS)
    assert np.abs(laws.mean - mean).max() < CLOSE
    assert np.abs(laws.log_density(actions) - density).max() < CLOSE * 100
    assert np.abs(expert.policy.laws(observations, STEPS).actions - np.clip(mean, -3, 3)).max() < CLOSE


def test_sac_squashes(tmp_path, observations):
    model, path = saved(tmp_path, "SAC", PENDULUM, policy_kwargs={"net_arch": [16, 16]}, buffer_size=10)
    expert = from_stable_baselines3(path, PENDULUM)
    with torch.no_grad():
        latent = model.actor.latent_pi(torch.from_numpy(observations))
        mean, log_std = model.actor.mu(latent).numpy(), model.actor.log_std(latent).clamp(-20, 2).numpy()
    laws = expert.stochastic.laws(observations, STEPS)
    assert np.abs(laws.normal.mean - mean).max() < CLOSE
    assert np.abs(np.log(laws.normal.std) - log_std).max() < CLOSE
    assert np.abs(expert.policy.laws(observations, STEPS).actions - 3 * np.tanh(mean)).max() < CLOSE


@pytest.mark.parametrize("name", ["TD3", "DDPG"])
def test_deterministic_actors(name, tmp_path, observations):
    model, path = saved(tmp_path, name, PENDULUM, policy_kwargs={"net_arch": [16]}, buffer_size=10)
    expert = from_stable_baselines3(path, PENDULUM)
    with torch.no_grad():
        theirs = model.actor.mu(torch.from_numpy(observations)).numpy()
    assert np.abs(expert.policy.laws(observations, STEPS).actions - 3 * theirs).max() < CLOSE
    assert expert.stochastic is None


def test_dqn_takes_the_largest_value(tmp_path, observations):
    model, path = saved(tmp_path, "DQN", POLE, buffer_size=10)
    expert = from_stable_baselines3(path, POLE)
    with torch.no_grad():
        values = model.q_net.q_net(torch.from_numpy(observations)).numpy()
    assert np.abs(expert.policy.network(observations) - values).max() < CLOSE
    assert expert.policy.deterministic and expert.stochastic is None
    with pytest.raises(InvalidExpert, match="no card that names its environment"):
        experts.demonstrations(expert, 1, 0)


def test_statistics_of_vecnormalize_are_handed_in(tmp_path, observations):
    venv = VecNormalize(DummyVecEnv([lambda: gymnasium.make(PENDULUM)]), clip_obs=1.5)
    model = stable_baselines3.PPO("MlpPolicy", venv, n_steps=50, batch_size=25, seed=0, device="cpu").learn(50)
    model.save(tmp_path / "model.zip")
    seen = Normalization(venv.obs_rms.mean, np.sqrt(venv.obs_rms.var + venv.epsilon), venv.clip_obs)
    expert = from_stable_baselines3(tmp_path / "model.zip", PENDULUM, normalization=seen)
    with torch.no_grad():
        normalised = venv.normalize_obs(observations.copy()).astype(np.float64)
        theirs = distribution(model, normalised).distribution.mean.numpy()
    assert np.abs(expert.policy.network(observations) - theirs).max() < 1e-6  # it normalises to float32
    plain = from_stable_baselines3(tmp_path / "model.zip", PENDULUM)
    assert np.abs(plain.policy.network(observations) - theirs).max() > 1e-3


class Swish(torch.nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class Halves(FlattenExtractor):
    def forward(self, observations):
        return super().forward(observations) / 2


class Negated(ActorCriticPolicy):
    def _get_action_dist_from_latent(self, latent):
        return super()._get_action_dist_from_latent(-latent)


@pytest.mark.parametrize("activation", [torch.nn.Identity, torch.nn.ELU, Swish])
@pytest.mark.parametrize("name", ["PPO", "SAC", "TD3"])
def test_an_activation_that_is_not_read_is_refused(name, activation, tmp_path):
    path = saved(tmp_path, name, PENDULUM, policy_kwargs={"activation_fn": activation})[1]
    with pytest.raises(InvalidExpert, match=rf"its activation is <class '.*\.{activation.__name__}'>; read are"):
        from_stable_baselines3(path, PENDULUM)


def test_a_network_of_ones_own_is_refused(tmp_path):
    path = saved(tmp_path, "PPO", PENDULUM, policy_kwargs={"features_extractor_class": Halves})[1]
    with pytest.raises(InvalidExpert, match="extracts features by layers of their own"):
        from_stable_baselines3(path, PENDULUM)
    stable_baselines3.PPO(Negated, PENDULUM, seed=0, device="cpu").save(path)
    with pytest.raises(InvalidExpert, match=rf"its policy is a class of {__name__}, not of stable_baselines3"):
        from_stable_baselines3(path, PENDULUM)
    path = saved(tmp_path, "PPO", PENDULUM, policy_kwargs={"features_extractor_class": FlattenExtractor})[1]
    assert from_stable_baselines3(path, PENDULUM).policy.deterministic


class Trap:
    """Unpickling it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_trap_is_not_sprung(tmp_path):
    path = saved(tmp_path, "PPO", POLE)[1]
    with zipfile.ZipFile(path) as archive:
        data = json.loads(archive.read("data"))
        tensors = archive.read("policy.pth")
    trap = Trap(tmp_path / "sprung")
    data["policy_kwargs"] = {":type:": "dict", ":serialized:": base64.b64encode(pickle.dumps(trap)).decode()}
    write(tmp_path / "settings.zip", json.dumps(data).encode(), tensors)
    assert from_stable_baselines3(tmp_path / "settings.zip", POLE).policy.deterministic

    for name, content in (("torch.zip", torch_file({"a": trap})), ("plain.zip", pickle.dumps(trap, 2))):
        write(tmp_path / name, json.dumps(data).encode(), content)
        with pytest.raises(InvalidExpert, match=r"would unpickle whatever it holds: refused|is damaged"):
            from_stable_baselines3(tmp_path / name, POLE)
    (tmp_path / "whole.pkl").write_bytes(pickle.dumps(trap))
    with pytest.raises(InvalidExpert, match="pickled as a whole is refused"):
        from_stable_baselines3(tmp_path / "whole.pkl", POLE)
    assert not (tmp_path / "sprung").exists()


def test_what_is_not_read_is_said(tmp_path):
    path = saved(tmp_path, "PPO", PENDULUM, use_sde=True)[1]
    with pytest.raises(InvalidExpert, match="use_sde=True"):
        from_stable_baselines3(path, PENDULUM)
    path = saved(tmp_path, "PPO", POLE)[1]
    with pytest.raises(
        InvalidExpert, match=r"for Hopper-v5: the network takes 4 numbers; observations have shape \(11,\)"
    ):
        from_stable_baselines3(path, "Hopper-v5")
    with pytest.raises(InvalidExpert, match="2 outputs; the actions ask for 1"):
        from_stable_baselines3(path, PENDULUM)
    with pytest.raises(InvalidExpert, match="does not exist"):
        from_stable_baselines3(tmp_path / "nothing.zip", POLE)
    write(tmp_path / "broken.zip", b"{", torch_file({"a": torch.zeros(1)}))
    with pytest.raises(InvalidExpert, match=r"data in .* is damaged"):
        from_stable_baselines3(tmp_path / "broken.zip", POLE)
    for tensors, words in (
        ({"a": torch.zeros(1)}, "no actor that is known"),
        ({"features_extractor.cnn.0.weight": torch.zeros(1)}, "extracts features"),
    ):
        write(tmp_path / "other.zip", b"{}", torch_file(tensors))
        with pytest.raises(InvalidExpert, match=words):
            from_stable_baselines3(tmp_path / "other.zip", POLE)


def torch_file(tensors):
    stream = io.BytesIO()
    torch.save(tensors, stream)
    return stream.getvalue()


def write(path, data, tensors):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", data)
        archive.writestr("policy.pth", tensors)
