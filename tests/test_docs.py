"""The pages of docs/: Python prints what they say, commands exist, all that is public has its place."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {str(page.relative_to(DOCS)): page.read_text(encoding="utf-8") for page in sorted(DOCS.rglob("*.md"))}
EXECUTED = [
    name
    for name, text in PAGES.items()
    if re.match("index|tutorials|how-to|explanation|proofs", name) and "```python" in text
]
FENCE = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
RUN_FROM_A_SHELL = "python -m "


class Block(NamedTuple):
    language: str
    file: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(PAGES[page])]


def lines(block: Block) -> list[str]:
    """Commands of a block for a shell, without prompts, and put together where a backslash continues them."""
    text = re.sub(r"\\\n\s*", "", block.text)
    return [line.removeprefix("$ ") for line in text.splitlines()] if block.language in ("", "sh") else []


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Iterator[Path]:
    """An empty current folder from which modules can be imported, and which leaves none behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", EXECUTED)
def test_a_page_runs_in_order_and_prints_what_it_says(page, folder, capsys):
    session: dict[str, Any] = {"__name__": "__docs__"}
    printed = output = ""
    for number, block in enumerate(blocks(page), 1):
        place = f"{page}, block {number}"
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, place, "exec"), session)
            printed += capsys.readouterr().out
            output = ""
        elif block.language == "text" and printed:
            assert printed == block.text, place
            printed = ""
        elif block.language == "text":
            assert not output or all(line in output for line in block.text.splitlines()), f"{place}: {output}"
        for line in lines(block):
            if line.startswith(RUN_FROM_A_SHELL):
                run = subprocess.run(
                    [sys.executable, *shlex.split(line, comments=True)[1:]],
                    cwd=folder, capture_output=True, text=True, check=False,
                )  # fmt: skip
                output = run.stdout + run.stderr
                assert run.returncode == 0, f"{place}: {output}"
    assert printed == "", f"{page} prints what it does not show"


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page, tmp_path, monkeypatch):
    from typer.main import get_command

    from iltheory.cli import app

    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        for line in lines(block):
            if line.startswith("iltheory "):
                command, words = get_command(app), shlex.split(line, comments=True)[1:]
                while hasattr(command, "commands"):
                    assert words[0] in command.commands, line
                    command, words = command.commands[words[0]], words[1:]
                command.make_context(line, words)


def test_the_navigation_has_every_page_once():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert [part for entry in config["nav"] for part in entry] == [
        "Home", "Tutorials", "How-to", "Reference", "Explanation"
    ]  # fmt: skip
    assert sorted(named(config["nav"])) == sorted(PAGES)


def named(nav: Any) -> Iterator[str]:
    """Pages of a navigation."""
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from named(part)


@pytest.mark.parametrize(
    "module",
    [
        "iltheory", "iltheory.figures", "iltheory.games", "iltheory.learners", "iltheory.learners.neural",
        "iltheory.testing", "sims", "sims.datasets", "sims.families", "sims.sampled",
    ],
)  # fmt: skip
def test_the_reference_has_all_that_is_public(module):
    listed = set(re.findall(r"\w+", "".join(text for page, text in PAGES.items() if page.startswith("reference/"))))
    rooms = {"games", "learners", "neural", "arithmetic"}  # modules with pages of their own
    assert set(import_module(module).__all__) - rooms <= listed
