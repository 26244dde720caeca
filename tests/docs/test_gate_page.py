"""The page on gating pull requests shows what the terminal shows: each example is one of the suite's own screens."""

import re

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "gate.md"
SCREENS = ROOT / "tests" / "snapshots"
EXAMPLE = re.compile(r"<!-- screen: (\w+) -->\n\n```text\n(.*?)```", re.DOTALL)


def test_each_example_on_the_page_is_what_the_terminal_shows() -> None:
    examples = EXAMPLE.findall(PAGE.read_text("utf-8"))

    assert [screen for screen, _ in examples] == ["gate_of_swapped_activities", "what_no_history_holds_yet_is_blocked"]
    for screen, shown in examples:
        assert f"{shown}[exit 1]\n" == (SCREENS / f"test_{screen}.txt").read_text("utf-8"), screen
