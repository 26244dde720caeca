"""Judgements and summaries as JSON: everything a text report shows, and Core's own words."""

import dataclasses
import math
from typing import Any

from replaykit.errors import Problem
from replaykit.model.case import Judgement
from replaykit.model.finding import Change, Divergence, Drift, Unverified
from replaykit.model.history import History
from replaykit.model.step import Answer, SourceLine, Step, StepKey
from replaykit.model.summary import Summary
from replaykit.model.value import Binary, Json, JsonData, Undecoded, Value
from replaykit.model.verdict import Diverged, Drifted, Inconclusive, name_of
from replaykit.report.finding import headline
from replaykit.rules.clusters import Cluster
from replaykit.rules.diagnose import diagnose

VERSION = 1


def problem_json(problem: Problem) -> dict[str, Any]:
    """Write a problem's lines."""
    return dataclasses.asdict(problem)


def judgement_json(judgement: Judgement) -> dict[str, Any]:
    """Write one judgement."""
    verdict = judgement.verdict
    form: dict[str, Any] = {
        "path": judgement.case.shown,
        "verdict": name_of(verdict),
        "seconds": round(judgement.seconds, 4),
        "identity": dataclasses.asdict(judgement.identity) if judgement.identity else None,
        "status": judgement.status.value if judgement.status else None,
        "events": judgement.events,
        "prefix": judgement.prefix,
        "prefixes": judgement.prefixes,
        "seeds": dict(judgement.seeds),
    }
    if isinstance(verdict, Inconclusive):
        form["problem"] = problem_json(verdict.problem)
        form["detail"] = verdict.detail
        return form
    form["accepted"] = list(verdict.accepted)
    form["unverified"] = [_unverified(note) for note in verdict.unverified]
    if isinstance(verdict, (Drifted, Diverged)):
        form["drifts"] = [_drift(drift) for drift in verdict.drifts]
    if isinstance(verdict, Diverged):
        form["divergence"] = _divergence(verdict.divergence)
    return form


def report_json(
    judgements: list[dict[str, Any]], found: tuple[Cluster, ...], summary: Summary, *, exit_code: int
) -> dict[str, Any]:
    """Write the whole report: version, exit code, summary, the findings by cause, one entry a history."""
    return {
        "version": VERSION,
        "exitCode": exit_code,
        "summary": {
            "total": summary.total,
            "clean": summary.clean,
            "drifted": summary.drifted,
            "diverged": summary.diverged,
            "inconclusive": summary.inconclusive,
            "seconds": round(summary.seconds, 3),
            "processes": summary.processes,
            "accepted": sorted(summary.accepted),
            "stale": list(summary.stale),
            "problems": [problem_json(problem) for problem in summary.problems],
            "unverified": [
                {"what": what, "why": why, "count": count} for (what, why), count in sorted(summary.unverified.items())
            ],
        },
        "clusters": [
            {
                "verdict": name_of(cluster.example.verdict),
                "headline": headline(cluster.example),
                "example": cluster.example.case.shown,
                "others": [other.case.shown for other in cluster.others],
                "open": cluster.still_open,
            }
            for cluster in found
        ],
        "histories": judgements,
    }


def _unverified(note: Unverified) -> dict[str, Any]:
    return {"step": _key(note.key), "what": note.what, "why": note.why}


def _key(key: StepKey | None) -> dict[str, Any] | None:
    return {"kind": key.kind.value, "name": key.name, "nth": key.nth} if key else None


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "number": drift.number,
        "recorded": step_json(drift.recorded),
        "new": step_json(drift.observed),
        "changes": [_change(change) for change in drift.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"path": change.path, "recorded": change.recorded, "new": change.new}


def _divergence(divergence: Divergence) -> dict[str, Any]:
    diagnosis = diagnose(divergence)
    failure = divergence.failure
    return {
        "shape": divergence.shape.value,
        "workflowTask": divergence.task,
        "number": divergence.number,
        "before": [step_json(step) for step in divergence.before],
        "recorded": [step_json(step) for step in divergence.recorded],
        "new": [step_json(step) for step in divergence.observed],
        "standing": _site(divergence.standing),
        "failure": None
        if failure is None
        else {
            "type": failure.type,
            "message": failure.message,
            "stack": failure.stack,
            "site": _site(failure.site),
        },
        "core": {"answered": divergence.core_answered, "error": divergence.core_error},
        "cause": diagnosis.cause,
        "advice": diagnosis.advice,
        "remedy": [{"line": line, "text": text} for line, text in diagnosis.code],
    }


def step_json(step: Step) -> dict[str, Any]:
    """Write one step."""
    return {
        **(_key(step.key) or {}),
        "id": step.id,
        "workflowTask": step.task,
        "eventId": step.event_id,
        "input": [value_json(value) for value in step.input] if step.input_known else None,
        "options": {name: _finite(value.data) for name, value in step.options},
        "site": _site(step.site),
    }


def value_json(value: Value) -> Any:  # noqa: ANN401 - any JSON
    """Write one payload value; what is no JSON as its encoding and size."""
    match value:
        case Json(data):
            return _finite(data)
        case Binary(data):
            return {"encoding": "binary/plain", "bytes": len(data)}
        case Undecoded(encoding, data):
            return {"encoding": encoding, "bytes": len(data)}


def _finite(data: JsonData) -> JsonData:
    # Python reads and writes NaN and Infinity, which no other reader of JSON takes: they become text.
    match data:
        case float() if not math.isfinite(data):
            return str(data)
        case list():
            return [_finite(item) for item in data]
        case dict():
            return {key: _finite(item) for key, item in data.items()}
        case _:
            return data


def _site(site: SourceLine | None) -> dict[str, Any] | None:
    if site is None:
        return None
    return {
        "path": site.path,
        "line": site.line,
        "function": site.function,
        "text": site.text,
        "caller": _site(site.caller),
    }


def history_json(history: History) -> dict[str, Any]:
    """Write a history: identity, status, steps with their answers, and what reached the run from outside."""
    return {
        "version": VERSION,
        "identity": dataclasses.asdict(history.identity),
        "status": history.status.value,
        "events": history.events,
        "workflowTasks": len(history.tasks),
        "steps": [
            {**step_json(step), "time": step.time, "answer": _answer(step.answer)} for step in history.trace.steps
        ],
        "received": [
            {
                "what": entry.what,
                "name": entry.name,
                "input": [value_json(value) for value in entry.input],
                "eventId": entry.event_id,
                "time": entry.time,
            }
            for entry in history.received
        ],
    }


def _answer(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "values": [value_json(value) for value in answer.values],
        "failure": answer.failure,
        "attempts": answer.attempts,
        "eventId": answer.event_id,
        "seconds": answer.seconds,
    }
