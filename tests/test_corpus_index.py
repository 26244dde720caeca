"""A corpus tells which run is in which file, by the notes alone, and what is on its way there too."""

import os
from pathlib import Path

from replaykit.adapters.corpus import noted, save, to_bytes
from replaykit.adapters.corpus_index import CorpusIndex
from replaykit.model.history import Identity

STARTED = {"eventId": "1", "workflowExecutionStartedEventAttributes": {}}


def identity(run_id: str, workflow_id: str = "order-1") -> Identity:
    return Identity(workflow_id, run_id, "Order", "orders", "default")


def put(index: CorpusIndex, run_id: str, **said: str) -> Path:
    path = index.file_for(identity(run_id))
    document = noted({"events": [STARTED]}, identity(run_id), **said)
    save(path, to_bytes(document).decode())
    index.add(path, document["replaykit"])
    return path


def test_a_run_is_found_again_by_another_index_with_what_its_note_says(tmp_path: Path) -> None:
    path = put(CorpusIndex.of(tmp_path), "run-1", status="completed", redaction="key k")
    held = CorpusIndex.of(tmp_path).get("run-1")
    assert held is not None
    assert (held.path, held.is_closed, held.note["redaction"]) == (path, True, "key k")
    assert CorpusIndex.of(tmp_path).get("run-2") is None


def test_a_file_that_does_not_say_how_its_run_stands_counts_as_open(tmp_path: Path) -> None:
    put(CorpusIndex.of(tmp_path), "run-1")
    held = CorpusIndex.of(tmp_path).get("run-1")
    assert held is not None
    assert not held.is_closed


def test_two_runs_of_an_id_get_two_files_even_before_the_first_is_on_the_disk(tmp_path: Path) -> None:
    index = CorpusIndex.of(tmp_path)
    first = index.file_for(identity("run-1"))
    index.add(first, {"runId": "run-1"})
    second = index.file_for(identity("run-2"))
    assert first != second
    assert index.file_for(identity("run-1")) == first


def test_a_file_of_another_tool_keeps_its_name(tmp_path: Path) -> None:
    index = CorpusIndex.of(tmp_path)
    (tmp_path / "Order").mkdir()
    (tmp_path / "Order" / "order-1.json").write_text('{"events": []}')
    assert index.file_for(identity("run-1")).name == "order-1.run-1.json"
    assert CorpusIndex.of(tmp_path).file_for(identity("run-1")).name == "order-1.run-1.json"


def test_what_a_killed_export_left_is_cleared_away_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    gone, alive = (tmp_path / f".order-1.json.{pid}.tmp" for pid in (2**22 + 1, os.getpid()))
    for path in (gone, alive):
        path.write_text("half")
    assert len(CorpusIndex.of(tmp_path)) == 0
    assert not gone.exists()
    assert alive.exists()
