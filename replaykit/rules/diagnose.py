"""A divergence is explained: the likely cause in plain words, and what to do about it."""

import re
from dataclasses import dataclass

from replaykit.model.finding import Divergence, Drift, Shape
from replaykit.model.step import ENDS, SourceLine, Step, StepKind

# A UUID, and a number between 0 and 1 of more digits than a person writes.
_DRAWN = (
    re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    re.compile(r"(?<!\d)0\.\d{10,}"),
)
SHIFTED = (
    "Values like these are drawn from workflow.uuid4() or workflow.random(): one call more or fewer before this step "
    "shifts every later value."
)
GUARD = "Guard the change so that running workflows keep the recorded path:"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The likely cause, the advice, and the remedy as numbered lines of code where there is one."""

    cause: str
    advice: str
    code: tuple[tuple[int, str], ...] = ()


def diagnose(divergence: Divergence) -> Diagnosis:
    """Explain a divergence."""
    recorded = divergence.recorded[0] if divergence.recorded else None
    new = divergence.observed[0] if divergence.observed else None
    match divergence.shape:
        case Shape.TASK_FAILS:
            return _task_fails(divergence)
        case Shape.CORE_ONLY:
            return Diagnosis(
                "Temporal's Core rejects the new code, though the steps it issued compare equal.",
                "Read Core's own words with -v; the step named above is the first it had no match for.",
            )
        case Shape.REMOVED:
            return _removed(divergence, recorded)
        case _ if new is None or _patch_gone(divergence, recorded):
            return _removed(divergence, recorded)
        case Shape.ENDS_EARLY:
            return _ends_early(new, recorded)
        case Shape.GOES_ON:
            return Diagnosis(
                f"The recorded run ended here; the new code goes on with {label(new)}.",
                GUARD,
                guarded(new, recorded),
            )
        case Shape.TAIL:
            return Diagnosis(
                f"The new code asks for {label(new)} in the last workflow task that this run completed, which "
                "recorded no such step.",
                f"A run in flight has already passed this point, so the step would be lost or collide. {GUARD}",
                guarded(new, recorded),
            )
        case Shape.INSERTED:
            before = f" before {label(recorded)}" if recorded else ""
            return Diagnosis(f"A step was inserted: {label(new)} now runs{before}.", GUARD, guarded(new, recorded))
        case Shape.REORDERED:
            return _reordered(divergence, new, recorded)
        case Shape.RENUMBERED:
            return _renumbered(new, recorded)
        case Shape.REPLACED:
            return _replaced(divergence, new, recorded)


def _patch_gone(divergence: Divergence, recorded: Step | None) -> bool:
    # A marker stands where the code asked for the patch, so whatever the new code does there comes too early.
    return (
        recorded is not None
        and recorded.key.kind is StepKind.PATCH
        and all(step.key != recorded.key for step in divergence.observed)
    )


def is_shifted(drift: Drift) -> bool:
    """Say whether a drifted value looks drawn: a UUID or a random fraction on both sides."""
    return any(
        change.recorded is not None
        and change.new is not None
        and any(drawn.search(change.recorded) and drawn.search(change.new) for drawn in _DRAWN)
        for change in drift.changes
    )


def label(step: Step | None) -> str:
    """Name a step inside a sentence."""
    if step is None:
        return "nothing"
    if step.key.kind in ENDS:
        return _END_WORDS[step.key.kind]
    name = f" `{step.key.name}`" if step.key.name else f" #{step.key.nth}"
    return f"{step.key.kind.value}{name}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


_END_WORDS = {
    StepKind.COMPLETE: "the completion of the run",
    StepKind.FAIL: "the failure of the run",
    StepKind.CANCEL: "the cancellation of the run",
    StepKind.CONTINUE_AS_NEW: "continue-as-new",
}


def guarded(new: Step, recorded: Step | None) -> tuple[tuple[int, str], ...]:
    """Write the `workflow.patched` block around the line that issued the new step."""
    if new.site is None or not new.site.text:
        return ()
    parts = [part for part in (_word(new), "before" if recorded else "", _word(recorded)) if part]
    line, indent = new.site.line, " " * new.site.indent
    return (
        (line, f'{indent}if workflow.patched("{"-".join(parts)}"):'),
        (line + 1, f"{indent}    {_whole(new.site.text)}"),
    )


def _whole(text: str) -> str:
    """Close the brackets of a statement that goes on in the next lines."""
    opened = text.count("(") - text.count(")")
    return text + "…" + ")" * opened if opened > 0 else text


def _word(step: Step | None) -> str:
    if step is None:
        return ""
    return re.sub(r"[^A-Za-z0-9]+", "-", step.key.name or step.key.kind.value).strip("-").lower()


def where(site: SourceLine) -> str:
    """Write a source line's place inside a sentence."""
    return f"{site.path.rsplit('/', 1)[-1]}:{site.line} in {site.function}"


