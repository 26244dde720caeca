"""The tutorial of cassettes runs, and every output it shows is the real one."""

from collections.abc import Sequence

import pytest

from tests.docs.pages import steady
from tests.docs.played import played_cassettes
from tests.docs.terminal import Shown

pytestmark = pytest.mark.long

REFRESH = "the page is stale: python -m tests.docs.refresh"


@pytest.fixture(scope="module")
def shown() -> Sequence[Shown]:
    return played_cassettes()


def test_each_output_of_the_tutorial_is_what_its_commands_print(shown: Sequence[Shown]) -> None:
    for one in shown:
        assert steady(one.block.text) == steady(one.text), REFRESH


def test_the_tutorial_plays_what_it_recorded_and_misses_what_it_did_not(shown: Sequence[Shown]) -> None:
    outputs = [one.text for one in shown]
    assert sum("1 passed" in text for text in outputs) == 4
    [miss] = [text for text in outputs if "No recording for activity ask_model" in text]
    assert "input[0][0].content" in miss
