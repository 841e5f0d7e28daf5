"""The documentation as it is built: strictly, from nothing but this checkout, with links that lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from iltheory.claims.registry import catalogue

ROOT = Path(__file__).parent.parent
BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
DESKTOP, PHONE = (1280, 900), (390, 844)
SHOWN = (
    "index.html", "tutorials/conjecture.html", "tutorials/figure.html", "tutorials/mujoco.html",
    "reference/quantities.html", "reference/catalogue.html", "reference/commands.html", "explanation/rungs.html",
)  # fmt: skip


class Page(HTMLParser):
    """Ids of a page, its links, and what a browser loads for it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.ids |= {named[name] for name in ("id", "name") if named.get(name)}
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        elif tag == "link" and named["rel"] not in ("next", "prev"):
            self.loaded.append(named["href"])
        elif "src" in named:
            self.loaded.append(named["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The documentation, built by `mkdocs build --strict`, which fails at any warning."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    (folder / "404.html").unlink()  # only web servers show it
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_link_leads_to_a_file_and_an_element_and_nothing_is_loaded_from_elsewhere(site, pages):
    assert len(pages) > 40
    wrong = []
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme == "https" and link in page.links:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            local = not parts.scheme and not parts.netloc and target.is_file()
            if not local or (parts.fragment and unquote(parts.fragment) not in pages[target].ids):
                wrong.append(f"{path.relative_to(site)}: {link}")
    assert wrong == []


def test_formulas_are_mathml_and_docstrings_are_no_restructured_text(pages):
    for path, page in pages.items():
        assert "arithmatex" not in page.text and not re.search(r":(func|class|mod):`", page.text), path.name
    assert sum(page.text.count("<math") for page in pages.values()) > len(catalogue())


def test_docstrings_become_lists_of_named_parameters_and_results(site, pages):
    text = pages[site / "reference/engines.html"].text
    assert "<li><code>claims</code>: the claims, or their ids</li>" in text
    assert "<code>dict</code>: Exact values of the claim's parameters" in text


def test_the_catalogue_has_every_claim_and_the_reference_every_command(site, pages):
    from typer.main import get_command

    from iltheory.cli import app

    page = pages[site / "reference/catalogue.html"]
    assert set(catalogue()) <= page.ids and "could not be typeset" not in page.text
    commands = pages[site / "reference/commands.html"].ids
    assert {f"iltheory-{name}" for name in get_command(app).commands} <= commands


def test_the_reference_lists_every_figure(site, pages):
    from iltheory.figures import figures

    text = pages[site / "reference/figures.html"].text
    assert all(f"<strong>{figure.id}</strong></td>\n<td>{figure.title}" in text for figure in figures().values())


def test_the_search_leaves_out_tables_of_measurements(site):
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    assert "Theory at scale" in index and "table H seeds mean gap" not in index


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    missing = "needs a browser: apt-get install chromium chromium-driver"
    if BROWSER is None or DRIVER is None:
        if os.environ.get("CI"):
            raise RuntimeError(f"continuous integration {missing}")
        pytest.skip(missing)
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def show(driver, site, path, *, size=DESKTOP, dark=False):
    """Open a page from the disk, and demand that it fits and that the console stays empty."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    width, height = size
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    driver.get(f"{site.as_uri()}/{path}")
    assert driver.get_log("browser") == [], path
    assert driver.execute_script("return document.documentElement.scrollWidth") == width, path


def test_pages_are_silent_on_a_screen_and_a_phone_and_follow_the_system_into_the_dark(driver, site):
    lightness = "return Math.min(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3))"
    for path in SHOWN:
        show(driver, site, path)
        assert driver.execute_script(lightness) > 230
        show(driver, site, path, size=PHONE, dark=True)
        assert driver.execute_script(lightness) < 60
        sizes = driver.execute_script(
            "return [...document.querySelectorAll('math, article img')].map((one) => one.getBoundingClientRect().width)"
        )
        assert all(size > 3 for size in sizes), path


@pytest.mark.parametrize("words, found", [("error_rate", "quantities"), ("dagger-2011-thm-2-2", "catalogue")])
def test_the_search_works_without_a_server(driver, site, words, found):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    show(driver, site, "index.html")
    driver.find_element(By.CSS_SELECTOR, "input.md-search__input").click()
    driver.execute_cdp_cmd("Input.insertText", {"text": words})  # typed, "dagger-" on the way is warned of as no query
    result = f"a.md-search-result__link[href*='reference/{found}.html']"
    WebDriverWait(driver, 20).until(lambda browser: browser.find_elements(By.CSS_SELECTOR, result))
    assert driver.get_log("browser") == []
