"""What the command line's exit codes mean, and which one a replay earns."""

from enum import IntEnum
from typing import TYPE_CHECKING

from replaykit.config import DriftPolicy

if TYPE_CHECKING:
    from replaykit.model.summary import Summary


class ExitCode(IntEnum):
    """0 is only ever returned when something was checked and nothing was found."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTERRUPTED = 130


def of_replay(summary: "Summary", drift: DriftPolicy) -> ExitCode:
    """Choose the exit code: findings count more than what could not be decided."""
    if summary.diverged or (summary.drifted and drift is DriftPolicy.FAIL):
        return ExitCode.FINDINGS
    if summary.inconclusive or not summary.replayed:
        return ExitCode.INCONCLUSIVE
    return ExitCode.CLEAN
