"""The embedded server: a start that fails is tried again, and what made it fail is said."""

import asyncio
from pathlib import Path

import pytest

from replaykit.adapters.server import dev_server, temporal_command
from replaykit.errors import DemoError

CRASH = "panic: unable to listen: address already in use\n\ngoroutine 1 [running]:\n" + "\tstack of Go\n" * 100


def on_path(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    command = directory / "temporal"
    command.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    command.chmod(0o755)
    (directory / "crash").write_text(CRASH, "utf-8")
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


async def namespace_of_server(directory: Path) -> str:
    async with dev_server(directory, in_memory=True) as client:
        return client.namespace


def test_server_that_loses_a_port_as_it_starts_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = temporal_command()
    on_path(
        tmp_path,
        monkeypatch,
        f"echo start >> {tmp_path}/starts; [ $(wc -l < {tmp_path}/starts) = 1 ] && {{ cat {tmp_path}/crash; exit 2; }}"
        f'\nexec {real} "$@"',
    )

    assert asyncio.run(namespace_of_server(tmp_path)) == "default"

    assert (tmp_path / "starts").read_text("utf-8").count("start") == 2


def test_server_leaves_cores_to_whoever_works_with_it_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = temporal_command()
    on_path(tmp_path, monkeypatch, f'echo "$GOGC $GOMAXPROCS" >> {tmp_path}/told\nexec {real} "$@"')
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.delenv("GOGC", raising=False)
    monkeypatch.delenv("GOMAXPROCS", raising=False)
    asyncio.run(namespace_of_server(tmp_path))
    monkeypatch.setenv("GOMAXPROCS", "3")
    asyncio.run(namespace_of_server(tmp_path))

    assert (tmp_path / "told").read_text("utf-8").splitlines() == ["400 4", "400 3"]


def test_server_that_never_starts_says_the_reason_of_its_crash_and_no_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(tmp_path, monkeypatch, f"cat {tmp_path}/crash >&2; exit 2")

    with pytest.raises(DemoError) as raised:
        asyncio.run(namespace_of_server(tmp_path))

    assert "panic: unable to listen: address already in use" in str(raised.value)
    assert "stack of Go" not in str(raised.value)
