"""The table of bad inputs: what is called, the class of its one error, and words that the message must hold.

Every call takes an empty folder. Commands are lists of arguments, run in a folder that holds ``notes.txt``.
"""

# ruff: noqa: E501, SIM300 - a table has one row a line, and some of its comparisons are bad

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import iltheory as il
from iltheory import games, learners
from iltheory.claims.claim import AssumptionViolated, InvalidClaim, Sizes
from iltheory.claims.instances import decode
from iltheory.claims.kinds import HistoryPolicy, InvalidInstance, Iterations, Temperature
from iltheory.claims.registry import UnknownClaim
from iltheory.engine.blocks import BlockFailed
from iltheory.engine.executors import ExecutorError, processes
from iltheory.engine.ledger import BlockKey, Ledger, LedgerError
from iltheory.engine.report import Where
from iltheory.engine.verify import InvalidOption, NothingVerified
from iltheory.games import InvalidStrategy
from iltheory.learners.reward_features import InvalidFeatures
from iltheory.measures import TooManyTrajectories
from sims import DeterministicTransitions, SparseTransitions, TabularMDP, families
from sims import arithmetic as ar
from sims.arithmetic import MixedArithmetic, NotANumber, NotRepresentable, NotSingle, UndecidedComparison
from sims.datasets import InvalidDataset, Trajectories, read_imitation, read_minari, write_imitation, write_minari
from sims.environments import (
    InvalidEnvironment,
    atari_simulator,
    experts,
    from_seals,
    gymnasium_simulator,
    gymnasium_table,
    mujoco_simulator,
    sampled_environment,
)
from sims.environments.atari import InvalidGame, InvalidTable
from sims.environments.experts import InvalidExpert
from sims.errors import IltheoryError, InvalidArgument
from sims.families import InvalidParameter
from sims.sampled import InvalidPolicy as InvalidSampledPolicy
from sims.sampled import Spaces
from sims.tabular import InvalidModel, InvalidOccupancy, InvalidPolicy
from sims.tabular.errors import InvalidMixture, TooLarge
from sims.tabular.mixtures import step_mixture


class Bad(NamedTuple):
    """One bad input."""

    id: str
    call: Callable[[Path], Any]
    error: type[IltheoryError]
    words: tuple[str, ...]


def bad(id: str, call: Callable[[Path], Any], error: type[IltheoryError], *words: str) -> Bad:
    return Bad(id, call, error, words)


HALF, THIRD, NAN, INF = Fraction(1, 2), Fraction(1, 3), float("nan"), float("inf")
P = [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]
R = [[1, 0], [0, 1]]
MU = [1, 0]
EVEN = [[HALF, HALF], [HALF, HALF]]
FIRST = [[1, 0], [1, 0]]
THEOREM = "ross-bagnell-2010-thm-2-1"


def model(**parts: Any) -> TabularMDP:
    end = {} if "discount" in parts else {"horizon": 2}
    return TabularMDP(**({"P": P, "r": R, "mu": MU} | end | parts))


def floats(table: Any, index: tuple[int, ...], value: float) -> np.ndarray:
    array = np.array(table, dtype=np.float64)
    array[index] = value
    return array


MODELS = [
    bad("P negative", lambda _: model(P=floats(P, (0, 0), -0.5)), InvalidModel, "P[0, 0, 0] is -0.5", "negative"),
    bad("P NaN", lambda _: model(P=floats(P, (1, 0, 1), NAN)), InvalidModel, "P[1, 0, 1] is nan", "finite"),
    bad("P infinite", lambda _: model(P=floats(P, (1, 0, 1), INF)), InvalidModel, "P[1, 0, 1] is inf"),
    bad("P row sum", lambda _: model(P=floats(P, (0, 0, 0), 0.97)), InvalidModel, "P[0, 0] sums to 0.97", "normalize=True"),
    bad("P exact row sum", lambda _: model(P=[[[THIRD, HALF], [0, 1]]] * 2), InvalidModel, "P[0, 0] sums to 5/6", "should be 1"),
    bad("P ragged", lambda _: model(P=[[[1, 0], [1]], [[0, 1], [0, 1]]]), InvalidModel, "P is not an array of numbers"),
    bad("P a matrix", lambda _: model(P=R), InvalidModel, "P has shape (2, 2)", "[S, A, S]"),
    bad("P steps", lambda _: model(P=[P] * 3), InvalidModel, "P has shape (3, 2, 2, 2)", "H = 2"),
    bad("P batch axes", lambda _: model(batch_axes=-1), InvalidModel, "batch_axes=-1", "at least 0"),
    bad("gamma 1", lambda _: model(discount=1), InvalidModel, "discount=1", "[0, 1)", "horizon=H"),
    bad("gamma above 1", lambda _: model(discount=Fraction(5, 4)), InvalidModel, "discount=5/4", "[0, 1)"),
    bad("gamma a float", lambda _: model(discount=0.9, r=[[THIRD, 0]] * 2), MixedArithmetic, "0.9", "Fraction(1, 3)"),
    bad("H zero", lambda _: model(horizon=0), InvalidModel, "horizon=0", "at least 1"),
    bad("H negative", lambda _: model(horizon=-4), InvalidModel, "horizon=-4", "at least 1"),
    bad("H fractional", lambda _: model(horizon=2.5), InvalidModel, "horizon=2.5", "integer"),
    bad("two ends", lambda _: model(horizon=2, discount=HALF), InvalidModel, "horizon=2 and discount=1/2", "exactly one"),
    bad("r shape", lambda _: model(r=[1, 0]), InvalidModel, "r has shape (2,)", "[S, A] = (2, 2)"),
    bad("r NaN", lambda _: model(r=floats(R, (0, 1), NAN)), InvalidModel, "r[0, 1] is nan"),
    bad("mu sum", lambda _: model(mu=[HALF, THIRD]), InvalidModel, "mu sums to 5/6", "first state"),
    bad("mu too deep", lambda _: model(mu=[MU]), InvalidModel, "mu has shape (1, 2)", "[S] = (2,)"),
    bad("terminal left", lambda _: model(terminal=np.array([False, True])), InvalidModel, "state 1 can be left", "absorbing"),
    bad("next state", lambda _: DeterministicTransitions([[0, 2], [1, 1]]), InvalidModel, "next_state[0, 1] = 2", "0..1"),
    bad("CSR sizes", lambda _: SparseTransitions([0, 1, 2], [0, 1], [1, 1], 2.0, 1), InvalidModel, "n_states=2.0", "integer"),
    bad("dense sparse", lambda _: families.ring(20000, discount=0.9).mdp.P, TooLarge, "entries is too large", "push()"),
    bad("unknown system", lambda _: model().to("double"), InvalidArgument, "'double'", "rational"),
    bad("no bits", lambda _: model().to("ball", bits=0), InvalidArgument, "bits=0", "at least 2"),
    bad("no device", lambda _: model().to("float64", device="gpu7"), InvalidArgument, "device='gpu7'"),
    bad("floats to rationals", lambda _: model(P=np.full((3, 1, 3), 1 / 3), r=np.zeros((3, 1)), mu=[1, 0, 0]).to("rational"), InvalidModel, "P[0, 0] sums to 1 -5.55e-17", "normalize=True"),
]  # fmt: skip

