"""A judgement is reduced to what a gate keeps of it, and that to JSON and back."""

import hashlib
from collections.abc import Mapping
from typing import Any

from replaykit.model.case import Judgement
from replaykit.model.finding import ENVIRONMENT, Unverified
from replaykit.model.passed import Passed, Traits
from replaykit.model.reached import Reached
from replaykit.model.step import StepKey, StepKind
from replaykit.model.verdict import Clean
from replaykit.model.witness import Witness

SAME = "Base and head ask for the same."
"""Why a history passes."""


def traits_of(judgement: Judgement) -> Traits | None:
    """Return what a history tells beside its verdict; None where it could not be read."""
    shape = judgement.shape
    if shape is None:
        return None
    return Traits(
        workflow_type=shape.workflow_type,
        newest=shape.started if shape.stamps.ended is None else shape.stamps.ended,
        patches=tuple(name for name, _ in shape.patches),
        reached=shape.reached,
    )


def passed_of(judgement: Judgement) -> Passed | None:
    """Return what to keep of a clean replay; None where it is not clean, or may hang on more than on code."""
    verdict, traits = judgement.verdict, traits_of(judgement)
    if not isinstance(verdict, Clean) or not verdict.steps or judgement.witness is None or traits is None:
        return None
    if traits.reached is None or any(note.what == ENVIRONMENT for note in verdict.unverified):
        return None
    return Passed(traits, verdict.steps, verdict.unverified, stream_of(judgement.witness))


def stream_of(witness: Witness) -> str:
    """Digest every step that the code asked for, with its values, without the lines that asked."""
    told = [
        (step.key, step.task, step.id, step.input, step.options, step.input_known)
        for step in (*witness.steps, *witness.ahead)
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def reached_to_json(reached: Reached) -> list[Any]:
    """Write lines as JSON."""
    return [[file, [list(arc) for arc in arcs]] for file, arcs in reached.files]


def to_json(passed: Passed) -> dict[str, Any]:
    """Write it as JSON."""
    traits = passed.traits
    return {
        "workflowType": traits.workflow_type,
        "newest": traits.newest,
        "patches": list(traits.patches),
        "reached": reached_to_json(traits.reached or Reached()),
        "steps": passed.steps,
        "unverified": [
            [[note.key.kind.value, note.key.name, note.key.nth] if note.key else None, note.what, note.why]
            for note in passed.unverified
        ],
        "stream": passed.stream,
    }


def reached_from_json(form: Any) -> Reached:  # noqa: ANN401 - any JSON
    """Read the lines that `to_json` wrote.

    Raises:
        TypeError, ValueError: Something else stands there.
    """
    return Reached(tuple((str(file), tuple((int(a), int(b)) for a, b in arcs)) for file, arcs in form))


def from_json(form: Mapping[str, Any], reached: Reached | None = None) -> Passed:
    """Read what `to_json` wrote; `reached` is what its lines were read as, where that has been done.

    Raises:
        KeyError, TypeError, ValueError: Something else stands there.
    """
    traits = Traits(
        workflow_type=str(form["workflowType"]),
        newest=float(form["newest"]),
        patches=tuple(str(name) for name in form["patches"]),
        reached=reached_from_json(form["reached"]) if reached is None else reached,
    )
    notes = tuple(Unverified(_key(key), str(what), str(why)) for key, what, why in form["unverified"])
    return Passed(traits, int(form["steps"]), notes, str(form["stream"]))


def _key(form: Any) -> StepKey | None:  # noqa: ANN401 - any JSON
    if form is None:
        return None
    kind, name, nth = form
    return StepKey(StepKind(kind), str(name), int(nth))
