"""A recording that is killed loses the interaction in flight and no other, wherever the kill strikes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from replaykit.adapters import compact
from tests.cassettes.recorder import EACH
from tests.cassettes.web import web

# Most kills strike within the first merges; what a process has said, not a clock, says how far it is.
MOST_SAID = 4 * EACH
# Somewhere between what was said last and what comes next.
STRETCH = 0.01


def kill_while_recording(path: Path, name: str, chance: random.Random, *, url: str | None) -> list[str]:
    """Record, kill by chance, and return what had been said to be on disk: activities, or requests to a site."""
    module = "recorder" if url is None else "http_recorder"
    command = [sys.executable, "-m", f"tests.cassettes.{module}", str(path), name, *([url] if url else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = b"".join(process.stdout.readline() for _ in range(chance.randint(1, MOST_SAID)))
        time.sleep(chance.uniform(0, STRETCH))
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read()
    return (first + rest).decode().split()


def texts_in(path: Path) -> list[str]:
    asked = [i.input[0].json for i in compact.load(path).interactions if i.input]
    return [str(body["q"] if isinstance(body, dict) else body) for body in asked]


def kill_often(path: Path, kills: int, *, url: str | None = None) -> None:
    chance = random.Random(kills)  # noqa: S311 - chance, not a secret
    known: list[str] = []
    for number in range(kills):
        said = kill_while_recording(path, f"p{number}", chance, url=url)
        held = texts_in(path)
        assert len(held) == len(set(held)), "an interaction came twice"
        assert set(known) <= set(held), "what was known before was lost"
        own = [text for text in held if text.startswith(f"p{number}-")]
        assert set(said) <= set(own)
        assert len(own) - len(said) <= 1, "more than the one in flight"
        known = held
    compact.compact(path)
    assert sorted(texts_in(path)) == sorted(known)
    assert [file.name for file in path.parent.iterdir() if ".new" not in file.name and ".tmp" not in file.name] == [
        path.name
    ]
    assert len(known) > kills * EACH / 5


def test_ten_kills_lose_at_most_the_one_in_flight(tmp_path: Path) -> None:
    kill_often(tmp_path / "c.yaml", 10)


@pytest.mark.long
def test_kills_lose_at_most_the_request_in_flight(tmp_path: Path) -> None:
    with web() as site:
        kill_often(tmp_path / "c.yaml", 4, url=site.url)


@pytest.mark.deep
def test_two_hundred_kills_lose_at_most_the_request_in_flight(tmp_path: Path) -> None:
    with web() as site:
        for part in range(10):
            directory = tmp_path / str(part)
            directory.mkdir()
            kill_often(directory / "c.yaml", 20, url=site.url)


@pytest.mark.deep
def test_two_hundred_kills_lose_at_most_the_one_in_flight(tmp_path: Path) -> None:
    for part in range(10):
        directory = tmp_path / str(part)
        directory.mkdir()
        kill_often(directory / "c.yaml", 20)


def test_four_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    commands = [[sys.executable, "-m", "tests.cassettes.recorder", str(path), f"w{number}"] for number in range(4)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    said = [process.stdout.readline().decode().strip() for process in processes if process.stdout]
    time.sleep(0.5)
    for process in processes:
        process.kill()
    for process in processes:
        output, _ = process.communicate()
        said += output.decode().split()
    held = texts_in(path)
    assert len(held) == len(set(held))
    assert set(said) <= set(held)
    assert len(held) - len(said) <= 4
    assert len({text.partition("-")[0] for text in held}) == 4