POLICIES = [
    bad("pi row sum", lambda _: model().value([[HALF, THIRD], [1, 0]]), InvalidPolicy, "policy[0] sums to 5/6"),
    bad("pi negative", lambda _: model().value([[1, 0], [2, -1]]), InvalidPolicy, "policy[1, 1] is -1", "negative"),
    bad("pi of another model", lambda _: il.gap(model(), np.eye(3), FIRST), InvalidPolicy, "shape (3, 3)", "[S, A] = (2, 2)"),
    bad("pi of another horizon", lambda _: model().occupancy([EVEN] * 5), InvalidPolicy, "shape (5, 2, 2)", "H = 2"),
    bad("pi floats", lambda _: model(r=[[THIRD, 0]] * 2).value(np.full((2, 2), 0.5)), MixedArithmetic, "float64", "convert"),
    bad("occupancy negative", lambda _: model().project([[[-1, 0], [0, 1]]] * 2), InvalidOccupancy, "occupancy[0, 0, 0] is -1"),
    bad("weights", lambda _: step_mixture([EVEN, FIRST], [HALF, THIRD]), InvalidMixture, "weights sums to 5/6"),
    bad("mixed shapes", lambda _: step_mixture([EVEN, [[1, 0, 0]]], [HALF, HALF]), InvalidMixture, "(2, 2), (1, 3)"),
    bad("no seed", lambda _: model().sample(EVEN, 3, rng=None), InvalidArgument, "rng=None", "seed"),
    bad("no trajectories", lambda _: model().sample(EVEN, 0, rng=0), InvalidArgument, "n_trajectories=0", "at least 1"),
    bad("no length", lambda _: model(discount=HALF).sample(EVEN, 3, rng=0), InvalidArgument, "length is missing"),
    bad("temperature", lambda _: model().to("float64").soft_optimal(0), InvalidArgument, "temperature=0", "positive"),
    bad("logarithm of a rational", lambda _: il.log(il.value(model(), EVEN)), NotRepresentable, "log", "interval or ball"),
    bad("too many trajectories", lambda _: il.trajectory_tv(model(horizon=40), EVEN, EVEN), TooManyTrajectories, "4**40"),
    bad("trajectories with a discount", lambda _: il.trajectory_tv(model(discount=HALF), EVEN, EVEN), InvalidArgument, "finite horizon", "discount=1/2"),
    bad("float of many", lambda _: float(model().v(EVEN)), NotSingle, "shape (2, 2)", "numpy.asarray"),
    bad("truth of many", lambda _: bool(model().v(EVEN) >= 0), NotSingle, "4 numbers", ".all()"),
    bad("truth of overlap", lambda _: bool(ar.convert([1 / 3], "interval") / 3 <= ar.convert([1 / 3], "interval") / 3), UndecidedComparison, "cannot be decided", "ball"),
    bad("Fraction on the left of many", lambda _: HALF <= model().v(EVEN), NotSingle, "(2, 2)", "x >= Fraction(1, 2)"),
    bad("no number", lambda _: il.exp("one"), NotANumber, "'one'", "str"),
]  # fmt: skip

FAMILIES = [
    bad("error above 1", lambda _: families.cliff(horizon=3, error=Fraction(3, 2)), InvalidParameter, "error is 3/2", "[0, 1]"),
    bad("error too large for a first step", lambda _: families.first_step_error(horizon=5, error=HALF), InvalidParameter, "error is 1/2", "at most 1/5"),
    bad("branching", lambda _: families.garnet(3, 2, 4, horizon=3, rng=0), InvalidParameter, "branching is 4", "n_states = 3"),
    bad("family without a seed", lambda _: families.garnet(3, 2, 1, horizon=3, rng=None), InvalidParameter, "rng is None", "seed"),
    bad("family with two ends", lambda _: families.loop(error=HALF, horizon=3, discount=HALF), InvalidParameter, "exactly one"),
    bad("law", lambda _: families.simplex_rows(0, (3,), law="gauss"), InvalidParameter, "'gauss'", "spiky"),
    bad("shape of rows", lambda _: families.simplex_rows(0, 3), InvalidParameter, "shape is 3", "tuple"),
    bad("code of a lock", lambda _: families.combination_lock((0, 7), horizon=3), InvalidParameter, "action 7", "n_actions = 3"),
    bad("no code", lambda _: families.combination_lock(5, horizon=3), InvalidParameter, "code is 5", "sequence"),
]  # fmt: skip

ENVIRONMENTS = [
    bad("unknown environment", lambda _: gymnasium_table("Taxi-v3"), InvalidEnvironment, "Taxi-v3", "Taxi-v4"),
    bad("no table", lambda _: gymnasium_table("CartPole-v1"), InvalidEnvironment, "CartPole", "no attribute P"),
    bad("no time limit", lambda _: gymnasium_table("CliffWalking-v1"), InvalidEnvironment, "max_episode_steps", "horizon=H"),
    bad("option of an environment", lambda _: gymnasium_table("FrozenLake-v1", size=8), InvalidEnvironment, "FrozenLake-v1", "size"),
    bad("horizon of a table", lambda _: gymnasium_table("FrozenLake-v1", horizon=-1), InvalidModel, "horizon=-1"),
    bad("seals row sum", lambda _: from_seals(transition_matrix=[[[0.9]]], reward_matrix=[1.0], initial_state_dist=[1.0], horizon=2), InvalidEnvironment, "transition_matrix[0, 0] sums to 0.9"),
    bad("unknown world", lambda _: sampled_environment("Hoper-v5"), InvalidEnvironment, "Hoper-v5", "Did you mean 'Hopper-v5'"),
    bad("world without a time limit", lambda _: sampled_environment("ALE/Pong-v5"), InvalidEnvironment, "no registered time limit", "horizon=H"),
    bad("world of unknown rewards", lambda _: sampled_environment("BipedalWalker-v3"), InvalidEnvironment, "no range of rewards", "rewards=(low, high)"),
    bad("range without 0", lambda _: sampled_environment("CartPole-v1", rewards=(1, 2)), InvalidArgument, "rewards=(1, 2)", "low <= 0 <= high"),
    bad("time limit of a simulator", lambda _: gymnasium_simulator("CartPole-v1", 2, max_episode_steps=9), InvalidEnvironment, "max_episode_steps", "horizon=H"),
    bad("no copies", lambda _: mujoco_simulator("Hopper-v5", 0), InvalidEnvironment, "n=0", "at least 1"),
    bad("old MuJoCo task", lambda _: mujoco_simulator("Hopper-v4", 2), InvalidEnvironment, "Hopper-v4", "Did you mean 'Hopper-v5'"),
    bad("unknown game", lambda _: atari_simulator("ponk", 2), InvalidGame, "ponk", "pong"),
    bad("step before a reset", lambda _: gymnasium_simulator("CartPole-v1", 2).step(np.zeros(2, int)), InvalidEnvironment, "not started", "reset(rng)"),
    bad("seals without an end", lambda _: from_seals(transition_matrix=[[[1]]], reward_matrix=[1], initial_state_dist=[1]), InvalidEnvironment, "horizon is infinite", "discount=gamma"),
]  # fmt: skip


def walks(states: Any = ((0, 1, 2),), *, terminated: bool = False) -> Trajectories:
    flags = np.full(len(states), terminated)
    steps = len(states[0]) - 1
    actions = np.zeros((len(states), steps), dtype=int)
    return Trajectories.from_arrays(states, actions, actions / 2, flags, ~flags)


def minari(folder: Path) -> Path:
    write_minari(walks(), folder / "toy-v0", dataset_id="toy-v0", n_states=3, n_actions=1)
    return folder / "toy-v0"


def cut_short(folder: Path) -> Any:
    data = minari(folder) / "data" / "main_data.hdf5"
    data.write_bytes(data.read_bytes()[:1000])
    return read_minari(folder / "toy-v0")


def wrong_total(folder: Path) -> Any:
    path = minari(folder) / "data" / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"total_steps": 7}))
    return read_minari(folder / "toy-v0")


def pickled(folder: Path) -> Any:
    ends = {"terminal": np.array([True]), "indices": np.array([], int)}
    np.savez(folder / "x.npz", obs=np.zeros(3), acts=np.zeros(2), infos=np.array([{}, {}], object), **ends)
    return read_imitation(folder / "x.npz", terminal_as="terminated")


def flipped(folder: Path) -> Any:
    write_imitation(walks(terminated=True), folder / "x.npz")
    archive = bytearray((folder / "x.npz").read_bytes())
    with zipfile.ZipFile(folder / "x.npz") as file:
        start = file.getinfo("obs.npy").header_offset + 60
    archive[start] ^= 0xFF
    (folder / "x.npz").write_bytes(archive)
    return read_imitation(folder / "x.npz", terminal_as="terminated")


def text_for_npz(folder: Path) -> Any:
    (folder / "x.npz").write_text("not an archive")
    return read_imitation(folder / "x.npz")


def clone(states: Any, mdp: TabularMDP) -> Any:
    return il.learners.behavioral_cloning(walks(states), mdp)


