"""The tutorial runs, and every output it shows is the real one."""

import pytest

from tests.docs.pages import ROOT, steady
from tests.docs.played import Played, examples
from tests.docs.refresh import finding_block, finding_of
from tests.docs.terminal import Shown

pytestmark = pytest.mark.long

REFRESH = "the page is stale: python -m tests.docs.refresh"


def test_each_output_of_the_tutorial_is_what_its_commands_print(tutorial: Played) -> None:
    for shown in tutorial.tutorial:
        assert steady(shown.block.text) == steady(shown.text), REFRESH


def test_the_tutorial_shows_every_verdict_that_a_change_can_have(tutorial: Played) -> None:
    outputs = "".join(shown.text for shown in tutorial.tutorial)
    for verdict in ("2 clean", "1 drifted", "1 diverged"):
        assert verdict in outputs


def test_the_finding_in_the_readme_is_the_tutorials(tutorial: Played) -> None:
    block = finding_block((ROOT / "README.md").read_text("utf-8"))
    assert steady(block.text) == steady(finding_of(tutorial.tutorial)), REFRESH


@pytest.mark.parametrize("number", range(len(examples())))
def test_each_error_is_shown_as_it_is_printed(number: int, errors_shown: list[Shown]) -> None:
    shown = errors_shown[number]
    assert steady(shown.block.text) == steady(shown.text), REFRESH
