"""Who watches an export sees how far it is; a log sees nothing of that."""

import re
from pathlib import Path

import pytest

from tests.exporting import Exporter
from tests.recording import Server
from tests.watching import watched

# Each starts processes or a server of its own, and takes seconds.
pytestmark = pytest.mark.long

RUNS = ("order-1", "order-1-parcel", "tally", "approval-waiting")
BAR = re.compile(r"\r\x1b\[Kexport █+·* (\d)/4  \d+/s, \d+ s left")
PACE = ("--rps", "20")


@pytest.fixture(scope="module")
def export(server: Server) -> Exporter:
    return Exporter(server)


@pytest.mark.usefixtures("recorded")
def test_a_bar_shows_rate_and_time_left_on_a_terminal_and_only_there(export: Exporter, tmp_path: Path) -> None:
    seen = watched("export", *RUNS, *PACE, cwd=tmp_path, env=export.environment)
    assert seen.code == 0, seen.seen
    drawn = BAR.findall(seen.seen)
    assert len(drawn) > 1
    assert drawn == sorted(drawn)
    assert drawn[-1] == "4"
    assert f"export {'█' * 24} 4/4" in seen.seen
    # Nothing of it stays on the screen, or gets among the lines of the result.
    assert seen.seen.endswith("\r\x1b[K")
    assert b"\x1b" not in seen.stdout
    assert b"4 histories exported" in seen.stdout


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["exported", "shown"])
def test_a_survey_shows_how_many_runs_and_last_events_were_looked_at(
    export: Exporter, tmp_path: Path, more: tuple[str, ...]
) -> None:
    seen = watched(
        "export",
        "--stratify",
        "--query",
        "WorkflowId IN ('order-1', 'tally')",
        *more,
        cwd=tmp_path,
        env=export.environment,
    )
    assert seen.code == 0, seen.seen
    assert re.search(r"\r\x1b\[Klook at runs 0  0/s\r", seen.seen)
    begun = re.search(r"\r\x1b\[Klook at last events ·{24} 0/(\d)  0/s\r", seen.seen)
    assert begun, seen.seen
    assert f"look at last events {'█' * 24} {begun[1]}/{begun[1]}" in seen.seen
    assert seen.seen.endswith("\r\x1b[K")
    assert b"\x1b" not in seen.stdout


@pytest.mark.usefixtures("recorded")
def test_files_are_counted_where_nobody_knows_how_many_there_will_be(export: Exporter, tmp_path: Path) -> None:
    first = export(*RUNS, *PACE)
    assert first.code == 0
    assert not first.stderr
    for path, text in first.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    seen = watched("export", "--from", "fixtures", "--out", "copy", cwd=tmp_path, env=export.environment)
    assert seen.code == 0, seen.seen
    assert re.search(r"\r\x1b\[Kexport \d  \d+/s\r", seen.seen)


@pytest.mark.usefixtures("recorded")
def test_an_update_shows_that_the_corpus_is_replayed_first(export: Exporter, tmp_path: Path) -> None:
    for path, text in export("tally").files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    seen = watched("export", "tally", "order-1", "--update", cwd=tmp_path, env=export.environment)
    assert seen.code == 0, seen.seen
    assert f"replay the corpus {'█' * 24} 1/1" in seen.seen
    assert re.search(r"export █+·* 2/2", seen.seen)
    assert b"1 history exported" in seen.stdout
