"""A command as a person watches it: its stderr is a terminal, its stdout is not."""

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# No command that tests watch takes this long.
LONGEST = 120.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command gave, and what was seen on the terminal meanwhile."""

    code: int
    stdout: bytes
    seen: str


def watched(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> Watched:
    """Run `replaykit ARGS...`, with more of an environment, in front of a terminal."""
    ours, theirs = pty.openpty()
    seen: list[bytes] = []

    def read() -> None:
        try:
            while chunk := os.read(ours, 4096):
                seen.append(chunk)
        except OSError:
            return

    reader = threading.Thread(target=read)
    reader.start()
    process = subprocess.run(
        [sys.executable, "-m", "replaykit", *args],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=LONGEST,
        check=False,
    )
    os.close(theirs)
    reader.join(LONGEST)
    os.close(ours)
    return Watched(process.returncode, process.stdout, b"".join(seen).decode())
