"""A repository of git with versions of a workflow, and the command run in it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.project import ROOT

FILE = "flow.py"
LONGEST = 90
_IDENTITY = ("-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")


def commit(repository: Path, text: str, *, file: str = FILE) -> None:
    """Commit a version of a file, in a repository that is made where there is none."""
    (repository / file).parent.mkdir(parents=True, exist_ok=True)
    (repository / file).write_text(text, "utf-8")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*_IDENTITY, "commit", "-qm", "digest")):
        subprocess.run(["git", *words], cwd=repository, check=True)


@dataclass(frozen=True, slots=True)
class Said:
    """What the command said, and how it ended."""

    code: int
    stdout: str
    stderr: str


def patches(directory: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Said:
    """Run `replaykit patches ARGUMENTS...` in a directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "GIT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "replaykit", "patches", *arguments],
        cwd=directory,
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
