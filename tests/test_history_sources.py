"""Histories are read from files of every form, each run once, and what is wrong with a file is said of that file."""

import gzip
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import fsspec
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.export.v1 import WorkflowExecution, WorkflowExecutions
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

from replaykit.adapters import history_file, history_sources
from replaykit.adapters.history_sources import Event, FromFile, fetched_from
from replaykit.adapters.run_identity import GUESSED_FROM_NAME, GUESSED_FROM_RUN, NO_RUN_ID
from replaykit.model.source import Counts, SkippedActivities, Unread
from tests.history_files import (
    MANY,
    PACKED,
    SINGLE,
    Document,
    cli,
    documents,
    legacy,
    message,
    newer,
    plain,
    run_of,
)
from tests.recording import Server
from tests.resets import reset_twice

ALL = documents()
ONE, OTHER, THIRD = (document for document in ALL[:3])


def read(*locations: str | Path, base: Path = Path("/"), namespace: str = "") -> list[Event]:
    return list(fetched_from([str(location) for location in locations], base=base, namespace=namespace))


def runs(events: Iterable[Event]) -> list[str]:
    return [event.identity.run_id for event in events if isinstance(event, FromFile)]


def histories(events: Iterable[Event]) -> list[FromFile]:
    return [event for event in events if isinstance(event, FromFile)]


def unread(events: Iterable[Event]) -> list[Unread]:
    return [event for event in events if isinstance(event, Unread)]


def slugs(events: Iterable[Event]) -> list[str]:
    return [event.problem.slug for event in unread(events)]


def counts(events: Sequence[Event]) -> Counts:
    last = events[-1]
    assert isinstance(last, Counts)
    return last


def same(found: FromFile, document: Document) -> bool:
    return list(found.history.events) == list(message(document).events)


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("form", SINGLE)
def test_every_fixture_reads_back_from_every_form_of_one_history(form: str, packed: str, tmp_path: Path) -> None:
    chosen = ALL if form in {".json", ".binpb"} else ALL[::9]
    for number, document in enumerate(chosen):
        (tmp_path / f"{number:03}{form}{packed}").write_bytes(PACKED[packed](SINGLE[form](document)))
    events = read(tmp_path)
    assert unread(events) == []
    assert runs(events) == [run_of(document) for document in chosen]
    for found, document in zip(histories(events), chosen, strict=True):
        assert same(found, document), found.source


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("form", MANY)
def test_every_fixture_reads_back_from_every_form_of_many(form: str, packed: str, tmp_path: Path) -> None:
    chosen = ALL if packed == "" else ALL[::9]
    (tmp_path / f"many{form}{packed}").write_bytes(PACKED[packed](MANY[form](chosen)))
    events = read(tmp_path)
    assert unread(events) == []
    assert runs(events) == [run_of(document) for document in chosen]
    assert all(same(found, document) for found, document in zip(histories(events), chosen, strict=True))


