"""Algorithms of imitation learning, one a file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from iltheory.games import NoFiniteValue
from iltheory.learners.adril import AdRIL, adril, fictitious_play, frank_wolfe, replayed_reward
from iltheory.learners.advil import AdVIL, advil
from iltheory.learners.aggrevate import Aggrevate, aggrevate
from iltheory.learners.airl import AIRL, airl
from iltheory.learners.behavioral_cloning import behavioral_cloning
from iltheory.learners.daequil import DAeQuIL, daequil
from iltheory.learners.dagger import Dagger, dagger
from iltheory.learners.finite_gail import FiniteGAIL, finite_gail
from iltheory.learners.forward_training import ForwardTraining, forward_training
from iltheory.learners.gail import Gail, adversarial_imitation, gail
from iltheory.learners.gan_gcl import GanGcl, gan_gcl
from iltheory.learners.infogail import InfoGAIL, infogail
from iltheory.learners.iq_learn import IQLearn, iq_learn
from iltheory.learners.iq_learn_states import IQLearnStates, iq_learn_states
from iltheory.learners.log_linear import LogLinearPolicies, NoMaximum
from iltheory.learners.losses import LOG_LOSS, ZERO_ONE, Loss, action_costs
from iltheory.learners.lpal import LPAL, lpal
from iltheory.learners.ls_iq import LSIQ, ls_iq
from iltheory.learners.maximum_causal_entropy import MaximumCausalEntropy, maximum_causal_entropy
from iltheory.learners.maximum_entropy import MaximumEntropy, maximum_entropy
from iltheory.learners.mimic_md import MimicMD, mimic_md
from iltheory.learners.moment_matching import MomentMatching, moment_matching
from iltheory.learners.mwal import MWAL, mwal
from iltheory.learners.nrpi import Nrpi, nrpi
from iltheory.learners.online import FollowTheLeader, FollowTheRegularizedLeader, OnlineLearner, hedge
from iltheory.learners.policy_class import FinitePolicies, PolicyClass, TabularPolicies
from iltheory.learners.projection import Projection, projection
from iltheory.learners.replay_estimation import ReplayEstimation, replay_estimation
from iltheory.learners.schedules import at_first, geometric, never
from iltheory.learners.smile import Smile, smile
from iltheory.learners.sqil import sqil
from iltheory.learners.value_dice import ValueDice, value_dice

if TYPE_CHECKING:
    from iltheory.learners import neural

__all__ = [
    "AIRL",
    "AdRIL",
    "AdVIL",
    "Aggrevate",
    "DAeQuIL",
    "Dagger",
    "FiniteGAIL",
    "FinitePolicies",
    "FollowTheLeader",
    "FollowTheRegularizedLeader",
    "ForwardTraining",
    "Gail",
    "GanGcl",
    "IQLearn",
    "IQLearnStates",
    "InfoGAIL",
    "LOG_LOSS",
    "LPAL",
    "LSIQ",
    "LogLinearPolicies",
    "Loss",
    "MWAL",
    "MaximumCausalEntropy",
    "MaximumEntropy",
    "MimicMD",
    "MomentMatching",
    "NoFiniteValue",
    "NoMaximum",
    "Nrpi",
    "OnlineLearner",
    "PolicyClass",
    "Projection",
    "ReplayEstimation",
    "Smile",
    "TabularPolicies",
    "ValueDice",
    "ZERO_ONE",
    "action_costs",
    "adril",
    "adversarial_imitation",
    "advil",
    "aggrevate",
    "airl",
    "at_first",
    "behavioral_cloning",
    "daequil",
    "dagger",
    "fictitious_play",
    "finite_gail",
    "forward_training",
    "frank_wolfe",
    "gail",
    "gan_gcl",
    "geometric",
    "hedge",
    "infogail",
    "iq_learn",
    "iq_learn_states",
    "lpal",
    "ls_iq",
    "maximum_causal_entropy",
    "maximum_entropy",
    "mimic_md",
    "moment_matching",
    "mwal",
    "neural",
    "never",
    "nrpi",
    "projection",
    "replay_estimation",
    "replayed_reward",
    "smile",
    "sqil",
    "value_dice",
]


def __getattr__(name: str) -> Any:
    """Load learners with neural networks, and torch, when they are first asked for."""
    if name != "neural":
        raise AttributeError(f"module 'iltheory.learners' has no attribute {name!r}")
    return import_module("iltheory.learners.neural")
