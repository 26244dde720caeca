"""The export job: runs of a Temporal server become history files."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from replaykit.adapters.connect import connect
from replaykit.adapters.corpus import file_for, save, text_of
from replaykit.adapters.fetch import fetch
from replaykit.errors import Problem, ReplaykitError
from replaykit.model.history import Identity


@dataclass(frozen=True, slots=True)
class Exported:
    """A run's history is in its file."""

    path: Path
    identity: Identity
    events: int


@dataclass(frozen=True, slots=True)
class NotExported:
    """A run could not be exported; the others go on."""

    workflow_id: str
    problem: Problem


Event: TypeAlias = Exported | NotExported


async def export(
    workflow_ids: Sequence[str], *, run_id: str | None, out: Path, connection: Mapping[str, str]
) -> AsyncIterator[Event]:
    """Export the latest run of each workflow id, or the run `run_id`.

    Yields:
        `Exported` or `NotExported` for each workflow id, in order.

    Raises:
        ServerError: The server cannot be reached at all.
        ConfigInvalid: The client configuration cannot be used.
    """
    server = await connect(connection)
    for workflow_id in workflow_ids:
        try:
            fetched = await fetch(server, workflow_id, run_id=run_id)
            path = file_for(out, fetched.identity)
            save(path, text_of(json.loads(fetched.history.to_json()), fetched.identity))
        except ReplaykitError as error:
            yield NotExported(workflow_id, error.problem)
        else:
            yield Exported(path, fetched.identity, len(fetched.history.events))
