"""Maximum causal entropy IRL in numpy with two faults of imitation 1.0.1 planted, each by one constant."""

import numpy as np

EXTRA_ROWS = 1  # visits go on for one step after the last reward
PLANNING_DISCOUNT = 1.0  # what is planned in training; None stands for that of the model
TAIL = 1e-10


def occupancy(model, policy):
    horizon = _steps(model)
    pi = _at_every_step(model, policy, horizon)
    visits = _visits(model, pi)
    if model["horizon"] is None:
        weights = model["discount"] ** np.arange(len(visits))
        return (1 - model["discount"]) * (weights @ visits)[:, None] * pi[0]
    return visits[:, :, None] * np.concatenate([pi, pi[-1:]])[: len(visits)]


def value(model, policy):
    pi = _at_every_step(model, policy, _steps(model))
    earned = (_visits(model, pi)[: len(pi), :, None] * pi * model["r"]).sum((1, 2))
    return float(model["discount"] ** np.arange(len(pi)) @ earned)


def soft_plan(model, reward):
    pi, v = _plan(model, reward, model["discount"])
    return [pi, v] if model["horizon"] is not None else [pi[0], v[0]]


def loss(model, expert, point):
    pi = _at_every_step(model, expert, _steps(model))
    planned, _ = _plan(model, point, model["discount"])
    visits = _visits(model, pi)[: len(pi)]
    weights = model["discount"] ** np.arange(len(pi))
    return -float((weights[:, None, None] * visits[:, :, None] * pi * np.log(planned)).sum())


def gradient(model, expert, point):
    discount = model["discount"] if PLANNING_DISCOUNT is None else PLANNING_DISCOUNT
    planned, _ = _plan(model, point, discount)
    shown = _at_every_step(model, expert, len(planned))
    excess = _visits(model, planned) - _visits(model, shown)
    return model["discount"] ** np.arange(len(excess)) @ excess


def update(model, expert, point):
    return -gradient(model, expert, point)


def _steps(model):
    if model["horizon"] is not None:
        return model["horizon"]
    return 1 if model["discount"] == 0 else int(np.ceil(np.log(TAIL) / np.log(model["discount"])))


def _at_every_step(model, policy, horizon):
    return np.broadcast_to(policy, (horizon, *model["r"].shape))


def _visits(model, pi):
    laws = [model["mu"]]
    for h in range(len(pi) + EXTRA_ROWS - 1):
        laws.append(np.einsum("s,sa,sax->x", laws[-1], pi[h], model["P"]))
    return np.array(laws)


def _plan(model, reward, discount):
    horizon = _steps(model)
    v, pi = np.zeros((horizon + 1, len(reward))), np.empty((horizon, *model["r"].shape))
    for h in reversed(range(horizon)):
        q = reward[:, None] + discount * model["P"] @ v[h + 1]
        v[h] = np.log(np.exp(q - q.max()).sum(1)) + q.max()
        pi[h] = np.exp(q - v[h][:, None])
    return pi, v[:-1]
