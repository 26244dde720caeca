"""The page on redaction lists the kinds there are, and its pseudonyms are real."""

import re

import pytest

from replaykit.adapters.redaction_key import DIRECTORY, FILE, SHORTEST, VARIABLE
from replaykit.adapters.vendor_tokens import detectors
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redact import KINDS, Redactor
from replaykit.rules.redaction.rules import RedactionRules
from replaykit.rules.redaction.values import DEEPEST
from tests.docs.pages import DOCS, section

PAGE = (DOCS / "reference" / "redaction.md").read_text("utf-8")
KEY = b"the key of this page"


def rows(heading: str) -> list[tuple[str, str]]:
    """The first two cells of each row of a section's table, in backticks at least the first."""
    found = re.findall(r"^\| `([^`|]+)` \| `?([^|]*?)`? \|$", section(PAGE, heading), re.MULTILINE)
    return [(first, second) for first, second in found]


def test_the_page_lists_each_kind_in_order() -> None:
    assert tuple(kind for kind, _ in rows("What is found")) == KINDS


@pytest.mark.parametrize(("given", "shown"), rows("What pseudonyms look like"))
def test_each_pseudonym_on_the_page_is_real(given: str, shown: str) -> None:
    redactor = Redactor(RedactionRules(), Pseudonyms(KEY), detectors=detectors())
    assert redactor.redact({"replaykit": {"note": given}}).document["replaykit"]["note"] == shown


def test_the_page_says_where_the_key_is() -> None:
    said = section(PAGE, "The key")
    assert f"`{VARIABLE}`, {SHORTEST} characters or more" in said
    assert f"`{DIRECTORY}/{FILE}`" in said
    assert f"deeper than {DEEPEST} levels" in section(PAGE, "What is not covered")
