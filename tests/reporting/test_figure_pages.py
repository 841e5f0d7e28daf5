"""What `iltheory figures` prints fits a terminal, and names all that was made and all that was not."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from iltheory.figures import Drawn, figures
from iltheory.reporting.figure_pages import figures_page

WIDTH = 80


def printed(drawn, missing) -> str:
    console = Console(width=WIDTH)
    with console.capture() as found:
        console.print(figures_page(drawn, missing, Path("figures"), ["pdf"]))
    return found.get()


def test_a_page_breaks_no_word_and_says_where_files_are():
    row = {"verdict": "holds"}
    drawn = [
        Drawn(figure, {"rows": [row, row], "verdicts": {"holds": 41, "undecided": 18}}) for figure in figures().values()
    ]
    page = printed(drawn, [])
    assert all(len(line) <= WIDTH for line in page.splitlines())
    words = page.split()
    for figure in figures().values():
        assert figure.id in words and set(figure.title.split()) <= set(words)
    assert "figures/FIGURE.{pdf,json,csv}" in page and words.count("undecided") == len(drawn)


def test_where_nothing_was_made_the_page_is_what_is_missing():
    line = "scale-atari: experiments are missing"
    assert printed([], [line]).splitlines() == [line]
