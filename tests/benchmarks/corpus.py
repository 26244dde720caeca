"""A corpus of any size is made from recorded histories, each copy under a workflow id and run id of its own."""

import base64
import itertools
import json
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

JsonValue: TypeAlias = Any
COMPLETED_TASK = "workflowTaskCompletedEventAttributes"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of histories: how many files, events and bytes it holds, and how many recordings it cycles through."""

    directory: Path
    histories: int
    events: int
    size: int
    sources: int


def make(sources: Path, directory: Path, *, histories: int, types: Collection[str] = ()) -> Corpus:
    """Copy the recordings below `sources` in turn until there are enough; those of some workflow types, if given.

    Runs of which no workflow task has completed are left out: there is nothing to replay in them, and the plain SDK
    loop would hang.
    """
    recorded = [document for _, document in _recordings(sources) if not types or _type(document) in types]
    if not recorded:
        message = f"{sources} holds no recorded history: python -m examples.record makes them"
        raise SystemExit(message)
    directory.mkdir(parents=True)
    events = size = 0
    for number, document in enumerate(itertools.islice(itertools.cycle(recorded), histories)):
        events += len(document["events"])
        size += _write_copy(document, directory, number)
    return Corpus(directory, histories, events, size, len(recorded))


def _recordings(sources: Path) -> Iterator[tuple[Path, dict[str, JsonValue]]]:
    for path in sorted(sources.rglob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if any(COMPLETED_TASK in event for event in document.get("events", ())):
            yield path, document


def _type(document: dict[str, JsonValue]) -> str:
    name: str = document["events"][0]["workflowExecutionStartedEventAttributes"]["workflowType"]["name"]
    return name


def _write_copy(document: dict[str, JsonValue], directory: Path, number: int) -> int:
    started = document["events"][0]["workflowExecutionStartedEventAttributes"]
    note = document.get("replaykit", {})
    workflow_id = note.get("workflowId") or started["workflowId"]
    names = {workflow_id: f"{workflow_id}-{number:04d}"}
    for run_id in {note.get("runId"), started["originalExecutionRunId"]} - {None}:
        names[run_id] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run_id}/{number}"))
    text = json.dumps(_renamed(document, names), indent=2, sort_keys=True, ensure_ascii=False)
    path = directory / f"{quote(names[workflow_id], safe='')}.json"
    return path.write_text(text, "utf-8")


def _renamed(node: JsonValue, names: dict[str, str], *, key: str = "") -> JsonValue:
    """Put new names for old everywhere, inside payloads too: what code derives from its workflow id stays equal."""
    match node:
        case dict():
            return {key: _renamed(value, names, key=key) for key, value in node.items()}
        case list():
            return [_renamed(value, names) for value in node]
        case str() if key == "data":
            raw = base64.b64decode(node)
            for old, new in names.items():
                raw = raw.replace(old.encode(), new.encode())
            return base64.b64encode(raw).decode()
        case str():
            for old, new in names.items():
                node = node.replace(old, new)
            return node
        case _:
            return node
