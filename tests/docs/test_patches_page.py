"""The page on patches shows what the terminal shows: each example is one of the suite's own screens."""

import re

from tests.docs.pages import DOCS, ROOT, steady

PAGE = DOCS / "patches.md"
SCREENS = ROOT / "tests" / "snapshots"
EXAMPLE = re.compile(r"<!-- shown: (\w+) -->\n\n```text\n(.*?)```", re.DOTALL)


def test_each_example_on_the_page_is_what_the_terminal_shows() -> None:
    examples = EXAMPLE.findall(PAGE.read_text("utf-8"))

    assert [screen for screen, _ in examples] == ["terminal_of_patches", "terminal_of_a_patch_deprecated_too_early"]
    for screen, shown in examples:
        printed = (SCREENS / f"test_{screen}.txt").read_text("utf-8")
        assert steady(shown) == steady(printed.rpartition("[exit ")[0]), screen