DATASETS = [
    bad("Minari folder missing", lambda folder: read_minari(folder / "no"), InvalidDataset, "metadata.json does not exist"),
    bad("Minari file cut short", cut_short, InvalidDataset, "main_data.hdf5 is damaged"),
    bad("Minari totals", wrong_total, InvalidDataset, "holds 2 steps", "speak of 7"),
    bad("pickled infos", pickled, InvalidDataset, "infos holds pickled", "drop_infos=True"),
    bad("npz with a flipped bit", flipped, InvalidDataset, "x.npz is damaged"),
    bad("npz of text", text_for_npz, InvalidDataset, "not an .npz archive"),
    bad("one flag for two", lambda folder: write_imitation(walks(), folder / "x"), InvalidDataset, "1 of 1", "truncated_as="),
    bad("folder in the way", lambda folder: write_imitation(walks(terminated=True), folder / "x.npz" / "y.npz") or write_imitation(walks(terminated=True), folder / "x.npz"), InvalidDataset, "is a folder", "another path"),
    bad("lengths", lambda _: Trajectories(np.arange(3), np.zeros(3, int), None, np.array([True]), np.array([False]), np.array([0, 3])), InvalidDataset, "(3,)", "ask for 4"),
    bad("state NaN", lambda _: walks([[0.0, NAN, 0.0]]), InvalidDataset, "contain nan", "trajectory 0, step 1"),
    bad("cloning another model's expert", lambda _: clone([[0, 4, 1]], model()), InvalidDataset, "contain 4", "n_states is 2"),
    bad("cloning longer episodes", lambda _: clone([[0, 1, 0, 1]], model()), InvalidDataset, "has 3 steps", "horizon is 2"),
    bad("cloning observations", lambda _: clone([[[0.5], [0.5], [1.0]]], model()), InvalidDataset, "float64[1]", "not indices"),
]  # fmt: skip


EXPERT = [[1.0, 0.0], [0.5, 0.5]]
TABLE_CLASS = learners.TabularPolicies()
FEATURES = [[[1.0], [0.0]], [[0.0], [1.0]]]


def plain(**parts: Any) -> TabularMDP:
    """The model in floats, with two steps unless told otherwise."""
    return model(**parts).to("float64")


def pair() -> TabularMDP:
    """A batch of two models."""
    return model(P=[[P], [P]], r=[[R], [R]], mu=[MU, MU], batch_axes=1).to("float64")


def dagger(expert: Any = EXPERT, policy_class: Any = TABLE_CLASS, **options: Any) -> Any:
    return learners.dagger(plain(), expert, policy_class, **({"iterations": 1} | options))


def cloned(policy_class: Any) -> Any:
    return learners.behavioral_cloning(walks(((0, 1, 1),)), plain(), policy_class=policy_class)


def adril(mdp: TabularMDP | None = None, **options: Any) -> Any:
    return learners.adril(mdp or plain(), EXPERT, **({"iterations": 3} | options))


def infogail(experts: Any = (EXPERT,), **options: Any) -> Any:
    return learners.infogail(plain(), experts, **({"codes": 1, "rng": 0, "searches": 1} | options))


def game(**parts: Any) -> games.OccupancyGame:
    fine = {"mdp": plain(), "target": plain().occupancy(EXPERT), "adversary": games.DivergenceRewards("chi2")}
    return games.OccupancyGame(**(fine | parts))


def moments(f: Any) -> Any:
    return games.MomentGame(plain(), EXPERT, plain().occupancy(EXPERT)).dual(f)


