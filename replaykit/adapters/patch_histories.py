"""What a history says of patches is read off its events; no payload is decoded for it, for Core's markers are plain."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.history import identity_of, parse, status_of
from replaykit.adapters.history_file import read_document
from replaykit.adapters.markers import PATCH_MARKER
from replaykit.adapters.stamps import stamps_of
from replaykit.model.case import Case
from replaykit.model.history import RunStatus
from replaykit.model.patches import Behavior, Mark, PatchRun


def read_patch_run(case: Case) -> PatchRun:
    """Read one history file.

    Raises:
        HistoryError: The file is no usable history.
    """
    path = Path(case.path)
    document = read_document(path, shown=case.shown)
    identity, _ = identity_of(document, path)
    events = parse(document, identity.workflow_id, case.shown).events
    status = status_of(events)
    behavior = stamps_of(events, status).behavior
    return PatchRun(
        workflow_type=identity.workflow_type,
        workflow_id=identity.workflow_id,
        run_id=identity.run_id,
        started=events[0].event_time.ToNanoseconds() / 1e9,
        open=status is RunStatus.OPEN,
        marks=tuple(sorted(marks_of(events), key=lambda mark: mark.id)),
        behavior=Behavior(behavior) if behavior else Behavior.UNVERSIONED,
        begun=bool(behavior),
        source=case.shown,
    )


def marks_of(events: Iterable[HistoryEvent]) -> Iterator[Mark]:
    """Yield the patch markers among events."""
    for event in events:
        said = event.marker_recorded_event_attributes
        if said.marker_name == PATCH_MARKER:
            # Core writes these details itself, after the codec: they are always plain JSON.
            data = json.loads(said.details["patch-data"].payloads[0].data)
            yield Mark(data["id"], bool(data.get("deprecated")))
