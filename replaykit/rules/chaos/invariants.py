"""What must hold of a struck run: it ends as the baseline did or as it may, each effect is done once, nothing leaks."""

import json
from collections.abc import Iterator, Sequence

from replaykit.model.chaos import Effect, End, RunResult, Strike
from replaykit.model.chaos_report import ChaosFinding, Held, Judged, Violation
from replaykit.model.scenario import Scenario
from replaykit.rules.chaos.catalogue import kind_of
from replaykit.rules.chaos.hangs import of_a_hang
from replaykit.rules.chaos.kinds import Entitles

_SHOWN = 160
# Beyond so many times the baseline's calls of models something asks again without end.
_MOST_TIMES = 20
# Ways to end in which no code of the workflow's could compensate any more.
_NO_END = frozenset({End.TERMINATED, End.WEDGED, End.HUNG})


def judge_run(result: RunResult, baseline: RunResult, scenario: Scenario) -> Judged:
    """Hold a run against what must hold of it.

    Args:
        result: The run.
        baseline: The run without any fault.
        scenario: What is declared.
    """
    not_fired = [strike for strike in result.plan.strikes if strike not in result.fired]
    if not_fired:
        return Judged(result, None, (_not_fired(result, not_fired[0]),))
    if result.misses:
        return Judged(result, None, (_unverified(result),))
    held, ended = _end(result, baseline, scenario)
    findings = [
        *ended,
        *_duplicated(result, baseline),
        *_changed_input(result, baseline),
        *(
            _leaked(result)
            if held is not Held.SAME and result.end not in _NO_END and not _accepted(result, scenario)
            else ()
        ),
        *_overspent(result, baseline, scenario),
        *_left_behind(result, baseline),
        *_own(result, scenario),
    ]
    if findings and result.spurious and not baseline.spurious:
        return Judged(result, None, (_too_slow(result),))
    return Judged(result, None if findings else held, tuple(findings))


def same_end(result: RunResult, other: RunResult) -> bool:
    """Say whether two runs ended alike: status, result and failure, whatever their workflow ids."""
    return _ending(result) == _ending(other)


def _ending(result: RunResult) -> tuple[object, ...]:
    return (result.end, _without_id(json.dumps(result.result, sort_keys=True), result), result.failure_types)


def _without_id(text: str, result: RunResult) -> str:
    return text.replace(result.workflow_id, "<workflow>")


def entitlements(strikes: Sequence[Strike]) -> frozenset[Entitles]:
    """Return what a run may make of its strikes."""
    # Attempts that are all lost end an activity as one that fails for good does.
    return frozenset(Entitles.FAIL if s.persistent else kind_of(s.fault).entitles for s in strikes)


def _accepted(result: RunResult, scenario: Scenario) -> bool:
    return scenario.accepts is not None and scenario.accepts(result)


def _end(result: RunResult, baseline: RunResult, scenario: Scenario) -> tuple[Held | None, list[ChaosFinding]]:
    if result.end is End.WEDGED:
        what = f"a workflow task fails again and again: {_short(result.failure)}"
        why = "the workflow's code raises what fails the task and not the workflow: Temporal tries again for ever"
        fix = (
            "let it fail the workflow: @workflow.defn(failure_exception_types=[…]), or handle it; a deploy with "
            "the cure ends the wedge of runs in flight"
        )
        return None, [_finding(Violation.WEDGED, result, what, why, fix)]
    if result.end is End.HUNG:
        what = f"the run had not ended after {result.seconds:.1f} s"
        return None, [_finding(Violation.HUNG, result, what, *of_a_hang(result))]
    if same_end(result, baseline):
        return Held.SAME, []
    may = entitlements(result.plan.strikes)
    declared = bool(set(scenario.failures) & set(result.failure_types))
    undone = {effect.name for effect in result.committed} & {effect.undo for effect in result.committed if effect.undo}
    if result.end in {End.FAILED, End.TIMED_OUT} and (declared or Entitles.FAIL in may):
        return (Held.COMPENSATED if undone else Held.FAILED_CLEANLY), []
    if result.end is End.CANCELLED and Entitles.CANCEL in may:
        return (Held.COMPENSATED if undone else Held.CANCELLED_CLEANLY), []
    terminated = any(strike.fault == "parent_terminated" for strike in result.plan.strikes)
    if result.end is End.TERMINATED and terminated:
        return Held.FAILED_CLEANLY, []
    if _accepted(result, scenario):
        return Held.FAILED_CLEANLY, []
    what = f"ended {_ended(result)}; the baseline {_ended(baseline)}"
    why = _why_other(result)
    fix = (
        "if that is right, declare it: Scenario(failures=[…]) for a failure's type, accepts= for anything else; "
        "else retry what may be retried, and handle what may be cancelled"
    )
    return None, [_finding(Violation.DIVERGED, result, what, why, fix)]


