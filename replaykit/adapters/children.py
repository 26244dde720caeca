"""What a process that was started for a pool can be asked, whichever way it was started."""

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from replaykit.adapters.messages import Setup


class Child(Protocol):
    """A process with pipes, as `asyncio.subprocess.Process` is one."""

    @property
    def stdin(self) -> asyncio.StreamWriter | None:
        """What it reads."""

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """What it answers."""

    @property
    def stderr(self) -> asyncio.StreamReader | None:
        """What it says besides."""

    def kill(self) -> None:
        """End it at once."""

    async def wait(self) -> int:
        """Wait for its end; return its exit code, or the signal that ended it, negative."""


def environment_of(seed: str, *, quiet: bool) -> dict[str, str]:
    """Return the environment of a replay process; `quiet` ones leave no bytecode behind.

    What was imported from stale bytecode would be another code than the files say.
    """
    return {**os.environ, **({"PYTHONDONTWRITEBYTECODE": "1"} if quiet else {}), "PYTHONHASHSEED": seed}


async def spawned(setup: "Setup", seed: str, *, start: str) -> Child:
    """Start a process of its own that runs the code `start`."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        start,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=setup.config.root,
        env=environment_of(seed, quiet=setup.watch),
    )
