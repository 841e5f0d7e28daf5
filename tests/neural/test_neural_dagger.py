"""DAgger with a network: beside follow-the-leader of the exact twin on the same states, and what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from twins import gradient, linear_softmax, one_hot_features, table, tabular_world

import iltheory as il
from iltheory.learners import LOG_LOSS, FollowTheLeader, LogLinearPolicies, at_first, geometric
from iltheory.learners.labels import tally
from iltheory.learners.neural import (
    Architecture,
    CategoricalHead,
    InvalidCheckpoint,
    OneHot,
    behavioral_cloning,
    dagger,
)
from iltheory.learners.neural.behavioral_cloning import cloning_loss
from iltheory.learners.neural.dagger import Dagger
from iltheory.learners.online import play
from sims import TabularMDP
from sims.errors import InvalidArgument
from sims.sampled import InvalidPolicy, TabularPolicy, sampled_table

L2 = 0.05


def learnt(mdp: TabularMDP, expert: Any, **options: Any) -> Dagger:
    given = {"iterations": 4, "trajectories": 30, "updates": 400, "seed": 0, "batch_size": 10**6, "learning_rate": 0.02}
    architecture = linear_softmax(mdp)
    return dagger(sampled_table(mdp), TabularPolicy(expert), architecture=architecture, l2=L2, **{**given, **options})


@pytest.mark.parametrize("seed", range(2))
def test_its_policies_and_regret_are_those_of_follow_the_leader_on_the_same_states(seed: int) -> None:
    mdp, expert = tabular_world(seed)
    run, n, m = learnt(mdp, expert, seed=seed), 4, 30
    data = run.labelled

    def observed(i: int, pi: Any) -> Any:
        at = data.iterations == i - 1
        return tally(mdp, data.steps[at], data.observations[at], data.actions[at]) / m

    ridge = LogLinearPolicies(one_hot_features(mdp), ridge=L2)
    twin = play(mdp, ridge, iterations=n, online=FollowTheLeader(), loss=LOG_LOSS, observe=observed)
    enclosures = []
    for i, policy in enumerate([*run.policies[1:], run.policy], 1):
        seen = data.iterations < i
        network = policy.network()
        tensors = (torch.tensor(x[seen]) for x in (data.observations, data.steps, data.actions))
        loss = cloning_loss(network, *tensors, torch.ones(int(seen.sum()), dtype=torch.float64))
        penalised = loss + L2 / 2 * (network.layers[0].weight ** 2).sum()
        enclosures.append(float(np.linalg.norm(gradient(network, penalised))) / L2)  # strong convexity
        exact = twin.hindsight if i == n else twin.policies[i]
        assert np.abs(table(policy, mdp) - np.asarray(exact)).max() <= enclosures[-1] + 1e-8
    assert max(enclosures) < 0.02
    # log softmax is 2-Lipschitz in the logits; the first policies are two different ones that know nothing.
    assert np.all(np.abs(run.losses - np.asarray(twin.losses))[1:] <= 2 * np.array(enclosures[:-1]) + 1e-7)
    assert abs(run.class_error - float(twin.class_error)) <= 2 * enclosures[-1] + 1e-7
    assert run.regret == pytest.approx(run.losses.mean() - run.class_error)


def test_losses_are_means_over_the_steps_of_the_horizon() -> None:
    mdp, expert = tabular_world(1)
    run = learnt(mdp, expert, iterations=2)
    data = run.labelled
    for i, policy in enumerate(run.policies):
        at = data.iterations == i
        p = table(policy, mdp)[data.steps[at], data.observations[at], data.actions[at]]
        assert run.losses[i] == pytest.approx(-np.log(p).sum() / (30 * mdp.horizon))


def test_the_expert_acts_as_often_as_the_schedule_says() -> None:
    # Two chains of states: an expert that always goes right is seen right of the start only where it acts.
    steps = 4
    P = np.zeros((steps + 1, 2, steps + 1))
    for s in range(steps + 1):
        P[s, 0, s], P[s, 1, min(s + 1, steps)] = 1, 1
    mdp = TabularMDP(P, np.zeros((steps + 1, 2)), np.eye(steps + 1)[0], horizon=steps)
    right = np.tile([0, 1], (steps + 1, 1))
    always = learnt(mdp, right, iterations=1, beta=at_first)
    assert np.array_equal(always.labelled.observations, always.labelled.steps)
    half = learnt(mdp, right, iterations=1, beta=lambda i: 0.5, trajectories=2000, updates=1)
    untrained = table(half.policies[0], mdp)[0, 0, 1]
    moved = np.mean(half.labelled.observations[half.labelled.steps == 1] == 1)
    share = 0.5 + 0.5 * untrained
    assert abs(moved - share) < 5 * np.sqrt(share * (1 - share) / 2000)
    assert np.all(half.labelled.actions == 1)


def test_it_learns_what_the_expert_would_do_where_the_expert_never_goes() -> None:
    # A path and a ditch beside it: the expert stays on the path (action 0), and would climb back (action 1).
    P, expert = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]]), np.eye(2)
    mdp = TabularMDP(P, np.array([[1, 0], [0, 0]]), np.array([1, 0]), horizon=8)
    world, ditch = sampled_table(mdp), (np.array([1]), np.array([0]))
    options: Any = {
        "seed": 1, "learning_rate": 0.05, "architecture": Architecture(OneHot(2), CategoricalHead(2), hidden=()),
    }  # fmt: skip
    demos = world.roll(TabularPolicy(expert), 60, np.random.default_rng(0)).trajectories()
    cloned = behavioral_cloning(demos, world, updates=300, **options)
    run = dagger(world, TabularPolicy(expert), iterations=3, trajectories=20, updates=100, **options)
    untrained: Any = run.policies[0].laws(*ditch)
    said: Any = cloned.policy.laws(*ditch)
    assert np.array_equal(said.probabilities, untrained.probabilities)
    answer: Any = run.policy.laws(*ditch)
    assert answer.probabilities[0, 1] > 0.9


def test_it_goes_on_from_a_checkpoint_bit_for_bit_data_and_all(tmp_path: Path) -> None:
    mdp, expert = tabular_world(0)
    options = {"updates": 60, "batch_size": 16, "ema": 0.9, "save_every": 50, "beta": geometric(0.5)}
    whole = learnt(mdp, expert, **options)
    learnt(mdp, expert, **options, folder=tmp_path)
    for stale in ("000000240",):  # go back into the last iteration
        for file in (tmp_path / "checkpoints" / stale).iterdir():
            file.unlink()
        (tmp_path / "checkpoints" / stale).rmdir()
    again = learnt(mdp, expert, **options, folder=tmp_path)
    for one, other in ((again.policy, whole.policy), (again.averaged, whole.averaged)):
        assert one is not None and other is not None
        assert np.array_equal(one.weights["layers.0.weight"], other.weights["layers.0.weight"])
    assert np.array_equal(again.losses, whole.losses) and again.regret == whole.regret
    assert all(np.array_equal(x, vars(whole.labelled)[name]) for name, x in vars(again.labelled).items())
    with pytest.raises(InvalidCheckpoint, match=r"beta=\[1"):
        learnt(mdp, expert, **{**options, "beta": at_first}, folder=tmp_path)


def test_bad_arguments_are_named() -> None:
    mdp, expert = tabular_world(0)
    with pytest.raises(InvalidArgument, match=r"beta gives .*1.5"):
        learnt(mdp, expert, beta=lambda i: 1.5)
    with pytest.raises(InvalidArgument, match="iterations=0"):
        learnt(mdp, expert, iterations=0)
    with pytest.raises(InvalidArgument, match="trajectories=0"):
        learnt(mdp, expert, trajectories=0)
    with pytest.raises(InvalidArgument, match=r"mdp=.* SampledMDP"):
        dagger(mdp, TabularPolicy(expert), iterations=1, trajectories=1, updates=1, seed=0)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="expert="):
        dagger(sampled_table(mdp), expert, iterations=1, trajectories=1, updates=1, seed=0)
    with pytest.raises(InvalidPolicy, match="a table with 3 actions"):
        learnt(mdp, np.full((3, 3), 1 / 3))
    with pytest.raises(InvalidPolicy, match="number of states is not known"):
        dagger(sampled_table(mdp), TabularPolicy(expert), iterations=1, trajectories=1, updates=1, seed=0)
    assert il.learners.neural.dagger is dagger
