"""What a team writes without replaykit: one SDK Replayer over a folder of histories, in one process."""

import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer


async def histories(directory: Path) -> AsyncIterator[WorkflowHistory]:
    """Read the histories one by one; a file is named by its workflow id."""
    for path in sorted(directory.glob("*.json")):
        yield WorkflowHistory.from_json(unquote(path.stem), path.read_text("utf-8"))


async def main(directory: str, *names: str) -> None:
    """Replay a folder against workflows given as module:Class, and print how many were replayed and how many failed."""
    sys.path.insert(0, "")
    workflows = []
    for name in names:
        module, _, attribute = name.partition(":")
        workflows.append(getattr(importlib.import_module(module), attribute))
    replayer = Replayer(workflows=workflows)
    results = await replayer.replay_workflows(histories(Path(directory)), raise_on_replay_failure=False)
    sys.stdout.write(f"{len(list(Path(directory).glob('*.json')))} {len(results.replay_failures)}\n")
    sys.stdout.flush()
    # Python's finalization races the SDK's native threads (temporalio 1.35): it can hang a process that is done.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
