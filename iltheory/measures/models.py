"""How far apart two models of the same states and actions are."""

from __future__ import annotations

from iltheory.measures.policies import total_variation
from sims import TabularMDP
from sims.arithmetic import Numbers


def transition_tv(first: TabularMDP, second: TabularMDP) -> Numbers:
    """Total variation of the two laws of the next state.

    Shape ``[..., T, S, A]`` with T in {1, H}, or ``[..., S, A]`` with a discount.
    """
    tv = total_variation(first.transitions.dense(), second.transitions.dense())
    return tv if first.horizon is not None else tv[..., 0, :, :]
