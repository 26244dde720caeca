"""The verdicts on patches as JSON: everything that the text shows, and all runs in danger."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from replaykit.errors import Problem
from replaykit.model.patches import Counted, PatchRun, PatchSite, PatchVerdict
from replaykit.report.patches_words import advice, offered, why

VERSION = 1


def patches_json(
    verdicts: Sequence[PatchVerdict],
    *,
    unparsed: Sequence[tuple[str, str]],
    unread: Sequence[tuple[str, Problem]],
    exit_code: int,
) -> dict[str, Any]:
    """Write the whole report."""
    return {
        "version": VERSION,
        "exitCode": exit_code,
        "patches": [verdict_json(verdict) for verdict in verdicts],
        "unparsed": [{"path": path, "why": said} for path, said in unparsed],
        "unread": [{"path": path, "problem": dataclasses.asdict(problem)} for path, problem in unread],
    }


def verdict_json(verdict: PatchVerdict) -> dict[str, Any]:
    """Write one verdict."""
    evidence = verdict.evidence
    return {
        "id": verdict.id,
        "workflow": verdict.workflow or None,
        "stage": verdict.stage.value,
        "before": verdict.before.value,
        "change": verdict.change.value,
        "renamedTo": verdict.renamed_to or None,
        "safety": verdict.safety.value,
        "reason": verdict.reason.value,
        "why": why(verdict),
        "advice": advice(verdict) or offered(verdict),
        "offer": verdict.offer.value if verdict.offer else None,
        "notes": list(verdict.notes),
        "sites": [_site(site) for site in verdict.sites],
        "histories": _counted(evidence.histories),
        "openRuns": _counted(evidence.open) if evidence.open else None,
        "inDanger": [_run(run) for run in evidence.in_danger],
        "oldest": evidence.oldest,
        "pinnedLeftOut": evidence.staying,
        "versioning": evidence.rule.value,
        "query": evidence.query or None,
    }


def _site(site: PatchSite) -> dict[str, Any]:
    return {"path": site.path, "line": site.line, "function": site.function, "call": site.call.value, "said": site.said}


def _counted(counted: Counted) -> dict[str, int]:
    return dataclasses.asdict(counted)


def _run(run: PatchRun) -> dict[str, Any]:
    return {
        "workflowType": run.workflow_type,
        "workflowId": run.workflow_id,
        "runId": run.run_id,
        "started": run.started,
        "versioning": run.behavior.value,
        "markers": [{"id": mark.id, "deprecated": mark.deprecated} for mark in run.marks],
        "path": run.source or None,
    }
