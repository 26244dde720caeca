"""The benchmark runs and prints what it promises; how fast anything is, no test asserts."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
TINY = ("--histories", "2", "--rounds", "1", "--pairs", "1", "--processes", "1")


@pytest.fixture(scope="module")
def table() -> list[str]:
    command = [sys.executable, "-m", "tests.benchmarks.replay", *TINY]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def row(table: list[str], start: str) -> list[str]:
    [line] = [line for line in table if line.startswith(start)]
    return line.removeprefix(start).partition("goal")[0].split()


def test_the_table_names_the_machine_and_the_corpus(table: list[str]) -> None:
    assert "cores" in table[0]
    assert "Python 3." in table[0]
    assert "temporalio 1." in table[0]
    assert table[1].startswith("2 histories copied from ")


def test_both_sides_replay_the_corpus_and_find_it_clean(table: list[str]) -> None:
    assert len(row(table, "round 1, histories a second")) == 3
    plain, ours, ratio = map(float, row(table, "median, histories a second"))
    assert plain > 0
    assert ours > 0
    assert ratio > 0
    assert row(table, "histories not clean") == ["0", "0"]


def test_an_idle_plugin_loads_no_temporalio(table: list[str]) -> None:
    assert row(table, "loads temporalio") == ["no"]
    assert len(row(table, "added, median of 1 pairs")) == 1
    assert len(row(table, "added CPU, median")) == 1
    assert len(row(table, "import and hooks, inside")) == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_peak_memory_is_shown_at_both_sizes(table: list[str]) -> None:
    peaks = table[table.index(next(line for line in table if line.startswith("Peak memory"))) :]
    for size in ("2 histories", "10 histories"):
        assert all(float(mib) > 0 for mib in row(peaks, size))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_minimising_is_timed_and_its_memory_measured_at_both_sizes() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.minimize", "--histories", "10", "--processes", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr

    for size, kept in (("1 histories", 1), ("10 histories", 10)):
        seconds, rate, found, parent, process = map(float, row(ended.stdout.splitlines(), size))
        assert min(seconds, rate, parent, process) > 0
        assert 0 < found <= kept


def test_the_benchmark_of_export_sets_all_sides_beside_each_other() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.export", "--runs", "10", "--cli", "2", "--rounds", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    table = ended.stdout.splitlines()
    assert table[1] == "10 finished runs of 60 events, one in 10 with an e-mail address"
    assert row(table, "temporal workflow show --output json, 2 at a time")[0] == "2"
    for side in ("no workflows configured", "replayed where it matters"):
        runs, seconds, rate, ratio = map(float, row(table, f"replaykit export, redacted, {side}"))
        assert runs == 10
        assert min(seconds, rate, ratio) > 0
    assert len(row(table, "redaction's share of the time, median of 1 pairs")) == 1
    assert len(row(table, "10 runs")) == 2


def test_the_benchmark_of_cassettes_sets_all_sides_beside_each_other() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.cassettes", "--sizes", "4"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    speed, order, sizes = ended.stdout.split("\n\n")[1:]
    ours = row(speed.splitlines(), "replaykit")
    theirs = row(speed.splitlines(), "vcrpy yaml, body")
    assert len(ours) == len(theirs) == 7
    assert row(order.splitlines(), "replaykit") == ["0", "0"]
    assert int(row(sizes.splitlines(), "replaykit")[0].replace(",", "")) > 0


@pytest.mark.deep
def test_the_benchmark_of_shadows_sets_one_worker_beside_two() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.shadow", "--runs", "10", "--rounds", "1", "--shard", "2"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert ended.returncode == 0, ended.stderr
    table = ended.stdout.splitlines()
    one, two, ratio = map(float, row(table, "median, histories a second"))
    assert min(one, two, ratio) > 0
    assert row(table, "histories not judged clean") == ["0", "0"]
