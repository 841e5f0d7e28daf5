"""The site in a real browser, from the disk: search, filters, formulas, a phone, dark mode, the keyboard."""

from __future__ import annotations

import os
import shutil
from collections import Counter

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from sites import CLAIMS, CLONING, DAGGER, Page

from iltheory.claims.registry import catalogue

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = "needs a browser: apt-get install chromium chromium-driver"
if BROWSER is None or DRIVER is None:
    if os.environ.get("CI"):
        raise RuntimeError(f"continuous integration {MISSING}")
    pytest.skip(MISSING, allow_module_level=True)

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
DESKTOP, PHONE, PAPER = (1280, 900), (360, 740), (700, 990)
SHOWN = "return [...document.querySelectorAll('#matrix tr[data-rung]')].filter(row => row.offsetHeight > 0).length"
UNDECIDED_PAGE = "claims/iq-phi-table.reverse-kl.html"


class Browser:
    """Chromium, told what it is."""

    def __init__(self, folder) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for option in (*OPTIONS, f"--user-data-dir={folder}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    def show(self, site, path, *, size=DESKTOP, dark=False, media="screen"):
        """Open a page and demand that it says nothing in the console."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        width, height = size
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": [scheme]})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        self.driver.get("about:blank")  # or an address that differs in its fragment alone is not loaded anew
        self.driver.get(f"{site.as_uri()}/{path}")
        self.is_silent()
        return self

    def is_silent(self):
        assert self.driver.get_log("browser") == []

    def run(self, script, *values):
        return self.driver.execute_script(script, *values)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    @property
    def active(self):
        return self.driver.switch_to.active_element


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.driver.quit()


def pages_of_each_kind(site):
    folders = ("papers", "learners", "figures", "sources")
    return ["index.html", *(f"{name}/{min(path.name for path in (site / name).glob('*.html'))}" for name in folders)]


def test_search_shows_what_has_all_words_and_the_address_keeps_it(browser, whole):
    site = whole[0]
    browser.show(site, "index.html")
    n = len(catalogue())
    assert browser.run(SHOWN) == n
    browser.find("#search").send_keys("DAGGER-2011-thm-2-2 expert")
    left = browser.run(SHOWN)
    expected = [id for id in catalogue() if "dagger-2011-thm-2-2" in id]
    assert 1 <= left <= len(expected)
    assert browser.find("#shown").text == f"{left} of {n} claims"
    assert "search=DAGGER" in browser.driver.current_url
    browser.driver.refresh()
    assert browser.run(SHOWN) == left
    browser.find("#search").send_keys(" nosuchword")
    assert browser.run(SHOWN) == 0 and browser.find("#nothing").is_displayed()
    browser.find("#search").send_keys(Keys.ESCAPE)
    assert browser.run(SHOWN) == n and not browser.find("#nothing").is_displayed()
    browser.find("#search").send_keys("π_e")  # formulas are searched, too
    assert 0 < browser.run(SHOWN) < n
    browser.is_silent()


def test_filters_agree_with_the_catalogue(browser, whole):
    browser.show(whole[0], "index.html")
    statuses = Counter(claim.status for claim in catalogue().values())
    status = Select(browser.find("#status"))
    for value, count in statuses.items():
        status.select_by_value(value)
        assert browser.run(SHOWN) == count
    status.select_by_value("")
    paper = Select(browser.find("#paper"))
    paper.select_by_visible_text("Ross and Bagnell 2010")
    of_paper = [
        c for c in catalogue().values() if c.source and (c.source.authors, c.source.year) == ("Ross and Bagnell", 2010)
    ]
    assert browser.run(SHOWN) == len(of_paper)
    status.select_by_value("derived here")
    assert browser.run(SHOWN) == sum(claim.status == "derived here" for claim in of_paper)
    browser.is_silent()


def test_the_filter_of_rungs_agrees_with_the_reports(browser, small):
    browser.show(small.folder, "index.html")
    rungs = Counter(entry.rung for entry in small.content.entries)
    choice = Select(browser.find("#rung"))
    for option in [option.get_attribute("value") for option in choice.options][1:]:
        choice.select_by_value(option)
        assert browser.run(SHOWN) == rungs[option]
    browser.is_silent()


def test_without_a_script_everything_is_shown(browser, small):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.show(small.folder, "index.html")
        rows = browser.driver.find_elements(By.CSS_SELECTOR, "#matrix tr[data-rung]")
        assert len(rows) == len(CLAIMS) and all(row.is_displayed() for row in rows)
        assert not browser.find("#filters").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_formulas_and_pictures_have_a_size(browser, small):
    for id in CLAIMS:
        browser.show(small.folder, f"claims/{id}.html")
        sizes = browser.run(
            "return [...document.querySelectorAll('.statement math, .graph svg, figcaption math')].map(one => {"
            "const box = one.getBoundingClientRect(); return [one.tagName, box.width, box.height,"
            "one.closest('figcaption') !== null]})"
        )
        assert sum(tag == "math" for tag, *_ in sizes) >= 1
        for tag, width, height, captioned in sizes:
            least = (60, 30) if tag == "svg" else (5, 6) if captioned else (10, 8)  # a caption has single letters
            assert width > least[0] and height > least[1], (id, tag)
    browser.show(small.folder, f"claims/{CLONING}.html")
    image = browser.find(".plot img")
    browser.run("arguments[0].loading = 'eager'", image)
    browser.driver.execute_async_script(
        "const [image, done] = arguments; image.decode().then(() => done(), done)", image
    )
    assert browser.run("return arguments[0].naturalWidth", image) > 100


def test_every_link_of_a_page_opens(browser, small):
    path = f"claims/{DAGGER}.html"
    links = [link for link in Page(small.folder / path).links if not link.endswith(".json")]
    base = (small.folder / path).parent.as_uri()
    for link in sorted(set(links)):
        browser.show(small.folder, path)
        browser.run("document.querySelector(`a[href='${arguments[0]}']`).click()", link)
        assert browser.driver.title.endswith("iltheory"), (base, link)
        fragment = link.partition("#")[2]
        assert not fragment or browser.run("return document.querySelector(':target') !== null"), link
        browser.is_silent()


def test_a_phone_never_scrolls_sideways(browser, small, whole):
    shown = [(whole[0], path) for path in pages_of_each_kind(whole[0])]
    shown += [(small.folder, f"claims/{id}.html") for id in CLAIMS]
    shown += [(small.folder, path) for path in ("index.html", "proofs/index.html")]
    for site, path in shown:
        browser.show(site, path, size=PHONE)
        width, least = browser.run(
            "return [document.documentElement.scrollWidth, "
            "Math.min(...[...document.querySelectorAll('p, h1, th[scope=row] a')].map("
            "one => parseFloat(getComputedStyle(one).fontSize)))]"
        )
        assert width == PHONE[0], path
        assert least >= 12, path


def test_dark_mode_is_dark_and_everything_stays_readable(browser, small):
    contrast = """
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\\d.]+/g).map((x) => x / 255).map(
        (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = light(getComputedStyle(document.documentElement).backgroundColor);
    const inks = [...document.querySelectorAll('main *')].filter((one) => one.offsetParent && one.textContent.trim())
      .map((one) => light(getComputedStyle(one).color));
    const worst = Math.min(...inks.map((ink) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)));
    return [paper, worst];
    """
    papers = []
    for dark in (False, True):
        for path in ("index.html", f"claims/{DAGGER}.html", UNDECIDED_PAGE):
            browser.show(small.folder, path, dark=dark)
            paper, worst = browser.run(contrast)
            papers.append(paper)
            assert worst >= 4.5, (dark, path, worst)  # WCAG 2, level AA
    assert min(papers[:3]) > 0.9 and max(papers[3:]) < 0.05


def test_the_keyboard_reaches_the_content_the_search_and_its_results(browser, small):
    browser.show(small.folder, "index.html")
    browser.press(Keys.TAB)
    assert browser.active.text == "Skip to the content" and browser.active.location["x"] >= 0
    browser.press(Keys.ENTER)
    assert browser.active.get_attribute("id") == "main"
    browser.press("/")
    assert browser.active.get_attribute("id") == "search"
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("quadratically")
    browser.press(Keys.ARROW_DOWN)
    assert browser.active.get_attribute("href").endswith(f"claims/{CLONING}.html")
    browser.press(Keys.ARROW_UP)
    assert browser.active.get_attribute("id") == "search"
    for _ in range(12):
        browser.press(Keys.TAB)
        if (browser.active.get_attribute("href") or "").endswith(f"claims/{CLONING}.html"):
            break
    browser.press(Keys.ENTER)
    assert browser.driver.title.startswith(CLONING)
    browser.is_silent()


def test_what_is_printed_has_everything_and_no_controls(browser, small):
    browser.show(small.folder, f"claims/{DAGGER}.html", media="print", size=PAPER)
    assert not browser.find("nav").is_displayed()
    heights = browser.run("return [...document.querySelectorAll('details table')].map((table) => table.offsetHeight)")
    assert heights and min(heights) > 30  # closed on the screen, open on paper
    assert browser.run("return document.documentElement.scrollWidth") == PAPER[0]  # no picture is cut
    browser.show(small.folder, "index.html", media="print", size=PAPER)
    assert not browser.find("form").is_displayed() and browser.find("#matrix").is_displayed()


def test_on_a_phone_names_break_between_their_parts_and_statements_in_coq_are_seen_whole(browser, small):
    torn = """return [...document.querySelectorAll('.name, .theorems th a')].flatMap(name => [...name.childNodes])
        .filter(part => part.nodeType === Node.TEXT_NODE)
        .filter(part => { const range = document.createRange(); range.selectNode(part);
                          return new Set([...range.getClientRects()].map(box => box.top)).size > 1; })
        .map(part => part.data)"""
    cut = "return [...document.querySelectorAll('pre.coq')].filter(text => text.scrollWidth > text.clientWidth).length"
    for path in ("proofs/index.html", f"claims/{CLONING}.html"):
        browser.show(small.folder, path, size=PHONE)
        assert browser.run("return document.querySelectorAll('pre.coq, .name').length") >= 2
        assert browser.run(torn) == [] and browser.run(cut) == 0
        assert browser.run("return document.documentElement.scrollWidth") <= PHONE[0]
