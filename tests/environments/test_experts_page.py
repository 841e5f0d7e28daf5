"""Experts as the command line and docs/experts.md show them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gymnasium
import pytest
from minari import MinariDataset
from typer.testing import CliRunner

from iltheory.cli import app
from sims.datasets import read_minari
from sims.environments import experts
from sims.environments.experts import InvalidExpert

PAGE = (Path(__file__).parents[2] / "docs" / "experts.md").read_text(encoding="utf-8")


def run(*args: str):
    return CliRunner().invoke(app, ["experts", *args], catch_exceptions=False)


def between(mark: str) -> list[str]:
    return re.search(rf"<!-- {mark} -->\n(.*)<!-- /{mark} -->", PAGE, flags=re.DOTALL)[1].splitlines()


def test_the_page_has_the_numbers_of_the_cards():
    rows = ["| expert | return | with noise | steps | kB |", "|---|---|---|---|---|"]
    for card in experts.cards():
        shown = [f"{made.mean:.1f} [{made.low:.1f}, {made.high:.1f}]" for made in (card.deterministic, card.stochastic)]
        size = (experts.SHIPPED / f"{card.id}.safetensors").stat().st_size / 1000
        rows.append(f"| `{card.id}` | {' | '.join(shown)} | {card.steps:,} | {size:.1f} |")
    assert between("experts") == rows


def test_the_page_has_the_values_of_the_games():
    head, _rule, *rows = between("games")
    assert head == "| table | game | states | decisions | frames each | sticky | return |" and len(rows) >= 5
    for row in rows:
        name = re.match(r"\| `(\w+)`", row)[1]
        expert = experts.game_expert(name)
        spec, states = expert.table.spec, expert.table.n_states
        value = expert.value if expert.value.denominator == 1 else f"{float(expert.value):.12g}"
        numbers = f"{states:,} | {spec.horizon} | {spec.frame_skip} | {spec.sticky} | {value}"
        assert row == f"| `{name}` | {spec.game} | {numbers} |"


def test_the_first_block_of_the_page_runs():
    session: dict = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[1], session)
    assert session["demos"].returns().tolist() == [500] * 5


def test_list_and_card():
    listed = json.loads(run("list", "--json", "-").stdout)["cards"]
    assert [card["id"] for card in listed] == list(experts.shipped())
    shown = run("card", "Hopper-v5").stdout
    assert experts.load("Hopper-v5").card.sha256[:20] in shown.replace("\n", "")
    assert "python -m sims.environments.experts Hopper-v5 --seed 0" in shown
    assert json.loads(run("card", "Hopper-v5", "--json", "-").stdout)["cards"][0]["id"] == "Hopper-v5"


def test_roll_writes_demonstrations(tmp_path):
    out = tmp_path / "poles"
    done = run(
        "roll", "CartPole-v1", "--episodes", "2", "--seed", "3", "--out", str(out), "--json", str(tmp_path / "r.json")
    )
    assert "500.0 [500.0, 500.0], 2 episodes" in done.stdout and "0 of 2 terminated" in done.stdout
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["returns"] == [500, 500] and document["lengths"] == [500, 500]
    assert MinariDataset(out / "data").env_spec == gymnasium.spec("CartPole-v1")
    assert read_minari(out).states.tolist() == experts.demonstrations("CartPole-v1", 2, 3).states.tolist()


def test_an_unknown_expert_is_named():
    with pytest.raises(InvalidExpert, match="near it: Hopper-v5"):
        run("card", "Hoper-v5")
