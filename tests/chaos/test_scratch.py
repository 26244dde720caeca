"""A sweep's files lie in memory, unless somebody says where, or there is no room."""

from pathlib import Path

import pytest

from replaykit.adapters.chaos import scratch
from replaykit.adapters.chaos.scratch import scratch as made


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that stands for the one in memory."""
    path = tmp_path / "memory"
    path.mkdir()
    monkeypatch.setattr(scratch, "MEMORY", path)
    monkeypatch.setattr(scratch, "ROOM", 1)
    monkeypatch.delenv("TMPDIR", raising=False)
    return path


def test_files_lie_in_memory_where_nobody_else_reads_them_and_are_gone_afterwards(memory: Path) -> None:
    with made() as directory:
        assert directory.parent == memory
        assert directory.stat().st_mode & 0o777 == 0o700
        (directory / "ledger.jsonl").write_text("{}\n", "utf-8")

    assert list(memory.iterdir()) == []


def test_whoever_names_a_place_for_temporary_files_gets_them_there(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    with made() as directory:
        assert directory.parent == tmp_path
        assert list(memory.iterdir()) == []


def test_memory_without_room_is_left_alone(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "ROOM", 2**60)

    with made() as directory:
        assert directory.parent != memory


def test_system_without_such_a_place_keeps_them_on_its_disk(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "MEMORY", memory / "none")

    with made() as directory:
        assert directory.parent != memory
