"""Progress in words: a live line for a terminal, plain lines where standard error is a file."""

from io import StringIO

import pytest
from rich.console import Console

from iltheory.engine.ledger import BlockKey, Record
from iltheory.reporting.progress import cells_progress, stages


def done(computation, cell):
    return Record(BlockKey(computation, "3a", "scale", cell, 0, 0, 1, "1.0"), {}, 0.1)


PROVED = done("proofs for shapes", '{"claim":"pdl","hash":"5c0ffee"}')
COMPUTED = done("gail-gap", '{"horizon":8,"seed":3}')


@pytest.mark.parametrize(
    ("record", "words"), [(PROVED, "proofs for shapes: pdl "), (COMPUTED, "gail-gap: horizon 8, seed 3 ")]
)
def test_a_terminal_shows_cells_in_words(record, words):
    screen = Console(file=StringIO(), force_terminal=True, width=200)
    with cells_progress(screen, 2, "proving claims for shapes") as on_result:
        on_result(record)
    shown = screen.file.getvalue()
    assert "proving claims for shapes" in shown and words in shown and "{" not in shown and "5c0ffee" not in shown


def test_a_file_gets_one_plain_line_for_all_cells():
    screen = Console(file=StringIO(), width=200)
    with cells_progress(screen, 2, "proving claims for shapes") as on_result:
        on_result(PROVED)
        on_result(PROVED)
    assert screen.file.getvalue() == "proving claims for shapes: 2\n"


def test_a_file_gets_one_plain_line_for_each_stage():
    screen = Console(file=StringIO(), width=40)
    with stages(screen, "comparing theorems with what was checked earlier") as on_step:
        for words in (
            "1 of 20 files are compiled: A.v, 8.5 s",
            "2 of 20 files are compiled: B.v, 0.1 s",
            "20 files [ok]",
        ):
            on_step(words)
    assert screen.file.getvalue().splitlines() == [
        "comparing theorems with what was checked earlier",
        "1 of 20 files are compiled: A.v, 8.5 s",
        "20 files [ok]",
    ]
