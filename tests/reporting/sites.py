"""Reading a site as a browser would: elements that must match, links that must lead somewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

CLONING, DAGGER = "ross-bagnell-2010-thm-2-1", "dagger-2011-thm-2-2"
CLAIMS = (CLONING, DAGGER, "occ-dpi.tv", "iq-phi-table.reverse-kl", "ross-bagnell-2010-tight", "dagger-2011-thm-4-1")
"""A bound, one with a witness, logarithms, an equality of numbers, ..."""
VOID = {"meta", "link", "input", "img", "br", "wbr"}
CLOSED_IN_SVG = {"path", "circle", "use", "rect", "mspace"}


class Page(HTMLParser):
    """A page taken apart; raises where elements do not match."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ids: list[str] = []
        self.links: list[str] = []
        self.resources: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)
        self.close()
        assert not self.open, f"{path}: {self.open} were not closed"

    def handle_starttag(self, tag, attrs):
        self.read(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.read(tag, dict(attrs))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"{self.path}: </{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def read(self, tag, attributes):
        self.attributes.append((tag, attributes))
        if attributes.get("id"):
            self.ids.append(attributes["id"])
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        elif tag == "link" or "src" in attributes or "srcset" in attributes:
            self.resources.append(attributes.get("href") or attributes.get("src") or attributes.get("srcset"))


def pages(folder: Path) -> dict[str, Page]:
    """All pages of a site by their paths."""
    return {path.relative_to(folder).as_posix(): Page(path) for path in sorted(folder.rglob("*.html"))}


def broken(folder: Path, found: dict[str, Page]) -> list[str]:
    """Links and resources that lead to no file of the site, or to no element of a page."""
    wrong = []
    for path, page in found.items():
        for link in [*page.links, *(resource for resource in page.resources if resource != "data:,")]:
            parts = urlsplit(link)
            target = (folder / path).parent / unquote(parts.path) if parts.path else folder / path
            if parts.scheme or parts.netloc or not target.resolve().is_file():
                wrong.append(f"{path}: {link}")
            elif parts.fragment:
                there = found[target.resolve().relative_to(folder.resolve()).as_posix()]
                if unquote(parts.fragment) not in there.ids:
                    wrong.append(f"{path}: {link}")
    return wrong
