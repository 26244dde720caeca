"""From recorded runs to a folder of history files, by way of `replaykit export`."""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .stage import Run


class ExportError(Exception):
    """`replaykit export` did not export every run."""


async def export(runs: Sequence[Run], out: Path, *, address: str) -> None:
    """Export the latest run of each workflow id first, then the runs asked for by their run id."""
    to = ("--out", str(out), "--address", address)
    # In the order of first appearance: sets of strings have another order each time.
    for codec in dict.fromkeys(run.codec for run in runs):
        decode = ("--codec", codec) if codec else ()
        alike = [run for run in runs if run.codec == codec]
        latest = [run.workflow_id for run in alike if run.run_id is None]
        if latest:
            await _replaykit_export(*latest, *to, *decode)
        for run in alike:
            if run.run_id is not None:
                await _replaykit_export(run.workflow_id, "--run-id", run.run_id, *to, *decode)


def replace_corpus(fresh: Path, out: Path) -> int:
    """Put the freshly recorded workflow types into the corpus; returns how many histories they hold.

    Folders of other workflow types in the corpus stay as they are.
    """
    out.mkdir(parents=True, exist_ok=True)
    for folder in sorted(fresh.iterdir()):
        shutil.rmtree(out / folder.name, ignore_errors=True)
        shutil.move(folder, out / folder.name)
    return len(list(out.rglob("*.json")))


async def _replaykit_export(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "replaykit", "export", *arguments, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        message = f"replaykit export {' '.join(arguments)}"
        raise ExportError(message)
