"""A gate as JSON: everything that the text shows, and the steps of both versions where they part."""

import dataclasses
from typing import Any

from replaykit.model.gate import Blind, GateReport, GateVerdict, Standing

VERSION = 1


def gate_json(report: GateReport, *, exit_code: int) -> dict[str, Any]:
    """Write the whole report."""
    return {
        "version": VERSION,
        "exitCode": exit_code,
        "root": report.root,
        "base": dataclasses.asdict(report.base),
        "head": dataclasses.asdict(report.head),
        "summary": {standing.value: len(report.of(standing)) for standing in Standing},
        "effort": {**dataclasses.asdict(report.effort), "seconds": round(report.effort.seconds, 3)},
        "demands": [dataclasses.asdict(demand) for demand in report.demands],
        "problems": [dataclasses.asdict(problem) for problem in report.problems],
        "histories": [_verdict(verdict) for verdict in report.verdicts],
        "notVouchedFor": _blind(report.blind),
        "patches": _patches(report),
    }


def _verdict(verdict: GateVerdict) -> dict[str, Any]:
    return {
        "path": verdict.case.shown,
        "workflowType": verdict.workflow_type,
        "standing": verdict.standing.value,
        "reason": verdict.reason,
        "cached": verdict.cached,
        "foreseen": verdict.foreseen,
        **_shown(verdict),
        "unverified": [{"what": note.what, "why": note.why} for note in verdict.unverified],
    }


def _shown(verdict: GateVerdict) -> dict[str, Any]:
    if verdict.judgement is None and verdict.parting is None and not verdict.drifts:
        return {"judgement": None, "parting": None, "drifts": []}
    from replaykit.report.gate_json_findings import shown_json  # noqa: PLC0415 - what earlier runs knew shows nothing

    return shown_json(verdict)


def _patches(report: GateReport) -> list[dict[str, Any]]:
    if not report.patches:
        return []
    from replaykit.report.patches_json import verdict_json  # noqa: PLC0415 - most changes touch no patch

    return [verdict_json(verdict) for verdict in report.patches]


def _blind(blind: Blind) -> dict[str, Any]:
    return {
        "measured": blind.measured,
        "changedLines": blind.changed_lines,
        "reachedLines": blind.reached_lines,
        "files": [
            {
                "file": file.file,
                "changed": list(file.lines),
                "reached": list(file.reached),
                "notReached": [dataclasses.asdict(gap) for gap in file.gaps],
            }
            for file in blind.changed
        ],
        "typesWithoutHistory": list(blind.types),
        "patchBranches": [dataclasses.asdict(branch) for branch in blind.branches],
        "aged": [dataclasses.asdict(aged) for aged in blind.aged],
        "removedHistories": list(blind.removed),
        "unverified": [{"what": what, "why": why, "count": count} for what, why, count in blind.unverified],
    }
