"""The sheet a figure is drawn on: what curves, bounds, bands, slopes and attained points look like, everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import exp, log
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.transforms import ScaledTranslation, Transform

from iltheory.experiments.statistics import LEVEL, Estimate
from sims.arithmetic import Enclosure
from sims.errors import InvalidArgument

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#222222")
"""Okabe and Ito's palette, which colour-blind readers can tell apart; black last, yellow left out."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: tuple[Any, ...] = (
    "-",
    (0, (4, 1.6)),
    (0, (1, 1.2)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (8, 2)),
    "-",
)
"""Of the first, second, ... curve of a panel, so that prints without colour can be read, too."""
INK, PALE = "#222222", "#777777"
TRIANGLE = 0.3
"""Width of a triangle that shows a slope, as a share of its curve's."""
BESIDE = 0.05
"""Distance of such a triangle from its curve, as a share of the axis."""
ABOVE = 0.35
"""Height of a panel of ratios, as a share of the panel above."""

Place = Literal["lower left", "lower right", "upper left", "below"]
Point = tuple[Any, Any]
"""x, and y: a number, an Enclosure, or an Estimate over seeds."""


@dataclass
class Panel:
    """Axes, and how many curves they have so far.

    Attributes
    ----------
    axes : of matplotlib
    curves : how many styles are taken
    bands : what its bands of probability are, for the legend
    """

    axes: Axes
    curves: int = 0
    bands: dict[str, None] = field(default_factory=dict)

    def named(self, *, x: str, y: str, title: str = "", log: str = "") -> Panel:
        """Give the axes names, and scales of logarithms where ``log`` has their letters."""
        self.axes.set(xlabel=x, ylabel=y, title=title)
        if "x" in log:
            self.axes.set_xscale("log")
        if "y" in log:
            self.axes.set_yscale("log")
        return self

    def ticks(self, values: Sequence[int]) -> None:
        """Label the x axis at some values alone."""
        self.axes.set_xticks(values, [str(value) for value in values])
        self.axes.minorticks_off()

    def curve(self, points: Sequence[Point], label: str, *, style: int | None = None, marks: bool = True) -> int:
        """Draw exact numbers as a line, enclosures and estimates with a band; give the style it was drawn in.

        A band of probability is named in the legend with its level, a rigorous one is a hairline as wide as it is.
        """
        if not points:
            raise InvalidArgument(f"points of {label!r}: none were given; a curve needs at least one.")
        style = self.curves if style is None else style
        self.curves = max(self.curves, style) + 1
        look = {"color": COLOURS[style % len(COLOURS)], "linestyle": LINES[style % len(LINES)]}
        x = [float(x) for x, _ in points]
        values = [y for _, y in points]
        marker = MARKERS[style % len(MARKERS)] if marks else None
        self.axes.plot(x, [_middle(y) for y in values], marker=marker, markeredgewidth=0, label=label, **look)
        low, high, probable = _read(values)
        self.axes.fill_between(x, low, high, color=look["color"], alpha=0.18 if probable else 0.6, linewidth=0)
        if probable:
            self.bands[probable] = None
        return style

    def bound(self, points: Sequence[Point], label: str, *, colour: str = INK) -> None:
        """Draw the side of a theorem that bounds the other: dashed, without marks."""
        middle = [_middle(y) for _, y in points]
        self.axes.plot(
            [float(x) for x, _ in points], middle, color=colour, linestyle=(0, (5, 2)), linewidth=1.0, label=label
        )

    def attained(self, points: Sequence[Point], label: str = "attained") -> None:
        """Star the points at which both sides are equal."""
        middle = [_middle(y) for _, y in points]
        self.axes.plot(
            [float(x) for x, _ in points], middle, linestyle="", marker="*", markersize=8,
            color="#E69F00", markeredgecolor=INK, markeredgewidth=0.5, zorder=5, label=label,
        )  # fmt: skip

    def slope(self, points: Sequence[Point], theorem: int | Fraction, *, below: bool = True) -> None:
        """Draw the slope that a theorem gives as a triangle beside the end of a curve on logarithmic axes.

        It keeps its distance by the limits of the axes, so curves and limits come first.
        """
        (x0, _), (x1, y1) = ((log(float(x)), log(_middle(y))) for x, y in (points[0], points[-1]))
        x0 += (1 - TRIANGLE) * (x1 - x0)
        bottom, top = self.axes.get_ylim()
        shift = BESIDE * log(top / bottom) * (-1 if below else 1)
        corners = [(x0, y1 + shift - float(theorem) * (x1 - x0)), (x1, y1 + shift)]
        right = below == (theorem > 0)  # the corner looks away from the curve
        corner = (corners[1][0], corners[0][1]) if right else (corners[0][0], corners[1][1])
        self.axes.add_patch(
            Polygon(np.exp([*corners, corner]), facecolor="none", edgecolor=PALE, linewidth=0.6, zorder=1)
        )
        middle = exp(corner[0]), exp((corners[0][1] + corners[1][1]) / 2)
        self.axes.annotate(
            f"${theorem}$", middle, xytext=(3 if right else -3, 0), textcoords="offset points",
            va="center", ha="left" if right else "right", fontsize="small", color=PALE,
        )  # fmt: skip

    def legend(self, *, columns: int = 1) -> None:
        """Name the curves, and the probability of their bands, above the axes, where nothing is hidden."""
        handles, labels = self.axes.get_legend_handles_labels()
        handles += [_band() for _ in self.bands]
        labels += self.bands
        self.axes.legend(
            handles, labels, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1.02), borderaxespad=0, borderpad=0
        )

    def exponents(self, curves: Mapping[int, Sequence[Point]], *, where: Place = "lower left") -> None:
        """Write the fitted exponents of curves, by their styles, in the axes or below: for panels with one legend.

        In narrow panels their intervals go on lines of their own.
        """
        place: dict[str, Any] = {"loc": where}
        if where == "below":
            place = {"loc": "upper left", "bbox_to_anchor": (0, 0), "bbox_transform": self._under_the_label()}
        handles = [Line2D([], [], color=COLOURS[style], linestyle=LINES[style]) for style in curves]
        labels = [fitted(points) for points in curves.values()]
        for text in (labels, [label.replace(" [", "\n[") for label in labels]):
            box = self.axes.legend(
                handles, text, title="slopes", **place, borderpad=0.2, labelspacing=0.2, handlelength=1.2,
                handletextpad=0.5, alignment="left", frameon=True,
            )  # fmt: skip
            box.get_frame().set(facecolor="white", alpha=0.85, linewidth=0)
            if box.get_window_extent().width <= self.axes.get_window_extent().width:
                break

    def _under_the_label(self) -> Transform:
        """Coordinates of the axes, moved down by what their x axis takes up, at any resolution."""
        axes, figure = self.axes, self.axes.figure
        below = axes.xaxis.get_tightbbox()
        assert below is not None, "the axis is visible"
        taken = axes.bbox.y0 - below.y0
        return axes.transAxes + ScaledTranslation(0, -taken / figure.dpi, figure.dpi_scale_trans)


