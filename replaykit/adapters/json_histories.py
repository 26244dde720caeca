"""JSON that holds histories is taken apart: as the CLI, the Web UI, replaykit and the servers' APIs write it.

`temporal workflow show --output json`, the Web UI's download and replaykit's own files are a history: an object with a
list under "events". A line each of a `.jsonl` file is one. The HTTP API answers with a page, the history under
"history". A Temporal Cloud export that was turned into JSON has its histories under "items" or "workflows".
"""

from collections.abc import Iterator
from typing import Any

from replaykit.adapters.history_file import parsed
from replaykit.errors import HistoryError, HistoryTruncated
from replaykit.model.source import SkippedActivities

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
EXAMPLES = 3


def might_be_json(head: bytes) -> bool:
    """Say whether a file that begins so is meant to be JSON of an object or a list."""
    return head.startswith(UTF_16) or head.removeprefix(_BOM).lstrip(_SPACE)[:1] in {b"{", b"["}


def found_in(raw: bytes, name: str) -> Iterator[tuple[str, object]]:
    """Yield what should be histories, each with a name for messages.

    In the place of one stands the `HistoryError` that says what is wrong, or `SkippedActivities`.
    """
    # PowerShell writes what it redirects to a file in UTF-16.
    yield from _apart(raw.decode("utf-16", "replace").encode() if raw.startswith(UTF_16) else raw, name)


def _apart(raw: bytes, name: str) -> Iterator[tuple[str, object]]:
    try:
        found: Any = parsed(raw, name)
    except HistoryError as error:
        yield name, error
        return
    activities: list[Any] = []
    match found:
        case {"activities": [{"activity": _}, *_]}:
            activities = found["activities"]
    match found:
        case {"history": {"events": _} as history}:
            yield name, _one_page(name) if found.get("nextPageToken") else history
        case {"items": [*items]} | {"workflows": [*items]} if any(_history_of(item) for item in items):
            for number, item in enumerate(items, start=1):
                yield f"{name} (item {number})", _history_of(item) or {"events": []}
        case _ if not activities:
            yield name, found
    if activities:
        yield name, SkippedActivities(name, len(activities), tuple(map(_title, activities[:EXAMPLES])))


def _history_of(item: object) -> object:
    return item.get("history") if isinstance(item, dict) else None


def _title(activity: Any) -> str:  # noqa: ANN401 - any JSON
    match activity:
        case {"activity": {"info": {"activityId": str(own_id), "activityType": {"name": str(kind)}}}}:
            return f"{kind} · {own_id}"
    return "unnamed"


def _one_page(name: str) -> HistoryTruncated:
    return HistoryTruncated(
        f"{name} is one page of a history.",
        cause="it ends in a nextPageToken: the answer of the HTTP API goes on",
        fix="save the whole history: replaykit export WORKFLOW_ID",
    )
