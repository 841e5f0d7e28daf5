"""Pictures of instances for papers: models as graphs, distributions as bars, everything else in words.

Policies differ in colour (of the Okabe-Ito palette, which colour-blind readers can tell apart) and in line style.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.textpath import TextPath

from iltheory.attack.counterexample import Counterexample
from iltheory.claims.claim import Claim
from iltheory.claims.kinds import Instance
from iltheory.reporting.exact import label, violated
from iltheory.reporting.instances import (
    ExactModel,
    InstanceParts,
    NamedEntries,
    function_text,
    joined,
    law_text,
    parts_of,
    sentences,
    tables,
)
from iltheory.reporting.latex import mathtext, readable
from iltheory.reporting.model_graph import CHOICE, ENTRANCE, Arrow, Graph, Node, Subject, draw_graph, varies
from iltheory.reporting.placement import Box, LabelPlacer
from sims.errors import InvalidArgument

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
LINES: tuple[Any, ...] = ("solid", (0, (4, 1.6)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
HATCHES = ("", "////", r"\\\\", "xxxx")
"""Of the first, second, ... policy or distribution; those beyond are given in words."""
INK, PALE, FAINT = "#222222", "#555555", "#B8B8B8"
SIZE, SMALL = 9.0, 8.0
"""Points of texts in the graph, and below it."""
LINE, MARGIN, ABOVE, BETWEEN = 12.5, 14.0, 34.0, 60.0
NARROWEST, WIDEST_TITLE = 400.0, 620.0
LARGEST_CIRCLE, LARGEST_GRID, MOST_ACTIONS, MOST_OUTCOMES, MOST_ROWS = 8, 32, 6, 8, 40
"""States on a circle, states times steps in columns, actions and outcomes that are drawn, rows of a table instead."""

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "text.usetex": False,
    "svg.hashsalt": "iltheory",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "hatch.linewidth": 0.6,
    "path.simplify": True,
    "savefig.bbox": None,
}
DOTS_PER_INCH = 200


def draw_counterexample(found: Counterexample) -> Figure:
    """Draw the instance of a counterexample under the statement it violates, with both sides."""
    return _draw(found.claim, found.instance, violated(found))


def draw_instance(claim: Claim, instance: Instance) -> Figure:
    """Draw one exact instance of a claim (no batch axis) under its statement."""
    return _draw(claim, instance, "")


def draw_alone(claim: Claim, instance: Instance) -> tuple[Figure | None, list[str]]:
    """Draw one exact instance without statement and words, for pages that print these themselves.

    Returns
    -------
    figure, words
        None for an instance that has nothing to draw; the words say what the picture leaves out.
    """
    with _settings():
        figure = Figure()
        sheet = _Sheet(figure.add_axes((0, 0, 1, 1)))
        words = _body(sheet, parts_of(claim, instance))
        if sheet.low == sheet.high:
            return None, words
        _fit(figure, sheet)
        return figure, words


def save(figure: Figure, path: Path, *, creator: str = "iltheory") -> None:
    """Write a figure as SVG, PNG or PDF by the file's suffix; the same figure gives the same bytes.

    Parameters
    ----------
    creator : what the file says of its origin

    Raises
    ------
    InvalidArgument
        If the suffix is another one.
    """
    metadata: dict[str, dict[str, str | None]] = {
        ".svg": {"Date": None, "Creator": creator},
        ".png": {"Software": creator},
        ".pdf": {"CreationDate": None, "Creator": creator, "Producer": None},
    }
    if path.suffix not in metadata:
        raise InvalidArgument(f"{path.name} ends in {path.suffix!r}; figures are {', '.join(metadata)}.")
    with _settings():
        figure.savefig(path, dpi=DOTS_PER_INCH, metadata=metadata[path.suffix])


@contextmanager
def _settings() -> Iterator[None]:
    with matplotlib.rc_context(SETTINGS):
        yield


@cache
def _extent(text: str, size: float, weight: str = "normal") -> tuple[float, float]:
    """Width and height of one line."""
    if not text:
        return 0.0, 0.0
    extents = TextPath((0, 0), text, size=size, prop=FontProperties(weight=weight)).get_extents()
    return float(extents.width), float(extents.height)


@dataclass
class _Sheet:
    """What is drawn so far, on axes whose unit is a point, and how far it reaches."""

    ax: Axes
    low: list[float] = field(default_factory=lambda: [0.0, 0.0])
    high: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def reach(self, box: Box) -> None:
        """Keep a rectangle inside the picture."""
        centre, half = (box.x, box.y), (box.half_width, box.half_height)
        for axis in (0, 1):
            self.low[axis] = min(self.low[axis], centre[axis] - half[axis])
            self.high[axis] = max(self.high[axis], centre[axis] + half[axis])

    def write(self, x: float, y: float, text: str, *, size: float = SIZE, **style: Any) -> None:
        """Write one line, centred unless ``ha`` says otherwise."""
        width, _ = _extent(text, size, style.get("weight", "normal"))
        centre = x + {"left": width / 2, "right": -width / 2}.get(style.get("ha", ""), 0.0)
        self.reach(Box(centre, y, width / 2, size * 0.7))
        usual: dict[str, Any] = {"ha": "center", "va": "center", "color": INK, "zorder": 5, "fontsize": size}
        self.ax.text(x, y, text, **usual | style)


def _draw(claim: Claim, instance: Instance, verdict: str) -> Figure:
    with _settings():
        parts = parts_of(claim, instance)
        figure = Figure()
        sheet = _Sheet(figure.add_axes((0, 0, 1, 1)))
        words = _body(sheet, parts)
        header = _header(claim, verdict)
        middle = (sheet.low[0] + sheet.high[0]) / 2
        widths = [_extent(line, size, style.get("weight", "normal"))[0] for line, size, style in header]
        width = max(sheet.high[0] - sheet.low[0], *widths, NARROWEST)
        y = sheet.low[1] - LINE
        for line in _wrapped(words, width):
            sheet.write(middle - width / 2, y, line, size=SMALL, ha="left")
            y -= LINE
        y = sheet.high[1] + 1.6 * LINE
        for line, size, style in reversed(header):
            height = max(_extent(line, size)[1], size)
            sheet.write(middle, y + height / 2, line, size=size, **style)
            y += height + 7
        sheet.high[1] = max(sheet.high[1], y - 7)
        _fit(figure, sheet)
        return figure


def _fit(figure: Figure, sheet: _Sheet) -> None:
    """Make a figure as large as what is drawn, with a margin."""
    (left, low), (right, high) = sheet.low, sheet.high
    sheet.ax.set_xlim(left - MARGIN, right + MARGIN)
    sheet.ax.set_ylim(low - MARGIN, high + MARGIN)
    sheet.ax.set_axis_off()
    figure.set_size_inches((right - left + 2 * MARGIN) / 72, (high - low + 2 * MARGIN) / 72)


def _header(claim: Claim, verdict: str) -> list[tuple[str, float, dict[str, Any]]]:
    """Lines over the picture: the statement, what is wrong with it if it is a false variant, both sides."""
    original, _, variant = claim.id.partition("/")
    lines: list[tuple[str, float, dict[str, Any]]] = []
    if variant and claim.statement.endswith("(false)"):
        lines.append((f"False variant of {original}: {claim.statement.removesuffix(' (false)')}", 11.0, {}))
        lines += [(line, SIZE, {"color": PALE}) for line in _title(_statement_of(original), "the claim itself:  ")]
    else:
        lines += [(line, 11.0, {}) for line in _title(claim.statement)]
        lines.append((claim.id, SIZE, {"color": PALE}))
    return [*lines, *((line, SIZE, {"weight": "bold"}) for line in _wrapped([verdict], 0.8 * WIDEST_TITLE))]


def _statement_of(id: str) -> str:
    """Statement of a claim of the catalogue, empty for others."""
    from iltheory.claims.registry import catalogue

    known = catalogue().get(id)
    return "" if known is None else known.statement


def _title(statement: str, lead: str = "") -> list[str]:
    """A statement as one formula, or one a line where it is long; in Unicode where matplotlib cannot draw it."""
    if not statement:
        return []
    for pieces in ([statement], [piece for piece in statement.split(r"\quad") if piece.strip()]):
        formulas = [formula for formula in map(mathtext, pieces) if formula is not None]
        if len(formulas) == len(pieces) and all(_extent(formula, 11.0)[0] <= WIDEST_TITLE for formula in formulas):
            return [lead + formulas[0], *formulas[1:]]
    return _wrapped([lead + readable(statement)], 0.8 * WIDEST_TITLE)


def _wrapped(lines: Sequence[str], width: float) -> list[str]:
    """Break lines at the width of the picture."""
    wrapped = []
    for line in lines:
        letters = max(len(line), 1)
        most = max(int(letters * width / max(_extent(line, SMALL)[0], 1.0)), 20)
        wrapped += textwrap.wrap(line, most, break_long_words=True) or []
    return wrapped


def _body(sheet: _Sheet, parts: InstanceParts) -> list[str]:
    """Draw what can be drawn; return the words for everything else."""
    words: list[str] = []
    policies = joined(parts.policies)
    drawn = policies[: len(COLOURS)]
    if parts.models:
        words += _models(sheet, parts, drawn)
    else:
        drawn = []
    if parts.laws and len(parts.laws[0].entries) <= MOST_OUTCOMES and len(parts.laws) <= len(COLOURS):
        _bars(sheet, parts.laws)
    else:
        words += [f"{law.name}: {law_text(law.entries, '')}" for law in parts.laws]
    words += [function_text(part, "sa") for part in (*policies[len(drawn) :], *joined(parts.pair_functions))]
    words += [function_text(part, "s") for part in joined(parts.state_functions)]
    return words + sentences(InstanceParts(others=parts.others))


def _models(sheet: _Sheet, parts: InstanceParts, policies: Sequence[NamedEntries]) -> list[str]:
    """Draw the models side by side, with a legend below, or say why they are tables."""
    left, words = 0.0, []
    subjects = []
    for model in parts.models:
        fitting = [p for p in policies if p.entries.shape[1:] == (model.n_states, model.n_actions)]
        subject, said = _restricted(Subject.of(model, fitting))
        subjects.append(subject)
        words += said
    if any(_too_large(subject) for subject in subjects):
        _table(sheet, parts)
        return [*words, "too large to draw as a graph: tables instead"]
    graphs = [draw_graph(subject, lambda text: _extent(text, SIZE)[0]) for subject in subjects]
    top = max(node.box.y + node.box.half_height for graph in graphs for node in graph.nodes) + ABOVE
    for graph in graphs:
        right = _graph(sheet, graph, left)
        if len(graphs) > 1:
            sheet.write((left + right) / 2, top, graph.name, weight="bold")
        left = right + BETWEEN
    _legend(sheet, policies)
    return [*words, *_conventions(subjects, graphs)]


def _restricted(subject: Subject) -> tuple[Subject, list[str]]:
    """Leave out states that no action reaches where there are too many to draw."""
    possible = subject.possible.any(axis=0)
    model, hidden = subject.model, int((~possible).sum())
    if not hidden or model.n_states <= LARGEST_CIRCLE:
        return subject, []
    kept = np.flatnonzero(possible)
    small = ExactModel(
        model.name,
        model.transitions[:, kept][..., kept],
        model.rewards[:, kept],
        model.initial[kept],
        model.horizon,
        model.discount,
    )
    policies = [NamedEntries(p.name, p.entries[:, kept]) for p in subject.policies]
    listed = ", ".join(f"s{i} here is s{s}" for i, s in enumerate(kept) if i != s)
    words = f"{hidden} of {model.n_states} states are out of reach and not drawn" + (f" ({listed})" if listed else "")
    return Subject.of(small, policies), [words]


def _too_large(subject: Subject) -> bool:
    columns = varies(subject.model, subject.policies)
    states = subject.model.n_states * (subject.steps if columns else 1)
    return states > (LARGEST_GRID if columns else LARGEST_CIRCLE) or subject.model.n_actions > MOST_ACTIONS


def _conventions(subjects: Sequence[Subject], graphs: Sequence[Graph]) -> list[str]:
    """What a reader needs to know to read the graph."""
    ends = dict.fromkeys(subject.model.end for subject in subjects)
    words = [f"{', '.join(ends)}; arrows without a number have probability 1, actions without r have reward 0"]
    if any(s.absorbing(i) and s.model.horizon != 1 for s in subjects for i in range(s.model.n_states)):
        words.append("double circle: absorbing")
        if any(s.quiet(h, i) for s in subjects for h in range(s.steps) for i in range(s.model.n_states)):
            words[-1] += "; without actions: all pay the same, written below (0 if nothing is)"
            words[-1] += ", and the policies agree" * any(len(subject.policies) > 1 for subject in subjects)
    if any(not node.text for graph in graphs for node in graph.nodes):
        words.append("black dot: a law of the next state that several actions share")
    if any(not s.visited.all() for s in subjects):
        words.append("grey: reached by no policy" if subjects[0].policies else "grey: out of reach")
    return words


def _graph(sheet: _Sheet, graph: Graph, left: float) -> float:
    """Draw a graph to the right of ``left``; return its right end."""
    boxes = [node.box for node in graph.nodes]
    tails = [arrow.curve.start for arrow in graph.arrows if arrow.kind == ENTRANCE]
    lowest = min([box.x - box.half_width for box in boxes] + [x - 24 for x, _ in tails])
    shift = left - lowest
    mover = _Mover(shift)
    placer = LabelPlacer([mover.box(box) for box in boxes], [mover.curve(arrow.curve) for arrow in graph.arrows])
    for arrow, moved in zip(graph.arrows, placer.curves, strict=True):
        _arrow(sheet, arrow, moved)
    for node in graph.nodes:
        _node(sheet, node, mover.box(node.box))
        if node.note:
            box = mover.box(node.box)
            width, height = _extent(node.note, SMALL)
            below = Box(box.x, box.y - box.half_height - 9, width / 2 + 2, height / 2 + 2)
            placer.obstacles.append(below)
            sheet.write(below.x, below.y, node.note, size=SMALL, color=FAINT if node.faded else INK)
    for arrow, moved in zip(graph.arrows, placer.curves, strict=True):
        if arrow.text:
            _label(sheet, arrow, moved, placer)
    for x, y, text in graph.headings:
        sheet.write(x + shift, y, text, size=SMALL, color=PALE)
    return max(mover.box(box).x + box.half_width for box in boxes)


@dataclass(frozen=True)
class _Mover:
    """Moves everything of a graph to the right."""

    by: float

    def box(self, box: Box) -> Box:
        return Box(box.x + self.by, box.y, box.half_width, box.half_height)

    def curve(self, curve: Any) -> Any:
        ends = ((x + self.by, y) for x, y in (curve.start, curve.control, curve.end))
        return type(curve)(*ends)


def _node(sheet: _Sheet, node: Node, box: Box) -> None:
    ink = FAINT if node.faded else INK
    if not node.text:
        sheet.ax.add_patch(Circle((box.x, box.y), box.half_width, facecolor=ink, edgecolor="none", zorder=3))
    elif node.round:
        sheet.ax.add_patch(Circle((box.x, box.y), box.half_width, facecolor="white", edgecolor=ink, lw=1.1, zorder=3))
        if node.absorbing:
            inner = Circle((box.x, box.y), box.half_width - 2.6, facecolor="white", edgecolor=ink, lw=0.9, zorder=3)
            sheet.ax.add_patch(inner)
    else:
        corner, width, height = (
            (box.x - box.half_width, box.y - box.half_height),
            2 * box.half_width,
            2 * box.half_height,
        )
        face = "white" if node.faded else "#F3F3EE"
        shape = FancyBboxPatch(
            corner,
            width,
            height,
            boxstyle="round,pad=0,rounding_size=5",
            facecolor=face,
            edgecolor=ink,
            lw=0.8,
            zorder=3,
        )
        sheet.ax.add_patch(shape)
    sheet.reach(box)
    sheet.write(box.x, box.y, node.text, color=ink)


def _style(arrow: Arrow) -> dict[str, Any]:
    if arrow.policy is not None:
        style = {"color": COLOURS[arrow.policy], "linestyle": LINES[arrow.policy], "linewidth": 1.7, "zorder": 2.0}
        return style | ({"alpha": 0.35} if arrow.faded else {})
    ink = FAINT if arrow.faded else INK
    return {"color": ink, "linestyle": "solid", "linewidth": 0.7 if arrow.kind == CHOICE else 0.9, "zorder": 1.5}


def _arrow(sheet: _Sheet, arrow: Arrow, curve: Any) -> None:
    from matplotlib.path import Path as Outline

    outline = Outline([curve.start, curve.control, curve.end], [Outline.MOVETO, Outline.CURVE3, Outline.CURVE3])
    head = "-|>,head_length=3.2,head_width=1.7" if arrow.kind != CHOICE or arrow.policy is not None else "-"
    patch = FancyArrowPatch(
        path=outline, arrowstyle=head, shrinkA=0, shrinkB=0, mutation_scale=1.6, capstyle="butt", **_style(arrow)
    )
    sheet.ax.add_patch(patch)
    for point in ((curve.start), (curve.end), tuple(curve.points(np.array([0.5]))[0])):
        sheet.reach(Box(point[0], point[1], 2.0, 2.0))


def _label(sheet: _Sheet, arrow: Arrow, curve: Any, placer: LabelPlacer) -> None:
    """Write the probability of an arrow on it; of the initial law, at its tail."""
    width, height = _extent(arrow.text, SMALL)
    if arrow.kind == ENTRANCE:
        (x, y), (ex, ey) = curve.start, curve.end
        length = ((x - ex) ** 2 + (y - ey) ** 2) ** 0.5
        dx, dy = (x - ex) / length, (y - ey) / length
        box = Box(x + dx * (width / 2 + 3), y + dy * (height / 2 + 4), width / 2 + 1, height / 2 + 1)
        placer.obstacles.append(box)
    else:
        box = placer.place(curve, width + 4, height + 3.5)
    ink = FAINT if arrow.faded else INK if arrow.policy is None else COLOURS[arrow.policy]
    halo = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    sheet.write(box.x, box.y, arrow.text, size=SMALL, color=ink, zorder=4, bbox=halo)


def _legend(sheet: _Sheet, policies: Sequence[NamedEntries]) -> None:
    """One line sample a policy, below the graphs."""
    if not policies:
        return
    y, x = sheet.low[1] - 1.2 * LINE, sheet.low[0]
    for i, policy in enumerate(policies):
        style = {"color": COLOURS[i], "linestyle": LINES[i], "linewidth": 1.7}
        sheet.ax.plot([x, x + 26], [y, y], **style)
        sheet.write(x + 31, y, policy.name, ha="left")
        x += 31 + _extent(policy.name, SIZE)[0] + 20


def _bars(sheet: _Sheet, laws: Sequence[NamedEntries]) -> None:
    """Distributions as groups of bars, one group an outcome, with their probabilities on top."""
    top = sheet.low[1] - 40 if sheet.high[0] else 0.0
    tall = 110.0
    bar = max(18.0, *(_extent(label(x), SMALL)[0] + 5 for law in laws for x in law.entries))
    group = bar * len(laws) + 26
    largest = max(float(x) for law in laws for x in law.entries)
    base = top - tall
    for i in range(len(laws[0].entries)):
        for k, law in enumerate(laws):
            height, x = tall * float(law.entries[i]) / largest, i * group + k * bar
            style: dict[str, Any] = {"facecolor": COLOURS[k], "edgecolor": "white", "hatch": HATCHES[k]}
            sheet.ax.add_patch(Rectangle((x, base), bar - 2, height, **style))
            sheet.write(x + bar / 2 - 1, base + height + 7, label(law.entries[i]), size=SMALL)
        sheet.write(i * group + bar * len(laws) / 2, base - 9, f"outcome {i}", size=SMALL)
    end = group * len(laws[0].entries) - 26
    sheet.ax.plot([-4, end + 4], [base, base], color=INK, linewidth=0.9)
    x, y = 0.0, base - 28
    for k, law in enumerate(laws):
        sheet.ax.add_patch(Rectangle((x, y - 4), 16, 8, facecolor=COLOURS[k], edgecolor="white", hatch=HATCHES[k]))
        sheet.write(x + 21, y, law.name, ha="left")
        x += 21 + _extent(law.name, SIZE)[0] + 18


def _table(sheet: _Sheet, parts: InstanceParts) -> None:
    """The instance as plain tables, cut after some rows."""
    y = 0.0
    for table in tables(parts):
        rows = [table.columns, *table.rows[:MOST_ROWS]]
        widths = [max(_extent(row[i], SMALL)[0] for row in rows) + 14 for i in range(len(table.columns))]
        sheet.write(0.0, y, table.title, ha="left", weight="bold")
        for row in rows:
            y, x = y - LINE, 0.0
            for text, wide in zip(row, widths, strict=True):
                sheet.write(x, y, text, size=SMALL, ha="left")
                x += wide
        if len(table.rows) > MOST_ROWS:
            y -= LINE
            sheet.write(0.0, y, f"... and {len(table.rows) - MOST_ROWS} more rows", size=SMALL, ha="left")
        y -= 2 * LINE
