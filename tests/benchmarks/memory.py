"""Peak memory of the command and of its replay processes, read from /proc while they run."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.speed import REPORTED, ROOT

PROC = Path("/proc")
EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Peak:
    """Peak resident memory in MiB: of the command, and of each replay process, largest first."""

    parent: float
    processes: tuple[float, ...]


def measure(command: Sequence[str], *, output: Path | None = None, cwd: Path = ROOT) -> Peak | None:
    """Run a command and watch it, its stdout going to `output`; None, and not run, where the system has no /proc."""
    if not (PROC / "self" / "status").exists():
        return None
    peaks: dict[int, float] = {}
    with (output or Path(os.devnull)).open("wb") as stdout:
        running = subprocess.Popen(command, cwd=cwd, stdout=stdout, stderr=subprocess.PIPE)
        while running.poll() is None:
            for pid in (running.pid, *_children(running.pid)):
                peaks[pid] = max(peaks.get(pid, 0.0), _peak_of(pid))
            time.sleep(EVERY)
    if running.returncode not in REPORTED:
        words = running.stderr.read().decode("utf-8", "replace") if running.stderr else ""
        message = f"the command exited with {running.returncode}\n{words}"
        raise SystemExit(message)
    parent = peaks.pop(running.pid, 0.0)
    return Peak(parent, tuple(sorted(peaks.values(), reverse=True)))


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    return []


def _peak_of(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in (PROC / f"{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.stdout.write(f"{measure(sys.argv[1:])}\n")
