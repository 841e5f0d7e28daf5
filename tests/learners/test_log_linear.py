"""Log-linear policies: maximum likelihood where it exists, and a clear answer where it does not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from small_models import A, H, S, random_model

from iltheory.learners import LOG_LOSS, LogLinearPolicies, NoMaximum, behavioral_cloning, dagger
from iltheory.measures import cross_entropy
from sims import TabularMDP, families
from sims.errors import InvalidArgument


def model(horizon: int = H) -> TabularMDP:
    return random_model(0, horizon=horizon).to("float64")


def counts(seed: int, shape: tuple[int, ...] = (H, S, A)) -> Any:
    return np.random.default_rng(seed).integers(1, 9, size=shape).astype(float)


def features(seed: int, k: int, shape: tuple[int, ...] = (S, A)) -> Any:
    return np.random.default_rng(seed).normal(size=(*shape, k))


@pytest.mark.parametrize("seed", range(3))
def test_with_one_parameter_a_pair_it_is_the_share_of_weights(seed: int) -> None:
    mdp, weights = model(), counts(seed)
    law = LogLinearPolicies(np.eye(S * A).reshape(S, A, -1)).likeliest(mdp, weights)
    share = weights.sum(0) / weights.sum((0, -1))[..., None]
    assert np.abs(law[0] - share).max() < 1e-13
    timely = LogLinearPolicies(np.eye(H * S * A).reshape(H, S, A, -1)).likeliest(mdp, weights)
    assert np.abs(timely - weights / weights.sum(-1, keepdims=True)).max() < 1e-13


@pytest.mark.parametrize("seed", range(6))
def test_where_the_class_cannot_fit_its_expected_features_are_those_shown(seed: int) -> None:
    mdp, weights, X = model(), counts(seed), features(seed, 2)
    law = LogLinearPolicies(X).likeliest(mdp, weights)
    shown = np.einsum("hsa,sai->i", weights, X)
    expected = np.einsum("s,sa,sai->i", weights.sum((0, -1)), law[0], X)
    assert np.abs(shown - expected).max() < 1e-11 * weights.sum()
    assert cross_entropy(mdp, weights, law) > cross_entropy(mdp, weights, weights / weights.sum(-1, keepdims=True))


def test_no_parameters_near_by_or_far_away_are_likelier() -> None:
    mdp, weights, X = model(), counts(1), features(1, 3)
    found = LogLinearPolicies(X)
    theta, rng = found.parameters(mdp, weights), np.random.default_rng(0)
    best = cross_entropy(mdp, weights, found.likeliest(mdp, weights))
    for size in (1e-3, 1e-1, 1.0, 10.0):
        for _ in range(20):
            logits = X @ (theta + size * rng.normal(size=3))
            law = np.exp(logits - logits.max(-1, keepdims=True))
            assert best <= cross_entropy(mdp, weights, law / law.sum(-1, keepdims=True))


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e5])
def test_the_scale_of_features_does_not_matter(scale: float) -> None:
    mdp, weights, X = model(), counts(2), features(2, 3)
    plain, scaled = (LogLinearPolicies(x).likeliest(mdp, weights) for x in (X, X * scale))
    assert np.abs(plain - scaled).max() < 1e-11


def test_features_that_do_not_tell_actions_apart_change_nothing() -> None:
    mdp, weights, X = model(), counts(3), features(3, 2)
    constant = np.repeat(features(4, 1, (S, 1)), A, axis=1)
    more = np.concatenate([X, constant, X @ np.ones((2, 1))], axis=-1)
    assert np.abs(
        LogLinearPolicies(more).likeliest(mdp, weights) - LogLinearPolicies(X).likeliest(mdp, weights)
    ).max() < (1e-11)
    assert np.all(LogLinearPolicies(constant).likeliest(mdp, weights) == 1 / A)


def test_nothing_shown_leaves_the_parameters_at_zero() -> None:
    assert np.all(LogLinearPolicies(features(0, 2)).likeliest(model(), np.zeros((H, S, A))) == 1 / A)


def test_an_expert_in_the_closure_of_the_class_is_reported_as_such() -> None:
    mdp = model()
    expert = np.eye(A)[[0, 1, 0]]
    X = np.eye(S * A).reshape(S, A, -1)
    with pytest.raises(NoMaximum, match="give ridge > 0"):
        behavioral_cloning(expert, mdp, policy_class=LogLinearPolicies(X))


def test_one_action_never_shown_is_enough_to_have_no_maximum() -> None:
    weights = counts(0)
    weights[:, 1, 0] = 0
    with pytest.raises(NoMaximum):
        LogLinearPolicies(np.eye(S * A).reshape(S, A, -1)).likeliest(model(), weights)


@pytest.mark.parametrize("rare", [1e-3, 1e-6])
def test_an_action_rarely_shown_still_has_a_likeliest_law(rare: float) -> None:
    weights = counts(0)
    weights[:, 1] = [rare, 1.0]
    law = LogLinearPolicies(np.eye(S * A).reshape(S, A, -1)).likeliest(model(), weights)
    assert law[0, 1, 0] == pytest.approx(rare / (1 + rare), rel=1e-9)


def test_a_ridge_makes_a_deterministic_expert_learnable() -> None:
    mdp, expert, X = model(), np.eye(A)[[0, 1, 0]], np.eye(S * A).reshape(S, A, -1)
    weights = np.broadcast_to(expert, (H, S, A)) / S
    for ridge in (1e-1, 1e-3):
        found = LogLinearPolicies(X, ridge=ridge)
        theta, law = found.parameters(mdp, weights), found.likeliest(mdp, weights)
        slope = np.einsum("hsa,sai->i", weights - law / S, X) / H
        assert np.abs(slope - ridge * theta).max() < 1e-10
    assert np.sum(law[0] * expert) / S > 0.95


def test_laws_are_exact_in_every_number_system() -> None:
    weights = counts(5)
    X = features(5, 2)
    floats = LogLinearPolicies(X).likeliest(model(), weights)
    exact = LogLinearPolicies(X).likeliest(random_model(0), random_model(0).system.convert(weights))
    assert all(sum(row) == 1 for row in exact.fractions().reshape(-1, A))
    assert np.all(exact.fractions() == np.vectorize(Fraction)(floats))


def test_dagger_with_the_log_loss_has_little_regret_on_a_class_that_cannot_fit() -> None:
    mdp = families.garnet(n_states=8, n_actions=3, branching=2, horizon=5, rng=0)
    expert = families.random.random_policy((5, 8, 3), 1)
    run = dagger(mdp, expert, LogLinearPolicies(features(0, 2, (8, 3))), iterations=30, loss=LOG_LOSS)
    assert 0 <= run.regret < 0.03 < run.class_error
    assert run.own_losses[-1] - run.class_error < 0.01


def test_linear_losses_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="log loss"):
        dagger(model(), np.eye(A)[[0, 0, 0]], LogLinearPolicies(features(0, 2)), iterations=2)


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        ((S + 1, A, 2), "features have shape"),
        ((H + 1, S, A, 2), "features have shape"),
        ((S, A), "features have shape"),
    ],
)
def test_features_of_another_shape_are_named(shape: tuple[int, ...], complaint: str) -> None:
    with pytest.raises(InvalidArgument, match=complaint):
        LogLinearPolicies(np.ones(shape)).likeliest(model(), counts(0))


def test_bad_numbers_are_named() -> None:
    for asked, words in (
        (LogLinearPolicies(np.full((S, A, 1), np.nan)), r"features\[0, 0, 0\] is nan"),
        (LogLinearPolicies(np.ones((S, A, 0))), "at least one feature"),
        (LogLinearPolicies("state"), "features is not an array of numbers"),
        (LogLinearPolicies(np.ones((S, A, 1)), ridge=-1.0), "ridge=-1.0 must be a number, at least 0"),
        (LogLinearPolicies(np.ones((S, A, 1)), ridge=np.inf), "ridge=inf"),
    ):
        with pytest.raises(InvalidArgument, match=words):
            asked.likeliest(model(), counts(0))


def test_where_parameters_explain_everything_no_gradient_is_small_enough() -> None:
    """Rows of very different scales, all explained by some parameters: gradients vanish long before steps do."""
    mdp = families.garnet(n_states=5, n_actions=3, branching=1, horizon=1, rng=0)
    rng = np.random.default_rng(0)
    for _ in range(150):
        k = int(rng.integers(1, 6))
        X = rng.normal(size=(5, 3, k)) * 10.0 ** rng.uniform(-2, 2, size=(5, 1, 1))
        shown = np.eye(3)[np.argmax(X @ rng.normal(size=k), axis=-1)] * 10.0 ** rng.uniform(-4, 2, size=(5, 1))
        with pytest.raises(NoMaximum):
            LogLinearPolicies(X).likeliest(mdp, shown[None])