LEARNERS = [
    bad("demonstrations and model swapped", lambda _: learners.behavioral_cloning(plain(), walks()), InvalidArgument, "mdp=", "Trajectories", "changed places"),
    bad("expert and model swapped", lambda _: learners.gail(EXPERT, plain()), InvalidArgument, "mdp=", "must be of the class TabularMDP"),
    bad("cloning from nothing", lambda _: learners.behavioral_cloning(walks(((0,),)), plain()), InvalidDataset, "no step at all"),
    bad("expert of short trajectories", lambda _: learners.gail(plain(), walks(((0, 1),))), InvalidDataset, "trajectory 0 stops after 1 of 2 steps", "whole trajectories"),
    bad("expert that ends where the model goes on", lambda _: learners.gail(plain(), walks(((0, 1),), terminated=True)), InvalidDataset, "terminates in state 1", "truncated"),
    bad("expert that ends for ever where the model goes on", lambda _: learners.projection(plain(discount=0.5), walks(((0, 1),), terminated=True), iterations=1), InvalidDataset, "terminates in state 1"),
    bad("expert of another model for a game", lambda _: learners.gail(plain(), np.eye(3)), InvalidPolicy, "policy has shape (3, 3)", "(2, 2)"),
    bad("batch of models for the projection", lambda _: learners.projection(pair(), EXPERT, iterations=1), InvalidArgument, "mdp is a batch of shape (2,)", "mdp.select(i)"),
    bad("batch of experts for a programme", lambda _: learners.lpal(plain(), [[EXPERT] * 2] * 3), InvalidArgument, "expert is a batch of policies of shape (3,)", "expert[i]"),
    bad("batch of experts for replay", lambda _: learners.replay_estimation(plain(), [[EXPERT] * 2] * 3), InvalidArgument, "expert is a batch of policies of shape (3,)"),
    bad("expert of steps with a discount", lambda _: learners.mwal(plain(discount=0.5), [EXPERT] * 2, iterations=1), InvalidArgument, "expert is a batch", "does not depend on the step"),
    bad("batch to start from", lambda _: learners.projection(plain(), EXPERT, iterations=1, start=[[EXPERT] * 2] * 3), InvalidArgument, "start has shape (3, 2, 2, 2)"),
    bad("trajectories to ask", lambda _: dagger(walks()), InvalidArgument, "expert is a set of trajectories", "behavioral_cloning"),
    bad("no iterations", lambda _: dagger(iterations=0), InvalidArgument, "iterations=0", "at least 1"),
    bad("iterations a float", lambda _: learners.mwal(plain(), EXPERT, iterations=2.0), InvalidArgument, "iterations=2.0", "integer"),
    bad("class none", lambda _: dagger(policy_class=None), InvalidArgument, "policy_class=None", "TabularPolicies()"),
    bad("class not built", lambda _: cloned(learners.TabularPolicies), InvalidArgument, "policy_class=<class", "TabularPolicies()"),
    bad("class of no policies", lambda _: dagger(policy_class=learners.FinitePolicies([])), InvalidArgument, "policies is empty"),
    bad("online by name", lambda _: dagger(online="ftl"), InvalidArgument, "online='ftl'", "FollowTheLeader()"),
    bad("loss by name", lambda _: dagger(loss="0-1"), InvalidArgument, "loss='0-1'", "ZERO_ONE"),
    bad("beta a number", lambda _: dagger(beta=0.5), InvalidArgument, "beta=0.5", "function of the iteration", "geometric"),
    bad("beta above 1", lambda _: dagger(beta=lambda i: 2 * i), InvalidArgument, "beta(1)=2", "[0, 1]"),
    bad("beta NaN", lambda _: dagger(beta=lambda i: NAN), InvalidArgument, "beta(1) is nan", "finite"),
    bad("beta a text", lambda _: dagger(beta=lambda i: "half"), InvalidArgument, "beta(1) is not", "'half'"),
    bad("geometric above 1", lambda _: learners.geometric(3), InvalidArgument, "alpha=3", "[0, 1]"),
    bad("geometric NaN", lambda _: learners.geometric(NAN), InvalidArgument, "alpha=nan", "[0, 1]"),
    bad("alpha NaN", lambda _: learners.smile(plain(), EXPERT, TABLE_CLASS, iterations=1, alpha=NAN), InvalidArgument, "alpha is nan"),
    bad("alpha 0", lambda _: learners.smile(plain(), EXPERT, TABLE_CLASS, iterations=1, alpha=0), InvalidArgument, "alpha=0", "(0, 1]"),
    bad("seed without samples", lambda _: dagger(rng=0), InvalidArgument, "rng is given", "number of trajectories"),
    bad("samples without a seed", lambda _: dagger(trajectories=3), InvalidArgument, "rng=None", "seed"),
    bad("rate a text", lambda _: learners.hedge("fast"), InvalidArgument, "rate", "'fast'"),
    bad("rate 0", lambda _: learners.hedge(0), InvalidArgument, "rate=0", "positive"),
    bad("costs of other actions", lambda _: dagger(loss=learners.action_costs(np.zeros((3, 3)))), InvalidArgument, "3 actions", "the model has 2"),
    bad("costs of no shape", lambda _: learners.action_costs([0, 1]), InvalidArgument, "costs has shape (2,)", "[A, A]"),
    bad("costs NaN", lambda _: learners.action_costs([[0.0, NAN], [1.0, 0.0]]), InvalidArgument, "costs[0, 1] is nan"),
    bad("pseudo-count infinite", lambda _: cloned(learners.TabularPolicies(smoothing=INF)), InvalidArgument, "smoothing is inf"),
    bad("pseudo-count negative", lambda _: cloned(learners.TabularPolicies(smoothing=-1)), InvalidArgument, "smoothing=-1"),
    bad("unseen action", lambda _: cloned(learners.TabularPolicies(unseen=2)), InvalidArgument, "unseen=2", "0 to 1"),
    bad("log-linear features a text", lambda _: cloned(learners.LogLinearPolicies("state")), InvalidArgument, "features is not an array of numbers"),
    bad("log-linear features of another model", lambda _: cloned(learners.LogLinearPolicies(np.ones((3, 2, 1)))), InvalidArgument, "shape (3, 2, 1)", "(2, 2, 'k')"),
    bad("ridge a text", lambda _: cloned(learners.LogLinearPolicies(FEATURES, ridge="small")), InvalidArgument, "ridge='small'"),
    bad("0-1 loss of log-linear policies", lambda _: dagger(policy_class=learners.LogLinearPolicies(FEATURES)), InvalidArgument, "not convex", "log loss"),
    bad("exploration no law", lambda _: learners.nrpi(plain(), [1, 1], TABLE_CLASS, iterations=1), InvalidArgument, "exploration sums to 2"),
    bad("features behind a batch", lambda _: learners.projection(plain(), EXPERT, [FEATURES] * 3, iterations=1), InvalidFeatures, "(3, 2, 2, 1)", "[H, S, A, k]"),
    bad("features of steps with a discount", lambda _: learners.lpal(plain(discount=0.5), EXPERT, [FEATURES] * 2), InvalidFeatures, "(2, 2, 2, 1)", "[S, A, k]"),
    bad("no features", lambda _: learners.finite_gail(plain(), EXPERT, np.ones((2, 2, 0))), InvalidFeatures, "(2, 2, 0)", "k >= 1"),
    bad("features NaN", lambda _: learners.maximum_causal_entropy(plain(), EXPERT, [[NAN], [1.0]]), InvalidFeatures, "features[0, 0] is nan"),
    bad("features misspelt", lambda _: learners.maximum_entropy(plain(), EXPERT, "states"), InvalidFeatures, "'states'", "'state-action'"),
    bad("features too large", lambda _: learners.mwal(plain(), EXPERT, [[5.0], [0.0]], iterations=1), InvalidArgument, "up to 5", "divide"),
    bad("projection with a negative tolerance", lambda _: learners.projection(plain(), EXPERT, iterations=1, tolerance=-1), InvalidArgument, "tolerance=-1"),
    bad("projection with a text for a tolerance", lambda _: learners.projection(plain(), EXPERT, iterations=1, tolerance="x"), InvalidArgument, "tolerance is not", "'x'"),
    bad("entropy dual of a rational model", lambda _: learners.maximum_causal_entropy(model(), FIRST), NotRepresentable, "logarithms", "interval"),
    bad("rollouts without a length", lambda _: adril(plain(discount=0.5), trajectories=3, rng=0), InvalidArgument, "length is missing"),
    bad("rollouts with a length and a horizon", lambda _: adril(trajectories=3, rng=0, length=2), InvalidArgument, "length=2", "discount"),
    bad("rollouts with a bad seed", lambda _: adril(trajectories=3, rng=-1), InvalidArgument, "rng=-1", "at least 0"),
    bad("step size a number", lambda _: adril(step_size=0.5), InvalidArgument, "step_size=0.5", "fictitious_play"),
    bad("step size above 1", lambda _: adril(step_size=lambda k: 3), InvalidArgument, "step_size(1)=3", "[0, 1]"),
    bad("rounds of no trajectories", lambda _: learners.replayed_reward(plain(), walks(), []), InvalidArgument, "rounds=0"),
    bad("moments misspelt", lambda _: learners.moment_matching(plain(), EXPERT, moments="rewards"), InvalidArgument, "'rewards'", "off-policy"),
    bad("rounds no list", lambda _: learners.replayed_reward(plain(), walks(), walks()), InvalidArgument, "rounds is one set", "list"),
    bad("samples of a batch", lambda _: learners.aggrevate(pair(), EXPERT, TABLE_CLASS, iterations=1, samples=2, rng=0), InvalidArgument, "samples=2", "no batch of (2,)"),
    bad("class of DAeQuIL", lambda _: learners.daequil(plain(), EXPERT, "all", iterations=1), InvalidArgument, "policy_class='all'", "TabularPolicies()"),
    bad("batch of policies to mix", lambda _: learners.moment_matching(plain(), EXPERT, [[[EXPERT] * 2] * 3]), InvalidArgument, "policies[0] has shape (3, 2, 2, 2)", "one by one"),
    bad("no policies to mix", lambda _: learners.moment_matching(plain(), EXPERT, []), InvalidArgument, "policies is empty"),
    bad("experts a table", lambda _: infogail(np.array([EXPERT])), InvalidArgument, "experts=", "[expert]"),
    bad("experts a text", lambda _: infogail("both"), InvalidArgument, "experts='both'"),
    bad("codes 0", lambda _: infogail(codes=0), InvalidArgument, "codes=0"),
    bad("random starts without a seed", lambda _: infogail(rng=None), InvalidArgument, "rng=None", "random starts"),
    bad("AIRL with a horizon", lambda _: learners.airl(plain(), EXPERT), InvalidArgument, "horizon (2)", "with_end(discount="),
    bad("AIRL of another reward", lambda _: learners.airl(plain(discount=0.5), EXPERT, reward="pairs"), InvalidArgument, "'pairs'", "state-action"),
    bad("GAN-GCL with a discount", lambda _: learners.gan_gcl(plain(discount=0.5), EXPERT), InvalidArgument, "finite horizon"),
    bad("no start for states only", lambda _: learners.iq_learn_states(plain(), EXPERT, start=np.zeros((2, 2))), InvalidArgument, "start has shape (2, 2)", "(2, 2, 2)"),
    bad("temperature of states only", lambda _: learners.iq_learn_states(plain(), EXPERT, temperature=-1, start=np.zeros((2, 2, 2))), InvalidArgument, "temperature=-1", "positive"),
    bad("divergence of IQ-Learn", lambda _: learners.iq_learn(plain(), EXPERT, divergence="kl"), InvalidArgument, "'kl'", "forward-kl"),
    bad("temperature of SQIL", lambda _: learners.sqil(plain(), EXPERT, temperature=0), InvalidArgument, "temperature=0"),
    bad("Mimic-MD of a stochastic policy", lambda _: learners.mimic_md(plain(), [[0.5, 0.5]] * 2), InvalidDataset, "takes actions 0, 1", "deterministic"),
    bad("Mimic-MD with a discount", lambda _: learners.mimic_md(plain(discount=0.5), [[0.5, 0.5]] * 2), InvalidArgument, "finite horizon", "discount=0.5"),
    bad("Mimic-MD of one trajectory", lambda _: learners.mimic_md(plain(), walks()), InvalidDataset, "1 trajectory cannot be split", "at least two"),
    bad("certainty of other states", lambda _: learners.replay_estimation(plain(), EXPERT, certainty=[1.0]), InvalidArgument, "certainty has shape (1,)", "(2, 2)"),
    bad("certainty NaN", lambda _: learners.replay_estimation(plain(), EXPERT, certainty=np.full((2, 2), NAN)), InvalidArgument, "certainty[0, 0] is nan"),
    bad("certainty above 1", lambda _: learners.replay_estimation(plain(), EXPERT, certainty=np.full((2, 2), 2.0)), InvalidArgument, "2.0", "[0, 1]"),
]  # fmt: skip

