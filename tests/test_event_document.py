"""The fast writing of events gives what the SDK's own printer gives, or leaves the document to it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.json_format import SerializeToJsonError
from hypothesis import given
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from replaykit.adapters import event_document
from replaykit.adapters.event_document import document_of
from tests.any_events import any_events
from tests.history_files import documents, message


def sdk(events: list[HistoryEvent]) -> dict[str, Any]:
    return WorkflowHistory("", events).to_json_dict()


def text(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False)


def without_maps(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """Keys in their order; protobuf gives the entries of a map in any."""
    if isinstance(document, dict):
        return [(key, without_maps(value)) for key, value in document.items() if key not in MAPS]
    return [without_maps(value) for value in document] if isinstance(document, list) else document


MAPS = {"metadata", "fields", "indexedFields", "header", "nexusHeader", "details"}


def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK's printer not be asked."""

    def asked(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(event_document, "WorkflowHistory", asked)


def test_every_fixture_is_written_as_the_sdk_writes_it_without_asking_it(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [sdk(list(message(document).events)) for document in documents()]
    untouched(monkeypatch)
    for document, one in zip(documents(), expected, strict=True):
        written = document_of(message(document).events)
        assert text(written) == text(one)
        assert without_maps(written) == without_maps(one)


@given(events=any_events())
def test_any_events_are_written_as_the_sdk_writes_them(events: list[HistoryEvent]) -> None:
    try:
        expected = sdk(events)
    except SerializeToJsonError:
        with pytest.raises(SerializeToJsonError):
            document_of(events)
        return
    assert text(document_of(events)) == text(expected)
    assert without_maps(document_of(events)) == without_maps(expected)


def test_no_events_are_an_empty_document() -> None:
    assert document_of([]) == sdk([]) == {}


def _event(change: Callable[[HistoryEvent], object]) -> HistoryEvent:
    event = HistoryEvent(event_id=7)
    change(event)
    return event


def _duration(seconds: int, nanos: int) -> Callable[[HistoryEvent], object]:
    def change(event: HistoryEvent) -> None:
        timeout = event.timer_started_event_attributes.start_to_fire_timeout
        timeout.seconds, timeout.nanos = seconds, nanos

    return change


def _backoff(value: float) -> Callable[[HistoryEvent], object]:
    def change(event: HistoryEvent) -> None:
        event.activity_task_scheduled_event_attributes.retry_policy.backoff_coefficient = value

    return change


def _weight(value: float) -> Callable[[HistoryEvent], object]:
    def change(event: HistoryEvent) -> None:
        event.activity_task_scheduled_event_attributes.priority.fairness_weight = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _duration(-1, -500_000_000),
        _duration(0, -1),
        _backoff(float("inf")),
        _backoff(float("nan")),
        _weight(float("-inf")),
    ],
)
def test_what_is_unusual_is_left_to_the_sdk(
    change: Callable[[HistoryEvent], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    event = _event(change)
    assert text(document_of([event])) == text(sdk([event]))
    untouched(monkeypatch)
    with pytest.raises(AssertionError):
        document_of([event])


@pytest.mark.parametrize(
    "change",
    [
        _duration(10, 0),
        _duration(1, 10_000_000),
        _duration(0, 1_000),
        _backoff(2.0),
        _weight(0.1),
        _weight(16_777_216.0),
        _weight(1e-40),
        lambda event: event.event_time.FromJsonString("0001-01-01T00:00:00Z"),
        lambda event: event.event_time.FromJsonString("9999-12-31T23:59:59.000001Z"),
        lambda event: setattr(event, "event_type", 99_999),
        lambda event: setattr(event, "worker_may_ignore", True),
        lambda event: event.workflow_execution_signaled_event_attributes.SetInParent(),
        lambda event: event.links.add().workflow_event.event_ref.SetInParent(),
    ],
)
def test_what_servers_write_needs_no_help_of_the_sdk(
    change: Callable[[HistoryEvent], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    event = _event(change)
    expected = sdk([event])
    untouched(monkeypatch)
    assert text(document_of([event])) == text(expected)


def test_times_that_json_cannot_tell_are_refused_as_the_sdk_refuses_them() -> None:
    for seconds, nanos in ((253_402_300_800, 0), (-62_135_596_801, 0), (0, 10**9), (2**62, 0)):
        event = HistoryEvent()
        event.event_time.seconds, event.event_time.nanos = seconds, nanos
        with pytest.raises(SerializeToJsonError):
            document_of([event])


def test_a_document_shares_nothing_with_the_next() -> None:
    events = message(documents()[0]).events
    first = document_of(events)
    first["events"][0].clear()
    assert text(document_of(events)) == text(sdk(list(events)))
