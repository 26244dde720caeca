"""Which open runs a change of a patch strikes."""

from collections.abc import Sequence
from dataclasses import dataclass

from replaykit.model.patches import Change, PatchRun, Reason, Stage
from replaykit.rules.patch_changes import PatchChange


@dataclass(frozen=True, slots=True)
class Danger:
    """Runs with a live, a deprecated or no marker of the patch: which of them a change strikes."""

    patch: str
    live: bool = False
    deprecated: bool = False
    without: bool = False

    @property
    def is_none(self) -> bool:
        """Whether no run can be struck."""
        return not (self.live or self.deprecated or self.without)

    @property
    def is_of_unmarked(self) -> bool:
        """Whether runs without the marker are struck, so that one must know all runs of the type."""
        return self.without

    def strikes(self, run: PatchRun) -> bool | None:
        """Tell whether a run is struck; None where its history would have to be read."""
        mark = run.mark(self.patch)
        if mark is None:
            # Before its first workflow task a run has passed no place in the code.
            return self.without and run.begun
        if mark.deprecated is None:
            return self.live if self.live is self.deprecated else None
        return self.deprecated if mark.deprecated else self.live

    def reason_for(self, struck: Sequence[PatchRun]) -> Reason:
        """Say what the runs that are struck have in common."""
        if any(run.mark(self.patch) is None for run in struck):
            return Reason.UNMARKED_OPEN
        return Reason.MARKED_OPEN if self.deprecated else Reason.LIVE_OPEN


def danger_of(kind: Change, change: PatchChange) -> Danger:
    """Choose the runs that a change strikes."""
    patch = change.id
    match kind:
        case Change.REUSED:
            return Danger(patch, live=True, deprecated=True, without=change.stage is Stage.DEPRECATED)
        case Change.RENAMED:
            # A deprecated marker is skipped under code that deprecates another; asked for another, it takes the old
            # branch (measured: tests/patches/test_core.py).
            return Danger(patch, live=True, deprecated=change.stage_before is Stage.PATCHED)
        case Change.UNCALLED:
            return Danger(patch, live=True)
        case Change.REMOVED:
            # From `patched` straight away: what is left is one branch, for runs of both.
            return Danger(patch, live=True, without=change.stage_before is Stage.PATCHED)
        case Change.DEPRECATED | Change.INTRODUCED | Change.KEPT:
            return Danger(patch, without=change.stage is Stage.DEPRECATED)
        case _:
            return Danger(patch)
