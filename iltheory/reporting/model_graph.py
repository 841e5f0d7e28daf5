"""A model and its policies as a graph of states, actions and arrows, with a place for each.

A model whose tables and policies are the same at every step is one graph, its states on a circle; otherwise every step
is a column. Lengths are points (1/72 inch).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from iltheory.reporting.exact import label
from iltheory.reporting.instances import Entries, ExactModel, NamedEntries, at_step
from iltheory.reporting.placement import PILL_HEIGHT, RADIUS, Box, Curve, curve, freest_angle, on_circle, spread

STEM = 90.0
"""From the centre of a state to the centres of its actions, on a circle."""
REACH = 86.0
"""Room for the curves to an action, and from it to the next states, in columns."""
ENTRY = 32.0
"""Length of the arrows of the initial law."""
GAP = math.radians(58)
"""Between the actions of a state, on a circle."""
SIDE_BY_SIDE = 10.0
"""Bend that keeps curves between the same two places apart."""
AROUND = 27.0
"""Bend of a curve back to the state it came from."""

ASIDE = 0.24
"""Angle between an action and the straight line to the state it leads to, where that state leads back."""
BULGE = 7.0
"""Bend of other arrows on a circle."""
HUB_RADIUS = 3.2
SHARED = 3
"""Actions with the same random next state from which on their arrows meet in a dot."""

TRANSITION, CHOICE, ENTRANCE = "transition", "choice", "entrance"
"""Kinds of arrows: of the model, from a state to its actions, and of the initial law."""

Width = Callable[[str], float]
"""Width of a text."""


@dataclass(frozen=True)
class Node:
    """A state (``round``), an action, or a dot (without text); ``note`` is written below it."""

    box: Box
    text: str
    round: bool = False
    absorbing: bool = False
    faded: bool = False
    note: str = ""


@dataclass(frozen=True)
class Arrow:
    """An arrow; ``policy`` says whose choice it is, None if nobody's."""

    curve: Curve
    kind: str
    text: str = ""
    policy: int | None = None
    faded: bool = False