def test_the_content_tells_the_form_where_the_name_misleads(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(gzip.compress(zstd.compress(legacy([ONE]))))
    (tmp_path / "b.binpb").write_bytes(cli(OTHER))
    (tmp_path / "c.gz").write_bytes(message(THIRD).SerializeToString())
    (tmp_path / "notes.md").write_bytes(cli(ALL[3]))
    assert runs(read(tmp_path)) == [run_of(document) for document in ALL[:4]]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_packed_files_that_were_joined_are_read_to_the_end(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "1-day").write_bytes(pack(legacy([ONE])) + pack(newer([OTHER])))
    (tmp_path / "2-begun-small").write_bytes(pack(b"\n") + pack(cli(THIRD)))
    events = read(tmp_path)
    assert runs(events) == [run_of(ONE), run_of(OTHER), run_of(THIRD)]
    assert unread(events) == []


@pytest.mark.parametrize("form", ["history", "export"])
@pytest.mark.parametrize("size", [ord("{"), ord("[")])
def test_a_first_entry_whose_length_reads_like_a_brace_is_told_from_json(size: int, form: str, tmp_path: Path) -> None:
    history = message(ONE)
    del history.events[1:]
    started = history.events[0].workflow_execution_started_event_attributes
    started.Clear()
    started.original_execution_run_id = "run"

    def whole() -> bytes:
        content = history.SerializeToString()
        return _field(1, _field(1, content)) if form == "export" else content

    while len(whole()) < size + 2:
        started.workflow_id += "x"
    assert whole()[:2] == bytes([0x0A, size])
    (tmp_path / "1").write_bytes(whole())
    (tmp_path / "2").write_bytes(b"\n" + cli(OTHER))
    (tmp_path / "3").write_bytes(b"\n" + json.dumps(THIRD["events"]).encode())
    assert runs(read(tmp_path)) == ["run", run_of(OTHER), run_of(THIRD)]


def test_a_damaged_length_makes_no_room_for_what_never_comes(tmp_path: Path) -> None:
    (tmp_path / "x.binpb").write_bytes(b"\x0a\xff\xff\xff\x7a" + b"\x08\x01" * 8)
    tracemalloc.start()
    try:
        events = read(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
    assert slugs(events) == ["history-truncated"]


def test_a_directory_is_searched_whole_sorted_and_without_hidden_entries(tmp_path: Path) -> None:
    for place, document in {"b/2.json": ONE, "a/deep/1.json": OTHER, "b/.git/3.json": THIRD, ".4.json": ALL[3]}.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(cli(document))
    events = read("a", "b", base=tmp_path)
    assert [found.source for found in histories(events)] == ["a/deep/1.json", "b/2.json"]
    assert runs(read(tmp_path)) == [run_of(OTHER), run_of(ONE)]


def test_a_name_in_a_directory_that_is_something_else_is_passed_over_and_counted(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Histories\n")
    (tmp_path / "NOTES.txt").write_text("\n\nof last week\n" * 20)
    (tmp_path / "map.geojson").write_text('{"features": [], "items": [{}]}')
    (tmp_path / "short.txt").write_text("\nhello\n")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "settings.ini").write_text("[section]\n")
    (tmp_path / "one.json").write_bytes(cli(ONE))
    events = read(tmp_path)
    assert runs(events) == [run_of(ONE)]
    assert unread(events) == []
    assert counts(events) == Counts(files=8, histories=1, foreign=7)


def test_what_is_named_itself_is_never_passed_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Histories\n")
    events = read(tmp_path / "README.md")
    assert slugs(events) == ["not-a-history"]
    assert "neither JSON nor the protobuf" in unread(events)[0].problem.cause


def test_each_bad_file_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    bad = {
        "a-empty.json": b"",
        "b-cut.json": cli(ONE)[:1000],
        "c-package.json": b'{"name": "web"}',
        "d-decoded.json": json.dumps(decoded(ONE)).encode(),
        "e-order.json": json.dumps({"events": ONE["events"][1:]}).encode(),
        "f-invalid.json": cli(ONE).replace(b'"attempt": 1', b'"attempt": "one"'),
        "g-rubbish": bytes(range(256)),
        "h-cut.binpb": message(ONE).SerializeToString()[:-1],
        "i-cut.gz": gzip.compress(legacy([ONE]))[:-20],
        "j-bad.gz": gzip.compress(legacy([ONE]))[:-8] + bytes(8),
        "k-page.json": json.dumps({"history": plain(ONE), "nextPageToken": "bW9yZQ=="}).encode(),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "c-good.json").write_bytes(cli(OTHER))
    events = read("nowhere", ".", base=tmp_path)
    found = {event.source: event.problem for event in unread(events)}
    assert {name: problem.slug for name, problem in found.items()} == {
        "nowhere": "path-missing",
        "a-empty.json": "history-empty",
        "b-cut.json": "history-truncated",
        "c-package.json": "not-a-history",
        "d-decoded.json": "history-decoded",
        "e-order.json": "history-out-of-order",
        "f-invalid.json": "history-invalid",
        "g-rubbish": "not-a-history",
        "h-cut.binpb": "history-truncated",
        "i-cut.gz": "history-truncated",
        "j-bad.gz": "history-unreadable",
        "k-page.json": "history-truncated",
    }
    assert all(name in problem.what for name, problem in found.items())
    # The damaged checksum comes after the history, which was read whole.
    assert sorted(runs(events)) == sorted([run_of(ONE), run_of(OTHER)])
    assert counts(events).unread == len(found)


def decoded(document: Document) -> Document:
    """What the Web UI downloads with decoding on: events of its own making, payloads as values."""
    events = json.loads(json.dumps(document["events"]))
    for event in events:
        event |= {"id": event["eventId"], "classification": "Started", "category": "workflow", "attributes": {}}
        for value in event.values():
            if isinstance(value, dict) and "payloads" in value.get("input", {}):
                value["input"]["payloads"] = ["order-17", {"name": "Ada"}]
    return {"events": events}


def test_a_link_that_leads_nowhere_and_a_directory_that_may_not_be_listed_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone.json").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    (tmp_path / "closed").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zeros.json").symlink_to("/dev/zero")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    events = read(".", base=tmp_path)
    assert [(event.source, event.problem.slug, event.problem.cause) for event in unread(events)] == [
        ("gone.json", "history-unreadable", "No such file or directory"),
        ("loop.json", "history-unreadable", "Too many levels of symbolic links"),
        ("closed", "history-unreadable", "Permission denied"),
    ]


# Temporal Cloud


def test_a_damaged_item_of_an_export_is_named_by_its_number_and_the_others_are_read(tmp_path: Path) -> None:
    exported = WorkflowExecutions.FromString(legacy(ALL[:5]))
    del exported.items[1].history.events[3]
    del exported.items[2].history.events[:]
    del exported.items[3].history.events[0]
    content = exported.SerializeToString() + b"\x0a\x03\x0a\x7f\x00" + legacy([ALL[5]])
    (tmp_path / "export").write_bytes(content)
    events = read("export", base=tmp_path)
    assert runs(events) == [run_of(ALL[0]), run_of(ALL[4]), run_of(ALL[5])]
    assert [(event.source, event.problem.slug) for event in unread(events)] == [
        ("export (item 2)", "history-out-of-order"),
        ("export (item 3)", "history-empty"),
        ("export (item 4)", "history-out-of-order"),
        ("export (item 6)", "history-invalid"),
    ]
    assert unread(events)[0].problem.cause == "event 4 should stand where event 5 does"


def test_standalone_activities_are_counted_and_named_as_skipped(tmp_path: Path) -> None:
    (tmp_path / "both").write_bytes(newer([ONE], activities=["a", "b", "c", "d"]))
    (tmp_path / "only").write_bytes(newer([], activities=["e"]))
    events = read(".", base=tmp_path)
    assert [event for event in events if isinstance(event, SkippedActivities)] == [
        SkippedActivities("both", 4, ("charge · a", "charge · b", "charge · c")),
        SkippedActivities("only", 1, ("charge · e",)),
    ]
    assert counts(events) == Counts(files=2, histories=1, activities=5)


def test_an_export_turned_into_json_tells_its_activities_too(tmp_path: Path) -> None:
    activity = {"activity": {"info": {"activityId": "a", "activityType": {"name": "charge"}}}}
    both = {"workflows": [{"history": plain(ONE)}, {}], "activities": [activity, {}]}
    (tmp_path / "x.json").write_text(json.dumps(both))
    events = read("x.json", base=tmp_path)
    assert runs(events) == [run_of(ONE)]
    assert SkippedActivities("x.json", 2, ("charge · a", "unnamed")) in events
    assert [(event.source, event.problem.slug) for event in unread(events)] == [("x.json (item 2)", "history-empty")]


def test_runs_delivered_twice_are_dropped_and_counted(tmp_path: Path) -> None:
    (tmp_path / "10").write_bytes(legacy([ONE, OTHER, ONE]))
    (tmp_path / "11").write_bytes(newer([OTHER, THIRD]))
    (tmp_path / "12.json.gz").write_bytes(gzip.compress(cli(THIRD)))
    events = read(tmp_path, tmp_path / "10")
    assert runs(events) == [run_of(ONE), run_of(OTHER), run_of(THIRD)]
    assert counts(events) == Counts(files=3, histories=3, duplicates=3)


def test_a_run_saved_again_with_more_events_supersedes_what_was_read_first(tmp_path: Path) -> None:
    begun = {"events": ONE["events"][:4]}
    for name, document in {"1.json": begun, "2.json": plain(ONE), "3.json": begun}.items():
        (tmp_path / name).write_text(json.dumps(document))
    events = read(tmp_path)
    assert [(len(found.history.events), found.supersedes) for found in histories(events)] == [
        (4, False),
        (len(ONE["events"]), True),
    ]
    assert counts(events) == Counts(files=3, histories=1, duplicates=1, superseded=1)


def test_the_same_run_id_in_two_namespaces_is_two_runs(tmp_path: Path) -> None:
    for namespace in ("shop.a1b2c", "spare.a1b2c"):
        place = tmp_path / f"temporal-workflow-history/export/{namespace}/2026/11/24/16/00"
        place.mkdir(parents=True)
        (place / "a3642624-0465-46b5-acf0-200f5290683c").write_bytes(legacy([ONE]))
    found = histories(read(tmp_path))
    assert [history.identity.namespace for history in found] == ["shop.a1b2c", "spare.a1b2c"]


def test_the_namespace_comes_from_the_note_then_the_caller(tmp_path: Path) -> None:
    (tmp_path / "cli.json").write_bytes(cli(ONE))
    (tmp_path / "own.json").write_text(json.dumps(OTHER))
    found = histories(read(tmp_path, namespace="given"))
    assert [history.identity.namespace for history in found] == ["given", "default"]


def test_an_export_in_json_of_activities_alone_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"activities": [{"activity": {}}]}')
    events = read("x.json", base=tmp_path)
    assert events == [SkippedActivities("x.json", 1, ("unnamed",)), Counts(files=1, activities=1)]


