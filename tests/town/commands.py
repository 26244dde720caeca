"""`replaykit` as users run it, in a project of the examples, against a server full of runs."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.exporting import KEY
from tests.leaks import opened, traces_of
from tests.secrets import Secret

ROOT = Path(__file__).parents[2]
CODEC = "examples.encrypted.codec:EncryptionCodec"
EVERY_RUN = "StartTime > '2000-01-01T00:00:00Z'"
LONGEST = 600.0
FAST = "100000"


@dataclass(frozen=True, slots=True)
class Namespace:
    """Where the runs are, and the project whose settings name their workflows."""

    address: str
    name: str
    project: Path

    def export(self, out: Path, *options: str) -> Any:  # noqa: ANN401 - JSON
        """Export from it; returns the report."""
        server = ("--address", self.address, "--namespace", self.name, "--rps", FAST)
        return self.replaykit("export", "--out", str(out), "--codec", CODEC, *server, *options)

    def replaykit(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        """Run a command to its end, which must be a good one; returns its report."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "REPLAYKIT_"))}
        ended = subprocess.run(
            [sys.executable, "-m", "replaykit", *arguments, "--format", "json"],
            cwd=self.project,
            env={**kept, **KEY, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        assert ended.returncode == 0, (_troubles(ended.stdout), ended.stderr)
        return json.loads(ended.stdout)


def _troubles(report: str) -> list[Any]:
    """Of thousands of entries only those tell anything that went wrong."""
    histories = json.loads(report)["histories"] if report else None
    return [entry for entry in histories if entry.get("problem")] if isinstance(histories, list) else []


def size_of(corpus: Path) -> int:
    """Add up the bytes of all files, whatever they are."""
    return sum(path.stat().st_size for path in corpus.rglob("*") if path.is_file())


def leaked(corpus: Path, secrets: Sequence[Secret]) -> list[Secret]:
    """Find secrets in a corpus: in the bytes of files, behind base64 and escapes in them, in their names."""
    parts: list[bytes] = []
    for path in corpus.rglob("*"):
        parts.append(unquote(str(path.relative_to(corpus))).encode())
        if path.is_file():
            parts.append(path.read_bytes())
        if path.suffix == ".json":
            parts.append(opened(json.loads(parts[-1])))
    written = b"\0".join(parts)
    return [
        secret for secret in secrets if any(trace in written for part in _parts(secret) for trace in traces_of(part))
    ]


def _parts(secret: Secret) -> list[str]:
    """The secret, and where it has lines each of them: they may be joined in another way."""
    return [secret.hidden, *(line for line in secret.hidden.split("\n") if len(line) > 20)]
