"""Whatever a file holds, reading it gives a checked document or says what is wrong."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replaykit.adapters import history_file
from replaykit.adapters.history_file import Document, identity_note, read_document, title_of
from replaykit.adapters.seen_files import SeenFiles
from replaykit.errors import (
    HistoryDecoded,
    HistoryEmpty,
    HistoryError,
    HistoryOutOfOrder,
    HistoryTooLarge,
    HistoryTruncated,
    HistoryUnreadable,
    NotAHistory,
)
from tests.traces import JSON

PAYLOAD = {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "MQ=="}


def event(number: int, **more: object) -> Document:
    return {"eventId": str(number), "eventType": "EVENT_TYPE_ANY", **more}


STARTED = event(1, workflowExecutionStartedEventAttributes={"input": {"payloads": [PAYLOAD]}})
GOOD = {"events": [STARTED, event(2), event(3)]}


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("history") / "one.json"


def read(file: Path, content: object) -> Document:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return read_document(file)


def test_a_good_history_reads_as_it_is(file: Path) -> None:
    assert read(file, GOOD) == GOOD


def test_a_bare_list_of_events_is_taken_too(file: Path) -> None:
    assert read(file, GOOD["events"]) == GOOD


def test_a_byte_order_mark_does_no_harm(file: Path) -> None:
    assert read(file, b"\xef\xbb\xbf" + json.dumps(GOOD).encode()) == GOOD


def test_numbers_as_event_ids_are_taken_as_the_cli_writes_them(file: Path) -> None:
    numbers = {"events": [{**entry, "eventId": int(entry["eventId"])} for entry in GOOD["events"]]}
    assert read(file, numbers) == numbers


@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_history_or_a_clear_error(content: bytes, file: Path) -> None:
    with pytest.raises(HistoryError) as caught:
        read(file, content)
    assert "one.json" in str(caught.value)
    assert "Fix:" in str(caught.value)


@given(content=JSON)
@example(content="\x1f")  # Python strips it as white space; found by this very property
def test_any_json_is_a_history_or_a_clear_error(content: object, file: Path) -> None:
    with pytest.raises((NotAHistory, HistoryEmpty)):
        read(file, content)


@given(events=st.lists(st.dictionaries(st.sampled_from(["eventId", "eventType", "input"]), JSON), min_size=1))
def test_any_list_of_objects_is_a_history_or_a_clear_error(events: list[Any], file: Path) -> None:
    with pytest.raises(HistoryError):
        read(file, {"events": events})


@given(order=st.permutations(range(3)))
def test_events_count_in_one_order_only(order: list[int], file: Path) -> None:
    events = {"events": [GOOD["events"][index] for index in order]}
    if order == [0, 1, 2]:
        assert read(file, events) == GOOD
    else:
        with pytest.raises(HistoryOutOfOrder):
            read(file, events)


@given(cut=st.integers(2, len(json.dumps(GOOD)) - 1))
def test_a_history_cut_anywhere_is_cut_short(cut: int, file: Path) -> None:
    with pytest.raises(HistoryTruncated):
        read(file, json.dumps(GOOD)[:cut])


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("", HistoryEmpty, "is empty"),
        (" \n\t ", HistoryEmpty, "is empty"),
        ({"events": []}, HistoryEmpty, "without events"),
        ([], NotAHistory, "no list of events"),
        ({"event": []}, NotAHistory, "no list of events"),
        ({"events": [1]}, NotAHistory, "has no eventId"),
        ({"events": [event(1)]}, HistoryOutOfOrder, "its first event is ANY"),
        ({"events": [event(1, workflowExecutionStartedEventAttributes=None)]}, HistoryOutOfOrder, "its first event"),
        ({"events": [STARTED, event(3)]}, HistoryOutOfOrder, "event 2 should stand where event 3 does"),
        ({"events": [STARTED, event(1)]}, HistoryOutOfOrder, "event 2 should stand where event 1 does"),
        ('{"events": oops}', NotAHistory, "Expecting value at line 1"),
        ("\x89PNG".encode("latin-1") + b"\r\n\x1a\n", NotAHistory, "binary file"),
    ],
)
def test_each_defect_is_named(content: object, error: type[HistoryError], said: str, file: Path) -> None:
    with pytest.raises(error) as caught:
        read(file, content)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "decoded",
    [
        {"input": {"payloads": ["Ada"]}},
        {"input": {"payloads": [{"name": "Ada"}]}},
        {"input": {"payloads": [PAYLOAD, 42]}},
        {"result": ["Ada"]},
        {"input": [{"name": "Ada"}]},
        {"lastFailure": {"applicationFailureInfo": {"details": {"payloads": [None]}}}},
    ],
)
def test_decoded_payloads_are_recognised_wherever_they_stand(decoded: Document, file: Path) -> None:
    with pytest.raises(HistoryDecoded) as caught:
        read(file, {"events": [STARTED, event(2, someEventAttributes=decoded)]})
    assert "event 2 (ANY)" in str(caught.value)


@pytest.mark.parametrize(
    "payload", [PAYLOAD, {"metadata": {}}, {"data": "MQ=="}, {}, {**PAYLOAD, "externalPayloads": []}]
)
def test_payloads_as_the_server_holds_them_pass(payload: Document, file: Path) -> None:
    attributes = {"input": {"payloads": [payload]}}
    assert read(file, {"events": [STARTED, event(2, someEventAttributes=attributes)]})


def test_a_file_larger_than_any_history_is_not_even_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_file, "LARGEST", 1000)
    with pytest.raises(HistoryTooLarge):
        read(file, " " * 1001)


def test_a_directory_in_the_place_of_a_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(HistoryUnreadable):
        read_document(tmp_path)


@pytest.mark.parametrize("note", [None, 42, ["workflowId"], "x"])
def test_a_note_of_another_form_counts_as_none(note: object) -> None:
    assert identity_note({"events": [], "replaykit": note}) == {}


def test_only_texts_of_a_note_are_taken() -> None:
    assert identity_note({"replaykit": {"workflowId": "order-1", "runId": 7}}) == {"workflowId": "order-1"}


@pytest.mark.parametrize("kind", ["pipe", "device", "directory"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "one.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    said = "Is a directory" if kind == "directory" else "it is a pipe or a device, and no file"
    with pytest.raises(HistoryUnreadable) as refused:
        read_document(path)
    assert refused.value.problem.cause == said
    assert SeenFiles({}).digest(str(path)) is None
    assert title_of(path, largest=1) == ("", "one")


@pytest.mark.parametrize("half", [r"\ud800", r"\uDFFF", r"\ude00\ud83d"])
def test_half_a_character_is_told(file: Path, half: str) -> None:
    with pytest.raises(NotAHistory, match="half a character"):
        read(file, json.dumps(GOOD).replace("EVENT_TYPE_ANY", half))


def test_both_halves_are_a_character(file: Path) -> None:
    found = read(file, json.dumps(GOOD).replace("EVENT_TYPE_ANY", r"\ud83d\ude00"))
    assert found["events"][1]["eventType"] == "😀"
