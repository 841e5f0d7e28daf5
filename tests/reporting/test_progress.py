"""Progress in words: a live line for a terminal, plain lines where standard error is a file."""

from io import StringIO

import pytest
from rich.console import Console

from iltheory.engine.ledger import BlockKey, Record
from iltheory.reporting import progress
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


@pytest.fixture
def clock(monkeypatch):
    """The time, in seconds, that tests set."""
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


def test_a_file_gets_a_plain_line_of_cells_now_and_then(clock):
    screen = Console(file=StringIO(), width=40)
    with cells_progress(screen, 4, "proving claims for shapes") as on_result:
        for second in (1, 14, 15, 29):
            clock[0] = 100.0 + second
            on_result(PROVED)
    assert screen.file.getvalue().splitlines() == ["proving claims for shapes: 4", "3 of 4, proofs for shapes: pdl"]


def test_a_file_gets_a_plain_line_of_stages_now_and_then(clock):
    screen = Console(file=StringIO(), width=40)
    with stages(screen, "comparing theorems with what was checked earlier") as on_step:
        for second, words in ((9, "1 of 20 files"), (15, "2 of 20 files [ok]"), (16, "3 of 20 files")):
            clock[0] = 100.0 + second
            on_step(words)
    assert screen.file.getvalue().splitlines() == [
        "comparing theorems with what was checked earlier",
        "2 of 20 files [ok]",
    ]
