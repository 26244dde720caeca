"""What `--since` takes."""

from datetime import UTC, datetime

import pytest

from replaykit.errors import ConfigInvalid
from replaykit.model.selection import Selection
from replaykit.rules.query import query_for
from replaykit.rules.since import since

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("7d", "2026-11-17T12:00:00Z"),
        ("12h", "2026-11-24T00:00:00Z"),
        ("30m", "2026-11-24T11:30:00Z"),
        ("90s", "2026-11-24T11:58:30Z"),
        ("1.5d", "2026-11-23T00:00:00Z"),
        ("2w", "2026-11-10T12:00:00Z"),
        (" 2026-11-01 ", "2026-11-01T00:00:00Z"),
        ("2026-11-01T08:30", "2026-11-01T08:30:00Z"),
        ("2026-11-01T08:30:00+02:00", "2026-11-01T06:30:00Z"),
        ("2026-11-01T08:30:00Z", "2026-11-01T08:30:00Z"),
    ],
)
def test_a_point_in_time_is_read(text: str, at: str) -> None:
    assert since(text, now=NOW) == datetime.fromisoformat(at).timestamp()


@pytest.mark.parametrize("text", ["", "yesterday", "7", "-7d", "7 d", "2026-13-01", "99999w", "1960-01-01", "7d'"])
def test_what_is_no_point_in_time_is_told(text: str) -> None:
    with pytest.raises(ConfigInvalid, match="is no point in time"):
        since(text, now=NOW)


def test_the_condition_holds_open_runs_and_the_microsecond() -> None:
    assert query_for(Selection(since=since("2026-11-01", now=NOW) + 0.25)) == (
        "CloseTime IS NULL OR CloseTime >= '2026-11-01T00:00:00.250000Z'"
    )
    assert (
        query_for(Selection(query=" A = 1 OR B = 2 ", open_only=True)) == "(A = 1 OR B = 2\n) AND (CloseTime IS NULL)"
    )
    assert query_for(Selection(query="A = 1")) == "A = 1"
    assert not query_for(Selection())
