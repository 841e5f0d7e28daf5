"""What venues ask of figures: widths, points, fonts. tueplots knows most of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMES = ("Times New Roman", "Times", "TeX Gyre Termes", "Nimbus Roman", "STIXGeneral")
"""Times by any name; STIX, which comes with matplotlib, stands in."""
MODERN = ("Latin Modern Roman", "CMU Serif", "cmr10")
SANS = ("Helvetica", "TeX Gyre Heros", "Nimbus Sans", "Liberation Sans", "DejaVu Sans")
MATHEMATICS = {TIMES: "stix", MODERN: "cm", SANS: "dejavusans"}

FIXED: Mapping[str, Any] = {
    "axes.formatter.use_mathtext": True,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.max_open_warning": 0,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "path.simplify": True,
    "pdf.fonttype": 42,
    "pgf.rcfonts": False,
    "ps.fonttype": 42,
    "savefig.bbox": None,
    "savefig.dpi": 300,
    "svg.fonttype": "path",
    "svg.hashsalt": "iltheory",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}
"""The same everywhere: fonts of type 42, which submission systems take, and nothing that differs from run to run."""

OWN: Mapping[str, Mapping[str, Any]] = {
    "slides": {"figure.figsize": (5.5, 3.1), "font.size": 9, "legend.fontsize": 7.5},
}
"""Sizes of venues that tueplots has no bundle for: the text of a frame of 16:9, 160 mm wide."""


@dataclass(frozen=True)
class Venue:
    """Where a figure is printed.

    Attributes
    ----------
    name : as the venue writes it
    bundle : of tueplots, or of ``OWN``. Venues of 2025 kept the sizes of the year that tueplots has
    narrow : width in inches of a figure that does not take the whole width of the text
    fonts : families; the first that is installed is used
    options : of the bundle, for the whole width
    """

    name: str
    bundle: str
    narrow: float
    fonts: tuple[str, ...] = TIMES
    options: tuple[tuple[str, str], ...] = ()

    def settings(self, *, wide: bool = False, aspect: float = 0.75, latex: bool = False) -> dict[Any, Any]:
        """Settings of matplotlib for one figure.

        Parameters
        ----------
        wide : whether it takes the whole width of the text
        aspect : height over width
        latex : whether LaTeX sets its texts; it must be installed
        """
        sizes = self._sizes()
        width = sizes["figure.figsize"][0] if wide else self.narrow
        body, small = sizes["font.size"], sizes["legend.fontsize"]
        family = "sans-serif" if self.fonts is SANS else "serif"
        return {
            **FIXED,
            "figure.figsize": (width, width * aspect),
            "font.family": family,
            f"font.{family}": [installed(self.fonts)],
            "mathtext.fontset": MATHEMATICS[self.fonts],
            "text.usetex": latex,
            "text.latex.preamble": r"\usepackage{amsmath,amssymb}" + sizes.get("text.latex.preamble", ""),
            **dict.fromkeys(("font.size", "axes.labelsize", "axes.titlesize", "figure.titlesize"), body),
            **dict.fromkeys(("legend.fontsize", "legend.title_fontsize", "xtick.labelsize", "ytick.labelsize"), small),
        }

    def _sizes(self) -> Mapping[str, Any]:
        if self.bundle in OWN:
            return OWN[self.bundle]
        from tueplots import bundles

        found: Mapping[str, Any] = getattr(bundles, self.bundle)(**dict(self.options))
        return found


VENUES: Mapping[str, Venue] = {
    "neurips2025": Venue("NeurIPS 2025", "neurips2024", narrow=3.4),
    "icml2025": Venue("ICML 2025", "icml2024", narrow=3.25, options=(("column", "full"),)),
    "iclr2025": Venue("ICLR 2025", "iclr2024", narrow=3.4),
    "colt": Venue("COLT", "jmlr2001", narrow=3.6),
    "tmlr": Venue("TMLR", "tmlr2023", narrow=3.6, fonts=MODERN),
    "aistats": Venue("AISTATS", "aistats2025", narrow=3.25, options=(("column", "full"),)),
    "slides": Venue("slides", "slides", narrow=4.4, fonts=SANS),
}


def installed(fonts: tuple[str, ...]) -> str:
    """The first family that is installed; the last comes with matplotlib."""
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    return next(font for font in fonts if font in known)


def stand_in(venue: Venue) -> str | None:
    """One line on a font that is missing, or None."""
    found = installed(venue.fonts)
    if found != venue.fonts[-1] or venue.fonts[0] == found:
        return None
    return f"{venue.name}: {venue.fonts[0]} is not installed (nor is a copy of it); {found} stands in."
