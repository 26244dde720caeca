"""The page on keeping a corpus small shows what the terminal shows: each example is one of the suite's own screens."""

import re

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "corpus.md"
SCREENS = ROOT / "tests" / "snapshots"
EXAMPLE = re.compile(r"<!-- shown: (\w+) -->\n\n```text\n(.*?)```", re.DOTALL)


def test_each_example_on_the_page_is_what_the_terminal_shows() -> None:
    examples = EXAMPLE.findall(PAGE.read_text("utf-8"))

    assert [screen for screen, _ in examples] == ["terminal_of_minimize", "terminal_of_stats"]
    for screen, shown in examples:
        assert f"{shown}[exit 0]\n" == (SCREENS / f"test_{screen}.txt").read_text("utf-8"), screen