@dataclass
class Sheet:
    """One figure of matplotlib, in the settings of a venue.

    Attributes
    ----------
    figure : of matplotlib
    """

    figure: Figure

    def panels(self, columns: int = 1, rows: int = 1, **options: Any) -> list[Panel]:
        """Panels side by side, row after row."""
        grid = self.figure.subplots(rows, columns, squeeze=False, **options)
        return [Panel(axes) for axes in grid.ravel()]

    def with_ratios(self, columns: int = 1) -> list[tuple[Panel, Panel]]:
        """Panels side by side, each with a lower one for ratios on the same x."""
        grid = self.figure.subplots(2, columns, squeeze=False, sharex="col", height_ratios=(1, ABOVE))
        for lower in grid[1]:
            lower.axhline(1, color=INK, linewidth=0.6)
        return [(Panel(above), Panel(below)) for above, below in grid.T]

    def legend(self, panels: Sequence[Panel], *, columns: int) -> None:
        """Name the curves of all panels and their bands once, above, in so many columns or in fewer that fit.

        A name stands for the same style in each panel.
        """
        named = [panel.axes.get_legend_handles_labels() for panel in panels]
        handles = {label: handle for of_panel in named for handle, label in zip(*of_panel, strict=True)}
        handles |= {band: _band() for panel in panels for band in panel.bands}
        for count in range(columns, 0, -1):
            box = self.figure.legend(
                list(handles.values()), list(handles), ncols=count, loc="outside upper left", columnspacing=1.2,
                handletextpad=0.5,
            )  # fmt: skip
            if box.get_window_extent().x1 <= self.figure.bbox.x1:
                break
            box.remove()


def _band() -> Line2D:
    """What a band of probability looks like in a legend."""
    return Line2D([], [], color=PALE, linewidth=5, alpha=0.3, solid_capstyle="butt")


def with_slope(label: str, points: Sequence[Point]) -> str:
    """A label with the fitted exponent of a curve; a figure's caption says what its interval is by ``FITTED``."""
    return f"{label}: slope {fitted(points)}"


def fitted(points: Sequence[Point]) -> str:
    """The fitted exponent of a curve and its interval (`iltheory.attack.fitting.exponent`)."""
    from iltheory.attack.fitting import exponent

    fit = exponent(points)
    slope, low, high = (f"${x:.2f}$" for x in (fit.slope, fit.low, fit.high))  # not every font has a minus sign
    return f"{slope} [{low}, {high}]"


def ratios(over: Sequence[Point], under: Sequence[Point]) -> list[Point]:
    """Pointwise ratio of two curves on the same x."""
    bottom = dict(under)
    return [(x, Enclosure.of(y) / bottom[x]) if isinstance(y, Enclosure) else (x, y / bottom[x]) for x, y in over]


def _middle(y: Any) -> float:
    return y.middle if isinstance(y, Enclosure) else y.centre if isinstance(y, Estimate) else float(y)


def _read(values: Sequence[Any]) -> tuple[list[float], list[float], str]:
    """Lower and upper ends, and what the band between them is: nothing to name unless probability comes in."""
    low, high, names = [], [], dict[str, None]()
    for y in values:
        if isinstance(y, Enclosure):
            low.append(float(y.lower))
            high.append(float(y.upper))
            if y.delta:
                names[f"{float(100 * (1 - y.delta)):.6g} % confidence"] = None
        elif isinstance(y, Estimate):
            low.append(y.low)
            high.append(y.high)
            names[f"{100 * LEVEL:.0f} % interval over seeds (Student)"] = None
        else:
            low.append(float(y))
            high.append(float(y))
    return low, high, " and ".join(names)