GAMES = [
    bad("target a policy", lambda _: game(target=EXPERT), InvalidArgument, "target has shape (2, 2)", "(2, 2, 2)"),
    bad("target NaN", lambda _: game(target=np.full((2, 2, 2), NAN)), InvalidArgument, "target has a negative entry or NaN"),
    bad("target no law", lambda _: game(target=np.ones((2, 2, 2))), InvalidArgument, "target sums to 4", "each step"),
    bad("game of a batch", lambda _: game(mdp=pair()), InvalidArgument, "mdp is a batch of shape (2,)"),
    bad("adversary by name", lambda _: game(adversary="chi2"), InvalidArgument, "adversary='chi2'", "DivergenceRewards"),
    bad("entropy weight negative", lambda _: game(entropy_weight=-1), InvalidArgument, "entropy_weight=-1", "not negative"),
    bad("entropy weight NaN", lambda _: game(entropy_weight=NAN), InvalidArgument, "entropy_weight=nan"),
    bad("entropy weight a list", lambda _: game(entropy_weight=[1, 2]), InvalidArgument, "entropy_weight=[1, 2]"),
    bad("entropy weight a text", lambda _: game(entropy_weight="x"), InvalidArgument, "entropy_weight is not", "'x'"),
    bad("divergence misspelt", lambda _: games.DivergenceRewards("js"), InvalidStrategy, "'js'", "jensen-shannon"),
    bad("divergence a number", lambda _: games.DivergenceRewards(2), InvalidArgument, "divergence=2", "FDivergence"),
    bad("ball misspelt", lambda _: games.LinearRewards(FEATURES, "l3"), InvalidStrategy, "'l3'", "simplex"),
    bad("features of an adversary a text", lambda _: games.LinearRewards("state"), InvalidStrategy, "features is not an array of numbers"),
    bad("features of an adversary infinite", lambda _: games.LinearRewards([[[INF], [0.0]]]), InvalidStrategy, "features[0, 0, 0] is inf"),
    bad("features of another game", lambda _: game(adversary=games.LinearRewards(np.ones((3, 2, 1)))), InvalidStrategy, "(3, 2, 1)", "(2, 2, 2)"),
    bad("metric not symmetric", lambda _: games.LipschitzRewards([[0, 1], [2, 0]]), InvalidStrategy, "symmetric"),
    bad("metric infinite", lambda _: games.LipschitzRewards([[0.0, INF], [INF, 0.0]]), InvalidStrategy, "metric[0, 1] is inf"),
    bad("metric of another game", lambda _: game(adversary=games.LipschitzRewards(1 - np.eye(3))), InvalidStrategy, "3 pairs", "2 states and 2 actions"),
    bad("solving no game", lambda _: games.solve(plain()), InvalidArgument, "game=", "OccupancyGame("),
    bad("method misspelt", lambda _: games.solve(game(), method="newton"), InvalidArgument, "'newton'", "interior-point"),
    bad("method a list", lambda _: games.solve(game(), method=["conic"]), InvalidArgument, "method=['conic']"),
    bad("tolerance a text", lambda _: games.solve(game(), tolerance="tight"), InvalidArgument, "tolerance='tight'"),
    bad("tolerance NaN", lambda _: games.solve(game(), tolerance=NAN), InvalidArgument, "tolerance=nan"),
    bad("iterations true", lambda _: games.solve(game(), iterations=True), InvalidArgument, "iterations=True"),
    bad("method of other games", lambda _: games.solve(game(adversary=games.LinearRewards(FEATURES)), method="interior-point"), InvalidArgument, "interior-point", "conic"),
    bad("strategy of another game", lambda _: games.bounds(game(), EXPERT, np.zeros((2, 2))), InvalidStrategy, "(2, 2)", "(2, 2, 2)"),
    bad("strategy NaN", lambda _: games.bounds(game(), EXPERT, np.full((2, 2, 2), NAN)), InvalidStrategy, "nan", "chi2"),
    bad("certificate of a game", lambda _: games.certificate(game()), InvalidArgument, "saddle=", "solve(game)"),
    bad("laws that are none", lambda _: games.exact_policy(np.full((2, 2), NAN)), InvalidPolicy, "sum to nan"),
    bad("discriminator too large", lambda _: moments(np.full((2, 2, 2), 3.0)), InvalidArgument, "f has values outside of [-1, 1]"),
    bad("discriminator of another game", lambda _: moments(np.zeros((4, 4))), InvalidArgument, "f has shape (4, 4)", "(2, 2, 2)"),
    bad("moments of a policy for a target", lambda _: games.MomentGame(plain(), EXPERT, EXPERT), InvalidArgument, "target has shape (2, 2)"),
]  # fmt: skip


@il.claim(statement="nothing: it only has parameters of many kinds")
def all_kinds(
    mdp: il.FiniteHorizonMDP,
    expert: il.DeterministicPolicy,
    past: HistoryPolicy,
    p: il.Distribution,
    q: il.Distribution,
    weight: il.UnitInterval,
    rounds: Iterations,
    temperature: Temperature,
    f: il.StateFunction,
    laws: il.StateLaws,
    other: il.Reward,
):
    return il.value(mdp, expert) <= mdp.horizon


def with_(**changes: Any) -> Any:
    fine = {
        "mdp": model(), "expert": FIRST, "past": [[EVEN], [EVEN] * 4], "p": [HALF, HALF], "q": [1, 0], "weight": HALF,
        "rounds": 3, "temperature": 1, "f": [[0, 0]] * 2, "laws": [[1, 0]] * 2, "other": [R] * 2,
    }  # fmt: skip
    return all_kinds(**(fine | changes))


def theorem(*values: Any) -> Any:
    return il.catalogue()[THEOREM](*values)


INSTANCES = [
    bad("expert of the wrong model", lambda _: theorem(model(), np.eye(3, dtype=int), FIRST), InvalidInstance, "expert", "(3, 3)", "(2, 2)"),
    bad("learner of floats", lambda _: theorem(model(), FIRST, np.full((2, 2), 0.5)), InvalidInstance, "learner", "float64"),
    bad("rewards out of range", lambda _: theorem(model(r=[[3, 0], [0, 1]]), FIRST, EVEN), AssumptionViolated, THEOREM, "rewards in [0, 1]", "3 <= 1 is false"),
    bad("float rewards out of range", lambda _: theorem(model(r=[[0.0, -0.5], [0, 1]]), FIRST, FIRST), AssumptionViolated, "-0.5 >= 0 is false"),
    bad("discounted model", lambda _: theorem(model(discount=HALF), FIRST, FIRST), InvalidInstance, "mdp has a discount", "horizon=H"),
    bad("no learner", lambda _: theorem(model(), FIRST), InvalidInstance, "(mdp, expert, learner)", "'learner'"),
    bad("order", lambda _: theorem(FIRST, model(), FIRST), InvalidInstance, "mdp must be a TabularMDP", "list"),
    bad("random expert", lambda _: with_(expert=EVEN), InvalidInstance, "expert is not deterministic"),
    bad("past", lambda _: with_(past=[[EVEN], [EVEN]]), InvalidInstance, "past[1] has shape (1, 2, 2)", "(4, 2, 2)"),
    bad("distribution sum", lambda _: with_(p=[HALF, THIRD]), InvalidInstance, "p sums to 5/6"),
    bad("distributions of two sizes", lambda _: with_(q=[1, 0, 0]), InvalidInstance, "p has 2", "q has 3"),
    bad("weight", lambda _: with_(weight=Fraction(3, 2)), InvalidInstance, "weight = 3/2", "[0, 1]"),
    bad("weight NaN", lambda _: with_(weight=NAN), InvalidInstance, "weight is nan"),
    bad("rounds", lambda _: with_(rounds=True), InvalidInstance, "rounds = True", "whole number"),
    bad("temperature infinite", lambda _: with_(temperature=INF), InvalidInstance, "temperature is inf"),
    bad("function out of range", lambda _: with_(f=[[0, 5]] * 2), InvalidInstance, "f has values from 0.0 to 5.0", "[-1, 1]"),
    bad("laws", lambda _: with_(laws=[[1, 0], [1, 1]]), InvalidInstance, "laws[1] sums to 2"),
    bad("reward out of range", lambda _: with_(other=[[[0, 2], [0, 0]]] * 2), InvalidInstance, "other has values from 0.0 to 2.0"),
]  # fmt: skip

ENCODED = {
    "mdp": {"P": [[["1"], ["1"]]], "r": [["1", "0"]], "mu": ["1"], "horizon": 2},
    "expert": [["1", "0"]],
    "learner": [["1/2", "1/2"]],
}