def _why_other(result: RunResult) -> str:
    for strike in result.plan.strikes:
        if strike.fault.startswith("cancel") and result.end is End.FAILED:
            return "the cancel came out as a failure"
    if result.end is End.FAILED:
        return f"the fault became the failure of the run: {_short(result.failure)}"
    return "the fault changed what the run did"


def _ended(result: RunResult) -> str:
    match result.end:
        case End.COMPLETED:
            return f"completed with {_short(json.dumps(result.result, ensure_ascii=False))}"
        case End.FAILED:
            return f"failed with {' ← '.join(result.failure_types) or 'a failure'}"
        case _:
            return result.end.value


def _duplicated(result: RunResult, baseline: RunResult) -> Iterator[ChaosFinding]:
    allowed = {_key(effect, baseline): _times(effects) for effect, effects in _by_key(baseline)}
    for effect, commits in _by_key(result):
        times = _times(commits)
        most = max(1, allowed.get(_key(effect, result), 1))
        if times > most:
            attempts = ", ".join(f"{each.step} attempt {each.attempt}" for each in commits)
            what = f"effect {effect.name}, key {effect.key}: {times} commits, {most} allowed"
            fix = (
                "give the other side an idempotency key that does not change between attempts: workflow id and step, "
                "never the attempt or a fresh UUID; or look whether it is done before doing it"
            )
            yield _finding(Violation.DUPLICATED, result, what, f"committed by {attempts}", fix)


def _changed_input(result: RunResult, baseline: RunResult) -> Iterator[ChaosFinding]:
    # What one step does many times, such as requests, has many inputs already where nothing goes wrong.
    usual = {_key(effect, baseline): len(_inputs(commits)) for effect, commits in _by_key(baseline)}
    for effect, commits in _by_key(result):
        inputs = _inputs(commits)
        if len(inputs) > max(1, usual.get(_key(effect, result), 1)):
            what = f"effect {effect.name}, key {effect.key}: {len(inputs)} different inputs under one key"
            why = "what is done changed between attempts, so the other side answers for what it was asked first"
            fix = "compute the input in the workflow, or from the activity's arguments alone"
            yield _finding(Violation.CHANGED_INPUT, result, what, why, fix)


def _leaked(result: RunResult) -> Iterator[ChaosFinding]:
    committed = result.committed
    for effect, commits in _by_key(result):
        undo = commits[-1].undo
        if not undo:
            continue
        last_done = max(
            place for place, each in enumerate(committed) if (each.name, each.key) == (effect.name, effect.key)
        )
        undone = [place for place, each in enumerate(committed) if (each.name, each.key) == (undo, effect.key)]
        if (undone and max(undone) > last_done) or _undo_failed_for_good(undo, result):
            continue
        came = "after it had been taken back" if undone else f"and no {undo} of it"
        what = f"effect {effect.name}, key {effect.key}: committed {came}, though the run {_ended(result)}"
        why = (
            "a late attempt did its work after the compensation"
            if undone
            else "the path that the fault opened skips the compensation"
        )
        fix = (
            "refuse a key that was taken back already: the compensation leaves a mark that a late attempt meets"
            if undone
            else "note the compensation before the step starts, and run it for every way out: failures and "
            "asyncio.CancelledError alike"
        )
        yield _finding(Violation.LEAKED, result, what, why, fix)


def _undo_failed_for_good(undo: str, result: RunResult) -> bool:
    """Say whether the plan itself keeps the compensation from ever being done: no code survives that."""
    return any(strike.fault == "fatal_before" and strike.at.name == undo for strike in result.plan.strikes)


def _overspent(result: RunResult, baseline: RunResult, scenario: Scenario) -> Iterator[ChaosFinding]:
    spent, usual = result.spend, baseline.spend
    most = scenario.max_llm_calls
    if most is None and usual.calls:
        most = _MOST_TIMES * usual.calls
    over = []
    if most is not None and spent.calls > most:
        over.append(f"{spent.calls} calls of language models, {most} allowed")
    if scenario.max_tokens is not None and spent.tokens > scenario.max_tokens:
        over.append(f"{spent.tokens} tokens, {scenario.max_tokens} allowed")
    if scenario.max_dollars is not None and spent.dollars is not None and spent.dollars > scenario.max_dollars:
        over.append(f"${spent.dollars:.4f}, ${scenario.max_dollars:.4f} allowed")
    if over:
        ratio = (
            f"{spent.calls / usual.calls:.1f} times the baseline's calls" if usual.calls else "the baseline made none"
        )
        fix = "limit the attempts, and keep what an expensive step answered before anything can fail after it"
        yield _finding(Violation.OVERSPENT, result, "; ".join(over), ratio, fix)


