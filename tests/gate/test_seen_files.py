"""Files are read again where the file system says anything else of them than it did, and no others."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from replaykit.adapters.seen_files import Entry, SeenFiles


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was written a moment ago have been written ten seconds ago."""
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + 10_000_000_000)


def seen_in(path: Path) -> dict[str, Entry]:
    files = SeenFiles({})
    files.digest(str(path))
    return files.seen


@pytest.mark.usefixtures("later")
def test_a_file_that_is_as_it_was_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("one")
    (*known, digest) = seen_in(path)[str(path)]
    again = SeenFiles({str(path): [*known, "what was told"]})

    assert digest == sha256("one")
    assert (again.digest(str(path)), again.is_news) == ("what was told", False)
    assert again.seen.keys() == {str(path)}


@pytest.mark.usefixtures("later")
def test_a_file_changed_within_its_length_whose_time_was_put_back_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("one")
    known, before = seen_in(path), path.stat()
    path.write_text("two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    again = SeenFiles(known)

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert (again.digest(str(path)), again.is_news) == (sha256("two"), True)


@pytest.mark.usefixtures("later")
def test_another_file_in_the_same_place_is_read(tmp_path: Path) -> None:
    path, other = tmp_path / "run.json", tmp_path / "other.json"
    path.write_text("one")
    known = seen_in(path)
    other.write_text("two")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)

    assert SeenFiles(known).digest(str(path)) == sha256("two")


def test_a_file_written_a_moment_ago_is_read_by_the_next_run_too(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("one")
    files = SeenFiles({})

    assert files.digest(str(path)) == sha256("one")
    assert (files.seen, files.is_news) == ({}, False)


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("known", [None, "x", [], [1, 2], {"digest": "x"}, [0, 0, 0, 0, 0]])
def test_what_is_no_entry_is_not_used(tmp_path: Path, known: object) -> None:
    path = tmp_path / "run.json"
    path.write_text("one")

    assert SeenFiles({str(path): known}).digest(str(path)) == sha256("one")


def test_what_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    files = SeenFiles({})

    assert [files.digest(str(path)) for path in (tmp_path / "gone.json", tmp_path)] == [None, None]
    assert not files.seen
