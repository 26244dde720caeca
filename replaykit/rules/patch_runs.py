"""A run of the corpus becomes a run as the life of patches sees it."""

from replaykit.model.history import Identity, RunStatus
from replaykit.model.patches import Behavior, Mark, PatchRun
from replaykit.model.shape import RunShape


def patch_run(identity: Identity, shape: RunShape, *, source: str = "") -> PatchRun:
    """Read what a history says of patches out of its shape; `source` is its file."""
    behavior = shape.stamps.behavior
    return PatchRun(
        workflow_type=shape.workflow_type,
        workflow_id=identity.workflow_id,
        run_id=identity.run_id,
        started=shape.started,
        open=shape.status is RunStatus.OPEN,
        marks=tuple(Mark(patch, deprecated) for patch, deprecated in shape.patches),
        behavior=Behavior(behavior) if behavior else Behavior.UNVERSIONED,
        begun=bool(behavior),
        source=source,
    )
