"""An exported history becomes a scenario: its workflow, its input, what it was told, and its activities' answers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import SearchAttributes
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.common import RawValue
from temporalio.converter import decode_typed_search_attributes

from replaykit.adapters import tapes
from replaykit.adapters.chaos.cues import Cue, Telling, cues_of
from replaykit.adapters.chaos.recorded_children import RecordedChildren, answers_of
from replaykit.adapters.chaos.recorded_patches import RecordedPatches
from replaykit.adapters.chaos.recorded_worker import RecordedWorker, worker_of
from replaykit.adapters.chaos.stopping import at_rest, stop_of
from replaykit.adapters.contents import content_of
from replaykit.adapters.from_history import extract
from replaykit.adapters.history_file import read_document
from replaykit.adapters.opened import Opener
from replaykit.adapters.patch_histories import marks_of
from replaykit.adapters.replayer import settled_converter
from replaykit.adapters.worker_converters import converters_by_type
from replaykit.adapters.workflows import WorkerArguments
from replaykit.config import Config
from replaykit.errors import ScenarioUnusable
from replaykit.model.cassette import Cassette, Content, Interaction
from replaykit.model.history import RunStatus
from replaykit.model.scenario import PATIENCE, Scenario
from replaykit.rules.chaos.own_values import own_values

# A corpus is searched for the histories of children; more than this is another thing than a corpus.
_MOST_SEARCHED = 2_000
_HEAD = 8_192
# How long a run may take that goes as the recorded one: each of its workflow tasks may have to replay all before it.
_SECONDS_AN_EVENT = 0.1
_TYPES = frozenset({"Keyword", "KeywordList", "Text", "Int", "Double", "Bool", "Datetime"})
_GIVEN = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
    }
)
_NO_END = frozenset({RunStatus.OPEN, RunStatus.TERMINATED, RunStatus.TIMED_OUT})


@activity.defn(dynamic=True)
async def recorded_activity(args: Sequence[RawValue]) -> Any:  # noqa: ANN401 - whatever the recording answers
    """Stands for every activity of a recorded run; the cassette answers before it is ever run."""
    raise RuntimeError(f"{activity.info().activity_type} was asked with {len(args)} arguments and has no code here")


async def scenario_from(
    path: Path, config: Config, workers: Sequence[WorkerArguments], *, shown: str, directory: Path
) -> Scenario:
    """Make a scenario of a history file.

    Args:
        path: The file.
        config: The codec in force.
        workers: The team's loaded workflows.
        shown: How people call the file.
        directory: Where the cassette of its answers goes.

    Raises:
        HistoryError: The file is no usable history.
        ScenarioUnusable: Its run did not end by itself, or no workflow of its type is loaded.
    """
    converters = converters_by_type([(one.workflows, settled_converter(one)) for one in workers])
    opener = Opener(config, converters)
    history, parsed = await opener.open(read_document(path, shown=shown), path)
    arguments, workflow = worker_of(history.identity.workflow_type, workers, shown)
    stops = history.status in _NO_END
    if stops:
        parsed = WorkflowHistory(parsed.workflow_id, at_rest(parsed.events))
        if not parsed.events:
            raise ScenarioUnusable(
                f"{shown} cannot become a scenario.",
                cause=f"its run is {history.status}, and had not completed a workflow task: nothing is recorded yet",
                fix="choose a history of a run that has got further",
            )
    interactions = [*_answered_to(history.identity.workflow_id, parsed.events)]
    unanswered = _unanswered(parsed.events)
    children, missing = _children_of(parsed, path)
    answers = answers_of(parsed.events, missing)
    kin: dict[str, Sequence[HistoryEvent]] = {}
    for child in children:
        its, events = await opener.open(read_document(child, shown=child.name), child)
        kin[its.identity.workflow_id] = events.events
        interactions += _answered_to(its.identity.workflow_id, events.events)
        unanswered += _unanswered(events.events)
    cassette = directory / f"{path.stem}.yaml"
    tapes.save(cassette, Cassette(tuple(sorted(interactions, key=_recorded))))
    cues = cues_of(parsed.events, kin)
    stop = stop_of(parsed.events, kin) if stops else None
    # What was there before the first workflow task began comes with the start: sent after it, it may come too late.
    with_start, later = (cues[:1], cues[1:]) if cues and cues[0].at_start else ((), cues)
    began = parsed.events[0].workflow_execution_started_event_attributes
    instead = RecordedChildren(history.identity.workflow_id, answers) if answers else None
    patches = RecordedPatches(mark.id for mark in marks_of(chain(parsed.events, *kin.values())))
    made = RecordedWorker(config, history.identity.workflow_type, patches, instead, arguments)
    return Scenario(
        name=path.stem,
        workflow=workflow,
        workflows=tuple(other for other in arguments.workflows if other is not workflow),
        args=[RawValue(payload) for payload in began.input.payloads],
        activities=[recorded_activity],
        worker=made.worker,
        start=_start(began.search_attributes, with_start),
        data_converter=made.data_converter,
        drive=Telling(later, history.identity.workflow_id, stop) if cues or stop else None,
        cassette=str(cassette),
        recorded_as=(history.identity.workflow_id, history.identity.run_id),
        redacted=False,
        assumes_null=True,
        unanswered=unanswered,
        volatile=(*_volatile(config, history.identity.workflow_type), *own_values(interactions, _given(parsed.events))),
        drift=tuple(config.accept),
        search_attributes=_search_attributes(parsed.events),
        chain=history.status is not RunStatus.CONTINUED_AS_NEW,
        timeout=max(PATIENCE, len(parsed.events) * _SECONDS_AN_EVENT),
    )


def _given(events: Sequence[HistoryEvent]) -> Iterator[str]:
    """Yield what a run was given from outside, beside the answers of its activities; its own ids are known, too."""
    for event in events:
        if event.event_type in _GIVEN:
            yield str(event)


def _volatile(config: Config, workflow: str) -> tuple[str, ...]:
    """Take what the team accepts as drift of this type's inputs for what differs from run to run."""
    found = []
    for entry in config.accept:
        head, _, path = entry.partition(" ")
        name, slash, step = head.rpartition("/")
        if (not slash or name == workflow) and step.startswith("activity:") and path.startswith("input"):
            found.append(f"{step} {path}")
    return tuple(found)


