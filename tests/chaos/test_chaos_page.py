"""The page of a sweep as text: nothing in it escapes its place, and it stays small."""

import json
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from replaykit.report.chaos_html import chaos_html
from tests.chaos.reports import COMMANDS, UNSHOWN, a_large_report, a_report, spoilt

HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>'\"&lt;\x1b\u202e\ud800"
MOST_BYTES = 4_000_000


class Shape(HTMLParser):
    """The page's tags with the names of their attributes, and the text of its data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.data = ""
        self._in_data = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self._in_data = ("id", "runs") in attrs

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser calls it so
        self._in_data = False

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", (data,)))


@given(st.text() | st.text(alphabet="<>&\"'/!-script=") | st.just(HOSTILE))
@example(HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    shape = Shape(chaos_html(spoilt(text), commands=[text]))
    assert shape.tags == Shape(chaos_html(spoilt("harmless"), commands=["harmless"])).tags
    assert "<" not in shape.data
    assert json.loads(shape.data)["runs"][1]["outcome"] == "did not hold"


def test_the_page_shows_no_result_and_no_failure_text() -> None:
    assert UNSHOWN not in chaos_html(a_report(), commands=COMMANDS)


def test_timelines_are_kept_only_where_they_differ_or_something_was_found() -> None:
    runs = json.loads(Shape(chaos_html(a_report(), commands=COMMANDS)).data)["runs"]
    assert [run["lines"] is None for run in runs] == [False, True, False, False, False, True, True]


def test_two_thousand_runs_stay_below_a_few_megabytes() -> None:
    assert len(chaos_html(a_large_report(2000), commands=()).encode()) < MOST_BYTES
