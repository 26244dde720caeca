"""Runs under an older SDK: records the scenarios and writes each history into a directory."""

import asyncio
import sys
from pathlib import Path

from temporalio.client import Client

from tests.scenarios import record_all


async def record(address: str, directory: Path) -> None:
    """Record every scenario on the server at `address`."""
    client = await Client.connect(address, identity="replaykit-tests")
    for name, text in (await record_all(client)).items():
        (directory / f"{name}.json").write_text(text, "utf-8")
    # The client's native threads outlive its last call by a moment (see tests/conftest.py).
    await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1], Path(sys.argv[2])))
