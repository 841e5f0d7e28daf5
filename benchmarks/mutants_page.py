"""The page about mutants that are not refuted, docs/mutants.md, from what ``mutants.py`` found."""

from __future__ import annotations

from collections import defaultdict

INTRODUCTION = """\
# Mutants

Every claim of the catalogue is changed in one place at a time, and every such mutant that is false has to be refuted:
by a first look at random instances, or by `il.falsify`. Mutants that are not refuted show where a theorem is loose.
This page lists them all; it is written by

```sh
python benchmarks/mutants.py --budget {budget:g} --page docs/mutants.md
```

*proved*: true, and more than the claim says; the claim of the catalogue that is named proves it. *follows*: from the
claim, for the reason given (`iltheory/attack/survivors.py` holds the reasons), or it said more than the claim on none
of the instances looked at. *open*: it says more than the claim on some instance, and neither a counterexample nor a
proof is known. *undefined*: without a value on some instances. Of {discarded} more variants the formula cannot be
evaluated.
"""


def page(report: dict) -> str:
    """Markdown of a report in JSON."""
    tallies, mutants = report["operators"], report["mutants"]
    discarded = sum(tally["discarded"] for tally in tallies)
    told, untold = defaultdict(list), defaultdict(list)
    for one in mutants:
        if one["standing"] in ("proved", "follows", "open"):
            (told if one["proof"] or one["standing"] == "open" else untold)[one["standing"]].append(one)
    sections = [
        INTRODUCTION.format(budget=report["budget"], discarded=discarded),
        _totals(tallies),
        "## Proved\n\n" + _table(("mutant", "change", "proved by", "how"), map(_reasoned, told["proved"])),
        "## Follow, for a known reason\n\n" + _table(("mutant", "change", "how"), map(_following, told["follows"])),
        "## Open\n\n" + _table(("mutant", "change"), map(_changed, told["open"])),
        "## Follow: on no instance do they say more\n\n" + _by_operator(untold["follows"]),
    ]
    return "\n".join(sections)


def _totals(tallies: list[dict]) -> str:
    counts = ("total", "refuted", "proved", "follows", "open", "undefined")
    rows = [(tally["words"], *(str(tally[name]) for name in counts)) for tally in tallies]
    sums = ("all", *(str(sum(tally[name] for tally in tallies)) for name in counts))
    return _table(("change", *counts), [*rows, sums])


def _by_operator(mutants: list[dict]) -> str:
    ids = defaultdict(list)
    for one in mutants:
        ids[one["operator"]].append(f"`{one['id']}`")
    return _table(("operator", "mutants"), [(operator, ", ".join(names)) for operator, names in ids.items()])


def _changed(one: dict) -> tuple[str, ...]:
    return f"`{one['id']}`", one["change"] if one["change"].startswith("without") else f"`{one['change']}`"


def _reasoned(one: dict) -> tuple[str, ...]:
    return *_changed(one), f"`{one['proof']}`", one["note"]


def _following(one: dict) -> tuple[str, ...]:
    return *_changed(one), one["note"]


def _table(headings, rows) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
