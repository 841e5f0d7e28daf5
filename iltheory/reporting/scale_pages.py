"""Experiments at scale as pages: for the terminal, and as Markdown."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from iltheory.experiments import Finding, ScaleReport, Section, experiments


def scale_page(report: ScaleReport) -> RenderableType:
    """Every experiment: its table, what it says, how much of it is done."""
    parts: list[RenderableType] = [Text(_preface(report)), Text()]
    for id in report.planned:
        parts += [Text(_heading(report, id), style="bold"), Text()]
        if id in report.sections:
            section = report.sections[id]
            table = Table(box=None, pad_edge=False, header_style="bold")
            for column in section.columns:
                table.add_column(column, overflow="fold")
            for row in section.rows:
                table.add_row(*row)
            parts += [table, Text(), *(Text(_sentence(finding)) for finding in section.findings), Text()]
    return Group(*parts)


def scale_markdown(report: ScaleReport) -> str:
    """The same as Markdown."""
    lines = ["# Theory at scale", "", _preface(report), ""]
    for id in report.planned:
        lines += [f"## {_heading(report, id)}", ""]
        if id in report.sections:
            lines += [*_markdown_table(report.sections[id]), ""]
            lines += [f"- {_sentence(finding)}" for finding in report.sections[id].findings] + [""]
    return "\n".join(lines)


def _markdown_table(section: Section) -> list[str]:
    rows = [section.columns, tuple("---" for _ in section.columns), *section.rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]


def _heading(report: ScaleReport, id: str) -> str:
    done, planned = report.done[id], report.planned[id]
    part = "" if done == planned else f" ({done} of {planned} cells)"
    return f"{id}: {experiments()[id].title}{part}"


def _preface(report: ScaleReport) -> str:
    done, planned = sum(report.done.values()), sum(report.planned.values())
    hours = sum(report.seconds.values()) / 3600
    rest = "" if report.complete else " The same command goes on with the others."
    return f"Written by `iltheory scale`: {done} of {planned} cells done, {hours:.2f} hours of computing.{rest}"


def _sentence(finding: Finding) -> str:
    return f"{finding.text} (`{finding.claim}`)" if finding.claim else finding.text
