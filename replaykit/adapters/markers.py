"""Markers, which Core writes for patches and local activities, become steps of the recorded trace."""

import json
from dataclasses import replace

from temporalio.api.history.v1 import HistoryEvent

from replaykit.adapters.failures import text_of, types_of
from replaykit.adapters.reading import Reading
from replaykit.model.step import Answer, StepKind
from replaykit.model.value import Json

# Marker names and their detail keys are Core's: sdk-core, protos, `history` helpers (patch and local activity).
PATCH_MARKER = "core_patch"
LOCAL_ACTIVITY_MARKER = "core_local_activity"


def marker(reading: Reading, event: HistoryEvent) -> None:
    """Read a patch or a local activity; a marker of neither kind is not this SDK's."""
    said = event.marker_recorded_event_attributes
    completed = said.workflow_task_completed_event_id
    if said.marker_name == PATCH_MARKER:
        # Core writes these details itself, after the codec: they are always plain JSON.
        data = json.loads(said.details["patch-data"].payloads[0].data)
        step = reading.step(StepKind.PATCH, data["id"], completed)
        deprecated = (("deprecated", Json(bool(data.get("deprecated")))),)
        reading.add(event, replace(step, options=deprecated))
    elif said.marker_name == LOCAL_ACTIVITY_MARKER:
        data = json.loads(said.details["data"].payloads[0].data)
        step = reading.step(
            StepKind.LOCAL_ACTIVITY,
            data["activity_type"],
            completed,
            id=data["activity_id"],
        )
        answer = Answer(
            values=reading.values(said.details["result"].payloads) if "result" in said.details else (),
            failure=text_of(said.failure) if said.HasField("failure") else None,
            types=types_of(said.failure) if said.HasField("failure") else (),
            attempts=data.get("attempt", 1),
            event_id=event.event_id,
        )
        seq = Json(int(data["seq"]))
        reading.add(event, replace(step, answer=answer, input_known=False, options=(("seq", seq),)))
