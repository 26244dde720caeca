"""Core's word and our own comparison become one verdict: Core's silence is not a pass."""

import ast
from collections.abc import Hashable
from dataclasses import replace

from replaykit.errors import Problem
from replaykit.model.finding import ENVIRONMENT, Divergence, Shape, Unverified
from replaykit.model.history import History
from replaykit.model.outcome import Outcome
from replaykit.model.verdict import Clean, Diverged, Drifted, Inconclusive, Verdict
from replaykit.rules.accept import Accepted, without_accepted
from replaykit.rules.diff import CONTEXT, diff


def judge(history: History, outcome: Outcome, accepted: tuple[Accepted, ...] = ()) -> Verdict:
    """Judge one replayed history; `accepted` is the drift that the team has accepted."""
    if history.undecoded and outcome.task_failure is not None:
        return _undecodable(history.undecoded, outcome)
    if outcome.broken is not None or (outcome.reached == 0 and (outcome.core_error or history.trace.steps)):
        return _not_started(history, outcome)
    failing_as_recorded = (
        history.fails_pending_task and outcome.task_failure is not None and outcome.task_failure.pending
    )
    if failing_as_recorded:
        outcome = replace(outcome, task_failure=None, core_error=None)
    found = diff(history, outcome)
    drifts, used = without_accepted(found.drifts, accepted, workflow_type=history.identity.workflow_type)
    if found.divergence is not None:
        return Diverged(found.divergence, drifts, found.unverified, used)
    if outcome.core_error is not None:
        return Diverged(_core_only(history, outcome), drifts, found.unverified, used)
    if any(step.task > outcome.reached for step in history.trace.steps):
        return _stopped_short(history, outcome)
    notes = found.unverified + _beyond(history, outcome, failing=failing_as_recorded)
    if drifts:
        return Drifted(found.compared, drifts, notes, used)
    return Clean(found.compared, notes, used)


def _beyond(history: History, outcome: Outcome, *, failing: bool) -> tuple[Unverified, ...]:
    notes = []
    if outcome.reached < len(history.tasks):
        why = "it recorded no step, and Core takes it together with the pending one"
        notes.append(Unverified(None, "the last workflow task", why))
    if failing:
        why = "it fails with the new code, as it did when the history was recorded"
        notes.append(Unverified(None, "the pending workflow task", why))
    for name in outcome.unhandled:
        why = "no handler of the new code takes it; no history tells whether the recorded code had one"
        notes.append(Unverified(None, f"signal `{name}`", why))
    return tuple(notes)


def nothing_to_replay() -> Clean:
    """Judge a run of which no workflow task has completed: legal, and any code may take it up."""
    why = "no workflow task of this run has completed: there is nothing to replay"
    return Clean(0, (Unverified(None, "replay", why),))


def _core_only(history: History, outcome: Outcome) -> Divergence:
    before = [step for step in history.trace.steps if step.task <= outcome.reached]
    after = [step for step in history.trace.steps if step.task > outcome.reached]
    return Divergence(
        shape=Shape.CORE_ONLY,
        task=max(outcome.reached, 1),
        number=len(before) + 1,
        before=tuple(before[-CONTEXT:]),
        recorded=tuple(after[:1]),
        observed=(),
        standing=outcome.standing,
        core_error=outcome.core_error,
    )


def _undecodable(encoding: str, outcome: Outcome) -> Inconclusive:
    failure = outcome.task_failure
    return Inconclusive(
        Problem(
            slug="payload-undecodable",
            what="The workflow could not read its payloads.",
            cause=f"the history holds payloads of encoding {encoding!r}, and no configured data converter reads it",
            fix='name the codec in [tool.replaykit]: codec = "module:object" or codec-endpoint = "URL"; '
            'or the converter that reads it: data-converter = "module:object"',
        ),
        detail=failure.stack if failure else "",
    )


def _not_started(history: History, outcome: Outcome) -> Inconclusive:
    return Inconclusive(
        Problem(
            slug="workflow-not-started",
            what=f"{history.identity.workflow_type} could not be started in replay.",
            cause=outcome.broken or outcome.core_error or "Core never activated it",
            fix="mend the workflow module, its interceptors or the data converter; -v shows Core's own words",
        ),
        detail=outcome.core_error or "",
    )


def _stopped_short(history: History, outcome: Outcome) -> Inconclusive:
    return Inconclusive(
        Problem(
            slug="replay-stopped-short",
            what="Core stopped before the end of the history without a word.",
            cause=f"{outcome.reached} of {len(history.tasks)} workflow tasks were replayed",
            fix="check that the history is whole, and report it with the output of -v",
        )
    )


def with_environment(verdict: Clean | Drifted, perturbed: Verdict) -> Clean | Drifted:
    """Note where unsandboxed code went another way under another clock, random state and environment.

    That is no finding of its own: code may read a setting that is the same wherever it runs. But no replay can vouch
    for it.
    """
    if _ways(verdict) == _ways(perturbed):
        return verdict
    why = "unsandboxed code goes another way with another clock, chance, environment, module state or outside replay"
    return replace(verdict, unverified=(*verdict.unverified, Unverified(None, ENVIRONMENT, why)))


def _ways(verdict: Verdict) -> Hashable:
    match verdict:
        case Diverged(divergence):
            return ("diverged", divergence.number)
        case Inconclusive(problem):
            return ("inconclusive", problem.slug)
        case Clean() | Drifted():
            drifts = getattr(verdict, "drifts", ())
            return frozenset((drift.number, change.path, change.new) for drift in drifts for change in drift.changes)


def look_up_name(verdict: Verdict, source: str | None) -> Verdict:
    """Note on a divergence whether the recorded step's name still stands in the new workflow module's source."""
    if not isinstance(verdict, Diverged) or source is None or not verdict.divergence.recorded:
        return verdict
    named = names_step(source, verdict.divergence.recorded[0].key.name)
    return replace(verdict, divergence=replace(verdict.divergence, still_named=named))


def names_step(source: str, name: str) -> bool:
    """Say whether code outside an activity's own definition, and outside imports, names a step."""
    try:
        waiting: list[ast.AST] = [ast.parse(source)]
    except (SyntaxError, ValueError):
        return False
    while waiting:
        node = waiting.pop()
        if _is_activity(node):
            continue
        if name and name in {getattr(node, field, None) for field in ("id", "attr", "value")}:
            return True
        waiting.extend(ast.iter_child_nodes(node))
    return False


def _is_activity(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", ())
    written = [ast.unparse(decorator) for decorator in decorators]
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
        text.startswith("activity.defn") for text in written
    )
