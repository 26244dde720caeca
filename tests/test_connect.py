"""How a server is asked: what stands in the bytes between client and server, seen by a relay on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from replaykit.adapters import connect as connecting
from replaykit.adapters.connect import connect
from replaykit.adapters.variables import ADDRESS
from tests.recording import Server

# A message that gzip packed begins so.
GZIP = b"\x1f\x8b\x08"


@contextlib.asynccontextmanager
async def relay(target: str) -> AsyncIterator[tuple[str, bytearray]]:
    """Carry bytes to a server and back, and keep what came back."""
    heard = bytearray()
    tasks: list[asyncio.Task[None]] = []

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, keep: bytearray | None) -> None:
        try:
            while data := await source.read(65536):
                if keep is not None:
                    keep.extend(data)
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.transport.abort()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        back, there = await asyncio.open_connection(host, int(port))
        tasks.append(asyncio.ensure_future(carry(back, writer, heard)))
        tasks.append(asyncio.ensure_future(carry(reader, there, None)))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as serving:
        yield f"127.0.0.1:{serving.sockets[0].getsockname()[1]}", heard
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What is left of the connections ends with this test, not with another.
        await asyncio.sleep(0)


@pytest.mark.parametrize("is_here", [True, False])
def test_a_server_on_this_machine_is_asked_to_pack_nothing_and_any_other_is_left_to_the_sdk(
    *, is_here: bool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_here:
        monkeypatch.setattr(connecting, "is_this_machine", lambda _host: False)

    async def work(_client: Client) -> bytes:
        async with relay(server.address) as (address, heard):
            connection = await connect({ADDRESS: address})
            await connection.client.count_workflows("")
            return bytes(heard)

    heard = server.run(work)
    assert heard
    assert (GZIP in heard) is not is_here
