"""A gate's page in a real browser: silent, filtered, its first difference in view, readable in two schemes."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from replaykit.report.gate_html import gate_html
from replaykit.report.gate_page import SCRIPT
from replaykit.report.reading import Reading
from tests.chaos.chromium import CHROMIUM, Page, chromium
from tests.gate.reports import ROOT, full, rich, telling
from tests.gate.test_gate_html import HOSTILE, NOW, page_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

WIDTH, HEIGHT = 1200, 700
ROWS = "[...document.querySelectorAll('#histories tbody tr')].filter(r => r.offsetHeight)"
COUNT = "document.getElementById('count').innerText"
# Of the last finding with two timelines, which stands far below the first screen.
LAST = "[...document.querySelectorAll('details.finding')].filter(d => d.querySelector('.first')).at(-1)"
IN_VIEW = (
    "(e => { const r = e.getBoundingClientRect();"
    " return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight && r.left >= 0 && r.right <= innerWidth; })"
)
# The contrast of every text with what is painted behind it, as WCAG counts it; the lowest first.
CONTRAST = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    const pair = [getComputedStyle(element).color, behind(element)].map(light).sort((a, b) => b - a);
    found.push([(pair[0] + 0.05) / (pair[1] + 0.05), walker.currentNode.textContent.slice(0, 40)]);
  }
  return found.sort((a, b) => a[0] - b[0]);
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page, tmp_path: Path) -> Page:
    return opened(browser, tmp_path, page_of(rich()))


def opened(browser: Page, directory: Path, text: str) -> Page:
    browser.call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False)
    return browser.show(text, directory)


def prefer(page: Page, scheme: str) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


def click_at_the_lower_edge(page: Page, element: str) -> None:
    """Click on an element that stands at the lower edge of the window."""
    x, y = page.js(
        f"(e => {{ e.scrollIntoView({{block: 'end'}}); const r = e.getBoundingClientRect();"
        f" return [r.x + 20, r.y + r.height / 2]; }})({element})"
    )
    assert y > HEIGHT - 100
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    page.js("new Promise(r => setTimeout(r, 50))")


def test_it_renders_without_a_request_and_without_a_word_in_the_console(page: Page) -> None:
    assert page.js("document.querySelectorAll('#histories tbody tr').length") == 136
    assert page.js(COUNT) == "136 of 136 histories shown"
    assert page.js("getComputedStyle(document.querySelector('.verdict')).borderLeftWidth") == "6px", (
        "its style is let in"
    )
    assert page.complaints() == []


def test_it_filters_by_standing_and_by_any_text(page: Page) -> None:
    page.choose("standing", "drifted")
    assert page.js(f"{ROWS}.map(r => r.cells[1].innerText)") == ["≈ drifted"] * 2
    page.choose("standing", "blocked")
    page.choose("text", "JOB-12")
    assert page.js(COUNT) == "9 of 136 histories shown"
    assert page.js(f"{ROWS}.every(r => r.cells[0].innerText.includes('job-12'))") is True
    page.click("#filters button[type=reset]")
    page.js("new Promise(r => setTimeout(r, 50))")
    assert page.js(f"{ROWS}.length") == 136
    assert page.complaints() == []


def test_the_first_finding_is_open_with_its_first_difference_on_the_first_screen(page: Page) -> None:
    assert page.js("[...document.querySelectorAll('details.finding')].map(d => d.open).indexOf(true)") == 0
    assert page.js(f"{IN_VIEW}(document.querySelector('details[open] .first'))") is True


def test_an_opened_finding_has_its_first_difference_in_view_wherever_it_stood(page: Page) -> None:
    row = f"{LAST}.querySelector('.first')"
    assert page.js(f"{IN_VIEW}({row})") is False
    click_at_the_lower_edge(page, f"{LAST}.querySelector('summary')")

    assert page.js(f"{LAST}.open") is True
    assert page.js(f"{IN_VIEW}({row})") is True
    assert "▶ first difference" in page.js(f"{row}.innerText")
    assert page.complaints() == []


def test_a_link_from_a_history_opens_its_finding(page: Page) -> None:
    target = "document.querySelector(document.querySelector('#histories tr:last-child a').getAttribute('href'))"
    assert page.js(f"{target}.closest('details').open") is False
    page.click("#histories tr:last-child a")
    page.js("new Promise(r => setTimeout(r, 50))")
    assert page.js(f"{target}.closest('details').open") is True
    assert page.js(f"{IN_VIEW}({target}.querySelector('.first'))") is True
    assert page.js(f"{IN_VIEW}({target}.parentElement.querySelector('summary'))") is True


def test_the_keyboard_opens_a_finding_and_the_focus_is_seen(page: Page) -> None:
    focused = "document.activeElement.matches('details.finding:nth-of-type(2) > summary')"
    for _ in range(40):
        page.press("Tab")
        if page.js(focused):
            break
    assert page.js(focused)
    assert page.js("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    before = page.js("document.activeElement.parentElement.open")
    page.press("Enter")
    assert page.js("document.activeElement.parentElement.open") is not before


def test_every_field_has_a_name_every_head_a_scope_and_every_region_that_scrolls_a_place_in_the_order(
    page: Page,
) -> None:
    assert page.js("[...document.querySelectorAll('th')].every(h => h.scope)") is True
    assert page.js("[...document.querySelectorAll('input, select')].every(f => f.labels.length)") is True
    regions = "[...document.querySelectorAll('[role=region]')]"
    assert page.js(f"{regions}.every(r => r.tabIndex === 0 && r.getAttribute('aria-label'))") is True
    levels = page.js("[...document.querySelectorAll('h1, h2, h3, h4')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 20, 26)")])
def test_all_of_it_can_be_read_in_both_schemes(page: Page, scheme: str, paper: str) -> None:
    prefer(page, scheme)
    page.js("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    [lowest, *others] = page.js(CONTRAST)
    shown = page.js("getComputedStyle(document.body).backgroundColor")
    prefer(page, "")

    assert shown == paper
    assert lowest[0] >= 4.5, lowest
    assert len(others) > 500


def test_without_scripts_all_is_shown_and_only_the_filter_is_missing(browser: Page, tmp_path: Path) -> None:
    text = page_of(rich())
    page = opened(browser, tmp_path, text.replace(SCRIPT, ""))
    assert SCRIPT in text
    assert page.js("document.getElementById('filters').offsetHeight") == 0
    assert page.js(f"{ROWS}.length") == 136
    page.click("details.finding:nth-of-type(2) > summary")
    assert page.js("document.querySelector('details.finding:nth-of-type(2)').open") is True


def test_it_fits_a_narrow_window(page: Page) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=400, height=HEIGHT, deviceScaleFactor=1, mobile=False)
    page.js("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.js("document.documentElement.scrollWidth") <= 400


def test_hostile_text_is_shown_and_does_nothing(browser: Page, tmp_path: Path) -> None:
    told = telling(full(HOSTILE), following=HOSTILE)
    page = opened(browser, tmp_path, gate_html(told, Reading(base=ROOT), now=NOW))
    page.js("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>" in page.js("document.body.innerText")
    assert page.js("document.querySelectorAll('img').length") == 0
    assert page.js("document.scripts.length") == 1
    assert page.complaints() == []
