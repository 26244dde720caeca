"""History files: found below the paths given, named after their run, written whole or not at all."""

import os
import signal
from pathlib import Path, PurePath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replaykit.adapters.corpus import file_for, find, save, text_of, write_safely
from replaykit.adapters.history_file import identity_note, read_document
from replaykit.errors import CorpusUnwritable, HistoryEmpty, HistoryError
from replaykit.model.case import Case, Judgement
from replaykit.model.history import Identity
from replaykit.model.verdict import Inconclusive
from tests.project import Project

IDS = st.text(max_size=400)
NOWHERE = Path("/nowhere/corpus")
STARTED = {"eventId": "1", "workflowExecutionStartedEventAttributes": {}}


def identity(workflow_id: str = "order-1", run_id: str = "run-1", workflow_type: str = "Order") -> Identity:
    return Identity(workflow_id, run_id, workflow_type, "orders", "default")


@given(IDS, IDS)
@example("../../x", "Order")
@example("/etc/passwd", "..")
@example("a/b\\c", ".")
@example(".hidden", ".git")
@example("", "")
@example("x\0y\nz", "Order")
@example("ü" * 300, "世界" * 100)
@example("-rf", "--help")
def test_no_id_and_no_type_leads_out_of_the_corpus(workflow_id: str, workflow_type: str) -> None:
    path = file_for(NOWHERE, identity(workflow_id, workflow_type=workflow_type))
    assert PurePath(os.path.normpath(path)) == path
    assert path.parent.parent == NOWHERE
    assert path.suffix == ".json"
    for part in (path.name, path.parent.name):
        assert part.isascii()
        assert part.isprintable()
        assert not part.startswith(".")
        # A temporary file beside it has a longer name still, and file systems end at 255 bytes.
        assert len(part) < 200


@given(IDS, IDS)
@example("a/b", "a_b")
@example("a/b", "a:b")
@example(".x", "x")
@example("x" * 300 + "1", "x" * 300 + "2")
def test_two_ids_never_share_a_file(one: str, other: str) -> None:
    same = file_for(NOWHERE, identity(one)) == file_for(NOWHERE, identity(other))
    assert same == (one == other)


def test_a_plain_id_is_the_file_s_name() -> None:
    assert file_for(NOWHERE, identity("order-2024.11_7")) == NOWHERE / "Order" / "order-2024.11_7.json"


def test_the_same_run_goes_to_its_file_again_and_another_run_to_one_of_its_own(tmp_path: Path) -> None:
    first, second, third = (identity(run_id=f"0193a1b2-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))
    written = []
    for run in (first, second, third, first, second, third):
        path = file_for(tmp_path, run)
        save(path, text_of({"events": [STARTED]}, run))
        written.append(path)
    assert written[:3] == written[3:]
    assert len(set(written)) == 3
    assert [identity_note(read_document(path))["runId"] for path in written[:3]] == [
        run.run_id for run in (first, second, third)
    ]


def test_what_is_written_beside_the_events_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    save(path, text_of({"events": [STARTED]}, identity("ord\u00e9r/1")))
    document = read_document(path)
    assert document["events"] == [STARTED]
    note = identity_note(document)
    assert (note["workflowId"], note["runId"], note["namespace"]) == ("ord\u00e9r/1", "run-1", "default")


def test_histories_are_found_once_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b/2.json", "b/1.json", "a/3.json", "a/.4.json", ".git/5.json", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    found = list(find([".", "b", "a/3.json"], base=tmp_path))
    assert [case.shown for case in found if isinstance(case, Case)] == ["a/3.json", "b/1.json", "b/2.json"]


def test_a_file_given_by_name_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "history.txt").write_text("{}")
    [case] = find(["history.txt"], base=tmp_path)
    assert isinstance(case, Case)


def test_a_missing_path_is_a_judgement_among_the_others(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text("{}")
    missing, present = find(["nowhere", "1.json"], base=tmp_path)
    assert isinstance(missing, Judgement)
    assert isinstance(missing.verdict, Inconclusive)
    assert missing.verdict.problem.slug == "path-missing"
    assert isinstance(present, Case)


def test_a_path_outside_the_working_directory_is_shown_whole(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "1.json").write_text("{}")
    [case] = find(["../1.json"], base=tmp_path / "here")
    assert isinstance(case, Case)
    assert Path(case.shown).is_absolute()


def test_a_history_that_does_not_read_back_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text("the history of yesterday")
    with pytest.raises(HistoryEmpty):
        save(path, '{"events": []}')
    assert path.read_text() == "the history of yesterday"
    assert [file.name for file in tmp_path.iterdir()] == ["one.json"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, MemoryError])
def test_an_interrupted_write_leaves_the_file_as_it_was(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text("old")

    def fail(_: Path) -> None:
        raise error

    with pytest.raises(error):
        write_safely(path, b"new", check=fail)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["one.json"]


def test_an_export_killed_half_way_leaves_no_history_that_counts() -> None:
    """The kill strikes when all is written but nothing is checked, the worst moment."""
    killed = Project({"fixtures/Order/": "", "fixtures/Order/old.json": "old"}).run_python(
        "import os\n"
        "from pathlib import Path\n"
        "from replaykit.adapters.corpus import write_safely\n"
        "def die(path): os.kill(os.getpid(), 9)\n"
        "for name in ('new', 'old'):\n"
        "    if os.fork() == 0:\n"
        "        write_safely(Path(f'fixtures/Order/{name}.json'), b'half a history', check=die)\n"
        "    print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
        "from replaykit.adapters.corpus import find\n"
        "print([case.shown for case in find(['fixtures'], base=Path.cwd())])\n"
    )
    kill = -signal.SIGKILL
    assert killed.stdout.splitlines() == [str(kill), str(kill), "['fixtures/Order/old.json']"]
    assert killed.files["fixtures/Order/old.json"] == "old"


def test_a_directory_that_cannot_be_written_says_which_option_chooses_another(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CorpusUnwritable) as caught:
        save(tmp_path / "file" / "one.json", text_of({"events": [STARTED]}, identity()))
    assert "--out DIR" in str(caught.value)


def test_a_corrupt_file_in_the_way_is_another_run_s(tmp_path: Path) -> None:
    plain = file_for(tmp_path, identity())
    plain.parent.mkdir()
    plain.write_text('{"events": [')
    with pytest.raises(HistoryError):
        read_document(plain)
    assert file_for(tmp_path, identity()) != plain
