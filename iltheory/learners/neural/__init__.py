"""Learners with neural networks, in torch, beside their exact twins; loaded on first use (extra ``torch``)."""

from __future__ import annotations

from iltheory.learners.neural.averaging import EMA
from iltheory.learners.neural.behavioral_cloning import BehavioralCloning, behavioral_cloning
from iltheory.learners.neural.dagger import Dagger, dagger
from iltheory.learners.neural.heads import CategoricalHead, GaussianHead, MixtureHead, PointHead, SquashedGaussianHead
from iltheory.learners.neural.networks import MLP, Architecture, Flat, OneHot, PolicyNetwork
from iltheory.learners.neural.policy import NeuralPolicy
from iltheory.learners.neural.stored import InvalidCheckpoint
from iltheory.learners.neural.training import History, Recipe, Trained, TrainingDiverged, train
from iltheory.learners.neural.transitions import Transitions, transitions

__all__ = [
    "Architecture",
    "BehavioralCloning",
    "CategoricalHead",
    "Dagger",
    "EMA",
    "Flat",
    "GaussianHead",
    "History",
    "InvalidCheckpoint",
    "MLP",
    "MixtureHead",
    "NeuralPolicy",
    "OneHot",
    "PointHead",
    "PolicyNetwork",
    "Recipe",
    "SquashedGaussianHead",
    "Trained",
    "TrainingDiverged",
    "Transitions",
    "behavioral_cloning",
    "dagger",
    "train",
    "transitions",
]
