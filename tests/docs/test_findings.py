"""The page of findings shows what the terminal shows: each example is one of the suite's own screens."""

import re

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "findings.md"
SCREENS = ROOT / "tests" / "snapshots"
EXAMPLE = re.compile(r"<!-- screen: (\w+) -->\n\n```text\n(.*?)\n```", re.DOTALL)
ENOUGH = 10


def finding_of(screen: str) -> str:
    """Take the finding out of a screen: up to the command that reproduces it."""
    text = (SCREENS / f"test_screen_of_{screen}.txt").read_text("utf-8")
    return text[: text.index("\n", text.index("Reproduce with:"))]


def test_each_finding_on_the_page_is_what_the_terminal_shows() -> None:
    examples = EXAMPLE.findall(PAGE.read_text("utf-8"))

    assert len(examples) >= ENOUGH
    for screen, shown in examples:
        assert shown == finding_of(screen), f"docs/findings.md shows another screen than {screen}"


def test_every_finding_of_the_suite_is_on_the_page() -> None:
    shown = {screen for screen, _ in EXAMPLE.findall(PAGE.read_text("utf-8"))}
    screens = {path.stem.removeprefix("test_screen_of_") for path in SCREENS.glob("test_screen_of_*.txt")}

    assert screens - shown == {"a_clean_replay"}
