"""Figures of what claims say: data that are computed once and kept, and pictures in the style of a venue.

`iltheory figures` makes them. A figure is a small file: cells of work, and a function that draws their rows.
"""

from __future__ import annotations

from iltheory.figures.figure import Figure, figures, find
from iltheory.figures.run import FORMATS, Drawn, NoData, computable, computed_figures, kept_figures, recorded_figures
from iltheory.figures.venues import VENUES, Venue

__all__ = [
    "FORMATS", "VENUES", "Drawn", "Figure", "NoData", "Venue", "computable", "computed_figures", "figures", "find",
    "kept_figures", "recorded_figures",
]  # fmt: skip
