"""The page on gating pull requests is a story that is played; its reference shows one of the suite's own screens."""

import re
from collections.abc import Iterator, Sequence

import pytest
import yaml

from tests.docs.pages import DOCS, ROOT, blocks, steady
from tests.docs.played import GATE, played_gate
from tests.docs.terminal import Shown

pytestmark = pytest.mark.long

REFRESH = "the page is stale: python -m tests.docs.refresh"
REFERENCE = DOCS / "reference" / "gate.md"
SCREENS = ROOT / "tests" / "snapshots"
EXAMPLE = re.compile(r"<!-- screen: (\w+) -->\n\n```text\n(.*?)```", re.DOTALL)
COMMAND = "replaykit gate --base main --address 127.0.0.1:7233"
REMEDY = re.compile(r"^ +\d+ │ +([^…]*?)(?:….*)?$", re.MULTILINE)

# Of each gate of the story, in order: its exit code and what stands on its screen.
ACTS = (
    # Two steps change places, and the remedy.
    (1, "1 blocked", "new code    1  activity reserve #1                  workflows.py:18 in Order.run", "else:"),
    (0, "1 passed", "workflows.py:18 patch `reserve-before-charge`: no history takes its new branch"),
    # The patch is deprecated while a run needs it, and after that run has ended.
    (1, "UNSAFE     reserve-before-charge of Order: deprecated", "    order-17  since ", "which this run still needs"),
    (0, "safe, deprecated", "1 history of the base is gone from the working tree: fixtures/Order/order-17.json"),
    # The patch is removed while a run needs it, and after that run has ended.
    (1, "UNSAFE     reserve-before-charge of Order: removed", "    order-18  since ", "which this run still needs"),
    (0, "safe, removed", "1 history of the base is gone from the working tree: fixtures/Order/order-18.json"),
    # A line that no history reaches.
    (1, "0 blocked", "workflows.py:21 changed, and no history reaches it", "Failed: --min-coverage 80: 1 of 2"),
)


@pytest.fixture(scope="module")
def story() -> Sequence[Shown]:
    return played_gate()


def gates(story: Sequence[Shown]) -> Iterator[str]:
    """Yield the screen of each gate, with the exit code that is asked for below it."""
    for shown in story:
        _, command, screen = shown.text.partition(f"$ {COMMAND}")
        if command:
            yield screen


def test_each_screen_of_the_story_is_what_its_commands_print(story: Sequence[Shown]) -> None:
    for shown in story:
        assert steady(shown.block.text) == steady(shown.text), REFRESH


def test_each_pull_request_is_blocked_or_passes_as_it_should(story: Sequence[Shown]) -> None:
    screens = list(gates(story))

    assert len(screens) == len(ACTS)
    for screen, (code, *words) in zip(screens, ACTS, strict=True):
        assert screen.endswith(f"$ echo $?\n{code}\n")
        for word in words:
            assert str(word) in screen


def test_the_remedy_that_the_story_applies_is_the_one_on_the_screen(story: Sequence[Shown]) -> None:
    blocked = next(gates(story))
    _, applied, *_ = [block.text for block in blocks(GATE.read_text("utf-8")) if block.language == "diff"]
    written = [line[1:].strip() for line in applied.splitlines() if line.startswith("+")]

    told = [line for line in REMEDY.findall(blocked) if line]
    assert told == ['if workflow.patched("reserve-before-charge"):', *written[1:2], "else:"]
    assert set(told) < set(written)


def test_ci_runs_the_command_of_the_story() -> None:
    [text] = [block.text for block in blocks(GATE.read_text("utf-8")) if block.language == "yaml"]
    *_, last = yaml.safe_load(text)["jobs"]["gate"]["steps"]
    assert re.sub("main", "origin/main", COMMAND).rpartition(" ")[0] == last["run"].rpartition(" ")[0]


def test_the_screen_in_the_reference_is_what_the_terminal_shows() -> None:
    [(screen, shown)] = EXAMPLE.findall(REFERENCE.read_text("utf-8"))
    assert f"{shown}[exit 1]\n" == (SCREENS / f"test_{screen}.txt").read_text("utf-8")
