"""A cassette file is whole or an error: never fewer recordings, silently."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.adapters import compact, tapes
from replaykit.adapters.journal import JournalWriter, journals_of, read
from replaykit.errors import CassetteCorrupt, CassetteError, CassetteMissing, CassetteUnwritable, CassetteVersion
from replaykit.model.cassette import Cassette, Content, Failed, Interaction, Layer
from replaykit.rules.tape_form import to_document

HERE = Path("c.yaml")
HEAD = "replaykit-cassette: 1\n"
ONE = "- activity: a\n  recorded: b\n  input: []\n  result: 1\n"


def interaction(number: int, *, second: int = 0) -> Interaction:
    asked = Content.from_bytes({"encoding": b"json/plain"}, b'{"text":"line one\\nline two","n":%d}' % number)
    answer = Content.from_bytes({"encoding": b"json/plain"}, b'"said %d"' % number)
    return Interaction(Layer.ACTIVITY, "answer", (asked,), answer, f"2026-01-05T10:00:{second:02}.000000Z")


SMALL = Cassette(
    (
        interaction(1),
        Interaction(
            Layer.ACTIVITY,
            "refuse",
            (),
            Failed({"message": "no", "applicationFailureInfo": {"type": "Refused"}}),
            "2026",
        ),
        Interaction(Layer.LOCAL_ACTIVITY, "count", None, Content("binary/null"), "2026-02"),
    ),
    ("pattern:uuid",),
)
TEXT = tapes.to_text(SMALL, sidecars={}).encode()


def test_a_cassette_reads_back_as_it_was() -> None:
    assert tapes.parse(TEXT, HERE) == SMALL


def test_a_cassette_cut_at_any_byte_is_an_error_with_the_line_or_whole() -> None:
    for end in range(len(TEXT) - 1):
        with pytest.raises(CassetteCorrupt, match=r"line \d+: "):
            tapes.parse(TEXT[:end], HERE)
    assert tapes.parse(TEXT[:-1], HERE) == SMALL


@given(st.integers(0, len(TEXT) - 1), st.binary(min_size=1, max_size=3))
def test_a_cassette_with_any_byte_changed_holds_as_many_recordings_or_is_an_error(at: int, other: bytes) -> None:
    try:
        found = tapes.parse(TEXT[:at] + other + TEXT[at + 1 :], HERE)
    except CassetteError:
        return
    assert len(found.interactions) == len(SMALL.interactions)


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_a_cassette_without_some_of_its_middle_holds_as_many_recordings_or_is_an_error(one: int, other: int) -> None:
    start, end = sorted((one, other))
    try:
        found = tapes.parse(TEXT[:start] + TEXT[end:], HERE)
    except CassetteError:
        return
    assert len(found.interactions) == len(SMALL.interactions)


@given(st.binary(max_size=200))
def test_whatever_the_file_holds_it_is_an_error_or_a_cassette(raw: bytes) -> None:
    with pytest.raises(CassetteError):
        tapes.parse(raw, HERE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1: the file is empty"),
        ("\n\n", "line 1: the file is empty"),
        ("- 1\n", "line 1: the file is YAML, but no cassette: it holds no mapping"),
        ("name: web\n", "line 1: the file is YAML, but no cassette: it does not say `replaykit-cassette: 1`"),
        ("replaykit-cassette: 1\ninteractions: [\n", "line 3: no YAML: "),
        ("replaykit-cassette: 1\ninteractions: []\ntotal: 1\n", "line 3: it holds 0 interactions and ends with"),
        ("replaykit-cassette: 1\ninteractions: []\n", "line 3: the file is cut short"),
        (
            f"{HEAD}interactions:\n{ONE}- activity: a\ntotal: 2\n",
            "line 7: an interaction's name",
        ),
        ("replaykit-cassette: 1\nvolatile: [a]\ninteractions: []\ntotal: 0\n", "line 2: a declaration is written"),
        ("replaykit-cassette: 1\ninteractions: []\ntotal: 0\nvolatile: a\n", "line 4: `volatile` is no list"),
        ("replaykit-cassette: 1\ninteractions: []\ntotal: 0\nexpires: soon\n", "line 4: `expires`: it is a number"),
        ("replaykit-cassette: 1\ninteractions: &a [*a]\ntotal: 1\n", "an interaction is no mapping"),
        (
            f"{HEAD}interactions:\n{ONE.replace('[]', '[2026-01-05]')}total: 1\n",
            "line 3: a payload is no JSON",
        ),
    ],
)
def test_the_error_names_the_line_and_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(CassetteCorrupt) as error:
        tapes.parse(text.encode(), HERE)
    assert why in error.value.problem.cause


def test_a_cassette_of_a_newer_replaykit_is_refused() -> None:
    with pytest.raises(CassetteVersion, match="line 2: its format has version 2"):
        tapes.parse(TEXT.replace(b"replaykit-cassette: 1", b"replaykit-cassette: 2"), HERE)


def test_large_bytes_go_beside_the_cassette_and_must_be_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    audio = Content.from_bytes({"encoding": b"binary/plain"}, bytes(range(256)) * 100)
    spoken = Cassette((Interaction(Layer.ACTIVITY, "speak", (), audio, "2026"),))
    tapes.save(path, spoken)
    assert tapes.load(path) == spoken
    assert path.stat().st_size < 1000
    [beside] = (tmp_path / "c.files").iterdir()
    beside.write_bytes(b"other")
    with pytest.raises(CassetteCorrupt, match="another content than its name says"):
        tapes.load(path)
    beside.unlink()
    with pytest.raises(CassetteCorrupt, match="No such file"):
        tapes.load(path)
    tapes.save(path, SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["c.yaml"]


def test_a_file_beside_the_cassette_is_found_by_digest_only(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    text = TEXT.decode().replace("result: said 1", 'result: {$content: {encoding: "", file: ../secret}}')
    with pytest.raises(CassetteCorrupt, match="the digest of its content"):
        tapes.parse(text.encode(), tmp_path / "c.yaml")


def written(path: Path, *interactions: Interaction, replaces: str | None = None) -> JournalWriter:
    writer = JournalWriter(path, rules=(), replaces=replaces)
    for order, one in enumerate(interactions):
        writer.append(to_document(one), order=order)
    return writer


@pytest.fixture
def journal(tmp_path: Path) -> bytes:
    written(tmp_path / "c.yaml", interaction(1), interaction(2)).close()
    [path] = journals_of(tmp_path / "c.yaml")
    return path.read_bytes()


def test_a_journal_cut_at_any_byte_keeps_every_whole_line_or_is_an_error(tmp_path: Path, journal: bytes) -> None:
    path = tmp_path / "cut.journal"
    for end in range(len(journal)):
        path.write_bytes(journal[:end])
        # The last line is whole without the line break behind it, too.
        lines = journal[: end + 1].count(b"\n")
        if lines == 0 or (lines == 1 and b"\n" not in journal[:end]):
            with pytest.raises(CassetteCorrupt):
                read(path)
        else:
            assert len(read(path).interactions) == lines - 1


def test_a_journal_with_any_byte_of_a_finished_line_changed_is_an_error(tmp_path: Path, journal: bytes) -> None:
    path = tmp_path / "changed.journal"
    first, second = journal.index(b"\n") + 1, journal.index(b"\n", journal.index(b"\n") + 1)
    for at in range(first, second):
        path.write_bytes(journal[:at] + bytes([journal[at] ^ 1]) + journal[at + 1 :])
        with pytest.raises(CassetteCorrupt, match="line 2"):
            read(path)


def test_a_journal_of_a_newer_replaykit_is_refused(tmp_path: Path, journal: bytes) -> None:
    path = tmp_path / "newer.journal"
    path.write_bytes(journal.replace(b"replaykit-journal 1", b"replaykit-journal 2", 1))
    with pytest.raises(CassetteVersion):
        read(path)


def test_journals_are_merged_in_the_order_of_asking(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    tapes.save(path, Cassette((interaction(2, second=2),)))
    for writer in (
        written(path, interaction(4, second=4), interaction(1, second=1)),
        written(path, interaction(3, second=3), interaction(3, second=3)),
    ):
        writer.close()
    assert compact.compact(path)
    held = [one.input[0].json for one in compact.load(path).interactions if one.input]
    assert [one["n"] for one in held if isinstance(one, dict)] == [1, 2, 3, 3, 4]
    assert [file.name for file in tmp_path.iterdir()] == ["c.yaml"]


def test_a_journal_that_is_written_now_is_read_but_not_merged(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    writer = written(path, interaction(1))
    assert not compact.compact(path)
    assert len(compact.load(path).interactions) == 1
    writer.append(to_document(interaction(2)), order=2)
    writer.close()
    assert compact.compact(path)
    assert len(tapes.load(path).interactions) == 2


def test_a_journal_that_a_kill_left_after_its_merge_is_not_merged_again(tmp_path: Path) -> None:
    path = tmp_path / "c[1].yaml"
    first = written(path, interaction(1))
    first.close()
    whole = first.path.read_bytes()
    compact.compact(path)
    # What a kill leaves between the last two steps of a merge.
    left = tmp_path / f"{first.path.name.removesuffix('.journal')}.merged-{compact.digest_of(path)}.journal"
    left.write_bytes(whole)
    assert len(compact.load(path).interactions) == 1
    for number in (2, 3):
        written(path, interaction(number)).close()
        compact.compact(path)
    assert tapes.load(path) == Cassette((interaction(1), interaction(2), interaction(3)))
    assert [file.name for file in tmp_path.iterdir()] == ["c[1].yaml"]


def test_what_replaces_a_cassette_replaces_no_other(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    tapes.save(path, Cassette((interaction(1),)))
    digest = compact.digest_of(path)
    first, second = (written(path, interaction(n), replaces=digest) for n in (2, 3))
    first.close()
    compact.compact(path)
    second.close()
    compact.compact(path)
    assert {json.dumps(one.input[0].json) for one in tapes.load(path).interactions if one.input} == {
        json.dumps({"text": "line one\nline two", "n": n}) for n in (2, 3)
    }


def test_a_damaged_journal_keeps_everything_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    tapes.save(path, SMALL)
    written(path, interaction(1), interaction(2)).close()
    [journal] = journals_of(path)
    journal.write_bytes(journal.read_bytes().replace(b"said 1", b"said 7"))
    with pytest.raises(CassetteCorrupt, match="line 2"):
        compact.compact(path)
    with pytest.raises(CassetteCorrupt, match="line 2"):
        compact.load(path)
    assert tapes.load(path) == SMALL
    assert journals_of(path) == [journal]


def test_neither_cassette_nor_journal_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "c.yaml", tmp_path / "nowhere" / "c.yaml"):
        with pytest.raises(CassetteMissing):
            compact.load(path)


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CassetteUnwritable):
        JournalWriter(tmp_path / "file" / "c.yaml", rules=(), replaces=None)
    with pytest.raises(CassetteUnwritable):
        tapes.save(tmp_path / "file" / "c.yaml", SMALL)