def _left_behind(result: RunResult, baseline: RunResult) -> Iterator[ChaosFinding]:
    usual = {_without_id(orphan, baseline) for orphan in baseline.orphans}
    for orphan in result.orphans:
        if _without_id(orphan, result) not in usual:
            fix = "await or cancel children on every way out, or choose their parent_close_policy on purpose"
            yield _finding(Violation.ORPHANED, result, f"{orphan} still runs", "its parent has ended without it", fix)
    for handler in sorted(set(result.unfinished) - set(baseline.unfinished)):
        fix = "before the run ends: await workflow.wait_condition(workflow.all_handlers_finished)"
        yield _finding(
            Violation.UNFINISHED, result, f"the handler of {handler} had not ended", "the run ended before it", fix
        )
    for signal in result.unhandled:
        fix = "drain signals before the run ends, and carry what is left into continue-as-new"
        yield _finding(
            Violation.LOST_SIGNAL, result, f"{signal} was accepted and never acted on", "the run ended before it", fix
        )


def _own(result: RunResult, scenario: Scenario) -> Iterator[ChaosFinding]:
    for invariant in scenario.invariants:
        name = getattr(invariant, "__name__", "invariant")
        try:
            said = invariant(result)
        except AssertionError as error:
            said = next(iter(str(error).splitlines()), "") or "it raised AssertionError"
        if said is None or said is True:
            continue
        what = f"{name}: {said if isinstance(said, str) else 'it does not hold'}"
        yield _finding(Violation.INVARIANT, result, what, "an invariant of the scenario", "see the timeline: --explain")


def _not_fired(result: RunResult, strike: Strike) -> ChaosFinding:
    what = f"{strike} did not strike"
    why = "the run did not pass that boundary, or the server had nothing to strike any more: nothing is proven"
    fix = "run it again; if the code has changed, take the plan anew from: replaykit chaos"
    return _finding(Violation.NOT_FIRED, result, what, why, fix)


def _unverified(result: RunResult) -> ChaosFinding:
    what = f"the cassette has no answer: {_short(result.misses[0])}"
    why = "the fault led the run where the recording never was; what comes after is not checked"
    fix = "give the scenario the real activity, or record an answer"
    return _finding(Violation.UNVERIFIED, result, what, why, fix)


def _too_slow(result: RunResult) -> ChaosFinding:
    what = f"the machine is too slow: {_short(result.spurious[0])}"
    why = "attempts timed out that nothing had struck, so that what came of it says nothing about the plan"
    fix = "run fewer at once: --jobs 4"
    return _finding(Violation.UNVERIFIED, result, what, why, fix)


def unreplayable(result: RunResult, verdict: str) -> ChaosFinding:
    """Make the finding of a run whose own history does not replay clean."""
    what = f"the history that this led to replays as {verdict}"
    why = "the workflow's code is not deterministic on this path: the next worker that replays it wedges"
    fix = "look for clocks, chance, sets and global state on this path; replaykit replay shows the step"
    return _finding(Violation.UNREPLAYABLE, result, what, why, fix)


def _finding(violation: Violation, result: RunResult, what: str, why: str, fix: str) -> ChaosFinding:
    return ChaosFinding(violation, _without_id(what, result), _without_id(why, result), fix, result)


def _inputs(commits: Sequence[Effect]) -> frozenset[str]:
    return frozenset(each.input for each in commits if each.input)


def _by_key(result: RunResult) -> Iterator[tuple[Effect, list[Effect]]]:
    found: dict[tuple[str, str], list[Effect]] = {}
    for effect in result.committed:
        found.setdefault((effect.name, effect.key), []).append(effect)
    for commits in found.values():
        yield commits[0], commits


def _key(effect: Effect, result: RunResult) -> tuple[str, str]:
    return effect.name, _without_id(effect.key, result)


def _times(commits: Sequence[Effect]) -> int:
    """Count what the other side did: commits under one idempotency key are one."""
    keyed = {effect.idempotency_key for effect in commits if effect.idempotency_key}
    return len(keyed) + sum(not effect.idempotency_key for effect in commits)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
