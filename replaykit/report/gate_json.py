"""A gate as JSON: everything that the text shows, and the steps of both versions where they part."""

import dataclasses
from typing import Any

from replaykit.model.finding import Divergence, Drift
from replaykit.model.gate import Blind, GateReport, GateVerdict, Standing
from replaykit.report.json_form import judgement_json, problem_json, step_json
from replaykit.report.patches_json import verdict_json
from replaykit.rules.diagnose import guarded

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
        "problems": [problem_json(problem) for problem in report.problems],
        "histories": [_verdict(verdict) for verdict in report.verdicts],
        "notVouchedFor": _blind(report.blind),
        "patches": [verdict_json(verdict) for verdict in report.patches],
    }


def _verdict(verdict: GateVerdict) -> dict[str, Any]:
    return {
        "path": verdict.case.shown,
        "workflowType": verdict.workflow_type,
        "standing": verdict.standing.value,
        "reason": verdict.reason,
        "cached": verdict.cached,
        "foreseen": verdict.foreseen,
        "judgement": None if verdict.judgement is None else judgement_json(verdict.judgement),
        "parting": None if verdict.parting is None else _parting(verdict.parting),
        "drifts": [_drift(drift) for drift in verdict.drifts],
        "unverified": [{"what": note.what, "why": note.why} for note in verdict.unverified],
    }


def _parting(parting: Divergence) -> dict[str, Any]:
    new = parting.observed[0] if parting.observed else None
    remedy = guarded(new, parting.recorded[0] if parting.recorded else None) if new else ()
    return {
        "number": parting.number,
        "workflowTask": parting.task,
        "before": [step_json(step) for step in parting.before],
        "base": [step_json(step) for step in parting.recorded],
        "head": [step_json(step) for step in parting.observed],
        "remedy": [{"line": line, "text": text} for line, text in remedy],
    }


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "number": drift.number,
        "base": step_json(drift.recorded),
        "head": step_json(drift.observed),
        "changes": [{"path": one.path, "base": one.recorded, "head": one.new} for one in drift.changes],
    }


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
