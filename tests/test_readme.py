"""The code blocks of README.md run as written, top to bottom, in one session."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_blocks_run_in_order_and_print_what_they_say(capsys):
    session: dict = {"__name__": "__readme__"}
    for number, block in enumerate(BLOCKS, 1):
        exec(compile(block, f"README block {number}", "exec"), session)
    printed = capsys.readouterr().out
    assert "refuted 131441/100000 > 5/6" in printed
    assert "S=1, A=2, H=1 1 > 1/3" in printed
    assert "2 (52, 40, 3)" in printed and "holds with confidence 1-0.01" in printed
    assert len(BLOCKS) >= 5


def test_the_commands_it_names_exist():
    from typer.main import get_command

    from iltheory.cli import app

    known = set(get_command(app).commands)
    used = set(re.findall(r"^iltheory ([a-z-]+)", README, flags=re.MULTILINE))
    assert used and used <= known