def _removed(divergence: Divergence, recorded: Step | None) -> Diagnosis:
    waits = f"; it stands at {where(divergence.standing)}" if divergence.standing else ""
    if recorded is not None and recorded.key.kind is StepKind.PATCH:
        return Diagnosis(
            f"The patch `{recorded.key.name}` is no longer asked for, while runs with its live marker remain.",
            f'Keep `workflow.patched("{recorded.key.name}")`, or `workflow.deprecate_patch` once no run needs the '
            "old branch; remove it when no marked run is left.",
        )
    moved = (
        " Its name still stands in the workflow module: it was moved, or another branch is taken."
        if divergence.still_named
        else ""
    )
    return Diagnosis(
        f"The recorded {label(recorded)} is no longer asked for here: the new code issues nothing more in this "
        f"workflow task{waits}.{moved}",
        f'Keep the step for runs that recorded it: if not workflow.patched("without-{_word(recorded)}"): …',
    )


def _ends_early(new: Step, recorded: Step | None) -> Diagnosis:
    went_on = f"went on with {label(recorded)}" if recorded else "went on waiting"
    skipped = "" if recorded else "its wait and "
    return Diagnosis(
        f"The new code ends the run here ({label(new)}), where the recorded run {went_on}.",
        f"A run in flight would skip {skipped}whatever follows, without any error. {GUARD}",
        guarded(new, recorded),
    )


def _reordered(divergence: Divergence, new: Step, recorded: Step | None) -> Diagnosis:
    if divergence.still_named is False:
        return Diagnosis(
            _sentence(
                f"{label(recorded)} is gone from the workflow module: {label(new)}, recorded later, now comes first."
            ),
            f'Keep the step for runs that recorded it: if not workflow.patched("without-{_word(recorded)}"): …',
        )
    return Diagnosis(
        f"Steps changed places: {label(new)} now runs where {label(recorded)} was recorded.",
        "Restore the recorded order, or keep both orders: the new one under workflow.patched, the recorded one in "
        "its else branch:",
        _both_orders(divergence, new, recorded),
    )


def _both_orders(divergence: Divergence, new: Step, recorded: Step | None) -> tuple[tuple[int, str], ...]:
    """Write both branches; of the recorded order up to the step that now comes first, as far as it is known."""
    code = guarded(new, recorded)
    if not code or new.site is None:
        return code
    names = [step.key.name or step.key.kind.value for step in divergence.recorded]
    keys = [step.key for step in divergence.recorded]
    names = names[: keys.index(new.key) + 1] if new.key in keys else [*names, "…"]
    line, indent = new.site.line + len(code), " " * new.site.indent
    return (
        *code,
        (line, f"{indent}    …  # the rest, in its new order"),
        (line + 1, f"{indent}else:"),
        (line + 2, f"{indent}    …  # as recorded: {', '.join(names)}"),
    )


def _renumbered(new: Step, recorded: Step | None) -> Diagnosis:
    before = recorded.id if recorded else ""
    if new.key.kind in {StepKind.ACTIVITY, StepKind.LOCAL_ACTIVITY} and new.id.isdecimal():
        return Diagnosis(
            _sentence(
                f"{label(new)} has another number (recorded {before or '?'}, new {new.id}): an activity or local "
                "activity was added or removed before it."
            ),
            "Look for the added or removed call just before this step, and guard it with workflow.patched.",
        )
    if new.key.kind is StepKind.TIMER:
        return Diagnosis(
            _sentence(
                f"{label(new)} has another number (recorded {before}, new {new.id}): a timer was added or removed "
                "before it, perhaps one that is taken back at once. When the recorded timer fires, Temporal finds none "
                "of its number and fails the workflow task."
            ),
            "Look for an added or removed sleep or timeout (wait_condition, asyncio.wait_for), and guard it with "
            "workflow.patched.",
        )
    return Diagnosis(
        _sentence(f"{label(new)} has another id: recorded `{before}`, new `{new.id}`."),
        "Derive the id from the workflow's input and id only, and keep the old form for running workflows.",
    )


def _replaced(divergence: Divergence, new: Step, recorded: Step | None) -> Diagnosis:
    same_kind = recorded is not None and recorded.key.kind is new.key.kind
    if same_kind and recorded is not None and divergence.still_named is False and recorded.key.kind not in ENDS:
        return Diagnosis(
            _sentence(f"{label(recorded)} was renamed to `{new.key.name}`, or replaced by it."),
            f'Renamed only? Keep the recorded name: @activity.defn(name="{recorded.key.name}"). {GUARD}'
            if recorded.key.kind in {StepKind.ACTIVITY, StepKind.LOCAL_ACTIVITY}
            else GUARD,
            guarded(new, recorded),
        )
    if divergence.still_named and recorded is not None and recorded.key.kind not in ENDS:
        return Diagnosis(
            f"A step was inserted, or another branch is taken: {label(new)} now runs where {label(recorded)} was "
            "recorded.",
            GUARD,
            guarded(new, recorded),
        )
    return Diagnosis(_sentence(f"{label(recorded)} was replaced by {label(new)}."), GUARD, guarded(new, recorded))


def _task_fails(divergence: Divergence) -> Diagnosis:
    failure = divergence.failure
    if failure is None:
        return Diagnosis("The new code fails the workflow task.", "Read the exception with -v.")
    at = f" at {where(failure.site)}" if failure.site else ""
    return Diagnosis(
        f"The new code fails its workflow task{at}: {failure.type}: {failure.message}",
        "A run in flight would be stuck here, its workflow task retried again and again, until the code is mended: "
        "make the new code read what the recorded run holds.",
    )
