"""What a gate shows of a history as JSON: the judgement, where base and head part, and what drifts."""

from typing import Any

from replaykit.model.finding import Divergence, Drift
from replaykit.model.gate import GateVerdict
from replaykit.report.json_form import judgement_json, step_json
from replaykit.rules.diagnose import guarded


def shown_json(verdict: GateVerdict) -> dict[str, Any]:
    """Write what shows how a history stands."""
    return {
        "judgement": None if verdict.judgement is None else judgement_json(verdict.judgement),
        "parting": None if verdict.parting is None else _parting(verdict.parting),
        "drifts": [_drift(drift) for drift in verdict.drifts],
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