@dataclass
class Graph:
    """Nodes and arrows, with headings over columns."""

    name: str
    nodes: list[Node] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    headings: list[tuple[float, float, str]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Subject:
    """What is drawn: a model, policies ``[T, S, A]`` of its size, and who visits what.

    Attributes
    ----------
    visited, possible : bool ``[H, S]``, one row if nothing varies: states that the policies, and that any actions,
        reach
    """

    model: ExactModel
    policies: Sequence[NamedEntries]
    visited: NDArray[np.bool_]
    possible: NDArray[np.bool_]

    @classmethod
    def of(cls, model: ExactModel, policies: Sequence[NamedEntries]) -> Subject:
        """Find who visits what."""
        everything = np.ones_like(model.rewards[:1], dtype=bool)
        chosen = [p.entries != 0 for p in policies] or [everything]
        steps = model.horizon if model.horizon is not None and varies(model, policies) else None
        visited = _visited(model, chosen, steps)
        return cls(model, policies, visited, _visited(model, [everything], steps))

    @property
    def steps(self) -> int:
        """Columns it takes."""
        return len(self.visited)

    def quiet(self, step: int, state: int) -> bool:
        """Whether a state cannot be left, pays the same for every action and is where all policies agree."""
        transitions, rewards = at_step(self.model.transitions, step)[state], at_step(self.model.rewards, step)[state]
        laws = [at_step(p.entries, step)[state] for p in self.policies]
        agree = all(np.all(law == laws[0]) for law in laws)
        return bool(np.all(transitions[:, state] == 1) and np.all(rewards == rewards[0]) and agree)

    def absorbing(self, state: int) -> bool:
        """Whether a state can never be left."""
        return bool(np.all(self.model.transitions[:, state, :, state] == 1))


def varies(model: ExactModel, policies: Sequence[NamedEntries]) -> bool:
    """Whether a drawing needs a column for each step: something changes over the steps, or there is only one."""
    tables = (model.transitions, model.rewards, *(p.entries for p in policies))
    return model.horizon == 1 or any(len(table) > 1 for table in tables)


def draw_graph(subject: Subject, width: Width) -> Graph:
    """Place a model: on a circle, or in columns.

    Parameters
    ----------
    width : measures texts
    """
    return _columns(subject, width) if varies(subject.model, subject.policies) else _circle(subject, width)


def _visited(model: ExactModel, allowed: Sequence[NDArray[np.bool_]], steps: int | None) -> NDArray[np.bool_]:
    """States reached with positive probability, by step if ``steps`` are given, else at any step."""
    now = model.initial != 0
    rows = [now]
    for h in range((steps or model.n_states + 1) - 1):
        taken = np.any([table[min(h, len(table) - 1)] for table in allowed], axis=0) & now[:, None]
        after = np.any((at_step(model.transitions, h) != 0) & taken[:, :, None], axis=(0, 1))
        now = after if steps else now | after
        rows.append(now)
    return np.array(rows if steps else rows[-1:], dtype=bool)


def _action_text(action: int, reward: Fraction) -> str:
    return f"a{action}" if reward == 0 else f"a{action}   r = {label(reward)}"


def _note(subject: Subject, step: int, state: int) -> str:
    reward = at_step(subject.model.rewards, step)[state, 0]
    return f"r = {label(reward)}" if reward != 0 else ""


def _probability(x: Fraction) -> str:
    return "" if x == 1 else label(x)


def _choices(subject: Subject, step: int, state: int, action: int, start: Box, end: Box, faded: bool) -> list[Arrow]:
    """Arrows from a state to one of its actions: one for each policy that may take it, a thin one if none does."""
    taken = [(i, at_step(p.entries, step)[state, action]) for i, p in enumerate(subject.policies)]
    taken = [(i, chance) for i, chance in taken if chance != 0]
    if not taken:
        return [Arrow(curve(start, end, 0.0, round_ends=(True, False)), CHOICE, faded=bool(subject.policies) or faded)]
    bends = [SIDE_BY_SIDE * ((len(taken) - 1) / 2 - k) for k in range(len(taken))]
    return [
        Arrow(curve(start, end, bend, round_ends=(True, False)), CHOICE, _probability(chance), i, faded)
        for bend, (i, chance) in zip(bends, taken, strict=True)
    ]


def _circle(subject: Subject, width: Width) -> Graph:
    """One graph; the circle grows until no two actions touch."""
    n = subject.model.n_states
    radius = {1: 0.0, 2: 112.0, 3: 122.0, 4: 140.0}.get(n, 38.0 * n)
    graph = _on_circle(subject, width, radius)
    while n > 1 and radius < 1000 and _touching(graph):
        radius *= 1.1
        graph = _on_circle(subject, width, radius)
    return graph


def _touching(graph: Graph) -> bool:
    boxes = [Box(n.box.x, n.box.y, n.box.half_width + 4, n.box.half_height + 4) for n in graph.nodes]
    return any(a.overlap(b) > 0 for i, a in enumerate(boxes) for b in boxes[:i])


def _on_circle(subject: Subject, width: Width, radius: float) -> Graph:
    model, graph = subject.model, Graph(subject.model.name)
    places = on_circle(model.n_states, radius)
    states = [Box(x, y, RADIUS, RADIUS) for x, y in places]
    transitions, rewards = model.transitions[0], model.rewards[0]
    drawn = [s for s in range(model.n_states) if not subject.quiet(0, s)]
    laws = _shared_laws(transitions, drawn)
    hubs = [Box(34.0 * (k - (len(laws) - 1) / 2), 0.0, HUB_RADIUS, HUB_RADIUS) for k in range(len(laws))]
    busy: list[list[float]] = [[] for _ in states]
    for s, (x, y) in enumerate(places):
        faded = not subject.visited[0, s]
        note = _note(subject, 0, s) if s not in drawn else ""
        graph.nodes.append(Node(states[s], f"s{s}", True, subject.absorbing(s), faded, note))
        if note:
            busy[s].append(-math.pi / 2)
        if s not in drawn:
            continue
        targets = [hubs[k] if (k := _place_in(laws, law)) is not None else None for law in transitions[s]]
        wanted = [_direction(transitions, s, a, places, targets[a]) for a in range(model.n_actions)]
        for a, angle in enumerate(spread(wanted, GAP)):
            busy[s].append(angle)
            text = _action_text(a, rewards[s, a])
            half = width(text) / 2 + 6
            stem = STEM + max(half - 24, 0) * abs(math.cos(angle))
            box = Box(x + stem * math.cos(angle), y + stem * math.sin(angle), half, PILL_HEIGHT / 2)
            graph.nodes.append(Node(box, text, faded=faded))
            graph.arrows += _choices(subject, 0, s, a, states[s], box, faded)
            hub = targets[a]
            if hub is not None:
                graph.arrows.append(Arrow(curve(box, hub, 0.0, round_ends=(False, True)), TRANSITION, faded=faded))
                continue
            for t in np.flatnonzero(transitions[s, a]):
                bend = AROUND if t == s else BULGE * _side(places[s], places[t], box)
                back = curve(box, states[t], bend, round_ends=(False, True))
                graph.arrows.append(Arrow(back, TRANSITION, _probability(transitions[s, a, t]), faded=faded))
                if t != s:
                    busy[t].append(math.atan2(box.y - places[t][1], box.x - places[t][0]))
    for hub, law in zip(hubs, laws, strict=True):
        graph.nodes.append(Node(hub, "", True))
        for t in np.flatnonzero(law):
            bend = BULGE if model.n_states > 2 else 2.5 * AROUND
            graph.arrows.append(
                Arrow(curve(hub, states[t], bend, round_ends=(True, True)), TRANSITION, _probability(law[t]))
            )
            busy[t].append(math.atan2(hub.y - places[t][1], hub.x - places[t][0]))
    for s in map(int, np.flatnonzero(model.initial)):
        x, y = places[s]
        outward = math.atan2(y, x) if model.n_states > 1 else math.pi / 2
        graph.arrows.append(_entrance(states[s], freest_angle(busy[s], outward), model.initial[s]))
    return graph


def _entrance(state: Box, angle: float, chance: Fraction) -> Arrow:
    far = RADIUS + ENTRY
    tail = Box(state.x + far * math.cos(angle), state.y + far * math.sin(angle), 0.0, 0.0)
    return Arrow(curve(tail, state, 0.0, round_ends=(True, True)), ENTRANCE, _probability(chance))


def _shared_laws(transitions: Entries, states: Sequence[int]) -> list[Entries]:
    """Random laws of the next state that several actions of these states have in common."""
    rows = [law for s in states for law in transitions[s] if np.count_nonzero(law) > 1]
    counts = Counter(tuple(law) for law in rows)
    return [np.array(law, dtype=object) for law, count in counts.items() if count >= SHARED]


def _place_in(laws: Sequence[Entries], law: Entries) -> int | None:
    return next((k for k, shared in enumerate(laws) if np.all(shared == law)), None)


def _side(start: tuple[float, float], end: tuple[float, float], box: Box) -> int:
    """1 if a box is to the left of the way from start to end, or on it; -1 if to the right."""
    across = (end[0] - start[0]) * (box.y - start[1]) - (end[1] - start[1]) * (box.x - start[0])
    return 1 if across > -1e-6 else -1


def _direction(
    transitions: Entries, state: int, action: int, places: Sequence[tuple[float, float]], hub: Box | None
) -> float:
    """Angle at which an action stands: towards where it leads; away from the others if it stays."""
    x, y = places[state]
    law = transitions[state, action]
    away = [t for t in map(int, np.flatnonzero(law)) if t != state]
    if hub is not None:
        return math.atan2(hub.y - y, hub.x - x)
    if away:
        dx, dy = (sum(float(law[t]) * (places[t][axis] - (x, y)[axis]) for t in away) for axis in (0, 1))
        answered = any(np.any(transitions[t, :, state]) for t in away)
        if math.hypot(dx, dy) > 1e-9:
            return math.atan2(dy, dx) - ASIDE * answered
    return math.atan2(y, x) if len(places) > 1 else math.pi * (1 - action)


def _columns(subject: Subject, width: Width) -> Graph:
    """A column for each step; what happens after the last action is not drawn."""
    model, graph = subject.model, Graph(subject.model.name)
    steps, n, actions = subject.steps, model.n_states, model.n_actions
    half = max(width(_action_text(a, r)) for (*_, a), r in np.ndenumerate(model.rewards)) / 2 + 6
    column = RADIUS + REACH + 2 * half + REACH + RADIUS
    shown = np.array([[_shows_actions(subject, h, s) for s in range(n)] for h in range(steps)])
    slot = 24.0 + 13.0 * max(len(subject.policies) - 1, 0)
    heights = [max(44.0, slot * actions + 8) if shown[:, s].any() else 44.0 for s in range(n)]
    tops = np.cumsum([0.0, *heights])
    ys = [-(tops[s] + heights[s] / 2) for s in range(n)]
    states = [[Box(h * column, y, RADIUS, RADIUS) for y in ys] for h in range(steps)]
    hubs = [
        _column_hubs(subject, h, shown[h], states[h][0].x + column - RADIUS - REACH / 2, ys) for h in range(steps - 1)
    ]
    for h, s in np.ndindex(steps, n):
        state, faded = states[h][s], not subject.visited[h, s]
        quiet = subject.quiet(h, s) and subject.absorbing(s)
        note = _note(subject, h, s) if quiet and subject.possible[h, s] else ""
        graph.nodes.append(Node(state, f"s{s}", True, subject.absorbing(s), faded, note))
        if quiet and subject.possible[h, s] and h + 1 < steps:
            stay = curve(state, states[h + 1][s], 0.0, round_ends=(True, True))
            graph.arrows.append(Arrow(stay, TRANSITION, faded=faded))
        if not shown[h, s]:
            continue
        for a in range(actions):
            y = state.y + slot * ((actions - 1) / 2 - a)
            box = Box(state.x + RADIUS + REACH + half, y, half, PILL_HEIGHT / 2)
            graph.nodes.append(Node(box, _action_text(a, at_step(model.rewards, h)[s, a]), faded=faded))
            graph.arrows += _choices(subject, h, s, a, state, box, faded)
            law = at_step(model.transitions, h)[s, a]
            if h + 1 == steps:
                continue
            hub = next((hub for shared, hub in hubs[h] if np.all(shared == law)), None)
            if hub is not None:
                graph.arrows.append(Arrow(curve(box, hub, 0.0, round_ends=(False, True)), TRANSITION, faded=faded))
                continue
            for t in np.flatnonzero(law):
                forward = curve(box, states[h + 1][t], 0.0, round_ends=(False, True))
                graph.arrows.append(Arrow(forward, TRANSITION, _probability(law[t]), faded=faded))
    for h, pairs in enumerate(hubs):
        for law, hub in pairs:
            graph.nodes.append(Node(hub, "", True))
            for t in np.flatnonzero(law):
                forward = curve(hub, states[h + 1][t], 0.0, round_ends=(True, True))
                graph.arrows.append(Arrow(forward, TRANSITION, _probability(law[t])))
    for s in np.flatnonzero(model.initial):
        graph.arrows.append(_entrance(states[0][s], math.pi, model.initial[s]))
    if steps > 1:
        graph.headings = [(h * column, 14.0, f"step {h + 1}") for h in range(steps)]
    return graph


def _column_hubs(
    subject: Subject, step: int, shown: NDArray[np.bool_], x: float, ys: Sequence[float]
) -> list[tuple[Entries, Box]]:
    """Dots of a column for the laws that several of its actions share, above each other."""
    laws = _shared_laws(at_step(subject.model.transitions, step), [int(s) for s in np.flatnonzero(shown)])
    middle = sum(ys) / len(ys)
    return [
        (law, Box(x, middle + 34.0 * ((len(laws) - 1) / 2 - k), HUB_RADIUS, HUB_RADIUS)) for k, law in enumerate(laws)
    ]


def _shows_actions(subject: Subject, step: int, state: int) -> bool:
    """Whether the actions of a state are drawn: it can be reached then, and they make a difference."""
    quiet = subject.quiet(step, state) and subject.absorbing(state) and subject.model.horizon != 1
    return bool(subject.possible[step, state]) and not quiet