def test_an_entry_of_an_unknown_kind_is_not_lost_in_silence(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(legacy([ONE]) + b"\x1a\x02hi\x1a\x00\x20\x07" + legacy([OTHER]))
    events = read("export", base=tmp_path)
    assert runs(events) == [run_of(ONE), run_of(OTHER)]
    assert slugs(events) == ["history-invalid"]
    assert "field 3 (2 times), field 4 (1 times)" in unread(events)[0].problem.cause


@pytest.mark.parametrize("nested", [True, False])
def test_events_with_fields_of_a_newer_server_are_read_and_said_so(nested: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter of the story
    events = message(ONE)
    content = events.events[1].SerializeToString() + b"\xfa\xff\x03\x03new"
    rest = [event.SerializeToString() for event in events.events]
    rest[1] = content
    history = b"".join(_field(1, event) for event in rest)
    (tmp_path / "x").write_bytes(_field(1, _field(1, history)) if nested else history)
    [found] = histories(read(tmp_path))
    assert found.remarks == (history_sources.UNKNOWN_FIELDS,)


def _field(number: int, content: bytes) -> bytes:
    size = len(content)
    varint = b""
    while size > 0x7F:
        varint += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + varint + bytes([size]) + content


def test_other_protobuf_is_no_history(tmp_path: Path) -> None:
    for name, content in {
        "text.binpb": _field(1, b"hello") * 3,
        "nested.binpb": _field(1, _field(1, _field(1, b"\x10\x01"))),
        "numbers.binpb": b"\x08\x01\x10\x02",
        "second.binpb": _field(2, _field(1, b"hello")),
        "third.binpb": _field(3, b"hello"),
    }.items():
        (tmp_path / name).write_bytes(content)
    events = read(tmp_path)
    assert slugs(events) == ["not-a-history"] * 5


# Whose history it is


def test_fixtures_keep_the_note_beside_their_events(tmp_path: Path) -> None:
    noted = {**ONE, "replaykit": {**ONE["replaykit"], "payloads": "decoded", "redaction": {"rules": 3}}}
    (tmp_path / "any.json").write_text(json.dumps(noted))
    [found] = histories(read(tmp_path))
    assert found.note == noted["replaykit"]
    assert found.identity.workflow_id == ONE["replaykit"]["workflowId"]
    assert found.history.workflow_id == found.identity.workflow_id
    assert found.remarks == ()


def _without_ids(document: Document, *keys: str) -> Document:
    events = json.loads(json.dumps(document["events"]))
    for key in keys:
        events[0]["workflowExecutionStartedEventAttributes"].pop(key)
    return {"events": events}


def test_a_workflow_id_that_the_events_do_not_tell_is_guessed_and_said_so(tmp_path: Path) -> None:
    old = _without_ids(ONE, "workflowId")
    (tmp_path / "order-17.json.gz").write_bytes(gzip.compress(json.dumps(old).encode()))
    other = WorkflowHistory.from_json("id", _without_ids(OTHER, "workflowId"))
    item = WorkflowExecution(history=History(events=other.events))
    (tmp_path / "hourly").write_bytes(WorkflowExecutions(items=[item]).SerializeToString())
    hourly, single = histories(read(tmp_path))
    assert (single.identity.workflow_id, single.remarks) == ("order-17", (GUESSED_FROM_NAME,))
    assert (hourly.identity.workflow_id, hourly.remarks) == (run_of(OTHER), (GUESSED_FROM_RUN,))


def test_histories_without_any_run_id_are_told_apart_by_their_events(tmp_path: Path) -> None:
    for name, document in {"a.json": ONE, "b.json": OTHER, "c.json": ONE}.items():
        bare = _without_ids(document, "originalExecutionRunId")
        (tmp_path / name).write_text(json.dumps(bare))
    events = read(tmp_path)
    assert [found.remarks for found in histories(events)] == [(NO_RUN_ID,), (NO_RUN_ID,)]
    assert counts(events).duplicates == 1


def test_the_cli_s_own_output_and_runs_that_were_reset_twice_tell_their_actual_run_ids(
    server: Server, tmp_path: Path
) -> None:
    made = server.run(reset_twice)
    for number, run_id in enumerate(made):
        for output in ("json", "jsonl"):
            show = ["temporal", "workflow", "show", "-w", "reset-twice", "-r", run_id, "--output", output]
            shown = subprocess.run([*show, "--address", server.address], check=True, capture_output=True)
            (tmp_path / f"{number}.{output}").write_bytes(shown.stdout)
    events = read(tmp_path)
    assert runs(events) == made
    assert {found.identity.workflow_id for found in histories(events)} == {"reset-twice"}
    assert counts(events) == Counts(files=6, histories=3, duplicates=3)


# Size


@pytest.mark.long
def test_an_export_is_read_with_one_history_in_memory(tmp_path: Path) -> None:
    """A history here takes 60 kB of protobuf; 1,600 of them, 100 MB, must not take more than 100 do."""

    def peak(times: int) -> int:
        path = tmp_path / f"export-{times}"
        with path.open("wb") as file:
            for number in range(times):
                copy = message(ONE)
                started = copy.events[0].workflow_execution_started_event_attributes
                started.original_execution_run_id = str(number)
                started.identity = f"{number:06}" * 10_000
                file.write(_field(1, _field(1, copy.SerializeToString())))
        probe = (
            "import resource, sys\nfrom pathlib import Path\n"
            "from replaykit.adapters.history_sources import FromFile, fetched_from\n"
            "found = sum(isinstance(event, FromFile) for event in fetched_from([sys.argv[1]], base=Path('/')))\n"
            "print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        )
        shown = subprocess.run([sys.executable, "-c", probe, path], check=True, capture_output=True, text=True)
        found, kilobytes = map(int, shown.stdout.split())
        assert found == times
        path.unlink()
        return kilobytes

    few, many = peak(100), peak(1600)
    assert many - few < 4_000, f"{few} kB, then {many} kB"


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
@pytest.mark.parametrize("form", ["json", "jsonl", "binpb", "item"])
def test_nothing_larger_than_a_history_can_be_is_unpacked(
    form: str, packed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_file, "LARGEST", 2**21)
    event = message(ONE).events[0]
    event.workflow_execution_started_event_attributes.identity = "x" * 2**20
    events = _field(1, event.SerializeToString())
    bomb = {
        "json": b'{"events": [' + b" " * 2**25,
        "jsonl": b'{"events": [' + b" " * 2**25,
        "binpb": events * 30,
        "item": _field(1, _field(1, events * 30)),
    }[form]
    path = tmp_path / f"bomb.{form}{packed}"
    path.write_bytes(PACKED[packed](bomb))
    del bomb
    tracemalloc.start()
    try:
        events_read = read(path)
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()
    assert slugs(events_read) == ["history-too-large"]


def test_a_file_of_endless_nothing_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"\x0a\x00" * 10**6))
    events = read(tmp_path)
    assert len(unread(events)) == history_sources.MOST_UNUSABLE + 2
    assert unread(events)[-1].problem.what.endswith("is read no further.")


def test_a_file_compressed_over_and_over_is_no_history(tmp_path: Path) -> None:
    content = legacy([ONE])
    for _ in range(3):
        content = gzip.compress(content)
    (tmp_path / "x.gz").write_bytes(content)
    assert slugs(read(tmp_path)) == ["not-a-history"]


# Any bytes


@st.composite
def written(draw: st.DrawFn) -> tuple[dict[str, bytes], set[str]]:
    """Some fixtures, each in at least one file, in any form, some in several."""
    chosen = draw(st.lists(st.sampled_from(ALL[::4]), min_size=1, max_size=6))
    files: dict[str, bytes] = {}
    for number in range(draw(st.integers(1, 4))):
        packed = draw(st.sampled_from(sorted(PACKED)))
        if draw(st.booleans()):
            form = draw(st.sampled_from(sorted(MANY)))
            some = chosen if number == 0 else draw(st.lists(st.sampled_from(chosen), min_size=1))
            content = MANY[form](some)
        else:
            form = draw(st.sampled_from(sorted(SINGLE)))
            content = SINGLE[form](draw(st.sampled_from(chosen)))
        files[f"d{draw(st.integers(0, 2))}/{number}{form}{packed}"] = PACKED[packed](content)
    files["d0/all"] = legacy(chosen)
    return files, {run_of(document) for document in chosen}


@pytest.mark.long
@given(case=written())
def test_any_set_of_histories_in_any_forms_reads_back_as_exactly_that_set(
    case: tuple[dict[str, bytes], set[str]],
) -> None:
    files, expected = case
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for name, content in files.items():
        memory.pipe(f"/any/{name}", content)
    events = read("memory://any", namespace="default")
    assert unread(events) == []
    assert sorted(runs(events)) == sorted(expected)
    assert counts(events).histories == len(expected)


SMALL = sorted(ALL, key=lambda document: len(document["events"]))[:3]


def _ends(field_of: Sequence[bytes]) -> set[int]:
    """Where a file may end without a trace: after each whole entry."""
    ends = {0}
    for entry in field_of:
        ends.add(max(ends) + len(entry))
    return ends


def _cuts(whole: bytes, *ends: int) -> list[int]:
    """Choose where to cut: everywhere at both ends, around each entry's end, and evenly between."""
    near = {end + by for end in (*ends, len(whole)) for by in range(-6, 7)}
    some = {*range(12), *range(0, len(whole), max(1, len(whole) // 200)), *near}
    return sorted(cut for cut in some if 0 <= cut < len(whole))


def _read_bytes(name: str, content: bytes) -> list[Event]:
    fsspec.filesystem("memory").pipe(f"/bytes/{name}", content)
    return read(f"memory://bytes/{name}")


@pytest.mark.parametrize("form", [".json", ".json.gz", ".json.zst", ".jsonl", ".binpb", ".binpb.gz", ".binpb.zst"])
def test_a_file_of_one_history_cut_at_any_byte_is_an_error(form: str) -> None:
    plain_form, packed = (form[: form.rindex(".")], form[form.rindex(".") :]) if form.count(".") == 2 else (form, "")
    whole = PACKED[packed](SINGLE[plain_form](SMALL[0]).rstrip(b"\n"))
    entries = [_field(1, event.SerializeToString()) for event in message(SMALL[0]).events]
    # Protobuf that ends after a whole event is a history that was saved earlier: nothing in the file tells otherwise.
    untold = _ends(entries) - {0} if form == ".binpb" else set()
    for cut in _cuts(whole, *untold):
        events = _read_bytes(f"x{form}", whole[:cut])
        if cut in untold:
            assert slugs(events) == []
            continue
        assert slugs(events), cut
        # Only the end of the wrapping can be missing where the history is there.
        assert runs(events) == [] or (packed and len(whole) - cut <= 12), cut


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("write", [legacy, newer])
def test_an_export_cut_at_any_byte_gives_the_histories_before_the_cut_and_an_error(
    write: Callable[[Iterable[Document]], bytes], packed: str
) -> None:
    whole = PACKED[packed](write(SMALL))
    order = [run_of(document) for document in SMALL]
    entries = _ends([_field(1, _field(1, message(document).SerializeToString())) for document in SMALL])
    for cut in _cuts(whole, *(() if packed else entries)):
        events = _read_bytes("x", whole[:cut])
        found = runs(events)
        assert found == order[: len(found)]
        if packed:
            assert slugs(events), cut
        else:
            assert len(found) == sum(end <= cut for end in entries) - 1, cut
            # Protobuf that ends after a whole entry is whole: nothing in the file tells otherwise.
            assert slugs(events) or cut in entries, cut


@given(content=st.binary(max_size=400), packed=st.sampled_from(sorted(PACKED)))
def test_random_bytes_are_never_more_than_an_error(content: bytes, packed: str) -> None:
    for prefix in (b"", b"\x0a", b"\x12", b"{", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"):
        assert_only_errors(PACKED[packed](prefix + content))


@given(data=st.data())
def test_an_export_with_any_byte_changed_is_never_more_than_an_error_and_histories(data: st.DataObject) -> None:
    content = bytearray(legacy(SMALL))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    events = _read_bytes("changed", bytes(content))
    assert isinstance(events[-1], Counts)
    assert len(runs(events)) + len(unread(events)) > 0


def assert_only_errors(content: bytes) -> None:
    events = _read_bytes("x", content)
    assert runs(events) == []
    assert unread(events)
    assert all("memory://bytes/x" in event.problem.what for event in unread(events))