def read(changes: Any = None, **parts: Any) -> Any:
    encoded = ENCODED | {"mdp": ENCODED["mdp"] | parts} | (changes or {})
    return decode(il.catalogue()[THEOREM], encoded)


JSON = [
    bad("JSON list", lambda _: decode(il.catalogue()[THEOREM], [ENCODED]), InvalidInstance, "an object", "not [{"),
    bad("JSON without the learner", lambda _: decode(il.catalogue()[THEOREM], {"mdp": {}, "expert": []}), InvalidInstance, "has mdp, expert;", "takes mdp, expert, learner"),
    bad("JSON of another claim", lambda _: read({"pupil": []}), InvalidInstance, "pupil", "takes mdp, expert, learner"),
    bad("JSON word", lambda _: read({"learner": [["half", "1/2"]]}), InvalidInstance, "learner holds 'half'", '"3/7"'),
    bad("JSON float", lambda _: read({"learner": [[0.1, 0.9]]}), InvalidInstance, "learner holds 0.1", '"3/7"'),
    bad("JSON division by zero", lambda _: read(r=[["1/0", "0"]]), InvalidInstance, "mdp.r holds '1/0'"),
    bad("JSON row sum", lambda _: read(P=[[["9/10"], ["1"]]]), InvalidInstance, "mdp is no model", "P[0, 0] sums to 9/10"),
    bad("JSON with two ends", lambda _: read(discount="1/2"), InvalidInstance, "mdp must have", "one of horizon and discount"),
    bad("JSON horizon", lambda _: read(horizon="2"), InvalidInstance, "mdp", "horizon='2'", "integer"),
]  # fmt: skip


def checked(function: Callable[..., Any], **options: Any) -> Any:
    """Verify a claim with this formula over a number p in [0, 1]."""

    @il.claim(statement="planted", id="planted", **options)
    def planted(p: il.UnitInterval):
        return function(p)

    return il.verify(planted, n=3)


def of_models(function: Callable[..., Any]) -> Any:
    """Decide a claim with this formula over models on one random block."""
    from iltheory.engine.evaluate import decide
    from iltheory.engine.worlds import RandomWorld

    @il.claim(statement="planted", id="planted")
    def planted(mdp: il.FiniteHorizonMDP, pi: il.Policy):
        return function(mdp, pi)

    return decide(planted, RandomWorld("uniform").draw(planted, np.random.default_rng(0), 5), 5)


def declared(annotation: Any, **options: Any) -> Any:
    def planted(mdp, pi):
        return il.value(mdp, pi) <= 1

    planted.__annotations__ = {"mdp": il.FiniteHorizonMDP} | ({} if annotation is None else {"pi": annotation})
    return il.claim(statement="planted", **options)(planted)


def bare(mdp, pi):
    return il.value(mdp, pi) <= 1


def several(*policies: il.Policy):
    return il.equal(0, 0)


def variant(function: Callable[..., Any], counterexample: Any) -> Any:
    @il.claim(statement="planted", id="planted")
    def planted(p: il.UnitInterval):
        return p <= 1

    planted.false_variant("wrong", counterexample=lambda: counterexample)(function)
    return il.verify(planted, n=3)


CLAIMS = [
    bad("no annotations", lambda _: il.claim(statement="x")(bare), InvalidClaim, "bare has no annotated parameters", "il.Policy"),
    bad("one annotation missing", lambda _: declared(None), InvalidClaim, "parameters pi have no annotation"),
    bad("unknown annotation", lambda _: declared(int), InvalidClaim, "parameter pi is annotated <class 'int'>", "il.Policy"),
    bad("misspelt annotation", lambda _: declared("il.Polcy"), InvalidClaim, "il", "Polcy", "top"),
    bad("starred parameter", lambda _: il.claim(statement="x")(several), InvalidClaim, "*policies", "il.Policies"),
    bad("status", lambda _: declared(il.Policy, status="true"), InvalidClaim, "status='true'", "derived here"),
    bad("no statement", lambda _: il.claim(statement=None)(all_kinds.function), InvalidClaim, "statement=None", "LaTeX"),
    bad("source a text", lambda _: declared(il.Policy, source="Smith 2020"), InvalidClaim, "source='Smith 2020'", "il.Paper"),
    bad("sizes of nothing", lambda _: declared(il.Policy, largest=Sizes(n_states=0)), InvalidClaim, "n_states is 0", "at least 1"),
    bad("sizes a dictionary", lambda _: declared(il.Policy, largest={"n_states": 3}), InvalidClaim, "largest={'n_states': 3}", "Sizes"),
    bad("assumption no Assumption", lambda _: declared(il.Policy, assumptions=[bare]), InvalidClaim, "assumptions=", "il.Assumption("),
    bad("assumption of another name", lambda _: declared(il.Policy, assumptions=[il.Assumption("odd", lambda n: True)]), InvalidClaim, "«odd»", "(n)", "(mdp, pi)"),
    bad("tight no function", lambda _: declared(il.Policy, tight=3), InvalidClaim, "tight=3", "il.Tight"),
    bad("returns a bool", lambda _: checked(lambda p: True), BlockFailed, "block 0 of planted on random uniform", "returned bool True", "lhs <= rhs", "Fraction on the left"),
    bad("returns nothing", lambda _: checked(lambda p: None), BlockFailed, "returned NoneType None"),
    bad("returns a number", lambda _: checked(lambda p: p * p), BlockFailed, "returned IntervalArray", "not a comparison"),
    bad("compares plain floats", lambda _: checked(lambda p: float(p[0]) <= 1.0), BlockFailed, "returned bool True", "plain floats"),
    bad("compares with a rounded constant", lambda _: checked(lambda p: p <= 0.3), BlockFailed, "MixedArithmetic", "float", "Fraction"),
    bad("makes a float of a batch", lambda _: checked(lambda p: float(p) <= 1.0), BlockFailed, "single number", "numpy.asarray"),
    bad("chains comparisons", lambda _: checked(lambda p: 0 <= p <= 1), BlockFailed, "2 numbers", "`a <= x <= b`"),
    bad("raises", lambda _: checked(lambda p: {}["gap"]), BlockFailed, "block 0 of planted", "KeyError: 'gap'", "bad_inputs.py, line", "blocks that finished are in the ledger"),
    bad("too many axes", lambda _: of_models(lambda mdp, pi: ar.wrap(mdp.v(pi)) <= mdp.horizon), InvalidClaim, "planted", "for 5 instances", "x.sum(-1)"),
    bad("mixes a batch", lambda _: checked(lambda p: p.sum() <= 2), BlockFailed, "lhs of one instance", "alone", "mixes the instances"),
    bad("assumes a number", lambda _: checked(lambda p: il.assume(p) or p <= 1), BlockFailed, "an assumption is a comparison"),
    bad("assumes too many axes", lambda _: of_models(lambda mdp, pi: il.assume(ar.wrap(mdp.v(pi)) >= 0) or il.value(mdp, pi) <= 99), InvalidClaim, "an assumption has shape", "for 5 instances"),
    bad("assumes what never holds", lambda _: checked(lambda p: il.assume(p > 1) or p <= 1), NothingVerified, "none of 15 generated instances", "il.assume"),
    bad("has an assumption that never holds", lambda _: checked(lambda p: p <= 1, assumptions=[il.Assumption("p above 1", lambda p: p > 1)]), NothingVerified, "p above 1"),
    bad("tight instance of another kind", lambda _: checked(lambda p: p <= 1, tight=lambda: 3), BlockFailed, "tight instance", "il.Tight(instance, lhs, rhs)"),
    bad("variant of other parameters", lambda _: variant(bare, (1,)), InvalidClaim, "planted/wrong takes (mdp, pi)", "(p)"),
    bad("counterexample out of range", lambda _: variant(lambda p: p <= 0, (2,)), BlockFailed, "false variants", "p = 2", "[0, 1]"),
    bad("assumed outside", lambda _: il.assume(il.value(model(), EVEN) >= 100), AssumptionViolated, "1 >= 100 is false"),
]  # fmt: skip


def two_of_one_id(_: Path) -> Any:
    first, second = (il.claim(statement="x", id="planted")(all_kinds.function) for _ in range(2))
    return il.verify_all([first, second], n=1)


