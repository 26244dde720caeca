"""Which exit code a change earns, by what a gate and its patches show."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from replaykit.cli.exit_codes import ExitCode
from replaykit.config import DriftPolicy
from replaykit.model.gate import GateReport, Standing
from replaykit.model.safety import Safety

if TYPE_CHECKING:
    from replaykit.model.patches import PatchVerdict


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


def of_patches(verdicts: Iterable["PatchVerdict"], *, whole: bool) -> ExitCode:
    """Choose the exit code; `whole` says that all that was there could be read."""
    found = {verdict.safety for verdict in verdicts}
    if Safety.UNSAFE in found:
        return ExitCode.FINDINGS
    return ExitCode.CLEAN if whole and Safety.UNVERIFIED not in found else ExitCode.INCONCLUSIVE
