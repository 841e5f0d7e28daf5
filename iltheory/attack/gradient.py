"""Gradient ascent on thousands of instances at once, in torch: rows are soft-maxima of logits, numbers sigmoids."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iltheory.attack.coordinates import Coordinates, project
from iltheory.attack.objective import NEGLIGIBLE, Scores, scores, sides
from iltheory.claims.domains import Domain, Rows

LEARNING_RATE = 0.25
SOFT = 2.0**-12
"""Starting points keep this much from the edges, where gradients vanish."""

Table = NDArray[np.float64]


def available() -> bool:
    """Whether torch is installed."""
    return find_spec("torch") is not None


def ascend(
    coordinates: Coordinates, tables: Sequence[Table], *, steps: int, device: str = "cpu"
) -> tuple[list[Table], Scores, int] | None:
    """Move every instance along the gradient of its excess.

    Parameters
    ----------
    tables : instances ``[N, *shape]`` to start from
    steps : gradient steps (of Adam)
    device : torch device

    Returns
    -------
    tables, scores, evaluated : the best point on each instance's way, on the grid of exact instances; its scores; how
        many instances were evaluated. None if the claim has no gradient: it enumerates, runs a learner, or calls what
        torch does not know.
    """
    import torch

    n = len(tables[0])
    free = [i for i, block in enumerate(coordinates.blocks) if _is_free(block.domain)]
    leaves = {i: _logits(coordinates.blocks[i].domain, tables[i], torch, device).requires_grad_() for i in free}
    fixed = [torch.as_tensor(table, device=device) for table in tables]
    if not leaves or not _differentiable(coordinates, tables):
        return None
    adam = torch.optim.Adam(list(leaves.values()), lr=LEARNING_RATE, maximize=True)
    best = torch.full((n,), -np.inf, dtype=torch.float64, device=device)
    found = [table.clone() for table in fixed]
    for _ in range(steps + 1):
        now = [_points(coordinates.blocks[i].domain, leaves[i]) if i in leaves else fixed[i] for i in range(len(fixed))]
        side = sides(coordinates.claim, coordinates.instance(now), n)
        excess = torch.as_tensor(side.excess, device=device)
        unmet = (
            torch.as_tensor(np.array(side.unmet), device=device) if isinstance(side.unmet, np.ndarray) else side.unmet
        )
        with torch.no_grad():
            counted = torch.where((unmet > NEGLIGIBLE) | ~torch.isfinite(excess), -np.inf, excess)
            better = counted > best
            best = torch.where(better, counted, best)
            for i, point in enumerate(now):
                found[i][better] = point[better]
        adam.zero_grad()
        # the gradient of each instance alone, of about unit size whatever the claim's scale
        torch.nan_to_num(excess - unmet, nan=0.0, posinf=0.0, neginf=0.0).sum().backward()
        for leaf in leaves.values():
            if leaf.grad is not None:
                leaf.grad.nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)
        adam.step()
    best_tables = [
        project(block.domain, table.cpu().numpy()) for block, table in zip(coordinates.blocks, found, strict=True)
    ]
    final = scores(coordinates.claim, coordinates.instance(best_tables), n)
    return best_tables, final, n * (steps + 2)


def _differentiable(coordinates: Coordinates, tables: Sequence[Table]) -> bool:
    """Whether the claim has a gradient on the first instance."""
    import torch

    points = [torch.as_tensor(table[:1]).requires_grad_() for table in tables]
    try:
        excess = sides(coordinates.claim, coordinates.instance(points), 1).excess
    except Exception:  # the formula is anybody's, and may call functions that take no tensors
        return False
    return isinstance(excess, torch.Tensor) and excess.requires_grad


def _is_free(domain: Domain) -> bool:
    return not (domain.deterministic if isinstance(domain, Rows) else domain.ends_only)


def _logits(domain: Domain, table: Table, torch: Any, device: str) -> Any:
    x = torch.as_tensor(table, device=device)
    if isinstance(domain, Rows):
        return torch.log((1 - SOFT) * x + SOFT / x.shape[-1])
    low, high = float(domain.low), float(domain.high)
    return torch.logit((1 - SOFT) * (x - low) / (high - low) + SOFT / 2)


def _points(domain: Domain, logits: Any) -> Any:
    if isinstance(domain, Rows):
        return logits.softmax(-1)
    return float(domain.low) + (float(domain.high) - float(domain.low)) * logits.sigmoid()