def refused(folder: Path, **options: Any) -> Any:
    return il.verify("kaariainen-2006-flip", **({"n": 1, "ledger": folder / "x.sqlite"} | options))


VERIFY = [
    bad("unknown id", lambda _: il.verify("ross-bagnell-2010-thm-2"), UnknownClaim, "ross-bagnell-2010-thm-2'", "did you mean", THEOREM),
    bad("not a claim", lambda _: il.verify(bare), UnknownClaim, "<function bare", "@il.claim"),
    bad("two claims of one id", two_of_one_id, InvalidOption, "'planted'", "id="),
    bad("n zero", lambda folder: refused(folder, n=0), InvalidOption, "n=0", "at least 1"),
    bad("n a float", lambda folder: refused(folder, n=2.5), InvalidOption, "n=2.5", "integer"),
    bad("budget NaN", lambda folder: refused(folder, budget=NAN), InvalidOption, "budget=nan", "seconds"),
    bad("budget text", lambda folder: refused(folder, budget="soon"), InvalidOption, "budget='soon'"),
    bad("seed negative", lambda folder: refused(folder, seed=-1), InvalidOption, "seed=-1", "2**63"),
    bad("arithmetic", lambda folder: refused(folder, arithmetic="double"), InvalidOption, "'double'", "interval"),
    bad("executor a number", lambda folder: refused(folder, executor=4), InvalidOption, "executor=4", "processes(4)"),
    bad("no workers", lambda _: processes(0).__enter__(), ExecutorError, "workers is 0", "at least 1"),
    bad("no such world", lambda _: il.reproduce(THEOREM, Where("moon", 0, 0, 4, 0)), InvalidOption, "'moon'", "cliff"),
    bad("no such place", lambda _: il.reproduce(THEOREM, Where("cliff", 0, 0, 4, 4)), InvalidOption, "position=4", "4 in the block"),
]  # fmt: skip


def key(**changes: Any) -> BlockKey:
    fine = {"claim": "c", "claim_hash": "0f", "arithmetic": "auto", "family": "f", "seed": 0, "index": 0, "size": 1}
    return BlockKey(**({"versions": "1"} | fine | changes))


def of_version(folder: Path, version: int) -> Any:
    with Ledger(folder / "x.sqlite") as ledger:
        ledger.record(key(), {}, 0)
    with sqlite3.connect(folder / "x.sqlite") as connection:
        connection.execute(f"PRAGMA user_version={version}")
    return Ledger(folder / "x.sqlite")


def of_another_program(folder: Path) -> Any:
    with sqlite3.connect(folder / "x.sqlite") as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    return Ledger(folder / "x.sqlite")


def of_pickles(folder: Path) -> Any:
    import pickle

    (folder / "model.zip").write_bytes(pickle.dumps({"policy": 1}))
    return experts.from_stable_baselines3(folder / "model.zip", "CartPole-v1")


EXPERTS = [
    bad("expert unknown", lambda _: experts.load("Hoper-v5"), InvalidExpert, "'Hoper-v5'", "near it: Hopper-v5", "There are: "),
    bad("expert pickled", lambda _: experts.load("policy.pkl"), InvalidExpert, "pickled", "refused"),
    bad("expert a folder without one", lambda folder: experts.load("CartPole-v1", folder=folder), InvalidExpert, "There are: none"),
    bad("expert of pickles", of_pickles, InvalidExpert, "no zip file with policy.pth", "is refused"),
    bad("expert of another world", lambda _: experts.load("Hopper-v5").policy.check(experts.load("CartPole-v1").policy.spaces), InvalidSampledPolicy, "(11,)", "(4,)", "another world's"),
    bad("expert of no episodes", lambda _: experts.demonstrations("CartPole-v1", 0, 0), InvalidArgument, "n=0", "at least 1"),
    bad("expert of a negative seed", lambda _: experts.demonstrations("CartPole-v1", 1, -1), InvalidArgument, "rng=-1", "at least 0"),
    bad("expert NaN", lambda _: experts.linear([[NAN]]), InvalidExpert, "weight contains nan", "finite"),
    bad("expert of no table", lambda _: experts.game_expert("tetris"), InvalidTable, "tetris", "pong"),
]  # fmt: skip


def of_text(folder: Path) -> Any:
    (folder / "x.sqlite").write_text("my notes, not a database at all " * 50)
    return Ledger(folder / "x.sqlite")


def damaged(folder: Path) -> Any:
    with Ledger(folder / "x.sqlite") as ledger:
        for index in range(200):
            ledger.record(key(index=index), {"text": "x" * 100}, 0)
    page = (folder / "x.sqlite").read_bytes()[:4096]
    (folder / "x.sqlite").write_bytes(page + b"\xff" * 4096 * 3)
    with Ledger(folder / "x.sqlite") as ledger:
        return list(ledger.results())


def recorded(result: Any) -> Any:
    with Ledger(":memory:") as ledger:
        return ledger.record(key(), result, 0)


LEDGERS = [
    bad("ledger of another version", lambda folder: of_version(folder, 7), LedgerError, "x.sqlite", "version 7", "name another file"),
    bad("ledger of another program", of_another_program, LedgerError, "another program", "left as it is"),
    bad("ledger of text", of_text, LedgerError, "x.sqlite", "not an SQLite file", "left as it is"),
    bad("ledger damaged", damaged, LedgerError, "x.sqlite", "damaged", ".recover"),
    bad("ledger a folder", Ledger, LedgerError, "cannot be opened or created", "no folder itself"),
    bad("ledger in no folder", lambda folder: Ledger(folder / "no" / "x.sqlite"), LedgerError, "its folder exists"),
    bad("ledger without a name", lambda _: Ledger(""), LedgerError, "path is ''"),
    bad("ledger a number", lambda _: Ledger(5), LedgerError, "path is 5"),
    bad("block of no instances", lambda _: key(size=0), LedgerError, "size is 0"),
    bad("result NaN", lambda _: recorded({"ratio": NAN}), LedgerError, "block 0 of c", "nan as strings"),
]  # fmt: skip


def by_network(_: Path, demos: Any = None, **options: Any) -> Any:
    """Clone with a network; two states, two actions."""
    neural = learners.neural
    options = {"updates": 1, "seed": 0, **options}
    architecture = options.pop("architecture", neural.Architecture(neural.OneHot(2), neural.CategoricalHead(2)))
    return neural.behavioral_cloning(demos or walks(), Spaces((), n_actions=2), architecture=architecture, **options)


def diverged(folder: Path) -> Any:
    rewards = np.array([[1e30], [-1e30]] * 4)
    wild = Trajectories.from_arrays(np.arange(9.0)[None, :, None], rewards[None], None, [True], [False])
    return learners.neural.behavioral_cloning(
        wild, Spaces((1,), action_low=(-1.0,), action_high=(1.0,)), updates=9, seed=0, folder=folder / "run"
    )


def damaged_policy(folder: Path) -> Any:
    by_network(folder).policy.save(folder / "policy")
    file = folder / "policy" / "policy.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    return learners.neural.NeuralPolicy.load(folder / "policy")


def pickled_policy(folder: Path) -> Any:
    (folder / "policy.pt").write_bytes(b"PK\x03\x04 and so on")
    return learners.neural.NeuralPolicy.load(folder / "policy.pt")


def of_another_run(folder: Path) -> Any:
    by_network(folder, folder=folder / "run")
    return by_network(folder, folder=folder / "run", updates=2, learning_rate=0.5)


def adversarially(learner: str = "gail", **options: Any) -> Any:
    """Imitate one step on CartPole."""
    neural = learners.neural
    demos = Trajectories.from_arrays(np.zeros((1, 3, 4)), [[0, 1]], None, [False], [True])
    return getattr(neural, learner)(demos, sampled_environment("CartPole-v1"), **{"updates": 1, "seed": 0, **options})


