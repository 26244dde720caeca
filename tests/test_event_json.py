"""The fast reading of events gives what the SDK's own parser gives, or leaves the document to it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from temporalio.client import WorkflowHistory

from replaykit.adapters.event_json import Unusual, events_from
from replaykit.adapters.history import parse
from replaykit.errors import HistoryInvalid

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures").rglob("*.json"))
Document: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[list[Document]], None]


def document(*events: Document) -> Document:
    """A history as a server writes it, with `events` after its first."""
    started = {
        "eventId": "1",
        "eventTime": "2026-11-23T08:00:00.123456789Z",
        "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
        "workflowExecutionStartedEventAttributes": {
            "workflowType": {"name": "Order"},
            "taskQueue": {"name": "orders", "kind": "TASK_QUEUE_KIND_NORMAL"},
            "input": {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "eyJhIjogMX0="}]},
            "workflowTaskTimeout": "10s",
            "retryPolicy": {"backoffCoefficient": 2, "initialInterval": "1.5s"},
            "attempt": 1,
            "memo": {"fields": {"who": {"data": "ImFkYSI="}}},
        },
    }
    return {"events": [started, *events]}


def attributes(events: list[Document]) -> Document:
    found: Document = events[0]["workflowExecutionStartedEventAttributes"]
    return found


def test_every_fixture_reads_as_the_sdk_reads_it() -> None:
    assert FIXTURES
    for path in FIXTURES:
        read = json.loads(path.read_text("utf-8"))
        assert events_from(read["events"]) == list(WorkflowHistory.from_json("id", read).events), path


def test_what_servers_write_is_read_without_the_sdk_s_parser() -> None:
    plain = document()
    assert events_from(plain["events"]) == list(WorkflowHistory.from_json("id", plain).events)


def _set(key: str, value: object) -> Change:
    def change(events: list[Document]) -> None:
        attributes(events)[key] = value

    return change


def _old_spellings(events: list[Document]) -> None:
    events[0]["eventType"] = "WorkflowExecutionStarted"
    attributes(events)["taskQueue"]["kind"] = "Normal"


def _proto_names(events: list[Document]) -> None:
    events[0]["event_time"] = events[0].pop("eventTime")


def _deep_cause(events: list[Document]) -> None:
    failure: Document = {"message": "innermost"}
    for _ in range(60):
        failure = {"message": "outer", "cause": failure}
    attributes(events)["continuedFailure"] = failure


@pytest.mark.parametrize(
    "change",
    [
        _old_spellings,
        _proto_names,
        _deep_cause,
        _set("memo", None),
        _set("taskQueue", {"name": "q", "kind": 1}),
        _set("workflowTaskTimeout", "-1.5s"),
        _set("attempt", "1"),
        _set("attempt", 1.0),
        _set("input", {"payloads": [{"data": "-_8="}]}),
        _set("input", {"payloads": [{"data": "QQ"}]}),
        _set("retryPolicy", {"backoffCoefficient": "NaN"}),
        _set("firstWorkflowTaskBackoff", "0s"),
        _set("workflowExecutionExpirationTime", "2026-11-23T09:00:00+01:00"),
        _set("workflowExecutionExpirationTime", "1969-12-31T23:59:59.500Z"),
        _set("aFieldOfNextYear", {"any": ["thing"]}),
    ],
)
def test_an_unusual_form_is_read_as_the_sdk_reads_it(change: Change) -> None:
    read = document()
    change(read["events"])
    expected = list(WorkflowHistory.from_json("id", copy.deepcopy(read)).events)
    got = list(parse(read, "id", Path("x.json")).events)
    assert [str(event) for event in got] == [str(event) for event in expected]


@pytest.mark.parametrize(
    "change",
    [
        _set("attempt", [1]),
        _set("attempt", {"true": 1}),
        _set("attempt", 2**40),
        _set("attempt", "²"),
        _set("workflowTaskTimeout", "soon"),
        _set("workflowTaskTimeout", 10),
        _set("workflowExecutionExpirationTime", "2026-02-30T00:00:00Z"),
        _set("input", {"payloads": {"data": ""}}),
        _set("input", [1]),
        _set("memo", {"fields": {"who": None}}),
        _set("retryPolicy", {"backoffCoefficient": "two"}),
        _set("identity", 7),
        lambda events: events[0].update({"timerFiredEventAttributes": {"timerId": "1"}}),
    ],
)
def test_a_mistake_is_left_to_the_sdk_to_name(change: Change) -> None:
    read = document()
    change(read["events"])
    with pytest.raises(Unusual):
        events_from(read["events"])
    with pytest.raises(HistoryInvalid):
        parse(read, "id", Path("x.json"))


@pytest.mark.parametrize("kind", ["EVENT_TYPE_OF_NEXT_YEAR", "EVENT_TYPE_UNSPECIFIED", 9999, None])
def test_an_event_of_an_unknown_type_is_told(kind: str | int | None) -> None:
    event = {"eventId": "2", "eventTime": "2026-11-23T08:00:01Z", "eventType": kind}
    if kind is None:
        del event["eventType"]
    with pytest.raises(HistoryInvalid, match="has an event of a type that this version"):
        parse(document(event), "id", Path("x.json"))
