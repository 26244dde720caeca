"""What the command line's exit codes mean, and which one a replay earns."""

from collections.abc import Iterable
from enum import IntEnum

from replaykit.config import DriftPolicy
from replaykit.model.gate import GateReport, Standing
from replaykit.model.patches import PatchVerdict, Safety
from replaykit.model.summary import Summary


class ExitCode(IntEnum):
    """0 is only ever returned when something was checked and nothing was found."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTERRUPTED = 130


def of_gate(report: GateReport, drift: DriftPolicy) -> ExitCode:
    """Choose the exit code of a gate: what was not verified is never a pass."""
    drifted = bool(report.of(Standing.DRIFTED)) and drift is DriftPolicy.FAIL
    patches = of_patches(report.patches, whole=True)
    found = report.of(Standing.BLOCKED) or drifted or patches is ExitCode.FINDINGS
    if found or not all(demand.met for demand in report.demands):
        return ExitCode.FINDINGS
    judged = report.of(Standing.PASSED) or report.of(Standing.DRIFTED)
    if report.of(Standing.INTRINSIC) or report.of(Standing.UNVERIFIED) or report.problems or not judged:
        return ExitCode.INCONCLUSIVE
    return patches


def of_replay(summary: Summary, drift: DriftPolicy) -> ExitCode:
    """Choose the exit code: findings count more than what could not be decided."""
    if summary.diverged or (summary.drifted and drift is DriftPolicy.FAIL):
        return ExitCode.FINDINGS
    if summary.inconclusive or not summary.replayed:
        return ExitCode.INCONCLUSIVE
    return ExitCode.CLEAN


def of_patches(verdicts: Iterable[PatchVerdict], *, whole: bool) -> ExitCode:
    """Choose the exit code; `whole` says that all that was there could be read."""
    found = {verdict.safety for verdict in verdicts}
    if Safety.UNSAFE in found:
        return ExitCode.FINDINGS
    return ExitCode.CLEAN if whole and Safety.UNVERIFIED not in found else ExitCode.INCONCLUSIVE