def _answered_to(workflow_id: str, events: Sequence[HistoryEvent]) -> Iterator[Interaction]:
    """Yield what one workflow of a family was answered; a local activity's input is not recorded, its workflow is."""
    for interaction in extract(events).interactions:
        yield interaction if interaction.input is not None else replace(interaction, workflow=workflow_id)


def _recorded(interaction: Interaction) -> str:
    return interaction.recorded


def _unanswered(events: Sequence[HistoryEvent]) -> tuple[tuple[str, tuple[Content, ...]], ...]:
    """Find the activities that were at work still when their run ended, or gave them up."""
    scheduled = {
        event.event_id: event.activity_task_scheduled_event_attributes
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    }
    for event in events:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                scheduled.pop(event.activity_task_completed_event_attributes.scheduled_event_id, None)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                scheduled.pop(event.activity_task_failed_event_attributes.scheduled_event_id, None)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
                scheduled.pop(event.activity_task_timed_out_event_attributes.scheduled_event_id, None)
    return tuple(
        (said.activity_type.name, tuple(content_of(payload) for payload in said.input.payloads))
        for said in scheduled.values()
    )


def _start(attributes: SearchAttributes, signals: Sequence[Cue]) -> dict[str, Any]:
    """Start it with what it was started with, such as the time for which a Schedule meant it, or a signal."""
    pairs = decode_typed_search_attributes(attributes)
    started: dict[str, Any] = {"search_attributes": pairs} if len(pairs) else {}
    for signal in signals:
        args = [RawValue(payload) for payload in signal.payloads]
        started |= {"start_signal": signal.name, "start_signal_args": args}
    return started


def _children_of(parsed: WorkflowHistory, path: Path) -> tuple[list[Path], dict[str, str]]:
    """Find the histories of a run's children in the same corpus: they hold the answers to their activities.

    Returns:
        The files, and the workflow ids by run ids of those that are not there.
    """
    missing = {
        execution.run_id: execution.workflow_id
        for event in parsed.events
        if event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED
        for execution in [event.child_workflow_execution_started_event_attributes.workflow_execution]
    }
    found: list[Path] = []
    if not missing:
        return found, missing
    for file in sorted(path.parent.parent.rglob("*.json"))[:_MOST_SEARCHED]:
        with file.open("rb") as content:
            head = content.read(_HEAD).decode("utf-8", "replace")
        its = [run_id for run_id in missing if run_id in head]
        if file != path and its:
            found.append(file)
            del missing[its[0]]
    return found, missing


def _search_attributes(events: Sequence[HistoryEvent]) -> dict[str, str]:
    """Read off which custom search attributes a run sets, and of which types."""
    found: dict[str, str] = {}
    for event in events:
        attributes = event.WhichOneof("attributes")
        said = getattr(getattr(event, attributes), "search_attributes", None) if attributes else None
        for name, payload in dict(getattr(said, "indexed_fields", {})).items():
            kind = payload.metadata.get("type", b"").decode()
            if kind in _TYPES and not name.startswith("Temporal"):
                found[name] = kind
    return found
