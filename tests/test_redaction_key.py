"""The local key: made once, kept private, and never replaced where it is broken."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from replaykit.adapters.redaction_key import DIRECTORY, FILE, VARIABLE, load_pseudonyms
from replaykit.errors import RedactionKeyInvalid

GIVEN = "correct horse battery staple"


def key_file(root: Path) -> Path:
    return root / DIRECTORY / FILE


def test_the_environment_s_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    pseudonyms = load_pseudonyms(tmp_path, {VARIABLE: GIVEN})
    assert pseudonyms.key_id == load_pseudonyms(tmp_path / "other", {VARIABLE: f" {GIVEN}\n"}).key_id
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_for_its_owner_alone_and_kept_out_of_git(tmp_path: Path) -> None:
    first = load_pseudonyms(tmp_path, {})
    file = key_file(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (file.parent / ".gitignore").read_text("utf-8") == "*\n"
    assert sorted(path.name for path in file.parent.iterdir()) == [".gitignore", FILE]
    assert len(file.read_text("utf-8").strip()) == 64
    assert load_pseudonyms(tmp_path, {}).key_id == first.key_id


def test_two_projects_have_two_keys(tmp_path: Path) -> None:
    assert load_pseudonyms(tmp_path / "a", {}).key_id != load_pseudonyms(tmp_path / "b", {}).key_id


def test_a_team_s_own_gitignore_stays(tmp_path: Path) -> None:
    (tmp_path / DIRECTORY).mkdir()
    (tmp_path / DIRECTORY / ".gitignore").write_text("*.key\n", "utf-8")
    load_pseudonyms(tmp_path, {})
    assert (tmp_path / DIRECTORY / ".gitignore").read_text("utf-8") == "*.key\n"


def _key_id(root: str) -> str:
    return load_pseudonyms(Path(root), {}).key_id


def test_processes_that_race_agree_on_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        for turn in range(5):
            root = tmp_path / str(turn)
            assert len(set(pool.map(_key_id, [str(root)] * 4, chunksize=1))) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff\xfe\x00" * 10, b"k" * 5000])
def test_a_broken_key_file_is_an_error_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    load_pseudonyms(tmp_path, {})
    key_file(tmp_path).write_bytes(content)
    with pytest.raises(RedactionKeyInvalid) as raised:
        load_pseudonyms(tmp_path, {})
    assert raised.value.problem.slug == "redaction-key-invalid"
    assert "short" not in str(raised.value)
    assert key_file(tmp_path).read_bytes() == content


@pytest.mark.parametrize("given", ["", "   ", "fifteen letters"])
def test_a_short_key_of_the_environment_is_an_error_that_does_not_show_it(tmp_path: Path, given: str) -> None:
    load_pseudonyms(tmp_path, {})
    with pytest.raises(RedactionKeyInvalid, match=VARIABLE) as raised:
        load_pseudonyms(tmp_path, {VARIABLE: given})
    assert not given.strip() or given not in str(raised.value)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / DIRECTORY).write_text("a file", "utf-8")
    with pytest.raises(RedactionKeyInvalid, match="cannot be read or made"):
        load_pseudonyms(tmp_path, {})
