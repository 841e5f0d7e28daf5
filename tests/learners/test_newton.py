"""Newton's method with conjugate gradients on functions whose minima are known."""

from __future__ import annotations

import numpy as np
import pytest

from iltheory.learners.newton import Point, descend, newton_step


def quadratic(H, b):
    """``x H x / 2 - b x``."""

    def at(x):
        value = x @ H @ x / 2 - b @ x
        return Point(x, value, 1e-15 * (1 + abs(value)), H @ x - b, lambda u: H @ u, np.maximum(np.diag(H), 1e-12))

    return at


def softplus(share, steepness):
    """``sum log(1 + exp(k x)) / k - share x``; with a share of 0 it falls for ever."""

    def at(x):
        p = 1 / (1 + np.exp(-steepness * x))
        value = float((np.logaddexp(0, steepness * x) / steepness - share * x).sum())
        bend = steepness * p * (1 - p)
        scale = np.maximum(bend, steepness * share * (1 - share))  # where it starts the Hessian says little
        return Point(x, value, 1e-15 * (1 + abs(value)), p - share, lambda u: bend * u, scale)

    return at


def run(at, start, tolerance=1e-10, iterations=100):
    return descend(at, start, until=lambda point: point.error <= tolerance, iterations=iterations)


def test_a_parabola_ends_at_its_minimum_and_never_rises():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(6, 6))
    H, b = root @ root.T, rng.normal(size=6)
    points = run(quadratic(H, b), np.zeros(6))
    assert points[-1].x == pytest.approx(np.linalg.solve(H, b), rel=1e-6)
    assert np.all(np.diff([point.value for point in points]) <= 1e-12)


def test_directions_without_curvature_are_left_alone():
    H = np.diag([2.0, 1.0, 0.0])
    points = run(quadratic(H, np.array([2.0, 3.0, 0.0])), np.array([0.0, 0.0, 7.0]))
    assert points[-1].x == pytest.approx([1.0, 3.0, 7.0])


def test_starts_too_flat_for_newton_are_escaped():
    points = run(softplus(share=np.array([0.3]), steepness=5.0), np.array([-7.0]))
    assert points[-1].error <= 1e-10
    assert points[-1].x == pytest.approx([np.log(0.3 / 0.7) / 5])


def test_a_function_without_minimum_loses_a_factor_of_e_a_step():
    errors = [point.error for point in run(softplus(share=np.array([0.0]), steepness=1.0), np.zeros(1))]
    assert np.array(errors[-8:]) / np.array(errors[-9:-1]) == pytest.approx(np.exp(-1), rel=1e-3)


def test_ends_where_no_step_helps():
    def at(x):
        return Point(x, float(np.abs(x).sum()), 0.0, np.ones(1), lambda u: u, np.ones(1))

    assert len(run(at, np.zeros(1))) == 1


def test_a_step_solves_the_damped_equations():
    point = quadratic(np.diag([4.0, 1.0]), np.array([1.0, 1.0]))(np.zeros(2))
    assert newton_step(point, accuracy=1e-12, damping=1.0) == pytest.approx([1 / 8, 1 / 2])
