"""Values when every action law also pays its entropy, times a temperature."""

from __future__ import annotations

from typing import Any

from iltheory.measures.quantity import expected_next, quantity
from iltheory.measures.values import causal_entropy
from sims import TabularMDP
from sims import arithmetic as ar
from sims.arithmetic import Numbers
from sims.tabular.reading import bring, read_scalar


@quantity
def soft_value(mdp: TabularMDP, pi: Any, temperature: Any) -> Numbers:
    """``J(pi) + temperature * causal_entropy(pi)``."""
    return mdp.value(pi) + _tau(mdp, temperature) * causal_entropy(mdp, pi)


def soft_v(mdp: TabularMDP, pi: Any, temperature: Any) -> Numbers:
    """Soft value of following a policy from a state, ``[..., H, S]`` or ``[..., S]``.

    ``V = <pi, Q> + temperature * H(pi)`` with ``Q = r + E V(s')``, or ``r + gamma E V(s')``: an ordinary
    value, of the rewards plus the entropies.
    """
    return mdp.with_rewards(mdp.rewards() + entropy_bonus(mdp, pi, temperature)[..., None]).v(pi)


def soft_advantage(mdp: TabularMDP, pi: Any, other: Any, temperature: Any) -> Numbers:
    """What one step of a policy gains over another, ``<pi, Q'> + temperature * H(pi) - V'``.

    Shaped like ``soft_v``, with Q' and V' the soft values of the other policy.
    """
    v = soft_v(mdp, other, temperature)
    q = mdp.rewards() + expected_next(mdp, v)
    return ar.sum(mdp.policy(pi) * q, -1) + entropy_bonus(mdp, pi, temperature) - v


def entropy_bonus(mdp: TabularMDP, pi: Any, temperature: Any) -> Numbers:
    """``temperature * H(pi(.|s))``, ``[..., T, S]`` with T in {1, H}, or ``[..., S]``."""
    return temperatures(mdp, temperature) * ar.sum(ar.entropy(mdp.policy(pi)), -1)


def temperatures(mdp: TabularMDP, temperature: Any) -> Numbers:
    """A temperature, one for each instance of a batch, shaped to meet functions of the state."""
    axes = (None,) if mdp.horizon is None else (None, None)
    return _tau(mdp, temperature)[(..., *axes)]


def _tau(mdp: TabularMDP, temperature: Any) -> Numbers:
    return bring(read_scalar("temperature", temperature), mdp.system)
