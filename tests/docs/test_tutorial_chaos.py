"""The tutorial of chaos runs, and every output it shows is the real one."""

from collections.abc import Sequence

import pytest

from replaykit.rules.chaos.catalogue import KINDS
from replaykit.rules.chaos.kinds import Group
from tests.docs.pages import DOCS, ROOT, steady
from tests.docs.played import played_chaos
from tests.docs.terminal import Shown

pytestmark = pytest.mark.long

REFRESH = "the page is stale: python -m tests.docs.refresh"
FAULTS = (DOCS / "reference" / "faults.md").read_text("utf-8")


@pytest.fixture(scope="module")
def shown() -> Sequence[Shown]:
    return played_chaos()


def test_each_output_of_the_tutorial_is_what_its_commands_print(shown: Sequence[Shown]) -> None:
    for one in shown:
        assert steady(one.block.text) == steady(one.text), REFRESH


def test_the_careless_order_is_charged_twice_and_the_careful_one_holds(shown: Sequence[Shown]) -> None:
    careless, explained, careful, recorded, tested = (one.text for one in shown)
    assert "DUPLICATED  effect charge" in careless
    assert "activity charge #1: error_after" in explained
    assert all("DUPLICATED" not in text and "fired" in text for text in (careful, recorded))
    assert "1 passed" in tested


def test_the_table_names_every_fault_and_tests_that_exist() -> None:
    for kind in KINDS.values():
        if kind.group is not Group.LLM:
            assert f"`{kind.name}`" in FAULTS
    for line in FAULTS.splitlines():
        if "tests/" in line and line.startswith("|"):
            assert (ROOT / line.rstrip(" |").rpartition("| ")[2]).is_file(), line
