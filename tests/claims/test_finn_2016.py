"""GAN-GCL: against lists of trajectories."""

from __future__ import annotations

import numpy as np
import paths
import pytest

from iltheory.claims.finn_2016 import discriminator_follows_guided_cost, the_optimum_is_the_density
from sims import arithmetic as ar


def loss_by_hand(shown, seen, density, total):
    d = np.exp(total) / (np.exp(total) + density)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.where(shown > 0, shown * np.log(d), 0).sum() - np.where(seen > 0, seen * np.log(1 - d), 0).sum()


@pytest.mark.parametrize("seed", range(4))
def test_both_sides_of_the_gradient_inequality(seed):
    rng = np.random.default_rng(seed)
    mdp = paths.random_model(rng).to("float64")
    expert, sampler = (np.asarray(ar.midpoint(paths.random_policy(rng, "uniform"))) for _ in range(2))
    r, other = rng.uniform(-1, 1, size=(2, paths.H, paths.S, paths.A))
    p, mu = mdp.transitions.dense(), mdp.mu

    def law(pi, factor):
        out = np.ones(())
        for h in range(paths.H):
            step = mu[:, None] if h == 0 else p[(h - 1) % len(p)][..., None]
            step = step if factor else np.ones_like(step)
            out = out[..., None, None] * step * pi[h]
        return out

    shown, seen, density = law(expert, True), law(sampler, True), law(sampler, False)

    def total(r):
        return sum(
            r[h].reshape([1] * (2 * h) + [paths.S, paths.A] + [1] * (2 * (paths.H - 1 - h))) for h in range(paths.H)
        )

    density = np.broadcast_to(density, shown.shape)
    here, there = total(r), total(other)
    d = np.exp(here) / (np.exp(here) + density)
    slope = (-shown * (1 - d) + seen * d) * (there - here)
    comparison = discriminator_follows_guided_cost(mdp, expert, sampler, r, other)
    assert float(comparison.lhs) == pytest.approx(loss_by_hand(shown, seen, density, there), abs=1e-12)
    assert float(comparison.rhs) == pytest.approx(loss_by_hand(shown, seen, density, here) + slope.sum(), abs=1e-12)
    best = the_optimum_is_the_density(mdp, expert, sampler, r)
    both = (shown + seen) / 2
    js = sum((x[x > 0] * np.log(x[x > 0] / both[x > 0])).sum() for x in (shown, seen))
    assert float(best.rhs) == pytest.approx(2 * np.log(2) - js, abs=1e-12)
