"""The files behind the examples of docs/errors.md: each brings one error about."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.docs.situation_files import FILES

PLAIN = 1000
TOO_LARGE = 300 * 2**20


def prepare(directory: Path) -> None:
    """Add to the tutorial's directory, which has one good history, all that the examples need."""
    done = (directory / "fixtures/Order/order-17.json").read_text("utf-8")
    waiting = (directory / "fixtures/Order/order-18.json").read_text("utf-8")
    for name, text in {**FILES, **_broken(done, waiting)}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_dedented(text), "utf-8")
    with (directory / "large.json").open("wb") as file:
        os.truncate(file.fileno(), TOO_LARGE)
    _commit_gated(directory / "gated", done)
    (directory / "linked").mkdir()
    (directory / "linked/order-17.json").symlink_to(directory / "gone.json")


def _commit_gated(directory: Path, history: str) -> None:
    """Make a repository whose branch main does not import, and whose working tree does."""
    files = {
        "pyproject.toml": '[tool.replaykit]\nhistories = ["fixtures"]\nworkflows = ["orders"]\n',
        "orders.py": "import goods\n",
        "fixtures/order-17.json": history,
    }
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, "utf-8")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-q", "-m", "Orders")):
        subprocess.run(["git", "-C", str(directory), *words], check=True)
    (directory / "orders.py").write_text(_dedented(FILES["refunds.py"]), "utf-8")


def _dedented(text: str) -> str:
    lines = text.splitlines(keepends=True)
    if lines[:1] != ["\n"]:
        return text
    return "".join(line.removeprefix(" " * 8) for line in lines[1:])


def _broken(good: str, waiting: str) -> dict[str, str]:
    return {
        "empty.json": "",
        "truncated.json": good[:PLAIN],
        "package.json": '{"name": "web", "version": "1.0.0"}\n',
        "decoded.json": _changed(good, _decode),
        "reordered.json": _changed(good, _drop_third),
        "misspelt.json": _changed(good, _misspell),
        "encrypted.json": _changed(good, _encrypt),
        "stored.json": _changed(good, _store),
        "contradicting.json": _changed(waiting, _contradict),
    }


def _changed(text: str, change: Any) -> str:  # noqa: ANN401 - one of the functions below
    history = json.loads(text)
    change(history["events"])
    return json.dumps(history)


def _of(events: list[Any], kind: str) -> Any:  # noqa: ANN401 - a JSON object
    return next(event[f"{kind}EventAttributes"] for event in events if f"{kind}EventAttributes" in event)


def _decode(events: list[Any]) -> None:
    _of(events, "workflowExecutionStarted")["input"] = ["order-17"]


def _drop_third(events: list[Any]) -> None:
    del events[2]


def _misspell(events: list[Any]) -> None:
    _of(events, "activityTaskScheduled")["startToCloseTimeout"] = "ten seconds"


def _encrypt(events: list[Any]) -> None:
    [payload] = _of(events, "workflowExecutionStarted")["input"]["payloads"]
    payload["metadata"]["encoding"] = "YmluYXJ5L2VuY3J5cHRlZA=="


def _store(events: list[Any]) -> None:
    _of(events, "workflowExecutionStarted")["input"]["payloads"] = [
        {
            "metadata": {
                "encoding": "anNvbi9wcm90b2J1Zg==",
                "messageType": "dGVtcG9yYWwuYXBpLnNkay52MS5FeHRlcm5hbFN0b3JhZ2VSZWZlcmVuY2U=",
            },
            "data": "eyJkcml2ZXJOYW1lIjoiczMiLCJjbGFpbURhdGEiOnsia2V5Ijoib3JkZXItMTcifX0=",
            "externalPayloads": [{"sizeBytes": "300000"}],
        }
    ]


def _contradict(events: list[Any]) -> None:
    # As Core itself writes it beside a patch marker, but without one.
    last = events[-1]
    number = int(last["eventId"])
    upserted = {
        "eventId": str(number + 1),
        "eventTime": last["eventTime"],
        "eventType": "EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
        "upsertWorkflowSearchAttributesEventAttributes": {
            "workflowTaskCompletedEventId": str(number),
            "searchAttributes": {"indexedFields": {"TemporalChangeVersion": {}}},
        },
    }
    events.append(upserted)