NEURAL = [
    bad("policy damaged", damaged_policy, IltheoryError, "policy.safetensors is damaged", "sha256", "Restore it"),
    bad("transitions of another world", lambda folder: by_network(folder, learners.neural.transitions(walks(np.zeros((1, 3, 4))), Spaces((4,), n_actions=2))), InvalidDataset, "shape (4,)", "of another world"),
    bad("policy pickled", pickled_policy, IltheoryError, "policy.pt", "pickled objects", "never loaded", "safetensors"),
    bad("policy missing", lambda folder: learners.neural.NeuralPolicy.load(folder / "none"), IltheoryError, "policy.json does not exist"),
    bad("run of other options", of_another_run, IltheoryError, "learning_rate=0.001 there and 0.5 here", "another folder"),
    bad("training diverges", diverged, IltheoryError, "at update 1: training stopped", "no checkpoint yet", "learning_rate"),
    bad("demos of another space", lambda folder: by_network(folder, Trajectories.from_arrays([[[0.0], [1.0]]], [[1]], None, [True], [False])), InvalidDataset, "(1,)", "those of the world ()", "another world"),
    bad("architecture of another space", lambda folder: by_network(folder, architecture=learners.neural.Architecture(learners.neural.Flat((3,)), learners.neural.CategoricalHead(2))), InvalidSampledPolicy, "(3,)", "different observation spaces"),
    bad("number of states unknown", lambda folder: by_network(folder, architecture=None), InvalidSampledPolicy, "OneHot(n_states, horizon)"),
    bad("device unknown", lambda folder: by_network(folder, device="abacus"), InvalidArgument, "device='abacus' cannot be used"),
    bad("a seed that is none", lambda folder: by_network(folder, seed=None), InvalidArgument, "seed=None", "at least 0"),
    bad("updates 0", lambda folder: by_network(folder, updates=0), InvalidArgument, "updates=0"),
    bad("ema of one", lambda folder: by_network(folder, ema=1.0), InvalidArgument, "ema decay=1.0", "[0, 1)"),
    bad("divergence unknown to gail", lambda _: adversarially(divergence="kl"), InvalidArgument, "divergence='kl'", "forward-kl, reverse-kl"),
    bad("gail sees nothing", lambda _: adversarially(seen="rewards"), InvalidArgument, "seen='rewards'", "'next observations'"),
    bad("SAC of numbered actions", lambda _: adversarially(solver=learners.neural.SAC()), InvalidArgument, "2 numbered actions", "PPO(...)"),
    bad("AdRIL of numbered actions", lambda _: adversarially("adril"), InvalidArgument, "2 numbered actions", "PPO(...)"),
    bad("airl off policy", lambda _: adversarially("airl", solver=learners.neural.SAC()), InvalidArgument, "solver", "PPO(steps=64)"),
    bad("PPO without a future", lambda _: learners.neural.PPO(discount=1.0), InvalidArgument, "discount=1.0", "[0, 1)"),
    bad("discriminator penalised below zero", lambda _: learners.neural.Fit(gradient_penalty=-1.0), InvalidArgument, "gradient_penalty=-1.0", "at least 0"),
    bad("no codes", lambda _: adversarially("infogail", codes=0), InvalidArgument, "codes=0"),
]  # fmt: skip

TABLE = [
    *MODELS,
    *POLICIES,
    *FAMILIES,
    *ENVIRONMENTS,
    *EXPERTS,
    *DATASETS,
    *LEARNERS,
    *NEURAL,
    *GAMES,
    *INSTANCES,
    *JSON,
    *CLAIMS,
    *VERIFY,
    *LEDGERS,
]

FLIP = "kaariainen-2006-flip.quadratic"
COMMANDS = [
    (["frobnicate"], ["frobnicate"]),
    (["show"], ["ID"]),
    (["list", "no-such-claim-at-all"], ["no-such-claim-at-all", "iltheory list"]),
    (["show", "ross-bagnel"], ["ross-bagnel", "did you mean ross-bagnell-2010"]),
    (["show", FLIP, "--ledger", "notes.txt"], ["notes.txt", "not an SQLite file"]),
    (["verify", "no-such-claim-at-all"], ["no-such-claim-at-all"]),
    (["experts", "card", "freeway"], ["game_expert('freeway')"]),
    (["verify-sampled", "conj.py"], ["there is no file conj.py", "@il.claim"]),
    (["verify-sampled", "--learner", "runs/bc", "--horizon", "3"], ["there is no folder runs/bc"]),
    (["verify-sampled", "--learner", "model.zip", "--horizon", "3"], ["model.zip does not exist"]),
    (["verify-sampled", "--world", "freeway", "--horizon", "99"], ["99"]),
    (["experts", "card", "Hoper-v5"], ["Hoper-v5", "near it: Hopper-v5"]),
    (["experts", "roll", "CartPole-v1", "--episodes", "1"], ["--episodes"]),
    (["verify", "my_bound.py"], ["my_bound.py is no id", "iltheory falsify my_bound.py"]),
    (["verify", FLIP, "--n", "0"], ["--n"]),
    (["verify", FLIP, "--n", "many"], ["--n", "valid integer"]),
    (["verify", FLIP, "--budget", "nan"], ["budget=nan", "positive number of seconds"]),
    (["verify", FLIP, "--seed", "-1"], ["--seed"]),
    (["verify", FLIP, "--seed", str(2**63)], [f"seed={2**63}", "2**63 - 1"]),
    (["verify", FLIP, "--arithmetic", "double"], ["'double'", "rational"]),
    (["verify", FLIP, "--workers", "0"], ["--workers"]),
    (["verify", FLIP, "--workers", "2", "--dask", "tcp://127.0.0.1:1"], ["--workers", "dask"]),
    (["verify", FLIP, "--dask", "nowhere"], ["'nowhere'", "dask scheduler"]),
    (["verify", FLIP, "--ledger", "notes.txt"], ["notes.txt", "left as it is"]),
    (["verify", FLIP, "--ledger", "notes.txt/x.sqlite"], ["notes.txt/x.sqlite", "cannot be opened or created"]),
    (["verify", FLIP, "--ledger", "no/folder/x.sqlite"], ["no/folder/x.sqlite", "its folder exists"]),
    (["list", FLIP, "--json", "no/folder/x.json"], ["no/folder/x.json", "No such file or directory", "another file"]),
    (["list", FLIP, "--json", "."], ["--json .", "Is a directory"]),
    (["table", "ross-bagnel"], ["'ross-bagnel'", "did you mean ross-bagnell-2010"]),
    (["table", FLIP, "--format", "latx"], ["no format is called 'latx'", "did you mean latex?"]),
    (["table", FLIP, "--columns", "claim,verdit"], ["no column is called 'verdit'", "did you mean verdict?"]),
    (["table", FLIP, "--out", "no/folder/x.tex"], ["--out no/folder/x.tex", "No such file or directory"]),
    (["table", FLIP, "--out", "."], ["--out .", "Is a directory"]),
    (["table", FLIP, "--budget", "soon"], ["--budget", "'soon'", "60s, 5m or 1h"]),
    (["table", FLIP, "--tightness", "none.jsonl"], ["none.jsonl cannot be read", "iltheory tightness --rows"]),
    (["table", FLIP, "--tightness", "notes.txt"], ["notes.txt, line 1", "no row of the table of tightness"]),
    (["table", FLIP, "--ledger", "notes.txt"], ["notes.txt", "left as it is"]),
    (["figures", "horizon-scalin"], ["no figure is called 'horizon-scalin'", "did you mean horizon-scaling"]),
    (["figures", "--style", "neurips25"], ["no style is called 'neurips25'", "did you mean neurips2025"]),
    (["figures", "--format", "pdf,bmp"], ["no format is called 'bmp'", "pdf, svg, png, pgf"]),
    (["figures", "--folder", "notes.txt"], ["--folder notes.txt cannot be written", "another folder"]),
    (["figures", "--redraw", "--folder", "."], ["does not exist", "without --redraw first"]),
    (["report", "dagger-2011-thm-2-3"], ["'dagger-2011-thm-2-3'", "did you mean dagger-2011-thm-2-2"]),
    (["report", "--folder", "notes.txt"], ["--folder notes.txt cannot be written", "another folder"]),
    (["report", "--folder", "."], ["not empty", "`iltheory report`", "another folder"]),
    (["report", "--figures", "none"], ["--figures none is no folder", "iltheory figures --folder none"]),
    (["report", "--no-compute", "--ledger", "notes.txt"], ["notes.txt", "left as it is"]),
    (["scale", "recoverabilty"], ["no experiment is called 'recoverabilty'", "did you mean recoverability?"]),
]
"""Arguments, and words that standard error must hold; the exit status must be 2."""
