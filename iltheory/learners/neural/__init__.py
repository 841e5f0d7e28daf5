"""Learners with neural networks, in torch, beside their exact twins; loaded on first use (extra ``torch``)."""

from __future__ import annotations

from iltheory.learners.neural import _requirements as _requirements
from iltheory.learners.neural._soft_recipe import SoftOptions, SoftTrained
from iltheory.learners.neural.adril import AdRIL, adril
from iltheory.learners.neural.advil import AdVIL, advil
from iltheory.learners.neural.airl import AIRL, ShapedReward, airl
from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.behavioral_cloning import BehavioralCloning, behavioral_cloning
from iltheory.learners.neural.daequil import DAeQuIL, daequil
from iltheory.learners.neural.dagger import Dagger, dagger
from iltheory.learners.neural.discriminators import Discriminator
from iltheory.learners.neural.gail import GAIL, Fit, LearnedReward, gail
from iltheory.learners.neural.heads import CategoricalHead, GaussianHead, MixtureHead, PointHead, SquashedGaussianHead
from iltheory.learners.neural.infogail import CodedPolicy, InfoGAIL, infogail
from iltheory.learners.neural.inner_rl import PPO, SAC
from iltheory.learners.neural.iq_learn import IQLearn, iq_learn
from iltheory.learners.neural.ls_iq import ls_iq
from iltheory.learners.neural.networks import MLP, Architecture, Flat, OneHot, PolicyNetwork
from iltheory.learners.neural.policy import NeuralPolicy
from iltheory.learners.neural.sqil import sqil
from iltheory.learners.neural.stored import InvalidCheckpoint
from iltheory.learners.neural.training import History, Recipe, Trained, TrainingDiverged, train
from iltheory.learners.neural.transitions import Transitions, transitions
from iltheory.learners.neural.value_dice import value_dice

__all__ = [
    "AIRL",
    "AdRIL",
    "AdVIL",
    "Architecture",
    "BehavioralCloning",
    "CategoricalHead",
    "CodedPolicy",
    "DAeQuIL",
    "Dagger",
    "Discriminator",
    "EMA",
    "Fit",
    "Flat",
    "GAIL",
    "GaussianHead",
    "History",
    "IQLearn",
    "InfoGAIL",
    "InvalidCheckpoint",
    "LearnedReward",
    "MLP",
    "MixtureHead",
    "NeuralPolicy",
    "OneHot",
    "PPO",
    "PointHead",
    "PolicyNetwork",
    "Recipe",
    "SAC",
    "ShapedReward",
    "SoftOptions",
    "SoftTrained",
    "SquashedGaussianHead",
    "Trained",
    "TrainingDiverged",
    "Transitions",
    "adril",
    "advil",
    "airl",
    "behavioral_cloning",
    "daequil",
    "dagger",
    "gail",
    "infogail",
    "iq_learn",
    "ls_iq",
    "sqil",
    "train",
    "transitions",
    "value_dice",
]
