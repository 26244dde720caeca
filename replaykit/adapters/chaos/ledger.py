"""The ledger of effects: one fsynced file outside of the process, read as it grows."""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from replaykit.model.chaos import Effect


class Ledger:
    """Reads a ledger that activities of any process write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch(mode=0o600)
        self._read = 0
        self._rows: dict[str, list[Effect]] = defaultdict(list)
        self._lock = threading.Lock()

    def of(self, workflow_id: str) -> tuple[Effect, ...]:
        """Return the rows of a run and its family, as they were written."""
        with self._lock:
            with self.path.open("rb") as file:
                file.seek(self._read)
                written = file.read()
            # A process that was killed may have left half a line: it is read once it is whole, or never.
            whole = written[: written.rfind(b"\n") + 1]
            self._read += len(whole)
            for line in whole.splitlines():
                effect = _effect(line)
                if effect is not None:
                    self._rows[effect.workflow_id].append(effect)
            return tuple(self._rows.get(workflow_id, ()))


def _effect(line: bytes) -> Effect | None:
    try:
        return effect_from(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None


def effect_from(row: Mapping[str, Any]) -> Effect:
    """Read one row."""
    return Effect(
        name=row["effect"],
        key=row["key"],
        idempotency_key=row["idempotency_key"],
        input=row["input"],
        undo=row["undo"],
        committed=row["row"] == "commit",
        step=row["step"],
        attempt=row["attempt"],
        workflow_id=row["workflow_id"],
        at=row["at"],
    )
