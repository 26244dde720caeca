"""The corpus of this repository, written in every form that histories come in."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from backports import zstd
from temporalio.api.export.v1 import ActivityExecution, ExportedExecutions, WorkflowExecution, WorkflowExecutions
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from replaykit.adapters.history_file import IDENTITY_KEY

Document: TypeAlias = dict[str, Any]
FIXTURES = tuple(sorted((Path(__file__).parents[1] / "fixtures").rglob("*.json")))


@cache
def documents() -> tuple[Document, ...]:
    """Return every fixture as JSON, its note included."""
    return tuple(json.loads(path.read_text("utf-8")) for path in FIXTURES)


def plain(document: Document) -> Document:
    """Take the note away: what the CLI and the Web UI write has none."""
    return {"events": document["events"]}


@cache
def _message(index: int) -> bytes:
    document = documents()[index]
    return History(events=WorkflowHistory.from_json("id", plain(document)).events).SerializeToString()


def message(document: Document) -> History:
    """Turn a fixture into protobuf, through the SDK."""
    return History.FromString(_message(next(n for n, one in enumerate(documents()) if one is document)))


def run_of(document: Document) -> str:
    """Return the actual run id of a fixture."""
    return str(document[IDENTITY_KEY]["runId"])


def legacy(chosen: Iterable[Document]) -> bytes:
    """Write what Temporal Cloud exports, in its first form."""
    items = [WorkflowExecution(history=message(document)) for document in chosen]
    return WorkflowExecutions(items=items).SerializeToString()


def newer(chosen: Iterable[Document], *, activities: Iterable[str] = ()) -> bytes:
    """Write what Temporal Cloud exports, in its newer form, standalone activities beside the workflows."""
    exported = ExportedExecutions(workflows=[WorkflowExecution(history=message(document)) for document in chosen])
    for activity_id in activities:
        activity: ActivityExecution = exported.activities.add()
        activity.activity.info.activity_id = activity_id
        activity.activity.info.activity_type.name = "charge"
    return exported.SerializeToString()


def cli(document: Document) -> bytes:
    """Write what `temporal workflow show --output json` prints."""
    return json.dumps(plain(document), indent=2).encode() + b"\n"


def old_spelling(document: Document) -> bytes:
    """Write what older CLIs and Web UIs saved: enums in CamelCase, without their type before them."""
    text = json.dumps(plain(document))
    for event in document["events"]:
        name = event["eventType"]
        camel = "".join(part.capitalize() for part in name.removeprefix("EVENT_TYPE_").split("_"))
        text = text.replace(f'"{name}"', f'"{camel}"')
    return text.replace('"TASK_QUEUE_KIND_NORMAL"', '"Normal"').encode()


# The forms of a single history; the name's ending goes with each.
SINGLE: Mapping[str, Callable[[Document], bytes]] = MappingProxyType(
    {
        ".json": cli,
        ".old.json": old_spelling,
        ".ui.json": lambda document: json.dumps(plain(document), indent=2).replace('": ', '":').encode(),
        ".list.json": lambda document: json.dumps(document["events"]).encode(),
        ".fixture.json": lambda document: json.dumps(document).encode(),
        ".api.json": lambda document: json.dumps({"history": plain(document), "nextPageToken": ""}).encode(),
        ".jsonl": lambda document: json.dumps(plain(document)).encode() + b"\n",
        ".utf16.json": lambda document: cli(document).decode().encode("utf-16"),
        ".binpb": lambda document: message(document).SerializeToString(),
    }
)
# The forms of any number of histories.
MANY: Mapping[str, Callable[[Iterable[Document]], bytes]] = MappingProxyType(
    {
        "": legacy,
        ".proto": newer,
        ".jsonl": lambda chosen: b"".join(json.dumps(plain(document)).encode() + b"\n" for document in chosen),
        ".export.json": lambda chosen: json.dumps({"items": [{"history": plain(one)} for one in chosen]}).encode(),
    }
)
PACKED: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {"": bytes, ".gz": lambda data: gzip.compress(data, 1), ".zst": zstd.compress}
)
