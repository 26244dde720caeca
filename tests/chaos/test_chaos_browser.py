"""The page of a sweep in a real browser: it renders in silence, filters, opens cells, and has two schemes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from replaykit.report.chaos_html import chaos_html
from tests.chaos.chromium import CHROMIUM, Page, chromium
from tests.chaos.reports import COMMANDS, a_report, spoilt
from tests.chaos.test_chaos_page import HOSTILE

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

OPEN = "document.getElementById('panel').open"
PANEL = "document.getElementById('panel').innerText"
FOUND = "#cells button.found"
SHOWN = "[...document.querySelectorAll('#cells tbody tr')].filter(r => r.offsetHeight).map(r => r.cells[0].innerText)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page, tmp_path: Path) -> Page:
    return browser.show(chaos_html(a_report(), commands=COMMANDS), tmp_path)


def test_it_renders_without_a_request_and_without_a_word_in_the_console(page: Page) -> None:
    assert page.js("document.querySelectorAll('#cells tbody tr').length") == 3
    assert page.js("document.getElementById('count').innerText") == "5 of 5 rows shown"
    page.click(FOUND)
    assert page.complaints() == []


def test_a_request_or_a_word_in_the_console_would_be_noticed(page: Page) -> None:
    page.js("console.error('seen')")
    page.js("fetch('http://127.0.0.1:9/').catch(() => 0)")
    assert any("seen" in each for each in page.complaints())
    assert any("127.0.0.1:9" in each for each in page.complaints())


def test_it_filters_by_outcome_group_and_boundary(page: Page) -> None:
    page.choose("outcome", "found")
    assert page.js(SHOWN) == ["activity charge #1"]
    page.choose("outcome", "")
    page.choose("group", "task")
    assert page.js(SHOWN) == ["workflow task of activity charge #1"]
    assert page.js("[...document.querySelectorAll('#cells thead th')].filter(h => h.offsetHeight).length") == 2
    page.choose("group", "")
    page.choose("text", "RESERVE")
    assert page.js(SHOWN) == ["activity reserve #1"]
    page.click("#filters button[type=reset]")
    page.js("new Promise(r => setTimeout(r, 20))")
    assert len(page.js(SHOWN)) == 3


def test_a_click_opens_a_cell_with_plan_finding_timeline_and_ledger(page: Page) -> None:
    assert page.js(OPEN) is False
    page.click(FOUND)
    assert page.js(OPEN) is True
    text = page.js(PANEL)
    for part in (
        "activity charge #1: crash_after",
        "DUPLICATED: effect charge",
        "⚡",
        "$ charge committed: key order-17",
    ):
        assert part in text
    page.click("#close")
    assert page.js(OPEN) is False


def test_the_keyboard_opens_a_cell_and_closes_it_and_the_focus_is_seen_and_comes_back(page: Page) -> None:
    focused = "document.activeElement.matches('#cells button.found')"
    for _ in range(40):
        page.press("Tab")
        if page.js(focused):
            break
    assert page.js(focused)
    assert page.js("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.press("Enter")
    assert page.js(OPEN) is True
    page.press("Escape")
    assert page.js(OPEN) is False
    assert page.js(focused)


def test_every_button_and_field_has_a_name_and_every_head_a_scope(page: Page) -> None:
    assert page.js("[...document.querySelectorAll('th')].every(h => h.scope)") is True
    assert page.js("[...document.querySelectorAll('input, select')].every(f => f.labels.length)") is True
    label = page.js(f"document.querySelector('{FOUND}').getAttribute('aria-label')")
    assert label == "activity charge #1, crash faults: did not hold (duplicated), 1 run"


def test_it_is_dark_where_the_reader_prefers_that(page: Page) -> None:
    paper = {}
    for scheme in ("light", "dark"):
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        paper[scheme] = page.js("getComputedStyle(document.body).backgroundColor")
    page.call("Emulation.setEmulatedMedia", features=[])
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 20, 26)"}


def test_hostile_text_is_shown_and_does_nothing(browser: Page, tmp_path: Path) -> None:
    page = browser.show(chaos_html(spoilt(HOSTILE), commands=[HOSTILE]), tmp_path)
    page.click(FOUND)
    assert "<script>alert(1)</script>" in page.js(PANEL)
    assert page.js("document.querySelectorAll('img').length") == 0
    assert page.complaints() == []
