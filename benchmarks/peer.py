"""Runs in the peers' environment: prepare one task on one instance, then run it whenever a line says so.

Usage: ``peer.py TASK INSTANCE.npz``; prints ``ready``, then answers ``run`` with CPU seconds, ``save PATH``
with ``saved``. Preparation (conversion to the format of the peer, compilation) is not timed.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

GAMMA = 0.99
PRECISION = 1e-8


class Task(NamedTuple):
    """What is timed, and what goes before each time: `run` gets what `prepare` returns."""

    run: Callable[..., Any]
    prepare: Callable[[], tuple[Any, ...]] = tuple


def quantecon_model(x):
    """Dense with P [S, A, S], sparse as state-action pairs."""
    from quantecon.markov import DiscreteDP

    if "P" in x:
        return DiscreteDP(x["r"], x["P"], GAMMA)
    import scipy.sparse

    n_states, n_actions = x["r"].shape
    shape = (n_states * n_actions, n_states)
    return DiscreteDP(
        x["r"].ravel(),
        scipy.sparse.csr_matrix((x["data"], x["indices"], x["indptr"]), shape=shape),
        GAMMA,
        np.repeat(np.arange(n_states), n_actions),
        np.tile(np.arange(n_actions), n_states),
    )


def quantecon_evaluate(x):
    """Value of the deterministic policy that is greedy for the reward: it takes no other kind."""
    model, policy = quantecon_model(x), x["r"].argmax(1)
    return Task(lambda: model.evaluate_policy(policy))


def quantecon_mpi(x):
    """Optimal value by modified policy iteration."""
    model = quantecon_model(x)
    return Task(lambda: model.solve(method="modified_policy_iteration", epsilon=PRECISION, max_iter=10_000).v)


def quantecon_pi(x):
    """Optimal value by policy iteration."""
    model = quantecon_model(x)
    return Task(lambda: model.solve(method="policy_iteration", max_iter=10_000).v)


def jaxdp_model(P, r, mu):
    """Its layout is ``transition[a, next, s]`` and ``reward[a, s, next]``."""
    from jaxdp.mdp import MDP

    reward = np.broadcast_to(np.moveaxis(r, -1, -2)[..., None], np.moveaxis(P, -2, -3).shape)
    return MDP(
        transition=np.moveaxis(P, (-3, -2, -1), (-1, -3, -2)).copy(),
        reward=reward.copy(),
        initial=mu,
        terminal=np.zeros(mu.shape),
    )


def jaxdp_compiled(function, *arguments):
    """Compile for double precision; plain ``jax.jit`` would trip over its checks."""
    import chex
    import jax

    jax.config.update("jax_enable_x64", True)
    arguments = jax.tree.map(jax.numpy.asarray, arguments)
    compiled = chex.chexify(jax.jit(function), async_check=False)
    return lambda: jax.block_until_ready(compiled(*arguments))


def jaxdp_value(x):
    """Value of a stochastic policy, by a dense solve."""
    from jaxdp.planning import PolicyEvaluation

    model = jaxdp_model(x["P"], x["r"], x["mu"])
    return Task(jaxdp_compiled(lambda m, pi: PolicyEvaluation.v(m, pi, GAMMA), model, x["pi"].T.copy()))


def jaxdp_occupancies(x):
    """Occupancies of a batch of models."""
    import jax
    from jaxdp.mapping import Occupancy

    model = jaxdp_model(x["P"], x["r"], x["mu"])
    # 2000 power iterations leave an l1 error of 2e-9; the number is the caller's choice.
    occupancy = Occupancy(step=2000)
    run = jaxdp_compiled(jax.vmap(lambda m, pi: occupancy.q(m, pi, GAMMA)), model, np.moveaxis(x["pi"], -1, -2).copy())
    return Task(lambda: np.moveaxis(np.asarray(run()), -1, -2))


def mdpsolver_mpi(x):
    """Optimal value by modified policy iteration, on one thread."""
    import mdpsolver

    n_states, n_actions = x["r"].shape
    rows = (n_states, n_actions, len(x["data"]) // (n_states * n_actions))
    lists = {
        "rewards": x["r"].tolist(),
        "tranMatProbs": x["data"].reshape(rows).tolist(),
        "tranMatColumns": x["indices"].reshape(rows).tolist(),
    }

    def prepare():
        # A model that has been solved once starts from its solution.
        model = mdpsolver.model()
        model.mdp(discount=GAMMA, **lists)
        return (model,)

    def run(model):
        model.solve(algorithm="mpi", tolerance=PRECISION, parallel=False)
        return model.getValueVector()

    return Task(run, prepare)


def imitation_marginals(x):
    """State marginals; of an environment it asks only for these attributes."""
    from types import SimpleNamespace

    from imitation.algorithms.mce_irl import mce_occupancy_measures

    n_states, n_actions, _ = x["P"].shape
    env = SimpleNamespace(
        horizon=len(x["pi"]),
        state_dim=n_states,
        action_dim=n_actions,
        transition_matrix=x["P"],
        initial_state_dist=x["mu"],
        reward_matrix=np.zeros(n_states),
    )
    return Task(lambda: mce_occupancy_measures(env, pi=x["pi"])[0])


def imitation_mce_irl(x):
    """Maximum causal entropy IRL with one linear weight a state; answers (iterations, occupancy error)."""
    from types import SimpleNamespace

    import gymnasium
    import torch
    from imitation.algorithms.mce_irl import MCEIRL, mce_occupancy_measures
    from imitation.rewards.reward_nets import BasicRewardNet

    torch.set_num_threads(1)
    n_states, n_actions, _ = x["P"].shape
    states, actions = gymnasium.spaces.Discrete(n_states), gymnasium.spaces.Discrete(n_actions)
    observations = gymnasium.spaces.Box(0.0, 1.0, (n_states,))
    env = SimpleNamespace(
        horizon=len(x["pi"]),
        state_dim=n_states,
        action_dim=n_actions,
        state_space=states,
        action_space=actions,
        transition_matrix=x["P"],
        initial_state_dist=x["mu"],
        reward_matrix=np.zeros(n_states),
        observation_matrix=np.eye(n_states, dtype=np.float32),
    )
    shown = mce_occupancy_measures(env, pi=x["pi"])[1]

    def prepare():
        torch.manual_seed(0)
        net = BasicRewardNet(observations, actions, use_action=False, use_done=False, hid_sizes=[])
        # Its steps are counted for the note.
        learner = MCEIRL(shown, env, net, np.random.default_rng(0), log_interval=None)
        counted, step = [0], learner._train_step

        def train_step(matrix):
            counted[0] += 1
            return step(matrix)

        learner._train_step = train_step
        return learner, counted

    def run(learner, counted):
        visits = learner.train(max_iter=int(x["iterations"]))
        return counted[0], np.abs(visits - shown).max()

    return Task(run, prepare)


def imitation_bc(x):
    """Behavioural cloning by a number of gradient steps, with its own defaults (two layers of 32)."""
    import tempfile

    import gymnasium
    import torch
    from imitation.algorithms.bc import BC
    from imitation.data.types import Transitions
    from imitation.util.logger import configure

    torch.set_num_threads(1)
    observations, actions, n = x["observations"], x["actions"], int(x["updates"])
    spaces = (
        gymnasium.spaces.Box(-np.inf, np.inf, observations.shape[1:], np.float32),
        gymnasium.spaces.Discrete(int(actions.max()) + 1),
    )
    shown = Transitions(
        obs=observations.astype(np.float32),
        acts=actions,
        infos=np.array([{}] * len(actions)),
        next_obs=observations.astype(np.float32),
        dones=np.zeros(len(actions), dtype=bool),
    )

    def prepare():
        quiet = configure(tempfile.mkdtemp(), format_strs=[])
        learner = BC(
            observation_space=spaces[0],
            action_space=spaces[1],
            rng=np.random.default_rng(0),
            demonstrations=shown,
            batch_size=int(x["batch_size"]),
            custom_logger=quiet,
        )
        return (learner,)

    def run(learner):
        learner.train(n_batches=n, log_interval=10 * n, progress_bar=False)
        with torch.no_grad():
            likelihood = learner.policy.evaluate_actions(torch.as_tensor(shown.obs), torch.as_tensor(shown.acts))[1]
        return -float(likelihood.mean())

    return Task(run, prepare)


def imitation_gail(x):
    """GAIL on CartPole-v1 until its greedy policy reaches 500; answers (CPU seconds, steps, return) of each seed.

    PPO with 8 copies and rounds of 2,048 steps, 8 updates of the discriminator a round: the settings of its own example
    but for the length of a round. Evaluations are not timed.
    """
    import tempfile
    import time

    import torch
    from imitation.algorithms.adversarial.gail import GAIL
    from imitation.data.types import Trajectory
    from imitation.rewards.reward_nets import BasicRewardNet
    from imitation.util.logger import configure
    from imitation.util.networks import RunningNorm
    from imitation.util.util import make_vec_env
    from stable_baselines3 import PPO
    from stable_baselines3.common.evaluation import evaluate_policy

    torch.set_num_threads(1)
    shown = [
        Trajectory(obs=states.astype(np.float32), acts=actions, infos=None, terminal=False)
        for states, actions in zip(x["states"], x["actions"], strict=True)
    ]
    most, enough = int(x["steps"]), float(x["enough"])

    def one(seed):
        world = make_vec_env("CartPole-v1", rng=np.random.default_rng(seed), n_envs=8)
        learner = PPO("MlpPolicy", world, batch_size=64, ent_coef=0.0, learning_rate=4e-4, gamma=0.95, n_epochs=5,
                      n_steps=256, seed=seed, device="cpu")  # fmt: skip
        net = BasicRewardNet(world.observation_space, world.action_space, normalize_input_layer=RunningNorm)
        trainer = GAIL(
            demonstrations=shown, demo_batch_size=1024, n_disc_updates_per_round=8, venv=world, gen_algo=learner,
            reward_net=net, gen_replay_buffer_capacity=512, gen_train_timesteps=2048,
            custom_logger=configure(tempfile.mkdtemp(), format_strs=[]), allow_variable_horizon=True,
        )  # fmt: skip
        seconds, steps, found = 0.0, 0, 0.0
        judge = make_vec_env("CartPole-v1", rng=np.random.default_rng(1000 + seed), n_envs=20)
        while steps < most and found < enough:
            start = time.process_time()
            trainer.train(2048)
            seconds += time.process_time() - start
            steps += 2048
            found = evaluate_policy(learner, judge, n_eval_episodes=20)[0]
        return seconds, steps, found

    return Task(lambda: [one(seed) for seed in range(int(x["seeds"]))])


TASKS = {
    "quantecon.evaluate_policy": quantecon_evaluate,
    "quantecon.modified_policy_iteration": quantecon_mpi,
    "quantecon.policy_iteration": quantecon_pi,
    "jaxdp.PolicyEvaluation": jaxdp_value,
    "jaxdp.Occupancy": jaxdp_occupancies,
    "mdpsolver.mpi": mdpsolver_mpi,
    "imitation.mce_occupancy_measures": imitation_marginals,
    "imitation.MCEIRL": imitation_mce_irl,
    "imitation.BC": imitation_bc,
    "imitation.GAIL": imitation_gail,
}


def main():
    """Answer one line after the other; what the peers print goes to the error stream."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    task, path = sys.argv[1:]
    with np.load(path) as arrays:
        instance = dict(arrays)
    (run, prepare), answer = TASKS[task](instance), None
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        verb, *argument = line.split(maxsplit=1)
        if verb == "run":
            arguments = prepare()
            start = time.process_time()
            answer = run(*arguments)
            print(time.process_time() - start, file=out, flush=True)
        else:
            np.save(argument[0].strip(), np.asarray(answer))
            print("saved", file=out, flush=True)


if __name__ == "__main__":
    main()
