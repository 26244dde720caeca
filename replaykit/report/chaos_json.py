"""A sweep as JSON: counts, findings with their commands, and each run with its plan, which reads back as a plan.

Results, failure texts and inputs of runs are left out: of what a scenario's payloads hold, only findings quote.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from replaykit.model.chaos import Effect, RunResult
from replaykit.model.chaos_report import ChaosFinding, ChaosReport, Judged
from replaykit.report.chaos_text import not_verified
from replaykit.report.chaos_timeline import as_baseline
from replaykit.rules.chaos.plan_file import to_document

VERSION = 1


def chaos_json(report: ChaosReport, *, commands: Sequence[str], exit_code: int) -> dict[str, Any]:
    """Write a sweep; `commands` reproduce its findings, one each.

    A run's `timeline` is null where it went as the baseline did and nothing was found.
    """
    return {
        "replaykit": "chaos report",
        "version": VERSION,
        "exitCode": exit_code,
        "scenario": report.scenario,
        "seed": report.seed,
        "seconds": round(report.seconds, 3),
        "counts": counts_json(report),
        "equivalences": [
            {"fault": each.fault, "compared": each.compared, "differing": list(each.differing)}
            for each in report.equivalences
        ],
        "notVerified": list(not_verified(report)),
        "findings": [
            {
                **_finding(finding),
                "plan": to_document(finding.result.plan, scenario=report.scenario),
                "command": command,
            }
            for finding, command in zip(report.findings, commands, strict=True)
        ],
        "baseline": _run(Judged(report.baseline, None), report, timed=True),
        "runs": [_run(judged, report, timed=_is_timed(judged, report)) for judged in report.judged],
    }


def counts_json(report: ChaosReport) -> dict[str, Any]:
    """Count what was planned, fired and found."""
    held = Counter(judged.held.value for judged in report.judged if judged.held is not None and not judged.unreachable)
    return {
        "boundaries": len(report.baseline.sightings),
        "enumerated": report.enumerated,
        "singles": report.singles,
        "fired": report.fired,
        "pruned": report.pruned,
        "unreachable": report.unreachable,
        "findings": len(report.findings),
        "replayed": report.replayed,
        "held": dict(sorted(held.items())),
    }


def _is_timed(judged: Judged, report: ChaosReport) -> bool:
    return bool(judged.findings) or not as_baseline(judged.result, report.baseline)


def _finding(finding: ChaosFinding) -> dict[str, Any]:
    return {
        "violation": finding.violation.value,
        "what": finding.what,
        "why": finding.why,
        "fix": finding.fix,
        "flaky": finding.flaky,
    }


def _run(judged: Judged, report: ChaosReport, *, timed: bool) -> dict[str, Any]:
    result = judged.result
    return {
        "plan": to_document(result.plan, scenario=report.scenario),
        "end": result.end.value,
        "failureTypes": list(result.failure_types),
        "held": judged.held.value if judged.held else None,
        "unreachable": judged.unreachable,
        "fired": sorted(str(strike) for strike in result.fired),
        "seconds": round(result.seconds, 3),
        "findings": [_finding(finding) for finding in judged.findings],
        "timeline": _timeline(result) if timed else None,
        "ledger": [_effect(effect, result) for effect in result.effects] if timed else None,
    }


def _timeline(result: RunResult) -> list[dict[str, Any]]:
    return [{"at": round(each.at, 3), "what": each.what, "struck": each.struck} for each in result.timeline]


def _effect(effect: Effect, result: RunResult) -> dict[str, Any]:
    return {
        "name": effect.name,
        "key": effect.key,
        "idempotencyKey": effect.idempotency_key,
        "committed": effect.committed,
        "step": effect.step,
        "attempt": effect.attempt,
        "at": round(effect.at - result.began, 3) if result.began else None,
    }
