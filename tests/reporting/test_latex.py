# ruff: noqa: RUF001 (letters of formulas look like others)
"""Statements in the terminal say what their LaTeX says."""

from __future__ import annotations

import re

import pytest

from iltheory.claims.registry import catalogue
from iltheory.reporting.latex import readable

STATEMENTS = {
    claim.statement for known in catalogue().values() for claim in (known, *known.false_variants) if claim.statement
}
SILENT = {"left", "right", "middle", "Big", "nolimits", "textstyle", "mathrm", "text", "operatorname"}
"""Macros of layout, and those that only change their argument."""


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\tfrac1H \sum_h x_h", "1/H ∑_h x_h"),
        (r"\frac{1}{4\alpha} \chi^2(d \| e)", "1/(4α) χ^2(d ‖ e)"),
        (r"\frac{x}{t_n} + \frac{2 k}{\delta}", "x/t_n + (2 k)/δ"),
        (r"f_E = \mathbb{E}_{\pi} f \implies \bar H(\pi) = 0", "f_E = 𝔼_π f ⇒ H̅(π) = 0"),
        (r"\gamma \ne \gamma' \;\Rightarrow\; \dim \{ r \} = S", "γ ≠ γ' ⇒ dim {r} = S"),
        (r"\min_\pi \max_f \mathbb{E}_\mu \log \pi", "min_π max_f 𝔼_μ log π"),
        (r"\log\frac{2k}{\delta}", "log(2k/δ)"),
        (r"\hat{\Pr}_{D_2}[T] \le \operatorname{sign}(x)", "P̂r_{D_2}[T] ≤ sign(x)"),
        (r"\mathbb{E}_{s\sim d^\pi} \langle \pi, Q \rangle", "𝔼_{s∼d^π} ⟨π, Q⟩"),
    ],
)
def test_formulas_read_as_written(latex, text):
    assert readable(latex) == text


def test_no_macro_of_the_catalogue_is_lost():
    names = {name for statement in STATEMENTS for name in re.findall(r"\\([A-Za-z]+)", statement)} - SILENT
    assert not [name for name in names if readable(rf"a\{name}{{x}}{{y}}b") == "axyb"]


def test_no_mark_of_the_conversion_is_left():
    assert not any(re.search("[⟦⟧\N{INVISIBLE SEPARATOR}\\\\]", readable(statement)) for statement in STATEMENTS)
